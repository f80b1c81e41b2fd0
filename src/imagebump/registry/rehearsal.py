"""A connection that changes nothing: it reads for real, and remembers what it would have written."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from imagebump.reference import MANIFESTS
from imagebump.registry.access import Access
from imagebump.registry.connection import Connection
from imagebump.registry.transport import Answer, Tell

_READS = ("HEAD", "GET")


class Rehearsal(Connection):
    """`tell` is told of each request, also of those that are not made."""

    def __init__(
        self, host: str, repository: str, access: Access, hide: Callable[[str], None], tell: Tell
    ) -> None:
        super().__init__(host, repository, access, hide, tell=tell)
        self._said = tell
        self._written: dict[str, Answer] = {}

    def once(
        self,
        method: str,
        path: str,
        why: str,
        data: bytes | None = None,
        kind: str = "",
        *,
        again: bool = True,
    ) -> Answer:
        """See Connection."""
        if method in _READS and path not in self._written:
            return super().once(method, path, why, data, kind, again=again)
        self._said(method, self.url(path), why)
        if method in _READS:
            return self._written[path]
        if method == "POST":
            return Answer(202, {"location": path})
        return self._write(path, data or b"", kind)

    def _write(self, path: str, data: bytes, kind: str) -> Answer:
        digest = f"sha256:{sha256(data).hexdigest()}"
        answer = Answer(200, {"docker-content-digest": digest, "content-type": kind}, data)
        uploaded = parse_qs(urlsplit(path).query).get("digest")
        for name in [f"blobs/{digest}"] if uploaded else [path, f"manifests/{digest}"]:
            self._written[name] = answer
        return Answer(201, {"docker-content-digest": digest})

    def arrive(self, tag: str, labels: Mapping[str, str]) -> None:
        """What an engine would push: an image with these labels."""
        config = json.dumps({"config": {"Labels": dict(labels)}}).encode()
        self._said("POST", self.url("blobs/uploads/"), "the engine: upload what is not there")
        about = self._write("blobs/uploads/?digest=it", config, "").header("docker-content-digest")
        manifest = json.dumps({"config": {"digest": about}, "layers": []}).encode()
        title = f"the engine: push {self.host}/{self.repository}:{tag}"
        self.once("PUT", f"manifests/{tag}", title, manifest, MANIFESTS[0])
