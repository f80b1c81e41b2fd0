"""IB001: RUNs that follow each other, and when it is worth a word."""

import pytest

from imagebump.lint import lint
from imagebump.rules.model import LintSettings

LISTS = b"rm -rf /var/lib/apt/lists/*"

SILENT = [
    b"FROM a\nRUN x\n",
    b"FROM a\nRUN x\nWORKDIR /a\nRUN y\n",
    b"FROM a\nRUN x\nFROM b\nRUN y\n",
    b'FROM a\nRUN x\nRUN ["y"]\n',
    b"FROM a\nRUN x\nRUN <<EOF\ny\nEOF\nRUN z\n",
    b"FROM a\nRUN x\nRUN --network=none y\n",
    b"FROM a\nRUN --mount=type=tmpfs,target=/t x\nRUN --mount=type=tmpfs,target=/t y\n",
    b"FROM a\nRUN --mount=target=/t,rw x\nRUN --mount=target=/t,rw y\n",
    b"FROM a\nONBUILD RUN x\nONBUILD RUN y\n",
    b"# escape=`\nFROM a\nRUN x\nRUN y\n",
    b'FROM a\nSHELL ["powershell", "-Command"]\nRUN x\nRUN y\n',
    b'FROM a\nSHELL ["/bin/bash", "-l", "-c"]\nRUN x\nRUN y\n',
    b"FROM a\nRUN x\n# hadolint ignore=DL3059\nRUN y\n",
    b"FROM a\nRUN x\n# imagebump: ignore=IB001 the cache\n# of y\nRUN y\n",
    b"# imagebump: ignore-file=IB001\nFROM a\nRUN x\nRUN y\n",
]

WARNED = [
    # deleted, moved or changed later
    (b"apt-get update && apt-get install -y x", LISTS, "deletes /var/lib/apt/lists"),
    (b"wget https://h/x.tgz", b"tar xf x.tgz && rm x.tgz", "deletes x.tgz"),
    (b"wget https://h/x.tgz", b"rm -f *.tgz", "deletes x.tgz"),
    (b"wget -O /tmp/x https://h/y", b"rm /tmp/x", "deletes /tmp/x"),
    (b"wget -P /tmp https://h/y.zip", b"rm -rf /tmp/*", "deletes /tmp/y.zip"),
    (b"curl -fsSLo /tmp/x https://h/y", b"rm '/tmp/x'", "deletes /tmp/x"),
    (b"curl -fsSLO https://h/y", b"rm ./y", "deletes y"),
    (b"curl https://h/$V > /opt/x-${V}", b"rm /opt/x-${V}", "deletes /opt/x-${V}"),
    (b"git clone --depth 1 https://h/x.git", b"make -C x && rm -rf x", "deletes x"),
    (b"git clone https://h/x /src", b"mv /src /opt/src", "moves /src"),
    (b"tar xf /x.tar -C /opt/x", b"rm -rf /opt", "deletes /opt/x"),
    (b"curl -o /bin/x https://h/x", b"chmod +x /bin/x", "changes the mode of /bin/x"),
    (b"yum install -y x", b"yum clean all", "cleans /var/cache/yum"),
    (b"apk update && apk add x", b"rm -rf /var/cache/apk/*", "deletes /var/cache/apk"),
]

INDEXES = [
    (b"apt-get update", b"apt-get install -y x", "apt-get"),
    (b"apt-get -qq update -y", b"apt install -y x && y", "apt-get"),
    (b"apk update", b"apk add x", "apk"),
]

REMARKED = [
    (b"x", b"y", "saves a layer"),
    (b"apt-get update", b"y", "saves a layer"),
    (b"apt-get update", b"apt-get update && apt-get install x", "saves a layer"),
    (b"apt-get update && apt-get install x && " + LISTS, LISTS, "saves a layer"),
    (b"apk add --no-cache x", b"rm -rf /var/cache/apk/*", "saves a layer"),
    (
        b"tar xf /x.tar -C /opt/x",
        b"chown -R app /opt",
        "changes the owner of /opt/x, which line 2 wrote; they cannot simply be joined: line 2 may make hard",
    ),
    (b"curl -o /a https://h/x", b"rm /b", "saves a layer"),
    (b"curl -o a https://h/x", b"cd /b && rm a", "saves a layer"),
    (b"curl -o /a https://h/x", b"test -e /x || rm /a", "saves a layer"),
    (b"curl -o /a https://h/x", b"if x; then rm /a; fi", "saves a layer"),
    (b"curl -o /a https://h/x", b"echo rm /a '&& rm /a'", "saves a layer"),
    (b"cd /x", b"y", "line 2 changes directory (cd)"),
    (b"X=1", b"y", "line 2 sets a variable (X)"),
    (b"set -f; x", b"y", "line 2 changes options of the shell (set)"),
    (b". ./env", b"y", "line 2 reads a script into its shell (.)"),
    (b"server &", b"y", "line 2 leaves a process in the background"),
    (b"service x start", b"y", "line 2 may leave a process behind (service)"),
    (b"x # hadolint ignore=DL3008", b"y", "line 2 ends in a comment"),
    (b"usermod -l a b", b"y", "line 2 changes accounts, which Docker reads before each RUN"),
    (b"echo x >> /etc/hosts", b"y", "line 2 may touch what Docker makes anew for each RUN"),
    (
        b"ln a b",
        b"chmod 600 b",
        "line 2 may make hard links, which the next RUN would write through",
    ),
    (b"x && cp y /usr/local/bin/x", b"x", "line 2 may replace x, whose place the shell"),
    (b"echo ${X:=1}", b"y", "line 2 sets a variable (X)"),
    (b"echo `x", b"y", "line 2 is not plain enough to be sure"),
    (b"x", b"echo `y", "line 3 is not plain enough to be sure"),
    (
        b"cd /t && curl -o /a https://h/x",
        b"rm /a",
        "cannot simply be joined: line 2 changes directory",
    ),
]


