"""Where the hook managers above us keep the edits that are not staged."""

from collections.abc import Iterator
from pathlib import Path

from imagebump import ancestry
from imagebump.ancestry import Ancestor
from imagebump.settings import variable


def held_patches(common_dir: Path) -> list[Path]:
    """The patch files in which a hook manager above us (pre-commit, prek, lefthook) keeps unstaged edits.

    Only files whose name ends in the process id of one that runs us are taken, as pre-commit's
    patch<time>-<pid>, and which are no older than that: such files stay, and process ids come again.
    lefthook has one in the Git directory that worktrees share, `common_dir`.
    """
    above = list(ancestry.ancestors())
    pids = {str(one.pid): one.pid for one in above}
    named = [(path, pids.get(path.stem.rpartition("-")[2])) for path in _stored()]
    own = common_dir / "info" / "lefthook-unstaged.patch"
    if own.exists():
        named += [(own, one.pid) for one in above if _is_lefthook(one)]
    return [path for path, pid in named if pid and _is_younger(path, pid)]


def _stored() -> Iterator[Path]:
    """What lies where pre-commit and prek keep theirs."""
    home = Path(variable("HOME") or "/")
    cache = Path(variable("XDG_CACHE_HOME") or home / ".cache")
    stores = {
        Path(variable("PRE_COMMIT_HOME") or cache / "pre-commit"),
        Path(variable("PREK_HOME") or cache / "prek") / "patches",
    }
    return (path for store in stores if store.is_dir() for path in store.glob("*patch*"))


def _is_lefthook(one: Ancestor) -> bool:
    return any(Path(word).name.startswith("lefthook") for word in one.arguments[:1])


def _is_younger(path: Path, pid: int) -> bool:
    return path.stat().st_mtime > ancestry.started(pid) - _SLACK


_SLACK = 2.0
"""Seconds by which the two clocks may differ."""
