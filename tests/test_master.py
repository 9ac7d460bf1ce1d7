"""The master workbook as a file: what stands in it, that it says what its source says, and its form."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.strategies as plans
from agsxl import desk
from agsxl.edits import CellEdit, ChangeSet, NewRows
from agsxl.errors import NoPlanError, OutputError
from agsxl.excel.file import open_book
from agsxl.grid import CellError, Formula, Grid, column_letter
from agsxl.layout.checks import checks_sheet
from agsxl.layout.history import state_of
from agsxl.layout.replies import read_replies
from agsxl.layout.tables import KEYS, read_posts, read_settings
from agsxl.master import formulas, ribbon, vba
from agsxl.master.figures import BUCKETS, GROUPS, figures_of
from agsxl.master.lists import choices_of, meanings_of, said, settings_sheet
from agsxl.master.plan_sheet import HEADING_ROW
from agsxl.master.sheets import STEPS, new_master, own_sheets, sheet_names, workbook_bytes
from agsxl.movements import measure
from agsxl.plan import Plan
from agsxl.posts import Posting, Posts
from agsxl.rules import find_rule
from agsxl.settings import RuleChange, Settings
from agsxl.statuses import StatusValue, read_status
from agsxl.words import TWELVE
from tests.books import ROW as BOOK_ROW
from tests.books import TWELVE as BOOK_TWELVE
from tests.books import write_book
from tests.plans import AS_OF, REAL, SAMPLE, plan_of

DAY = date(2026, 9, 30)
HEADINGS = HEADING_ROW + 1  # the row of the Plan sheet's headings, counted from 1
REAL_PLANS = sorted(REAL.parent.glob("0*.txt"))
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def sample() -> Plan:
    return desk.load_plan(SAMPLE)


@pytest.fixture(scope="module")
def sample_file(sample: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("master"), sample)


def written(folder: Path, plan: Plan | None, **options: object) -> Path:
    path = folder / "plan.xlsx"
    path.write_bytes(workbook_bytes(plan, **options))  # type: ignore[arg-type]
    return path


def grids_of(path: Path) -> dict[str, Grid]:
    with open_book(path) as book:
        return {name: book.read(name) for name in book.sheets()}


def parts_of(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = [n for n in package.namelist() if n.endswith((".xml", ".vml", ".rels"))]
        return {name: package.read(name).decode("utf-8") for name in names}


def table(grid: Grid) -> list[dict[str, object]]:
    """The rows of the Plan sheet by heading, formulas as what was saved with them."""
    headings = [str(cell) for cell in grid.rows[HEADINGS - 1]]
    return [
        {
            h: c.cached if isinstance(c, Formula) else c
            for h, c in zip(headings, cells, strict=False)
        }
        for cells in grid.rows[HEADINGS:]
    ]


# -- the same bytes, the right sheets ---------------------------------------------------------------


def test_the_same_plan_gives_the_same_bytes_and_another_gives_others(sample):
    assert workbook_bytes(sample) == workbook_bytes(desk.load_plan(SAMPLE))
    assert workbook_bytes(None) == workbook_bytes(None)
    assert workbook_bytes(None) != workbook_bytes(sample)


def test_the_sheets_stand_in_their_order_and_the_last_are_hidden():
    data = workbook_bytes(None)
    book = ElementTree.fromstring(parts_of(data)["xl/workbook.xml"])
    sheets = [(s.get("name"), s.get("state")) for s in book.iter(f"{MAIN}sheet")]
    assert [name for name, _ in sheets] == list(sheet_names())
    assert [name for name, _ in sheets][:10] == [
        "Start", "Plan", "Dashboard", "Checks", "Slippage", "Chasers", "Replies", "Issues of last year", "Posts",
        "Settings",
    ]  # fmt: skip
    assert [name for name, state in sheets if state == "hidden"] == [
        "Issues of last year", "Change log", "Snapshots", "Chase log", "Lists", "Workings",
    ]  # fmt: skip


def test_the_plan_has_the_twelve_headings_exactly_then_the_known_then_the_computed(tmp_path):
    grid = grids_of(written(tmp_path, None))["Plan"]
    assert grid.rows[HEADINGS - 1] == [
        *TWELVE.values(), "Baseline date", "Date completed", "Evidence", "Verified by",
        "Revised date approved by", "Reason for revision", "Previous Ref", *formulas.COMPUTED,
    ]  # fmt: skip


def test_the_computed_columns_are_the_tables_own_formulas():
    parts = parts_of(workbook_bytes(None))
    [found] = [
        ElementTree.fromstring(text)
        for name, text in parts.items()
        if name.startswith("xl/tables/") and 'displayName="Plan"' in text
    ]
    calculated = {
        column.get("name"): column.find(f"{MAIN}calculatedColumnFormula").text
        for column in found.iter(f"{MAIN}tableColumn")
        if column.find(f"{MAIN}calculatedColumnFormula") is not None
    }
    assert calculated == {h: formulas.computed(h).removeprefix("=") for h in formulas.COMPUTED}


def test_no_formula_uses_what_old_programs_do_not_know(sample_file):
    allowed = {
        "AND", "CHAR", "CHOOSE", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "DAY", "EOMONTH", "IF", "IFERROR",
        "INDEX", "INT", "ISNUMBER", "LARGE", "LEFT", "LEN", "LOOKUP", "MATCH", "MAX", "MEDIAN", "MIN",
        "MMULT", "MOD", "MONTH", "N", "NOT", "OR", "ROUND", "ROW", "SUBSTITUTE", "SUM", "SUMPRODUCT",
        "TODAY", "TRANSPOSE", "TRIM", "YEAR",
    }  # fmt: skip
    used = {
        function
        for grid in grids_of(sample_file).values()
        for cells in grid.rows
        for cell in cells
        if isinstance(cell, Formula)
        for function in re.findall(r"([A-Z][A-Z.]+)\(", re.sub('"[^"]*"', "", cell.text))
    }
    assert used and used <= allowed


# -- it says what its source says --------------------------------------------------------------------

# Faults of how the source was laid out, which a new workbook does not have; and what P701 says of a
# column that is not there, for one that is there and empty.
MENDED = {"W601", "W603", "W604", "P701", "D317"}


def with_the_twelve(plan: Plan) -> Plan:
    """A plan as it is read from a master: it has every one of the twelve columns."""
    if not plan.columns:
        return plan
    lacking = [c for c in TWELVE if c not in plan.columns]
    kept = {*plan.empty, *lacking} - {"status", "timescale", "revised", "comments"}
    columns = {**plan.columns, **dict.fromkeys(lacking, "A"), "baseline": "A", "completed": "A"}
    return replace(plan, columns=columns, empty=frozenset(kept))


def said_of(plan: Plan, day: date) -> tuple[object, ...]:
    findings = Counter(
        (f.code, f.ref, f.column, f.message)
        for f in desk.check(plan, as_of=day)
        if f.code not in MENDED and not (f.code == "W605" and f.value in formulas.COMPUTED)
    )
    chased = [
        (c.lead, c.person, c.email, [(a.milestone.ref, a.reasons, a.ask) for a in c.milestones])
        for c in desk.chase(plan, as_of=day)
    ]
    return findings, desk.slippage(plan, as_of=day).movements, chased


@pytest.mark.parametrize(
    "source",
    [SAMPLE, *(pytest.param(path, marks=pytest.mark.real) for path in REAL_PLANS)],
    ids=lambda path: path.name[:6],
)
def test_check_slippage_and_chase_say_of_the_master_what_they_say_of_its_source(source, tmp_path):
    plan = desk.load_plan(source)
    day = plan.settings.reporting_date or AS_OF
    new = desk.load_plan(written(tmp_path, plan, as_of=day))
    assert (new.posts, new.settings) == (plan.posts, plan.settings)
    before, after = said_of(with_the_twelve(plan), day), said_of(new, day)
    assert before[0] - after[0] == after[0] - before[0] == Counter()
    assert before[1:] == after[1:]


def test_a_plan_is_not_asked_for_what_its_source_has_no_column_for(tmp_path):
    plan = plan_of({"timescale": "31/03/2018", "revised": "30/09/2018"})
    new = desk.load_plan(written(tmp_path, plan))
    assert {"baseline", "completed"} <= {*new.columns}
    assert not {"approved_by", "evidence", "reason"} & {*new.columns}
    assert said_of(new, AS_OF) == said_of(with_the_twelve(plan), AS_OF)


def test_nothing_above_the_table_is_taken_for_the_plans_own_date(sample, sample_file):
    assert desk.load_plan(sample_file).reference == sample.reference


def test_the_computed_columns_are_no_columns_of_the_officers_own(sample_file):
    plan = desk.load_plan(sample_file)
    assert not {*formulas.COMPUTED} & {name for m in plan.milestones for name in m.extra}
    assert "Current target date" not in dict(plan.passed_over).values()


def test_an_empty_plan_has_one_blank_row_and_is_read_as_no_milestone(tmp_path):
    path = written(tmp_path, None)
    [row] = table(grids_of(path)["Plan"])
    assert not any(row.values())
    with pytest.raises(NoPlanError, match=r"plan\.xlsx, sheet 'Plan', row 4 is empty"):
        desk.load_plan(path)


def test_an_empty_master_is_said_to_be_empty_and_no_other_sheet_of_it_is_taken_for_a_plan(tmp_path):
    with pytest.raises(NoPlanError, match="sheet 'Plan', row 4 is empty"):
        desk.read_published(written(tmp_path, None))


def test_an_empty_plan_takes_its_first_milestone_in_the_blank_row(tmp_path):
    path = written(tmp_path, None)
    first = {"A": "A1", "E": "Policy agreed", "G": date(2026, 12, 31), "J": "On target"}
    with open_book(path) as book:
        book.apply(
            ChangeSet(
                tuple(CellEdit("Plan", f"{c}{HEADINGS + 1}", None, v) for c, v in first.items())
            )
        )
    plan = desk.load_plan(path)
    assert [(m.ref, m.baseline) for m in plan.milestones] == [("A1", date(2026, 12, 31))]


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(plans.rows_of(), min_size=1, max_size=5))
def test_any_plan_is_read_back_as_it_was(rows, tmp_path_factory):
    plan = plans.plan(rows)
    if not plan.milestones:
        return
    new = desk.load_plan(written(tmp_path_factory.mktemp("any"), plan, as_of=DAY))
    texts = ("ref", "theme", "milestone", "comments", "errors")
    assert [[getattr(m, t) for t in texts] for m in new.milestones] == [
        [getattr(m, t) for t in texts] for m in plan.milestones
    ]
    assert measure(new, as_of=DAY).movements == measure(plan, as_of=DAY).movements
    assert [m.status.value for m in new.milestones] == [m.status.value for m in plan.milestones]


ODD = (
    "=1+1",
    "-1",
    "+44 1234",
    "@home",
    "<r>x</r>",
    "_x000D_",
    "a\nb.\n- c",
    "Ärger 😀",
    "x" * 40_000,
    "'",
)


def test_odd_texts_are_texts(tmp_path):
    rows = [{"ref": f"A{n}", "comments": text} for n, text in enumerate(ODD, 1)]
    plan = plan_of(*rows)
    cells = [row["Comments"] for row in table(grids_of(written(tmp_path, plan))["Plan"])]
    assert [type(cell) for cell in cells] == [str] * len(ODD)
    assert cells[:4] == list(ODD[:4])
    assert [m.comments[:30_000] for m in desk.load_plan(tmp_path / "plan.xlsx").milestones] == [
        m.comments[:30_000] for m in plan.milestones
    ]


def test_a_cell_with_an_error_keeps_it(sample, sample_file):
    old = {m.ref: dict(m.errors) for m in sample.milestones if m.errors}
    assert old == {
        m.ref: dict(m.errors) for m in desk.load_plan(sample_file).milestones if m.errors
    }
    assert old
    found = [c for r in grids_of(sample_file)["Plan"].rows for c in r if isinstance(c, Formula)]
    assert any(isinstance(cell.cached, CellError) for cell in found)


def test_a_workbooks_own_texts_keep_their_line_breaks(tmp_path):
    with open_book(SAMPLE) as book:
        grid = next(book.read(name) for name in book.sheets() if "lan" in name)
    plan = desk.load_plan(SAMPLE)
    state = state_of(plan, grid)
    broken = next(ref for ref, c in state.items() if "\n" in str(c.get("comments", "")))
    rows = table(grids_of(written(tmp_path, plan, cells=state))["Plan"])
    assert next(r for r in rows if r["Ref"] == broken)["Comments"] == state[broken]["comments"]


# What is read, and what then stands in the cells of Timescale, Baseline date and Revised target date.
D31, D30 = date(2018, 3, 31), date(2018, 9, 30)
DATES = [
    # as read: timescale, baseline, revised         as written
    (("31/03/2018", "", ""), (D31, D31, None, None)),
    (("'31/03/18", "", ""), (D31, D31, None, None)),
    (("March 2018", "", ""), ("March 2018", D31, None, None)),
    (("31/03/2018 Council", "", ""), ("31/03/2018 Council", D31, None, None)),
    (("TBC", "", ""), ("TBC", None, None, None)),
    (("June", "31/03/2018", ""), ("June", D31, None, None)),
    (("31/03/2018", "", "September 2018"), (D31, D31, D30, "September 2018")),
    (("31/03/2018", "", "June"), (D31, D31, "June", None)),
    (("31/03/2018", "", "'30/09/18"), (D31, D31, D30, None)),
    (("March 2018", "some day", ""), (D31, "some day", None, None)),
]


@pytest.mark.parametrize(("read", "wanted"), DATES)
def test_a_certain_date_is_a_date_and_the_words_are_kept(read, wanted, tmp_path):
    timescale, baseline, revised = read
    plan = plan_of({"ref": "A1", "timescale": timescale, "baseline": baseline, "revised": revised})
    path = written(tmp_path, plan, as_of=AS_OF)
    [row] = table(grids_of(path)["Plan"])
    names = ("Timescale", "Baseline date", "Revised target date", "Printed revised target date")
    assert tuple(row.get(name) for name in names) == wanted
    new = desk.load_plan(path)
    assert measure(new, as_of=AS_OF).movements == measure(plan, as_of=AS_OF).movements


def test_a_column_of_the_officers_own_keeps_its_place_beside_one_of_the_same_name(tmp_path):
    plan = plan_of({"ref": "A1", "_also": "Ward"})
    [m] = plan.milestones
    own = {
        "WARD": "North",
        "timeliness": "Mine",
        "Days overdue": "Too many",
        "Printed revised target date": "Old",
        "Ward": "South",
    }
    plan = replace(plan, milestones=(m._replace(extra=own, revised=plan_of(
        {"revised": "September 2018"}).milestones[0].revised),))  # fmt: skip
    headings = grids_of(written(tmp_path, plan))["Plan"].rows[HEADINGS - 1]
    assert len({str(h).casefold() for h in headings}) == len(headings)
    [row] = table(grids_of(tmp_path / "plan.xlsx")["Plan"])
    assert list(row.values())[-6:] == [
        "North", "Mine", "Too many", "Old", "South", "September 2018",
    ]  # fmt: skip


# -- what is saved with the formulas -----------------------------------------------------------------


def test_what_is_saved_with_the_formulas_is_what_agsxl_measures(sample, sample_file):
    rows = table(grids_of(sample_file)["Plan"])
    movements = measure(sample, as_of=DAY).movements
    assert len(rows) == len(movements) == 125
    for row, m in zip(rows, movements, strict=True):
        assert (row["Current target date"] or None) == m.forecast
        days = row["Slippage (days)"]
        assert (days if isinstance(days, int) else None) == m.slippage_days
        assert (row["Days overdue"] or 0) == m.overdue_days


def test_the_figures_count_every_milestone_once(sample):
    figures = figures_of(sample, as_of=DAY)
    assert sum(figures.timeliness.values()) == 125
    assert sum(t.all for t in figures.themes) == sum(t.all for t in figures.leads) == 125
    assert sum(sum(t.groups.values()) for t in figures.themes) == 125
    assert sum(figures.buckets.values()) == len(figures.days)
    totals = measure(sample, as_of=DAY).totals
    assert (figures.moved, figures.median) == (totals.moved, totals.median_days)
    assert [figures.movements[i].ref for i in figures.longest] == [
        m.ref for m in measure(sample, as_of=DAY).longest[:10]
    ]


def test_the_groups_and_spans_leave_nothing_out():
    assert sorted(v for g in GROUPS for v in g.values) == sorted(StatusValue)
    for days in (-400, -1, 0, 1, 30, 31, 90, 91, 180, 181, 365, 366, 4_000):
        assert sum(bucket.holds(days) for bucket in BUCKETS) == 1


# -- lists, posts, settings --------------------------------------------------------------------------


def test_lists_gives_each_of_the_plans_own_words_its_meaning(sample):
    meanings = meanings_of(sample)
    for m in sample.milestones:
        if m.status.raw:
            assert meanings[m.status.raw] == formulas.MEANINGS[m.status.value]
    assert meanings["Achieved"] == "Complete"
    assert meanings["Cancelled"] == "Superseded"
    standard = meanings_of(None)
    assert {w: m for w, m in standard.items() if m != formulas.MEANINGS[read_status(w).value]} == {}
    assert formulas.MEANINGS[StatusValue.UNKNOWN] not in standard.values()


def test_a_colour_means_what_settings_says():
    plan = plan_of({"status": "Amber"}, settings=Settings(colours={"amber": "on target"}))
    assert meanings_of(plan)["Amber"] == "On target"
    assert "amber" not in meanings_of(plan)  # to Excel it is the same word


@pytest.mark.parametrize(
    ("plan", "offered"),
    [
        (None, ["Complete", "On target", "Off target but recovery plans in place",
                "Off target and no action yet agreed", "Not started", "Superseded"]),
        (plan_of({"status": "Achieved"}, {"ref": "A2", "status": "On track"}),
         ["Achieved", "On track", "Off target but recovery plans in place",
          "Off target and no action yet agreed", "Not started", "Superseded"]),
        (plan_of({"status": "x" * 61}, settings=Settings(statuses=("Done", "Late", "Open"))),
         ["Done", "Late", "Open", "On target", "Off target but recovery plans in place", "Not started",
          "Superseded"]),
        (plan_of({"status": "Complete"}, {"ref": "A2", "status": "x" * 61}),
         ["Complete", "On target", "Off target but recovery plans in place",
          "Off target and no action yet agreed", "Not started", "Superseded"]),
    ],
)  # fmt: skip
def test_the_dropdown_offers_the_plans_own_words_and_the_standard_ones_they_do_not_cover(
    plan, offered, tmp_path
):
    rows = grids_of(written(tmp_path, plan))["Lists"].rows[4:]
    assert [row[0] for row in rows if row[0]] == offered


ANY_SETTINGS = Settings(
    council="Wexcombe & District", year="2018/19", reporting_date=DAY, due_soon_days=45, most_moves=2,
    moves_need_approval=False, ask_for_evidence=True, answer_within=8,
    return_columns=("status", "comments"), refuse_beyond_limit=True, backups_kept=3, officer="Ada Byrne",
    sender_name="Governance", sender="gov@wexcombe.example", reply_to="reply@wexcombe.example",
    send_by="smtp", mail_server="smtp.wexcombe.example", mail_port=587, mail_security="tls",
    mail_user="gov", rounds_before_escalation=2, keep_log_months=12, replies_folder="returns", statuses=("Done", "Late"),
    colours={"red": "off target", "blue": "complete"},
    rules={"L205": RuleChange("off", "Agreed in March"), "I108": RuleChange("error")},
)  # fmt: skip


def test_every_setting_is_read_back_as_it_was(tmp_path):
    for field in fields(Settings):  # else the test forgets a setting that is new
        if field.name != "unknown":
            assert getattr(ANY_SETTINGS, field.name) != getattr(Settings(), field.name), field.name
    plan = plan_of({"ref": "A1"}, settings=ANY_SETTINGS)
    grid = grids_of(written(tmp_path, plan))["Settings"]
    assert read_settings(grid, "plan.xlsx") == ANY_SETTINGS
    assert read_settings(grids_of(written(tmp_path, None))["Settings"], "plan.xlsx") == Settings()


def test_a_setting_that_takes_only_some_words_offers_them_and_no_other_does():
    assert {key.name: choices_of(key) for key in KEYS if choices_of(key)} == {
        "Moves need approval": ("yes", "no"),
        "Ask for evidence": ("yes", "no"),
        "Dates beyond the limit": ("ask", "refuse"),
        "Send by": ("drafts", "mail server", "folder"),
        "Mail security": ("starttls", "tls", "none"),
    }


def test_the_data_query_that_the_notes_name_is_one():
    notes = " ".join(settings_sheet(Settings()).notes)
    assert [find_rule(code).code for code in re.findall(r'"Rule (\w+)"', notes)] == ["L205"]


def test_every_setting_has_its_default_and_a_line_of_help():
    rows = {row.name: row for row in settings_sheet(Settings()).rows}
    for key in KEYS:
        assert rows[key.name].help == key.help
        assert rows[key.name].value is None and rows[key.name].default
        assert said(key, Settings()) is None


def test_posts_are_read_back_as_they_were(tmp_path):
    every = Posting("Head of Law", "Ann Lee", "ann@wexcombe.example", date(2020, 1, 6), date(2027, 1, 5),
                    "Bo Day", "Chief Executive", date(2026, 9, 1), date(2026, 9, 14))  # fmt: skip
    assert all(getattr(every, field.name) for field in fields(Posting))
    posts = Posts((every, Posting("Head of Finance")))
    plan = plan_of({"ref": "A1"}, posts=posts)
    assert read_posts(grids_of(written(tmp_path, plan))["Posts"], "plan.xlsx") == posts
    assert not read_posts(grids_of(written(tmp_path, None))["Posts"], "plan.xlsx")


# -- the sheets that agsxl fills ---------------------------------------------------------------------


def test_columns_are_as_wide_before_the_first_press_as_after_it(sample_file: Path):
    """The open workbook keeps a sheet's widths when it is filled: they are not made for "Nothing yet"."""
    import openpyxl

    book = openpyxl.load_workbook(sample_file)
    for sheet in own_sheets(DAY):
        width = book[sheet.name].column_dimensions["A"].width
        assert abs(width - sheet.columns[0].width) < 1, sheet.name


