"""Why a build found nothing, out of what BuildKit says."""

import pytest

from builds import committed, planned
from harness import Repo
from imagebump.engine import missing
from imagebump.errors import UserError

NOT_FOUND = 'failed to compute cache key: "/dist" not found: not found'


@pytest.mark.parametrize(
    ("dockerfile", "error", "why"),
    [
        ("FROM a\nCOPY a dist /x/\n", NOT_FOUND, "COPY dist: not in "),
        ("FROM a\nADD ./dist/ /x\nCOPY . /y\n", NOT_FOUND, "ADD dist: not in "),
        ("# syntax=h.io/f:1\nFROM a\nCOPY dist /x\n", NOT_FOUND, "COPY dist: not in "),
        ("FROM a\nCOPY $dist /dist [d]ist /x/\n", NOT_FOUND, "COPY dist: not in "),
        ("FROM a\nCOPY $dist d*t /x/\nCOPY --from=b dist /x\n", NOT_FOUND, NOT_FOUND),
        ("FROM a\nCOPY link/file /x\nCOPY --from=b /dist /x\n", NOT_FOUND, NOT_FOUND),
        ("FROM a\nCOPY dist /x\n", "no space left on device", "no space left on device"),
        ("# syntax=h.io/f:1\nFROM a\n", "exit code: 4", "the frontend h.io/f:1 ended with exit status 4, and did not say why"),
        ("FROM a\n", "exit code: 4", "exit code: 4"),
    ],
)  # fmt: skip
def test_explain(repo: Repo, dockerfile: str, error: str, why: str) -> None:
    """The COPY that names what the context lacks, whatever else is copied, and whoever reads the Dockerfile."""
    committed(repo, dockerfile, a="1")
    with planned(repo) as plan:
        assert missing.explain(plan, UserError(error)).message.startswith(why)
