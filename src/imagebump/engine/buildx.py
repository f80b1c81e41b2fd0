"""docker buildx: where the plugin lies, and what it is told."""

import csv
import io
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import docker
from docker.utils.config import load_general_config

from imagebump import files, process, reference
from imagebump.engine import UnpinnedError
from imagebump.engine.refusals import explain, not_started
from imagebump.errors import UnavailableError, UserError
from imagebump.plan import BuildPlan
from imagebump.settings import variable

PLUGIN = "docker-buildx"
FILE = "Dockerfile"
"""What the Dockerfile is called beside a checkout."""
INSTALL = (
    "Install the package docker-buildx-plugin (Docker's own) or docker-buildx (Debian 13's, Ubuntu's), "
    "or put buildx from https://github.com/docker/buildx/releases at ~/.docker/cli-plugins/docker-buildx, "
    "executable"
)
_SYSTEM = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where docker itself looks, after the user's own directories."""
_RAWJSON = (0, 13)
_START = 300
"""Seconds within which a builder has to start."""


class Buildx(NamedTuple):
    """The plugin, which runs without the docker program too."""

    program: Path
    version: tuple[int, ...]

    @property
    def progress(self) -> str:
        """The most that it tells of a build."""
        return "rawjson" if self.version >= _RAWJSON else "plain"


def find() -> Buildx | None:
    """The plugin where docker would find it, else on the PATH; None where there is none."""
    for directory in _directories():
        if found := shutil.which(PLUGIN, path=str(directory)):
            return Buildx(Path(found), _version(Path(found)))
    return None


def require() -> Buildx:
    """The same. UserError where there is none."""
    if found := find():
        return found
    raise UnavailableError(
        "docker buildx is not installed", f"{INSTALL}, then run: imagebump retry"
    )


def _directories() -> Iterator[str]:
    extra = load_general_config().get("cliPluginsExtraDirs")
    yield from extra if isinstance(extra, list) else ()
    if own := variable("DOCKER_CONFIG"):
        yield f"{own}/cli-plugins"
    yield str(Path.home() / ".docker" / "cli-plugins")
    yield from _SYSTEM
    yield from os.get_exec_path()


def _version(program: Path) -> tuple[int, ...]:
    """The program's, remembered while that is the same: to start it takes longer than a small build."""
    about = program.stat()
    known, file = (
        f"{program} {about.st_size} {about.st_mtime_ns} ",
        files.state_directory() / "buildx",
    )
    with suppress(OSError, ValueError):
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
        if text.startswith(known):
            return tuple(map(int, text.removeprefix(known).split(".")))
    found = _said_version(program)
    with suppress(OSError):
        files.private(file.parent.parent)
        files.private(file.parent)
        text = known + ".".join(map(str, found))
        files.write_atomic(file, text.encode(errors="surrogateescape"), 0o600)
    return found


def _said_version(program: Path) -> tuple[int, ...]:
    """`github.com/docker/buildx v0.13.1 hash` → (0, 13, 1)."""
    said = process.run([program, "version"], timeout=20)
    found = re.search(r"\bv?(\d+)\.(\d+)\.(\d+)", said.out.decode(errors="replace"))
    if said.status or not found:
        raise UserError(f"{program} does not run: {said.reason}", INSTALL)
    return tuple(map(int, found.groups()))


def default_builder() -> str:
    """The builder of the engine that the API way talks to: it has the name of Docker's context."""
    if variable("DOCKER_HOST"):
        return "default"
    return variable("DOCKER_CONTEXT") or load_general_config().get("currentContext") or "default"


def is_apart(builder: str) -> bool:
    """Has it a network and certificates of its own, as in a container? An engine's own has not."""
    return builder != "default" and not _is_context(builder)


def endpoint(builder: str) -> Mapping[str, str]:
    """The variables under which `builder` is there: that of a Docker context is only where that one is in force."""
    if builder != "default" and _is_context(builder):
        return {"DOCKER_CONTEXT": builder, "DOCKER_HOST": ""}
    return {}


