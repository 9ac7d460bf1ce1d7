"""The return workbook: what a lead is sent, and what is read whatever the lead did to it."""

from __future__ import annotations

import random
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl.chasers import Asked, Reason
from agsxl.errors import OutputError, SettingsError, SourceError
from agsxl.excel.file import open_book
from agsxl.grid import CellError, Formula, Grid, Value, cell_address
from agsxl.layout import returns as layout
from agsxl.layout.returns import read_return, read_sent
from agsxl.report import returns as report
from agsxl.report.returns import USUAL_STATUSES, latest_note, statuses_of, write_return
from agsxl.resources import resource
from agsxl.returns import ANSWERS, SHOWN, Answer, Origin, Reply, fingerprint, texts_of
from agsxl.settings import Settings
from tests.books import ROW, TWELVE, rewrite, write_book
from tests.plans import plan_of

DAY = date(2026, 9, 30)
LEAD = "Head of Shared Services"
ROWS = (
    {"ref": "B1", "timescale": "31/07/2026", "comments": "30/06/2026: Trainer ill.\n31/08/2026: New trainer found."},
    {"ref": "B2", "timescale": "31/10/2026", "revised": "30/11/2026", "status": "Off target but recovery plans in place"},
    {"ref": "B3", "timescale": "TBC", "status": "", "comments": ""},
    {"ref": "B10", "timescale": "31/12/2026", "status": "Complete", "evidence": "Minute 14"},
)  # fmt: skip
PLAN = plan_of(*ROWS, {"ref": "C1", "status": "Not started"})
SHEET = "Your milestones"


def asked_of(plan, *refs: str) -> list[Asked]:
    return [
        Asked(m.ref, (Reason.DUE,), f"Is {m.ref} done?", m)
        for m in plan.milestones
        if not refs or m.ref in refs
    ]


def made(path: Path, plan=PLAN, asked=None, **more) -> Path:
    options = {
        "lead": LEAD,
        "person": "Ada Byrne",
        "round_day": DAY,
        "answer_by": date(2026, 10, 9),
    }
    chosen = asked if asked is not None else asked_of(plan, "B1", "B2", "B3", "B10")
    return write_return(path, plan, chosen, **(options | more))


def grids_of(path: Path) -> list[Grid]:
    with open_book(path) as book:
        return [book.read(name) for name in book.sheets()]


class Back:
    """A return on its way back: cells by Ref and heading, and whatever else may be done to it."""

    def __init__(self, grids: list[Grid], file: str = "Shared Services.xlsx") -> None:
        self.grids = [replace(grid, rows=[list(row) for row in grid.rows]) for grid in grids]
        self.file = file
        self.page, self.hidden = self.grids
        self.top = next(n for n, row in self.page.numbered() if "No change" in row)

    @property
    def heads(self) -> list[Value]:
        return self.page.rows[self.top - 1]

    def row(self, ref: str) -> int:
        return next(n for n, row in self.page.numbered() if n > self.top and row[0] == ref)

    def at(self, ref: str, heading: str) -> str:
        return cell_address(self.row(ref), self.heads.index(heading) + 1)

    def put(self, ref: str, heading: str, value: Value) -> Back:
        row = self.page.rows[self.row(ref) - 1]
        row.extend([None] * (len(self.heads) - len(row)))
        row[self.heads.index(heading)] = value
        return self

    def add(self, **cells: Value) -> Back:
        self.page.rows.append([cells.get(str(h).replace(" ", "_")) for h in self.heads])
        return self

    def read(self, saved: datetime | None = None) -> Reply:
        return read_return(self.grids, file=self.file, saved=saved)


@pytest.fixture(scope="module")
def sent_grids(tmp_path_factory) -> list[Grid]:
    return grids_of(made(tmp_path_factory.mktemp("return") / "return.xlsx"))


@pytest.fixture
def back(sent_grids) -> Back:
    return Back(sent_grids)


# -- what is sent ------------------------------------------------------------------------------


def test_what_a_lead_is_sent(tmp_path):
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx", settings=Settings(council="Wexcombe")))[
        SHEET
    ]
    assert page["A1"].value == "Wexcombe: Head of Shared Services, September 2026"
    assert page["A2"].value == (
        "For Ada Byrne, Head of Shared Services: 4 milestones to answer for. Please fill in the tinted "
        "cells, columns H to N. Please send this workbook back by Friday 9 October 2026."
    )
    assert page["A3"].value.startswith("No change is a full answer")
    heads, *rows = [[cell.value for cell in line] for line in page[page.tables["Milestones"].ref]]
    assert heads == [*SHOWN.values(), *ANSWERS.values()]
    assert heads[7:] == [
        "No change", "Status", "Proposed date", "Reason", "Comment", "Evidence", "Date completed",
    ]  # fmt: skip
    training = "Budget training delivered"
    assert [row[:7] for row in rows] == [
        ["B1", f"{training} (B1)", "Is B1 done?", "On target", datetime(2026, 7, 31), datetime(2026, 7, 31), "31/08/2026: New trainer found."],
        ["B2", f"{training} (B2)", "Is B2 done?", "Off target but recovery plans in place", datetime(2026, 10, 31), datetime(2026, 11, 30), "Dates are agreed with the trainer."],
        ["B3", f"{training} (B3)", "Is B3 done?", None, "TBC", "TBC", None],
        ["B10", f"{training} (B10)", "Is B10 done?", "Complete", datetime(2026, 12, 31), datetime(2026, 12, 31), "Dates are agreed with the trainer."],
    ]  # fmt: skip
    assert all(value is None for row in rows for value in row[7:])  # blank: not answered


def test_only_the_answers_can_be_filled_in(tmp_path):
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx"))[SHEET]
    protection = page.protection
    assert protection.sheet and not protection.password
    # openpyxl says what is forbidden
    for allowed in ("formatColumns", "formatRows", "sort", "autoFilter", "selectLockedCells", "selectUnlockedCells"):  # fmt: skip
        assert not getattr(protection, allowed), allowed
    (table,) = page.tables.values()
    for line in page[table.ref][1:]:
        assert [cell.protection.locked for cell in line] == [True] * 7 + [False] * 7
    assert all(cell.protection.locked for line in page["A1:N6"] for cell in line)


def test_each_answer_says_what_may_be_filled_in(tmp_path):
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx"))[SHEET]
    rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
    assert set(rules) == {f"{letter}7:{letter}10" for letter in "HIJKLMN"}
    kinds = {area[0]: rule.type for area, rule in rules.items()}
    assert kinds == {"H": "list", "I": "list", "J": "date", "K": None, "L": None, "M": None, "N": "date"}  # fmt: skip
    assert rules["H7:H10"].formula1 == '"Yes"'
    for rule in rules.values():
        assert rule.promptTitle and rule.prompt
        assert rule.allow_blank
    date_rule = rules["J7:J10"]
    first, last = (float(formula) for formula in (date_rule.formula1, date_rule.formula2))
    assert (first, last) == (openpyxl.utils.datetime.to_excel(date(2016, 1, 1)), openpyxl.utils.datetime.to_excel(date(2046, 12, 31)))  # fmt: skip
    assert "31/03/2027" in date_rule.error
    assert page["J7"].number_format == page["N7"].number_format == "dd/mm/yyyy"
    assert page["I7"].number_format == "General"
    assert page["L7"].number_format == "@"  # "- booked" is a comment, no formula


def test_the_dropdown_offers_the_words_of_settings_also_with_commas(tmp_path):
    words = ("Done, and checked", "On target")
    book = openpyxl.load_workbook(made(tmp_path / "r.xlsx", settings=Settings(statuses=words)))
    rule = next(r for r in book[SHEET].data_validations.dataValidation if "I7" in r.sqref)
    sheet, area = rule.formula1.lstrip("=").split("!")
    assert tuple(cell.value for (cell,) in book[sheet][area.replace("$", "")]) == words


