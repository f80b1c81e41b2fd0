"""The argument parser: kept out of the hooks' way, which never need it."""

import argparse
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from imagebump import __version__, output
from imagebump.errors import UserError
from imagebump.spelling import nearest


class _Parser(argparse.ArgumentParser):
    """argparse, whose errors are one line that ends in what to type."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, formatter_class=_formatter)

    def error(self, message: str) -> None:  # type: ignore[override]  # it never returns, as argparse's own
        self.exit(2, f"{self.prog}: {message}. Run: {self.prog} --help\n")


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse makes one for each argument, and would load what it never needs to look at the terminal."""
    return argparse.HelpFormatter(prog, width=output.width() - 2)


def run(
    arguments: Sequence[str],
    commands: Mapping[str, tuple[str, str]],
    load: Callable[[str], ModuleType],
) -> int:
    """Parse `arguments` against the table `commands` and run the command that they name."""
    parser = _Parser(
        prog="imagebump",
        description="A commit becomes an image: lint, bump, build, tag and push from Git hooks.",
    )
    parser.add_argument("--version", action="version", version=f"imagebump {__version__}")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    meant = next((word for word in arguments if not word.startswith("-")), "")
    if arguments[:1] == [meant]:
        _check(meant, commands)
        commands = {meant: commands[meant]}  # no help will list the others
    for name, (module, text) in commands.items():
        subparser = subparsers.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + "."
        )
        if name == meant:  # only the command that is chosen is imported
            load(module).add_arguments(subparser)
    chosen, rest = parser.parse_known_args(arguments)
    if rest:
        own = subparsers.choices[chosen.command]
        own.error(f"unrecognized arguments: {' '.join(rest)}{_meant(rest, own.format_help())}")
    try:
        return int(load(commands[chosen.command][0]).run(chosen))
    except UserError as problem:
        # Hints are worded for a job; here this command is what to try again.
        again = shlex.join(["imagebump", *arguments])
        problem.hint = problem.hint.replace("imagebump retry", again)
        raise


def _check(word: str, commands: Iterable[str]) -> None:
    """UserError for what is no command: with the one that was meant, not with all there are."""
    if word in commands:
        return
    near = nearest(word[:40], commands, few=1)  # of two edits `run` would be `prune`
    said = f"there is no command {word[:40]!r}"
    if near:
        raise UserError(f"{said} (did you mean {near}?)", f"Run: imagebump {near} --help")
    raise UserError(said, "Run: imagebump --help")


def _meant(rest: Sequence[str], text: str) -> str:
    """The option in a help text that the first unknown one was to be."""
    word = next((word.partition("=")[0] for word in rest if word.startswith("--")), "")
    near = nearest(word[:40], re.findall(r"--[a-z][a-z-]*", text)) if word else ""
    return f" (did you mean {near}?)" if near else ""
