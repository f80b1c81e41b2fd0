"""The worker's turn: whether anybody has it, and a command that takes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from imagebump import files, output, spool
from imagebump.commands import start
from imagebump.git import Repository


@contextmanager
def taken(repository: Repository) -> Iterator[Event]:
    """Work in the worker's place, after it if one works; gives what is set where one is to be started behind it.

    One is started in any case, however the block ends, where a hook's worker has come in vain meanwhile.
    """
    wanted = Event()
    if not is_nobodys(repository):
        output.note("a worker works: this begins behind it. To see it, run: imagebump watch")
    try:
        with files.locked(spool.worker_lock(repository.state), wait=True):
            yield wanted
    finally:
        if wanted.is_set() or spool.waiting(repository.state):
            start.worker(repository)


def is_nobodys(repository: Repository) -> bool:
    """Does no worker work just now?"""
    return files.is_free(spool.worker_lock(repository.state))
