"""`imagebump uninstall`: take away what `install` has put into this repository, and nothing else."""

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

from imagebump import git, gitconfig, ledger, output, warm
from imagebump.commands.doctor_managers import installed_by, managers
from imagebump.commands.hook import LEGACY
from imagebump.commands.install import HOOKS, directory_of, is_ours
from imagebump.errors import UserError
from imagebump.git import Repository


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(args: argparse.Namespace) -> int:
    """Say what goes, and what stays and why; a second time there is nothing to take away."""
    repository = git.discover()
    parts = (_hooks, _settings, _left, _managed)
    lines = [line for part in parts for line in part(repository)]
    for line in lines or [f"nothing of imagebump is installed in {repository.common_dir}"]:
        output.say(line)
    return 0


def _settings(repository: Repository) -> Iterator[str]:
    """The interpreter that the hooks run, and the workers that wait for them."""
    if gitconfig.unset(repository, "imagebump.python"):
        yield "removed from git config: imagebump.python"
    if warm.send_home(repository.state):
        yield "ended: the workers that wait for a commit; one that works ends its work first"


def _left(repository: Repository) -> Iterator[str]:
    """What was published, and what is known of it."""
    state, book = repository.state, ledger.path(repository.state)
    what = {"the ledger": book, "the logs": state / "logs", "what is trusted": state / "trusted"}
    if known := [name for name, path in what.items() if path.exists()]:
        forget = f"rm -r {shlex.quote(str(state))}"
        yield f"left: {', '.join(known)}. To forget that, run: {forget}"
    if book.exists():
        yield "left: the images, in the engine and in the registry"


def _hooks(repository: Repository) -> list[str]:
    """Take ours away; gives what is gone, and those that others have written into."""
    try:
        directory = directory_of(repository)
    except UserError as shared:
        return [f"left: {shared.message}{_without(git.hooks_path(repository))}"]
    names = [*HOOKS, *(f"{name}{LEGACY}" for name in HOOKS)]
    gone = [name for name in names if is_ours(directory / name)]
    for name in gone:
        (directory / name).unlink()
    lines = [f"removed from {directory}: {', '.join(gone)}"] if gone else []
    return lines + [
        f"left: {directory / name} does more than run imagebump. Take that line out of it"
        for name in names
        if _runs_us(directory / name)
    ]


def _without(shared: Path) -> str:
    """What to type where the directory that others share too holds our hooks."""
    if not any(is_ours(shared / name) for name in HOOKS):
        return ""
    return ". To go without it here, run: git config --local core.hooksPath .git/hooks"


def _managed(repository: Repository) -> Iterator[str]:
    """What the files of hook managers, which are the repository's, name of ours; a commit runs it still."""
    directory = git.hooks_path(repository)
    paths = (directory / name for name in HOOKS)
    texts = [path.read_text(errors="replace") for path in paths if path.is_file()]
    for one in (installed_by(each, texts) for each in managers(repository.top)):
        at = "imagebump at " if one.name == "lefthook" else ""
        yield (
            f"left: {one.file.relative_to(repository.top)} names {at}{', '.join(one.ids)}. Take that out of it; "
            f"where nothing else in it is wanted, run: {one.name} uninstall"
        )


def _runs_us(path: Path) -> bool:
    return path.is_file() and b"imagebump hook" in path.read_bytes()
