"""The real Dockerfiles that tests read: they come beside the project, not in it."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagebump.dockerfile.parse import DockerfileError, parse

ARCHIVE = Path(__file__).parents[2] / "shared" / "corpus" / "dev.tar.gz"


def dockerfiles() -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each; without the archive, the test that asks is skipped."""
    if not ARCHIVE.exists():
        pytest.skip("the corpus is not here: it comes beside the project, not in it")
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and not member.name.endswith(".tsv"):
                yield member.name, file.read()


def readable() -> Iterator[tuple[str, bytes]]:
    """Those that ours can read."""
    for name, source in dockerfiles():
        try:
            parse(source)
        except DockerfileError:
            continue
        yield name, source
