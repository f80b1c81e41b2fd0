"""`imagebump version` and `check`, on real repositories."""

import sys
from collections.abc import Callable

import pytest

from harness import Ran, Repo

CONFIG = 'registry = "r.io"\n[publish]\non = "manual"\n'


@pytest.fixture
def project(repo: Repo) -> Repo:
    """A project at 1.0.0, without hooks."""
    files = {"Dockerfile": "FROM a\nCOPY a /x\n", "VERSION": "1.0.0\n", "a": "1", "other": "1"}
    repo.commit("One", **files, **{".imagebump.toml": CONFIG})
    return repo


def imagebump(repo: Repo, *arguments: str, status: int = 0) -> Ran:
    """Run the program in `repo`."""
    return repo.run(sys.executable, "-P", "-m", "imagebump", *arguments, status=status)


def stage(repo: Repo, **files: str) -> None:
    """Write and stage files."""
    for name, text in files.items():
        repo.write(name, text)
    repo.git("add", "--", *files)


def changed(repo: Repo) -> None:
    """What the image is made of is staged."""
    stage(repo, a="2")


def nothing(repo: Repo) -> None:
    """Nothing is staged."""


def other(repo: Repo) -> None:
    """A file of no image is staged."""
    stage(repo, other="2")


def filtered(repo: Repo) -> None:
    """A file goes through Git LFS from now on."""
    stage(repo, **{".gitattributes": "a filter=lfs\n"})


def attributes(repo: Repo) -> None:
    """An attribute by which no file is another one."""
    stage(repo, **{".gitattributes": "a text\n", "x/.gitattributes": "a -diff\n"})


def by_hand(repo: Repo) -> None:
    """A person's version is staged."""
    stage(repo, VERSION="2.0.0\n", a="2")


def on_a_feature(repo: Repo) -> None:
    """On another branch."""
    repo.git("switch", "--quiet", "-c", "feature")
    changed(repo)


def detached(repo: Repo) -> None:
    """On no branch."""
    repo.git("switch", "--quiet", "--detach")
    changed(repo)


def merging(repo: Repo) -> None:
    """In the middle of a merge of 1.0.5."""
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit("Two", a="2", VERSION="1.0.5\n")
    repo.git("switch", "--quiet", "main")
    repo.commit("Three", other="2")
    repo.git("merge", "--quiet", "--no-commit", "feature")
    changed(repo)
    stage(repo, a="3")


def without_dockerfile(repo: Repo) -> None:
    """The hooks do nothing then."""
    repo.git("rm", "--quiet", "Dockerfile")


