"""A context as it is sent at once, to an engine that asks for nothing."""

from collections.abc import Iterator, Sequence

from imagebump import archive
from imagebump.context import in_repository
from imagebump.git import Entry
from imagebump.plan import BuildPlan


def body(plan: BuildPlan, entries: Sequence[Entry], *, with_rules: bool) -> Iterator[bytes]:
    """The tar of the context `entries`, the Dockerfile first; `with_rules` adds a .dockerignore that ignores itself."""
    rest = [entry for entry in entries if entry.path != plan.sent_as]
    if with_rules and not any(entry.path == ".dockerignore" for entry in rest):
        path = in_repository(plan.build, ".dockerignore")
        rest += [
            Entry(e.mode, e.oid, ".dockerignore") for e in plan.snapshot.entries if e.path == path
        ]
    first = (plan.sent_as, plan.dockerfile.source)
    modes = [entry.mode for entry in plan.context if entry.path == plan.sent_as]
    return archive.tar(plan.snapshot.repository, rest, first, *modes)
