"""What of a build context git's own objects do not hold: found where this clone has it, or refused."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from harness import Repo
from imagebump import archive, contents, submodules
from imagebump.config import Build
from imagebump.context import context
from imagebump.dockerfile.inputs import ignore_rules
from imagebump.errors import BrokenCommitError, UserError
from imagebump.snapshot import Snapshot
from repositories import opened

BUILD = Build("", "Dockerfile", "", {}, "")


def files(repo: Repo, rules: bytes = b"") -> dict[str, bytes]:
    """The contents of the last commit's context."""
    with opened(repo) as repository:
        snapshot = submodules.opened(Snapshot(repository, repository.head))
        ignored = ignore_rules(rules)
        entries = contents.found(snapshot, BUILD, context(snapshot.entries, BUILD, ignored))
        blobs = snapshot.repository.blobs
        found = {e.path: b"".join(blobs.stream(e.oid)[1]) for e in entries if e.oid}
        assert archive.size(snapshot, entries) == sum(map(len, found.values()))
        return found


def refusal(repo: Repo, *, final: bool) -> str:
    """Why the context cannot be read; `final` where only another commit mends it."""
    with pytest.raises(UserError) as caught:
        files(repo)
    assert isinstance(caught.value, BrokenCommitError) is final
    return str(caught.value)


@pytest.fixture
def library(repo: Repo, tmp_path: Path) -> Repo:
    """A repository of a file, and of one in a submodule of its own."""
    Repo.make(tmp_path / "deep", repo.env).commit("One", bottom="1")
    made = Repo.make(tmp_path / "lib", repo.env)
    made.git("submodule", "--quiet", "add", "../deep", "more/deep")
    made.commit("One", **{"src/a": "1", "x.log": "1"})
    return made


def add(repo: Repo, path: str = "parts/lib", *name: str) -> None:
    """Commit the library as a submodule, with what is in it."""
    repo.git("submodule", "--quiet", "add", *name, "../lib", path)
    repo.git("submodule", "--quiet", "update", "--init", "--recursive")
    repo.commit("Add it")


def test_submodules(repo: Repo, library: Repo) -> None:
    """Theirs and those inside them are files like any other; .dockerignore sees them, the working tree does not matter."""
    add(repo)
    repo.write("parts/lib/src/a", "not committed")
    found = files(repo, b"**/*.log\n")
    assert {name: data for name, data in found.items() if not name.endswith(".gitmodules")} == {
        "parts/lib/src/a": b"1",
        "parts/lib/more/deep/bottom": b"1",
    }


def test_the_commit_that_is_named(repo: Repo, library: Repo) -> None:
    """Not the one that is checked out."""
    add(repo)
    library.commit("Two", **{"src/a": "2"})
    Repo(repo.path / "parts" / "lib", repo.env).git("pull", "--quiet")
    assert files(repo)["parts/lib/src/a"] == b"1"
    repo.git("add", "parts/lib")
    repo.commit("Take it")
    assert files(repo)["parts/lib/src/a"] == b"2"


def test_a_submodule_whose_directory_is_gone(repo: Repo, library: Repo) -> None:
    """Its objects are not."""
    add(repo)
    before = files(repo)
    shutil.rmtree(repo.path / "parts")
    assert files(repo) == before


@pytest.mark.parametrize(
    ("path", "name"), [("a b/\u00f6", "plain"), ("lib", "an odd/name"), ("lib", "with.dots.path")]
)
def test_odd_submodules(repo: Repo, library: Repo, path: str, name: str) -> None:
    """By their names in .gitmodules, which need not be their paths."""
    add(repo, path, "--name", name)
    assert f"{path}/src/a" in files(repo)


def test_a_submodule_with_a_directory_of_its_own(repo: Repo, library: Repo) -> None:
    """As git kept them once: its objects lie in the working tree."""
    repo.git("clone", "--quiet", "--recursive", "../lib", "lib")
    repo.git("-c", "advice.addEmbeddedRepo=false", "add", "lib")
    repo.commit("Add it", **{".gitmodules": '[submodule "l"]\npath = lib\nurl = ../lib\n'})
    assert (repo.path / "lib" / ".git").is_dir()
    assert "lib/src/a" in files(repo)


def test_a_submodule_in_a_linked_worktree(repo: Repo, library: Repo, tmp_path: Path) -> None:
    """Git keeps its objects with the worktree."""
    repo.commit("Zero")
    repo.git("worktree", "add", "--quiet", "-b", "other", tmp_path / "linked")
    linked = Repo(tmp_path / "linked", repo.env)
    add(linked)
    assert not (repo.path / ".git" / "modules").exists()
    assert "parts/lib/src/a" in files(linked)


