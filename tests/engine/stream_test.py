"""What engines say, line by line, and what becomes of it."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from imagebump.bars import Bar
from imagebump.engine import HiddenInputsError, stream
from imagebump.engine.reasons import reason
from imagebump.errors import UserError
from trace_messages import log, transfer, vertex


class Lines:
    """A report that keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.shown: list[list[tuple[str, str]]] = []
        self.logs: list[str] = []
        self.timings: list[tuple[str, float]] = []

    def step(self, text: str) -> None:
        """See Report."""
        self.steps.append(text)

    def bars(self, bars: Sequence[Bar]) -> None:
        """See Report."""
        self.shown.append([(bar.name, bar.share) for bar in bars])

    def log(self, text: str) -> None:
        """See Report."""
        self.logs.append(text)

    def hide(self, secret: str) -> None:
        """See Report."""
        raise AssertionError(secret)

    def timing(self, step: str, seconds: float) -> None:
        """See Report."""
        self.timings.append((step, seconds))


def trace(*parts: bytes) -> Mapping[str, Any]:
    """A line with one of BuildKit's messages."""
    return {"id": "moby.buildkit.trace", "aux": base64.b64encode(b"".join(parts)).decode()}


DONE: Mapping[str, Any] = {"id": "moby.image.id", "aux": {"ID": "sha256:1"}}


def test_buildkit() -> None:
    """Steps as they begin, end and print; each is said once."""
    report = Lines()
    lines = [
        trace(vertex("a", "[1/2] FROM x"), vertex("b", "[2/2] RUN make")),
        trace(vertex("a", "[1/2] FROM x", cached=True, started=10, completed=10)),
        trace(vertex("b", "[2/2] RUN make", started=10)),
        trace(transfer("b", "layer", 1_500_000, 3_000_000), transfer("b", "unknown", 5, 0)),
        trace(log("b", "\x1b[31mone\x1b[0m\ntwo\n")),
        trace(vertex("b", "[2/2] RUN make", started=10, completed=12)),
        trace(vertex("b", "[2/2] RUN make", started=10, completed=12)),
        DONE,
    ]
    assert stream.built(lines, report) == "sha256:1"
    assert report.logs == [
        "#1 [1/2] FROM x",
        "#2 [2/2] RUN make",
        "  cached: [1/2] FROM x",
        "  one",
        "  two",
    ]
    assert report.steps == ["[2/2] RUN make"]
    make = "[2/2] RUN make"
    assert report.shown == [[], [], [(make, "")], *[[(make, "1.5/3.0 MB")]] * 2, [], []]
    assert report.timings == [("[2/2] RUN make", 2.0)]


def test_a_step_that_goes_on() -> None:
    """BuildKit loads a context in two parts, as it may be: the seconds of both count."""
    report = Lines()
    lines = [
        trace(vertex("a", "load", started=10, completed=11)),
        trace(vertex("a", "load", started=12)),
        trace(vertex("a", "load", started=12, completed=15)),
        trace(vertex("a", "load", started=12, completed=15)),
        DONE,
    ]
    stream.built(lines, report)
    assert report.timings == [("load", 1.0), ("load", 3.0)]


def test_what_a_step_that_failed_said_last() -> None:
    """Twenty lines of it, again at the end of the log, and nothing of what ran beside it."""
    report = Lines()
    said = "".join(f"line {number}\n" for number in range(30))
    lines = [
        trace(vertex("a", "RUN make", started=1), vertex("b", "RUN other", started=1)),
        trace(log("a", said), log("b", "beside\n")),
        trace(vertex("a", "RUN make", started=1, completed=2, error="exit code: 2")),
        {"errorDetail": {"message": "exit code: 2"}},
    ]
    with pytest.raises(UserError, match=r"^RUN make failed with exit status 2"):
        stream.built(lines, report)
    assert report.logs[-20:] == [f"| line {number}" for number in range(10, 30)]
    assert report.logs[-21] == "failed: exit code: 2"


