"""Scripts that a command hands on to a shell, as in `sh -c '…'`, under whatever wrapper."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from imagebump.dockerfile.shell.model import Simple

_SHELLS = {"sh": "sh", "dash": "sh", "ash": "sh", "bash": "bash"}
_OTHER_SHELLS = frozenset(["zsh", "ksh", "mksh", "fish", "csh", "tcsh", "pwsh"])
_LENDERS = frozenset(["su", "runuser", "script", "flock"])
_COMMAND_FLAG = re.compile(r"-[A-Za-z]*c[A-Za-z]*|--command")
_TAKES_VALUE = re.compile(r"[-+][A-Za-z]*[oO]|--(?:rcfile|init-file)")


class Given(NamedTuple):
    """A script that is given to `program`; `text` is None where it is computed, or no sh's."""

    program: str
    text: str | None
    bash: bool


def given(command: Simple) -> Iterator[Given]:
    """The scripts in the words of a command."""
    values = [word.value for word in command.words]
    if len(values) < 2:
        return
    if values[0] == "eval":
        literal = [value for value in values[1:] if value is not None]
        yield Given("eval", " ".join(literal) if len(literal) == len(values) - 1 else None, False)
    elif values[0] == "trap":
        yield Given("trap", values[1], False)
    elif _base(values[0]) in _LENDERS:
        yield from _lent(_base(values[0]), values)
    yield from _to_a_shell(values)


def _base(value: str | None) -> str:
    return (value or "").rpartition("/")[2]


def _lent(program: str, values: list[str | None]) -> Iterator[Given]:
    for flag, text in zip(values, [*values[1:], None], strict=True):
        if flag is not None and flag.startswith("--command="):
            yield Given(program, flag.partition("=")[2], False)
        elif flag is not None and _COMMAND_FLAG.fullmatch(flag):
            yield Given(program, text, False)


def _to_a_shell(values: list[str | None]) -> Iterator[Given]:
    for number, value in enumerate(values):
        base = _base(value)
        if base in _SHELLS or base in _OTHER_SHELLS or (value is None and number == 0):
            script = _after(values[number + 1 :])
            if script is not None:
                known = _SHELLS.get(base)
                yield Given(
                    base or "a computed program", script[0] if known else None, known == "bash"
                )
                return


def _after(values: list[str | None]) -> tuple[str | None] | None:
    """The script behind the options of a shell, in a tuple; None where there is no `-c`."""
    is_next, skips = False, False
    for value in values:
        if skips:
            skips = False
        elif value is None:
            return (None,) if is_next or _has_command_flag(values) else None
        elif value[:1] not in ("-", "+") or len(value) < 2:
            return (value,) if is_next else None
        else:
            is_next = is_next or _has_command_flag([value])
            skips = _TAKES_VALUE.fullmatch(value) is not None
    return (None,) if is_next else None


def _has_command_flag(values: list[str | None]) -> bool:
    return any(_COMMAND_FLAG.fullmatch(value) for value in values if value)
