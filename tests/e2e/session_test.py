"""The session way to build: docker buildx over a checkout of our own."""

import base64
import json
import os
import re
import subprocess
import sys
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from builds import Told, build, built, committed, planned
from harness import CHECKOUT, Repo, wait_for
from imagebump.bases import Bases
from imagebump.engine import Engine as Way
from imagebump.engine import PushRefusedError
from imagebump.engine import buildx as plugin
from imagebump.engine.choice import ChosenEngine
from imagebump.engine.session import BuilderEngine
from imagebump.errors import StepFailedError, UnavailableError, UserError
from imagebump.files import locked
from projects import Project, gate, image_files, processes, published
from services import PASSWORD, USER, Engine, Registry, docker_context, put

FROM = "FROM imagebump/base:1\n"


@pytest.fixture
def session(ways: tuple[Way, Way]) -> Way:
    """The session way."""
    return ways[1]


def test_a_commit_is_built_by_buildx(
    project: Project, engine: Engine, registry: Registry, buildx: Path
) -> None:
    """Pushed and tagged as ever; the working tree is not read, and the next way adopts what this one made."""
    project.configure('build.builder = "session"\n')
    project.write("app.txt", "not committed\n")
    first = project.commit("One")
    tags = published(project, registry)
    assert tags.keys() == {first[:7], "1.0.0"}
    assert len(set(tags.values())) == 1
    name = f"{project.host}/{project.name}:{first[:7]}"
    assert image_files(engine, name, "app/")["app.txt"].content == b"one\n"
    assert "docker-buildx" not in project.imagebump("logs").out
    project.configure('build.builder = "api"\n')
    second = project.commit("Two")
    assert published(project, registry) == tags | {second[:7]: tags["1.0.0"]}


def test_labels_arguments_and_key_are_the_same(
    repo: Repo, ways: tuple[Way, Way], engine: Engine
) -> None:
    """Whichever way built it, the image says the same of itself."""
    committed(
        repo, f"{FROM}ARG GIT_COMMIT A\nENV C=$GIT_COMMIT A=$A\n", 'build.args = { A = "a b" }'
    )
    configs = []
    for way in ways:
        with planned(repo) as wanted:
            image = engine.client.images.get(way.build(wanted, [], Told()))
        configs.append({name: image.attrs["Config"][name] for name in ("Labels", "Env")})
    assert configs[0] == configs[1]
    assert configs[0]["Labels"]["imagebump.key"] == wanted.key
    assert "A=a b" in configs[0]["Env"]


def test_what_its_report_is_told(repo: Repo, session: Way) -> None:
    """Each step, what it printed, and its seconds, as over the API."""
    once = f"RUN echo from the inside {uuid.uuid4()}"
    committed(repo, f"{FROM}{once}\nCOPY a /a\n", a="1")
    told = build(repo, session)
    assert any(line.startswith("  from the inside") for line in told.lines)
    assert any(re.fullmatch(r"#\d+ \[3/3\] COPY a /a", line) for line in told.lines)
    assert f"[2/3] {once}" in told.steps
    assert told.seconds[f"[2/3] {once}"] > 0


def failure(repo: Repo, way: Way) -> str:
    """Why the last commit does not build."""
    with pytest.raises(UserError) as caught:
        build(repo, way)
    return str(caught.value)


@pytest.mark.parametrize(
    ("dockerfile", "settings", "why"),
    [
        (f"{FROM}RUN exit 3\n", "", "RUN exit 3 failed with exit status 3"),
        (f"{FROM}COPY dist /x\n", "", r"COPY dist: not in commit \w{7} \(there is no such path\)"),
        (f"{FROM}COPY dist /x\nCOPY . /y\n", "", r"COPY dist: not in commit \w{7} \(there is no such path\)"),
        ("FROM 127.0.0.1:9/no/such:1\n", "", "cannot pull no/such:1 from 127.0.0.1:9: connection refused"),
        (f"{FROM[:-1]} AS build\n{FROM}COPY --from=biuld /bin /x\n", "", r"cannot pull biuld:latest .*\. Is the stage build meant\?"),
        ("# syntax=127.0.0.1:9/frontend:1\nFROM scratch\n", "", "cannot pull frontend:1 from 127.0.0.1:9: connection refused"),
        (FROM, 'build.target = "none"', 'target stage "?none"? could not be found'),
        (f"{FROM}RUN <<EOF\nEOF\n", "", "Dockerfile uses a heredoc in line 2, which needs engine 23.0"),
        (FROM, 'build.platforms = ["linux/amd64", "linux/arm64"]', "the engine cannot hold an image of several platforms. Let it be pushed"),
        (FROM, "build.provenance = true", "the builder default cannot attest provenance"),
    ],
)  # fmt: skip
def test_what_fails(repo: Repo, session: Way, dockerfile: str, settings: str, why: str) -> None:
    """One line says why."""
    committed(repo, dockerfile, settings)
    assert re.match(why, failure(repo, session))


