"""The RUNs that follow each other in a stage, each with what could be read of it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import chain as chained
from posixpath import join, normpath
from typing import NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.dockerfile.shell.model import Dialect, Unknown, dialect
from imagebump.dockerfile.shell.reading import Reading, read
from imagebump.rules import odd, stages, words
from imagebump.rules.directories import Variables, is_official, standing
from imagebump.rules.filled import filled
from imagebump.rules.gap import against

_MOUNT = re.compile(r"--mount=(.*)")
_TARGET = re.compile(r"(?:^|,)(?:target|dst|destination)=([^,]*)")
_ODD_SPACE = re.compile(
    rb"[\x0b\x0c\x1c-\x1f]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)|\xe3\x80\x80"
)
_WRITABLE = {"rw", "readwrite"}
_READ_ONLY = {"ro", "readonly"}
_SHARED = {"cache", "secret", "ssh", "bind"}  # what two RUNs may have in common; a tmpfs is fresh
_FLAGS = {"--network", "--security"}


class Place(NamedTuple):
    """Where a RUN stands: its stage's shell and, where it is known, the directory it starts in.

    `workdir` is "" where only the base image knows. `odd` is why no RUN here may be joined, as a
    clause, or "". `denies_services`: packages that are installed here certainly start none. `has_local_programs`:
    the PATH names a directory that a project's own tools fill. `links`: the RUNs that may make
    symbolic links, anywhere in the file. `environment`: what ENV sets, as far as it can be told.
    `has_own_packages`: all packages are certainly those of a well-known distribution.
    `above_programs`: the directories above those that the PATH names. `volumes`: all that are
    declared below which it may stand, where they are known.
    """

    shell: tuple[str, ...]
    workdir: str
    odd: str
    denies_services: bool
    has_local_programs: bool
    environment: Variables
    has_own_packages: bool
    links: tuple[str, ...] = ()
    above_programs: frozenset[str] = frozenset()
    volumes: tuple[str, ...] = ()

    @property
    def dialect(self) -> Dialect:
        """How the shell reads."""
        return dialect(self.shell)

    @property
    def errexit(self) -> bool:
        """Has its SHELL -e?"""
        return stages.has_errexit(self.shell)


class Run:
    """A RUN in shell form. `text` is its script; what is read of it is read when it is asked for."""

    def __init__(
        self,
        instruction: Instruction,
        text: str,
        place: Place,
        lines: Sequence[bytes] = (),
        named: Reading | None = None,
    ) -> None:
        self.instruction = instruction
        self.text = text
        self.place = place
        self.lines = lines
        self._named = named

    @property
    def line(self) -> int:
        """The first line of the instruction."""
        return self.instruction.start

    @cached_property
    def words(self) -> words.Script | None:
        """Its plain words, which tell what it saves."""
        return words.read(self.text)

    @cached_property
    def reading(self) -> Reading | Unknown:
        """All that it does to its shell."""
        return read(self.text, self.place.dialect)

    @cached_property
    def named(self) -> Reading | None:
        """The same, with the values of variables in their place, as far as they can be told; None for nothing else.

        It tells of paths and packages; what it does to its shell, only the text itself does.
        """
        if self._named or isinstance(self.reading, Unknown):
            return self._named
        text = filled(self.reading, self.place.environment)
        found = read(text, self.place.dialect) if text != self.text else None
        return found if isinstance(found, Reading) else None

    @cached_property
    def remark(self) -> bytes:
        """The comment at the end of its last line, where it can have a line of its own before that one; else b""."""
        if isinstance(self.reading, Unknown) or not (self.reading.ends_in_comment and self.lines):
            return b""
        comment = self.text[self.reading.comments[-1][0] :].rstrip().encode()
        above, *lines = self.lines
        ends = lines[-1].rstrip().endswith(comment) and len(comment) < len(lines[-1].strip())
        belongs = len(lines) == 1 and above.lstrip().startswith(b"#") and against(above)
        code = lines[-1].rstrip()[: -len(comment)]
        quoted = code.count(b'"') % 2 or code.count(b"'") % 2  # it may start inside of quotes
        return b"" if not ends or belongs or quoted or against(comment) else comment

    def becomes(self, text: str, named: str, last: "Run") -> "Run":
        """The RUN that starts here, with another script, which ends as `last` does.

        `named` is this with values in their place.
        """
        found = read(named, self.place.dialect) if named != text else None
        known = found if isinstance(found, Reading) else None
        return Run(self.instruction, text, self.place, last.lines, known)


def chains(dockerfile: Dockerfile) -> Iterator[tuple[int, list[Run]]]:
    """The RUNs of each stage that follow each other, can be joined by their form, and share their flags."""
    file_is_odd = odd.of_the_file(dockerfile)
    services = odd.of_packages(dockerfile)
    local = any(map(odd.has_local_programs, dockerfile.instructions))
    above = frozenset(chained.from_iterable(map(odd.above_programs, dockerfile.instructions)))
    linked = cache(odd.of_the_directory)
    for stage in range(len(dockerfile.stages)):
        chain: list[Run] = []
        links = _links(dockerfile, stage)
        for one, place in _placed(dockerfile, stage):
            fits = _is_plain(one) and stages.is_posix(place.shell) and not _is_odd(dockerfile, one)
            if not fits or (chain and chain[-1].instruction.flags != one.flags):
                yield stage, chain
                chain = []
            if fits:
                why = file_is_odd or place.odd or linked(place.workdir, links[one.start])
                why = why or services
                here = place._replace(odd=why, has_local_programs=local, links=links[one.start])
                here = here._replace(above_programs=above)
                if why == odd.BELOW_A_VOLUME and not services:
                    here = here._replace(volumes=odd.volumes(dockerfile, stage))
                lines = dockerfile.lines[max(0, one.start - 2) : one.end]
                chain.append(Run(one, one.args[0], here, lines))
        yield stage, chain


def _links(dockerfile: Dockerfile, stage: int) -> dict[int, tuple[str, ...]]:
    """The RUNs that may have made a symbolic link when the last one is done that one is in a row with.

    By the first line of each RUN of a stage. What stands further down in the stage has not.
    """
    runs = [one for one in dockerfile.instructions if one.name == "RUN" and "ln" in one.text]
    last = dockerfile.stages[stage][-1].end
    made = cache(lambda end: tuple(one.text for one in runs if not end <= one.start <= last))
    found, end = dict[int, tuple[str, ...]](), last + 1
    for one in reversed(dockerfile.stages[stage]):
        end = end if one.name == "RUN" else one.start
        found[one.start] = made(end)
    return found


def _placed(dockerfile: Dockerfile, stage: int) -> Iterator[tuple[Instruction, Place]]:
    """The instructions of a stage, each with where it stands."""
    shell = stages.shell(dockerfile, stage, dockerfile.stages[stage][0].start)
    why = odd.of_the_base(dockerfile, stage)
    denies = stages.denies_services(dockerfile, stage)
    own = is_official(dockerfile, stage) and not odd.has_other_packages(dockerfile, stage)
    for one, workdir, environment in standing(dockerfile, stage):
        why_here = why or odd.of_the_workdir(workdir)
        yield one, Place(shell, workdir, why_here, denies, False, environment, own)
        shell = one.args if one.name == "SHELL" else shell
        why = why or odd.of_the_place(one)


def _is_plain(one: Instruction) -> bool:
    return (
        one.name == "RUN"
        and bool(one.args)
        and not one.exec_form
        and not one.heredocs
        and all(map(_can_be_shared, one.flags))
    )


def _is_odd(dockerfile: Dockerfile, one: Instruction) -> bool:
    """Does it hold white space that parsers and shells do not agree on?"""
    return any(map(_ODD_SPACE.search, dockerfile.lines[one.start - 1 : one.end]))


def _can_be_shared(flag: str) -> bool:
    """Is it the same for one RUN as for two? A tmpfs and a writable bind are fresh for each."""
    if "$" in flag:
        return False
    match = _MOUNT.fullmatch(flag)
    if match is None:
        return flag.partition("=")[0] in _FLAGS
    options = dict(option.partition("=")[::2] for option in match[1].lower().split(","))
    if not all(map(str.isalpha, options)):
        return False  # `--mount=$X`
    read_only = all(options.get(name, "true") in ("", "true", "1") for name in _READ_ONLY)
    return options.get("type", "bind") in _SHARED and read_only and not options.keys() & _WRITABLE


def mounts(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Where the mounts of a RUN are."""
    found = (_TARGET.findall(flag.removeprefix("--mount=")) for flag in flags)
    return tuple(normpath(target) for targets in found for target in targets)


def below(directory: str, path: str) -> str:
    """`path` as seen from `directory`, normalised."""
    return normpath(join(directory, path))
