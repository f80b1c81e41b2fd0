"""The API way to build: the docker SDK's connection, `POST /build` with a tar of the commit.

The SDK's own `images.build` always takes the classic builder, so the request is made here:
`version=2` is BuildKit, whose progress and errors come in the stream.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from secrets import token_hex
from typing import Any

import requests
from docker.errors import DockerException, ImageNotFound, NullResource
from docker.transport import UnixHTTPAdapter
from urllib3.exceptions import HTTPError

from imagebump import reference
from imagebump.engine import Local, PushRefusedError, Report, facts, missing, needs, sent, stream
from imagebump.engine.broken import broken_off
from imagebump.engine.connecting import CONNECT, connected
from imagebump.errors import UserError
from imagebump.plan import Base, BuildPlan
from imagebump.tags import Found

_SILENCE = 3600
"""Seconds without a sign of life after which a push is given up; a build may be silent for longer."""

_ARM = {"armv6l": "arm/v6", "armv7l": "arm/v7"}
"""What images call those that the engine's version does not tell apart."""
_TRIGGER = re.compile(r"(?:/bin/sh -c #\(nop\)\s+)?ONBUILD\s", re.IGNORECASE)
"""How a history writes one."""
_CONTAINERD_STORE = (23, 0)
"""The first engine that may have it."""


