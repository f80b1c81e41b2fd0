"""What a version costs, side by side in one run.

First the command: `imagebump patch`, `bump-my-version bump patch` and `cz bump --dry-run`, each in a
repository of its own. Then the hooks: what they add to `git commit` in a repository with 100 files
and in one with 100,000, all of which the Dockerfile copies. The peers are used where they are on the
PATH. Run it on a machine that is otherwise idle:

    pip install bump-my-version commitizen
    .work/venv/bin/python tests/benchmarks/bump.py [ROUNDS [FILES]]
"""

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from commit import (  # type: ignore[import-not-found]  # beside this file, as it is run
    isolated,
    repository,
    run,
)

FILES = {
    "Dockerfile": "FROM scratch\nCOPY . /app\n",
    ".imagebump.toml": 'registry = "127.0.0.1:1"\nrepository = "app"\n[publish]\non = "manual"\n',
    ".bumpversion.toml": '[tool.bumpversion]\ncurrent_version = "1.0.0"\nallow_dirty = true\n'
    '[[tool.bumpversion.files]]\nfilename = "VERSION"\n',
    ".cz.toml": '[tool.commitizen]\nname = "cz_conventional_commits"\nversion = "1.0.0"\n'
    'version_files = ["VERSION"]\n',
    "VERSION": "1.0.0\n",
    "app": "0\n",
}
NO_COLLECTION = {  # which git would start beside the commits
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "gc.auto",
    "GIT_CONFIG_VALUE_0": "0",
}
COMMANDS = {
    "imagebump patch": [sys.executable, "-P", "-m", "imagebump", "patch"],
    "bump-my-version bump patch": ["bump-my-version", "bump", "patch"],
    "cz bump --dry-run": ["cz", "bump", "--dry-run", "--yes", "--increment", "PATCH"],
}


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def save(path: Path, env: Mapping[str, str]) -> None:
    """Commit what there is without hooks, so that the next round has something to do."""
    run("git", "commit", "-qnam", "fix: save", "--allow-empty", cwd=path, env=env)


def commands(root: Path, env: Mapping[str, str], rounds: int) -> dict[str, float]:
    """The median of each command that there is."""
    there = {
        name: argv for name, argv in COMMANDS.items() if shutil.which(argv[0], path=env["PATH"])
    }
    places = {name: repository(root / name.split()[0], env, files=FILES) for name in there}
    times: dict[str, list[float]] = {name: [] for name in there}
    for _ in range(rounds):
        for name, argv in there.items():
            times[name].append(timed(partial(run, *argv, cwd=places[name], env=env)))
            save(places[name], env)
    return {name: statistics.median(values) for name, values in times.items()}


def commit(path: Path, env: Mapping[str, str], number: int) -> float:
    """One file of many is changed."""
    (path / "app").write_text(f"{number}\n")
    return timed(partial(run, "git", "commit", "-qam", "Next", cwd=path, env=env))


def added(root: Path, env: Mapping[str, str], rounds: int, count: int) -> tuple[float, float]:
    """The median of `git commit` without hooks, and what ours add to it, with `count` files."""
    more = {f"data/{n // 100}/{n}": f"{n}\n" for n in range(count)}
    bare = repository(root / f"bare{count}", env, files=FILES | more)
    ours = repository(root / f"ours{count}", env, files=FILES | more)
    run(sys.executable, "-m", "imagebump", "install", cwd=ours, env=env)
    (ours / ".git" / "hooks" / "post-commit").unlink()  # its worker would be measured with the next
    pairs = [(commit(bare, env, n), commit(ours, env, n)) for n in range(1, rounds + 1)]
    without = statistics.median(one for one, _ in pairs)
    return without, statistics.median(other for _, other in pairs) - without


def main() -> None:
    """Measure, and print Markdown."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as name:
        env = isolated(Path(name)) | NO_COLLECTION
        found = commands(Path(name), env, rounds)
        sizes = {count: added(Path(name), env, rounds, count) for count in (100, many)}
    print(
        f"Medians of {rounds}, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}\n\n| command | takes | times imagebump |\n|---|---|---|"
    )
    for command, took in found.items():
        print(f"| `{command}` | {took:.0f} ms | {took / found['imagebump patch']:.2f} |")
    print("\n| files | `git commit` without hooks | the bump adds | times |\n|---|---|---|---|")
    for count, (without, ours) in sizes.items():
        print(
            f"| {count:,} | {without:.0f} ms | {ours:.0f} ms | {ours / max(sizes[100][1], 1):.2f} |"
        )


if __name__ == "__main__":
    main()
