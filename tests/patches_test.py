"""The patch files of the hook managers above us, and of no other process that had their id."""

import os
from pathlib import Path

import pytest

from imagebump import ancestry
from imagebump.patches import held_patches


def test_held_patches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the process id, unless the file is older than the process."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path))
    mine, others = tmp_path / f"patch1-{os.getppid()}", tmp_path / "patch1-0"
    for path in (mine, others):
        path.write_text("diff")
    assert held_patches(tmp_path) == [mine]
    before = ancestry.started(os.getppid()) - 60
    os.utime(mine, (before, before))
    assert held_patches(tmp_path) == []
