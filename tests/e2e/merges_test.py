"""The version of a merge, however it is made: a table, under plain hooks and under pre-commit."""

from dataclasses import replace

import pytest

from projects import Project, clean, commit
from situations import Table, app, clone, diverged, lib, on, readme

MERGES = Table()


def theirs_is_ahead(p: Project) -> None:
    """A feature whose image has 1.0.5 by a person's choice; main goes on from 1.0.0."""
    on(p, "feature")
    p.stage(VERSION="1.0.5\n")
    app(p, "theirs\n")
    on(p, "main")


@MERGES.row("1.0.1")
def a_merge_without_fast_forward(p: Project) -> None:
    """The branch has no number of its own: the merge gets the next."""
    on(p, "feature")
    app(p, "two\n")
    on(p, "main")
    said = p.run("git", "merge", "--no-edit", "--no-ff", "feature")
    assert "VERSION 1.0.0 → 1.0.1 (patch: app.txt changed)" in said.out + said.err
    assert p.git("log", "-1", "--format=%s %p").split()[:3] == ["Merge", "branch", "'feature'"]
    assert p.git("rev-parse", "HEAD^2") == p.git("rev-parse", "feature")


@MERGES.row("1.0.2")
def a_merge_of_branches_that_diverged(p: Project) -> None:
    """Main has had its number; the merge is one further."""
    diverged(p)
    p.git("merge", "--no-edit", "feature")
    assert p.read("lib.txt") + p.read("app.txt") == "two\ntwo\n"


@MERGES.row("1.0.2")
def a_pull_of_the_same_number(p: Project) -> None:
    """Two people gave 1.0.1 to different contents: the merge is neither's."""
    other = clone(p)
    lib(other, "theirs\n")
    other.git("push", "--quiet")
    app(p, "ours\n")
    assert p.read("VERSION") == other.read("VERSION") == "1.0.1\n"
    said = p.run("git", "pull", "--no-edit", "--no-rebase")
    assert "VERSION 1.0.1 → 1.0.2" in said.out + said.err
    p.git("push", "--quiet")


@MERGES.row("1.0.2")
def a_pull_of_what_we_have_no_part_in(p: Project) -> None:
    """We changed no image: the merge's image is theirs, and so is its number."""
    other = clone(p)
    lib(other, "theirs\n")
    lib(other, "again\n")
    other.git("push", "--quiet")
    readme(p, "ours\n")
    p.git("pull", "--no-edit", "--no-rebase")


@MERGES.row("1.0.0")
def a_merge_of_no_image(p: Project) -> None:
    """A branch that changed the README only."""
    on(p, "feature")
    readme(p, "two\n")
    on(p, "main")
    p.git("merge", "--no-edit", "--no-ff", "feature")


@MERGES.row("1.0.0")
def a_merge_into_a_feature_branch(p: Project) -> None:
    """Numbers are given on release branches only."""
    on(p, "other")
    lib(p, "two\n")
    on(p, "feature")
    p.git("reset", "--quiet", "--hard", "main")
    app(p, "two\n")
    p.git("merge", "--no-edit", "other")


@MERGES.row("1.0.0")
def a_fast_forward(p: Project) -> None:
    """No commit is made."""
    on(p, "feature")
    app(p, "two\n")
    on(p, "main")
    p.git("merge", "--quiet", "feature")
    assert p.git("rev-parse", "main") == p.git("rev-parse", "feature")


@MERGES.row("1.0.0")
def a_fast_forward_to_a_merge(p: Project) -> None:
    """Somebody else's merge on top of our HEAD is left as it is."""
    on(p, "feature")
    lib(p, "two\n")
    on(p, "integration")
    p.git("reset", "--quiet", "--hard", "main")
    p.git("merge", "--no-edit", "--no-ff", "feature")
    on(p, "main")
    p.git("merge", "--quiet", "integration")
    assert p.git("rev-parse", "main") == p.git("rev-parse", "integration")


