"""First steps that another Dockerfile has, too, are not joined by default."""

import pytest

from imagebump.lint import fixed, lint
from imagebump.rules.model import LintSettings

SOURCE = b"FROM a:1\nRUN x\nRUN wget -O /x https://h\nRUN rm /x\nRUN y\n"
JOINED = SOURCE.replace(b"h\nRUN rm", b"h \\\n    && rm")

OTHERS = [
    (b"FROM a:1\nRUN x\nRUN wget -O /x https://h\nRUN z\n", False),
    (b"FROM a:1 AS b\nRUN x\nRUN wget -O /x https://h\n", False),
    (b"FROM b:1\nFROM a:1\nRUN x\nRUN  wget -O /x \\\n  https://h\nRUN z\n", True),
    (b"FROM a:1\nRUN x\nRUN z\n", True),
    (b"FROM a:1\nRUN x\nRUN wget -O /x https://h\nRUN rm /x\nRUN z\n", True),
    (b"FROM a:2\nRUN x\nRUN wget -O /x https://h\nRUN z\n", True),
    (SOURCE, True),
    (JOINED, True),
]


@pytest.mark.parametrize(("other", "joins"), OTHERS)
def test_shared_steps(other: bytes, joins: bool) -> None:
    """Only where the two part between the RUNs is anything lost by joining them."""
    settings = LintSettings(select=("IB001",), others=lambda: (("b/Dockerfile", other),))
    assert fixed(SOURCE, settings) == (JOINED if joins else SOURCE)
    message = "; joining them would end the steps that b/Dockerfile shares"
    said = [f.severity for f in lint(SOURCE, "Dockerfile", settings) if message in f.message]
    assert said == ([] if joins else ["info"])
    assert b"RUN x \\\n    && wget" in fixed(SOURCE, settings._replace(merge="all"))
