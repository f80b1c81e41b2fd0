"""An HTTP answer that is no registry's, in what an engine says of it."""

import re
from http import HTTPStatus

_STATUS = re.compile(r"error parsing HTTP (\d+) response body|unexpected HTTP status: (\d+)")


def status(text: str) -> int | None:
    """The status of the answer that an engine could make nothing of; None where it speaks of none."""
    found = _STATUS.search(text)
    return int(found[1] or found[2]) if found else None


def words(code: int) -> str:
    """404 → the registry answered 404 (Not Found)."""
    known = code in {one.value for one in HTTPStatus}
    return f"the registry answered {code}" + (f" ({HTTPStatus(code).phrase})" if known else "")