def _is_context(name: str) -> bool:
    return docker.ContextAPI.get_context(name) is not None


def platform(builder: str) -> str:
    """What a builder builds for by itself, as linux/arm64; of several machines, each one's. UserError where it does not say."""
    program, env = require().program, {**process.environment(), **endpoint(builder)}
    for more in ((), ("--bootstrap",)):  # one that does not run knows none
        said = process.run([program, "inspect", *more, builder], timeout=_START, env=env)
        if said.status:
            break
        lines = said.out.decode(errors="replace").splitlines()
        rows = (line.partition(":")[2] for line in lines if line.startswith("Platforms:"))
        if found := [row.partition(",")[0].strip(" *") for row in rows if row.strip()]:
            return " ".join(found)
    raise explain(said.reason, builder) or not_started(said.reason, builder)


def arguments(plan: BuildPlan, directory: Path, builder: str, secrets: Sequence[str]) -> list[str]:
    """What every build of `plan` is told, less where the image goes.

    `directory` holds the checkout; `secrets` are as `secret` writes them.
    """
    build = plan.build
    lists: Mapping[str, Sequence[str]] = {
        "platform": [",".join(build.platforms)] if build.platforms else [],
        "label": [f"{name}={value}" for name, value in plan.labels.items()],
        "build-arg": [f"{name}={value}" for name, value in plan.arguments.items()],
        "secret": secrets,
        "ssh": build.ssh,
        "cache-from": build.cache_from,
        "cache-to": build.cache_to,
        "target": [build.target] if build.target else [],
        "network": [build.network] if build.network else [],
    }
    flags = [f"--{name}={value}" for name, values in lists.items() for value in values]
    attest = f"--provenance={'mode=min' if build.provenance else 'false'}"
    file = f"--file={directory / 'dockerfile' / FILE}"
    fresh = ["--no-cache"] if plan.fresh else []
    return ["build", f"--builder={builder}", attest, file, *fresh, *flags, *_pins(plan)]


def _pins(plan: BuildPlan) -> Iterator[str]:
    """What holds a builder with images of its own to the bases' digests, which it would ask for a moment later."""
    if not plan.build.builder.startswith("session:"):
        return
    stages = {args[2].lower() for one in plan.dockerfile.stages if len(args := one[0].args) == 3}
    for base in plan.bases:
        image = reference.image(base.name)
        if base.name == plan.dockerfile.syntax or image.reference == base.digest:
            continue
        if {
            base.name,
            base.name.removesuffix(":latest"),
        } & stages:  # it would be in that one's place
            raise UnpinnedError(f"{base.name} is the name of a stage, too")
        yield f"--build-context={base.name}=docker-image://{image.at(base.digest)}"


def secret(name: str, source: str, top: Path) -> str:
    """The flag's value for the secret `name`; the secret itself is not in it. UserError where it is not there."""
    kind, _, where = source.partition(":")
    if kind == "env":
        if not variable(where):
            raise UnavailableError(
                f"the secret {name} is not there: the variable {where} is not set",
                "Set it, then run: imagebump retry",
            )
        return f"id={name},env={where}"
    path = top / Path(where).expanduser()
    if not path.is_file():
        raise UnavailableError(
            f"the secret {name} is not there: there is no file {where}",
            "Make it, then run: imagebump retry",
        )
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow([f"id={name}", f"src={path}"])
    return row.getvalue()


def values(source: str, top: Path) -> Iterator[str]:
    """The secret itself, and the parts of it that a program may show alone: a log is to mask them."""
    kind, _, where = source.partition(":")
    text = variable(where)
    if kind == "file":
        with suppress(OSError):
            text = (top / Path(where).expanduser()).read_text(errors="replace")
    lines = [line.strip() for line in text.splitlines()]
    parts = [text.strip(), *lines, *(line.rpartition("=")[2].strip() for line in lines)]
    yield from {part for part in parts[1:] if len(part) >= _SHORTEST}
    if parts[0]:
        yield parts[0]


_SHORTEST = 6
"""A shorter part would be masked all over the log, and hide nothing."""
