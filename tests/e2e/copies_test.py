"""Copies that a fix rewrote, on a real engine: the same files and the same configuration."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
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


LISTING = " && ".join(
    [
        "cd /r",
        r"find . \( -path './*/proc' -o -path './*/sys' -o -path './*/dev' \) -prune -o -exec stat -c '%N %F %a %u:%g' {} + >/listing",
        "find . ! -type d -exec stat -c '%n %h' {} + >>/listing",
        "find . -type f -size -64k -exec sha256sum {} + >>/listing",
    ]
)
"""Type, mode, owner, how many names, and content: not of busybox itself, nor of what Docker mounts."""


def stages(base_image: str) -> dict[str, bytes]:
    """Each row before and after, by the name of its stage: `b0`, `a0`, `b1` and so on."""
    rows = {f"{side}{n}": row[side == "a"] for n, row in enumerate(REWRITTEN) for side in "ba"}
    head = f"FROM {base_image} AS ".encode()
    return {name: head + name.encode() + b"\n" + BASE + text for name, text in rows.items()}


def listings(names: Iterable[str], text: str) -> dict[str, set[str]]:
    """The lines of each stage, without its name."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for line in text.splitlines():
        before, _, path = line.partition("./")
        name, slash, rest = path.partition("/")
        if slash:
            found[name].add(before + rest)
    return found


def test_the_files_are_the_same_in_a_newer_engine(
    newer_engine: Engine, buildx_program: Path, base_image: str, tmp_path: Path
) -> None:
    """Every row is a stage of one build, by a later BuildKit and in another store."""
    for name, (mode, data) in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(mode)
    rows = stages(base_image)
    mounts = " ".join(f"--mount=from={name},target=/r/{name}" for name in rows)
    last = f"FROM {base_image} AS all\nRUN {mounts} {LISTING}\nFROM scratch\nCOPY --from=all /listing /\n"
    (tmp_path / "Dockerfile").write_bytes(b"\n".join([*rows.values(), last.encode()]))
    command = [
        str(buildx_program),
        "build",
        "--output",
        f"type=local,dest={tmp_path}/made",
        str(tmp_path),
    ]
    env = {"DOCKER_HOST": newer_engine.host, "HOME": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = listings(rows, (tmp_path / "made" / "listing").read_text())
    for number in range(len(REWRITTEN)):
        assert found[f"b{number}"] == found[f"a{number}"], REWRITTEN[number]
        assert len(found[f"b{number}"]) > 100
