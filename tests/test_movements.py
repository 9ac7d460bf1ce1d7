"""Slippage, timeliness and working days: what is measured, and what is not."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl import desk
from agsxl.movements import measure
from agsxl.plan import Timeliness, due_until
from agsxl.settings import Settings
from agsxl.workdays import bank_holidays, is_working_day, working_days_between
from tests.plans import AS_OF, REAL, SAMPLE, plan_of

# timescale, revised, status, date completed -> basis, slippage in days, working days, forecast, timeliness
CASES = [
    ("30/04/17", "31/03/2018", "Off target", "", "revised", 335, 233, "2018-03-31", "later"),
    ("30/09/17", "15/09/17", "On target", "", "revised", -15, -10, "2017-09-15", "overdue"),
    ("30/04/17", "", "Complete", "15/05/2017", "actual", 15, 10, "2017-04-30", "complete"),
    ("30/04/17", "31/05/17", "Complete", "15/05/2017", "actual", 15, 10, "2017-05-31", "complete"),
    ("30/04/17", "31/05/17", "Complete", "", "revised", 31, 21, "2017-05-31", "complete"),
    ("30/04/17", "", "Complete", "", "completion date unknown", None, None, "2017-04-30", "complete"),
    ("30/04/17", "", "On target", "15/05/2017", "not moved", None, None, "2017-04-30", "overdue"),
    ("TBC", "", "Complete", "15/05/2017", "no baseline", None, None, None, "complete"),
    ("TBC", "31/03/2018", "", "", "no baseline", None, None, "2018-03-31", "later"),
    ("31/11/17", "31/01/2018", "Off target", "", "no baseline", None, None, "2018-01-31", "later"),
    ("TBC", "", "On target", "", "undated", None, None, None, "undated"),
    ("30/09/17", "", "On target", "", "not moved", None, None, "2017-09-30", "due"),
    ("31/10/17", "", "On target", "", "not moved", None, None, "2017-10-31", "due"),
    ("01/11/17", "", "On target", "", "not moved", None, None, "2017-11-01", "later"),
    ("29/09/17", "", "In progress", "", "not moved", None, None, "2017-09-29", "overdue"),
    ("30/04/17", "31/11/17", "On target", "", "not moved", None, None, "2017-04-30", "overdue"),
    ("30/04/17", "Ongoing", "On target", "", "not moved", None, None, "2017-04-30", "overdue"),
    ("30/04/17", "June", "On target", "", "not moved", None, None, "2017-04-30", "overdue"),
    ("30/04/17", "", "No longer required", "", "not moved", None, None, "2017-04-30", "superseded"),
    ("March 2018", "", "", "", "not moved", None, None, "2018-03-31", "later"),
    ("June Cabinet", "", "On target", "", "undated", None, None, None, "undated"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: " | ".join(c[:4]))
def test_one_milestone(case):
    timescale, revised, status, completed, basis, days, working, forecast, timeliness = case
    plan = plan_of(
        {"timescale": timescale, "revised": revised, "status": status, "completed": completed},
        plain={"ref": "A1", "milestone": "Policy agreed"},
    )
    moved = measure(plan, as_of=AS_OF).movements[0]
    assert (moved.basis, moved.slippage_days, moved.slippage_working_days) == (basis, days, working)
    assert (moved.forecast.isoformat() if moved.forecast else None) == forecast
    assert moved.timeliness == timeliness
    overdue = (AS_OF - moved.forecast).days if timeliness == "overdue" else 0
    assert moved.overdue_days == overdue


@pytest.mark.parametrize(
    ("revised", "moves"),
    [("", 0), ("31/03/2018", 1), ("29/12/2017", 0), ("31/07/18, now 30/11/18", 2), ("TBC", 0)],
)
def test_known_moves_are_counted(revised, moves):
    assert measure(plan_of({"revised": revised}), as_of=AS_OF).movements[0].moves == moves


def test_the_baseline_column_is_the_baseline_where_it_is_filled():
    plan = plan_of(
        {"timescale": "June Cabinet", "baseline": "14/06/2017"},
        {"ref": "A2", "timescale": "30/06/17"},
        {"ref": "A3", "timescale": "30/06/17", "baseline": "soon"},
    )
    assert [m.baseline for m in plan.milestones] == [
        date(2017, 6, 14), date(2017, 6, 30), date(2017, 6, 30),
    ]  # fmt: skip


def test_due_soon_is_to_the_end_of_next_month_or_so_many_days():
    assert due_until(date(2017, 9, 30), Settings()) == date(2017, 10, 31)
    assert due_until(date(2017, 12, 1), Settings()) == date(2018, 1, 31)
    assert due_until(date(2017, 11, 15), Settings()) == date(2017, 12, 31)
    assert due_until(date(2017, 9, 30), Settings(due_soon_days=14)) == date(2017, 10, 14)


def test_totals_net_what_came_earlier_and_count_apart_what_cannot_be_measured():
    plan = plan_of(
        {"timescale": "30/04/17", "revised": "10/05/17"},
        {"ref": "A2", "timescale": "30/04/17", "revised": "20/04/17"},
        {"ref": "A3", "timescale": "TBC", "revised": "20/04/18"},
        {"ref": "A4", "timescale": "30/04/17"},
    )
    totals = measure(plan, as_of=AS_OF).totals
    assert dict(totals) == {
        "milestones": 4, "moved": 3, "measured": 2, "unmeasurable": 1, "slipped": 1, "earlier": 1,
        "total_days": 0, "mean_days": 0, "median_days": 0, "longest_days": 10,
    }  # fmt: skip
    assert totals["moved"] == totals.moved == 3


def test_nothing_moved_is_no_figure_and_not_nought():
    totals = measure(plan_of({}), as_of=AS_OF).totals
    assert (totals.moved, totals.mean_days, totals.median_days, totals.longest_days) == (
        0,
        None,
        None,
        None,
    )


def test_sums_are_pandas_frames_and_the_same_as_plain_records():
    measured = measure(
        plan_of({"timescale": "30/04/17", "revised": "10/05/17"}, {"ref": "A2"}, {"ref": "B1", "smt_lead": "Chief Executive"}),
        as_of=AS_OF,
    )  # fmt: skip
    frame = measured.by("smt_lead")
    assert list(frame.columns) == [
        "smt_lead",
        "milestones",
        "measured",
        "median_days",
        "longest_days",
        "overdue",
    ]
    assert frame.milestones.sum() == len(measured.milestones) == 3
    assert measured.groups("theme")[0]["overdue"] == 1
    with pytest.raises(ValueError, match="not by 'colour'"):
        measured.by("colour")


@pytest.mark.real
def test_the_real_plan_at_the_end_of_september_2017():
    measured = measure(desk.load_plan(REAL), as_of=AS_OF)
    totals = measured.totals
    assert (totals.milestones, totals.moved, totals.measured, totals.unmeasurable) == (
        117,
        20,
        16,
        4,
    )
    assert (totals.total_days, totals.median_days, totals.longest_days) == (2977, 227.5, 335)
    assert measured.longest[0].ref == "A2"
    assert [m.ref for m in measured.unmeasurable] == ["A4", "D5", "D6", "M3"]
    by = {t: [m.ref for m in measured.movements if m.timeliness is t] for t in Timeliness}
    assert by[Timeliness.OVERDUE] == ["B11", "E11", "F12"]
    assert by[Timeliness.DUE] == [
        "B4",
        "B12",
        "B13",
        "F10",
        "F13",
        "G5",
        "L6",
        "L7",
        "L9",
        "L15",
        "O6",
    ]
    assert by[Timeliness.UNDATED] == ["H6", "L10", "L11"]
    assert (len(by[Timeliness.LATER]), len(by[Timeliness.COMPLETE])) == (24, 76)


def test_the_samples_figures_are_those_of_its_own_table():
    """Counted again from the raw text of the sample, by another way."""
    with (SAMPLE.parent / "sample" / "plan.tsv").open(encoding="utf-8", newline="") as file:
        rows = [
            r
            for r in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if r["Milestones"] or r["Ref"]
        ]
    plan = desk.load_plan(SAMPLE)
    measured = measure(plan, as_of=plan.settings.reporting_date)
    assert measured.totals.milestones == len(rows)
    complete = [r for r in rows if r["Status"].startswith("Complete")]
    assert sum(m.timeliness is Timeliness.COMPLETE for m in measured.movements) == len(complete)

    def day(text: str) -> date | None:
        parts = text.split("/")
        return (
            date(int(parts[2]), int(parts[1]), int(parts[0]))
            if len(text) == 10 and len(parts) == 3
            else None
        )

    counted = {
        r["Ref"]: (day(r["Date completed"]) - day(r["Timescale"])).days
        for r in complete
        if day(r["Date completed"]) and day(r["Timescale"]) and not r["Baseline date"]
    }
    mine = {
        m.ref: m.slippage_days for m in measured.movements if m.timeliness is Timeliness.COMPLETE
    }
    assert len(counted) > 30
    assert {ref: mine[ref] for ref in counted} == counted


# -- working days ------------------------------------------------------------------------------

# What the government publishes for England and Wales; substitute days and the one-off ones too.
PUBLISHED = {
    2017: "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_the_government_publishes(year):
    mine = {d for d in bank_holidays(year) if d.weekday() < 5}
    assert mine == {date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()}


DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))


@given(DAYS, DAYS)
def test_working_days_are_counted_as_one_would_on_a_calendar(first, last):
    if abs((last - first).days) > 800:
        return
    low, high = sorted((first, last))
    counted = sum(is_working_day(low + timedelta(n)) for n in range(1, (high - low).days + 1))
    assert working_days_between(first, last) == (counted if first <= last else -counted)
