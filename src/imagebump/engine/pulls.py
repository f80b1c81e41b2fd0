"""A base image that cannot be pulled: which, from where and why, out of what an engine says."""

import re
from collections.abc import Iterable

from imagebump import answers
from imagebump.engine.reasons import reason

_REQUEST = re.compile(
    r'(?:Head|Get|HEAD request to|GET request to) "?https?://(?P<host>[^/"\s]+)/v2/'
    r'(?P<name>[^"\s]+)/manifests/(?P<tag>[^"\s]+?)"?: (?P<why>.+)',
    re.DOTALL,
)
_PING = re.compile(r'Get "?https?://(?P<host>[^/"\s]+)/v2/"?: (?P<why>.+)', re.DOTALL)
_NOT_FOUND = re.compile(
    r"(?:LLB definition|source metadata for \S+): (\S+): not found$"
    r"|(?:: |= |^)([\w.-]+(?::\d+)?/[\w./-]+[:@][\w.:-]+): not found$"
)
_PODMAN = re.compile(r"initializing source docker://(\S+): (.+)", re.DOTALL)
_OTHER = re.compile(
    r"failed with status code \[[^\]]*\]: .+|failed to fetch \w+ token: .+", re.DOTALL
)
_DENIED = "pull access denied"
_IN_ERROR = (
    re.compile(r"source metadata for (\S+):"),
    re.compile(r"from flag value (\S+):"),
    re.compile(rf"{_DENIED} for ([^\s,]+)"),
)
_IN_STEP = (
    re.compile(r"load metadata for (\S+)"),
    re.compile(r"resolve image config for (?:docker-image://)?(\S+)"),
    re.compile(r"^FROM (?:--\S+ +)*(\S+)", re.IGNORECASE),
    re.compile(r"^COPY (?:--\S+ +)*?--from=(\S+)", re.IGNORECASE),
)
_MISSING = "there is no such image"
_WHOSE = "there is no such repository, or it needs a login"
_HUB = "registry-1.docker.io"


def explain(error: str, step: str) -> str:
    """`cannot pull app:1 from r.io: why`, where that is what `error` says about `step`; else ""."""
    if request := _REQUEST.search(error):
        mark = "@" if ":" in request["tag"] else ":"
        image = _named(request["host"], f"{request['name']}{mark}{request['tag']}")
        return f"cannot pull {image}: {reason(request['why'])}"
    if missing := _NOT_FOUND.search(error):
        return f"cannot pull {_split(missing[1] or missing[2])}: {_MISSING}"
    if podman := _PODMAN.search(error):
        return f"cannot pull {_split(podman[1])}: {_in_podman(podman[2])}"
    image = _first(_IN_ERROR, error) or _first(_IN_STEP, step)
    if image and (ping := _PING.search(error)):
        bare = re.sub(rf"^{re.escape(ping['host'])}/", "", image)
        return f"cannot pull {_named(ping['host'], bare)}: {reason(ping['why'])}"
    why = _why(error)
    return f"cannot pull {_split(image)}: {why}" if image and why else ""


def _in_podman(why: str) -> str:
    """What it passes on of a registry's words, or of the connection."""
    if re.search("(?:manifest|name) unknown", why):
        return _MISSING
    return _WHOSE if re.search(r"\bunauthorized\b|\bdenied\b", why) else reason(why)


def _why(error: str) -> str:
    """Why a pull failed that reached the registry; "" where the error is of something else."""
    if _DENIED in error:
        return _WHOSE
    if code := answers.status(error):
        return answers.words(code)
    other = _OTHER.search(error)
    return reason(other[0]) if other else ""


def _first(patterns: Iterable[re.Pattern[str]], text: str) -> str:
    return next((found[1] for one in patterns if (found := one.search(text))), "")


def _split(image: str) -> str:
    host, _, name = image.partition("/")
    return (
        _named(host, name) if name and (host == "localhost" or re.search("[.:]", host)) else image
    )


def _named(host: str, name: str) -> str:
    """Docker Hub under the name that people write."""
    if host in (_HUB, "docker.io"):
        return f"{name.removeprefix('library/')} from docker.io"
    return f"{name} from {host}"
