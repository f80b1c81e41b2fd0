"""The distribution's `docker-registry`, started in a session of its own and found again by its pid."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

from imagebump import files, process
from imagebump.errors import UserError
from imagebump.localregistry import api, logs, processes, state
from imagebump.localregistry.state import Running

NAME = "docker-registry"
_PATIENCE = 10.0
"""Seconds from SIGTERM to SIGKILL."""


def executable() -> str | None:
    """The path of `docker-registry`; None where it is not installed."""
    return shutil.which(NAME)


def start(executable: str, port: int, storage: Path, name: str, mark: str) -> Running:
    """Start the program; it may not answer yet, and may yet end."""
    files.write_atomic(state.config_path(), config(port, storage, mark), mode=0o600)
    with state.log_path().open("wb") as log:
        pid = process.detach(
            [executable, "serve", str(state.config_path())],
            log=log,
            cwd=state.directory(),
            env=_environment(),
        )
    started = _started(pid)
    return Running("program", port, storage, name, time.time(), mark, pid=pid, started=started)


def _started(pid: int) -> str:
    """When the child `pid` started, once it bears our command; "" where it has ended before."""
    deadline = time.monotonic() + _PATIENCE
    while (who := processes.identity(pid)) and time.monotonic() < deadline:
        if _is_ours(who):
            return who.started
        time.sleep(0.001)
    return ""


def _is_ours(who: processes.Identity) -> bool:
    return who.command.endswith(f"{NAME} serve {state.config_path()}")


def config(port: int, storage: Path, mark: str) -> bytes:
    """The program's configuration: JSON, which YAML includes, so that no path needs quoting of its own."""
    content = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
        "http": {
            "addr": f"127.0.0.1:{port}",
            "headers": {"X-Content-Type-Options": ["nosniff"], api.MARK: [mark]},
        },
    }
    return f"{json.dumps(content, indent=1)}\n".encode()


def _environment() -> dict[str, str]:
    """Ours, without the variables that would overrule the configuration."""
    return {k: v for k, v in process.environment().items() if not k.startswith("REGISTRY_")}


def is_alive(running: Running) -> bool:
    """Is the pid still the very process that we started, with our configuration?"""
    who = processes.identity(running.pid)
    return who is not None and who.started == running.started and _is_ours(who)


def ended(running: Running) -> str:
    """Why the program has ended; "" while it runs."""
    if is_alive(running):
        return ""
    return logs.reason(state.log_path().read_text(encoding="utf-8", errors="replace"))


def stop(running: Running) -> None:
    """End the program where it still is the one that we started. UserError where it does not end."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_alive(running):
            return
        try:
            os.kill(running.pid, number)
        except ProcessLookupError:
            return
        except PermissionError:
            raise UserError(
                f"cannot end {NAME} (pid {running.pid}): it is another user's"
            ) from None
        deadline = time.monotonic() + _PATIENCE
        while is_alive(running) and time.monotonic() < deadline:
            time.sleep(0.02)
    if is_alive(running):
        raise UserError(f"{NAME} (pid {running.pid}) does not end")
