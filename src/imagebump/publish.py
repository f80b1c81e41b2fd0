"""One job from queued to done. Every step can be repeated: tags are written last, and never moved."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256

from imagebump.destination import Destination, InEngine, InRegistry, Phase
from imagebump.engine import Engine, Report
from imagebump.errors import BrokenCommitError, UserError
from imagebump.prepare import Prepared
from imagebump.registry import Registry
from imagebump.tags import Found, Tag


@dataclass(frozen=True)
class Outcome:
    """What stands in the end. `refusal` says which tag is taken by what, None where none is.

    `origin` is the commit that an adopted image was built from, "" where it was built for this one.
    """

    digest: str
    tags: tuple[str, ...]
    adopted: bool
    refusal: UserError | None
    origin: str = ""


def publish(
    prepared: Prepared,
    connect: Callable[[], Engine],
    report: Report,
    phase: Callable[[Phase], None],
) -> Outcome:
    """Leave the image under each of its tags: adopt what is there, build what is not, refuse what is taken.

    UserError where nothing could be published; what was, stays.
    """
    if not prepared.tags:
        raise BrokenCommitError(
            "this commit gets no tag: tags.commit is empty and it is no release",
            "Set tags.commit, or publish.branches without this branch",
        )
    with closing(_destination(prepared, connect, report)) as destination:
        return _place(prepared, destination, report, phase)


def _destination(prepared: Prepared, connect: Callable[[], Engine], report: Report) -> Destination:
    if not prepared.push:
        return InEngine(connect(), prepared.name)
    registry = Registry(prepared.registry, prepared.repository, report.hide, prepared.access)
    return InRegistry(registry, connect)


def _place(
    prepared: Prepared, destination: Destination, report: Report, phase: Callable[[Phase], None]
) -> Outcome:
    """The ladder: what stands there already at this version is adopted, else it is made."""
    standing = {tag: destination.find(tag.name) for tag in prepared.tags}
    verdicts = {tag: prepared.verdict(found) for tag, found in standing.items()}
    adopted = [found for tag, found in standing.items() if found and verdicts[tag] == "adopt"]
    free = [tag for tag in prepared.tags if verdicts[tag] == "write"]
    digest, made = adopted[-1].digest if adopted else "", ""  # the version's, where it has one
    if not adopted and free:
        made = _made_as(prepared, free[0])
        digest = destination.make(prepared, made, report, phase)
    phase("tagging")
    for tag in free:
        if tag.name == made:
            continue
        found = destination.find(tag.name)  # a build takes its time
        if found is None:
            report.log(f"tag {prepared.name}:{tag.name}")
            if destination.put(tag.name, digest) != digest:
                found = destination.find(tag.name)
        standing[tag], verdicts[tag] = found, prepared.verdict(found)
        if made and found and verdicts[tag] == "adopt" and found.digest != digest:
            report.log(f"{prepared.name}:{tag.name} was published by somebody else meanwhile")
            destination.put(made, found.digest, over=digest)
            digest = found.digest
    refused = [tag for tag in prepared.tags if verdicts[tag] == "refuse"]
    stand = tuple(tag.name for tag in prepared.tags if tag not in refused)
    origin = (found.commit for tag, found in standing.items() if found and verdicts[tag] == "adopt")
    refusal = _refusal(prepared, refused, standing) if refused else None
    return Outcome(digest, stand, bool(adopted), refusal, next(origin, ""))


def _made_as(prepared: Prepared, first: Tag) -> str:
    """The tag to push an image under: the commit's own, which no other content ever wants.

    Where there is none, one of its key and version: a push would overwrite a version that came meanwhile.
    """
    if first.kind == "commit":
        return first.name
    return "key-" + sha256(f"{prepared.plan.key} {prepared.version}".encode()).hexdigest()[:40]


def _refusal(
    prepared: Prepared, refused: list[Tag], standing: Mapping[Tag, Found | None]
) -> UserError:
    """Which tag is taken, by what, and what to type."""
    tag = refused[-1]
    found = standing[tag]
    other = found.commit[:7] if found else ""
    whose = f"was published from commit {other}" if other else "was published by something else"
    return UserError(
        f"{prepared.repository}:{tag.name} {whose} with other content, and is never overwritten",
        "Run: imagebump patch, and commit" if tag.kind == "release" else "",
        status=1,
    )
