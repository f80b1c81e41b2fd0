"""`imagebump publish --dry-run`: each request that a publication would make, and nothing is changed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from imagebump import claims, jobconfig, output, prepare
from imagebump.bars import Bar
from imagebump.bases import Bases
from imagebump.engine import HiddenInputsError
from imagebump.engine.choice import ChosenEngine
from imagebump.engine.rehearsal import RehearsedEngine
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.publish import Outcome, publish
from imagebump.registry import Access, Connection, Rehearsal
from imagebump.releases import tag_name
from imagebump.spool import Job


class _Quiet:
    """A report that nobody reads: what matters is told as requests."""

    def step(self, text: str) -> None:
        """Nothing."""

    def bars(self, bars: Sequence[Bar]) -> None:
        """Nothing."""

    def log(self, text: str) -> None:
        """Nothing."""

    def hide(self, secret: str) -> None:
        """No secret is in an address."""

    def timing(self, step: str, seconds: float) -> None:
        """Nothing."""


class _Reached:
    """Opens the one connection of a rehearsal, to which its engine pushes."""

    def __init__(self) -> None:
        self._there: Rehearsal | None = None

    def __call__(
        self, host: str, repository: str, access: Access, hide: Callable[[str], None]
    ) -> Rehearsal:
        """See Reach."""
        self._there = Rehearsal(host, repository, access, hide, _tell)
        return self._there

    def arrive(self, tag: str, labels: Mapping[str, str]) -> None:
        """See Rehearsal."""
        if self._there:
            self._there.arrive(tag, labels)


def rehearse(repository: Repository, job: Job) -> int:
    """Print what publishing each image of a job would ask for; 1 where it would be refused."""
    refusals = [
        refusal
        for one in jobconfig.each_image(repository, job)
        if (refusal := _rehearsed(repository, one).refusal)
    ]
    for refusal in refusals:
        output.error(refusal)
    output.note("that was a dry run: what only reads was asked for, nothing was changed")
    return int(bool(refusals))


def _rehearsed(repository: Repository, job: Job) -> Outcome:
    prepared, reach = prepare.prepare(repository, job, dry=True), _Reached()
    if claim := claims.place(repository, job, prepared):
        _tell("git", f"push {' '.join(claim)}", "claim the version")
    access = {prepared.registry: prepared.access}

    def connect() -> RehearsedEngine:
        return RehearsedEngine(ChosenEngine(pushes=prepared.push), _tell, reach.arrive)

    with TemporaryDirectory(prefix="imagebump.") as state:
        bases = Bases(Path(state), _Quiet().hide, access, partial(Connection, tell=_tell))
        try:
            outcome = publish(prepared, connect, bases, _Quiet(), lambda phase: None, reach)
        except HiddenInputsError:
            raise UserError(
                "a base image has ONBUILD triggers: what would be made is known once it is built",
                f"Run: imagebump publish {job.commit[:7]} --foreground",
            ) from None
    if prepared.git_tag and outcome.released and not outcome.refusal:
        name = tag_name(prepared.release)
        _tell("git", f"tag {name}", f"mark {(outcome.origin or job.commit)[:7]} as released")
    return outcome


def _tell(method: str, url: str, why: str) -> None:
    output.say(f"{output.style(f'{method:4}', 'bold')} {url}  {output.style(why, 'dim')}")
