"""What the fixer joins does the same as before, in three shells, whatever fails."""

from collections.abc import Iterator

import pytest

from corpus import dockerfiles
from generated_runs import dockerfile
from imagebump.dockerfile.parse import DockerfileError
from imagebump.rules.model import Merge
from join_rows import REWRITTEN
from traced import Case, cases, check

SHELL = ["/bin/sh", "-c"]

WRONG = [
    (["cd /tmp && a", "b"], "cd /tmp && a && b"),
    (["a", "b; c"], "a && b; c"),
    (["a", "b || c"], "a && b || c"),
    (["umask 077; a", "b"], "umask 077; a && b"),
    (["export X=1 && a", "b"], "export X=1 && a && b"),
    (["set -e; a", "b; c"], "set -e; a && { b; c; }"),
    (["set -e; { a; b; }", "c"], "set -e; { a; b; } && c"),
    (["a > /tmp/x", "b"], "a > /tmp/x && b >> /tmp/x"),
    (["f() { a; }; f", "f"], "f() { a; }; f && f"),
    (["set -x; a", "b $({ c; } 2>&1)"], "set -x; a && b $({ c; } 2>&1)"),
    (["set -e; a", "export SHELLOPTS; b"], "set -e; a && { export SHELLOPTS; b; }"),
    (["set -e; a", "set -a; b"], "set -e; a && { set -a; b; }"),
    (["a", "b"], "a | b"),
]


def corpus(merge: Merge) -> Iterator[Case]:
    """Every join that the fixer makes in real files."""
    for name, source in dockerfiles():
        try:
            yield from cases(source, name, merge)
        except DockerfileError:
            continue


def test_the_tracer_notices() -> None:
    """A join that is wrong in any of these ways is different in each of the shells."""
    wrong = [Case(str(n), before, [after], SHELL, "/") for n, (before, after) in enumerate(WRONG)]
    result = check(wrong)
    found = {where.split(" ")[0] for where, *_ in result["differences"]}
    assert found == {case.name for case in wrong}
    assert result["shells"] == ["dash", "bash", "busybox"]


@pytest.mark.parametrize(("merge", "every"), [("worthwhile", 1), ("all", 20)])
def test_the_corpus(merge: Merge, every: int) -> None:
    """All that is joined by default, and a part of what can be; tests/traced.py runs the rest."""
    found = list(corpus(merge))[::every]
    assert len(found) >= 10
    result = check(found)
    assert result["differences"] == []
    assert result["runs"] > 6 * len(found)


def test_the_table() -> None:
    """The rows that are rewritten, as far as their commands are stubs."""
    source = (b"FROM a\n" + before for before, _ in REWRITTEN[::4])
    found = [case for text in source for case in cases(text, "row", "all")]
    assert check(found)["differences"] == []


def test_generated_runs() -> None:
    """RUNs that change their shell, stop, fail and print, in all kinds of compounds."""
    found = [case for seed in range(20) for case in cases(dockerfile(seed), str(seed), "all")]
    assert len(found) >= 5
    assert check(found)["differences"] == []
