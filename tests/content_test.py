"""What defeats a key: a change after which an image would be stale changes what its content is called, or hides it."""

from dataclasses import dataclass, field

import pytest

from harness import Repo
from imagebump import config, git, plan, version
from imagebump.plan import Base
from imagebump.snapshot import Snapshot
from imagebump.tags import Source
from repositories import opened


@dataclass(frozen=True)
class Row:
    """A Dockerfile below FROM a, files (a tuple is a link's target, bytes an executable), and what changes."""

    name: str
    text: str
    change: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    toml: str = ""
    enters: bool = True


FILES = {"src/a": "1", "src/b": "1", "conf": "1", "README": "1", "VERSION": "1.0.0"}
ROWS = [
    Row("a file", "COPY conf /", {"conf": "2"}),
    Row("another file", "COPY conf /", {"README": "2"}, enters=False),
    Row("a variable", "ARG D=src\nCOPY $D /x/", {"src/a": "2"}),
    Row("a variable elsewhere", "ARG D=src\nCOPY $D /x/", {"README": "2"}),
    Row("a wildcard", "COPY s*/a /x/", {"src2/a": "2"}),
    Row("a wildcard for one letter", "COPY con? /x/", {"conf": "2"}),
    Row("a heredoc beside a file", "COPY <<end conf /x/\ntext\nend", {"conf": "2"}),
    Row("the text of a heredoc", "COPY <<end /x\n1\nend", {"Dockerfile": "FROM a\nCOPY <<end /x\n2\nend\n"}),
    Row("a mount", "RUN --mount=source=src,target=/x true", {"src/b": "2"}),
    Row("a mount of everything", "RUN --mount=target=/x true", {"README": "2"}),
    Row("a link", "COPY link /x", {"README": "2"}, {"link": "-> README"}),
    Row("a link in the way", "COPY link/a /x", {"src/a": "2"}, {"link": "-> src"}),
    Row("where a link leads", "COPY src /x/", {"src/l": "-> b"}, {"src/l": "-> a"}),
    Row("a mode", "COPY conf /", {"conf": "+x 1"}),
    Row("a filter", "COPY conf /", {".gitattributes": "conf filter=lfs\n"}),
    Row("another filter", "COPY conf /", {"src/.gitattributes": "*.x filter=lfs\n"}, {"src/.gitattributes": "*.y filter=lfs\n"}),
    Row("an attribute that is none", "COPY conf /", {".gitattributes": "conf text\n"}, enters=False),
    Row("an ignore file", "COPY src /x/", {".dockerignore": "src/b\n"}),
    Row("an ignore file of its own", "COPY src /x/", {"Dockerfile.dockerignore": "src/b\n"}),
    Row("a file that is ignored", "COPY src /x/", {"src/b": "2"}, {".dockerignore": "src/b\n"}, enters=False),
    Row("a file that was ignored", "COPY src /x/", {".dockerignore": "\n"}, {".dockerignore": "src/b\n"}),
    Row("a directory that is empty", "COPY src /x/", {"src/new/b": "2"}, {".dockerignore": "src/new/b\n"}),
    Row("VERSION as a file", "COPY . /x/", {"VERSION": "1.0.1"}),
    Row("VERSION as an argument", "ARG VERSION\nRUN true", {"VERSION": "1.0.1"}),
    Row("VERSION alone", "COPY src /x/", {"VERSION": "1.0.1"}, enters=False),
    Row("a build argument", "COPY src /x/", {}, toml='[build]\nargs = { A = "1" }\n'),
    Row("a target", "COPY src /x/\nFROM a AS b", {}, toml='[build]\ntarget = "b"\n'),
    Row("provenance", "COPY src /x/", {}, toml="[build]\nprovenance = true\n"),
    Row("a platform", "COPY src /x/", {}, toml='[build]\nplatforms = ["linux/arm64"]\n'),
    Row("a base that moved", "COPY src /x/", {}, bases={"a": "sha256:2"}),
    Row("--from an image that moved", "COPY --from=o /x /", {}, bases={"o": "sha256:2"}),
    Row("a mount of an image that moved", "RUN --mount=from=o,target=/x true", {}, bases={"o": "sha256:2"}),
    Row("a named context", "COPY --from=named /x /", {}, bases={"named": "sha256:2"}),
    Row("a frontend that moved", "", {}, {"Dockerfile": "# syntax=o\nFROM a\n"}, bases={"o": "sha256:2"}),
    Row("a base that was made here", "COPY src /x/", {}, bases={"a": "here:2"}),
]  # fmt: skip