def test_classic() -> None:
    """The older builder speaks in lines."""
    report = Lines()
    lines: list[Mapping[str, Any]] = [
        {"stream": "Step 1/3 : FROM x\n"},
        {"stream": " ---> 123\n"},
        {"stream": "\n"},
        {"stream": "Step 2/3 : COPY a /\n"},
        {"stream": " ---> Using cache\n"},
        {"stream": "Step 3/3 : RUN make"},
        {"stream": "\x1b[1mok\x1b[0m\n"},
        {"aux": {"ID": "sha256:2"}},
        {"stream": "Successfully built 2\n"},
    ]
    assert stream.built(lines, report) == "sha256:2"
    assert report.steps == ["FROM x", "COPY a /", "RUN make"]
    assert [name for name, _ in report.timings] == ["FROM x", "RUN make"], "not what was cached"
    assert report.logs[-2:] == ["ok", "Successfully built 2"]


@pytest.mark.parametrize("aux", ["no base64!", "AAA", base64.b64encode(b"\x0b").decode()])
def test_progress_that_cannot_be_read(aux: str) -> None:
    """It costs the build nothing."""
    assert stream.built([{"id": "moby.buildkit.trace", "aux": aux}, DONE], Lines()) == "sha256:1"


_SOLVE = 'process "/bin/sh -c make" did not complete successfully: exit code: 2'


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            [
                trace(vertex("a", "[app 2/2] RUN make", started=1, completed=2, error=_SOLVE)),
                {"errorDetail": {"message": _SOLVE}, "error": _SOLVE},
            ],
            "RUN make failed with exit status 2",
        ),
        (
            [
                {"stream": "Step 2/2 : RUN make\n"},
                {"errorDetail": {"code": 2, "message": "The command '/bin/sh -c make' returned a non-zero code: 2"}},
            ],
            "RUN make failed with exit status 2",
        ),
        (
            [
                {"stream": "STEP 3/14: RUN make; exit 3\n"},
                {"error": 'building at STEP "RUN make; exit 3": while running runtime: exit status 3'},
            ],
            "RUN make; exit 3 failed with exit status 3",
        ),
        (
            [
                {"stream": "[1/2] STEP 1/2: FROM a AS b\n"},
                {"stream": "[1/2] STEP 2/2: RUN exit 3\n"},
                {"error": 'building at STEP "RUN exit 3": while running runtime: exit status 3'},
            ],
            "RUN exit 3 failed with exit status 3",
        ),
        (
            [{"errorDetail": {"message": "failed to solve with frontend dockerfile.v0: rpc error: code = Unknown desc = no such stage"}}],
            "no such stage",
        ),
        ([{"error": "failed to solve: x not found\n"}], "x not found"),
        ([{"error": 'failed to compute cache key: "/dist" not found: not found'}], 'failed to compute cache key: "/dist" not found: not found'),
        (
            [{"stream": "Step 2/2 : ADD https://r.io/v2/ /x"}, {"error": 'ADD failed: Get "https://r.io/v2/": EOF'}],
            'ADD failed: Get "https://r.io/v2/": EOF',
        ),
        ([{"error": ""}], "no reason given"),
        ([{"stream": "Step 1/1 : FROM x"}], "the engine ended the build without an image and without an error"),
        ([], "the engine ended the build without an image and without an error"),
    ],
)  # fmt: skip
def test_a_build_that_fails(lines: list[Mapping[str, Any]], message: str) -> None:
    """The failing step in one line, or the engine's own words."""
    with pytest.raises(UserError) as caught:
        stream.built(lines, Lines())
    assert (caught.value.message, caught.value.status) == (message, 1)


