"""The registry image in the Docker engine, which starts it again whenever it starts itself."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.types import Mount

from imagebump import output
from imagebump.errors import UserError
from imagebump.localregistry import logs, state
from imagebump.localregistry.state import Running

NAME = "imagebump-registry"
LABEL = "imagebump.registry"
_OWNER = "imagebump.registry.state"
"""The label with the state directory that a container belongs to."""
_IMAGES = ("registry:2", "registry:3", "registry:latest")
_HERE = frozenset({"localhost", "localnpipe", "127.0.0.1", "::1"})
"""The hosts of docker-py's base URLs that are this machine; `ssh` and other hosts are not."""
_TIMEOUT = 120
_LINES = 200
"""As much of the log as may hold a trace, and what led to it."""


class NotPulledError(UserError):
    """The engine runs, and the image is not to be had."""


@contextmanager
def _engine() -> Iterator[docker.DockerClient]:
    """The engine on this machine. UserError where none answers, or it refuses what is done with it."""
    try:
        client = docker.from_env(timeout=_TIMEOUT)
    except (DockerException, requests.RequestException) as problem:
        raise UserError(_no_engine(problem), "Start Docker, and run this again") from None
    try:
        if urlsplit(client.api.base_url).hostname not in _HERE:
            raise UserError("the Docker engine is on another machine")
        yield client
    except (DockerException, requests.RequestException) as problem:
        explanation = getattr(problem, "explanation", None) or problem
        raise UserError(f"the Docker engine refuses: {explanation}") from None
    finally:
        client.close()


def _no_engine(problem: Exception) -> str:
    if "Permission denied" in str(problem):
        return "the Docker engine is not for this user (permission denied)"
    return "no Docker engine answers"


def image(*, pulls: bool = True) -> str:
    """The registry image in the engine, pulled where there is none. UserError where that fails, or is not to be tried."""
    with _engine() as client:
        for name in _IMAGES:
            try:
                client.images.get(name)
            except ImageNotFound:
                continue
            return name
        if not pulls:
            raise UserError(f"the engine has no {_IMAGES[0]}, and could not pull it before")
        output.note(f"pulling {_IMAGES[0]} into the engine")
        try:
            client.images.pull(_IMAGES[0])
        except (DockerException, requests.RequestException) as problem:
            reason = getattr(problem, "explanation", None) or problem
            raise NotPulledError(f"the engine cannot pull {_IMAGES[0]} ({reason})") from None
        return _IMAGES[0]


def start(image: str, port: int, storage: Path, name: str, mark: str) -> Running:
    """Start a container of `image`, in the place of an older one of ours; it may not answer yet."""
    with _engine() as client:
        _remove_older(client)
        container = client.containers.create(
            image,
            name=NAME,
            labels={LABEL: "1", _OWNER: str(state.directory())},
            restart_policy={"Name": "always"},
            ports={"5000/tcp": ("127.0.0.1", port)},
            mounts=[Mount("/var/lib/registry", str(storage), type="bind")],
            environment=_environment(mark),
            user=_user(client),
            security_opt=["label=disable"],  # SELinux would keep it from the user's directory
        )
        try:
            container.start()
        except BaseException:
            container.remove(force=True)
            raise
    found = container.id or ""
    return Running(
        "container", port, storage, name, time.time(), mark, container=found, image=image
    )


def _remove_older(client: docker.DockerClient) -> None:
    older = _find(client, NAME)
    if older:
        _require_ours(older)
        older.remove(force=True)


def _environment(mark: str) -> dict[str, str]:
    return {
        "REGISTRY_STORAGE_DELETE_ENABLED": "true",
        "REGISTRY_HTTP_HEADERS_IMAGEBUMP": f'["{mark}"]',  # the header that is api.MARK
        "OTEL_TRACES_EXPORTER": "none",
    }


def _user(client: docker.DockerClient) -> str | None:
    """The user that the storage shall belong to: ours, and in a rootless engine that is its root."""
    options = client.info().get("SecurityOptions") or ()
    rootless = any("name=rootless" in option for option in options)
    return None if rootless else f"{os.getuid()}:{os.getgid()}"


def _find(client: docker.DockerClient, name: str) -> Container | None:
    try:
        return client.containers.get(name)
    except NotFound:
        return None


def _require_ours(container: Container) -> None:
    owner = container.labels.get(_OWNER)
    if container.labels.get(LABEL) != "1" or not owner:
        raise UserError(
            f"there is a container {NAME} that imagebump did not start",
            f"Run: docker rename {NAME} {NAME}-other",
        )
    if owner != str(state.directory()):
        raise UserError(f"the container {NAME} belongs to another user's registry: {owner}")


def ended(running: Running) -> str:
    """Why the container has ended, from its log; "" while it runs."""
    with _engine() as client:
        container = _find(client, running.container)
        if container is None:
            return "the container is gone"
        if container.status == "running" and not container.attrs.get("RestartCount"):
            return ""
        return logs.reason(container.logs(tail=_LINES).decode(errors="replace"))


def stop(running: Running) -> None:
    """Stop and remove the container that we started; fine where it is gone."""
    with _engine() as client:
        container = _find(client, running.container)
        if container:
            _require_ours(container)
            container.stop(timeout=10)
            container.remove(force=True)
