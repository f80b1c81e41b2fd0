"""What a process has read of registries."""

from imagebump.registry import recent
from imagebump.registry.recent import Recent


def test_the_last() -> None:
    """Of each repository, and no more than there is room for."""
    kept: Recent[int] = Recent()
    for number in range(recent._MOST + 1):
        kept.put("r.io/a", f"sha256:{number}", number + 1, 1)
    assert kept.get("r.io/a", "sha256:0") is None
    assert kept.get("r.io/a", "sha256:1") == 2
    assert kept.get("r.io/b", "sha256:1") is None


def test_what_is_large() -> None:
    """It is read each time."""
    kept: Recent[int] = Recent()
    kept.put("r.io/a", "sha256:1", 1, recent._LARGEST + 1)
    assert kept.get("r.io/a", "sha256:1") is None
