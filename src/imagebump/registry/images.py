"""Images in a registry: what their configurations say, and the same layers under other labels."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from imagebump.errors import UserError
from imagebump.registry.bodies import Manifest, dig, labels, parts
from imagebump.registry.client import Registry
from imagebump.registry.transport import decoded


class Image(NamedTuple):
    """One image of one platform: its digest, its manifest and its configuration."""

    digest: str
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]

    @property
    def platform(self) -> str:
        """As Docker writes it: linux/amd64."""
        names = (self.config.get(name) for name in ("os", "architecture", "variant"))
        return "/".join(str(name) for name in names if name)

    @property
    def labels(self) -> Mapping[str, str]:
        """Those of its configuration."""
        return labels(self.config)

    @property
    def sizes(self) -> list[int]:
        """The bytes of each layer, as the registry keeps it."""
        listed = self.manifest.get("layers")
        sizes = [dig(layer, "size") for layer in listed] if isinstance(listed, list) else []
        return [size if isinstance(size, int) else 0 for size in sizes]

    @property
    def history(self) -> list[Mapping[str, Any]]:
        """What its configuration tells of each instruction."""
        listed = self.config.get("history")
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []

    @property
    def has_triggers(self) -> bool:
        """Has it ONBUILD instructions?"""
        return bool(dig(self.config, "config", "OnBuild"))


def images(registry: Registry, reference: str) -> list[Image]:
    """The images under a tag or a digest: one, or one a platform."""
    manifest = registry.manifest(reference)
    value = _value(registry, manifest)
    listed = parts(value)
    if listed is None:
        return [first(registry, manifest.digest)]
    return [
        one
        for entry in listed
        if not _is_attestation(entry)
        for one in images(registry, entry["digest"])
    ]


def first(registry: Registry, reference: str) -> Image:
    """The image under a tag or a digest, of several platforms' one: hubs count what is read."""
    manifest = registry.manifest(reference)
    value = _value(registry, manifest)
    for entry in parts(value) or ():
        if not _is_attestation(entry):
            return first(registry, entry["digest"])
    return Image(manifest.digest, value, _config(registry, manifest.digest, value))


def relabel(registry: Registry, digest: str, new: Mapping[str, str]) -> str:
    """The digest of the same image with other labels, its layers and its history untouched; "" where that cannot be.

    The same image and labels give the same digest, whoever makes it. Nothing is tagged.
    """
    manifest = registry.manifest(digest)
    value = _value(registry, manifest)
    listed = parts(value)
    if listed is None:
        _relabel_config(registry, manifest.digest, value, new)
    elif listed != value["manifests"] or any(map(_is_attestation, listed)):
        return ""  # it speaks of the images by their digests
    else:
        for entry in listed:
            entry["digest"] = relabel(registry, entry["digest"], new)
            entry["size"] = len(registry.manifest(entry["digest"]).data)
    if isinstance(said := value.get("annotations"), dict):
        said |= {name: text for name, text in new.items() if name in said}
    data = _dumped(value)
    return registry.put_manifest(f"sha256:{sha256(data).hexdigest()}", data, manifest.kind)


def _relabel_config(
    registry: Registry, digest: str, manifest: dict[str, Any], new: Mapping[str, str]
) -> None:
    config = _config(registry, digest, manifest)
    for part in ("config", "container_config"):
        if isinstance(config.get(part), dict):
            config[part]["Labels"] = {**labels({"config": config[part]}), **new}
    data = _dumped(config)
    manifest["config"] |= {"digest": registry.put_blob(data), "size": len(data)}


def _dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _value(registry: Registry, manifest: Manifest) -> dict[str, Any]:
    value = decoded(manifest.data)
    if not isinstance(value, dict):
        raise UserError(f"{registry.host} gives no manifest for {manifest.digest}", status=1)
    return value


def _config(registry: Registry, digest: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """An image's configuration. UserError of what is none."""
    about = manifest.get("config")
    name = about.get("digest") if isinstance(about, dict) else None
    found = decoded(registry.blob(name)) if isinstance(name, str) else None
    if not isinstance(found, dict):
        raise UserError(f"{registry.name}@{digest} is no image", status=1)
    return found


def _is_attestation(entry: Mapping[str, Any]) -> bool:
    """Is it a statement about an image, and none itself?"""
    return dig(entry, "annotations", "vnd.docker.reference.type") is not None
