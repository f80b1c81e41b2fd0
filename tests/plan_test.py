"""What enters the key of an image, and what its labels and arguments say."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import Repo
from imagebump import config, git, plan, version
from imagebump.dockerfile.parse import DockerfileError
from imagebump.errors import BrokenCommitError, UserError
from imagebump.plan import BuildPlan, public_address
from imagebump.snapshot import Snapshot
from imagebump.tags import Source
from repositories import hostile, opened

CONFIG = 'registry = "r.io"\nrepository = "team/app"\n'
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DOCKERFILE = "FROM a\nCOPY src conf /x/\n"


def source(number: str = "1.0.0", branch: str = "main", time: int = 1769904000) -> Source:
    """A commit with this VERSION ("" none)."""
    file = version.parse(number.encode(), "VERSION") if number else None
    return Source(COMMIT, branch, file, time, True)


def planned(
    repo: Repo, commit: Source, text: str = CONFIG, origin: str = "", rev: str = git.INDEX
) -> BuildPlan:
    """The plan for what is staged."""
    (found,) = config.load({".imagebump.toml": text.encode()}.get, "x", {})
    with opened(repo) as repository:
        return plan.make(Snapshot(repository, rev), found, commit, origin)


def stage(repo: Repo, **files: str) -> None:
    """Write and stage files; `__` in a name is a slash."""
    for name, text in files.items():
        repo.write(name.replace("__", "/"), text)
    repo.git("add", "-A")


@pytest.fixture
def project(repo: Repo) -> Repo:
    """A staged project whose image is made of src and conf."""
    stage(repo, Dockerfile=DOCKERFILE, src__a="a\n", src__b="b\n", conf="c\n", README="r\n")
    stage(repo, VERSION="1.0.0\n")
    return repo


@pytest.mark.parametrize(
    ("change", "enters"),
    [
        ({"src__a": "other\n"}, True),
        ({"src__c": ""}, True),
        ({"conf": "other\n"}, True),
        ({"Dockerfile": DOCKERFILE + "# a remark\n"}, True),
        ({".dockerignore": "src/b\n"}, True),
        ({"Dockerfile.dockerignore": "src/b\n"}, True),
        ({".dockerignore": "README\n"}, False),
        ({"README": "other\n"}, False),
        ({"VERSION": "1.0.1\n"}, False),
        ({"srcs": ""}, False),
    ],
)
def test_files(project: Repo, change: dict[str, str], enters: bool) -> None:
    """A file enters by its content and its path, where the Dockerfile reads it."""
    before = planned(project, source()).key
    stage(project, **change)
    assert (planned(project, source()).key != before) is enters


def test_modes_and_names(project: Repo) -> None:
    """An executable, a link and another name are other images; the same again is the same."""
    keys = [planned(project, source()).key]
    for command in (
        ["update-index", "--chmod=+x", "src/a"],
        ["mv", "src/a", "src/z"],
        ["rm", "-q", "--cached", "src/b"],
    ):
        project.git(*command)
        keys.append(planned(project, source()).key)
    (project.path / "src" / "b").unlink()
    (project.path / "src" / "b").symlink_to("z")
    project.git("add", "-A")
    keys.append(planned(project, source()).key)
    assert len(set(keys)) == 5
    project.git("update-index", "--chmod=-x", "src/z")
    project.git("mv", "src/z", "src/a")
    (project.path / "src" / "b").unlink()
    stage(project, src__b="b\n")
    assert planned(project, source()).key == keys[0]


def test_a_link_as_a_source_reads_everything(project: Repo) -> None:
    """What it points to may be anywhere."""
    (project.path / "conf").unlink()
    (project.path / "conf").symlink_to("README")
    stage(project)
    before = planned(project, source()).key
    stage(project, README="other\n")
    assert planned(project, source()).key != before


@pytest.mark.parametrize(
    ("commit", "text", "enters"),
    [
        (source("1.0.1"), CONFIG, False),
        (source(""), CONFIG, False),
        (source(branch="topic", time=0), CONFIG, False),
        (replace(source(), commit="f" * 40), CONFIG, False),
        (source(), CONFIG.replace("team", "other"), False),
        (source(), CONFIG.replace("r.io", "local"), False),
        (source(), CONFIG + '[build]\ntarget = "t"\n', True),
        (source(), CONFIG + '[build]\nnetwork = "host"\n', True),
        (source(), CONFIG + '[build.args]\nA = "1"\n', True),
        (source(), CONFIG + '[build]\nplatforms = ["linux/amd64"]\n', True),
        (source(), CONFIG + '[build]\nbuilder = "session"\n', False),
        (source(), CONFIG + '[build]\nssh = ["default"]\ncache-from = ["a"]\ncache-to = ["b"]\n', False),
        (source(), CONFIG + '[build.secrets]\nA = "env:A"\n', False),
    ],
)  # fmt: skip
def test_the_rest(project: Repo, commit: Source, text: str, enters: bool) -> None:
    """Build settings enter; the commit, its branch and time, and where it goes do not."""
    before = planned(project, source()).key
    assert (planned(project, commit, text).key != before) is enters


def test_platforms_are_a_set(project: Repo) -> None:
    """Their order says nothing; which they are does, and they are no argument."""
    texts = [
        'platforms = ["linux/amd64", "linux/arm64"]',
        'platforms = ["linux/arm64", "linux/amd64"]',
        'platforms = ["linux/amd64"]',
        'args = { platforms = "linux/amd64" }',
    ]
    keys = [planned(project, source(), f"{CONFIG}[build]\n{text}\n").key for text in texts]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_a_submodule_enters_by_what_is_read_of_it(project: Repo, tmp_path: Path) -> None:
    """Where this clone lacks it, its commit does."""
    library = Repo.make(tmp_path / "lib", project.env)
    library.commit("One", **{"src/a": "1", "b": "1"})
    project.git("submodule", "--quiet", "add", "../lib", "lib")
    stage(project, Dockerfile="FROM a\nCOPY lib/src /x/\n")
    there = Repo(project.path / "lib", project.env)
    keys = []
    for change in ({}, {"b": "2"}, {"src/a": "2"}):
        if change:
            there.commit("Next", **change)
        project.git("add", "lib")
        keys.append(planned(project, source()).key)
    assert keys[0] == keys[1] != keys[2]
    (project.path / ".git" / "modules").rename(tmp_path / "gone")
    lacking = planned(project, source()).key
    project.git("update-index", "--cacheinfo", f"160000,{'1' * 40},lib")
    assert planned(project, source()).key != lacking


def test_arguments_do_not_run_together(project: Repo) -> None:
    """Other arguments are another key, however they are cut."""
    texts = ['A = "1"\nB = "2"', 'A = "1B=2"', 'A = "1,B=2"', 'B = "2"\nA = "1"']
    keys = [planned(project, source(), f"{CONFIG}[build.args]\n{text}\n").key for text in texts]
    assert keys[0] == keys[3]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("dockerfile", "arguments", "enters"),
    [
        ("FROM a\n", {}, False),
        ("FROM a\nARG VERSION\n", {"VERSION": "1.0.0"}, True),
        ("ARG VERSION=x\nFROM a\n", {"VERSION": "1.0.0"}, True),
        ("FROM a\nARG GIT_COMMIT\n", {"GIT_COMMIT": COMMIT}, False),
        ("FROM a\nARG GIT_COMMIT VERSION\n", {"GIT_COMMIT": COMMIT, "VERSION": "1.0.0"}, True),
        ("FROM a\nENV VERSION=1\n", {}, False),
        ("FROM a\nCOPY VERSION /\n", {}, False),
    ],
)
def test_declared_arguments(
    repo: Repo, dockerfile: str, arguments: dict[str, str], enters: bool
) -> None:
    """VERSION and GIT_COMMIT are given where ARG declares them; only VERSION is in the key."""
    stage(repo, Dockerfile=dockerfile, VERSION="1.0.0\n")
    found = planned(repo, source())
    assert found.arguments == arguments
    assert (planned(repo, source("2.0.0")).key != found.key) is enters


def test_arguments_of_the_configuration_win(repo: Repo) -> None:
    """A VERSION or GIT_COMMIT of the user's own is not replaced."""
    stage(repo, Dockerfile="FROM a\nARG VERSION GIT_COMMIT\n")
    text = f'{CONFIG}[build.args]\nVERSION = "x"\nGIT_COMMIT = "y"\n'
    assert planned(repo, source(), text).arguments == {"VERSION": "x", "GIT_COMMIT": "y"}
    assert planned(repo, source("")).arguments == {"GIT_COMMIT": COMMIT}


