"""Writing into a closed workbook: what was asked for is there, and nothing else is changed."""

from __future__ import annotations

import io
import re
import shutil
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agsxl.edits import CellEdit, ChangeSet, NewSheet, SheetColumn
from agsxl.errors import AgsxlError, ChangedError, OutputError, SourceError
from agsxl.excel import compare, patching
from agsxl.excel.file import open_book
from agsxl.excel.package import Package
from agsxl.excel.patching import make_patch
from agsxl.excel.reading import Reader
from agsxl.excel.sheetxml import SheetXml
from agsxl.grid import CellError, Formula, cell_address, column_letter, parse_address
from tests.books import rewrite
from tests.ooxml import (
    HEAD,
    MAIN,
    STYLES,
    changed_parts,
    make,
    read_parts,
    worksheet,
    write_zip,
)
from tests.plans import ROOT

SHEET = "xl/worksheets/sheet1.xml"
WORKBOOK = "xl/workbook.xml"
FILES = sorted((ROOT.parent / "shared" / "excel-files").glob("*.xl*"))
TEXT = '<c r="A1" t="inlineStr"><is><t>Ref</t></is></c>'


def edit(path, address, new, *, sheet="Plan", expected=None, **more):
    """Write one cell, and give the receipt."""
    with open_book(path, backups_kept=0) as book:
        return book.apply(ChangeSet((CellEdit(sheet, address, expected, new),)), **more)


def held(path, address, sheet="Plan"):
    with open_book(path) as book:
        return book.read(sheet).value(address)


def written(path, address, new, **more):
    """Write one cell, and give what a reader then finds there."""
    edit(path, address, new, **more)
    return held(path, address, more.get("sheet", "Plan"))


def sheet_xml(path, part=SHEET) -> str:
    return read_parts(path)[part].decode()


def refusal(path, address="B2", new="x", **more) -> str:
    """The sentence with which a write is refused; the file must be as it was."""
    before = path.read_bytes()
    with pytest.raises(AgsxlError) as refused:
        edit(path, address, new, **more)
    assert path.read_bytes() == before
    assert [file for file in path.parent.iterdir() if "agsxl" in file.name] == []
    return str(refused.value)


# -- a value in a cell -------------------------------------------------------------------------

VALUES = {
    "a text": "Complete",
    "a text like a formula": "=1+1",
    "a text like a number": "007",
    "markup": "<b> & \"quotes\" 'too' ]]>",
    "leading and trailing spaces": "  two  ",
    "line breaks": "one\ntwo\r\nthree\rfour\ttab",
    "a control character": "bell\x07",
    "what looks like an escape": "_x0041_ _x005F_ _X0041_",
    "an emoji and an accent": "\U0001f600 Pêche",
    "the longest text": "ä" * 32_767,
    "a whole number": 12,
    "a negative number": -3.25,
    "a small number": 1e-9,
    "a large number": 123456789012345,
    "true": True,
    "false": False,
    "a date": date(2017, 9, 30),
    "a moment": datetime(2017, 9, 30, 14, 45, 30),
    "an error": CellError("#N/A"),
    "a formula": Formula('=IF(A1="a & b",1,2)', None),
    "nothing": None,
}


@pytest.mark.parametrize("new", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("address", ["A1", "B2", "A9", "AB3", "XFD2"])
def test_a_value_is_read_back_as_it_was_written(tmp_path, new, address):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row><row r="3"/>')})
    found = written(path, address, new, expected="Ref" if address == "A1" else None)
    if isinstance(new, Formula):
        assert isinstance(found, Formula)
        assert found.text == new.text
    else:
        assert (type(found), found) == (type(new), new)


@pytest.mark.parametrize("new", ["Complete", "_x0041_\x07", 12, True, date(2017, 9, 30), None])
def test_openpyxl_reads_the_same_value(tmp_path, new):
    """openpyxl keeps the escapes of a cell's own text as they are written."""
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row>')})
    edit(path, "B2", new)
    found = openpyxl.load_workbook(path)["Plan"]["B2"].value
    unescaped = re.sub(
        "_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), found if isinstance(found, str) else ""
    )
    assert (unescaped or (found.date() if isinstance(found, datetime) else found)) == new


def test_a_date_is_a_serial_in_the_system_of_its_workbook(tmp_path):
    for system, days in (("", "43008"), ('<workbookPr date1904="1"/>', "41546")):
        row = '<row r="1"><c r="A1" s="1"/></row>'
        path = make(tmp_path / "b.xlsx", {"Plan": worksheet(row)}, properties=system)
        assert written(path, "A1", date(2017, 9, 30)) == date(2017, 9, 30)
        assert f'<c r="A1" s="1"><v>{days}</v></c>' in sheet_xml(path)


@pytest.mark.parametrize(
    ("row", "style"),
    [
        ('<row r="2"><c r="A2" s="4"/></row>', None),  # of its column: none
        ('<row r="2" s="4" customFormat="1"><c r="A2"/></row>', "4"),
        ('<row r="2" s="4"><c r="A2"/></row>', None),  # a row's format counts only if it says so
    ],
)
def test_a_new_cell_takes_the_format_of_its_row(tmp_path, row, style):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(row)})
    edit(path, "B2", "x")
    cell = re.search(r'<c r="B2"([^>]*)>', sheet_xml(path))[1]
    assert (f' s="{style}"' in cell) if style else (" s=" not in cell)


def test_a_new_cell_takes_the_format_of_its_column(tmp_path):
    columns = '<cols><col min="2" max="5" style="4"/></cols>'
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet('<row r="2"/>', before=columns)})
    edit(path, "C2", "x")
    edit(path, "C7", "x")
    edit(path, "F7", "x")
    assert '<c r="C2" s="4" t=' in sheet_xml(path)
    assert '<c r="C7" s="4" t=' in sheet_xml(path)
    assert '<c r="F7" t=' in sheet_xml(path)


def test_the_format_and_the_extension_of_a_cell_stay_and_its_links_to_data_types_go():
    extension = '<extLst><ext uri="{1}"><a xmlns="urn:x">1</a></ext></extLst>'
    cell = f'<c r="B2" vm="1" cm="2" s="4" t="s" ph="1"><v>0</v>{extension}</c>'
    xml = SheetXml(worksheet(f'<row r="2">{cell}</row>').encode(), SHEET)
    xml.set(2, 2, 5, style=4)
    assert f'<c r="B2" s="4" ph="1"><v>5</v>{extension}</c>'.encode() in xml.result()
    xml = SheetXml(worksheet(f'<row r="2">{cell}</row>').encode(), SHEET)
    xml.set(2, 2, None, style=3)
    assert f'<c r="B2" s="3" ph="1">{extension}</c>'.encode() in xml.result()


def test_cells_stand_in_order_and_the_dimension_and_spans_reach_them(tmp_path):
    rows = '<row r="2" spans="2:3"><c r="B2"><v>1</v></c><c r="C2"><v>2</v></c></row><row r="9"/>'
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(rows, before='<dimension ref="B2:C2"/>')})
    with open_book(path) as book:
        book.apply(
            ChangeSet(
                tuple(CellEdit("Plan", a, None, a) for a in ("A2", "F2", "D5", "A1", "B9", "A12"))
            )
        )
    xml = sheet_xml(path)
    assert re.findall(r'<row r="(\d+)"', xml) == ["1", "2", "5", "9", "12"]
    assert re.findall(r'<c r="([A-Z]+2)"', xml) == ["A2", "B2", "C2", "F2"]
    assert '<dimension ref="A1:F12"/>' in xml
    assert '<row r="2" spans="1:6">' in xml


def test_a_sheet_without_rows_takes_a_cell(tmp_path):
    for empty in ("<sheetData/>", "<sheetData></sheetData>", "<sheetData />"):
        xml = worksheet("").replace("<sheetData></sheetData>", empty)
        path = make(tmp_path / "b.xlsx", {"Plan": xml})
        assert written(path, "B2", "x") == "x"


def test_only_the_rows_that_are_touched_are_other_bytes(tmp_path):
    rows = "".join(f'<row  r="{n}" ><c r="A{n}" ><v>{n}</v></c></row>\n' for n in range(1, 9))
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(rows)})
    before = sheet_xml(path)
    edit(path, "A5", "x", expected=5)
    old = '<row  r="5" ><c r="A5" ><v>5</v></c></row>'
    start, end = before.split(old)
    after = sheet_xml(path)
    assert after.startswith(start)
    assert after.endswith(end)


def test_what_is_asked_for_is_there_already_and_nothing_is_written(undoable):
    before = undoable.read_bytes()  # a text in two fonts, which writing it again would lose
    receipt = edit(undoable, "A1", "On target", expected="On target")
    assert (receipt.cells, receipt.backup, undoable.read_bytes()) == (1, "", before)


