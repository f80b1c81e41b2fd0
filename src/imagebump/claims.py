"""publish.claim = "git": a version is claimed on the Git remote before it is pushed to a registry.

A registry has no compare-and-swap, a Git server has: of two that create one ref, one is refused.
"""

from dataclasses import replace

from imagebump import git, refs
from imagebump.errors import TakenError, UserError
from imagebump.git import Repository
from imagebump.prepare import Prepared, content
from imagebump.spool import Job


def place(repository: Repository, job: Job, prepared: Prepared) -> tuple[str, str] | None:
    """The remote and the ref by which the version is to be claimed; None where it is not."""
    if prepared.claim != "git" or not (prepared.push and prepared.is_release):
        return None
    return refs.remote(repository, job.branch), f"refs/imagebump/{prepared.release}"


def claim(
    repository: Repository, job: Job, prepared: Prepared
) -> tuple[Prepared, UserError | None]:
    """Claim the version of a release, where that is wanted. Where another commit has it: why, and the same without it.

    One that has the same content at the same version has claimed it for ours as well.
    """
    where = place(repository, job, prepared)
    if where is None:
        return prepared, None
    holder = refs.claim(repository, *where, job.commit)
    if holder == job.commit or _is_alike(repository, job._replace(commit=holder), prepared):
        return prepared, None
    return _without_release(prepared), TakenError(
        f"version {prepared.release} is claimed by commit {holder[:7]} on {where[0]}",
        f"Run: {prepared.bump}, and commit",
    )


def _without_release(prepared: Prepared) -> Prepared:
    """The same with the tags that are no version's."""
    rest = tuple(tag for tag in prepared.tags if tag.kind in ("commit", "branch"))
    return replace(prepared, tags=rest, moving=())


def _is_alike(repository: Repository, job: Job, prepared: Prepared) -> bool:
    """Has that commit the same content at the same version? Not where it is not in this clone."""
    if not git.exists(repository, job.commit):
        return False
    return content(repository, job) == (prepared.plan.key, prepared.version)
