"""The configuration that a job is done under: its commit's own, and its branch's where the image goes."""

from typing import Any, NamedTuple

from imagebump import refs
from imagebump.config import Config, matches
from imagebump.errors import BrokenCommitError, UnavailableError, UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot
from imagebump.spool import Job


class Sides(NamedTuple):
    """What the commit itself configures, and what the tip of its branch does; None for nothing, or no branch."""

    own: Config | None
    tip: Config | None

    @property
    def rules(self) -> Config | None:
        """What is in force; None where the commit configures nothing.

        How to build is the commit's own to say. Where to, and under which tags, says the tip of its branch:
        a registry that was mended, or that moved, counts for the commits before it as well.
        """
        own, tip = self
        if not (own and tip):
            return own
        sources = {name: (tip if _is_where(name) else own).sources[name] for name in own.sources}
        where: dict[str, Any] = {name: getattr(tip, name) for name in _WHERE}
        return own._replace(**where, sources=sources)


_WHERE = ("registry", "repository", "registry_ca", "insecure", "tags", "publish")
"""What the tip of a branch says."""


def _is_where(key: str) -> bool:
    return key.partition(".")[0].replace("-", "_") in _WHERE


def read(repository: Repository, job: Job) -> Sides:
    """Both sides. UserError where one of them cannot be read."""
    return Sides(_own(repository, job), _tip(repository, job))


def known(repository: Repository, job: Job) -> Config | None:
    """What is in force; None also where it cannot be read."""
    try:
        return read(repository, job).rules
    except UserError:
        return None


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
    try:
        rules = read(repository, job).rules
    except UserError:
        return True
    if rules is None or rules.publish.on == "manual":
        return False
    if Snapshot(repository, job.commit).read(rules.build.dockerfile) is None:
        return False
    return bool(job.branch) and matches(job.branch, rules.publish.branches)


def is_release(repository: Repository, job: Job) -> bool:
    """Is the job's branch one whose commits are releases?"""
    rules = known(repository, job)
    return rules is not None and rules.is_release(job.branch, refs.default_branch(repository))


def newest(repository: Repository, job: Job) -> Snapshot:
    """The tip of the job's branch."""
    return Snapshot(repository, f"refs/heads/{job.branch}")


def _own(repository: Repository, job: Job) -> Config | None:
    snapshot = Snapshot(repository, job.commit)
    try:
        return snapshot.config(job.image, dict(job.overrides))
    except UnavailableError:
        raise
    except UserError as problem:
        given = next((name for name in job.overrides if problem.message.startswith(name)), "")
        hint = given and f"Set {given} right, then run: imagebump publish {snapshot.rev[:7]}"
        raise BrokenCommitError(problem.message, problem.hint or hint) from None


def _tip(repository: Repository, job: Job) -> Config | None:
    if not job.branch:
        return None
    try:
        return newest(repository, job).config(job.image, dict(job.overrides))
    except UnavailableError:
        raise
    except UserError as problem:
        message = f"at the tip of {job.branch}: {problem.message}"
        raise UserError(message, problem.hint or "Mend it, and commit", problem.status) from None
