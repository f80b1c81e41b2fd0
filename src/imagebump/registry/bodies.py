"""What registries answer, taken apart."""

from typing import Any, NamedTuple

from requests.utils import parse_header_links

from imagebump.registry.transport import Answer


class Manifest(NamedTuple):
    """A manifest: its bytes, its media type, and the digest of the bytes."""

    data: bytes
    kind: str
    digest: str


def following(answer: Answer) -> str:
    """The address of the next page, or ""."""
    links = parse_header_links(answer.header("Link"))
    return next((link["url"] for link in links if link.get("rel") == "next"), "")


def dig(value: Any, *names: str) -> Any:
    """What lies under these names, None where there is nothing of the kind; of a list, its first."""
    for name in names:
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(name) if isinstance(value, dict) else None
    return value
