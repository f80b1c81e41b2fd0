"""The hook imagebump-message, at commit-msg: the message may ask for a larger part than the commit has."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from imagebump import bump, files, git, output
from imagebump.commands import bump_facts, hook_bump, hook_config, pending, version_file
from imagebump.commands.pending import Attempt
from imagebump.commands.version_file import Places
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.message import demanded
from imagebump.version import Part


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """0 to go on. UserError, after which the same command gives the larger version."""
    config = hook_config.staged(repository) if git.in_commit(repository) else None
    if config is None or config.bump.message == "off" or not hook_bump.is_due(repository, config):
        return 0
    path = repository.top / "".join(arguments[:1])
    if asked := demanded(path.read_text(encoding="utf-8", errors="replace")):
        _compare(repository, config, asked, _command(repository, path))
    return 0


def _command(repository: Repository, path: Path) -> str:
    """What to type after a stop; git forgets a message that was written in an editor."""
    if repository.env.get("GIT_EDITOR") == ":":  # how git says that there was none
        return "Repeat your command"
    return f"Repeat your command with: -eF {shlex.quote(str(path))} (your message)"


def _compare(repository: Repository, config: Config, asked: tuple[Part, str], command: str) -> None:
    """Say or do something where the message asks for more than the commit has."""
    name = config.bump.version_file
    making = bump_facts.running_commit(repository, name)
    places = version_file.look(repository, name)
    new = places.staged.version if places.staged else None
    part = bump.short_of(version_file.at(repository, making.base, name), new, asked)
    if part is None:
        return
    attempt = pending.read(repository)
    ours = str(new) in (attempt.wrote, str(making.amended))
    if config.bump.message == "warn" or not ours:
        output.say(f"imagebump: {bump.advised(part, _quoted(asked))}")
        return
    pending.remember(repository, Attempt(str(new), asked[0], _quoted(asked)))
    _take_back(repository, name, places)
    raise UserError(f"{_quoted(asked)}, so this is a {part} version", command, status=1)


def _quoted(asked: tuple[Part, str]) -> str:
    return f"the message says {asked[1]}"


def _take_back(repository: Repository, name: str, places: Places) -> None:
    """Where git drops the commit's index now, take back what we wrote into the working tree as well."""
    index = repository.git_dir / "index"
    if Path(repository.env["GIT_INDEX_FILE"]) == index:
        return
    before = git.with_index(repository, index).run("show", f":{name}")
    if places.staged and places.working == bytes(places.staged) and not before.status:
        files.write_atomic(repository.top / name, before.out)
