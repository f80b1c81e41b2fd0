"""Several images in one repository: each has its own VERSION, context, repository and tags."""

import pytest

from projects import Project, clean, commit
from race import STRICT
from services import Registry

IMAGES = """\
[[image]]
name = "api"
build.context = "api"
[[image]]
name = "web"
build.context = "web"
"""
DOCKERFILE = "FROM imagebump/base:1\nCOPY . /app/\n"


def split(project: Project) -> Project:
    """The project with two images instead of one, staged."""
    project.git("rm", "--quiet", "--cached", "Dockerfile", "VERSION", "app.txt")
    for name in ("Dockerfile", "VERSION", "app.txt"):
        (project.path / name).unlink()
    project.configure(IMAGES)
    for name in ("api", "web"):
        project.stage(
            **{
                f"{name}/Dockerfile": DOCKERFILE,
                f"{name}/VERSION": "1.0.0\n",
                f"{name}/app.txt": "one\n",
            }
        )
    return project


def versions(project: Project) -> tuple[str, str]:
    """What HEAD holds, of api and of web."""
    api, web = (project.git("show", f"HEAD:{name}/VERSION").strip() for name in ("api", "web"))
    return api, web


def head(project: Project) -> str:
    """The commit that is checked out."""
    return project.git("rev-parse", "HEAD")


def images(registry: Registry, project: Project) -> dict[str, dict[str, str]]:
    """The tags of each image's repository, with their digests."""
    found = {}
    for name in ("api", "web"):
        repository = f"{project.name}/{name}"
        found[name] = {tag: registry.digest(repository, tag) for tag in registry.tags(repository)}
    return found


def test_each_image_is_published_as_its_own(project: Project, registry: Registry) -> None:
    """A commit gives each its tags; the one that it does not change keeps its version and its digest."""
    first = split(project).commit("One")
    project.imagebump("watch")
    before = images(registry, project)
    assert {name: tags.keys() for name, tags in before.items()} == {
        "api": {first[:7], "1.0.0"},
        "web": {first[:7], "1.0.0"},
    }
    project.stage(**{"api/app.txt": "two\n"})
    said = commit(project).err
    assert "imagebump: api/VERSION 1.0.0 → 1.0.1 (patch: api/app.txt changed)" in said
    assert "web" not in said
    second = head(project)[:7]
    project.imagebump("watch")
    after = images(registry, project)
    assert after["api"].keys() == {first[:7], "1.0.0", second, "1.0.1"}
    assert after["web"] == before["web"] | {second: before["web"]["1.0.0"]}
    rows = project.imagebump("status").out.splitlines()
    assert rows[0].split() == [
        "COMMIT",
        "IMAGE",
        "STATE",
        "VERSION",
        "TAGS",
        "DIGEST",
        "TIME",
        "SUBJECT",
    ]
    assert {tuple(row.split()[:4]) for row in rows[1:3]} == {
        (second, "api", "done", "1.0.1"),
        (second, "web", "done", "1.0.0"),
    }


def test_one_image_that_fails_stops_no_other(project: Project, registry: Registry) -> None:
    """Its record says so, by its name; retry does that one alone."""
    split(project).stage(**{"api/Dockerfile": "FROM imagebump/base:1\nRUN exit 3\n"})
    first = project.commit("One")[:7]
    said = project.imagebump("watch", status=1).out
    assert f"{first} api 1.0.0 failed: RUN exit 3 failed with exit status 3" in said
    assert f"imagebump logs {first} --image api" in said
    assert images(registry, project)["web"].keys() == {first, "1.0.0"}
    assert images(registry, project)["api"] == {}
    project.stage(**{"api/Dockerfile": DOCKERFILE})
    assert f"the last publish ({first} api 1.0.0) failed" in commit(project).err
    assert f"{first} api 1.0.0 failed (2 attempts): " in project.imagebump("watch").out, "no news"
    assert "exit status 3" in project.imagebump("logs", first, "--image", "api").out
    assert images(registry, project)["api"].keys() == {head(project)[:7], "1.0.1"}


def test_publishing_one_of_them(project: Project, registry: Registry) -> None:
    """By its name; without it, all. A name that there is not is refused, with those that there are."""
    project.configure(IMAGES)
    split(project).git("commit", "--quiet", "--no-verify", "-m", "One")
    project.idle()
    project.end()
    wrong = project.imagebump("publish", "--image", "apu", status=2).err
    assert wrong == "imagebump: --image 'apu': no image is called that; there are api, web\n"
    commit_id = head(project)
    project.imagebump("publish", "--image", "web", "--foreground", commit_id)
    assert images(registry, project)["web"].keys() == {commit_id[:7], "1.0.0"}
    project.imagebump("publish", "--foreground")
    assert images(registry, project)["api"].keys() == {commit_id[:7], "1.0.0"}


