"""The programs that a RUN may start, as far as its words tell."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import dropwhile, pairwise

from imagebump.dockerfile.shell.model import Redirect, Simple, Word
from imagebump.dockerfile.shell.reading import Reading

remembered = lru_cache(maxsize=2048)
"""What is asked of each command and each word: most of them stand in many RUNs."""


def names(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


_WRAPPERS = names(
    "sudo doas env gosu su-exec su runuser time timeout nice ionice exec command builtin xargs find"
    " chroot stdbuf eatmydata xvfb-run dbus-run-session setpriv unshare fakeroot flock script"
    " parallel watch strace tini dumb-init busybox toybox retry"
)


_HANDS_ON = names("sudo doas env nice time exec command xargs eatmydata nohup stdbuf timeout")
_AS_USER = names("gosu su-exec")
"""What hands on behind the name of a user."""
_PASSES_ON = _HANDS_ON | _AS_USER

_SHELLS = names("sh bash dash ash")
_OPTION = re.compile(r"-.*|\w+=.*|\d+[smhd]?", re.DOTALL)
_TAIL = re.compile(r".*/([\w.+-]+)[\"']?", re.DOTALL)
"""The name of a program in a directory that is computed."""


def base(word: str | None) -> str:
    """A program without its directory; "" where it is computed."""
    return (word or "").rpartition("/")[2]


@remembered
def programs(command: Simple) -> tuple[str, ...]:
    """What a command may start: its first word, and behind a wrapper any other one."""
    return tuple(_programs(command))


def _programs(command: Simple) -> Iterator[str]:
    if not command.words:
        return
    first, *behind = command.words
    yield base(first.value)
    words = [first, *behind] if base(first.value) in _WRAPPERS else [first]
    yield from (base(word.value) for word in words[1:] if word.value)
    tails = (_TAIL.fullmatch(word.raw) for word in words if word.value is None)
    yield from (tail[1] for tail in tails if tail)


@remembered
def started(command: Simple) -> tuple[str, ...]:
    """The program that a command certainly starts: behind `sudo`, `env` and the like, the next word.

    Of `find` and `xargs` those that they are given; "?" where it is computed, or a script in a file.
    """
    return tuple(_started(command))


def _started(command: Simple) -> Iterator[str]:
    words = [word.value for word in command.words]
    if words and base(words[0]) == "find":
        behind = pairwise(words)
        yield from (base(w) or "?" for o, w in behind if o in ("-exec", "-execdir", "-ok"))
        yield from ["rm"] * ("-delete" in words)
        return
    while words and base(words[0]) in _PASSES_ON and words[1:2] not in (["-v"], ["-V"]):
        yield base(words[0])
        words = words[1 + (base(words[0]) in _AS_USER) :]
        words = list(dropwhile(_is_option, words))
    if words:
        yield "?" if base(words[0]) in _SHELLS and not _is_given(words) else base(words[0]) or "?"


def _is_option(word: str | None) -> bool:
    """Is it an option of what hands on, a variable that it sets, or a time?"""
    return word is not None and bool(_OPTION.fullmatch(word))


def _is_given(words: list[str | None]) -> bool:
    """Is a shell given a script that is read, too, as by `sh -c`?"""
    return any(word and word[:1] == "-" and "c" in word for word in words[1:])


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


def texts(reading: Reading) -> tuple[str, ...]:
    """Every word as the shell reads it, or as it is written: arguments, values, targets, patterns."""
    return reading.texts


def written(command: Simple) -> list[str]:
    """The words of a command as the shell reads them, or as they are written."""
    return [word.raw if word.value is None else word.value for word in command.words]


def letters(values: list[str]) -> str:
    """The short options behind a program, with their dashes, as one word."""
    return "".join(value for value in values[1:] if value[:1] == "-" != value[1:2])


def short(word: str) -> str:
    """A word for a message."""
    line = " ".join(word.split())
    return line if len(line) <= 40 else line[:39] + "…"