@MERGES.row("1.0.1")
def a_commit_after_a_fast_forward(p: Project) -> None:
    """What came without a number has one with the next commit, whatever that changes."""
    on(p, "feature")
    app(p, "two\n")
    on(p, "main")
    p.git("merge", "--quiet", "feature")
    readme(p, "two\n")


@MERGES.row("1.0.2")
def a_merge_that_is_committed_by_hand(p: Project) -> None:
    """--no-commit, then `git commit`."""
    diverged(p)
    p.git("merge", "--no-commit", "feature")
    commit(p)
    assert len(p.git("log", "-1", "--format=%p").split()) == 2


@MERGES.row("1.0.2")
def a_squash(p: Project) -> None:
    """--squash makes no commit; the one that follows is an ordinary one."""
    diverged(p)
    p.git("merge", "--squash", "feature")
    commit(p)


@MERGES.row("1.0.6")
def a_conflict(p: Project) -> None:
    """Above both sides, however VERSION was resolved."""
    theirs_is_ahead(p)
    app(p, "ours\n")
    p.run("git", "merge", "feature", status=1)
    p.stage(VERSION="1.0.1\n", **{"app.txt": "both\n"})
    commit(p)


@MERGES.row("1.0.6")
def a_conflict_resolved_to_theirs(p: Project) -> None:
    """Their number is taken for their content."""
    theirs_is_ahead(p)
    lib(p, "ours\n")
    p.run("git", "merge", "feature", status=1)
    p.git("checkout", "--quiet", "--theirs", "VERSION")
    p.git("add", "VERSION")
    p.git("commit", "--no-edit")


@MERGES.row("1.4.0")
def a_conflict_resolved_by_hand(p: Project) -> None:
    """A number ahead of both is a person's choice."""
    theirs_is_ahead(p)
    app(p, "ours\n")
    p.run("git", "merge", "feature", status=1)
    p.stage(VERSION="1.4.0\n", **{"app.txt": "both\n"})
    commit(p)


@MERGES.row("1.0.6")
def a_merge_that_keeps_ours_only(p: Project) -> None:
    """Even so their number is taken, and the next of ours must not be it."""
    theirs_is_ahead(p)
    readme(p, "ours\n")
    p.git("merge", "--no-edit", "--strategy=ours", "feature")
    assert p.read("app.txt") == "one\n"


@MERGES.row("1.0.1")
def a_merge_of_three(p: Project) -> None:
    """An octopus has one number."""
    for branch, name in (("a", "app.txt"), ("b", "lib.txt")):
        on(p, branch)
        p.git("reset", "--quiet", "--hard", "main")
        p.stage(**{name: "two\n"})
        commit(p)
    on(p, "main")
    readme(p, "two\n")
    p.git("merge", "--no-edit", "a", "b")
    assert len(p.git("log", "-1", "--format=%p").split()) == 3


@MERGES.row("1.0.2", left=" M README.md")
def a_merge_beside_an_unstaged_edit(p: Project) -> None:
    """The edit survives."""
    diverged(p)
    p.write("README.md", "mine\n")
    p.git("merge", "--no-edit", "feature")
    assert (p.path / "README.md").read_text() == "mine\n"


@MERGES.row("1.0.2")
def a_merge_beside_an_edit_of_version(p: Project) -> None:
    """It is neither lost nor committed; the next commit has the number."""
    diverged(p)
    p.write("VERSION", "3.0.0\n")
    said = p.run("git", "merge", "--no-edit", "feature")
    assert "VERSION has an edit that is not staged" in said.out + said.err
    assert p.read("VERSION") == "1.0.1\n"
    assert (p.path / "VERSION").read_text() == "3.0.0\n"
    p.git("checkout", "--quiet", "VERSION")
    readme(p, "two\n")


