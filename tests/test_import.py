"""agsxl import: the new workbook, the import report, and what is refused."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from agsxl import cli, desk, shapes
from agsxl.documents.account import Use
from agsxl.errors import NoPlanError, OutputError, SourceError, TwoPlansError
from agsxl.excel.package import Package
from agsxl.excel.struck import struck_cells
from agsxl.words import TWELVE
from tests.books import TWELVE as HEADINGS
from tests.books import rewrite, write_book
from tests.files import by_office, write_docx, write_html
from tests.plans import SAMPLE
from tests.published import document_of, real_plan
from tests.published import shapes as published

DAY = date(2023, 9, 30)
PLANS = {s.name: s for s in published() if not s.error and s.kind != "text"}

# Leads by initials, a date that moved, a suggestion, a heading that is missing, a line left over.
LINES = """
# Marsh District Council: action plan 2022/23
# Principle 1: Openness
| Ref | Action | Lead | Timescale | Progress | Status | Priority |
| 1a | Publish the reasons for decisions | TW | ~~31/1/23~~ <u>30/09/23</u> | Completed. Agreed on 4 May 2023. | | High |
| 1b | Record votes | PQ | June 2023 | Completed a trial; the rest follows. | Part complete | Low |
# Principle 3: Risk
| Ref | Action | Lead | Timescale | Progress | Status | Priority |
| 3a | Refresh the register | PQ | by March | | On target | |
| 3b | Brief the committee | PQ | 24/05/23 Council | | Not started | |
Key: TW = Tess Wain, head of law; PQ = Petra Quill, head of audit
Printed by the council's print room
""".strip().split("\n")


@pytest.fixture
def source(tmp_path) -> Path:
    return write_docx(document_of(LINES), tmp_path / "plan.docx")


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(a) for a in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def sheet_rows(path: Path, name: str) -> list[dict[str, object]]:
    """The rows of a sheet's one Excel table, by heading."""
    page = openpyxl.load_workbook(path)[name]
    (table,) = page.tables.values()
    cells = [[cell.value for cell in row] for row in page[table.ref]]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


# -- the new workbook ----------------------------------------------------------------------------


def test_the_new_workbook_is_a_plan(source, tmp_path):
    made = desk.import_plan(source, tmp_path / "new.xlsx", as_of=DAY)
    page = openpyxl.load_workbook(made.files[0])["Plan"]
    ((name, table),) = ((t.name, t) for t in page.tables.values())
    heads = [cell.value for cell in page[table.ref][0]]
    assert name == "Plan" and heads[:12] == HEADINGS == list(TWELVE.values())
    assert heads[12:] == ["principles", "Priority", "Printed timescale", "Printed SMT Lead"]
    rows = {row["Ref"]: row for row in sheet_rows(made.files[0], "Plan")}
    assert rows["1a"]["Timescale"].date() == date(2023, 1, 31)
    assert rows["1a"]["Revised target date"].date() == date(2023, 9, 30)
    assert rows["1b"]["Timescale"].date() == date(2023, 6, 30)
    assert rows["1b"]["Printed timescale"] == "June 2023"
    assert rows["3a"]["Timescale"] == "by March"  # not certain: the words, and no date
    assert rows["3b"]["Timescale"].date() == date(2023, 5, 24)
    assert rows["3b"]["Printed timescale"] == "24/05/23 Council"
    assert rows["1a"]["SMT Lead"] == "head of law" and rows["1a"]["Printed SMT Lead"] == "TW"
    assert [rows[ref]["Priority"] for ref in ("1a", "1b", "3a")] == ["High", "Low", None]
    assert rows["1a"]["Status"] is None  # suggested, not filled in


def test_every_command_reads_the_new_workbook(source, tmp_path, capsys):
    new = tmp_path / "new.xlsx"
    assert run(capsys, "import", source, "--out", new)[0] == 0
    for command in ("show", "check", "slippage", "chase"):
        before = run(capsys, command, source, "--as-of", DAY, "--json")
        after = run(capsys, command, new, "--as-of", DAY, "--json")
        assert before[0] in (0, 1) and after[0] == before[0] and not after[2]
        if command == "slippage":
            assert json.loads(after[1])["totals"] == json.loads(before[1])["totals"]
    persons = {
        m["ref"]: m["smt_lead"]["person"]
        for m in json.loads(run(capsys, "show", new, "--json")[1])["milestones"]
    }
    assert persons["1a"] == "Tess Wain" and persons["3b"] == "Petra Quill"


