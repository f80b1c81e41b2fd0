"""The hook after a commit: what it writes down, and what never."""

import sys

from harness import Repo, wait_for
from imagebump import files


def test_a_login_in_an_override_is_written_nowhere(repo: Repo) -> None:
    """Neither into the spool nor by the worker; the job fails and says why."""
    repo.commit("One", Dockerfile="FROM a\n", **{".imagebump.toml": 'registry = "r.io"\n'})
    state = repo.path / ".git" / "imagebump"
    with files.locked(state / "worker.lock"):  # so that the job stays in the spool
        repo.having(IMAGEBUMP_REGISTRY="https://ada:hunter2@r.io").run(
            "imagebump", "hook", "post-commit"
        )
        (job,) = (state / "spool").iterdir()
        assert b'"***@r.io"' in job.read_bytes()
    repo.run(sys.executable, "-P", "-m", "imagebump.worker", repo.path, repo.path / ".git")
    wait_for(lambda: not list((state / "spool").iterdir()), 30, "the worker to take the job")
    with files.locked(state / "worker.lock", wait=True):
        written = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    assert [path for path, data in written.items() if b"hunter2" in data] == []
    assert "registry = '***@r.io'" in repo.run("imagebump", "status", status=None).out
