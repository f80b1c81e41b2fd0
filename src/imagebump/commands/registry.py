"""`imagebump registry`: a registry of your own."""

import argparse
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from imagebump import output, reference
from imagebump.localregistry import Running, address, api, control, state, status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """up, down, status and list, and the settings of up."""
    verbs = parser.add_subparsers(dest="verb", metavar="up|down|status|list", required=True)
    up = verbs.add_parser("up", help="start it, in the Docker engine or as a program")
    up.description = "Start it. What is left out is as it was the last time, at first the default."
    up.add_argument("--port", type=_port, help="on 127.0.0.1 (at first: 5000)")
    up.add_argument("--storage", type=_directory, metavar="DIR", help="where the images are kept")
    up.add_argument(
        "--name", metavar="HOST", help="its name in image references (at first: localhost)"
    )
    verbs.add_parser("down", help="stop it; the images stay")
    verbs.add_parser("status", help="show how it runs, and where; exit status 1 where it does not")
    verbs.add_parser("list", help="show its repositories and tags")


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number such as 5000")
    return int(text)


def _directory(text: str) -> Path:
    """A ~ is the home directory also where no shell has seen it."""
    try:
        if text:
            return Path(text).expanduser()
    except RuntimeError:  # there is no such user
        pass
    raise argparse.ArgumentTypeError(f"{text!r}, expected a directory such as ~/registry")


def run(args: argparse.Namespace) -> int:
    """Run the verb; gives the exit status."""
    verbs: dict[str, Callable[[], int]] = {
        "up": lambda: _up(args.port, args.storage, args.name),
        "down": _down,
        "status": _status,
        "list": _list,
    }
    return verbs[args.verb]()


def _up(port: int | None, storage: Path | None, name: str | None) -> int:
    kept = _kept(port, storage, name)
    before = status()
    running = control.up(port, storage, name)
    if before != running and kept:
        output.note(f"as the last time: {kept}")
    is_up = "is up already" if before == running else "is up"
    output.say(f"{running.address} {is_up} ({_how(running)}), its storage is {running.storage}")
    return 0


def _kept(port: int | None, storage: Path | None, name: str | None) -> str:
    """The options that are taken from the last time, where they are not the defaults."""
    rows = zip(
        state.Settings._fields, (port, storage, name), state.last(), state.defaults(), strict=True
    )
    return shlex.join(
        word
        for option, given, last, default in rows
        if given is None and last != default
        for word in (f"--{option}", str(last))
    )


def _down() -> int:
    ended = control.down()
    if ended is None:
        output.say("no local registry is running")
    else:
        output.say(f"{ended.address} is down, its images stay in {ended.storage}")
    return 0


def _status() -> int:
    running = status()
    if running is None:
        output.say("no local registry is running. Run: imagebump registry up")
        return 1
    rows = [
        ["address", running.address],
        ["running", _how(running)],
        ["storage", str(running.storage)],
        ["since", time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(running.since))],
    ]
    if running.how == "program":
        rows.append(["log", str(state.log_path())])
    output.say(output.columns(rows))
    return 0


def _how(running: Running) -> str:
    if running.how == "program":
        return f"program, pid {running.pid}"
    return f"container {running.container[:12]} of {running.image}"


def _list() -> int:
    host = address()
    found = api.tags(int(host.rpartition(":")[2]))
    named = (one for one in found if not reference.is_key(one.tag))  # which nobody pulls
    tags = sorted(named, key=lambda one: (one.repository, natural(one.tag)))
    if not tags:
        output.say(f"{host} holds no images yet. Run: imagebump publish")
        return 0
    rows = [[f"{host}/{one.repository}", one.tag, one.digest[:19]] for one in tags]
    output.say(output.columns([["REPOSITORY", "TAG", "DIGEST"], *rows]))
    return 0


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers by value: 1.9.0 before 1.10.0."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", text)]
