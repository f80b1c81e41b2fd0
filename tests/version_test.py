"""The VERSION file is read and written byte by byte, and every bump goes forward."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from semver import Version

from imagebump.errors import UserError
from imagebump.version import PARTS, Part, bump, parse, part_between


@pytest.mark.parametrize(
    ("data", "version", "after"),
    [
        (b"1.2.3\n", "1.2.3", b"2.0.0-rc.1\n"),
        (b"1.2.3", "1.2.3", b"2.0.0-rc.1"),
        (b"1.2.3\r\n", "1.2.3", b"2.0.0-rc.1\r\n"),
        (b"v1.2.3\n", "1.2.3", b"v2.0.0-rc.1\n"),
        (b"V0.0.0-a.0+b\n", "0.0.0-a.0+b", b"V2.0.0-rc.1\n"),
    ],
)
def test_what_is_around_the_version_stays(data: bytes, version: str, after: bytes) -> None:
    """The prefix and the line's ending survive a new version."""
    file = parse(data, "VERSION")
    assert (str(file.version), bytes(file)) == (version, data)
    assert bytes(file.with_version(Version.parse("2.0.0-rc.1"))) == after


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", "nothing"),
        (b"\n", r"'\n'"),
        (b"1.2", "'1.2'"),
        (b"1.2.3\n\n", r"'1.2.3\n\n'"),
        (b"1.2.3\n1.2.4\n", r"'1.2.3\n1.2.4\n'"),
        (b" 1.2.3\n", r"' 1.2.3\n'"),
        (b"vv1.2.3\n", r"'vv1.2.3\n'"),
        (b"01.2.3\n", r"'01.2.3\n'"),
        (b"1.2.3-\n", r"'1.2.3-\n'"),
        (b"\xff1.2.3\n", r"'\xff1.2.3\n'"),
        (b"\xe2\x80\x9c1.2.3\xe2\x80\x9d\n", r"'“1.2.3”\n'"),
        (b"1.2.3\\n", r"'1.2.3\\n'"),
        (b"\\\xff\\udcff", r"'\\\xff\\udcff'"),
        (b"\xff" * 41, "'" + r"\xff" * 39 + "…'"),
        ("1.٢.3\n".encode(), r"'1.٢.3\n'"),
        (b"\xef\xbb\xbf1.2.3\n", r"'\ufeff1.2.3\n'"),
        (b"9" * 5000 + b".0.0", f"'{'9' * 39}…'"),
    ],
)
def test_what_is_no_version(data: bytes, shown: str) -> None:
    """The error shows what was read, and what to type."""
    with pytest.raises(UserError) as caught:
        parse(data, "app/VERSION")
    assert str(caught.value) == (
        f"app/VERSION holds {shown}, expected one line with a semantic version such as 1.2.3. "
        "Run: echo 1.0.0 > app/VERSION && git add app/VERSION (with your version)"
    )


@pytest.mark.parametrize(
    ("version", "part", "pre", "after"),
    [
        ("1.2.3", "patch", "", "1.2.4"),
        ("1.2.3", "minor", "", "1.3.0"),
        ("1.2.3", "major", "", "2.0.0"),
        ("1.2.3+b", "patch", "", "1.2.4"),
        ("1.3.0-rc.2", "patch", "", "1.3.0"),
        ("1.3.0-rc.2", "minor", "", "1.3.0"),
        ("1.3.0-rc.2", "major", "", "2.0.0"),
        ("1.3.1-rc.2", "minor", "", "1.4.0"),
        ("1.2.3", "minor", "rc", "1.3.0-rc.1"),
        ("1.3.0-rc.1", "minor", "rc", "1.3.0-rc.2"),
        ("1.3.0-rc.9", "minor", "rc", "1.3.0-rc.10"),
        ("1.3.0-rc.1", "major", "rc", "2.0.0-rc.1"),
        ("1.3.0-beta.4", "minor", "rc", "1.3.0-rc.1"),
        ("1.3.0-rc.4", "minor", "beta", "1.4.0-beta.1"),
        ("1.3.0-rc9", "patch", "rc", "1.3.1-rc.1"),
    ],
)
def test_bump(version: str, part: Part, pre: str, after: str) -> None:
    """A plain part finishes a pre-release; the same label counts on; none goes backwards."""
    assert str(bump(Version.parse(version), part, pre)) == after


IDENTIFIERS = st.from_regex(r"(0|[1-9][0-9]{0,3}|[0-9]{0,2}[a-z-][0-9a-z-]{0,4})", fullmatch=True)
VERSIONS = st.builds(
    Version,
    *[st.integers(0, 12)] * 3,
    st.one_of(st.none(), st.lists(IDENTIFIERS, min_size=1, max_size=3).map(".".join)),
)


@settings(deadline=None)
@given(VERSIONS, st.sampled_from(PARTS), st.sampled_from(["", "rc", "a", "z-1"]))
def test_every_bump_goes_forward(version: Version, part: Part, pre: str) -> None:
    """Whatever the version, the next one is ahead of it."""
    assert bump(version, part, pre) > version


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "1.3.1", "minor"),
        ("1.2.3", "1.2.4-rc.1", "patch"),
        ("1.2.4-rc.1", "1.2.4", "patch"),
        ("1.2.3", "1.2.3", None),
        ("1.2.3", "1.2.3+b", None),
        ("1.2.3", "1.2.2", None),
        ("2.0.0", "1.9.9", None),
    ],
)
def test_part_between(old: str, new: str, part: Part | None) -> None:
    """The largest part that moved, and none where nothing moved forward."""
    assert part_between(Version.parse(old), Version.parse(new)) == part


def test_parts_are_sorted_by_size() -> None:
    """The order of PARTS is what "larger" means."""
    bumped = [bump(Version(1, 2, 3), part) for part in PARTS]
    assert all(a > b for a, b in pairwise(bumped))


def test_the_version_is_semvers_own() -> None:
    """Loaded without the package, which comes whole to whoever imports it, before or after."""
    for first, second in (("imagebump.semantic", "semver"), ("semver", "imagebump.semantic")):
        code = f"import {first}, sys; import {second}; print({first}.Version is {second}.Version, 'argparse' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "True True\n"
    code = (
        "import imagebump.version, sys; print({'semver', 'argparse', 'inspect'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_merge_conflict() -> None:
    """It is called what it is."""
    with pytest.raises(UserError) as caught:
        parse(b"<<<<<<< HEAD\n1.0.1\n=======\n1.0.2\n>>>>>>> topic\n", "VERSION")
    assert str(caught.value) == (
        "VERSION holds a merge conflict. Run: git checkout --ours VERSION && git add VERSION; "
        "the merge gets a version above both"
    )
