"""Rows added below a table: what grows with it, and what stands in the way."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from agsxl.edits import CellEdit, ChangeSet, NewRows
from agsxl.errors import AgsxlError, ChangedError, OutputError
from agsxl.excel.file import open_book
from agsxl.excel.package import Package
from agsxl.excel.sheetxml import parse_area
from agsxl.grid import Formula, column_letter
from tests.ooxml import MAIN, changed_parts, make, read_parts, worksheet
from tests.plans import ROOT, SAMPLE

SHEET = "xl/worksheets/sheet1.xml"
TABLE = "xl/tables/table1.xml"
CHART = "xl/charts/chart1.xml"
WORKBOOK = "xl/workbook.xml"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"


def add(path, *rows, after=4, sheet="Plan"):
    with open_book(path, backups_kept=0) as book:
        return book.apply(ChangeSet(rows=(NewRows(sheet, after, rows),)))


def refusal(path, *rows, after=4) -> str:
    before = path.read_bytes()
    with pytest.raises(AgsxlError) as refused:
        add(path, *(rows or ({"A": "x"},)), after=after)
    assert path.read_bytes() == before
    return str(refused.value)


def text(address: str, words: str, style: str = "") -> str:
    return f'<c r="{address}"{style} t="inlineStr"><is><t>{words}</t></is></c>'


def plan_rows(bottom: int = 4) -> str:
    """A heading and rows 2 to ``bottom`` in columns B to D, the last calculated; the last row is tall."""
    heading = "".join(text(a, w) for a, w in (("B1", "Ref"), ("C1", "Due"), ("D1", "Twice")))
    rows = [f'<row r="1">{heading}</row>']
    for n in range(2, bottom + 1):
        tall = ' ht="40" customHeight="1" hidden="1" s="4" customFormat="1"' if n == bottom else ""
        ref = text(f"B{n}", f"A{n}", ' s="4"')
        rows.append(
            f'<row r="{n}"{tall}>{ref}<c r="C{n}" s="3"><v>43008</v></c>'
            f'<c r="D{n}"><f>C{n}*2</f><v>86016</v></c></row>'
        )
    return "".join(rows)


def table(ref: str = "B1:D4", more: str = "", inside: str = "") -> str:
    return (
        f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="{ref}"{more}>{inside}'
        '<tableColumns count="3"><tableColumn id="1" name="Ref"/><tableColumn id="2" name="Due"/>'
        '<tableColumn id="3" name="Twice"><calculatedColumnFormula>C2*2</calculatedColumnFormula></tableColumn>'
        "</tableColumns></table>"
    )


FILTER = '<autoFilter ref="B1:D4"/><sortState ref="B2:D4"><sortCondition ref="C2:C4"/></sortState>'


def book(path, rows=None, *, xml=None, after="", before="", parts=None, names="", more=None):
    parts = {TABLE: xml or table(inside=FILTER), **(parts or {})}
    links = {SHEET: {part: part.split("/")[1].removesuffix("s") for part in parts}}
    after += '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    plan = worksheet(rows or plan_rows(), after=after, before=before)
    return make(path, {"Plan": plan, **(more or {})}, parts=parts, links=links, names=names)


def sheet_xml(path, part=SHEET) -> str:
    return read_parts(path)[part].decode()


# -- an Excel table ----------------------------------------------------------------------------


def test_a_table_grows_with_its_filter_and_sort_and_only_it_and_the_sheet_change(tmp_path):
    path = book(tmp_path / "b.xlsx")
    old = shutil.copy(path, tmp_path / "old.xlsx")
    receipt = add(path, {"B": "A5", "C": date(2018, 3, 31)}, {"B": "A6"})
    assert (receipt.rows, receipt.cells) == (2, 0)
    xml = sheet_xml(path, TABLE)
    for reference in (
        'ref="B1:D6"',
        '<autoFilter ref="B1:D6"/>',
        '<sortState ref="B2:D6">',
        '"C2:C6"',
    ):
        assert reference in xml
    assert changed_parts(Path(old), path) == {
        SHEET,
        TABLE,
        WORKBOOK,
    }  # a formula is to be calculated
    with open_book(path) as again:
        grid = again.read("Plan")
    assert [grid.at(5, c) for c in (2, 3)] == ["A5", date(2018, 3, 31)]
    assert [grid.at(6, c) for c in (2, 3)] == ["A6", None]
    assert openpyxl.load_workbook(path)["Plan"].tables["T"].ref == "B1:D6"


def test_new_rows_look_like_the_last_one_and_calculated_columns_are_filled(tmp_path):
    path = book(tmp_path / "b.xlsx")
    add(path, {"B": "A5"}, {"B": "A6", "D": 7})
    xml = sheet_xml(path)
    assert '<row r="5" ht="40" customHeight="1" s="4" customFormat="1">' in xml  # shown, though
    assert (
        '<c r="B5" s="4" t="inlineStr"><is><t>A5</t></is></c><c r="C5" s="3"/><c r="D5"><f>C5*2</f></c>'
        in xml
    )
    assert '<c r="D6"><v>7</v></c>' in xml


def test_the_formula_of_a_shared_column_is_filled_as_it_reads_there(tmp_path):
    rows = plan_rows()
    rows = rows.replace("<f>C2*2</f>", '<f t="shared" ref="D2:D4" si="0">C2*2</f>')
    for n in (3, 4):
        rows = rows.replace(f"<f>C{n}*2</f>", '<f t="shared" si="0"/>')
    path = book(tmp_path / "b.xlsx", rows)
    add(path, {"B": "A5"})
    assert "<f>C5*2</f>" in sheet_xml(path)


@pytest.mark.parametrize(
    ("formula", "filled"),
    [("T[[#This Row],[Due]]*2", True), ("$C$2*2", True), ("C2*2", False)],
)
def test_a_column_of_which_no_cell_is_calculated_any_more(tmp_path, formula, filled):
    rows = re.sub(r"<f>.*?</f>", "", plan_rows())
    path = book(tmp_path / "b.xlsx", rows, xml=table().replace("C2*2", formula))
    receipt = add(path, {"B": "A5"})
    with open_book(path) as again:
        found = again.read("Plan").value("D5")
    if filled:
        assert isinstance(found, Formula)
        assert found.text == f"={formula}"
        assert receipt.notes == ()
    else:
        assert found is None
        assert "fill it down" in receipt.notes[0]


RANGES = {
    "B2:B4": "B2:B5",
    "C3:C4": "C3:C5",
    "C4": "C4",  # a mark on that one row alone
    "A2:A4": "A2:A4",  # beside the table
    "B2:B3": "B2:B3",  # does not reach the end
    "B2:B20": "B2:B20",  # reaches further already
    "B:B": "B:B",
    "D2:D4 F2:F4": "D2:D5 F2:F4",
}


@pytest.mark.parametrize(("old", "new"), RANGES.items())
def test_what_ends_with_the_last_row_reaches_further(tmp_path, old, new):
    after = (
        f'<protectedRanges><protectedRange sqref="{old}" name="p"/></protectedRanges>'
        f'<conditionalFormatting sqref="{old}"><cfRule type="expression" priority="1"><formula>$B4=""</formula>'
        "</cfRule></conditionalFormatting>"
        f'<dataValidations count="1"><dataValidation type="list" sqref="{old}"><formula1>$B$2:$B$4</formula1>'
        "</dataValidation></dataValidations>"
        f'<ignoredErrors><ignoredError sqref="{old}" numberStoredAsText="1"/></ignoredErrors>'
        f'<extLst><ext uri="{{7}}" xmlns:x14="{X14}" xmlns:xm="{XM}"><x14:conditionalFormattings>'
        f"<x14:conditionalFormatting><xm:sqref>{old}</xm:sqref></x14:conditionalFormatting>"
        "</x14:conditionalFormattings></ext></extLst>"
    )
    path = book(tmp_path / "b.xlsx", after=after)
    add(path, {"B": "A5"})
    xml = sheet_xml(path)
    assert xml.count(f'sqref="{new}"') == 4
    assert f"<xm:sqref>{new}</xm:sqref>" in xml
    assert '<formula>$B4=""</formula>' in xml
    assert "<formula1>$B$2:$B$4</formula1>" in xml


CHART_XML = (
    '<c:chartSpace xmlns:c="urn:c"><c:ser><c:val><c:numRef><c:f>%s</c:f><c:numCache/></c:numRef></c:val></c:ser>'
    "</c:chartSpace>"
)
REFERENCES = {
    "Plan!$C$2:$C$4": "Plan!$C$2:$C$5",
    "'Plan'!$C$2:$C$4": "'Plan'!$C$2:$C$5",
    "plan!C2:C4": "plan!C2:C5",
    "Plan!$B$1:$D$4": "Plan!$B$1:$D$5",  # with the heading
    "(Plan!$B$2:$B$4,Plan!$D$2:$D$4)": "(Plan!$B$2:$B$5,Plan!$D$2:$D$5)",
    "Plan!$C$3:$C$4": "Plan!$C$3:$C$4",  # a part of the rows
    "Plan!$C$2:$C$40": "Plan!$C$2:$C$40",
    "Plan!$C$4": "Plan!$C$4",
    "Other!$C$2:$C$4": "Other!$C$2:$C$4",
    "[1]Plan!$C$2:$C$4": "[1]Plan!$C$2:$C$4",
    "Other:Plan!$C$2:$C$4": "Other:Plan!$C$2:$C$4",
    "MyPlan!$C$2:$C$4": "MyPlan!$C$2:$C$4",
    "Plan!$1:$1": "Plan!$1:$1",
}


@pytest.mark.parametrize(("old", "new"), REFERENCES.items())
def test_chart_series_and_names_that_covered_the_rows_reach_further(tmp_path, old, new):
    names = f'<definedNames><definedName name="N">{old}</definedName></definedNames>'
    path = book(
        tmp_path / "b.xlsx",
        parts={CHART: CHART_XML % old},
        names=names,
        more={"Other": worksheet("")},
    )
    add(path, {"B": "A5"})
    assert f"<c:f>{new}</c:f>" in sheet_xml(path, CHART)
    assert f'<definedName name="N">{new}</definedName>' in sheet_xml(path, WORKBOOK)


def test_the_print_area_reaches_further(tmp_path):
    names = (
        '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">Plan!$B$1:$D$4</definedName>'
        '<definedName name="_xlnm.Print_Titles" localSheetId="0">Plan!$1:$1</definedName></definedNames>'
    )
    path = book(tmp_path / "b.xlsx", names=names)
    add(path, {"B": "A5"})
    assert "Plan!$B$1:$D$5" in sheet_xml(path, WORKBOOK)
    assert "Plan!$1:$1" in sheet_xml(path, WORKBOOK)


def test_a_sheet_whose_name_needs_quotes(tmp_path):
    names = "<definedNames><definedName name='N'>'Pl''n 1'!$C$2:$C$4</definedName></definedNames>"
    path = make(
        tmp_path / "b.xlsx",
        {"Pl'n 1": worksheet(plan_rows())},
        parts={TABLE: table()},
        links={SHEET: {TABLE: "table"}},
        names=names,
    )
    add(path, {"B": "A5"}, sheet="Pl'n 1")
    assert "'Pl''n 1'!$C$2:$C$5" in sheet_xml(path, WORKBOOK)


def test_empty_rows_that_the_table_has_are_filled_first(tmp_path):
    spare = '<row r="5"><c r="B5" s="4"/><c r="C5" s="3"/><c r="D5"><f>C5*2</f><v>0</v></c></row>'
    path = book(tmp_path / "b.xlsx", plan_rows() + spare, xml=table("B1:D5"))
    old = shutil.copy(path, tmp_path / "old.xlsx")
    add(path, {"B": "A5", "C": date(2018, 3, 31)})
    assert TABLE not in changed_parts(Path(old), path)
    assert '<c r="D5"><f>C5*2</f></c>' in sheet_xml(path)
    add(path, {"B": "A6"}, {"B": "A7"}, after=5)
    assert 'ref="B1:D7"' in sheet_xml(path, TABLE)


def test_the_first_row_of_an_empty_table(tmp_path):
    heading = plan_rows(1)
    empty = '<row r="2"><c r="B2" s="4"/><c r="C2" s="3"/></row>'
    xml = table("B1:D2", ' insertRow="1"').replace("C2*2", "T[[#This Row],[Due]]*2")
    path = book(tmp_path / "b.xlsx", heading + empty, xml=xml)
    add(path, {"B": "A2", "C": date(2018, 3, 31)}, {"B": "A3"}, after=1)
    assert 'ref="B1:D3"' in sheet_xml(path, TABLE)
    assert "insertRow" not in sheet_xml(path, TABLE)
    assert '<c r="B3" s="4" t="inlineStr">' in sheet_xml(path)


def test_edits_and_rows_of_one_table_in_one_change_set(tmp_path):
    path = book(tmp_path / "b.xlsx")
    with open_book(path) as opened:
        opened.apply(
            ChangeSet(
                (CellEdit("Plan", "B4", "A4", "A4 again"), CellEdit("Plan", "F1", None, "beside")),
                (NewRows("Plan", 4, ({"B": "A5"},)), NewRows("Plan", 5, ({"B": "A6"},))),
            )
        )
        grid = opened.read("Plan")
    assert [grid.at(r, 2) for r in (4, 5, 6)] == ["A4 again", "A5", "A6"]
    assert 'ref="B1:D6"' in sheet_xml(path, TABLE)


def test_a_formula_over_the_table_is_calculated_anew(tmp_path):
    sums = '<row r="1"><c r="A1"><f>SUM(T[Due])</f><v>9</v></c><c r="B1"><f>SUM(Plan!F:F)</f><v>0</v></c></row>'
    path = book(tmp_path / "b.xlsx", more={"Sums": worksheet(sums)})
    add(path, {"B": "A5"})
    xml = sheet_xml(path, "xl/worksheets/sheet2.xml")
    assert "<f>SUM(T[Due])</f></c>" in xml
    assert "<f>SUM(Plan!F:F)</f><v>0</v>" in xml


def test_a_legend_beside_the_table_is_not_in_the_way(tmp_path):
    path = book(tmp_path / "b.xlsx", plan_rows() + f'<row r="5">{text("F5", "legend")}</row>')
    add(path, {"B": "A5"})
    with open_book(path) as again:
        assert again.read("Plan").value("F5") == "legend"
        assert again.read("Plan").value("B5") == "A5"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"xml": table(more=' totalsRowCount="1"'), "at": 3}, "has a totals row"),
        ({"xml": table(more=' tableType="queryTable"')}, "is filled from elsewhere"),
        ({"xml": table(more=' tableType="xml"')}, "is filled from elsewhere"),
        ({"rows": plan_rows() + f'<row r="5">{text("C5", "total")}</row>'}, "Plan!C5 is below the last row"),
        ({"rows": plan_rows() + '<row r="5"><c r="C5"><f>1</f></c></row>'}, "Plan!C5 is below the last row"),
        ({"after": '<mergeCells count="1"><mergeCell ref="C5:E5"/></mergeCells>'}, "merged cells C5:E5"),
        ({"after": '<mergeCells count="1"><mergeCell ref="C:E"/></mergeCells>'}, "merged cells"),
        ({"parts": {"xl/tables/table2.xml": table("C5:C9").replace('"T"', '"U"')}}, "table U"),
        ({"at": 9}, "Row 9 of Plan was the last of its table"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_named(tmp_path, given, why):
    at = given.pop("at", 4)
    path = book(tmp_path / "b.xlsx", **given)
    said = refusal(path, {"B": "A5"}, after=at)
    assert why in said
    assert "nothing was written" in said


def test_a_table_behind_a_password_does_not_grow(tmp_path):
    path = book(tmp_path / "b.xlsx", after='<sheetProtection password="CC1A" sheet="1"/>')
    assert "protected with a password" in refusal(path, {"B": "A5"})


def test_prefixes_and_cells_without_addresses(tmp_path):
    xml = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", worksheet(plan_rows())).replace(
        'xmlns="', 'xmlns:x="'
    )
    links = {SHEET: {TABLE: "table"}}
    odd = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1y:", table()).replace('xmlns="', 'xmlns:y="')
    path = make(tmp_path / "b.xlsx", {"Plan": xml}, parts={TABLE: odd}, links=links)
    add(path, {"B": "A5"})
    assert 'ref="B1:D5"' in sheet_xml(path, TABLE)
    assert '<x:c r="D5"><x:f>C5*2</x:f></x:c>' in sheet_xml(path)


# -- a list without an Excel table -------------------------------------------------------------


def plain(path, rows=None, **more):
    return make(path, {"Plan": worksheet(rows or plan_rows(), **more)})


def test_rows_below_a_plain_list_look_like_its_last_row_and_no_formula_is_made_up(tmp_path):
    path = plain(tmp_path / "b.xlsx")
    add(path, {"B": "A5", "G": "more"})
    xml = sheet_xml(path)
    assert '<row r="5" ht="40" customHeight="1" s="4" customFormat="1">' in xml
    assert '<is><t>A5</t></is></c><c r="C5" s="3"/><c r="D5"/><c r="G5"' in xml


def test_the_filter_validations_and_formats_of_a_plain_list_reach_further(tmp_path):
    after = (
        '<autoFilter ref="B1:D4"/><conditionalFormatting sqref="B2:D4"/>'
        '<dataValidations count="1"><dataValidation sqref="C2:C4"/></dataValidations>'
    )
    names = (
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Plan!$B$1:$D$4'
        "</definedName></definedNames>"
    )
    path = make(tmp_path / "b.xlsx", {"Plan": worksheet(plan_rows(), after=after)}, names=names)
    add(path, {"B": "A5"}, {"B": "A6"})
    xml = sheet_xml(path)
    for reference in ('autoFilter ref="B1:D6"', 'sqref="B2:D6"', 'sqref="C2:C6"'):
        assert reference in xml
    assert "Plan!$B$1:$D$6" in sheet_xml(path, WORKBOOK)


def test_anything_below_a_plain_list_is_in_the_way(tmp_path):
    path = plain(tmp_path / "b.xlsx", plan_rows() + f'<row r="5">{text("H5", "note")}</row>')
    assert "Plan!H5 is below the last row" in refusal(path, {"B": "A5"})


def test_no_rows_are_no_change(tmp_path):
    path = book(tmp_path / "b.xlsx")
    before = path.read_bytes()
    assert add(path).rows == 0
    assert path.read_bytes() == before


# -- workbooks as programs make them -----------------------------------------------------------


def test_a_table_made_by_xlsxwriter(tmp_path):
    path = tmp_path / "b.xlsx"
    made = xlsxwriter.Workbook(str(path))
    sheet = made.add_worksheet("Plan")
    data = [["A1", 3], ["A2", 4]]
    columns = [{"header": "Ref"}, {"header": "No"}, {"header": "Twice", "formula": "=[@No]*2"}]
    sheet.add_table("A1:C3", {"data": data, "columns": columns, "name": "T"})
    sheet.data_validation("B2:B3", {"validate": "integer", "criteria": ">", "value": 0})
    sheet.conditional_format("B2:B3", {"type": "data_bar", "data_bar_2010": True})
    chart = made.add_chart({"type": "bar"})
    chart.add_series({"values": "=Plan!$B$2:$B$3"})
    sheet.insert_chart("F1", chart)
    made.close()
    add(path, {"A": "A3", "B": 5}, after=3)
    assert "Plan!$B$2:$B$4" in sheet_xml(path, CHART)
    assert sheet_xml(path).count('sqref="B2:B4"') == 2
    assert "<xm:sqref>B2:B4</xm:sqref>" in sheet_xml(path)
    sheet = openpyxl.load_workbook(path)["Plan"]
    assert sheet["C4"].value == sheet["C3"].value
    assert "#This Row" in sheet["C4"].value


def test_rows_below_the_sample_plan(tmp_path):
    path = Path(shutil.copy(SAMPLE, tmp_path / "s.xlsx"))
    old = shutil.copy(path, tmp_path / "old.xlsx")
    with open_book(path) as opened:
        name = opened.sheets()[0]
        last = len(opened.read(name).rows)
        opened.apply(ChangeSet(rows=(NewRows(name, last, ({"A": "Z1"},)),)))
        assert opened.read(name).at(last + 1, 1) == "Z1"
    assert len(changed_parts(Path(old), path)) <= 3


FILES = sorted((ROOT.parent / "shared" / "excel-files").glob("*.xl*"))


@pytest.mark.real
def test_tables_of_real_workbooks_grow_or_say_why_not(tmp_path):
    """Every table of every file: it grows by two rows, or what is in the way is named."""
    grown = refused = 0
    for file in FILES:
        try:
            package = Package(file)
            package.refuse_writing()
            sheets = package.sheets
        except AgsxlError:
            continue
        for sheet in sheets:
            for part in package.tables(sheet.part) if sheet.part else ():
                area = parse_area(package.markup(part).root.get("ref"))
                path = Path(shutil.copy(file, tmp_path / file.name))
                path.chmod(0o644)
                rows = ({column_letter(area.left): "new"}, {column_letter(area.right): "row"})
                try:
                    with open_book(path, backups_kept=0) as opened:
                        if sheet.name not in opened.sheets():
                            continue
                        opened.apply(ChangeSet(rows=(NewRows(sheet.name, area.bottom, rows),)))
                        assert opened.read(sheet.name).at(area.bottom + 1, area.left) == "new"
                    again = parse_area(Package(path).markup(part).root.get("ref"))
                    assert again.bottom == area.bottom + 2
                    grown += 1
                except (OutputError, ChangedError) as why:
                    assert "nothing was written" in str(why), (file.name, why)
                    assert "more than it should" not in str(why), (file.name, why)
                    refused += 1
    assert grown >= 10
    print(f"{grown} tables grew, {refused} did not")