def test_labels(project: Repo) -> None:
    """Each says where the image comes from."""
    found = planned(project, source(), origin="https://ada:pw@h.io/app.git")
    assert found.labels == {
        "git-commit": COMMIT[:7],
        "imagebump.content": "",
        "imagebump.key": found.key,
        "org.opencontainers.image.base.digest": "",
        "org.opencontainers.image.base.name": "a",
        "org.opencontainers.image.created": "2026-02-01T00:00:00+00:00",
        "org.opencontainers.image.ref.name": "main",
        "org.opencontainers.image.revision": COMMIT,
        "org.opencontainers.image.source": "https://h.io/app.git",
        "org.opencontainers.image.title": "app",
        "org.opencontainers.image.version": "1.0.0",
    }
    bare = planned(project, source("", branch=""), origin="/srv/app.git").labels
    assert found.labels.keys() == bare.keys()
    for name in ("ref.name", "source", "version"):
        assert bare[f"org.opencontainers.image.{name}"] == "", "a base's would shine through"


def test_a_label_of_the_dockerfiles_own(project: Repo) -> None:
    """It stays where we know nothing better."""
    name = "org.opencontainers.image.source"
    stage(project, Dockerfile=f'FROM a\nLABEL a=1 "{name}"=https://h.io/mine\n')
    assert name not in planned(project, source()).labels
    known = planned(project, source(), origin="https://h.io/app.git")
    assert known.labels[name] == "https://h.io/app.git"