_LLB = "failed to solve with frontend dockerfile.v0: failed to create LLB definition: "
_DIALED = "dial tcp 127.0.0.1:1: connect: connection refused"
_LOOKUP = "dial tcp: lookup h on 10.0.0.1:53: no such host"
_REQUEST = 'failed to do request: Head "https://registry-1.docker.io/v2/library/x/manifests/9": '
_DENIED = "pull access denied, repository does not exist or may require authorization: "
_SCOPE = "server message: insufficient_scope: authorization failed"
_SOURCE = "creating build container: initializing source docker://"
_NONE = "there is no such image"
_WHOSE = "there is no such repository, or it needs a login"


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        ("", f'{_LLB}failed to do request: Head "http://127.0.0.1:1/v2/team/app/manifests/1": {_DIALED}', "team/app:1 from 127.0.0.1:1: connection refused"),
        ("", f"{_LLB}{_REQUEST}{_LOOKUP}", "x:9 from docker.io: its name does not resolve"),
        ("", f"failed to solve: x:9: failed to resolve source metadata for docker.io/library/x:9: {_REQUEST}EOF", "x:9 from docker.io: the connection broke off"),
        ("", f'failed to load cache key: failed to do request: Head "http://r:1/v2/x/manifests/sha256:aa": {_DIALED}', "x@sha256:aa from r:1: connection refused"),
        ("", 'failed to do request: Head "https://r:1/v2/x/manifests/2": http: server gave HTTP response to HTTPS client', "x:2 from r:1: server gave HTTP response to HTTPS client"),
        ("", f"{_LLB}127.0.0.1:1/c/app:1: not found", f"c/app:1 from 127.0.0.1:1: {_NONE}"),
        ("", "failed to solve: r.io/app:1: failed to resolve source metadata for r.io/app:1: r.io/app:1: not found", f"app:1 from r.io: {_NONE}"),
        ("", "pull access denied for x, repository does not exist or may require 'docker login': denied: requested", f"x: {_WHOSE}"),
        ("[internal] load metadata for docker.io/library/x:latest", f"{_LLB}{_DENIED}{_SCOPE}", f"x:latest from docker.io: {_WHOSE}"),
        ("", f"failed to solve: x: failed to resolve source metadata for docker.io/library/x:latest: {_DENIED}{_SCOPE}", f"x:latest from docker.io: {_WHOSE}"),
        ("[internal] load metadata for r:1/c/app:1", f"{_LLB}pulling from host r:1 failed with status code [manifests 1]: 401 Unauthorized", "c/app:1 from r:1: 401 Unauthorized"),
        ("[internal] load metadata for r:1/x:2", "failed to solve: r:1/x:2: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r:1/token?a=b: 403 Forbidden", "x:2 from r:1: 403 Forbidden"),
        ("", "failed to solve: r:1/x:2: unexpected status from HEAD request to https://r:1/v2/x/manifests/2: 401 Unauthorized", "x:2 from r:1: 401 Unauthorized"),
        ("Step 1/2 : FROM a.b/x:9", f'Get "https://a.b/v2/": {_LOOKUP}', "x:9 from a.b: its name does not resolve"),
        ("Step 1/2 : FROM --platform=linux/amd64 x:9 AS one", f'Get "https://registry-1.docker.io/v2/": {_LOOKUP}', "x:9 from docker.io: its name does not resolve"),
        ("Step 1/2 : FROM $BASE", f'Get "https://a.b/v2/": {_DIALED}', "$BASE from a.b: connection refused"),
        ("Step 2/2 : COPY --from=r:1/x:2 /a /b", f'invalid from flag value r:1/x:2: Get "http://r:1/v2/": {_DIALED}', "x:2 from r:1: connection refused"),
        ("Step 1/2 : FROM r:1/x", 'error parsing HTTP 404 response body: unexpected end of JSON input: ""', "x from r:1: the registry answered 404 (Not Found)"),
        ("resolve image config for docker-image://r:1/x:2", "failed to solve with frontend gateway.v0: pulling from host r:1 failed with status code [manifests 1]: 401 Unauthorized", "x:2 from r:1: 401 Unauthorized"),
        ("resolve image config for r:1/x:2", "failed to solve with frontend gateway.v0: r:1/x:2: not found", "x:2 from r:1: there is no such image"),
        ("resolve image config for r:1/f:1", "failed to solve: r.io/x:2: r.io/x:2: not found", "x:2 from r.io: there is no such image"),
        ("resolve image config for r:1/f:1", f"rpc error: code = Unknown desc = r.io/x@sha256:{64 * 'a'}: not found", f"x@sha256:{64 * 'a'} from r.io: there is no such image"),
        ("", f"{_SOURCE}r:1/x:2: reading manifest 2 in r:1/x: manifest unknown: manifest unknown", f"x:2 from r:1: {_NONE}"),
        ("", f"{_SOURCE}r:1/x@sha256:aa: reading manifest sha256:aa in r:1/x: manifest unknown", f"x@sha256:aa from r:1: {_NONE}"),
        ("", f"{_SOURCE}r:1/x:2: reading manifest 2 in r:1/x: unauthorized: authentication required", f"x:2 from r:1: {_WHOSE}"),
        ("", f"{_SOURCE}docker.io/library/x:2: reading manifest 2 in docker.io/library/x: errors:\ndenied: requested access to the resource is denied", f"x:2 from docker.io: {_WHOSE}"),
        ("", f'{_SOURCE}r:1/x:2: pinging container registry r:1: Get "https://r:1/v2/": {_DIALED}', "x:2 from r:1: connection refused"),
        ("Step 1/2 : FROM r:1/x", "received unexpected HTTP status: 500 Internal Server Error", "x from r:1: the registry answered 500 (Internal Server Error)"),
    ],
)  # fmt: skip
def test_a_pull_that_fails(step: str, error: str, message: str) -> None:
    """What cannot be pulled, from where, and why; the engine's own words are in the log."""
    report = Lines()
    begun = {"stream": f"{step}\n"}
    if not step.startswith("Step"):
        begun = dict(trace(vertex("a", step, started=1, completed=2, error="x")))
    with pytest.raises(UserError) as caught:
        stream.built([begun, {"errorDetail": {"message": error}}], report)
    assert caught.value.message == f"cannot pull {message}"
    assert f"failed: {error}" in report.logs


