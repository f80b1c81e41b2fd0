"""Commands that put programs of any name where the shell may look for them first."""

import re

from imagebump.rules.programs import base, names

_SAME_EITHER_WAY = names(
    "apk rm rmdir mkdir touch cat ln chmod chown chgrp mv adduser addgroup true false sleep test env"
    " uname pwd basename dirname wc head tail id whoami sync ldconfig getent which"
)
"""Programs that do the same whether they are busybox or what replaces it."""

_BUILDERS = names("make gmake ninja meson cmake rake scons waf bazel")
_PIP = re.compile(r"pip[\d.]*|uv|pipx")
_NOT_PLAIN = re.compile(
    r"-[a-z]*[re]$|--(?:requirement|editable|constraint).*|.*[/:$`*]|\.|.*\bpip"
)
_NODE = names("npm yarn pnpm bun npx corepack")
_FETCHES = names("ci install i add link require global update upgrade")
_FILLS = names("bundle poetry pipenv pdm hatch composer stack cabal luarocks opam")
_MODULE = re.compile(r"(?!.*cpan)[\w:-]+", re.IGNORECASE)


def puts_any_program(words: list[str], local: bool) -> bool:
    """Does it? `words` are a command's; `local`: the PATH names a directory of a project."""
    program, rest = base(words[0]) if words else "", set(words[1:])
    if program in _BUILDERS:
        return any("install" in word for word in rest)
    if re.fullmatch(r"python[\d.]*", program):
        module = words[2] if words[1:2] == ["-m"] and len(words) > 2 else ""
        if module:
            return puts_any_program([module, *words[3:]], local)
        return bool({"install", "develop"} & rest)
    if _PIP.fullmatch(program):
        return "install" in rest and any(map(_NOT_PLAIN.match, rest - {"install"}))
    if program in _NODE:
        everywhere = bool({"-g", "--global", "global", "enable"} & rest)
        return everywhere or (local and (not rest or bool(_FETCHES & rest)))
    if program == "cpanm":
        modules = [word for word in rest if not word.startswith("-")]
        return not modules or not all(map(_MODULE.fullmatch, modules))
    if program in _FILLS:
        return bool(_FETCHES & rest) if program != "composer" else local and bool(_FETCHES & rest)
    return program in ("cargo", "go") and "install" in rest and bool({"--path", "--git"} & rest)


def replaces_busybox(words: list[str], name: str) -> bool:
    """May packages of Alpine bring another program of this name?"""
    program = next((base(word) for word in words if base(word) in ("apk", "opkg")), "")
    return (
        bool(program)
        and bool({"add", "install", "upgrade"} & set(words))
        and name not in _SAME_EITHER_WAY
    )
