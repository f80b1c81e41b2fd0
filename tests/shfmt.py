"""The shell as shfmt parses it: an oracle for the reader of ours, which shares nothing with it.

Both are brought to one form, of plain tuples. What is not compared (the value of a word that one
of them does not tell) equals everything.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

from imagebump.dockerfile.shell.model import (
    AndOr,
    Command,
    Compound,
    Pipeline,
    Redirect,
    Script,
    Word,
)
from imagebump.dockerfile.shell.reading import Reading

Json = dict[str, Any]
PROGRAM = Path(sys.executable).with_name("shfmt")
_UNARY = re.compile(r"-[a-zA-Z]")


def expected(texts: list[str], dialect: str) -> list[Any]:
    """The form of each text by shfmt; None where it is a syntax error. One process for most of them."""
    if not texts:
        return []
    pieces = [text.encode() + b"\n" for text in texts]
    done = subprocess.run(
        [PROGRAM, "-ln", {"sh": "posix"}.get(dialect, dialect), "--to-json"],
        input=b"".join(pieces), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        forms = _split(json.loads(done.stdout), pieces)
        if forms is not None:
            return forms
    if len(texts) == 1:
        return [None]
    half = len(texts) // 2
    return expected(texts[:half], dialect) + expected(texts[half:], dialect)


def actual(reading: Reading) -> Any:
    """The same form, by our reader."""
    comments = sorted(reading.text[start + 1 : end] for start, end in reading.comments)
    bodies = sorted(body.raw for body in reading.bodies)
    return _script(reading.script), comments, bodies


def _split(file: Json, pieces: list[bytes]) -> list[Any] | None:
    """The form of each piece; None where a statement goes over the end of one."""
    source, forms, start = b"".join(pieces), [], 0
    statements = file.get("Stmts", [])
    comments = list(_all(file, "Comment"))
    bodies = list(_all(file, "Hdoc"))
    for piece in pieces:
        end = start + len(piece)
        inside = [one for one in statements if start <= one["Pos"]["Offset"] < end]
        if any(one["End"]["Offset"] > end for one in inside):
            return None
        forms.append((
            Theirs(source).script(inside),
            sorted(c["Text"] for c in comments if start <= c["Hash"]["Offset"] < end),
            sorted(
                _whole_lines(source[b["Pos"]["Offset"] : b["End"]["Offset"]].decode())
                for b in bodies if start <= b["Pos"]["Offset"] < end
            ),
        ))  # fmt: skip
        start = end
    return forms


def _whole_lines(body: str) -> str:
    """Without the line that ends a heredoc."""
    return body[: body.rfind("\n") + 1]


def _all(node: Any, kind: str) -> Iterator[Json]:
    """All nodes of a kind: comments (told by their key) or bodies of heredocs."""
    if isinstance(node, list):
        for one in node:
            yield from _all(one, kind)
    elif isinstance(node, dict):
        if kind == "Comment" and "Hash" in node:
            yield {"Text": "", **node}
        if node.get("Type") == "CmdSubst" and node.get("Backquotes") and kind == "Comment":
            return
        if kind == "Hdoc" and "Word" in node and node.get("Op") in ("<<", "<<-"):
            yield node.get("Hdoc") or {"Pos": node["End"], "End": node["End"]}
        for value in node.values():
            yield from _all(value, kind)


class Theirs:
    """Shfmt's tree as tuples."""

    def __init__(self, source: bytes, *, escaped: bool = False) -> None:
        self.source = source
        self.escaped = escaped  # inside backquotes, where the text is not what the shell reads

    def script(self, statements: list[Json] | None) -> tuple[Any, ...]:
        return tuple(map(self.and_or, statements or []))

    def and_or(self, statement: Json) -> tuple[Any, ...]:
        terminator = "&" if statement.get("Background") else ""
        if not terminator and "Semicolon" in statement:
            terminator = ";"
        pipelines, operators = self.chain(statement)
        return tuple(pipelines), tuple(operators), terminator

    def chain(self, statement: Json) -> tuple[list[Any], list[str]]:
        command = statement.get("Cmd") or {}
        if command.get("Type") == "BinaryCmd" and command["Op"] in ("&&", "||"):
            left, operators = self.chain(command["X"])
            right, more = self.chain(command["Y"])
            return left + right, [*operators, command["Op"], *more]
        return [self.pipeline(statement)], []

    def pipeline(self, statement: Json) -> tuple[Any, ...]:
        return tuple(self.pipes(statement)), bool(statement.get("Negated"))

    def pipes(self, statement: Json) -> list[Any]:
        command = statement.get("Cmd") or {}
        if command.get("Type") == "BinaryCmd" and command["Op"] == "|":
            return self.pipes(command["X"]) + self.pipes(command["Y"])
        redirects = tuple(map(self.redirect, statement.get("Redirs") or []))
        return [(*self.command(command), redirects)]

    def redirect(self, node: Json) -> tuple[Any, ...]:
        number = (node.get("N") or {}).get("Value", "")
        return number, node["Op"], self.word(node["Word"])

    def command(self, node: Json) -> tuple[Any, ...]:
        reader = getattr(self, "of_" + node.get("Type", "CallExpr"))
        found: tuple[Any, ...] = reader(node)
        return found

    def of_CallExpr(self, node: Json) -> tuple[Any, ...]:
        assignments = tuple(map(self.assignment, node.get("Assigns") or []))
        return "simple", assignments, tuple(map(self.word, node.get("Args") or []))

    def assignment(self, node: Json) -> tuple[Any, ...]:
        if node.get("Array"):
            words = tuple(self.word(one["Value"]) for one in node["Array"].get("Elems") or [])
        else:
            words = (self.word(node["Value"]) if node.get("Value") else ("", "", ()),)
        return node["Name"]["Value"], words, bool(node.get("Append"))

    def of_DeclClause(self, node: Json) -> tuple[Any, ...]:
        words = [(node["Variant"]["Value"], node["Variant"]["Value"], ())]
        words += [(self.raw(one), ANY, tuple(self.scripts(one))) for one in node.get("Args") or []]
        return "simple", (), tuple(words)

    def of_LetClause(self, node: Json) -> tuple[Any, ...]:
        words = [(self.raw(one), ANY, tuple(self.scripts(one))) for one in node["Exprs"]]
        return "simple", (), (("let", "let", ()), *words)

    def of_Block(self, node: Json) -> tuple[Any, ...]:
        return "group", (self.script(node["Stmts"]),), ()

    def of_Subshell(self, node: Json) -> tuple[Any, ...]:
        return "subshell", (self.script(node["Stmts"]),), ()

    def of_IfClause(self, node: Json) -> tuple[Any, ...]:
        parts: list[Any] = []
        one: Json | None = node
        while one:
            if one.get("Cond"):
                parts.append(self.script(one["Cond"]))
            parts.append(self.script(one["Then"]))
            one = one.get("Else")
        return "if", tuple(parts), ()

    def of_WhileClause(self, node: Json) -> tuple[Any, ...]:
        kind = "until" if node.get("Until") else "while"
        return kind, (self.script(node["Cond"]), self.script(node["Do"])), ()

    def of_ForClause(self, node: Json) -> tuple[Any, ...]:
        body = (self.script(node["Do"]),)
        loop = node["Loop"]
        words = tuple(map(self.word, loop.get("Items") or []))
        if not (loop.get("InPos") or {}).get("Line"):
            words = (('"$@"', ANY, ()),)
        return "for", body, (loop["Name"]["Value"], *words)

    def of_CaseClause(self, node: Json) -> tuple[Any, ...]:
        items = tuple(
            (tuple(map(self.word, item["Patterns"])), self.script(item.get("Stmts")))
            for item in node.get("Items") or []
        )
        return "case", items, (self.word(node["Word"]),)

    def of_FuncDecl(self, node: Json) -> tuple[Any, ...]:
        return "function", (self.script([node["Body"]]),), (node["Name"]["Value"],)

    def of_ArithmCmd(self, node: Json) -> tuple[Any, ...]:
        return "arithmetic", (), tuple(self.scripts(node))

    def of_TestClause(self, node: Json) -> tuple[Any, ...]:
        words = map(self.raw, self.operands(node["X"]))  # a file may be named like an operator
        return "test", (), tuple(one for one in words if one is ANY or not _UNARY.fullmatch(one))

    def operands(self, node: Json) -> Iterator[Json]:
        if node["Type"] == "Word":
            yield node
        for key in ("X", "Y"):
            if node.get(key):
                yield from self.operands(node[key])

    def word(self, node: Json) -> tuple[Any, ...]:
        raw = self.raw(node)
        return raw, self.value(node, raw), tuple(self.scripts(node))

    def raw(self, node: Json) -> Any:
        text = self.source[node["Pos"]["Offset"] : node["End"]["Offset"]].decode()
        while text.endswith("\\\n"):
            text = text[:-2]
        return ANY if self.escaped and "\\" in text else text

    def value(self, node: Json, raw: Any) -> Any:
        found = [self.part(part) for part in node.get("Parts") or []]
        return ANY if raw is ANY or None in found else "".join(map(str, found))

    def part(self, part: Json) -> str | None:
        if part["Type"] == "Lit":
            return re.sub(r"\\(?:\n()|(.))", r"\1\2", part["Value"], flags=re.DOTALL)
        if part["Type"] == "SglQuoted":
            value = str(part.get("Value", ""))
            return None if part.get("Dollar") and "\\" in value else value
        if part["Type"] != "DblQuoted" or part.get("Dollar"):
            return None
        pieces = part.get("Parts") or []
        if any(one["Type"] != "Lit" for one in pieces):
            return None
        values = (re.sub(r"\\(?:\n()|([$`\"\\]))", r"\1\2", one["Value"]) for one in pieces)
        return "".join(values)

    def scripts(self, node: Any) -> Iterator[Any]:
        """Of the substitutions in a word, the outermost."""
        if isinstance(node, list):
            for one in node:
                yield from self.scripts(one)
        elif isinstance(node, dict):
            if node.get("Type") in ("CmdSubst", "ProcSubst"):
                escaped = self.escaped or bool(node.get("Backquotes"))
                yield Theirs(self.source, escaped=escaped).script(node.get("Stmts"))
                return
            for key, value in node.items():
                if key not in ("Pos", "End"):
                    yield from self.scripts(value)


