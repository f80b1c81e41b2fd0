"""A rule's documentation is its docstring, and what it shows is true."""

import re
from textwrap import dedent

import pytest

from imagebump.lint import lint
from imagebump.rules.model import Rule
from imagebump.rules.table import RULES


def section(rule: Rule, title: str) -> str:
    """The indented text under a title of the docstring."""
    match = re.search(rf"^{title}\n((?:    .*\n|\n)+)", rule.documentation, re.MULTILINE)
    assert match, f"{rule.code} has no section {title!r}"
    return dedent(match[1]).strip() + "\n"


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_example_is_found_and_mended(rule: Rule) -> None:
    """The example has a finding of its rule; what is to be used instead has no finding at all."""
    found = lint(section(rule, "Example").encode(), "Dockerfile")
    assert (rule.code, rule.severity) in {(finding.code, finding.severity) for finding in found}
    assert lint(section(rule, "Use instead").encode(), "Dockerfile") == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_says_what_and_why(rule: Rule) -> None:
    """The docstring starts with code and name, and has its sections."""
    assert rule.documentation.startswith(f"{rule.code} {rule.name}: ")
    assert section(rule, "What it does")
    assert section(rule, "Why is this bad")


def test_the_table() -> None:
    """Codes and names are the rules' own, each used once."""
    assert list(RULES) == sorted(rule.code for rule in RULES.values())
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
