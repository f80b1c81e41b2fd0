"""What is known of a commit that has not been made yet: what we staged for it is never a person's choice."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from imagebump import files
from imagebump.git import Repository


class Attempt(NamedTuple):
    """The version that we staged for a commit which came to nothing, "" for none; the part that its
    message asked for, and how that said so.
    """

    wrote: str = ""
    part: str = ""
    said: str = ""


def read(repository: Repository, image: str = "") -> Attempt:
    """The last attempt of a commit on this HEAD, as to one image."""
    try:
        head, *rest = _path(repository, image).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return Attempt()
    return Attempt(*rest[:3]) if head == repository.head else Attempt()


def remember(repository: Repository, attempt: Attempt, image: str = "") -> None:
    """Note it. Where that cannot be kept, a retry takes what we staged for a person's: no commit stops for it."""
    path = _path(repository, image)
    with suppress(OSError):
        files.private(path.parent)
        text = "".join(f"{line}\n" for line in (repository.head, *attempt))
        files.write_atomic(path, text.encode(), 0o600)


def forget(repository: Repository) -> None:
    """The commit has been made."""
    for path in repository.own_state.glob("pending*"):
        with suppress(OSError):
            path.unlink()


def _path(repository: Repository, image: str) -> Path:
    return repository.own_state / f"pending.{image}".removesuffix(".")
