"""`imagebump lint` by hand, on files as they are on disk."""

import os
import sys
from pathlib import Path

import pytest

from harness import Ran, Repo
from imagebump.rules.table import RULES

WARNED = "FROM a:1\nRUN wget https://h/x.tgz\n\tRUN rm  x.tgz\n"
REMARKED = "FROM a:1\nRUN x\nRUN y\n"
CLEAN = "FROM a:1\nRUN x\n"
CONFIG = 'registry = "r.example.com"\n[build]\ndockerfile = "docker/app.dockerfile"\n'


def lint(repo: Repo, *arguments: str, status: int = 0, stdin: str = "") -> Ran:
    """Run the command; no failure may ever show a traceback."""
    ran = repo.run("imagebump", "lint", *arguments, status=status, stdin=stdin)
    assert "Traceback" not in ran.err
    return ran


def test_a_finding_and_its_line(repo: Repo) -> None:
    """The place, the code, the severity, the message, the line, a caret, and a summary."""
    repo.write("Dockerfile", WARNED)
    assert lint(repo, status=1).out == (
        "Dockerfile:3:2: IB001 warning: "
        "this RUN deletes x.tgz, which line 2 wrote; join lines 2 and 3 with && [*]\n"
        "  3 |  RUN rm  x.tgz\n"
        "    |  ^^^\n"
        "1 finding (1 warning) in 1 file\n"
        "[*] 1 of 1 can be fixed with --fix\n"
    )


def test_a_clean_file(repo: Repo) -> None:
    """Nothing to say is said."""
    repo.write("Dockerfile", CLEAN)
    assert lint(repo) == (0, "no findings in 1 file\n", "")


STATUSES = [
    (WARNED, [], 1),
    (WARNED, ["--fail-on", "error"], 0),
    (WARNED, ["--ignore", "IB001"], 0),
    (WARNED, ["--select", "IB006"], 0),
    (WARNED, ["--select=IB006,consecutive-run"], 1),
    (REMARKED, [], 0),
    (REMARKED, ["--fail-on=info"], 1),
    ("", ["--fail-on=error"], 1),
    (WARNED, ["--select", "IB1"], 2),
    (WARNED, ["--fail-on", "note"], 2),
]


@pytest.mark.parametrize(("text", "arguments", "status"), STATUSES)
def test_exit_statuses(repo: Repo, text: str, arguments: list[str], status: int) -> None:
    """0 below fail-on, 1 from it on, 2 for what cannot be asked."""
    repo.write("Dockerfile", text)
    lint(repo, *arguments, status=status)


def test_a_remark_is_shown_and_does_not_fail(repo: Repo) -> None:
    """By hand one sees everything."""
    repo.write("Dockerfile", REMARKED)
    assert "Dockerfile:3:1: IB001 info: " in lint(repo).out


def test_many_files(repo: Repo) -> None:
    """They are linted side by side, and told in order."""
    names = [f"{number:02}/Dockerfile" for number in range(60)]
    for name in names:
        repo.write(name, WARNED)
    ran = lint(repo, *names, "none", "--format", "github", status=2)
    one = lint(repo, names[0], "--format", "github", status=1)
    assert ran.out.splitlines() == [
        line.replace(names[0], name) for name in names for line in one.out.splitlines()
    ]
    assert ran.err == lint(repo, "none", status=2).err


def test_a_directory(repo: Repo) -> None:
    """Every Dockerfile below it is linted, and nothing else."""
    names = ["Containerfile", "Dockerfile", "Dockerfile.dev", "a.Dockerfile", "b/c.dockerfile"]
    others = ["Dockerfile.dockerignore", "node_modules/x/Dockerfile", "README.md", "dockerfile.py"]
    for name in names + others:
        repo.write(name, "")
    out = lint(repo, ".", status=1).out
    assert [line.split(":")[0] for line in out.splitlines() if "IB000" in line] == names
    assert out.endswith("5 findings (5 errors) in 5 files\n")


def test_standard_input(repo: Repo) -> None:
    """`-` is linted as a file without a name."""
    assert lint(repo, "-", stdin=WARNED, status=1).out.startswith("-:3:2: IB001 warning: ")


def test_no_standard_input(repo: Repo) -> None:
    """A closed one is one line."""
    ran = repo.run("sh", "-c", "imagebump lint - <&-", status=2)
    assert ran.err.startswith("imagebump: cannot lint -: standard input is closed. Run: ")


