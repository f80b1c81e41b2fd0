"""A word while it is being read."""

from imagebump.dockerfile.shell.model import Script, Word


class Draft:
    """What is known of a word so far. `literal` turns false where the shell computes a part."""

    __slots__ = ("literal", "scripts", "sets", "uses", "value")

    def __init__(self) -> None:
        self.value: list[str] = []
        self.literal = True
        self.uses: list[str] = []
        self.sets: list[str] = []
        self.scripts: list[Script] = []

    def word(self, raw: str) -> Word:
        """The word that was written as `raw`."""
        value = "".join(self.value) if self.literal else None
        return Word(raw, value, tuple(self.uses), tuple(self.sets), tuple(self.scripts))
