"""What the images that a build names are now, as the builder will use them.

An image that the engine made itself, and no registry gave it, is that: a stranger's of the same name
never takes its place. Any other is what its registry says, and the engine gets that before it builds.
Which come from a registry is remembered, and for which platform an engine builds, so that a commit
that needs no build needs no engine that runs.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from imagebump import reference
from imagebump.engine import Engine, HiddenInputsError, Local, Report
from imagebump.errors import DeniedError, UserError
from imagebump.files import private, write_atomic
from imagebump.plan import Base, BuildPlan
from imagebump.reference import Image
from imagebump.registry import USUAL, Access, Connection, Registry, docker_context
from imagebump.registry.images import first
from imagebump.settings import variable

_ENGINES = ("DOCKER_HOST", "DOCKER_CONTEXT")
"""The variables that choose an engine."""
_MOST = 200
"""How many are remembered of each kind."""


class Bases:
    """Finds the bases of builds; `state` is where it remembers, `hide` is told each secret that is sent.

    `access` says how registries are reached, by their hosts, where it is not as usual. With `stale`,
    for what goes nowhere, the engine's own is taken where a registry does not answer.
    """

    def __init__(
        self,
        state: Path,
        hide: Callable[[str], None],
        access: Mapping[str, Access],
        reach: Callable[..., Connection] = Connection,
        *,
        stale: bool = False,
    ) -> None:
        self._stale = stale
        self._file = state / "bases"
        self._hide, self._access = hide, access
        self._reach = partial(reach, actions="pull")
        known = _read(self._file)
        self._remote = dict.fromkeys(known.get("remote", ()))
        self._triggers: dict[str, bool] = dict(known.get("triggers", {}))
        self._platforms: dict[str, str] = dict(known.get("platforms", {}))

    def plan(self, plan: BuildPlan, engine: Callable[[], Engine], report: Report) -> BuildPlan:
        """`plan` with its bases, as far as they can be found; `engine` gives the one that will build.

        HiddenInputsError where a base turns out to read more than the plan's key knows of. Of one that
        is not here this shows when it is: nobody has named the content of an image that was built on it.
        """
        asked = [
            self._base(name, self._asked(plan, name, engine), report) for name in plan.origins.names
        ]
        platform = self._platform(plan, engine)
        self._remember()
        return _on(plan, [base for base in asked if base], platform)

    def ready(self, plan: BuildPlan, engine: Callable[[], Engine], report: Report) -> BuildPlan:
        """The same for a build, which will find its bases as the plan says: the engine gets them now."""
        bases = []
        for base in self.plan(plan, engine, report).bases:
            if base.local or base.name == plan.dockerfile.syntax:
                bases.append(base)
            elif _is_elsewhere(plan):
                bases.append(base._replace(triggers=self._has_triggers(base)))
            else:
                engine().fetch(base, report)
                local = engine().local(base.name)
                bases.append(base._replace(triggers=local is not None and local.triggers))
        self._remember()
        return _on(plan, bases, self._platform(plan, engine))

    def _platform(self, plan: BuildPlan, engine: Callable[[], Engine]) -> str:
        """What is built for where the plan does not say. UserError where the engine cannot be asked, and never was."""
        if plan.build.platforms or not plan.origins.clear:
            return ""
        where = [plan.build.builder, *map(variable, _ENGINES), docker_context()]
        known = sha256("\0".join(where).encode()).hexdigest()[:16]  # an address may hold a login
        try:
            self._platforms[known] = engine().platform(plan)
        except UserError:
            if known not in self._platforms:
                raise
        return self._platforms[known]

    def _asked(self, plan: BuildPlan, name: str, engine: Callable[[], Engine]) -> Local | None:
        """What the engine has of that name. UserError where it cannot be asked, and nobody else can be."""
        if _is_elsewhere(plan):
            return None
        try:
            return engine().local(name)
        except UserError:
            if name in self._remote:
                return None
            raise

    def _base(self, name: str, local: Local | None, report: Report) -> Base | None:
        try:
            image = reference.image(name)
        except ValueError:
            return None
        if local is None or _given(local, image):
            try:
                if found := self._remote_base(name, image, local, report):
                    return found
            except UserError as problem:
                if local and self._stale:
                    report.log(f"{name} is taken as it is here: {problem.message}")
                    return Base(name, local.id, local=True, triggers=local.triggers)
                if name in self._remote or (local and _is_pulled(local, image)):
                    # what is here may be old, and nobody says that it is not
                    raise _unknown(name, image, problem) from None
                if local:
                    report.log(f"{name} is taken as made here: {problem.message}")
        return self._made_here(name, local) if local else None

    def _remote_base(
        self, name: str, image: Image, local: Local | None, report: Report
    ) -> Base | None:
        given = _given(local, image) if local else []
        with closing(self._registry(image)) as registry:
            digest = _digest(registry, image)
            if not digest:
                return None
            unsure = digest not in given and local and not _is_pulled(local, image)
            if local and unsure and not any(map(registry.digest, given)):
                report.log(
                    f"{name} is taken as made here: the engine has {local.id}, "
                    f"which {image.host} does not know; there it is {digest}"
                )
                return None
        self._remote[name] = None
        return Base(name, digest, triggers=bool(local and digest in given and local.triggers))

    def _made_here(self, name: str, local: Local) -> Base:
        self._remote.pop(name, None)
        return Base(name, local.id, local=True, triggers=local.triggers)

    def _has_triggers(self, base: Base) -> bool:
        """What the registry says of a base that no engine here will have: asked once of each digest."""
        if base.digest not in self._triggers:
            with closing(self._registry(reference.image(base.name))) as registry:
                self._triggers[base.digest] = first(registry, base.digest).has_triggers
        return self._triggers[base.digest]

    def _registry(self, image: Image) -> Registry:
        access = self._access.get(image.host, USUAL)
        return Registry(image.host, image.repository, self._hide, access, self._reach)

    def _remember(self) -> None:
        values = {
            "remote": list(self._remote)[-_MOST:],
            "triggers": dict(list(self._triggers.items())[-_MOST:]),
            "platforms": dict(list(self._platforms.items())[-_MOST:]),
        }
        if values != _read(self._file):
            private(self._file.parent)
            write_atomic(self._file, json.dumps(values).encode(), 0o600)


def _on(plan: BuildPlan, bases: list[Base], platform: str) -> BuildPlan:
    found = plan.on(tuple(bases), platform)
    if any(base.triggers for base in bases) and not plan.is_whole:
        raise HiddenInputsError
    return found


def _is_elsewhere(plan: BuildPlan) -> bool:
    """Is it built by a builder that has images of its own?"""
    return plan.build.builder.startswith("session:")


def _read(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(file.read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def _unknown(name: str, image: Image, problem: UserError) -> UserError:
    """Nobody says what a base is now: why, and what to type."""
    hint = f"See that {image.host} answers, then run: imagebump retry"
    found = UserError(
        f"what the base {name} is now, is not known: {problem.message}",
        problem.hint if isinstance(problem, DeniedError) else hint,
        status=1,
    )
    found.after = problem.after
    return found


def _given(local: Local, image: Image) -> list[str]:
    """The digests that an image got from the registry that its name says."""
    found = []
    for text in local.digests:
        with suppress(ValueError):
            one = reference.image(text)
            if (one.host, one.repository) == (image.host, image.repository):
                found.append(one.reference)
    return found


def _is_pulled(local: Local, image: Image) -> bool:
    """Did it surely come from there?"""
    return bool(_given(local, image)) and not local.own


def _digest(registry: Registry, image: Image) -> str:
    """What its registry says that it is; "" where there is no such image."""
    if reference.is_digest(image.reference):
        return image.reference
    return registry.digest(image.reference) or ""
