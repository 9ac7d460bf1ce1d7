"""What was written, compared with what was there: run after every write, before the file is replaced.

    refuse_surprises(old, new, patch)   # OutputError: agsxl would have changed more ...

It takes nothing from the code that made the new bytes but what that says it did: the cells it wrote,
the saved results it dropped, the rows by which tables grew, the sheets of agsxl's own. It parses the
new file by itself with another parser, and whatever else differs anywhere is a surprise: then nothing
is written. Parts outside that are compared as the compressed bytes that they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from agsxl.errors import OutputError
from agsxl.excel.appending import Growth
from agsxl.excel.canonical import (
    Place,
    SheetModel,
    child_of,
    flat,
    name_of,
    parsed,
    row_attributes,
    without_address,
    without_result,
)
from agsxl.excel.markup import as_utf8
from agsxl.excel.package import CONTENT_TYPES, Package, damaged
from agsxl.excel.patching import Patch
from agsxl.excel.reading import Reader
from agsxl.excel.sheetxml import parse_area
from agsxl.excel.values import own_rows, same_value
from agsxl.grid import Formula, Value, cell_address

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SPLIT_FROM = 2**18  # a sheet below this size is compared whole: it takes no time
_NUMBERS = re.compile(r"(\d+)")
_RESULT = ("v", "is")


def refuse_surprises(old: Package, new: Package, patch: Patch) -> None:
    """Raise OutputError where the new package differs from the old in more than the patch says.

    Raises SourceError where a part is damaged: its bytes were copied, and so would be the damage.
    """
    new.refuse_damage()
    _Comparison(old, new, patch).run()
    reader = Reader(new)
    for sheet, cells in patch.cells.items():
        # What agsxl writes shares no text with other cells; what an undo brings back may.
        found = reader.cells(sheet, {row for row, _ in cells}, texts=bool(patch.restored))
        for place, value in cells.items():
            if not same_value(found.at(*place), value):
                what = f"{sheet}!{cell_address(*place)} reads back as {found.at(*place)!r}"
                raise _surprise(what)
    for name, own in patch.own_sheets.items():
        if not _same_rows(reader.grid(name).rows, own_rows(own)):
            raise _surprise(f"the sheet {name} does not read back as it was written")
    reader.close()


class _Comparison:
    """An old and a new package, and what may differ between them."""

    def __init__(self, old: Package, new: Package, patch: Patch) -> None:
        self._old = old
        self._new = new
        self._patch = patch

    def run(self) -> None:
        old, new = self._old, self._new
        there = [part for part in new.parts() if old.find(part) == part]
        left = [part for part in old.parts() if new.find(part) == part]
        if there != left:
            raise _surprise("the order of the parts")
        for part in new.parts():
            if old.find(part) != part and part not in self._own_parts:
                raise _surprise(f"{part} is new")
        for part in old.parts():
            if new.find(part) != part:
                if part != old.calc_chain:
                    raise _surprise(f"{part} is gone")
            elif new.packed(part) != old.packed(part):
                self._check(part)

    def _check(self, part: str) -> None:
        from xml.etree.ElementTree import ParseError

        try:
            self._changed(part)
        except ParseError as fault:
            try:
                parsed(self._old.read(part))
            except ParseError:
                raise damaged(self._old.path, fault) from None
            raise _surprise(f"{part} is not well-formed: {fault}") from None

    def _changed(self, part: str) -> None:
        """A part whose bytes differ: it must be one that may, and in nothing else."""
        old, new, patch = self._old, self._new, self._patch
        before, after = as_utf8(old.read(part)), as_utf8(new.read(part))
        if part in self._own_parts:
            parsed(after)
            return
        if part in patch.restored:
            self._compare_restored(part, patch.restored[part])
            return
        sheet = next((s.name for s in old.sheets if s.part == part), "")
        growths = [growth for growth in patch.grown if growth.sheet == sheet]
        if sheet and (sheet in patch.cells or sheet in patch.stale or growths):
            cells, stale = patch.cells.get(sheet, {}), patch.stale.get(sheet, set())
            _compare_sheets(before, after, part, cells, stale, growths)
            return
        a, b = parsed(before), parsed(after)
        if part == old.workbook:
            self._compare_workbooks(a, b)
        elif part == old.calc_chain:
            self._compare_chains(a, b)
        elif part == old.styles and (patch.formats_added or patch.own_sheets):
            _compare_lists(a, b, part)
        elif any(growth.table == part for growth in patch.grown):
            a.attrib.pop("insertRow", None)
            _compare(a, b, part, _Longer(patch.grown, attributes=("ref",)))
        elif any(part in growth.parts for growth in patch.grown):
            _compare(a, b, part, _Longer(patch.grown, texts=("f",)))
        elif part in (old.find(CONTENT_TYPES), old.relations_part(old.workbook)):
            self._compare_entries(a, b, part)
        else:
            raise _surprise(part)

    def _compare_restored(self, part: str, wanted: bytes) -> None:
        """A part as it was before an update that is taken back: its cells must say what they say now."""
        if self._new.read(part) != wanted:
            raise _surprise(part)
        sheet = next((s.name for s in self._old.sheets if s.part == part), "")
        if not sheet or sheet in self._patch.own_sheets:  # what those hold is looked at as a whole
            return
        now, then = Reader(self._old).grid(sheet), Reader(self._new).grid(sheet)
        asked = self._patch.cells.get(sheet, {})
        for row in range(1, max(len(now.rows), len(then.rows)) + 1):
            for column in range(1, max(len(now.rows[0]), len(then.rows[0])) + 1 if now.rows else 1):
                a, b = now.at(row, column), then.at(row, column)
                formulas = isinstance(a, Formula) and isinstance(b, Formula)
                if (row, column) not in asked and not formulas and not same_value(a, b):
                    raise _surprise(f"{part}, {cell_address(row, column)}")

    @cached_property
    def _own_parts(self) -> set[str]:
        """The parts of agsxl's own sheets: their XML, relations and table."""
        found = set()
        for sheet in self._new.sheets:
            if sheet.name in self._patch.own_sheets:
                found |= {sheet.part, self._new.relations_part(sheet.part)}
                found |= set(self._new.tables(sheet.part))
        return found

    def _compare_workbooks(self, a: Element, b: Element) -> None:
        part = self._old.workbook
        for root in (a, b):
            for node in [child for child in root if name_of(child) == "calcPr"]:
                node.attrib.pop("fullCalcOnLoad", None)
                if not node.attrib:
                    root.remove(node)
        if self._patch.own_sheets:
            self._drop_own(a, b)
        _compare(a, b, part, _Longer(self._patch.grown, texts=("definedName",)))

    def _drop_own(self, a: Element, b: Element) -> None:
        """Take what belongs to agsxl's own sheets out of both, names defined for them too."""
        for root in (a, b):
            numbers = {}
            for sheets in [child for child in root if name_of(child) == "sheets"]:
                for number, node in enumerate(list(sheets)):
                    if node.get("name") in self._patch.own_sheets:
                        numbers[str(number)] = node
                        sheets.remove(node)
            for names in [child for child in root if name_of(child) == "definedNames"]:
                for node in list(names):
                    if node.get("localSheetId") in numbers:
                        names.remove(node)
                if not len(names):
                    root.remove(names)

    def _compare_chains(self, a: Element, b: Element) -> None:
        gone = {
            (sheet.sheet_id, cell_address(*place))
            for sheet in self._old.sheets
            for place, value in self._patch.cells.get(sheet.name, {}).items()
            if not isinstance(value, Formula)
        }
        before = [entry for entry in _chain(a) if entry[:2] not in gone]
        if before != list(_chain(b)):
            raise _surprise(self._old.calc_chain)

    def _compare_entries(self, a: Element, b: Element, part: str) -> None:
        """Content types and relations: entries may come with own sheets, and go with the chain."""
        before, after = [flat(node) for node in a], [flat(node) for node in b]
        chain = self._old.calc_chain
        if chain and not self._new.find(chain):
            before = [entry for entry in before if "calcchain" not in str(entry).lower()]
        added = [entry for entry in after if entry not in before]
        if [entry for entry in after if entry in before] != before:
            raise _surprise(part)
        if added and not self._patch.own_sheets:
            raise _surprise(part)


