"""RUNs that become one: which may, and how each of them must stand in it."""

from collections.abc import Sequence
from itertools import chain

from imagebump.dockerfile.parse import Dockerfile
from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.gap import between
from imagebump.rules.hazard import Obstacle, changes_shell, obstacles
from imagebump.rules.joined import Join, Seam, Wrap, made, scripted
from imagebump.rules.leaks import SUBSHELLS_DIFFER, relies_anywhere
from imagebump.rules.options import sets_errexit
from imagebump.rules.runs import Run


def join(dockerfile: Dockerfile, runs: Sequence[Run], *, subshells: bool) -> Join | Obstacle:
    """All of `runs` as one; the first obstacle where that is not provably the same.

    With `subshells`, a RUN that changes its shell may stand in one of its own.
    """
    whole = alone(runs[0])
    for after in runs[1:]:
        longer = grown(dockerfile, whole, after, subshells=subshells)
        if isinstance(longer, Obstacle):
            return longer
        whole = longer
    return whole


def alone(run: Run) -> Join:
    """A RUN by itself, as the start of a join."""
    return Join((run,), ("",), (), None, scripted(run))


def grown(dockerfile: Dockerfile, whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """`whole` with one RUN more; as `join`."""
    last = whole.runs[-1]
    if found := next(between(dockerfile, last.instruction, after.instruction), None):
        return Obstacle(after.line, found)
    longer = _behind_and(whole, after, subshells=subshells)
    if isinstance(longer, Obstacle) and subshells:
        return _behind_errexit(whole, after) or longer
    return longer


def _behind_and(whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """The same with `&&` before the new one."""
    if whole.opens is not None:
        why = "relies on set -e, which the shell ignores to the left of &&"
        return _obstacle(whole, after) or Obstacle(whole.runs[-1].line, why)
    apart = obstacles(whole.runs[-1], after)
    if inside := next(apart, None):
        hard = next((one for one in chain([inside], apart) if not one.stays_inside), None)
        if hard or not subshells or relies_anywhere(whole.runs[-1]):
            return hard or inside
        whole = made(whole.runs, (*whole.wraps[:-1], "subshell"), whole.seams)
    return _proved(whole, after, subshells=subshells)


def _proved(whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """The same, decided on the text of the whole, as a second pass would read it.

    Of one RUN, as it stands, that has been decided.
    """
    if whole.text != whole.runs[0].text and (found := _obstacle(whole, after)):
        closed = _closed(whole, after) if found.stays_inside and subshells else None
        if closed is None:
            blamed = (next(obstacles(run, after), None) for run in whole.runs)
            return next((one for one in blamed if one and not one.stays_inside), found)
        whole = closed
    reading = after.reading
    is_operand = isinstance(reading, Reading) and reading.is_operand
    if _ends_in_comment(after) and not is_operand:
        return Obstacle(after.line, "ends in a comment, behind which no group can be closed")
    wraps: tuple[Wrap, ...] = (*whole.wraps, "" if is_operand else "group")
    return made((*whole.runs, after), wraps, (*whole.seams, "&&"))


def _obstacle(whole: Join, after: Run, seam: Seam = "&&") -> Obstacle | None:
    """What keeps `after` from standing behind all of it."""
    return next(
        obstacles(whole.runs[0].becomes(whole.text, whole.named, whole.runs[-1]), after, seam), None
    )


def _closed(whole: Join, after: Run) -> Join | None:
    """The same, where no more RUNs than necessary have a shell of their own, so that nothing of it remains."""
    if ";" in whole.seams or any(map(relies_anywhere, whole.runs)):
        return None
    wraps: list[Wrap] = ["subshell"] * len(whole.runs)
    closed = made(whole.runs, wraps, whole.seams)
    if _obstacle(closed, after):
        return None
    for number, wrap in enumerate(whole.wraps):
        fewer = made(whole.runs, [*wraps[:number], wrap, *wraps[number + 1 :]], whole.seams)
        if not _obstacle(fewer, after):
            wraps[number], closed = wrap, fewer
    return closed


def _behind_errexit(whole: Join, after: Run) -> Join | None:
    """`set -e; a; b`, or `set -e; (a; b)`, with `;` before the new one; None where that is not the same.

    Behind a `;` errexit is not ignored, and a subshell that fails ends the shell around it. All
    of it may be a group behind other RUNs, where it is not ignored either.
    """
    start = _errexit_starts(whole)
    apart = obstacles(whole.runs[-1], after, ";")
    if start is None or any(not one.stays_inside for one in apart):
        return None
    runs = (*whole.runs, after)
    own = [_own_shell(run, runs[n + 1 :]) for n, run in enumerate(whole.runs) if n >= start]
    if own[0] and not runs[start].place.errexit:
        own[0] = "rest"
    if any(map(_minds_a_subshell, runs[start:], own)):
        return None
    wraps = (*whole.wraps[:start], *own)
    seams: list[Seam] = [*whole.seams[:start], *[_SEMICOLON] * len(own)]
    if start and _ends_in_comment(after):
        return None
    for number in range(start + 1, len(runs)):  # each stands otherwise than it may have stood yet
        closed = made(runs[:number], wraps[:number], seams[: number - 1], start or None)
        if _obstacle(closed, runs[number], ";"):
            return None
    return made(runs, (*wraps, ""), seams, start or None)


_SEMICOLON: Seam = ";"


def _errexit_starts(whole: Join) -> int | None:
    """The number of the RUN from which on -e holds at the top of a shell, or of a group at the end."""
    if whole.opens is not None:
        return whole.opens
    if _starts_with_errexit(whole.runs[0]):
        return 0
    is_group = whole.wraps[-1] == "group" and _starts_with_errexit(whole.runs[-1])
    return len(whole.runs) - 1 if is_group else None


def _starts_with_errexit(run: Run) -> bool:
    """Is -e on behind its first command, which does nothing but set it, or from the start?"""
    lists = scripted(run).lists
    return run.place.errexit or (len(lists) > 1 and sets_errexit(lists[0]))


def _own_shell(run: Run, behind: Sequence[Run]) -> Wrap:
    """A subshell, where a RUN changes its shell for one of `behind`, or may fail without ending it."""
    kept = _ends_its_shell(run) and not any(changes_shell(run, one) for one in behind)
    return "" if kept else "subshell"


def _minds_a_subshell(run: Run, wrap: Wrap) -> bool:
    """Would it do something else there? Where a `!` is all of one, bash forgets that it ignores errexit."""
    knows = isinstance(run.reading, Reading) and bool(run.reading.uses & SUBSHELLS_DIFFER)
    first, *others = scripted(run).lists[wrap == "rest" :]
    return bool(wrap) and (
        knows or (first.pipelines[0].negated and not (others or first.operators))
    )


def _ends_its_shell(run: Run) -> bool:
    """Does each failure of its last list end a shell with -e?"""
    last = scripted(run).lists[-1]
    commands = last.pipelines[-1].commands
    plain = all(isinstance(one, Simple) for one in commands)
    return plain and not last.operators and not last.pipelines[0].negated


def _ends_in_comment(run: Run) -> bool:
    return isinstance(run.reading, Reading) and run.reading.ends_in_comment
