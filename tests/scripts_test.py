"""Development's own scripts, as far as nothing has to be started or installed."""

import shutil
from pathlib import Path

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


def test_the_demo_makes_its_sample_without_a_word(repo: Repo, tmp_path: Path) -> None:
    """Its hooks have all that they need when they are installed."""
    lines = (CHECKOUT / "scripts" / "demo").read_text(encoding="utf-8")
    make = lines[lines.index("make_sample() {") :].partition("\n}\n")[0] + "\n}\n"
    here = repo.having(DOCKER_HOST="tcp://127.0.0.1:1", TMPDIR=str(tmp_path))
    script = f'set -euo pipefail\ndemo={tmp_path}\n{make}make_sample\nls "$sample/.git/hooks"'
    ran = here.run("bash", "-c", script)
    assert "post-commit\n" in ran.out
    assert ran.err == ""
