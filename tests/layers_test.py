"""What an image's history says of its layers."""

import pytest

from imagebump.layers import Layer, instruction, layers


@pytest.mark.parametrize(
    ("noted", "written"),
    [
        ("RUN /bin/sh -c make all # buildkit", "RUN make all"),
        ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN make"),
        ("COPY a /b # buildkit", "COPY a /b"),
        ("/bin/sh -c make", "RUN make"),
        ('/bin/sh -c #(nop)  CMD ["a"]', 'CMD ["a"]'),
        ("/bin/sh -c #(nop) COPY file:1 in /a ", "COPY file:1 in /a "),
        ("|1 A=b /bin/sh -c make", "RUN make"),
        ("", ""),
    ],
)
def test_instructions(noted: str, written: str) -> None:
    """As they stand in the Dockerfile, whichever builder noted them."""
    assert instruction(noted) == written


def test_layers() -> None:
    """Sizes go to the instructions that have a layer, seconds to those that the build tells of."""
    history: list[dict[str, object]] = [
        {"created_by": "COPY a / # buildkit"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "RUN /bin/sh -c make # buildkit"},
    ]
    steps = [
        ("[1/2] FROM x", 0.1),
        ("[2/2] RUN --mount=type=cache,target=/c --network=none make", 2.5),
    ]
    assert list(layers(history, [10, 20, 30], steps)) == [
        Layer("COPY a /", 10, None),
        Layer("ENV A=b", 0, None),
        Layer("RUN make", 20, 2.5),
        Layer("", 30, None),
    ]
