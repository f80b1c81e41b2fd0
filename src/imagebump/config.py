"""The configuration: .imagebump.toml or [tool.imagebump] of pyproject.toml, and the environment.

Every key is in `KEYS`, with its default and its check; a key that is not there is an error.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple, NoReturn

from imagebump import reference
from imagebump.errors import UserError
from imagebump.keys import KEYS
from imagebump.settings import ENVIRONMENT, FILE, PYPROJECT, mentions, overrides, without_login
from imagebump.spelling import nearest


class Bump(NamedTuple):
    """Which commits get a new version, and which."""

    version_file: str
    on: Literal["release-branches", "all", "none"]
    default: Literal["patch", "minor", "major", "none"]
    when: Literal["image", "always"]
    contract: Literal["advise", "apply", "off"]
    message: Literal["off", "warn", "apply"]


class Tags(NamedTuple):
    """Templates of tags ("" is no tag), and the branches whose commits are releases."""

    commit: str
    release: str
    branch: str
    sha_length: int
    release_branches: tuple[str, ...]


class Build(NamedTuple):
    """What is built; paths are relative to the repository's top, "" is the top itself."""

    context: str
    dockerfile: str
    target: str
    args: Mapping[str, str]
    network: str


class Publish(NamedTuple):
    """What is published when."""

    on: Literal["commit", "manual"]
    branches: tuple[str, ...]
    push: bool


class Lint(NamedTuple):
    """Which rules run, and from which severity on a finding fails."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: Literal["error", "warning", "info"]


class Config(NamedTuple):
    """All that is in force. `sources` names, for each key, the file, variable or "default"."""

    registry: str
    repository: str
    bump: Bump
    tags: Tags
    build: Build
    publish: Publish
    lint: Lint
    sources: Mapping[str, str]

    def is_release(self, branch: str, default_branch: str) -> bool:
        """Is `branch` one whose commits are releases? `default_branch` is origin/HEAD's, or ""."""
        usual = (default_branch,) if default_branch else ("main", "master")
        patterns = self.tags.release_branches or usual
        return bool(branch) and matches(branch, patterns)


def matches(branch: str, patterns: Iterable[str]) -> bool:
    """Does one of the globs match?"""
    return any(fnmatchcase(branch, pattern) for pattern in patterns)


def load(
    read: Callable[[str], bytes | None],
    directory: str,
    environ: Mapping[str, str] | None = None,
) -> Config | None:
    """The configuration in force; None where there is none.

    `read` gives a file's content from an index or a commit, `directory` is the name that a
    repository without one of its own gets. UserError names file, key, value and what is expected.
    """
    found = _find(read)
    if found is None:
        return None
    file, tables = found
    values, sources = _flatten(tables, file), {}
    for override, given in overrides(environ).items():
        values[ENVIRONMENT[override]] = given
        sources[ENVIRONMENT[override]] = override
    checked = {}
    for name, key in KEYS.items():
        sources.setdefault(name, file if name in values else "default")
        value = values.get(name, key.default)
        if value is not None:
            checked[name] = _checked(name, value, sources[name])
    return _build(checked, sources, file, directory)


def _find(read: Callable[[str], bytes | None]) -> tuple[str, dict[str, Any]] | None:
    own, project = read(FILE), read(PYPROJECT)
    shared = None
    if mentions(project):  # parsing every pyproject.toml would be slow
        tool = _parse(project or b"", PYPROJECT).get("tool")
        shared = tool.get("imagebump") if isinstance(tool, dict) else None
    if own is None:
        if shared is not None and not isinstance(shared, dict):
            raise UserError(f"{PYPROJECT}: tool.imagebump = {_seen(shared)}, expected a table")
        return None if shared is None else (PYPROJECT, shared)
    if shared is not None:
        raise UserError(
            f"both {FILE} and [tool.imagebump] in {PYPROJECT} configure imagebump",
            "Keep one of them",
        )
    return FILE, _parse(own, FILE)


def _parse(data: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as problem:
        raise UserError(f"{file} is not UTF-8 (byte {problem.start})") from None
    except tomllib.TOMLDecodeError as problem:
        raise UserError(f"{file} is not valid TOML: {problem}") from None
    except RecursionError:  # thousands of brackets, each inside the last
        raise UserError(f"{file} is nested too deeply") from None


def _flatten(tables: dict[str, Any], file: str) -> dict[str, Any]:
    """{"bump": {"on": 1}} → {"bump.on": 1}; unknown keys are refused."""
    sections = {name.split(".")[0] for name in KEYS if "." in name}
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if name in sections:
            if not isinstance(value, dict):
                raise UserError(f"{file}: {name} = {_seen(value)}, expected a table, as [{name}]")
            flat.update({f"{name}.{key}": item for key, item in value.items()})
        else:
            flat[name] = value
    for name, value in flat.items():
        if name not in KEYS:
            _unknown(file, name, value)
    return flat


def _unknown(file: str, name: str, value: Any) -> NoReturn:
    section = name.rpartition(".")[0]
    by_last = {key.rpartition(".")[2]: key for key in KEYS}
    here = [key for key in KEYS if section and key.startswith(f"{section}.")] or [
        *dict.fromkeys(key.partition(".")[0] for key in KEYS)
    ]
    closest = nearest(name, [*KEYS, *here]) or by_last.get(nearest(name, by_last), "")
    hint = f"The nearest known key is {closest}" if closest else f"Known keys: {', '.join(here)}"
    raise UserError(f"{file}: unknown key {name} = {_seen(value)}", hint)


def _seen(value: Any) -> str:
    """A value in a message: of a table only the names and of an address no login: no secret is shown."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = …' for name in value)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_seen, value))}]"
    return repr(without_login(value) if isinstance(value, str) else value)


def _checked(name: str, value: Any, source: str) -> Any:
    try:
        return KEYS[name].check(value)
    except ValueError as problem:
        raise UserError(f"{source}: {name} = {_seen(value)}, expected {problem}") from None


def _build(values: dict[str, Any], sources: dict[str, str], file: str, directory: str) -> Config:
    if "registry" not in values:
        raise UserError(
            f"{file}: registry is missing", 'Add: registry = "local" (or your registry\'s host)'
        )
    repository = values.get("repository") or reference.repository_name(directory)
    if values["registry"] == reference.DOCKER_HUB and "/" not in repository:
        raise UserError(
            f"{sources['repository']}: repository = {repository!r}, expected user/name on docker.io",
            f'Add to {file}: repository = "YOUR-NAME/{repository}"',
        )

    def section(name: str) -> dict[str, Any]:
        return {
            key.partition(".")[2].replace("-", "_"): value
            for key, value in values.items()
            if key.startswith(f"{name}.")
        }

    return Config(
        values["registry"],
        repository,
        Bump(**section("bump")),
        Tags(**section("tags")),
        Build(**section("build")),
        Publish(**section("publish")),
        Lint(**section("lint")),
        sources,
    )
