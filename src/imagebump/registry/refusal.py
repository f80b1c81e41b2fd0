"""A registry's refusals in a user's words."""

import re
from typing import Any

from imagebump import answers
from imagebump.errors import UserError

_NOT_FOUND = 404


def explain(
    host: str, repository: str, what: str, code: str, message: str, logged_in: bool
) -> UserError:
    """A registry's refusal in one line, with what to type."""
    text = f"{code} {message}".lower()
    words = set(re.findall(r"\w+", text))
    if "name_unknown" in text or "name unknown" in text or "does not exist" in text:
        return UserError(
            f"cannot {what}: {host} has no such repository",
            f"Create {repository} there, or correct repository in .imagebump.toml",
            status=1,
        )
    if (
        {"unauthorized", "401"} & words
        or "authentication required" in text
        or "no basic auth" in text
    ):
        if logged_in:
            return UserError(
                f"cannot {what}: {host} refuses the login", f"Run: docker login {host}", status=1
            )
        return UserError(f"cannot {what}: not logged in", f"Run: docker login {host}", status=1)
    if {"denied", "forbidden", "403"} & words:
        return UserError(
            f"cannot {what}: denied",
            f"Ask for the right to push, or run: docker login {host}",
            status=1,
        )
    status = answers.status(message)
    said = answers.words(status) if status else message or code
    hint = "Run: imagebump retry"
    if status == _NOT_FOUND:
        hint = "Correct registry or repository in .imagebump.toml"
    return UserError(f"cannot {what}: {said}", hint, status=1)


def reason(status: int, phrase: str, body: Any) -> tuple[str, str]:
    """The first error of an answer's body (message, code), else its status."""
    try:
        error = body["errors"][0]
        detail = error.get("detail")
        extra = f" ({detail})" if isinstance(detail, str) else ""
        return f"{error.get('message', '')}{extra}", str(error["code"])
    except (KeyError, IndexError, TypeError, AttributeError):
        return f"HTTP {status} {phrase}", str(status)


def why_unreachable(problem: Exception) -> tuple[str, bool]:
    """Why no answer came, and whether that may pass within seconds."""
    text = str(problem).lower()
    for word, words, passing in (
        ("connection refused", "connection refused", False),
        ("name or service not known", "its name does not resolve", False),
        ("failed to resolve", "its name does not resolve", False),
        ("timed out", "no answer in time", True),
        ("certificate verify failed", "its TLS certificate is not trusted", False),
        ("eof occurred", "the connection broke off", True),
        ("ssl", "it does not speak TLS", False),
    ):
        if word in text:
            return words, passing
    return "the connection broke off", True
