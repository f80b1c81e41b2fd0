"""What a Dockerfile promises, and which change of it breaks a promise."""

import pytest

from imagebump.dockerfile.parse import parse
from imagebump.interface import Interface, difference, interface


def read(text: str, target: str = "", **arguments: str) -> Interface:
    """The interface of a Dockerfile."""
    return interface(parse(text.encode()), target, arguments)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("FROM a\nEXPOSE 80 53/UDP\n", {"80/tcp", "53/udp"}),
        ("FROM a\nARG PORT=80\nEXPOSE $PORT\n", {"80/tcp"}),
        ("FROM a\nARG PORT\nEXPOSE $PORT\n", {"$port/tcp"}),
        ("ARG PORT=80\nFROM a\nARG PORT\nEXPOSE ${PORT}\n", {"80/tcp"}),
        ('FROM a\nENV PORT="80 81"\nEXPOSE $PORT\n', {"80/tcp", "81/tcp"}),
        ("FROM a\nEXPOSE ${PORT:-80} ${OTHER:+81}\n", {"80/tcp"}),
        ("FROM a\nENV PORT=80\nARG PORT=81\nEXPOSE $PORT\n", {"80/tcp"}),
        ("FROM a AS b\nEXPOSE 80\nFROM b\nEXPOSE 81\n", {"80/tcp", "81/tcp"}),
        ("FROM a AS b\nEXPOSE 80\nFROM a\nEXPOSE 81\n", {"81/tcp"}),
        ("FROM a\nEXPOSE 8000-8010\n", {"8000-8010/tcp"}),
        ("ARG B=b\nFROM a AS b\nEXPOSE 80\nFROM $B\nEXPOSE 81\n", {"80/tcp", "81/tcp"}),
        ("FROM a\nENV A=aaaa\n" + "ENV A=$A$A\n" * 60 + "EXPOSE 80\n", {"80/tcp"}),
    ],
)
def test_ports(text: str, ports: set[str]) -> None:
    """Of the stages that end in the image, with variables as they are set there."""
    assert read(text).ports == ports


def test_build_arguments_and_a_target() -> None:
    """They are those of the build."""
    text = "FROM a AS one\nARG PORT=80\nEXPOSE $PORT\nFROM one AS two\nEXPOSE 1\n"
    assert read(text, PORT="90").ports == {"90/tcp", "1/tcp"}
    assert read(text, "one").ports == {"80/tcp"}
    text = "ARG B=b\nFROM a AS b\nEXPOSE 80\nFROM $B\nEXPOSE 81\n"
    assert read(text, B="c").ports == {"81/tcp"}


BEFORE = 'FROM a\nEXPOSE 80\nVOLUME /data\nENV A=1 B=2\nENTRYPOINT ["x"]\nUSER app\n'
CHANGES = {
    "nothing": ("a", "a", None),
    "another base": ("FROM a", "FROM b", None),
    "another value": ("A=1", "A=3", None),
    "a new name": ("A=1", "A=1 C=3", None),
    "a CMD": ("USER", 'CMD ["y"]\nUSER', None),
    "the same, written otherwise": ("VOLUME /data", 'VOLUME ["/data/"]', None),
    "the same port": ("EXPOSE 80", "EXPOSE 80/tcp", None),
    "a port that is gone": ("EXPOSE 80\n", "", ("major", "EXPOSE 80/tcp is gone")),
    "another port": ("EXPOSE 80", "EXPOSE 81", ("major", "EXPOSE 80/tcp is gone")),
    "a volume that is gone": ("VOLUME /data\n", "", ("major", "VOLUME /data is gone")),
    "a name that is gone": (" B=2", "", ("major", "ENV B is gone")),
    "another entry point": ('["x"]', '["y"]', ("major", "ENTRYPOINT changed")),
    "an entry point in a shell": ('["x"]', "x", ("major", "ENTRYPOINT changed")),
    "no user": ("USER app\n", "", ("major", "USER changed")),
    "a new port": ("EXPOSE 80", "EXPOSE 80 81", ("minor", "EXPOSE 81/tcp is new")),
    "a new volume": ("/data", "/data /more", ("minor", "VOLUME /more is new")),
}


@pytest.mark.parametrize("case", CHANGES)
def test_difference(case: str) -> None:
    """A removal breaks, an addition does not, and values say too little."""
    old, new, expected = CHANGES[case]
    assert difference(read(BEFORE), read(BEFORE.replace(old, new))) == expected
