"""publish.claim = "git": of two clones that publish one version, one is refused, whatever the registry lets happen."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from harness import Repo
from imagebump import git, refs
from imagebump.errors import UserError
from projects import Project, registry_tags
from services import Registry

STRICT = '[publish]\non = "manual"\nclaim = "git"\n'


def clones(repo: Repo) -> list[Repo]:
    """Two clones of a bare remote."""
    repo.git("clone", "--quiet", "--bare", ".", "../origin.git")
    places = [repo.path.parent / name for name in ("ada", "bob")]
    for place in places:
        repo.git("clone", "--quiet", "../origin.git", place)
    return [replace(repo, path=place) for place in places]


def test_fifty_rounds(repo: Repo) -> None:
    """One wins each, both know who, and nothing changes afterwards."""
    repo.commit("One", a="1")
    racers = clones(repo)
    known = [git.discover(one.path) for one in racers]
    tips = [one.commit(f"{one.path}", b=str(one.path)) for one in racers]
    won: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        for number in range(50):
            ref = f"refs/imagebump/1.0.{number}"
            runs = [
                pool.submit(refs.claim, repository, "origin", ref, tip)
                for repository, tip in zip(known, tips, strict=True)
            ]
            first, second = (run.result(60) for run in runs)
            assert first == second
            assert first in tips
            won.append(first)
    listed = repo.git("ls-remote", "../origin.git", "refs/imagebump/*").splitlines()
    assert {line.split("\t")[1]: line.split("\t")[0] for line in listed} == {
        f"refs/imagebump/1.0.{number}": commit for number, commit in enumerate(won)
    }
    for repository in known:
        repository.blobs.close()


def test_a_descendant_takes_no_claim(repo: Repo) -> None:
    """A ref that could be forwarded stays where it is; without a remote there is none."""
    first = repo.commit("One", a="1")
    known = git.discover(repo.path)
    with pytest.raises(UserError, match="has no remote origin"):
        refs.remote(known, "main")
    repo.git("clone", "--quiet", "--bare", ".", "../origin.git")
    repo.git("remote", "add", "origin", "../origin.git")
    assert refs.remote(known, "main") == "origin"
    assert refs.claim(known, "origin", "refs/imagebump/1.0.0", first) == first
    later = repo.commit("Two", a="2")
    assert refs.claim(known, "origin", "refs/imagebump/1.0.0", later) == first
    assert refs.claim(known, "origin", "refs/imagebump/1.0.0", first) == first


@pytest.mark.parametrize("number", range(3))
def test_two_clones_race(project: Project, registry: Registry, number: int) -> None:
    """The whole way, at once: the version is the winner's, and each has the tag of its own commit."""
    project.configure(STRICT)
    project.commit("One")
    racers = clones(project)
    commits = [
        one.commit("Two", VERSION="1.0.1\n", **{"app.txt": f"{one.path}\n"}) for one in racers
    ]
    argv = ["imagebump", "publish", "--foreground"]
    children = [
        subprocess.Popen(argv, cwd=one.path, env=one.env, stdout=subprocess.PIPE, text=True)
        for one in racers
    ]
    said = [child.communicate(timeout=120)[0] for child in children]
    assert sorted(child.returncode for child in children) == [0, 1], said
    winner = next(i for i, child in enumerate(children) if child.returncode == 0)
    line = f"refused: version 1.0.1 is claimed by commit {commits[winner][:7]} on origin. Run: imagebump patch"
    assert line in said[1 - winner]
    found = registry_tags(registry, project)
    assert found.keys() == {"1.0.1", *(commit[:7] for commit in commits)}
    assert found["1.0.1"] == found[commits[winner][:7]]


def test_a_claim_is_good_for_the_same_content(project: Project, registry: Registry) -> None:
    """A commit that changes only what no image holds keeps the version, and may publish it."""
    project.configure(STRICT)
    project.commit("One")
    ada, bob = clones(project)
    cached = 'cache-from = ["type=registry,ref=r.io/cache"]'
    text = f"{ada.read('.imagebump.toml')}[build]\n{cached}\n"
    ada.commit("With a cache", **{".imagebump.toml": text})
    ada.run("git", "push", "--quiet", "origin", "HEAD:refs/imagebump/1.0.0")
    bob.git("fetch", "--quiet", "origin", "refs/imagebump/1.0.0")
    bob.commit("Words", **{"README.md": "words\n"})
    bob.run("imagebump", "publish", "--foreground")
    assert "1.0.0" in registry_tags(registry, project)
    kept = (git.discover(bob.path).state / "trusted").read_text()
    assert "cache" not in kept, "what that commit asks for is no matter"
