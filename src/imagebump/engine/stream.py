"""What an engine says while it builds and pushes: progress for the report, the result, or the failure."""

import base64
import re
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any

from imagebump.bars import Bar, together
from imagebump.engine import HiddenInputsError, PushRefusedError, Report, pulls, trace
from imagebump.errors import StepFailedError, UserError
from imagebump.plan import BuildPlan

SILENCE = 6 * 3600
"""Seconds without a word after which a build is given up."""
_MEND = "Mend it and commit, or run: imagebump retry"
_LONG = 1 << 16
"""Characters of a line after which its end is not waited for."""
_OUTER = re.compile(
    r"^(failed to solve[^:]*: |rpc error: code = \w+ desc = |failed to create LLB definition: )+"
)
_LAST = 20
"""How many lines of a step that failed are told again."""
SAID = "| "
"""What these lines begin with in the log."""
_CODE = re.compile(
    r"exit code: (\d+)|returned a non-zero code: (\d+)|building at STEP .*: exit status (\d+)$"
)
"""How a step ended: BuildKit's words, the classic builder's and Podman's."""
_STEP = re.compile(r"(?:Step \d+/\d+ : |(?:\[\d+/\d+\] )?(STEP) \d+/\d+: )(.*)")
"""The same of how one begins, without BuildKit's; Podman's word apart."""
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def built(
    lines: Iterable[Mapping[str, Any]], report: Report, expected: Sequence[str] | None = None
) -> str:
    """Follow a build to its end and give the image's id. UserError with the failing step where it fails.

    `expected` are the COPY and ADD instructions and the --mount flags of the Dockerfile:
    HiddenInputsError where there were others; with None, any may be there.
    """
    steps, image = Steps(report), ""
    for line in lines:
        if "errorDetail" in line or "error" in line:
            raise steps.problem(_error(line))
        aux = line.get("aux")
        if line.get("id") == "moby.buildkit.trace" and isinstance(aux, str):
            with suppress(ValueError):  # progress that cannot be read costs the build nothing
                steps.take(trace.decode(base64.b64decode(aux)))
        elif isinstance(aux, dict) and "ID" in aux:
            image = aux["ID"]
        elif "stream" in line:
            steps.classic(line["stream"])
    steps.end()
    if not image:
        raise UserError(
            "the engine ended the build without an image and without an error", status=1
        )
    if expected is not None and steps.copied_more(expected):
        raise HiddenInputsError
    return image


def copies(plan: BuildPlan) -> list[str] | None:
    """The instructions that copy, and the mounts; None where the key knows the whole context anyway."""
    if plan.is_whole:
        return None
    found = []
    for one in plan.dockerfile.instructions:
        if one.name in ("COPY", "ADD"):
            found.append(one.text)
        elif one.name == "RUN":
            found += [flag for flag in one.flags if flag.startswith("--mount=")]
    return found


