"""Run the rules over one Dockerfile. Pure: bytes in, findings out."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, parse
from imagebump.errors import UserError
from imagebump.rules import RULES, not_a_dockerfile
from imagebump.rules.model import SEVERITIES, Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas

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
    rules = chosen(settings)
    try:
        dockerfile = _read(source, path)
    except DockerfileError as error:
        return () if SYNTAX in map(str.upper, settings.ignore) else (_broken(error, path),)
    found = sorted(_findings(dockerfile, rules, settings), key=lambda f: (f.line, f.code))
    return tuple(finding._replace(path=path) for finding in found)


def fixed(source: bytes, settings: LintSettings = LintSettings()) -> bytes:  # noqa: B008  # frozen
    """A Dockerfile with all that can safely be fixed; a second pass changes nothing.

    What cannot be read comes back as it is. UserError as in `lint`.
    """
    rules = [rule for rule in reversed(chosen(settings)) if rule.mend]  # RUNs are joined last
    for _ in range(_MOST_PASSES):
        try:
            edits = next(_edits(_read(source), rules, settings), None)
        except DockerfileError:
            return source
        if edits is None:
            break
        source = apply(source, edits)
    return source


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
        near = get_close_matches(word.upper(), RULES, n=1) or get_close_matches(word, known, n=1)
        rules = ", ".join(RULES)
        raise UserError(
            f"there is no lint rule {word[:40]!r}", f"Use {near[0] if near else f'one of {rules}'}"
        )
    return found


def _codes(words: Iterable[str]) -> set[str]:
    codes: set[str] = set()
    for word in words:
        codes |= set(RULES) if word in ("default", "all") else {named(word)}
    return codes


def _findings(
    dockerfile: Dockerfile, rules: Iterable[Rule], settings: LintSettings
) -> Iterator[Finding]:
    silenced = pragmas(dockerfile)
    for rule in rules:
        yield from silenced.heard(rule, dockerfile, settings)


def _broken(error: DockerfileError, path: str) -> Finding:
    line = max(error.line, 1)
    name = not_a_dockerfile.NAME
    return Finding(SYNTAX, name, "error", error.reason, line, 1, line, path=path)
