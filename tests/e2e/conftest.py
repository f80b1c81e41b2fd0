"""A real engine, real registries, and this package as pre-commit installs it."""

import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from authority import Authority
from harness import CHECKOUT, Repo
from imagebump.engine import Engine as Way
from imagebump.engine.api import ApiEngine
from imagebump.engine.session import SessionEngine
from projects import STAGES, Gate, Project, gate, hooked, install_pre_commit, readme_block
from services import IDENTITY, PASSWORD, USER, Engine, Packaged, Registry
from situations import start
from tokens import TokenServer, token_server

BASE = "imagebump/base:1"


@pytest.fixture(scope="session")
def engine(session_environment: dict[str, str]) -> Iterator[Engine]:
    """The engine that DOCKER_HOST names, else the default one; a failure where none answers."""
    host = session_environment.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://") and (reason := refusal(host.removeprefix("unix://"))):
        pytest.fail(
            f"no Docker engine answers at {host} ({reason}): run scripts/test", pytrace=False
        )
    named = {**session_environment, "DOCKER_HOST": host}
    client = docker.DockerClient.from_env(timeout=120, environment=named)
    with closing(client):
        yield Engine(host, client)


def refusal(path: str) -> str:
    """Why nobody answers at a unix socket; empty where somebody does. (docker-py leaks a dead socket.)"""
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(path)
        except OSError as problem:
            return str(problem.strerror)
    return ""


@pytest.fixture(scope="session")
def base_image(engine: Engine) -> str:
    """The name of an image with busybox, present in the engine and in no registry."""
    try:
        engine.client.images.get(BASE)
    except ImageNotFound:
        pytest.fail(f"the engine has no image {BASE}: run scripts/test", pytrace=False)
    return BASE


@pytest.fixture
def image_name(engine: Engine) -> Iterator[str]:
    """A name for repositories that no other test has; images with it in theirs are removed afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    yield name
    engine.forget(name)


@pytest.fixture(scope="session")
def buildx_program() -> Path:
    """docker-buildx, which scripts/engine finds or unpacks."""
    return Path(engine_script("buildx"))


@pytest.fixture
def buildx(buildx_program: Path, isolated_environment: dict[str, str]) -> Path:
    """docker-buildx as a plugin in the test's own Docker configuration."""
    plugin = Path(isolated_environment["DOCKER_CONFIG"], "cli-plugins", "docker-buildx")
    plugin.parent.mkdir(parents=True)
    plugin.symlink_to(buildx_program)
    return plugin


@pytest.fixture
def ways(engine: Engine, base_image: str, buildx: Path) -> Iterator[tuple[Way, Way]]:
    """Both ways to build, the API's and buildx's."""
    with closing(ApiEngine()) as api:
        yield api, SessionEngine(api)


@pytest.fixture(scope="session")
def registry(session_directory: Path, session_environment: dict[str, str]) -> Iterator[Registry]:
    """A registry that all tests share: it is never stopped."""
    yield from running(Registry(session_directory / "registry"))


@pytest.fixture
def own_registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry of the test's own, which it may stop and start."""
    yield from running(Registry(tmp_path / "registry"))


@pytest.fixture
def private_registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry of the test's own that wants services.USER and services.PASSWORD."""
    yield from running(Registry(tmp_path / "private-registry", private=True))


@pytest.fixture(scope="session")
def authority(session_directory: Path) -> Authority:
    """A CA that nobody trusts by itself."""
    return Authority.make(session_directory / "authority")


@pytest.fixture
def tokens(authority: Authority) -> Iterator[TokenServer]:
    """A server that gives tokens to services.USER, and for services.IDENTITY."""
    with token_server(authority, (USER, PASSWORD), IDENTITY) as one:
        yield one


@pytest.fixture
def token_registry(tmp_path: Path, tokens: TokenServer) -> Iterator[Registry]:
    """A registry of the test's own that wants a token of `tokens`."""
    yield from running(Registry(tmp_path / "token-registry", tokens=tokens))


@pytest.fixture
def tls_registry(tmp_path: Path, authority: Authority) -> Iterator[Registry]:
    """A registry of the test's own that speaks TLS, by a certificate of `authority`, and wants a login."""
    yield from running(Registry(tmp_path / "tls-registry", private=True, authority=authority))


def running(one: Registry) -> Iterator[Registry]:
    """The registry, started; ended by its process id afterwards, whoever started it last."""
    try:
        one.start()
        yield one
    finally:
        one.stop()


@pytest.fixture
def tiny_engine() -> Iterator[Engine]:
    """A second engine whose store has 96 MB, with the base image: for full disks."""
    directory = CHECKOUT / ".work" / f"engine.{os.getpid()}"
    try:
        host = engine_script("start", str(directory), "96m")
        with closing(docker.DockerClient(base_url=host, timeout=120)) as client:
            yield Engine(host, client)
    finally:
        engine_script("stop", str(directory))
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def newer_engine(session_environment: dict[str, str]) -> Iterator[Engine]:
    """A second engine, of a later version and with the containerd image store; with the base image."""
    directory = CHECKOUT / ".work" / f"engine.newer.{os.getpid()}"
    try:
        host = engine_script("newer", str(directory))
        with closing(docker.DockerClient(base_url=host, timeout=120)) as client:
            yield Engine(host, client)
    finally:
        engine_script("stop", str(directory))
        shutil.rmtree(directory, ignore_errors=True)


