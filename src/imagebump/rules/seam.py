"""The bytes of a join: RUNs become one in the style of their file, and all else stays as it is."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.layout import Layout, layout
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, Instruction, parse
from imagebump.dockerfile.shell.reading import Reading, read
from imagebump.rules.joined import Join, Seam, Wrap, begin, closing, cut, opening, same
from imagebump.rules.runs import Run

_LEADING = re.compile(rb"([ \t]*)(?:&&|\|\|)")
_TRAILING = re.compile(rb"(?:&&|\|\||;)[ \t]*\\[ \t]*$")
_INDENT = re.compile(rb"[ \t]*")


class Style(NamedTuple):
    """How a file continues a RUN: with `&&` in front of a line or behind it, and how far it indents."""

    leading: bool
    indent: bytes


class _Body(NamedTuple):
    """Where the script of a RUN stands: its bytes from `start` to `end`, to `cut` without its last `;`.

    `opening` is what opens at `opens`.
    """

    start: int
    cut: int
    end: int
    opens: int
    opening: bytes
    layout: Layout


def edits(dockerfile: Dockerfile, joins: Sequence[Join]) -> tuple[Edit, ...]:
    """The edits that make `joins`, which have no RUN in common; without those that cannot be proved."""
    each = [(one, tuple(_of_one(dockerfile, one))) for one in joins]
    each = [(one, found) for one, found in each if found]
    if _are_proved(dockerfile, each):
        return tuple(edit for _, found in each for edit in found)
    for one in each:  # most likely all of them but one could be; a file where that happens is rare
        if len(each) > 1 and _are_proved(dockerfile, [one]):
            return one[1]
    return ()


def _of_one(dockerfile: Dockerfile, join: Join) -> Iterator[Edit]:
    bodies = [_body(dockerfile, *one) for one in zip(join.runs, join.wraps, strict=True)]
    found = [body for body in bodies if body is not None]
    style = style_of(dockerfile, [run.instruction for run in join.runs])
    return _edits(dockerfile, join, found, style) if len(found) == len(bodies) else iter(())


def _body(dockerfile: Dockerfile, run: Run, wrap: Wrap) -> _Body | None:
    found = layout(dockerfile, run.instruction)
    one = run.reading
    if not (found and isinstance(one, Reading) and found.text.rstrip().endswith(run.text)):
        return None
    end = len(found.text.rstrip())
    start = end - len(run.text)
    closes, opens = _behind(found, start + cut(one)), found.places[start + begin(one, wrap)]
    opened = opening(one, wrap).encode()
    return _Body(found.places[start], closes, _behind(found, end), opens, opened, found)


def _behind(found: Layout, index: int) -> int:
    """The byte behind the character before `index`."""
    return found.places[index - 1] + len(found.text[index - 1].encode())


def _edits(dockerfile: Dockerfile, join: Join, bodies: list[_Body], style: Style) -> Iterator[Edit]:
    for body, wrap in zip(bodies, join.wraps, strict=True):
        if wrap == "rest" or (wrap and body is bodies[0]):
            yield Edit(body.opens, body.opens, body.opening)
    yield from _remarks(dockerfile, join)
    for number in range(1, len(bodies)):
        before, after = bodies[number - 1], bodies[number]
        close = closing(join.wraps[number - 1]).encode()
        lines = _comments(dockerfile, join.runs[number - 1 : number + 1], before, after)
        if (
            join.runs[number].remark
            and number < len(bodies) - 1
            and _is_one_line(join.runs[number])
        ):
            lines.append(join.runs[number].remark)
        seam = _seam(dockerfile, join, style, lines, join.seams[number - 1])
        start = b"{ " * (number == join.opens) + after.opening * (join.wraps[number] != "rest")
        yield Edit(before.cut, after.start, close + seam + start)
    if join.wraps[-1] or join.opens is not None:
        last = bodies[-1]
        tail = b" }" if last.cut < last.end else b"; }"
        yield Edit(last.end, last.end, tail)


def _remarks(dockerfile: Dockerfile, join: Join) -> Iterator[Edit]:
    """Comments at the end of a RUN get a line of their own before the one that they stand in."""
    for number, run in enumerate(join.runs[:-1]):
        if run.remark and not (number and _is_one_line(run)):
            place = dockerfile.offsets[run.instruction.end - 1]
            indent = (_INDENT.match(run.lines[-1]) or [b""])[0]
            ending = _ending(dockerfile, run.instruction)
            yield Edit(place, place, indent + run.remark + ending)


def _is_one_line(run: Run) -> bool:
    return run.instruction.start == run.instruction.end


def _seam(
    dockerfile: Dockerfile, join: Join, style: Style, comments: list[bytes], operator: Seam
) -> bytes:
    """The end of a line, whole comment lines, and the start of the next one."""
    ending = _ending(dockerfile, join.runs[0].instruction)
    between = b"".join(comment + ending for comment in comments)
    if operator == ";":
        return b"; \\" + ending + between + style.indent
    if style.leading:
        return b" \\" + ending + between + style.indent + b"&& "
    return b" && \\" + ending + between + style.indent


def _ending(dockerfile: Dockerfile, one: Instruction) -> bytes:
    return b"\r\n" if dockerfile.lines[one.start - 1].endswith(b"\r\n") else b"\n"


def _comments(
    dockerfile: Dockerfile, runs: tuple[Run, ...], before: _Body, after: _Body
) -> list[bytes]:
    """The comment lines that stand between two scripts, wherever the instructions end and start."""
    first, second = runs[0].instruction, runs[1].instruction
    gap = dockerfile.lines[first.end : second.start - 1]
    inside = [place for place in before.layout.comments if place >= before.cut]
    head = [place for place in after.layout.comments if place < after.start]
    return [
        *(_line(dockerfile, place) for place in inside),
        *(line.rstrip(b"\r\n") for line in gap if line.strip()),
        *(_line(dockerfile, place) for place in head),
    ]


def _line(dockerfile: Dockerfile, start: int) -> bytes:
    end = dockerfile.source.find(b"\n", start)
    return dockerfile.source[start : end if end >= 0 else None].rstrip(b"\r")


def style_of(dockerfile: Dockerfile, runs: Sequence[Instruction] = ()) -> Style:
    """The style of most continued lines of `runs`, else of all RUNs of a file; `&&` in front, four blanks, where there are none."""
    near = _style(dockerfile, runs)
    return near or _style_of_all(dockerfile) or Style(True, b"    ")


@lru_cache(maxsize=4)  # each join of a file asks
def _style_of_all(dockerfile: Dockerfile) -> Style | None:
    return _style(dockerfile, dockerfile.instructions)


def _style(dockerfile: Dockerfile, instructions: Sequence[Instruction]) -> Style | None:
    leading, trailing, indents = 0, 0, Counter[bytes]()
    for one in instructions:
        if one.name != "RUN" or one.heredocs:
            continue
        lines = [
            line
            for line in dockerfile.lines[one.start - 1 : one.end]
            if not line.lstrip().startswith(b"#")
        ]
        for before, line in zip((b"", *lines), lines, strict=False):
            if match := _LEADING.match(line):
                leading += 1
                indents[match[1]] += 1
            elif _TRAILING.search(before.rstrip(b"\r\n")) and line.strip():
                trailing += 1
                indents[(_INDENT.match(line) or [b""])[0]] += 1
    return Style(leading >= trailing, indents.most_common(1)[0][0]) if indents else None


def _are_proved(dockerfile: Dockerfile, each: Sequence[tuple[Join, tuple[Edit, ...]]]) -> bool:
    """Does the new text hold the instructions of the old one, but for the joined ones?"""
    try:
        after = parse(apply(dockerfile.source, (edit for _, found in each for edit in found)))
    except (DockerfileError, ValueError):
        return False
    expected = list(_expected(dockerfile, [join for join, _ in each]))
    return (
        len(after.instructions) == len(expected)
        and all(map(_is_it, after.instructions, expected))
        and (after.escape, after.syntax) == (dockerfile.escape, dockerfile.syntax)
        and _are_kept(_all_comments(dockerfile), _all_comments(after), [join for join, _ in each])
    )


def _are_kept(before: list[bytes], after: list[bytes], joins: Iterable[Join]) -> bool:
    """Are all comments there in their order, and no others than those that stood at the end of RUNs?"""
    moved = Counter(run.remark for join in joins for run in join.runs[:-1] if run.remark)
    rest = iter(after)
    return all(one in rest for one in before) and Counter(after) == Counter(before) + moved


def _expected(dockerfile: Dockerfile, joins: Sequence[Join]) -> Iterator[Instruction | Join]:
    """What has to follow each other in the new text."""
    firsts = {join.runs[0].line: join for join in joins}
    others = {run.line for join in joins for run in join.runs[1:]}
    for one in dockerfile.instructions:
        if one.start not in others:
            yield firsts.get(one.start, one)


def _is_it(found: Instruction, expected: Instruction | Join) -> bool:
    if isinstance(expected, Join):
        return _says(found, expected)
    return found[:6] == expected[:6]


def _says(merged: Instruction, join: Join) -> bool:
    plain = merged.name == "RUN" and not merged.exec_form and not merged.heredocs and merged.args
    if not plain or merged.flags != join.runs[0].instruction.flags:
        return False
    reading = read(merged.args[0], join.runs[0].place.dialect)
    return isinstance(reading, Reading) and same(reading.script, join.script)


def _all_comments(dockerfile: Dockerfile) -> list[bytes]:
    return [line.strip() for line in dockerfile.lines if line.lstrip().startswith(b"#")]
