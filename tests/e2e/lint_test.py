"""The lint hook as pre-commit runs it."""

import json

from harness import Repo
from services import Packaged


def test_the_lint_hook_fixes(repo: Repo, packaged: Packaged) -> None:
    """With `args: [--fix]` the file is mended in the working tree and the commit stops, once; the others are none."""
    config = json.loads(packaged.config("imagebump-lint"))
    config["repos"][0]["hooks"][0]["args"] = ["--fix"]
    repo.write(".pre-commit-config.yaml", json.dumps(config))
    repo.write(".imagebump.toml", 'registry = "r.example.com"\n')
    repo.write("Dockerfile", "FROM a:1\nRUN wget https://h/x.tgz\nRUN rm x.tgz\n")
    others = {
        "Dockerfile.tar.gz": bytes(range(256)),
        "Dockerfile.cache": b"\0",
        "Dockerfile.j2": b"{{ x }}\n",
    }
    for name, data in others.items():
        repo.write(name, data)
    repo.git("add", "-A")
    repo.run("pre-commit", "install")
    ran = repo.run("git", "commit", "-m", "One", status=1)
    assert "imagebump: fixed Dockerfile. Look at it, then: git add Dockerfile" in ran.out + ran.err
    assert not [name for name in others if name in ran.out + ran.err]
    mended = (repo.path / "Dockerfile").read_text()
    assert mended == "FROM a:1\nRUN wget https://h/x.tgz \\\n    && rm x.tgz\n"
    repo.git("add", "-A")
    repo.run("git", "commit", "-m", "One")
    assert repo.read("Dockerfile") == mended
