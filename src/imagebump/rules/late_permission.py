"""IB004 late-permission: a RUN that changes the mode or the owner of what was copied.

What it does
    Reports a chmod, chown or chgrp in a RUN, of what a COPY or ADD of the same stage brought.

Why is this bad
    A layer holds whole files: one whose mode or owner changes is in the image twice, every byte
    of it. COPY can set both by itself.

Fix safety
    `--fix` gives the COPY a `--chmod` where the RUN right below it does nothing but set a mode in
    octal digits, of exactly the files that are copied, and what is staged shows that they are
    files: a directory would get the mode too. Docker's old builder does not know `--chmod`, so
    that only a file is changed which needs BuildKit already. An owner is yours to move: its name
    may mean something else to COPY.

Example
    FROM debian:12
    COPY entrypoint.sh /usr/local/bin/
    RUN chmod 755 /usr/local/bin/entrypoint.sh

Use instead
    FROM debian:12
    COPY --chmod=755 entrypoint.sh /usr/local/bin/
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise, product
from posixpath import basename, dirname, join
from typing import NamedTuple

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import copied, odd, stages, words
from imagebump.rules.model import Context, Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas
from imagebump.rules.proof import Meaning, comments, holds, meaning
from imagebump.rules.writes import path as plain_path

_WHAT = {"chmod": "mode", "chown": "owner", "chgrp": "group"}
_OCTAL = re.compile(r"0?[0-7]{3}")
_OWNER = re.compile(r"[\w.-]+(?::[\w.-]*)?")
_RECURSIVE = re.compile(r"-[a-zA-Z]*R[a-zA-Z]*|--recursive")
_BUILDKIT = re.compile(r"--(?:mount|network|security|chmod|link|checksum|parents|exclude)\b")
_KEYWORD = re.compile(rb"[ \t]*COPY[ \t]+(?=[^\s\\])", re.IGNORECASE)
_THERE = re.compile(r"/|/(?:usr(?:/local)?/)?s?bin|/etc|/opt|/srv|/tmp|/root|/home|/usr/local/lib")
"""Directories that every image has: COPY need not make them, with whatever mode."""


class _Change(NamedTuple):
    """A command that changes a mode or an owner to `value`, of `path` and, where `recursive`, all below it."""

    command: str
    value: str
    path: str
    recursive: bool

    def covers(self, path: str) -> bool:
        """Does it change what a COPY put there? A relative path may only be the same one."""
        if self.recursive and (self.path in ("/", ".") or path.startswith(f"{self.path}/")):
            return self.path != "/" or path.startswith("/")
        return self.path.count("/") == path.count("/") and fnmatchcase(path, self.path)


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each RUN, on the first thing that it changes too late."""
    for number in sorted(stages.shipped(dockerfile, settings.target)):
        stage = dockerfile.stages[number]
        for position, one in enumerate(stage):
            found = next(_late(dockerfile, number, stage[:position], one, settings.context), None)
            if found:
                copy, change, name = found
                message = (
                    f"this RUN changes the {_WHAT[change.command]} of {name}, which line "
                    f"{copy.start} copied: the image holds it twice; {_advice(change, copy)}"
                )
                yield RULE.finding(dockerfile, one, "warning", message, (copy.start,))


def _late(
    dockerfile: Dockerfile,
    stage: int,
    before: Sequence[Instruction],
    one: Instruction,
    context: Callable[[], Context | None],
) -> Iterator[tuple[Instruction, _Change, str]]:
    """Each COPY, the nearest first, with a change of what it brought, and the path of that."""
    changes = tuple(_changes(dockerfile, stage, one))
    for earlier in reversed(before) if changes else ():
        brought = copied.read(dockerfile, stage, earlier)
        for change, (source, path) in product(changes, brought.pairs if brought else ()):
            if name := _touched(change, earlier, source, path, context):
                yield earlier, change, name
        if earlier.name == "WORKDIR":  # behind it, a relative path is another one
            changes = tuple(c for c in changes if c.path.startswith("/"))


def _touched(
    change: _Change,
    copy: Instruction,
    source: str,
    path: str,
    context: Callable[[], Context | None],
) -> str:
    """What of a source, which was copied to `path`, a command changes; or ""."""
    if change.covers(path) or change.path == join(path, basename(source)):
        return change.path if change.path == join(path, basename(source)) else path
    prefix = "" if path == "." else f"{path.rstrip('/')}/"
    if change.recursive or not change.path.startswith(prefix) or prefix == change.path[:1]:
        return ""
    below = join(source, change.path.removeprefix(prefix))
    return change.path if copied.file(below, copy, context()) else ""


def _changes(dockerfile: Dockerfile, stage: int, one: Instruction) -> Iterator[_Change]:
    if one.name != "RUN" or not one.args or one.exec_form:
        return
    if not any(name in one.args[0] for name in ("chmod", "chown", "chgrp")):
        return
    script = words.read(one.args[0])
    for command in script.certain if script else ():
        if command.name not in _WHAT or len(command.operands) < 2:
            continue
        recursive = any(map(_RECURSIVE.fullmatch, command.flags))
        for word in command.operands[1:]:
            name = "." if word in (".", "./") else "/" if word == "/" else plain_path(word)
            if name and (name.startswith("/") or not script or not script.moves):
                place = copied.absolute(dockerfile, stage, one.start, name)
                yield _Change(command.name, command.operands[0], place, recursive)


