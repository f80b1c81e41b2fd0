"""Where images are left: a registry, or the engine itself where nothing is pushed."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal, Protocol

from imagebump.bases import Bases
from imagebump.dockerfile.inputs import declared_arguments
from imagebump.engine import Engine, PushRefusedError, Report, UnpinnedError
from imagebump.errors import UserError
from imagebump.plan import BuildPlan
from imagebump.prepare import Prepared
from imagebump.registry import PATIENCE, PassingError, Registry
from imagebump.registry.images import images, relabel
from imagebump.tags import BASE_DIGEST_LABEL, CONTENT_LABEL, VERSION_LABEL, Found

Phase = Literal["building", "pushing", "tagging"]


@dataclass(frozen=True)
class Made:
    """An image that is there: its digest, whether it was built now, and of which commit its labels speak, "" for ours."""

    digest: str
    built: bool = True
    commit: str = ""


class Destination(Protocol):
    """Where images are left: a registry, or the engine itself where nothing is pushed."""

    def close(self) -> None:
        """Close the connections."""

    def find(self, tag: str) -> Found | None:
        """What stands under a tag now."""

    def make(self, prepared: Prepared, report: Report, phase: Callable[[Phase], None]) -> Made:
        """Leave the image there, under no tag that anybody wants yet; it is built where nobody has it."""

    def tags(self) -> tuple[str, ...]:
        """Every tag that there is."""

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """Put a tag on what stands there, where it is free or on `over`; gives what it is on in the end.

        `contended` says that somebody else may be putting it on something else, and to wait for them.
        """

    def settled(self, tag: str) -> str:
        """What a tag that was put is on once all who were about to put it then have done so."""

    def name(self, tags: Iterable[str]) -> None:
        """What was built has its names in the engine too, as people expect of a build, and none that nobody does."""


class Connected:
    """The engine, once it is needed."""

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        """The engine; the same one each time."""
        if self._engine is None:
            self._engine = self._connect()
        return self._engine

    def close(self) -> None:
        """Close its connections."""
        if self._engine is not None:
            self._engine.close()


class InRegistry:
    """A registry, which the engine pushes to."""

    def __init__(self, registry: Registry, engine: Connected, bases: Bases) -> None:
        self._registry = registry
        self._engine = engine
        self._bases = bases
        self._built: tuple[str, str] | None = None

    def close(self) -> None:
        """See Destination."""
        self._engine.close()
        self._registry.close()

    def find(self, tag: str) -> Found | None:
        """See Destination."""
        return self._registry.find(tag)

    def tags(self) -> tuple[str, ...]:
        """See Destination."""
        return self._registry.tags()

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """See Destination."""
        return self._registry.put(tag, digest, over, contended=contended)

    def settled(self, tag: str) -> str:
        """See Destination."""
        return self._registry.settled(tag)

    def name(self, tags: Iterable[str]) -> None:
        """See Destination. A name that something else has there stays."""
        if self._built is None:
            return
        engine, (image, key) = self._engine(), self._built
        names = [f"{self._registry.name}:{tag}" for tag in tags]
        free = [name for name in names if engine.find(name) is None]
        for name in free:
            engine.name(image, *name.rsplit(":", 1))
        if free:
            engine.unname(key)

    def make(self, prepared: Prepared, report: Report, phase: Callable[[Phase], None]) -> Made:
        """See Destination. What is pushed goes up under a tag of its key, which is nobody else's."""
        plan = prepared.plan
        if not plan.fresh and (found := self._known(prepared, report)):
            if not self._is_too_old(prepared, found):
                if made := self._fitting(prepared, found, report):
                    return made
            else:
                report.log(f"{found.digest} has the same content, and is older than build.max-age")
                plan = replace(plan, fresh=True)
        phase("building")
        prepared = replace(prepared, plan=self._bases.ready(plan, self._engine, report))
        try:
            return Made(self._made(prepared, report, phase))
        except UnpinnedError as why:
            report.log(
                f"{why}: this build's content has no name, and the next version is built anew"
            )
            prepared = replace(prepared, plan=prepared.plan.unpinned)
            return Made(self._made(prepared, report, phase))

    def _known(self, prepared: Prepared, report: Report) -> Found | None:
        """The image of the same content that the registry has. UserError where a base cannot be told: nor can it for a build."""
        plan = self._bases.plan(prepared.plan, self._engine, report)
        with suppress(UserError):  # it will be said again where something is to be written there
            found = self._registry.find(key_tag(plan)) if plan.content else None
            if found and found.labels.get(CONTENT_LABEL) == plan.content:
                return found
        return None

    def _is_too_old(self, prepared: Prepared, found: Found) -> bool:
        """Was it built longer ago than build.max-age?"""
        if prepared.max_age is None:
            return False
        made = min(_time(one.config.get("created")) for one in images(self._registry, found.digest))
        return datetime.now(UTC) - made > prepared.max_age

    def _fitting(self, prepared: Prepared, found: Found, report: Report) -> Made | None:
        """An image of the same content, as it is or labelled anew; None where it cannot be."""
        what = f"the same content was built from {found.commit[:7]}"
        if found.labels.get(VERSION_LABEL, "") == prepared.version:
            report.log(f"{what}, as {found.digest}")
            return Made(found.digest, False, found.commit)
        if "GIT_COMMIT" in declared_arguments(prepared.plan.dockerfile):
            return None  # it may say in many places from which commit it was built
        labels = dict(prepared.plan.labels) | {
            name: found.labels.get(name, "") for name in (CONTENT_LABEL, BASE_DIGEST_LABEL)
        }
        digest = relabel(self._registry, found.digest, labels)
        if not digest:
            return None
        report.log(f"{what}: {found.digest} is labelled anew, as {digest}")
        return Made(digest, False)

    def _made(self, prepared: Prepared, report: Report, phase: Callable[[Phase], None]) -> str:
        """The digest of what the engine pushed: what the registry says after it, never the builder's word."""
        engine, tag = self._engine(), key_tag(prepared.plan)
        name = f"{prepared.name}:{tag}"
        image = self._in_engine(prepared, name)
        if not image:
            image = engine.build(prepared.plan, [name], report)
        report.log(f"image {image}")
        phase("pushing")
        found = self._pushed(tag, report)
        if found is None or prepared.verdict(found) != "adopt":
            raise UserError(
                f"{name} was written by somebody else at the same time",
                "Run: imagebump retry",
                1,
            )
        report.log(f"pushed {self._registry.name}@{found.digest}")
        self._built = image, name
        return found.digest

    def _in_engine(self, prepared: Prepared, name: str) -> str:
        """The id of the image that was built before and got no further; "" where there is none."""
        plan = prepared.plan
        if plan.fresh or not plan.content or plan.build.builder.startswith("session:"):
            return ""
        found = self._engine().find(name)
        if found is None:
            return ""
        return found.digest if plan.labels.items() <= found.labels.items() else ""

    def _pushed(self, tag: str, report: Report) -> Found | None:
        """What stands there after the push, tried again where trouble may pass."""
        for pause in PATIENCE:
            try:
                return self._push(tag, report)
            except PassingError:
                time.sleep(pause)
        return self._push(tag, report)

    def _push(self, tag: str, report: Report) -> Found | None:
        """What stands there after the push; one that got in the way of somebody else's may be refused."""
        try:
            self._engine().push(self._registry.name, tag, self._registry.credentials, report)
        except PushRefusedError as problem:
            if found := self._registry.find(tag):
                return found
            raise self._registry.refusal(
                f"push {self._registry.name}:{tag}", problem.reason
            ) from None
        return self._registry.find(tag)


