"""A commit that no hook will publish says so, where a hook manager is asked to publish it."""

import sys

import pytest

from harness import Repo

STYLE, LEFT = ".pre-commit-config.yaml", "lefthook.yml"
PUBLISH = "hooks:\n  - id: imagebump-bump\n  - id: imagebump-publish\n"
SAID = (
    "imagebump: nothing publishes this commit: Git has no hook post-commit. Run: imagebump doctor\n"
)


def said(repo: Repo) -> str:
    """What the bump says, as a hook manager calls it before a commit."""
    making = repo.having(GIT_INDEX_FILE=".git/index")
    return making.run(sys.executable, "-P", "-m", "imagebump", "hook", "bump").err


@pytest.mark.parametrize(
    ("file", "text", "on", "expected"),
    [
        (STYLE, PUBLISH, "commit", True),
        (STYLE, PUBLISH, "push", True),
        (STYLE, PUBLISH, "manual", False),
        (STYLE, "hooks:\n  - id: imagebump-bump\n", "commit", False),
        (LEFT, "post-commit:\n  jobs:\n    - run: imagebump hook post-commit\n", "commit", True),
        (LEFT, "pre-commit:\n  jobs:\n    - run: imagebump hook pre-commit\n", "commit", False),
        ("lefthook.json", "{", "commit", False),
    ],
)
def test_a_commit_that_no_hook_publishes(
    repo: Repo, file: str, text: str, on: str, expected: bool
) -> None:
    """One line, until the hook is there."""
    config = f'registry = "r.io"\nrepository = "a"\n[publish]\non = "{on}"\n'
    repo.write("Dockerfile", "FROM a:1\n")
    repo.write(".imagebump.toml", config)
    repo.write(file, text)
    repo.git("add", "-A")
    assert (SAID in said(repo)) is expected
    hook = repo.path / ".git" / "hooks" / "post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.touch()
    assert SAID not in said(repo)
