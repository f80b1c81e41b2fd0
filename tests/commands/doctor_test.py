"""`imagebump doctor`: each thing that it finds, in real repositories, and that what it says to type mends it."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from harness import CHECKOUT, Repo
from imagebump.commands.doctor_managers import STAGES
from imagebump.commands.install import HOOKS

TEXT = 'registry = "127.0.0.1:1"\n'
DOCKERFILE = "FROM a\nCOPY a.txt b.txt /x/\n"
TYPES = ["pre-commit", "pre-merge-commit", "post-commit", "post-merge", "post-rewrite"]
IDS = ["imagebump-lint", "imagebump-bump", "imagebump-publish"]


@pytest.fixture
def app(repo: Repo) -> Repo:
    """A project of one commit, at 1.0.0, with the plain hooks; no engine and no registry answer."""
    made = repo.having(DOCKER_HOST="tcp://127.0.0.1:1")
    files = {".imagebump.toml": TEXT, "VERSION": "1.0.0\n", "Dockerfile": DOCKERFILE}
    made.commit("One", **files, **{"a.txt": "one\n", "b.txt": "one\n"})
    made.run("imagebump", "install")
    return made


def lines(repo: Repo) -> list[str]:
    """Everything that is found."""
    ran = repo.run("imagebump", "doctor", status=1)
    assert ran.err == ""
    return ran.out.splitlines()


def found(repo: Repo, check: str) -> list[str]:
    """What one check finds."""
    return [line.partition(": ")[2] for line in lines(repo) if line.startswith(f"{check}: ")]


def typed(repo: Repo, line: str) -> None:
    """Type what a line says."""
    repo.run("sh", "-c", line.rpartition("Run: ")[2].rpartition("run: ")[2])


def only(repo: Repo, check: str) -> str:
    """The one line of a check."""
    (line,) = found(repo, check)
    return line


def by_pre_commit(repo: Repo, ids: list[str], types: list[str] | None, manager: str) -> None:
    """A configuration for pre-commit, in the style that the README shows, and the plain hooks gone."""
    for name in HOOKS:
        (repo.path / ".git" / "hooks" / name).unlink()
    head = f"default_install_hook_types: [{', '.join(types)}]\n" if types is not None else ""
    hooks = "".join(f"      - id: {one}  # default_install_hook_types: [x]\n" for one in ids)
    text = f"{head}repos:\n  - repo: {CHECKOUT}\n    rev: abc\n    hooks:\n{hooks}"
    repo.write(".pre-commit-config.yaml", text)
    repo.git("add", ".pre-commit-config.yaml")
    if manager:
        repo.run(manager, "install")


def test_what_is_wrong_around_a_repository(app: Repo) -> None:
    """Where the hooks are right, the engine and the registry that do not answer are left; nothing is changed."""
    before = app.git("status", "--porcelain")
    engine, registry, head = lines(app)
    assert engine.startswith("engine: cannot reach the Docker engine at tcp://127.0.0.1:1: ")
    assert registry.startswith("registry: cannot reach the registry at 127.0.0.1:1: ")
    commit = app.git("rev-parse", "HEAD")[:7]
    assert head == (
        f"HEAD: no hook has recorded {commit}, so that nothing publishes it. Run: imagebump publish"
    )
    assert app.git("status", "--porcelain") == before
    assert {path.name for path in (app.path / ".git" / "imagebump").iterdir()} <= {"trusted"}


def test_where_nothing_is_pushed_no_registry_is_asked(app: Repo) -> None:
    """publish.push = false."""
    app.commit("Two", **{".imagebump.toml": f"{TEXT}[publish]\npush = false\n"})
    assert found(app, "registry") == []
    assert len(found(app, "engine")) == 1


def test_a_local_registry_that_does_not_run(app: Repo) -> None:
    """It says how it is started."""
    app.commit("Two", **{".imagebump.toml": 'registry = "local"\n'})
    app.run("imagebump", "trust")
    assert only(app, "registry") == "no local registry is running. Run: imagebump registry up"


def test_a_registry_that_is_not_trusted(app: Repo) -> None:
    """It is not asked: what is typed mends that."""
    app.commit("Two", **{".imagebump.toml": 'registry = "127.0.0.1:2"\n'})
    unknown = 'registry = "127.0.0.1:2" is not trusted by this clone yet. '
    assert only(app, "registry") == f"{unknown}Look at it, then run: imagebump trust"
    typed(app, only(app, "registry"))
    assert only(app, "registry").startswith("cannot reach the registry at 127.0.0.1:2: ")


def test_outside_a_repository(tmp_path: Path, isolated_environment: dict[str, str]) -> None:
    """That is found, too, and no misuse."""
    ran = Repo(tmp_path, isolated_environment).run("imagebump", "doctor", status=1)
    assert ran.out == f"repository: {tmp_path} is not in a Git working tree. Run: git init\n"


# --- the repository -----------------------------------------------------------------------------


def test_no_configuration(repo: Repo) -> None:
    """Neither a file nor a table; the rest is looked at all the same."""
    line = only(repo, "configuration")
    assert line.startswith(f".imagebump.toml is not in the index of {repo.path}. Run: echo ")
    typed(repo, line)
    assert only(repo, "configuration").startswith("Dockerfile is not in the index")


def test_a_configuration_that_is_broken(app: Repo) -> None:
    """Said as everywhere."""
    app.write(".imagebump.toml", f'{TEXT}[bump]\nwhen = "never"\n')
    app.git("add", ".")
    assert only(app, "configuration").startswith(".imagebump.toml: bump.when = 'never', expected")


@pytest.mark.parametrize("name", ["Dockerfile", "VERSION"])
def test_a_file_that_is_not_in_the_index(app: Repo, name: str) -> None:
    """It is there, and is to be added."""
    app.git("rm", "--quiet", "--cached", name)
    check = "configuration" if name == "Dockerfile" else "version"
    line = only(app, check)
    assert line == f"{name} is not in the index of {app.path}. Run: git add {name}"
    typed(app, line)
    assert found(app, check) == []


def test_a_version_that_is_nowhere_yet(repo: Repo) -> None:
    """The first commit makes it, unless versions are given by hand only."""
    for more, says in (("", []), ('[bump]\non = "none"\n', ["imagebump patch"])):
        repo.write(".imagebump.toml", TEXT + more)
        repo.git("add", ".imagebump.toml")
        assert [line.rpartition("Run: ")[2] for line in found(repo, "version")] == says


def test_a_version_that_is_gone(app: Repo) -> None:
    """A command makes it."""
    app.git("rm", "--quiet", "VERSION")
    typed(app, only(app, "version"))
    assert found(app, "version") == []
    assert app.read("VERSION", "") == "1.0.1\n"


@pytest.mark.parametrize(
    ("content", "line"),
    [("1.0\n", "VERSION holds '1.0\\n', expected"), ("", "VERSION holds nothing, expected")],
)
def test_a_version_that_is_none(app: Repo, content: str, line: str) -> None:
    """What was read."""
    app.write("VERSION", content)
    app.git("add", "VERSION")
    assert only(app, "version").startswith(line)


def test_a_version_that_git_ignores(app: Repo) -> None:
    """Adding it would not help."""
    app.git("rm", "--quiet", "--cached", "VERSION")
    app.write(".gitignore", "VERSION\n")
    assert only(app, "version").startswith("VERSION is ignored by Git")


# --- plain hooks --------------------------------------------------------------------------------


def test_no_hooks_at_all(app: Repo) -> None:
    """A commit would publish nothing."""
    for name in HOOKS:
        (app.path / ".git" / "hooks" / name).unlink()
    line = only(app, "hooks")
    assert line.endswith(
        "hooks has no hook of imagebump: a commit publishes nothing. Run: imagebump install"
    )
    app.commit("Two", **{".imagebump.toml": f'{TEXT}[publish]\non = "manual"\n'})
    assert found(app, "hooks") == []


def test_some_hooks_of_ours(app: Repo) -> None:
    """A part of them is not enough; a hook of somebody else's that has our line is one."""
    hooks = app.path / ".git" / "hooks"
    (hooks / "post-merge").unlink()
    (hooks / "commit-msg").write_text('#!/bin/sh\nimagebump hook commit-msg "$@" || exit $?\n')
    line = only(app, "hooks")
    assert line == f"{hooks} has no post-merge of imagebump. Run: imagebump install"
    typed(app, line)
    assert found(app, "hooks") == []


