"""The year's end as a decision: who goes on under which Ref, what became of the rest, and every date's history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from agsxl.history import NO_TIME, Action, Carried, Draft, Log
from agsxl.layout.history import state_of
from agsxl.layout.lastyear import empty_last_year, last_year_sheet, read_last_year
from agsxl.layout.milestones import read_plan
from agsxl.plan import Plan
from agsxl.rolling import LastYear, Resolved, Result, new_refs, roll_plan
from agsxl.settings import Settings, financial_year, first_day, other_year, year_of
from tests.plans import grid_of, plan_of

END = date(2018, 3, 31)
BEGAN, TYPED_ON = datetime(2017, 5, 2, 9, 30), datetime(2017, 9, 1, 14, 0)


def rolled(*rows, settings=None, log=None, year="2018/19"):
    plan = plan_of(*rows, settings=settings)
    return roll_plan(plan, log or Log(), year=year, as_of=END)


# -- years -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "year"),
    [
        ("2018/19", "2018/19"), ("2018-19", "2018/19"), (" 2018 to 2019 ", "2018/19"),
        ("2018/2019", "2018/19"), ("2018–19", "2018/19"), ("1999/00", "1999/00"), ("1999-2000", "1999/00"),
    ],
)  # fmt: skip
def test_a_financial_year_as_people_write_it(typed, year):
    assert financial_year(typed) == year


@pytest.mark.parametrize(
    "typed",
    ["2018", "2018/20", "2018/18", "2019/18", "18/19", "2018/2118", "next year", "", "1889/90"],
)
def test_what_is_no_financial_year_is_refused(typed):
    with pytest.raises(ValueError, match=r"such as 2018/19"):
        financial_year(typed)


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2018, 3, 31), "2017/18"),
        (date(2018, 4, 1), "2018/19"),
        (date(1999, 12, 31), "1999/00"),
    ],
)
def test_the_financial_year_that_holds_a_day(day, year):
    assert year_of(day) == year
    assert first_day(year) <= day < first_day(other_year(year, 1))


# -- Refs ------------------------------------------------------------------------------------------


def refs_of(text: str) -> list[str]:
    """Of Refs with blanks between them, "!" before those that are not carried, "_" for a blank one."""
    rows = [ref.replace("_", "").replace("~", " ") for ref in text.split()]
    return new_refs([(ref.lstrip("!"), "", not ref.startswith("!")) for ref in rows])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A2 A5", "A1 A2"),
        ("!A1 A2 !A3 A4 B7", "A1 A2 B1"),
        ("1a !1b 1c 2b", "1a 1b 2a"),
        ("1.1 !1.2 1.3 2.2", "1.1 1.2 2.1"),
        ("01 !02 03", "01 02"),
        ("!001 002 010", "001 002"),
        ("1 !2 10 11", "1 2 3"),
        ("101 !102 103 205", "101 102 201"),
        ("AGS~3 AGS~5", "AGS~1 AGS~2"),
        ("1(i) !1(ii) 1(iv)", "1(i) 1(ii)"),
        ("1(a) 1(c)", "1(a) 1(b)"),
        ("1h 1i", "1a 1b"),  # not a Roman one
        ("1l 1x", "1a 1b"),
        ("!1(i) 1(v) 2(i)", "1(i) 2(i)"),
        ("!1y 1z 1aa", "1a 1b"),
        ("C D", "A B"),
        ("A5 A2", "A2 A1"),  # the order of the old Refs stays, also where the rows stand otherwise
        ("R0 !R1 R2", "R0 R1"),
        ("2.1. 2.4.", "2.1. 2.2."),
        ("B4 B4 !B4", "B1 B2"),
        ("a1 A1", "a1 A2"),  # the same Ref to Excel
        ("A1 _ A3 _", "A1 A3 A2 A4"),
        ("_ _", "1 2"),
        ("Training Training", "Training Training~(2)"),
        ("01/02/2017 3", "01/02/2017 1"),  # Excel has made a date of it
        ("AGS~2017 AGS~2018", "AGS~2017 AGS~2018"),
    ],
)
def test_new_refs(old, new):
    found = [ref for ref in refs_of(old) if ref]
    assert found == [ref.replace("~", " ") for ref in new.split()]


def test_a_milestone_without_a_ref_is_numbered_after_those_of_its_theme():
    rows = [("A1", "A: Training", True), ("B1", "B: Audit", True), ("", "A: Training", True)]
    assert new_refs(rows) == ["A1", "B1", "A2"]
    rows = [("A1", "", True), ("B1", "", True), ("", "C: Fraud", True), ("C1", "", False)]
    assert new_refs(rows) == [
        "A1",
        "B1",
        "B2",
        "",
    ]  # no theme says: the nearest row, the upper of two


REF_PARTS = st.lists(
    st.sampled_from(["A", "b", "1", "9", "10", "0", "100", ".", "(", ")", "i", "v", "z", " ", "/", "2017", "é", "Ⅳ", "²"]),
    max_size=5,
).map("".join)  # fmt: skip


@given(
    st.lists(st.tuples(REF_PARTS.map(str.strip), st.sampled_from("AB"), st.booleans()), max_size=9)
)
@example([("A1", "", True), ("a1", "", True), ("A1", "", True), ("", "", True)])
@example(
    [("1", "", True), ("1 (2)", "", True), ("x", "", True), ("x", "", True), ("x (2)", "", True)]
)
def test_every_carried_milestone_has_a_ref_of_its_own_and_no_other_has_any(rows):
    refs = new_refs(rows)
    assert [bool(ref) for ref in refs] == [carried for _, _, carried in rows]
    given_out = [ref.casefold() for ref in refs if ref]
    assert len(set(given_out)) == len(given_out)


@given(st.lists(st.integers(1, 99), unique=True, min_size=1, max_size=12), st.data())
def test_what_goes_on_keeps_its_order_and_closes_the_gaps(numbers, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(numbers), max_size=len(numbers)))
    refs = new_refs([(f"C{n}", "", k) for n, k in zip(numbers, kept, strict=True)])
    order = sorted((n, ref) for n, ref in zip(numbers, refs, strict=True) if ref)
    assert [ref for _, ref in order] == [f"C{i}" for i in range(1, len(order) + 1)]


# -- what becomes of each --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "result", "how"),
    [
        ({"status": "Complete", "completed": "04/06/2017"}, "complete", "Complete on 4 June 2017"),
        ({"status": "Completed"}, "complete", "Complete, date completed not known"),
        ({"status": "Merged into B4"}, "superseded", "Superseded"),
        ({"status": "On target", "timescale": "30/06/2018"}, "carried forward",
         "Carried into 2018/19 as A1; due by 30 June 2018"),
        ({"status": "Part complete", "timescale": "30/06/2017"}, "carried forward",
         "Carried into 2018/19 as A1; overdue, the target date was 30 June 2017"),
        ({"status": "", "timescale": "TBC"}, "carried forward", "Carried into 2018/19 as A1; no target date is known"),
        ({"status": "See Bob", "timescale": "30/06/2018"}, "carried forward",
         "Carried into 2018/19 as A1; due by 30 June 2018"),
    ],
)  # fmt: skip
def test_what_became_of_a_milestone_in_words(row, result, how):
    [found] = rolled(row).last_year.milestones
    assert (found.result, found.how, found.status) == (result, how, row["status"])
    assert (found.new_ref == "A1") == (result == Result.CARRIED)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"status": "Complete (on going)", "comments": "Agreed by Cabinet."}, "work goes on"),
        ({"status": "Complete", "comments": ""}, "nothing says what shows it"),
        ({"status": "Complete", "comments": "Approved by Cabinet", "completed": "04/06/2036"}, "after the reporting date"),
        ({"status": "Complete", "comments": "Approved by Cabinet"}, ""),
        ({"status": "On target", "completed": "04/06/2036"}, ""),
        ({"status": "Off target", "comments": ""}, ""),  # it goes on: the new year's checks will ask
    ],
)  # fmt: skip
def test_what_speaks_against_leaving_it_behind_stands_beside_it(row, said):
    [found] = rolled(row).last_year.milestones
    assert said in found.query and bool(said) == bool(found.query)


def test_a_rule_that_the_officer_switched_off_says_nothing_here_either():
    from agsxl.settings import RuleChange

    settings = Settings(rules={"S407": RuleChange("off", "Evidence is kept elsewhere")})
    [found] = rolled({"status": "Complete", "comments": ""}, settings=settings).last_year.milestones
    assert found.query == ""


def test_the_new_plan_has_the_old_ref_beside_the_new_and_the_list_the_one_before():
    roll = rolled(
        {"ref": "A1", "status": "Complete"},
        {"ref": "A2", "previous_ref": "C9", "timescale": "31/12/2017", "revised": "30/06/2018"},
    )
    [milestone] = roll.plan.milestones
    assert (milestone.ref, milestone.previous_ref) == ("A1", "A2")
    done, going = roll.last_year.milestones
    assert (going.ref, going.new_ref, going.previous_ref) == ("A2", "A1", "C9")
    assert (going.baseline, going.forecast, going.days) == (
        date(2017, 12, 31),
        date(2018, 6, 30),
        181,
    )
    assert (roll.last_year.year, roll.last_year.next_year, roll.last_year.closed) == (
        "2017/18",
        "2018/19",
        END,
    )
    assert roll.last_year.of(Result.COMPLETE) == (done,)


@pytest.mark.parametrize(
    ("settings", "kept", "said"),
    [
        (Settings(reporting_date=date(2018, 3, 31)), None, "31 March 2018, was of the old year"),
        (Settings(reporting_date=date(2018, 4, 1)), date(2018, 4, 1), ""),
        (Settings(year="2017/18"), None, ""),
        (Settings(year="2015/16"), None, "more than a year later"),
        (Settings(unknown=("Rag",)), None, "'Rag'"),
    ],
)  # fmt: skip
def test_the_settings_of_the_next_year(settings, kept, said):
    roll = rolled({}, {"ref": "A2", "status": "Complete"}, settings=settings)
    after = roll.plan.settings
    assert (after.year, after.reporting_date, after.unknown) == ("2018/19", kept, ())
    notes = " ".join(roll.notes)
    assert said in notes and bool(said) == bool(notes)
    assert roll.last_year.year == (settings.year or "2017/18")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"status": "Complete"}], "No milestone was open"),
        ([{"status": "On target"}], "all were carried"),
        ([{"status": ""}, {"ref": "A2", "status": "See Bob"}], "2 milestones with a blank status"),
        ([{}, {"ref": "a1", "status": "Complete"}], "The Ref A1 stood more than once"),
        ([{"_log": "Entry 3 is missing."}], "In the old change log: Entry 3 is missing."),
        ([{}, {"ref": "B1", "theme": "B: Audit", "status": "Complete"}], "Nothing of 1 theme goes on"),
        ([{}, {"_only": "Total of the above"}, {"ref": "A2"}], "Row 3 of the old plan is no milestone"),
    ],
)  # fmt: skip
def test_what_the_officer_is_told(rows, said):
    assert said in " ".join(rolled(*rows).notes)


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("Dependent on A5 going live first.", "A1 names A5 (now A2)"),
        ("See milestone A1 above; A1 is done.", "A1 names A1 (not carried)"),
        ("As a5 and B4.", "A1 names a5 (now A2), A1 names B4 (now B1 or not carried)"),
        ("A2 is this one itself, Q9 is nobody, and 12 or 5 are plain numbers.", ""),
        ("COVID19, A55 and the A5x paper", ""),
        ("It goes with C1.", ""),  # which keeps its Ref
    ],
)
def test_texts_that_name_a_ref_that_is_anothers_now_are_said_and_left_alone(comment, said):
    roll = rolled(
        {"status": "Complete"}, {"ref": "A2", "comments": comment}, {"ref": "A5"}, {"ref": "B4"},
        {"ref": "B4", "status": "Withdrawn"}, {"ref": "C1"},
    )  # fmt: skip
    [*_, note] = ["", *(note for note in roll.notes if "names" in note)]
    assert said in note and bool(said) == bool(note)
    assert roll.plan.milestones[0].comments == comment


@pytest.mark.parametrize(
    ("year", "own", "said"),
    [("2018/19", "", False), ("2017/18", "", False), ("2028/29", "", True), ("2016/17", "", True), ("2028/29", "2027/28", False)],
)  # fmt: skip
def test_a_year_far_from_the_day_the_plan_is_judged_on_is_said(year, own, said):
    roll = rolled({}, {"ref": "A2", "status": "Complete"}, settings=Settings(year=own), year=year)
    assert (f"see that {year} is the year you mean" in " ".join(roll.notes)) == said


def test_a_plan_with_nothing_odd_needs_no_words():
    assert rolled({}, {"ref": "A2", "status": "Complete"}).notes == ()


def test_rows_and_faults_without_end_are_counted():
    plan = plan_of({}, {"ref": "A2", "status": "Complete"})
    odd = replace(
        plan,
        left_out=tuple((n, "x" * 99) for n in range(20)),
        log_faults=tuple(map(str, range(13))),
    )
    notes = roll_plan(odd, Log(), year="2018/19", as_of=END).notes
    assert len(notes) == 26 and "8 more rows are no milestones." in notes
    assert "'agsxl history' names 1 more fault of the old change log." in notes
    assert all(len(note) < 140 for note in notes)


def test_the_day_the_log_has_it_complete_is_said_where_no_date_was_entered():
    plan, log = logged({"ref": "B4"}, {"ref": "B4", "status": "Complete"})
    [found] = roll_plan(plan, log, year="2018/19", as_of=END).last_year.milestones
    assert (
        found.how
        == "Complete, date completed not known; the change log has it complete since 1 September 2017"
    )
    assert found.completed is None  # nobody entered it


# -- dates ---------------------------------------------------------------------------------------


def logged(*versions: dict[str, str], undone: bool = False) -> tuple[Plan, Log]:
    """A plan of one milestone as it stands after having been edited by hand, and its log."""
    log = Log()
    for number, version in enumerate(versions):
        grid = grid_of(version)
        plan = read_plan([grid], file="plan.xlsx", is_workbook=True)
        when = BEGAN if not number else TYPED_ON.replace(day=number)
        log = log.extended(*log.record(state_of(plan, grid), when=when, who="A. Reed"))
    return plan, log


DATES = [
    # first, then as it was edited; what stands in the new plan as baseline, revised date; and whether it is said
    (["31/12/2017"], ("31/12/2017", ""), False),
    (["31/12/2017", "31/12/2017 > 30/06/2018"], ("31/12/2017", "30/06/2018"), False),
    (["31/12/2017 > 31/03/2018", "31/12/2017 > 30/06/2018"], ("31/12/2017", "30/06/2018"), False),
    # the timescale written over: the first is the baseline, and the current date stays what it was
    (["31/12/2017", "30/06/2018"], ("31/12/2017", "30/06/2018"), True),
    (["31/12/2017", "30/06/2018", "30/06/2018 > 30/09/2018"], ("31/12/2017", "30/09/2018"), True),
    # ... but where the current date cannot be read nothing is decided
    (["31/12/2017", "30/06/2018 > TBC"], ("30/06/2018", "TBC"), True),
    (["31/12/2017", "TBC"], ("", ""), True),
    # it only became certain later
    (["TBC", "30/06/2018"], ("30/06/2018", ""), False),
    (["June Cabinet > 30/06/2018"], ("", "30/06/2018"), False),
]  # fmt: skip


def milestone_of(text: str) -> dict[str, str]:
    timescale, _, revised = text.partition(" > ")
    return {"ref": "B4", "timescale": timescale, "revised": revised}


def as_day(text: str) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text[:1].isdigit() else None


@pytest.mark.parametrize(("versions", "wanted", "said"), DATES)
def test_the_first_baseline_stands_where_the_current_date_stays(versions, wanted, said):
    plan, log = logged(*map(milestone_of, versions))
    roll = roll_plan(plan, log, year="2018/19", as_of=END)
    [old], [new] = plan.milestones, roll.plan.milestones
    assert (new.baseline, new.revised_date) == (as_day(wanted[0]), as_day(wanted[1]))
    assert new.forecast == old.forecast
    assert ("written over" in " ".join(roll.notes)) == said


def test_a_baseline_date_that_the_officer_has_entered_is_left_alone():
    first = {"ref": "B4", "timescale": "31/12/2017"}
    plan, log = logged(first, {"ref": "B4", "timescale": "30/06/2018", "baseline": "28/02/2018"})
    [new] = roll_plan(plan, log, year="2018/19", as_of=END).plan.milestones
    assert new.baseline == date(2018, 2, 28)


def test_every_move_goes_on_with_its_time_reason_and_who_and_where_it_was_made():
    plan, log = logged(*map(milestone_of, ["31/12/2017 > 31/03/2018", "31/12/2017 > 30/06/2018"]))
    draft = Draft(
        Action.CHANGE,
        "B4",
        "revised",
        date(2018, 6, 30),
        date(2018, 9, 30),
        "",
        "Tender failed",
        "Cabinet",
    )
    log = log.extended(
        log.add([draft], when=datetime(2018, 1, 9), who="B. Lee", change_set=log.next_change_set)
    )
    moves = roll_plan(plan, log, year="2018/19", as_of=END).moves
    source = "2017/18 plan, B4"
    assert moves == (
        Carried("B1", date(2017, 12, 31), date(2018, 3, 31), None, "", source, "", ""),
        Carried("B1", date(2018, 3, 31), date(2018, 6, 30), TYPED_ON, "not known", source, "", ""),
        Carried("B1", date(2018, 6, 30), date(2018, 9, 30), datetime(2018, 1, 9), "B. Lee", source, "Tender failed", "Cabinet"),
    )  # fmt: skip


# -- in the log of the new plan ----------------------------------------------------------------------

MOVES = (
    Carried("B1", date(2017, 12, 31), date(2018, 3, 31), None, "", "2016/17 plan, B9", "", ""),
    Carried("B1", date(2018, 3, 31), date(2018, 6, 30), TYPED_ON, "B. Lee", "2017/18 plan, B4", "Tender", "Cabinet"),
)  # fmt: skip
NEW = {
    "B1": {
        "milestone": "Policy agreed",
        "timescale": date(2017, 12, 31),
        "revised": date(2018, 6, 30),
    }
}
ROLLED_ON = datetime(2018, 4, 2, 10, 0)


def begun(moves=MOVES, state=NEW) -> Log:
    log = Log()
    log = log.extended(log.carry(moves, change_set=1))
    return log.extended(*log.record(state, when=ROLLED_ON, who="A. Reed"))


def test_dates_go_on_counting_across_the_years():
    log = begun()
    entered = Draft(
        Action.CHANGE, "B1", "revised", date(2018, 6, 30), date(2018, 12, 31), "", "", "Cabinet"
    )
    log = log.extended(
        log.add([entered], when=ROLLED_ON, who="A. Reed", change_set=log.next_change_set)
    )
    assert [(move.nth, move.new, move.when) for move in log.dates_of("B1")] == [
        (2, date(2018, 3, 31), None), (3, date(2018, 6, 30), TYPED_ON), (4, date(2018, 12, 31), ROLLED_ON),
    ]  # fmt: skip
    assert [entry.action for entry in log.history_of("B1")] == ["carried", "carried", "change"]


def test_a_log_with_carried_moves_is_sound_and_knows_when_it_began():
    from agsxl.errors import SettingsError

    log = begun()
    assert log.faults() == []
    assert log.entries[0].when == NO_TIME
    for earlier in (date(2017, 9, 30), ROLLED_ON.replace(hour=9)):
        with pytest.raises(SettingsError, match=r"begins on 2 April 2018"):
            log.state_at(earlier)
    assert log.state_at(ROLLED_ON) == log.state() == NEW


def test_carried_moves_change_no_cell_and_are_never_undone():
    log = begun(state={"B1": {"milestone": "Policy agreed"}})
    assert log.state() == {"B1": {"milestone": "Policy agreed"}}
    assert log.last_undoable() is None
    assert log.noticed({"B1": {"milestone": "Policy agreed"}}) == []


def test_carried_moves_follow_a_milestone_that_is_renumbered():
    log = begun()
    renumbered = Draft(Action.CHANGE, "B1", "ref", "B1", "C1")
    log = log.extended(log.add([renumbered], when=ROLLED_ON, who="A. Reed", change_set=9))
    assert [move.nth for move in log.dates_of("C1")] == [2, 3]


@pytest.mark.parametrize(
    ("field", "value"),
    [("new", date(2020, 1, 1)), ("when", BEGAN), ("approved_by", "Council"), ("source", "2001/02 plan, A1"), ("ref", "B2")],
)  # fmt: skip
def test_a_carried_move_that_was_altered_is_found(field, value):
    log = begun()
    entries = (log.entries[0], log.entries[1]._replace(**{field: value}), *log.entries[2:])
    assert "Entry 2 of the change log" in " ".join(replace(log, entries=entries).faults())


def test_a_carried_move_whose_date_was_made_a_word_moves_nothing():
    log = begun()
    entries = (log.entries[0]._replace(new="soon"), *log.entries[1:])
    assert [move.new for move in replace(log, entries=entries).dates_of("B1")] == [
        date(2018, 6, 30)
    ]


def test_a_second_roll_keeps_where_each_move_was_made():
    assert begun().to_carry("B1", "A3", source="2018/19 plan, B1") == tuple(
        move._replace(ref="A3") for move in MOVES
    )


# -- the list, on its sheet --------------------------------------------------------------------------

TEXT = st.sampled_from(
    [
        "",
        "A1",
        "Policy agreed",
        "=1+1",
        "<b>bold</b>",
        "two\nlines",
        "0",
        "TRUE",
        "Ünï 😀",
        "x" * 5_000,
    ]
)
DAY = st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31))
RESOLVED = st.builds(
    Resolved, ref=TEXT, theme=TEXT, milestone=TEXT, status=TEXT, result=st.sampled_from(Result), how=TEXT,
    completed=DAY, evidence=TEXT, verified_by=TEXT, new_ref=TEXT, baseline=DAY, forecast=DAY,
    days=st.none() | st.integers(-4_000, 4_000), smt_lead=TEXT, previous_ref=TEXT, query=TEXT,
)  # fmt: skip


def as_grid(sheet):
    from agsxl.excel.values import own_rows
    from agsxl.grid import Grid

    return Grid(sheet.name, own_rows(sheet))


@given(st.lists(RESOLVED, max_size=5), st.none() | st.just(END))
def test_the_list_is_read_back_as_it_was(milestones, closed):
    last_year = LastYear("2017/18", "2018/19", closed, tuple(milestones))
    assert read_last_year(as_grid(last_year_sheet(last_year))) == last_year


@given(st.lists(RESOLVED, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_list_is_read_however_it_was_sorted(milestones, random):
    last_year = LastYear("2017/18", "2018/19", END, tuple(milestones))
    grid = as_grid(last_year_sheet(last_year))
    order = list(range(len(grid.rows[3])))
    random.shuffle(order)
    assume(order[0] != 0 or len(order) == 1)
    heads = 3
    shuffled = [line if n < heads else [line[i] for i in order] for n, line in enumerate(grid.rows)]
    body = shuffled[heads + 1 :]
    body.reverse()
    grid = replace(grid, rows=[*shuffled[: heads + 1], *body, [None] * len(order)])
    assert read_last_year(grid) == replace(last_year, milestones=tuple(reversed(milestones)))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["Issues of last year"], ["Our own notes about it"]],
        [["Ref then", "Result"], ["A1", "Complete"]],
    ],
)
def test_a_sheet_that_is_no_list_of_agsxls_says_nothing(rows):
    from agsxl.grid import Grid

    assert read_last_year(Grid("Issues of last year", rows)) is None
    assert read_last_year(as_grid(empty_last_year())) is None


def test_a_row_that_somebody_put_in_is_left_out():
    last_year = LastYear(
        "2017/18", "2018/19", END, (Resolved("A1", "", "", "", Result.CARRIED, "", new_ref="A1"),)
    )
    grid = as_grid(last_year_sheet(last_year))
    grid.rows.append(["Note: see the minutes"])
    assert read_last_year(grid) == last_year
