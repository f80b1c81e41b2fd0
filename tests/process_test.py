"""Children have a list of arguments, a timeout, and an end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import wait_for
from imagebump import process
from imagebump.errors import UnavailableError, UserError


def test_run(tmp_path: Path) -> None:
    """Input, output, directory, environment and status; no shell reads the arguments."""
    code = "import os, sys; print(os.getcwd(), os.environ.get('A'), sys.argv[1]); sys.stderr.buffer.write(sys.stdin.buffer.read()); sys.exit(3)"
    result = process.run(
        [sys.executable, "-c", code, "$A; *"], cwd=tmp_path, env={"A": "1"}, stdin=b"\xff\n"
    )
    assert result.out == f"{tmp_path} 1 $A; *\n".encode()
    assert (result.status, result.err) == (3, b"\xff\n")


def test_a_signal_is_a_negative_status() -> None:
    """As Python has it."""
    assert process.run(["sh", "-c", "kill -9 $$"]).status == -9


@pytest.mark.parametrize(
    ("err", "reason"),
    [
        (b"first\nlast \n\n", "last"),
        (b"\xffx\n", "�x"),
        (b"", "exit status 4"),
        (b" \n", "exit status 4"),
    ],
)
def test_reason(err: bytes, reason: str) -> None:
    """The last line that says something."""
    assert process.Result(4, b"out", err).reason == reason


def test_a_program_that_is_not_there() -> None:
    """One line."""
    with pytest.raises(UserError, match=r"^no-such-program is not installed, or not on the PATH$"):
        process.run(["no-such-program"])


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    """It is the directory that is missing, and not the program."""
    with pytest.raises(UserError, match=r"^the directory /.*/gone is gone$"):
        process.run(["true"], cwd=tmp_path / "gone")


def test_a_program_that_does_not_end() -> None:
    """It is killed when its time is over, and that is said."""
    began = time.monotonic()
    with pytest.raises(UserError, match=r"^sleep did not answer within 0 s$"):
        process.run(["sleep", "60"], timeout=0.1)
    assert time.monotonic() - began < 30


def test_a_program_that_does_not_end_leaves_nobody(tmp_path: Path) -> None:
    """What it has started ends with it, as what asks for git's password."""
    code = "sh -c 'sleep 60 & echo $! >pid; wait' & wait"
    with pytest.raises(UnavailableError, match=r"^sh did not answer within"):
        process.run(["sh", "-c", code], cwd=tmp_path, timeout=3)
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: process.has_ended(pid), 10, "its end")


def test_a_program_that_does_not_listen_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anybody waited for who holds its pipes."""
    monkeypatch.setattr(process, "_GRACE", 0.2)
    began = time.monotonic()
    for wait in (lambda argv: process.run(argv, timeout=0.1), _begun):
        with pytest.raises(UnavailableError, match="did not answer within 0 s"):
            wait(["sh", "-c", "trap '' TERM; sleep 30 & sleep 30"])
    assert time.monotonic() - began < 20


def _begun(argv: list[str]) -> process.Result:
    return process.finish(process.begin(argv), 0.1)


def test_pipes() -> None:
    """A child to talk with."""
    child = process.pipe(["cat"])
    stdin, stdout = process.pipes(child)
    stdin.write(b"one\n")
    stdin.flush()
    assert stdout.readline() == b"one\n"
    assert child.communicate()[0] == b""
    with subprocess.Popen(["true"]) as deaf, pytest.raises(ValueError, match="without pipes"):
        process.pipes(deaf)


def followed(code: str, silence: float = 20, held: tuple[int, ...] = ()) -> process.Followed:
    """A Python that runs `code`, unbuffered."""
    return process.Followed([sys.executable, "-u", "-c", code], silence=silence, held=held)


def test_followed() -> None:
    """Lines of both outputs as they come, the last without its end, and the status."""
    code = "import sys; print('one'); sys.stderr.write('two\\n'); sys.stdout.buffer.write(b'\\xff'); sys.exit(3)"
    with followed(code) as child:
        assert list(child.lines()) == ["one", "two", "\ufffd"]
        assert child.status() == 3


def test_lines_are_read_while_it_runs() -> None:
    """And it ends with the block."""
    with followed("import time; print('one'); time.sleep(600)") as child:
        assert next(child.lines()) == "one"
    assert child.status() == -signal.SIGTERM


def test_one_that_does_not_listen_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed."""
    monkeypatch.setattr(process, "_GRACE", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('one'); time.sleep(600)"
    with followed(code) as child:
        next(child.lines())
    assert child.status() == -signal.SIGKILL


def test_one_that_is_silent() -> None:
    """It is given up."""
    with (
        followed("import time; time.sleep(600)", silence=0.1) as child,
        pytest.raises(UserError, match=r"said nothing for 0 s$"),
    ):
        list(child.lines())


def test_one_that_stays_after_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no status to give, and ends with the block."""
    monkeypatch.setattr(process, "_GRACE", 0.2)
    code = "import os, time; os.close(1); os.close(2); time.sleep(600)"
    with followed(code) as child:
        assert list(child.lines()) == []
        with pytest.raises(UnavailableError, match=r" did not end within 0 s of its last word$"):
            child.status()
    assert child.status() in (-signal.SIGTERM, -signal.SIGKILL)


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    """The system says why."""
    with pytest.raises(UserError, match=f"^cannot start {tmp_path}: Permission denied$"):
        process.Followed([tmp_path], silence=1)


ALONE = """\
import os, sys
print(os.getsid(0) == os.getpid(), sorted(os.listdir('/proc/self/fd')), os.getcwd(), dict(os.environ)['A'], flush=True)
open(sys.argv[1], 'w').close()
"""


def test_detach(tmp_path: Path) -> None:
    """A session of its own, no descriptor of ours, all that it prints in the log."""
    ours = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(ours, True)
    with (tmp_path / "log").open("wb") as log:
        argv = [sys.executable, "-c", ALONE, str(tmp_path / "done")]
        pid = process.detach(argv, log=log, cwd=tmp_path, env={"A": "1"})
    os.close(ours)
    wait_for((tmp_path / "done").exists, 20, "the detached process")
    os.waitpid(pid, 0)
    # 3 is the listing's own
    expected = f"True ['0', '1', '2', '3'] {tmp_path} 1\n"
    assert (tmp_path / "log").read_text() == expected


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that git gave to its hook, and all that a user told git."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_AUTHOR_DATE", "GIT_SSH_COMMAND", "OTHER"):
        monkeypatch.setenv(name, "x")
    kept = process.environment()
    assert {"GIT_SSH_COMMAND", "GIT_CONFIG_GLOBAL", "OTHER", "PATH"} <= kept.keys()
    assert not {"GIT_DIR", "GIT_INDEX_FILE", "GIT_AUTHOR_DATE"} & kept.keys()
