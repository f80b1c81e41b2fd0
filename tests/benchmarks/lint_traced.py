"""What the RUNs do that a fixer joined, beside what they did: each run of RUNs that it made shorter is traced.

    PYTHONPATH=tests python tests/benchmarks/lint_traced.py DOCKERFILES.tar.gz|DIRECTORY [EVERY] -- FIXER [ARGUMENT…]

The fixer is called with each Dockerfile, in a directory of its own; EVERY traces one in so many.
A fixer may mean to run other programs, or the same with other options. It cannot mean to run them
in another directory or environment, nor to go on where a failure ended the build: those are wrong.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from benchmarks.lint import COMPILED, unpack
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, Instruction, parse
from imagebump.rules import stages
from imagebump.rules.directories import workdir
from traced import Case, check


class Call(NamedTuple):
    """One call of a program, as the tracer logs it."""

    program: str
    operands: tuple[str, ...]
    place: str
    environment: tuple[str, ...]


def fixed(file: Path, fixer: list[str]) -> bytes:
    """What a fixer makes of a file."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "Dockerfile"
        shutil.copy(file, copy)
        argv = [*fixer, "Dockerfile"]
        subprocess.run(argv, cwd=name, env=COMPILED, capture_output=True, timeout=60, check=False)
        return copy.read_bytes()


def chains(dockerfile: Dockerfile) -> Iterator[tuple[int, list[Instruction]]]:
    """The RUNs that follow each other, with the number of their stage."""
    for number, stage in enumerate(dockerfile.stages):
        for is_run, group in groupby(stage, key=lambda one: one.name == "RUN"):
            if is_run:
                yield number, list(group)


def script(one: Instruction) -> str:
    """What the shell is given; "" where that is more than one text."""
    if one.exec_form or not one.args:
        return ""
    if one.heredocs:
        alone = len(one.heredocs) == 1 and re.fullmatch(r"\s*<<\S+\s*", one.args[0])
        return one.heredocs[0] if alone else ""
    return one.args[0]


def shortened(before: Dockerfile, after: Dockerfile, name: str) -> Iterator[Case | None]:
    """A case for each chain that has fewer RUNs; None where the two cannot be laid side by side."""
    old, new = list(chains(before)), list(chains(after))
    if len(old) != len(new):
        yield None
        return
    for (stage, apart), (_, joined) in zip(old, new, strict=True):
        if len(joined) < len(apart):
            line, first, second = apart[0].start, [*map(script, apart)], [*map(script, joined)]
            shell = list(stages.shell(before, stage, line))
            here = workdir(before, stage, line) or "/"
            plain = all(first) and all(second)
            yield Case(f"{name}:{line}", first, second, shell, here) if plain else None


def calls(log: str) -> list[Call]:
    """The calls of a log."""
    found = []
    for text in re.split(r"^call ", log, flags=re.MULTILINE)[1:]:
        program, *lines = text.split("\n")
        words = (line.removeprefix("  arg ") for line in lines if line.startswith("  arg "))
        operands = tuple(word for word in words if not word.startswith("-"))
        place = next((line for line in lines if line.startswith("  cwd ")), "")
        found.append(Call(program, operands, place, tuple(x for x in lines if x[:7] == "export ")))
    return found


def kind(where: str, apart: str, joined: str) -> str:
    """What a difference is; the first of a chain tells of it."""
    if ", where " in where:
        return "go on, or stop, otherwise after a failure"
    first, second = calls(apart), calls(joined)
    if [one[:2] for one in first] != [one[:2] for one in second]:
        return "run other programs, or with other operands"
    if [one[2:] for one in first] != [one[2:] for one in second]:
        return "run in another directory or environment"
    return "differ in options, output or files"


def main() -> None:
    """Trace, and print Markdown."""
    split = sys.argv.index("--")
    source, every, fixer = sys.argv[1], int([*sys.argv[2:split], "1"][0]), sys.argv[split + 1 :]
    found: list[Case | None] = []
    with tempfile.TemporaryDirectory() as name:
        for number, file in enumerate(unpack(Path(source), Path(name) / "files")):
            try:
                before, after = parse(file.read_bytes()), parse(fixed(file, fixer))
            except DockerfileError:
                continue
            found += shortened(before, after, str(number))
    traced = [case for case in found if case][::every]
    result = check(traced)
    kinds: dict[str, str] = {}
    for where, apart, joined in result["differences"]:
        kinds.setdefault(where.partition(" in ")[0], kind(where, apart, joined))
    print(f"`{' '.join(fixer)}`: {len(traced)} traced, {found.count(None)} cannot be compared\n")
    print("| of those that are traced | |\n|---|---|")
    for text, count in Counter(kinds.values()).most_common():
        print(f"| {text} | {count} |")


if __name__ == "__main__":
    main()