def test_the_frontend_that_its_registry_has(
    repo: Repo,
    session: Way,
    engine: Engine,
    registry: Registry,
    image_name: str,
    tmp_path: Path,
) -> None:
    """And not an older one of that name in the engine; nor one that has its name a moment later."""
    name, said = f"{registry.host}/{image_name}", 'ENTRYPOINT ["/bin/sh", "-c", "exit {}"]'
    put(engine, f"{name}:1", "old", said.format(3))
    old = registry.digest(image_name, "1")
    put(engine, f"{name}:1", "new", said.format(4))
    engine.client.images.pull(f"{name}@{old}").tag(name, "1")
    committed(repo, f"# syntax={name}:1\nFROM scratch\nCOPY a /\n", a="1")
    with planned(repo) as found:
        plan = Bases(tmp_path, print, {}).ready(found, lambda: session, Told())
        put(engine, f"{name}:1", "later", said.format(5))
        engine.client.images.pull(f"{name}@{old}").tag(name, "1")
        with pytest.raises(UserError, match=f"^the frontend {name}:1 ended with exit status 4,"):
            session.build(plan, [], Told())


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ('platforms = ["linux/amd64", "linux/arm64"]', "default cannot build several platforms"),
        ("provenance = true", "default cannot attest provenance"),
        ('cache-to = ["type=registry,ref=127.0.0.1:9/a"]', "default cannot export its cache"),
    ],
)
def test_what_the_builder_cannot_do(repo: Repo, buildx: Path, settings: str, why: str) -> None:
    """It says which builder can."""
    committed(repo, FROM, f"[build]\n{settings}")
    with closing(ChosenEngine()) as way:
        said = failure(repo, way)
    assert said.startswith(f"the builder {why}. Run: docker buildx create --name multi")


