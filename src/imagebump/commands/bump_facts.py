"""Gathers what the bump decides by, from the index, HEAD and the environment."""

from collections.abc import Sequence
from importlib import import_module
from typing import Literal, NamedTuple

from imagebump import bump, git, refs, spool
from imagebump.commands import image_change, version_file
from imagebump.commands.lines import Line, line
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.pending import Attempt
from imagebump.running import is_amending
from imagebump.semantic import Version
from imagebump.settings import FILE, PYPROJECT, variable
from imagebump.version import PARTS, Part, VersionFile


class Making(NamedTuple):
    """The commit that is being made: the one that it follows ("": none), and those that it merges.

    `amended` is the version of the commit that it replaces, where nobody has begun to publish that.
    """

    base: str
    merged: tuple[str, ...] = ()
    amended: Version | None = None


def next_commit(repository: Repository) -> Making:
    """The commit that follows HEAD, the conclusion of a merge perhaps."""
    return Making(repository.head, tuple(refs.merge_heads(repository)))


def running_commit(repository: Repository, config: Config) -> Making:
    """The commit that the running `git commit` makes. An amend of what is published follows HEAD."""
    name = config.bump.version_file
    amended = version_file.at(repository, repository.head, name) if is_amending() else None
    if amended is None or spool.is_claimed(repository.state, config.release(amended)):
        return next_commit(repository)
    return _again(repository, amended)


def made_merge(repository: Repository, config: Config) -> Making:
    """The merge commit HEAD, to be made again."""
    return _again(repository, None)


def _again(repository: Repository, amended: Version | None) -> Making:
    base, *merged = [*refs.parents(repository, repository.head), ""]
    return Making(base, tuple(rev for rev in merged if rev), amended)


def gather(
    repository: Repository,
    config: Config,
    making: Making,
    staged: VersionFile | None,
    attempt: Attempt,
    also: Sequence[str] = (),
) -> bump.Facts:
    """The facts for the commit that is being made; `attempt` is the last one that came to nothing,
    `also` are paths that the commit will change besides.
    """
    name = config.bump.version_file
    base, *merged = (line(repository, name, rev) for rev in (making.base, *making.merged))
    seen = [base.highest, *(one.version for one in merged)]
    floor = max((version for version in seen if version), default=None)
    if merged:
        leading = [one for one in (base, *merged) if one.version == floor]
        change = _changed(repository, config, leading, also) if leading else "the merge"
    else:
        change = _changed(repository, config, [base], also)
    contract = _contract(repository, config, base) if change else None
    applies = config.bump.contract == "apply"
    if wish := _wish(attempt, contract if applies else None):
        contract, applies = wish, True
    return bump.Facts(
        base=base.version,
        floor=floor,
        staged=staged,
        ours=Version.parse(attempt.wrote) if attempt.wrote else None,
        amended=making.amended,
        changed=change,
        part=_part(config),
        allow_downgrade=bool(variable("IMAGEBUMP_ALLOW_DOWNGRADE")),
        merging=bool(merged),
        contract=contract,
        applies=applies,
    )


def _wish(attempt: Attempt, contract: tuple[Part, str] | None) -> tuple[Part, str] | None:
    """What the message of the last attempt asked for, where that is more than the promises do."""
    for part in PARTS:  # the largest first
        if contract and contract[0] == part:
            return None
        if attempt.part == part:
            return part, attempt.said
    return None


def _contract(repository: Repository, config: Config, base: Line) -> tuple[Part, str] | None:
    """How the image's promises differ from those of the last version; loaded only where they may."""
    if config.bump.contract == "off" or base.version is None:
        return None
    since = base.setters[0]
    changed = {change.path for change in git.changes(repository, since)}
    if changed.isdisjoint((config.build.dockerfile, FILE, PYPROJECT)):
        return None
    contract = import_module("imagebump.commands.contract")
    found = contract.change(repository, config, since)
    return found and (found.part, found.what)


def taken_by(
    repository: Repository, config: Config, facts: bump.Facts, number: Version | None
) -> str:
    """The commit that has published the new number already, and that this line does not know (any more); "" for none."""
    if number is None or (facts.floor and number <= facts.floor):
        return ""
    return spool.claimant(repository.state, config.release(number))


def refused(repository: Repository, config: Config, facts: bump.Facts) -> str:
    """Why a version that a person staged will be refused, as that of other content, and what to type; "" where it will not."""
    version = facts.staged.version if facts.staged and facts.is_by_hand else None
    holder = _holder(repository, config, version) if version else ""
    path = image_change.changed(repository, config, holder) if holder else ""
    if not path:
        return ""
    workspace = import_module("imagebump.commands.workspace")  # loaded only where it is needed
    return (
        f"{config.release(version)} is taken by {holder[:7]}, and {path} differs: it is no release. "
        f"To give it the next one: {workspace.patch(config)} && git commit --amend --no-edit"
    )


def _holder(repository: Repository, config: Config, version: Version | None) -> str:
    """The commit that is being published here as a version, or was; "" for none that is still there."""
    claimant = spool.claimant(repository.state, config.release(version))
    return claimant if version_file.at(repository, claimant, config.bump.version_file) else ""


def _changed(repository: Repository, config: Config, lines: list[Line], also: Sequence[str]) -> str:
    """The first path by which the image differs from one that has the version of these lines, or "".

    Those are the images of the commits that set it, and the one that was published as it, which a
    rebase may have left behind.
    """
    revs = [rev for one in lines for rev in one.setters]
    revs += filter(None, [_holder(repository, config, lines[0].version)])
    found = (
        image_change.changed(repository, config, rev, also=also) for rev in dict.fromkeys(revs)
    )
    return next((path for path in found if path), "")


def _part(config: Config) -> Part | Literal["none"]:
    given = variable("IMAGEBUMP_PART")
    choices: tuple[Part | Literal["none"], ...] = (*PARTS, "none")
    for part in choices:
        if given == part:
            return part
    if given:
        raise UserError(
            f"IMAGEBUMP_PART={given!r}, expected major, minor, patch or none",
            "Run: unset IMAGEBUMP_PART",
        )
    return config.bump.default
