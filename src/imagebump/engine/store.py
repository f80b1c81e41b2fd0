"""What of ours the engine keeps: images by their label, and the size of its build cache."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import requests
from docker.errors import APIError, DockerException, ImageNotFound, NullResource

from imagebump.engine.api import ApiEngine
from imagebump.engine.reasons import reason
from imagebump.errors import UserError
from imagebump.reference import DOCKER_HUB
from imagebump.tags import KEY_LABEL


class OwnImage(NamedTuple):
    """An image that imagebump built: its names of one repository, when it was made (s since the epoch), and its tree key."""

    names: tuple[str, ...]
    created: float
    key: str


class Stored(NamedTuple):
    """An image in the engine: its id, its configuration with its history, and the bytes of each layer, unpacked."""

    id: str
    config: Mapping[str, Any]
    sizes: list[int]


class Store(ApiEngine):
    """The engine's images."""

    def image(self, name: str) -> Stored | None:
        """The image of that name or id; None where there is none."""
        try:
            about = self._client.inspect_image(name)  # type: ignore[no-untyped-call]  # decorated in the SDK
            history = self._client.history(about["Id"])[::-1]  # type: ignore[no-untyped-call]
        except (ImageNotFound, NullResource):
            return None
        except (DockerException, requests.RequestException) as problem:
            raise UserError(f"cannot look at {name}: {reason(problem)}") from None
        sizes = [int(one.get("Size") or 0) for one in history]
        told = [
            {"created_by": one.get("CreatedBy") or one.get("Comment"), "empty_layer": not size}
            for one, size in zip(history, sizes, strict=True)
        ]
        config = {name.lower(): about.get(name) for name in ("Os", "Architecture", "Variant")}
        config |= {"created": about.get("Created"), "config": about.get("Config"), "history": told}
        return Stored(about["Id"], config, [size for size in sizes if size])

    def ours(self, repository: str) -> list[OwnImage]:
        """The images of `repository` (with its registry) that carry our label, called as that is written."""
        short = _short(repository)
        try:
            found = self._client.images(name=short, filters={"label": [KEY_LABEL]})
        except (DockerException, requests.RequestException) as problem:
            raise UserError(f"cannot list the images of {repository}: {reason(problem)}") from None
        tags = [[name.rpartition(":") for name in one["RepoTags"] or ()] for one in found]
        names = [
            [f"{repository}:{tag}" for name, _, tag in some if _short(name) == short]
            for some in tags
        ]
        return [
            OwnImage(tuple(some), float(one["Created"]), one["Labels"][KEY_LABEL])
            for some, one in zip(names, found, strict=True)
            if some
        ]

    def discard(self, name: str) -> bool:
        """Take a name away, and the image with its last one; False where a container uses it."""
        try:
            self._client.remove_image(name)
        except APIError:
            return False
        except (DockerException, requests.RequestException) as problem:
            raise UserError(f"cannot take away {name}: {reason(problem)}") from None
        return True

    def cache_size(self) -> int:
        """The bytes of the build cache that no image shares."""
        try:
            rows = self._client.df().get("BuildCache") or ()
        except (DockerException, requests.RequestException) as problem:
            raise UserError(f"cannot ask for the build cache: {reason(problem)}") from None
        return sum(int(row["Size"]) for row in rows if not row.get("Shared"))


def _short(repository: str) -> str:
    """As Docker calls it, which leaves out Docker Hub; Podman does not."""
    return repository.removeprefix(f"{DOCKER_HUB}/").removeprefix("library/")
