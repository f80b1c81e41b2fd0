"""What a RUN does to its shell at its very end, where nothing can come of it."""

from imagebump.dockerfile.shell.effects import EffectKind
from imagebump.dockerfile.shell.model import Unknown, dialect
from imagebump.dockerfile.shell.reading import read

_ADVICE: dict[EffectKind, str] = {
    "directory": "ends in {}, which has no effect on what follows; use WORKDIR",
    "variable": "sets {} at its end, which has no effect on what follows; use ENV",
    "sourced": "ends in reading a script into its shell ({}), which has no effect on what follows",
    "alias": "ends in {}, which has no effect on what follows",
    "umask": "ends in {}, which has no effect on what follows",
}


def state(text: str, shell: tuple[str, ...]) -> str:
    """What to say of a RUN; "" where it ends in a command that does something."""
    reading = read(text, dialect(shell))
    if isinstance(reading, Unknown) or reading.last_simple is None:
        return ""
    for effect in reading.effects:
        if effect.last and effect.kind in _ADVICE:
            return "this RUN " + _ADVICE[effect.kind].format(effect.name[:40])
    return ""
