"""Why a COPY found nothing: the file that the developer sees is not in the commit."""

import re

from imagebump import git
from imagebump.errors import UserError
from imagebump.plan import BuildPlan

_SIGNS = re.compile(
    r"not found|no such file|failed to compute cache key|COPY failed|ADD failed|failed to calculate checksum",
    re.IGNORECASE,
)


def explain(plan: BuildPlan, problem: UserError) -> UserError:
    """`problem`, or the source of a COPY or ADD that the context lacks, where that is the reason."""
    if not _SIGNS.search(problem.message):
        return problem
    here = {entry.path for entry in plan.context}
    for source in plan.inputs.sources:
        if source and source not in here and source in _literal_sources(plan):
            return UserError(
                f"COPY {source}: not in {plan.snapshot.title} ({_why(plan, source)})",
                _hint(plan, source),
                1,
            )
    return problem


def _literal_sources(plan: BuildPlan) -> set[str]:
    """The sources as they are written, less a slash or a dot about them."""
    words = (
        w
        for one in plan.dockerfile.instructions
        if one.name in ("COPY", "ADD")
        for w in one.args[:-1]
    )
    return {word.removeprefix("./").strip("/") for word in words}


def _why(plan: BuildPlan, source: str) -> str:
    repository = plan.snapshot.repository
    path = f"{plan.build.context}/{source}" if plan.build.context else source
    if any(
        entry.path == path or entry.path.startswith(f"{path}/") for entry in plan.snapshot.entries
    ):
        return "left out by .dockerignore"
    if git.is_ignored(repository, path) or git.is_ignored(repository, f"{path}/"):
        return "ignored by Git"
    if (repository.top / path).exists():
        return "in the working tree, but not committed"
    return "there is no such path"


def _hint(plan: BuildPlan, source: str) -> str:
    if _why(plan, source) == "in the working tree, but not committed":
        return f"Run: git add {source} && git commit"
    return "Make it in the Dockerfile, or commit it"
