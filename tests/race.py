"""Lets two clones publish one version at the same time, again and again: `python tests/race.py 50`.

With publish.claim = "git" one wins and one is refused, and the version is written once. Without it the
version is written over at no time that anybody could have used it: who lost it, says so. Every other
time both have the same content then, and both have it published. DOCKER_HOST names the engine, which
has the image that scripts/engine makes.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from harness import Repo
from kill import made
from projects import Project
from services import Registry

LOOSE = '[publish]\non = "manual"\n'
STRICT = f'{LOOSE}claim = "git"\n'


class End(NamedTuple):
    """How a publication ended, what it said, and the commit."""

    status: int
    said: str
    commit: str


def clones(repo: Repo) -> list[Repo]:
    """Two clones of a bare remote."""
    repo.git("clone", "--quiet", "--bare", ".", "../origin.git")
    places = [repo.path.parent / name for name in ("ada", "bob")]
    for place in places:
        repo.git("clone", "--quiet", "../origin.git", place)
    return [replace(repo, path=place) for place in places]


def rounds(project: Project, registry: Registry, count: int, *, strict: bool) -> Counter[str]:
    """How `count` races ended; AssertionError where a version is another one's, or somebody is not told."""
    project.configure(STRICT if strict else LOOSE)
    project.commit("One")
    racers, ends = clones(project), Counter[str]()
    for number in range(1, count + 1):
        version, alike = f"1.0.{number}", not strict and number % 2 == 0
        both = _race([_commit(one, version, alike=alike) for one in racers], racers)
        ends[_see(project, registry, version, both, alike=alike)] += 1
        if strict:
            assert registry.log.count(f"PUT /v2/{project.name}/manifests/{version} ") == 1
    return ends


def _commit(one: Repo, version: str, *, alike: bool) -> str:
    """A commit of that version, the image of which is the other one's, or is not."""
    text = version if alike else f"{version} {one.path}"
    return one.commit(version, VERSION=f"{version}\n", **{"app.txt": text, "README": str(one.path)})


def _race(commits: Sequence[str], racers: Sequence[Repo]) -> list[End]:
    argv = ["imagebump", "publish", "--foreground"]
    children = [
        subprocess.Popen(argv, cwd=one.path, env=one.env, stdout=subprocess.PIPE, text=True)
        for one in racers
    ]
    said = [child.communicate(timeout=120)[0] for child in children]
    return [
        End(child.returncode, text, commit)
        for child, text, commit in zip(children, said, commits, strict=True)
    ]


def _see(
    project: Project, registry: Registry, version: str, both: list[End], *, alike: bool
) -> str:
    """In which way it ended."""
    digests = {tag: registry.digest(project.name, tag) for tag in (version, *_tags(both))}
    if alike:
        assert [one.status for one in both] == [0, 0], both
        assert len(set(digests.values())) == 1, digests
        return "adopted"
    won, lost = sorted(both)
    assert (won.status, lost.status) == (0, 1), both
    assert digests[version] == digests[won.commit[:7]] != digests[lost.commit[:7]], digests
    why = (
        f"refused: version {version} is claimed by commit {won.commit[:7]} on origin",
        f"refused: {project.name}:{version} was published from commit {won.commit[:7]}",
    )
    assert any(line in lost.said for line in why), lost.said
    return "refused"


def _tags(both: Sequence[End]) -> list[str]:
    return [one.commit[:7] for one in both]


def main() -> int:
    """As many races as the argument says, strictly and not."""
    count = int(sys.argv[1])
    for strict in (True, False):
        began = time.monotonic()
        with made() as (project, registry):
            ends = rounds(project, registry, count, strict=strict)
        kinds = ", ".join(f"{number} {end}" for end, number in sorted(ends.items()))
        print(f"{'strict' if strict else 'loose'}: {kinds}, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
