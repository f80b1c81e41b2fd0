"""What a fix may see of the build context: what is staged, where it cannot be mistaken."""

import pytest

from copy_rows import FILES
from harness import Repo

COPIED = (
    "FROM alpine:3\nCOPY x.tar.gz /tmp/\nRUN tar xzf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n"
)
ADDED = "FROM alpine:3\nADD x.tar.gz /srv/\n"
CONFIG = 'registry = "r.example.com"\n'
OTHER = FILES["x.tar"][1]


def put(repo: Repo, *paths: str, data: bytes = FILES["x.tar.gz"][1]) -> None:
    """Write archives."""
    for path in paths:
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_bytes(data)


def fixed(repo: Repo, name: str = "Dockerfile") -> bool:
    """Is it fixed, by hand and, in the same way, by the hook?"""
    file = repo.path / name
    before = file.read_text()
    repo.run("imagebump", "lint", "--fix", name, status=1)
    after = file.read_text()
    assert after in (before, ADDED)
    file.write_text(before)
    if (repo.path / ".imagebump.toml").exists():
        repo.run("imagebump", "hook", "lint", "--fix", name, status=1)
        assert file.read_text() == after
    return after == ADDED


def test_beside_the_dockerfile(repo: Repo) -> None:
    """Without a configuration it is the directory of the Dockerfile, or the top: one of them."""
    repo.write("a/Dockerfile", COPIED)
    put(repo, "a/x.tar.gz")
    assert not fixed(repo, "a/Dockerfile")  # nothing is staged
    repo.git("add", "-A")
    assert fixed(repo, "a/Dockerfile")
    put(repo, "x.tar.gz")
    repo.git("add", "-A")
    assert not fixed(repo, "a/Dockerfile")
    repo.git("rm", "-qf", "a/x.tar.gz")
    assert fixed(repo, "a/Dockerfile")


def test_the_configured_context(repo: Repo) -> None:
    """Where there is a configuration, it says which."""
    repo.write(".imagebump.toml", CONFIG + '[build]\ncontext = "b"\ndockerfile = "a/Dockerfile"\n')
    repo.write("a/Dockerfile", COPIED)
    put(repo, "a/x.tar.gz")
    repo.git("add", "-A")
    assert not fixed(repo, "a/Dockerfile")
    put(repo, "b/x.tar.gz")
    repo.git("add", "-A")
    assert fixed(repo, "a/Dockerfile")


def test_two_images_of_one_dockerfile(repo: Repo) -> None:
    """What is in both of their contexts is two files."""
    images = "".join(
        f'[[image]]\nname = "{name}"\nbuild = {{ context = "{name}", dockerfile = "Dockerfile" }}\n'
        f'bump.version-file = "{name}.version"\n'
        for name in "ab"
    )
    repo.write(".imagebump.toml", CONFIG + images)
    repo.write("Dockerfile", COPIED)
    put(repo, "a/x.tar.gz", "b/x.tar.gz")
    repo.git("add", "-A")
    assert not fixed(repo)


@pytest.mark.parametrize("ignored", ["x.tar.gz", "*.gz", "*\n!Dockerfile"])
def test_what_is_ignored(repo: Repo, ignored: str) -> None:
    """It is not in the context."""
    repo.write("Dockerfile", COPIED)
    repo.write(".dockerignore", ignored + "\n")
    put(repo, "x.tar.gz")
    repo.git("add", "-A")
    assert not fixed(repo)
    repo.write("Dockerfile.dockerignore", "")
    repo.git("add", "-A")
    assert fixed(repo)


def test_a_link_is_no_file(repo: Repo) -> None:
    """Nor what lies behind one."""
    repo.write("Dockerfile", COPIED)
    put(repo, "real.tar.gz")
    (repo.path / "x.tar.gz").symlink_to("real.tar.gz")
    repo.git("add", "-A")
    assert not fixed(repo)


def test_by_hand_both_have_to_be_the_same(repo: Repo) -> None:
    """What is staged and what is on disk: either may be built."""
    file = repo.write("Dockerfile", COPIED)
    put(repo, "x.tar.gz")
    repo.git("add", "-A")
    put(repo, "x.tar.gz", data=OTHER)
    assert not fixed(repo)
    (repo.path / "x.tar.gz").unlink()
    assert not fixed(repo)
    repo.write(".imagebump.toml", CONFIG)
    repo.git("add", ".imagebump.toml")
    repo.run(
        "imagebump", "hook", "lint", "--fix", "Dockerfile", status=1
    )  # the index is the commit
    assert file.read_text() == ADDED


def test_standard_input_has_no_context(repo: Repo) -> None:
    """Nobody knows where it lies."""
    put(repo, "x.tar.gz")
    repo.git("add", "-A")
    assert repo.run("imagebump", "lint", "--fix", "-", stdin=COPIED, status=1).out == COPIED


def test_outside_a_repository(repo: Repo) -> None:
    """It is linted, and not fixed."""
    repo.write("Dockerfile", COPIED)
    put(repo, "x.tar.gz")
    repo.git("add", "-A")
    (repo.path / ".git").rename(repo.path / "away")
    repo.run("imagebump", "lint", "--fix", status=1)
    assert (repo.path / "Dockerfile").read_text() == COPIED
