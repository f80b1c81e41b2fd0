"""`imagebump prune`: take away the images, logs and checkouts of ours that are kept for nobody."""

import argparse
import shutil
import time
from collections.abc import Iterator
from contextlib import closing

from imagebump import files, git, housekeeping, ledger, output
from imagebump.commands import turn
from imagebump.engine.store import Store
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.records import Record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--dry-run."""
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def run(args: argparse.Namespace) -> int:
    """Say each name and each log that goes."""
    repository = git.discover()
    with (
        turn.taken(repository),  # the worker may be pushing one of them
        ledger.opened(repository.state) as book,
    ):
        said = [*_images(repository, book, dry=args.dry_run)]
        said += _built(repository, dry=args.dry_run)
        said += _logs(repository, dry=args.dry_run)
    said += _checkouts(repository, dry=args.dry_run)
    for line in said:
        output.say(f"{'would remove' if args.dry_run else 'removed'} {line}")
    if not said:
        output.say("nothing to remove")
    return 0


def _images(repository: Repository, book: Ledger, *, dry: bool) -> Iterator[str]:
    """The names in the engine, of the images beyond publish.keep-images."""
    newest = {one.repository: one for one in sorted(book.in_states("done"), key=_ended)}
    if not newest:
        return
    with closing(Store()) as store:
        for record in newest.values():
            for image in housekeeping.superfluous(repository, book, store, record):
                gone = list(image.names) if dry else []
                if not dry:
                    housekeeping.take_away(store, image, gone.append)
                yield from gone


def _built(repository: Repository, *, dry: bool) -> Iterator[str]:
    """The names that `imagebump build` gave, of each repository but the newest."""
    by_repository: dict[str, list[str]] = {}
    for name in housekeeping.built(repository.state):
        by_repository.setdefault(name.rpartition(":")[0], []).append(name)
    superfluous = {key: names[:-_KEPT] for key, names in by_repository.items()}
    if not any(superfluous.values()):
        return
    with closing(Store()) as store:
        for key, names in superfluous.items():
            ours = {name for image in store.ours(key) for name in image.names}
            gone = {one for one in names if one in ours and (dry or store.discard(one))}
            yield from (one for one in names if one in gone)
            if not dry:  # also what a person has taken away
                housekeeping.forget_built(repository.state, {*names} - (ours - gone))


_KEPT = 1
"""Of the images that were built by hand: whoever built the last one is looking at it."""


def _checkouts(repository: Repository, *, dry: bool) -> Iterator[str]:
    """What docker buildx has not read for a while, and is not reading now."""
    for tree in sorted((repository.state / "checkouts").glob("*/tree")):
        record = tree.with_name("record")  # written by each build
        if record.exists() and time.time() - record.stat().st_mtime < _UNUSED:
            continue
        with files.locked(tree.with_name("lock")) as free:
            if free and not dry:
                shutil.rmtree(tree)
                record.unlink(missing_ok=True)
        if free:
            yield str(tree)


_UNUSED = 7 * 24 * 3600
"""Seconds; a checkout that is missing is made anew."""


def _ended(record: Record) -> float:
    return record.ended


def _logs(repository: Repository, *, dry: bool) -> Iterator[str]:
    """The logs of commits that are no more."""
    for path in sorted((repository.state / "logs").glob("*.log")):
        if not git.exists(repository, path.name.partition("-")[0].removesuffix(".log")):
            if not dry:
                path.unlink(missing_ok=True)
            yield str(path)