def verdict(source: bytes, target: str = "") -> list[tuple[int, str, str]]:
    """The line, severity and message of each finding."""
    settings = LintSettings(select=("IB001",), target=target)
    return [(f.line, f.severity, f.message) for f in lint(source, "Dockerfile", settings)]


@pytest.mark.parametrize("source", SILENT)
def test_nothing_to_say(source: bytes) -> None:
    """Where one RUN would not do what two do, nothing is recommended."""
    assert verdict(source) == []


@pytest.mark.parametrize(("first", "second", "what"), WARNED)
def test_what_saves_bytes(first: bytes, second: bytes, what: str) -> None:
    """A later change of what an earlier RUN wrote is a warning."""
    expected = f"this RUN {what}, which line 2 wrote; join lines 2 and 3 with &&"
    assert verdict(b"FROM a\nRUN %b\nRUN %b\n" % (first, second)) == [(3, "warning", expected)]


@pytest.mark.parametrize(("first", "second", "manager"), INDEXES)
def test_an_index_by_itself(first: bytes, second: bytes, manager: str) -> None:
    """A package index in a layer of its own is a warning where it is used."""
    ((line, severity, message),) = verdict(b"FROM a\nRUN %b\nRUN %b\n" % (first, second))
    assert (line, severity) == (3, "warning")
    assert message.startswith(f"line 2 fetches the package index of {manager} by itself")


@pytest.mark.parametrize(("first", "second", "what"), REMARKED)
def test_what_is_only_a_remark(first: bytes, second: bytes, what: str) -> None:
    """Where no bytes are seen to be saved, or a reason speaks against it, nothing fails."""
    ((line, severity, message),) = verdict(b"FROM a\nRUN %b\nRUN %b\n" % (first, second))
    assert (line, severity) == (3, "info")
    assert what in message


def test_a_chain() -> None:
    """What lies between is joined too, and an index is told of wherever it is used next."""
    source = (
        b"FROM a\nRUN apt-get update\n\n# the tools\nRUN apt-get install x\nRUN apt-get install y\n"
    )
    found = verdict(source + b"RUN " + LISTS + b"\n")
    assert [(line, severity) for line, severity, _ in found] == [
        (5, "warning"),
        (6, "warning"),
        (7, "warning"),
    ]
    assert found[2][2].endswith("join lines 2 to 7 with &&")


def test_a_list_is_grouped() -> None:
    """Behind `&&`, a list would run in part although what is before it failed."""
    ((_, severity, message),) = verdict(b"FROM a\nRUN curl -o /x https://h\nRUN y; rm /x\n")
    assert (severity, message.endswith("with &&, the list in { \u2026; }")) == ("warning", True)


STAGES = b"FROM a AS one\nRUN curl -o /x https://h\nRUN rm /x\nFROM %b\n"


def test_only_what_is_shipped_warns() -> None:
    """A builder's layers are in no image; those of a stage that is built upon are."""
    assert [severity for _, severity, _ in verdict(STAGES % b"scratch")] == ["info"]
    assert [severity for _, severity, _ in verdict(STAGES % b"ONE")] == ["warning"]
    assert [severity for _, severity, _ in verdict(STAGES % b"scratch", "one")] == ["warning"]
    assert [severity for _, severity, _ in verdict(STAGES % b"scratch", "0")] == ["warning"]


def test_a_workdir_that_is_removed() -> None:
    """Docker makes it again for the next RUN; in one RUN it would be gone."""
    ((_, severity, message),) = verdict(b"FROM a\nWORKDIR /src/a\nRUN make && rm -r /src\nRUN x\n")
    assert (severity, "line 3 may remove the directory it starts in" in message) == ("info", True)
    for kept in (b"WORKDIR /src\nRUN rm -r /src/*\nRUN x\n", b"RUN rm -r *\nRUN x\n"):
        ((_, severity, message),) = verdict(b"FROM a\n" + kept)
        assert "saves a layer" in message


def test_a_mount_is_in_no_layer() -> None:
    """What is written below a cache mount costs no bytes."""
    run = b"RUN --mount=type=cache,target=/var/lib/apt/lists/ "
    found = verdict(b"FROM a\n" + run + b"apt-get update\n" + run + LISTS + b"\n")
    assert [severity for _, severity, _ in found] == ["info"]
