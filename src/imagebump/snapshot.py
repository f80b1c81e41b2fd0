"""One view of an index or a commit: what it holds."""

import os
import posixpath
from collections import Counter
from functools import cached_property

from imagebump import config, git
from imagebump.config import Config
from imagebump.errors import BrokenCommitError, UserError
from imagebump.git import Entry, Repository

_MOST_LINKS = 40
"""One after the other, as Linux follows them."""
DIRECTORY, LINK, SUBMODULE = "040000", "120000", "160000"
FILE_MODE, EXECUTABLE = "100644", "100755"
_NO_NAMES = {"", ".", "..", ".git"}
"""No git checks out a path with one of them in it, however it is capitalized."""


class Snapshot:
    """The index (`rev` is git.INDEX) or the commit `rev` of a repository, read only."""

    def __init__(
        self, repository: Repository, rev: str, entries: list[Entry] | None = None
    ) -> None:
        self.repository = repository
        self.rev = rev
        if entries is not None:
            self.entries = entries

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"commit {self.rev[:7]}" if self.rev else "the index"

    def read(self, path: str) -> bytes | None:
        """The content of the file `path` (of a symbolic link: its target); None where there is none."""
        return self.repository.read(self.rev, path)

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
        """Every path that it holds. BrokenCommitError where a commit's are none that git would check out."""
        found = git.entries(self.repository, self.rev)
        if self.rev:  # an index holds what git has let in, and a path of a conflict more than once
            self._require_sound([entry.path for entry in found])
        return found

    def _require_sound(self, paths: list[str]) -> None:
        """Git stores and fetches any tree: one that was made by hand may lead out of where it is written."""
        names = {name for path in paths for name in path.split("/")}
        if wrong := {name for name in names if name.casefold() in _NO_NAMES}:
            path = next(path for path in paths if wrong & set(path.split("/")))
            raise BrokenCommitError(f"{path!r} in {self.title} is no path that a commit may hold")
        once = set(paths)
        if len(once) < len(paths):
            path = Counter(paths).most_common(1)[0][0]
            raise BrokenCommitError(f"{path!r} is in {self.title} twice")
        if path := _file_with_more_below(once):
            raise BrokenCommitError(
                f"{path!r} is in {self.title} twice, as a directory and as what is none"
            )


def _file_with_more_below(paths: set[str]) -> str:
    """One of `paths` that another lies below; "" for none."""
    above: set[str] = set()
    for path in paths:
        parent = posixpath.dirname(path)
        while parent and parent not in above:
            if parent in paths:
                return parent
            above.add(parent)
            parent = posixpath.dirname(parent)
    return ""
