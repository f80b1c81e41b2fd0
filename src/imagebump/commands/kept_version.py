"""What Git makes without the hook pre-commit: a fast-forward, a rebase, a cherry-pick, a clean revert.

Such a commit keeps the version of the one that it follows, and is refused it where its image is
another one. That is said while the person still looks.
"""

from collections.abc import Iterator

from imagebump import refs, spool
from imagebump.commands import image_change, lines, version_file, workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


def check(repository: Repository) -> None:
    """UserError, with what to type, where HEAD has the version of another image on a release branch."""
    for config in _released(repository):
        for rev in _holders(repository, config):
            if path := image_change.differs(repository, config, rev, repository.head):
                raise _taken(repository, config, rev, path)


def _released(repository: Repository) -> Iterator[Config]:
    """The images of HEAD that get a version from the hooks, and are released under it."""
    snapshot, default = Snapshot(repository, repository.head), refs.default_branch(repository)
    branch = refs.branch(repository)
    for config in snapshot.configs():
        numbered = config.bump.on != "none" and config.tags.release
        is_built = snapshot.read(config.build.dockerfile) is not None
        if numbered and is_built and config.is_release(branch, default):
            yield config


def _holders(repository: Repository, config: Config) -> list[str]:
    """The commits that have HEAD's version: those that set it, and the one that is published as it."""
    name = config.bump.version_file
    line = lines.line(repository, name, repository.head)
    if line.version is None:
        return []
    claimant = spool.claimant(repository.state, config.release(line.version))
    held = claimant and version_file.at(repository, claimant, name) == line.version
    return [*line.setters, *([claimant] if held else [])]


def _taken(repository: Repository, config: Config, rev: str, path: str) -> UserError:
    version = version_file.at(repository, repository.head, config.bump.version_file)
    release = config.release(version)
    return UserError(
        f"{repository.head[:7]} has {release} of {rev[:7]}, and {path} differs: it is no release",
        f"Run: {workspace.patch(config)} --commit",
        status=1,
    )
