"""Who is asked about what, and why."""

from __future__ import annotations

from datetime import date

import pytest

from agsxl import desk
from agsxl.chasers import Asked, Reason, lead_chaser
from agsxl.errors import SettingsError
from agsxl.posts import Posting, Posts
from agsxl.rules import CATALOGUE
from agsxl.settings import Settings
from tests.plans import AS_OF, REAL, plan_of


def reasons(*rows, **more) -> dict[str, list[str]]:
    plan = plan_of(*rows, {"ref": "Z9", "status": "Complete"}, **more)
    return {
        a.ref: [str(r) for r in a.reasons]
        for c in desk.chase(plan, as_of=AS_OF)
        for a in c.milestones
    }


# what the row is -> why the lead is asked
CASES = [
    ({"timescale": "31/12/2018"}, []),
    ({"timescale": "31/07/17", "status": "In progress"}, ["overdue"]),
    ({"timescale": "31/07/17", "status": "On target"}, ["overdue", "question"]),
    ({"timescale": "31/12/2018", "status": ""}, ["no status", "question"]),
    ({"timescale": "Ongoing"}, ["undated"]),
    ({"timescale": "TBC"}, ["undated", "question"]),
    ({"timescale": "31/12/2018", "status": "Off target", "revised": "31/03/2019"}, ["off target"]),
    ({"timescale": "31/12/2018", "status": "Off target but recovery plans in place", "revised": "31/03/2019"}, ["off target"]),
    ({"timescale": "31/10/17"}, ["due"]),
    ({"timescale": "31/07/17", "status": "Complete"}, []),
    ({"timescale": "31/11/17", "status": "Complete"}, ["question"]),
    ({"timescale": "31/07/17", "status": "No longer required"}, []),
    ({"timescale": "31/07/17", "revised": "31/08/17", "status": "Off target"}, ["overdue", "off target", "question"]),
    ({"timescale": "31/07/17", "status": ""}, ["overdue", "no status", "question"]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "why"), CASES)
def test_why_a_milestone_is_asked_about(row, why):
    assert reasons(row) == ({"A1": why} if why else {})


def test_evidence_is_asked_for_only_where_settings_say_so():
    bare = {"status": "Complete", "comments": ""}
    assert reasons(bare) == {}
    assert reasons(bare, settings=Settings(ask_for_evidence=True)) == {"A1": ["evidence"]}


def test_a_milestone_that_was_asked_and_not_answered_says_so():
    plan = plan_of({"timescale": "31/10/17"}, {"ref": "A2", "timescale": "31/10/18"})
    lists = desk.chase(
        plan,
        as_of=AS_OF,
        unanswered=[("head of shared services", "A1"), ("Head of Shared Services", "A2")],
    )
    assert {a.ref: list(a.reasons) for a in lists[0].milestones} == {
        "A1": [Reason.DUE, Reason.NO_REPLY],
        "A2": [Reason.NO_REPLY],
    }


def test_the_most_urgent_come_first():
    plan = plan_of(
        {"timescale": "31/10/17"},
        {"ref": "A2", "timescale": "31/08/17", "status": "In progress"},
        {"ref": "A3", "timescale": "31/07/17", "status": "In progress"},
        {"ref": "A4", "status": ""},
        {"ref": "B1", "smt_lead": "Chief Executive", "timescale": "31/10/17"},
    )
    lists = desk.chase(plan, as_of=AS_OF)
    assert [c.lead for c in lists] == ["Head of Shared Services", "Chief Executive"]
    assert [a.ref for a in lists[0].milestones] == ["A3", "A2", "A4", "A1"]


def test_two_leads_in_one_cell_are_both_asked_and_spellings_are_one_lead():
    plan = plan_of(
        {"timescale": "31/10/17", "smt_lead": "Head of Legal / Head of Finance"},
        {"ref": "A2", "timescale": "31/10/17", "smt_lead": "head of  Legal"},
    )
    assert {c.lead: [a.ref for a in c.milestones] for c in desk.chase(plan, as_of=AS_OF)} == {
        "Head of Legal": ["A1", "A2"],
        "Head of Finance": ["A1"],
    }


def test_a_milestone_without_a_lead_is_in_nobodys_list_and_named():
    plan = plan_of(
        {"timescale": "31/10/17", "smt_lead": ""},
        {"ref": "A2", "smt_lead": "", "timescale": "31/10/18"},
    )
    assert desk.chase(plan, as_of=AS_OF) == []
    assert [m.ref for m in desk.without_lead(plan, as_of=AS_OF)] == ["A1"]


