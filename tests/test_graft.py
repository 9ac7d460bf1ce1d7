"""agsxl's own sheets in a workbook that somebody else made."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.packaging.workbook import WorkbookPackage
from openpyxl.styles.stylesheet import Stylesheet
from openpyxl.utils import get_column_letter

from agsxl.edits import CellEdit, ChangeSet, NewSheet, SheetColumn
from agsxl.errors import AgsxlError, OutputError
from agsxl.excel.file import open_book
from agsxl.excel.fragments import SHEET_ORDER, STYLES_ORDER, WORKBOOK_ORDER
from agsxl.excel.graft import Grafted, graft
from agsxl.excel.markup import Markup
from agsxl.excel.package import Package
from agsxl.excel.values import own_rows, same_value
from agsxl.grid import Area, Grid
from agsxl.report.sheets import Column, Sheet, workbook_bytes, write_workbook
from tests.books import rewrite
from tests.plans import ROOT, SAMPLE

FILES = ROOT.parent / "shared" / "excel-files"

REPLIES = NewSheet(
    name="Replies",
    title="Replies of September 2017",
    table="Replies",
    columns=(
        SheetColumn("Ref", 8),
        SheetColumn("Milestone", 34),
        SheetColumn("Plan now", 20),
        SheetColumn("Lead's reply", 24),
        SheetColumn("Decision", 16, choices=("Keep plan", "Take lead's"), entry=True),
        SheetColumn("Reason", 26, entry=True),
    ),
    rows=(
        ("A1", "Budget training delivered", "On target", "Complete", "Take lead's", None),
        ("A2", "Register of gifts reviewed", date(2017, 12, 31), date(2018, 3, 31), None, "=1+1"),
        ("A3", "Code of conduct adopted", None, "It is with the printer. " * 20, None, None),
        ("A4", "Whistleblowing policy", 2.5, 7, None, True),
    ),
    notes=("Four changes from one reply.", "Choose Keep plan or Take lead's for each."),
)
LOG = NewSheet(
    name="Change log",
    title="Change log",
    table="Changes",
    columns=(SheetColumn("No", 7), SheetColumn("When", 17), SheetColumn("New", 20)),
    rows=((1, datetime(2017, 9, 30, 16, 5), "+44 20"),),
    hidden=True,
)
SHARED = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/styles.xml"}


def graft_file(
    path: Path, *sheets: NewSheet, overlay: Mapping[str, bytes] | None = None
) -> tuple[Path, Grafted]:
    """Graft sheets into a workbook; the workbook that comes of it, and what was changed."""
    package = Package(path)
    overlay = overlay or {}
    grafted = graft(package, sheets, overlay)
    out = path.with_name(f"grafted-{path.name}")
    package.save(out, {**overlay, **grafted.parts}, grafted.added)
    package.close()
    return out, grafted


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def part(path: Path, name: str) -> str:
    return parts(path)[name].decode()


def assert_holds(path: Path, *sheets: NewSheet) -> None:
    """The workbook shows the sheets, and agsxl reads the very values from them."""
    with open_book(path) as book:
        for sheet in sheets:
            grid = book.read(sheet.name)
            expected = own_rows(sheet)
            assert len(grid.rows) == len(expected)
            for found, wanted in zip(grid.rows, expected, strict=True):
                assert len(found) == len(wanted)
                assert all(map(same_value, found, wanted)), (found, wanted)


def assert_only(old: Path, new: Path, allowed: set[str]) -> None:
    """No part but those allowed has changed, not even in how it is compressed, nor its place."""
    before, after = Package(old), Package(new)
    kept = [name for name in after.parts() if name in before.parts()]
    assert kept == before.parts()
    for name in before.parts():
        if name not in allowed:
            assert after.packed(name) == before.packed(name), name


def plan_book(path: Path, more: Callable[[Any], None] = lambda _: None) -> Path:
    """A plan of two sheets, with formats and a defined name of its own."""
    book = xlsxwriter.Workbook(str(path))
    bold = book.add_format({"bold": True, "bg_color": "#D9E2EC", "num_format": "0.000"})
    day = book.add_format({"num_format": "d mmm yyyy"})
    page = book.add_worksheet("Plan")
    page.write_row(0, 0, ["Ref", "Status", "Due"], bold)
    page.write_row(1, 0, ["A1", "On target"])
    page.write_datetime(1, 2, datetime(2017, 12, 31), day)
    page.repeat_rows(0)
    other = book.add_worksheet("Posts")
    other.write_row(0, 0, ["Post", "Person"])
    other.print_area(0, 0, 3, 3)
    book.define_name("Statuses", "=Plan!$B$2:$B$9")
    more(book)
    book.close()
    return path


@pytest.fixture
def plan(tmp_path):
    return plan_book(tmp_path / "plan.xlsx")


# -- a new sheet -------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [SAMPLE, None], ids=["the sample", "a small plan"])
def test_new_sheets_stand_behind_the_others_and_nothing_else_changes(tmp_path, source):
    path = plan_book(tmp_path / "plan.xlsx")
    if source is not None:
        shutil.copy(source, path)
    before = openpyxl.load_workbook(path)
    out, grafted = graft_file(path, REPLIES, LOG)
    after = openpyxl.load_workbook(out)
    assert after.sheetnames == [*before.sheetnames, "Replies", "Change log"]
    assert grafted.names == ("Replies", "Change log")
    assert set(grafted.parts) == SHARED
    assert_only(path, out, SHARED)
    assert_holds(out, REPLIES, LOG)
    assert "docProps/app.xml" in parts(out)


def test_the_new_parts_are_a_sheet_its_relations_and_its_table(plan):
    _, grafted = graft_file(plan, REPLIES)
    assert list(grafted.added) == [
        "xl/worksheets/sheet3.xml",
        "xl/tables/table1.xml",
        "xl/worksheets/_rels/sheet3.xml.rels",
    ]
    assert grafted.areas == {"Replies": Area(1, 1, 8, 6)}


def test_the_sheet_looks_like_a_report(plan, tmp_path):
    """Cell by cell the fonts, fills, borders, ways to show and alignments of agsxl's reports."""
    out, _ = graft_file(plan, REPLIES)
    columns = [
        Column(
            c.heading,
            c.width,
            lambda row, place=place: row[place],
            decimals=None,
            choices=c.choices,
            entry=c.entry,
        )
        for place, c in enumerate(REPLIES.columns)
    ]
    report = Sheet(
        "Replies", REPLIES.title, "Replies", columns, own_rows(REPLIES)[4:], REPLIES.notes
    )
    write_workbook(tmp_path / "report.xlsx", [report], title="Replies", as_of=date(2017, 9, 30))
    wanted = openpyxl.load_workbook(tmp_path / "report.xlsx")["Replies"]
    found = openpyxl.load_workbook(out)["Replies"]
    for row in wanted.iter_rows():
        for cell in row if row[0].row > 3 else row[:1]:
            twin = found[cell.coordinate]
            for what in ("font", "fill", "border", "number_format", "alignment", "protection"):
                assert repr(getattr(twin, what)) == repr(getattr(cell, what)), cell.coordinate
        number = row[0].row
        assert found.row_dimensions[number].height == wanted.row_dimensions[number].height
    for index in range(1, len(REPLIES.columns) + 1):
        letter = get_column_letter(index)
        assert found.column_dimensions[letter].width == wanted.column_dimensions[letter].width
    assert found.freeze_panes == wanted.freeze_panes == "A5"
    assert found.print_title_rows == wanted.print_title_rows == "$4:$4"
    assert found.page_setup.orientation == "landscape"
    assert found.page_setup.paperSize == 9
    assert found.sheet_properties.pageSetUpPr.fitToPage
    assert found.oddFooter.right.text == "Page &P of &N"
    table, twin = found.tables["Replies"], wanted.tables["Replies"]
    assert table.ref == twin.ref == "A4:F8"
    assert table.autoFilter.ref == "A4:F8"
    assert table.tableStyleInfo == twin.tableStyleInfo
    assert [c.name for c in table.tableColumns] == [c.heading for c in REPLIES.columns]


