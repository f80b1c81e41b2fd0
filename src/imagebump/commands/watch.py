"""`imagebump watch`: follow what is under way until nothing is."""

import argparse
import time
from collections.abc import Callable

from imagebump import attempt, files, git, ledger, output, process, sleeper, spool, worker
from imagebump.commands import board, jobs, start
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.ledger import NOT_DONE, UNDER_WAY, Id, Ledger, Record

_PAUSE = 0.15
"""Seconds between two looks at the ledger."""
_STARTS = 3
"""Workers that are started, and end, before anything moves."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(args: argparse.Namespace) -> int:
    """Show a live line on a terminal, plain lines elsewhere; 1 where something failed."""
    return watch(git.discover())


def watch(repository: Repository) -> int:
    """Follow until nothing is under way; a worker that is gone is started again.

    In the end comes all that the worker did since it last had nothing to do.
    """
    with ledger.opened(repository.state) as book:
        seen: dict[Id, str] = {}
        if output.is_terminal():
            with board.live() as live:
                _follow(
                    repository, book, seen, lambda records: live.update(board.of(records, book))
                )
        else:
            _follow(repository, book, seen, lambda records: _say_changes(records, seen))
        records = book.of_last_run()
        known = {record.id for record in records}
        records += [one for build in seen if build not in known and (one := book.get(build))]
    if not seen and all(commit != repository.head for commit, _ in known):
        output.say(f"nothing is under way{'; this ended last:' if records else ''}")
    for record in records:
        output.say(_ended(repository, record))
    return int(any(record.state in NOT_DONE for record in records))


class _Worker:
    """Starts the worker where none works, and gives up where that helps nothing."""

    def __init__(self, repository: Repository, book: Ledger) -> None:
        self._repository = repository
        self._book = book
        self._before: list[Record] = []
        self._pid = self._starts = 0

    def keep(self, records: list[Record]) -> None:
        """Look whether one works on `records`, which are under way. UserError where none can."""
        if records != self._before:
            self._before, self._starts = records, 0
        state = self._repository.state
        if self._pid and not (process.has_ended(self._pid) or sleeper.is_asleep(state)):
            return
        with files.locked(worker.lock_path(self._repository)) as free:
            if not free:  # somebody else's works
                return
        if _under_way(self._repository, self._book) is None:  # the last one has just done it
            return
        if self._starts == _STARTS:
            log = self._repository.state / "worker.log"
            raise UserError("the worker ends without doing its work", f"Run: tail {log}", status=1)
        self._starts += 1
        self._pid = start.worker(self._repository)


def _follow(
    repository: Repository, book: Ledger, seen: dict[Id, str], show: Callable[[list[Record]], None]
) -> None:
    keeper = _Worker(repository, book)
    while (records := _under_way(repository, book)) is not None:
        keeper.keep(records)
        show(records)
        seen.update({record.id: record.state for record in records})
        time.sleep(_PAUSE)


def _under_way(repository: Repository, book: Ledger) -> list[Record] | None:
    """What is; None where nothing is, and nothing waits to be."""
    state = repository.state
    pushed = any(map(spool.push_is_over, spool.pushes(state)))  # and nobody has seen it yet
    waits = bool(spool.waiting(state)) or pushed  # first: jobs go from the spool to the ledger
    records = book.in_states(*UNDER_WAY)
    return records if records or waits else None


def _say_changes(records: list[Record], seen: dict[Id, str]) -> None:
    for record in records:
        if seen.get(record.id) != record.state:
            output.say(f"{record.title} {record.state}")


def _ended(repository: Repository, record: Record) -> str:
    if record.state in NOT_DONE:
        return "\n".join([*attempt.said(repository, record.id), jobs.explain(record)])
    if record.state == "superseded":
        return f"{record.title} superseded: {record.error or 'no branch holds it any more'}"
    names = ", ".join(f"{record.repository}:{tag}" for tag in record.tags)
    about = [record.digest.removeprefix("sha256:")[:12], *["already there"] * record.adopted]
    about.append(jobs.seconds(record.seconds))
    line = f"{record.title} {output.style(record.state, 'green')}: {names} ({', '.join(about)})"
    return "\n".join([line, *jobs.warning(record)])
