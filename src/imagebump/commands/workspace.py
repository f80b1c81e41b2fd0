"""What a command starts from: the repository around it, and its configuration."""

from imagebump import git
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import FILE
from imagebump.snapshot import Snapshot


def configured(rev: str = git.INDEX) -> tuple[Repository, Config]:
    """The repository here and its configuration, from the index. UserError where there is none."""
    repository = git.discover()
    config = Snapshot(repository, rev).config()
    if config is None:
        staged = (repository.top / FILE).exists()
        raise UserError(
            f"{FILE} is not in the index of {repository.top}",
            f"Run: git add {FILE}"
            if staged
            else f"Run: echo 'registry = \"local\"' > {FILE} && git add {FILE}",
        )
    return repository, config
