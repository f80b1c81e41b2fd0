"""`imagebump install`: put the plain Git hooks into this repository, never over somebody else's."""

import argparse
import shlex
import sys
from contextlib import suppress
from importlib import resources
from pathlib import Path

from imagebump import files, git, gitconfig, output, trust
from imagebump.commands import naming, workspace
from imagebump.commands.doctor_managers import runs
from imagebump.commands.hook import LEGACY
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot

_MARK = "Put here by `imagebump install`"
HOOKS = (
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "pre-push",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--print-hooks."""
    parser.add_argument(
        "--print-hooks",
        action="store_true",
        help="only print the directory with our hooks, for core.hooksPath",
    )


def run(args: argparse.Namespace) -> int:
    """Install, or say in one line what stands in the way; nothing is half done."""
    if args.print_hooks:
        output.say(str(shims()))
        return 0
    repository = git.discover()
    directory = directory_of(repository)
    foreign = [name for name in HOOKS if _is_foreign(directory / name)]
    if foreign:
        raise _in_the_way(directory, foreign)
    directory.mkdir(parents=True, exist_ok=True)
    for name in HOOKS:
        if not _calls_us(directory / name):
            files.write_atomic(directory / name, _shim(name), 0o755)
    gitconfig.put(repository, "imagebump.python", sys.executable)
    output.say(f"hooks in {directory}: {', '.join(HOOKS)}")
    _trust(repository)
    if lack := workspace.lacking(repository):
        output.note(f"no commit becomes an image yet: {lack}")
    elif said := naming.by_directory(Snapshot(repository, git.INDEX).configs()):
        output.say(said)
    return 0


def _in_the_way(directory: Path, foreign: list[str]) -> UserError:
    """Somebody else has these hooks: what to type instead."""
    first, *others = foreign
    manager = "".join(runs((directory / first).read_text(errors="replace"))[:1])
    if manager == "lefthook":
        hint = f"Add `imagebump hook {first}` to lefthook.yml (likewise for the others), then run: lefthook install"
    elif manager:
        hint = "Add imagebump's hooks to .pre-commit-config.yaml, then run: pre-commit install"
    else:
        likewise = f" (likewise to {', '.join(others)})" if others else ""
        hint = f"Add this line to it: {_line(first)}{likewise}"
    whose = f"{manager}'s" if manager else "somebody else's hook"
    return UserError(f"{directory / first} is {whose}", hint, status=1)


def _trust(repository: Repository) -> None:
    """Who installs the hooks trusts what the checkout asks for; one that is broken asks for nothing."""
    with suppress(UserError):
        staged = Snapshot(repository, git.INDEX)
        lines = (trust.asked(config, staged.read) for config in staged.configs())
        for line in sorted(trust.trust(repository.state, frozenset().union(*lines))):
            output.say(f"trusted: {line}")


def shims() -> Path:
    """The directory with our hooks: in the installed package, or in the checkout that we run from."""
    packaged = Path(str(resources.files("imagebump"))) / "shims"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "hooks"


def _shim(name: str) -> bytes:
    """A hook with our interpreter in it: asking git for it costs each commit some milliseconds."""
    asked = b"python=$(git config --get imagebump.python)\n"
    return (
        (shims() / name)
        .read_bytes()
        .replace(asked, f"python={shlex.quote(sys.executable)}\n".encode())
    )


def directory_of(repository: Repository) -> Path:
    """Where git looks for hooks: of a linked worktree, the main one's; refused where others share it."""
    directory = git.hooks_path(repository)
    shared = gitconfig.get(repository, "core.hooksPath")
    if shared and not directory.resolve().is_relative_to(repository.top.resolve()):
        raise UserError(
            f"core.hooksPath is {shared}, outside this repository: other repositories use it too",
            "Run: git config --local core.hooksPath .git/hooks, then install again",
            status=1,
        )
    return directory


def _is_foreign(path: Path) -> bool:
    return path.exists() and _MARK.encode() not in path.read_bytes() and not _calls_us(path)


def _calls_us(path: Path) -> bool:
    """Is this somebody else's hook, with the line that we say to add to it?"""
    text = path.read_bytes() if path.exists() else b""
    return _MARK.encode() not in text and f"imagebump hook {path.name}".encode() in text


def is_ours(path: Path) -> bool:
    """Is this hook one that we put there, and is it as we left it, whichever Python it names?"""
    if not path.is_file():
        return False
    shim = shims() / path.name.removesuffix(LEGACY)
    ours, there = (one.read_bytes().splitlines() for one in (shim, path))
    return _but_python(ours) == _but_python(there)


def _but_python(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if not line.startswith(b"python=")]


def _line(name: str) -> str:
    return f'{shlex.quote(sys.executable)} -P -m imagebump hook {name} "$@" || exit $?'