def test_a_long_text_has_room(plan):
    out, _ = graft_file(plan, REPLIES)
    page = openpyxl.load_workbook(out)["Replies"]
    assert page["D7"].alignment.wrap_text
    assert page.row_dimensions[7].height > 100
    assert page.row_dimensions[5].height is None


def test_the_formats_of_other_cells_stay(tmp_path):
    path = tmp_path / "plan.xlsx"
    shutil.copy(SAMPLE, path)
    out, _ = graft_file(path, REPLIES, LOG)
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(out)
    for page in before:
        for row in page.iter_rows():
            for cell in row:
                twin = after[page.title][cell.coordinate]
                for what in ("font", "fill", "border", "number_format", "alignment", "protection"):
                    assert repr(getattr(twin, what)) == repr(getattr(cell, what))


@pytest.mark.parametrize("name", ["numFmts", "fonts", "fills", "borders", "cellXfs"])
def test_formats_are_only_ever_added_at_the_end(plan, name):
    def listed(path: Path) -> list[str]:
        xml = re.search(f"<{name}.*?</{name}>", part(path, "xl/styles.xml"), re.DOTALL)[0]
        markup = Markup(xml.encode(), "styles")
        assert markup.root.get("count") == str(len(markup.root.children))
        return [markup.data[n.start : n.end].decode() for n in markup.root.children]

    out, _ = graft_file(plan, REPLIES, LOG)
    before, after = listed(plan), listed(out)
    assert after[: len(before)] == before
    assert len(set(after)) == len(after)


def test_an_added_format_says_that_it_means_what_it_says(plan):
    """Else LibreOffice shows the fonts and borders of the workbook's standard instead."""
    before = part(plan, "xl/styles.xml").count("<xf ")
    out, _ = graft_file(plan, REPLIES, LOG)
    added = re.findall("<xf [^>]*>", part(out, "xl/styles.xml"))[before:]
    assert len(added) > 8
    for each in added:
        for what in ("Font", "Fill", "Border", "NumberFormat"):
            assert f'apply{what}="1"' in each


def test_every_way_to_show_a_number_has_a_number_of_its_own(plan):
    out, _ = graft_file(plan, REPLIES, LOG)
    formats = re.findall(r'numFmtId="(\d+)" formatCode="([^"]*)"', part(out, "xl/styles.xml"))
    assert len({number for number, _ in formats}) == len(formats)
    page = openpyxl.load_workbook(out)["Change log"]
    assert page["B3"].number_format == "dd/mm/yyyy hh:mm"
    assert openpyxl.load_workbook(out)["Replies"]["C6"].number_format == "dd/mm/yyyy"
    assert openpyxl.load_workbook(out)["Plan"]["C2"].number_format == "d mmm yyyy"


def test_a_second_graft_of_the_same_adds_nothing(plan):
    out, _ = graft_file(plan, REPLIES, LOG)
    again, grafted = graft_file(out, REPLIES, LOG)
    assert (grafted.parts, grafted.added) == ({}, {})
    assert again.read_bytes() == out.read_bytes()


def test_other_contents_need_no_other_formats(plan):
    out, _ = graft_file(plan, REPLIES, LOG)
    _, grafted = graft_file(out, replace(REPLIES, rows=REPLIES.rows[::-1]))
    assert set(grafted.parts) == {"xl/worksheets/sheet3.xml"}


def test_the_same_graft_gives_the_same_bytes(plan):
    first = graft(Package(plan), [REPLIES, LOG], {})
    second = graft(Package(plan), [REPLIES, LOG], {})
    assert first == second
    assert list(first.parts) == list(second.parts)


def test_no_sheet_is_no_change(plan):
    assert graft(Package(plan), [], {}) == Grafted()


def test_a_hidden_sheet_is_hidden_and_the_one_in_front_stays_in_front(plan):
    out, _ = graft_file(plan, LOG)
    book = openpyxl.load_workbook(out)
    assert book["Change log"].sheet_state == "hidden"
    assert book.active.title == "Plan"
    selected = [page.title for page in book if page.sheet_view.tabSelected]
    assert selected == ["Plan"]


