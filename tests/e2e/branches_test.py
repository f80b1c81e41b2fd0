"""Which branch a commit is published for: merges, pulls, rebases, and commits that a person names."""

import shutil
from pathlib import Path

import pytest

from harness import Repo, wait_for
from projects import Gate, Project, published, registry_tags
from services import Registry


@pytest.fixture
def colleague(project: Project, tmp_path: Path) -> Repo:
    """A clone without hooks; it and the project share a remote, which the project's main follows."""
    project.commit("One")
    project.git("clone", "--quiet", "--bare", ".", tmp_path / "remote.git")
    project.git("remote", "add", "origin", tmp_path / "remote.git")
    project.git("fetch", "--quiet", "origin")
    project.git("branch", "--quiet", "--set-upstream-to=origin/main")
    other = Repo(tmp_path / "other", project.env)
    project.git("clone", "--quiet", tmp_path / "remote.git", other.path)
    return other


def pushed(colleague: Repo, name: str) -> str:
    """A commit with a new file of the colleague's that the remote has."""
    commit = colleague.commit(name, **{name: "theirs\n"})
    colleague.git("push", "--quiet")
    return commit


def commits(project: Project) -> list[str]:
    """Those that the ledger knows, once nothing is under way."""
    project.idle()
    return [one["commit"] for one in project.status()]


def test_a_feature_branch_gets_its_commit_tag_only(project: Project, registry: Registry) -> None:
    """Versions are given where they are released: VERSION stays, and no tag carries it."""
    project.commit("One")
    before = published(project, registry)
    project.git("checkout", "--quiet", "-b", "feature/x")
    commit = project.commit("Two", **{"app.txt": "two\n"})
    after = published(project, registry)
    assert project.read("VERSION") == "1.0.0\n"
    assert after.keys() - before.keys() == {commit[:7]}
    assert after["1.0.0"] == before["1.0.0"] != after[commit[:7]]


def test_a_branch_can_have_a_tag_of_its_own(project: Project, registry: Registry) -> None:
    """tags.branch is filled in for the other branches, its name made fit for a tag."""
    project.configure('[tags]\nbranch = "{version}-{branch}.g{sha}"\n')
    project.git("checkout", "--quiet", "-b", "feature/x")
    commit = project.commit("One")
    expected = {commit[:7], f"1.0.0-feature-x.g{commit[:7]}"}
    assert published(project, registry).keys() == expected


def test_only_some_branches_are_published(project: Project, registry: Registry) -> None:
    """publish.branches leaves the others alone; one of their commits can be published by hand."""
    project.configure('[publish]\nbranches = ["main", "release/*"]\n')
    project.git("checkout", "--quiet", "-b", "feature")
    feature = project.commit("One")
    project.git("checkout", "--quiet", "-b", "release/1")
    release = project.commit("Two", **{"app.txt": "two\n"})
    assert published(project, registry).keys() == {release[:7]}
    project.imagebump("publish", feature)
    assert published(project, registry).keys() == {release[:7], feature[:7]}


def test_a_rebase_publishes_its_last_commit_only(project: Project, registry: Registry) -> None:
    """The commits in between are nobody's; the tip is published once the rebase is over."""
    project.commit("One")
    project.git("checkout", "--quiet", "-b", "feature")
    project.commit("Two", **{"two.txt": "2\n"})
    project.commit("Three", **{"three.txt": "3\n"})
    project.git("checkout", "--quiet", "main")
    project.commit("Four", **{"four.txt": "4\n"})
    before = published(project, registry)
    project.git("checkout", "--quiet", "feature")
    project.git("rebase", "--quiet", "main")
    after = published(project, registry)
    assert after.keys() - before.keys() == {project.commit_tag()}


def test_a_merge_is_published(project: Project, registry: Registry) -> None:
    """One that a person makes is theirs to publish."""
    project.commit("One")
    project.git("checkout", "--quiet", "-b", "feature")
    project.commit("Two", **{"two.txt": "2\n"})
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    assert project.commit_tag() in published(project, registry)


def test_a_fast_forward_onto_a_release_branch_is_a_release(
    project: Project, registry: Registry
) -> None:
    """The commit had its own tag already: the version joins it on the same digest."""
    project.commit("One")
    project.git("checkout", "--quiet", "-b", "feature")
    project.imagebump("minor")
    commit = project.commit("Two", **{"app.txt": "two\n"})
    before = published(project, registry)
    assert "1.1.0" not in before
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--ff-only", "feature")
    after = published(project, registry)
    assert after["1.1.0"] == before[commit[:7]] == after[commit[:7]]
    project.git("checkout", "--quiet", "-b", "later")
    project.git("merge", "--quiet", "--ff-only", "main")
    assert (published(project, registry), project.record(commit)["branch"]) == (after, "main")