def content(repo: Repo, toml: str, bases: dict[str, str], platform: str = "linux/amd64") -> str:
    """What the content of HEAD is called, with these bases; any other image is sha256:1."""
    (found,) = config.load({".imagebump.toml": f'registry = "r.io"\n{toml}'.encode()}.get, "x", {})
    with opened(repo) as repository:
        snapshot = Snapshot(repository, git.resolve(repository, "HEAD"))
        number = version.parse(snapshot.read("VERSION") or b"", "VERSION")
        made = plan.make(snapshot, found, Source("0" * 40, "main", number, 0, True))
    names = made.origins.names
    digests = {name: bases.get(name, "sha256:1") for name in names}
    found_bases = tuple(Base(n, d, d.startswith("here")) for n, d in digests.items())
    return made.on(found_bases, platform).content


def commit(repo: Repo, files: dict[str, str]) -> None:
    """Commit files: `-> target` is a symbolic link, `+x text` an executable."""
    for name, text in files.items():
        path = repo.write(name, text.removeprefix("+x "))
        if text.startswith("-> "):
            path.unlink()
            path.symlink_to(text.removeprefix("-> "))
        elif text.startswith("+x "):
            path.chmod(0o755)
    repo.git("add", "-A")
    repo.git("commit", "--quiet", "--allow-empty", "-m", "Next")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_defeats_a_key(repo: Repo, row: Row) -> None:
    """The content has another name, whatever else stays; what is not read keeps it."""
    commit(repo, FILES | {"Dockerfile": f"FROM a\n{row.text}\n"} | row.files)
    before = content(repo, "", {})
    assert before
    commit(repo, row.change)
    after = content(repo, row.toml, row.bases)
    assert after
    assert (after != before) is row.enters


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("FROM a\nADD https://h.io/x /", (Base("a", "sha256:1"),)),
        ("FROM a\nADD git@h.io:x.git /", (Base("a", "sha256:1"),)),
        ("FROM a", (Base("a", "sha256:1", triggers=True),)),
        ("FROM a\nCOPY --from=b /x /", (Base("a", "sha256:1"),)),
        ("FROM a:$X", (Base("a", "sha256:1"),)),
    ],
    ids=["an address", "a repository", "triggers", "nobody knows it", "a variable"],
)
def test_what_has_no_key(repo: Repo, text: str, bases: tuple[Base, ...]) -> None:
    """What cannot be told has no name: it is built, and never taken for anything else."""
    commit(repo, FILES | {"Dockerfile": f"{text}\n"})
    (found,) = config.load({".imagebump.toml": b'registry = "r.io"\n'}.get, "x", {})
    with opened(repo) as repository:
        snapshot = Snapshot(repository, git.resolve(repository, "HEAD"))
        made = plan.make(snapshot, found, Source("0" * 40, "main", None, 0, True))
    assert made.on(bases, "linux/amd64").content == ""


def test_the_builders_platform(repo: Repo) -> None:
    """It is another content for another one, and none where nobody knows; what the configuration says counts more."""
    commit(repo, FILES | {"Dockerfile": "FROM a\nCOPY src /x/\n"})
    assert content(repo, "", {}, "linux/amd64") != content(repo, "", {}, "linux/arm64")
    assert content(repo, "", {}, "") == ""
    toml = '[build]\nplatforms = ["linux/arm64"]\n'
    assert content(repo, toml, {}, "linux/amd64") == content(repo, toml, {}, "") != ""


def test_a_submodule(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is another content with another commit in it."""
    other = Repo.make(tmp_path_factory.mktemp("other"), repo.env)
    other.commit("One")
    commit(repo, FILES | {"Dockerfile": "FROM a\nCOPY lib /x/\n"})
    repo.git("submodule", "--quiet", "add", other.path, "lib")
    commit(repo, {})
    before = content(repo, "", {})
    other.commit("Two", a="2")
    repo.git("-C", "lib", "pull", "--quiet")
    commit(repo, {})
    assert content(repo, "", {}) != before
