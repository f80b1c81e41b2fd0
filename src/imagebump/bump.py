"""Which version a commit gets, and why. Pure: the facts come as values."""

from typing import Literal, NamedTuple

from imagebump.errors import UserError
from imagebump.semantic import Version
from imagebump.version import FIRST, PARTS, Part, VersionFile, bump, part_between


class Facts(NamedTuple):
    """What is known when a commit is made.

    `amended` is the version of a commit that is being amended and that nobody has begun to publish:
    then `base` is its parent's.

    `base` is the version of the commit that this one follows, None where it has none; `floor` the
    highest version that the line of commits, and those that are merged, have seen; `staged` what the
    commit holds now; `ours` what we staged in an attempt that came to nothing; `changed` the first
    path by which the image changed since the version was last set, "" where it did not: in a merge,
    since the floor was set on any of its lines.

    `contract` is the part that a change of what the image promises, or the message, asks for, and
    what that is; it counts where `applies`, and else is advice. `reason` says why `part` is what it is,
    `passed` which number that would come is passed over, and why ("" where none is).
    """

    base: Version | None
    floor: Version | None
    staged: VersionFile | None
    ours: Version | None
    changed: str
    part: Part | Literal["none"]
    amended: Version | None = None
    allow_downgrade: bool = False
    merging: bool = False
    contract: tuple[Part, str] | None = None
    applies: bool = False
    reason: str = ""
    passed: str = ""

    @property
    def is_by_hand(self) -> bool:
        """Did a person stage a version of their own?"""
        ours = (self.base, self.ours, self.amended)
        return self.staged is not None and self.staged.version not in ours


class Decision(NamedTuple):
    """The version that the commit is to have (None: nothing to write), one line that says why, and advice."""

    file: VersionFile | None
    why: str
    advice: str = ""


def decide(known: Facts) -> Decision:
    """The version of the commit that is being made."""
    facts = _with_contract(known)
    if facts.staged is None:
        gone = "VERSION was gone" if facts.floor else "no version yet"
        return Decision(VersionFile(_start(facts)), f"{_start(facts)} ({gone})")
    staged = facts.staged.version
    floor = facts.floor or facts.base
    if floor is None:
        return Decision(None, f"{staged} (first version)")
    if staged == facts.amended and staged > floor and not _falls_short(facts, staged):
        return Decision(None, f"{staged} (amended, not published yet)")
    if facts.merging:
        return _merged(facts, facts.staged, floor)
    if facts.base is None or facts.is_by_hand:
        return _chosen(facts, facts.staged, floor)
    if not facts.changed:
        return _written(facts, facts.base, "nothing that the image is made of changed")
    if facts.part == "none":
        return _written(facts, facts.base, "no part to bump")
    return _written(facts, following(max(facts.base, floor), facts.part), _because(facts))


def numbered(facts: Facts, decision: Decision) -> Version | None:
    """The number that we give to the commit, now or in the attempt before; None where it is a person's, or an old one."""
    if decision.file:
        return decision.file.version
    return facts.ours if facts.staged and facts.staged.version == facts.ours else None


def _with_contract(facts: Facts) -> Facts:
    """The same, by the part that is asked for, where that is larger and counts."""
    asked = _asked(facts.base, facts.contract)
    if asked is None or not facts.applies or facts.part == "none" or not _larger(asked, facts.part):
        return facts
    return facts._replace(part=asked, reason=facts.contract[1] if facts.contract else "")


def _asked(base: Version | None, contract: tuple[Part, str] | None) -> Part | None:
    """What is asked for: before 1.0.0 nothing is promised for good, and a break is a minor."""
    if contract is None or base is None or base.prerelease:
        return None
    return "minor" if (base.major, contract[0]) == (0, "major") else contract[0]


def _larger(one: Part, other: Part) -> bool:
    return PARTS.index(one) < PARTS.index(other)


