"""What stands between two RUNs, and may keep them apart."""

import re
from collections.abc import Iterator
from itertools import takewhile

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules.programs import short

_PRAGMA = re.compile(
    rb"(?:hadolint|imagebump|shellcheck|renovate|checkov|trivy|kics-scan|nosemgrep|semgrep|nosonar"
    rb"|trunk-ignore|snyk|dockle|grype|anchore|tally|lint|noqa|pragma|codeql|gitleaks|dockerfile"
    rb"|datasource|x-release|vale|spell|cspell|syntax|escape|check|nolint|skipcq|dependabot"
    rb"|nosec|noinspection|ggignore|zizmor|lgtm\[|[\w-]+[-_](?:ignore|disable|allow|skip)(?:-[a-z-]+)?"
    rb"|prettier-ignore|editorconfig-checker|jscpd|codespell|markdownlint|sonar|pylint|dockerlint|dockerfile_?lint)\b\s*[:=]?",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    rb"(?:check|lint|escape|syntax|vale|spell|dockerfile)\b(?![-_]|\s*[:=])", re.IGNORECASE
)
_MARKER = re.compile(
    rb"\W*@\w|\W*(?:BEGIN|END|START|STOP|ANCHOR|MARKER|SNIPPET|SECTION|BLOCK|INCLUDE|TEMPLATE|GENERATED)\b"
    rb"|\W*(?:(?:begin|end|start|stop|anchor|marker|snippet|include|template|tag|docs?|fold|region)\b ?[-:\[({<]"
    rb"|(?:end)?(?:region|snippet|tag|fold|if|for|block)\s*$)"
    rb"|[a-z][\w.-]*:(?![ /]|$)|(?!note|todo|fixme|see|source|ref|usage|example|https?)[a-z][\w-]*: *[\w./-]+=?[\w./-]*$"
)
"""What opens or closes a part of a file, or looks like a setting."""

_PREPROCESSED = re.compile(
    rb"#+[ \t]*(?:if|ifn?def|elif|else|elsif|endif|include|define|undef|fi|for|endfor|case|esac|macro)\b"
    rb"|#+(?:import|warning|error|pragma|region|endregion|line|set|end|extends|parse|foreach)\b"
    rb"|#[@%!+$&:.;,~^|?<>{\[(-][^-=\s]|#[@%!]"
)
"""What cpp, m4, ytt, Velocity and the like read where a shell reads a comment."""

_PROSE = re.compile(rb"#+ +[a-z]+(?: [A-Za-z,.'-]+){3,}$")
_TEMPLATE = re.compile(
    rb"\{[{%#]|[%#]\}|\}\}|<%|%>|\[%|@@|%%|__\w+__|\$[\[{(]|\b(?:tag|end|include)::|\w::\S*\[|<<<|>>>|\[\[|\b(?:m4_|jinja)|8<|\[(?:start|end)\b|</?\w[\w:-]*>"
)

_INSTRUCTION = re.compile(
    rb"(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL"
    rb"|STOPSIGNAL|USER|VOLUME|WORKDIR)[ \t]+\S"
)


_APART = re.compile(
    rb"\b(?:separate|own|another|new|different|distinct|extra)\W+(?:docker\W+|image\W+|cached?\W+)?(?:layer|run|step|instruction|command)s?\b"
    rb"|\b(?:do not|don.?t|never|not be)\W+(?:be\W+)?(?:merge|join|combine|squash|collapse|fold|move)"
    rb"|\b(?:separately|separated?\W+(?:from|out|so|to|for)|kept? (?:apart|separate))\b"
    rb"|\A(?=.*\blayers?\b).*\bcach|\b(?:for|better|docker|leverage|use of)\W+(?:build\W+|layer\W+)?cach(?:e|ing)\b",
    re.IGNORECASE,
)
"""What says in words why a RUN stands by itself."""


def between(dockerfile: Dockerfile, first: Instruction, second: Instruction) -> Iterator[str]:
    """Clauses on the comments at two instructions, of which the second one is the subject."""
    gap = dockerfile.lines[first.end : second.start - 1]
    for line in gap:
        if found := against(line):
            yield found
    above = takewhile(_is_comment, reversed(dockerfile.lines[: first.start - 1]))
    for line in (*gap, *above):
        if _is_comment(line) and _APART.search(line):
            yield f"has a comment near it that wants a layer of its own ({_shown(line)})"


def _is_comment(line: bytes) -> bool:
    return line.lstrip().startswith(b"#")


def _shown(line: bytes) -> str:
    return short(line.decode().strip())


def against(line: bytes) -> str:
    """Why a comment may not be put into a RUN, as a clause on the one below it; "" where it may."""
    comment = line.strip().lstrip(b"#").strip()
    if _PRAGMA.match(comment) and not _SPOKEN.match(comment):
        return "has a comment for a tool above it, which speaks of this RUN alone"
    if _INSTRUCTION.match(comment):
        return "has an instruction above it that is commented out"
    if _is_for_a_tool(line.strip(), comment):
        return f"has a comment above it that a tool may read ({short(line.decode())})"
    return ""


def _is_for_a_tool(line: bytes, comment: bytes) -> bool:
    """Does it look like more than a remark for people?"""
    return bool(
        (_PREPROCESSED.match(line) and not _PROSE.match(line))
        or _MARKER.match(comment)
        or _TEMPLATE.search(comment)
    )
