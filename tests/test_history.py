"""The change log by itself: what is noticed, replayed, undone, dated, and found to be tampered with."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl.errors import SettingsError
from agsxl.grid import CellError, Formula
from agsxl.history import (
    BEGUN,
    NOBODY,
    TYPED,
    Action,
    DateMove,
    Draft,
    Entry,
    Head,
    Log,
    alike,
    changes_between,
    plain,
    sealed,
    unique_keys,
)

START = datetime(2017, 9, 1, 9, 30)
DAY = timedelta(days=1)
PLAN = {
    "A1": {"milestone": "Training delivered", "status": "On target", "timescale": date(2017, 12, 29)},
    "A2": {"milestone": "Policy agreed", "status": "Not started", "timescale": "TBC"},
    "B1": {"milestone": "Board appointed", "status": "On target", "timescale": "31/03/18"},
}  # fmt: skip


class Diary:
    """A log as a year of jobs writes it, a day between them, with the plan beside it."""

    def __init__(self, plan=PLAN):
        self.plan = deepcopy(plan)
        self.log = Log()
        self.now = START
        self.job()

    def job(self, *drafts, label="", who="A. Reed"):
        """One job of agsxl: notes what was typed since, then does and enters the drafts."""
        entries, copies = self.log.record(
            self.plan, drafts, when=self.now, who=who, label=label, reporting_date=self.now.date()
        )
        self.log = self.log.extended(entries, copies)
        for draft in drafts:
            do(self.plan, draft)
        self.now += DAY
        return entries

    def set(self, ref, column, new, **more):
        """A job that changes one cell."""
        old = self.plan[ref].get(column)
        return self.job(
            Draft(Action.CHANGE, ref, column, old, new, "telephone, by B. Shah", **more)
        )

    def type(self, ref, column, new):
        """Somebody types into the workbook; the log learns of it in the next job."""
        put(self.plan[ref], column, new)

    def undo(self):
        last = self.log.last_undoable()
        return self.job(*self.log.inverse(last.entries))


def put(cells, column, value):
    cells.pop(column, None)
    if value is not None:
        cells[column] = value


def do(plan, draft):
    """What a draft does to a plan, said once more and as plainly as can be."""
    if draft.action == Action.KEEP:
        return
    if draft.column != "ref":
        put(plan.setdefault(draft.ref, {}), draft.column, draft.new)
    elif draft.old is None:
        plan.setdefault(draft.new, {})
    elif draft.new is None:
        plan.pop(draft.ref, None)
    else:
        plan[draft.new] = plan.pop(draft.old)


# -- what is noticed ---------------------------------------------------------------------------


def shortly(drafts):
    return [(d.action.value, d.ref, d.column, d.old, d.new) for d in drafts]


def row(words, **cells):
    return {"milestone": words, **cells}


OLD = {"A1": row("Train", status="Open"), "A2": row("Agree"), "A3": row("Appoint", Ward="North")}


@pytest.mark.parametrize(
    ("now", "noticed"),
    [
        pytest.param(OLD, [], id="nothing"),
        pytest.param(dict(reversed(OLD.items())), [], id="rows moved"),
        pytest.param(
            {**OLD, "A1": row("Train", status="Done")},
            [("change", "A1", "status", "Open", "Done")],
            id="a cell changed",
        ),
        pytest.param(
            {**OLD, "A1": row("Train"), "A2": row("Agree", status="Open")},
            [("change", "A1", "status", "Open", None), ("change", "A2", "status", None, "Open")],
            id="one emptied, one filled",
        ),
        pytest.param(
            {"A1": OLD["A1"], "A2": row("Agree to it"), "A3": OLD["A3"]},
            [("change", "A2", "milestone", "Agree", "Agree to it")],
            id="reworded",
        ),
        pytest.param(
            {"A1": OLD["A1"], "A3": OLD["A3"]},
            [("removed", "A2", "milestone", "Agree", None), ("removed", "A2", "ref", "A2", None)],
            id="removed",
        ),
        pytest.param(
            {**OLD, "A4": row("Report", status="Open")},
            [
                ("added", "A4", "ref", None, "A4"),
                ("added", "A4", "milestone", None, "Report"),
                ("added", "A4", "status", None, "Open"),
            ],
            id="added",
        ),
        pytest.param(
            {"A1": OLD["A1"], "A2": OLD["A2"], "B3": row("Appoint", Ward="South")},
            [("change", "A3", "ref", "A3", "B3"), ("change", "B3", "Ward", "North", "South")],
            id="renumbered and changed",
        ),
        pytest.param(
            {"A1": OLD["A2"], "A2": OLD["A1"], "A3": OLD["A3"]},
            [("change", "A1", "ref", "A1", "A2"), ("change", "A2", "ref", "A2", "A1")],
            id="two Refs swapped",
        ),
        pytest.param(
            {"A1": row("Begin"), "A2": OLD["A1"], "A3": OLD["A2"], "A4": OLD["A3"]},
            [
                ("change", "A1", "ref", "A1", "A2"),
                ("change", "A2", "ref", "A2", "A3"),
                ("change", "A3", "ref", "A3", "A4"),
                ("added", "A1", "ref", None, "A1"),
                ("added", "A1", "milestone", None, "Begin"),
            ],
            id="one put in above, all renumbered",
        ),
        pytest.param(
            {"A1": OLD["A1"], "A2": OLD["A2"], "A3": row("Appoint", Parish="North")},
            [("change", "", "Ward", "Ward", "Parish")],
            id="a column renamed",
        ),
        pytest.param(
            {"A1": OLD["A1"], "A2": OLD["A2"], "A3": row("Appoint", Cost=5)},
            [("change", "A3", "Ward", "North", None), ("change", "A3", "Cost", None, 5)],
            id="a column gone, another new",
        ),
        pytest.param(
            {"A1": OLD["A1"], "A2": OLD["A2"], "A3": row("Appoint", WARD="South")},
            [("change", "A3", "Ward", "North", "South")],
            id="a heading in capitals is the same heading",
        ),
    ],
)
def test_what_was_typed_is_noticed(now, noticed):
    diary = Diary(OLD)
    drafts = diary.log.noticed(now)
    assert shortly(drafts) == noticed
    assert all(d.source == TYPED for d in drafts)
    diary.plan = deepcopy(now)
    diary.job()
    assert diary.log.noticed(now) == []
    assert diary.log.faults() == []


def test_before_the_log_begins_nothing_is_noticed():
    assert Log().noticed(PLAN) == []
    assert Log().state() is None


def test_rows_with_the_same_words_are_told_apart_by_the_rest():
    audit, risk = row("Review", theme="Audit"), row("Review", theme="Risk")
    old = {"A1": audit, "A2": risk, "A3": row("Review")}
    new = {"A1": audit, "C2": risk, "C3": row("Review", theme="Pay")}
    assert shortly(changes_between(old, new)) == [
        ("change", "A2", "ref", "A2", "C2"),
        ("change", "A3", "ref", "A3", "C3"),
        ("change", "C3", "theme", None, "Pay"),
    ]


def test_rows_that_nothing_tells_apart_are_not_taken_for_each_other():
    old = {"A1": row("Review", theme="Audit"), "A2": row("Review", theme="Risk")}
    new = {"C1": row("Review", theme="Pay"), "C2": row("Review", theme="Estates")}
    assert [d.action for d in changes_between(old, new)] == [Action.REMOVED] * 6 + [
        Action.ADDED
    ] * 6


def test_rows_without_words_are_known_by_their_ref_alone():
    old, new = {"A1": {"status": "Open"}}, {"C1": {"status": "Done"}}
    assert [d.action for d in changes_between(old, new)] == [Action.REMOVED] * 2 + [
        Action.ADDED
    ] * 2


@pytest.mark.parametrize(
    ("refs", "keys"),
    [
        (["A1", "A2"], ["A1", "A2"]),
        (["B4", "B4", "B4"], ["B4", "B4 (2)", "B4 (3)"]),
        (["", "A1", ""], ["(no Ref) 1", "A1", "(no Ref) 2"]),
        (["B4", "B4 (2)", "B4"], ["B4", "B4 (2)", "B4 (3)"]),
        (["(no Ref) 1", ""], ["(no Ref) 1", "(no Ref) 2"]),
    ],
)
def test_each_row_has_a_name_of_its_own(refs, keys):
    assert unique_keys(refs) == keys


# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        ("", None),
        ("two\r\nlines\rmore", "two\nlines\nmore"),
        ("bell\x07", "bell"),
        (" kept as it is ", " kept as it is "),
        ("=1+1", "=1+1"),
        (True, True),
        (3.0, 3),
        (0.1, 0.1),
        (date(2018, 3, 31), date(2018, 3, 31)),
        (datetime(2018, 3, 31), date(2018, 3, 31)),
        (datetime(2018, 3, 31, 23, 59, 59, 500_000), date(2018, 4, 1)),
        (datetime(2018, 3, 31, 9, 5, 33, 499_999), datetime(2018, 3, 31, 9, 5, 33)),
        (datetime.max, datetime.max.replace(microsecond=0)),
        (date(1900, 1, 5), "05/01/1900"),
        (Formula("=B2+1", 7), "=B2+1"),
        (Formula("", 7), "="),
        (Formula("=TRUE()", True), True),
        (Formula("=FALSE()", False), False),
        (CellError("#REF!"), "#REF!"),
    ],
)
def test_a_value_is_kept_so_that_it_is_the_same_whoever_saves_it(value, kept):
    assert plain(value) == kept
    assert type(plain(value)) is type(kept)
    assert plain(plain(value)) == plain(value)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (2, 2.0, True),
        (1, True, False),
        (1, "1", False),
        (0.1 + 0.2, 0.3, True),
        (0.3, 0.3000001, False),
        (date(2018, 3, 31), "31/03/2018", False),
        (date(2018, 3, 31), datetime(2018, 3, 31), True),
        (None, "", True),
        (None, 0, False),
        ("Done", "done", False),
        (Formula("=G3-F3", 1), "=G4-F4", True),
        (Formula("=G3-F3", 1), Formula("=G3-E3", 1), False),
        (Formula("=IF(A3=\"x2\",1,0)", 1), Formula("=IF(A4=\"x3\",1,0)", 1), False),
        (Formula("", 1), Formula("=G3-F3", 1), True),
        (Formula("=G3-F3", 1), 1, False),
        (10**400, 10**400 + 1, False),
    ],
)  # fmt: skip
def test_what_counts_as_the_same_cell(a, b, same):
    assert alike(a, b) is alike(b, a) is same


# -- jobs, states and undo ---------------------------------------------------------------------


def test_a_month():
    diary = Diary()
    diary.set("A1", "status", "Complete")
    diary.type("A2", "timescale", date(2018, 3, 31))
    diary.job(label="Governance Committee 28/09/2017")
    entries = diary.log.entries
    assert [(e.number, e.who, e.action, e.ref, e.column, e.source) for e in entries] == [
        (1, "A. Reed", Action.BEGUN, "", "", entries[0].source),
        (2, "A. Reed", Action.CHANGE, "A1", "status", "telephone, by B. Shah"),
        (3, NOBODY, Action.CHANGE, "A2", "timescale", TYPED),
        (4, "A. Reed", Action.SNAPSHOT, "", "", entries[3].source),
    ]
    assert [e.change_set for e in entries] == [1, 2, 3, 4]
    assert re.fullmatch(r"frozen copy of 3 milestones, seal [0-9a-f]{16}", entries[0].source)
    reported = diary.log.reported("governance  committee 28/09/2017")
    assert reported == diary.log.state() == diary.plan
    assert reported["A1"]["status"] == "Complete"
    assert diary.log.state_at(START.date()) == PLAN
    assert diary.log.state_at(START + DAY / 2) == PLAN
    assert diary.log.state_at(START + DAY)["A1"]["status"] == "Complete"
    assert diary.log.state_at(BEGUN) == PLAN
    assert diary.log.faults() == []


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("Audit", "No snapshot is called 'Audit'; the labels there are: 'Beginning of the log', 'Council'."),
        (date(2017, 8, 31), "The change log begins on 1 September 2017 at 09:30; what the plan held before is not known."),
        (START - DAY / 2, "The change log begins on 1 September 2017 at 09:30"),
    ],
)  # fmt: skip
def test_a_moment_that_the_log_does_not_know(moment, said):
    diary = Diary()
    diary.job(label="Council")
    with pytest.raises(SettingsError, match=re.escape(said)):
        diary.log.state_at(moment)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("Audit", "No snapshot is called 'Audit'; there is none yet."),
        (date(2018, 1, 1), "no change log"),
    ],
)
def test_a_log_that_has_not_begun_knows_no_moment(moment, said):
    with pytest.raises(SettingsError, match=said):
        Log().state_at(moment)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("  ", "needs a label"),
        (" COUNCIL\n", "'Council' already, taken on 2 September 2017 at 09:30"),
    ],
)
def test_a_label_that_cannot_be_used(label, said):
    diary = Diary()
    diary.job(label="Council")
    with pytest.raises(SettingsError, match=said):
        diary.log.freeze(PLAN, label=label, reporting_date=None, when=START, who="", change_set=9)


def test_a_log_begun_with_the_first_snapshot_asked_for_has_both_copies():
    entries, copies = Log().record(PLAN, when=START, who="A. Reed", label="Council")
    assert [e.action for e in entries] == [Action.BEGUN, Action.SNAPSHOT]
    assert [copy.label for copy in copies] == [BEGUN, "Council"]


def test_a_snapshot_holds_what_the_same_job_changed():
    diary = Diary()
    diary.job(Draft(Action.CHANGE, "A1", "status", "On target", "Complete", "x"), label="Council")
    assert diary.log.reported("Council")["A1"]["status"] == "Complete"
    assert diary.log.faults() == []


def test_undo_takes_the_last_applied_change_set_back_and_then_the_one_before():
    diary = Diary()
    diary.set("A1", "status", "Off target")
    diary.job(
        Draft(Action.CHANGE, "A2", "status", "Not started", "Complete", "return: Finance.xlsx"),
        Draft(Action.ADDED, "A9", "ref", None, "A9", "return: Finance.xlsx"),
        Draft(Action.ADDED, "A9", "milestone", None, "Publish", "return: Finance.xlsx"),
        Draft(Action.KEEP, "B1", "status", "On target", "Complete", "return: Finance.xlsx"),
    )
    diary.type("B1", "comments", "Typed by hand")
    diary.job(label="Council")
    first = diary.undo()
    assert diary.log.state() == diary.plan
    assert shortly(first) == [
        ("undo", "A9", "milestone", "Publish", None),
        ("undo", "A9", "ref", "A9", None),
        ("undo", "A2", "status", "Complete", "Not started"),
    ]
    assert {e.source for e in first} == {"undo of change set 3"}
    second = diary.undo()
    assert shortly(second) == [("undo", "A1", "status", "Off target", "On target")]
    assert (
        diary.plan
        == {**PLAN, "B1": {**PLAN["B1"], "comments": "Typed by hand"}}
        == diary.log.state()
    )
    assert diary.log.last_undoable() is None
    assert diary.log.faults() == []


def test_after_an_undo_what_is_applied_anew_can_be_undone_again():
    diary = Diary()
    diary.set("A1", "status", "Off target")
    diary.undo()
    diary.set("A1", "status", "Complete")
    assert diary.log.last_undoable().number == 4
    diary.undo()
    assert diary.plan == PLAN
    assert diary.log.last_undoable() is None


def test_an_undo_speaks_of_a_milestone_by_its_ref_of_today():
    diary = Diary()
    diary.set("A1", "status", "Off target")
    diary.job(Draft(Action.ADDED, "C1", "ref", None, "C1", "x"), Draft(Action.ADDED, "C1", "milestone", None, "Go", "x"))  # fmt: skip
    diary.plan["D1"] = diary.plan.pop("C1")
    diary.plan["A7"] = diary.plan.pop("A1")
    diary.job()
    assert shortly(diary.undo()) == [
        ("undo", "D1", "milestone", "Go", None),
        ("undo", "D1", "ref", "D1", None),
    ]
    assert shortly(diary.undo()) == [("undo", "A7", "status", "Off target", "On target")]
    assert diary.plan == {"A2": PLAN["A2"], "B1": PLAN["B1"], "A7": PLAN["A1"]} == diary.log.state()


# -- a milestone's history ---------------------------------------------------------------------


def moved(moves):
    return [(m.old, m.new, m.nth) for m in moves]


def test_every_revised_date_in_order():
    diary = Diary()
    diary.set("A1", "revised", date(2018, 3, 31), reason="Tender failed", approved_by="Cabinet")
    diary.set("A1", "comments", "Nothing new")
    diary.type("A1", "revised", "30/06/18")
    diary.type("A1", "approved_by", "Council")
    diary.type("A1", "reason", "Trainer ill")
    diary.job()
    assert diary.log.dates_of("A1") == (
        DateMove(D1, D2, START + DAY, "Tender failed", "Cabinet", 2, number=2),
        DateMove(D2, D3, START + 3 * DAY, "Trainer ill", "Council", 3, number=4),
    )
    assert [diary.log.entries[n - 1].column for n in (2, 4)] == ["revised", "revised"]
    assert diary.log.dates_of("A2") == diary.log.dates_of("Z9") == Log().dates_of("A1") == ()


def test_a_milestone_that_comes_with_both_dates_has_moved_from_the_first():
    diary = Diary()
    diary.plan["Z5"] = {"milestone": "New", "timescale": "01/12/2017", "revised": date(2018, 2, 1)}
    diary.job()
    (move,) = diary.log.dates_of("Z5")
    assert (move.old, move.new, move.nth) == (date(2017, 12, 1), date(2018, 2, 1), 2)


D1, D2, D3 = date(2017, 12, 29), date(2018, 3, 31), date(2018, 6, 30)


@pytest.mark.parametrize(
    ("first", "then", "moves"),
    [
        pytest.param({}, [], [], id="never moved"),
        pytest.param({"revised": D2}, [], [(D1, D2, 2)], id="moved before the log began"),
        pytest.param({"revised": D2}, [("revised", D3)], [(D1, D2, 2), (D2, D3, 3)], id="and again"),
        pytest.param({}, [("revised", D1)], [], id="the same date is no move"),
        pytest.param({}, [("revised", "29/12/17"), ("revised", D1)], [], id="written differently"),
        pytest.param({}, [("revised", D2), ("revised", None)], [(D1, D2, 2), (D2, D1, 3)], id="back to the baseline"),
        pytest.param({}, [("revised", "soon"), ("revised", D2)], [(D1, D2, 2)], id="an unreadable one moves nothing"),
        pytest.param({"revised": D2}, [("revised", "TBC"), ("revised", D2)], [(D1, D2, 2)], id="unreadable for a while"),
        pytest.param({"timescale": "TBC"}, [("revised", D2)], [(None, D2, 2)], id="no certain date before"),
        pytest.param({"timescale": "TBC"}, [("baseline", D1), ("revised", D2)], [(D1, D2, 2)], id="baseline confirmed"),
        pytest.param({}, [("baseline", D1)], [], id="baseline filled"),
        pytest.param({}, [("timescale", D2)], [(D1, D2, 2)], id="the timescale written over"),
        pytest.param({}, [("revised", "31/03/18, now 30/06/18")], [(D1, D2, 2), (D2, D3, 3)], id="two in one cell"),
        pytest.param(
            {"revised": "31/03/18"}, [("revised", "31/03/18, now 30/06/18")], [(D1, D2, 2), (D2, D3, 3)],
            id="one more in the same cell",
        ),
        pytest.param(
            {}, [("revised", "31/03/18, now 30/06/18"), ("comments", "Noted")], [(D1, D2, 2), (D2, D3, 3)],
            id="two in one cell, and another cell later",
        ),
        pytest.param({}, [("revised", Formula("=G2+90", D2))], [], id="a formula is not known"),
    ],
)  # fmt: skip
def test_what_moves_an_agreed_date(first, then, moves):
    diary = Diary({"A1": row("Train", timescale=D1) | first})
    for column, new in then:
        diary.type("A1", column, plain(new))
        diary.job()
    assert moved(diary.log.dates_of("A1")) == moves


def test_a_date_that_was_undone_was_never_agreed():
    diary = Diary()
    diary.set("A1", "revised", D2)
    diary.undo()
    diary.set("A1", "revised", D3)
    assert moved(diary.log.dates_of("A1")) == [(D1, D3, 2)]


def test_an_undone_completion_is_none():
    diary = Diary()
    diary.set("A1", "status", "Complete")
    assert diary.log.completed_on("A1") == START.date() + DAY
    diary.undo()
    assert diary.log.completed_on("A1") is None
    diary.set("A1", "status", "Completed")
    diary.set("A1", "status", "Complete")
    diary.set("A1", "status", "On target")
    diary.set("A1", "status", "Complete")
    assert diary.log.completed_on("A1") == START.date() + 3 * DAY
    assert diary.log.completed_on("Z9") is None


def test_a_milestone_complete_when_the_log_began_has_no_day():
    diary = Diary({"A1": row("Train", status="Complete")})
    diary.set("A1", "comments", "Done before")
    assert diary.log.completed_on("A1") is None


def test_the_colours_of_the_settings_are_read():
    diary = Diary()
    diary.set("A1", "status", "Blue")
    assert diary.log.completed_on("A1") is None
    assert diary.log.completed_on("A1", colours={"blue": "complete"}) == START.date() + DAY


def test_a_year_without_a_century_is_read_beside_the_plan():
    diary = Diary({"A1": row("Train", timescale=D1, revised="Dec 15")})
    assert moved(diary.log.dates_of("A1")) == []
    assert moved(diary.log.dates_of("A1", reference=D1)) == [(D1, date(2015, 12, 31), 2)]


def test_a_renumbered_milestone_keeps_its_history():
    diary = Diary()
    diary.set("A1", "revised", D2)
    diary.plan["A1"], diary.plan["A2"] = diary.plan["A2"], diary.plan["A1"]
    diary.job()
    diary.set("A2", "revised", D3)
    diary.set("A2", "status", "Complete")
    assert moved(diary.log.dates_of("A2")) == [(D1, D2, 2), (D2, D3, 3)]
    assert moved(diary.log.dates_of("a2")) == [(D1, D2, 2), (D2, D3, 3)]
    assert diary.log.dates_of("A1") == ()
    assert diary.log.completed_on("A2") == START.date() + 4 * DAY
    assert [(e.ref, e.column) for e in diary.log.history_of("A2")] == [
        ("A1", "revised"), ("A1", "ref"), ("A2", "revised"), ("A2", "status"),
    ]  # fmt: skip


def test_a_ref_that_is_gone_stands_for_the_milestone_that_had_it():
    diary = Diary()
    diary.set("A1", "revised", D2)
    diary.plan["C1"] = diary.plan.pop("A1")
    diary.job()
    del diary.plan["C1"]
    diary.job()
    for ref in ("A1", "C1"):
        assert moved(diary.log.dates_of(ref)) == [(D1, D2, 2)]
    assert [e.action for e in diary.log.history_of("A1")][-1] == Action.REMOVED


def test_a_milestone_that_came_and_went_is_known_with_its_words():
    diary = Diary()
    began = diary.now
    diary.plan["C1"] = {"milestone": "Survey", "status": "On target"}
    diary.job()
    diary.plan["C2"] = diary.plan.pop("C1")
    diary.job()
    diary.set("C2", "milestone", "Survey made")
    between = diary.now
    assert diary.log.came_and_went(BEGUN) == ()
    del diary.plan["C2"]
    del diary.plan["A2"]  # there from the beginning
    diary.job()
    assert diary.log.came_and_went(BEGUN) == (("C2", "Survey made"),)
    assert diary.log.came_and_went(began - DAY) == (("C2", "Survey made"),)
    assert diary.log.came_and_went(between) == ()  # it was there then: it is one that is gone
    diary.job(
        Draft(Action.ADDED, "D1", "ref", None, "D1"),
        Draft(Action.ADDED, "D1", "milestone", None, "Move"),
    )
    diary.undo()
    assert "D1" not in diary.plan
    # What was undone was never there.
    assert diary.log.came_and_went(BEGUN) == (("C2", "Survey made"),)


def test_what_was_kept_is_in_the_history_and_changes_nothing():
    diary = Diary()
    diary.job(Draft(Action.KEEP, "A1", "revised", None, D2, "return: Finance.xlsx"))
    assert [e.action for e in diary.log.history_of("A1")] == [Action.KEEP]
    assert diary.log.dates_of("A1") == ()
    assert diary.log.state() == PLAN
    assert diary.log.last_undoable() is None


# -- any sequence of jobs ----------------------------------------------------------------------

REFS = st.sampled_from(["A1", "A2", "A3", "B1", "B2", "(no Ref) 1"])
COLUMNS = st.sampled_from(["milestone", "status", "revised", "comments", "Ward"])
VALUES = st.sampled_from(
    [
        "Train", "Agree", "Complete", "31/03/18", date(2018, 3, 31), datetime(2018, 3, 31, 9, 5), 7,
        7.5, "=1+1", "two\nlines", " spaced ", "1", True, False, 0,
    ]
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)  # fmt: skip
CELLS = st.dictionaries(COLUMNS, VALUES, max_size=4)
EDITS = st.lists(st.tuples(REFS, COLUMNS, VALUES | st.none()), min_size=1, max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("apply"), EDITS),
        st.tuples(st.just("type"), EDITS),
        st.tuples(st.just("put in"), REFS, CELLS),
        st.tuples(st.just("take out"), REFS),
        st.tuples(st.just("renumber"), st.permutations(["A1", "A2", "A3", "B1", "B2", "(no Ref) 1"])),
        st.tuples(st.just("rename"), st.sampled_from(["Ward", "Parish"])),
        st.tuples(st.just("add"), REFS, CELLS),
        st.tuples(st.just("remove"), REFS),
        st.tuples(st.just("keep"), REFS, VALUES),
        st.tuples(st.just("snapshot")),
        st.tuples(st.just("undo")),
    ),
    max_size=12,
)  # fmt: skip
PLANS = st.dictionaries(REFS, CELLS, max_size=4)


def drafts_of(diary, kind, what):
    """The drafts of one step, for the plan as it is."""
    plan, source = diary.plan, "return: Finance.xlsx"
    if kind == "apply":
        edits = {(ref, column): new for ref, column, new in what[0] if ref in plan}
        return [
            Draft(Action.CHANGE, r, c, plan[r].get(c), new, source) for (r, c), new in edits.items()
        ]
    ref = what[0] if what else ""
    if kind == "keep":
        return [Draft(Action.KEEP, ref, "status", plan.get(ref, {}).get("status"), what[1], source)]
    if kind == "add" and ref not in plan:
        cells = [Draft(Action.ADDED, ref, c, None, v, source) for c, v in what[1].items()]
        return [Draft(Action.ADDED, ref, "ref", None, ref, source), *cells]
    if kind == "remove" and ref in plan:
        cells = [Draft(Action.REMOVED, ref, c, v, None, source) for c, v in plan[ref].items()]
        return [*cells, Draft(Action.REMOVED, ref, "ref", ref, None, source)]
    return []


def by_hand(diary, kind, what):
    """What somebody does in the workbook; no job of agsxl's."""
    plan = diary.plan
    if kind == "type":
        for ref, column, new in what[0]:
            if ref in plan:
                put(plan[ref], column, new)
    elif kind == "put in":
        plan.setdefault(what[0], dict(what[1]))
    elif kind == "take out":
        plan.pop(what[0], None)
    elif kind == "renumber":
        names = dict(zip(sorted(what[0]), what[0], strict=True))
        diary.plan = {names.get(ref, ref): cells for ref, cells in plan.items()}
    elif kind == "rename":
        other = {"Ward": "Parish", "Parish": "Ward"}[what[0]]
        for cells in plan.values():
            if what[0] in cells:
                cells[other] = cells.pop(what[0])


