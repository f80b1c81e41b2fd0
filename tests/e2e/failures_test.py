"""What goes wrong never stops a commit, is said in one line, and is mended by `retry` or the next commit."""

import base64
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness import wait_for
from projects import DOCKERFILE, Project, gate, processes, registry_tags
from services import PASSWORD, USER, Engine, Registry, docker_context
from web import Silent, serving

DEAD = "unix:///nowhere/docker.sock"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def pushing_to(project: Project, host: str) -> Project:
    """The same project with another registry in its configuration."""
    moved = Project(project.path, project.env, project.name, host)
    moved.configure()
    return moved


def failure(project: Project, commit: str) -> str:
    """Wait until a commit has failed; why, in one line that every place shows alike."""
    said = project.imagebump("watch", status=1).out
    record = project.record(commit)
    assert record["state"] == "failed"
    error = str(record["error"])
    assert error
    assert "\n" not in error
    assert f"{commit[:7]} {record['version']}".strip() + f" failed: {error}. " in said
    assert error in project.imagebump("status", status=1).out
    assert error in project.imagebump("logs", commit).out
    return error


def next_commit(project: Project, **files: str) -> tuple[str, list[str]]:
    """Commit once more: the hash, and what imagebump said beside its answer."""
    project.stage(**(files or {"README.md": "words\n"}))
    said = project.run("git", "commit", "--quiet", "-m", "Next").err.splitlines()
    lines = [line for line in said if "the last publish" in line]
    return project.git("rev-parse", "HEAD"), lines


def test_an_address_of_an_engine_that_is_none(project: Project) -> None:
    """One line, and no bug of ours."""
    lost = project.having(DOCKER_HOST="tcp://127.0.0.1:x")
    assert failure(lost, lost.commit("One")).startswith(
        "cannot reach the Docker engine at tcp://127.0.0.1:x: "
    )


def test_an_engine_behind_ssh(project: Project) -> None:
    """What is missing for it is said, with what to type."""
    lost = project.having(DOCKER_HOST="ssh://ada@127.0.0.1")
    assert failure(lost, lost.commit("One")) == (
        "cannot reach the Docker engine at ***@127.0.0.1: "
        "an engine behind ssh needs the Python package paramiko"
    )
    assert "-m pip install paramiko, then imagebump retry" in lost.record()["hint"]


def test_the_engine_of_a_context(project: Project) -> None:
    """It is named as docker names it."""
    docker_context("away", "tcp://127.0.0.1:1")
    lost = project.having(DOCKER_HOST="", DOCKER_CONTEXT="away")
    reason = failure(lost, lost.commit("One"))
    assert reason == "cannot reach the Docker engine at the context away: connection refused"


@pytest.mark.parametrize("how", ["retry", "the next commit"])
def test_the_engine_is_down(project: Project, registry: Registry, how: str) -> None:
    """The commit is made; once the engine is back the image is published, under all its tags."""
    down = project.having(DOCKER_HOST=DEAD)
    commit = down.commit("One")
    reason = failure(down, commit)
    assert reason == f"cannot reach the Docker engine at {DEAD}: nothing listens there"
    said = down.imagebump("build", commit, status=1).err
    assert said == f"imagebump: {reason}. Start it, then run: imagebump build {commit}\n"
    expected = {commit[:7], "1.0.0"}
    if how == "retry":
        assert "trying again" in project.imagebump("retry").out
    else:
        later, lines = next_commit(project)
        title = f"{commit[:7]} 1.0.0"
        assert lines == [
            f"imagebump: the last publish ({title}) failed: {reason}. Start it, then run: imagebump retry"
        ]
        expected |= {later[:7]}
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == expected
    assert next_commit(project, **{"README.md": "more words\n"})[1] == []


