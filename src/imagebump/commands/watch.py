"""`imagebump watch [REV]`: follow what is under way until nothing is."""

import argparse
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from imagebump import attempt, git, ledger, output, process, sleeper, spool
from imagebump.commands import board, jobs, start, turn
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.records import NOT_DONE, UNDER_WAY, Id, Record

_PAUSE = 0.15
"""Seconds between two looks at the ledger."""
_STARTS = 3
"""Workers that are started, and end, before anything moves."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV."""
    parser.add_argument(
        "rev", nargs="?", default="", metavar="REV", help="one commit (default: all of them)"
    )


def run(args: argparse.Namespace) -> int:
    """Show a live line on a terminal, plain lines elsewhere; 1 where something failed."""
    repository = git.discover()
    return watch(repository, git.resolve(repository, args.rev) if args.rev else "")


def watch(repository: Repository, commit: str = "") -> int:
    """Follow until nothing is under way, of one commit or at all; a worker that is gone is started again.

    In the end comes what became of that commit, or all that the worker did since it last had nothing to do.
    Gives 1 where that commit or HEAD did not end as it should have, or another one failed for the first time meanwhile.
    """
    began = time.time()
    with ledger.opened(repository.state) as book:
        view = _View(repository, book, commit)
        seen = _follow(view)
        records = (
            jobs.find(repository, book, commit)
            if commit
            else _ended_last(book, seen, repository.head)
        )
        moving = {record.id: book.moving(record.id) for record in records}
        waiting = book.in_states("waiting")
        known = book.last(1)
    if not known:
        output.say(str(jobs.nothing_yet(repository)))
    elif not (seen or commit or any(one.commit_id == repository.head for one in records)):
        titles = ", ".join(one.title for one in waiting)
        more = f"; a push is waited for: {titles}" if waiting else ""
        output.say(f"nothing is under way{more}{'; this ended last:' if records else ''}")
    for record in records:
        output.say(_ended(repository, record, moving[record.id]))
    counts = (commit, repository.head)
    new = {one.id for one in records if one.id in seen or one.ended >= began}
    failed = (one for one in records if one.state in NOT_DONE)
    # What had failed before, and is tried again with each commit, is no news.
    return int(any(r.commit_id in counts or (r.id in new and r.attempts == 1) for r in failed))


def _ended_last(book: Ledger, seen: Collection[Id], head: str) -> list[Record]:
    """What the worker did last, what was seen to be under way, and what of HEAD is not done."""
    last = book.of_last_run()
    more = [*filter(None, map(book.get, seen)), *book.of_commit(head)]
    known = {record.id for record in last}
    also = {one.id: one for one in more if one.id in seen or one.state in NOT_DONE}
    return last + [one for build, one in also.items() if build not in known]


class _View(NamedTuple):
    """What is looked at: of one commit, or "" for all."""

    repository: Repository
    book: Ledger
    commit: str

    def under_way(self) -> list[Record] | None:
        """What is; None where nothing is, and nothing waits to be."""
        state = self.repository.state
        pushed = any(map(spool.push_is_over, spool.pushes(state)))  # and nobody has seen it yet
        lost = ledger.is_lost(state)  # what it held is to be looked for
        waits = pushed or lost or any(map(self._is_meant, spool.waiting(state)))
        # Looked at after the spool: from there, jobs go to the ledger.
        records = self.book.in_states(*UNDER_WAY)
        records = [one for one in records if self.commit in ("", one.commit_id)]
        return records if records or waits else None

    def _is_meant(self, path: Path) -> bool:
        return self.commit in path.name


class _Worker:
    """Starts the worker where none works, and gives up where that helps nothing."""

    def __init__(self, view: _View) -> None:
        self._view = view
        self._repository = view.repository
        self._before: list[Record] = []
        self._pid = self._starts = 0

    def keep(self, records: list[Record]) -> None:
        """Look whether one works on `records`, which are under way. UserError where none can."""
        if records != self._before:
            self._before, self._starts = records, 0
        state = self._repository.state
        if self._pid and not (
            process.has_ended(self._pid) or sleeper.is_asleep_as(state, self._pid)
        ):
            return
        if not turn.is_nobodys(self._repository):
            return
        if self._view.under_way() is None:  # the last one has just done it
            return
        if self._starts == _STARTS:
            log = self._repository.state / "worker.log"
            raise UserError("the worker ends without doing its work", f"Run: tail {log}", status=1)
        self._starts += 1
        self._pid = start.worker(self._repository)


def _follow(view: _View) -> dict[Id, str]:
    """Show how it goes until it has ended; gives the last state of each that was seen."""
    seen: dict[Id, str] = {}
    if not output.is_terminal():
        _look_again(view, seen, lambda records: _say_changes(records, seen))
        return seen
    with board.live() as live:
        _look_again(view, seen, lambda records: live.update(board.of(records, view.book)))
    return seen


def _look_again(view: _View, seen: dict[Id, str], show: Callable[[list[Record]], None]) -> None:
    keeper = _Worker(view)
    while (records := view.under_way()) is not None:
        keeper.keep(records)
        show(records)
        seen.update({record.id: record.state for record in records})
        time.sleep(_PAUSE)


def _say_changes(records: list[Record], seen: dict[Id, str]) -> None:
    for record in records:
        if seen.get(record.id) != record.state:
            output.say(f"{record.title} {record.state}")


def _ended(repository: Repository, record: Record, moving: Iterable[str]) -> str:
    if record.state in NOT_DONE:
        return "\n".join(
            [*attempt.said(repository, record.id), jobs.explain(record, head=repository.head)]
        )
    if record.state == "superseded":
        return f"{record.title} superseded: {record.error or 'no branch holds it any more'}"
    if record.state != "done":  # it waits for a push, or was dismissed
        return f"{record.title} {record.state}"
    names = ", ".join(f"{record.repository}:{tag}" for tag in (*record.tags, *moving))
    about = [record.digest.removeprefix("sha256:")[:12], *["already there"] * record.adopted]
    about.append(jobs.seconds(record.seconds))
    line = f"{record.title} {output.style(record.state, 'green')}: {names} ({', '.join(about)})"
    return "\n".join([line, *jobs.warning(record)])
