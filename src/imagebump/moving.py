"""Tags that move: each goes forward only, to the highest stable release that it may stand on."""

from collections.abc import Collection
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
        """Put a tag on what stands there, where it is free or on `over`; gives what it is on in the end."""


class Moved(NamedTuple):
    """What was done about a tag, in a line, and whether it stands on what it was to be moved to."""

    what: str
    stands: bool = True


def forward(
    place: Place, tag: Moving, version: Version, digest: str, tags: Collection[str]
) -> Moved:
    """Move `tag` on to `version`, which stands there as `digest`, unless a higher one is published.

    `tags` are those that there are. UserError where it stands on what has no version, or the registry refuses it.
    """
    for _ in range(_ATTEMPTS):
        standing = place.find(tag.name)
        if standing and standing.digest == digest:
            return Moved(f"{tag.name} is on {version}")
        highest = _highest(tag, standing, tags)
        if highest and version < highest:
            return Moved(f"{tag.name} stays on {shown(standing)}: {highest} is published", False)
        if place.put(tag.name, digest, standing.digest if standing else "") == digest:
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
