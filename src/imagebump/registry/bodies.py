"""What registries answer, taken apart."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from requests.utils import parse_header_links

from imagebump.reference import MANIFESTS
from imagebump.registry.transport import Answer


class Manifest(NamedTuple):
    """A manifest: its bytes, its media type, and the digest of the bytes."""

    data: bytes
    kind: str
    digest: str


def kind(answer: Answer) -> str:
    """The media type of a manifest: its own word for it where the answer's is that of no manifest."""
    said = answer.header("Content-Type").partition(";")[0].strip()
    own = dig(answer.json(), "mediaType")
    return next((one for one in (said, own) if one in MANIFESTS), said)


def following(answer: Answer) -> str:
    """The address of the next page, as the answer writes it, or ""."""
    links = parse_header_links(answer.header("Link"))
    return next((link["url"] for link in links if link.get("rel", "").lower() == "next"), "")


def labels(config: Any) -> Mapping[str, str]:
    """Those of an image's configuration; none where it has nothing of the kind."""
    found = dig(config, "config", "Labels")
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


def parts(index: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What an index lists, each with a digest; None of what is no index."""
    listed = index.get("manifests")
    if not isinstance(listed, list):
        return None
    return [one for one in listed if isinstance(dig(one, "digest"), str)]


def dig(value: Any, *names: str) -> Any:
    """What lies under these names, None where there is nothing of the kind; of a list, its first."""
    for name in names:
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(name) if isinstance(value, dict) else None
    return value
