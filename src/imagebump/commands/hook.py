"""What the hooks call: they gather facts and never do the work themselves.

On the developer's time: only the standard library, the Dockerfile parser and semver, and of
those only what the hook at hand needs.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from importlib import import_module

from imagebump import announced, git, staging
from imagebump.commands import start
from imagebump.errors import UserError
from imagebump.git import Repository

HOOKS = {
    "lint": "hook_lint",
    "bump": "hook_bump",
    "publish": "hook_publish",
    "prepare-commit-msg": "hook_revert",
    "commit-msg": "hook_message",
    "pre-commit": "hook_commit",
    "pre-merge-commit": "hook_commit",
    "post-commit": "hook_publish",
    "post-merge": "hook_post_merge",
    "post-rewrite": "hook_publish",
    "pre-push": "hook_push",
}
"""Each hook's module: ours as a hook manager calls them, then Git's own names."""
LEGACY = ".legacy"
"""What pre-commit adds to the name of a hook that was there before it, and runs before its own."""
_STAGING = {"bump", "pre-commit"}
"""Those that look at what is staged, and stage."""


def run(arguments: Sequence[str]) -> int:
    """Run the hook that `arguments` names, with what Git or a hook manager gave it."""
    name, rest = "".join(arguments[:1]).removesuffix(LEGACY), arguments[1:]
    if name not in HOOKS:
        raise UserError(f"no hook is called {name!r}; there are {', '.join(HOOKS)}")
    repository = git.discover()
    stages = name in _STAGING and git.in_commit(repository)
    with staging.ready(repository) if stages else nullcontext():
        if stages:
            _ahead(repository, name)
        return int(import_module(f"imagebump.commands.{HOOKS[name]}").run(repository, name, rest))


def _ahead(repository: Repository, name: str) -> None:
    """Let a worker load while we look at the commit; behind our own hook, it is rung for by the one that follows.

    No commit stops where that cannot be: the one behind it says why.
    """
    with suppress(OSError):
        if (pid := start.ahead(repository)) and name == "pre-commit":
            announced.tell(repository, pid)