# the statuses of a plan -> what is offered beside the usual ones it has no word for
STATUSES = [
    (["On track", "On track.", "On track", "Done"], ["Done", "On track"]),
    ([""], list(USUAL_STATUSES)),
    (["Green", "In progress"], ["In progress", "Green"]),
    (["x" * 200, "Not started.\nSee below."], list(USUAL_STATUSES)),
]  # fmt: skip


@pytest.mark.parametrize(("own", "offered"), STATUSES)
def test_the_dropdown_offers_the_plans_own_words(own, offered):
    plan = plan_of(*({"ref": f"A{n}", "status": status} for n, status in enumerate(own)))
    words = statuses_of(plan, Settings())
    assert [word for word in words if word in offered] == offered
    assert set(words) <= {*offered, *USUAL_STATUSES}
    values = [report.read_status(word).value for word in words]
    assert values.count("complete") == 1 and "on target" in values


def test_it_reads_well_on_screen_on_paper_and_aloud(tmp_path):
    path = made(tmp_path / "r.xlsx")
    page = openpyxl.load_workbook(path)[SHEET]
    assert page.freeze_panes == "B7"
    assert page.print_title_rows == "$6:$6" and page.print_title_cols == "$A:$A"
    assert page.page_setup.orientation == "landscape" and page.page_setup.paperSize == 9
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
    assert not page.merged_cells.ranges
    assert all(page.cell(row, 1).value for row in range(1, 11))  # no blank row
    heads = [cell.value for cell in page[6]]
    assert len({head.casefold() for head in heads}) == len(heads)
    # Not by colour alone: a line above says which cells are for answers.
    assert (page["A5"].value, page["H5"].value) == ("What the plan says now (locked)", "Your answer (please fill in)")  # fmt: skip
    assert page["B7"].alignment.wrap_text and page["L7"].alignment.wrap_text
    xml = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    heights = [
        float(height) for height in re.findall(r'<row r="(?:7|8|9|10)"[^>]* ht="([\d.]+)"', xml)
    ]
    assert len(heights) == 4 and min(heights) > 40  # room to write
    assert "customHeight" not in xml  # and they grow with a long answer
    table = zipfile.ZipFile(path).read("xl/tables/table1.xml").decode()
    assert "altText=" in table and "altTextSummary=" in table


def test_no_macro_link_or_formula_is_in_it(tmp_path):
    rows = [{"ref": f"A{n}", "milestone": text, "comments": text} for n, text in enumerate(
        ['=HYPERLINK("http://example.org")', "+44 1234", "@home", "-1", "http://example.org", "<r><t>x</t></r>"]
    )]  # fmt: skip
    plan = plan_of(*rows)
    path = made(tmp_path / "r.xlsx", plan, asked_of(plan))
    names = zipfile.ZipFile(path).namelist()
    assert not [n for n in names if re.search("vba|externalLink|connections|hyperlink", n)]
    page = openpyxl.load_workbook(path)[SHEET]
    assert [page.cell(row, 2).value for row in range(7, 13)][:5] == [r["milestone"] for r in rows][
        :5
    ]
    assert {page.cell(row, 2).data_type for row in range(7, 13)} == {"s"}
    assert not page._hyperlinks


def test_the_hidden_sheet_cannot_be_shown_or_changed_by_accident(tmp_path):
    hidden = openpyxl.load_workbook(made(tmp_path / "r.xlsx"))["agsxl"]
    assert hidden.sheet_state == "veryHidden" and hidden.protection.sheet


def test_the_same_plan_gives_the_same_bytes_and_no_clock_is_in_them(tmp_path):
    one, two = made(tmp_path / "one.xlsx"), made(tmp_path / "two.xlsx")
    assert one.read_bytes() == two.read_bytes()
    properties = openpyxl.load_workbook(one).properties
    assert properties.created == properties.modified == datetime(2026, 9, 30, 12)


def test_long_texts_are_cut_in_what_is_shown_and_never_in_what_is_kept(tmp_path):
    long = "Ärger 😀 _x000D_ =1+1 " * 5_000
    plan = plan_of({"ref": "A1", "milestone": long, "comments": long + "\n\tEnd \x07. "})
    path = made(tmp_path / "r.xlsx", plan, asked_of(plan, "A1"))
    page = openpyxl.load_workbook(path)[SHEET]
    assert len(page["B7"].value) < 1_000 and page["B7"].value.endswith("…")
    assert len(page["G7"].value) < 1_000 and page["G7"].value.endswith("…")
    reply = read_return(grids_of(path), file=path.name, saved=None)
    assert reply.issued["A1"] == texts_of(plan.milestones[0])
    assert len(reply.issued["A1"]["milestone"]) > 100_000
    assert reply.unanswered == ("A1",) and not reply.not_allowed


def test_four_hundred_milestones(tmp_path):
    plan = plan_of(*({"ref": f"A{n}"} for n in range(400)))
    reply = read_return(
        grids_of(made(tmp_path / "r.xlsx", plan, asked_of(plan))), file="r", saved=None
    )
    assert len(reply.unanswered) == 400 and not reply.flags


def test_milestones_without_a_ref_or_with_the_same_have_names_of_their_own(tmp_path):
    plan = plan_of(
        {"ref": "A1", "milestone": "One"}, {"ref": "A1", "milestone": "Two"},
        {"ref": "", "milestone": "Three"}, {"ref": "a1", "milestone": "Four"},
    )  # fmt: skip
    back = Back(grids_of(made(tmp_path / "r.xlsx", plan, asked_of(plan))))
    assert [row[0] for row in back.page.rows[back.top :]] == ["A1", "A1 (2)", "No Ref", "a1"]
    for ref in ("A1", "A1 (2)", "No Ref", "a1"):
        back.put(ref, "Comment", f"About {ref}")
    reply = back.read()
    assert [(a.ref, a.raw) for a in reply.answers] == [
        (ref, f"About {ref}") for ref in ("A1", "A1 (2)", "No Ref", "a1")
    ]
    assert [reply.issued[ref]["ref"] for ref in reply.issued] == ["A1", "A1", "", "a1"]
    assert reply.issued["A1 (2)"]["milestone"] == "Two"


def test_a_return_offers_only_what_settings_let_it_change(tmp_path):
    settings = Settings(return_columns=("status", "comments"))
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx", settings=settings))[SHEET]
    assert [cell.value for cell in page[6]][7:] == ["No change", "Status", "Comment"]
    assert "columns H to J" in page["A2"].value


ADDRESSED = [
    ("Ada Byrne", date(2026, 10, 9), "For Ada Byrne, Head of", "by Friday 9 October 2026."),
    ("Ada Byrne", None, "For Ada Byrne, Head of", "as soon as you can."),
    (" ", date(2026, 10, 9), "For Head of", "by Friday 9 October 2026."),
    ("", None, "For Head of", "as soon as you can."),
]


@pytest.mark.parametrize(("person", "day", "begins", "ends"), ADDRESSED)
def test_who_is_asked_and_by_when(tmp_path, person, day, begins, ends):
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx", person=person, answer_by=day))[SHEET]
    assert page["A1"].value == "Governance action plan: Head of Shared Services, September 2026"
    assert page["A2"].value.startswith(begins) and page["A2"].value.endswith(ends)


