"""Trees, blobs, the index and the state of a repository, read by plain plumbing.

Content comes from objects and the index, never from the working tree. Paths inside a
repository are bytes decoded with surrogateescape, relative to its top, with slashes.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from imagebump import process
from imagebump.errors import UserError

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
INDEX = ""
"""The revision that stands for the index, as in `git show :path`."""


class Entry(NamedTuple):
    """One path of an index or a tree: mode as git writes it (100644, 100755, 120000, 160000)."""

    mode: str
    oid: str
    path: str


@dataclass(frozen=True)
class Repository:
    """A working tree and its Git directories, with the environment that git is run in."""

    top: Path
    git_dir: Path
    common_dir: Path
    env: Mapping[str, str]

    @property
    def state(self) -> Path:
        """Where everything of ours about this repository is kept, shared by its worktrees."""
        return self.common_dir / "imagebump"

    @property
    def name(self) -> str:
        """The name of the main working tree's directory, the same from every linked worktree."""
        common = self.common_dir
        return common.parent.name if common.name == ".git" else common.name.removesuffix(".git")

    @cached_property
    def blobs(self) -> "Blobs":
        """The reader of this repository's objects, started at its first use."""
        return Blobs(self)

    def run(self, *arguments: str | Path, stdin: bytes = b"", timeout: float = 60.0) -> process.Result:
        """Run git here; the status is the caller's to judge."""
        return process.run(
            ["git", *arguments], cwd=self.top, env=self.env, stdin=stdin, timeout=timeout
        )

    def ask(self, *arguments: str | Path, stdin: bytes = b"", timeout: float = 60.0) -> str:
        """What git prints, without the last newline. UserError where it fails."""
        result = self.run(*arguments, stdin=stdin, timeout=timeout)
        if result.status:
            raise UserError(f"git {arguments[0]} failed: {result.reason}")
        return os.fsdecode(result.out).removesuffix("\n")


class Blobs:
    """Reads objects through one `git cat-file --batch`."""

    def __init__(self, repository: Repository) -> None:
        self._child = process.pipe(
            ["git", "cat-file", "--batch"], cwd=repository.top, env=repository.env
        )

    def read(self, name: str) -> bytes | None:
        """The content of the blob `name` (an id, REV:PATH, or :PATH for the index); None where there is none."""
        if "\n" in name:
            raise UserError(f"cannot read {name!r}: the name holds a newline")
        stdin, stdout = self._child.stdin, self._child.stdout
        if stdin is None or stdout is None:
            raise AssertionError("pipes were asked for")
        stdin.write(os.fsencode(name) + b"\n")
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3 or header[1] not in (b"blob", b"tree", b"commit", b"tag"):
            if not header:
                raise UserError("git cat-file ended early: the repository may be damaged", "Run: git fsck")
            return None
        data = stdout.read(int(header[2]))
        stdout.read(1)
        return data if header[1] == b"blob" else None

    def close(self) -> None:
        """End the child."""
        self._child.communicate()


def discover(start: Path | None = None, env: Mapping[str, str] | None = None) -> Repository:
    """The repository around `start` (default: here, with the environment that git gave its hook).

    UserError outside a repository's working tree.
    """
    where = start or Path.cwd()
    environment = dict(os.environ if env is None else env)
    result = process.run(
        ["git", "rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"],
        cwd=where,
        env=environment,
    )
    if result.status:
        raise UserError(f"{where} is not in a Git working tree", "Run: git init")
    top, git_dir, common_dir = (Path(p) for p in os.fsdecode(result.out).splitlines())
    index = environment.get("GIT_INDEX_FILE")
    if index:  # given relative to the top, where git starts its hooks
        environment["GIT_INDEX_FILE"] = str(top / index)
    return Repository(top, git_dir, (where / common_dir).resolve(), environment)


def in_commit(repository: Repository) -> bool:
    """Is a `git commit` (or merge) running us, with the index that it commits?"""
    return bool(repository.env.get("GIT_INDEX_FILE"))


def in_rebase(repository: Repository) -> bool:
    """Is a rebase in progress?"""
    return any((repository.git_dir / name).exists() for name in ("rebase-merge", "rebase-apply"))


def branch(repository: Repository) -> str:
    """The branch that HEAD is on, or "" where it is detached."""
    head = (repository.git_dir / "HEAD").read_text(encoding="utf-8", errors="surrogateescape").strip()
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""


