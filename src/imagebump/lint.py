"""Run the rules over one Dockerfile. Pure: bytes in, findings out."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain

from imagebump.dockerfile.edit import Edit, apply, moved
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, parse
from imagebump.errors import UserError
from imagebump.rules import not_a_dockerfile
from imagebump.rules.model import SEVERITIES, Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas
from imagebump.rules.table import RULES
from imagebump.spelling import nearest

SYNTAX = not_a_dockerfile.CODE
"""The code of a file that is not a Dockerfile: no rule, and never left out by a selection."""

LARGEST = 1 << 20
"""Bytes: a longer file is none that people write, and not worth the time of a commit."""
_MOST_INSTRUCTIONS = 2000  # an image cannot have so many layers

_MOST_PASSES = 1000  # each of them takes an instruction out of the file


def lint(source: bytes, path: str, settings: LintSettings = LintSettings()) -> tuple[Finding, ...]:  # noqa: B008  # frozen
    """The findings in a Dockerfile, from top to bottom; `path` is only what they name.

    UserError where `settings` name a rule that does not exist.
    """
    try:
        found = _found(_read(source, path), settings)
    except DockerfileError as error:
        return () if SYNTAX in map(str.upper, settings.ignore) else (_broken(error, path),)
    if any(_may_be_fixed(finding, settings) for finding in found):
        found = _marked(source, found, settings)
    return tuple(finding._replace(path=path) for finding in found)


def fixed(source: bytes, settings: LintSettings = LintSettings()) -> bytes:  # noqa: B008  # frozen
    """A Dockerfile with all that can safely be fixed; a second pass changes nothing.

    What cannot be read comes back as it is. UserError as in `lint`.
    """
    for edits in _passes(source, settings):
        source = apply(source, edits)
    return source


def _passes(source: bytes, settings: LintSettings) -> Iterator[tuple[Edit, ...]]:
    """The edits of each pass, which are made before the next one."""
    rules = [rule for rule in reversed(chosen(settings)) if rule.mend]  # RUNs are joined last
    for _ in range(_MOST_PASSES):
        try:
            edits = next(_edits(_read(source), rules, settings), None)
        except DockerfileError:
            return
        if edits is None:
            return
        yield edits
        source = apply(source, edits)


def _read(source: bytes, path: str = "Dockerfile") -> Dockerfile:
    """A file that can be linted. DockerfileError for any other."""
    if len(source) > LARGEST:
        raise DockerfileError(f"more than {LARGEST >> 20} MiB: too large to be linted", path)
    dockerfile = parse(source, path)
    if len(dockerfile.instructions) > _MOST_INSTRUCTIONS:
        reason = f"more than {_MOST_INSTRUCTIONS} instructions: too many to be linted"
        raise DockerfileError(reason, path)
    return dockerfile


def _edits(
    dockerfile: Dockerfile, rules: Iterable[Rule], settings: LintSettings
) -> Iterator[tuple[Edit, ...]]:
    """The edits of each rule that has some."""
    silenced = pragmas(dockerfile).file
    for rule in rules:
        if rule.mend is None or silenced & {rule.code, *rule.aliases}:
            continue
        if found := rule.mend(dockerfile, settings):
            yield found


def chosen(settings: LintSettings) -> tuple[Rule, ...]:
    """The rules that `settings` select and do not ignore. UserError for one that does not exist."""
    selected = _codes(settings.select) - _codes(settings.ignore)
    return tuple(rule for rule in RULES.values() if rule.code in selected)


def fails(finding: Finding, settings: LintSettings) -> bool:
    """Is it at or above the severity that fails?"""
    return SEVERITIES.index(finding.severity) <= SEVERITIES.index(settings.fail_on)


def named(word: str) -> str:
    """The code of the rule with the code or name `word`. UserError where there is none."""
    known = {SYNTAX: SYNTAX} | {key: r.code for r in RULES.values() for key in (r.code, r.name)}
    found = known.get(word.upper()) or known.get(word.lower())
    if found is None:
        near = _near(word[:40], known.keys() - {SYNTAX})
        use = f"Use {near}" if near else f"There are {', '.join((SYNTAX, *RULES))}"
        raise UserError(
            f"there is no lint rule {word[:40]!r}", f"{use}. All are in: imagebump lint --explain"
        )
    return found


def _near(word: str, known: Iterable[str]) -> str:
    """The code or the name that was meant, perhaps by hadolint's code, or ""."""
    shared = (rule.code for rule in RULES.values() if word.upper() in rule.aliases)
    return next(shared, "") or nearest(word.upper(), known) or nearest(word.lower(), known)


def _codes(words: Iterable[str]) -> set[str]:
    codes: set[str] = set()
    for word in words:
        codes |= set(RULES) if word in ("default", "all") else {named(word)}
    return codes


def _found(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Finding, ...]:
    silenced = pragmas(dockerfile)
    found = (silenced.heard(rule, dockerfile, settings) for rule in chosen(settings))
    return tuple(sorted(chain.from_iterable(found), key=lambda f: (f.line, f.code)))


def _may_be_fixed(finding: Finding, settings: LintSettings) -> bool:
    """Is it of a kind that is fixed? Whether this one is takes the fix, and that takes time."""
    return bool(RULES[finding.code].mend) and (
        finding.severity != "info" or settings.merge == "all"
    )


def _marked(source: bytes, found: Sequence[Finding], settings: LintSettings) -> tuple[Finding, ...]:
    """`found`, with those marked that are gone from what a fix makes of `source`."""
    passes = tuple(_passes(source, settings))
    if not passes:
        return tuple(found)
    after = parse(reduce(apply, passes, source))
    left = Counter((finding.code, finding.line) for finding in _found(after, settings))
    starts = parse(source).offsets
    places = [_place(starts[finding.line - 1], passes, after) for finding in found]
    gone = set()
    for number in sorted(range(len(found)), key=lambda n: places[n]):  # what no edit took is first
        key = (found[number].code, places[number][1])
        gone |= set() if left[key] else {number}
        left[key] -= left[key] > 0
    return tuple(one._replace(fixable=number in gone) for number, one in enumerate(found))


def _place(
    position: int, passes: Iterable[tuple[Edit, ...]], after: Dockerfile
) -> tuple[bool, int]:
    """Was the byte at `position` taken by an edit, and where does the instruction start that has it now?"""
    taken = False
    for edits in passes:
        position, was = moved(position, edits)
        taken = taken or was
    line = bisect_right(after.offsets, position)
    return taken, next((one.start for one in after.instructions if one.end >= line), 0)


def _broken(error: DockerfileError, path: str) -> Finding:
    line = max(error.line, 1)
    name = not_a_dockerfile.NAME
    return Finding(SYNTAX, name, "error", error.reason, line, 1, line, path=path)
