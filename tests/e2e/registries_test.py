"""The registry client against real registries: what it writes is there, and what it reads is right."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from authority import Authority
from imagebump.errors import UserError
from imagebump.registry import Access, Manifest
from imagebump.registry import Registry as Client
from imagebump.registry.images import images, relabel
from imagebump.tags import Found
from projects import Project
from services import IDENTITY, PASSWORD, USER, Registry
from tokens import TokenServer

LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def client(own_registry: Registry) -> Iterator[Client]:
    """A client of a repository that does not exist yet."""
    with closing(Client(own_registry.host, "team/app")) as one:
        yield one


def log_in(env: Mapping[str, str], host: str, **login: str) -> None:
    """Write a login into Docker's configuration; without one, services.USER's."""
    directory = Path(env["DOCKER_CONFIG"])
    directory.mkdir(exist_ok=True)
    auths = {"auths": {host: login or {"auth": LOGIN}}}
    (directory / "config.json").write_text(json.dumps(auths))


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


@pytest.mark.parametrize("kind", ["private_registry", "token_registry", "tls_registry"])
def test_logging_in(
    kind: str,
    request: pytest.FixtureRequest,
    isolated_environment: dict[str, str],
    authority: Authority,
) -> None:
    """Without a login it is refused; with one, everything works, over TLS as well."""
    there: Registry = request.getfixturevalue(kind)
    access = Access(ca=authority.certificate.read_text() if kind == "tls_registry" else "")
    with closing(Client(there.host, "team/app", access=access)) as one:
        line = rf"not logged in\. Run: docker login {there.host}$"
        with pytest.raises(UserError, match=line):
            image(one, {}, "1.0.0")
        log_in(isolated_environment, there.host)
        made = image(one, {}, "1.0.0")
        assert one.put("1.0.1", made.digest) == made.digest
        assert sorted(one.tags()) == ["1.0.0", "1.0.1"]
    assert there.tags("team/app") == {"1.0.0", "1.0.1"}


def test_a_token_is_used_again(
    token_registry: Registry, tokens: TokenServer, isolated_environment: dict[str, str]
) -> None:
    """One serves all that is asked; an identity token gets one as well."""
    log_in(isolated_environment, token_registry.host, identitytoken=IDENTITY)
    with closing(Client(token_registry.host, "team/app")) as one:
        made = image(one, {}, "1.0.0")
        assert one.put("1.0.1", made.digest) == made.digest
    assert len(tokens.given) == 1


def test_a_certificate_that_nobody_trusts(tls_registry: Registry) -> None:
    """It is said, and nothing is sent."""
    line = r": its TLS certificate is not trusted\. Set registry-ca in \.imagebump\.toml to "
    with (
        closing(Client(tls_registry.host, "team/app")) as one,
        pytest.raises(UserError, match=line),
    ):
        one.digest("1.0.0")


def test_a_certificate_that_the_system_trusts(
    tls_registry: Registry,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    isolated_environment: dict[str, str],
) -> None:
    """TLS is found on this machine where nobody said that it is spoken."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    log_in(isolated_environment, tls_registry.host)
    with closing(Client(tls_registry.host, "team/app")) as one:
        assert one.digest("1.0.0") is None
        assert image(one, {}, "1.0.0").digest == one.digest("1.0.0")


@pytest.mark.parametrize("login", [{}, {"identitytoken": IDENTITY}], ids=["password", "token"])
def test_publish_by_tokens(
    project: Project, token_registry: Registry, login: dict[str, str]
) -> None:
    """The engine pushes by the same login, and nothing of it is kept."""
    log_in(project.env, token_registry.host, **login)
    mine = Project(project.path, project.env, project.name, token_registry.host)
    mine.configure()
    commit = mine.commit("One")
    mine.imagebump("watch")
    assert token_registry.tags(mine.name) == {commit[:7], "1.0.0"}


def test_publish_over_tls(project: Project, tls_registry: Registry, authority: Authority) -> None:
    """The CA is read from the commit; the engine trusts every registry on this machine by itself."""
    log_in(project.env, tls_registry.host)
    mine = Project(project.path, project.env, project.name, tls_registry.host)
    manual = '[publish]\non = "manual"\n'
    mine.configure(manual)
    mine.commit("One")
    said = mine.imagebump("publish", "--foreground", status=1).out
    assert ": its TLS certificate is not trusted. Set registry-ca in .imagebump.toml" in said
    mine.write("certs/ca.pem", authority.certificate.read_bytes())
    mine.configure(f'registry-ca = "certs/ca.pem"\n{manual}')
    mine.commit("Two")
    said = mine.imagebump("publish", "--foreground", status=1).out
    line = "registry-ca = 'certs/ca.pem' is not in the tip of main. Run: git add certs/ca.pem, and commit"
    assert line in said
    mine.git("add", "certs")
    mine.imagebump("trust")
    commit = mine.commit("Three")
    mine.imagebump("publish", "--foreground")
    assert {commit[:7], "1.0.0"} <= tls_registry.tags(mine.name)


def index(client: Client, *entries: dict[str, object]) -> str:
    """An index of images, uploaded under its digest."""
    kind = "application/vnd.oci.image.index.v1+json"
    data = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
    return client.put_manifest(f"sha256:{sha256(data).hexdigest()}", data, kind)


def entry(made: Manifest, **more: object) -> dict[str, object]:
    """An image as an index lists it."""
    return {"mediaType": made.kind, "digest": made.digest, "size": len(made.data), **more}


def test_an_image_is_labelled_anew(client: Client) -> None:
    """One, and each of an index; the same labels give the same digest, and nothing is tagged."""
    first, second = (image(client, {"a": "b", "name": name}) for name in ("one", "two"))
    new = relabel(client, first.digest, {"a": "c", "d": "e"})
    assert client.find(new) == Found(new, {"a": "c", "d": "e", "name": "one"})
    assert new == relabel(client, first.digest, {"a": "c", "d": "e"}) != first.digest
    assert client.find(first.digest) == Found(first.digest, {"a": "b", "name": "one"})
    both = relabel(client, index(client, entry(first), entry(second)), {"a": "c", "d": "e"})
    assert [one.digest for one in images(client, both)] == [
        new,
        relabel(client, second.digest, {"a": "c", "d": "e"}),
    ]
    listed = json.loads(client.manifest(both).data)["manifests"]
    assert [one["size"] for one in listed] == [
        len(client.manifest(one["digest"]).data) for one in listed
    ]
    assert client.tags() == ()


def test_an_index_with_statements_is_not_labelled_anew(client: Client) -> None:
    """They speak of its images by their digests; none of them counts as an image."""
    made, statement = image(client, {"a": "b"}), image(client, {})
    said = {"vnd.docker.reference.type": "attestation-manifest"}
    whole = index(client, entry(made), entry(statement, annotations=said))
    assert relabel(client, whole, {"a": "c"}) == ""
    assert [one.digest for one in images(client, whole)] == [made.digest]
