"""What the configuration around the current directory says of linting."""

import os
from pathlib import Path

from imagebump import config, git
from imagebump.errors import UserError
from imagebump.rules.model import LintSettings


def configured() -> tuple[Path, LintSettings] | None:
    """The Dockerfile that is built here, as one would type it, and its settings; None for neither."""
    top = _top()
    found = config.load(lambda name: _read_if_there(top / name), top.name)
    if found is None:
        return None
    dockerfile = Path(os.path.relpath(top / found.build.dockerfile))
    rules = found.lint
    return dockerfile, LintSettings(rules.select, rules.ignore, rules.fail_on, found.build.target)


def _top() -> Path:
    try:
        return git.discover().top
    except UserError:  # no repository is needed to lint
        return Path.cwd()


def _read_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise UserError(f"cannot read {path}: {problem.strerror}") from None
