"""What `imagebump status` lists, of the ledger and of the spool."""

import json

import pytest

from harness import Repo
from imagebump import ledger, spool


def _commit(repo: Repo) -> str:
    """A commit of two images."""
    second = '[[image]]\nname = "web"\nbump.version-file = "WEB"\n'
    text = f'registry = "r.example.com"\n[[image]]\nname = "api"\n{second}'
    files = {"VERSION": "1.0.0\n", "WEB": "1.0.0\n", ".imagebump.toml": text}
    return repo.commit("One", Dockerfile="FROM scratch\n", **files)


@pytest.mark.parametrize(
    ("by_hand", "branch", "states"),
    [
        pytest.param(
            False, "main", ["done"], id="published in the foreground before its worker came"
        ),
        pytest.param(True, "main", ["queued", "done"], id="a person asks for it again"),
        pytest.param(False, "release", ["queued", "done"], id="it has come to another branch"),
    ],
)
def test_a_job_of_what_is_done(repo: Repo, by_hand: bool, branch: str, states: list[str]) -> None:
    """It is listed where it can change anything; of one image or of all, with the same keys."""
    commit = _commit(repo)
    state = repo.path / ".git" / "imagebump"
    with ledger.opened(state) as book:
        for image in ("api", "web"):
            book.add(spool.Job(commit, "main", {}, 1.0, False, image))
            book.update((commit, image), state="done")
    spool.drop(state, commit, branch, {}, by_hand=by_hand)
    listed = json.loads(repo.run("imagebump", "status", "--json").out)
    assert [one["state"] for one in listed] == [*states, "done"]
    assert [one["image"] for one in listed][-2:] == ["api", "web"]
    assert [one["image"] for one in listed][:-2] == [""] * (len(states) - 1)
    assert len({tuple(one) for one in listed}) == 1, "a script finds the same keys in each"


def test_a_job_of_which_one_image_is_done(repo: Repo) -> None:
    """The other one waits still."""
    commit = _commit(repo)
    state = repo.path / ".git" / "imagebump"
    with ledger.opened(state) as book:
        book.add(spool.Job(commit, "main", {}, 1.0, False, "api"))
        book.update((commit, "api"), state="done")
    spool.drop(state, commit, "main", {})
    listed = json.loads(repo.run("imagebump", "status", "--json").out)
    assert [(one["image"], one["state"]) for one in listed] == [("", "queued"), ("api", "done")]
