"""The hooks in real commits: as plain Git hooks, and under a real pre-commit."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness import CHECKOUT
from imagebump.commands.install import HOOKS
from projects import (
    DOCKERFILE,
    Project,
    change,
    clean,
    commit,
    registry_tags,
    use_pre_commit,
)
from services import Engine, Packaged, Registry

NO_REGISTRY = "127.0.0.1:1"
MANUAL = '[publish]\non = "manual"\n'
REFUSAL = "VERSION has an edit that is not staged. Run: git add VERSION (to commit it) or "
REFUSAL += "git checkout -- VERSION (to drop it), then commit again"
PARTIAL = (
    "VERSION has an edit that is not staged. Commit VERSION with the other paths, or drop it, "
)
PARTIAL += "with: git checkout HEAD -- VERSION"
BAD = "FROM imagebump/base:1\nRUN apt-get update\nRUN apt-get install -y curl\nCOPY app.txt /app/\n"


@pytest.fixture
def fresh(tmp_path: Path, isolated_environment: dict[str, str]) -> Iterator[Project]:
    """A project of one commit that publishes by hand only, without hooks."""
    made = Project.start(tmp_path / "app", isolated_environment, "app", NO_REGISTRY, MANUAL)
    made.commit("One")
    yield made
    made.end()


@pytest.fixture
def plain(fresh: Project) -> Project:
    """The same with `imagebump install`."""
    fresh.imagebump("install")
    return fresh


@pytest.fixture
def managed(fresh: Project, packaged: Packaged) -> Project:
    """The same with pre-commit, which clones this checkout."""
    use_pre_commit(fresh, packaged)
    fresh.commit("Configure pre-commit")
    return fresh


@pytest.fixture(params=["plain", "managed"])
def project(request: pytest.FixtureRequest) -> Project:
    """The same with each of them."""
    made: Project = request.getfixturevalue(request.param)
    return made


def by_install(project: Project) -> Project:
    """The hooks are put there by `imagebump install`."""
    project.imagebump("install")
    return project


def by_hooks_path(project: Project) -> Project:
    """core.hooksPath names our directory."""
    project.git("config", "core.hooksPath", CHECKOUT / "hooks")
    project.git("config", "imagebump.python", sys.executable)
    return project


def by_hand(project: Project) -> Project:
    """Our hooks are copied into .git/hooks."""
    for hook in (CHECKOUT / "hooks").iterdir():
        shutil.copy(hook, project.path / ".git" / "hooks")
    project.git("config", "imagebump.python", sys.executable)
    return project


def in_a_worktree(project: Project) -> Project:
    """The hooks are installed from a linked worktree, and the commit is made in it."""
    project.git("checkout", "--quiet", "--detach")
    project.git("worktree", "add", "--quiet", "../tree", "main")
    tree = replace(project, path=project.path.parent / "tree")
    tree.imagebump("install")
    return tree


@pytest.mark.parametrize("way", [by_install, by_hooks_path, by_hand, in_a_worktree])
def test_each_way_to_have_plain_hooks(fresh: Project, way: Callable[[Project], Project]) -> None:
    """The commit holds the next version, and its job is recorded."""
    project = way(fresh)
    project.configure("")
    change(project)
    said = commit(project)
    assert "imagebump: VERSION 1.0.0 → 1.0.1 (patch: app.txt changed)\n" in said.err + said.out
    assert project.read("VERSION") == "1.0.1\n"
    assert clean(project)
    project.idle()
    assert [one["commit"] for one in project.status()] == [project.git("rev-parse", "HEAD")]


def test_copied_hooks_find_imagebump_on_the_path(fresh: Project) -> None:
    """Where nobody said which Python to use, the program itself is asked for."""
    by_hand(fresh).git("config", "--unset", "imagebump.python")
    change(fresh)
    commit(fresh)
    assert fresh.read("VERSION") == "1.0.1\n"
    fresh.idle()


@pytest.mark.parametrize("option", [[], ["--no-verify"], ["--amend"]])
@pytest.mark.parametrize(
    ("python", "why"),
    [
        ("", "git config imagebump.python is not set"),
        ("/gone/python", "/gone/python is no program"),
    ],
)
def test_hooks_that_find_nothing_say_so(
    fresh: Project, python: str, why: str, option: list[str]
) -> None:
    """The commit is made without us, with one line that says what to type."""
    by_hand(fresh).git("config", "--unset", "imagebump.python")
    if python:
        fresh.git("config", "imagebump.python", python)
    change(fresh)
    bare = replace(fresh, env={**fresh.env, "PATH": "/usr/bin:/bin"})
    ran = bare.run("git", "commit", "--quiet", "-am", "x", *option)
    assert ran.err == (
        f"imagebump: not run: {why}, and imagebump is not on the PATH. "
        "Run: python3 -m imagebump install (with the Python that has it)\n"
    )
    assert fresh.read("VERSION") == "1.0.0\n"


def test_a_merge_that_finds_nothing_says_so(fresh: Project) -> None:
    """Once, whether it makes a commit or not."""
    fresh.git("switch", "--quiet", "-c", "feature")
    fresh.commit("Two", other="2")
    fresh.git("switch", "--quiet", "main")
    by_hand(fresh).git("config", "--unset", "imagebump.python")
    bare = replace(fresh, env={**fresh.env, "PATH": "/usr/bin:/bin"})
    for way in ("--no-ff", "--ff-only"):
        said = bare.run("git", "merge", "--quiet", "--no-edit", way, "feature").err
        assert said.count("imagebump: not run: ") == said.count("\n") == 1
        fresh.git("reset", "--quiet", "--hard", "ORIG_HEAD")


def test_an_installed_hook_stops_a_revert(plain: Project) -> None:
    """`imagebump install` brings the hook that no pre-commit stage can stand in for."""
    change(plain)
    commit(plain)
    said = plain.run("git", "revert", "--no-edit", "HEAD", status=128).err
    assert "VERSION would go from 1.0.1 back to 1.0.0. Run: git commit --no-edit" in said
    plain.git("commit", "--quiet", "--no-edit")
    assert plain.read("VERSION") == "1.0.2\n"


def test_an_installed_hook_needs_no_configuration(plain: Project) -> None:
    """It carries the path of its Python."""
    plain.git("config", "--unset", "imagebump.python")
    change(plain)
    bare = replace(plain, env={**plain.env, "PATH": "/usr/bin:/bin"})
    bare.run("git", "commit", "--quiet", "-am", "x")
    assert plain.read("VERSION") == "1.0.1\n"


def test_a_commit_has_the_next_version(project: Project) -> None:
    """With a file that is staged: VERSION is in the commit, and nothing is left over."""
    change(project)
    commit(project)
    assert project.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"
    assert project.read("VERSION") == "1.0.1\n"
    assert clean(project)


def test_a_commit_of_everything_has_the_next_version(project: Project) -> None:
    """With `commit -a`, from a subdirectory."""
    project.commit("Sub", **{"sub/README.md": "words\n"})
    project.write("app.txt", "two\n")
    commit(replace(project, path=project.path / "sub"), "-a")
    assert project.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"
    assert project.read("VERSION") == "1.0.1\n"
    assert clean(project)


def test_a_commit_of_one_path_ends_clean(project: Project) -> None:
    """`git commit PATH` commits it and VERSION, leaves what else is staged, and the next one works."""
    change(project)
    project.stage(**{"other.txt": "other\n"})
    commit(project, "app.txt")
    assert project.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"
    assert project.git("status", "--porcelain") == "A  other.txt"
    assert project.read("VERSION") == project.read("VERSION", "") == "1.0.1\n"
    commit(project)
    change(project, "three\n")
    commit(project)
    assert project.read("VERSION") == "1.0.2\n"
    assert clean(project)


@pytest.mark.parametrize("options", [["app.txt", "VERSION"], ["-i", "app.txt"], ["-o", "app.txt"]])
def test_other_ways_to_commit_paths(project: Project, options: list[str]) -> None:
    """Whatever index git makes for the commit, VERSION is in it and in the one that stays."""
    project.write("app.txt", "two\n")
    commit(project, *options)
    assert project.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"
    assert project.read("VERSION") == "1.0.1\n"
    assert clean(project)


def test_a_commit_that_is_picked_by_hunks(project: Project) -> None:
    """`git commit -p` takes VERSION with it, and leaves the other edits."""
    project.write("app.txt", "two\n")
    project.write("Dockerfile", f"{DOCKERFILE}# later\n")
    project.run("git", "commit", "-p", "-m", "Next", "app.txt", stdin="y\nn\n")
    assert project.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"
    assert project.read("VERSION") == "1.0.1\n"
    assert project.git("status", "--porcelain") == " M Dockerfile"


def test_unstaged_edits_of_other_files_survive(project: Project) -> None:
    """They are neither committed nor lost."""
    change(project)
    project.write("app.txt", "three\n")
    project.write("Dockerfile", f"{DOCKERFILE}# later\n")
    commit(project)
    assert project.read("app.txt") == "two\n"
    assert project.read("VERSION") == "1.0.1\n"
    assert project.git("diff", "--name-only") == "Dockerfile\napp.txt"
    assert (project.path / "app.txt").read_text() == "three\n"


def test_a_feature_branch_keeps_the_version(project: Project) -> None:
    """So do a detached HEAD and a commit that changes nothing in the image."""
    project.git("checkout", "--quiet", "-b", "feature")
    change(project)
    commit(project)
    project.git("checkout", "--quiet", "--detach")
    change(project, "three\n")
    commit(project)
    project.git("checkout", "--quiet", "main")
    project.stage(**{"README.md": "words\n"})
    said = commit(project)
    assert "nothing that the image is made of changed" in said.out + said.err
    for branch in ("main", "feature", "HEAD"):
        assert project.read("VERSION", branch) == "1.0.0\n"
    assert clean(project)


def test_nothing_happens_where_nobody_commits(project: Project) -> None:
    """`pre-commit run -a`, or the hook by hand, writes nothing."""
    change(project)
    if (project.path / ".pre-commit-config.yaml").exists():
        project.run("pre-commit", "run", "--all-files")
    else:
        project.run(".git/hooks/pre-commit")
    assert project.git("status", "--porcelain") == "M  app.txt"


@pytest.mark.parametrize("retried", ["-m", "-a", "PATH"])
@pytest.mark.parametrize("first", ["-m", "-a", "PATH"])
@pytest.mark.parametrize("abort", ["a failing hook", "an empty message"])
def test_a_commit_that_is_retried_is_bumped_once(
    project: Project, abort: str, first: str, retried: str
) -> None:
    """Aborted after the bump, then made again: one number further, not two."""
    options = {"-m": [], "-a": ["-a"], "PATH": ["app.txt"]}
    hook = project.path / ".git" / "hooks" / "commit-msg"
    hook.write_text('#!/bin/sh\ntest -n "$PASS"\n')
    hook.chmod(0o755)
    passing = project.having(PASS="yes")
    change(project)
    if abort == "a failing hook":
        commit(project, *options[first], status=1)
    else:
        passing.run("git", "commit", *options[first], "-m", "", status=1)
    assert (project.path / "VERSION").read_text() == "1.0.1\n"
    change(project)
    manages = (project.path / ".pre-commit-config.yaml").exists()
    again = options[retried]
    if manages and (retried == "PATH" or (first, retried) in (("-a", "-m"), ("PATH", "-m"))):
        said = commit(passing, *again, status=1)  # it hides what we wrote, as if a person had
        assert (PARTIAL if retried == "PATH" else REFUSAL) in said.out + said.err
        if retried == "PATH":
            again = [*again, "VERSION"]
        else:
            project.git("add", "VERSION")
    commit(passing, *again)
    assert project.read("VERSION") == "1.0.1\n"
    assert clean(project)
    change(project, "three\n")
    commit(passing)
    assert project.read("VERSION") == "1.0.2\n"
    assert clean(project)


def test_a_retry_after_another_edit_is_decided_anew(project: Project) -> None:
    """What we staged for a commit that came to nothing is never taken for a person's choice."""
    change(project)
    project.run("git", "commit", "-m", "", status=1)
    project.stage(**{"app.txt": "one\n", "README.md": "words\n"})
    commit(project)
    assert project.read("VERSION") == "1.0.0\n"
    assert clean(project)


