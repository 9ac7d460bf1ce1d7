"""The pure merge: what the same value is, which milestone is which, what becomes of a field, the laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings

from agsxl.dates import Kind, Target, read_target
from agsxl.grid import Formula
from agsxl.merging import Outcome, changed_columns, merge, pair, raw_text, same_value
from agsxl.plan import Lead, Milestone, Plan, Where
from agsxl.statuses import Status, StatusValue, read_status
from agsxl.words import COLUMNS, OUTCOMES
from tests.plans import PLAIN, plan_of
from tests.strategies import two_sides

# -- the same value ----------------------------------------------------------------------------

SAME = [
    # column, one, other, whether they are the same
    ("revised", "31/03/18", date(2018, 3, 31), True),
    ("revised", "31/03/18", "31 March 2018", True),
    ("revised", "by 31/03/18", read_target("31/03/2018"), True),
    ("revised", "~~31/1/17~~ 30/09/17", "30/09/2017", True),
    ("revised", Formula("=A1", date(2018, 3, 31)), "31/03/18", True),
    ("revised", datetime(2018, 3, 31), "31/03/18", True),
    ("timescale", "March 2018", "Mar 2018", True),
    ("timescale", "TBC", " tbc", True),
    ("timescale", "", None, True),
    ("completed", "soon", "Soon", True),
    ("baseline", "31/03/18 Council", "31/03/2018 council", True),
    ("baseline", "31/03/18 Council", "31/03/18", False),
    ("timescale", "March 2018", "31/03/18", False),  # due on the same day, but it says another thing
    ("timescale", "31/10/16", "31/10/16 then ongoing", False),
    ("timescale", "~~31/1/17~~ 30/09/17 Council", "30/09/17", False),
    ("timescale", "June", "July", False),
    ("timescale", "31/11/17", "30/11/17", False),
    ("timescale", "31/11/17", "31/11/2017", False),  # no dates: only texts
    ("timescale", "TBC", "", False),
    ("status", "Complete", "Completed", True),
    ("status", "done", "Implemented.", True),
    ("status", "On-target", "on track", True),
    ("status", "On going", "In progress", True),
    ("status", "-", "", True),
    ("status", Status(StatusValue.COMPLETE, "Achieved"), "Closed", True),
    ("status", Status(StatusValue.COMPLETE), "Complete", True),
    ("status", "See  Bob", "see Bob", True),
    ("status", "Complete", "Complete (on going)", False),  # it says more
    ("status", "Off target", "Off target but recovery plans in place", False),
    ("status", "Amber", "Red", False),
    ("status", "Complete", "", False),
    ("ref", "A1", " a1", True),
    ("ref", "A1", "A 1", False),
    ("comments", "Agreed \n by Cabinet", "Agreed by Cabinet", True),
    ("comments", "<u>Agreed</u>", "Agreed", True),
    ("comments", "agreed", "Agreed", False),
    ("comments", "31/03/18", date(2018, 3, 31), False),  # in a text, the text
    ("comments", date(2018, 3, 31), "31/03/2018", True),
    ("evidence", True, "TRUE", True),
    ("evidence", 7, "7", True),
    ("smt_lead", Lead("Head of Finance"), "Head of  Finance", True),
    ("smt_lead", "Head of Finance", "Head of Legal", False),
    ("Ward", "North", "north", False),
]  # fmt: skip


@pytest.mark.parametrize("case", SAME, ids=lambda c: f"{c[0]}: {c[1]!r} | {c[2]!r}")
def test_the_same_value(case):
    column, one, other, same = case
    assert same_value(column, one, other) is same
    assert same_value(column, other, one) is same


def test_every_word_of_the_field_is_compared_by_the_value_it_means():
    words = {
        "complete": "Complete, Completed, Complete., Achieved, Done, Closed, Implemented",
        "part complete": "Part complete, Partly achieved, Partially implemented",
        "in progress": "In progress, Ongoing, Underway, Not complete",
        "on target": "On target, On track",
        "off target": "Off target and no action yet agreed, Time delay, Slipped, Behind schedule, Overdue, Not met",
        "not started": "Not started, Not yet started",
        "superseded": "Cancelled, Withdrawn, No longer required",
    }
    for value, said in words.items():
        first, *others = said.split(", ")
        assert read_status(first).value == value
        assert all(same_value("status", first, other) for other in others), value


def test_an_error_in_a_cell_is_not_an_empty_cell():
    plan = plan_of({"status": "#N/A", "comments": "<u>Agreed</u>"}, {"ref": "A2", "status": ""})
    one, two = plan.milestones
    assert "status" in list(changed_columns(one, two))
    assert (raw_text(one, "status"), raw_text(two, "status")) == ("#N/A", "")
    assert raw_text(one, "comments") == "<u>Agreed</u>"


def test_what_was_struck_out_is_no_part_of_a_date():
    struck, plain = (plan_of({"revised": text}) for text in ("~~31/1/17~~ 30/09/17", "30/09/2017"))
    assert "31/1/17" in struck.milestones[0].revised.note
    merged = merge(struck, struck, plain)
    assert (merged.changes, merged.milestones) == ((), plain.milestones)


def test_there_are_words_on_screen_for_every_outcome():
    assert set(OUTCOMES) == set(Outcome)
    assert len(Outcome) == 10


# -- which milestone is which ------------------------------------------------------------------


def milestones(*lines: str) -> list[Milestone]:
    """``"A1: Train staff"``: a Ref and words, then perhaps a comment after a bar."""
    found = []
    for line in lines:
        ref, _, rest = line.partition(":")
        words, _, comment = rest.partition("|")
        found.append(Milestone(ref.strip(), milestone=words.strip(), comments=comment.strip()))
    return found


PAIRS = [
    # old, new, which is which
    (["A1: One", "A2: Two"], ["A2: Two", "A1: One"], {0: 1, 1: 0}),
    (["A1: One"], ["a1 : one"], {0: 0}),  # case and spaces
    (["A1: One", "A2: Two"], ["A1: New", "A2: One", "A3: Two"], {0: 1, 1: 2}),  # renumbered
    (["A1: One", "A2: Two"], ["A1: Two", "A2: One"], {0: 1, 1: 0}),  # Refs swapped
    (["A1: One"], ["A1: One, again"], {0: 0}),  # reworded
    (["A1: One", "A2: Two"], ["A2: One", "A3: Other"], {0: 0}),  # the words go before the Ref
    (["A1: One"], ["A2: Two"], {}),
    (["A1: One"], ["A2: One", "A3: One"], {}),  # which of the two?
    (["A1: One", "A2: One"], ["A2: One", "A3: One"], {1: 0, 0: 1}),  # the one that is left
    (["A1: One", "A1: Two"], ["A1: Two", "A1: One"], {0: 1, 1: 0}),  # one Ref twice
    (["A1: One", "A1: One"], ["A1: One"], {0: 0}),  # all twice
    (["A1: One|x", "A1: One|y"], ["A1: One|y", "A1: One|x"], {0: 1, 1: 0}),  # told by the rest
    (["A1: One|x", "A1: One|y"], ["A1: One|y", "A1: One|z"], {1: 0, 0: 1}),
    ([": One"], ["A1: One"], {0: 0}),  # a Ref at last
    ([": One", ": Two"], [": Two", ": Three"], {1: 0}),  # no Ref pairs nothing
    (["A1:", "A2:"], ["A2:", "A1:"], {0: 1, 1: 0}),  # no words
    (["A1:"], ["A2:"], {}),  # no words pair nothing
    ([":"], [":"], {0: 0}),  # alike in everything
    ([":|x"], [":|y"], {}),  # nothing to know it by
    ([], ["A1: One"], {}),
]  # fmt: skip


@pytest.mark.parametrize("case", PAIRS, ids=lambda c: f"{c[0]} -> {c[1]}")
def test_which_is_which(case):
    old, new, expected = case
    assert pair(milestones(*old), milestones(*new)) == expected
    assert pair(milestones(*new), milestones(*old)) == {j: i for i, j in expected.items()}


def test_the_same_ref_with_other_words_can_be_left_alone():
    assert pair(milestones("A1: One"), milestones("A1: Two"), reworded=False) == {}


# -- what becomes of a field -------------------------------------------------------------------

FIELDS = [
    # column, issued, master, returned -> what came of it, what stands in the merged plan
    ("status", "On target", "Complete", "On target", "master only", "Complete"),
    ("status", "On target", "On target", "Complete", "returned only", "Complete"),
    ("status", "On target", "Complete", "Completed", "same change", "Complete"),
    ("status", "On target", "Complete", "Off target", "conflict", "Complete"),
    ("status", "Complete", "Complete", "Completed", None, "Completed"),
    ("status", "Complete", "Done", "Completed", None, "Done"),
    ("status", "Complete", "Complete", "Complete (on going)", "returned only", "Complete (on going)"),
    ("status", "#N/A", "#N/A", "Complete", "returned only", "Complete"),
    ("status", "", "", "#N/A", "returned only", "#N/A"),
    ("revised", "31/03/18", "31/03/18", "31/03/2018", None, "31/03/2018"),
    ("revised", "31/03/18", "31/03/2018", "30/06/18", "returned only", "30/06/18"),
    ("revised", "", "30/06/2018", "30/06/18", "same change", "30/06/2018"),
    ("revised", "", "30/06/2018", "30/09/18", "conflict", "30/06/2018"),
    ("revised", "June", "June", "30/06/18", "returned only", "30/06/18"),
    ("timescale", "TBC", "TBC", "31/03/2018", "returned only", "31/03/2018"),
    ("baseline", "", "", "31/03/2018", "returned only", "31/03/2018"),
    ("completed", "", "15/05/2017", "", "master only", "15/05/2017"),
    ("completed", "", "15/05/2017", "15/05/17", "same change", "15/05/2017"),
    ("comments", "", "Agreed.", "", "master only", "Agreed."),
    ("comments", "Agreed.", "Agreed.", "", "returned only", ""),
    ("comments", "Agreed.", "Agreed.", "<u>Agreed.</u>", None, "<u>Agreed.</u>"),
    ("smt_lead", "Head of Finance", "Head of Legal", "Head of Finance", "master only", "Head of Legal"),
    ("milestone", "Train staff", "Train staff", "Train all staff", "returned only", "Train all staff"),
    ("ref", "A1", "A5", "A1", "master only", "A5"),
    ("ref", "A1", "A1", "A5", "returned only", "A5"),
    ("ref", "A1", "a1", "A1", None, "a1"),
]  # fmt: skip


def one(column: str, text: str, **others: str) -> Plan:
    return plan_of({"milestone": PLAIN["milestone"], **others, column: text})


@pytest.mark.parametrize("case", FIELDS, ids=lambda c: " | ".join(map(str, c[:4])))
def test_what_becomes_of_a_field(case):
    column, issued, master, returned, outcome, text = case
    merged = merge(one(column, issued), one(column, master), one(column, returned))
    (milestone,) = merged.milestones
    assert raw_text(milestone, column) == text
    found = [(c.ref, c.column, c.issued, c.master, c.returned, c.outcome) for c in merged.changes]
    ref = master if column == "ref" else "A1"
    assert found == ([(ref, column, issued, master, returned, outcome)] if outcome else [])
    assert [c.outcome for c in merged.conflicts] == (["conflict"] if outcome == "conflict" else [])
    # Nothing but this column has changed, and what is read from it fits.
    assert list(changed_columns(milestone, one(column, text).milestones[0])) == []


def test_edits_of_different_fields_of_one_milestone_both_count():
    issued = plan_of({"ref": "A1"}, {"ref": "A2"})
    master = plan_of({"ref": "A1", "status": "Complete"}, {"ref": "A2"})
    returned = plan_of(
        {"ref": "A1", "comments": "All done."}, {"ref": "A2", "evidence": "Minute 7"}
    )
    merged = merge(issued, master, returned)
    assert [(m.status.raw, m.comments, m.evidence) for m in merged.milestones] == [
        ("Complete", "All done.", ""), ("On target", PLAIN["comments"], "Minute 7"),
    ]  # fmt: skip
    assert [(c.ref, c.column, c.outcome, c.where.row) for c in merged.changes] == [
        ("A1", "status", "master only", 2), ("A1", "comments", "returned only", 2),
        ("A2", "evidence", "returned only", 3),
    ]  # fmt: skip


def test_columns_of_the_officers_own_are_merged_by_their_headings():
    plain = plan_of({}).milestones[0]

    def with_own(**own: str) -> Plan:
        return Plan((plain._replace(extra=own),))

    merged = merge(with_own(Ward="North"), with_own(Ward="North", Cost="7"), with_own(Ward="South"))
    assert merged.milestones[0].extra == {"Ward": "South", "Cost": "7"}
    assert [(c.column, c.issued, c.master, c.returned, c.outcome) for c in merged.changes] == [
        ("Ward", "North", "North", "South", "returned only"), ("Cost", "", "7", "", "master only"),
    ]  # fmt: skip


def test_a_column_that_a_return_does_not_have_is_as_good_as_empty_and_named():
    issued = Plan((plan_of({}).milestones[0]._replace(extra={"Ward": "North", "Cost": ""}),))
    returned = plan_of({})
    merged = merge(issued, issued, returned)
    assert merged.milestones == returned.milestones
    assert [(c.column, c.issued, c.returned) for c in merged.changes] == [("Ward", "North", "")]


# What is read from a cell comes with the cell: timescale, baseline, completed on three sides, then
# the merged baseline date, date completed, and the columns whose date is kept as text.
DERIVED = [
    (("30/04/17", "", ""), ("30/04/17", "", ""), ("31/05/2017", "", ""), "2017-05-31", None, ()),
    (("30/04/17", "", ""), ("30/04/17", "31/05/2017", ""), ("30/06/17", "", ""), "2017-05-31", None, ("timescale",)),
    (("30/04/17", "", ""), ("30/06/17", "", ""), ("30/04/17", "31/05/2017", ""), "2017-05-31", None, ("timescale",)),
    (("30/04/17", "31/05/2017", ""), ("30/06/2017", "31/05/2017", ""), ("30/04/17", "", ""), "2017-06-30", None, ()),
    (("TBC", "", ""), ("TBC", "", "soon"), ("30/06/17", "", ""), "2017-06-30", None, ("timescale",)),
    (("TBC", "", ""), ("TBC", "June", ""), ("30/06/2017", "", "15/05/17"), "2017-06-30", "2017-05-15", ("completed",)),
    (("TBC", "", "15/05/2017"), ("Ongoing", "", "15/05/2017"), ("TBC", "", ""), None, None, ()),
]  # fmt: skip


@pytest.mark.parametrize("case", DERIVED, ids=lambda c: " / ".join(map(str, c[:3])))
def test_what_is_read_from_a_cell_comes_with_the_cell(case):
    *sides, baseline, completed, text_dates = case
    plans = [
        plan_of({"timescale": timescale, "baseline": column, "completed": done, "comments": str(k)})
        for k, (timescale, column, done) in enumerate(sides)
    ]
    (milestone,) = merge(*plans).milestones
    dates = [d and d.isoformat() for d in (milestone.baseline, milestone.completed)]
    assert dates == [baseline, completed]
    assert milestone.text_dates == text_dates
    for target, day in (
        (milestone.baseline_target, milestone.baseline), (milestone.completed_target, milestone.completed),
    ):  # fmt: skip
        assert target.kind is not Kind.EXACT or target.latest == day


def test_what_was_written_and_errors_come_with_the_cell():
    issued = plan_of({"comments": "Old", "reason": "#REF!", "evidence": "<b>Yes</b>", "status": ""})
    master = plan_of(
        {"comments": "Old", "reason": "#REF!", "evidence": "<b>Yes</b>", "status": "Complete"}
    )
    returned = plan_of({"comments": "<u>New</u>", "reason": "Staff", "evidence": "", "status": ""})  # fmt: skip
    (milestone,) = merge(issued, master, returned).milestones
    assert (milestone.comments, milestone.written) == ("New", {"comments": "<u>New</u>"})
    assert (milestone.reason, milestone.errors, milestone.evidence) == ("Staff", {}, "")
    assert milestone.status.raw == "Complete"
    # And what is not taken keeps its own.
    (milestone,) = merge(returned, returned, issued).milestones
    assert milestone.errors == {"reason": "#REF!"}
    (milestone,) = merge(issued, master, replace(issued, milestones=plan_of({"theme": "B: Other"}).milestones)).milestones  # fmt: skip
    assert milestone.theme == "B: Other"


def test_dates_set_in_python_count_as_typed():
    (plain,) = plan_of({"timescale": "30/04/17", "completed": ""}).milestones
    day = date(2017, 5, 15)
    other = plain._replace(comments="New")
    for name in ("completed", "baseline"):
        moved = plain._replace(**{name: day})
        merged = merge(Plan((plain,)), Plan((other,)), Plan((moved,)))
        assert [(c.column, c.returned, c.outcome) for c in merged.changes] == [
            ("comments", plain.comments, "master only"), (name, "15/05/2017", "returned only"),
        ]  # fmt: skip
        assert getattr(merged.milestones[0], name) == day
        assert merged.milestones[0].comments == "New"
        again = merge(Plan((plain,)), Plan(merged.milestones), Plan((moved,)))
        assert again.milestones == merged.milestones
        # The master's own stays where only something else is taken.
        kept = merge(Plan((plain,)), Plan((moved,)), Plan((other,)))
        assert (getattr(kept.milestones[0], name), kept.milestones[0].comments) == (day, "New")


def test_what_nobody_typed_is_the_masters_where_it_has_its_own():
    (plain,) = plan_of({"revised": "30/06/2018"}).milestones
    at = [
        Where("issued.xlsx", "Plan", 2),
        Where("plan.xlsx", "Plan", 9),
        Where("return.xlsx", "X", 4),
    ]
    issued, master, returned = (Plan((plain._replace(where=where),)) for where in at)
    earlier = (date(2018, 3, 31),)
    master = Plan((master.milestones[0]._replace(hidden=True, earlier=earlier),))
    returned = Plan((returned.milestones[0]._replace(status=read_status("Complete")),))
    merged = merge(issued, master, returned)
    (milestone,) = merged.milestones
    assert (milestone.where, milestone.hidden, milestone.earlier) == (at[1], True, earlier)
    assert merged.changes[0].where == at[1]
    assert merge(issued, issued, returned).milestones == returned.milestones
    assert merge(issued, issued, returned).changes[0].where == at[0]


# -- milestones added, withdrawn, renumbered ---------------------------------------------------


def rows(*lines: str) -> Plan:
    """``"A1: Train staff | Complete"``: Ref, words, perhaps a status."""
    cells = []
    for line in lines:
        ref, _, rest = line.partition(":")
        words, _, status = rest.partition("|")
        cells.append({"ref": ref.strip(), "milestone": words.strip(), "status": status.strip()})
    return plan_of(*cells) if cells else Plan(())


def said(plan: Plan | tuple[Milestone, ...]) -> list[str]:
    found = getattr(plan, "milestones", plan)
    return [f"{m.ref}: {m.milestone}" + f" | {m.status.raw}" * bool(m.status.raw) for m in found]


WHOLE = [
    # issued, master, returned -> merged, changes: (ref, column, outcome)
    (["A1: One"], ["A1: One", "A2: Two"], ["A1: One"],
     ["A1: One", "A2: Two"], [("A2", "", "added")]),
    (["A1: One"], ["A1: One"], ["A0: New", "A1: One"],
     ["A0: New", "A1: One"], [("A0", "", "added")]),
    (["A1: One", "A2: Two"], ["A1: One", "A2: Two"], ["A2: Two"],
     ["A2: Two"], [("A1", "", "withdrawn")]),
    (["A1: One", "A2: Two"], ["A1: One"], ["A1: One", "A2: Two"],
     ["A1: One"], [("A2", "", "withdrawn")]),
    (["A1: One", "A2: Two"], ["A1: One"], ["A1: One"],
     ["A1: One"], [("A2", "", "withdrawn")]),
    (["A1: One | On target"], ["A1: One | Complete"], [],
     ["A1: One | Complete"], [("A1", "", "withdrawn but edited"), ("A1", "status", "master only")]),
    (["A1: One | On target"], [], ["A1: One | Complete"],
     [], [("A1", "", "withdrawn but edited"), ("A1", "status", "returned only")]),
    (["A1: One | Complete"], ["A1: One | Done"], [],  # only written otherwise: no edit
     [], [("A1", "", "withdrawn")]),
    ([], ["A2: Two | Complete"], ["A2: Two | Done"],
     ["A2: Two | Complete"], [("A2", "", "added")]),
    ([], ["A2: Two | Complete"], ["A2: Two | On target"],
     ["A2: Two | Complete"], [("A2", "", "added"), ("A2", "status", "conflict")]),
    ([], ["A2: Two"], ["A2: Two | On target"],
     ["A2: Two | On target"], [("A2", "", "added"), ("A2", "status", "returned only")]),
    ([], ["A2: Two | On target"], ["A2: Two"],
     ["A2: Two | On target"], [("A2", "", "added"), ("A2", "status", "master only")]),
    ([], ["A2: Two"], ["A2: Other"],
     ["A2: Two"], [("A2", "", "added"), ("A2", "milestone", "conflict")]),
    ([], ["A2: Two"], ["A3: Two"],
     ["A2: Two"], [("A2", "", "added"), ("A2", "ref", "conflict")]),
    # Renumbered in the master, answered by the Ref it had: the answer follows the words.
    (["A1: One", "A2: Two | On target"], ["A1: New", "A2: One", "A3: Two | On target"],
     ["A1: One", "A2: Two | Complete"],
     ["A1: New", "A2: One", "A3: Two | Complete"],
     [("A1", "", "added"), ("A2", "ref", "master only"), ("A3", "ref", "master only"),
      ("A3", "status", "returned only")]),
    # Refs swapped on one side, the words edited nowhere.
    (["A1: One | On target", "A2: Two"], ["A2: One | On target", "A1: Two"], ["A1: One | Complete", "A2: Two"],
     ["A2: One | Complete", "A1: Two"],
     [("A2", "ref", "master only"), ("A2", "status", "returned only"), ("A1", "ref", "master only")]),
    # Renumbered on one side and reworded on the other: is it still the same?
    (["A1: One"], ["A2: One"], ["A1: Won"],
     ["A2: One"], [("A2", "ref", "conflict"), ("A2", "milestone", "conflict")]),
    # Both sides made the same milestone of it: it is known by what they agree on.
    (["A1: One"], ["A1: Two"], ["A1: Two"],
     ["A1: Two"], [("A1", "milestone", "same change")]),
]  # fmt: skip


@pytest.mark.parametrize("case", WHOLE, ids=lambda c: " / ".join(map(str, c[:3])))
def test_what_becomes_of_a_milestone(case):
    issued, master, returned, expected, changes = case
    merged = merge(rows(*issued), rows(*master), rows(*returned))
    assert said(merged.milestones) == expected
    assert [(c.ref, c.column, c.outcome) for c in merged.changes] == changes
    again = merge(rows(*issued), Plan(merged.milestones), rows(*returned))
    assert again.milestones == merged.milestones


def test_a_whole_milestone_is_named_by_its_words_and_none_where_it_is_not():
    merged = merge(rows("A1: One"), rows("A1: One", "A2: Two"), rows())
    assert [c[:6] for c in merged.changes] == [
        ("A1", "", "One", "One", None, "withdrawn"), ("A2", "", None, "Two", None, "added"),
    ]  # fmt: skip
    assert merged.conflicts == ()


ORDERS = [
    # issued, master, returned, merged
    ("ABC", "CBA", "ABC", "CBA"),
    ("ABC", "ABC", "CBA", "CBA"),
    ("ABC", "CBA", "BAC", "CBA"),  # both re-sorted
    ("ABC", "AXBC", "CBA", "CBAX"),  # after the one it was added after
    ("ABC", "CBA", "AYBC", "CBAY"),
    ("ABC", "AXBC", "AYBC", "AXYBC"),
    ("ABC", "XABC", "YABC", "XYABC"),
    ("ABC", "AXZBC", "ABCY", "AXZBCY"),
    ("ABC", "ABXC", "AC", "AXC"),  # the one it follows is gone
    ("ABC", "BC", "CBA", "CB"),
    ("ABCD", "ACBD", "ABD", "ABD"),
    ("", "XZ", "ZX", "ZX"),
    ("ABC", "BAC", "CB", "CB"),  # without A, the master is in order
]


@pytest.mark.parametrize("case", ORDERS, ids=lambda c: "-".join(c))
def test_the_order_is_merged_too(case):
    words = {letter: f"Do {letter}" for letter in "ABCDXYZ"}
    issued, master, returned = (
        rows(*(f"{letter}1: {words[letter]}" for letter in side)) for side in case[:3]
    )
    merged = merge(issued, master, returned)
    assert "".join(m.ref[0] for m in merged.milestones) == case[3]
    again = merge(issued, Plan(merged.milestones), returned)
    assert again.milestones == merged.milestones


def test_changes_stand_in_the_merged_plans_order_and_what_is_gone_where_it_stood():
    issued = rows("A1: One | On target", "B1: Two", "C1: Three | On target")
    master = rows("A1: One | On target", "B1: Two", "C1: Three | Complete")
    returned = rows("C1: Three | On target", "A1: One | Complete")
    merged = merge(issued, master, returned)
    assert [(c.ref, c.column) for c in merged.changes] == [
        ("C1", "status"), ("A1", "status"), ("B1", "")
    ]  # fmt: skip


# -- the laws ----------------------------------------------------------------------------------

EXAMPLES = settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))


@EXAMPLES
@given(two_sides())
def test_an_unchanged_side_leaves_the_other_as_it_is_to_the_letter(sides):
    issued, master, returned = sides
    assert merge(issued, master, issued).milestones == master.milestones
    assert merge(issued, issued, returned).milestones == returned.milestones


@EXAMPLES
@given(two_sides())
def test_an_unchanged_side_says_nothing(sides):
    issued, master, returned = sides
    for side in sides:
        nothing = merge(side, side, side)
        assert (nothing.milestones, nothing.changes) == (side.milestones, ())
    only = {Outcome.ADDED, Outcome.WITHDRAWN}
    assert {c.outcome for c in merge(issued, master, issued).changes} <= only | {"master only"}
    assert {c.outcome for c in merge(issued, issued, returned).changes} <= only | {"returned only"}


@EXAMPLES
@given(two_sides(distinct=True))
def test_to_merge_twice_changes_nothing(sides):
    issued, master, returned = sides
    merged = merge(issued, master, returned)
    assume(each_ref_once(merged.milestones))
    again = merge(issued, replace(master, milestones=merged.milestones), returned)
    assert again.milestones == merged.milestones
    assert {c[1:6] for c in again.conflicts} <= {c[1:6] for c in merged.conflicts}


def each_ref_once(found: Sequence[Milestone]) -> bool:
    """Whether no Ref of one side has become that of another milestone on the other side."""
    return len({m.ref.casefold() for m in found}) == len(found)


def test_two_milestones_that_come_to_share_a_ref_both_stand():
    issued = rows("A1: One", "A2: Two | On target")
    master = rows("A1: New", "A2: One", "A3: Two | On target")  # renumbered
    returned = rows("A1: One", "A2: Two | Complete", "A3: Three")  # the next free Ref
    merged = merge(issued, master, returned)
    expected = ["A1: New", "A2: One", "A3: Two | Complete", "A3: Three"]
    assert said(merged.milestones) == expected
    assert said(merge(issued, Plan(merged.milestones), returned).milestones) == expected


SWAPPED = {"master only": "returned only", "returned only": "master only"}


@EXAMPLES
@given(two_sides(distinct=True))
def test_the_two_sides_are_treated_alike(sides):
    issued, master, returned = sides
    one_way = Counter((c.column, *c[2:6]) for c in merge(issued, master, returned).changes)
    other_way = Counter(
        (c.column, c.issued, c.returned, c.master, SWAPPED.get(c.outcome, c.outcome))
        for c in merge(issued, returned, master).changes
    )
    assert one_way == other_way


@EXAMPLES
@given(two_sides())
def test_nothing_that_anybody_wrote_disappears_unnamed(sides):
    merged = merge(*sides)
    kept = {(c, raw_text(m, c)) for m in merged.milestones for c in columns_of(m)}
    named = {(c.column, text) for c in merged.changes for text in c[2:5] if text is not None}
    gone = {
        text for c in merged.changes if c.column == "" and c.outcome != "added" for text in c[2:5]
    }
    for side in sides:
        for milestone in side.milestones:
            if raw_text(milestone, "milestone") in gone:
                continue  # named whole
            for column in columns_of(milestone):
                text = raw_text(milestone, column)
                assert (
                    not text
                    or (column, text) in kept
                    or (column, text) in named
                    or any(c == column and same_value(c, text, other) for c, other in kept)
                ), (column, text)


@EXAMPLES
@given(two_sides(distinct=True))
def test_a_conflict_is_never_written(sides):
    merged = merge(*sides)
    assume(each_ref_once(merged.milestones))
    masters = {m.ref: m for m in sides[1].milestones}
    stand = {m.ref.casefold(): m for m in merged.milestones}
    renumbered = {
        c.ref: c.returned
        for c in merged.changes
        if c.column == "ref" and c.outcome == "returned only" and c.master is not None
    }
    for change in merged.conflicts:
        if change.outcome is Outcome.CONFLICT:
            assert raw_text(masters[change.ref], change.column) == change.master
            milestone = stand[renumbered.get(change.ref, change.ref).casefold()]
            assert raw_text(milestone, change.column) == change.master


@EXAMPLES
@given(two_sides())
def test_every_milestone_is_accounted_for(sides):
    merged = merge(*sides)
    whole = [c for c in merged.changes if c.column == ""]
    come = sum(c.outcome is Outcome.ADDED and c.master is None for c in whole)
    gone = sum(c.outcome is Outcome.WITHDRAWN and c.master is not None for c in whole)
    assert len(merged.milestones) == len(sides[1].milestones) + come - gone


def columns_of(milestone: Milestone) -> list[str]:
    return [*COLUMNS, *milestone.extra]


def test_a_target_that_was_read_with_a_reference_is_compared_as_it_was_read():
    read = Target(Kind.MONTH, date(2015, 12, 1), date(2015, 12, 31), raw="Dec 15")
    assert same_value("timescale", read, "December 2015")
    assert not same_value("timescale", "Dec 15", "December 2015")
