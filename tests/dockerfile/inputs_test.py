"""What a Dockerfile reads from its context, and never too little of it."""

import pytest

from imagebump.dockerfile.inputs import (
    declared_arguments,
    ignore_rules,
    inputs,
    mounts,
    triggers_itself,
)
from imagebump.dockerfile.parse import parse
from imagebump.errors import UserError
from imagebump.origins import origins

NOTHING = ignore_rules(None)


def sources(text: str) -> tuple[str, ...]:
    """What the instructions after a FROM read."""
    return inputs(parse(f"FROM a\n{text}\n".encode()), NOTHING).sources


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("RUN ls", ()),
        ("COPY a b /x/", ("a", "b")),
        ("COPY a/./b//c/ /x/", ("a/b/c",)),
        ("COPY ./a /x", ("a",)),
        ("COPY /a /x", ("a",)),
        ("COPY ../../a /x", ("a",)),
        ("COPY . /x", ("",)),
        ("COPY / /x", ("",)),
        ("COPY a/.. /x", ("",)),
        ('COPY ["a b", "c", "/x/"]', ("a b", "c")),
        ("COPY --chown=1:1 --chmod=644 a /x", ("a",)),
        ("COPY --from=0 a /x", ()),
        ("COPY --from=image:1 a /x", ()),
        ("COPY --from= a /x", ("a",)),
        ("COPY a \\\n  b \\\n  /x/", ("a", "b")),
        # wildcards: the directory above
        ("COPY *.txt /x/", ("",)),
        ("COPY a/b/*.txt /x/", ("a/b",)),
        ("COPY a/b?/c /x/", ("a",)),
        ("COPY a/[bc]/d /x/", ("a",)),
        # variables and whatever hides what is meant
        ("ARG V=1\nCOPY $V /x", ("",)),
        ("ARG V=1\nCOPY a/${V} /x", ("",)),
        ("ARG V=1\nCOPY a/b$V/c /x", ("",)),
        ("ARG V=../b\nCOPY a/$V /x", ("",)),
        (r"COPY a/b\ c /x", ("",)),
        ('COPY "a b" /x', ("",)),
        ("COPY a/'b' /x", ("",)),
        # what leads up again
        ("COPY a/../b /x", ("b",)),
        ("COPY a/*/../../b /x", ("",)),
        ("COPY a/?/../../b? /x", ("",)),
        # of equal options the last one counts
        ("RUN --mount=type=bind,source=a,src=b,target=/m ls", ("b",)),
        ("RUN --mount=type=bind,src=b,source=a,target=/m ls", ("a",)),
        ('RUN --mount="type=bind,source=a",target=/m ls', ("a",)),
        (r'RUN --mount=type=bind,\"source=a,b\",target=/m ls', ("",)),
        # heredocs
        ("COPY <<EOF /x\na b\nEOF", ()),
        ("COPY <<EOF a <<-\"E2\" /x/\nh\nEOF\nk\nE2", ("a",)),
        ("RUN <<EOF\nCOPY a /x\nEOF", ()),
        # ADD
        ("ADD a.tar.gz /x", ("a.tar.gz",)),
        ("ADD https://h/a.tgz b /x/", ("b",)),
        ("ADD --checksum=sha256:0 http://h/a /x", ()),
        ("ADD git@h:a/b.git /x", ("git@h:a/b.git",)),  # for an older engine, a path
        ("ADD https://h/b.git#v1 /x", ()),
        ("ADD github.com/a/b /go/src/github.com/a/b", ("github.com/a/b",)),
        ("COPY https://h /x", ("https:/h",)),
        ("ARG U\nADD $U /x", ("",)),
        # mounts
        ("RUN --mount=type=bind,source=a,target=/a ls", ("a",)),
        ("RUN --mount=source=a/b,target=/a ls", ("a/b",)),
        ("RUN --mount=type=bind,src=./a/,dst=/a ls", ("a",)),
        ("RUN --mount=target=/src ls", ("",)),
        ("RUN --mount=type=bind,target=/src,rw ls", ("",)),
        ("RUN --mount=type=bind,source=$V,target=/a ls", ("",)),
        ("RUN --mount=type=bind,from=0,source=a,target=/a ls", ()),
        ("RUN --mount=type=bind,from=image,target=/a ls", ()),
        ("RUN --mount=type=bind,from=,source=a,target=/a ls", ("a",)),
        ("RUN --mount=type=bind,from=$F,source=a,target=/a ls", ("a",)),
        ("RUN --mount=type=BIND,source=a,target=/a ls", ("a",)),
        ("RUN --mount=type=$T,source=a,target=/a ls", ("a",)),
        ("RUN --mount=type=Cache,target=/c ls", ()),
        ("RUN --mount=type=cache,target=/c ls", ()),
        ("RUN --mount=type=secret,id=s --mount=type=ssh --mount=type=tmpfs,target=/t ls", ()),
        ("RUN --mount=source=a,target=/a --mount=source=b,target=/b ls", ("a", "b")),
        # what is done elsewhere
        ("ONBUILD COPY a /x", ()),
        ("FROM b\nCOPY --from=0 a /x\nFROM c\nCOPY d /x", ("d",)),
    ],
)  # fmt: skip
def test_sources(text: str, read: tuple[str, ...]) -> None:
    """Paths relative to the context, "" for all of it."""
    assert sources(text) == read


def test_the_other_escape_hides_as_well() -> None:
    """The builder takes it out of the name."""
    text = b"# escape=`\nFROM a\nCOPY a/b`c /x\n"
    assert inputs(parse(text), NOTHING).sources == ("",)


