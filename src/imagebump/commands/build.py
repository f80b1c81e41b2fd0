"""`imagebump build [REV]`: build the image of a commit in the engine, and push nothing."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from functools import partial

from imagebump import git, housekeeping, jobconfig, output, prepare
from imagebump.bars import Bar
from imagebump.bases import Bases
from imagebump.commands import jobs, workspace
from imagebump.engine.choice import ChosenEngine
from imagebump.git import Repository
from imagebump.masks import Mask
from imagebump.prepare import Prepared
from imagebump.reference import DOCKER_HUB
from imagebump.spool import Job
from imagebump.tags import SHORT_LABEL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """REV and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)"
    )


class Terminal:
    """The report of a build that a person watches. Secrets are masked."""

    def __init__(self) -> None:
        self._mask = Mask()
        self.hide = self._mask.hide

    def step(self, text: str) -> None:
        """The log says it too."""

    def bars(self, bars: Sequence[Bar]) -> None:
        """The log says it too."""

    def log(self, text: str) -> None:
        """See Report."""
        output.say(self._mask.masked(text))

    def timing(self, step: str, seconds: float) -> None:
        """See Report."""
        self.log(f"  {seconds:.1f} s: {step}")


def run(args: argparse.Namespace) -> int:
    """Build and print the image's names."""
    repository = git.discover()
    report = Terminal()
    for job in jobconfig.each_image(repository, jobs.by_hand(repository, args.rev, "", args.image)):
        build = partial(_build, repository, job, report)
        output.say(prepare.heeding_triggers(repository, job, report, build))
    return 0


def _build(repository: Repository, job: Job, report: Terminal) -> str:
    """The image's name and its id, a line each."""
    prepared = prepare.prepare(repository, job, offline=True)
    name = _name(prepared)
    access = {prepared.registry: prepared.access}
    bases = Bases(repository.state, report.hide, access, stale=True)
    with closing(ChosenEngine(pushes=False)) as engine:
        plan = bases.ready(prepared.plan, lambda: engine, report)
        image = engine.build(plan, [name], report)
    housekeeping.remember_built(repository.state, name)
    return f"{name}\n{image}"


def _name(prepared: Prepared) -> str:
    """As the commit's tag is called, and nothing that is published: without a host, that would be Docker Hub's."""
    apart = "built-" if prepared.registry == DOCKER_HUB else ""
    return f"{prepared.repository}:{apart}{prepared.plan.labels[SHORT_LABEL]}"
