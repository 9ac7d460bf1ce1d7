"""A change set worked out on a package: which parts become which bytes.

    patch = make_patch(package, changes)
    package.save(target, patch.replaced, patch.added)

Only what the changes need is touched: the edited sheets, the saved results of formulas that depend on
an edit (they would be shown as they were by every program that does not calculate), the flag that
makes Excel calculate when it opens the workbook, the chain of calculation where a formula went, the
table whose rows grew with what pointed at just those rows, and formats where a date needs one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from agsxl.edits import CellEdit, ChangeSet, NewRows, NewSheet
from agsxl.errors import OutputError
from agsxl.excel.appending import Growth, grow
from agsxl.excel.formats import Formats
from agsxl.excel.graft import graft
from agsxl.excel.markup import Node
from agsxl.excel.package import Package, SheetPart
from agsxl.excel.recalculation import Cell, Table, dependents, translate
from agsxl.excel.sheetxml import SheetXml, forbidden_areas, parse_area, refusal
from agsxl.excel.values import edited_cell, same_value
from agsxl.grid import Area, Formula, Value, cell_address

# What follows <calcPr> in a workbook's part; it must stand before all of these.
_AFTER_CALC = frozenset(
    (
        "oleSize",
        "customWorkbookViews",
        "pivotCaches",
        "smartTagPr",
        "smartTagTypes",
        "webPublishing",
        "fileRecoveryPr",
        "webPublishObjects",
        "extLst",
    )
)


@dataclass(slots=True)
class Patch:
    """The parts to write, and what a comparison with the old package may find changed.

    ``replaced`` None leaves a part out. ``cells`` and ``stale`` are by the sheet's name: what was
    written where, and the formulas' cells whose saved results were dropped; ``own_sheets`` by the name
    that the workbook has for each; ``restored`` are parts that an undo makes as they were.
    """

    replaced: dict[str, bytes | None] = field(default_factory=dict)
    added: dict[str, bytes] = field(default_factory=dict)
    cells: dict[str, dict[tuple[int, int], Value]] = field(default_factory=dict)
    stale: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    grown: list[Growth] = field(default_factory=list)
    own_sheets: dict[str, NewSheet] = field(default_factory=dict)
    formats_added: int = 0
    restored: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def make_patch(package: Package, changes: ChangeSet) -> Patch:
    """Work a change set out. The values must have been compared with what is expected already.

    Raises OutputError where a cell must not be written or a table cannot grow.
    """
    return _Patching(package).make(changes)


class _Patching:
    """One change set being worked out."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._formats = Formats(package)
        self._sheets: dict[str, _Sheet] = {}
        self._made_anew: Mapping[str, Area] = {}  # what was on agsxl's own sheets, and now is
        self._patch = Patch()

    def make(self, changes: ChangeSet) -> Patch:
        patch = self._patch
        for edit in changes.edits:
            if not same_value(edit.expected, edit.new):
                self._edit(edit)
        for rows in changes.rows:
            self._append(rows)
        if self._formats.added:
            patch.replaced[self._package.styles] = self._formats.result()
            patch.formats_added = self._formats.added
            patch.notes.append(
                "The workbook had no format that shows a date as a date; one was added to its list."
            )
        if changes.sheets:
            self._put_in(changes.sheets)
        self._drop_stale_results()
        for sheet in self._sheets.values():
            patch.replaced[sheet.part.part] = sheet.xml.result()
        for part, data in list(patch.replaced.items()):
            if data is not None and data == self._package.read(part):
                del patch.replaced[part]
        return patch

    def _sheet(self, name: str) -> _Sheet:
        if name not in self._sheets:
            self._sheets[name] = _Sheet(self._package, self._package.sheet(name))
        return self._sheets[name]

    def _edit(self, edit: CellEdit) -> None:
        row, column = edited_cell(edit)
        sheet = self._sheet(edit.sheet)
        sheet.refuse(row, column, self._formats)
        self._set(sheet, row, column, edit.new)

    def _set(self, sheet: _Sheet, row: int, column: int, value: Value) -> None:
        style = sheet.xml.style(row, column)
        style = sheet.fitting(self._formats, style, column, value)
        sheet.xml.set(row, column, value, style, date_1904=self._package.date_1904)
        self._patch.cells.setdefault(sheet.part.name, {})[row, column] = value

    def _append(self, rows: NewRows) -> None:
        sheet = self._sheet(rows.sheet)
        growth = grow(self._package, sheet.part, sheet.xml, rows, self._patch.replaced)
        for (row, column), value in growth.cells.items():
            sheet.refuse(row, column, self._formats)
            self._set(sheet, row, column, value)
        self._patch.grown.append(growth)
        self._patch.notes += growth.notes

    # -- results that are stale ------------------------------------------------------------------

    def _drop_stale_results(self) -> None:
        """Drop the saved result of every formula that depends on a change; Excel makes them anew."""
        written = self._patch.cells
        if not written and not self._made_anew:
            return
        texts, spills, growing = formulas_of(
            self._package, {name: sheet.xml for name, sheet in self._sheets.items()}
        )
        gone = {cell for cell in texts if cell[0] in self._patch.own_sheets}
        new: dict[Cell, str] = {}
        for sheet, cells in written.items():
            for (row, column), value in cells.items():
                if isinstance(value, Formula):
                    new[sheet, row, column] = value.text
                elif (sheet, row, column) in texts:
                    gone.add((sheet, row, column))
        for cell in gone:
            del texts[cell]
        texts.update(new)
        if gone:
            self._leave_chain(gone)
        if not texts:
            return
        edited = [(name, *place) for name, cells in written.items() for place in cells]
        stale = dependents(
            texts,
            edited=edited,
            grown=[
                *((growth.sheet, growth.added) for growth in self._patch.grown),
                *self._made_anew.items(),
            ],
            sheets=[sheet.name for sheet in self._package.sheets],
            names=names_of(self._package, self._overlay),
            tables=tables_of(self._package, self._overlay),
            spills={cell: area for cell, area in spills.items() if cell in texts},
            growing=[cell for cell in growing if cell in texts],
        )
        for name, row, column in sorted(stale - set(edited)):
            self._sheet(name).xml.drop_result(row, column)
            self._patch.stale.setdefault(name, set()).add((row, column))
        if stale or new:
            self._calculate_on_opening()

    @property
    def _overlay(self) -> Mapping[str, bytes]:
        return {part: data for part, data in self._patch.replaced.items() if data is not None}

    def _calculate_on_opening(self) -> None:
        part = self._package.workbook
        markup = self._package.markup(part, self._overlay)
        node = markup.root.find("calcPr")
        if node is None:
            tag = b"<" + markup.tag(markup.root, "calcPr") + b' fullCalcOnLoad="1"/>'
            after = next((c for c in markup.root.children if c.name in _AFTER_CALC), None)
            if after is None:
                markup.append(markup.root, tag)
            else:
                markup.insert_before(after, tag)
        else:
            if node.get("calcMode") == "manual":
                self._patch.notes.append(
                    "This workbook calculates only when it is asked to; press F9 after opening it."
                )
            if node.flag("fullCalcOnLoad"):
                return
            markup.set(node, fullCalcOnLoad="1")
        self._patch.replaced[part] = markup.result()

    def _leave_chain(self, gone: set[Cell]) -> None:
        """Take cells without a formula out of the chain of calculation, or Excel finds damage."""
        part = self._package.calc_chain
        if not part:
            return
        numbers = {sheet.name: sheet.sheet_id for sheet in self._package.sheets}
        leaving = {(numbers[name], cell_address(row, column)) for name, row, column in gone}
        markup = self._package.markup(part)
        sheet, left, said = "", 0, ""
        for node in markup.root.children:
            sheet = node.get("i") or sheet  # where it is not given, it is as in the entry before
            if (sheet, node.get("r")) in leaving:
                markup.replace(node, b"")
                continue
            if said != sheet and not node.get("i"):
                markup.set(node, i=sheet)
            said = sheet
            left += 1
        if left:
            self._patch.replaced[part] = markup.result()
        else:
            self._leave_out(part)

    def _leave_out(self, part: str) -> None:
        """Take a part of the workbook out, with its relation and its content type."""
        package, replaced = self._package, self._patch.replaced
        relations = package.relations_part(package.workbook)
        markup = package.markup(relations, self._overlay)
        for node, relation in zip(
            markup.root.children, package.relations(package.workbook), strict=True
        ):
            if relation.target == part:
                markup.replace(node, b"")
        replaced[relations] = markup.result()
        types = package.find("[Content_Types].xml")
        markup = package.markup(types, self._overlay)
        for node in markup.root.children:
            if node.name == "Override" and package.find(node.get("PartName")) == part:
                markup.replace(node, b"")
        replaced[types] = markup.result()
        replaced[part] = None

    def _put_in(self, sheets: tuple[NewSheet, ...]) -> None:
        """Put agsxl's own sheets into the package, or their contents anew."""
        patch = self._patch
        grafted = graft(self._package, sheets, self._overlay)
        patch.replaced.update(grafted.parts)
        patch.added.update(grafted.added)
        patch.own_sheets = dict(zip(grafted.names, sheets, strict=True))
        self._made_anew = grafted.areas


