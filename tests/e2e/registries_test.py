"""The registry client against real registries: what it writes is there, and what it reads is right."""

import json
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256

import pytest

from imagebump.errors import UserError
from imagebump.registry import Manifest
from imagebump.registry import Registry as Client
from services import Registry

OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def client(own_registry: Registry) -> Iterator[Client]:
    """A client of a repository that does not exist yet."""
    with closing(Client(own_registry.host, "team/app")) as one:
        yield one


def image(client: Client, labels: dict[str, str], tag: str = "") -> Manifest:
    """An image of no layers, uploaded under its digest or a tag."""
    config = json.dumps({"config": {"Labels": labels}, "rootfs": {"type": "layers"}}).encode()
    digest = client.put_blob(config)
    kind = "application/vnd.oci.image.config.v1+json"
    about = {"mediaType": kind, "digest": digest, "size": len(config)}
    data = json.dumps(
        {"schemaVersion": 2, "mediaType": OCI, "config": about, "layers": []}, indent=3
    ).encode()
    written = client.put_manifest(tag or f"sha256:{sha256(data).hexdigest()}", data, OCI)
    return Manifest(data, OCI, written)


def test_what_is_written_is_there(client: Client, own_registry: Registry) -> None:
    """Blobs and manifests, by digest and by tag, byte for byte; what is there is not uploaded again."""
    assert client.tags() == ()
    assert client.find("1.0.0") is None
    made = image(client, {"a": "b"})
    assert client.tags() == ()
    assert client.manifest(made.digest) == made
    assert client.put("1.0.0", made.digest) == made.digest
    assert client.put("1.0.1", made.digest) == made.digest
    assert image(client, {"a": "b"}, tag="other") == made
    assert sorted(client.tags()) == ["1.0.0", "1.0.1", "other"]
    found = client.find("1.0.1")
    assert found
    assert (found.digest, found.labels) == (made.digest, {"a": "b"})
    assert own_registry.log.count("POST /v2/team/app/blobs/uploads/") == 1
    assert own_registry.digest("team/app", "1.0.0") == made.digest


def test_what_is_not_there(client: Client) -> None:
    """It is said in one line."""
    image(client, {})
    for read in (client.manifest, client.blob):
        with pytest.raises(UserError, match=r"^cannot read \S+/team/app@sha256:0+: \w+ unknown"):
            read(f"sha256:{64 * '0'}")


def test_a_manifest_that_is_refused(client: Client) -> None:
    """Nothing stands under the tag then."""
    about = {"mediaType": OCI, "digest": f"sha256:{64 * '0'}", "size": 2}
    data = json.dumps({"schemaVersion": 2, "mediaType": OCI, "config": about, "layers": []})
    with pytest.raises(UserError, match=r"^cannot write \S+/team/app:1\.0\.0: blob unknown"):
        client.put_manifest("1.0.0", data.encode(), OCI)
    assert client.digest("1.0.0") is None