def test_a_hook_that_git_passes_over(app: Repo) -> None:
    """Git itself says so only where advice is on."""
    path = app.path / ".git" / "hooks" / "post-commit"
    path.chmod(0o644)
    line = only(app, "hooks")
    assert line == f"{path} is not executable: Git passes over it. Run: chmod +x {path}"
    typed(app, line)
    assert found(app, "hooks") == []


def test_hooks_in_a_linked_worktree(app: Repo) -> None:
    """They are the main one's."""
    app.git("worktree", "add", "--quiet", "-b", "other", "../tree")
    assert found(Repo(app.path.parent / "tree", app.env), "hooks") == []


def test_hooks_whose_python_has_no_imagebump(app: Repo) -> None:
    """One that is gone, where the PATH has none; one that was made anew without it, even so."""
    empty = app.write("../python", "#!/bin/sh\nexit 1\n")
    empty.chmod(0o755)
    hook = app.path / ".git" / "hooks" / "pre-commit"
    text = hook.read_text()
    head, _, rest = text.partition("python=")
    lost = f"{head}python=HERE\n{rest.partition(chr(10))[2]}"
    hook.write_text(lost.replace("HERE", "/gone/python"))
    assert found(app, "hooks") == []  # imagebump on the PATH stands in
    hook.write_text(lost.replace("HERE", f"'{empty}'"))
    line = only(app, "hooks")
    assert line == (
        f"the hooks do not find imagebump: {empty} has no imagebump. Run: imagebump install"
    )
    typed(app, line)
    assert found(app, "hooks") == []