class ApiEngine:
    """A running Docker engine (or Podman's compatible API), by DOCKER_HOST, context or default."""

    def __init__(self) -> None:
        self._client, ping, self._about = connected()
        self._podman = needs.is_podman(ping)
        self.has_buildkit = not self._podman and needs.has_buildkit(ping)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def version(self) -> tuple[int, ...]:
        """The engine's, as (28, 0)."""
        return tuple(int(n) for n in re.findall(r"\d+", self._about.get("Version", ""))[:2])

    @property
    def _containerd_store(self) -> bool:
        """Is it on, in an engine of which this matters?"""
        if not _CONTAINERD_STORE <= self.version < needs.CONTAINERD_STORE_BUILDS:
            return False
        rows = self._info.get("DriverStatus") or ()
        return any("io.containerd.snapshotter" in str(row) for row in rows)

    @cached_property
    def _info(self) -> Mapping[str, Any]:
        """All that it says of itself, which takes it a while."""
        try:
            found: Mapping[str, Any] = self._client.info()
        except (DockerException, requests.RequestException) as problem:
            raise broken_off(problem, "telling what it is") from None
        return found

    def check(self, plan: BuildPlan) -> bool:
        """Is BuildKit to build `plan`, or the classic builder? UserError where neither can: see needs."""
        return self._check(plan, lent=self._can_lend(plan))

    def _check(self, plan: BuildPlan, *, lent: bool) -> bool:
        kind = (self.version, self.has_buildkit, self._containerd_store)
        return needs.check(plan, *kind, lent=lent)

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine."""
        buildkit = self.check(plan)
        parameters: dict[str, Any] = {
            "dockerfile": plan.sent_as,
            "buildargs": json.dumps(dict(plan.arguments)),
            "labels": json.dumps(dict(plan.labels)),
            "target": plan.build.target,
            "networkmode": plan.build.network,
            "platform": "".join(plan.build.platforms),
            "rm": 1,
            "forcerm": 1,
        }
        if plan.fresh:
            parameters["nocache"] = "1"
        # What is not to be had of it is said before anything is sent.
        report.step("send the context")
        try:
            image = self._lent(plan, parameters, report) if buildkit else ""
            image = image or self._sent(plan, parameters, report)
        except UserError as problem:
            raise missing.explain(plan, problem) from None
        self.require_bases(plan)
        for name in names:  # only now that the image is known to be what its key says
            self.name(image, *name.rsplit(":", 1))
        return image

    def _lent(self, plan: BuildPlan, parameters: Mapping[str, Any], report: Report) -> str:
        """Build, and let the engine ask for what it has not of the context; "" where it does not ask."""
        if not self._can_lend(plan):
            return ""
        lending = import_module("imagebump.engine.lending")
        context, name = lending.Context(plan), token_hex(16)
        connection = lending.open_session(self._socket, name, facts.key(plan))
        if connection is None:
            return ""
        session = {"remote": "client-session", "session": name, "dockerfile": facts.FILE}
        with lending.Lender(connection, context):
            return self._posted(plan, {**parameters, "version": "2", **session}, report)

    def _sent(self, plan: BuildPlan, parameters: Mapping[str, Any], report: Report) -> str:
        """Build, and send all of the context at once, with the Dockerfile in it."""
        buildkit = self._check(plan, lent=False)
        version = {"version": "2"} if buildkit else {}
        if self._podman:
            body = sent.body_for_podman(plan)
        else:
            body = sent.body(plan, with_rules=plan.hidden and not buildkit)
        return self._posted(plan, {**parameters, **version}, report, body)

    def _posted(
        self,
        plan: BuildPlan,
        parameters: Mapping[str, Any],
        report: Report,
        body: Iterator[bytes] | None = None,
    ) -> str:
        url = f"{self._client.base_url}/v{self._client.api_version}/build"
        headers, patience = {"Content-Type": "application/x-tar"}, (CONNECT, stream.SILENCE)
        try:
            with self._client.post(
                url, params=parameters, data=body, headers=headers, stream=True, timeout=patience
            ) as answer:
                return stream.built(_lines(answer), report, stream.copies(plan))
        except (DockerException, requests.RequestException) as problem:
            raise broken_off(problem, "the build") from None

    @property
    def _socket(self) -> str:
        """The path of the engine's socket, "" where it is reached in another way."""
        adapter = self._client.get_adapter(self._client.base_url)
        return adapter.socket_path if isinstance(adapter, UnixHTTPAdapter) else ""

    @property
    def lends(self) -> bool:
        """Can it be lent the files of a context, of which it asks for those that it has not?"""
        return self.has_buildkit and bool(self._socket)

    def _can_lend(self, plan: BuildPlan) -> bool:
        return self.lends and not facts.names_rules(plan)

    def fetch(self, base: Base, report: Report) -> None:
        """See Engine. BuildKit takes what is there, however old; and over its API it cannot log in anywhere."""
        if base.local or self._is_there(base):
            return
        image = reference.image(base.name)
        report.step(f"pull {base.name}")
        report.log(f"pull {base.name}: {base.digest}")
        try:
            lines = self._client.pull(image.name, tag=image.reference, stream=True, decode=True)
            stream.pulled(lines, base.name)
        except (DockerException, requests.RequestException, HTTPError) as problem:
            raise broken_off(problem, f"the pull of {base.name}") from None
        if not self._is_there(base):
            raise UserError(f"{base.name} moves while it is pulled", "Run: imagebump retry", 1)

    def require_bases(self, plan: BuildPlan) -> None:
        """UserError where somebody else on this machine has moved a base while `plan` was built: it may be on either."""
        for base in plan.bases:
            if base.name != plan.dockerfile.syntax and not self._is_there(base):
                raise UserError(
                    f"{base.name} moves while it is built on", "Run: imagebump retry", 1
                )

    def _is_there(self, base: Base) -> bool:
        found = self.local(base.name)
        if found is None or base.local:
            return found is not None and found.id == base.digest
        return any(one.endswith(f"@{base.digest}") for one in found.digests)

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine."""
        patience, self._client.timeout = self._client.timeout, (CONNECT, _SILENCE)  # type: ignore[assignment]
        try:
            lines = self._client.push(
                repository,
                tag,
                stream=True,
                decode=True,
                auth_config=dict(auth or {"username": "", "password": ""}),
            )
            stream.pushed(lines, report)
        except PushRefusedError as problem:
            if self._podman and "identitytoken" in (auth or {}):
                raise PushRefusedError(f"no identity token is sent: {problem.reason}") from None
            raise
        except (DockerException, requests.RequestException, HTTPError) as problem:
            # HTTPError: a stream that the SDK decodes, it reads past requests
            raise broken_off(problem, f"the push of {repository}:{tag}") from None
        finally:
            self._client.timeout = patience

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine.

        With its registry: Podman would take a short name for that of any registry's image that is here.
        """
        try:
            self._client.tag(image, reference.image(repository).name, tag)
        except (DockerException, requests.RequestException) as problem:
            raise broken_off(problem, f"naming {repository}:{tag}") from None

    def unname(self, name: str) -> None:
        """See Engine."""
        try:
            self._client.remove_image(name)
        except ImageNotFound:
            return
        except (DockerException, requests.RequestException) as problem:
            raise broken_off(problem, f"taking the name {name}") from None

    def find(self, name: str) -> Found | None:
        """See Engine."""
        image = self._inspected(name)
        return Found(image["Id"], image["Config"].get("Labels") or {}) if image else None

    def platform(self, plan: BuildPlan) -> str:
        """See Engine."""
        kind, machine = str(self._about.get("Os") or "linux"), str(self._about.get("Arch") or "")
        if machine == "arm":
            machine = _ARM.get(str(self._info.get("Architecture")), machine)
        return f"{kind}/{machine}"

    def local(self, name: str) -> Local | None:
        """See Engine."""
        image = self._inspected(name)
        if image is None:
            return None
        digests = tuple(image.get("RepoDigests") or ())
        # Podman, and the containerd store as an image's id, give one to what is built here, too
        own = self._podman or any(one.endswith(f"@{image['Id']}") for one in digests)
        return Local(image["Id"], digests, self._has_triggers(image), own)

    def _has_triggers(self, image: Mapping[str, Any]) -> bool:
        """Podman tells of none: there its history has them, those of an image below it, too."""
        told = bool((image.get("Config") or {}).get("OnBuild"))
        if told or not self._podman:
            return told
        try:
            history = self._client.history(image["Id"])  # type: ignore[no-untyped-call]  # decorated in the SDK
        except (DockerException, requests.RequestException) as problem:
            raise broken_off(problem, "telling what an image was made of") from None
        return any(_TRIGGER.match(str(one.get("CreatedBy") or "")) for one in history)

    def _inspected(self, name: str) -> Mapping[str, Any] | None:
        """What the engine says of an image; None where there is none of that name."""
        try:
            found: Mapping[str, Any] = self._client.inspect_image(name)  # type: ignore[no-untyped-call]  # decorated in the SDK
        except (ImageNotFound, NullResource):
            return None
        except (DockerException, requests.RequestException) as problem:
            raise broken_off(problem, f"looking for {name}") from None
        return found


def _lines(answer: requests.Response) -> Iterator[Mapping[str, Any]]:
    """The messages of the stream; UserError where the engine refused the request as a whole."""
    if answer.status_code != 200:
        try:
            message = answer.json()["message"]
        except (ValueError, KeyError):
            message = answer.text
        raise UserError(f"the engine refused the build: {message}", status=1)
    for line in answer.iter_lines():
        if line.strip():
            yield _message(line)


def _message(line: bytes) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(line)
    except ValueError:  # the engine was stopped in the middle of it
        raise broken_off(
            ValueError("its answer ends in the middle of a line"), "the build"
        ) from None
    return found
