"""From the facts about a commit to its version: a table."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from semver import Version

from imagebump.bump import Decision, Facts, advice, by_hand, decide, following
from imagebump.errors import UserError
from imagebump.version import PARTS, Part, VersionFile


def known(text: str | None) -> Version | None:
    """A version, or none."""
    return Version.parse(text) if text else None


class Case(NamedTuple):
    """Facts that differ from a patch of 1.2.3 whose src/a.py changed; what is written, and why."""

    facts: dict[str, Any]
    written: str | None
    why: str


VERSIONS = ("base", "floor", "staged", "ours", "amended")
CASES = {
    "the default part": Case({}, "1.2.4", "1.2.3 → 1.2.4 (patch: src/a.py changed)"),
    "a larger part": Case({"part": "major"}, "2.0.0", "1.2.3 → 2.0.0 (major: src/a.py changed)"),
    "no part": Case({"part": "none"}, None, "1.2.3 (no part to bump)"),
    "the same image": Case(
        {"changed": ""}, None, "1.2.3 (nothing that the image is made of changed)"
    ),
    "no VERSION at all": Case(
        {"base": None, "floor": None, "staged": None}, "0.1.0", "0.1.0 (no version yet)"
    ),
    "VERSION was deleted": Case({"staged": None}, "1.2.4", "1.2.4 (VERSION was gone)"),
    "a first VERSION": Case(
        {"base": None, "floor": None, "staged": "7.0.0"}, None, "7.0.0 (first version)"
    ),
    "VERSION comes back behind what was": Case(
        {"base": None, "floor": "1.5.0", "staged": "1.0.0"},
        "1.5.1",
        "no version → 1.5.1 (1.0.0 was staged, but 1.5.0 is taken)",
    ),
    "a person's own": Case({"staged": "1.9.0"}, None, "1.2.3 → 1.9.0 (staged by hand)"),
    "a person's own, nothing else": Case(
        {"staged": "1.9.0", "changed": ""}, None, "1.2.3 → 1.9.0 (staged by hand)"
    ),
    "a person's own, taken": Case(
        {"staged": "1.9.0", "floor": "1.9.0"},
        "1.9.1",
        "1.2.3 → 1.9.1 (1.9.0 was staged, but 1.9.0 is taken)",
    ),
    "a person goes back": Case(
        {"staged": "1.2.2"}, "1.2.4", "1.2.3 → 1.2.4 (1.2.2 was staged, but 1.2.3 is taken)"
    ),
    "a person goes back, without a part": Case(
        {"staged": "1.2.2", "part": "none"},
        "1.2.4",
        "1.2.3 → 1.2.4 (1.2.2 was staged, but 1.2.3 is taken)",
    ),
    "a person insists": Case(
        {"staged": "1.2.2", "allow_downgrade": True}, None, "1.2.3 → 1.2.2 (staged by hand)"
    ),
    "after a revert": Case(
        {"floor": "1.3.0"}, "1.3.1", "1.2.3 → 1.3.1 (patch: src/a.py changed)"
    ),
    "an aborted attempt, again": Case(
        {"staged": "1.2.4", "ours": "1.2.4"}, None, "1.2.4 (patch: src/a.py changed)"
    ),
    "an aborted attempt, by another part": Case(
        {"staged": "1.2.4", "ours": "1.2.4", "part": "minor"},
        "1.3.0",
        "1.2.3 → 1.3.0 (minor: src/a.py changed)",
    ),
    "an aborted attempt, now without an image": Case(
        {"staged": "1.2.4", "ours": "1.2.4", "changed": ""},
        "1.2.3",
        "1.2.3 (nothing that the image is made of changed)",
    ),
    "a person after an aborted attempt": Case(
        {"staged": "2.0.0", "ours": "1.2.4"}, None, "1.2.3 → 2.0.0 (staged by hand)"
    ),
    "an amend before the publish": Case(
        {"staged": "1.2.4", "amended": "1.2.4"}, None, "1.2.4 (amended, not published yet)"
    ),
    "an amend of a version that is no news": Case(
        {"amended": "1.2.3"}, "1.2.4", "1.2.3 → 1.2.4 (patch: src/a.py changed)"
    ),
    "a promise that is broken": Case(
        {"contract": ("major", "EXPOSE 80 is gone"), "applies": True},
        "2.0.0",
        "1.2.3 → 2.0.0 (major: EXPOSE 80 is gone)",
    ),
    "a promise that is broken, advised": Case(
        {"contract": ("major", "EXPOSE 80 is gone")}, "1.2.4", "1.2.3 → 1.2.4 (patch: src/a.py changed)"
    ),
    "a promise before 1.0.0": Case(
        {"base": "0.2.3", "floor": "0.2.3", "staged": "0.2.3", "contract": ("major", "x"), "applies": True},
        "0.3.0",
        "0.2.3 → 0.3.0 (minor: x)",
    ),
    "a smaller promise than the part": Case(
        {"contract": ("minor", "x"), "applies": True, "part": "major"},
        "2.0.0",
        "1.2.3 → 2.0.0 (major: src/a.py changed)",
    ),
    "a promise, and no part": Case(
        {"contract": ("major", "x"), "applies": True, "part": "none"}, None, "1.2.3 (no part to bump)"
    ),
    "a promise that an amend breaks": Case(
        {"staged": "1.2.4", "amended": "1.2.4", "contract": ("major", "x"), "applies": True},
        "2.0.0",
        "1.2.3 → 2.0.0 (major: x)",
    ),
    "a promise that an amend has kept": Case(
        {"staged": "2.0.0", "amended": "2.0.0", "contract": ("major", "x"), "applies": True},
        None,
        "2.0.0 (amended, not published yet)",
    ),
    "a merge": Case(
        {"merging": True, "floor": "1.4.0", "staged": "1.4.0"},
        "1.4.1",
        "1.2.3 → 1.4.1 (patch: src/a.py changed)",
    ),
    "a merge whose image has the number": Case(
        {"merging": True, "floor": "1.4.0", "staged": "1.4.0", "changed": ""},
        None,
        "1.4.0 (merged, with the image of that version)",
    ),
    "a merge, decided by a person": Case(
        {"merging": True, "floor": "1.4.0", "staged": "1.5.0"}, None, "1.2.3 → 1.5.0 (staged by hand)"
    ),
    "a merge that was tried before": Case(
        {"merging": True, "floor": "1.4.0", "staged": "1.4.1", "ours": "1.4.1"},
        None,
        "1.4.1 (patch: src/a.py changed)",
    ),
    "a merge without a part": Case(
        {"merging": True, "floor": "1.4.0", "part": "none"}, None, "1.2.3 (no part to bump)"
    ),
    "a pre-release": Case(
        {"base": "1.3.0-rc.1", "floor": "1.3.0-rc.1", "staged": "1.3.0-rc.1"},
        "1.3.0-rc.2",
        "1.3.0-rc.1 → 1.3.0-rc.2 (pre-release: src/a.py changed)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_decide(case: Case) -> None:
    """What is written, and the line that says why."""
    same = dict.fromkeys(("base", "floor", "staged"), "1.2.3")
    other = {"ours": None, "amended": None, "changed": "src/a.py", "part": "patch"}
    given: dict[str, Any] = same | other | case.facts
    given |= {name: known(given[name]) for name in VERSIONS}
    staged = given["staged"]
    decision = decide(Facts(**given | {"staged": staged and VersionFile(staged, "v", "")}))
    written = decision.file and str(decision.file.version)
    assert (written, decision.why) == (case.written, case.why)
    if decision.file and staged:
        assert bytes(decision.file) == f"v{written}".encode()


@pytest.mark.parametrize(
    ("base", "written", "asked"),
    [
        ("1.2.3", "1.2.4", "major"),
        ("0.2.3", "0.2.4", "minor"),
        ("1.2.3", "1.3.0", "major"),
        ("1.2.3", "2.0.0", ""),
        ("0.2.3", "0.3.0", ""),
        ("1.2.3", None, ""),
        ("1.3.0-rc.1", "1.3.0-rc.2", ""),
    ],
)
def test_advice(base: str, written: str | None, asked: str) -> None:
    """Where the step is smaller than what the image promised asks for; silent where none is made."""
    before = Version.parse(base)
    facts = Facts(before, before, VersionFile(before), None, "Dockerfile", "patch")
    file = VersionFile(Version.parse(written)) if written else None
    said = advice(facts._replace(contract=("major", "USER changed")), Decision(file, ""))
    assert said == (
        f"USER changed: that is a {asked} version. "
        f"To make it one: imagebump {asked} && git commit --amend --no-edit"
        if asked
        else ""
    )


def test_what_no_part_means() -> None:
    """Where the image changed, what is published at that version will not be this."""
    known = Version.parse("1.2.3")
    facts = Facts(known, known, VersionFile(known), None, "app.py", "none")
    assert advice(facts, decide(facts)) == (
        "app.py changed, and no part is bumped: a 1.2.3 that is published stays what it is"
    )
    assert advice(facts._replace(changed=""), decide(facts)) == ""


@pytest.mark.parametrize(
    ("version", "part", "after"),
    [
        ("1.2.3", "minor", "1.3.0"),
        ("1.3.0-rc.1", "minor", "1.3.0-rc.2"),
        ("1.3.0-rc.9", "patch", "1.3.0-rc.10"),
        ("1.3.0-beta.2.x", "patch", "1.3.0-beta.2.x.0"),
        ("1.3.0-rc", "patch", "1.3.0-rc.0"),
    ],
)
def test_following(version: str, part: Part, after: str) -> None:
    """A pre-release is followed by the next of its kind."""
    assert str(following(Version.parse(version), part)) == after


@settings(deadline=None)
@given(
    st.from_regex(
        r"1\.2\.3-(0|[1-9][0-9]{0,2}|[0-9]?[a-z-][a-z0-9-]{0,3})(\.[a-z1-9])?", fullmatch=True
    ),
    st.sampled_from(PARTS),
)
def test_what_follows_is_ahead(version: str, part: Part) -> None:
    """However a pre-release is written, the next commit's version is larger."""
    before = Version.parse(version)
    assert following(before, part) > before


@pytest.mark.parametrize(
    ("staged", "part", "pre", "after"),
    [
        ("1.2.3", "patch", "", "1.2.4"),
        ("1.2.4", "patch", "", "1.2.4"),
        ("1.2.4", "minor", "", "1.3.0"),
        ("1.3.0", "major", "", "2.0.0"),
        ("1.2.2", "patch", "", "1.2.4"),
        ("1.2.4", "patch", "rc", None),
        ("1.3.0-rc.1", "minor", "rc", "1.3.0-rc.1"),
        ("1.3.0-rc.1", "minor", "", "1.3.0"),
        ("2.0.0", "patch", "", None),
        ("1.3.0", "patch", "", None),
    ],
)
def test_by_hand(staged: str, part: Part, pre: str, after: str | None) -> None:
    """Twice the same part is once, a larger one replaces a smaller one, and never the reverse."""
    base = Version.parse("1.2.3")
    if after is not None:
        assert str(by_hand(base, Version.parse(staged), part, pre)) == after
        return
    with pytest.raises(UserError, match=f"^VERSION is at {staged} already, ahead of ") as caught:
        by_hand(base, Version.parse(staged), part, pre)
    assert caught.value.status == 1
    assert "Run: echo 1.2.4" in caught.value.hint
