"""What docker buildx refuses before it builds, in a user's words."""

from imagebump.engine import UnpinnedError
from imagebump.errors import UserError

_OWN = (
    'Run: docker buildx create --name multi --driver docker-container, set build.builder = "session:multi", '
    "and commit"
)


def explain(error: str, builder: str) -> UserError | None:
    """`error` of the builder `builder`; None where it is no refusal of this kind."""
    if "no builder" in error and "found" in error:
        return UserError(
            f"docker buildx has no builder {builder}",
            "Run: docker buildx ls, then set build.builder, and commit",
            status=1,
        )
    if "moby.buildkit.frontend.contexts" in error:
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