@pytest.mark.parametrize(
    ("names", "expected", "hidden"),
    [
        (["[1/2] FROM x", "[2/2] COPY a /x/"], ["COPY a /x/"], False),
        (["[2/2] COPY a /x/"], ['copy  "a"   /x/'], False),
        (["[2/3] COPY . /all", "[3/3] COPY a /x/"], ["COPY a /x/"], True),
        (["[2/3] ADD a /x/"], [], True),
        (["[2/3] RUN COPY"], [], False),
        (["[b 1/1] FROM x", "COPY a /x/"], [], True),  # of a stage without a step of its own
        (["RUN --mount=target=/m ls", ""], [], True),
        (["copy /context /", "[2/2] COPY a /x/"], ["COPY a /x/"], False),
        (["[2/2] COPY one /x/"], ["COPY $A /x/"], False),
        (["[2/3] COPY . /", "[3/3] COPY one /x/"], ["COPY $A /x/"], True),
        (["[2/2] COPY d/one b /x/"], ['COPY "d/${A:-x}" b /x/'], False),
        (["[2/3] COPY . /", "[3/3] COPY b /x/"], ["COPY d/$A /x/", "COPY b /x/"], True),
        (["[2/2] RUN --mount=target=/m ls"], [], True),
        (["[2/2] RUN --mount=source=a,target=/m ls"], ["--mount=source=a,target=/m"], False),
        (["[2/2] RUN ls --mount=target=/m"], [], False),
    ],
)
def test_hidden_inputs(names: list[str], expected: list[str], hidden: bool) -> None:
    """A copy that the Dockerfile does not name comes from a base image's triggers."""
    lines = [trace(*(vertex(name, name) for name in names)), DONE]
    if hidden:
        with pytest.raises(HiddenInputsError):
            stream.built(lines, Lines(), expected)
    else:
        assert stream.built(lines, Lines(), expected) == "sha256:1"
    assert stream.built(lines, Lines()) == "sha256:1", "unless it is nobody's concern"


def test_hidden_inputs_of_the_classic_builder() -> None:
    """It says so itself."""
    lines = [{"stream": "# Executing 2 build triggers\n"}, DONE]
    with pytest.raises(HiddenInputsError):
        stream.built(lines, Lines(), [])


