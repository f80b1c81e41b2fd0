"""Development's own scripts, as far as nothing has to be started or installed."""

import shutil

import pytest

from harness import CHECKOUT, Repo


@pytest.mark.parametrize("verb", ["up x", "start engine"])
def test_an_engine_needs_a_python_that_knows_docker(repo: Repo, verb: str) -> None:
    """It is said at once, and nothing is started that nobody could ask whether it runs."""
    shutil.copytree(CHECKOUT / "scripts", repo.path / "scripts")
    named = repo.having(IMAGEBUMP_PYTHON="/nowhere/python")
    ran = named.run("scripts/engine", *verb.split(), status=1, timeout=30)
    assert ran.out == ""
    assert ran.err == (
        "scripts/engine: /nowhere/python (IMAGEBUMP_PYTHON) cannot import docker. "
        "Run: /nowhere/python -m pip install docker\n"
    )
