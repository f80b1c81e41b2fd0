"""What is said with a commit that no hook will publish, though a hook manager is asked to: it was installed for the first stage only."""

from collections.abc import Iterable
from contextlib import suppress

from imagebump import git, output
from imagebump.commands import doctor_managers
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository

_PUBLISHING = {"imagebump-publish", "post-commit"}
"""What asks for it, in the file of pre-commit or prek, and of lefthook."""


def tell(repository: Repository, configs: Iterable[Config]) -> None:
    """One line, with each commit until that is mended."""
    if all(config.publish.on == "manual" for config in configs):
        return
    if not (git.hooks_path(repository) / "post-commit").is_file() and _is_asked_for(repository):
        output.note(
            "nothing publishes this commit: Git has no hook post-commit. Run: imagebump doctor"
        )


def _is_asked_for(repository: Repository) -> bool:
    with suppress(UserError):  # of a manager's file: that is not this commit's trouble
        return any(_PUBLISHING & set(one.ids) for one in doctor_managers.managers(repository.top))
    return False
