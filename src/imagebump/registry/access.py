"""How a registry is reached: plain HTTP or TLS, and whom to trust then."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.reference import LOCAL
from imagebump.registry.session import trust


class Access(NamedTuple):
    """How a registry is reached: over plain HTTP although it is elsewhere, trusting `ca` (PEM) beside the system's."""

    insecure: bool = False
    ca: str = ""


USUAL = Access()
"""TLS as everywhere; plain HTTP on this machine only."""


def access_of(config: Config, read: Callable[[str], bytes | None], title: str) -> Access:
    """What a configuration says. UserError where its certificates are not there, or are none.

    `read` gives a file of the repository, as it is in what messages call `title`.
    """
    path = config.registry_ca
    if config.registry == LOCAL:  # on this machine, and ours
        return USUAL
    if not path:
        return Access(config.insecure)
    data = _of_machine(path) if path.startswith("/") else read(path)
    if data is None:
        raise UserError(
            f"registry-ca = {path!r} is not in {title}", f"Run: git add {path}, and commit"
        )
    try:
        text = data.decode("ascii")
        trust(text or "none")
    except (UnicodeDecodeError, ssl.SSLError):
        raise UserError(
            f"registry-ca = {path!r} holds no certificate",
            "Put the CA's certificate there, in PEM (-----BEGIN CERTIFICATE-----)",
        ) from None
    return Access(ca=text)


def _of_machine(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise UserError(
            f"cannot read registry-ca = {path!r}: {problem.strerror}",
            "Put the CA's certificate there, then run: imagebump retry",
        ) from None
