"""Dockerfiles that copy, before and after a fix, and those that no fix may touch, with what they are built from."""

import io
import tarfile
from collections.abc import Iterable

from imagebump.lint import fixed
from imagebump.rules.model import Context, LintSettings, Source

FROM = b"FROM alpine:3\n"
BUILDKIT = b"RUN --mount=type=cache,target=/c true\n"
"""Only BuildKit knows --mount, and so --chmod."""


def archive(
    *members: tuple[str, bytes | str | None],
    owner: str = "",
    uid: int = 0,
    mode: int = 0o644,
    kind: str = "gz",
) -> bytes:
    """A tar archive: of each member its content, what it links to, or None for a directory."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, content in members:
            one = tarfile.TarInfo(name)
            one.uid, one.gid, one.uname, one.gname, one.mode = uid, uid, owner, owner, mode
            one.mtime = 1_000_000_000
            data = content if isinstance(content, bytes) else b""
            one.size = len(data)
            if content is None:
                one.type, one.mode = tarfile.DIRTYPE, 0o750
            if isinstance(content, str):
                one.type, one.linkname = tarfile.SYMTYPE, content
            tar.addfile(one, io.BytesIO(data))
    return file.getvalue()


PAX = io.BytesIO()
with tarfile.open(fileobj=PAX, mode="w", format=tarfile.PAX_FORMAT) as _tar:
    _one = tarfile.TarInfo("a")
    _one.pax_headers = {"SCHILY.xattr.user.x": "1"}
    _tar.addfile(_one)

FILES: dict[str, tuple[int, bytes]] = {
    "a.sh": (0o644, b"echo a\n"),
    "b.sh": (0o755, b"echo b\n"),
    "d/a.sh": (0o644, b"echo another\n"),
    "d/c.sh": (0o644, b"echo c\n"),
    "run": (0o644, b"echo run\n"),
    "package.json": (0o644, b"{}\n"),
    "package-lock.json": (0o644, b"{}\n"),
    "x.tar.gz": (0o644, archive(("one", b"1\n"), ("two", b"2\n" * 999))),
    "x.tar": (0o644, archive(("one", b"1\n"), kind="")),
    "x.tbz2": (0o644, archive(("one", b"1\n"), ("./two", b"2\n"), kind="bz2")),
    "user.tgz": (0o644, archive(("one", b"1\n"), uid=1234, mode=0o600)),
    "root.tgz": (0o644, archive(("one", b"1\n"), owner="root", mode=0o755)),
    "tree.tgz": (0o644, archive(("app", None), ("app/one", b"1\n"), ("app/b", None), ("app/b/two", b"2\n"), ("app/three", "b/two"))),
    "linked.tgz": (0o644, archive(("one", b"1\n"), ("two", "one"))),
    # and those that ADD may take otherwise than tar
    "named.tgz": (0o644, archive(("one", b"1\n"), owner="staff", uid=20)),
    "dot.tgz": (0o644, archive((".", None), ("./one", b"1\n"))),
    "up.tgz": (0o644, archive(("../one", b"1\n"))),
    "rooted.tgz": (0o644, archive(("/one", b"1\n"))),
    "twice.tgz": (0o644, archive(("one", b"1\n"), ("one", b"2\n"))),
    "orphan.tgz": (0o644, archive(("app/one", b"1\n"))),
    "through.tgz": (0o644, archive(("app", "/etc"), ("app/one", b"1\n"))),
    "away.tgz": (0o644, archive(("one", "../../etc/passwd"))),
    "setuid.tgz": (0o644, archive(("one", b"1\n"), mode=0o4755)),
    "white.tgz": (0o644, archive((".wh.one", b""))),
    "itself.tgz": (0o644, archive(("itself.tgz", b"1\n"))),
    "empty.tgz": (0o644, archive()),
    "xattr.tar": (0o644, PAX.getvalue()),
    "cut.tgz": (0o644, archive(("one", b"1\n" * 9999))[:-9]),
    "longer.tar": (0o644, archive(("one", b"1\n"), kind="") + b"more"),
    "text.tar": (0o644, b"no archive\n"),
    "x.txz": (0o644, archive(("one", b"1\n"), kind="xz")),
}  # fmt: skip


def context(*, hides: bool = False) -> Context:
    """The build context that holds FILES."""

    def find(path: str) -> Source | None:
        return Source(lambda: FILES[path][1]) if path in FILES else None

    return Context(find, hides)


def settings(*codes: str, hides: bool = False) -> LintSettings:
    """Only these rules, with FILES to be seen, and every fix."""
    return LintSettings(select=codes, merge="all", context=lambda: context(hides=hides))


def mended(source: bytes, codes: Iterable[str] = ("IB004", "IB005", "IB007")) -> bytes:
    """What the rules about copies make of it."""
    return fixed(source, settings(*codes))


UNPACK = b"RUN tar -xf /tmp/%s -C /srv && rm /tmp/%s\n"

UNPACK_Z = UNPACK.replace(b"-xf", b"-xzf")  # not every tar looks for itself

REWRITTEN = [
    # a mode that COPY can set
    (BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n", BUILDKIT + b"COPY --chmod=755 a.sh /bin/\n"),
    (BUILDKIT + b"COPY a.sh /start.sh\nRUN chmod 0700 /start.sh\n", BUILDKIT + b"COPY --chmod=0700 a.sh /start.sh\n"),
    (BUILDKIT + b"COPY a.sh /new/dir/x.sh\n\nRUN chmod 755 /new/dir/x.sh\n", BUILDKIT + b"COPY --chmod=755 a.sh /new/dir/x.sh\n"),
    (BUILDKIT + b"COPY a.sh b.sh /bin/\nRUN chmod 711 /bin/b.sh /bin/a.sh\n", BUILDKIT + b"COPY --chmod=711 a.sh b.sh /bin/\n"),
    (BUILDKIT + b"COPY --chown=5:6 d/c.sh /etc/\nRUN chmod 640 '/etc/c.sh'\n", BUILDKIT + b"COPY --chmod=640 --chown=5:6 d/c.sh /etc/\n"),
    (BUILDKIT + b"  copy\t./a.sh \\\n  /bin/\nRUN chmod 777 /bin/a.sh\n", BUILDKIT + b"  copy\t--chmod=777 ./a.sh \\\n  /bin/\n"),
    (BUILDKIT + b'COPY ["a.sh", "/bin/"]\nRUN /bin/chmod 500 /bin/a.sh\nRUN echo 1 >/x\n', BUILDKIT + b'COPY --chmod=500 ["a.sh", "/bin/"]\nRUN echo 1 >/x\n'),
    (BUILDKIT + b"WORKDIR /app\nCOPY a.sh ./\nRUN chmod 755 ./a.sh\n", BUILDKIT + b"WORKDIR /app\nCOPY --chmod=755 a.sh ./\n"),
    (BUILDKIT + b"WORKDIR /app\nCOPY a.sh .\r\nRUN chmod 755 /app/a.sh\r\nRUN true", BUILDKIT + b"WORKDIR /app\nCOPY --chmod=755 a.sh .\r\nRUN true"),
    (BUILDKIT + b"WORKDIR /app\nRUN rm -rf /tmp/* /root/.cache /app/x\nCOPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n", BUILDKIT + b"WORKDIR /app\nRUN rm -rf /tmp/* /root/.cache /app/x\nCOPY --chmod=755 a.sh /bin/\n"),
    (BUILDKIT + b"USER 5\nCOPY --chown=5 a.sh /bin/\nRUN chmod 755 /bin/a.sh\n", BUILDKIT + b"USER 5\nCOPY --chmod=755 --chown=5 a.sh /bin/\n"),
    # an archive that ADD can unpack
    (b"RUN rm -rf /tmp/* /var/lib/apt/lists/*\nCOPY x.tar.gz /tmp/\n" + UNPACK_Z % (b"x.tar.gz", b"x.tar.gz"), b"RUN rm -rf /tmp/* /var/lib/apt/lists/*\nADD x.tar.gz /srv/\n"),
    (b"COPY x.tar.gz /tmp/\nRUN tar -zxvf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n", b"ADD x.tar.gz /srv/\n"),
    (b"COPY x.tar.gz /tmp/\nRUN tar xzf /tmp/x.tar.gz -C /srv/\n\nRUN rm -f /tmp/x.tar.gz\nCMD a\n", b"ADD x.tar.gz /srv/\nCMD a\n"),
    (b"WORKDIR /opt/a\ncopy x.tar ./\nRUN tar xvf x.tar && rm x.tar\n", b"WORKDIR /opt/a\nadd x.tar ./\n"),
    (b"WORKDIR /opt/a/b\nWORKDIR ..\nCOPY x.tbz2 /y.tbz2\r\nRUN tar -x -j -f /y.tbz2 -C b && rm -v /y.tbz2", b"WORKDIR /opt/a/b\nWORKDIR ..\nADD x.tbz2 b/"),
    (b"COPY user.tgz /\nRUN tar -C /srv -xzf /user.tgz\nRUN rm user.tgz\n", b"ADD user.tgz /srv/\n"),
    (b"COPY root.tgz /root/\nRUN tar xzpf /root/root.tgz -C / && rm /root/root.tgz\n", b"ADD root.tgz /\n"),
    (b"COPY tree.tgz /tmp/\n" + UNPACK_Z % (b"tree.tgz", b"tree.tgz"), b"ADD tree.tgz /srv/\n"),
    (b"COPY linked.tgz /tmp/\n" + UNPACK_Z % (b"linked.tgz", b"linked.tgz"), b"ADD linked.tgz /srv/\n"),
    (b"RUN echo 0 >/srv/one && chmod 600 /srv/one && ln /srv/one /srv/none\nCOPY x.tar.gz /tmp/\n" + UNPACK_Z % (b"x.tar.gz", b"x.tar.gz"), b"RUN echo 0 >/srv/one && chmod 600 /srv/one && ln /srv/one /srv/none\nADD x.tar.gz /srv/\n"),
    (b"RUN ln -s /bin/sh /srv/one\nCOPY x.tar.gz /tmp/\n" + UNPACK_Z % (b"x.tar.gz", b"x.tar.gz"), b"RUN ln -s /bin/sh /srv/one\nADD x.tar.gz /srv/\n"),
    (b"RUN mkdir -m 700 -p /srv/app/b && chown 7:8 /srv/app\nCOPY tree.tgz /tmp/\n" + UNPACK_Z % (b"tree.tgz", b"tree.tgz"), b"RUN mkdir -m 700 -p /srv/app/b && chown 7:8 /srv/app\nADD tree.tgz /srv/\n"),
    # files for one directory
    (b"COPY package.json ./\nCOPY package-lock.json ./\n", b"COPY package.json package-lock.json ./\n"),
    (b"WORKDIR /app\nCOPY package.json .\nCOPY package-lock.json ./\n", b"WORKDIR /app\nCOPY package.json package-lock.json ./\n"),
    (b"COPY a.sh /new/x/\nCOPY b.sh /new/x/\n\nCOPY d/c.sh /new/x/\nRUN true\n", b"COPY a.sh b.sh d/c.sh /new/x/\nRUN true\n"),
    (b"copy --chown=7:8  a.sh  /x/\r\nCOPY --chown=7:8 b.sh run /x/", b"copy --chown=7:8  a.sh b.sh run  /x/"),
]  # fmt: skip

CHMOD = b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n"

KEPT = [
    CHMOD,  # the old builder knows no --chmod
    BUILDKIT + b"COPY d /bin/\nRUN chmod 755 /bin/d\n",
    BUILDKIT + b"COPY none.sh /bin/\nRUN chmod 755 /bin/none.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod +x /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 4755 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 75 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod -R 755 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh && true\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh || true\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh >/x\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh /bin/b.sh\n",
    BUILDKIT + b"COPY a.sh b.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh b.sh /bin/\nRUN chmod 755 /bin/*.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chmod 755 /bin/a.sh # why\n",
    BUILDKIT + b"COPY a.sh /bin/\n# why\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN true\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nWORKDIR /bin\nRUN chmod 755 a.sh\n",
    BUILDKIT + b"COPY a.sh /bin\nRUN chmod 755 /bin\n",
    BUILDKIT + b"COPY run /x/run\nRUN chmod 755 /x/run\n",
    BUILDKIT + b"COPY a.sh /new/\nRUN chmod 700 /new/a.sh\n",
    BUILDKIT + b"COPY a.sh /etc/profile.d\nRUN chmod 755 /etc/profile.d\n",
    BUILDKIT + b"RUN mkdir -p /srv/b.sh\nCOPY a.sh /srv/b.sh\nRUN chmod 755 /srv/b.sh\n",
    BUILDKIT + b"ENV D=/srv/b.sh\nRUN mkdir -p $D\nCOPY a.sh /srv/b.sh\nRUN chmod 755 /srv/b.sh\n",
    BUILDKIT + b"USER 5\nCOPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY $A /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY *.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"ADD a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY --from=x a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY --chmod=700 a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY --parents a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN --mount=type=tmpfs,target=/bin chmod 755 /bin/a.sh\n",
    BUILDKIT + b'COPY a.sh /bin/\nRUN ["chmod", "755", "/bin/a.sh"]\n',
    BUILDKIT + b"VOLUME /data\nCOPY a.sh /data/\nRUN chmod 755 /data/a.sh\n",
    BUILDKIT + b"COPY a.sh /bin/\nRUN chown 1 /bin/a.sh\n",
    BUILDKIT + b"# imagebump: ignore=IB004\nCOPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b'SHELL ["/bin/zsh", "-c"]\nCOPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n',
    BUILDKIT + b"COPY <<a.sh /bin/\nx\na.sh\nRUN chmod 755 /bin/a.sh\n",
    *(
        b"COPY %s /tmp/\n" % name + UNPACK % (name, name)
        for name in (
            b"named.tgz", b"dot.tgz", b"up.tgz", b"rooted.tgz", b"twice.tgz", b"orphan.tgz", b"through.tgz", b"away.tgz",
            b"setuid.tgz", b"white.tgz", b"empty.tgz", b"xattr.tar", b"cut.tgz", b"longer.tar", b"text.tar", b"x.txz",
            b"none.tgz", b"a.sh",
        )
    ),
    b"COPY x.tar /\nCOPY x.tar /\nRUN tar -xf /x.tar -C /srv && rm /x.tar\n",
    b"COPY . /tmp/\nCOPY x.tar.gz /tmp/\n" + UNPACK_Z % (b"x.tar.gz", b"x.tar.gz"),
    b"COPY x.tar.gz /tmp/\nRUN tar -xzf /tmp/x.tar.gz -C /none && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz && true\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv; rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv || rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz /tmp/y\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv one && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv --strip-components=1 && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xkf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xof /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xjf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -tf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C $D && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /etc && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /dev/shm && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\n# why\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv \\\n# why\n && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp/\nENV A=1\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /new/\nRUN tar -xf /new/x.tar.gz -C /srv && rm /new/x.tar.gz\n",
    b"COPY --chown=1 x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz a.sh /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY x.tar.gz /tmp\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"USER app\nCOPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"VOLUME /srv\nCOPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"FROM example.com/a:1\nCOPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"COPY itself.tgz /srv/\nWORKDIR /srv\nRUN tar xf itself.tgz && rm itself.tgz\n",
    b"WORKDIR /srv\nCOPY itself.tgz ./\nRUN tar xf itself.tgz && rm itself.tgz\n",
    b"COPY tree.tgz /tmp/\nRUN tar -xf /tmp/tree.tgz -C / && rm /tmp/tree.tgz\n",
    b"RUN ln -s /etc /srv/app\nCOPY tree.tgz /tmp/\nRUN tar -xf /tmp/tree.tgz -C /srv && rm /tmp/tree.tgz\n",
    b"COPY d /srv/\nCOPY tree.tgz /tmp/\nRUN tar -xf /tmp/tree.tgz -C /srv && rm /tmp/tree.tgz\n",
    b"# hadolint ignore=DL3010\nCOPY x.tar.gz /tmp/\nRUN tar -xf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"RUN rm -rf /tmp\nCOPY x.tar.gz /tmp/\nRUN tar -xzf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"RUN cd / && rm -rf ./tmp/\nCOPY x.tar.gz /tmp/\nRUN tar -xzf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"RUN rm -rf $X\nCOPY x.tar.gz /tmp/\nRUN tar -xzf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"WORKDIR /a/b\nRUN rm -rf /a\nCOPY x.tar.gz /tmp/\nRUN tar -xzf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    b"ENV TAR_OPTIONS=-k\nCOPY x.tar.gz /tmp/\nRUN tar -xzf /tmp/x.tar.gz -C /srv && rm /tmp/x.tar.gz\n",
    BUILDKIT + b"WORKDIR /app\nRUN rm -rf /app\nCOPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    BUILDKIT + b"WORKDIR $APP\nRUN rm -rf $APP\nCOPY a.sh /bin/\nRUN chmod 755 /bin/a.sh\n",
    b"COPY a.sh /x/\nCOPY b.sh /y/\n",
    b"COPY a.sh /x\nCOPY b.sh /x\n",
    b"COPY a.sh /x/\nCOPY d /x/\n",
    b"COPY a.sh /x/\nCOPY d/a.sh /x/\n",
    b"COPY a.sh /x/\nCOPY --chown=1 b.sh /x/\n",
    b"COPY --from=x a.sh /x/\nCOPY --from=x b.sh /x/\n",
    b"COPY a.sh /x/\n# why\nCOPY b.sh /x/\n",
    b"COPY a.sh /x/\nENV A=1\nCOPY b.sh /x/\n",
    b"COPY a.sh /x/\nWORKDIR /y\nCOPY b.sh /x/\n",
    b"COPY a.sh /x/\nCOPY *.json /x/\n",
    b"COPY a.sh /x/\nCOPY none.sh /x/\n",
    b'COPY ["a.sh", "/x/"]\nCOPY b.sh /x/\n',
    b"COPY a.sh \\\n /x/\nCOPY b.sh /x/\n",
    b"COPY a.sh /x/\nADD b.sh /x/\n",
    b"COPY a.sh /x/\n# imagebump: ignore=IB007\nCOPY b.sh /x/\n",
    b"COPY a.sh /%s/\nCOPY b.sh /%s/\n" % (b"x" * 90, b"x" * 90),
]  # fmt: skip