def _advice(change: _Change, copy: Instruction) -> str:
    use, flag = f"use {copy.name}", "--chmod" if change.command == "chmod" else "--chown"
    if flag == "--chmod" and not _OCTAL.fullmatch(change.value):
        elsewhere = copy.name == "ADD" or any(one.startswith("--from") for one in copy.flags)
        return (
            f"{'' if elsewhere else 'commit it with that mode, or '}{use} {flag} with octal digits"
        )
    is_plain = flag == "--chmod" or (change.command == "chown" and _OWNER.fullmatch(change.value))
    return f"{use} {flag}={change.value}" if is_plain else f"{use} {flag}"


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """Edits that set a mode where a file is copied; none where nothing is left to be set."""
    silenced = pragmas(dockerfile)
    heard = {f.line for f in check(dockerfile, settings) if not silenced.silence(f, RULE)}
    if not heard or odd.of_the_file(dockerfile) or not _needs_buildkit(dockerfile):
        return ()
    edits, changes = list[Edit](), dict[int, list[Meaning]]()
    for number in stages.shipped(dockerfile, settings.target):
        stage = dockerfile.stages[number]
        for copy, run in pairwise(stage):
            mode = _mode(dockerfile, number, copy, run, settings) if run.start in heard else ""
            if mode:
                flag = f"--chmod={mode}"
                edits += _edits(dockerfile, copy, run, flag.encode())
                said = meaning(copy)
                changes |= {copy.start: [(said[0], (flag, *said[1]), *said[2:])], run.start: []}
    proved = edits and holds(apply(dockerfile.source, edits), dockerfile, changes)
    return tuple(edits) if proved else ()


def _needs_buildkit(dockerfile: Dockerfile) -> bool:
    return bool(dockerfile.syntax) or any(
        one.heredocs or any(map(_BUILDKIT.match, one.flags)) for one in dockerfile.instructions
    )


def _mode(
    dockerfile: Dockerfile, stage: int, copy: Instruction, run: Instruction, settings: LintSettings
) -> str:
    """The mode that a RUN does nothing but give to all that the COPY above it brings; or ""."""
    brought = copied.read(dockerfile, stage, copy)
    changes = tuple(_changes(dockerfile, stage, run))
    script = words.read(run.args[0]) if changes else None
    if copy.name != "COPY" or not brought or not script or not _is_alone(dockerfile, copy, run):
        return ""
    (only, *more) = script.commands
    exact = not (more or only.flags or only.outputs or script.comment or script.operators)
    modes = {change.value if change.command == "chmod" else "" for change in changes}
    mode = changes[0].value
    if not exact or len(modes) > 1 or "" in modes or not _OCTAL.fullmatch(mode):
        return ""
    named = {change.path for change in changes} == set(brought.paths)
    if not named or not all(_is_named(brought, path, mode) for path in brought.paths):
        return ""
    context = settings.context()
    hidden = context is None or context.hides
    return "" if hidden or not copied.files(brought, copy, context) else mode


def _is_alone(dockerfile: Dockerfile, copy: Instruction, run: Instruction) -> bool:
    """Are both without a comment, in a plain shell, on layers that keep what is written?"""
    number = next(n for n, stage in enumerate(dockerfile.stages) if run in stage)
    flags = [flag.partition("=")[0] for flag in copy.flags]
    lines = dockerfile.lines[copy.start - 1 : run.end]
    return (
        not run.flags
        and set(flags) <= {"--chown", "--link"}
        and not comments(lines)
        and bool(_KEYWORD.match(lines[0]))
        and stages.is_posix(stages.shell(dockerfile, number, run.start))
        and not any(one.name == "VOLUME" for one in dockerfile.instructions)
        and not odd.of_the_base(dockerfile, number)
    )


def _is_named(brought: copied.Copied, path: str, mode: str) -> bool:
    """Is `path` certainly the file, in a directory that is certainly there or gets the same mode anyway?"""
    name = basename(path)
    is_file = brought.directory or (len(brought.sources) == 1 and "." in name.strip("."))
    return is_file and (mode.endswith("755") or bool(_THERE.fullmatch(dirname(path))))


def _edits(
    dockerfile: Dockerfile, copy: Instruction, run: Instruction, flag: bytes
) -> Iterator[Edit]:
    start, line = dockerfile.offsets[copy.start - 1], dockerfile.lines[copy.start - 1]
    keyword = _KEYWORD.match(line)
    place = start + (keyword.end() if keyword else 0)
    yield Edit(place, place, flag + b" ")
    yield Edit(dockerfile.offsets[copy.end], dockerfile.offsets[run.end], b"")


RULE = Rule("IB004", "late-permission", check, __doc__, mend=mend)
