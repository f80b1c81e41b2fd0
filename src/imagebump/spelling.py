"""The word that was meant."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], few: int = 2) -> str:
    """The known word with the fewest edits to `word`, or "" where none is near.

    `few` edits are near, and in a long word a third of it.
    """
    distance, best = min((_edits(word, other), other) for other in known)
    return best if distance <= max(few, len(word) // 3) else ""


def _edits(a: str, b: str) -> int:
    """The Levenshtein distance: small words, so the plain table does."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]
