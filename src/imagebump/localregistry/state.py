"""What is remembered of the registry that was started: one small file, replaced as a whole."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from imagebump import files

How = Literal["program", "container"]


@dataclass(frozen=True)
class Running:
    """A registry of ours, published on 127.0.0.1 only.

    `name` is the host name for image references; `storage` is a directory of this machine.
    `since` is in seconds since the epoch. `mark` is what it answers in the header `Imagebump`:
    by it one registry is told from another on the same port. A program has a `pid` and the
    time of its start as the system tells it (`started`), a container its id and its `image`.
    """

    how: How
    port: int
    storage: Path
    name: str
    since: float
    mark: str
    pid: int = 0
    started: str = ""
    container: str = ""
    image: str = ""

    @property
    def address(self) -> str:
        """`host:port`, as image references begin with."""
        return f"{self.name}:{self.port}"


class Settings(NamedTuple):
    """What `up` was asked for, as in `Running`."""

    port: int
    storage: Path
    name: str


def directory() -> Path:
    """Where the state, the configuration, the log and the default storage are."""
    return files.state_directory().resolve() / "registry"


def config_path() -> Path:
    """The configuration that we write for the program; its path in the command line marks it as ours."""
    return directory() / "config.yml"


def log_path() -> Path:
    """The program's log, of its last start."""
    return directory() / "registry.log"


def load() -> Running | None:
    """What was started last and not taken down; None where nothing was, or the file is damaged."""
    try:
        fields = json.loads(_path().read_bytes())
        return Running(**{**fields, "storage": Path(fields["storage"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save(running: Running) -> None:
    """Remember `running`."""
    text = json.dumps({**asdict(running), "storage": str(running.storage)}, indent=1)
    files.write_atomic(_path(), f"{text}\n".encode(), mode=0o600)


def forget() -> None:
    """Remember nothing."""
    _path().unlink(missing_ok=True)


def defaults() -> Settings:
    """What holds where nothing was ever said."""
    return Settings(5000, directory() / "data", "localhost")


def last() -> Settings:
    """What the registry was last up with, also where it was taken down since; else the defaults."""
    try:
        port, storage, name = json.loads(_last_path().read_bytes())
        return Settings(int(port), Path(storage), str(name))
    except (OSError, ValueError, TypeError):
        running = load()
        return Settings(running.port, running.storage, running.name) if running else defaults()


def remember(settings: Settings) -> None:
    """Keep `settings` for the next `up`."""
    text = json.dumps([settings.port, str(settings.storage), settings.name])
    files.write_atomic(_last_path(), f"{text}\n".encode(), mode=0o600)


def _last_path() -> Path:
    return directory() / "last.json"


def _path() -> Path:
    return directory() / "state.json"
