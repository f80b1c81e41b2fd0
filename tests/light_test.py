"""What a commit that changes nothing in the image does not load."""

import subprocess
import sys


def test_the_worker_starts_without_the_engine() -> None:
    """The engine's SDK is loaded where something is built, and GitPython where a command asks for it."""
    code = "import sys, imagebump.worker; print(sorted({'docker', 'git'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
