"""What `imagebump status` lists, of the ledger and of the spool."""

import json

import pytest

from harness import Repo
from imagebump import ledger, spool


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
    commit = repo.commit("One", VERSION="1.0.0\n", Dockerfile="FROM scratch\n")
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
