"""The version of every other commit: a table, under plain hooks and under pre-commit."""

import json
import re
from dataclasses import replace

import pytest

from projects import Project, change, clean, commit
from situations import (
    CONFIG,
    DOCKERFILE,
    Table,
    app,
    clone,
    diverged,
    lib,
    manager,
    on,
    readme,
)

COMMITS = Table()
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")


def with_hook(p: Project, name: str) -> Project:
    """A manager has it only where it was asked for."""
    if (which := manager(p)) in ("pre-commit", "prek"):
        p.run(which, "install", "--hook-type", name)
    elif which == "lefthook" and name == "commit-msg":  # as the README says
        job = {"run": "imagebump hook commit-msg {0}"}
        p.write("lefthook-local.json", json.dumps({"commit-msg": {"jobs": [job]}}))
        p.write(".git/info/exclude", "lefthook-local.json\n")
        p.run("lefthook", "install")
    return p


def with_revert_hook(p: Project) -> Project:
    """The one that stops a revert."""
    return with_hook(p, "prepare-commit-msg")


def heeding_messages(p: Project, how: str = "apply") -> Project:
    """bump.message."""
    p.configure(f'{CONFIG}[bump]\nmessage = "{how}"\n')
    p.git(*NO_HOOKS, "commit", "--quiet", "-m", "Configure")
    return with_hook(p, "commit-msg")


def published(p: Project, version: str) -> None:
    """The worker has begun to publish HEAD as a version."""
    p.write(f".git/imagebump/claims/{version}", f"{p.git('rev-parse', 'HEAD')}\n")


# --- reverts and picks --------------------------------------------------------------------------


@COMMITS.row("1.0.2")
def a_revert(p: Project) -> None:
    """It stops, and what it says to type makes it with the next version."""
    app(p, "two\n")
    said = with_revert_hook(p).run("git", "revert", "--no-edit", "HEAD", status=None)
    assert said.status
    assert "VERSION would go from 1.0.1 back to 1.0.0. Run: git commit --no-edit" in (
        said.out + said.err
    )
    assert p.read("VERSION") == "1.0.1\n"
    p.git("commit", "--no-edit")
    assert p.git("log", "-1", "--format=%s") == 'Revert "Next"'
    assert p.read("app.txt") == "one\n"


@COMMITS.row("1.0.4")
def two_reverts(p: Project) -> None:
    """`git revert --continue` goes on."""
    app(p, "two\n")
    lib(p, "two\n")
    said = with_revert_hook(p).run("git", "revert", "--no-edit", "HEAD", "HEAD^", status=None)
    assert said.status
    p.git("commit", "--no-edit")
    assert p.read("VERSION") == "1.0.3\n"
    p.run("git", "revert", "--continue", status=1)
    p.git("checkout", "--quiet", "--ours", "VERSION")
    p.git("add", "VERSION")
    p.git("commit", "--no-edit")
    assert p.read("app.txt") + p.read("lib.txt") == "one\none\n"


@COMMITS.row("1.0.2")
def a_commit_after_a_revert(p: Project) -> None:
    """Where nothing stopped the revert, its number is not used again."""
    app(p, "two\n")
    p.git(*NO_HOOKS, "revert", "--no-edit", "HEAD")
    assert p.read("VERSION") == "1.0.0\n"
    app(p, "three\n")


@COMMITS.row("1.0.2")
def a_revert_that_is_committed_by_hand(p: Project) -> None:
    """-n, then `git commit`."""
    app(p, "two\n")
    p.git("revert", "-n", "HEAD")
    commit(p)


@COMMITS.row("1.0.1")
def a_revert_of_no_image(p: Project) -> None:
    """It lowers nothing, so that nothing stops it."""
    app(p, "two\n")
    readme(p, "two\n")
    with_revert_hook(p).git("revert", "--no-edit", "HEAD")
    assert p.read("README.md") == "one\n"


