"""A registry over HTTP: read a tag, put a tag on what is there already."""

from imagebump.registry.client import Registry
from imagebump.registry.login import credentials, is_loopback

__all__ = ["Registry", "credentials", "is_loopback"]
