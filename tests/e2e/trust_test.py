"""What a branch asks of this machine: nothing is built or sent before somebody has said yes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from authority import Authority
from imagebump import files, ledger, spool
from imagebump.spool import Job
from projects import DOCKERFILE, Project, published, registry_tags
from services import Engine, Registry

SECRET = "the password of the home directory"


class Trap:
    """A registry of a stranger's: it counts who comes, and lets nobody in."""

    def __init__(self, listener: socket.socket) -> None:
        self.host = f"127.0.0.1:{listener.getsockname()[1]}"
        self.visits = 0


@contextmanager
def trap() -> Iterator[Trap]:
    """One that listens until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = Trap(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                one.visits += 1
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield one
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def hostile(project: Project, host: str) -> str:
    """A remote branch of somebody else's, whose configuration names their registry and a secret here."""
    project.git("clone", "--quiet", "--bare", ".", "../origin.git")
    project.git("remote", "add", "origin", "../origin.git")
    project.git("clone", "--quiet", "../origin.git", "../other")
    other = replace(project, path=project.path.parent / "other", host=host)
    other.git("switch", "--quiet", "-c", "gift")
    source = '[build]\nsecrets = { gift = "file:~/.netrc" }\n'
    text = f'registry = "{host}"\nrepository = "{project.name}"\n{source}'
    reading = f"{DOCKERFILE}RUN --mount=type=secret,id=gift cat /run/secrets/gift\n"
    commit = other.commit("Gift", Dockerfile=reading, **{".imagebump.toml": text})
    other.git("push", "--quiet", "origin", "gift")
    return commit


def image_names(engine: Engine, project: Project) -> set[str]:
    """What the engine calls the project's images."""
    names = (tag for image in engine.client.images.list() for tag in image.tags)
    return {name for name in names if project.name in name}


@pytest.mark.parametrize(
    "way",
    [
        "git fetch -q && git merge -q --ff-only origin/gift",
        "git fetch -q && git switch -q gift && git commit -q --allow-empty -m Mine",
        "git pull -q --no-rebase origin gift && git commit -q --allow-empty -m Mine",
        "git fetch -q && git switch -q gift && imagebump publish",
        "git fetch -q && git switch -q gift; imagebump publish --foreground",
        "git fetch -q && git switch -q gift; imagebump build",
    ],
)
def test_a_hostile_branch(project: Project, registry: Registry, engine: Engine, way: str) -> None:
    """However it comes: nothing is built, nothing sent, nothing read; one line says what it asks for."""
    project.commit("One")
    before, names = published(project, registry), image_names(engine, project)
    project.idle()
    Path(project.env["HOME"], ".netrc").write_text(SECRET)
    with trap() as stranger:
        hostile(project, stranger.host)
        ran = project.run("sh", "-c", way, status=None)
        said = ran.out + ran.err + project.imagebump("watch", status=None).out
        project.idle()
        assert stranger.visits == 0
    assert 'build.secrets.gift = "file:~/.netrc"' in said
    assert "which this clone does not trust yet. Look at it, then run: imagebump trust " in said
    assert registry_tags(registry, project) == before
    assert image_names(engine, project) == names
    for path in [path for path in project.state.rglob("*") if path.is_file()]:
        assert SECRET.encode() not in path.read_bytes()


def test_another_repository_of_the_same_registry(project: Project, registry: Registry) -> None:
    """It may be another product's: nothing is sent there before somebody has said yes."""
    project.commit("One")
    before = published(project, registry)
    other = f"{project.name}-other"
    text = project.read(".imagebump.toml", "").replace(project.name, other)
    moved = project.commit("Moved", **{".imagebump.toml": text})
    why = f'commit {moved[:7]} asks for repository = "{other}", which this clone does not trust yet'
    assert why in project.imagebump("watch", status=1).out
    assert registry.tags(other) == set()
    project.imagebump("trust", moved)
    project.imagebump("watch")
    assert registry.tags(other) == {moved[:7], "1.0.0"}
    assert registry_tags(registry, project) == before