@COMMITS.row("1.0.0")
def a_revert_that_is_insisted_on(p: Project) -> None:
    """IMAGEBUMP_ALLOW_DOWNGRADE lets it through."""
    app(p, "two\n")
    with_revert_hook(p).having(IMAGEBUMP_ALLOW_DOWNGRADE="1").git("revert", "--no-edit", "HEAD")


@COMMITS.row("1.0.0")
def a_revert_on_a_feature_branch(p: Project) -> None:
    """Numbers are given elsewhere."""
    app(p, "two\n")
    on(p, "feature")
    with_revert_hook(p).git("revert", "--no-edit", "HEAD")


@COMMITS.row("1.0.1")
def a_commit_after_a_cherry_pick(p: Project) -> None:
    """No hook runs for the pick; the next commit has its number, whatever that changes."""
    on(p, "feature")
    app(p, "two\n")
    on(p, "main")
    p.git("cherry-pick", "feature")
    assert p.read("VERSION") == "1.0.0\n"
    readme(p, "two\n")


@COMMITS.row("1.0.2")
def a_cherry_pick_with_a_conflict(p: Project) -> None:
    """It ends with an ordinary commit."""
    on(p, "feature")
    app(p, "theirs\n")
    on(p, "main")
    app(p, "ours\n")
    p.run("git", "cherry-pick", "feature", status=1)
    change(p, "both\n")
    p.git("commit", "--no-edit")


# --- rebases -----------------------------------------------------------------------------------


def onto(p: Project, *options: str) -> None:
    """Main has 1.0.1 and 1.0.2, and is rebased onto a branch."""
    on(p, "upstream")
    readme(p, "theirs\n")
    on(p, "main")
    app(p, "two\n")
    lib(p, "two\n")
    p.git("rebase", *options, "upstream")
    assert p.read("VERSION", "HEAD^") == "1.0.1\n"


@COMMITS.row("1.0.2")
def a_rebase(p: Project) -> None:
    """Each commit keeps its number."""
    onto(p, "--merge")


@COMMITS.row("1.0.2")
def a_rebase_by_the_other_backend(p: Project) -> None:
    """The same with patches."""
    onto(p, "--apply")


@COMMITS.row("1.0.3")
def a_commit_after_a_rebase(p: Project) -> None:
    """It goes on."""
    onto(p)
    app(p, "three\n")


@COMMITS.row("1.0.2")
def a_commit_after_a_rebase_onto_the_same_number(p: Project) -> None:
    """Two people gave 1.0.1 to different contents: the next commit has another, whatever it changes."""
    other = clone(p)
    lib(other, "theirs\n")
    other.git("push", "--quiet")
    app(p, "ours\n")
    p.git("pull", "--rebase")
    readme(p, "two\n")


def interactively(p: Project, script: str) -> None:
    """Main has 1.0.1 and 1.0.2; a sed script edits the list of picks."""
    app(p, "two\n")
    lib(p, "two\n")
    p.having(GIT_SEQUENCE_EDITOR=f"sed -i '{script}'").git("rebase", "-i", "HEAD~2")


@COMMITS.row("1.0.2")
def a_reword(p: Project) -> None:
    """Other messages are no other image."""
    interactively(p, "s/^pick/reword/")


@COMMITS.row("1.0.2")
def a_squash_of_two(p: Project) -> None:
    """One commit, the last number."""
    interactively(p, "2s/^pick/squash/")
    assert p.git("rev-list", "--count", "HEAD") == "2"


@COMMITS.row("1.0.2")
def an_edit_in_a_rebase(p: Project) -> None:
    """What is amended in between keeps its number."""
    interactively(p, "2s/^pick/edit/")
    app(p, "three\n", "--amend")
    assert p.read("VERSION") == "1.0.2\n"
    p.git("rebase", "--continue")
    assert p.git("branch", "--show-current") == "main"


# --- amends ------------------------------------------------------------------------------------


@COMMITS.row("1.0.1")
def an_amend_without_changes(p: Project) -> None:
    """Nor a number."""
    app(p, "two\n")
    commit(p, "--amend")


