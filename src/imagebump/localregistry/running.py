"""Is a registry of ours running, and where."""

from imagebump.errors import UserError
from imagebump.localregistry import api, program, state
from imagebump.localregistry.state import Running
from imagebump.reference import LOCAL


def status() -> Running | None:
    """The registry that runs now; None where none does.

    A program is known by its pid, its start and its command; a container by what it answers.
    """
    known = state.load()
    if known is None:
        return None
    alive = (
        program.is_alive(known) if known.how == "program" else api.mark(known.port) == known.mark
    )
    return known if alive else None


def host(registry: str) -> str:
    """The `host[:port]` of what a configuration names as its registry: "local" is the one that runs here."""
    return address() if registry == LOCAL else registry


def address() -> str:
    """`host:port` of the running registry, for image references. UserError where none runs."""
    running = status()
    if running is None:
        raise UserError("no local registry is running", "Run: imagebump registry up")
    return running.address
