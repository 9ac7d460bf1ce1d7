"""Parts that an undo makes the very bytes they were before the update that is taken back.

    restore(package, backup, patch, changes)     # puts parts of the backup into the patch

The cells that an undo writes say again what they said, but not in the same bytes: a shared text has
become one of the cell's own, a saved result is missing. Where a part of the patched workbook says
nothing else than the same part of the backup, the backup's bytes are taken. Wherever anything else
was done to a part since, it is left as the patch has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from agsxl.edits import CellEdit, ChangeSet
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
from agsxl.excel.package import Package
from agsxl.excel.patching import Patch, formulas_of, names_of, tables_of
from agsxl.excel.reading import Reader
from agsxl.excel.recalculation import Cell, dependents
from agsxl.excel.values import edited_cell, own_rows, same_value
from agsxl.grid import Value

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NOWHERE: Cell = ("\0", 1, 1)


def restore(package: Package, backup: Package, patch: Patch, changes: ChangeSet) -> None:
    """Put the backup's bytes into a patch for each part that says the same.

    Nothing is restored where the formats or the shared texts are not what they were, but for formats
    added at the end: the same numbers in the cells would not mean the same.
    """
    if not _same_ground(package, backup, patch):
        return
    differing, places, same = _differences(package, backup, patch, changes)
    texts, spills, growing = formulas_of(backup)

    def stale(edited: list[Cell]) -> set[Cell]:
        return dependents(
            texts,
            edited=edited,
            sheets=[sheet.name for sheet in backup.sheets],
            names=names_of(backup, {}),
            tables=tables_of(backup, {}),
            spills=spills,
            growing=growing,
        )

    # What is calculated anew at every opening (TODAY) is as right in the backup as anywhere.
    wrong = {cell[0] for cell in stale(places) - stale([_NOWHERE])}
    with_formulas = {cell[0] for cell in texts}
    for name, part in same.items():
        if name not in wrong:
            _take(patch, backup, part, package)
        else:
            differing.add(name)
    for name, own in patch.own_sheets.items():
        if _same_values(backup, name, own_rows(own)):
            differing.discard(name)
            for part in _parts_of(package, backup, name):
                _take(patch, backup, part, package)
    if not differing & with_formulas and not wrong:
        _restore_workbook(package, backup, patch)
    _restore_chain(package, backup, patch, differing)


def _take(patch: Patch, backup: Package, part: str, package: Package) -> None:
    data = backup.read(part)
    if data == package.read(part):
        patch.replaced.pop(part, None)
    else:
        patch.replaced[part] = patch.restored[part] = data


def _same_values(backup: Package, name: str, rows: list[list[Value]]) -> bool:
    """Whether one of agsxl's own sheets holds again, cell for cell, what it held."""
    reader = Reader(backup)
    if name not in reader.visible:
        return False
    held = reader.grid(name).rows
    width = max(map(len, [*held, *rows]), default=0)
    return len(held) == len(rows) and all(
        same_value(old[n] if n < len(old) else None, new[n] if n < len(new) else None)
        for old, new in zip(held, rows, strict=True)
        for n in range(width)
    )


def _parts_of(package: Package, backup: Package, name: str) -> list[str]:
    """A sheet's part and its tables', where both packages have the same; else none."""
    now, then = (
        next((sheet.part for sheet in each.sheets if sheet.name == name), "")
        for each in (package, backup)
    )
    if not now or now != then or package.tables(now) != backup.tables(then):
        return []
    return [now, *package.tables(now)]


def _final(package: Package, patch: Patch, part: str) -> bytes:
    changed = patch.replaced.get(part)
    return package.read(part) if changed is None else changed


def _same_ground(package: Package, backup: Package, patch: Patch) -> bool:
    """Whether shared texts are the same bytes, and formats the same but for some at the end."""
    for kind in ("shared_strings", "styles", "workbook"):
        if getattr(package, kind) != getattr(backup, kind):
            return False
    strings, styles = package.shared_strings, package.styles
    if strings and package.read(strings) != backup.read(strings):
        return False
    if not styles:
        return True
    now, then = parsed(_final(package, patch, styles)), parsed(backup.read(styles))
    lists = {name_of(child): [flat(node) for node in child] for child in now}
    return all(
        lists.get(name_of(child), [])[: len(child)] == [flat(node) for node in child]
        for child in then
    )


