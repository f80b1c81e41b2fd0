"""Secrets that a log is not to show."""

import re

_AUTHORIZATION = re.compile(r"\b(Basic|Bearer)([ :]+)[\w.~+/=-]{8,}", re.IGNORECASE)


def without_authorization(text: str) -> str:
    """`text` without the header that logs in, which a registry or a proxy may repeat."""
    return _AUTHORIZATION.sub(r"\1\2***", text)


class Mask:
    """The secrets that are known, and what a text is without them."""

    def __init__(self) -> None:
        self._secrets: list[str] = []

    def hide(self, secret: str) -> None:
        """Never show `secret`."""
        if secret and secret not in self._secrets:
            self._secrets = sorted([*self._secrets, secret], key=len, reverse=True)

    def masked(self, text: str) -> str:
        """`text` without a secret that is known, or that logs in; of two that overlap, without the longer one first."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return without_authorization(text)
