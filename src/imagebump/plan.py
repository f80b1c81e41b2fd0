"""From a commit and its configuration to what is built, and to the keys of it. Pure but for reading objects.

There are two keys. The tree key is a hash of all that the commit itself says: the files that are
read, the Dockerfile, the arguments. It is known offline, in every clone, for ever. The plan key is
a hash of it, of what each image that is named (FROM, --from, mounts, a frontend) is now, and of the
platform that is built for.

A published version never changes, so what stands under a tag is held against the tree key: the same
commit finds its own image again although a base has moved meanwhile. What has no tag yet, a new
version above all, is held against the plan key: it never gets an image of a base that has moved.
Where the plan key cannot be told (an ADD of an address, a base that nobody knows), it is built.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from imagebump import contents, submodules
from imagebump.config import Build, Config
from imagebump.context import context, filtering, ignore_rules, in_context, in_repository
from imagebump.dockerfile.inputs import Inputs, declared_arguments, inputs
from imagebump.dockerfile.parse import Dockerfile, parse
from imagebump.errors import UserError
from imagebump.git import Entry
from imagebump.origins import Origins, origins
from imagebump.snapshot import LINK, SUBMODULE, Snapshot
from imagebump.tags import (
    BASE_DIGEST_LABEL,
    BASE_NAME_LABEL,
    CONTENT_LABEL,
    CREATED_LABEL,
    KEY_LABEL,
    REF_LABEL,
    REVISION_LABEL,
    SHORT_LABEL,
    SOURCE_LABEL,
    VERSION_LABEL,
    Source,
)

RECIPE = "imagebump-key-2"
"""What the key is a hash of; a new way to hash or to build is a new recipe."""


DOCKERFILE_ELSEWHERE = ".imagebump.dockerfile"
"""The name under which a Dockerfile from outside the context travels with it."""


class Base(NamedTuple):
    """An image that a build takes something from: as it is named, and what that is now.

    `digest` is its manifest's in its registry, or where it is `local` its id in the engine.
    `triggers` says that it has ONBUILD instructions.
    """

    name: str
    digest: str
    local: bool = False
    triggers: bool = False


@dataclass(frozen=True)
class BuildPlan:
    """One build: its context, Dockerfile, arguments and labels, and the key of its content.

    `whole_key` is the key with all of the context in it, which an image has on a base with triggers.
    `build.dockerfile` is the file itself, where the configuration names a symbolic link.
    `bases` are those that are known, and `content` is the plan key, "" where it cannot be told.
    `fresh` asks for a build in which nothing is cached.
    """

    snapshot: Snapshot
    build: Build
    dockerfile: Dockerfile
    inputs: Inputs
    context: tuple[Entry, ...]
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    key: str
    whole_key: str
    bases: tuple[Base, ...] = ()
    content: str = ""
    fresh: bool = False

    @cached_property
    def origins(self) -> Origins:
        """What it takes from outside its context."""
        return origins(self.dockerfile, self.build.target, self.arguments)

    @cached_property
    def files(self) -> list[Entry]:
        """The context, of which each file can be read as it is in a working tree. UserError as in contents.found."""
        return contents.found(self.snapshot, self.build, self.context)

    @property
    def is_whole(self) -> bool:
        """Does its key know the whole context?"""
        return "" in self.inputs.sources

    def on(self, bases: tuple[Base, ...], platform: str) -> "BuildPlan":
        """The same plan, with the images that it takes something from, as far as they are known.

        `platform` is what the builder builds for by itself, as linux/arm64; "" where nobody knows.
        """
        names = {base.name for base in bases}
        known = self.origins.clear and names == set(self.origins.names)
        platforms = " ".join(self.build.platforms) or platform
        content = _plan_key(self.key, bases, platforms) if known and platforms else ""
        if any(base.triggers for base in bases):  # they may fetch what no text here shows
            content = ""
        named = [base for base in bases if base.name == self.origins.base and not base.local]
        below = "".join(base.digest for base in named)  # an id in an engine is no digest
        labels = {**self.labels, CONTENT_LABEL: content, BASE_DIGEST_LABEL: below}
        return replace(self, bases=bases, content=content, labels=labels)

    @property
    def unpinned(self) -> "BuildPlan":
        """The same for a builder that takes what its bases are then: nobody knows its content."""
        return self.on((), "")

    @property
    def sent_as(self) -> str:
        """The Dockerfile's path in the context that is sent."""
        return in_context(self.build, self.build.dockerfile) or DOCKERFILE_ELSEWHERE

    @property
    def hidden(self) -> bool:
        """Is the Dockerfile left out of the context by .dockerignore?"""
        return self.inputs.ignore.matches(self.sent_as)


