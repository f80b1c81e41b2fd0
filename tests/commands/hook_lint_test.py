"""The lint hook: what is staged counts, and nothing else."""

import subprocess
import sys

import pytest

from harness import Repo
from imagebump import config, git
from imagebump.commands import hook_lint

WARNED = "FROM a:1\nRUN wget https://h/x.tgz\nRUN rm x.tgz\n"
REMARKED = "FROM a:1\nRUN x\nRUN y\nRUN z\n"


def staged(repo: Repo, *paths: str, fail_on: str = "warning") -> int:
    """Run the hook over `paths`, or over the configured Dockerfile."""
    text = f'registry = "r.example.com"\n[lint]\nfail-on = "{fail_on}"\n'
    settings = config.load({".imagebump.toml": text.encode()}.get, "app", {})
    assert settings is not None
    repository = git.discover(repo.path, repo.env)
    try:
        return hook_lint.check(repository, settings, paths)
    finally:
        repository.blobs.close()


def stage(repo: Repo, **files: str) -> None:
    """Write and stage files; `_` in a name is a slash."""
    for name, text in files.items():
        repo.write(name.replace("_", "/"), text)
    repo.git("add", "-A")


def test_a_warning_stops(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """The finding is shown with its line."""
    stage(repo, Dockerfile=WARNED)
    assert staged(repo) == 1
    out = capfd.readouterr().out
    assert out.startswith("Dockerfile:3:1: IB001 warning: this RUN deletes x.tgz")
    assert out.splitlines()[-2:] == [
        "[*] 1 of 1 can be fixed with imagebump lint --fix Dockerfile",
        "imagebump: 1 finding (1 warning). Mend that, then: git add Dockerfile, and commit again",
    ]


def test_remarks_are_counted(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """What is milder than fail-on is one line."""
    stage(repo, Dockerfile=REMARKED)
    assert staged(repo) == 0
    assert capfd.readouterr() == (
        "",
        "imagebump: 2 milder remarks not shown. Run: imagebump lint\n",
    )
    assert staged(repo, fail_on="info") == 1


def test_the_index_is_read(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """Not the working file, whatever was made of it since: a mend that is not staged is pointed out."""
    stage(repo, Dockerfile=WARNED, a_Dockerfile=WARNED)
    repo.write("Dockerfile", "FROM a:1\n")
    assert staged(repo, "Dockerfile", "a/Dockerfile") == 1
    again = "Dockerfile has an edit that is not staged. To have that linted: git add Dockerfile, and commit again"
    assert capfd.readouterr().out.splitlines()[-1] == f"imagebump: 2 findings (2 warnings). {again}"
    stage(repo, Dockerfile="FROM a:1\n")
    repo.write("Dockerfile", WARNED)
    assert staged(repo) == 0


def test_what_is_not_staged_is_left_alone(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """An untracked or deleted Dockerfile is no part of the commit."""
    repo.write("Dockerfile", WARNED)
    assert staged(repo) == 0
    assert staged(repo, "nowhere/Dockerfile") == 0
    assert capfd.readouterr() == ("", "")


def test_paths_that_are_passed(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """Only these are linted, each once."""
    stage(repo, Dockerfile=WARNED, a_Dockerfile="FROMM x\n", b_Dockerfile="FROM b:1\n")
    assert staged(repo, "b/Dockerfile") == 0
    assert staged(repo, "a/Dockerfile", "a/Dockerfile", "b/Dockerfile") == 1
    out = capfd.readouterr().out
    assert out.count("IB000 error: unknown instruction FROMM, did you mean FROM?") == 1
    assert "IB001" not in out


def test_a_link_is_followed_in_the_index(repo: Repo) -> None:
    """A Dockerfile may be a symbolic link to another staged file, or lead out of the repository."""
    repo.write("docker/app", WARNED)
    (repo.path / "Dockerfile").symlink_to("docker/app")
    (repo.path / "docker" / "out").symlink_to("../../elsewhere")
    repo.git("add", "-A")
    assert staged(repo) == 1
    assert staged(repo, "docker/out") == 0


def test_only_the_cheap_is_imported() -> None:
    """A hook is on the developer's time."""
    code = (
        "import sys, imagebump.commands.hook_lint\n"
        "heavy = {'docker', 'git', 'requests', 'rich', 'sqlite3', 'argparse', 'email'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )
    assert done.stdout + done.stderr == b"\n"


MENDED = "FROM a:1\nRUN wget https://h/x.tgz \\\n    && rm x.tgz\n"


def test_fix(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """What is staged is mended in the working tree, and the commit stops."""
    stage(repo, Dockerfile=WARNED, a_Dockerfile=WARNED)
    assert staged(repo, "--fix", "Dockerfile", "a/Dockerfile") == 1
    names = ("Dockerfile", "a/Dockerfile")
    assert capfd.readouterr().out.splitlines() == [
        f"imagebump: fixed {name}. Look at it, then: git add {name}" for name in names
    ]
    assert (repo.path / "a" / "Dockerfile").read_text() == MENDED
    assert repo.read("Dockerfile", "") == WARNED
    repo.git("add", "-A")
    assert staged(repo, "--fix", "Dockerfile", "a/Dockerfile") == 0


def test_what_a_fix_leaves(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """What cannot be fixed is shown, with no promise that it can."""
    stage(repo, Dockerfile=WARNED + "RUN pip install x\n")
    assert staged(repo, "--fix", "Dockerfile") == 1
    said = capfd.readouterr().out.splitlines()
    assert said[0] == "imagebump: fixed Dockerfile. Look at it, then: git add Dockerfile"
    assert said[1].startswith("Dockerfile:4:1: IB008 warning: ")
    assert said[-1] == (
        "imagebump: 1 finding (1 warning) left. Mend that, then: git add Dockerfile, and commit again"
    )


def test_fix_spares_an_edit(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """A working file that is not what is staged is the user's: the finding stands, the file too."""
    stage(repo, Dockerfile=WARNED)
    file = repo.write("Dockerfile", WARNED + "# an edit\n")
    assert staged(repo, "--fix", "Dockerfile") == 1
    said = capfd.readouterr()
    assert "IB001 warning" in said.out
    assert "cannot fix Dockerfile: it holds something else than what was linted" in said.err
    assert file.read_text() == WARNED + "# an edit\n"


def test_steps_that_another_file_shares(repo: Repo) -> None:
    """What is staged counts, not what lies in the working tree."""
    other = WARNED.replace("RUN rm x.tgz", "RUN tar xf x.tgz")
    stage(repo, Dockerfile=WARNED, b_Dockerfile=other)
    repo.write("b/Dockerfile", "FROM b\n")
    assert staged(repo, "--fix", "Dockerfile") == 0
    assert (repo.path / "Dockerfile").read_text() == WARNED
    stage(repo, b_Dockerfile="FROM b\n")
    assert staged(repo, "--fix", "Dockerfile") == 1


NOT_ONE = {
    "binary": bytes(range(256)) * 20,
    "long": b"FROM a:1\nRUN echo " + b"a" * 10_000_000 + b"\n",
    "unknown": b"FROM a:1\nFOO x\nRUN y\n",
    "from": b"RUN x\nRUN y\n",
    "heredoc": b"FROM a:1\nRUN <<EOF\nx\n",
    "utf-8": b"FROM a:1\nRUN echo \xff\nRUN y\n",
    "empty": b"",
}


def test_what_is_no_dockerfile(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """A finding each, whatever a link, a name or the working tree is like; nothing is rewritten."""
    for name, data in NOT_ONE.items():
        (repo.path / name).write_bytes(data)
    (repo.path / "loop").symlink_to("loop")
    (repo.path / "a b\nc.Dockerfile").write_text(WARNED)
    repo.git("add", "-A")
    (repo.path / "empty").unlink()
    (repo.path / "empty").mkdir()
    names = [*NOT_ONE, "loop", "a b\nc.Dockerfile", "../x", "/etc/passwd", ".git"]
    assert staged(repo, "--fix", *names) == 1
    said = capfd.readouterr()
    assert said.out.count(" IB000 error: ") == len(NOT_ONE)  # the link that loops, and no "binary"
    assert said.err == ""
    for name, data in NOT_ONE.items():
        assert name == "empty" or (repo.path / name).read_bytes() == data


def test_a_binary_file(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """One that a manager found by its name is none of ours; the configured Dockerfile is no such file."""
    for name in ("Dockerfile", "Dockerfile.cache"):
        repo.write(name, NOT_ONE["binary"])
    repo.git("add", "-A")
    assert staged(repo, "Dockerfile.cache") == 0
    assert capfd.readouterr() == ("", "")
    assert staged(repo, "Dockerfile", "Dockerfile.cache") == 1
    assert capfd.readouterr().out == (
        "Dockerfile:1:1: IB000 error: a NUL byte: this is a binary file, or not UTF-8\n"
        "imagebump: 1 finding (1 error). Mend that, then: git add Dockerfile, and commit again\n"
    )


def test_a_dockerfile_that_is_gone(repo: Repo, capfd: pytest.CaptureFixture[str]) -> None:
    """What is staged is linted; there is nothing to be written."""
    stage(repo, Dockerfile=WARNED)
    (repo.path / "a b\nc.Dockerfile").write_text("FROM a:1\n")
    repo.git("add", "-A")
    (repo.path / "Dockerfile").unlink()
    assert staged(repo, "--fix", "Dockerfile") == 1
    said = capfd.readouterr()
    assert "IB001 warning" in said.out
    assert "cannot fix Dockerfile: no such file" in said.err
