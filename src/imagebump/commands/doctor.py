"""`imagebump doctor`: what keeps a commit from becoming an image here, and what to type."""

import argparse
from collections.abc import Callable, Iterator, Mapping

from imagebump import git, output
from imagebump.commands import (
    doctor_head,
    doctor_hooks,
    doctor_remarks,
    doctor_repository,
    doctor_services,
    doctor_versions,
    naming,
)
from imagebump.commands.doctor_repository import Patient
from imagebump.errors import UserError

Check = Callable[[Patient], Iterator[UserError]]

CHECKS: Mapping[str, Check] = {
    "configuration": doctor_repository.configuration,
    "version": doctor_repository.version_in_index,
    "hooks": doctor_hooks.hooks,
    "claims": doctor_versions.claims,
    "engine": doctor_services.engine,
    "registry": doctor_services.registry,
    "jobs": doctor_services.jobs,
    "HEAD": doctor_head.head,
}
"""What is looked at, in this order. Nothing is changed, and a check that fails hides no other."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(args: argparse.Namespace) -> int:
    """Print a line for each thing that is wrong, and remarks; 0 where nothing is, 1 where something was found."""
    try:
        patient = doctor_repository.examine(git.discover())
    except UserError as problem:
        output.say(f"repository: {problem}")
        return 1
    found = [f"{name}: {problem}" for name in CHECKS for problem in _found(name, patient)]
    for line in found:
        output.say(line)
    if not found:
        output.say(f"all is well: {', '.join(CHECKS)}")
        if named := naming.by_directory(patient.configs):
            output.say(named)
    for remark in doctor_remarks.remarks(patient):
        output.say(remark)
    return int(bool(found))


def _found(name: str, patient: Patient) -> Iterator[UserError]:
    """What a check finds; that it cannot be done is found, too."""
    try:
        yield from CHECKS[name](patient)
    except UserError as problem:
        yield problem
    except OSError as problem:
        yield UserError(f"{problem.filename or 'the system'}: {problem.strerror or problem}")
