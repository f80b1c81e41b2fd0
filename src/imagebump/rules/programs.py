"""The programs that a RUN may start, as far as its words tell."""

from collections.abc import Iterable, Iterator

from imagebump.dockerfile.shell.model import Redirect, Simple, Word
from imagebump.dockerfile.shell.reading import Reading


def names(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


_WRAPPERS = names(
    "sudo doas env gosu su-exec su runuser time timeout nice ionice exec command builtin xargs find"
    " chroot stdbuf eatmydata xvfb-run dbus-run-session setpriv unshare fakeroot flock script"
    " parallel watch strace tini dumb-init busybox toybox retry"
)


def base(word: str | None) -> str:
    """A program without its directory; "" where it is computed."""
    return (word or "").rpartition("/")[2]


def programs(command: Simple) -> Iterator[str]:
    """What a command may start: its first word, and behind a wrapper any other one."""
    values = [word.value for word in command.words]
    if not values:
        return
    yield base(values[0])
    if base(values[0]) in _WRAPPERS:
        yield from (base(value) for value in values[1:] if value)


def all_programs(reading: Reading) -> frozenset[str]:
    """What a script may start at any depth."""
    return frozenset(name for command in reading.commands for name in programs(command) if name)


def operands(command: Simple) -> list[Word]:
    """The words behind the program that are no options."""
    return [word for word in command.words[1:] if not word.raw.startswith("-")]


def redirects(reading: Reading) -> Iterator[Redirect]:
    """All redirections of a script."""
    for found in reading.found:
        yield from found.node.redirects


def texts(reading: Reading) -> Iterator[str]:
    """Every word as the shell reads it, or as it is written: arguments, values, targets, patterns."""
    for found in reading.found:
        yield from _texts(found.node.words)
        yield from _texts(redirect.target for redirect in found.node.redirects)
        if isinstance(found.node, Simple):
            for assignment in found.node.assignments:
                yield from _texts(assignment.words)
        else:
            for part in found.node.parts:
                yield from _texts(part.patterns)
    yield from _texts(reading.bodies)


def _texts(words: Iterable[Word]) -> Iterator[str]:
    for word in words:
        yield word.raw if word.value is None else word.value


def written(command: Simple) -> list[str]:
    """The words of a command as the shell reads them, or as they are written."""
    return list(_texts(command.words))


def short(word: str) -> str:
    """A word for a message."""
    line = " ".join(word.split())
    return line if len(line) <= 40 else line[:39] + "…"
