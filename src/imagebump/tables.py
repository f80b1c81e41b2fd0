"""The TOML tables that configure, as flat keys: {"bump": {"on": 1}} is "bump.on"."""

import re
import tomllib
from collections.abc import Callable, Collection
from typing import Any, NoReturn

from imagebump.errors import UserError
from imagebump.keys import KEYS
from imagebump.settings import FILE, PYPROJECT, mentions, without_login
from imagebump.spelling import nearest


def find(read: Callable[[str], bytes | None]) -> tuple[str, dict[str, Any]] | None:
    """The file that configures, and its tables; None where there is none. UserError for two, or one that is no TOML."""
    own, project = read(FILE), read(PYPROJECT)
    shared = None
    if mentions(project):  # parsing every pyproject.toml would be slow
        tool = _parse(project or b"", PYPROJECT).get("tool")
        shared = tool.get("imagebump") if isinstance(tool, dict) else None
    if own is None:
        if shared is not None and not isinstance(shared, dict):
            raise UserError(f"{PYPROJECT}: tool.imagebump = {seen(shared)}, expected a table")
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


def images(tables: Any, file: str) -> dict[str, dict[str, Any]]:
    """The keys of each [[image]], by its name."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UserError(f"{file}: image = {seen(tables)}, expected tables, as [[image]]")
    found: dict[str, dict[str, Any]] = {}
    for number, table in enumerate(tables, 1):
        name = table.pop("name", None)
        if not isinstance(name, str) or not _IMAGE.fullmatch(name):
            raise UserError(
                f"{file}: name = {seen(name)} of [[image]] number {number}, expected lowercase "
                'letters, digits, "." "_" "-", a letter first'
            )
        if name in found:
            raise UserError(f"{file}: two [[image]] are called {name!r}", "Give each its own name")
        found[name] = flatten(table, image_title(file, name), _IMAGE_KEYS)
    return found


_IMAGE = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_IMAGE_KEYS = [
    key for key in KEYS if key.partition(".")[0] in ("repository", "build", "bump", "tags")
]


def image_title(file: str, name: str) -> str:
    """How messages call the keys of one image."""
    return f"{file} ([[image]] {name})"


def flatten(
    tables: dict[str, Any], file: str, known: Collection[str] = tuple(KEYS)
) -> dict[str, Any]:
    """{"bump": {"on": 1}} → {"bump.on": 1}; keys that are not `known` are refused."""
    sections = {name.split(".")[0] for name in known if "." in name}
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if name in sections:
            if not isinstance(value, dict):
                raise UserError(f"{file}: {name} = {seen(value)}, expected a table, as [{name}]")
            flat.update({f"{name}.{key}": item for key, item in value.items()})
        else:
            flat[name] = value
    for name, value in flat.items():
        if name not in known:
            _unknown(file, name, value, known)
    return flat


def _unknown(file: str, name: str, value: Any, known: Collection[str]) -> NoReturn:
    section = name.rpartition(".")[0]
    by_last = {key.rpartition(".")[2]: key for key in known}
    here = [key for key in known if section and key.startswith(f"{section}.")] or [
        *dict.fromkeys(key.partition(".")[0] for key in known)
    ]
    closest = nearest(name, [*known, *here]) or by_last.get(nearest(name, by_last), "")
    hint = f"The nearest known key is {closest}" if closest else f"Known keys: {', '.join(here)}"
    raise UserError(f"{file}: unknown key {name} = {seen(value)}", _misplaced(name, known) or hint)


def _misplaced(name: str, known: Collection[str]) -> str:
    """Where a key belongs that stands below another table, as what is added at a file's end does; "" for no such key."""
    section, _, last = name.rpartition(".")
    outside = {key.partition(".")[0] for key in KEYS}
    if not section:
        return f"{name} belongs above the first [[image]]" if name in outside else ""
    if last == section:
        return f"Leave out {section}. below [{section}]"
    if nearest(last, (key.rpartition(".")[2] for key in known if key.startswith(f"{section}."))):
        return ""
    if last in outside:
        return f"{last} belongs above the tables: what stands below [{section}] is part of it"
    homes = [f"[{key.rpartition('.')[0]}]" for key in known if key.rpartition(".")[2] == last]
    return f"{last} belongs in {' or '.join(homes)}" if homes else ""


def seen(value: Any) -> str:
    """A value in a message: of a table only the names and of an address no login: no secret is shown."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = …' for name in value)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(seen, value))}]"
    return repr(without_login(value) if isinstance(value, str) else value)
