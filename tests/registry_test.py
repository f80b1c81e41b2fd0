"""The HTTP client against a server that plays a registry: what it asks, and what it makes of the answers."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import free_port
from imagebump import registry
from imagebump.errors import UserError
from imagebump.reference import MANIFESTS
from imagebump.registry import Access, Registry
from imagebump.registry.refusal import explain
from imagebump.tags import Found
from web import Silent, serving

OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
BASIC = f"Basic {base64.b64encode(b'ada:pw').decode()}"


class Answer(NamedTuple):
    """What a server answers."""

    status: int
    headers: dict[str, str] = {}  # noqa: RUF012  # never changed
    body: bytes = b""


@dataclass
class Asked:
    """A request: its method, path with the query, headers in lower case, and body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


@dataclass
class Server:
    """A server on 127.0.0.1: it gives each line the next of its answers, the last one for ever."""

    port: int
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    allowed: Callable[[Asked], Answer | None] = lambda _: None

    @property
    def host(self) -> str:
        """As it stands in image names."""
        return f"127.0.0.1:{self.port}"

    @property
    def lines(self) -> list[str]:
        """All that was asked."""
        return [one.line for one in self.asked]

    def give(self, line: str, *answers: Answer) -> None:
        """The answers to a line."""
        self.answers[line] = list(answers)

    def image(self, tag: str, labels: dict[str, str] | None) -> str:
        """An image with these labels under `tag`; gives its digest."""
        config = json.dumps({"config": {"Labels": labels}}).encode()
        self.blob(config)
        manifest = {
            "schemaVersion": 2,
            "config": {"digest": digest(config)},
            "note": "kept  as it is",
        }
        return self.put(tag, OCI, json.dumps(manifest, indent=3).encode())

    def blob(self, data: bytes) -> str:
        """A blob; gives its digest."""
        self.give(f"GET /v2/team/app/blobs/{digest(data)}", Answer(200, {}, data))
        return digest(data)

    def put(self, tag: str, kind: str, data: bytes) -> str:
        """A manifest under a tag and its digest; gives the digest."""
        self.manifests[tag] = self.manifests[digest(data)] = (kind, data)
        return digest(data)

    def answer(self, one: Asked) -> Answer:
        """What a registry answers, where nothing else was given."""
        if refusal := self.allowed(one):
            return refusal
        if given := self.answers.get(one.line):
            return given.pop(0) if len(given) > 1 else given[0]
        name = one.path.rpartition("/manifests/")[2]
        if one.method == "PUT":
            self.put(name, one.headers["content-type"], one.body)
            return Answer(201)
        if found := self.manifests.get(name):
            return Answer(
                200, {"Content-Type": found[0], "Docker-Content-Digest": digest(found[1])}, found[1]
            )
        return failure(404, "MANIFEST_UNKNOWN", "manifest unknown")


def digest(data: bytes) -> str:
    """Of a manifest or a blob."""
    return f"sha256:{sha256(data).hexdigest()}"


def failure(status: int, code: str, message: str, detail: object = None) -> Answer:
    """A refusal as registries give it."""
    error = {"code": code, "message": message} | ({"detail": detail} if detail else {})
    return Answer(status, {}, json.dumps({"errors": [error]}).encode())


@contextmanager
def playing() -> Iterator[Server]:
    """A server that runs for the block."""

    class Handler(Silent):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            one = Asked(self.command, self.path, headers, body)
            played.asked.append(one)
            answer = played.answer(one)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_PUT = do_POST = handle_any

    with serving(Handler) as http:
        played = Server(http.server_port)
        yield played


@pytest.fixture
def server() -> Iterator[Server]:
    """A registry without a login."""
    with playing() as one:
        yield one


@contextmanager
def client(host: str) -> Iterator[Registry]:
    """A client of team/app, without connections that outlive the block."""
    with closing(Registry(host, "team/app")) as one:
        yield one


