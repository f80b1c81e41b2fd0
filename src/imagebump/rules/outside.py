"""What a RUN leaves behind outside of its shell, and the next RUN would find in the same container.

Between two RUNs Docker ends all processes, and makes anew some files and the WORKDIR.
"""

import re
from collections.abc import Iterator
from itertools import chain

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.accounts import changed_accounts
from imagebump.rules.agents import leaves_agent
from imagebump.rules.places import ANYWHERE, UNKNOWN, places, standing
from imagebump.rules.processes import processes
from imagebump.rules.programs import (
    base,
    names,
    programs,
    redirects,
    remembered,
    short,
    texts,
    written,
)

_RENEWED = re.compile(
    r"/dev/(?!null\b|stdout\b|stderr\b|stdin\b|tty\b|u?random\b|zero\b|fd/)|/etc/mtab|/run/shm\b"
    r"|\.dockerenv\b|\bresolv\.conf\b|/etc/host(?:s|name)\b|(?:^|/)hosts$|/proc/sys|(?:^|[\s=:\"'])/sys/"
)
_URL = re.compile(
    r"(?:https?|ftp)://[\w.:/@%+~-]+/(?!hosts$|hostname$|resolv\.conf$|mtab$|passwd$|group$)[\w.+-]*\w"
)
"""An address that is fetched as a file of another name than what Docker makes anew."""

_MIRRORS = re.compile(
    r"-[a-zA-Z]*[rmxpiH].*|--(?:recursive|mirror|force-d|no-h|cut-d|page-r|input).*"
)
"""Options by which wget makes directories of what is in an address, or reads more addresses."""

_NAMED_INDIRECTLY = re.compile(
    r"^/[^/\s]*[*?\[{][^/\s]*/[^\s]*(?:shm|hosts|hostname|resolv|[*?])|^/(?:dev|etc|proc|sys)/?\.?$|(?:^|/)etc/(?:hosts|hostname|[^/\s]*[*?\[{$])|^shm/|/proc/(?!self/fd/[012]\b)"
    r"|(?:-C|-d|-D|-t|=)/(?:dev|etc|proc|sys)/?$"
)
_ACCOUNTS = re.compile(
    r"/etc/(?:passwd|group)\b|^(?!/)(?:.*/)?(?:passwd|group)$|^/(?:passwd|group)$|/etc/pam"
    r"|^/(?=.*(?://|/\.\.?/|[*?\[{$`])).*/(?:passwd|group)$"
)
_HIDDEN = re.compile(rf"^(?:{re.escape(UNKNOWN)}|{re.escape(ANYWHERE)}|/etc/|~)|[*?\[{{]")
_TWICE = re.compile(r"(?<!:)/(?:\.?/)+")
_BACK = re.compile(r"/(?!\.\./)[^/\s]+/\.\.(?=/|$)")
_UPWARDS = re.compile(r"/|(?:\.\./?)+")
_WORDS = re.compile(r"[\s\"'=:<>]+")
_NAMES_ASKED = names("-s -f -i -I -d --short --fqdn --long --ip-address --domain")
_ONLY_USE = names("cat echo printf dd head tail test [ od")
_OF_THE_MACHINE = names(
    "mount umount sysctl hostname hostnamectl ip ifconfig route iptables ip6tables nft losetup"
    " modprobe insmod swapon swapoff mknod pivot_root unshare nsenter pkill killall kill"
    " fuser renice prlimit taskset ionice chrt schedtool choom ipcmk ipcrm chattr keyctl tc ethtool brctl bridge"
    " arp iw wg wg-quick ebtables ipset fusermount fusermount3 sshfs s3fs gcsfuse bindfs squashfuse unionfs"
    " archivemount guestmount rclone-mount cryptsetup dmsetup kpartx lvcreate vgchange zfs zpool swaplabel"
)


def outside(a: Reading, b: Reading, workdir: str) -> Iterator[str]:
    """Clauses on what `a` leaves to `b`, the next RUN, apart from its shell and its files."""
    yield from processes(a)
    if name := leaves_agent(a, b, workdir):
        yield f"may leave an agent of GnuPG behind ({name}), without gpgconf --kill all after it"
    yield from _renewed(a, workdir)


