"""Gathers what the bump decides by, from the index, HEAD and the environment."""

from typing import Literal, NamedTuple

from semver import Version

from imagebump import bump, git, spool
from imagebump.changes import first_change
from imagebump.commands import version_file
from imagebump.config import Config
from imagebump.dockerfile.inputs import Inputs, bases, everything, inputs
from imagebump.dockerfile.parse import DockerfileError, parse
from imagebump.errors import UserError
from imagebump.git import Change, Repository
from imagebump.running import is_amending
from imagebump.settings import FILE, PYPROJECT, variable
from imagebump.snapshot import LINK, Snapshot, in_context, in_repository
from imagebump.version import PARTS, Part, VersionFile

_HISTORY = 20
"""How many earlier versions count for the floor, so that a revert never gives a number again."""


class Making(NamedTuple):
    """The commit that is being made: the one that it follows ("": none), and those that it merges.

    `amended` is the version of the commit that it replaces, where nobody has begun to publish that.
    """

    base: str
    merged: tuple[str, ...] = ()
    amended: Version | None = None


def next_commit(repository: Repository) -> Making:
    """The commit that follows HEAD, the conclusion of a merge perhaps."""
    return Making(repository.head, tuple(git.merge_heads(repository)))


def running_commit(repository: Repository, name: str) -> Making:
    """The commit that the running `git commit` makes. An amend of what is published follows HEAD."""
    amended = version_file.at(repository, repository.head, name) if is_amending() else None
    if amended is None or spool.is_claimed(repository.state, str(amended)):
        return next_commit(repository)
    return _again(repository, amended)


def made_merge(repository: Repository) -> Making:
    """The merge commit HEAD, to be made again."""
    return _again(repository, None)


def _again(repository: Repository, amended: Version | None) -> Making:
    base, *merged = [*git.parents(repository, repository.head), ""]
    return Making(base, tuple(rev for rev in merged if rev), amended)


def gather(
    repository: Repository, config: Config, making: Making, staged: VersionFile | None, ours: str
) -> bump.Facts:
    """The facts for the commit that is being made; `ours` is what an aborted attempt staged, or ""."""
    name = config.bump.version_file
    base = making.base
    history = git.commits_of_path(repository, base, name, _HISTORY) if base else []
    lines = {rev: version_file.at(repository, rev, name) for rev in (base, *making.merged)}
    seen = [*lines.values(), *(version_file.at(repository, rev, name) for rev in history)]
    floor = max((version for version in seen if version), default=None)
    if making.merged:
        change = _changed_in_merge(repository, config, [r for r in lines if lines[r] == floor])
    else:
        change = changed(repository, config, history[0] if history else base)
    return bump.Facts(
        base=lines[base],
        floor=floor,
        staged=staged,
        ours=Version.parse(ours) if ours else None,
        amended=making.amended,
        changed=change,
        part=_part(config),
        allow_downgrade=bool(variable("IMAGEBUMP_ALLOW_DOWNGRADE")),
        merging=bool(making.merged),
    )


def _changed_in_merge(repository: Repository, config: Config, highest: list[str]) -> str:
    """The same as `changed`, since the commit that set the version which the lines `highest` have."""
    change = "the merge"
    for rev in highest:
        setters = git.commits_of_path(repository, rev, config.bump.version_file, 1)
        change = changed(repository, config, setters[0] if setters else rev)
        if not change:
            break
    return change


def _part(config: Config) -> Part | Literal["none"]:
    given = variable("IMAGEBUMP_PART")
    choices: tuple[Part | Literal["none"], ...] = (*PARTS, "none")
    for part in choices:
        if given == part:
            return part
    if given:
        raise UserError(f"IMAGEBUMP_PART={given!r}, expected major, minor, patch or none")
    return config.bump.default


def changed(repository: Repository, config: Config, since: str, rev: str = git.INDEX) -> str:
    """The first path by which the image of the index (or of the commit `rev`) differs from that of
    the commit `since`, or "".
    """
    if config.bump.when == "always":
        return "the commit"
    changes = git.changes(repository, since, rev) if rev else git.staged_changes(repository, since)
    if not changes or not since:
        return changes[0].path if changes else ""
    files = [change.path for change in changes if change.path in (FILE, PYPROJECT)]
    if files and not _same_build(repository, config, since):
        return files[0]
    snapshot = Snapshot(repository, rev)
    read = _inputs(snapshot, config)
    found = first_change(config.build, config.bump.version_file, read, changes)
    if found or not read.sources:
        return found
    linked = _through_links(snapshot, config, since, read, changes)
    return first_change(config.build, config.bump.version_file, linked, changes)


def _same_build(repository: Repository, config: Config, since: str) -> bool:
    """Did the commit `since` configure the same build?"""
    try:
        before = Snapshot(repository, since).config()
    except UserError:
        return False
    return before is not None and before.build == config.build


def _inputs(snapshot: Snapshot, config: Config) -> Inputs:
    """What the Dockerfile reads: everything, where it cannot be parsed."""
    ignore = snapshot.ignore_rules(config.build)
    try:
        dockerfile = parse(snapshot.read(config.build.dockerfile) or b"", config.build.dockerfile)
    except DockerfileError:
        return Inputs(("",), ignore)
    read = inputs(dockerfile, ignore)
    known = spool.triggers(snapshot.repository.state)
    return everything(read) if known and bases(dockerfile) in known else read


def _through_links(
    snapshot: Snapshot, config: Config, since: str, read: Inputs, changes: list[Change]
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
