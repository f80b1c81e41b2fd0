"""When what failed is tried again."""

import pytest

from imagebump import retries


@pytest.mark.parametrize(
    ("attempts", "since", "limit", "due"),
    [
        pytest.param(1, 1000.0, 86400, 1002.0, id="at once"),
        pytest.param(4, 1000.0, 86400, 1016.0, id="each pause is twice the one before"),
        pytest.param(11, 1000.0, 86400, 2800.0, id="half an hour at most"),
        pytest.param(5000, 1000.0, 86400, 2800.0, id="for ever"),
        pytest.param(1, 1000.0, 0, 0.0, id="never"),
        pytest.param(3, 995.0, 12, 0.0, id="it would be too late"),
    ],
)
def test_the_next_try(attempts: int, since: float, limit: float, due: float) -> None:
    """From second 1000."""
    assert retries.next_try(attempts, since, 1000.0, limit) == due


def test_what_a_registry_asks_for() -> None:
    """It is given the time that it wants, if there is as much."""
    assert retries.next_try(1, 1000.0, 1000.0, 86400, 3600.0) == 4600.0
    assert retries.next_try(1, 1000.0, 1000.0, 600, 3600.0) == 0.0
