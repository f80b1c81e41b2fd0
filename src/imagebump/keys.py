"""Every key of the configuration, with its default and its check."""

import json
import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any, NamedTuple

from imagebump import reference
from imagebump.sensitive import is_secret, logs_in
from imagebump.spelling import nearest

LINT_RULES = {
    "IB000": "not-a-dockerfile",
    "IB001": "consecutive-run",
    "IB002": "lone-package-index",
    "IB003": "late-cleanup",
    "IB004": "late-permission",
    "IB005": "copy-then-extract",
    "IB006": "overridden-instruction",
    "IB007": "consecutive-copy",
    "IB008": "cache-left-in-layer",
    "IB009": "shell-state-lost",
    "IB010": "source-before-dependencies",
    "IB011": "volatile-input-early",
    "IB012": "secret-in-layer",
    "IB013": "floating-base",
}
"""The code and the name of each rule, here so that a hook can check them without loading the rules."""


class Key(NamedTuple):
    """One key: its default, and a check that returns the value in force or raises ValueError.

    The ValueError says what is expected.
    """

    default: Any
    check: Callable[[Any], Any]


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a string in quotes")
    return value


def _text(check: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: check(_string(value))


def _choice(*options: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in options:
            raise ValueError("one of " + ", ".join(f'"{option}"' for option in options))
        return str(value)

    return check


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError(f"a list of strings, as [{json.dumps(_example(value))}]")
    return tuple(value)


def _example(value: Any) -> str:
    """A string that such a list may hold: the one that was given, where it was one."""
    return value if isinstance(value, str) and value else "main"


def _rules(value: Any) -> tuple[str, ...]:
    words = _strings(value)
    known = {"default", "all", *LINT_RULES.values(), *map(str.lower, LINT_RULES)}
    for word in words:
        if word.lower() not in known:
            near = nearest(word.upper(), list(LINT_RULES)[1:]) or nearest(word.lower(), known)
            hint = f"the nearest is {near}" if near else f"known are {', '.join(LINT_RULES)}"
            raise ValueError(f"rules that exist: {word!r} is none, {hint}")
    return words


def _path(value: Any) -> str:
    """A path inside the repository, with slashes; the top itself is ""."""
    parts = [part for part in _string(value).split("/") if part not in ("", ".")]
    if value.startswith(("/", "~")) or ".." in parts or any(c < " " or c == "\\" for c in value):
        raise ValueError("a path inside the repository, relative to its top")
    return "/".join(parts)


def _file(value: Any) -> str:
    path = _path(value)
    if not path or value.endswith("/") or path.split("/")[0] == ".git":
        raise ValueError("a file inside the repository, relative to its top")
    return path


def _certificates(value: Any) -> str:
    """A file of certificates: inside the repository, or anywhere on this machine by its absolute path."""
    text = _string(value)
    return text if not text or text.startswith("/") else _file(text)


def _arguments(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError('a table of strings, as { NAME = "value" }')
    for name, text in value.items():
        if is_secret(name) or logs_in(text):
            raise ValueError(f"no secrets: build arguments show in the image's history ({name})")
        if name == _SYNTAX:
            raise ValueError(f"the frontend in the Dockerfile, as # syntax={text}, and no {name}")
    return value


_SYNTAX = "BUILDKIT_SYNTAX"
"""What would build by a frontend of its own that no Dockerfile shows."""


def _length(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 7 <= value <= 40:
        raise ValueError("a number from 7 to 40")
    return value


def _duration(value: Any) -> str:
    if not _DURATION.fullmatch(_string(value)):
        raise ValueError('a duration, as "24h", "30m" or "7d", or "" for none')
    return str(value)


_DURATION = re.compile(r"(?:(\d{1,6})([smhd]))?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """The seconds of a duration that was checked: "24h" is 86400, "" is 0."""
    found = _DURATION.fullmatch(duration)
    return int(found[1]) * _UNITS[found[2]] if found and found[1] else 0


def _budget(value: Any) -> str:
    if _string(value) and not _BUDGET.fullmatch(value):
        raise ValueError('a share or a size, as "10%" or "50MB", or "" for none')
    return str(value)


_BUDGET = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?(%|kB|MB|GB)")
_BYTES = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


def exceeds(grown: int, before: int, budget: str) -> bool:
    """Is a growth of `grown` bytes, over `before`, more than a budget that was checked? Never where that is ""."""
    found = _BUDGET.fullmatch(budget)
    if found is None:
        return False
    limit = float(found[1])
    return grown > (before * limit / 100 if found[2] == "%" else limit * _BYTES[found[2]])


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a number from 1 on")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _commit_template(value: Any) -> str:
    template = reference.check_template(_string(value))
    if template and "{sha}" not in template:
        raise ValueError("a template with {sha}: two commits must not share a tag")
    return template


def _release_template(value: Any) -> str:
    template = reference.check_template(_string(value))
    if template and "{version}" not in template and "{sha}" not in template:
        raise ValueError("a template with {version}: two versions must not share a tag")
    return template


def _moving(value: Any) -> tuple[str, ...]:
    for text in _strings(value):
        names = {name for _, name, _, _ in Formatter().parse(reference.check_template(text))}
        if not names <= {None, "major", "minor", "branch", "image"}:
            raise ValueError("templates of {major}, {minor}, {branch} and {image}, which move on")
        if text.startswith("key-"):
            raise ValueError("tags that do not begin with key-, as those of an image's content do")
    return tuple(sorted(dict.fromkeys(value), key=_generality))


def _generality(template: str) -> tuple[bool, bool]:
    """The tags of few releases come before those of many."""
    return "{minor}" not in template, "{major}" not in template


def _platforms(value: Any) -> tuple[str, ...]:
    names = _strings(value)
    if not all(map(_PLATFORM.fullmatch, names)):
        raise ValueError('platforms as os/architecture, as ["linux/amd64", "linux/arm64"]')
    return tuple(sorted(set(names)))


_PLATFORM = re.compile(r"[a-z]+/[a-z0-9]+(/[a-z0-9.]+)?")


def _secret_sources(value: Any) -> Mapping[str, str]:
    sources = value.items() if isinstance(value, dict) else [("", None)]
    if not all(isinstance(text, str) and _SECRET_SOURCE.fullmatch(text) for _, text in sources):
        raise ValueError('a table of sources, as { npm = "env:NPM_TOKEN", pip = "file:~/.pip" }')
    if not all(map(_SECRET_ID.fullmatch, value)):
        raise ValueError('names of letters, digits, "." "_" "-"')
    return dict(value)


_SECRET_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_SECRET_SOURCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0\n]+")


def _caches(value: Any) -> tuple[str, ...]:
    for text in _strings(value):
        for name, mark, _ in (field.partition("=") for field in text.split(",")):
            if mark and is_secret(name):
                raise ValueError(f"no secrets ({name}): they would show in the list of processes")
    return tuple(value)


def _builder(value: Any) -> str:
    if not isinstance(value, str) or not _BUILDER.fullmatch(value):
        raise ValueError('"auto", "api", "session", or "session:NAME" with a builder of buildx')
    return value


_BUILDER = re.compile(r"auto|api|session(:[A-Za-z0-9][A-Za-z0-9._-]*)?")


KEYS: dict[str, Key] = {
    "registry": Key(None, _text(reference.check_registry)),
    "repository": Key(None, _text(reference.check_repository)),
    "registry-ca": Key("", _certificates),
    "insecure": Key(False, _boolean),
    "bump.version-file": Key("VERSION", _file),
    "bump.on": Key("release-branches", _choice("release-branches", "all", "none")),
    "bump.default": Key("patch", _choice("patch", "minor", "major", "none")),
    "bump.when": Key("image", _choice("image", "always")),
    "bump.contract": Key("advise", _choice("advise", "apply", "off")),
    "bump.message": Key("off", _choice("off", "warn", "apply")),
    "bump.git-tag": Key(False, _boolean),
    "tags.commit": Key("{sha}", _commit_template),
    "tags.release": Key("{version}", _release_template),
    "tags.branch": Key("", _commit_template),
    "tags.moving": Key([], _moving),
    "tags.sha-length": Key(7, _length),
    "tags.release-branches": Key([], _strings),
    "build.context": Key(".", _path),
    "build.dockerfile": Key("Dockerfile", _file),
    "build.target": Key("", _string),
    "build.args": Key({}, _arguments),
    "build.network": Key("", _string),
    "build.max-age": Key("", _duration),
    "build.platforms": Key([], _platforms),
    "build.secrets": Key({}, _secret_sources),
    "build.ssh": Key([], _strings),
    "build.cache-from": Key([], _caches),
    "build.cache-to": Key([], _caches),
    "build.builder": Key("auto", _builder),
    "build.provenance": Key(False, _boolean),
    "publish.on": Key("commit", _choice("commit", "push", "manual")),
    "publish.branches": Key(["*"], _strings),
    "publish.push": Key(True, _boolean),
    "publish.intermediate": Key(True, _boolean),
    "publish.claim": Key("none", _choice("none", "git")),
    "publish.keep-images": Key(3, _count),
    "publish.size-budget": Key("", _budget),
    "publish.retries": Key("24h", _duration),
    "lint.select": Key(["default"], _rules),
    "lint.ignore": Key([], _rules),
    "lint.merge": Key("worthwhile", _choice("worthwhile", "all", "off")),
    "lint.fail-on": Key("warning", _choice("error", "warning", "info")),
}