def test_what_only_the_tip_of_its_branch_says(project: Project, registry: Registry) -> None:
    """Where an older commit goes, too, has to be trusted: its own configuration names no repository."""
    project.stage(**{".imagebump.toml": f'registry = "{registry.host}"\n'})
    project.git("config", "core.hooksPath", "/dev/null")
    one = project.commit("One")
    other = f'registry = "{registry.host}"\nrepository = "{project.name}-other"\ninsecure = true\n'
    project.commit("Two", **{".imagebump.toml": other})
    said = project.imagebump("publish", "--foreground", one, status=1).out
    asks = f'insecure = true, repository = "{project.name}-other", which'
    assert f"commit {one[:7]} asks for {asks} this clone does not trust yet" in said
    assert registry.tags(f"{project.name}-other") == set()


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_first_commit_of_several_images(
    project: Project, registry: Registry, by_hand: bool
) -> None:
    """What is trusted at first is what each of them asks for, not the one whose turn comes first."""
    second = '[[image]]\nname = "b"\nbump.version-file = "VERSION.b"\n'
    text = (
        project.read(".imagebump.toml", "").partition("[")[0] + f'[[image]]\nname = "a"\n{second}'
    )
    project.stage(**{".imagebump.toml": text, "VERSION.b": "2.0.0\n"})
    (project.state / "trusted").unlink()
    if by_hand:
        project.git("config", "core.hooksPath", "/dev/null")
    commit = project.commit("One")
    if by_hand:
        project.imagebump("publish", "--foreground", "--image", "b")
        project.imagebump("publish")
    project.imagebump("watch")
    assert registry.tags(f"{project.name}/a") == {commit[:7], "1.0.0"}
    assert registry.tags(f"{project.name}/b") == {commit[:7], "2.0.0"}


def test_trust(project: Project, own_registry: Registry) -> None:
    """A registry that moves pauses; the next commit says so; trust shows it, and it goes on."""
    project.commit("One")
    project.idle()
    text = f'registry = "{own_registry.host}"\nrepository = "{project.name}"\n'
    moved = project.commit("Moved", **{".imagebump.toml": text})
    why = f'commit {moved[:7]} asks for registry = "{own_registry.host}", which this clone does not trust yet'
    assert f"{moved[:7]} paused: {why}. Look at it" in project.imagebump("watch", status=1).out
    assert project.imagebump("status", status=1).out.count(why) == 1
    project.stage(**{"app.txt": "two\n"})
    said = project.run("git", "commit", "--quiet", "-m", "Two").err
    assert f"the last publish ({moved[:7]}) is paused: {why}" in said
    project.idle()
    line = f'trusted from now on: registry = "{own_registry.host}"\n'
    assert project.imagebump("trust", moved).out == line
    project.imagebump("watch")
    assert {moved[:7], project.commit_tag()} <= own_registry.tags(project.name)
    assert project.imagebump("trust").out == "nothing that is not trusted already\n"


def test_a_word_that_comes_while_it_is_asked_for(project: Project, registry: Registry) -> None:
    """A worker has looked at what was trusted before, and pauses the commit only now: it goes on all the same."""
    project.git("config", "core.hooksPath", "/dev/null")
    other = f"{project.name}-other"
    text = project.read(".imagebump.toml", "").replace(project.name, other)
    moved = project.commit("Moved", **{".imagebump.toml": text})
    job = Job(moved, "main", {}, 1.0)
    with files.locked(spool.worker_lock(project.state)), ledger.opened(project.state) as book:
        book.add(job)
        book.update(job.id, state="building")
        project.imagebump("trust")
        book.update(job.id, state="paused")
    project.imagebump("watch")
    assert registry.tags(other) == {moved[:7], "1.0.0"}


def test_a_slip_that_is_mended(project: Project, registry: Registry) -> None:
    """With the next commit its tip asks for what is trusted: then nothing waits for a word; what was amended away, neither."""
    text = project.read(".imagebump.toml", "")
    slip = {".imagebump.toml": text.replace(project.name, f"{project.name}-slip")}
    project.commit("One")
    lost, kept = project.commit("Lost", **slip), ""
    project.imagebump("watch", status=1)
    project.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "Two")
    kept = project.git("rev-parse", "HEAD")
    project.imagebump("watch", status=1)
    project.idle()
    assert (project.record(kept)["state"], project.record(lost)["state"]) == (
        "paused",
        "superseded",
    )
    project.commit("Three", **{".imagebump.toml": text})
    project.imagebump("watch")
    assert kept[:7] in registry.tags(project.name)
    assert registry.tags(f"{project.name}-slip") == set()


