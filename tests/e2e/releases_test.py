"""bump.git-tag, from the commit to the tag: which commit has it, when, and which has none."""

from dataclasses import replace

import pytest

from projects import Project, change, commit
from services import Registry

TAGGED = "[bump]\ngit-tag = true\n"


@pytest.fixture
def tagging(project: Project) -> Project:
    """A project whose first commit was published as 1.0.0."""
    project.configure(TAGGED)
    commit(project)
    project.imagebump("watch")
    return project


def tags(project: Project) -> dict[str, str]:
    """Each Git tag, and the commit that it is on."""
    listed = project.git("for-each-ref", "--format=%(refname:short) %(*objectname)", "refs/tags/")
    return dict(line.split(" ") for line in listed.splitlines())


def head(project: Project) -> str:
    """The commit HEAD."""
    return project.git("rev-parse", "HEAD")


def test_a_release_is_tagged(tagging: Project) -> None:
    """Each has its own; what keeps the version keeps the tag, and is silent about it."""
    first = head(tagging)
    assert tags(tagging) == {"v1.0.0": first}
    change(tagging)
    commit(tagging)
    second = head(tagging)
    tagging.stage(**{"README.md": "words\n"})
    commit(tagging)
    tagging.imagebump("watch")
    assert tags(tagging) == {"v1.0.0": first, "v1.0.1": second}
    assert "git tag" not in tagging.imagebump("logs").out


def test_what_is_amended_is_tagged_as_it_was_published(tagging: Project) -> None:
    """What was published keeps its tag, and the amend has a number and a tag of its own."""
    first = head(tagging)
    change(tagging)
    commit(tagging, "--amend")
    assert tagging.read("VERSION") == "1.0.1\n"
    tagging.imagebump("watch")
    assert tags(tagging) == {"v1.0.0": first, "v1.0.1": head(tagging)}


def test_no_release_is_not_tagged(tagging: Project) -> None:
    """A feature branch, and a commit whose version is taken by other content."""
    tagging.git("tag", "--delete", "v1.0.0")
    tagging.git("switch", "--quiet", "-c", "feature")
    tagging.stage(VERSION="3.0.0\n")
    commit(tagging)
    tagging.git("switch", "--quiet", "main")
    change(tagging)
    commit(tagging, "--no-verify")
    tagging.imagebump("watch", status=1)
    assert tagging.record()["state"] == "refused"
    assert tags(tagging) == {}


def test_nobody_is_tagged_unasked(project: Project) -> None:
    """It is off by default."""
    commit(project)
    project.imagebump("watch")
    assert project.record()["state"] == "done"
    assert tags(project) == {}


def test_an_image_that_somebody_else_published(tagging: Project, registry: Registry) -> None:
    """A colleague's clone tags the commit that it was built from, with the same tag."""
    origin = tagging.path.parent / "origin.git"
    tagging.git("clone", "--quiet", "--bare", ".", origin)
    tagging.git("push", "--quiet", origin, ":refs/tags/v1.0.0")
    tagging.stage(**{"README.md": "words\n"})
    tagging.git("commit", "--quiet", "--no-verify", "-m", "Words")
    tagging.git("push", "--quiet", "--no-follow-tags", origin, "main")
    tagging.git("clone", "--quiet", origin, "../other")
    other = replace(tagging, path=tagging.path.parent / "other")
    assert tags(other) == {}
    said = other.imagebump("publish", "--foreground").out
    assert f"git tag v1.0.0 on {other.commit_tag('HEAD^')}\n" in said
    assert tags(other) == tags(tagging)
    assert other.git("rev-parse", "v1.0.0") == tagging.git("rev-parse", "v1.0.0")
    other.git("push", "--quiet", "--follow-tags")
    other.end()


def test_a_tag_of_somebody_elses(project: Project) -> None:
    """It stays, and the log says so; the image is published all the same."""
    project.configure(TAGGED)
    project.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "Old")
    project.git("tag", "-a", "-m", "by hand", "v1.0.1")
    old = head(project)
    change(project)
    commit(project)
    project.imagebump("watch")
    assert project.record()["state"] == "done"
    assert tags(project) == {"v1.0.0": old, "v1.0.1": old}
    line = (
        f"git tag v1.0.1 is on {old[:7]} already, not on {project.commit_tag()}, and is never moved"
    )
    assert line in project.imagebump("logs").out
