"""Requests to one repository of one registry: logged in, and tried again where trouble passes.

Source: the OCI distribution specification, 1.1, and the token authentication of distribution.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from urllib3.util import parse_url

from imagebump.errors import DeniedError, UserError
from imagebump.reference import DOCKER_HUB, MANIFESTS
from imagebump.registry.access import Access
from imagebump.registry.login import credentials, is_loopback, may_have
from imagebump.registry.refusal import airplay, explain, reason
from imagebump.registry.session import asked_to_wait
from imagebump.registry.transport import Answer, Tell, Transport, patiently, quietly

_HUB_HOST = "registry-1.docker.io"
_CHALLENGE = re.compile(
    r"\b(basic|bearer)\s+(.*?)(?=,\s*(?:basic|bearer)\s|$)", re.IGNORECASE | re.DOTALL
)
"""One of those by which a registry lets us log in: some give two."""
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')
_SHOWN = 160
"""Characters of what is no address that a message shows."""
_DAY = 86400.0
"""Seconds, whatever a Retry-After asks a worker to wait for."""


class Connection:
    """What one repository answers. Every request raises UserError where the registry cannot be talked to."""

    def __init__(
        self,
        host: str,
        repository: str,
        access: Access,
        hide: Callable[[str], None],
        *,
        tell: Tell = quietly,
        actions: str = "pull,push",
    ) -> None:
        """`hide` is told each secret before it is sent: a registry may repeat it in what it says.

        `tell` is told of each request; `actions` are the rights that a token is asked for.
        """
        self.host, self.repository = host, repository
        if host == DOCKER_HUB and "/" not in repository:
            self.repository = f"library/{repository}"
        self._hide = hide
        plain = access.insecure or (is_loopback(host) and not access.ca)
        self._root = f"{'http' if plain else 'https'}://{_HUB_HOST if host == DOCKER_HUB else host}"
        self._plain = plain
        self._guessed = plain and not access.insecure
        self._transport = Transport(host, access.ca, tell)
        self._actions = actions
        self._authorization = ""
        self._login: Mapping[str, str] | None = None
        self._invited = False

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def credentials(self) -> Mapping[str, str]:
        """Docker's login for the registry, as it is now."""
        self._login = credentials(self.host)
        for secret in ("password", "identitytoken"):
            if found := self._login.get(secret):
                self._hide(found)
        return self._login

    def ask(
        self, method: str, path: str, why: str, data: bytes | None = None, kind: str = ""
    ) -> Answer:
        """The answer to a request for `path` below the repository, or for an address that the registry gave.

        `why` is what it is for, as in "cannot read r.io/app:1". Tried again while there is trouble that
        may pass; PassingError where no answer comes.
        """
        return patiently(lambda: self.once(method, path, why, data, kind))

    def once(
        self,
        method: str,
        path: str,
        why: str,
        data: bytes | None = None,
        kind: str = "",
        *,
        again: bool = True,
    ) -> Answer:
        """The same in one attempt; where it is not to be made `again`, a 401 stays one, and we are logged in behind it."""
        return self._logged_in(method, self.url(path), data, kind, why, again=again)

    def url(self, path: str) -> str:
        """The address of a path below the repository."""
        return self._joined(f"{self._root}/v2/{self.repository}/", path)

    def led(self, answer: Answer, path: str) -> str:
        """The address to which an answer leads by `path`; "" for ""."""
        return path and self._joined(answer.url, path)

    def _joined(self, address: str, path: str) -> str:
        try:
            return urljoin(address, path)
        except ValueError:
            raise self._astray(path) from None

    def _astray(self, address: str) -> UserError:
        return UserError(
            f"{self.host} leads to {address[:_SHOWN]!r}, which is no address", status=1
        )

    def expect(self, answer: Answer, status: int, why: str) -> Answer:
        """The answer, where it has this status. UserError with the registry's reason where not."""
        if answer.status == status:
            return answer
        if "AirTunes" in answer.header("Server"):
            raise airplay(self.host, why)
        message, code = reason(answer.status, answer.phrase, answer.json())
        challenge = answer.header("WWW-Authenticate")
        if answer.status == 401 and self._login and "insufficient_scope" in challenge:
            message, code = "who we are is known, and may not", "DENIED"
        problem = self.refusal(why, message, code)
        if answer.status in (401, 403):
            problem = DeniedError(problem.message, problem.hint, problem.status)
        problem.after = asked_to_wait(answer.header("Retry-After"), _DAY) or 0.0
        raise problem

    def refusal(self, why: str, message: str, code: str = "") -> UserError:
        """Why the registry refuses `why`, in one line with what to type."""
        return explain(self.host, self.repository, why, code, message, bool(self._login))

    def _logged_in(
        self, method: str, url: str, data: bytes | None, kind: str, why: str, *, again: bool
    ) -> Answer:
        """The answer; where it is a 401, the answer to one that is logged in anew, once."""
        answer = self._send(method, url, data, kind, why)
        if answer.status == 400 and self._found_tls():
            secure = url.replace("http:", "https:", 1)
            return self._logged_in(method, secure, data, kind, why, again=again)
        challenge = answer.header("WWW-Authenticate")
        if answer.status == 401 and self._is_ours(answer.url):
            logged_in = self._log_in(challenge)
        else:
            logged_in = answer.status == 404 and self._log_in_unasked()
        return self._send(method, url, data, kind, why) if logged_in and again else answer

    def _log_in_unasked(self) -> bool:
        """Log in where nobody asked for it, and the registry wants it: some hide from strangers what is there."""
        if self._authorization or self._invited or not may_have(self.host):
            return False
        self._invited = True
        answer = self._send("GET", f"{self._root}/v2/", None, "", "see whether it wants a login")
        return answer.status == 401 and self._log_in(answer.header("WWW-Authenticate"))

    def _found_tls(self) -> bool:
        """Does a registry on this machine speak TLS after all? Then we do, from now on."""
        if not self._guessed:
            return False
        self._guessed = False
        said = self._transport.send(
            "GET", f"{self._root}/v2/", "see whether it speaks TLS"
        ).body.decode(errors="replace")
        if not re.search(r"HTTP request .*HTTPS", said):
            return False
        self._root, self._plain = self._root.replace("http:", "https:", 1), False
        return True

    def _is_ours(self, url: str) -> bool:
        """Is an address the registry's own? Nobody else gets our login."""
        try:
            return _place(url) == _place(self._root)
        except ValueError:
            return False

    def _send(self, method: str, url: str, data: bytes | None, kind: str, why: str) -> Answer:
        headers = {"Accept": ", ".join(MANIFESTS)}
        if kind:
            headers["Content-Type"] = kind
        if self._authorization and self._is_ours(url):
            headers["Authorization"] = self._authorization
        return self._transport.send(method, url, why, data=data, headers=headers)

    def _log_in(self, challenge: str) -> bool:
        """Answer a 401: Basic, or a token from the realm. False where we have nothing to answer with."""
        login = self.credentials()
        for scheme, rest in _CHALLENGE.findall(challenge):
            fields = {name.lower(): text or bare for name, text, bare in _FIELD.findall(rest)}
            if scheme.lower() == "basic" and login.get("username"):
                self._authorize("Basic", _basic(login))
                return True
            if scheme.lower() == "bearer" and "realm" in fields:
                self._authorize("Bearer", self._token(fields, login))
                return True
        return False

    def _authorize(self, scheme: str, secret: str) -> None:
        self._hide(secret)
        self._authorization = f"{scheme} {secret}"

    def _token(self, fields: Mapping[str, str], login: Mapping[str, str]) -> str:
        """A token for pull and push of this repository, by Basic or by the identity token that we hold."""
        realm, why = fields["realm"], f"log in for {self.host}/{self.repository}"
        self._check_realm(realm)
        form = {
            "service": fields.get("service", ""),
            "scope": f"repository:{self.repository}:{self._actions}",
        }
        if refresh := login.get("identitytoken"):
            form |= {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": "imagebump"}  # fmt: skip
            # a redirect would take the token in the form to wherever it leads
            answer = self._transport.send("POST", realm, why, data=form, allow_redirects=False)
        else:
            headers = {}
            if login:
                self._hide(_basic(login))
                headers["Authorization"] = f"Basic {_basic(login)}"
            answer = self._transport.send("GET", realm, why, params=form, headers=headers)
        found = self.expect(answer, 200, why).json()
        names = found if isinstance(found, dict) else {}
        token = names.get("token") or names.get("access_token")
        if isinstance(token, str) and re.fullmatch(r"[!-~]+", token):
            return token
        raise UserError(f"cannot {why}: {realm} gives no token", status=1)

    def _check_realm(self, realm: str) -> None:
        """UserError where the password would go over a network in clear."""
        try:
            scheme, host, _ = _place(realm)
        except ValueError:
            raise self._astray(realm) from None
        here = self._plain and host == _place(self._root)[1]
        if host and (scheme == "https" or (scheme == "http" and (here or is_loopback(host)))):
            return
        raise UserError(
            f"{self.host} asks to send the password over plain HTTP to {realm}: refused", status=1
        )


def _place(address: str) -> tuple[str | None, str | None, int | None]:
    """The scheme, the host and the port of an address, read as they are where it is asked. ValueError where it is none."""
    found = parse_url(address)
    return (
        found.scheme,
        found.host,
        found.port or {"http": 80, "https": 443}.get(found.scheme or ""),
    )


def _basic(login: Mapping[str, str]) -> str:
    return b64encode(f"{login['username']}:{login.get('password', '')}".encode()).decode()