# -- a sheet -----------------------------------------------------------------------------------


def _compare_sheets(
    before: bytes,
    after: bytes,
    part: str,
    cells: Mapping[Place, Value],
    stale: set[Place],
    growths: list[Growth],
) -> None:
    before, after = _without_common_rows(before, after)
    a, b = SheetModel(before), SheetModel(after)
    longer = _Longer(growths, attributes=("ref", "sqref"), texts=("sqref",))
    _compare(a.root, b.root, part, longer)
    new_rows = {
        row for growth in growths for row in range(growth.added.top, growth.added.bottom + 1)
    }
    rows = {row for row, _ in cells} | new_rows
    for number in b.rows.keys() - a.rows.keys():
        if number not in rows:
            raise _surprise(f"{part}, row {number} is new")
    for number, attributes in a.rows.items():
        if row_attributes(b.rows.get(number)) != row_attributes(attributes):
            raise _surprise(f"{part}, row {number}")
    if a.order == sorted(a.order) and b.order != sorted(b.order):
        raise _surprise(f"{part}, the order of the rows")
    if a.odd != b.odd:
        raise _surprise(f"{part}, a cell that is there twice")
    for place in a.cells.keys() | b.cells.keys():
        old, new = a.cells.get(place), b.cells.get(place)
        if place in cells:
            same = _is_written(old, new, cells[place])
        elif new is None:
            same = False
        elif old is None:
            same = place[0] in new_rows and not len(new)
        elif place in stale:
            same = without_result(old) == without_result(new)
            same = same and child_of(new, "v") is None
        else:
            same = without_address(old) == without_address(new) or (
                without_address(old, without="f") == without_address(new, without="f")
                and a.formula(place) == b.formula(place) is not None
            )
        if not same:
            raise _surprise(f"{part}, {cell_address(*place)}")
    _compare_dimensions(a, b, cells, part)