# what the plan has for dates -> what is shown
SHOWN_DATES = [
    ({"timescale": "31/07/26"}, [datetime(2026, 7, 31), datetime(2026, 7, 31)]),
    ({"timescale": "31/07/26", "revised": "31/10/26"}, [datetime(2026, 7, 31), datetime(2026, 10, 31)]),
    ({"timescale": "31/07/26", "revised": "by June"}, [datetime(2026, 7, 31), "by June"]),
    ({"timescale": "TBC", "revised": "31/10/26"}, ["TBC", datetime(2026, 10, 31)]),
    ({"timescale": "Ongoing"}, ["Ongoing", "Ongoing"]),
    ({"timescale": ""}, [None, None]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "shown"), SHOWN_DATES)
def test_dates_are_shown_as_dates_where_they_are_certain(tmp_path, row, shown):
    plan = plan_of({"ref": "A1", **row})
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx", plan, asked_of(plan)))[SHEET]
    assert [page["E7"].value, page["F7"].value] == shown


NOTES = [
    ("", ""),
    ("Booked.", "Booked."),
    ("30/06/2026: Old.\n31/08/2026: New.\nAnd more of it.", "31/08/2026: New.\nAnd more of it."),
    ("31/08/2026: New.\n30/06/2026: Old.", "31/08/2026: New."),
    ("31/08/2026: One.\n31/08/2026: Two.", "31/08/2026: Two."),
    ("Old words.\nAugust 2026 - New.", "August 2026 - New."),
    ("First.\nSecond, see 31/08/2026.", "First.\nSecond, see 31/08/2026."),
    ("a" * 30 + "\n" + "b" * 30, "… " + "b" * 30),
    ("One two three four five six seven eight nine ten", "One two three four five six seven eight nine…"),
    ("One two three four five six seven eight ninety ten", "One two three four five six seven eight…"),
    ("x" * 60, "x" * 45 + "…"),
]  # fmt: skip


@pytest.mark.parametrize(("comments", "shown"), NOTES)
def test_the_latest_note_is_shown(comments, shown):
    assert latest_note(comments, most=46) == shown


def test_nothing_asked_is_no_return(tmp_path):
    with pytest.raises(
        OutputError, match="Head of Shared Services is asked nothing on 30 September 2026"
    ):
        made(tmp_path / "r.xlsx", asked=[])


def test_where_it_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        made(tmp_path)
    with pytest.raises(OutputError, match="there is no folder"):
        made(tmp_path / "nowhere" / "r.xlsx")
    assert list(tmp_path.iterdir()) == []


# -- the definition that an officer may edit -----------------------------------------------------

SHIPPED = resource("templates", "return.toml").read_text("utf-8")
BROKEN = [
    ("[texts]", "[texts", "cannot be read"),
    ('title = "{council}: {lead}, {round}"', "", "has no text for title"),
    ("{round}", "{month}", "has a text with braces that cannot be filled in ('month')"),
    ("{round}", "{round", "has a text with braces that cannot be filled in"),
    ('sheet = "Your milestones"', 'sheet = "Yours: all"', "calls the sheet 'Yours: all', which Excel"),
    ('sheet = "Your milestones"', 'sheet = "AGSXL"', "calls the sheet 'AGSXL', which Excel"),
    ("[answer.reason]", "[answer.because]", "has no [answer.reason]"),
    ('heading = "Reason"', 'heading = " "', "has in [answer.reason] no heading of at most 32"),
    ('heading = "Reason"', 'heading = "comment:"', "heads two columns 'comment:'"),
    ("width = 29", 'width = "wide"', "has in [answer.comments] no width between"),
    ("width = 29", "width = 3", "has in [answer.comments] no width between"),
    ("width = 29", "width = true", "has in [answer.comments] no width between"),
    ('help = "Why', f'help = "{"x" * 256}Why', "has in [answer.reason] a help that is no text"),
    ("lines = [", "line = [", "has no list of lines"),
    ('help = "Why', 'help = 3 # "Why', "has in [answer.reason] a help that is no text"),
    ('heading = "Reason"', "heading = 3", "has in [answer.reason] no heading of at most 32"),
    ('heading = "Reason"', f'heading = "{"x" * 33}"', "has in [answer.reason] no heading of at most 32"),
]  # fmt: skip


ODD = [
    ("[texts]", "[shown.ref]", "texts = 3\n", "has no text for sheet"),
    ("[shown.ref]", "[answer.no_change]", "", "has no [shown.ref]"),
    ("[shown.ref]", None, "[shown]\nref = 3\n", "has no [shown.ref]"),
    ("lines = [", "[shown.ref]", 'lines = "One"\n', "has no list of lines"),
    ("lines = [", "[shown.ref]", "lines = []\n", "has no list of lines"),
    ("lines = [", "[shown.ref]", "lines = [3]\n", "has no list of lines"),
]


@pytest.mark.parametrize(("start", "end", "instead", "why"), ODD)
def test_a_definition_of_another_shape(tmp_path, edited, start, end, instead, why):
    head, rest = SHIPPED.split(start)
    edited(head + instead + (end + rest.split(end)[1] if end else ""))
    with pytest.raises(SettingsError) as told:
        made(tmp_path / "r.xlsx")
    assert why in str(told.value)


def test_a_definition_whose_columns_are_no_tables(tmp_path, edited):
    edited("shown = 3\n" + SHIPPED.split("[shown.ref]")[0])
    with pytest.raises(SettingsError, match=r"has no \[shown\.ref\]"):
        made(tmp_path / "r.xlsx")


def test_help_may_be_left_out(tmp_path, edited):
    edited(re.sub(r'(help|wrong) = ".*"', r'\1 = ""', SHIPPED))
    page = openpyxl.load_workbook(made(tmp_path / "r.xlsx"))[SHEET]
    rules = {rule.type: rule for rule in page.data_validations.dataValidation}
    assert set(rules) >= {"list", "date"}
    assert not any(rule.prompt or rule.error for rule in rules.values())


@pytest.fixture
def edited(tmp_path, monkeypatch):
    def edit(text: str) -> Path:
        file = tmp_path / "return.toml"
        file.write_text(text, "utf-8")
        monkeypatch.setattr(report, "resource", lambda *_: file)
        report._definition.cache_clear()
        return file

    yield edit
    monkeypatch.undo()
    report._definition.cache_clear()


@pytest.mark.parametrize(("old", "new", "why"), BROKEN)
def test_a_broken_definition_is_one_plain_sentence(tmp_path, edited, old, new, why):
    assert old in SHIPPED
    edited(SHIPPED.replace(old, new))
    with pytest.raises(SettingsError) as told:
        made(tmp_path / "r.xlsx")
    assert why in str(told.value) and "put back the file agsxl came with" in str(told.value)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "r.xlsx").exists()


def test_a_definition_that_is_not_there(tmp_path, edited):
    edited("").unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        made(tmp_path / "r.xlsx")


def test_edited_words_are_used_and_read_back(tmp_path, edited):
    edited(SHIPPED.replace('heading = "Comment"', 'heading = "What has been done"').replace(
        "No change is a full answer", "Nothing new? That"))  # fmt: skip
    back = Back(grids_of(made(tmp_path / "r.xlsx")))
    assert back.page.value("A3").startswith("Nothing new? That")
    back.put("B1", "What has been done", "Trained.")
    assert [(a.column, a.raw) for a in back.read().answers] == [("comments", "Trained.")]


# -- reading it back -----------------------------------------------------------------------------


