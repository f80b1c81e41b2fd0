"""The configuration that a commit is made under."""

from collections.abc import Iterable

from imagebump import git, output
from imagebump.config import Config
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


def staged(repository: Repository, *, tell: bool = False) -> list[Config]:
    """What the index configures, of each image whose Dockerfile it holds: for others there is nothing to do.

    `tell` says so where the configuration names that Dockerfile: it may be mistaken.
    """
    configs = Snapshot(repository, git.INDEX).configs()
    found = [one for one in configs if _is_built(repository, one)]
    if tell:
        say_missing(repository, configs)
    return found


def say_missing(repository: Repository, configs: Iterable[Config]) -> None:
    """Name each Dockerfile that the configuration names and the index does not hold."""
    for one in configs:
        source = one.sources["build.dockerfile"]
        if source != "default" and not _is_built(repository, one):
            name = one.build.dockerfile
            output.note(f"{source}: build.dockerfile = {name!r} is not in the index: no image")


def _is_built(repository: Repository, config: Config) -> bool:
    return Snapshot(repository, git.INDEX).read(config.build.dockerfile) is not None
