"""IB010 source-before-dependencies: the whole source is copied before dependencies are installed.

What it does
    Reports a COPY of the whole build context, where a RUN below it installs what a manifest names
    (npm ci, pip install -r, go mod download, bundle install and the like).

Why is this bad
    Every change of any file makes Docker run the installation again. Where the manifest is copied
    first and the rest behind the installation, it comes from the cache until the manifest changes.

Example
    FROM golang:1.24
    WORKDIR /src
    COPY . .
    RUN go mod download && go build -o /bin/app ./cmd/app

Use instead
    FROM golang:1.24
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    RUN go build -o /bin/app ./cmd/app
"""

import re
from collections.abc import Iterator, Sequence

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import words
from imagebump.rules.copied import from_elsewhere
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.words import Command

_INSTALLS = [
    (re.compile(r"npm (?:ci|clean-install|install|i)"), "package.json and package-lock.json"),
    (re.compile(r"yarn(?: install)?"), "package.json and yarn.lock"),
    (re.compile(r"pnpm (?:install|i|fetch)"), "package.json and pnpm-lock.yaml"),
    (re.compile(r"bun (?:install|i)"), "package.json and bun.lock"),
    (re.compile(r"pipenv (?:install|sync)"), "Pipfile and Pipfile.lock"),
    (re.compile(r"poetry install"), "pyproject.toml and poetry.lock"),
    (re.compile(r"uv sync"), "pyproject.toml and uv.lock"),
    (re.compile(r"bundle(?: install)?"), "Gemfile and Gemfile.lock"),
    (re.compile(r"composer (?:install|i)"), "composer.json and composer.lock"),
    (re.compile(r"go mod (?:download|vendor)"), "go.mod and go.sum"),
    (re.compile(r"cargo fetch"), "Cargo.toml and Cargo.lock"),
    (re.compile(r"mix deps\.get"), "mix.exs and mix.lock"),
    (re.compile(r"mvnw? dependency:(?:go-offline|resolve)"), "pom.xml"),
    (re.compile(r"dotnet restore"), "the project files"),
]
"""What installs all that a manifest names, and the manifest."""
_PIP = re.compile(r"(?:pip[\d.]*|python[\d.]* -m pip|uv pip) install")
_REQUIREMENTS = re.compile(r"(?:-r|--requirement=?) ?(\S+)")
_WHOLE = (".", "./", "/", "*", "./*")


def check(dockerfile: Dockerfile, _settings: LintSettings) -> Iterator[Finding]:
    """A finding for the first COPY of the whole context in a stage, on the first installation below it."""
    for stage in dockerfile.stages:
        number = next((n for n, one in enumerate(stage) if _is_whole(one)), len(stage))
        if found := _installation(stage[number + 1 :]):
            run, what, manifest = found
            message = (
                f"every change of a file runs line {run.start} again ({what}); "
                f"copy {manifest} first, and the rest behind it"
            )
            yield RULE.finding(dockerfile, stage[number], "info", message, (run.start,))


def _is_whole(one: Instruction) -> bool:
    whole = one.name in ("COPY", "ADD") and not from_elsewhere(one)
    return whole and bool({*one.args[:-1]} & {*_WHOLE})


def _installation(behind: Sequence[Instruction]) -> tuple[Instruction, str, str] | None:
    """The first RUN that installs dependencies, the command, and what it reads."""
    for one in behind:
        if any("type=cache" in flag for flag in one.flags):
            continue
        script = words.of(one)
        for command in script.commands if script else ():
            if found := _read_by(command):
                return one, *found
    return None


def _read_by(command: Command) -> tuple[str, str] | None:
    """The installation as one would call it, and the manifest that it reads; None for anything else."""
    plain = " ".join([command.name, *command.operands])
    whole = " ".join([command.name, *command.words[1:]])
    if _PIP.match(whole) and (match := _REQUIREMENTS.search(whole)):
        return f"pip install -r {match[1]}", match[1]
    return next(((plain, what) for pattern, what in _INSTALLS if pattern.fullmatch(plain)), None)


RULE = Rule("IB010", "source-before-dependencies", check, __doc__, severity="info")
