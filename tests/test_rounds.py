"""The chase round: who gets which message, and a log in which nothing is sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agsxl import desk
from agsxl.chasers import Asked, LeadChaser, Reason
from agsxl.errors import SettingsError
from agsxl.plan import Lead, Milestone
from agsxl.posts import Posting, Posts, post_key
from agsxl.returns import Answer, Identity, Reply
from agsxl.rounds import (
    Addressee,
    Answered,
    ChaseLog,
    Counts,
    Draft,
    Held,
    Letter,
    Level,
    Line,
    Round,
    State,
    held,
    kept_from,
    names_of,
    plan_letters,
    status,
    unanswered_pairs,
)
from agsxl.settings import Settings
from tests.plans import AS_OF, REAL

LAW, FINANCE = "Head of Law", "Head of Finance"
ANN = Addressee("Ann Lee", "ann@wexcombe.example")
BO = Addressee("Bo Day", "bo@wexcombe.example")
CHIEF = Addressee("Cy Fox", "cy@wexcombe.example")
POSTS = Posts(
    (
        Posting(LAW, *ANN, escalates_to="Chief Executive"),
        Posting(FINANCE, *BO, escalates_to="Chief Executive"),
        Posting("Chief Executive", *CHIEF),
    )
)
WHEN = datetime(2026, 9, 30, 9, 0)


def month(number: int) -> date:
    """The last day of the month so many months after June 2026."""
    year, index = divmod(2026 * 12 + 5 + number + 1, 12)
    return date(year, index + 1, 1) - timedelta(days=1)


SEPTEMBER = Round("September 2026", date(2026, 9, 30))


def chaser(lead: str, *refs: str, leads: tuple[str, ...] = ()) -> LeadChaser:
    whose = Lead(posts=leads)
    asked = tuple(
        Asked(
            ref,
            (Reason.OVERDUE,),
            "Is it done?",
            Milestone(ref, milestone=f"Milestone {ref}", smt_lead=whose),
        )
        for ref in refs
    )
    return LeadChaser(lead, "", "", asked)


def letters(
    log: ChaseLog,
    which: Round,
    *chasers: LeadChaser,
    posts: Posts = POSTS,
    settings: Settings | None = None,
) -> tuple[Letter, ...]:
    chosen = settings or Settings()
    return plan_letters(chasers, log, round=which, as_of=which.day, posts=posts, settings=chosen)


def drafted(log: ChaseLog, *written: Letter, words: str = "", when: datetime = WHEN) -> ChaseLog:
    drafts = [Draft(each, f"digest {words}{each.refs}", f"<{each.key}>") for each in written]
    return log.with_drafts(drafts, when)


def previewed(log: ChaseLog, when: datetime = WHEN) -> ChaseLog:
    return log.with_preview({line.key: line.digest for line in log.lines}, when)


def sent(
    log: ChaseLog, day: date, *chasers: LeadChaser, posts: Posts = POSTS, new: bool = False
) -> ChaseLog:
    """The log after a whole round of messages went out."""
    which = log.round_for(day, new=new)
    when = datetime(day.year, day.month, day.day, 10)
    log = previewed(drafted(log, *letters(log, which, *chasers, posts=posts), when=when), when)
    for line in log.of(which):
        assert held(line, line.digest) is None
        log = log.with_result(line.key, State.SENT, when)
    return log


def reply(lead: str, day: date, *refs: str, no_change: Sequence[str] = ()) -> Reply:
    answers = tuple(Answer(ref, "status", "Complete", "Complete", "") for ref in refs)
    return Reply("r.xlsx", lead, day, None, Identity("", "", ""), {}, answers, tuple(no_change))


# -- rounds ------------------------------------------------------------------------------------


def test_a_round_is_called_after_its_month():
    assert ChaseLog().round_for(date(2026, 9, 15)) == Round("September 2026", date(2026, 9, 15))


def test_the_round_of_a_month_is_gone_on_with():
    log = sent(ChaseLog(), month(3), chaser(LAW, "A1"))
    assert log.round_for(date(2026, 9, 2)) == Round("September 2026", date(2026, 9, 30))
    assert log.round_for(date(2026, 10, 1)).name == "October 2026"


def test_a_round_of_which_nothing_is_sent_has_the_day_it_is_asked_for():
    first = ChaseLog().round_for(date(2026, 9, 1))
    log = drafted(ChaseLog(), *letters(ChaseLog(), first, chaser(LAW, "A1"), chaser(FINANCE, "B1")))
    later = log.round_for(date(2026, 9, 30))
    assert later == Round("September 2026", date(2026, 9, 30))
    log = drafted(log, *letters(log, later, chaser(LAW, "A1", "A2")))
    assert {line.round for line in log.lines} == {later}  # all lines of a round have one day


def test_the_day_of_a_round_stays_once_something_is_sent():
    log = sent(ChaseLog(), month(3), chaser(LAW, "A1"))
    odd = Round("September 2026", date(2026, 9, 1))
    log = drafted(log, *letters(log, odd, chaser(FINANCE, "B1")))
    assert {line.round.day for line in log.lines} == {month(3)}


def test_another_round_in_a_month_is_begun_only_after_the_last_was_sent():
    log = ChaseLog()
    with_draft = drafted(log, *letters(log, log.round_for(month(3)), chaser(LAW, "A1")))
    with pytest.raises(SettingsError, match="Nothing of the round September 2026 has been sent"):
        with_draft.round_for(month(3), new=True)
    log = sent(log, month(3), chaser(LAW, "A1"))
    assert log.round_for(month(3), new=True).name == "September 2026 (2)"
    log = sent(log, month(3), chaser(LAW, "A1"), new=True)
    assert log.round_for(month(3)).name == "September 2026 (2)"
    assert log.round_for(month(3), new=True).name == "September 2026 (3)"
    assert log.round_for(month(4), new=True).name == "October 2026"  # it is new by itself
    assert [r.name for r in replace(log, lines=log.lines[::-1]).rounds] == ["September 2026", "September 2026 (2)"]  # fmt: skip


# -- who gets what -----------------------------------------------------------------------------


def test_nobody_without_anything_to_answer_gets_a_letter():
    which = ChaseLog().round_for(month(3))
    assert [x.lead for x in letters(ChaseLog(), which, chaser(LAW), chaser(FINANCE, "B1"))] == [FINANCE]  # fmt: skip


# the answers to three rounds in a row -> level, who is copied, for how many rounds nothing came
SILENCES = [
    ("no round yet", [], Level.FIRST, (), 0),
    ("one without an answer", [""], Level.SECOND, (), 1),
    ("two", ["", ""], Level.SECOND, (), 2),
    ("three", ["", "", ""], Level.ESCALATION, (CHIEF,), 3),
    ("four", ["", "", "", ""], Level.ESCALATION, (CHIEF,), 4),
    ("one answer in the last", ["", "", "A1"], Level.FIRST, (), 0),
    ("one answer in the first", ["A2", "", ""], Level.SECOND, (), 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "level", "copied", "silent"),
    [s[1:] for s in SILENCES],
    ids=[s[0] for s in SILENCES],
)
def test_the_level_comes_of_how_long_nothing_came_back(answers, level, copied, silent):
    log = ChaseLog()
    for number, ref in enumerate(answers):
        log = sent(log, month(number), chaser(LAW, "A1", "A2"))
        log = log.with_answers([reply(LAW, month(number), ref)] if ref else [], WHEN)
    (letter,) = letters(log, log.round_for(month(len(answers))), chaser(LAW, "A1", "A2"))
    assert (letter.level, letter.copied, letter.unanswered) == (level, copied, silent)
    assert letter.to == (ANN,) and letter.faults == ()


def test_settings_say_after_how_many_rounds():
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1"))
    (letter,) = letters(
        log,
        log.round_for(month(1)),
        chaser(LAW, "A1"),
        settings=Settings(rounds_before_escalation=1),
    )
    assert (letter.level, letter.copied) == (Level.ESCALATION, (CHIEF,))


def test_a_round_that_did_not_reach_the_lead_is_no_silence():
    log = ChaseLog()
    for state in (State.FAILED, State.UNKNOWN, State.DRAFTED):
        which = log.round_for(month(0))
        log = previewed(drafted(ChaseLog(), *letters(ChaseLog(), which, chaser(LAW, "A1"), chaser(FINANCE, "B1"))))  # fmt: skip
        log = log.with_result(log.lines[1].key, State.SENT, WHEN)
        if state is not State.DRAFTED:
            log = log.with_result(log.lines[0].key, state, WHEN)
        law, finance = letters(
            log, log.round_for(month(1)), chaser(LAW, "A1"), chaser(FINANCE, "B1")
        )
        assert (law.level, finance.level) == (Level.FIRST, Level.SECOND), state


def test_a_round_that_failed_does_not_end_the_row():
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1"))
    failing = drafted(log, *letters(log, log.round_for(month(1)), chaser(LAW, "A1"), chaser(FINANCE, "B1")))  # fmt: skip
    log = failing.with_result(failing.lines[-1].key, State.SENT, WHEN)
    assert letters(log, log.round_for(month(2)), chaser(LAW, "A1"))[0].unanswered == 1


def test_a_round_in_which_there_was_nothing_to_answer_ends_the_row():
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1"))
    log = sent(log, month(1), chaser(FINANCE, "B1"))
    (letter,) = letters(log, log.round_for(month(2)), chaser(LAW, "A1"))
    assert letter.level is Level.FIRST


def test_whoever_has_just_come_has_not_been_silent():
    log = ChaseLog()
    for number in range(3):
        log = sent(log, month(number), chaser(LAW, "A1"))
    dee = Addressee("Dee Orr", "dee@wexcombe.example")
    new = Posts((Posting(LAW, *ANN), Posting(LAW, *dee, starts=month(3)), *POSTS.postings[1:]))
    (letter,) = letters(log, log.round_for(month(3)), chaser(LAW, "A1"), posts=new)
    assert (letter.to, letter.level, letter.copied) == ((dee,), Level.FIRST, ())
    share = Posts((Posting(LAW, *dee), *POSTS.postings))  # one of the two was asked before
    (letter,) = letters(log, log.round_for(month(3)), chaser(LAW, "A1"), posts=share)
    assert letter.level is Level.ESCALATION


def test_a_round_whose_people_are_forgotten_counts_all_the_same():
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1")).forget_person("Ann Lee")[0]
    assert letters(log, log.round_for(month(1)), chaser(LAW, "A1"))[0].level is Level.SECOND
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1"))
    (letter,) = letters(log, log.round_for(month(1)), chaser(LAW, "A1"), posts=Posts())
    assert letter.level is Level.SECOND


def test_a_round_of_which_only_thanks_were_sent_is_none_that_was_sent():
    log = (
        one().with_result(KEY, State.UNKNOWN, WHEN).with_answers([reply(LAW, month(3), "A1")], WHEN)
    )
    log = drafted(
        log, replace(letters(log, log.rounds[0], chaser(LAW, "A1"))[0], level=Level.THANKS)
    )
    log = log.with_result(log.lines[-1].key, State.SENT, WHEN)
    assert log.sent_before(log.round_for(month(4))) == ()


def test_where_the_other_lead_of_a_milestone_answered_nobody_was_silent():
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1"), chaser(FINANCE, "A1"))
    log = log.with_answers([reply(LAW, month(0), "A1")], WHEN)
    found = letters(log, log.round_for(month(1)), chaser(LAW, "A1"), chaser(FINANCE, "A1"))
    assert {x.level for x in found} == {Level.FIRST}


def test_a_person_with_two_posts_gets_two_letters():
    posts = Posts((Posting(LAW, *ANN), Posting(FINANCE, "", deputy=LAW)))
    which = ChaseLog().round_for(month(3))
    law, finance = letters(ChaseLog(), which, chaser(LAW, "A1"), chaser(FINANCE, "B1"), posts=posts)
    assert law.to == finance.to == (ANN,)
    assert (law.why_deputy, finance.why_deputy) == ("", "vacant")
    assert law.key != finance.key


AWAY = {"leave_from": month(2), "leave_to": month(5)}
FAULTS = [
    ("no table", Posts(), (), ["There is no table of posts, so nobody's address is known: add a sheet called Posts with the headings Post, Person and Email."]),
    ("a post that is not in it", Posts((Posting(FINANCE, *BO),)), (), ["'Head of Law' is not on the Posts sheet, so there is nobody to send this to: add the post, or correct the lead's name on the plan."]),
    ("nobody in the post", Posts((Posting(LAW, ""),)), (), ["Nobody holds the post 'Head of Law' and no deputy is named, so nobody is asked: enter who holds it, or a deputy, on the Posts sheet."]),
    ("nobody there", Posts((Posting(LAW, "Ann Lee", **AWAY),)), (), ["Ann Lee (Head of Law) is on leave until 30 November 2026 and no deputy is named, so nobody is asked: enter somebody who deputises on the Posts sheet."]),
    ("no address", Posts((Posting(LAW, "Ann Lee"),)), (Addressee("Ann Lee", ""),), ["Ann Lee (Head of Law) has no email address on the Posts sheet: enter it there."]),
    ("what is no address", Posts((Posting(LAW, "Ann Lee", "ann@x.example\nBcc: bo@x.example"),)), (Addressee("Ann Lee", ""),), [r"Ann Lee (Head of Law) cannot be sent a message, because 'ann@x.example\nBcc: bo@x.example' is no email address: correct it on the Posts sheet."]),
    ("one of two without", Posts((Posting(LAW, *ANN), Posting(LAW, "Bo Day"))), (ANN, Addressee("Bo Day", "")), ["Bo Day (Head of Law) has no email address on the Posts sheet: enter it there."]),
]  # fmt: skip


@pytest.mark.parametrize(("posts", "to", "faults"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])  # fmt: skip
def test_what_stands_in_a_letters_way_is_a_sentence(posts, to, faults):
    which = ChaseLog().round_for(month(3))
    (letter,) = letters(ChaseLog(), which, chaser(LAW, "A1"), posts=posts)
    assert (letter.to, list(letter.faults)) == (to, faults)


OVER = "After 3 rounds without an answer somebody should be copied in, but "
NO_ESCALATION = [
    ("", OVER + "'Head of Law' has nobody under Escalates to on the Posts sheet."),
    ("Chief Executive", OVER + "'Chief Executive' is away, vacant, or asked already: see the Posts sheet."),
    ("Dee Orr", "Dee Orr has no email address on the Posts sheet: enter it there."),
]  # fmt: skip


@pytest.mark.parametrize(("named", "fault"), NO_ESCALATION)
def test_an_escalation_that_reaches_nobody_is_said(named, fault):
    log = ChaseLog()
    for number in range(3):
        log = sent(log, month(number), chaser(LAW, "A1"))
    posts = Posts((Posting(LAW, *ANN, escalates_to=named), Posting("Chief Executive")))
    (letter,) = letters(log, log.round_for(month(3)), chaser(LAW, "A1"), posts=posts)
    assert (letter.level, list(letter.faults)) == (Level.ESCALATION, [fault])
    assert not any(p.address for p in letter.copied)


def test_the_milestones_of_a_letter_are_called_so_that_each_is_known():
    asked = chaser(LAW, "A1", "", "A1", "", "A1 (2)", " B4 ").milestones
    assert names_of(asked) == ("A1", "No Ref", "A1 (3)", "No Ref (2)", "A1 (2)", "B4")


def test_last_rounds_open_milestones_are_asked_about_again():
    log = sent(ChaseLog(), month(0), chaser(LAW, "A1"), chaser(FINANCE, "B1", "B2"))
    log = sent(log, month(1), chaser(LAW, "A1", "A2"), chaser(FINANCE, "B2"))
    log = log.with_answers([reply(LAW, month(1), "A2")], WHEN)
    assert unanswered_pairs(log, log.round_for(month(2))) == ((LAW, "A1"), (FINANCE, "B2"))
    assert unanswered_pairs(log, log.round_for(month(1))) == ((LAW, "A1"), (FINANCE, "B1"), (FINANCE, "B2"))  # fmt: skip
    assert unanswered_pairs(log, log.round_for(month(0))) == ()
    failed = drafted(log, *letters(log, log.rounds[-1], chaser("Head of Trees", "T1")))
    assert unanswered_pairs(failed, log.round_for(month(2))) == ((LAW, "A1"), (FINANCE, "B2"))
    unsent = drafted(log, *letters(log, log.round_for(month(2)), chaser(LAW, "A1")))
    assert unanswered_pairs(unsent, log.round_for(month(3))) == ((LAW, "A1"), (FINANCE, "B2"))


# -- drafts, previews, results -----------------------------------------------------------------


def one(words: str = "") -> ChaseLog:
    which = ChaseLog().round_for(month(3))
    return drafted(ChaseLog(), *letters(ChaseLog(), which, chaser(LAW, "A1")), words=words)


KEY = "September 2026/head of law/chase"

# what happened to the message -> why it may not be sent with the words it has
HOLDS = [
    ("nothing", lambda log: ChaseLog(), Held.NOT_DRAFTED),
    ("drafted", lambda log: log, Held.NOT_PREVIEWED),
    ("other words were previewed", lambda log: log.with_preview({KEY: "other"}, WHEN), Held.NOT_PREVIEWED),
    ("previewed", previewed, None),
    ("previewed, and written anew", lambda log: drafted(previewed(log), *letters(log, log.rounds[0], chaser(LAW, "A1", "A2"))), Held.CHANGED),
    ("failed", lambda log: previewed(log).with_result(KEY, State.FAILED, WHEN, "down"), None),
    ("sent", lambda log: previewed(log).with_result(KEY, State.SENT, WHEN), Held.SENT),
    ("perhaps sent", lambda log: previewed(log).with_result(KEY, State.UNKNOWN, WHEN), Held.UNKNOWN),
    ("perhaps sent, and it was not", lambda log: previewed(log).with_result(KEY, State.UNKNOWN, WHEN).with_result(KEY, State.FAILED, WHEN), None),
    ("perhaps sent, and it was", lambda log: previewed(log).with_result(KEY, State.UNKNOWN, WHEN).with_result(KEY, State.SENT, WHEN), Held.SENT),
    ("sent, and said to have failed", lambda log: previewed(log).with_result(KEY, State.SENT, WHEN).with_result(KEY, State.FAILED, WHEN), Held.SENT),
    ("nobody to send it to", lambda log: previewed(replace(log, lines=(replace(log.lines[0], to=(Addressee("Ann Lee", ""),)),))), Held.NOBODY),
    ("its person forgotten", lambda log: previewed(log).forget_person("Ann Lee")[0], Held.CHANGED),
    ("an address was entered since", lambda log: drafted(replace(log, lines=()), replace(letters(log, log.rounds[0], chaser(LAW, "A1"))[0], to=(Addressee("Ann Lee", ""),)), words="without "), Held.CHANGED),
    ("a run is at it", lambda log: previewed(log).with_sending({KEY}), Held.UNKNOWN),
    ("a run was at it, and had not begun", lambda log: previewed(log).with_sending({KEY}).with_none_sending([], "why"), None),
    ("a run was at it, and nothing is known", lambda log: previewed(log).with_sending({KEY}).with_none_sending(None, "why"), Held.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("then", "why"), [h[1:] for h in HOLDS], ids=[h[0] for h in HOLDS])
def test_whether_a_message_may_be_sent(then, why):
    before = one()
    log = then(before)
    assert held(log.line(KEY), before.lines[0].digest) == why


def test_a_message_without_a_digest_is_never_sent():
    (line,) = previewed(one()).lines
    assert held(replace(line, digest=""), "") is Held.CHANGED


def test_the_same_words_drafted_again_change_nothing():
    log = previewed(one())
    assert drafted(log, *letters(log, log.rounds[0], chaser(LAW, "A1")), when=WHEN + timedelta(1)) == log  # fmt: skip


def test_other_words_take_the_place_of_those_not_sent_and_never_of_those_sent():
    log = previewed(one())
    again = drafted(log, *letters(log, log.rounds[0], chaser(LAW, "A1", "A2")))
    assert again.lines[0].refs == ("A1", "A2") and again.lines[0].previewed is None
    for state in (State.SENT, State.UNKNOWN):
        gone = log.with_result(KEY, state, WHEN)
        assert drafted(gone, *letters(gone, gone.rounds[0], chaser(LAW, "A1", "A2"))) == gone


def test_drafts_that_are_the_whole_round_leave_no_draft_behind():
    which = ChaseLog().round_for(month(3))
    log = drafted(ChaseLog(), *letters(ChaseLog(), which, chaser(LAW, "A1"), chaser(FINANCE, "B1")))
    log = drafted(log, replace(letters(log, which, chaser(LAW, "A1"))[0], level=Level.THANKS))
    (law,) = letters(log, which, chaser(LAW, "A1"))
    whole = [Draft(law, "digest", "<id>")]
    keys = lambda log: [line.key.split("/", 1)[1] for line in log.lines]  # noqa: E731
    assert keys(log.with_drafts(whole, WHEN)) == ["head of law/chase", "head of finance/chase", "head of law/thanks"]  # fmt: skip
    assert keys(log.with_drafts(whole, WHEN, whole=which)) == ["head of law/chase", "head of law/thanks"]  # fmt: skip
    gone = log.with_result(log.lines[1].key, State.SENT, WHEN)
    assert "head of finance/chase" in keys(gone.with_drafts(whole, WHEN, whole=which))
    other = log.round_for(month(4))
    assert keys(log.with_drafts((), WHEN, whole=other)) == keys(log)


def test_what_was_answered_already_is_not_open_in_a_message_drafted_later():
    log = sent(ChaseLog(), month(3), chaser(LAW, "A1", "A2"))
    log = log.with_answers([reply(LAW, month(3), "A1")], WHEN)
    shared = chaser(FINANCE, "A1", "B1", leads=(LAW, FINANCE))
    assert drafted(log, *letters(log, log.rounds[0], shared)).lines[-1].open == ("B1",)
    namesake = chaser(FINANCE, "A1", "B1", leads=(FINANCE,))  # another milestone of the same Ref
    assert drafted(log, *letters(log, log.rounds[0], namesake)).lines[-1].open == ("A1", "B1")


def test_of_two_milestones_with_one_ref_an_answer_closes_the_lead_s_own():
    log = two_rounds()
    own = replace(reply(LAW, month(2), "A1"), issued={"A1": {"smt_lead": LAW}})
    after = log.with_answers([own], WHEN)
    assert [" ".join(line.open) for line in after.lines] == ["A2", "A1 B1", "A2", "A1"]
    both = replace(own, issued={"A1": {"smt_lead": f"{LAW} /  {FINANCE.upper()}"}})
    after = log.with_answers([both], WHEN)
    assert [" ".join(line.open) for line in after.lines] == ["A2", "B1", "A2", ""]


@pytest.mark.parametrize(
    ("came", "pairs"),
    [
        (reply("Ann from Law", month(2), "A2"), ((LAW, "A2"),)),
        (reply("Ann from Law", month(2), no_change=["A1"]), ((LAW, "A1"), (FINANCE, "A1"))),
        (reply(LAW, month(2), "A2"), ()),
        (reply("Ann Lee", month(2), "A2"), ()),  # by the person's name
        (reply("Ann from Law", month(2), "B1"), ()),  # was asked about in July only
        (reply("Ann from Law", month(0), "A2"), ()),  # before any round
    ],
)
def test_whose_answer_is_still_waited_for_is_said(came, pairs):
    assert two_rounds().still_asked(came) == pairs


def test_who_has_answered_is_whose_answer_it_was():
    after = two_rounds().with_answers([reply(LAW, month(2), "A1")], WHEN)
    assert [line.answered for line in after.lines] == [WHEN, None, WHEN, None]


def test_what_a_run_had_in_hand_is_told_from_what_it_had_not_begun():
    log = previewed(
        drafted(
            ChaseLog(), *letters(ChaseLog(), SEPTEMBER, chaser(LAW, "A1"), chaser(FINANCE, "B1"))
        )
    )
    law, finance = (line.key for line in log.lines)
    log = log.with_result(finance, State.FAILED, WHEN, "down")
    during = log.with_sending({law, finance})
    assert {line.state for line in during.lines} == {State.SENDING}
    assert during.with_sending({law}) == during
    assert during.with_none_sending([], "") == log
    one_known = during.with_none_sending([law], "Look.")
    assert [line.state for line in one_known.lines] == [State.UNKNOWN, State.FAILED]
    assert [line.trouble for line in during.with_none_sending(None, "Look.").lines] == ["Look."] * 2
    assert drafted(during, *letters(log, SEPTEMBER, chaser(LAW, "A9"))) == during  # it is settled


def test_a_preview_of_what_was_sent_changes_nothing():
    log = previewed(one()).with_result(KEY, State.SENT, WHEN)
    assert previewed(log, WHEN + timedelta(1)) == log


def test_an_unknown_key_is_a_fault_of_the_caller():
    with pytest.raises(KeyError):
        one().with_result("September 2026/nobody/chase", State.SENT, WHEN)


def test_moments_are_kept_as_a_cell_keeps_them():
    odd = datetime(2026, 9, 30, 9, 0, 1, 123456, tzinfo=UTC)
    log = one().with_preview({KEY: one().lines[0].digest}, odd).with_result(KEY, State.SENT, odd)
    log = log.with_answers([reply(LAW, month(3), "A1")], odd)
    (line,) = log.lines
    assert line.previewed == line.sent == line.answered == datetime(2026, 9, 30, 9, 0, 1)
    assert line.drafted == WHEN


# -- answers -----------------------------------------------------------------------------------


def two_rounds() -> ChaseLog:
    """Law and Finance were asked in July and in August; A1 is of both."""
    log = sent(ChaseLog(), month(1), chaser(LAW, "A1", "A2"), chaser(FINANCE, "A1", "B1"))
    return sent(log, month(2), chaser(LAW, "A1", "A2"), chaser(FINANCE, "A1"))


# what comes back -> what is open after it: July of Law and Finance, August of Law and Finance
ANSWERS = [
    ("of the last round: closes before it too, for both", reply(LAW, month(2), "A1"), "A2|B1|A2|"),
    ("of the round before: closes that only", reply(LAW, month(1), "A1"), "A2|B1|A1 A2|A1"),
    ("No change is an answer", reply(LAW, month(2), no_change=["A2"]), "A1|A1 B1|A1|A1"),
    ("of Finance, about what it was asked in July", reply(FINANCE, month(2), "B1"), "A1 A2|A1|A1 A2|A1"),
    ("typed later, in the person's name", reply("ann  lee", date(2026, 9, 3), "A2"), "A1|A1 B1|A1|A1"),
    ("typed in September's month end", reply(LAW, month(3), "A2"), "A1|A1 B1|A1|A1"),
    ("of somebody who was not asked", reply("Dee Orr", month(2), "A1"), "A1 A2|A1 B1|A1 A2|A1"),
    ("about what was not asked", reply(LAW, month(2), "B1", "C9"), "A1 A2|A1 B1|A1 A2|A1"),
    ("from before any round", reply(LAW, month(0), "A1"), "A1 A2|A1 B1|A1 A2|A1"),
    ("with nothing in the cell", replace(reply(LAW, month(2)), answers=(Answer("A1", "status", " ", None, ""),)), "A1 A2|A1 B1|A1 A2|A1"),
    ("an edit of what a return may not change", replace(reply(LAW, month(2)), not_allowed=(Answer("A1", "ask", "x", "x", ""),)), "A1 A2|A1 B1|A1 A2|A1"),
    ("a date that cannot be used", replace(reply(LAW, month(2)), answers=(Answer("A1", "revised", "soon", None, ""),)), "A2|B1|A2|"),
]  # fmt: skip


@pytest.mark.parametrize(("came", "left"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS])
def test_what_an_answer_closes(came, left):
    log = two_rounds()
    after = log.with_answers([came], WHEN)
    assert [" ".join(line.open) for line in after.lines] == left.split("|")
    assert after.with_answers([came], WHEN + timedelta(9)) == after
    for line, was in zip(after.lines, log.lines, strict=True):
        own = post_key(line.lead) == post_key(came.lead) or came.lead == "ann  lee"
        assert line.answered == (WHEN if own and line.open != was.open else None)
        assert replace(line, open=was.open, answered=None) == was


def test_a_round_that_was_sent_before_its_reporting_date_is_answered_from_then():
    log = previewed(one())
    early = datetime(2026, 9, 18, 9)
    log = log.with_result(KEY, State.SENT, early)
    typed = reply(LAW, date(2026, 9, 20), "A1")
    assert log.with_answers([typed], WHEN).lines[0].answer is Answered.ALL
    too_soon = reply(LAW, date(2026, 9, 17), "A1")
    assert log.with_answers([too_soon], WHEN).lines[0].answer is Answered.NONE


def test_a_message_that_may_have_been_sent_is_answered_and_a_draft_is_not():
    came = [reply(LAW, month(3), "A1")]
    assert one().with_answers(came, WHEN).lines[0].answer is Answered.NONE
    perhaps = one().with_result(KEY, State.UNKNOWN, WHEN)
    assert perhaps.with_answers(came, WHEN).lines[0].answer is Answered.ALL


def test_milestones_without_a_ref_are_each_leads_own():
    log = sent(ChaseLog(), month(3), chaser(LAW, "", ""), chaser(FINANCE, ""))
    log = log.with_answers([reply(LAW, month(3), "No Ref")], WHEN)
    assert [line.open for line in log.lines] == [("No Ref (2)",), ("No Ref",)]
    again = drafted(log, *letters(log, log.rounds[0], chaser("Head of Trees", "")))
    assert again.lines[-1].open == ("No Ref",)


# -- how a round stands ------------------------------------------------------------------------


def test_status_says_who_is_silent_and_who_is_copied_next():
    log = ChaseLog()
    for number in range(3):
        log = sent(log, month(number), chaser(LAW, "A1"), chaser(FINANCE, "B1", "B2"))
    log = log.with_answers([reply(FINANCE, month(2), "B1")], WHEN)
    log = drafted(
        log, replace(letters(log, log.rounds[-1], chaser(LAW, "A1"))[0], level=Level.THANKS)
    )
    law, finance = status(log, log.rounds[-1], posts=POSTS)
    assert (law.lead, law.answer, law.silent, law.copied_next) == (LAW, Answered.NONE, 3, (CHIEF,))
    assert (finance.answer, finance.asked, finance.answered, finance.open) == (Answered.PART, 2, 1, ("B2",))  # fmt: skip
    assert (finance.silent, finance.copied_next) == (0, ())
    (first, *_) = status(log, log.rounds[0], posts=POSTS)
    assert (first.silent, first.copied_next) == (1, ())
    (two, *_) = status(
        log, log.rounds[1], posts=POSTS, settings=Settings(rounds_before_escalation=2)
    )
    assert two.copied_next == (CHIEF,)


# -- what is not kept --------------------------------------------------------------------------


def test_the_log_is_kept_for_whole_months():
    assert kept_from(date(2026, 9, 30), Settings()) == date(2024, 9, 1)
    assert kept_from(date(2026, 1, 15), Settings(keep_log_months=1)) == date(2025, 12, 1)
    assert kept_from(date(2026, 9, 30), Settings(keep_log_months=1)) == date(2026, 8, 1)


def test_old_rounds_keep_their_counts():
    log = two_rounds().with_answers([reply(LAW, month(1), "A1", "A2")], WHEN)
    july, august = log.rounds
    pruned, touched = log.prune(month(2))
    assert touched == 2 and pruned.of(july) == () and len(pruned.of(august)) == 2
    assert pruned.counts(july) == log.counts(july) == Counts(asked=2, sent=2, answered=1)
    assert pruned.rounds == log.rounds
    assert pruned.prune(month(2)) == (pruned, 0)
    assert pruned.round_for(date(2026, 7, 5)) == july
    assert pruned.round_for(date(2026, 7, 5), new=True).name == "July 2026 (2)"
    with pytest.raises(SettingsError, match="no longer has the messages of the round July 2026"):
        drafted(pruned, *letters(pruned, pruned.round_for(month(1)), chaser(LAW, "A1")))


def test_a_forgotten_person_leaves_round_lead_level_and_dates():
    log = two_rounds().with_result(two_rounds().lines[0].key, State.SENT, WHEN)
    after, touched = log.forget_person("ANN  LEE")
    assert touched == 2
    for line, was in zip(after.lines, log.lines, strict=True):
        if was.lead == LAW:
            assert (line.to, line.message_id, line.digest, line.trouble) == ((), "", "", "")
            same = {
                "round",
                "lead",
                "level",
                "refs",
                "open",
                "state",
                "drafted",
                "sent",
                "answered",
            }
            assert all(getattr(line, name) == getattr(was, name) for name in same)
        else:
            assert line == was
    assert after.forget_person("Ann Lee") == (after, 0)
    assert after.line(log.lines[0].key) is not None  # it is still known, and not sent again


def test_whoever_was_copied_is_forgotten_too_and_what_went_wrong():
    log = previewed(one()).with_result(
        KEY, State.FAILED, WHEN, "Cy Fox <cy@wexcombe.example> refused"
    )
    log = replace(log, lines=(replace(log.lines[0], copied=(CHIEF,)),))
    (line,) = log.forget_person("cy@wexcombe.example")[0].lines
    assert (line.copied, line.trouble, line.to) == ((), "", (ANN,))
    assert held(line, "") is Held.CHANGED  # what is still to be sent is written anew


FORGET = [
    ("Ann Lee", ["Ann Lee-Smith", "Joann Lee", "ann.lee@x.example"], ["Ann Lee", "ann  lee", "Ann Lee (acting)"]),
    ("ann weiss", ["Ann Weis"], ["Ann Weiß", "ANN WEISS"]),
    ("ann@x.example", ["joann@x.example", "ann@x.example.org", "my.ann@x.example"], ["ann@x.example", "ANN@x.example"]),
]  # fmt: skip


@pytest.mark.parametrize(("whom", "others", "theirs"), FORGET)
def test_nobody_else_is_forgotten(whom, others, theirs):
    (line,) = one().lines
    for name in (*others, *theirs):
        log = ChaseLog((replace(line, to=(Addressee(name, ""),)),))
        assert log.forget_person(whom)[1] == (name in theirs), name


def test_a_name_takes_its_address_along_but_not_one_that_others_share():
    (line,) = one().lines
    own = replace(line, trouble="ann@wexcombe.example: mailbox full", to=(ANN,))
    other = replace(line, lead=FINANCE, to=(Addressee("", "ann@wexcombe.example"),))
    log, touched = ChaseLog((own, other)).forget_person("Ann Lee")
    assert touched == 1 and log.lines[1] == other  # somebody without a name has it too
    copy = replace(line, lead=FINANCE, trouble="ann@wexcombe.example: mailbox full", to=(BO,))
    assert ChaseLog((own, copy)).forget_person("Ann Lee")[1] == 2
    shared = (Addressee("Ann Lee", "law@x.example"), Addressee("Dee Orr", "law@x.example"))
    dee = replace(line, lead=FINANCE, to=(Addressee("Dee Orr", "dee@x.example"),))
    log, touched = ChaseLog((replace(line, to=shared), dee)).forget_person("law@x.example")
    assert touched == 1 and log.lines[1] == dee  # a mailbox that two share names neither
    log, _ = ChaseLog((replace(line, to=shared),)).forget_person("Ann Lee")
    assert log.lines[0].to == shared[1:]
    log, _ = ChaseLog((replace(line, to=shared[:1]), replace(line, lead=FINANCE, to=(Addressee("Ann Lee", "al@x.example"),)))).forget_person("law@x.example")  # fmt: skip
    assert [x.to for x in log.lines] == [(), ()]


def test_a_lead_that_is_a_persons_name_is_forgotten_too():
    (line,) = one().lines
    log = ChaseLog(
        tuple(
            replace(line, lead=lead, to=())
            for lead in ("Ann Lee", "Head of Law (Ann Lee)", "forgotten")
        )
    )
    after, touched = log.forget_person("Ann Lee")
    assert touched == 2
    assert [x.lead for x in after.lines] == [
        "forgotten (2)",
        "Head of Law (forgotten)",
        "forgotten",
    ]
    assert len({x.key for x in after.lines}) == 3


def test_a_lead_that_is_a_persons_name_spelt_otherwise_keeps_nothing_of_it():
    (line,) = one().lines
    log, _ = ChaseLog((replace(line, lead="Head of Law: Ann Weiß", to=()),)).forget_person(
        "ann weiss"
    )
    assert log.lines[0].lead == "forgotten"


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_forgets_nobody(blank):
    with pytest.raises(SettingsError, match="Say whom to forget"):
        two_rounds().forget_person(blank)


# -- laws --------------------------------------------------------------------------------------

LEADS = (LAW, FINANCE, "Ann Lee")
REFS = ("A1", "A2", "B1", "", "A1")
STEPS = st.one_of(
    st.tuples(st.just("draft"), st.integers(0, 3), st.lists(st.sampled_from(REFS), max_size=4), st.sampled_from("ab")),
    st.tuples(st.just("preview"), st.booleans()),
    st.tuples(st.just("send"), st.sampled_from(list(State)[1:])),
    st.tuples(st.just("crash"), st.sampled_from([State.SENT, State.UNKNOWN])),
    st.tuples(st.just("answer"), st.sampled_from(LEADS), st.integers(0, 4), st.lists(st.sampled_from(REFS), max_size=3)),
    st.tuples(st.just("more"), st.integers(0, 3)),
)  # fmt: skip


class Postbox:
    """A mail server, and the program that uses it: what it has taken, by key."""

    def __init__(self) -> None:
        self.log = ChaseLog()
        self.handed_over: dict[str, int] = {}
        self.seen: set[tuple[str, str]] = set()
        self.when = WHEN

    def do(self, step: tuple) -> None:
        self.when += timedelta(hours=1)
        getattr(self, step[0])(*step[1:])

    def draft(self, number: int, refs: list[str], words: str) -> None:
        which = self.log.round_for(month(number))
        written = letters(self.log, which, *(chaser(lead, *refs) for lead in LEADS))
        drafts = [Draft(x, f"{words}{x.level}{x.refs}", f"<{x.key}>") for x in written]
        self.log = self.log.with_drafts(drafts, self.when, whole=which)
        assert self.log.with_drafts(drafts, self.when + timedelta(9), whole=which) == self.log

    def preview(self, every: bool) -> None:
        chosen = self.log.lines if every else self.log.lines[::2]
        self.seen |= {(line.key, line.digest) for line in chosen}
        self.log = self.log.with_preview({x.key: x.digest for x in chosen}, self.when)

    def send(self, state: State) -> None:
        for line in self.log.lines:
            if held(line, line.digest) is None:
                assert (line.key, line.digest) in self.seen
                if state is not State.FAILED:
                    self.handed_over[line.key] = self.handed_over.get(line.key, 0) + 1
                self.log = self.log.with_result(line.key, state, self.when)

    def crash(self, state: State) -> None:
        """The server took a message and the log was not written: the journal says so afterwards."""
        for line in self.log.lines:
            if held(line, line.digest) is None:
                self.handed_over[line.key] = self.handed_over.get(line.key, 0) + 1
                self.log = self.log.with_result(line.key, state, self.when)
                return

    def answer(self, lead: str, number: int, refs: list[str]) -> None:
        came = reply(lead, month(number), *(ref or "No Ref" for ref in refs))
        self.log = self.log.with_answers([came], self.when)

    def more(self, number: int) -> None:
        """Another round in a month, where the last was sent."""
        try:
            which = self.log.round_for(month(number), new=True)
        except SettingsError:
            return
        written = letters(self.log, which, chaser(LAW, "A1"))
        self.log = self.log.with_drafts([Draft(x, "m", "<m>") for x in written], self.when)


@given(st.lists(STEPS, max_size=14))
def test_whatever_happens_nothing_is_sent_twice_and_answers_only_close(steps):
    box = Postbox()
    for step in steps:
        before = box.log
        box.do(step)
        assert all(times == 1 for times in box.handed_over.values())
        assert set(box.handed_over) <= {x.key for x in box.log.lines if x.settled}
        assert len({line.key for line in box.log.lines}) == len(box.log.lines)
        assert len({x.round for x in box.log.lines}) == len({x.round.name for x in box.log.lines})
        for line in box.log.lines:
            was = before.line(line.key)
            assert set(line.open) <= set(line.refs)
            if was is not None and was.settled:
                assert set(line.open) <= set(was.open) and line.refs == was.refs
                assert line.sent == was.sent and line.to == was.to


@given(st.lists(STEPS, max_size=14), st.sampled_from([*ANN, *BO, *CHIEF, "Ann", "fox"]))
def test_a_forgotten_person_leaves_no_trace_and_the_counts_stay(steps, whom):
    box = Postbox()
    for step in steps:
        box.do(step)
    lines = [
        replace(x, trouble=f"{whom}: mailbox full") if number % 3 else replace(x, copied=(CHIEF,))
        for number, x in enumerate(box.log.lines)
    ]
    log = ChaseLog(tuple(lines))
    after, _ = log.forget_person(whom)
    for line in after.lines:
        told = " ".join(str(getattr(line, f.name)) for f in fields(Line))
        assert whom.casefold() not in told.casefold()
    assert [after.counts(r) for r in log.rounds] == [log.counts(r) for r in log.rounds]
    assert after.forget_person(whom) == (after, 0)


@given(st.lists(STEPS, max_size=14), st.lists(st.integers(0, 4), max_size=2))
def test_counts_of_each_round_are_the_same_after_pruning(steps, months):
    box = Postbox()
    for step in steps:
        box.do(step)
    log = box.log
    counts = [log.counts(r) for r in log.rounds]
    for number in months:
        pruned, touched = log.prune(month(number))
        assert touched == len(log.lines) - len(pruned.lines)
        assert all(line.round.day >= month(number) for line in pruned.lines)
        log = pruned
    assert log.rounds == box.log.rounds
    assert [log.counts(r) for r in log.rounds] == counts


# -- a real plan -------------------------------------------------------------------------------


@pytest.mark.real
def test_the_real_plan_is_chased_until_it_escalates():
    plan = desk.load_plan(REAL)
    leads = {post_key(p): p for m in plan.milestones for p in m.smt_lead.posts}
    posts = Posts(
        tuple(
            Posting(post, f"Person {n}", f"person{n}@wexcombe.example", escalates_to="over@wexcombe.example")
            for n, post in enumerate(leads.values())
        )
    )  # fmt: skip
    log, levels = ChaseLog(), []
    for number in range(4):
        day = date(2017, 9 + number, 30)
        which = log.round_for(day)
        asked = desk.chase(plan, as_of=day, posts=posts, unanswered=unanswered_pairs(log, which))
        written = letters(log, which, *asked, posts=posts)
        assert [x.lead for x in written] == [c.lead for c in asked]
        if day == AS_OF:
            assert len(written) == 7 and sum(len(x.refs) for x in written) == 28
        levels.append({x.lead: x.level for x in written}[written[0].lead])
        log = sent(log, day, *asked, posts=posts)
        assert all(not x.faults for x in written)
        assert sent_again(log, asked, which, posts) == 0
    assert levels == [Level.FIRST, Level.SECOND, Level.SECOND, Level.ESCALATION]


def sent_again(log: ChaseLog, asked: Sequence[LeadChaser], which: Round, posts: Posts) -> int:
    """How many messages go out when the round is run once more."""
    log = previewed(drafted(log, *letters(log, which, *asked, posts=posts), words="again"))
    return sum(held(line, line.digest) is None for line in log.of(which))
