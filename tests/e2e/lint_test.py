"""The lint hook as git and pre-commit run it."""

import json
from dataclasses import replace

import pytest

from harness import Repo
from projects import DOCKERFILE, Project
from services import Packaged


def test_the_lint_hook_fixes(repo: Repo, packaged: Packaged) -> None:
    """With `args: [--fix]` the file is mended in the working tree and the commit stops, once; the others are none."""
    config = json.loads(packaged.config("imagebump-lint"))
    config["repos"][0]["hooks"][0]["args"] = ["--fix"]
    repo.write(".pre-commit-config.yaml", json.dumps(config))
    repo.write(".imagebump.toml", 'registry = "r.example.com"\n')
    repo.write("Dockerfile", "FROM a:1\nRUN wget https://h/x.tgz\nRUN rm x.tgz\n")
    others = {
        "Dockerfile.tar.gz": bytes(range(256)),
        "Dockerfile.cache": b"\0",
        "Dockerfile.j2": b"{{ x }}\n",
    }
    for name, data in others.items():
        repo.write(name, data)
    repo.git("add", "-A")
    repo.run("pre-commit", "install")
    ran = repo.run("git", "commit", "-m", "One", status=1)
    assert "imagebump: fixed Dockerfile. Look at it, then: git add Dockerfile" in ran.out + ran.err
    assert not [name for name in others if name in ran.out + ran.err]
    mended = (repo.path / "Dockerfile").read_text()
    assert mended == "FROM a:1\nRUN wget https://h/x.tgz \\\n    && rm x.tgz\n"
    repo.git("add", "-A")
    repo.run("git", "commit", "-m", "One")
    assert repo.read("Dockerfile") == mended


@pytest.mark.parametrize(
    ("place", "name", "path"),
    [
        pytest.param("sub", "Dockerfile", "../Dockerfile", id="from a subdirectory"),
        pytest.param(".", "-x", "./-x", id="a name like an option"),
        pytest.param(".", ":x y", "'./:x y'", id="a name like one of Git's patterns"),
        pytest.param(".", "behind/Dockerfile", "real/Dockerfile", id="a symbolic link"),
    ],
)
def test_what_to_type(project: Project, place: str, name: str, path: str) -> None:
    """It works as it stands, where `git commit` was called."""
    project.configure(f'[build]\ndockerfile = "{name}"\n')
    project.write("sub/x", "")
    if "behind" in name:
        (project.path / "behind").mkdir()
        (project.path / name).symlink_to("../real/Dockerfile")
    real = name.replace("behind", "real")
    project.write(real, f"{DOCKERFILE}RUN wget https://h/x.tgz\nRUN rm x.tgz\n")
    project.git("add", "--all")
    here = replace(project, path=project.path / place)
    said = here.run("git", "commit", "-m", "One", status=1).err
    assert f"Mend that, then: git add {path}, and commit again" in said
    project.write(real, DOCKERFILE)
    said = here.run("git", "commit", "-m", "One", status=1).err
    assert (
        f"{real} has an edit that is not staged. To have that linted: git add {path}, and" in said
    )
    here.run("sh", "-c", f"git add {path} && git commit -m One")
