"""The lint hook: Dockerfiles as they are staged, never as they lie in the working tree."""

import os
import posixpath
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType

from imagebump import git, output
from imagebump.commands import hook_config, lint_context, lint_files, lint_fix
from imagebump.commands.lint_config import lint_settings
from imagebump.commands.lint_others import found_once
from imagebump.config import Config, targets
from imagebump.errors import UserError
from imagebump.formats import text
from imagebump.formats.report import Linted
from imagebump.git import Repository
from imagebump.lint import SYNTAX, fails, fixed, lint
from imagebump.rules.model import Finding, LintSettings
from imagebump.snapshot import LINK


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """The hook by itself, as a hook manager calls it, with the paths that it found."""
    configs = hook_config.staged(repository)
    return check(repository, configs, arguments) if configs else 0


def check(repository: Repository, configs: Sequence[Config], arguments: Sequence[str]) -> int:
    """Lint the staged `arguments`, or without any the configured Dockerfiles; 0 to go on, 1 to stop.

    With --fix among them, what can safely be fixed is, in the working tree, and the commit stops.
    Paths are relative to the repository's top. One that is not in the index is left alone: it is
    no part of the commit. So is a binary file that nobody configured, which a manager found by its
    name. A target holds for the Dockerfile of one image only.
    """
    built, settings = targets(configs), lint_settings(configs[0])
    settings = settings._replace(others=found_once(lambda: _dockerfiles(repository)))
    fixes, paths = "--fix" in arguments, [one for one in arguments if one != "--fix"]
    loud: list[Finding] = []
    changed: list[str] = []
    quiet = 0
    for path in dict.fromkeys(paths or built):
        staged = _staged(repository, path)
        if staged is None or (path not in built and lint_files.is_binary(staged)):
            continue
        context = lint_context.staged(repository, configs, path)
        here = settings._replace(target=built.get(path, ""), context=context)
        mended = _fix(repository, path, staged, here) if fixes else None
        changed += [path] * (mended is not None)
        found, source = _lint(repository, path, staged if mended is None else mended, here)
        failing = tuple(finding for finding in found if fails(finding, settings))
        for remark in text.remarks(Linted(path, source, failing)):
            output.say(remark)
        loud += failing
        quiet += len(found) - len(failing)
    if loud:
        for line in _words().closing(repository, loud, changed):
            output.say(line)
    if quiet:
        noun = "remark" if quiet == 1 else "remarks"
        output.note(f"{quiet} milder {noun} not shown. Run: imagebump lint")
    return int(bool(loud or changed))


def _words() -> ModuleType:
    """What is said where a commit stops; loaded only there."""
    return import_module("imagebump.commands.lint_words")


def _dockerfiles(repository: Repository) -> Iterator[tuple[str, bytes]]:
    """Every Dockerfile of the index."""
    for entry in git.entries(repository, git.INDEX):
        if lint_files.is_dockerfile(posixpath.basename(entry.path)):
            yield entry.path, repository.blobs.read(entry.oid) or b""


def _fix(repository: Repository, path: str, source: bytes, settings: LintSettings) -> bytes | None:
    """Mend a staged file in the working tree, where that holds the same; its new text, or None."""
    mended = fixed(source, settings)
    if mended == source or _is_link(repository, path):
        return None
    try:
        lint_fix.write(repository.top / path, source, mended, path)
    except UserError as problem:
        output.error(problem)
        return None
    add = f"git add {_words().typed(repository, [path])}"
    output.say(f"imagebump: fixed {path}. Look at it, then: {add}")
    return mended


def _lint(
    repository: Repository, path: str, source: bytes, settings: LintSettings
) -> tuple[tuple[Finding, ...], bytes]:
    """The findings in a staged file, or in what was made of it, and the bytes that they speak of."""
    found = lint(source, path, settings)
    if any(finding.code == SYNTAX for finding in found) and _is_link(repository, path):
        target = posixpath.join(posixpath.dirname(path), os.fsdecode(source))
        source = _staged(repository, target) or b""
        found = lint(source, path, settings) if source else ()
    return found, source


def _staged(repository: Repository, path: str) -> bytes | None:
    """A file of the index; None where it is in none, as what lies outside the repository."""
    inside = posixpath.normpath(path)
    if inside.startswith(("/", "../")) or inside == ".." or "\n" in inside:
        return None
    return repository.read(git.INDEX, inside)


def _is_link(repository: Repository, path: str) -> bool:
    return any(one.mode == LINK for one in git.entries(repository, git.INDEX, [path]))