def test_a_persons_larger_version_stays(project: Project) -> None:
    """A version that is staged and ahead is kept; one that is behind is raised, and we say so."""
    change(project)
    project.stage(VERSION="2.0.0\n")
    commit(project)
    assert project.read("VERSION") == "2.0.0\n"
    change(project, "three\n")
    project.stage(VERSION="1.5.0\n")
    said = commit(project)
    assert "2.0.0 → 2.0.1 (1.5.0 was staged, but 2.0.0 is taken)" in said.out + said.err
    assert project.read("VERSION") == "2.0.1\n"
    assert clean(project)


@pytest.mark.parametrize("option", ["-m", "-a"])
def test_imagebump_minor_twice_is_once(project: Project, option: str) -> None:
    """The commit has the version that was asked for by hand."""
    project.write("app.txt", "two\n")
    assert project.imagebump("minor").out == "1.0.0 → 1.1.0\n"
    assert project.imagebump("minor").out == "1.0.0 → 1.1.0\n"
    project.git("add", "app.txt")
    commit(project, *(["-a"] if option == "-a" else []))
    assert project.read("VERSION") == "1.1.0\n"
    assert clean(project)


def test_a_version_that_is_staged_counts_when_one_path_is_committed(plain: Project) -> None:
    """`imagebump minor`, then `git commit PATH`: the commit has what was asked for."""
    plain.write("app.txt", "two\n")
    plain.imagebump("minor")
    commit(plain, "app.txt")
    assert plain.read("VERSION") == "1.1.0\n"
    assert clean(plain)


