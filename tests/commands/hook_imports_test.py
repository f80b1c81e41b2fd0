"""A hook is on the developer's time: what each one loads."""

import json
import sys

import pytest

from harness import Repo, wait_for
from imagebump import files

ALLOWED = {"imagebump", "semver", "e2b_dockerfile_utils"}
HEAVY = {
    "asyncio",
    "docker",
    "email",
    "git",
    "http",
    "logging",
    "requests",
    "rich",
    "sqlite3",
    "ssl",
    "urllib3",
}
DRIVER = """\
import json, sys
before = set(sys.modules)
from imagebump import cli
status = cli.main(sys.argv[1:])
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
sys.exit(status)
"""


def loaded(repo: Repo, *arguments: str) -> set[str]:
    """The modules that `imagebump hook …` loads."""
    index = repo.having(GIT_INDEX_FILE=".git/index")  # as git sets it for its hooks
    ran = index.run(sys.executable, "-P", "-c", DRIVER, "hook", *arguments)
    return set(json.loads(ran.err.splitlines()[-1]))


@pytest.fixture
def project(repo: Repo) -> Repo:
    """A project with a staged change of its image."""
    text = 'registry = "r.io"\n[publish]\non = "manual"\n'
    repo.commit(
        "One", Dockerfile="FROM a\nCOPY a /x\n", VERSION="1.0.0\n", a="1", **{".imagebump.toml": text}
    )  # fmt: skip
    repo.write("a", "2")
    repo.git("add", "a")
    return repo


def third_parties(modules: set[str]) -> set[str]:
    """The top names that are neither ours nor the standard library's."""
    return {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - ALLOWED


@pytest.mark.parametrize(
    "hook", ["pre-commit", "bump", "lint", "pre-merge-commit", "prepare-commit-msg"]
)
def test_before_the_commit(project: Repo, hook: str) -> None:
    """The standard library, the Dockerfile parser and semver; of those nothing heavy."""
    modules = loaded(project, hook)
    assert third_parties(modules) == set()
    assert modules & HEAVY == set()
    changed = project.git("diff", "--cached", "--name-only").split()
    assert changed == (["VERSION", "a"] if hook in ("pre-commit", "bump") else ["a"])


def test_the_rules_are_loaded_where_the_dockerfile_changed(project: Repo) -> None:
    """Only then is there anything to lint."""
    assert "imagebump.lint" not in loaded(project, "pre-commit")
    project.write("Dockerfile", "FROM a\nCOPY a /y\n")
    project.git("add", "-A")
    modules = loaded(project, "pre-commit")
    assert "imagebump.lint" in modules
    assert third_parties(modules) | modules & HEAVY == set()


@pytest.mark.parametrize("hook", ["post-commit", "publish", "post-merge", "post-rewrite"])
def test_after_the_commit(project: Repo, hook: str) -> None:
    """A job is dropped, a worker started, and next to nothing loaded for it."""
    state = project.path / ".git" / "imagebump"
    modules = loaded(project, hook)
    wait_for(lambda: not list((state / "spool").iterdir()), 30, "the worker to take the job")
    with files.locked(state / "worker.lock", wait=True) as held:
        assert held, "the worker has ended"
    assert third_parties(modules) == set()
    assert modules & (HEAVY | ALLOWED) == {"imagebump"}
    assert modules & {"argparse", "dataclasses", "inspect", "tomllib"} == set()


@pytest.mark.parametrize("hook", ["pre-commit", "post-commit"])
def test_a_repository_that_is_not_configured(repo: Repo, hook: str) -> None:
    """It pays for next to nothing, and nothing is left in it."""
    repo.commit("One", a="1")
    modules = loaded(repo, hook)
    assert third_parties(modules) | modules & HEAVY == set()
    assert not (repo.path / ".git" / "imagebump").exists()
