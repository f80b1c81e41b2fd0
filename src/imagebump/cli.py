"""The command line: a table of commands, and the one place where errors end."""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from imagebump import output
from imagebump.errors import UserError

COMMANDS: dict[str, tuple[str, str]] = {
    "major": ("bump", "set VERSION to the next major version"),
    "minor": ("bump", "set VERSION to the next minor version"),
    "patch": ("bump", "set VERSION to the next patch version"),
    "version": ("version", "print the version, or with --next the one of the next commit"),
    "check": ("check", "for CI: fail where the image changed and the version did not"),
    "install": ("install", "put the plain Git hooks into this repository"),
    "uninstall": ("uninstall", "take away what install has put into this repository"),
    "trust": ("trust", "let a commit's registry, secrets and so on be used from this clone"),
    "doctor": ("doctor", "look for what keeps commits from becoming images, and say what to type"),
    "config": ("config", "show what is in force, and where each value comes from"),
    "lint": ("lint", "look for layers that should be one"),
    "build": ("build", "build the image of a commit, without publishing it"),
    "publish": ("publish", "build, tag and push the image of a commit"),
    "status": ("status", "show the last commits and what became of them"),
    "watch": ("watch", "follow what is under way until nothing is"),
    "logs": ("logs", "print the log of a commit's build and push"),
    "retry": ("retry", "try again what failed"),
    "dismiss": ("dismiss", "let go of what failed, so that nothing tries it again"),
    "inspect": ("inspect", "show which commit an image was built from, and on what"),
    "layers": ("layers", "show what each instruction of an image costs"),
    "rollback": ("rollback", "put tags that move, such as latest, back on a version"),
    "prune": ("prune", "remove images and logs of ours that are kept for nobody"),
    "registry": ("registry", "run a registry of your own: up, down, status, list"),
}
"""Each command's module in `imagebump.commands`, and its help."""


def entry() -> NoReturn:
    """The program: `imagebump` and `python -P -m imagebump`.

    A hook and a linter live for some milliseconds, of which collecting garbage and taking the
    interpreter down would be a sixth.
    """
    if sys.argv[1:2] in (["hook"], ["lint"]):
        gc.disable()
        output.leave(main())
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status: 0 yes, 1 no or failed, 2 unusable, 3 a bug, 130 ^C."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except UserError as problem:
        output.error(problem)
        return problem.status
    except BrokenPipeError:
        return output.abandoned()
    except OSError as problem:
        output.error(_refused(problem))
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception:
        return _bug(arguments)


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["hook"]:  # before argparse: a hook is on the developer's time
        return int(_module("hook").run(arguments[1:]))
    return int(_module("usage").run(arguments, COMMANDS, _module))


def _refused(problem: OSError) -> UserError:
    """What the system did not let us do. That there is no file without a name, it says of a directory."""
    if isinstance(problem, FileNotFoundError) and not problem.filename:
        return UserError(
            "the working directory is gone", "Run: cd, and then again in one that is there"
        )
    return UserError(f"{problem.filename or 'the system'}: {problem.strerror or problem}")


def _module(name: str) -> ModuleType:
    return import_module(f"imagebump.commands.{name}")


def _bug(arguments: list[str]) -> int:
    where = _module("crash").report(arguments)
    output.note(f"this is a bug in imagebump, sorry. Please report it with {where}")
    return 3
