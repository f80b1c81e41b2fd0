"""Comments that silence findings: ours, and hadolint's for the rules that we share.

`# imagebump: ignore=IB001 reason` holds for the instruction below it, and so does
`# hadolint ignore=DL3059`; `# imagebump: ignore-file=IB001` and `# hadolint global ignore=DL3059`
hold for the file.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules.model import Finding, LintSettings, Rule

_CODES = rb"([A-Za-z]+\d+(?: ?, ?[A-Za-z]+\d+)*)"
_LINE = re.compile(rb"# ?(?:imagebump: ?|hadolint )ignore ?= ?" + _CODES)
_FILE = re.compile(rb"# ?(?:imagebump: ?ignore-file|hadolint global ignore) ?= ?" + _CODES)

_NONE: frozenset[str] = frozenset()


class Pragmas(NamedTuple):
    """The codes that are silenced in the whole file, and at the instruction of each line."""

    file: frozenset[str]
    lines: Mapping[int, frozenset[str]]

    def heard(
        self, rule: Rule, dockerfile: Dockerfile, settings: LintSettings
    ) -> Iterator[Finding]:
        """The findings of a rule in the file that none of them silences."""
        for finding in rule.check(dockerfile, settings):
            if not self._silence(finding, rule):
                yield finding

    def _silence(self, finding: Finding, rule: Rule) -> bool:
        """Does one of them speak of this finding?"""
        codes = {rule.code, *rule.aliases}
        places = (finding.line, *finding.related)
        return any(
            codes & found for found in (self.file, *(self.lines.get(p, _NONE) for p in places))
        )


def pragmas(dockerfile: Dockerfile) -> Pragmas:
    """The pragmas of a file. What looks like one inside an instruction is none."""
    if b"ignore" not in dockerfile.source:
        return Pragmas(_NONE, {})
    file: set[str] = set()
    lines = {}
    last = 0
    for one in dockerfile.instructions:
        pending: set[str] = set()
        for raw in dockerfile.lines[last : one.start - 1]:
            comment = b" ".join(raw.split())
            pending = pending | _codes(_LINE, comment) if comment.startswith(b"#") else set()
            file |= _codes(_FILE, comment)
        lines[one.start] = frozenset(pending)
        last = one.end
    for raw in dockerfile.lines[last:]:
        file |= _codes(_FILE, b" ".join(raw.split()))
    return Pragmas(frozenset(file), lines)


def _codes(pattern: re.Pattern[bytes], comment: bytes) -> set[str]:
    match = pattern.match(comment)
    return set(re.split(" ?, ?", match[1].decode().upper())) if match else set()