def test_submodules_that_this_clone_lacks(repo: Repo, library: Repo, tmp_path: Path) -> None:
    """Whether it never had one, or not the commit that is wanted; a missing one inside is named as well."""
    add(repo)
    repo.git("clone", "--quiet", repo.path, "../clone")
    clone = Repo(tmp_path / "clone", repo.env)
    hint = "Run: git submodule update --init --recursive, then imagebump retry"
    why = (
        f"this clone has not what commit {repo.git('rev-parse', 'HEAD')[:7]} wants of the submodule"
    )
    assert refusal(clone, final=False) == f"{why} parts/lib. {hint}"
    clone.git("submodule", "--quiet", "update", "--init")
    assert refusal(clone, final=False) == f"{why} parts/lib/more/deep. {hint}"
    clone.git("submodule", "--quiet", "update", "--init", "--recursive")
    assert "parts/lib/more/deep/bottom" in files(clone)
    oid = library.commit("Two")
    clone.git("update-index", "--cacheinfo", f"160000,{oid},parts/lib")
    commit = clone.commit("Take what is not fetched")
    assert f"commit {commit[:7]} wants of the submodule parts/lib." in refusal(clone, final=False)


def test_a_submodule_without_a_name(repo: Repo, library: Repo) -> None:
    """Nobody knows where to get it; an ignored one is no matter."""
    add(repo)
    repo.git("rm", "--quiet", "--cached", ".gitmodules")
    repo.commit("Forget it")
    assert refusal(repo, final=True) == (
        "parts/lib is a submodule that .gitmodules does not name, so its files are not to be had. "
        "Name it there, or add parts/lib to .dockerignore, and commit"
    )
    assert files(repo, b"parts/*\n") == {}


CONTENT = bytes(range(256)) * 9000
NAME = sha256(CONTENT).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{NAME}\nsize {len(CONTENT)}\n"
ATTRIBUTES = {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"}


@pytest.fixture
def large(repo: Repo) -> Repo:
    """A repository with a file in Git LFS, whose programs are not installed."""
    for name in ("filter.lfs.clean", "filter.lfs.smudge"):
        repo.git("config", name, "cat")
    repo.commit(
        "One", **ATTRIBUTES, **{"d/a.bin": POINTER, "b.bin": "no pointer", "c.txt": POINTER}
    )
    return repo


def keep(repo: Repo, content: bytes = CONTENT, store: str = ".git/lfs") -> None:
    """Put a file where Git LFS does."""
    repo.write(f"{store}/objects/{NAME[:2]}/{NAME[2:4]}/{NAME}", content)


def test_files_of_lfs(large: Repo) -> None:
    """Their content takes the pointer's place, where the attributes say that it is one."""
    keep(large)
    found = files(large)
    assert found["d/a.bin"] == CONTENT
    assert (found["b.bin"], found["c.txt"]) == (b"no pointer", POINTER.encode())


@pytest.mark.parametrize("store", ["elsewhere", "{}/absolute"])
def test_another_store_of_lfs(large: Repo, tmp_path: Path, store: str) -> None:
    """lfs.storage says where, relative to the Git directory."""
    large.git("config", "lfs.storage", store.format(tmp_path))
    keep(large, store=f".git/{store}" if store == "elsewhere" else store.format(tmp_path))
    assert files(large)["d/a.bin"] == CONTENT


@pytest.mark.parametrize("content", [None, CONTENT[1:]])
def test_a_file_of_lfs_that_this_clone_lacks(large: Repo, content: bytes | None) -> None:
    """It, or a part of it, was not fetched; an ignored one is no matter."""
    if content:
        keep(large, content)
    commit = large.git("rev-parse", "HEAD")[:7]
    assert refusal(large, final=False) == (
        "d/a.bin is kept in Git LFS, and this clone has only the pointer to it. "
        f"Run: git lfs fetch origin {commit}, then imagebump retry"
    )
    assert "b.bin" in files(large, b"**/a.bin\n")


def test_a_file_of_lfs_that_is_damaged(large: Repo) -> None:
    """It is not sent to its end."""
    keep(large, bytes(len(CONTENT)))
    assert refusal(large, final=False).endswith("is damaged. Run: git lfs fsck")


def test_a_submodule_with_lfs(large: Repo, tmp_path: Path) -> None:
    """It has attributes and a store of its own."""
    outer = Repo.make(tmp_path / "outer", large.env)
    outer.git("submodule", "--quiet", "add", "../app", "lib")
    outer.commit("One")
    keep(outer, store=".git/modules/lib/lfs")
    assert files(outer)["lib/d/a.bin"] == CONTENT


@pytest.mark.parametrize(
    ("attributes", "path", "name"),
    [
        ("*.c filter=crypt\n", "d/a.c", "crypt"),
        ("*.d text filter=b\n*.c filter=a -diff\n", "d/a.c", "a"),
        ("[attr]secret filter=crypt\n*.c secret\n", "", ""),
        ("*.h filter=crypt\n", "", ""),
        ("# *.c filter=crypt\n", "", ""),
        ("*.c filter=crypt\na.c -filter\n", "", ""),
        ("filter=crypt text\n", "", ""),
    ],
)
def test_other_filters_are_refused(repo: Repo, attributes: str, path: str, name: str) -> None:
    """A commit holds what one made of the files; those that it does not touch are as they are."""
    commit = repo.commit("One", **{"d/.gitattributes": attributes, "d/a.c": "1"})
    if not path:
        assert files(repo)["d/a.c"] == b"1"
        return
    assert refusal(repo, final=True) == (
        f"{path} goes through the filter {name!r} of .gitattributes: commit {commit[:7]} holds the "
        f"filtered file, not the one that you see. Add {path} to .dockerignore, or take the filter away, and commit"
    )
    assert "d/a.c" not in files(repo, b"**/*.c\n")
