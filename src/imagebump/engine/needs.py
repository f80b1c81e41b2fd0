"""What a Dockerfile and its configuration need of a builder, and whether an engine's API can serve it."""

import re
from collections.abc import Iterator, Mapping

from imagebump.config import Build
from imagebump.dockerfile.inputs import mounts
from imagebump.dockerfile.parse import Dockerfile
from imagebump.errors import BrokenCommitError, UserError
from imagebump.plan import DOCKERFILE_ELSEWHERE, BuildPlan

_FLAGS = {"--link": (23, 0), "--checksum": (24, 0)}
CONTAINERD_STORE_BUILDS = (28,)
"""The first engine that builds over its API with the containerd image store."""
_LABS = ("--exclude", "--parents")
_LEAK = "over the engine's API it would get into the image"
_SESSION = "which needs docker buildx"
_BUILDKIT_FLAGS = ("--mount", "--network", "--security", "--chmod", *_FLAGS, *_LABS)


class SessionNeededError(UserError):
    """What only docker buildx can build: the API has no session that lends files, secrets and logins to the builder."""


def check(
    plan: BuildPlan,
    engine: tuple[int, ...],
    buildkit: bool,
    containerd_store: bool,
    *,
    lent: bool = False,
) -> bool:
    """Choose the builder behind the API: True for BuildKit, False for the classic one.

    `engine` is the engine's version; a context that is `lent` has the Dockerfile beside it. SessionNeededError where only docker buildx can, another UserError
    naming what is missing where that could not either.
    """
    _require_no_session(plan)
    exposed = "" if buildkit and lent else _exposed(plan)
    if containerd_store and engine < CONTAINERD_STORE_BUILDS:
        raise SessionNeededError(
            f"engine {_shown(engine)} with the containerd image store cannot build over its API",
            "Update it to 28 or later, or turn the containerd store off",
        )
    obstacle = _only_buildkit(plan.dockerfile)
    if obstacle and not buildkit:
        raise UserError(
            f"{plan.build.dockerfile} {obstacle}, but this engine has no BuildKit",
            "Use a Docker engine of 18.09 or later, then run: imagebump retry",
        )
    require_frontend(plan, engine)
    if obstacle and exposed:
        raise SessionNeededError(f"{plan.build.dockerfile} {exposed}, and {obstacle}: {_LEAK}")
    return buildkit and not exposed


def _require_no_session(plan: BuildPlan) -> None:
    """SessionNeededError for what no engine's API serves, however new."""
    for why in _beyond(plan.dockerfile):
        raise SessionNeededError(f"{plan.build.dockerfile} {why}, {_SESSION}")
    for key in _settings(plan.build):
        raise SessionNeededError(f"the configuration sets build.{key}, {_SESSION}")


def require_frontend(plan: BuildPlan, engine: tuple[int, ...]) -> None:
    """UserError for what a newer engine's own frontend serves; one that the Dockerfile names serves what it likes."""
    if plan.dockerfile.syntax:
        return
    for why, least in _requirements(plan.dockerfile):
        if engine < least:
            raise UserError(
                f"{plan.build.dockerfile} {why}, which needs engine {_shown(least)}; this is {_shown(engine)}",
                "Update the Docker engine, then run: imagebump retry",
            )


def require_lent(plan: BuildPlan) -> None:
    """BrokenCommitError where a RUN cannot do without a secret or an ssh agent that no key of the configuration lends."""
    for one in plan.dockerfile.instructions:
        for mount in mounts(one):
            kind = mount.get("type", "")
            lent = [_id(text) for text in plan.build.ssh] if kind == "ssh" else plan.build.secrets
            name = mount.get("id") or ("default" if kind == "ssh" else _name(mount))
            needed = mount.get("required", "false").lower() in ("", "true", "1")
            if kind in ("secret", "ssh") and needed and name not in lent:
                raise BrokenCommitError(
                    f"{plan.build.dockerfile} needs the {kind} {name!r} in line {one.start}, which no key lends it",
                    f"Set build.{'ssh' if kind == 'ssh' else 'secrets'}, and commit",
                )


def _id(ssh: str) -> str:
    return ssh.partition("=")[0]


def _name(mount: dict[str, str]) -> str:
    """A secret without an id has the name of its target."""
    return mount.get("target", "").rpartition("/")[2]


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(str(n) for n in version)


def _beyond(dockerfile: Dockerfile) -> Iterator[str]:
    """What of a Dockerfile needs a session of the builder with its client."""
    if dockerfile.syntax:
        yield f"names a frontend of its own (# syntax={dockerfile.syntax})"
    for one in dockerfile.instructions:
        kinds = {mount.get("type") for mount in mounts(one)}
        for kind, words in (("secret", "a secret mount"), ("ssh", "an ssh mount")):
            if kind in kinds:
                yield f"uses {words} in line {one.start}"


def _settings(build: Build) -> Iterator[str]:
    """The keys that the API has no word for."""
    if len(build.platforms) > 1:
        yield "platforms to several"
    if build.cache_from:
        yield "cache-from"
    if build.cache_to:
        yield "cache-to"
    if build.provenance:
        yield "provenance"


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
        raise SessionNeededError(
            f"{plan.build.dockerfile} lies outside its build context, which it copies whole: {_LEAK}"
        )
    return "is in .dockerignore, while it copies its own directory" if plan.hidden else ""


def is_podman(headers: Mapping[str, str]) -> bool:
    """Is it Podman that answers a ping with these headers?"""
    return any(name.lower().startswith(("libpod-", "buildah-")) for name in headers)


def has_buildkit(headers: Mapping[str, str]) -> bool:
    """Every Docker engine on Linux since API 1.39 has it, whatever Builder-Version it prefers."""
    version = tuple(int(n) for n in re.findall(r"\d+", headers.get("Api-Version", "0")))
    return headers.get("Ostype", "linux") == "linux" and version >= (1, 39)
