"""One sleeps until its time has come, or another worker."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import wait_for
from imagebump import files, sleeper


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where a repository keeps what is ours."""
    (tmp_path / "imagebump").mkdir()
    return tmp_path / "imagebump"


@pytest.fixture
def asleep(state: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One who sleeps for an hour."""
    with start(state, time.time() + 3600) as child:
        wait_for(lambda: sleeper.is_asleep(state), 30, "it to sleep")
        yield child
        child.kill()


def start(state: Path, until: float) -> "subprocess.Popen[bytes]":
    """Start one; it would become the worker of a repository that is none, and say so."""
    argv = [sys.executable, "-P", "-m", "imagebump.sleeper", state.parent, state.parent]
    return subprocess.Popen([*map(str, argv), str(until)], stdout=subprocess.PIPE)


def test_a_worker_ends_the_one_that_sleeps(state: Path, asleep: "subprocess.Popen[bytes]") -> None:
    """At once; and nobody is ended twice."""
    wait_for((state / "alarm").exists, 30, "it to say who it is")
    assert sleeper.is_asleep_as(state, asleep.pid)
    assert not sleeper.is_asleep_as(state, asleep.pid + 1)
    sleeper.wake(state)
    assert asleep.wait(10) == 0
    sleeper.wake(state)
    assert not sleeper.is_asleep(state)


def test_a_second_one_gives_way(state: Path, asleep: "subprocess.Popen[bytes]") -> None:
    """There is one place to sleep in."""
    with start(state, time.time() + 3600) as second:
        assert second.wait(30) == 0
    assert asleep.poll() is None


def test_one_that_has_less_time_takes_the_place(
    state: Path, asleep: "subprocess.Popen[bytes]"
) -> None:
    """What is to be tried again sooner does not wait for what is later, whoever came first."""
    wait_for((state / "alarm").exists, 30, "it to say until when")
    with start(state, time.time() + 4) as second:
        assert asleep.wait(30) == 0
        out, _ = second.communicate(timeout=60)
    assert b"is not in a Git working tree" in out
    assert not (state / "alarm").exists()


def test_it_becomes_a_worker(state: Path) -> None:
    """When its time has come."""
    with start(state, time.time()) as child:
        out, _ = child.communicate(timeout=30)
    assert b"is not in a Git working tree" in out


def test_a_repository_that_is_gone(tmp_path: Path) -> None:
    """There is nothing to wait for."""
    with start(tmp_path / "imagebump", time.time() + 3600) as child:
        assert child.wait(30) == 0
    assert not (tmp_path / "imagebump").exists()


def test_what_nobody_can_wake(state: Path) -> None:
    """A state that cannot be read, or that nobody ever slept in."""
    sleeper.wake(state)
    sleeper.wake(state / "nowhere")
    with files.locked(state / "sleeper.lock"):
        assert sleeper.is_asleep(state)
