"""RUNs that become one: how each of them stands in it, and what the shell must then read."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Literal, NamedTuple

from imagebump.dockerfile.parse import Dockerfile
from imagebump.dockerfile.shell.model import (
    AndOr,
    Compound,
    Part,
    Pipeline,
    Script,
    Simple,
    Unknown,
)
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.gap import between
from imagebump.rules.hazard import Obstacle, obstacles
from imagebump.rules.leaks import SUBSHELLS_DIFFER, leaks, relies_anywhere
from imagebump.rules.options import sets_errexit
from imagebump.rules.runs import Run

Wrap = Literal["", "group", "subshell", "rest"]
"""Nothing; `{ …; }`; `( … )`; or `set -e; ( … )`, where the first command stays outside."""

Seam = Literal["&&", ";"]


class Join(NamedTuple):
    """RUNs that can be one, how each is wrapped in it, what stands between, and the script that it is."""

    runs: tuple[Run, ...]
    wraps: tuple[Wrap, ...]
    seams: tuple[Seam, ...]
    script: Script

    @property
    def text(self) -> str:
        """What the shell is given, on one line."""
        return self._of([run.reading for run in self.runs])

    @property
    def named(self) -> str:
        """The same, with the values of variables in their place, as far as they can be told."""
        return self._of([run.named or run.reading for run in self.runs])

    def _of(self, readings: Sequence[Reading | Unknown]) -> str:
        text = ""
        for number, (one, wrap) in enumerate(zip(readings, self.wraps, strict=True)):
            text += (" && " if self.seams[number - 1] == "&&" else "; ") if number else ""
            text += (
                _wrapped(one, wrap, number == len(readings) - 1) if isinstance(one, Reading) else ""
            )
        return text


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
    return Join((run,), ("",), (), _script(run))


def grown(dockerfile: Dockerfile, whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """`whole` with one RUN more; as `join`."""
    last = whole.runs[-1]
    if found := next(between(dockerfile, last.instruction, after.instruction), None):
        return Obstacle(after.line, found)
    made = _behind_and(whole, after, subshells=subshells)
    if isinstance(made, Obstacle) and subshells:
        return _behind_errexit(whole, after) or made
    return made


def _behind_and(whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """The same with `&&` before the new one."""
    apart = obstacles(whole.runs[-1], after)
    if inside := next(apart, None):
        hard = next((one for one in chain([inside], apart) if not one.stays_inside), None)
        if hard or not subshells or relies_anywhere(whole.runs[-1]):
            return hard or inside
        whole = _made(whole.runs, (*whole.wraps[:-1], "subshell"), whole.seams)
    return _proved(whole, after, subshells=subshells)


def _proved(whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """The same, decided on the text of the whole, as a second pass would read it.

    Of one RUN, as it stands, that has been decided.
    """
    if whole.text != whole.runs[0].text and (found := _whole_obstacle(whole, after)):
        closed = _closed(whole, after) if found.stays_inside and subshells else None
        if closed is None or _whole_obstacle(closed, after):
            blamed = (next(obstacles(run, after), None) for run in whole.runs)
            return next((one for one in blamed if one and not one.stays_inside), found)
        whole = closed
    seams: tuple[Seam, ...] = (*whole.seams, "&&")
    if _is_operand(after):
        return _made((*whole.runs, after), (*whole.wraps, ""), seams)
    if isinstance(after.reading, Reading) and after.reading.ends_in_comment:
        return Obstacle(after.line, "ends in a comment, behind which no group can be closed")
    return _made((*whole.runs, after), (*whole.wraps, "group"), seams)


def _whole_obstacle(whole: Join, after: Run, seam: Seam = "&&") -> Obstacle | None:
    return next(obstacles(whole.runs[0].becomes(whole.text, whole.named), after, seam), None)


def _closed(whole: Join, after: Run) -> Join | None:
    """The same, where no more RUNs than necessary have a shell of their own, so that nothing of it remains."""
    if ";" in whole.seams or any(map(relies_anywhere, whole.runs)):
        return None
    wraps: list[Wrap] = ["subshell"] * len(whole.runs)
    for number in range(len(wraps)):
        fewer = [*wraps[:number], whole.wraps[number], *wraps[number + 1 :]]
        if not _whole_obstacle(_made(whole.runs, tuple(fewer), whole.seams), after):
            wraps = fewer
    return _made(whole.runs, tuple(wraps), whole.seams)


def _behind_errexit(whole: Join, after: Run) -> Join | None:
    """`set -e; a; b`, or `set -e; (a; b)`, with `;` before the new one; None where that is not the same.

    Behind a `;` errexit is not ignored, and a subshell that fails ends the shell around it.
    """
    first, *_, last = (*whole.runs, after)
    apart = obstacles(whole.runs[-1], after, ";")
    if not _starts_with_errexit(first) or any(not one.stays_inside for one in apart):
        return None
    wraps: list[Wrap] = []
    for number, run in enumerate(whole.runs):
        wrap = _own_shell(run, [*whole.runs[number + 1 :], after])
        if wrap and _knows_its_shell(run):
            return None
        is_set = wrap and not number and not first.place.errexit
        wraps.append("rest" if is_set else wrap)
    seams: tuple[Seam, ...] = tuple(";" for _ in whole.runs)
    closed = _made(whole.runs, tuple(wraps), seams[1:])
    if _whole_obstacle(closed, after, ";"):
        return None
    return _made((*whole.runs, last), (*wraps, ""), seams)


def _starts_with_errexit(run: Run) -> bool:
    """Is -e on behind its first command, which does nothing but set it, or from the start?"""
    lists = _script(run).lists
    return run.place.errexit or (len(lists) > 1 and sets_errexit(lists[0]))


def _own_shell(run: Run, behind: Sequence[Run]) -> Wrap:
    """A subshell, where a RUN changes its shell for one of `behind`, or may fail without ending it."""
    a = run.reading
    pairs = ((a, b.reading) for b in behind)
    changes = any(
        isinstance(a, Reading)
        and isinstance(b, Reading)
        and any(True for _ in leaks(run, a, b, ";"))
        for a, b in pairs
    )
    hashed = any(one.stays_inside for b in behind for one in obstacles(run, b, ";"))
    return "subshell" if changes or hashed or not _ends_its_shell(run) else ""


def _knows_its_shell(run: Run) -> bool:
    return isinstance(run.reading, Reading) and bool(run.reading.uses & SUBSHELLS_DIFFER)


def _ends_its_shell(run: Run) -> bool:
    """Does each failure of its last list end a shell with -e?"""
    last = _script(run).lists[-1]
    commands = last.pipelines[-1].commands
    plain = all(isinstance(one, Simple) for one in commands)
    return plain and not last.operators and not last.pipelines[0].negated


def _is_operand(run: Run) -> bool:
    return isinstance(run.reading, Reading) and run.reading.is_operand


def _made(runs: tuple[Run, ...], wraps: tuple[Wrap, ...], seams: tuple[Seam, ...]) -> Join:
    return Join(runs, wraps, seams, Script(tuple(_lists(runs, wraps, seams))))


def _lists(runs: Sequence[Run], wraps: Sequence[Wrap], seams: Sequence[Seam]) -> Iterator[AndOr]:
    """The lists of the whole: behind `&&`, the first list of a RUN goes on with the last one before it."""
    pipelines: list[Pipeline] = []
    operators: list[str] = []
    terminator = ""
    for run, wrap, seam in zip(runs, wraps, ("", *seams), strict=True):
        if seam == ";":
            yield AndOr(tuple(pipelines), tuple(operators), ";", 0, 0)
            pipelines, operators = [], []
        operators += [seam] * (seam == "&&")
        for number, one in enumerate(_as_wrapped(wrap, _script(run).lists)):
            if number:
                yield AndOr(tuple(pipelines), tuple(operators), terminator, 0, 0)
                pipelines, operators = [], []
            pipelines += one.pipelines
            operators += one.operators
            terminator = one.terminator
    yield AndOr(tuple(pipelines), tuple(operators), terminator, 0, 0)


def _as_wrapped(wrap: Wrap, lists: tuple[AndOr, ...]) -> tuple[AndOr, ...]:
    """The lists of a RUN as they stand in the whole."""
    if not wrap:
        return lists
    outside = lists[: wrap == "rest"]
    inside = _compound("group" if wrap == "group" else "subshell", lists[len(outside) :])
    return (*outside, AndOr((inside,), (), "", 0, 0))


def _script(run: Run) -> Script:
    return run.reading.script if isinstance(run.reading, Reading) else Script(())


def _compound(kind: Literal["group", "subshell"], lists: tuple[AndOr, ...]) -> Pipeline:
    closed = lists[-1]._replace(terminator=";" if kind == "group" else "")
    return Pipeline((Compound(kind, (Part("body", Script((*lists[:-1], closed))),)),))


def _wrapped(one: Reading, wrap: Wrap, is_last: bool) -> str:
    kept = one.text if is_last and not wrap else one.text[: cut(one)]
    start = begin(one, wrap)
    return kept[:start] + opening(one, wrap) + kept[start:] + closing(wrap)


def begin(one: Reading, wrap: Wrap) -> int:
    """Where in the text of a RUN what it is wrapped in opens."""
    return one.script.lists[1].start if wrap == "rest" else 0


def cut(one: Reading) -> int:
    """Where its text ends without the `;` that it may end in."""
    return one.script.lists[-1].end


def opening(one: Reading, wrap: Wrap) -> str:
    """What opens there."""
    if wrap in ("subshell", "rest"):
        return "( " if one.text.startswith("(", begin(one, wrap)) else "("
    return "{ " if wrap else ""


def closing(wrap: Wrap) -> str:
    """What stands behind the text of a RUN."""
    return {"": "", "group": "; }", "subshell": ")", "rest": ")"}[wrap]


def same(one: Any, other: Any) -> bool:
    """Are two scripts the same, wherever they stand in their texts?"""
    if isinstance(one, AndOr) and isinstance(other, AndOr):
        one, other = one[:3], other[:3]
    if isinstance(one, tuple) and isinstance(other, tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
