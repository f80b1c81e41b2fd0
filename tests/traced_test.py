"""What the fixer joins does the same as before, in three shells, whatever fails."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus import dockerfiles
from generated_runs import dockerfile
from imagebump.dockerfile.parse import DockerfileError
from imagebump.rules.model import Merge
from join_rows import REWRITTEN
from traced import Case, busybox, cases, check

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


STOPS = [
    "false && true", "false; echo in", "! true", "for x in 1; do false && true; done", "true | false",
    "if true; then false || false; fi", "case a in a) false && true ;; esac", "a=$(false); echo in",
    "cd /none", "(false && true)", "exit 3", "set -x; x=1; exit 3",
]  # fmt: skip
"""What fails, so that the subshell around it fails; behind `&&` the shell would go on."""


def shells() -> list[list[str]]:
    """Each shell that may be /bin/sh, and bash."""
    return [["dash"], ["bash"], ["bash", "--posix"], [busybox(), "sh"]]


@pytest.mark.parametrize("shell", shells(), ids=" ".join)
@pytest.mark.parametrize("script", STOPS)
def test_a_subshell_that_fails_ends_its_shell(shell: list[str], script: str) -> None:
    """Where -e is on, and no operator follows it: at the top, and in a group behind others."""
    for whole in (f"set -e; ({script}); echo on", f"true && {{ set -e; ({script}); echo on; }}"):
        done = subprocess.run([*shell, "-c", whole], capture_output=True, text=True, timeout=10)
        assert done.returncode
        assert "on\n" not in done.stdout


@pytest.mark.parametrize("shell", shells(), ids=" ".join)
@pytest.mark.parametrize("runs", ["x", "x | cat", "true && x"])
def test_a_subshell_forgets_programs(shell: list[str], runs: str, tmp_path: Path) -> None:
    """What it looked up is looked up anew behind it."""
    for name, program in (("one/new", "echo new"), ("two/x", "echo old")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / name).chmod(0o755)
    found = f"PATH={tmp_path}/one:{tmp_path}/two:$PATH; ({runs} && ln one/new one/x) && x"
    done = subprocess.run(
        [*shell, "-c", found], capture_output=True, text=True, timeout=10, cwd=tmp_path
    )
    assert done.stdout == "old\nnew\n"


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
