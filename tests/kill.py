"""Kills the worker again and again, and looks at what is left: `python tests/kill.py 200`.

That is 200 times at a random moment, and about as often when the ledger says that a state has just
been entered, each in its turn. DOCKER_HOST names the engine, which has the image that scripts/engine makes.
"""

import contextlib
import io
import os
import random
import signal
import sqlite3
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness import environment, wait_for
from imagebump import files
from projects import Project
from services import Registry

MOVING = "latest"
STATES = ("queued", "building", "pushing", "tagging", "done")
TAGS = f'[tags]\nmoving = ["{MOVING}"]\n'
PATIENCE = 10.0
"""Seconds in which a state comes, or has been missed."""


@dataclass
class Figures:
    """What happened: kills by the state in which they came, commits, digests by tag, seconds."""

    at_random: Counter[str] = field(default_factory=Counter)
    at_a_change: Counter[str] = field(default_factory=Counter)
    commits: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{_shown(self.at_random)} at random moments, {_shown(self.at_a_change)} at a change of state, "
            f"{len(self.commits)} commits, {len(self.digests)} tags, {self.seconds:.0f} s"
        )


def _shown(kills: Counter[str]) -> str:
    kinds = ", ".join(f"{count} {state}" for state, count in sorted(kills.items()))
    return f"{kills.total()} kills ({kinds})"


def rounds(project: Project, registry: Registry, count: int, seed: int = 1) -> Figures:
    """`count` kills at random moments, with a commit before each; AssertionError where something is lost, moved or stuck."""
    chance, figures, began = random.Random(seed), Figures(), time.monotonic()
    for number in range(count * 10):
        if number % 10 == 0:
            print(figures, flush=True)
        if figures.at_random.total() == count:
            break
        figures.commits.append(_commit(project, number))
        state = STATES[number // 2 % len(STATES)] if number % 2 else ""
        if hit := _kill(project, figures.commits[-1], state, chance):
            (figures.at_a_change if state else figures.at_random)[hit] += 1
        if chance.random() < 0.2:  # else the next commit's worker is who goes on
            project.imagebump("watch")
        _see(project, registry, figures)
    assert figures.at_random.total() == count
    project.imagebump("watch")
    _see(project, registry, figures)
    _check(project, registry, figures)
    figures.seconds = time.monotonic() - began
    return figures


def _commit(project: Project, number: int) -> str:
    """A commit of another image; each fifth changes nothing in it."""
    name = "README.md" if number % 5 == 4 else "app.txt"
    return project.commit(str(number), **{name: f"{number}\n"})


def _kill(project: Project, commit: str, state: str, chance: random.Random) -> str:
    """Kill the worker; in which state it was, "" where none ran any more."""
    if state:
        deadline = time.monotonic() + PATIENCE
        while _state(project, commit) != state and time.monotonic() < deadline:
            if _state(project, commit) == "done":
                break  # it went too fast
            time.sleep(0.0005)
    else:
        time.sleep(chance.uniform(0, 1.5))
    hit = ""
    for pid in project.workers():
        before = _state(project, commit)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            hit = before or "spool"
    wait_for(lambda: not project.workers(), 10, "the killed worker to end")
    return hit


def _state(project: Project, commit: str) -> str:
    """What the ledger says of a commit; "" for nothing."""
    try:
        address = f"file:{project.state / 'ledger.sqlite'}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=5)) as book:
            row = book.execute("SELECT state FROM builds WHERE commit_id = ?", (commit,)).fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""


def _see(project: Project, registry: Registry, figures: Figures) -> None:
    """Every tag that was seen before is where it was."""
    for tag in registry.tags(project.name) - {MOVING}:
        digest = registry.digest(project.name, tag)
        assert figures.digests.setdefault(tag, digest) == digest, f"{tag} has moved"


def _check(project: Project, registry: Registry, figures: Figures) -> None:
    """All is published under its own tags, with what the commit holds, and nothing is left behind."""
    records = {one["commit"]: one for one in project.status(len(figures.commits) + 1)}
    for commit in figures.commits:
        version = project.read("VERSION", commit).strip()
        record = records[commit]
        assert record["state"] == "done", record
        assert {commit[:7], version} <= {*record["tags"]}, record
        for tag in (commit[:7], version):
            labels = registry.labels(project.name, tag)
            assert labels["org.opencontainers.image.version"] == version, (tag, labels)
            assert labels["imagebump.key"] == record["build_key"], (tag, labels)
            text = project.run("git", "show", f"{commit}:app.txt").out
            assert _inside(registry, project, tag) == text, f"{tag} holds something else"
    newest = project.read("VERSION").strip()
    assert figures.digests[newest] == registry.digest(project.name, MOVING)
    _see_nothing_stuck(project)


def _inside(registry: Registry, project: Project, tag: str) -> str:
    """What app.txt is in an image."""
    layers = registry.get(f"{project.name}/manifests/{tag}").json()["layers"]
    data = registry.get(f"{project.name}/blobs/{layers[-1]['digest']}").content
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        file = tar.extractfile("app/app.txt")
        assert file
        return file.read().decode()


def _see_nothing_stuck(project: Project) -> None:
    """No job, no process and no lock is left, of ours or of Git."""
    project.idle()
    assert not list((project.state / "spool").iterdir())
    assert not project.sleepers()
    assert not list((project.path / ".git").glob("*.lock"))
    for path in project.state.rglob("*lock"):
        with files.locked(path) as free:
            assert free, f"{path} is stuck"


@contextlib.contextmanager
def made() -> Iterator[tuple[Project, Registry]]:
    """A project and a registry of our own."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "home").mkdir()
        registry = Registry(directory / "registry")
        env = environment(directory / "home", directory, os.environ) | {"IMAGEBUMP_LINGER": "3"}
        try:
            registry.start()
            project = Project.start(directory / "app", env, "killed", registry.host, TAGS)
            project.imagebump("install")
            try:
                yield project, registry
            except BaseException:
                print((project.state / "worker.log").read_text(), file=sys.stderr)
                raise
            finally:
                project.end()
        finally:
            registry.stop()


def main() -> int:
    """As many kills as the argument says, with the seed that may follow."""
    count, seed = int(sys.argv[1]), int([*sys.argv[2:], "1"][0])
    with made() as (project, registry):
        print(rounds(project, registry, count, seed))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
