"""Why something failed, in a user's words."""

import re


def reason(problem: BaseException | str) -> str:
    """The innermost reason of an exception or of an engine's error, in a user's words."""
    text = str(problem)
    for pattern, words in _REASONS:
        if re.search(pattern, text, re.IGNORECASE):
            return words
    return text.rpartition(": ")[2].strip("'\")( ") or type(problem).__name__


_REASONS = (
    ("no such file", "nothing listens there"),
    ("connection refused", "connection refused"),
    ("permission denied", "permission denied (is your user in the docker group?)"),
    ("timed out|timeout|deadline exceeded", "no answer in time"),
    ("no space left", "no space left on device"),
    (
        "name or service not known|no such host|failed to resolve|nodename nor servname|temporary failure in name",
        "its name does not resolve",
    ),
    ("certificate verify failed|signed by unknown authority", "its TLS certificate is not trusted"),
    (
        "reset by peer|broken pipe|aborted|remote end closed|incomplete|ended prematurely|: eof$|^eof$",
        "the connection broke off",
    ),
)
