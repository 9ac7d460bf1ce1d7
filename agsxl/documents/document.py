"""A published document as a list of blocks in reading order: rows of tables, and lines of text.

Every reader (``docx``, ``pdf``, ``html``, ``markdown``, ``sheets``) gives this one shape, and
``reading`` makes a plan of it. Nothing is decided here: a block says what stands in the document,
and where.

>>> block = Row(("1a", "Adopt the code", "CW"), Place(3, 5, "page 3, table 2, row 5"))
>>> Document("plan.pdf", "pdf", (block,)).blocks[0].place.words
'page 3, table 2, row 5'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Where a block stands: the page (0 where there are none), the row or line, and words for a person.

    ``number`` is the line of a text, or the row of the table or sheet.
    ``part`` is the name of the sheet, or "table 2" in a document; "" in a text.
    """

    page: int
    number: int
    words: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    ``cells`` are texts, "" for an empty one. Struck-out text stands between ``~~`` and ``~~``, text
    inserted by a tracked change between ``<u>`` and ``</u>``; a paragraph or list item ends in a
    line break. ``spans`` says how many columns each cell covers: 1, or more for a merged cell,
    whose further columns hold "" and span 0; () where nothing is merged. ``continued`` are the
    columns (from 0) that belong to a cell merged from the row above; they hold "". ``table``
    tells one table of the document from another, counted from 1; 0 in a text.
    ``heading`` is whether the document itself says that this is a row of headings.
    """

    cells: tuple[str, ...]
    place: Place
    spans: tuple[int, ...] = ()
    continued: frozenset[int] = frozenset()
    table: int = 0
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, list item or line of text outside any table, marked as a cell's text is.

    ``level`` is 0 for plain text, else the level of the heading (1 the highest).
    A list item keeps, or is given, the number or letter that is printed before it ("a) ").
    """

    text: str
    place: Place
    level: int = 0


Block = Row | Line


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of a file: its name, what kind it is ("pdf", "text" ...), and its blocks.

    ``healed`` are repairs a reader has made itself, as (where, what was done), for the report.
    """

    file: str
    kind: str
    blocks: tuple[Block, ...]
    healed: tuple[tuple[Place, str], ...] = ()
