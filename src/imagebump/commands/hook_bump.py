"""The hook imagebump-bump: put the next version into the commit that is being made."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from imagebump import bump, files, git, output, version
from imagebump.commands import bump_facts, hook_config, version_file
from imagebump.commands.version_file import Places
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import held_patches


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """The hook by itself, as a hook manager calls it."""
    config = hook_config.staged(repository)
    return 0 if config is None else bump_commit(repository, config)


def bump_commit(repository: Repository, config: Config) -> int:
    """Stage the next version into the running commit, where it is to have one; say what and why."""
    _say_failure(repository)
    if not git.in_commit(repository) or git.in_rebase(repository):
        return 0
    branch = git.branch(repository)
    released = branch and config.is_release(branch, git.default_branch(repository))
    if config.bump.on == "none" or not branch or (config.bump.on != "all" and not released):
        return 0
    _bump(repository, config)
    return 0


def _say_failure(repository: Repository) -> None:
    with suppress(OSError):
        output.note(
            (repository.state / "failed").read_text(encoding="utf-8", errors="replace").strip()
        )


def _bump(repository: Repository, config: Config) -> None:
    name = config.bump.version_file
    places = version_file.look(repository, name)
    if places.staged is None and places.working is not None:
        _adopt(repository, name, places.working)
        return
    wrote = _attempt(repository)
    _refuse_edit(repository, name, places, wrote)
    decision = bump.decide(bump_facts.gather(repository, config, places.staged, wrote))
    if decision.file is not None:
        _remember(repository, str(decision.file.version))
        version_file.write(repository, name, decision.file)
    elif places.staged is not None and places.working != bytes(places.staged):
        version_file.write(
            repository, name, places.staged
        )  # an aborted attempt left another one there
    output.say(f"imagebump: {name} {decision.why}")


def _adopt(repository: Repository, name: str, working: bytes) -> None:
    """A VERSION that Git does not know yet joins the commit as it is."""
    version_file.refuse_ignored(repository, name)
    found = version.parse(working, name)
    git.stage(repository, name)
    output.say(f"imagebump: {name} {found.version} (first version)")


def _refuse_edit(repository: Repository, name: str, places: Places, wrote: str) -> None:
    """An edit of VERSION that is not staged is the user's: neither committed nor lost."""
    same = places.staged is not None and places.working == bytes(places.staged)
    edited = not same and places.working is not None and git.has_unstaged_edit(repository, name)
    if edited and wrote and version_file.holds(places.working, wrote, name):
        edited = False  # what we wrote for a commit that came to nothing
    if edited or _held_by_a_manager(name):
        raise UserError(
            f"{name} has an edit that is not staged",
            f"Run: git add {name} (to commit it) or git checkout -- {name} (to drop it), then commit again",
            status=1,
        )


def _held_by_a_manager(name: str) -> bool:
    """Does pre-commit or prek, which runs us, hold an edit of VERSION in its patch file?

    It took the edit out of the working tree and will put it back, which our own would prevent.
    """
    line = f"diff --git a/{name} b/{name}".encode()
    return any(line in path.read_bytes().split(b"\n") for path in held_patches())


def _attempt(repository: Repository) -> str:
    """The version that we staged for a commit on this HEAD which came to nothing, or ""."""
    try:
        head, wrote, *_ = _pending(repository).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return ""
    return wrote if head == repository.head else ""


def _remember(repository: Repository, wrote: str) -> None:
    """Note what we stage. Where that cannot be kept, a retry takes it for a person's: no commit stops for it."""
    path = _pending(repository)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_atomic(path, f"{repository.head}\n{wrote}\n".encode(), 0o600)


def _pending(repository: Repository) -> Path:
    """In the Git directory of this working tree: each has commits of its own."""
    return repository.git_dir / "imagebump" / "pending"
