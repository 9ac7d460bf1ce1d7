"""What stands on the pages of a committee pack: headings, sentences, tables and charts, as plain data.

    pages = pages_of(pack)
    for section in pages.sections:
        section.heading, section.sentences, section.table, section.chart

The Word document, the workbook and the web page are each made of the same pages, so that a figure
cannot differ between them. Nothing here knows how a page looks: a colour is a *tone*, and the words
beside it always say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Tone(StrEnum):
    """What a colour would say. It only ever repeats what the words say."""

    GOOD = "good"  # complete
    LATE = "late"  # overdue
    SOON = "soon"  # due soon
    CALM = "calm"  # not yet due
    FAINT = "faint"  # no date, superseded: nothing to judge


class Toned(NamedTuple):
    """A text that may be coloured: the text says all that the colour does."""

    text: str
    tone: Tone


# Never None: where nothing is known the words say so. A text may hold anything an officer typed,
# line breaks, "=" and "<b>" too. A whole number of days is an int.
Cell: TypeAlias = str | int | float | date | Toned


class Column(NamedTuple):
    """A column of a table: its heading, and its width beside the others (about characters).

    ``entry`` is left empty for the committee to fill in on paper.
    """

    heading: str
    width: int
    entry: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``name`` is unique in the pack and fit for an Excel table; headings are unique.

    Without a row ``nothing`` is said in its place. The first column names the row (a Ref, a theme).
    ``total`` says that the last row sums the ones above.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    nothing: str
    total: bool = False


MOST_ROWS = 250  # of one table in Word or on the web; the workbook has them all


def shown(cell: Cell) -> str:
    """A cell as people read it in a table: ``shown(date(2026, 9, 30))`` is "30/09/2026".

    >>> shown(1234), shown(0.5), shown(1234.0)
    ('1,234', '0.5', '1,234')
    """
    if isinstance(cell, Toned):
        return cell.text
    if isinstance(cell, date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    if isinstance(cell, int | float):
        return f"{cell:,.0f}" if float(cell).is_integer() else f"{cell:,}"
    return cell


def first_rows(table: Table) -> tuple[tuple[Cell, ...], ...]:
    """The rows of a table that a page has room for; the total is one of them."""
    if len(table.rows) <= MOST_ROWS:
        return table.rows
    if table.total:
        return (*table.rows[: MOST_ROWS - 1], table.rows[-1])
    return table.rows[:MOST_ROWS]


def left_out(table: Table, sheet: str, workbook: str = "") -> str:
    """What is said of the rows that a page has no room for; "" where there are none.

    ``sheet`` is where the workbook of the pack has them all, ``workbook`` its name.
    """
    if len(table.rows) <= MOST_ROWS:
        return ""
    first, every = MOST_ROWS - table.total, len(table.rows) - table.total
    book = f"the workbook {workbook}" if workbook else "the workbook of this pack"
    more = "1 more is" if every - first == 1 else f"{every - first:,} more are"
    return (
        f"The table shows the first {first:,} of {every:,} rows. {more} not shown here: the sheet "
        f"“{sheet}” of {book} has them all."
    )


class Series(NamedTuple):
    """One kind of bar: how many of each category."""

    name: str
    tone: Tone
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of stacked bars lying on their sides: one bar for each category, in the order given.

    ``alt`` says in words what it shows.
    """

    title: str
    alt: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]


class Line(NamedTuple):
    """A milestone's target date at each reporting date; None where it was not in the plan, or had none.

    ``completed`` is True where it ends because the milestone was complete.
    """

    name: str
    targets: tuple[date | None, ...]
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """A milestone trend chart: reporting dates across, target dates up, a line for each milestone.

    A flat line is stable, one that rises is slipping; where it meets the line from the lower left
    (a target date that is the reporting date) the milestone was due.
    """

    title: str
    alt: str
    days: tuple[date, ...]
    lines: tuple[Line, ...]


Chart: TypeAlias = Bars | Trend


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the pack. ``key`` names it in JSON and in links, ``sheet`` in the workbook (unique).

    ``sentences`` stand above the chart and the table. ``decision`` marks what the committee is asked
    to decide. ``points`` says that the sentences are a list of points rather than a paragraph.
    """

    key: str
    heading: str
    sheet: str
    sentences: tuple[str, ...]
    table: Table | None = None
    chart: Chart | None = None
    decision: bool = False
    points: bool = False


@dataclass(frozen=True, slots=True)
class Pages:
    """A whole pack. ``about`` are the lines of its cover: (label, value)."""

    title: str
    subtitle: str
    council: str
    as_of: date
    about: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
