"""How a publication goes, drawn live on a terminal: its steps, and a bar for each that moves bytes."""

from collections.abc import Iterator, Sequence

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
_WIDTH = 20
"""Columns of a bar."""


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
    rows = Table.grid(padding=(0, 1))
    rows.add_column(width=1)
    rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    rows.add_column(width=_WIDTH)
    rows.add_column(justify="right", no_wrap=True)
    for row in [*_ended(book.steps(active.id)[-_DONE:]), *_moving(active)]:
        rows.add_row(*row)
    rows.expand = True
    return Group(title, rows)


def _ended(steps: Sequence[tuple[str, float]]) -> Iterator[tuple[RenderableType, ...]]:
    for name, seconds in steps:
        yield Text("✓", style="green"), _name(name, "dim"), "", Text(jobs.seconds(seconds), "dim")


def _moving(record: Record) -> Iterator[tuple[RenderableType, ...]]:
    for bar in record.bars or [Bar(record.step or record.state)]:
        drawn = ProgressBar(bar.total, bar.current, _WIDTH) if bar.total else ""
        yield Spinner("dots", style="cyan"), _name(bar.name), drawn, bar.share


def _name(text: str, style: str = "") -> Text:
    return Text(output.printable(" ".join(text.split())), style)
