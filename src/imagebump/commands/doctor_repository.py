"""What `imagebump doctor` finds in a repository itself: configuration and VERSION."""

from collections.abc import Iterator
from typing import NamedTuple

from imagebump import git
from imagebump.commands import version_file, workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


class Patient(NamedTuple):
    """A repository, and its configuration where the index has one that is valid."""

    repository: Repository
    config: Config | None


def examine(repository: Repository) -> Patient:
    """What the checks are done on."""
    try:
        return Patient(repository, Snapshot(repository, git.INDEX).config())
    except UserError:  # the check of the configuration says why
        return Patient(repository, None)


def configuration(patient: Patient) -> Iterator[UserError]:
    """Are a valid configuration and a Dockerfile in the index? Without both the hooks do nothing."""
    if lack := workspace.lacking(patient.repository):
        yield lack


def version_in_index(patient: Patient) -> Iterator[UserError]:
    """Is VERSION in the index, and a version?"""
    if patient.config is None:
        return
    name = patient.config.bump.version_file
    places = version_file.look(patient.repository, name)
    if places.staged is not None:
        return
    if places.working is not None:
        version_file.untracked(patient.repository, name, places.working)
    yield UserError(
        f"{name} is not in the index of {patient.repository.top}",
        "Run: imagebump patch" if places.working is None else f"Run: git add {name}",
    )