def test_copied_hooks_that_find_nothing(app: Repo) -> None:
    """They ask git's configuration, then the PATH."""
    for hook in (CHECKOUT / "hooks").iterdir():
        shutil.copy(hook, app.path / ".git" / "hooks")
    app.git("config", "--unset", "imagebump.python")
    assert found(app, "hooks") == []
    program = shutil.which("imagebump", path=app.env["PATH"])
    assert program
    ran = app.having(PATH="/usr/bin:/bin").run(program, "doctor", status=1)
    (line,) = [one for one in ran.out.splitlines() if one.startswith("hooks: ")]
    assert line.startswith(
        "hooks: the hooks do not find imagebump: git config imagebump.python is not set. Run: git config "
    )
    typed(app, line)
    ran = app.having(PATH="/usr/bin:/bin").run(program, "doctor", status=1)
    assert "hooks: " not in ran.out


# --- core.hooksPath -----------------------------------------------------------------------------


def test_a_foreign_hooks_path(app: Repo) -> None:
    """Git ignores what is in the usual place; what is typed depends on whose setting it is."""
    (app.path.parent / "theirs").mkdir()
    for scope in ("--local", "--global"):
        app.git("config", scope, "core.hooksPath", app.path.parent / "theirs")
        line = only(app, "hooks")
        assert line.startswith(
            f"core.hooksPath is {app.path.parent}/theirs, so that Git ignores pre-commit, "
        )
        typed(app, line)
        assert found(app, "hooks") == []
    theirs = app.git("config", "--global", "core.hooksPath")  # other repositories use it
    assert theirs == f"{app.path.parent}/theirs"


def test_our_own_hooks_path(app: Repo) -> None:
    """It names a directory with our hooks: all is well."""
    app.git("config", "core.hooksPath", CHECKOUT / "hooks")
    assert found(app, "hooks") == []


def test_a_foreign_hooks_path_and_pre_commit(app: Repo) -> None:
    """pre-commit refuses to install with it, so it has to go first."""
    by_pre_commit(app, IDS, TYPES, "")
    (app.path.parent / "theirs").mkdir()
    app.git("config", "core.hooksPath", "../theirs")
    line = only(app, "hooks")
    assert "Run: git config --local --unset-all core.hooksPath && pre-commit install" in line
    typed(app, line)
    assert found(app, "hooks") == []


# --- managers -----------------------------------------------------------------------------------