def test_the_registry_is_down(project: Project, own_registry: Registry) -> None:
    """The line names it; started again, it gets the image."""
    mine = pushing_to(project, own_registry.host)
    own_registry.stop()
    commit = mine.commit("One")
    host = own_registry.host
    assert failure(mine, commit) == f"cannot reach the registry at {host}: connection refused"
    own_registry.start()
    mine.imagebump("retry", commit)
    mine.imagebump("watch")
    assert own_registry.tags(project.name) == {commit[:7], "1.0.0"}


def log_in(project: Project, host: str, login: str) -> None:
    """Write a login into Docker's own configuration."""
    directory = Path(project.env["DOCKER_CONFIG"])
    directory.mkdir(exist_ok=True)
    (directory / "config.json").write_text(json.dumps({"auths": {host: {"auth": login}}}))


def test_nobody_is_logged_in(project: Project, private_registry: Registry) -> None:
    """Without a login, and with a wrong one, the line says to log in; with the right one it works."""
    host = private_registry.host
    mine = pushing_to(project, host)
    commit = mine.commit("One")
    assert failure(mine, commit).endswith(": not logged in")
    assert f"Run: docker login {host}" in mine.imagebump("status", status=1).out
    log_in(mine, host, base64.b64encode(b"ali:wrong").decode())
    mine.imagebump("retry")
    assert failure(mine, commit).endswith(f": {host} refuses the login")
    log_in(mine, host, LOGIN)
    mine.imagebump("retry")
    mine.imagebump("watch")
    assert private_registry.tags(project.name) == {commit[:7], "1.0.0"}


def test_the_password_is_nowhere(project: Project, private_registry: Registry) -> None:
    """It is in no argument of any process while the worker works, and in no file of ours."""
    host = private_registry.host
    log_in(project, host, LOGIN)
    mine = Project(project.path, project.env, project.name, host)
    mine.configure('[build]\nnetwork = "host"\n')
    with gate() as closed:
        mine.commit("One", Dockerfile=closed.dockerfile)
        closed.await_build()
        assert mine.workers()
        seen = [word for _, argv in processes() for word in argv]
        assert not [word for word in seen if PASSWORD in word or LOGIN in word]
        closed.open.set()
        mine.imagebump("watch")
    assert len(private_registry.tags(project.name)) == 2
    files = [path for path in mine.state.rglob("*") if path.is_file()]
    assert {"ledger.sqlite", "worker.log"} <= {path.name for path in files}
    for path in files:
        data = path.read_bytes()
        assert PASSWORD.encode() not in data, path
        assert LOGIN.encode() not in data, path
        assert path.stat().st_mode & 0o077 == 0, path