def test_an_unstaged_edit_is_refused_when_one_path_is_committed(project: Project) -> None:
    """The hint fits: VERSION among the paths is committed, and the drop it names is one."""
    project.write("app.txt", "two\n")
    project.write("VERSION", "3.0.0\n")
    said = commit(project, "app.txt", status=1)
    assert PARTIAL in said.out + said.err
    assert (project.path / "VERSION").read_text() == "3.0.0\n"
    commit(project, "app.txt", "VERSION")
    assert project.read("VERSION") == "3.0.0\n"
    assert clean(project)
    project.write("VERSION", "4.0.0\n")
    project.write("app.txt", "three\n")
    commit(project, "app.txt", status=1)
    project.git("checkout", "HEAD", "--", "VERSION")
    commit(project, "app.txt")
    assert project.read("VERSION") == "3.0.1\n"
    assert clean(project)


def test_an_unstaged_edit_of_version_is_refused(project: Project) -> None:
    """Nothing is committed, the edit survives, and the message says what to type."""
    change(project)
    head = project.git("rev-parse", "HEAD")
    project.write("VERSION", "3.0.0\n")
    said = commit(project, status=1)
    assert REFUSAL in said.out + said.err
    assert project.git("rev-parse", "HEAD") == head
    assert project.git("status", "--porcelain") == " M VERSION\nM  app.txt"
    assert (project.path / "VERSION").read_text() == "3.0.0\n"
    project.git("add", "VERSION")
    commit(project)
    assert project.read("VERSION") == "3.0.0\n"
    assert clean(project)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("v1.0.0\n", "v1.0.1\n", id="leading v"),
        pytest.param("1.0.0\r\n", "1.0.1\r\n", id="CRLF"),
        pytest.param("1.0.0", "1.0.1", id="no newline"),
        pytest.param("1.1.0-rc.1\n", "1.1.0-rc.2\n", id="pre-release"),
    ],
)
def test_a_version_is_written_as_it_was(plain: Project, before: str, after: str) -> None:
    """What stands around the number stays."""
    plain.git("config", "core.autocrlf", "false")
    plain.stage(VERSION=before)
    plain.git("commit", "--quiet", "--no-verify", "-m", "Two")
    change(plain)
    commit(plain)
    blob = (plain.path / "VERSION").read_bytes()
    assert blob == after.encode()
    assert clean(plain)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        pytest.param("“1.0.0”\n", "'“1.0.0”\\n'", id="typographic quotes"),
        pytest.param("1.0.0\n1.0.1\n", "'1.0.0\\n1.0.1\\n'", id="two lines"),
        pytest.param("", "nothing", id="empty"),
        pytest.param("1.0\n", "'1.0\\n'", id="two numbers"),
    ],
)
def test_a_version_that_is_none_stops_the_commit(plain: Project, content: str, shown: str) -> None:
    """One line says what was read; the file and HEAD stay as they are."""
    plain.stage(VERSION=content)
    plain.git("commit", "--quiet", "--no-verify", "-m", "Two")
    change(plain)
    head = plain.git("rev-parse", "HEAD")
    said = plain.run("git", "commit", "--quiet", "-m", "Next", status=1)
    assert said.err == (
        f"imagebump: VERSION holds {shown}, expected one line with a semantic version such as "
        "1.2.3. Run: echo 1.0.0 > VERSION && git add VERSION (with your version)\n"
    )
    assert plain.git("rev-parse", "HEAD") == head
    assert (plain.path / "VERSION").read_text() == content


