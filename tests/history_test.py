"""Random histories of two people who share a branch: what must hold of their versions, whatever they do.

The suite runs a few histories, always the same. For many, and others each time:

    IMAGEBUMP_HISTORIES=300 pytest tests/history_test.py
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from semver import Version

from harness import CHECKOUT, Ran
from projects import Project

HISTORIES = int(os.environ.get("IMAGEBUMP_HISTORIES", "0"))


class Image(NamedTuple):
    """One of a repository's images: the prefix of its files' names, its VERSION and what it is made of."""

    name: str
    version_file: str
    made_of: tuple[str, ...]

    def release(self, version: object) -> str:
        """How a release of it is called among the claims."""
        return f"{self.name}/{version}" if self.name else str(version)


class Layout(NamedTuple):
    """The images of a repository, and how they are configured."""

    images: tuple[Image, ...]
    configuration: str = ""


ONE = Layout((Image("", "VERSION", ("Dockerfile", "app.txt", "lib.txt")),))
TWO = Layout(
    (
        Image("app", "VERSION", ("Dockerfile", "app.txt", "lib.txt")),
        Image("web", "web/VERSION", ("web/Dockerfile", "web.txt", "lib.txt")),
    ),
    """
[[image]]
name = "app"
[[image]]
name = "web"
build.dockerfile = "web/Dockerfile"
bump.version-file = "web/VERSION"
""",
)
FILES = ("app.txt", "lib.txt", "web.txt", "README.md")
HOOKS = ("pre-commit", "post-merge", "prepare-commit-msg")
WAYS: dict[str, Callable[[str], list[str]]] = {
    "staged": lambda name: [],
    "all": lambda name: ["-a"],
    "path": lambda name: [name],
    "amend": lambda name: ["--amend"],
    "without hooks": lambda name: ["--no-verify"],
}
who = st.integers(0, 1)
files = st.sampled_from(FILES)
texts = st.integers(1, 40).map(lambda number: f"{number}\n")  # some come again
ways = st.sampled_from(list(WAYS))
merges = st.sampled_from(["--no-ff", "--no-ff", "--ff", "--squash"])


class Histories(RuleBasedStateMachine):
    """Two clones of one bare repository.

    A commit on main is *vouched for* where a hook of ours looked at it. `vouched` has those of both
    clones, `published` what each clone has begun to publish as which version.
    """

    env: dict[str, str]
    layout: Layout

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        hooks = self.root / "hooks"
        hooks.mkdir()
        for name in HOOKS:
            shutil.copy(CHECKOUT / "hooks" / name, hooks)
        manual = '[publish]\non = "manual"\n'  # what is published is for this test to say
        more = manual + self.layout.configuration
        first = Project.start(self.root / "0", self.env, "app", "127.0.0.1:1", more)
        first.stage(**{f"notes-{n}.txt": "\n" for n in (0, 1)}, **dict.fromkeys(FILES, "\n"))
        for image in self.layout.images:
            dockerfile, *copied = image.made_of
            copy = f"FROM a\nCOPY {' '.join(copied)} /app/\n"
            first.stage(**{dockerfile: copy, image.version_file: "1.0.0\n"})
        first.commit("Start")
        first.git("clone", "--quiet", "--bare", "../0", "../origin")
        self.clones = []
        for n in (0, 1):
            first.git("clone", "--quiet", "../origin", f"../clone-{n}")
            clone = replace(first, path=self.root / f"clone-{n}")
            clone.git("config", "core.hooksPath", hooks)
            clone.git("config", "imagebump.python", sys.executable)
            clone.git("branch", "--no-track", "feature")
            self.clones.append(clone)
        self.start = first.git("rev-parse", "HEAD")
        self.vouched = {self.start}
        self.published: list[dict[str, str]] = [{}, {}]
        self.notes = ["\n", "\n"]
        self.edits = 0
        self.known: dict[tuple[str, Image], tuple[Version, str]] = {}
        self.version_files = [image.version_file for image in self.layout.images]

    def teardown(self) -> None:
        """Remove everything."""
        self.clones[0].end()
        shutil.rmtree(self.root)

    # --- what is looked at ---------------------------------------------------------------------

    def facts(self, n: int, commit: str, image: Image) -> tuple[Version, str]:
        """An image's version in a commit, and its content."""
        if (commit, image) not in self.known:
            clone = self.clones[n]
            version = Version.parse(clone.read(image.version_file, commit).strip())
            content = clone.git("rev-parse", *(f"{commit}:{name}" for name in image.made_of))
            self.known[commit, image] = (version, content)
        return self.known[commit, image]

    def head(self, n: int) -> str:
        """HEAD's hash."""
        return self.clones[n].git("rev-parse", "HEAD")

    def on_main(self, n: int) -> bool:
        """Is main checked out?"""
        return self.clones[n].git("branch", "--show-current") == "main"

    def vouch(self, n: int, before: str) -> None:
        """If a commit was made on main, with our hooks, it must be right."""
        head = self.head(n)
        self.keeps_notes(n)
        if head == before or not self.on_main(n):
            return
        for image in self.layout.images:
            self.vouch_for(n, head, image)
        edits = self.clones[n].git("status", "--porcelain", "--", *self.version_files)
        assert edits == "", "VERSION is not clean"
        self.vouched.add(head)

    def vouch_for(self, n: int, head: str, image: Image) -> None:
        """The version is no lower than the parents', and stands for one content alone."""
        version, content = self.facts(n, head, image)
        for parent in self.clones[n].git("rev-parse", f"{head}^@").split():
            assert version >= self.facts(n, parent, image)[0], "the version fell"
        ancestors = self.clones[n].git("rev-list", head).split()[1:]
        for other in self.vouched.intersection(ancestors):
            its_version, its_content = self.facts(n, other, image)
            assert its_content == content or its_version != version, (
                f"{image.release(version)} stands for {other} and {head}"
            )
        release = image.release(version)
        assert self.published[n].get(release, content) == content, f"{release} was published"

    def keeps_notes(self, n: int) -> None:
        """The edit that nobody commits is still there."""
        assert (self.clones[n].path / f"notes-{n}.txt").read_text() == self.notes[n]

    def typed(self, n: int, *arguments: str, **env: str) -> Ran:
        """`git …`, whatever comes of it."""
        return self.clones[n].having(**env).run("git", *arguments, status=None)

    def refused(self, n: int, said: Ran) -> bool:
        """An edit of VERSION was in the way: it survived, and is dropped as we were told."""
        text = said.out + said.err
        named = [
            name for name in self.version_files if f" {name} has an edit that is not st" in text
        ]
        for name in named:
            assert self.clones[n].git("diff", "HEAD", "--", name), "the edit was lost"
        if named:
            self.clones[n].git("checkout", "--quiet", "HEAD", "--", *self.version_files)
        return bool(named)

    def undone(self, n: int, command: str, said: Ran) -> bool:
        """Did it stop? Then as if it had never been."""
        if said.status:
            self.typed(n, command, "--abort")
        return bool(said.status)

    # --- what people do ------------------------------------------------------------------------

    def edit(self, n: int, name: str, text: str, way: str) -> list[str]:
        """Write a file, staged where the way to commit wants it; gives the options of that way."""
        self.edits += 1
        self.clones[n].write(name, f"{self.edits}\n" if name == "README.md" else text)
        if way == "all" and self.clones[n].git("diff", "--name-only", "--", "notes*"):
            way = "staged"  # -a would commit the note
        if way not in ("all", "path"):
            self.clones[n].git("add", "--", name)
        return WAYS[way](name)

    @rule(n=who, name=files, text=texts, way=ways)
    def commit(self, n: int, name: str, text: str, way: str) -> None:
        """Commit another content of a file."""
        before = self.head(n)
        if way == "amend" and before == self.start:
            return  # others have it
        options = self.edit(n, name, text, way)
        said = self.typed(n, "commit", "-m", "Next", *options)
        if not self.refused(n, said) and way != "without hooks":
            self.vouch(n, before)

    @rule(n=who, name=files, text=texts, way=ways)
    def abort(self, n: int, name: str, text: str, way: str) -> None:
        """Give no message."""
        before = self.head(n)
        said = self.typed(n, "commit", "-m", "", *self.edit(n, name, text, way))
        assert said.status
        assert self.head(n) == before
        self.refused(n, said)
        self.keeps_notes(n)

    @rule(n=who, last=st.booleans())
    def bump_by_hand(self, n: int, last: bool) -> None:
        """Ask for a minor version, of one image or of all."""
        name = self.layout.images[-1].name
        which = (["--image", name] if last else ["--all"]) if name else []
        if self.on_main(n):
            self.clones[n].imagebump("minor", *which, status=None)

    @rule(n=who, text=texts)
    def take_a_note(self, n: int, text: str) -> None:
        """An edit that is not staged."""
        self.notes[n] = text
        self.clones[n].write(f"notes-{n}.txt", text)

    @rule(n=who, name=files, text=texts, new=st.booleans())
    def work_on_a_feature(self, n: int, name: str, text: str, new: bool) -> None:
        """A commit on another branch, from here or from where that is."""
        if not self.typed(n, "switch", "--quiet", *(["-C"] if new else []), "feature").status:
            self.commit(n, name, text, "staged")
            self.typed(n, "switch", "--quiet", "main")
        self.keeps_notes(n)

    @rule(n=who, name=files, text=texts)
    def work_and_push(self, n: int, name: str, text: str) -> None:
        """On top of what the other has pushed."""
        if self.on_main(n):
            self.pull(n, text)
            self.commit(n, name, text, "staged")
            self.push(n)

    @rule(n=who, name=files, text=texts, meanwhile=files, option=merges)
    def develop(self, n: int, name: str, text: str, meanwhile: str, option: str) -> None:
        """A feature, while main goes on, and its merge."""
        self.switch(n, "main")
        if self.on_main(n):
            self.work_on_a_feature(n, name, text, True)
            self.commit(n, meanwhile, text, "staged")
            self.merge(n, option, text)

    @rule(n=who, name=files, text=texts, meanwhile=files)
    def diverge(self, n: int, name: str, text: str, meanwhile: str) -> None:
        """Both work on main, and one has to merge what the other has pushed."""
        self.work_and_push(1 - n, name, text)
        if self.on_main(n):
            self.commit(n, meanwhile, text, "staged")
            self.pull(n, text)
            self.push(n)

    @rule(n=who, branch=st.sampled_from(["main", "main", "feature"]))
    def switch(self, n: int, branch: str) -> None:
        """Or stay, where that would lose something."""
        self.typed(n, "switch", "--quiet", branch)
        self.keeps_notes(n)

    @rule(n=who, option=merges, text=texts)
    def merge(self, n: int, option: str, text: str) -> None:
        """The feature into main, or main into the feature."""
        branch = "feature" if self.on_main(n) else "main"
        self.merged(n, text, "merge", "--no-edit", option, branch)

    @rule(n=who, text=texts)
    def pull(self, n: int, text: str) -> None:
        """What the other has pushed."""
        if self.on_main(n):
            self.merged(n, text, "pull", "--no-edit", "--no-rebase")

    def merged(self, n: int, text: str, *command: str) -> None:
        """Merge; a conflict is resolved with `text`."""
        before = self.head(n)
        said = self.typed(n, *command)
        clone = self.clones[n]
        if said.status and clone.git("ls-files", "--unmerged"):
            for name in clone.git("diff", "--name-only", "--diff-filter=U").split():
                if name in self.version_files:
                    clone.git("checkout", "--quiet", "--theirs", name)
                else:
                    clone.write(name, text)
                clone.git("add", "--", name)
            said = self.typed(n, "commit", "--no-edit")
        if self.refused(n, said) or said.status:
            self.typed(n, "merge", "--abort")
        elif len(clone.git("rev-parse", "HEAD^@").split()) > 1 and not self.is_known(n, before):
            self.vouch(n, before)
        self.keeps_notes(n)

    def is_known(self, n: int, before: str) -> bool:
        """Is HEAD another's commit, to which the branch was only moved?"""
        parents = self.clones[n].git("rev-parse", "HEAD^@").split()
        return self.head(n) in self.vouched or before not in parents[:1]

    @rule(n=who)
    def push(self, n: int) -> None:
        """Where the remote lets us."""
        if self.on_main(n):
            self.typed(n, "push", "--quiet", "origin", "main")

    @rule(n=who)
    def rebase(self, n: int) -> None:
        """Onto what the other has pushed."""
        if self.on_main(n):
            self.undone(n, "rebase", self.typed(n, "pull", "--rebase", "--autostash"))
        self.keeps_notes(n)

    @rule(n=who)
    def squash(self, n: int) -> None:
        """The last two commits."""
        editor = "sed -i 2s/^pick/squash/"
        said = self.typed(n, "rebase", "--autostash", "-i", "HEAD~2", GIT_SEQUENCE_EDITOR=editor)
        self.undone(n, "rebase", said)
        self.keeps_notes(n)

    @rule(n=who)
    def pick(self, n: int) -> None:
        """The feature's last commit."""
        self.undone(n, "cherry-pick", self.typed(n, "cherry-pick", "feature"))
        self.keeps_notes(n)

    @rule(n=who, back=st.integers(0, 2))
    def revert(self, n: int, back: int) -> None:
        """One of the last commits; where it stops for VERSION, as it says."""
        before = self.head(n)
        if self.typed(n, "rev-parse", "--verify", f"HEAD~{back}^").status:
            return  # the start itself
        said = self.typed(n, "revert", "--no-edit", f"HEAD~{back}")
        if "VERSION would go from" in said.err:
            assert not self.typed(n, "commit", "--no-edit").status
            self.vouch(n, before)
        else:
            self.undone(n, "revert", said)
        self.keeps_notes(n)

    @rule(n=who)
    def go_back(self, n: int) -> None:
        """Take the last commit back, and keep what is not committed."""
        self.typed(n, "reset", "--quiet", "--keep", "HEAD^")
        self.keeps_notes(n)

    @rule(n=who)
    def stash(self, n: int) -> None:
        """Put everything aside, and take it up again."""
        if not self.typed(n, "stash", "--quiet").status:
            self.typed(n, "stash", "pop", "--quiet", "--index")
        self.keeps_notes(n)

    @rule(n=who)
    def publish(self, n: int) -> None:
        """The worker takes HEAD, where its version is not another's."""
        for image in self.layout.images:
            version, content = self.facts(n, self.head(n), image)
            release = image.release(version)
            if self.on_main(n) and self.published[n].setdefault(release, content) == content:
                self.clones[n].write(f".git/imagebump/claims/{release}", f"{self.head(n)}\n")


@pytest.mark.parametrize("layout", [ONE, TWO], ids=["one image", "two images"])
def test_histories(
    isolated_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, layout: Layout
) -> None:
    """On main a version never stands for two contents and never falls; nothing is lost."""
    monkeypatch.setattr(Histories, "env", isolated_environment, raising=False)
    monkeypatch.setattr(Histories, "layout", layout, raising=False)
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES or 3,
            stateful_step_count=60 if HISTORIES else 25,
            derandomize=not HISTORIES,
            phases=[Phase.generate],  # to shrink a history would take minutes
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
