"""A change that changes the key of the image is never passed over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagebump.changes import first_change
from imagebump.config import Build
from imagebump.context import context
from imagebump.differences import Change
from imagebump.dockerfile.inputs import ignore_rules, inputs
from imagebump.dockerfile.parse import parse
from imagebump.git import Entry
from imagebump.plan import tree_key

FILE, NONE, LINK = "100644", "000000", "120000"
DOCKERFILE = b"FROM a\nCOPY src conf/*.ini /x/\n"


def build(where: str = "", dockerfile: str = "Dockerfile") -> Build:
    """A build in the directory `where`."""
    return Build(where, dockerfile, "", {}, "")


def first(*changes: Change, rules: bytes = b"", where: str = "") -> str:
    """The first change of the image that COPYs src and conf/*.ini."""
    read = inputs(parse(DOCKERFILE), ignore_rules(rules))
    return first_change(build(where), "VERSION", read, changes)


def modified(path: str) -> Change:
    """A file with other content."""
    return Change(FILE, FILE, path)


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("src/a.py", True),
        ("src", True),
        ("conf/a.ini", True),
        ("conf/a.txt", True),
        ("Dockerfile", True),
        (".dockerignore", True),
        ("Dockerfile.dockerignore", True),
        ("VERSION", False),
        ("README.md", False),
        ("source/a.py", False),
        ("src/a.log", False),
        ("sub/Dockerfile", False),
    ],
)
def test_a_path(path: str, matters: bool) -> None:
    """What COPY names, the Dockerfile and the ignore files matter; VERSION and the rest do not."""
    assert first(modified(path), rules=b"**/*.log") == (path if matters else "")


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("app/src/a.py", True),
        ("app/.dockerignore", True),
        ("Dockerfile.dockerignore", True),
        ("Dockerfile", True),
        ("src/a.py", False),
        (".dockerignore", False),
        ("application/src/a.py", False),
    ],
)
def test_a_context_of_its_own(path: str, matters: bool) -> None:
    """Paths are relative to the context, the Dockerfile's is not."""
    assert bool(first(modified(path), where="app")) is matters


def test_the_first_is_named() -> None:
    """In the order of the changes."""
    assert first(*map(modified, ["README.md", "src/b", "src/a"])) == "src/b"
    assert first() == ""


@pytest.mark.parametrize(
    ("change", "rules", "matters"),
    [
        (Change(NONE, FILE, "src/a.log"), b"**/*.log", True),
        (Change(FILE, NONE, "src/a.log"), b"**/*.log", True),
        (Change(FILE, LINK, "src/a.log"), b"**/*.log", False),
        (Change(NONE, FILE, "src/logs/a"), b"src/logs", True),
        (Change(NONE, FILE, "src/logs/a"), b"src", False),
        (Change(NONE, FILE, "logs/a"), b"logs", False),
    ],
)
def test_ignored_files_make_directories(change: Change, rules: bytes, matters: bool) -> None:
    """A new file that is ignored may still bring an empty directory into the image."""
    assert bool(first(change, rules=rules)) is matters


PATHS = ["a", "b/a", "b/c/a", "b/c/d/a", "VERSION"]
TREES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from("xy"), max_size=3)
RULES = st.lists(st.sampled_from(["b", "b/c", "**/a", "!b/c/d", "b/*"]), max_size=3)
COPIES = st.lists(st.sampled_from(["b", "b/c/*", "a"]), min_size=1, max_size=2)


@settings(deadline=None, max_examples=300)
@given(TREES, TREES, RULES, COPIES)
def test_no_change_of_the_key_is_missed(
    old: dict[str, str], new: dict[str, str], rules: list[str], copies: list[str]
) -> None:
    """Where the hook sees no change, the worker's key is the same (VERSION aside)."""
    dockerfile = f"FROM a\nCOPY {' '.join(copies)} /x/\n".encode()
    read = inputs(parse(dockerfile), ignore_rules("\n".join(rules).encode()))

    def key(tree: dict[str, str]) -> str:
        entries = [Entry(FILE, oid, path) for path, oid in tree.items() if path != "VERSION"]
        files = context(entries, build(), read.ignore)
        return tree_key(build(), dockerfile, [e for e in files if read.selects(e.path)], {})

    changes = [
        Change(FILE if path in old else NONE, FILE if path in new else NONE, path)
        for path in PATHS
        if old.get(path) != new.get(path)
    ]
    if not first_change(build(), "VERSION", read, changes):
        assert key(old) == key(new)


@pytest.mark.parametrize(
    ("path", "matters"), [("lib", True), ("lib/in", True), ("li", False), ("x", False)]
)
def test_a_submodule_of_which_something_is_read(path: str, matters: bool) -> None:
    """Its commit is all that the outer repository knows of it."""
    read = inputs(parse(b"FROM a\nCOPY lib/in/src /x/\n"), ignore_rules(b""))
    change = Change("160000", "160000", path)
    assert first_change(build(), "VERSION", read, [change]) == (path if matters else "")