@COMMITS.row("1.0.1")
def an_amend_without_changes_of_what_is_published(p: Project) -> None:
    """The same image may have the same number."""
    app(p, "two\n")
    published(p, "1.0.1")
    commit(p, "--amend", "--reset-author")


@COMMITS.row("1.0.1")
def an_amend(p: Project) -> None:
    """Twice, before anything is published."""
    app(p, "two\n")
    app(p, "three\n", "--amend")
    app(p, "four\n", "--amend", "--date=2020-01-01T00:00:00")


@COMMITS.row("1.0.2")
def an_amend_of_what_is_published(p: Project) -> None:
    """Another image has another number."""
    app(p, "two\n")
    published(p, "1.0.1")
    app(p, "three\n", "--amend")
    assert p.git("rev-list", "--count", "HEAD") == "2"


@COMMITS.row("1.0.1")
def an_amend_that_begins_to_change_the_image(p: Project) -> None:
    """Then it needs a number."""
    readme(p, "two\n")
    published(p, "1.0.0")
    app(p, "two\n", "--amend")


@COMMITS.row("1.1.0")
def an_amend_after_a_bump_by_hand(p: Project) -> None:
    """A person's choice goes before ours."""
    app(p, "two\n")
    p.imagebump("minor")
    commit(p, "--amend")


@COMMITS.row("1.0.0")
def an_amend_of_the_first_commit(p: Project) -> None:
    """There is nothing before it."""
    app(p, "two\n", "--amend")


@COMMITS.row("1.0.2")
def a_commit_instead_of_one_that_is_published(p: Project) -> None:
    """The branch was set back, and does not know the number any more: the commit says whose it is."""
    app(p, "two\n")
    published(p, "1.0.1")
    taken = p.commit_tag()
    p.git("reset", "--quiet", "--hard", "HEAD^")
    said = app(p, "three\n")
    why = f"(patch: app.txt changed; 1.0.1 is taken by {taken})"
    assert f"VERSION 1.0.0 → 1.0.2 {why}" in said.out + said.err


@COMMITS.row("1.0.2")
def a_commit_after_a_rebase_of_what_is_published(p: Project) -> None:
    """The number that the rebased commit kept is of another image: the next commit has another one."""
    on(p, "upstream")
    lib(p, "theirs\n")
    on(p, "main")
    app(p, "two\n")
    published(p, "1.0.1")
    p.git("rebase", "upstream")
    assert p.read("VERSION") == "1.0.1\n"
    readme(p, "two\n")


@COMMITS.row("1.0.2")
def a_commit_back_to_what_was_not_published(p: Project) -> None:
    """The number was published for what a commit without hooks had made of it."""
    app(p, "two\n")
    app(p, "three\n", "--no-verify")
    published(p, "1.0.1")
    app(p, "two\n")


@COMMITS.row("1.0.3")
def a_commit_after_a_revert_to_a_mixture(p: Project) -> None:
    """What a revert went back to is not the image that had that number."""
    lib(p, "two\n")
    app(p, "two\n")
    lib(p, "three\n", "--no-verify")
    p.git(*NO_HOOKS, "revert", "--no-edit", "HEAD^")
    assert p.read("VERSION") == "1.0.1\n"
    readme(p, "two\n")


# --- without hooks -----------------------------------------------------------------------------


@COMMITS.row("1.0.1")
def a_commit_after_one_without_hooks(p: Project) -> None:
    """It makes up for it, whatever it changes."""
    app(p, "two\n", "--no-verify")
    assert p.read("VERSION") == "1.0.0\n"
    readme(p, "two\n")


@COMMITS.row("1.0.1")
def a_commit_after_one_that_skipped(p: Project) -> None:
    """SKIP is pre-commit's and prek's; plain hooks know only --no-verify."""
    if manager(p) in ("pre-commit", "prek"):
        app(p.having(SKIP="imagebump-bump"), "two\n")
        assert p.read("VERSION") == "1.0.0\n"
    else:
        app(p.having(SKIP="imagebump-bump"), "two\n", "-n")
    readme(p, "two\n")