def test_a_dockerfile_that_is_a_link(project: Repo) -> None:
    """It is the file that it leads to, for the key as well; the ignore file has the link's name."""
    before = planned(project, source()).key
    project.git("mv", "Dockerfile", "conf-of-it")
    (project.path / "Dockerfile").symlink_to("./conf-of-it")
    stage(project, **{"Dockerfile.dockerignore": "src/b\n", "conf-of-it.dockerignore": "src\n"})
    found = planned(project, source())
    assert (found.sent_as, found.dockerfile.source) == ("conf-of-it", DOCKERFILE.encode())
    assert {entry.path for entry in found.context} >= {"src/a", "Dockerfile", "conf-of-it"}
    assert "src/b" not in {entry.path for entry in found.context}
    stage(project, **{"Dockerfile.dockerignore": ""})
    assert planned(project, source()).key == before
    stage(project, **{"conf-of-it": f"{DOCKERFILE}# more\n"})
    assert planned(project, source()).key != before


def test_a_dockerfile_that_links_out_of_the_context(project: Repo) -> None:
    """A bump would not see it change: it is refused, with what to write."""
    (project.path / "src" / "Dockerfile").symlink_to("../Dockerfile")
    stage(project)
    text = f'{CONFIG}[build]\ncontext = "src"\ndockerfile = "src/Dockerfile"\n'
    with pytest.raises(UserError) as caught:
        planned(project, source(), text)
    assert str(caught.value) == (
        "src/Dockerfile is a symbolic link to Dockerfile, which lies outside the build context. "
        'Set, under [build] of the configuration: dockerfile = "Dockerfile"'
    )


@pytest.mark.parametrize(
    ("build", "sent_as", "hidden"),
    [
        ("", "Dockerfile", False),
        ('context = "app"\ndockerfile = "app/Dockerfile"', "Dockerfile", True),
        ('context = "app"', ".imagebump.dockerfile", False),
    ],
)
def test_where_the_dockerfile_is(repo: Repo, build: str, sent_as: str, hidden: bool) -> None:
    """It is named relative to the context, and travels with it where it lies outside."""
    stage(repo, Dockerfile="FROM a\n", app__Dockerfile="FROM b\n")
    stage(repo, **{"app__.dockerignore": "Dockerfile\n"})
    found = planned(repo, source(), f"{CONFIG}[build]\n{build}\n")
    assert (found.sent_as, found.hidden) == (sent_as, hidden)


