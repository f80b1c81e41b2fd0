"""One job from queued to done. Every step can be repeated: tags are written last, and never moved."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from imagebump import tagging
from imagebump.bases import Bases
from imagebump.destination import Connected, Destination, InEngine, InRegistry, Made, Phase
from imagebump.engine import Engine, Report
from imagebump.errors import BrokenCommitError, TakenError, UserError
from imagebump.moving import forward
from imagebump.prepare import Prepared
from imagebump.registry import Connection, Reach, Registry
from imagebump.tagging import Tags
from imagebump.tags import Found, Tag, parsed


@dataclass(frozen=True)
class Outcome:
    """What stands in the end. `refusal` says which tag is taken by what, None where none is.

    `origin` is the commit that an adopted image was built from, "" where it was built for this one;
    `released` says that the version is this commit's own, `moved` which tags that move stand on it.
    """

    digest: str
    tags: tuple[str, ...]
    adopted: bool
    refusal: UserError | None
    origin: str = ""
    released: bool = False
    moved: tuple[str, ...] = ()


def publish(
    prepared: Prepared,
    connect: Callable[[], Engine],
    bases: Bases,
    report: Report,
    phase: Callable[[Phase], None],
    reach: Reach = Connection,
) -> Outcome:
    """Leave the image under each of its tags: adopt what is there, build what is not, refuse what is taken.

    `connect` gives the engine, `reach` the connection to the registry. UserError where nothing could be published; what was, stays.
    """
    if not prepared.tags:
        raise BrokenCommitError(
            "this commit gets no tag: tags.commit is empty and it is no release",
            "Set tags.commit, or publish.branches without this branch",
        )
    engine = Connected(connect)
    with closing(_destination(prepared, engine, bases, report, reach)) as destination:
        problems, moved = list[UserError](), list[str]()
        move = partial(_move, prepared, destination, report, problems, moved)
        outcome = _place(prepared, destination, report, phase, move)
        refusal = outcome.refusal or next(iter(problems), None)
        return replace(outcome, refusal=refusal, moved=tuple(moved))


def require_unpublished(prepared: Prepared) -> None:
    """UserError where one of the tags stands already: a build without the cache would be other content."""
    registry = Registry(prepared.registry, prepared.repository, access=prepared.access)
    with closing(registry):
        for tag in reversed(prepared.tags) if prepared.push else ():
            if registry.digest(tag.name):
                raise UserError(
                    f"{prepared.repository}:{tag.name} is published, and what is published never changes",
                    f"For a new version, run: IMAGEBUMP_NO_CACHE=1 {prepared.bump} --commit",
                    status=1,
                )


def _destination(
    prepared: Prepared, engine: Connected, bases: Bases, report: Report, reach: Reach
) -> Destination:
    if not prepared.push:
        return InEngine(engine, prepared.name, bases)
    host, name, access = prepared.registry, prepared.repository, prepared.access
    registry = Registry(host, name, report.hide, access, reach)
    return InRegistry(registry, engine, bases)


def _place(
    prepared: Prepared,
    destination: Destination,
    report: Report,
    phase: Callable[[Phase], None],
    move: Callable[[str], None],
) -> Outcome:
    """The ladder: what stands there already at this version is adopted, else it is made.

    `move` moves the tags that follow a release, before the commit has its own: where all stands
    already, nothing moves, as after a rollback.
    """
    tags = Tags(prepared, destination)
    if adopted := tags.adopted():
        made = Made(adopted[-1].digest, False, adopted[-1].commit)
        if prepared.plan.fresh:
            report.log(
                f"{made.digest} is published: it is not built again, with a cache or without"
            )
    else:
        made = destination.make(prepared, report, phase) if tags.free else Made("", False)
    phase("tagging")
    digest = tagging.put(prepared, destination, report, tags, made.digest, move)
    refused = tags.that("refuse")
    stand = tuple(tag.name for tag in prepared.tags if tag not in refused)
    commits = [found.commit for found in tags.adopted()] or [made.commit]
    return Outcome(
        digest,
        stand,
        bool(digest) and not made.built,
        _refusal(prepared, refused, tags.standing) if refused else None,
        commits[0],
        tags.is_released(),
    )


def _move(
    prepared: Prepared,
    destination: Destination,
    report: Report,
    problems: list[UserError],
    moved: list[str],
    digest: str,
) -> None:
    """Move on what follows a release that is this commit's own; each that could not is a problem by itself.

    A later commit that changes nothing only adopts the release: what was rolled back stays so.
    """
    version = parsed(prepared.version)
    if version is None or not prepared.moving:
        return
    try:
        there = destination.tags()
    except UserError as unlisted:  # what stands already, stands
        report.log(str(unlisted))
        problems.insert(0, unlisted)
        return
    for name, one in forward(destination, prepared.moving, version, digest, there).items():
        report.log(one.what)
        moved += [name] * one.stands
        if one.problem:
            problems.insert(0, one.problem)


def _refusal(
    prepared: Prepared, refused: list[Tag], standing: Mapping[Tag, Found | None]
) -> UserError:
    """Which tag is taken, by what, and what to type."""
    tag = refused[-1]
    found = standing[tag]
    other = found.commit[:7] if found else ""
    whose = f"was published from commit {other}" if other else "was published by something else"
    return TakenError(
        f"{prepared.repository}:{tag.name} {whose} with other content, and is never overwritten",
        f"Run: {prepared.bump}, and commit" if tag.kind == "release" else "",
    )
