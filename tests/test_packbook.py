"""The pack as a workbook: everything of the pages in it, readable by everybody, its charts right."""

from __future__ import annotations

import io
import itertools
import os
import re
import subprocess
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.worksheet.table import Table as ExcelTable

from agsxl.errors import OutputError
from agsxl.pages import (
    Bars,
    Column,
    Line,
    Pages,
    Section,
    Series,
    Table,
    Tone,
    Toned,
    Trend,
)
from agsxl.report import charts, placing
from agsxl.report.charts import (
    DUE_THEN,
    LOOKS,
    MOST_LINES,
    PATTERNS,
    REPORTING_DATE,
    TINTS,
    TONES,
    chart_size,
    chart_table,
    chart_workbook,
)
from agsxl.report.packbook import CONTENTS, FILL_IN, write_packbook
from agsxl.report.sheets import writable
from tests.accessible import contrast, drawings_of, faults_of_workbook, fill_of
from tests.files import by_office

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MARCH, JUNE, SEPTEMBER = date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)
THEMES = ("Ethics & standards", "Partnership <governance>", "Financial management")
ODD = "=1+1 & <b>bold</b> ]]>\nsecond line\t\u202eright to left\u202c \U0001f600"

FIGURES = Table(
    "Figures", "How the plan stands",
    (Column("Figure", 26), Column("30 September 2026", 12), Column("Change", 12)),
    (
        ("Milestones", 1234, "+1"),
        (Toned("Complete", Tone.GOOD), 21, "no change"),
        (Toned("Overdue", Tone.LATE), 7, "not known"),
        ("Median slippage in days", 41.5, "+2"),
    ),
    "",
)  # fmt: skip
EXTENSIONS = Table(
    "Extensions", "Extensions asked for",
    (Column("Ref", 6), Column("Milestone", 36), Column("Proposed date", 12), Column("Decision", 16, True)),
    (("B4", ODD, date(2027, 1, 31), ""), ("C1", "Adopt the code", "not known", "")),
    "Nobody asks for a later date.",
)  # fmt: skip
BARS = Bars(
    "Milestones by theme", "Bars: Ethics & standards, 5 complete, 2 overdue", THEMES,
    (
        Series("Complete", Tone.GOOD, (5, 4, 0)), Series("Overdue", Tone.LATE, (2, 0, 1)),
        Series("Due soon", Tone.SOON, (1, 1, 1)), Series("No date", Tone.FAINT, (0, 1, 2)),
    ),
)  # fmt: skip
THEMED = Table(
    "Themes", "Progress by theme",
    (Column("Theme", 30), Column("Milestones", 11), *(Column(s.name, 10) for s in BARS.series)),
    (
        *((theme, 0, *(s.counts[n] for s in BARS.series)) for n, theme in enumerate(THEMES)),
        ("All themes", 0, *(sum(s.counts) for s in BARS.series)),
    ),
    "", total=True,
)  # fmt: skip
TREND = Trend(
    "Milestone trend", "Target dates at three reporting dates: B4 rose",
    (MARCH, JUNE, SEPTEMBER),
    (
        Line("B4", (JUNE, SEPTEMBER, date(2027, 1, 31))),
        Line("A1", (JUNE, JUNE, None), completed=True),
        Line("C2", (date(2026, 12, 31), None, date(2026, 12, 31))),
        Line("D1", (None, None, None)),
    ),
)  # fmt: skip
TRENDING = Table(
    "TrendDates", "Target dates at each reporting date",
    (Column("Ref", 8), Column("31 March 2026", 12), Column("30 June 2026", 12), Column("30 September 2026", 12)),
    tuple((line.name, *(day or "none" for day in line.targets)) for line in TREND.lines),
    "",
)  # fmt: skip
PAGES = Pages(
    "Governance action plan 2026/27", "Report to the committee on 30 September 2026",
    "Wexcombe Borough Council", SEPTEMBER,
    (("Reporting date", "30 September 2026"), ("Plan", "action-plan.xlsm, sheet Plan")),
    (
        Section("summary", "What matters", "What matters",
                tuple(f"Sentence {n} of what matters." for n in range(1, 6)), FIGURES, points=True),
        Section("extensions", "Extensions asked for", "Extensions", ("Two are asked for.",), EXTENSIONS,
                decision=True),
        Section("missing", "Complete without evidence", "No evidence", ("An auditor asks for it.",),
                Table("Missing", "Complete without evidence", (Column("Ref", 6), Column("Milestone", 50)), (),
                      "Every complete milestone says what shows it.")),
        Section("themes", "Progress by theme", "By theme", ("Each is counted once.",), THEMED, BARS),
        Section("trend", "Milestone trend", "Trend", ("A line that rises is slipping.",), TRENDING, TREND),
        Section("rules", "Data queries switched off", "Switched off", ("None is.", "All are on.")),
        Section("drawn", "Drawn only", "Drawn only", ("A chart without a table.",), None, BARS),
    ),
)  # fmt: skip


def with_section(**changes) -> Pages:
    """A pack of one section."""
    return replace(PAGES, sections=(replace(PAGES.sections[1], **changes),))


def written(folder: Path, pages: Pages = PAGES) -> Path:
    return write_packbook(folder / "report.xlsx", pages)


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def book(pack):
    return openpyxl.load_workbook(pack)


def rows_of(page) -> list[list]:
    """The cells of a sheet's table, its headings first."""
    (table,) = page.tables.values()
    return [list(line) for line in page[table.ref]]


def above(page) -> list[str]:
    """The texts above a sheet's table, the title first."""
    first = rows_of(page)[0][0].row
    return [page.cell(row, 1).value for row in range(1, first)]


# -- everything is there -----------------------------------------------------------------------


