"""The local registry for real: the program docker-registry, and a container of its image."""

import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from docker.errors import ImageNotFound, NotFound

from harness import free_port, wait_for
from imagebump import localregistry
from imagebump.commands import registry
from imagebump.errors import UserError
from imagebump.localregistry import container, control, state
from services import Engine

NO_ENGINE = "tcp://127.0.0.1:1"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home and a state directory of the test's own; what it started ends with it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield tmp_path
    control.down()


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not answer, so that the program is used."""
    monkeypatch.setenv("DOCKER_HOST", NO_ENGINE)


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    return free_port()


def command(*arguments: str) -> int:
    """`imagebump registry ARGUMENTS`; gives the exit status."""
    parser = ArgumentParser()
    registry.add_arguments(parser)
    return registry.run(parser.parse_args(arguments))


def push(address: str, repository: str, tag: str) -> str:
    """Push an image of one configuration and no layer, and give its digest."""
    base = f"http://{address}/v2/{repository}"
    config = upload(base, b"{}")
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config,
                "size": 2,
            },
            "layers": [],
            "annotations": {"tag": tag},
        }
    ).encode()
    response = requests.put(
        f"{base}/manifests/{tag}", data=manifest, headers={"Content-Type": MANIFEST}, timeout=10
    )
    response.raise_for_status()
    return str(response.headers["Docker-Content-Digest"])


def upload(base: str, blob: bytes) -> str:
    """Put a blob in the repository at `base`, as `docker push` does, and give its digest."""
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    start = requests.post(f"{base}/blobs/uploads/", timeout=10)
    start.raise_for_status()
    location = start.headers["Location"]
    done = requests.put(f"{location}&digest={digest}", data=blob, timeout=10)
    done.raise_for_status()
    return digest


def listed(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The rows of `imagebump registry list`, without the head."""
    capsys.readouterr()
    assert command("list") == 0
    return [line.split() for line in capsys.readouterr().out.splitlines()[1:]]


