"""What the hooks call: they gather facts and never do the work themselves.

On the developer's time: only the standard library, the Dockerfile parser and semver.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from imagebump import git
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.snapshot import Snapshot

Step = Callable[[Repository, Config, Sequence[str]], int]

HOOKS: Mapping[str, tuple[str, ...]] = {
    "lint": ("lint",),
    "bump": ("bump",),
    "publish": ("publish",),
    "pre-commit": ("lint", "bump"),
    "pre-merge-commit": ("lint",),
    "post-commit": ("publish",),
    "post-merge": ("publish",),
    "post-rewrite": ("publish",),
}
"""The steps of each hook: ours as a hook manager calls them, then Git's own names."""


def run(arguments: Sequence[str]) -> int:
    """Run the hook that `arguments` names, with what Git or a hook manager gave it."""
    if not arguments or arguments[0] not in HOOKS:
        known = ", ".join(HOOKS)
        raise UserError(f"no hook is called {' '.join(arguments[:1]) or 'nothing'!r}; there are {known}")
    name, rest = arguments[0], arguments[1:]
    repository = git.discover()
    snapshot = Snapshot(repository, "HEAD" if HOOKS[name] == ("publish",) else git.INDEX)
    config = snapshot.config()
    if config is None or snapshot.read(config.build.dockerfile) is None:
        return 0
    passed = rest if name in ("lint", "publish") else ()
    for step in HOOKS[name]:
        status = int(import_module(f"imagebump.commands.hook_{step}").run(repository, config, passed))
        if status:
            return status
    return 0
