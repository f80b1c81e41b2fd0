"""What docker buildx prints while it builds: BuildKit's messages as JSON, or its plain lines."""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from imagebump.engine.trace import Log, Status, Transfer, Vertex


def read(lines: Iterable[str]) -> Iterator[Status | str]:
    """The messages among the lines, and the lines that are none."""
    draft: list[str] = []
    for line in lines:
        if not draft and not line.startswith("{"):
            yield line
            continue
        draft.append(line)
        in_one = len(draft) == 1 and line.endswith("}")
        if in_one or line in ("}", "{}"):
            yield _message("\n".join(draft))
            draft = []
    yield from draft


def _message(text: str) -> Status | str:
    try:
        return _status(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return text


def _status(found: Mapping[str, Any]) -> Status:
    return Status(
        tuple(map(_vertex, found.get("vertexes") or ())),
        tuple(map(_transfer, found.get("statuses") or ())),
        tuple(map(_log, found.get("logs") or ())),
    )


def _vertex(one: Mapping[str, Any]) -> Vertex:
    return Vertex(
        one["digest"],
        one.get("name", ""),
        one.get("cached", False),
        _seconds(one.get("started")),
        _seconds(one.get("completed")),
        one.get("error", ""),
    )


def _transfer(one: Mapping[str, Any]) -> Transfer:
    name = one.get("name") or one.get("id", "")
    return Transfer(one.get("vertex", ""), name, one.get("current", 0), one.get("total", 0))


def _log(one: Mapping[str, Any]) -> Log:
    return Log(one.get("vertex", ""), b64decode(one.get("data", "")).decode(errors="replace"))


def _seconds(stamp: str | None) -> float:
    """RFC 3339 with up to nine digits of a second; 0.0 for none."""
    if not stamp:
        return 0.0
    match = re.fullmatch(r"(.*?)(\.\d+)?(Z|[+-]\d\d:\d\d)", stamp)
    if match is None:
        return 0.0
    whole, fraction, zone = match.groups()
    return datetime.fromisoformat(whole + zone).timestamp() + float(fraction or 0)


def plain(lines: Iterable[str]) -> Iterator[Status | str]:
    """The same of plain lines: `#5 [2/3] RUN make`, `#5 0.31 text`, `#5 DONE 1.2s`, `#5 CACHED`, `#5 ERROR: why`."""
    names: dict[str, str] = {}
    for line in lines:
        match = re.fullmatch(r"#(\d+) (.*)", line)
        yield _plain(names, *match.groups()) if match else line


def _plain(names: dict[str, str], number: str, text: str) -> Status:
    if number not in names:
        names[number] = text
        return _step(number, text, started=1.0)
    if done := re.fullmatch(r"DONE (\d+\.\d+)s", text):
        return _step(number, names[number], started=1.0, completed=1.0 + float(done[1]))
    if text == "CACHED":
        return _step(number, names[number], started=1.0, completed=1.0, cached=True)
    if text.startswith("ERROR: "):
        return _step(number, names[number], started=1.0, completed=1.0, error=text[7:])
    return Status((), (), (Log(number, re.sub(r"^\d+\.\d+ ", "", text) + "\n"),))


def _step(
    number: str,
    name: str,
    *,
    started: float,
    completed: float = 0.0,
    cached: bool = False,
    error: str = "",
) -> Status:
    return Status((Vertex(number, name, cached, started, completed, error),), (), ())
