"""`imagebump major|minor|patch`: set VERSION for the next commit."""

import argparse
import re

from semver import Version

from imagebump import bump, git, output, version
from imagebump.commands import version_file, workspace
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.version import Part, VersionFile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--pre and --dry-run."""
    parser.add_argument(
        "--pre",
        metavar="LABEL",
        default="",
        help="make it a pre-release, as rc; again: the next one",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="only say what would be written"
    )


def run(args: argparse.Namespace) -> int:
    """Write and stage VERSION, relative to HEAD's; print old → new."""
    repository, config = workspace.configured()
    return bump_by_hand(
        repository, config.bump.version_file, args.command, args.pre, dry_run=args.dry_run
    )


def bump_by_hand(repository: Repository, name: str, part: Part, pre: str, *, dry_run: bool) -> int:
    """The command itself; gives the exit status. Twice the same is once."""
    if pre and not re.fullmatch(r"[A-Za-z-][0-9A-Za-z-]*", pre):
        raise UserError(f"--pre {pre!r}, expected a label of letters, digits and hyphens, as rc")
    places = version_file.look(repository, name)
    _refuse_edit(repository, name, places)
    base = version_file.at(repository, repository.head, name)
    file = places.staged
    if file is None and places.working is not None:
        file = version_file.untracked(repository, name, places.working)
    target = _target(base, file.version if file else None, part, pre)
    if not dry_run:
        version_file.write(repository, name, (file or VersionFile(target)).with_version(target))
    output.say(f"{base or 'no version'} → {target}")
    return 0


def _target(base: Version | None, staged: Version | None, part: Part, pre: str) -> Version:
    """Relative to HEAD's version; before the first commit to the staged one; else the first."""
    start = base or staged
    return bump.by_hand(start, staged or start, part, pre) if start else version.FIRST


def _refuse_edit(repository: Repository, name: str, places: version_file.Places) -> None:
    """An edit that is not staged is the user's, and is not written over."""
    if places.staged is None or places.working in (None, bytes(places.staged)):
        return
    if git.has_unstaged_edit(repository, name):
        raise UserError(
            f"{name} has an edit that is not staged",
            f"Run: git add {name} (to keep it) or git checkout -- {name} (to drop it), then bump again",
            status=1,
        )
