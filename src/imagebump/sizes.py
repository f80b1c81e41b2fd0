"""How large an image is, as its registry keeps it, and whether it has grown by too much."""

from collections.abc import Callable
from contextlib import closing

from imagebump.errors import UserError
from imagebump.keys import exceeds
from imagebump.ledger import Ledger
from imagebump.prepare import Prepared
from imagebump.records import Record
from imagebump.registry import Registry
from imagebump.registry.images import images
from imagebump.spool import Job


def weigh(
    book: Ledger, job: Job, prepared: Prepared, digest: str, hide: Callable[[str], None]
) -> int:
    """The bytes of the layers under `digest`, of several platforms those of the largest; 0 where that is not known.

    What the ledger knows of the same digest is not asked for again.
    """
    known = [one for one in book.of_digest(digest) if one.size]
    if known or not (prepared.push and digest):
        return known[0].size if known else 0
    try:
        registry = Registry(prepared.registry, prepared.repository, hide, prepared.access)
        with closing(registry):
            return max(sum(one.sizes) for one in images(registry, digest))
    except (UserError, ValueError):
        return 0  # the image stands; its size is not worth a failure


def warning(size: int, before: Record | None, budget: str) -> str:
    """One line where the image is by more than `budget` larger than the release before; "" where it is not."""
    if before is None or not size or not exceeds(size - before.size, before.size, budget):
        return ""
    grown = size - before.size
    return (
        f"the image has grown by {shown(grown)} ({100 * grown / before.size:.0f} %) since {before.version}, "
        f"to {shown(size)}: publish.size-budget is {budget}"
    )


def shown(count: int) -> str:
    """Bytes for a person: 0.3 kB, 301.2 MB."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