def test_an_untracked_version_joins_as_it_is(project: Project) -> None:
    """One that Git does not know yet is adopted; where there is none, the first is 0.1.0."""
    project.git("rm", "--quiet", "VERSION")
    project.git("commit", "--quiet", "--amend", "--no-verify", "--no-edit")
    project.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "Two")
    project.write("VERSION", "4.0.0\n")
    change(project)
    commit(project)
    assert project.read("VERSION") == "4.0.0\n"
    assert clean(project)


def test_the_first_version(tmp_path: Path, isolated_environment: dict[str, str]) -> None:
    """Where there never was one it is 0.1.0, in the first commit too."""
    made = Project.start(tmp_path / "app", isolated_environment, "app", NO_REGISTRY, MANUAL)
    made.imagebump("install")
    made.git("rm", "--quiet", "-f", "VERSION")
    commit(made)
    assert made.read("VERSION") == "0.1.0\n"
    assert clean(made)
    made.end()


def test_an_ignored_version_is_refused(plain: Project) -> None:
    """No commit could hold it: nothing is committed, and one line says why."""
    plain.git("rm", "--quiet", "VERSION")
    plain.stage(**{".gitignore": "VERSION\n"})
    plain.git("commit", "--quiet", "--no-verify", "-m", "Two")
    plain.write("VERSION", "1.0.0\n")
    change(plain)
    said = plain.run("git", "commit", "--quiet", "-m", "Next", status=1)
    assert said.err == (
        "imagebump: VERSION is ignored by Git, so that no commit can hold it. "
        "Run: git check-ignore -v VERSION, and take that line out\n"
    )


