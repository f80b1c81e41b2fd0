"""Tags that move: forward by themselves, back by hand only."""

import io
import json
import re
from hashlib import sha256

import requests

from projects import DOCKERFILE, Project, published, registry_tags
from services import Engine, Registry

MOVING = '[tags]\nmoving = ["latest", "{major}", "{major}.{minor}"]\n'


def release(project: Project, version: str) -> None:
    """Commit and publish a version, with content of its own."""
    project.commit(version, VERSION=f"{version}\n", **{"app.txt": f"{version}\n"})
    project.imagebump("watch", status=None)


def standing(project: Project, registry: Registry) -> dict[str, str]:
    """The version that each tag that moves is on."""
    found = published(project, registry)
    versions = {found[tag]: tag for tag in found if tag.count(".") == 2}
    return {tag: versions[found[tag]] for tag in ("latest", "1", "1.2", "1.3", "2") if tag in found}


def test_each_goes_forward_within_its_own_pattern(project: Project, registry: Registry) -> None:
    """A version of an older line moves that line's tags, and no others; a pre-release moves none."""
    project.configure(MOVING)
    project.git("branch", "-m", "main")
    release(project, "1.3.0")
    assert standing(project, registry) == {"latest": "1.3.0", "1": "1.3.0", "1.3": "1.3.0"}
    release(project, "2.0.0-rc.1")
    assert standing(project, registry) == {"latest": "1.3.0", "1": "1.3.0", "1.3": "1.3.0"}
    old = project.git("rev-parse", "HEAD~1")
    release(project, "2.0.0")
    project.git("checkout", "--quiet", "-b", "line", old)
    project.configure(MOVING + 'release-branches = ["*"]\n')
    project.run("env", "IMAGEBUMP_ALLOW_DOWNGRADE=1", "git", "commit", "-qm", "Line")
    release(project, "1.3.1")
    expected = {"latest": "2.0.0", "2": "2.0.0", "1": "1.3.1", "1.3": "1.3.1"}
    assert standing(project, registry) == expected
    log = project.imagebump("logs").out
    assert log.index("1.3: 1.3.0 (") < log.index("1: 1.3.0 (") < log.index("latest stays on 2.0.0")


def shown(project: Project) -> list[list[str]]:
    """The tags that move, of each commit, as `status` knows them."""
    return [one["moving"] for one in project.status()]


def test_back_by_hand_and_forward_again(project: Project, registry: Registry) -> None:
    """A rollback stays until the next release, whatever is committed meanwhile."""
    project.configure(MOVING)
    release(project, "1.2.0")
    release(project, "1.3.0")
    before = published(project, registry)
    assert shown(project) == [["1.3", "1", "latest"], ["1.2"]]
    assert f":1.3, {registry.host}/{project.name}:1, " in project.imagebump("watch").out
    said = project.imagebump("rollback", "1.2.0", "--tag", "latest").out
    assert shown(project) == [["1.3", "1"], ["1.2", "latest"]]
    assert ", 1.3.0, 1.3, 1  " in project.imagebump("status").out
    name = f"{registry.host}/{project.name}"
    assert said == (
        f"latest: 1.3.0 ({before['1.3.0']}) → 1.2.0 ({before['1.2.0']})\n{name}@{before['1.2.0']}\n"
    )
    project.commit("Docs", **{"README.md": "words\n"})
    project.imagebump("publish", "HEAD^", "--foreground")
    assert standing(project, registry)["latest"] == "1.2.0"
    assert standing(project, registry)["1"] == "1.3.0"
    project.imagebump("rollback", "1.2.0")
    assert standing(project, registry) == {
        "latest": "1.2.0",
        "1": "1.2.0",
        "1.2": "1.2.0",
        "1.3": "1.3.0",
    }
    release(project, "1.3.1")
    assert standing(project, registry) == {
        "latest": "1.3.1",
        "1": "1.3.1",
        "1.2": "1.2.0",
        "1.3": "1.3.1",
    }
    after = published(project, registry)
    assert {tag: after[tag] for tag in ("1.2.0", "1.3.0")} == {
        tag: before[tag] for tag in ("1.2.0", "1.3.0")
    }


