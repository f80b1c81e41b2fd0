"""`imagebump major|minor|patch`: set VERSION for the next commit."""

import argparse
import re

from imagebump import bump, git, output, spool, version
from imagebump.commands import bump_facts, version_file, workspace
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.semantic import Version
from imagebump.version import Part, VersionFile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--pre, --dry-run and --commit."""
    parser.add_argument(
        "--pre",
        metavar="LABEL",
        default="",
        help="make it a pre-release, as rc; again: the next one",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="only say what would be written"
    )
    parser.add_argument(
        "--commit", action="store_true", help="commit VERSION too, and nothing else, as in CI"
    )


def run(args: argparse.Namespace) -> int:
    """Write and stage VERSION, relative to HEAD's; print old → new."""
    repository, config = workspace.configured()
    name = config.bump.version_file
    target = bump_by_hand(repository, name, args.command, args.pre, dry_run=args.dry_run)
    if args.commit and not args.dry_run:
        _commit(repository, name, target)
    return 0


def bump_by_hand(
    repository: Repository, name: str, part: Part, pre: str, *, dry_run: bool
) -> Version:
    """The command itself; gives the version. Twice the same is once."""
    if pre and not re.fullmatch(r"[A-Za-z-][0-9A-Za-z-]*", pre):
        raise UserError(f"--pre {pre!r}, expected a label of letters, digits and hyphens, as rc")
    places = version_file.look(repository, name)
    _refuse_edit(repository, name, places)
    file = places.staged
    if file is None and places.working is not None:
        file = version_file.untracked(repository, name, places.working)
    base = version_file.at(repository, repository.head, name)
    target = _target(repository, name, file.version if file else None, part, pre)
    if not dry_run:
        version_file.write(repository, name, (file or VersionFile(target)).with_version(target))
    before = base or (file.version if file else None)
    output.say(f"{before or 'no version'} → {target}")
    return target


def _target(
    repository: Repository, name: str, staged: Version | None, part: Part, pre: str
) -> Version:
    """Relative to the highest version that HEAD's line has seen; without one to the staged one; else the first."""
    start = bump_facts.line(repository, name, repository.head).highest or staged
    if start is None:
        return version.FIRST
    while spool.is_claimed(repository.state, str(version.bump(start, part, pre))):
        start = version.bump(start, part, pre)  # a commit that is not here any more has it
    return bump.by_hand(start, staged or start, part, pre)


def _commit(repository: Repository, name: str, target: Version) -> None:
    """Commit VERSION alone, whatever else is staged."""
    result = repository.run("commit", "--quiet", "-m", f"Version {target}", "--", name)
    if result.status:
        raise UserError(
            f"{name} is staged, but git commit failed: {result.reason}",
            "Mend that, then run: git commit",
            status=1,
        )


def _refuse_edit(repository: Repository, name: str, places: version_file.Places) -> None:
    """An edit that is not staged is the user's, and is not written over."""
    if places.staged is None or places.working in (None, bytes(places.staged)):
        return
    if git.has_unstaged_edit(repository, name):
        version_file.require_version(places.working, name)
        raise UserError(
            f"{name} has an edit that is not staged",
            f"Run: git add {name} (to keep it) or git checkout -- {name} (to drop it), then bump again",
            status=1,
        )
