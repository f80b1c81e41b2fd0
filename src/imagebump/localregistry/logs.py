"""The reason in a registry's log, whichever way it runs."""

import re

_FATAL = re.compile(r"^panic: |\blevel=(?:fatal|panic)\b")
_MESSAGE = re.compile(r'\bmsg="((?:[^"\\]|\\.)*)"')


def reason(text: str) -> str:
    """What the last fatal line says, or else the last line; a trace after it says nothing to a user."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if _FATAL.search(line)]
    return _message((fatal or lines or ["it said nothing"])[-1])


def _message(line: str) -> str:
    """`line` without the time and the level."""
    found = _MESSAGE.search(line)
    return found[1].replace('\\"', '"') if found else line
