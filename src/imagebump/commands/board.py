"""How a publication goes, drawn live on a terminal: its steps, and a bar for each that is under way."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from imagebump import output
from imagebump.bars import Bar
from imagebump.commands import jobs
from imagebump.ledger import Ledger
from imagebump.records import Record

_DONE = 6
"""How many of the steps that have ended are shown, the last ones."""
_DOTS = Spinner("dots", style="cyan")
"""One for all that is drawn: a new one would begin to turn anew."""


def live() -> Live:
    """A board to be updated; it vanishes in the end."""
    console = Console(highlight=False)
    return Live(Text(""), console=console, refresh_per_second=10, transient=True)


def of(records: Sequence[Record], book: Ledger) -> RenderableType:
    """What is under way: the one that is worked on, with its steps, and how many wait."""
    active = next(
        (record for record in records if record.state in ("building", "pushing", "tagging")), None
    )
    if active is None:
        return Spinner("dots", Text("waiting for the worker", style="dim"))
    more = len(records) - 1
    title = Text.assemble(
        (active.title, "bold"), " ", (active.state, "cyan"),
        (f"  ({more} more)" if more else "", "dim"),
    )  # fmt: skip
    return Group(title, _ended(book.steps(active.id)), _moving(active))


def _ended(steps: Sequence[tuple[str, float]]) -> Table:
    """The last ones; one that ended in parts, once."""
    took: dict[str, float] = {}
    for name, seconds in steps:
        took[name] = took.pop(name, 0.0) + seconds
    rows = _table()
    rows.add_column(justify="right", no_wrap=True)
    for name, seconds in [*took.items()][-_DONE:]:
        rows.add_row(
            Text("✓", style="green"), _name(name, "dim"), Text(jobs.seconds(seconds), "dim")
        )
    return rows


def _moving(record: Record) -> Table:
    """A bar for each: it moves to and fro where nobody knows how far it is."""
    rows = _table()
    rows.add_column(ratio=1)
    rows.add_column(justify="right", no_wrap=True)
    for bar in record.bars or [Bar(record.step or record.state)]:
        rows.add_row(_DOTS, _name(bar.name), ProgressBar(bar.total or None, bar.current), bar.share)
    return rows


def _table() -> Table:
    """Its first columns: a mark, and a name that has what room there is."""
    rows = Table.grid(padding=(0, 1), expand=True)
    rows.add_column(width=1)
    rows.add_column(no_wrap=True, overflow="ellipsis", ratio=3)
    return rows


def _name(text: str, style: str = "") -> Text:
    return Text(output.printable(" ".join(text.split())), style)
