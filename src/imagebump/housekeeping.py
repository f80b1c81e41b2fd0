"""What the worker puts away behind itself: old images of ours in the engine, and old logs.

Only what carries our label and is called as this repository's images are, and only where a
registry has it as well.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from imagebump import buildcache, files, reference
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.jobconfig import known
from imagebump.ledger import Ledger
from imagebump.records import UNDER_WAY, Record

if TYPE_CHECKING:
    from imagebump.engine.store import OwnImage, Store

_LOGS = 20_000_000
"""Bytes of logs that are kept, the newest."""
_DAY = 86400.0


def tidy(repository: Repository, book: Ledger, records: Iterable[Record]) -> None:
    """After these were published: what is beyond `publish.keep-images` loses its names, old logs go.

    Nothing fails for it: UserError and OSError are left to the next time.
    """
    with suppress(UserError, OSError):
        _tidy_logs(repository.state / "logs")
        built = {one.repository: one for one in records if one.state == "done" and not one.adopted}
        if not built:
            return
        with closing(_store()) as store:
            for record in built.values():
                for image in superfluous(repository, book, store, record):
                    take_away(store, image)
            _look_at_cache(repository.state, store)


def _store() -> "Store":
    """The engine's images; its SDK is loaded only where something was built."""
    store: Store = import_module("imagebump.engine.store").Store()
    return store


def superfluous(
    repository: Repository, book: Ledger, store: "Store", newest: Record
) -> "list[OwnImage]":
    """The images of the repository of `newest` that are beyond those to keep, the oldest first.

    Each with the names under which it was published, and no other: labels are inherited, so that what
    a person built on an image of ours, or has given a name, looks like one. The name of its key is one
    of them, which stays behind where a worker was killed, once nobody waits to push that content.
    """
    rules = known(repository, newest.job)
    if rules is None or not rules.publish.push:
        return []  # the engine has the only copies
    ended, keys = published(book, newest.repository), _keys(book, newest.repository)
    ours = ((one, _times(one, ended, keys)) for one in store.ours(newest.repository))
    found = [
        (one._replace(names=tuple(times)), max(times.values())) for one, times in ours if times
    ]
    # what was published later is newer, whatever the cache says of when it was made
    images = [one for one, _ in sorted(found, key=lambda pair: (pair[1], pair[0].created))]
    return images[: -rules.publish.keep_images or None]


def _times(
    image: "OwnImage", ended: Mapping[str, float], keys: Mapping[str, float]
) -> dict[str, float]:
    """Those of its names that it was published under, or that it had until then, and since when."""
    of_key = keys.get(image.key, 0.0)
    times = {
        name: of_key if reference.is_key(name.rpartition(":")[2]) else ended.get(name, 0.0)
        for name in image.names
    }
    return {name: when for name, when in times.items() if when}


def remember_built(state: Path, name: str) -> None:
    """Note the name that an image was built under by hand, as the newest."""
    files.private(state)
    _keep_built(state, [*(one for one in built(state) if one != name), name])


def built(state: Path) -> list[str]:
    """The names of images that were built by hand, the oldest first."""
    try:
        return _built(state).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def forget_built(state: Path, gone: Collection[str]) -> None:
    """Those names are no more."""
    _keep_built(state, [one for one in built(state) if one not in gone])


def _keep_built(state: Path, names: Iterable[str]) -> None:
    files.write_atomic(_built(state), "".join(f"{one}\n" for one in names).encode(), 0o600)


def _built(state: Path) -> Path:
    return state / "built"


def published(book: Ledger, repository: str) -> dict[str, float]:
    """The names under which images of ours were published, and when."""
    return {
        f"{repository}:{tag}": record.ended
        for record in book.in_states("done", "refused", "dismissed")  # their own tag may stand
        if record.repository == repository
        for tag in record.tags
    }


def _keys(book: Ledger, repository: str) -> dict[str, float]:
    """The tree keys of what is over, and since when; without those of which something may still be to be pushed."""
    over = book.in_states("done", "refused", "superseded", "dismissed")
    ended = {one.build_key: one.ended for one in over if one.repository == repository}
    left = {one.build_key for one in book.in_states(*UNDER_WAY, "failed", "paused", "waiting")}
    return {key: when for key, when in ended.items() if key not in left}


def take_away(
    store: "Store", image: "OwnImage", say: Callable[[str], None] = lambda name: None
) -> None:
    """Take an image's names away, in so far as no container uses it."""
    for name in image.names:
        if store.discard(name):
            say(name)


def _tidy_logs(directory: Path) -> None:
    """Keep the newest ones."""
    found = [(path, path.stat()) for path in directory.glob("*.log")]
    left = _LOGS
    for path, about in sorted(found, key=lambda one: -one[1].st_mtime):
        left -= about.st_size
        if left < 0:
            path.unlink(missing_ok=True)


def _look_at_cache(state: Path, store: "Store") -> None:
    """Note how large the build cache is, once a day: an engine with much in it takes its time."""
    if time.time() - buildcache.seen(state).seen > _DAY:
        buildcache.remember(state, store.cache_size())
