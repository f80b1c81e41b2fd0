"""A registry over HTTP: read its tags, manifests and blobs, and write them."""

from imagebump.registry.access import USUAL, Access, access_of
from imagebump.registry.client import Manifest, Registry
from imagebump.registry.login import credentials, is_loopback

__all__ = ["USUAL", "Access", "Manifest", "Registry", "access_of", "credentials", "is_loopback"]