def test_a_text_is_never_a_formula_a_link_or_markup(plan):
    texts = ["=1+1", "+44", "-1", "@x", "https://example.org", "<r>x</r>", "_x0041_", "a\x0bb", " "]
    sheet = replace(LOG, rows=tuple((n, None, text) for n, text in enumerate(texts)))
    out, _ = graft_file(plan, sheet)
    assert_holds(out, sheet)
    page = openpyxl.load_workbook(out)["Change log"]
    assert [cell.data_type for cell in page["C"][2:]] == ["s"] * len(texts)
    assert not page._hyperlinks


def test_dates_in_a_workbook_that_counts_from_1904(tmp_path):
    path = tmp_path / "plan.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as book:
        book.add_worksheet("Plan")
    out, _ = graft_file(path, REPLIES, LOG)
    assert_holds(out, REPLIES, LOG)
    assert openpyxl.load_workbook(out)["Replies"]["D6"].value == datetime(2018, 3, 31)


def test_headings_with_line_breaks_and_signs(plan):
    """A table's column is called exactly as its heading reads, or Excel repairs the workbook."""
    headings = ("New\nvalue", 'Ref & "key" <1>', "_x0041_", "Lead's")
    sheet = replace(LOG, columns=tuple(SheetColumn(h, 12) for h in headings), rows=())
    out, _ = graft_file(plan, sheet)
    assert_holds(out, sheet)
    table = Markup(parts(out)["xl/tables/table1.xml"], "table")
    names = [node.get("name") for node in table.root.all("tableColumn")]
    assert names == ["New_x000a_value", 'Ref & "key" <1>', "_x005F_x0041_", "Lead's"]


# -- where somebody types ----------------------------------------------------------------------


def test_entry_columns_say_so_in_words_and_are_not_locked(plan):
    out, _ = graft_file(plan, REPLIES)
    page = openpyxl.load_workbook(out)["Replies"]
    assert page["E4"].value == "Decision"  # the table's column is called so
    assert page["E4"].number_format == '@" (fill in)"'  # and it reads so
    assert page["D4"].number_format == "General"
    for address, entry in {"E5": True, "F7": True, "A5": False, "D7": False}.items():
        assert page[address].protection.locked is not entry
        assert (page[address].fill.fgColor.rgb == "FFE4F1FA") is entry
    assert page["E6"].value is None


def dropdowns(path: Path, sheet: str) -> dict[str, Any]:
    page = openpyxl.load_workbook(path)[sheet]
    return {str(each.sqref): each for each in page.data_validations.dataValidation}


def test_choices_are_offered_in_a_dropdown(plan):
    out, _ = graft_file(plan, REPLIES)
    ((area, offered),) = dropdowns(out, "Replies").items()
    assert area == "E5:E8"
    assert (offered.type, offered.formula1) == ("list", '"Keep plan,Take lead\'s"')
    assert offered.showErrorMessage
    assert offered.allowBlank


@pytest.mark.parametrize(
    ("choices", "is_list"),
    [
        (("x" * 127, "y" * 127), True),  # 255 with the comma
        (("x" * 127, "y" * 128), False),
        (("👍" * 64, "y" * 127), False),  # each counts twice
        (("Off target, recovery planned", "Complete"), False),
        (('the "new" date', "Complete"), False),
        (("two\nlines", "Complete"), False),
        (("", "Complete"), False),
    ],
)
def test_choices_that_a_list_has_no_room_for_are_named_instead(plan, choices, is_list):
    sheet = replace(LOG, columns=(*LOG.columns[:2], SheetColumn("New", 20, choices)))
    out, _ = graft_file(plan, sheet)
    (offered,) = dropdowns(out, "Change log").values()
    if is_list:
        assert offered.formula1 == '"' + ",".join(choices) + '"'
    else:
        assert offered.type in (None, "none")
        assert offered.prompt[:50] == "\n".join(choices)[:50]
        assert len(offered.prompt.encode("utf-16-le")) <= 255 * 2


def test_a_sheet_without_rows_offers_nothing(plan):
    out, _ = graft_file(plan, replace(REPLIES, rows=()))
    assert dropdowns(out, "Replies") == {}


def test_a_report_can_hide_a_sheet(tmp_path):
    column = Column("A", 9, lambda row: row)
    sheets = [
        Sheet("First", "First", "First", [column], ["a"], hidden=True),
        Sheet("Second", "Second", "Second", [column], ["b"]),
    ]
    (tmp_path / "report.xlsx").write_bytes(workbook_bytes(sheets))
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert [page.sheet_state for page in book] == ["hidden", "visible"]
    assert book.active.title == "Second"


def test_a_report_knows_truths_moments_and_figures_as_they_are(tmp_path):
    column = Column("A", 9, lambda row: row, decimals=None)
    values = [True, datetime(2017, 9, 30, 16, 5), datetime(2017, 9, 30), 2.345, 20_170]
    sheet = Sheet("First", "First", "First", [column], values)
    (tmp_path / "report.xlsx").write_bytes(workbook_bytes([sheet]))
    cells = openpyxl.load_workbook(tmp_path / "report.xlsx")["First"]["A"][2:]
    assert [cell.value for cell in cells] == values
    assert [cell.data_type for cell in cells] == ["b", "d", "d", "n", "n"]
    assert [cell.number_format for cell in cells] == [
        "General", "dd/mm/yyyy hh:mm", "dd/mm/yyyy", "General", "General"
    ]  # fmt: skip


# -- unusual workbooks -------------------------------------------------------------------------

MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def prefixed(name: str, data: bytes) -> bytes:
    """Every spreadsheet part with its namespace under a prefix, as some programs write it."""
    if MAIN not in data:
        return data
    data = data.replace(b'xmlns="' + MAIN, b'xmlns:x="' + MAIN)
    return re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1x:", data)