@pytest.mark.parametrize("name", PLANS)
def test_the_new_workbook_is_the_same_plan(tmp_path, name):
    shape = PLANS[name]
    source = write_html(document_of(shape.lines), tmp_path / "plan.html")
    before = desk.load_plan(source)
    after = desk.load_plan(desk.import_plan(source, tmp_path / "new.xlsx", as_of=DAY).files[0])
    assert [same(m) for m in after.milestones] == [same(m) for m in before.milestones]


def same(milestone) -> list[object]:
    """What must survive: texts, days, posts."""
    return [
        milestone.ref, milestone.theme, milestone.outcome, milestone.milestone, milestone.smt_lead.posts and milestone.smt_lead.post,
        milestone.baseline, milestone.timescale.latest or milestone.timescale.raw, milestone.revised.latest,
        milestone.status, milestone.comments,
        {k: v for k, v in milestone.extra.items() if v and not k.startswith("Printed")},
    ]  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("name", ["000", "001", "002", "003", "004"])
def test_a_real_plan_is_the_same_plan_in_its_new_workbook(tmp_path, name):
    before = desk.load_plan(real_plan(name))
    after = desk.load_plan(
        desk.import_plan(real_plan(name), tmp_path / "new.xlsx", as_of=DAY).files[0]
    )
    assert [same(m) for m in after.milestones] == [same(m) for m in before.milestones]


def test_importing_the_new_workbook_again_changes_nothing(source, tmp_path):
    first = desk.import_plan(source, tmp_path / "one.xlsx", as_of=DAY)
    second = desk.import_plan(first.files[0], tmp_path / "two.xlsx", as_of=DAY)
    assert sheet_rows(second.files[0], "Plan") == sheet_rows(first.files[0], "Plan")


# -- suggestions ---------------------------------------------------------------------------------


def test_a_suggestion_is_taken_only_when_asked_and_is_marked(source, tmp_path):
    made = desk.import_plan(source, tmp_path / "new.xlsx", as_of=DAY, accept_suggestions=True)
    rows = {row["Ref"]: row for row in sheet_rows(made.files[0], "Plan")}
    assert rows["1a"]["Status"] == "Complete"
    assert rows["1b"]["Status"] == "Part complete"  # "Completed a trial" proves nothing
    assert rows["1a"]["Suggestions taken"].startswith(
        "Status: Complete, because the status is blank"
    )
    assert rows["1b"]["Suggestions taken"] is None
    assert (
        rows["3a"]["Timescale"].date() == date(2023, 3, 31)
        and rows["3a"]["Printed timescale"] == "by March"
    )
    page = openpyxl.load_workbook(made.files[0])["Plan"]
    tinted = {
        cell.coordinate
        for row in page.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == "FFFFF0C8"
    }
    refs = {row[0].value: row[0].row for row in page.iter_rows()}
    assert tinted == {f"J{refs['1a']}", f"G{refs['3a']}"}
    taken = [
        row
        for row in sheet_rows(made.files[0], "Import report")
        if row["What"] == "Suggestion taken"
    ]
    assert [row["Ref"] for row in taken] == ["1a", "3a"]


# -- the report ----------------------------------------------------------------------------------


def test_the_report_says_what_to_look_at(source, tmp_path):
    made = desk.import_plan(source, tmp_path / "new.xlsx", as_of=DAY)
    rows = sheet_rows(made.files[0], "Import report")
    said = [(row["What"], row["Detail"]) for row in rows]
    assert any(what == "Please look" and "no principle 2" in text for what, text in said)
    assert ("Left over", "Printed by the council's print room") in [
        (w, t.split(" (")[0]) for w, t in said
    ]
    absent = [text for what, text in said if what == "Not in the document"]
    assert len(absent) == 1 and "Outcome" in absent[0] and "Status" not in absent[0]
    assert [row["Ref"] for row in rows if row["What"] == "Suggestion, not filled in"] == [
        "1a",
        "3a",
    ]
    order = list(dict.fromkeys(row["What"] for row in rows))
    assert order[0] == "Please look" and order.index("Left over") < order.index("Resolved")


def test_every_line_of_the_source_stands_in_the_report(source, tmp_path):
    made = desk.import_plan(source, tmp_path / "new.xlsx", as_of=DAY)
    rows = sheet_rows(made.files[0], "Lines of the source")
    assert len(rows) == len(made.reading.pieces)
    text = made.files[1].read_text("utf-8-sig")
    for row in rows:
        assert row["Where in the document"] in text
        assert " ".join(str(row["Text"]).split())[:40] in text
    where = sheet_rows(made.files[0], "Where read")
    assert {"Ref": "3b", "Value": "Timescale", "Where in the document": "table 2, row 3"} in where


