"""IB005 copy-then-extract: an archive that is copied only to be unpacked.

What it does
    Reports a COPY of a tar archive that a RUN of the same stage unpacks.

Why is this bad
    The archive stays in its layer, whatever a later `rm` does, and what it holds is in the next
    one: the image holds everything twice. ADD unpacks a local archive by itself, in one layer.

Fix safety
    `--fix` makes it an ADD where the RUNs right below the COPY do nothing but unpack the archive
    and delete it, and where what is staged shows that ADD leaves the same: a tar archive of plain
    files and links (directories only in a WORKDIR of the file's own), each owned by a number or
    by root, with no attributes; for root in an official base image, where /tmp is sure to be.

Example
    FROM alpine:3
    COPY site.tar.gz /tmp/
    RUN tar -xzf /tmp/site.tar.gz -C /srv && rm /tmp/site.tar.gz

Use instead
    FROM alpine:3
    ADD site.tar.gz /srv/
"""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from posixpath import basename, dirname, join, relpath

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import copied, directories, odd, stages, words
from imagebump.rules.copied import Copied, Step
from imagebump.rules.extraction import Unpacked, extracts, unpacked
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas
from imagebump.rules.proof import Meaning, comments, holds

_ARCHIVE = re.compile(r".*\.(?:tar(?:\.(?:gz|bz2|xz|zst|Z))?|tgz|tbz2?|txz)", re.IGNORECASE)
_LINE = re.compile(rb"([ \t]*)(COPY)([ \t]+)(\S+)([ \t]+)(\S+)([ \t]*\r?\n?)", re.IGNORECASE)
_OWN = re.compile(r"/(?:app|code|data|opt|src|srv|home|site|var/www|workspace|www)(?:/[\w.-]+)*")
"""Where official images have no symbolic links."""
_LINKS = re.compile(r"\bln\b|symlink|\bcp\b|\bgit\b|<<")
_MADE = ("/root", "/tmp")  # noqa: S108  # in an image


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each COPY of an archive that is unpacked later."""
    for number in sorted(stages.shipped(dockerfile, settings.target)):
        steps = copied.steps(dockerfile, number)
        for position, step in enumerate(steps):
            brought = _archive(step)
            later = brought and _unpacking(steps[position + 1 :], brought)
            if brought and later:
                message = (
                    f"{brought.sources[0]} is copied to be unpacked by line {later.start}: the image "
                    "holds the archive, and what was in it; ADD unpacks it in one layer"
                )
                yield RULE.finding(dockerfile, step.one, "warning", message, (later.start,))


def _archive(step: Step) -> Copied | None:
    """The one archive that a COPY brings from the context."""
    found = step.brought
    if not found or step.one.name != "COPY" or copied.from_elsewhere(step.one):
        return None
    alone = len(found.sources) == 1 and _ARCHIVE.fullmatch(found.sources[0])
    return found if alone else None


def _unpacking(behind: Sequence[Step], brought: Copied) -> Instruction | None:
    """The first RUN that unpacks what was brought."""
    path, name = brought.paths[0], basename(brought.sources[0])
    names = {path, join(path, name)}
    for step in behind:
        one = step.one
        may = one.args and "tar" in one.args[0] and basename(path) in one.args[0]
        script = words.of(one) if may else None
        for command in script.commands if script else ():
            if extracts(command) and names & {step.absolute(word) for word in command.words}:
                return one
    return None


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """The edit that lets ADD unpack an archive, the first that can be; none where nothing is left."""
    heard = {f.line for f in pragmas(dockerfile).heard(RULE, dockerfile, settings)}
    if not heard or odd.of_the_file(dockerfile):
        return ()
    for number in stages.shipped(dockerfile, settings.target):
        steps = copied.steps(dockerfile, number)
        for position, step in enumerate(steps):
            brought = _archive(step) if step.one.start in heard else None
            found = unpacked(steps[position + 1 :], brought) if brought else None
            same = found and _is_same(dockerfile, number, step, found, settings)
            if found and same and (edit := _edit(dockerfile, step.one, found)):
                return (edit,)
    return ()


def _is_same(
    dockerfile: Dockerfile, number: int, step: Step, found: Unpacked, settings: LintSettings
) -> bool:
    """Does ADD leave what these RUNs do?"""
    copy, brought = step.one, step.brought
    if not brought or copy.flags or not _is_there(dockerfile, number, step, brought):
        return False
    before = copied.earlier(dockerfile, number, copy.start)
    stands = copied.stands(before, found.directory, step.here)  # ADD makes what tar would miss
    if not stands or not _is_plain(dockerfile, number, step):
        return False
    if copied.may_hold(before, brought.paths[0], settings.context()):  # `rm` takes that away, too
        return False
    files = copied.files(brought, copy, settings.context())
    data = files[0].content() if files else None
    fresh = _is_fresh(dockerfile, number, copy.start, found.directory)
    return data is not None and not _difference(data, found, fresh=fresh)


def _difference(data: bytes, found: Unpacked, *, fresh: bool) -> str:
    """Reading archives takes modules that hardly any file needs."""
    itself = relpath(found.archive, found.directory)
    said: str = import_module("imagebump.rules.unpacked").difference(
        data, found.compression, itself, fresh=fresh
    )
    return said


def _edit(dockerfile: Dockerfile, copy: Instruction, found: Unpacked) -> Edit | None:
    last = found.runs[-1].end
    line, lines = _LINE.fullmatch(dockerfile.lines[copy.start - 1]), dockerfile.lines
    if not line or copy.end != copy.start or comments(lines[copy.start - 1 : last]):
        return None
    word = b"add" if line[2].islower() else b"ADD"
    ending = line[7] if lines[last - 1].endswith(b"\n") else line[7].rstrip()
    text = b"".join([line[1], word, *line.group(3, 4, 5), found.written.encode(), ending])
    edit = Edit(dockerfile.offsets[copy.start - 1], dockerfile.offsets[last], text)
    meant: dict[int, list[Meaning]] = {run.start: [] for run in found.runs}
    meant[copy.start] = [("ADD", (), (copy.args[0], found.written), False, ())]
    return edit if holds(apply(dockerfile.source, [edit]), dockerfile, meant) else None


def _is_plain(dockerfile: Dockerfile, number: int, step: Step) -> bool:
    """Does root unpack it, in a base image that is known, in a plain shell, where all that is written stays?"""
    line = step.one.start
    before = copied.earlier(dockerfile, number, line)
    users = {one.args[0] for one in before if one.name == "USER"}
    return (
        directories.is_official(dockerfile, number)
        and users <= {"root", "0", "root:root", "0:0"}
        and stages.is_posix(stages.shell(dockerfile, number, line))
        and not any(one.name == "VOLUME" for one in dockerfile.instructions)
        and not any("TAR_OPTIONS" in one.text for one in dockerfile.instructions)
        and not odd.of_the_base(dockerfile, number)
    )


def _is_there(dockerfile: Dockerfile, number: int, step: Step, brought: Copied) -> bool:
    """Is the archive a file by its name, in a directory that COPY need not make?"""
    path = brought.paths[0]
    named = brought.directory or _ARCHIVE.fullmatch(path)
    if not named or not path.startswith("/") or dirname(path) not in ("/", *_MADE, step.here):
        return False
    before = copied.earlier(dockerfile, number, step.one.start)
    return not any(copied.may_be_gone(before, name) for name in (dirname(path), step.here))


def _is_fresh(dockerfile: Dockerfile, number: int, line: int, directory: str) -> bool:
    """Is it a directory where no symbolic link can be?"""
    before = copied.earlier(dockerfile, number, line)
    return bool(_OWN.fullmatch(directory)) and not any(
        one.name in ("COPY", "ADD") or (one.name == "RUN" and _LINKS.search(one.text))
        for one in before
    )


RULE = Rule("IB005", "copy-then-extract", check, __doc__, aliases=("DL3010",), mend=mend)
