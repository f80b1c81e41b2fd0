"""`imagebump lint`: by hand, over files as they are on disk."""

import argparse
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from imagebump import config, git, output
from imagebump.commands import findings
from imagebump.errors import UserError
from imagebump.lint import SYNTAX, chosen, fails, lint, named
from imagebump.rules import RULES
from imagebump.rules.model import SEVERITIES, Finding, LintSettings

_SKIPPED = {".git", "node_modules", ".venv"}
_NOT_A_DOCKERFILE = """IB000 not-a-dockerfile: a file that cannot be parsed.

Docker would refuse it, too. It is reported whatever is selected, and no other rule reads it."""


@dataclass(frozen=True)
class _Project:
    """Where paths are looked for, the Dockerfile that is built there, and what is asked of it."""

    dockerfile: Path
    settings: LintSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `imagebump lint`."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a Dockerfile, a directory, or - for standard input",
    )
    parser.add_argument("--select", action="append", metavar="CODE", help="only these rules")
    parser.add_argument("--ignore", action="append", metavar="CODE", help="not these rules")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="the mildest severity that gives exit status 1"
    )
    parser.add_argument("--explain", metavar="CODE", help="print what a rule does, and why")


def run(args: argparse.Namespace) -> int:
    """Lint and print; 0 where nothing fails, 1 where something does, 2 where a path is unusable."""
    if args.explain:
        return _explain(args.explain)
    project = _project(args)
    chosen(project.settings)  # a rule that does not exist is said once, before any file is read
    found, files, unusable = list[Finding](), 0, False
    for name in _names(args.paths or [str(project.dockerfile)]):
        try:
            found += _lint(name, project)
            files += 1
        except UserError as problem:
            output.error(problem)
            unusable = True
    if files:
        output.say(f"{findings.summary(found)} in {files} {'file' if files == 1 else 'files'}")
    if unusable:
        return 2
    return int(any(fails(finding, project.settings) for finding in found))


def _lint(name: str, project: _Project) -> tuple[Finding, ...]:
    source = _read(name)
    is_built = name != "-" and Path(name).absolute() == project.dockerfile.absolute()
    settings = project.settings if is_built else replace(project.settings, target="")
    found = lint(source, name, settings)
    findings.show(found, list(io.BytesIO(source)))
    return found


def _explain(word: str) -> int:
    code = named(word)
    output.say(_NOT_A_DOCKERFILE if code == SYNTAX else RULES[code].documentation.strip())
    return 0


def _project(args: argparse.Namespace) -> _Project:
    """The configuration around the current directory, with the command line's own on top."""
    top = _top()
    found = config.load(lambda name: _read_if_there(top / name), top.name)
    dockerfile, settings = "Dockerfile", LintSettings()
    if found is not None:
        dockerfile = found.build.dockerfile
        rules = found.lint
        settings = LintSettings(rules.select, rules.ignore, rules.fail_on, found.build.target)
    given = {
        "select": tuple(_split(args.select)),
        "ignore": tuple(_split(args.ignore)),
        "fail_on": args.fail_on,
    }
    settings = replace(settings, **{name: value for name, value in given.items() if value})
    return _Project(_shown(top / dockerfile) if found else Path(dockerfile), settings)


def _split(values: list[str] | None) -> Iterator[str]:
    for value in values or []:
        yield from (word for word in value.replace(",", " ").split())


def _shown(path: Path) -> Path:
    """`path` as one would type it here."""
    return Path(os.path.relpath(path))


def _top() -> Path:
    try:
        return git.discover().top
    except UserError:  # no repository is needed to lint
        return Path.cwd()


def _read_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise UserError(f"cannot read {path}: {problem.strerror}") from None


def _names(paths: list[str]) -> Iterator[str]:
    """Each file that `paths` name, and each Dockerfile in the directories among them."""
    for path in paths:
        if path != "-" and Path(path).is_dir():
            yield from sorted(_below(path)) or [path]  # which then is no file
        else:
            yield path


def _below(directory: str) -> Iterator[str]:
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if name not in _SKIPPED]
        yield from (os.path.normpath(Path(parent) / name) for name in files if _is_dockerfile(name))


def _is_dockerfile(name: str) -> bool:
    return (
        name in ("Dockerfile", "Containerfile")
        or (name.startswith("Dockerfile.") and not name.endswith(".dockerignore"))
        or name.endswith((".Dockerfile", ".dockerfile"))
    )


def _read(path: str) -> bytes:
    file = Path(path)
    try:
        if path == "-":
            return _standard_input()
        if file.is_dir():
            raise UserError(
                f"cannot lint {path}: no Dockerfile is in it", "Run: imagebump lint FILE"
            )
        if file.exists() and not file.is_file():  # a pipe would wait for ever
            raise UserError(f"cannot lint {path}: not a file", "Run: imagebump lint FILE")
        return file.read_bytes()
    except FileNotFoundError:
        raise UserError(f"cannot lint {path}: no such file", "Run: imagebump lint FILE") from None
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise UserError(f"cannot lint {path}: {reason}", f"Run: ls -l {path}") from None


def _standard_input() -> bytes:
    if sys.stdin is None:  # closed by whoever started us
        raise UserError("cannot lint -: standard input is closed", "Run: imagebump lint FILE")
    return sys.stdin.buffer.read()
