"""The configuration: .imagebump.toml or [tool.imagebump] of pyproject.toml, and the environment.

Every key is in `KEYS`, with its default and its check; a key that is not there is an error.
"""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from imagebump import reference
from imagebump.errors import UserError
from imagebump.keys import KEYS
from imagebump.settings import ENVIRONMENT, overrides
from imagebump.tables import find, flatten, image_title, images, seen


class Bump(NamedTuple):
    """Which commits get a new version, and which."""

    version_file: str
    on: Literal["release-branches", "all", "none"]
    default: Literal["patch", "minor", "major", "none"]
    when: Literal["image", "always"]
    contract: Literal["advise", "apply", "off"]
    message: Literal["off", "warn", "apply"]
    git_tag: bool


class Tags(NamedTuple):
    """Templates of tags ("" is no tag), and the branches whose commits are releases."""

    commit: str
    release: str
    branch: str
    moving: tuple[str, ...]
    sha_length: int
    release_branches: tuple[str, ...]


class Build(NamedTuple):
    """What is built; paths are relative to the repository's top, "" is the top itself.

    `secrets` are sources by their id, "env:NAME" or "file:PATH"; `builder` is auto, api, session or session:NAME.
    """

    context: str
    dockerfile: str
    target: str
    args: Mapping[str, str]
    network: str
    platforms: tuple[str, ...] = ()
    secrets: Mapping[str, str] = MappingProxyType({})
    ssh: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    builder: str = "auto"
    provenance: bool = False
    max_age: str = ""

    def makes_the_same(self, other: "Build") -> bool:
        """Does `other` give the same image of the same commit, whichever way it is built?"""
        return self[: len(_CONTENT)] == other[: len(_CONTENT)]


_CONTENT = ("context", "dockerfile", "target", "args", "network", "platforms")


class Publish(NamedTuple):
    """What is published when."""

    on: Literal["commit", "push", "manual"]
    branches: tuple[str, ...]
    push: bool
    intermediate: bool
    claim: Literal["none", "git"]
    keep_images: int
    size_budget: str
    retries: str


class Lint(NamedTuple):
    """Which rules run, which RUNs a fix joins, and from which severity on a finding fails."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    merge: Literal["worthwhile", "all", "off"]
    fail_on: Literal["error", "warning", "info"]


class Config(NamedTuple):
    """All that is in force for one image. `sources` names, for each key, the file, variable or "default".

    `image` is its name among several; "" where the repository has only one. `registry_ca` is a file of
    certificates, in the repository or at an absolute path ("" none); `insecure` is plain HTTP.
    """

    registry: str
    repository: str
    registry_ca: str
    insecure: bool
    bump: Bump
    tags: Tags
    build: Build
    publish: Publish
    lint: Lint
    sources: Mapping[str, str]
    image: str = ""

    def is_release(self, branch: str, default_branch: str) -> bool:
        """Is `branch` one whose commits are releases? `default_branch` is origin/HEAD's, or ""."""
        usual = (default_branch,) if default_branch else ("main", "master")
        patterns = self.tags.release_branches or usual
        return bool(branch) and matches(branch, patterns)

    def release(self, version: object) -> str:
        """How a release of this image is called among those of the repository."""
        return f"{self.image}/{version}" if self.image else str(version)


def value(config: Config, name: str) -> object:
    """The value in force of a key."""
    section, _, key = name.rpartition(".")
    owner = getattr(config, section) if section else config
    return getattr(owner, key.replace("-", "_"))


def targets(configs: Iterable[Config]) -> dict[str, str]:
    """Each Dockerfile that is built, with its target; "" for one that several images are built from."""
    found: dict[str, str] = {}
    for build in (config.build for config in configs):
        found[build.dockerfile] = "" if build.dockerfile in found else build.target
    return found


def matches(branch: str, patterns: Iterable[str]) -> bool:
    """Does one of the globs match?"""
    return any(fnmatchcase(branch, pattern) for pattern in patterns)


def load(
    read: Callable[[str], bytes | None],
    directory: str,
    environ: Mapping[str, str] | None = None,
) -> tuple[Config, ...]:
    """The configuration in force, of each image; nothing where there is none.

    `read` gives a file's content from an index or a commit, `directory` is the name that a
    repository without one of its own gets. UserError names file, key, value and what is expected.
    """
    found = find(read)
    if found is None:
        return ()
    file, tables = found
    named = images(tables.pop("image", []), file)
    shared = flatten(tables, file)
    given = {name: text for name, text in overrides(environ).items() if name in ENVIRONMENT}
    sources = dict.fromkeys(shared, file)
    for override, value in given.items():
        if ENVIRONMENT[override] == "registry" and shared.get("registry") != value:
            for known in (shared, sources):
                known.pop("insecure", None)  # was said of another registry
        shared[ENVIRONMENT[override]] = value
        sources[ENVIRONMENT[override]] = override
    if not named:
        return (_config(shared, sources, file, directory),)
    if "repository" in shared and sources["repository"] != file:
        raise UserError(
            f"{sources['repository']} = {seen(shared['repository'])}: {file} has several images",
            f"Run: unset {sources['repository']}",
        )
    base = shared.get("repository") or reference.repository_name(directory)
    configs = []
    for name, own in named.items():
        values = {**_beside(own), **shared, "repository": f"{base}/{name}", **own}
        where = dict.fromkeys(own, image_title(file, name))
        configs.append(_config(values, sources | where, file, directory, name))
    _refuse_shared(configs, file)
    return tuple(configs)