def strict(_: str, data: bytes) -> bytes:
    data = data.replace(MAIN, b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    return data.replace(DOCUMENT, b"http://purl.oclc.org/ooxml/officeDocument/relationships")


def absolute(name: str, data: bytes) -> bytes:
    return (
        data.replace(b'Target="', b'Target="/xl/') if name.endswith("workbook.xml.rels") else data
    )


def without_styles(name: str, data: bytes) -> bytes | None:
    if name == "xl/styles.xml":
        return None
    data = re.sub(rb'<Relationship Id="\w+" Type="[^"]*/styles"[^>]*/>', b"", data)
    data = re.sub(rb'<Override PartName="/xl/styles.xml"[^>]*/>', b"", data)
    return re.sub(rb' s="\d+"', b"", data) if "worksheets" in name else data


def bare_styles(name: str, data: bytes) -> bytes:
    """A list of formats without most of its lists."""
    if name != "xl/styles.xml":
        return re.sub(rb' s="\d+"', b"", data) if "worksheets" in name else data
    return b'<styleSheet xmlns="%s"><dxfs count="0"/></styleSheet>' % MAIN


def without_shared_strings(name: str, data: bytes) -> bytes | None:
    if name == "xl/sharedStrings.xml":
        return None
    data = re.sub(rb'<Relationship Id="\w+" Type="[^"]*/sharedStrings"[^>]*/>', b"", data)
    data = re.sub(rb'<Override PartName="/xl/sharedStrings.xml"[^>]*/>', b"", data)
    return re.sub(rb'<c r="\w+"[^>]* t="s"><v>\d+</v></c>', b"", data)


def without_names(name: str, data: bytes) -> bytes:
    return (
        re.sub(rb"<definedNames>.*</definedNames>", b"", data) if "workbook.xml" in name else data
    )


def relations_declared_late(name: str, data: bytes) -> bytes:
    """The prefix of relations declared where it is used, under another name."""
    if name != "xl/workbook.xml":
        return data
    data = data.replace(b' xmlns:r="' + DOCUMENT + b'"', b"")
    return data.replace(b"r:id=", b'xmlns:q="' + DOCUMENT + b'" q:id=')


def utf_16(name: str, data: bytes) -> bytes:
    if name not in ("xl/workbook.xml", "xl/styles.xml"):
        return data
    return data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


UNUSUAL = {
    "prefixed": prefixed,
    "Strict": strict,
    "absolute targets": absolute,
    "no styles": without_styles,
    "bare styles": bare_styles,
    "no shared strings": without_shared_strings,
    "no defined names": without_names,
    "relations declared late": relations_declared_late,
    "UTF-16": utf_16,
}
unusual = pytest.mark.parametrize("change", UNUSUAL.values(), ids=UNUSUAL)


def in_order(path: Path) -> None:
    """Every element of the parts that a graft writes stands where Excel's schema wants it."""
    orders = {
        "workbook": WORKBOOK_ORDER, "styleSheet": STYLES_ORDER, "worksheet": SHEET_ORDER,
    }  # fmt: skip
    for name, data in parts(path).items():
        if not name.endswith(".xml"):
            continue
        root = Markup(data, name).root
        order = orders.get(root.name)
        if order:
            names = [c.name for c in root.children if c.name != "conditionalFormatting"]
            ranks = [order.index(name) for name in names if name in order]
            assert ranks == sorted(set(ranks)), (name, names)


@unusual
def test_unusual_workbooks(plan, tmp_path, change):
    odd = rewrite(plan, tmp_path / "odd.xlsx", change)
    out, grafted = graft_file(odd, REPLIES, LOG)
    assert_holds(out, REPLIES, LOG)
    in_order(out)
    assert_only(odd, out, set(grafted.parts))
    again, second = graft_file(out, REPLIES, LOG)
    assert (second.parts, second.added) == ({}, {})
    assert_holds(again, REPLIES, LOG)
    if change is bare_styles:  # without the named formats that xfId would point to
        assert "xfId" not in part(out, "xl/styles.xml")
    if change is strict:  # in every part, or Excel repairs it; openpyxl does not read it
        usual = re.compile(MAIN + b"|" + DOCUMENT)
        assert [name for name, data in parts(out).items() if usual.search(data)] == []
    else:
        book = openpyxl.load_workbook(out)
        assert book.sheetnames == ["Plan", "Posts", "Replies", "Change log"]
        assert book["Replies"]["A1"].font.sz == 14
        assert book["Replies"]["A2"].font.name == "Arial"
        assert book["Replies"].print_title_rows == "$4:$4"
        assert book["Posts"]["A1"].font.b is not True


@unusual
def test_unusual_workbooks_made_anew(plan, tmp_path, change):
    """The same where the sheet is there already, in the same unusual words."""
    first, _ = graft_file(plan, REPLIES)
    odd = rewrite(first, tmp_path / "odd.xlsx", change)
    other = replace(REPLIES, notes=(), rows=REPLIES.rows[1:3], title="October")
    out, grafted = graft_file(odd, other)
    assert_holds(out, other)
    in_order(out)
    assert_only(odd, out, set(grafted.parts))
    assert not grafted.added or change is without_styles
    table = Markup(parts(out)["xl/tables/table1.xml"], "table").root
    assert (table.get("ref"), table.get("id")) == ("A2:F4", "1")
    with open_book(out) as book:  # cells under two prefixes would be refused
        book.apply(ChangeSet((CellEdit("Replies", "E3", None, "Keep plan"),)))
        assert book.read("Replies").value("E3") == "Keep plan"


def test_the_order_of_elements_is_that_of_other_programs():
    book = [e for e in WorkbookPackage.__elements__ if e in WORKBOOK_ORDER]
    assert book == [e for e in WORKBOOK_ORDER if e in book]
    styles = [e for e in Stylesheet.__elements__ if e in STYLES_ORDER]
    assert styles == [e for e in STYLES_ORDER if e in styles]
    assert len(book) > 8
    assert len(styles) > 8


def test_a_table_whose_name_is_taken_gets_another(tmp_path):
    def more(book):
        page = book.add_worksheet("Other")
        page.add_table(0, 0, 2, 1, {"name": "REPLIES"})
        book.define_name("Replies_2", "=Plan!$A$1")
        book.define_name("Plan!Replies_3", "=Plan!$A$1")

    path = plan_book(tmp_path / "plan.xlsx", more)
    out, _ = graft_file(path, REPLIES)
    tables = {
        t.displayName: t for page in openpyxl.load_workbook(out) for t in page.tables.values()
    }
    assert sorted(tables) == ["REPLIES", "Replies_4"]
    assert sorted(t.id for t in tables.values()) == [1, 2]
    again, grafted = graft_file(out, REPLIES)  # and is known by it
    assert grafted.parts == {}
    assert_holds(again, REPLIES)


def test_two_new_sheets_with_the_same_table(plan):
    other = replace(LOG, table="replies", hidden=False)
    out, _ = graft_file(plan, REPLIES, other)
    book = openpyxl.load_workbook(out)
    assert list(book["Replies"].tables) == ["Replies"]
    assert list(book["Change log"].tables) == ["replies_2"]
    assert [t.id for page in book for t in page.tables.values()] == [1, 2]


def test_a_chart_sheet_counts_among_the_sheets(tmp_path):
    def more(book):
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Plan!$A$1:$A$3"})
        book.add_chartsheet("Trend").set_chart(chart)
        book.add_worksheet("Last").repeat_rows(1)

    path = plan_book(tmp_path / "plan.xlsx", more)
    out, _ = graft_file(path, REPLIES)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Plan", "Posts", "Trend", "Last", "Replies"]
    assert book["Replies"].print_title_rows == "$4:$4"
    assert book["Last"].print_title_rows == "$2:$2"
    with pytest.raises(OutputError, match="'Trend'"):
        graft(Package(path), [replace(REPLIES, name="TREND")], {})


def test_defined_names_of_other_sheets_stay_theirs(plan):
    out, _ = graft_file(plan, REPLIES, LOG)
    book = openpyxl.load_workbook(out)
    assert book["Plan"].print_title_rows == "$1:$1"
    assert book["Posts"].print_area == "'Posts'!$A$1:$D$4"
    assert book["Change log"].print_title_rows == "$2:$2"
    assert book.defined_names["Statuses"].attr_text == "Plan!$B$2:$B$9"


def test_a_name_with_an_apostrophe(plan):
    sheet = replace(REPLIES, name="Leads' replies")
    out, _ = graft_file(plan, sheet)
    assert_holds(out, sheet)
    assert ">'Leads'' replies'!$4:$4<" in part(out, "xl/workbook.xml")


def test_numbers_of_sheets_and_relations_are_never_used_twice(plan, tmp_path):
    def scattered(name: str, data: bytes) -> bytes:
        if name == "xl/workbook.xml":
            return data.replace(b'sheetId="1"', b'sheetId="77"')
        return data.replace(b'"rId5"', b'"RID40"').replace(b'"rId4"', b'"own"')

    odd = rewrite(plan, tmp_path / "odd.xlsx", scattered)
    out, _ = graft_file(odd, REPLIES, LOG)
    ids = re.findall(r'sheetId="(\d+)"', part(out, "xl/workbook.xml"))
    assert ids == ["77", "2", "78", "79"]
    links = re.findall(r' Id="(\w+)"', part(out, "xl/_rels/workbook.xml.rels"))
    assert links[-2:] == ["rId41", "rId42"]
    assert len({link.lower() for link in links}) == len(links)


def test_parts_of_that_name_are_never_written_over(plan, tmp_path):
    """A part nobody refers to any more, left by another program."""
    odd = tmp_path / "odd.xlsx"
    shutil.copy(plan, odd)
    with zipfile.ZipFile(odd, "a") as package:
        package.writestr("xl/worksheets/Sheet3.xml", "<left/>")
        package.writestr("xl/worksheets/_rels/sheet4.xml.rels", "<left/>")
        package.writestr("xl/tables/table1.xml", "<left/>")
    out, grafted = graft_file(odd, REPLIES)
    assert list(grafted.added)[:2] == ["xl/worksheets/sheet5.xml", "xl/tables/table2.xml"]
    assert_holds(out, REPLIES)


def test_formats_that_the_workbook_does_not_name_are_found(plan, tmp_path):
    def unnamed(name: str, data: bytes) -> bytes:
        return re.sub(rb'<Relationship Id="\w+" Type="[^"]*/styles"[^>]*/>', b"", data)

    odd = rewrite(plan, tmp_path / "odd.xlsx", unnamed)
    out, _ = graft_file(odd, REPLIES)
    assert part(out, "[Content_Types].xml").count("/xl/styles.xml") == 1
    assert openpyxl.load_workbook(out)["Plan"]["C2"].number_format == "d mmm yyyy"
    assert_holds(out, REPLIES)


def test_what_has_changed_in_the_same_write_is_kept(plan):
    package = Package(plan)
    types = package.read("[Content_Types].xml").replace(
        b"</Types>", b'<Default Extension="bin" ContentType="x/y"/></Types>'
    )
    style = b'<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    styles = package.read("xl/styles.xml").replace(b"</cellXfs>", style + b"</cellXfs>")
    overlay = {"[Content_Types].xml": types, "xl/styles.xml": styles}
    out, _ = graft_file(plan, REPLIES, overlay=overlay)
    assert 'Extension="bin"' in part(out, "[Content_Types].xml")
    assert style.decode() in part(out, "xl/styles.xml")
    assert_holds(out, REPLIES)


# -- refusals ----------------------------------------------------------------------------------


def locked(name: str, data: bytes) -> bytes:
    protection = b'<workbookProtection lockStructure="1"/><bookViews>'
    return data.replace(b"<bookViews>", protection) if name == "xl/workbook.xml" else data


def test_a_protected_structure_takes_no_new_sheet(plan, tmp_path):
    odd = rewrite(plan, tmp_path / "odd.xlsx", locked)
    with pytest.raises(OutputError, match=r"odd.xlsx .*'Replies'.*structure is protected.*Review"):
        graft(Package(odd), [REPLIES], {})


def test_a_protected_structure_does_not_keep_a_sheet_from_being_filled(plan, tmp_path):
    first, _ = graft_file(plan, REPLIES)
    odd = rewrite(first, tmp_path / "odd.xlsx", locked)
    other = replace(REPLIES, rows=REPLIES.rows[:1])
    out, _ = graft_file(odd, other)
    assert_holds(out, other)


def test_protection_of_the_windows_alone_is_no_matter(plan, tmp_path):
    def change(name, data):
        return locked(name, data).replace(b"lockStructure", b"lockWindows")

    out, _ = graft_file(rewrite(plan, tmp_path / "odd.xlsx", change), REPLIES)
    assert_holds(out, REPLIES)


def test_a_shared_workbook_of_the_old_kind_takes_no_table(plan, tmp_path):
    relation = b'<Relationship Id="rId9" Type="%s/revisionHeaders" Target="revisions/h.xml"/>'

    def shared(name: str, data: bytes) -> bytes:
        if name != "xl/_rels/workbook.xml.rels":
            return data
        return data.replace(b"</Relationships>", relation % DOCUMENT + b"</Relationships>")

    odd = rewrite(plan, tmp_path / "odd.xlsx", shared)
    with zipfile.ZipFile(odd, "a") as package:
        package.writestr("xl/revisions/h.xml", "<headers/>")
    with pytest.raises(OutputError, match=r"'Replies'.*shared workbook.*Unshare"):
        graft(Package(odd), [REPLIES], {})


def officers_text(book):
    book.add_worksheet("Replies").write(0, 0, "Ring the Head of Finance")


def officers_formula(book):
    book.add_worksheet("Replies").write_formula(4, 4, "=1+1")


def officers_table(book):
    book.add_worksheet("Replies").add_table(0, 0, 3, 3, {"name": "Calls"})


def two_tables(book):
    page = book.add_worksheet("Replies")
    page.add_table(0, 0, 3, 3, {"name": "Replies"})
    page.add_table(0, 7, 3, 9, {"name": "Calls"})


def other_case(book):
    book.add_worksheet("REPLIES").write(0, 0, "Ring the Head of Finance")


@pytest.mark.parametrize(
    "more", [officers_text, officers_formula, officers_table, two_tables, other_case]
)
def test_a_sheet_of_the_officers_own_is_never_written_over(tmp_path, more):
    path = plan_book(tmp_path / "plan.xlsx", more)
    with pytest.raises(OutputError, match=r"(?i)plan.xlsx has a sheet 'Replies' .*another name"):
        graft(Package(path), [REPLIES], {})


def test_a_pivot_table_on_its_sheet_is_not_written_over(plan, tmp_path):
    first, _ = graft_file(plan, REPLIES)

    def pivot(name: str, data: bytes) -> bytes:
        if name != "xl/worksheets/_rels/sheet3.xml.rels":
            return data
        relation = b'<Relationship Id="rId9" Type="%s/pivotTable" Target="/xl/styles.xml"/>'
        return data.replace(b"</Relationships>", relation % DOCUMENT + b"</Relationships>")

    odd = rewrite(first, tmp_path / "odd.xlsx", pivot)
    with pytest.raises(OutputError, match=r"'Replies'.*move the pivot table"):
        graft(Package(odd), [REPLIES], {})


# -- contents made anew ------------------------------------------------------------------------


def dressed(path: Path) -> Path:
    """A workbook with a Replies sheet that an officer has added to, and formulas that count on it."""
    book = xlsxwriter.Workbook(str(path))
    plan = book.add_worksheet("Plan")
    plan.write_formula(0, 0, '=COUNTIF(Replies[Decision],"Keep plan")', None, 1)
    page = book.add_worksheet("Replies")
    page.write(0, 0, "An older title")
    page.add_table(2, 0, 30, 2, {
        "name": "Replies", "style": "Table Style Medium 4", "total_row": True,
        "columns": [{"header": "Ref"}, {"header": "Gone"}, {"header": "Decision"}],
    })  # fmt: skip
    page.write(25, 1, "an older value")
    page.write_url(26, 1, "https://example.org")
    page.merge_range("F40:G41", "far below")
    page.data_validation("B4:B9", {"validate": "list", "source": ["x", "y"]})
    page.conditional_format("A4:A9", {"type": "cell", "criteria": ">", "value": 5, "format": None})
    page.conditional_format("A4:A9", {"type": "data_bar", "data_bar_2010": True})
    page.insert_button("H2", {"macro": "Apply", "caption": "Update plan"})
    page.write_comment("A1", "A note of the officer's")
    page.freeze_panes(3, 1)
    page.set_portrait()
    page.set_paper(8)
    page.set_tab_color("red")
    page.repeat_rows(2)
    page.set_h_pagebreaks([20])
    book.close()
    return path


@pytest.fixture
def anew(tmp_path):
    path = dressed(tmp_path / "plan.xlsx")
    out, grafted = graft_file(path, REPLIES)
    return path, out, grafted


def test_old_contents_go_and_new_ones_come(anew):
    _, out, grafted = anew
    assert_holds(out, REPLIES)
    in_order(out)
    assert not grafted.added
    page = openpyxl.load_workbook(out)["Replies"]
    assert not page.merged_cells.ranges
    assert not page._hyperlinks
    assert not page.conditional_formatting
    assert [str(each.sqref) for each in page.data_validations.dataValidation] == ["E5:E8"]
    assert not page.row_breaks.brk
    xml = part(out, "xl/worksheets/sheet2.xml")
    assert 'ref="A1:F8"' in xml
    assert "x14:conditionalFormatting" not in xml


def test_the_area_that_changed_covers_old_and_new(anew):
    _, _, grafted = anew
    assert grafted.areas == {"Replies": Area(1, 1, 40, 6)}


def test_cells_that_do_not_say_where_they_stand_may_have_stood_anywhere(tmp_path):
    path = dressed(tmp_path / "plan.xlsx")

    def silent(name: str, data: bytes) -> bytes:
        return re.sub(rb'<c r="\w+"', b"<c", data) if name == "xl/worksheets/sheet2.xml" else data

    _, grafted = graft_file(rewrite(path, tmp_path / "odd.xlsx", silent), REPLIES)
    assert grafted.areas == {"Replies": Area(1, 1, 40, 16_384)}


def test_only_the_sheet_its_table_and_what_all_share_change(anew):
    path, out, grafted = anew
    assert set(grafted.parts) == {
        "xl/worksheets/sheet2.xml", "xl/tables/table1.xml", "xl/styles.xml", "xl/workbook.xml"
    }  # fmt: skip
    assert_only(path, out, set(grafted.parts))


def test_the_table_keeps_its_name_and_number_and_looks(anew):
    path, out, _ = anew
    old = openpyxl.load_workbook(path)["Replies"].tables["Replies"]
    table = openpyxl.load_workbook(out)["Replies"].tables["Replies"]
    assert (table.id, table.name, table.displayName) == (old.id, old.name, old.displayName)
    assert table.tableStyleInfo == old.tableStyleInfo
    assert table.ref == table.autoFilter.ref == "A4:F8"
    assert not table.totalsRowCount
    assert [c.name for c in table.tableColumns] == [c.heading for c in REPLIES.columns]
    assert [c.id for c in table.tableColumns] == [1, 4, 5, 6, 3, 7]  # Ref and Decision stay


def test_buttons_comments_and_print_settings_stay(anew):
    path, out, _ = anew
    before, after = part(path, "xl/worksheets/sheet2.xml"), part(out, "xl/worksheets/sheet2.xml")
    for tag in ("legacyDrawing", "pageMargins", "pageSetup", "sheetPr", "tableParts"):
        kept = re.search(rf"<{tag}\b.*?(?:/>|</{tag}>)", before)[0]
        assert kept in after
    page = openpyxl.load_workbook(out)["Replies"]
    assert page.page_setup.orientation == "portrait"
    assert page["A1"].comment.text == "A note of the officer's"


def test_the_headings_stay_frozen_and_repeated_where_they_have_come_to_stand(anew):
    _, out, _ = anew
    page = openpyxl.load_workbook(out)["Replies"]
    assert page.freeze_panes == "B5"
    assert page.print_title_rows == "$4:$4"


def test_what_the_officer_took_off_is_not_put_back(tmp_path):
    """No frozen headings, no repeated ones, no filter buttons: so the officer wants it."""
    path = dressed(tmp_path / "plan.xlsx")

    def plain(name: str, data: bytes) -> bytes:
        if name == "xl/workbook.xml":
            return re.sub(rb"<definedNames>.*</definedNames>", b"", data)
        data = re.sub(rb"<pane [^>]*/>", b"", data)
        return re.sub(rb"<autoFilter [^>]*/>", b"", data) if "tables" in name else data

    out, _ = graft_file(rewrite(path, tmp_path / "odd.xlsx", plain), REPLIES)
    page = openpyxl.load_workbook(out)["Replies"]
    assert page.freeze_panes is None
    assert page.print_title_rows is None
    assert page.tables["Replies"].autoFilter is None
    assert_holds(out, REPLIES)


def test_a_filter_that_was_set_is_taken_off(tmp_path):
    """The rows it hid are gone; it would hide new ones, or say that it does."""
    path = dressed(tmp_path / "plan.xlsx")
    inner = (
        b'<filterColumn colId="1"><filters><filter val="x"/></filters></filterColumn></autoFilter>'
        b'<sortState ref="A4:C30"><sortCondition ref="B4:B30"/></sortState>'
    )

    def filtered(name: str, data: bytes) -> bytes:
        return (
            re.sub(rb"(<autoFilter [^>]*)/>", rb"\1>" + inner, data) if "tables" in name else data
        )

    out, _ = graft_file(rewrite(path, tmp_path / "odd.xlsx", filtered), REPLIES)
    table = part(out, "xl/tables/table1.xml")
    assert '<autoFilter ref="A4:F8"/>' in table
    assert "filterColumn" not in table
    assert "sortState" not in table
    assert not re.search(r"<row [^>]*hidden", part(out, "xl/worksheets/sheet2.xml"))


def test_a_sheet_that_was_unhidden_stays_so(plan):
    out, _ = graft_file(plan, LOG)
    seen = rewrite(
        out, out.with_name("seen.xlsx"), lambda _, data: data.replace(b' state="hidden"', b"")
    )
    again, _ = graft_file(seen, replace(LOG, title="Changes"))
    assert openpyxl.load_workbook(again)["Change log"].sheet_state == "visible"
    assert_holds(again, replace(LOG, title="Changes"))


def test_the_name_of_the_sheet_stays_as_the_workbook_spells_it(plan):
    out, _ = graft_file(plan, REPLIES)
    other = replace(REPLIES, name="REPLIES", table="REPLIES", notes=())
    again, grafted = graft_file(out, other)
    assert grafted.names == ("Replies",)
    assert list(grafted.areas) == ["Replies"]
    book = openpyxl.load_workbook(again)
    assert book.sheetnames == ["Plan", "Posts", "Replies"]
    assert book["Replies"].print_title_rows == "$2:$2"


def blank(book):
    book.add_worksheet("Replies")


def blank_with_a_button(book):
    page = book.add_worksheet("Replies")
    page.insert_button("H2", {"macro": "Apply"})
    page.set_tab_color("red")
    page.write_blank(3, 3, None, book.add_format({"bold": True}))
    page.activate()


def blank_with_print_titles(book):
    book.add_worksheet("Replies").repeat_rows(0)


@pytest.mark.parametrize("more", [blank, blank_with_a_button, blank_with_print_titles])
def test_an_empty_sheet_of_that_name_is_filled_and_dressed(tmp_path, more):
    path = plan_book(tmp_path / "plan.xlsx", more)
    out, _ = graft_file(path, REPLIES)
    assert_holds(out, REPLIES)
    in_order(out)
    book = openpyxl.load_workbook(out)
    page = book["Replies"]
    assert page.tables["Replies"].ref == "A4:F8"
    assert page.freeze_panes == "A5"
    assert page.print_title_rows == "$4:$4"
    assert part(out, "xl/workbook.xml").count('"_xlnm.Print_Titles" localSheetId="2"') == 1
    assert page.page_setup.orientation == "landscape"
    assert page.sheet_properties.pageSetUpPr.fitToPage
    active = "Replies" if more is blank_with_a_button else "Plan"
    assert [p.title for p in book if p.sheet_view.tabSelected] == [active]
    assert ("legacyDrawing" in part(out, "xl/worksheets/sheet3.xml")) is (active == "Replies")
    links = part(out, "xl/worksheets/_rels/sheet3.xml.rels")
    assert ("vmlDrawing" in links) is (active == "Replies")
    _, second = graft_file(out, REPLIES)
    assert (second.parts, second.added) == ({}, {})


def test_a_sheet_of_many_rows_is_quickly_made_and_made_anew(plan):
    rows = tuple((n, datetime(2017, 9, 30, 16, 5), f"value {n}") for n in range(5_000))
    began = time.perf_counter()
    out, _ = graft_file(plan, replace(LOG, rows=rows))
    again, _ = graft_file(out, replace(LOG, rows=rows[::-1]))
    assert time.perf_counter() - began < 20  # a second or two where nothing else runs
    assert_holds(again, replace(LOG, rows=rows[::-1]))


# -- the workbooks of other programs -----------------------------------------------------------


def real_files() -> list[Path]:
    found = sorted(FILES.glob("*.xls?")) + sorted(FILES.glob("*.xlt?"))
    assert len(found) > 100 or not FILES.exists()
    return found


def readable(path: Path, name: str) -> Grid | None:
    """A sheet by agsxl's own reader, None where it does not read the workbook at all."""
    try:
        with open_book(path) as book:
            return book.read(name or book.sheets()[0])
    except (AgsxlError, IndexError):
        return None


@pytest.mark.real
def test_every_real_workbook_takes_the_sheets_or_is_refused_in_a_sentence(tmp_path, request):
    """A sample of them; all where the run is asked for every file."""
    every = request.config.getoption("--every-file")
    taken, refused = 0, []
    for path in real_files()[:: 1 if every else 6]:
        copy = tmp_path / path.name
        shutil.copy(path, copy)
        try:
            package = Package(copy)
            package.refuse_writing()
        except AgsxlError:
            continue
        try:
            out, grafted = graft_file(copy, REPLIES, LOG)
        except AgsxlError as why:
            refused.append(str(why))
            continue
        assert_only(copy, out, set(grafted.parts))
        assert len(grafted.parts) <= 4
        _, second = graft_file(out, REPLIES, LOG)
        assert (second.parts, second.added) == ({}, {}), path.name
        if readable(copy, "") is not None:
            assert_holds(out, REPLIES, LOG)
        book = opened(out)
        if book is not None and opened(copy).sheetnames:
            assert book["Replies"]["F6"].data_type == "s"
            assert book["Replies"]["F6"].value == "=1+1"
            assert book["Change log"].sheet_state == "hidden"
        taken += 1
    assert taken > (120 if every else 15)
    reasons = ("structure is protected", "shared workbook", "is damaged")
    assert all(any(reason in why for reason in reasons) for why in refused)
    assert not every or all(any(reason in why for why in refused) for reason in reasons)


def opened(path: Path) -> Any:
    """By openpyxl; None where it cannot open such a workbook, whoever wrote it."""
    try:
        return openpyxl.load_workbook(path)
    except Exception:
        with pytest.raises(Exception):  # noqa: B017 - whatever it says, it says of the original too
            openpyxl.load_workbook(path.with_name(path.name.removeprefix("grafted-")))
        return None


@pytest.mark.real
def test_the_order_of_elements_is_that_of_excel():
    seen, wrong = set(), []
    for path in real_files():
        try:
            package = Package(path)
            package.refuse_writing()
        except AgsxlError:
            continue
        for name in package.parts():
            if not name.endswith(".xml") or package.content_type(name).startswith("image"):
                continue
            data = package.read(name)
            if not re.search(rb"<(\w+:)?(worksheet|styleSheet|workbook)[\s>]", data[:2000]):
                continue
            root = Markup(data, name).root
            order = {
                "worksheet": SHEET_ORDER,
                "styleSheet": STYLES_ORDER,
                "workbook": WORKBOOK_ORDER,
            }
            names = [c.name for c in root.children if c.name in order.get(root.name, ())]
            ranks = [order[root.name].index(n) for n in names]
            if ranks != sorted(ranks):
                wrong.append(path.name)
            seen |= set(names)
    assert wrong == ["TestIssue186_Template2-eb1313.xlsx"]  # of which Excel wrote only the template
    assert len(seen) > 40


# -- LibreOffice -------------------------------------------------------------------------------


def by_libreoffice(folder: Path, *paths: Path) -> dict[Path, Any]:
    """Each workbook as LibreOffice saves it again, opened."""
    out = folder / "office"
    out.mkdir()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
         "--convert-to", "xlsx", "--outdir", str(out), *map(str, paths)],
        check=True, timeout=240, capture_output=True,
    )  # fmt: skip
    return {path: openpyxl.load_workbook(out / f"{path.stem}.xlsx") for path in paths}


