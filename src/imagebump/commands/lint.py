"""`imagebump lint`: by hand, over files as they are on disk."""

import argparse
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from imagebump import output, settings
from imagebump.commands import lint_files
from imagebump.errors import UserError
from imagebump.formats import FORMATS, WHOLE, renderer
from imagebump.formats.report import STANDARD_INPUT, Linted, Report
from imagebump.lint import SYNTAX, chosen, fails, lint, named
from imagebump.rules import RULES, not_a_dockerfile
from imagebump.rules.model import SEVERITIES, LintSettings


class _Project(NamedTuple):
    """The Dockerfiles that are built here, with their targets, and what is asked of them."""

    targets: Mapping[Path, str]
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
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="what to print (default: text)"
    )
    parser.add_argument("--explain", metavar="CODE", help="print what a rule does, and why")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON schema of --format json"
    )


def run(args: argparse.Namespace) -> int:
    """Lint and print; 0 where nothing fails, 1 where something does, 2 where a path is unusable."""
    if args.explain:
        return _explain(args.explain)
    if args.schema:
        return _schema()
    project = _project(args)
    chosen(project.settings)  # a rule that does not exist is said once, before any file is read
    render = renderer(args.format)
    files, unusable = _lint_all(args.paths or [*map(str, project.targets)], project)
    report = Report(files, str(Path.cwd()))
    if not (unusable and args.format in WHOLE):
        _print(render(report))
    if unusable:
        return 2
    return int(any(fails(finding, project.settings) for finding in report.findings))


def _lint_all(paths: list[str], project: _Project) -> tuple[tuple[Linted, ...], bool]:
    """What `paths` name, linted, and whether some of it cannot be read, which is said at once."""
    files, unusable = list[Linted](), False
    for name in lint_files.names(paths):
        try:
            files.append(_lint(name, project))
        except UserError as problem:
            output.error(problem)
            unusable = True
    return tuple(files), unusable


def _lint(name: str, project: _Project) -> Linted:
    source = lint_files.read(name)
    targets = {path.absolute(): target for path, target in project.targets.items()}
    target = "" if name == STANDARD_INPUT else targets.get(Path(name).absolute(), "")
    return Linted(name, source, lint(source, name, project.settings._replace(target=target)))


def _print(text: str) -> None:
    if text:
        output.say(text)


def _explain(word: str) -> int:
    code = named(word)
    known = {SYNTAX: not_a_dockerfile.DOCUMENTATION}
    output.say((known.get(code) or RULES[code].documentation).strip())
    return 0


def _schema() -> int:
    output.say(import_module(FORMATS["json"]).schema())
    return 0


def _project(args: argparse.Namespace) -> _Project:
    """The configuration around the current directory, with the command line's own on top."""
    targets, rules = _configured() or ({Path("Dockerfile"): ""}, LintSettings())
    given = {
        "select": tuple(_split(args.select)),
        "ignore": tuple(_split(args.ignore)),
        "fail_on": args.fail_on,
    }
    rules = rules._replace(**{name: value for name, value in given.items() if value})
    return _Project(targets, rules)


def _configured() -> tuple[dict[Path, str], LintSettings] | None:
    """What the configuration says. Reading one takes git and a quarter of the time, so not for none."""
    if not settings.is_near(Path.cwd()):
        return None
    found: tuple[dict[Path, str], LintSettings] | None = import_module(
        "imagebump.commands.lint_config"
    ).configured()
    return found


def _split(values: list[str] | None) -> Iterator[str]:
    for value in values or []:
        yield from (word for word in value.replace(",", " ").split())