def test_nothing_filled_in_is_nothing_answered(back):
    reply = back.read(datetime(2026, 10, 5, 9, 30))
    assert (reply.file, reply.lead, reply.round) == ("Shared Services.xlsx", LEAD, DAY)
    assert reply.saved == datetime(2026, 10, 5, 9, 30)
    assert reply.identity == ("", "plan.xlsx", fingerprint(PLAN.milestones))
    assert reply.unanswered == ("B1", "B2", "B3", "B10")
    assert (reply.answers, reply.no_change, reply.not_allowed) == ((), (), ())
    assert (reply.added, reply.withdrawn, reply.flags) == ((), (), ())
    assert reply.issued == {m.ref: texts_of(m) for m in PLAN.milestones if m.ref != "C1"}
    assert reply.issued["B1"]["timescale"] == "31/07/2026"
    assert reply.issued["B10"]["evidence"] == "Minute 14"


def test_what_a_lead_fills_in(back):
    back.put("B1", "No change", "Yes")
    back.put("B2", "Proposed date", date(2027, 3, 31)).put("B2", "Reason", "Supplier late")
    back.put("B3", "Status", "On target").put("B3", "Comment", "Booked.\nFor May.")
    back.put("B10", "Evidence", "Minute 15").put("B10", "Date completed", date(2026, 9, 15))
    reply = back.read()
    assert reply.no_change == ("B1",) and reply.unanswered == () and reply.flags == ()
    assert reply.answers == (
        Answer("B2", "revised", "31/03/2027", date(2027, 3, 31), f"{SHEET}!J8", "Supplier late"),
        Answer("B3", "status", "On target", "On target", f"{SHEET}!I9"),
        Answer("B3", "comments", "Booked.\nFor May.", "Booked.\nFor May.", f"{SHEET}!L9"),
        Answer("B10", "evidence", "Minute 15", "Minute 15", f"{SHEET}!M10"),
        Answer("B10", "completed", "15/09/2026", date(2026, 9, 15), f"{SHEET}!N10"),
    )
    assert all(answer.usable for answer in reply.answers)


TICKS = ["Yes", "yes ", "Y", "x", "X", "XX", True, 1, "TRUE", "✓", "✔", "✔️", "☑", "ü", "No change", "no change.", "nc", "Tick", Formula("=TRUE()", True)]  # fmt: skip


@pytest.mark.parametrize("tick", TICKS)
def test_the_many_ways_to_tick_no_change(back, tick):
    reply = back.put("B2", "No change", tick).read()
    assert reply.no_change == ("B2",) and reply.flags == ()
    assert "B2" not in reply.unanswered


@pytest.mark.parametrize("blank", [None, "", " ", "-", "–", "n/a", "N/A", False, 0, "FALSE", "☐"])
def test_the_ways_not_to_tick_it(back, blank):
    reply = back.put("B2", "No change", blank).read()
    assert reply.no_change == () and "B2" in reply.unanswered and reply.flags == ()


@pytest.mark.parametrize("odd", ["No", "n", "?", "see comment", 7])
def test_what_is_neither_a_tick_nor_blank_is_asked_about(back, odd):
    reply = back.put("B2", "No change", odd).read()
    assert reply.no_change == ()
    (flag,) = reply.flags
    assert flag == f"{SHEET}!H8 (B2) says “{odd}”, which is neither yes nor blank; ask whether nothing has changed."  # fmt: skip


@pytest.mark.parametrize("heading", ["Status", "Comment", "Proposed date"])
def test_no_change_written_elsewhere_is_the_same_answer(back, heading):
    reply = back.put("B2", heading, "No change.").read()
    assert reply.no_change == ("B2",) and reply.answers == ()


def test_no_change_and_something_else_are_both_shown(back):
    reply = back.put("B2", "No change", "x").put("B2", "Status", "Complete").read()
    assert reply.no_change == ("B2",)
    (answer,) = reply.answers
    assert (
        answer.value == "Complete" and answer.flag == f"No change is ticked as well ({SHEET}!H8)."
    )


# what is typed under Proposed date -> the date, and what the officer is told
DATES = [
    ("31/03/27", date(2027, 3, 31), ""),
    (" 31.3.2027 ", date(2027, 3, 31), ""),
    ("end of March 2027", date(2027, 3, 31), ""),
    ("March 2027", date(2027, 3, 31), ""),
    ("Mar-27", date(2027, 3, 31), ""),
    ("Q4 2026/27", date(2027, 3, 31), ""),
    ("w/c 5 Oct 26", date(2026, 10, 9), ""),
    (datetime(2027, 3, 31, 14, 30), date(2027, 3, 31), ""),
    (date(2027, 3, 31), date(2027, 3, 31), ""),
    ("31 March 2027 subject to Council", date(2027, 3, 31), "The cell also says 'subject to Council'."),
    (date(2026, 8, 31), date(2026, 8, 31), "31 August 2026 had passed when this was asked."),
    (date(2126, 8, 31), None, "“31/08/2126” is no certain date (no plan has that year)."),
    ("June", None, "“June” is no certain date (it has no year)."),
    ("30/9", None, "“30/9” is no certain date (it has no year)."),
    ("31/11/26", None, "“31/11/26” is no certain date (the calendar has no 31/11/26)."),
    ("31/12/26 or 31/01/27", None, "“31/12/26 or 31/01/27” is no certain date (it names more than one date)."),
    ("TBC", None, "“TBC” is no certain date."),
    ("31/10/26 then ongoing", None, "“31/10/26 then ongoing” is no certain date"),
    ("Ongoing", None, "“Ongoing” is no certain date."),
    ("when approved", None, "“when approved” is no certain date."),
    (46112, None, "“46112” is no certain date (a bare number; Excel counts days like this"),
    (True, None, "“TRUE” is no certain date"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "day", "flag"), DATES)
def test_proposed_dates(back, typed, day, flag):
    (answer,) = back.put("B2", "Proposed date", typed).read().answers
    assert answer.column == "revised" and answer.usable is (day is not None)
    assert answer.value == (day or answer.raw.strip())
    assert answer.flag.startswith(flag) and bool(answer.flag) is bool(flag)
    if isinstance(typed, str):
        assert answer.raw == typed


COMPLETED = [
    ("15/09/26", date(2026, 9, 15), ""),
    ("August 2026", date(2026, 8, 31), "“August 2026” names no single day; taken as 31 August 2026."),
    ("Yes", None, "“Yes” is no certain date"),
    ("Complete", None, "“Complete” is no certain date"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "day", "flag"), COMPLETED)
def test_dates_completed(back, typed, day, flag):
    (answer,) = back.put("B2", "Date completed", typed).read().answers
    assert (answer.column, answer.value) == ("completed", day or typed)
    assert answer.usable is (day is not None)
    assert answer.flag.startswith(flag) and bool(answer.flag) is bool(flag)


# what is typed under Status -> what it is taken for, and what the officer is told
TYPED_STATUSES = [
    ("Complete", "Complete", ""),
    ("complete ", "Complete", ""),
    ("ON TARGET", "On target", ""),
    ("done", "Complete", "“done” is not in the list of statuses; taken as 'Complete'."),
    ("On track", "On target", "“On track” is not in the list of statuses; taken as 'On target'."),
    ("Amber", "Amber", "“Amber” is not in the list of statuses."),
    ("Cancelled", "Cancelled", "“Cancelled” is not in the list of statuses."),
    (3, "3", "“3” is a number, not a status."),
    (True, "TRUE", "“TRUE” is not in the list of statuses."),
    (0.9, "0.9", "“0.9” is a number, not a status."),
    (date(2026, 9, 1), "01/09/2026", "“01/09/2026” is not in the list of statuses."),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "value", "flag"), TYPED_STATUSES)
def test_statuses_pasted_over_the_dropdown(back, typed, value, flag):
    (answer,) = back.put("B2", "Status", typed).read().answers
    assert (answer.column, answer.value, answer.flag) == ("status", value, flag)
    if isinstance(typed, str):
        assert answer.raw == typed  # what was typed is kept as typed