def default_branch(repository: Repository) -> str:
    """The branch of origin/HEAD, or ""."""
    path = repository.common_dir / "refs" / "remotes" / "origin" / "HEAD"
    try:
        return path.read_text(encoding="utf-8").strip().removeprefix("ref: refs/remotes/origin/")
    except OSError:
        return ""


def resolve(repository: Repository, rev: str) -> str:
    """The full hash of the commit `rev`. UserError where there is none."""
    result = repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    if result.status:
        raise UserError(f"{rev!r} is not a commit of {repository.top}", "Run: git log --oneline")
    return result.out.decode().strip()


def head(repository: Repository) -> str:
    """The full hash of HEAD, or "" before the first commit."""
    result = repository.run("rev-parse", "--verify", "--quiet", "HEAD")
    return "" if result.status else result.out.decode().strip()


def entries(repository: Repository, rev: str, paths: Iterable[str] = ()) -> list[Entry]:
    """The entries of the index (INDEX) or of a commit, sorted as git sorts them.

    With `paths`, only what these literal paths name: in an index, also what lies below them;
    in a commit, the entries themselves, directories (mode 040000) not opened.
    """
    wanted = list(paths)
    if rev == INDEX:
        arguments = ["ls-files", "--stage", "-z", "--full-name"]
    else:
        arguments = ["ls-tree", "-z", "--full-tree", *([] if wanted else ["-r"]), rev]
    raw = repository.ask("--literal-pathspecs", *arguments, *(["--", *wanted] if wanted else []), timeout=600)
    return [_entry(record) for record in raw.split("\0") if record]


def _entry(record: str) -> Entry:
    """`MODE TYPE OID\\tPATH` of ls-tree, `MODE OID STAGE\\tPATH` of ls-files."""
    facts, path = record.split("\t", 1)
    mode, second, third = facts.split(" ")
    return Entry(mode, third if second in ("blob", "tree", "commit") else second, path)


def staged_changes(repository: Repository, base: str) -> list[tuple[str, str]]:
    """(new mode, path) of each path in which the index differs from the commit `base` ("": nothing)."""
    raw = repository.ask("diff-index", "--cached", "--raw", "-z", "--no-renames", base or EMPTY_TREE, "--")
    fields = raw.split("\0")
    return [(facts.split(" ")[1], path) for facts, path in zip(fields[::2], fields[1::2], strict=False) if facts]


def has_unstaged_edit(repository: Repository, path: str) -> bool:
    """Does the working file `path` differ from the index?"""
    return bool(repository.run("--literal-pathspecs", "diff-files", "--quiet", "--", path).status)


def is_ignored(repository: Repository, path: str) -> bool:
    """Would git refuse to add `path` for an ignore rule?"""
    return repository.run("check-ignore", "--quiet", "--", path).status == 0


def commits_of_path(repository: Repository, rev: str, path: str, limit: int) -> list[str]:
    """The last `limit` commits on the first-parent line of `rev` that changed `path`, newest first."""
    text = repository.ask(
        "--literal-pathspecs", "log", "--first-parent", "--diff-merges=first-parent",
        f"-{limit}", "--format=%H", rev, "--", path,
    )  # fmt: skip
    return text.split()


def stage(repository: Repository, path: str) -> None:
    """Add the working file `path` to the index that the running commit uses.

    In `git commit PATH` that is a temporary one: the real index, held as index.lock, gets it
    too, so that the next commit starts clean.
    """
    repository.ask("update-index", "--add", "--", path)
    index = repository.env.get("GIT_INDEX_FILE", "")
    real = repository.git_dir / "index.lock"
    if Path(index).name.startswith("next-index-") and real.exists():
        other = Repository(
            repository.top,
            repository.git_dir,
            repository.common_dir,
            {**repository.env, "GIT_INDEX_FILE": str(real)},
        )
        other.ask("update-index", "--add", "--", path)


def config_get(repository: Repository, key: str) -> str:
    """The value of a git configuration key, or ""."""
    return repository.run("config", "--get", key).out.decode(errors="surrogateescape").strip()


def config_set(repository: Repository, key: str, value: str) -> None:
    """Set a key in this clone's own configuration."""
    repository.ask("config", "--local", key, value)
