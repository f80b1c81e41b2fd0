"""Which builder can build which Dockerfile, and what is missing where none can."""

from pathlib import Path
from typing import Any

import pytest

from imagebump.config import Build
from imagebump.dockerfile.inputs import ignore_rules, inputs
from imagebump.dockerfile.parse import parse
from imagebump.engine.needs import SessionNeededError, check, require_lent
from imagebump.errors import BrokenCommitError, UserError
from imagebump.git import Repository
from imagebump.plan import BuildPlan
from imagebump.snapshot import Snapshot

OLD, NEW = (20, 10), (28, 0)
PLAIN = "FROM a\nCOPY b /x\nRUN ls\n"
LEAK = "over the engine's API it would get into the image"


def plan(
    text: str, rules: str = "", where: str = "", dockerfile: str = "Dockerfile", **more: Any
) -> BuildPlan:
    """A plan for this Dockerfile; nothing of it is read from a repository. `more` are keys of the build."""
    nowhere = Path("/nowhere")
    snapshot = Snapshot(Repository(nowhere, nowhere, nowhere, {}, ""), "0" * 40)
    parsed = parse(text.encode())
    read = inputs(parsed, ignore_rules(rules.encode()))
    build = Build(where, dockerfile, "", {}, "")._replace(**more)
    return BuildPlan(snapshot, build, parsed, read, (), {}, {}, "key", "whole")


def refusal(
    wanted: BuildPlan,
    engine: tuple[int, ...],
    buildkit: bool,
    store: bool = False,
    *,
    session: bool = False,
) -> str:
    """The line that says what is missing; `session` where docker buildx would do."""
    with pytest.raises(UserError) as caught:
        check(wanted, engine, buildkit, store)
    assert isinstance(caught.value, SessionNeededError) is session
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "least"),
    [
        (PLAIN, None),
        ("FROM a\nRUN --mount=type=cache,target=/c ls\n", None),
        ("FROM a\nRUN --network=none ls\n", None),
        ("FROM a\nCOPY --chmod=644 b /x\n", None),
        ("FROM a\nCOPY --chown=1 --from=c b /x\n", None),
        ("FROM a\nCOPY --link b /x\n", ("--link", 2, "23.0")),
        ("FROM a\n\nCOPY --link=true b /x\n", ("--link", 3, "23.0")),
        ("FROM a\nADD --checksum=sha256:0 http://h/a /x\n", ("--checksum", 2, "24.0")),
        ("FROM a\nCOPY --parents b /x\n", ("--parents", 2, "28.0")),
        ("FROM a\nCOPY --exclude=*.log b /x\n", ("--exclude", 2, "28.0")),
        ("FROM a\nRUN <<EOF\nls\nEOF\n", ("a heredoc", 2, "23.0")),
        ("FROM a\nCOPY <<EOF /x\nls\nEOF\n", ("a heredoc", 2, "23.0")),
    ],
)
def test_buildkit(text: str, least: tuple[str, int, str] | None) -> None:
    """A new engine builds all of it; an old one says which instruction wants which engine."""
    assert check(plan(text), NEW, buildkit=True, containerd_store=False)
    if least is None:
        assert check(plan(text), OLD, buildkit=True, containerd_store=False)
        return
    what, line, version = least
    assert refusal(plan(text), OLD, buildkit=True) == (
        f"Dockerfile uses {what} in line {line}, which needs engine {version}; this is 20.10. "
        "Update the Docker engine, then run: imagebump retry"
    )
    major, minor = (int(number) for number in version.split("."))
    assert check(plan(text), (major, minor), buildkit=True, containerd_store=False)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (plan("# syntax=docker/dockerfile:1\nFROM a\n"), "Dockerfile names a frontend of its own (# syntax=docker/dockerfile:1)"),
        (plan("FROM a\nRUN --mount=type=secret,id=s ls\n"), "Dockerfile uses a secret mount in line 2"),
        (plan("FROM a\nRUN --mount=type=ssh ls\n"), "Dockerfile uses an ssh mount in line 2"),
        (plan("FROM a\nCOPY --link b /x\nRUN --mount=type=ssh ls\n"), "Dockerfile uses an ssh mount in line 3"),
        (plan(PLAIN, platforms=("linux/amd64", "linux/arm64")), "the configuration sets build.platforms to several"),
        (plan(PLAIN, cache_from=("type=gha",)), "the configuration sets build.cache-from"),
        (plan(PLAIN, cache_to=("type=gha",)), "the configuration sets build.cache-to"),
        (plan(PLAIN, provenance=True), "the configuration sets build.provenance"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine", [(99, 0), OLD])
def test_a_session_is_needed(wanted: BuildPlan, why: str, engine: tuple[int, int]) -> None:
    """No engine's API serves it, however new; that is said before what a newer one serves."""
    line = refusal(wanted, engine, buildkit=True, store=True, session=True)
    assert line == f"{why}, which needs docker buildx"


def test_one_platform() -> None:
    """The API knows it, too."""
    assert check(
        plan(PLAIN, platforms=("linux/arm64",)), NEW, buildkit=True, containerd_store=False
    )


MOUNT = "FROM a\nRUN --mount=type={} ls\n"


@pytest.mark.parametrize(
    ("mount", "more", "lacks"),
    [
        ("secret,id=npm", {}, ""),
        ("secret,id=npm,required=false", {}, ""),
        ("secret,id=npm,required", {"secrets": {"npm": "env:A"}}, ""),
        ("secret,id=npm,required", {"secrets": {"pip": "env:A"}}, "secret 'npm'"),
        ("secret,target=/run/x/pip,required=true", {"secrets": {"pip": "env:A"}}, ""),
        ("secret,target=/run/x/pip,required=true", {}, "secret 'pip'"),
        ("ssh", {}, ""),
        ("ssh,required=1", {}, "ssh 'default'"),
        ("ssh,required=1", {"ssh": ("default=/key",)}, ""),
        ("ssh,id=git,required=1", {"ssh": ("default",)}, "ssh 'git'"),
        ("cache,target=/c,required=1", {}, ""),
    ],
)
def test_what_the_configuration_lends(mount: str, more: dict[str, Any], lacks: str) -> None:
    """Without it such a RUN would fail at best."""
    wanted = plan(MOUNT.format(mount), **more)
    if not lacks:
        require_lent(wanted)
        return
    key = "ssh" if lacks.startswith("ssh") else "secrets"
    with pytest.raises(BrokenCommitError) as caught:
        require_lent(wanted)
    assert str(caught.value) == (
        f"Dockerfile needs the {lacks} in line 2, which no key lends it. Set build.{key}, and commit"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PLAIN, ""),
        ("FROM a\nCOPY --from=b --chown=1 c /x\n", ""),
        ("FROM a\nRUN --mount=type=cache,target=/c ls\n", "uses --mount in line 2"),
        ("FROM a\nRUN --network=none ls\n", "uses --network in line 2"),
        ("FROM a\nCOPY --chmod=644 b /x\n", "uses --chmod in line 2"),
        ("FROM a\nCOPY <<EOF /x\nls\nEOF\n", "uses a heredoc in line 2"),
    ],
)
@pytest.mark.parametrize("engine", [NEW, (4, 3)], ids=["docker", "podman"])
def test_without_buildkit(text: str, why: str, engine: tuple[int, int]) -> None:
    """The classic builder takes what it knows; Podman counts its versions otherwise."""
    if not why:
        assert not check(plan(text), engine, buildkit=False, containerd_store=False)
        return
    line = (
        f"Dockerfile {why}, but this engine has no BuildKit. "
        "Use a Docker engine of 18.09 or later, then run: imagebump retry"
    )
    assert refusal(plan(text), engine, buildkit=False) == line


