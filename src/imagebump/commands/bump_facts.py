"""Gathers what the bump decides by, from the index, HEAD and the environment."""

from typing import Literal

from semver import Version

from imagebump import bump, git, spool
from imagebump.changes import first_change
from imagebump.commands import version_file
from imagebump.config import Config
from imagebump.dockerfile.inputs import Inputs, bases, everything, inputs
from imagebump.dockerfile.parse import DockerfileError, parse
from imagebump.errors import UserError
from imagebump.git import Change, Repository
from imagebump.settings import variable
from imagebump.snapshot import LINK, Snapshot, in_context, in_repository
from imagebump.version import PARTS, Part, VersionFile

_HISTORY = 20
"""How many earlier versions count for the floor, so that a revert never gives a number again."""


def gather(
    repository: Repository, config: Config, staged: VersionFile | None, ours: str
) -> bump.Facts:
    """The facts for the commit that is being made; `ours` is what an aborted attempt staged, or ""."""
    name = config.bump.version_file
    amended = version_file.at(repository, repository.head, name) if git.is_amending() else None
    again = amended is not None and not spool.is_claimed(repository.state, str(amended))
    base = git.parent(repository, repository.head) if again else repository.head
    history = git.commits_of_path(repository, base, name, _HISTORY) if base else []
    seen = [version_file.at(repository, rev, name) for rev in (base, "MERGE_HEAD", *history)]
    return bump.Facts(
        base=seen[0],
        floor=max((version for version in seen if version), default=None),
        staged=staged,
        ours=Version.parse(ours) if ours else None,
        amended=amended if again else None,
        changed=changed(repository, config, history[0] if history else base),
        part=_part(config),
        allow_downgrade=bool(variable("IMAGEBUMP_ALLOW_DOWNGRADE")),
    )


def _part(config: Config) -> Part | Literal["none"]:
    given = variable("IMAGEBUMP_PART")
    choices: tuple[Part | Literal["none"], ...] = (*PARTS, "none")
    for part in choices:
        if given == part:
            return part
    if given:
        raise UserError(f"IMAGEBUMP_PART={given!r}, expected major, minor, patch or none")
    return config.bump.default


def changed(repository: Repository, config: Config, since: str) -> str:
    """The first path by which the index's image differs from that of the commit `since`, or ""."""
    if config.bump.when == "always":
        return "the commit"
    changes = git.staged_changes(repository, since)
    if not changes or not since:
        return changes[0].path if changes else ""
    file = config.sources["registry"]
    if any(change.path == file for change in changes) and not _same_build(
        repository, config, since
    ):
        return file
    index = Snapshot(repository, git.INDEX)
    read = _inputs(index, config)
    found = first_change(config.build, config.bump.version_file, read, changes)
    if found or not read.sources:
        return found
    linked = _through_links(repository, config, since, read, changes)
    return first_change(config.build, config.bump.version_file, linked, changes)


def _same_build(repository: Repository, config: Config, since: str) -> bool:
    """Did the commit `since` configure the same build?"""
    try:
        before = Snapshot(repository, since).config()
    except UserError:
        return False
    return before is not None and before.build == config.build


def _inputs(index: Snapshot, config: Config) -> Inputs:
    """What the staged Dockerfile reads: everything, where it cannot be parsed."""
    ignore = index.ignore_rules(config.build)
    try:
        dockerfile = parse(index.read(config.build.dockerfile) or b"", config.build.dockerfile)
    except DockerfileError:
        return Inputs(("",), ignore)
    read = inputs(dockerfile, ignore)
    known = spool.triggers(index.repository.state)
    return everything(read) if known and bases(dockerfile) in known else read


def _through_links(
    repository: Repository, config: Config, since: str, read: Inputs, changes: list[Change]
) -> Inputs:
    """The same, reading everything where a source is a symbolic link, now or then."""
    build = config.build
    named = [in_repository(build, path) for path in read.prefixes()]
    entries = git.entries(repository, since, named) if named else []
    if read.globs:
        entries += git.entries(
            repository, git.INDEX, [in_repository(build, path) for path in read.globs]
        )
    links = {entry.path for entry in entries if entry.mode == LINK}
    links |= {change.path for change in changes if LINK in (change.old, change.new)}
    inside = (in_context(build, path) for path in links)
    return read.through_links(path for path in inside if path is not None)
