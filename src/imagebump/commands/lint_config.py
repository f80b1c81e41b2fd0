"""What the configuration around the current directory says of linting."""

import os
from pathlib import Path

from imagebump import config, git
from imagebump.errors import UserError
from imagebump.rules.model import LintSettings


def configured() -> tuple[dict[Path, str], LintSettings] | None:
    """The Dockerfiles that are built here, as one would type them, with their targets, and the settings;
    None for neither.
    """
    top = _top()
    found = of(top)
    if not found:
        return None
    files = config.targets(found).items()
    targets = {Path(os.path.relpath(top / name)): target for name, target in files}
    return targets, lint_settings(found[0])


def of(top: Path) -> tuple[config.Config, ...]:
    """The configuration of each image, as it is on disk below `top`."""
    return config.load(lambda name: _read_if_there(top / name), top.name)


def lint_settings(found: config.Config) -> LintSettings:
    """What a configuration asks of every Dockerfile, whichever image it is for."""
    rules = found.lint
    return LintSettings(rules.select, rules.ignore, rules.fail_on, merge=rules.merge)


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
