"""RUNs that do all that a shell can do to what follows, drawn from a seed: the same ones every time."""

from random import Random

_WORDS = ["x", "'y z'", '"$V"', "$W", "${X:-q}", "$(p)", "`q r`", "*", "$((1+2))", "/tmp/f", "\\;"]
_REDIRECTS = ["", "", "", "", "", "", " >/tmp/o", " >>/tmp/o", " 2>/dev/null", " 2>&1"]
_COMMANDS = [
    "cd /tmp", "cd ..", "export V=1", "X=9", "umask 077", "set -e", "set -ex", "set -eu", "set -f", "set +e",
    "true", "false", "exit 3", "exit 0", "unset V", "V=2 a x", "! b", "echo $?", "echo $-", "pwd >>/tmp/p",
    "echo $V$X >>/tmp/p", "command -v a", "set -- 1 2", 'echo "$#$*" >>/tmp/p', "a x | b y | cat",
]  # fmt: skip
_COMPOUND = [
    "( {} )", "{{ {}; }}", "if {}; then {}; fi", "if {}; then {}; else {}; fi", "for i in 1 2; do {}; done",
    "case $V in 1) {};; *) {};; esac", "{} && {}", "{} || {}", "( {} ) >/tmp/s", "{{ {}; }} 2>/tmp/t",
]  # fmt: skip
_OPENINGS = ["", "", "", "set -e; ", "set -ex; ", "set -eux && ", "cd /tmp && "]
_SHELLS = [
    "",
    "",
    "",
    '["/bin/sh","-ec"]',
    '["/bin/bash","-o","pipefail","-c"]',
    '["/bin/bash","-euc"]',
]


def dockerfile(seed: int) -> bytes:
    """Some RUNs below a FROM, with a SHELL or none."""
    random = Random(seed)
    shell = random.choice(_SHELLS)
    lines = ["FROM a", *[f"SHELL {shell}"] * bool(shell)]
    for _ in range(random.randint(2, 4)):
        lines.append(
            f"RUN {random.choice(_OPENINGS)}{_list(random, 2)}{random.choice(['', '', ' ;'])}"
        )
    return "\n".join([*lines, ""]).encode()


def _list(random: Random, depth: int) -> str:
    found = _command(random, depth)
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        found += random.choice([" && ", " && ", " && ", "; ", " || "]) + _command(random, depth)
    return found


def _command(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.45:
        return _simple(random)
    template = random.choice(_COMPOUND)
    return template.format(*(_list(random, depth - 1) for _ in range(template.count("{}"))))


def _simple(random: Random) -> str:
    if random.random() < 0.3:
        return random.choice(_COMMANDS)
    words = [random.choice(_WORDS) for _ in range(random.randint(0, 2))]
    return " ".join([random.choice("abcde"), *words]) + random.choice(_REDIRECTS)