def test_what_our_hooks_need() -> None:
    """As the file says that pre-commit reads; pre-push is for publish.on alone."""
    hooks = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert dict(STAGES) == {
        one["id"]: tuple(stage for stage in one["stages"] if stage not in ("manual", "pre-push"))
        for one in hooks
    }


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_a_manager_that_installs_all(app: Repo, manager: str) -> None:
    """Then all is well."""
    by_pre_commit(app, IDS, TYPES, manager)
    assert found(app, "hooks") == []


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
@pytest.mark.parametrize("style", ["none", "one", "block"])
def test_hook_types_that_are_not_asked_for(app: Repo, manager: str, style: str) -> None:
    """Nobody's `pre-commit install` puts them there; without a word it is pre-commit alone."""
    by_pre_commit(app, IDS, None if style == "none" else ["post-commit", "pre-commit"], "")
    if style == "block":
        path = app.path / ".pre-commit-config.yaml"
        block = "default_install_hook_types:\n- post-commit\n- 'pre-commit'\n"
        path.write_text(block + path.read_text().partition("\n")[2])
    app.run(manager, "install")
    lacking = ["pre-merge-commit", "post-merge", "post-rewrite"]
    if style == "none":
        lacking = ["pre-merge-commit", "post-commit", "post-merge", "post-rewrite"]
    assert only(app, "hooks") == (
        "default_install_hook_types in .pre-commit-config.yaml lacks "
        f"{', '.join(sorted(lacking, key=only_order))}. Add that, then run: {manager} install"
    )


def only_order(name: str) -> int:
    """As our hooks need them, one after the other."""
    return ["pre-commit", "pre-merge-commit", "post-merge", "post-commit", "post-rewrite"].index(
        name
    )


@pytest.mark.parametrize(
    "stages", ["[pre-commit, manual]", "\n          - pre-commit\n          - manual"]
)
def test_stages_that_leave_some_out(app: Repo, stages: str) -> None:
    """The user's own, of one hook; those of the others are theirs."""
    by_pre_commit(app, IDS, TYPES, "pre-commit")
    config = app.path / ".pre-commit-config.yaml"
    ours = "      - id: imagebump-bump  # default_install_hook_types: [x]\n"
    text = config.read_text()
    assert ours in text
    other = "      - id: other\n        stages: [manual]\n"
    config.write_text(text.replace(ours, f"{ours}        stages: {stages}\n{other}"))
    assert only(app, "hooks") == (
        ".pre-commit-config.yaml: the stages of imagebump-bump lack post-merge. "
        "Take the line stages out"
    )


def test_hook_types_that_were_not_installed(app: Repo) -> None:
    """The configuration has them since; the optional hook asks for one more."""
    by_pre_commit(app, IDS, ["pre-commit"], "pre-commit")
    config = app.path / ".pre-commit-config.yaml"
    more = "      - id: imagebump-revert\n# - id: imagebump-message\n"
    types = ", ".join([*TYPES, "prepare-commit-msg"])
    config.write_text(config.read_text().replace("[pre-commit]", f"[{types}]") + more)
    line = only(app, "hooks")
    assert line == (
        f"{app.path}/.git/hooks has no pre-merge-commit, post-merge, post-commit, post-rewrite, "
        "prepare-commit-msg of pre-commit. Run: pre-commit install"
    )
    typed(app, line)
    assert found(app, "hooks") == []


def test_a_manager_over_our_own_hooks(app: Repo) -> None:
    """pre-commit runs the older ones first: nothing is missing."""
    app.write(".pre-commit-config.yaml", "repos: []\n")
    app.run("pre-commit", "install", "--hook-type", "post-commit")
    assert found(app, "hooks") == []


def test_a_configuration_in_toml(app: Repo) -> None:
    """prek's own."""
    by_pre_commit(app, [], TYPES, "")
    (app.path / ".pre-commit-config.yaml").unlink()
    ids = ", ".join(f'{{ id = "{one}" }}' for one in IDS)
    app.write(
        "prek.toml",
        f"default_install_hook_types = {json.dumps(TYPES)}\n"
        f'[[repos]]\nrepo = "{CHECKOUT}"\nrev = "abc"\nhooks = [{ids}]\n',
    )
    line = only(app, "hooks")
    assert line.endswith(" of prek. Run: prek install")
    typed(app, line)
    assert found(app, "hooks") == []


LEFTHOOK = {
    "lefthook.yml": "{}:\n  commands:\n    x:\n      run: imagebump hook {}\n",
    ".lefthook.toml": "[{}.commands.x]\nrun = 'imagebump hook {}'\n",
    ".config/lefthook.json": '"{}": {{"commands": {{"x": {{"run": "imagebump hook {}"}}}}}},\n',
}


