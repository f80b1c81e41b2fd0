"""Real programs that tests talk to: an engine, a registry, this package as pre-commit clones it."""

import io
import json
import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import ImageNotFound

from authority import Authority
from harness import free_port, wait_for
from tokens import TokenServer

USER, PASSWORD = "ali", "open sesame"
IDENTITY = "an identity token that nobody must see"
_HTPASSWD = f"{USER}:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"
_MANIFESTS = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)


@dataclass(frozen=True)
class Engine:
    """A Docker engine: its DOCKER_HOST, and a client of it."""

    host: str
    client: docker.DockerClient

    def images(self) -> dict[str, set[str]]:
        """The names of each image, by its id."""
        # Of the SDK's images, each is asked for again, and may be gone by then.
        found = self.client.api.images()
        return {one["Id"]: set(one["RepoTags"] or ()) - {"<none>:<none>"} for one in found}

    def forget(self, name: str) -> None:
        """Remove the images that have `name` in theirs."""
        for tag in set().union(*self.images().values()):
            if name in tag:
                with suppress(ImageNotFound):
                    self.client.images.remove(tag, force=True)


def make(engine: Engine, name: str, text: str, more: str = "") -> None:
    """Build an image with the file /base of this text in the engine."""
    source = f"FROM imagebump/base:1\nRUN echo {text} > /base\n{more}\n"
    made = engine.client.api.build(fileobj=io.BytesIO(source.encode()), tag=name, rm=True)
    assert "Successfully built" in "".join(chunk.decode() for chunk in made)


def put(engine: Engine, name: str, text: str, more: str = "") -> None:
    """The same, pushed under `name`, and taken from the engine."""
    make(engine, name, text, more)
    repository, _, tag = name.rpartition(":")
    engine.client.images.push(repository, tag)
    engine.client.images.remove(name)


def docker_context(name: str, host: str) -> None:
    """As docker context create makes it."""
    path = Path(os.environ["DOCKER_CONFIG"], "contexts", "meta", sha256(name.encode()).hexdigest())
    path.mkdir(parents=True)
    (path.parents[2] / "config.json").write_text("{}")
    meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
    (path / "meta.json").write_text(json.dumps(meta))


@dataclass(frozen=True)
class Packaged:
    """This working tree, committed to a repository of its own: what a user's pre-commit clones."""

    path: Path
    rev: str

    def config(self, *hooks: str) -> str:
        """The text of a .pre-commit-config.yaml with these hook ids, for all the stages that they have."""
        types = ["pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg"]
        types += ["post-commit", "post-merge", "post-rewrite", "pre-push"]
        repo = {"repo": str(self.path), "rev": self.rev, "hooks": [{"id": hook} for hook in hooks]}
        return json.dumps({"default_install_hook_types": types, "repos": [repo]}, indent=2)


class Registry:
    """A docker-registry on a port of 127.0.0.1, with its files in `root`; it can be stopped and started again.

    `private` wants USER and PASSWORD, `tokens` the tokens of a server; with `authority` it speaks TLS.
    """

    def __init__(
        self,
        root: Path,
        *,
        private: bool = False,
        tokens: TokenServer | None = None,
        authority: Authority | None = None,
    ) -> None:
        self.root = root
        self.port = free_port()
        self._auth = (USER, PASSWORD) if private else None
        self._tokens, self._authority = tokens, authority
        self._process: subprocess.Popen[bytes] | None = None
        self._configure()

    @property
    def host(self) -> str:
        """As it stands in an image's name."""
        return f"127.0.0.1:{self.port}"

    def _configure(self) -> None:
        self.root.mkdir(parents=True)
        (self.root / "htpasswd").write_text(_HTPASSWD)
        login: dict[str, Any] = {
            "htpasswd": {"realm": "tests", "path": str(self.root / "htpasswd")}
        }
        config: dict[str, Any] = {
            "version": 0.1,
            "storage": {
                "filesystem": {"rootdirectory": str(self.root / "data")},
                "delete": {"enabled": True},
            },
            "http": {"addr": self.host},
        }
        if self._tokens:
            config["auth"] = self._tokens.config
        elif self._auth:
            config["auth"] = login
        if self._authority:
            certificate, key = self._authority.issue("127.0.0.1")
            config["http"] = {
                "addr": self.host,
                "tls": {"certificate": str(certificate), "key": str(key)},
            }
        (self.root / "config.yml").write_text(json.dumps(config))  # JSON is YAML

    @property
    def log(self) -> str:
        """What it printed, a line for each request among it."""
        return (self.root / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", str(self.root / "config.yml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers, 20, f"the registry at {self.host}")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the registry ended\n{self.log}"
        try:
            return self._get("", timeout=5).status_code in (200, 401)
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        """End it, if it runs; its files stay."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def get(self, path: str) -> requests.Response:
        """GET of a path under /v2/, with the credentials that it wants; any status."""
        headers = {"Accept": _MANIFESTS}
        if self._tokens:
            name = re.split("/(?:manifests|blobs|tags)/", path)[0]
            token = self._tokens.token(f"repository:{name}:pull")
            headers["Authorization"] = f"Bearer {token}"
        return self._get(path, headers=headers, auth=self._auth, timeout=10)

    def _get(self, path: str, **options: Any) -> requests.Response:
        scheme = "https" if self._authority else "http"
        verify = str(self._authority.certificate) if self._authority else True
        return requests.get(f"{scheme}://{self.host}/v2/{path}", verify=verify, **options)

    def tags(self, repository: str) -> set[str]:
        """The tags of a repository, without those of keys; none where there is no such repository."""
        return {tag for tag in self.all_tags(repository) if not tag.startswith("key-")}

    def all_tags(self, repository: str) -> set[str]:
        """Every tag of a repository."""
        return set(self.get(f"{repository}/tags/list").json().get("tags") or ())

    def digest(self, repository: str, tag: str) -> str:
        """The digest that a tag points to; empty where there is no such tag."""
        answer = self.get(f"{repository}/manifests/{tag}")
        return str(answer.headers["Docker-Content-Digest"]) if answer.ok else ""

    def standing(self, repository: str) -> dict[str, str]:
        """Each tag's digest, out of its files and without a request."""
        below = self.root / "data/docker/registry/v2/repositories" / repository / "_manifests/tags"
        links = {path.parent.parent.name: path for path in below.glob("*/current/link")}
        return {tag: path.read_text() for tag, path in links.items()}

    def labels(self, repository: str, tag: str) -> dict[str, str]:
        """The labels of the image that a tag points to."""
        config = self.get(f"{repository}/manifests/{tag}").json()["config"]["digest"]
        return dict(self.get(f"{repository}/blobs/{config}").json()["config"].get("Labels") or {})
