"""A beginner's Dockerfile, as people write it by hand: what a fix makes of it on a real engine."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from built import build, described, everything
from copy_rows import archive
from harness import Repo
from services import Engine

BASE = "alpine:imagebump-by-hand"
FETCHER = """#!/bin/dash
while [ $# -gt 1 ]; do
  [ "$1" != -O ] || echo fetched >"$2"
  shift
done
"""
APK = """#!/bin/dash
case $1 in
  update) mkdir -p /var/cache/apk && echo index >/var/cache/apk/APKINDEX ;;
  add) shift && for name; do test -e /var/cache/apk/APKINDEX && cp /fetcher /usr/bin/$name; done ;;
esac
"""


def base_files() -> dict[str, tuple[int, bytes]]:
    """Stand-ins for what reaches the internet, and a shell that prefers them to its own programs."""
    listed = subprocess.run(["ldd", "/bin/dash"], capture_output=True, text=True, check=True).stdout
    paths = ["/bin/dash", *re.findall(r"(/\S+) \(0x", listed)]
    programs = {"usr/bin/apk": APK.encode(), "fetcher": FETCHER.encode()}
    found = programs | {path[1:]: Path(path).read_bytes() for path in paths}
    return {f"root/{name}": (0o755, data) for name, data in found.items()}


BY_HAND = f"""FROM {BASE}
RUN apk update
RUN apk add wget curl
RUN wget -O test.txt https://example.com/100MB.bin
CMD mkdir /var/www/
CMD mkdir /var/www/html/
WORKDIR /var/www/html/
COPY Dockerfile.tar.gz /tmp/
RUN tar -zxvf /tmp/Dockerfile.tar.gz -C /var/www/html/
RUN rm /tmp/Dockerfile.tar.gz
RUN cat Dockerfile
"""
BY_DEFAULT = f"""FROM {BASE}
RUN apk update \\
    && apk add wget curl
RUN wget -O test.txt https://example.com/100MB.bin
CMD mkdir /var/www/html/
WORKDIR /var/www/html/
ADD Dockerfile.tar.gz /var/www/html/
RUN cat Dockerfile
"""
ALL = f"""FROM {BASE}
RUN apk update \\
    && apk add wget curl \\
    && wget -O test.txt https://example.com/100MB.bin
CMD mkdir /var/www/html/
WORKDIR /var/www/html/
ADD Dockerfile.tar.gz /var/www/html/
RUN cat Dockerfile
"""
ARCHIVE = archive(("Dockerfile", b"FROM alpine\n"))


@pytest.fixture(scope="module", autouse=True)
def base(engine: Engine, base_image: str) -> Iterator[None]:
    """An alpine with stand-ins for what reaches the internet."""
    source = (
        f"FROM {base_image}\nCOPY root /\nENV PATH=/usr/bin:/bin\n"
        "RUN ln -sf dash /bin/sh && rm -f /bin/wget\n"
    )
    made = build(engine, source.encode(), files=base_files())
    engine.client.api.tag(made, BASE)
    yield
    engine.client.images.remove(BASE, force=True)


def history(engine: Engine, image: str) -> int:
    """How many instructions `docker history` shows above the base image's."""
    rows = [len(engine.client.api.history(name)) for name in (image, BASE)]  # type: ignore[no-untyped-call]
    return rows[0] - rows[1]


@pytest.mark.parametrize(
    ("merge", "expected", "left"), [("worthwhile", BY_DEFAULT, 6), ("all", ALL, 5)]
)
def test_ten_instructions_become(
    repo: Repo, engine: Engine, merge: str, expected: str, left: int
) -> None:
    """Six, and five where one asks; the image holds the same files and runs the same command."""
    file = repo.write("Dockerfile", BY_HAND)
    (repo.path / "Dockerfile.tar.gz").write_bytes(ARCHIVE)
    repo.git("add", "-A")
    said = repo.run("imagebump", "lint", status=1).out
    assert "CMD has no effect: line 6 overrides it; CMD never runs at build; use RUN" in said
    repo.run("imagebump", "lint", "--fix", "--merge", merge, status=1)
    assert file.read_text() == expected
    images = [
        build(engine, text.encode(), files={"Dockerfile.tar.gz": (0o644, ARCHIVE)})
        for text in (BY_HAND, expected)
    ]
    before, after = images
    assert [history(engine, image) for image in images] == [10, left]
    files = everything(engine, before)
    assert "var/www/html/Dockerfile" in files
    assert "test.txt" in files
    assert everything(engine, after) == files
    assert described(engine, after)[0] == described(engine, before)[0]
    for image in images:
        engine.client.images.remove(image, force=True)
