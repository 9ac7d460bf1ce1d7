"""Rows of a text whose cells hold line breaks: each broken over several lines, put together again.

A1<tab>Adopt the code<tab>Drafted by the
working group.<tab>On target          is one row of four cells, not a row, a line and a row
"""

from __future__ import annotations

from dataclasses import replace

from agsxl.documents.columns import read_columns
from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.healing import continues, join, listed_item

_MOST = 60  # lines in one row


def whole_rows(document: Document) -> tuple[Document, dict[Place, tuple[Block, ...]]]:
    """The document with its broken rows whole, and for each the further lines that went into it.

    Only a text has them: everywhere else a row is a row. A row is whole when it is as wide as the
    heading row above it; what does not come out exactly is left as it stands.
    """
    if document.kind != "text":
        return document, {}
    blocks: list[Block] = []
    more: dict[Place, tuple[Block, ...]] = {}
    width, index = 0, 0
    while index < len(document.blocks):
        block = document.blocks[index]
        index += 1
        if isinstance(block, Row) and read_columns(block.cells) is not None:
            width = len(block.cells)
        elif isinstance(block, Row) and 1 < len(block.cells) < width:
            cells, taken = _filled_up(document.blocks[index - 1 : index + _MOST], width)
            if taken:
                more[block.place] = tuple(document.blocks[index : index + taken])
                block, index = replace(block, cells=cells), index + taken
        elif isinstance(block, Line) and blocks and width:
            before = blocks[-1]
            if isinstance(before, Row) and len(before.cells) == width and _goes_on(
                document.blocks, index - 1, before
            ):  # fmt: skip
                last = join(before.cells[-1], block.text)
                blocks[-1] = replace(before, cells=(*before.cells[:-1], last))
                more[before.place] = (*more.get(before.place, ()), block)
                continue
        blocks.append(block)
    return replace(document, blocks=tuple(blocks)), more


def _filled_up(blocks: tuple[Block, ...], width: int) -> tuple[tuple[str, ...], int]:
    """The cells of the first row with those of the lines below it, and how many lines it took."""
    first = blocks[0]
    cells = list(first.cells) if isinstance(first, Row) else []
    number = first.place.number
    for taken, block in enumerate(blocks[1:], 1):
        if block.place.number != number + taken:
            break  # a blank line stands between
        if isinstance(block, Line):
            cells[-1] = join(cells[-1], block.text)
            continue
        if read_columns(block.cells) is not None:
            break
        cells = [*cells[:-1], join(cells[-1], block.cells[0]), *block.cells[1:]]
        if len(cells) == width:
            return tuple(cells), taken
        if len(cells) > width:
            break
    return (), 0


def _goes_on(blocks: tuple[Block, ...], index: int, row: Row) -> bool:
    """Whether a line is more of the last cell of the row right above it."""
    line = blocks[index]
    above = blocks[index - 1]
    if line.place.number != above.place.number + 1 or not isinstance(line, Line) or line.level:
        return False
    after = blocks[index + 1] if index + 1 < len(blocks) else None
    followed = (
        isinstance(after, Row)
        and after.place.number == line.place.number + 1
        and read_columns(after.cells) is None
    )
    return bool(row.cells[-1]) and (
        followed or listed_item(line.text) or continues(row.cells[-1], line.text) > 0
    )
