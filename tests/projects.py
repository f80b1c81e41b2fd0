"""Repositories whose commits become images, with their hooks, their registry and their worker."""

import io
import json
import os
import re
import select
import signal
import subprocess
import tarfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import CHECKOUT, Ran, Repo, wait_for
from services import Engine, Packaged, Registry
from web import Silent, serving

DOCKERFILE = "FROM imagebump/base:1\nCOPY app.txt /app/\n"
STAGES = ["pre-commit", "pre-merge-commit", "post-commit", "post-merge", "post-rewrite"]
HOOKS = ["imagebump-lint", "imagebump-bump", "imagebump-publish"]


@dataclass(frozen=True)
class Project(Repo):
    """A repository with a Dockerfile, a VERSION and a configuration that names a registry."""

    name: str = ""
    host: str = ""

    @classmethod
    def start(
        cls, path: Path, env: Mapping[str, str], name: str, host: str, more: str = ""
    ) -> "Project":
        """A new project at `path`, all of it staged, without a commit and without hooks."""
        made = Repo.make(path, env)
        project = cls(made.path, made.env, name, host)
        project.configure(more)
        project.stage(VERSION="1.0.0\n", Dockerfile=DOCKERFILE, **{"app.txt": "one\n"})
        return project

    def configure(self, more: str = "") -> None:
        """Stage the configuration: the registry, the repository and `more`, as TOML.

        What fails is tried again when the test says so, unless `more` has it otherwise.
        """
        if "retries" not in more:
            publish = '[publish]\nretries = ""\n'
            known = "[publish]\n" in more
            more = more.replace("[publish]\n", publish) if known else f"{more}{publish}"
        text = f'registry = "{self.host}"\nrepository = "{self.name}"\n{more}'
        self.stage(**{".imagebump.toml": text})
        if "[build]" in more or (self.state / "trusted").exists():
            self.imagebump("trust")

    def stage(self, **files: str | bytes) -> None:
        """Write and stage files."""
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "--", *files)

    def imagebump(self, *arguments: str, status: int | None = 0) -> Ran:
        """Run the console script here."""
        return self.run("imagebump", *arguments, status=status)

    def status(self, count: int = 10) -> list[dict[str, Any]]:
        """What `imagebump status --json` says of the last commits, the newest first."""
        records: list[dict[str, Any]] = json.loads(
            self.imagebump("status", "--json", "-n", str(count), status=None).out
        )
        return records

    def record(self, commit: str = "") -> dict[str, Any]:
        """One commit's part of it; the newest without a name."""
        records = self.status()
        return next(one for one in records if one["commit"] == (commit or one["commit"]))

    def commit_tag(self, rev: str = "HEAD") -> str:
        """The tag that a commit gets, made by hand."""
        return self.git("rev-parse", rev)[:7]

    @property
    def state(self) -> Path:
        """Where imagebump keeps what it knows of this repository."""
        return self.path / ".git" / "imagebump"

    def workers(self) -> list[int]:
        """The process ids of the workers of this repository and of its worktrees that run now."""
        return [pid for pid, argv in processes() if self._is_worker(argv)]

    def _is_worker(self, argv: list[str]) -> bool:
        return "imagebump.worker" in argv and Path(argv[-1]).is_relative_to(self.path.parent)

    def sleepers(self) -> list[int]:
        """The process ids of what waits to be a worker again."""
        return [
            pid
            for pid, argv in processes()
            if "imagebump.sleeper" in argv and Path(argv[-2]).is_relative_to(self.path.parent)
        ]

    def idle(self) -> None:
        """Wait until no worker runs and none is to come: one that has just been started has no arguments yet."""
        jobs = self.state / "spool"
        wait_for(
            lambda: not list(jobs.glob("*.v1.json")) and not self.workers(),
            60,
            f"the workers of {self.path} to end",
        )

    def end(self) -> None:
        """End the workers that still run."""
        for pid in [*self.workers(), *self.sleepers()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.workers(), 60, f"the workers of {self.path} to end")


@contextmanager
def hooked(
    directory: Path, env: Mapping[str, str], engine: Engine, name: str, host: str
) -> Iterator[Project]:
    """A project with the plain hooks, all its files staged, whose worker builds in `engine`; its workers end with the block."""
    made = Project.start(directory / "app", {**env, "DOCKER_HOST": engine.host}, name, host)
    made.imagebump("install")
    yield made
    made.end()


def processes() -> Iterator[tuple[int, list[str]]]:
    """The process id and the arguments of everything that runs on this machine."""
    for name in (path.name for path in Path("/proc").iterdir() if path.name.isdecimal()):
        with suppress(OSError):  # it has ended
            words = Path("/proc", name, "cmdline").read_bytes().split(b"\0")[:-1]
            yield int(name), [os.fsdecode(word) for word in words]


def use_pre_commit(project: Project, packaged: Packaged) -> None:
    """Stage a configuration of pre-commit for our hooks, and install it."""
    install_pre_commit(project, packaged, HOOKS, STAGES)


def install_pre_commit(
    project: Project,
    packaged: Packaged,
    hooks: list[str],
    stages: list[str],
    by: str = "pre-commit",
) -> None:
    """The same for these hooks and stages only, or by prek."""
    config = json.loads(packaged.config(*hooks)) | {"default_install_hook_types": stages}
    project.stage(**{".pre-commit-config.yaml": json.dumps(config)})
    project.run(by, "install")


