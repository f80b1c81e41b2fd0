"""What a rule says, and what the user asked to hear."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the worst to the mildest."""


class Finding(NamedTuple):
    """One remark on the lines `line` to `end`; lines and columns count from 1, 0 is nowhere.

    `related` are the first lines of other instructions that it speaks of: a pragma above one of
    them silences it too.
    """

    code: str
    name: str
    severity: Severity
    message: str
    line: int
    column: int
    end: int
    related: tuple[int, ...] = ()
    path: str = ""


class LintSettings(NamedTuple):
    """Which rules run, from which severity on a finding fails, and the stage that is shipped ("": the last)."""

    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    fail_on: Severity = "warning"
    target: str = ""


class Rule(NamedTuple):
    """A rule: `check` gives its findings in a file whose `target` is shipped.

    `aliases` are the codes of hadolint whose pragmas it honours; `severity` is the worst that it
    finds.
    """

    code: str
    name: str
    check: Callable[[Dockerfile, str], Iterator[Finding]]
    documentation: str
    aliases: tuple[str, ...] = ()
    severity: Severity = "warning"

    def finding(
        self,
        dockerfile: Dockerfile,
        one: Instruction,
        severity: Severity,
        message: str,
        related: tuple[int, ...] = (),
    ) -> Finding:
        """A finding of this rule on the instruction `one`."""
        first = dockerfile.lines[one.start - 1].removeprefix(b"\xef\xbb\xbf")
        column = len(first) - len(first.lstrip()) + 1
        return Finding(self.code, self.name, severity, message, one.start, column, one.end, related)
