"""Where the hook managers above us keep the edits that are not staged."""

from pathlib import Path

from imagebump import process
from imagebump.settings import variable


def held_patches() -> list[Path]:
    """The patch files in which a hook manager above us (pre-commit, prek) keeps unstaged edits.

    Only files whose name ends in the process id of one that runs us are taken, as pre-commit's
    patch<time>-<pid>, and which are no older than that: such files stay, and process ids come again.
    """
    home = Path(variable("HOME") or "/")
    cache = Path(variable("XDG_CACHE_HOME") or home / ".cache")
    stores = {
        Path(variable("PRE_COMMIT_HOME") or cache / "pre-commit"),
        Path(variable("PREK_HOME") or cache / "prek") / "patches",
    }
    pids = {str(one.pid): one.pid for one in process.ancestors()}
    found = (path for store in stores if store.is_dir() for path in store.glob("*patch*"))
    named = ((path, pids.get(path.stem.rpartition("-")[2])) for path in found)
    return [path for path, pid in named if pid and _is_younger(path, pid)]


def _is_younger(path: Path, pid: int) -> bool:
    return path.stat().st_mtime > process.started(pid) - _SLACK


_SLACK = 2.0
"""Seconds by which the two clocks may differ."""
