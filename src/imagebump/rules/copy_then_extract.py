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
from posixpath import basename, dirname, join, normpath, relpath
from typing import NamedTuple

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import copied, directories, odd, stages, words
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas
from imagebump.rules.proof import comments, holds

_ARCHIVE = re.compile(r".*\.(?:tar(?:\.(?:gz|bz2|xz|zst|Z))?|tgz|tbz2?|txz)", re.IGNORECASE)
_LINE = re.compile(rb"([ \t]*)(COPY)([ \t]+)(\S+)([ \t]+)(\S+)([ \t]*\r?\n?)", re.IGNORECASE)
_SHORT = re.compile(r"-?([xvzjfp]*C|[xvzjfp]+)")
_RENEWED = re.compile(r"/(?:dev|etc|proc|run|sys)(?:/|$)|.*/var/run\b")
"""Where a RUN sees what Docker puts there, and ADD does not."""
_OWN = re.compile(r"/(?:app|code|data|opt|src|srv|home|site|var/www|workspace|www)(?:/[\w.-]+)*")
"""Where official images have no symbolic links."""
_MADE = ("/root", "/tmp")  # noqa: S108  # in an image


class _Unpacked(NamedTuple):
    """A `tar` that does nothing but unpack `archive` into `directory`; `compression` is a letter or ""."""

    archive: str
    directory: str
    compression: str


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each COPY of an archive that is unpacked later."""
    for number in sorted(stages.shipped(dockerfile, settings.target)):
        stage = dockerfile.stages[number]
        for position, one in enumerate(stage):
            brought = _brought(dockerfile, number, one)
            later = brought and _unpacking(dockerfile, number, stage[position + 1 :], brought)
            if brought and later:
                message = (
                    f"{brought.sources[0]} is copied to be unpacked by line {later.start}: the image "
                    "holds the archive, and what was in it; ADD unpacks it in one layer"
                )
                yield RULE.finding(dockerfile, one, "warning", message, (later.start,))


def _brought(dockerfile: Dockerfile, stage: int, one: Instruction) -> copied.Copied | None:
    """The one archive that a COPY brings from the context."""
    if one.name != "COPY" or any(flag.startswith("--from") for flag in one.flags):
        return None
    found = copied.read(dockerfile, stage, one)
    alone = found and len(found.sources) == 1 and _ARCHIVE.fullmatch(found.sources[0])
    return found if alone else None


def _unpacking(
    dockerfile: Dockerfile, stage: int, behind: Sequence[Instruction], brought: copied.Copied
) -> Instruction | None:
    """The first RUN that unpacks what was brought."""
    names = {brought.paths[0], join(brought.paths[0], basename(brought.sources[0]))}
    for one in behind:
        script = words.read(one.args[0]) if one.name == "RUN" and one.args else None
        for command in script.commands if script else ():
            given = {copied.absolute(dockerfile, stage, one.start, word) for word in command.words}
            if command.name in ("tar", "bsdtar") and _extracts(command) and given & names:
                return one
    return None


def _extracts(command: words.Command) -> bool:
    """Does a `tar` unpack?"""
    short = [word for word in command.flags if not word.startswith("--")]
    long = {"--extract", "--get"} & {*command.flags}
    return bool(long) or any("x" in word for word in [*command.words[1:2], *short])


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """Edits that let ADD unpack an archive, one at a time; none where nothing is left."""
    silenced = pragmas(dockerfile)
    heard = {f.line for f in check(dockerfile, settings) if not silenced.silence(f, RULE)}
    if not heard or odd.of_the_file(dockerfile):
        return ()
    for number in stages.shipped(dockerfile, settings.target):
        for position, one in enumerate(dockerfile.stages[number]):
            if one.start in heard and (found := _edits(dockerfile, number, position, settings)):
                return found
    return ()


def _edits(
    dockerfile: Dockerfile, number: int, position: int, settings: LintSettings
) -> tuple[Edit, ...]:
    stage = dockerfile.stages[number]
    copy, brought = stage[position], _brought(dockerfile, number, stage[position])
    line = _LINE.fullmatch(dockerfile.lines[copy.start - 1])
    runs = _runs(dockerfile, number, stage[position + 1 :], brought) if brought else None
    if not line or not brought or not runs or copy.end != copy.start or copy.flags:
        return ()
    used, unpacked, as_written = runs
    last = used[-1].end
    if comments(dockerfile.lines[copy.start - 1 : last]):
        return ()
    if not _is_plain(dockerfile, number, copy) or not _is_there(dockerfile, number, copy, brought):
        return ()
    files = copied.files(brought, copy, settings.context())
    data = files[0].content() if files else None
    fresh = _is_fresh(dockerfile, number, copy, unpacked.directory)
    if data is None or _difference(data, unpacked, fresh=fresh):
        return ()
    word = b"add" if line[2].islower() else b"ADD"
    ending = line[7] if dockerfile.lines[last - 1].endswith(b"\n") else line[7].rstrip()
    text = b"".join([line[1], word, line[3], line[4], line[5], as_written.encode(), ending])
    edit = Edit(dockerfile.offsets[copy.start - 1], dockerfile.offsets[last], text)
    added = ("ADD", (), (copy.args[0], as_written), False, ())
    changes = {copy.start: [added]} | {run.start: [] for run in used}
    return (edit,) if holds(apply(dockerfile.source, [edit]), dockerfile, changes) else ()


def _difference(data: bytes, unpacked: _Unpacked, *, fresh: bool) -> str:
    """Reading archives takes modules that hardly any file needs."""
    found: str = import_module("imagebump.rules.unpacked").difference(
        data, unpacked.compression, relpath(unpacked.archive, unpacked.directory), fresh=fresh
    )
    return found


def _runs(
    dockerfile: Dockerfile, number: int, behind: Sequence[Instruction], brought: copied.Copied
) -> tuple[list[Instruction], _Unpacked, str] | None:
    """The RUNs right below that do nothing but unpack and delete, what that is, the directory as written."""
    commands, used = list[words.Command](), list[Instruction]()
    for one in behind[:2]:
        script = words.read(one.args[0]) if one.name == "RUN" and one.args else None
        plain = script and not one.flags and not one.exec_form and not script.comment
        if not script or not plain or script.operators - {"&&"}:
            break
        commands += script.commands
        used.append(one)
        if len(commands) >= 2:
            break
    if len(commands) != 2 or any(c.outputs or c.keywords or c.assigns for c in commands):
        return None
    start = directories.known(dockerfile, number, used[0].start)
    unpacked = _tar(commands[0])
    if not unpacked or not start or not _deletes(commands[1], start, brought.paths[0]):
        return None
    if normpath(join(start, unpacked.archive)) != brought.paths[0]:
        return None
    if _RENEWED.match(normpath(join(start, unpacked.directory))):
        return None
    written = unpacked.directory if unpacked.directory.endswith("/") else f"{unpacked.directory}/"
    places = {
        name: normpath(join(start, getattr(unpacked, name))) for name in ("archive", "directory")
    }
    return used, unpacked._replace(**places), written


def _tar(command: words.Command) -> _Unpacked | None:
    """What a `tar` unpacks, where its options are the usual ones and it takes the whole archive."""
    archive, directory, letters, rest = "", ".", "", list(command.words[1:])
    if command.words[:1] != ("tar",) or not rest:
        return None
    first = True
    while rest:
        word = rest.pop(0)
        match = _SHORT.fullmatch(word)
        if not match or not (first or word.startswith("-")):
            return None
        first = False
        letters += match[1].rstrip("C")
        values = "".join(letter for letter in match[1] if letter in "fC")
        if values not in ("", match[1][-1]) and word.startswith("-"):
            return None  # a letter that takes a value ends its cluster
        for letter in values:
            value = words.plain(rest.pop(0)) if rest else None
            if not value or set(value) & set("$*?[~"):
                return None
            archive, directory = (value, directory) if letter == "f" else (archive, value)
    compression = "".join(sorted(set(letters) & set("zj")))
    usable = "x" in letters and archive and archive != "-" and len(compression) < 2
    return _Unpacked(archive, directory, compression) if usable else None


def _deletes(command: words.Command, start: str, path: str) -> bool:
    """Is it an `rm` of this one file?"""
    if command.words[:1] != ("rm",) or set(command.flags) - {"-f", "-v"}:
        return False
    named = [words.plain(word) for word in command.operands]
    return len(named) == 1 and named[0] is not None and normpath(join(start, named[0])) == path


def _is_plain(dockerfile: Dockerfile, number: int, copy: Instruction) -> bool:
    """Does root unpack it, in a base image that is known, in a plain shell, where all that is written stays?"""
    chain = [*_chain(dockerfile, number)]
    before = [
        one
        for part in chain
        for one in dockerfile.stages[part]
        if part != number or one.start < copy.start
    ]
    users = {one.args[0] for one in before if one.name == "USER"}
    return (
        directories.is_official(dockerfile, chain[-1])
        and users <= {"root", "0", "root:root", "0:0"}
        and stages.is_posix(stages.shell(dockerfile, number, copy.start))
        and not any(one.name == "VOLUME" for one in dockerfile.instructions)
        and not odd.of_the_base(dockerfile, number)
    )


def _chain(dockerfile: Dockerfile, number: int) -> Iterator[int]:
    """A stage, and those below it that it starts from."""
    here: int | None = number
    while here is not None:
        yield here
        here = stages.parent(dockerfile, here)


def _is_there(
    dockerfile: Dockerfile, number: int, copy: Instruction, brought: copied.Copied
) -> bool:
    """Is the archive a file by its name, in a directory that COPY need not make?"""
    path = brought.paths[0]
    named = brought.directory or _ARCHIVE.fullmatch(path)
    start = directories.known(dockerfile, number, copy.start)
    return bool(named) and path.startswith("/") and dirname(path) in ("/", *_MADE, start)


def _is_fresh(dockerfile: Dockerfile, number: int, copy: Instruction, directory: str) -> bool:
    """Is it a directory where no symbolic link can be?"""
    if not _OWN.fullmatch(directory):
        return False
    for part in _chain(dockerfile, number):
        for one in dockerfile.stages[part][1:]:
            if part == number and one.start >= copy.start:
                break
            if one.name in ("COPY", "ADD") or (
                one.name == "RUN" and re.search(r"\bln\b", one.text)
            ):
                return False
    return True


RULE = Rule("IB005", "copy-then-extract", check, __doc__, aliases=("DL3010",), mend=mend)
