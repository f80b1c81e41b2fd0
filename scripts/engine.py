"""What scripts/engine asks of a Docker engine, over its API: no `docker` program is needed.

`find` prints the DOCKER_HOST of the engine that is configured and usable; `ping HOST`;
`base HOST BUSYBOX` imports the base image where it is absent and says `made`; `remove HOST PREFIX`
removes the images whose names begin so.
"""

import http.server
import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import docker
from docker.context import ContextAPI
from docker.errors import DockerException, ImageNotFound

BASE = "imagebump/base:1"


def main(command: str, *arguments: str) -> int:
    """Run one command; 0 yes, 1 no, with the reason on standard error."""
    commands: dict[str, Callable[..., None]] = {
        "find": find,
        "ping": ping,
        "base": base,
        "remove": remove,
    }
    try:
        commands[command](*arguments)
    except (DockerException, OSError) as problem:
        print(" ".join(str(problem).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def find() -> None:
    """The engine of DOCKER_HOST or of the Docker context, if it answers and reaches our loopback."""
    host = configured_host()
    try:
        ping(host)
    except DockerException as problem:
        raise DockerException(f"none answers at {host}") from problem
    with closing(client(host)) as engine:
        if not reaches_loopback(engine):
            raise DockerException(f"the engine at {host} does not reach this machine's 127.0.0.1")
    print(host)


def configured_host() -> str:
    """DOCKER_HOST, else the host of the current context. DockerException where there is no such context."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    name = os.environ.get("DOCKER_CONTEXT")
    context = ContextAPI.get_context(name)
    if context is None:  # the SDK would quietly take the default socket
        raise DockerException(f"there is no Docker context {name or '(current)'}")
    return str(context.Host)


def client(host: str) -> docker.DockerClient:
    """A client of the engine at `host`, with TLS as the environment says."""
    environment = {**os.environ, "DOCKER_HOST": host}
    return docker.DockerClient.from_env(timeout=30, environment=environment)


def reaches_loopback(engine: docker.DockerClient) -> bool:
    """Does a pull from a port on our 127.0.0.1 arrive here? Not from a virtual machine or a foreign host."""
    asked = threading.Event()

    class Registry(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with suppress(DockerException):
            engine.api.pull(f"127.0.0.1:{server.server_port}/imagebump/reach", tag="1")
        server.shutdown()
    return asked.is_set()


def ping(host: str) -> None:
    """DockerException where the engine at `host` does not answer."""
    with closing(client(host)) as engine:
        engine.ping()


def base(host: str, busybox: str) -> None:
    """Import the base image, FROM scratch with busybox and a link for each of its programs."""
    with closing(client(host)) as engine:
        try:
            engine.images.get(BASE)
        except ImageNotFound:
            name, tag = BASE.split(":")
            changes = ["ENV PATH=/bin", 'CMD ["/bin/sh"]']
            engine.api.import_image_from_data(root(busybox), name, tag, changes=changes)
            engine.images.get(BASE)
            print("made")


def root(busybox: str) -> bytes:
    """The base image's files as a tar."""
    program = Path(busybox).read_bytes()
    names = subprocess.run(
        [busybox, "--list"], capture_output=True, text=True, check=True, timeout=30
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add(tar, "bin/busybox", 0o755, program)
        for name in sorted({"sh", *names.stdout.split()} - {"busybox"}):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        add(tar, "etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\n")
        add(tar, "etc/group", 0o644, b"root:x:0:\n")
        for name, mode in (("root", 0o700), ("tmp", 0o1777)):
            directory = tarfile.TarInfo(name)
            directory.type, directory.mode = tarfile.DIRTYPE, mode
            tar.addfile(directory)
    return buffer.getvalue()


def add(tar: tarfile.TarFile, name: str, mode: int, data: bytes) -> None:
    """One plain file."""
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = mode, len(data)
    tar.addfile(entry, io.BytesIO(data))


def remove(host: str, prefix: str) -> None:
    """Remove the tags that begin with `prefix`, and the images that have no other."""
    with closing(client(host)) as engine:
        for tag in [tag for image in engine.images.list() for tag in image.tags]:
            if tag.startswith(prefix):
                engine.images.remove(tag)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
