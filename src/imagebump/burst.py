"""Of several commits of a branch that wait, the newest, where `publish.intermediate` is false."""

from collections.abc import Collection
from itertools import groupby

from imagebump import refs
from imagebump.attempt import guarded
from imagebump.git import Repository
from imagebump.jobconfig import known
from imagebump.ledger import Ledger
from imagebump.records import Record

_WHY = "a newer commit came before its turn (publish.intermediate)"


def skip(repository: Repository, book: Ledger, spared: Collection[str] = ()) -> None:
    """Leave out what a newer one of the same branch and image makes needless; never what a person asked for, nor `spared` commits."""
    waiting = [one for one in book.in_states("queued", "failed") if _waits(one)]
    for _, group in groupby(sorted(waiting, key=_line), _line):
        line = list(group)
        with guarded(repository, book, line[-1].job):
            for record in _needless(repository, line):
                if record.commit_id not in spared:
                    book.update(record.id, state="superseded", error=_WHY, hint="", next_try=0)


def _needless(repository: Repository, line: list[Record]) -> list[Record]:
    """Those that one which is queued holds: the clock may have been set back between them."""
    queued = [one for one in line if one.state == "queued"]
    if len(line) == 1 or not queued or not _only_newest(repository, queued[-1]):
        return []
    newest = refs.independent(repository, [one.commit_id for one in queued])
    return [
        one
        for one in line
        if one.commit_id not in refs.independent(repository, [one.commit_id, *newest])
    ]


def _line(record: Record) -> tuple[str, str]:
    """What it is one of a line of."""
    return record.branch, record.image


def _waits(record: Record) -> bool:
    return not record.by_hand and (record.state == "queued" or record.next_try > 0)


def _only_newest(repository: Repository, record: Record) -> bool:
    rules = known(repository, record.job)
    return rules is not None and not rules.publish.intermediate
