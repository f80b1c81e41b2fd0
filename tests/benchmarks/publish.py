"""How long a commit takes to its tags in the registry, beside the shell script that it replaces.

Two repositories with the same files, committed to in turn. One has our hooks. In the other a script
builds with BuildKit, under the commit's hash and its version, and pushes both. The clock stops when
the registry holds the last tag. Ours begins with a worker that waits, but where the row says that it is
the first commit in a while. Then thirty commits of each, and what the engine keeps of them. It needs a
running engine, which keeps what is built there, docker-registry, the base image of scripts/engine, and a
docker (or DOCKER) that builds with BuildKit:

    DOCKER_HOST=$(scripts/engine up bench) .work/venv/bin/python tests/benchmarks/publish.py [ROUNDS [FILES...]]

FILES are the numbers of files, of 10 kB each, of further contexts in which one file is changed.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker

sys.path.insert(0, str(Path(__file__).parents[1]))
from commit import CHECKOUT, end_workers, isolated, repository, run, workers  # type: ignore[import-not-found]

from imagebump import files
from services import Registry

LAYER = 34_000_000
CHANGED = 1_000_000
"""Bytes of the file that each of thirty commits changes."""
DOCKERFILE = """\
FROM imagebump/base:1
COPY data /data
COPY app /app
RUN cp /app /app.built
"""
VERSIONED = DOCKERFILE.replace("COPY data", "COPY VERSION /\nCOPY data")
"""An image that tells its version: each version has all that stands below that in a layer anew."""
SCRIPT = """\
set -e
echo "$1" >VERSION
git commit -qam "$1"
sha=$(git rev-parse --short=7 HEAD)
image={image}
"$DOCKER" build -q -t "$image:$sha" -t "$image:$1" . >/dev/null
"$DOCKER" push -q "$image:$sha" >/dev/null
"$DOCKER" push -q "$image:$1" >/dev/null
"""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Side:
    """A repository in which every commit ends in the registry, our way or the script's."""

    path: Path
    env: Mapping[str, str]
    ours: bool
    registry: Path
    count: int = 0
    memory: int = 0
    times: dict[str, list[float]] = field(default_factory=dict)
    prompt: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)

    def publish(self, what: str, name: str, text: str = "", *, warm: bool = True) -> None:
        """Change the file `name`, commit, and wait until both tags stand, and until nothing is under way."""
        self.count += 1
        (self.path / name).write_text(f"{self.count} {time.time()}\n{text}")
        if self.ours and not warm:
            end_workers(self.path)
        used, began = self.used(), time.perf_counter()
        if self.ours:
            run("git", "commit", "-qam", "Next", cwd=self.path, env=self.env)
            self.prompt.setdefault(what, []).append(time.perf_counter() - began)
            self.await_tags()
        else:
            run("sh", "-c", self.script, "sh", f"1.0.{self.count}", cwd=self.path, env=self.env)
        took = time.perf_counter() - began
        self.times.setdefault(what, []).append(took)
        if self.ours:
            self.await_worker()
            self.processor.setdefault(what, []).append(self.used() - used)
            run(sys.executable, "-m", "imagebump", "status", cwd=self.path, env=self.env)  # worked?
        else:
            self.processor.setdefault(what, []).append(self.used() - used)

    @property
    def script(self) -> str:
        """The peer."""
        return SCRIPT.format(image=self.env["BENCH_IMAGE"])

    def await_tags(self) -> None:
        """Until the registry has written the last one, which is the commit's; no git is started on the clock."""
        sha = (self.path / ".git" / "refs" / "heads" / "main").read_text()[:7]
        version = (self.path / "VERSION").read_text().strip()
        tags = self.registry / "_manifests" / "tags"
        links = [tags / tag / "current" / "link" for tag in (version, sha)]
        deadline = time.monotonic() + 3600
        while not all(link.exists() for link in links):
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.path}: no tag after an hour")
            time.sleep(0.002)

    def await_worker(self) -> None:
        """Until it has done all its work; keeps the most memory that one has had."""
        state = self.path / ".git" / "imagebump"
        while not self.is_idle(state):
            time.sleep(0.01)
        self.memory = max([self.memory, *map(peak, workers(self.path))])

    def is_idle(self, state: Path) -> bool:
        """Does nobody work, and nothing wait?"""
        if any((state / "spool").iterdir()):
            return False
        with files.locked(state / "worker.lock") as free:
            return free

    def used(self) -> float:
        """Seconds of processor time of our children so far, and of the workers with theirs."""
        own = os.times()
        return own.children_user + own.children_system + sum(map(seconds_of, workers(self.path)))