def can_undo(diary, drafts):
    """Whether nothing was done by hand since to what would be taken back."""
    plan = deepcopy(diary.plan)
    for draft in drafts:
        there = draft.ref if draft.column == "ref" and draft.ref in plan else None
        held = there if draft.column == "ref" else plan.get(draft.ref, {}).get(draft.column)
        if not alike(held, draft.old):
            return False
        do(plan, draft)
    return True


def play(plan, steps):
    """A diary of these steps, and the plan as it was after each."""
    diary = Diary(plan)
    seen = [(diary.now - DAY, deepcopy(diary.plan))]
    labels = {}
    for number, (kind, *what) in enumerate(steps):
        if kind == "snapshot":
            diary.job(label=f"Committee {number}")
            labels[f"Committee {number}"] = deepcopy(diary.plan)
        elif kind == "undo":
            diary.job()
            last = diary.log.last_undoable()
            if last is None or not can_undo(diary, diary.log.inverse(last.entries)):
                continue
            diary.undo()
        else:
            by_hand(diary, kind, what)
            diary.job(*drafts_of(diary, kind, what))
        seen.append((diary.now - DAY, deepcopy(diary.plan)))
    return diary, seen, labels


@settings(max_examples=150, deadline=None)
@given(PLANS, STEPS)
def test_the_log_knows_the_plan_at_every_moment(plan, steps):
    diary, seen, labels = play(plan, steps)
    log = diary.log
    assert log.faults() == []
    assert log.state() == diary.plan
    assert log.noticed(diary.plan) == []
    for moment, held in seen:
        assert log.state_at(moment) == log.state_at(moment.date()) == held
    for label, held in labels.items():
        assert log.reported(label) == held


