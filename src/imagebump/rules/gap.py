"""What stands between two RUNs, and may keep them apart."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.parse import Dockerfile, Instruction

_PRAGMA = re.compile(
    rb"(?:hadolint|imagebump|shellcheck|renovate|checkov|trivy|kics-scan|nosemgrep|semgrep|nosonar"
    rb"|trunk-ignore|snyk|dockle|grype|anchore|tally|lint|noqa|pragma|codeql|gitleaks|dockerfile"
    rb"|datasource|x-release|vale|spell|cspell|region|endregion|syntax|escape|check|nolint)\b\s*[:=]?",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(rb"(?:syntax|escape|check)\s*=", re.IGNORECASE)
_SPOKEN = re.compile(
    rb"(?:check|lint|escape|syntax|vale|spell|dockerfile|region)\b(?!\s*[:=])", re.IGNORECASE
)
_INSTRUCTION = re.compile(
    rb"(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL"
    rb"|STOPSIGNAL|USER|VOLUME|WORKDIR)[ \t]+\S"
)


def between(dockerfile: Dockerfile, first: Instruction, second: Instruction) -> Iterator[str]:
    """Clauses on the comments between two instructions, of which the second one is the subject."""
    for line in dockerfile.lines[first.end : second.start - 1]:
        comment = line.strip().lstrip(b"#").strip()
        if _PRAGMA.match(comment) and not _SPOKEN.match(comment):
            yield "has a comment for a tool above it, which speaks of this RUN alone"
        elif _INSTRUCTION.match(comment):
            yield "has an instruction above it that is commented out"
