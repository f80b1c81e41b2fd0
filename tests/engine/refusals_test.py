"""What a builder of buildx's own cannot reach, in a user's words."""

import pytest

from imagebump.engine import UnpinnedError
from imagebump.engine.refusals import explain, not_started, unreached

ANEW = "Make the builder anew (docker buildx rm, then create) with"
PUSH = (
    'failed to push h.io:5/a:1: failed to do request: Head "https://h.io:5/v2/a/blobs/sha256:0": '
)
LOCAL = 'failed to do request: Head "http://{0}/v2/a/manifests/1": dial tcp {0}: connect: connection refused'
START = "Start {0}, or where it runs, make the builder anew (docker buildx rm, then create) with"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (f"{PUSH}http: server gave HTTP response to HTTPS client", f'the builder b1 wants TLS, which h.io:5 does not speak. {ANEW} --buildkitd-config=FILE, in which [registry."h.io:5"] has http = true, then run: imagebump retry'),
        (f"{PUSH}tls: failed to verify certificate: x509: certificate signed by unknown authority", f'the builder b1 does not trust the certificate of h.io:5. {ANEW} --buildkitd-config=FILE, in which [registry."h.io:5"] has ca = ["CERTIFICATE"], then run: imagebump retry'),
        (LOCAL.format("127.0.0.1:5"), f"the builder b1 cannot reach 127.0.0.1:5: connection refused. {START.format('127.0.0.1:5')} --driver-opt=network=host, then run: imagebump retry"),
        (LOCAL.format("localhost:5"), f"the builder b1 cannot reach localhost:5: connection refused. {START.format('localhost:5')} --driver-opt=network=host, then run: imagebump retry"),
        (LOCAL.format("10.0.0.1:5"), ""),
        (f"{PUSH}EOF", ""),
        ("http: server gave HTTP response to HTTPS client", ""),
    ],
)  # fmt: skip
def test_unreached(error: str, line: str) -> None:
    """It has a network, certificates and a configuration of its own."""
    found = unreached(error, "b1")
    assert (str(found) if found else "") == line


@pytest.mark.parametrize(
    "error",
    [
        "unsupported frontend capability moby.buildkit.frontend.contexts",
        "current frontend does not support --build-context. Named contexts are supported since Dockerfile v1.4.",
    ],
)
def test_a_frontend_that_cannot_be_held_to_bases(error: str) -> None:
    """The builder's own, or one that a Dockerfile names: it is built without."""
    assert isinstance(explain(error, "b1"), UnpinnedError)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ("ERROR: Error response from daemon: no such image", "does not start: Error response from daemon: no such image"),
        ("context deadline exceeded", "does not answer"),
    ],
)  # fmt: skip
def test_not_started(error: str, what: str) -> None:
    """Whether it does not start or, elsewhere, not answer."""
    said = f"the builder b1 {what}. Run: docker buildx inspect --bootstrap b1"
    assert str(not_started(error, "b1")) == said
