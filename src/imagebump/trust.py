"""What a commit may ask of this machine: where it sends to, and what a build gets to see.

A pulled branch may name another registry, another product's repository in it, or a secret in the
home directory. So each clone keeps what it trusts, in a file of one line a setting; what is not
there pauses publishing.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from imagebump import refs
from imagebump.config import Config, value
from imagebump.errors import UntrustedError
from imagebump.files import private, write_atomic
from imagebump.git import Repository
from imagebump.keys import KEYS
from imagebump.settings import ENVIRONMENT, in_ci
from imagebump.spool import Job

_WHERE_TO = ("registry", "repository", "registry-ca", "insecure")
"""What the first commit that is made in a clone is trusted with; the others reach further."""
_REACHING = ("secrets", "ssh", "builder", "network", "cache-from", "cache-to")
_ASKED = (*_WHERE_TO, *(f"build.{name}" for name in _REACHING))


def asked(rules: Config, read: Callable[[str], bytes | None]) -> frozenset[str]:
    """What a configuration asks for, a line a value; neither defaults nor what the environment says.

    `read` gives a file of where it stands: of a CA's certificates in there the content counts.
    """
    lines = [
        line
        for name in _ASKED
        if rules.sources.get(name) not in ("default", *ENVIRONMENT)
        for line in _lines(name, value(rules, name), KEYS[name].default)
    ]
    return frozenset(
        f"{line} ({_content(read(rules.registry_ca))})" if _is_in_repository(line, rules) else line
        for line in lines
    )


def _is_in_repository(line: str, rules: Config) -> bool:
    """Is it the file of a CA that a commit brings along, and not one of this machine?"""
    return line.startswith("registry-ca ") and not rules.registry_ca.startswith("/")


def _content(data: bytes | None) -> str:
    return "missing" if data is None else f"sha256:{hashlib.sha256(data).hexdigest()}"


def _lines(name: str, found: object, default: object) -> list[str]:
    if isinstance(found, Mapping):
        return [f"{name}.{key} = {json.dumps(one, default=str)}" for key, one in found.items()]
    if isinstance(found, list | tuple):
        return [f"{name} = {json.dumps(one, default=str)}" for one in found]
    return [] if found == default else [f"{name} = {json.dumps(found, default=str)}"]


def trusted(state: Path) -> frozenset[str] | None:
    """What this clone trusts; None where it was never asked."""
    try:
        return frozenset(_file(state).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return None


def trust(state: Path, lines: frozenset[str]) -> frozenset[str]:
    """Trust these from now on; gives those that are new."""
    known = trusted(state)
    if new := lines - (known or frozenset()):
        private(state)
        text = "".join(f"{line}\n" for line in sorted(lines | (known or frozenset())))
        write_atomic(_file(state), text.encode(), 0o600)
    return new


def require(
    repository: Repository,
    job: Job,
    wanted: frozenset[str],
    own: Callable[[], frozenset[str]],
    *,
    dry: bool = False,
) -> None:
    """UntrustedError where what is `wanted` (see asked) is not what this clone trusts.

    What a person publishes first, or a person's first commit here (`own` gives what that one asks for by
    itself, for each of its images), is what is trusted at first. In CI the checkout is, where it is
    published by hand.
    A `dry` run by hand is let through where nothing is trusted yet, and leaves that so.
    """
    if job.by_hand and in_ci():
        return
    state = repository.state
    if dry and job.by_hand and trusted(state) is None:
        return
    if trusted(state) is None:
        if job.by_hand:
            trust(state, wanted | own())
        elif refs.is_made_here(repository, job.commit, job.branch):
            trust(state, frozenset(filter(_is_where_to, own())))
    _refuse(job, wanted - (trusted(state) or frozenset()))


def unknown(state: Path, rules: Config, read: Callable[[str], bytes | None]) -> list[str]:
    """What a configuration asks for that this clone does not trust; nothing where it was never asked."""
    known = trusted(state)
    return [] if known is None else sorted(asked(rules, read) - known)


def require_for_build(repository: Repository, job: Job, wanted: frozenset[str]) -> None:
    """The same for a build that is pushed nowhere: where to does not matter."""
    reaching = {line for line in wanted if not _is_where_to(line)}
    if not in_ci():
        _refuse(job, reaching - (trusted(repository.state) or frozenset()))


def _refuse(job: Job, missing: frozenset[str] | set[str]) -> None:
    if missing:
        raise UntrustedError(
            f"commit {job.commit[:7]} asks for {', '.join(sorted(missing))}, which this clone does not trust yet",
            f"Look at it, then run: imagebump trust {job.commit[:7]}",
        )


def _is_where_to(line: str) -> bool:
    return line.partition(" ")[0] in _WHERE_TO


def _file(state: Path) -> Path:
    return state / "trusted"
