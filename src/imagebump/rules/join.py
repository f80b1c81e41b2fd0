"""RUNs that become one: how each of them stands in it, and what the shell must then read."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Literal, NamedTuple

from imagebump.dockerfile.parse import Dockerfile
from imagebump.dockerfile.shell.model import AndOr, Compound, Part, Pipeline, Script
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.gap import between
from imagebump.rules.hazard import Obstacle, obstacles
from imagebump.rules.leaks import relies_anywhere
from imagebump.rules.runs import Run

Wrap = Literal["", "group", "subshell"]


class Join(NamedTuple):
    """RUNs that can be one, how each is wrapped in it, and the script that it is."""

    runs: tuple[Run, ...]
    wraps: tuple[Wrap, ...]
    script: Script

    @property
    def text(self) -> str:
        """What the shell is given, on one line."""
        return " && ".join(map(_wrapped, self.runs, self.wraps, _lasts(self.runs)))


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
    return Join((run,), ("",), _script(run))


def grown(dockerfile: Dockerfile, whole: Join, after: Run, *, subshells: bool) -> Join | Obstacle:
    """`whole` with one RUN more; as `join`."""
    last = whole.runs[-1]
    if found := next(between(dockerfile, last.instruction, after.instruction), None):
        return Obstacle(after.line, found)
    apart = obstacles(last, after)
    if inside := next(apart, None):
        hard = next((one for one in chain([inside], apart) if not one.stays_inside), None)
        if hard or not subshells or relies_anywhere(last):
            return hard or inside
        whole = _made(whole.runs, (*whole.wraps[:-1], "subshell"))
    return _proved(whole, after)


def _proved(whole: Join, after: Run) -> Join | Obstacle:
    """The same, decided on the text of the whole, as a second pass would read it.

    Of one RUN, as it stands, that has been decided.
    """
    first, text = whole.runs[0], whole.text
    if text != first.text and (found := next(obstacles(first.becomes(text), after), None)):
        blamed = (next(obstacles(run, after), None) for run in whole.runs)
        return next((one for one in blamed if one and not one.stays_inside), found)
    if _is_operand(after):
        return _made((*whole.runs, after), (*whole.wraps, ""))
    if isinstance(after.reading, Reading) and after.reading.ends_in_comment:
        return Obstacle(after.line, "ends in a comment, behind which no group can be closed")
    return _made((*whole.runs, after), (*whole.wraps, "group"))


def _is_operand(run: Run) -> bool:
    return isinstance(run.reading, Reading) and run.reading.is_operand


def _made(runs: tuple[Run, ...], wraps: tuple[Wrap, ...]) -> Join:
    return Join(runs, wraps, Script(tuple(_lists(runs, wraps))))


def _lists(runs: Sequence[Run], wraps: Sequence[Wrap]) -> Iterator[AndOr]:
    """The lists of the whole: those of the first RUN, the last of which has the others behind it."""
    pipelines: list[Pipeline] = []
    operators: list[str] = []
    terminator = ""
    for run, wrap in zip(runs, wraps, strict=True):
        lists = _script(run).lists
        if pipelines:
            operators.append("&&")
        if wrap:
            pipelines.append(_compound(wrap, lists))
            terminator = ""
            continue
        yield from lists[:-1]
        pipelines += lists[-1].pipelines
        operators += lists[-1].operators
        terminator = lists[-1].terminator
    yield AndOr(tuple(pipelines), tuple(operators), terminator, 0, 0)


def _script(run: Run) -> Script:
    return run.reading.script if isinstance(run.reading, Reading) else Script(())


def _compound(wrap: Wrap, lists: tuple[AndOr, ...]) -> Pipeline:
    kind: Literal["group", "subshell"] = "group" if wrap == "group" else "subshell"
    closed = lists[-1]._replace(terminator=";" if wrap == "group" else "")
    return Pipeline((Compound(kind, (Part("body", Script((*lists[:-1], closed))),)),))


def _lasts(runs: Sequence[Run]) -> list[bool]:
    return [False] * (len(runs) - 1) + [True]


def _wrapped(run: Run, wrap: Wrap, is_last: bool) -> str:
    kept = run.text if is_last and not wrap else run.text[: cut(run)]
    return opening(run, wrap) + kept + closing(wrap)


def cut(run: Run) -> int:
    """Where the text of a RUN ends without the `;` that it may end in."""
    return _script(run).lists[-1].end if isinstance(run.reading, Reading) else len(run.text)


def opening(run: Run, wrap: Wrap) -> str:
    """What stands before a RUN's text."""
    if wrap == "subshell":
        return "( " if run.text.startswith("(") else "("
    return "{ " if wrap else ""


def closing(wrap: Wrap) -> str:
    """What stands behind it."""
    return {"": "", "group": "; }", "subshell": ")"}[wrap]


def same(one: Any, other: Any) -> bool:
    """Are two scripts the same, wherever they stand in their texts?"""
    if isinstance(one, AndOr) and isinstance(other, AndOr):
        one, other = one[:3], other[:3]
    if isinstance(one, tuple) and isinstance(other, tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
