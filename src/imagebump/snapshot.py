"""One view of an index or a commit: what it holds, and the build context in it."""

import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from e2b_dockerfile_utils import PatternMatcher

from imagebump import config, git
from imagebump.config import Build, Config
from imagebump.dockerfile.inputs import ignore_rules
from imagebump.errors import UserError
from imagebump.git import Entry, Repository

_MOST_LINKS = 40
"""One after the other, as Linux follows them."""
DIRECTORY, LINK, SUBMODULE = "040000", "120000", "160000"
FILE_MODE, EXECUTABLE = "100644", "100755"


@dataclass(frozen=True)
class Snapshot:
    """The index (`rev` is git.INDEX) or the commit `rev` of a repository, read only."""

    repository: Repository
    rev: str

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"commit {self.rev[:7]}" if self.rev else "the index"

    def read(self, path: str) -> bytes | None:
        """The content of the file `path` (of a symbolic link: its target); None where there is none."""
        return self.repository.blobs.read(f"{self.rev}:{path}")

    def followed(self, path: str) -> str:
        """The path that `path` leads to where it is a symbolic link, else `path` itself.

        UserError for one that leads out of the repository, or round in a circle.
        """
        links = {entry.path: entry.oid for entry in self.entries if entry.mode == LINK}
        found = path
        for _ in range(_MOST_LINKS):
            if found not in links:
                return found
            target = os.fsdecode(self.repository.blobs.read(links[found]) or b"")
            found = posixpath.normpath(posixpath.join(posixpath.dirname(found), target))
            if found.startswith(("/", "../")):
                raise UserError(f"{path} is a symbolic link out of the repository, to {target}")
        raise UserError(f"{path} is a symbolic link in a circle")

    def configs(self, environ: dict[str, str] | None = None) -> tuple[Config, ...]:
        """The configuration that it holds, of each image."""
        return config.load(self.read, self.repository.name, environ)

    def config(self, image: str = "", environ: dict[str, str] | None = None) -> Config | None:
        """The configuration of one image ("" where there is only one); None where it holds none of it."""
        return next((one for one in self.configs(environ) if one.image == image), None)

    @cached_property
    def entries(self) -> list[Entry]:
        """Every path that it holds."""
        return git.entries(self.repository, self.rev)

    def ignore_rules(self, build: Build) -> PatternMatcher:
        """The rules that filter the context: <Dockerfile>.dockerignore before .dockerignore."""
        for name in ignore_files(build):
            data = self.read(name)
            if data and b"\n" not in data:  # perhaps what a symbolic link leads to
                data = self.read(self.followed(name))
            if data is not None:
                return ignore_rules(data, name)
        return ignore_rules(None)


def ignore_files(build: Build) -> tuple[str, str]:
    """The ignore files of a build, the one that wins first."""
    return f"{build.dockerfile}.dockerignore", in_repository(build, ".dockerignore")


def in_context(build: Build, path: str) -> str | None:
    """The path relative to the build context, or None where it lies outside."""
    if not build.context:
        return path
    prefix = build.context + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else None


def in_repository(build: Build, path: str) -> str:
    """The path relative to the repository's top of one that is relative to the build context."""
    return f"{build.context}/{path}" if build.context else path


def context(entries: Iterable[Entry], build: Build, ignore: PatternMatcher) -> list[Entry]:
    """The build context in `entries`: paths relative to it, ignored ones left out, directories named.

    A directory of which every file is ignored is there, empty, unless it is ignored itself, as
    with docker build.
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        path = in_context(build, entry.path)
        if path is None:
            continue
        kept = not ignore.matches(path)
        for parent in parents(path):
            if parent not in found and (kept or not ignore.matches(parent)):
                found[parent] = Entry(DIRECTORY, "", parent)
        if kept:
            found[path] = Entry(entry.mode, entry.oid, path)
    return list(found.values())


def parents(path: str) -> Iterator[str]:
    """The directories above `path`, the highest first."""
    parts = path.split("/")
    return ("/".join(parts[:n]) for n in range(1, len(parts)))
