"""The hook imagebump-bump: put the next version into the commit that is being made."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

from imagebump import bump, git, output, pending, refs, staging
from imagebump.commands import bump_facts, hook_config, start, version_edit, version_file
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.semantic import Version
from imagebump.version import VersionFile


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """The hook by itself, as a hook manager calls it: before a commit, and after a merge."""
    configs = hook_config.staged(repository, tell=True)
    if not configs:
        return 0
    if refs.has_just_merged(repository):
        return int(import_module("imagebump.commands.merge_bump").bump_merge(repository, configs))
    return bump_commit(repository, configs)


def bump_commit(repository: Repository, configs: Sequence[Config]) -> int:
    """Stage the next versions into the running commit, of the images that are to have one; say what and why."""
    _say_failure(repository)
    if not start.has_published(repository):  # loaded only there
        if any(one.sources["repository"] == "default" for one in configs):
            import_module("imagebump.commands.naming").tell_once(repository, configs)
        if git.in_commit(repository):
            import_module("imagebump.commands.unheard").tell(repository, configs)
    if git.in_commit(repository):
        steps = decide_all(repository, configs, bump_facts.running_commit)
        stage(repository, steps)
        say(steps)
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


class Step(NamedTuple):
    """What becomes of one image's VERSION: the decision, what it is to hold, and what the commit before held."""

    config: Config
    decision: bump.Decision
    file: VersionFile | None
    before: Version | None

    @property
    def name(self) -> str:
        """VERSION's path."""
        return self.config.bump.version_file

    @property
    def is_new(self) -> bool:
        """Does the commit change the version?"""
        return self.file is not None and self.file.version != self.before


def decide_all(
    repository: Repository,
    configs: Sequence[Config],
    making: Callable[[Repository, Config], bump_facts.Making],
) -> list[Step]:
    """The step of each image that gets versions here and now; nothing is written before all are known.

    An image that reads another one's VERSION changes with that.
    """
    due = [(one, making(repository, one)) for one in configs if is_due(repository, one)]
    written: frozenset[str] = frozenset()
    while True:
        steps = [_step(repository, one, its, written) for one, its in due]
        new = frozenset(step.name for step in steps if step.decision.file is not None)
        if len(due) == 1 or new <= written:
            return steps
        written |= new


def _step(
    repository: Repository, config: Config, making: bump_facts.Making, written: Collection[str]
) -> Step:
    others = [path for path in written if path != config.bump.version_file]
    decision, file = decide(repository, config, making, others)
    before = version_file.at(repository, making.base, config.bump.version_file)
    return Step(config, decision, file, before)


def say(steps: Sequence[Step]) -> None:
    """One line of what and why, and one of advice where there is any; of several images only where it is news."""
    for step in steps:
        if len(steps) == 1 or step.is_new:
            output.say(f"imagebump: {step.name} {step.decision.why}")
        if step.decision.advice:
            output.say(f"imagebump: {step.decision.advice}")
    if len(steps) > 1 and not any(step.is_new for step in steps):
        output.say("imagebump: no image has a new version")


def decide(
    repository: Repository, config: Config, making: bump_facts.Making, also: Sequence[str] = ()
) -> tuple[bump.Decision, VersionFile | None]:
    """The decision, and what VERSION is to hold in the index and the working tree.

    `also` are paths that the commit will change. UserError where VERSION has an edit that is not
    staged: that is the user's.
    """
    name = config.bump.version_file
    partial = staging.with_index_that_stays(repository)
    places = version_file.look(partial or repository, name)  # what is staged for later counts, too
    staged = places.staged
    attempt = pending.read(repository, config.image)
    if staged is None and places.working is not None:
        staged = version_file.untracked(repository, name, places.working)
    else:
        version_edit.refuse(
            partial or repository, name, places, attempt.wrote, partial=partial is not None
        )
    facts = bump_facts.gather(repository, config, making, staged, attempt, also)
    decision = _settled(repository, config, facts)
    return decision, decision.file or staged


def _settled(repository: Repository, config: Config, facts: bump.Facts) -> bump.Decision:
    """The decision for a number that nobody has, with advice."""
    decision = bump.decide(facts)
    while commit := bump_facts.taken_by(
        repository, config, facts, number := bump.numbered(facts, decision)
    ):
        facts = facts._replace(floor=number, passed=f"{number} is taken by {commit[:7]}")
        decision = bump.decide(facts)
    refused = "" if decision.file else bump_facts.refused(repository, config, facts)
    return decision._replace(advice=refused or bump.advice(facts, decision))


def stage(repository: Repository, steps: Sequence[Step]) -> None:
    """Write and stage each VERSION that does not stand everywhere already; all of them, or none."""
    done: list[tuple[str, bytes | None]] = []
    try:
        for step in steps:
            if step.file is None:
                continue
            working = version_file.look(repository, step.name).working
            if step.decision.file is not None:  # ours, and no person's
                attempt = pending.read(repository, step.config.image)
                wrote = attempt._replace(wrote=str(step.file.version))
                pending.remember(repository, wrote, step.config.image)
            if {working, repository.read(git.INDEX, step.name)} != {bytes(step.file)}:
                version_file.write(repository, step.name, step.file)
                done.append((step.name, working))
    except UserError:
        for name, before in done:
            version_file.restore(repository, name, before)
        raise


def _say_failure(repository: Repository) -> None:
    """What the worker has left word of: in the second line a version that was refused, and its file."""
    with suppress(OSError):
        text = (repository.state / "failed").read_text(encoding="utf-8", errors="replace")
        word, _, refused = text.strip().partition("\n")
        version, _, name = refused.partition(" ")
        if not name or not version_file.is_past(repository, repository.head, name, version):
            output.note(word)