def test_the_sheets_that_agsxl_fills_have_the_very_layout_it_fills_them_with(tmp_path):
    grids = grids_of(written(tmp_path, None))
    for sheet in own_sheets(DAY):
        grid = grids[sheet.name]
        assert grid.value("A1") == sheet.title
        assert grid.rows[len(sheet.notes) + 1] == [column.heading for column in sheet.columns]
        assert [c for c in grid.rows[len(sheet.notes) + 2] if c] == [sheet.nothing]
    assert read_replies(grids["Replies"]) == ([], {})


def test_the_first_press_of_check_fills_the_shipped_sheet_and_moves_nothing(sample, tmp_path):
    path = written(tmp_path, sample)
    before = parts_of(path.read_bytes())
    findings = desk.check(sample, as_of=DAY)
    with open_book(path) as book:
        names = book.sheets()
        book.apply(ChangeSet(sheets=(checks_sheet(findings, sample, as_of=DAY),)))
    grids = grids_of(path)
    assert list(grids) == names
    assert len(grids["Checks"].rows) == len(findings) + 4
    after = parts_of(path.read_bytes())
    assert {*after} >= {*before}
    [checks] = [t for n, t in after.items() if n.startswith("xl/tables/") and '"Checks"' in t]
    assert f'ref="A4:M{len(findings) + 4}"' in checks


