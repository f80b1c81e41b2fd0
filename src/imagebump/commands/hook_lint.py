"""The lint hook: Dockerfiles as they are staged, never as they lie in the working tree."""

import os
import posixpath
from collections.abc import Sequence

from imagebump import git, output
from imagebump.commands import hook_config
from imagebump.config import Config, targets
from imagebump.formats import text
from imagebump.formats.report import Linted
from imagebump.lint import SYNTAX, fails, lint
from imagebump.rules.model import Finding, LintSettings


def run(repository: git.Repository, name: str, arguments: Sequence[str]) -> int:
    """The hook by itself, as a hook manager calls it, with the paths that it found."""
    configs = hook_config.staged(repository)
    return check(repository, configs, arguments) if configs else 0


def check(repository: git.Repository, configs: Sequence[Config], arguments: Sequence[str]) -> int:
    """Lint the staged `arguments`, or without any the configured Dockerfiles; 0 to go on, 1 to stop.

    Paths are relative to the repository's top. One that is not in the index is left alone: it is
    no part of the commit. A target holds for the Dockerfile of one image only.
    """
    built = targets(configs)
    rules = configs[0].lint  # the same for all
    settings = LintSettings(rules.select, rules.ignore, rules.fail_on, "")
    loud: list[Finding] = []
    quiet = 0
    for path in dict.fromkeys(arguments or built):
        here = settings._replace(target=built.get(path, ""))
        found, source = _lint(repository, path, here)
        failing = tuple(finding for finding in found if fails(finding, settings))
        for remark in text.remarks(Linted(path, source, failing)):
            output.say(remark)
        loud += failing
        quiet += len(found) - len(failing)
    if loud:
        output.say(f"imagebump: {text.summary(loud)}")
    if quiet:
        noun = "remark" if quiet == 1 else "remarks"
        output.note(f"{quiet} milder {noun} not shown. Run: imagebump lint")
    return int(bool(loud))


def _lint(
    repository: git.Repository, path: str, settings: LintSettings
) -> tuple[tuple[Finding, ...], bytes]:
    """The findings in a staged file, and the bytes that they speak of."""
    source = _staged(repository, path)
    if source is None:
        return (), b""
    found = lint(source, path, settings)
    if any(finding.code == SYNTAX for finding in found) and _is_link(repository, path):
        target = posixpath.join(posixpath.dirname(path), os.fsdecode(source))
        source = _staged(repository, target) or b""
        found = lint(source, path, settings) if source else ()
    return found, source


def _staged(repository: git.Repository, path: str) -> bytes | None:
    """A file of the index; None where it is in none, as what lies outside the repository."""
    inside = posixpath.normpath(path)
    if inside.startswith(("/", "../")) or inside == ".." or "\n" in inside:
        return None
    return repository.read(git.INDEX, inside)


def _is_link(repository: git.Repository, path: str) -> bool:
    return any(one.mode == "120000" for one in git.entries(repository, git.INDEX, [path]))
