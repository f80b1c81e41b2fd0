"""What looks like a secret, by its name or by itself."""

import re


def is_secret(name: str) -> bool:
    """Does the name of a build argument say that its value is a secret?

    Its words count, between underscores and as in camelCase: GITHUB_PAT does, PATTERN does not.
    """
    words = [word.upper() for word in _WORD.findall(name)]
    if any(word.endswith(_ENDINGS) or word in _SECRETS for word in words):
        return True
    key = "PUBLIC" not in words and not {"KEY", "KEYS"}.isdisjoint(words)
    if key and not _KEYS.isdisjoint(words):
        return True
    return words[-1:] != [] and words[-1] not in _PLACES and not _LIKELY.isdisjoint(words)


def logs_in(text: str) -> bool:
    """Is there a login in an address, a private key, or a token of a well-known service in `text`?"""
    return bool(_SECRET_VALUE.search(text))


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENDINGS = ("SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "APIKEY", "CREDENTIALS")
"""Also as the end of a word: PGPASSWORD."""
_SECRETS = {"SECRETS", "PASSWORDS", "TOKENS", "APIKEYS", "CREDENTIAL", "CREDS", "PRIVATE"}
_KEYS = {"API", "ACCESS", "SSH", "SIGNING", "ENCRYPTION", "DEPLOY"}
_LIKELY = {"PAT", "PASS", "PWD", "AUTH", "OAUTH", "CRED"}
_PLACES = {
    "URL",
    "URI",
    "HOST",
    "PORT",
    "PATH",
    "FILE",
    "DIR",
    "VERSION",
    "TYPE",
    "METHOD",
    "ENABLED",
}
"""AUTH_URL says where, and not what."""
_SECRET_VALUE = re.compile(
    r"://[^\s/@]*:[^\s@]*@|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:gh[opsur]_|github_pat_|glpat-|xox[abprs]-|"
    r"npm_|pypi-|sk-|AKIA)[A-Za-z0-9_-]{12,}"
)
"""A login in an address, a private key, and how the tokens of well-known services begin."""
