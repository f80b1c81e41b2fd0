"""Why no answer came, in a user's words."""

from typing import NamedTuple

from requests import TooManyRedirects


class Trouble(NamedTuple):
    """Why no answer came, what to type, and whether it may pass within seconds."""

    words: str
    hint: str
    passing: bool


_START = "Start it (imagebump registry up, if it is yours), then run: imagebump retry"
_CORRECT = "Correct registry in .imagebump.toml, or see that its name leads there"
_TRUST = "Set registry-ca in .imagebump.toml to the certificate of its CA"
_PLAIN = "Set insecure = true in .imagebump.toml, if plain HTTP is meant"
_BROKEN_OFF = Trouble("the connection broke off", _START, True)
_TROUBLES = {
    "connection refused": Trouble("connection refused", _START, False),
    "name or service not known": Trouble("its name does not resolve", _CORRECT, False),
    "failed to resolve": Trouble("its name does not resolve", _CORRECT, False),
    "timed out": Trouble("no answer in time", _START, True),
    "certificate verify failed": Trouble("its TLS certificate is not trusted", _TRUST, False),
    "wrong version number": Trouble("it does not speak TLS", _PLAIN, False),
    "record layer failure": Trouble("it does not speak TLS", _PLAIN, False),
    "eof occurred": _BROKEN_OFF,
    "ssl": Trouble("TLS with it fails", _START, True),
}


def trouble(problem: Exception) -> Trouble:
    """What an exception of requests means."""
    if isinstance(problem, TooManyRedirects):
        return Trouble("it leads from one address to the next, without end", _CORRECT, False)
    if isinstance(problem, ValueError):  # most of them are requests' own, of what it was led to
        return Trouble("it leads to what is no address", _CORRECT, False)
    text = str(problem).lower()
    return next((why for word, why in _TROUBLES.items() if word in text), _BROKEN_OFF)
