"""BuildKit's progress messages, encoded by hand."""


def varint(value: int) -> bytes:
    """A number, seven bits a byte."""
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def number(field: int, value: int) -> bytes:
    """A field that is a number."""
    return varint(field << 3) + varint(value)


def text(field: int, value: str | bytes) -> bytes:
    """A field that is a text or a message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def stamp(field: int, seconds: int, nanos: int = 0) -> bytes:
    """A field that is a time."""
    return text(field, number(1, seconds) + (number(2, nanos) if nanos else b""))


def vertex(
    digest: str,
    name: str,
    *,
    cached: bool = False,
    started: int = 0,
    completed: int = 0,
    error: str = "",
) -> bytes:
    """A step."""
    times = (stamp(5, started) if started else b"") + (stamp(6, completed) if completed else b"")
    return text(1, text(1, digest) + text(3, name) + number(4, cached) + times + text(7, error))


def transfer(step: str, name: str, current: int, total: int) -> bytes:
    """Bytes that a step moves."""
    return text(2, text(2, step) + text(3, name) + number(4, current) + number(5, total))


def log(step: str, printed: str) -> bytes:
    """What a step printed."""
    return text(3, text(1, step) + text(4, printed))
