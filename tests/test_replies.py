"""Reconcile: what a return says, held against the plan; what is proposed, and what is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from agsxl.dates import read_target
from agsxl.edits import ChangeSet
from agsxl.excel.memory import MemoryBook
from agsxl.grid import Value
from agsxl.layout.replies import read_replies, replies_sheet
from agsxl.plan import Plan
from agsxl.replies import (
    Change,
    Decided,
    Decision,
    Update,
    hold_against,
    kept_as,
    said_in,
    settle,
)
from agsxl.returns import Answer, Reply, identity_of, texts_of
from agsxl.settings import Settings
from tests.plans import plan_of

ROUND, SAVED = date(2017, 9, 30), datetime(2017, 10, 6, 9, 41)


def reply(
    issued: Plan,
    answers: Mapping[str, Mapping[str, str]],
    *,
    file: str = "Shared Services.xlsx",
    lead: str = "Head of Shared Services",
    saved: datetime | None = SAVED,
    round_day: date = ROUND,
    **more: Any,
) -> Reply:
    """A return of a plan, with answers by Ref and column; a reason rides with the date."""
    given = []
    for ref, columns in answers.items():
        for column, raw in columns.items():
            if column != "reason":
                given.append(
                    Answer(ref, column, raw, _value(column, raw), "", columns.get("reason", ""))
                )
    return Reply(
        file, lead, round_day, saved, identity_of(issued),
        {m.ref: texts_of(m) for m in issued.milestones}, tuple(given), **more,
    )  # fmt: skip


def _value(column: str, raw: str) -> Value:
    if column not in ("revised", "completed"):
        return raw
    target = read_target(raw)
    return target.latest if target.certain and target.earliest == target.latest else raw


def held(
    issued: Mapping[str, str],
    master: Mapping[str, str],
    answers: Mapping[str, str],
    **settings: Any,
) -> dict[str, Change]:
    """What comes of one milestone's answers, by column."""
    sent, now = plan_of(issued), plan_of(master, settings=Settings(**settings))
    changes = hold_against(now, said_in([reply(sent, {sent.milestones[0].ref: answers})]))
    return {change.column: change for change in changes}


# The field as issued, as the plan has it now, as the lead answers; what comes of it, and whether it
# is taken where nobody decides otherwise.
FIELDS = [
    ("status", "On target", "On target", "Complete", "returned only", True),
    ("status", "On target", "Complete", "Complete", "same change", False),
    ("status", "On target", "Completed", "Complete", "same change", False),
    ("status", "On target", "Not started", "Complete", "conflict", False),
    ("status", "On target", "On target", "soonish", "invalid", False),
    ("status", "On target", "on target ", "Complete", "returned only", True),
    ("status", "", "", "On target", "returned only", True),
    ("revised", "", "", "31/03/2018", "proposed date", False),
    ("revised", "31/01/2018", "31/01/2018", "31/03/2018", "proposed date", False),
    ("revised", "31/01/18", "31/01/2018", "31 March 2018", "proposed date", False),
    ("revised", "31/01/2018", "31/03/2018", "31/03/18", "same change", False),
    ("revised", "31/01/2018", "28/02/2018", "31/03/2018", "conflict", False),
    ("revised", "", "", "29/12/17", "same change", False),  # the date it has already
    ("revised", "", "", "June", "invalid", False),
    ("revised", "", "", "March 2018", "invalid", False),
    ("revised", "", "", "31/11/2017", "invalid", False),
    ("comments", "Booked.", "Booked.", "Held on Monday.", "returned only", True),
    ("comments", "Booked.", "Moved to May.", "Held on Monday.", "returned only", True),
    ("completed", "", "", "05/10/2017", "returned only", True),
    ("completed", "", "", "05/11/2017", "invalid", False),  # after the day it was answered
    ("completed", "", "04/10/2017", "05/10/2017", "conflict", False),
    ("evidence", "", "", "Minute 14", "returned only", True),
    ("evidence", "", "Minute 14", "Minute 14", "same change", False),
    ("evidence", "", "Minute 12", "Minute 14", "conflict", False),
]