@settings(max_examples=80, deadline=None)
@given(PLANS, STEPS, EDITS)
def test_undoing_the_last_change_set_restores_the_plan(plan, steps, edits):
    diary, _, _ = play(plan, steps)
    before = deepcopy(diary.plan)
    drafts = drafts_of(diary, "apply", [edits])
    if not drafts:
        return
    diary.job(*drafts)
    diary.undo()
    assert diary.plan == before == diary.log.state()
    assert diary.log.faults() == []


def other(value):
    return "else" if value != "else" else "other"


def tampered_entry(data, log):
    at = data.draw(st.integers(0, len(log.entries) - 1), label="entry")
    entry = log.entries[at]
    name = data.draw(st.sampled_from(Entry._fields), label="field")
    value = {
        "number": entry.number + data.draw(st.sampled_from([-1, 1, 100]), label="by"),
        "when": entry.when + timedelta(minutes=1),
        "change_set": entry.change_set + 1,
    }.get(name, other(getattr(entry, name)))
    return at, entry._replace(**{name: value})


def tampered(data, log):
    """The log with one thing done to it by hand."""
    entries, kinds = list(log.entries), ["edit", "delete", "insert", "head", "no head", "copy"]
    kind = data.draw(
        st.sampled_from([*kinds, "cut", "swap"] if len(entries) > 1 else kinds), label="done"
    )
    at = data.draw(st.integers(0, len(entries) - 1), label="at")
    if kind == "edit":
        at, entries[at] = tampered_entry(data, log)
    elif kind == "delete":
        del entries[at]
    elif kind == "cut":
        del entries[max(at, 1) :]
    elif kind == "insert":
        _, made = tampered_entry(data, log)
        entries.insert(at, made)
    elif kind == "swap":
        below = data.draw(st.integers(0, len(entries) - 1).filter(lambda i: i != at), label="with")
        entries[at], entries[below] = entries[below], entries[at]
    elif kind == "head":
        heads = [log.head._replace(number=log.head.number + 1), log.head._replace(seal="0" * 16)]
        return replace(log, head=data.draw(st.sampled_from(heads)))
    elif kind == "no head":
        return replace(log, head=None)
    else:
        return replace(log, snapshots=tampered_copies(data, log))
    return replace(log, entries=tuple(entries))


