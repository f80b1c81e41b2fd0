"""One request and the whole of its answer, within limits of time and size."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests

from imagebump.errors import UserError
from imagebump.registry.login import is_loopback
from imagebump.registry.refusal import PassingError
from imagebump.registry.session import TRANSIENT, Session, asked_to_wait
from imagebump.registry.trouble import trouble

_TIMEOUT = (10, 60)
"""Seconds to connect, and without a sign of life."""
_DEADLINE = 180.0
"""Seconds for one whole answer, however slowly it drips."""
_LARGEST = 32 << 20
"""Bytes of an answer: manifests have at most 4 MiB, and configurations are not much more."""
PATIENCE = (0.3, 1.0, 3.0)
"""Seconds between two attempts, where the registry names none."""

Tell = Callable[[str, str, str], None]
"""Is told of each request: its method, its address, and what it is for."""


def quietly(method: str, url: str, why: str) -> None:
    """Nobody is told."""


class Answer(NamedTuple):
    """A registry's answer. Names of headers are in lower case; `url` is where it came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    url: str = ""
    phrase: str = ""

    def header(self, name: str) -> str:
        """A header, or ""."""
        return self.headers.get(name.lower(), "")

    def json(self) -> Any:
        """The body, None where it is no JSON."""
        return decoded(self.body)


def decoded(data: bytes) -> Any:
    """What JSON holds; None where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):  # of thousands of brackets, each inside the last
        return None


def patiently(attempt: Callable[[], Answer]) -> Answer:
    """The answer of the first attempt that meets no trouble that may pass, else the last one's.

    Between two of them it waits as long as the registry asks, or longer and longer.
    """
    for pause in PATIENCE:
        try:
            answer = attempt()
        except PassingError:
            time.sleep(pause)
            continue
        if answer.status not in TRANSIENT:
            return answer
        time.sleep(asked_to_wait(answer.header("Retry-After")) or pause)
    return attempt()


class Transport:
    """Requests to one host, and to where it leads. UserError where no answer comes."""

    def __init__(self, host: str, ca: str, tell: Tell) -> None:
        self._host, self._tell = host, tell
        self._session = Session(ca)
        self._session.trust_env = not is_loopback(host)  # no proxy gets what is for this machine

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, method: str, url: str, why: str, **options: Any) -> Answer:
        """One request, with the options of requests."""
        self._tell(method, url, why)
        try:
            with self._session.request(
                method, url, timeout=_TIMEOUT, stream=True, **options
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                body = self._body(answer)
        except (requests.RequestException, OSError, ValueError) as problem:
            raise self._unreachable(problem) from None
        return Answer(answer.status_code, headers, body, answer.url, answer.reason or "")

    def _body(self, answer: requests.Response) -> bytes:
        """All that it says, within the deadline and the largest size."""
        end, parts, size = time.monotonic() + _DEADLINE, [], 0
        for part in answer.iter_content(1 << 16):
            parts.append(part)
            size += len(part)
            if size > _LARGEST:
                raise UserError(
                    f"{self._host} answers with more than {_LARGEST >> 20} MiB", status=1
                )
            if time.monotonic() > end:
                raise TimeoutError("timed out")
        return b"".join(parts)

    def _unreachable(self, problem: Exception) -> UserError:
        why = trouble(problem)
        kind = PassingError if why.passing else UserError
        return kind(f"cannot reach the registry at {self._host}: {why.words}", why.hint, status=1)
