"""What holds for any plan: generated ones, with everything that people type into cells."""

from __future__ import annotations

import csv
import json
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agsxl import desk, shapes
from agsxl.movements import measure
from agsxl.plan import Timeliness
from agsxl.rules import CRASHED, check
from agsxl.settings import Settings
from tests.books import write_book
from tests.plans import HEADINGS, plan_of

TIMESCALES = st.sampled_from(
    [
        "",
        "31/12/17",
        "30/04/2017",
        "31/11/17",
        "TBC",
        "Ongoing",
        "June Cabinet",
        "w/c 15 May 17",
        "Q2 2017/18",
        "Dec 15",
        "by 2030",
        "28th - 31st March 2017",
        "Summer 2018",
        "12/13/14",
        "Completed",
        "42855",
        "31/07/26, now 30/11/26",
        "#REF!",
    ]
)
STATUSES = st.sampled_from(
    [
        "",
        "Complete",
        "On target",
        "Off target",
        "Amber",
        "Not started",
        "No longer required",
        "Complete (on going)",
        "See Bob",
    ]
)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=0, max_size=60
) | st.sampled_from(
    [
        "New target date of 31/03/18",
        "See milestone Q9 and A1 above",
        "Dependent on A2. Behind schedule.",
        "=1+1",
        "<u>Draft</u> &amp; ~~old~~",
        "will be finished by 31 July 2017",
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "ref": st.sampled_from(["A1", "A2", "a1", "B10", "1.2", "", "11-5"]) | WORDS,
            "theme": st.sampled_from(["A: Training", "B: Complaints", "Principle 3: Openness", ""]),
            "outcome": WORDS,
            "milestone": WORDS,
            "timescale": TIMESCALES | WORDS,
            "smt_lead": st.sampled_from(
                ["Head of Finance", "Head of Fianance", "Head of A / Head of B", ""]
            )
            | WORDS,
            "status": STATUSES | WORDS,
            "revised": TIMESCALES,
            "comments": WORDS,
            "completed": st.sampled_from(["", "15/05/2017", "soon"]),
            "approved_by": st.sampled_from(["", "Cabinet"]),
        }
    ),
    min_size=1,
    max_size=8,
)
DAYS = st.dates(date(2012, 1, 1), date(2030, 12, 31))
EXAMPLES = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def a_plan(rows):
    """The plan, or None where the rows hold nothing that could be a milestone."""
    if not any(r["milestone"].strip() for r in rows):
        rows = [{**rows[0], "milestone": "Something to do"}, *rows[1:]]
    return plan_of(*rows, plain={"ref": "", "source": "", "member_lead": ""})


@EXAMPLES
@given(ROWS, DAYS)
def test_no_plan_brings_a_rule_down_and_every_finding_has_its_place(rows, day):
    plan = a_plan(rows)
    refs = {m.ref for m in plan.milestones} | {""}
    for finding in check(
        plan, as_of=day, every_rule=True, settings=Settings(most_moves=0, statuses=("Complete",))
    ):
        assert finding.code != CRASHED, finding.message
        assert finding.ref in refs
        assert finding.message.endswith((".", "?"))
        assert bool(finding.cell) == bool(finding.row)


@EXAMPLES
@given(ROWS, DAYS)
def test_the_figures_of_any_plan_add_up(rows, day):
    plan = a_plan(rows)
    measured = measure(plan, as_of=day)
    totals = measured.totals
    days = [m.slippage_days for m in measured.movements if m.slippage_days is not None]
    assert totals.moved == totals.measured + totals.unmeasurable
    assert (totals.measured, totals.total_days) == (len(days), sum(days))
    assert totals.slipped + totals.earlier + days.count(0) == totals.measured
    for group in ("smt_lead", "theme", "source"):
        assert sum(g["milestones"] for g in measured.groups(group)) == totals.milestones
        assert sum(g["measured"] for g in measured.groups(group)) == totals.measured
    for m in measured.movements:
        assert (m.slippage_days is None) == (m.basis not in ("actual", "revised"))
        assert (m.overdue_days > 0) == (m.timeliness is Timeliness.OVERDUE)
        assert (m.slippage_days is None) == (m.slippage_working_days is None)
        if m.slippage_days is not None:
            assert abs(m.slippage_working_days) <= abs(m.slippage_days)


@EXAMPLES
@given(ROWS, DAYS)
def test_every_milestone_that_needs_an_answer_is_asked_about_or_named(rows, day):
    plan = a_plan(rows)
    lists = desk.chase(plan, as_of=day)
    asked = [id(a.milestone) for c in lists for a in c.milestones]
    unassigned = {id(m) for m in desk.without_lead(plan, as_of=day)}
    movements = measure(plan, as_of=day).movements
    for milestone, movement in zip(plan.milestones, movements, strict=True):
        pressing = movement.timeliness in (Timeliness.OVERDUE, Timeliness.DUE, Timeliness.UNDATED)
        if pressing:
            assert id(milestone) in asked or id(milestone) in unassigned
        if milestone.smt_lead.posts:
            assert id(milestone) not in unassigned
    assert all(a.reasons and a.ask for c in lists for a in c.milestones)
    assert all(c.milestones for c in lists)


@EXAMPLES
@given(ROWS, DAYS)
def test_the_shapes_of_any_plan_are_json(rows, day):
    plan = a_plan(rows)
    found = check(plan, as_of=day)
    for shape in (
        shapes.of_plan(plan, day),
        shapes.of_findings(found, plan.settings),
        shapes.of_slippage(measure(plan, as_of=day)),
        shapes.of_chasers(desk.chase(plan, as_of=day, findings=found), ()),
    ):
        assert json.loads(json.dumps(shape)) == shape


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_a_workbook_and_a_csv_of_the_same_texts_are_the_same_plan(tmp_path, rows):
    used = list(rows[0])
    texts = [[HEADINGS[c] for c in used]]
    for number, row in enumerate(rows, 1):
        # XlsxWriter writes "" as no cell at all, and a text that is only spaces is no value either.
        cells = {**row, "ref": f"A{number}", "milestone": f"Do {number}"}
        texts.append([" ".join(cells[c].split()).replace("#REF!", "") for c in used])
    book = write_book(tmp_path / "plan.xlsx", {"Plan": texts})
    with (tmp_path / "plan.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(texts)
    one, two = desk.load_plan(book), desk.load_plan(tmp_path / "plan.csv")
    day = date(2017, 9, 30)
    strip = {"where": None}
    assert [shapes.of_milestone(m, one.posts, day) | strip for m in one.milestones] == [
        shapes.of_milestone(m, two.posts, day) | strip for m in two.milestones
    ]


def test_the_month_leaves_the_plan_as_it_was(tmp_path):
    book = write_book(
        tmp_path / "in" / "plan.xlsx", {"Plan": [list(HEADINGS.values()), ["A1"] * 19]}
    )
    before = book.read_bytes(), book.stat().st_mtime_ns
    plan = desk.load_plan(book)
    desk.month(plan, book, as_of=date(2017, 9, 30), out=tmp_path / "out")
    assert (book.read_bytes(), book.stat().st_mtime_ns) == before
    assert list(book.parent.iterdir()) == [book]
