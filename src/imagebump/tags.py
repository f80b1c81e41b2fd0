"""Which tags a commit gets, and when a tag may be written. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from imagebump import reference
from imagebump.config import Config, matches
from imagebump.errors import UserError
from imagebump.semantic import Version
from imagebump.version import VersionFile

KEY_LABEL = "imagebump.key"
CONTENT_LABEL = "imagebump.content"
BASE_NAME_LABEL = "org.opencontainers.image.base.name"
BASE_DIGEST_LABEL = "org.opencontainers.image.base.digest"
REF_LABEL = "org.opencontainers.image.ref.name"
SOURCE_LABEL = "org.opencontainers.image.source"
CREATED_LABEL = "org.opencontainers.image.created"
VERSION_LABEL = "org.opencontainers.image.version"
REVISION_LABEL = "org.opencontainers.image.revision"
SHORT_LABEL = "git-commit"


@dataclass(frozen=True)
class Tag:
    """A tag that a commit wants; none of them ever moves."""

    name: str
    kind: Literal["commit", "release", "branch"]


@dataclass(frozen=True)
class Source:
    """What tags are made from: a full hash, its branch ("" detached), version and time (s)."""

    commit: str
    branch: str
    version: VersionFile | None
    time: int
    release: bool


def wanted(config: Config, source: Source) -> tuple[Tag, ...]:
    """The tags of a commit, the commit's own first. UserError where a template gives none."""
    templates: list[tuple[str, Literal["commit", "release", "branch"]]] = [
        (config.tags.commit, "commit")
    ]
    if source.version and source.release:
        templates.append((config.tags.release, "release"))
    elif source.version and matches(source.branch, config.publish.branches):
        templates.append((config.tags.branch, "branch"))
    fields = _fields(config, source)
    return tuple(Tag(_render(t, kind, fields), kind) for t, kind in templates if t)


@dataclass(frozen=True)
class Moving:
    """A tag that follows the stable releases for which its template gives the same name."""

    name: str
    template: str
    fields: Mapping[str, str]
    release: re.Pattern[str]

    def follows(self, version: Version) -> bool:
        """Is `version` one that it may stand on?"""
        numbers = {"major": str(version.major), "minor": str(version.minor)}
        stable = version.prerelease is None
        return stable and reference.render(self.template, {**self.fields, **numbers}) == self.name

    def highest(self, tags: Iterable[str]) -> Version | None:
        """The highest version that has one of these tags, and that it may stand on."""
        matches = filter(None, map(self.release.fullmatch, tags))
        found = (parsed(match.groupdict().get("version") or "") for match in matches)
        return max((one for one in found if one and self.follows(one)), default=None)


def parsed(text: str) -> Version | None:
    """The version that a tag or a label names; None where it is none."""
    try:
        return Version.parse(text.replace("_", "+"))
    except ValueError:
        return None


def moving(config: Config, source: Source) -> tuple[Moving, ...]:
    """The tags that move to the release `source`, those of few releases first; none where it is not stable.

    UserError for one that could be a tag that never moves: a branch may be called like a version.
    """
    if not (source.release and source.version) or source.version.version.prerelease is not None:
        return ()
    fields, release = _fields(config, source), reference.shape(config.tags.release)
    names = [(_render(one, "moving", fields), one) for one in config.tags.moving]
    for name, template in names:
        if reference.is_key(name) or any(one.fullmatch(name) for one in _settled(config)):
            raise UserError(
                f"tags.moving = {template!r} gives {name!r}, which could be a tag that never moves",
                "Name the branch, or the tag, in another way",
            )
    return tuple(Moving(name, template, fields, release) for name, template in names)


def _settled(config: Config) -> list[re.Pattern[str]]:
    """What the tags look like that never move."""
    templates = config.tags.commit, config.tags.release, config.tags.branch
    return [reference.shape(one, config.tags.sha_length) for one in templates if one]


def _fields(config: Config, source: Source) -> Mapping[str, str]:
    version = source.version.version if source.version else None
    return {
        "version": str(version or ""),
        "major": str(version.major if version else ""),
        "minor": str(version.minor if version else ""),
        "patch": str(version.patch if version else ""),
        "prerelease": (version.prerelease or "") if version else "",
        "sha": source.commit[: config.tags.sha_length],
        "branch": reference.branch_field(source.branch),
        "date": datetime.fromtimestamp(source.time, UTC).strftime("%Y%m%d"),
        "image": config.image or config.repository.rpartition("/")[2],
    }


def _render(template: str, kind: str, fields: Mapping[str, str]) -> str:
    tag = reference.render(template, fields)
    try:
        return reference.check_tag(tag)
    except ValueError as problem:
        raise UserError(f"tags.{kind} = {template!r}: expected {problem}") from None


@dataclass(frozen=True)
class Found:
    """What stands under a tag in the registry: its digest and the labels of its image."""

    digest: str
    labels: Mapping[str, str]

    @property
    def commit(self) -> str:
        """The commit that it was built from, or ""."""
        return self.labels.get(REVISION_LABEL, "")

    @property
    def version(self) -> str:
        """The version that it is, or ""."""
        return self.labels.get(VERSION_LABEL, "")


Verdict = Literal["write", "adopt", "refuse"]


def verdict(found: Found | None, keys: Collection[str], version: str) -> Verdict:
    """May a tag be written for content of one of `keys` at `version`, with `found` there now?

    write: nothing is there; adopt: the same content at the same version is; refuse: anything else.
    """
    if found is None:
        return "write"
    same = found.labels.get(KEY_LABEL) in keys and found.labels.get(VERSION_LABEL, "") == version
    return "adopt" if same else "refuse"
