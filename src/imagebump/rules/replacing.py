"""What links its packages in directories of its own, and what puts new files in the place of those."""

import re

from imagebump.dockerfile.shell.model import Simple
from imagebump.rules.programs import base, names, programs, started, written

CONDA = re.compile(r"(?:ana|mini|mamba)conda|mini(?:forge|mamba)|mambaforge", re.IGNORECASE)

REPLACE = names("conda mamba micromamba apt apt-get yum dnf microdnf pip pip3")
"""Programs that write no file in place that conda has linked."""

_COPIES = re.compile(r"-[It]|--(?:ignore-installed|target|prefix|root)")
"""Options of pip by which it writes over what is there."""

_HANDLES = names("install update remove uninstall create clean purge autoremove")


def is_conda(command: Simple) -> bool:
    """Does it link its packages, in its own directories, and nothing else?"""
    return bool(set(started(command)) & REPLACE) or any(map(CONDA.search, written(command)))


def only_replaces(command: Simple, replaces: frozenset[str]) -> bool:
    """Is it an installation by one of `replaces`, which puts new files in the place of old ones?"""
    values = written(command)
    handles = next((value for value in values[1:] if value[:1] != "-"), "") in _HANDLES
    copies = base(command.name).startswith("pip") and any(map(_COPIES.match, values))
    return handles and set(programs(command)) <= replaces and not copies
