"""Programs that a shell remembers the place of, and that are replaced before they run again."""

import re
from itertools import chain, compress, dropwhile

from imagebump.dockerfile.shell.model import Simple, Word
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.installers import puts_any_program, replaces_busybox
from imagebump.rules.known import BUILTINS, CORE, FAMILIES, HARMLESS, KNOWN, LANGUAGES, QUIET
from imagebump.rules.programs import base, names, operands, written

_STEM = re.compile(r"[\d.]+$")


def hashed(a: Reading, b: Reading, local: bool, above: frozenset[str] = frozenset()) -> str:
    """A program that `a` runs, that may be replaced then, and that `b` runs; "" where there is none.

    `local`: the PATH names a directory of a project; `above`: the directories above those that it
    names. What runs in a subshell of `a` is remembered there alone; the members of a pipeline, dash
    looks up before it forks.
    """
    commands = list(map(_unwrapped, (*a.commands, *b.commands)))
    border = len(a.commands)
    found = [_found_by_name(command) for command in commands]
    behind = set(chain.from_iterable(found[border:]))
    nodes = (one for one in a.found if isinstance(one.node, Simple))
    kept = [not one.context.forked for one in nodes]
    for name in dict.fromkeys(chain.from_iterable(compress(found, kept))):
        if name in behind:
            start = next(n for n in range(border) if kept[n] and name in found[n])
            end = next(n for n in reversed(range(len(found))) if name in found[n])
            between = commands[start:end]
            if name not in KNOWN and _grouped_output(a):
                return name
            if any(
                _puts(command, name)
                or (name not in CORE and _brings_any(command, above))
                or _may_replace(command, name)
                or _is_installed_over(written(command), name, local)
                for command in between
            ):
                return name
    return ""


def _brings_any(command: Simple, above: frozenset[str]) -> bool:
    """Is it told to put something into one of these directories?"""
    paths = (word.rpartition("=")[2].rstrip("/.") for word in written(command)[1:])
    return not _is_quiet(command) and any(path in above for path in paths)


def _is_installed_over(words: list[str], name: str, local: bool) -> bool:
    return (name not in CORE and puts_any_program(words, local)) or replaces_busybox(words, name)


def _unwrapped(command: Simple) -> Simple:
    """The command without the `sudo` or `env` before it."""
    words = command.words
    while words and words[0].value in ("sudo", "env"):
        words = tuple(dropwhile(_is_option, words[1:]))
    return command._replace(words=words)


def _is_option(word: Word) -> bool:
    return bool(re.match(r"-|[A-Za-z_]\w*=", word.raw))


def _found_by_name(command: Simple) -> list[str]:
    """The programs that the shell looks for in PATH, and remembers."""
    found = [command.name]
    if command.name in ("command", "type"):
        named = [word.value for word in operands(command)]
        found = named if command.name == "type" else named[:1]
    return [name for name in found if name and "/" not in name and name not in BUILTINS]


def _puts(command: Simple, name: str) -> bool:
    """May it put programs of any name where the shell looks for them?

    Core programs are only replaced by what names them, or the place where programs are.
    """
    words = written(command)
    targets = [redirect.target.raw for redirect in command.redirects]
    if name in CORE:
        return False
    if name in KNOWN:
        words = words[1:] if words and _STANDARD.match(words[0]) else words
        if (copied := _copied(command)) is not None:
            return name in copied
        return not _is_quiet(command) and any(map(_PROGRAMS.search, [*words, *targets]))
    if any(base(one) == name for one in words[:1]):
        return any(map(_PROGRAMS.search, words[1:]))
    return not _is_quiet(command)


def _copied(command: Simple) -> frozenset[str] | None:
    """The names under which it puts single files where it puts them; None where that is not plain."""
    words = written(command)[written(command)[:1] == ["sudo"] :]
    operands = [word for word in words[1:] if not word.startswith("-")]
    bare = all(_LITERAL.fullmatch(word) for word in operands) and len(operands) > 1
    bare = bare and not any(word.rstrip("/").endswith("bin") for word in operands[:-1])
    if words[:1] not in (["cp"], ["mv"], ["install"]) or not bare:
        return None
    if any(not re.fullmatch(r"-[fvpTnu]+", word) for word in words[1:] if word.startswith("-")):
        return None
    return frozenset(map(base, operands))