def engine_script(*arguments: str) -> str:
    """What scripts/engine prints."""
    done = subprocess.run(
        [CHECKOUT / "scripts" / "engine", *arguments],
        env={**os.environ, "IMAGEBUMP_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def packaged(session_directory: Path, session_environment: dict[str, str]) -> Packaged:
    """This working tree as a commit, with its environment already installed by pre-commit."""
    wheels = Path(session_environment["PIP_FIND_LINKS"])
    assert list(wheels.glob("hatchling-*.whl")), f"no wheels in {wheels}: run scripts/test"
    source = Repo.make(session_directory / "imagebump", session_environment)
    for name in working_tree(session_environment):
        source.write(name, (CHECKOUT / name).read_bytes())
        shutil.copymode(CHECKOUT / name, source.path / name)
    source.git("add", "--all", "--force")
    made = Packaged(source.path, source.commit("The working tree"))
    user = Repo.make(session_directory / "user", session_environment)
    user.write(".pre-commit-config.yaml", made.config("imagebump-lint"))
    user.run("pre-commit", "install-hooks", timeout=300)
    return made


def working_tree(env: dict[str, str]) -> list[str]:
    """The checkout's files, those that are not tracked yet among them, without what is ignored."""
    listed = Repo(CHECKOUT, env).git(
        "-c",
        f"safe.directory={CHECKOUT}",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    )
    return [name for name in listed.split("\0") if (CHECKOUT / name).is_file()]


@pytest.fixture
def project(
    tmp_path: Path,
    isolated_environment: dict[str, str],
    engine: Engine,
    base_image: str,
    registry: Registry,
    image_name: str,
) -> Iterator[Project]:
    """A project with the plain hooks and all its files staged; its workers end with the test."""
    with hooked(tmp_path, isolated_environment, engine, image_name, registry.host) as made:
        yield made


@pytest.fixture(scope="session")
def template(
    session_directory: Path, session_environment: dict[str, str], packaged: Packaged
) -> Project:
    """A project with pre-commit, which clones this checkout, for the stages that the bump needs."""
    made = start(session_directory / "template", session_environment)
    install_pre_commit(
        made,
        packaged,
        ["imagebump-bump", "imagebump-revert", "imagebump-message"],
        ["pre-commit", "post-merge"],
    )
    made.commit("One")
    made.idle()  # nothing moves where it is copied
    return made


@pytest.fixture(params=["plain", "managed"])
def sandbox(
    request: pytest.FixtureRequest, tmp_path: Path, isolated_environment: dict[str, str]
) -> Iterator[Project]:
    """A project of two files at 1.0.0, with our hooks by core.hooksPath or under pre-commit."""
    if request.param == "plain":
        made = start(tmp_path / "app", isolated_environment)
        made.git("config", "core.hooksPath", CHECKOUT / "hooks")
        made.commit("One")
    else:
        template = request.getfixturevalue("template")
        made = copied(template, tmp_path, isolated_environment)
    yield made
    made.end()


def copied(template: Project, directory: Path, env: dict[str, str]) -> Project:
    """A project of a test's own, made of one that is ready."""
    path = shutil.copytree(template.path, directory / "app", symlinks=True)
    return replace(template, path=path, env=env)


@pytest.fixture(scope="session")
def prek_template(
    session_directory: Path, session_environment: dict[str, str], packaged: Packaged
) -> Project:
    """The same with prek, for all the stages of the README."""
    made = start(session_directory / "prek-template", session_environment)
    hooks = ["imagebump-bump", "imagebump-revert", "imagebump-message", "imagebump-publish"]
    install_pre_commit(made, packaged, hooks, STAGES, by="prek")
    made.commit("One")
    made.idle()  # nothing moves where it is copied
    return made


@pytest.fixture(scope="session")
def lefthook_template(session_directory: Path, session_environment: dict[str, str]) -> Project:
    """The same with lefthook, configured as the README shows."""
    made = start(session_directory / "lefthook-template", session_environment)
    made.stage(**{"lefthook.yml": readme_block("yaml", "imagebump hook pre-commit")})
    made.run("lefthook", "install")
    made.commit("One")
    made.idle()  # nothing moves where it is copied
    return made


@pytest.fixture(params=["prek", "lefthook"])
def otherwise_managed(
    request: pytest.FixtureRequest, tmp_path: Path, isolated_environment: dict[str, str]
) -> Iterator[Project]:
    """A project of two files at 1.0.0, with our hooks under prek or lefthook."""
    template = request.getfixturevalue(f"{request.param}_template")
    made = copied(template, tmp_path, isolated_environment)
    yield made
    made.end()


@pytest.fixture
def closed_gate() -> Iterator[Gate]:
    """A place where builds wait until the test lets them go."""
    with gate() as one:
        yield one