def test_a_fast_forward_without_a_version_of_its_own_is_refused(
    project: Project, registry: Registry
) -> None:
    """The version stays what it was, and one line says what to type."""
    project.commit("One")
    project.git("checkout", "--quiet", "-b", "feature")
    project.commit("Two", **{"app.txt": "two\n"})
    before = published(project, registry)
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--ff-only", "feature")
    said = project.imagebump("watch", status=1).out
    assert f"{project.name}:1.0.0 was published from commit" in said
    assert "Run: imagebump patch, and commit" in said
    assert registry_tags(registry, project) == before


def test_what_a_pull_brings_is_published_by_others(project: Project, colleague: Repo) -> None:
    """They did it when they made it; so it is with a fetch and a merge."""
    theirs = [pushed(colleague, "two")]
    project.git("pull", "--quiet", "--ff-only")
    theirs.append(pushed(colleague, "three"))
    project.git("fetch", "--quiet")
    project.git("merge", "--quiet", "--ff-only", "origin/main")
    assert project.git("rev-parse", "HEAD") == theirs[1]
    assert not {*theirs} & {*commits(project)}


@pytest.mark.parametrize("way", ["--no-rebase", "--rebase"])
def test_what_a_pull_makes_of_ours_is_published(
    project: Project, colleague: Repo, registry: Registry, way: str
) -> None:
    """The merge and the rebased commit exist nowhere else: nobody else would publish them."""
    theirs = pushed(colleague, "two")
    project.commit("Mine", **{"app.txt": "mine\n"})
    project.git("pull", "--quiet", "--no-edit", way)
    assert project.commit_tag() in published(project, registry)
    assert theirs not in commits(project)


def test_a_pull_of_another_branch_is_published(
    project: Project, colleague: Repo, registry: Registry
) -> None:
    """Whoever pushed the feature did not release it; this branch does."""
    colleague.git("checkout", "--quiet", "-b", "feature")
    colleague.commit("Two", VERSION="1.1.0\n", **{"app.txt": "two\n"})
    colleague.git("push", "--quiet", "--set-upstream", "origin", "feature")
    project.git("pull", "--quiet", "--ff-only", "origin", "feature")
    assert {project.commit_tag(), "1.1.0"} <= published(project, registry).keys()


def test_publishing_a_commit_of_another_branch(project: Project, registry: Registry) -> None:
    """It is published for the branch that it is on: one that releases first, unless a person names one."""
    project.configure('[publish]\non = "manual"\n')
    commit = project.commit("One")
    project.git("checkout", "--quiet", "-b", "a-feature")
    second = project.commit("Two", **{"app.txt": "two\n"})
    assert f"{commit[:7]} (main) is on" in project.imagebump("publish", "HEAD^").out
    assert published(project, registry).keys() == {commit[:7], "1.0.0"}
    assert "(a-feature) is on" in project.imagebump("publish").out
    assert published(project, registry).keys() == {commit[:7], "1.0.0", second[:7]}
    assert "(a-feature) is on" in project.imagebump("publish", "a-feature").out
    project.git("checkout", "--quiet", "--detach", "main")
    assert f"{commit[:7]} (main) is on" in project.imagebump("publish").out
    wrong = project.imagebump("publish", "--branch", "mian", status=2).err
    assert "there is no branch mian, here or at origin; the nearest is main. Run: git" in wrong
    project.git("branch", "hotfix")
    assert "(hotfix) is on" in project.imagebump("publish", "--branch", "hotfix").out
    assert published(project, registry)["1.0.0"]
    project.imagebump("publish", "--branch", "main", "a-feature", status=0)
    taken = project.imagebump("watch", "a-feature", status=1).out
    assert f"{project.name}:1.0.0 was published from commit {commit[:7]}" in taken
    project.imagebump("publish", "--branch", "a-feature", "a-feature")
    assert "refused" not in project.imagebump("watch").out, "what a person names counts"
    wrong = project.imagebump("publish", "--branch", "a..b", status=2).err
    assert wrong == "imagebump: 'a..b' is not a branch's name. Run: git branch\n"


