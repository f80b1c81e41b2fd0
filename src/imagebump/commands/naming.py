"""What an image is called where the configuration has no `repository`: as the clone's directory, which is said."""

import re
from collections.abc import Iterable

from imagebump import output, reference, refs, trust
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository


def by_directory(configs: Iterable[Config]) -> str:
    """Which names nobody has chosen, and how to choose one; "" where there are none."""
    names = [one.repository for one in _unnamed(configs)]
    if not names:
        return ""
    are = "the image is called" if len(names) == 1 else "the images are called"
    return f"{are} {', '.join(names)}, after this directory. For another name, set repository in the configuration"


def tell_once(repository: Repository, configs: Iterable[Config]) -> None:
    """The same before the first image of this clone, where `install` has not said it."""
    if trust.trusted(repository.state) is None and (said := by_directory(configs)):
        output.note(said)


def differs_from_origin(repository: Repository, configs: Iterable[Config]) -> UserError | None:
    """Is it called otherwise than the remote, so that another clone may call it otherwise, too?"""
    remote = re.split("[/:]", refs.origin(repository).rstrip("/").removesuffix(".git"))[-1]
    directory = reference.repository_name(repository.top.name)
    if not (remote and _unnamed(configs)) or reference.repository_name(remote) == directory:
        return None
    return UserError(
        f"the image is called {directory} after this directory, and origin is {remote}: another clone may call it otherwise",
        "Set repository in the configuration",
    )


def _unnamed(configs: Iterable[Config]) -> list[Config]:
    return [one for one in configs if one.sources["repository"] == "default"]
