"""What an image promises to those who run it, as its Dockerfile says, and what breaks that. Pure.

What the base image promises cannot be seen here, and what a value means cannot be told: names of
environment variables count, their values do not.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.dockerfile.variables import substituted
from imagebump.rules.stages import shipped

_VARIABLE = re.compile(r"\\(\$)|\$(?:\{(\w+)(?::?([-+])([^}]*))?\}|(\w+))")


class Interface(NamedTuple):
    """Ports as `80/tcp`, volumes, names of variables; the entry point and the user as written, "" for none."""

    ports: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    entrypoint: str = ""
    user: str = ""


class Change(NamedTuple):
    """How two interfaces differ: by a `major` or a `minor` version, and in what."""

    part: Literal["major", "minor"]
    what: str


def interface(dockerfile: Dockerfile, target: str, arguments: Mapping[str, str]) -> Interface:
    """The interface of the image that is built, with `target` and build arguments."""
    reader = _Reader(arguments)
    for one in dockerfile.instructions[: dockerfile.instructions.index(dockerfile.stages[0][0])]:
        reader.read(one)
    for number in sorted(shipped(dockerfile, target, arguments)):
        for one in dockerfile.stages[number]:
            reader.read(one)
    return reader.found


def difference(old: Interface, new: Interface) -> Change | None:
    """What changed for those who run the image; None where nothing did."""
    kinds = (("EXPOSE", "ports"), ("VOLUME", "volumes"), ("ENV", "names"))
    for word, field in kinds:
        if gone := getattr(old, field) - getattr(new, field):
            return Change("major", f"{word} {min(gone)} is gone")
    for word, field in (("ENTRYPOINT", "entrypoint"), ("USER", "user")):
        if getattr(old, field) != getattr(new, field):
            return Change("major", f"{word} changed")
    for word, field in kinds[:2]:
        if came := getattr(new, field) - getattr(old, field):
            return Change("minor", f"{word} {min(came)} is new")
    return None


class _Reader:
    """Reads instructions in order, with the variables that are set so far."""

    def __init__(self, arguments: Mapping[str, str]) -> None:
        self.found = Interface()
        self._arguments = arguments
        self._variables: dict[str, str] = {}
        self._readers: Mapping[str, Callable[[Instruction], None]] = {
            "ARG": self._arg,
            "ENV": self._env,
            "EXPOSE": self._expose,
            "VOLUME": self._volume,
            "ENTRYPOINT": self._entrypoint,
            "USER": self._user,
        }

    def read(self, one: Instruction) -> None:
        """Take what an instruction adds."""
        if one.name in self._readers:
            self._readers[one.name](one)

    def _arg(self, one: Instruction) -> None:
        for word in one.args:
            name, given, default = word.partition("=")
            if name in self.found.names:
                continue  # ENV goes before ARG
            if name in self._arguments:
                self._variables[name] = self._arguments[name]
            elif given:
                self._variables[name] = self._expanded(default.strip("\"'"))

    def _env(self, one: Instruction) -> None:
        names, values = one.args[::3], one.args[1::3]
        self._variables |= {
            name: self._expanded(value.strip("\"'"))
            for name, value in zip(names, values, strict=False)
        }
        self.found = self.found._replace(names=self.found.names | set(names))

    def _expose(self, one: Instruction) -> None:
        words = " ".join(map(self._expanded, one.args)).lower().split()
        ports = {word if "/" in word else f"{word}/tcp" for word in words}
        self.found = self.found._replace(ports=self.found.ports | ports)

    def _volume(self, one: Instruction) -> None:
        paths = {path.rstrip("/") or "/" for path in map(self._expanded, one.args)}
        self.found = self.found._replace(volumes=self.found.volumes | paths)

    def _entrypoint(self, one: Instruction) -> None:
        self.found = self.found._replace(entrypoint=f"{one.exec_form} {one.args}")

    def _user(self, one: Instruction) -> None:
        self.found = self.found._replace(user=self._expanded(" ".join(one.args)))

    def _expanded(self, text: str) -> str:
        """`text` with the variables that are known; an unknown one stays as it is written."""
        return substituted(_VARIABLE, self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        escaped, braced, operator, word, bare = match.groups()
        if escaped:
            return "$"
        value = self._variables.get(braced or bare)
        if operator == "+":
            return (word or "") if value else ""
        if operator == "-" and not value:
            return word or ""
        return match[0] if value is None else value