class _Sheet:
    """A sheet that is being changed, with what must not be written on it."""

    def __init__(self, package: Package, part: SheetPart) -> None:
        self.part = part
        self.xml = SheetXml(package.read(part.part), part.part)
        self._forbidden = forbidden_areas(package, part.part, self.xml)
        root = self.xml.around.root
        self._protection = root.find("sheetProtection")
        self._free = [
            area
            for node in root.all("protectedRange")
            if not _has_password(node)
            for area in map(parse_area, node.get("sqref").split())
            if area is not None
        ]

    def refuse(self, row: int, column: int, formats: Formats) -> None:
        where = f"{self.part.name}!{cell_address(row, column)}"
        why = refusal(self._forbidden, row, column)
        if why:
            raise OutputError(f"{where} {why}; nothing was written.")
        protection = self._protection
        if (
            protection is not None
            and protection.flag("sheet")
            and _has_password(protection)
            and formats.is_locked(self.xml.style(row, column))
            and not any(
                a.top <= row <= a.bottom and a.left <= column <= a.right for a in self._free
            )
        ):
            raise OutputError(
                f"{where} is locked, and its sheet is protected with a password; nothing was written. "
                "Take the protection off in Excel (Review, Unprotect Sheet) and save it, then try again."
            )

    def fitting(self, formats: Formats, style: int, column: int, value: Value) -> int:
        """The format for a value: a date must show as a date, and a number must not."""
        if isinstance(value, date):
            if formats.kind(style) != "date":
                return formats.fitting(style, "date", self.xml.styles(column))
        elif (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and formats.kind(style) in ("date", "time")
        ):
            return formats.fitting(style, "general", self.xml.styles(column))
        return style