def test_what_cannot_be_rolled_back(project: Project) -> None:
    """Each is refused with one line that says what there is."""
    project.configure(MOVING)
    release(project, "1.2.0")
    for arguments, reason in (
        (["1.2.1"], "has no version 1.2.1; the newest are 1.2.0"),
        (
            ["1.2.0", "--tag", "1.2.0"],
            "1.2.0 is no tag that moves to 1.2.0: by tags.moving there are 1.2, 1, latest",
        ),
        (["1.2.0-rc.1"], "is a pre-release"),
        (["latest"], "'latest' is no version"),
    ):
        refused = project.imagebump("rollback", *arguments, status=None)
        assert refused.status in (1, 2)
        assert reason in refused.err
        assert refused.err.count("\n") == 1


def strange_image(registry: Registry, project: Project, tag: str) -> None:
    """Put a tag on an image without labels."""
    config = b'{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}'
    digest = f"sha256:{sha256(config).hexdigest()}"
    root = f"http://{registry.host}/v2/{project.name}"
    place = requests.post(f"{root}/blobs/uploads/", timeout=10).headers["Location"]
    requests.put(f"{place}&digest={digest}", data=config, timeout=10).raise_for_status()
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", "digest": digest, "size": len(config)},
        "layers": [],
    }
    headers = {"Content-Type": f"{kind}.manifest.v1+json"}
    data = json.dumps(manifest)
    requests.put(
        f"{root}/manifests/{tag}", data=data, headers=headers, timeout=10
    ).raise_for_status()


def test_a_branch_that_is_called_like_a_version(project: Project, registry: Registry) -> None:
    """What is published under that name is not moved: the commit fails with the reason."""
    project.configure('[tags]\nmoving = ["{branch}"]\nrelease-branches = ["*"]\n')
    project.commit("One")
    before = published(project, registry)
    project.git("checkout", "--quiet", "-b", "1.0.0")
    project.commit("Two", **{"app.txt": "two\n"})
    project.imagebump("watch", status=1)
    assert registry_tags(registry, project) == before
    assert "gives '1.0.0', which could be a tag that never moves" in project.record()["error"]


def test_a_tag_of_somebody_else(project: Project, registry: Registry) -> None:
    """It is not taken; the version and the other tags are published, and the line says what to type."""
    project.configure("")
    release(project, "1.2.0")
    strange_image(registry, project, "latest")
    strange = registry.digest(project.name, "latest")
    project.configure(MOVING)
    release(project, "1.2.1")
    assert registry.digest(project.name, "latest") == strange
    assert registry.digest(project.name, "1.2") == registry.digest(project.name, "1.2.1")
    assert "latest is on sha256:" in project.imagebump("status", status=1).out
    project.imagebump("rollback", "1.2.1", "--tag", "latest")
    assert registry.digest(project.name, "latest") == registry.digest(project.name, "1.2.1")


def test_layers(project: Project, registry: Registry) -> None:
    """Of a commit, a tag or an image, each instruction with its bytes, and its seconds where it was built here."""
    project.configure("")
    commit = project.commit(
        "One", Dockerfile=f"{DOCKERFILE}RUN head -c 200000 /dev/urandom >/{project.name}\n"
    )
    digest = published(project, registry)["1.0.0"]
    name = f"{registry.host}/{project.name}"
    for what in ([], [commit[:7]], ["1.0.0"], [f"{name}@{digest}"]):
        title, head, *rows = project.imagebump("layers", *what).out.splitlines()
        assert title.startswith(f"{name}@{digest}: 1.")
        assert head.split() == ["SIZE", "TIME", "INSTRUCTION"]
        assert rows[-1].split()[:2] == ["0.2", "MB"]
        assert rows[-1].split()[3:] == [
            "s",
            "RUN",
            "head",
            "-c",
            "200000",
            "/dev/urandom",
            f">/{project.name}",
        ]
    missing = project.imagebump("layers", "9.9.9", status=1)
    where = f"{name} or in the engine"
    assert missing.err == f"imagebump: there is no image 9.9.9 in {where}. Run: imagebump status\n"


