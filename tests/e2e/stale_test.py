"""What defeats a key, on the real engine: after each change the image that is published holds what the commit holds."""

from hashlib import sha256
from pathlib import Path

import pytest

from content_test import FILES, ROWS, Row, commit
from projects import Project, image_files
from services import Engine, Registry

MANUAL = '[bump]\nwhen = "always"\n[publish]\non = "manual"\n[lint]\nignore = ["all"]\n'
NEWER = ("<<", "--mount")
"""What the engine's classic builder, which is compared with, does not know."""
OURS = [
    row
    for row in ROWS
    if row.change and not row.toml and not any(word in row.text for word in NEWER)
]


@pytest.mark.parametrize("row", OURS, ids=lambda row: row.name)
def test_what_is_published_is_never_stale(
    project: Project, registry: Registry, engine: Engine, tmp_path: Path, row: Row
) -> None:
    """It has the files, and their modes, of an image that is built anew from what git has of the commit."""
    project.configure(MANUAL)
    commit(project, FILES | {"Dockerfile": f"FROM imagebump/base:1\n{row.text}\n"} | row.files)
    project.imagebump("publish", "--foreground")
    commit(project, row.change)
    project.imagebump("publish", "--foreground")
    name = f"{registry.host}/{project.name}:{project.git('show', 'HEAD:VERSION').strip()}"
    engine.client.images.pull(name)
    assert image_files(engine, name, "") == anew(project, engine, tmp_path / "tree")


def anew(project: Project, engine: Engine, tree: Path) -> dict[str, object]:
    """The files of an image that is built from HEAD with no cache, by the engine alone."""
    packed = project.path.parent / "tree.tar"
    project.git("-c", "tar.umask=0022", "archive", f"--output={packed}", "HEAD")
    tree.mkdir()
    project.run("tar", "--extract", "--file", packed, "--directory", tree)
    own = tree / "Dockerfile.dockerignore"
    if own.exists():  # of which the classic builder does not know
        own.rename(tree / ".dockerignore")
    name = f"{project.name}:anew"
    engine.client.images.build(path=str(tree), tag=name, nocache=True, rm=True)
    return dict(image_files(engine, name, ""))


def test_what_git_lfs_makes_of_a_file(project: Project, registry: Registry, engine: Engine) -> None:
    """A pointer that was committed as a file is the file once .gitattributes says so, though it stays the same."""
    text = b"large\n"
    name = sha256(text).hexdigest()
    store = project.path / ".git" / "lfs" / "objects" / name[:2] / name[2:4]
    store.mkdir(parents=True)
    (store / name).write_bytes(text)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(text)}\n"
    project.configure(MANUAL.replace("always", "image"))
    commit(project, FILES | {"Dockerfile": "FROM imagebump/base:1\nCOPY conf /\n", "conf": pointer})
    project.imagebump("publish", "--foreground")
    commit(project, {".gitattributes": "conf filter=lfs\n"})
    project.imagebump("publish", "--foreground")
    assert project.git("show", "HEAD:VERSION").strip() == "1.0.1"
    image = f"{registry.host}/{project.name}:1.0.1"
    engine.client.images.pull(image)
    assert image_files(engine, image, "conf")[""].content == text


def test_triggers_of_a_stage_without_a_step(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """BuildKit gives what they do no number then; what they copy is content all the same."""
    project.configure(MANUAL)
    stages = "AS b\nONBUILD COPY conf /x\nFROM b AS c\nFROM c\nRUN true"
    commit(project, FILES | {"Dockerfile": f"FROM imagebump/base:1 {stages}\n"})
    project.imagebump("publish", "--foreground")
    commit(project, {"conf": "2"})
    project.imagebump("publish", "--foreground")
    image = f"{registry.host}/{project.name}:1.0.1"
    engine.client.images.pull(image)
    assert image_files(engine, image, "x")[""].content == b"2"