@pytest.mark.parametrize(("column", "issued", "master", "answer", "outcome", "accept"), FIELDS)
def test_what_comes_of_an_answer(column, issued, master, answer, outcome, accept):
    every = {"evidence": "", "completed": ""}
    found = held({**every, column: issued}, {**every, column: master}, {column: answer})[column]
    assert (found.outcome, found.accept) == (outcome, accept)
    assert found.issued == texts_of(plan_of({**every, column: issued}).milestones[0])[column]


@pytest.mark.parametrize("column", ["status", "comments", "evidence"])
def test_what_cannot_be_used_is_never_written(column):
    sent = plan_of({"ref": "A1", "evidence": ""})
    back = reply(sent, {})
    given = Answer(
        "A1", column, "#REF!", None, "Your milestones!L7", flag="The cell shows an error."
    )
    (change,) = hold_against(sent, said_in([replace(back, answers=(given,))]))
    assert (change.outcome, change.accept, change.why) == (
        "invalid",
        False,
        "The cell shows an error.",
    )
    taken = hold_against(
        sent, [change.said], decided={change.said.key: Decided(Decision.TAKE, "Cabinet", "Why not")}
    )
    assert settle(taken, sent).writes == []


def test_a_note_is_written_without_characters_that_no_cell_can_hold():
    sent = plan_of({"ref": "A1"})
    given = Answer("A1", "comments", "Done\x07 now", "Done now", "")
    changes = hold_against(sent, said_in([replace(reply(sent, {}), answers=(given,))]))
    assert cells(settle(changes, sent))["comments"].endswith("(Head of Shared Services): Done now")


def test_a_field_that_only_the_plan_changed_is_told_and_left():
    found = held({"status": "On target"}, {"status": "Complete"}, {"comments": "Going well."})
    assert found["status"].outcome == "master only"
    assert not found["status"].accept
    assert not found["status"].waits


@pytest.mark.parametrize(
    ("decided", "taken", "why"),
    [
        (Decided(), False, "Enter who approved it and a reason to take it."),
        (Decided(Decision.TAKE), False, "Enter who approved it and a reason to take it."),
        (Decided(Decision.TAKE, "Cabinet"), False, "Enter a reason to take it."),
        (Decided(Decision.TAKE, "", "Tender"), False, "Enter who approved it to take it."),
        (Decided(Decision.TAKE, "Cabinet", "Tender"), True, ""),
        (Decided(Decision.OPEN, "Cabinet", "Tender"), False, "Approve it, or keep the plan."),
        (Decided(Decision.KEEP, "Cabinet", "Tender"), False, ""),
    ],
)
def test_a_date_is_taken_only_with_a_decision_an_approver_and_a_reason(decided, taken, why):
    sent = plan_of({"ref": "A1"})
    said = said_in([reply(sent, {"A1": {"revised": "31/03/2018"}})])
    (change,) = hold_against(sent, said, decided={said[0].key: decided})
    assert (change.accept, change.why) == (taken, why)


def test_the_leads_own_reason_is_reason_enough():
    sent = plan_of({"ref": "A1"})
    said = said_in([reply(sent, {"A1": {"revised": "31/03/2018", "reason": "Tender late"}})])
    (change,) = hold_against(sent, said, decided={said[0].key: Decided(Decision.TAKE, "Cabinet")})
    update = settle([change], sent)
    assert next((w.column, w.reason, w.approved_by) for w in update.writes) == (
        "revised", "Tender late", "Cabinet",
    )  # fmt: skip


def test_a_move_too_many_is_said_or_refused_as_settings_have_it():
    moved = {"revised": "31/01/2018"}
    asked = held(moved, moved, {"revised": "31/03/2018"}, most_moves=1)["revised"]
    assert asked.outcome == "proposed date"
    assert asked.why.startswith("Its date has moved once already; Settings allow no more.")
    refused = held(moved, moved, {"revised": "31/03/2018"}, most_moves=1, refuse_beyond_limit=True)[
        "revised"
    ]
    assert refused.outcome == "not allowed"


def test_a_column_that_settings_keep_from_returns_is_not_allowed():
    found = held({}, {}, {"status": "Complete"}, return_columns=("comments",))
    assert found["status"].outcome == "not allowed"
    assert "status" not in [w.column for w in written(list(found.values()), plan_of({})).writes]


def written(changes: list[Change], plan: Plan) -> Update:
    return settle(changes, plan)