class InEngine:
    """The engine alone: `publish.push = false`."""

    def __init__(self, engine: Connected, name: str, bases: Bases) -> None:
        self._engine = engine
        self._name = name
        self._bases = bases

    def close(self) -> None:
        """See Destination."""
        self._engine.close()

    def find(self, tag: str) -> Found | None:
        """See Destination; the digest is the image's id in this engine."""
        return self._engine().find(f"{self._name}:{tag}")

    def tags(self) -> tuple[str, ...]:
        """See Destination: what stands under a tag that moves says enough of what was there."""
        return ()

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """See Destination; nobody else names images like this here."""
        self._engine().name(digest, self._name, tag)
        return digest

    def settled(self, tag: str) -> str:
        """See Destination."""
        found = self.find(tag)
        return found.digest if found else ""

    def name(self, tags: Iterable[str]) -> None:
        """See Destination: it has them."""

    def make(self, prepared: Prepared, report: Report, phase: Callable[[Phase], None]) -> Made:
        """See Destination. What is cached costs next to nothing to build anew."""
        phase("building")
        plan = self._bases.ready(prepared.plan, self._engine, report)
        return Made(self._engine().build(plan, [], report))


def key_tag(plan: BuildPlan) -> str:
    """The tag of an image's content, which is there before any other; of what cannot be known, one a commit."""
    if plan.content:
        return f"key-{plan.content[:40]}"
    return "key-" + sha256(f"{plan.key} {plan.labels}".encode()).hexdigest()[:40]


def _time(text: object) -> datetime:
    """A configuration's time; the oldest where it has none."""
    with suppress(ValueError):
        found = datetime.fromisoformat(str(text))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)
