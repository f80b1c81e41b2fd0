"""Where images are left: a registry, or the engine itself where nothing is pushed."""

from collections.abc import Callable
from contextlib import closing
from typing import Literal, Protocol

from imagebump.engine import Engine, PushRefusedError, Report
from imagebump.errors import UserError
from imagebump.prepare import Prepared
from imagebump.registry import Registry
from imagebump.tags import Found

Phase = Literal["building", "pushing", "tagging"]


class Destination(Protocol):
    """Where images are left: a registry, or the engine itself where nothing is pushed."""

    def close(self) -> None:
        """Close the connections."""

    def find(self, tag: str) -> Found | None:
        """What stands under a tag now."""

    def make(
        self, prepared: Prepared, tag: str, report: Report, phase: Callable[[Phase], None]
    ) -> str:
        """Build, and leave the image under `tag`; gives its digest."""

    def put(self, tag: str, digest: str, over: str = "") -> str:
        """Put a tag on what stands there, where it is free or on `over`; gives what it is on in the end."""


class InRegistry:
    """A registry, which the engine pushes to."""

    def __init__(self, registry: Registry, connect: Callable[[], Engine]) -> None:
        self._registry = registry
        self._connect = connect

    def close(self) -> None:
        """See Destination."""
        self._registry.close()

    def find(self, tag: str) -> Found | None:
        """See Destination."""
        return self._registry.find(tag)

    def put(self, tag: str, digest: str, over: str = "") -> str:
        """See Destination."""
        return self._registry.put(tag, digest, over)

    def make(
        self, prepared: Prepared, tag: str, report: Report, phase: Callable[[Phase], None]
    ) -> str:
        """See Destination. The digest is what the registry says after the push, never the builder's word."""
        with closing(self._connect()) as engine:
            return self._made(engine, prepared, tag, report, phase)

    def _made(
        self,
        engine: Engine,
        prepared: Prepared,
        tag: str,
        report: Report,
        phase: Callable[[Phase], None],
    ) -> str:
        phase("building")
        image = engine.build(prepared.plan, [f"{prepared.name}:{tag}"], report)
        report.log(f"image {image}")
        phase("pushing")
        found = self._registry.find(tag) or self._pushed(engine, tag, report)
        if found is None or prepared.verdict(found) != "adopt":
            raise UserError(
                f"{prepared.name}:{tag} was written by somebody else at the same time",
                "Run: imagebump retry",
                1,
            )
        self._name_the_rest(prepared, image, tag, engine)
        return found.digest

    def _pushed(self, engine: Engine, tag: str, report: Report) -> Found | None:
        """What stands there after the push; one that got in the way of somebody else's may be refused."""
        try:
            engine.push(self._registry.name, tag, self._registry.credentials, report)
        except PushRefusedError as problem:
            if found := self._registry.find(tag):
                return found
            raise self._registry.refusal(
                f"push {self._registry.name}:{tag}", problem.reason
            ) from None
        return self._registry.find(tag)

    def _name_the_rest(self, prepared: Prepared, image: str, tag: str, engine: Engine) -> None:
        """The image has its other names in the engine too, as people expect of a build."""
        for other in prepared.tags:
            if other.name != tag and engine.find(f"{prepared.name}:{other.name}") is None:
                engine.name(image, prepared.name, other.name)


class InEngine:
    """The engine alone: `publish.push = false`."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name

    def close(self) -> None:
        """See Destination."""
        self._engine.close()

    def find(self, tag: str) -> Found | None:
        """See Destination; the digest is the image's id in this engine."""
        return self._engine.find(f"{self._name}:{tag}")

    def put(self, tag: str, digest: str, over: str = "") -> str:
        """See Destination; nobody else names images like this here."""
        self._engine.name(digest, self._name, tag)
        return digest

    def make(
        self, prepared: Prepared, tag: str, report: Report, phase: Callable[[Phase], None]
    ) -> str:
        """See Destination."""
        phase("building")
        return self._engine.build(prepared.plan, [f"{self._name}:{tag}"], report)