def cells(update: Update) -> dict[str, Value]:
    return {write.column: write.value for write in update.writes}


# -- which milestone is meant --------------------------------------------------------------------


def test_an_answer_follows_its_milestone_when_the_plan_was_renumbered():
    sent = plan_of({"ref": "A1", "milestone": "One"}, {"ref": "A2", "milestone": "Two"})
    now = plan_of(
        {"ref": "A1", "milestone": "New"},
        {"ref": "A2", "milestone": "One"},
        {"ref": "A3", "milestone": "Two"},
    )
    changes = hold_against(now, said_in([reply(sent, {"A1": {"status": "Complete"}})]))
    (change,) = [c for c in changes if c.column == "status"]
    assert (change.ref, change.accept) == ("A2", True)
    assert change.why == "It was A1 when it was sent, and is A2 in the plan now."
    (write,) = settle([change], now).writes
    assert write.milestone.milestone == "One"


def test_an_answer_about_other_words_is_not_taken_unseen():
    sent = plan_of({"ref": "A1", "milestone": "Draft the policy"})
    now = plan_of({"ref": "A1", "milestone": "Publish the policy"})
    changes = hold_against(now, said_in([reply(sent, {"A1": {"status": "Complete"}})]))
    (change,) = [c for c in changes if c.column == "status"]
    assert (change.outcome, change.accept) == ("returned only", False)
    assert "words of this milestone have changed" in change.why


def test_an_answer_about_a_milestone_that_is_gone_is_a_conflict():
    sent, now = plan_of({"ref": "A1"}), plan_of({"ref": "A2", "milestone": "Another"})
    (change,) = hold_against(now, said_in([reply(sent, {"A1": {"status": "Complete"}})]))
    assert change.outcome == "withdrawn but edited"
    assert change.in_conflict and change.master is None
    taken = change._replace(decided=Decided(Decision.TAKE))
    assert settle([taken], now).writes == []


def test_two_milestones_under_one_ref_are_told_apart_by_their_words_or_not_at_all():
    sent = plan_of({"ref": "A1", "milestone": "One"})
    twice = plan_of({"ref": "A1", "milestone": "Two"}, {"ref": "A1", "milestone": "One"})
    (change,) = hold_against(twice, said_in([reply(sent, {"A1": {"status": "Complete"}})]))
    assert change.milestone is twice.milestones[1] and change.accept
    alike = plan_of({"ref": "A1", "milestone": "One"}, {"ref": "A1", "milestone": "One"})
    (change,) = hold_against(alike, said_in([reply(sent, {"A1": {"status": "Complete"}})]))
    assert not change.accept
    assert "more than once" in change.why


# -- several returns -----------------------------------------------------------------------------


def test_of_two_returns_of_one_lead_the_later_wins_and_both_are_shown():
    sent = plan_of({"ref": "A1"})
    late = reply(sent, {"A1": {"status": "Complete"}}, file="b.xlsx", saved=datetime(2017, 10, 9))
    early = reply(
        sent, {"A1": {"status": "Not started"}}, file="a.xlsx", saved=datetime(2017, 10, 2)
    )
    changes = hold_against(sent, said_in([late, early]))
    assert [(c.said.file, c.accept) for c in changes] == [("a.xlsx", False), ("b.xlsx", True)]
    assert changes[0].why == "Answered again later, in b.xlsx."
    assert cells(settle(changes, sent)) == {"status": "Complete"}


def test_an_older_round_does_not_win_because_it_was_saved_later():
    sent = plan_of({"ref": "A1"})
    old = reply(sent, {"A1": {"status": "Not started"}}, file="a.xlsx", round_day=date(2017, 8, 31))
    new = reply(sent, {"A1": {"status": "Complete"}}, file="b.xlsx", saved=datetime(2017, 10, 1))
    changes = hold_against(sent, said_in([new, old]))
    assert [c.said.file for c in changes if c.accept] == ["b.xlsx"]


