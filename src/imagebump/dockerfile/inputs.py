"""What a Dockerfile reads from its build context.

Wherever that cannot be told from the text (variables, wildcards, mounts without a source),
the answer is the larger set: a key that is too fine builds once too often, one that is too
coarse would give an image that is stale.
"""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from e2b_dockerfile_utils import PatternMatcher

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.errors import UserError

_REMOTE = re.compile(r"https?://")
"""What no engine reads from the context; whatever else looks like an address, older ones take for a path."""
_DOCKERS = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?::(?:latest|1(?:\.\d+){0,2}))?(?:@sha256:[0-9a-f]{64})?"
)
"""The releases of Docker's own frontend, which read what the instructions say; any other may read what it likes."""
_UNCLEAR = re.compile(r"[*?\[\\`$\"']")
"""Wildcards, escapes (either character), variables and quotes."""
_ANYWHERE = re.compile(r"[\\`$\"']|\.\.")
"""Behind these, a path may lead up again."""
_SAME = {"src": "source", "dst": "target", "destination": "target"}
_OTHER_MOUNTS = ("cache", "tmpfs", "secret", "ssh")


class Inputs(NamedTuple):
    """The paths that are read: all below `sources` ("" is the whole context) that is not ignored.

    `globs` are those sources that are the directory above a wildcard.
    """

    sources: tuple[str, ...]
    ignore: PatternMatcher
    globs: tuple[str, ...] = ()

    def reads(self, path: str) -> bool:
        """Does the image depend on the file `path` (relative to the context)?"""
        return self.selects(path) and not self.ignore.matches(path)

    def selects(self, path: str) -> bool:
        """Does an instruction name `path`, or a directory above it?"""
        return any(not s or path == s or path.startswith(f"{s}/") for s in self.sources)

    def enters(self, path: str) -> bool:
        """Does an instruction name something below `path`?"""
        return any(source.startswith(f"{path}/") for source in self.sources)

    def through_links(self, links: Iterable[str]) -> "Inputs":
        """The same, reading everything where a source is, or lies behind, one of the symbolic `links`.

        One that a wildcard may match counts too: it is followed as if it were named.
        """
        named = set(self.prefixes())
        below = tuple(f"{directory}/" for directory in self.globs)
        linked = any(link in named or link.startswith(below) for link in links)
        return Inputs(("",), self.ignore) if linked else self

    def prefixes(self) -> Iterator[str]:
        """Each source and each directory above it."""
        for source in self.sources:
            parts = source.split("/") if source else []
            yield from ("/".join(parts[: n + 1]) for n in range(len(parts)))


def inputs(
    dockerfile: Dockerfile, ignore: PatternMatcher, triggers: Collection[str] = ()
) -> Inputs:
    """What `dockerfile` reads from a context that `ignore` filters.

    `triggers` are the bases (as `bases` gives them) that are known to read the whole context.
    """
    if dockerfile.syntax and not _DOCKERS.fullmatch(dockerfile.syntax):
        return Inputs(("",), ignore)
    if triggers_itself(dockerfile):
        return Inputs(("",), ignore)
    if triggers and bases(dockerfile) in triggers:
        return Inputs(("",), ignore)
    words = [word for one in dockerfile.instructions for word in _sources(one)]
    found = {_clean(word) for word in words}
    if "" in found:
        return Inputs(("",), ignore)
    globs = {_clean(word) for word in words if _UNCLEAR.search(word)}
    return Inputs(tuple(sorted(found)), ignore, tuple(sorted(globs)))


def ignore_rules(data: bytes | None, name: str = ".dockerignore") -> PatternMatcher:
    """The rules of a .dockerignore file; none where there is no file. UserError where one is invalid."""
    text = (data or b"").decode(errors="surrogateescape").removeprefix("\ufeff")
    try:  # Docker takes a slash off, and then reads what is behind it
        return PatternMatcher([re.sub(r"^\s*/+!(?!/)", "!", line) for line in text.split("\n")])
    except ValueError as problem:
        raise UserError(f"{name}: {problem}") from None


def bases(dockerfile: Dockerfile) -> str:
    """The FROM instructions, in one line: what a base may add to the build hangs on them."""
    return " ".join(one.text for one in dockerfile.instructions if one.name == "FROM")


def triggers_itself(dockerfile: Dockerfile) -> bool:
    """Is a stage with ONBUILD instructions the base of a later one, in which they are run?"""
    armed: set[str] = set()
    for stage in dockerfile.stages:
        base, *name = (word.lower() for word in stage[0].args)
        if base in armed or (armed and _UNCLEAR.search(base)):
            return True
        if name and any(one.name == "ONBUILD" for one in stage):
            armed.add(name[-1])
    return False


def declared_arguments(dockerfile: Dockerfile) -> frozenset[str]:
    """The names that ARG instructions declare."""
    words = (word for one in dockerfile.instructions if one.name == "ARG" for word in one.args)
    return frozenset(word.partition("=")[0] for word in words)


def mounts(instruction: Instruction) -> Iterator[dict[str, str]]:
    """The options of each --mount flag of a RUN; a bare option has the value "", of equal ones the last counts.

    Of a flag with quotes, which may hold commas, no source is known.
    """
    for flag in instruction.flags:
        if flag.startswith("--mount="):
            text = flag.removeprefix("--mount=")
            pairs = [option.partition("=") for option in text.replace('"', "").split(",")]
            found = {_SAME.get(k.strip().lower(), k.strip().lower()): v for k, _, v in pairs}
            yield found | ({"source": "", "from": ""} if '"' in text else {})


def named(dockerfile: Dockerfile) -> Iterator[tuple[str, str]]:
    """Each path of the context that a COPY or ADD names as it is, behind that instruction's name."""
    for one in dockerfile.instructions:
        if one.name in ("COPY", "ADD"):
            words = (word for word in _sources(one) if not _UNCLEAR.search(word))
            yield from ((one.name, path) for path in map(_clean, words) if path)


def _sources(one: Instruction) -> Iterator[str]:
    """As they are written."""
    if one.name in ("COPY", "ADD") and not any(
        flag.startswith("--from=") and flag != "--from=" for flag in one.flags
    ):
        yield from (word for word in one.args[:-1] if _is_local(one, word))
    elif one.name == "RUN":
        for mount in mounts(one):
            origin = mount.get("from", "")
            elsewhere = (
                origin and "$" not in origin
            )  # a variable may be empty: then it is the context
            if mount.get("type", "bind").lower() not in _OTHER_MOUNTS and not elsewhere:
                yield mount.get("source", "")


def _is_local(one: Instruction, word: str) -> bool:
    if one.heredocs and word.lstrip("0123456789").startswith("<<"):
        return False
    return not (one.name == "ADD" and _REMOTE.match(word))


def _clean(source: str) -> str:
    """A path relative to the context; of wildcards the directory above, "" where it may be anywhere."""
    literal = _UNCLEAR.split(source, maxsplit=1)[0]
    if literal != source:
        if _ANYWHERE.search(source, len(literal)):
            return ""
        literal = literal.rpartition("/")[0]
    return posixpath.normpath("/" + literal).lstrip("/")
