"""A parsed shell text in one line, for tables: every word of known value is in its final form.

A word that the shell computes has a `?` in front and stays as written, with the scripts of its
substitutions behind it in `<…>`.
"""

from imagebump.dockerfile.shell.model import (
    AndOr,
    Assignment,
    Command,
    Compound,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Word,
)


def shape(script: Script) -> str:
    """Lists with their terminators."""
    return " ".join(map(_and_or, script.lists)).strip()


def _and_or(one: AndOr) -> str:
    pieces = [_pipeline(one.pipelines[0])]
    for operator, pipeline in zip(one.operators, one.pipelines[1:], strict=True):
        pieces += [operator, _pipeline(pipeline)]
    return " ".join([*pieces, one.terminator.replace("\n", "⏎")]).strip()


def _pipeline(one: Pipeline) -> str:
    return "! " * one.negated + " | ".join(map(_command, one.commands))


def _command(one: Command) -> str:
    pieces = _simple(one) if isinstance(one, Simple) else [_compound(one)]
    return " ".join([*pieces, *map(_redirect, one.redirects)])


def _simple(one: Simple) -> list[str]:
    return [*map(_assignment, one.assignments), *map(_word, one.words)]


def _compound(one: Compound) -> str:
    head = " ".join([one.kind, *[one.name] * bool(one.name), *map(_word, one.words)])
    return head + "".join(
        ("(" + " ".join(map(_word, part.patterns)) + ")" if one.kind == "case" else "")
        + ("[%s]" if part.role == "condition" else "{%s}") % shape(part.script)
        for part in one.parts
    )


def _assignment(one: Assignment) -> str:
    words = " ".join(map(_word, one.words))
    return f"{one.name}{'+' * one.appends}={f'({words})' if one.is_array else words}"


def _redirect(one: Redirect) -> str:
    return f"{one.fd}{one.operator}{_word(one.target)}"


def _word(word: Word) -> str:
    if word.value is None:
        return f"?{word.raw}" + "".join(f"<{shape(script)}>" for script in word.scripts)
    plain = word.value and not set(word.value) & set(" \t\n'\"?$;&|<>(){}#⏎")
    return word.value if plain else repr(word.value)