@pytest.mark.parametrize("file", LEFTHOOK)
def test_lefthook(app: Repo, file: str) -> None:
    """Its file in each of its formats: what it does not ask for, and what is not installed."""
    by_pre_commit(app, [], TYPES, "")
    (app.path / ".pre-commit-config.yaml").unlink()

    def configure(names: list[str]) -> None:
        text = "".join(LEFTHOOK[file].format(name, name) for name in names)
        app.write(file, f"{{{text.rstrip().rstrip(',')}}}" if file.endswith("json") else text)

    configure(TYPES[:-1])
    app.run("lefthook", "install")
    name = file.rpartition("/")[2]
    assert only(app, "hooks") == (
        f"{name} does not run imagebump at post-rewrite. "
        "Add that as for the others, then run: lefthook install"
    )
    configure(TYPES)
    line = only(app, "hooks")
    assert line == (f"{app.path}/.git/hooks has no post-rewrite of lefthook. Run: lefthook install")
    typed(app, line)
    assert found(app, "hooks") == []


def test_lefthook_without_imagebump_on_the_path(app: Repo) -> None:
    """It has no other way to find it, unless its file names a Python."""
    by_pre_commit(app, [], TYPES, "")
    (app.path / ".pre-commit-config.yaml").unlink()
    program, lefthook = (
        shutil.which(name, path=app.env["PATH"]) for name in ("imagebump", "lefthook")
    )
    assert program
    assert lefthook
    config = app.write(
        "lefthook.yml", "".join(LEFTHOOK["lefthook.yml"].format(n, n) for n in TYPES)
    )
    app.write("about-lefthook.md", "imagebump\n")
    app.run("lefthook", "install")
    bare = app.having(PATH="/usr/bin:/bin")
    said = bare.run(program, "doctor", status=1).out
    assert "hooks: lefthook.yml runs imagebump, which is not on the PATH. Run: ln -s " in said
    config.write_text(config.read_text().replace("imagebump hook", "/python -P -m imagebump hook"))
    assert "hooks: " not in bare.run(program, "doctor", status=1).out


# --- versions -----------------------------------------------------------------------------------


def bare(repo: Repo, message: str, **files: str) -> str:
    """A commit without hooks; gives its short hash."""
    for name, text in files.items():
        repo.write(name.replace("_", "."), text)
    repo.git("add", ".")
    repo.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", message)
    return repo.git("rev-parse", "HEAD")[:7]


def test_a_version_that_head_claims_with_other_content(app: Repo) -> None:
    """What the next bump mends; on a feature branch nobody claims anything."""
    one = app.git("rev-parse", "HEAD")[:7]
    two = bare(app, "Two", a_txt="two\n")
    line = only(app, "claims")
    assert line == (
        f"{one} and {two} both claim 1.0.0, and a.txt differs. Run: imagebump patch, and commit"
    )
    app.git("switch", "--quiet", "-c", "feature")
    assert found(app, "claims") == []
    app.git("switch", "--quiet", "main")
    app.run("imagebump", "patch", "--commit")
    assert found(app, "claims") == []


def test_a_version_that_two_commits_set(app: Repo) -> None:
    """Two branches gave the same number; where the merge has the next one, that is settled."""
    app.git("switch", "--quiet", "-c", "other")
    two = bare(app, "Two", a_txt="two\n", VERSION="1.0.1\n")
    app.git("switch", "--quiet", "main")
    three = bare(app, "Three", b_txt="two\n", VERSION="1.0.1\n")
    app.git("merge", "--quiet", "--no-edit", "other")
    assert app.read("VERSION") == "1.0.2\n"
    assert found(app, "claims") == [], "the merge has settled it"
    bare(app, "Back", VERSION="1.0.0\n")
    (line,) = (line for line in found(app, "claims") if "1.0.1" in line)
    assert f"{two} and {three}" in line or f"{three} and {two}" in line
    assert " both claim 1.0.1, and " in line
    assert ".txt differs. HEAD has 1.0.0. To see what differs, run: git diff " in line
    typed(app, line)


def test_a_version_that_is_set_twice_for_the_same_content(app: Repo) -> None:
    """A revert goes back to what had that number: nothing clashes."""
    bare(app, "Two", a_txt="two\n", VERSION="1.0.1\n")
    app.git("-c", "core.hooksPath=/dev/null", "revert", "--no-edit", "HEAD")
    assert app.read("VERSION") == "1.0.0\n"
    assert found(app, "claims") == []


