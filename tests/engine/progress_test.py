"""What docker buildx prints, read back as BuildKit's messages."""

import json

import pytest

from imagebump.engine import progress
from imagebump.engine.trace import Log, Status, Transfer, Vertex

MESSAGE = {
    "vertexes": [
        {"digest": "sha256:1", "name": "[1/2] RUN ls", "started": "2026-01-02T03:04:05.25Z", "completed": "2026-01-02T03:04:06.123456789Z", "cached": True, "error": "no"}
    ],
    "statuses": [
        {"id": "extracting", "vertex": "sha256:1", "current": 1, "total": 2},
        {"id": "a", "vertex": "sha256:1", "name": "b"},
    ],
    "logs": [{"vertex": "sha256:1", "stream": 1, "data": "aGkK"}],
    "warnings": [{}],
}  # fmt: skip
READ = Status(
    (Vertex("sha256:1", "[1/2] RUN ls", True, 1767323045.25, 1767323046.123456789, "no"),),
    (Transfer("sha256:1", "extracting", 1, 2), Transfer("sha256:1", "b", 0, 0)),
    (Log("sha256:1", "hi\n"),),
)


@pytest.mark.parametrize("indent", [None, 2], ids=["compact", "in lines"])
def test_json(indent: int | None) -> None:
    """As old versions print it, in lines, and newer ones, among lines that are none of it."""
    text = json.dumps(MESSAGE, indent=indent)
    lines = ["WARNING: one", *text.split("\n"), *text.split("\n"), "", "ERROR: failed"]
    assert list(progress.read(lines)) == ["WARNING: one", READ, READ, "", "ERROR: failed"]


@pytest.mark.parametrize(
    "lines",
    [["{broken}"], ["{", "  broken", "}"], ["{", "  cut off"], ['{"vertexes": [{}]}'], ['{"logs": 1}'], ['{"logs": [{"data": "a"}]}']],
)  # fmt: skip
def test_what_is_no_message(lines: list[str]) -> None:
    """It is kept, as text."""
    assert "\n".join(str(one) for one in progress.read(lines)) == "\n".join(lines)


def test_without_times() -> None:
    """A step that has not begun."""
    (found,) = progress.read(['{"vertexes": [{"digest": "a", "started": "soon"}]}'])
    assert found == Status((Vertex("a", "", False, 0.0, 0.0, ""),), (), ())


def test_plain_lines() -> None:
    """What a version without JSON prints."""
    lines = [
        "#5 [2/3] RUN make",
        "#5 0.312 cc -c a.c",
        "#6 [3/3] COPY a /a",
        "#6 CACHED",
        "#5 DONE 1.5s",
        "#7 [4/4] RUN false",
        "#7 ERROR: exit code: 1",
        "------",
        "ERROR: failed to solve",
    ]
    words: list[str] = []
    vertexes: list[tuple[object, ...]] = []
    logs: list[Log] = []
    for one in progress.plain(lines):
        if isinstance(one, str):
            words.append(one)
        else:
            vertexes += [(v.digest, v.name, v.cached, v.completed - v.started if v.completed else None, v.error) for v in one.vertexes]  # fmt: skip
            logs += one.logs
    assert words == ["------", "ERROR: failed to solve"]
    assert logs == [Log("5", "cc -c a.c\n")]
    assert vertexes == [
        ("5", "[2/3] RUN make", False, None, ""),
        ("6", "[3/3] COPY a /a", False, None, ""),
        ("6", "[3/3] COPY a /a", True, 0.0, ""),
        ("5", "[2/3] RUN make", False, 1.5, ""),
        ("7", "[4/4] RUN false", False, None, ""),
        ("7", "[4/4] RUN false", False, 0.0, "exit code: 1"),
    ]
