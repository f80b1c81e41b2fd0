"""Which way a plan is built: over the engine's API, or by docker buildx."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from imagebump import archive
from imagebump.engine import Engine, Local, Report, buildx
from imagebump.engine.api import ApiEngine
from imagebump.engine.needs import SessionNeededError
from imagebump.engine.session import BuilderEngine, SessionEngine
from imagebump.errors import BrokenCommitError, UnavailableError
from imagebump.plan import Base, BuildPlan
from imagebump.tags import Found

LARGE = 32_000_000
"""Bytes of a context from which on it pays to send only what changed."""
MANY = 10_000
"""And files."""


class ChosenEngine:
    """The engine, by the way that each plan needs; `pushes` says that images need not come into the engine."""

    def __init__(self, *, pushes: bool = True) -> None:
        self._pushes = pushes
        self._chosen: Engine | None = None

    @cached_property
    def _api(self) -> ApiEngine:
        return ApiEngine()

    def close(self) -> None:
        """See Engine."""
        if "_api" in vars(self):
            self._api.close()

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine."""
        self._chosen = self._way(plan)
        return self._chosen.build(plan, names, report)

    def _way(self, plan: BuildPlan) -> Engine:
        way, _, name = plan.build.builder.partition(":")
        if way == "session":
            if not name:
                self._require_buildkit('the configuration sets build.builder = "session"')
            return self._session(plan, name)
        try:
            self._api.check(plan)
        except SessionNeededError as problem:
            if way == "api":
                hint = problem.hint or 'Set build.builder = "auto", and commit'
                raise BrokenCommitError(problem.message, hint) from None
            self._require_buildkit(problem.message)
            if buildx.find() is None:
                hint = f"{buildx.INSTALL}, then run: imagebump retry"
                raise UnavailableError(problem.message, hint) from None
            return self._session(plan)
        able = self._api.has_buildkit and not self._api.lends
        if way == "auto" and able and buildx.find() and _is_large(plan):
            return self._session(plan)
        return self._api

    def _require_buildkit(self, why: str) -> None:
        """UserError for an engine such as Podman: docker buildx would look there for a builder in vain."""
        if not self._api.has_buildkit:
            raise UnavailableError(
                f"{why}, and this engine has no BuildKit for it",
                'Set build.builder = "session:NAME" with a builder of docker buildx, and commit; or use a Docker engine',
            )

    def _session(self, plan: BuildPlan, name: str = "") -> Engine:
        """By buildx; into the engine, unless another builder or an index of several manifests is asked for."""
        several = len(plan.build.platforms) > 1 or plan.build.provenance
        if self._pushes and (name or several):
            return BuilderEngine(name)
        return SessionEngine(self._api, name)

    @property
    def _engine(self) -> Engine:
        return self._chosen or self._api

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine."""
        self._engine.push(repository, tag, auth, report)

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine."""
        self._engine.name(image, repository, tag)

    def unname(self, name: str) -> None:
        """See Engine."""
        self._engine.unname(name)

    def find(self, name: str) -> Found | None:
        """See Engine."""
        return self._engine.find(name)

    def fetch(self, base: Base, report: Report) -> None:
        """See Engine."""
        self._api.fetch(base, report)

    def platform(self, plan: BuildPlan) -> str:
        """See Engine."""
        _, _, name = plan.build.builder.partition(":")
        return buildx.platform(name) if name else self._api.platform(plan)

    def local(self, name: str) -> Local | None:
        """See Engine."""
        return self._api.local(name)


def _is_large(plan: BuildPlan) -> bool:
    """Are there many files in the context, or many bytes, of Git LFS too?"""
    if len(plan.context) >= MANY:
        return True
    return archive.size(plan.snapshot, plan.files) >= LARGE
