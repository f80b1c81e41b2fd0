"""What strangers write into names and files is published as it is, or refused in one clear line."""

import re
from pathlib import Path

import pytest

from projects import Project
from services import Registry

HARMLESS = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]*")
NO_VERSION = "VERSION holds .* expected one line with a semantic version"


@pytest.fixture
def mine(project: Project, tmp_path: Path) -> Project:
    """A project without hooks, whose programs write what they should not into a directory of the test's own."""
    project.git("config", "core.hooksPath", "/dev/null")
    project.configure('[tags]\nbranch = "{version}-{branch}.g{sha}"\n')
    return project


def published(project: Project, *arguments: str, reason: str = "") -> None:
    """Publish HEAD; it ends well, or with one line that says `reason`."""
    before = {path.name for path in project.path.iterdir()}
    said = project.imagebump("publish", "--foreground", *arguments, status=None)
    text = said.out + said.err
    assert HARMLESS.fullmatch(text), "no control characters reach the terminal"
    assert said.status == (1 if reason else 0), text
    assert "bug" not in text
    assert "Traceback" not in text
    if reason:
        assert re.search(reason, text), text
        assert max(map(len, text.splitlines())) < 500
        lines = [line for line in text.splitlines() if re.search(r" (failed|refused)\b.*: ", line)]
        assert len(lines) == 1, text
    assert {path.name for path in project.path.iterdir()} == before, "nothing was run"


@pytest.mark.parametrize(
    ("branch", "tag"),
    [
        ("feat/$(touch$IFS'pwned')", "feat-touch-IFS-pwned"),
        ("-rf", "rf"),
        ("{sha}%s%n{0}", "sha-s-n-0"),
        ("\udcff日本", ""),
        ("x" * 200, None),
    ],
)
def test_a_branch(mine: Project, registry: Registry, branch: str, tag: str | None) -> None:
    """Its name becomes a part of a tag, and of nothing else."""
    commit = mine.commit("One")
    mine.git("update-ref", f"refs/heads/{branch}", commit)
    mine.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    if tag is None:
        published(mine, reason=r"tags\.branch = .* expected a tag")
        assert registry.tags(mine.name) == set()
        return
    published(mine)
    tags = {name for name in registry.tags(mine.name) if not name.startswith("key-")}
    assert tags == {commit[:7], f"1.0.0-{tag}.g{commit[:7]}"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.0.0+b.1\n", ""),
        ("1.0.0; $(touch pwned)\n", NO_VERSION),
        ("1.0.0\x1b]0;owned\x07", NO_VERSION),
        ("9" * 4000 + ".0.0", "expected a tag"),
        (b"\xff\xfe1\x00", NO_VERSION),
        (b"1.0.0" * (1 << 18), NO_VERSION),
    ],
)
def test_a_version(mine: Project, registry: Registry, text: str | bytes, reason: str) -> None:
    """What VERSION holds is a version, or said to be none."""
    mine.commit("One", VERSION=text)
    published(mine, reason=reason)
    if reason:
        assert registry.tags(mine.name) == set()


def test_names_of_files(mine: Project, registry: Registry) -> None:
    """They get into the image, and nowhere else."""
    names = [
        "-rf",
        "a\nb",
        "$(touch pwned)",
        "`touch pwned`",
        "'\"",
        "\x1b[2J",
        "\udcff",
        "a:b",
        " ",
    ]
    mine.stage(
        Dockerfile="FROM imagebump/base:1\nCOPY d /d/\n", **{f"d/{name}": "1" for name in names}
    )
    mine.commit("One")
    published(mine)


def test_messages_and_authors(mine: Project, registry: Registry) -> None:
    """A commit's message and author reach no shell, and the terminal without control characters."""
    env = {"GIT_AUTHOR_NAME": "$(touch pwned)\x1b[2J", "GIT_AUTHOR_EMAIL": "`touch pwned`"}
    mine.having(**env).git("commit", "--quiet", "-m", "$(touch pwned)\x1b]0;owned\x07")
    published(mine)
    for command in ("status", "logs"):
        assert HARMLESS.fullmatch(mine.imagebump(command).out)