@MERGES.row("1.0.2", left=" M README.md")
def a_merge_with_autostash(p: Project) -> None:
    """What Git put aside comes back."""
    diverged(p)
    p.write("README.md", "mine\n")
    p.git("merge", "--no-edit", "--autostash", "feature")


@MERGES.row("1.0.3")
def a_commit_after_a_merge(p: Project) -> None:
    """It goes on from the merge's number."""
    diverged(p)
    p.git("merge", "--no-edit", "feature")
    app(p, "three\n")


@MERGES.row("1.0.2")
def a_commit_after_a_merge_without_hooks(p: Project) -> None:
    """It makes up for it, whatever it changes."""
    diverged(p)
    p.git("-c", "core.hooksPath=/dev/null", "merge", "--no-edit", "feature")
    assert p.read("VERSION") == "1.0.1\n"
    readme(p, "two\n")


@MERGES.row("1.0.2")
def an_amend_of_a_merge(p: Project) -> None:
    """It keeps its parents and its number."""
    diverged(p)
    p.git("merge", "--no-edit", "feature")
    app(p, "three\n", "--amend")
    assert len(p.git("log", "-1", "--format=%p").split()) == 2


@MERGES.row("1.0.2")
def a_merge_that_is_aborted(p: Project) -> None:
    """Nothing is left of it, and no number is lost."""
    on(p, "feature")
    app(p, "theirs\n")
    on(p, "main")
    app(p, "ours\n")
    p.run("git", "merge", "feature", status=1)
    p.git("merge", "--abort")
    lib(p, "two\n")


@MERGES.row("1.0.2")
def a_merge_in_a_worktree(p: Project) -> None:
    """A linked one, with an index of its own."""
    diverged(p)
    p.git("switch", "--quiet", "--detach")
    p.git("worktree", "add", "--quiet", "../tree", "main")
    tree = replace(p, path=p.path.parent / "tree")
    tree.git("merge", "--no-edit", "feature")
    assert clean(tree)
    p.git("worktree", "remove", "../tree")
    on(p, "main")


@MERGES.row("1.0.2")
def a_merge_from_a_subdirectory(p: Project) -> None:
    """Paths are relative to the top."""
    diverged(p)
    (p.path / "sub").mkdir()
    replace(p, path=p.path / "sub").git("merge", "--no-edit", "feature")


@MERGES.row("1.0.2")
def a_signed_merge(p: Project) -> None:
    """A signature is not thrown away: one line says how the merge gets its number."""
    signer = p.write(
        "../sign", "#!/bin/sh\necho '[GNUPG:] SIG_CREATED ' >&2\ncat >/dev/null\necho sig\n"
    )
    signer.chmod(0o755)
    diverged(p)
    p.git("config", "gpg.program", signer)
    said = p.run("git", "merge", "--no-edit", "-S", "feature")
    assert "the merge is signed" in said.out + said.err
    assert p.read("VERSION") == "1.0.1\n"
    assert clean(p)
    p.git("commit", "--quiet", "--amend", "--no-edit", "-S")
    assert "gpgsig sig" in p.git("cat-file", "commit", "HEAD")


EVERYWHERE = [
    "a_merge_without_fast_forward",
    "a_merge_of_branches_that_diverged",
    "a_pull_of_the_same_number",
    "a_fast_forward",
    "a_conflict",
    "a_merge_beside_an_unstaged_edit",
    "a_merge_beside_an_edit_of_version",
    "an_amend_of_a_merge",
    "a_merge_in_a_worktree",
]
"""The rows that are run under prek and lefthook as well."""


@pytest.mark.parametrize("name", EVERYWHERE)
def test_merge_by_another_manager(otherwise_managed: Project, name: str) -> None:
    """A row, under prek and under lefthook."""
    MERGES.check(name, otherwise_managed)


@pytest.mark.parametrize("name", MERGES)
def test_merge(sandbox: Project, name: str) -> None:
    """A row of the table."""
    MERGES.check(name, sandbox)
