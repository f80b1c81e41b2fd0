"""The rules together: selection, pragmas, what is no Dockerfile, and real files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import dockerfiles
from imagebump.errors import UserError
from imagebump.lint import fails, fixed, lint
from imagebump.rules.model import Finding, LintSettings, Merge, Severity

BOTH = b"FROM a:1\nRUN x\nRUN y\nCMD a\nCMD b\n"


def codes(source: bytes, **settings: tuple[str, ...]) -> list[str]:
    """The codes of the findings, in order."""
    return [finding.code for finding in lint(source, "Dockerfile", LintSettings(**settings))]  # type: ignore[arg-type]


SELECTIONS: list[tuple[dict[str, tuple[str, ...]], list[str]]] = [
    ({}, ["IB001", "IB006"]),
    ({"select": ("all",)}, ["IB001", "IB006"]),
    ({"select": ("IB006",)}, ["IB006"]),
    ({"select": ("ib006", "consecutive-run")}, ["IB001", "IB006"]),
    ({"ignore": ("IB001",)}, ["IB006"]),
    ({"select": ("IB001",), "ignore": ("default",)}, []),
]


@pytest.mark.parametrize(("settings", "expected"), SELECTIONS)
def test_selection(settings: dict[str, tuple[str, ...]], expected: list[str]) -> None:
    """A rule runs where it is selected and not ignored, by code or by name."""
    assert codes(BOTH, **settings) == expected


@pytest.mark.parametrize(
    ("word", "meant"),
    [("IB06", "IB006"), ("consecutive-runs", "consecutive-run"), ("Consecutive_Run", "consecutive-run"), ("DL3059", "IB001"), ("ib0001", "IB001")],
)  # fmt: skip
def test_an_unknown_rule(word: str, meant: str) -> None:
    """A typo is an error that names the nearest rule, or the one that hadolint calls so."""
    with pytest.raises(UserError, match=rf"there is no lint rule '{word}'\. Use {meant}\. "):
        codes(BOTH, select=(word,))


def test_a_rule_that_is_like_no_other() -> None:
    """Then all of them are named."""
    with pytest.raises(
        UserError, match=r"'xyz'\. There are IB000, IB001, .*, IB013\. All are in: "
    ):
        codes(BOTH, select=("xyz",))


def test_what_is_no_dockerfile() -> None:
    """A syntax error is a finding that no selection leaves out."""
    found = lint(b"FROM a:1\nRUNN x\n", "d/Dockerfile", LintSettings(select=("IB006",)))
    message = "unknown instruction RUNN, did you mean RUN?"
    assert found == (
        Finding("IB000", "not-a-dockerfile", "error", message, 2, 1, 2, path="d/Dockerfile"),
    )
    assert codes(b"", ignore=("IB000",)) == []


PRAGMAS = [
    (b"FROM a:1\nRUN x\n# imagebump: ignore=IB001\nRUN y\nRUN z\n", [5]),
    (b"FROM a:1\nRUN x\n#imagebump:ignore = ib006, ib001 why\nRUN y\n", []),
    (b"FROM a:1\nRUN x\n# imagebump: ignore=IB006\nRUN y\n", [4]),
    (b"FROM a:1\nRUN x\n# imagebump: ignore=IB001\n\nRUN y\n", [5]),
    (b"FROM a:1\nRUN x \\\n# imagebump: ignore=IB001\n && y\nRUN z\n", [5]),
    (b"FROM a:1\nRUN x\nRUN y\n# imagebump: ignore-file=IB006,IB001\n", []),
    (b"FROM a:1\nCOPY <<E /x\n# imagebump: ignore-file=IB001\nE\nRUN x\nRUN y\n", [6]),
    (b"# hadolint global ignore=DL3008,DL3059\nFROM a:1\nRUN x\nRUN y\n", []),
    (b"FROM a:1\nRUN x\n# hadolint ignore=DL3008, DL3059\nRUN y\n", []),
    (b"FROM a:1\nRUN x\n# hadolint ignore=DL3008\nRUN y\n", [4]),
]


@pytest.mark.parametrize(("source", "lines"), PRAGMAS)
def test_pragmas(source: bytes, lines: list[int]) -> None:
    """A pragma holds for the instruction below it, or for the file, and only as a comment."""
    assert [finding.line for finding in lint(source, "Dockerfile")] == lines


FIXABLE: list[tuple[bytes, Merge, str]] = [
    (b"FROM a:1\nRUN wget https://u/x\nRUN rm x\n", "worthwhile", "IB001:3*"),
    (b"FROM a:1\nRUN wget https://u/x\nRUN rm x\n", "off", "IB001:3"),
    (b"FROM a:1\nRUN x\nRUN y\n", "worthwhile", "IB001:3"),
    (b"FROM a:1\nRUN true\nRUN true\nRUN true\n", "all", "IB001:3* IB001:4*"),
    (b"FROM a:1\nRUN echo a &\nRUN true\nRUN true\n", "all", "IB001:3 IB001:4*"),
    (b"FROM a:1\nRUN true\n# imagebump: ignore=IB001\nRUN true\nRUN true\n", "all", "IB001:5*"),
    (b"FROM a:1\nCMD a\n# why\nCMD b\nCMD c\n", "worthwhile", "IB006:2* IB006:4"),
    (b"FROM a:1\nCMD a\nCMD b\nRUN pip install x\n", "worthwhile", "IB006:2* IB008:4"),
    (b"FROM a:1\nRUN apt-get update\nRUN apt-get install -y x\n", "worthwhile",
     "IB008:2 IB001:3*"),
    (b"FROM a:1\nRUN apt-get update\nRUN apt-get install -y x\nRUN rm -rf /var/lib/apt/lists/*\n",
     "worthwhile", "IB001:3* IB001:4*"),
    (b"FROM a:1\nRUN apk update\nCOPY a b\nRUN apk add x\n", "worthwhile", "IB002:2 IB008:4"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "merge", "expected"), FIXABLE)
def test_fixable(source: bytes, merge: Merge, expected: str) -> None:
    """A finding has a mark where it is gone from the fixed file, and nowhere else."""
    found = lint(source, "x", LintSettings(merge=merge))
    shown = [f"{one.code}:{one.line}{'*' if one.fixable else ''}" for one in found]
    assert " ".join(shown) == expected


@pytest.mark.parametrize("merge", ["worthwhile", "all"])
def test_what_is_fixed_was_marked(merge: Merge) -> None:
    """A real file is changed where one of its findings says so, and then none says it any more."""
    settings, changed = LintSettings(merge=merge), 0
    for name, source in dockerfiles():
        mended = fixed(source, settings)
        found, left = lint(source, name, settings), lint(mended, name, settings)
        assert (mended != source) == any(finding.fixable for finding in found), name
        assert not any(finding.fixable for finding in left), name
        changed += mended != source
    assert changed > 10


def test_places() -> None:
    """Lines and columns count from 1, a byte order mark is none, and the path is the one given."""
    found = lint(b"\xef\xbb\xbf  FROM a:1\r\n\tCMD a \\\r\n b\r\nCMD c\r\n", "x")
    assert [(f.path, f.line, f.column, f.end) for f in found] == [("x", 2, 2, 3)]


FAILING: list[tuple[Severity, Severity, bool]] = [
    ("warning", "warning", True),
    ("info", "warning", False),
    ("error", "warning", True),
    ("info", "info", True),
    ("warning", "error", False),
]


@pytest.mark.parametrize(("severity", "fail_on", "expected"), FAILING)
def test_what_fails(severity: Severity, fail_on: Severity, expected: bool) -> None:
    """A finding fails from the severity on that was asked for."""
    finding = Finding("IB001", "consecutive-run", severity, "", 1, 1, 1)
    assert fails(finding, LintSettings(fail_on=fail_on)) == expected


CHAPTER = b"""\
FROM alpine:3
RUN apk update
RUN apk add wget curl
RUN wget -O test.txt https://example.com/
CMD mkdir /var/www/
CMD mkdir /var/www/html/
WORKDIR /var/www/html/
COPY Dockerfile.tar.gz /tmp/
RUN tar -zxvf /tmp/Dockerfile.tar.gz -C /var/www/html/
RUN rm /tmp/Dockerfile.tar.gz
RUN cat Dockerfile
"""


def test_an_image_made_by_hand() -> None:
    """A beginner's Dockerfile: the index by itself, two CMDs, and RUNs that only cost layers."""
    found = lint(CHAPTER, "Dockerfile")
    assert [(f.line, f.code, f.severity) for f in found] == [
        (3, "IB001", "warning"),
        (3, "IB008", "warning"),
        (4, "IB001", "info"),
        (5, "IB006", "warning"),
        (8, "IB005", "warning"),
        (10, "IB001", "info"),
        (10, "IB003", "warning"),
        (11, "IB001", "info"),
    ]


