"""The argument parser: kept out of the hooks' way, which never need it."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from imagebump import __version__


class _Parser(argparse.ArgumentParser):
    """argparse, whose errors are one line that ends in what to type."""

    def error(self, message: str) -> None:  # type: ignore[override]  # it never returns, as argparse's own
        self.exit(2, f"{self.prog}: {message}. Run: {self.prog} --help\n")


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
    if arguments[:1] == [meant] and meant in commands:  # no help will list the others
        commands = {meant: commands[meant]}
    for name, (module, text) in commands.items():
        subparser = subparsers.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + "."
        )
        if name == meant:  # only the command that is chosen is imported
            load(module).add_arguments(subparser)
    chosen, rest = parser.parse_known_args(arguments)
    if rest:
        subparsers.choices[chosen.command].error(f"unrecognized arguments: {' '.join(rest)}")
    return int(load(commands[chosen.command][0]).run(chosen))
