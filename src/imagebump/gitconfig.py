"""The keys of git's configuration that are read, and those of ours in a clone's own."""

from imagebump.git import Repository


def get(repository: Repository, key: str) -> str:
    """The value of a git configuration key, or ""."""
    return repository.run("config", "--get", key).out.decode(errors="surrogateescape").strip()


def unset(repository: Repository, key: str) -> bool:
    """Take a key out of this clone's own configuration; gives whether it was there."""
    return not repository.run("config", "--local", "--unset-all", key).status


def put(repository: Repository, key: str, value: str) -> None:
    """Set a key in this clone's own configuration."""
    repository.ask("config", "--local", key, value)