@pytest.mark.parametrize(
    ("syntax", "read"),
    [
        ("docker/dockerfile", "b"),
        ("docker/dockerfile:latest", "b"),
        ("docker/dockerfile:1", "b"),
        ("docker.io/docker/dockerfile:1.20", "b"),
        (f"docker/dockerfile:1.7.1@sha256:{64 * 'a'}", "b"),
        ("docker/dockerfile:1-labs", ""),
        ("docker/dockerfile:experimental", ""),
        ("docker/dockerfile:2", ""),
        ("docker/dockerfile-upstream:1", ""),
        ("r.io/docker/dockerfile:1", ""),
        ("a", ""),
    ],
)
def test_a_frontend_of_its_own_reads_everything(syntax: str, read: str) -> None:
    """What `# syntax=` names may give the instructions another meaning, unless it is Docker's own."""
    text = f"# syntax={syntax}\nFROM a\nCOPY b /x\n".encode()
    assert inputs(parse(text), NOTHING).sources == (read,)


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("FROM a AS b\nONBUILD COPY x /\nFROM b", True),
        ("FROM a AS B\nONBUILD RUN ls\nFROM c\nFROM b AS d\nFROM d", True),
        ("FROM a AS b\nONBUILD COPY x /\nFROM $C", True),
        ("FROM a AS b\nONBUILD COPY x /", False),
        ("FROM a\nONBUILD COPY x /\nFROM b", False),
        ("FROM a AS b\nONBUILD COPY x /\nFROM c\nCOPY --from=b /x /", False),
        ("FROM a AS b\nFROM b\nONBUILD COPY x /", False),
    ],
)
def test_triggers_of_a_stage(text: str, fires: bool) -> None:
    """Where another stage is built on it they are run there, and read what they like."""
    dockerfile = parse(text.encode())
    assert triggers_itself(dockerfile) is fires
    assert (inputs(dockerfile, NOTHING).sources == ("",)) is fires
    assert origins(dockerfile, "", {"C": "c"}).clear is not fires


@pytest.mark.parametrize(
    ("path", "selected", "read"),
    [
        ("src", True, True),
        ("src/a.py", True, True),
        ("src/b/c.py", True, True),
        ("src/a.log", True, False),
        ("src/keep.log", True, True),
        ("srcs/a.py", False, False),
        ("README.md", False, False),
    ],
)
def test_what_is_read(path: str, selected: bool, read: bool) -> None:
    """What lies below a source, less what the rules take out."""
    found = inputs(parse(b"FROM a\nCOPY src /x\n"), ignore_rules(b"**/*.log\n!src/keep.log\n"))
    assert (found.selects(path), found.reads(path)) == (selected, read)


@pytest.mark.parametrize(
    ("rules", "ignored", "kept"),
    [
        (b"*.log", {"a.log"}, {"b/a.log", "a.txt"}),
        (b"**/*.log\n", {"a.log", "b/c/a.log"}, {"log"}),
        (b"/a\n", {"a", "a/b"}, {"b/a"}),
        (b"a/\n", {"a", "a/b"}, {"b"}),
        (b"*\n!a\n", {"b"}, {"a", "a/b"}),
        (b"!a\n*\n", {"a", "b"}, set()),
        (b"*\n/!a\n", {"b"}, {"a", "a/b"}),
        (b"*\n/!/a\n", {"a", "b"}, set()),
        (b"a\n!a/b\na/b/c\n", {"a", "a/x", "a/b/c"}, {"a/b", "a/b/d"}),
        (b"# a\n\n  b  \r\n", {"b"}, {"a", "# a"}),
        (b"\xef\xbb\xbfa\n", {"a"}, {"b"}),
        (b"\xff*\n", {"\udcffa"}, {"a"}),
        (b"", set(), {"a"}),
    ],
)
def test_ignore_rules(rules: bytes, ignored: set[str], kept: set[str]) -> None:
    """The last rule that matches wins, and what it matched takes all below with it."""
    found = ignore_rules(rules)
    assert {path for path in ignored | kept if found.matches(path)} == ignored


def test_an_invalid_rule() -> None:
    """The error names the file and the rule."""
    with pytest.raises(UserError) as caught:
        ignore_rules(b"a\n[\n", "app.dockerignore")
    assert str(caught.value).startswith("app.dockerignore: Invalid ignore pattern '['")


@pytest.mark.parametrize(
    ("text", "links", "all_read"),
    [
        ("COPY a/b /x", {"a/b"}, True),
        ("COPY a/b /x", {"a"}, True),
        ("COPY a/b /x", {"a/b/c", "d"}, False),
        ("COPY a/b* /x", {"a"}, True),
        ("COPY a/b* /x", {"a/bc"}, True),
        ("COPY a/*/c /x", {"a/b"}, True),
        ("COPY a/b* /x", {"d"}, False),
        ("RUN --mount=source=a,target=/a ls", {"a"}, True),
    ],
)
def test_symbolic_links(text: str, links: set[str], all_read: bool) -> None:
    """A source that is, or lies behind, a link may be anywhere; a link below a source is copied as one."""
    found = inputs(parse(f"FROM x\n{text}\n".encode()), NOTHING)
    assert (found.through_links(links).sources == ("",)) is all_read


def test_declared_arguments() -> None:
    """In every stage, before the first one, and several in one instruction."""
    text = b"ARG A\nFROM x\nARG B=1 C\nENV D=1\nFROM y\nARG E='f g'\n"
    assert declared_arguments(parse(text)) == {"A", "B", "C", "E"}


def test_mounts() -> None:
    """Each option by its name in lower case; a bare one is empty."""
    text = b"FROM x\nRUN --mount=Type=bind,readonly,source=a --network=none --mount=target=/b ls\n"
    assert list(mounts(parse(text).instructions[1])) == [
        {"type": "bind", "readonly": "", "source": "a"},
        {"target": "/b"},
    ]
