"""The files that `imagebump lint` is to read, as they are on disk."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from imagebump.errors import UserError
from imagebump.formats.report import STANDARD_INPUT

_SKIPPED = {".git", "node_modules", ".venv"}


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
        yield from (os.path.normpath(Path(parent) / name) for name in files if is_dockerfile(name))


def is_dockerfile(name: str) -> bool:
    """Is a file of this name, without its directory, one?"""
    return (
        name in ("Dockerfile", "Containerfile")
        or (name.startswith("Dockerfile.") and not name.endswith(".dockerignore"))
        or name.endswith((".Dockerfile", ".dockerfile"))
    )


def read(path: str) -> bytes:
    """The content of one of them. UserError where it is no file that can be read."""
    file = Path(path)
    try:
        if path == STANDARD_INPUT:
            return _standard_input()
        if file.is_dir():
            raise UserError(
                f"cannot lint {path}: no Dockerfile is in it", "Run: imagebump lint FILE"
            )
        if file.exists() and not file.is_file():  # a pipe would wait for ever
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