# --- by hand -----------------------------------------------------------------------------------


@COMMITS.row("1.1.0")
def a_bump_by_hand_that_was_stashed(p: Project) -> None:
    """It comes back with its place in the index."""
    change(p)
    p.imagebump("minor")
    p.git("stash", "--quiet")
    assert clean(p)
    p.git("stash", "pop", "--quiet", "--index")
    commit(p)


@COMMITS.row("1.1.0")
def a_bump_by_hand_that_was_stashed_with_the_rest(p: Project) -> None:
    """It comes back as an edit; -a takes it."""
    change(p)
    p.imagebump("minor")
    p.git("stash", "--quiet")
    p.git("stash", "pop", "--quiet")
    commit(p, "-a")


@COMMITS.row("1.0.2")
def a_bump_by_hand_after_a_revert(p: Project) -> None:
    """It gives no number a second time either."""
    app(p, "two\n")
    p.git(*NO_HOOKS, "revert", "--no-edit", "HEAD")
    assert p.imagebump("patch").out == "1.0.0 → 1.0.2\n"
    app(p, "three\n")


@COMMITS.row("1.0.2")
def a_bump_by_hand_instead_of_what_is_published(p: Project) -> None:
    """Nor one that a commit had which is not here any more."""
    app(p, "two\n")
    published(p, "1.0.1")
    p.git("reset", "--quiet", "--hard", "HEAD^")
    taken = p.git("rev-parse", "--short=7", "ORIG_HEAD")
    for _ in range(2):
        said = p.imagebump("patch")
        assert said.out == "1.0.0 → 1.0.2\n"
        assert said.err == f"imagebump: 1.0.1 is taken by {taken}\n"
    app(p, "three\n")


@COMMITS.row("1.0.5")
def a_version_by_hand_that_is_published(p: Project) -> None:
    """It is kept, and said to be no release, unless it is the same image."""
    p.stage(VERSION="1.0.5\n")
    app(p, "two\n")
    published(p, "1.0.5")
    taken = p.commit_tag()
    p.git("reset", "--quiet", "--hard", "HEAD^")
    p.stage(VERSION="1.0.5\n")
    said = app(p, "three\n")
    why = f"1.0.5 is taken by {taken}, and app.txt differs: it is no release. To give it the next one: "
    assert f"{why}imagebump patch && git commit --amend --no-edit\n" in said.out + said.err
    p.git("reset", "--quiet", "--hard", "HEAD^")
    p.stage(VERSION="1.0.5\n")
    said = app(p, "two\n")
    assert "is taken by" not in said.out + said.err


@COMMITS.row("1.0.2")
def a_number_of_ours_that_is_published_meanwhile(p: Project) -> None:
    """The commit came to nothing, and somebody else's of this clone has it by now."""
    p.stage(**{"app.txt": "two\n"})
    p.having(GIT_EDITOR="false").run("git", "commit", status=1)
    assert p.git("show", ":VERSION") == "1.0.1"
    published(p, "1.0.1")
    app(p, "three\n")


@COMMITS.row("1.0.1", left="M  README.md")
def a_bump_by_hand_that_is_committed(p: Project) -> None:
    """--commit: VERSION alone, whatever else is staged."""
    p.stage(**{"README.md": "two\n"})
    p.imagebump("patch", "--commit")
    assert p.git("show", "--format=%s", "--name-only", "HEAD").split("\n") == [
        "Version 1.0.1",
        "",
        "VERSION",
    ]


@COMMITS.row("1.0.2")
def a_stash_of_an_aborted_commit(p: Project) -> None:
    """What we staged for a commit on another HEAD is the number that this one has: raised, not taken."""
    change(p)
    p.run("git", "commit", "-m", "", status=1)
    p.git("stash", "--quiet")
    lib(p, "two\n")
    p.git("stash", "pop", "--quiet")
    commit(p, "-a")


