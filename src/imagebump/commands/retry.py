"""`imagebump retry [REV]`: try again what failed."""

import argparse

from imagebump import git, ledger, output
from imagebump.commands import jobs, start
from imagebump.spool import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV."""
    parser.add_argument(
        "rev", nargs="?", default="", metavar="REV", help="one commit (default: all that failed)"
    )


def run(args: argparse.Namespace) -> int:
    """Queue every commit that failed or was refused, and start the worker."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        records = (
            [jobs.find(repository, book, args.rev)]
            if args.rev
            else book.in_states("failed", "refused")
        )
        for record in records:
            book.update(record.commit_id, attempts=0)
    for record in records:
        jobs.drop(repository, Job(record.commit_id, record.branch, record.overrides, record.made))
    if not records:
        output.say("nothing has failed")
        return 0
    start.worker(repository)
    output.say(f"{', '.join(map(jobs.title, records))}: trying again. Run: imagebump watch")
    return 0
