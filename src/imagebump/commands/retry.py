"""`imagebump retry [REV]`: try again what failed."""

import argparse
from collections.abc import Sequence

from imagebump import git, ledger, output
from imagebump.commands import jobs, start, workspace
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.records import NOT_DONE, Record, State

_AGAIN: tuple[State, ...] = (*NOT_DONE, "superseded", "dismissed")
"""What a person may name to be tried again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "rev",
        nargs="?",
        default="",
        metavar="REV",
        help="one commit, also where it was refused, dismissed or superseded (default: all that failed and may succeed)",
    )


def run(args: argparse.Namespace) -> int:
    """Queue what failed, but for what another try cannot mend, or the commit that is named; start the worker."""
    repository = git.discover()
    with ledger.opened(repository.state) as book:
        named = _named(repository, book, args.rev, args.image)
        again = [one for one in named if (args.rev or not _is_vain(one)) and one.state in _AGAIN]
        for record in again:
            book.update(record.id, attempts=0, failing_since=0)
    for record in again:
        jobs.drop(repository, record.job)
    if not again:
        output.say(_why_none(named))
        return 0
    start.worker(repository)
    watch = " ".join(filter(None, ("imagebump watch", args.rev)))
    output.say(f"{', '.join(record.title for record in again)}: trying again. Run: {watch}")
    return 0


def _named(repository: Repository, book: Ledger, rev: str, image: str) -> list[Record]:
    if rev:
        return jobs.find(repository, book, rev, image)
    return [one for one in book.in_states(*NOT_DONE) if image in ("", one.image)]


def _is_vain(record: Record) -> bool:
    """Does only another commit help it, or another word?"""
    return record.final or record.state == "paused"


def _why_none(named: Sequence[Record]) -> str:
    """What became of those that are not tried again."""
    if not named:
        return "nothing has failed"
    states = ", ".join(map(jobs.became, named))
    vain = [one for one in named if one.state in NOT_DONE]
    hint = ". Another try does not help: imagebump status says what does, imagebump dismiss lets go of it"
    return f"{states}{hint * bool(vain)}"