def _differences(
    package: Package, backup: Package, patch: Patch, changes: ChangeSet
) -> tuple[set[str], list[Cell], dict[str, str]]:
    """The sheets that differ from the backup, the cells in which they do, and the sheets that do not."""
    differing: set[str] = set()
    places: list[Cell] = []
    same: dict[str, str] = {}
    then = {sheet.name: sheet.part for sheet in backup.sheets}
    for sheet in package.sheets:
        if sheet.kind != "worksheet" or not sheet.part or then.get(sheet.name) != sheet.part:
            differing.add(sheet.name)
            continue
        old, new = backup.read(sheet.part), _final(package, patch, sheet.part)
        if old == new:
            continue
        edits = {edited_cell(edit): edit for edit in changes.edits if edit.sheet == sheet.name}
        held = Reader(backup).cells(sheet.name, {row for row, _ in edits})
        kept = {place for place, edit in edits.items() if same_value(held.at(*place), edit.new)}
        found = list(_differing_cells(SheetModel(old), SheetModel(new), edits, kept))
        if found or sheet.name in patch.own_sheets:  # those are looked at as a whole
            differing.add(sheet.name)
            places += [(sheet.name, *place) for place in found if place is not None]
        else:
            same[sheet.name] = sheet.part
    return differing, places, same


def _differing_cells(
    then: SheetModel, now: SheetModel, edits: Mapping[Place, CellEdit], kept: set[Place]
) -> Iterator[Place | None]:
    """The cells in which a sheet differs from the backup's; None for anything but cells.

    ``kept`` are those among the cells that the undo writes that now hold what the backup's hold.
    """
    if flat(then.root) != flat(now.root):
        yield None
    for place in then.cells.keys() | now.cells.keys():
        old, new = then.cells.get(place), now.cells.get(place)
        if place in kept:
            alike = _same_format(old, new, edits[place])
        elif place in edits or old is None or new is None:
            alike = False
        else:
            alike = without_address(old) == without_address(new) or (
                _same_formula(then, now, place, old, new)
            )
        if not alike:
            yield place
    for number in then.rows.keys() | now.rows.keys():
        old_row, new_row = (
            row_attributes(then.rows.get(number)),
            row_attributes(now.rows.get(number)),
        )
        made = old_row is None and set(new_row or ()) <= {"r", "what else it holds"}
        if old_row != new_row and not made:
            yield None


def _same_formula(
    then: SheetModel, now: SheetModel, place: Place, old: Element, new: Element
) -> bool:
    """Whether two cells hold the same formula, the result of which may be missing now."""
    if child_of(old, "f") is None or old.get("s", "0") != new.get("s", "0"):
        return False
    before, result = child_of(old, "v"), child_of(new, "v")
    if result is not None and (before is None or flat(before) != flat(result)):
        return False
    if without_result(old) == without_result(new):
        return True
    return then.formula(place) == now.formula(place) is not None


def _same_format(old: Element | None, new: Element | None, edit: CellEdit) -> bool:
    """Whether a cell that the undo writes has the format that it had."""
    if old is None:
        return True  # the update had made it, and it is empty again
    if isinstance(edit.expected, date | int | float):
        return True  # a date that goes had brought its format with it
    return new is not None and old.get("s", "0") == new.get("s", "0")


def _restore_workbook(package: Package, backup: Package, patch: Patch) -> None:
    """The workbook's own part, where it differs in nothing but the order to calculate everything."""
    part = package.workbook
    now, then = parsed(_final(package, patch, part)), parsed(backup.read(part))
    for root in (now, then):
        for node in [child for child in root if name_of(child) == "calcPr"]:
            node.attrib.pop("fullCalcOnLoad", None)
            if not node.attrib:
                root.remove(node)
    if flat(now) == flat(then):
        _take(patch, backup, part, package)


def _restore_chain(package: Package, backup: Package, patch: Patch, differing: set[str]) -> None:
    """The chain of calculation, where all sheets have the formulas that it lists."""
    part = package.calc_chain
    if not part or backup.calc_chain != part or patch.replaced.get(part, b"") is None:
        return
    listed = {sheet.sheet_id: sheet.name for sheet in backup.sheets}
    current = {sheet.sheet_id: sheet.name for sheet in package.sheets}
    sheets, said = set(), ""
    for node in parsed(backup.read(part)):
        said = node.get("i") or said
        sheets.add(listed.get(said, ""))
    same_ids = all(current.get(number) == name for number, name in listed.items())
    if same_ids and not sheets & differing:
        _take(patch, backup, part, package)
