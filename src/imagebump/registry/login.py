"""Who we are to a registry: Docker's own logins, and the sessions that carry them."""

import ipaddress
import socket
import warnings
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from docker import auth
from docker.errors import DockerException
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.util import Retry

from imagebump.errors import UserError
from imagebump.reference import DOCKER_HUB

TRANSIENT = (429, 500, 502, 503, 504)
"""Status codes after which another attempt may succeed."""
_LONGEST_WAIT = 30.0
"""Seconds, whatever a Retry-After says."""


class _Patience(Retry):
    """Waits as the registry asks, but never so long that nobody would wait for it."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_WAIT)


def asked_to_wait(answer: requests.Response) -> float | None:
    """The seconds that a registry asks us to wait for, or None."""
    return _Patience().get_retry_after(answer.raw)


class Session(requests.Session):
    """A session that tries reading again, and takes no login from ~/.netrc, where it would replace Docker's, also behind redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request
        retry = _Patience(
            4, backoff_factor=0.3, status_forcelist=TRANSIENT, connect=1,
            allowed_methods=("GET", "HEAD"), raise_on_status=False,
        )  # fmt: skip
        for prefix in ("http://", "https://"):
            self.mount(prefix, HTTPAdapter(max_retries=retry))

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Authorization stays with the host that it is for."""
        moved = self.should_strip_auth(response.request.url, prepared_request.url)  # type: ignore[no-untyped-call]  # not in its stubs
        if moved:
            prepared_request.headers.pop("Authorization", None)


def credentials(host: str) -> Mapping[str, str]:
    """What Docker's own configuration holds for `host`: username and password, or identitytoken; {} for nothing.

    Only this registry's credential helper is run.
    """
    key = auth.INDEX_NAME if host == DOCKER_HUB else host
    try:
        with warnings.catch_warnings(action="ignore"):  # the SDK warns where it raises, too
            found = auth.load_config().resolve_authconfig(key)
    except DockerException as problem:
        raise UserError(
            f"cannot read the login for {host}: {problem}", "Look at ~/.docker/config.json"
        ) from None
    wanted = {"username": "Username", "password": "Password", "identitytoken": "IdentityToken"}
    values = {
        low: (found or {}).get(low) or (found or {}).get(high) or "" for low, high in wanted.items()
    }
    return {name: value for name, value in values.items() if value}


def is_loopback(host: str) -> bool:
    """Is `host`[:port] this machine, by its every address? Only then is plain HTTP spoken."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(row[4][0]).is_loopback for row in found)
