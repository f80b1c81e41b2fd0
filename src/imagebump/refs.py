"""Branches, what they follow and what they come from, by plain plumbing and Git's own files."""

import os
import re
from collections.abc import Collection, Iterator, Sequence

from imagebump import git, gitconfig
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import in_ci
from imagebump.spelling import nearest


def parents(repository: Repository, commit: str) -> list[str]:
    """The parents of a commit, the first one first."""
    return repository.ask("rev-parse", f"{commit}^@").split()


def merge_heads(repository: Repository) -> list[str]:
    """The commits that a merge in progress brings in; none where there is no merge."""
    try:
        return (repository.git_dir / "MERGE_HEAD").read_text(encoding="utf-8").split()
    except OSError:
        return []


def has_just_merged(repository: Repository) -> bool:
    """Has `git merge` (or pull) made the commit HEAD a moment ago, and runs us after it?

    Git takes MERGE_HEAD away only then; after a fast-forward it was never there.
    """
    heads = [] if git.in_commit(repository) else merge_heads(repository)
    return bool(heads) and parents(repository, repository.head)[1:] == heads


def branch(repository: Repository) -> str:
    """The branch that HEAD is on, or "" where it is detached."""
    head = _head(repository)
    if head == _ELSEWHERE:
        head = f"ref: {_led_to(repository, 'HEAD')}"
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""


_ELSEWHERE = "ref: refs/heads/.invalid"
"""What stands in .git/HEAD where the references are in no files (reftable): Git has to be asked."""


def _head(repository: Repository) -> str:
    """What .git/HEAD holds: starting git for it would cost each commit some milliseconds."""
    path = repository.git_dir / "HEAD"
    return path.read_text(encoding="utf-8", errors="surrogateescape").strip()


def _led_to(repository: Repository, name: str) -> str:
    """The reference that a symbolic one leads to, "" where it is none."""
    return os.fsdecode(repository.run("symbolic-ref", "--quiet", name).out).strip()


def branches(repository: Repository) -> list[str]:
    """The local branches."""
    names = repository.ask("for-each-ref", "--format=%(refname)", "refs/heads/").splitlines()
    return [name.removeprefix("refs/heads/") for name in names]


def is_branch(repository: Repository, name: str) -> bool:
    """Is there a local branch `name`?"""
    ref = f"refs/heads/{name}"
    return not repository.run("show-ref", "--verify", "--quiet", ref).status


def check_branch(repository: Repository, name: str) -> str:
    """`name`. UserError where no branch is called that, here or at origin, or in CI where none can be."""
    if repository.run("check-ref-format", "--branch", name).status:
        raise UserError(f"{name!r} is not a branch's name", "Run: git branch")
    known = {*branches(repository), *_of_origin(repository)}
    # In CI only a commit may be checked out, and no branch be there.
    if name not in known and name != branch(repository) and not in_ci():
        near = nearest(name, known) if known else ""
        raise UserError(
            f"there is no branch {name}, here or at origin{near and f'; the nearest is {near}'}",
            "Run: git branch --all",
        )
    return name


def _of_origin(repository: Repository) -> list[str]:
    place = "refs/remotes/origin/"
    names = repository.ask("for-each-ref", "--format=%(refname)", place).splitlines()
    return [name.removeprefix(place) for name in names]


def is_made_here(repository: Repository, commit: str, branch: str) -> bool:
    """Was `commit` made in this clone, on `branch` or HEAD? What was pulled, or fast-forwarded to, was not.

    The reflogs say so, which nobody else writes.
    """
    logs = ["HEAD", *([f"refs/heads/{branch}"] if branch else [])]
    entries = (entry for name in logs for entry in _reflog(repository, name))
    return any(oid == commit and _MAKES.match(why) for oid, why in entries)


def made_here(repository: Repository, branch: str, known: Collection[str]) -> list[str]:
    """The commits that were made in this clone on `branch`, or picked anew there, the newest first.

    Those that are `known` count wherever they were made, as what came by a fast-forward.
    """
    entries = _reflog(repository, f"refs/heads/{branch}")
    made = (
        oid for oid, why in entries if oid in known or _MAKES.match(why) or why.startswith("rebase")
    )
    return list(dict.fromkeys(made))


def _reflog(repository: Repository, name: str) -> Iterator[tuple[str, str]]:
    """Where a reference was, the newest first, and what moved it there; nothing where that was not noted."""
    shown = repository.run("log", "-g", "--format=%H %gs", name, "--").out
    for line in shown.decode(errors="replace").splitlines():
        oid, _, why = line.partition(" ")
        yield oid, why


def had_a_hook(repository: Repository) -> bool:
    """Was HEAD made by what runs a hook that can give a version: a commit, or a merge that made one?

    Its reflog tells; where that does not, it was.
    """
    why = _last_move(repository)
    return not why or why.startswith("commit") or ": Merge made" in why


def _last_move(repository: Repository) -> str:
    """What moved HEAD last, as in `cherry-pick: Subject`; "" where no file notes that."""
    try:
        with (repository.git_dir / "logs" / "HEAD").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LONGEST_ENTRY))
            return log.read().rstrip(b"\n").rpartition(b"\t")[2].decode(errors="replace")
    except OSError:
        return ""


_LONGEST_ENTRY = 1 << 16
"""Bytes of the reflog that are read for one entry."""


_MAKES = re.compile(r"commit\b|cherry-pick\b|revert\b|(merge|pull)\b.*: Merge made")