def _is_quiet(command: Simple) -> bool:
    """Does it certainly change nothing but what it plainly names, which is no program?"""
    if any(
        r.target.raw.startswith("/") and not r.target.raw.startswith("/dev/")
        for r in command.redirects
    ):
        return False
    if command.name == "rm":
        return all(_PASSING.match(w) or w.startswith("-") for w in written(command)[1:])
    return (command.name or "") in QUIET or not command.words


def _grouped_output(a: Reading) -> bool:
    """Does a group or a loop write a file?"""
    groups = (one.node for one in a.found if not isinstance(one.node, Simple))
    targets = (r.target.raw for group in groups for r in group.redirects if ">" in r.operator)
    return any(not target.startswith("/dev/") for target in targets)


def _may_replace(command: Simple, name: str) -> bool:
    targets = [one.target.raw.strip("\"'") for one in command.redirects if ">" in one.operator]
    if name in map(base, targets):
        return True
    words = [*written(command), *(redirect.target.raw for redirect in command.redirects)]
    if not command.words:
        return False
    program = base(words[0]) if _STANDARD.match(words[0]) else words[0]
    if program == name:
        return _replaces_itself(words[1:], name)
    if program in HARMLESS:  # as by `rm /usr/local/bin/x`
        paths = (word.rpartition("/") for word in words[1:] if "/" in word)
        return any(
            last.startswith((name, "*", "$")) and _PATH.search(head) for head, _, last in paths
        )
    if program in _FETCH:
        return any(re.search(_pattern(name), base(word)) for word in words[1:])
    if name not in CORE and (program in _SHELLS or program not in KNOWN | LANGUAGES):
        return True
    if name not in CORE and program in ("make", "ninja", "meson") and "install" in words:
        return True
    if name in KNOWN or name in LANGUAGES:
        return any(re.search(_pattern(name), word) for word in words[1:])
    return True


def _replaces_itself(words: list[str], name: str) -> bool:
    """Is it `pip install --upgrade pip`, or an update of what is not known to be harmless?"""
    stem = re.escape(_STEM.sub("", name) or name)
    if any(re.fullmatch(rf"(?:.*/)?{stem}[\d.]*(?:[@=<>~!\[].*)?", word) for word in words):
        return True
    if name in LANGUAGES and any(map(_ENVIRONMENTS.search, words)):
        return True
    updates = _SELF if name in KNOWN | LANGUAGES else _UPDATES
    return any(map(updates.search, words))


_PATH = re.compile(r"bin$|[$`]")  # where programs are looked for
_STANDARD = re.compile(r"[^/]*$|/(?:usr/)?(?:local/)?s?bin/[^/]*$")  # `./install` is any script
_PASSING = re.compile(
    r"[\w.*-]+$|/(?:tmp|var/tmp|var/lib/apt|var/cache|root/\.[^/]+)/"
    r"|(?:~|\$HOME|/root)/\.(?:cache|cpanm?|npm|gnupg|java|m2|gradle)(?:/|$)"
)
_LITERAL = re.compile(r"[\w./+-]*[\w+-]|/(?:usr/)?(?:local/)?s?bin/")
_PROGRAMS = re.compile(
    r"(?:^|[=\w])/(?:usr|usr/local|(?:usr/(?:local/)?)?s?bin)/?$|\.deb$|\.rpm$|s?bin/?[*]"
)
_SHELLS = names("sh bash dash ash zsh")
_FETCH = names("wget curl git hg svn")
_ENVIRONMENTS = re.compile(r"\bv?env\b|virtualenv|ensurepip|pipx|corepack")
_SELF = re.compile(r"--system|(?<!/)\bself|selfupdate|install\.sh|\bget-pip", re.IGNORECASE)
_UPDATES = re.compile(r"update|upgrade|self|install|global|\badd\b|setup|init", re.IGNORECASE)


def _pattern(name: str) -> str:
    stem = _STEM.sub("", name) or name
    return FAMILIES.get(stem) or rf"(?<![A-Za-z0-9]){re.escape(stem)}(?![A-Za-z])"