def assert_shown(book: Any, name: str) -> None:
    page = book["Replies"]
    assert page["A1"].value == REPLIES.title, name
    assert page["F6"].value == "=1+1", name
    assert page["F6"].data_type == "s", name
    assert page["D6"].value == datetime(2018, 3, 31), name
    assert page["D6"].number_format.lower() == "dd/mm/yyyy", name
    assert [table.ref for table in page.tables.values()] == ["A4:F8"], name
    assert page["A1"].font.sz == 14, name
    assert page["A2"].font.name == "Arial", name
    assert [str(v.sqref) for v in page.data_validations.dataValidation] == ["E5:E8"], name
    assert book["Change log"].sheet_state == "hidden", name
    assert book["Change log"]["B3"].value == datetime(2017, 9, 30, 16, 5), name


@pytest.mark.office
def test_libreoffice_shows_the_sheets(plan, tmp_path):
    """Whatever kind of workbook they were put into, with their table, and nothing repaired away."""
    made = {}
    for name, change in {"plain": lambda _, data: data, **UNUSUAL}.items():
        odd = rewrite(plan, tmp_path / f"{name.replace(' ', '-')}.xlsx", change)
        made[graft_file(odd, REPLIES, LOG)[0]] = name
    made[graft_file(dressed(tmp_path / "anew.xlsx"), REPLIES, LOG)[0]] = "made anew"
    for path, book in by_libreoffice(tmp_path, *made).items():
        assert_shown(book, made[path])


@pytest.mark.real
@pytest.mark.office
def test_libreoffice_shows_the_sheets_in_real_workbooks(tmp_path):
    """Some of each kind: pivots, form controls, several tables, conditional formats, 1904 dates."""
    kinds = ("ExcelPivot", "FileWithButton", "Tables-", "Date1904", "SimpleStrict", "BasicTable")
    made = []
    for path in real_files():
        if path.name.startswith(kinds):
            shutil.copy(path, tmp_path / path.name)
            made.append(graft_file(tmp_path / path.name, REPLIES, LOG)[0])
    assert len(made) == len(kinds)
    for path, book in by_libreoffice(tmp_path, *made).items():
        assert_shown(book, path.name)