def _compare_dimensions(a: SheetModel, b: SheetModel, cells: Iterable[Place], part: str) -> None:
    """The dimension must be what it was, and as much wider as the cells that were written need it."""
    old, new = parse_area(a.dimension), parse_area(b.dimension)
    came = (b.cells.keys() - a.cells.keys()) | (b.cells.keys() & set(cells))
    fits = a.dimension == b.dimension
    if old is not None and new is not None:
        rows, columns = [row for row, _ in came], [column for _, column in came]
        fits = new == (
            min([old.top, *rows]),
            min([old.left, *columns]),
            max([old.bottom, *rows]),
            max([old.right, *columns]),
        )
    if not fits and (a.dimension or b.dimension):
        raise _surprise(f"{part}, its dimension {b.dimension}")


def _is_written(old: Element | None, new: Element | None, value: Value) -> bool:
    """Whether a cell that was to be written holds no more than was asked for, in its own format."""
    if new is None:
        return value is None and old is None
    if new.get("vm") is not None or new.get("cm") is not None:
        return False
    reformatted = isinstance(value, int | float | date)
    if old is not None and not reformatted and old.get("s", "0") != new.get("s", "0"):
        return False
    formula = child_of(new, "f")
    if isinstance(value, Formula) != (formula is not None):
        return False
    if formula is not None and formula.attrib:
        return False
    kept = [flat(child) for child in (old if old is not None else ()) if not _is_value(child)]
    return kept == [flat(child) for child in new if not _is_value(child)]


def _is_value(node: Element) -> bool:
    return name_of(node) in ("f", *_RESULT)


