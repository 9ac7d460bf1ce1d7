"""LibreOffice opens what was written, and shows the new values: an independent judge.

One LibreOffice converts all workbooks of a run, with a profile of its own and macros switched off. It
gets the sample of the real workbooks, or with ``--every-file`` all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from agsxl.edits import CellEdit, ChangeSet, NewRows
from agsxl.errors import AgsxlError
from agsxl.excel.file import open_book
from agsxl.grid import Formula, Value, cell_address, column_letter, parse_address
from tests.ooxml import make, worksheet
from tests.test_lossless import FILES, SAMPLED, plain_cell

pytestmark = pytest.mark.office
DAY = date(2017, 9, 30)
_LIMIT = 20  # seconds for each file; most take less than one

_NO_MACROS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
</oor:items>"""


@pytest.fixture(scope="module")
def convert(tmp_path_factory):
    """Has LibreOffice save workbooks anew, all in one process: their new paths, by their old ones."""
    profile = tmp_path_factory.mktemp("profile")
    (profile / "user").mkdir()
    (profile / "user" / "registrymodifications.xcu").write_text(_NO_MACROS, "utf-8")

    def run(paths: Sequence[Path]) -> dict[Path, Path]:
        out = tmp_path_factory.mktemp("converted")
        renamed = {}
        for number, path in enumerate(
            paths
        ):  # names of all kinds, some the same but for the ending
            renamed[path] = Path(shutil.copy(path, out / f"{number:03}{path.suffix}"))
        target = out / "saved"
        left = list(renamed)
        while left:  # a file on which LibreOffice dies takes the rest with it; they get another one
            done = _convert([renamed[path] for path in left], target, profile)
            left = left[done + 1 :]
        made = {path: target / f"{copy.stem}.xlsx" for path, copy in renamed.items()}
        return {path: file for path, file in made.items() if file.exists()}

    return run


def _convert(files: Sequence[Path], target: Path, profile: Path) -> int:
    """Convert files one after the other; how many were done before one took too long, or all."""
    process = subprocess.Popen(
        ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(target), *map(str, files)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    made, since = 0, time.monotonic()
    while process.poll() is None:
        now = sum((target / f"{file.stem}.xlsx").exists() for file in files)
        if now != made:
            made, since = now, time.monotonic()
        if time.monotonic() - since > _LIMIT + (20 if not made else 0):  # it starts slowly
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            break
        time.sleep(0.1)
    last = [n for n, file in enumerate(files) if (target / f"{file.stem}.xlsx").exists()]
    return last[-1] + 1 if last else 0


def shown(path: Path, sheet: str) -> dict[tuple[int, int], Value]:
    """The cells of a sheet as LibreOffice saved them."""
    rows = (
        CalamineWorkbook.from_path(str(path))
        .get_sheet_by_name(sheet)
        .to_python(skip_empty_area=False)
    )
    return {
        (r, c): value
        for r, cells in enumerate(rows, 1)
        for c, value in enumerate(cells, 1)
        if value != ""
    }


def edits_for(book, sheet) -> dict[str, Value]:
    grid = book.read(sheet)
    below = len(grid.rows) + 2
    right = max(map(len, grid.rows), default=0) + 9
    there = plain_cell(book, sheet)
    return {
        cell_address(below, 1): "Überfällig & <fine>\nsecond line",
        cell_address(below, 2): 12.5,
        cell_address(below + 1, 1): DAY,
        f"{column_letter(right)}2": "far right",
        **({there: "over"} if there else {}),
    }


@pytest.mark.real
def test_libreoffice_shows_the_new_values_of_real_workbooks(convert, tmp_path, request):
    wanted: dict[Path, tuple[Path, str, Mapping[str, Value]]] = {}
    for file in FILES if request.config.getoption("--every-file") else SAMPLED:
        path = Path(shutil.copy(file, tmp_path / file.name))
        path.chmod(0o644)
        done = {}
        try:
            with open_book(path, backups_kept=0) as book:
                sheet = book.sheets()[0]
                for address, new in edits_for(book, sheet).items():
                    try:
                        old = book.read(sheet).value(address)
                        book.apply(ChangeSet((CellEdit(sheet, address, old, new),)))
                        done[address] = new
                    except AgsxlError:
                        continue  # refused, and tests/test_lossless.py looks at the reasons
        except AgsxlError:
            continue
        if done:
            wanted[path] = (file, sheet, done)
    assert len(wanted) > len(SAMPLED) * 3 // 4
    saved = convert(list(wanted))
    unopened = [wanted[path][0] for path in wanted if path not in saved]
    assert not convert(unopened), "LibreOffice opens the original, but not what agsxl wrote"
    assert len(unopened) <= len(wanted) // 20
    wrong = []
    for path, result in saved.items():
        file, sheet, done = wanted[path]
        cells = shown(result, sheet)
        for address, new in done.items():
            found = cells.get(parse_address(address))
            if found != new:
                wrong.append((file.name, sheet, address, new, found))
    assert wrong == []


def formula_workbook(path: Path) -> Path:
    """Formulas of many kinds over column A, with their results as Excel would have saved them."""
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*10</f><v>10</v></c>'
        '<c r="C1"><f t="array" ref="C1:C3">A1:A3*100</f><v>100</v></c><c r="D1" t="str"><f>"n"&amp;B1</f><v>n10</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>20</v></c><c r="C2"><v>200</v></c></row>'
        '<row r="3"><c r="A3"><v>3</v></c><c r="B3"><f t="shared" si="0"/><v>30</v></c><c r="C3"><v>300</v></c></row>'
    )
    sums = '<row r="1"><c r="A1"><f>SUM(Plan!B1:B3)</f><v>60</v></c><c r="A2"><f>Total*2</f><v>120</v></c></row>'.replace(
        '<c r="A2">', '</row><row r="2"><c r="A2">'
    )
    names = '<definedNames><definedName name="Total">Sums!$A$1</definedName></definedNames>'
    return make(path, {"Plan": worksheet(rows), "Sums": worksheet(sums)}, names=names)


