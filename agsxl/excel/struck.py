"""Struck-out text in the cells of a closed workbook, which a reader of values does not see.

    struck_cells(Package(Path("plan.xlsx")))["Plan"][17, 8]         # "~~31/01/2017~~ 30/09/2017"

A whole cell may be struck out by its format, or some letters of its text. What a conditional format
strikes out is not: that says something of the value and not that somebody took it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agsxl.documents.marks import Piece, joined
from agsxl.excel.markup import Node
from agsxl.excel.package import Package
from agsxl.grid import parse_address

WHOLE = ""  # what stands for a cell that is struck out altogether and holds no text
Struck = Mapping[str, Mapping[tuple[int, int], str]]


def struck_cells(package: Package) -> Struck:
    """For each sheet its struck-out cells by row and column, as text with "~~" around what is struck.

    ``WHOLE`` stands for one that holds a date, a number or a formula. Raises SourceError for a part
    that is damaged.
    """
    formats = _struck_formats(package)
    texts = _shared_texts(package)
    shared = any(struck for pieces in texts for _, struck in pieces)
    found: dict[str, dict[tuple[int, int], str]] = {}
    for sheet in package.sheets:
        if not sheet.part or sheet.kind != "worksheet":
            continue
        if not (formats or shared or b"strike" in package.read(sheet.part)):
            continue
        cells = {}
        for cell in package.markup(sheet.part).root.all("c"):
            marked = _marked(cell, texts, int(cell.get("s") or 0) in formats)
            if marked is not None and cell.get("r"):
                cells[parse_address(cell.get("r"))] = marked
        found[sheet.name] = cells
    return found


def _marked(cell: Node, texts: list[list[_Text]], by_format: bool) -> str | None:
    """A cell's text with its marks; None where nothing of it is struck out."""
    value, inline = cell.find("v"), cell.find("is")
    if cell.get("t") == "s" and value is not None and value.text.strip().isdigit():
        number = int(value.text)
        pieces = texts[number] if number < len(texts) else []
    elif inline is not None:
        pieces = list(_pieces(inline))
    else:
        return WHOLE if by_format and value is not None else None
    marks = [
        Piece(text, "~~" if (by_format if own is None else own) else "") for text, own in pieces
    ]
    return joined(marks) if any(mark.mark and mark.text.strip() for mark in marks) else None


_Text = tuple[
    str, bool | None
]  # letters, and whether struck out; None is as the cell's format says


def _pieces(text: Node) -> Iterator[_Text]:
    """The runs of a text. Letters of phonetic guides are none of it."""
    for child in text.children:
        if child.name == "t":
            yield child.text, None
        elif child.name == "r":
            properties, letters = child.find("rPr"), child.find("t")
            own = None if properties is None else _strikes(properties)
            yield (letters.text if letters is not None else ""), own


def _strikes(properties: Node) -> bool:
    strike = properties.find("strike")
    return strike is not None and strike.flag("val", default=True)


def _struck_formats(package: Package) -> frozenset[int]:
    """The numbers of the formats whose letters are struck out."""
    if not package.styles or b"strike" not in package.read(package.styles):
        return frozenset()
    root = package.markup(package.styles).root
    fonts, formats = root.find("fonts"), root.find("cellXfs")
    if fonts is None or formats is None:
        return frozenset()
    struck = {str(number) for number, font in enumerate(fonts.children) if _strikes(font)}
    return frozenset(n for n, own in enumerate(formats.children) if own.get("fontId") in struck)


def _shared_texts(package: Package) -> list[list[_Text]]:
    if not package.shared_strings:
        return []
    root = package.markup(package.shared_strings).root
    return [list(_pieces(item)) for item in root.children if item.name == "si"]
