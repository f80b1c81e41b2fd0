"""Secrets that a log is not to show."""


class Mask:
    """The secrets that are known, and what a text is without them."""

    def __init__(self) -> None:
        self._secrets: list[str] = []

    def hide(self, secret: str) -> None:
        """Never show `secret`."""
        if secret and secret not in self._secrets:
            self._secrets = sorted([*self._secrets, secret], key=len, reverse=True)

    def masked(self, text: str) -> str:
        """`text` without a secret that is known; of two that overlap, without the longer one first."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text
