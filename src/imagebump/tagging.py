"""How the tags of a commit are put: what stands under each first, and once more behind it."""

from collections.abc import Callable

from imagebump.destination import Destination
from imagebump.engine import Report
from imagebump.errors import UserError
from imagebump.prepare import Prepared
from imagebump.tags import Found, Tag, Verdict


class Tags:
    """The tags that a commit wants, what stands under each, and what that means for it."""

    def __init__(self, prepared: Prepared, destination: Destination) -> None:
        self._prepared, self._destination = prepared, destination
        self.standing: dict[Tag, Found | None] = {}
        self._verdicts: dict[Tag, Verdict] = {}
        for tag in prepared.tags:
            self.look(tag)
        self.free = self.that("write")

    def look(self, tag: Tag) -> Found | None:
        """Look what stands under a tag now; gives it where it is to be adopted."""
        found = self._destination.find(tag.name)
        self.standing[tag], self._verdicts[tag] = found, self._prepared.verdict(found)
        return found if self._verdicts[tag] == "adopt" else None

    def that(self, verdict: Verdict) -> list[Tag]:
        """Those of which this is to be said, in their order."""
        return [tag for tag in self._prepared.tags if self._verdicts[tag] == verdict]

    def adopted(self) -> list[Found]:
        """The images that are taken as they stand, the version's last."""
        return [found for tag in self.that("adopt") if (found := self.standing[tag])]

    def is_released(self) -> bool:
        """Does the release stand, or is it written now, and is it this commit's own?"""
        return any(
            tag.kind == "release"
            and (tag in self.free or (found and found.commit == self._prepared.commit))
            for tag, found in self.standing.items()
            if self._verdicts[tag] != "refuse"
        )


def put(
    prepared: Prepared,
    destination: Destination,
    report: Report,
    tags: Tags,
    digest: str,
    move: Callable[[str], None],
) -> str:
    """Put the free tags on `digest`; gives what they are on in the end.

    The version's tag is written first, and the commit's own follows it. What moves with a release
    moves in between, once that one is sure to stay; else nobody waits for that before all tags stand.
    """
    contended = all(tag.kind != "release" for tag in tags.that("adopt"))
    waits = contended and bool(prepared.moving)
    for tag in reversed(tags.free):
        if tag.kind == "commit" and tags.is_released():
            move(digest)
        report.log(f"tag {prepared.name}:{tag.name}")
        stands = destination.put(tag.name, digest, contended=waits)
        if stands != digest and (theirs := tags.look(tag)):
            digest = _followed(prepared, report, tag, theirs)
        if tag not in tags.that("refuse"):
            waits = False  # whoever writes the next one has seen where this one is
    own = any(tag.kind == "commit" for tag in tags.free)
    if tags.free and not own and tags.is_released():
        move(digest)
    if contended and not prepared.moving:
        digest = _settled(prepared, destination, report, tags, digest)
    _name(prepared, destination, report, tags)
    return digest


def _followed(prepared: Prepared, report: Report, tag: Tag, theirs: Found) -> str:
    report.log(f"{prepared.name}:{tag.name} was published by somebody else meanwhile")
    return theirs.digest


def _name(prepared: Prepared, destination: Destination, report: Report, tags: Tags) -> None:
    """Never by a version that other content has: it would be the wrong image, and pushed by hand, another one."""
    refused = tags.that("refuse")
    try:
        destination.name(tag.name for tag in prepared.tags if tag not in refused)
    except UserError as problem:  # it stands where it was to go
        report.log(str(problem))


def _settled(
    prepared: Prepared, destination: Destination, report: Report, tags: Tags, digest: str
) -> str:
    """What the tags that were written are on once all who wrote them at the same time have done so.

    The first one that stands on our content leads. One that two wrote in turn may be on the other's
    image of the same content: all who wrote it put it where the leading one is.
    """
    leads = False
    for tag in reversed([tag for tag in tags.free if tag not in tags.that("refuse")]):
        stands = destination.settled(tag.name)
        if stands != digest:
            theirs = tags.look(tag)
            if theirs is None:
                continue  # other content: it is refused
            if leads:
                destination.put(tag.name, digest, theirs.digest, contended=False)
            else:
                digest = _followed(prepared, report, tag, theirs)
        leads = True
    return digest
