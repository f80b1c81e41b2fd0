"""Whether joined RUNs do what they did apart: each is run both ways, and everything it does is compared.

    python tests/traced.py [--merge all] DOCKERFILE…

For each join that the fixer makes, the scripts of the RUNs (one shell after the other, as Docker
does) and the script of the joined RUN are run in dash, bash and busybox, in a chroot on a
throw-away overlay with mount, pid and network namespaces of its own. Every external command is a
stub, which logs how it was called: arguments, directory, environment, umask, and the options of
bash. Then each of the calls fails in turn. What was logged, printed and written, and the exit
status, must be the same. It needs root, or user namespaces.
"""

import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from imagebump.dockerfile.edit import apply
from imagebump.dockerfile.parse import Dockerfile, DockerfileError, Instruction, parse
from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading, read
from imagebump.rules import stages
from imagebump.rules.directories import workdir
from imagebump.rules.joined import Join
from imagebump.rules.joins import mend, planned
from imagebump.rules.model import LintSettings, Merge

SECONDS = 4  # a stub that always succeeds can make a loop endless
MOST_CALLS = 60  # of a script, that fail in turn
UNSEEN = re.compile(r":(?:errexit|nounset|xtrace|pipefail)(?=[:'])")
"""Options that a program sees only where SHELLOPTS is exported, which only the tracer does; what they do is compared."""

EXPORTED = re.compile(r"SHELLOPTS|\ballexport\b|\bset\s[^;&|]*-\w*a")
"""How a script may export it itself; then they are compared, too."""

LEFT_OUT = re.compile(r"^(?:export )?(?:_|SHLVL|TRACE_FAIL|TRACE_LOG)=")

OF_THE_SHELL = {
    "IFS",
    "PWD",
    "OLDPWD",
    "PS4",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "LINENO",
    "SECONDS",
    "_",
}

STUB = """\
#!/.trace/dash
trap '' PIPE
while read -r _; do :; done
name=${0##*/}
log="call $name"
for one in "$@"; do log="$log
  arg $one"; done
if [ -e /.trace/fail ] && IFS= read -r fail </.trace/fail && [ "$fail" = "$name${*:+ $*}" ]; then failed=1; fi
log="$log
  cwd $(pwd) umask $(umask)
$(export -p)"
printf '%s\\n' "$log" >>/.trace/log
echo "output-of-$name"
exit ${failed:-0}
"""


class Case(NamedTuple):
    """Scripts of RUNs, the scripts that they became, and the shell's words that they are given to."""

    name: str
    before: list[str]
    after: list[str]
    shell: list[str]
    workdir: str


def cases(source: bytes, name: str, merge: Merge) -> Iterator[Case]:
    """Each join that the fixer makes of a Dockerfile."""
    settings = LintSettings(merge=merge)
    dockerfile = parse(source)
    while edits := mend(dockerfile, settings):
        after = parse(apply(dockerfile.source, edits))
        yield from _cases(dockerfile, after, planned(dockerfile, settings), name)
        dockerfile = after


def _cases(before: Dockerfile, after: Dockerfile, joins: list[Join], name: str) -> Iterator[Case]:
    lengths = {join.runs[0].line: len(join.runs) for join in joins}
    old = iter(before.instructions)
    for new in after.instructions:
        first = next(old)
        if first[:6] == new[:6]:
            continue
        runs = [first, *islice(old, lengths[first.start] - 1)]
        yield _case(before, runs, new, name)


def _case(before: Dockerfile, runs: list[Instruction], joined: Instruction, name: str) -> Case:
    line = runs[0].start
    stage = next(i for i, one in enumerate(before.stages) if runs[0] in one)
    return Case(
        f"{name}:{line}",
        [one.args[0] for one in runs],
        [joined.args[0]],
        list(stages.shell(before, stage, line)),
        workdir(before, stage, line) or "/",
    )


