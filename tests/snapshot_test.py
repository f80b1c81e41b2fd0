"""One view of an index or a commit, in which the working tree has no part."""

import pytest

from harness import Repo
from imagebump import context as build_context
from imagebump import git
from imagebump.config import Build
from imagebump.context import context, ignore_files, in_context
from imagebump.dockerfile.inputs import ignore_rules
from imagebump.errors import UserError
from imagebump.git import Entry
from imagebump.snapshot import Snapshot
from repositories import opened

CONFIG = 'registry = "r.io"\n[bump]\non = "all"\n'


def build(where: str = "", dockerfile: str = "Dockerfile") -> Build:
    """A build in the directory `where`."""
    return Build(where, dockerfile, "", {}, "")


def test_neither_view_sees_the_working_tree(repo: Repo) -> None:
    """A commit keeps what it had, the index has what is staged, edits and strays are nowhere."""
    commit = repo.commit("One", a="committed\n", b="b\n")
    repo.write("a", "staged\n")
    repo.write("c", "staged\n")
    repo.git("add", "-A")
    repo.write("a", "edited\n")
    repo.write("stray", "edited\n")
    (repo.path / "b").unlink()
    (repo.path / "c").chmod(0o755)
    with opened(repo) as repository:
        old, new = Snapshot(repository, commit), Snapshot(repository, git.INDEX)
        assert (old.read("a"), new.read("a")) == (b"committed\n", b"staged\n")
        assert [entry.path for entry in old.entries] == ["a", "b"]
        assert [(e.mode, e.path) for e in new.entries] == [
            ("100644", "a"), ("100644", "b"), ("100644", "c"),
        ]  # fmt: skip
        assert (new.read("stray"), new.read("b")) == (None, b"b\n")


def test_a_link_is_read_as_its_target(repo: Repo) -> None:
    """It is not followed."""
    (repo.path / "link").symlink_to("/etc/passwd")
    repo.git("add", "link")
    with opened(repo) as repository:
        assert Snapshot(repository, git.INDEX).read("link") == b"/etc/passwd"


def test_links_are_followed_within_the_snapshot(repo: Repo) -> None:
    """From one to the next, relative to where each lies; never out of the repository, or for ever."""
    links = {"a": "d/b", "d/b": "../c", "c": "d/e", "out": "../x", "root": "/etc/passwd",
             "circle": "circle", "lost": "nowhere"}  # fmt: skip
    repo.write("d/e", "end\n")
    for name, target in links.items():
        (repo.path / name).symlink_to(target)
    repo.git("add", "-A")
    with opened(repo) as repository:
        index = Snapshot(repository, git.INDEX)
        found = {name: index.followed(name) for name in ("a", "c", "d/e", "lost", "none")}
        assert found == {"a": "d/e", "c": "d/e", "d/e": "d/e", "lost": "nowhere", "none": "none"}
        for name in ("out", "root"):
            with pytest.raises(
                UserError, match=rf"^{name} is a symbolic link out of the repository, to "
            ):
                index.followed(name)
        with pytest.raises(UserError, match=r"^circle is a symbolic link in a circle$"):
            index.followed("circle")


def test_title(repo: Repo) -> None:
    """How messages call it."""
    with opened(repo) as repository:
        assert Snapshot(repository, git.INDEX).title == "the index"
        assert Snapshot(repository, "0123456789").title == "commit 0123456"


def test_configuration(repo: Repo) -> None:
    """Each view has its own; the repository's name is the default."""
    commit = repo.commit("One", **{".imagebump.toml": CONFIG})
    repo.write(".imagebump.toml", CONFIG.replace("all", "none"))
    repo.git("add", "-A")
    with opened(repo) as repository:
        found = [Snapshot(repository, rev).config("", {}) for rev in (commit, git.INDEX)]
        assert [one.bump.on for one in found if one] == ["all", "none"]
        assert [one.repository for one in found if one] == ["app", "app"]
        assert Snapshot(repository, "0" * 40).config("", {}) is None


@pytest.mark.parametrize(
    ("where", "path", "inside"),
    [
        ("", "a/b", "a/b"),
        ("a", "a/b", "b"),
        ("a/b", "a/b/c/d", "c/d"),
        ("a", "ab/c", None),
        ("a", "a", None),
        ("a", "b", None),
    ],
)
def test_in_context(where: str, path: str, inside: str | None) -> None:
    """Relative to the context, None for what lies outside."""
    assert in_context(build(where), path) == inside


def rules_of(repo: Repo, wanted: Build) -> list[str]:
    """The patterns that are in force for what is staged."""
    repo.git("add", "-A")
    with opened(repo) as repository:
        return list(build_context.ignore_rules(Snapshot(repository, git.INDEX), wanted).patterns)


def test_ignore_files(repo: Repo) -> None:
    """<Dockerfile>.dockerignore beside the Dockerfile wins over .dockerignore in the context."""
    wanted = build("app", "docker/web.dockerfile")
    assert ignore_files(wanted) == ("docker/web.dockerfile.dockerignore", "app/.dockerignore")
    repo.write(".dockerignore", "top\n")
    repo.write("docker/.dockerignore", "beside\n")
    assert rules_of(repo, wanted) == []
    repo.write("app/.dockerignore", "context\n")
    assert rules_of(repo, wanted) == ["context"]
    repo.write("docker/web.dockerfile.dockerignore", "")
    assert rules_of(repo, wanted) == []
    assert rules_of(repo, build()) == ["top"]


def test_an_invalid_rule_names_its_file(repo: Repo) -> None:
    """The one that it stands in."""
    repo.write("app/.dockerignore", "[\n")
    with pytest.raises(UserError, match=r"^app/\.dockerignore: Invalid ignore pattern"):
        rules_of(repo, build("app"))


@pytest.mark.parametrize(
    ("files", "rules", "where", "kept"),
    [
        ("a b/c", "", "", "a b/ b/c"),
        ("a/b/c/d", "", "", "a/ a/b/ a/b/c/ a/b/c/d"),
        ("a b", "a", "", "b"),
        ("a/x a/y", "a", "", ""),
        ("a/x a/y", "a/*", "", "a/"),
        ("a/x a/y", "**/x", "", "a/ a/y"),
        ("a/b/x", "a/b", "", "a/"),
        ("a/b/x", "**/x", "", "a/ a/b/"),
        ("a/x a/y", "a\n!a/y", "", "a/ a/y"),
        ("a/b/x a/b/y", "*\n!a/b/y", "", "a/ a/b/ a/b/y"),
        (".dockerignore Dockerfile", "*", "", ""),
        ("s/a s/t/b a sa/c", "", "s", "a t/ t/b"),
        ("s/a s/t/b", "t", "s", "a"),
        ("s/a s/t/b", "s", "s", "a t/ t/b"),
        ("s/a", "", "t", ""),
        ("", "", "", ""),
    ],
)
def test_context(files: str, rules: str, where: str, kept: str) -> None:
    """What docker would send: ignored files left out, their directories not unless ignored too."""
    entries = [Entry("100755", "1", path) for path in files.split()]
    found = context(entries, build(where), ignore_rules(rules.encode()))
    assert [f"{e.path}/" if e.mode == "040000" else e.path for e in found] == kept.split()
    assert {(e.mode, e.oid) for e in found} <= {("100755", "1"), ("040000", "")}
