"""What an archive leaves behind, where ADD unpacks it and where tar does: is that the same?

What an image holds already is not known. So only such members are the same for certain as take
the place of whatever is there: files, links and, in a directory of the image's own, directories.
"""

import bz2
import gzip
import io
import tarfile
from collections.abc import Iterator
from posixpath import dirname, normpath
from typing import IO, cast
from zlib import error as ZlibError

_LARGEST = 1 << 28  # bytes that are unpacked to be looked at
_MOST = 10_000  # members
_MAGIC = {b"\x1f\x8b": "z", b"BZ": "j"}
_HARMLESS = {"path", "linkpath", "mtime", "atime", "ctime", "size", "uid", "gid", "comment"}
_KINDS = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE)


def difference(data: bytes, compression: str, itself: str, *, fresh: bool) -> str:
    """Why ADD may leave something else than `tar` does, as a clause on the archive; "" where it leaves the same.

    `compression` is the letter that tar was given, "" for none; `itself` is where the archive lies,
    seen from the directory that it is unpacked in. `fresh` says that there is no symbolic link in it.
    """
    found = next((name for magic, name in _MAGIC.items() if data.startswith(magic)), "")
    if compression not in ("", found):
        return "is compressed otherwise than tar is told"
    try:
        file = _plain(data, found)
        with tarfile.open(fileobj=file, mode="r:") as archive:
            return next(_differences(archive, itself, fresh), "") or _rest(file)
    except (tarfile.TarError, OSError, EOFError, ZlibError, ValueError):
        return "is no archive that ADD unpacks"


def _plain(data: bytes, compression: str) -> IO[bytes]:
    """The archive without its compression; what is read of it is unpacked then."""
    packed = io.BytesIO(data)
    if compression == "z":
        return cast(IO[bytes], gzip.open(packed))
    return bz2.open(packed) if compression == "j" else packed


def _differences(archive: tarfile.TarFile, itself: str, fresh: bool) -> Iterator[str]:
    directories, seen, size = {"."}, set[str](), 0
    for count, member in enumerate(archive):
        size += member.size
        if count >= _MOST or size > _LARGEST:
            yield "is too large to be looked at"
        name = normpath(member.name)
        yield from filter(None, (_of_one(member, name, fresh),))
        if name in seen:
            yield f"holds {name} twice"
        if dirname(name) not in directories and dirname(name):
            yield f"holds {name} without its directory"
        seen.add(name)
        if member.isdir():
            directories.add(name)
    if not seen:
        yield "is empty"
    if itself in seen:
        yield "holds a file of its own name"


def _rest(file: IO[bytes]) -> str:
    """Read on to the end, where a damaged archive shows; OSError, EOFError or ZlibError where one does."""
    size = 0
    while chunk := file.read(1 << 20):
        size += len(chunk)
        if size > _LARGEST or chunk.strip(b"\0"):
            return "goes on behind its end"
    return ""


def _of_one(member: tarfile.TarInfo, name: str, fresh: bool) -> str:
    if member.type not in _KINDS or member.sparse is not None:
        return f"holds {name}, which is no plain file, directory or symbolic link"
    if name.startswith(("/", "../")) or name in (".", "..") or "/.wh." in f"/{name}":
        return f"holds {member.name}, which tar and ADD take differently"
    if member.name.startswith("/") or ".." in member.name.split("/"):
        return f"holds {member.name}, which tar and ADD take differently"
    if set(member.pax_headers) - _HARMLESS:
        return f"holds {name} with attributes, which only ADD keeps"
    if not _is_numeric(member.uid, member.uname) or not _is_numeric(member.gid, member.gname):
        owner = f"{member.uname}:{member.gname}"
        return f"holds files of {owner}, a name that tar looks up in the image, and ADD does not"
    if member.mode & ~0o777:
        return f"holds {name} with a mode that not every builder keeps"
    if member.isdir() and not fresh:
        return f"holds the directory {name}, which may be a symbolic link in the image"
    if member.issym() and (member.linkname.startswith("/") or ".." in member.linkname.split("/")):
        return f"holds {name}, a link that some tars do not make"
    return ""


def _is_numeric(number: int, name: str) -> bool:
    """Does tar use the number? By a name it would be looked up in the image, where only root is known."""
    return not name or (name == "root" and number == 0)
