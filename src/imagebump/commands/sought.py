"""Finds the images that a person names: a commit's, a tag's or a digest's of this repository, or any other.

What is pushed nowhere is in the engine, and so is what a name without a host means first, as with
`docker run`.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from imagebump import git, ledger, reference
from imagebump.commands import places, workspace
from imagebump.config import Config
from imagebump.engine.store import Store
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.records import Record
from imagebump.reference import DOCKER_HUB
from imagebump.registry import Registry
from imagebump.registry.images import Image, images

HELP = "a commit (default: HEAD), a tag or a digest of its image, or any image: [HOST/]NAME:TAG"
"""Of the argument that names what is sought."""


class Sought(NamedTuple):
    """What was found: its name, its digest (in the engine: its id), and the image of each platform."""

    name: str
    digest: str
    images: list[Image]
    in_engine: bool = False


@dataclass
class _Place:
    """Where to look, in words, and how: that gives nothing where there is no such image."""

    name: str
    look: Callable[[], Sought | None]


def find(what: str, image: str) -> tuple[Repository | None, list[Sought]]:
    """The repository around us, and the images that `what` names. UserError, saying where it was looked for, where there is none."""
    repository, configs, problem = _around()
    ours = workspace.chosen(configs, image) if configs else ()
    searches = _of_commit(repository, ours, what) if repository else []
    searches = searches or _of_name(repository, ours, what)
    found = [one for places in searches if (one := _first(places))]
    if not found and not re.search(r"[/:@]", what) and _is_name(what):
        searches.append([_engine(what)])
        found = [one for one in [_first(searches[-1])] if one]
    if not found:
        if problem and len(searches) <= 1:
            raise problem
        looked = dict.fromkeys(place.name for places in searches for place in places)
        where = " or in ".join(looked)
        raise UserError(f"there is no image {what} in {where}", "Run: imagebump status", 1)
    return repository, found


def _around() -> tuple[Repository | None, tuple[Config, ...], UserError | None]:
    """The repository, and what HEAD configures; what is missing of it is no matter where another image is named."""
    try:
        return *places.configured(), None
    except UserError as missing:
        return None, (), missing


def _first(candidates: Iterable[_Place]) -> Sought | None:
    return next((found for place in candidates if (found := place.look())), None)


def _of_commit(repository: Repository, ours: Iterable[Config], what: str) -> list[list[_Place]]:
    """The images of a commit: what was published of it here, else what has its tag."""
    try:
        commit = git.resolve(repository, what)
    except UserError:
        return []
    made = _published(repository, commit)
    return [_as_published(repository, one, made.get(one.image), commit) for one in ours]


def _published(repository: Repository, commit: str) -> dict[str, Record]:
    with ledger.found(repository.state) as book:
        records = book.of_commit(commit) if book else []
    return {one.image: one for one in records if one.digest}


def _as_published(
    repository: Repository, config: Config, record: Record | None, commit: str
) -> list[_Place]:
    """Where images go now, which may be the same place by another name, and where this one went."""
    if record is None:
        return [_own(repository, config, commit[: config.tags.sha_length])]
    own = _own(repository, config, record.digest)
    if not config.publish.push or own.name == record.repository:
        return [own]
    host, _, name = record.repository.partition("/")
    there = Registry(host, name)
    if own.name.startswith(f"{host}/"):
        there = places.registry(repository, config._replace(repository=name))
    return [own, _registry(there, record.digest)]


def _of_name(
    repository: Repository | None, ours: Iterable[Config], what: str
) -> list[list[_Place]]:
    """A tag or a digest is one of ours; anything else is an image's name."""
    bare = not re.search(r"[/:@]", what)
    try:
        if reference.is_digest(what) or (bare and reference.check_tag(what)):
            return [[_own(repository, one, what)] for one in ours if repository]
        named = reference.image(what)
    except ValueError as wrong:
        raise UserError(f"{what!r} is no image: expected {wrong}") from None
    for one in ours:
        without_host = re.split("[:@]", what)[0] == one.repository
        if repository and (
            without_host or (named.host, named.repository) == (one.registry, one.repository)
        ):
            return [[_own(repository, one, named.reference), _engine(what)]]
    there = _registry(Registry(named.host, named.repository), named.reference)
    at_hub = named.host == DOCKER_HUB and not what.startswith(f"{DOCKER_HUB}/")
    return [[_engine(what), there] if at_hub else [there, _engine(what)]]


def _is_name(what: str) -> bool:
    """Can an image be called that? HEAD cannot, and the engine is not asked for it."""
    try:
        reference.image(what)
    except ValueError:
        return False
    return True


def _own(repository: Repository, config: Config, tag: str) -> _Place:
    """A tag or a digest of an image of ours, where it is pushed to, or else in the engine."""
    if config.publish.push:
        return _registry(places.registry(repository, config), tag)
    name = tag if reference.is_digest(tag) else f"{config.registry}/{config.repository}:{tag}"
    return _engine(name, must=True)


def _registry(registry: Registry, name: str) -> _Place:
    def look() -> Sought | None:
        with closing(registry):
            digest = registry.digest(name)
            if digest is None:
                return None
            return Sought(f"{registry.name}@{digest}", digest, images(registry, digest))

    return _Place(registry.name, look)


def _engine(name: str, *, must: bool = False) -> _Place:
    """The engine, which has to answer only where nothing else can."""

    def look() -> Sought | None:
        try:
            with closing(Store()) as store:
                found = store.image(name)
        except UserError:
            if must:
                raise
            place.name = "the engine, which does not answer"
            return None
        if found is None:
            return None
        layers = {"layers": [{"size": size} for size in found.sizes]}
        return Sought(name, found.id, [Image(found.id, layers, found.config)], in_engine=True)

    place = _Place("the engine", look)
    return place
