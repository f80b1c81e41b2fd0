"""What `imagebump doctor` says beside what is wrong: it may be meant."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby

from imagebump import git, ledger, spool
from imagebump.commands import jobs
from imagebump.commands.doctor_repository import Patient
from imagebump.config import Config
from imagebump.context import ignore_files, ignore_rules, in_context
from imagebump.dockerfile.inputs import inputs
from imagebump.dockerfile.parse import parse
from imagebump.errors import UserError
from imagebump.snapshot import Snapshot


def remarks(patient: Patient) -> Iterator[str]:
    """All of them; what cannot be looked at is told by the checks."""
    with suppress(UserError):
        yield from unfinished(patient)
    yield from copied_versions(patient)


def copied_versions(patient: Patient) -> Iterator[str]:
    """Which VERSION is content of its own image, and how it would not be."""
    staged = Snapshot(patient.repository, git.INDEX)
    for config in patient.configs:
        try:
            if how := _left_out_by(staged, config):
                yield (
                    f"{config.bump.version_file} is part of the image, so that each new version is built, "
                    f"and not only labelled. Unless the image reads that file: {how}"
                )
        except UserError:  # the other checks say it
            continue


def unfinished(patient: Patient) -> Iterator[str]:
    """What failed or is paused of the last commits, as `imagebump status` lists it; HEAD has a check of its own."""
    with ledger.found(patient.repository.state) as book:
        records = book.last(jobs.LISTED) if book else []
    left = [
        one
        for one in records
        if one.state in ("failed", "paused") and one.commit_id != patient.repository.head
    ]
    for _, alike in groupby(left, jobs.reason):
        yield jobs.explain(*alike, head=patient.repository.head)


def _left_out_by(staged: Snapshot, config: Config) -> str:
    """What leaves VERSION out of the content; "" where it is none."""
    name, build = config.bump.version_file, config.build
    path, data = in_context(build, name), staged.read(build.dockerfile)
    if path is None or data is None or staged.read(name) is None:
        return ""
    triggers = spool.triggers(staged.repository.state)
    read = inputs(parse(data, build.dockerfile), ignore_rules(staged, build), triggers)
    if not read.reads(path):
        return ""
    if path in read.sources:
        return f"take it out of the COPY in {build.dockerfile}"
    there = (file for file in ignore_files(build) if staged.read(file) is not None)
    return f"add a line {path} to {next(there, ignore_files(build)[-1])}"
