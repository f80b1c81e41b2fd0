"""`imagebump lint --format`: what programs read, and what they never get half of."""

import json
import os
import sys

import pytest

from harness import Ran, Repo
from imagebump.formats import FORMATS

WARNED = "FROM a:1\nRUN wget https://h/x.tgz\nRUN rm x.tgz\n"
CLEAN = "FROM a:1\nRUN x\n"


def lint(repo: Repo, *arguments: str | bytes, status: int = 0, stdin: str = "") -> Ran:
    """Run the command."""
    words = [os.fsdecode(argument) for argument in arguments]
    return repo.run("imagebump", "lint", *words, status=status, stdin=stdin)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("text", "fail_on", "status"),
    [(CLEAN, "info", 0), (WARNED, "error", 0), (WARNED, "warning", 1), ("", "error", 1)],
)
def test_exit_statuses(repo: Repo, name: str, text: str, fail_on: str, status: int) -> None:
    """A format changes what is printed, and nothing else."""
    repo.write("Dockerfile", text)
    ran = lint(repo, "--format", name, "--fail-on", fail_on, status=status)
    assert ran.err == ""


def test_text_is_the_default(repo: Repo) -> None:
    """It is what one gets without asking."""
    repo.write("Dockerfile", WARNED)
    assert lint(repo, "--format=text", status=1) == lint(repo, status=1)


@pytest.mark.parametrize("name", ["json", "sarif"])
def test_no_half_documents(repo: Repo, name: str) -> None:
    """With one unusable path there is none at all, and one line says why."""
    repo.write("Dockerfile", WARNED)
    ran = lint(repo, f"--format={name}", "Dockerfile", "none", status=2)
    line = "imagebump: cannot lint none: no such file. Run: imagebump lint FILE\n"
    assert ran == (2, "", line)


def test_annotations_of_what_is_there(repo: Repo) -> None:
    """Lines stand for themselves: an unusable path takes none of them away."""
    repo.write("Dockerfile", WARNED)
    ran = lint(repo, "--format=github", "Dockerfile", "none", status=2)
    assert ran.out.startswith("::warning file=Dockerfile,line=3,")
    assert len(ran.out.splitlines()) == len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("path", "status"), [("Dockerfile", 1), ("none", 2)])
def test_closed_streams(repo: Repo, name: str, path: str, status: int) -> None:
    """The status is the same, and what was meant for one stream never goes to the other."""
    repo.write("Dockerfile", WARNED)
    command = f"imagebump lint --format={name} {path}"
    both = repo.run("sh", "-c", command, status=status)
    assert repo.run("sh", "-c", f"{command} >&-", status=status) == both._replace(out="")
    assert repo.run("sh", "-c", f"{command} 2>&-", status=status) == both._replace(err="")


@pytest.mark.parametrize(("name", "out"), [("github", ""), ("text", "no findings in 1 file\n")])
def test_nothing_found(repo: Repo, name: str, out: str) -> None:
    """Without a finding there is no annotation."""
    repo.write("Dockerfile", CLEAN)
    assert lint(repo, f"--format={name}").out == out


def test_an_odd_name(repo: Repo) -> None:
    """A name that is no UTF-8 goes through every format."""
    name = b"a\xff %\n.Dockerfile"
    try:
        repo.write(os.fsdecode(name), "")
    except OSError:
        pytest.skip("this file system takes no such name")
    ran = lint(repo, "--format=sarif", name, status=1)
    assert '"uri": "a%FF%20%25%0A.Dockerfile"' in ran.out
    ran = lint(repo, "--format=json", name, status=1)
    assert json.loads(ran.out)["findings"][0]["path"] == "a\ufffd %\n.Dockerfile"
    ran = lint(repo, "--format=github", name, status=1)
    assert ran.out.startswith("::error file=a\ufffd %25%0A.Dockerfile,line=1,")
    assert len(ran.out.splitlines()) == 1


def test_standard_input(repo: Repo) -> None:
    """It is the repository's Dockerfile to a reader that wants a file."""
    ran = lint(repo, "--format=sarif", "-", stdin=WARNED, status=1)
    assert '"uri": "Dockerfile"' in ran.out
    ran = lint(repo, "--format=json", "-", stdin=WARNED, status=1)
    assert json.loads(ran.out)["findings"][0]["path"] == "-"


def test_a_directory_below(repo: Repo) -> None:
    """Places are relative to where we are, however the path was given."""
    path = repo.write("docker/app/Dockerfile", "FROM a:1\nCMD a\nCMD b\n")
    for given in ["docker", str(path), "./docker//app/Dockerfile"]:
        ran = lint(repo, "--format=sarif", given, status=1)
        assert '"uri": "docker/app/Dockerfile"' in ran.out


def test_a_terminal_that_speaks_ascii(repo: Repo) -> None:
    """A document is the same on every terminal."""
    repo.write("Dockerfile", "FROM a:1\nCMD é\nCMD b\nRÜN x\n")
    ascii_only = repo.having(PYTHONIOENCODING="ascii")
    for name in ["json", "sarif"]:
        ran = lint(ascii_only, f"--format={name}", status=1)
        assert ran.out == lint(repo, f"--format={name}", status=1).out
        json.loads(ran.out)


def test_the_schema(repo: Repo) -> None:
    """It comes with the program, and needs no Dockerfile."""
    assert json.loads(lint(repo, "--schema").out)["title"] == "imagebump lint --format json"


def test_an_unknown_format(repo: Repo) -> None:
    """A typo is one line."""
    ran = lint(repo, "--format=xml", status=2)
    assert ran.err.startswith("imagebump lint: argument --format: invalid choice: 'xml' ")


def test_what_text_loads(repo: Repo) -> None:
    """Without a configuration: no git, no TOML, no other format."""
    repo.write("Dockerfile", WARNED)
    code = (
        "import sys; from imagebump import cli; cli.main(['lint', 'Dockerfile'])\n"
        "print(*{'subprocess', 'tomllib', 'urllib.request'} & set(sys.modules))\n"
        "print(*(n for n in sorted(sys.modules) if n.startswith('imagebump.formats.')))"
    )
    out = repo.run(sys.executable, "-P", "-c", code).out.splitlines()
    assert out[-2:] == ["", "imagebump.formats.report imagebump.formats.text"]
