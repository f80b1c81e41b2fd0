"""What a command starts from: the repository around it, and its configuration."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from imagebump import git
from imagebump.commands.lint_files import is_dockerfile
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import FILE, PYPROJECT, mentions
from imagebump.snapshot import Snapshot


def configured(rev: str = git.INDEX) -> tuple[Repository, tuple[Config, ...]]:
    """The repository here and its configuration, of each image, from the index. UserError where there is none."""
    repository = git.discover()
    configs = Snapshot(repository, rev).configs()
    if not configs:
        if rev and not repository.head:
            raise UserError("there is no commit yet", "Run: git commit")
        raise _unconfigured(repository, rev)
    return repository, configs


def add_image(parser: argparse.ArgumentParser) -> None:
    """--image, for repositories that have several."""
    parser.add_argument(
        "--image", metavar="NAME", default="", help="only this one, where there are several"
    )


def chosen(configs: Sequence[Config], name: str) -> Sequence[Config]:
    """The image called `name`, or without a name all. UserError where there is none of that name."""
    found = [config for config in configs if config.image == name] if name else configs
    if not found:
        names = ", ".join(config.image for config in configs)
        known = f"there are {names}" if names else "the repository has only one, without a name"
        raise UserError(f"--image {name!r}: no image is called that; {known}")
    return found


def patch(config: Config) -> str:
    """The command that gives an image its next version."""
    return f"imagebump patch{flag(config)}"


def flag(config: Config) -> str:
    """What names an image on a command line, behind the command; "" where there is only one."""
    return f" --image {config.image}" if config.image else ""


def without_version(repository: Repository, config: Config) -> UserError:
    """VERSION is not in the index, and what to type for it."""
    name = config.bump.version_file
    run = f"git add {name}" if (repository.top / name).exists() else patch(config)
    return UserError(f"{name} is not in the index of {repository.top}", f"Run: {run}", status=1)


def lacking(repository: Repository, rev: str = git.INDEX) -> UserError | None:
    """Why nothing of `rev` (a commit, or the index) becomes an image, and what to type; None where it does.

    Both a configuration that is valid and a Dockerfile are needed.
    """
    snapshot = Snapshot(repository, rev)
    try:
        configs = snapshot.configs()
    except UserError as problem:
        return problem
    if not configs:
        return _unconfigured(repository, rev)
    for config in configs:
        dockerfile = config.build.dockerfile
        if snapshot.read(dockerfile) is None:
            return _missing(repository, rev, dockerfile, _write(snapshot, config))
    return None


def _write(snapshot: Snapshot, config: Config) -> str:
    """What to do where there is no Dockerfile: there may be one that is called otherwise, or lies deeper."""
    dockerfile = config.build.dockerfile
    named = (one.path for one in snapshot.entries if is_dockerfile(one.path.rpartition("/")[2]))
    other = min(named, key=lambda path: (path.count("/"), path), default="")
    if other and config.sources["build.dockerfile"] == "default" and not config.image:
        return f'Add to the configuration: build.dockerfile = "{other}"'
    return f"Write a Dockerfile, then run: git add {dockerfile}"


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
