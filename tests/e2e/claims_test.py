"""publish.claim = "git": of two clones that publish one version, one is refused, whatever the registry lets happen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import race
from harness import Repo
from imagebump import git, refs
from imagebump.errors import UserError
from projects import Project, registry_tags
from race import STRICT, clones
from services import Registry


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
    for setting in ("push.followTags=true", "push.recurseSubmodules=only"):
        repo.git("config", *setting.split("="))
    repo.git("tag", "-m", "nobody else's", "mine")
    assert refs.claim(known, "origin", "refs/imagebump/1.0.0", later) == first
    assert refs.claim(known, "origin", "refs/imagebump/1.0.0", first) == first
    assert refs.claim(known, "origin", "refs/imagebump/1.0.1", later) == later
    listed = repo.git("ls-remote", "../origin.git", "refs/imagebump/*", "refs/tags/*").split()[1::2]
    assert listed == ["refs/imagebump/1.0.0", "refs/imagebump/1.0.1"], "and nothing else went along"
    known.blobs.close()


@pytest.mark.parametrize("strict", [True, False])
def test_two_clones_race(project: Project, own_registry: Registry, strict: bool) -> None:
    """The whole way, at once: `python tests/race.py 50` does it more often."""
    mine = replace(project, host=own_registry.host)
    ends = race.rounds(mine, own_registry, 4, strict=strict)
    assert ends == ({"refused": 4} if strict else {"refused": 2, "adopted": 2})


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