def make(
    snapshot: Snapshot,
    config: Config,
    source: Source,
    origin: str = "",
    triggers: Collection[str] = (),
) -> BuildPlan:
    """The plan for the commit `snapshot`; `origin` is the remote's address, for a label;
    `triggers` the bases (as `inputs.bases` gives them) that are known to read the whole context.

    UserError where the commit has no Dockerfile or one that is none.
    """
    snapshot = submodules.opened(snapshot)
    build = config.build._replace(dockerfile=_dockerfile(snapshot, config.build))
    data = snapshot.read(build.dockerfile)
    if data is None:
        raise UserError(f"{build.dockerfile} is not in {snapshot.title}")
    dockerfile = parse(data, build.dockerfile)
    ignore = ignore_rules(snapshot, config.build)  # by the name that is configured, as docker does
    files = context(snapshot.entries, build, ignore)
    links = (entry.path for entry in files if entry.mode == LINK)
    read = inputs(dockerfile, ignore, triggers).through_links(links)
    declared = declared_arguments(dockerfile)
    version = str(source.version.version) if source.version else ""
    arguments = dict(build.args)
    if "VERSION" in declared and version:
        arguments.setdefault("VERSION", version)
    beside = filtering(snapshot, build)
    key, whole = (
        tree_key(build, data, [*entries, *beside], arguments)
        for entries in ([e for e in files if _is_read(read, e)], files)
    )
    if "GIT_COMMIT" in declared:
        arguments.setdefault("GIT_COMMIT", source.commit)  # not in the key: each has its own
    base = origins(dockerfile, build.target, arguments).base
    labels = _labels(config, source, version, origin, dockerfile) | {
        KEY_LABEL: key,
        CONTENT_LABEL: "",  # of none as well: else a base's would shine through
        BASE_NAME_LABEL: base or "scratch",
        BASE_DIGEST_LABEL: "",
    }
    return BuildPlan(snapshot, build, dockerfile, read, tuple(files), arguments, labels, key, whole)


def require_submodules(plan: BuildPlan) -> None:
    """UserError where what is read lies in a submodule that this clone lacks: the key would name other content."""
    for entry in plan.context:
        if entry.mode == SUBMODULE and _is_read(plan.inputs, entry):
            raise submodules.missing(plan.snapshot, in_repository(plan.build, entry.path))


def _is_read(read: Inputs, entry: Entry) -> bool:
    """Is `entry` read? Of a submodule whose files are not to be had, something below it counts as well."""
    return read.selects(entry.path) or (entry.mode == SUBMODULE and read.enters(entry.path))


def _plan_key(tree_key: str, bases: Iterable[Base], platforms: str) -> str:
    lines = [RECIPE, tree_key, platforms, *(f"{base.name} {base.digest}" for base in sorted(bases))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _dockerfile(snapshot: Snapshot, build: Build) -> str:
    """The path of the Dockerfile itself. UserError for a link to what no change of the context shows."""
    name, file = build.dockerfile, snapshot.followed(build.dockerfile)
    if file != name and in_context(build, file) is None:
        raise UserError(
            f"{name} is a symbolic link to {file}, which lies outside the build context",
            f'Set, under [build] of the configuration: dockerfile = "{file}"',
        )
    return file


def tree_key(
    build: Build, dockerfile: bytes, read: Iterable[Entry], arguments: Mapping[str, str]
) -> str:
    """The hash of all that git knows of a build's inputs; equal keys are equal content.

    `read` are the entries of the context that the Dockerfile reads, and what makes other files of them
    than git holds; the commit's hash never enters.
    """
    digest = hashlib.sha256()
    fields = [
        RECIPE,
        build.target,
        build.network,
        *([f"platforms {' '.join(build.platforms)}"] if build.platforms else []),
        *(["provenance"] if build.provenance else []),
        *(text for pair in sorted(arguments.items()) for text in pair),
    ]
    for part in (*(field.encode() for field in fields), b"", dockerfile):
        digest.update(b"%d:%s," % (len(part), part))
    for entry in sorted(read, key=lambda e: e.path):
        line = f"{entry.mode} {entry.oid} {entry.path}".encode(errors="surrogateescape")
        digest.update(b"%d:%s," % (len(line), line))
    return digest.hexdigest()


def _labels(
    config: Config, source: Source, version: str, origin: str, dockerfile: Dockerfile
) -> dict[str, str]:
    """Those that every image has, where there is nothing to say empty: else a base's would shine through."""
    labels = {
        REVISION_LABEL: source.commit,
        SHORT_LABEL: source.commit[: config.tags.sha_length],
        CREATED_LABEL: datetime.fromtimestamp(source.time, UTC).isoformat(),
        "org.opencontainers.image.title": config.repository.rpartition("/")[2],
        VERSION_LABEL: version,
    }
    here = {REF_LABEL: source.branch, SOURCE_LABEL: public_address(origin)}
    written = " ".join(
        word for one in dockerfile.instructions if one.name == "LABEL" for word in one.args
    )
    return labels | {name: text for name, text in here.items() if text or name not in written}


def public_address(remote: str) -> str:
    """A remote's address without a user, a password, a token or a query; "" for a local path."""
    if "://" not in remote:
        user, _, rest = remote.rpartition("@")
        return f"ssh://{rest.replace(':', '/', 1)}" if user and ":" in rest else ""
    try:
        parts = urlsplit(remote)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in ("https", "http", "ssh", "git") or not host:
        return ""
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        # of a password with a slash in it: the host is not where it seems to be
        return ""
    return f"{parts.scheme}://{host}{parts.path.partition(';')[0]}"
