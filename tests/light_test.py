"""What a commit that changes nothing in the image does not load."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["worker", "commands.publish"])
def test_publishing_starts_without_the_engine(module: str) -> None:
    """The engine's SDK is loaded where something is built, and GitPython where a command shows commits."""
    code = (
        f"import sys, imagebump.{module}; print(sorted({{'docker', 'git'}} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