# -- what formulas refer to --------------------------------------------------------------------


def formulas_of(
    package: Package, known: Mapping[str, SheetXml] | None = None
) -> tuple[dict[Cell, str], dict[Cell, Area], list[Cell]]:
    """Every formula of a workbook, the areas that array formulas fill, and which of these may grow.

    ``known`` are sheets that are parsed already.
    """
    texts: dict[Cell, str] = {}
    spills: dict[Cell, Area] = {}
    growing: list[Cell] = []
    for sheet in package.sheets:
        if sheet.kind != "worksheet" or not sheet.part:
            continue
        xml = (known or {}).get(sheet.name)
        if xml is None:
            if not _has_formulas(package, sheet):
                continue
            xml = SheetXml(package.read(sheet.part), sheet.part)
        shared: dict[str, tuple[str, str]] = {}
        for formula in xml.formulas():
            cell = (sheet.name, formula.row, formula.column)
            here = cell_address(formula.row, formula.column)
            text = f"={formula.text}"
            if formula.kind == "shared" and formula.text:
                shared[formula.shared] = (text, here)
            elif formula.kind == "shared" and formula.shared in shared:
                text = translate(*shared[formula.shared], here)
            elif formula.kind == "dataTable":
                text = "=TABLE()"
            texts[cell] = text
            if formula.kind in ("array", "dataTable") and formula.area:
                spills[cell] = formula.area
                if formula.grows:
                    growing.append(cell)
    return texts, spills, growing


def names_of(package: Package, overlay: Mapping[str, bytes]) -> dict[tuple[str, str], str]:
    """The defined names: (sheet, name) to text, sheet "" for those of the whole workbook."""
    names = {}
    for node in package.markup(package.workbook, overlay).root.all("definedName"):
        local = node.get("localSheetId")
        known = local.isdigit() and int(local) < len(package.sheets)
        names[package.sheets[int(local)].name if known else "", node.get("name")] = node.text
    return names


def tables_of(package: Package, overlay: Mapping[str, bytes]) -> dict[str, Table]:
    """The Excel tables by their names."""
    tables = {}
    for sheet in package.sheets:
        for part in package.tables(sheet.part) if sheet.part else ():
            root = package.markup(part, overlay).root
            area = parse_area(root.get("ref"))
            if area is not None:
                columns = tuple(node.get("name") for node in root.all("tableColumn"))
                headings = int(root.get("headerRowCount") or 1)
                totals = int(root.get("totalsRowCount") or 0)
                name = root.get("displayName") or root.get("name")
                tables[name] = Table(sheet.name, area, columns, headings, totals)
    return tables


def _has_password(node: Node) -> bool:
    return bool(node.get("password") or node.get("hashValue"))


def _has_formulas(package: Package, sheet: SheetPart) -> bool:
    data = package.read(sheet.part)
    return b"<f" in data or b":f" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff")
