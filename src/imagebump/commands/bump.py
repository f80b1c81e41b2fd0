"""`imagebump major|minor|patch`: set VERSION for the next commit."""

import argparse
import re
from collections.abc import Sequence
from typing import NamedTuple

from imagebump import bump, git, output, spool, version
from imagebump.commands import lines, version_file, workspace
from imagebump.config import Config
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
    workspace.add_image(parser)
    parser.add_argument("--all", action="store_true", help="all images, where there are several")
    parser.add_argument(
        "--commit", action="store_true", help="commit VERSION too, and nothing else, as in CI"
    )


def run(args: argparse.Namespace) -> int:
    """Write and stage VERSION, relative to HEAD's; print old → new."""
    repository, configs = workspace.configured()
    if args.pre and not re.fullmatch(r"[A-Za-z-][0-9A-Za-z-]*", args.pre):
        raise UserError(
            f"--pre {args.pre!r}, expected a label of letters, digits and hyphens, as rc"
        )
    steps = [step(repository, one, args.command, args.pre) for one in _chosen(configs, args)]
    for one in steps:
        if not args.dry_run:
            version_file.write(repository, one.name, one.file)
        output.say(f"{one.title}{one.before or 'no version'} → {one.file.version}")
    if args.commit and not args.dry_run:
        _commit(repository, steps)
    return 0


def _chosen(configs: Sequence[Config], args: argparse.Namespace) -> Sequence[Config]:
    """The images to bump. UserError where there are several, and it is not said which."""
    if len(configs) > 1 and not (args.image or args.all):
        names = ", ".join(config.image for config in configs)
        raise UserError(
            f"there are several images: {names}",
            f"Run: imagebump {args.command} --image {configs[0].image}, or --all",
        )
    return workspace.chosen(configs, args.image)


class Step(NamedTuple):
    """What becomes of an image's VERSION, at the path `name`."""

    image: str
    name: str
    before: Version | None
    file: VersionFile

    @property
    def title(self) -> str:
        """The image, before its versions; "" where there is only one."""
        return f"{self.image} " if self.image else ""


def step(repository: Repository, config: Config, part: Part, pre: str) -> Step:
    """What VERSION is to become; twice the same is once. Nothing is written."""
    name = config.bump.version_file
    places = version_file.look(repository, name)
    _refuse_edit(repository, name, places)
    file = places.staged
    if file is None and places.working is not None:
        file = version_file.untracked(repository, name, places.working)
    base = version_file.at(repository, repository.head, name)
    target = _target(repository, config, file.version if file else None, part, pre)
    before = base or (file.version if file else None)
    return Step(config.image, name, before, (file or VersionFile(target)).with_version(target))


def _target(
    repository: Repository, config: Config, staged: Version | None, part: Part, pre: str
) -> Version:
    """Relative to the highest version that HEAD's line has seen; without one to the staged one; else the first."""
    name = config.bump.version_file
    start = lines.line(repository, name, repository.head).highest or staged
    if start is None:
        return version.FIRST
    target = version.bump(start, part, pre)
    while commit := spool.claimant(repository.state, config.release(target)):
        output.note(f"{target} is taken by {commit[:7]}")
        start, target = target, version.bump(target, part, pre)
    return bump.by_hand(start, staged or start, part, pre)


def _commit(repository: Repository, steps: Sequence[Step]) -> None:
    """Commit VERSION alone, whatever else is staged."""
    what = ", ".join(f"{one.title}{one.file.version}" for one in steps)
    names = [one.name for one in steps]
    result = repository.run("commit", "--quiet", "-m", f"Version {what}", "--", *names)
    if result.status:
        raise UserError(
            f"{', '.join(names)} is staged, but git commit failed: {result.reason}",
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
