"""What docker buildx refuses, and what its builder does not reach, in a user's words."""

import re

from imagebump.engine import UnpinnedError
from imagebump.errors import UnavailableError, UserError

_OWN = (
    'Run: docker buildx create --name multi --driver docker-container, set build.builder = "session:multi", '
    "and commit"
)

_ANEW = "the builder anew (docker buildx rm, then create) with"
_REQUEST = re.compile(r'https?://(?P<host>[^/"\s]+)/')
_UNREACHED = (
    (
        r"http response to https client",
        "wants TLS, which {host} does not speak",
        f'Make {_ANEW} --buildkitd-config=FILE, in which [registry."{{host}}"] has http = true',
    ),
    (
        r"signed by unknown authority",
        "does not trust the certificate of {host}",
        f'Make {_ANEW} --buildkitd-config=FILE, in which [registry."{{host}}"] has ca = ["CERTIFICATE"]',
    ),
    (
        r"://(?:127\.|localhost\b|\[::1\]).*connection refused",
        "cannot reach {host}: connection refused",
        f"Start {{host}}, or where it runs, make {_ANEW} --driver-opt=network=host",
    ),
)
"""Patterns of errors, what the builder does, and a hint; the first that fits counts."""


def explain(error: str, builder: str) -> UserError | None:
    """`error` of the builder `builder`; None where it is no refusal of this kind."""
    if "no builder" in error and "found" in error:
        return UserError(
            f"docker buildx has no builder {builder}",
            "Run: docker buildx ls, then set build.builder, and commit",
            status=1,
        )
    if "moby.buildkit.frontend.contexts" in error or "not support --build-context" in error:
        return UnpinnedError(f"the builder {builder} cannot be held to a base's digest", status=1)
    if "Multi-platform build is not supported" in error:
        return UserError(f"the builder {builder} cannot build several platforms", _OWN, status=1)
    if "Attestation is not supported" in error or "attestations are not supported" in error:
        return UserError(f"the builder {builder} cannot attest provenance", _OWN, status=1)
    if "Cache export is not supported" in error or "cache export feature" in error:
        return UserError(f"the builder {builder} cannot export its cache", _OWN, status=1)
    if "manifest lists" in error:
        return UserError(
            "the engine cannot hold an image of several platforms",
            "Let it be pushed (publish.push = true), or turn the containerd image store on",
            status=1,
        )
    return None


def not_started(error: str, builder: str) -> UserError:
    """That `builder` does not start, or elsewhere not answer, out of what docker buildx says."""
    late = "deadline exceeded" in error
    what = "answer" if late else f"start: {error.removeprefix('ERROR: ')}"
    return UnavailableError(
        f"the builder {builder} does not {what}",
        f"Run: docker buildx inspect --bootstrap {builder}",
        status=1,
    )


def unreached(error: str, builder: str) -> UserError | None:
    """What a builder with a network and certificates of its own does not reach; None where `error` is another."""
    request = _REQUEST.search(error)
    for pattern, words, hint in _UNREACHED:
        if request and re.search(pattern, error, re.IGNORECASE):
            what, how = (text.format_map(request.groupdict()) for text in (words, hint))
            why = f"the builder {builder} {what}"
            return UnavailableError(why, f"{how}, then run: imagebump retry", status=1)
    return None
