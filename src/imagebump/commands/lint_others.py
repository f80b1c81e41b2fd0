"""The other Dockerfiles of a repository: what they share with one is built and stored once."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from imagebump.commands import lint_files
from imagebump.errors import UserError
from imagebump.formats.report import STANDARD_INPUT
from imagebump.lint import LARGEST
from imagebump.rules.model import Others


def on_disk(paths: list[str]) -> Others:
    """Those that `paths` name and, in a repository, those below the current directory."""
    names = [path for path in paths if path != STANDARD_INPUT]

    def found() -> Iterator[tuple[str, bytes]]:
        around = ["."] if _in_repository(Path.cwd()) else []
        for name in dict.fromkeys(lint_files.names([*names, *around])):
            try:
                yield name, lint_files.read(name)
            except UserError:
                continue  # said where it is linted

    return found_once(found)


def _in_repository(directory: Path) -> bool:
    """Elsewhere, as in a home directory, looking for Dockerfiles might take for ever."""
    return any((one / ".git").exists() for one in [directory, *directory.parents])


def found_once(found: Callable[[], Iterable[tuple[str, bytes]]]) -> Others:
    """What `found` gives, looked for once, when it is asked for; but for what is too large to be linted."""
    return cache(lambda: tuple(one for one in found() if len(one[1]) <= LARGEST))