def tampered_copies(data, log):
    copies = list(log.snapshots)
    at = data.draw(st.integers(0, len(copies) - 1), label="copy")
    copy = copies[at]
    kind = data.draw(st.sampled_from(["gone", "twice", "label", "taken", "day", "row", "cell"]))
    if kind == "gone":
        del copies[at]
    elif kind == "twice":
        copies.append(replace(copy, label="Council"))
    elif kind == "label":
        copies[at] = replace(copy, label="else")
    elif kind == "taken":
        copies[at] = replace(copy, taken=copy.taken + DAY)
    elif kind == "day":
        copies[at] = replace(copy, reporting_date=None)
    elif kind == "row" or not copy.state:
        copies[at] = replace(copy, state={**copy.state, "Z9": {}})
    else:
        ref = data.draw(st.sampled_from(sorted(copy.state)))
        copies[at] = replace(copy, state={**copy.state, ref: {**copy.state[ref], "status": "else"}})
        if copy.state[ref].get("status") == "else":
            copies[at] = replace(copy, state={})
    return tuple(copies)


@settings(max_examples=250, deadline=None)
@given(PLANS, STEPS, st.data())
def test_whatever_is_done_to_a_log_by_hand_is_a_fault(plan, steps, data):
    log = play(plan, steps)[0].log
    assert log.faults() == []
    changed = tampered(data, log)
    assert changed.faults()
    # A log that does not fit together is still read as far as it goes.
    state = changed.state()
    for ref in ("A1", "B2"):
        changed.dates_of(ref), changed.completed_on(ref), changed.history_of(ref)
    last = changed.last_undoable()
    assert last is None or changed.inverse(last.entries)
    assert state is None or changed.noticed(state) == []
    # And what is entered later does not hide what was done. (A head line alone is mended by it.)
    if changed.entries != log.entries or changed.snapshots != log.snapshots:
        more, copies = changed.record(state or PLAN, when=datetime(2018, 1, 1), who="A. Reed")
        more = more or changed.add(
            [Draft("keep", "A1", "status", 1, 2)], when=START, who="", change_set=99
        )
        assert changed.extended(more, copies).faults()


