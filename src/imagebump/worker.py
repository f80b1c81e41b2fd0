"""The worker: takes jobs from the spool, one after the other, while nobody waits.

One a repository, by a lock that it holds itself and that ends with it. `python -m
imagebump.worker TOP` is what hooks start.
"""

import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from imagebump import files, git, ledger, process, spool
from imagebump.engine import Engine
from imagebump.engine.api import ApiEngine
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.ledger import Ledger, Record, State
from imagebump.publish import Outcome, prepare, publish, wanted
from imagebump.spool import Job

_ATTEMPTS = 5
"""How often a commit is tried by itself; after that it waits for `imagebump retry`."""
_BETWEEN = 0.2
"""Seconds between two updates of a step's progress."""


class Recorder:
    """The report of one job: its log, its present step, its steps' seconds. Secrets are masked."""

    def __init__(
        self, book: Ledger, commit: str, log: IO[str], show: Callable[[str], None] | None = None
    ) -> None:
        self._book, self._commit, self._log = book, commit, log
        self._show = show
        self._secrets: set[str] = set()
        self._last = 0.0

    def hide(self, secret: str) -> None:
        """See Report."""
        self._secrets.add(secret)

    def step(self, text: str) -> None:
        """See Report."""
        if time.monotonic() - self._last >= _BETWEEN:
            self._last = time.monotonic()
            self._book.update(self._commit, step=self.masked(text))

    def log(self, text: str) -> None:
        """See Report."""
        line = self.masked(text)
        print(line, file=self._log, flush=True)
        if self._show:
            self._show(line)

    def timing(self, step: str, seconds: float) -> None:
        """See Report."""
        self._book.step(self._commit, self.masked(step), seconds)
        self.log(f"  {seconds:.1f} s: {step}")

    def masked(self, text: str) -> str:
        """`text` without a secret that we know of."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def log_path(repository: Repository, commit: str) -> Path:
    """The log of a commit's attempts."""
    return repository.state / "logs" / f"{commit}.log"


def lock_path(repository: Repository) -> Path:
    """Held by the one that works."""
    return repository.state / "worker.lock"


def run(repository: Repository) -> None:
    """Work until the spool is empty; return at once where another worker does."""
    while True:
        with files.locked(lock_path(repository)) as held:
            if not held:
                return
            with ledger.opened(repository.state) as book:
                _drain(repository, book)
        if not spool.waiting(
            repository.state
        ):  # looked at after the lock is free: no job is stranded
            return


def _drain(repository: Repository, book: Ledger) -> None:
    """Every job that waits, then once what failed before; then say how the last one ended."""
    tried: set[str] = set()
    _recover(book)
    while True:
        collect(repository, book)
        ready = book.in_states("queued") or [
            r for r in book.in_states("failed") if _again(r, tried)
        ]
        if not ready:
            break
        tried.add(ready[0].commit_id)
        work(repository, book, ready[0])
        _say(repository, book)


def _again(record: Record, tried: set[str]) -> bool:
    return record.commit_id not in tried and record.attempts < _ATTEMPTS


def _recover(book: Ledger) -> None:
    """What a killed worker left half done is begun again; each of its steps can be repeated."""
    for record in book.in_states("building", "pushing", "tagging"):
        book.update(record.commit_id, state="queued", step="")


def collect(repository: Repository, book: Ledger) -> None:
    """Take the spool's jobs into the ledger: first there, then gone here."""
    for path in spool.waiting(repository.state):
        if job := spool.read(path):
            if job.by_hand or wanted(repository, job):
                book.add(job)
            path.unlink(missing_ok=True)


def work(
    repository: Repository, book: Ledger, record: Record, show: Callable[[str], None] | None = None
) -> State:
    """One attempt at one commit; whatever happens is in the ledger and in the log."""
    commit = record.commit_id
    path = log_path(repository, commit)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(0o600)
    began = time.monotonic()
    with path.open("a", encoding="utf-8", errors="replace") as log:
        report = Recorder(book, commit, log, show)
        report.log(
            f"== {time.strftime('%Y-%m-%d %H:%M:%S')} {commit} attempt {record.attempts + 1}"
        )
        book.update(
            commit, state="building", attempts=record.attempts + 1, error="", hint="", step=""
        )
        book.forget_steps(commit)
        try:
            values = _attempt(repository, book, record, report)
        except UserError as problem:
            values = _failed(problem)
        except Exception as problem:
            values = _failed(
                UserError(
                    f"a bug in imagebump: {type(problem).__name__}: {problem}", "Please report it"
                )
            )
            report.log(traceback.format_exc())
        values["error"] = report.masked(str(values.get("error", "")))
        seconds = time.monotonic() - began
        report.log(f"{values['state']} after {seconds:.1f} s {values['error']}".rstrip())
        book.update(commit, step="", seconds=seconds, **values)
    return values["state"]  # type: ignore[return-value]  # one of the states, written above


def _attempt(
    repository: Repository, book: Ledger, record: Record, report: Recorder
) -> dict[str, object]:
    job = Job(record.commit_id, record.branch, record.overrides, record.made)
    prepared = prepare(repository, job)
    book.update(
        record.commit_id,
        version=prepared.version,
        repository=prepared.name,
        build_key=prepared.plan.key,
    )
    outcome = publish(
        prepared, engine, report, lambda phase: book.update(record.commit_id, state=phase, step="")
    )
    return _ended(outcome)


def engine() -> Engine:
    """The engine that this environment names."""
    return ApiEngine()


def _ended(outcome: Outcome) -> dict[str, object]:
    values: dict[str, object] = {
        "state": "done",
        "digest": outcome.digest,
        "tags": outcome.tags,
        "adopted": outcome.adopted,
    }
    if outcome.refusal:
        values |= {
            "state": "refused",
            "error": outcome.refusal.message,
            "hint": outcome.refusal.hint,
        }
    return values


def _failed(problem: UserError) -> dict[str, object]:
    return {"state": "failed", "error": problem.message, "hint": problem.hint}


def _say(repository: Repository, book: Ledger) -> None:
    """Leave one line for the next commit, where the newest job failed."""
    path = repository.state / "failed"
    newest = book.last(1)[0]
    if newest.state in ("failed", "refused"):
        title = f"{newest.commit_id[:7]} {newest.version}".strip()
        text = f"the last publish ({title}) {newest.state}: {newest.error}. Run: imagebump status\n"
        files.write_atomic(path, text.encode(), 0o600)
    else:
        with suppress(FileNotFoundError):
            path.unlink()


def main() -> int:
    """The entry of the detached process; its output goes to worker.log."""
    try:
        run(git.discover(Path(sys.argv[1]), process.environment()))
    except UserError as problem:
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {problem}", flush=True)  # noqa: T201  # into worker.log
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
