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
from imagebump.patches import held_patches


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
    partial = git.with_index_that_stays(repository)
    places = version_file.look(partial or repository, name)  # what is staged for later counts, too
    if places.staged is None and places.working is not None:
        _adopt(repository, name, places.working)
        return
    wrote = _attempt(repository)
    if _is_edited(partial or repository, name, places, wrote) or _held_by_a_manager(name):
        raise _edited(name, partial is not None)
    decision = bump.decide(bump_facts.gather(repository, config, places.staged, wrote))
    if decision.file is not None:
        _remember(repository, str(decision.file.version))
    file = decision.file or places.staged
    if file is not None and {places.working, repository.blobs.read(f":{name}")} != {bytes(file)}:
        version_file.write(repository, name, file)
    output.say(f"imagebump: {name} {decision.why}")


def _adopt(repository: Repository, name: str, working: bytes) -> None:
    """A VERSION that Git does not know yet joins the commit as it is."""
    version_file.refuse_ignored(repository, name)
    found = version.parse(working, name)
    git.stage(repository, name)
    output.say(f"imagebump: {name} {found.version} (first version)")


def _is_edited(repository: Repository, name: str, places: Places, wrote: str) -> bool:
    """Has VERSION an edit that is not staged, other than what we wrote for a commit that came to nothing?"""
    if places.working is None or (places.staged and places.working == bytes(places.staged)):
        return False
    if wrote and version_file.holds(places.working, wrote, name):
        return False
    return git.has_unstaged_edit(repository, name)


def _edited(name: str, partial: bool) -> UserError:
    """Such an edit is the user's: neither committed nor lost."""
    hint = f"Run: git add {name} (to commit it) or git checkout -- {name} (to drop it), then commit again"
    if partial:
        hint = f"Commit {name} with the other paths, or drop it, with: git checkout HEAD -- {name}"
    return UserError(f"{name} has an edit that is not staged", hint, status=1)


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
