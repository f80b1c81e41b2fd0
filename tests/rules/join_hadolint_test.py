"""hadolint has nothing new to say of what a fix makes."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus import dockerfiles
from imagebump.lint import fixed
from imagebump.rules.model import LintSettings, Merge

PROGRAM = Path(sys.executable).with_name("hadolint")


def rewritten(merge: Merge) -> Iterator[tuple[bytes, bytes]]:
    """Each real file that a fix changes, before and after."""
    for _, source in dockerfiles():
        after = fixed(source, LintSettings(merge=merge))
        if after != source:
            yield source, after


def said(files: list[Path]) -> dict[str, Counter[str]]:
    """How often each rule of severity warning or error is broken, by file."""
    done = subprocess.run(
        [PROGRAM, "--no-fail", "--format", "json", *files],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    found: dict[str, Counter[str]] = {str(file): Counter() for file in files}
    for one in json.loads(done.stdout):
        if one["level"] in ("warning", "error"):
            found[one["file"]][one["code"]] += 1
    return found


@pytest.mark.parametrize(("merge", "every"), [("worthwhile", 1), ("all", 4)])
def test_nothing_new(tmp_path: Path, merge: Merge, every: int) -> None:
    """It parses what it parsed before, and finds no more than before."""
    pairs = list(rewritten(merge))[::every]
    assert len(pairs) >= 10
    files = []
    for number, (before, after) in enumerate(pairs):
        files += [tmp_path / f"{number}.before", tmp_path / f"{number}.after"]
        files[-2].write_bytes(before)
        files[-1].write_bytes(after)
    found = said(files)
    for before_file, after_file in zip(files[::2], files[1::2], strict=True):
        new = found[str(after_file)] - found[str(before_file)]
        assert not new, after_file.read_text()
