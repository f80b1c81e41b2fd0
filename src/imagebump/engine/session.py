"""The session way to build: docker buildx, over a checkout of our own in the Git directory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from imagebump import files, reference
from imagebump.checkout import check_out
from imagebump.dockerfile.parse import with_syntax
from imagebump.engine import Local, PushRefusedError, Report, UnpinnedError, buildx, needs
from imagebump.engine.api import ApiEngine
from imagebump.engine.client import Client
from imagebump.errors import BrokenCommitError, StepFailedError, UnavailableError, UserError
from imagebump.plan import Base, BuildPlan
from imagebump.tags import Found

_FILTERED = b"# what is ignored is not here\n"
"""Beside the Dockerfile, where BuildKit looks before it looks for a .dockerignore in the context: the
rules of the commit have been applied."""


class Place(NamedTuple):
    """A checkout that is ours while it is used, and the descriptor of its lock."""

    directory: Path
    lock: int


class SessionEngine:
    """Builds with docker buildx into the engine `inner`, with the builder `name` (default: that engine's own)."""

    def __init__(self, inner: ApiEngine, name: str = "") -> None:
        self._inner, self._name = inner, name
        self._client = Client(name)

    def close(self) -> None:
        """See Engine."""
        self._inner.close()

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine."""
        if not self._name:
            needs.require_frontend(plan, self._inner.version)
        try:
            image = self._built(plan, report)
        except UnpinnedError:
            image = self._built(plan.unpinned, report)
        if not self._name:  # which is held to them
            self._inner.require_bases(plan)
        for name in names:
            self._inner.name(image, *name.rsplit(":", 1))
        return image

    def _built(self, plan: BuildPlan, report: Report) -> str:
        with checked_out(plan, report) as place:
            result = place.directory / "result.json"
            result.unlink(missing_ok=True)
            more = ["--load", f"--metadata-file={result}"]
            self._client.run(plan, place.directory, place.lock, more, report)
            return self._image(result)

    def _image(self, result: Path) -> str:
        """The image's id in the engine: the digest of its configuration, or of its manifest."""
        said = json.loads(result.read_bytes())
        for field in ("containerimage.config.digest", "containerimage.digest"):
            if said.get(field) and self._inner.find(said[field]):
                return str(said[field])
        raise UserError("the image that was built is not in the engine", status=1)

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine."""
        self._inner.push(repository, tag, auth, report)

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine."""
        self._inner.name(image, repository, tag)

    def unname(self, name: str) -> None:
        """See Engine."""
        self._inner.unname(name)

    def find(self, name: str) -> Found | None:
        """See Engine."""
        return self._inner.find(name)

    def fetch(self, base: Base, report: Report) -> None:
        """See Engine."""
        self._inner.fetch(base, report)

    def platform(self, plan: BuildPlan) -> str:
        """See Engine."""
        return buildx.platform(self._name) if self._name else self._inner.platform(plan)

    def local(self, name: str) -> Local | None:
        """See Engine."""
        return self._inner.local(name)


class BuilderEngine:
    """Builds with docker buildx, and lets the builder `name` push what it has built: no engine holds it."""

    def __init__(self, name: str = "") -> None:
        self._client = Client(name)
        self._plan: BuildPlan | None = None

    def close(self) -> None:
        """See Engine."""

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine; the image stays in the builder's cache, from which `push` takes it."""
        with checked_out(plan, report) as place:
            output = ["--output=type=cacheonly"]
            self._client.run(plan, place.directory, place.lock, output, report)
        self._plan = replace(plan, fresh=False)  # it is, now
        return f"in the cache of the builder {self._client.builder}"

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine; the login is Docker's own."""
        if self._plan is None:
            raise ValueError("nothing has been built")
        more = ["--push", f"--tag={repository}:{tag}"]
        with checked_out(self._plan, report) as place:
            try:
                self._client.run(self._plan, place.directory, place.lock, more, report)
            except (BrokenCommitError, StepFailedError, UnavailableError, UnpinnedError):
                raise  # it had to build once more, which is no matter of the registry's
            except UserError as problem:
                raise PushRefusedError(problem.message) from None

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine: there is nothing to name."""

    def unname(self, name: str) -> None:
        """See Engine: there is nothing that has it."""

    def find(self, name: str) -> Found | None:
        """See Engine."""
        return None

    def fetch(self, base: Base, report: Report) -> None:
        """See Engine: the builder asks the registry itself."""

    def platform(self, plan: BuildPlan) -> str:
        """See Engine."""
        return buildx.platform(self._client.builder)

    def local(self, name: str) -> Local | None:
        """See Engine."""
        return None


@contextmanager
def checked_out(plan: BuildPlan, report: Report) -> Iterator[Place]:
    """The context of `plan` as files. The lock is to be the builder's too: it reads them to its own end."""
    repository = plan.snapshot.repository
    whose = f"{plan.build.context}\0{plan.build.dockerfile}".encode(errors="surrogateescape")
    directory = repository.state / "checkouts" / sha256(whose).hexdigest()[:12]
    report.step("check out")
    with files.held(directory / "lock") as lock:
        check_out(repository, plan.files, directory)
        apart = directory / "dockerfile"
        apart.mkdir(exist_ok=True)
        files.write_atomic(apart / buildx.FILE, _dockerfile(plan))
        files.write_atomic(apart / f"{buildx.FILE}.dockerignore", _FILTERED)
        yield Place(directory, lock)


def _dockerfile(plan: BuildPlan) -> bytes:
    """Its text, with the frontend by its digest: by its name, an engine would take what it has, however old."""
    for base in plan.bases:
        if base.name == plan.dockerfile.syntax and not base.local:
            return with_syntax(plan.dockerfile, reference.image(base.name).at(base.digest))
    return plan.dockerfile.source