@pytest.mark.parametrize(
    ("typed", "text"),
    [(3, "3"), (True, "TRUE"), (date(2026, 9, 1), "01/09/2026"), (datetime(2026, 9, 1, 10), "01/09/2026 10:00")],
)  # fmt: skip
def test_a_comment_that_is_no_text(back, typed, text):
    (answer,) = back.put("B2", "Comment", typed).read().answers
    assert (answer.raw, answer.value, answer.flag) == (text, text, "")


def test_a_status_that_says_nothing_certain_is_taken_for_no_other(tmp_path):
    settings = Settings(statuses=("Green", "Done"))
    back = Back(grids_of(made(tmp_path / "r.xlsx", settings=settings)))
    back.put("B1", "Status", "Amber").put("B2", "Status", "Complete")
    amber, complete = back.read().answers
    assert (amber.value, complete.value) == ("Amber", "Done")
    assert amber.flag == "“Amber” is not in the list of statuses."


def test_a_reason_without_a_date_is_a_comment(back):
    back.put("B1", "Reason", "Supplier late").put("B1", "Comment", "Booked.")
    back.put("B2", "Reason", "Supplier late")
    one, two = back.read().answers
    told = "A reason without a proposed date, taken as a comment."
    assert (one.column, one.value, one.flag) == ("comments", "Booked.\nSupplier late", told)
    assert (two.column, two.value, two.cell, two.flag) == ("comments", "Supplier late", f"{SHEET}!K8", told)  # fmt: skip


def test_a_formula_is_taken_as_its_result_and_flagged(back):
    back.put("B1", "Comment", Formula('="Boo"&"ked"', "Booked"))
    back.put("B2", "Proposed date", Formula("=EDATE(J7,6)", date(2027, 3, 31)))
    back.put("B10", "Comment", Formula("", None))
    back.put("B3", "Comment", Formula("=A1", None)).put("B3", "Status", Formula("=X9", CellError("#REF!")))  # fmt: skip
    comment, proposed, broken, nothing, shared = back.read().answers
    assert (shared.raw, shared.flag) == ("=", nothing.flag) and not shared.usable
    assert (comment.raw, comment.value) == ("Booked", "Booked")
    assert comment.flag == proposed.flag == "This is the result of a formula."
    assert proposed.value == date(2027, 3, 31)
    assert (nothing.raw, nothing.value, nothing.usable) == ("=A1", None, False)
    assert nothing.flag == "The cell holds a formula without a result."
    assert (broken.raw, broken.value, broken.usable) == ("#REF!", None, False)
    assert broken.flag == "The cell shows the error #REF!."


@pytest.mark.parametrize(
    "heading", ["Status", "Proposed date", "Comment", "Evidence", "Date completed"]
)
def test_an_error_cell_is_no_answer_that_could_be_written(back, heading):
    (answer,) = back.put("B2", heading, CellError("#N/A")).read().answers
    assert answer.raw == "#N/A" and not answer.usable
    assert answer.flag == "The cell shows the error #N/A."


@pytest.mark.parametrize(("text", "length"), [("x" * 40_000, "40,000"), ("😀" * 20_000, "40,000")])
def test_a_text_that_no_cell_holds_is_invalid_and_not_cut(back, text, length):
    for heading in ("Status", "Proposed date", "Comment"):
        back.put("B2", heading, text)
    for answer, column in zip(back.read().answers, "IJL", strict=True):
        assert answer.raw == text and answer.value is None and not answer.usable
        assert answer.cell == f"{SHEET}!{column}8"
        assert answer.flag == f"The cell holds {length} characters, and Excel allows 32,767."


def test_the_longest_text_is_an_answer(back):
    (answer,) = back.put("B2", "Comment", "x" * 32_767).read().answers
    assert answer.usable and answer.flag == ""


def test_control_characters_are_left_out(back):
    back.put("B1", "Comment", "a\x07b\x0bc\r\nd").put("B2", "Proposed date", "31/03/\x0027")
    comment, proposed = back.read().answers
    assert (comment.raw, comment.value) == ("a\x07b\x0bc\r\nd", "abc\nd")
    assert comment.flag == proposed.flag == "Characters that cannot be shown were left out."
    assert proposed.value == date(2027, 3, 31)


@pytest.mark.parametrize("blank", ["", "  ", "\n", "-", "–", "n/a", "N/A"])
@pytest.mark.parametrize("heading", ["Status", "Proposed date", "Comment"])
def test_a_dash_is_no_answer(back, heading, blank):
    reply = back.put("B2", heading, blank).read()
    assert reply.answers == () and "B2" in reply.unanswered


# -- a sheet that is not as it was sent -------------------------------------------------------------


def answered(back: Back) -> Back:
    back.put("B1", "Comment", "One").put("B2", "Comment", "Two").put("B10", "No change", "Yes")
    return back


def told(reply: Reply) -> list[tuple[str, str]]:
    return [(a.ref, a.raw) for a in reply.answers]


ALL = [("B1", "One"), ("B2", "Two")]


def test_rows_sorted(back):
    rows = answered(back).page.rows
    rows[back.top :] = reversed(rows[back.top :])
    reply = back.read()
    assert told(reply) == ALL and reply.no_change == ("B10",)
    assert (reply.flags, reply.not_allowed, reply.withdrawn) == ((), (), ())


def test_rows_deleted(back):
    del answered(back).page.rows[back.row("B2") - 1]
    reply = back.read()
    assert told(reply) == ALL[:1] and reply.withdrawn == ("B2",)
    assert reply.unanswered == ("B3",)


def test_a_row_that_was_emptied_is_withdrawn(back):
    back.page.rows[back.row("B2") - 1] = [None, " "]
    reply = back.read()
    assert reply.withdrawn == ("B2",) and reply.flags == ()


def test_a_row_added(back):
    answered(back).add(Ref="B11", Milestone="New one", Status="Not started", Comment="Asked for by SMT",
                       Original_target_date=Formula("=E7", date(2027, 5, 31)), What_we_ask="?")  # fmt: skip
    reply = back.read()
    assert reply.added == (
        {
            "ref": "B11", "milestone": "New one", "timescale": "31/05/2027", "status": "Not started",
            "comments": "Asked for by SMT",
        },
    )  # fmt: skip
    assert told(reply) == ALL and reply.flags == ()


def test_a_row_added_loses_nothing_that_is_in_two_columns(back):
    back.add(Milestone="New one", Last_comment="Old", Comment="New", Status_now="On target", Status="On target.")  # fmt: skip
    (added,) = back.read().added
    assert added == {
        "milestone": "New one",
        "status": "On target\nOn target.",
        "comments": "Old\nNew",
    }


def test_a_row_added_under_a_ref_that_was_sent(back):
    answered(back).add(Ref="B1", Milestone="Quite another", Comment="Three")
    reply = back.read()
    assert told(reply) == ALL
    assert reply.added == ({"ref": "B1", "milestone": "Quite another", "comments": "Three"},)


def test_columns_moved_and_inserted(back):
    rows = answered(back).page.rows
    for number, row in enumerate(rows[back.top - 1 :], back.top - 1):
        row.extend([None] * (14 - len(row)))
        rows[number] = [None, *reversed(row)]
    reply = back.read()
    assert told(reply) == ALL and reply.no_change == ("B10",)
    assert reply.answers[0].cell == f"{SHEET}!D7" and reply.flags == ()


def test_a_column_that_the_lead_added_is_named(back):
    back.page.rows[back.top - 1].append("My notes")
    for ref in ("B1", "B3"):
        row = back.page.rows[back.row(ref) - 1]
        row.extend([None] * (14 - len(row)))
        row.append(f"Ask {ref}")
    reply = back.read()
    assert reply.flags == (
        f"{SHEET} has a column 'My notes' that was not sent (O7: “Ask B1”, O9: “Ask B3”).",
    )