def _without_common_rows(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Both sheets without most of the rows that are the same bytes in both, so that few need parsing.

    Only where the rows that stay say their numbers, so that taking others away cannot move them, and
    where no comment could hide a tag; else both as they are. The order of the rows stays checkable:
    the rows before and after a change stay, or the numbers of all are looked at here.
    """
    found = re.search(rb"<((?:[\w.-]+:)?)sheetData\s*>", before)
    if len(before) < _SPLIT_FROM or b"<!" in before or b"<!" in after or found is None:
        return before, after
    tag, end = b"<" + found[1] + b"row ", b"</" + found[1] + b"sheetData"
    start, old_end, new_end = found.end(), before.rfind(end), after.rfind(end)
    begun = re.search(rb"<(?:[\w.-]+:)?sheetData\s*>", after)
    if begun is None:
        return before, after
    old, new = before[start:old_end], after[begun.end() : new_end]
    same = _common_start(old, new)
    for _ in range(2):  # the row that differs, and the one before it
        same = max(0, old.rfind(tag, 0, same))
    old, new = old[same:], new[same:]
    alike = _common_end(old, new)
    rest = old.find(tag, len(old) - alike)
    rest = old.find(tag, rest + 1) if rest >= 0 else -1  # and the one behind it
    if rest >= 0:
        old, new = old[:rest], new[: len(new) - (len(old) - rest)]
    old_rows, new_rows = old.split(tag), new.split(tag)
    if not all(row.startswith(b'r="') for row in (*old_rows[1:], *new_rows[1:])):
        return before, after
    if old_rows[0].strip() or new_rows[0].strip() or b"<" + found[1] + b"row>" in old:
        return before, after
    numbers = [int(row[3 : row.index(b'"', 3)]) for row in new_rows[1:]]
    in_old, in_new = set(old_rows), set(new_rows)
    stay_old = [row for row in old_rows if row in in_new]
    if numbers == sorted(numbers) and stay_old == [row for row in new_rows if row in in_old]:
        old = tag.join([b"", *(row for row in old_rows if row not in in_new)])
        new = tag.join([b"", *(row for row in new_rows if row not in in_old)])
    return (
        before[:start] + old + before[old_end:],
        after[: begun.end()] + new + after[new_end:],
    )


def _common_start(a: bytes, b: bytes) -> int:
    """How many bytes at their starts two texts have in common."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(a: bytes, b: bytes) -> int:
    """How many bytes at their ends two texts have in common."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low


# -- comparing XML -----------------------------------------------------------------------------


class _Longer:
    """Where a reference may end with the new last row of a table instead of the old one."""

    def __init__(
        self,
        growths: Iterable[Growth],
        attributes: tuple[str, ...] = (),
        texts: tuple[str, ...] = (),
    ) -> None:
        ends = [(growth.bottom, growth.added.bottom) for growth in growths]
        # A table may have grown in several steps: from 4 to 5, then from 5 to 6.
        for old, new in list(ends):
            ends += [(first, new) for first, last in ends if last == old]
        self._ends = {(str(old), str(new)) for old, new in ends}
        self._attributes = attributes
        self._texts = texts

    def attribute(self, name: str, old: str, new: str) -> bool:
        return name in self._attributes and self._is_longer(old, new)

    def text(self, tag: str, old: str, new: str) -> bool:
        return tag in self._texts and self._is_longer(old, new)

    def _is_longer(self, old: str, new: str) -> bool:
        a, b = _NUMBERS.split(_spread(old)), _NUMBERS.split(_spread(new))
        return len(a) == len(b) and all(
            x == y or (x, y) in self._ends for x, y in zip(a, b, strict=True)
        )


def _spread(text: str) -> str:
    """Ranges with both ends: "B2 C3:C9" is "B2:B2 C3:C9", as one cell may have grown to a range."""
    return " ".join(
        each if ":" in each or "!" in each else f"{each}:{each}" for each in text.split()
    )


def _compare(a: Element, b: Element, part: str, longer: _Longer) -> None:
    """Raise where two elements differ but for what may have become longer."""
    same = a.tag == b.tag and a.attrib.keys() == b.attrib.keys() and len(a) == len(b)
    if not same:
        raise _surprise(f"{part}, {name_of(a)}")
    name = name_of(a)
    for key, old in a.attrib.items():
        if b.attrib[key] != old and not longer.attribute(key, old, b.attrib[key]):
            raise _surprise(f"{part}, {name} {key}")
    texts = ((a.text or "").strip(), (b.text or "").strip())
    if texts[0] != texts[1] and not longer.text(name, *texts):
        raise _surprise(f"{part}, {name}")
    for old_child, new_child in zip(a, b, strict=True):
        _compare(old_child, new_child, part, longer)


def _compare_lists(a: Element, b: Element, part: str) -> None:
    """Formats may be added at the ends of the lists, and nothing else."""
    lists = {name_of(child): child for child in b}
    order = [name_of(child) for child in b if name_of(child) in {name_of(each) for each in a}]
    if order != [name_of(child) for child in a]:
        raise _surprise(f"{part}, its lists")
    for old in a:
        new = lists[name_of(old)]
        entries = [flat(node) for node in new][: len(old)]
        if [flat(node) for node in old] != entries:
            raise _surprise(f"{part}, {name_of(old)}")
        if len(new) != len(old) and name_of(old) not in (
            "numFmts",
            "fonts",
            "fills",
            "borders",
            "cellXfs",
            "dxfs",
        ):
            raise _surprise(f"{part}, {name_of(old)}")


class _Entry(NamedTuple):
    sheet: str
    cell: str
    rest: Any


def _chain(root: Element) -> Iterator[_Entry]:
    sheet = ""
    for node in root:
        sheet = node.get("i") or sheet
        rest = sorted((k, v) for k, v in node.attrib.items() if k not in ("i", "r"))
        yield _Entry(sheet, node.get("r", ""), rest)


def _same_rows(found: list[list[Value]], wanted: list[list[Value]]) -> bool:
    return len(found) >= len(wanted) and all(
        same_value(row[n] if n < len(row) else None, value)
        for row, values in zip(found, wanted, strict=False)
        for n, value in enumerate(values)
    )


def _surprise(what: str) -> OutputError:
    return OutputError(
        f"agsxl would have changed more than it should ({what}); nothing was written. Please report this "
        "to whoever looks after agsxl."
    )