def test_the_report_beside_the_workbook(source, tmp_path):
    made = desk.import_plan(source, tmp_path / "new.xlsx", as_of=DAY)
    assert made.files[1].name == "new import report.txt"
    data = made.files[1].read_bytes()
    assert (
        data.startswith(b"\xef\xbb\xbfImport report\r\n")
        and b"4 milestones read from plan.docx" in data
    )
    assert "plan.docx (Word document)" in data.decode("utf-8-sig")


def test_the_json_of_an_import(source, capsys):
    code, out, err = run(capsys, "import", source, "--json", "--as-of", DAY)
    shape = json.loads(out)
    assert code == 0 and not err
    assert shape["milestones"] == 4 and shape["kind"] == "docx" and shape["files"] == []
    uses = {line["use"] for line in shape["lines"]}
    assert uses == {"used", "heading", "key", "left over"} == {str(use) for use in Use}
    assert [s["ref"] for s in shape["suggestions"]] == ["1a", "3a"]
    assert not any(s["accepted"] for s in shape["suggestions"])
    assert shape["provenance"][0]["read_from"]["timescale"] == "table 1, row 2"


def test_what_a_person_sees(source, tmp_path, capsys):
    code, out, err = run(capsys, "import", source, "--out", tmp_path / "out" / "new.xlsx")
    flat = " ".join(out.split())
    assert code == 0 and not err
    assert "plan.docx: 4 milestones." in flat and "Left over (1)" in out and "Please look" in out
    assert "Suggestions (2, not filled in; --accept-suggestions fills them in)" in flat
    assert out.rstrip().endswith("new import report.txt")


# -- what is refused -----------------------------------------------------------------------------


def test_no_plan_that_somebody_worked_in_is_written_over(source, tmp_path):
    new = tmp_path / "new.xlsx"
    desk.import_plan(source, new, as_of=DAY)
    desk.import_plan(source, new, as_of=DAY, accept_suggestions=True)  # untouched since: again
    book = openpyxl.load_workbook(new)
    book["Plan"]["A6"] = "9z"
    book.save(new)
    kept = new.read_bytes()
    with pytest.raises(OutputError, match="writes over no plan"):
        desk.import_plan(source, new, as_of=DAY)
    assert new.read_bytes() == kept
    with pytest.raises(OutputError):
        desk.import_plan(SAMPLE, SAMPLE, as_of=DAY)


def test_a_suggestion_needs_a_workbook(source, capsys):
    code, out, err = run(capsys, "import", source, "--accept-suggestions")
    assert code == 2 and "--out" in err and not out