@COMMITS.row("1.0.2")
def a_version_that_was_lowered(p: Project) -> None:
    """It is raised above what was."""
    app(p, "two\n")
    p.stage(VERSION="0.9.0\n")
    said = app(p, "three\n")
    assert "0.9.0 was staged, but 1.0.1 is taken" in said.out + said.err


@COMMITS.row("0.9.0")
def a_version_that_was_lowered_insistently(p: Project) -> None:
    """A person may."""
    app(p, "two\n")
    p.stage(VERSION="0.9.0\n")
    app(p.having(IMAGEBUMP_ALLOW_DOWNGRADE="1"), "three\n")


@COMMITS.row("1.1.0-rc.2")
def a_pre_release(p: Project) -> None:
    """Each commit counts on."""
    p.imagebump("minor", "--pre", "rc")
    app(p, "two\n")
    assert p.read("VERSION") == "1.1.0-rc.1\n"
    app(p, "three\n")


@COMMITS.row("1.1.1")
def a_pre_release_that_is_finished(p: Project) -> None:
    """A typed part finishes it, and patches follow."""
    p.imagebump("minor", "--pre", "rc")
    app(p, "two\n")
    p.imagebump("minor")
    app(p, "three\n")
    assert p.read("VERSION") == "1.1.0\n"
    app(p, "four\n")


@COMMITS.row("1.0.1")
def a_version_that_was_deleted(p: Project) -> None:
    """The next one goes on from what was."""
    p.git("rm", "--quiet", "VERSION")
    app(p, "two\n")


@COMMITS.row("1.0.1")
def a_version_that_was_only_forgotten(p: Project) -> None:
    """`git rm --cached` left the file."""
    p.git("rm", "--quiet", "--cached", "VERSION")
    app(p, "two\n")


@COMMITS.row("1.0.1")
def an_untracked_version_that_is_behind(p: Project) -> None:
    """An old file that comes back is raised."""
    p.git("rm", "--quiet", "VERSION")
    p.git(*NO_HOOKS, "commit", "--quiet", "-m", "Next")
    p.write("VERSION", "0.5.0\n")
    app(p, "two\n")


@COMMITS.row("2.0.0")
def a_part_for_one_commit(p: Project) -> None:
    """IMAGEBUMP_PART."""
    app(p.having(IMAGEBUMP_PART="major"), "two\n")


@COMMITS.row("1.0.0")
def no_part_for_one_commit(p: Project) -> None:
    """IMAGEBUMP_PART again."""
    app(p.having(IMAGEBUMP_PART="none"), "two\n")


@COMMITS.row("1.0.1")
def any_commit_counts(p: Project) -> None:
    """bump.when = "always"."""
    p.configure(f'{CONFIG}[bump]\nwhen = "always"\n')
    commit(p)


@COMMITS.row("1.0.1")
def any_branch_counts(p: Project) -> None:
    """bump.on = "all"."""
    on(p, "feature")
    p.configure(f'{CONFIG}[bump]\non = "all"\n')
    app(p, "two\n")


# --- promises ----------------------------------------------------------------------------------


@COMMITS.row("1.1.0")
def a_promise_that_is_made(p: Project) -> None:
    """It is advised, and what is advised works as it is typed."""
    p.stage(Dockerfile=f"{DOCKERFILE}EXPOSE 80\n")
    said = commit(p)
    assert p.read("VERSION") == "1.0.1\n"
    advised = "imagebump minor && git commit --amend --no-edit"
    assert advised in said.out + said.err
    p.run("sh", "-c", advised)
    assert p.git("rev-list", "--count", "HEAD") == "2"


@COMMITS.row("2.0.0")
def a_promise_that_is_broken(p: Project) -> None:
    """bump.contract = "apply": the commit that breaks it is a major version."""
    p.configure(f'{CONFIG}[bump]\ncontract = "apply"\n')
    p.stage(Dockerfile=f"{DOCKERFILE}EXPOSE 80\n")
    commit(p)
    assert p.read("VERSION") == "1.1.0\n"
    p.stage(Dockerfile=DOCKERFILE)
    said = commit(p)
    assert "1.1.0 → 2.0.0 (major: EXPOSE 80/tcp is gone)" in said.out + said.err


