"""The session way to build: docker buildx, over a checkout of our own in the Git directory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from imagebump import archive, files, process
from imagebump.checkout import check_out
from imagebump.engine import (
    Engine,
    HiddenInputsError,
    Report,
    buildx,
    missing,
    progress,
    stream,
)
from imagebump.errors import UserError
from imagebump.plan import BuildPlan
from imagebump.tags import Found

_SILENCE = 6 * 3600
"""Seconds without a word after which a build is given up."""
_FILTERED = b"# what is ignored is not here\n"
"""Beside the Dockerfile, where BuildKit asks for it before any .dockerignore of the context: that one
has been applied already, by the rules of the commit."""


class Place(NamedTuple):
    """A checkout that is ours while it is used, and the descriptor of its lock."""

    directory: Path
    lock: int


class SessionEngine:
    """Builds with docker buildx; images come into the engine `inner`, or go from the builder to the registry."""

    def __init__(self, inner: Engine) -> None:
        self._inner = inner
        self._buildx = buildx.require()

    def close(self) -> None:
        """See Engine."""
        self._inner.close()

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine."""
        archive.check(plan.snapshot, plan.context)
        with _checkout(plan, report) as place:
            result = place.directory / "result.json"
            result.unlink(missing_ok=True)
            self._run(plan, place, [f"--metadata-file={result}"], report)
            image = self._image(result)
        for name in names:
            self._inner.name(image, *name.rsplit(":", 1))
        return image

    def _image(self, result: Path) -> str:
        """The image's id in the engine: the digest of its configuration, or of its manifest."""
        said = json.loads(result.read_bytes())
        for field in ("containerimage.config.digest", "containerimage.digest"):
            if said.get(field) and self._inner.find(said[field]):
                return str(said[field])
        raise UserError("the image of the build is not in the engine", status=1)

    def _run(self, plan: BuildPlan, place: Place, more: Sequence[str], report: Report) -> None:
        """One run of buildx. UserError with the failing step where it fails."""
        command = self._command(plan, place.directory, more)
        steps, words = stream.Steps(report), []
        with process.Followed(
            command, cwd=place.directory, env=_environment(), silence=_SILENCE, held=[place.lock]
        ) as child:
            read = progress.read if self._buildx.progress == "rawjson" else progress.plain
            for one in read(child.lines()):
                if isinstance(one, str):
                    words.append(one)
                else:
                    steps.take(one)
            status = child.status()
        if status:
            raise missing.explain(plan, _failure(steps, words))
        if (expected := stream.copies(plan)) is not None and steps.copied_more(expected):
            raise HiddenInputsError

    def _command(self, plan: BuildPlan, directory: Path, more: Sequence[str]) -> list[str | Path]:
        top = plan.snapshot.repository.top
        secrets = [buildx.secret(*pair, top) for pair in plan.build.secrets.items()]
        known = buildx.arguments(plan, directory, buildx.default_builder(), secrets)
        way = f"--progress={self._buildx.progress}"
        return [self._buildx.program, *known, way, *more, directory / "tree"]

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine."""
        self._inner.push(repository, tag, auth, report)

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine."""
        self._inner.name(image, repository, tag)

    def find(self, name: str) -> Found | None:
        """See Engine."""
        return self._inner.find(name)


@contextmanager
def _checkout(plan: BuildPlan, report: Report) -> Iterator[Place]:
    """The context of `plan` as files. The lock is the builder's too: it reads them to its own end."""
    repository = plan.snapshot.repository
    whose = f"{plan.build.context}\0{plan.build.dockerfile}".encode(errors="surrogateescape")
    directory = repository.state / "checkouts" / sha256(whose).hexdigest()[:12]
    with files.held(directory / "lock") as lock:
        report.step("check out")
        check_out(repository, plan.context, directory)
        apart = directory / "dockerfile"
        apart.mkdir(exist_ok=True)
        files.write_atomic(apart / "Dockerfile", plan.dockerfile.source)
        files.write_atomic(apart / "Dockerfile.dockerignore", _FILTERED)
        yield Place(directory, lock)


def _failure(steps: stream.Steps, words: Sequence[str]) -> UserError:
    said = [word.removeprefix("ERROR: ") for word in words if word.startswith("ERROR: ")]
    why = (said or [word for word in words if word.strip()] or ["no reason given"])[-1]
    return steps.problem(why)


def _environment() -> dict[str, str]:
    """Ours, less what would change what is built."""
    return {
        name: value
        for name, value in process.environment().items()
        if name in ("BUILDX_CONFIG",) or not name.startswith(_CHANGING)
    }


_CHANGING = ("BUILDX_", "BUILDKIT_", "SOURCE_DATE_EPOCH", "EXPERIMENTAL_BUILDKIT")