@pytest.mark.parametrize(
    ("steps", "expected", "hidden"),
    [
        (["STEP 1/1: FROM b", "STEP 2/2: COPY . /src/"], [], True),
        (["[2/2] STEP 1/2: FROM b", "[2/2] STEP 2/3: add a /"], ["ADD b /"], True),
        (["STEP 1/2: FROM b", "STEP 2/2: RUN --mount=type=bind,target=/c make"], [], True),
        (["STEP 1/3: FROM b", "STEP 2/3: RUN make", 'STEP 3/3: LABEL "a"="COPY"'], [], False),
        (["STEP 1/3: FROM b", 'STEP 2/3: copy ["a", "/b"]', "STEP 3/3: COPY  $X  b\t/x/"],
         ['COPY ["a", "/b"]', "COPY $X b /x/"], False),
    ],
)  # fmt: skip
def test_hidden_inputs_in_podman(steps: list[str], expected: list[str], hidden: bool) -> None:
    """It shows triggers as steps, whatever their case, and each step as it was written."""
    lines = [*({"stream": f"{step}\n"} for step in steps), DONE]
    if hidden:
        with pytest.raises(HiddenInputsError):
            stream.built(lines, Lines(), expected)
    else:
        assert stream.built(lines, Lines(), expected) == "sha256:1"


def test_what_a_step_of_the_classic_builder_said() -> None:
    """Its last lines are told again, and not that it began."""
    report = Lines()
    lines: list[Mapping[str, Any]] = [
        {"stream": "STEP 1/2: FROM b\n"},
        {"stream": "STEP 2/2: COPY a /\n"},
        {"error": 'building at STEP "COPY a /": no such file or directory'},
    ]
    with pytest.raises(UserError):
        stream.built(lines, report)
    assert report.logs[-1].startswith("failed: ")


def test_a_push() -> None:
    """The bytes of all layers together, and what is said of each once."""
    report = Lines()
    lines: list[Mapping[str, Any]] = [
        {"status": "The push refers to repository [r.io/app]"},
        {"status": "Preparing", "progressDetail": {}, "id": "a"},
        {"status": "Pushing", "progressDetail": {"current": 500_000, "total": 1_000_000}, "id": "a"},
        {"status": "Pushing", "progressDetail": {"current": 2_000_000, "total": 2_000_000}, "id": "b"},
        {"status": "Pushing", "progressDetail": {"current": 1_100_000, "total": 1_000_000}, "id": "a"},
        {"status": "Pushing", "progressDetail": {"current": 7}, "id": "c"},
        {"progressDetail": {}, "aux": {"Tag": "1", "Digest": "sha256:0", "Size": 1}},
    ]  # fmt: skip
    stream.pushed(lines, report)
    assert report.shown == [
        [("push a", "0.5/1.0 MB")],
        [("push a", "0.5/1.0 MB")],  # the whole of b is there
        [],
    ]
    assert report.logs == ["push The push refers to repository [r.io/app]", "push a Preparing"]


@pytest.mark.parametrize(
    "line", [{"errorDetail": {"message": "denied: no"}, "error": "denied"}, {"error": "denied: no"}]
)
def test_a_push_that_fails(line: Mapping[str, Any]) -> None:
    """The engine raises nothing: the line is what there is."""
    report = Lines()
    with pytest.raises(UserError, match="denied: no") as caught:
        stream.pushed([{"status": "Preparing", "id": "a"}, line], report)
    assert caught.value.status == 1
    assert report.logs[-1] == "push failed: denied: no"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (FileNotFoundError(2, "No such file or directory"), "nothing listens there"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (PermissionError(13, "Permission denied"), "permission denied (is your user in the docker group?)"),
        (OSError("HTTPConnectionPool(...): Read timed out."), "no answer in time"),
        (OSError(28, "No space left on device"), "no space left on device"),
        (OSError("[Errno -2] Name or service not known"), "its name does not resolve"),
        (OSError("certificate verify failed: self signed"), "its TLS certificate is not trusted"),
        (OSError("x509: certificate signed by unknown authority"), "its TLS certificate is not trusted"),
        (OSError("context deadline exceeded"), "no answer in time"),
        (OSError("unexpected EOF"), "unexpected EOF"),
        (ConnectionResetError("Connection reset by peer"), "the connection broke off"),
        (ValueError("outer: inner: ('odd thing')"), "odd thing"),
        (OSError("Response ended prematurely"), "the connection broke off"),
        (KeyError(), "KeyError"),
    ],
)  # fmt: skip
def test_reason(problem: Exception, words: str) -> None:
    """The innermost reason in a user's words."""
    assert reason(problem) == words