@COMMITS.row("1.0.2")
def a_dockerfile_behind_a_link(p: Project) -> None:
    """The file that it leads to, outside the context, makes the image."""
    p.git("mv", "Dockerfile", "real")
    (p.path / "Dockerfile").symlink_to("real")
    p.configure(f'{CONFIG}[build]\ncontext = "sub"\n')
    p.stage(**{"sub/app.txt": "one\n", "sub/lib.txt": "one\n"})
    p.git("add", "Dockerfile")
    commit(p)
    assert p.read("VERSION") == "1.0.1\n"
    p.stage(real=f"{DOCKERFILE}CMD x\n")
    commit(p)


# --- messages ----------------------------------------------------------------------------------


def asked(p: Project, *options: str, message: str = "feat: x", part: str = "minor") -> None:
    """A commit that stops once, with what to do, which works."""
    command = ["git", "commit", "-m", message, *options]
    said = p.run(*command, status=1)
    assert f", so this is a {part} version. Repeat your command" in said.out + said.err
    again = p.run(*command)
    assert "the message says " in again.out + again.err


@COMMITS.row("1.1.0")
def a_message_that_asks(p: Project) -> None:
    """What is staged."""
    change(heeding_messages(p))
    asked(p)


@COMMITS.row("1.1.0")
def a_message_that_asks_for_everything(p: Project) -> None:
    """-a, whose index Git drops with the first attempt."""
    heeding_messages(p).write("app.txt", "two\n")
    asked(p, "-a")


@COMMITS.row("2.0.0", left="M  README.md")
def a_message_that_asks_for_a_path(p: Project) -> None:
    """A path, with something else staged."""
    heeding_messages(p).write("app.txt", "two\n")
    p.stage(**{"README.md": "two\n"})
    asked(p, "app.txt", message="feat!: x", part="major")


@COMMITS.row("1.1.0")
def a_message_from_an_editor(p: Project) -> None:
    """It is not lost."""
    heeding_messages(p).write("app.txt", "two\n")
    said = p.having(GIT_EDITOR="sed -i '1s/^/feat: edited/'").run("git", "commit", "-a", status=1)
    (options,) = re.findall(r"with: (-eF \S+) \(your message\)", said.out + said.err)
    p.run("sh", "-c", f"git commit -a {options}")
    assert p.git("log", "-1", "--format=%B").strip() == "feat: edited"


@COMMITS.row("1.1.1")
def a_message_that_asked_before(p: Project) -> None:
    """What one commit was given is nothing to the next."""
    change(heeding_messages(p))
    asked(p)
    app(p, "three\n")


@COMMITS.row("1.1.0")
def a_message_of_an_amend(p: Project) -> None:
    """One step from what was before, and no second one when it is amended again."""
    app(heeding_messages(p), "two\n")
    asked(p, "--amend")
    p.git("commit", "--quiet", "--amend", "-m", "feat: y")


@COMMITS.row("1.0.1")
def a_message_that_asks_for_less(p: Project) -> None:
    """A fix is a patch anyway; docs ask for nothing."""
    app(heeding_messages(p), "two\n", "-m", "fix: x")


@COMMITS.row("1.0.0")
def a_message_where_no_image_changed(p: Project) -> None:
    """Nothing to version."""
    heeding_messages(p).stage(**{"README.md": "two\n"})
    p.git("commit", "--quiet", "-m", "feat: x")


@COMMITS.row("1.0.5")
def a_message_beside_a_choice(p: Project) -> None:
    """A person's version is not overruled, but the difference is said."""
    change(heeding_messages(p))
    p.stage(VERSION="1.0.5\n")
    said = p.run("git", "commit", "-m", "feat: x")
    assert "the message says feat: that is a minor version. To make it one: " in said.out + said.err