def test_the_book_reads_the_new_values_and_writes_again(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row>')})
    with open_book(path) as book:
        book.apply(ChangeSet((CellEdit("Plan", "A1", "Ref", "Id"),)))
        assert book.read("Plan").value("A1") == "Id"
        assert book.path == path
        receipt = book.apply(ChangeSet((CellEdit("Plan", "A1", "Id", "No"),)))
        assert held(Path(receipt.backup), "A1") == "Id"
    assert held(path, "A1") == "No"


# -- what is expected --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<c r='B2'><v>1</v></c>", True),
        ("<c r='B2' t='b'><v>1</v></c>", 1),
        ("<c r='B2' s='1'><v>43008</v></c>", "30/09/2017"),
        ("<c r='B2' s='1'><v>43008</v></c>", 43008),
        ("<c r='B2'><v>1</v></c>", None),
        ("", "x"),
        ("<c r='B2'><f>1+1</f><v>2</v></c>", 2),
        ("<c r='B2'><f>1+1</f><v>2</v></c>", Formula("=1+2", 2)),
        ("<c r='B2' t='e'><v>#REF!</v></c>", "#REF!"),
    ],
)
def test_a_cell_that_does_not_hold_what_was_expected_stops_everything(tmp_path, cell, expected):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f"<row r='2'>{cell}</row>")})
    before = path.read_bytes()
    changes = ChangeSet((CellEdit("Plan", "A1", None, 1), CellEdit("Plan", "B2", expected, "new")))
    with open_book(path) as book, pytest.raises(ChangedError, match=r"^Plan!B2 ") as refused:
        book.apply(changes)
    assert "nothing was written" in str(refused.value)
    assert path.read_bytes() == before


def test_a_file_that_was_saved_since_it_was_read_is_not_written(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row>')})
    other = make(tmp_path / "o.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row><row r="2"/>')})
    with open_book(path) as book:
        shutil.copy(other, path)
        with pytest.raises(ChangedError, match="was changed after agsxl read it"):
            book.apply(ChangeSet((CellEdit("Plan", "A1", "Ref", "x"),)))
        assert path.read_bytes() == other.read_bytes()


# -- odd ways in which programs write a sheet ------------------------------------------------------

ROWS = f'<row r="1">{TEXT}</row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>'


def prefixed(xml: str) -> str:
    """The same sheet with every element under a prefix."""
    xml = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml)
    return xml.replace('xmlns="', 'xmlns:x="')


ODD = {
    "a prefix": prefixed(worksheet(ROWS)),
    "a byte order mark": b"\xef\xbb\xbf" + worksheet(ROWS).encode(),
    "UTF-16": worksheet(ROWS).replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16, big end first": "\ufeff".encode("utf-16-be")
    + worksheet(ROWS).replace("UTF-8", "UTF-16").encode("utf-16-be"),
    "Latin 1": worksheet(ROWS + "<!-- é -->").replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "no declaration": worksheet(ROWS).removeprefix(HEAD),
    "the Strict kind": worksheet(ROWS).replace(
        MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"
    ),
    "single quotes": worksheet(ROWS).replace('"', "'"),
    "a comment with a row": worksheet("<!-- <row r='2'><c r='B2'><v>9</v></c></row> -->" + ROWS),
    "a comment in a row": worksheet(ROWS.replace('<c r="B2">', '<!-- </row> --><c r="B2">')),
    "quoted text": worksheet(ROWS.replace("<v>2</v>", "<v><![CDATA[2]]></v>")),
    "a processing instruction": worksheet("<?agsxl <row r='2'>?>" + ROWS),
    "line breaks between": worksheet(ROWS.replace("><", ">\r\n  <")),
    "spaces in tags": worksheet(ROWS.replace('">', '" >').replace("</row>", "</row >")),
    "rows without numbers": worksheet(re.sub(r'<row r="\d+"', "<row", ROWS)),
    "cells without addresses": worksheet(re.sub(r'<c r="\w+"', "<c", ROWS)),
    "neither": worksheet(re.sub(r' r="\w+"', "", ROWS)),
    "rows out of order": worksheet('<row r="9"><c r="A9"><v>9</v></c></row>' + ROWS),
    "cells out of order": worksheet(
        ROWS.replace('<c r="A2"><v>1</v></c>', "").replace(
            "</v></c></row>", '</v></c><c r="A2"><v>1</v></c></row>'
        )
    ),
    "a row twice": worksheet(ROWS + '<row r="2"><c r="D2"><v>4</v></c></row>'),
    "a choice of versions around controls": worksheet(
        ROWS,
        root=' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"',
        after="<mc:AlternateContent><mc:Choice Requires='x'><controls/></mc:Choice></mc:AlternateContent>",
    ),
    "a greater-than sign in an attribute": worksheet(ROWS, before='<sheetPr codeName="a&gt;>b"/>'),
    "the namespace declared again": worksheet(ROWS.replace("<row ", f'<row xmlns="{MAIN}" ')),
    "an extension that knows nobody": worksheet(
        ROWS,
        after='<extLst><ext uri="{9}" xmlns:z="urn:z"><z:row r="2"><z:c r="B2"/></z:row></ext></extLst>',
    ),
}


@pytest.mark.parametrize("xml", ODD.values(), ids=ODD)
@pytest.mark.parametrize(("address", "was"), [("B2", 2), ("C2", None), ("A3", None), ("F40", None)])
def test_a_cell_is_set_however_the_sheet_is_written(tmp_path, xml, address, was):
    path = make(tmp_path / "b.xlsx", {"Plan": xml, "Other": worksheet(ROWS)})
    before = path.read_bytes()
    with open_book(path) as book:
        old = book.read("Plan").rows
        book.apply(ChangeSet((CellEdit("Plan", address, was, "new"),)))
        grid = book.read("Plan")
    row, column = parse_address(address)
    assert grid.at(row, column) == "new"
    for r, cells in enumerate(old, 1):
        for c, value in enumerate(cells, 1):
            assert (r, c) == (row, column) or grid.at(r, c) == value
    (tmp_path / "old.xlsx").write_bytes(before)
    assert changed_parts(tmp_path / "old.xlsx", path) == {SHEET}


def test_a_cell_with_odd_contents_loses_only_its_value(tmp_path):
    xml = worksheet(
        '<row r="2"><c r="B2"><!-- kept --><f>1+1</f><v>2</v></c><c r="C2"><f>B2</f><v><![CDATA[2]]></v></c></row>'
    )
    path = make(tmp_path / "b.xlsx", {"Plan": xml})
    edit(path, "B2", 5, expected=Formula("=1+1", None))
    assert '<c r="C2"><f>B2</f></c>' in sheet_xml(path)


REFUSED_XML = {
    "cells under two prefixes": (
        worksheet(ROWS + f'<x:row xmlns:x="{MAIN}" r="5"><x:c r="A5"><x:v>1</x:v></x:c></x:row>'),
        "written in a way that agsxl does not change",
    ),
    "a choice between versions of cells": (
        worksheet(
            ROWS
            + '<mc:AlternateContent xmlns:mc="urn:m"><mc:Choice><row r="5"/></mc:Choice></mc:AlternateContent>'
        ),
        "written in a way that agsxl does not change",
    ),
    "entities": (
        worksheet(ROWS).replace("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1),
        "XML entities",
    ),
    "a row that does not end": (
        worksheet(ROWS).replace("</row></sheetData>", "</sheetData>"),
        "damaged",
    ),
}


@pytest.mark.parametrize(("xml", "why"), REFUSED_XML.values(), ids=REFUSED_XML)
def test_a_sheet_that_cannot_be_changed_safely_is_refused(tmp_path, xml, why):
    path = make(tmp_path / "b.xlsx", {"Plan": xml})
    assert why in refusal(path, "A1", "x", expected="Ref")


@pytest.mark.parametrize("part", [WORKBOOK, "xl/_rels/workbook.xml.rels", "_rels/.rels"])
def test_entities_in_other_parts_are_refused(tmp_path, part):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row>')})

    def bomb(name: str, data: bytes) -> bytes:
        return (
            re.sub(rb"(<(?:workbook|Relationships))", rb'<!DOCTYPE x [<!ENTITY a "b">]>\1', data)
            if name == part
            else data
        )

    with pytest.raises(SourceError):
        edit(rewrite(path, tmp_path / "bomb.xlsx", bomb), "A1", "x", expected="Ref")


@pytest.mark.parametrize(
    "spell",
    [
        lambda target: target.removeprefix("/xl/"),
        lambda target: target.removeprefix("/xl/").replace("/", "\\"),
        lambda target: target.upper(),
        lambda target: "/xl/worksheets/../" + target.removeprefix("/xl/"),
        lambda target: target.replace("sheet1", "sheet%31"),
    ],
)
def test_parts_are_found_however_they_are_spelt(tmp_path, spell):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row>')})

    def change(name: str, data: bytes) -> bytes:
        if name != "xl/_rels/workbook.xml.rels":
            return data
        return re.sub(r'(?<=Target=")[^"]*', lambda m: spell(m[0]), data.decode()).encode()

    package = Package(rewrite(path, tmp_path / "spelt.xlsx", change))
    assert package.sheet("Plan").part == SHEET
    assert package.styles == "xl/styles.xml"
    assert make_patch(
        package, ChangeSet((CellEdit("Plan", "A1", "Ref", "x"),))
    ).replaced.keys() == {SHEET}


MACRO_SHEET = worksheet("").replace("worksheet", "xm:macrosheet").replace('xmlns="', 'xmlns:xm="')


@pytest.mark.parametrize("odd", ["a macro sheet of the oldest kind", "a sheet without a part"])
def test_sheets_that_hold_no_cells_are_no_hindrance(tmp_path, odd):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(ROWS), "Odd": MACRO_SHEET})

    def change(name: str, data: bytes) -> bytes:
        if odd == "a sheet without a part":
            return data.replace(b'r:id="rId2"', b'r:id=""') if name == WORKBOOK else data
        if name == "xl/_rels/workbook.xml.rels":
            start, end = data.split(b'Id="rId2"')
            return start + b'Id="rId2"' + end.replace(b"/worksheet", b"/xlMacrosheet", 1)
        return data

    strange = rewrite(path, tmp_path / "odd.xlsx", change)
    before = Path(shutil.copy(strange, tmp_path / "before.xlsx"))
    with open_book(strange) as book:
        assert book.sheets() == ["Plan"]
    assert written(strange, "B2", "x", expected=2) == "x"
    assert changed_parts(before, strange) == {SHEET}