@pytest.mark.parametrize("name", [".imagebump.toml", "Dockerfile"])
def test_a_repository_that_is_not_ours_is_left_alone(project: Project, name: str) -> None:
    """Without a configuration, or without a Dockerfile, the hooks do and say nothing."""
    project.git("rm", "--quiet", name)
    project.git("commit", "--quiet", "--no-verify", "-m", "Two")
    project.idle()
    change(project)
    said = commit(project)
    assert "VERSION" not in said.out + said.err
    assert project.read("VERSION") == "1.0.0\n"
    assert clean(project)
    project.idle()
    assert project.status() == []


def test_a_broken_configuration_is_one_line(plain: Project) -> None:
    """It names the file, the key and what is expected; nothing is committed."""
    plain.stage(**{".imagebump.toml": 'registry = "127.0.0.1:1"\n[bump]\nwhen = "never"\n'})
    head = plain.git("rev-parse", "HEAD")
    said = plain.run("git", "commit", "--quiet", "-m", "Next", status=1)
    assert said.err == (
        'imagebump: .imagebump.toml: bump.when = \'never\', expected one of "image", "always"\n'
    )
    assert plain.git("rev-parse", "HEAD") == head


@pytest.mark.parametrize(
    ("manager", "says"),
    [
        ("pre-commit", "Add imagebump's hooks to .pre-commit-config.yaml, then run: pre-commit install"),
        ("lefthook", "Add `imagebump hook pre-commit` to lefthook.yml (likewise for the others), then run: lefthook install"),
    ],
)  # fmt: skip
def test_install_beside_a_manager(fresh: Project, manager: str, says: str) -> None:
    """It is the manager's file that is to be edited."""
    fresh.write("lefthook.yml", "pre-commit:\n  jobs:\n    - run: 'true'\n")
    fresh.run(manager, "install")
    hook = fresh.path / ".git" / "hooks" / "pre-commit"
    said = fresh.imagebump("install", status=1).err
    assert said == f"imagebump: {hook} is {manager}'s. {says}\n"