@COMMITS.row("1.1.0")
def a_message_that_warns(p: Project) -> None:
    """bump.message = "warn"; what it says to type works."""
    change(heeding_messages(p, "warn"))
    said = p.run("git", "commit", "-m", "feat: x")
    assert p.read("VERSION") == "1.0.1\n"
    advised = "imagebump minor && git commit --amend --no-edit"
    assert advised in said.out + said.err
    p.run("sh", "-c", advised)


@COMMITS.row("1.0.0")
def a_message_on_a_feature_branch(p: Project) -> None:
    """Numbers are given elsewhere."""
    on(heeding_messages(p), "feature")
    change(p)
    p.git("commit", "--quiet", "-m", "feat: x")


# --- places ------------------------------------------------------------------------------------


@COMMITS.row("1.0.1")
def a_file_that_cannot_be_written(p: Project) -> None:
    """VERSION is replaced, so its own mode stands in nobody's way, and stays."""
    (p.path / "VERSION").chmod(0o444)
    app(p, "two\n")
    assert (p.path / "VERSION").stat().st_mode & 0o777 == 0o444


@COMMITS.row("1.0.1")
def a_commit_from_a_subdirectory(p: Project) -> None:
    """Paths are relative to the top."""
    change(p)
    (p.path / "sub").mkdir()
    commit(replace(p, path=p.path / "sub"), "-a")


@COMMITS.row("1.0.1")
def a_hook_that_was_killed(p: Project) -> None:
    """VERSION was written and not staged yet: the retry ends right."""
    change(p)
    p.write(".git/imagebump/pending", f"{p.git('rev-parse', 'HEAD')}\n1.0.1\n")
    p.write("VERSION", "1.0.1\n")
    if manager(p) in ("pre-commit", "prek"):  # it hides what we wrote, as if a person had
        p.git("add", "VERSION")
    commit(p)


@COMMITS.row("1.0.2")
def branches_in_turn(p: Project) -> None:
    """What one branch remembers of an aborted commit is nothing to another."""
    diverged(p)
    p.run("git", "commit", "--allow-empty", "-m", "", status=1)
    lib(p, "three\n")


# --- other managers ----------------------------------------------------------------------------

EVERYWHERE = [
    "a_revert",
    "a_commit_after_a_revert",
    "a_commit_after_a_cherry_pick",
    "a_rebase",
    "an_edit_in_a_rebase",
    "an_amend",
    "an_amend_of_what_is_published",
    "a_commit_after_one_that_skipped",
    "a_bump_by_hand_that_was_stashed_with_the_rest",
    "a_message_that_asks",
    "a_message_that_asks_for_a_path",
    "a_message_from_an_editor",
    "a_hook_that_was_killed",
    "a_commit_from_a_subdirectory",
]
"""The rows that are run under prek and lefthook as well, beside their own."""
BASICS = Table()


@BASICS.row("1.0.1")
def a_commit(p: Project) -> None:
    """What is staged; the version is said."""
    said = app(p, "two\n")
    assert "VERSION 1.0.0 → 1.0.1 (patch: app.txt changed)" in said.out + said.err


@BASICS.row("1.0.1")
def a_commit_of_everything(p: Project) -> None:
    """-a."""
    p.write("app.txt", "two\n")
    commit(p, "-a")
    assert p.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"


@BASICS.row("1.0.1", left="M  README.md")
def a_commit_of_a_path(p: Project) -> None:
    """What else is staged stays so."""
    p.write("app.txt", "two\n")
    p.stage(**{"README.md": "two\n"})
    commit(p, "app.txt")
    assert p.git("show", "--format=", "--name-only", "HEAD") == "VERSION\napp.txt"


@BASICS.row("1.0.1", left=" M lib.txt")
def a_commit_of_a_half_staged_file(p: Project) -> None:
    """Managers hide the other half, and bring it back."""
    p.stage(**{"lib.txt": "two\n"})
    p.write("lib.txt", "three\n")
    commit(p)
    assert p.read("lib.txt") == "two\n"
    assert (p.path / "lib.txt").read_text() == "three\n"


