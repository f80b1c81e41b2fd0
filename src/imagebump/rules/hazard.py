"""Why one RUN may not be put behind another in one shell: what would then be different.

`A && B` does what the RUNs A and B do only where nothing of A's shell reaches B, and B sees
nothing that Docker renews between two RUNs. What is not known to be harmless is an obstacle.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from imagebump.dockerfile.shell.model import Unknown
from imagebump.dockerfile.shell.reading import LONGEST, Reading
from imagebump.rules.erased import erased
from imagebump.rules.hashed import hashed
from imagebump.rules.leaks import SUBSHELLS_DIFFER, leaks
from imagebump.rules.links import writes_through
from imagebump.rules.odd import BELOW_A_VOLUME, STARTS_SERVICES
from imagebump.rules.outside import outside
from imagebump.rules.packages import leaves_a_job
from imagebump.rules.programs import all_programs, base, names, redirects, remembered, short, texts
from imagebump.rules.removed import removed
from imagebump.rules.replaced import replaced_shell
from imagebump.rules.runs import Run
from imagebump.rules.volumes import stays_outside


class Obstacle(NamedTuple):
    """What keeps two RUNs apart: the line of the one to blame, and a clause without its subject.

    `stays_inside` says that it is no obstacle where the first runs in a shell of its own.
    """

    line: int
    reason: str
    stays_inside: bool = False


_ON_FILES = names(": [ cat chmod chown cp echo ln mkdir mv printf rm rmdir set tee test touch true")
_NO_HASH = names("type hash")
_ATTRIBUTES = names("setcap setfattr setfacl")
_LOOKS_ON = names("ps pgrep pidof pstree")
_names_script = remembered(re.compile(r"/proc/(?:1|\$)").search)
_OF_THE_SHELL = names(
    "_ ! LINENO SECONDS PIPESTATUS BASH_COMMAND BASH_LINENO BASHPID BASH_SUBSHELL SHLVL PPID"
    " RANDOM HISTCMD BASH_EXECUTION_STRING BASH_CMDS"
)
_OF_THE_LAST = names("SHLVL PPID BASHPID BASH_EXECUTION_STRING")
_ENVIRONMENT = (
    *(["env"], ["printenv"], ["export", "-p"], ["export"], ["set"], ["declare"], ["typeset"]),
    *([name, option] for name in ("declare", "typeset") for option in ("-x", "-p", "-px")),
)
_LOCALES = re.compile(
    r"locale-gen|localedef|update-locale|\blocales\b|langpack|language-pack|glibc-(?:common|locale)|musl-locales"
)
_names_locales = remembered(_LOCALES.search)
_BY_LOCALE = re.compile(r"[*?\[]|\$\{(?:#|\w+[:^,%#/])|\b(?:printf|read|case|select|ulimit)\b")
_ANY_ORDER = re.compile(r"[\w./*-]+\*")
_LIKE_JSON = re.compile(r"\[[\s\[{]*(?:[\"\]}]|-?\d|(?:true|false|null)\b)")


def obstacles(first: Run, second: Run, seam: str = "&&") -> Iterator[Obstacle]:
    """Everything that keeps `second` from standing behind `first`, from the surest on.

    `seam` is what would stand between them.
    """
    a, b = first.reading, second.reading
    place = first.place
    kept = place.odd == BELOW_A_VOLUME and (_only_prints(a) or stays_outside(first))
    kept = kept or (place.odd == STARTS_SERVICES and _installs_nothing(a))
    if place.odd and not kept:
        yield Obstacle(first.line, place.odd)
    for run, reading in ((first, a), (second, b)):
        yield from (Obstacle(run.line, reason) for reason in _unfit(run.text, reading))
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return
    named, then = first.named or a, second.named or b
    yield from (Obstacle(first.line, *leak) for leak in leaks(first, a, then, seam))
    yield from (
        Obstacle(first.line, reason)
        for reason in (
            *outside(named, then, place.workdir),
            *replaced_shell(named, then, place.workdir),
        )
    )
    if word := removed(named, place.workdir) or erased(named, place.workdir):
        why = "which Docker makes again for the next RUN"
        yield Obstacle(first.line, f"may remove the directory it starts in ({word}), {why}")
    if writes_through(named, then, place.workdir, place.links, own=place.has_own_packages):
        yield Obstacle(first.line, "may make hard links, which the next RUN would write through")
    yield from (Obstacle(second.line, reason) for reason in _looks_back(b))
    if name := hashed(a, b, place.has_local_programs, place.above_programs):
        why = f"may replace {name}, whose place the shell remembers"
        yield Obstacle(first.line, why, not a.uses & SUBSHELLS_DIFFER)
    if a.names & _ATTRIBUTES and "mv" in all_programs(b):
        yield Obstacle(first.line, "sets attributes, which a mv from one layer to another may lose")
    if "$" in a.uses:
        yield Obstacle(first.line, "speaks of its own process ($$)")
    for run, reading in ((first, a), (second, b)):
        yield from (Obstacle(run.line, reason) for reason in _counts_shells(reading, run is first))
    if any("ld.so.preload" in text for text in texts(a)):
        yield Obstacle(first.line, "changes what each program loads (ld.so.preload)")
    if any(map(_names_locales, texts(a))) and _BY_LOCALE.search(_without_removals(b)):
        yield Obstacle(first.line, "makes locales, by which the next RUN would sort")
    if package := leaves_a_job(named, place.denies_services):
        yield Obstacle(first.line, f"may leave a process behind (the package {short(package)})")
    if len(first.text.encode()) + len(second.text.encode()) + 100 > LONGEST:
        yield Obstacle(second.line, "would make one script of more than 64 KB")


def _only_prints(a: Reading | Unknown) -> bool:
    """Does it certainly write nothing?"""
    if isinstance(a, Unknown) or any(True for _ in redirects(a)):
        return False
    return all(one.name in ("echo", ":", "true") and not one.assignments for one in a.commands)


def _installs_nothing(a: Reading | Unknown) -> bool:
    """Does it certainly install no package?"""
    return isinstance(a, Reading) and all(one.name in _ON_FILES for one in a.commands)


def _without_removals(b: Reading) -> str:
    """Its text without what `rm` is told by `*`, which is the same in any order."""
    text = b.text
    removals = (one.words for one in b.commands if one.name == "rm")
    told = Counter(word.raw for words in removals for word in words)
    for word, count in told.items():
        if _ANY_ORDER.fullmatch(word) and b.text.count(word) == count:
            text = text.replace(word, "")
    return text


def changes_shell(first: Run, second: Run) -> bool:
    """Does `first` leave anything in its shell that `second` would see, whatever stands between them?"""
    a, b = first.reading, second.reading
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return True
    leaves = any(True for _ in leaks(first, a, second.named or b, ";"))
    return leaves or bool(hashed(a, b, first.place.has_local_programs, first.place.above_programs))


def _unfit(text: str, reading: Reading | Unknown) -> Iterator[str]:
    if isinstance(reading, Unknown):
        yield f"is not plain enough to be sure ({reading.reason})"
    elif not reading.script.lists:
        yield "holds no command"
    elif _LIKE_JSON.match(text):
        yield "starts like a JSON array, which Docker would take for the exec form"
    elif "<<" in text:
        yield "may hold a heredoc"
    elif "C:\\" in text:
        yield "is written for Windows"


def _counts_shells(reading: Reading, is_first: bool) -> Iterator[str]:
    """Would it tell whether its shell goes on behind it, or stands in a group? Bash ends before a last command."""
    for name in sorted(reading.uses & _OF_THE_LAST) if is_first else ():
        yield f"reads ${name}, which hangs on whether its shell goes on behind it"
    for command in reading.commands:
        words = [word.value for word in command.words]
        kept = any(">" in one.operator for one in command.redirects)
        if kept and words and [base(words[0]), *words[1:]] in _ENVIRONMENT:
            yield "writes all of its environment to a file, in which bash counts its shells"


def _looks_back(b: Reading) -> Iterator[str]:
    for name in sorted(b.uses & _OF_THE_SHELL):
        yield f"reads ${name}, which speaks of what its shell did before"
    words = [[word.value for word in one.words] for one in b.commands]
    if any(
        w[:1] and (w[0] in _NO_HASH or w == ["set"] or w[:2] == ["command", "-V"]) for w in words
    ):
        yield "asks what its shell remembers"
    if any(
        w[:1] in (["declare"], ["typeset"]) and (len(w) == 1 or "p" in str(w[1])) for w in words
    ):
        yield "asks what its shell remembers"
    if b.names & _LOOKS_ON or any(map(_names_script, texts(b))):
        yield "may read the script of its shell"
    if any(base(one.name) == "times" for one in b.commands):
        yield "asks for the times of its shell"
