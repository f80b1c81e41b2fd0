"""Where HEAD is, in each of the ways in which Git keeps references."""

from pathlib import Path

import pytest

from harness import Repo
from imagebump import git, refs


@pytest.fixture(params=["files", "reftable"])
def app(
    request: pytest.FixtureRequest, tmp_path: Path, isolated_environment: dict[str, str]
) -> Repo:
    """A repository of one commit, with its references in files or in tables."""
    made = Repo(tmp_path, isolated_environment)
    if made.run("git", "init", f"--ref-format={request.param}", "app", status=None).status:
        if request.param == "reftable":
            pytest.skip("this Git is older than 2.45, and knows no reftable")
        made.git("init", "app")
    there = Repo(tmp_path / "app", isolated_environment)
    there.commit("One", a="1")
    return there


def branch(repo: Repo) -> str:
    """The branch that is found."""
    return refs.branch(git.discover(repo.path, repo.env))


def test_the_branch_of_head(app: Repo) -> None:
    """Each worktree's own; none where HEAD is detached."""
    assert branch(app) == "main"
    app.git("switch", "--quiet", "-c", "feature/ä")
    assert branch(app) == "feature/ä"
    app.git("worktree", "add", "--quiet", "../tree", "main")
    assert branch(Repo(app.path.parent / "tree", app.env)) == "main"
    app.git("switch", "--quiet", "--detach")
    assert branch(app) == ""


def test_the_default_branch(app: Repo) -> None:
    """The one that origin/HEAD leads to."""
    assert refs.default_branch(git.discover(app.path, app.env)) == ""
    app.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert refs.default_branch(git.discover(app.path, app.env)) == "trunk"
