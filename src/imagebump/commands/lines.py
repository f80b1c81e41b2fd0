"""The lines of commits that a new one goes on from, and the versions that they have seen."""

from typing import NamedTuple

from imagebump.commands import setters, version_file
from imagebump.git import Repository
from imagebump.semantic import Version

_HISTORY = 20
"""How many earlier versions count for the floor, so that a revert never gives a number again."""


class Line(NamedTuple):
    """A line of commits that the new one goes on from: its newest, the version that this has, and
    the last commits that set VERSION, newest first, each with what it set.
    """

    tip: str
    version: Version | None
    history: tuple[tuple[str, Version | None], ...]

    @property
    def highest(self) -> Version | None:
        """The highest version that the line has seen."""
        return max((v for v in (self.version, *(v for _, v in self.history)) if v), default=None)

    @property
    def setters(self) -> list[str]:
        """The commits that gave the line the version that it has; several where it went back to it."""
        return [rev for rev, version in self.history if version == self.version] or [self.tip]


def line(repository: Repository, name: str, tip: str) -> Line:
    """The line of commits that ends in `tip` ("": none)."""
    found = setters.setters(repository, tip, name, _HISTORY) if tip else []
    history = tuple((rev, version_file.at(repository, rev, name)) for rev in found)
    return Line(tip, version_file.at(repository, tip, name), history)
