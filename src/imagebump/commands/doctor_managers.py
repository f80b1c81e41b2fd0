"""Which hook managers a repository asks to run our hooks, and at which of Git's hooks, for `imagebump doctor`.

Their files are looked through for our names, not parsed: YAML is nothing that we depend on.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from imagebump.errors import UserError

NEEDED = ("pre-commit", "pre-merge-commit", "post-commit", "post-merge", "post-rewrite")
"""Git's hooks without which something of ours does not happen; the others are optional."""
STAGES: Mapping[str, tuple[str, ...]] = {
    "imagebump-lint": ("pre-commit", "pre-merge-commit"),
    "imagebump-bump": ("pre-commit", "post-merge"),
    "imagebump-publish": ("post-commit", "post-merge", "post-rewrite"),
    "imagebump-revert": ("prepare-commit-msg",),
    "imagebump-message": ("commit-msg",),
}
"""What each hook of .pre-commit-hooks.yaml needs."""
_STYLES = ("prek.toml", ".pre-commit-config.yaml", ".pre-commit-config.yml")
_LEFTHOOK = re.compile(r"\.?lefthook(-local)?\.(ya?ml|toml|json)")
_COMMENT = re.compile(r"(?m)(^|\s)#.*$")
_ID = re.compile(r"""\bid["']?\s*[:=]\s*["']?(imagebump-\w+)""")
_TYPES = re.compile(
    r"""default_install_hook_types["']?\s*[:=]\s*(\[[^\]]*\]|(?:\n[ \t]*-[ \t]*[\w"'-]+[ \t]*)+)"""
)
_SECTION = re.compile(r"""(?m)^(?=["']?[a-z])""")
_KEY = re.compile(r"""["']?([a-z-]+)""")


class Manager(NamedTuple):
    """A hook manager's file that names our hooks; `hooks` are those of Git that this takes.

    `installs` are the ones that the manager's `install` puts there, `needs` what our hooks want.
    """

    name: str
    file: Path
    needs: tuple[str, ...]
    installs: tuple[str, ...]


def managers(top: Path) -> Iterator[Manager]:
    """Those that name our hooks in the repository at `top`."""
    for name in _STYLES:
        if ids := _ID.findall(text := _text(top / name)):
            yield _pre_commit(top / name, [one for one in ids if one in STAGES], text)
            break  # the first one is the one that is read
    places = [path for place in (top, top / ".config") for path in sorted(place.glob("*lefthook*"))]
    found = {path: set(_sections(path)) for path in places if _LEFTHOOK.fullmatch(path.name)}
    if files := [path for path, hooks in found.items() if hooks]:
        yield Manager("lefthook", files[0], NEEDED, tuple(set().union(*found.values())))


def _text(path: Path) -> str:
    """A file without its comments; "" where there is none."""
    try:
        return _COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace"))
    except (FileNotFoundError, IsADirectoryError):
        return ""


def _pre_commit(file: Path, ids: list[str], text: str) -> Manager:
    """pre-commit and prek read the same; without a word they install the hook pre-commit only."""
    types = _TYPES.search(text)
    installs = re.findall(r"[a-z]+(?:-[a-z]+)*", types[1]) if types else ["pre-commit"]
    needs = dict.fromkeys(stage for one in ids for stage in STAGES[one])
    return Manager(
        "prek" if file.suffix == ".toml" else "pre-commit", file, tuple(needs), tuple(installs)
    )


def _sections(path: Path) -> Iterator[str]:
    """The hooks of Git at which a file of lefthook's names us: its top keys, each with what follows."""
    return (hook for hook, text in _tables(path) if "imagebump" in text)


def _tables(path: Path) -> Iterable[tuple[str, str]]:
    """Each top key of a file, with what stands under it as text."""
    load = {".json": json.loads, ".toml": tomllib.loads}.get(path.suffix)
    text = _text(path)
    if load is None:
        parts = (_KEY.match(part) for part in _SECTION.split(text))
        return [(found[1], found.string) for found in parts if found]
    try:
        return [(name, json.dumps(value)) for name, value in load(text).items()]
    except ValueError as problem:
        raise UserError(f"{path} cannot be read: {problem}") from None
