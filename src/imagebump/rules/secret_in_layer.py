"""IB012 secret-in-layer: a COPY of a file that holds secrets.

What it does
    Reports a COPY or ADD of a file whose name says that it holds credentials (.npmrc, .netrc,
    .pypirc, .env, .git-credentials, a private key, the credentials of aws or docker) into a stage
    that is shipped.

Why is this bad
    Whoever can pull the image can read it. A later `rm` does not help: the layer stays as it is.

Example
    FROM node:22
    COPY .npmrc package.json ./
    RUN npm ci && rm .npmrc

Use instead
    FROM node:22
    COPY package.json ./
    RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
"""

import re
from collections.abc import Iterator

from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules import stages
from imagebump.rules.model import Finding, LintSettings, Rule

_PRIVATE = (  # compiled for the first COPY
    r"(?:^|/)(?:\.npmrc|\.yarnrc\.yml|\.netrc|_netrc|\.pypirc|\.env(?:\.(?:local|production|prod|staging))?"
    r"|\.git-credentials|\.pgpass|\.my\.cnf|\.vault-token|\.htpasswd|credentials\.json"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|[^/]*\.(?:key|p12|pfx|jks|keystore)|\.aws(?:/credentials)?/?|\.ssh/?"
    r"|\.docker/config\.json|\.kube/config|service-account[^/]*\.json)$"
)
_PUBLIC = re.compile(
    r"\.yarnrc\.yml$|(?:pub|public|apt|gpg|release|signing)[^/]*\.key$", re.IGNORECASE
)


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each instruction, on the first of such files."""
    for number in stages.shipped(dockerfile, settings.target):
        for one in dockerfile.stages[number]:
            sources = one.args[:-1] if one.name in ("COPY", "ADD") else ()
            if source := next(filter(_is_secret, sources), ""):
                message = (
                    f"{source} may hold a secret, and everybody who pulls the image can "
                    "read it; use RUN --mount=type=secret"
                )
                yield RULE.finding(dockerfile, one, "error", message)


def _is_secret(source: str) -> bool:
    is_named_so = re.search(_PRIVATE, source) and not _PUBLIC.search(source)
    return bool(is_named_so) and "://" not in source


RULE = Rule("IB012", "secret-in-layer", check, __doc__, severity="error")
