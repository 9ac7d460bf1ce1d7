"""XML as values that can be compared: what two parts say, whatever way they are written in.

    before, after = SheetModel(old_bytes), SheetModel(new_bytes)
    flat(before.cells[17, 8]) == flat(after.cells[17, 8])

Used to check what was written, and to find what an undo has made as it was; so it parses by itself,
with another parser than the code that changes parts.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agsxl.excel.markup import as_utf8
from agsxl.excel.recalculation import translate
from agsxl.grid import cell_address, column_number

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Place = tuple[int, int]  # row and column


class SheetModel:
    """A sheet as another parser finds it: cells by their place, rows, and what is around them."""

    def __init__(self, data: bytes) -> None:
        self.root = parsed(data)
        self.cells: dict[Place, Element] = {}
        self.rows: dict[int, dict[str, str]] = {}
        self.order: list[int] = []
        self.odd: list[Any] = []  # cells that are there twice, or say that they are elsewhere
        self.dimension = ""
        number = 0
        for node in list(self.root):
            if name_of(node) == "dimension":
                self.dimension = node.get("ref", "")
                self.root.remove(node)
            if name_of(node) != "sheetData":
                continue
            for row in node:
                number = int(row.get("r") or number + 1)
                self.order.append(number)
                others = [flat(child) for child in row if name_of(child) != "c"]
                self.rows[number] = {**row.attrib, "what else it holds": repr(others)}
                self._take_row(number, row)
            for row in list(node):
                node.remove(row)

    def _take_row(self, number: int, row: Element) -> None:
        column = 0
        for cell in row:
            if name_of(cell) != "c":
                continue
            where = cell.get("r", "").rstrip("0123456789")
            column = column_number(where) if where else column + 1
            misplaced = where and cell.get("r") != cell_address(number, column)
            if misplaced or (number, column) in self.cells:
                self.odd.append(flat(cell))
            self.cells[number, column] = cell

    def formula(self, place: Place) -> str | None:
        """The formula in a cell as it reads there, also where it is shared."""
        own = child_of(self.cells.get(place), "f")
        if own is None:
            return None
        if own.get("t") != "shared" or own.text:
            return own.text or ""
        first = None
        for other, cell in self.cells.items():
            shared = child_of(cell, "f")
            if shared is not None and shared.text and shared.get("si") == own.get("si"):
                first = (other, shared.text) if first is None or other <= place else first
        if first is None:
            return None
        return translate(f"={first[1]}", cell_address(*first[0]), cell_address(*place))[1:]


def parsed(data: bytes) -> Element:
    """A part's root. Raises ElementTree.ParseError for what is not well-formed."""
    from xml.etree import ElementTree

    return ElementTree.fromstring(as_utf8(data))


def flat(node: Element) -> Any:
    """An element as a value that can be compared; white space between elements does not count."""
    text = node.text or ""
    kept = text if name_of(node) in ("t", "f", "v") else text.strip()
    return node.tag, sorted(node.attrib.items()), kept, [flat(child) for child in node]


def without_address(cell: Element, *, without: str = "") -> Any:
    """A cell but for its address, which it may have been given; ``without`` a child of this name."""
    attributes = sorted((k, v) for k, v in cell.attrib.items() if k != "r")
    return attributes, [flat(child) for child in cell if name_of(child) != without]


def without_result(cell: Element) -> Any:
    """A cell with a formula but for the result that was saved with it, and its address."""
    bare = copy.deepcopy(cell)
    for name in ("t", "vm", "r"):
        bare.attrib.pop(name, None)
    for node in [child for child in bare if name_of(child) == "v"]:
        bare.remove(node)
    return flat(bare)


def row_attributes(attributes: Mapping[str, str] | None) -> dict[str, str] | None:
    """What a row says of itself; which columns it spans is only a hint."""
    if attributes is None:
        return None
    return {key: value for key, value in attributes.items() if key != "spans"}


def name_of(node: Element) -> str:
    """The name of an element without its namespace."""
    return node.tag.rpartition("}")[2]


def child_of(node: Element | None, name: str) -> Element | None:
    """The first child of a name."""
    return (
        next((child for child in node if name_of(child) == name), None)
        if node is not None
        else None
    )
