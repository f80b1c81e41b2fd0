"""`imagebump status`: the last commits, and what became of them."""

import argparse
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from itertools import groupby

from imagebump import buildcache, commits, git, jobconfig, ledger, output, spool
from imagebump.commands import jobs, turn, version_file
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.records import NOT_DONE, UNDER_WAY, Id, Record
from imagebump.spool import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """-n and --json."""
    parser.add_argument(
        "-n",
        "--count",
        type=_count,
        default=jobs.LISTED,
        metavar="N",
        help="how many commits (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="as JSON, with all that is known")


def _count(text: str) -> int:
    """A number of records, as many as SQLite can count."""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number such as 10")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Print a line a commit, the newest first, then what failed and what to type; 1 where the newest failed."""
    repository = git.discover()
    queue = jobs.waiting(repository)  # first: jobs go from the spool to the ledger
    with ledger.opened(repository.state) as book:
        records = book.last(args.count)
        listed = {record.commit_id for record in book.in_states(*UNDER_WAY)}
        queue = [
            one for one in queue if one.commit not in listed and not _is_done(repository, book, one)
        ]
        moving = {record.id: book.moving(record.id) for record in records}
        steps = {record.id: book.steps(record.id) for record in records} if args.json else {}
    newest = [one for one in records if one.commit_id == records[0].commit_id]
    newest_failed = not queue and any(one.state in NOT_DONE for one in newest)
    listing = [*map(Record.of, queue), *records]
    if args.json:
        found = [_all(one, steps.get(one.id, []), moving.get(one.id, [])) for one in listing]
        output.say(json.dumps(found, indent=2))
        return int(newest_failed)
    if ledger.is_lost(repository.state):
        output.say("the ledger was lost: see what the registry has. Run: imagebump watch")
    elif not (listing or spool.foreign(repository.state)):
        output.say(str(jobs.nothing_yet(repository)))
        return 0
    if listing:
        _table(repository, listing, moving)
    if listed and _is_left_alone(repository):
        output.say("no worker runs, as after a restart of the computer. Run: imagebump watch")
    _left(repository)
    for record in records[:1]:
        output.say("\n".join(jobs.warning(record)), end="\n" * bool(record.warning))
    failed = [record for record in records if record.state in NOT_DONE]
    failed = [record for record in failed if not _is_settled(repository, record)]
    for _, alike in groupby(failed, jobs.reason):
        output.say(jobs.explain(*alike, head=repository.head))
    return int(newest_failed)


def _is_done(repository: Repository, book: Ledger, job: Job) -> bool:
    """Did somebody else publish, just as it says, what a hook asks for? A worker only takes it from the spool."""
    if job.by_hand:
        return False
    records = [book.get(one.id) for one in jobconfig.each_image(repository, job)]
    return all(one and (one.state, one.branch) == ("done", job.branch) for one in records)


def _is_left_alone(repository: Repository) -> bool:
    """Is something under way, and nobody who does it? It is looked at once more: the last one may just have ended."""
    if not turn.is_nobodys(repository):
        return False
    with ledger.opened(repository.state) as book:
        return bool(book.in_states(*UNDER_WAY))


def _is_settled(repository: Repository, record: Record) -> bool:
    """Was it refused a version, and has HEAD a later one?"""
    if record.state != "refused" or not record.final or not repository.head:
        return False
    rules = jobconfig.known(repository, record.job)
    name = rules.bump.version_file if rules else ""
    return bool(name) and version_file.is_past(repository, repository.head, name, record.version)


def _left(repository: Repository) -> None:
    """What in the spool is not for this worker."""
    if newer := spool.foreign(repository.state):
        output.say(f"{newer} more for a newer imagebump. Run: pip install --upgrade imagebump")
    if (size := buildcache.seen(repository.state).size) > buildcache.LARGE:
        output.say(f"the engine's build cache holds {size / 1e9:.1f} GB. Run: docker builder prune")
    if count := len(spool.damaged(repository.state)):
        output.say(
            f"{count} {'job' if count == 1 else 'jobs'} cannot be read: {repository.state}/spool/*.bad. "
            "Run: imagebump publish REV, for the commit in its name"
        )


def _table(repository: Repository, records: list[Record], moving: Mapping[Id, list[str]]) -> None:
    subjects = commits.subjects(repository, [one.commit_id for one in records])
    names = ["COMMIT", "IMAGE", "STATE", "VERSION", "TAGS", "DIGEST", "TIME", "SUBJECT"]
    rows = [[output.style(name, "bold") for name in names]]
    for one in records:
        rows.append(_row(one, subjects.get(one.commit_id, "(gone)"), moving.get(one.id, [])))
    if not any(record.image for record in records):
        rows = [[row[0], *row[2:]] for row in rows]
    output.say(output.columns(rows))


def _row(record: Record, subject: str, moving: list[str]) -> list[str]:
    return [
        record.commit_id[:7],
        record.image,
        output.style(record.state, jobs.COLOURS[record.state]),
        record.version,
        ", ".join([*record.tags, *moving]),
        record.digest.removeprefix("sha256:")[:12],
        jobs.seconds(record.seconds) if record.seconds else "",
        _short(record.doing or subject),
    ]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _all(record: Record, steps: list[tuple[str, float]], moving: list[str]) -> dict[str, object]:
    values = {
        key: value for key, value in asdict(record).items() if key not in ("overrides", "commit_id")
    }
    references = [f"{record.repository}:{tag}" for tag in record.tags]
    return {
        "commit": record.commit_id,
        **values,
        "moving": moving,
        "references": references,
        "reference": f"{record.repository}@{record.digest}"
        if record.digest.startswith("sha256:")
        else "",
        "steps": [{"name": name, "seconds": round(took, 3)} for name, took in steps],
    }
