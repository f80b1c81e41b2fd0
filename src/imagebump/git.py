"""Trees, blobs, the index and the state of a repository, read by plain plumbing.

Content comes from objects and the index, never from the working tree. Paths inside a
repository are bytes decoded with surrogateescape, relative to its top, with slashes.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from imagebump import files, process
from imagebump.blobs import Blobs
from imagebump.differences import Change, Staged, combined, parse
from imagebump.errors import UnavailableError, UserError

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
STATE = files.OURS
"""The directory of ours in a Git directory."""
INDEX = ""
"""The revision that stands for the index, as in `git show :path`."""


class Entry(NamedTuple):
    """One path of an index or a tree: mode as git writes it (100644, 100755, 120000, 160000)."""

    mode: str
    oid: str
    path: str


class Repository:
    """A working tree and its Git directories, with the environment that git is run in.

    `head` is the full hash of HEAD when it was looked at, "" before the first commit; `stores` are
    the Git directories that its objects lie in. A plain class: importing dataclasses would cost each
    hook 14 ms.
    """

    def __init__(
        self, top: Path, git_dir: Path, common_dir: Path, env: Mapping[str, str], head: str
    ) -> None:
        self.top = top
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.env = env
        self.head = head
        self.stores: tuple[Path, ...] = (common_dir,)
        self.with_stores: dict[tuple[Path, ...], Repository] = {}
        self.stager: process.Child | None = None

    @property
    def place(self) -> Path:
        """Where git is run: a linked worktree may go away while its commit is published."""
        return self.top if self.top.is_dir() else self.common_dir

    @property
    def state(self) -> Path:
        """Where everything of ours about this repository is kept, shared by its worktrees."""
        return self.common_dir / STATE

    @property
    def own_state(self) -> Path:
        """Where what concerns this working tree alone is kept: each has a HEAD and commits of its own."""
        return self.git_dir / STATE

    @property
    def name(self) -> str:
        """The name of the main working tree's directory, the same from every linked worktree."""
        common = self.common_dir
        return common.parent.name if common.name == ".git" else common.name.removesuffix(".git")

    @cached_property
    def blobs(self) -> Blobs:
        """The reader of this repository's objects, started at its first use."""
        return Blobs(lambda: self.place, self.env)

    @cached_property
    def staged(self) -> Staged:
        """How the index differs from HEAD, as it is when this is first asked."""
        return Staged(self.place, self.env, self.head or EMPTY_TREE)

    def close(self) -> None:
        """End the readers."""
        for one in self.with_stores.values():
            if one is not self:
                one.close()
        if "blobs" in self.__dict__:
            self.blobs.close()
            del self.blobs

    def read(self, rev: str, path: str) -> bytes | None:
        """The content of the file `path` in a commit, or in the index (INDEX); None where it is not there.

        Once the index has been compared with HEAD, git need not read it again: it may be large.
        """
        if rev == INDEX and "staged" in self.__dict__:
            if change := self.staged.by_path.get(path):
                return self.blobs.read(change.new_oid)
            if not self.head:
                return None
            rev = self.head
        return self.blobs.read(f"{rev}:{path}")

    def run(
        self, *arguments: str | Path, stdin: bytes = b"", timeout: float = 60.0
    ) -> process.Result:
        """Run git here; the status is the caller's to judge."""
        return process.run(
            ["git", *arguments], cwd=self.place, env=self.env, stdin=stdin, timeout=timeout
        )

    def ask(self, *arguments: str | Path, stdin: bytes = b"", timeout: float = 60.0) -> str:
        """What git prints, without the last newline. UserError where it fails."""
        result = self.run(*arguments, stdin=stdin, timeout=timeout)
        if result.status:
            command = next(word for word in map(str, arguments) if not word.startswith("-"))
            raise UnavailableError(f"git {command} failed: {result.reason}")
        return os.fsdecode(result.out).removesuffix("\n")


def discover(start: Path | None = None, env: Mapping[str, str] | None = None) -> Repository:
    """The repository around `start` (default: here, with the environment that git gave its hook).

    UserError outside a repository's working tree.
    """
    where = start or Path.cwd()
    environment = dict(os.environ if env is None else env)
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"  # a replacement is this clone's alone
    # of a remote that says nothing any more: without these, git waits for ever
    environment.setdefault("GIT_HTTP_LOW_SPEED_LIMIT", "1")
    environment.setdefault("GIT_HTTP_LOW_SPEED_TIME", "300")
    questions = ["--show-toplevel", "--absolute-git-dir", "--git-common-dir", "HEAD"]
    answer = _rev_parse(where, environment, questions)
    if not answer:  # perhaps only for want of a first commit
        answer = [*_rev_parse(where, environment, questions[:-1]), ""]
    if len(answer) < len(questions):
        raise UserError(f"{where} is not in a Git working tree", "Run: git init")
    top, git_dir, common_dir = (Path(line) for line in answer[:3])
    index = environment.get("GIT_INDEX_FILE")
    if index:  # given relative to the top, where git starts its hooks
        environment["GIT_INDEX_FILE"] = str(top / index)
    return Repository(top, git_dir, (where / common_dir).resolve(), environment, answer[3])


def _rev_parse(where: Path, env: Mapping[str, str], questions: list[str]) -> list[str]:
    """The answer to each question; none where git does not know one of them."""
    result = process.run(["git", "rev-parse", *questions], cwd=where, env=env)
    if result.status:
        return []
    text = os.fsdecode(result.out).removesuffix("\n")
    answers = [text] if len(questions) == 1 else text.split("\n")
    if len(answers) == len(questions):
        return answers
    # a directory's name holds a newline
    return [line for question in questions for line in _rev_parse(where, env, [question])]


