"""A registry over HTTP: read its tags, manifests and blobs, and write them."""

from imagebump.registry.access import USUAL, Access, access_of
from imagebump.registry.bodies import Manifest
from imagebump.registry.client import Reach, Registry
from imagebump.registry.connection import Connection
from imagebump.registry.login import credentials, docker_context, is_loopback
from imagebump.registry.refusal import PassingError
from imagebump.registry.rehearsal import Rehearsal
from imagebump.registry.transport import PATIENCE

__all__ = [
    "PATIENCE",
    "USUAL",
    "Access",
    "Connection",
    "Manifest",
    "PassingError",
    "Reach",
    "Registry",
    "Rehearsal",
    "access_of",
    "credentials",
    "docker_context",
    "is_loopback",
]
