"""A registry that imagebump runs itself, in the Docker engine or as a program.

`status`, `address` and `host` are here and load no Docker SDK; `up` and `down` are in
`imagebump.localregistry.control`, which does.
"""

from imagebump.localregistry.running import address, host, status
from imagebump.localregistry.state import Running

__all__ = ["Running", "address", "host", "status"]
