"""Two that publish the same commit at the same time, in every order that matters."""

import re
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import cast

import pytest

from imagebump import publish
from imagebump.destination import Destination, Made, Phase
from imagebump.engine import Report
from imagebump.plan import BuildPlan
from imagebump.prepare import Prepared
from imagebump.tags import KEY_LABEL, VERSION_LABEL, Found, Moving, Tag

OURS, THEIRS = "sha256:ours", "sha256:theirs"


class Plan:
    """As much of a plan as a destination that builds nothing asks for."""

    key = whole_key = "key"
    fresh = False
    snapshot = SimpleNamespace(rev="0123456")


class Shared:
    """A registry to which somebody else writes `theirs` at the moment `when`."""

    def __init__(self, when: str, key: str) -> None:
        self.standing: dict[str, str] = {}
        self._when, self._key = when, key
        self.waited: list[str] = []
        self.moved: list[dict[str, str]] = []
        self.named: list[str] = []

    def _meanwhile(self, moment: str) -> None:
        if moment == self._when:
            self.standing["1.0.0"] = THEIRS

    def close(self) -> None:
        """Nothing."""

    def find(self, tag: str) -> Found | None:
        """See Destination."""
        digest = self.standing.get(tag)
        key = self._key if digest == THEIRS else "key"
        return Found(digest, {KEY_LABEL: key, VERSION_LABEL: "1.0.0"}) if digest else None

    def tags(self) -> tuple[str, ...]:
        """See Destination."""
        return tuple(self.standing)

    def make(self, prepared: Prepared, report: Report, phase: Callable[[Phase], None]) -> Made:
        """See Destination."""
        self._meanwhile("during the build")
        return Made(OURS)

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """See Destination."""
        self._meanwhile("during the put")
        if self.standing.get(tag, "") == over:
            self.standing[tag] = digest
        return self.settled(tag) if contended else self.standing[tag]

    def settled(self, tag: str) -> str:
        """See Destination."""
        self._meanwhile("after the put")
        self.waited.append(tag)
        return self.standing[tag]

    def name(self, tags: Iterable[str]) -> None:
        """See Destination."""
        self.named += tags


class Unread:
    """A report that nobody reads."""

    def log(self, text: str) -> None:
        """Nothing."""


def place(shared: Shared, first: Tag, moving: tuple[Moving, ...] = ()) -> publish.Outcome:
    """Publish under `first` and the version."""
    plan = cast("BuildPlan", Plan())
    tags = (first, Tag("1.0.0", "release"))
    prepared = Prepared(plan, tags, "1.0.0", "1.0.0", "localhost", "app", True, moving=moving)
    destination: Destination = shared
    return publish._place(
        prepared,
        destination,
        cast("Report", Unread()),
        lambda phase: None,
        lambda digest: shared.moved.append(dict(shared.standing)),
    )


@pytest.mark.parametrize("when", ["during the build", "during the put", "after the put"])
def test_both_tags_are_on_one_digest(when: str) -> None:
    """Which one the version is on, and the commit's tag, which is written after it, follows it."""
    shared = Shared(when, key="key")
    outcome = place(shared, Tag("abc1234", "commit"))
    assert shared.standing == {"abc1234": THEIRS, "1.0.0": THEIRS}
    assert (outcome.digest, outcome.refusal) == (THEIRS, None)


@pytest.mark.parametrize("when", ["during the build", "during the put", "after the put"])
def test_other_content_is_refused(when: str) -> None:
    """The version stays as it is, and the commit's tag is ours."""
    shared = Shared(when, key="another")
    outcome = place(shared, Tag("abc1234", "commit"))
    assert shared.standing == {"abc1234": OURS, "1.0.0": THEIRS}
    assert outcome.digest == OURS
    assert outcome.refusal
    assert outcome.tags == ("abc1234",)
    assert shared.named == ["abc1234"]


def test_a_version_is_looked_at_again_where_only_the_commit_was_published_before() -> None:
    """As after a fast-forward: somebody else may be writing that version for other content."""
    shared = Shared("never", key="key")
    shared.standing = {"abc1234": OURS}
    place(shared, Tag("abc1234", "commit"))
    assert shared.waited == ["1.0.0"]


def test_nobody_waits_before_all_tags_stand() -> None:
    """But where others follow: they go to what is sure to stay."""
    shared = Shared("never", key="key")
    place(shared, Tag("abc1234", "commit"))
    assert shared.waited == ["1.0.0", "abc1234"]
    shared = Shared("never", key="key")
    place(shared, Tag("abc1234", "commit"), (Moving("latest", "latest", {}, re.compile(".")),))
    assert shared.waited == ["1.0.0"]
    assert shared.moved == [{"1.0.0": OURS}]


def test_what_moves_with_a_release_moves_before_the_commit_has_its_tag() -> None:
    """So that a killed worker has something left to do, and a rollback is undone by no repetition."""
    shared = Shared("never", key="key")
    place(shared, Tag("abc1234", "commit"))
    assert shared.moved == [{"1.0.0": OURS}]
    place(shared, Tag("abc1234", "commit"))
    assert len(shared.moved) == 1


def test_nothing_could_be_placed() -> None:
    """Then nothing was adopted either."""
    shared = Shared("never", key="another")
    shared.standing = {"abc1234": THEIRS, "1.0.0": THEIRS}
    outcome = place(shared, Tag("abc1234", "commit"))
    assert (outcome.digest, outcome.tags, outcome.adopted) == ("", (), False)
