"""The sessions that carry requests: TLS by the system's CAs, and no login but Docker's."""

import ssl
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

TRANSIENT = (429, 500, 502, 503, 504)
"""Status codes after which another attempt may succeed."""
_LONGEST_WAIT = 30.0
"""Seconds, whatever a Retry-After says."""


def asked_to_wait(header: str, longest: float = _LONGEST_WAIT) -> float | None:
    """The seconds that a Retry-After asks for, at most `longest`; None where it asks for nothing readable."""
    try:
        return min(Retry().parse_retry_after(header), longest)
    except (InvalidHeader, OverflowError, ValueError):
        return None


class Session(requests.Session):
    """A session that takes no login from ~/.netrc, where it would replace Docker's, also behind redirects.

    `ca` are certificates (PEM) to trust beside the system's.
    """

    def __init__(self, ca: str = "") -> None:
        super().__init__()
        self.auth = lambda request: request
        self._ca = ca
        self._verifying: HTTPAdapter | None = None

    def get_adapter(self, url: str) -> BaseAdapter:
        """See requests.Session. The system's certificates are read when they are needed: it takes a while."""
        if self._verifying is None and url.lower().startswith("https:"):
            self._verifying = _Verifying(self._ca)
            self.mount("https://", self._verifying)
        return super().get_adapter(url)

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Authorization stays with the host that it is for."""
        moved = self.should_strip_auth(response.request.url, prepared_request.url)  # type: ignore[no-untyped-call]  # not in its stubs
        if moved:
            prepared_request.headers.pop("Authorization", None)


class _Verifying(HTTPAdapter):
    """Trusts the system's certificates, where requests by itself knows only certifi's."""

    def __init__(self, ca: str) -> None:
        self._trust = trust(ca)
        super().__init__()

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._trust, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """See HTTPAdapter."""
        return super().proxy_manager_for(proxy, ssl_context=self._trust, **options)


def trust(ca: str) -> ssl.SSLContext:
    """The system's certificates and `ca`, in PEM. ssl.SSLError where it is none."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(cadata=ca)
    return context