def test_the_configuration(repo: Repo) -> None:
    """Its Dockerfile is the default, from below the top too, and its rules hold."""
    repo.write("docker/app.dockerfile", WARNED)
    repo.write(".imagebump.toml", CONFIG)
    assert lint(repo, status=1).out.startswith("docker/app.dockerfile:3:2: ")
    inside = Repo(repo.path / "docker", repo.env)
    assert lint(inside, status=1).out.startswith("app.dockerfile:3:2: ")
    repo.write(".imagebump.toml", CONFIG + '[lint]\nignore = ["IB001"]\n')
    assert lint(repo).out == "no findings in 1 file\n"


def test_the_target_is_the_configured_files(repo: Repo) -> None:
    """Another file with a stage of that name ships what it ends in."""
    text = WARNED.replace("FROM a:1", "FROM a:1 AS one") + "FROM scratch\n"
    repo.write("docker/app.dockerfile", text)
    repo.write("Dockerfile", text)
    repo.write(".imagebump.toml", CONFIG + 'target = "one"\n')
    lint(repo, status=1)
    lint(repo, "Dockerfile")


def test_outside_a_repository(tmp_path: Path, isolated_environment: dict[str, str]) -> None:
    """No repository and no configuration are needed."""
    (tmp_path / "Dockerfile").write_text(CLEAN)
    lint(Repo(tmp_path, isolated_environment))


def test_unusable_paths(repo: Repo) -> None:
    """Each is one line that says what, where, why and what to type; the rest is linted."""
    repo.write("Dockerfile", CLEAN)
    (repo.path / "loop").symlink_to("loop")
    (repo.path / "empty").mkdir()
    os.mkfifo(repo.path / "pipe")
    paths = ["none", "loop", "pipe", "empty", "Dockerfile/x", "Dockerfile"]
    ran = lint(repo, *paths, status=2)
    assert ran.err.splitlines() == [
        "imagebump: cannot lint none: no such file. Run: imagebump lint FILE",
        "imagebump: cannot lint loop: too many levels of symbolic links. Run: ls -l loop",
        "imagebump: cannot lint pipe: not a file. Run: imagebump lint FILE",
        "imagebump: cannot lint empty: no Dockerfile is in it. Run: imagebump lint FILE",
        "imagebump: cannot lint Dockerfile/x: not a directory. Run: ls -l Dockerfile/x",
    ]
    assert ran.out == "no findings in 1 file\n"


def test_hostile_text_is_shown_harmless(repo: Repo) -> None:
    """Escape sequences in a file do not reach the terminal."""
    repo.write("Dockerfile", b"FROM a:1\nCMD \x1b]0;x\x07\nCMD \xc3\xa9\xe2\x80\xae\n")
    assert "\x1b" not in lint(repo, status=1).out


@pytest.mark.parametrize("code", ["IB001", "ib006", "overridden-instruction", "IB000"])
def test_explain(repo: Repo, code: str) -> None:
    """A rule's own documentation, by code or by name."""
    assert lint(repo, "--explain", code).out.startswith("IB00")


def test_explain_what_does_not_exist(repo: Repo) -> None:
    """The nearest rule is named."""
    ran = lint(repo, "--explain", "IB06", status=2)
    assert ran.err == (
        "imagebump: there is no lint rule 'IB06'. Use IB006. All are in: imagebump lint --explain\n"
    )


def test_explain_names_all_codes(repo: Repo) -> None:
    """Where none is near, those that there are, also that of a file that is no Dockerfile."""
    ran = lint(repo, "--explain", "WRONG", status=2)
    codes = ", ".join(("IB000", *RULES))
    assert ran.err.startswith(f"imagebump: there is no lint rule 'WRONG'. There are {codes}. ")


def test_explain_everything(repo: Repo) -> None:
    """Without a code it is a line for each rule, in order, whatever the directory holds."""
    lines = lint(repo, "--explain").out.splitlines()
    assert [line.split()[0] for line in lines] == ["IB000", *RULES]
    assert (
        lines[1] == f"IB001  consecutive-run{' ' * 13}a RUN that could be part of the one before it"
    )
    assert lint(repo, "--explain", "all").out.splitlines() == lines


def test_a_plain_file_loads_no_shell(repo: Repo) -> None:
    """Reading shell takes time to load: not for a file where no RUN follows another one."""
    repo.write("Dockerfile", CLEAN)
    code = (
        "import sys; from imagebump import cli; cli.main(['lint']);"
        "print(*(name for name in sys.modules if name.startswith('imagebump.dockerfile.shell')))"
    )
    assert repo.run(sys.executable, "-P", "-c", code).out == "no findings in 1 file\n\n"