def test_the_first_sheet_says_what_the_pack_is_and_leads_to_each_part(book):
    page = book.worksheets[0]
    assert page.title == CONTENTS
    assert above(page) == [
        "Governance action plan 2026/27", "Wexcombe Borough Council", "Report to the committee on 30 September 2026",
        "Reporting date: 30 September 2026", "Plan: action-plan.xlsm, sheet Plan",
    ]  # fmt: skip
    assert [[cell.value for cell in line] for line in rows_of(page)] == [
        ["Part", "Sheet", "For", "What it says"],
        ["What matters", "What matters", "Information",
         "Sentence 1 of what matters.\nSentence 2 of what matters.\nSentence 3 of what matters.\n"
         "2 sentences more on its sheet."],
        ["Extensions asked for", "Extensions", "Decision", "Two are asked for."],
        ["Complete without evidence", "No evidence", "Information", "An auditor asks for it."],
        ["Progress by theme", "By theme", "Information", "Each is counted once."],
        ["Milestone trend", "Trend", "Information", "A line that rises is slipping."],
        ["Data queries switched off", "on this sheet", "Information", "None is.\nAll are on."],
        ["Drawn only", "Drawn only", "Information", "A chart without a table."],
        ["Milestone trend: chart data", "Trend chart data", "Information",
         "The dates and figures that the chart draws."],
    ]  # fmt: skip
    links = {line[1].value: line[1].hyperlink for line in rows_of(page)[1:]}
    assert {name: link.location for name, link in links.items() if link} == {
        name: f"'{name}'!A1" for name in book.sheetnames[1:]
    }


def test_every_sentence_heading_caption_and_cell_stands_on_a_sheet(book):
    for section in PAGES.sections[:5]:
        page = book[section.sheet]
        said = " ".join(above(page))
        assert page["A1"].value == section.heading
        assert all(sentence in said for sentence in section.sentences)
        assert section.table is not None and section.table.caption in said
        headings, *rows = rows_of(page)
        assert [cell.value for cell in headings] == [c.heading for c in section.table.columns]
        assert page.tables.keys() == {section.table.name}
        if not section.table.rows:
            assert rows[0][0].value == section.table.nothing
            continue
        for line, cells in zip(rows, section.table.rows, strict=True):
            for cell, value in zip(line, cells, strict=True):
                assert cell.value == as_read(value), cell.coordinate


def as_read(value):
    """A cell of the pages as a workbook gives it back."""
    if isinstance(value, Toned):
        return value.text
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return None if value == "" else value


def test_dates_are_dates_and_figures_are_figures(book):
    row = rows_of(book["Extensions"])[1]
    assert row[2].is_date and row[2].number_format == "dd/mm/yyyy"
    assert rows_of(book["Extensions"])[2][2].data_type == "s"
    figures = rows_of(book["What matters"])
    assert [line[1].data_type for line in figures[1:]] == ["n"] * 4
    assert figures[1][1].number_format == "#,##0_ "
    assert figures[4][1].number_format == "#,##0.0_ "


def test_a_tone_is_a_tint_under_words(book):
    tinted = {line[0].value: fill_of(line[0]) for line in rows_of(book["What matters"])[1:]}
    assert tinted == {
        "Milestones": "", "Complete": TINTS[Tone.GOOD], "Overdue": TINTS[Tone.LATE],
        "Median slippage in days": "",
    }  # fmt: skip


def test_what_the_committee_fills_in_is_empty_tinted_and_explained(book):
    page = book["Extensions"]
    headings, *rows = rows_of(page)
    assert headings[3].value == "Decision" and "fill in" in headings[3].number_format
    assert [line[3].value for line in rows] == [None, None]
    assert all(fill_of(line[3]) == "#E4F1FA" for line in rows)
    assert FILL_IN in above(page) and "The committee is asked to decide on this." in above(page)
    assert FILL_IN not in above(book["Trend"])


def test_only_the_row_that_sums_stands_out(book):
    bold = [line[0].font.bold for line in rows_of(book["By theme"])]
    assert bold == [True, False, False, False, True]  # the headings, and the last row
    assert not any(line[0].font.bold for line in rows_of(book["What matters"])[1:])
    (table,) = book["By theme"].tables.values()
    assert not table.totalsRowCount  # a row like the others: it is right without Excel


def test_a_long_sentence_is_divided_and_nothing_of_it_is_lost(tmp_path):
    long = " ".join(f"word{n}" for n in range(900))
    page = openpyxl.load_workbook(written(tmp_path, with_section(sentences=(long,))))["Extensions"]
    lines = above(page)
    assert max(map(len, lines)) <= 115
    assert long in " ".join(lines)


def test_the_lines_of_a_sentence_stay_lines(tmp_path):
    pages = with_section(sentences=("First line\nsecond line",))
    page = openpyxl.load_workbook(written(tmp_path, pages))["Extensions"]
    assert above(page)[1:3] == ["First line", "second line"]


def test_with_much_above_a_table_the_screen_is_left_to_scroll(tmp_path):
    for count, frozen in ((12, "A18"), (15, "A21"), (16, None)):
        sentences = tuple(f"Sentence {n}." for n in range(count))
        path = written(tmp_path, with_section(sentences=sentences))
        assert openpyxl.load_workbook(path)["Extensions"].freeze_panes == frozen
        assert faults_of_workbook(path) == []


def test_a_table_without_rows_says_so_in_a_column_wide_enough(book):
    page = book["No evidence"]
    assert page.column_dimensions["A"].width >= 40
    assert page.row_dimensions[rows_of(page)[1][0].row].height in (None, 15.0, 15.75)
    assert book["Extensions"].column_dimensions["A"].width < 10


