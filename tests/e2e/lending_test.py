"""What an engine asks for of a context that is lent to it: each file once, and again where it is another."""

import os
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from builds import Told, build, built, committed, planned
from harness import Repo
from imagebump.engine import facts, lending
from imagebump.engine.api import ApiEngine
from imagebump.errors import UserError
from services import Engine


@pytest.fixture
def way(engine: Engine, base_image: str) -> Iterator[ApiEngine]:
    """The engine, which can be lent files."""
    with closing(ApiEngine()) as one:
        assert one.lends
        yield one


def test_what_is_asked_for(
    repo: Repo, way: ApiEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what changed, however large; each commit's own content is in its image."""
    asked: list[str] = []
    read = lending.Context.read

    def noted(context: lending.Context, oid: str) -> Iterator[bytes]:
        asked.append(oid)
        return read(context, oid)

    monkeypatch.setattr(lending.Context, "read", noted)
    large, text = os.urandom(3_000_000).hex(), f"FROM imagebump/base:1\n# {time.time_ns()}\n"
    committed(repo, f"{text}COPY large small /x/\n", large=large, small="one")
    for small in ("two", "six", "two"):
        repo.commit(small, small=small)
        asked.clear()
        files = built(repo, way, engine, "x/")
        assert (files["large"].content, files["small"].content) == (large.encode(), small.encode())
    blob = repo.git("rev-parse", "HEAD:small")
    assert [oid for oid in asked if oid != facts.FILE] == [blob]


def test_a_file_that_is_not_to_be_had(repo: Repo, way: ApiEngine) -> None:
    """That is the reason, and not what the engine makes of it."""
    committed(
        repo, f"FROM imagebump/base:1\n# {time.time_ns()}\nCOPY a /a\n", a=f"{time.time_ns()}"
    )
    blob = repo.git("rev-parse", "HEAD:a")
    with planned(repo) as wanted:
        facts.listed(wanted)
        (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        with pytest.raises(UserError, match=f"^the object {blob} is missing"):
            way.build(wanted, [], Told())


def test_rules_that_are_copied(repo: Repo, way: ApiEngine, engine: Engine) -> None:
    """An engine asks for them alone as it asks for those that it is to apply, of which it gets none."""
    text = f"FROM imagebump/base:1\n# {time.time_ns()}\nCOPY .dockerignore /x/\n"
    committed(repo, text, **{".dockerignore": "b\n", "a": "1", "b": "2"})
    assert built(repo, way, engine, "x/")[".dockerignore"].content == b"b\n"


def test_an_engine_that_takes_no_session(
    repo: Repo, way: ApiEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the context is sent, and a Dockerfile that is ignored gets into the image in no way."""
    monkeypatch.setattr(lending, "open_session", lambda *_: None)
    text = f"FROM imagebump/base:1\n# {time.time_ns()}\nCOPY . /x/\n"
    committed(repo, text, a="1", **{".dockerignore": "Dockerfile\n.*\n"})
    assert built(repo, way, engine, "x/").keys() == {"a"}
    committed(repo, f"{text}RUN --mount=type=cache,target=/c true\n", a="2")
    with pytest.raises(UserError, match=r"over the engine's API it would get into the image"):
        build(repo, way)