@pytest.mark.parametrize("gone", ["Evidence", "No change"])
def test_a_column_that_is_gone_is_named_and_the_others_are_read(back, gone):
    index = answered(back).heads.index(gone)
    for row in back.page.rows[back.top - 1 :]:
        del row[index : index + 1]
    reply = back.read()
    assert told(reply) == ALL and reply.flags == (f"{SHEET} has no column '{gone}' any more.",)


@pytest.mark.parametrize("gone", ["Ref", "Milestone"])
def test_a_milestone_is_known_by_its_ref_or_by_its_words(back, gone):
    index = answered(back).heads.index(gone)
    for row in back.page.rows[back.top - 1 :]:
        del row[index]
    reply = back.read()
    assert told(reply) == ALL and reply.flags == (f"{SHEET} has no column '{gone}' any more.",)


def test_a_sheet_renamed_moved_down_and_headed_otherwise(back):
    answered(back).page.name = "Sheet1"
    back.page.rows[back.top - 1] = [f" {str(h).upper()}:" for h in back.heads]
    back.page.rows.insert(0, [])
    back.grids.reverse()
    reply = back.read()
    assert told(reply) == ALL and reply.answers[0].cell == "Sheet1!L8"


def test_a_heading_row_again_below_is_no_milestone(back):
    answered(back).page.rows.insert(back.top + 2, list(back.heads))
    reply = back.read()
    assert told(reply) == ALL and (reply.flags, reply.added) == ((), ())


LOCKED = [
    ("Milestone", "Budget training for all", "milestone", "Budget training for all"),
    ("What we ask", "It is done", "ask", "It is done"),
    ("Status now", "Complete", "status", "Complete"),
    ("Original target date", date(2026, 12, 31), "timescale", date(2026, 12, 31)),
    ("Current target date", "31/01/27", "revised", "31/01/27"),
    ("Current target date", None, "revised", ""),
    ("Last comment", "Dates are agreed with the trainer. Booked", "comments", "Dates are agreed with the trainer. Booked"),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "typed", "column", "value"), LOCKED)
def test_a_locked_cell_that_was_edited_is_reported(back, heading, typed, column, value):
    reply = back.put("B2", heading, typed).read()
    (edit,) = reply.not_allowed
    where = f"{SHEET}!{back.at('B2', heading)}"
    assert (edit.ref, edit.column, edit.value, edit.cell) == ("B2", column, value, where)
    assert "B2" in reply.unanswered and reply.withdrawn == ()


UNTOUCHED = [
    ("Milestone", " Budget  training\ndelivered (B2) "),
    ("Current target date", "30/11/2026"),
    ("Current target date", "30 November 2026"),
    ("Current target date", datetime(2026, 11, 30)),
    ("Current target date", Formula("=X1", date(2026, 11, 30))),
    ("Last comment", "Dates are agreed\u00a0with the trainer."),
    ("Status now", Formula('="Off"', "Off target but recovery plans in place")),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "same"), UNTOUCHED)
def test_white_space_and_formats_are_no_edit(back, heading, same):
    assert back.put("B2", heading, same).read().not_allowed == ()


def test_a_ref_that_was_edited_is_found_by_its_words(back):
    answered(back).put("B2", "Ref", "B2a")
    reply = back.read()
    assert told(reply) == ALL and reply.withdrawn == ()
    (edit,) = reply.not_allowed
    assert (edit.ref, edit.column, edit.raw) == ("B2", "ref", "B2a")


def test_columns_sorted_apart_are_never_taken_for_another_milestones_answers(back):
    answered(back)
    one, two = back.row("B1") - 1, back.row("B2") - 1
    rows = back.page.rows
    rows[one][0], rows[two][0] = rows[two][0], rows[one][0]
    reply = back.read()
    assert reply.answers == () and reply.no_change == ("B10",)
    assert reply.flags == (
        f"{SHEET}, row 7 has the Ref of B2 and the words of B1, as if its columns had been sorted apart; nothing "
        "was taken from it (Comment: “One”).",
        f"{SHEET}, row 8 has the Ref of B1 and the words of B2, as if its columns had been sorted apart; nothing "
        "was taken from it (Comment: “Two”).",
    )


def test_a_milestone_answered_in_two_rows(back):
    back.put("B1", "Comment", "One").put("B1", "Status", "Complete")
    second = list(back.page.rows[back.row("B1") - 1])
    second[back.heads.index("Comment")] = "Another"
    back.page.rows.append(second)
    comment, other, status = sorted(back.read().answers, key=lambda a: (a.column, a.cell))
    assert {comment.raw, other.raw} == {"One", "Another"}
    told = f"B1 is answered more than once, in {SHEET}!L7 and {SHEET}!L11."
    assert comment.flag == other.flag == told
    assert (status.raw, status.flag) == ("Complete", "")  # the same twice is once


def test_a_row_below_with_only_the_ref_is_about_it_too(back):
    back.add(Ref="B1", Comment="One more thing")
    reply = back.read()
    assert told(reply) == [("B1", "One more thing")] and reply.not_allowed == ()
    assert (reply.added, reply.flags) == ((), ())


def test_answers_that_name_no_milestone_are_not_lost(back):
    back.add(Comment="About the first one")
    back.add(Ref="Kind regards, Ada")
    assert back.read().flags == (
        f"{SHEET}, row 11 names no milestone that was sent; nothing was taken from it (Comment: “About "
        "the first one”).",
        f"{SHEET}, row 12 names no milestone that was sent; nothing was taken from it (A: “Kind regards, "
        "Ada”).",
    )


def test_words_that_two_milestones_share_settle_nothing(tmp_path):
    plan = plan_of({"ref": "A1", "milestone": "Review"}, {"ref": "A2", "milestone": "Review"})
    back = Back(grids_of(made(tmp_path / "r.xlsx", plan, asked_of(plan))))
    back.put("A1", "Comment", "One").put("A2", "Comment", "Two")
    assert told(back.read()) == [("A1", "One"), ("A2", "Two")]
    for row in back.page.rows[back.top :]:
        row[0] = None
    reply = back.read()
    assert reply.answers == () and reply.withdrawn == ("A1", "A2")
    assert f"{SHEET}, row 7 could be about any of A1, A2; nothing was taken from it (Comment: “One”)." in reply.flags  # fmt: skip


def test_refs_that_differ_in_case_only_are_told_apart_or_not_taken(tmp_path):
    plan = plan_of({"ref": "ab", "milestone": "Review"}, {"ref": "AB", "milestone": "Review"})
    back = Back(grids_of(made(tmp_path / "r.xlsx", plan, asked_of(plan))))
    back.put("ab", "Comment", "One").put("AB", "Comment", "Two")
    assert told(back.read()) == [("ab", "One"), ("AB", "Two")]
    back.put("AB", "Ref", "Ab")
    reply = back.read()
    assert told(reply) == [("ab", "One")] and reply.withdrawn == ("AB",)
    assert "(Comment: “Two”)" in reply.flags[0]


def test_notes_above_the_table_and_on_other_sheets_are_named(back):
    back.page.rows[1].extend([None] * 7)
    back.page.rows[1][7] = "Sorry, this is late"
    back.grids += [Grid("Sheet2", [[], [None, "See me", 4]]), Grid("Sheet3", [[None, " "]]),
                   Grid("Sheet4", [["Only this"]])]  # fmt: skip
    assert back.read().flags == (
        f"{SHEET}!H2, above the table, says “Sorry, this is late”.",
        "The sheet 'Sheet2' is no part of the return and was not read (B2: “See me” and 1 more cell).",
        "The sheet 'Sheet4' is no part of the return and was not read (A1: “Only this”).",
    )


