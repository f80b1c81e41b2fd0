"""Whose an image in the engine is: its registry's, or made here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from harness import Repo
from imagebump.bases import Bases
from imagebump.engine import Engine, Local, Report
from imagebump.errors import UserError
from imagebump.plan import BuildPlan
from plan_test import planned, source, stage
from registry_test import OCI, failure, playing

OLD, ID = f"sha256:{64 * 'a'}", f"sha256:{64 * 'c'}"


@dataclass(frozen=True)
class Has:
    """An engine that has one image under every name."""

    one: Local | None

    def platform(self, plan: BuildPlan) -> str:
        """See Engine."""
        return "linux/amd64"

    def local(self, name: str) -> Local | None:
        """See Engine."""
        return self.one


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, text: str) -> None:
        """See Report."""
        self.lines.append(text)


def asked(
    state: Path, plan: BuildPlan, local: Local | None, *, stale: bool = False
) -> tuple[BuildPlan, list[str]]:
    """The plan with its base, and what was logged."""
    log = Log()
    engine = cast("Engine", cast("Any", Has(local)))
    bases = Bases(state, lambda _: None, {}, stale=stale)
    found = bases.plan(plan, lambda: engine, cast("Report", log))
    return found, log.lines


def based(repo: Repo, name: str) -> BuildPlan:
    """A plan on a base."""
    stage(repo, Dockerfile=f"FROM {name}\n")
    return planned(repo, source())


@pytest.mark.parametrize(
    ("image", "local"), [(ID, False), (OLD, True)], ids=["classic", "containerd"]
)
def test_a_base_whose_old_image_is_gone(
    repo: Repo, tmp_path: Path, image: str, local: bool
) -> None:
    """The registry's word counts where its digest is no id; else nobody can tell, and the log says so."""
    with playing() as server:
        new = server.put("1", OCI, b"{}")
        name = f"{server.host}/team/app"
        here = Local(image, (f"{name}@{OLD}",), False, local)
        plan, said = asked(tmp_path, based(repo, f"{name}:1"), here)
    assert [(one.digest, one.local) for one in plan.bases] == [(OLD if local else new, local)]
    assert [OLD in line and new in line for line in said] == [True] * local


@pytest.mark.parametrize("image", [ID, OLD, ""], ids=["classic", "containerd", "known"])
def test_a_registry_that_does_not_answer(repo: Repo, tmp_path: Path, image: str) -> None:
    """What came from it is never taken as made here meanwhile; what may have been made here is."""
    with playing() as server:
        server.put("1", OCI, b"{}")
        name = f"{server.host}/team/app"
        plan = based(repo, f"{name}:1")
        here = Local(image, (f"{name}@{OLD}",), False, image == OLD) if image else None
        if not image:
            asked(tmp_path, plan, None)
        server.give("HEAD /v2/team/app/manifests/1", failure(401, "UNAUTHORIZED", "no"))
        if image == OLD:
            found, said = asked(tmp_path, plan, here)
            assert found.bases[0].local, "nobody there tells of it"
            assert "is taken as made here: cannot read" in said[0]
        else:
            with pytest.raises(UserError, match="not logged in"):
                asked(tmp_path, plan, here)
    if image == OLD:
        assert asked(tmp_path, plan, here)[0].bases[0].local
    else:
        with pytest.raises(UserError, match="refused"):
            asked(tmp_path, plan, here)


def test_an_engine_that_does_not_answer(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For what it builds is remembered, of each engine: what needs no build needs none that runs."""

    def dead() -> Engine:
        raise UserError("nobody is there")

    plan = based(repo, "scratch")
    with pytest.raises(UserError, match="nobody"):
        Bases(tmp_path, lambda _: None, {}).plan(plan, dead, cast("Report", Log()))
    found, _ = asked(tmp_path, plan, None)
    again = Bases(tmp_path, lambda _: None, {}).plan(plan, dead, cast("Report", Log()))
    assert again.content == found.content != ""
    monkeypatch.setenv("DOCKER_HOST", "tcp://ada:secret@elsewhere:1")
    with pytest.raises(UserError, match="nobody"):
        Bases(tmp_path, lambda _: None, {}).plan(plan, dead, cast("Report", Log()))
    asked(tmp_path, plan, None)
    assert "secret" not in (tmp_path / "bases").read_text()


def test_a_build_that_goes_nowhere(repo: Repo, tmp_path: Path) -> None:
    """It takes what is here, and says so; what came from a registry is remembered all the same."""
    with playing() as server:
        server.put("1", OCI, b"{}")
        name = f"{server.host}/team/app:1"
        plan = based(repo, name)
        asked(tmp_path, plan, None)
    here = Local(ID, (f"{server.host}/team/app@{OLD}",), False)
    found, said = asked(tmp_path, plan, here, stale=True)
    assert [(one.digest, one.local) for one in found.bases] == [(ID, True)]
    assert said == [
        f"{name} is taken as it is here: cannot reach the registry at {server.host}: connection refused"
    ]
    for local in (here, None):
        with pytest.raises(UserError, match=f"See that {server.host} answers"):
            asked(tmp_path, plan, local)
    with pytest.raises(UserError, match=f"what the base {name} is now, is not known"):
        asked(tmp_path, plan, None, stale=True)
