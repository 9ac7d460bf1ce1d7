"""Invented published plans, in as many shapes as councils print them, with what stands in each.

A document is written as it looks: a line with bars is a row of a table, any other a line of text,
"# " a heading. ``==`` begins another table, ``^`` says that a cell belongs to the one merged above,
``\\n`` is a line break in a cell. Below it stand its milestones, by ref, and what a reader must find.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agsxl.documents.document import Block, Document, Line, Place, Row


@dataclass(frozen=True)
class Published:
    """A document, and for each ref what some of the columns hold."""

    name: str
    kind: str
    text: str
    plan: dict[str, dict[str, str]]
    says: tuple[str, ...] = ()  # words that the import's notes must hold
    left_over: tuple[str, ...] = field(default=())  # the beginnings of what is left over


def document(published: Published) -> Document:
    """The blocks of an invented document."""
    blocks: list[Block] = []
    table, page = 1, 1
    for number, line in enumerate(published.text.strip("\n").split("\n"), 1):
        if line.startswith("=="):
            table += 1
            continue
        if line.startswith("~page~"):
            page += 1
            continue
        if not line.strip():
            continue
        place = Place(page, number, f"page {page}, line {number}")
        if "|" not in line:
            level = len(line) - len(line.lstrip("#"))
            blocks.append(Line(line.lstrip("# ").replace("\\n", "\n"), place, level))
            continue
        cells = [cell.strip().replace("\\n", "\n") for cell in line.strip().strip("|").split("|")]
        spans: list[int] = []
        for cell in cells:
            if cell == ">":
                at = max(i for i, s in enumerate(spans) if s)
                spans[at] += 1
                spans.append(0)
            else:
                spans.append(1)
        continued = frozenset(i for i, cell in enumerate(cells) if cell == "^")
        texts = tuple("" if cell in ("^", ">") else cell for cell in cells)
        merged = tuple(spans) if 0 in spans else ()
        blocks.append(Row(texts, place, merged, continued, table if published.kind != "text" else 0))
    return Document(published.name, published.kind, tuple(blocks))
