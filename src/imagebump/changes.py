"""Which change of a commit changes its image. Pure, and small: it runs in each commit."""

from collections.abc import Iterable

from imagebump.config import Build
from imagebump.context import ignore_files, in_context, parents
from imagebump.differences import Change
from imagebump.dockerfile.inputs import Inputs
from imagebump.snapshot import SUBMODULE


def first_change(build: Build, version_file: str, read: Inputs, changes: Iterable[Change]) -> str:
    """The first changed path that the image is made of, the version file aside; "" where there is none."""
    named = {build.dockerfile, *ignore_files(build)}
    for change in changes:
        if change.path == version_file:
            continue
        if change.path in named or _matters(read, in_context(build, change.path), change):
            return change.path
    return ""


def _matters(read: Inputs, path: str | None, change: Change) -> bool:
    """Is `path` read? One that is ignored still makes directories above it appear, or vanish."""
    if path is None:
        return False
    if SUBMODULE in (change.old, change.new) and read.enters(path):
        return True
    if not read.selects(path):
        return False
    if not read.ignore.matches(path):
        return True
    return change.comes_or_goes and any(not read.ignore.matches(above) for above in parents(path))
