"""Whether a workbook can be read by everybody: the checklist for accessible spreadsheets.

    assert faults_of_workbook(path) == []

The list is that of the Government Analysis Function for spreadsheets which are published: a title,
one named table a sheet, one row of unique headings, nothing merged, hidden or blank without a word,
nothing said by colour alone, charts described. It is read from the file, by another library than the
one that wrote it, and from its parts.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

_NAMES = {
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "p": "http://schemas.openxmlformats.org/package/2006/relationships",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_NO_NAME = re.compile(r"(sheet|table|chart|book)?\s*\d*", re.I)
_NO_LINK_TEXT = re.compile(r"(click )?here|link|more|\s*|https?:.*|.*![A-Z]+\d+", re.I)
MOST_FROZEN = 20  # rows: with more of them no room is left to scroll in


def faults_of_workbook(path: Path) -> list[str]:
    """What keeps a workbook from being accessible, in plain sentences; none for a good one."""
    book = openpyxl.load_workbook(path, rich_text=True)
    faults = [*_of_the_file(path)]
    if book.index(book.active) != 0:
        faults.append("The first sheet is not the one that opens.")
    for page in book.worksheets:
        faults += [f"{page.title}: {fault}" for fault in _of_a_sheet(page)]
        faults += [f"{page.title}: {fault}" for fault in _of_links(page)]
    for drawing in drawings_of(path):
        page = book[drawing.sheet]
        faults += [f"{page.title}: {fault}" for fault in _of_a_drawing(drawing, page)]
    return faults


# -- the file ----------------------------------------------------------------------------------


def _of_the_file(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        types = package.read("[Content_Types].xml").decode()
        core = ElementTree.fromstring(package.read("docProps/core.xml"))
    if path.suffix != ".xlsx" or "macroEnabled" in types or any("vbaProject" in n for n in names):
        yield "It may hold macros."
    if any(name.startswith(("xl/externalLinks/", "xl/media/")) for name in names):
        yield "It holds links to other workbooks, or pictures."
    if not (core.findtext("dc:title", "", _NAMES) or "").strip():
        yield "It has no title."
    if core.findtext("dc:language", "", _NAMES) != "en-GB":
        yield "It does not say its language."


# -- a sheet -----------------------------------------------------------------------------------


def _of_a_sheet(page: Worksheet) -> Iterator[str]:
    if _NO_NAME.fullmatch(page.title):
        yield "Its name does not say what it holds."
    if page.sheet_state != "visible":
        yield "It is hidden."
    if all(cell.value is None for line in page.iter_rows() for cell in line):
        yield "It is empty."
        return
    if any(each.hidden for each in page.row_dimensions.values()) or any(
        each.hidden for each in page.column_dimensions.values()
    ):
        yield "Rows or columns are hidden."
    if page.merged_cells.ranges:
        yield "Cells are merged."
    if not isinstance(page["A1"].value, str) or not page["A1"].value.strip():
        yield "A1 is not its title."
    if any(view.activeCell != "A1" for view in page.sheet_view.selection):
        yield "It does not open at A1."
    if len(page.tables) != 1:
        yield f"It has {len(page.tables)} tables and not one."
        return
    (table,) = page.tables.values()
    left, top, right, bottom = range_boundaries(table.ref)
    if _NO_NAME.fullmatch(table.displayName):
        yield "Its table's name does not say what it holds."
    if table.headerRowCount != 1:
        yield "Its table has no row of headings."
    headings = [page.cell(top, n).value for n in range(left, right + 1)]
    if not all(isinstance(each, str) and each.strip() for each in headings):
        yield "A heading is empty."
    if len({str(each).casefold() for each in headings}) < len(headings):
        yield "Two headings are the same."
    if left != 1 or any(page.cell(row, 1).value is None for row in range(1, top)):
        yield "There are blank rows or columns before the table."
    yield from _of_a_table(page, (left, top, right, bottom))
    wanted = f"A{top + 1}" if top <= MOST_FROZEN else None
    if page.freeze_panes != wanted:
        yield "Its headings do not stay in sight."
    if page.print_title_rows != f"${top}:${top}":
        yield "Its headings are not on every printed page."
    fits = (
        page.sheet_properties.pageSetUpPr is not None
        and page.sheet_properties.pageSetUpPr.fitToPage
    )
    if page.page_setup.orientation != "landscape" or not fits:
        yield "It is not printed landscape and as wide as the paper."


def _of_a_table(page: Worksheet, area: tuple[int, int, int, int]) -> Iterator[str]:
    left, top, right, bottom = area
    for line in page.iter_rows():
        for cell in line:
            outside = cell.row > bottom or (cell.row >= top and cell.column > right)
            if outside and cell.value is not None:
                yield f"{cell.coordinate} stands outside its table."
    body = [
        [page.cell(row, column) for column in range(left, right + 1)]
        for row in range(top + 1, bottom + 1)
    ]
    cells = [cell for line in body for cell in line]
    headed = [page.cell(top, column) for column in range(left, right + 1)]
    # An Excel table cannot be empty: one row says in its first cell that there is nothing.
    nothing = len(body) == 1 and body[0][0].value and not any(cell.value for cell in body[0][1:])
    entry = {cell.column for cell in headed if "fill in" in str(cell.number_format)}
    said = " ".join(str(page.cell(row, 1).value) for row in range(1, top))
    if any(all(cell.value is None for cell in line) for line in body):
        yield "A row of its table is blank."
    for index, cell in enumerate(headed):
        column = [line[index] for line in body]
        if not nothing and all(each.value is None for each in column) and cell.column not in entry:
            yield f"The column {cell.value!r} of its table is blank."
    blank = any(cell.value is None for line in body for cell in line) and not nothing
    if blank and not re.search(r"\b(empty|blank)\b", said, re.I):
        yield "Blank cells are not explained."
    if any(isinstance(c.value, str) and not c.alignment.wrap_text for c in [*headed, *cells]):
        yield "Text is not wrapped."
    for cell in cells:
        colour = fill_of(cell)
        if (
            colour
            and cell.column not in entry
            and not re.search("[^\\W\\d]", str(cell.value or ""))
        ):
            yield f"{cell.coordinate} says something by its colour alone."
        if colour and contrast(colour, font_of(cell)) < 4.5:
            yield f"{cell.coordinate} is hard to read on its colour."


def fill_of(cell) -> str:
    """The colour that a cell is filled with, "#1F3864", or "" for none."""
    fill = cell.fill
    return f"#{fill.fgColor.rgb[-6:]}" if fill is not None and fill.fill_type == "solid" else ""


def font_of(cell) -> str:
    colour = cell.font.color
    return (
        f"#{colour.rgb[-6:]}" if colour is not None and isinstance(colour.rgb, str) else "#000000"
    )


def contrast(one: str, other: str) -> float:
    """How far two colours differ in brightness, from 1 to 21, as WCAG 2 defines it."""

    def brightness(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# -- links -------------------------------------------------------------------------------------


def _of_links(page: Worksheet) -> Iterator[str]:
    for line in page.iter_rows():
        for cell in line:
            if cell.hyperlink is None:
                continue
            if _NO_LINK_TEXT.fullmatch(str(cell.value or "")):
                yield f"The link at {cell.coordinate} does not say where it leads."
            target = re.fullmatch(r"'(.*)'![A-Z]+\d+", cell.hyperlink.location or "")
            if target is None or target[1].replace("''", "'") not in page.parent.sheetnames:
                yield f"The link at {cell.coordinate} leads nowhere."


# -- charts ------------------------------------------------------------------------------------


class Drawing(NamedTuple):
    """A chart on a sheet: what is said of it, and the cells it covers, from 0."""

    sheet: str
    words: str
    title: str
    part: str
    rows: tuple[int, int]
    columns: tuple[int, int]


def drawings_of(path: Path) -> list[Drawing]:
    """The charts of a workbook, from its parts: openpyxl does not read what is said of them."""
    found = []
    with zipfile.ZipFile(path) as package:
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))
        parts = _relations(package, "xl/workbook.xml")
        for sheet in book.iterfind(".//m:sheet", _NAMES):
            name, part = sheet.get("name", ""), parts[sheet.get(f"{{{_NAMES['r']}}}id", "")]
            for drawing in _relations(package, part).values():
                if drawing.startswith("xl/drawings/drawing"):
                    found += _drawings(package, name, drawing)
    return found


def _drawings(package: zipfile.ZipFile, sheet: str, part: str) -> Iterator[Drawing]:
    charts = _relations(package, part)
    for anchor in ElementTree.fromstring(package.read(part)):
        words = anchor.find(".//xdr:cNvPr", _NAMES)
        chart = anchor.find(".//c:chart", _NAMES)
        rows, columns = (
            tuple(
                int(anchor.findtext(f"xdr:{end}/xdr:{way}", "0", _NAMES)) for end in ("from", "to")
            )
            for way in ("row", "col")
        )
        where = charts[chart.get(f"{{{_NAMES['r']}}}id", "")] if chart is not None else ""
        title = ""
        if where:
            drawn = ElementTree.fromstring(package.read(where))
            title = "".join(t.text or "" for t in drawn.iterfind("c:chart/c:title//a:t", _NAMES))
        said = words.get("descr", "") if words is not None else ""
        yield Drawing(sheet, said, title, where, rows, columns)


def _relations(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Where each relation of a part leads, by its id."""
    folder, _, name = part.rpartition("/")
    try:
        found = ElementTree.fromstring(package.read(f"{folder}/_rels/{name}.rels"))
    except KeyError:
        return {}
    return {each.get("Id", ""): _whole(folder, each.get("Target", "")) for each in found}


def _whole(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    parts: list[str] = []
    for part in PurePosixPath(folder, target).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _of_a_drawing(drawing: Drawing, page: Worksheet) -> Iterator[str]:
    if not drawing.part:
        yield "A picture or shape is not a chart."
    if not drawing.words.strip():
        yield "A chart is not described in words."
    if not drawing.title.strip():
        yield "A chart has no title."
    used = [cell for line in page.iter_rows() for cell in line if cell.value is not None]
    top, bottom = drawing.rows
    left, right = drawing.columns
    if any(top <= c.row - 1 <= bottom and left <= c.column - 1 <= right for c in used):
        yield "A chart covers cells."