def is_upstream(repository: Repository) -> bool:
    """Does the remote's branch that this one follows hold HEAD already?"""
    upstream = repository.run("rev-parse", "--symbolic-full-name", "@{upstream}").out
    if not upstream.startswith(b"refs/remotes/"):
        return False
    return not repository.run("merge-base", "--is-ancestor", "HEAD", "@{upstream}").status


def default_branch(repository: Repository) -> str:
    """The branch of origin/HEAD, or ""."""
    name = "refs/remotes/origin/HEAD"
    try:
        text = (repository.common_dir / name).read_text(encoding="utf-8").strip()
    except OSError:
        text = _led_to(repository, name) if _head(repository) == _ELSEWHERE else ""
    return text.removeprefix("ref: ").removeprefix("refs/remotes/origin/")


def tagged(repository: Repository, name: str) -> str:
    """The commit that the tag `name` is on, or ""."""
    asked = ("rev-parse", "--verify", "--quiet", f"refs/tags/{name}^{{commit}}")
    return repository.run(*asked).out.decode().strip()


def tag(repository: Repository, name: str, commit: str, message: str) -> None:
    """Put the annotated tag `name` on a commit. UserError where there is a tag of that name already.

    Tagger and time are the commit's own, so that it is the same tag in whichever clone it is made.
    """
    lines = git.header(repository, commit)
    who = next(line for line in lines if line.startswith(b"committer "))
    text = f"object {commit}\ntype commit\ntag {name}\ntagger ".encode()
    text += who.removeprefix(b"committer ") + f"\n\n{message}\n".encode()
    made = repository.ask("mktag", stdin=text)
    repository.ask("update-ref", f"refs/tags/{name}", made, "0" * len(made))


def remote(repository: Repository, branch: str) -> str:
    """The remote that `branch` is pushed to: its own, else origin. UserError where there is none."""
    known = repository.ask("remote").splitlines()
    for key in ("pushRemote", "remote") if branch else ():
        if (found := gitconfig.get(repository, f"branch.{branch}.{key}")) in known:
            return found
    if "origin" not in known:
        raise UserError("this repository has no remote origin", "Run: git remote add origin URL")
    return "origin"


def claim(repository: Repository, remote: str, ref: str, commit: str) -> str:
    """Create `ref` on a remote, on `commit`; gives the commit that it is on, which never changes.

    UserError where the remote cannot be asked, or lets nobody create it.
    """
    alone = ("--no-verify", "--no-follow-tags", "--recurse-submodules=no")  # whatever push.* says
    lease = f"--force-with-lease={ref}:"  # only where there is none
    pushed = repository.run(
        "push", "--quiet", *alone, lease, remote, f"{commit}:{ref}", timeout=120
    )
    if not pushed.status:
        return commit
    standing = repository.ask("ls-remote", remote, ref, timeout=120).partition("\t")[0]
    if not standing:
        raise UserError(f"cannot create {ref} on {remote}: {pushed.reason}")
    return standing


def merge_base(repository: Repository, one: str, other: str) -> str:
    """The commit where two lines parted. UserError where they have none in common."""
    result = repository.run("merge-base", one, other)
    if result.status:
        raise UserError(
            f"{one[:7]} and {other[:7]} have no commit in common",
            "In a shallow clone, run: git fetch --unshallow",
        )
    return result.out.decode().strip()


def independent(repository: Repository, commits: Sequence[str]) -> list[str]:
    """Those of some commits that no other one of them holds, and those that are gone."""
    here = [one for one in commits if git.exists(repository, one)]
    found = repository.ask("merge-base", "--independent", *here).split() if here else []
    return [*found, *(one for one in commits if one not in here)]


def is_reachable(repository: Repository, commit: str) -> bool:
    """Does a ref or a worktree's HEAD hold `commit`? One that was amended or rebased away is held by none."""
    if not git.exists(repository, commit):
        return False  # collected
    if repository.blobs.id("HEAD") == commit:  # as it nearly always is
        return True
    if repository.ask("for-each-ref", "--count=1", f"--contains={commit}"):
        return True
    trees = repository.ask("worktree", "list", "--porcelain").splitlines()
    heads = [line.removeprefix("HEAD ") for line in trees if line.startswith("HEAD ")]
    return any(
        not repository.run("merge-base", "--is-ancestor", commit, head).status
        for head in heads
        if set(head) != {"0"}
    )


def is_pushed(repository: Repository, commit: str, branch: str) -> bool:
    """Does a remote's `branch`, or the one that the local branch is pushed to, hold `commit`, as far as we know?"""
    if not git.exists(repository, commit):
        return False
    listed = ("for-each-ref", "--contains", commit, "--format=%(refname)", "refs/remotes/")
    to = repository.ask("for-each-ref", "--format=%(push)", f"refs/heads/{branch}")
    remotes = repository.ask("remote").splitlines()
    wanted = {f"refs/remotes/{remote}/{branch}" for remote in remotes}
    return not (wanted | {*to.splitlines()}).isdisjoint(repository.ask(*listed).splitlines())


def origin(repository: Repository) -> str:
    """The address of the remote origin, or ""."""
    return gitconfig.get(repository, "remote.origin.url")


def branches_with(repository: Repository, commit: str) -> list[str]:
    """The branches whose line holds `commit`: the local ones, then those that only origin has."""
    places = ("refs/heads/", "refs/remotes/origin/")
    held = repository.ask("for-each-ref", "--contains", commit, "--format=%(refname)", *places)
    names = [ref.removeprefix(places[0]).removeprefix(places[1]) for ref in held.splitlines()]
    return [name for name in dict.fromkeys(names) if name != "HEAD"]
