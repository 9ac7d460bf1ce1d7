"""Rows added below a table: what grows with it, as it would in Excel.

    growth = grow(package, sheet, xml, NewRows("Plan", after=40, rows=({"A": "B12"},)), changed)
    growth.cells       # what is to be written, the formulas of calculated columns too

An Excel table that ends there gets a longer range, with its filter and sort; validations, conditional
formats (also those that only newer programs know), ranges and marks that ended with the last row
reach further; so do chart series and names that covered just the old rows. Rows that the table has
already, but empty, are filled first. Without an Excel table it is the same, but for the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import NamedTuple

from agsxl.edits import NewRows
from agsxl.errors import ChangedError, OutputError
from agsxl.excel.markup import Markup, Node
from agsxl.excel.package import CONTENT_TYPES, Package, SheetPart
from agsxl.excel.recalculation import translate
from agsxl.excel.sheetxml import SheetXml, parse_area, write_area
from agsxl.excel.values import new_cells
from agsxl.grid import Area, Formula, Value, cell_address, column_letter

# What ends with the last row and says where in an attribute of the sheet's own part.
_RANGES = ("conditionalFormatting", "dataValidation", "ignoredError", "protectedRange")
_CHARTS = ("drawingml.chart+xml", "chartex+xml")


class Growth(NamedTuple):
    """What rows were added: ``added`` is their area, ``bottom`` was the last row of the table before.

    ``table`` is the part of an Excel table that grew, ``parts`` others in which a reference grew.
    """

    sheet: str
    added: Area
    bottom: int
    cells: dict[tuple[int, int], Value]
    table: str = ""
    parts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Table(NamedTuple):
    """An Excel table, or (``part`` "") a list without one."""

    part: str
    name: str
    area: Area  # heading and rows, without a totals row
    first: int  # the first row that is no heading
    totals: bool


def grow(
    package: Package,
    sheet: SheetPart,
    xml: SheetXml,
    rows: NewRows,
    changed: MutableMapping[str, bytes | None],
) -> Growth:
    """Make room for new rows, and say which cells are to be written.

    Changes the sheet around the cells in ``xml``, and puts other parts that change into ``changed``.
    Raises ChangedError where the rows below are not empty, and OutputError where the table has a
    totals row or is filled from elsewhere, or where something else is in the way.
    """
    return _Growing(package, sheet, xml, rows, changed).grow()


class _Growing:
    """One set of new rows being made room for."""

    def __init__(
        self,
        package: Package,
        sheet: SheetPart,
        xml: SheetXml,
        rows: NewRows,
        changed: MutableMapping[str, bytes | None],
    ) -> None:
        self._package = package
        self._sheet = sheet
        self._xml = xml
        self._rows = rows
        self._changed = changed
        self._given = dict(new_cells(rows))
        self._last = rows.after + len(rows.rows)
        self._touched: list[str] = []
        self._notes: list[str] = []

    def grow(self) -> Growth:
        table = self._find_table()
        self._refuse_no_table_end(table)
        model = max(self._rows.after, table.first)
        formulas = self._calculated(table, model)
        self._refuse_no_room(table, set(formulas))
        cells = self._cells(table, model, formulas)
        if self._last > table.area.bottom:
            self._reach_further(table)
        added = Area(self._rows.after + 1, table.area.left, self._last, table.area.right)
        return Growth(
            self._sheet.name,
            added,
            table.area.bottom,
            cells,
            table.part,
            tuple(self._touched),
            tuple(self._notes),
        )

    # -- where it goes -----------------------------------------------------------------------------

    @property
    def _overlay(self) -> Mapping[str, bytes]:
        return {part: data for part, data in self._changed.items() if data is not None}

    def _find_table(self) -> _Table:
        after, columns = self._rows.after, [column for _, column in self._given]
        for part in self._package.tables(self._sheet.part):
            root = self._package.markup(part, self._overlay).root
            area = parse_area(root.get("ref"))
            if area is None or not area.top <= after <= area.bottom:
                continue
            if columns and not (area.left <= min(columns) and min(columns) <= area.right):
                continue
            totals = int(root.get("totalsRowCount") or 0)
            first = area.top + int(root.get("headerRowCount") or 1)
            name = root.get("displayName") or root.get("name")
            area = area._replace(bottom=area.bottom - totals)
            if root.get("tableType") in ("queryTable", "xml") and self._last > area.bottom:
                raise OutputError(
                    f"The table {name} on {self._sheet.name} is filled from elsewhere, and rows added "
                    "to it would be lost; nothing was written. Add them where it comes from."
                )
            return _Table(part, name, area, first, bool(totals))
        used = [*self._xml.filled(after), *columns]
        if not self._xml.filled(after):
            raise ChangedError(
                f"Row {after} of {self._sheet.name} was the last of its table when it was read and is "
                "empty now; nothing was written. Read the workbook again."
            )
        filtered = self._filtered()
        top = filtered.top if filtered and filtered.bottom == after else 1
        area = Area(top, min(used), after, max(used))
        return _Table("", "", area, area.top + 1, totals=False)

    def _filtered(self) -> Area | None:
        """The area of the sheet's own filter."""
        node = self._xml.around.root.find("autoFilter")
        return parse_area(self._xml.around.now(node, "ref")) if node is not None else None

    def _refuse_no_table_end(self, table: _Table) -> None:
        if table.totals and self._last > table.area.bottom:
            raise OutputError(
                f"The table {table.name} on {self._sheet.name} has a totals row, which stands where new "
                "rows go; nothing was written. Switch it off in Excel (Table Design, Total Row) and save."
            )

    def _refuse_no_room(self, table: _Table, calculated: set[int]) -> None:
        sheet, xml = self._sheet.name, self._xml
        given = {column for _, column in self._given}
        columns = set(range(table.area.left, table.area.right + 1)) | given
        for row in range(self._rows.after + 1, self._last + 1):
            for column in xml.filled(row):
                if table.part and column not in columns:
                    continue  # a legend beside the table
                if row <= table.area.bottom and column in calculated and column not in given:
                    continue  # an empty row of the table, with its formulas
                raise ChangedError(
                    f"{sheet}!{cell_address(row, column)} is below the last row and is not empty, so that "
                    "no rows can be added; nothing was written. Make room there, or read the workbook again."
                )
        below = Area(
            self._rows.after + 1,
            min(columns, default=1),
            self._last,
            max(columns, default=1),
        )
        for area in xml.merged():
            if _meet(area, below):
                raise OutputError(
                    f"The merged cells {write_area(area)} on {sheet} are where new rows go; nothing was "
                    "written. Unmerge them in Excel and save."
                )
        for part in self._package.tables(self._sheet.part):
            root = self._package.markup(part, self._overlay).root
            other = parse_area(root.get("ref"))
            if part != table.part and other is not None and _meet(other, below):
                raise OutputError(
                    f"The table {root.get('displayName')} on {sheet} is where new rows go; nothing was "
                    "written. Move it in Excel and save."
                )

    # -- what is written ---------------------------------------------------------------------------

    def _cells(
        self, table: _Table, model: int, formulas: Mapping[int, str]
    ) -> dict[tuple[int, int], Value]:
        cells: dict[tuple[int, int], Value] = {}
        given = {column for _, column in self._given}
        columns = sorted({*range(table.area.left, table.area.right + 1), *given})
        if not table.part:
            columns = sorted({*self._xml.columns(model), *given})
        for row in range(self._rows.after + 1, self._last + 1):
            there = row <= table.area.bottom
            if not there:
                self._xml.add_row(row, like=model)
            for column in columns:
                if not there:
                    self._xml.add_cell(row, column, like=model)
                value = self._given.get((row, column))
                if value is not None:
                    cells[row, column] = value
                elif column in formulas and self._xml.is_empty(row, column):
                    origin = cell_address(model, column)
                    text = translate(formulas[column], origin, cell_address(row, column))
                    cells[row, column] = Formula(text, None)
        return cells

    def _calculated(self, table: _Table, model: int) -> dict[int, str]:
        """The formulas of calculated columns, as they read in the last row.

        The table has a formula for such a column, but does not say in which row it reads so; a cell
        of the column does. A formula that reads alike in all rows is taken from the table.
        """
        if not table.part:
            return {}
        root = self._package.markup(table.part, self._overlay).root
        marked: dict[int, Node] = {}
        for offset, named in enumerate(root.all("tableColumn")):
            node = named.find("calculatedColumnFormula")
            if node is not None:
                marked[table.area.left + offset] = node
        if not marked:
            return {}
        found: dict[int, tuple[int, str]] = {}
        shared: dict[str, tuple[str, str]] = {}
        for formula in self._xml.formulas():
            here = cell_address(formula.row, formula.column)
            text = f"={formula.text}"
            if formula.kind == "shared" and formula.text:
                shared[formula.shared] = (text, here)
            elif formula.kind == "shared":
                if formula.shared not in shared:
                    continue
                text = translate(*shared[formula.shared], here)
            elif formula.kind:
                continue
            if formula.column in marked and table.first <= formula.row <= model:
                found[formula.column] = (formula.row, text)
        formulas = {}
        for column, node in marked.items():
            here = cell_address(model, column)
            if column in found:
                row, text = found[column]
                formulas[column] = translate(text, cell_address(row, column), here)
                continue
            text = f"={node.text}"
            alike = translate(text, here, cell_address(model + 1, column)) == text
            if node.text and alike and not node.flag("array"):
                formulas[column] = text
            else:
                self._notes.append(
                    f"Column {column_letter(column)} of the table {table.name} is calculated in a way "
                    "that could not be repeated for the new rows; fill it down in Excel."
                )
        return formulas

    # -- what reaches further ------------------------------------------------------------------------

    def _reach_further(self, table: _Table) -> None:
        if table.part:
            self._lengthen_table(table)
        self._lengthen_ranges(table)
        self._lengthen_references(table)

    def _lengthen_table(self, table: _Table) -> None:
        markup = self._package.markup(table.part, self._overlay)
        root = markup.root
        markup.set(root, ref=write_area(table.area._replace(bottom=self._last)), insertRow=None)
        for node in root.all("autoFilter", "sortState", "sortCondition"):
            area = parse_area(node.get("ref"))
            if area is not None and area.bottom == table.area.bottom:
                markup.set(node, ref=write_area(area._replace(bottom=self._last)))
        self._changed[table.part] = markup.result()

    def _lengthen_ranges(self, table: _Table) -> None:
        around = self._xml.around
        for node in around.root.all():
            if node.name in _RANGES and node.get("sqref"):
                self._set_ranges(around, node, table)
            elif node.name == "sqref" and node.text.strip():
                old = around.text_now(node)
                new = self._longer_ranges(old, table)
                if new != old:
                    around.replace_text(node, new)
            elif node.name in ("autoFilter", "sortState", "sortCondition") and not table.part:
                area = parse_area(around.now(node, "ref"))
                if area is not None and area.bottom == table.area.bottom:
                    around.set(node, ref=write_area(area._replace(bottom=self._last)))

    def _set_ranges(self, around: Markup, node: Node, table: _Table) -> None:
        old = around.now(node, "sqref")
        new = self._longer_ranges(old, table)
        if new != old:
            around.set(node, sqref=new)

    def _longer_ranges(self, text: str, table: _Table) -> str:
        """Ranges that end with the table's last row, and are more than a mark on that one row."""
        ranges = []
        for each in text.split():
            area = parse_area(each)  # None for whole columns, which need not grow
            if (
                area is not None
                and area.bottom == table.area.bottom
                and (area.top < area.bottom or table.first == table.area.bottom)
                and area.left <= table.area.right
                and area.right >= table.area.left
            ):
                each = write_area(area._replace(bottom=self._last))
            ranges.append(each)
        return " ".join(ranges)

    def _lengthen_references(self, table: _Table) -> None:
        """Chart series and names that covered exactly the old rows, with or without the heading."""
        workbook = self._package.workbook
        for part in (workbook, *self._charts()):
            markup = self._package.markup(part, self._overlay)
            for node in markup.root.all("f", "definedName"):
                new = self._longer_references(node.text, table)
                if new != node.text and not node.children:
                    markup.replace_text(node, new)
            data = markup.result()
            if data != markup.data:
                self._changed[part] = data
                self._touched.append(part)

    def _charts(self) -> Iterator[str]:
        for node in self._package.markup(CONTENT_TYPES).root.children:
            part = self._package.find(node.get("PartName")) if node.name == "Override" else ""
            if part and node.get("ContentType").endswith(_CHARTS):
                yield part

    def _longer_references(self, text: str, table: _Table) -> str:
        name = self._sheet.name
        quoted = "'" + name.replace("'", "''") + "'"
        bottom, tops = table.area.bottom, {table.first, table.area.top}

        def longer(found: re.Match[str]) -> str:
            begins = int(found["top"])
            exact = begins in tops if table.part else begins < bottom
            if not exact:
                return found[0]
            return f"{found['before']}{self._last}"

        sheet = f"(?:{re.escape(quoted)}|{re.escape(name)})"
        pattern = (
            rf"(?P<before>(?<![\w\].:'!]){sheet}!\$?[A-Z]{{1,3}}\$?(?P<top>\d+):\$?[A-Z]{{1,3}}\$?)"
            rf"{bottom}(?![\d(])"
        )
        return re.sub(pattern, longer, text, flags=re.IGNORECASE)


def _meet(a: Area, b: Area) -> bool:
    return a.top <= b.bottom and a.bottom >= b.top and a.left <= b.right and a.right >= b.left
