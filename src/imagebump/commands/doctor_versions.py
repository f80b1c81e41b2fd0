"""What `imagebump doctor` finds in the history: versions that two commits claim, with other content."""

from collections.abc import Iterator

from imagebump import git, ledger, refs, spool
from imagebump.commands import image_change, version_file, workspace
from imagebump.commands.doctor_repository import Patient
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.semantic import Version
from imagebump.snapshot import Snapshot

_HISTORY = 50
"""How many of the last commits that set VERSION are compared."""


def claims(patient: Patient) -> Iterator[UserError]:
    """A version of HEAD's, or above it, for which two commits stand that do not make the same image.

    Where HEAD is further than that, its version is its own.
    """
    if patient.repository.head:
        for config in patient.configs:
            yield from _of_image(patient.repository, config)


def _of_image(repository: Repository, config: Config) -> Iterator[UserError]:
    present = version_file.at(repository, repository.head, config.bump.version_file)
    clashing = False
    for version, holders in _holders(repository, config, present).items():
        if present and version < present:
            continue
        for found in _clash(repository, config, version, holders, present):
            clashing = clashing or version == present
            yield found
    if not clashing:
        yield from _refused(repository, config, present)


def _holders(
    repository: Repository, config: Config, present: Version | None
) -> dict[Version, list[str]]:
    """The commits that stand for each version, the one that was first in front.

    Those are the ones that set it, the one that was published as it, and HEAD where it is released.
    """
    name = config.bump.version_file
    found: dict[Version, list[str]] = {}
    for rev in reversed(git.commits_of_path(repository, "HEAD", name, _HISTORY, all_lines=True)):
        if version := version_file.at(repository, rev, name):
            found.setdefault(version, []).append(rev)
    for version, revs in found.items():
        claimant = spool.claimant(repository.state, config.release(version))
        if version_file.at(repository, claimant, name) == version:
            revs.insert(0, claimant)
    if present and config.is_release(refs.branch(repository), refs.default_branch(repository)):
        found.setdefault(present, []).append(repository.head)
    return {version: list(dict.fromkeys(revs)) for version, revs in found.items()}


def _clash(
    repository: Repository,
    config: Config,
    version: Version,
    holders: list[str],
    present: Version | None,
) -> Iterator[UserError]:
    """What is wrong with a version's holders: the first one that makes another image than the first."""
    first, *others = holders
    for other in others:
        if path := _difference(repository, config.image, first, other):
            one, two = first[:7], other[:7]
            hint = f"HEAD has {present}. To see what differs, run: git diff {one} {two}"
            if version == present:
                hint = f"Run: {workspace.patch(config)}, and commit"
            yield UserError(
                f"{one} and {two} both claim {config.release(version)}, and {path} differs", hint
            )
            return


def _difference(repository: Repository, image: str, since: str, rev: str) -> str:
    """The first path by which two commits make different images, or ""."""
    try:
        config = Snapshot(repository, rev).config(image)
    except UserError:
        return ""
    return image_change.differs(repository, config, since, rev) if config else ""


def _refused(
    repository: Repository, config: Config, present: Version | None
) -> Iterator[UserError]:
    """What the registry holds as HEAD's version, and is not ours."""
    with ledger.found(repository.state) as book:
        records = book.in_states("refused") if book else []
    refused = [one for one in records if one.image == config.image]
    for record in refused[-1:]:
        if record.version == str(present):
            yield UserError(f"{record.commit_id[:7]}: {record.error}", record.hint)