def test_the_containerd_store() -> None:
    """Before 28 the API cannot build into it."""
    assert check(plan(PLAIN), NEW, buildkit=True, containerd_store=True)
    assert refusal(plan(PLAIN), (26, 1), buildkit=True, store=True, session=True) == (
        "engine 26.1 with the containerd image store cannot build over its API. "
        "Update it to 28 or later, or turn the containerd store off"
    )


ALL = "FROM a\nCOPY . /x\n"


@pytest.mark.parametrize(
    ("wanted", "buildkit"),
    [
        (plan(ALL), True),
        (plan(ALL, rules="*.log"), True),
        (plan(PLAIN, rules="Dockerfile"), True),
        (plan(ALL, rules="Dockerfile"), False),
        (plan(ALL, rules="*\n!b"), False),
        (plan(PLAIN, where="app"), True),
        (plan(ALL, where="app", dockerfile="app/Dockerfile"), True),
        (plan("FROM a\nCOPY docker /x\n", rules="docker", dockerfile="docker/D"), False),
    ],
)
def test_a_hidden_dockerfile(wanted: BuildPlan, buildkit: bool) -> None:
    """Where the image would get a Dockerfile that is ignored, the classic builder keeps it out."""
    assert check(wanted, NEW, buildkit=True, containerd_store=False) is buildkit


@pytest.mark.parametrize(
    "wanted",
    [
        plan(ALL, where="app"),
        plan(f"{ALL}RUN --mount=type=cache,target=/c ls\n", rules="Dockerfile"),
    ],
)
def test_a_hidden_dockerfile_that_is_lent(wanted: BuildPlan) -> None:
    """It comes beside the context, of which BuildKit copies what is in it."""
    assert check(wanted, NEW, buildkit=True, containerd_store=False, lent=True)


def test_a_hidden_dockerfile_that_neither_builds() -> None:
    """Each builder lacks something: both are said."""
    text = f"{ALL}RUN --mount=type=cache,target=/c ls\n"
    assert refusal(plan(text, rules="Dockerfile"), NEW, buildkit=True, session=True) == (
        "Dockerfile is in .dockerignore, while it copies its own directory, "
        f"and uses --mount in line 3: {LEAK}"
    )


def test_a_dockerfile_outside_of_a_context_that_is_copied_whole() -> None:
    """It would be in the image under a name that nobody knows."""
    assert refusal(plan(ALL, where="app"), NEW, buildkit=True, session=True) == (
        f"Dockerfile lies outside its build context, which it copies whole: {LEAK}"
    )