def test_install_twice_is_fine_and_never_over_another_hook(fresh: Project) -> None:
    """Somebody else's hook stays, nothing is half done, and the line to add to it works."""
    theirs = fresh.path / ".git" / "hooks" / "post-commit"
    theirs.write_text("#!/bin/sh\ntouch theirs\n")
    theirs.chmod(0o755)
    said = fresh.imagebump("install", status=1).err
    assert said.count("\n") == 1
    assert f"{theirs} is somebody else's hook. Add this line to it: {sys.executable} " in said
    assert theirs.read_text() == "#!/bin/sh\ntouch theirs\n"
    assert not (theirs.parent / "pre-commit").exists()
    line = said.rpartition("Add this line to it: ")[2]
    theirs.write_text(f"#!/bin/sh\n{line}touch theirs\n")
    fresh.imagebump("install")
    assert theirs.read_text() == f"#!/bin/sh\n{line}touch theirs\n"
    assert (theirs.parent / "pre-commit").exists()
    fresh.configure()
    commit(fresh)
    fresh.idle()
    assert (fresh.path / "theirs").exists()
    assert [one["commit"] for one in fresh.status()] == [fresh.git("rev-parse", "HEAD")]
    theirs.unlink()
    fresh.imagebump("install")
    before = {hook.name: hook.read_bytes() for hook in theirs.parent.iterdir()}
    fresh.imagebump("install")
    assert {hook.name: hook.read_bytes() for hook in theirs.parent.iterdir()} == before
    assert {name for name in before if not name.endswith(".sample")} == set(HOOKS)


@pytest.mark.parametrize("option", ["--no-edit", "-a"])
def test_an_amend_keeps_one_bump(project: Project, option: str) -> None:
    """Amending what is not published yet gives no further number."""
    change(project)
    commit(project)
    change(project, "three\n")
    commit(project, "--amend", *(["-a"] if option == "-a" else []))
    assert project.read("VERSION") == "1.0.1\n"
    assert project.read("app.txt") == "three\n"
    assert clean(project)


