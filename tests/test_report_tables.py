"""The three workbooks for officers, read back with another library than the one that wrote them."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import openpyxl
import pytest
import xlsxwriter

import agsxl
from agsxl import desk
from agsxl.chasers import Asked, LeadChaser, Reason
from agsxl.errors import OutputError
from agsxl.report import sheets
from agsxl.report.sheets import Column, PlanLinks, Sheet, sheet_names, writable, write_workbook
from agsxl.report.tables import write_chasers, write_findings, write_slippage
from agsxl.rules import CRASHED, Finding, Severity
from agsxl.settings import RuleChange, Settings

DAY = date(2017, 9, 30)
HEADINGS = [
    "Ref", "Improvement Theme", "Outcome", "Source", "Milestones", "Officer or Member action", "Timescale",
    "Member Lead", "SMT Lead", "Status", "Revised target date", "Comments",
]  # fmt: skip
FINDING_HEADINGS = [
    "Severity", "Code", "Data query", "Ref", "Column", "Cell", "What is written", "What was found",
    "Suggestion", "Fix", "SMT lead",
]  # fmt: skip
SLIPPAGE_HEADINGS = [
    "Ref", "Theme", "Milestone", "SMT lead", "Status", "Original target date", "Current target date",
    "Date completed", "Slippage (days)", "Slippage (working days)", "Days overdue", "Date moves",
    "Timeliness", "Basis",
]  # fmt: skip
LEAD_HEADINGS = [
    "Ref", "Milestone", "Status", "Original target date", "Current target date", "Why", "What we ask",
    "Comment on the plan",
]  # fmt: skip


def row(
    ref, *, timescale="31/12/2017", status="On target", revised="", lead="Head of Legal", **other
):
    texts = {
        "Ref": ref, "Improvement Theme": f"{ref[:1]}: Good conduct", "Outcome": "Trust", "Source": "Peer review",
        "Milestones": f"Register of gifts reviewed, part {ref}", "Officer or Member action": "Officer",
        "Timescale": timescale, "Member Lead": "Leader", "SMT Lead": lead, "Status": status,
        "Revised target date": revised, "Comments": "The register is with the printer.",
    }  # fmt: skip
    return [{**texts, **other}.get(heading, "") for heading in HEADINGS]


ROWS = [
    row("A1", timescale="31/11/17"),  # impossible
    row("A2", timescale="31/07/2017", revised="31/08/2017", status="Off target and no action yet agreed"),
    row("A3", timescale="30/06/2017", revised="31/03/2018"),
    row("A4", timescale="TBC", revised="31/01/2018"),
    row("A5", timescale="31/05/2017", status="Complete"),
    row("B1", timescale="31/10/2017", lead="Head of Finance", Comments="=1+1"),
    row("B2", timescale="TBC", lead="Head of Finance", status=""),
    row("B3", timescale="31/01/2017", lead=""),
    row("B4", timescale="30/09/2016", status="Cancelled", lead="Head of Finance"),
]  # fmt: skip


@pytest.fixture
def text_plan(tmp_path):
    """A plan in a tab-separated text, and the text."""
    source = tmp_path / "plan.txt"
    source.write_text("\n".join("\t".join(cells) for cells in [HEADINGS, *ROWS]), "utf-8")
    return agsxl.load_plan(source), source


def workbook_plan(source, sheet="Plan"):
    """The same plan in a workbook."""
    source.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(source)) as book:
        page = book.add_worksheet(sheet)
        for number, cells in enumerate([HEADINGS, *ROWS]):
            for index, text in enumerate(cells):
                page.write_string(number, index, text)
    return agsxl.load_plan(source)


def cells(page, *, first=True):
    """The table of a sheet as lists of values, its heading row first."""
    (table,) = page.tables.values()
    found = [[cell.value for cell in line] for line in page[table.ref]]
    return found if first else found[1:]


def column(page, heading):
    found = cells(page)
    return [line[found[0].index(heading)] for line in found[1:]]


def links(page):
    """What each cell with a link opens: (target, place in it)."""
    return {
        line.coordinate: (line.hyperlink.target, line.hyperlink.location)
        for cells_of_row in page.iter_rows()
        for line in cells_of_row
        if line.hyperlink
    }


def findings_of(plan, source, path, **options):
    found = agsxl.check(plan, as_of=DAY)
    write_findings(path, found, plan, source, as_of=DAY, **options)
    return found, openpyxl.load_workbook(path)


def slippage_of(plan, source, path):
    moved = agsxl.slippage(plan, as_of=DAY)
    write_slippage(path, moved, plan, source)
    return moved, openpyxl.load_workbook(path)


def chasers_of(plan, source, path):
    lists = agsxl.chase(plan, as_of=DAY)
    write_chasers(path, lists, desk.without_lead(plan, as_of=DAY), plan, source, as_of=DAY)
    return lists, openpyxl.load_workbook(path)


def every_book(plan, source, folder):
    for write, name in ((findings_of, "f.xlsx"), (slippage_of, "s.xlsx"), (chasers_of, "c.xlsx")):
        yield write(plan, source, folder / name)[1]


# -- what all three share ----------------------------------------------------------------------


def test_every_sheet_can_be_read_printed_and_filtered(text_plan, tmp_path):
    for book in every_book(*text_plan, tmp_path):
        names = [table for page in book for table in page.tables]
        assert len({name.casefold() for name in names}) == len(names)
        for page in book:
            assert isinstance(page["A1"].value, str) and page["A1"].font.b
            (table,) = page.tables.values()
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", table.name)
            assert table.autoFilter is not None
            top = int(re.search(r"\d+", table.ref)[0])
            assert page.freeze_panes == f"A{top + 1}"
            assert page.print_title_rows == f"${top}:${top}"
            assert page.page_setup.orientation == "landscape"
            assert page.page_setup.paperSize == 9
            assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
            assert page.sheet_properties.pageSetUpPr.fitToPage
            assert not page.merged_cells.ranges
            headings, *lines = cells(page)
            assert len({h.casefold() for h in headings}) == len(headings)
            assert lines and all(any(value is not None for value in line) for line in lines)
            # Without a filled row between the title and the table's end.
            assert all(
                page.cell(number, 1).value is not None for number in range(1, top + len(lines))
            )


def test_the_same_plan_gives_the_same_bytes(text_plan, tmp_path):
    plan, source = text_plan
    findings_of(plan, source, tmp_path / "one.xlsx")
    findings_of(plan, source, tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    # XlsxWriter keeps what it is given: a second workbook must not differ from the first.
    fonts = zipfile.ZipFile(tmp_path / "one.xlsx").read("xl/styles.xml")
    assert b'name val="Arial"' in fonts and b"<scheme" not in fonts


def test_its_properties_say_what_it_is_and_no_clock_does(text_plan, tmp_path):
    plan, source = text_plan
    _, book = findings_of(plan, source, tmp_path / "f.xlsx", settings=Settings(council="Wexcombe"))
    assert book.properties.title == "Data queries: plan.txt, reporting date 30 September 2017"
    assert book.properties.created == datetime(2017, 9, 30, 12)
    assert book.properties.modified == datetime(2017, 9, 30, 12)


def test_columns_are_wide_enough_and_text_is_wrapped(text_plan, tmp_path):
    _, book = findings_of(*text_plan, tmp_path / "f.xlsx")
    page = book["Data queries"]
    message = page["H5"]
    assert message.alignment.wrap_text and message.alignment.vertical == "top"
    assert page.column_dimensions["H"].width > 40
    rows = {number: dimension.height for number, dimension in page.row_dimensions.items()}
    longest = max(range(5, page.max_row + 1), key=lambda n: len(str(page.cell(n, 10).value)))
    assert rows[longest] > 20


# -- findings ----------------------------------------------------------------------------------


def test_findings_one_to_a_row_the_must_fix_first(text_plan, tmp_path):
    found, book = findings_of(*text_plan, tmp_path / "findings.xlsx")
    assert book.sheetnames == ["Data queries", "Summary"]
    page = book["Data queries"]
    assert page["A1"].value == "Data queries: plan.txt, reporting date 30 September 2017"
    headings, *lines = cells(page)
    assert headings == FINDING_HEADINGS
    assert len(lines) == len(found) > 5
    severities = column(page, "Severity")
    assert set(severities) <= {"Must fix", "Should check", "For information"}
    assert severities == sorted(
        severities, key=["Must fix", "Should check", "For information"].index
    )
    impossible = next(line for line in lines if line[1] == "D301")
    assert impossible[2:8] == [
        "Impossible date", "A1", "Timescale", "line 2", "31/11/17", next(f.message for f in found if f.code == "D301"),
    ]  # fmt: skip
    assert impossible[8] == datetime(2017, 11, 30)
    assert impossible[9].startswith("Ask the lead")


def test_suggested_dates_are_dates(text_plan, tmp_path):
    _, book = findings_of(*text_plan, tmp_path / "findings.xlsx")
    page = book["Data queries"]
    dates = [cell for cell in page["I"][4:] if isinstance(cell.value, datetime)]
    assert dates and all(cell.is_date and cell.number_format == "dd/mm/yyyy" for cell in dates)


def test_a_summary_line_for_each_rule_and_severity(text_plan, tmp_path):
    found, book = findings_of(*text_plan, tmp_path / "findings.xlsx")
    headings, *lines = cells(book["Summary"])
    assert headings == ["Data query", "Code", "Severity", "How many", "Refs"]
    assert sum(line[3] for line in lines) == len(found)
    assert len(lines) == len({(f.code, f.severity) for f in found})
    assert ["Impossible date", "D301", "Must fix", 1, "A1"] in lines


def test_rules_changed_are_told_only_where_there_are_any(text_plan, tmp_path):
    changes = {
        "S401": RuleChange("off", "Asked by telephone."),
        "D301": RuleChange("note"),
        "I103": RuleChange("on"),
    }
    _, book = findings_of(*text_plan, tmp_path / "f.xlsx", settings=Settings(rules=changes))
    headings, *lines = cells(book["Rules changed in Settings"])
    assert headings == ["Code", "Data query", "What was changed", "Reason"]
    assert lines[0] == ["D301", "Impossible date", "Shown as For information", None]
    assert [line[2:] for line in lines[1:]] == [
        ["Switched on", None],
        ["Switched off", "Asked by telephone."],
    ]


def test_no_findings_is_said_in_a_workbook_that_opens(text_plan, tmp_path):
    plan, source = text_plan
    write_findings(tmp_path / "f.xlsx", [], plan, source, as_of=DAY)
    book = openpyxl.load_workbook(tmp_path / "f.xlsx")
    for page in book:
        assert "Nothing to report" in page["A2"].value
        headings, *lines = cells(page)
        assert lines == [["No data queries", *[None] * (len(headings) - 1)]]


def test_a_finding_of_the_whole_plan_and_one_of_a_rule_that_failed(text_plan, tmp_path):
    plan, source = text_plan
    found = [
        Finding("P701", "column-absent", Severity.NOTE, "", "evidence", "There is none."),
        Finding(CRASHED, "rule-crashed", Severity.ERROR, "", "", "It failed."),
        Finding("I101", "missing-ref", Severity.ERROR, "", "ref", "No Ref.", row=7),
        Finding("Z999", "unheard-of", Severity.NOTE, "A1", "Ward", "?", suggestion="Ward 1", row=2),
    ]  # fmt: skip
    write_findings(tmp_path / "f.xlsx", found, plan, source, as_of=DAY)
    page = openpyxl.load_workbook(tmp_path / "f.xlsx")["Data queries"]
    assert column(page, "Code") == [CRASHED, "I101", "P701", "Z999"]
    assert column(page, "Ref") == ["Whole plan", "(no Ref)", "Whole plan", "A1"]
    assert column(page, "Cell") == [None, "line 7", None, "line 2"]
    assert column(page, "Column") == [None, "Ref", "Evidence", "Ward"]
    assert column(page, "Data query")[0] == "A rule could not be run"
    assert column(page, "Suggestion")[3] == "Ward 1"


@pytest.mark.parametrize(
    "name", ["master plan.xlsx", "100% of plan #2 [v1].xlsx", "plan%20v2.xlsx", "plän.xlsx"]
)
def test_a_finding_links_to_its_cell(tmp_path, name):
    source = tmp_path / "plans & notes" / name
    plan = workbook_plan(source, sheet="Leader's plan")
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "findings.xlsx"
    _, book = findings_of(plan, source, path)
    page = book["Data queries"]
    number = column(page, "Code").index("D301") + 5
    assert page[f"F{number}"].value == "G2"
    target, place = links(page)[f"F{number}"]
    assert place == "'Leader''s plan'!G2"
    assert unquote(target).replace("\\", "/") == f"../plans & notes/{name}"
    # In the part itself: nothing that would end the file's name too early.
    part = zipfile.ZipFile(path).read("xl/worksheets/_rels/sheet1.xml.rels")
    targets = {each.get("Target") for each in ElementTree.fromstring(part)}
    assert all(" " not in each and "#" not in each for each in targets)
    assert (path.parent / unquote(target).replace("\\", "/")).samefile(source)


def test_the_link_is_absolute_where_there_is_no_way_between_drives(
    tmp_path, monkeypatch, text_plan
):
    def other_drive(file, folder):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    plan = replace(text_plan[0], is_workbook=True, sheet="Plan")
    link = PlanLinks(plan, tmp_path / "plan.xlsx", tmp_path / "f.xlsx").to("H17", sheet="Plan")
    assert link.target == f"external:{tmp_path / 'plan.xlsx'}#'Plan'!H17"


def test_beyond_the_links_that_excel_allows_cells_are_plain(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_LINKS", 3)
    source = tmp_path / "plan.xlsx"
    plan = workbook_plan(source)
    found, book = findings_of(plan, source, tmp_path / "f.xlsx")
    page = book["Data queries"]
    assert len(links(page)) == 3
    assert column(page, "Cell") == [f.cell or None for f in sorted(found, key=lambda f: list(Severity).index(f.severity))]  # fmt: skip


# -- slippage ----------------------------------------------------------------------------------


def test_slippage_worst_first_with_real_dates(text_plan, tmp_path):
    _, book = slippage_of(*text_plan, tmp_path / "slippage.xlsx")
    assert book.sheetnames == ["Summary", "Slippage", "Not measured", "By lead", "By theme", "By source"]  # fmt: skip
    page = book["Slippage"]
    headings, *lines = cells(page)
    assert headings == SLIPPAGE_HEADINGS
    # Overdue 242 and 30 days; then slipped; then, in the plan's order, what is not known.
    assert [line[0] for line in lines] == ["B3", "A2", "A3", "A1", "A4", "A5", "B1", "B2", "B4"]
    assert lines[1] == [
        "A2", "A: Good conduct", "Register of gifts reviewed, part A2", "Head of Legal",
        "Off target and no action yet agreed", datetime(2017, 7, 31), datetime(2017, 8, 31), None, 31, 22,
        30, 1, "Overdue", "Revised date against original",
    ]  # fmt: skip
    assert page["F4"].number_format == "dd/mm/yyyy" and page["F4"].is_date
    assert lines[4][5] is None and lines[4][8] is None  # never 0 where it is not known
    assert set(column(page, "Timeliness")) == {
        "Complete", "Superseded", "Overdue", "Due soon", "Not yet due", "No date",
    }  # fmt: skip
    assert page["M4"].fill.fgColor.rgb != page["M7"].fill.fgColor.rgb


def test_the_figures_end_with_the_sum(text_plan, tmp_path):
    moved, book = slippage_of(*text_plan, tmp_path / "slippage.xlsx")
    lines = cells(book["Summary"], first=False)
    figures = {name: (value, meaning) for name, value, meaning in lines}
    assert lines[-1][0] == "Sum of slippage (days)" and lines[-1][1] == moved.totals.total_days
    assert figures["Milestones"][0] == 9
    assert figures["Moved"][0] == 3 and figures["Measured"][0] == 2
    assert figures["Cannot be measured"][0] == 1
    assert figures["Median slippage (days)"][0] == 152.5
    assert figures["Longest slippage (days)"] == (274, "Ref A3.")
    assert figures["Overdue"][0] == 2
    assert "from 30 September 2017 to 31 October 2017" in figures["Due soon"][1]


def test_what_cannot_be_measured_is_listed_with_why(text_plan, tmp_path):
    _, book = slippage_of(*text_plan, tmp_path / "slippage.xlsx")
    page = book["Not measured"]
    assert column(page, "Ref") == ["A4", "A5", "A1", "B2"]
    assert column(page, "Why")[:2] == [
        "Moved, but the original is not a date",
        "Complete, date completed not known",
    ]


def test_sums_by_lead_and_theme(text_plan, tmp_path):
    moved, book = slippage_of(*text_plan, tmp_path / "slippage.xlsx")
    headings, *lines = cells(book["By lead"])
    assert headings == [
        "SMT lead", "Milestones", "Measured", "Median slippage (days)", "Longest slippage (days)", "Overdue",
    ]  # fmt: skip
    assert lines[0] == ["Head of Legal", 5, 2, 152.5, 274, 1]
    assert ["(no SMT lead)", 1, 0, None, None, 1] in lines
    assert column(book["By theme"], "Theme") == [g["theme"] for g in moved.groups("theme")]


def test_a_plan_without_sources_has_no_sheet_for_them(tmp_path):
    source = tmp_path / "plan.txt"
    cells_ = row("A1", timescale="TBC", Source="")
    source.write_text("\t".join(HEADINGS) + "\n" + "\t".join(cells_), "utf-8")
    _, book = slippage_of(agsxl.load_plan(source), source, tmp_path / "s.xlsx")
    assert "By source" not in book.sheetnames
    lines = {line[0]: line[1] for line in cells(book["Summary"], first=False)}
    assert lines["Median slippage (days)"] is None and lines["Sum of slippage (days)"] is None


def test_refs_link_to_their_rows(tmp_path):
    source = tmp_path / "plan.xlsx"
    plan = workbook_plan(source)
    _, book = slippage_of(plan, source, tmp_path / "s.xlsx")
    page = book["Slippage"]
    assert page["A5"].value == "A2"
    assert links(page)["A5"] == ("plan.xlsx", "'Plan'!A3")


def test_slippage_of_another_plan_is_refused(text_plan, tmp_path):
    plan, source = text_plan
    other = replace(plan, milestones=plan.milestones[:2])
    with pytest.raises(ValueError, match="zip"):
        write_slippage(tmp_path / "s.xlsx", agsxl.slippage(other, as_of=DAY), plan, source)


# -- chasers -----------------------------------------------------------------------------------


def test_a_summary_then_a_sheet_for_each_lead(text_plan, tmp_path):
    lists, book = chasers_of(*text_plan, tmp_path / "chasers.xlsx")
    assert book.sheetnames == ["Summary", "No SMT lead", *[chaser.lead for chaser in lists]]
    summary = book["Summary"]
    headings, *lines, total = cells(summary)
    assert headings == [
        "SMT lead", "Person", "Email", "Milestones asked about", "Overdue", "No status", "No date", "Off target",
        "Due soon", "Questions",
    ]  # fmt: skip
    assert [line[0] for line in lines] == [chaser.lead for chaser in lists]
    assert total[0] == "Total" and total[4] == "=SUBTOTAL(109,Chasers[Overdue])"
    figures = openpyxl.load_workbook(tmp_path / "chasers.xlsx", data_only=True)["Summary"]
    assert cells(figures)[-1][3] == sum(len(chaser.milestones) for chaser in lists)
    assert links(summary)["A6"] == (None, f"'{lists[0].lead}'!A1")
    assert any("B3" in str(summary.cell(n, 1).value) for n in (2, 3, 4))
    page = book["Head of Legal"]
    assert (
        page["A1"].value.startswith("Head of Legal: ") and "30 September 2017" in page["A1"].value
    )
    assert page["A2"].value == "Person: not known" and page["A3"].value == "Email: not known"
    headings, *lines = cells(page)
    assert headings == LEAD_HEADINGS
    assert lines[0][0] == "A2" and lines[0][4] == datetime(2017, 8, 31)
    assert lines[0][5].startswith("Overdue; Off target")
    assert "31 August 2017, 30 days ago" in lines[0][6]
    assert column(book["No SMT lead"], "Ref") == ["B3"]


def asked(plan, ref, *reasons):
    milestone = next(m for m in plan.milestones if m.ref == ref)
    return Asked(ref, reasons or (Reason.DUE,), "How does it stand?", milestone)


def test_no_reply_and_evidence_are_counted_where_there_are_any(text_plan, tmp_path):
    plan, source = text_plan
    lists = [
        LeadChaser("Head of Legal", "Ida Marsh", "ida@wexcombe.example", (asked(plan, "A2", Reason.OVERDUE, Reason.NO_REPLY),), True)
    ]  # fmt: skip
    write_chasers(tmp_path / "c.xlsx", lists, (), plan, source, as_of=DAY)
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    headings, line, _ = cells(book["Summary"])
    assert headings[-1] == "No reply" and line[-1] == 1
    assert line[1:3] == ["Ida Marsh (deputising)", "ida@wexcombe.example"]
    assert book["Head of Legal"]["A2"].value == "Person: Ida Marsh (deputising)"
    assert links(book["Summary"]).keys() == {"A6"}  # an address is no link that nobody asked for
    assert column(book["Head of Legal"], "Why") == ["Overdue; No reply last month"]


def test_awkward_leads_get_sheets_of_their_own(text_plan, tmp_path):
    plan, source = text_plan
    leads = [
        "Director of Development, Enterprise and Communities",
        "DIRECTOR OF DEVELOPMENT, ENTERPRISE AND PLACE",
        "A/B: [x]", "History", "summary", "'Acting' Head", "Head's",
    ]  # fmt: skip
    lists = [LeadChaser(lead, "", "", (asked(plan, "A2"),)) for lead in leads]
    write_chasers(tmp_path / "c.xlsx", lists, (), plan, source, as_of=DAY)
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    names = book.sheetnames
    assert len({name.casefold() for name in names}) == len(names) == len(leads) + 1
    for name in names:
        assert 0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'") and not name.endswith("'") and name.casefold() != "history"
    for number, (lead, name) in enumerate(zip(leads, names[1:], strict=True), 6):
        assert book["Summary"].cell(number, 1).value == lead
        doubled = name.replace("'", "''")
        assert links(book["Summary"])[f"A{number}"] == (None, f"'{doubled}'!A1")
        assert book[name]["A1"].value.startswith(lead)


def test_nobody_to_chase_is_said(text_plan, tmp_path):
    plan, source = text_plan
    write_chasers(tmp_path / "c.xlsx", [], (), plan, source, as_of=DAY)
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    assert book.sheetnames == ["Summary"]
    assert "Nothing to report" in book["Summary"]["A2"].value
    assert cells(book["Summary"])[1][0] == "Nobody is chased"


# -- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1+1", "+44 20", "-5", "@here", "http://a.example", "1.1", "<r>x</r>", "_x000D_"]
)
def test_text_stays_text(text_plan, tmp_path, text):
    plan, source = text_plan
    found = [Finding("C504", "leftover-markup", Severity.NOTE, text, "comments", text, text, text)]
    write_findings(tmp_path / "f.xlsx", found, plan, source, as_of=DAY)
    page = openpyxl.load_workbook(tmp_path / "f.xlsx")["Data queries"]
    written = [page.cell(5, index) for index in (4, 7, 8, 9)]
    assert [cell.value.strip() for cell in written] == [text] * 4
    part = zipfile.ZipFile(tmp_path / "f.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in part and b"<hyperlink" not in part
    assert all(cell.data_type != "n" for cell in written)


def test_a_comment_that_begins_like_a_formula(text_plan, tmp_path):
    plan, source = text_plan
    milestone = next(m for m in plan.milestones if m.ref == "B1")
    assert milestone.comments == "=1+1"
    found = [Finding("C504", "x", Severity.NOTE, "B1", "comments", "It is odd.", value=milestone.comments, row=7)]  # fmt: skip
    write_findings(tmp_path / "f.xlsx", found, plan, source, as_of=DAY)
    page = openpyxl.load_workbook(tmp_path / "f.xlsx")["Data queries"]
    assert page["G5"].value == "=1+1"
    shared = zipfile.ZipFile(tmp_path / "f.xlsx").read("xl/sharedStrings.xml")
    assert b"=1+1" in shared


def test_what_a_cell_cannot_hold_is_cut_or_dropped():
    assert writable("a\x00b\x07c\ud800d\ufffee\r\nf") == "abcde\nf"
    assert writable("x" * 32_767) == "x" * 32_767
    assert writable("x" * 32_768) == "x" * 32_766 + "…"
    wide = writable("\U0001f600" * 20_000)  # Excel counts each of these as two
    assert len(wide.encode("utf-16-le")) // 2 <= 32_767 and wide.endswith("…")


def test_a_text_too_long_for_excel_is_written_cut(text_plan, tmp_path):
    plan, source = text_plan
    found = [
        Finding("S404", "x", Severity.NOTE, "A1", "comments", "m\x0b", value="word " * 9_000, row=2)
    ]
    write_findings(tmp_path / "f.xlsx", found, plan, source, as_of=DAY)
    page = openpyxl.load_workbook(tmp_path / "f.xlsx")["Data queries"]
    assert len(page["G5"].value) == 32_767 and page["G5"].value.endswith("…")
    assert page["H5"].value == "m"
    assert page.row_dimensions[5].height <= 409


def test_sheet_names_are_cut_and_made_unique():
    assert sheet_names(["A/B: [x]", "a b x", "History", "", "'"]) == [
        "A B x", "a b x (2)", "History (2)", "No name", "No name (2)",
    ]  # fmt: skip
    same = sheet_names(["x" * 40] * 12, taken=["X" * 31])
    assert len({name.casefold() for name in same}) == 12 and max(map(len, same)) == 31
    assert sheet_names(["Head of Legal and Democratic Ser'vices"]) == [
        "Head of Legal and Democratic Se"
    ]


def test_a_date_before_excels_calendar_is_text(tmp_path):
    days = [date(1066, 10, 14), date(1900, 1, 1), date(1904, 1, 1)]
    sheet = Sheet("S", "T", "Days", (Column("Day", 12, lambda d: d),), days)
    write_workbook(tmp_path / "d.xlsx", [sheet], title="T", as_of=DAY)
    found = [cell.value for cell in openpyxl.load_workbook(tmp_path / "d.xlsx")["S"]["A"][2:]]
    assert found == ["14/10/1066", datetime(1900, 1, 1), datetime(1904, 1, 1)]


# -- writing, whole or not at all --------------------------------------------------------------


def test_nothing_is_left_beside_what_was_written(text_plan, tmp_path):
    before = set(tmp_path.iterdir())
    findings_of(*text_plan, tmp_path / "f.xlsx")
    assert set(tmp_path.iterdir()) - before == {tmp_path / "f.xlsx"}


def refused(plan, source, path):
    before = {each: each.read_bytes() for each in path.parent.glob("*") if each.is_file()}
    with pytest.raises(OutputError) as fault:
        write_findings(path, [], plan, source, as_of=DAY)
    after = {each: each.read_bytes() for each in path.parent.glob("*") if each.is_file()}
    assert before == after
    said = str(fault.value)
    assert path.name in said and said.endswith(".") and "\n" not in said
    return said


def test_a_target_that_is_open_elsewhere(text_plan, tmp_path, monkeypatch):
    def locked(source, target):
        raise PermissionError(13, "Permission denied", str(target))

    path = tmp_path / "findings.xlsx"
    path.write_bytes(b"last month's")
    monkeypatch.setattr(os, "replace", locked)
    assert "open in Excel" in refused(*text_plan, path)


def test_a_target_that_may_not_be_changed(text_plan, tmp_path, monkeypatch):
    path = tmp_path / "findings.xlsx"
    path.write_bytes(b"kept")
    monkeypatch.setattr(os, "access", lambda file, mode: False)
    assert "close it" in refused(*text_plan, path)


def test_a_folder_that_may_not_be_written(text_plan, tmp_path, monkeypatch):
    def denied(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", denied)
    assert "choose another folder" in refused(*text_plan, tmp_path / "findings.xlsx")


def test_a_disk_that_is_full(text_plan, tmp_path, monkeypatch):
    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "No space left" in refused(*text_plan, tmp_path / "findings.xlsx")


def test_a_folder_that_is_not_there_and_one_in_the_way(text_plan, tmp_path):
    assert "no folder" in refused(*text_plan, tmp_path / "nowhere" / "findings.xlsx")
    (tmp_path / "findings.xlsx").mkdir()
    assert "is a folder" in refused(*text_plan, tmp_path / "findings.xlsx")


def test_the_plan_itself_is_never_written_over(tmp_path):
    source = tmp_path / "plan.xlsx"
    plan = workbook_plan(source)
    assert "the plan itself" in refused(plan, source, source)


def test_more_rows_than_a_sheet_holds(text_plan, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 5)
    with pytest.raises(OutputError, match="more than Excel can hold"):
        findings_of(*text_plan, tmp_path / "f.xlsx")
    assert not (tmp_path / "f.xlsx").exists()


def test_a_string_will_do_for_a_path(text_plan, tmp_path):
    plan, source = text_plan
    written = write_findings(str(tmp_path / "f.xlsx"), [], plan, str(source), as_of=DAY)
    assert written == Path(tmp_path / "f.xlsx") and written.exists()
