"""Dockerfiles as BuildKit reads them, and a clear line for what is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from corpus import dockerfiles
from imagebump.dockerfile.parse import DockerfileError, parse, with_syntax

BROKEN = {
    "components__engine__contrib__syntax__nano__Dockerfile.nanorc",  # an editor's syntax file
    "lean__DockerfileModel__Dockerfile.lean",  # a program
    "pia__1.3.8__Dockerfile",  # a LABEL without its keyword
    "test__examples__Dockerfile.misc",  # broken on purpose
    "tests__dockerfiles__bad_security.Dockerfile",  # MAINTAINER before FROM
}

REFUSED = [
    (b"", 0, "no instructions"),
    (b"\n# only a comment\n", 0, "no instructions"),
    (b"ARG VERSION\n", 0, "no FROM"),
    (b"ARG a\nRUN x\nFROM a\n", 2, "RUN stands before the first FROM"),
    (b"FROM\n", 1, "FROM takes IMAGE or IMAGE AS NAME"),
    (b"FROM a builder\n", 1, "FROM takes IMAGE or IMAGE AS NAME"),
    (b"FROM a\nRUNN x\n", 2, "unknown instruction RUNN, did you mean RUN?"),
    (b"FROM a\nworkdri /a\n", 2, "unknown instruction workdri, did you mean WORKDIR?"),
    (b"FROM a\n\n&& echo\n", 3, "unknown instruction &&"),
    (b"FROM a\nRUN <<EOF\necho\n", 2, "unterminated heredoc"),
    (b"FROM a\nRUN cat << EOF\necho\n", 2, "unterminated heredoc"),
    (b"FROM a\nENV name\n", 2, "ENV must have two arguments"),
    (b"FROM a\nWORKDIR\n", 2, "WORKDIR takes at least one argument"),
    (b"FROM a\nONBUILD\n", 2, "ONBUILD takes at least one argument"),
    (b"FROM a\nCOPY a\n", 2, "COPY takes a source and a destination"),
    (b"FROM a\nCMD [1]\n", 2, "Only strings are supported in JSON arrays"),
    (b"# escape=x\nFROM a\n", 1, "invalid escape token 'x' does not match ` or \\"),
    (b"FROM a\nRUN \x00\n", 2, "a NUL byte: this is a binary file, or not UTF-8"),
    (b"FROM a\n# caf\xe9\n", 2, "byte 0xe9 is not UTF-8"),
    (b"\xff\xfeF\x00R\x00O\x00M\x00", 1, "UTF-16, and Docker reads UTF-8 only: save it as that"),
    (b"\xfe\xff\x00F\x00R\x00O\x00M", 1, "UTF-16, and Docker reads UTF-8 only: save it as that"),
    (b"FROM a\nRUN " + b"x" * 10_000_000, 2, "a line of more than 65535 bytes"),
    (b"FROM a\nCMD " + b"[" * 50_000, 0, "an exec form is nested too deeply"),
]


@pytest.mark.parametrize(("source", "line", "reason"), REFUSED, ids=lambda v: repr(v)[:40])
def test_what_is_refused(source: bytes, line: int, reason: str) -> None:
    """What BuildKit would refuse is one line with the place and the reason."""
    with pytest.raises(DockerfileError) as caught:
        parse(source, "app.dockerfile")
    where = f"app.dockerfile:{line}" if line else "app.dockerfile"
    assert (line, reason) == (caught.value.line, caught.value.reason)
    assert f"cannot parse {where}: {reason}" == str(caught.value)


def test_an_instruction_and_its_lines() -> None:
    """Continuations and heredocs belong to the lines of their instruction."""
    parsed = parse(b"FROM a\n\nRUN --network=none x \\\n # remark\n && y\nCOPY <<E /f\nbody\nE\n")
    run, copy = parsed.instructions[1:]
    assert (run.name, run.flags, run.args) == ("RUN", ("--network=none",), ("x  && y",))
    assert (run.start, run.end) == (3, 5)
    assert (copy.start, copy.end, copy.heredocs) == (6, 8, ("body\n",))


def test_exec_form_is_valid_json_only() -> None:
    """`RUN [ -e / ]` runs a shell."""
    parsed = parse(b'FROM a\nRUN ["a", "b c"]\nRUN [ -e / ]\n')
    assert [one.exec_form for one in parsed.instructions[1:]] == [True, False]
    assert parsed.instructions[1].args == ("a", "b c")


def test_lone_surrogates_do_not_pass() -> None:
    """Every text that is given out can be encoded."""
    assert parse(b'FROM a\nCMD ["\\ud800"]\n').instructions[1].args == ("?",)


SYNTAX = [
    (b"# syntax=docker/dockerfile:1\nFROM a\n", "docker/dockerfile:1", "\\"),
    (b"\xef\xbb\xbf#Syntax = x  \r\n# escape=`\r\nFROM a\r\n", "x", "`"),
    (b"# escape=`\n# syntax=x\nFROM a\n", "x", "`"),
    (b"#!/usr/bin/env docker\n# syntax=x\nFROM a\n", "x", "\\"),
    (b"# remark\n# syntax=x\nFROM a\n", "", "\\"),
    (b"\n# syntax=x\n# escape=`\nFROM a\n", "", "\\"),
    (b"# syntax=x" + b" " * 60_000 + b"y\nFROM a\n", "x", "\\"),
]


@pytest.mark.parametrize(("source", "syntax", "escape"), SYNTAX, ids=lambda v: repr(v)[:40])
def test_directives(source: bytes, syntax: str, escape: str) -> None:
    """Directives count only before anything else."""
    parsed = parse(source)
    assert (syntax, escape) == (parsed.syntax, parsed.escape)
    if syntax:
        text = with_syntax(parsed, "h.io/f@sha256:1")
        assert text.replace(b"h.io/f@sha256:1", syntax.encode()) == source
        assert parse(text).syntax == "h.io/f@sha256:1"


def test_a_shift_is_no_heredoc() -> None:
    """`<<` inside arithmetic opens nothing, and the text comes out as it went in."""
    parsed = parse(b"FROM a\nRUN echo $(( 1 << 2 ))\nRUN b\n")
    assert [one.args[0] for one in parsed.instructions] == ["a", "echo $(( 1 << 2 ))", "b"]


def test_lines_end_at_newlines_only() -> None:
    """A carriage return or a form feed is text, and no byte is lost."""
    source = b"FROM a\r\nRUN x \x0c y\rz\nRUN w"
    parsed = parse(source)
    assert parsed.lines == (b"FROM a\r\n", b"RUN x \x0c y\rz\n", b"RUN w")
    assert [one.start for one in parsed.instructions] == [1, 2, 3]


def test_stages() -> None:
    """A stage starts at its FROM; what stands before the first is in none."""
    parsed = parse(b"ARG v\nFROM a:$v AS one\nRUN x\nFROM one\n")
    assert [[one.name for one in stage] for stage in parsed.stages] == [["FROM", "RUN"], ["FROM"]]


def test_only_the_cheap_is_imported() -> None:
    """The parser is on the hooks' way: nothing heavy comes with it."""
    code = (
        "import sys, imagebump.dockerfile.parse\n"
        "heavy = {'docker', 'git', 'requests', 'rich', 'sqlite3', 'argparse', 'email'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )
    assert done.stdout + done.stderr == b"\n"


def test_the_corpus() -> None:
    """Every real Dockerfile that is not broken parses, and its lines are its bytes."""
    for name, source in dockerfiles():
        if Path(name).name not in BROKEN:
            assert source == b"".join(parse(source, name).lines)