def _beside(own: Mapping[str, Any]) -> dict[str, str]:
    """The Dockerfile and VERSION of an image with a context of its own lie in that, unless it says otherwise."""
    try:
        below = KEYS["build.context"].check(own.get("build.context"))
    except ValueError:  # there is none, or one that is refused in its turn
        return {}
    if not below:
        return {}
    return {"build.dockerfile": f"{below}/Dockerfile", "bump.version-file": f"{below}/VERSION"}


def _refuse_shared(configs: list[Config], file: str) -> None:
    """UserError where two images would fight over one VERSION, or over one repository's tags."""
    for key in ("bump.version-file", "repository"):
        owners: dict[str, str] = {}
        for config in configs:
            value = config.repository if key == "repository" else config.bump.version_file
            other = owners.setdefault(value, config.image)
            if other != config.image:
                raise UserError(
                    f"{file}: {key} = {value!r} of the images {other} and {config.image}: "
                    "each needs its own",
                    f"Set {key} under [[image]] {config.image}",
                )


def _config(
    values: dict[str, Any], given: dict[str, str], file: str, directory: str, image: str = ""
) -> Config:
    """The configuration of one image; `given` are the sources of what is not a default."""
    sources, checked = {}, {}
    for name, key in KEYS.items():
        sources[name] = given.get(name, "default")
        value = values.get(name, key.default)
        if value is not None:
            checked[name] = _checked(name, value, sources[name])
    return _build(checked, sources, file, directory)._replace(image=image)


def _checked(name: str, value: Any, source: str) -> Any:
    try:
        return KEYS[name].check(value)
    except ValueError as problem:
        raise UserError(f"{source}: {name} = {seen(value)}, expected {problem}") from None


def _check_insecure(values: Mapping[str, Any], file: str) -> None:
    """UserError where plain HTTP is to have certificates, or to be spoken with Docker Hub."""
    if values["insecure"] and (values["registry-ca"] or values["registry"] == reference.DOCKER_HUB):
        other = "registry-ca" if values["registry-ca"] else f"registry = {reference.DOCKER_HUB!r}"
        raise UserError(
            f"{file}: insecure = True is plain HTTP, and does not go with {other}",
            "Take insecure out",
        )


def _check_tags(values: Mapping[str, Any], file: str) -> None:
    """UserError where a commit would have no tag, or a tag that moves could be a version's own."""
    release = values["tags.release"]
    if not (values["tags.commit"] or release):
        raise UserError(
            f'{file}: tags.commit = "" and tags.release = "" leave a commit without any tag',
            "Set one of them",
        )
    sample = {"major": "1", "minor": "2", "branch": "main", "image": "app"}
    for template in values["tags.moving"]:
        if not release:
            raise UserError(f'{file}: tags.moving follows versions, and tags.release = ""')
        if reference.shape(release).fullmatch(reference.render(template, sample)):
            raise UserError(
                f"{file}: tags.moving = {template!r} could be the tag of a version, {release!r}, which never moves"
            )


def _build(values: dict[str, Any], sources: dict[str, str], file: str, directory: str) -> Config:
    if "registry" not in values:
        raise UserError(
            f"{file}: registry is missing", 'Add: registry = "local" (or your registry\'s host)'
        )
    repository = values.get("repository") or reference.repository_name(directory)
    if values["registry"] == reference.DOCKER_HUB and "/" not in repository:
        raise UserError(
            f"{file}: repository = {repository!r}, expected user/name on docker.io",
            f'Add to {file}: repository = "YOUR-NAME/{repository}"',
        )

    _check_insecure(values, file)
    _check_tags(values, file)

    def section(name: str) -> dict[str, Any]:
        return {
            key.partition(".")[2].replace("-", "_"): value
            for key, value in values.items()
            if key.startswith(f"{name}.")
        }

    return Config(
        values["registry"],
        repository,
        values["registry-ca"],
        values["insecure"],
        Bump(**section("bump")),
        Tags(**section("tags")),
        Build(**section("build")),
        Publish(**section("publish")),
        Lint(**section("lint")),
        sources,
    )
