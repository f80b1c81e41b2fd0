"""IB013 floating-base: a base image without a version.

What it does
    Reports a FROM whose image has neither a tag nor a digest, or the tag `latest`. Stages, build
    arguments and `scratch` are left alone.

Why is this bad
    The base becomes another one when it is released, in the middle of a build that nobody
    changed; and what an image was made of can no longer be told from its commit.

Example
    FROM debian
    CMD ["bash"]

Use instead
    FROM debian:12
    CMD ["bash"]
"""

from collections.abc import Iterator

from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules.model import Finding, LintSettings, Rule


def check(dockerfile: Dockerfile, _settings: LintSettings) -> Iterator[Finding]:
    """A finding for each such FROM."""
    names = {"scratch"}
    for stage in dockerfile.stages:
        one = stage[0]
        image = one.args[0]
        if image.lower() not in names and _floats(image):
            message = f"{image} may be another image tomorrow; give it a version, or a digest"
            yield RULE.finding(dockerfile, one, "info", message)
        names |= {name.lower() for name in one.args[2:]}


def _floats(image: str) -> bool:
    if "@" in image or "$" in image:
        return False
    tag = image.rpartition("/")[2].partition(":")[2]
    return tag in ("", "latest")


RULE = Rule("IB013", "floating-base", check, __doc__, aliases=("DL3006", "DL3007"), severity="info")
