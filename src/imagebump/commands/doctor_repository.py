"""What `imagebump doctor` finds in a repository itself: configuration and VERSION."""

from collections.abc import Iterator
from typing import NamedTuple

from imagebump import git
from imagebump.commands import naming, version_file, workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


class Patient(NamedTuple):
    """A repository, and the configuration of its images where the index has one that is valid."""

    repository: Repository
    configs: tuple[Config, ...]


def examine(repository: Repository) -> Patient:
    """What the checks are done on."""
    try:
        return Patient(repository, Snapshot(repository, git.INDEX).configs())
    except UserError:  # the check of the configuration says why
        return Patient(repository, ())


def configuration(patient: Patient) -> Iterator[UserError]:
    """Are a valid configuration and a Dockerfile in the index? Without both the hooks do nothing."""
    if lack := workspace.lacking(patient.repository):
        yield lack
    elif problem := naming.differs_from_origin(patient.repository, patient.configs):
        yield problem


def version_in_index(patient: Patient) -> Iterator[UserError]:
    """Is VERSION in the index, and a version?"""
    for config in patient.configs:
        try:
            if lack := _version(patient.repository, config):
                yield lack
        except UserError as problem:  # of one image; the others are looked at all the same
            yield problem


def _version(repository: Repository, config: Config) -> UserError | None:
    name = config.bump.version_file
    places = version_file.look(repository, name)
    if places.staged is not None:
        return None
    if places.working is not None:
        version_file.untracked(repository, name, places.working)
    elif config.bump.on != "none" and version_file.at(repository, repository.head, name) is None:
        return None  # the first commit makes it
    return workspace.without_version(repository, config)
