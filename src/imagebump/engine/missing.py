"""Why a build found nothing: the file that the developer sees is not in the commit, a stage is called otherwise, or a frontend is none."""

import re

from imagebump import git
from imagebump.context import in_repository, left_out
from imagebump.dockerfile.inputs import named
from imagebump.errors import BrokenCommitError, UserError
from imagebump.plan import BuildPlan
from imagebump.spelling import nearest

_SIGNS = re.compile(
    r"not found|no such file|failed to compute cache key|COPY failed|ADD failed|failed to calculate checksum",
    re.IGNORECASE,
)
_PULLED = re.compile(r"cannot pull ([\w.-]+):latest\b")
_ENDED = re.compile(r"exit code: (\d+)")
_UNCOMMITTED = "in the working tree, but not committed"


def explain(plan: BuildPlan, problem: UserError) -> UserError:
    """`problem`, or the source of a COPY or ADD that the context lacks, where that is the reason."""
    if (pulled := _PULLED.match(problem.message)) and (meant := _stage(plan, pulled[1])):
        problem.hint = f"Is the stage {meant} meant? {problem.hint}"
        return problem
    if plan.dockerfile.syntax and (ended := _ENDED.fullmatch(problem.message)):
        what = f"the frontend {plan.dockerfile.syntax} ended with exit status {ended[1]}"
        problem.message = f"{what}, and did not say why"
    if not _SIGNS.search(problem.message):
        return problem
    here = {entry.path for entry in plan.context}
    for instruction, source in named(plan.dockerfile):
        if source not in here and source in problem.message:
            what = f"{instruction} {source}"
            line = left_out(plan.snapshot, plan.build, source)
            if line and _is_committed(plan, source):
                return _excluded(what, source, *line)
            why = _why(plan, source)
            hint = "Make it in the Dockerfile, or commit it"
            if why == _UNCOMMITTED:
                hint = f"Run: git add {source} && git commit"
            return BrokenCommitError(f"{what}: not in {plan.snapshot.title} ({why})", hint)
    return problem


def _stage(plan: BuildPlan, image: str) -> str:
    """The stage that was meant by a name that is none of a stage's; "" where none is near."""
    froms = [stage[0].args for stage in plan.dockerfile.stages]
    names = [args[-1].lower() for args in froms if len(args) == 3]
    return nearest(image, names) if names else ""


def _excluded(what: str, source: str, file: str, number: int, pattern: str) -> UserError:
    return BrokenCommitError(
        f"{what}: line {number} of {file} leaves it out ({pattern})",
        f"Take that out, or add a line !{source} at the end, and commit",
    )


def _is_committed(plan: BuildPlan, source: str) -> bool:
    """Is it in the commit, whatever the context leaves of that?"""
    path = in_repository(plan.build, source)
    return any(
        entry.path == path or entry.path.startswith(f"{path}/") for entry in plan.snapshot.entries
    )


def _why(plan: BuildPlan, source: str) -> str:
    repository = plan.snapshot.repository
    path = in_repository(plan.build, source)
    if _is_committed(plan, source):
        return "left out by .dockerignore"
    if git.is_ignored(repository, path) or git.is_ignored(repository, f"{path}/"):
        return "ignored by Git"
    if (repository.top / path).exists():
        return _UNCOMMITTED
    return "there is no such path"
