"""Which way a plan is built: over the engine's API, or by docker buildx."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from imagebump.engine import Engine, Report
from imagebump.engine.api import ApiEngine
from imagebump.engine.session import SessionEngine
from imagebump.plan import BuildPlan
from imagebump.tags import Found


class ChosenEngine:
    """The engine, by the way that a plan needs."""

    def __init__(self) -> None:
        self._api = ApiEngine()

    def close(self) -> None:
        """See Engine."""
        self._api.close()

    @cached_property
    def _session(self) -> SessionEngine:
        return SessionEngine(self._api)

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine."""
        return self._way(plan).build(plan, names, report)

    def _way(self, plan: BuildPlan) -> Engine:
        if plan.build.builder.startswith("session"):
            return self._session
        return self._api

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine."""
        self._api.push(repository, tag, auth, report)

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine."""
        self._api.name(image, repository, tag)

    def find(self, name: str) -> Found | None:
        """See Engine."""
        return self._api.find(name)
