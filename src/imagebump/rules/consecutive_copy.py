"""IB007 consecutive-copy: files that are copied to one directory, one by one.

What it does
    Reports a COPY right behind another one with the same flags and the same directory.

Why is this bad
    Each makes a layer, and they are built again together anyway where the first one changes. One
    COPY takes several files.

Fix safety
    `--fix` makes them one with `merge = "all"`, where what is staged shows that all are plain
    files, each with a name of its own. Only the number of layers falls, so that nobody has to.

Example
    FROM node:22
    WORKDIR /app
    COPY package.json ./
    COPY package-lock.json ./

Use instead
    FROM node:22
    WORKDIR /app
    COPY package.json package-lock.json ./
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from posixpath import basename, normpath

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import copied, odd
from imagebump.rules.model import Context, Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas
from imagebump.rules.proof import comments, holds

_LINE = re.compile(
    rb"([ \t]*COPY(?:[ \t]+--\S+)*)((?:[ \t]+[^\s\\]+)+?)([ \t]+)([^\s\\]+)([ \t]*\r?\n?)",
    re.IGNORECASE,
)
_FILE = re.compile(r"(?:.*/)?\.?[\w-]+(?:\.[\w-]+)+|(?:.*/)?(?:Gemfile|Pipfile|Makefile|LICENSE)")
"""A name that is hardly a directory's."""
_LONGEST = 100  # characters of a line


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each COPY that could be part of the one before it."""
    for first, second in _pairs(dockerfile):
        if _same(first, second) and all(
            _looks_like_a_file(source, one, settings)
            for one in (first, second)
            for source in one.args[:-1]
        ):
            message = f"this COPY and line {first.start} bring files to one directory: one COPY takes several"
            yield RULE.finding(dockerfile, second, "info", message, (first.start,))


def _pairs(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Instruction]]:
    """The COPYs of a stage that follow each other."""
    for stage in dockerfile.stages:
        for first, second in pairwise(stage):
            if first.name == second.name == "COPY":
                yield first, second


def _same(first: Instruction, second: Instruction) -> bool:
    """Do two COPYs bring plain names, each its own, to the same directory?"""
    one, other = copied.read(first), copied.read(second)
    if not one or not other or first.flags != second.flags:
        return False
    same = one.directory and other.directory and normpath(one.target) == normpath(other.target)
    names = [basename(source) for source in (*one.sources, *other.sources)]
    return same and len(set(names)) == len(names)


def _looks_like_a_file(source: str, one: Instruction, settings: LintSettings) -> bool:
    """Is it one, or, where nobody can look, is it called like one?"""
    context = None if copied.from_elsewhere(one) else settings.context()
    return bool(copied.file(source, one, context) if context else _FILE.fullmatch(source))


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """Edits that make two COPYs one, of pairs that have none in common; none where nothing is left."""
    if settings.merge != "all" or odd.of_the_file(dockerfile):
        return ()
    heard = {f.line for f in pragmas(dockerfile).heard(RULE, dockerfile, settings)}
    context = settings.context() if heard else None
    edits, end = list[Edit](), 0
    for first, second in _pairs(dockerfile):
        meant = second.start in heard and first.start > end
        if meant and (edit := _edit(dockerfile, first, second, context)):
            edits.append(edit)
            end = second.end
    return tuple(edits)


def _edit(
    dockerfile: Dockerfile,
    first: Instruction,
    second: Instruction,
    context: Context | None,
) -> Edit | None:
    one, other = copied.read(first), copied.read(second)
    lines = dockerfile.lines[first.start - 1 : second.end]
    above, below = _LINE.fullmatch(lines[0]), _LINE.fullmatch(lines[-1])
    if not one or not other or not above or not below or comments(lines):
        return None
    if first.end != first.start or second.end != second.start:
        return None
    if not copied.files(one, first, context) or not copied.files(other, second, context):
        return None
    target = f"{one.target.rstrip('/')}/" if one.target != "/" else "/"
    text = b"".join([above[1], above[2], below[2], above[3], target.encode(), below[5]])
    start, end = dockerfile.offsets[first.start - 1], dockerfile.offsets[second.end]
    edit = Edit(start, end, text)
    args = (*first.args[:-1], *second.args[:-1], target)
    meant = {first.start: [("COPY", first.flags, args, False, ())], second.start: []}
    proved = holds(apply(dockerfile.source, [edit]), dockerfile, meant)
    return edit if proved and len(text.rstrip()) <= _LONGEST else None


RULE = Rule("IB007", "consecutive-copy", check, __doc__, severity="info", mend=mend)
