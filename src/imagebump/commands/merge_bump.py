"""The next version for a merge that `git merge` or `git pull` has just committed.

No hook can put a file into such a commit. So the commit is made again with VERSION in it, before
anybody has seen it. What stands in the way of that is said, and the next commit has the number.
"""

from imagebump import rewrite
from imagebump.commands import bump_facts, hook_bump
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository


def bump_merge(repository: Repository, config: Config) -> int:
    """Give HEAD, a merge, the next version where it is to have one; say what and why."""
    if not hook_bump.is_due(repository, config):
        return 0
    name = config.bump.version_file
    decision, file = hook_bump.decide(repository, config, bump_facts.made_merge(repository))
    if decision.file is not None and file is not None:
        _refuse_signed(repository)
        hook_bump.stage(repository, name, file, decision)
        rewrite.put_into_head(repository, name, f"merge: imagebump {name} {file.version}")
    hook_bump.say(config, decision)
    return 0


def _refuse_signed(repository: Repository) -> None:
    if rewrite.is_signed(repository):
        raise UserError(
            "the merge is signed, and has no version of its own",
            "Run: git commit --amend --no-edit",
            status=1,
        )
