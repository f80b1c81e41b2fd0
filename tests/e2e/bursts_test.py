"""Several commits in a row: how many images they become."""

import pytest

from projects import Gate, Project, published
from services import Registry

DEAD = "unix:///nowhere/docker.sock"
HOST_NETWORK = '[build]\nnetwork = "host"\n'
NEWEST = HOST_NETWORK + "[publish]\nintermediate = false\n"


@pytest.mark.parametrize("only", ["the newest", "all"])
def test_a_burst(project: Project, registry: Registry, closed_gate: Gate, only: str) -> None:
    """What waits behind a build is built in the end, or only the newest of it."""
    project.configure(NEWEST if only == "the newest" else HOST_NETWORK)
    first = project.commit("0", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    burst = [project.commit(text, **{"app.txt": text}) for text in "123"]
    closed_gate.open.set()
    found = published(project, registry).keys()
    if only == "all":
        assert found >= {commit[:7] for commit in [first, *burst]} | {"1.0.1", "1.0.2"}
        return
    assert found == {first[:7], burst[-1][:7], "1.0.0", "1.0.3"}
    skipped = [project.record(commit) for commit in burst[:-1]]
    assert {one["state"] for one in skipped} == {"superseded"}
    never = skipped[0]["commit"]
    assert project.imagebump("logs", never, status=1).err == (
        f"imagebump: {never[:7]} is superseded, and has no log. Run: imagebump status\n"
    )
    said = project.imagebump("publish", burst[0], "--foreground").out
    assert "1.0.1" in said, "a person gets what is asked for"


def test_a_burst_that_failed(project: Project, registry: Registry) -> None:
    """When the engine is back, the newest is built, and the others are not waited for."""
    project.configure('[publish]\nintermediate = false\nretries = "1h"\n')
    down = project.having(DOCKER_HOST=DEAD)
    commits = []
    for text in "123":
        commits.append(down.commit(text, **{"app.txt": text}))
        down.idle()
    last = project.commit("4", **{"app.txt": "4"})
    assert published(project, registry).keys() == {last[:7], "1.0.3"}
    assert {project.record(one)["state"] for one in commits} == {"superseded"}
    project.idle()
    assert project.sleepers() == []


def test_a_rebase_is_one_build(project: Project, registry: Registry, closed_gate: Gate) -> None:
    """Of three commits that are picked anew, the last; what they were before is superseded."""
    project.configure(HOST_NETWORK)
    project.commit("0", Dockerfile=closed_gate.dockerfile)
    project.git("switch", "--quiet", "-c", "feature")
    before = [project.commit(text, **{f"{text}.txt": text}) for text in "123"]
    closed_gate.await_build()
    project.git("switch", "--quiet", "main")
    onto = project.commit("4", **{"app.txt": "4"})
    project.git("switch", "--quiet", "feature")
    project.git("rebase", "--quiet", "main")
    tip = project.git("rev-parse", "HEAD")
    closed_gate.open.set()
    published(project, registry)
    states = {one["commit"]: one["state"] for one in project.status()}
    assert {states[commit] for commit in before} == {"superseded"}
    assert (states[onto], states[tip], len(states)) == ("done", "done", 6)