def in_commit(repository: Repository) -> bool:
    """Is a `git commit` (or merge) running us, with the index that it commits?"""
    return bool(repository.env.get("GIT_INDEX_FILE"))


def in_rebase(repository: Repository) -> bool:
    """Is a rebase in progress?"""
    return any((repository.git_dir / name).exists() for name in ("rebase-merge", "rebase-apply"))


def hooks_path(repository: Repository) -> Path:
    """Where git looks for hooks, whoever else uses that place."""
    return repository.top / repository.ask("rev-parse", "--git-path", "hooks")


def exists(repository: Repository, oid: str) -> bool:
    """Does the repository hold the object `oid` (a full hash)?"""
    return bool(repository.blobs.id(oid))


def resolve(repository: Repository, rev: str) -> str:
    """The full hash of the commit `rev`. UserError where there is none."""
    result = repository.run(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}"
    )
    if result.status and not repository.head:
        raise UserError(f"there is no commit yet in {repository.top}", "Run: git commit")
    if result.status:
        raise UserError(f"{rev!r} is not a commit of {repository.top}", "Run: git log --oneline")
    return result.out.decode().strip()


def entries(repository: Repository, rev: str, paths: Iterable[str] = ()) -> list[Entry]:
    """The entries of the index (INDEX) or of a commit, sorted as git sorts them.

    With `paths`, only what these literal paths name: in an index, also what lies below them;
    in a commit, the entries themselves, directories (mode 040000) not opened.
    """
    wanted = list(paths)
    return _listed(repository, rev, wanted, opened=not wanted)


def below(repository: Repository, rev: str, paths: Iterable[str]) -> list[Entry]:
    """What lies below these directories, in the index (INDEX) or in a commit."""
    return _listed(repository, rev, list(paths), opened=True)


def _listed(repository: Repository, rev: str, paths: list[str], *, opened: bool) -> list[Entry]:
    arguments = ["ls-files", "--stage", "-z", "--full-name"]
    if rev != INDEX:
        arguments = ["ls-tree", "-z", "--full-tree", *(["-r"] if opened else []), rev]
    raw = repository.ask(
        "--literal-pathspecs", *arguments, *(["--", *paths] if paths else []), timeout=600
    )
    return [_entry(record) for record in raw.split("\0") if record]


def _entry(record: str) -> Entry:
    """`MODE TYPE OID\\tPATH` of ls-tree, `MODE OID STAGE\\tPATH` of ls-files."""
    facts, path = record.split("\t", 1)
    mode, second, third = facts.split(" ")
    oid = third if second in ("blob", "tree", "commit") else second
    return Entry(sys.intern(mode), oid, path)  # one of five, of perhaps a hundred thousand files


def changes(repository: Repository, base: str, rev: str = INDEX) -> tuple[Change, ...]:
    """The paths in which the index or the commit `rev` differs from the commit `base` ("": from nothing)."""
    if rev != INDEX:
        return _between(repository, base, rev)
    staged = repository.staged.changes
    if base == repository.head:
        return staged
    return combined(_between(repository, base, repository.head), staged)


def _between(repository: Repository, base: str, rev: str) -> tuple[Change, ...]:
    command = ("diff-tree", "-r", "--raw", "-z", "--no-renames")
    return parse(repository.ask(*command, base or EMPTY_TREE, rev, "--"))


def has_unstaged_edit(repository: Repository, path: str) -> bool:
    """Does the working file `path` differ from the index? By content: one that was only touched does not."""
    options = ("--no-optional-locks", "--literal-pathspecs")
    compared = ("diff", "--quiet", "--no-ext-diff", "--no-textconv")
    return bool(repository.run(*options, *compared, "--", path).status)


def is_ignored(repository: Repository, path: str) -> bool:
    """Would git refuse to add `path` for an ignore rule?"""
    return repository.run("check-ignore", "--quiet", "--", path).status == 0


def commits_of_path(
    repository: Repository, rev: str, path: str, limit: int, *, all_lines: bool = False
) -> list[str]:
    """The last `limit` commits on the first-parent line of `rev` that changed `path`, newest first.

    `all_lines` is for those on every line that leads to `rev`.
    """
    which = "--full-history" if all_lines else "--first-parent"
    text = repository.ask(
        "--literal-pathspecs", "log", which, f"-{limit}", "--format=%H", rev, "--", path
    )
    return text.split()


def header(repository: Repository, commit: str) -> list[bytes]:
    """The lines of a commit's object before its message; none where there is no such commit."""
    found = repository.blobs.read(commit, b"commit") or b""
    return found.partition(b"\n\n")[0].split(b"\n")


def committed(repository: Repository, commit: str) -> int:
    """When a commit was made, by its committer's clock, in seconds since the epoch."""
    lines = header(repository, commit)
    return next((int(line.split()[-2]) for line in lines if line.startswith(b"committer ")), 0)


def parent(repository: Repository, commit: str) -> str:
    """The first parent of a commit, as its object says; "" for none."""
    lines = header(repository, commit)
    return next((line[7:].decode() for line in lines if line.startswith(b"parent ")), "")


def with_index(repository: Repository, index: Path) -> Repository:
    """The same repository with another index."""
    return Repository(
        repository.top,
        repository.git_dir,
        repository.common_dir,
        {**repository.env, "GIT_INDEX_FILE": str(index)},
        repository.head,
    )