@pytest.mark.parametrize(
    ("typed", "version", "why"),
    [
        (nothing, "1.0.0", "1.0.0 (nothing that the image is made of changed)"),
        (changed, "1.0.1", "1.0.0 → 1.0.1 (patch: a changed)"),
        (other, "1.0.0", "1.0.0 (nothing that the image is made of changed)"),
        (filtered, "1.0.1", "1.0.0 → 1.0.1 (patch: .gitattributes changed)"),
        (attributes, "1.0.0", "1.0.0 (nothing that the image is made of changed)"),
        (by_hand, "2.0.0", "1.0.0 → 2.0.0 (staged by hand)"),
        (on_a_feature, "1.0.0", "feature is not a release branch"),
        (detached, "1.0.0", "HEAD is detached"),
        (merging, "1.0.6", "1.0.0 → 1.0.6 (patch: a changed)"),
        (without_dockerfile, "1.0.0", "Dockerfile is not in the index"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_next_version(
    project: Repo, typed: Callable[[Repo], None], version: str, why: str
) -> None:
    """Standard output has the version alone, standard error why; nothing is written."""
    typed(project)
    before = project.git("status", "--porcelain")
    ran = imagebump(project, "version", "--next")
    assert (ran.out, ran.err) == (f"{version}\n", f"imagebump: {why}\n")
    assert project.git("status", "--porcelain") == before
    assert not (project.path / ".git" / "imagebump").exists()


def test_the_next_version_is_the_one_that_the_commit_gets(project: Repo) -> None:
    """The hook decides alike."""
    imagebump(project, "install")
    for text in ("2", "3"):
        changed(project)
        stage(project, a=text)
        said = imagebump(project, "version", "--next").out
        project.git("commit", "--quiet", "-m", "Next")
        assert project.read("VERSION") == said


def test_an_edit_that_is_not_staged_is_refused(project: Repo) -> None:
    """As the hook refuses it."""
    project.write("VERSION", "3.0.0\n")
    changed(project)
    ran = imagebump(project, "version", "--next", status=1)
    assert ran.err.startswith("imagebump: VERSION has an edit that is not staged. Run: git add ")


def test_the_present_version(project: Repo) -> None:
    """HEAD's, whatever is staged."""
    by_hand(project)
    assert imagebump(project, "version") == (0, "1.0.0\n", "")


def test_the_present_version_before_the_first_commit(repo: Repo) -> None:
    """The staged one; without any, one line says so."""
    stage(repo, **{".imagebump.toml": CONFIG})
    ran = imagebump(repo, "version", status=1)
    said = f"imagebump: VERSION is not in the index of {repo.path}. Run: "
    assert ran.err == f"{said}imagebump patch\n"
    repo.write("VERSION", "v1.2.3\n")
    assert imagebump(repo, "version", status=1).err == f"{said}git add VERSION\n"
    stage(repo, VERSION="v1.2.3\n")
    said = "imagebump: staged, and not committed yet\n"
    assert imagebump(repo, "version") == (0, "1.2.3\n", said)


def test_check(project: Repo) -> None:
    """Fails from the commit that changes the image without the version, until the version goes up."""
    first = project.git("rev-parse", "--short=7", "HEAD")
    assert imagebump(project, "check").out == (
        f"imagebump: VERSION 1.0.0 (before: 1.0.0, the image is the one of {first})\n"
    )
    project.commit("Other", other="2")
    imagebump(project, "check")
    project.commit("Two", a="2")
    project.commit("Other again", other="3")
    said = f"imagebump: a changed since {first}, and VERSION is still 1.0.0. "
    said += "Run: imagebump patch, and commit\n"
    assert imagebump(project, "check", status=1).err == said
    assert imagebump(project, "check", "HEAD^^^", status=1).err.startswith("imagebump: a changed")
    imagebump(project, "check", "HEAD^")
    imagebump(project, "patch")
    project.git("commit", "--quiet", "-m", "Patch")
    imagebump(project, "check")
    assert imagebump(project, "check", first).out == "imagebump: VERSION 1.0.1 (before: 1.0.0)\n"
    project.commit("Three", VERSION="0.9.0\n")
    said = imagebump(project, "check", "HEAD^", status=1).err
    assert "nothing changed since" in said
    assert "VERSION went from 1.0.1 to 0.9.0" in said


def test_check_against_a_branch(project: Repo) -> None:
    """What main has got since is not ours; but its version must be exceeded."""
    project.git("switch", "--quiet", "-c", "feature")
    project.commit("Other", other="2")
    project.git("switch", "--quiet", "main")
    project.commit("Two", a="2", VERSION="1.0.1\n")
    project.git("switch", "--quiet", "feature")
    assert imagebump(project, "check", "main", status=0).out.startswith("imagebump: VERSION 1.0.0")
    project.commit("Three", a="3", VERSION="1.0.1\n")
    ran = imagebump(project, "check", "main", status=1)
    assert "a changed since" in ran.err
    assert "VERSION is still 1.0.1" in ran.err


def test_check_where_every_commit_counts(project: Repo) -> None:
    """bump.when = "always": the commit that set VERSION is right itself."""
    always = {".imagebump.toml": f'{CONFIG}[bump]\nwhen = "always"\n', "VERSION": "1.0.1\n"}
    project.commit("Two", **always)
    imagebump(project, "check")
    project.commit("Other", other="2")
    assert "the commit changed since" in imagebump(project, "check", status=1).err


def test_check_sees_through_links(project: Repo) -> None:
    """A COPY that follows a link, or a wildcard that matches one, as the hook sees it."""
    (project.path / "link").symlink_to("other")
    project.write("Dockerfile", "FROM a\nCOPY lin* /x/\n")
    project.git("add", "-A")
    project.commit("Link", VERSION="1.0.1\n")
    project.commit("Other", other="2")
    assert "other changed since" in imagebump(project, "check", status=1).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "'nowhere' is not a commit of "),
        (["orphan"], "have no commit in common. In a shallow clone, run: git fetch --unshallow"),
    ],
)
def test_check_against_nothing(project: Repo, arguments: list[str], said: str) -> None:
    """Unusable, which is not the same as a no."""
    project.git("switch", "--quiet", "--orphan", "orphan")
    project.commit("Orphan", x="1")
    project.git("switch", "--quiet", "main")
    assert said in imagebump(project, "check", *arguments, status=2).err


def test_check_in_a_shallow_clone(project: Repo) -> None:
    """It may not reach far enough: refused, never a yes."""
    project.commit("Two", a="2")
    project.git("clone", "--quiet", "--depth=1", f"file://{project.path}", "../shallow")
    shallow = Repo(project.path.parent / "shallow", project.env)
    ran = imagebump(shallow, "check", status=2)
    assert ran.err == "imagebump: this clone is shallow. Run: git fetch --unshallow\n"
