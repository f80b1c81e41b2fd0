"""Images that BuildKit makes in a real engine, and what is in them."""

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from services import Engine

_STUMBLES = "flightcontrol: exceeded retry timeout"
"""What old BuildKits say, rarely, of many steps alike: a step of theirs was lost, and the next time it is not."""


def build(
    engine: Engine,
    source: bytes,
    target: str = "",
    files: Mapping[str, tuple[int, bytes]] | None = None,
) -> str:
    """The id of the image that BuildKit makes; AssertionError with its words where it makes none."""
    url = f"{engine.client.api.base_url}/v{engine.client.api.api_version}/build"
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as tar:
        for name, (mode, data) in {"Dockerfile": (0o644, source), **(files or {})}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    parameters = {"version": "2", "target": target}
    headers = {"Content-Type": "application/x-tar"}
    for _ in range(3):
        answer = engine.client.api.post(
            url, params=parameters, data=body.getvalue(), headers=headers, timeout=300
        )
        if _STUMBLES not in answer.text:
            break
    said: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    found = [one["aux"]["ID"] for one in said if isinstance(one.get("aux"), dict)]
    assert found, [one.get("error") or one.get("message") for one in said][-1]
    return str(found[-1])


def content(engine: Engine, image: str, path: str) -> str:
    """A file of an image."""
    container = engine.client.api.create_container(image, "x")["Id"]
    try:
        chunks, _ = engine.client.api.get_archive(container, path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            file = tar.extractfile(tar.getmembers()[0])
            assert file is not None
            return file.read().decode()
    finally:
        engine.client.api.remove_container(container)


def configured(engine: Engine, source: bytes) -> tuple[dict[str, Any], int]:
    """An image's configuration and how many layers it has."""
    image = build(engine, source)
    try:
        return described(engine, image)
    finally:
        engine.client.images.remove(image, force=True)


def described(engine: Engine, image: str) -> tuple[dict[str, Any], int]:
    """The same of an image that is there."""
    found = engine.client.api.inspect_image(image)  # type: ignore[no-untyped-call]
    return found["Config"], len(found["RootFS"]["Layers"])


def everything(engine: Engine, image: str) -> dict[str, tuple[object, ...]]:
    """Each path of an image: its type, mode, owner, target (of a hard link: its other name) and content."""
    container = engine.client.api.create_container(image, "x")["Id"]
    try:
        body = io.BytesIO(b"".join(engine.client.api.export(container)))
    finally:
        engine.client.api.remove_container(container)
    found = dict[str, tuple[object, ...]]()
    with tarfile.open(fileobj=body) as tar:
        for one in tar:
            file = tar.extractfile(one) if one.isreg() else None
            data = file.read() if file else b""
            found[one.name] = (one.type, oct(one.mode), one.uid, one.gid, one.linkname, data)
    return found
