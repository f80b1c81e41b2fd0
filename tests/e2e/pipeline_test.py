"""A commit becomes an image: real git, the real engine, a real registry."""

import hashlib
import io
import os
import re
import signal
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from harness import Repo, wait_for
from projects import (
    DOCKERFILE,
    Gate,
    Inside,
    Project,
    image_files,
    published,
    registry_tags,
    terminal,
    was_built,
)
from services import Engine, Registry

HOST_NETWORK = '[build]\nnetwork = "host"\n'
"""With it a build reaches the test's own web server."""
HASH = re.compile(r"[0-9a-f]{64}")


def inside(engine: Engine, project: Project, below: str, tag: str = "") -> dict[str, Inside]:
    """The files below a directory of a commit's image, HEAD's without a tag."""
    name = f"{project.host}/{project.name}:{tag or project.commit_tag()}"
    return image_files(engine, name, below)


def test_a_commit_becomes_an_image_under_two_tags(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """The hash and the version are tags on one digest, and watch names them."""
    commit = project.commit("One")
    said = project.imagebump("watch").out
    found = registry_tags(registry, project)
    assert found.keys() == {commit[:7], "1.0.0"}
    assert len(set(found.values())) == 1
    assert f"{registry.host}/{project.name}:{commit[:7]}" in said
    assert project.record(commit)["digest"] == found["1.0.0"]
    assert was_built(project, commit)
    names = {f"{registry.host}/{project.name}:{tag}" for tag in found}
    assert set(engine.client.images.get(min(names)).tags) == names, "the key's is gone"
    shown = project.imagebump("status").out.splitlines()[1]
    assert re.match(rf"{commit[:7]} +done +1\.0\.0 +{commit[:7]}, 1\.0\.0 ", shown)


def test_the_next_commit_gets_the_next_version(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """What changed in the image is in the new version, and not in the old one."""
    first = project.commit("One")
    second = project.commit("Two", **{"app.txt": "two\n"})
    found = published(project, registry)
    assert found.keys() == {first[:7], "1.0.0", second[:7], "1.0.1"}
    assert found[second[:7]] == found["1.0.1"] != found["1.0.0"] == found[first[:7]]
    assert inside(engine, project, "app/", "1.0.0") == {"app.txt": Inside(0o644, b"one\n")}
    assert inside(engine, project, "app/", "1.0.1") == {"app.txt": Inside(0o644, b"two\n")}


def test_the_labels_say_where_an_image_comes_from(project: Project, registry: Registry) -> None:
    """The commit, the version, the time, the branch and the remote without its password."""
    project.git("remote", "add", "origin", "https://ada:hunter2@git.example.com/team/app.git")
    commit = project.commit("One")
    published(project, registry)
    labels = registry.labels(project.name, "1.0.0")
    key, content = labels.pop("imagebump.key"), labels.pop("imagebump.content")
    created = labels.pop("org.opencontainers.image.created")
    assert HASH.fullmatch(key)
    assert HASH.fullmatch(content)
    assert datetime.fromisoformat(created) == datetime.fromisoformat(
        project.git("log", "-1", "--format=%cI")
    )
    assert labels == {
        "git-commit": commit[:7],
        "org.opencontainers.image.base.digest": "",
        "org.opencontainers.image.base.name": "imagebump/base:1",
        "org.opencontainers.image.ref.name": "main",
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.source": "https://git.example.com/team/app.git",
        "org.opencontainers.image.title": project.name,
        "org.opencontainers.image.version": "1.0.0",
    }


def test_the_arguments_that_are_declared_are_given(project: Project, engine: Engine) -> None:
    """VERSION and GIT_COMMIT reach a Dockerfile that declares them."""
    lines = "ARG VERSION\nARG GIT_COMMIT\nRUN echo $VERSION $GIT_COMMIT > /app/built\n"
    commit = project.commit("One", Dockerfile=DOCKERFILE + lines)
    project.imagebump("watch")
    assert inside(engine, project, "app/")["built"].content.decode() == f"1.0.0 {commit}\n"


def test_an_image_holds_the_commit_and_not_the_working_tree(
    project: Project, engine: Engine
) -> None:
    """Paths, modes and contents are those of the commit while index and working tree are dirty."""
    project.configure('[publish]\non = "manual"\n')
    odd = ["dir/a b.txt", "dir/'quote\".txt", "-dash", "ünïcode", "back\\slash", "new\nline"]
    odd += ["#hash", "d" * 90 + "/" + "f" * 120, os.fsdecode(b"not-\xff-utf8")]
    project.stage(
        Dockerfile="FROM imagebump/base:1\nCOPY . /src/\n",
        **{name: f"{name!r}\n" for name in odd},
        **{"run.sh": "#!/bin/sh\n", "empty": ""},
        big=bytes(range(256)) * 9000,
        **{".dockerignore": "*.log\n!keep.log\nprivate\n", "a.log": "", "keep.log": "kept\n"},
        **{"private/key": "hidden\n", "to-change": "committed\n", "to-stage": "committed\n"},
        **{"to-remove": "committed\n"},
    )
    project.path.joinpath("link").symlink_to("dir/a b.txt")
    project.path.joinpath("dangling").symlink_to("/nowhere")
    project.git("add", "link", "dangling")
    project.git("update-index", "--chmod=+x", "run.sh")
    project.commit("One")
    project.write("to-change", "edited\n")
    project.stage(**{"to-stage": "edited\n"})
    project.path.joinpath("to-remove").unlink()
    project.path.joinpath("run.sh").chmod(0o600)
    project.write("untracked", "untracked\n")
    project.write("Dockerfile", "FROM scratch\n")
    project.imagebump("publish", "--foreground")
    expected = committed(project)
    for name in ("a.log", "private/key"):
        del expected[name]
    files = inside(engine, project, "src/")
    found = {name: (one.mode, one.link, blob_id(one.content)) for name, one in files.items()}
    assert found == expected
    assert {"keep.log", "link", "run.sh", "new\nline"} <= found.keys()


@pytest.mark.parametrize("ignored", ["", "docker\n"])
def test_a_dockerfile_that_is_a_link(project: Project, engine: Engine, ignored: str) -> None:
    """Both builders follow it within the commit, and it stays a link in the image."""
    project.path.joinpath("Dockerfile").unlink()
    project.path.joinpath("Dockerfile").symlink_to("docker/app")
    text = "FROM imagebump/base:1\nCOPY . /src/\n"
    project.stage(**{"docker/app": text, "docker/other": "", ".dockerignore": ignored})
    project.git("add", "Dockerfile")
    project.configure('[publish]\non = "manual"\n')
    project.commit("One")
    project.write("docker/app", "FROM scratch\n")
    project.imagebump("publish", "--foreground")
    files = inside(engine, project, "src/")
    assert files["Dockerfile"] == Inside(0o777, b"docker/app", link=True)
    found = {name: files[name].content for name in files if name.startswith("docker/")}
    assert found == ({} if ignored else {"docker/app": text.encode(), "docker/other": b""})


def committed(project: Project) -> dict[str, tuple[int, bool, str]]:
    """Every file of HEAD as an image should hold it: permission bits, whether a link, git's id of it."""
    found = {}
    for record in project.git("ls-tree", "-r", "-z", "HEAD").split("\0")[:-1]:
        mode, _, oid, name = re.split(r"[ \t]", record, maxsplit=3)
        bits = {"100644": 0o644, "100755": 0o755, "120000": 0o777}[mode]
        found[name] = (bits, mode == "120000", oid)
    return found


def blob_id(content: bytes) -> str:
    """The id that git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()


def test_the_prompt_is_back_while_the_build_runs(
    project: Project, registry: Registry, closed_gate: Gate
) -> None:
    """A commit ends although its build cannot; once it can, the image is published."""
    project.configure(HOST_NETWORK)
    commit = project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    assert project.record(commit)["state"] == "building"
    assert registry.tags(project.name) == set()
    closed_gate.open.set()
    assert published(project, registry).keys() == {commit[:7], "1.0.0"}


def test_a_version_that_is_taken_is_refused(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """The version keeps its image, the commit's own tag is published, status says what to type."""
    project.configure('[bump]\non = "none"\n')
    first = project.commit("One")
    before = published(project, registry)
    name = f"{registry.host}/{project.name}"
    engine.client.images.remove(f"{name}:1.0.0")  # as where somebody else has published it
    second = project.commit("Two", **{"app.txt": "two\n"})
    assert "imagebump patch" in project.imagebump("watch", status=1).out
    known = set().union(*engine.images().values())
    assert f"{name}:{second[:7]}" in known
    assert f"{name}:1.0.0" not in known, "it would be other content than what is published"
    after = registry_tags(registry, project)
    assert after.keys() == {first[:7], "1.0.0", second[:7]}
    assert after["1.0.0"] == before["1.0.0"] != after[second[:7]]
    said = project.imagebump("status", status=1).out
    assert f"1.0.0 was published from commit {first[:7]}" in said
    assert "Run: imagebump patch, and commit" in said
    project.imagebump("patch")
    project.git("commit", "--quiet", "-m", "Three")
    assert published(project, registry).keys() == after.keys() | {project.commit_tag(), "1.0.1"}
    project.imagebump("status")
    refused = project.record(second)
    assert (refused["state"], refused["attempts"]) == ("refused", 1), "tried again in vain"


def test_a_commit_that_changes_nothing_in_the_image_is_only_a_tag(
    project: Project, registry: Registry
) -> None:
    """Its tag stands on the same digest, the version is kept, and nothing is built."""
    project.commit("One")
    project.imagebump("watch")
    commit = project.commit("Docs", **{"README.md": "words\n"})
    found = published(project, registry)
    assert project.read("VERSION") == "1.0.0\n"
    assert len(found) == 3
    assert len(set(found.values())) == 1
    record = project.record(commit)
    assert (record["adopted"], record["steps"]) == (True, [])
    assert not was_built(project, commit)


def test_what_another_clone_published_is_adopted(
    project: Project, registry: Registry, tmp_path: Path
) -> None:
    """A clone without a ledger finds the image in the registry and builds nothing."""
    commit = project.commit("One")
    before = published(project, registry)
    project.git("clone", "--quiet", project.path, tmp_path / "clone")
    clone = Project(tmp_path / "clone", project.env, project.name, project.host)
    said = clone.imagebump("publish", "--foreground").out
    assert f"{registry.host}/{project.name}@{before['1.0.0']}" in said
    assert registry_tags(registry, project) == before
    assert clone.record(commit)["adopted"]
    assert not was_built(clone, commit)


def test_a_clone_that_lacks_a_submodule(
    project: Project, registry: Registry, tmp_path: Path
) -> None:
    """It cannot tell what stands there already, and says what to type; then it adopts it."""
    Repo.make(tmp_path / "lib", project.env).commit("One", **{"src/a": "1"})
    project.git("submodule", "--quiet", "add", "../lib", "lib")
    project.commit("One", Dockerfile="FROM imagebump/base:1\nCOPY lib /lib\n")
    before = published(project, registry)
    project.git("clone", "--quiet", project.path, tmp_path / "clone")
    clone = Project(tmp_path / "clone", project.env, project.name, project.host)
    said = clone.imagebump("publish", "--foreground", status=1).out
    assert "this clone has not what commit" in said
    assert "submodule lib. Run: git submodule update --init --recursive" in said
    clone.git("submodule", "--quiet", "update", "--init")
    clone.imagebump("publish", "--foreground")
    assert clone.record()["adopted"]
    assert registry_tags(registry, project) == before


def test_publishing_by_hand_only(project: Project, registry: Registry) -> None:
    """With publish.on = manual a commit is not published, and `imagebump publish` does it."""
    project.configure('[publish]\non = "manual"\n')
    commit = project.commit("One")
    project.idle()
    assert project.status() == []
    assert f"{commit[:7]} (main) is on its way" in project.imagebump("publish").out
    assert published(project, registry).keys() == {commit[:7], "1.0.0"}


def test_without_a_push_the_images_stay_in_the_engine(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """publish.push = false: both names are in the engine, and the registry has neither."""
    project.configure("[publish]\npush = false\n")
    commit = project.commit("One")
    assert published(project, registry) == {}
    names = {f"{project.host}/{project.name}:{tag}" for tag in (commit[:7], "1.0.0")}
    ids = {engine.client.images.get(name).id for name in names}
    assert len(ids) == 1
    docs = project.commit("Docs", **{"README.md": "words\n"})
    project.imagebump("watch")
    assert ids == {engine.client.images.get(f"{project.host}/{project.name}:{docs[:7]}").id}
    assert not was_built(project, docs)


def test_target_arguments_and_a_context_in_a_subdirectory(project: Project, engine: Engine) -> None:
    """The build settings are those of the configuration, its paths relative to the top."""
    project.configure(
        '[build]\ncontext = "part"\ndockerfile = "part/app.Dockerfile"\ntarget = "first"\n'
        'args = { COLOUR = "blue" }\n'
    )
    text = "FROM imagebump/base:1 AS first\nARG COLOUR\nCOPY in.txt /app/\n"
    text += "RUN echo $COLOUR > /app/colour\nFROM first\nRUN echo no > /app/second\n"
    project.commit("One", **{"part/app.Dockerfile": text, "part/in.txt": "in\n"})
    project.imagebump("watch")
    assert inside(engine, project, "app/") == {
        "in.txt": Inside(0o644, b"in\n"),
        "colour": Inside(0o644, b"blue\n"),
    }


def test_a_dockerfile_outside_its_context(project: Project, engine: Engine) -> None:
    """It is used, and is in no image."""
    project.configure('[build]\ncontext = "part"\n')
    text = "FROM imagebump/base:1\nCOPY in /app/\n"
    project.commit("One", Dockerfile=text, **{"part/in/a": "a\n"})
    project.imagebump("watch")
    assert inside(engine, project, "app/") == {"a": Inside(0o644, b"a\n")}


def test_an_ignored_dockerfile_is_used_and_not_copied(project: Project, engine: Engine) -> None:
    """What .dockerignore names is not in the image, be it the Dockerfile or the file itself."""
    project.commit(
        "One",
        Dockerfile="FROM imagebump/base:1\nWORKDIR /app\nCOPY . .\n",
        **{".dockerignore": "Dockerfile\n.dockerignore\n.imagebump.toml\n"},
    )
    project.imagebump("watch")
    assert inside(engine, project, "app/").keys() == {"VERSION", "app.txt"}


@pytest.mark.parametrize(
    ("settings", "files", "held"),
    [
        ("", {".dockerignore": "Dockerfile\n.imagebump.toml\n.gitignore\n", "Dockerfile": "{}"},
         {".dockerignore", "VERSION", "app.txt"}),
        ('[build]\ncontext = "svc"\ndockerfile = "docker/Dockerfile"\n',
         {"svc/a": "1", "docker/Dockerfile": "{}"}, {"a"}),
    ],
    ids=["ignored", "outside"],
)  # fmt: skip
def test_a_dockerfile_that_copies_all_but_itself(
    project: Project, engine: Engine, settings: str, files: dict[str, str], held: set[str]
) -> None:
    """BuildKit gets it beside the context, over the engine's API, too."""
    whole = "FROM imagebump/base:1\nCOPY . /app/\nRUN --mount=type=cache,target=/c true\n"
    project.configure(f"[publish]\npush = false\n{settings}")
    project.commit("One", **{name: text.format(whole) for name, text in files.items()})
    project.imagebump("watch")
    assert inside(engine, project, "app/").keys() == held


def test_a_frontend_of_its_own_is_named_as_what_is_missing(project: Project) -> None:
    """`# syntax=` needs docker buildx, and there is none: the job fails with one line that says so."""
    commit = project.commit("One", Dockerfile=f"# syntax=docker/dockerfile:1\n{DOCKERFILE}")
    said = project.imagebump("watch", status=1).out
    assert (
        "(# syntax=docker/dockerfile:1), which needs docker buildx. Install the package docker-buildx"
        in said
    )
    assert project.record(commit)["state"] == "failed"


def test_a_heredoc_needs_a_newer_engine(project: Project, engine: Engine) -> None:
    """An old engine is named with the one that is needed; a new one builds it."""
    project.commit("One", Dockerfile=f"{DOCKERFILE}RUN <<END\necho hello > /app/hello\nEND\n")
    if int(engine.client.version()["Version"].split(".")[0]) >= 23:
        project.imagebump("watch")
        assert inside(engine, project, "app/")["hello"].content == b"hello\n"
        return
    said = project.imagebump("watch", status=1).out
    assert "Dockerfile uses a heredoc in line 3, which needs engine 23.0" in said


def test_publish_in_the_foreground(project: Project, registry: Registry) -> None:
    """It says what it does, names every reference, and its status is the outcome's."""
    project.configure('[publish]\non = "manual"\n')
    first = project.commit("One")
    second = project.commit("Two", **{"app.txt": "two\n"})
    said = project.imagebump("publish", first, "--foreground").out.splitlines()
    name = f"{registry.host}/{project.name}"
    digest = registry.digest(project.name, "1.0.0")
    assert said[-3:] == [f"{name}:{first[:7]}", f"{name}:1.0.0", f"{name}@{digest}"]
    assert second[:7] not in registry.tags(project.name)
    broken = project.commit("Three", Dockerfile=f"{DOCKERFILE}RUN false\n")
    failed = project.imagebump("publish", "--foreground", status=1)
    assert f"{broken[:7]} 1.0.2 failed: " in failed.out
    assert "RUN false failed with exit status 1" in failed.out
    nothing = project.imagebump("publish", "nothing", status=2)
    assert nothing.err.count("\n") == 1
    assert "'nothing' is not a commit" in nothing.err


def test_a_commit_that_comes_while_one_is_published_in_the_foreground(
    project: Project, closed_gate: Gate
) -> None:
    """Its hook's worker gives way to that; another one is started in the end."""
    project.configure(f'{HOST_NETWORK}[publish]\non = "manual"\n')
    first = project.commit("One", Dockerfile=closed_gate.dockerfile)
    project.idle()
    argv = ["imagebump", "publish", first, "--foreground"]
    with subprocess.Popen(
        argv, cwd=project.path, env=project.env, stdout=subprocess.DEVNULL
    ) as foreground:
        closed_gate.await_build()
        project.configure(HOST_NETWORK)
        second = project.commit("Two")
        wait_for(lambda: not project.workers(), 60, "its worker to give way")
        assert project.record(second)["state"] == "queued"
        closed_gate.open.set()
        assert foreground.wait(60) == 0
    wait_for(lambda: project.record(second)["state"] == "done", 60, "the second commit")


def test_the_foreground_waits_for_the_worker(project: Project, closed_gate: Gate) -> None:
    """And says so: its turn may take long."""
    project.configure(HOST_NETWORK)
    commit = project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    argv = ["imagebump", "publish", "--foreground"]
    with subprocess.Popen(
        argv,
        cwd=project.path,
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as foreground:
        said = foreground.stderr.readline() if foreground.stderr else ""
        closed_gate.open.set()
        assert commit[:7] in foreground.communicate(timeout=60)[0]
    line = "imagebump: a worker works: this begins behind it. To see it, run: imagebump watch\n"
    assert (said, foreground.returncode) == (line, 0)


def test_build_leaves_the_image_in_the_engine(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """`imagebump build` publishes nothing, and names what it made."""
    project.configure('[publish]\non = "manual"\n')
    commit = project.commit("One")
    name, image = project.imagebump("build").out.splitlines()[-2:]
    assert name == f"{project.name}:{commit[:7]}", "as its tag is to be"
    assert engine.client.images.get(name).id == image
    assert image_files(engine, name, "app/")["app.txt"].content == b"one\n"
    assert registry.tags(project.name) == set()
    text = f'registry = "docker.io"\nrepository = "ada/{project.name}"\n[publish]\non = "manual"\n'
    hub = project.commit("Two", **{".imagebump.toml": f"{text}[tags]\nsha-length = 9\n"})
    name = project.imagebump("build").out.splitlines()[-2]
    assert name == f"ada/{project.name}:built-{hub[:9]}", "else it would be the published one's"


def test_the_commands_before_anything_was_published(project: Project) -> None:
    """None of them fails for want of a ledger, and each says what to type."""
    said = "nothing has been published from here yet. Run: git commit\n"
    assert project.imagebump("status").out == said
    assert project.status() == []
    assert project.imagebump("watch").out == said
    assert project.imagebump("retry").out == "nothing has failed\n"
    assert said in project.imagebump("logs", status=1).err
    project.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "One")
    said = "nothing has been published from here yet. Run: imagebump publish, or imagebump doctor for why\n"
    assert project.imagebump("watch").out == said
    project.git("rm", "--quiet", "--cached", "Dockerfile")
    lack = f"nothing has been published from here yet: Dockerfile is not in the index of {project.path}"
    assert project.imagebump("status").out == f"{lack}. Run: git add Dockerfile\n"
    project.git("commit", "--quiet", "-m", "Without")
    said = project.imagebump("publish", status=2).err
    assert said.endswith("Run: git add Dockerfile\n")


def test_the_logs_of_one_commit(project: Project) -> None:
    """Each commit has a log of its own; without a name it is the newest's."""
    lines = "RUN echo the word is mellon\n"
    first = project.commit("One", Dockerfile=DOCKERFILE + lines)
    second = project.commit("Two", **{"README.md": "words\n"})
    project.imagebump("watch")
    assert "the word is mellon" in project.imagebump("logs", first).out
    assert project.imagebump("logs").out == project.imagebump("logs", second).out
    assert second in project.imagebump("logs").out
    assert project.imagebump("logs").err == ""
    project.git("-c", "core.hooksPath=/", "commit", "--quiet", "--allow-empty", "-m", "Three")
    third = project.commit_tag()
    said = f"imagebump: of HEAD ({third}) nothing is known yet; this is of {second[:7]} 1.0.0\n"
    assert project.imagebump("logs").err == said
    unpublished = project.git("commit-tree", "-m", "Four", "HEAD^{tree}")
    assert "was never published" in project.imagebump("logs", unpublished, status=1).err


def test_commits_that_come_while_a_worker_runs_are_not_stranded(
    project: Project, registry: Registry, closed_gate: Gate
) -> None:
    """One worker at a time does them all, the second never beside the first."""
    project.configure(HOST_NETWORK)
    first = project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    second = project.commit("Two", **{"app.txt": "two\n"})
    third = project.commit("Three", **{"app.txt": "three\n"})
    wait_for(lambda: len(project.workers()) == 1, 30, "the other workers to give way")
    states = {one["commit"]: one["state"] for one in project.status()}
    assert states == {first: "building", second: "queued", third: "queued"}
    closed_gate.open.set()
    found = published(project, registry)
    expected = {first[:7], second[:7], third[:7], "1.0.0", "1.0.1", "1.0.2"}
    assert found.keys() == expected
    project.idle()
    assert not list((project.state / "spool").iterdir())


@pytest.mark.parametrize("how", ["watch", "the next commit"])
def test_a_killed_worker_is_finished_by_another(
    project: Project, registry: Registry, closed_gate: Gate, how: str
) -> None:
    """SIGKILL in mid-build leaves no lock; watch or the next commit begins the job again."""
    project.configure(HOST_NETWORK)
    commit = project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    assert "no worker runs" not in project.imagebump("status").out
    (worker,) = project.workers()
    os.kill(worker, signal.SIGKILL)
    project.idle()
    assert project.record(commit)["state"] == "building"
    assert "\nno worker runs" in project.imagebump("status").out
    if how == "the next commit":
        project.commit("Docs", **{"README.md": "words\n"})
        closed_gate.await_build()
    closed_gate.open.set()
    assert {commit[:7], "1.0.0", project.commit_tag()} == published(project, registry).keys()
    assert project.record(commit)["attempts"] == 2


def test_an_amend_after_publishing_gets_a_number_of_its_own(
    project: Project, registry: Registry
) -> None:
    """A version that was published stays with its content, be it the first or a later one."""
    project.commit("One")
    before = published(project, registry)
    for number, text in (("1.0.1", "two\n"), ("1.0.2", "three\n")):
        project.stage(**{"app.txt": text})
        project.git("commit", "--quiet", "--amend", "--no-edit")
        assert project.read("VERSION") == f"{number}\n"
        after = published(project, registry)
        assert after.keys() - before.keys() == {project.commit_tag(), number}
        assert before.items() <= after.items()
        before = after


def test_a_commit_that_is_amended_away_is_not_built(
    project: Project, registry: Registry, closed_gate: Gate
) -> None:
    """What waits behind a build and is reachable no more is superseded, and its version free."""
    project.configure(HOST_NETWORK)
    project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    away = project.commit("Two", **{"app.txt": "two\n"})
    project.stage(**{"app.txt": "three\n"})
    project.git("commit", "--quiet", "--amend", "--no-edit")
    closed_gate.open.set()
    found = published(project, registry)
    assert {project.commit_tag(), "1.0.1"} <= found.keys()
    assert away[:7] not in found
    assert project.record(away)["state"] == "superseded"


def test_an_override_belongs_to_the_commit_that_it_was_set_for(
    project: Project, registry: Registry, own_registry: Registry, closed_gate: Gate
) -> None:
    """A worker that was started without it obeys what the job recorded."""
    project.configure(HOST_NETWORK)
    first = project.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    elsewhere = project.having(IMAGEBUMP_REGISTRY=own_registry.host)
    second = elsewhere.commit("Two", **{"app.txt": "two\n"})
    closed_gate.open.set()
    assert published(project, registry).keys() == {first[:7], "1.0.0"}
    assert own_registry.tags(project.name) == {second[:7], "1.0.1"}


def test_watch_on_a_terminal(project: Project, closed_gate: Gate) -> None:
    """It shows what is done now, and leaves one line a commit behind."""
    project.configure(HOST_NETWORK)
    stranger = closed_gate.dockerfile.replace("RUN ", "RUN : '\N{ESC}[9;9H'; ")
    commit = project.commit("One", Dockerfile=stranger)
    closed_gate.await_build()
    with terminal(project, "imagebump", "watch") as screen:
        screen.wait_for(f"{commit[:7]} 1.0.0 building")
        closed_gate.open.set()
        screen.wait_for(f"{project.name}:{commit[:7]}, ")
        assert screen.ended() == 0
    assert "\N{ESC}[32mdone" in screen.text


def stage_on_base_with_triggers(project: Project, engine: Engine) -> None:
    """A Dockerfile on a base, in the engine alone, that copies the context by itself."""
    base = f"{project.name}:onbuild"
    text = b"FROM imagebump/base:1\nONBUILD COPY . /src/\n"
    engine.client.images.build(fileobj=io.BytesIO(text), tag=base, rm=True)
    project.stage(Dockerfile=f"FROM {base}\nRUN true\n")


def test_a_base_with_triggers_reads_the_whole_context(
    project: Project, registry: Registry, engine: Engine
) -> None:
    """No instruction of the Dockerfile names the file that ONBUILD copies: its change is a new version all the same."""
    stage_on_base_with_triggers(project, engine)
    project.commit("Start on a base that copies by itself")
    project.imagebump("watch")
    assert "ONBUILD" in project.imagebump("logs").out
    project.commit("Change what it copies", **{"app.txt": "two\n"})
    tags = published(project, registry)
    assert project.read("VERSION") == "1.0.1\n"
    assert tags["1.0.1"] == tags[project.commit_tag()] != tags["1.0.0"]
    assert inside(engine, project, "src/")["app.txt"].content == b"two\n"


def test_what_another_clone_built_on_such_a_base_is_adopted(
    project: Project, registry: Registry, engine: Engine, tmp_path: Path
) -> None:
    """A clone that never built there knows of no triggers, and finds the image all the same."""
    stage_on_base_with_triggers(project, engine)
    project.commit("Start on a base that copies by itself")
    before = published(project, registry)
    project.git("clone", "--quiet", project.path, tmp_path / "clone")
    clone = Project(tmp_path / "clone", project.env, project.name, project.host)
    clone.imagebump("publish", "--foreground")
    assert clone.record()["adopted"]
    clone.write("app.txt", "two\n")
    clone.git("commit", "--quiet", "--all", "-m", "Change what is copied, without hooks")
    clone.imagebump("publish", "--foreground", status=1)
    after = registry_tags(registry, project)
    assert after.items() - before.items() == {(clone.commit_tag(), after[clone.commit_tag()])}


def test_replaced_objects_are_in_no_image(project: Project, engine: Engine) -> None:
    """`git replace` holds in one clone alone: the image has what the commit has."""
    project.git("config", "core.hooksPath", "/dev/null")
    project.commit("One")
    other = project.run("git", "hash-object", "-w", "--stdin", stdin="replaced\n").out.strip()
    project.git("replace", project.git("rev-parse", "HEAD:app.txt"), other)
    project.imagebump("publish", "--foreground")
    assert inside(engine, project, "app/")["app.txt"].content == b"one\n"


def test_ignore_rules_behind_a_link(project: Project, engine: Engine) -> None:
    """They hold as they do for docker build."""
    project.stage(**{"docker/rules": "secret\n", "secret": "hunter2\n"})
    (project.path / ".dockerignore").symlink_to("docker/rules")
    project.stage(Dockerfile="FROM imagebump/base:1\nCOPY . /all/\n")
    project.git("add", ".dockerignore")
    project.commit("One")
    project.imagebump("watch")
    assert "secret" not in inside(engine, project, "all/")


def test_versions_without_commit_tags(project: Project, registry: Registry) -> None:
    """The push goes to a tag of the key: it could overwrite a version that came meanwhile."""
    project.configure('[tags]\ncommit = ""\n')
    project.commit("One")
    found = published(project, registry)
    assert found.keys() == {"1.0.0"}
    (key,) = registry.all_tags(project.name) - {"1.0.0"}
    assert re.fullmatch(r"key-[0-9a-f]{40}", key)
    assert registry.digest(project.name, key) == found["1.0.0"]
    assert project.record()["tags"] == ["1.0.0"]


def test_a_base_with_triggers_in_the_engine_alone(project: Project, engine: Engine) -> None:
    """The image of the first attempt takes no name that the second one's is to have."""
    project.configure("[publish]\npush = false\n")
    stage_on_base_with_triggers(project, engine)
    commit = project.commit("Start on a base that copies by itself")
    project.imagebump("watch")
    assert project.record(commit)["state"] == "done"
    (project.state / "triggers").unlink()
    name, image = project.imagebump("build").out.splitlines()[-2:]
    assert engine.client.images.get(name).id == image
    assert image_files(engine, name, "src/")["app.txt"].content == b"one\n"


def test_steps_that_the_engine_shows_otherwise_are_no_triggers(project: Project) -> None:
    """Quotes, continuations, lower case and variables are not taken for a base's own instructions."""
    project.stage(
        Dockerfile='FROM imagebump/base:1 AS one\ncopy ["app.txt", "/x/"]\nCOPY --chown=0:0 "app.txt" /q\n'
        "COPY app.txt \\\n  # remark\n  app.txt \\\n  /dir/\nADD 'app.txt' /y\nCOPY\tapp.txt\t/tab\n"
        "FROM one\nARG FILE=app.txt\nCOPY $FILE /z\nCOPY --from=one /q /q2\n"
    )
    project.commit("Write it in many ways")
    project.imagebump("watch")
    assert "ONBUILD" not in project.imagebump("logs").out