@contextmanager
def unknowing() -> Iterator[str]:
    """The host of a registry that has no repository and makes none."""

    class Handler(Silent):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            error = {"code": "NAME_UNKNOWN", "message": "The repository does not exist"}
            known = self.path == "/v2/"
            body = b"{}" if known else json.dumps({"errors": [error]}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = answer

    with serving(Handler) as server:
        yield f"127.0.0.1:{server.server_port}"


def test_there_is_no_such_repository(project: Project) -> None:
    """A registry that makes no repositories by itself is named, with what to do."""
    with unknowing() as host:
        mine = pushing_to(project, host)
        commit = mine.commit("One")
        reason = failure(mine, commit)
        assert reason.endswith(f": {host} has no such repository")
        said = mine.imagebump("status", status=1).out
        assert f"Create {project.name} there, or correct repository in .imagebump.toml" in said


def test_a_step_of_the_build_fails(project: Project, registry: Registry) -> None:
    """The line has the step and its status, the log what it printed; the next commit mends it."""
    broken = f"{DOCKERFILE}RUN seq 101 140; echo about to fail; exit 7\n"
    commit = project.commit("One", Dockerfile=broken)
    reason = failure(project, commit)
    assert reason == "RUN seq 101 140; echo about to fail; exit 7 failed with exit status 7"
    log = project.imagebump("logs").out
    assert "about to fail\n" in log
    comes = "Next try with the next commit."
    assert log.splitlines()[-1] == comes
    assert f"{comes} The log: " in project.imagebump("status", status=1).out
    last = [f"  | {number}" for number in range(122, 141)] + ["  | about to fail"]
    shown = project.imagebump("watch", status=1).out.splitlines()
    assert [line for line in shown if line.startswith("  | ")] == last
    assert registry_tags(registry, project) == {}
    later, lines = next_commit(project, Dockerfile=DOCKERFILE)
    assert len(lines) == 1
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {later[:7], "1.0.1"}
    project.imagebump("status")
    assert next_commit(project)[1] == []


@pytest.mark.parametrize(
    ("takes", "rules", "why", "hint"),
    [
        pytest.param(
            "COPY",
            {".gitignore": "dist\n"},
            "ignored by Git",
            "Make it in the Dockerfile, or commit it",
            id="ignored",
        ),
        pytest.param(
            "ADD",
            {},
            "in the working tree, but not committed",
            "Run: git add dist && git commit",
            id="untracked",
        ),
    ],
)
def test_a_copy_of_what_is_not_in_the_commit(
    project: Project, takes: str, rules: dict[str, str], why: str, hint: str
) -> None:
    """The file that the developer sees is not the commit's: the line says why not."""
    project.write("dist/app", "made\n")
    commit = project.commit("One", Dockerfile=f"{DOCKERFILE}{takes} dist/ /dist/\n", **rules)
    assert failure(project, commit) == f"{takes} dist: not in commit {commit[:7]} ({why})"
    assert hint in project.imagebump("status", status=1).out


def test_a_copy_of_what_is_left_out(project: Project, registry: Registry) -> None:
    """The line of the file that does it is named; what is said to add mends it."""
    rules = "# ours\ndist\n!dist\n\n d*t/ \n*.log\n"
    copies = {"Dockerfile": f"{DOCKERFILE}COPY dist/ /dist/\n", "dist/app": "made\n"}
    commit = project.commit("One", **copies, **{".dockerignore": rules})
    said = "COPY dist: line 5 of .dockerignore leaves it out (d*t/)"
    assert failure(project, commit) == said
    hint = "Take that out, or add a line !dist at the end, and commit"
    assert f"{said}. {hint}" in project.imagebump("status", status=1).out
    mended = project.commit("Two", **{".dockerignore": f"{rules}!dist\n"})
    project.imagebump("watch", mended)
    assert mended[:7] in registry_tags(registry, project)


def test_what_only_another_commit_mends_is_tried_once(project: Project, registry: Registry) -> None:
    """The next commit is not held up by it, and watch's answer is about that one."""
    broken = project.commit("One", Dockerfile="FROM imagebump/base:1\nCOPY dist /\n")
    failure(project, broken)
    mended, _ = next_commit(project, Dockerfile=DOCKERFILE)
    assert "failed" not in project.imagebump("watch").out
    assert mended[:7] in registry_tags(registry, project)
    assert project.record(broken)["attempts"] == 1
    project.imagebump("retry", broken)
    project.imagebump("watch", broken, status=1)
    assert project.record(broken)["attempts"] == 1, "counted anew"
    assert project.imagebump("retry", mended).out == f"{mended[:7]} 1.0.1 is done\n"


def test_what_is_dismissed_is_left_alone(project: Project) -> None:
    """A plain retry does not try what cannot succeed; once dismissed, nothing speaks of it but by its name."""
    broken = project.commit("One", Dockerfile="FROM imagebump/base:1\nCOPY dist /\n")
    title = f"{broken[:7]} 1.0.0"
    assert project.imagebump("watch", broken, status=1).out.count(f"{title} failed: ") == 1
    said = project.imagebump("retry").out
    assert said.startswith(f"{title} failed. Another try does not help: imagebump status says")
    assert project.imagebump("dismiss").out == f"{title} is dismissed\n"
    assert (
        project.imagebump("dismiss").out == project.imagebump("retry").out == "nothing has failed\n"
    )
    assert "failed" not in project.imagebump("status").out
    assert project.imagebump("watch", broken).out == f"{title} dismissed\n"
    mended, word = next_commit(project, Dockerfile=DOCKERFILE)
    assert word == []
    assert (
        project.imagebump("watch", mended)
        .out.splitlines()[-1]
        .startswith(f"{mended[:7]} 1.0.1 done")
    )
    assert project.imagebump("dismiss", mended).out == f"{mended[:7]} 1.0.1 is done\n"
    assert "trying again" in project.imagebump("retry", broken).out
    project.imagebump("watch", broken, status=1)


def test_watch_tells_of_all_that_the_worker_did(project: Project) -> None:
    """What had failed before and what failed since, however late watch begins to look."""
    down = project.having(DOCKER_HOST=DEAD)
    first = down.commit("One")
    down.idle()
    second = project.commit("Two", Dockerfile="FROM imagebump/base:1\nCOPY dist /\n")
    project.idle()
    lines = project.imagebump("watch", status=1).out.splitlines()
    assert lines[0].startswith(f"{first[:7]} 1.0.0 done: ")
    assert lines[1].startswith(f"{second[:7]} 1.0.1 failed: ")


def test_a_login_in_the_engines_address_is_written_nowhere(project: Project) -> None:
    """Neither shown nor kept."""
    lost = project.having(DOCKER_HOST="tcp://ada:hunter2@127.0.0.1:1")
    reason = failure(lost, lost.commit("One"))
    assert reason.startswith("cannot reach the Docker engine at ***@127.0.0.1:1: ")
    held = [path for path in project.state.rglob("*") if path.is_file()]
    assert [path for path in held if b"hunter2" in path.read_bytes()] == []


def test_git_that_fails_for_a_moment(project: Project, registry: Registry, tmp_path: Path) -> None:
    """The commit is neither taken for gone nor for broken: the next worker publishes it."""
    real = project.run("sh", "-c", "command -v git").out.strip()
    broken = tmp_path / "bin" / "git"
    broken.parent.mkdir()
    broken.write_text(
        f'#!/bin/sh\ncase "$*" in *ls-tree*) echo "fatal: cannot read" >&2; exit 128;; esac\nexec {real} "$@"\n'
    )
    broken.chmod(0o755)
    ill = project.having(PATH=f"{broken.parent}:{project.env['PATH']}")
    project.git("config", "core.hooksPath", "/dev/null")
    commit = project.commit("One")
    said = ill.imagebump("publish", "--foreground", status=1).out
    assert "failed: git ls-tree failed: fatal: cannot read. Run: imagebump retry" in said
    project.git("config", "--unset", "core.hooksPath")
    next_commit(project)
    project.imagebump("watch")
    assert commit[:7] in registry_tags(registry, project)


def test_watch_after_all_is_over(project: Project) -> None:
    """It tells of what ended last, be it an older commit, and says that this is not HEAD's."""
    broken = project.commit("One", Dockerfile="FROM imagebump/base:1\nCOPY dist /\n")
    project.idle()
    mended, _ = next_commit(project, Dockerfile=DOCKERFILE)
    project.idle()
    assert project.imagebump("watch").out.startswith(f"{mended[:7]} 1.0.1 done: ")
    said = project.imagebump("retry", broken).out
    assert said.endswith(f" trying again. Run: imagebump watch {broken}\n")
    project.idle()
    project.imagebump("watch", broken, status=1)
    first, second, *_ = project.imagebump("watch").out.splitlines()
    assert first == "nothing is under way; this ended last:"
    assert second.startswith(f"{broken[:7]} 1.0.0 failed: COPY dist: ")
    project.git("reset", "--quiet", "--hard", broken)
    assert project.imagebump("watch", status=1).out.startswith(second), "it is HEAD's now"


def test_status_says_a_reason_once(project: Project) -> None:
    """Several commits in a row that failed alike share a line."""
    down = project.having(DOCKER_HOST=DEAD)
    commits = [down.commit(name, **{"app.txt": name}) for name in ("1", "2")]
    down.idle()
    lines = down.imagebump("status", status=1).out.splitlines()
    (line,) = [line for line in lines if "cannot reach" in line]
    assert line.startswith(f"{commits[1][:7]} 1.0.1, {commits[0][:7]} 1.0.0 failed")


def test_a_job_of_a_newer_imagebump_waits(project: Project) -> None:
    """It is neither read nor lost: status says what to type."""
    (project.state / "spool").mkdir(parents=True)
    (project.state / "spool" / "1-x.v2.json").write_text("{}")
    project.commit("One")
    project.imagebump("watch")
    line = "1 more for a newer imagebump. Run: pip install --upgrade imagebump"
    assert line in project.imagebump("status").out


def test_a_broken_configuration_at_the_tip(project: Project, registry: Registry) -> None:
    """An earlier commit that is tried again says where it is; the commit that mends it mends both."""
    first = project.having(DOCKER_HOST=DEAD).commit("One")
    project.idle()
    good = (project.path / ".imagebump.toml").read_text()
    project.stage(**{".imagebump.toml": "bogus = 1\n"})
    project.git("commit", "--quiet", "--no-verify", "-m", "Broken")
    project.imagebump("retry", first)
    project.imagebump("watch", status=1)
    line = "at the tip of main: .imagebump.toml: unknown key bogus = 1"
    assert project.record(first)["error"] == line
    project.stage(**{".imagebump.toml": good})
    last, _ = next_commit(project)
    project.imagebump("watch", status=None)
    assert {first[:7], last[:7]} <= registry_tags(registry, project).keys()


def test_what_is_no_job_is_told(project: Project) -> None:
    """It was kept aside, and status says where."""
    jobs = project.state / "spool"
    jobs.mkdir(parents=True)
    (jobs / f"1-{'a' * 40}.v1.json").write_text("{")
    (jobs / f"2-{'b' * 40}.v1.json").mkdir()
    project.commit("One")
    project.imagebump("watch")
    line = f"2 jobs cannot be read: {jobs}/*.bad. Run: imagebump publish REV, for the commit in its name"
    assert line in project.imagebump("status").out


def test_the_engines_disk_is_full(
    project: Project, registry: Registry, tiny_engine: Engine
) -> None:
    """It is said in one line; once there is room, retry publishes the commit."""
    tiny = project.having(DOCKER_HOST=tiny_engine.host)
    filler = fill(Path(tiny_engine.client.info()["DockerRootDir"]))
    os.truncate(filler, filler.stat().st_size - (4 << 20))  # for the engine's own notes
    commit = tiny.commit("One", Dockerfile=f"{DOCKERFILE}COPY big /big\n", big=bytes(20 << 20))
    assert "no space left on device" in failure(tiny, commit)
    filler.unlink()
    tiny.imagebump("retry")
    tiny.imagebump("watch")
    assert registry_tags(registry, project).keys() == {commit[:7], "1.0.0"}


@pytest.fixture
def full_state(project: Project) -> Iterator[Path]:
    """A file that fills the disk on which the project's state is; without it there is room."""
    project.state.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(project.state)]
    subprocess.run(mount, check=True, timeout=30)
    try:
        yield fill(project.state)
        project.end()
    finally:
        subprocess.run(["umount", "--lazy", str(project.state)], check=True, timeout=30)


