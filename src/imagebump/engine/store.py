"""What of ours the engine keeps: images by their label, and the size of its build cache."""

from typing import NamedTuple

import requests
from docker.errors import APIError, DockerException

from imagebump.engine.api import ApiEngine
from imagebump.engine.reasons import reason
from imagebump.errors import UserError
from imagebump.tags import KEY_LABEL


class OwnImage(NamedTuple):
    """An image that imagebump built: its names of one repository, and when it was made (s since the epoch)."""

    names: tuple[str, ...]
    created: float


class Store(ApiEngine):
    """The engine's images."""

    def ours(self, repository: str) -> list[OwnImage]:
        """The images of `repository` (with its registry) that carry our label."""
        try:
            found = self._client.images(name=repository, filters={"label": [KEY_LABEL]})
        except (DockerException, requests.RequestException) as problem:
            raise UserError(f"cannot list the images of {repository}: {reason(problem)}") from None
        names = [
            [name for name in one["RepoTags"] or () if name.rpartition(":")[0] == repository]
            for one in found
        ]
        made = (float(one["Created"]) for one in found)
        return [OwnImage(tuple(some), when) for some, when in zip(names, made, strict=True) if some]

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
