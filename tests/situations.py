"""What people do with Git, as rows of tables: what is typed, and how it must end."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness import CHECKOUT, Ran
from projects import Project, change, commit

CONFIG = '[publish]\non = "manual"\n'
DOCKERFILE = "FROM imagebump/base:1\nCOPY app.txt lib.txt /app/\n"


class Situation(NamedTuple):
    """What is typed, the version that HEAD has afterwards, and what `git status` shows then."""

    typed: Callable[[Project], object]
    version: str
    left: str


class Table(dict[str, Situation]):
    """Situations by the names of the functions that type them."""

    def row(
        self, version: str, left: str = ""
    ) -> Callable[[Callable[[Project], object]], Callable[[Project], object]]:
        """A decorator that adds one."""

        def add(typed: Callable[[Project], object]) -> Callable[[Project], object]:
            self[typed.__name__] = Situation(typed, version, left)
            return typed

        return add

    def check(self, name: str, project: Project) -> None:
        """Type a row: HEAD has the version, the index is HEAD's, the working tree has what it should."""
        typed, version, left = self[name]
        typed(project)
        assert project.read("VERSION") == f"{version}\n"
        assert project.read("VERSION", "") == f"{version}\n"
        assert project.git("status", "--porcelain") == left
        assert (project.path / "VERSION").read_text() == f"{version}\n"


def start(path: Path, env: dict[str, str]) -> Project:
    """A project of two files, at 1.0.0, that publishes by hand only."""
    made = Project.start(path, env, "app", "127.0.0.1:1", CONFIG)
    made.stage(Dockerfile=DOCKERFILE, **{"lib.txt": "one\n", "README.md": "one\n"})
    return made


def lib(project: Project, text: str, *arguments: str) -> Ran:
    """Commit another content of lib.txt, of which the image is made too."""
    project.stage(**{"lib.txt": text})
    return commit(project, *arguments)


def app(project: Project, text: str, *arguments: str) -> Ran:
    """Commit another content of app.txt."""
    change(project, text)
    return commit(project, *arguments)


def readme(project: Project, text: str, *arguments: str) -> Ran:
    """Commit what no image is made of."""
    project.stage(**{"README.md": text})
    return commit(project, *arguments)


def on(project: Project, branch: str) -> None:
    """Go to a branch, a new one perhaps."""
    known = project.run("git", "rev-parse", "--verify", "--quiet", branch, status=None).status == 0
    project.git("switch", "--quiet", *([] if known else ["-c"]), branch)


def diverged(project: Project) -> None:
    """A branch that changes lib.txt, and main that has changed app.txt since, to 1.0.1."""
    on(project, "feature")
    lib(project, "two\n")
    on(project, "main")
    app(project, "two\n")


def clone(project: Project) -> Project:
    """A colleague's clone, with the same hooks, of a remote that both push to."""
    project.git("clone", "--quiet", "--bare", project.path, "../origin.git")
    project.git("remote", "add", "origin", "../origin.git")
    project.git("fetch", "--quiet", "origin")
    project.git("branch", "--quiet", "--set-upstream-to", "origin/main", "main")
    project.git("clone", "--quiet", "../origin.git", "../other")
    other = replace(project, path=project.path.parent / "other")
    if name := manager(project):
        other.run(name, "install")
    else:
        other.git("config", "core.hooksPath", CHECKOUT / "hooks")
    return other


def manager(project: Project) -> str:
    """Who runs the hooks: pre-commit, prek, lefthook, or "" for Git itself."""
    if (project.path / "lefthook.yml").exists():
        return "lefthook"
    if not (project.path / ".pre-commit-config.yaml").exists():
        return ""
    hook = project.path / project.git("rev-parse", "--git-path", "hooks/pre-commit")
    return "prek" if "prek" in hook.read_text() else "pre-commit"
