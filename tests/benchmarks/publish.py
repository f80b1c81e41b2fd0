"""How long a commit takes to its tags in the registry, beside the shell script that it replaces.

Two repositories with the same files, committed to in turn. One has our hooks. In the other a script
builds with BuildKit, under the commit's hash and its version, and pushes both. Then thirty commits of
each, and what the engine keeps of them. It needs a running engine, which keeps what is built there,
docker-registry, the base image of scripts/engine, and a docker (or DOCKER) that builds with BuildKit:

    DOCKER_HOST=$(scripts/engine up bench) .work/venv/bin/python tests/benchmarks/publish.py [ROUNDS [FILES...]]

FILES are the numbers of files, of 10 kB each, of further contexts in which one file is changed.
"""

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker

sys.path.insert(0, str(Path(__file__).parents[1]))
from commit import CHECKOUT, isolated, repository, run  # type: ignore[import-not-found]

from services import Registry

LAYER = 34_000_000
DOCKERFILE = """\
FROM imagebump/base:1
COPY data /data
COPY app /app
RUN cp /app /app.built
"""
SCRIPT = """\
set -e
git commit -qam "$1"
sha=$(git rev-parse --short=7 HEAD)
image={image}
"$DOCKER" build -q -t "$image:$sha" -t "$image:$1" . >/dev/null
"$DOCKER" push -q "$image:$sha" >/dev/null
"$DOCKER" push -q "$image:$1" >/dev/null
"""


@dataclass
class Side:
    """A repository in which every commit ends in the registry, our way or the script's."""

    path: Path
    env: Mapping[str, str]
    ours: bool
    count: int = 0
    memory: int = 0
    times: dict[str, list[float]] = field(default_factory=dict)

    def publish(self, what: str, name: str) -> None:
        """Change the file `name`, commit, and wait until both tags stand."""
        self.count += 1
        (self.path / name).write_text(f"{self.count} {time.time()}\n")
        began = time.perf_counter()
        if self.ours:
            run("git", "commit", "-qam", "Next", cwd=self.path, env=self.env)
            self.await_worker()
        else:
            run("sh", "-c", self.script, "sh", f"1.0.{self.count}", cwd=self.path, env=self.env)
        self.times.setdefault(what, []).append(time.perf_counter() - began)
        if self.ours:  # has it worked?
            run(sys.executable, "-m", "imagebump", "status", cwd=self.path, env=self.env)

    @property
    def script(self) -> str:
        """The peer."""
        return SCRIPT.format(image=self.env["BENCH_IMAGE"])

    def await_worker(self) -> None:
        """Until it has ended, however it ends; keeps the most memory that one has had."""
        while workers := [pid for pid in pids() if self.is_worker(pid)]:
            self.memory = max([self.memory, *map(peak, workers)])
            time.sleep(0.002)

    def is_worker(self, pid: int) -> bool:
        """Does this process work for this repository?"""
        try:
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"imagebump.worker" in argv and bytes(self.path) in argv


def pids() -> Iterator[int]:
    """Of everything that runs."""
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def peak(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def sides(root: Path, base: Mapping[str, str], name: str, host: str, files: int) -> list[Side]:
    """Both, with an image each, in the registry already."""
    made = []
    for ours in (False, True):
        image = f"{name}-{'ours' if ours else 'script'}"
        env = {
            **base,
            "BENCH_IMAGE": f"{host}/{image}",
            "DOCKER_BUILDKIT": "1",
            "DOCKER": os.environ.get("DOCKER", "docker"),
        }
        configuration = f'registry = "{host}"\nrepository = "{image}"\n[publish]\nretries = ""\n'
        small = {"Dockerfile": DOCKERFILE, ".imagebump.toml": configuration, "VERSION": "1.0.0\n"}
        many = {f"data/{n // 1000}/{n}": f"{n}".ljust(10_000, "x") for n in range(files)}
        path = repository(root / image, env, files=small | {"app": "0\n", "README.md": "\n"} | many)
        if not files:
            (path / "data").write_bytes(os.urandom(LAYER))
            run("git", "add", "data", cwd=path, env=env)
            run("git", "commit", "-qm", "data", cwd=path, env=env)
        if ours:
            run(sys.executable, "-m", "imagebump", "install", cwd=path, env=env)
        made.append(Side(path, env, ours))
    return made


def rounds(both: list[Side], what: str, name: str, count: int) -> None:
    """Both in turn; the first round of a scenario is not counted."""
    for number in range(count + 1):
        for side in both:
            side.publish(what if number else "", name)


def row(both: list[Side], what: str, *, memory: bool = False) -> str:
    """A line of the table."""
    script, ours = (statistics.median(side.times[what]) for side in both)
    more = f"{both[1].memory / 1e6:.0f} MB" if memory else ""
    return f"| {what} | {script:.2f} s | {ours:.2f} s | {ours / script:.2f} | {more} |"


def kept(client: docker.DockerClient) -> tuple[int, int]:
    """Bytes of images and of build cache in the engine."""
    found = client.df()
    cache = sum(one["Size"] for one in found.get("BuildCache") or ())
    return found["LayersSize"], cache


def growth(both: list[Side], client: docker.DockerClient, commits: int) -> list[str]:
    """What the engine keeps of `commits` more commits, a line each."""
    lines = []
    for side in both:
        before = kept(client)
        for _ in range(commits):
            side.publish("growth", "app")
        images, cache = (after - was for after, was in zip(kept(client), before, strict=True))
        lines.append(
            f"| {'imagebump' if side.ours else 'the script'} | {images / 1e6:.1f} MB | {cache / 1e6:.1f} MB |"
        )
    return lines


def main() -> None:
    """Measure, and print Markdown."""
    count, *contexts = map(int, sys.argv[1:] or ["9"])
    client = docker.from_env()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        env = isolated(root) | {"DOCKER_HOST": os.environ["DOCKER_HOST"]}
        plugin = root / ".docker" / "cli-plugins" / "docker-buildx"  # for large contexts
        plugin.parent.mkdir(parents=True)
        plugin.symlink_to(run(CHECKOUT / "scripts" / "engine", "buildx", cwd=root, env=env).strip())
        registry = Registry(root / "registry")
        registry.start()
        try:
            small = sides(root, env, "small", registry.host, 0)
            rounds(small, "a small change", "app", count)
            rounds(small, "nothing changed in the image", "README.md", count)
            table = [
                row(small, "a small change", memory=True),
                row(small, "nothing changed in the image"),
            ]
            for files in contexts:
                both = sides(root, env, f"files{files}", registry.host, files)
                what = f"one of {files:,} files, {files / 100:,.0f} MB"
                rounds(both, what, "data/0/0", min(count, 3))
                table.append(row(both, what, memory=True))
            grown = growth(small, client, 30)
        finally:
            registry.stop()
    print(
        f"Medians of {count}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"engine {client.version()['Version']}\n\n"
        "| commit to tags | the script | imagebump | times | the worker's memory |\n|---|---|---|---|---|"
    )
    print(*table, sep="\n")
    print("\n| 30 commits | images grow by | build cache by |\n|---|---|---|", *grown, sep="\n")


if __name__ == "__main__":
    main()
