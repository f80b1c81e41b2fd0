"""When what failed is tried again by itself. Pure."""

_FIRST = 2.0
"""Seconds until the first of the attempts; each pause is twice the one before."""
_LONGEST = 1800.0
"""Seconds; a registry that was away for a night is not asked more often."""

WITH_OTHERS = 5
"""How often a commit is tried with others, once its `publish.retries` are over; after that it waits for `imagebump retry`."""


def next_try(attempts: int, since: float, now: float, limit: float, asked: float = 0.0) -> float:
    """When, after `attempts` that failed since `since`; 0.0 where that would be later than `limit` seconds after it.

    Times are in seconds since the epoch; `asked` are the seconds that a registry asked to wait for.
    """
    due = now + max(min(_FIRST * 2.0 ** (min(attempts, 30) - 1), _LONGEST), asked)
    return due if due <= since + limit else 0.0
