"""A document taken out of a PDF or a web page as text: rows with tabs between the cells, and lines.

>>> document = read_text("Lead:\\tStatus:\\n\\nKey\\n", "plan.txt")
>>> [type(block).__name__ for block in document.blocks]
['Row', 'Line']

A text without tabs whose columns are kept apart by spaces (as a scanner's program, or ``pdftotext
-layout``, writes them) is cut where the words of its heading row stand.
"""

from __future__ import annotations

import csv
import io
import re

from agsxl.documents.columns import read_columns
from agsxl.documents.delimited import quotes_cells
from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.healing import unwrap

_GAP = re.compile(r"\s{2,}")
_MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+")


def read_text(text: str, file: str) -> Document:
    """The rows and lines of a text. A form feed ends a page; blank lines are left out."""
    blocks: list[Block] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    laid_out = "\t" not in text
    cuts: list[int] = []
    page, number = (1 if "\f" in text else 0), 0
    if not laid_out and quotes_cells(text):
        return Document(file, "text", tuple(_quoted(text)))
    for number, line in enumerate(text.split("\n"), 1):
        page += line.count("\f")
        line = line.replace("\f", "")
        words = f"line {number}"
        place = Place(page, number, f"page {page}, {words}" if page else words)
        if laid_out:
            cuts = _cuts(line) or cuts
            cells = _cut(line, cuts) if cuts else []
            if len(cells) > 1:
                blocks.append(Row(tuple(cells), place))
                continue
        if "\t" in line:
            if line.strip():
                blocks.append(Row(tuple(unwrap(cell) for cell in line.split("\t")), place))
        elif line.strip():
            heading = _MARKDOWN_HEADING.match(line)
            bare = unwrap(line[heading.end() :] if heading else line)
            if bare:
                blocks.append(Line(bare, place, len(heading[1]) if heading else 0))
    return Document(file, "text", tuple(blocks))


def _quoted(text: str) -> list[Block]:
    """The rows of a text that Excel saved, whose cells with line breaks stand in quotation marks."""
    blocks: list[Block] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    start = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            place = Place(0, start, f"line {start}")
            blocks.append(Row(tuple(unwrap(cell) for cell in cells), place))
        start = reader.line_num + 1
    return blocks


def _cuts(line: str) -> list[int]:
    """Where the columns begin, if the line is a row of headings kept apart by spaces."""
    cells = [cell for cell in _GAP.split(line.strip()) if cell]
    if len(cells) < 3 or read_columns(cells) is None:
        return []
    cuts, at = [], 0
    for cell in cells:
        at = line.index(cell, at)
        cuts.append(at)
        at += len(cell)
    return cuts


def _cut(line: str, cuts: list[int]) -> list[str]:
    """The cells of a line: each run of words goes to the column whose beginning is nearest."""
    cells = [""] * (len(cuts) + 1)  # the first holds what stands left of all headings
    filled = False
    for run in re.finditer(r"\S+(?: \S+)*", line):
        index = min(range(len(cuts)), key=lambda i: abs(cuts[i] - run.start()))
        left = run.end() <= cuts[0] and len(run.group()) < 8
        index = 0 if left else index + 1
        cells[index] = f"{cells[index]} {run.group()}".strip()
        filled = True
    return [unwrap(cell) for cell in cells] if filled else []