def check(found: list[Case]) -> dict[str, Any]:
    """Run all cases; {"runs": how many, "differences": [...], "endless": [...]}."""
    unshare = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
    if os.getuid() != 0:
        unshare.append("--map-root-user")
    done = subprocess.run(
        [*unshare, sys.executable, __file__, "--inside"],
        input=json.dumps(found),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=3000,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def busybox() -> str:
    """A busybox that runs programs and not its own applets (else its `rm` would be one); or ""."""
    fetched = Path(__file__).parents[1] / ".work" / "plain-busybox" / "bin" / "busybox"
    for path in (fetched, Path(shutil.which("busybox") or "/none")):
        asked = [str(path), "sh", "-c", "PATH=/none; ls"]
        if path.exists() and subprocess.run(asked, capture_output=True, check=False).returncode:
            return str(path)
    return ""


# --- inside of the namespaces -----------------------------------------------------------------

LIBC = ctypes.CDLL(None, use_errno=True)
PRIVATE, DETACH = 1 << 18 | 1 << 14, 2


def mount(kind: str, at: Path, options: str = "", flags: int = 0) -> None:
    """mount(2)."""
    status = LIBC.mount(b"trace", os.fsencode(at), kind.encode(), flags, options.encode())
    if status:
        raise OSError(ctypes.get_errno(), f"mount {kind} {at} {options}")


def inside(found: list[Case]) -> dict[str, Any]:
    """The result for all cases."""
    LIBC.mount(b"none", b"/", None, PRIVATE, None)
    base = Path(tempfile.mkdtemp(prefix="traced-"))
    mount("tmpfs", base)
    shells = _template(base / "lower")
    result: dict[str, Any] = {"runs": 0, "differences": [], "endless": [], "shells": [*shells]}
    for number, case in enumerate(found):
        place = base / f"case{number}"
        env = _prepare(place, case)
        for shell, argv in _shells(case, shells).items():
            _compare(_Bench(base, place, env, case, argv), shell, result)
        shutil.rmtree(place)
    LIBC.umount2(os.fsencode(base), DETACH)
    base.rmdir()
    return result


def _template(root: Path) -> dict[str, str]:
    """A root directory with the shells that are here, and what they load."""
    for name in (
        ".trace",
        ".stubs",
        "tmp",
        "root",
        "etc",
        "dev",
        "proc",
        "usr/local/bin",
        "var/lib",
    ):
        (root / name).mkdir(parents=True)
    shells = {}
    for name, program in {"dash": "dash", "bash": "bash", "busybox": busybox()}.items():
        if path := shutil.which(program):
            _copy(Path(path), root, f".trace/{name}")
            shells[name] = f"/.trace/{name}"
    (root / "dev" / "null").touch()
    (root / ".trace" / "stub").write_text(STUB)
    (root / ".trace" / "stub").chmod(0o755)
    return shells


def _copy(program: Path, root: Path, name: str) -> None:
    shutil.copy(program.resolve(), root / name)
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    for path in re.findall(r"(/\S+) \(0x", listed):
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(path, target)


def _shells(case: Case, known: dict[str, str]) -> dict[str, list[str]]:
    """The shells that a case is for; /bin/sh may be any of them."""
    options = case.shell[1:]
    if case.shell[0].rpartition("/")[2] == "bash":
        return {"bash": [known["bash"], *options]}
    found = {"dash": [known["dash"], *options], "bash": [known["bash"], "--posix", *options]}
    if "busybox" in known:
        found["busybox"] = [known["busybox"], "sh", *options]
    return found


class _Bench(NamedTuple):
    """All that a run needs: where it happens, what is there already, and the shell."""

    base: Path
    place: Path
    env: dict[str, str]
    case: Case
    argv: list[str]


def _compare(bench: _Bench, shell: str, result: dict[str, Any]) -> None:
    case = bench.case
    whole = _run(bench, case.after, "")
    parts = _run(bench, case.before, "")
    result["runs"] += 2
    _note(case, shell, "", parts, whole, result)
    calls = list(dict.fromkeys(re.findall(r"^call .*(?:\n  arg .*)*", parts[0], re.MULTILINE)))
    for call in calls[:MOST_CALLS] if "timeout" not in parts[2:] else []:
        name, *arguments = call.removeprefix("call ").split("\n  arg ")
        fail = " ".join([name, *arguments])
        if "\n" not in fail:
            parts = _run(bench, case.before, fail)
            whole = _run(bench, case.after, fail)
            result["runs"] += 2
            _note(case, shell, fail, parts, whole, result)


def _note(
    case: Case, shell: str, fail: str, parts: list[str], whole: list[str], result: dict[str, Any]
) -> None:
    where = f"{case.name} in {shell}" + (f", where {fail[:60]!r} fails" if fail else "")
    if "timeout" in (parts[2], whole[2]):
        result["endless"].append(where)
    elif parts != whole and not _is_shuffled(case, parts, whole):
        number = next(i for i, (a, b) in enumerate(zip(parts, whole, strict=True)) if a != b)
        what = ("calls", "output", "status", "files")[number]
        result["differences"].append([f"{where}: {what}", parts[number], whole[number]])


def _is_shuffled(case: Case, parts: list[str], whole: list[str]) -> bool:
    """The commands of a pipeline run at the same time, and log and write in any order."""
    calls = [sorted(re.split(r"^call ", one[0] + "\n", flags=re.M)) for one in (parts, whole)]
    lines = [sorted(f"{one[1]}\n{one[3]}".splitlines()) for one in (parts, whole)]
    return (
        any("|" in script for script in case.after)
        and parts[2] == whole[2]
        and calls[0] == calls[1]
        and lines[0] == lines[1]
    )


def _run(bench: _Bench, scripts: list[str], fail: str) -> list[str]:
    """The calls, the output, the status and the files that come of some scripts, in that order."""
    base, case = bench.base, bench.case
    root, upper, work = (base / name for name in ("merged", "upper", "work"))
    for directory in (root, upper, work):
        directory.mkdir()
    mount(
        "overlay", root, f"lowerdir={bench.place}:{base / 'lower'},upperdir={upper},workdir={work}"
    )
    try:
        if fail:
            (root / ".trace" / "fail").write_text(fail + "\n")
        output, status = "", "0"
        for script in scripts:
            status, said = _start(root, case, [*bench.argv, script], bench.env)
            output += said
            if status != "0":
                break
        log = root / ".trace" / "log"
        calls = log.read_text(errors="replace") if log.exists() else ""
        lines = [line for line in calls.splitlines() if not LEFT_OUT.match(line)]
        if not any(map(EXPORTED.search, case.before)):
            lines = list(map(_without_options, lines))
        kept = "\n".join(lines)
        return [kept, output, status, _files(upper)]
    finally:
        LIBC.umount2(os.fsencode(root), DETACH)
        for directory in (upper, work, root):
            shutil.rmtree(directory, ignore_errors=True)


def _without_options(line: str) -> str:
    return UNSEEN.sub("", line) if line.startswith("export SHELLOPTS=") else line


def _prepare(root: Path, case: Case) -> dict[str, str]:
    """Stubs for all that is called, the directories that are entered, a value for what is read."""
    env = {"HOME": "/root", "PATH": "/.stubs", "SHELLOPTS": "hashall", "BASHOPTS": "cmdhist"}
    here = ["/.stubs", case.workdir]
    for text in [*case.before, *case.after]:
        reading = read(text, "bash" if "bash" in case.shell[0] else "sh")
        if isinstance(reading, Reading):
            names = {name for name in reading.uses if name.isidentifier()} - OF_THE_SHELL
            env |= {name: f"value-of-{name}" for name in names} | env
            here += _directories(reading, case.workdir)
            for command in reading.commands:
                _stub(root, command, here)
    for directory in here:
        (root / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return env


def _directories(reading: Reading, workdir: str) -> Iterator[str]:
    """Where `cd` goes, one after the other."""
    here = workdir
    for command in reading.commands:
        if command.name == "cd" and len(command.words) > 1 and command.words[1].value:
            here = os.path.normpath(os.path.join(here, command.words[1].value))  # noqa: PTH118
            yield here


def _stub(root: Path, command: Simple, here: list[str]) -> None:
    name = command.name
    if not name or name in (".", "..") or name.endswith("/") or "\0" in name:
        return
    if "/" not in name:
        places = [root / ".stubs" / name]
    elif name.startswith("/"):
        places = [root / name.lstrip("/")]
    else:
        places = [root / directory.lstrip("/") / name for directory in here[1:]]
    for place in places:
        if not place.exists() and not place.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to("/.trace/stub")


def _start(root: Path, case: Case, argv: list[str], env: dict[str, str]) -> tuple[str, str]:
    """The status (a number, or `timeout`) and the standard output of one shell."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _become(root, case, argv, env, writer)
    os.close(writer)
    said, deadline = b"", time.monotonic() + SECONDS
    os.set_blocking(reader, False)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        said += _drain(reader)
        if ended:
            break
        if time.monotonic() > deadline or len(said) > 1 << 20:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reader)
            return "timeout", ""
        time.sleep(0.0003)
    os.close(reader)
    return str(os.waitstatus_to_exitcode(status)), said.decode(errors="replace")


def _drain(reader: int) -> bytes:
    try:
        return os.read(reader, 1 << 16)
    except BlockingIOError:
        return b""


def _become(root: Path, case: Case, argv: list[str], env: dict[str, str], writer: int) -> None:
    try:
        os.setsid()
        os.chroot(root)
        os.chdir(case.workdir)
        null = os.open("/dev/null", os.O_RDWR)
        for number, target in enumerate((null, writer, null)):
            os.dup2(target, number)
        os.closerange(3, 64)
        os.umask(0o022)
        os.execve(argv[0], argv, env)
    finally:
        os._exit(126)


def _files(upper: Path) -> str:
    """Everything that was written, but for the trace itself."""
    found = []
    for path in sorted(upper.rglob("*")):
        name = str(path.relative_to(upper))
        if not name.startswith((".trace", ".stubs", "dev/null")) and not path.is_symlink():
            mode = path.lstat().st_mode
            text = path.read_text(errors="replace") if path.is_file() else ""
            found.append(f"{name} {mode:o} {text}")
    return "\n".join(found)


def main() -> int:
    """Trace what the fixer makes of the files that are named."""
    if sys.argv[1:] == ["--inside"]:
        print(json.dumps(inside([Case(*one) for one in json.load(sys.stdin)])))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--merge", choices=["worthwhile", "all"], default="worthwhile")
    parser.add_argument("paths", nargs="+", type=Path)
    args = parser.parse_args()
    found: list[Case] = []
    for path in args.paths:
        try:
            found += cases(path.read_bytes(), str(path), args.merge)
        except DockerfileError as problem:
            print(f"{path}: {problem.reason}", file=sys.stderr)
    result = check(found)
    for where, apart, joined in result["differences"]:
        print(f"{where}\n--- apart\n{apart}\n--- joined\n{joined}")
    shells = ", ".join(result["shells"])
    print(
        f"{len(found)} joins, {result['runs']} runs in {shells}: "
        f"{len(result['differences'])} differences, {len(result['endless'])} without an end"
    )
    return int(bool(result["differences"]))


if __name__ == "__main__":
    sys.exit(main())
