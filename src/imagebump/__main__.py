"""`python -P -m imagebump`: how the hooks start us, so that no file of the repository is imported."""

from imagebump.cli import entry

entry()