def log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, **login: str) -> None:
    """Have Docker's configuration hold a login."""
    (tmp_path / "config.json").write_text(json.dumps({"auths": {host: login}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


ADA = {"auth": base64.b64encode(b"ada:pw").decode()}


def refused(server: Server, tag: str = "1.0.0") -> str:
    """The line that looking for a tag ends with."""
    with client(server.host) as one, pytest.raises(UserError) as caught:
        one.find(tag)
    assert caught.value.status == 1
    return str(caught.value)


def test_find(server: Server) -> None:
    """The digest by HEAD, the labels from the configuration; every manifest type is accepted."""
    there = server.image("1.0.0", {"a": "b"})
    bare = server.image("bare", None)
    with client(server.host) as one:
        assert one.name == f"{server.host}/team/app"
        assert one.find("1.0.0") == Found(there, {"a": "b"})
        assert one.find("bare") == Found(bare, {})
        assert one.find("2.0.0") is None
    assert server.lines[0] == "HEAD /v2/team/app/manifests/1.0.0"
    assert {ask.headers["accept"] for ask in server.asked} == {", ".join(MANIFESTS)}
    assert not any("authorization" in ask.headers for ask in server.asked)


def test_find_an_index(server: Server) -> None:
    """An image of several platforms has the labels of its first one."""
    inner = server.image("inner", {"a": "b"})
    data = json.dumps({"manifests": [{"digest": inner}, {"digest": "sha256:0"}]}).encode()
    outer = server.put("1.0.0", INDEX, data)
    with client(server.host) as one:
        assert one.find("1.0.0") == Found(outer, {"a": "b"})


@pytest.mark.parametrize(
    "body", [b"{}", b'{"config": null}', b'{"config": 3}', b'{"manifests": []}']
)
def test_find_what_is_no_image(server: Server, body: bytes) -> None:
    """A manifest without a configuration has no labels."""
    other = server.put("1.0.0", OCI, body)
    with client(server.host) as one:
        assert one.find("1.0.0") == Found(other, {})


@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"[]", b"\xff", b"3"])
def test_what_is_no_manifest(server: Server, body: bytes) -> None:
    """A page where a manifest should be is not taken for one, nor for a bug of ours."""
    there = server.put("1.0.0", OCI, body)
    assert refused(server) == (
        f"{server.host} gives no manifest for {server.host}/team/app@{there}"
    )


def test_no_digest(server: Server) -> None:
    """A proxy that answers with a page of its own is not taken for a registry."""
    server.give("HEAD /v2/team/app/manifests/1.0.0", Answer(200))
    assert refused(server) == f"{server.host} gives no digest for {server.host}/team/app:1.0.0"


def test_put(server: Server) -> None:
    """The same bytes with the same type under one more name, and read again."""
    there = server.image("1.0.0", {})
    with client(server.host) as one:
        assert one.put("latest", there) == there
    assert server.manifests["latest"] == server.manifests["1.0.0"]
    assert server.lines == [
        f"GET /v2/team/app/manifests/{there}",
        "HEAD /v2/team/app/manifests/latest",
        "PUT /v2/team/app/manifests/latest",
        "HEAD /v2/team/app/manifests/latest",
    ]


def page(server: Server, path: str, tags: list[str] | None, following: str = "") -> None:
    """A page of tags, and where the next one is."""
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    server.give(f"GET {path}", Answer(200, link, json.dumps({"tags": tags}).encode()))


def test_tags_page_after_page(server: Server) -> None:
    """The next page is where the Link says, be it relative or not, and on this host only."""
    start = "/v2/team/app/tags/list?n=1000"
    page(server, start, ["1", "2"], "/v2/team/app/tags/list?last=2")
    page(server, "/v2/team/app/tags/list?last=2", None, f"http://{server.host}/pages?last=3")
    page(server, "/pages?last=3", ["3"], "?last=4")
    page(server, "/pages?last=4", ["4"])
    with client(server.host) as one:
        assert one.tags() == ("1", "2", "3", "4")
        server.give("GET /pages?last=4", failure(404, "NAME_UNKNOWN", ""))
        with pytest.raises(UserError):  # half of a list is none: a tag could go back by it
            one.tags()


def test_pages_elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever a Link leads to gets no login, although it asks for one."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    server.allowed = basic
    with playing() as other:
        other.allowed = basic
        page(server, "/v2/team/app/tags/list?n=1000", ["1"], f"http://{other.host}/more")
        with client(server.host) as one, pytest.raises(UserError):
            one.tags()
    assert [ask.headers.get("authorization") for ask in other.asked] == [None]


def test_a_page_without_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Link that leads back is not followed for ever."""
    monkeypatch.setattr("imagebump.registry.client._PAGES", 3)
    page(server, "/v2/team/app/tags/list?n=1000", ["1"], "/v2/team/app/tags/list?n=1000")
    with client(server.host) as one, pytest.raises(UserError, match=r"without end$"):
        one.tags()


def test_put_that_somebody_else_wins_a_moment_later(server: Server) -> None:
    """Another one that saw the tag free writes it after us: that one has won, and we say so."""
    ours, theirs = server.image("1.0.0", {"by": "us"}), server.image("theirs", {"by": "them"})
    later = threading.Timer(0.1, lambda: server.image("latest", {"by": "them"}))
    with client(server.host) as one:
        later.start()
        assert one.put("latest", ours) == theirs
    later.join()


def test_put_where_something_stands(server: Server) -> None:
    """It is looked at before: the same is as good as written, something else is never overwritten."""
    ours, theirs = server.image("1.0.0", {"by": "us"}), server.image("latest", {"by": "them"})
    with client(server.host) as one:
        assert one.put("1.0.0", ours) == ours
        assert one.put("latest", ours) == theirs
        assert not any(line.startswith("PUT") for line in server.lines)
        assert one.put("latest", ours, over=theirs) == ours
    assert server.manifests["latest"] == server.manifests["1.0.0"]


def test_what_a_digest_names_is_read_once(server: Server) -> None:
    """By all who ask in this process; what a tag is on, each time."""
    there = server.image("1.0.0", {"by": "us"})
    for _ in range(2):
        with client(server.host) as one:
            assert one.find("1.0.0") == Found(there, {"by": "us"})
    head, *read = sorted(server.lines, reverse=True)
    assert head == "HEAD /v2/team/app/manifests/1.0.0" == read[0]
    assert len(read) == 3, "and the manifest and the configuration"


def test_put_of_what_is_gone_at_once(server: Server) -> None:
    """Somebody else deleted it: it is not said to stand."""
    ours = server.image("1.0.0", {})
    gone = failure(404, "MANIFEST_UNKNOWN", "")
    server.give("HEAD /v2/team/app/manifests/latest", gone, gone)
    with client(server.host) as one, pytest.raises(UserError) as caught:
        one.put("latest", ours)
    assert str(caught.value) == f"{server.host}/team/app:latest was written, and is gone"


def test_put_that_is_refused_for_a_moment(server: Server) -> None:
    """Somebody else may write the tag while we wait: each attempt looks first."""
    ours = server.image("1.0.0", {"by": "us"})
    theirs = server.image("theirs", {"by": "them"})
    there = Answer(200, {"Docker-Content-Digest": theirs})
    server.give("HEAD /v2/team/app/manifests/1", failure(404, "MANIFEST_UNKNOWN", ""), there)
    server.give("PUT /v2/team/app/manifests/1", Answer(503), Answer(201))
    with client(server.host) as one:
        assert one.put("1", ours) == theirs
    assert server.lines.count("PUT /v2/team/app/manifests/1") == 1


def test_what_is_hidden_from_strangers(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some say that nothing is there instead of asking for a login: what is there, we do not write over."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    ours = server.image("theirs", {"by": "us"})
    theirs = server.image("1.0.0", {"by": "them"})

    def allowed(one: Asked) -> Answer | None:
        if one.path != "/v2/" and one.method == "HEAD" and "authorization" not in one.headers:
            return failure(404, "MANIFEST_UNKNOWN", "")
        return basic(one) if one.method != "GET" or one.path == "/v2/" else None

    server.allowed = allowed
    with client(server.host) as one:
        assert one.digest("1.0.0") == theirs
        assert one.digest("2.0.0") is None
        assert one.put("1.0.0", ours) == theirs
    assert server.lines.count("GET /v2/") == 1


def test_a_login_between_a_look_and_a_tag(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It takes a while, in which somebody else may write: it is looked at again."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    ours, theirs = server.image("ours", {"by": "us"}), digest(b"theirs")
    server.give("GET /v2/", Answer(200))
    there = Answer(200, {"Docker-Content-Digest": theirs})
    server.give("HEAD /v2/team/app/manifests/1", failure(404, "MANIFEST_UNKNOWN", ""), there)
    server.allowed = lambda one: basic(one) if one.method == "PUT" else None
    with client(server.host) as one:
        assert one.put("1", ours) == theirs
        server.give("HEAD /v2/team/app/manifests/2", failure(404, "MANIFEST_UNKNOWN", ""), there)
        assert one.put("2", ours) == theirs, "written by us, and then by somebody else"
    assert [one.line for one in server.asked if one.method == "PUT"] == [
        "PUT /v2/team/app/manifests/1",
        "PUT /v2/team/app/manifests/2",
    ]


def test_a_blob_that_is_another(server: Server) -> None:
    """Labels are believed only where the bytes are those of the digest."""
    server.image("1.0.0", {"a": "b"})
    (line,) = server.answers
    server.give(line, Answer(200, {}, b'{"config": {"Labels": {"a": "c"}}}'))
    assert " gives another blob than sha256:" in refused(server)


def test_put_of_a_manifest_that_is_another(server: Server) -> None:
    """A cache that gives other bytes than the digest's gets no tag for them."""
    ours = server.image("1.0.0", {"by": "us"})
    server.image("theirs", {"by": "them"})
    server.manifests[ours] = server.manifests["theirs"]
    with client(server.host) as one, pytest.raises(UserError) as caught:
        one.put("1", ours)
    assert str(caught.value) == f"{server.host} gives another manifest than {ours}"


def test_no_proxy_is_asked_for_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be given the login in clear."""
    there = server.image("1.0.0", {})
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with client(server.host) as one:
        assert one.digest("1.0.0") == there


def test_a_secret_is_hidden_before_it_is_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it travels, too: registries and proxies may repeat a header."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    server.allowed = lambda ask: (
        None
        if "authorization" in ask.headers
        else Answer(401, {"WWW-Authenticate": 'Basic realm="x"'})
    )
    hidden: list[str] = []
    with closing(Registry(server.host, "team/app", hidden.append)) as one:
        assert one.find("1.0.0") is None
    assert hidden == ["pw", base64.b64encode(b"ada:pw").decode()]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            failure(404, "NAME_UNKNOWN", "repository name not known to registry"),
            "cannot tag HOST/team/app:1: HOST has no such repository. "
            "Create team/app there, or correct repository in .imagebump.toml",
        ),
        (
            failure(403, "DENIED", "requested access to the resource is denied"),
            "cannot tag HOST/team/app:1: denied. Ask for the right to push, or run: docker login HOST",
        ),
        (
            failure(401, "UNAUTHORIZED", "authentication required"),
            "cannot tag HOST/team/app:1: not logged in. Run: docker login HOST",
        ),
        (
            failure(400, "TAG_INVALID", "tag is immutable", "1 is taken"),
            "cannot tag HOST/team/app:1: it is there already, and HOST lets no tag be written twice. "
            "Run: imagebump patch, and commit",
        ),
        (
            failure(400, "MANIFEST_INVALID", "no blob sha256:04015"),
            "cannot tag HOST/team/app:1: no blob sha256:04015. Run: imagebump retry",
        ),
        (Answer(413), "cannot tag HOST/team/app:1: HTTP 413 Request Entity Too Large. Run: imagebump retry"),
        (Answer(403, {}, b"<html>"), "cannot tag HOST/team/app:1: denied. Ask for the right to push, or run: docker login HOST"),
        (
            Answer(403, {"Server": "AirTunes/775.3.1"}),
            "cannot tag HOST/team/app:1: at HOST answers AirPlay of macOS, and no registry. "
            "Run: imagebump registry up --port 5001, or turn the AirPlay receiver off",
        ),
        (Answer(200, {}, b"{}"), "cannot tag HOST/team/app:1: HTTP 200 OK. Run: imagebump retry"),
    ],
)  # fmt: skip
def test_a_refusal(server: Server, answer: Answer, line: str) -> None:
    """One line with what to type."""
    there = server.image("1.0.0", {})
    server.give("PUT /v2/team/app/manifests/1", answer)
    with client(server.host) as one, pytest.raises(UserError) as caught:
        one.put("1", there)
    assert (str(caught.value), caught.value.status) == (line.replace("HOST", server.host), 1)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            'error parsing HTTP 404 response body: unexpected end of JSON input: ""',
            "the registry answered 404 (Not Found). Correct registry or repository in .imagebump.toml",
        ),
        (
            "error parsing HTTP 413 response body: invalid character '<' looking for beginning of value",
            "the registry answered 413 (Request Entity Too Large). Run: imagebump retry",
        ),
        (
            "received unexpected HTTP status: 503 Service Unavailable",
            "the registry answered 503 (Service Unavailable). Run: imagebump retry",
        ),
        (
            'error parsing HTTP 499 response body: ""',
            "the registry answered 499. Run: imagebump retry",
        ),
        (
            'error parsing HTTP 403 response body: unexpected end of JSON input: ""',
            "denied. Ask for the right to push, or run: docker login h:1",
        ),
    ],
)
def test_what_an_engine_makes_of_a_refusal(message: str, line: str) -> None:
    """An answer that is no registry's is its status, and not how the engine failed to read it."""
    found = explain("h:1", "app", "push h:1/app:1", "", message, logged_in=False)
    assert str(found) == f"cannot push h:1/app:1: {line}"


ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ECR_LOGIN = (
    "Run: aws ecr get-login-password --region eu-west-1 | "
    f"docker login --username AWS --password-stdin {ECR}"
)


@pytest.mark.parametrize(
    ("host", "message", "line"),
    [
        (ECR, "name unknown: The repository with name 'team/app' does not exist in the registry with id '123456789012'", f"{ECR} has no such repository. Run: aws ecr create-repository --repository-name team/app --region eu-west-1, or correct repository in .imagebump.toml"),
        (ECR, "tag invalid: The image tag '1' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable.", f"it is there already, and {ECR} lets no tag be written twice. Run: imagebump patch, and commit"),
        (ECR, "denied: Your authorization token has expired. Reauthenticate and try again.", f"the login at {ECR} has expired. {ECR_LOGIN}"),
        (ECR, "no basic auth credentials", f"not logged in. {ECR_LOGIN}"),
        ("docker.io", "denied: requested access to the resource is denied", "denied. Ask for the right to push, or run: docker login"),
        ("docker.io", "toomanyrequests: You have reached your pull rate limit.", "docker.io takes no more requests for now. Wait a while, then run: imagebump retry"),
        ("docker.io", "received unexpected HTTP status: 429 Too Many Requests", "docker.io takes no more requests for now. Wait a while, then run: imagebump retry"),
        ("ghcr.io", "unauthorized: unauthenticated: User cannot be authenticated with the token provided.", "not logged in. Run: docker login ghcr.io (with a token that may write packages)"),
        ("h.io", "Failed to process request due to 'app:1' configured as immutable.", "it is there already, and h.io lets no tag be written twice. Run: imagebump patch, and commit"),
        ("h.io", "adding 3 MiB of storage resource, which when updated to current usage of 1 GiB will exceed the configured upper limit of 1 GiB", "h.io has no room for it (adding 3 MiB of storage resource, which when updated to current usage of 1 GiB will exceed the configured upper limit of 1 GiB). Delete images there or get more room, then run: imagebump retry"),
        ("h.io", 'Put "http://h.io/v2/app/manifests/1": read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer', "the connection broke off. Run: imagebump retry"),
        ("h.io", 'Get "https://h.io/v2/": dial tcp 127.0.0.1:1: connect: connection refused', "connection refused. Start h.io, then run: imagebump retry"),
        ("h.io", "unsupported: The operation is unsupported.", "h.io only lets read for now. Wait a while, then run: imagebump retry"),
        ("h.io", 'Get "https://h.io/v2/": http: server gave HTTP response to HTTPS client', 'the engine wants TLS, which h.io does not speak. Add "h.io" to insecure-registries in the engine\'s daemon.json, restart it, then run: imagebump retry'),
        ("h.io", "no identity token is sent: unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password", "Podman sends no identity token, which is the login at h.io. Log in there with a name and a password, then run: imagebump retry"),
        ("h.io", "no identity token is sent: write: broken pipe", "the connection broke off. Run: imagebump retry"),
        ("h.io:5", 'pinging container registry h.io:5: Get "https://h.io:5/v2/": http: server gave HTTP response to HTTPS client', 'Podman wants TLS, which h.io:5 does not speak. Add [[registry]] with location = "h.io:5" and insecure = true to /etc/containers/registries.conf, restart Podman, then run: imagebump retry'),
        ("h.io:5", 'Get "https://h.io:5/v2/": x509: certificate signed by unknown authority', "the engine does not trust the certificate of h.io:5. Copy its CA's certificate to /etc/docker/certs.d/h.io:5/ca.crt, then run: imagebump retry"),
    ],
)  # fmt: skip
def test_how_registries_refuse(host: str, message: str, line: str) -> None:
    """What ECR, Docker Hub, GitHub, Harbor and an engine say, with what to type."""
    found = explain(host, "team/app", "push app:1", "", message, logged_in=False)
    assert str(found) == f"cannot push app:1: {line}"


def basic(one: Asked) -> Answer | None:
    """Only Ada is let in."""
    if one.headers.get("authorization") == BASIC:
        return None
    return Answer(401, {"WWW-Authenticate": 'Basic realm="r"'})


def test_basic(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The password goes out when it is asked for, and from then on at once."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    server.allowed = basic
    server.image("1.0.0", {})
    with client(server.host) as one:
        assert one.find("1.0.0") is not None
    sent = [ask.headers.get("authorization", "") for ask in server.asked]
    assert sent == ["", BASIC, BASIC, BASIC]


@pytest.mark.parametrize(
    ("login", "line"),
    [
        ({}, "not logged in"),
        ({"auth": base64.b64encode(b"ada:wrong").decode()}, "HOST refuses the login"),
        ({"auth": base64.b64encode(b"ada:").decode()}, "HOST refuses the login"),
    ],
)
def test_a_login_that_is_refused(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    login: dict[str, str],
    line: str,
) -> None:
    """Without a login and with a wrong one, the same command helps."""
    log_in(monkeypatch, tmp_path, server.host, **login)
    server.allowed = basic
    assert refused(server) == (
        f"cannot read HOST/team/app:1.0.0: {line}. Run: docker login HOST".replace(
            "HOST", server.host
        )
    )
    assert len(server.asked) <= 2


def test_a_login_that_may_not(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As Docker Hub refuses what is somebody else's: another login is not what is wanted first."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    realm = f'Bearer realm="http://{server.host}/token",error="insufficient_scope"'
    refusal = failure(401, "UNAUTHORIZED", "authentication required")
    server.give(
        "HEAD /v2/team/app/manifests/1.0.0", refusal._replace(headers={"WWW-Authenticate": realm})
    )
    server.give(
        "GET /token?service=&scope=repository%3Ateam%2Fapp%3Apull%2Cpush",
        Answer(200, {}, b'{"token": "one"}'),
    )
    assert refused(server) == (
        f"cannot read {server.host}/team/app:1.0.0: denied. "
        f"Ask for the right to push, or run: docker login {server.host}"
    )
    log_in(monkeypatch, tmp_path, server.host)
    assert "not logged in" in refused(server)


def bearer(server: Server, *tokens: str) -> Callable[[Asked], Answer | None]:
    """A registry that takes one token after the other, and hands them out to Ada only."""
    valid = list(tokens)
    realm = f'Bearer realm="http://{server.host}/token",service="the registry",scope="ignored"'

    def allowed(one: Asked) -> Answer | None:
        if one.path.startswith("/token"):
            if one.headers.get("authorization") != BASIC and b"refresh_token=idt" not in one.body:
                return failure(401, "UNAUTHORIZED", "authentication required")
            return Answer(200, {}, json.dumps({"token": valid[0]}).encode())
        if one.headers.get("authorization") == f"Bearer {valid[0]}":
            if len(valid) > 1:
                valid.pop(0)
            return None
        return Answer(401, {"WWW-Authenticate": realm})

    return allowed


def test_bearer(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The password goes to the realm only; a token that expires in between is renewed."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    server.allowed = bearer(server, "one", "two")
    there = server.image("1.0.0", {})
    with client(server.host) as one:
        assert one.find("1.0.0") == Found(there, {})
    sent = [(ask.method, ask.headers.get("authorization", "")) for ask in server.asked]
    assert sent == [
        ("HEAD", ""), ("GET", BASIC), ("HEAD", "Bearer one"),
        ("GET", "Bearer one"), ("GET", BASIC), ("GET", "Bearer two"), ("GET", "Bearer two"),
    ]  # fmt: skip
    assert server.asked[1].path == (
        "/token?service=the+registry&scope=repository%3Ateam%2Fapp%3Apull%2Cpush"
    )


def test_an_identity_token(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is posted to the realm, and never put into an address."""
    log_in(monkeypatch, tmp_path, server.host, identitytoken="idt", auth="")
    server.allowed = bearer(server, "one")
    server.image("1.0.0", {})
    with client(server.host) as one:
        assert one.digest("1.0.0") is not None
    assert server.lines[1] == "POST /token"
    assert b"grant_type=refresh_token&refresh_token=idt" in server.asked[1].body


@pytest.mark.parametrize(
    ("challenge", "sent"),
    [
        (
            'Bearer realm="http://HOST/token",service="s", Basic realm="other"',
            "Bearer one",
        ),
        ('Basic realm="other", Bearer realm="http://HOST/token",service="s"', BASIC),
        ("bearer realm=http://HOST/token, service=s", "Bearer one"),
        ('Negotiate, BASIC realm="other"', BASIC),
    ],
)
def test_several_ways_to_log_in(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    challenge: str,
    sent: str,
) -> None:
    """The first that we know is taken, by its own realm."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    said = {"WWW-Authenticate": challenge.replace("HOST", server.host)}

    def allowed(one: Asked) -> Answer | None:
        if one.path.startswith("/token"):
            return Answer(200, {}, b'{"token": "one"}')
        return None if one.headers.get("authorization") == sent else Answer(401, said)

    server.allowed = allowed
    server.image("1.0.0", {})
    with client(server.host) as one:
        assert one.digest("1.0.0") is not None


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_realm_that_leads_elsewhere(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    """An identity token goes nowhere but to the realm."""
    log_in(monkeypatch, tmp_path, server.host, identitytoken="idt", auth="")
    server.allowed = bearer(server, "one")
    with playing() as other:
        server.allowed = lambda ask: (
            Answer(status, {"Location": f"http://{other.host}/token"})
            if ask.path == "/token"
            else bearer(server, "one")(ask)
        )
        assert refused(server).startswith(
            f"cannot log in for {server.host}/team/app: HTTP {status}"
        )
        assert other.asked == []


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(200, {}, b'{"token": 5}'), "cannot log in for HOST/team/app: http://HOST/token gives no token"),
        (Answer(200, {}, b'{"token": "a\\nb"}'), "cannot log in for HOST/team/app: http://HOST/token gives no token"),
        (Answer(200, {}, b'{"token": "\\u2603"}'), "cannot log in for HOST/team/app: http://HOST/token gives no token"),
        (failure(401, "UNAUTHORIZED", "no"), "cannot log in for HOST/team/app: not logged in. Run: docker login HOST"),
        (Answer(200, {}, b"<html>"), "cannot log in for HOST/team/app: http://HOST/token gives no token"),
        (Answer(200, {}, b"{}"), "cannot log in for HOST/team/app: http://HOST/token gives no token"),
        (Answer(200, {}, b"[]"), "cannot log in for HOST/team/app: http://HOST/token gives no token"),
    ],
)  # fmt: skip
def test_a_realm_that_gives_no_token(server: Server, answer: Answer, line: str) -> None:
    """One line, whatever it answers."""
    realm = f'Bearer realm="http://{server.host}/token"'
    server.give("HEAD /v2/team/app/manifests/1.0.0", Answer(401, {"WWW-Authenticate": realm}))
    server.give("GET /token?service=&scope=repository%3Ateam%2Fapp%3Apull%2Cpush", answer)
    assert refused(server) == line.replace("HOST", server.host)


@pytest.mark.parametrize(
    ("realm", "line"),
    [
        (
            realm,
            f"HOST asks to send the password over plain HTTP to {realm}: refused",
        )
        for realm in (
            "http://192.0.2.1/token",
            "http://192.0.2.1\\@127.0.0.1/token",
            "http://127.0.0.1@192.0.2.1/token",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "/token",
        )
    ]
    + [("http://[1/token", "HOST leads to 'http://[1/token', which is no address")],
)
def test_a_realm_without_tls(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, realm: str, line: str
) -> None:
    """No password goes over the network in clear, however the address is written."""
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    challenge = Answer(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
    server.give("HEAD /v2/team/app/manifests/1.0.0", challenge)
    assert refused(server) == line.replace("HOST", server.host)


def test_netrc_is_not_read(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The login is Docker's; what lies there for other programs neither goes out nor in its way."""
    (tmp_path / "netrc").write_text("default login eve password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    server.allowed = bearer(server, "one")
    server.image("1.0.0", {})
    with client(server.host) as one:
        assert one.find("1.0.0") is not None
    sent = {ask.headers.get("authorization", "") for ask in server.asked}
    assert sent == {"", BASIC, "Bearer one"}


def test_a_blob_elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where a registry keeps its blobs with somebody else, they do not get our login."""
    (tmp_path / "netrc").write_text("default login eve password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    log_in(monkeypatch, tmp_path, server.host, **ADA)
    server.allowed = basic
    there = server.image("1.0.0", {"a": "b"})
    (line,) = server.answers
    (content,) = server.answers[line]
    with playing() as store:
        store.give("GET /bucket?signed=1", content)
        address = f"http://{store.host}/bucket?signed=1"
        server.give(line, Answer(307, {"Location": address}))
        with client(server.host) as one:
            assert one.find("1.0.0") == Found(there, {"a": "b"})
    assert server.asked[-1].headers["authorization"] == BASIC
    assert [ask.line for ask in store.asked] == ["GET /bucket?signed=1"]
    assert "authorization" not in store.asked[0].headers


@pytest.mark.parametrize(
    "passing",
    [Answer(500), Answer(502), Answer(503), Answer(504), Answer(429, {"Retry-After": "0"})],
)
def test_trouble_that_passes(server: Server, passing: Answer) -> None:
    """It is tried again, reading and writing."""
    there = server.image("1.0.0", {})
    for line in ("HEAD /v2/team/app/manifests/1.0.0", "PUT /v2/team/app/manifests/1"):
        usual = Answer(200, {"Docker-Content-Digest": there}) if "HEAD" in line else Answer(201)
        server.give(line, passing, usual)
    absent, present = (
        failure(404, "MANIFEST_UNKNOWN", ""),
        Answer(200, {"Docker-Content-Digest": there}),
    )
    server.give("HEAD /v2/team/app/manifests/1", absent, absent, present)
    with client(server.host) as one:
        assert one.digest("1.0.0") == there
        one.put("1", there)
    assert server.lines.count("PUT /v2/team/app/manifests/1") == 2


@pytest.mark.parametrize(
    ("asked", "waits"),
    [("7", 7), ("86400", 30), ("Fri, 31 Dec 2199 23:59:59 GMT", 30)],
)
def test_retry_after(
    server: Server, monkeypatch: pytest.MonkeyPatch, asked: str, waits: float
) -> None:
    """The registry says how long to wait, within reason."""
    naps: list[float] = []
    monkeypatch.setattr("imagebump.registry.transport.time.sleep", naps.append)
    there = server.image("1.0.0", {})
    line = "HEAD /v2/team/app/manifests/1.0.0"
    wait = Answer(429, {"Retry-After": asked})
    server.give(line, wait, wait, Answer(200, {"Docker-Content-Digest": there}))
    with client(server.host) as one:
        assert one.digest("1.0.0") == there
    assert naps == [waits, waits]


def test_trouble_that_stays(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some tries it is said in one line."""
    monkeypatch.setattr("imagebump.registry.transport.time.sleep", lambda _: None)
    server.give("HEAD /v2/team/app/manifests/1.0.0", Answer(503))
    assert refused(server) == (
        f"cannot read {server.host}/team/app:1.0.0: HTTP 503 Service Unavailable. "
        "Run: imagebump retry"
    )
    assert len(server.asked) == 4


def test_a_registry_that_wants_to_be_left_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long is known to the one who tries again."""
    monkeypatch.setattr("imagebump.registry.transport.time.sleep", lambda _: None)
    server.give("HEAD /v2/team/app/manifests/1.0.0", Answer(429, {"Retry-After": "3600"}))
    with client(server.host) as one, pytest.raises(UserError) as caught:
        one.digest("1.0.0")
    assert caught.value.after == 3600


def test_plain_http_elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is not this machine is spoken to by TLS, unless it is said to be insecure."""
    monkeypatch.setattr("imagebump.registry.connection.is_loopback", lambda host: False)
    there = server.image("1.0.0", {})
    assert refused(server) == (
        f"cannot reach the registry at {server.host}: it does not speak TLS. "
        "Set insecure = true in .imagebump.toml, if plain HTTP is meant"
    )
    with closing(Registry(server.host, "team/app", access=Access(insecure=True))) as one:
        assert one.digest("1.0.0") == there


def test_an_answer_without_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is larger than any manifest is given up."""
    monkeypatch.setattr("imagebump.registry.transport._LARGEST", 1 << 20)
    there = server.put("1.0.0", OCI, bytes(1 << 21))
    assert refused(server) == f"{server.host} answers with more than 1 MiB"
    assert server.lines == [
        "HEAD /v2/team/app/manifests/1.0.0",
        f"GET /v2/team/app/manifests/{there}",
    ]


def test_an_answer_that_drips(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes longer than anybody waits is given up, and asked for again."""
    monkeypatch.setattr("imagebump.registry.transport._DEADLINE", -1.0)
    monkeypatch.setattr("imagebump.registry.transport.time.sleep", lambda _: None)
    there = server.put("1.0.0", OCI, b"{}")
    assert "no answer in time" in refused(server)
    assert server.lines.count(f"GET /v2/team/app/manifests/{there}") == 4


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes up the connection and says nothing is given up, after four attempts."""
    monkeypatch.setattr("imagebump.registry.transport._TIMEOUT", (10, 0.2))
    monkeypatch.setattr("imagebump.registry.transport.time.sleep", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with client(host) as one, pytest.raises(UserError, match="no answer in time"):
            one.digest("1.0.0")
        silent.setblocking(False)
        visits = [silent.accept()[0] for _ in range(4)]
        with pytest.raises(BlockingIOError):
            silent.accept()
        for visit in visits:
            visit.close()


def test_nobody_listens() -> None:
    """A registry that is down."""
    host = f"127.0.0.1:{free_port()}"
    with client(host) as one, pytest.raises(UserError) as caught:
        one.digest("1.0.0")
    assert str(caught.value) == (
        f"cannot reach the registry at {host}: connection refused. "
        "Start it (imagebump registry up, if it is yours), then run: imagebump retry"
    )


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1:5000", True),
        ("localhost", True),
        ("[::1]:5000", True),
        ("192.0.2.1:5000", False),
        ("dev.invalid", False),
        ("", False),
    ],
)
def test_is_loopback(host: str, loopback: bool) -> None:
    """Plain HTTP is for this machine alone."""
    assert registry.is_loopback(host) is loopback


def test_the_hub_has_other_names() -> None:
    """Its API and its credentials are not under docker.io."""
    with client("docker.io") as one:
        assert one._there._root == "https://registry-1.docker.io"
        assert one.name == "docker.io/team/app"


def test_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What Docker's configuration holds for this registry, and for no other."""
    log_in(monkeypatch, tmp_path, "https://index.docker.io/v1/", **ADA)
    ada = {"username": "ada", "password": "pw"}
    assert registry.credentials("docker.io") == ada
    assert registry.credentials("r.io") == {}
    log_in(monkeypatch, tmp_path, "r.io", identitytoken="idt", auth="")
    assert registry.credentials("r.io") == {"identitytoken": "idt"}
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nowhere"))
    assert registry.credentials("r.io") == {}


HELPER = '#!/bin/sh\nread host\necho "$host" >> "$0.asked"\necho \'{"Username": "ada", "Secret": "pw"}\'\n'


def test_a_credential_helper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only this registry's helper runs; one that is missing is said."""
    (tmp_path / "docker-credential-mine").write_text(HELPER)
    (tmp_path / "docker-credential-mine").chmod(0o755)
    helpers = {"credHelpers": {"r.io": "mine", "other.io": "missing"}}
    (tmp_path / "config.json").write_text(json.dumps(helpers))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert registry.credentials("r.io") == {"username": "ada", "password": "pw"}
    assert (tmp_path / "docker-credential-mine.asked").read_text() == "r.io\n"
    with pytest.raises(UserError, match=r"^cannot read the login for other\.io: ") as caught:
        registry.credentials("other.io")
    assert caught.value.hint == f"Install it, or look at {tmp_path}/config.json"
