"""What the commands about published images share: whose repository of which registry is meant."""

from imagebump import localregistry
from imagebump.commands import workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.registry import Registry, access_of
from imagebump.snapshot import Snapshot


def configured() -> tuple[Repository, tuple[Config, ...]]:
    """The repository, and what HEAD configures: registries and tags are what it says, whatever is staged."""
    return workspace.configured("HEAD")


def registry(repository: Repository, config: Config) -> Registry:
    """Where an image is pushed to. UserError where it is pushed nowhere."""
    if not config.publish.push:
        raise UserError("publish.push = false: this image is in no registry")
    return reached(Snapshot(repository, repository.head), config)


def reached(snapshot: Snapshot, config: Config) -> Registry:
    """The registry that is configured, by the certificates that `snapshot` holds."""
    access = access_of(config, snapshot.read, snapshot.title)
    return Registry(localregistry.host(config.registry), config.repository, access=access)
