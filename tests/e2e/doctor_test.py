"""`imagebump doctor` where all is well: with a real engine, a real registry, and each way to have hooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagebump.commands.doctor import CHECKS
from projects import DOCKERFILE, Project, change, commit, use_pre_commit
from services import Engine, Packaged, Registry

WELL = f"all is well: {', '.join(CHECKS)}\n"


@pytest.fixture
def managed(
    tmp_path: Path,
    isolated_environment: dict[str, str],
    packaged: Packaged,
    engine: Engine,
    registry: Registry,
    image_name: str,
) -> Iterator[Project]:
    """A project with pre-commit."""
    env = isolated_environment | {"DOCKER_HOST": engine.host}
    made = Project.start(tmp_path / "app", env, image_name, registry.host)
    use_pre_commit(made, packaged)
    yield made
    made.end()


@pytest.mark.parametrize("hooks", ["project", "managed"])
def test_all_is_well(request: pytest.FixtureRequest, hooks: str) -> None:
    """Before the first commit already, and it says what was looked at."""
    project: Project = request.getfixturevalue(hooks)
    assert project.imagebump("doctor").out == WELL


def test_a_commit_that_was_refused(project: Project) -> None:
    """One without hooks claims the version of another; what is said to type makes up for it."""
    project.git("commit", "--quiet", "-m", "One")
    project.imagebump("watch")
    assert project.imagebump("doctor").out == WELL
    change(project)
    commit(project, "--no-verify")
    project.imagebump("watch", status=1)
    one, two = project.commit_tag("HEAD^"), project.commit_tag()
    assert project.imagebump("doctor", status=1).out == (
        f"claims: {one} and {two} both claim 1.0.0, and app.txt differs. "
        "Run: imagebump patch, and commit\n"
    )
    assert "was published from" in project.imagebump("status", status=1).out
    project.imagebump("patch", "--commit")
    project.imagebump("watch")
    assert project.imagebump("doctor").out == WELL
    assert "was published from" not in project.imagebump("status").out, "it is settled"


def test_a_version_that_somebody_else_has(project: Project, tmp_path: Path) -> None:
    """Whose commit is not in this clone: the registry knew of it."""
    theirs = Project.start(tmp_path / "theirs", project.env, project.name, project.host)
    change(theirs)
    commit(theirs)
    theirs.imagebump("publish", "--foreground")
    commit(project)
    project.imagebump("watch", status=1)
    said = project.imagebump("doctor", status=1).out
    assert said == (
        f"claims: {project.commit_tag()}: {project.name}:1.0.0 was published from commit "
        f"{theirs.commit_tag()} with other content, and is never overwritten. "
        "Run: imagebump patch, and commit\n"
    )
    project.imagebump("patch", "--commit")
    project.imagebump("watch")
    assert project.imagebump("doctor").out == WELL


def test_a_login_that_is_wanting(project: Project, private_registry: Registry) -> None:
    """The registry answers, and not to us."""
    there = project.having(IMAGEBUMP_REGISTRY=private_registry.host)
    said = there.imagebump("doctor", status=1).out
    assert said.startswith("registry: ")
    assert said.endswith(f"Run: docker login {private_registry.host}\n")


def test_a_commit_before_head_that_failed(project: Project) -> None:
    """It is told as status tells it, until it is dismissed, as that says; what HEAD has become is well."""
    project.stage(Dockerfile="FROM imagebump/base:1\nCOPY dist /\n")
    project.git("commit", "--quiet", "-m", "One")
    project.imagebump("watch", status=1)
    assert project.imagebump("doctor", status=1).out.count("COPY dist") == 1, "as HEAD's"
    assert "dismiss" not in project.imagebump("status", status=1).out
    project.stage(Dockerfile=DOCKERFILE)
    commit(project)
    project.imagebump("watch")
    well, *told = project.imagebump("doctor").out.splitlines()
    assert f"{well}\n" == WELL
    assert told == project.imagebump("status").out.splitlines()[-2:]
    broken = project.commit_tag("HEAD^")
    assert told[0].startswith(f"{broken} 1.0.0 failed: COPY dist: ")
    assert told[1].endswith(f". To let go of it: imagebump dismiss {broken}")
    project.imagebump("dismiss", broken)
    assert project.imagebump("doctor").out == WELL
