"""Which RUNs of a file are worth joining, what that takes, and what is said where it cannot be."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain as chained
from typing import NamedTuple

from imagebump.dockerfile.edit import Edit
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import stages
from imagebump.rules.certain import unknown
from imagebump.rules.hazard import Obstacle
from imagebump.rules.join import alone, grown, join
from imagebump.rules.joined import Join
from imagebump.rules.model import LintSettings, Severity
from imagebump.rules.runs import Run, chains, mounts
from imagebump.rules.seam import edits
from imagebump.rules.shared import shared_until
from imagebump.rules.wanted import unwanted
from imagebump.rules.worth import Saving, stale_index, worth

FARTHEST = 40
"""RUNs that are looked at together: more of them are generated, and not worth the time of a commit."""


class _Verdict(NamedTuple):
    """What is said of a RUN, and the join that is to be made of it, where there is one."""

    severity: Severity
    message: str
    made: Join | None = None


def remarks(
    dockerfile: Dockerfile, settings: LintSettings
) -> Iterator[tuple[Instruction, Severity, str]]:
    """What is to be said of each RUN that is not the first of its chain."""
    for chain, verdicts in _judged(dockerfile, settings):
        for run, found in zip(chain[1:], verdicts, strict=True):
            yield run.instruction, found.severity, found.message


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """The edits of joins that have no RUN in common; none where nothing is left to be joined."""
    found = planned(dockerfile, settings)
    return edits(dockerfile, found) if found else ()


def planned(dockerfile: Dockerfile, settings: LintSettings) -> list[Join]:
    """What is to be joined now, from top to bottom; more may be left then."""
    if settings.merge == "all":
        longest = (
            one for chain, _ in _chains(dockerfile, settings) for one in _longest(dockerfile, chain)
        )
        return [one for one in longest if len(one.runs) > 1]
    if settings.merge == "worthwhile":
        judged = _judged(dockerfile, settings)
        return [made for _, verdicts in judged for made in _disjoint(verdicts)]
    return []


@lru_cache(maxsize=16)  # a file is linted, mended, and what came of it linted again
def _judged(
    dockerfile: Dockerfile, settings: LintSettings
) -> tuple[tuple[list[Run], list[_Verdict]], ...]:
    """Each chain, with what is said of its second RUN and of those that follow."""
    return tuple(
        (
            chain,
            [
                _verdict(dockerfile, chain[: position + 1], is_shipped, settings)
                for position in range(1, len(chain))
            ],
        )
        for chain, is_shipped in _chains(dockerfile, settings)
    )


def _chains(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[tuple[list[Run], bool]]:
    """The chains of all stages that are longer than one RUN, with whether their stage is shipped."""
    if dockerfile.escape == "`":  # Windows: another shell
        return
    shipped = stages.shipped(dockerfile, settings.target)
    for stage, chain in chains(dockerfile):
        if len(chain) > 1:
            yield chain, stage in shipped


def _disjoint(verdicts: Iterable[_Verdict]) -> Iterator[Join]:
    """What is to be joined in a chain now; the longest, where several have a RUN in common."""
    taken = set[int]()
    for made in sorted((one.made for one in verdicts if one.made), key=lambda one: -len(one.runs)):
        lines = {run.line for run in made.runs}
        if not lines & taken:
            taken |= lines
            yield made


def _longest(dockerfile: Dockerfile, chain: list[Run]) -> Iterator[Join]:
    """Each row of RUNs that can be one, as long as it can be; what stays alone, too."""
    whole = alone(chain[0])
    for after in chain[1:]:
        longer = grown(dockerfile, whole, after, subshells=True)
        if isinstance(longer, Join) and len(longer.runs) < FARTHEST:
            whole = longer
        else:
            yield whole
            whole = alone(after)
    yield whole


def _verdict(
    dockerfile: Dockerfile, chain: Sequence[Run], is_shipped: bool, settings: LintSettings
) -> _Verdict:
    """What to say of the last RUN of `chain`."""
    subshells = settings.merge == "all"
    for start in reversed(range(max(0, len(chain) - FARTHEST), len(chain) - 1)):
        if saved := _saved(chain[start:]):
            made = join(dockerfile, chain[start:], subshells=subshells)
            if not subshells and isinstance(made, Join):
                made = _sure(made, dockerfile, saved.path)
            found = _worthwhile(chain[start:], saved.clause, is_shipped, made)
            return _unless_shared(dockerfile, found, saved.clause, settings)
    line = chain[-2].line
    made = join(dockerfile, chain[-2:], subshells=subshells)
    if isinstance(made, Obstacle):
        why = f"line {made.line} {made.reason}"
        return _Verdict("info", f"this RUN stays apart from the RUN of line {line}: {why}")
    where = "" if is_shipped else ", in a stage that is not shipped"
    return _Verdict(
        "info",
        f"joining this RUN with line {line} saves a layer{where}, and no bytes that can be seen",
    )


def _sure(made: Join, dockerfile: Dockerfile, path: str) -> Join | Obstacle:
    """The same, where all that it does is known, and anybody would want it so."""
    against = chained(unwanted(dockerfile, made.runs, path), unknown(made.runs))
    return next(against, made)


def _worthwhile(
    chain: Sequence[Run], saved: str, is_shipped: bool, made: Join | Obstacle
) -> _Verdict:
    if isinstance(made, Obstacle):
        why = f"line {made.line} {made.reason}"
        return _Verdict("info", f"{saved}; they cannot simply be joined: {why}")
    if not is_shipped:
        return _Verdict("info", f"{saved}; the stage is not shipped, so that only a layer is saved")
    lines = f"lines {chain[0].line} {'and' if len(chain) == 2 else 'to'} {chain[-1].line}"
    how = ", the list in { …; }" if "group" in made.wraps else ""
    return _Verdict("warning", f"{saved}; join {lines} with &&{how}", made=made)


def _unless_shared(
    dockerfile: Dockerfile, found: _Verdict, saved: str, settings: LintSettings
) -> _Verdict:
    """The same, but where the join would end the first steps that another Dockerfile has, too."""
    if found.made is None or settings.merge == "all":
        return found
    first, last = found.made.runs[0].instruction, found.made.runs[-1].instruction
    path = shared_until(dockerfile, first, last, settings.others())
    if not path:
        return found
    return _Verdict("info", f"{saved}; joining them would end the steps that {path} shares")


def _saved(runs: Sequence[Run]) -> Saving | None:
    """What the last one of `runs` would save by being one with the first."""
    first, last = runs[0], runs[-1]
    if first.words is None or last.words is None:
        return None
    places = mounts(first.instruction.flags)
    if found := worth(first.words, last.words, first.line, places):
        return found
    stale = stale_index(first.words, last.words, first.line, places)
    between = (run.words for run in runs[1:-1] if stale)
    if all(one and stale_index(first.words, one, first.line, places) for one in between):
        return stale
    return None  # the index is told of where it is first used
