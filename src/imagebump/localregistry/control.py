"""Start the registry and stop it."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from imagebump import files, output
from imagebump.errors import UserError
from imagebump.localregistry import api, checks, container, ports, program, running, state
from imagebump.localregistry.state import How, Running, Settings

_PATIENCE = 30.0
"""Seconds within which a registry that was started has to answer."""


class Way(Protocol):
    """How a registry is run: a module with these functions."""

    def ended(self, running: Running) -> str:
        """Why it has ended; "" while it runs."""

    def stop(self, running: Running) -> None:
        """End it where it is the one that we started."""


WAYS: dict[How, Way] = {"program": program, "container": container}


def up(port: int | None = None, storage: Path | None = None, name: str | None = None) -> Running:
    """Start a registry on 127.0.0.1:`port` that is called `name`, and wait until it answers.

    What is left out is as it was last time. Where one runs with what is given, that is the
    answer. UserError where it runs with other settings, or cannot be started, with the reason.
    """
    folder = storage.resolve() if storage else None
    last = state.last()
    asked = Settings(
        last.port if port is None else port,
        folder or last.storage,
        last.name if name is None else name,
    )
    checks.check_port(asked.port)
    with _locked():
        current = running.status()
        if current:
            return _same(current, port, folder, name)
        addresses = checks.loopback_addresses(asked.name)
        checks.prepare_directory(
            asked.storage, "Choose another: imagebump registry up --storage DIR"
        )
        _clear()
        ports.require_free(asked.port, addresses)
        started = _start(asked)
        state.remember(asked)
        return started


@contextmanager
def _locked() -> Iterator[None]:
    """Nobody else starts or stops the registry meanwhile."""
    checks.prepare_directory(state.directory(), "Set XDG_STATE_HOME to a directory of yours")
    with files.locked(state.directory() / "lock", wait=True):
        yield


def _same(current: Running, port: int | None, storage: Path | None, name: str | None) -> Running:
    """`current`, where it is what is asked for (None: anything); else UserError with what differs."""
    pairs = (
        ("port", current.port, port),
        ("storage", current.storage, storage),
        ("name", current.name, name),
    )
    differ = [
        f"{what} {has}, not {asked}" for what, has, asked in pairs if asked not in (None, has)
    ]
    if differ:
        raise UserError(
            f"a local registry is running already, with {' and '.join(differ)}",
            "To change that, run: imagebump registry down, and then up again",
        )
    return current


def _clear() -> None:
    """Take away what an earlier registry left: a container that is stopped, or restarts in vain."""
    left = state.load()
    if left:
        with suppress(UserError):  # without an engine nothing of it runs
            WAYS[left.how].stop(left)
        state.forget()


def _start(settings: Settings) -> Running:
    started = _launch(settings, secrets.token_hex(8))
    try:
        state.save(started)
        _wait(started)
    except BaseException:
        WAYS[started.how].stop(started)
        state.forget()
        raise
    return started


def _launch(settings: Settings, mark: str) -> Running:
    """In the engine where that can be, else as a program. UserError where neither can.

    A pull that failed is not tried again where the program does: each start would wait for it.
    """
    executable = program.executable()
    vain = state.directory() / "pulled-in-vain"
    try:
        image = container.image(pulls=executable is None or not vain.exists())
    except UserError as why:
        if executable is None:
            raise UserError(
                f"no registry can be started: {why.message}, and {program.NAME} is not installed",
                f"Run: sudo apt-get install {program.NAME}, or: docker pull registry:2",
            ) from None
        output.note(f"{why.message}: starting the program {program.NAME} instead")
        if isinstance(why, container.NotPulledError):
            vain.touch()
        return program.start(executable, *settings, mark)
    vain.unlink(missing_ok=True)
    return container.start(image, *settings, mark)


def _wait(started: Running) -> None:
    deadline = time.monotonic() + _PATIENCE
    while api.mark(started.port) != started.mark:
        reason = WAYS[started.how].ended(started)
        if reason:
            raise UserError(f"the registry ended at once: {reason}")
        if time.monotonic() > deadline:
            raise UserError(
                f"the registry on port {started.port} did not answer within {_PATIENCE:.0f} s"
            )
        time.sleep(0.02)


def down() -> Running | None:
    """End the registry that we started and keep its storage; gives what was ended, None where nothing ran."""
    with _locked():
        known = state.load()
        if known is None:
            return None
        was_running = running.status()
        WAYS[known.how].stop(known)
        state.forget()
        return was_running
