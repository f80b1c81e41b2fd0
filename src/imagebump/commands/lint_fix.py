"""Files that `--fix` changes: whole, and never over somebody else's edit."""

import io
import os
import re
from difflib import diff_bytes, unified_diff
from pathlib import Path

from imagebump import files
from imagebump.errors import UserError

_SPECIAL = re.compile(rb"[\x00-\x1f\x7f\"\\]")


def write(path: Path, before: bytes, after: bytes, name: str) -> None:
    """Put `after` in the place of `before`. UserError where the file holds something else by now.

    A link stays a link: the file that it leads to is written. `name` is what messages call it.
    """
    try:
        real = path.resolve(strict=True)
        if real.read_bytes() != before:
            raise UserError(
                f"cannot fix {name}: it holds something else than what was linted",
                "Stage it, or undo the change, and lint it again",
            )
        files.write_atomic(real, after)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise UserError(f"cannot fix {name}: {reason}", f"Run: ls -l {name}") from None


def diff(name: str, before: bytes, after: bytes) -> bytes:
    """What would change, for patch and for reading; nothing where nothing would."""
    old, new = list(io.BytesIO(before)), list(io.BytesIO(after))
    lines = diff_bytes(unified_diff, old, new, _named("a", name), _named("b", name))
    return b"".join(
        line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
        for line in lines
    )


def _named(side: str, name: str) -> bytes:
    """A file's name as Git writes it, so that `patch` reads it: quoted, or with a tab behind blanks."""
    path = os.fsencode(f"{side}/{os.path.normpath(name).lstrip('/')}")
    if not _SPECIAL.search(path):
        return path + b"\t" * (b" " in path)
    return b'"' + _SPECIAL.sub(lambda match: b"\\%03o" % match[0][0], path) + b'"'
