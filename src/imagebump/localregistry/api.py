"""What the local registry answers over HTTP, always asked at 127.0.0.1 and never through a proxy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urljoin

import requests

from imagebump.errors import UserError
from imagebump.reference import MANIFESTS

MARK = "Imagebump"
"""The header by which a registry says whose it is: each one that we start has a mark of its own."""
_TIMEOUT = (2.0, 30.0)
_PAGE = 500


class Tag(NamedTuple):
    """A tag of a repository, and the digest of its manifest ("" where the manifest is gone)."""

    repository: str
    tag: str
    digest: str


def mark(port: int) -> str | None:
    """The mark of the registry at `port`, "" for one that has none; None where no registry answers."""
    try:
        with _session() as session:
            response = session.get(
                f"http://127.0.0.1:{port}/v2/", timeout=(2, 5), allow_redirects=False
            )
    except requests.RequestException:
        return None
    return response.headers.get(MARK, "") if response.ok else None


def tags(port: int) -> Iterator[Tag]:
    """Every tag in the registry at `port`, repository by repository. UserError where it does not answer."""
    with _session() as session:
        try:
            base = f"http://127.0.0.1:{port}"
            for repository in _paged(session, f"{base}/v2/_catalog?n={_PAGE}", "repositories"):
                url = f"{base}/v2/{repository}"
                for tag in _paged(session, f"{url}/tags/list?n={_PAGE}", "tags"):
                    yield Tag(repository, tag, _digest(session, f"{url}/manifests/{tag}"))
        except (requests.RequestException, ValueError) as problem:
            raise UserError(
                f"the local registry does not answer: {problem}",
                "Run: imagebump registry down, and then: imagebump registry up",
            ) from None


def _paged(session: requests.Session, url: str, key: str) -> Iterator[str]:
    """The names under `key` of every page; none where the repository has lost its last tag."""
    while url:
        response = session.get(url, timeout=_TIMEOUT)
        if response.status_code == requests.codes.not_found:
            return
        response.raise_for_status()
        yield from response.json().get(key) or ()
        following = response.links.get("next", {}).get("url")
        url = urljoin(url, following) if following else ""


def _digest(session: requests.Session, url: str) -> str:
    response = session.head(url, headers={"Accept": ", ".join(MANIFESTS)}, timeout=_TIMEOUT)
    return response.headers.get("Docker-Content-Digest", "")


@contextmanager
def _session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # HTTP_PROXY is for elsewhere
        yield session
