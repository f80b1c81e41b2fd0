"""The tar of a build context, read back by Python's tarfile and by hand."""

import io
import tarfile
import time
from typing import NamedTuple

import pytest

from harness import Repo
from imagebump import archive, git
from imagebump.config import Build
from imagebump.context import context
from imagebump.dockerfile.inputs import ignore_rules
from imagebump.errors import UserError
from repositories import opened

BLOCK = 512


class Member(NamedTuple):
    """A header by hand: the name of a GNU long-name header stands in the header that it is for."""

    kind: bytes
    name: bytes
    target: bytes
    mode: int
    size: int
    content: bytes


def members(data: bytes) -> list[Member]:
    """Each member, with checks of what every tar must have."""
    found: list[Member] = []
    names: dict[bytes, bytes] = {}
    position = 0
    while data[position : position + BLOCK].strip(b"\0"):
        head = data[position : position + BLOCK]
        assert sum(head[:148]) + 8 * 32 + sum(head[156:]) == int(head[148:156].rstrip(b"\0 "), 8)
        assert int(head[108:115], 8) == int(head[116:123], 8) == 0, "not root's"
        size, kind = int(head[124:135], 8), head[156:157]
        content = data[position + BLOCK :][:size]
        position += BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK
        if kind in b"LK":
            names[kind] = content.removesuffix(b"\0")
            continue
        name = names.pop(b"L", head[:100].rstrip(b"\0"))
        target = names.pop(b"K", head[157:257].rstrip(b"\0"))
        found.append(Member(kind, name, target, int(head[100:107], 8), size, content))
    assert data[position:] == bytes(2 * BLOCK), "the end is two empty blocks"
    return found


def packed(
    repo: Repo, where: str = "", rules: bytes = b"", first: tuple[str, bytes] | None = None
) -> bytes:
    """The tar of what is staged."""
    with opened(repo) as repository:
        entries = git.entries(repository, git.INDEX)
        build = Build(where, "Dockerfile", "", {}, "")
        chosen = context(entries, build, ignore_rules(rules))
        return b"".join(archive.tar(repository, chosen, first))


def test_what_is_in_it(repo: Repo) -> None:
    """Contents, permissions and links as git has them, with directories; not as they lie there now."""
    repo.write("a/run", "#!/bin/sh\n").chmod(0o700)
    repo.write("a/text", "t" * BLOCK).chmod(0o666)
    repo.write("empty", "").chmod(0o600)
    (repo.path / "a" / "link").symlink_to("../nowhere")
    repo.git("add", "-A")
    repo.write("a/text", "edited")
    repo.write("stray", "edited")
    (repo.path / "empty").unlink()
    assert members(packed(repo)) == [
        Member(b"5", b"a/", b"", 0o755, 0, b""),
        Member(b"2", b"a/link", b"../nowhere", 0o777, 0, b""),
        Member(b"0", b"a/run", b"", 0o755, 10, b"#!/bin/sh\n"),
        Member(b"0", b"a/text", b"", 0o644, BLOCK, b"t" * BLOCK),
        Member(b"0", b"empty", b"", 0o644, 0, b""),
    ]


NAMES = [
    b"plain",
    b"a b\t'\"\\*",
    b"two\nlines",
    b"\xff\xfe\x80",
    "ö/日本.txt".encode(),
    b"d/" + b"x" * 100,
    b"d/" + b"y" * 240,
    b"/".join([b"z" * 60] * 6),
    b"/".join([b"\xff" * 90] * 4),
]


def test_names(repo: Repo) -> None:
    """Any name that git takes, however long, and what links point to."""
    for name in NAMES:
        path = repo.path.joinpath(*map(_text, name.split(b"/")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name)
        link = path.with_name(f"l{len(name)}")
        link.symlink_to(_text(name))
    repo.git("add", "-A")
    data = packed(repo)
    by_hand = {one.name: one for one in members(data)}
    files = {name: one.content for name, one in by_hand.items() if one.kind == b"0"}
    assert files == {name: name for name in NAMES}
    assert sorted(one.target for one in by_hand.values() if one.kind == b"2") == sorted(NAMES)
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as tar:
        regular = [one.name for one in tar if one.isreg()]
    assert sorted(regular) == sorted(map(_text, NAMES))


def _text(name: bytes) -> str:
    return name.decode(errors="surrogateescape")


@pytest.mark.parametrize(
    "name", ["Dockerfile", "docker/ö.dockerfile", "/".join(["d" * 70, "e" * 70, "f" * 99])]
)
def test_the_first_is_plain_ustar(repo: Repo, name: str) -> None:
    """The Dockerfile stands ahead of all, in a format in which no engine sees anything else."""
    repo.write("a", "1")
    repo.git("add", "-A")
    data = packed(repo, first=(name, b"FROM a\n"))
    assert data[257:265] == b"ustar\x0000"
    assert data[156:157] == b"0"
    prefix, tail = data[345:500].rstrip(b"\0"), data[:100].rstrip(b"\0")
    assert (prefix + b"/" + tail if prefix else tail) == name.encode()
    assert data[BLOCK : BLOCK + 7] == b"FROM a\n"
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == [name, "a"]


@pytest.mark.parametrize(("mode", "bits"), [("100644", 0o644), ("100755", 0o755)])
def test_the_first_keeps_its_mode(repo: Repo, mode: str, bits: int) -> None:
    """A COPY of the whole context takes the Dockerfile along, executable where the commit has it so."""
    with opened(repo) as repository:
        data = b"".join(archive.tar(repository, [], ("Dockerfile", b"FROM a\n"), mode))
    assert [one.mode for one in members(data)] == [bits]


@pytest.mark.parametrize("name", ["f" * 101, "/".join(["d" * 80] * 4)])
def test_a_name_too_long_for_the_first(repo: Repo, name: str) -> None:
    """Where the plain format does not hold it, that is said."""
    with opened(repo) as repository, pytest.raises(UserError) as caught:
        list(archive.tar(repository, [], (name, b"")))
    assert str(caught.value) == (
        f"{name} is too long a name for a Dockerfile. Give it one of at most 100 bytes"
    )


def test_times_are_those_of_writing(repo: Repo) -> None:
    """Not the commit's: a tool in the build would take the files for older than its own."""
    old = repo.having(GIT_COMMITTER_DATE="2001-01-01T00:00:00Z")
    old.commit("One", **{"a/b": "1"})
    before = int(time.time())
    data = packed(repo, first=("Dockerfile", b""))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        times = {int(one.mtime) for one in tar}
    assert len(times) == 1
    assert before <= times.pop() <= time.time()


def test_rules_and_a_directory_of_its_own(repo: Repo) -> None:
    """The context is filtered, and a directory whose files are all ignored is there, empty."""
    for name in ("s/a", "s/logs/x.log", "s/t/u/y.log", "s/no/z", "other"):
        repo.write(name, "1")
    repo.git("add", "-A")
    found = members(packed(repo, "s", b"**/*.log\nno\n"))
    assert [one.name for one in found] == [b"a", b"logs/", b"t/", b"t/u/"]


def test_an_empty_context(repo: Repo) -> None:
    """Two empty blocks."""
    assert members(packed(repo)) == []


def test_a_big_file_comes_in_pieces(repo: Repo) -> None:
    """No more than a piece of it is in memory at once."""
    data = bytes(range(256)) * 20000
    repo.commit("One", big=data)
    with opened(repo) as repository:
        pieces = list(archive.tar(repository, git.entries(repository, git.INDEX)))
    assert max(map(len, pieces)) <= 1 << 20
    assert members(b"".join(pieces))[0].content == data
