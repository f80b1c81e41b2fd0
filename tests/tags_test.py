"""Which tags a commit gets, and when a tag may be written."""

import pytest

from imagebump import config
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.moving import forward
from imagebump.semantic import Version
from imagebump.tags import (
    KEY_LABEL,
    REVISION_LABEL,
    VERSION_LABEL,
    Found,
    Source,
    moving,
    verdict,
    wanted,
)
from imagebump.version import parse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TIME = 1769904000 - 1  # a second before February 2026, UTC


def configured(tags: str, more: str = "") -> Config:
    """A configuration with these [tags]."""
    text = f'registry = "r.io"\nrepository = "team/app"\n[tags]\n{tags}\n{more}'
    (found,) = config.load({".imagebump.toml": text.encode()}.get, "x", {})
    return found


def source(version: str = "1.2.3", branch: str = "main", release: bool = True) -> Source:
    """A commit with this VERSION ("" none)."""
    file = parse(version.encode(), "VERSION") if version else None
    return Source(COMMIT, branch, file, TIME, release)


EVERYTHING = "{version}-{major}-{minor}-{patch}-{prerelease}-{sha}-{branch}-{date}-{image}"


@pytest.mark.parametrize(
    ("tags", "commit", "names"),
    [
        ("", source(), ["0123456", "1.2.3"]),
        ("", source(""), ["0123456"]),
        ("", source(release=False), ["0123456"]),
        ("", source("v1.2.3"), ["0123456", "1.2.3"]),
        ("", source("1.2.3+b.1"), ["0123456", "1.2.3_b.1"]),
        ("sha-length = 40", source(""), [COMMIT]),
        ('commit = ""', source(), ["1.2.3"]),
        ('commit = ""', source(release=False), []),
        ('commit = "g{sha}"\nrelease = "v{version}"', source(), ["g0123456", "v1.2.3"]),
        ('branch = "{branch}.{sha}"', source(branch="feature/x", release=False), ["0123456", "feature-x.0123456"]),
        ('branch = "{branch}.{sha}"', source(branch="feature/x"), ["0123456", "1.2.3"]),
        ('branch = "{branch}.{sha}"', source("", branch="feature/x", release=False), ["0123456"]),
        (f'commit = "{EVERYTHING}"', source("1.2.3-rc.1"), ["1.2.3-rc.1-1-2-3-rc.1-0123456-main-20260131-app", "1.2.3-rc.1"]),
        (f'commit = "a{EVERYTHING}"', source("", branch=""), ["a-----0123456--20260131-app"]),
    ],
)  # fmt: skip
def test_wanted(tags: str, commit: Source, names: list[str]) -> None:
    """The commit's own tag first, then the version's on release branches, or the branch's."""
    assert [tag.name for tag in wanted(configured(tags), commit)] == names


def test_kinds() -> None:
    """A tag says which template it came from."""
    rules = configured('branch = "{branch}.{sha}"')
    assert [tag.kind for tag in wanted(rules, source())] == ["commit", "release"]
    assert [tag.kind for tag in wanted(rules, source(release=False))] == ["commit", "branch"]


def test_branches_that_are_not_published_get_no_tag_of_their_own() -> None:
    """publish.branches holds for the branch's tag too."""
    rules = configured('branch = "{branch}.{sha}"', '[publish]\nbranches = ["main"]\n')
    assert len(wanted(rules, source(branch="topic", release=False))) == 1


@pytest.mark.parametrize(
    ("tags", "commit", "line"),
    [
        (
            'commit = "{prerelease}.{sha}"',
            source(),
            "tags.commit = '{prerelease}.{sha}': expected a tag (A-Z a-z 0-9 _ . -, at most 128, "
            "no . or - first), but it gives '.0123456'",
        ),
        (
            'branch = "{branch}.{sha}"',
            source(branch="b" * 121, release=False),
            "tags.branch = '{branch}.{sha}': expected a tag (A-Z a-z 0-9 _ . -, at most 128, "
            f"no . or - first), but it gives '{'b' * 121}.0123456'",
        ),
    ],
)
def test_a_template_that_gives_no_tag(tags: str, commit: Source, line: str) -> None:
    """Where it shows only at the commit, the error says which template and what it gave."""
    with pytest.raises(UserError) as caught:
        wanted(configured(tags), commit)
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("labels", "answer"),
    [
        (None, "write"),
        ({KEY_LABEL: "k", VERSION_LABEL: "1.0.0"}, "adopt"),
        ({KEY_LABEL: "k", VERSION_LABEL: "1.0.1"}, "refuse"),
        ({KEY_LABEL: "whole", VERSION_LABEL: "1.0.0"}, "adopt"),
        ({KEY_LABEL: "l", VERSION_LABEL: "1.0.0"}, "refuse"),
        ({KEY_LABEL: "k"}, "refuse"),
        ({VERSION_LABEL: "1.0.0"}, "refuse"),
        ({}, "refuse"),
    ],
)
def test_verdict(labels: dict[str, str] | None, answer: str) -> None:
    """Only the same content at the same version is taken for ours; nothing is overwritten."""
    found = None if labels is None else Found("sha256:0", labels)
    assert verdict(found, {"k", "whole"}, "1.0.0") == answer


def test_verdict_without_a_version() -> None:
    """An image of a repository without VERSION carries no version label."""
    assert verdict(Found("d", {KEY_LABEL: "k"}), {"k"}, "") == "adopt"
    assert verdict(Found("d", {KEY_LABEL: "k", VERSION_LABEL: "1.0.0"}), {"k"}, "") == "refuse"


