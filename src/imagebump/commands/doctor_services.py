"""What `imagebump doctor` finds around a repository: the engine, the registry, the jobs that wait."""

import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from imagebump import git, ledger, spool, trust
from imagebump.commands import places
from imagebump.commands.doctor_repository import Patient
from imagebump.engine.api import ApiEngine
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot


def engine(patient: Patient) -> Iterator[UserError]:
    """Does the engine answer?"""
    with closing(ApiEngine()):
        yield from ()


def registry(patient: Patient) -> Iterator[UserError]:
    """Does the registry answer, and to whom we are? Nothing is written to it; the first that does not is enough.

    One that is not trusted is not asked.
    """
    pushed = [config for config in patient.configs if config.publish.push]
    index = Snapshot(patient.repository, git.INDEX)
    for config in {(one.registry, one.repository): one for one in pushed}.values():
        if unknown := trust.unknown(patient.repository.state, config, index.read):
            raise UserError(
                f"{', '.join(unknown)} is not trusted by this clone yet",
                "Look at it, then run: imagebump trust",
            )
        with closing(places.reached(index, config)) as there:
            there.digest("latest")  # that there is no such tag, or nothing yet, is an answer
    yield from ()


def jobs(patient: Patient) -> Iterator[UserError]:
    """Can every job be read, and the ledger?"""
    repository = patient.repository
    for path in spool.damaged(repository.state):
        yield UserError(f"the job {path} is damaged", _instead(repository, path))
    if newer := spool.foreign(repository.state):
        yield UserError(
            f"jobs for a newer imagebump wait ({newer})", "Run: pip install --upgrade imagebump"
        )
    with ledger.found(repository.state):
        pass
    if ledger.is_lost(repository.state):
        yield UserError("the ledger was lost", "To see what the registry has, run: imagebump watch")


def _instead(repository: Repository, path: Path) -> str:
    """What to type for a job that cannot be read: its commit stands in its name."""
    name = re.match(r"\d+-([0-9a-f]{40,})\.", path.name)
    if name and git.exists(repository, name[1]):
        return f"Run: imagebump publish {name[1][:7]} && rm {shlex.quote(str(path))}"
    return f"Run: rm {shlex.quote(str(path))}"
