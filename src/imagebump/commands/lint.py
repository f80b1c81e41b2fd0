"""`imagebump lint`: by hand, over files as they are on disk."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from imagebump import output, settings
from imagebump.commands import lint_files
from imagebump.commands.lint_others import on_disk
from imagebump.errors import UserError
from imagebump.formats import FORMATS, WHOLE, renderer
from imagebump.formats.report import STANDARD_INPUT, Linted, Report
from imagebump.lint import SYNTAX, chosen, fails, fixed, lint, named
from imagebump.rules import not_a_dockerfile
from imagebump.rules.model import MERGES, SEVERITIES, Context, LintSettings
from imagebump.rules.table import RULES

_EVERY = "all"  # the word for `--explain` without one
_MANY = 40  # files that take longer than it takes to share them out among processes


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
    change = parser.add_mutually_exclusive_group()
    change.add_argument(
        "--fix", action="store_true", help="make the changes that are proved to be safe"
    )
    change.add_argument("--diff", action="store_true", help="only show what --fix would change")
    parser.add_argument(
        "--merge", choices=MERGES, help="which RUNs --fix joins (default: worthwhile)"
    )
    parser.add_argument("--select", action="append", metavar="CODE", help="only these rules")
    parser.add_argument("--ignore", action="append", metavar="CODE", help="not these rules")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="the mildest severity that gives exit status 1"
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="what to print (default: text)"
    )
    parser.add_argument(
        "--explain",
        nargs="?",
        const=_EVERY,
        metavar="CODE",
        help="print what a rule does, and why; without a code, a line for each rule",
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON schema of --format json"
    )


def run(args: argparse.Namespace) -> int:
    """Lint and print; 0 where nothing fails, 1 where something does, 2 where a path is unusable.

    With --fix or --diff also 1 where something is or would be changed.
    """
    if args.explain:
        return _explain(args.explain)
    if args.schema:
        return _schema()
    project = _project(args)
    paths = args.paths or [*map(str, project.targets)]
    project = project._replace(settings=project.settings._replace(others=on_disk(paths)))
    chosen(project.settings)  # a rule that does not exist is said once, before any file is read
    render = renderer(args.format)
    if args.diff:
        return _show(paths, project)
    files, unusable, changed = _lint_all(paths, project, fixes=args.fix)
    report = Report(files, str(Path.cwd()), mended=changed)
    if not (unusable and args.format in WHOLE) and not (args.fix and STANDARD_INPUT in paths):
        _print(render(report))
    if unusable:
        return 2
    return int(changed or any(fails(finding, project.settings) for finding in report.findings))


def _lint_all(
    paths: list[str], project: _Project, *, fixes: bool
) -> tuple[tuple[Linted, ...], bool, bool]:
    """What `paths` name, linted; whether some of it is unusable, which is said at once; was it fixed?"""
    names = list(lint_files.names(paths))
    many = len(names) >= _MANY and not fixes and STANDARD_INPUT not in names
    each = import_module("imagebump.parallel").over if many else map
    files, unusable, changed = list[Linted](), False, False
    for found in each(lambda name: _lint(name, project, fixes=fixes), names):
        if isinstance(found, UserError):
            output.error(found)
            unusable = True
        else:
            files.append(found[0])
            changed = changed or found[1]
    return tuple(files), unusable, changed


def _lint(name: str, project: _Project, *, fixes: bool) -> tuple[Linted, bool] | UserError:
    """One file, and whether it was fixed before; or why it is unusable."""
    try:
        before, here = lint_files.read(name), _settings(name, project)
        source = _fix(name, before, here) if fixes else before
        return Linted(name, source, lint(source, name, here)), source != before
    except UserError as problem:
        return problem


def _settings(name: str, project: _Project) -> LintSettings:
    """A target holds for a configured Dockerfile only."""
    if name == STANDARD_INPUT:
        return project.settings
    targets = {path.absolute(): target for path, target in project.targets.items() if target}
    target = targets.get(Path(name).absolute(), "") if targets else ""
    return project.settings._replace(target=target, context=lambda: _context(name))


@cache
def _context(name: str) -> Context | None:
    """What a file is built from. Asking Git takes time, so not where no rule wants to know."""
    found: Context | None = import_module("imagebump.commands.lint_context").on_disk(name)
    return found


def _fix(name: str, source: bytes, here: LintSettings) -> bytes:
    """Mend one file; standard input goes to standard output, changed or not."""
    mended = fixed(source, here)
    if name == STANDARD_INPUT:
        output.write(mended)
    elif mended != source:
        import_module("imagebump.commands.lint_fix").write(Path(name), source, mended, name)
        output.note(f"fixed {name}")
    return mended


def _show(paths: list[str], project: _Project) -> int:
    """Print what --fix would change; 1 where it would."""
    unusable, changed = False, False
    for name in lint_files.names(paths):
        try:
            source = lint_files.read(name)
            mended = fixed(source, _settings(name, project))
        except UserError as problem:
            output.error(problem)
            unusable = True
            continue
        if mended != source:
            changed = True
            output.write(import_module("imagebump.commands.lint_fix").diff(name, source, mended))
    return 2 if unusable else int(changed)


def _print(text: str) -> None:
    if text:
        output.say(text)


def _explain(word: str) -> int:
    known = {SYNTAX: not_a_dockerfile.DOCUMENTATION}
    known |= {rule.code: rule.documentation for rule in RULES.values()}
    output.say(_overview(known.values()) if word == _EVERY else known[named(word)].strip())
    return 0


def _overview(documentations: Iterable[str]) -> str:
    """The first line of each: its code, its name, and what it finds."""
    heads = (text.strip().partition("\n")[0].partition(": ") for text in documentations)
    return output.columns([[*name.split(), what.removesuffix(".")] for name, _, what in heads])


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
        "merge": args.merge,
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
