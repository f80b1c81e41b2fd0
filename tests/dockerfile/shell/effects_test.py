"""What a text does to the shell that runs it."""

import pytest

from imagebump.dockerfile.shell.reading import Reading, read

EFFECTS = [
    ("a && b | c", ""),
    ("cd x", "directory:cd!"),
    ("cd x && a", "directory:cd"),
    ("a; cd x", "directory:cd!"),
    ("a || cd x", "directory:cd!"),
    ("pushd x; chdir y", "directory:pushd directory:chdir!"),
    ("\\cd x", "directory:cd!"),
    ("'c'd x", "directory:cd!"),
    ("(cd x)", ""),
    ("a | cd x", ""),
    ("a $(cd x)", ""),
    ("a `cd x`", ""),
    ("{ cd x; }", "directory:cd"),
    ("if a; then cd x; fi", "directory:cd"),
    ("X=1", "variable:X!"),
    ("X=1 a", ""),
    ("X=1 export Y", "variable:Y! variable:X!"),
    ("X=1 $y", "computed:$y! variable:X!"),
    ("IFS=, && a", "variable:IFS"),
    ("export A=1 B=$c; a", "variable:A variable:B"),
    ("export", "variable:export!"),
    ("unset -f x", "variable:x!"),
    ("readonly x; local y; declare -x z; typeset w; a",
     "variable:x variable:y variable:z variable:w"),
    ("read x y", "variable:x! variable:y!"),
    ("printf -v x a", "variable:printf -v!"),
    ("printf '%s' a", ""),
    ("for x in a; do b; done", "variable:x!"),
    ("a ${x:=1}", "variable:x"),
    ("a ${x:-1}", ""),
    ("a $((x += 1)) $((y == 1))", "variable:x"),
    ("set -ex; a", "option:set"),
    ("umask 077", "umask:umask!"),
    ("ulimit -n 1", "limit:ulimit!"),
    ("trap 'a' EXIT", "trap:trap!"),
    ("exec >x; a", "exec:exec"),
    ("exit 1", "exit:exit!"),
    ("a || exit 1", "exit:exit!"),
    ("shift", "arguments:shift!"),
    ("f() { a; }; f", "function:f"),
    ("f() { cd x; }; f", "function:f directory:cd"),
    ("(f() { a; }; f)", ""),
    ("alias x=y", "alias:alias!"),
    (". ./x", "sourced:.!"),
    ("source x && a", "sourced:source"),
    ("eval a", "eval:eval!"),
    ("eval $a", "eval:eval! script:eval"),
    ("command -v a && b", "builtin:command"),
    ("hash -r", "hash:hash!"),
    ("wait", "job:wait!"),
    ("a &", "background:&"),
    ("(a & b)", "background:&"),
    ("a $(b & c)", "background:&"),
    ("cd x & a", "background:&"),
    ("if a; then b & fi", "background:&"),
    ("sh -c 'a & b'", "background:&"),
    ("bash -ec 'a && b'", ""),
    ("sh -c 'cd x'", ""),
    ('sh -c "a $x"', "script:sh"),
    ("sh -c \"a 'b\"", "script:sh"),
    ("env X=1 bash -o pipefail -c 'a &'", "background:&"),
    ("find / -exec sh -c 'a &' \\;", "background:&"),
    ("su -c 'a &' x", "background:&"),
    ("su x --command='a &'", "background:&"),
    ("sh -c 'bash -c \"a &\"'", "background:&"),
    ("zsh -c 'a'", "script:zsh"),
    ("$SHELL -c 'a'", "computed:$SHELL! script:a computed program"),
    ("apk add bash $x", ""),
    ("trap 'a &' EXIT", "trap:trap! background:&"),
    ("$x a", "computed:$x!"),
    ("$x/a", "computed:$x/a!"),
    ('"$x/a" && b', ""),
    ("/opt/$x/a && b", ""),
    ("cat <<E\n${x:=1} $(a &)\nE", "variable:x background:&"),
]  # fmt: skip
UNDER_BASH = [
    ("shopt -s x", "option:shopt!"),
    ("[[ a =~ b ]]", "variable:BASH_REMATCH"),
    ("((x++))", "variable:a variable of arithmetic"),
    ("let x=1", "variable:let!"),
    ("mapfile x <y", "variable:mapfile!"),
    ("a <(b & c)", "background:&"),
    ("x=(a)", "variable:x!"),
    ("builtin cd x", "builtin:builtin!"),
]


def known(text: str, dialect: str = "sh") -> Reading:
    found = read(text, "bash" if dialect == "bash" else "sh")
    assert isinstance(found, Reading), found
    return found


def told(found: Reading) -> str:
    return " ".join(f"{one.kind}:{one.name}{'!' * one.last}" for one in found.effects)


@pytest.mark.parametrize(("text", "expected"), EFFECTS)
def test_effects(text: str, expected: str) -> None:
    """What reaches the text's own shell, with a mark where nothing runs behind it."""
    assert expected == told(known(text))


@pytest.mark.parametrize(("text", "expected"), UNDER_BASH)
def test_effects_under_bash(text: str, expected: str) -> None:
    """The same for what only bash has."""
    assert expected == told(known(text, "bash"))


def test_commands_at_every_depth() -> None:
    """Names are literal and without their directory; parameters are those that are read."""
    found = known("/bin/a $x | b $(c) && { ! d; } || sh -c 'e && f' >$y; g `h ${z}`; $i j")
    assert {*"abcdefgh", "sh"} == found.names
    assert {*"xyzi"} == found.uses


def test_contexts() -> None:
    """Each command knows whether it runs in the text's own shell, for certain, and under errexit."""
    found = known("a && b || c; if d; then e; fi; (f | g) & sh -c h")
    marks = {}
    for one, context in found.found:
        if one.words and one.words[0].value:
            flags = zip("ocib", context[:4], strict=True)
            marks[one.words[0].value] = "".join(mark for mark, on in flags if on)
    assert marks["a"] == "oci"
    assert marks["b"] == "oci"
    assert marks["c"] == "o"
    assert marks["d"] == "oci"
    assert marks["e"] == "o"
    assert marks["f"] == marks["g"] == "cb"
    assert marks["sh"] == "oc"
    assert marks["h"] == "c"
    assert [found.found[-2].context.via, found.found[-1].context.via] == ["", "sh"]


def test_scripts_are_not_handed_on_for_ever() -> None:
    """A row of `eval` ends somewhere, and what is behind it is not read."""
    assert "script:eval" in told(known("eval " * 20 + "a"))
