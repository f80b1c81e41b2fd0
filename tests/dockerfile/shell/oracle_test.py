"""What the reader claims, held against shfmt and the shells themselves."""

import subprocess
from functools import cache
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import readable
from imagebump.dockerfile.parse import Dockerfile, parse
from imagebump.dockerfile.shell.model import Dialect
from imagebump.dockerfile.shell.reading import Reading, read
from shfmt import actual, expected

DIALECTS: tuple[Dialect, ...] = ("sh", "bash")


@cache
def runs() -> tuple[tuple[Dialect, str], ...]:
    """Each RUN in shell form of the corpus, with its shell, where that is a POSIX one."""
    found: list[tuple[Dialect, str]] = []
    for name, source in readable():
        found += runs_of(parse(source, name))
    return tuple(found)


def runs_of(dockerfile: Dockerfile) -> list[tuple[Dialect, str]]:
    found: list[tuple[Dialect, str]] = []
    shell = "sh"
    for one in dockerfile.instructions if dockerfile.escape != "`" else ():
        if one.name == "FROM":
            shell = "sh"
        elif one.name == "SHELL" and one.args:
            shell = one.args[0].rpartition("/")[2]
        elif one.name == "RUN" and one.args and not one.exec_form and shell in ("sh", "bash"):
            body = "".join(f"\n{text}{one.args[0].split('<<')[1]}" for text in one.heredocs[:1])
            plain = one.heredocs and one.args[0][2:].isalpha()
            found.append(("bash" if shell == "bash" else "sh", one.args[0] + body * bool(plain)))
    return found


def known(texts: list[str], dialect: Dialect) -> list[Reading]:
    found = (read(text, dialect) for text in texts)
    return [one for one in found if isinstance(one, Reading)]


def disagreements(readings: list[Reading], dialect: Dialect) -> list[str]:
    """The texts of which shfmt says otherwise."""
    theirs = expected([one.text for one in readings], dialect)
    return [one.text for one, other in zip(readings, theirs, strict=True) if actual(one) != other]


def refused(readings: list[Reading], dialect: Dialect) -> str:
    """What the shells say against texts that were understood, without running them."""
    shells = [["bash", "-n"]] if dialect == "bash" else [["dash", "-n"], ["bash", "--posix", "-n"]]
    source = "\n".join(one.text for one in readings) + "\n"
    said = b""
    for command in shells:
        if which(command[0]):
            said += subprocess.run(
                command, input=source.encode(), capture_output=True, timeout=60, check=False
            ).stderr
    return said.decode()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_corpus_agrees(dialect: Dialect) -> None:
    """Every RUN that is understood has the structure that shfmt sees."""
    assert disagreements(known([text for _, text in runs()], dialect), dialect) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_shells_agree(dialect: Dialect) -> None:
    """No RUN that is understood is a syntax error to a shell."""
    assert refused(known([text for _, text in runs()], dialect), dialect) == ""


def test_how_much_is_unknown() -> None:
    """Two in a hundred at most."""
    unknown = [text for dialect, text in runs() if not isinstance(read(text, dialect), Reading)]
    assert len(unknown) <= len(runs()) * 0.02, unknown


def joined(separator: str, parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(parts, min_size=1, max_size=most).map(separator.join)


COMMON = st.sampled_from([
    "a", "b1", "-x", "/y/z", "'q r'", "''", '"s t"', '"$u"', '"${v:-w}"', "$x", "${y}", "${z#*/}",
    "${x:=1}", "\\;", "\\ ", "\\&", "*", "[c]", "{d,e}", "~", "=", "'#'", "$((1 << 2))",
    "$((x + (1)))", '"$(f "g" | h)"', "$(i; j)", "`k`", '"`l \'m\'`"', "é", "%", "1", "2",
    "$(case n in o) p;; esac)", '"\\$r\\"s"', "$(t # u\n)",
])  # fmt: skip
ODD = st.sampled_from([
    "$'q'", "$[", "{", "}", "!", "if", "\\\n", "${", '"', "'", "&", "((", "[[", "@(", "\r", "<<E", "(", "done",
])  # fmt: skip
PIECES = st.one_of(*[COMMON] * 15, ODD)
"""`#` directly behind quotes or an expansion is left out: inside `(` shfmt takes it for a comment."""
WORDS = joined("", PIECES, 3)
REDIRECTS = st.sampled_from(
    [
        ">x",
        "2>&1",
        ">> 'y'",
        "</z",
        "2>/dev/null",
        ">&2",
        "&>x",
        ">|x",
        "<>y",
        "<<<z",
        "1>&-",
        "10>x",
    ]
)
ASSIGNMENTS = st.builds("{}={}".format, st.sampled_from(["A", "b_2", "A+"]), WORDS | st.just(""))
SIMPLE = joined(" ", WORDS | ASSIGNMENTS | REDIRECTS, 5)
BLANKS = st.sampled_from(["", " ", "  ", "\t", " \\\n ", "\n"])


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    chain = st.builds(
        "{0}{3}{2}{4}{1}".format,
        inner,
        inner,
        st.sampled_from(["&&", "||", "|", ";", "&", "\n", "|&"]),
        BLANKS,
        BLANKS,
    )
    return chain | st.one_of(
        st.builds("{{ {}; }}".format, inner),
        st.builds("({})".format, inner),
        st.builds("( {} ) >x".format, inner),
        st.builds("! {}".format, inner),
        st.builds("if {}; then {}; else {}; fi".format, inner, inner, inner),
        st.builds("while {}\ndo {}\ndone".format, inner, inner),
        st.builds("for v in {}; do {}; done".format, SIMPLE, inner),
        st.builds("case {} in {}) {};; *) {}; esac".format, WORDS, WORDS, inner, inner),
        st.builds("f() {{ {}; }}".format, inner),
        st.builds("x $({})".format, inner),
        st.builds('y "$({})"'.format, inner),
        st.builds("{} # c".format, inner),
        st.builds("{};".format, inner),
        st.builds("{} &".format, inner),
        st.builds("cat <<E | {}\n$x ${{y}} $(z) b\nE\n".format, SIMPLE),
        st.builds("[[ -f {} && {} == c ]]".format, WORDS, WORDS),
        st.builds("(({}))".format, st.sampled_from(["x = 1", "x++", "(a) + 2", "x; y"])),
        st.builds("sh -c '{}'".format, st.sampled_from(["a & b", "a"])),
    )


SCRIPTS = st.recursive(SIMPLE, compounds, max_leaves=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(SCRIPTS, min_size=10, max_size=25), st.sampled_from(DIALECTS))
def test_shfmt_agrees(texts: list[str], dialect: Dialect) -> None:
    """Whatever is understood of generated shell has the structure that shfmt sees."""
    assert disagreements(known(texts, dialect), dialect) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(SCRIPTS, min_size=10, max_size=25), st.sampled_from(DIALECTS))
def test_shells_take_what_is_understood(texts: list[str], dialect: Dialect) -> None:
    """No generated text that is understood is a syntax error to a shell."""
    assert refused(known(texts, dialect), dialect) == ""