def seconds_of(pid: int) -> float:
    """The processor time of a process and of those children of it that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def peak(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def sides(
    root: Path,
    base: Mapping[str, str],
    name: str,
    registry: Registry,
    count: int = 0,
    dockerfile: str = DOCKERFILE,
) -> list[Side]:
    """Both, with an image each, in the registry already; with `count` files, or one large one."""
    made = []
    for ours in (False, True):
        image = f"{name}-{'ours' if ours else 'script'}"
        env = {
            **base,
            "BENCH_IMAGE": f"{registry.host}/{image}",
            "DOCKER_BUILDKIT": "1",
            "DOCKER": os.environ.get("DOCKER", "docker"),
        }
        configuration = (
            f'registry = "{registry.host}"\nrepository = "{image}"\n[publish]\nretries = ""\n'
        )
        small = {"Dockerfile": dockerfile, ".imagebump.toml": configuration, "VERSION": "1.0.0\n"}
        small |= {".dockerignore": "*.md\n", "app": "0\n", "README.md": "\n"}
        many = {f"data/{n // 1000}/{n}": f"{n}".ljust(10_000, "x") for n in range(count)}
        path = repository(root / image, env, files=small | many)
        if not count:
            (path / "data").write_bytes(os.urandom(LAYER))
            run("git", "add", "data", cwd=path, env=env)
            run("git", "commit", "-qm", "data", cwd=path, env=env)
        if ours:
            run(sys.executable, "-m", "imagebump", "install", cwd=path, env=env)
        stored = registry.root / "data" / "docker" / "registry" / "v2" / "repositories" / image
        made.append(Side(path, env, ours, stored))
    return made


def rounds(
    both: list[Side],
    what: str,
    name: str,
    count: int,
    *,
    warm: bool = True,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Both in turn, `before` each; the first round of a scenario is not counted."""
    for number in range(count + 1):
        for side in both:
            before()
            side.publish(what if number else "", name, warm=warm)


def row(both: list[Side], what: str) -> str:
    """A line of the table."""
    script, ours = (statistics.median(side.times[what]) for side in both)
    processor = (f"{statistics.median(side.processor[what]):.2f} s" for side in both)
    memory = f"{both[1].memory / 1e6:.0f} MB"
    prompt = statistics.median(both[1].prompt[what])
    took = f"{script:.2f} s | {ours:.2f} s | {ours / script:.2f} | {prompt:.2f} s"
    return f"| {what} | {took} | {' | '.join(processor)} | {memory} |"


def kept(client: docker.DockerClient) -> list[float]:
    """MB of the images in the engine, of its build cache beside them, and of its directory as root sees it."""
    found, directory = client.df(), client.info()["DockerRootDir"]
    cache = sum(one["Size"] for one in found.get("BuildCache") or () if not one.get("Shared"))
    used = subprocess.run(["du", "-sxm", directory], capture_output=True, text=True).stdout
    return [found["LayersSize"] / 1e6, cache / 1e6, float(used.split()[0]) if used else 0.0]


def growth(both: list[Side], client: docker.DockerClient, commits: int) -> list[str]:
    """What the engine keeps of `commits` more commits, a line each."""
    lines = []
    for side in both:
        before = kept(client)
        for _ in range(commits):
            side.publish("growth", "app", os.urandom(CHANGED // 2).hex())
        grown = (after - was for after, was in zip(kept(client), before, strict=True))
        name = "imagebump" if side.ours else "the script"
        lines.append(f"| {name} | {' | '.join(f'{one:.0f} MB' for one in grown)} |")
    return lines


def measured(root: Path, client: docker.DockerClient, registry: Registry) -> None:
    """Print the tables, a line when it is known."""
    count, *contexts = map(int, sys.argv[1:] or ["9"])
    env = isolated(root) | {"DOCKER_HOST": os.environ["DOCKER_HOST"]}
    plugin = root / ".docker" / "cli-plugins" / "docker-buildx"  # for large contexts
    plugin.parent.mkdir(parents=True)
    plugin.symlink_to(run(CHECKOUT / "scripts" / "engine", "buildx", cwd=root, env=env).strip())
    print(
        f"Medians of {count}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"engine {client.version()['Version']}\n\n"
        "| commit to tags | the script | imagebump | times | its prompt is back after "
        "| processor: the script | imagebump | the worker's memory |\n|---|---|---|---|---|---|---|---|"
    )
    small = sides(root, env, "small", registry)
    versioned = sides(root, env, "versioned", registry, dockerfile=VERSIONED)
    for both, where in ((small, ""), (versioned, ", VERSION copied above 34 MB")):
        for what, name in (("a small change", "app"), ("nothing changed", "README.md")):
            for when, warm in (("", True), (", the first commit in a while", False)):
                title = f"{what}{when}{where}"
                rounds(both, title, name, count, warm=warm)
                print(row(both, title), flush=True)
    what = "nothing changed, and no build cache, as where CI builds"
    rounds(small, what, "README.md", count, before=client.api.prune_builds)
    print(row(small, what), flush=True)
    for number in contexts:
        both = sides(root, env, f"files{number}", registry, number)
        title = f"{number:,} files, {number / 100:,.0f} MB"
        for what, name in ((f"one of {title}", "data/0/0"), (f"nothing of {title}", "README.md")):
            rounds(both, what, name, min(count, 3))
            print(row(both, what), flush=True)
    print(
        f"\n| 30 commits of {2 * CHANGED / 1e6:.0f} MB | images grow by | build cache by | its directory by |"
    )
    print("|---|---|---|---|", *growth(small, client, 30), sep="\n")


def main() -> None:
    """Measure, and print Markdown."""
    client = docker.from_env(timeout=600)  # to empty a build cache takes a while
    with tempfile.TemporaryDirectory() as name:
        registry = Registry(Path(name) / "registry")
        registry.start()
        try:
            measured(Path(name), client, registry)
        finally:
            registry.stop()


if __name__ == "__main__":
    main()
