"""What a fix makes of RUNs that follow each other, and what it leaves alone, in bytes."""

import re
from itertools import filterfalse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apart_rows import APART, NEIGHBOURS
from corpus import dockerfiles
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, parse
from imagebump.dockerfile.shell.reading import Reading, read
from imagebump.lint import fixed, lint
from imagebump.rules.model import LintSettings, Merge
from join_rows import KEPT, REWRITTEN, UNSURE, WORTHWHILE

FROM = b"FROM imagebump/base:1\n"
ALL = LintSettings(select=("IB001",), merge="all")
MERGES: list[Merge] = ["worthwhile", "all"]


@pytest.mark.parametrize(("before", "after"), REWRITTEN)
def test_rewritten(before: bytes, after: bytes) -> None:
    """RUNs become one in the file's own style, and a second pass changes nothing."""
    assert fixed(FROM + before, ALL) == FROM + after
    assert fixed(FROM + after, ALL) == FROM + after


def is_remembered(row: tuple[bytes, str]) -> bool:
    """Is it only what the shell remembers that keeps two RUNs apart?"""
    return row[1].endswith("whose place the shell remembers") and b"BASHPID" not in row[0]


@pytest.mark.parametrize(("source", "reason"), [*filterfalse(is_remembered, [*KEPT, *APART])])
def test_kept(source: bytes, reason: str) -> None:
    """Not a byte changes, and the reason is said in words."""
    assert fixed(FROM + source, ALL) == FROM + source
    said = [finding.message for finding in lint(FROM + source, "Dockerfile", ALL)]
    assert [message.partition(": ")[2] for message in said] == [reason] * bool(reason)


@pytest.mark.parametrize(("source", "reason"), [*filter(is_remembered, [*KEPT, *APART])])
def test_remembered(source: bytes, reason: str) -> None:
    """By default not a byte changes; otherwise the first RUN remembers in a subshell, which forgets."""
    assert fixed(FROM + source) == FROM + source
    only = LintSettings(select=("IB001",))
    said = [finding.message for finding in lint(FROM + source, "Dockerfile", only)]
    assert [message.partition(": ")[2] for message in said] in (
        [reason],
        ["line 2 changes directory (cd)"],
    )
    first, after = (parse(text).instructions for text in (FROM + source, fixed(FROM + source, ALL)))
    one, other = (run.args[0] for run in first if run.name == "RUN")
    assert re.fullmatch(
        rf"\({re.escape(one)}\) +&& ({re.escape(other)}|\{{ {re.escape(other)}; \}})",
        after[-1].args[0],
    )


WHOLE = [
    # A FROM that names a stage by an ARG: what that stage sets holds.
    b'ARG B=b\nFROM a AS b\nSHELL ["/bin/zsh", "-c"]\nFROM ${B}\nRUN touch /a\nRUN touch /b\n',
    b"ARG B=b\nFROM a AS b\nONBUILD USER x\nFROM ${B:-c}\nRUN touch /a\nRUN touch /b\n",
    b"ARG I=postgres\nARG J=$I:14\nFROM $J\nRUN touch /a\nRUN touch /b\n",
    b"FROM a$\nRUN cd /b\nRUN touch /a\n",
    b"ARG I=x/windows:1\nFROM $I\nRUN dir\nRUN mkdir x\n",
    # White space that the parsers do not agree on.
    b"FROM a\nRUN echo 1 >/a\x1f\nRUN touch /b\n",
    b"FROM a\nRUN \xc2\xa0--network=none touch /a\nRUN \xc2\xa0--network=none touch /b\n",
    b"FROM a\nRUN \xe2\x80\xa8touch /a\nRUN touch /b\n",
]


@pytest.mark.parametrize("source", WHOLE)
def test_kept_whole(source: bytes) -> None:
    """Not a byte changes of what no table of bodies can hold."""
    assert fixed(source, ALL) == source


def test_the_stage_that_an_argument_names() -> None:
    """Its SHELL has -e, which a condition would lose to the left of &&."""
    head = b'ARG B=b\nFROM a AS b\nSHELL ["/bin/sh", "-ec"]\nFROM $B\n'
    after = fixed(head + b"RUN if a; then b; c; fi\nRUN touch /x\n", ALL)
    assert after == head + b"RUN (if a; then b; c; fi); \\\n    touch /x\n"


