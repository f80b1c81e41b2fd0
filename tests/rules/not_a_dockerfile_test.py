"""What is said of a file that cannot be parsed is true."""

from textwrap import dedent

from imagebump.lint import lint
from imagebump.rules import not_a_dockerfile
from imagebump.rules.table import RULES


def test_the_documentation() -> None:
    """Its example cannot be parsed, and what is to be used instead can."""
    assert not_a_dockerfile.CODE not in RULES
    text = not_a_dockerfile.DOCUMENTATION
    assert text.startswith(f"{not_a_dockerfile.CODE} {not_a_dockerfile.NAME}: ")
    wrong, right = text.partition("\nExample\n")[2].split("Use instead\n")
    (finding,) = lint(dedent(wrong).encode(), "Dockerfile")
    assert (finding.code, finding.name, finding.line) == ("IB000", not_a_dockerfile.NAME, 2)
    assert lint(dedent(right).encode(), "Dockerfile") == ()
