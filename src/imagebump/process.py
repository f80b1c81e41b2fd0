"""The only user of subprocess: every child has a list of arguments and a timeout."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, NoReturn, TypeAlias

from imagebump.errors import UnavailableError


class Result(NamedTuple):
    """What a child left: exit status (negative: the signal), standard output and standard error."""

    status: int
    out: bytes
    err: bytes

    @property
    def reason(self) -> str:
        """The last line of standard error that says something, else the status."""
        lines = [line for line in self.err.decode(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"exit status {self.status}"


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float = 60.0,
) -> Result:
    """Run `argv` to its end, within `timeout` seconds.

    UnavailableError where the program does not exist or does not end in time; a status other
    than 0 is the caller's to judge.
    """
    try:
        child = _started(argv, cwd, env, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        if cwd and not cwd.is_dir():
            raise UnavailableError(f"the directory {cwd} is gone") from None
        raise UnavailableError(f"{argv[0]} is not installed, or not on the PATH") from None
    return finish(child, timeout, stdin, str(argv[0]))


Child: TypeAlias = "subprocess.Popen[bytes]"


def begin(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Child:
    """Start a child that needs no input, to `finish` when its answer is needed."""
    return _started(argv, cwd, env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(
    child: Child, timeout: float, stdin: bytes | None = None, name: str = "a command"
) -> Result:
    """What a child of `begin` or `pipe` left, when it has ended.

    UnavailableError where it does not within `timeout` seconds.
    """
    with child:
        try:
            out, err = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            _end(child)
            raise UnavailableError(f"{name} did not answer within {timeout:.0f} s") from None
        except BaseException:  # as by ^C
            child.kill()
            raise
    return Result(child.returncode, out, err or b"")


def _end(child: Child) -> None:
    """Ask it to end, and what it has started, as far as the system shows that; kill it where it does not listen."""
    below = _below(child.pid)
    child.terminate()
    for pid in below:
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM)
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


def _below(pid: int) -> list[int]:
    """The processes that one has started, and those that they have."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [one for child in map(int, children) for one in (child, *_below(child))]


def pipe(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Child:
    """A child to talk with over pipes; the caller ends it."""
    return _started(argv, cwd, env, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _started(
    argv: Sequence[str | Path],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    *,
    stdin: int,
    stderr: int,
) -> Child:
    return subprocess.Popen(
        argv, cwd=cwd, env=env, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr
    )


def pipes(child: Child) -> tuple[IO[bytes], IO[bytes]]:
    """The standard input and output of a child of `pipe`."""
    if child.stdin is None or child.stdout is None:
        raise ValueError("the child was started without pipes")
    return child.stdin, child.stdout


def await_word(stdout: IO[bytes], name: str, seconds: float) -> None:
    """Wait until there is something to read, or the end. UnavailableError where neither comes within `seconds`.

    What has been read ahead counts for nothing: ask only where all of it was taken.
    """
    if not select.select([stdout], [], [], seconds)[0]:
        raise UnavailableError(f"{name} did not answer within {seconds:.0f} s")


def kill(child: Child) -> None:
    """End a child of `pipe`, whatever it does; who holds its pipes as well is not waited for."""
    with suppress(BrokenPipeError), child:
        _end(child)


class Followed:
    """A child whose output, standard error with it, is read while it runs; it ends with the block.

    `held` are descriptors that it holds as well: a lock that outlives us while the child runs.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        silence: float,
        held: Sequence[int] = (),
    ) -> None:
        self._name, self._silence = argv[0], silence
        try:
            self._child = subprocess.Popen(
                argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=held,
            )  # fmt: skip
        except OSError as problem:
            raise UnavailableError(f"cannot start {argv[0]}: {problem.strerror}") from None

    def __enter__(self) -> "Followed":
        return self

    def __exit__(self, *_: object) -> None:
        """Ask it to end where it has not."""
        if self._child.poll() is None:
            _end(self._child)
        if self._child.stdout:
            self._child.stdout.close()
        self._child.wait()

    def lines(self) -> Iterator[str]:
        """Each line without its end. UnavailableError where none comes for `silence` seconds."""
        rest = b""
        while data := self._read():
            *whole, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
        if rest:
            yield rest.decode(errors="replace")

    def _read(self) -> bytes:
        if self._child.stdout is None:
            return b""
        descriptor = self._child.stdout.fileno()
        if not select.select([descriptor], [], [], self._silence)[0]:
            raise UnavailableError(f"{self._name} said nothing for {self._silence:.0f} s")
        return os.read(descriptor, _PIECE)

    def status(self) -> int:
        """The exit status of a child whose output has ended. UnavailableError where it does not end, too."""
        try:
            return self._child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            raise UnavailableError(
                f"{self._name} did not end within {_GRACE:.0f} s of its last word"
            ) from None


_GRACE = 10
"""Seconds for a child to end in."""
_PIECE = 1 << 16


def detach(argv: Sequence[str | Path], *, log: IO[bytes], cwd: Path, env: Mapping[str, str]) -> int:
    """Start `argv` in a session of its own, with no descriptor of ours, and return its pid.

    It outlives us and the terminal; what it prints goes to `log`.
    """
    child = subprocess.Popen(
        argv,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        close_fds=True,
    )
    child.returncode = 0  # never waited for: it is not ours any more
    return child.pid


def become(argv: Sequence[str]) -> NoReturn:
    """Run `argv` in place of this program, with the same process id, environment and descriptors 0 to 2."""
    os.execv(argv[0], list(argv))  # noqa: S606  # a list, and no shell


def has_ended(pid: int) -> bool:
    """Has the child `pid` of `detach` ended, or a process that is no child of ours?"""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return not runs(pid)


def runs(pid: int) -> bool:
    """Is there a process `pid`, of whoever?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def environment() -> dict[str, str]:
    """A copy of our environment, without what git gave to its hook: for work on another repository."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_OF_GIT) or k in _KEPT}


_OF_GIT = ("GIT_", "GITHEAD_")
"""What the names of git's variables begin with; the second stands for each commit that is merged."""
_KEPT = {
    "GIT_EXEC_PATH",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
}
