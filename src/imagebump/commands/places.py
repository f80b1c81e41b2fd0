"""What the commands about published images share: whose repository of which registry is meant."""

import re

from imagebump import localregistry, reference
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


def meant(what: str, image: str) -> tuple[Repository | None, list[tuple[Registry, str]]]:
    """The repositories in which to look for what: those that are configured, or the one that it names itself."""
    configs: tuple[Config, ...] = ()
    repository = problem = None
    try:
        repository, configs = configured()
    except UserError as missing:  # an image is an image also where there is no repository
        problem = missing
    ours = workspace.chosen(configs, image) if configs else ()
    if reference.is_digest(what) or not re.search(r"[/:@]", what):
        if problem or repository is None:
            raise problem or UserError("there is no repository")
        return repository, [(registry(repository, one), what) for one in ours]
    try:
        named = reference.image(what)
    except ValueError as wrong:
        raise UserError(f"{what!r} is no image: expected {wrong}") from None
    for one in ours:
        if repository and re.split("[:@]", what)[0] == one.repository:  # without its host
            return repository, [(registry(repository, one), named.reference)]
        if repository and (named.host, named.repository) == (one.registry, one.repository):
            return repository, [(registry(repository, one), named.reference)]
    return repository, [(Registry(named.host, named.repository), named.reference)]
