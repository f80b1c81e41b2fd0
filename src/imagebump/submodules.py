"""The files of a commit's submodules, in their places: read from the objects that this clone has of them."""

import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from imagebump import git
from imagebump.errors import BrokenCommitError, UnavailableError, UserError
from imagebump.git import Entry, Repository
from imagebump.snapshot import SUBMODULE, Snapshot

FILE = ".gitmodules"


def opened(snapshot: Snapshot) -> Snapshot:
    """`snapshot` with the files of its submodules, as deep as they go; one that this clone lacks stays a submodule."""
    if all(entry.mode != SUBMODULE for entry in snapshot.entries):
        return snapshot
    stores: list[Path] = []
    entries = list(_opened(snapshot, stores))
    return Snapshot(_with_stores(snapshot.repository, stores), snapshot.rev, entries)


def _opened(snapshot: Snapshot, stores: list[Path]) -> Iterator[Entry]:
    names = _names(snapshot)
    for entry in snapshot.entries:
        module = None
        if entry.mode == SUBMODULE and entry.path in names:
            module = _module(snapshot.repository, names[entry.path], entry)
        if module is None:
            yield entry
            continue
        stores.append(module.git_dir)
        with closing(module.blobs):
            for one in _opened(Snapshot(module, entry.oid), stores):
                yield one._replace(path=f"{entry.path}/{one.path}")


def _names(snapshot: Snapshot) -> Mapping[str, str]:
    """The name of each submodule by its path, as the commit's .gitmodules has them."""
    if snapshot.read(FILE) is None:
        return {}
    blob = f"{snapshot.rev}:{FILE}"
    wanted = r"^submodule\..*\.path$"
    listed = snapshot.repository.run("config", "--blob", blob, "-z", "--get-regexp", wanted)
    pairs = (
        record.split("\n", 1) for record in listed.out.decode(errors="surrogateescape").split("\0")
    )
    return {
        pair[1]: pair[0].removeprefix("submodule.").removesuffix(".path")
        for pair in pairs
        if len(pair) == 2
    }


def _with_stores(repository: Repository, stores: Iterable[Path]) -> Repository:
    """The same repository, which finds objects in these Git directories of others, too."""
    found = tuple(dict.fromkeys(stores))
    if not found:
        return repository
    if found not in repository.with_stores:
        objects = [str(store / "objects") for store in found]
        quoted = ('"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"' for path in objects)
        env = {**repository.env, "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(quoted)}
        made = Repository(
            repository.top, repository.git_dir, repository.common_dir, env, repository.head
        )
        made.stores = (*repository.stores, *found)
        repository.with_stores[found] = made
    return repository.with_stores[found]


def _module(repository: Repository, name: str, link: Entry) -> Repository | None:
    """The submodule `name`, whose commit is `link`, as far as this clone has that commit; None where it has not."""
    if {"", ".", ".."} & set(name.split("/")):  # as git itself has it
        return None
    common = repository.common_dir
    for place in (
        common / "modules" / name,
        *sorted(common.glob("worktrees/*/modules/" + glob.escape(name))),
        repository.top / link.path / ".git",
    ):
        if (place / "objects").is_dir():
            # its own working tree, which its configuration names, may be gone
            there = {"GIT_DIR": str(place), "GIT_WORK_TREE": str(place)}
            env = {k: v for k, v in repository.env.items() if k not in _OWN} | there
            found = Repository(place, place, place, env, link.oid)
            if git.exists(found, f"{link.oid}^{{tree}}"):
                return found
            found.close()
    return None


_OWN = ("GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_ALTERNATE_OBJECT_DIRECTORIES")


def missing(snapshot: Snapshot, path: str) -> UserError:
    """Why the submodule at `path` is none of `opened`, and what to type."""
    names = _names(snapshot)
    if not any(path == one or path.startswith(f"{one}/") for one in names):
        return BrokenCommitError(
            f"{path} is a submodule that {FILE} does not name, so its files are not to be had",
            f"Name it there, or add {path} to .dockerignore, and commit",
        )
    return UnavailableError(
        f"this clone has not what {snapshot.title} wants of the submodule {path}",
        "Run: git submodule update --init --recursive, then imagebump retry",
    )