def test_secrets(repo: Repo, session: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By variable, whatever it is called, or by file; what is hidden is every form that a RUN may print."""
    (tmp_path / "a,b").write_text("[login]\ntoken = from-a-file\n")
    monkeypatch.setenv("GIT_TOKEN", "from-a-variable")
    run = "RUN --mount=type=secret,id=a --mount=type=secret,id=b cat /run/secrets/a /run/secrets/b"
    settings = f'build.secrets = {{ a = "env:GIT_TOKEN", b = "file:{tmp_path}/a,b" }}'
    committed(repo, f"{FROM}{run}; : {uuid.uuid4()}\n", settings)
    told = build(repo, session)
    assert told.hidden >= {"from-a-variable", "from-a-file", "token = from-a-file"}
    assert any("from-a-variable" in line for line in told.lines), "the secret was lent"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("env:NO_SUCH", "the secret a is not there: the variable NO_SUCH is not set. Set it, then"),
        ("file:no/such", "the secret a is not there: there is no file no/such. Make it, then"),
    ],
)
def test_a_secret_that_is_not_there(repo: Repo, session: Way, source: str, why: str) -> None:
    """It is not built without it."""
    committed(repo, FROM, f'build.secrets = {{ a = "{source}" }}')
    assert failure(repo, session).startswith(why)


def log_in(registry: Registry) -> None:
    """As docker login does."""
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    path = Path(os.environ["DOCKER_CONFIG"], "config.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"auths": {registry.host: {"auth": login}}}))


def put_base(engine: Engine, registry: Registry) -> str:
    """The name of a base image that only a registry with a login has."""
    name = f"{registry.host}/team/base"
    engine.client.images.get("imagebump/base:1").tag(name, "1")
    login = {"username": USER, "password": PASSWORD}
    assert "error" not in engine.client.images.push(name, "1", auth_config=login)
    engine.client.images.remove(f"{name}:1")
    return f"{name}:1"


def test_a_private_base(
    repo: Repo, session: Way, engine: Engine, private_registry: Registry
) -> None:
    """It is pulled with the login of Docker's own configuration."""
    base = put_base(engine, private_registry)
    committed(repo, f"FROM {base}\nCOPY a /app/\n", a="1")
    assert failure(repo, session).startswith("cannot pull team/base:1 from")
    log_in(private_registry)
    assert built(repo, session, engine, "app/").keys() == {"a"}


def test_a_private_base_over_the_api(
    project: Project, engine: Engine, private_registry: Registry, registry: Registry
) -> None:
    """The engine pulls it before the build, which cannot log in anywhere; no buildx is needed."""
    base = put_base(engine, private_registry)
    log_in(private_registry)
    project.configure('build.builder = "api"\n')
    project.commit("One", Dockerfile=f"FROM {base}\nCOPY app.txt /app/\n")
    assert "1.0.0" in published(project, registry)
    engine.client.images.remove(base, force=True)


def test_secrets_are_nowhere(project: Project, registry: Registry, buildx: Path) -> None:
    """While a build has them: in no argument of a process; and after it in no log, ledger or file of ours."""
    secret, filed = f"s3cret-{uuid.uuid4()}", f"f1led-{uuid.uuid4()}"
    (Path(project.env["HOME"]) / "token").write_text(f"{filed}\n")
    mine = replace(project, env={**project.env, "APP_TOKEN": secret})
    settings = 'secrets = { a = "env:APP_TOKEN", b = "file:~/token" }\nnetwork = "host"'
    mine.configure(f"[build]\n{settings}\n")
    mount = "--mount=type=secret,id=a --mount=type=secret,id=b"
    with gate() as closed:
        show = f"RUN {mount} cat /run/secrets/a /run/secrets/b; echo; echo shown {uuid.uuid4()}"
        mine.commit("One", Dockerfile=closed.dockerfile.replace("RUN ", f"{show}\nRUN {mount} "))
        closed.await_build()
        seen = [word for _, argv in processes() for word in argv]
        assert any("docker-buildx" in word for word in seen)
        assert not [word for word in seen if secret in word or filed in word]
        closed.open.set()
        assert "1.0.0" in published(mine, registry)
    assert "***\n" in mine.imagebump("logs").out
    assert "shown" in mine.imagebump("logs").out
    for path in (path for path in mine.state.rglob("*") if path.is_file()):
        data = path.read_bytes()
        assert secret.encode() not in data, path
        assert filed.encode() not in data, path
    said = mine.imagebump("build")
    assert secret not in said.out + said.err


def test_ssh(repo: Repo, session: Way, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The agent's socket is there while the step runs."""
    socket = tmp_path / "agent"
    committed(
        repo,
        f"{FROM}RUN --mount=type=ssh,required=true test -S $SSH_AUTH_SOCK && : {uuid.uuid4()}\n",
        'build.ssh = ["default"]',
    )
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL
    ) as agent:
        try:
            wait_for(socket.exists, 20, "the agent")
            monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
            build(repo, session)
        finally:
            agent.terminate()
    monkeypatch.delenv("SSH_AUTH_SOCK")
    assert "SSH" in failure(repo, session)


def test_what_is_built_for_by_itself(
    repo: Repo, ways: tuple[Way, Way], engine: Engine, buildx: Path, image_name: str
) -> None:
    """The engine says it before, as images have it; a builder, too."""
    docker_context("elsewhere", engine.host)
    committed(repo, "FROM scratch\nCOPY a /a\n", a="1")
    with planned(repo) as plan:
        ways[0].build(plan, [f"{image_name}:1"], Told())
        about = engine.client.images.get(f"{image_name}:1").attrs
        expected = f"{about['Os']}/{about['Architecture']}"
        assert {way.platform(plan) for way in ways} == {expected}
    assert plugin.platform("elsewhere") == expected


def test_a_builder_by_name(
    project: Project, engine: Engine, registry: Registry, buildx: Path
) -> None:
    """It builds and pushes by itself; our own engine holds nothing, and need not run."""
    docker_context("elsewhere", engine.host)
    mine = replace(project, env={**project.env, "DOCKER_HOST": "unix:///nowhere"})
    mine.configure('build.builder = "session:elsewhere"\n')
    first = mine.commit("One", Dockerfile="FROM scratch\nCOPY app.txt /app/\n")
    tags = published(mine, registry)
    assert tags.keys() == {first[:7], "1.0.0"}
    assert registry.labels(mine.name, "1.0.0")["org.opencontainers.image.version"] == "1.0.0"
    base = f"{registry.host}/{mine.name}/base:1"
    put(engine, base, "one")
    mine.commit("Based", Dockerfile=f"FROM {base}\nCOPY app.txt /app/\n")
    assert "1.0.1" in published(mine, registry)
    assert registry.labels(mine.name, "1.0.1")["imagebump.content"] == "", "an old builder's"
    assert "cannot be held to a base's digest: " in mine.imagebump("logs").out
    mine.configure('build.builder = "session:no-such"\n')
    second = mine.commit("Two", **{"app.txt": "two\n"})
    mine.imagebump("watch", status=1)
    assert mine.record(second)["error"] == "docker buildx has no builder no-such"


def test_a_builder_that_does_not_start(
    repo: Repo, engine: Engine, buildx: Path, image_name: str
) -> None:
    """It is named, whatever asks for it first."""
    image = f"--driver-opt=image=127.0.0.1:9/{image_name}"
    create = ["create", "--name=absent", "--driver=docker-container", image, engine.host]
    subprocess.run([buildx, *create], check=True, capture_output=True, timeout=60)
    with pytest.raises(UserError) as asked:
        plugin.platform("absent")
    committed(repo, f"{FROM}COPY a /a\n", a="1")
    with planned(repo) as plan, pytest.raises(UserError) as caught:
        BuilderEngine("absent").build(plan, [], Told())
    for problem in (asked.value, caught.value):
        assert str(problem).startswith("the builder absent does not start: Error response from ")
        assert problem.hint == "Run: docker buildx inspect --bootstrap absent"


def test_a_registry_that_a_builder_does_not_reach(
    repo: Repo, engine: Engine, buildx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them has a network of its own; what an engine's own does not reach is the engine's matter."""
    docker_context("elsewhere", engine.host)
    assert [plugin.is_apart(name) for name in ("default", "elsewhere", "b1")] == [
        False,
        False,
        True,
    ]
    way = BuilderEngine("elsewhere")
    committed(repo, f"{FROM}COPY a /a\n", a="1")
    with planned(repo) as plan:
        way.build(plan, [], Told())
    monkeypatch.setattr(plugin, "is_apart", lambda builder: True)
    with pytest.raises(UnavailableError, match=r"^the builder elsewhere cannot reach "):
        way.push("127.0.0.1:1/nobody", "1", None, Told())


def test_a_push_that_has_to_build_once_more(
    repo: Repo, engine: Engine, registry: Registry, buildx: Path, image_name: str
) -> None:
    """A step that fails then is a step that failed; what the registry refuses is that."""
    docker_context("elsewhere", engine.host)
    way = BuilderEngine("elsewhere")
    committed(repo, f"{FROM}COPY a /a\n", a="1")
    with planned(repo) as plan:
        way.build(plan, [], Told())
    with pytest.raises(PushRefusedError):
        way.push("127.0.0.1:1/nobody", "1", None, Told())
    committed(repo, f"{FROM}RUN exit 3\n")
    with planned(repo) as plan:
        way._plan = plan
        with pytest.raises(StepFailedError, match="RUN exit 3 failed with exit status 3"):
            way.push(f"{registry.host}/{image_name}", "1", None, Told())


def test_plain_progress(repo: Repo, session: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older buildx prints is understood as well."""
    monkeypatch.setattr(plugin, "_RAWJSON", (99,))
    once = f"RUN echo inside {uuid.uuid4()}"
    committed(repo, f"{FROM}{once}\nCOPY a /a\n", a="1")
    told = build(repo, session)
    assert any(line.startswith("  inside") for line in told.lines)
    assert f"[2/3] {once}" in told.seconds
    committed(repo, f"{FROM}RUN exit 3\n")
    assert failure(repo, session).startswith("RUN exit 3 failed with exit status 3")


def test_the_lock_outlives_us_with_the_builder(repo: Repo, session: Way, engine: Engine) -> None:
    """What a worker that was killed began still reads its checkout: nobody changes that before it has ended."""
    with gate() as closed:
        committed(
            repo, closed.dockerfile.replace("COPY app.txt /app/\n", ""), 'build.network = "host"'
        )
        code = "import sys; sys.path.insert(0, sys.argv[1]); import builds, harness, os, pathlib\n"
        code += "from imagebump.engine.api import ApiEngine\nfrom imagebump.engine.session import SessionEngine\n"
        code += "builds.build(harness.Repo(pathlib.Path.cwd(), dict(os.environ)), SessionEngine(ApiEngine()))"
        argv = [sys.executable, "-c", code, str(CHECKOUT / "tests")]
        env = {**os.environ, **repo.env}
        with subprocess.Popen(argv, cwd=repo.path, env=env) as worker:
            closed.await_build()
            worker.kill()
        (lock,) = (repo.path / ".git" / "imagebump" / "checkouts").glob("*/lock")
        with locked(lock) as free:
            assert not free
        closed.open.set()
        with locked(lock, wait=True) as free:
            assert free


def test_a_checkout_that_nobody_uses_is_put_away(repo: Repo, session: Way) -> None:
    """After a week, and not while it is read; the next build makes it anew."""
    committed(repo, "FROM scratch\nCOPY a /a\n", a="1")
    build(repo, session)
    (tree,) = (repo.path / ".git" / "imagebump" / "checkouts").glob("*/tree")
    assert repo.run("imagebump", "prune").out == "nothing to remove\n"
    os.utime(tree.with_name("record"), (0, 0))
    with locked(tree.with_name("lock")):
        assert repo.run("imagebump", "prune").out == "nothing to remove\n"
    assert repo.run("imagebump", "prune", "--dry-run").out == f"would remove {tree}\n"
    assert repo.run("imagebump", "prune").out == f"removed {tree}\n"
    assert not tree.exists()
    build(repo, session)
    assert (tree / "a").read_text() == "1"