def test_inspect(project: Project, registry: Registry) -> None:
    """A tag, a digest and a whole reference lead to the commit."""
    project.configure("")
    commit = project.commit("One")
    digest = published(project, registry)["1.0.0"]
    name = f"{registry.host}/{project.name}"
    for what in (
        "1.0.0",
        "HEAD",
        commit[:7],
        digest,
        f"{name}:1.0.0",
        f"{name}@{digest}",
        f"{project.name}:1.0.0",
    ):
        found = json.loads(project.imagebump("inspect", what, "--json").out)
        assert (found["image"], found["commit"], found["version"]) == (
            f"{name}@{digest}",
            commit,
            "1.0.0",
        )
        assert found["in_this_repository"]
        assert (found["author"], found["base"]) == ("Ada Lovelace", "imagebump/base:1")
        assert found["platforms"][0]["layers"] == 2
    said = project.imagebump("inspect", "1.0.0").out
    assert f"{commit} (One)" in said
    for none in ("1.0.0?x=y", "", "a b", "-.1"):
        refused = project.imagebump("inspect", "--", none, status=2).err
        assert refused.startswith(f"imagebump: {none!r} is no image: expected a tag")
    missing = project.imagebump("inspect", "9.9.9", status=1)
    where = f"{name} or in the engine"
    assert missing.err == f"imagebump: there is no image 9.9.9 in {where}. Run: imagebump status\n"
    project.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--allow-empty", "-m", "Two")
    nothing = project.imagebump("inspect", "HEAD", status=1).err
    assert nothing == f"imagebump: there is no image HEAD in {name}. Run: imagebump status\n"
    silent = project.having(DOCKER_HOST="tcp://127.0.0.1:1").imagebump("inspect", "9.9.9", status=1)
    assert "or in the engine, which does not answer. Run: " in silent.err
    outside = Project(project.path.parent, project.env)
    assert f"{commit} (not in this repository)" in outside.imagebump("inspect", f"{name}:1.0.0").out


def test_where_it_was_published(project: Project, registry: Registry) -> None:
    """A commit's image is where the ledger says, wherever later ones go."""
    one = project.commit("One")
    project.imagebump("watch")
    text = project.read(".imagebump.toml", "").replace(project.name, f"{project.name}-moved")
    two = project.commit("Two", **{".imagebump.toml": text})
    project.imagebump("trust")
    published(project, registry)
    name = f"{registry.host}/{project.name}"
    for what, where in (("HEAD~1", name), (one, name), (two, f"{name}-moved")):
        assert f"image        {where}@sha256:" in project.imagebump("inspect", what).out
        assert project.imagebump("layers", what).out.startswith(f"{where}@sha256:")
    project.git("config", "core.hooksPath", "/dev/null")
    three = project.commit("Three")
    for what in ("HEAD", three):
        said = f"imagebump: there is no image {what} in {name}-moved{' or in the engine' * (what == three)}. Run"
        assert project.imagebump("inspect", what, status=1).err.startswith(said)


def test_labels_of_a_stranger(project: Project, engine: Engine) -> None:
    """What stands in them is one line, and moves no cursor."""
    project.configure("")
    project.commit("One")
    title = "org.opencontainers.image"
    strange = {"version": "1.0.0\nauthor me", "base.name": "a\nb", "ref.name": "\x1b[2Jmain"}
    name = f"{project.name}:strange"
    source = io.BytesIO(b"FROM imagebump/base:1\n")
    labels = {f"{title}.{key}": text for key, text in strange.items()}
    engine.client.images.build(fileobj=source, tag=name, labels=labels)
    said = project.imagebump("inspect", name).out
    assert "\x1b" not in said
    assert re.search(r"^version +1\.0\.0 author me$", said, re.MULTILINE)
    assert re.search(r"^base +a b$", said, re.MULTILINE)


def test_what_is_in_the_engine_alone(project: Project) -> None:
    """Nothing is asked of a registry: a commit, its tags, their whole names, and any other image there."""
    project.configure("[publish]\npush = false\n")
    commit = project.commit("One")
    project.imagebump("watch")
    name = f"{project.host}/{project.name}:1.0.0"
    for what in ("HEAD", "1.0.0", commit[:7], name, f"{project.name}:1.0.0"):
        found = json.loads(project.imagebump("inspect", what, "--json").out)
        assert (found["in_the_engine"], found["commit"]) == (True, commit)
        title, _, *rows = project.imagebump("layers", what).out.splitlines()
        assert " in the engine: " in title
        assert any(row.endswith("COPY app.txt /app/") for row in rows)
    base = project.imagebump("inspect", "imagebump/base:1").out
    assert base.endswith(" MB in 1 layer\n")
    assert base.startswith("image        imagebump/base:1 in the engine\n")
    missing = project.imagebump("inspect", "9.9.9", status=1).err
    assert missing == "imagebump: there is no image 9.9.9 in the engine. Run: imagebump status\n"
