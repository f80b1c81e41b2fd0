"""The processes above us."""

import os
import shlex
import sys
import time
from pathlib import Path

from imagebump import ancestry, process


def test_ancestors() -> None:
    """Our parent first; what they were called with, blanks and all."""
    code = (
        "from imagebump import ancestry; print([one.arguments for one in ancestry.ancestors()][:2])"
    )
    inner = shlex.join([sys.executable, "-c", code])
    result = process.run(["sh", "-c", f"{inner}; :", "a b", ""])
    shell, parent = eval(result.out)
    assert shell == ["sh", "-c", f"{inner}; :", "a b", ""]
    assert parent == Path("/proc/self/cmdline").read_text().split("\0")[:-1]


def test_ancestors_by_ps() -> None:
    """Where there is no /proc, the same processes are found."""
    by_proc = [one.pid for one in ancestry.ancestors()]
    assert [one.pid for one in ancestry._ancestors_by_ps(os.getppid())] == by_proc


def test_started() -> None:
    """Not in the future, and not before the machine was."""
    assert ancestry.started(os.getppid()) <= ancestry.started(os.getpid()) <= time.time() + 1
    assert time.time() - ancestry.started(os.getpid()) < 3600
    assert ancestry.started(0) == 0.0
