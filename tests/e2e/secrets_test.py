"""Nothing of a login is shown, kept, or given to a program as an argument."""

import base64
import json
import subprocess
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from projects import Project, processes
from proxy import GET, PUT, Proxy, proxy
from services import PASSWORD, USER, Registry
from tokens import TokenServer

LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
HELPER = f"""#!/bin/sh
read -r server
echo "$server" >>"$0.asked"
printf '%s' '{json.dumps({"Username": USER, "Secret": PASSWORD})}'
"""


@pytest.fixture
def between(token_registry: Registry) -> Iterator[Proxy]:
    """A proxy before a registry that wants tokens."""
    with proxy(token_registry.port) as one:
        yield one


@pytest.fixture
def helper(project: Project, between: Proxy, tmp_path: Path) -> Path:
    """A credential helper that knows the login; the one of another registry is missing."""
    program = tmp_path / "bin" / "docker-credential-mine"
    program.parent.mkdir()
    program.write_text(HELPER)
    program.chmod(0o755)
    directory = Path(project.env["DOCKER_CONFIG"])
    directory.mkdir(exist_ok=True)
    helpers = {"credHelpers": {between.host: "mine", "other.example.com": "missing"}}
    (directory / "config.json").write_text(json.dumps(helpers))
    return program


@pytest.fixture
def mine(project: Project, between: Proxy, helper: Path) -> Project:
    """A project that publishes there, by the helper's login, when it is told to."""
    env = {**project.env, "PATH": f"{helper.parent}:{project.env['PATH']}"}
    made = Project(project.path, env, project.name, between.host)
    made.configure('[publish]\non = "manual"\n')
    made.commit("One")
    made.idle()
    return made


def published(project: Project, secrets: list[str]) -> tuple[int, str]:
    """Exit status and output of a publication during which no argument of any program held a secret."""
    argv = ["imagebump", "publish", "--foreground"]
    with subprocess.Popen(
        argv,
        cwd=project.path,
        env=project.env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        seen = set[str]()
        while child.poll() is None:
            seen |= {word for _, words in processes() for word in words}
        assert child.stdout
        said = child.stdout.read()
    assert "imagebump" in " ".join(seen)
    assert not [word for word in seen for secret in secrets if secret in word]
    return child.returncode, said


def held(project: Project, secrets: list[str]) -> list[Path]:
    """The files of ours and of the repository that hold a secret."""
    files = [path for path in project.path.rglob("*") if path.is_file()]
    assert project.state / "ledger.sqlite" in files
    return [path for path in files for one in secrets if one.encode() in path.read_bytes()]


def test_a_login_by_a_helper(
    mine: Project, helper: Path, token_registry: Registry, tokens: TokenServer, between: Proxy
) -> None:
    """It is asked for this registry alone, and neither it nor a token is anywhere."""
    status, said = published(mine, [PASSWORD, LOGIN])
    assert status == 0, said
    assert {"1.0.0", mine.commit_tag()} <= token_registry.tags(mine.name)
    asked = Path(f"{helper}.asked").read_text().split()
    assert set(asked) == {between.host}
    secrets = [PASSWORD, LOGIN, *tokens.given]
    assert len(secrets) > 3, "ours, and the engine's"
    assert not [secret for secret in secrets if secret in said]
    assert held(mine, secrets) == []


@pytest.mark.parametrize(("kind", "content"), [(GET, "one\n"), (PUT, "one\n"), (PUT, "other\n")])
def test_a_registry_that_repeats_the_login(
    mine: Project, tokens: TokenServer, between: Proxy, kind: str, content: str
) -> None:
    """What it says is shown without it, be it ours or the engine's."""
    mine.imagebump("publish", "--foreground")
    mine.commit("Two", **{"app.txt": content, "README.md": "words\n", "VERSION": "1.0.5\n"})
    mine.idle()
    between.misbehave(kind, repeat("repeats the login"))
    said = mine.imagebump("publish", "--foreground", status=1).out
    assert "no such luck: Authorization: Bearer ***" in said
    secrets = [PASSWORD, LOGIN, *tokens.given]
    assert not [secret for secret in secrets if secret in said]
    assert held(mine, secrets) == []
