"""Which change makes the image of an index or a commit another one than that of an earlier commit."""

from collections.abc import Sequence

from e2b_dockerfile_utils import PatternMatcher

from imagebump import git, spool
from imagebump.changes import first_change
from imagebump.config import Config
from imagebump.context import filters, ignore_rules, in_context, in_repository
from imagebump.differences import Change
from imagebump.dockerfile.inputs import Inputs, inputs
from imagebump.dockerfile.parse import DockerfileError, parse
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import FILE, PYPROJECT
from imagebump.snapshot import FILE_MODE, LINK, Snapshot


def changed(
    repository: Repository,
    config: Config,
    since: str,
    rev: str = git.INDEX,
    also: Sequence[str] = (),
) -> str:
    """The first path by which the image of the index (or of the commit `rev`) differs from that of
    the commit `since`, or ""; the paths `also` are taken to differ.
    """
    if config.bump.when == "always":
        return "the commit"
    changes = git.changes(repository, since, rev)
    changes += tuple(Change(FILE_MODE, FILE_MODE, path) for path in also)
    if not changes or not since:
        return changes[0].path if changes else ""
    files = [change.path for change in changes if change.path in (FILE, PYPROJECT)]
    if files and not _same_build(repository, config, since):
        return files[0]
    if filtered := _filtered(repository, config, changes):
        return filtered
    snapshot = Snapshot(repository, rev)
    ignore = ignore_rules(snapshot, config.build)
    try:
        read = _inputs(snapshot, config, ignore)
    except DockerfileError:  # or a symbolic link, of which the index holds the target's name
        if behind := _behind_link(snapshot, config, changes):
            return behind
        read = Inputs(("",), ignore)
    found = first_change(config.build, config.bump.version_file, read, changes)
    if found or not read.sources:
        return found
    linked = _through_links(snapshot, config, since, read, changes)
    return first_change(config.build, config.bump.version_file, linked, changes)


def differs(repository: Repository, config: Config, one: str, other: str) -> str:
    """The first path by which two commits make different images, whatever `bump.when` says, or ""."""
    by_content = config._replace(bump=config.bump._replace(when="image"))
    return changed(repository, by_content, one, other)


def _behind_link(snapshot: Snapshot, config: Config, changes: Sequence[Change]) -> str:
    """The Dockerfile where the one that is configured is a symbolic link, if it changed; or a link on the way."""
    name = config.build.dockerfile
    if all(entry.mode != LINK for entry in git.entries(snapshot.repository, snapshot.rev, [name])):
        return ""
    followed = snapshot.followed(name)
    on_the_way = (one.path for one in changes if one.path == followed or LINK in (one.old, one.new))
    return next(on_the_way, "")


def _filtered(repository: Repository, config: Config, changes: Sequence[Change]) -> str:
    """A .gitattributes file by which other files come from git, or did; "" for none."""
    for one in changes:
        oids = [oid for oid in (one.old_oid, one.new_oid) if oid.strip("0")]
        if filters(config.build, one.path, repository.blobs, *oids):
            return one.path
    return ""


def _same_build(repository: Repository, config: Config, since: str) -> bool:
    """Did the commit `since` configure the same build?"""
    try:
        before = Snapshot(repository, since).config(config.image)
    except UserError:
        return False
    return before is not None and before.build.makes_the_same(config.build)


def _inputs(snapshot: Snapshot, config: Config, ignore: PatternMatcher) -> Inputs:
    """What the Dockerfile reads. DockerfileError where it cannot be parsed."""
    dockerfile = parse(snapshot.read(config.build.dockerfile) or b"", config.build.dockerfile)
    return inputs(dockerfile, ignore, spool.triggers(snapshot.repository.state))


def _through_links(
    snapshot: Snapshot, config: Config, since: str, read: Inputs, changes: Sequence[Change]
) -> Inputs:
    """The same, reading everything where a source is a symbolic link, now or then."""
    build, repository = config.build, snapshot.repository
    named = [in_repository(build, path) for path in read.prefixes()]
    entries = git.entries(repository, since, named) if named else []
    if read.globs:
        entries += git.below(
            repository, snapshot.rev, [in_repository(build, path) for path in read.globs]
        )
    links = {entry.path for entry in entries if entry.mode == LINK}
    links |= {change.path for change in changes if LINK in (change.old, change.new)}
    inside = (in_context(build, path) for path in links)
    return read.through_links(path for path in inside if path is not None)