def test_a_version_that_was_published_from_elsewhere(app: Repo) -> None:
    """By a commit that a rebase or a reset has left behind."""
    two = bare(app, "Two", a_txt="two\n", VERSION="1.0.1\n")
    app.write(".git/imagebump/claims/1.0.1", f"{app.git('rev-parse', 'HEAD')}\n")
    assert found(app, "claims") == []
    app.git("reset", "--quiet", "--hard", "HEAD^")
    three = bare(app, "Three", a_txt="three\n", VERSION="1.0.1\n")
    assert only(app, "claims") == (
        f"{two} and {three} both claim 1.0.1, and a.txt differs. Run: imagebump patch, and commit"
    )


def test_several_images(app: Repo) -> None:
    """Each has a VERSION and claims of its own, and what is typed names it."""
    image = '[[image]]\nname = "{0}"\n[image.build]\ncontext = "{0}"\n'
    app.write(".imagebump.toml", TEXT + image.format("api") + image.format("web"))
    for name in ("api", "web"):
        app.write(f"{name}/Dockerfile", "FROM a\nCOPY a.txt /x/\n")
        app.write(f"{name}/a.txt", "one\n")
        app.write(f"{name}/VERSION", "1.0.0\n")
    app.git("add", ".")
    app.git("rm", "--quiet", "--cached", "web/VERSION")
    assert only(app, "version") == (
        f"web/VERSION is not in the index of {app.path}. Run: git add web/VERSION"
    )
    one = bare(app, "One")
    assert found(app, "version") + found(app, "claims") == []
    app.write("web/a.txt", "two\n")
    two = bare(app, "Two")
    line = only(app, "claims")
    assert line == (
        f"{one} and {two} both claim web/1.0.0, and web/a.txt differs. "
        "Run: imagebump patch --image web, and commit"
    )
    app.run("imagebump", "patch", "--image", "web", "--commit")
    assert found(app, "claims") == []


# --- remarks ------------------------------------------------------------------------------------

BUILT = "VERSION is part of the image, so that each new version is built, and not only labelled. Unless the image reads that file: "


@pytest.mark.parametrize(
    ("copies", "ignored", "how"),
    [
        ("COPY . /x/", None, "add a line VERSION to .dockerignore"),
        ("COPY . /x/", "b.txt\n", "add a line VERSION to .dockerignore"),
        ("COPY a.txt VERSION /x/", None, "take it out of the COPY in Dockerfile"),
        ("COPY . /x/", "VERSION\n", ""),
        ("COPY a.txt /x/", None, ""),
    ],
)
def test_a_version_that_is_content(app: Repo, copies: str, ignored: str | None, how: str) -> None:
    """It is not wrong, so that it is no finding; where it is left out, nothing is said."""
    app.write("Dockerfile", f"FROM a\n{copies}\n")
    if ignored is not None:
        app.write(".dockerignore", ignored)
    app.git("add", ".")
    assert [line for line in lines(app) if "VERSION" in line] == ([BUILT + how] if how else [])


def test_a_version_in_a_context_of_its_own(app: Repo) -> None:
    """The ignore file that counts is named, and the path as it is to be written there."""
    app.write(
        ".imagebump.toml",
        f'{TEXT}[build]\ncontext = "api"\ndockerfile = "api/Dockerfile"\n[bump]\nversion-file = "api/V"\n',
    )
    app.write("api/Dockerfile", "FROM a\nCOPY . /x/\n")
    app.write("api/Dockerfile.dockerignore", "b\n")
    app.write("api/V", "1.0.0\n")
    app.git("add", ".")
    last = lines(app)[-1]
    assert last.startswith("api/V is part of the image, so that ")
    assert last.endswith("add a line V to api/Dockerfile.dockerignore")


# --- jobs ---------------------------------------------------------------------------------------


def test_a_damaged_job(app: Repo) -> None:
    """What is typed publishes its commit again, where it is known, and takes the file away."""
    commit = app.git("rev-parse", "HEAD")
    for name in (f"1-{commit}.v1.bad", f"2-{'0' * 40}.v1.bad"):
        app.write(f".git/imagebump/spool/{name}", "{")
    spool = app.path / ".git" / "imagebump" / "spool"
    first, second = found(app, "jobs")
    assert first == (
        f"the job {spool}/1-{commit}.v1.bad is damaged. "
        f"Run: imagebump publish {commit[:7]} && rm {spool}/1-{commit}.v1.bad"
    )
    assert second.endswith(f"is damaged. Run: rm {spool}/2-{'0' * 40}.v1.bad")
    typed(app, second)
    assert found(app, "jobs") == [first]