HANDOVER = Posts(
    (
        Posting("Head of Shared Services", "Ada Byrne", "ada@wexcombe.example", ends=date(2017, 6, 30), deputy="Head of Legal"),
        Posting("Head of Shared Services", "Ravi Osei", "ravi@wexcombe.example", starts=date(2017, 7, 1), ends=date(2017, 12, 31)),
        Posting("Head of Legal", "Joan Hartley", "joan@wexcombe.example"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "person", "deputising"),
    [
        (date(2017, 6, 30), "Ada Byrne", False),
        (date(2017, 7, 1), "Ravi Osei", False),
        (date(2018, 1, 1), "Joan Hartley", True),
    ],
)
def test_who_holds_the_post_on_the_day_is_asked_else_the_deputy(day, person, deputising):
    plan = plan_of({"timescale": "31/03/17", "status": "In progress"}, posts=HANDOVER)
    chaser = desk.chase(plan, as_of=day)[0]
    assert (chaser.person, chaser.deputising) == (person, deputising)
    assert chaser.email.startswith(person.split()[0].lower())


def test_a_job_share_is_asked_by_both_names_and_a_deputy_knows_why():
    share = Posts((Posting("Head of Shared Services", "Ann Lee", "ann@wexcombe.example"), Posting("Head of Shared Services", "Bo Day", "bo@wexcombe.example")))  # fmt: skip
    away = Posts((Posting("Head of Shared Services", "Ann Lee", leave_to=date(2017, 10, 12), deputy="Head of Legal"), Posting("Head of Legal", "Bo Day")))  # fmt: skip
    row = {"timescale": "31/03/17", "status": "In progress"}
    (both,) = desk.chase(plan_of(row, posts=share), as_of=AS_OF)
    assert both.person == "Ann Lee and Bo Day"
    assert both.email == "ann@wexcombe.example, bo@wexcombe.example"
    assert both.people == share.postings and not both.deputising and both.why == ""
    (deputy,) = desk.chase(plan_of(row, posts=away), as_of=AS_OF)
    assert (deputy.person, deputy.deputising) == ("Bo Day", True)
    assert deputy.why == "on leave until 12 October 2017"


def test_a_milestone_put_on_a_list_without_a_reason_comes_last():
    plan = plan_of({"timescale": "31/03/17", "status": "In progress"}, {"ref": "A2"})
    (chaser,) = desk.chase(plan, as_of=AS_OF)
    more = (Asked("A2", (), "How does this stand?", plan.milestones[1]), *chaser.milestones)
    again = lead_chaser(chaser.lead, more, Posts(), AS_OF)
    assert [a.ref for a in again.milestones] == ["A1", "A2"]


def test_the_one_who_came_last_holds_a_post_that_two_hold():
    posts = Posts(
        (Posting("P", "Old", starts=date(2016, 1, 1)), Posting("P", "New", starts=date(2017, 1, 1)))
    )
    assert posts.holder("p", AS_OF).person == "New"


def test_a_vacant_post_without_deputy_is_asked_by_its_name_only():
    plan = plan_of({"timescale": "31/07/17"}, posts=Posts((Posting("Head of Shared Services"),)))
    assert desk.chase(plan, as_of=AS_OF)[0].person == ""


def test_each_reason_has_its_sentence_and_none_is_said_twice():
    plan = plan_of({"timescale": "31/07/17", "status": "", "revised": "31/08/17"})
    ask = desk.chase(plan, as_of=AS_OF)[0].milestones[0].ask
    assert ask == (
        "This was due on 31 August 2017, 30 days ago: is it complete? If not, please give a new date "
        "and the reason. The plan has no status for this: please say how it stands."
    )


def test_words_with_braces_in_a_plan_do_no_harm():
    plan = plan_of({"timescale": "31/11/17 {days}", "status": "Off target {0}"})
    assert "{days}" in desk.chase(plan, as_of=AS_OF)[0].milestones[0].ask


def test_the_wording_has_a_sentence_for_each_question_and_a_missing_one_is_said(
    monkeypatch, tmp_path
):
    wording = desk._wording()
    assert set(wording["questions"]) == {r.code for r in CATALOGUE if r.lead}
    path = tmp_path / "asks.toml"
    path.write_text("[reasons]\noverdue = 'x'\n")
    monkeypatch.setattr(desk, "resource", lambda *_: path)
    desk._wording.cache_clear()
    with pytest.raises(SettingsError, match="no sentence for no status, undated"):
        desk._wording()
    desk._wording.cache_clear()


@pytest.mark.real
def test_the_real_plan_at_the_end_of_september_2017():
    lists = desk.chase(desk.load_plan(REAL), as_of=AS_OF)
    counts = {c.lead: len(c.milestones) for c in lists}
    assert sum(counts.values()) == 28 and len(counts) == 7
    assert lists[0].lead == "Interim Corporate Improvement Manager"
    asked = {a.ref: a.reasons for c in lists for a in c.milestones}
    assert asked["M3"] == (Reason.OFF_TARGET, Reason.QUESTION)
    assert asked["F12"][0] is Reason.OVERDUE


def test_a_question_that_another_reason_asks_is_not_shown_twice():
    plan = plan_of(
        {"timescale": "31/07/17", "status": "On target"}, {"ref": "Z9", "status": "Complete"}
    )
    (chaser,) = desk.chase(plan, as_of=AS_OF)
    (asked,) = chaser.milestones
    assert asked.reasons == (Reason.OVERDUE, Reason.QUESTION)  # as the contract has it
    assert asked.shown == (Reason.OVERDUE,) and chaser.count(Reason.QUESTION) == 0


def test_braces_in_an_edited_sentence_are_said(monkeypatch, tmp_path):
    path = tmp_path / "asks.toml"
    text = desk.resource("templates", "asks.toml").read_text("utf-8")
    path.write_text(text.replace("{date}", "{datum}"), "utf-8")
    monkeypatch.setattr(desk, "resource", lambda *_: path)
    desk._wording.cache_clear()
    with pytest.raises(SettingsError, match="braces"):
        desk._wording()
    desk._wording.cache_clear()