def test_versions_by_hand(sandbox: Project) -> None:
    """It has to be said which image, or all; the commit that follows keeps what was chosen."""
    split(sandbox).commit("Two images")
    said = sandbox.imagebump("minor", status=2).err
    assert said == (
        "imagebump: there are several images: api, web. Run: imagebump minor --image api, or --all\n"
    )
    assert sandbox.imagebump("minor", "--image", "web").out == "web 1.0.0 → 1.1.0\n"
    commit(sandbox)
    assert versions(sandbox) == ("1.0.0", "1.1.0")
    assert clean(sandbox)
    assert sandbox.imagebump("patch", "--all", "--commit").out == (
        "api 1.0.0 → 1.0.1\nweb 1.1.0 → 1.1.1\n"
    )
    assert versions(sandbox) == ("1.0.1", "1.1.1")
    assert sandbox.git("log", "-1", "--format=%s") == "Version api 1.0.1, web 1.1.1"
    assert sandbox.imagebump("version").out == "api 1.0.1\nweb 1.1.1\n"
    sandbox.stage(**{"api/app.txt": "three\n"})
    assert sandbox.imagebump("version", "--next").out == "api 1.0.2\nweb 1.1.1\n"
    assert sandbox.imagebump("version", "--next", "--image", "api").out == "1.0.2\n"


@pytest.mark.parametrize("how", [[], ["-a"], ["api", "web"]])
def test_a_commit_bumps_the_images_that_it_changes(sandbox: Project, how: list[str]) -> None:
    """Whichever way it is made; what they share changes both."""
    split(sandbox).commit("Two images")
    for name in ("api", "web"):
        sandbox.write(f"{name}/app.txt", "two\n")
    if not how:
        sandbox.git("add", "api", "web")
    commit(sandbox, *how)
    assert versions(sandbox) == ("1.0.1", "1.0.1")
    assert clean(sandbox)
    sandbox.write("web/app.txt", "three\n")
    sandbox.git("add", "web")
    commit(sandbox)
    assert versions(sandbox) == ("1.0.1", "1.0.2")
    sandbox.write("README.md", "text\n")
    sandbox.git("add", "README.md")
    commit(sandbox)
    assert versions(sandbox) == ("1.0.1", "1.0.2")


def test_an_image_that_holds_the_version_of_another(sandbox: Project) -> None:
    """It is another one with that, so its own goes up as well: all is decided before any is written."""
    split(sandbox)
    sandbox.configure(
        IMAGES.replace(
            'build.context = "web"',
            'build.dockerfile = "web/Dockerfile"\nbump.version-file = "web/VERSION"',
        )
    )
    sandbox.stage(**{"web/Dockerfile": "FROM imagebump/base:1\nCOPY api/VERSION /\n"})
    sandbox.commit("Two images")
    sandbox.stage(**{"api/app.txt": "two\n"})
    said = commit(sandbox).err
    assert "web/VERSION 1.0.0 → 1.0.1 (patch: api/VERSION changed)" in said
    assert versions(sandbox) == ("1.0.1", "1.0.1")
    sandbox.stage(**{"web/app.txt": "unread\n"})
    commit(sandbox)
    assert versions(sandbox) == ("1.0.1", "1.0.1")


def test_nothing_is_written_where_one_cannot_be(sandbox: Project) -> None:
    """An edit of one VERSION that is not staged stops the commit before the other is touched."""
    split(sandbox).commit("Two images")
    for name in ("api", "web"):
        sandbox.stage(**{f"{name}/app.txt": "two\n"})
    sandbox.write("web/VERSION", "7.0.0\n")
    said = commit(sandbox, status=1).err
    assert "web/VERSION has an edit that is not staged" in said
    assert sandbox.git("show", ":api/VERSION") == "1.0.0"
    assert (sandbox.path / "api/VERSION").read_text() == "1.0.0\n"
    assert (sandbox.path / "web/VERSION").read_text() == "7.0.0\n"


def test_what_was_written_is_taken_back(sandbox: Project) -> None:
    """Where one VERSION cannot be written after all, the other is as before."""
    split(sandbox).commit("Two images")
    for name in ("api", "web"):
        sandbox.stage(**{f"{name}/app.txt": "two\n"})
    sandbox.run("chattr", "+i", "web")
    try:
        said = commit(sandbox, status=1).err
    finally:
        sandbox.run("chattr", "-i", "web")
    assert "cannot write web/VERSION: Operation not permitted" in said
    assert sandbox.git("show", ":api/VERSION") == "1.0.0"
    assert (sandbox.path / "api/VERSION").read_text() == "1.0.0\n"
    commit(sandbox)
    assert versions(sandbox) == ("1.0.1", "1.0.1")
    assert clean(sandbox)


