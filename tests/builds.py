"""Commits that are planned and built in this process, either way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness import Repo
from imagebump import plan
from imagebump.bars import Bar
from imagebump.config import load
from imagebump.engine import Engine as Way
from imagebump.plan import BuildPlan
from imagebump.snapshot import Snapshot
from imagebump.tags import Source
from projects import Inside, image_files
from repositories import opened
from services import Engine


class Told:
    """A report that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[str] = []
        self.shown: list[tuple[Bar, ...]] = []
        self.hidden: set[str] = set()
        self.seconds: dict[str, float] = {}

    def step(self, text: str) -> None:
        """See Report."""
        self.steps.append(text)

    def bars(self, bars: Sequence[Bar]) -> None:
        """See Report."""
        self.shown.append(tuple(bars))

    def log(self, text: str) -> None:
        """See Report."""
        self.lines.append(text)

    def hide(self, secret: str) -> None:
        """See Report."""
        self.hidden.add(secret)

    def timing(self, step: str, seconds: float) -> None:
        """See Report."""
        self.seconds[step] = seconds


@contextmanager
def planned(repo: Repo) -> Iterator[BuildPlan]:
    """The plan for the last commit."""
    with opened(repo) as repository:
        snapshot = Snapshot(repository, repository.head)
        (config,) = load(snapshot.read, "app", {})
        yield plan.make(snapshot, config, Source(repository.head, "main", None, 0, False))


def build(repo: Repo, way: Way) -> Told:
    """Build the last commit; what its report was told."""
    told = Told()
    with planned(repo) as wanted:
        way.build(wanted, [], told)
    return told


def built(repo: Repo, way: Way, engine: Engine, below: str) -> dict[str, Inside]:
    """The files of the last commit's image below a directory (as `app/`)."""
    with planned(repo) as wanted:
        image = way.build(wanted, [], Told())
    try:
        return image_files(engine, image, below)
    finally:
        engine.client.images.remove(image, force=True)


def committed(repo: Repo, dockerfile: str, settings: str = "", **files: str) -> str:
    """Commit a Dockerfile, files, and a configuration with these settings."""
    config = f'registry = "local"\n{settings}\n'
    return repo.commit("One", Dockerfile=dockerfile, **{".imagebump.toml": config}, **files)
