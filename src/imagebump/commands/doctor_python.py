"""Whether the hooks find imagebump, for `imagebump doctor`: they look for it as their text says."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator

from imagebump import gitconfig, process
from imagebump.commands.doctor_managers import Manager
from imagebump.errors import UnavailableError, UserError
from imagebump.git import Repository

_PYTHON = re.compile(r"(?m)^python=(.*)$")
_ASKED = "$(git config"
_KEY = "imagebump.python"
_BY_NAME = re.compile(r"(?<![/\w])(?<!-m )imagebump hook")


def lost(
    repository: Repository, texts: Iterable[str], asked: Iterable[Manager]
) -> Iterator[UserError]:
    """What the plain hooks of these texts, and the managers, do not find."""
    for named in dict.fromkeys(found[1] for text in texts if (found := _PYTHON.search(text))):
        by_key = named.startswith(_ASKED)
        python = gitconfig.get(repository, _KEY) if by_key else "".join(shlex.split(named))
        why = _unfit(python, f"git config {_KEY} is not set")
        if why and (os.access(python, os.X_OK) or not shutil.which("imagebump")):
            mend = f"git config {_KEY} {shlex.quote(sys.executable)}"
            mend = mend if by_key else "imagebump install"
            yield UserError(f"the hooks do not find imagebump: {why}", f"Run: {mend}")
    for manager in asked:
        if manager.name != "lefthook" or shutil.which("imagebump"):
            continue
        if _BY_NAME.search(manager.file.read_text(encoding="utf-8", errors="replace")):
            yield UserError(
                f"{manager.file.name} runs imagebump, which is not on the PATH",
                f"Run: ln -s {sys.prefix}/bin/imagebump ~/.local/bin/ (or another directory of the PATH)",
            )


def _unfit(python: str, unset: str) -> str:
    """Why this is no Python with imagebump; "" where it is."""
    if not python:
        return unset
    if not os.access(python, os.X_OK):
        return f"{python} is no program"
    try:
        ran = process.run([python, "-P", "-m", "imagebump", "--version"])
    except (UnavailableError, OSError):
        return f"{python} does not run"
    return f"{python} has no imagebump" if ran.status else ""
