"""`imagebump dismiss [REV…]`: let go of what failed."""

import argparse

from imagebump import git, ledger, output, sleeper, spool, worker
from imagebump.commands import jobs, workspace
from imagebump.records import NOT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "revs", nargs="*", metavar="REV", help="a commit (default: all that failed)"
    )


def run(args: argparse.Namespace) -> int:
    """Say which jobs nobody tries again from now on; what is under way, or done, stays as it is."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        named = [one for rev in args.revs for one in jobs.find(repository, book, rev, args.image)]
        if not args.revs:
            named = [one for one in book.in_states(*NOT_DONE) if args.image in ("", one.image)]
        for record in named:
            book.dismiss(record.id)
            output.say(jobs.became(book.get(record.id) or record))
        if named:
            worker.leave_word(repository, book)
            if not (book.next_try() or spool.pushes(repository.state)):
                sleeper.wake(repository.state)  # there is nothing left to wait for
        else:
            output.say("nothing has failed")
    return 0
