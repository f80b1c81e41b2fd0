"""A worker that is killed, wherever it is, loses nothing: `python tests/kill.py 200` does it more often."""

import kill
from projects import Project
from services import Registry


def test_kills(project: Project, registry: Registry) -> None:
    """At the states that the ledger tells of, and at random moments."""
    project.configure(kill.TAGS)
    figures = kill.rounds(project, registry, 5)
    assert figures.at_a_change