def fill(directory: Path) -> Path:
    """Fill the disk with one file."""
    path = directory / "filler"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


def test_the_hooks_cannot_write_their_state(
    project: Project, registry: Registry, full_state: Path
) -> None:
    """The commit is made with its version, one line says that it is not published; with room it is."""
    said = project.run("git", "commit", "--quiet", "-m", "One").err.splitlines()
    commit = project.git("rev-parse", "HEAD")
    assert [line for line in said if "bug" in line] == []
    (line,) = (line for line in said if "No space left on device" in line)
    assert line.startswith(f"imagebump: commit {commit[:7]} will not be published: ")
    project.stage(**{"app.txt": "two\n"})
    project.git("commit", "--quiet", "-m", "Two")
    assert project.read("VERSION") == "1.0.1\n"
    assert project.git("status", "--porcelain") == ""
    full_state.unlink()
    project.imagebump("publish")
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {project.commit_tag(), "1.0.1"}


def test_the_hooks_have_no_place_for_their_state(project: Project, registry: Registry) -> None:
    """A file where the state belongs stops no commit; once it is gone, the next is published."""
    shutil.rmtree(project.state, ignore_errors=True)
    project.state.write_text("in the way\n")
    said = project.run("git", "commit", "--quiet", "-m", "One").err.splitlines()
    commit = project.git("rev-parse", "HEAD")
    assert said[0] == "imagebump: VERSION 1.0.0 (first version)"
    assert said[1].startswith(f"imagebump: commit {commit[:7]} will not be published: ")
    assert len(said) == 2
    project.state.unlink()
    later = project.commit("Two", **{"app.txt": "two\n"})
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {later[:7], "1.0.1"}