def test_no_dockerfile(repo: Repo) -> None:
    """One line says which and where."""
    commit = repo.commit("One", README="r\n")
    with pytest.raises(UserError, match=f"^Dockerfile is not in commit {commit[:7]}$"):
        planned(repo, source(), rev=commit)
    stage(repo, Dockerfile="FROMM a\n")
    with pytest.raises(DockerfileError, match="did you mean FROM"):
        planned(repo, source())


@pytest.mark.parametrize(
    ("remote", "public"),
    [
        ("https://github.com/team/app.git", "https://github.com/team/app.git"),
        ("https://ada@github.com/team/app", "https://github.com/team/app"),
        ("https://ada:s3cret@h.io:8443/app", "https://h.io:8443/app"),
        ("https://x-access-token:s3cret@h.io/app?private_token=s3cret#s3cret", "https://h.io/app"),
        ("https://ada:s3c@ret@h.io/app", "https://h.io/app"),
        ("https://ada:s3/cret@h.io/app", ""),
        ("https://s3cret/x@h.io/app", ""),
        ("https://ada:s3?cret@h.io/app", ""),
        ("http://h.io/app", "http://h.io/app"),
        ("https://h.io:none/app", "https://h.io:none/app"),
        ("ssh://git@h.io:2222/app.git", "ssh://h.io:2222/app.git"),
        ("ssh://git@[::1]:22/app.git", "ssh://[::1]:22/app.git"),
        ("git@github.com:team/app.git", "ssh://github.com/team/app.git"),
        ("ada:s3cret@h.io:team/app.git", "ssh://h.io/team/app.git"),
        ("git://h.io/app", "git://h.io/app"),
        ("file:///srv/app", ""),
        ("ext::sh -c s3cret", ""),
        ("/srv/app.git", ""),
        ("../app@1", ""),
        ("https://", ""),
        ("https://[h.io/app", ""),
        ("", ""),
    ],
)
def test_public_address(remote: str, public: str) -> None:
    """A remote as everybody may know it; nothing for what only exists on this machine."""
    assert public_address(remote) == public


WORDS = st.text("abcz09-_.~%", min_size=1, max_size=8)


@settings(deadline=None)
@given(st.text(":/@?#", max_size=3), st.text(":/@?#abc", max_size=9), WORDS)
def test_no_secret_is_public(before: str, after: str, path: str) -> None:
    """Whatever stands around it, a password in front of the host does not get out."""
    for scheme in ("https://ada:", "https://", "ssh://git:", "ada:"):
        assert "S3CRET" not in public_address(f"{scheme}{before}S3CRET{after}@h.io/{path}")


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ([("120000", "a"), ("040000", "a")], "'a' is in {} twice, as a directory and as what is none"),
        ([("040000", "a"), ("120000", "a")], "'a' is in {} twice, as a directory and as what is none"),
        ([("100755", "a"), ("100755", "a")], "'a' is in {} twice"),
        ([("040000", ".git")], "'.git/post-checkout' in {} is no path that a commit may hold"),
        ([("040000", "d/.GIT")], "'d/.GIT/post-checkout' in {} is no path that a commit may hold"),
        ([("100755", "..")], "'..' in {} is no path that a commit may hold"),
        ([("100755", "d/.")], "'d/.' in {} is no path that a commit may hold"),
    ],
)  # fmt: skip
def test_a_tree_that_was_made_by_hand(
    repo: Repo, paths: list[tuple[str, str]], reason: str
) -> None:
    """No plan is made of what git would not check out, whichever way it would be built."""
    commit = hostile(repo, *paths)
    with pytest.raises(BrokenCommitError) as caught:
        planned(repo, source(), rev=commit)
    assert str(caught.value) == reason.format(f"commit {commit[:7]}") + ". Mend it, and commit"