def short_of(
    base: Version | None, new: Version | None, contract: tuple[Part, str] | None
) -> Part | None:
    """The part that is asked for, where the step from `base` to `new` is one, but a smaller one."""
    asked, part = _asked(base, contract), part_between(base, new) if base and new else None
    return asked if asked and part and _larger(asked, part) else None


def _falls_short(facts: Facts, version: Version) -> bool:
    return facts.applies and short_of(facts.base, version, facts.contract) is not None


def advice(facts: Facts, decision: Decision) -> str:
    """What to do about a part that the decision falls short of, or what a change without one means; else ""."""
    if facts.part == "none" and facts.changed and facts.staged and decision.file is None:
        kept = facts.staged.version
        if kept == facts.base:
            return f"{facts.changed} changed, and no part is bumped: a {kept} that is published stays what it is"
    file = decision.file or facts.staged
    asked = short_of(facts.base, file.version if file else None, facts.contract)
    return advised(asked, facts.contract[1]) if asked and facts.contract else ""


def advised(part: Part, what: str) -> str:
    """The line that says so."""
    return f"{what}: that is a {part} version. To make it one: imagebump {part} && git commit --amend --no-edit"


def _because(facts: Facts) -> str:
    start = max((one for one in (facts.base, facts.floor) if one), default=None)
    step = "pre-release" if start and start.prerelease else facts.part
    why = f"{step}: {facts.reason or f'{facts.changed} changed'}"
    return f"{why}; {facts.passed}" if facts.passed else why


def _start(facts: Facts) -> Version:
    """VERSION is gone or was never there: go on from what was, else start."""
    return following(facts.floor, "patch") if facts.floor else FIRST


def _chosen(facts: Facts, staged: VersionFile, floor: Version) -> Decision:
    """A person staged a version of their own: it stays if it is ahead."""
    base = facts.base or "no version"
    if staged.version > floor or facts.allow_downgrade:
        return Decision(None, f"{base} → {staged.version} (staged by hand)")
    raised = following(floor, facts.part if facts.part != "none" else "patch")
    return Decision(
        staged.with_version(raised),
        f"{base} → {raised} ({staged.version} was staged, but {floor} is taken)",
    )


def _merged(facts: Facts, staged: VersionFile, floor: Version) -> Decision:
    """Two lines come together: above both, unless the image is the one that has the higher number.

    What Git merged is nobody's choice; what is ahead of both, or insisted on, is.
    """
    insisted = facts.allow_downgrade and staged.version != facts.base
    if staged.version != facts.ours and (staged.version > floor or insisted):
        return _chosen(facts, staged, floor)
    if not facts.changed:
        return _written(facts, floor, "merged, with the image of that version")
    if facts.part == "none":
        return Decision(None, f"{staged.version} (no part to bump)")
    return _written(facts, following(floor, facts.part), _because(facts))


def _written(facts: Facts, version: Version, why: str) -> Decision:
    if facts.staged is None or facts.staged.version == version:
        return Decision(None, f"{version} ({why})")
    arrow = f"{facts.base} → {version}" if version != facts.base else str(version)
    return Decision(facts.staged.with_version(version), f"{arrow} ({why})")


def following(version: Version, part: Part) -> Version:
    """The next version by `part`; of a pre-release, the next of its kind."""
    return version.bump_prerelease() if version.prerelease else bump(version, part)


def by_hand(base: Version, staged: Version, part: Part, pre: str = "") -> Version:
    """The version that `imagebump PART` gives, relative to the commit's.

    The same part twice is the same version; a larger part replaces a smaller one. UserError
    where a larger one is staged already.
    """
    target = bump(base, part, pre)
    if staged > target and part_between(base, staged) is not None:
        raise UserError(
            f"VERSION is at {staged} already, ahead of {target} ({part} after {base})",
            f"Run: echo {target} > VERSION && git add VERSION, to go back to it",
            status=1,
        )
    return target
