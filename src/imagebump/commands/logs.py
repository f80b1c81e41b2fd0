"""`imagebump logs [REV]`: the log of a commit's build and push."""

import argparse

from imagebump import attempt, git, ledger, output
from imagebump.commands import jobs
from imagebump.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV."""
    parser.add_argument(
        "rev",
        nargs="?",
        default="",
        metavar="REV",
        help="the commit (default: the newest published)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the log of all its attempts."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        record = jobs.find(repository, book, args.rev)
    try:
        text = attempt.log_path(repository, record.commit_id).read_text(
            encoding="utf-8", errors="replace"
        )
    except FileNotFoundError:
        raise UserError(
            f"{jobs.title(record)} has no log yet", "Run: imagebump watch", status=1
        ) from None
    output.say(text, end="")
    return 0
