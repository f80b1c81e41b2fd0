"""Whether a RUN below a VOLUME certainly writes nothing into it: the classic builder would not keep that."""

import re
from posixpath import basename

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.familiar import unfamiliar
from imagebump.rules.places import Spot, meet, places
from imagebump.rules.programs import names, operands, redirects, texts, written
from imagebump.rules.runs import Run

_NAMES_NO_FILE = names(
    ": apk apt apt-get dnf echo groupadd addgroup microdnf printf set true yum useradd adduser"
)
_NAMES_FILES = names("chmod chown mkdir touch")
_PLAIN = re.compile(r"/[\w./+-]+")


def stays_outside(run: Run) -> bool:
    """Is all that it writes plainly elsewhere than in the volumes of its place, if these are known?"""
    volumes, a = run.place.volumes, run.reading
    if not volumes or not isinstance(a, Reading) or unfamiliar(run):
        return False
    spoken_of = [basename(volume) for volume in volumes]
    if any(name in text for text in texts(a) for name in spoken_of):
        return False  # as by a package that is named like its data
    if any(volume in text for text in run.place.links for volume in volumes):
        return False  # a link may lead there
    targets = [one.target.raw for one in redirects(a) if ">" in one.operator]
    written_to = [*targets, *(path for one in a.commands for path in _files(one))]
    known = all(one.name in _NAMES_NO_FILE | _NAMES_FILES for one in a.commands)
    return known and all(_is_outside(path, volumes) for path in written_to)


def _files(command: Simple) -> list[str]:
    """The files that it names."""
    if command.name in ("useradd", "adduser"):
        return ["/home", *(value for value in written(command) if "/" in value)]
    named = [word.raw for word in operands(command)] if command.name in _NAMES_FILES else []
    is_mode = command.name in ("chmod", "chown") and not (named and named[0].startswith("/"))
    return named[is_mode:]


def _is_outside(path: str, volumes: tuple[str, ...]) -> bool:
    spots = [*places([path], ["/"], True)]
    return bool(_PLAIN.fullmatch(path)) and not any(
        meet(spot, Spot(volume, True)) for spot in spots for volume in volumes
    )
