"""The SDK's connection to the engine, by DOCKER_HOST, context or default, and what that says it is."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import docker
import requests
from docker.api.client import APIClient
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import DockerException
from docker.utils.config import load_general_config

from imagebump.engine.broken import unreachable
from imagebump.errors import UserError
from imagebump.settings import variable

CONNECT = 10
"""Seconds within which the engine has to take up a connection, and to say who it is."""
_PATIENCE = 600
"""Seconds for an answer to anything small, as the name of an image."""
_TROUBLE = (DockerException, requests.RequestException, ValueError)
"""ValueError is the SDK's for a DOCKER_HOST with a port that is no number."""

_told: dict[tuple[object, ...], Mapping[str, Any]] = {}


class Connected(NamedTuple):
    """The client, the headers of the engine's answer to a ping, and what it tells of its version."""

    client: APIClient
    ping: Mapping[str, str]
    about: Mapping[str, Any]


def connected() -> Connected:
    """UserError where no engine answers."""
    _check_context()
    try:
        # of any version: asked for its own, the engine starts programs, which takes it 10 ms
        client = docker.from_env(version=MINIMUM_DOCKER_API_VERSION, timeout=CONNECT).api
    except _TROUBLE as problem:
        raise unreachable(problem) from None
    try:
        ping = client.get(f"{client.base_url}/_ping", timeout=CONNECT).headers
        if "Api-Version" not in ping:
            raise DockerException("what answers is no Docker engine")
        client._version = ping["Api-Version"]  # type: ignore[attr-defined]  # the SDK's own way asks
        about = _about(client, ping)
    except _TROUBLE as problem:
        client.close()
        raise unreachable(problem) from None
    client.timeout = (CONNECT, _PATIENCE)  # type: ignore[assignment]  # requests takes a pair
    return Connected(client, ping, about)


def _about(client: APIClient, ping: Mapping[str, str]) -> Mapping[str, Any]:
    """Asked for once, while the engine answers a ping in the same way."""
    key = (_place(client), *sorted((n, v) for n, v in ping.items() if n != "Date"))
    if key not in _told:
        _told[key] = client.version()
    return _told[key]


def _place(client: APIClient) -> str:
    """Where the engine is: the SDK has one address for all sockets, and another one for all that ssh leads to."""
    adapter = client.get_adapter(client.base_url)
    socket, host = (getattr(adapter, name, "") for name in ("socket_path", "ssh_host"))
    return os.path.realpath(socket) if socket else f"{client.base_url}{host}"


def _check_context() -> None:
    """A Docker context that does not exist would silently become the default engine."""
    if variable("DOCKER_HOST"):
        return
    name = variable("DOCKER_CONTEXT") or load_general_config().get("currentContext", "")
    if name and name != "default" and docker.ContextAPI.get_context(name) is None:
        raise UserError(
            f"there is no Docker context {name!r}",
            "Run: docker context ls, then docker context use NAME",
        )
