"""The documentation tells the truth: keys, commands, hooks, rules, sessions."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from imagebump import config
from imagebump.cli import COMMANDS
from imagebump.commands import install
from imagebump.config import value
from imagebump.keys import KEYS
from imagebump.rules.table import RULES
from projects import readme_block

ROOT = Path(__file__).parents[1]
OPTIONAL = {"imagebump-revert", "imagebump-message"}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_images_in_the_readme() -> None:
    """The example is one that is accepted, and gives what it says."""
    shown = readme_block("toml", "[[image]]").encode()
    api, web = config.load(lambda name: shown if name == ".imagebump.toml" else None, "app", {})
    assert (api.repository, api.build.dockerfile, api.bump.version_file) == (
        "team/shop/api",
        "api/Dockerfile",
        "api/VERSION",
    )
    assert web.repository == "team/site"


def test_the_configuration_in_the_readme_is_the_default() -> None:
    """Every key stands there, with the value that is in force where it is left out."""
    shown = readme_block("toml", "[bump]").encode()
    (full,) = config.load(lambda name: shown if name == ".imagebump.toml" else None, "app", {})
    (bare,) = config.load(
        lambda name: b'registry = "local"' if name == ".imagebump.toml" else None, "app", {}
    )
    assert {name: value(full, name) for name in KEYS} == {name: value(bare, name) for name in KEYS}
    written = tomllib.loads(shown.decode().replace("# repository", "repository"))
    names = {
        f"{name}.{key}" if isinstance(section, dict) else name
        for name, section in written.items()
        for key in (section if isinstance(section, dict) else [""])
    }
    assert names == set(KEYS)


def test_the_registries_in_the_readme() -> None:
    """Each example is a configuration that is accepted."""
    rows = re.findall(r"^\| .* \| (`registry = .*`) \| .*\|$", README, re.MULTILINE)
    assert len(rows) == 7
    for row in rows:
        shown = {".imagebump.toml": "\n".join(re.findall(r"`([^`]+)`", row)).encode()}
        (found,) = config.load(shown.get, "app", {})
        assert found.registry in row


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    """A command that nobody can find is none."""
    assert re.search(rf"`imagebump (\w+\\\|)*{name}\b", README)


def test_the_hooks_in_the_readme_are_the_hooks() -> None:
    """The pre-commit configuration names every hook, and installs every stage that they use."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    shown = yaml.safe_load(readme_block("yaml", "imagebump-bump"))
    usual = [hook for hook in hooks if hook["id"] not in OPTIONAL]
    assert [hook["id"] for hook in shown["repos"][0]["hooks"]] == [hook["id"] for hook in usual]
    assert all(f"`{name}`" in README for name in OPTIONAL)
    stages = {stage for hook in usual for stage in hook["stages"]} - {"manual", "pre-push"}
    assert set(shown["default_install_hook_types"]) == stages
    assert "add `pre-push` to the install types" in README, "it is for publish.on alone"


def test_the_hooks_for_lefthook_in_the_readme() -> None:
    """Each of Git's hooks runs ours of its name; the one for messages is said to be added."""
    shown = yaml.safe_load(readme_block("yaml", "imagebump hook pre-commit"))
    assert [*shown, "commit-msg"] == sorted(install.HOOKS, key=[*shown, "commit-msg"].index)
    for name, hook in shown.items():
        (job,) = hook["jobs"]
        assert job["run"].split()[:3] == ["imagebump", "hook", name]


def test_the_rules_in_the_readme_are_the_rules() -> None:
    """The table has a row a rule."""
    assert re.findall(r"^\| (IB\d{3}) \|", README, re.MULTILINE) == list(RULES)


def test_the_plain_hooks_in_the_readme_are_the_hooks() -> None:
    """It tells how many `imagebump install` puts there, and which: all that there are."""
    section = README.partition("### With plain Git hooks\n")[2].partition("\n#")[0]
    number, names = re.findall(r"puts (\w+) small hooks into the repository \((.*?)\)", section)[0]
    there = {hook.name for hook in (ROOT / "hooks").iterdir()}
    assert number == {8: "eight"}[len(there)]
    assert set(re.findall(r"`(.*?)`", names)) == there == set(install.HOOKS)


def test_the_plain_hooks_are_one_text() -> None:
    """They hold no logic, so they need not differ, but for what need not wait for Python."""
    hooks = sorted((ROOT / "hooks").iterdir())
    asked = re.compile(r"ours=.*\nif .*\n(?:\t.*\n)+fi\n|.* exit 0 #.*\n")
    texts = [asked.sub("", hook.read_text()) for hook in hooks]
    assert texts == [texts[0]] * len(hooks)
    assert all(hook.stat().st_mode & 0o111 == 0o111 for hook in hooks)
