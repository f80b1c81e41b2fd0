"""The Git tag of a release, where bump.git-tag asks for one.

It is put on the commit that the image was built from, when the image stands under its version:
before that, an amend may take the number along. It never moves, and no publication fails for it.
"""

import re

from imagebump import git, refs
from imagebump.engine import Report
from imagebump.errors import UserError
from imagebump.git import Repository

_HASH = re.compile(r"[0-9a-f]{40,64}")
"""What an image says of its commit is a registry's word."""


def tag_name(release: str) -> str:
    """The Git tag of a version, v1.2.3, or of one of several images, IMAGE/v1.2.3."""
    image, slash, version = release.rpartition("/")
    return f"{image}{slash}v{version}"


def tag(repository: Repository, release: str, commit: str, report: Report) -> None:
    """Put the tag of a release on `commit`, where it is nowhere yet; the log has a line unless it is there."""
    name = tag_name(release)
    standing = refs.tagged(repository, name)
    if standing == commit:
        return
    report.log(_put(repository, name, release, commit, standing))


def _message(release: str) -> str:
    image, _, version = release.rpartition("/")
    return f"Version {version} of {image}" if image else f"Version {version}"


def _put(repository: Repository, name: str, release: str, commit: str, standing: str) -> str:
    """What was done, or why not."""
    if standing:
        return (
            f"git tag {name} is on {standing[:7]} already, not on {commit[:7]}, and is never moved"
        )
    if not _HASH.fullmatch(commit) or not git.exists(repository, commit):
        return f"no git tag {name}: its commit {commit[:7]} is not in this clone"
    try:
        refs.tag(repository, name, commit, _message(release))
    except UserError as problem:
        return f"no git tag {name}: {problem}"
    return f"git tag {name} on {commit[:7]}"