# -- faults, each with its sentence ------------------------------------------------------------


def a_log():
    diary = Diary()
    for status in ("Off target", "On target", "Complete"):
        diary.set("A1", "status", status)
    diary.job(label="Council")
    return diary.log


def without(log, *numbers):
    return replace(log, entries=tuple(e for e in log.entries if e.number not in numbers))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda log: without(log, 3), ["Entry 3 is missing from the change log"], id="deleted"),
        pytest.param(lambda log: without(log, 2, 3), ["Entries 2 to 3 are missing from"], id="two deleted"),
        pytest.param(
            lambda log: replace(without(log, 5), snapshots=log.snapshots[:1]),
            ["Entry 5 is missing at the end from the change log"],
            id="cut",
        ),
        pytest.param(
            lambda log: replace(without(log, 5), snapshots=log.snapshots[:1], head=None),
            ["The line above the change log that says how many entries it has is gone"],
            id="cut, and the head with it",
        ),
        pytest.param(
            lambda log: replace(log, entries=log.entries[::-1]),
            ["The rows of the change log are not in their order (entry 4 stands too low); sort them by No."],
            id="sorted by something",
        ),
        pytest.param(
            lambda log: replace(log, entries=(*log.entries[:2], log.entries[2]._replace(new="x"), *log.entries[3:])),
            ["Entry 3 of the change log (A1, 3 September 2017 at 09:30) is not as agsxl wrote it"],
            id="edited",
        ),
        pytest.param(
            lambda log: replace(log, entries=(*log.entries, log.entries[1])),
            ["Entry 2 of the change log stands there 2 times", "not in their order"],
            id="copied",
        ),
        pytest.param(
            lambda log: replace(log, head=Head(4, log.entries[3].seal)),
            ["The line above the change log speaks of 4 entries and another seal than entry 5, the last"],
            id="head edited",
        ),
        pytest.param(
            lambda log: replace(log, snapshots=log.snapshots[:1]),
            ["The frozen copy 'Council' of 5 September 2017 at 09:30 is gone from the snapshots."],
            id="copy deleted",
        ),
        pytest.param(
            lambda log: replace(log, snapshots=(log.snapshots[0], replace(log.snapshots[1], reporting_date=None))),
            ["The frozen copy 'Council' is not as it was taken on 5 September 2017 at 09:30"],
            id="copy's day edited",
        ),
        pytest.param(
            lambda log: replace(without(log, 5), head=Head(4, log.entries[3].seal)),
            ["The change log has no entry for the frozen copy 'Council' of 5 September 2017 at 09:30."],
            id="cut, and the head made to fit",
        ),
        pytest.param(
            lambda log: replace(log, strange=("Row 9 is odd.",)), ["Row 9 is odd."], id="an odd row"
        ),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_wrong(change, said):
    faults = change(a_log()).faults()
    assert len(faults) == len(said), faults
    for fault, words in zip(faults, said, strict=True):
        assert words in fault


