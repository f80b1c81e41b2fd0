"""Tags that move: each goes forward only, to the highest stable release that it may stand on."""

from collections.abc import Collection, Generator, Sequence
from typing import NamedTuple, Protocol

from imagebump.errors import UserError
from imagebump.semantic import Version
from imagebump.tags import Found, Moving, parsed

_ATTEMPTS = 4
"""How often a tag is looked at again that others are moving too."""


class Place(Protocol):
    """Where tags stand."""

    def find(self, tag: str) -> Found | None:
        """What stands under a tag now."""

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """Put a tag on what stands there, where it is free or on `over`; gives what it is on."""

    def settled(self, tag: str) -> str:
        """What a tag that was put is on once all who were about to put it then have done so."""


class Moved(NamedTuple):
    """What was done about a tag, in a line; whether it stands on what it was to be moved to, or why it could not be."""

    what: str
    stands: bool = True
    problem: UserError | None = None


def forward(
    place: Place, moving: Sequence[Moving], version: Version, digest: str, tags: Collection[str]
) -> dict[str, Moved]:
    """Move each of them on to `version`, which stands there as `digest`, unless a higher one is published.

    `tags` are those that there are. Gives what was done about each, by its name: all are written
    before it is waited whether they stay. One that stands on what has no version, or that the
    registry refuses, is a problem of its own.
    """
    done: dict[str, Moved] = {}
    going = [(tag.name, _moves(place, tag, version, digest, tags)) for tag in moving]
    while left := [(name, one) for name, one in going if name not in done]:
        for name, one in left:
            try:
                next(one)
            except StopIteration as end:
                done[name] = end.value
            except UserError as problem:
                done[name] = Moved(str(problem), False, problem)
    return {name: done[name] for name, _ in going}


def _moves(
    place: Place, tag: Moving, version: Version, digest: str, tags: Collection[str]
) -> Generator[None, None, Moved]:
    """Move one; it pauses where it has written, and waits whether that stays."""
    for _ in range(_ATTEMPTS):
        standing = place.find(tag.name)
        if standing and standing.digest == digest:
            return Moved(f"{tag.name} is on {version}")
        highest = _highest(tag, standing, tags)
        if highest and version < highest:
            return Moved(f"{tag.name} stays on {shown(standing)}: {highest} is published", False)
        over = standing.digest if standing else ""
        if place.put(tag.name, digest, over, contended=False) == digest:
            yield
            if place.settled(tag.name) == digest:
                return Moved(f"{tag.name}: {shown(standing)} → {version} ({digest[:19]})")
    raise UserError(
        f"{tag.name} is being moved by others at the same time", "Run: imagebump retry", 1
    )


def _highest(tag: Moving, standing: Found | None, tags: Collection[str]) -> Version | None:
    """The highest version that may not be gone back from."""
    on = parsed(standing.version) if standing else None
    if standing and on is None:
        raise UserError(
            f"{tag.name} is on {standing.digest[:19]}, which has no version: it is not ours to move",
            f"To give it to imagebump, run: imagebump rollback VERSION --tag {tag.name}",
            1,
        )
    published = tag.highest(tags)
    return max(filter(None, (on, published)), default=None)


def shown(found: Found | None) -> str:
    """What a tag stands on: 1.2.3 (sha256:0123456789ab)."""
    if found is None:
        return "nothing"
    return f"{found.version or 'no version'} ({found.digest[:19]})"
