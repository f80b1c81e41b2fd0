"""Plumbing on real repositories, as git's hooks find them."""

import os
import shlex
import shutil
import socket
import sys
from pathlib import Path

import pytest

from harness import Repo
from imagebump import blobs, git, process, refs, running, staging
from imagebump.blobs import Blobs
from imagebump.errors import UnavailableError, UserError
from imagebump.git import INDEX, Entry
from imagebump.snapshot import Snapshot
from repositories import opened

SEEN = """\
import sys
from imagebump import git, process, refs, running, staging
r = git.discover()
print(r.top, r.git_dir, r.common_dir, r.name, r.head, refs.branch(r), running.is_amending(),
      git.in_commit(r), git.in_rebase(r), file=open(sys.argv[1], "a"))
"""


def hook(repo: Repo, name: str, code: str, *arguments: str | Path) -> None:
    """Install a hook that runs Python code of ours."""
    argv = [sys.executable, "-c", code, *map(str, arguments)]
    path = repo.path / repo.git("rev-parse", "--git-path", "hooks") / name
    path.write_text(f"#!/bin/sh\nexec {shlex.join(argv)}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("where", [".", "a", "a/b"])
def test_discover(repo: Repo, where: str) -> None:
    """From the top or below, before the first commit and after it."""
    (repo.path / "a" / "b").mkdir(parents=True)
    for commits in (0, 1):
        head = repo.commit("One") if commits else ""
        with opened(repo, where) as found:
            assert (found.top, found.git_dir) == (repo.path, repo.path / ".git")
            assert (found.common_dir, found.head) == (repo.path / ".git", head)
            assert (found.name, found.state) == ("app", repo.path / ".git" / "imagebump")
            assert refs.branch(found) == "main"


@pytest.mark.parametrize("name", ["a\u2028b", "a\x85b", "a\x0bb", "a\rb", "a b"])
def test_discover_in_a_directory_with_an_odd_name(tmp_path: Path, repo: Repo, name: str) -> None:
    """Only a newline ends a line of git's answer."""
    odd = Repo.make(tmp_path / name, repo.env)
    with opened(odd) as found:
        assert (found.top, found.common_dir) == (odd.path, odd.path / ".git")


def test_discover_in_a_linked_worktree(repo: Repo) -> None:
    """It has HEAD and branch of its own; name and state are those of the main one."""
    head = repo.commit("One", a="1")
    repo.git("worktree", "add", "-q", "-b", "topic", "../linked")
    with opened(Repo(repo.path.parent / "linked", repo.env)) as found:
        assert found.top == repo.path.parent / "linked"
        assert found.git_dir == repo.path / ".git" / "worktrees" / "linked"
        assert (found.common_dir, found.name) == (repo.path / ".git", "app")
        assert (found.head, refs.branch(found)) == (head, "topic")


def test_discover_in_a_submodule(repo: Repo, tmp_path: Path) -> None:
    """It is a repository of its own, with the name that it has in the outer one."""
    Repo.make(tmp_path / "library", repo.env).commit("One", a="1")
    repo.git("submodule", "--quiet", "add", "../library", "parts/lib")
    with opened(repo, "parts/lib") as found:
        assert found.top == repo.path / "parts" / "lib"
        assert found.git_dir == found.common_dir == repo.path / ".git/modules/parts/lib"
        assert found.name == "lib"


def test_discover_in_a_directory_with_a_newline(tmp_path: Path, repo: Repo) -> None:
    """Its name is a part of paths like any other, before the first commit and after it."""
    odd = Repo.make(tmp_path / "my\napp\n", repo.env)
    with opened(odd) as found:
        assert (found.top, found.common_dir, found.head) == (odd.path, odd.path / ".git", "")
    commit = odd.commit("One", **{".imagebump.toml": 'registry = "r.io"\n'})
    with opened(odd) as found:
        assert (found.top, found.git_dir, found.head) == (odd.path, odd.path / ".git", commit)
        config = Snapshot(found, commit).config("", {})
    assert config is not None
    assert config.repository == "my-app"


def test_discover_where_there_is_no_working_tree(repo: Repo, tmp_path: Path) -> None:
    """Outside a repository, in a bare one, and in .git."""
    repo.git("init", "--quiet", "--bare", tmp_path / "bare.git")
    for where in (tmp_path, tmp_path / "bare.git", repo.path / ".git"):
        with pytest.raises(UserError) as caught:
            git.discover(where, repo.env)
        assert str(caught.value) == f"{where} is not in a Git working tree. Run: git init"


@pytest.mark.parametrize(
    ("commit", "amending"),
    [
        (["commit", "-qm", "x"], False),
        (["commit", "-q", "-a", "-m", "x"], False),
        (["commit", "-q", "--amend", "-m", "x"], True),
        (["commit", "-q", "--am", "-m", "x"], True),
        (["-c", "core.abbrev=9", "commit", "-q", "--no-edit", "--amend"], True),
        (["fix"], True),
        (["commit", "-qm", "--amend the law"], False),
        (["commit", "-q", "--message=--amend", "--", "a"], False),
    ],
)
def test_a_hook_sees_the_commit(repo: Repo, commit: list[str], amending: bool) -> None:
    """Whether it amends is told from the arguments of the git that runs the hook."""
    head = repo.commit("One", a="1")
    repo.git("config", "alias.fix", "commit -q --amend --no-edit")
    hook(repo, "pre-commit", SEEN, repo.path / "seen")
    repo.write("a", "2")
    repo.git("add", "a")
    repo.git(*commit)
    assert (repo.path / "seen").read_text() == (
        f"{repo.path} {repo.path}/.git {repo.path}/.git app {head} main {amending} True False\n"
    )


def test_a_hook_in_a_worktree(repo: Repo) -> None:
    """Git gives it GIT_DIR and an index of its own; a rebase is seen in that worktree only."""
    repo.commit("One", a="1")
    repo.git("worktree", "add", "-q", "-b", "topic", "../linked")
    linked = Repo(repo.path.parent / "linked", repo.env)
    hook(repo, "pre-commit", SEEN, repo.path / "seen")
    linked.commit("Two", a="2")
    (repo.path / ".git" / "rebase-merge").mkdir()
    linked.commit("Three", a="3")
    repo.commit("Four", b="4")
    rows = [line.split() for line in (repo.path / "seen").read_text().splitlines()]
    assert [row[0] for row in rows] == [str(linked.path)] * 2 + [str(repo.path)]
    assert [row[-1] for row in rows] == ["False", "False", "True"]


def test_nobody_commits(repo: Repo) -> None:
    """By hand there is neither a commit nor an amend."""
    with opened(repo) as found:
        assert not git.in_commit(found)
        assert not git.in_rebase(found)
    assert not running.is_amending()


def test_branches(repo: Repo) -> None:
    """A detached HEAD is on none; origin/HEAD names the default one."""
    head = repo.commit("One", a="1")
    repo.git("switch", "-q", "-c", "feature/ö")
    with opened(repo) as found:
        assert refs.branch(found) == "feature/ö"
        assert refs.default_branch(found) == ""
    repo.git("update-ref", "refs/remotes/origin/trunk", head)
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    repo.git("switch", "-q", "--detach")
    with opened(repo) as found:
        assert refs.branch(found) == ""
        assert refs.default_branch(found) == "trunk"


def test_resolve(repo: Repo) -> None:
    """Names of commits give full hashes; of tags the commit; anything else is an error."""
    first, second = repo.commit("One", a="1"), repo.commit("Two", a="2")
    repo.git("tag", "-a", "-m", "x", "v1", first)
    with opened(repo) as found:
        names = ("HEAD", "HEAD~1", "v1", second[:9])
        assert [git.resolve(found, name) for name in names] == [second, first, first, second]
        assert [refs.parents(found, name) for name in (second, first)] == [[first], []]
        for name in ("nowhere", "", "HEAD:a", "--all", "f" * 40):
            with pytest.raises(UserError, match="is not a commit of"):
                git.resolve(found, name)


NAMES = [b"a", b"a b", b"b\nc", b"d\t\"'\\", b"d/e", b"\xff\xfe", "ö/日本".encode()]


def test_entries(repo: Repo) -> None:
    """Every kind of path with its mode, in the index and in a commit alike."""
    for name in map(os.fsdecode, NAMES):
        repo.write(name, os.fsencode(name))
    (repo.path / "a").chmod(0o755)
    (repo.path / "link").symlink_to("nowhere")
    repo.git("add", "-A")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    expected = {os.fsdecode(name): "100644" for name in NAMES}
    expected |= {"a": "100755", "link": "120000", "sub": "160000"}
    with opened(repo) as found:
        staged = git.entries(found, INDEX)
        assert {entry.path: entry.mode for entry in staged} == expected
        assert [os.fsencode(e.path) for e in staged] == sorted(map(os.fsencode, expected))
        for entry in staged:
            if entry.mode in ("100644", "100755"):
                data = found.blobs.read(entry.oid)
                assert data == os.fsencode(entry.path)
    commit = repo.commit("One")
    with opened(repo, "d") as found:
        assert git.entries(found, commit) == staged


def test_entries_of_paths(repo: Repo) -> None:
    """Literal paths: an index gives what lies below them, a commit the entries themselves."""
    commit = repo.commit("One", **{"a/b": "1", "a/c": "1", "*": "1", "d": "1"})
    with opened(repo) as found:
        assert [e.path for e in git.entries(found, INDEX, ["a", "*"])] == ["*", "a/b", "a/c"]
        assert [(e.mode, e.path) for e in git.entries(found, commit, ["a", "*", "no"])] == [
            ("100644", "*"),
            ("040000", "a"),
        ]


def test_staged_changes(repo: Repo) -> None:
    """Each path that differs, with both modes; the working tree does not count."""
    base = repo.commit("One", a="1", b="1", c="1", x="1")
    repo.git("rm", "-q", "a")
    (repo.path / "b").chmod(0o755)
    (repo.path / "c").unlink()
    (repo.path / "c").symlink_to("b")
    for name in ("d\ne", "ö"):
        repo.write(name, "1")
    repo.git("add", "-A")
    repo.write("x", "not staged")
    repo.write("later", "1")
    repo.git("add", "--intent-to-add", "later")
    new, file, link = "000000", "100644", "120000"
    with opened(repo) as found:
        assert [change[:3] for change in git.changes(found, base)] == [
            (file, new, "a"),
            (file, "100755", "b"),
            (file, link, "c"),
            (new, file, "d\ne"),
            (new, file, "ö"),
        ]
        assert [one.comes_or_goes for one in git.changes(found, base)] == [
            True, False, False, True, True,
        ]  # fmt: skip
        assert found.read(INDEX, "later") is None, "no commit would hold it"
        everything = {one.path for one in git.changes(found, "")}
    assert everything == {"b", "c", "d\ne", "ö", "x"}


def test_what_the_user_has_not_staged(repo: Repo) -> None:
    """An edit that is not staged, and a path that Git ignores."""
    repo.commit("One", a="1", **{".gitignore": "*.log\n"})
    with opened(repo) as found:
        assert not git.has_unstaged_edit(found, "a")
        repo.write("a", "2")
        assert git.has_unstaged_edit(found, "a")
        assert [git.is_ignored(found, path) for path in ("a.log", "b/a.log", "b")] == [
            True, True, False,
        ]  # fmt: skip


def test_commits_of_path(repo: Repo) -> None:
    """On the first-parent line, the newest first, a merge counted where it brings the change."""
    first = repo.commit("One", VERSION="1")
    repo.git("switch", "-q", "-c", "topic")
    repo.commit("Two", VERSION="2")
    repo.commit("Three", VERSION="3")
    repo.git("switch", "-q", "main")
    repo.commit("Other", a="1")
    repo.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    merge = repo.git("rev-parse", "HEAD")
    with opened(repo) as found:
        assert git.commits_of_path(found, "HEAD", "VERSION", 20) == [merge, first]
        assert git.commits_of_path(found, "HEAD", "VERSION", 1) == [merge]
        assert git.commits_of_path(found, "HEAD", "V*", 20) == []


STAGE = """\
from pathlib import Path
from imagebump import git, staging
Path("VERSION").write_text("2")
staging.stage(git.discover(), "VERSION")
"""


@pytest.mark.parametrize(
    "commit", [["commit", "-qm", "x", "a"], ["commit", "-qam", "x"], ["commit", "-qm", "x"]]
)
def test_stage(repo: Repo, commit: list[str]) -> None:
    """Whatever index the commit uses, the file is in the commit and nothing is left over."""
    repo.commit("One", VERSION="1", a="1", b="1")
    hook(repo, "pre-commit", STAGE)
    repo.write("a", "2")
    repo.write("b", "2")
    repo.git("add", "a")
    repo.git(*commit)
    everything = "-qam" in commit
    assert repo.git("diff", "--name-only", "HEAD~1", "HEAD").split() == [
        "VERSION", "a", *(["b"] if everything else []),
    ]  # fmt: skip
    assert repo.git("status", "--porcelain") == ("" if everything else " M b")


def test_stage_beside_what_is_staged(repo: Repo) -> None:
    """`git commit PATH` leaves the rest of the index as it was."""
    repo.commit("One", VERSION="1", a="1", b="1")
    hook(repo, "pre-commit", STAGE)
    repo.write("a", "2")
    repo.write("b", "2")
    repo.git("add", "b")
    repo.git("commit", "-qm", "x", "a")
    assert repo.git("diff", "--name-only", "HEAD~1", "HEAD").split() == ["VERSION", "a"]
    assert repo.git("status", "--porcelain") == "M  b"


READY = """\
from pathlib import Path
from imagebump import git, staging
repository = git.discover()
with staging.ready(repository):
    if Path("bump").exists():
        Path("VERSION").write_text(Path("bump").read_text())
        staging.stage(repository, "VERSION")
        assert repository.stager is None
    else:
        assert repository.stager is not None
"""


def test_stage_into_a_large_index(repo: Repo) -> None:
    """Git is started early, and writes nothing where there is nothing to stage."""
    for number in range(12_000):
        repo.write(f"many/{number // 1000}/of-these-files-{number:06}", "")
    repo.git("add", "-A")
    repo.commit("One", VERSION="1", a="1", b="1")
    hook(repo, "pre-commit", READY)
    repo.commit("Two", a="2")
    assert repo.git("diff", "--name-only", "HEAD~1", "HEAD") == "a"
    for number, how in enumerate((["-qm", "x", "a"], ["-qam", "x"], ["-qm", "x"])):
        repo.write("bump", f"{number}")
        repo.write("a", f"{number}")
        repo.git("add", "bump", "a")
        repo.git("commit", *how)
        assert repo.read("VERSION") == f"{number}"
        repo.git("commit", "-qm", "the rest", "--allow-empty", "--no-verify")
        assert repo.git("status", "--porcelain") == ""


def test_stage_where_the_early_git_fails(repo: Repo) -> None:
    """It may have found the index locked for a moment: another one stages."""
    repo.commit("One", VERSION="1")
    repo.write("VERSION", "2")
    with opened(repo) as found:
        found.stager = process.pipe(["git", "update-index", "--no-such-option"], env=repo.env)
        staging.stage(found, "VERSION")
    assert repo.git("diff", "--cached", "--name-only") == "VERSION"


def test_what_the_index_holds(repo: Repo) -> None:
    """The same before and after it was compared with HEAD."""
    for head in (False, True):
        if head:
            repo.commit("One", same="1", new="1", gone="1", link="1", unmerged="1")
        repo.write("new", "2")
        (repo.path / "link").unlink(missing_ok=True)
        (repo.path / "link").symlink_to("new")
        repo.git("add", "new", "link")
        repo.git("rm", "-q", "--cached", "--ignore-unmatch", "gone")
        info = "\n".join(
            f"100644 {repo.git('hash-object', '-w', 'new')} {stage}\tunmerged"
            for stage in (1, 2, 3)
        )
        repo.run("git", "update-index", "--index-info", stdin=f"0 {'0' * 40}\tunmerged\n{info}\n")
        names = ("same", "new", "gone", "link", "unmerged", "nowhere")
        with opened(repo) as found:
            before = [found.read(INDEX, name) for name in names]
            assert before == [b"1" if head else None, b"2", None, b"new", None, None]
            assert git.changes(found, found.head)
            assert [found.read(INDEX, name) for name in names] == before


def test_changes_since_an_earlier_commit(repo: Repo) -> None:
    """What HEAD changed and what is staged, together; what was taken back does not count."""
    first = repo.commit("One", a="1", b="1", c="1")
    repo.commit("Two", a="2", b="2", d="1")
    repo.write("a", "1")
    repo.write("c", "2")
    repo.git("rm", "-q", "d")
    repo.git("add", "a", "c")
    with opened(repo) as found:
        assert [change.path for change in git.changes(found, first)] == ["b", "c"]


def test_a_worktree_that_is_gone(repo: Repo) -> None:
    """What was begun there goes on."""
    commit = repo.commit("One", a="1")
    oid = repo.git("rev-parse", "HEAD:a")
    repo.git("worktree", "add", "-q", "-b", "topic", "../linked")
    with opened(Repo(repo.path.parent / "linked", repo.env)) as found:
        assert found.blobs.read(oid) == b"1"
        shutil.rmtree(found.top)
        assert found.blobs.sizes([oid]) == [1]
        assert [entry.path for entry in git.entries(found, commit)] == ["a"]


@pytest.mark.parametrize("question", ["read", "sizes"])
def test_a_remote_that_never_answers(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """A partial clone is not waited for without end, and answers afterwards what it can."""
    repo.commit("One", a="1")
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = ("--quiet", "--no-checkout", "--filter=blob:none")
    repo.git("clone", *partial, f"file://{repo.path}", tmp_path / "clone")
    clone = Repo(tmp_path / "clone", repo.env)
    with socket.create_server(("127.0.0.1", 0)) as silent, opened(clone) as found:
        clone.git("config", "remote.origin.url", f"git://127.0.0.1:{silent.getsockname()[1]}/app")
        oid = repo.git("rev-parse", "HEAD:a")
        line = r"^git cat-file did not answer within"
        with monkeypatch.context() as impatient:
            impatient.setattr(blobs, "_PATIENCE", 0.5)
            with pytest.raises(UnavailableError, match=line):
                found.blobs.read("HEAD:a") if question == "read" else found.blobs.sizes([oid])
        assert found.blobs.id("HEAD") == found.head
        assert found.blobs.read("HEAD", b"commit")


def test_blobs(repo: Repo) -> None:
    """Content by name or id; None for what is none, however it is asked for."""
    commit = repo.commit("One", a="1\n", empty="", **{"b c": b"\0\xff\n"})
    with opened(repo) as found:
        read = found.blobs.read
        assert read("HEAD:a") == read(":a") == read(f"{commit}:a") == b"1\n"
        assert (read("HEAD:b c"), read(":empty")) == (b"\0\xff\n", b"")
        for name in ("HEAD:nowhere", ":nowhere", "nowhere:a", "HEAD", "HEAD:", "f" * 40, "x y z"):
            assert read(name) is None
        assert read(":a") == b"1\n"  # nothing is left over from what was none
        with pytest.raises(UserError, match="the name holds a newline"):
            read("HEAD:a\nHEAD:b")


def test_a_blob_in_chunks(repo: Repo) -> None:
    """More than one chunk comes whole, and the next object after it."""
    data = bytes(range(256)) * 12288
    repo.commit("One", big=data, a="1")
    with opened(repo) as found:
        size, chunks = found.blobs.stream("HEAD:big")
        assert (size, b"".join(chunks)) == (len(data), data)
        assert found.blobs.read("HEAD:a") == b"1"
        with pytest.raises(UserError, match=r"^the object f+ is missing"):
            found.blobs.stream("f" * 40)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_blob_that_nobody_reads_to_its_end(repo: Repo, count: int) -> None:
    """The next object is itself, not what was left of the one before: a build may break off."""
    repo.commit("One", big=bytes(range(256)) * 12288, a="1\n")
    with opened(repo) as found:
        _, chunks = found.blobs.stream("HEAD:big")
        for _ in range(count):
            next(chunks)
        assert found.blobs.read("HEAD:a") == b"1\n"
        assert found.blobs.read("HEAD:nowhere") is None


def test_the_reader_ends_early(repo: Repo) -> None:
    """One line says what to type."""
    with opened(repo) as found:
        env = {**found.env, "GIT_DIR": "/nowhere"}
        reader = Blobs(lambda: found.top, env)
        for _ in range(2):  # the second time, nobody is there to be asked
            with pytest.raises(UserError, match=r"may be damaged\. Run: git fsck"):
                reader.read("HEAD:a")
        reader.close()


def test_ask_says_what_git_said(repo: Repo) -> None:
    """The last line of its standard error."""
    with opened(repo) as found, pytest.raises(UserError) as caught:
        found.ask("rev-parse", "--verify", "nowhere")
    assert str(caught.value) == "git rev-parse failed: fatal: Needed a single revision"


def test_entry_of_a_tree_in_a_listing(repo: Repo) -> None:
    """The object's id is read from either listing."""
    commit = repo.commit("One", **{"a/b": "1"})
    tree = repo.git("rev-parse", "HEAD:a")
    with opened(repo) as found:
        assert git.entries(found, commit, ["a"]) == [Entry("040000", tree, "a")]
