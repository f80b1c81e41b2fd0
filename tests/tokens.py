"""A token server as docker-registry wants it: it takes a password or an identity token, and signs JSON web tokens."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authority import Authority
from web import Silent, serving

SERVICE, ISSUER = "tests", "the tests"


class TokenServer:
    """Hands out tokens for `login` (user, password) and for the identity token `identity`, on 127.0.0.1."""

    def __init__(self, authority: Authority, login: tuple[str, str], identity: str) -> None:
        self.authority = authority
        self.identity = identity
        self.given: list[str] = []
        self.port = 0
        self._basic = base64.b64encode(":".join(login).encode()).decode()

    @property
    def config(self) -> dict[str, Any]:
        """The registry's configuration of it."""
        return {
            "token": {
                "realm": f"http://127.0.0.1:{self.port}/token",
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(self.authority.certificate),
            }
        }

    def token(self, scope: str, lifetime: float = 300) -> str:
        """A token for a scope (repository:NAME:ACTIONS), valid for `lifetime` seconds from now; registries allow for a minute."""
        kind, name, actions = [*scope.split(":"), "", ""][:3]
        access = [{"type": kind, "name": name, "actions": actions.split(",")}] if scope else []
        now = int(time.time())
        pem = self.authority.certificate.read_text().split("-----")[2]
        head = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(pem.split())]}
        claims = {
            "iss": ISSUER, "sub": "", "aud": SERVICE, "jti": "1", "access": access,
            "iat": now - 600, "nbf": now - 600, "exp": now + int(lifetime),
        }  # fmt: skip
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        return f"{signed}.{_encoded(self.authority.sign(signed.encode()))}"

    def answer(self, authorization: str, asked: dict[str, list[str]]) -> tuple[int, dict[str, str]]:
        """Status and body for a request with these fields."""
        known = authorization == f"Basic {self._basic}"
        if not known and asked.get("refresh_token") != [self.identity]:
            return 401, {"details": "incorrect username or password"}
        token = self.token(asked.get("scope", [""])[0])
        self.given.append(token)
        return 200, {"access_token" if asked.get("refresh_token") else "token": token}


@contextmanager
def token_server(
    authority: Authority, login: tuple[str, str], identity: str
) -> Iterator[TokenServer]:
    """A token server that runs for the block."""

    class Handler(Silent):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = parse_qs(body or urlsplit(self.path).query)
            status, found = one.answer(self.headers.get("Authorization", ""), asked)
            data = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

    one = TokenServer(authority, login, identity)
    with serving(Handler) as server:
        one.port = server.server_port
        yield one


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
