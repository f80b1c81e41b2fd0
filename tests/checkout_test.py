"""A context as files: what is written, what is left, and what heals."""

import os
import time
from pathlib import Path

import pytest

from harness import Repo
from imagebump.checkout import _write, check_out
from imagebump.config import Build
from imagebump.context import context
from imagebump.dockerfile.inputs import ignore_rules
from imagebump.errors import BrokenCommitError, UserError
from imagebump.git import Entry, entries
from imagebump.snapshot import Snapshot
from repositories import hostile, opened


def checked_out(repo: Repo, directory: Path, rules: bytes = b"") -> dict[str, int]:
    """Check out the last commit; the time of each path, in nanoseconds."""
    with opened(repo) as repository:
        found = Snapshot(repository, repository.head).entries
        chosen = context(found, Build("", "Dockerfile", "", {}, ""), ignore_rules(rules))
        check_out(repository, chosen, directory)
    tree = directory / "tree"
    return {
        str(path.relative_to(tree)): path.lstat().st_mtime_ns
        for path in tree.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """What was written, or went away."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def test_only_what_changed_is_written(repo: Repo, tmp_path: Path) -> None:
    """A new content, mode, or kind; what is gone goes, with directories that nothing is in."""
    start = time.time_ns()
    old = repo.having(GIT_COMMITTER_DATE="2001-01-01T00:00:00Z")
    old.commit("One", a="1", b="1", **{"d/e/f": "1", "d/g": "1", "h": "1", "i": "1"})
    first = checked_out(repo, tmp_path)
    assert all(start - 20_000_000 <= when <= time.time_ns() for when in first.values())
    repo.git("rm", "-q", "-r", "d/e", "h", "i")
    (repo.path / "b").chmod(0o755)
    (repo.path / "h").mkdir()
    (repo.path / "i").symlink_to("a")
    repo.git("add", "-A")
    repo.commit("Two", a="2", **{"h/new": "1"})
    second = checked_out(repo, tmp_path)
    assert changed(first, second) == {"a", "b", "d/e/f", "h", "h/new", "i"}
    assert not (tmp_path / "tree" / "d" / "e").exists()
    assert (tmp_path / "tree" / "i").readlink() == Path("a")
    assert changed(second, checked_out(repo, tmp_path)) == set()


def test_the_umask_does_not_matter(repo: Repo, tmp_path: Path) -> None:
    """Nor does the mode of the working file."""
    repo.commit("One", **{"d/a": "1"})
    mask = os.umask(0o077)
    try:
        checked_out(repo, tmp_path)
    finally:
        os.umask(mask)
    modes = [oct((tmp_path / "tree" / name).stat().st_mode & 0o777) for name in (".", "d", "d/a")]
    assert modes == ["0o755", "0o755", "0o644"]


def test_what_somebody_else_did_there_is_undone(repo: Repo, tmp_path: Path) -> None:
    """An edit, a mode, a file too many, one too few, a link in a directory's place."""
    repo.commit("One", a="1", b="1", c="1", **{"d/e": "1"})
    checked_out(repo, tmp_path)
    tree = tmp_path / "tree"
    (tree / "a").write_text("2")
    (tree / "b").chmod(0o777)
    (tree / "c").unlink()
    (tree / "d").rename(tmp_path / "elsewhere")
    (tree / "d").symlink_to("../elsewhere")
    (tree / "more" / "of").mkdir(parents=True)
    (tree / "more" / "it").write_text("")
    assert checked_out(repo, tmp_path).keys() == {"a", "b", "c", "d/e"}
    assert (tree / "a").read_text() == "1"
    assert not (tree / "d").is_symlink()
    assert (tree / "b").stat().st_mode & 0o777 == 0o644
    assert not (tree / "more").exists()


@pytest.mark.parametrize("record", [None, b"", b"garbage", b"100644 x y z\ta\0"])
def test_without_a_record(repo: Repo, tmp_path: Path, record: bytes | None) -> None:
    """All is written anew, as after a checkout that was killed."""
    repo.commit("One", a="1", b="1")
    first = checked_out(repo, tmp_path)
    (tmp_path / "record").unlink()
    if record is not None:
        (tmp_path / "record").write_bytes(record)
    assert changed(first, checked_out(repo, tmp_path)) == {"a", "b"}


def test_a_directory_of_ignored_files_is_there(repo: Repo, tmp_path: Path) -> None:
    """Empty, as docker build sees it; and gone when it is gone."""
    repo.commit("One", a="1", **{"logs/x.log": "1"})
    assert checked_out(repo, tmp_path, b"**/*.log\n").keys() == {"a"}
    assert list((tmp_path / "tree" / "logs").iterdir()) == []
    repo.git("rm", "-q", "logs/x.log")
    repo.commit("Two")
    checked_out(repo, tmp_path, b"**/*.log\n")
    assert not (tmp_path / "tree" / "logs").exists()


@pytest.mark.parametrize("path", ["../a", "a/../../b", "a//b", "./a", ".."])
def test_paths_that_lead_out(repo: Repo, tmp_path: Path, path: str) -> None:
    """A tree that was made by hand may hold them; git would refuse it as well."""
    repo.commit("One", a="1")
    with opened(repo) as repository:
        oid = Snapshot(repository, repository.head).entries[0].oid
        with pytest.raises(BrokenCommitError, match="is no path that a commit may hold"):
            check_out(repository, [Entry("100644", oid, path)], tmp_path)


def test_nothing_is_written_through_a_link(repo: Repo, tmp_path: Path) -> None:
    """Not even where the entries have come past the snapshot, which refuses them."""
    commit = hostile(repo, ("120000", "a"), ("040000", "a"))
    (tmp_path / "outside").mkdir()
    with opened(repo) as repository:
        chosen = context(
            entries(repository, commit), Build("", "Dockerfile", "", {}, ""), ignore_rules(b"")
        )
        with pytest.raises(BrokenCommitError, match="'a/post-checkout' lies below a symbolic link"):
            check_out(repository, chosen, tmp_path / "checkout")
    assert (tmp_path / "checkout" / "tree" / "a").resolve() == tmp_path / "outside"
    assert list((tmp_path / "outside").iterdir()) == []


def test_two_paths_that_are_one(repo: Repo, tmp_path: Path) -> None:
    """Where a file system takes two names for the same, one would be lost: here, a tree that names one twice."""
    repo.commit("One", a="1")
    with opened(repo) as repository:
        oid = Snapshot(repository, repository.head).entries[0].oid
        tree = tmp_path / "tree"
        tree.mkdir()
        _write(repository, Entry("100644", oid, "a"), tree)
        with pytest.raises(UserError, match="are the same to this file system"):
            _write(repository, Entry("100644", oid, "a"), tree)


def test_a_big_file_is_written_in_pieces(repo: Repo, tmp_path: Path) -> None:
    """Its content is right at the seams."""
    data = bytes(range(256)) * 20000
    repo.commit("One", big=data)
    checked_out(repo, tmp_path)
    assert (tmp_path / "tree" / "big").read_bytes() == data


def test_an_object_that_is_missing(repo: Repo, tmp_path: Path) -> None:
    """One line says which, and what to type."""
    commit = repo.commit("One", a="1")
    oid = repo.git("rev-parse", f"{commit}:a")
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(UserError) as caught:
        checked_out(repo, tmp_path)
    assert str(caught.value) == (
        f"the object {oid} is missing (a partial clone?). Run: git fetch --refetch"
    )
