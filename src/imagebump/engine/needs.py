"""What a Dockerfile needs of its builder, and whether an engine's API can serve it."""

from collections.abc import Iterator

from imagebump.dockerfile.inputs import mounts
from imagebump.dockerfile.parse import Dockerfile
from imagebump.errors import BrokenCommitError, UserError
from imagebump.plan import DOCKERFILE_ELSEWHERE, BuildPlan

_FLAGS = {"--link": (23, 0), "--checksum": (24, 0)}
_LABS = ("--exclude", "--parents")
_LEAK = "over the engine's API it would get into the image"
_ONLY = "imagebump builds over the engine's API only"
_NO_FRONTEND = f"{_ONLY}, with the engine's own frontend: take that line out, and commit"
_NO_SESSION = (
    f"{_ONLY}: bring what it fetches by COPY, from the commit or another image, and commit"
)
_BUILDKIT_FLAGS = ("--mount", "--network", "--security", "--chmod", *_FLAGS, *_LABS)


def check(plan: BuildPlan, engine: tuple[int, ...], buildkit: bool, containerd_store: bool) -> bool:
    """Choose the builder: True for BuildKit, False for the classic one.

    `engine` is the engine's version. UserError naming what is missing where neither can build the file,
    BrokenCommitError where no other engine could either.
    """
    _require_no_session(plan)
    exposed = _exposed(plan)
    _require_engine(plan, engine, containerd_store)
    if buildkit and not exposed:
        return True
    obstacle = _only_buildkit(plan.dockerfile)
    if obstacle and exposed:
        raise BrokenCommitError(
            f"{plan.build.dockerfile} {exposed}, and {obstacle}: {_LEAK}",
            "Copy named files and directories, and commit",
        )
    if obstacle:
        raise UserError(
            f"{plan.build.dockerfile} {obstacle}, but this engine has no BuildKit",
            "Use a Docker engine of 18.09 or later, then run: imagebump retry",
        )
    return False


def _require_no_session(plan: BuildPlan) -> None:
    """BrokenCommitError for what no engine's API serves, however new."""
    for why, hint in _sessions(plan.dockerfile):
        raise BrokenCommitError(
            f"{plan.build.dockerfile} {why}, which needs a BuildKit session (docker buildx)", hint
        )


def _require_engine(plan: BuildPlan, engine: tuple[int, ...], containerd_store: bool) -> None:
    """UserError for what a newer engine serves."""
    if containerd_store and engine < (28,):
        raise UserError(
            f"engine {_shown(engine)} with the containerd image store cannot build over its API",
            "Update it to 28 or later, or turn the containerd store off",
        )
    for why, least in _requirements(plan.dockerfile):
        if engine < least:
            raise UserError(
                f"{plan.build.dockerfile} {why}, which needs engine {_shown(least)}; this is {_shown(engine)}",
                "Update the Docker engine, then run: imagebump retry",
            )


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(str(n) for n in version)


def _sessions(dockerfile: Dockerfile) -> Iterator[tuple[str, str]]:
    """Pairs of what needs a session of the builder with its client, and a hint."""
    if dockerfile.syntax:
        yield f"names a frontend of its own (# syntax={dockerfile.syntax})", _NO_FRONTEND
    for one in dockerfile.instructions:
        kinds = {mount.get("type") for mount in mounts(one)}
        for kind, words in (("secret", "a secret mount"), ("ssh", "an ssh mount")):
            if kind in kinds:
                yield f"uses {words} in line {one.start}", _NO_SESSION


def _requirements(dockerfile: Dockerfile) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Pairs of a reason and the least engine."""
    for one in dockerfile.instructions:
        where = f"uses {{}} in line {one.start}"
        if one.heredocs:
            yield where.format("a heredoc"), (23, 0)
        for flag in one.flags:
            name = flag.partition("=")[0]
            if name in _FLAGS:
                yield where.format(name), _FLAGS[name]
            elif name in _LABS and one.name in ("COPY", "ADD"):
                yield where.format(name), (28, 0)


def _only_buildkit(dockerfile: Dockerfile) -> str:
    for one in dockerfile.instructions:
        for flag in one.flags:
            if flag.partition("=")[0] in _BUILDKIT_FLAGS:
                return f"uses {flag.partition('=')[0]} in line {one.start}"
        if one.heredocs:
            return f"uses a heredoc in line {one.start}"
    return ""


def _exposed(plan: BuildPlan) -> str:
    """Why BuildKit would copy the Dockerfile into the image although it is not in the context, or "".

    It takes the whole tar. The classic builder first removes what .dockerignore names.
    """
    if not plan.inputs.selects(plan.sent_as):
        return ""
    if plan.sent_as == DOCKERFILE_ELSEWHERE:
        raise BrokenCommitError(
            f"{plan.build.dockerfile} lies outside its build context, which it copies whole: {_LEAK}",
            "Copy named directories, or move it into the context, and commit",
        )
    return "is in .dockerignore, while it copies its own directory" if plan.hidden else ""
