"""One table of build contexts, each built both ways: the image holds the same files, those of the commit."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from builds import build, built, committed
from harness import Repo
from imagebump.engine import Engine as Way
from imagebump.errors import UserError
from services import Engine

WHOLE = "FROM scratch\nCOPY . /app/\n"


@dataclass(frozen=True)
class Case:
    """Files of a commit, links among them, what is executable, and what the image is to hold of it below /app."""

    files: Mapping[str, str | bytes]
    image: set[str]
    links: Mapping[str, str] = field(default_factory=dict)
    executable: str = ""
    settings: str = ""
    dockerfile: str = WHOLE
    name: str = "Dockerfile"


CASES = {
    "modes and links": Case(
        {"bin/run": "#!/bin/sh\n", "d/text": "t\n"},
        {"bin/run", "d/text", "d/up", "nowhere", "Dockerfile"},
        {"d/up": "../bin/run", "nowhere": "/no/such\nplace"},
        executable="bin/run",
    ),
    "odd names": Case(
        {"a b": "1", "two\nlines": "2", "ö/日本.txt": "3", "'\"$x\\y*": "4", "-f": "5", "x" * 200: "6"},
        {"a b", "two\nlines", "ö/日本.txt", "'\"$x\\y*", "-f", "x" * 200, "Dockerfile"},
    ),
    "names that are no text": Case({"\udcff\udcfe": "1"}, {"\udcff\udcfe", "Dockerfile"}),
    "ignored": Case(
        {"a.log": "1", "d/b.log": "2", "d/keep.log": "3", "c": "4", ".dockerignore": "**/*.log\n!d/keep.log\n"},
        {"c", "d/keep.log", ".dockerignore", "Dockerfile"},
    ),
    "rules of the Dockerfile": Case(
        {"a.log": "1", "b": "2", ".dockerignore": "b\n", "Dockerfile.dockerignore": "*.log\n"},
        {"b", ".dockerignore", "Dockerfile", "Dockerfile.dockerignore"},
    ),
    "rules that ignore themselves": Case(
        {"a.log": "1", "b": "2", ".dockerignore": "*.log\n.dockerignore\n"}, {"b", "Dockerfile"}
    ),
    "everything but": Case({"a": "1", "d/b": "2", ".dockerignore": "*\n!d\n"}, {"d/b"}),
    "a directory of ignored files": Case(
        {"logs/a.log": "1", "b": "2", ".dockerignore": "**/*.log\n"}, {"b", "seen"},
        dockerfile="FROM imagebump/base:1\nCOPY b /app/\nCOPY logs /logs\nRUN ls -d /logs >/app/seen\n",
    ),
    "an ignored Dockerfile": Case(
        {"a": "1", ".dockerignore": "Dockerfile\n"}, {"a", ".dockerignore"}
    ),
    "a Dockerfile outside": Case(
        {"app/a": "1", "b": "2"}, {"a"}, settings='build.context = "app"\n',
        dockerfile="FROM scratch\nCOPY a /app/\n",
    ),
    "rules of Podman's": Case(
        {"a": "1", ".containerignore": "a\n"}, {"a", ".containerignore", "Dockerfile"}
    ),
    "rules of a Dockerfile outside": Case(
        {"app/d/a": "1", "app/d/b": "2", "app/.dockerignore": "**/a\n", "docker/x.dockerignore": "**/b\n"},
        {"d/a"}, settings='build = { context = "app", dockerfile = "docker/x" }\n', name="docker/x",
        dockerfile="FROM scratch\nCOPY d /app/d\n",
    ),
    "a Dockerfile of another name": Case(
        {"app/a": "1", "app/b": "2", "app/x.docker.dockerignore": "b\n"},
        {"a", "x.docker", "x.docker.dockerignore"},
        settings='build = { context = "app", dockerfile = "app/x.docker" }\n', name="app/x.docker",
    ),
    "line ends and attributes": Case(
        {"a.txt": b"1\n2\n", "b.txt": b"1\r\n", "id": "$Id$\n", ".gitattributes": "*.txt text eol=crlf\nid ident\n"},
        {"a.txt", "b.txt", "id", ".gitattributes", "Dockerfile"},
    ),
}  # fmt: skip


def make(repo: Repo, case: Case) -> str:
    """The commit of a case."""
    config = f'registry = "local"\n{case.settings}'
    for name, text in case.files.items():
        repo.write(name, text)
    for name, target in case.links.items():
        path = repo.path / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(target)
    repo.write(case.name, case.dockerfile)
    repo.write(".imagebump.toml", config)
    if case.executable:
        (repo.path / case.executable).chmod(0o755)
    repo.git("-c", "core.safecrlf=false", "add", "--all")
    return repo.commit("One")


@pytest.mark.parametrize("title", CASES)
def test_both_ways(title: str, repo: Repo, ways: tuple[Way, Way], engine: Engine) -> None:
    """The same files with the same modes and contents, as the commit has them."""
    case = CASES[title]
    commit = make(repo, case)
    api, session = (built(repo, way, engine, "app/") for way in ways)
    for files in (api, session):
        files.pop(".imagebump.toml", None)
    assert session.keys() == case.image
    assert api == session
    top = "app/" if "context" in case.settings else ""
    for name in case.image - {"seen"}:
        committed = repo.git("ls-tree", commit, "--", f":(literal){top}{name}").split()
        data = os.fsencode(repo.run("git", "cat-file", "blob", committed[2]).out)
        assert session[name].content == data
        assert (
            oct(session[name].mode)
            == {"100644": "0o644", "100755": "0o755", "120000": "0o777"}[committed[0]]
        )


@pytest.fixture
def clone(repo: Repo, tmp_path: Path) -> Callable[..., Repo]:
    """A clone of the repository, made with these options."""

    def make(*options: str) -> Repo:
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git("clone", "--quiet", *options, f"file://{repo.path}", tmp_path / "clone")
        return Repo(tmp_path / "clone", repo.env)

    return make


def test_kinds_of_clones(
    repo: Repo, ways: tuple[Way, Way], engine: Engine, clone: Callable[..., Repo]
) -> None:
    """Shallow, partial and sparse at once: the image holds the whole commit."""
    committed(repo, WHOLE, **{"a/b": "1", "c": "1"})
    repo.commit("Two", **{"a/b": "2"})
    small = clone("--depth=1", "--filter=blob:none", "--sparse")
    assert not (small.path / "a").exists()
    for way in ways:
        files = built(small, way, engine, "app/")
        assert {name: files[name].content for name in ("a/b", "c")} == {"a/b": b"2", "c": b"1"}


def test_an_object_that_is_missing(repo: Repo, ways: tuple[Way, Way]) -> None:
    """One line says which, and what to type; the image is not built without it."""
    commit = committed(repo, WHOLE, a="1")
    oid = repo.git("rev-parse", f"{commit}:a")
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    for way in ways:
        with pytest.raises(UserError) as caught:
            build(repo, way)
        assert str(caught.value).startswith(
            f"the object {oid} is missing (a partial clone?). Run: "
        )


def test_submodules_and_large_files(
    repo: Repo, ways: tuple[Way, Way], engine: Engine, tmp_path: Path
) -> None:
    """Their contents are in the image, as in a working tree."""
    content = bytes(range(256)) * 5000
    name = sha256(content).hexdigest()
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n"
    )
    Repo.make(tmp_path / "lib", repo.env).commit("One", **{"src/a": "1", "b.log": "1"})
    repo.git("submodule", "--quiet", "add", "../lib", "lib")
    for program in ("clean", "smudge"):
        repo.git("config", f"filter.lfs.{program}", "cat")
    repo.write(f".git/lfs/objects/{name[:2]}/{name[2:4]}/{name}", content)
    attributes = {".gitattributes": "*.bin filter=lfs\n", "d/a.bin": pointer, "a.txt": pointer}
    committed(repo, WHOLE, **attributes, **{".dockerignore": "**/*.log\n.git*\n"})
    for way in ways:
        files = built(repo, way, engine, "app/")
        found = {
            name: files[name].content for name in files.keys() - {"Dockerfile", ".imagebump.toml"}
        }
        assert found == {
            "d/a.bin": content,
            "a.txt": pointer.encode(),
            "lib/src/a": b"1",
            ".dockerignore": b"**/*.log\n.git*\n",
        }