def test_a_fast_forward_from_a_local_branch_that_is_followed(
    project: Project, registry: Registry
) -> None:
    """An upstream in the same repository has published nothing."""
    project.commit("One")
    project.git("checkout", "--quiet", "-b", "develop")
    commit = project.commit("Two", VERSION="1.1.0\n", **{"app.txt": "two\n"})
    project.git("checkout", "--quiet", "main")
    project.git("branch", "--quiet", "--set-upstream-to=develop")
    project.git("merge", "--quiet", "--ff-only")
    assert {commit[:7], "1.1.0"} <= published(project, registry).keys()


def test_a_worktree_that_goes_away(
    project: Project, registry: Registry, closed_gate: Gate, tmp_path: Path
) -> None:
    """The worker that was started there goes on, with the commits of the others as well."""
    project.configure('[build]\nnetwork = "host"\n')
    project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.open.set()
    project.imagebump("watch")
    closed_gate.open.clear()
    project.git("worktree", "add", "--quiet", "-b", "aside", tmp_path / "aside")
    aside = Project(tmp_path / "aside", project.env, project.name, project.host)
    away = aside.commit("Aside", Dockerfile=closed_gate.dockerfile + "RUN true\n")
    closed_gate.await_build()
    commit = project.commit("Two", **{"app.txt": "two\n"})
    shutil.rmtree(aside.path)
    closed_gate.open.set()
    assert {commit[:7], away[:7], "1.0.1"} <= published(project, registry).keys()


def test_a_repository_that_goes_away(project: Project, closed_gate: Gate) -> None:
    """Nothing of it is made again, and nobody stays behind."""
    project.configure('[build]\nnetwork = "host"\n')
    project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    shutil.rmtree(project.path)
    closed_gate.open.set()
    wait_for(lambda: not (project.workers() or project.sleepers()), 60, "the worker to end")
    assert not project.path.exists()


def test_a_branch_says_where_its_commits_go(
    project: Project, registry: Registry, closed_gate: Gate, tmp_path: Path
) -> None:
    """Whatever is checked out when the worker gets there: the tip of its own branch counts."""
    project.configure('[build]\nnetwork = "host"\n')
    project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    project.git("worktree", "add", "--quiet", "-b", "aside", tmp_path / "aside")
    aside = Project(tmp_path / "aside", project.env, f"{project.name}-aside", project.host)
    aside.configure('[build]\nnetwork = "host"\n[tags]\ncommit = "early-{sha}"\n')
    first = aside.commit("Elsewhere")
    aside.configure('[build]\nnetwork = "host"\n[tags]\ncommit = "late-{sha}"\n')
    second = aside.commit("Under another name")
    main = project.commit("Two", **{"app.txt": "two\n"})
    closed_gate.open.set()
    project.imagebump("watch")
    names = {f"late-{first[:7]}", f"late-{second[:7]}"}
    assert registry_tags(registry, aside).keys() == names
    assert main[:7] in registry_tags(registry, project)


def test_a_commit_that_comes_back(project: Project, registry: Registry, closed_gate: Gate) -> None:
    """One that was left behind is tried again when a person names it."""
    project.configure('[build]\nnetwork = "host"\n')
    project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    commit = project.commit("Two", **{"app.txt": "two\n"})
    project.git("reset", "--quiet", "--hard", "HEAD^")
    closed_gate.open.set()
    project.imagebump("watch")
    assert project.record(commit)["state"] == "superseded"
    project.git("reset", "--quiet", "--hard", commit)
    project.imagebump("retry", commit)
    assert commit[:7] in published(project, registry)


def test_a_commit_that_only_the_remote_has_a_branch_for(
    project: Project, colleague: Repo, registry: Registry, tmp_path: Path
) -> None:
    """As CI checks it out: detached, without a local branch."""
    theirs = pushed(colleague, "two")
    clone = Project(tmp_path / "ci", project.env, project.name, project.host)
    colleague.git("clone", "--quiet", tmp_path / "remote.git", clone.path)
    clone.git("checkout", "--quiet", "--detach", theirs)
    clone.git("branch", "--quiet", "-D", "main")
    assert f"{theirs[:7]} (main) is on" in clone.imagebump("publish").out
    clone.imagebump("watch", status=None)
    assert theirs[:7] in registry_tags(registry, project)


def test_a_git_directory_elsewhere(project: Project, registry: Registry, tmp_path: Path) -> None:
    """Named by GIT_DIR and GIT_WORK_TREE alone, as for files kept in a home directory."""
    (project.path / ".git").rename(tmp_path / "elsewhere.git")
    apart = project.having(GIT_DIR=str(tmp_path / "elsewhere.git"), GIT_WORK_TREE=str(project.path))
    first = apart.commit("One")
    assert published(apart, registry).keys() == {first[:7], "1.0.0"}
    apart.imagebump("publish", "--foreground")