def readme_block(language: str, holding: str) -> str:
    """The README's block in `language` that holds a text."""
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)
    return str(next(text for text in found if holding in text))


def change(project: Project, text: str = "two\n") -> None:
    """Edit a file that the image is made of, and stage it."""
    project.stage(**{"app.txt": text})


def commit(project: Repo, *arguments: str, status: int = 0) -> Ran:
    """`git commit` with these arguments and a message."""
    return project.run("git", "commit", "-m", "Next", *arguments, status=status)


def clean(project: Project) -> bool:
    """Are the index and the working tree those of HEAD?"""
    return project.git("status", "--porcelain") == ""


class Gate:
    """A web server on 127.0.0.1 that answers a build's question when the test says so."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = threading.Event()
        self.open = threading.Event()

    @property
    def dockerfile(self) -> str:
        """A Dockerfile whose build waits at the gate; it wants build.network = "host"."""
        once = uuid.uuid4().hex  # no build finds it in the cache of an earlier one
        return f"{DOCKERFILE}RUN wget -q -O /gate http://127.0.0.1:{self.port}/{once}\n"

    def await_build(self) -> None:
        """Wait until a build stands at the gate."""
        assert self.asked.wait(60), "no build has come to the gate"
        self.asked.clear()


@contextmanager
def gate() -> Iterator[Gate]:
    """A gate that is closed at first, and opened at the end whatever happens."""

    class Handler(Silent):
        def do_GET(self) -> None:
            one.asked.set()
            one.open.wait(120)
            with suppress(OSError):  # the build was given up
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"open\n")

    with serving(Handler) as server:
        one = Gate(server.server_port)
        try:
            yield one
        finally:
            one.open.set()


def registry_tags(registry: Registry, project: Project) -> dict[str, str]:
    """Each tag of the project in the registry, with its digest."""
    return {tag: registry.digest(project.name, tag) for tag in registry.tags(project.name)}


@dataclass(frozen=True)
class Inside:
    """A file in an image: its permission bits, and its content (of a symbolic link: the target)."""

    mode: int
    content: bytes
    link: bool = False


def image_files(engine: Engine, image: str, below: str) -> dict[str, Inside]:
    """The files below a directory (as `app/`) of an image, by their path relative to it."""
    container = engine.client.containers.create(image, ["none"])
    try:
        chunks: Iterator[bytes] = container.export()  # type: ignore[assignment]  # typed as str
        data = io.BytesIO(b"".join(chunks))
    finally:
        container.remove()
    found = {}
    with tarfile.open(fileobj=data, errors="surrogateescape") as tar:
        for member in tar:
            if member.name.startswith(below) and not member.isdir():
                found[member.name.removeprefix(below)] = _inside(tar, member)
    return found


def _inside(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Inside:
    if member.issym():
        return Inside(0o777, os.fsencode(member.linkname), link=True)
    file = tar.extractfile(member)
    assert file is not None
    return Inside(member.mode & 0o7777, file.read())


class Screen:
    """What a program that runs on a terminal has shown."""

    def __init__(self, child: "subprocess.Popen[bytes]", descriptor: int) -> None:
        self._child = child
        self._descriptor = descriptor
        self.text = ""

    def wait_for(self, words: str) -> None:
        """Read until it has shown `words`."""
        wait_for(lambda: words in self.plain or not self.read(), 60, words)
        assert words in self.plain, self.text

    @property
    def plain(self) -> str:
        """The text without colours and movements of the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)

    def read(self) -> bool:
        """Read what there is, for a moment; False at the end."""
        if select.select([self._descriptor], [], [], 0.1)[0]:
            try:
                self.text += os.read(self._descriptor, 1 << 16).decode(errors="replace")
            except OSError:  # how Linux says that nobody holds the other end any more
                return False
        return True

    def ended(self) -> int:
        """Wait until the program ends; gives its exit status."""
        while self.read():
            pass
        return self._child.wait(timeout=60)


@contextmanager
def terminal(repo: Repo, *argv: str) -> Iterator[Screen]:
    """A program that runs in `repo` on a terminal of 120 columns; ended at the end."""
    ours, theirs = os.openpty()
    env = {**repo.env, "TERM": "xterm", "COLUMNS": "120"}
    try:
        with subprocess.Popen(
            argv, cwd=repo.path, env=env, stdin=theirs, stdout=theirs, stderr=theirs
        ) as child:
            os.close(theirs)
            try:
                yield Screen(child, ours)
            finally:
                child.kill()
    finally:
        os.close(ours)


def published(project: Project, registry: Registry) -> dict[str, str]:
    """Wait until nothing is under way; the project's tags in the registry, with their digests."""
    project.imagebump("watch")
    return registry_tags(registry, project)


def was_built(project: Project, commit: str = "") -> bool:
    """Did the last attempt at a commit run any step of a build?"""
    log = project.imagebump("logs", *filter(None, [commit])).out.rpartition("== ")[2]
    return bool(re.search(r"^#\d+ |^Step \d+", log, re.MULTILINE))