def _renewed(a: Reading, workdir: str) -> Iterator[str]:
    addresses = frozenset(_addresses(a))
    found = [text for text in texts(a) if text not in addresses]
    for text in dict.fromkeys(chain(found, map(_without_detours, found))):
        if _names_renewed(text):
            yield f"may touch what Docker makes anew for each RUN ({short(text)})"
        elif _names_accounts(text) and text not in _elsewhere(a, workdir):
            yield f"may touch the accounts that Docker reads before each RUN ({short(text)})"
    for name in changed_accounts(a):
        yield f"changes accounts, which Docker reads before each RUN ({name})"
    yield from chain.from_iterable(map(_renewed_by, a.commands))


@remembered
def _names_renewed(text: str) -> bool:
    return bool(_RENEWED.search(text) or _NAMED_INDIRECTLY.search(text))


@remembered
def _names_accounts(text: str) -> bool:
    return any(map(_ACCOUNTS.search, _WORDS.split(text)))


@remembered
def _renewed_by(command: Simple) -> tuple[str, ...]:
    """The clauses on a single command."""
    found = list[str]()
    if _spreads_etc(command):
        found.append("may touch what Docker makes anew for each RUN (/etc)")
    if word := _changes_device(command):
        found.append(f"may touch what Docker makes anew for each RUN ({short(word)})")
    for name in programs(command):
        if name in _OF_THE_MACHINE and not _asks_for_the_name(command):
            found.append(f"changes what Docker makes anew for each RUN ({name})")
    return tuple(found)


@remembered
def _without_detours(text: str) -> str:
    """The same with `/` for `//` and `/./`, and without what `..` takes back; of an URL, nothing changes."""
    return _BACK.sub("", _TWICE.sub("/", text))


def _addresses(a: Reading) -> Iterator[str]:
    """What is fetched from other machines, and at most the last part of it becomes a name here."""
    for words in map(written, a.commands):
        if words[:1] in (["wget"], ["curl"]) and not any(map(_MIRRORS.fullmatch, words)):
            yield from filter(_URL.fullmatch, words)


def _elsewhere(a: Reading, workdir: str) -> Iterator[str]:
    """The relative paths that certainly lead to another place than /etc, wherever they are named."""
    led: dict[str, set[str]] = {}
    for command, here in standing(a, workdir):
        for text in written(command):
            led.setdefault(text, set()).update(place.path for place in places([text], here))
    others = {one.target.raw for one in redirects(a)} | {
        text for one in a.commands for text in written(one)[:1]
    }
    if any(one.name == "ln" and any(map(_UPWARDS.fullmatch, written(one))) for one in a.commands):
        return
    for text, paths in led.items():
        known = text[:1] != "/" and not any(map(_HIDDEN.search, (text, *paths)))
        if known and text not in others and not {"/passwd", "/group"} & paths:
            yield text


def _changes_device(command: Simple) -> str:
    """A device that a command may remove, replace or change, where it does more than to use it."""
    words = written(command)
    if not words or base(words[0]) in _ONLY_USE:
        return ""
    operands = [word for word in words[1:] if not word.startswith("-")]
    uses = operands[:-1] if base(words[0]) in ("ln", "cp") else []
    uses += ["/dev/null"] * (base(words[0]) in ("curl", "wget"))
    return next((w for w in operands if w.startswith("/dev/") and w not in uses), "")


def _spreads_etc(command: Simple) -> bool:
    """Does it put a directory `etc` into the root?"""
    words = [word.rstrip("/") for word in written(command)[1:]]
    copies = {"cp", "mv", "rsync"} & set(programs(command))
    return bool(copies) and words[-1:] == [""] and any(base(w) in ("etc", "dev") for w in words)


def _asks_for_the_name(command: Simple) -> bool:
    """Is it a `hostname` without another one?"""
    return written(command)[:1] == ["hostname"] and all(
        value in _NAMES_ASKED for value in written(command)[1:]
    )
