"""The hook imagebump-message, at commit-msg: the message may ask for a larger part than the commit has."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from imagebump import bump, files, git, output, pending
from imagebump.commands import bump_facts, hook_bump, hook_config, version_file
from imagebump.commands.version_file import Places
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.message import demanded
from imagebump.pending import Attempt
from imagebump.version import Part


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """0 to go on. UserError, after which the same command gives the larger version."""
    staged = hook_config.staged(repository) if git.in_commit(repository) else []
    asking = [one for one in staged if one.bump.message != "off"]
    configs = [one for one in asking if hook_bump.is_due(repository, one)]
    path = repository.top / "".join(arguments[:1])
    asked = demanded(path.read_text(encoding="utf-8", errors="replace")) if configs else None
    parts = [_compare(repository, one, asked) for one in configs] if asked else []
    if asked and (part := next(filter(None, parts), None)):
        said = f"{_quoted(asked)}, so this is a {part} version"
        raise UserError(said, _command(repository, path), status=1)
    return 0


def _command(repository: Repository, path: Path) -> str:
    """What to type after a stop; git forgets a message that was written in an editor."""
    if repository.env.get("GIT_EDITOR") == ":":  # how git says that there was none
        return "Repeat your command"
    return f"Repeat your command with: -eF {shlex.quote(str(path))} (your message)"


def _compare(repository: Repository, config: Config, asked: tuple[Part, str]) -> Part | None:
    """Where the message asks for more than the commit has: say so, or make ready for the part that is given."""
    name = config.bump.version_file
    making = bump_facts.running_commit(repository, config)
    places = version_file.look(repository, name)
    new = places.staged.version if places.staged else None
    part = bump.short_of(version_file.at(repository, making.base, name), new, asked)
    if part is None:
        return None
    attempt = pending.read(repository, config.image)
    ours = str(new) in (attempt.wrote, str(making.amended))
    if config.bump.message == "warn" or not ours:
        output.say(f"imagebump: {bump.advised(part, _quoted(asked))}")
        return None
    pending.remember(repository, Attempt(str(new), asked[0], _quoted(asked)), config.image)
    _take_back(repository, name, places)
    return part


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
