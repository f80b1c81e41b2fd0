"""Bytes to structure, and the texts of which none is claimed. Half of this module is tables."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagebump.dockerfile.shell.model import Dialect, Unknown
from imagebump.dockerfile.shell.reading import Reading, read
from shapes import shape

SHELL = [
    ("a", "a"),
    ("a && b || c", "a && b || c"),
    ("a; b", "a ; b"),
    ("a;b;", "a ; b ;"),
    ("a & b &", "a & b &"),
    ("# only", ""),
    ("a # c", "a"),
    ("a#b #c", "'a#b'"),
    ("a | b | c && d", "a | b | c && d"),
    ("! a", "! a"),
    ("! a | b", "! a | b"),
    ("!a", "!a"),
    ("a ! b", "a ! b"),
    ("X=1", "X=1"),
    ("X=1 Y='a b' c", "X=1 Y='a b' c"),
    ("X= c", "X='' c"),
    ("X='a'$b c=d", "X=?'a'$b c=d"),
    ("a X=1", "a X=1"),
    ("1X=2", "1X=2"),
    ("X=1>f", "X=1 >f"),
    ("X=#1 a", "X='#1' a"),
    ("a 'b c' \"d e\" f\\ g", "a 'b c' 'd e' 'f g'"),
    ('a "b\\"c\\$d\\e"', "a 'b\"c$d\\\\e'"),
    ("a 'b\\c'", "a b\\c"),
    ("a\\ b", "'a b'"),
    ("a \"\" ''", "a '' ''"),
    ("a '<<EOF' \"<<EOF\"", "a '<<EOF' '<<EOF'"),
    ('a $x "$x" ${x} "${x}y"', 'a ?$x ?"$x" ?${x} ?"${x}y"'),
    ("a $1 $@ $# $? $$ $! $- $10", "a ?$1 ?$@ ?$# ?$? ?$$ ?$! ?$- ?$10"),
    ('a $ b$ "$" $%', "a '$' 'b$' '$' '$%'"),
    ("a ${x:-y} ${x-y} ${x:=y} ${x=y}", "a ?${x:-y} ?${x-y} ?${x:=y} ?${x=y}"),
    ("a ${x:?y} ${x?y} ${x:+y} ${x+y}", "a ?${x:?y} ?${x?y} ?${x:+y} ?${x+y}"),
    (
        "a ${x#y} ${x##*/} ${x%y} ${x%%.*} ${#x} ${#}",
        "a ?${x#y} ?${x##*/} ?${x%y} ?${x%%.*} ?${#x} ?${#}",
    ),
    ("a ${x:-'}'} ${x:-\"}\"} ${x:-\\}}", "a ?${x:-'}'} ?${x:-\"}\"} ?${x:-\\}}"),
    ('a "${x:-b c}" "${x:-"y"}" "${x%\'z\'}"', 'a ?"${x:-b c}" ?"${x:-"y"}" ?"${x%\'z\'}"'),
    ("a ${x:-${y:-z}} ${x:-$(b)}", "a ?${x:-${y:-z}} ?${x:-$(b)}<b>"),
    ("a ${x:-a;b&c|d(e)#f}", "a ?${x:-a;b&c|d(e)#f}"),
    ("a $(b)", "a ?$(b)<b>"),
    ('a "$(b "c" | d)"', 'a ?"$(b "c" | d)"<b c | d>'),
    ('a "$(echo ")")"', 'a ?"$(echo ")")"<echo \')\'>'),
    ("a $()", "a ?$()<>"),
    ("a $(case x in a) b;; esac)", "a ?$(case x in a) b;; esac)<case x(a){b}>"),
    ("a $( (b) )", "a ?$( (b) )<subshell{b}>"),
    ("a `b`", "a ?`b`<b>"),
    ("a \"`b 'c'`\"", "a ?\"`b 'c'`\"<b c>"),
    ("a `b \\`c\\``", "a ?`b \\`c\\``<b ?`c`<c>>"),
    ("a $(b $(c `d`))", "a ?$(b $(c `d`))<b ?$(c `d`)<c ?`d`<d>>>"),
    ("echo $(( 1 << 2 ))", "echo ?$(( 1 << 2 ))"),
    ("echo $(( (1 + x) * ${y} ))", "echo ?$(( (1 + x) * ${y} ))"),
    ('echo "$((x=1))"', 'echo ?"$((x=1))"'),
    ("a * b? [ab] {b,c} {1..3} {} ~ ~/x x~y", "a ?* ?b? ?[ab] ?{b,c} ?{1..3} '{}' ?~ ?~/x x~y"),
    ("[ -f x ]", "[ -f x ]"),
    ("a b=~/c", "a ?b=~/c"),
    ("a >x 2>&1", "a >x 2>&1"),
    ("a >x 2>>'y z' <w", "a >x 2>>'y z' <w"),
    (">x", ">x"),
    ("a>x b", "a b >x"),
    ("a >&2", "a >&2"),
    ("a 2>&-", "a 2>&-"),
    ("a <>x >|y", "a <>x >|y"),
    ("a <&3", "a <&3"),
    ("a 3>x", "a 3>x"),
    ("a2>x", "a2 >x"),
    ('a "2">x', "a 2 >x"),
    ("a 2 >x", "a 2 >x"),
    ("2>x a", "a 2>x"),
    ("a 2>&1 | b", "a 2>&1 | b"),
    ("a > $x", "a >?$x"),
    ("( a )", "subshell{a}"),
    ("(a; b) && c", "subshell{a ; b} && c"),
    ("(a)&&(b)", "subshell{a} && subshell{b}"),
    ("( (a) )", "subshell{subshell{a}}"),
    ("{ a; }", "group{a ;}"),
    ("{ a; b; } && c", "group{a ; b ;} && c"),
    ("{ a & }", "group{a &}"),
    ("{ a; } >x 2>&1", "group{a ;} >x 2>&1"),
    ("{a", "'{a'"),
    ("a {", "a '{'"),
    ("echo }", "echo '}'"),
    ("if a; then b; fi", "if[a ;]{b ;}"),
    ("if a; then b; elif c; then d; else e; fi && f", "if[a ;]{b ;}[c ;]{d ;}{e ;} && f"),
    ("if ! a; then b; fi", "if[! a ;]{b ;}"),
    ("while a; do b; done", "while[a ;]{b ;}"),
    ("until a && b; do c; done | d", "until[a && b ;]{c ;} | d"),
    ('for x in a "b c" $d; do e; done', "for x a 'b c' ?$d{e ;}"),
    ("for x in; do a; done", "for x{a ;}"),
    ("for x; do a; done", 'for x ?"$@"{a ;}'),
    ("for x do a; done", 'for x ?"$@"{a ;}'),
    ("case $x in a) b;; c|d) e;; *) f; esac", "case ?$x(a){b}(c d){e}(?*){f ;}"),
    ("case x in (a) b ;; esac", "case x(a){b}"),
    ("case x in a) ;; esac", "case x(a){}"),
    ("case x in esac", "case x"),
    ("f() { a; }", "function f{group{a ;}}"),
    ("f () ( a )", "function f{subshell{a}}"),
    ("a && f() { b; }; c", "a && function f{group{b ;}} ; c"),
    ("f() { a; } >x", "function f{group{a ;} >x}"),
    ("echo if then fi", "echo if then fi"),
    ("a && { b || c; }", "a && group{b || c ;}"),
    ("a é", "a é"),
    ("a a, ^ % @ b=c --d=e/f:g", "a a, ^ % @ b=c --d=e/f:g"),
    ("exec 3>x", "exec 3>x"),
    ("'a' \"b\"", "a b"),
    ("\\cd x", "cd x"),
    ("$x y", "?$x y"),
    ("[ a = b ] && c || d", "[ a = b ] && c || d"),
    ("a;\tb", "a ; b"),
    ("a 'it'\"'\"'s'", 'a "it\'s"'),
    ("a ${x}'y'\"z\"", "a ?${x}'y'\"z\""),
    ("", ""),
    ("\n a\n\n b \n", "a ⏎ b ⏎"),
    ("a\nb", "a ⏎ b"),
    ("a #c\nb", "a ⏎ b"),
    ("a |\n b", "a | b"),
    ("a && # c\n b", "a && b"),
    ("a 'b\n  c'", "a 'b\\n  c'"),
    ("a \\\n b", "a b"),
    ("a \\\n#b", "a"),
    ('a "b\\\nc"', "a bc"),
    ("a $(b # )\n)", "a ?$(b # )\n)<b ⏎>"),
    ("cat <<E\nb $c\nE", "cat <<E ⏎"),
    ("cat <<'E' && d\nb $(\nE", "cat <<E && d ⏎"),
    ("cat <<-E | d\n\tb\n\tE", "cat <<-E | d ⏎"),
    ("cat <<A <<B\na\nA\nb\nB", "cat <<A <<B ⏎"),
    ("(cat <<E)\na\nE", "subshell{cat <<E} ⏎"),
    ("{ a\n}", "group{a ⏎}"),
    ("if a\nthen b\nelse c\nfi", "if[a ⏎]{b ⏎}{c ⏎}"),
    ("for x in a\ndo b\ndone", "for x a{b ⏎}"),
    ("for x\nin a; do b; done", "for x a{b ;}"),
    ('case "$x" in\n a) b\n ;;\nesac', 'case ?"$x"(a){b ⏎}'),
]

BASH = [
    ("&>x a", "a &>x"),
    ("2&>x a", "2 a &>x"),
    ("a &>>x", "a &>>x"),
    ("a >&x", "a >&x"),
    ("a <<<b", "a <<<b"),
    ('a <<<"b $c"', 'a <<<?"b $c"'),
    ("a $'b'", "a b"),
    ("a $'b\\n'", "a ?$'b\\n'"),
    ('a $"b"', 'a ?$"b"'),
    ("[[ a ]]", "test a"),
    ("[[ -f a && ! -d b || c = d ]]", "test -f a -d b c d"),
    ("[[ $a =~ ^b+$ ]] && d", "test ?$a ?^b+$ && d"),
    ("[[ a == b* ]] && c", "test a ?b* && c"),
    ("(( x = 1 ))", "arithmetic ? x = 1"),
    ("((x < 1)) || a", "arithmetic ?x < 1 || a"),
    ("function f { a; }", "function f{group{a ;}}"),
    ("function f() { a; }", "function f{group{a ;}}"),
    ("f-g() { a; }", "function f-g{group{a ;}}"),
    ("a <(b) >(c)", "a ?<(b)<b> ?>(c)<c>"),
    ("a > >(b)", "a >?>(b)<b>"),
    ('a=(b "c d")', "a=(b 'c d')"),
    ("a+=(b)", "a+=(b)"),
    ("a+=b c", "a+=b c"),
    (
        "a ${x/b/c} ${x:1:2} ${x^^} ${!x} ${x[0]} ${#x[@]} ${x//\\//-}",
        "a ?${x/b/c} ?${x:1:2} ?${x^^} ?${!x} ?${x[0]} ?${#x[@]} ?${x//\\//-}",
    ),
    ("a $(<b)", "a ?$(<b)<<b>"),
    ("a 10>x", "a 10>x"),
    ("let x=1+2", "let x=1+2"),
    ("echo $((x++ , 2))", "echo ?$((x++ , 2))"),
    ("declare -r x=1", "declare -r x=1"),
]

UNKNOWN = [
    ("a &&", "it ends in `&&`"),
    ("a ||", "it ends in `||`"),
    ("a |", "it ends in `|`"),
    ("&& a", "a command is missing"),
    ("a && && b", "a command is missing"),
    ("; a", "a command is missing"),
    ("a;;", "`;` where none may stand"),
    ("a; ; b", "a command is missing"),
    ("a & && b", "a command is missing"),
    ("a &; b", "a command is missing"),
    ("a 'b", "a `'` is never closed"),
    ('a "b', 'a `"` is never closed'),
    ("a `b", "a backquote is never closed"),
    ("a $(b", "a `(` is never closed"),
    ("a ${b", "`${…}` that is not plain"),
    ("a $((1", "arithmetic that is not plain"),
    ("a \\", "it ends in a backslash"),
    ("a\r\nb", "it holds a carriage return"),
    ("a\r", "it holds a carriage return"),
    ("a \x0c b", "it holds a control character"),
    ("a \x00 b", "it holds a control character"),
    ("(a", "`)` is missing"),
    ("a)", "`)` where none may stand"),
    ("()", "a command is missing"),
    ("(a) b", "`b` where none may stand"),
    ("{ a", "`}` is missing"),
    ("{ a; } b", "`b` where none may stand"),
    ("{ }", "a command is missing"),
    ("{(a)}", "`{` stands directly before an operator"),
    ("}", "`}` where none may stand"),
    ("if a; then b", "`fi` is missing"),
    ("if a; then fi", "a command is missing"),
    ("if a; fi", "`then` is missing"),
    ("fi", "`fi` where none may stand"),
    ("then a", "`then` where none may stand"),
    ("while a; do b", "`done` is missing"),
    ("while a; b; done", "`do` is missing"),
    ("for x in a; b; done", "`do` is missing"),
    ("for 1 in a; do b; done", "the name of a loop's variable is missing"),
    ("for x\n; do a; done", "`;` where none may stand"),
    ("case x in a) b", "`esac` is missing"),
    ("case x a) b;; esac", "`in` is missing"),
    ("case x in (esac) a;; esac", "a pattern is missing"),
    ("a (b)", "`)` is missing"),
    ("a b()", "a `(` where none may stand"),
    ("f()", "a function that is no compound command"),
    ("f() a", "a function that is no compound command"),
    ("f() f() { a; }", "a function that is no compound command"),
    ("!\\\na", "a word is broken over two lines"),
    ("if\\\na; then b; fi", "a word is broken over two lines"),
    ("f() { a; } && b", "a function definition that is an operand"),
    ("f() { a; } || b", "a function definition that is an operand"),
    ("f() { a; } | b", "a function definition that is an operand"),
    ("a-b() { c; }", "a function with an unusual name"),
    ("!", "`!` stands alone"),
    ("! ! a", "`!` where none may stand"),
    ("a | ! b", "`!` where none may stand"),
    ("!(a)", "`!` stands alone"),
    ("a @(b|c)", "an extended pattern"),
    ("a >", "nothing stands behind `>`"),
    ("a > && b", "nothing stands behind `>`"),
    ("a ># b", "a comment where a word is missing"),
    ("case x in a|#) b;; esac", "a comment where a word is missing"),
    ("case # in a) b;; esac", "a comment where a word is missing"),
    ("a <<E", "a heredoc has no body"),
    ("a <<E\nb", "a heredoc does not end: no line is E"),
    ("cat <<$x\na\n$x", "the end of a heredoc is not plainly named"),
    ("cat <<E $(b\nc)\nE\n", "a substitution of several lines where a heredoc waits for its body"),
    ("cat <<E\na \\\nE\nE", "a continuation in a heredoc"),
    ("a &> b", "`&>` does not mean the same in every sh"),
    ("a >& b", "`>&` with a file does not mean the same in every sh"),
    ("a 2>& b", "`>&` with what is no number"),
    ("a <& b", "`<&` with what is no number"),
    ("a >&2-", "`>&` with what is no number"),
    ("a 10>b", "a descriptor of several digits does not mean the same in every sh"),
    ("a 2&>b", "`&>` does not mean the same in every sh"),
    ("a {fd}>b", "a descriptor that a variable names"),
    ("a <<<b", "`<<<` does not mean the same in every sh"),
    ("a |& b", "`|&` does not mean the same in every sh"),
    ("a $'b'", "a quote behind `$` does not mean the same in every sh"),
    ('a $"b"', "a quote behind `$` does not mean the same in every sh"),
    ("a $[1]", "`$` stands before a bracket or a backslash"),
    ("[[ a ]]", "`[[` does not mean the same in every sh"),
    ("((a))", "`((` does not mean the same in every sh"),
    ("( ( a )", "`)` is missing"),
    ("$((a); b)", "`((` is not closed by `))`"),
    ("echo $((1 + (2))", "`((` is not closed by `))`"),
    ("echo $((x++))", "this arithmetic does not mean the same in every sh"),
    ("echo $((1, 2))", "this arithmetic does not mean the same in every sh"),
    ("echo $((> 1))", "arithmetic that is not plain"),
    ("echo $((1 2))", "arithmetic that is not plain"),
    ("echo $(( '1' ))", "arithmetic that is not plain"),
    ("function f { a; }", "`function` does not mean the same in every sh"),
    ("select x in a; do b; done", "`select` where none may stand"),
    ("time a", "`time` where none may stand"),
    ("coproc a", "`coproc` where none may stand"),
    ("a <(b)", "a process substitution does not mean the same in every sh"),
    ("x=(a)", "an array does not mean the same in every sh"),
    ("x+=a", "`+=` does not mean the same in every sh"),
    ("x[0]=a b", "what may be an element of an array"),
    ("x[ 1 ]=a", "what may be an element of an array"),
    ("export x[0]=a", "what may be an element of an array"),
    ("${x/a/b}", "`${x/…}` does not mean the same in every sh"),
    ("a ${x:1}", "`${x:…}` does not mean the same in every sh"),
    ("a ${!x}", "`${!…}` does not mean the same in every sh"),
    ("a ${x^^}", "`${x^^…}` does not mean the same in every sh"),
    ("a ${x[0]}", "an array does not mean the same in every sh"),
    ("a ${}", "`${` without a name"),
    ("a ${x", "`${…}` that is not plain"),
    ('a "${x:-\'}"', "quotes inside a quoted `${…}`"),
    ('a "${x:-"$(b)"}"', "quotes inside a quoted `${…}`"),
    ("a $(<b)", "`$(<file)` does not mean the same in every sh"),
    ("case x in a) b;& esac", "`esac` is missing"),
    ("a\\\nb", "a word is broken over two lines"),
    ("a &\\\n& b", "an operator is broken over two lines"),
    ("a $\\\nx", "`$` stands before a bracket or a backslash"),
    ('a "`b \\"c\\"`"', "a quote is escaped in backquotes that are quoted"),
    ("X=1 if a; then b; fi", "`if` where none may stand"),
    (">x {", "`{` where none may stand"),
    ("a # b \\\nc", "a comment that ends in a backslash"),
    ("alias x=y\nx", "an alias may change the lines behind it"),
    ("in", "`in` where none may stand"),
    ("]] a", "`]]` where none may stand"),
    ("(" * 10_000, "`((` does not mean the same in every sh"),
    ("( " * 10_000, "it is nested more than 30 deep"),
    ("$(" * 10_000, "it is nested more than 30 deep"),
    ("a;" * 6_000, "it holds more than 5000 commands"),
    ("a" * 70_000, "it is longer than 65536 characters"),
]

UNKNOWN_TO_BASH = [
    ("a |& b", "`|&` does not mean the same in every sh"),
    (">x|&>y", "`|&` does not mean the same in every sh"),
    ("[[ a", "a condition that is not plain"),
    ("[[ a < b ]]", "a word is missing"),
    ("[[ (a) ]]", "a condition that is not plain"),
    ("[[ ]]", "a condition that is not plain"),
    ("[[ -f && a ]]", "a condition that is not plain"),
    ("[[ -f ]]", "a condition that is not plain"),
    ("[[ -f # ]]", "a comment where a word is missing"),
    ("[[ a b ]]", "a condition that is not plain"),
    ("[[ a ]] b", "`b` where none may stand"),
    ("((a)", "`((` is not closed by `))`"),
    ("((a); b)", "`((` is not closed by `))`"),
    ("for ((a; b; c)); do d; done", "the name of a loop's variable is missing"),
    ("select x in a; do b; done", "`select` where none may stand"),
    ("time a", "`time` where none may stand"),
    ("a |& b", "`|&` does not mean the same in every sh"),
    ("case x in a) b;& c) d; esac", "`esac` is missing"),
    ("a @(b)", "an extended pattern"),
    ("function f a", "a function that is no compound command"),
    ("x=([0]=a)", "an array that is not plain"),
    ("a {fd}>b", "a descriptor that a variable names"),
    ("coproc a", "`coproc` where none may stand"),
    ("a $'b", "a `$'` is never closed"),
    ("[[ a =~ (b) ]]", "a condition that is not plain"),
    ("[[ a == @(b|c) ]]", "an extended pattern"),
    ("declare x[0]=a", "what may be an element of an array"),
    ("a <(b", "a `(` is never closed"),
]


LONG = [
    "a 'b ",
    "a$x",
    "`",
    "${x:-",
    "$((1+",
    "<<E ",
    '"a" ',
    "eval ",
    "sh -c ",
    "a\\\n",
    "x=1 ",
    "{",
]
LONG += [
    "#",
    "[[ !",
    "a=(",
    "if ",
    "case x in ",
    "é",
    " ",
    "\n",
    "a; ",
    "'",
    '"$(',
    "a<b",
    "$x[",
    "~",
]
ORDINARY = 'apt-get install -y "lib-$X" /usr/lib/x && rm -rf /var/lib/apt/lists/* >/dev/null; '


def known(text: str, dialect: Dialect = "sh") -> Reading:
    found = read(text, dialect)
    assert isinstance(found, Reading), found
    return found


@pytest.mark.parametrize(("text", "expected"), SHELL)
def test_what_every_shell_reads_alike(text: str, expected: str) -> None:
    """The structure is the same under sh and under bash."""
    assert expected == shape(known(text).script)
    assert expected == shape(known(text, "bash").script)


@pytest.mark.parametrize(("text", "expected"), BASH)
def test_what_only_bash_reads(text: str, expected: str) -> None:
    """Under sh none of it is understood, `let` and `declare` apart, which are plain words there."""
    assert expected == shape(known(text, "bash").script)
    assert isinstance(read(text), Unknown) or text.split()[0] in ("let", "declare")


@pytest.mark.parametrize(("text", "reason"), UNKNOWN, ids=lambda v: repr(v)[:40])
def test_what_is_unknown(text: str, reason: str) -> None:
    """The reason is for the user to read."""
    found = read(text)
    assert isinstance(found, Unknown)
    assert reason == found.reason
    assert 0 <= found.position <= len(text)


@pytest.mark.parametrize(("text", "reason"), UNKNOWN_TO_BASH)
def test_what_is_unknown_to_bash(text: str, reason: str) -> None:
    """Nothing is guessed where the shell is known either."""
    found = read(text, "bash")
    assert isinstance(found, Unknown)
    assert reason == found.reason


@pytest.mark.parametrize("dialect", ["sh", "bash"])
@pytest.mark.parametrize("unit", LONG)
def test_no_text_takes_long(unit: str, dialect: Dialect) -> None:
    """Neither reading nor the facts go over the text again and again: there is a wide margin here."""
    text = unit * (65_000 // len(unit))
    start = process_time()
    found = read(text, dialect)
    if isinstance(found, Reading):
        _ = found.effects, found.found, found.relies_on_errexit(), found.is_operand
    assert process_time() - start < 1


def test_a_long_name_in_arithmetic() -> None:
    """A name that nothing is assigned to is looked at once."""
    start = process_time()
    known("a $((" + "b" * 60_000 + "))")
    assert process_time() - start < 0.5


def test_an_ordinary_text_of_sixty_kilobytes() -> None:
    """It is read within 50 ms of processor time, in the best of some tries: the machine may be busy."""
    text = ORDINARY * (60_000 // len(ORDINARY))
    best = 1.0
    for _ in range(7):
        start = process_time()
        known(text)
        best = min(best, process_time() - start)
    assert best < 0.05


@given(
    st.text(alphabet="ab1=;&|()<>{}[]!#$`\"'\\\n \t*~-:", max_size=60),
    st.sampled_from(["sh", "bash"]),
)
def test_any_text(text: str, dialect: Dialect) -> None:
    """It is read or unknown, and its facts can be asked for; nothing is raised."""
    found = read(text, dialect)
    if isinstance(found, Reading):
        _ = found.effects, found.found, found.uses, found.names, found.last_simple
        _ = found.relies_on_errexit(True), found.is_operand, found.ending, found.ends_in_comment


def test_where_a_list_stands() -> None:
    """The places leave out blanks, terminators and comments."""
    text = " a  &&  b ; c # d"
    found = known(text)
    assert [text[one.start : one.end] for one in found.script.lists] == ["a  &&  b", "c"]
    assert [text[start:end] for start, end in found.comments] == ["# d"]