def test_an_unstaged_edit_that_is_no_version(plain: Project) -> None:
    """The commit stops, with what was read: staging it would not help."""
    change(plain)
    plain.write("VERSION", "“1.0.1”\n")
    said = plain.run("git", "commit", "--quiet", "-m", "Next", status=1).err
    assert said.startswith(
        "imagebump: VERSION holds '“1.0.1”\\n', expected one line with a semantic"
    )
    assert (plain.path / "VERSION").read_text() == "“1.0.1”\n"


def test_an_amend_by_an_alias_is_one(project: Project) -> None:
    """git runs its commands under their own names behind an alias; a message is no option."""
    change(project)
    commit(project)
    project.git("config", "alias.fix", "commit --amend --no-edit")
    change(project, "three\n")
    project.git("fix")
    assert project.read("VERSION") == "1.0.1\n"
    change(project, "four\n")
    project.git("commit", "-m", "--amend")
    assert project.read("VERSION") == "1.0.2\n"
    assert clean(project)


def test_a_merge_with_a_conflict_is_above_both_sides(project: Project) -> None:
    """Neither side's number is used again."""
    project.git("checkout", "--quiet", "-b", "feature")
    change(project, "theirs\n")
    project.stage(VERSION="1.0.5\n")
    commit(project)
    project.git("checkout", "--quiet", "main")
    change(project, "ours\n")
    commit(project)
    project.run("git", "merge", "feature", status=1)
    project.stage(VERSION="1.0.1\n", **{"app.txt": "both\n"})
    commit(project)
    assert project.read("VERSION") == "1.0.6\n"
    assert clean(project)


def test_a_version_file_elsewhere(project: Project) -> None:
    """bump.version-file is relative to the top, wherever the commit is made."""
    project.configure(f'{MANUAL}[bump]\nversion-file = "part/VERSION"\nwhen = "always"\n')
    project.stage(**{"part/VERSION": "3.0.0\n"})
    commit(project, "--no-verify")
    commit(replace(project, path=project.path / "part"), "--allow-empty")
    assert project.read("part/VERSION") == "3.0.1\n"
    assert project.read("VERSION") == "1.0.0\n"
    assert clean(project)


def test_line_endings_that_git_converts(project: Project) -> None:
    """With core.autocrlf a VERSION that differs from the index by its endings only is no edit."""
    project.git("config", "core.autocrlf", "true")
    project.git("rm", "--quiet", "--cached", "-r", ".")
    project.git("reset", "--quiet", "--hard")
    assert (project.path / "VERSION").read_bytes() == b"1.0.0\r\n"
    change(project, "two\r\n")
    commit(project)
    assert project.read("VERSION") == "1.0.1\n"
    assert clean(project)


def test_a_symbolic_link_is_no_version(plain: Project) -> None:
    """It is refused: the number would be written into a file elsewhere."""
    plain.path.joinpath("VERSION").unlink()
    plain.path.joinpath("VERSION").symlink_to("app.txt")
    plain.git("add", "VERSION")
    said = plain.run("git", "commit", "--quiet", "-m", "Next", status=1)
    assert said.err.startswith("imagebump: VERSION is a symbolic link. ")
    assert said.err.count("\n") == 1


def test_a_path_with_blanks_and_other_letters(
    tmp_path: Path, isolated_environment: dict[str, str]
) -> None:
    """The repository may be anywhere, and its name needs not be one for images."""
    made = Project.start(tmp_path / "my Äpp 'x'", isolated_environment, "app", NO_REGISTRY, MANUAL)
    made.imagebump("install")
    made.stage(**{".imagebump.toml": f'registry = "{NO_REGISTRY}"\n'})
    commit(made)
    change(made)
    commit(made)
    assert made.read("VERSION") == "1.0.1\n"
    made.imagebump("watch", status=1)
    assert {one["repository"] for one in made.status()} == {f"{NO_REGISTRY}/my-pp-x"}
    made.end()