@pytest.mark.usefixtures("no_engine")
def test_program_from_up_to_down(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    """What is pushed is listed in order, stays over down and up, and goes nowhere else."""
    assert command("up", "--port", str(port)) == 0
    address = localregistry.address()
    assert address == f"localhost:{port}"
    assert command("list") == 0
    assert f"{address} holds no images yet" in capsys.readouterr().out
    digests = {tag: push(address, "team/app", tag) for tag in ("1.10.0", "1.9.0")}
    other = push(address, "app", "latest")
    rows = [
        [f"{address}/app", "latest", other[:19]],
        [f"{address}/team/app", "1.9.0", digests["1.9.0"][:19]],
        [f"{address}/team/app", "1.10.0", digests["1.10.0"][:19]],
    ]
    assert listed(capsys) == rows
    assert command("down") == 0
    assert "its images stay in" in capsys.readouterr().out
    assert command("up", "--port", str(port)) == 0
    assert listed(capsys) == rows


@pytest.mark.usefixtures("no_engine")
def test_tags_can_be_deleted(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    """The registry deletes on demand, and a repository without tags is not listed."""
    address = control.up(port).address
    digest = push(address, "app", "1.0.0")
    response = requests.delete(f"http://{address}/v2/app/manifests/{digest}", timeout=10)
    assert response.status_code == requests.codes.accepted
    assert command("list") == 0
    assert "holds no images yet" in capsys.readouterr().out


@pytest.mark.usefixtures("no_engine")
def test_status_says_how_it_runs(home: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Status is 1 where nothing runs, else 0 with the pid, the address and the storage."""
    assert command("status") == 1
    assert "no local registry is running. Run: imagebump registry up" in capsys.readouterr().out
    running = control.up(port, home / "images")
    assert command("status") == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["address"] == f"localhost:{port}"
    assert shown["running"] == f"program, pid {running.pid}"
    assert shown["storage"] == str(home / "images")


@pytest.mark.usefixtures("no_engine")
def test_up_lets_go_of_the_terminal(port: int) -> None:
    """The command returns while the registry runs on, which holds none of its descriptors."""
    argv = [sys.executable, "-m", "imagebump", "registry", "up", "--port", str(port)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    why = "imagebump: no Docker engine answers: starting the program docker-registry instead\n"
    assert (done.returncode, done.stderr) == (0, why)
    assert f"localhost:{port} is up (program, pid " in done.stdout
    assert localregistry.status() is not None


@pytest.mark.usefixtures("no_engine")
def test_up_twice_is_once(home: Path, port: int) -> None:
    """The same settings again change nothing; others are refused, and named."""
    first = control.up(port)
    assert control.up(port) == first
    assert control.up() == first
    with pytest.raises(UserError, match=f"already, with port {port}, not {port - 1}. To change "):
        control.up(port - 1)
    with pytest.raises(
        UserError, match=r"already, with storage .*, not .*/other and name localhost, not 127"
    ):
        control.up(port, home / "other", "127.0.0.1")
    assert not (home / "other").exists()
    assert localregistry.status() == first


@pytest.mark.usefixtures("no_engine")
def test_up_after_down_is_as_before(
    home: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The images are where they were and as they were called, and what is kept is said."""
    storage = home / "my images"
    assert command("up", "--port", str(port), "--storage", str(storage), "--name", "127.0.0.1") == 0
    digest = push(localregistry.address(), "app", "1.0.0")
    assert command("down") == 0
    capsys.readouterr()
    assert command("up") == 0
    said = capsys.readouterr()
    kept = f"as the last time: --port {port} --storage '{storage}' --name 127.0.0.1\n"
    assert said.err.endswith(kept)
    assert said.out.startswith(f"127.0.0.1:{port} is up (program, pid ")
    assert listed(capsys) == [[f"127.0.0.1:{port}/app", "1.0.0", digest[:19]]]
    assert command("up") == 0
    again = capsys.readouterr()
    assert again.err == ""
    assert again.out == said.out.replace("is up", "is up already")
    assert command("down") == 0
    capsys.readouterr()
    other = free_port()
    assert command("up", "--port", str(other), "--name", "localhost") == 0
    assert f"as the last time: --storage '{storage}'\n" in capsys.readouterr().err
    assert listed(capsys) == [[f"localhost:{other}/app", "1.0.0", digest[:19]]]


@pytest.mark.usefixtures("no_engine")
def test_settings_that_did_not_work_are_not_kept(home: Path, port: int) -> None:
    """A start that failed changes nothing for the next."""
    control.up(port)
    control.down()
    (home / "file").touch()
    with pytest.raises(UserError, match="is not a directory"):
        control.up(storage=home / "file")
    assert control.up().storage == state.defaults().storage


def test_a_pull_that_fails_is_said(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    """And what is started instead of the image."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    monkeypatch.setattr(container, "_IMAGES", (f"127.0.0.1:{port}/none:1",))  # nobody listens there
    assert control.up(port).how == "program"
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"imagebump: pulling 127.0.0.1:{port}/none:1 into the engine"
    assert said[1].startswith(f"imagebump: the engine cannot pull 127.0.0.1:{port}/none:1 (")
    assert said[1].endswith("): starting the program docker-registry instead")
    control.down()
    assert control.up(port).how == "program"
    assert "pulling" not in capsys.readouterr().err, "each start would wait for it"


@pytest.mark.usefixtures("no_engine")
def test_killed_program_is_noticed(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that was killed does not run, and the next up finds what it stored."""
    first = control.up(port)
    push(first.address, "app", "1.0.0")
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: localregistry.status() is None, 30, "its end")
    with pytest.raises(UserError, match="no local registry is running"):
        localregistry.address()
    assert control.up(port).pid != first.pid
    assert [row[1] for row in listed(capsys)] == ["1.0.0"]


@pytest.mark.usefixtures("no_engine")
def test_a_pid_used_again_is_left_alone(port: int) -> None:
    """Where the remembered pid is another program's by now, it counts as not running and lives on."""
    real = control.up(port)
    control.down()
    with subprocess.Popen(["sleep", "600"]) as other:
        state.save(replace(real, pid=other.pid))
        assert localregistry.status() is None
        assert control.down() is None
        state.save(replace(real, pid=other.pid))
        again = control.up(port)
        assert localregistry.status() == again
        assert other.poll() is None
        other.kill()


@pytest.mark.usefixtures("no_engine")
def test_a_program_started_at_another_time_is_not_ours(port: int) -> None:
    """The same program under the same pid with another start is somebody else's."""
    real = control.up(port)
    state.save(replace(real, started=f"{real.started}0"))
    assert localregistry.status() is None
    assert control.down() is None
    state.save(real)
    assert localregistry.status() == real


@pytest.mark.usefixtures("no_engine")
def test_another_docker_registry_has_the_port(home: Path, port: int) -> None:
    """It is named; systemctl stops no program that somebody started."""
    config = home / "other.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{inmemory: {{}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
    )
    argv = ["docker-registry", "serve", str(config)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        wait_for(lambda: answers(port), 30, "the other registry")
        with pytest.raises(UserError) as caught:
            control.up(port)
        other.kill()
    assert caught.value.message == f"port {port} is taken by docker-registry (pid {other.pid})"
    other_port = port + 1 if port < 65535 else port - 1
    assert caught.value.hint == f"Choose another: imagebump registry up --port {other_port}"


def answers(port: int) -> bool:
    """Does anything accept connections at `port`?"""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.mark.usefixtures("no_engine")
def test_program_that_ends_at_once(home: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of its log is the reason, and nothing is remembered."""
    fake = home / "bin" / "docker-registry"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'level=fatal msg=\"no space left\"'\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(UserError, match="the registry ended at once: no space left"):
        control.up(port)
    assert state.load() is None


@pytest.mark.usefixtures("no_engine")
def test_settings_of_another_registry_do_not_leak_in(
    home: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REGISTRY_ variables, which overrule the program's configuration, are kept from it."""
    monkeypatch.setenv("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", str(home / "elsewhere"))
    running = control.up(port, home / "a 'b' ü")
    push(running.address, "app", "1.0.0")
    assert (running.storage / "docker").is_dir()
    assert not (home / "elsewhere").exists()


@pytest.fixture
def image(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The image `registry:2` in the engine: the real one, or the distribution's program in its shape.

    The container has a name of the test's own: the engine may run the registry of whoever tests.
    """
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    monkeypatch.setattr(container, "NAME", f"imagebump-registry-{uuid.uuid4().hex[:12]}")
    images = engine.client.images
    try:
        images.get("registry:2")
    except ImageNotFound:
        images.build(fileobj=stand_in(), custom_context=True, tag="registry:2", rm=True)
        yield
        control.down()
        images.remove("registry:2", force=True)
    else:
        yield
        control.down()


def stand_in() -> io.BytesIO:
    """A build context: docker-registry, the libraries it needs, and a configuration as the image's."""
    program = shutil.which("docker-registry")
    assert program
    needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    libraries = re.findall(r"(/\S+) \(0x", needed)
    config = b"version: 0.1\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\nhttp: {addr: ':5000'}\n"
    dockerfile = (
        b"FROM scratch\nCOPY root /\nVOLUME /var/lib/registry\nEXPOSE 5000\n"
        b'ENTRYPOINT ["/entrypoint"]\nCMD ["serve", "/etc/docker/registry/config.yml"]\n'
    )
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w", dereference=True) as tar:
        add(tar, "Dockerfile", dockerfile)
        add(tar, "root/etc/docker/registry/config.yml", config)
        tar.add(program, "root/entrypoint")
        for library in libraries:
            tar.add(library, f"root{library}")
    context.seek(0)
    return context


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """Put `data` into `tar` under `name`."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


@pytest.mark.usefixtures("image")
def test_container_from_up_to_down(
    engine: Engine, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the engine the same holds: up, push, list, a restart that keeps all, down."""
    running = control.up(port)
    assert running.how == "container"
    assert localregistry.address() == f"localhost:{port}"
    assert control.up(port) == running
    push(running.address, "app", "1.0.0")
    found = engine.client.containers.get(container.NAME)
    assert found.labels["imagebump.registry"] == "1"
    assert found.attrs["HostConfig"]["RestartPolicy"]["Name"] == "always"
    published = found.attrs["HostConfig"]["PortBindings"]
    assert published == {"5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    found.restart(timeout=5)
    wait_for(lambda: localregistry.status() == running, 30, "the container")
    assert [row[1] for row in listed(capsys)] == ["1.0.0"]
    assert control.down() == running
    assert is_gone(engine)
    assert localregistry.status() is None


def is_gone(engine: Engine) -> bool:
    """Is there no container of our name?"""
    with suppress(NotFound):
        engine.client.containers.get(container.NAME)
        return False
    return True


@pytest.mark.usefixtures("image")
def test_container_and_program_share_their_storage(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the container stored belongs to this user, and the program serves it."""
    running = control.up(port)
    push(running.address, "app", "1.0.0")
    assert (running.storage / "docker").stat().st_uid == os.getuid()
    control.down()
    monkeypatch.setenv("DOCKER_HOST", NO_ENGINE)
    assert control.up(port).how == "program"
    assert [row[1] for row in listed(capsys)] == ["1.0.0"]


@pytest.mark.usefixtures("image")
def test_stopped_container_is_replaced(engine: Engine, port: int) -> None:
    """A container that was stopped by hand does not run; up takes its place, down removes it."""
    first = control.up(port)
    engine.client.containers.get(container.NAME).stop(timeout=5)
    assert localregistry.status() is None
    assert command("status") == 1
    second = control.up(port)
    assert second.container != first.container
    engine.client.containers.get(container.NAME).stop(timeout=5)
    assert control.down() is None
    assert is_gone(engine)


@pytest.mark.usefixtures("image")
def test_strange_container_is_left_alone(engine: Engine, port: int) -> None:
    """A container of our name that we did not start is neither used nor removed."""
    strange = engine.client.containers.create("registry:2", name=container.NAME)
    try:
        with pytest.raises(
            UserError, match=r"there is a container .* that imagebump did not start"
        ):
            control.up(port)
        strange.reload()
    finally:
        strange.remove(force=True)
    assert state.load() is None


@pytest.mark.usefixtures("image")
def test_container_that_ends_at_once(
    engine: Engine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is in the error, and no container that restarts in vain is left."""
    monkeypatch.setattr(container, "_environment", broken_environment)
    with pytest.raises(UserError, match=r"the registry ended at once: .*nonsense"):
        control.up(port)
    assert is_gone(engine)
    assert state.load() is None


def broken_environment(_mark: str) -> dict[str, str]:
    """Settings with which no registry starts."""
    return {"REGISTRY_STORAGE": "nonsense"}