def test_names_with_backslashes_stay_as_they_are(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(f'<row r="1">{TEXT}</row>')})
    parts = {name.replace("/", "\\"): data for name, data in read_parts(path).items()}
    odd = write_zip(
        tmp_path / "odd.xlsx", {"[Content_Types].xml": parts.pop("[Content_Types].xml"), **parts}
    )
    shutil.copy(odd, tmp_path / "before.xlsx")
    edit(odd, "A1", "x", expected="Ref")
    assert changed_parts(tmp_path / "before.xlsx", odd) == {SHEET.replace("/", "\\")}


# -- the package -------------------------------------------------------------------------------


def zipped(path: Path, kind: str) -> Path:
    """A workbook whose zip file is written in an odd way."""
    plain = read_parts(make(path, {"Plan": worksheet(f'<row r="1">{TEXT}</row>')}))
    plain["xl/media/image1.png"] = bytes(range(256)) * 40
    out = io.BytesIO()
    target = io.BufferedWriter(_Unseekable(out)) if kind == "descriptors" else out
    method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "w", method) as package:
        if kind == "folders":
            package.writestr("xl/", b"")
        for name, data in plain.items():
            entry = zipfile.ZipInfo(name, (2017, 9, 30, 12, 0, 0))
            entry.compress_type = method
            if kind == "extra":
                entry.extra = struct.pack("<2H4s", 0xA220, 4, b"\0\0\0\0")
                entry.comment = b"a comment"
                entry.external_attr = 0o644 << 16
            with package.open(entry, "w", force_zip64=kind == "zip64") as part:
                part.write(data)
        if kind == "comment":
            package.comment = b"made by hand"
    data = out.getvalue()
    if kind == "zip64 offsets":
        data = _with_zip64_offsets(data)
    path.write_bytes(data)
    return path


class _Unseekable(io.RawIOBase):
    """A stream as a web server has it: the sizes of a part are only known once it is written."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        return self._out.write(data)


def _with_zip64_offsets(data: bytes) -> bytes:
    """The same file, its directory saying in the long form where each entry begins."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        start, count = package.start_dir, len(package.infolist())
    records, at = [], start
    for _ in range(count):
        head = data[at : at + 46]
        name, extra, comment = struct.unpack_from("<3H", head, 28)
        offset = struct.unpack_from("<L", head, 42)[0]
        long = struct.pack("<2HQ", 1, 8, offset)
        head = head[:30] + struct.pack("<H", extra + len(long)) + head[32:42] + b"\xff" * 4
        body = data[at + 46 : at + 46 + name + extra + comment]
        records.append(head + body[: name + extra] + long + body[name + extra :])
        at += 46 + name + extra + comment
    directory = b"".join(records)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), start, 0)
    return data[:start] + directory + end


ZIPS = ("plain", "descriptors", "stored", "zip64", "zip64 offsets", "folders", "extra", "comment")


@pytest.mark.parametrize("kind", ZIPS)
def test_every_other_entry_is_copied_as_it_is_stored(tmp_path, kind):
    path = zipped(tmp_path / "b.xlsx", kind)
    before = path.read_bytes()
    with zipfile.ZipFile(path) as package:
        old = package.infolist()
        comment = package.comment
    assert written(path, "A1", "x", expected="Ref") == "x"
    (tmp_path / "old.xlsx").write_bytes(before)
    assert changed_parts(tmp_path / "old.xlsx", path) == {SHEET}
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert package.comment == comment
        for a, b in zip(old, package.infolist(), strict=True):
            assert (a.filename, a.date_time, a.flag_bits if a.filename != SHEET else 0) == (
                b.filename,
                b.date_time,
                b.flag_bits if b.filename != SHEET else 0,
            )
            if a.filename != SHEET:
                assert (a.extra, a.comment, a.external_attr) == (
                    b.extra,
                    b.comment,
                    b.external_attr,
                ) or kind == "zip64 offsets"
            _check_place(path.read_bytes(), b, kind)
    # and again, from what was written
    assert written(path, "A1", "y", expected="x") == "y"


def _check_place(data: bytes, entry: zipfile.ZipInfo, kind: str) -> None:
    """What stands beside an entry says the same as the directory: some readers look there."""
    name, extra = struct.unpack_from("<2H", data, entry.header_offset + 26)
    end = entry.header_offset + 30 + name + extra + entry.compress_size
    if entry.flag_bits & 8:
        assert kind == "descriptors"
        assert data[end : end + 8] == b"PK\x07\x08" + struct.pack("<L", entry.CRC)
    else:
        assert data[end : end + 4] in (b"PK\x03\x04", b"PK\x01\x02")
    if kind == "zip64 offsets" and entry.filename != SHEET:
        assert struct.unpack("<2HQ", entry.extra[-12:]) == (1, 8, entry.header_offset)


def test_a_new_part_with_an_accent_in_its_name_is_found_again(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("")})
    target = tmp_path / "new.xlsx"
    Package(path).save(target, {}, {"xl/é.xml": b"<a/>", "xl/plain.bin": b"\0" * 99})
    assert read_parts(target)["xl/é.xml"] == b"<a/>"
    assert list(read_parts(target))[:-2] == list(read_parts(path))
    again = tmp_path / "again.xlsx"
    Package(path).save(again, {}, {"xl/é.xml": b"<a/>", "xl/plain.bin": b"\0" * 99})
    assert again.read_bytes() == target.read_bytes()


def test_a_part_that_is_not_there_cannot_be_replaced(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("")})
    with pytest.raises(KeyError):
        Package(path).save(tmp_path / "new.xlsx", {"xl/nothing.xml": b""})


# -- what is not written at all ----------------------------------------------------------------


def test_a_signed_workbook_is_refused(tmp_path):
    path = make(
        tmp_path / "b.xlsx",
        {"Plan": worksheet("")},
        parts={"_xmlsignatures/origin.sigs": b""},
        links={"": {"_xmlsignatures/origin.sigs": "origin"}},
    )
    assert "is digitally signed" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("again", [SHEET, SHEET.upper()])
def test_a_part_that_is_there_twice_is_refused(tmp_path, again):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("")})
    with zipfile.ZipFile(path, "a") as package:
        package.writestr(again, worksheet(ROWS))
    assert "twice" in refusal(path)


def test_damage_in_a_part_that_nobody_reads_is_not_carried_on(tmp_path):
    path = zipped(tmp_path / "b.xlsx", "stored")
    data = path.read_bytes()
    path.write_bytes(
        data.replace(bytes(range(256)) * 3, bytes(range(255)) + b"?" + bytes(range(256)) * 2, 1)
    )
    assert "is damaged" in refusal(path, "A1", expected="Ref")


def test_a_password_for_changes_is_respected(tmp_path):
    sharing = '<fileSharing userName="Ada" reservationPassword="CC1A"/>'
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("")}, properties=sharing)
    assert "password" in refusal(path)
    only_advised = '<fileSharing readOnlyRecommended="1"/>'
    path = make(tmp_path / "c.xlsx", {"Plan": worksheet("")}, properties=only_advised)
    assert written(path, "A1", "x") == "x"


