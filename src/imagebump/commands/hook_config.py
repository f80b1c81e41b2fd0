"""The configuration that a commit is made under."""

from imagebump import git
from imagebump.config import Config
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


def staged(repository: Repository) -> Config | None:
    """What the index configures; None where it has no configuration, or no Dockerfile: nothing to do."""
    index = Snapshot(repository, git.INDEX)
    config = index.config()
    if config is None or index.read(config.build.dockerfile) is None:
        return None
    return config
