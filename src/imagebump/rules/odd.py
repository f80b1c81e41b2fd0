"""Why no RUN of a file, a stage or a directory may be joined, whatever it says.

What a base image has of its own is assumed to be nothing odd.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from posixpath import basename, dirname, normpath

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules.directories import COMPUTED
from imagebump.rules.stages import base, default_base, lineage, may_start_from

_OWN_SYNTAX = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?")
_BASH_ENV = re.compile(r"BASH_ENV|SHELLOPTS|BASHOPTS|POSIXLY_CORRECT|ENV|LD_PRELOAD|LD_AUDIT|PS4")
_GOES_ON = re.compile(
    r"ControlPersist|credential\.helper\W+cache|core\.fsmonitor|GIT_DAEMON", re.IGNORECASE
)
_GOING_ON = ("controlpersist", "credential.helper", "core.fsmonitor", "git_daemon")
_NAMES_A_SHELL = re.compile(
    r"^(?!\w*SHELL)\w*=[\"']?(?:/usr)?/bin(?:/(?:sh|bash|dash|ash|busybox))?/?[\"']?$",
    re.IGNORECASE,
)
_DIRECTORY = re.compile(r"(?<![\w.}])/\w[\w./+-]*")
_STANDARD = ("/bin", "/sbin", "/usr", "/usr/local", "/usr/bin", "/usr/sbin", "/usr/local/bin")
"""Where programs are anyway."""

_LONGEST = 1000  # characters of a path

_LOCAL = re.compile(r"\.bin\b|vendor|[=:\"' ]\.|\$(?!\{?PATH\b)|composer")
_OTHER_PACKAGES = re.compile(
    r"sources\.list|apt-add-repository|add-apt-repository|apt-key|keyring|\.deb\b|\.rpm\b|\.apk\b|\.repos?\b"
    r"|\b(?:dpkg|rpm|alien|gdebi|snap|flatpak|copr|nix|brew)\b|config-manager|/etc/(?:apt|yum|zypp|apk)|\| *(?:ba)?sh\b"
    r"|\.sh\b|^(?:COPY|ADD)\s(?:.*\s)?[\"']?/(?:etc/?)?[\"']?\s*\]?\s*$"
)
_HAS_VOLUMES = (
    r"(?:docker\.io/)?(?:library/)?(?:postgres|mysql|mariadb|percona|mongo|redis|valkey|cassandra|couchdb"
    r"|couchbase|influxdb|telegraf|neo4j|arangodb|crate|rethinkdb|orientdb|aerospike|clickhouse|elasticsearch|solr"
    r"|zookeeper|kafka|rabbitmq|nats-streaming|eclipse-mosquitto|wordpress|nextcloud|owncloud|ghost|joomla|drupal"
    r"|matomo|mediawiki|redmine|phpmyadmin|adminer|odoo|xwiki|friendica|yourls|monica|backdrop|jenkins|gradle|maven"
    r"|docker|registry|sonarqube|vault|consul|teamspeak|varnish|storm|znc|plone|rocket\.chat|geonetwork"
    r"|jenkins/\S+|postgis/postgis|pgvector/pgvector|bitnami/(?!minideb)\S+"
    r"|prom/\S+|portainer/\S+|grafana/\S+|gitlab/\S+|gitea/gitea|sonatype/\S+|minio/minio|clickhouse/\S+"
    r"|mysql/\S+|timescale/\S+|confluentinc/\S+|wurstmeister/\S+|nginxinc/\S+|hashicorp/(?:vault|consul)"
    r"|(?:docker\.elastic\.co|container-registry\.oracle\.com|mcr\.microsoft\.com/mssql)/\S+)(?:[:@].*)?"
)
"""Names of images that have a VOLUME, where the classic builder keeps nothing of what a later RUN writes.