def test_an_encrypted_entry_is_refused(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("")})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="protected with a password"):
        open_book(path)


TABLE = (
    f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="A1:B3"%s>'
    '<tableColumns count="2"><tableColumn id="1" name="Ref"/><tableColumn id="2" name="No"/></tableColumns></table>'
)
PIVOT = f'<pivotTableDefinition xmlns="{MAIN}" name="P"><location ref="D5:E9" firstHeaderRow="1"%s/></pivotTableDefinition>'


def with_table(path, more="", rows=None):
    rows = rows or (
        f'<row r="1">{TEXT}<c r="B1" t="inlineStr"><is><t>No</t></is></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>2</v></c></row>'
    )
    return make(
        path,
        {"Plan": worksheet(rows)},
        parts={"xl/tables/table1.xml": TABLE % more},
        links={SHEET: {"xl/tables/table1.xml": "table"}},
    )


@pytest.mark.parametrize(
    ("more", "address", "why"),
    [
        ("", "A1", "heading of the table T"),
        ("", "A2", ""),
        ("", "A3", ""),
        (' totalsRowCount="1"', "A3", "totals row of the table T"),
        (' headerRowCount="0"', "A1", ""),
        ("", "C1", ""),
    ],
)
def test_headings_and_totals_of_a_table_are_not_overwritten(tmp_path, more, address, why):
    path = with_table(tmp_path / "b.xlsx", more)
    was = held(path, address)
    if why:
        assert why in refusal(path, address, expected=was)
    else:
        assert written(path, address, "x", expected=was) == "x"


@pytest.mark.parametrize(
    ("more", "address", "free"),
    [
        ("", "D5", False),
        ("", "E9", False),
        ("", "D4", True),
        ("", "F9", True),
        (' rowPageCount="2" colPageCount="1"', "D2", False),
        (' rowPageCount="2" colPageCount="1"', "D1", True),
    ],
)
def test_a_pivot_table_is_not_overwritten(tmp_path, more, address, free):
    path = make(
        tmp_path / "b.xlsx",
        {"Plan": worksheet("")},
        parts={"xl/pivotTables/pivotTable1.xml": PIVOT % more},
        links={SHEET: {"xl/pivotTables/pivotTable1.xml": "pivotTable"}},
    )
    if free:
        assert written(path, address, "x") == "x"
    else:
        assert "belongs to a pivot table" in refusal(path, address)


@pytest.mark.parametrize(
    ("merge", "address", "free"),
    [
        ("B2:C3", "B2", True),
        ("B2:C3", "C2", False),
        ("B2:C3", "B3", False),
        ("B2:C3", "B4", True),
        ("B:C", "B40", False),
        ("B:C", "B1", True),
        ("4:5", "Z5", False),
    ],
)
def test_only_the_first_of_merged_cells_is_written(tmp_path, merge, address, free):
    merged = f'<mergeCells count="1"><mergeCell ref="{merge}"/></mergeCells>'
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("", after=merged)})
    if free:
        assert written(path, address, "x") == "x"
    else:
        assert "is inside merged cells" in refusal(path, address)


@pytest.mark.parametrize(
    ("formula", "address", "free"),
    [
        ('<f t="array" ref="B2:B4">A1:A3</f>', "B2", False),
        ('<f t="array" ref="B2:B4">A1:A3</f>', "B4", False),
        ('<f t="array" ref="B2:B4">A1:A3</f>', "C2", True),
        ('<f t="array" ref="B2">SUM(A1:A3)</f>', "B2", True),
        ('<f t="dataTable" ref="B2:C4" dt2D="0" dtr="0" r1="A1"/>', "C3", False),
    ],
)
def test_what_an_array_formula_or_a_data_table_fills_is_not_overwritten(
    tmp_path, formula, address, free
):
    row = f'<row r="2"><c r="B2">{formula}<v>1</v></c></row>'
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(row)})
    was = held(path, address)
    if free:
        assert written(path, address, 7, expected=was) == 7
    else:
        assert "cells only change together" in refusal(path, address, expected=was)


PASSWORD = '<sheetProtection password="CC1A" sheet="1" objects="1"/>'
HASHED = '<sheetProtection algorithmName="SHA-512" hashValue="x" saltValue="y" sheet="1"/>'


@pytest.mark.parametrize(
    ("protection", "address", "free"),
    [
        (PASSWORD, "B2", False),
        (HASHED, "B2", False),
        (HASHED, "C2", True),  # unlocked
        (HASHED, "D2", True),  # in a range that everybody may edit
        (HASHED, "E2", False),  # in one that has a password of its own
        ('<sheetProtection sheet="1"/>', "B2", True),  # against slips: anybody may take it off
        (HASHED.replace('sheet="1"', ""), "B2", True),  # was taken off
    ],
)
def test_a_locked_cell_behind_a_password_is_not_written(tmp_path, protection, address, free):
    row = '<row r="2"><c r="B2"/><c r="C2" s="5"/></row>'
    ranges = (
        '<protectedRanges><protectedRange sqref="D2:D9" name="a"/>'
        '<protectedRange sqref="E2:E9" name="b" password="CC1A"/></protectedRanges>'
    )
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(row, after=protection + ranges)})
    if free:
        assert written(path, address, "x") == "x"
        assert protection in sheet_xml(path)
    else:
        assert "protected with a password" in refusal(path, address)


# -- formats -----------------------------------------------------------------------------------


def style_at(path, address):
    found = re.search(rf'<c r="{address}"[^>]*? s="(\d+)"', sheet_xml(path))
    return int(found[1]) if found else 0


DAY = date(2017, 9, 30)


@pytest.mark.parametrize(
    ("rows", "new", "style", "why"),
    [
        ('<row r="2"><c r="B2" s="2"/></row>', DAY, 2, "a date format stays"),
        ('<row r="1"><c r="B1" s="6"/></row><row r="2"/>', DAY, 6, "the column's own first"),
        ('<row r="2"><c r="B2" s="4"/></row>', DAY, 3, "else one that looks the same"),
        ('<row r="2"/>', DAY, 1, "the plainest for a plain cell"),
        ('<row r="2"><c r="B2" s="3"/></row>', 5, 4, "a number must not show as a date"),
        ('<row r="2"><c r="B2" s="3"/></row>', "x", 3, "a text keeps the date format"),
        ('<row r="2"><c r="B2" s="3"/></row>', True, 3, "so does a yes or no"),
        ('<row r="2"><c r="B2" s="3"/></row>', None, 3, "so does an empty cell"),
    ],
)
def test_a_value_gets_a_format_that_shows_it(tmp_path, rows, new, style, why):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(rows)})
    before = read_parts(path)["xl/styles.xml"]
    assert written(path, "B2", new) == new
    assert style_at(path, "B2") == style, why
    assert read_parts(path)["xl/styles.xml"] == before


PLAIN_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="[h]:mm"/></numFmts>'
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="9" fillId="0"><alignment wrapText="1"/></xf>'
    '<xf numFmtId="170"/></cellXfs></styleSheet>'
)


def test_a_workbook_without_any_date_format_gets_one_and_the_receipt_says_so(tmp_path):
    rows = '<row r="2"><c r="B2" s="1"/><c r="C2" s="1"/><c r="D2"/></row>'
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(rows)}, styles=PLAIN_STYLES)
    with open_book(path) as book:
        receipt = book.apply(
            ChangeSet(tuple(CellEdit("Plan", a, None, DAY) for a in ("B2", "C2", "D2")))
        )
        assert [book.read("Plan").value(a) for a in ("B2", "C2", "D2")] == [DAY] * 3
    assert "format" in receipt.notes[0]
    styles = read_parts(path)["xl/styles.xml"].decode()
    added = (
        '<xf numFmtId="14" fillId="0" applyNumberFormat="1"><alignment wrapText="1"/></xf>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    )
    assert added in styles
    assert '<cellXfs count="5">' in styles
    assert [style_at(path, a) for a in ("B2", "C2", "D2")] == [3, 3, 4]


def test_a_workbook_without_formats_takes_all_but_dates(tmp_path):
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet("")}, styles="")
    assert "no formats at all" in refusal(path, new=DAY)
    assert written(path, "B2", 12) == 12


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("dd/mm/yyyy;@", "date"),
        ("[$-809]d mmmm yyyy", "date"),
        ("mmm-yy", "date"),
        ("mmm", "date"),
        ("dd/mm/yyyy\\ hh:mm", "date"),
        ("hh:mm:ss", "time"),
        ("[h]:mm", "time"),
        ("mm:ss.0", "time"),
        ("General", "general"),
        ("0.00", "number"),
        ('0 "days"', "number"),
        ("[Red]0", "number"),
        ("0\\d", "number"),
        ("#,##0_y", "number"),
        ("@", "number"),
    ],
)
def test_what_a_number_format_shows(tmp_path, code, kind):
    from xml.sax.saxutils import quoteattr

    from agsxl.excel.formats import Formats

    styles = STYLES.replace('"dd/mm/yyyy;@"', quoteattr(code))
    package = Package(make(tmp_path / "b.xlsx", {"Plan": worksheet("")}, styles=styles))
    assert Formats(package).kind(1) == kind


