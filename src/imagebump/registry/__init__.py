"""A registry over HTTP: read its tags, manifests and blobs, and write them."""

from imagebump.registry.client import Manifest, Registry
from imagebump.registry.connection import Access
from imagebump.registry.login import credentials, is_loopback

__all__ = ["Access", "Manifest", "Registry", "credentials", "is_loopback"]
