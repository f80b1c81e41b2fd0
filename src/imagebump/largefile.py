"""Files that Git LFS keeps beside the repository."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from imagebump.errors import UnavailableError

_CHUNK = 1 << 20


class LargeFile(NamedTuple):
    """A file of which Git holds a pointer; its name is the SHA-256 of its content."""

    path: Path
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Its content. UnavailableError at the end where it is not what its name says."""
        digest = sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != self.path.name:
            raise UnavailableError(f"{self.path} is damaged", "Run: git lfs fsck")