# -- formulas ----------------------------------------------------------------------------------


def formula_book(path, rows, **more):
    return make(path, {"Plan": worksheet(rows), "Sums": worksheet(more.pop("sums", ""))}, **more)


def test_results_that_depend_on_the_change_go_and_all_others_stay(tmp_path):
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f><v>2</v></c>'
        '<c r="C1" t="str"><f>"a"&amp;B1</f><v>a2</v></c><c r="D1"><f>E1</f><v>7</v></c><c r="E1"><v>7</v></c></row>'
    )
    sums = '<row r="1"><c r="A1" t="b"><f>Plan!C1="a2"</f><v>1</v></c><c r="B1"><f>Plan!E1</f><v>7</v></c></row>'
    path = formula_book(tmp_path / "b.xlsx", rows, sums=sums)
    before = path.read_bytes()
    edit(path, "A1", 5, expected=1)
    xml = sheet_xml(path)
    assert (
        '<c r="B1"><f>A1*2</f></c><c r="C1"><f>"a"&amp;B1</f></c><c r="D1"><f>E1</f><v>7</v></c>'
        in xml
    )
    assert '<c r="A1"><f>Plan!C1="a2"</f></c><c r="B1"><f>Plan!E1</f><v>7</v></c>' in sheet_xml(
        path, "xl/worksheets/sheet2.xml"
    )
    assert '<calcPr fullCalcOnLoad="1"/></workbook>' in sheet_xml(path, WORKBOOK)
    (tmp_path / "old.xlsx").write_bytes(before)
    assert changed_parts(tmp_path / "old.xlsx", path) == {
        SHEET,
        "xl/worksheets/sheet2.xml",
        WORKBOOK,
    }


def test_nothing_is_calculated_anew_where_no_formula_depends_on_the_change(tmp_path):
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="D1"><f>E1</f><v>7</v></c></row>'
    path = formula_book(tmp_path / "b.xlsx", rows)
    before = read_parts(path)[WORKBOOK]
    edit(path, "A1", 5, expected=1)
    assert read_parts(path)[WORKBOOK] == before
    assert "<f>E1</f><v>7</v>" in sheet_xml(path)


@pytest.mark.parametrize(
    ("calc", "then", "note"),
    [
        ("", '<calcPr fullCalcOnLoad="1"/></workbook>', False),
        ('<calcPr calcId="191029"/>', '<calcPr calcId="191029" fullCalcOnLoad="1"/>', False),
        ('<calcPr fullCalcOnLoad="0"/>', '<calcPr fullCalcOnLoad="1"/>', False),
        ('<calcPr fullCalcOnLoad="1"/>', '<calcPr fullCalcOnLoad="1"/>', False),
        ('<calcPr calcMode="manual"/>', '<calcPr calcMode="manual" fullCalcOnLoad="1"/>', True),
        ("<pivotCaches/><extLst/>", '<calcPr fullCalcOnLoad="1"/><pivotCaches/><extLst/>', False),
    ],
)
def test_excel_is_told_to_calculate_when_it_opens_the_workbook(tmp_path, calc, then, note):
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="D1"><f>A1</f><v>1</v></c></row>'
    path = formula_book(tmp_path / "b.xlsx", rows, calc=calc)
    receipt = edit(path, "A1", 5, expected=1)
    assert then in sheet_xml(path, WORKBOOK)
    assert any("press F9" in each for each in receipt.notes) is note


CHAIN = f'<calcChain xmlns="{MAIN}">%s</calcChain>'


@pytest.mark.parametrize(
    ("chain", "then"),
    [
        ('<c r="B1" i="1"/><c r="B2"/><c r="A1" i="2"/>', '<c r="B2" i="1"/><c r="A1" i="2"/>'),
        ('<c r="B2" i="1"/><c r="B1"/><c r="B3"/>', '<c r="B2" i="1"/><c r="B3"/>'),
        (
            '<c r="B1" i="2"/><c r="B1" i="1" l="1"/><c r="B3"/>',
            '<c r="B1" i="2"/><c r="B3" i="1"/>',
        ),
    ],
)
def test_a_formula_that_goes_leaves_the_chain_of_calculation(tmp_path, chain, then):
    rows = "".join(f'<row r="{n}"><c r="B{n}"><f>A{n}</f><v>{n}</v></c></row>' for n in (1, 2, 3))
    parts = {"xl/calcChain.xml": CHAIN % chain}
    path = formula_book(tmp_path / "b.xlsx", rows, sums=rows, parts=parts)
    edit(path, "B1", 9, expected=Formula("=A1", None))
    assert then in sheet_xml(path, "xl/calcChain.xml")


def test_a_chain_that_would_be_empty_goes_with_its_relation_and_type(tmp_path):
    rows = '<row r="1"><c r="B1"><f>A1</f><v>1</v></c></row>'
    parts = {"xl/calcChain.xml": CHAIN % '<c r="B1" i="1"/>'}
    path = formula_book(tmp_path / "b.xlsx", rows, parts=parts)
    edit(path, "B1", None, expected=Formula("=A1", None))
    now = read_parts(path)
    assert "xl/calcChain.xml" not in now
    assert b"calcChain" not in now["[Content_Types].xml"] + now["xl/_rels/workbook.xml.rels"]
    assert held(path, "B1") is None


def test_a_formula_in_the_place_of_a_formula_stays_in_the_chain(tmp_path):
    rows = '<row r="1"><c r="B1"><f>A1</f><v>1</v></c></row>'
    parts = {"xl/calcChain.xml": CHAIN % '<c r="B1" i="1"/>'}
    path = formula_book(tmp_path / "b.xlsx", rows, parts=parts)
    edit(path, "B1", Formula("=A2", None), expected=Formula("=A1", None))
    assert 'r="B1"' in sheet_xml(path, "xl/calcChain.xml")
    assert '<c r="B1"><f>A2</f></c>' in sheet_xml(path)
    assert "fullCalcOnLoad" in sheet_xml(path, WORKBOOK)


SHARED = (
    '<row r="1"><c r="B1"><f t="shared" ref="B1:B4" si="0">A1*$C$1</f><v>1</v></c></row>'
    + "".join(
        f'<row r="{n}"><c r="B{n}"><f t="shared" si="0"/><v>{n}</v></c></row>' for n in (2, 3, 4)
    )
    + '<row r="9"><c r="B9"><f t="shared" ref="B9:B10" si="0">D9</f><v>9</v></c></row>'
    + '<row r="10"><c r="B10"><f t="shared" si="0"/><v>9</v></c></row>'
)


def formulas(path):
    """The formulas of a sheet as openpyxl reads them, by their cells."""
    sheet = openpyxl.load_workbook(path)["Plan"]
    return {
        cell.coordinate: cell.value for row in sheet for cell in row if isinstance(cell.value, str)
    }


def test_a_shared_formula_goes_to_the_next_cell_when_its_first_is_overwritten(tmp_path):
    path = formula_book(tmp_path / "b.xlsx", SHARED)
    before = formulas(path)
    edit(path, "B1", 7, expected=Formula("=A1*$C$1", None))
    assert '<c r="B2"><f t="shared" si="0" ref="B2:B4">A2*$C$1</f><v>2</v></c>' in sheet_xml(path)
    del before["B1"]
    assert formulas(path) == before


def test_several_cells_of_a_shared_formula_are_overwritten_at_once(tmp_path):
    path = formula_book(tmp_path / "b.xlsx", SHARED)
    with open_book(path) as book:
        book.apply(
            ChangeSet(
                (
                    CellEdit("Plan", "B1", Formula("=A1*$C$1", None), 7),
                    CellEdit("Plan", "B2", Formula("", None), 8),
                    CellEdit("Plan", "B4", Formula("", None), 9),
                )
            )
        )
    assert '<f t="shared" si="0" ref="B3">A3*$C$1</f>' in sheet_xml(path)
    assert '<f t="shared" ref="B9:B10" si="0">D9</f>' in sheet_xml(path)


def test_a_cell_that_shares_a_formula_is_overwritten_alone(tmp_path):
    path = formula_book(tmp_path / "b.xlsx", SHARED)
    edit(path, "B3", 7, expected=Formula("", None))
    assert '<f t="shared" ref="B1:B4" si="0">A1*$C$1</f><v>1</v>' in sheet_xml(path)
    assert '<c r="B3"><v>7</v></c>' in sheet_xml(path)


