"""The next version for a merge that `git merge` or `git pull` has just committed.

No hook can put a file into such a commit. So the commit is made again with VERSION in it, before
anybody has seen it. What stands in the way of that is said, and the next commit has the number.
"""

from collections.abc import Sequence

from imagebump import rewrite
from imagebump.commands import bump_facts, hook_bump
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository


def bump_merge(repository: Repository, configs: Sequence[Config]) -> int:
    """Give HEAD, a merge, the next versions where it is to have some; say what and why."""
    steps = hook_bump.decide_all(repository, configs, bump_facts.made_merge)
    new = [step for step in steps if step.decision.file is not None and step.file is not None]
    if new:
        _refuse_signed(repository)
        hook_bump.stage(repository, new)
        what = ", ".join(f"{step.name} {step.file.version}" for step in new if step.file)
        rewrite.put_into_head(repository, [step.name for step in new], f"merge: imagebump {what}")
    hook_bump.say(steps)
    return 0


def _refuse_signed(repository: Repository) -> None:
    if rewrite.is_signed(repository):
        raise UserError(
            "the merge is signed, and has no version of its own",
            "Run: git commit --amend --no-edit",
            status=1,
        )