Compiled where it is first asked for: that is a fiftieth of what a small file takes.
"""

_DOCKER = re.compile(r"(?:docker\.io/)?(?:library/)?docker:[\w.-]+")
_PLAIN_PATH = re.compile(r"/[\w./-]*\w{2}")
_HAS_SHELL = (
    r"(?:[\w.-]+\.(?:io|com)/)?(?:apache/airflow|cimg/[\w.-]+|mambaorg/micromamba|(?:tootsuite|mastodon)/mastodon)"
    r"(?:[:@].*)?"
)
"""Names of images whose SHELL stops at each failure, or is a script of their own."""

_WINDOWS = re.compile(
    r"nanoserver|servercore|/windows\b|\bwindows[/:]|\bltsc20\d\d|dotnet/framework/|microsoft/(?:aspnet|dotnet-framework|iis|wcf)\b",
    re.IGNORECASE,
)
"""What only the names of images for Windows have."""

_LN = r"(?:^|[;&|])(?>[^;&|]*?\bln\b)"
"""The first one of a command: what stands behind a later one, stands behind it, and is looked for once."""

_SYMBOLIC = r"-(?:[a-zA-Z]*s|-s)"
_ONBUILD_TAG = re.compile(r":[^@]*onbuild")
_RENEWED = re.compile(
    r"(?:^|[:=\s\"'])/(?:(?:dev|proc|sys)(?!/(?:\./)?u?random\b|/null\b)(?:/|$|[\s\"'])|etc/?(?:$|[\s\"'])"
    r"|etc/(?:hosts|hostname|resolv\.conf|mtab|passwd|group)\b)"
)
_SETS_MORE = frozenset(["ONBUILD", "SHELL", "VOLUME"])
"""Instructions that mean something for the RUNs of a stage that starts from theirs."""

_LINKS_TO_RENEWED = re.compile(
    r"(?:^|[;&|])(?>[^;&|]*?\bln\s)[^;&|]*\s[\"']?/(?:dev/shm|(?:dev|etc|proc)/?[\"']?(?=\s)|etc/(?:hosts|hostname|resolv\.conf|passwd|group)\b)"
)
BELOW_A_VOLUME = "stands below a VOLUME, where what it writes may not stay"
STARTS_SERVICES = "stands in a file that changes policy-rc.d, by which packages start services"
_FOR_WINDOWS = "stands in a file that builds for Windows"
_ONBUILD = "stands in a stage whose base has instructions for it (ONBUILD)"


def of_the_file(dockerfile: Dockerfile) -> str:
    """A clause, or "", as of all these functions."""
    if dockerfile.syntax and not _OWN_SYNTAX.fullmatch(dockerfile.syntax):
        return f"stands in a file that {dockerfile.syntax} reads, and not Docker"
    return next(filter(None, map(_of_the_file, dockerfile.instructions)), "")


def _of_the_file(one: Instruction) -> str:
    if one.name == "ARG" and any(map(_WINDOWS.search, one.args)):
        return _FOR_WINDOWS
    lowered = one.text.lower()  # in most files none of the words is, and a search takes its time
    if any(map(lowered.__contains__, _GOING_ON)) and (match := _GOES_ON.search(one.text)):
        return f"stands in a file that sets {match[0]}, by which programs leave others behind"
    if one.name == "RUN" and _LINKS_TO_RENEWED.search(one.text):
        return "stands in a file that makes a link to what Docker makes anew for each RUN"
    if one.name in ("ENV", "ARG"):
        if "sccache" in lowered:
            return (
                "stands in a file that names sccache by a variable, which leaves its server behind"
            )
        if any(map(_NAMES_A_SHELL.search, (*one.args, *map("=".join, pairwise(one.args))))):
            return "stands in a file that names a shell by a variable"
        if match := next(filter(None, map(_BASH_ENV.fullmatch, map(_key, one.args))), None):
            return f"stands in a file that sets {match[0]}, which changes each shell"
        if _RENEWED.search(one.text):
            return "stands in a file that names what Docker makes anew by a variable"
    return ""


def of_packages(dockerfile: Dockerfile) -> str:
    """On what installs any."""
    changed = any("policy-rc.d" in one.text for one in dockerfile.instructions)
    return STARTS_SERVICES if changed else ""


def has_other_packages(dockerfile: Dockerfile, stage: int) -> bool:
    """May packages come from elsewhere than from the distribution of the base image?"""
    if "/" in base(dockerfile, stage).removeprefix("docker.io/").removeprefix("library/"):
        return True
    texts = (one.text for one in dockerfile.instructions if one.name != "FROM")
    return any(map(_OTHER_PACKAGES.search, texts))


def has_local_programs(one: Instruction) -> bool:
    """Does it put a directory of a project into the PATH?"""
    is_path = one.name in ("ENV", "ARG") and "PATH" in one.text
    return is_path and bool(_LOCAL.search(one.text))


def above_programs(one: Instruction) -> Iterator[str]:
    """The directories in which an archive or a copy may bring one that this puts into the PATH."""
    if one.name in ("ENV", "ARG") and "PATH" in one.text:
        for found in _DIRECTORY.findall(one.text):
            directory = normpath(found)[:_LONGEST]
            while directory not in ("/", *_STANDARD):
                yield directory
                directory = dirname(directory)


def _key(word: str) -> str:
    return word.partition("=")[0]


def _is_windows(word: str) -> bool:
    return "windows" in word.lower() or bool(_WINDOWS.search(word))


def _builds_for_windows(dockerfile: Dockerfile, stage: int) -> bool:
    """Does it start from an image of Windows, or may it do so, since another stage of its file does?"""
    image = default_base(dockerfile, stage)
    *_, first = lineage(dockerfile, stage)
    start = dockerfile.stages[first][0]
    others = [one[0] for one in dockerfile.stages if "$" in image]
    words = chain(*((one.args[0], *one.flags) for one in (start, *others)))
    return any(map(_is_windows, (image, *words)))


def of_the_base(dockerfile: Dockerfile, stage: int) -> str:
    """On what a stage starts from."""
    _, *above = lineage(dockerfile, stage)
    for number in above:
        before = dockerfile.stages[number]
        if any(one.name == "ONBUILD" for one in before):
            return _ONBUILD
        if found := next(filter(None, map(of_the_place, before)), ""):
            return found
    for number in may_start_from(dockerfile, stage):
        if _SETS_MORE.intersection(one.name for one in dockerfile.stages[number]):
            return "stands in a stage that may start from one with a SHELL or the like of its own"
    if _builds_for_windows(dockerfile, stage):
        return _FOR_WINDOWS
    image = default_base(dockerfile, stage)
    if _ONBUILD_TAG.search(image):
        return _ONBUILD
    if re.fullmatch(_HAS_SHELL, image):
        return "stands on an image with a SHELL of its own, which cannot be seen here"
    return BELOW_A_VOLUME if re.fullmatch(_HAS_VOLUMES, image) else ""


def volumes(dockerfile: Dockerfile, stage: int) -> tuple[str, ...]:
    """All that a stage, those that it starts from, and its base declare as a VOLUME; () where that is not known."""
    stages = (dockerfile.stages[number] for number in lineage(dockerfile, stage))
    found = [arg for one in chain(*stages) if one.name == "VOLUME" for arg in one.args]
    image = base(dockerfile, stage)
    if _DOCKER.fullmatch(image):
        found.append("/var/lib/docker")
    elif re.fullmatch(_HAS_VOLUMES, image):
        return ()
    return tuple(found) if all(map(_PLAIN_PATH.fullmatch, found)) else ()


def of_the_place(one: Instruction) -> str:
    """On what comes behind an instruction."""
    if one.name == "VOLUME":
        return BELOW_A_VOLUME
    return ""


def of_the_workdir(directory: str) -> str:
    """On where a RUN starts."""
    if directory == COMPUTED:
        return "starts in a directory that cannot be told (WORKDIR)"
    if _RENEWED.search(directory):
        return "starts in a directory that Docker makes anew for each RUN"
    return ""


def of_the_directory(directory: str, links: Iterable[str]) -> str:
    """Where it, or one above it, may be a symbolic link that one of the RUNs `links` makes."""
    while len(directory) > 1:
        named = [link for link in links if basename(directory) in link]
        if named and any(map(_link_to(directory).search, named)):
            return f"starts in a directory that may be a symbolic link ({directory})"
        directory = dirname(directory)
    return ""


def _link_to(directory: str) -> re.Pattern[str]:
    """What may make a symbolic link of this name."""
    path, name = re.escape(directory), re.escape(basename(directory))
    end = r"/?(?:[\s\"';&|)]|$)"
    return re.compile(
        rf"{_LN}[^;&|]*[\s\"'/]{path}{end}"
        rf"|{_LN}(?=[^;&|]*\s{_SYMBOLIC})[^;&|]*[\s\"'](?:\./)?{name}{end}"
        rf"|\bln\s+{_SYMBOLIC}\S*\s+\S*/{name}[\"']?\s*(?:[;&|)]|$)"
    )
