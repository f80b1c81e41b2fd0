"""`imagebump retry [REV]`: try again what failed."""

import argparse

from imagebump import git, ledger, output
from imagebump.commands import jobs, start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV."""
    parser.add_argument(
        "rev", nargs="?", default="", metavar="REV", help="one commit (default: all that failed)"
    )


def run(args: argparse.Namespace) -> int:
    """Queue every commit that failed or was refused, and start the worker."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        failed = book.in_states("failed", "refused")
        if args.rev:
            named = jobs.find(repository, book, args.rev)
            failed = [named] if named.state in ("failed", "refused", "superseded") else []
        for record in failed:
            book.update(record.commit_id, attempts=0)
    for record in failed:
        jobs.drop(repository, record.job)
    if not failed:
        output.say(f"{jobs.title(named)} is {named.state}" if args.rev else "nothing has failed")
        return 0
    start.worker(repository)
    output.say(f"{', '.join(map(jobs.title, failed))}: trying again. Run: imagebump watch")
    return 0
