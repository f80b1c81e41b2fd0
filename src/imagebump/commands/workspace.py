"""What a command starts from: the repository around it, and its configuration."""

from pathlib import Path

from imagebump import git
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import FILE, PYPROJECT, mentions
from imagebump.snapshot import Snapshot


def configured(rev: str = git.INDEX) -> tuple[Repository, Config]:
    """The repository here and its configuration, from the index. UserError where there is none."""
    repository = git.discover()
    config = Snapshot(repository, rev).config()
    if config is None:
        raise _unconfigured(repository, rev)
    return repository, config


def lacking(repository: Repository, rev: str = git.INDEX) -> UserError | None:
    """Why nothing of `rev` (a commit, or the index) becomes an image, and what to type; None where it does.

    Both a configuration that is valid and a Dockerfile are needed.
    """
    snapshot = Snapshot(repository, rev)
    try:
        config = snapshot.config()
    except UserError as problem:
        return problem
    if config is None:
        return _unconfigured(repository, rev)
    dockerfile = config.build.dockerfile
    if snapshot.read(dockerfile) is not None:
        return None
    return _missing(
        repository, rev, dockerfile, f"Write a Dockerfile, then run: git add {dockerfile}"
    )


def _unconfigured(repository: Repository, rev: str) -> UserError:
    file = PYPROJECT if mentions(_content(repository.top / PYPROJECT)) else FILE
    new = f"Run: echo 'registry = \"local\"' > {FILE} && git add {FILE}"
    return _missing(repository, rev, file, new)


def _missing(repository: Repository, rev: str, file: str, new: str) -> UserError:
    """`file` is not in `rev`; `new` is the hint where it is nowhere."""
    if rev and Snapshot(repository, git.INDEX).read(file) is not None:
        hint = "It is staged. Run: git commit"
    else:
        hint = f"Run: git add {file}" if (repository.top / file).exists() else new
    where = f"commit {rev[:7]}" if rev else f"the index of {repository.top}"
    return UserError(f"{file} is not in {where}", hint)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
