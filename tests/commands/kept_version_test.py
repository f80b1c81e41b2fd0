"""What Git makes without the hook pre-commit, and a version that other content has: it is said at once."""

from collections.abc import Callable

import pytest

from harness import Repo

TEXT = 'registry = "127.0.0.1:1"\n[publish]\non = "manual"\n'
TYPED = "Run: imagebump patch --commit"


@pytest.fixture
def app(repo: Repo) -> Repo:
    """A project with the plain hooks, at 1.0.1, and a branch `side` from 1.0.0 with one commit more."""
    files = {".imagebump.toml": TEXT, "VERSION": "1.0.0\n", "Dockerfile": "FROM a\nCOPY app /x/\n"}
    repo.commit("One", **files, **{"app/a": "one\n"})
    repo.run("imagebump", "install")
    repo.git("switch", "--quiet", "-c", "side")
    repo.commit("Side", **{"app/side": "two\n"})
    repo.git("switch", "--quiet", "main")
    repo.commit("Two", **{"app/a": "two\n"})
    return repo


def a_cherry_pick(repo: Repo) -> str:
    """A clean one."""
    return repo.run("git", "cherry-pick", "side").err


def a_rebase(repo: Repo) -> str:
    """A commit with the number that upstream has given meanwhile."""
    repo.git("switch", "--quiet", "-C", "main", "side~1")
    repo.commit("Ours", **{"app/ours": "two\n"})
    return repo.run("git", "rebase", "ORIG").err


def a_fast_forward(repo: Repo) -> str:
    """To a branch that has no number of its own."""
    repo.git("switch", "--quiet", "-c", "ahead")
    repo.commit("Ahead", **{"app/ahead": "two\n"})
    repo.git("switch", "--quiet", "main")
    return repo.run("git", "merge", "ahead").err


@pytest.mark.parametrize("make", [a_cherry_pick, a_rebase, a_fast_forward])
def test_another_image_at_the_same_version(app: Repo, make: Callable[[Repo], str]) -> None:
    """One line says which commit has it, and what to type; that gives the next one, and silence."""
    app.git("branch", "ORIG")
    said = make(app)
    one, head = (app.git("rev-parse", rev)[:7] for rev in ("ORIG", "HEAD"))
    (line,) = (line for line in said.splitlines() if "imagebump: " in line)
    assert f"imagebump: {head} has 1.0.1 of {one}, and app/" in line
    assert line.endswith(f"differs: it is no release. {TYPED}")
    assert app.read("VERSION") == "1.0.1\n"
    app.run("imagebump", "patch", "--commit")
    assert app.read("VERSION") == "1.0.2\n"
    assert "no release" not in app.run("git", "merge", "--no-edit", "HEAD~1").err


def test_the_same_image(app: Repo) -> None:
    """A pick that no COPY reads is silent, and so is what is made on another branch."""
    app.git("switch", "--quiet", "-c", "other", "side")
    picked = app.run("git", "cherry-pick", "main").err
    app.commit("Other", README="two\n")
    app.git("switch", "--quiet", "main")
    assert "imagebump" not in picked + app.run("git", "cherry-pick", "other").err


@pytest.mark.parametrize(("refused", "told"), [("1.0.0", False), ("1.0.1", True)])
def test_a_version_that_was_refused_before(app: Repo, refused: str, told: bool) -> None:
    """The word that the worker has left is passed on, unless HEAD has a later version."""
    word = "the last publish (abc1234 1.0.0) was refused: reasons"
    app.write(".git/imagebump/failed", f"{word}\n{refused} VERSION\n")
    said = app.run("git", "commit", "--allow-empty", "-m", "Next").err.splitlines()
    assert (f"imagebump: {word}" in said) == told
    assert len(said) == 1 + told