def test_what_a_stale_array_formula_fills_loses_its_saved_results_too(tmp_path):
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="array" ref="B1:B2">A1:A2*2</f><v>2</v></c></row>'
        '<row r="2"><c r="A2"><v>5</v></c><c r="B2"><v>10</v></c></row>'
    )
    path = formula_book(tmp_path / "b.xlsx", rows)
    edit(path, "A1", 3, expected=1)
    assert '<c r="B1"><f t="array" ref="B1:B2">A1:A2*2</f></c>' in sheet_xml(path)
    assert '<c r="B2"/>' in sheet_xml(path)


def test_a_formula_of_a_validation_is_no_formula_of_a_cell(tmp_path):
    """Sheets have <f> outside their cells, too: in validations and sparklines of newer programs."""
    rule = (
        '<extLst><ext uri="{C}" xmlns:x14="urn:x14" xmlns:xm="urn:xm"><x14:dataValidations>'
        "<x14:dataValidation><x14:formula1><xm:f>Lists!$A$1:$A$9</xm:f></x14:formula1></x14:dataValidation>"
        "</x14:dataValidations></ext></extLst>"
    )
    path = make(
        tmp_path / "b.xlsx",
        {
            "Plan": worksheet(
                ROWS + '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3"><v>7</v></c></row>',
                after=rule,
            )
        },
    )
    assert held(path, "B3") == 7


# -- every write is compared with what was there -----------------------------------------------


def tampered(monkeypatch, change):
    """Make the patching code write something else than what it says."""
    honest = patching.make_patch

    def dishonest(package, changes):
        patch = honest(package, changes)
        tampered.parts = {part: package.read(part) for part in package.parts()}
        change(patch)
        return patch

    monkeypatch.setattr("agsxl.excel.patching.make_patch", dishonest)


def in_sheet(old: str, new: str, part: str = SHEET):
    def change(patch):
        data = patch.replaced.get(part)
        assert data is not None
        assert old.encode() in data
        patch.replaced[part] = data.replace(old.encode(), new.encode(), 1)

    return change


def row_last(data: bytes, number: int) -> bytes:
    row = re.search(rb'<row r="%d".*?</row>' % number, data)[0]
    return data.replace(row, b"").replace(b"</sheetData>", row + b"</sheetData>")


def without(part: str, pattern: bytes):
    """Take something out of a part that was to stay as it is."""

    def change(patch):
        patch.replaced[part] = re.sub(pattern, b"", tampered.parts[part])

    return change


def replace_part(part: str, data: bytes | None):
    def change(patch):
        patch.replaced[part] = data

    return change


def add_part(patch):
    patch.added["xl/extra.xml"] = b"<a/>"


TAMPERED = {
    "another cell's value": in_sheet("<v>1</v>", "<v>2</v>"),
    "another cell's type": in_sheet('<c r="A2"', '<c r="A2" t="b"'),
    "another cell's format": in_sheet('<c r="A2"', '<c r="A2" s="1"'),
    "another cell's formula": in_sheet("<f>A2+1</f>", "<f>A2+2</f>"),
    "another cell gone": in_sheet('<c r="A2"><v>1</v></c>', ""),
    "another cell come": in_sheet('<c r="A2">', '<c r="A9"><v>3</v></c><c r="A2">'),
    "the cell's value": in_sheet("new", "old"),
    "the cell's format": in_sheet('<c r="B2"', '<c r="B2" s="4"'),
    "a row's height": in_sheet('<row r="2"', '<row r="2" ht="40"'),
    "a row come": in_sheet("</sheetData>", '<row r="40"/></sheetData>'),
    "a row gone": in_sheet('<row r="3"><c r="A3"><v>3</v></c></row>', ""),
    "rows out of order": lambda patch: patch.replaced.update(
        {SHEET: row_last(patch.replaced[SHEET], 1)}
    ),
    "the changed row out of order": lambda patch: patch.replaced.update(
        {SHEET: row_last(patch.replaced[SHEET], 2)}
    ),
    "a link to a data type": in_sheet('<c r="B2"', '<c r="B2" vm="1"'),
    "a result that is stale": in_sheet("<f>B2</f>", "<f>B2</f><v>2</v>"),
    "a content type gone": without("[Content_Types].xml", rb"<Override[^>]*sheet2[^>]*>"),
    "a relation gone": without("xl/_rels/workbook.xml.rels", rb"<Relationship [^>]*sheet2[^>]*>"),
    "a merge": in_sheet("B5:C5", "B5:C6"),
    "the print settings gone": in_sheet('<pageMargins left="1"/>', ""),
    "the dimension": in_sheet("A1:C3", "A1:C30"),
    "XML that is not well-formed": in_sheet("</sheetData>", "</sheetdata>"),
    "a part that nobody asked for": replace_part("xl/styles.xml", STYLES.encode() + b" "),
    "another sheet": replace_part("xl/worksheets/sheet2.xml", worksheet(ROWS).encode()),
    "a part gone": replace_part("xl/worksheets/sheet2.xml", None),
    "a part come": add_part,
    "the workbook's sheets": lambda patch: patch.replaced.update(
        {WORKBOOK: patch.replaced[WORKBOOK].replace(b'name="Other"', b'name="Mother"')}
    ),
    "the chain of calculation": replace_part(
        "xl/calcChain.xml", (CHAIN % '<c r="C2" i="2"/>').encode()
    ),
}


@pytest.fixture
def compared(tmp_path):
    rows = ROWS.replace(
        "</v></c></row>",
        '</v></c><c r="C2"><f>A2+1</f><v>2</v></c><c r="D2"><f>B2</f><v>2</v></c></row>',
    )
    xml = worksheet(
        rows + '<row r="3"><c r="A3"><v>3</v></c></row>',
        before='<dimension ref="A1:C3"/>',
        after='<mergeCells count="1"><mergeCell ref="B5:C5"/></mergeCells><pageMargins left="1"/>',
    )
    return make(
        tmp_path / "b.xlsx",
        {"Plan": xml, "Other": worksheet(f'<row r="1">{TEXT}</row>')},
        parts={"xl/calcChain.xml": CHAIN % '<c r="C2" i="1"/><c r="D2"/>'},
    )


@pytest.mark.parametrize("large", [False, True], ids=["whole", "without common rows"])
@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_whatever_else_would_change_is_noticed_and_nothing_is_written(
    compared, monkeypatch, change, large
):
    if large:  # compare as a large sheet is compared
        monkeypatch.setattr(compare, "_SPLIT_FROM", 0)
    edits = {"address": "B2", "new": "new", "expected": 2}
    tampered(monkeypatch, change)
    said = refusal(compared, **edits)
    assert said.startswith("agsxl would have changed more than it should (")
    assert "nothing was written" in said


def test_a_formula_that_would_fill_more_than_its_cell_is_noticed(compared, monkeypatch):
    tampered(monkeypatch, in_sheet("<f>A1</f>", '<f t="array" ref="B2:B9">A1</f>'))
    assert "more than it should" in refusal(compared, "B2", Formula("=A1", None), expected=2)


def test_parts_in_another_order_are_noticed(tmp_path):
    old = make(tmp_path / "b.xlsx", {"Plan": worksheet(ROWS)})
    parts = read_parts(old)
    first = {"[Content_Types].xml": parts.pop("[Content_Types].xml")}
    new = write_zip(tmp_path / "new.xlsx", {**first, **dict(reversed(parts.items()))})
    compare.refuse_surprises(Package(old), Package(old), patching.Patch())
    with pytest.raises(OutputError, match="the order of the parts"):
        compare.refuse_surprises(Package(old), Package(new), patching.Patch())


@pytest.mark.parametrize("large", [False, True])
def test_an_honest_write_passes_the_comparison(compared, monkeypatch, large):
    if large:
        monkeypatch.setattr(compare, "_SPLIT_FROM", 0)
        monkeypatch.setattr("agsxl.excel.reading._LARGE", 0)
    assert written(compared, "B2", "new", expected=2) == "new"
    assert written(compared, "F90", "far") == "far"


# -- undo --------------------------------------------------------------------------------------


STRINGS = f'<sst xmlns="{MAIN}"><si><r><t xml:space="preserve">On </t></r><r><rPr><b/></rPr><t>target</t></r></si></sst>'


@pytest.fixture
def undoable(tmp_path):
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>LEN(A1)</f><v>9</v></c><c r="C1" s="4"/></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f t="shared" ref="B2:B4" si="0">A2</f><v>1</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><f t="shared" si="0"/><v>2</v></c></row>'
        '<row r="4"><c r="A4"><v>3</v></c><c r="B4"><f t="shared" si="0"/><v>3</v></c></row>'
    )
    sums = '<row r="1"><c r="A1"><f>SUM(Plan!B1:B9)</f><v>15</v></c><c r="B1"><f>TODAY()</f><v>43000</v></c></row>'
    return formula_book(
        tmp_path / "b.xlsx",
        rows,
        sums=sums,
        parts={
            "xl/sharedStrings.xml": STRINGS,
            "xl/calcChain.xml": CHAIN % '<c r="B1" i="1"/><c r="B2"/><c r="B3"/><c r="A1" i="2"/>',
        },
    )


