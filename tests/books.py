"""Workbooks for tests, made with XlsxWriter, and ways to damage them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.plans import HEADINGS

TWELVE = [HEADINGS[c] for c in list(HEADINGS)[:12]]
ROW = ["A1", "A: Training", "Trained", "AGS", "Training delivered", "Officer", "31/12/17", "Finance",
       "Head of Finance", "On target", None, "Booked"]  # fmt: skip


def write_book(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    merge: Mapping[str, Sequence[tuple[int, int, int, int]]] | None = None,
    hidden_rows: Mapping[str, Sequence[int]] | None = None,
    hidden_sheets: Sequence[str] = (),
    date_1904: bool = False,
) -> Path:
    """A workbook of sheets given as rows. A formula is ``("=1+1", 2)``; a date is a date cell."""
    path.parent.mkdir(exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"date_1904": date_1904, "strings_to_formulas": False})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, cells in enumerate(rows):
            for c, cell in enumerate(cells):
                if isinstance(cell, tuple):
                    sheet.write_formula(r, c, cell[0], None, cell[1])
                elif isinstance(cell, date):
                    sheet.write_datetime(r, c, cell, day)
                elif cell is not None:
                    sheet.write(r, c, cell)
        for top, left, bottom, right in (merge or {}).get(name, ()):
            sheet.merge_range(top - 1, left - 1, bottom - 1, right - 1, rows[top - 1][left - 1])
        for row in (hidden_rows or {}).get(name, ()):
            sheet.set_row(row - 1, None, None, {"hidden": True})
        if name in hidden_sheets:
            sheet.hide()
    book.close()
    return path


def rewrite(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy a package part by part; ``change`` gives a part's new bytes, or None to drop it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return target
