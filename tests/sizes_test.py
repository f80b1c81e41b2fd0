"""When an image has grown by too much."""

import pytest

from imagebump.keys import exceeds


@pytest.mark.parametrize(
    ("grown", "before", "budget", "too_much"),
    [
        pytest.param(11, 100, "10%", True, id="by a share"),
        pytest.param(10, 100, "10%", False, id="just within"),
        pytest.param(1_000_001, 1, "1MB", True, id="by a size"),
        pytest.param(-50, 100, "0%", False, id="it has shrunk"),
        pytest.param(10**12, 1, "", False, id="there is no budget"),
    ],
)
def test_budgets(grown: int, before: int, budget: str, too_much: bool) -> None:
    """Bytes over bytes."""
    assert exceeds(grown, before, budget) is too_much
