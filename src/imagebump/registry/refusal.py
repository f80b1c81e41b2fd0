"""A registry's refusals in a user's words, and what to type."""

import re
from typing import Any, NamedTuple

from imagebump import answers
from imagebump.errors import UserError
from imagebump.masks import without_authorization
from imagebump.reference import DOCKER_HUB
from imagebump.registry.session import TRANSIENT

_NOT_FOUND = 404
_ECR = re.compile(r"\d+\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws|on\.aws).*")
_RETRY = "then run: imagebump retry"


class PassingError(UserError):
    """Refused, or no answer, for now: another attempt in a moment may go better."""


class _Refusal(NamedTuple):
    """What a registry's text means: a pattern for it, our words, a hint, and whether it may pass within seconds."""

    pattern: str
    words: str
    hint: str
    passing: bool = False


_REFUSALS = (
    _Refusal(
        r"immutable|cannot be overwritten",
        "it is there already, and {host} lets no tag be written twice",
        "Run: imagebump patch, and commit",
    ),
    _Refusal(
        r"no identity token is sent.*(?:unauthorized|denied|\b401\b|authentication required)",
        "Podman sends no identity token, which is the login at {host}",
        f"Log in there with a name and a password, {_RETRY}",
    ),
    _Refusal(
        r"pinging container registry.*http response to https client",
        "Podman wants TLS, which {host} does not speak",
        f'Add [[registry]] with location = "{{host}}" and insecure = true to /etc/containers/registries.conf, restart Podman, {_RETRY}',
    ),
    _Refusal(
        r"http response to https client",
        "the engine wants TLS, which {host} does not speak",
        f'Add "{{host}}" to insecure-registries in the engine\'s daemon.json, restart it, {_RETRY}',
    ),
    _Refusal(
        r"unknown authority|certificate is not trusted|certificate signed by",
        "the engine does not trust the certificate of {host}",
        f"Copy its CA's certificate to /etc/docker/certs.d/{{host}}/ca.crt, {_RETRY}",
    ),
    _Refusal(
        r"reset by peer|broken pipe|unexpected eof|: eof$|closed network connection",
        "the connection broke off",
        "Run: imagebump retry",
        passing=True,
    ),
    # of two pushes that sent one layer at the same time
    _Refusal(
        r"blob (?:unknown|upload)|digest invalid", "{said}", "Run: imagebump retry", passing=True
    ),
    _Refusal(r"connection refused", "connection refused", f"Start {{host}}, {_RETRY}"),
    _Refusal(
        r"i/o timeout|deadline exceeded|timeout exceeded",
        "no answer in time",
        f"Wait a while, {_RETRY}",
    ),
    _Refusal(
        r"name_?unknown|name unknown|project .*not found|does not exist",
        "{host} has no such repository",
        "{create}, or correct repository in .imagebump.toml",
    ),
    _Refusal(
        r"token (?:has|is) expired|expired token", "the login at {host} has expired", "Run: {login}"
    ),
    _Refusal(
        r"toomanyrequests|too many requests|\b429\b|rate limit",
        "{host} takes no more requests for now",
        f"Wait a while, {_RETRY}",
        passing=True,
    ),
    _Refusal(
        r"quota|limit_?exceeded|upper limit|storage limit|\bbilling\b|\b507\b",
        "{host} has no room for it ({said})",
        f"Delete images there or get more room, {_RETRY}",
    ),
    _Refusal(
        r"unauthorized|\b401\b|authentication required|no basic auth", "{whose}", "Run: {login}"
    ),
    _Refusal(
        r"\bdenied\b|\bforbidden\b|\b403\b", "denied", "Ask for the right to push, or run: {login}"
    ),
    _Refusal(
        r"\b405\b|operation is unsupported|read.only",
        "{host} only lets read for now",
        f"Wait a while, {_RETRY}",
    ),
)
"""The first that fits counts."""


def explain(
    host: str, repository: str, what: str, code: str, message: str, logged_in: bool
) -> UserError:
    """A registry's refusal in one line, with what to type."""
    message = without_authorization(message)
    text = f"{code} {message}".lower()
    values = {
        "host": host,
        "said": message or code,
        "login": _login(host),
        "create": _create(host, repository),
        "whose": f"{host} refuses the login" if logged_in else "not logged in",
    }
    for one in _REFUSALS:
        if re.search(one.pattern, text):
            words, hint = (part.format_map(values) for part in (one.words, one.hint))
            kind = PassingError if one.passing else UserError
            return kind(f"cannot {what}: {words}", hint, status=1)
    status = answers.status(message)
    said = answers.words(status) if status else message or code
    hint = "Run: imagebump retry"
    if status == _NOT_FOUND:
        hint = "Correct registry or repository in .imagebump.toml"
    kind = PassingError if status in TRANSIENT else UserError
    return kind(f"cannot {what}: {said}", hint, status=1)


def airplay(host: str, what: str) -> UserError:
    """What macOS answers at port 5000, where one expects a registry."""
    return UserError(
        f"cannot {what}: at {host} answers AirPlay of macOS, and no registry",
        "Run: imagebump registry up --port 5001, or turn the AirPlay receiver off",
        status=1,
    )


def _login(host: str) -> str:
    """The command that logs in."""
    if host == DOCKER_HUB:
        return "docker login"
    if ecr := _ECR.fullmatch(host):
        password = f"aws ecr get-login-password --region {ecr['region']}"
        return f"{password} | docker login --username AWS --password-stdin {host}"
    if host == "ghcr.io":
        return f"docker login {host} (with a token that may write packages)"
    return f"docker login {host}"


def _create(host: str, repository: str) -> str:
    """How a repository is made."""
    if ecr := _ECR.fullmatch(host):
        where = f"--repository-name {repository} --region {ecr['region']}"
        return f"Run: aws ecr create-repository {where}"
    return f"Create {repository} there"


def reason(status: int, phrase: str, body: Any) -> tuple[str, str]:
    """The first error of an answer's body (message, code), else its status."""
    try:
        error = body["errors"][0]
        detail = error.get("detail")
        extra = f" ({detail})" if isinstance(detail, str) else ""
        return f"{error.get('message', '')}{extra}", str(error["code"])
    except (KeyError, IndexError, TypeError, AttributeError):
        return f"HTTP {status} {phrase}", str(status)
