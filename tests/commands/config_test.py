"""`imagebump config`: what is in force, as it would be written, and what is not in force yet."""

import json
import os

import pytest

from harness import Repo

FILE = ".imagebump.toml"
TEXT = 'registry = "r.io"\n[build.args]\nINDEX = "https://ada@r.io/simple"\nB = "x@y"\n'


@pytest.fixture
def configured(repo: Repo) -> Repo:
    """A repository with a staged configuration."""
    repo.write(FILE, TEXT)
    repo.git("add", FILE)
    return repo


def rows(repo: Repo) -> dict[str, list[str]]:
    """The value and the source of each key."""
    ran = repo.run("imagebump", "config")
    assert ran.err == ""
    split = (line.partition(" = ") for line in ran.out.splitlines())
    return {key.strip(): [x.strip() for x in rest.split(" # ")] for key, _, rest in split}


def test_each_value_with_its_source(configured: Repo) -> None:
    """A path that is the top is a dot; of an address no login is shown."""
    found = rows(configured.having(IMAGEBUMP_REPOSITORY="ci/app"))
    assert found["registry"] == ['"r.io"', FILE]
    assert found["repository"] == ['"ci/app"', "IMAGEBUMP_REPOSITORY"]
    assert found["build.context"] == ['"."', "default"]
    assert found["build.args"] == ['{ INDEX = "***@r.io/simple", B = "x@y" }', FILE]
    shown = json.loads(configured.run("imagebump", "config", "--json").out)
    assert shown["build.context"] == {"value": ".", "source": "default"}
    assert shown["build.args"]["value"] == {"INDEX": "***@r.io/simple", "B": "x@y"}


def test_an_edit_that_is_not_staged_is_said(configured: Repo) -> None:
    """What is staged is in force; a file that was only touched has no edit."""
    os.utime(configured.path / FILE, (1, 1))
    assert rows(configured)["registry"] == ['"r.io"', FILE]
    configured.write(FILE, TEXT.replace("r.io", "other.io"))
    ran = configured.run("imagebump", "config")
    assert ran.err == (
        f"imagebump: {FILE} has an edit that is not staged. To bring it in force: git add {FILE}\n"
    )
    assert '"r.io"' in ran.out


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({}, f"{FILE} is not in the index of {{}}. Run: echo 'registry = \"local\"' > {FILE} && git add {FILE}"),
        ({FILE: TEXT}, f"{FILE} is not in the index of {{}}. Run: git add {FILE}"),
        ({"pyproject.toml": '[tool.imagebump]\nregistry = "r.io"\n'}, "pyproject.toml is not in the index of {}. Run: git add pyproject.toml"),
        ({"pyproject.toml": "[project]\n"}, f"{FILE} is not in the index of {{}}. Run: echo 'registry = \"local\"' > {FILE} && git add {FILE}"),
    ],
)  # fmt: skip
def test_what_is_not_staged_is_none(repo: Repo, files: dict[str, str], line: str) -> None:
    """The file that is there is the one to add."""
    for name, text in files.items():
        repo.write(name, text)
    ran = repo.run("imagebump", "config", status=2)
    assert ran.err == f"imagebump: {line.format(repo.path)}\n"


def test_a_dockerfile_that_is_not_there_is_said(configured: Repo) -> None:
    """Where the configuration names it, it may be mistaken: by the command, and at a commit."""
    configured.write(FILE, 'registry = "r.io"\nbuild.dockerfile = "Dokerfile"\n')
    configured.git("add", FILE)
    line = f"imagebump: {FILE}: build.dockerfile = 'Dokerfile' is not in the index: no image\n"
    assert configured.run("imagebump", "config").err == line
    configured.run("imagebump", "install")
    assert line in configured.run("git", "commit", "-m", "One").err
