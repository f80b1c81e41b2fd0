"""The harness keeps its promises."""

import os
from pathlib import Path

import pytest

from harness import Repo, free_port, wait_for


def test_no_home_but_ours(session_directory: Path) -> None:
    """Whatever looks for the user's files looks below the session's directory."""
    for name in ("HOME", "XDG_STATE_HOME", "DOCKER_CONFIG", "GIT_CONFIG_GLOBAL", "PRE_COMMIT_HOME"):
        assert Path(os.environ[name]).is_relative_to(session_directory)


def test_nothing_of_an_outer_git() -> None:
    """A test run inside a hook does not work on the repository of that hook."""
    assert not {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_AUTHOR_DATE"} & os.environ.keys()


def test_commit_writes_stages_and_commits(repo: Repo) -> None:
    """The files that are given are in the commit, as is the identity."""
    commit = repo.commit("One", VERSION="1.0.0\n", **{"a/b": "text\n"})
    assert repo.git("log", "--format=%H %an %cn %s") == f"{commit} Ada Lovelace Charles Babbage One"
    assert repo.read("a/b") == "text\n"
    assert repo.git("status", "--porcelain") == ""


def test_a_failure_shows_what_the_program_said(repo: Repo) -> None:
    """No failure passes unseen, unless the test expects just that status."""
    with pytest.raises(AssertionError, match="single revision"):
        repo.git("rev-parse", "--verify", "HEAD~1", "--")
    assert repo.run("git", "diff", "--no-index", "/dev/null", "/etc/passwd", status=1).out


def test_waiting_gives_the_first_true_value_or_says_what_for() -> None:
    """A condition is asked again until it holds, for so long and no longer."""
    answers = iter([0, 0, 7])
    assert wait_for(lambda: next(answers), 5, "seven") == 7
    with pytest.raises(AssertionError, match="for nothing"):
        wait_for(lambda: False, 0.05, "nothing")


def test_a_free_port_can_be_bound_twice() -> None:
    """It is free when it is given."""
    assert 1024 < free_port() < 65536
