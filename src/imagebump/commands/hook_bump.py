"""The hook imagebump-bump: put the next version into the commit that is being made."""

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from imagebump import bump, git, output, refs
from imagebump.commands import bump_facts, hook_config, pending, version_edit, version_file
from imagebump.config import Config
from imagebump.git import Repository
from imagebump.version import VersionFile


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """The hook by itself, as a hook manager calls it: before a commit, and after a merge."""
    config = hook_config.staged(repository)
    if config is None:
        return 0
    if refs.has_just_merged(repository):
        return int(import_module("imagebump.commands.merge_bump").bump_merge(repository, config))
    return bump_commit(repository, config)


def bump_commit(repository: Repository, config: Config) -> int:
    """Stage the next version into the running commit, where it is to have one; say what and why."""
    _say_failure(repository)
    if git.in_commit(repository) and is_due(repository, config):
        _bump(repository, config)
    return 0


def is_due(repository: Repository, config: Config) -> bool:
    """Are numbers given to commits here, and now?"""
    return not why_not(repository, config)


def why_not(repository: Repository, config: Config) -> str:
    """Why commits here and now keep the version that they have; "" where they get the next one."""
    if config.bump.on == "none":
        return 'bump.on = "none"'
    if git.in_rebase(repository):
        return "a rebase is in progress"
    branch = refs.branch(repository)
    if not branch:
        return "HEAD is detached"
    if config.bump.on == "all" or config.is_release(branch, refs.default_branch(repository)):
        return ""
    return f"{branch} is not a release branch"


def _say_failure(repository: Repository) -> None:
    with suppress(OSError):
        output.note(
            (repository.state / "failed").read_text(encoding="utf-8", errors="replace").strip()
        )


def _bump(repository: Repository, config: Config) -> None:
    making = bump_facts.running_commit(repository, config.bump.version_file)
    decision, file = decide(repository, config, making)
    if file is not None:
        stage(repository, config.bump.version_file, file, decision)
    say(config, decision)


def say(config: Config, decision: bump.Decision) -> None:
    """One line of what and why, and one of advice where there is any."""
    output.say(f"imagebump: {config.bump.version_file} {decision.why}")
    if decision.advice:
        output.say(f"imagebump: {decision.advice}")


def decide(
    repository: Repository, config: Config, making: bump_facts.Making
) -> tuple[bump.Decision, VersionFile | None]:
    """The decision, and what VERSION is to hold in the index and the working tree.

    UserError where it has an edit that is not staged: that is the user's.
    """
    name = config.bump.version_file
    partial = git.with_index_that_stays(repository)
    places = version_file.look(partial or repository, name)  # what is staged for later counts, too
    staged = places.staged
    attempt = pending.read(repository)
    if staged is None and places.working is not None:
        staged = version_file.untracked(repository, name, places.working)
    else:
        version_edit.refuse(
            partial or repository, name, places, attempt.wrote, partial=partial is not None
        )
    decision = _settled(repository, bump_facts.gather(repository, config, making, staged, attempt))
    return decision, decision.file or staged


def _settled(repository: Repository, facts: bump.Facts) -> bump.Decision:
    """The decision for a number that nobody has, with advice."""
    decision = bump.decide(facts)
    while bump_facts.is_taken(repository, facts, decision):
        facts = facts._replace(floor=decision.file and decision.file.version)
        decision = bump.decide(facts)
    return decision._replace(advice=bump.advice(facts, decision))


def stage(repository: Repository, name: str, file: VersionFile, decision: bump.Decision) -> None:
    """Write and stage `file`, where it does not stand everywhere already."""
    if decision.file is not None:  # ours, and no person's
        attempt = pending.read(repository)
        pending.remember(repository, attempt._replace(wrote=str(file.version)))
    places = {version_file.look(repository, name).working, repository.blobs.read(f":{name}")}
    if places != {bytes(file)}:
        version_file.write(repository, name, file)
