"""One job from queued to done. Every step can be repeated: tags are written last, and never moved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from imagebump import commits, git, localregistry, plan, reference, settings, spool, tags, version
from imagebump.config import Config, matches
from imagebump.engine import Engine, PushRefusedError, Report
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.plan import BuildPlan
from imagebump.registry import Registry
from imagebump.snapshot import Snapshot
from imagebump.spool import Job
from imagebump.tags import Found, Source, Tag

Phase = Literal["building", "pushing", "tagging"]


@dataclass(frozen=True)
class Prepared:
    """A job that is ready to be built: its plan, its tags, its version ("" none) and where it goes."""

    plan: BuildPlan
    tags: tuple[Tag, ...]
    version: str
    registry: str
    repository: str
    push: bool

    @property
    def name(self) -> str:
        """The repository as image references write it."""
        return f"{self.registry}/{self.repository}"


@dataclass(frozen=True)
class Outcome:
    """What stands in the end. `refusal` says which tag is taken by what, "" where none is."""

    digest: str
    tags: tuple[str, ...]
    adopted: bool
    refusal: UserError | None


class Shelf(Protocol):
    """Where images are left: a registry, or the engine itself where nothing is pushed."""

    def find(self, tag: str) -> Found | None:
        """What stands under a tag now."""

    def make(
        self, prepared: Prepared, tag: str, report: Report, phase: Callable[[Phase], None]
    ) -> str:
        """Build, and leave the image under `tag`; gives its digest."""

    def put(self, tag: str, digest: str) -> None:
        """Put one more tag on what stands there."""


def wanted(repository: Repository, job: Job) -> bool:
    """Is a commit that a hook recorded to be published? A configuration that is broken is: it fails, and says so."""
    snapshot = Snapshot(repository, job.commit)
    try:
        rules = snapshot.config(dict(job.overrides))
    except UserError:
        return True
    if (
        rules is None
        or rules.publish.on == "manual"
        or snapshot.read(rules.build.dockerfile) is None
    ):
        return False
    return bool(job.branch) and matches(job.branch, rules.publish.branches)


def is_release(repository: Repository, job: Job) -> bool:
    """Is the job's branch one whose commits are releases?"""
    try:
        rules = _rules(repository, Snapshot(repository, job.commit), job.overrides)
    except UserError:
        return False
    return rules.is_release(job.branch, git.default_branch(repository))


def prepare(repository: Repository, job: Job, *, offline: bool = False) -> Prepared:
    """Read the commit: nothing is built or sent. UserError where it cannot be published.

    `offline` is for a build that goes nowhere: a local registry need not run.
    """
    snapshot = Snapshot(repository, job.commit)
    rules = _rules(repository, snapshot, job.overrides)
    data = snapshot.read(rules.bump.version_file)
    file = None if data is None else version.parse(data, rules.bump.version_file)
    source = Source(
        job.commit,
        job.branch,
        file,
        commits.look_up(repository, job.commit).time,
        rules.is_release(job.branch, git.default_branch(repository)),
    )
    registry = rules.registry
    if registry == reference.LOCAL and rules.publish.push and not offline:
        registry = localregistry.address()
    return Prepared(
        plan.make(
            snapshot,
            rules,
            source,
            commits.origin(repository),
            spool.triggers(repository.state),
        ),
        tags.wanted(rules, source),
        str(file.version) if file else "",
        registry,
        rules.repository,
        rules.publish.push,
    )


def _rules(repository: Repository, snapshot: Snapshot, overrides: Mapping[str, str]) -> Config:
    """The commit's own build settings; where to, and under which tags, as HEAD says it now."""
    own = snapshot.config(dict(overrides))
    if own is None:
        raise UserError(f"{settings.FILE} is not in {snapshot.title}")
    head = Snapshot(repository, "HEAD").config(dict(overrides)) or own
    return own._replace(
        registry=head.registry, repository=head.repository, tags=head.tags, publish=head.publish
    )


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
        raise UserError(
            "this commit gets no tag: tags.commit is empty and it is no release", status=1
        )
    shelf: Shelf
    if prepared.push:
        registry = Registry(prepared.registry, prepared.repository)
        for name in ("password", "identitytoken"):
            if secret := registry.credentials.get(name):
                report.hide(secret)
        shelf = InRegistry(registry, connect)
    else:
        shelf = InEngine(connect(), prepared.name)
    return _place(prepared, shelf, report, phase)


