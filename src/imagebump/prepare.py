"""From a job to what is to be built, under which tags and where to: the commit is read, nothing is sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from imagebump import (
    git,
    localregistry,
    plan,
    reference,
    refs,
    settings,
    spool,
    tags,
    trust,
    version,
)
from imagebump.config import Config, matches
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

    @property
    def commit(self) -> str:
        """The commit that is published: its full hash."""
        return self.plan.snapshot.rev

    @property
    def name(self) -> str:
        """The repository as image references write it."""
        return f"{self.registry}/{self.repository}"

    @property
    def bump(self) -> str:
        """The command that gives this image its next version."""
        image = self.release.rpartition("/")[0]
        return f"imagebump patch --image {image}" if image else "imagebump patch"

    def verdict(self, found: Found | None) -> Verdict:
        """May a tag be written for this, with `found` there now?"""
        return tags.verdict(found, {self.plan.key, self.plan.whole_key}, self.version)


def each_image(repository: Repository, job: Job) -> list[Job]:
    """The job for each image that the commit configures; the job itself where that cannot be told."""
    if job.image:
        return [job]
    try:
        configs = Snapshot(repository, job.commit).configs(dict(job.overrides))
    except UserError:
        return [job]
    return [job._replace(image=config.image) for config in configs] or [job]


def wanted(repository: Repository, job: Job) -> bool:
    """Is a commit that a hook recorded to be published? A configuration that is broken is: it fails, and says so."""
    snapshot = Snapshot(repository, job.commit)
    try:
        rules = _rules(repository, snapshot, job)
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
    rules = known(repository, job)
    return rules is not None and rules.is_release(job.branch, refs.default_branch(repository))


def known(repository: Repository, job: Job) -> Config | None:
    """The settings for a job; None where there are none, or they cannot be read."""
    try:
        return _rules(repository, Snapshot(repository, job.commit), job)
    except UserError:
        return None


def prepare(
    repository: Repository, job: Job, *, offline: bool = False, dry: bool = False
) -> Prepared:
    """Read the commit: nothing is built or sent. UserError where it cannot be published.

    `offline` is for a build that goes nowhere: a local registry need not run. `dry` keeps nothing.
    """
    snapshot = Snapshot(repository, job.commit)
    rules = _rules(repository, snapshot, job)
    if rules is None:
        what = f"an image called {job.image}" if job.image else settings.FILE
        raise BrokenCommitError(f"{what} is not in {snapshot.title}")
    if offline:
        trust.require_for_build(repository, job, rules)
    else:
        own = snapshot.config(job.image, dict(job.overrides))
        trust.require(repository, job, rules, own, dry=dry)
    try:
        prepared = _prepared(repository, snapshot, rules, job)
    except UnavailableError:
        raise
    except UserError as problem:
        raise BrokenCommitError(problem.message, problem.hint) from None
    if offline or not rules.publish.push:
        return prepared
    host = localregistry.address() if rules.registry == reference.LOCAL else rules.registry
    return replace(prepared, registry=host, access=_access(repository, snapshot, rules, job))


def _access(repository: Repository, snapshot: Snapshot, rules: Config, job: Job) -> Access:
    """How to reach the registry that `rules` name, which are those of the tip where there is one."""
    newest = Snapshot(repository, f"refs/heads/{job.branch}")
    from_tip = bool(job.branch) and _tip(repository, job) is not None
    where = newest if from_tip else snapshot
    return access_of(rules, where.read, f"the tip of {job.branch}" if from_tip else where.title)


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
    )


def _rules(repository: Repository, snapshot: Snapshot, job: Job) -> Config | None:
    """The settings for a job; None where its commit has none.

    How to build is the commit's own to say. Where to, and under which tags, says the tip of its branch:
    a registry that was mended, or that moved, counts for the commits before it as well.
    """
    try:
        own = snapshot.config(job.image, dict(job.overrides))
    except UnavailableError:
        raise
    except UserError as problem:
        given = next((name for name in job.overrides if problem.message.startswith(name)), "")
        hint = given and f"Set {given} right, then run: imagebump publish {snapshot.rev[:7]}"
        raise BrokenCommitError(problem.message, problem.hint or hint) from None
    tip = _tip(repository, job)
    if not (own and tip):
        return own
    return own._replace(
        registry=tip.registry,
        repository=tip.repository,
        registry_ca=tip.registry_ca,
        insecure=tip.insecure,
        tags=tip.tags,
        publish=tip.publish,
    )


def _tip(repository: Repository, job: Job) -> Config | None:
    """What the newest commit of the job's branch configures; None where there is no such branch."""
    if not job.branch:
        return None
    try:
        newest = Snapshot(repository, f"refs/heads/{job.branch}")
        return newest.config(job.image, dict(job.overrides))
    except UnavailableError:
        raise
    except UserError as problem:
        message = f"at the tip of {job.branch}: {problem.message}"
        raise UserError(message, problem.hint or "Mend it, and commit", problem.status) from None


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
