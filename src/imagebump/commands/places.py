"""What the commands about published images share: whose repository of which registry is meant."""

from imagebump import localregistry, reference
from imagebump.commands import workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.registry import USUAL, Registry, access_of
from imagebump.snapshot import Snapshot


def configured() -> tuple[Repository, tuple[Config, ...]]:
    """The repository, and what HEAD configures: registries and tags are what it says, whatever is staged."""
    return workspace.configured("HEAD")


def registry(repository: Repository, config: Config) -> Registry:
    """Where an image is pushed to. UserError where it is pushed nowhere."""
    if not config.publish.push:
        raise UserError("publish.push = false: this image is in no registry")
    host = localregistry.address() if config.registry == reference.LOCAL else config.registry
    snapshot = Snapshot(repository, "HEAD")
    access = access_of(config, snapshot.read, "HEAD") if host == config.registry else USUAL
    return Registry(host, config.repository, access=access)
