"""What a rule says, and what the user asked to hear."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from imagebump.dockerfile.edit import Edit
from imagebump.dockerfile.parse import Dockerfile, Instruction

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the worst to the mildest."""

Merge = Literal["worthwhile", "all", "off"]
MERGES: tuple[Merge, ...] = ("worthwhile", "all", "off")


Others = Callable[[], tuple[tuple[str, bytes], ...]]
"""The other Dockerfiles of a repository, with their paths: read only where a rule asks for them."""


def nobody() -> tuple[tuple[str, bytes], ...]:
    """There are no other Dockerfiles."""
    return ()


class Source(NamedTuple):
    """A regular file of the build context; `content` is None where it is too large to be looked at."""

    content: Callable[[], bytes | None]


class Context(NamedTuple):
    """The build context of a Dockerfile, as a snapshot holds it.

    `find` gives the regular file of a path, None where there is none, or no single one; `hides`
    says that an ignore file leaves the Dockerfile itself out.
    """

    find: Callable[[str], Source | None]
    hides: bool


def unseen() -> Context | None:
    """Nobody has seen the build context."""
    return None


class Finding(NamedTuple):
    """One remark on the lines `line` to `end`; lines and columns count from 1, 0 is nowhere.

    `related` are the first lines of other instructions that it speaks of: a pragma above one of
    them silences it too. `fixable` says that a fix would take it away.
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
    fixable: bool = False


class LintSettings(NamedTuple):
    """Which rules run, from which severity on a finding fails, and the stage that is shipped ("": the last).

    `merge` says which RUNs a fix joins; `others` are the Dockerfiles around the one at hand, and
    `context` is what it is built from: each is read only where a rule asks for it.
    """

    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    fail_on: Severity = "warning"
    target: str = ""
    merge: Merge = "worthwhile"
    others: Others = nobody
    context: Callable[[], Context | None] = unseen


class Rule(NamedTuple):
    """A rule: `check` gives its findings in a file.

    `aliases` are the codes of hadolint whose pragmas it honours; `severity` is the worst that it
    finds. `mend` gives edits that are safe, a part of them at a time; none where nothing is left.
    """

    code: str
    name: str
    check: Callable[[Dockerfile, LintSettings], Iterator[Finding]]
    documentation: str
    aliases: tuple[str, ...] = ()
    severity: Severity = "warning"
    mend: Callable[[Dockerfile, LintSettings], tuple[Edit, ...]] | None = None

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