class Steps:
    """The steps of a build as they come and go."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._names: dict[str, str] = {}
        self._done: set[tuple[str, float]] = set()  # by when they began: some go on after their end
        self._begun: dict[str, str] = {}  # the line of each step that has no end yet
        self._failed = ""
        self._current, self._since, self._cached = "", 0.0, False
        self._moving: dict[str, dict[str, Bar]] = {}  # of each step under way, what it transfers
        self._said: dict[str, deque[str]] = {}  # the last that each step printed
        self._triggers = False
        self._shown: list[str] = []  # each step of Podman's

    @property
    def failed(self) -> str:
        """The first step that failed; "" where none did."""
        return self._names.get(self._failed, "")

    def take(self, status: trace.Status) -> None:
        """One message of BuildKit's."""
        for vertex in status.vertexes:
            if vertex.digest not in self._names:
                self._names[vertex.digest] = vertex.name
                self._report.log(f"#{len(self._names)} {vertex.name}")
            if vertex.started and not vertex.completed:
                self._moving.setdefault(vertex.digest, {})
                self._report.step(vertex.name)
        for log in status.logs:
            self._printed(log)
        for vertex in status.vertexes:
            if not vertex.completed:
                continue
            self._moving.pop(vertex.digest, None)
            if (part := (vertex.digest, vertex.started)) not in self._done:
                self._done.add(part)
                self._ended(vertex)
        for transfer in status.transfers:
            if transfer.total and transfer.vertex in self._moving:
                bar = Bar(transfer.name, transfer.current, transfer.total)
                self._moving[transfer.vertex][transfer.name] = bar
        self._report.bars(
            [together(self._names[key], bars.values()) for key, bars in self._moving.items()]
        )

    def _say(self, step: str, text: str, indent: str = "  ") -> None:
        self._said.setdefault(step, deque(maxlen=_LAST)).append(text)
        self._report.log(f"{indent}{text}")

    def _printed(self, log: trace.Log) -> None:
        """Whole lines only, however they come: a secret that comes in two pieces would not be known for one."""
        *lines, rest = (self._begun.pop(log.vertex, "") + log.text).split("\n")
        if len(rest) > _LONG:
            lines, rest = [*lines, rest], ""
        if rest:
            self._begun[log.vertex] = rest
        for line in lines:
            for text in line.splitlines():  # a bar is drawn by returns
                self._say(log.vertex, _ANSI.sub("", text))

    def copied_more(self, expected: Sequence[str]) -> bool:
        """Was something copied or mounted that nothing of `expected` names?

        BuildKit shows triggers as steps like any other, in capitals behind the step's number (but in
        a stage that has no step of its own), without quotes, and with variables resolved. What it
        calls `copy /context /` is its own way to read a tar. Podman shows them as they were written.
        """
        steps = [re.sub(r"^\[[^\]]*\] ", "", name) for name in self._names.values()] + self._shown
        read = {part for step in steps for part in _reading(step)}
        known = re.compile("|".join(map(_pattern, expected)))
        return self._triggers or not all(known.fullmatch(part) for part in read)

    def _ended(self, vertex: trace.Vertex) -> None:
        if vertex.digest in self._begun:
            self._printed(trace.Log(vertex.digest, "\n"))
        if vertex.error:
            self._failed = self._failed or vertex.digest
            self._report.log(f"  failed: {vertex.error}")
        elif vertex.cached:
            self._report.log(f"  cached: {vertex.name}")
        else:
            self._report.timing(vertex.name, vertex.completed - vertex.started)

    def classic(self, text: str) -> None:
        """One line of the classic builder's."""
        for line in _ANSI.sub("", text).splitlines():
            if begun := _STEP.fullmatch(line):
                self._begin(*begun.groups())
                self._report.log(line)
                continue
            self._cached |= line.lstrip(" -").startswith("> Using cache")
            self._triggers |= line.startswith("# Executing") and "build trigger" in line
            if line.strip():
                self._say("", line, "")

    def _begin(self, podman: str | None, step: str) -> None:
        """A step of a builder without BuildKit, which has one at a time."""
        self.end()
        self._current, self._since, self._cached = step, time.monotonic(), False
        self._report.step(step)
        self._said.pop("", None)
        if podman:
            words = step.split(maxsplit=1)
            self._shown.append(" ".join([words[0].upper(), *words[1:]]) if words else "")

    def end(self) -> None:
        """The end of the last one, if there is any."""
        if self._current and not self._cached:
            self._report.timing(self._current, time.monotonic() - self._since)

    def problem(self, error: str) -> UserError:
        """What became of the build, with what to type."""
        reason = self.failure(error)
        kind = StepFailedError if " failed with exit status " in reason else UserError
        return kind(reason, _MEND, status=1)

    def failure(self, error: str) -> str:
        """The failure in one line: the step and what became of it."""
        self._report.log(f"failed: {error}")
        for line in self._said.get(self._failed, ()):
            self._report.log(f"{SAID}{line}")
        code = _CODE.search(error)
        step = re.sub(r"^\[[^\]]*\] ", "", self.failed or self._current)
        if code and step:
            return f"{step} failed with exit status {next(filter(None, code.groups()))}"
        if pull := pulls.explain(error, step or self.failed):
            return pull
        return _OUTER.sub("", error)


def _reading(step: str) -> list[str]:
    """What of a step may read the context: a whole COPY or ADD, the mounts of a RUN."""
    name, *words = step.split() or [""]
    if name in ("COPY", "ADD"):
        return [_bare(step)]
    flags = takewhile(lambda word: word.startswith("--"), words if name == "RUN" else [])
    return [_bare(flag) for flag in flags if flag.startswith("--mount=")]


def _pattern(text: str) -> str:
    """A pattern for what BuildKit shows of an instruction or flag, whatever its variables hold."""
    return r"\S*".join(map(re.escape, re.split(r"\$\{[^}]*\}|\$\w+", _bare(text))))


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[\"'\\]", "", text).upper().split())


def pushed(lines: Iterable[Mapping[str, Any]], report: Report) -> None:
    """Follow a push to its end. PushRefusedError where it fails: the engine raises nothing by itself.

    The rest of what it says is read all the same: a connection is only closed behind its last word.
    """
    layers: dict[str, Bar] = {}
    failure = ""
    report.step("push")
    for line in lines:
        if "errorDetail" in line or "error" in line:
            failure = failure or _error(line)
            continue
        progress = line.get("progressDetail") or {}
        layer = line.get("id", "")
        if progress.get("total"):
            layers[layer] = Bar(f"push {layer}", progress.get("current", 0), progress["total"])
            report.bars([bar for bar in layers.values() if bar.current < bar.total])
        elif line.get("status") and not progress:
            report.log(f"push {line.get('id', '')} {line['status']}".replace("  ", " "))
    if failure:
        report.log(f"push failed: {failure}")
        raise PushRefusedError(failure)


def pulled(lines: Iterable[Mapping[str, Any]], name: str) -> None:
    """Follow a pull to its end. UserError where it fails."""
    failed = [_error(line) for line in lines if "errorDetail" in line or "error" in line]
    if failed:
        raise UserError(f"cannot pull {name}: {failed[0]}", "Run: imagebump retry", 1)


def _error(line: Mapping[str, Any]) -> str:
    detail = line.get("errorDetail") or {}
    return str(detail.get("message") or line.get("error") or "no reason given").strip()
