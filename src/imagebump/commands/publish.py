"""`imagebump publish [REV]`: build, tag and push the image of a commit."""

import argparse
from importlib import import_module
from pathlib import Path

from imagebump import attempt, files, git, jobconfig, ledger, output, prepare
from imagebump.commands import board, jobs, naming, start, turn, workspace
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.publish import require_unpublished
from imagebump.recorder import Audience
from imagebump.records import Record
from imagebump.settings import NO_CACHE, in_ci
from imagebump.snapshot import Snapshot
from imagebump.spool import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV, --branch, --image, --foreground, --dry-run, --no-cache and --image-refs."""
    workspace.add_image(parser)
    parser.add_argument(
        "rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)"
    )
    parser.add_argument(
        "--branch", default="", metavar="NAME", help="the branch that it counts as made on"
    )
    parser.add_argument(
        "--foreground", action="store_true", help="do it here and now, and show how it goes"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print each request that would be made, and why"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="build a version that is not published yet anew"
    )
    parser.add_argument(
        "--image-refs",
        type=_file,
        metavar="FILE",
        help="write each image's reference by digest there, a line each (implies --foreground)",
    )


def _file(text: str) -> Path:
    """Where references can be written: what cannot be is said before anything is published."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        why = f"{path} is a directory" if path.is_dir() else f"there is no directory {path.parent}"
        raise argparse.ArgumentTypeError(why)
    return path


def run(args: argparse.Namespace) -> int:
    """Hand the commit to the worker, or do its work here; 1 where it failed."""
    repository = git.discover()
    job = jobs.by_hand(repository, args.rev, args.branch, args.image)
    if lack := workspace.lacking(repository, job.commit):
        raise lack
    naming.tell_once(repository, Snapshot(repository, job.commit).configs(dict(job.overrides)))
    if args.no_cache:
        job = job._replace(overrides={**job.overrides, NO_CACHE: "1"})
        for one in jobconfig.each_image(repository, job):
            require_unpublished(prepare.prepare(repository, one, dry=args.dry_run))
    if args.dry_run:
        return int(import_module("imagebump.commands.dry_run").rehearse(repository, job))
    if args.foreground or args.image_refs or in_ci():  # there, nobody is left to do it later
        return foreground(repository, job, args.image_refs)
    jobs.drop(repository, job)
    start.worker(repository)
    which = f" {job.commit[:7]}" if job.commit != repository.head else ""
    output.say(
        f"{job.commit[:7]} ({job.branch or 'on no branch'}) is on its way. Run: imagebump watch{which}"
    )
    return 0


def foreground(repository: Repository, job: Job, references: Path | None = None) -> int:
    """Do one job in this process, after the worker if one runs; gives the exit status.

    The file `references` gets what was published, by digest, where all of it was.
    """
    images = jobconfig.each_image(repository, job)
    with (
        turn.taken(repository) as worker_wanted,
        ledger.opened(repository.state) as book,
    ):
        for one in images:
            book.add(one)
        book.begin()
        ids = {one.id for one in images}
        for record in book.of_commit(job.commit):
            if record.id in ids:
                _work(repository, book, record)
                _keep_schedule(book, record)
        records = [record for record in book.of_commit(job.commit) if record.id in ids]
        if book.next_try():  # the one that sleeps may have woken in vain
            worker_wanted.set()
    status = max(map(_say, records))
    if references and not status:
        lines = (f"{record.repository}@{record.digest}\n" for record in records)
        files.write(references, "".join(lines).encode())
    return status


def _work(repository: Repository, book: Ledger, record: Record) -> None:
    """Show how it goes: bars on a terminal, else the lines of the log."""
    if not output.is_terminal():
        attempt.work(repository, book, record, Audience(read=output.say))
        return
    with board.live() as live:

        def look() -> None:
            live.update(board.of(book.of_commit(record.commit_id), book))

        attempt.work(repository, book, record, Audience(look=look))
    for line in attempt.said(repository, record.id):
        output.say(line)


def _keep_schedule(book: Ledger, before: Record) -> None:
    """What was to be tried again by itself still is; for what was not, nobody stays behind."""
    after = book.get(before.id)
    if after and after.state == "failed":
        since, due = before.failing_since, before.next_try
        book.update(after.id, failing_since=since if due else 0, next_try=due)


def _say(record: Record) -> int:
    """Tell what became of it; 1 where it was not done."""
    if record.state != "done":
        output.say(jobs.explain(record))
        return 1
    for tag in record.tags:
        output.say(f"{record.repository}:{tag}")
    output.say(f"{record.repository}@{record.digest}")
    return 0
