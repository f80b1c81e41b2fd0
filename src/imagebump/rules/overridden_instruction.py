"""IB006 overridden-instruction: an instruction that a later one of its stage replaces.

What it does
    Reports each CMD, ENTRYPOINT and HEALTHCHECK that is not the last one of its stage.

Why is this bad
    Only the last one counts; the others have no effect. Several CMDs often mean that RUN was
    meant: CMD never runs at build, it says what a container runs when it starts.

Example
    FROM alpine
    CMD mkdir -p /var/www/html
    CMD ["httpd", "-f"]

Use instead
    FROM alpine
    RUN mkdir -p /var/www/html
    CMD ["httpd", "-f"]
"""

from collections.abc import Iterator

from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules.model import Finding, Rule

_REMARKS = {
    "CMD": "CMD never runs at build; use RUN for what has to happen there",
    "ENTRYPOINT": "only the last ENTRYPOINT of a stage counts",
    "HEALTHCHECK": "only the last HEALTHCHECK of a stage counts",
}


def check(dockerfile: Dockerfile, _target: str) -> Iterator[Finding]:
    """A finding for each instruction that has no effect."""
    for stage in dockerfile.stages:
        for name, remark in _REMARKS.items():
            same = [one for one in stage if one.name == name]
            for one in same[:-1]:
                last = same[-1].start
                message = f"{name} has no effect: line {last} overrides it; {remark}"
                yield RULE.finding(dockerfile, one, "warning", message, (last,))


RULE = Rule(
    "IB006", "overridden-instruction", check, __doc__, aliases=("DL4003", "DL4004", "DL3012")
)
