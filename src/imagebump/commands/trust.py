"""`imagebump trust [REV]`: let a commit's registry, secrets, ssh, builder and network be used from this clone."""

import argparse
from contextlib import suppress

from imagebump import git, jobconfig, ledger, output, trust
from imagebump.commands import jobs, start
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV."""
    parser.add_argument(
        "rev", nargs="?", default="", metavar="REV", help="the commit (default: what is staged)"
    )


def run(args: argparse.Namespace) -> int:
    """Say what is trusted from now on, and go on with what was paused for it."""
    repository = git.discover()
    lines = _of_commit(repository, args.rev) if args.rev else _staged(repository)
    new = trust.trust(repository.state, frozenset().union(*lines))
    for line in sorted(new):
        output.say(f"trusted from now on: {line}")
    if not new:
        output.say("nothing that is not trusted already")
    with ledger.opened(repository.state) as book:  # now: a worker may be about to pause one
        paused = book.in_states("paused", "building")
    for record in paused:
        jobs.drop(repository, record.job)
    if paused:
        start.worker(repository)
    return 0


def _staged(repository: Repository) -> list[frozenset[str]]:
    staged = Snapshot(repository, git.INDEX)
    return [trust.asked(config, staged.read) for config in staged.configs()]


def _of_commit(repository: Repository, rev: str) -> list[frozenset[str]]:
    """What counts for a commit: its own configuration, and of its branch's tip where it goes to."""
    job = jobs.by_hand(repository, rev)
    own, found = Snapshot(repository, job.commit), []
    for one in jobconfig.each_image(repository, job):
        with suppress(UserError):  # one that is broken asks for nothing
            sides = jobconfig.read(repository, one)
            where = own if sides.tip is None else jobconfig.newest(repository, one)
            if sides.rules:
                found.append(trust.asked(sides.rules, where.read))
    return found