def test_the_disk_is_full_while_the_worker_works(
    project: Project, registry: Registry, full_state: Path
) -> None:
    """The worker may end, the job does not: with room again it is finished."""
    full_state.unlink()
    project.configure('[build]\nnetwork = "host"\n')
    with gate() as closed:
        commit = project.commit("One", Dockerfile=closed.dockerfile)
        closed.await_build()
        fill(project.state)
        closed.open.set()
        project.idle()
        full_state.unlink()
        project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {commit[:7], "1.0.0"}


def test_the_worker_cannot_work(project: Project, registry: Registry) -> None:
    """Where it ends at once, watch says where to look instead of waiting for ever."""
    in_the_way = project.state / "lost"
    in_the_way.mkdir(parents=True)
    project.commit("One")
    said = project.imagebump("watch", status=1).err
    log = project.state / "worker.log"
    assert said == f"imagebump: the worker ends without doing its work. Run: tail {log}\n"
    assert str(in_the_way) in log.read_text()
    in_the_way.rmdir()
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {project.commit_tag(), "1.0.0"}


def test_the_next_commit_says_that_the_worker_cannot_work(
    project: Project, registry: Registry
) -> None:
    """As where a newer imagebump has been here; when that is over, all is published."""
    project.commit("One")
    project.imagebump("watch")
    project.idle()
    ledger = project.state / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as book:
        (schema,) = book.execute("PRAGMA user_version").fetchone()
        book.execute("PRAGMA user_version = 99")
    project.commit("Two", **{"app.txt": "two\n"})
    wait_for(lambda: not project.workers(), 60, "the worker to end")
    project.stage(**{"app.txt": "three\n"})
    said = project.run("git", "commit", "-m", "Three").err
    assert f"imagebump: no commit is published: {ledger} was written by a newer imagebump" in said
    wait_for(lambda: not project.workers(), 60, "the worker to end")
    with closing(sqlite3.connect(ledger)) as book:
        book.execute(f"PRAGMA user_version = {schema}")
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() >= {"1.0.0", "1.0.1", "1.0.2"}
    project.stage(**{"app.txt": "four\n"})
    assert "no commit is published" not in project.run("git", "commit", "-m", "Four").err


def test_the_log_cannot_be_written(project: Project, registry: Registry) -> None:
    """The worker's own trouble ends the job as failed and not in silence; retry mends it."""
    project.state.mkdir(exist_ok=True)
    (project.state / "logs").write_text("in the way\n")
    project.commit("One")
    said = project.imagebump("watch", status=1).out
    assert "logs" in said
    (project.state / "logs").unlink()
    project.imagebump("retry")
    project.imagebump("watch")
    assert registry_tags(registry, project).keys() == {project.commit_tag(), "1.0.0"}
