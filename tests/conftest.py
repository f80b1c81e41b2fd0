"""No test sees or changes what belongs to the user who runs it."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from harness import Repo, environment
from projects import processes

OUTER = dict(os.environ)

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # how long an example takes says more of the machine than of the code


def pytest_configure() -> None:
    """A termination is an interrupt: what the fixtures started is ended on the way out.

    Of several workers, each has an engine of its own.
    """
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # ignored where a shell runs us in the background
        signal.signal(number, signal.default_int_handler)
    engines = OUTER.pop("IMAGEBUMP_TEST_ENGINES", "").split()
    worker = OUTER.get("PYTEST_XDIST_WORKER", "gw0")
    if engines:
        OUTER["DOCKER_HOST"] = engines[int(worker.removeprefix("gw"))]


@pytest.fixture(scope="session")
def session_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for what is made once in a session."""
    return tmp_path_factory.mktemp("session")


@pytest.fixture(scope="session", autouse=True)
def session_environment(session_directory: Path) -> Iterator[dict[str, str]]:
    """The environment of everything that is made once in a session."""
    home = session_directory / "home"
    home.mkdir()
    inner = environment(home, session_directory, OUTER)
    with pytest.MonkeyPatch.context() as patch:
        enter(inner, patch)
        yield inner


@pytest.fixture(autouse=True)
def isolated_environment(
    session_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A home of the test's own, and nothing in the environment that speaks of another one."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=session_directory))
    inner = environment(home, session_directory, OUTER)
    enter(inner, monkeypatch)
    return inner


def enter(inner: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    """Make `inner` the whole environment."""
    for name in os.environ.keys() - inner.keys() - {"PYTEST_CURRENT_TEST", "PYTEST_VERSION"}:
        patch.delenv(name)
    for name, value in inner.items():
        patch.setenv(name, value)


@pytest.fixture
def repo(tmp_path: Path, isolated_environment: dict[str, str]) -> Repo:
    """A new Git repository, `app`, on branch main, without a commit."""
    return Repo.make(tmp_path / "app", isolated_environment)


@pytest.fixture(scope="session", autouse=True)
def nobody_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test left asleep, until something is tried again, ends with the session."""
    yield
    for pid, argv in processes():
        asleep = "imagebump.sleeper" in argv
        if asleep and Path(argv[-2]).is_relative_to(tmp_path_factory.getbasetemp()):
            os.kill(pid, signal.SIGKILL)
