"""The workbooks that officers open are what their text makes, and their parts fit together."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from agsxl import macros
from agsxl.errors import SourceError
from agsxl.excel.file import open_book
from agsxl.master import build, ribbon, sheets, vba
from tests.plans import ROOT
from tests.test_vba import PRESSED, RIBBON, SHEETS, TEXTS, button_book

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:oletools.*")

FOLDER = ROOT / "workbook"


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return build.built()


def parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return {name: file.read(name) for name in file.namelist()}


# -- what is kept is what the text makes -------------------------------------------------------


@pytest.mark.parametrize("name", [build.WITH_MACROS, build.WITHOUT])
def test_the_workbook_that_is_kept_is_what_its_text_makes(made, name):
    """If this fails, run ``python -m agsxl.master.build`` and look at what it made."""
    assert build.differences((FOLDER / name).read_bytes(), made[name]) == []


def test_the_same_text_gives_the_same_bytes_on_any_day(made):
    """In another process, with other hashes, in another time zone."""
    program = (
        "import hashlib; from agsxl.master.build import built;"
        "print(*(hashlib.sha256(b).hexdigest() for b in built().values()))"
    )
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    from hashlib import sha256

    assert there.stdout.split() == [sha256(content).hexdigest() for content in made.values()]


def test_nothing_in_the_package_says_when_or_where_it_was_made(made):
    for package in made.values():
        with zipfile.ZipFile(io.BytesIO(package)) as file:
            names = file.namelist()
            assert len(names) == len(set(names))
            assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {info.extra for info in file.infolist()} == {b""}


def test_the_two_have_the_same_sheets_and_one_has_no_macros(made, tmp_path):
    for name, package in made.items():
        path = tmp_path / name
        path.write_bytes(package)
        with open_book(path) as book:
            assert tuple(book.sheets()) == sheets.sheet_names()
    plain = parts(made[build.WITHOUT])
    assert not [name for name in plain if "vba" in name.lower() or "customUI" in name]
    assert b"macroEnabled" not in plain["[Content_Types].xml"]


def test_what_travels_with_agsxl_is_what_new_workbooks_get(made):
    assert vba.shipped_vba() == parts(made[build.WITH_MACROS])[vba.PART]
    assert ribbon.shipped_ribbon() == RIBBON
    assert vba.faults_of(vba.shipped_vba()) == []


def test_the_cell_for_the_last_result_is_on_the_start_sheet(made):
    for package in made.values():
        book = parts(package)["xl/workbook.xml"].decode()
        assert re.search(
            rf'<definedName name="{macros.LAST_RESULT}"[^>]*>\'?Start\'?!\$[A-Z]+\$\d+</definedName>',
            book,
        )


def test_each_button_stands_on_the_start_sheet(made):
    drawn = parts(made[build.WITH_MACROS])["xl/drawings/vmlDrawing1.vml"].decode()
    pressed = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)<", drawn)
    assert sorted(pressed) == sorted(f"Agsxl_{macro}" for macro, _, _ in PRESSED)
    first = parts(made[build.WITH_MACROS])["xl/worksheets/_rels/sheet1.xml.rels"]
    assert b"vmlDrawing1.vml" in first
    assert sheets.sheet_names()[0] == "Start"


# -- the parts fit together --------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> bytes:
    """A small workbook with macros, buttons and ribbon that fit together."""
    project = vba.vba_project(TEXTS, [vba.code_name(name) for name in SHEETS])
    return ribbon.with_ribbon(button_book(project), RIBBON)


def without(package: bytes, name: str) -> bytes:
    return changed(package, name, None)


def changed(package: bytes, name: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for part, content in parts(package).items():
            if part == name and change is None:
                continue
            file.writestr(part, change(content) if part == name else content)
    return out.getvalue()


def swapped(package: bytes, name: str, old: str, new: str) -> bytes:
    assert old.encode() in parts(package)[name]
    return changed(package, name, lambda content: content.replace(old.encode(), new.encode()))


VML = "xl/drawings/vmlDrawing1.vml"
WRONG = {
    "No part is of the type application/vnd.ms-excel.sheet.macroEnabled.main+xml.": lambda p: swapped(
        p, "[Content_Types].xml", "vnd.ms-excel.sheet.macroEnabled", "vnd.ms-excel.sheet"
    ),
    "No part is of the type application/vnd.ms-office.vbaProject.": lambda p: swapped(
        p, "[Content_Types].xml", "vnd.ms-office.vbaProject", "octet-stream"
    ),
    "The sheets' code names are not those of the macros: shPlan, shPlans.": lambda p: swapped(
        p, "xl/worksheets/sheet2.xml", 'codeName="shPlan"', 'codeName="shPlans"'
    ),
    "No sheet has a button.": lambda p: changed(p, VML, lambda c: re.sub(rb"<x:FmlaMacro>.*?</x:FmlaMacro>", b"", c)),
    "A button calls Agsxl_Chek, which is no macro.": lambda p: swapped(p, VML, "Agsxl_Check", "Agsxl_Chek"),
    "A button calls Agsxl_Trouble, which is no macro.": lambda p: swapped(p, VML, "Agsxl_Undo", "Agsxl_Trouble"),
    "There is no ribbon tab.": lambda p: without(p, ribbon.PART),
    "The ribbon calls Ribbon_Chek, which is no macro for it.": lambda p: swapped(
        p, ribbon.PART, "Ribbon_Check", "Ribbon_Chek"
    ),
    "The ribbon calls Agsxl_Undo, which is no macro for it.": lambda p: swapped(
        p, ribbon.PART, "Ribbon_Undo", "Agsxl_Undo"
    ),
}  # fmt: skip


def test_a_workbook_whose_parts_fit_has_no_fault(small, made):
    assert list(build.faults_between(small, TEXTS)) == []
    assert list(build.faults_between(made[build.WITH_MACROS], TEXTS)) == []


@pytest.mark.parametrize("fault", WRONG)
def test_parts_that_do_not_fit_are_said(small, fault):
    assert list(build.faults_between(WRONG[fault](small), TEXTS)) == [fault]


def test_what_is_not_sound_is_not_made(monkeypatch):
    monkeypatch.setattr(vba, "faults_of", lambda project: ["The red one is black."])
    with pytest.raises(
        SourceError, match=r"action-plan.xlsm cannot be made: The red one is black\."
    ):
        build.built()


# -- the ribbon in the package -----------------------------------------------------------------


def test_the_ribbon_is_added_and_nothing_else_is_touched(small):
    project = vba.vba_project(TEXTS, [vba.code_name(name) for name in SHEETS])
    before, after = parts(button_book(project)), parts(small)
    assert after.pop(ribbon.PART).decode() == RIBBON
    kind = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
    links = after.pop("_rels/.rels").decode()
    assert re.findall(rf'<Relationship [^>]*Type="{kind}" Target="([^"]+)"/>', links) == [
        "customUI/customUI14.xml"
    ]
    assert len(set(re.findall(r' Id="(\w+)"', links))) == links.count("<Relationship ")
    before.pop("_rels/.rels")
    assert after == before
    assert (
        b'<Default Extension="xml" ContentType="application/xml"/>' in after["[Content_Types].xml"]
    )


def test_a_second_ribbon_takes_the_place_of_the_first(small):
    other = RIBBON.replace("This month", "Each month")
    made = ribbon.with_ribbon(small, other)
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        assert file.namelist().count(ribbon.PART) == 1
    again = parts(made)
    assert again[ribbon.PART].decode() == other
    assert again["_rels/.rels"].count(ribbon.KIND.encode()) == 1
    assert ribbon.with_ribbon(small, RIBBON) == ribbon.with_ribbon(small, RIBBON)


# -- the command -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("vba", "ribbon"):
        shutil.copytree(FOLDER / name, tmp_path / name)
    return tmp_path


def test_the_command_makes_what_it_then_finds_the_same(folder, capsys):
    assert build.main(["--check"], folder) == 1
    assert "action-plan.xlsm is not what its text makes" in capsys.readouterr().out
    assert not (folder / build.WITH_MACROS).exists()
    assert build.main([], folder) == 0
    assert f"Made {folder / build.WITH_MACROS}" in capsys.readouterr().out
    assert build.main(["--check"], folder) == 0
    assert capsys.readouterr().out == ""


def test_a_text_that_has_changed_is_noticed_by_its_part(folder, capsys):
    assert build.main([], folder) == 0
    text = folder / "ribbon" / "customUI14.xml"
    text.write_text(text.read_text("utf-8").replace("This month", "Each month"), "utf-8")
    capsys.readouterr()
    assert build.main(["--check"], folder) == 1
    assert "(customUI/customUI14.xml); run this without --check" in capsys.readouterr().out


def test_parts_in_another_order_are_another_workbook(small):
    turned = io.BytesIO()
    with zipfile.ZipFile(turned, "w") as file, zipfile.ZipFile(io.BytesIO(small)) as old:
        for info in reversed(old.infolist()):
            file.writestr(info, old.read(info))
    assert build.differences(small, turned.getvalue()) == ["their order"]
    assert build.differences(small, small) == []


def test_a_part_of_another_day_is_another_part(small):
    later = io.BytesIO()
    with zipfile.ZipFile(later, "w") as file, zipfile.ZipFile(io.BytesIO(small)) as old:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "xl/styles.xml":
                info.date_time = (2026, 9, 30, 12, 0, 0)
            file.writestr(info, content)
    assert build.differences(small, later.getvalue()) == ["xl/styles.xml"]


def test_without_the_text_one_sentence_and_a_code(tmp_path, capsys):
    assert build.main([], tmp_path) == 2
    said = capsys.readouterr().err
    assert (
        said == f"{tmp_path} has no text to make the workbooks of; make them in a clone of agsxl.\n"
    )
    (tmp_path / "vba").mkdir()
    (tmp_path / "vba" / "Bad.bas").write_text("Sub Bad()\n' caf\u00e9\nEnd Sub\n", "utf-8")
    assert build.main([], tmp_path) == 2
    assert "Bad.bas" in capsys.readouterr().err


# -- in a real LibreOffice ---------------------------------------------------------------------


@pytest.mark.office
def test_libreoffice_opens_the_workbook_and_finds_every_button(tmp_path):
    from tests.live_office import running

    path = Path(shutil.copy(FOLDER / build.WITH_MACROS, tmp_path / "plan.xlsm"))
    document = running().load(path, macros=True)
    try:
        assert tuple(document.Sheets.ElementNames) == sheets.sheet_names()
        form = document.Sheets.getByName("Start").DrawPage.Forms.getByIndex(0)
        wired = {
            form.getByIndex(n).Label: form.getScriptEvents(n)[0].ScriptCode
            for n in range(form.Count)
        }
        assert wired == {
            label: f"vnd.sun.star.script:VBAProject.AgsxlButtons.Agsxl_{macro}?language=Basic&location=document"
            for macro, label, _ in PRESSED
        }
    finally:
        document.setModified(False)
        document.close(True)