def test_two_leads_who_differ_are_a_conflict_and_two_who_agree_are_not():
    sent = plan_of({"ref": "A1", "smt_lead": "Head of Finance / Head of Legal"})
    one = reply(
        sent,
        {"A1": {"status": "Complete", "comments": "Done."}},
        file="a.xlsx",
        lead="Head of Finance",
    )
    other = reply(
        sent,
        {"A1": {"status": "On target", "comments": "Nearly."}},
        file="b.xlsx",
        lead="Head of Legal",
    )
    changes = hold_against(sent, said_in([one, other]))
    statuses = [c for c in changes if c.column == "status"]
    assert [c.outcome for c in statuses if c.said.raw == "Complete"] == ["conflict"]
    comments = [c for c in changes if c.column == "comments"]
    assert all(c.accept for c in comments)
    added = cells(settle(changes, sent))["comments"]
    assert added.endswith(
        "06/10/2017 (Head of Finance): Done.\n06/10/2017 (Head of Legal): Nearly."
    )
    agreed = reply(sent, {"A1": {"status": "Completed"}}, file="b.xlsx", lead="Head of Legal")
    changes = hold_against(sent, said_in([one, agreed]))
    assert [c.outcome for c in changes if c.column == "status"] == ["returned only"] * 2


def test_two_answers_taken_for_one_cell_are_neither_written():
    sent = plan_of({"ref": "A1", "smt_lead": "Head of Finance / Head of Legal"})
    said = said_in([
        reply(sent, {"A1": {"status": "Complete"}}, file="a.xlsx", lead="Head of Finance"),
        reply(sent, {"A1": {"status": "On target, late"}}, file="b.xlsx", lead="Head of Legal"),
        reply(sent, {"A1": {"status": "Not started"}}, file="c.xlsx", lead="Director"),
    ])  # fmt: skip
    take = {each.key: Decided(Decision.TAKE) for each in said}
    changes = hold_against(sent, said, decided=take)
    assert settle(changes, sent).writes == []
    assert any("take one of them" in change.why for change in changes)


# -- notes ---------------------------------------------------------------------------------------


def test_a_comment_is_added_as_a_dated_note_and_never_twice():
    sent = plan_of({"ref": "A1", "comments": "Booked."})
    said = said_in([reply(sent, {"A1": {"comments": "Room changed.\nAll told."}})])
    update = settle(hold_against(sent, said), sent)
    text = cells(update)["comments"]
    assert text == "Booked.\n06/10/2017 (Head of Shared Services): Room changed.\nAll told."
    after = plan_of({"ref": "A1", "comments": text})
    assert [c.outcome for c in hold_against(after, said) if c.column == "comments"] == [
        "same change"
    ]


def test_the_same_words_in_a_later_round_are_another_note():
    sent = plan_of({"ref": "A1", "comments": "06/10/2017 (Head of Shared Services): No news."})
    for round_day, outcome in ((ROUND, "same change"), (date(2017, 10, 31), "returned only")):
        back = reply(sent, {"A1": {"comments": "No news."}}, round_day=round_day)
        (change,) = [c for c in hold_against(sent, said_in([back])) if c.column == "comments"]
        assert change.outcome == outcome


def test_a_short_comment_is_not_lost_in_a_longer_one():
    sent = plan_of({"ref": "A1", "comments": "06/10/2017 (Head of Shared Services): OK so far."})
    said = said_in([reply(sent, {"A1": {"comments": "OK"}})])
    (change,) = [c for c in hold_against(sent, said) if c.column == "comments"]
    assert change.outcome == "returned only"


def test_what_the_plan_has_no_column_for_becomes_a_note():
    sent = plan_of({"ref": "A1"})
    answers = {"evidence": "Minute 14", "completed": "05/10/2017"}
    said = said_in([reply(sent, {"A1": answers})])
    update = settle(hold_against(sent, said), sent)
    assert list(cells(update)) == ["comments"]
    assert cells(update)["comments"].endswith(
        "06/10/2017 (Head of Shared Services): Completed on 5 October 2017.\n"
        "06/10/2017 (Head of Shared Services): Evidence: Minute 14"
    )


def test_an_approved_date_says_in_the_plan_why_and_by_whom():
    sent = plan_of({"ref": "A1"})
    said = said_in([reply(sent, {"A1": {"revised": "31/03/2018", "reason": "Tender late"}})])
    approved = {said[0].key: Decided(Decision.TAKE, "Cabinet")}
    update = settle(hold_against(sent, said, decided=approved), sent)
    assert cells(update)["revised"] == date(2018, 3, 31)
    assert cells(update)["comments"].endswith(
        "date moved to 31 March 2018: Tender late; approved by Cabinet."
    )
    full = plan_of({"ref": "A1", "reason": "", "approved_by": ""})
    update = settle(hold_against(full, said, decided=approved), full)
    assert cells(update) == {
        "revised": date(2018, 3, 31), "reason": "Tender late", "approved_by": "Cabinet",
    }  # fmt: skip


