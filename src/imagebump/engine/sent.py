"""A context as it is sent at once, to an engine that asks for nothing."""

import re
from collections.abc import Iterator

from imagebump import archive
from imagebump.context import in_repository
from imagebump.errors import BrokenCommitError
from imagebump.git import Entry
from imagebump.plan import BuildPlan


def body(plan: BuildPlan, *, with_rules: bool) -> Iterator[bytes]:
    """The tar of the context, the Dockerfile first; `with_rules` adds a .dockerignore that ignores itself."""
    rest = _rest(plan)
    if with_rules and not any(entry.path == ".dockerignore" for entry in rest):
        path = in_repository(plan.build, ".dockerignore")
        rest += [
            Entry(e.mode, e.oid, ".dockerignore") for e in plan.snapshot.entries if e.path == path
        ]
    return _tar(plan, rest)


def body_for_podman(plan: BuildPlan) -> Iterator[bytes]:
    """The same for Podman, which applies the rules that it finds in a context, those of .containerignore, too.

    The commit's have been applied, so that it gets some that come first and leave out nothing of it;
    unless those beside the Dockerfile, which are the commit's, come first.
    """
    rest, rules = _rest(plan), f"{plan.sent_as}.containerignore"
    names = {entry.path for entry in plan.files}
    if rules in names:
        raise BrokenCommitError(
            f"Podman would leave out of the image what {in_repository(plan.build, rules)} names",
            "Take that file away, or name it in .dockerignore, and commit",
        )
    if f"{plan.sent_as}.dockerignore" in names:
        return _tar(plan, rest)
    ours = [rules] if plan.sent_as in names else [rules, plan.sent_as]
    text = "".join(f"/{_SPECIAL.sub('?', name)}\n" for name in ours)
    return _tar(plan, rest, (rules, text.encode(errors="surrogateescape")))


_SPECIAL = re.compile(r"[^\w./-]")
"""What may mean something in a pattern."""


def _rest(plan: BuildPlan) -> list[Entry]:
    return [entry for entry in plan.files if entry.path != plan.sent_as]


def _tar(plan: BuildPlan, rest: list[Entry], *own: tuple[str, bytes]) -> Iterator[bytes]:
    first = (plan.sent_as, plan.dockerfile.source)
    modes = [entry.mode for entry in plan.context if entry.path == plan.sent_as] or ["100644"]
    return archive.tar(plan.snapshot.repository, rest, first, modes[0], own)
