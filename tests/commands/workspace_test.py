"""What a repository lacks before anything becomes an image: one thing after the other, to the end."""

import pytest

from harness import Repo
from imagebump import git
from imagebump.commands import workspace
from repositories import opened

FILE = ".imagebump.toml"
NEW = f"Run: echo 'registry = \"local\"' > {FILE} && git add {FILE}"

CONFIGS = {
    ".pre-commit-config.yaml": """\
default_install_hook_types: [pre-commit, post-commit]
repos:
  - repo: /nowhere
    rev: v1
    hooks:
      - id: imagebump-lint
      # - id: imagebump-bump
      - id: imagebump-publish
""",
    "lefthook.yml": """\
post-commit:
  jobs:
    - run: imagebump hook post-commit
pre-commit:
  jobs:
    - run: imagebump hook pre-commit
""",
}


def lacks(repo: Repo, rev: str = git.INDEX) -> str:
    """The line that a user reads; "" where nothing is missing."""
    with opened(repo) as repository:
        return str(workspace.lacking(repository, rev) or "")


def test_from_nothing_to_an_image(repo: Repo) -> None:
    """Whoever types what each line says gets to the end."""
    index = f"is not in the index of {repo.path}"
    assert lacks(repo) == f"{FILE} {index}. {NEW}"
    repo.run("sh", "-c", NEW.removeprefix("Run: "))
    assert lacks(repo) == f"Dockerfile {index}. Write a Dockerfile, then run: git add Dockerfile"
    repo.write("Dockerfile", "FROM a\n")
    assert lacks(repo) == f"Dockerfile {index}. Run: git add Dockerfile"
    repo.git("add", "Dockerfile")
    assert lacks(repo) == ""


@pytest.mark.parametrize("other", ["docker/Dockerfile", "Containerfile", "dockerfile"])
def test_a_dockerfile_that_is_called_otherwise(repo: Repo, other: str) -> None:
    """Whoever has one need not write another: the nearest to the top is named."""
    files = {"app/x/Dockerfile": "FROM a\n", other: "FROM a\n", "a/Dockerfile.md": "FROM a\n"}
    repo.commit("One", **{FILE: 'registry = "r.io"\n', **files})
    new = f'build.dockerfile = "{other}"'
    hint = f"Add to the configuration: {new}"
    assert lacks(repo) == f"Dockerfile is not in the index of {repo.path}. {hint}"
    repo.commit("Two", **{FILE: f'registry = "r.io"\n{new}\n'})
    assert lacks(repo) == ""


def test_what_a_commit_lacks(repo: Repo) -> None:
    """What is staged by now waits for the next commit."""
    one = repo.commit("One", a="1")
    assert lacks(repo, one) == f"{FILE} is not in commit {one[:7]}. {NEW}"
    repo.write(FILE, 'registry = "r.io"\n[build]\ndockerfile = "d/app.dockerfile"\n')
    assert lacks(repo, one) == f"{FILE} is not in commit {one[:7]}. Run: git add {FILE}"
    repo.git("add", FILE)
    assert lacks(repo, one) == f"{FILE} is not in commit {one[:7]}. It is staged. Run: git commit"
    two = repo.commit("Two")
    assert lacks(repo, two) == (
        f"d/app.dockerfile is not in commit {two[:7]}. "
        "Write a Dockerfile, then run: git add d/app.dockerfile"
    )
    assert lacks(repo, repo.commit("Three", **{"d/app.dockerfile": "FROM a\n"})) == ""


def test_a_configuration_that_is_invalid(repo: Repo) -> None:
    """It is what stands in the way."""
    repo.commit("One", **{FILE: "registry = 1\n"})
    assert lacks(repo) == f"{FILE}: registry = 1, expected a string in quotes"


