"""The grammar of image references: registry hosts, repositories, tags, and templates of tags.

Source: distribution's reference grammar (a tag is at most 128 characters, a repository 255).
"""

import re
from collections.abc import Mapping
from string import Formatter
from typing import NamedTuple

from imagebump.spelling import nearest

DOCKER_HUB = "docker.io"
LOCAL = "local"
_HUB_ADDRESSES = ("hub.docker.com", "index.docker.io", "registry-1.docker.io", "www.docker.com")
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""All of them in every Accept: without, a registry makes up an older form with another digest."""

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::(?P<port>[0-9]+))?")
_SHOWN = 160
"""Characters of what is no tag that a message shows."""
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Image(NamedTuple):
    """An image as it is named: its registry, its repository, and what it is there, a tag or a digest."""

    host: str
    repository: str
    reference: str

    @property
    def name(self) -> str:
        """The repository with its registry."""
        return f"{self.host}/{self.repository}"

    def at(self, digest: str) -> str:
        """The reference to what has this digest there."""
        return f"{self.name}@{digest}"

    def __str__(self) -> str:
        mark = "@" if is_digest(self.reference) else ":"
        return f"{self.name}{mark}{self.reference}"


def is_digest(text: str) -> bool:
    """Is it the digest of a manifest?"""
    return bool(_DIGEST.fullmatch(text))


def is_key(tag: str) -> bool:
    """Is it the tag of an image's content, which stands there before any other?"""
    return bool(re.fullmatch(r"key-[0-9a-f]{40}", tag))


def image(text: str) -> Image:
    """An image's name as Docker reads it: `alpine` → docker.io/library/alpine:latest. ValueError where it is none.

    Where there is a digest, the tag beside it says nothing.
    """
    name, _, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    is_host = slash and (
        first == "localhost" or re.search(r"[.:]", first) or first != first.lower()
    )
    host, path = (first, rest) if is_host else (DOCKER_HUB, name)
    repository, _, tag = path.partition(":")
    if host in (DOCKER_HUB, "index.docker.io"):
        host = DOCKER_HUB
        repository = repository if "/" in repository else f"library/{repository}"
    check_registry(host)
    check_repository(repository)
    if digest and not is_digest(digest):
        raise ValueError(f"a digest such as sha256:0123…, not {digest!r}")
    return Image(host, repository, digest or check_tag(tag or "latest"))


FIELDS = ("version", "major", "minor", "patch", "prerelease", "sha", "branch", "date", "image")


def check_registry(text: str) -> str:
    """`text`, where it is "local" or names a registry. ValueError, saying why, where it does not."""
    if text in (LOCAL, DOCKER_HUB):
        return text
    if text.lower() in _HUB_ADDRESSES:
        raise ValueError(f'"{DOCKER_HUB}", which is what Docker Hub is called in image names')
    if "://" in text:
        raise ValueError(f"a host without a scheme: {_host(text)!r}")
    if "@" in text:
        raise ValueError(f"a host without a login: {_host(text)!r} (docker login keeps one)")
    if "/" in text:
        raise ValueError("a host alone; what follows the slash belongs into repository")
    match = _HOST.fullmatch(text)
    if not match:
        raise ValueError('a host[:port], "docker.io" or "local"')
    if match["port"] and not 0 < int(match["port"]) < 65536:
        raise ValueError("a port from 1 to 65535")
    if text != "localhost" and not re.search(r"[.:]", text):
        raise ValueError(f"a host with a domain or a port{_instead(text)}")
    return text


def _instead(word: str) -> str:
    near = nearest(word.lower(), (LOCAL, "localhost"))
    if near:
        return f'; the nearest is "{near}"'
    return f", as {word}:5000: docker reads a bare word as a user of docker.io"


def _host(text: str) -> str:
    """What is left of an address without its scheme and its login, which may be a secret."""
    return text.rpartition("://")[2].rpartition("@")[2].rstrip("/")


def check_repository(text: str) -> str:
    """`text`, where a registry would accept it as a repository. ValueError, saying why not."""
    if len(text) > 255:
        raise ValueError("at most 255 characters")
    if not _REPOSITORY.fullmatch(text.lower()):
        raise ValueError(
            "names such as team/app: a-z, 0-9 and single separators . _ - between them"
        )
    if text != text.lower():
        raise ValueError(f"lower case: {text.lower()!r}")
    return text


def check_tag(text: str) -> str:
    """`text`, where it is a tag. ValueError, saying why not."""
    if not _TAG.fullmatch(text):
        given = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise ValueError(
            f"a tag (A-Z a-z 0-9 _ . -, at most 128, no . or - first), but it gives {given!r}"
        )
    return text


def check_template(text: str) -> str:
    """`text`, where each field exists and a usual commit would get a tag from it. "" is no tag."""
    if not text:
        return text
    sample = {
        "version": "1.2.3-rc.1", "major": "1", "minor": "2", "patch": "3", "prerelease": "rc.1",
        "sha": "abc1234", "branch": "main", "date": "20260131", "image": "app",
    }  # fmt: skip
    try:
        names = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text)]
    except ValueError as problem:
        raise ValueError(f"a template such as '{{version}}' ({problem})") from None
    for name, spec, conversion in names:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise ValueError(f"fields of {', '.join('{' + field + '}' for field in FIELDS)}")
    check_tag(render(text, sample))
    return text


def render(template: str, fields: Mapping[str, str]) -> str:
    """The tag that `template` gives; semver's + becomes _ (which no semantic version contains)."""
    return template.format_map(fields).replace("+", "_")


_SHAPES = {
    "version": r"(?P<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:_[0-9A-Za-z.-]+)?)",
    "major": r"\d+", "minor": r"\d+", "patch": r"\d+", "prerelease": r"[0-9A-Za-z.-]*",
    "sha": r"[0-9a-f]+", "branch": r"[A-Za-z0-9_.-]*", "date": r"\d{8}", "image": r"[a-z0-9._-]+",
}  # fmt: skip


def shape(template: str, sha_length: int = 0) -> re.Pattern[str]:
    """What the tags of a template look like; the group `version` is the first one of it, + still written _.

    A hash has `sha_length` digits where that is given.
    """
    found, seen = "", set[str]()
    shapes = _SHAPES | ({"sha": rf"[0-9a-f]{{{sha_length}}}"} if sha_length else {})
    for literal, name, _, _ in Formatter().parse(template):
        found += re.escape(literal.replace("+", "_"))
        if name is not None:
            found += "(?P=version)" if name == "version" and name in seen else shapes[name]
            seen.add(name)
    return re.compile(found)


def branch_field(branch: str) -> str:
    """A branch's name as a part of a tag: feature/x → feature-x."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", branch).strip(".-")


def repository_name(directory: str) -> str:
    """The nearest valid repository name of a directory's name, "image" where nothing is left."""
    words = re.findall(r"[a-z0-9]+", directory.lower())
    return "-".join(words) or "image"