@pytest.mark.parametrize(
    "text",
    [ODD, "=HYPERLINK(\"http://x\")", "http://example.invalid", "00123", "#N/A", "x" * 5000, "Ethics!A1",
     "<r>a</r>", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "_x0041_"],
)  # fmt: skip
def test_text_stays_text_wherever_it_stands(tmp_path, text):
    table = Table(
        "Odd", text, (Column("Ref", 8), Column("Text", 30)), (("A1", Toned(text, Tone.LATE)),), ""
    )
    lines = (Line(text, (JUNE, JUNE)), Line(text, (JUNE, SEPTEMBER), completed=True))
    pages = Pages(
        text, text, text, SEPTEMBER, ((text, text),),
        (
            Section("a", text, text, (text,), table, replace(BARS, title=text, alt=text, categories=(text,) * 3)),
            Section("b", text, text, (text,), None, Trend(text, text, (MARCH, JUNE), lines)),
            Section("c", text, "Words", (text,)),
        ),
    )  # fmt: skip
    path = written(tmp_path, pages)
    book = openpyxl.load_workbook(path)
    cells = [cell for page in book.worksheets for line in page.iter_rows() for cell in line]
    assert not any(cell.data_type in "fe" for cell in cells)
    front = book.worksheets[0]
    assert front["A1"].value == decoded(writable(text))
    assert rows_of(front)[-2][3].value == decoded(writable(text))
    assert rows_of(book.worksheets[1])[1][1].value == decoded(writable(text))
    # A tab in an attribute is read as a space.
    assert {d.words for d in drawings_of(path)} == {decoded(writable(text)).replace("\t", " ")}
    with zipfile.ZipFile(path) as package:
        assert not any("externalLink" in name for name in package.namelist())
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(package.read(name))


def decoded(text: str) -> str:
    return text.replace("\r\n", "\n")


def test_control_characters_are_left_out(tmp_path):
    path = written(tmp_path, with_section(heading="a\x07b\x00c", sentences=("d\x1be",)))
    page = openpyxl.load_workbook(path)["Extensions"]
    assert above(page)[:2] == ["abc", "de"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (("Contents", "contents"), ["Contents (2)", "contents (3)"]),
        (("A/B: [x]", "History"), ["A B x", "History (2)"]),
        (("x" * 40, "x" * 31), ["x" * 31, "x" * 27 + " (2)"]),
        (("", "  "), ["No name", "No name (2)"]),
    ],
)
def test_sheets_get_names_that_excel_accepts(tmp_path, wanted, names):
    sections = tuple(
        replace(PAGES.sections[n], sheet=name) for n, name in zip((0, 4), wanted, strict=True)
    )
    path = written(tmp_path, replace(PAGES, sections=sections))
    found = openpyxl.load_workbook(path).sheetnames
    assert found[:3] == ["Contents", *names] and found[3] == f"{names[1][:20]} chart data"
    assert faults_of_workbook(path) == []
    assert drawings_of(path)[0].title == TREND.title


def test_a_sheet_may_be_called_like_one_of_chart_data(tmp_path):
    own = replace(PAGES.sections[0], sheet="Trend chart data")
    path = written(tmp_path, replace(PAGES, sections=(own, PAGES.sections[4])))
    names = openpyxl.load_workbook(path).sheetnames
    assert names == ["Contents", "Trend chart data", "Trend", "Trend chart data (2)"]


def test_a_table_of_the_pack_may_have_any_name(tmp_path):
    names = iter(("contents", "ChartData2"))
    sections = tuple(
        replace(section, table=replace(section.table, name=next(names)))
        for section in (PAGES.sections[0], PAGES.sections[4])
    )
    book = openpyxl.load_workbook(written(tmp_path, replace(PAGES, sections=sections)))
    found = [name for page in book.worksheets for name in page.tables]
    assert len(found) == 4 == len({name.casefold() for name in found})
    assert {"contents", "ChartData2"} < set(found)


def test_a_pack_with_nothing_in_it_says_so(tmp_path):
    path = written(tmp_path, replace(PAGES, sections=(), about=()))
    book = openpyxl.load_workbook(path)
    assert rows_of(book[CONTENTS])[1][0].value == "There is nothing in this pack."
    assert faults_of_workbook(path) == []


def test_a_part_without_a_sentence_is_named_by_its_table_or_chart(tmp_path):
    sections = tuple(replace(section, sentences=()) for section in PAGES.sections)
    book = openpyxl.load_workbook(written(tmp_path, replace(PAGES, sections=sections)))
    said = [line[3].value for line in rows_of(book[CONTENTS])[1:]]
    assert said[0] == "How the plan stands"
    assert said[5:7] == ["Nothing more is said.", "Milestones by theme"]


def test_the_first_sheet_shows_all_that_stands_on_no_other(tmp_path):
    many = tuple(f"Rule {n} is switched off because " + "so " * 20 for n in range(40))
    rules, matters = (
        replace(PAGES.sections[5], sentences=many),
        replace(PAGES.sections[0], sentences=many),
    )
    long = replace(PAGES.sections[1], sentences=("word " * 1000,))
    book = openpyxl.load_workbook(
        written(tmp_path, replace(PAGES, sections=(rules, matters, long)))
    )
    rows = [[cell.value for cell in line] for line in rows_of(book[CONTENTS])[1:]]
    assert [row[3] for row in rows[:40]] == list(many) and {row[0] for row in rows[:40]} == {
        rules.heading
    }
    assert rows[40][3].endswith("\n37 sentences more on its sheet.")
    assert rows[41][3].endswith("word…") and len(rows) == 42
    heights = [
        book[CONTENTS].row_dimensions[line[0].row].height or 15 for line in rows_of(book[CONTENTS])
    ]
    assert max(heights) < 400  # Excel has no row higher than 409 points


# -- for everybody -----------------------------------------------------------------------------