def test_a_copy_of_the_sheet(back):
    copy = replace(back.page, name="Copy", rows=[list(row) for row in back.page.rows])
    back.grids.append(copy)
    back.put("B1", "Comment", "One")
    assert told(back.read()) == [("B1", "One")]  # the one that was answered
    back.grids[0], back.grids[2] = back.grids[2], back.grids[0]
    assert told(back.read()) == [("B1", "One")]
    back.grids.reverse()
    copy.rows = [list(row) for row in back.page.rows]
    assert told(back.read()) == [("B1", "One")]  # both say the same
    back.put("B1", "Comment", "Another")
    with pytest.raises(SourceError, match="has different answers on the sheets 'Your milestones' and 'Copy'; delete"):  # fmt: skip
        back.read()


ON_THE_COPY = [
    lambda copy: copy.put("B2", "No change", "x"),
    lambda copy: copy.put("B2", "Status now", "Complete"),
    lambda copy: copy.add(Milestone="New one"),
]


@pytest.mark.parametrize("edit", ON_THE_COPY)
def test_whatever_is_said_on_the_copy_counts(sent_grids, edit):
    copy = edit(Back(sent_grids))
    sheet, hidden = sent_grids
    reply = read_return([sheet, replace(copy.page, name="Copy"), hidden], file="r", saved=None)
    assert reply.no_change or reply.not_allowed or reply.added


def test_a_milestone_without_words_takes_nobody_elses_answers(tmp_path):
    plan = plan_of({"ref": "A1", "milestone": ""}, {"ref": "A2"})
    back = Back(grids_of(made(tmp_path / "r.xlsx", plan, asked_of(plan))))
    back.put("A1", "Comment", "One").add(Comment="Whose?")
    reply = back.read()
    assert told(reply) == [("A1", "One")]
    assert "row 9 names no milestone that was sent" in reply.flags[0]


def test_an_old_round_is_read_like_any(tmp_path):
    back = Back(grids_of(made(tmp_path / "r.xlsx", round_day=date(2025, 3, 31))))
    assert back.put("B2", "Proposed date", "Dec 15").read().round == date(2025, 3, 31)


# -- random sheets -----------------------------------------------------------------------------------

WORDS = st.text("abcdefg äé\n'=+-@", min_size=1, max_size=30).map(lambda t: f"w{t}w")
FILLED = st.one_of(
    st.none(),
    st.just("gone"),
    st.just("tick"),
    st.fixed_dictionaries(
        {},
        optional={
            "Status": st.sampled_from(["Complete", "On target"]),
            "Proposed date": st.dates(date(2026, 10, 1), date(2030, 1, 1)),
            "Comment": WORDS,
            "Evidence": WORDS,
            "Date completed": st.dates(date(2020, 1, 1), DAY),
        },
    ),
)
NAMES = {heading: column for column, heading in ANSWERS.items()}


@given(filled=st.tuples(FILLED, FILLED, FILLED, FILLED), seed=st.randoms(use_true_random=False))
def test_whatever_is_filled_in_sorted_moved_and_deleted_is_read_back(sent_grids, filled, seed: random.Random):  # fmt: skip
    back = Back(sent_grids)
    refs = ("B1", "B2", "B3", "B10")
    expected: dict[str, set] = {"answers": set(), "tick": set(), "gone": set(), "none": set()}
    for ref, what in zip(refs, filled, strict=True):
        if what == "gone":
            del back.page.rows[back.row(ref) - 1]
            expected["gone"].add(ref)
        elif what == "tick":
            back.put(ref, "No change", "Yes")
            expected["tick"].add(ref)
        elif what:
            for heading, value in what.items():
                back.put(ref, heading, value)
                kept = value.strip() if isinstance(value, str) else value
                expected["answers"].add((ref, NAMES[heading], kept))
        else:
            expected["none"].add(ref)
    order = seed.sample(range(14), 14)
    rows = back.page.rows
    below = [row + [None] * (14 - len(row)) for row in rows[back.top :]]
    seed.shuffle(below)
    heads = list(back.heads)
    rows[back.top - 1 :] = [[row[i] for i in order] for row in [heads, *below]]
    reply = back.read()
    assert {(a.ref, a.column, a.value) for a in reply.answers} == expected["answers"]
    assert not any(a.flag or not a.usable for a in reply.answers)
    assert set(reply.no_change) == expected["tick"] and set(reply.withdrawn) == expected["gone"]
    assert set(reply.unanswered) == expected["none"]
    assert (reply.not_allowed, reply.added, reply.flags) == ((), (), ())


@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers(), st.booleans(), st.dates(), st.just(CellError("#N/A")), st.just(Formula("", None)), st.sampled_from(["B1", "B2", "Budget training delivered (B1)", "Ref"])), max_size=16), max_size=12))  # fmt: skip
def test_no_sheet_however_odd_stops_the_reading(sent_grids, odd):
    back = Back(sent_grids)
    back.page.rows[back.top :] = odd
    reply = back.read()
    known = {*reply.no_change, *reply.unanswered, *reply.withdrawn, *(a.ref for a in reply.answers)}
    assert known == {"B1", "B2", "B3", "B10"}
    assert not set(reply.withdrawn) & {*reply.no_change, *reply.unanswered}


# -- through a file --------------------------------------------------------------------------------


