"""Real Git repositories in an environment of their own, free ports, and patience."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

T = TypeVar("T")
CHECKOUT = Path(__file__).parents[1]
WHEELS = CHECKOUT / ".work" / "wheels"
_FOREIGN = (
    "BUILDKIT_",
    "BUILDX_",
    "COMPOSE_",
    "DOCKER_",
    "GIT_",
    "IMAGEBUMP_",
    "LC_",
    "LEFTHOOK",
    "PIP_",
    "PRE_COMMIT",
    "PREK_",
    "PYTHON",
    "UV_",
    "VIRTUALENV_",
    "XDG_",
)
_FOREIGN_NAMES = {
    "CI",
    "EDITOR",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "NO_COLOR",
    "SKIP",
    "VIRTUAL_ENV",
    "VISUAL",
}
_ENGINE = {"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"}
_GIT_CONFIG = """\
[user]
    name = Ada Lovelace
    email = ada@example.com
[init]
    defaultBranch = main
[gc]
    auto = 0
[protocol "file"]
    allow = always
"""


def environment(home: Path, cache: Path, outer: Mapping[str, str]) -> dict[str, str]:
    """`outer` without what belongs to its user, with everything that programs write to in `home`.

    The environments of pre-commit and prek are in `cache`, which tests may share; pip and uv find
    wheels on this disk and nowhere else. The engine stays the one that `outer` names.
    """
    (home / ".gitconfig").write_text(_GIT_CONFIG)
    kept = {
        name: value
        for name, value in outer.items()
        if name in _ENGINE or not (name.startswith(_FOREIGN) or name in _FOREIGN_NAMES)
    }
    wheels = outer.get("IMAGEBUMP_TEST_WHEELS", str(WHEELS))
    return kept | {
        "PATH": f"{Path(sys.executable).parent}:{outer.get('PATH', '')}",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "DOCKER_CONFIG": str(home / ".docker"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada Lovelace",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Charles Babbage",
        "GIT_COMMITTER_EMAIL": "charles@example.com",
        "GIT_EDITOR": "true",
        "GIT_TERMINAL_PROMPT": "0",
        "PRE_COMMIT_HOME": str(cache / "pre-commit"),
        "PREK_HOME": str(cache / "prek"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": wheels,
        "PIP_NO_INDEX": "1",
        "UV_FIND_LINKS": wheels,
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "IMAGEBUMP_LINGER": "0",  # a worker that has ended has done its work
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


class Ran(NamedTuple):
    """What a program left: exit status, standard output and standard error."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Repo:
    """A real Git repository's working tree, and the environment that programs are run with in it."""

    path: Path
    env: Mapping[str, str] = field(repr=False)

    @classmethod
    def make(cls, path: Path, env: Mapping[str, str]) -> "Repo":
        """A new repository at `path`, on branch main, without a commit."""
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path, env)
        repo.git("init", "--quiet", "--initial-branch=main")
        return repo

    def having(self, **env: str) -> Self:
        """The same repository, with more in its environment."""
        return replace(self, env={**self.env, **env})

    def run(
        self,
        *argv: str | Path,
        status: int | None = 0,
        stdin: str = "",
        timeout: float = 120,
    ) -> Ran:
        """Run a program here, until all who hold its output have ended.

        AssertionError, with what it printed, where it ends with another status than `status`
        (None: any will do).
        """
        done = subprocess.run(
            argv,
            cwd=self.path,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=timeout,
        )
        shown = f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert status in (None, done.returncode), shown
        return Ran(done.returncode, done.stdout, done.stderr)

    def git(self, *arguments: str | Path) -> str:
        """What git prints on standard output, without the last newline."""
        return self.run("git", *arguments).out.removesuffix("\n")

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file in the working tree, and the directories above it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name: str, revision: str = "HEAD") -> str:
        """A file as `revision` has it ("" for the index)."""
        return self.run("git", "show", f"{revision}:{name}").out

    def commit(self, message: str, /, **files: str | bytes) -> str:
        """Write and stage `files`, commit with the hooks that are installed; gives the commit's hash."""
        for name, text in files.items():
            self.write(name, text)
        if files:
            self.git("add", "--", *files)
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(condition: Callable[[], T], timeout: float, what: str) -> T:
    """The first true value of `condition`, asked again and again; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {timeout:g} s in vain for {what}"
        time.sleep(0.02)
    return value