def many_rows() -> Pages:
    lines = tuple(
        Line(f"Z{n}", (JUNE, SEPTEMBER + timedelta(n), SEPTEMBER + timedelta(2 * n)), n % 7 == 0)
        for n in range(300)
    )
    table = replace(TRENDING, rows=tuple((line.name, *line.targets) for line in lines))
    return replace(
        PAGES,
        sections=(replace(PAGES.sections[4], table=table, chart=replace(TREND, lines=lines)),),
    )


EVERY_KIND = {
    "everything": PAGES,
    "many rows": many_rows(),
    "one reporting date": replace(
        PAGES,
        sections=(
            replace(
                PAGES.sections[4],
                chart=Trend("T", "One date", (JUNE,), (Line("A", (JUNE,)), Line("B", (MARCH,), True))),
            ),
        ),
    ),
    "nothing to draw": replace(
        PAGES,
        sections=tuple(
            replace(PAGES.sections[6], key=key, chart=chart)
            for key, chart in (
                ("bars", Bars("No bars", "Nothing to show", (), ())),
                ("trend", Trend("No trend", "Nothing to show", (), ())),
                ("undated", Trend("No dates", "Nothing to show", (JUNE,), (Line("A", (None,)),))),
            )
        ),
    ),
    "long texts": with_section(
        sentences=("word " * 1000,),
        table=replace(EXTENSIONS, rows=(("A1", "word " * 1000, JUNE, ""),) * 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("pages", EVERY_KIND.values(), ids=EVERY_KIND)
def test_the_workbook_can_be_read_by_everybody(tmp_path, pages):
    assert faults_of_workbook(written(tmp_path, pages)) == []


def broken(change):
    """A fault put into a good workbook with openpyxl, on its sheet "Extensions"."""

    def put(path: Path) -> None:
        book = openpyxl.load_workbook(path)
        change(book, book["Extensions"])
        book.save(path)

    return put


def replaced(part: str, old: str, new: str):
    """A fault put into a part of a good workbook."""

    def put(path: Path) -> None:
        with zipfile.ZipFile(path) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        text = parts[part].decode()
        assert old in text, text[:1000]
        parts[part] = text.replace(old, new).encode()
        with zipfile.ZipFile(path, "w") as package:
            for name, data in parts.items():
                package.writestr(name, data)

    return put


def added(part: str):
    def put(path: Path) -> None:
        with zipfile.ZipFile(path, "a") as package:
            package.writestr(part, b"x")

    return put


def set_cell(address, value):
    return broken(lambda book, page: page.__setitem__(address, value))


def second_table(book, page):
    page["H20"], page["H21"] = "More", "x"
    page.add_table(ExcelTable(displayName="Another", ref="H20:H21"))


def rename_table(book, page):
    table = page.tables.pop("Extensions")
    table.displayName = table.name = "Table1"
    page.add_table(table)


def no_heading_row(book, page):
    page.tables["Extensions"].headerRowCount = 0


def blank_row(book, page):
    for cell in rows_of(page)[2]:
        cell.value = None


def blank_column(book, page):
    for line in rows_of(page)[1:]:
        line[2].value = None


def blank_unexplained(book, page):
    for row in range(1, 7):
        page.cell(row, 1).value = str(page.cell(row, 1).value).replace("empty", "open")


def paint(address, colour):
    def change(book, page):
        page[address].fill = openpyxl.styles.PatternFill("solid", fgColor=colour)

    return change


def unwrap(book, page):
    page["B7"].alignment = openpyxl.styles.Alignment(wrap_text=False)


def link(place):
    def change(book, page):
        page["A5"].hyperlink = openpyxl.worksheet.hyperlink.Hyperlink(ref="A5", location=place)

    return change


BAD = {
    "It may hold macros.": added("xl/vbaProject.bin"),
    "It holds links to other workbooks, or pictures.": added("xl/media/image1.png"),
    "It has no title.": broken(lambda book, page: setattr(book.properties, "title", " ")),
    "It does not say its language.": broken(lambda book, page: setattr(book.properties, "language", None)),
    "The first sheet is not the one that opens.": broken(lambda book, page: setattr(book, "active", 2)),
    "Sheet2: Its name does not say what it holds.": broken(lambda book, page: setattr(page, "title", "Sheet2")),
    "Extensions: It is hidden.": broken(lambda book, page: setattr(page, "sheet_state", "hidden")),
    "Notes: It is empty.": broken(lambda book, page: book.create_sheet("Notes")),
    "Extensions: Rows or columns are hidden.": broken(
        lambda book, page: setattr(page.column_dimensions["B"], "hidden", True)),
    "Extensions: Cells are merged.": broken(lambda book, page: page.merge_cells("A2:D2")),
    "Extensions: A1 is not its title.": set_cell("A1", 7),
    "Extensions: It does not open at A1.": broken(
        lambda book, page: setattr(page.sheet_view.selection[-1], "activeCell", "C9")),
    "Extensions: It has 2 tables and not one.": broken(second_table),
    "Extensions: It has 0 tables and not one.": broken(lambda book, page: page.tables.clear()),
    "Extensions: Its table's name does not say what it holds.": broken(rename_table),
    "Extensions: Its table has no row of headings.": broken(no_heading_row),
    "Extensions: A heading is empty.": set_cell("C6", None),
    "Extensions: Two headings are the same.": set_cell("C6", "MILESTONE"),
    "Extensions: There are blank rows or columns before the table.": set_cell("A3", None),
    "Extensions: A row of its table is blank.": broken(blank_row),
    "Extensions: The column 'Proposed date' of its table is blank.": broken(blank_column),
    "Extensions: Blank cells are not explained.": broken(blank_unexplained),
    "Extensions: F8 stands outside its table.": set_cell("F8", "also"),
    "Extensions: A30 stands outside its table.": set_cell("A30", "also"),
    "Extensions: Its headings do not stay in sight.": broken(lambda book, page: setattr(page, "freeze_panes", "B2")),
    "Extensions: Its headings are not on every printed page.": broken(
        lambda book, page: setattr(page, "print_title_rows", "1:1")),
    "Extensions: It is not printed landscape and as wide as the paper.": broken(
        lambda book, page: setattr(page.page_setup, "orientation", "portrait")),
    "Extensions: Text is not wrapped.": broken(unwrap),
    "Extensions: C7 says something by its colour alone.": broken(paint("C7", "FFF0C8")),
    "Extensions: B7 is hard to read on its colour.": broken(paint("B7", "7F1010")),
    "Extensions: The link at A5 leads nowhere.": broken(link("'Nowhere'!A1")),
    "Extensions: The link at A5 does not say where it leads.": set_cell("A5", "click here"),
    "By theme: A chart is not described in words.": replaced("xl/drawings/drawing1.xml", "descr=", "title="),
    "By theme: A picture or shape is not a chart.": replaced(
        "xl/drawings/drawing1.xml", "c:chart xmlns:c", "c:other xmlns:c"),
    "By theme: A chart has no title.": replaced("xl/charts/chart1.xml", "<a:t>Milestones by theme</a:t>", "<a:t/>"),
    "By theme: A chart covers cells.": replaced("xl/drawings/drawing1.xml", "<xdr:row>10<", "<xdr:row>8<"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_the_checklist_finds_each_fault(tmp_path, fault):
    path = written(tmp_path)
    BAD[fault](path)
    assert fault in faults_of_workbook(path)


def test_the_checklist_finds_nothing_in_a_good_workbook_saved_by_another_library(tmp_path):
    path = written(tmp_path, replace(PAGES, sections=PAGES.sections[:3]))  # it spoils charts
    broken(lambda book, page: None)(path)
    assert faults_of_workbook(path) == []


# -- one file, whole, and the same each time ---------------------------------------------------


def test_the_same_pages_give_the_same_bytes(tmp_path, monkeypatch):
    first = written(tmp_path).read_bytes()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert written(tmp_path).read_bytes() == first
    assert written(tmp_path, replace(PAGES, as_of=JUNE)).read_bytes() != first


def test_its_properties_say_what_it_is(book):
    found = book.properties
    assert (
        found.title
        == "Governance action plan 2026/27: Report to the committee on 30 September 2026"
    )
    assert found.language == "en-GB" and found.created == datetime(2026, 9, 30, 12)
    with_company = [p for p in (book.properties.creator,) if p]
    assert not with_company  # nobody's name is in a published file


def test_the_plan_is_not_written_over_and_nothing_is_left_behind(tmp_path):
    plan = tmp_path / "plan.xlsx"
    plan.write_bytes(b"the plan")
    with pytest.raises(OutputError, match="the plan itself"):
        write_packbook(plan, PAGES, source=plan)
    with pytest.raises(OutputError, match="no folder"):
        write_packbook(tmp_path / "none" / "report.xlsx", PAGES)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "plan.xlsx": b"the plan"
    }


@pytest.mark.parametrize(
    ("name", "program"), [("a.xlsx", "Excel"), ("a.DOCX", "Word"), ("a.html", "another program")]
)
def test_a_file_that_is_open_is_left_as_it_was(tmp_path, monkeypatch, name, program):
    def locked(source, target):
        raise PermissionError(13, "Permission denied", str(target))

    target = tmp_path / name
    target.write_bytes(b"last month's")
    monkeypatch.setattr(os, "replace", locked)
    with (
        pytest.raises(OutputError, match=f"open in {program} or may not be changed"),
        placing.placed(target) as beside,
    ):
        beside.write_bytes(b"new")
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert target.read_bytes() == b"last month's"


def test_what_goes_wrong_while_a_file_is_made_leaves_nothing(tmp_path):
    target = tmp_path / "report.html"
    with pytest.raises(ZeroDivisionError), placing.placed(target) as beside:
        beside.write_bytes(b"half")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError, match="No space left"), placing.placed(target) as beside:
        raise OSError(28, "No space left on device")
    with placing.placed(target) as beside:
        beside.write_bytes(b"whole")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"whole"]


# -- the charts --------------------------------------------------------------------------------


def chart_root(data: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return etree.fromstring(package.read("xl/charts/chart1.xml"))


def values(series: Any, tag: str) -> dict[int, str]:
    """The copy of the data that a series keeps: by place."""
    return {
        int(point.get("idx", "")): point.findtext(f"{C}v", "")
        for point in series.iterfind(f"{C}{tag}//{C}pt")
    }


def name_of(series: Any) -> str:
    return series.findtext(f"{C}tx//{C}v", "")


@pytest.mark.parametrize("sheet", ["By theme", "Trend", "Drawn only"])
def test_what_a_chart_keeps_is_what_stands_in_its_cells(pack, book, sheet):
    (drawing,) = [each for each in drawings_of(pack) if each.sheet == sheet]
    with zipfile.ZipFile(pack) as package:
        root = etree.fromstring(package.read(drawing.part))
    seen = 0
    for reference in root.iter(f"{C}numRef", f"{C}strRef"):
        place, _, area = reference.findtext(f"{C}f", "").rpartition("!")
        cells = book[place.strip("'")][area.replace("$", "")]
        found = [cells] if not isinstance(cells, tuple) else [line[0] for line in cells]
        kept = {int(p.get("idx", "")): p.findtext(f"{C}v") for p in reference.iter(f"{C}pt")}
        assert kept == {
            n: as_kept(cell.value) for n, cell in enumerate(found) if cell.value is not None
        }
        seen += len(kept)
    assert seen > 10


def as_kept(value) -> str:
    return str((value - datetime(1899, 12, 30)).days) if isinstance(value, datetime) else str(value)


def test_bars_draw_their_own_table_where_it_holds_the_data(pack, book):
    assert "By theme chart data" not in book.sheetnames
    other = replace(BARS, series=(BARS.series[0]._replace(counts=(5, 4, 1)), *BARS.series[1:]))
    pages = replace(PAGES, sections=(replace(PAGES.sections[3], chart=other),))
    path = write_packbook(pack.parent / "other.xlsx", pages)
    found = openpyxl.load_workbook(path)
    assert [cell.value for cell in rows_of(found["By theme chart data"])[3][:2]] == [THEMES[2], 1]
    assert "What the chart draws: sheet By theme chart data" in above(found["By theme"])
    assert faults_of_workbook(path) == []


def test_bars_never_draw_a_column_of_another_name(tmp_path):
    renamed = (
        *BARS.series[:-1],
        BARS.series[-1]._replace(name="Undated"),
    )  # the table's last column
    section = replace(PAGES.sections[3], chart=replace(BARS, series=renamed))
    book = openpyxl.load_workbook(written(tmp_path, replace(PAGES, sections=(section,))))
    headings = [cell.value for cell in rows_of(book["By theme chart data"])[0]]
    assert headings == ["Category", "Complete", "Overdue", "Due soon", "Undated"]


def test_bars_are_read_from_the_top_and_say_their_figures_without_colour(pack):
    root = chart_root(chart_workbook(BARS))
    assert root.find(f".//{C}barDir").get("val") == "bar"
    assert root.find(f".//{C}grouping").get("val") == "stacked"
    assert root.find(f".//{C}catAx/{C}scaling/{C}orientation").get("val") == "maxMin"
    series = root.findall(f".//{C}ser")
    assert [name_of(each) for each in series] == [each.name for each in BARS.series]
    for each in series:
        assert values(each, "cat") == dict(enumerate(THEMES))
        shown = each.find(f"{C}dLbls")
        assert shown.find(f"{C}showVal").get("val") == "1"
        assert shown.find(f"{C}numFmt").get("formatCode") == "#,##0;-#,##0;;"  # nothing for 0
    assert [values(each, "val")[0] for each in series] == ["5", "2", "1", "0"]
    assert root.find(f".//{C}legend") is not None


def test_no_two_kinds_of_bar_are_drawn_alike():
    kinds = tuple(
        Series(f"{tone} {n}", tone, (1, 1, 1)) for tone in Tone for n in ("first", "second")
    )
    root = chart_root(chart_workbook(replace(BARS, series=kinds)))
    looks = [etree.tostring(series.find(f"{C}spPr")) for series in root.iter(f"{C}ser")]
    assert len(set(looks)) == len(looks) == 10


def test_neighbours_in_a_bar_differ_in_greyscale_and_from_the_page():
    order = [Tone.GOOD, Tone.LATE, Tone.SOON, Tone.CALM, Tone.FAINT]
    assert set(order) == set(TONES) == set(TINTS) == set(Tone)
    assert all(contrast(TONES[a], TONES[b]) >= 3 for a, b in itertools.pairwise(order))
    assert all(contrast(colour, "#FFFFFF") >= 3 for colour in TONES.values())
    assert all(contrast(tint, "#000000") >= 7 for tint in TINTS.values())
    assert len(set(TINTS.values())) == 5
    light = [tone for tone in order if contrast(TONES[tone], "#FFFFFF") < 5]
    assert len(light) - len(PATTERNS.keys() & set(light)) <= 1  # the others have a pattern


def test_lines_differ_without_colour_and_stand_out():
    assert len({(look.marker, look.dash) for look in LOOKS}) == len(LOOKS)
    assert all(contrast(look.colour, "#FFFFFF") >= 4.5 for look in LOOKS)
    assert all(look.marker != "diamond" for look in LOOKS)  # that is for "complete"


def test_a_trend_draws_only_dates_that_are_known():
    table = chart_table(TREND)
    assert table.headings == (REPORTING_DATE, "B4", "A1", "C2", DUE_THEN)
    assert table.rows == (
        (MARCH, JUNE, JUNE, date(2026, 12, 31), MARCH),
        (JUNE, SEPTEMBER, JUNE, None, JUNE),
        (SEPTEMBER, date(2027, 1, 31), None, date(2026, 12, 31), SEPTEMBER),
    )
    root = chart_root(chart_workbook(TREND))
    series = {name_of(each): each for each in root.findall(f".//{C}ser")}
    assert list(series) == ["B4", "A1", "C2", "Complete", DUE_THEN]
    assert values(series["B4"], "yVal").keys() == {0, 1, 2}
    assert values(series["C2"], "yVal").keys() == {0, 2}
    assert root.find(f".//{C}dispBlanksAs").get("val") == "gap"
    assert values(series[DUE_THEN], "xVal") == values(series[DUE_THEN], "yVal")
    assert series[DUE_THEN].find(f"{C}spPr/{A}ln/{A}prstDash").get("val") == "sysDash"


def test_a_line_that_ends_complete_has_a_marker_of_its_own_at_its_end():
    series = {name_of(e): e for e in chart_root(chart_workbook(TREND)).findall(f".//{C}ser")}
    end = series["Complete"]
    assert end.find(f"{C}marker/{C}symbol").get("val") == "diamond"
    assert values(end, "xVal") == {0: as_kept(datetime(2026, 6, 30))} == values(end, "yVal")
    assert series["A1"].find(f"{C}marker/{C}symbol").get("val") == LOOKS[1].marker


def test_complete_stands_once_in_the_legend():
    lines = tuple(Line(f"A{n}", (JUNE, JUNE), completed=n != 1) for n in range(4))
    root = chart_root(chart_workbook(Trend("T", "t", (MARCH, JUNE), lines)))
    left_out = [int(entry.find(f"{C}idx").get("val", "")) for entry in root.iter(f"{C}legendEntry")]
    names = [name_of(each) for each in root.findall(f".//{C}ser")]
    assert names == ["A0", "A1", "A2", "A3", *["Complete"] * 3, DUE_THEN]
    assert left_out == [5, 6]


def labels_of(root: Any) -> dict[str, dict[int, str]]:
    """What is written at the points of each line."""
    return {
        name_of(series): {
            int(label.find(f"{C}idx").get("val", "")): "".join(t.text or "" for t in label.iter(f"{A}t"))
            for label in series.iterfind(f"{C}dLbls/{C}dLbl")
            if label.find(f"{C}delete") is None
        }
        for series in root.findall(f".//{C}ser")
    }  # fmt: skip


def test_each_line_is_named_at_its_end_and_names_that_would_overlap_together():
    def at(name, *targets):
        return Line(name, tuple(targets))

    far = date(2028, 6, 30)
    lines = (
        at("low", MARCH, JUNE), at("low too", None, JUNE), at("near", JUNE, JUNE + timedelta(5)),
        at("high", far, far), at("early", JUNE, None),
    )  # fmt: skip
    root = chart_root(chart_workbook(Trend("T", "t", (MARCH, JUNE), lines)))
    assert labels_of(root) == {
        "low": {1: "low, low too, near"}, "low too": {}, "near": {}, "high": {1: "high"},
        "early": {0: "early"}, DUE_THEN: {},
    }  # fmt: skip
    many = tuple(at(f"A{n}", JUNE, JUNE) for n in range(9))
    root = chart_root(chart_workbook(Trend("T", "t", (MARCH, JUNE), many)))
    assert labels_of(root)["A0"] == {1: "A0, A1, A2, A3 and 5 more"}


def test_one_reporting_date_draws_points():
    trend = Trend("T", "t", (JUNE,), (Line("A1", (SEPTEMBER,)), Line("A2", (JUNE,), True)))
    root = chart_root(chart_workbook(trend))
    series = {name_of(each): each for each in root.findall(f".//{C}ser")}
    assert list(series) == ["A1", "A2", "Complete", DUE_THEN]
    assert all(s.find(f"{C}marker/{C}symbol").get("val") != "none" for s in series.values())
    assert all(values(each, "yVal") for each in series.values())


def test_a_trend_of_very_many_lines_or_odd_dates_is_one_that_excel_opens():
    lines = tuple(Line(f"A{n}", (JUNE,), True) for n in range(400))
    root = chart_root(chart_workbook(Trend("T", "t", (JUNE,), lines)))
    assert len(root.findall(f".//{C}ser")) == 2 * MOST_LINES + 1 <= 255
    odd = (Line("old", (date(1723, 1, 1), JUNE)), Line("none", (date(1723, 1, 1), None)))
    table = chart_table(Trend("T", "t", (MARCH, JUNE), odd))
    assert table.headings == (REPORTING_DATE, "old", DUE_THEN)
    assert table.rows[0] == (MARCH, None, MARCH)
    assert chart_workbook(Trend("T", "t", (date(1899, 1, 1), JUNE), odd))
    chart_workbook(Trend("T", "t", (JUNE,), (Line("far", (date.max,)),)))


def test_headings_of_what_a_chart_draws_are_unique_and_short():
    lines = tuple(Line(name, (JUNE,)) for name in ("A1", "a1", "", "x" * 300, "two\nlines"))
    assert chart_table(Trend("T", "t", (JUNE,), lines)).headings == (
        REPORTING_DATE, "A1", "a1 (2)", "No name", "x" * 59 + "…", "two lines", DUE_THEN,
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.dates(date(1901, 3, 1), date(2150, 1, 1)), st.integers(0, 20_000), st.sampled_from([8, 10])
)
def test_the_months_along_an_axis_are_neither_skipped_nor_said_twice(first, days, most):
    axis = charts._axis(first, first + timedelta(days), most)
    begin = date(1899, 12, 30)
    assert axis["min"] <= (first - begin).days
    assert axis["max"] >= (first + timedelta(days) - begin).days
    count = round((axis["max"] - axis["min"]) / axis["major_unit"])
    ticks = [begin + timedelta(axis["min"] + n * axis["major_unit"]) for n in range(count + 1)]
    assert count <= most + 2 and all(tick.day <= 8 for tick in ticks)
    months = [tick.year * 12 + tick.month for tick in ticks]
    assert len({b - a for a, b in itertools.pairwise(months)}) <= 1


def test_a_chart_grows_with_its_bars():
    heights = [chart_size(replace(BARS, categories=("x",) * n))[1] for n in (1, 2, 8, 9, 20, 60)]
    assert [b - a for a, b in itertools.pairwise(heights)] == [40, 240, -68, 308, 1120]
    assert chart_size(TREND)[0] == chart_size(BARS)[0]


def test_a_legend_leaves_room_for_the_chart():
    for count, said in ((16, 17), (17, 1)):
        lines = tuple(Line(f"A{n}", (JUNE,)) for n in range(count))
        root = chart_root(chart_workbook(Trend("T", "t", (JUNE,), lines)))
        assert len(root.findall(f".//{C}ser")) - len([*root.iter(f"{C}legendEntry")]) == said


def test_beside_a_long_table_and_below_a_short_one(tmp_path):
    (drawing,) = drawings_of(written(tmp_path, many_rows()))
    page = openpyxl.load_workbook(tmp_path / "report.xlsx")["Trend"]
    # The first row is printed on every page, and what stands in it too.
    assert drawing.columns[0] == 5 and drawing.rows[0] == rows_of(page)[0][0].row
    assert page.sheet_properties.pageSetUpPr.fitToPage and page.page_setup.fitToHeight == 0
    (drawing,) = drawings_of(written(tmp_path, replace(PAGES, sections=PAGES.sections[4:5])))
    assert drawing.columns[0] == 0 and drawing.rows[0] > 10
    page = openpyxl.load_workbook(tmp_path / "report.xlsx")["Trend"]
    assert page.page_setup.fitToHeight in (None, 1)  # the table and its chart on one page


# What the schema of charts says of the order of elements, as far as these charts use them.
ORDER = {
    "chartSpace": ["date1904", "lang", "roundedCorners", "style", "protection", "chart", "spPr", "txPr",
                   "externalData", "printSettings"],
    "chart": ["title", "autoTitleDeleted", "plotArea", "legend", "plotVisOnly", "dispBlanksAs", "extLst"],
    "title": ["tx", "layout", "overlay", "spPr", "txPr"],
    "legend": ["legendPos", "legendEntry", "layout", "overlay", "spPr", "txPr"],
    "plotArea": ["layout", "barChart", "scatterChart", "catAx", "valAx", "spPr"],
    "barChart": ["barDir", "grouping", "varyColors", "ser", "dLbls", "gapWidth", "overlap", "axId"],
    "scatterChart": ["scatterStyle", "varyColors", "ser", "dLbls", "axId"],
    "ser": ["idx", "order", "tx", "spPr", "invertIfNegative", "marker", "dPt", "dLbls", "cat", "val", "xVal",
            "yVal", "smooth"],
    "dLbls": ["dLbl", "numFmt", "spPr", "txPr", "dLblPos", "showLegendKey", "showVal", "showCatName",
              "showSerName", "showPercent", "showBubbleSize", "separator"],
    "dLbl": ["idx", "delete", "layout", "tx", "numFmt", "spPr", "txPr", "dLblPos", "showLegendKey", "showVal",
             "showCatName", "showSerName", "showPercent", "showBubbleSize"],
    "catAx": ["axId", "scaling", "delete", "axPos", "majorGridlines", "title", "numFmt", "majorTickMark",
              "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses", "auto", "lblAlgn", "lblOffset"],
    "valAx": ["axId", "scaling", "delete", "axPos", "majorGridlines", "title", "numFmt", "majorTickMark",
              "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses", "crossBetween", "majorUnit"],
}  # fmt: skip
SAID = {
    "chartSpace": ["lang", "roundedCorners"], "chart": ["autoTitleDeleted", "plotVisOnly", "dispBlanksAs"],
    "title": ["overlay"], "legend": ["overlay"], "barChart": ["varyColors"], "scatterChart": ["varyColors"],
    "catAx": ["delete", "majorTickMark", "minorTickMark"], "valAx": ["delete", "majorTickMark", "minorTickMark"],
    "dLbls": ["showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize"],
}  # fmt: skip


@pytest.mark.parametrize("chart", [BARS, TREND], ids=["bars", "trend"])
def test_a_chart_leaves_nothing_to_be_supposed_and_keeps_to_the_schema(chart):
    root = chart_root(chart_workbook(chart))
    for parent, order in ORDER.items():
        for element in root.iter(C + parent):
            tags = [child.tag.removeprefix(C) for child in element]
            assert tags == sorted(tags, key=order.index), parent
            once = [
                tag for tag in tags if tag not in ("ser", "axId", "dLbl", "legendEntry", "valAx")
            ]
            assert len(once) == len(set(once)), parent
            assert set(SAID.get(parent, [])) <= set(tags), parent
    assert root.find(f"{C}lang").get("val") == "en-GB"
    for series in root.iterfind(f".//{C}scatterChart/{C}ser"):
        assert series.find(f"{C}smooth").get("val") == "0"
    for flag in ("LegendKey", "CatName", "SerName", "Percent", "BubbleSize"):
        assert {each.get("val") for each in root.iter(f"{C}show{flag}")} == {"0"}
    shown = [axis.find(f"{C}delete").get("val") for axis in root.iter(f"{C}catAx", f"{C}valAx")]
    assert shown == (["0", "1"] if chart is BARS else ["0", "0"])


def test_a_charts_workbook_is_the_same_each_time_and_holds_its_table(tmp_path):
    assert chart_workbook(TREND) == chart_workbook(TREND)
    book = openpyxl.load_workbook(io.BytesIO(chart_workbook(TREND)))
    assert book.sheetnames == ["Chart data"]
    rows = rows_of(book["Chart data"])
    assert [[cell.value for cell in line] for line in rows] == [
        [*chart_table(TREND).headings],
        *[[as_read(value) for value in line] for line in chart_table(TREND).rows],
    ]
    (tmp_path / "c.xlsx").write_bytes(chart_workbook(replace(TREND, title="Ethics!A1")))
    (drawing,) = drawings_of(tmp_path / "c.xlsx")
    assert drawing.title.replace("\u200b", "") == "Ethics!A1" and drawing.words == TREND.alt


@pytest.mark.office
def test_libreoffice_shows_the_charts_and_every_sheet(tmp_path):
    (paper,) = by_office([written(tmp_path)], "pdf", tmp_path / "paper")
    shown = subprocess.run(
        ["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True, check=True, timeout=60
    ).stdout  # fmt: skip
    assert all(section.heading in shown for section in PAGES.sections)
    for said in (
        "Milestones by theme",
        "Partnership <governance>",
        "Due on the reporting date",
        "Complete",
    ):
        assert said in shown
    # Labels of the axes: months, each said once on the way up and once across.
    assert re.search(r"(Jan|Feb|Mar|Apr|May|Jun) 2026", shown)