def test_seals_made_anew_are_still_held_against_the_frozen_copies():
    log = a_log()
    entries, seal = [], ""
    for entry in log.entries:
        entry = entry._replace(new="Not met") if entry.number == 4 else entry
        seal = sealed(entry, seal)
        entries.append(entry._replace(seal=seal))
    forged = replace(log, entries=tuple(entries), head=Head(5, seal))
    assert forged.faults() == [
        "The frozen copy 'Council' and the changes logged before it disagree about A1, status and 0 "
        "other cells."
    ]


def test_after_rows_were_cut_off_the_numbers_go_on_so_that_the_gap_stays():
    log = without(a_log(), 4, 5)
    made = log.add([Draft("change", "A1", "status", "x", "y")], when=START, who="", change_set=9)
    assert made[0].number == 6
    assert "Entries 4 to 5 are missing from the change log" in log.extended(made).faults()[0]


def test_a_head_that_is_gone_is_not_made_good():
    log = replace(a_log(), head=None)
    made = log.add([Draft("change", "A1", "status", "x", "y")], when=START, who="", change_set=9)
    assert log.extended(made).head is None


def test_a_log_of_ten_thousand_entries_dates_each_milestone():
    plan = {f"A{n}": row(f"Milestone {n}", timescale=D1) for n in range(1_000)}
    log = Log()
    entries, copies = log.record(plan, when=START, who="A. Reed")
    log = log.extended(entries, copies)
    drafts = [Draft("change", f"A{n}", "revised", D1 + k * DAY, D1 + (k + 1) * DAY, "x") for k in range(10) for n in range(1_000)]  # fmt: skip
    for k in range(10):
        made = log.add(drafts[k * 1000 : (k + 1) * 1000], when=START, who="", change_set=k + 2)
        log = log.extended(made)
    assert log.faults() == []
    assert all(len(log.dates_of(ref)) == 10 for ref in plan)
