"""Which files are Dockerfiles by their names: for a search and for the hook alike."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import Repo
from imagebump.commands.lint_files import OTHER_ENDINGS, is_dockerfile

HOOKS = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
HOOK: dict[str, Any] = next(hook for hook in HOOKS if hook["id"] == "imagebump-lint")
BINARY = bytes(range(256)) * 40
BROKEN = "FROMM a:1\n"

# fmt: off
DOCKERFILES = [
    "Dockerfile", "Containerfile", "dockerfile", "Dockerfile.dev", "Dockerfile.arm64", "Dockerfile.v1.2",
    "Dockerfile.txt", "Dockerfile.go", "Dockerfile-alpine", "Containerfile.dev", "app.Dockerfile",
    "app.dockerfile", "app.Containerfile", ".ci.Dockerfile", "md.Dockerfile", "a.j2.dockerfile",
    "Dockerfile.md.prod", "Dockerfile.example",
]
OTHERS = [
    "Dockerfile.tar.gz", "Dockerfile.md", "Dockerfile.MD", "Dockerfile.j2", "Dockerfile.orig",
    "Dockerfile.bak", "Dockerfile.dev.template", "Dockerfile.dockerignore", "app.Dockerfile.dockerignore",
    "app.Dockerfile.md", "Dockerfile-notes.md", "Containerfile.in", "Dockerfile.dev~", "Dockerfile~",
    ".Dockerfile.swp", "._app.Dockerfile", ".#app.Dockerfile", "#Dockerfile#", "dockerfile.py",
    "dockerfile.dev", "DOCKERFILE", "MyDockerfile", "Dockerfiles", "Dockerfile_old", ".dockerignore",
]
# fmt: on


def test_names() -> None:
    """A search and a hook manager agree, wherever the file lies."""
    for name in [*DOCKERFILES, *OTHERS, *(f"Dockerfile.{ending}" for ending in OTHER_ENDINGS)]:
        assert is_dockerfile(name) == (name in DOCKERFILES), name
        for path in [name, f"docker/app/{name}", f"Dockerfile.d/{name}", f"~/._x/{name}"]:
            passed = re.search(HOOK["files"], path) and not re.search(HOOK["exclude"], path)
            assert bool(passed) == (name in DOCKERFILES), path


def test_a_binary_file(repo: Repo) -> None:
    """A search passes it by; where somebody names it, it is an error without one byte of it."""
    repo.write("Dockerfile.cache", BINARY)
    repo.write("Dockerfile", "FROM a:1\n")
    assert repo.run("imagebump", "lint", ".").out == "no findings in 1 file\n"
    ran = repo.run("imagebump", "lint", "Dockerfile.cache", status=1)
    assert ran.out == (
        "Dockerfile.cache:1:1: IB000 error: a NUL byte: this is a binary file, or not UTF-8\n"
        "1 finding (1 error) in 1 file\n"
    )


def test_a_pipe(repo: Repo) -> None:
    """A search passes it by, as nobody has named it."""
    os.mkfifo(repo.path / "Dockerfile.pipe")
    repo.write("Dockerfile", "FROM a:1\n")
    assert repo.run("imagebump", "lint", ".").out == "no findings in 1 file\n"


def test_a_directory_of_others(repo: Repo) -> None:
    """Where no Dockerfile is, that is said."""
    repo.write("a/Dockerfile.cache", BINARY)
    repo.write("a/Dockerfile.j2", BROKEN)
    ran = repo.run("imagebump", "lint", "a", status=2)
    assert ran.err.startswith("imagebump: cannot lint a: no Dockerfile is in it. Run: ")


def test_a_template_that_is_named(repo: Repo) -> None:
    """Whoever names a file means it."""
    repo.write("Dockerfile.j2", BROKEN)
    assert (
        "FROMM, did you mean FROM?" in repo.run("imagebump", "lint", "Dockerfile.j2", status=1).out
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16(repo: Repo, encoding: str) -> None:
    """What an editor saved so is a Dockerfile, and one that Docker cannot read."""
    repo.write("Dockerfile", "\ufeffFROM a:1\n".encode(encoding))
    line = "Dockerfile:1:1: IB000 error: UTF-16, and Docker reads UTF-8 only: save it as that"
    assert repo.run("imagebump", "lint", ".", status=1).out.splitlines()[0] == line