def test_libreoffice_shows_no_stale_result(convert, tmp_path):
    """It does not calculate when it opens a workbook of Excel's; what depends on an edit must be made anew."""
    changed = formula_workbook(tmp_path / "changed.xlsx")
    promoted = formula_workbook(tmp_path / "promoted.xlsx")
    with open_book(changed) as book:
        book.apply(ChangeSet((CellEdit("Plan", "A1", 1, 7),)))
    with open_book(promoted) as book:
        first = Formula("=A1*10", None)
        book.apply(
            ChangeSet(
                (
                    CellEdit("Plan", "B1", first, 5),
                    CellEdit("Plan", "F1", None, Formula("=B1+B3", None)),
                )
            )
        )
    saved = convert([changed, promoted])
    plan, sums = shown(saved[changed], "Plan"), shown(saved[changed], "Sums")
    assert [plan[r, 2] for r in (1, 2, 3)] == [70, 20, 30]
    assert [plan[r, 3] for r in (1, 2, 3)] == [700, 200, 300]
    assert plan[1, 4] == "n70"
    assert [sums[r, 1] for r in (1, 2)] == [120, 240]
    plan, sums = shown(saved[promoted], "Plan"), shown(saved[promoted], "Sums")
    assert [plan[r, 2] for r in (1, 2, 3)] == [5, 20, 30]
    assert plan[1, 6] == 35
    assert [sums[r, 1] for r in (1, 2)] == [55, 110]


def test_libreoffice_shows_a_table_that_grew(convert, tmp_path):
    path = tmp_path / "table.xlsx"
    made = xlsxwriter.Workbook(str(path))
    sheet = made.add_worksheet("Plan")
    columns = [
        {"header": "Ref"},
        {"header": "No"},
        {"header": "Twice", "formula": "=T[[#This Row],[No]]*2"},
    ]
    sheet.add_table("A1:C3", {"data": [["A1", 3], ["A2", 4]], "columns": columns, "name": "T"})
    sheet.write_formula("F1", "=SUM(T[No])", None, 7)
    made.close()
    with open_book(path) as book:
        book.apply(
            ChangeSet(rows=(NewRows("Plan", 3, ({"A": "A3", "B": 5}, {"A": "A4", "B": 6})),))
        )
    cells = shown(convert([path])[path], "Plan")
    assert [cells[r, 3] for r in (4, 5)] == [10, 12]
    assert cells[1, 6] == 18
