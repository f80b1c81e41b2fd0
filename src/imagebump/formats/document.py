"""JSON that every reader and every terminal takes."""

import json
from typing import Any


def document(value: Any) -> str:
    """`value` as JSON in plain ASCII, without a byte that a terminal would act on."""
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f")


def readable(path: str) -> str:
    """A path in Unicode: a byte that is no UTF-8 is U+FFFD, since strict readers refuse surrogates."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