PIECES = st.sampled_from(
    [
        b"FROM a:1\n", b"RUN ", b"CMD ", b"SHELL ", b'["sh", "-c"]', b"# syntax=x\n", b"<<EOF\n", b"EOF\n",
        b"\n", b"\r\n", b" \\\n", b"# imagebump: ignore=IB001\n", b"apt-get update", b" && ", b"; ", b"rm -rf ",
        b"/x/*", b"$(", b")", b"${x}", b"'", b'"', b"`", b"[", b"> /x", b"--mount=type=cache ", b"\xff", b"\0",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=3), max_size=30).map(b"".join))
def test_nothing_crashes(source: bytes) -> None:
    """Whatever the bytes are, there are findings or none."""
    lint(b"FROM a:1\n" + source, "Dockerfile")
    lint(source, "Dockerfile")


def test_the_corpus() -> None:
    """No real Dockerfile makes a rule crash, and every finding lies inside its file."""
    count = 0
    for name, source in dockerfiles():
        count += 1
        lines = source.count(b"\n") + 1
        found = lint(source, name)
        assert all(1 <= f.line <= f.end <= lines and f.message for f in found)
    assert count >= 400


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (b"FROM a:1\nRUN a \\\n" + b"# b\n" * 300_000 + b"c\n", "more than 1 MiB"),
        (b"FROM a:1\n" + b"RUN a\n" * 2000, "more than 2000 instructions"),
    ],
)
def test_what_nobody_writes_by_hand(source: bytes, what: str) -> None:
    """It is one finding, at once, and stays as it is."""
    (finding,) = lint(source, "Dockerfile")
    assert (finding.code, finding.severity) == ("IB000", "error")
    assert finding.message.startswith(what)
    assert fixed(source) == source