@pytest.mark.parametrize(
    "source",
    [
        b"FROM a\nENV A=aaaa\n" + b"ENV A=$A$A\n" * 60 + b"WORKDIR $A\nRUN a $A\nRUN b\n",
        b"FROM a\nRUN A0=aaaa%s && a $A59\nRUN b\n"
        % b"".join(b" && A%d=$A%d$A%d" % (n, n - 1, n - 1) for n in range(1, 60)),
        b"ARG A0=aaaa\n"
        + b"".join(b"ARG A%d=$A%d$A%d\n" % (n, n - 1, n - 1) for n in range(1, 60))
        + b"FROM $A59\nRUN a\nRUN b\n",
    ],
)
def test_variables_that_double_each_other(source: bytes) -> None:
    """A value ends somewhere, and so does the time that it takes."""
    assert parse(fixed(source, ALL))


@pytest.mark.parametrize(
    "source",
    [
        b"FROM a\nWORKDIR /w\nRUN %s\nRUN touch b\n" % (b"ln " * 20_000),
        b"FROM a\nWORKDIR /w\nRUN %s\nRUN touch b\n" % (b"ln -x w " * 8_000),
        b"FROM a\nRUN a\n# %s\nRUN touch b\n" % (b"layer " * 10_000),
    ],
    ids=["links", "options", "comment"],
)
def test_a_word_that_stands_there_thousands_of_times(source: bytes) -> None:
    """The time that a text takes does not grow with its square."""
    assert parse(fixed(source, ALL))


@pytest.mark.parametrize("source", NEIGHBOURS)
def test_neighbours(source: bytes) -> None:
    """What only looks like a hazard is joined."""
    after = parse(fixed(FROM + source, ALL))
    assert len(after.instructions) == len(parse(FROM + source).instructions) - 1


@pytest.mark.parametrize(("before", "after"), WORTHWHILE)
def test_worthwhile(before: bytes, after: bytes) -> None:
    """By default only what is a warning is joined, with what lies between."""
    assert fixed(FROM + before) == FROM + after
    assert fixed(FROM + after) == FROM + after


@pytest.mark.parametrize(("source", "reason"), UNSURE)
def test_by_default_only_what_is_sure(source: bytes, reason: str) -> None:
    """Where a program may do anything, or nobody would want it so, bytes are no reason."""
    assert fixed(FROM + source) == FROM + source
    said = lint(FROM + source, "Dockerfile", LintSettings(select=("IB001",)))[-1].message
    assert said.endswith(f"joined: {reason}" if reason else "")


def test_off() -> None:
    """`merge = "off"` finds and changes nothing."""
    source = FROM + WORTHWHILE[0][0]
    off = LintSettings(merge="off")
    assert fixed(source, off) == source
    assert lint(source, "Dockerfile", off)


@pytest.mark.parametrize(
    "pragma", [b"imagebump: ignore-file=IB001", b"hadolint global ignore=DL3059"]
)
def test_a_silenced_file(pragma: bytes) -> None:
    """What is not reported is not fixed."""
    source = b"# " + pragma + b"\n" + FROM + WORTHWHILE[0][0]
    assert fixed(source) == source


UNFIT = [
    b"", b"RUN x\nRUN y\n", b"FROM a\nRUNN x\n", b"\xff", b"FROM a\nRUN <<E\n", b"\0",
    b"# syntax=example.com/other\nFROM a\nRUN x\nRUN y\n",
    b"# escape=`\nFROM a\nRUN x\nRUN y\n", b"FROM a\nRUN x" + b"y" * 70000 + b"\nRUN z\n",
]  # fmt: skip


@pytest.mark.parametrize("source", UNFIT)
def test_what_cannot_be_read_stays(source: bytes) -> None:
    """What is no Dockerfile, or none for Linux, comes back as it is."""
    assert fixed(source, ALL) == source


def test_a_long_script_stays_apart() -> None:
    """More than 64 KB are no argument for a shell."""
    for word in (b"x" * 30000, "é".encode() * 15000):
        runs = b"RUN echo " + word + b"\n"
        assert len(parse(fixed(FROM + runs * 3, ALL)).instructions) == 3