# -- rows added and taken out --------------------------------------------------------------------


def test_a_row_that_was_added_or_taken_out_is_never_chosen_beforehand():
    sent = plan_of({"ref": "A1"}, {"ref": "A2"})
    back = reply(
        sent,
        {},
        added=({"ref": "A3", "milestone": "Third", "status": "Not started"},),
        withdrawn=("A2",),
    )
    changes = hold_against(sent, said_in([back]))
    assert [(c.ref, c.outcome, c.accept) for c in changes] == [
        ("A2", "withdrawn", False), ("A3", "added", False),
    ]  # fmt: skip
    assert settle(changes, sent).writes == []
    taken = [c._replace(accept=True) for c in changes]
    update = settle(taken, sent)
    assert cells(update)["status"] == "Withdrawn"
    assert [c.said.row["milestone"] for c in update.added] == ["Third"]


def test_a_row_taken_out_that_the_plan_has_changed_is_a_conflict():
    sent, now = plan_of({"ref": "A1"}), plan_of({"ref": "A1", "status": "Complete"})
    changes = hold_against(now, said_in([reply(sent, {}, withdrawn=("A1",))]))
    assert [(c.outcome, c.in_conflict) for c in changes] == [("withdrawn but edited", True)]


def test_a_row_added_under_a_ref_that_is_taken_is_a_conflict():
    sent = plan_of({"ref": "A1"})
    back = reply(sent, {}, added=({"ref": "A1", "milestone": "Something else"},))
    (change,) = hold_against(sent, said_in([back]))
    assert change.outcome == "conflict"


# -- what was decided before ---------------------------------------------------------------------


def test_what_the_plan_was_kept_against_is_not_asked_again():
    sent, now = plan_of({"ref": "A1"}), plan_of({"ref": "A1", "status": "Not started"})
    said = said_in([reply(sent, {"A1": {"status": "Complete"}})])
    (change,) = [c for c in hold_against(now, said) if c.column == "status"]
    assert change.waits
    kept = {kept_as(change.said, change.milestone): None}
    (again,) = [c for c in hold_against(now, said, kept=kept) if c.column == "status"]
    assert not again.waits and again.decided.decision is Decision.KEEP
    next_month = said_in(
        [reply(sent, {"A1": {"status": "Complete"}}, round_day=date(2017, 10, 31))]
    )
    (asked,) = [c for c in hold_against(now, next_month, kept=kept) if c.column == "status"]
    assert asked.waits


def test_the_replies_sheet_gives_back_what_was_put_on_it():
    sent = plan_of({"ref": "A1", "evidence": ""}, {"ref": "A2"}, {"ref": "A3"})
    now = plan_of(
        {"ref": "A1", "evidence": "", "status": "Not started"}, {"ref": "A2"}, {"ref": "A3"}
    )
    back = reply(
        sent,
        {
            "A1": {
                "status": "Complete",
                "revised": "31/03/18",
                "reason": "Tender",
                "evidence": "Minute\n14",
            },
            "A2": {"comments": "=1+1", "completed": "soon"},
        },
        added=({"ref": "A4", "milestone": "Fourth: and last"},),
        withdrawn=("A3",),
        not_allowed=(Answer("A2", "milestone", "Better words", "Better words", ""),),
    )
    changes = [c for c in hold_against(now, said_in([back])) if c.outcome != "master only"]
    sheet = replies_sheet(changes)
    book = MemoryBook({"Plan": [["Ref"]]})
    book.apply(ChangeSet(sheets=(sheet,)))
    said, decided = read_replies(book.read("Replies"))
    assert {each.key for each in said} == {change.said.key for change in changes}
    again = [c for c in hold_against(now, said, decided=decided) if c.outcome != "master only"]
    assert [(c.ref, c.column, c.outcome, c.accept) for c in again] == [
        (c.ref, c.column, c.outcome, c.accept) for c in changes
    ]
    assert replies_sheet(again).rows == sheet.rows