UPDATE = (
    CellEdit("Plan", "A1", "On target", "Complete"),
    CellEdit("Plan", "C1", None, DAY),
    CellEdit("Plan", "B2", Formula("=A2", None), 5),
    CellEdit("Plan", "F40", None, "new"),
)


def taken_back(edits):
    return tuple(CellEdit(e.sheet, e.address, e.new, e.expected) for e in reversed(edits))


def test_an_undo_gives_back_the_very_bytes(undoable):
    before = read_parts(undoable)
    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
        assert read_parts(undoable) != before
        book.apply(ChangeSet(taken_back(UPDATE)), restore=Path(receipt.backup))
    assert read_parts(undoable) == before


def test_an_undo_beside_a_log_gives_back_all_parts_but_the_logs(undoable):
    log = NewSheet("Change log", "Changes", "Log", (SheetColumn("What", 20.0),), (("one",),))
    with open_book(undoable) as book:
        book.apply(ChangeSet(sheets=(log,)))
        before = read_parts(undoable)
        receipt = book.apply(ChangeSet(UPDATE, sheets=(log,)))
        more = NewSheet(log.name, log.title, log.table, log.columns, (("one",), ("two",)))
        book.apply(ChangeSet(taken_back(UPDATE), sheets=(more,)), restore=Path(receipt.backup))
        assert book.read("Change log").value("A4") == "two"
    after = read_parts(undoable)
    assert {name for name in after if after[name] != before[name]} == {
        "xl/worksheets/sheet3.xml",
        next(name for name in after if "tables/" in name),
    }


def test_an_own_sheet_that_an_undo_makes_as_it_was_is_the_very_bytes(undoable):
    """The officer's answers on it were typed: not in the bytes in which agsxl would write them."""
    columns = (SheetColumn("Ref", 9.0), SheetColumn("Decision", 20.0, ("Keep plan",), entry=True))
    empty = NewSheet("Replies", "Replies", "Replies", columns, (("A1", None), ("A2", None)))
    with open_book(undoable) as book:
        book.apply(ChangeSet(sheets=(empty,)))
        book.apply(ChangeSet((CellEdit("Replies", "B3", None, "Keep plan"),)))
        before = read_parts(undoable)
        decided = NewSheet("Replies", "Replies", "Replies", columns, (("A1", "written"),))
        receipt = book.apply(ChangeSet(UPDATE, sheets=(decided,)))
        again = NewSheet(
            "Replies", "Replies", "Replies", columns, (("A1", "Keep plan"), ("A2", None))
        )
        book.apply(ChangeSet(taken_back(UPDATE), sheets=(again,)), restore=Path(receipt.backup))
    assert read_parts(undoable) == before


@pytest.mark.parametrize(
    ("between", "kept"),
    [
        (CellEdit("Plan", "A3", 2, 20), True),  # typed since, on the same sheet
        (CellEdit("Sums", "F9", None, "mine"), False),
    ],
)
def test_an_undo_keeps_what_was_typed_since(undoable, between, kept):
    before = read_parts(undoable)
    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
        book.apply(ChangeSet((between,)))
        book.apply(ChangeSet(taken_back(UPDATE)), restore=Path(receipt.backup))
        assert book.read(between.sheet).value(between.address) == between.new
        assert book.read("Plan").value("A1") == "On target"
        assert book.read("Plan").value("F40") is None
    after = read_parts(undoable)
    assert (after[SHEET] != before[SHEET]) is kept
    sums = after["xl/worksheets/sheet2.xml"].decode()
    assert "<f>SUM(Plan!B1:B9)</f></c>" in sums  # its result may be stale, and stays away
    assert b"fullCalcOnLoad" in after[WORKBOOK]


def test_an_undo_lists_no_formula_that_went_since(undoable):
    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
        book.apply(ChangeSet((CellEdit("Plan", "B3", book.read("Plan").value("B3"), 77),)))
        book.apply(ChangeSet(taken_back(UPDATE)), restore=Path(receipt.backup))
    assert 'r="B3"' not in sheet_xml(undoable, "xl/calcChain.xml")


def test_what_is_written_wins_over_the_backup(undoable):
    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
        other = CellEdit("Plan", "A1", "Complete", "Something else")
        book.apply(ChangeSet((other, *taken_back(UPDATE)[:-1])), restore=Path(receipt.backup))
        assert book.read("Plan").value("A1") == "Something else"


def test_an_undo_after_the_formats_were_changed_restores_no_bytes(undoable):
    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
    changed = rewrite(
        undoable,
        undoable.with_name("c.xlsx"),
        lambda name, data: (
            data.replace(b"FFFFFF00", b"FF00FF00") if name == "xl/styles.xml" else data
        ),
    )
    with open_book(changed) as book:
        book.apply(ChangeSet(taken_back(UPDATE)), restore=Path(receipt.backup))
        assert book.read("Plan").value("A1") == "On target"
    assert b"FF00FF00" in read_parts(changed)["xl/styles.xml"]
    assert b'r="A1" t="inlineStr"' in read_parts(changed)[SHEET]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<c r="A3">', b'<c r="A3" s="4">'),
        (b'<row r="4">', b'<row r="4" ht="40">'),
        (b"</sheetData>", b'</sheetData><pageMargins left="2"/>'),
    ],
    ids=["a colour", "a height", "a margin"],
)
def test_an_undo_keeps_the_looks_that_were_given_since(undoable, old, new):
    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
    changed = rewrite(
        undoable,
        undoable.with_name("c.xlsx"),
        lambda name, data: data.replace(old, new) if name == SHEET else data,
    )
    with open_book(changed) as book:
        book.apply(ChangeSet(taken_back(UPDATE)), restore=Path(receipt.backup))
        assert book.read("Plan").value("A1") == "On target"
    assert new in read_parts(changed)[SHEET]


def test_an_own_sheet_that_was_deleted_since_is_made_again_by_the_undo(undoable):
    own = NewSheet("Replies", "Replies", "Replies", (SheetColumn("Ref", 9.0),), (("A1",),))
    with_it = Path(shutil.copy(undoable, undoable.with_name("backup.xlsx")))
    with open_book(with_it) as book:
        book.apply(ChangeSet(sheets=(own,)))
    edit(undoable, "A1", "Complete", expected="On target")
    with open_book(undoable) as book:
        back = CellEdit("Plan", "A1", "Complete", "On target")
        book.apply(ChangeSet((back,), sheets=(own,)), restore=with_it)
        assert book.read("Replies").value("A3") == "A1"
        assert book.read("Plan").value("A1") == "On target"


def test_a_part_that_is_to_be_as_it_was_must_be_the_very_bytes(undoable, monkeypatch):
    from agsxl.excel import restoring

    honest = restoring.restore

    def sloppy(package, backup, patch, changes):
        honest(package, backup, patch, changes)
        patch.replaced[SHEET] += b"<!-- other bytes -->"

    with open_book(undoable) as book:
        receipt = book.apply(ChangeSet(UPDATE))
        monkeypatch.setattr("agsxl.excel.restoring.restore", sloppy)
        with pytest.raises(OutputError, match="more than it should"):
            book.apply(ChangeSet(taken_back(UPDATE)), restore=Path(receipt.backup))


# -- large sheets are not read whole -----------------------------------------------------------


@pytest.fixture(scope="module")
def long_book(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "long.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Plan")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for row in range(4_000):
        for column in range(6):
            sheet.write(row, column, f"text {row} {column}")
        sheet.write(row, 6, row / 3)
        sheet.write_datetime(row, 7, datetime(2017, 9, 1 + row % 28), day)
        sheet.write_formula(row, 8, f"=G{row + 1}*2", None, row / 3 * 2)
        sheet.write(row, 9, row % 2 == 0)
    book.close()
    return path


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_an_excerpt_says_what_the_whole_sheet_says(long_book, data):
    reader = Reader(Package(long_book))
    rows = data.draw(st.sets(st.integers(1, 4_050), min_size=1, max_size=6))
    few = reader.cells("Plan", rows)
    grid = reader.grid("Plan")
    assert type(few) is not type(grid)
    for row in rows:
        for column in range(1, 13):
            assert few.at(row, column) == grid.at(row, column)