def test_in_a_submodule(fresh: Project) -> None:
    """Git names the repository in variables there: the hooks keep to the submodule."""
    fresh.git("clone", "--quiet", "--bare", fresh.path, "../module.git")
    fresh.git("submodule", "--quiet", "add", "../module.git", "module")
    fresh.git("commit", "--quiet", "-m", "Add a module")
    module = replace(fresh, path=fresh.path / "module")
    module.imagebump("install")
    change(module)
    commit(module)
    assert module.read("VERSION") == "1.0.1\n"
    assert clean(module)
    assert fresh.read("VERSION") == "1.0.0\n"
    assert fresh.git("diff", "--name-only") == "module"


def test_a_warning_stops_the_commit(project: Project) -> None:
    """The linter reads what is staged: neither a better nor a worse working file counts."""
    head = project.git("rev-parse", "HEAD")
    project.stage(Dockerfile=BAD)
    project.write("Dockerfile", DOCKERFILE)
    said = commit(project, status=1)
    assert "Dockerfile:3:1: IB001 warning: " in said.out + said.err
    assert project.git("rev-parse", "HEAD") == head
    assert project.read("VERSION", "") == "1.0.0\n"
    project.stage(Dockerfile=f'{DOCKERFILE}CMD ["sh"]\n')
    project.write("Dockerfile", BAD)
    commit(project)
    assert project.read("VERSION") == "1.0.1\n"
    assert project.git("status", "--porcelain") == " M Dockerfile"


def test_an_image_by_way_of_pre_commit(
    tmp_path: Path,
    isolated_environment: dict[str, str],
    packaged: Packaged,
    engine: Engine,
    base_image: str,
    registry: Registry,
    image_name: str,
) -> None:
    """A commit is published, so is the tip of a rebase; the unstaged edit is back at once."""
    env = isolated_environment | {"DOCKER_HOST": engine.host}
    project = Project.start(tmp_path / "app", env, image_name, registry.host)
    use_pre_commit(project, packaged)
    project.stage(**{"other.txt": "other\n"})
    project.write("other.txt", "edited\n")
    first = project.commit("One")
    assert (project.path / "other.txt").read_text() == "edited\n"
    project.git("checkout", "--quiet", "other.txt")
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {first[:7], "1.0.0"}
    project.git("checkout", "--quiet", "-b", "feature")
    project.commit("Two", **{"two.txt": "2\n"})
    project.git("checkout", "--quiet", "main")
    project.commit("Three", **{"three.txt": "3\n"})
    project.git("checkout", "--quiet", "feature")
    project.imagebump("watch")
    before = registry.tags(project.name)
    project.git("rebase", "--quiet", "main")
    project.imagebump("watch")
    assert registry.tags(project.name) - before == {project.commit_tag()}
    project.end()


def test_pre_commit_over_plain_hooks(fresh: Project, packaged: Packaged) -> None:
    """It keeps them as .legacy and runs both: there is one bump a commit, and uninstall takes them away."""
    fresh.imagebump("install")
    use_pre_commit(fresh, packaged)
    hooks = fresh.path / ".git" / "hooks"
    assert (hooks / "pre-commit.legacy").exists()
    fresh.commit("One")
    change(fresh)
    fresh.commit("Two")
    assert fresh.read("VERSION") == "1.0.1\n"
    assert fresh.git("status", "--porcelain") == ""
    assert "pre-commit.legacy" in fresh.imagebump("uninstall").out
    assert not list(hooks.glob("*.legacy"))


def test_a_bump_while_another_git_has_the_index(fresh: Project) -> None:
    """Nothing is written, and it is said what has it."""
    lock = fresh.path / ".git" / "index.lock"
    lock.touch()
    said = fresh.imagebump("patch", status=1).err
    assert said == (
        "imagebump: cannot stage VERSION: another git process has the index. "
        f"Let it end; where there is none, run: rm {lock}\n"
    )
    lock.unlink()
    assert fresh.read("VERSION") == "1.0.0\n"
    assert fresh.imagebump("patch").out == "1.0.0 → 1.0.1\n"
