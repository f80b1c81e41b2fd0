"""`imagebump check`: for CI, whether HEAD's image has a version of its own."""

import argparse

from imagebump import git, output, refs
from imagebump.commands import image_change, version_file, workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.semantic import Version


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """BASE and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "base",
        metavar="BASE",
        nargs="?",
        default="",
        help="what HEAD is compared with, as origin/main (default: the commit that last set VERSION)",
    )


def run(args: argparse.Namespace) -> int:
    """0 where the version went up or the image is the same; UserError (1) where it must go up."""
    repository, configs = workspace.configured("HEAD")
    head = git.resolve(repository, "HEAD")
    base = git.resolve(repository, args.base) if args.base else ""
    stale = [_check(repository, one, head, base) for one in workspace.chosen(configs, args.image)]
    if problems := [one for one in stale if one]:
        for problem in problems[:-1]:
            output.error(problem)
        raise problems[-1]
    return 0


def _check(repository: Repository, config: Config, head: str, base: str) -> UserError | None:
    """Say how one image's version went on from `base` ("": where it was last set); why it must go up, if it must."""
    name = config.bump.version_file
    base = base or _setter(repository, head, name)
    since = refs.merge_base(repository, base, head)
    after = version_file.at(repository, head, name)
    if after is None:
        raise UserError(
            f"{name} is not in HEAD", f"Run: {workspace.patch(config)} --commit", status=1
        )
    change = "" if since == head else image_change.changed(repository, config, since, head)
    before = version_file.at(repository, base if change else since, name)
    if before is not None and (after < before or (change and after == before)):
        return _stale(config, change, since, before, after)
    same = "" if change else f", the image is the one of {since[:7]}"
    output.say(f"imagebump: {name} {after} (before: {before or 'none'}{same})")
    return None


def _setter(repository: Repository, head: str, name: str) -> str:
    """The commit that last set VERSION. UserError in a shallow clone, which may not reach so far."""
    if repository.ask("rev-parse", "--is-shallow-repository") == "true":
        raise UserError("this clone is shallow", "Run: git fetch --unshallow")
    setters = git.commits_of_path(repository, head, name, 1)
    return setters[0] if setters else head


def _stale(config: Config, change: str, since: str, before: Version, after: Version) -> UserError:
    name = config.bump.version_file
    went = (
        f"{name} is still {after}" if after == before else f"{name} went from {before} to {after}"
    )
    return UserError(
        f"{change or 'nothing'} changed since {since[:7]}, and {went}",
        f"Run: {workspace.patch(config)}, and commit",
        status=1,
    )
