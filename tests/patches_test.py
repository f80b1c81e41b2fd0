"""The patch files of the hook managers above us, and of no other process that had their id."""

import os
import time
from pathlib import Path

import pytest

from imagebump import process
from imagebump.patches import held_patches


def test_held_patches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the process id, unless the file is older than the process."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path))
    mine, others = tmp_path / f"patch1-{os.getppid()}", tmp_path / "patch1-0"
    for path in (mine, others):
        path.write_text("diff")
    assert held_patches(tmp_path) == [mine]
    before = process.started(os.getppid()) - 60
    os.utime(mine, (before, before))
    assert held_patches(tmp_path) == []


def test_started() -> None:
    """Not in the future, and not before the machine was."""
    assert process.started(os.getppid()) <= process.started(os.getpid()) <= time.time() + 1
    assert time.time() - process.started(os.getpid()) < 3600
    assert process.started(0) == 0.0