def _script(script: Script) -> tuple[Any, ...]:
    return tuple(map(_and_or, script.lists))


def _and_or(one: AndOr) -> tuple[Any, ...]:
    terminator = one.terminator.replace("\n", "")
    return tuple(map(_pipeline, one.pipelines)), one.operators, terminator


def _pipeline(one: Pipeline) -> tuple[Any, ...]:
    return tuple(map(_command, one.commands)), one.negated


def _command(one: Command) -> tuple[Any, ...]:
    redirects = tuple(map(_redirect, one.redirects))
    if isinstance(one, Compound):
        return one.kind, _parts(one), _words(one), redirects
    assignments = tuple((a.name, tuple(map(_word, a.words)), a.appends) for a in one.assignments)
    return "simple", assignments, tuple(map(_word, one.words)), redirects


def _parts(one: Compound) -> tuple[Any, ...]:
    if one.kind == "case":
        return tuple((tuple(map(_word, p.patterns)), _script(p.script)) for p in one.parts)
    return tuple(_script(part.script) for part in one.parts)


def _words(one: Compound) -> tuple[Any, ...]:
    if one.kind in ("for", "function"):
        return (one.name, *map(_word, one.words))
    if one.kind == "test":
        return tuple(word.raw for word in one.words if not _UNARY.fullmatch(word.raw))
    if one.kind == "arithmetic":
        return tuple(_script(script) for word in one.words for script in word.scripts)
    return tuple(map(_word, one.words))


def _redirect(one: Redirect) -> tuple[Any, ...]:
    return one.fd, one.operator, _word(one.target)


def _word(word: Word) -> tuple[Any, ...]:
    value = ANY if word.value is None else word.value
    return word.raw, value, tuple(map(_script, word.scripts))
