"""`imagebump config`: what is in force, and where each value comes from."""

import argparse
import json

from imagebump import git, output
from imagebump.commands import hook_config, workspace
from imagebump.config import Config, value
from imagebump.keys import KEYS
from imagebump.settings import FILE, PYPROJECT, without_login


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--json and --image."""
    workspace.add_image(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Print each key, its value and its source."""
    repository, configs = workspace.configured()
    chosen = workspace.chosen(configs, args.image)
    hook_config.say_missing(repository, chosen)
    for file in (FILE, PYPROJECT):
        if not any(source.startswith(file) for one in chosen for source in one.sources.values()):
            continue
        if git.has_unstaged_edit(repository, file):
            output.note(
                f"{file} has an edit that is not staged. To bring it in force: git add {file}"
            )
    if args.json:
        documents = {one.image: _document(one) for one in chosen}
        several = len(configs) > 1
        output.say(json.dumps(documents if several else documents[chosen[0].image], indent=2))
        return 0
    for one in chosen:
        if one.image:
            output.say(output.style(f"[[image]] {one.image}", "bold"))
        rows = [
            [name, "=", _toml(v), output.style(f"# {one.sources[name]}", "dim")]
            for name, v in _values(one).items()
        ]
        output.say(output.columns(rows))
    return 0


def _values(config: Config) -> dict[str, object]:
    values = {name: _shown(value(config, name)) for name in KEYS}
    values["build.context"] = values["build.context"] or "."
    return values


def _document(config: Config) -> dict[str, dict[str, object]]:
    return {
        name: {"value": v, "source": config.sources[name]} for name, v in _values(config).items()
    }


def _shown(value: object) -> object:
    """The value without the login of an address, as a build argument may be one."""
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    return without_login(value) if isinstance(value, str) and "://" in value else value


def _toml(value: object) -> str:
    """As it would be written into the file."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
            if value
            else "{}"
        )
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
