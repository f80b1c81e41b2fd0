"""What a COPY plainly brings, and where to."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from posixpath import basename, join, normpath
from typing import NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import directories, stages
from imagebump.rules.model import Context, Source

_PLAIN = re.compile(r"[\w./+@%:=,-]+")
"""No variable, no wildcard, no quotes, no escapes."""


_REMOVES = re.compile(r"\b(?:rm|rmdir|mv|unlink|find|rsync)\b")
_REMOVES_ANY = re.compile(r"\b(?:rm|rmdir|mv|unlink|find|rsync)\b[^;&|\n]*(?:[$`]|[\s\"'=]/\*)")


_IN_ALL = re.compile(
    r"/|/(?:etc|home|mnt|opt|root|srv|tmp|usr(?:/local(?:/bin|/lib)?|/bin|/lib|/share)?|var(?:/lib|/log)?)"
)
"""Directories that every official image has."""


class Copied(NamedTuple):
    """The sources of a COPY or ADD as they are written, and its target.

    `paths` are what the sources become if they are files, in their order; a relative one starts
    in the WORKDIR that only the base image knows.
    """

    sources: tuple[str, ...]
    target: str
    paths: tuple[str, ...]

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each source with what it becomes."""
        return zip(self.sources, self.paths, strict=True)

    @property
    def directory(self) -> bool:
        """Does the target say that it is a directory?"""
        return is_directory(self.target)


def is_directory(target: str) -> bool:
    """Is a target in its place a directory, whatever the image holds?"""
    return target.endswith(("/", "/.")) or target in (".", "..")


class Step(NamedTuple):
    """An instruction of a stage, the directory that it starts in ("" where that cannot be told), what it copies."""

    one: Instruction
    here: str
    brought: Copied | None

    def absolute(self, path: str) -> str:
        """A path of the image, normalised; relative where the directory cannot be told."""
        return normpath(join(self.here, path))


@lru_cache(maxsize=8)  # two rules ask
def steps(dockerfile: Dockerfile, stage: int) -> tuple[Step, ...]:
    """The instructions of a stage."""
    found = []
    for one, there in directories.workdirs(dockerfile, stage):
        here = "" if there == directories.COMPUTED else there
        found.append(Step(one, here, read(one, here)))
    return tuple(found)


def read(one: Instruction, here: str = "") -> Copied | None:
    """What a COPY or ADD in the directory `here` brings, where its words are plain; None where they are not."""
    if one.name not in ("COPY", "ADD") or one.heredocs or len(one.args) < 2:
        return None
    *sources, target = one.args
    if not all(map(_PLAIN.fullmatch, one.args)):
        return None
    names = [join(target, basename(s)) if is_directory(target) else target for s in sources]
    paths = tuple(normpath(join(here, name)) for name in names)
    return Copied(tuple(sources), target, paths)


def from_elsewhere(one: Instruction) -> bool:
    """Does a COPY bring something from another stage, or another image?"""
    return any(flag.startswith("--from") for flag in one.flags)


def files(copied: Copied, one: Instruction, context: Context | None) -> tuple[Source, ...]:
    """The files that all sources of a COPY certainly are; none where one of them may be something else."""
    found = [file(source, one, context) for source in copied.sources]
    return tuple(source for source in found if source) if all(found) else ()


def file(source: str, one: Instruction, context: Context | None) -> Source | None:
    """The file of the context that a source of a COPY certainly is; None where it may be something else."""
    path = normpath(source.lstrip("/"))
    outside = "://" in source or path in (".", "..") or path.startswith("../")
    if context is None or outside or from_elsewhere(one):
        return None
    return context.find(path)


def earlier(dockerfile: Dockerfile, stage: int, line: int) -> list[Instruction]:
    """What stands above `line` in a stage, and in the stages that it starts from; without FROM."""
    numbers = reversed([*stages.lineage(dockerfile, stage)])
    every = (one for number in numbers for one in dockerfile.stages[number][1:])
    return [one for one in every if one.start < line]


def may_be_gone(before: Iterable[Instruction], directory: str) -> bool:
    """May a RUN have taken a directory away? The next RUN in it makes it again, and so does a COPY."""
    names = "|".join(re.escape(name) for name in directory.split("/") if name)
    named = re.compile(rf"(?<![\w.-])(?:{names})/?(?![\w./*-])")
    texts = ["\n".join([one.text, *one.heredocs]) for one in before if one.name == "RUN"]
    return bool(names) and any(
        _REMOVES_ANY.search(text) or (_REMOVES.search(text) and named.search(text))
        for text in texts
    )


def stands(before: Iterable[Instruction], directory: str, here: str) -> bool:
    """Is a directory certainly there, below the instructions `before`, seen from `here`?"""
    named = re.compile(rf"{re.escape(directory)}(?![\w.-])")
    above = f"{here}/".startswith(f"{directory}/")
    return above or bool(_IN_ALL.fullmatch(directory)) or any(named.search(o.text) for o in before)


def may_hold(before: Iterable[Instruction], path: str, context: Context | None) -> bool:
    """May one of the instructions `before` have brought a file of this path?"""
    for one in before:
        if basename(path) in one.text:
            return True
        if one.name in ("COPY", "ADD") and _is_above(one.args[-1], path):
            files = all(file(source, one, context) for source in one.args[:-1])
            if one.name == "ADD" or not files:
                return True
    return False


def _is_above(target: str, path: str) -> bool:
    """May a path lie in the target of a COPY?"""
    return not target.startswith("/") or path.startswith(f"{normpath(target).rstrip('/')}/")