def test_a_row_added_by_agsxl_gets_the_formulas_and_a_changed_date_drops_old_results(
    sample, tmp_path
):
    path = written(tmp_path, sample)
    last = HEADINGS + 125
    with open_book(path) as book:
        book.apply(ChangeSet(rows=(NewRows("Plan", last, ({"A": "Z9", "E": "More"},)),)))
    grid = grids_of(path)["Plan"]
    heads = [str(h) for h in grid.rows[HEADINGS - 1]]
    for heading in formulas.COMPUTED:
        cell = grid.at(last + 1, heads.index(heading) + 1)
        assert isinstance(cell, Formula) and cell.text == formulas.computed(heading)
    revised = f"{column_letter(heads.index('Revised target date') + 1)}{HEADINGS + 1}"
    with open_book(path) as book:
        book.apply(ChangeSet((CellEdit("Plan", revised, None, date(2027, 1, 31)),)))
    grids = grids_of(path)
    stale = grids["Plan"].at(HEADINGS + 1, heads.index("Current target date") + 1)
    assert isinstance(stale, Formula) and stale.cached is None
    shown = [c for row in grids["Dashboard"].rows for c in row if isinstance(c, Formula)]
    longest = [c for c in shown if "Workings!$P" in c.text]  # of the ten that slipped longest
    assert len(longest) == 10 and all(c.cached is None for c in longest)


