"""After the ledger was lost: the commits that were made here are looked at once more.

Each goes the usual way: what the registry has of it is adopted by its labels, and so stands in the
ledger again; what it has not is published.
"""

from imagebump import git, intake, ledger, refs
from imagebump.attempt import guarded
from imagebump.git import Repository
from imagebump.jobconfig import each_image, wanted
from imagebump.ledger import Ledger
from imagebump.spool import Job

_MOST = 50
"""Commits of each branch, the newest."""


def refill(repository: Repository, book: Ledger) -> frozenset[str]:
    """Queue what was in a ledger that is lost, where one was; until `over`, a second time it is the same.

    Gives the commits whose turn had come before: no newer one makes them needless.
    """
    if not ledger.is_lost(repository.state):
        return frozenset()
    known = {path.stem.partition("-")[0] for path in (repository.state / "logs").glob("*.log")}
    for branch in refs.branches(repository):
        for job in _jobs(repository, branch, known):
            for one in each_image(repository, job):
                with guarded(repository, book, one):
                    if wanted(repository, one):
                        intake.take(repository, book, one)
    return frozenset(known)


def over(repository: Repository) -> None:
    """All of it has been looked at."""
    ledger.lost(repository.state).unlink(missing_ok=True)


def _jobs(repository: Repository, branch: str, known: set[str]) -> list[Job]:
    """The jobs of a branch, the oldest first: from the first on that has a log, for before it was none."""
    made = refs.made_here(repository, branch, known)[:_MOST]
    while made and made[-1] not in known:
        made.pop()
    return [
        Job(commit, branch, {}, git.committed(repository, commit))
        for commit in reversed(made)
        if refs.is_reachable(repository, commit)
    ]
