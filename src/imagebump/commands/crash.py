"""What a bug leaves behind: a log to paste."""

import platform
import tempfile
import traceback
from collections.abc import Sequence

from imagebump import __version__
from imagebump.masks import without_authorization


def report(arguments: Sequence[str]) -> str:
    """Write the exception that is being handled to a new file, and give the file's path."""
    text = (
        f"imagebump {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"imagebump {' '.join(arguments)}\n\n{traceback.format_exc()}"
    )
    with tempfile.NamedTemporaryFile(
        "w", prefix="imagebump-crash-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        file.write(without_authorization(text))
    return file.name
