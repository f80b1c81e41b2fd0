"""Programs that a shell remembers the place of, and that are replaced before they run again."""

import re
from itertools import dropwhile

from imagebump.dockerfile.shell.model import Simple, Word
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import base, names, written

_BUILTINS = names(
    ": . [ alias bg break cd command continue echo eval exec exit export false fg getopts hash"
    " jobs kill local printf pwd read readonly return set shift source test times trap true type"
    " ulimit umask unalias unset wait declare typeset let shopt pushd popd dirs"
)
_HARMLESS = _BUILTINS | names(
    "basename cat chgrp chmod chown cut date diff dirname du expr find getent grep egrep fgrep head"
    " id ls md5sum mkdir nproc readlink realpath rm rmdir sed sha1sum sha256sum sha512sum sleep"
    " sort tail touch tr uname uniq wc which whoami locale-gen groupadd useradd addgroup adduser"
    " ldconfig dpkg-query file stat env"
)
"""Programs that put no program anywhere."""

_KNOWN = _HARMLESS | names(
    "add-apt-repository apk apt apt-cache apt-get apt-key aptitude autoconf autoreconf"
    " automake awk bunzip2 bzip2 cmake configure cp curl dd debconf-set-selections dnf dpkg"
    " gawk git gpg gunzip gzip install ln make meson microdnf mv openssl pacman patch rpm"
    " rsync sh bash dash ssh-keygen strip sudo svn tar tee unzip update-alternatives"
    " update-ca-certificates wget xargs xz yum zip zypper ninja hg docker-php-ext-install"
    " docker-php-ext-configure docker-php-ext-enable docker-php-source a2enmod a2dismod"
)
"""Programs that another one's installation replaces only where it names them."""

_CORE = _HARMLESS | names(
    "awk bunzip2 bzip2 cp gunzip gzip install ln mv sh bash dash tar tee xargs xz apt apt-cache"
    " apt-get apt-key aptitude apk dnf dpkg microdnf pacman rpm yum zypper"
)
"""Core utilities and package managers: nothing replaces them without naming them."""

_LANGUAGES = names(
    "bundle c++ cargo cc clang composer cpan cpanm easy_install g++ gcc gem go java javac"
    " luarocks mvn node npm npx pear pecl perl php pip pip2 pip3 pnpm python python2 python3 R"
    " Rscript ruby rustup yarn conda"
)
"""Programs that an installer may replace by name, and any script or unknown program without a word."""

_STEM = re.compile(r"[\d.]+$")
_FAMILIES = {
    "npx": "npm", "javac": "java", "java": "j(?:dk|re|ava|vm)", "python": "py(?:thon|env|py)|conda",
    "pip": r"pip|pyenv|conda|ensurepip|virtualenv", "node": "node|nvm|fnm|volta|\\bn\\b",
    "npm": "npm|node|nvm|corepack|volta|\\bn\\b", "yarn": "yarn|corepack|node", "go": r"\bgo|golang",
    "ruby": "ruby|rbenv|rvm", "gem": "gem|ruby|rbenv|rvm", "cc": "cc|clang|build-essential",
    "gcc": "gcc|build-essential|alternatives", "g++": "g\\+\\+|gcc|build-essential",
    "cargo": "cargo|rust", "sh": "sh\\b|/bin/", "awk": "awk", "c++": "\\+\\+|clang",
    "R": r"\br-|\bR\b", "perl": "perl", "php": "php", "xargs": "findutils|xargs",
    "find": "findutils|find", "gunzip": "gzip|gunzip", "bunzip2": "bzip2|bunzip2",
}  # fmt: skip


def hashed(a: Reading, b: Reading) -> str:
    """A program that `a` runs, that may be replaced then, and that `b` runs; "" where there is none."""
    commands = list(map(_unwrapped, (*a.commands, *b.commands)))  # of subshells, too, though they
    border = len(a.commands)  # remember for themselves
    found = [_found_by_name(command) for command in commands]
    for name in dict.fromkeys(found[:border]):
        if name and name in found[border:]:
            start = found.index(name)
            end = len(found) - 1 - found[::-1].index(name)
            between = commands[start:end]
            if name not in _KNOWN and _grouped_output(a):
                return name
            if any(_puts(command, name) or _may_replace(command, name) for command in between):
                return name
    return ""


def _unwrapped(command: Simple) -> Simple:
    """The command without the `sudo` or `env` before it."""
    words = command.words
    while words and words[0].value in ("sudo", "env"):
        words = tuple(dropwhile(_is_option, words[1:]))
    return command._replace(words=words)


def _is_option(word: Word) -> bool:
    return bool(re.match(r"-|[A-Za-z_]\w*=", word.raw))


def _found_by_name(command: Simple) -> str:
    """The program that the shell looks for in PATH, and remembers."""
    name = command.name or ""
    if name in ("command", "type") and command.words[1:]:
        name = command.words[-1].value or ""
    return "" if "/" in name or name in _BUILTINS else name


