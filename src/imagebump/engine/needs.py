"""What a Dockerfile needs of its builder, and whether an engine's API can serve it."""

from collections.abc import Iterator

from imagebump.dockerfile.inputs import mounts
from imagebump.dockerfile.parse import Dockerfile
from imagebump.errors import UserError
from imagebump.plan import DOCKERFILE_ELSEWHERE, BuildPlan

_FLAGS = {"--link": (23, 0), "--checksum": (24, 0)}
_LABS = ("--exclude", "--parents")
_SESSION = "over the engine's API it would get into the image, only docker buildx keeps it out"
_BUILDKIT_FLAGS = ("--mount", "--network", "--security", "--chmod", *_FLAGS, *_LABS)


def check(plan: BuildPlan, engine: tuple[int, ...], buildkit: bool, containerd_store: bool) -> bool:
    """Choose the builder: True for BuildKit, False for the classic one.

    `engine` is the engine's version. UserError naming what is missing where neither can build the file.
    """
    if containerd_store and engine < (28,):
        raise UserError(
            f"engine {_shown(engine)} with the containerd image store cannot build over its API",
            "Update it to 28 or later, or turn the containerd store off",
        )
    for why, least in _requirements(plan.dockerfile):
        if least is None:
            raise UserError(
                f"{plan.build.dockerfile} {why}, which needs a BuildKit session (docker buildx)"
            )
        if engine < least:
            raise UserError(
                f"{plan.build.dockerfile} {why}, which needs engine {_shown(least)}; this is {_shown(engine)}",
                "Update the Docker engine, then run: imagebump retry",
            )
    exposed = _exposed(plan)
    if buildkit and not exposed:
        return True
    obstacle = _only_buildkit(plan.dockerfile)
    if obstacle and exposed:
        raise UserError(f"{plan.build.dockerfile} {exposed}, and {obstacle}: {_SESSION}")
    if obstacle:
        raise UserError(f"{plan.build.dockerfile} {obstacle}, but this engine has no BuildKit")
    return False


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(str(n) for n in version)


def _requirements(dockerfile: Dockerfile) -> Iterator[tuple[str, tuple[int, ...] | None]]:
    """Pairs of a reason and the least engine; None where no engine's API suffices."""
    if dockerfile.syntax:
        yield f"names a frontend of its own (# syntax={dockerfile.syntax})", None
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
        for mount in mounts(one):
            if mount.get("type") in ("secret", "ssh"):
                yield where.format(f"a {mount['type']} mount"), None


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
        raise UserError(
            f"{plan.build.dockerfile} lies outside its build context, which it copies whole: {_SESSION}",
            "Copy named directories, or move it into the context",
        )
    return "is in .dockerignore, while it copies its own directory" if plan.hidden else ""
