"""One attempt at one commit: whatever happens is in the ledger and in the log."""

import sqlite3
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO

from imagebump import claims, failures, files, refs, releases, sizes, spool
from imagebump.bases import Bases
from imagebump.destination import Phase
from imagebump.engine import Engine, Report
from imagebump.engine.stream import SAID
from imagebump.errors import TakenError, UserError
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.masks import without_authorization
from imagebump.prepare import heeding_triggers, prepare
from imagebump.publish import Outcome, publish
from imagebump.recorder import Audience, Recorder
from imagebump.records import Id, Record
from imagebump.spool import Job

_LOG_SIZE = 1_000_000
"""Bytes of a log from which on the next attempt begins it anew."""


def log_path(repository: Repository, build: Id) -> Path:
    """The log of the attempts at one image of a commit."""
    return repository.state / "logs" / f"{'-'.join(filter(None, build))}.log"


def said(repository: Repository, build: Id) -> list[str]:
    """The last lines of the step that failed in the last attempt, as the log has them; none where there are none."""
    try:
        text = log_path(repository, build).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    lines = text.rpartition("\n== ")[2].splitlines()
    return [f"  {line}" for line in lines if line.startswith(SAID)]


def work(
    repository: Repository, book: Ledger, record: Record, audience: Audience | None = None
) -> None:
    """Try to publish the commit of `record`, before an `audience` if there is one."""
    build, number = record.id, record.attempts + 1
    began = time.monotonic()
    try:
        opened = _opened(log_path(repository, build))
    except OSError as problem:
        reason = f"cannot write its log {problem.filename}: {problem.strerror}"
        failed = failures.values(repository, record, UserError(reason))
        book.update(build, step="", ended=time.time(), **failed)
        return
    with opened as log:
        report = Recorder(book, build, log, audience)
        report.log(f"== {time.strftime('%Y-%m-%d %H:%M:%S')} {build[0]} attempt {number}")
        book.update(
            build,
            state="building",
            attempts=number,
            error="",
            hint="",
            step="",
            bars="",
            final=False,
            next_try=0,
        )
        book.forget_steps(build)
        values = _values(repository, book, record, report)
        for name in ("error", "hint"):
            values[name] = report.masked(str(values.get(name, "")))
        seconds = time.monotonic() - began
        book.update(build, step="", bars="", seconds=seconds, ended=time.time(), **values)
        with suppress(OSError):  # a full disk: what became of it stands in the ledger
            report.log(
                f"{values['state']} after {seconds:.1f} s. {values['error']}".rstrip(". ") + "."
            )


@contextmanager
def guarded(repository: Repository, book: Ledger, job: Job) -> Iterator[None]:
    """Whatever breaks in the block about one job is that job's failure, and stops no other."""
    try:
        yield
    except sqlite3.Error:  # of the ledger itself
        raise
    except Exception as problem:
        with suppress(OSError), _opened(log_path(repository, job.id)) as log:
            log.write(without_authorization(traceback.format_exc()))
        book.add(job)
        record = book.get(job.id)
        if record and record.state != "done":
            failed = failures.values(repository, record, problem)
            book.update(job.id, step="", bars="", **failed)


def _opened(path: Path) -> IO[str]:
    """A log to go on with."""
    files.private(path.parent)
    path.touch(0o600)
    anew = path.stat().st_size > _LOG_SIZE
    return path.open("w" if anew else "a", encoding="utf-8", errors="replace")


def _values(
    repository: Repository, book: Ledger, record: Record, report: Recorder
) -> dict[str, object]:
    """What the ledger is to hold in the end."""
    job = record.job
    try:
        if not (job.by_hand or refs.is_reachable(repository, job.commit)):
            return {"state": "superseded"}
        return _ended(
            heeding_triggers(repository, job, report, lambda: _once(repository, book, job, report))
        )
    except Exception as problem:
        if not failures.is_expected(problem):
            report.log(traceback.format_exc())
        return failures.values(repository, record, problem)


def _once(repository: Repository, book: Ledger, job: Job, report: Report) -> Outcome:
    prepared = prepare(repository, job)
    book.update(
        job.id, version=prepared.version, repository=prepared.name, build_key=prepared.plan.key
    )

    def enter(phase: Phase) -> None:
        book.update(job.id, state=phase, step="", bars="")
        if prepared.is_release:
            spool.claim(repository.state, prepared.release, job.commit)

    bases = Bases(repository.state, report.hide, {prepared.registry: prepared.access})
    prepared, taken = claims.claim(repository, job, prepared)
    if taken and not prepared.tags:
        return Outcome("", (), False, taken)
    connect = partial(_engine, pushes=prepared.push)
    outcome = publish(prepared, connect, bases, report, enter)
    book.moved(job.id, prepared.name, outcome.moved)
    if prepared.git_tag and prepared.is_release and not outcome.refusal:
        releases.tag(repository, prepared.release, outcome.origin or job.commit, report)
    size = sizes.weigh(book, job, prepared, outcome.digest, report.hide)
    before = book.last_release(job, prepared.name)
    warning = sizes.warning(size, before, prepared.size_budget)
    book.update(job.id, size=size, warning=warning)
    if warning:
        report.log(warning)
    return replace(outcome, refusal=taken or outcome.refusal)


def _engine(*, pushes: bool) -> Engine:
    """The engine. Its SDK is loaded where it is needed: most commits that change nothing only get a tag."""
    engine: Engine = import_module("imagebump.engine.choice").ChosenEngine(pushes=pushes)
    return engine


def _ended(outcome: Outcome) -> dict[str, object]:
    values: dict[str, object] = {
        "state": "done",
        "digest": outcome.digest,
        "tags": outcome.tags,
        "adopted": outcome.adopted,
        "failing_since": 0,
    }
    if outcome.refusal:
        values |= {
            "state": "refused",
            "error": outcome.refusal.message,
            "hint": outcome.refusal.hint,
            "final": isinstance(outcome.refusal, TakenError),
        }
    return values
