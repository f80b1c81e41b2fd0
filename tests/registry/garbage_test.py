"""Registries that answer with what is none of it: one line, no tag for it, and never a bug of ours."""

import json
from collections.abc import Callable

import pytest

from imagebump.errors import UserError
from imagebump.registry.images import images, relabel
from registry_test import INDEX, OCI, Answer, Server, client, server

__all__ = ["server"]
DEEP = b"[" * 100_000
HEAD = "HEAD /v2/team/app/manifests/1.0.0"
TAGS = "GET /v2/team/app/tags/list?n=1000"


def said(server: Server, what: str) -> str:
    """What becomes of a question: the line that it ends with, or what is found."""
    with client(server.host) as one:
        asks: dict[str, Callable[[], object]] = {
            "find": lambda: one.find("1.0.0"),
            "tags": one.tags,
            "images": lambda: [(i.labels, i.sizes, i.platform) for i in images(one, "1.0.0")],
            "relabel": lambda: relabel(one, one.digest("1.0.0") or "", {"a": "b"}),
        }
        try:
            return str(asks[what]())
        except UserError as refused:
            return str(refused).replace(server.host, "HOST")


LOST = "Correct registry in .imagebump.toml, or see that its name leads there"


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/v2/team/app/manifests/1.0.0", "it leads from one address to the next, without end"),
        ("http://[bad/", "it leads to what is no address"),
        (f"http://{70 * 'a'}.example/", "it leads to what is no address"),
        ("file:///etc/passwd", "it leads to what is no address"),
    ],
)
def test_where_it_leads(server: Server, location: str, words: str) -> None:
    """It is followed within reason, once, and nowhere but over HTTP."""
    server.give(HEAD, Answer(302, {"Location": location}))
    assert said(server, "find") == f"cannot reach the registry at HOST: {words}. {LOST}"
    assert len(server.asked) <= 31


@pytest.mark.parametrize("labels", [["a"], "a", 5, {"org.opencontainers.image.revision": 5}])
def test_labels_that_are_none(server: Server, labels: object) -> None:
    """An image that somebody else made by hand is one without labels."""
    server.image("1.0.0", labels)  # type: ignore[arg-type]  # what it is about
    assert "labels={}" in said(server, "find")
    assert said(server, "images") == "[({}, [], '')]"


@pytest.mark.parametrize("config", [b"<html>", b"[]", b"5", b"\xff", DEEP])
@pytest.mark.parametrize("what", ["images", "relabel"])
def test_a_configuration_that_is_none(server: Server, config: bytes, what: str) -> None:
    """It is no image."""
    manifest = json.dumps({"config": {"digest": server.blob(config)}}).encode()
    there = server.put("1.0.0", OCI, manifest)
    assert said(server, what) == f"HOST/team/app@{there} is no image"
    assert "labels={}" in said(server, "find")


@pytest.mark.parametrize(
    "manifest",
    [
        b'{"manifests": 5}',
        b'{"manifests": null}',
        b'{"manifests": {"digest": "sha256:0"}}',
        b'{"config": {"digest": 5}}',
        b'{"config": [{}]}',
    ],
)
@pytest.mark.parametrize("what", ["images", "relabel"])
def test_a_manifest_of_nothing(server: Server, manifest: bytes, what: str) -> None:
    """Neither an index nor an image."""
    there = server.put("1.0.0", INDEX, manifest)
    assert said(server, what) == f"HOST/team/app@{there} is no image"


@pytest.mark.parametrize("entry", [b"5", b"{}", b'{"digest": 5}', b'{"annotations": 5}', b"[]"])
def test_an_index_of_nothing(server: Server, entry: bytes) -> None:
    """What it lists and is none is passed over, and it is not labelled anew."""
    server.put("1.0.0", INDEX, b'{"manifests": [%s]}' % entry)
    assert "labels={}" in said(server, "find")
    assert said(server, "images") == "[]"
    assert said(server, "relabel") == ""


@pytest.mark.parametrize("history", [5, [5], {"a": 1}])
def test_a_history_that_is_none(server: Server, history: object) -> None:
    """It tells of nothing."""
    config = server.blob(json.dumps({"history": history}).encode())
    server.put("1.0.0", OCI, json.dumps({"config": {"digest": config}}).encode())
    with client(server.host) as one:
        assert [image.history for image in images(one, "1.0.0")] == [[]]


@pytest.mark.parametrize("layers", [b"5", b"[5]", b'[{"size": "x"}]'])
def test_layers_that_are_none(server: Server, layers: bytes) -> None:
    """They have no size."""
    config = server.blob(b"{}").encode()
    manifest = b'{"config": {"digest": "%s"}, "layers": %s}' % (config, layers)
    server.put("1.0.0", OCI, manifest)
    assert said(server, "images") in ("[({}, [], '')]", "[({}, [0], '')]")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"tags": 5}', b'{"tags": "abc"}', b'{"tags": {"a": 1}}', DEEP]
)
def test_a_list_that_is_none(server: Server, body: bytes) -> None:
    """A page of somebody else is not taken for a registry without tags, by which one could go back."""
    server.give(TAGS, Answer(200, {}, body))
    assert said(server, "tags") == "HOST gives no list of the tags of HOST/team/app"


@pytest.mark.parametrize("link", ["http://[bad", "file:///etc/passwd"])
def test_a_page_that_is_nowhere(server: Server, link: str) -> None:
    """The list is not taken for the whole."""
    given = {"Link": f'<{link}>; rel="next"'}
    server.give(TAGS, Answer(200, given, b'{"tags": ["1"]}'))
    assert "no address" in said(server, "tags")


@pytest.mark.parametrize("place", ["http://[bad", "file:///x"])
def test_an_upload_to_nowhere(server: Server, place: str) -> None:
    """It ends with a line as well."""
    server.give("POST /v2/team/app/blobs/uploads/", Answer(202, {"Location": place}))
    with client(server.host) as one, pytest.raises(UserError, match="no address"):
        one.put_blob(b"x")


@pytest.mark.parametrize("kind", ["text/html", f"{OCI}; charset=utf-8"])
def test_a_manifest_by_another_name(server: Server, kind: str) -> None:
    """A tag is put on it as what it is itself, and not as what a proxy calls it."""
    manifest = json.dumps({"mediaType": OCI, "layers": []}).encode()
    there = server.put("1.0.0", kind, manifest)
    with client(server.host) as one:
        assert one.put("latest", there) == there
    assert server.manifests["latest"] == (OCI, manifest)
