"""`imagebump version`: the version that there is, or the one that the next commit would get."""

import argparse

from imagebump import output
from imagebump.commands import bump_facts, hook_bump, hook_config, version_file, workspace
from imagebump.config import Config
from imagebump.git import Repository


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--next and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "--next",
        action="store_true",
        help="the one that a commit of what is staged would get; why is said on standard error",
    )


def run(args: argparse.Namespace) -> int:
    """Print the version, alone on standard output."""
    repository, configs = workspace.configured()
    for config in workspace.chosen(configs, args.image):
        version, why = (_next if args.next else _present)(repository, config)
        title = f"{config.image} " if len(configs) > 1 and not args.image else ""
        output.say(f"{title}{version}")
        if why:
            output.note(f"{title}{why}")
    return 0


def _present(repository: Repository, config: Config) -> tuple[str, str]:
    """HEAD's; before the first commit the one that is staged."""
    name = config.bump.version_file
    found = version_file.at(repository, repository.head, name) or _staged(repository, config)
    return str(found), "" if repository.head else "staged, and not committed yet"


def _next(repository: Repository, config: Config) -> tuple[str, str]:
    """Decided as the hook decides, with nothing written."""
    reason = hook_bump.why_not(repository, config)
    if not reason and config not in hook_config.staged(repository):
        reason = f"{config.build.dockerfile} is not in the index"
    if reason:
        return _staged(repository, config), reason
    decision, file = hook_bump.decide(repository, config, bump_facts.next_commit(repository))
    return str(file.version if file else ""), decision.why


def _staged(repository: Repository, config: Config) -> str:
    staged = version_file.look(repository, config.bump.version_file).staged
    if staged is None:
        raise workspace.without_version(repository, config)
    return str(staged.version)