# -- the form ----------------------------------------------------------------------------------------


def test_every_sheet_has_its_title_in_a1_no_merged_cells_and_unique_headings(sample_file):
    parts = parts_of(sample_file.read_bytes())
    grids = grids_of(sample_file)
    assert {*grids} == {*sheet_names()}
    for name, grid in grids.items():
        assert isinstance(grid.value("A1"), str) and grid.value("A1"), name
        assert grid.merged == (), name
    tables = [ElementTree.fromstring(t) for n, t in parts.items() if n.startswith("xl/tables/")]
    named = [t.get("displayName") for t in tables]
    assert sorted(named) == sorted(
        [
            "Steps",
            "Month",
            "Plan",
            "Checks",
            "Slippage",
            "Chasers",
            "Replies",
            "LastYear",
            "Posts",
            "Settings",
            "Lists",
            "ChangeLog",
            "PlanSnapshots",
            "ChaseLog",
        ]
    )
    for found in tables:
        headings = [c.get("name").casefold() for c in found.iter(f"{MAIN}tableColumn")]
        assert len({*headings}) == len(headings) and all(headings)


def test_no_row_of_a_table_is_blank(sample_file):
    for name in ("Plan", "Posts", "Settings", "Lists"):
        rows = grids_of(sample_file)[name].rows[HEADINGS:]
        assert rows and all(any(cell is not None for cell in row) for row in rows), name