def _puts(command: Simple, name: str) -> bool:
    """May it put programs of any name where the shell looks for them?

    Core programs are only replaced by what names them, or the place where programs are.
    """
    words = written(command)
    targets = [redirect.target.raw for redirect in command.redirects]
    if name in _CORE:
        return False
    if name in _KNOWN:
        words = words[1:] if words and _STANDARD.match(words[0]) else words
        if (copied := _copied(command)) is not None:
            return name in copied
        return not _is_quiet(command) and any(map(_PROGRAMS.search, [*words, *targets]))
    if any(base(one) == name for one in words[:1]):
        return any(map(_PROGRAMS.search, words[1:]))
    return not _is_quiet(command)


def _copied(command: Simple) -> frozenset[str] | None:
    """The names under which it puts single files where it puts them; None where that is not plain."""
    words = written(command)[written(command)[:1] == ["sudo"] :]
    operands = [word for word in words[1:] if not word.startswith("-")]
    bare = all(_LITERAL.fullmatch(word) for word in operands) and len(operands) > 1
    if words[:1] not in (["cp"], ["mv"], ["install"]) or not bare:
        return None
    if any(not re.fullmatch(r"-[fvpTnu]+", word) for word in words[1:] if word.startswith("-")):
        return None
    return frozenset(map(base, operands))


def _is_quiet(command: Simple) -> bool:
    """Does it certainly change nothing but what it plainly names, which is no program?"""
    if any(
        r.target.raw.startswith("/") and not r.target.raw.startswith("/dev/")
        for r in command.redirects
    ):
        return False
    if command.name == "rm":
        return all(_PASSING.match(w) or w.startswith("-") for w in written(command)[1:])
    return (command.name or "") in _QUIET or not command.words


def _grouped_output(a: Reading) -> bool:
    """Does a group or a loop write a file?"""
    groups = (one.node for one in a.found if not isinstance(one.node, Simple))
    targets = (r.target.raw for group in groups for r in group.redirects if ">" in r.operator)
    return any(not target.startswith("/dev/") for target in targets)


def _may_replace(command: Simple, name: str) -> bool:
    words = [*written(command), *(redirect.target.raw for redirect in command.redirects)]
    if not command.words:
        return False
    program = base(words[0]) if _STANDARD.match(words[0]) else words[0]
    if program == name:
        return _replaces_itself(words[1:], name)
    if program in _HARMLESS:  # as by `rm /usr/local/bin/x`
        paths = (word.rpartition("/") for word in words[1:] if "/" in word)
        return any(
            last.startswith((name, "*", "$")) and _PATH.search(head) for head, _, last in paths
        )
    if program in _FETCH:
        return any(re.search(_pattern(name), word.rpartition("/")[2]) for word in words[1:])
    if name not in _CORE and (program in _SHELLS or program not in _KNOWN | _LANGUAGES):
        return True
    if name not in _CORE and program in ("make", "ninja", "meson") and "install" in words:
        return True
    if name in _KNOWN or name in _LANGUAGES:
        return any(re.search(_pattern(name), word) for word in words[1:])
    return True


def _replaces_itself(words: list[str], name: str) -> bool:
    """Is it `pip install --upgrade pip`, or an update of what is not known to be harmless?"""
    stem = re.escape(_STEM.sub("", name) or name)
    if any(re.fullmatch(rf"{stem}[\d.]*(?:[@=<>~!\[].*)?", word) for word in words):
        return True
    updates = _SELF if name in _KNOWN | _LANGUAGES else _UPDATES
    return any(map(updates.search, words))


_PATH = re.compile(r"bin$|[$`]")  # where programs are looked for
_STANDARD = re.compile(r"[^/]*$|/(?:usr/)?(?:local/)?s?bin/[^/]*$")  # `./install` is any script
_PASSING = re.compile(
    r"[\w.*-]+$|/(?:tmp|var/tmp|var/lib/apt|var/cache|root/\.[^/]+)/"
    r"|(?:~|\$HOME|/root)/\.(?:cache|cpanm?|npm|gnupg|java|m2|gradle)(?:/|$)"
)
_LITERAL = re.compile(r"[\w./+-]*[\w+-]|/(?:usr/)?(?:local/)?s?bin/")
_PROGRAMS = re.compile(
    r"(?:^|[=\w])/(?:usr|usr/local|(?:usr/(?:local/)?)?s?bin)/?$|\.deb$|\.rpm$|s?bin/?[*]"
)
_QUIET = _BUILTINS | names(
    "basename cat cut date diff dirname du grep egrep fgrep head id ls md5sum mkdir nproc readlink"
    " realpath rmdir sha1sum sha256sum sha512sum sleep sort tail tr uname uniq wc which whoami"
    " groupadd useradd addgroup adduser stat file getent dpkg-query"
) - names("eval exec source . command")
_SHELLS = names("sh bash dash ash zsh")
_FETCH = names("wget curl git hg svn")
_SELF = re.compile(r"\bself|selfupdate|install\.sh|\bget-pip", re.IGNORECASE)
_UPDATES = re.compile(r"update|upgrade|self|install|global|\badd\b|setup|init", re.IGNORECASE)


def _pattern(name: str) -> str:
    stem = _STEM.sub("", name) or name
    return _FAMILIES.get(stem) or rf"(?<![A-Za-z0-9]){re.escape(stem)}(?![A-Za-z])"
