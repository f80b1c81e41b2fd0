"""The files that `imagebump lint` is to read, as they are on disk."""

import os
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from imagebump.errors import UserError
from imagebump.formats.report import STANDARD_INPUT

_SKIPPED = {".git", "node_modules", ".venv"}
_NAMES = ("Dockerfile", "Containerfile")
# fmt: off
OTHER_ENDINGS = frozenset({
    "7z", "bz2", "gz", "tar", "tgz", "txz", "xz", "zip", "zst",                     # archives
    "adoc", "asciidoc", "html", "markdown", "md", "mdx", "pdf", "png", "rst", "svg",  # documents
    "asc", "dockerignore", "json", "license", "sha256", "sig", "yaml", "yml",     # companions
    "ejs", "erb", "gotmpl", "hbs", "in", "j2", "jinja", "jinja2", "liquid", "m4", "mako",
    "mustache", "template", "tmpl", "tpl",                                      # templates
    "bak", "backup", "diff", "old", "orig", "patch", "rej", "save", "swo", "swp", "tmp",
})
# fmt: on
"""What `Dockerfile.` may be followed by without being one, in lower case: the hook leaves it out, too."""

_BINARY_HEAD = 8000  # bytes, as many as Git looks at
_UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)  # of an editor that was to write a Dockerfile


def names(paths: list[str]) -> Iterator[str]:
    """Each file that `paths` name, and each Dockerfile in the directories among them."""
    for path in paths:
        if path != STANDARD_INPUT and Path(path).is_dir():
            yield from sorted(_below(path)) or [path]  # which then is no file
        else:
            yield path


def _below(directory: str) -> Iterator[str]:
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if name not in _SKIPPED]
        paths = (os.path.normpath(Path(parent) / name) for name in files if is_dockerfile(name))
        yield from (path for path in paths if not (_is_special(path) or is_binary(_head(path))))


def is_dockerfile(name: str) -> bool:
    """Is a file of this name, without its directory, one that nobody has to name?"""
    if name.startswith((".#", "._")) or name.endswith("~"):  # what editors and macOS leave behind
        return False
    stem, _, ending = name.rpartition(".")
    if stem and ending in (*_NAMES, "dockerfile"):
        return True
    is_named_so = any(name == one or name.startswith((f"{one}.", f"{one}-")) for one in _NAMES)
    return name == "dockerfile" or (is_named_so and ending.lower() not in OTHER_ENDINGS)


def is_binary(content: bytes) -> bool:
    """Is it no text, and nothing that somebody took for a Dockerfile?"""
    return b"\0" in content[:_BINARY_HEAD] and not content.startswith(_UTF_16)


def _is_special(path: str) -> bool:
    """Is it a pipe, a socket or a device, of which nobody has said that it is a Dockerfile?"""
    try:
        mode = Path(path).stat().st_mode
    except OSError:  # which is said when it is linted
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode))


def _head(path: str) -> bytes:
    """How a file begins; nothing of one that cannot be read, which is said when it is linted."""
    try:
        if not Path(path).is_file():
            return b""
        with Path(path).open("rb") as file:
            return file.read(_BINARY_HEAD)
    except OSError:
        return b""


def read(path: str) -> bytes:
    """The content of one of them. UserError where it is no file that can be read."""
    file = Path(path)
    try:
        if path == STANDARD_INPUT:
            return _standard_input()
        mode = file.stat().st_mode
        if S_ISDIR(mode):
            raise UserError(
                f"cannot lint {path}: no Dockerfile is in it", "Run: imagebump lint FILE"
            )
        if not S_ISREG(mode):  # a pipe would wait for ever
            raise UserError(f"cannot lint {path}: not a file", "Run: imagebump lint FILE")
        return file.read_bytes()
    except FileNotFoundError:
        raise UserError(f"cannot lint {path}: no such file", "Run: imagebump lint FILE") from None
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise UserError(f"cannot lint {path}: {reason}", f"Run: ls -l {path}") from None


def _standard_input() -> bytes:
    if sys.stdin is None:  # closed by whoever started us
        raise UserError("cannot lint -: standard input is closed", "Run: imagebump lint FILE")
    return sys.stdin.buffer.read()
