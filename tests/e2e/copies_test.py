"""Copies that a fix rewrote, on a real engine: the same files and the same configuration."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from built import build, described, everything
from copy_rows import FILES, REWRITTEN
from services import Engine

BASE = b"RUN mkdir -p /srv /opt /etc /usr/bin\n"


@pytest.fixture(scope="module")
def first_line(engine: Engine, base_image: str) -> Iterator[bytes]:
    """FROM an image that is called like an official one, and has the directories that those have."""
    name = "alpine:imagebump-copies"
    made = build(engine, f"FROM {base_image}\n".encode() + BASE)
    engine.client.api.tag(made, name)
    yield f"FROM {name}\n".encode()
    engine.client.images.remove(name, force=True)


class Image(NamedTuple):
    """All that is in an image."""

    files: dict[str, tuple[object, ...]]
    configuration: dict[str, Any]
    layers: int


def image(engine: Engine, source: bytes) -> Image:
    """What is made of a Dockerfile."""
    name = build(engine, source, files=FILES)
    try:
        return Image(everything(engine, name), *described(engine, name))
    finally:
        engine.client.images.remove(name, force=True)


@pytest.mark.parametrize(("before", "after"), REWRITTEN)
def test_the_image_is_the_same(
    engine: Engine, first_line: bytes, before: bytes, after: bytes
) -> None:
    """Path, type, mode, owner, content, links and configuration, in fewer layers."""
    first, second = (image(engine, first_line + text) for text in (before, after))
    assert second.files == first.files
    assert second.configuration == first.configuration
    assert second.layers < first.layers