@pytest.mark.parametrize(
    ("lines", "error", "said"),
    [
        (["Minutes of the meeting", "Apologies were received."], NoPlanError, "No plan was found in plan.docx"),
        (["| Name | Ward |", "| Ann | East |"], NoPlanError, "No plan was found in plan.docx"),
    ],
)  # fmt: skip
def test_a_document_without_a_plan(tmp_path, lines, error, said):
    path = write_docx(document_of(lines), tmp_path / "plan.docx")
    with pytest.raises(error) as refused:
        desk.load_plan(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_one_of_two_plans_is_chosen(tmp_path, capsys):
    shape = next(s for s in published() if s.name == "separate year tables")
    path = write_docx(document_of(shape.lines), tmp_path / "plan.docx")
    with pytest.raises(TwoPlansError):
        desk.load_plan(path)
    code, out, err = run(capsys, "show", path, "--sheet", "plan 2", "--json")
    assert code == 0 and not err and len(json.loads(out)["milestones"]) == 2


def test_a_workbook_without_refs_is_imported_and_not_checked(tmp_path):
    rows = [
        ["Action", "Lead", "By when", "Status"],
        ["Go", "Clerk", date(2023, 5, 31), "Done"],
        ["Stay", "Clerk", "June 2023", ""],
    ]
    path = write_book(tmp_path / "plan.xlsx", {"Plan": rows})
    with pytest.raises(NoPlanError, match="agsxl import"):
        desk.load_plan(path)
    made = desk.import_plan(path, tmp_path / "new.xlsx", as_of=DAY)
    assert [m.ref for m in desk.load_plan(made.files[0]).milestones] == ["1.1", "1.2"]
    csv = tmp_path / "plan.csv"
    csv.write_text("Action,Lead,By when,Status\nGo,Clerk,31/05/2023,Done\n")
    with pytest.raises(NoPlanError, match="agsxl import"):
        desk.load_plan(csv)
    assert desk.read_published(csv).plan.milestones[0].milestone == "Go"


# -- other sources ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan.pdf", "plan.xlsx", "plan.html", "plan.txt", "plan"])
def test_a_name_that_lies_changes_nothing(source, tmp_path, name):
    other = tmp_path / "elsewhere" / name
    other.parent.mkdir()
    other.write_bytes(source.read_bytes())
    assert [m.ref for m in desk.load_plan(other).milestones] == ["1a", "1b", "3a", "3b"]


@pytest.mark.office
@pytest.mark.parametrize("kind", ["ods", "xls", "pdf"])
def test_the_sample_in_other_kinds(tmp_path, kind):
    (other,) = by_office([SAMPLE], kind, tmp_path / "out")
    before, after = desk.load_plan(SAMPLE), desk.load_plan(other)
    hidden = {m.ref for m in before.milestones if m.hidden}  # not printed
    want = [m for m in before.milestones if kind != "pdf" or m.ref not in hidden]
    assert len(after.milestones) == len(want)
    for old, new in zip(want, after.milestones, strict=True):
        assert (new.milestone, new.smt_lead.raw, new.status.raw) == (
            old.milestone,
            old.smt_lead.raw,
            old.status.raw,
        )
        assert (new.baseline, new.revised.latest) == (old.baseline, old.revised.latest)


def test_an_ods_tells_its_merged_cells(tmp_path):
    office = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f"xmlns:{name}='{office}:{name}:1.0'" for name in ("office", "table", "text"))
    rows = [
        ["Ref", "Theme", "Action", "By when", "Status"],
        ["1", "Ethics", "Train", "May 2023", "Done"],
        ["2", None, "Test", "June 2023", "Done"],
    ]
    cell = "<table:table-cell {more} office:value-type='string'><text:p>{text}</text:p></table:table-cell>"
    xml = "".join(
        "<table:table-row>"
        + "".join(
            "<table:covered-table-cell/>"
            if c is None
            else cell.format(text=c, more="table:number-rows-spanned='2'" if c == "Ethics" else "")
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )  # fmt: skip
    path = tmp_path / "plan.ods"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", f"<m:manifest xmlns:m='{office}:manifest:1.0'/>")
        package.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='Plan'>{xml}</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    assert [(m.ref, m.theme) for m in desk.load_plan(path).milestones] == [
        ("1", "Ethics"),
        ("2", "Ethics"),
    ]


def test_posts_of_the_officers_win_over_the_documents_key(source, tmp_path):
    posts = tmp_path / "posts.csv"
    posts.write_text("Post,Person\nhead of law,New Holder\n")
    plan = desk.load_plan(source, posts=posts)
    assert plan.posts.holder("head of law", DAY).person == "New Holder"


def test_a_report_of_a_plan_that_says_it_all(tmp_path):
    made = desk.import_plan(SAMPLE, tmp_path / "new.xlsx", as_of=DAY)
    rows = sheet_rows(made.files[0], "Import report")
    assert all(re.search(r"\w", str(row["What"])) for row in rows)
    assert len(sheet_rows(made.files[0], "Plan")) == 125
    shape = shapes.of_import(made.reading, made.accepted)
    assert shape["kind"] == "xlsx" and len(shape["lines"]) == len(made.reading.pieces)


def test_a_source_is_named_in_what_is_refused(tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(SourceError, match=r"scan\.png is a picture"):
        desk.load_plan(path)


# -- struck-out text in the cells of a workbook ------------------------------------------------------


def struck_book(path: Path, *, refs: bool = True) -> Path:
    """A workbook with struck-out letters, cells and a row."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("Plan")
    old, plain = book.add_format({"font_strikeout": True}), book.add_format()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    gone = book.add_format({"num_format": "dd/mm/yyyy", "font_strikeout": True})
    rows: list[list[object]] = [
        ["Ref", "Action", "Lead", "Timescale", "Status"],
        ["A1", "Adopt", (old, "SD ", plain, "RB"), (old, "31/1/17", plain, " 30/09/17"), "Done"],
        [("A2", old), ("Test it", old), ("Clerk", old), (date(2020, 1, 1), gone), ("Open", old)],
        ["A3", "Train", "Clerk", (date(2020, 1, 1), day), "Open"],
        ["A4", "Review", "Clerk", (date(2020, 1, 1), gone), "Open"],
    ]
    for number, row in enumerate(rows):
        for column, value in enumerate(row if refs else row[1:]):
            if isinstance(value, tuple) and len(value) == 4:
                page.write_rich_string(number, column, *value)
            elif isinstance(value, tuple):
                page.write(number, column, *value)
            else:
                page.write(number, column, value)
    book.close()
    return path


STRUCK = [
    ("Adopt", "RB", "31/1/17", "30/09/17"),
    ("Train", "Clerk", "01/01/2020", ""),
    ("Review", "Clerk", "", ""),
]


def struck_facts(reading) -> list[tuple[str, str, str, str]]:
    return [
        (m.milestone, m.smt_lead.raw, m.timescale.raw, m.revised.raw)
        for m in reading.plan.milestones
    ]


@pytest.mark.parametrize("refs", [True, False])
def test_what_is_struck_out_in_a_workbook(tmp_path, refs):
    reading = desk.read_published(struck_book(tmp_path / "plan.xlsx", refs=refs))
    assert struck_facts(reading) == STRUCK
    said = [note.message for note in reading.notes if note.kind == "please look"]
    assert "This row is struck out and was left out: “Test it”." in said
    assert any("“01/01/2020” is struck out, and nothing stands in its place" in text for text in said)  # fmt: skip
    left = [piece for piece in reading.pieces if piece.said == "struck out"]
    assert [piece.place.words for piece in left] == ["sheet 'Plan', row 3"]
    if refs:
        assert [m.ref for m in reading.plan.milestones] == ["A1", "A3", "A4"]


@pytest.mark.office
def test_what_is_struck_out_in_an_ods(tmp_path):
    (other,) = by_office([struck_book(tmp_path / "plan.xlsx")], "ods", tmp_path / "out")
    assert struck_facts(desk.read_published(other)) == STRUCK


def test_what_is_struck_out_in_an_ods_by_its_formats_and_in_rows_said_once(tmp_path):
    spaces = " ".join(
        f"xmlns:{name}='urn:oasis:names:tc:opendocument:xmlns:{name}:1.0'"
        for name in ("office", "table", "text", "style")
    )
    styles = (
        "<style:style style:name='old' style:family='text'><style:text-properties style:text-line-through-style='solid'/></style:style>"
        "<style:style style:name='older' style:family='table-cell' style:parent-style-name='old'/>"
        "<style:style style:name='new' style:family='text'><style:text-properties style:text-line-through-type='none'/></style:style>"
    )

    def cell(content: str, more: str = "") -> str:
        return f"<table:table-cell office:value-type='string' {more}><text:p>{content}</text:p></table:table-cell>"

    def row(cells: str, more: str = "") -> str:
        return f"<table:table-row {more}>{cells}</table:table-row>"

    span = "<text:span text:style-name='{}'>{}</text:span>".format
    older = "table:style-name='older'"
    rows = [
        row("".join(map(cell, ("Action", "Lead", "Timescale", "Status")))),
        row(cell("Adopt") + cell(span("old", "SD") + "<text:s text:c='2'/>RB") + cell("May 2017" + span("new", " June 2017"), older) + cell("Open")),
        row(cell("Gone", older) + cell("Clerk", older) + cell("", older) + cell("Open", older), "table:number-rows-repeated='2'"),
        row(cell("Train") + cell("Clerk") + cell("May 2018") + cell("Open")),
    ]  # fmt: skip
    xml = (
        f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet><table:table table:name='P'>{''.join(rows)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "plan.ods"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr("content.xml", xml)
    reading = desk.read_published(path)
    assert struck_facts(reading) == [
        ("Adopt", "RB", "May 2017", "June 2017"),
        ("Train", "Clerk", "May 2018", ""),
    ]
    assert sum(piece.said == "struck out" for piece in reading.pieces) == 2


def test_a_workbook_with_nothing_struck_out_is_read_as_it_stands(tmp_path):
    rows = [["Ref", "Milestones", "Timescale", "Status"], ["A1", "Go", "TBC", "Open"]]
    reading = desk.read_published(write_book(tmp_path / "plan.xlsx", {"Plan": rows}))
    assert reading.kind == "xlsx" and [m.where.row for m in reading.plan.milestones] == [2]
    assert struck_cells(Package(tmp_path / "plan.xlsx")) == {}


def test_a_format_that_says_it_strikes_nothing_out(tmp_path):
    path = struck_book(tmp_path / "plan.xlsx")

    def unstruck(name: str, data: bytes) -> bytes:
        return data.replace(b"<strike/>", b'<strike val="0"/>')

    assert not any(struck_cells(Package(rewrite(path, tmp_path / "new.xlsx", unstruck))).values())
