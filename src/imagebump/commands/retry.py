"""`imagebump retry [REV]`: try again what failed."""

import argparse

from imagebump import git, ledger, output
from imagebump.commands import jobs, start, workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "rev", nargs="?", default="", metavar="REV", help="one commit (default: all that failed)"
    )


def run(args: argparse.Namespace) -> int:
    """Queue every commit that failed or was refused, and start the worker."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        failed = book.in_states(*ledger.NOT_DONE)
        if args.rev:
            named = jobs.find(repository, book, args.rev, args.image)
            failed = [one for one in named if one.state in (*ledger.NOT_DONE, "superseded")]
        failed = [one for one in failed if args.image in ("", one.image)]
        for record in failed:
            book.update(record.id, attempts=0, failing_since=0)
    for record in failed:
        jobs.drop(repository, record.job)
    if not failed:
        states = ", ".join(f"{one.title} is {one.state}" for one in named) if args.rev else ""
        output.say(states or "nothing has failed")
        return 0
    start.worker(repository)
    output.say(
        f"{', '.join(record.title for record in failed)}: trying again. Run: imagebump watch"
    )
    return 0
