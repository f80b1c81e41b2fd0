"""A ledger that is lost is filled again from what the registry's labels say, and nothing stays undone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from projects import Project, published
from services import Registry

DEAD = "unix:///nowhere/docker.sock"


def delete(ledger: Path) -> None:
    """Take it away, with what SQLite keeps beside it."""
    for path in ledger.parent.glob("ledger.sqlite*"):
        path.unlink()


def truncate(ledger: Path) -> None:
    """Leave half of it."""
    os.truncate(ledger, ledger.stat().st_size // 2)


def empty(ledger: Path) -> None:
    """Leave nothing of it."""
    os.truncate(ledger, 0)


@pytest.mark.parametrize("lose", [delete, truncate, empty])
def test_a_lost_ledger(project: Project, registry: Registry, lose: Callable[[Path], None]) -> None:
    """What was published stands in it again, by the same digests; what was not is published."""
    made = [project.commit(text, **{"app.txt": text}) for text in "12"]
    before = published(project, registry)
    digests = [project.record(commit)["digest"] for commit in made]
    project.idle()
    undone = project.having(DOCKER_HOST=DEAD).commit("3", **{"app.txt": "3"})
    project.idle()
    lose(project.state / "ledger.sqlite")
    assert "the ledger was lost" in project.imagebump("status").out
    later = project.commit("Words", **{"README.md": "words\n"})
    after = published(project, registry)
    project.idle()
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {undone[:7], later[:7], "1.0.2"}
    assert [project.record(commit)["digest"] for commit in made] == digests
    records = {one["commit"]: one["state"] for one in project.status()}
    assert records == dict.fromkeys([*made, undone, later], "done")
    assert not (project.state / "lost").exists()


def test_watch_fills_it(project: Project, registry: Registry) -> None:
    """No commit has to come for it; what was published stays so where only the newest of a burst is."""
    project.configure("[publish]\nintermediate = false\n")
    commit = project.commit("1")
    digest = published(project, registry)["1.0.0"]
    project.commit("2", **{"app.txt": "2"})
    published(project, registry)
    project.idle()
    delete(project.state / "ledger.sqlite")
    said = project.imagebump("watch").out
    assert f"{commit[:7]} 1.0.0 done: " in said
    assert project.record(commit)["digest"] == digest
    assert "the ledger was lost" not in project.imagebump("status").out


def test_what_came_by_a_fast_forward(project: Project, registry: Registry) -> None:
    """It is a release of the branch that it came to, and not only a commit of the one that it was made on."""
    project.commit("1")
    project.imagebump("watch")
    project.git("switch", "--quiet", "-c", "a-feature")
    commit = project.commit("2", VERSION="1.1.0\n", **{"app.txt": "2"})
    project.imagebump("watch")
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--ff-only", "a-feature")
    found = published(project, registry)
    assert found["1.1.0"] == found[commit[:7]]
    before = project.record(commit)
    project.idle()
    delete(project.state / "ledger.sqlite")
    project.imagebump("watch")
    after = project.record(commit)
    assert (after["branch"], after["tags"]) == ("main", [commit[:7], "1.1.0"])
    assert after["digest"] == before["digest"]
