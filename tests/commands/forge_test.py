"""The README's recipe for a team on a forge, run as it stands there: local clones, and a bare remote."""

import os
import sys
from pathlib import Path

import pytest
import yaml

from harness import CHECKOUT, Repo

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
CONFIG = 'registry = "r.io"\n[publish]\non = "manual"\n'
WAYS = {
    "squash": ["git merge --quiet --squash topic", "git commit --quiet -m Squashed"],
    "merge commit": ["git merge --quiet --no-ff --no-edit topic"],
    "rebase merge": ["git rebase --quiet main topic", "git switch --quiet main", "git merge --quiet topic"],
}  # fmt: skip


def recipe() -> str:
    """What CI runs before it publishes."""
    blocks = [block.split("```")[0] for block in README.split("```yaml\n")[1:]]
    text = next(block for block in blocks if "patch --commit" in block)
    commands = [step["run"] for step in yaml.safe_load(text)["steps"] if "run" in step]
    assert [command.split()[1] for command in commands] == ["check", "publish"]
    return str(commands[0])


@pytest.fixture
def forge(repo: Repo) -> Repo:
    """A clone that merges as a forge does, without hooks, of a bare remote that holds 1.0.0."""
    files = {"Dockerfile": "FROM a\nCOPY a b /x/\n", "VERSION": "1.0.0\n", "a": "1\n", "b": "1\n"}
    repo.commit("One", other="1", **files, **{".imagebump.toml": CONFIG})
    repo.git("clone", "--quiet", "--bare", ".", "../remote.git")
    repo.git("remote", "add", "origin", "../remote.git")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return repo.having(PATH=path)


def merge(forge: Repo, way: str, **files: str) -> None:
    """A pull request of one commit a file, merged on top of what another one has brought, and pushed."""
    forge.git("pull", "--quiet", "--ff-only", "origin", "main")
    forge.git("switch", "--quiet", "-C", "topic")
    for name, text in files.items():
        forge.commit(f"Change {name}", **{name: text})
    forge.git("switch", "--quiet", "main")
    for command in WAYS[way]:
        forge.run("sh", "-c", command)
    forge.git("push", "--quiet", "origin", "main")


def ci(forge: Repo, number: int) -> str:
    """What CI leaves as VERSION on the remote, from a fresh clone with a detached HEAD."""
    forge.git("clone", "--quiet", "../remote.git", f"../ci{number}")
    clone = Repo(forge.path.parent / f"ci{number}", forge.env)
    clone.git("switch", "--quiet", "--detach")
    clone.run("sh", "-c", recipe())
    clone.git("fetch", "--quiet", "origin")
    assert clone.git("rev-parse", "HEAD") == clone.git("rev-parse", "origin/main")
    return clone.read("VERSION").strip()


@pytest.mark.parametrize("way", WAYS)
def test_the_recipe(forge: Repo, way: str) -> None:
    """Every merge that changes the image has a number of its own, once; the others have none."""
    merge(forge, way, a="2\n", b="2\n")
    assert ci(forge, 1) == "1.0.1"
    assert ci(forge, 2) == "1.0.1"
    merge(forge, way, other="2\n")
    assert ci(forge, 3) == "1.0.1"
    merge(forge, way, a="3\n", VERSION="1.1.0\n")
    assert ci(forge, 4) == "1.1.0"
    merge(forge, way, b="4\n")
    assert ci(forge, 5) == "1.1.1"


def test_a_commit_that_fails(forge: Repo) -> None:
    """One line says what stays, and nothing is lost."""
    hook = forge.write(".git/hooks/pre-commit", "#!/bin/sh\necho no way >&2\nexit 1\n")
    hook.chmod(0o755)
    ran = forge.run("imagebump", "patch", "--commit", status=1)
    said = "imagebump: VERSION is staged, but git commit failed: no way. "
    assert ran.err == f"{said}Mend that, then run: git commit\n"
    assert forge.git("status", "--porcelain") == "M  VERSION"
