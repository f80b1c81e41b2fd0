"""From a job to what is to be built, under which tags and where to: the commit is read, nothing is sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeVar

from imagebump import (
    git,
    jobconfig,
    localregistry,
    plan,
    refs,
    settings,
    spool,
    tags,
    trust,
    version,
)
from imagebump.config import Config
from imagebump.dockerfile.inputs import bases
from imagebump.engine import HiddenInputsError, Report
from imagebump.errors import BrokenCommitError, UnavailableError, UserError
from imagebump.git import Repository
from imagebump.keys import seconds
from imagebump.plan import BuildPlan
from imagebump.registry import USUAL, Access, access_of
from imagebump.snapshot import Snapshot
from imagebump.spool import Job
from imagebump.tags import Found, Moving, Source, Tag, Verdict

Built = TypeVar("Built")


@dataclass(frozen=True)
class Prepared:
    """A job that is ready to be built: its plan, its tags, its version ("" none) and where it goes.

    `release` is what a release of that version is called here.
    """

    plan: BuildPlan
    tags: tuple[Tag, ...]
    version: str
    release: str
    registry: str
    repository: str
    push: bool
    git_tag: bool = False
    access: Access = USUAL
    max_age: timedelta | None = None
    moving: tuple[Moving, ...] = ()
    claim: Literal["none", "git"] = "none"
    size_budget: str = ""

    @property
    def commit(self) -> str:
        """The commit that is published: its full hash."""
        return self.plan.snapshot.rev

    @property
    def name(self) -> str:
        """The repository as image references write it."""
        return f"{self.registry}/{self.repository}"

    @property
    def is_release(self) -> bool:
        """Does it get the tag of a version?"""
        return any(tag.kind == "release" for tag in self.tags)

    @property
    def bump(self) -> str:
        """The command that gives this image its next version."""
        image = self.release.rpartition("/")[0]
        return f"imagebump patch --image {image}" if image else "imagebump patch"

    def verdict(self, found: Found | None) -> Verdict:
        """May a tag be written for this, with `found` there now?"""
        return tags.verdict(found, {self.plan.key, self.plan.whole_key}, self.version)


def prepare(
    repository: Repository, job: Job, *, offline: bool = False, dry: bool = False
) -> Prepared:
    """Read the commit: nothing is built or sent. UserError where it cannot be published.

    `offline` is for a build that goes nowhere: a local registry need not run. `dry` keeps nothing.
    """
    snapshot = Snapshot(repository, job.commit)
    sides = jobconfig.read(repository, job)
    rules = sides.rules
    if rules is None:
        what = f"an image called {job.image}" if job.image else settings.FILE
        raise BrokenCommitError(f"{what} is not in {snapshot.title}")
    where, title = snapshot, snapshot.title
    if sides.tip is not None:  # which says where to
        where, title = jobconfig.newest(repository, job), f"the tip of {job.branch}"
    wanted = trust.asked(rules, where.read)
    if offline:
        trust.require_for_build(repository, job, wanted)
    else:
        trust.require(repository, job, wanted, lambda: _asked(snapshot, job), dry=dry)
    try:
        prepared = _prepared(repository, snapshot, rules, job)
    except UnavailableError:
        raise
    except UserError as problem:
        raise BrokenCommitError(problem.message, problem.hint) from None
    if offline or not rules.publish.push:
        return prepared
    return replace(
        prepared,
        registry=localregistry.host(rules.registry),
        access=access_of(rules, where.read, title),
    )


def _asked(snapshot: Snapshot, job: Job) -> frozenset[str]:
    """What the commit asks for by itself, for each of its images."""
    every = snapshot.configs(dict(job.overrides))
    return frozenset[str]().union(*(trust.asked(one, snapshot.read) for one in every))


def content(repository: Repository, job: Job) -> tuple[str, str] | None:
    """The tree key and the version of a commit, whoever made it; None where it can be no image.

    It is only read: nothing that it asks for is looked at, sent or trusted.
    """
    snapshot = Snapshot(repository, job.commit)
    try:
        rules = snapshot.config(job.image, dict(job.overrides))
        made = _prepared(repository, snapshot, rules, job) if rules else None
    except UnavailableError:
        raise
    except UserError:
        return None
    return (made.plan.key, made.version) if made else None


def _prepared(repository: Repository, snapshot: Snapshot, rules: Config, job: Job) -> Prepared:
    data = snapshot.read(rules.bump.version_file)
    file = None if data is None else version.parse(data, rules.bump.version_file)
    source = Source(
        job.commit,
        job.branch,
        file,
        git.committed(repository, job.commit),
        rules.is_release(job.branch, refs.default_branch(repository)),
    )
    origin, triggers = refs.origin(repository), spool.triggers(repository.state)
    made = plan.make(snapshot, rules, source, origin, triggers)
    plan.require_submodules(made)
    return Prepared(
        replace(made, fresh=settings.NO_CACHE in job.overrides),
        tags.wanted(rules, source),
        str(file.version) if file else "",
        rules.release(file.version) if file else "",
        rules.registry,
        rules.repository,
        rules.publish.push,
        rules.bump.git_tag,
        max_age=timedelta(seconds=seconds(age)) if (age := rules.build.max_age) else None,
        moving=tags.moving(rules, source),
        claim=rules.publish.claim,
        size_budget=rules.publish.size_budget,
    )


def heeding_triggers(
    repository: Repository, job: Job, report: Report, build: Callable[[], Built]
) -> Built:
    """What `build` gives; built anew with the whole context in the key where a base turns out to have triggers."""
    try:
        return build()
    except HiddenInputsError:
        dockerfile = prepare(repository, job, offline=True).plan.dockerfile
        report.log("a base image has ONBUILD triggers: from now on the whole context counts")
        spool.remember_triggers(repository.state, bases(dockerfile))
        return build()
