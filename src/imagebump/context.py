"""The build context in an index or a commit: what .dockerignore leaves of it."""

from collections.abc import Iterable, Iterator

from e2b_dockerfile_utils import PatternMatcher

from imagebump.blobs import Blobs
from imagebump.config import Build
from imagebump.dockerfile import inputs
from imagebump.git import Entry
from imagebump.snapshot import DIRECTORY, Snapshot


def ignore_rules(snapshot: Snapshot, build: Build) -> PatternMatcher:
    """The rules that filter the context: <Dockerfile>.dockerignore before .dockerignore."""
    name, data = _ignore_file(snapshot, build)
    return inputs.ignore_rules(data, name)


def _ignore_file(snapshot: Snapshot, build: Build) -> tuple[str, bytes | None]:
    """The file that filters the context, and what it holds; None where there is none."""
    for name in ignore_files(build):
        data = snapshot.read(name)
        if data and b"\n" not in data:  # perhaps what a symbolic link leads to
            data = snapshot.read(snapshot.followed(name))
        if data is not None:
            return name, data
    return ignore_files(build)[-1], None


def left_out(snapshot: Snapshot, build: Build, path: str) -> tuple[str, int, str] | None:
    """Which line leaves a path of the context out: the file, the line's number (from 1) and its text; None for none."""
    name, data = _ignore_file(snapshot, build)
    if not inputs.ignore_rules(data, name).matches(path):
        return None
    lines, before, found = (data or b"").split(b"\n"), False, 0
    for number in range(1, len(lines) + 1):
        now = inputs.ignore_rules(b"\n".join(lines[:number]), name).matches(path)
        if now and not before:
            found = number
        before = now
    return name, found, lines[found - 1].decode(errors="replace").strip()


def ignore_files(build: Build) -> tuple[str, str]:
    """The ignore files of a build, the one that wins first."""
    return f"{build.dockerfile}.dockerignore", in_repository(build, ".dockerignore")


def filtering(snapshot: Snapshot, build: Build) -> list[Entry]:
    """The .gitattributes files by which files of the context are others than git holds, as those of Git LFS are."""
    blobs = snapshot.repository.blobs
    named = [one for one in snapshot.entries if one.path.endswith(".gitattributes")]
    return [one for one in named if filters(build, one.path, blobs, one.oid)]


def filters(build: Build, path: str, blobs: Blobs, *oids: str) -> bool:
    """Is `path` such a file, by one of these contents?"""
    above, _, name = path.rpartition("/")
    if name != ".gitattributes":
        return False
    holds = in_context(build, path) is not None or f"{build.context}/".startswith(f"{above}/")
    return (holds or not above) and any(b"filter=" in (blobs.read(oid) or b"") for oid in oids)


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
            found[path] = entry._replace(path=path) if build.context else entry
    return list(found.values())


def parents(path: str) -> Iterator[str]:
    """The directories above `path`, the highest first."""
    parts = path.split("/")
    return ("/".join(parts[:n]) for n in range(1, len(parts)))
