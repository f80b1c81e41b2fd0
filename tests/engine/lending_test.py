"""What an engine is lent of a context: each file once, and again where it is another."""

import stat
import time

import pytest

from builds import committed, planned
from harness import Repo
from imagebump.engine import facts, filesync, protobuf
from imagebump.errors import UserError


def packets(sent: bytes) -> list[protobuf.Parts]:
    """The messages in what was sent."""
    return [protobuf.collect(message) for message in filesync.frames(bytearray(sent))]


def packet(**fields: int) -> bytes:
    """A message of BuildKit's: its type, and the number of a file."""
    return protobuf.number(1, fields["kind"]) + protobuf.number(3, fields.get("number", 0))


def test_a_transfer() -> None:
    """Facts, an empty message behind them, what is asked for in pieces with an empty one behind it, and the end."""
    files = [
        filesync.File(b"a", stat.S_IFDIR | 0o755, 0, 7),
        filesync.File(b"a/\xff", stat.S_IFREG | 0o644, 300, 1 << 60, oid="one"),
        filesync.File(b"b", stat.S_IFLNK | 0o777, 2, 9, b"..", "two"),
    ]
    copy = filesync.DiffCopy(files, lambda oid: iter([oid.encode(), b"", b"!"]))
    *said, last = packets(copy.next() or b"")
    facts = [protobuf.collect(next(one.many(2))) for one in said]
    assert [next(one.many(1)) for one in facts] == [b"a", b"a/\xff", b"b"]
    assert [one.number(2) for one in facts] == [1 << 31 | 0o755, 0o644, 1 << 27 | 0o777]
    assert [one.number(5) for one in facts] == [0, 300, 2]
    assert [one.number(6) for one in facts] == [7, 1 << 60, 9]
    assert facts[2].text(7) == ".."
    assert last == {}
    assert copy.next() == b""
    copy.take(packet(kind=1, number=1))
    sent = packets(b"".join(copy.next() or b"" for _ in range(3)))
    assert [(one.number(1), one.number(3), one.text(4)) for one in sent] == [
        (2, 1, "one"),
        (2, 1, "!"),
        (2, 1, ""),
    ]
    copy.take(packet(kind=3))
    assert [one.number(1) for one in packets(copy.next() or b"")] == [3]
    assert copy.next() is None


def test_a_transfer_that_failed() -> None:
    """What the engine says of it is the reason."""
    copy = filesync.DiffCopy([], lambda oid: iter(()))
    with pytest.raises(OSError, match="no space"):
        copy.take(protobuf.number(1, 4) + protobuf.data(4, b"no space"))


def test_messages_in_pieces() -> None:
    """They come as the network likes."""
    sent = bytearray()
    for byte in b"\0\0\0\0\2ab\0\0\0\0\0\0\0":
        sent.append(byte)
    assert list(filesync.frames(sent)) == [b"ab", b""]
    assert sent == b"\0\0"


def told(repo: Repo) -> dict[bytes, filesync.File]:
    """The facts of the last commit's context."""
    with planned(repo) as wanted:
        return {file.path: file for file in facts.listed(wanted)}


def test_facts_stay_while_a_file_is_the_same(repo: Repo) -> None:
    """Time is when it was first seen: what is written anew is newer, also where it was there before."""
    repo.write("sub/run", "1")
    (repo.path / "sub" / "run").chmod(0o755)
    (repo.path / "sub" / "link").symlink_to("run")
    repo.git("add", "-A")
    began = time.time_ns()
    committed(repo, "FROM scratch\nCOPY . /\n", **{"sub.txt": "12", "a": "1"})
    first = told(repo)
    assert list(first) == [b".imagebump.toml", b"Dockerfile", b"a", b"sub", b"sub/link", b"sub/run", b"sub.txt"]  # fmt: skip
    assert first[b"sub/run"].mode == stat.S_IFREG | 0o755
    assert (first[b"sub/link"].mode, first[b"sub/link"].link) == (stat.S_IFLNK | 0o777, b"run")
    assert began < first[b"a"].time < time.time_ns()
    repo.commit("Two", a="2")
    second = told(repo)
    changed = [path for path in first if first[path] != second[path]]
    assert changed == [b"a"]
    assert second[b"a"].time > first[b"a"].time
    repo.git("rm", "-q", "a")
    repo.commit("Three")
    told(repo)
    repo.commit("Four", a="1")
    assert told(repo)[b"a"].time > second[b"a"].time


def test_facts_that_are_damaged(repo: Repo) -> None:
    """What is no fact is found anew."""
    committed(repo, "FROM scratch\nCOPY . /\n", a="1")
    told(repo)
    (record,) = (repo.path / ".git" / "imagebump" / "contexts").iterdir()
    record.write_bytes(record.read_bytes().replace(b" 1 ", b" one "))
    assert told(repo)[b"a"].size == 1


def test_no_facts_of_what_is_not_there(repo: Repo) -> None:
    """What a partial clone has not fetched is told; its size is known once it is there."""
    committed(repo, "FROM scratch\nCOPY . /\n", a="1")
    blob = repo.git("rev-parse", "HEAD:a")
    path = repo.path / ".git" / "objects" / blob[:2] / blob[2:]
    aside = path.rename(repo.path / "aside")
    with pytest.raises(UserError, match=f"^the object {blob} is missing"):
        told(repo)
    aside.rename(path)
    assert told(repo)[b"a"].size == 1