@pytest.mark.parametrize("reaching", [False, True])
def test_the_first_commit_of_a_clone(project: Project, registry: Registry, reaching: bool) -> None:
    """Without `imagebump install` it goes where it says; what reaches further waits for a word."""
    if reaching:
        project.configure('[build]\nnetwork = "host"\n')
    (project.state / "trusted").unlink()
    commit = project.commit("One")
    said = project.imagebump("watch", status=int(reaching)).out
    if not reaching:
        assert registry_tags(registry, project).keys() == {commit[:7], "1.0.0"}
        return
    assert 'asks for build.network = "host", which' in said
    project.imagebump("trust")
    assert published(project, registry).keys() == {commit[:7], "1.0.0"}


def test_a_clone_whose_first_commit_is_somebody_elses(project: Project, registry: Registry) -> None:
    """It came by a fast-forward: nobody here has made it."""
    project.git("config", "core.hooksPath", "/dev/null")
    project.commit("One")
    project.git("config", "--unset", "core.hooksPath")
    (project.state / "trusted").unlink()
    with trap() as stranger:
        hostile(project, stranger.host)
        project.run("sh", "-c", "git fetch -q && git merge -q --ff-only origin/gift")
        assert "which this clone does not trust yet" in project.imagebump("watch", status=1).out
        assert stranger.visits == 0
    assert not (project.state / "trusted").exists()


def test_in_ci(project: Project, registry: Registry) -> None:
    """What the checkout says is meant, and nothing is kept."""
    project.configure('[build]\nnetwork = "host"\n')
    project.git("config", "core.hooksPath", "/dev/null")
    commit = project.commit("One")
    (project.state / "trusted").write_text("")
    project.imagebump("publish", "--foreground", status=1)
    ci = project.having(CI="true")
    ci.having(DOCKER_HOST="tcp://127.0.0.1:1").imagebump("publish", status=1)
    ci.imagebump("publish")
    assert registry_tags(registry, project).keys() == {commit[:7], "1.0.0"}
    assert (project.state / "trusted").read_text() == ""


def test_the_certificate_of_a_ca(project: Project, authority: Authority, tmp_path: Path) -> None:
    """Its content is trusted, not its name: a pulled branch may bring another one, and then nobody is asked."""
    other = Authority.make(tmp_path / "other")
    with trap() as registry:
        text = (
            f'registry = "{registry.host}"\nregistry-ca = "ca.pem"\nrepository = "{project.name}"\n'
        )
        first = authority.certificate.read_text()
        project.stage(**{".imagebump.toml": text, "ca.pem": first})
        lines = project.imagebump("trust").out.splitlines()
        ca = f'registry-ca = "ca.pem" (sha256:{sha256(first.encode()).hexdigest()})'
        assert lines[-1] == f"trusted from now on: {ca}"
        project.commit("One")
        project.imagebump("watch", status=1)
        assert project.record()["state"] == "failed", "it is no registry"
        project.git("config", "core.hooksPath", "/dev/null")
        theirs = project.commit("Theirs", **{"ca.pem": other.certificate.read_text()})
        visits = registry.visits
        said = project.imagebump("publish", "--foreground", status=1).out
        assert f'{theirs[:7]} asks for registry-ca = "ca.pem" (sha256:' in said
        assert project.record()["state"] == "paused"
        assert registry.visits == visits > 0
        project.imagebump("trust", theirs)
        project.imagebump("watch", status=1)
        assert registry.visits > visits


def test_an_override_is_the_persons_own(project: Project, own_registry: Registry) -> None:
    """Nobody else sets the environment."""
    elsewhere = project.having(IMAGEBUMP_REGISTRY=own_registry.host)
    commit = elsewhere.commit("One")
    elsewhere.imagebump("watch")
    assert own_registry.tags(project.name) == {commit[:7], "1.0.0"}
