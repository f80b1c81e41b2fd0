"""What `imagebump doctor` finds among the hooks: those that Git does not run, or that do not find us."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from imagebump import git
from imagebump.commands import doctor_python
from imagebump.commands.doctor_managers import Manager, installed_by, managers, runs
from imagebump.commands.doctor_repository import Patient
from imagebump.commands.hook import LEGACY
from imagebump.commands.install import HOOKS
from imagebump.errors import UserError
from imagebump.git import Repository

_OURS = re.compile(r"Put here by `imagebump install`|\bimagebump hook\b")


class Places(NamedTuple):
    """Where Git looks for hooks, and where it would without core.hooksPath.

    `shared` is what that is ("": not set), `scope` whose configuration sets it.
    """

    used: Path
    usual: Path
    shared: str
    scope: str

    @property
    def unset(self) -> str:
        """The command that takes core.hooksPath away."""
        return f"git config --{self.scope} --unset-all core.hooksPath"


def hooks(patient: Patient) -> Iterator[UserError]:
    """Does Git run all of ours, and do they find imagebump?"""
    repository = patient.repository
    places = _places(repository)
    there = _texts(places.used)
    asked = [installed_by(one, there.values()) for one in managers(repository.top)]
    if any(config.publish.on == "push" for config in patient.configs):
        asked = [_for_pushes(one) for one in asked]
    plain = {name: text for name, text in there.items() if _OURS.search(text)}
    if hidden := _hidden(places, asked):
        yield hidden
        return
    for manager in asked:
        yield from _managed(places, manager, there)
    yield from _plain(patient, places, asked, plain)
    yield from _not_executable(places.used, there)
    yield from doctor_python.lost(repository, plain.values(), asked)


def _places(repository: Repository) -> Places:
    used = git.hooks_path(repository)
    said = repository.run("config", "--show-scope", "--get", "core.hooksPath").out
    scope, _, shared = os.fsdecode(said).strip().partition("\t")
    return Places(used, repository.common_dir / "hooks", shared, scope)


def _texts(directory: Path) -> dict[str, str]:
    """The hooks in a directory, with what an older one that a manager runs first holds."""
    found = {}
    for name in HOOKS:
        files = [one for one in (directory / name, directory / f"{name}{LEGACY}") if one.is_file()]
        if files and files[0].name == name:
            found[name] = "".join(one.read_text(errors="replace") for one in files)
    return found


def _for_pushes(manager: Manager) -> Manager:
    """With publish.on = "push", what publishes is to run at pushes as well."""
    more = ("pre-push",) if "post-commit" in manager.needs else ()
    return manager._replace(needs=(*manager.needs, *more))


def _is_run(manager: Manager, text: str) -> bool:
    """Does a hook of this text run the manager? pre-commit and prek stand in for each other."""
    return ("lefthook" if manager.name == "lefthook" else "pre-commit") in runs(text)


def _hidden(places: Places, asked: list[Manager]) -> UserError | None:
    """Ours, or a manager's, where Git does not look: core.hooksPath leads elsewhere."""
    if not places.shared or places.used.resolve() == places.usual.resolve():
        return None
    usual, used = (_concerned(_texts(one), asked) for one in (places.usual, places.used))
    if not usual or used:
        return None
    return UserError(
        f"core.hooksPath is {places.shared}, so that Git ignores {', '.join(usual)} in {places.usual}",
        f"Run: {_back(places)}",
    )


def _concerned(there: Mapping[str, str], asked: list[Manager]) -> list[str]:
    """Those of these hooks that run us, by themselves or by a manager."""
    return [
        name
        for name, text in there.items()
        if _OURS.search(text) or any(name in one.needs and _is_run(one, text) for one in asked)
    ]


def _back(places: Places) -> str:
    """What makes Git look in the usual place; a setting that other repositories share is overruled."""
    if places.scope in ("local", "worktree"):
        return places.unset
    return f"git config --local core.hooksPath {shlex.quote(str(places.usual))}"


def _managed(places: Places, manager: Manager, there: Mapping[str, str]) -> Iterator[UserError]:
    """What the manager's file does not ask for, or what its `install` has not put there."""
    file, install = manager.file.name, f"{manager.name} install"
    if places.shared and manager.name != "prek":  # the others refuse to install then
        install = f"{places.unset} && {install}"
    unasked = [name for name in manager.needs if name not in manager.installs]
    if unasked and manager.name == "lefthook":
        yield UserError(
            f"{file} does not run imagebump at {', '.join(unasked)}",
            f"Add that as for the others, then run: {install}",
        )
    elif unasked:
        yield UserError(
            f"default_install_hook_types in {file} lacks {', '.join(unasked)}",
            f"Add that, then run: {install}",
        )
    for hook, stages in manager.narrowed.items():
        yield UserError(
            f"{file}: the stages of {hook} lack {', '.join(stages)}", "Take the line stages out"
        )
    missing = [
        name
        for name in manager.needs
        if name not in unasked and not _is_run(manager, there.get(name, ""))
    ]
    if missing:
        yield UserError(
            f"{places.used} has no {', '.join(missing)} of {manager.name}", f"Run: {install}"
        )


def _plain(
    patient: Patient, places: Places, asked: list[Manager], plain: Mapping[str, str]
) -> Iterator[UserError]:
    """Our own hooks, where some of them are missing, or all and nothing stands in for them."""
    managed = {name for one in asked for name in one.needs}
    missing = [name for name in HOOKS if name not in plain and name not in managed]
    if plain and missing:
        yield UserError(
            f"{places.used} has no {', '.join(missing)} of imagebump", "Run: imagebump install"
        )
    publishing = any(config.publish.on != "manual" for config in patient.configs)
    if publishing and not plain and not asked:
        yield UserError(
            f"{places.used} has no hook of imagebump: a commit publishes nothing",
            "Run: imagebump install",
        )


def _not_executable(directory: Path, there: Mapping[str, str]) -> Iterator[UserError]:
    """Git passes over a hook that it may not run."""
    for name in there:
        path = directory / name
        if not os.access(path, os.X_OK):
            yield UserError(
                f"{path} is not executable: Git passes over it",
                f"Run: chmod +x {shlex.quote(str(path))}",
            )
