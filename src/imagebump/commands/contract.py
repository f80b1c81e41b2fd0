"""How a commit changes what its image promises. Loaded only where a Dockerfile or its build changed."""

from imagebump import git
from imagebump.config import Build, Config
from imagebump.dockerfile.parse import DockerfileError, parse
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.interface import Change, Interface, difference, interface
from imagebump.snapshot import Snapshot


def change(repository: Repository, config: Config, since: str) -> Change | None:
    """The difference between the interfaces of the commit `since` and of the index.

    None where there is none, or where one of them cannot be told.
    """
    before = Snapshot(repository, since)
    try:
        configured = before.config(config.image)
    except UserError:
        configured = None
    old = _interface(before, configured.build if configured else config.build)
    new = _interface(Snapshot(repository, git.INDEX), config.build)
    return difference(old, new) if old and new else None


def _interface(snapshot: Snapshot, build: Build) -> Interface | None:
    data = snapshot.read(build.dockerfile)
    if data is None:
        return None
    try:
        return interface(parse(data, build.dockerfile), build.target, build.args)
    except DockerfileError:
        return None