def _place(
    prepared: Prepared, shelf: Shelf, report: Report, phase: Callable[[Phase], None]
) -> Outcome:
    """The ladder: what stands there already at this version is adopted, else it is made."""
    standing = {tag: shelf.find(tag.name) for tag in prepared.tags}
    verdicts = {tag: _verdict(prepared, found) for tag, found in standing.items()}
    adopted = [found for tag, found in standing.items() if found and verdicts[tag] == "adopt"]
    free = [tag for tag in prepared.tags if verdicts[tag] == "write"]
    digest, made = adopted[0].digest if adopted else "", ""
    if not adopted and free:
        made = free[0].name
        digest = shelf.make(prepared, made, report, phase)
    phase("tagging")
    for tag in free:
        if tag.name == made:
            continue
        standing[tag] = shelf.find(tag.name)  # a build takes its time
        verdicts[tag] = _verdict(prepared, standing[tag])
        if verdicts[tag] == "write":
            report.log(f"tag {prepared.name}:{tag.name}")
            shelf.put(tag.name, digest)
    refused = [tag for tag in prepared.tags if verdicts[tag] == "refuse"]
    stand = tuple(tag.name for tag in prepared.tags if tag not in refused)
    return Outcome(
        digest, stand, not made, _refusal(prepared, refused, standing) if refused else None
    )


def _verdict(prepared: Prepared, found: Found | None) -> Literal["write", "adopt", "refuse"]:
    return tags.verdict(found, prepared.plan.key, prepared.version)


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


class InRegistry:
    """A registry, which the engine pushes to."""

    def __init__(self, registry: Registry, connect: Callable[[], Engine]) -> None:
        self._registry = registry
        self._connect = connect

    def find(self, tag: str) -> Found | None:
        """See Shelf."""
        return self._registry.find(tag)

    def put(self, tag: str, digest: str) -> None:
        """See Shelf."""
        self._registry.put(tag, digest)

    def make(
        self, prepared: Prepared, tag: str, report: Report, phase: Callable[[Phase], None]
    ) -> str:
        """See Shelf. The digest is what the registry says after the push, never the builder's word."""
        engine = self._connect()
        phase("building")
        image = engine.build(prepared.plan, [f"{prepared.name}:{tag}"], report)
        report.log(f"image {image}")
        phase("pushing")
        if (found := self._registry.find(tag)) is None:
            self._push(engine, tag, report)
            found = self._registry.find(tag)
        if found is None or _verdict(prepared, found) != "adopt":
            raise UserError(
                f"{prepared.name}:{tag} was written by somebody else at the same time",
                "Run: imagebump retry",
                1,
            )
        self._name_the_rest(prepared, image, tag, engine)
        return found.digest

    def _push(self, engine: Engine, tag: str, report: Report) -> None:
        try:
            engine.push(self._registry.name, tag, self._registry.credentials, report)
        except PushRefusedError as problem:
            raise self._registry.refusal(
                f"push {self._registry.name}:{tag}", problem.reason
            ) from None

    def _name_the_rest(self, prepared: Prepared, image: str, tag: str, engine: Engine) -> None:
        """The image has its other names in the engine too, as people expect of a build."""
        for other in prepared.tags:
            if other.name != tag and engine.labels(f"{prepared.name}:{other.name}") is None:
                engine.name(image, prepared.name, other.name)


class InEngine:
    """The engine alone: `publish.push = false`."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name

    def find(self, tag: str) -> Found | None:
        """See Shelf; the digest is the image's id in this engine."""
        labels = self._engine.labels(f"{self._name}:{tag}")
        return None if labels is None else Found(f"{self._name}:{tag}", labels)

    def put(self, tag: str, digest: str) -> None:
        """See Shelf."""
        self._engine.name(digest, self._name, tag)

    def make(
        self, prepared: Prepared, tag: str, report: Report, phase: Callable[[Phase], None]
    ) -> str:
        """See Shelf."""
        phase("building")
        return self._engine.build(prepared.plan, [f"{self._name}:{tag}"], report)
