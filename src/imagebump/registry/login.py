"""Who we are to a registry: the logins of Docker's own configuration.

Read here and not by docker's SDK: its import takes longer than all that a tag needs, and it waits
for a credential helper without end. Only this registry's helper is run.
"""

import ipaddress
import json
import re
import socket
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from imagebump import process
from imagebump.errors import UserError
from imagebump.reference import DOCKER_HUB
from imagebump.settings import variable

_HUB_KEY = "https://index.docker.io/v1/"
_HELPER_TIMEOUT = 60
"""Seconds: a helper may ask a cloud, or a person."""
_BY_TOKEN = "<token>"  # noqa: S105  # what a helper gives as the user of an identity token


def credentials(host: str) -> Mapping[str, str]:
    """What Docker's own configuration holds for `host`: username and password, or identitytoken; {} for nothing."""
    config, key = _config(), _key(host)
    helper = _helper(config, key)
    found = _of_helper(str(helper), key) if helper else {}
    return found or _of_file(_table(config, "auths"), key)


def may_have(host: str) -> bool:
    """May there be credentials for `host`, as far as can be told without asking a helper?"""
    try:
        config, key = _config(), _key(host)
        return bool(_helper(config, key) or _of_file(_table(config, "auths"), key))
    except UserError:
        return True


def _key(host: str) -> str:
    return _HUB_KEY if host == DOCKER_HUB else host


def _helper(config: Mapping[str, Any], key: str) -> Any:
    return _table(config, "credHelpers").get(key) or config.get("credsStore")


def docker_context() -> str:
    """The one that Docker's own configuration chooses, or ""; the variables that overrule it aside."""
    try:
        return str(_config().get("currentContext") or "")
    except UserError:
        return ""


def _path() -> Path:
    directory = variable("DOCKER_CONFIG")
    return (Path(directory) if directory else Path.home() / ".docker") / "config.json"


def _config() -> Mapping[str, Any]:
    path = _path()
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as problem:
        raise UserError(
            f"cannot read {path}: {problem.strerror}", "Mend that, then run: imagebump retry"
        ) from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(f"{path} is not Docker's configuration: no JSON object", "Mend it")
    return found


def _table(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def _of_helper(name: str, key: str) -> Mapping[str, str]:
    """What a credential helper holds; {} where it holds nothing. UserError, without what it printed, where it fails."""
    program = f"docker-credential-{name}"
    hint = f"Run: echo {key} | {program} get, or look at {_path()}"
    if not re.fullmatch(r"[\w.-]+", name):
        raise UserError(f"{_path()} names a credential helper that is none: {name!r}", "Mend it")
    lead = f"cannot read the login for {key}: {program}"
    try:
        done = process.run([program, "get"], stdin=key.encode(), timeout=_HELPER_TIMEOUT)
    except UserError as problem:
        reason = problem.message.removeprefix(program).strip()
        raise UserError(f"{lead} {reason}", f"Install it, or look at {_path()}") from None
    except OSError as problem:
        raise UserError(f"{lead} cannot be run: {problem.strerror}", hint) from None
    if b"credentials not found" in done.out:
        return {}
    if done.status:
        raise UserError(f"{lead} ended with status {done.status}", hint)
    try:
        found = json.loads(done.out)
        user, secret = str(found["Username"]), str(found["Secret"])
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{lead} gives no login", hint) from None
    if user == _BY_TOKEN:
        return {"identitytoken": secret}
    return {"username": user, "password": secret} if user else {}


def _of_file(auths: Mapping[str, Any], key: str) -> Mapping[str, str]:
    """What stands in the file itself; older entries are addresses with a scheme and a path."""
    named = {_bare(name): entry for name, entry in auths.items()}
    entry = auths.get(key) or named.get(_bare(key))
    if not isinstance(entry, dict):
        return {}
    if token := entry.get("identitytoken"):
        return {"identitytoken": str(token)}
    try:
        login = b64decode(str(entry.get("auth") or ""), validate=True).decode().rstrip("\0")
    except ValueError:
        raise UserError(
            f"cannot read the login for {key}: its auth in {_path()} is not base64", "Log in again"
        ) from None
    user, _, password = login.partition(":")
    user, password = user or entry.get("username", ""), password or entry.get("password", "")
    return {"username": str(user), "password": str(password)} if user else {}


def _bare(address: str) -> str:
    """https://r.io/v1/ → r.io."""
    return address.rpartition("://")[2].partition("/")[0]


def is_loopback(host: str) -> bool:
    """Is `host`[:port] this machine, by its every address?"""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(row[4][0]).is_loopback for row in found)