def test_install_says_what_is_missing(repo: Repo) -> None:
    """Hooks that do nothing yet say what they wait for, and nothing where they wait for nothing."""
    ran = repo.run("imagebump", "install")
    assert ran.out.startswith("hooks in ")
    assert ran.err == (
        f"imagebump: no commit becomes an image yet: {FILE} is not in the index of {repo.path}. {NEW}\n"
    )
    repo.commit(
        "One", Dockerfile="FROM a\n", **{FILE: 'registry = "r.io"\n[publish]\non = "manual"\n'}
    )
    assert repo.run("imagebump", "install").err == ""


def test_uninstall_takes_away_what_install_wrote(repo: Repo) -> None:
    """And nothing else: not what somebody has added to one of our hooks, and no other hook or setting."""
    files = {"Dockerfile": "FROM a\n", FILE: 'registry = "r.io"\n[publish]\non = "manual"\n'}
    repo.commit("One", **files)
    hooks = repo.path / ".git" / "hooks"
    repo.write(".git/hooks/post-checkout", "#!/bin/sh\n")
    before = {path.name for path in hooks.iterdir()}
    config = repo.git("config", "--local", "--list")
    repo.run("imagebump", "install")
    with (hooks / "pre-push").open("a") as file:
        file.write("echo mine\n")
    said = repo.run("imagebump", "uninstall").out.splitlines()
    assert said[0].startswith(f"removed from {hooks}: pre-commit, ")
    assert said[1].startswith(f"left: {hooks}/pre-push does more than run imagebump. ")
    assert said[2] == "removed from git config: imagebump.python"
    forget = f"rm -r {repo.path}/.git/imagebump"
    assert said[3:] == [f"left: what is trusted. To forget that, run: {forget}"]
    assert {path.name for path in hooks.iterdir()} == {*before, "pre-push"}
    assert repo.git("config", "--local", "--list") == config
    assert (repo.path / ".git" / "imagebump" / "trusted").exists()
    assert "removed" not in repo.run("imagebump", "uninstall").out
    repo.git("config", "core.hooksPath", "/elsewhere")
    theirs = (
        "left: core.hooksPath is /elsewhere, outside this repository: other repositories use it too"
    )
    assert repo.run("imagebump", "uninstall").out.splitlines()[0] == theirs


def test_uninstall_where_our_directory_is_the_path_of_hooks(repo: Repo) -> None:
    """It says how to go without, and so it is."""
    repo.git(
        "config", "core.hooksPath", repo.run("imagebump", "install", "--print-hooks").out.strip()
    )
    command = "git config --local core.hooksPath .git/hooks"
    said = repo.run("imagebump", "uninstall").out
    assert said.endswith(f" use it too. To go without it here, run: {command}\n")
    repo.git(*command.split()[1:])
    assert "left: core.hooksPath" not in repo.run("imagebump", "uninstall").out


def test_uninstall_of_nothing(repo: Repo) -> None:
    """It lists nothing that is not there."""
    said = f"nothing of imagebump is installed in {repo.path}/.git\n"
    assert repo.run("imagebump", "uninstall").out == said


@pytest.mark.parametrize(
    ("manager", "file", "named"),
    [
        ("pre-commit", ".pre-commit-config.yaml", "imagebump-lint, imagebump-publish"),
        ("prek", ".pre-commit-config.yaml", "imagebump-lint, imagebump-publish"),
        ("lefthook", "lefthook.yml", "imagebump at post-commit, pre-commit"),
    ],
)
def test_uninstall_names_what_a_hook_manager_runs(
    repo: Repo, manager: str, file: str, named: str
) -> None:
    """What the repository asks for is not ours to change: it is said where it stands."""
    repo.write(file, CONFIGS[file])
    repo.run(manager, "install")
    hooks = sorted((repo.path / ".git" / "hooks").iterdir())
    said = repo.run("imagebump", "uninstall").out.splitlines()
    assert said[0] == (
        f"left: {file} names {named}. Take that out of it; "
        f"where nothing else in it is wanted, run: {manager} uninstall"
    )
    assert sorted((repo.path / ".git" / "hooks").iterdir()) == hooks
    repo.run(manager, "uninstall")
    assert not (repo.path / ".git" / "hooks" / "pre-commit").exists()
