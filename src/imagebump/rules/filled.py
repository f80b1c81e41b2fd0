"""Scripts with the values of variables in their place, where these can be told."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import LONGEST, Reading, read
from imagebump.dockerfile.variables import substituted
from imagebump.rules.programs import names

FRESH = "/tmp/made-by-mktemp"  # noqa: S108  # it stands for a path that nothing had before
_USE = re.compile(r"(?<!\\)\$(?:(\w+)|\{(\w+)\})")
_PLAIN = re.compile(r"[\w./+@:%,=-]+")
_MAKES = re.compile(r"\$\(mktemp(?: -d)?\)|`mktemp(?: -d)?`")
_ASSIGNED = re.compile(r"\b([A-Za-z_]\w*)=")
_DEFAULTS = re.compile(r"\$\{(\w+):?=")
_MAY_SET = names("export readonly declare typeset local read unset getopts printf mapfile for")
_MAY_SET_ANY = names("eval . source let readarray")
_OF_THE_SHELL = names("PWD OLDPWD IFS RANDOM SECONDS LINENO UID EUID PPID REPLY OPTARG OPTIND _")
_TILDE = re.compile(r"(?<![^\s=:])~(?=[/\s;&|):]|$)")
_QUOTES = re.compile(r"[\"'\\]")
_GLUED = re.compile(r"-[a-zA-Z]*?[av](?=\w)")
"""An option with the name of what it sets behind it, as of `printf -vNAME`."""


def filled(script: Reading, environment: Mapping[str, str | None]) -> str:
    """The text of a script, with what ENV sets, or it sets itself once, at its top level.

    Not what another shell would read, nor what it may set to something else.
    """
    if "$" not in script.text and "~" not in script.text:
        return script.text
    named = environment.keys() | set(_ASSIGNED.findall(script.text))
    script = _with_home(script) if "HOME" in named else script
    wanted = (script.uses & named) - _OF_THE_SHELL
    if not wanted or "((" in script.text or script.names & _MAY_SET_ANY:
        return script.text
    changed = Counter(_changed(script))
    if (
        changed["IFS"]
        or "IFS" in environment
        or any("$" in name or "`" in name for name in changed)
    ):
        return script.text
    wanted -= {
        use for one in script.found if one.context.via for w in one.node.words for use in w.uses
    }
    fixed = ((name, environment.get(name)) for name in wanted if not changed[name])
    values = {name: value for name, value in fixed if value}
    for name, written in _set_certainly(script):
        if changed[name] != 1 or name not in wanted:
            continue
        first = re.search(rf"\b{name}\b(=?)", script.text)
        if first and first[1]:
            values[name] = FRESH if _MAKES.fullmatch(written) else _fill(written, values)
    return _fill(script.text, values)


def _with_home(script: Reading) -> Reading:
    """The same with `$HOME` for a `~`, where that can be read."""
    found = read(_TILDE.sub("$HOME", script.text), script.dialect)
    return found if isinstance(found, Reading) else script


def _fill(text: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        found = values.get(match[1] or match[2])
        return found if found and _PLAIN.fullmatch(found) else match[0]

    return substituted(_USE, value, text, LONGEST)


def _changed(script: Reading) -> Iterator[str]:
    """The variables that it may set, as often as it may."""
    yield from _DEFAULTS.findall(script.text)
    for one in script.found:
        if not isinstance(one.node, Simple):
            yield one.node.name
            continue
        yield from (each.name for each in one.node.assignments)
        words = [_QUOTES.sub("", word.raw) for word in one.node.words]
        prints = one.node.name == "printf" and not any(word.startswith("-v") for word in words)
        if one.node.name in _MAY_SET and not prints:
            yield from (_GLUED.sub("", re.split(r"\+?=", word)[0]) for word in words[1:])


def _set_certainly(script: Reading) -> Iterator[tuple[str, str]]:
    """The variables that are set wherever the script reads them behind that, with their values as written.

    What starts a list is done in any case, and what is behind `&&` before all that is behind it.
    """
    lists = script.script.lists
    for one in lists:
        certain = (
            one.pipelines if len(lists) == 1 and "||" not in one.operators else one.pipelines[:1]
        )
        for pipeline in certain:
            command = pipeline.commands[0]
            if len(pipeline.commands) == 1 and isinstance(command, Simple):
                yield from _given_values(command)


def _given_values(command: Simple) -> Iterator[tuple[str, str]]:
    """The names that an assignment or an `export` sets, and the values without quotes."""
    found = [(each.name, each.words[0].raw) for each in command.assignments if each.words]
    if command.words:
        split = (word.raw.partition("=") for word in command.words[1:])
        found = [(name, value) for name, _, value in split] * (command.name == "export")
    yield from ((name, value.strip("\"'")) for name, value in found if name.isidentifier())
