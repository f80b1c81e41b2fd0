"""How long `git commit` keeps the developer, side by side in one run.

Repositories with the same files, committed to in turn: no hooks; under pre-commit, in the stages
that ours use, hooks that do nothing (`true`) and Python hooks that do nothing, which pre-commit
gives an environment of their own, as it does ours; ours under pre-commit; ours as plain hooks, with a
worker that waits and without. What the worker does afterwards is waited for, and not measured. Run it on a machine that is otherwise idle:

    .work/venv/bin/python tests/benchmarks/commit.py [ROUNDS]
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
STAGES = "[pre-commit, post-commit]"
AFTER = "plain hooks, imagebump, the first commit in a while"
FILES = {
    "Dockerfile": "FROM scratch\nCOPY app /app\n",
    ".dockerignore": "*.md\n",
    # nothing of main is published: where a worker has done its work, it waits
    ".imagebump.toml": 'registry = "127.0.0.1:1"\nrepository = "app"\n[publish]\nbranches = ["release"]\n',
    "VERSION": "1.0.0\n",
    "app": "0\n",
    "README.md": "# app\n",
}
TRIVIAL = """\
default_install_hook_types: {stages}
repos:
  - repo: local
    hooks:
      - {{id: lint, name: lint, entry: "true", language: system, stages: [pre-commit], files: Dockerfile}}
      - {{id: bump, name: bump, entry: "true", language: system, stages: [pre-commit], always_run: true, pass_filenames: false}}
      - {{id: publish, name: publish, entry: "true", language: system, stages: [post-commit], always_run: true, pass_filenames: false}}
"""
IDLE = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "idle-hook"
version = "1"
[project.scripts]
idle-hook = "idle_hook:main"
""",
    "idle_hook.py": "def main():\n    return 0\n",
    ".pre-commit-hooks.yaml": "".join(
        f"- {{id: idle-{n}, name: idle, entry: idle-hook, language: python, always_run: true, "
        f"pass_filenames: false, stages: [{stage}]}}\n"
        for n, stage in enumerate(("pre-commit", "post-commit"))
    ),
}
PYTHON = """\
default_install_hook_types: {stages}
repos:
  - repo: {idle}
    rev: {rev}
    hooks: [{{id: idle-0}}, {{id: idle-1}}]
"""
OURS = """\
default_install_hook_types: {stages}
repos:
  - repo: {checkout}
    rev: {rev}
    hooks: [{{id: imagebump-lint}}, {{id: imagebump-bump}}, {{id: imagebump-publish}}]
"""


def run(*argv: str | Path, cwd: Path, env: Mapping[str, str]) -> str:
    """What a program prints; its failure ends the benchmark."""
    done = subprocess.run(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{argv}: {done.stdout}{done.stderr}")
    return done.stdout


def repository(
    path: Path, env: Mapping[str, str], config: str = "", files: Mapping[str, str] = FILES
) -> Path:
    """A repository with one commit, and pre-commit installed where a configuration is given."""
    path.mkdir()
    run("git", "init", "-qb", "main", cwd=path, env=env)
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    if config:
        (path / ".pre-commit-config.yaml").write_text(config)
    run("git", "add", "-A", cwd=path, env=env)
    run("git", "commit", "-qm", "start", cwd=path, env=env)
    if config:
        run(sys.executable, "-m", "pre_commit", "install", "--install-hooks", cwd=path, env=env)
    return path


def commit(path: Path, env: Mapping[str, str], number: int) -> float:
    """Change the file that the image is made of, and commit: milliseconds until the prompt is back."""
    (path / "app").write_text(f"{number}\n")
    began = time.perf_counter()
    run("git", "commit", "-qam", f"change {number}", cwd=path, env=env)
    took = (time.perf_counter() - began) * 1000
    subprocess.run(  # until the worker has ended: its exit status is not asked for
        [sys.executable, "-m", "imagebump", "watch"], cwd=path, env=env, capture_output=True
    )
    return took


def workers(path: Path) -> list[int]:
    """The processes that work for a repository, or wait."""
    pids = (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())
    return [pid for pid in pids if is_worker(pid, path)]


def is_worker(pid: int, path: Path) -> bool:
    """Does this process work for the repository at `path`?"""
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"imagebump.worker" in argv and bytes(path) in argv


def end_workers(path: Path) -> None:
    """End those that wait for the next commit."""
    for pid in workers(path):
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
    while workers(path):
        time.sleep(0.01)


def isolated(home: Path) -> dict[str, str]:
    """An environment whose every file is below `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "DOCKER_", "PYTHON"))
    }
    identity = {
        f"GIT_{who}_{what}": "bench"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return kept | identity | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "DOCKER_HOST": f"unix://{home}/no.sock",
    }  # fmt: skip


def main() -> None:
    """Measure in turn, print medians and ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        env = isolated(root)
        rev = run("git", "rev-parse", "HEAD", cwd=CHECKOUT, env=env).strip()
        idle = repository(root / "idle", env, files=IDLE)
        idle_rev = run("git", "rev-parse", "HEAD", cwd=idle, env=env).strip()
        python = PYTHON.format(stages=STAGES, idle=idle, rev=idle_rev)
        ours = OURS.format(stages=STAGES, checkout=CHECKOUT, rev=rev)
        cases = {
            "no hooks": repository(root / "none", env),
            "plain hooks, imagebump": repository(root / "plain", env),
            AFTER: repository(root / "after", env),
            "pre-commit, `true`": repository(root / "trivial", env, TRIVIAL.format(stages=STAGES)),
            "pre-commit, idle Python hooks": repository(root / "python", env, python),
            "pre-commit, imagebump": repository(root / "ours", env, ours),
        }
        for case in ("plain hooks, imagebump", AFTER):
            run(sys.executable, "-m", "imagebump", "install", cwd=cases[case], env=env)
        times: dict[str, list[float]] = {case: [] for case in cases}
        for number in range(1, rounds + 3):
            for case, path in cases.items():
                if case == AFTER:
                    end_workers(path)
                took = commit(path, env, number)
                if number > 2:  # the first ones warm the caches
                    times[case].append(took)
        versions = {
            case: run("git", "show", "HEAD:VERSION", cwd=path, env=env).strip()
            for case, path in cases.items()
        }
    report(times, versions, rounds)


def report(times: Mapping[str, list[float]], versions: Mapping[str, str], rounds: int) -> None:
    """A Markdown table: the README's."""
    middles = {case: statistics.median(values) for case, values in times.items()}
    true, python = middles["pre-commit, `true`"], middles["pre-commit, idle Python hooks"]
    print(
        f"`git commit`, median of {rounds}, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}\n"
    )
    print("| hooks | prompt back after | times `true` | times idle Python hooks |")
    print("|---|---|---|---|")
    for case, middle in middles.items():
        print(f"| {case} | {middle:.0f} ms | {middle / true:.2f} | {middle / python:.2f} |")
    print(
        f"\nVERSION in the end: {', '.join(f'{case} {found}' for case, found in versions.items())}"
    )


if __name__ == "__main__":
    main()
