"""What we staged for a commit that has not been made yet: never taken for a person's choice."""

from contextlib import suppress
from pathlib import Path

from imagebump import files
from imagebump.git import Repository


def read(repository: Repository) -> str:
    """The version that we staged for a commit on this HEAD which came to nothing, or ""."""
    try:
        head, wrote, *_ = _path(repository).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return ""
    return wrote if head == repository.head else ""


def remember(repository: Repository, wrote: str) -> None:
    """Note what we stage. Where that cannot be kept, a retry takes it for a person's: no commit stops for it."""
    path = _path(repository)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_atomic(path, f"{repository.head}\n{wrote}\n".encode(), 0o600)


def _path(repository: Repository) -> Path:
    """In the Git directory of this working tree: each has commits of its own."""
    return repository.git_dir / "imagebump" / "pending"