def test_many_joins_are_one_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is read once before, once to prove all joins, and once more to find nothing."""
    read: list[bytes] = []

    def counted(source: bytes, name: str = "Dockerfile") -> Dockerfile:
        read.append(source)
        return parse(source, name)

    monkeypatch.setattr("imagebump.lint.parse", counted)
    monkeypatch.setattr("imagebump.rules.seam.parse", counted)
    after = fixed(FROM + b"RUN a\nRUN b\nENV X=1\n" * 50, ALL)
    assert len(parse(after).instructions) == 101
    assert len(read) == 3


def comments(source: bytes) -> list[bytes]:
    """The comment lines of a file."""
    return [line.strip() for line in source.split(b"\n") if line.lstrip().startswith(b"#")]


def without_comment(text: str) -> str:
    """A script without the comment that it ends in: this may get a line of its own."""
    reading = read(text, "bash")
    ends = isinstance(reading, Reading) and reading.ends_in_comment
    return text[: reading.comments[-1][0]] if isinstance(reading, Reading) and ends else text


def are_kept(before: list[bytes], after: list[bytes]) -> bool:
    """Are all comments there, in their order?"""
    rest = iter(after)
    return all(comment in rest for comment in before)


def commands(source: bytes) -> list[str]:
    """The words of all instructions, without what joins RUNs."""
    text = " ".join(
        f"{i.name} {' '.join(i.args)}" if i.name != "RUN" else without_comment(i.args[0])
        for i in parse(source).instructions
    )
    return re.sub(r"&&|[(){};]", " ", text).split()


@pytest.mark.parametrize("merge", MERGES)
def test_the_corpus(merge: Merge) -> None:
    """The result parses and says the same words, keeps all comments and flags, and is final."""
    joined = 0
    for name, source in dockerfiles():
        chosen = ALL._replace(merge=merge)
        after = fixed(source, chosen)
        if after == source:
            continue
        joined += len(parse(source).instructions) - len(parse(after).instructions)
        assert fixed(after, chosen) == after, name
        assert are_kept(comments(source), comments(after)), name
        assert commands(after) == commands(source), name
    assert joined >= (408 if merge == "all" else 15)


SCRIPTS = st.sampled_from([
    b"x", b"x; y", b"x || y", b"x && \\\n  y", b"cd /x && y", b"set -e; x", b"set -ex; x; y", b"X=1", b"x # y",
    b"x &", b"(x)", b"{ x; }", b"x;", b"'a \\\n  b'", b"x \\\n# c\n  y", b"f() { x; }", b"x | y", b"! x", b"$x",
    b"rm -rf /var/lib/apt/lists/*", b"apt-get update", b"apt-get install x", b"echo \\\\", b"if x; then y; fi",
    b"exit 1", b"x <<<y", b"[ x ]", b'["x"]', b"--mount=type=cache,target=/c x", b"\\\n x", b"x $(y; z)",
])  # fmt: skip
BETWEEN = st.sampled_from(
    [b"", b"", b"\n", b"# c\n", b"# c \\\n", b" \t# c\n\n", b"# hadolint ignore=DL3008\n"]
)
PARTS = st.builds(lambda run, script, end, gap: run + script + end + gap,
                  st.sampled_from([b"RUN ", b"RUN ", b"run\t", b"  RUN ", b"ENV A=1\nRUN "]), SCRIPTS,
                  st.sampled_from([b"\n", b"\n", b" \t\n", b"\r\n"]), BETWEEN)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(PARTS, min_size=2, max_size=6).map(b"".join), st.sampled_from(MERGES))
def test_generated(source: bytes, merge: Merge) -> None:
    """Whatever is written, the result parses, is final, and holds every word and every comment."""
    chosen = LintSettings(merge=merge)
    after = fixed(FROM + source, chosen)
    try:
        parse(FROM + source)
    except DockerfileError:
        assert after == FROM + source
        return
    assert fixed(after, chosen) == after
    assert are_kept(comments(FROM + source), comments(after))
    assert commands(after) == commands(FROM + source)


BEGINNERS = b"""FROM alpine
RUN apk update
RUN apk add wget curl
RUN wget -O test.txt https://example.com/100MB.bin
CMD mkdir /var/www/
CMD mkdir /var/www/html/
WORKDIR /var/www/html/
COPY Dockerfile.tar.gz /tmp/
RUN tar -zxvf /tmp/Dockerfile.tar.gz -C /var/www/html/
RUN rm /tmp/Dockerfile.tar.gz
RUN cat Dockerfile
"""


@pytest.mark.parametrize(("merge", "left"), [("worthwhile", 8), ("all", 5)])
def test_a_beginners_file(merge: Merge, left: int) -> None:
    """Ten instructions: the index is fetched where it is used, and one CMD is left; all RUNs if one asks."""
    after = fixed(BEGINNERS, LintSettings(merge=merge))
    assert len(parse(after).instructions) == 1 + left
    assert fixed(after, LintSettings(merge=merge)) == after
