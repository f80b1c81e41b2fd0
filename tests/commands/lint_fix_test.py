"""`imagebump lint --fix` and `--diff`: files change whole, and only as they were read."""

from pathlib import Path

import pytest

from harness import Ran, Repo
from imagebump.commands import lint_fix
from imagebump.errors import UserError

BEFORE = "FROM a:1\nRUN wget https://h/x.tgz\n# why\nRUN rm x.tgz\n"
AFTER = "FROM a:1\nRUN wget https://h/x.tgz \\\n# why\n    && rm x.tgz\n"
PLAIN = "FROM a:1\nRUN x\nRUN y\n"
DIFF = """\
--- a/Dockerfile
+++ b/Dockerfile
@@ -1,4 +1,4 @@
 FROM a:1
-RUN wget https://h/x.tgz
+RUN wget https://h/x.tgz \\
 # why
-RUN rm x.tgz
+    && rm x.tgz
"""


def lint(repo: Repo, *arguments: str, status: int = 0, stdin: str = "") -> Ran:
    """Run the command."""
    return repo.run("imagebump", "lint", *arguments, status=status, stdin=stdin)


def test_fix(repo: Repo) -> None:
    """What was a warning is gone; the change is told by exit status 1, and a second run is clean."""
    file = repo.write("Dockerfile", BEFORE)
    file.chmod(0o640)
    assert lint(repo, "--fix", status=1) == (
        1,
        "no findings left in 1 file\n",
        "imagebump: fixed Dockerfile\n",
    )
    assert file.read_text() == AFTER
    assert file.stat().st_mode & 0o777 == 0o640
    assert lint(repo, "--fix") == (0, "no findings in 1 file\n", "")


def test_diff(repo: Repo) -> None:
    """The change is shown, can be applied by git, and nothing is written."""
    file = repo.write("Dockerfile", BEFORE)
    assert lint(repo, "--diff", status=1) == (1, DIFF, "")
    assert file.read_text() == BEFORE
    repo.run("git", "apply", "-", stdin=DIFF)
    assert lint(repo, "--diff") == (0, "", "")


@pytest.mark.parametrize(
    "name", ["./x/Dockerfile", "Dockerfile.a b", 'Dockerfile."\\', "Dockerfile.\n"]
)
def test_diff_of_an_odd_name(repo: Repo, name: str) -> None:
    """git finds the file, and so does patch, by the tab behind a blank."""
    file = repo.write(name, BEFORE)
    shown = lint(repo, "--diff", name, status=1).out
    repo.run("git", "apply", "-", stdin=shown)
    assert file.read_text() == AFTER
    assert (" b\t\n" in shown) == (" " in name)


def test_diff_without_a_last_newline(repo: Repo) -> None:
    """As git says it."""
    file = repo.write("Dockerfile", BEFORE.rstrip("\n"))
    shown = lint(repo, "--diff", status=1).out
    assert shown.count("\\ No newline at end of file\n") == 2
    repo.run("git", "apply", "-", stdin=shown)
    assert file.read_text() == AFTER.rstrip("\n")


def test_standard_input(repo: Repo) -> None:
    """`--fix -` is a filter: the text comes out whether it changed or not."""
    assert lint(repo, "--fix", "-", stdin=BEFORE, status=1).out == AFTER
    assert lint(repo, "--fix", "-", stdin=PLAIN).out == PLAIN
    assert lint(repo, "--diff", "-", stdin=BEFORE, status=1).out == DIFF.replace("Dockerfile", "-")


def test_bytes_outside_of_an_edit(repo: Repo) -> None:
    """CRLF, blanks at the ends of lines and a missing last newline stay."""
    before = b"\xef\xbb\xbf# syntax=docker/dockerfile:1  \r\nFROM a:1 \t\r\nRUN wget https://h/x  \r\nRUN rm x\r\nCMD a \\  \r\n b"
    file = repo.write("Dockerfile", before)
    lint(repo, "--fix", status=1)
    assert file.read_bytes() == before.replace(b"x  \r\nRUN rm", b"x \\\r\n    && rm")


def test_merge(repo: Repo) -> None:
    """The flag goes over the configuration, which goes over the default."""
    file = repo.write("Dockerfile", PLAIN)
    lint(repo, "--fix")
    assert file.read_text() == PLAIN
    repo.write(".imagebump.toml", 'registry = "r.io"\n[lint]\nmerge = "all"\n')
    lint(repo, "--fix", "--merge", "off")
    assert file.read_text() == PLAIN
    lint(repo, "--fix", status=1)
    assert file.read_text() == "FROM a:1\nRUN x \\\n    && y\n"


def test_what_is_not_selected_is_not_fixed(repo: Repo) -> None:
    """Nor what is ignored."""
    file = repo.write("Dockerfile", BEFORE)
    lint(repo, "--fix", "--select", "IB006")
    lint(repo, "--fix", "--ignore", "IB001")
    assert file.read_text() == BEFORE


def test_a_directory(repo: Repo) -> None:
    """Each Dockerfile in it."""
    files = [repo.write(name, BEFORE) for name in ("Dockerfile", "a/Dockerfile.b")]
    assert lint(repo, "--fix", ".", status=1).err.count("imagebump: fixed ") == 2
    assert [file.read_text() for file in files] == [AFTER, AFTER]


def test_steps_that_another_file_shares(repo: Repo) -> None:
    """They stay apart, by hand and in the hook, whatever the order; files that are equal are both fixed."""
    file = repo.write("Dockerfile", BEFORE)
    other = repo.write("b/Dockerfile", BEFORE.replace("RUN rm x.tgz", "RUN tar xf x.tgz"))
    assert "the steps that b/Dockerfile shares" in lint(repo, "--fix").out
    assert file.read_text() == BEFORE
    other.write_text(BEFORE)
    lint(repo, "--fix", ".", status=1)
    assert file.read_text() == other.read_text() == AFTER


def test_a_link_stays_a_link(repo: Repo) -> None:
    """The file that it leads to is written."""
    file = repo.write("docker/app", BEFORE)
    (repo.path / "Dockerfile").symlink_to("docker/app")
    lint(repo, "--fix", status=1)
    assert (repo.path / "Dockerfile").is_symlink()
    assert file.read_text() == AFTER


def test_what_cannot_be_read_stays(repo: Repo) -> None:
    """A finding, status 1, and the same bytes."""
    texts = [
        b"FROM a:1\nRUNN x\nRUN y\n",
        b"\xff\xfe",
        b"",
        b"FROM a:1\nRUN <<E\n",
        b"RUN x\nRUN y\n",
    ]
    texts += [bytes(range(256)) * 20, b"FROM a:1\nRUN echo " + b"a" * 10_000_000 + b"\n"]
    for text in texts:
        file = repo.write("Dockerfile", text)
        assert "IB000 error" in lint(repo, "--fix", status=1).out
        assert file.read_bytes() == text


def test_both_are_not_asked_for(repo: Repo) -> None:
    """--fix and --diff exclude each other."""
    lint(repo, "--fix", "--diff", status=2)


def test_a_file_that_changed_meanwhile(tmp_path: Path) -> None:
    """It is never written over."""
    file = tmp_path / "Dockerfile"
    file.write_bytes(b"edited")
    with pytest.raises(UserError, match="cannot fix Dockerfile: it holds something else"):
        lint_fix.write(file, b"read", b"mended", "Dockerfile")
    assert file.read_bytes() == b"edited"
    file.unlink()
    with pytest.raises(UserError, match="cannot fix Dockerfile: no such file"):
        lint_fix.write(file, b"read", b"mended", "Dockerfile")
    assert not list(tmp_path.iterdir())
