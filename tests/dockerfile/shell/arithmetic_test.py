"""The form of arithmetic."""

import pytest

from imagebump.dockerfile.shell.arithmetic import is_expression, uses_bash

EXPRESSIONS = [
    "1", "x = 1", " 1 << 2", "(1+x) * x", "x ? 1 : 2", "-1", "!x", "x == -1", "- - 1", "(x)",
    "x+=1", "~x&1", "x<=1||y>=2&&z!=3", "0x1f % 7", "x >>= 2", "(x) - (y)", "1 ",
]  # fmt: skip
BASH = ["x++", "++x", "x--", "1, 2", "x ** 2"]
OTHERS = [
    "", " ", ">x", "1 2", "x ==", "* 1", "()", "1 ( 2", "x 1", "1 = 2", "(1) 2", ",", "1 ! 2", "1 ~ 2",
    "+", "x ? ", "a.b", "'1'", "1 # 2", "x == = 1",
]  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS + BASH)
def test_expressions(text: str) -> None:
    """Operands and operators take turns."""
    assert is_expression(text)
    assert (text in BASH) == uses_bash(text)


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_none(text: str) -> None:
    """Neither side of an operator may be missing."""
    assert not is_expression(text)
