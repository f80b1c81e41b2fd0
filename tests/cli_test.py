"""The command line: exit statuses, one line for each failure, help for each command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness import Ran, Repo
from imagebump import __version__, cli
from imagebump.cli import COMMANDS

CONFIG = 'registry = "r.io"\n'


def imagebump(repo: Repo, *arguments: str, status: int) -> Ran:
    """Run the program in `repo`."""
    return repo.run(sys.executable, "-P", "-m", "imagebump", *arguments, status=status)


def configured(repo: Repo) -> Repo:
    """A repository with a configuration in its index."""
    repo.write(".imagebump.toml", CONFIG)
    repo.git("add", "-A")
    return repo


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "imagebump: the following arguments are required: COMMAND. Run: imagebump --help"),
        (["pach"], "imagebump: there is no command 'pach' \\(did you mean patch\\?\\). Run: imagebump patch --help"),
        (["lnt", "--fix"], "imagebump: there is no command 'lnt' \\(did you mean lint\\?\\). Run: imagebump lint --help"),
        (["run"], "imagebump: there is no command 'run'. Run: imagebump --help"),
        (["frobnicate"], "imagebump: there is no command 'frobnicate'. Run: imagebump --help"),
        ([""], "imagebump: there is no command ''. Run: imagebump --help"),
        (["--nope"], "imagebump: the following arguments are required: COMMAND. Run: imagebump --help"),
        (["patch", "--nope"], "imagebump patch: unrecognized arguments: --nope. Run: imagebump patch --help"),
        (["lint", "--fx"], "imagebump lint: unrecognized arguments: --fx \\(did you mean --fix\\?\\). Run: imagebump lint --help"),
        (["lint", "x", "--formt=json", "-q"], "imagebump lint: unrecognized arguments: --formt=json -q \\(did you mean --format\\?\\). Run: imagebump lint --help"),
        (["patch", "--pre"], "imagebump patch: argument --pre: expected one argument. Run: imagebump patch --help"),
        (["publish", "a", "b"], "imagebump publish: unrecognized arguments: b. Run: imagebump publish --help"),
        (["status", "-n", "-5"], "imagebump status: argument -n/--count: '-5', expected a number such as 10. Run: imagebump status --help"),
        (["status", "-n", "0"], "imagebump status: argument -n/--count: '0', expected a number such as 10. Run: imagebump status --help"),
        (["status", "-n", "9" * 19], "imagebump status: argument -n/--count: '9{19}', expected a number such as 10. Run: imagebump status --help"),
        (["registry", "up", "--port", "x"], "imagebump registry up: argument --port: 'x', expected a number such as 5000. Run: imagebump registry up --help"),
        (["registry", "up", "--storage", ""], "imagebump registry up: argument --storage: '', expected a directory such as ~/registry. Run: imagebump registry up --help"),
        (["registry", "up", "--storage", "~nobody-of-that-name/x"], "imagebump registry up: argument --storage: '~nobody-of-that-name/x', expected a directory such as ~/registry. Run: imagebump registry up --help"),
        (["registry", "up", "--port", "65536"], "imagebump: port 65536 is out of range: 1 to 65535. Run: imagebump registry up --port 5000"),
        (["publish"], "imagebump: there is no commit yet in .*/app. Run: git commit"),
        (["hook"], "imagebump: no hook is called ''; there are lint, bump, .*"),
        (["hook", "pre-psuh"], "imagebump: no hook is called 'pre-psuh'; there are lint, bump, .*"),
    ],
)  # fmt: skip
def test_usage(repo: Repo, arguments: list[str], line: str) -> None:
    """Status 2, and one line that ends in what to type."""
    ran = imagebump(repo, *arguments, status=2)
    assert ran.out == ""
    assert re.fullmatch(f"{line}\n", ran.err), ran.err


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(repo: Repo, command: str) -> None:
    """Each command explains itself, in any directory, with a description of its own."""
    ran = imagebump(Repo(Path("/"), repo.env), *command.split(), "--help", status=0)
    assert ran.err == ""
    assert ran.out.startswith(f"usage: imagebump {command}".rstrip())
    names = [command] if command else COMMANDS
    for name in names:
        described = COMMANDS[name][1]
        assert " ".join(described.split()).lower() in " ".join(ran.out.split()).lower()


def test_version(repo: Repo) -> None:
    """On standard output."""
    ran = imagebump(repo, "--version", status=0)
    assert (ran.out, ran.err) == (f"imagebump {__version__}\n", "")


def test_yes(repo: Repo) -> None:
    """Status 0, and the answer on standard output."""
    ran = imagebump(configured(repo), "patch", "--dry-run", status=0)
    assert (ran.out, ran.err) == ("no version → 0.1.0\n", "")


def test_from_what_is_staged(repo: Repo) -> None:
    """Before the first commit the version that is staged is the one to go on from."""
    configured(repo)
    repo.write("VERSION", "1.0.0\n")
    repo.git("add", "VERSION")
    ran = imagebump(repo, "minor", status=0)
    assert (ran.out, ran.err) == ("1.0.0 → 1.1.0\n", "")
    assert repo.read("VERSION", "") == "1.1.0\n"


@pytest.mark.parametrize("wrong", ["“1.0.1”\n", "1.0\n", ""])
def test_an_unstaged_edit_that_is_no_version(repo: Repo, wrong: str) -> None:
    """What was read is said, and nobody is told to stage it."""
    configured(repo).commit("One", VERSION="1.0.0\n")
    repo.write("VERSION", wrong)
    ran = imagebump(repo, "patch", status=2)
    assert ran.err == (
        f"imagebump: VERSION holds {repr(wrong) if wrong else 'nothing'}, expected one line with a "
        "semantic version such as 1.2.3. Run: echo 1.0.0 > VERSION && git add VERSION (with your version)\n"
    )
    assert (repo.path / "VERSION").read_text() == wrong


def test_no(repo: Repo) -> None:
    """Status 1: understood, and the answer is no."""
    configured(repo).commit("One", VERSION="1.0.0\n")
    imagebump(repo, "major", status=0)
    ran = imagebump(repo, "patch", status=1)
    assert ran == Ran(
        1,
        "",
        "imagebump: VERSION is at 2.0.0 already, ahead of 1.0.1 (patch after 1.0.0). "
        "Run: echo 1.0.1 > VERSION && git add VERSION, to go back to it\n",
    )


def test_unusable(repo: Repo, tmp_path: Path) -> None:
    """Status 2: outside a repository, without a configuration, with a broken one."""
    ran = imagebump(Repo(tmp_path, repo.env), "patch", status=2)
    assert ran.err == f"imagebump: {tmp_path} is not in a Git working tree. Run: git init\n"
    ran = imagebump(repo, "patch", status=2)
    assert ran.err == (
        f"imagebump: .imagebump.toml is not in the index of {repo.path}. "
        "Run: echo 'registry = \"local\"' > .imagebump.toml && git add .imagebump.toml\n"
    )
    repo.write(".imagebump.toml", "registry = 1\n")
    repo.git("add", "-A")
    ran = imagebump(repo, "patch", status=2)
    assert ran.err == "imagebump: .imagebump.toml: registry = 1, expected a string in quotes\n"


@pytest.mark.parametrize("command", ["status", "lint", "config", "hook pre-commit"])
def test_a_working_directory_that_is_gone(repo: Repo, command: str) -> None:
    """It was removed under the shell: that is said, and nothing about Git."""
    ran = repo.run("sh", "-c", f"mkdir x && cd x && rmdir ../x && imagebump {command}", status=2)
    line = "the working directory is gone. Run: cd, and then again in one that is there"
    assert (ran.out, ran.err) == ("", f"imagebump: {line}\n")


def test_a_damaged_repository_is_no_success(repo: Repo) -> None:
    """The index names an object that is gone: said, whoever asks."""
    configured(repo)
    (repo.path / ".git" / "index").write_bytes(b"DIRC damaged")
    ran = imagebump(repo, "patch", status=2)
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("imagebump: ")


def test_a_bug(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Status 3, one line on the terminal, and a log with what is needed to mend it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(COMMANDS, "config", ("Bearer abcdefgh12345678", "x"))
    assert cli.main(["config", "--json"]) == 3
    (log,) = tmp_path.iterdir()
    line = f"imagebump: this is a bug in imagebump, sorry. Please report it with {log}\n"
    assert capfd.readouterr() == ("", line)
    text = log.read_text()
    assert text.startswith(f"imagebump {__version__}, Python 3.")
    assert "\nimagebump config --json\n\nTraceback (most recent call last):\n" in text
    assert text.endswith("No module named 'imagebump.commands.Bearer ***'\n")
    assert "abcdefgh" not in text


def test_an_interrupt(repo: Repo) -> None:
    """Status 130, without a word, while a child of ours works."""
    repo.write("bin/git", "#!/bin/sh\ntrap '' INT\nkill -INT $PPID\nexec sleep 60\n").chmod(0o755)
    impatient = repo.having(PATH=f"{repo.path}/bin:{repo.env['PATH']}")
    assert imagebump(impatient, "config", status=130) == Ran(130, "", "")


def test_a_reader_that_is_gone(repo: Repo) -> None:
    """`imagebump config | head -1`: no error of ours."""
    read, write = os.pipe()
    os.close(read)
    argv = [sys.executable, "-P", "-m", "imagebump", "config"]
    done = subprocess.run(
        argv, cwd=configured(repo).path, env=repo.env, stdout=write, stderr=subprocess.PIPE, timeout=60, check=False
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_command_has_its_module() -> None:
    """The table names modules that exist, with what it calls."""
    for module in {module for module, _ in COMMANDS.values()}:
        found = cli._module(module)
        assert callable(found.run)
        assert callable(found.add_arguments)
