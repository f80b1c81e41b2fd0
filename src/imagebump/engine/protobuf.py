"""Protocol buffers on the wire: the fields of a message by their numbers, as far as BuildKit needs it."""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def number(field: int, value: int) -> bytes:
    """A field with a whole number; nothing where that is 0."""
    return _encoded(field << 3 | _VARINT) + _encoded(value) if value else b""


def data(field: int, value: bytes) -> bytes:
    """A field with bytes, a text or another message."""
    return _encoded(field << 3 | _BYTES) + _encoded(len(value)) + value


def _encoded(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Parts(dict[int, list[int | bytes]]):
    """The fields of a message by their number."""

    def many(self, field: int) -> Iterator[bytes]:
        """Every value of a field with bytes."""
        return (value for value in self.get(field, ()) if isinstance(value, bytes))

    def text(self, field: int) -> str:
        """The first text, or ""."""
        return next(self.many(field), b"").decode(errors="replace")

    def number(self, field: int) -> int:
        """The first whole number, or 0."""
        return next((value for value in self.get(field, ()) if isinstance(value, int)), 0)

    def time(self, field: int) -> float:
        """A google.protobuf.Timestamp."""
        stamp = collect(next(self.many(field), b""))
        return stamp.number(1) + stamp.number(2) / 1e9


def collect(data: bytes) -> Parts:
    """The fields of one message. ValueError where it is none."""
    parts, position = Parts(), 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind, value = tag & 7, b""
        if kind == _VARINT:
            number, position = _varint(data, position)
            parts.setdefault(tag >> 3, []).append(number)
            continue
        if kind == _BYTES:
            length, position = _varint(data, position)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {position}")
        value = data[position : position + length]
        if len(value) != length:
            raise ValueError("the message ends early")
        position += length
        parts.setdefault(tag >> 3, []).append(value)
    return parts


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data):
            raise ValueError("the message ends early")
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position
