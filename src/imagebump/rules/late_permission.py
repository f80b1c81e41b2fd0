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
from collections.abc import Iterable, Iterator
from itertools import pairwise
from posixpath import basename, dirname

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import copied, odd, stages, words
from imagebump.rules.copied import Step
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.permissions import WHAT, Late, changes, late
from imagebump.rules.pragmas import pragmas
from imagebump.rules.proof import Meaning, comments, holds, meaning

_OCTAL = re.compile(r"0?[0-7]{3}")
_OWNER = re.compile(r"[\w.-]+(?::[\w.-]*)?")
_BUILDKIT = re.compile(r"--(?:mount|network|security|chmod|link|checksum|parents|exclude)\b")
_KNOWS_CHMOD = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?::(?:1|latest|1\.(?:[3-9]|\d\d)[\d.]*))?"
)
"""Frontends of version 1.3 and later, and those that move on."""
_KEYWORD = re.compile(rb"[ \t]*COPY[ \t]+(?=[^\s\\])", re.IGNORECASE)
_THERE = re.compile(r"/|/(?:usr/)?bin|/etc|/root|/tmp")
"""Directories that every image has: COPY need not make them, with whatever mode."""


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each RUN, on the first thing that it changes too late."""
    for number in sorted(stages.shipped(dockerfile, settings.target)):
        steps = copied.steps(dockerfile, number)
        for position, step in enumerate(steps):
            if found := next(late(steps[:position], step, settings.context), None):
                message = (
                    f"this RUN changes the {WHAT[found.change.command]} of {found.path}, which line "
                    f"{found.copy.start} copied: the image holds it twice; {_advice(found)}"
                )
                related = (found.copy.start,)
                yield RULE.finding(dockerfile, step.one, "warning", message, related)


def _advice(found: Late) -> str:
    copy, change = found.copy, found.change
    use, flag = f"use {copy.name}", "--chmod" if change.command == "chmod" else "--chown"
    if flag == "--chmod" and not _OCTAL.fullmatch(change.value):
        elsewhere = copy.name == "ADD" or copied.from_elsewhere(copy)
        return (
            f"{'' if elsewhere else 'commit it with that mode, or '}{use} {flag} with octal digits"
        )
    is_plain = flag == "--chmod" or (change.command == "chown" and _OWNER.fullmatch(change.value))
    return f"{use} {flag}={change.value}" if is_plain else f"{use} {flag}"


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """Edits that set a mode where a file is copied; none where nothing is left to be set."""
    heard = {f.line for f in pragmas(dockerfile).heard(RULE, dockerfile, settings)}
    if not heard or odd.of_the_file(dockerfile) or not _needs_buildkit(dockerfile):
        return ()
    edits, meant = list[Edit](), dict[int, list[Meaning]]()
    for number in stages.shipped(dockerfile, settings.target):
        for above, below in pairwise(copied.steps(dockerfile, number)):
            copy, run = above.one, below.one
            alone = run.start in heard and _is_alone(dockerfile, number, above, run)
            if alone and (mode := _mode(above, below, settings)):
                flag = f"--chmod={mode}"
                edits += _edits(dockerfile, copy, run, flag.encode())
                said = meaning(copy)
                meant |= {copy.start: [(said[0], (flag, *said[1]), *said[2:])], run.start: []}
    proved = edits and holds(apply(dockerfile.source, edits), dockerfile, meant)
    return tuple(edits) if proved else ()


def _needs_buildkit(dockerfile: Dockerfile) -> bool:
    if dockerfile.syntax:
        return bool(_KNOWS_CHMOD.fullmatch(dockerfile.syntax))
    return any(
        one.heredocs or any(map(_BUILDKIT.match, one.flags)) for one in dockerfile.instructions
    )


def _is_alone(dockerfile: Dockerfile, number: int, step: Step, run: Instruction) -> bool:
    """Are both without a comment, in a plain shell, on layers that keep what is written?"""
    copy = step.one
    lines = dockerfile.lines[copy.start - 1 : run.end]
    before = copied.earlier(dockerfile, number, copy.start)
    return (
        not run.flags
        and {flag.partition("=")[0] for flag in copy.flags} <= {"--chown", "--link"}
        and not comments(lines)
        and bool(_KEYWORD.match(lines[0]))
        and stages.is_posix(stages.shell(dockerfile, number, run.start))
        and not any(one.name == "VOLUME" for one in dockerfile.instructions)
        and not odd.of_the_base(dockerfile, number)
        and not copied.may_be_gone(before, _placed(before, step.here))
        and not (_is_somebody(before) and not any(f.startswith("--chown") for f in copy.flags))
        and not _is_named_before(before, step)
    )


def _is_somebody(before: Iterable[Instruction]) -> bool:
    """Does another than root run the RUN, who may not change what is copied?"""
    users = [one.args[0] for one in before if one.name == "USER"]
    return users[-1:] not in ([], ["root"], ["0"], ["root:root"], ["0:0"])


def _is_named_before(before: Iterable[Instruction], step: Step) -> bool:
    """Does something above speak of the file, which may be a directory then?"""
    target = step.brought.target if step.brought and not step.brought.directory else ""
    return bool(target) and any(basename(target) in one.text for one in before)


def _placed(before: Iterable[Instruction], here: str) -> str:
    """The directory that the RUN starts in; of one that cannot be told, the words that name it."""
    return here or "/".join(one.args[0] for one in before if one.name == "WORKDIR")


def _mode(copy: Step, run: Step, settings: LintSettings) -> str:
    """The mode that a RUN does nothing but give to all that the COPY above it brings; or ""."""
    brought, found = copy.brought, changes(run)
    if copy.one.name != "COPY" or not brought or not found or not _is_only_chmod(run.one.args[0]):
        return ""
    mode = found[0].value
    if not _OCTAL.fullmatch(mode) or {change.path for change in found} != {*brought.paths}:
        return ""
    if not all(_is_named(brought, path, mode) for path in brought.paths):
        return ""
    context = settings.context()
    hidden = context is None or context.hides
    return "" if hidden or not copied.files(brought, copy.one, context) else mode


def _is_only_chmod(text: str) -> bool:
    """Is a script one `chmod` without options?"""
    script = words.read(text)
    if not script or len(script.commands) != 1 or script.comment or script.operators:
        return False
    (only,) = script.commands
    return only.name == "chmod" and not (only.flags or only.outputs)


def _is_named(brought: copied.Copied, path: str, mode: str) -> bool:
    """Is `path` certainly the file, in a directory that is certainly there or gets the same mode anyway?"""
    name = basename(path)
    has_ending = "." in name.strip(".") and not name.endswith(".d")  # as of `/etc/profile.d`
    is_file = brought.directory or (len(brought.sources) == 1 and has_ending)
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
