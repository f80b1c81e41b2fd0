"""What failed is tried again by itself, once what was in its way has gone."""

import os
import signal
from contextlib import suppress

from harness import wait_for
from projects import Project, registry_tags
from services import Registry

DEAD = "unix:///nowhere/docker.sock"
PATIENT = '[publish]\nretries = "1h"\n'


def asleep(project: Project) -> int:
    """Wait until no worker runs and one process sleeps, and has said so itself; its id."""

    def settled() -> int:
        pids = project.sleepers()
        with suppress(OSError):  # none has set it yet, or one that was woken is about to go
            said = (project.state / "alarm").read_text().split()[1:]
            if said == list(map(str, pids)) and not project.workers():
                return pids[0]
        return 0

    return wait_for(settled, 60, "the worker to sleep")


def test_the_registry_comes_back(project: Project, own_registry: Registry) -> None:
    """Nobody types anything: status says when, and the image is there in the end."""
    mine = Project(project.path, project.env, project.name, own_registry.host)
    mine.configure(PATIENT)
    own_registry.stop()
    commit = mine.commit("One")
    wait_for(
        lambda: "Next try in " in mine.imagebump("status", status=None).out,
        60,
        "the first attempt to fail",
    )
    own_registry.start()
    wait_for(lambda: mine.record(commit)["state"] == "done", 60, "the image")
    assert own_registry.tags(mine.name) == {commit[:7], "1.0.0"}
    mine.idle()
    assert mine.sleepers() == []


def test_what_comes_while_the_worker_sleeps(project: Project, registry: Registry) -> None:
    """A retry, or a commit, is worked on at once, in the environment of who asked for it."""
    project.configure(PATIENT)
    first = project.having(DOCKER_HOST=DEAD).commit("One")
    sleeper = asleep(project)
    second = project.commit("Two", **{"README.md": "words\n"})
    project.imagebump("watch")
    project.idle()
    assert registry_tags(registry, project).keys() == {first[:7], second[:7], "1.0.0"}
    assert sleeper not in project.sleepers()


def test_one_sleeps_and_no_more(project: Project) -> None:
    """However many commits fail; each is tried again in its turn."""
    project.configure(PATIENT)
    down = project.having(DOCKER_HOST=DEAD)
    for text in ("1", "2", "3"):
        down.commit(text, **{"app.txt": text})
    wait_for(
        lambda: all(one.get("attempts", 0) >= 2 for one in project.status()),
        60,
        "two attempts each",
    )
    pid = asleep(project)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not project.sleepers(), 10, "it to end")
    project.imagebump("retry")
    project.imagebump("watch")


def test_nobody_sleeps_for_what_is_dismissed(project: Project) -> None:
    """The last one that waits for another try takes its sleeper along, and no earlier one does."""
    project.configure(PATIENT)
    down = project.having(DOCKER_HOST=DEAD)
    first, second = down.commit("1"), down.commit("2", **{"app.txt": "2"})
    asleep(project)
    project.imagebump("dismiss", first)
    asleep(project)
    project.imagebump("dismiss", second)
    assert not (project.state / "alarm").exists()
    wait_for(lambda: not project.sleepers(), 10, "it to end")


def test_what_only_another_commit_mends_is_not_waited_for(project: Project) -> None:
    """Neither a COPY of nothing, nor a step that fails: the computer has better things to do."""
    project.configure(PATIENT)
    project.commit("One", Dockerfile="FROM imagebump/base:1\nCOPY dist /\n")
    project.commit("Two", Dockerfile="FROM imagebump/base:1\nRUN exit 7\n")
    project.idle()
    assert [(one["state"], one["next_try"]) for one in project.status()] == [("failed", 0)] * 2
    assert project.sleepers() == []


def test_the_foreground_leaves_nobody_behind(project: Project) -> None:
    """What failed there is tried again by who asked for it; no time is shown that nobody keeps."""
    project.configure('[publish]\non = "manual"\nretries = "1h"\n')
    commit = project.commit("One")
    project.idle()  # the hook's worker has found that it is not to do it
    down = project.having(DOCKER_HOST=DEAD)
    said = down.imagebump("publish", "--foreground", status=1).out
    assert "Start it, then run: imagebump retry" in said
    said += project.imagebump("status", status=1).out
    assert said.count("Next try with the next commit. ") == said.count("Next try") == 2
    assert project.record(commit)["next_try"] == 0
    assert project.workers() == project.sleepers() == []
    project.commit("Words", **{"README.md": "words\n"})
    wait_for(lambda: project.record(commit)["state"] == "done", 60, "that try")


def test_the_foreground_takes_no_try_away(project: Project) -> None:
    """What waits for another try waits on, whatever a person sees of it meanwhile."""
    project.configure(PATIENT)
    down = project.having(DOCKER_HOST=DEAD)
    commit = down.commit("One")
    asleep(project)
    down.imagebump("publish", "--foreground", status=1)
    asleep(project)
    # on a slow machine, that try may be under way
    wait_for(lambda: project.record(commit)["next_try"] > 0, 60, "the next try")
