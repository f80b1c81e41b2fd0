"""The HTTP client of one repository.

Source: the OCI distribution specification, 1.1, and the token authentication of distribution.
Nothing here knows the engine; Authorization never follows a redirect to another host.
"""

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests

from imagebump.errors import UserError
from imagebump.reference import DOCKER_HUB, MANIFESTS
from imagebump.registry.login import TRANSIENT, Session, asked_to_wait, credentials, is_loopback
from imagebump.registry.refusal import explain, reason, why_unreachable
from imagebump.tags import Found

_TIMEOUT = (10, 60)
_SETTLE = 0.3
"""Seconds, at the least, after which one who was about to write the same tag has written it."""
_PATIENCE = (0.3, 1.0, 3.0)
"""Seconds between two attempts to write a tag, where the registry names none."""
_HUB_HOST = "registry-1.docker.io"


class Registry:
    """One repository of one registry. Every method raises UserError where the registry does not serve it."""

    def __init__(
        self, host: str, repository: str, hide: Callable[[str], None] = lambda secret: None
    ) -> None:
        """`hide` is told each secret before it is sent: a registry may repeat it in what it says."""
        self._hide = hide
        self.host = host
        self.repository = repository
        scheme = "http" if is_loopback(host) else "https"
        self._base = f"{scheme}://{_HUB_HOST if host == DOCKER_HUB else host}/v2"
        self._session = Session()
        self._session.trust_env = not is_loopback(host)  # no proxy gets what is for this machine
        self._authorization = ""
        self.credentials = credentials(host)
        for secret in ("password", "identitytoken"):
            if found := self.credentials.get(secret):
                hide(found)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def name(self) -> str:
        """The repository as image references write it."""
        return f"{self.host}/{self.repository}"

    def find(self, tag: str) -> Found | None:
        """What stands under `tag` (or a digest): its digest and its image's labels; None where nothing does."""
        digest = self.digest(tag)
        return None if digest is None else Found(digest, self._labels(digest))

    def digest(self, tag: str) -> str | None:
        """The digest under `tag`, by a HEAD, which hubs do not count as a pull; None where nothing is there."""
        answer = self._ask("HEAD", f"manifests/{tag}")
        if answer.status_code == 404:
            return None
        self._expect(answer, 200, f"read {self.name}:{tag}")
        digest = answer.headers.get("Docker-Content-Digest", "")
        if not re.fullmatch(r"[a-z0-9]+:[0-9a-f]{32,}", digest):
            raise UserError(f"{self.host} gives no digest for {self.name}:{tag}", status=1)
        return str(digest)

    def put(self, tag: str, digest: str, over: str = "") -> str:
        """Put `tag` on the manifest `digest`, byte for byte the same, without a pull or a push.

        Gives the digest that it stands on in the end: another one where somebody else was faster. Only where it is free, or stands on the digest `over`. A registry has no compare-and-swap. So it
        is looked at before each attempt, none is repeated unseen, and of two that saw the tag free, each
        looks again after a while that is long enough for the other's request, where that did not take
        four times as long as ours: both see the same one there, and only one of them goes on.
        """
        manifest = self._manifest(digest)
        if f"sha256:{sha256(manifest.content).hexdigest()}" != digest:
            raise UserError(f"{self.host} gives another manifest than {digest}", status=1)
        for patience in (*_PATIENCE, 0.0):
            if (standing := self.digest(tag)) and standing != over:
                return standing
            began = time.monotonic()
            answer = self._put(tag, manifest)
            if answer.status_code not in TRANSIENT or not patience:
                break
            time.sleep(asked_to_wait(answer) or patience)
        self._expect(answer, 201, f"tag {self.name}:{tag}")
        time.sleep(max(_SETTLE, 4 * (time.monotonic() - began)))
        if not (standing := self.digest(tag)):
            raise UserError(f"{self.name}:{tag} was written, and is gone", status=1)
        return standing

    def _put(self, tag: str, manifest: requests.Response) -> requests.Response:
        kind = manifest.headers["Content-Type"]
        return self._ask("PUT", f"manifests/{tag}", data=manifest.content, kind=kind)

    def _manifest(self, reference: str) -> requests.Response:
        answer = self._ask("GET", f"manifests/{reference}")
        self._expect(answer, 200, f"read {self.name}@{reference}")
        return answer

    def _labels(self, digest: str) -> Mapping[str, str]:
        """The labels in the image's configuration; of an index, in its first image's."""
        manifest = _json(self._manifest(digest))
        if not isinstance(manifest, dict):
            raise UserError(f"{self.host} gives no manifest for {self.name}@{digest}", status=1)
        if first := _dig(manifest, "manifests", "digest"):
            return self._labels(first)
        config = _dig(manifest, "config", "digest")
        if not config:
            return {}
        answer = self._ask("GET", f"blobs/{config}")
        self._expect(answer, 200, f"read the configuration of {self.name}@{digest}")
        return _dig(_json(answer), "config", "Labels") or {}

    def _ask(
        self, method: str, path: str, data: bytes | None = None, kind: str = ""
    ) -> requests.Response:
        answer = self._request(method, path, data, kind)
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code == 401 and self._log_in(challenge):
            answer = self._request(method, path, data, kind)
        return answer

    def _request(self, method: str, path: str, data: bytes | None, kind: str) -> requests.Response:
        headers = {"Accept": ", ".join(MANIFESTS)}
        if kind:
            headers["Content-Type"] = kind
        if self._authorization:
            headers["Authorization"] = self._authorization
        try:
            return self._session.request(
                method,
                f"{self._base}/{self.repository}/{path}",
                data=data,
                headers=headers,
                timeout=_TIMEOUT,
            )
        except requests.RequestException as problem:
            raise self._unreachable(problem) from None

    def _log_in(self, challenge: str) -> bool:
        """Answer a 401: Basic, or a token from the realm. False where we have nothing to answer with."""
        scheme, _, rest = challenge.partition(" ")
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme.lower() == "basic" and self.credentials.get("username"):
            login = f"{self.credentials['username']}:{self.credentials.get('password', '')}"
            self._authorize("Basic", b64encode(login.encode()).decode())
            return True
        if scheme.lower() == "bearer" and "realm" in fields:
            self._authorize("Bearer", self._token(fields))
            return True
        return False

    def _authorize(self, scheme: str, secret: str) -> None:
        self._hide(secret)
        self._authorization = f"{scheme} {secret}"

    def _token(self, fields: Mapping[str, str]) -> str:
        """A token for pull and push of this repository, by Basic or by the identity token that we hold."""
        realm = fields["realm"]
        if urlsplit(realm).scheme != "https" and not is_loopback(urlsplit(realm).netloc):
            raise UserError(
                f"{self.host} asks to send the password over plain HTTP to {realm}: refused",
                status=1,
            )
        scope = f"repository:{self.repository}:pull,push"
        form = {"service": fields.get("service", ""), "scope": scope}
        login = (self.credentials.get("username", ""), self.credentials.get("password", ""))
        try:
            if refresh := self.credentials.get("identitytoken"):
                form |= {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh,
                    "client_id": "imagebump",
                }
                answer = self._session.post(realm, data=form, timeout=_TIMEOUT)
            else:
                answer = self._session.get(
                    realm, params=form, auth=login if login[0] else None, timeout=_TIMEOUT
                )
        except requests.RequestException as problem:
            raise self._unreachable(problem) from None
        self._expect(answer, 200, f"log in for {self.name}")
        found = _json(answer)
        token = _dig(found, "token") or _dig(found, "access_token")
        if not token:
            raise UserError(f"cannot log in for {self.name}: {realm} gives no token", status=1)
        return str(token)

    def _expect(self, answer: requests.Response, status: int, what: str) -> None:
        if answer.status_code == status:
            return
        raise self.refusal(what, *reason(answer))

    def refusal(self, what: str, message: str, code: str = "") -> UserError:
        """Why the registry refuses to do `what`, in one line with what to type."""
        return explain(self.host, self.repository, what, code, message, bool(self.credentials))

    def _unreachable(self, problem: Exception) -> UserError:
        return UserError(
            f"cannot reach the registry at {self.host}: {why_unreachable(problem)}",
            "Start it (imagebump registry up, if it is yours), then run: imagebump retry",
            status=1,
        )


def _json(answer: requests.Response) -> Any:
    """The answer's body, None where it is no JSON."""
    try:
        return answer.json()
    except ValueError:
        return None


def _dig(value: Any, *names: str) -> Any:
    """What lies under these names, None where there is nothing of the kind; of a list, its first."""
    for name in names:
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(name) if isinstance(value, dict) else None
    return value
