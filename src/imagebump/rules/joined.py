"""RUNs as one: how each of them stands in it, and what the shell must then read."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from imagebump.dockerfile.shell.model import AndOr, Compound, Part, Pipeline, Script, Unknown
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.runs import Run

Wrap = Literal["", "group", "subshell", "rest"]
"""Nothing; `{ …; }`; `( … )`; or `set -e; ( … )`, where the first command stays outside."""

Seam = Literal["&&", ";"]


class Join(NamedTuple):
    """RUNs that can be one, how each is wrapped in it, what stands between, and the script that it is.

    From the RUN of number `opens` to the last one, there is a group around all of them.
    """

    runs: tuple[Run, ...]
    wraps: tuple[Wrap, ...]
    seams: tuple[Seam, ...]
    opens: int | None
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
            if number:
                text += " && " if self.seams[number - 1] == "&&" else "; "
            is_last = number == len(readings) - 1 and self.opens is None
            text += "{ " * (number == self.opens)
            text += _wrapped(one, wrap, is_last) if isinstance(one, Reading) else ""
        return text + closing("group" if self.opens is not None else "")


def made(
    runs: Sequence[Run], wraps: Sequence[Wrap], seams: Sequence[Seam], opens: int | None = None
) -> Join:
    """The join that stands so."""
    parts = [_as_wrapped(wrap, scripted(run).lists) for run, wrap in zip(runs, wraps, strict=True)]
    if opens is not None:
        group = tuple(_lists(parts[opens:], seams[opens:]))
        parts = [*parts[:opens], (_alone("group", group),)]
    script = Script(tuple(_lists(parts, seams[:opens])))
    return Join(tuple(runs), tuple(wraps), tuple(seams), opens, script)


def _lists(parts: Sequence[tuple[AndOr, ...]], seams: Sequence[Seam]) -> Iterator[AndOr]:
    """The lists of the whole: behind `&&`, the first list of a RUN goes on with the last one before it."""
    pipelines: list[Pipeline] = []
    operators: list[str] = []
    terminator = ""
    for lists, seam in zip(parts, ("", *seams), strict=True):
        for number, one in enumerate(lists):
            between = terminator if number else seam
            if pipelines and between == "&&":
                operators.append(between)
            elif pipelines:
                yield AndOr(tuple(pipelines), tuple(operators), between, 0, 0)
                pipelines, operators = [], []
            pipelines += one.pipelines
            operators += one.operators
            terminator = one.terminator
    yield AndOr(tuple(pipelines), tuple(operators), terminator, 0, 0)


def scripted(run: Run) -> Script:
    """What a RUN runs; nothing where that is not known."""
    return run.reading.script if isinstance(run.reading, Reading) else Script(())


def _as_wrapped(wrap: Wrap, lists: tuple[AndOr, ...]) -> tuple[AndOr, ...]:
    """The lists of a RUN as they stand in the whole."""
    if not wrap:
        return lists
    outside = lists[: wrap == "rest"]
    kind: Literal["group", "subshell"] = "group" if wrap == "group" else "subshell"
    return (*outside, _alone(kind, lists[len(outside) :]))


def _alone(kind: Literal["group", "subshell"], lists: tuple[AndOr, ...]) -> AndOr:
    closed = lists[-1]._replace(terminator=";" if kind == "group" else "")
    inside = Compound(kind, (Part("body", Script((*lists[:-1], closed))),))
    return AndOr((Pipeline((inside,)),), (), "", 0, 0)


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