def test_commit_of_what_was_found() -> None:
    """A refusal can name the commit that took the tag."""
    assert Found("d", {REVISION_LABEL: COMMIT}).commit == COMMIT
    assert Found("d", {}).commit == ""


ALL = 'moving = ["latest", "{major}", "{major}.{minor}"]'


@pytest.mark.parametrize(
    ("tags", "commit", "names"),
    [
        (ALL, source(), ["1.2", "1", "latest"]),
        (ALL, source("1.2.3-rc.1"), []),
        (ALL, source(release=False), []),
        (ALL, source(""), []),
        ('moving = ["{branch}", "{image}-{major}"]', source(branch="a/b"), ["app-1", "a-b"]),
        ("", source(), []),
    ],
)
def test_moving(tags: str, commit: Source, names: list[str]) -> None:
    """Stable releases have them, those of few releases first."""
    assert [one.name for one in moving(configured(tags), commit)] == names


@pytest.mark.parametrize(
    ("tags", "branch"),
    [
        ('moving = ["{branch}"]', "1.0.0"),
        ('moving = ["{branch}"]', "0123456"),
        ('moving = ["{branch}"]', f"key-{40 * 'a'}"),
        ('moving = ["v{branch}"]\nrelease = "v{version}"', "1.0.0"),
        ('moving = ["x-{branch}"]\nbranch = "x-{branch}-{sha}"', "a-0123456"),
    ],
)
def test_a_branch_that_is_called_like_a_tag_that_never_moves(tags: str, branch: str) -> None:
    """What is published under it stays."""
    with pytest.raises(UserError, match="could be a tag that never moves"):
        moving(configured(tags), source(branch=branch))
    assert moving(configured(tags), source(branch="1.0"))


class Place:
    """A registry in which `latest` and the like stand on versions; somebody may be moving them as well."""

    def __init__(self, standing: dict[str, str], meanwhile: str = "") -> None:
        self.standing, self._meanwhile = standing, meanwhile
        self.did: list[str] = []

    def find(self, tag: str) -> Found | None:
        """See moving.Place: a version's digest is the version."""
        version = self.standing.get(tag)
        return None if version is None else Found(version, {VERSION_LABEL: version})

    def put(self, tag: str, digest: str, over: str = "", *, contended: bool = True) -> str:
        """See moving.Place."""
        if self._meanwhile:
            self.standing[tag], self._meanwhile = self._meanwhile, ""
        elif self.standing.get(tag, "") == over:
            self.standing[tag] = digest
            self.did.append(f"put {tag}")
        return self.standing[tag]

    def settled(self, tag: str) -> str:
        """See moving.Place."""
        self.did.append(f"wait {tag}")
        return self.standing[tag]


@pytest.mark.parametrize(
    ("name", "standing", "tags", "ends"),
    [
        ("latest", None, [], "1.2.3"),
        ("latest", "1.2.2", ["1.2.2", "1.2.3"], "1.2.3"),
        ("latest", "1.2.2", ["1.2.2", "1.2.3", "2.0.0"], "1.2.2"),
        ("1", "1.2.2", ["1.2.2", "1.2.3", "2.0.0"], "1.2.3"),
        ("1", "1.2.2", ["1.3.0"], "1.2.2"),
        ("1.2", "1.2.2", ["1.3.0", "1.10.0"], "1.2.3"),
        ("latest", "1.2.2", ["2.0.0-rc.1"], "1.2.3"),
        ("latest", "1.10.0", [], "1.10.0"),
        ("latest", "2.0.0-rc.1", [], "2.0.0-rc.1"),
        ("latest", "1.2.2", ["9.9", "99.0.0.0", "latest"], "1.2.3"),
        ("latest", None, ["1.2.4"], None),
    ],
)
def test_forward(name: str, standing: str | None, tags: list[str], ends: str | None) -> None:
    """1.2.3 takes a tag unless a higher version of its pattern is published, or it stands on one."""
    place = Place({name: standing} if standing else {})
    (tag,) = (one for one in moving(configured(ALL), source()) if one.name == name)
    (moved,) = forward(place, [tag], Version(1, 2, 3), "1.2.3", tags).values()
    assert place.standing.get(name) == ends
    assert moved.stands == (ends == "1.2.3")


def test_several_tags_are_waited_for_together() -> None:
    """All are written first; one that is refused stops no other."""
    place = Place({"1": "1.2.2", "1.2": "mine"})
    known = moving(configured(ALL), source())
    moved = forward(place, known, Version(1, 2, 3), "1.2.3", [])
    written = [tag.name for tag in known if tag.name != "1.2"]
    assert place.did == [f"put {name}" for name in written] + [f"wait {name}" for name in written]
    assert {name for name, one in moved.items() if one.stands} == set(written)
    assert moved["1.2"].problem
    assert place.standing["1.2"] == "mine"


@pytest.mark.parametrize(("meanwhile", "ends"), [("1.2.2", "1.2.3"), ("1.2.4", "1.2.4")])
def test_two_that_move_a_tag(meanwhile: str, ends: str) -> None:
    """The higher version has it in the end, whoever was first."""
    place = Place({"latest": "1.2.1"}, meanwhile)
    *_, latest = moving(configured(ALL), source())
    forward(place, [latest], Version(1, 2, 3), "1.2.3", [])
    assert place.standing["latest"] == ends


def test_a_tag_without_a_version_is_left_alone() -> None:
    """It is somebody else's."""
    place = Place({"latest": "mine"})
    *_, latest = moving(configured(ALL), source())
    (moved,) = forward(place, [latest], Version(1, 2, 3), "1.2.3", []).values()
    assert "which has no version: it is not ours to move" in moved.what
    assert isinstance(moved.problem, UserError)
    assert place.standing["latest"] == "mine"
