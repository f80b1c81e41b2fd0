"""A registry that imagebump runs itself, in the Docker engine or as a program.

`status` and `address` are here and load no Docker SDK; `up` and `down` are in
`imagebump.localregistry.control`, which does.
"""

from imagebump.localregistry.running import address, status
from imagebump.localregistry.state import Running

__all__ = ["Running", "address", "status"]
