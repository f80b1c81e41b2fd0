"""Runs docker buildx, and follows what it says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from imagebump import process
from imagebump.engine import HiddenInputsError, Report, buildx, missing, needs, progress, stream
from imagebump.engine.refusals import explain, not_started, unreached
from imagebump.engine.trace import Status
from imagebump.errors import UserError
from imagebump.plan import BuildPlan
from imagebump.settings import variable

_CHANGING = (
    "BUILDX_",
    "BUILDKIT_",
    "DOCKER_DEFAULT_PLATFORM",
    "EXPERIMENTAL_BUILDKIT",
    "SOURCE_DATE_EPOCH",
)
"""Variables by which buildx would build something else."""
_START = ("[internal] booting buildkit", "[internal] waiting for connection")
"""What it calls the start of a builder, and the wait for one elsewhere."""


class Client:
    """docker buildx with one builder; "" is the one of the engine that Docker's configuration names."""

    def __init__(self, builder: str = "") -> None:
        self._buildx = buildx.require()
        self.builder = builder or buildx.default_builder()

    def run(
        self, plan: BuildPlan, directory: Path, lock: int, more: Sequence[str], report: Report
    ) -> None:
        """Build what is checked out in `directory`; `more` says where to.

        UserError with the failing step where it fails; HiddenInputsError as for Engine.build.
        """
        needs.require_lent(plan)
        for source in plan.build.secrets.values():
            for text in buildx.values(source, plan.snapshot.repository.top):
                report.hide(text)
        steps = stream.Steps(report)
        argv = self._arguments(plan, directory, more)
        env = {**_environment(plan), **buildx.endpoint(self.builder)}
        with process.Followed(
            argv, cwd=directory, env=env, silence=stream.SILENCE, held=[lock]
        ) as child:
            words = list(_followed(self._read(child.lines()), steps))
            status = child.status()
        if status:
            raise missing.explain(plan, self._failure(steps, words))
        if (expected := stream.copies(plan)) is not None and steps.copied_more(expected):
            raise HiddenInputsError

    def _arguments(self, plan: BuildPlan, directory: Path, more: Sequence[str]) -> list[str | Path]:
        top = plan.snapshot.repository.top
        secrets = [buildx.secret(name, source, top) for name, source in plan.build.secrets.items()]
        known = buildx.arguments(plan, directory, self.builder, secrets)
        way = f"--progress={self._buildx.progress}"
        return [self._buildx.program, *known, way, *more, directory / "tree"]

    def _read(self, lines: Iterable[str]) -> Iterator[Status | str]:
        return (progress.read if self._buildx.progress == "rawjson" else progress.plain)(lines)

    def _failure(self, steps: stream.Steps, words: Sequence[str]) -> UserError:
        errors = [word.removeprefix("ERROR: ") for word in words if word.startswith("ERROR: ")]
        why = (errors or [word for word in words if word.strip()] or ["no reason given"])[-1]
        problem = steps.problem(why)
        if steps.failed in _START:
            return not_started(why, self.builder)
        apart = unreached(why, self.builder) if buildx.is_apart(self.builder) else None
        return explain(why, self.builder) or apart or problem


def _followed(said: Iterable[Status | str], steps: stream.Steps) -> Iterator[str]:
    """The lines that are no progress."""
    for one in said:
        if isinstance(one, str):
            yield one
        else:
            steps.take(one)


def _environment(plan: BuildPlan) -> Mapping[str, str]:
    """Ours, less what would change what is built, with the secrets whatever they are called."""
    lent = [source.removeprefix("env:") for source in plan.build.secrets.values()]
    ours = {
        name: value
        for name, value in process.environment().items()
        if name == "BUILDX_CONFIG" or not name.startswith(_CHANGING)
    }
    ours["BUILDX_GIT_INFO"] = "false"  # what git says of here is not the commit's
    return ours | {name: value for name in lent if (value := variable(name))}
