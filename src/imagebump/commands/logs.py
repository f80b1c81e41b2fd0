"""`imagebump logs [REV]`: the log of a commit's build and push."""

import argparse

from imagebump import attempt, git, ledger, output
from imagebump.commands import jobs, workspace
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.records import UNDER_WAY, Record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "rev",
        nargs="?",
        default="",
        metavar="REV",
        help="the commit (default: the newest published)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the log of all its attempts, and when another one comes."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        records = jobs.find(repository, book, args.rev, args.image)
    logs = [(one, text) for one in records if (text := _log(repository, one)) is not None]
    if not logs:
        raise _without(records[0])
    if not args.rev and records[0].commit_id != repository.head:
        output.note(
            f"of HEAD ({repository.head[:7]}) nothing is known yet; this is of {records[0].title}"
        )
    for record, text in logs:
        output.say(text, end="")
        if comes := jobs.next_try(record).strip():
            output.say(comes)
    return 0


def _without(record: Record) -> UserError:
    """Only what is under way gets a log by itself."""
    if record.state in UNDER_WAY:
        return UserError(f"{record.title} has no log yet", "Run: imagebump watch", status=1)
    said = f"{record.title} is {record.state}, and has no log"
    return UserError(said, "Run: imagebump status", status=1)


def _log(repository: Repository, record: Record) -> str | None:
    try:
        path = attempt.log_path(repository, record.id)
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