def test_jobs_of_a_newer_imagebump(app: Repo) -> None:
    """They wait for one who can read them."""
    app.write(".git/imagebump/spool/1-abc.v9.json", "{}")
    assert only(app, "jobs") == (
        "jobs for a newer imagebump wait (1). Run: pip install --upgrade imagebump"
    )


def test_a_ledger_that_is_none(app: Repo) -> None:
    """It is moved aside, as every command would, and a new one begun."""
    app.write(".git/imagebump/ledger.sqlite", "nothing of the kind" * 100)
    said = app.run("imagebump", "doctor", status=1).err
    assert said.startswith("imagebump: the ledger is damaged (file is not a database): begun anew")
    assert found(app, "jobs") == []


def test_a_ledger_that_is_lost(app: Repo) -> None:
    """That is said of it, and not that no hook has recorded HEAD."""
    app.write(f".git/imagebump/logs/{app.git('rev-parse', 'HEAD')}.log", "all was well\n")
    assert only(app, "jobs").startswith("the ledger was lost. To see what ")
    assert found(app, "HEAD") == []
    app.run("imagebump", "watch", status=1)
    assert found(app, "jobs") == []


# --- the name -----------------------------------------------------------------------------------


def test_a_name_that_nobody_chose(app: Repo) -> None:
    """`install` says it, and so does the first commit where that was not run; doctor, where the remote is called otherwise."""
    said = "the image is called app, after this directory. For another name, set repository in the configuration"
    assert app.run("imagebump", "install").out.splitlines()[-1] == said
    assert said not in app.run("git", "commit", "--allow-empty", "-m", "Two").err
    app.run("imagebump", "watch", status=1)  # a worker writes that file
    (app.path / ".git" / "imagebump" / "trusted").unlink()
    assert f"imagebump: {said}\n" in app.run("git", "commit", "--allow-empty", "-m", "Three").err
    for url, told in (
        ("../app.git", 0),
        ("ada@example.com:shop", 1),
        ("https://x/team/shop.git/", 1),
    ):
        app.git("config", "remote.origin.url", url)
        assert len(found(app, "configuration")) == told
    assert ", and origin is shop: another clone may call it otherwise" in only(app, "configuration")
    app.commit("Named", **{".imagebump.toml": f'{TEXT}repository = "app"\n'})
    assert found(app, "configuration") == []
    assert said not in app.run("imagebump", "install").out


# --- HEAD ---------------------------------------------------------------------------------------


def test_head_that_is_not_published(app: Repo) -> None:
    """It failed; once dismissed, it is nobody's trouble; nor is one that others have pushed, or that is published by hand."""
    app.git("commit", "--quiet", "--allow-empty", "-m", "Two")
    app.run("imagebump", "watch", status=1)
    commit = app.git("rev-parse", "HEAD")[:7]
    assert only(app, "HEAD").startswith(f"{commit} 1.0.0 failed: cannot reach the registry at ")
    app.run("imagebump", "dismiss")
    assert found(app, "HEAD") == []
    three = bare(app, "Three", README_md="three\n")
    assert only(app, "HEAD").startswith(f"no hook has recorded {three}, ")
    app.git("update-ref", "refs/remotes/origin/main", "HEAD")
    app.git("remote", "add", "origin", "x")
    app.git("branch", "--quiet", "--set-upstream-to=origin/main")
    assert found(app, "HEAD") == []
    bare(app, "Four", _imagebump_toml=f'{TEXT}[publish]\non = "manual"\n')
    assert found(app, "HEAD") == []


def test_head_that_nobody_works_on(app: Repo) -> None:
    """Its job is there, and the worker is gone."""
    commit = app.git("rev-parse", "HEAD")
    job = {"commit": commit, "branch": "main", "overrides": {}, "made": 1.0}
    app.write(f".git/imagebump/spool/1-{commit}.v1.json", json.dumps(job))
    assert only(app, "HEAD") == f"{commit[:7]} is queued, and no worker runs. Run: imagebump watch"