@BASICS.row("1.0.1", left="MM lib.txt")
def a_commit_beside_a_half_staged_file(p: Project) -> None:
    """It is neither committed nor lost."""
    p.stage(**{"lib.txt": "two\n"})
    p.write("lib.txt", "three\n")
    p.write("app.txt", "two\n")
    commit(p, "app.txt")
    assert (p.path / "lib.txt").read_text() == "three\n"


@BASICS.row("1.0.2")
def a_retry(p: Project) -> None:
    """After an empty message and after a hook of somebody else's that fails: once."""
    for _ in range(2):
        change(p)
        p.run("git", "commit", "-m", "", status=1)
    hook = p.write(".git/hooks/commit-msg", "#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    commit(p, status=1)
    hook.unlink()
    commit(p)
    assert p.read("VERSION") == "1.0.1\n"
    p.write("app.txt", "three\n")
    p.run("git", "commit", "-am", "", status=1)
    p.git("checkout", "--quiet", "VERSION")
    commit(p, "-a")


def stopped_by_an_edit(p: Project, status: str) -> None:
    """VERSION is edited and not staged: the commit stops, and leaves this status and the edit."""
    p.write("VERSION", "3.0.0\n")
    said = commit(p, status=1)
    assert "VERSION has an edit that is not staged" in said.out + said.err
    assert p.git("status", "--porcelain") == status
    assert (p.path / "VERSION").read_text() == "3.0.0\n"


@BASICS.row("3.0.0")
def an_edit_that_is_not_staged(p: Project) -> None:
    """It stops the commit, and is neither lost nor committed unasked."""
    change(p)
    stopped_by_an_edit(p, " M VERSION\nM  app.txt")
    commit(p, "-a")


@BASICS.row("3.0.0")
def an_edit_of_what_is_staged(p: Project) -> None:
    """VERSION is staged, and edited again: the commit stops as well."""
    change(p)
    p.stage(VERSION="2.0.0\n")
    stopped_by_an_edit(p, "MM VERSION\nM  app.txt")
    commit(p, "-a")


@pytest.mark.parametrize("name", [*BASICS, *EVERYWHERE])
def test_commit_by_another_manager(otherwise_managed: Project, name: str) -> None:
    """A row, under prek and under lefthook."""
    Table(COMMITS | BASICS).check(name, otherwise_managed)


def test_what_another_manager_records(otherwise_managed: Project) -> None:
    """A commit, a merge, and of a rebase the tip alone; doctor knows who runs the hooks."""
    p = otherwise_managed
    p.configure("")
    commit(p)
    recorded = [p.git("rev-parse", "HEAD")]
    diverged(p)
    recorded += p.git("rev-parse", "feature", "main").split()
    p.git("merge", "--no-edit", "feature")
    recorded.append(p.git("rev-parse", "HEAD"))
    on(p, "other")
    p.git("reset", "--quiet", "--hard", "HEAD^")
    for name in ("a", "b"):
        p.stage(**{name: "new\n"})
        commit(p)
        recorded.append(p.git("rev-parse", "HEAD"))
    p.git("rebase", "main")
    recorded.append(p.git("rev-parse", "HEAD"))
    p.idle()
    assert {one["commit"] for one in p.status()} == set(recorded)
    said = p.imagebump("doctor", status=1).out.splitlines()
    optional = (  # asked for with the README's types, which are for the others
        "hooks: default_install_hook_types in .pre-commit-config.yaml lacks prepare-commit-msg, "
        "commit-msg. Add that, then run: prek install"
    )
    expected = [optional] if manager(p) == "prek" else []
    assert [line for line in said if line.startswith("hooks: ")] == expected


@pytest.mark.parametrize("name", COMMITS)
def test_commit(sandbox: Project, name: str) -> None:
    """A row of the table."""
    COMMITS.check(name, sandbox)
