"""The configuration that a commit is made under."""

from imagebump import git
from imagebump.config import Config
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


def staged(repository: Repository) -> list[Config]:
    """What the index configures, of each image whose Dockerfile it holds: for others there is nothing to do."""
    index = Snapshot(repository, git.INDEX)
    return [one for one in index.configs() if index.read(one.build.dockerfile) is not None]