def test_every_chart_has_words_for_a_screen_reader_and_a_title(sample_file):
    parts = parts_of(sample_file.read_bytes())
    drawings = "".join(t for n, t in parts.items() if n.startswith("xl/drawings/drawing"))
    said = re.findall(r'<xdr:cNvPr id="\d+" name="Chart \d+" descr="([^"]+)"', drawings)
    charts = [t for n, t in parts.items() if n.startswith("xl/charts/")]
    assert len(said) == len(charts) == 3 and all(len(words) > 60 for words in said)
    for chart in charts:
        title = ElementTree.fromstring(chart).find(".//{*}title//{*}t")
        assert title is not None and title.text
        assert "3D" not in chart


def contrast(one: str, other: str) -> float:
    """How well two colours are told apart, from 1 to 21, as WCAG 2 measures it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_the_figures_on_the_charts_can_be_read_and_every_bar_be_seen(sample_file):
    colour = r'<a:solidFill><a:srgbClr val="(\w{6})"/></a:solidFill>'
    parts = parts_of(sample_file.read_bytes())
    series = [
        each
        for name, text in parts.items()
        if name.startswith("xl/charts/")
        for each in re.findall(r"<c:ser>.*?</c:ser>", text, re.S)
    ]
    assert len(series) == len(GROUPS) + 2 + 1
    for each in series:
        edged = re.findall(rf"<c:spPr>{colour}<a:ln[^>]*>{colour}</a:ln></c:spPr>", each)
        [label] = re.findall(rf"<c:dLbls>.*?{colour}.*?</c:dLbls>", each, re.S)
        assert edged and len(edged) == each.count("<c:spPr>")
        for fill, edge in edged:
            assert contrast(label, fill) >= 4.5
            assert contrast(edge, "FFFFFF") >= 3


def test_every_cell_can_be_read_on_its_colour(sample_file):
    import openpyxl

    for page in openpyxl.load_workbook(sample_file):
        for cell in (cell for row in page.iter_rows() for cell in row if cell.value is not None):
            ink = cell.font.color.rgb if cell.font.color and cell.font.color.type == "rgb" else "00"
            paper = cell.fill.fgColor.rgb if cell.fill.fill_type == "solid" else "FFFFFF"
            assert contrast(ink.rjust(6, "0")[-6:], paper[-6:]) >= 4.5, (
                page.title,
                cell.coordinate,
            )


def test_the_plan_is_printed_on_a3_across_with_its_headings_on_every_page(sample_file):
    parts = parts_of(sample_file.read_bytes())
    plan = parts["xl/worksheets/sheet2.xml"]
    assert re.search(r'<pageSetup paperSize="8"[^>]*orientation="landscape"', plan)
    assert re.search(r'<pageSetup[^>]*fitToHeight="0"', plan) and "fitToPage" in plan
    assert 'state="frozen"' in plan and f'ySplit="{HEADINGS}"' in plan and 'xSplit="1"' in plan
    assert f">Plan!$A:$A,Plan!${HEADINGS}:${HEADINGS}<" in parts["xl/workbook.xml"]


def validations(parts: dict[str, str], sheet: int) -> dict[str, dict[str, str]]:
    root = ElementTree.fromstring(parts[f"xl/worksheets/sheet{sheet}.xml"])
    return {
        v.get("sqref"): {**v.attrib, "formula1": getattr(v.find(f"{MAIN}formula1"), "text", "")}
        for v in root.iter(f"{MAIN}dataValidation")
    }


def test_the_dropdowns_and_date_checks_of_the_plan(sample_file, sample):
    found = validations(parts_of(sample_file.read_bytes()), 2)
    heads = [str(h) for h in grids_of(sample_file)["Plan"].rows[HEADINGS - 1]]

    def rule(heading: str) -> dict[str, str]:
        letter = column_letter(heads.index(heading) + 1)
        return found[f"{letter}{HEADINGS + 1}:{letter}{HEADINGS + len(sample.milestones)}"]

    for heading, name, style in (
        ("Status", "Agsxl_StatusChoices", "warning"),
        ("SMT Lead", "Agsxl_LeadChoices", "warning"),
        ("Source", "Agsxl_SourceChoices", "information"),
    ):
        assert (rule(heading)["type"], rule(heading)["formula1"]) == ("list", name)
        assert rule(heading)["errorStyle"] == style
    for heading in ("Revised target date", "Baseline date", "Date completed"):
        assert rule(heading)["type"] == "date" and rule(heading)["error"]
        assert "errorStyle" not in rule(heading)  # stop
    assert "type" not in rule("Timescale") and rule("Timescale")["prompt"]


def test_a_meaning_with_a_comma_is_offered_whole(sample_file):
    """Excel parts a list that stands in the check itself at its commas."""
    parts = parts_of(sample_file.read_bytes())
    names = dict(re.findall(r'<definedName name="(\w+)">([^<]+)<', parts["xl/workbook.xml"]))
    found: dict[str, list[str]] = {}
    for number, sheet in enumerate(sheet_names(), 1):
        for check in validations(parts, number).values():
            if check.get("type") == "list" and check["formula1"].startswith('"'):
                assert ", " not in check["formula1"]
            elif check.get("type") == "list":
                found.setdefault(check["formula1"], []).append(sheet)
    workings = grids_of(sample_file)["Workings"]
    offered = {}
    for name in ("Agsxl_ColourChoices", "Agsxl_MeaningChoices"):
        letter, first, last = re.fullmatch(
            r"Workings!\$([A-Z]+)\$(\d+):\$\1\$(\d+)", names[name]
        ).groups()  # fmt: skip
        offered[name] = [workings.value(f"{letter}{n}") for n in range(int(first), int(last) + 1)]
    assert found["Agsxl_ColourChoices"] == ["Settings"] * 3
    assert found["Agsxl_MeaningChoices"] == ["Lists"]
    said_by_colour = [read_status(words).value for words in offered["Agsxl_ColourChoices"]]
    named = [v for v in StatusValue if v and v != StatusValue.UNKNOWN]
    assert said_by_colour == named
    assert offered["Agsxl_MeaningChoices"] == [*offered["Agsxl_ColourChoices"], "Not known"]


def test_a_colour_only_repeats_a_word(sample_file):
    plan = parts_of(sample_file.read_bytes())["xl/worksheets/sheet2.xml"]
    heads = [str(h) for h in grids_of(sample_file)["Plan"].rows[HEADINGS - 1]]
    word = column_letter(heads.index("Timeliness") + 1)
    rules = re.findall(r"<cfRule[^>]*><formula>([^<]+)</formula>", plan)
    assert sorted(rules) == sorted(
        f'${word}{HEADINGS + 1}="{said}"' for said in ("Overdue", "Due soon", "Complete")
    )


def test_columns_that_nobody_has_filled_are_folded_away_but_those_with_something_are_not(tmp_path):
    def folded(plan: Plan | None) -> set[str]:
        data = written(tmp_path, plan).read_bytes()
        heads = [str(h) for h in grids_of(tmp_path / "plan.xlsx")["Plan"].rows[HEADINGS - 1]]
        columns = re.findall(
            r'<col min="(\d+)" max="(\d+)"[^>]*hidden="1"',
            parts_of(data)["xl/worksheets/sheet2.xml"],
        )
        return {heads[n - 1] for first, last in columns for n in range(int(first), int(last) + 1)}

    assert folded(None) == {"Evidence", "Verified by", "Previous Ref"}
    assert folded(plan_of({"evidence": "Minute 4", "verified_by": ""})) == {"Verified by"}


def test_a_theme_of_any_length_and_any_characters_is_counted(tmp_path):
    themes = ["* Any *", "Any thing", "?", "x" * 300, "x" * 300 + "y", "A & B", "a and  b", "~", ""]
    plan = plan_of(*({"ref": f"A{n}", "theme": theme} for n, theme in enumerate(themes)))
    figures = figures_of(plan, as_of=DAY)
    assert [t.all for t in figures.themes] == [1, 1, 1, 1, 1, 2, 1, 1]
    written(tmp_path, plan)


# -- with macros ---------------------------------------------------------------------------------------

MACROS = b"not a real project, and not looked into"


def test_an_error_in_a_theme_does_not_end_the_list_of_themes():
    """LibreOffice's MMULT passes over an error, so that it cannot be tried there; Excel's need not."""
    assert 'IFERROR(Plan[X],"")' in formulas.next_new("Plan[X]", "A1:A2")


def test_with_macros_each_step_has_a_button_and_each_sheet_its_code_name():
    parts = parts_of(workbook_bytes(None, macros=MACROS))
    drawn = "".join(t for n, t in parts.items() if n.endswith(".vml"))
    assert re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", drawn) == [s.macro for s in STEPS]
    assert [s.macro for s in STEPS] == [
        "Agsxl_Check", "Agsxl_Slippage", "Agsxl_Chase", "Agsxl_ReadReplies", "Agsxl_UpdatePlan", "Agsxl_Undo",
        "Agsxl_Report", "Agsxl_NewYear", "Agsxl_Help",
    ]  # fmt: skip
    for step in STEPS:
        assert f'alt="{step.press}: ' in drawn
    assert 'codeName="ThisWorkbook"' in parts["xl/workbook.xml"]
    for number, name in enumerate(sheet_names(), 1):
        assert f'codeName="{vba.code_name(name)}"' in parts[f"xl/worksheets/sheet{number}.xml"]
    assert "macroEnabled" in parts["[Content_Types].xml"]


def test_without_macros_start_says_what_to_type():
    parts = parts_of(workbook_bytes(None))
    assert not [name for name in parts if name.endswith(".vml")]
    assert "macroEnabled" not in parts["[Content_Types].xml"]
    assert "This workbook has no macros" in parts["xl/sharedStrings.xml"]
    assert ">Start!$C$4<" in parts["xl/workbook.xml"]


def test_each_command_on_start_is_one_that_agsxl_has(capsys):
    from agsxl.cli import _parser

    known = next(a.choices for a in _parser()._actions if a.dest == "command")
    for step in STEPS[:-1]:
        _, command, *arguments = step.command.split()
        options = {o for action in known[command]._actions for o in action.option_strings}
        assert {word for word in arguments if word.startswith("--")} <= options, step.command


# -- agsxl new -------------------------------------------------------------------------------------------


def test_a_new_master_is_put_in_its_place_and_nothing_beside_it(sample, tmp_path):
    out = tmp_path / "Ünser plan.xlsx"
    assert new_master(out, sample, as_of=DAY) == out
    assert len(desk.load_plan(out).milestones) == 125
    assert list(tmp_path.iterdir()) == [out]


def test_a_workbook_that_is_there_is_not_written_over_without_being_told(tmp_path):
    out = tmp_path / "plan.xlsx"
    out.write_bytes(b"somebody's plan")
    with pytest.raises(OutputError, match="is there already"):
        new_master(out, None, as_of=DAY)
    assert out.read_bytes() == b"somebody's plan"
    new_master(out, None, as_of=DAY, overwrite=True)
    assert out.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("name", ["plan.xls", "plan", "plan.csv", "plan.xltm"])
def test_another_ending_is_refused_in_one_sentence(name, tmp_path):
    with pytest.raises(OutputError, match=r"ends in \.xlsm"):
        new_master(tmp_path / name, None, as_of=DAY)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        new_master(tmp_path / "nowhere" / "plan.xlsx", None, as_of=DAY)


def test_a_master_that_cannot_be_put_in_its_place_leaves_nothing(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OutputError, match="you may not write"):
        new_master(tmp_path / "plan.xlsx", None, as_of=DAY)
    assert list(tmp_path.iterdir()) == []


def test_a_xlsm_gets_the_macros_and_the_ribbon_that_travel_with_agsxl(tmp_path, monkeypatch):
    monkeypatch.setattr(vba, "shipped_vba", lambda: MACROS)
    monkeypatch.setattr(ribbon, "shipped_ribbon", lambda: "<tab/>")
    monkeypatch.setattr(ribbon, "with_ribbon", lambda made, tab: made + tab.encode())
    out = new_master(tmp_path / "plan.XLSM", None, as_of=DAY)
    assert out.read_bytes() == workbook_bytes(None, as_of=DAY, macros=MACROS) + b"<tab/>"


def test_a_formula_in_a_known_column_comes_over_as_what_it_shows(tmp_path):
    row = dict(zip(BOOK_TWELVE, BOOK_ROW, strict=True)) | {
        "Status": ('=IF(1=1,"Complete","")', "Complete")
    }
    source = write_book(tmp_path / "old.xlsx", {"Plan": [list(BOOK_TWELVE), list(row.values())]})
    made = desk.new_plan(tmp_path / "new.xlsx", source, as_of=DAY)
    assert desk.load_plan(made.file).milestones[0].status.raw == "Complete"