def test_a_retry_and_an_amend_give_each_number_once(sandbox: Project) -> None:
    """What was staged for the attempt that failed is nobody's choice."""
    split(sandbox).commit("Two images")
    sandbox.stage(**{"api/app.txt": "two\n"})
    sandbox.run("git", "commit", "-m", "", status=1)
    assert sandbox.git("show", ":api/VERSION") == "1.0.1"
    sandbox.stage(**{"web/app.txt": "two\n"})
    commit(sandbox)
    assert versions(sandbox) == ("1.0.1", "1.0.1")
    sandbox.stage(**{"web/app.txt": "three\n"})
    commit(sandbox, "--amend")
    assert versions(sandbox) == ("1.0.1", "1.0.1")
    assert clean(sandbox)


def test_a_merge_gets_both(sandbox: Project) -> None:
    """Each above both sides, in the merge itself."""
    split(sandbox).commit("Two images")
    sandbox.git("checkout", "--quiet", "-b", "topic")
    sandbox.stage(**{"web/app.txt": "topic\n"})
    commit(sandbox)
    sandbox.git("checkout", "--quiet", "main")
    sandbox.stage(**{"api/app.txt": "main\n"})
    commit(sandbox)
    assert versions(sandbox) == ("1.0.1", "1.0.0")
    sandbox.git("merge", "--quiet", "--no-edit", "topic")
    assert versions(sandbox) == ("1.0.1", "1.0.1")
    assert clean(sandbox)
    assert len(sandbox.git("log", "-1", "--format=%P").split()) == 2


def test_check_names_the_image(sandbox: Project) -> None:
    """Each that changed without a number of its own is said, with what to type."""
    split(sandbox).commit("Two images")
    sandbox.stage(**{"api/app.txt": "two\n"})
    commit(sandbox, "--no-verify")
    ran = sandbox.imagebump("check", status=1)
    assert "imagebump: web/VERSION 1.0.0" in ran.out
    assert "and api/VERSION is still 1.0.0. Run: imagebump patch --image api, and commit" in ran.err


def test_each_image_is_inspected_and_rolled_back_by_itself(
    project: Project, registry: Registry
) -> None:
    """A tag is looked for in each repository; a version is one image's, which has to be named."""
    split(project)
    project.configure(f'[tags]\nmoving = ["latest"]\n[publish]\non = "manual"\n{IMAGES}')
    project.commit("One")
    project.imagebump("publish", "--foreground")
    project.stage(**{"api/app.txt": "two\n"})
    commit(project)
    references = project.path / "refs"
    project.imagebump("publish", "--image-refs", str(references))
    found = images(registry, project)
    names = [f"{registry.host}/{project.name}/{name}" for name in ("api", "web")]
    assert references.read_text().splitlines() == [
        f"{names[0]}@{found['api']['1.0.1']}",
        f"{names[1]}@{found['web']['1.0.0']}",
    ]
    assert [one["image"] for one in project.status(1)] == ["api", "web"], "of one commit"
    for arguments, count in ((["1.0.0"], 2), (["1.0.0", "--image", "web"], 1), (["1.0.1"], 1)):
        parts = project.imagebump("inspect", *arguments).out.split("\n\n")
        assert [part.startswith("image  ") for part in parts] == [True] * count
    which = project.imagebump("rollback", "1.0.0", status=2).err
    assert which == "imagebump: which of the images api, web? Add: --image NAME\n"
    assert found["api"]["latest"] == found["api"]["1.0.1"]
    project.imagebump("rollback", "1.0.0", "--image", "api")
    after = images(registry, project)
    assert after["api"] == found["api"] | {"latest": found["api"]["1.0.0"]}
    assert after["web"] == found["web"]


def test_a_claim_of_one_image_of_several(project: Project, registry: Registry) -> None:
    """Whose version is taken gets the command that bumps that one; the other goes its way."""
    split(project).configure(STRICT + IMAGES)
    first = project.commit("One")
    project.git("clone", "--quiet", "--bare", ".", "../origin.git")
    project.git("remote", "add", "origin", "../origin.git")
    project.git("push", "--quiet", "origin", f"{first}:refs/imagebump/api/1.0.1")
    second = project.commit("Two", **{"api/app.txt": "two\n"})
    said = project.imagebump("publish", "--foreground", status=1).out
    taken = f"{second[:7]} api 1.0.1 refused: version api/1.0.1 is claimed by commit {first[:7]}"
    assert f"{taken} on origin. Run: imagebump patch --image api, and commit" in said
    assert images(registry, project)["web"].keys() == {second[:7], "1.0.0"}