def test_edits_all_over_a_large_sheet(long_book, tmp_path):
    path = Path(shutil.copy(long_book, tmp_path / "b.xlsx"))
    with open_book(path) as book:
        old = book.read("Plan")
        edits = [
            CellEdit("Plan", f"C{n}", f"text {n - 1} 2", f"new {n}") for n in range(7, 4_000, 37)
        ]
        edits += [CellEdit("Plan", f"M{n}", None, n) for n in (1, 4_000, 4_002)]
        book.apply(ChangeSet(tuple(edits)))
        new = book.read("Plan")
    asked = {parse_address(e.address): e.new for e in edits}
    for row in range(1, 4_003):
        for column in range(1, 14):
            assert new.at(row, column) == asked.get((row, column), old.at(row, column))


# -- any workbook: a model ---------------------------------------------------------------------

TEXTS = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\ufffe\uffff"), max_size=8
).map(lambda text: text or None)
PLAIN = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: int(x) if x.is_integer() else x),
    st.dates(date(1900, 3, 1), date(2300, 1, 1)),
)
PLACES = st.tuples(st.integers(1, 12), st.integers(1, 8))


@given(
    cells=st.dictionaries(PLACES, PLAIN, max_size=20),
    rounds=st.lists(st.dictionaries(PLACES, PLAIN, min_size=1, max_size=6), min_size=1, max_size=3),
)
@example(cells={}, rounds=[{(1, 1): "_x0041_"}, {(1, 1): date(2000, 1, 1)}, {(1, 1): 5}])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_edits_of_any_workbook_are_read_back(tmp_path, cells, rounds):
    path = tmp_path / "model.xlsx"
    path.unlink(missing_ok=True)
    book = xlsxwriter.Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet("Plan")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for (row, column), value in cells.items():
        if isinstance(value, date):
            sheet.write_datetime(
                row - 1, column - 1, datetime.combine(value, datetime.min.time()), day
            )
        elif isinstance(value, str):
            sheet.write_string(row - 1, column - 1, value)
        else:
            sheet.write(row - 1, column - 1, value)
    book.close()
    with open_book(path, backups_kept=0) as opened:
        grid = opened.read("Plan")
        model = {(r, c): grid.at(r, c) for r in range(1, 14) for c in range(1, 10)}
        for edits in rounds:
            opened.apply(
                ChangeSet(
                    tuple(
                        CellEdit("Plan", cell_address(*place), model[place], new)
                        for place, new in edits.items()
                    )
                )
            )
            model.update(edits)
            grid = opened.read("Plan")
            assert {place: grid.at(*place) for place in model} == model
            assert {p: type(grid.at(*p)) for p in model} == {p: type(v) for p, v in model.items()}


# -- workbooks that real programs made ---------------------------------------------------------

# Each is refused for what it is. All others take every edit, but where the cell is not free.
REFUSED = {
    "TestIssue272": "old kind",
    "agile_AES256": "protected with a password",
    "encryptSHA1": "protected with a password",
    "duplicate-filename": "twice",
    "issue252": "is damaged",
    "missing-bits": "is damaged",
    "ms-office-2010-signed": "digitally signed",
    "null_archive": "is damaged",
    "null_file": "is empty",
}
NOT_FREE = (
    "inside merged cells",
    "protected with a password",
    "table",
    "pivot",
    "only change together",
)
SAMPLED = FILES[::7]


def why_refused(path: Path) -> str:
    return next((why for name, why in REFUSED.items() if path.name.startswith(name)), "")


def files(config) -> list[Path]:
    return FILES if config.getoption("--every-file") else SAMPLED


def pytest_generate_tests(metafunc):
    if "real_file" in metafunc.fixturenames:
        chosen = files(metafunc.config)
        metafunc.parametrize(
            "real_file", chosen or [None], ids=[f.stem for f in chosen] or ["none"]
        )


def plain_cell(book, sheet):
    """A cell that holds a value, "" where the sheet has none that is free."""
    grid = book.read(sheet)
    for row, cells in grid.numbered():
        for column, value in enumerate(cells, 1):
            if value is not None and not isinstance(value, Formula | CellError):
                return cell_address(row, column)
    return ""


@pytest.mark.real
def test_a_real_workbook_takes_an_edit_and_loses_nothing(real_file, tmp_path):
    path = Path(shutil.copy(real_file, tmp_path / real_file.name))
    path.chmod(0o644)
    why = why_refused(real_file)
    if why:
        assert why in refusal(path, sheet="Sheet1")
        return
    with open_book(path, backups_kept=0) as book:
        sheet = book.sheets()[0]
        grid = book.read(sheet)
        below, right = len(grid.rows) + 2, max(map(len, grid.rows), default=0) + 25
        there = plain_cell(book, sheet)
        wanted = {
            cell_address(below, 1): "Überfällig & <fine>",
            cell_address(below, 3): 12.5,
            cell_address(below + 1, 2): DAY,
            f"{column_letter(right)}2": "far right",
            **({there: "over"} if there else {}),
        }
        done: dict[str, object] = {}
        touched = set()
        for address, new in wanted.items():
            copy = Path(shutil.copy(path, tmp_path / "before.xlsx"))
            try:
                book.apply(
                    ChangeSet((CellEdit(sheet, address, book.read(sheet).value(address), new),))
                )
            except OutputError as refused:
                assert any(words in str(refused) for words in NOT_FREE), refused
                continue
            done[address] = new
            touched |= changed_parts(copy, path)
        after = book.read(sheet)
        if not done:
            return  # all of the sheet is locked
        original = Package(real_file)
        filled = {  # by array formulas, whose results may be stale now
            (row, column)
            for formula in SheetXml(original.read(original.sheet(sheet).part), "").formulas()
            if formula.kind in ("array", "dataTable") and formula.area
            for row in range(formula.area.top, formula.area.bottom + 1)
            for column in range(formula.area.left, formula.area.right + 1)
        }
        for row in range(1, len(grid.rows) + 1):
            for column in range(1, len(grid.rows[row - 1]) + 1):
                if cell_address(row, column) not in done and (row, column) not in filled:
                    old, new = grid.at(row, column), after.at(row, column)
                    assert (old.text if isinstance(old, Formula) else old) == (
                        new.text if isinstance(new, Formula) else new
                    )
        package = Package(path)
        allowed = {s.part for s in package.sheets} | {package.workbook, package.styles}
        touched = {package.find(name) for name in touched}  # some spell it with a backslash
        assert touched <= allowed
        assert package.sheet(sheet).part in touched
        for address, new in done.items():
            assert after.value(address) == new
    try:
        opened = openpyxl.load_workbook(path)
    except Exception:
        with pytest.raises(Exception):  # noqa: B017 - openpyxl does not take the original either
            openpyxl.load_workbook(real_file)
        return
    for address, new in (
        done.items() if sheet in opened.sheetnames else ()
    ):  # not in the Strict kind
        found = opened[sheet][address].value
        assert (found.date() if isinstance(found, datetime) else found) == new


@pytest.mark.real
def test_an_excerpt_of_a_real_workbook_says_what_the_whole_says(real_file, monkeypatch):
    if why_refused(real_file):
        pytest.skip("is refused")
    reader = Reader(Package(real_file))
    for sheet in reader.visible:
        grid = reader.grid(sheet)
        monkeypatch.setattr("agsxl.excel.reading._LARGE", 0)
        few = reader.cells(sheet, range(1, len(grid.rows) + 2, 3))
        monkeypatch.undo()
        for row in range(1, len(grid.rows) + 2, 3):
            for column in range(1, (len(grid.rows[0]) if grid.rows else 0) + 2):
                assert few.at(row, column) == grid.at(row, column), (sheet, row, column)


@pytest.mark.real
def test_the_sample_workbook_loses_nothing(tmp_path):
    path = Path(shutil.copy(ROOT / "workbook" / "sample-plan.xlsx", tmp_path / "s.xlsx"))
    before = Path(shutil.copy(path, tmp_path / "before.xlsx"))
    with open_book(path) as book:
        sheet = book.sheets()[0]
        where = plain_cell(book, sheet)
        book.apply(ChangeSet((CellEdit(sheet, where, book.read(sheet).value(where), "x"),)))
        part = Package(path).sheet(sheet).part
    assert changed_parts(before, path) <= {part, WORKBOOK}


def test_no_real_file_is_forgotten():
    """The list of refusals names files that are there; a name that matches none would prove nothing."""
    if FILES:
        for name in REFUSED:
            assert any(path.name.startswith(name) for path in FILES), name


def test_a_sheet_says_which_of_its_cells_hold_something():
    xml = SheetXml(
        worksheet(
            '<row r="2"><c r="A2"/><c r="B2"><v/></c><c r="C2"><v>0</v></c><c r="D2"><f>1</f></c></row>'
        ).encode(),
        SHEET,
    )
    assert xml.filled(2) == [3, 4]
    assert xml.columns(2) == [1, 2, 3, 4]
    assert xml.bottom() == 2
