"""One repository of a registry: its tags, manifests and blobs.

Nothing here knows the engine.
"""

import re
import time
from collections.abc import Callable, Mapping
from hashlib import sha256

from imagebump.errors import UserError
from imagebump.registry.access import USUAL, Access
from imagebump.registry.bodies import Manifest, dig, following, kind, labels
from imagebump.registry.connection import Connection
from imagebump.registry.recent import Recent
from imagebump.registry.transport import Answer, decoded, patiently
from imagebump.tags import Found

_SETTLE = 0.3
"""Seconds, at the least, after which one who was about to write the same tag has written it."""
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")
_PAGES = 10_000
"""More pages of tags than any registry has."""
_MANIFESTS: Recent[Manifest] = Recent()
_BLOBS: Recent[bytes] = Recent()

Reach = Callable[[str, str, Access, Callable[[str], None]], Connection]
"""What opens a connection to a host's repository."""


class _StandingError(Exception):
    """Something stands there already."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest


class Registry:
    """One repository of one registry. Every method raises UserError where the registry does not serve it."""

    def __init__(
        self,
        host: str,
        repository: str,
        hide: Callable[[str], None] = lambda secret: None,
        access: Access = USUAL,
        reach: Reach = Connection,
    ) -> None:
        """`hide` is told each secret before it is sent: a registry may repeat it in what it says."""
        self.host, self.repository = host, repository
        self._there = reach(host, repository, access, hide)
        self._settled: dict[str, float] = {}

    def close(self) -> None:
        """Close the connections."""
        self._there.close()

    @property
    def name(self) -> str:
        """The repository as image references write it."""
        return f"{self.host}/{self.repository}"

    @property
    def credentials(self) -> Mapping[str, str]:
        """Docker's login for it, as it is now: one may have expired while an image was built."""
        return self._there.credentials()

    def refusal(self, what: str, message: str, code: str = "") -> UserError:
        """Why the registry refuses to do `what`, in one line with what to type."""
        return self._there.refusal(what, message, code)

    def find(self, tag: str) -> Found | None:
        """What stands under `tag` (or a digest): its digest and its image's labels; None where nothing does."""
        digest = self.digest(tag)
        return None if digest is None else Found(digest, self._labels(digest))

    def digest(self, tag: str) -> str | None:
        """The digest under `tag`, by a HEAD, which hubs do not count as a pull; None where nothing is there."""
        why = f"read {self._titled(tag)}"
        answer = self._there.ask("HEAD", f"manifests/{tag}", why)
        if answer.status == 404:
            return None
        digest = self._there.expect(answer, 200, why).header("Docker-Content-Digest")
        if not _DIGEST.fullmatch(digest):
            raise UserError(f"{self.host} gives no digest for {self._titled(tag)}", status=1)
        return digest

    def tags(self) -> tuple[str, ...]:
        """Every tag, page after page; none where there is no such repository."""
        path, why, found = "tags/list?n=1000", f"list the tags of {self.name}", list[str]()
        for number in range(_PAGES):
            answer = self._there.ask("GET", path, why)
            if answer.status == 404 and not number:
                return ()
            listed = self._there.expect(answer, 200, why).json()
            if not (isinstance(listed, dict) and isinstance(listed.get("tags") or [], list)):
                raise UserError(f"{self.host} gives no list of the tags of {self.name}", status=1)
            found += [tag for tag in listed.get("tags") or () if isinstance(tag, str)]
            path = self._there.led(answer, following(answer))
            if not path:
                return tuple(found)
        raise UserError(f"{self.host} lists the tags of {self.name} without end", status=1)

    def manifest(self, reference: str) -> Manifest:
        """The manifest under a tag or a digest, whose bytes have the digest that it is said to have."""
        if known := _MANIFESTS.get(self.name, reference):
            return known
        answer = self._read(f"manifests/{reference}", f"read {self._titled(reference)}")
        digest = f"sha256:{sha256(answer.body).hexdigest()}"
        said = answer.header("Docker-Content-Digest") or digest
        if said != digest or (":" in reference and reference != digest):
            wanted = reference if ":" in reference else said
            raise UserError(f"{self.host} gives another manifest than {wanted}", status=1)
        found = Manifest(answer.body, kind(answer), digest)
        _MANIFESTS.put(self.name, digest, found, len(found.data))
        return found

    def put_manifest(self, reference: str, data: bytes, kind: str) -> str:
        """Write a manifest under a digest, or a tag that is nobody else's: over whatever stands there. Gives its digest."""
        why = f"write {self._titled(reference)}"
        answer = self._there.ask("PUT", f"manifests/{reference}", why, data, kind)
        self._there.expect(answer, 201, why)
        digest = f"sha256:{sha256(data).hexdigest()}"
        if answer.header("Docker-Content-Digest") not in ("", digest):
            raise UserError(
                f"{self.host} made another manifest of {self._titled(reference)}", status=1
            )
        return digest

    def blob(self, digest: str) -> bytes:
        """A small blob, such as an image's configuration."""
        if known := _BLOBS.get(self.name, digest):
            return known
        data = self._read(f"blobs/{digest}", f"read {self.name}@{digest}").body
        if digest.startswith("sha256:") and digest != f"sha256:{sha256(data).hexdigest()}":
            raise UserError(f"{self.host} gives another blob than {digest}", status=1)
        _BLOBS.put(self.name, digest, data, len(data))
        return data

    def put_blob(self, data: bytes) -> str:
        """Upload a small blob, unless it is there; gives its digest."""
        digest = f"sha256:{sha256(data).hexdigest()}"
        why = f"upload {digest} to {self.name}"
        if self._there.ask("HEAD", f"blobs/{digest}", why).status != 200:
            self._there.expect(patiently(lambda: self._upload(digest, data, why)), 201, why)
        return digest

    def _upload(self, digest: str, data: bytes, why: str) -> Answer:
        """One upload from its begin: half of one is nobody's."""
        begun = self._there.once("POST", "blobs/uploads/", why)
        place = self._there.led(begun, begun.header("Location"))
        if begun.status != 202 or not place:
            return begun
        path = f"{place}{'&' if '?' in place else '?'}digest={digest}"
        return self._there.once("PUT", path, why, data, "application/octet-stream")

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """Put `tag` on the manifest `digest`, byte for byte the same, without a pull or a push.

        Gives the digest that it stands on in the end: another one where somebody else was faster. Only
        where it is free, or stands on the digest `over`. A registry has no compare-and-swap. So it is
        looked at before each attempt, none is repeated unseen, and of two that saw the tag free, each
        looks again after a while that is long enough for the other's request, where that did not take
        four times as long as ours: both see the same one there, and only one of them goes on.
        Where it is not `contended`, nobody waits: whoever else writes it gives it the same digest, or
        it is looked at again later (`settled`).
        """
        manifest, why = self.manifest(digest), f"tag {self._titled(tag)}"
        began = time.monotonic()

        def attempt() -> Answer:
            nonlocal began
            if (standing := self.digest(tag)) and standing != over:
                raise _StandingError(standing)
            began = time.monotonic()
            path = f"manifests/{tag}"
            return self._there.once("PUT", path, why, manifest.data, manifest.kind, again=False)

        try:
            answer = patiently(attempt)
            if answer.status == 401:  # logged in by now: who was not may have been told of nothing
                answer = patiently(attempt)
            self._there.expect(answer, 201, why)
        except _StandingError as found:
            if found.digest != digest:
                return found.digest  # ours may be there by an attempt whose answer was lost
        now = time.monotonic()
        self._settled[tag] = now + max(_SETTLE, 4 * (now - began))
        return self.settled(tag) if contended else digest

    def settled(self, tag: str) -> str:
        """What a tag that we put is on once all who were about to write it then have done so."""
        time.sleep(max(0.0, self._settled.get(tag, 0.0) - time.monotonic()))
        if not (standing := self.digest(tag)):
            raise UserError(f"{self._titled(tag)} was written, and is gone", status=1)
        return standing

    def _read(self, path: str, why: str) -> Answer:
        return self._there.expect(self._there.ask("GET", path, why), 200, why)

    def _titled(self, reference: str) -> str:
        return f"{self.name}{'@' if ':' in reference else ':'}{reference}"

    def _labels(self, digest: str) -> Mapping[str, str]:
        """The labels in the image's configuration; of an index, in its first image's."""
        manifest = decoded(self.manifest(digest).data)
        if not isinstance(manifest, dict):
            raise UserError(f"{self.host} gives no manifest for {self.name}@{digest}", status=1)
        first, config = (dig(manifest, name, "digest") for name in ("manifests", "config"))
        if isinstance(first, str):
            return self._labels(first)
        return labels(decoded(self.blob(config))) if isinstance(config, str) else {}