def test_answers_typed_with_another_library_are_read(tmp_path):
    path = made(tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(path)
    page = book[SHEET]
    page["H7"], page["I8"], page["J8"], page["K8"] = (
        "Yes",
        "Complete",
        datetime(2027, 3, 31),
        "Late",
    )
    page["L9"], page["J9"], page["L10"] = "=1+1", "end of March 2027", "😀 \x09tab"
    page.move_range("A7:N7", rows=10)
    page.delete_rows(7)
    book.save(path)
    reply = read_return(grids_of(path), file=path.name, saved=None)
    assert reply.no_change == ("B1",)
    found = {(a.ref, a.column): a for a in reply.answers}
    assert found["B2", "revised"].value == date(2027, 3, 31)
    assert found["B2", "revised"].reason == "Late"
    assert found["B3", "revised"].value == date(2027, 3, 31)
    assert found["B3", "comments"].raw == "=1+1" and not found["B3", "comments"].usable
    assert found["B10", "comments"].value == "😀 \ttab"
    assert reply.not_allowed == () and reply.withdrawn == ()


def test_the_hidden_sheet_shown_and_renamed_is_still_read(tmp_path):
    path = made(tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(path)
    book["agsxl"].sheet_state = "visible"
    book["agsxl"].title = "Sheet9"
    book.save(path)
    assert read_return(grids_of(path), file=path.name, saved=None).unanswered[0] == "B1"


# -- what is refused ---------------------------------------------------------------------------------


def refused(grids: list[Grid], file: str = "r.xlsx") -> str:
    with pytest.raises(SourceError) as told:
        read_return(grids, file=file, saved=None)
    sentence = str(told.value)
    assert sentence.startswith(file) and "\n" not in sentence
    return sentence


def change(row: int, index: int, value: Value):
    def edit(rows: list[list[Value]]) -> None:
        rows[row][index] = value

    return edit


TAMPERED = [
    change(2, 2, "|{}|"),
    change(2, 1, None),
    change(-2, 1, "sha256 0"),
    change(-2, 2, None),
    change(-1, 1, None),
    lambda rows: rows.pop(2),
    lambda rows: rows.pop(-2),
    lambda rows: rows.pop(),
    lambda rows: rows.append(rows[-2]),
    lambda rows: rows.insert(2, rows[2]),
    change(1, 1, "x"),
    change(1, 1, None),
]


@pytest.mark.parametrize("edit", TAMPERED)
def test_a_hidden_sheet_edited_by_hand(back, edit):
    edit(back.hidden.rows)
    sentence = refused(back.grids)
    assert "is not as agsxl wrote it" in sentence and "'agsxl answer'" in sentence


def test_a_word_beside_what_was_sent_spoils_nothing(back):
    back.hidden.rows.append(["seen by", "Ada"])
    assert back.read().unanswered == ("B1", "B2", "B3", "B10")


def test_one_character_of_what_was_sent(back):
    number = next(n for n, row in enumerate(back.hidden.rows) if row[0] == "milestone")
    cell = back.hidden.rows[number][2]
    assert isinstance(cell, str) and "On target" in cell
    back.hidden.rows[number][2] = cell.replace("On target", "On torget")
    assert f"row {number + 1} is not as agsxl wrote it" in refused(back.grids)


def test_content_that_is_not_a_returns_though_its_checksum_is_right(back):
    rows = layout.hidden_rows(read_sent(back.hidden, "r"))
    rows[2] = ["return", *layout._packed({"lead": 3})]
    rows[-1] = [
        "whole",
        layout._sum("".join(r[1] for r in rows if r[0] in ("return", "milestone"))),
    ]
    assert "is not as agsxl wrote it" in refused([back.page, Grid("agsxl", rows)])


def test_a_later_agsxl(back):
    back.hidden.rows[1][1] = "2"
    assert refused(back.grids) == "r.xlsx was made by a later agsxl than this one; update agsxl."


def test_the_hidden_sheet_is_gone(back):
    sentence = refused([back.page])
    assert "has lost the hidden sheet 'agsxl'" in sentence and "'agsxl answer'" in sentence


def test_a_copy_of_the_whole_plan(tmp_path):
    path = write_book(tmp_path / "plan.xlsx", {"Plan": [TWELVE, ROW]})
    sentence = refused(grids_of(path))
    assert "is a copy of the plan and not a return" in sentence
    assert "'agsxl diff'" in sentence and "'agsxl answer'" in sentence
    two = write_book(tmp_path / "two.xlsx", {"Plan": [TWELVE, ROW], "Old": [TWELVE, ROW]})
    assert "is a copy of the plan" in refused(grids_of(two))


def test_a_workbook_that_is_something_else(tmp_path):
    path = write_book(tmp_path / "x.xlsx", {"Sheet1": [["Minutes"], [1, 2]]})
    assert "is not a return that agsxl made" in refused(grids_of(path))


def test_the_answers_sheet_is_gone(back):
    sentence = refused([Grid("Sheet1", [["Sorry"]]), back.hidden])
    assert "has no sheet with the headings 'Ref', 'Milestone'" in sentence


def test_some_of_the_headings_in_a_row_are_no_heading_row(back):
    answered(back).page.rows[1:1] = [
        ["Ref", "No change", "and so on"],
        ["Ref", "Milestone", "What we ask"],
    ]
    assert told(back.read()) == ALL


def test_nothing_left_to_know_a_milestone_by(back):
    for row in back.page.rows[back.top - 1 :]:
        del row[:2]
    assert "has no sheet with the headings" in refused(back.grids)


def test_no_answer_can_be_read_without_its_heading(back):
    del back.page.rows[back.top - 1][7:]
    assert "has no sheet with the headings" in refused(back.grids)


# -- which plan it is of -------------------------------------------------------------------------------


def test_a_return_belongs_to_its_plan_however_that_has_changed(back):
    reply = back.read()
    assert Origin(PLAN).sent(reply)
    renumbered = [row | {"ref": f"X{n}", "milestone": f"Budget training delivered ({row['ref']})"} for n, row in enumerate(ROWS)]  # fmt: skip
    assert Origin(replace(plan_of(*renumbered), file="other.xlsx")).sent(reply)
    reworded = [row | {"milestone": f"Something {n}"} for n, row in enumerate(ROWS)]
    assert Origin(plan_of(*reworded)).sent(reply)
    assert not Origin(replace(plan_of(*reworded), file="other.xlsx")).sent(reply)
    assert not Origin(plan_of({"ref": "Q1", "milestone": "Quite another"})).sent(reply)


def test_a_fingerprint_knows_no_order_and_no_white_space():
    again = plan_of({"ref": "C1 ", "status": "Done", "milestone": "Budget  Training delivered (C1)"}, *reversed(ROWS))  # fmt: skip
    assert fingerprint(again.milestones) == fingerprint(PLAN.milestones)
    assert fingerprint(again.milestones[1:]) != fingerprint(PLAN.milestones)


# -- bad files -----------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path) -> Path:
    return made(tmp_path / "Shared Services.xlsx")


def opened(path: Path) -> Reply:
    return read_return(grids_of(path), file=path.name, saved=None)


def test_a_damaged_return(file):
    data = file.read_bytes()
    for end in (10, 100, len(data) // 2, len(data) - 30):
        file.write_bytes(data[:end])
        with pytest.raises(SourceError, match=r"^Shared Services\.xlsx is damaged"):
            opened(file)


def test_a_return_with_a_password(file):
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))  # fmt: skip
    with pytest.raises(SourceError, match=r"Shared Services\.xlsx is protected with a password"):
        opened(file)


def with_macros(file: Path) -> Path:
    target = file.with_suffix(".xlsm")

    def change(name: str, data: bytes) -> bytes:
        if name == "[Content_Types].xml":
            return data.replace(
                b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
            )
        return data

    rewrite(file, target, change)
    with zipfile.ZipFile(target, "a") as package:
        package.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 not looked at")
    return target


def test_a_return_saved_as_a_macro_workbook_is_read_and_flagged(file):
    reply = opened(with_macros(file))
    assert len(reply.unanswered) == 4
    assert reply.flags == (
        "Shared Services.xlsm is a macro workbook: its cells were read, and its macros were not run.",
    )


def test_an_external_link_is_never_followed_and_its_value_is_flagged(file):
    link = b'<?xml version="1.0"?><externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    target = file.with_name("linked.xlsx")

    def change(name: str, data: bytes) -> bytes:
        if name == "xl/worksheets/sheet1.xml":
            cell = re.search(rb'<c r="L8"[^>]*/>', data)[0]
            linked = cell.replace(b"/>", b' t="str"><f>[1]Sheet1!A1</f><v>Booked</v></c>')
            return data.replace(cell, linked)
        return data

    rewrite(file, target, change)
    with zipfile.ZipFile(target, "a") as package:
        package.writestr("xl/externalLinks/externalLink1.xml", link)
    (answer,) = opened(target).answers
    assert (answer.raw, answer.value, answer.cell) == ("Booked", "Booked", f"{SHEET}!L8")
    assert answer.flag == "This is the result of a formula."


def test_a_zip_bomb(file):
    target = file.with_name("bomb.xlsx")
    rewrite(file, target, lambda name, data: data)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        part = package.open("xl/media/image1.bin", "w")
        for _ in range(300):
            part.write(bytes(2**20))
        part.close()
    with pytest.raises(SourceError, match="unpacks to"):
        opened(target)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_xml_entities(file, part):
    target = file.with_name("entities.xlsx")
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'

    def change(name: str, data: bytes) -> bytes:
        if name != part:
            return data
        head, rest = data.split(b"?>", 1)
        return head + b"?>" + entity + rest.replace(b"</sheetData>", b'<row r="99"><c r="A99" t="e"><v>&b;</v></c></row></sheetData>')  # fmt: skip

    rewrite(file, target, change)
    with pytest.raises(SourceError):
        opened(target)
