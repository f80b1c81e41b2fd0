"""The Git tag of a release: on a commit, once, never moved, and the same in every clone."""

import pytest

from builds import Told
from harness import Repo
from imagebump import refs, releases
from imagebump.errors import UserError
from repositories import opened

NOWHERE = "0" * 39 + "1"


def tag(repo: Repo, commit: str, version: str = "1.0.0") -> list[str]:
    """What is logged."""
    log = Told()
    with opened(repo) as repository:
        releases.tag(repository, version, commit, log)
    return log.lines


def test_a_tag_has_the_committer_and_the_time_of_its_commit(repo: Repo) -> None:
    """Whatever the time is, whoever makes it, and however tags are configured."""
    there = repo.having(GIT_COMMITTER_DATE="2020-01-02T03:04:05+0600", GIT_COMMITTER_NAME="Bäcker")
    commit = there.commit("One", a="1")
    repo.git("config", "tag.gpgSign", "true")
    assert tag(repo, commit, "1.0.0-rc.1") == [f"git tag v1.0.0-rc.1 on {commit[:7]}"]
    assert repo.git("cat-file", "tag", "v1.0.0-rc.1") == (
        f"object {commit}\ntype commit\ntag v1.0.0-rc.1\n"
        "tagger Bäcker <charles@example.com> 1577912645 +0600\n\nVersion 1.0.0-rc.1"
    )
    assert repo.git("describe") == "v1.0.0-rc.1"
    repo.git("fsck", "--strict")


def test_one_of_several_images(repo: Repo) -> None:
    """Each has tags of its own."""
    commit = repo.commit("One", a="1")
    tag(repo, commit, "api/1.0.0")
    tag(repo, commit, "web/1.0.0")
    assert repo.git("tag").split() == ["api/v1.0.0", "web/v1.0.0"]
    assert "\n\nVersion 1.0.0 of api" in repo.git("cat-file", "tag", "api/v1.0.0")


def test_two_clones_make_the_same_tag(repo: Repo) -> None:
    """Both may push it."""
    commit = repo.commit("One", a="1")
    repo.git("clone", "--quiet", ".", "../other")
    other = Repo(repo.path.parent / "other", repo.env).having(GIT_COMMITTER_NAME="Somebody")
    tag(repo, commit)
    tag(other, commit)
    assert repo.git("rev-parse", "v1.0.0") == other.git("rev-parse", "v1.0.0")
    other.git("push", "--quiet", "origin", "v1.0.0")


def test_a_tag_that_is_there_is_none_to_speak_of(repo: Repo) -> None:
    """A second publication of the same commit, or a light tag made by hand."""
    commit = repo.commit("One", a="1")
    repo.git("tag", "v1.0.0")
    assert tag(repo, commit) == []
    assert repo.git("cat-file", "-t", "v1.0.0") == "commit"
    tag(repo, commit, "1.1.0")
    made = repo.git("rev-parse", "v1.1.0")
    assert tag(repo, commit, "1.1.0") == []
    assert repo.git("rev-parse", "v1.1.0") == made


def test_a_tag_on_another_commit_never_moves(repo: Repo) -> None:
    """One line says so."""
    one, two = repo.commit("One", a="1"), repo.commit("Two", a="2")
    tag(repo, one)
    assert tag(repo, two) == [
        f"git tag v1.0.0 is on {one[:7]} already, not on {two[:7]}, and is never moved"
    ]
    assert repo.git("rev-parse", "v1.0.0^{commit}") == one


def test_a_tag_that_comes_in_between_is_left_alone(repo: Repo) -> None:
    """Git itself refuses to write over one."""
    one, two = repo.commit("One", a="1"), repo.commit("Two", a="2")
    tag(repo, one)
    with opened(repo) as repository, pytest.raises(UserError):
        refs.tag(repository, "v1.0.0", two, "Version 1.0.0")
    assert repo.git("rev-parse", "v1.0.0^{commit}") == one


@pytest.mark.parametrize("commit", [NOWHERE, "main", "$(touch x)", "a\nb"])
def test_a_commit_that_is_not_here(repo: Repo, commit: str) -> None:
    """An image that was adopted says where it comes from, and may say anything."""
    repo.commit("One", a="1")
    (line,) = tag(repo, commit)
    assert line == f"no git tag v1.0.0: its commit {commit[:7]} is not in this clone"
    assert repo.git("tag") == ""


def test_what_git_refuses_is_said(repo: Repo) -> None:
    """A publication does not fail for it."""
    commit = repo.commit("One", a="1")
    repo.write(".git/refs/tags/v1.0.0.lock", "")
    (line,) = tag(repo, commit)
    assert line.startswith("no git tag v1.0.0: git update-ref failed: ")
