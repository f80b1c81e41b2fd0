"""Joins that are right, and that a careful person would still not make so."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules.hazard import Obstacle
from imagebump.rules.runs import Run
from imagebump.rules.worth import handles

MOST_BETWEEN = 2
"""RUNs that have nothing to do with what is saved, and would become one with the others."""

LONGEST_COMMENT = 12
"""Comment lines that may stand inside of a RUN: with more, it does not show on a screen."""


def unwanted(dockerfile: Dockerfile, runs: Sequence[Run], path: str) -> Iterator[Obstacle]:
    """What speaks against making `runs` one, for the sake of what happens at `path`."""
    others = [one for one in runs[1:-1] if one.words is None or not handles(one.words, path)]
    if len(others) > MOST_BETWEEN:
        yield Obstacle(others[0].line, "and what follows have nothing to do with it")
    for before, after in pairwise(runs):
        if _comment_lines(dockerfile, before, after) > LONGEST_COMMENT:
            yield Obstacle(after.line, "has a section of comments above it")


def _comment_lines(dockerfile: Dockerfile, before: Run, after: Run) -> int:
    between = dockerfile.lines[before.instruction.end : after.instruction.start - 1]
    return sum(bool(line.strip()) for line in between)
