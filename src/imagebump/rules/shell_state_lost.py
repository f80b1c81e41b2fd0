"""IB009 shell-state-lost: a RUN that ends in a change of its own shell.

What it does
    Reports a RUN whose last command changes directory, sets or exports a variable, or reads a
    script into the shell, as `activate` of a virtual environment.

Why is this bad
    Each RUN has a shell of its own, which ends with it: the change has no effect on what follows.

Example
    FROM debian:12
    RUN cd /srv/app
    RUN ./configure

Use instead
    FROM debian:12
    WORKDIR /srv/app
    RUN ./configure
"""

from collections.abc import Iterator
from importlib import import_module

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import stages
from imagebump.rules.model import Finding, LintSettings, Rule

_ENDINGS = ("cd", "pushd", "export", "source", ".", "activate", "=", "alias", "umask")


def check(dockerfile: Dockerfile, _settings: LintSettings) -> Iterator[Finding]:
    """A finding for each such RUN."""
    for number, stage in enumerate(dockerfile.stages):
        for one in filter(_may_end_so, stage):
            shell = stages.shell(dockerfile, number, one.start)
            if stages.is_posix(shell) and (said := _lost(one.args[0], shell)):
                yield RULE.finding(dockerfile, one, "warning", said)


def _may_end_so(one: Instruction) -> bool:
    """A glance before the shell is read: is it a RUN with such a word in its last command?"""
    if one.name != "RUN" or not one.args or one.exec_form or one.heredocs:
        return False
    text = one.args[0]
    last = text.rpartition("&&")[2].rpartition(";")[2].split() or text.split()
    return any(word in _ENDINGS or "=" in word for word in last[:2])


def _lost(text: str, shell: tuple[str, ...]) -> str:
    """Reading shell takes a tenth of a linter's time, so not for a file that needs none."""
    said: str = import_module("imagebump.rules.lost").state(text, shell)
    return said


RULE = Rule("IB009", "shell-state-lost", check, __doc__, aliases=("DL3003",))
