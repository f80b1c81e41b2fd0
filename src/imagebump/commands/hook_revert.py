"""The hook prepare-commit-msg: a clean revert that would lower VERSION stops, and says what to type.

Git runs no pre-commit hook for it, so this is the last moment to say so; the commit that is typed
then has the next version.
"""

from collections.abc import Sequence

from imagebump import git
from imagebump.commands import hook_bump, hook_config, version_file
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.running import is_reverting
from imagebump.settings import variable


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """0 to go on. UserError for such a revert (or cherry-pick)."""
    if not git.in_commit(repository) or not is_reverting():
        return 0
    for config in hook_config.staged(repository):
        if hook_bump.is_due(repository, config):
            _refuse(repository, config)
    return 0


def _refuse(repository: Repository, config: Config) -> None:
    name = config.bump.version_file
    before = version_file.at(repository, repository.head, name)
    staged = version_file.look(repository, name).staged
    after = staged.version if staged else None
    if before is None or (after is not None and after >= before):
        return
    if not variable("IMAGEBUMP_ALLOW_DOWNGRADE"):
        raise UserError(
            f"{name} would go from {before} back to {after or 'none'}",
            "Run: git commit --no-edit, and the revert has the next version",
            status=1,
        )
