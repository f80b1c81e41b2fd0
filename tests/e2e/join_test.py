"""Joined RUNs on a real engine: the same files and the same configuration, in no more layers."""

from collections import defaultdict

import pytest

from built import build, configured, content
from imagebump.dockerfile.parse import parse
from imagebump.lint import fixed
from imagebump.rules.model import LintSettings
from join_rows import REWRITTEN
from services import Engine

FROM = b"FROM imagebump/base:1\n"
LISTING = (
    r"cd /r && find ./* -mindepth 1 \( -path './*/bin' -o -path './*/proc' -o -path './*/sys' -o -path './*/dev' \) "
    r"-prune -o -print0 >/tmp/names && xargs -0 stat -c 'stat %i %n %F %a %u:%g' </tmp/names >>/listing && "
    r"find . -path './*/bin' -prune -o -type l -exec sh -c 'echo link $0 $(readlink $0)' {} \; >>/listing && "
    r"find . -path './*/bin' -prune -o -type f -print0 | xargs -0 sha256sum >>/listing"
)
BATCH = 12  # rows a build: more at once are too much for an older BuildKit


def is_closed(source: bytes) -> bool:
    """Does it end with its last line? Otherwise it swallows what is put behind it."""
    return len(parse(FROM + source + FROM).stages) == 2


def is_known(source: bytes) -> bool:
    """Older engines do not know --network, and Debian's busybox has no adduser."""
    return b"--network" not in source and b"adduser" not in source


def combined(rows: list[tuple[bytes, bytes]], start: int) -> bytes:
    """Two stages a row, and one that lists what is in each of them."""
    stages = [
        (f"{side}{number}", row[side == "a"])
        for number, row in enumerate(rows, start)
        for side in ("b", "a")
    ]
    parts = [FROM.rstrip() + f" AS {name}\n".encode() + text + b"\n" for name, text in stages]
    mounts = " ".join(f"--mount=from={name},target=/r/{name}" for name, _ in stages)
    return b"".join([*parts, FROM, f"RUN {mounts} {LISTING}\n".encode()])


def listings(text: str) -> dict[str, list[str]]:
    """What is in each stage: paths with type, mode, owner and links, targets, and sums."""
    found: dict[str, list[str]] = defaultdict(list)
    inodes: dict[tuple[str, str], str] = {}
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "stat":  # files with one inode are told by the first name of them
            inode, _, rest = rest.partition(" ")
            stage, _, path = rest.removeprefix("./").partition("/")
            first = inodes.setdefault((stage, inode), path.split(" ")[0])
            found[stage].append(f"{path} = {first}")
        else:
            stage, _, path = rest.strip().removeprefix("./").partition("/")
            found[stage.split(" ")[0]].append(f"{path} {kind}")
    return {stage: sorted(lines) for stage, lines in found.items() if stage[:1] in ("a", "b")}


@pytest.fixture(scope="module")
def listed(engine: Engine, base_image: str) -> dict[str, list[str]]:
    """All rows, built before and after in one go."""
    assert base_image.encode() in FROM
    rows = [row for row in REWRITTEN if all(map(is_closed, row)) and is_known(row[0])]
    assert len(rows) >= len(REWRITTEN) - 6
    found: dict[str, list[str]] = {}
    for start in range(0, len(rows), BATCH):
        image = build(engine, combined(rows[start : start + BATCH], start))
        found |= listings(content(engine, image, "/listing"))
        engine.client.images.remove(image, force=True)
    return found


def test_the_files_are_the_same(listed: dict[str, list[str]]) -> None:
    """Path, type, mode, owner, content, targets and hard links, in every row."""
    count = len(listed) // 2
    assert count >= 80
    different = [number for number in range(count) if listed[f"b{number}"] != listed[f"a{number}"]]
    assert [
        (number, sorted(set(listed[f"b{number}"]) ^ set(listed[f"a{number}"])))
        for number in different
    ] == []
    assert all(len(lines) > 5 for lines in listed.values())


@pytest.mark.parametrize(
    "row", [row for row in REWRITTEN if row[0][:3] != b"RUN" or row[0].endswith((b"\\", b"end\n"))]
)
def test_the_configuration_is_the_same(
    engine: Engine, base_image: str, row: tuple[bytes, bytes]
) -> None:
    """Environment, shell, directory and command, in fewer layers."""
    assert base_image.encode() in FROM
    before, layers = configured(engine, FROM + row[0] + b"\n")
    after, fewer = configured(engine, FROM + row[1] + b"\n")
    assert after == before
    assert fewer < layers


OVERRIDDEN = [
    b"CMD a\nRUN echo 1 >/a\nCMD b\n",
    b"ENTRYPOINT a\nCMD b\nENTRYPOINT c\n",
    b"CMD a\nENTRYPOINT b\nCMD c\nENTRYPOINT d\n",
    b"CMD a\nFROM s\nENTRYPOINT b\nENTRYPOINT c\n",
    b"CMD a\nFROM s\nCMD b\nENTRYPOINT c\nCMD d\n",
    b"HEALTHCHECK CMD a\nHEALTHCHECK --interval=9s CMD b\n",
    b'SHELL ["/bin/sh", "-ec"]\nCMD a\nSHELL ["/bin/sh", "-c"]\nCMD ["b"]\n',
]


@pytest.mark.parametrize("source", OVERRIDDEN)
def test_what_is_overridden_is_missed_by_nobody(
    engine: Engine, base_image: str, source: bytes
) -> None:
    """The configuration and the layers are the same without it."""
    assert base_image.encode() in FROM
    before = FROM.rstrip() + b" AS s\n" + source
    after = fixed(before, LintSettings(select=("IB006",)))
    assert len(after) < len(before)
    assert configured(engine, after) == configured(engine, before)


FAILING = [
    b"RUN echo 1\nRUN false\n",
    b"RUN false\nRUN echo 1\n",
    b"RUN false || exit 3\nRUN echo 1\n",
    b"RUN echo 1\nRUN true; false\n",
    b"RUN echo 1; false\nRUN true; true\n",
    b"RUN set -e; false; true\nRUN set -e; echo 2\n",
    b"RUN echo 1\nRUN set -e; false; true\n",
    b"RUN cd /none && echo 1\nRUN echo 2\n",
    b"RUN echo 1 && cd /tmp && exit 2\nRUN echo 2 || true\n",
]


@pytest.mark.parametrize("source", FAILING)
def test_what_fails_fails(engine: Engine, base_image: str, source: bytes) -> None:
    """A build that fails fails after the fix, too."""
    assert base_image.encode() in FROM
    after = fixed(FROM + source, LintSettings(merge="all"))
    assert after != FROM + source
    for text in (FROM + source, after):
        with pytest.raises(AssertionError, match=r"exit code: [1-9]"):
            build(engine, text)
