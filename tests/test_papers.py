"""What a pack says: each sentence of the first page beside the plan it is said of, and the lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agsxl.history import DateMove, Draft, Log, unique_keys
from agsxl.packs import Asked, Earlier, Frozen, Pack, Since, Unplaced, pack_of
from agsxl.pages import Bars, Pages, Section, Toned, Trend
from agsxl.papers import pages_of
from agsxl.plan import Plan
from agsxl.rolling import LastYear, Resolved, Result
from agsxl.rules import check
from agsxl.settings import RuleChange, Settings
from tests.plans import plan_of
from tests.strategies import plan as plan_from
from tests.strategies import rows_of as any_rows

THEN, DAY = date(2017, 6, 30), date(2017, 9, 30)

Row = Mapping[str, str]


def row(ref: str, **cells: str) -> dict[str, str]:
    return {"ref": ref, "milestone": f"Milestone {ref}", **cells}


def packed(now: list[Row], then: list[Row] | None = None, **more: Any) -> Pack:
    """The pack of a plan; with ``then`` compared with what it was, every Ref being the same milestone."""
    plan = plan_of(*now)
    if then is not None:
        old = plan_of(*then)
        keys = unique_keys(m.ref for m in old.milestones)
        here = set(unique_keys(m.ref for m in plan.milestones))
        became = {key: key if key in here else None for key in keys}
        more["earlier"] = Earlier(Since("Committee, June", THEN), old, became, 0)
    return pack_of(plan, as_of=DAY, **more)


def section(pages: Pages, key: str) -> Section:
    return next(each for each in pages.sections if each.key == key)


def points(pack: Pack) -> str:
    return "\n".join(pages_of(pack).sections[0].sentences)


def test_an_original_date_that_was_written_over_is_said():
    then = [
        row("A1", timescale="29/12/2017", revised="31/03/2018"),
        row("A2"),
        row("A3", timescale="TBC"),
        row("A4"),
    ]
    now = [row("A1", timescale="28/02/2018", revised="31/03/2018"), row("A2", timescale="TBC"),
           row("A3", timescale="31/01/2018"), row("A4")]  # fmt: skip
    pack = packed(now, then)
    assert "Original target dates changed since 30 June 2017: A1, A2." in points(pack)
    assert section(pages_of(pack), "moves").sentences[-1] == (
        "2 original target dates are not as on 30 June 2017, and slippage is measured from what stands there now: "
        "A1 (was 29 December 2017, now 28 February 2018), A2 (was 29 December 2017, no certain date now)."
    )
    assert (
        "1 original target date is not as on"
        in section(pages_of(packed(now[:1], then[:1])), "moves").sentences[-1]
    )
    assert "Original target date" not in points(packed(then, then))


def test_a_revised_date_that_can_no_longer_be_read_is_said():
    then = [row("A1", revised="31/03/2018"), row("A2", timescale="TBC", revised="31/03/2018")]
    now = [
        row("A1", revised="after the election"),
        row("A2", timescale="TBC", revised="after the election"),
    ]
    assert section(pages_of(packed(now, then)), "moves").sentences == (
        "The revised date of A1 can no longer be read (after the election); it was 31 March 2018, and the milestone is judged "
        "by its original target date now.",
        "The revised date of A2 can no longer be read (after the election); it was 31 March 2018, and the milestone has no date now.",
    )


def test_what_came_and_went_between_two_reports_is_said():
    plan = plan_of(row("A1"))
    earlier = Earlier(Since("", THEN), plan, {"A1": "A1"}, 0, passed=(("D7", "Premises surveyed"),))
    pack = pack_of(plan, as_of=DAY, earlier=earlier)
    assert "Added since 30 June 2017 and taken out again: D7." in points(pack)
    assert "added or taken out" not in points(pack)
    part = section(pages_of(pack), "changes")
    assert part.sentences == (
        "Added since 30 June 2017 and taken out again: D7 (Premises surveyed).",
    )
    assert part.table is not None
    assert part.table.nothing == "No other milestone was added or taken out since 30 June 2017."


def test_milestones_that_are_all_gone_are_named():
    then = plan_of(row("A1"), row("A2"))
    earlier = Earlier(Since("Committee, June", THEN), then, {"A1": None, "A2": None}, 0)
    pack = pack_of(Plan(()), as_of=DAY, earlier=earlier)
    assert "Taken out since 30 June 2017: A1, A2." in points(pack)


def test_figures_of_a_million_days_are_written_out():
    now = [row(f"A{n}", timescale="01/01/2017", revised="01/01/2090") for n in range(40)]
    table = section(
        pages_of(packed(now, [row("A1", timescale="01/01/2017", revised="02/01/2017")])), "summary"
    ).table
    assert table is not None
    days = 40 * (date(2090, 1, 1) - date(2017, 1, 1)).days
    assert days > 1_000_000
    assert table.rows[-1][1:] == (days, 1, f"{days - 1:+,}")


def test_dates_that_came_earlier_are_said_so():
    now = [
        row("A1", timescale="31/12/2017", revised="30/11/2017"),
        row("A2", timescale="31/12/2017", revised="01/12/2017"),
    ]
    assert (
        "2 milestones have a revised date or a date completed: 2 earlier. The median is 30.5 days earlier; in all 61 days "
        "earlier (one decision can move many)." in points(packed(now))
    )


# -- the first page ------------------------------------------------------------------------------

DONE = {"status": "Complete", "completed": "29/09/2017", "evidence": "Minute 12 of the Cabinet"}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        pytest.param([row("A1")], "0 of 1 milestone are complete.", id="none complete"),
        pytest.param([row("A1", **DONE), row("A2")], "1 of 2 milestones is complete.", id="one complete"),
        pytest.param([row("A1", status="Withdrawn")], "; 1 is superseded.", id="superseded"),
        pytest.param([row("A1")], "None is overdue.", id="none overdue"),
        pytest.param([row("A1", timescale="15/09/2017"), row("A2", timescale="29/09/2017")],
                     "2 are overdue; the longest overdue is A1, by 15 days.", id="overdue"),
        pytest.param([row("A1", timescale="31/10/2017"), row("A2", timescale="01/11/2017")],
                     "1 is due by 31 October 2017, and 1 is due later.", id="due soon"),
        pytest.param([row("A1", timescale="31/10/2018")], "None is due by 31 October 2017, and 1 is due later.", id="due later"),
        pytest.param([row("A1", status="")], "No milestone has a status, so what is complete is not known",
                     id="no status at all"),
        pytest.param([row("A1", timescale="TBC")],
                     "No milestone has a date that can be read, so none can be called overdue or due.", id="no date at all"),
        pytest.param([row("A1", timescale="TBC"), row("A2")], "None is due by 31 October 2017, 1 is due later, and 1 has no date to be judged by.", id="one without"),
        pytest.param([row("A1", revised="31/01/2018")],
                     "1 milestone has a revised date or a date completed: 1 later than the original target date. The median is 33 days, the longest 33 days (A1); in all 33 days", id="moved"),
        pytest.param([row("A1", timescale="TBC", revised="31/01/2018")],
                     "1 milestone has a revised date or a date completed; for 1 the original is no date, so how far is not known.", id="moved from nowhere"),
        pytest.param([row("A1", status="Complete", comments="")], "Of the 1 complete, 1 has nothing recorded that shows it.",
                     id="no evidence"),
        pytest.param([row("A1")], "What changed since the last report is not known: there is no earlier report", id="nothing earlier"),
    ],
)  # fmt: skip
def test_what_the_first_page_says(now, said):
    assert said in points(packed(now))


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        pytest.param([row("A1")], [row("A1")], "Since 30 June 2017 no milestone was completed, reopened, added or taken out, "
                     "and no agreed date moved.", id="nothing"),
        pytest.param([row("A1")], [row("A1", **DONE)], "1 of 1 milestone is complete, 1 more than on 30 June 2017.", id="one more"),
        pytest.param([row("A1")], [row("A1", **DONE)], "Completed since 30 June 2017: A1.", id="which"),
        pytest.param([row("A1", **DONE)], [row("A1")], "0 of 1 milestone are complete, 1 fewer than on 30 June 2017.", id="one fewer"),
        pytest.param([row("A1", **DONE)], [row("A1")], "Complete on 30 June 2017 and no longer: A1 (not yet due).", id="reopened"),
        pytest.param([row("A1", **DONE)], [row("A1", **DONE)], "complete, as many as on 30 June 2017.", id="as many"),
        pytest.param([row("A1", timescale="31/08/2017")], [row("A1", timescale="31/08/2017")],
                     "1 is overdue, 1 more than on 30 June 2017; newly overdue: A1; the longest overdue is A1, by 30 days.",
                     id="time alone makes it overdue"),
        pytest.param([row("A1")], [row("A1")], "None is overdue, and none was on 30 June 2017.", id="none overdue then too"),
        pytest.param([row("A1", timescale="31/05/2017")], [row("A1", timescale="31/05/2017")],
                     "1 is overdue, as many as on 30 June 2017; the longest overdue is A1, by 122 days.", id="overdue then too"),
        pytest.param([row("A1")], [row("A1"), row("A2")], "New in the plan since 30 June 2017: A2.", id="added"),
        pytest.param([row("A1"), row("A2")], [row("A1")], "Taken out since 30 June 2017: A2.", id="taken out"),
        pytest.param([row("A1")], [row("A2")], "New in the plan since 30 June 2017: A2. Taken out: A1.",
                     id="added and taken out"),
    ],
)  # fmt: skip
def test_what_it_says_of_the_time_since(then, now, said):
    assert said in points(packed(now, then))


def test_a_query_that_must_be_fixed_is_on_the_first_page():
    plan = plan_of(row("A1", timescale="31/11/17"))
    pack = pack_of(plan, as_of=DAY, findings=check(plan, as_of=DAY))
    assert re.search(
        r"\d+ data quer(y|ies) in the plan must be fixed; until then these figures may change",
        points(pack),
    )


def test_an_empty_plan():
    pages = pages_of(pack_of(Plan(()), as_of=DAY))
    assert pages.sections[0].sentences == ("The plan has no milestones.",)
    assert section(pages, "evidence").table.nothing == "No milestone is complete."


# -- the lists -------------------------------------------------------------------------------------


def rows_of(pages: Pages, key: str, *headings: str) -> list[tuple[Any, ...]]:
    table = section(pages, key).table
    assert table is not None
    at = [[c.heading for c in table.columns].index(h) for h in headings]
    return [tuple(r[i].text if isinstance(r[i], Toned) else r[i] for i in at) for r in table.rows]


def test_completed_with_evidence_and_who_verified_it():
    now = [
        row("A1", **DONE, verified_by="Internal audit"),
        row("A2", status="Complete", comments="Adopted by Council on 12 July"),
        row("A3", status="Complete", comments=""),
    ]
    pages = pages_of(packed(now, [row("A1"), row("A2"), row("A3")]))
    assert rows_of(pages, "completed", "Ref", "Date completed", "Evidence", "Verified by") == [
        ("A1", date(2017, 9, 29), "Minute 12 of the Cabinet", "Internal audit"),
        ("A2", "not known", "From the comments: Adopted by Council on 12 July", "none recorded"),
        ("A3", "not known", "none recorded", "none recorded"),
    ]


def test_the_day_the_log_noticed_stands_in_for_a_day_that_is_not_known():
    before = {"A1": {"status": "On target", "milestone": "Milestone A1"}}
    log = Log()
    entries, copies = log.record(
        before,
        [Draft("change", "A1", "status", "On target", "Complete")],
        when=datetime(2017, 7, 12, 9),
        who="A. Reed",
    )
    log = log.extended(entries, copies)
    pack = packed([row("A1", status="Complete")], [row("A1")], log=log)
    assert rows_of(pages_of(pack), "completed", "Date completed") == [
        ("not known; complete in the plan since 12 July 2017",)
    ]


def test_evidence_that_was_noted_in_the_comments_stands_alone():
    comments = "Slipped in May. Trainer ill.\n20/09/2017 (Head of Law): Evidence: Attendance list"
    pages = pages_of(packed([row("A1", status="Complete", comments=comments)], [row("A1")]))
    assert rows_of(pages, "completed", "Evidence") == [("From the comments: Attendance list",)]


def test_a_comment_that_says_nothing_is_no_evidence():
    pages = pages_of(
        packed([row("A1", status="Complete", comments="n/a", evidence="-")], [row("A1")])
    )
    assert rows_of(pages, "completed", "Evidence") == [("none recorded",)]
    assert rows_of(pages, "evidence", "Ref") == [("A1",)]


def test_what_was_complete_and_is_superseded_is_not_called_open():
    said = points(packed([row("A1", status="Superseded")], [row("A1", **DONE)]))
    assert "Complete on 30 June 2017 and no longer: A1 (superseded)." in said


def test_a_revised_date_that_words_were_written_over_is_told():
    pages = pages_of(
        packed([row("A1", revised="after the election")], [row("A1", revised="07/01/2018")])
    )
    assert section(pages, "moves").sentences == (
        "The revised date of A1 can no longer be read (after the election); it was 7 January 2018, and the milestone is "
        "judged by its original target date now.",
    )


def test_overdue_the_newly_overdue_first():
    now = [
        row("A1", timescale="31/05/2017"),
        row("A2", timescale="31/08/2017", revised="15/09/2017"),
        row("A3", timescale="31/08/2017"),
        row("A4", timescale="31/05/2017", revised="31/12/2017"),
    ]
    then = [
        row("A1", timescale="31/05/2017"),
        row("A2", timescale="31/08/2017"),
        row("A4", timescale="31/05/2017"),
        row("A5", timescale="31/05/2017"),
    ]
    pages = pages_of(packed(now, then))
    assert rows_of(pages, "overdue", "Ref", "Days overdue", "Which date", "New or not") == [
        ("A3", 30, "1st date", "New in the plan, and overdue"),
        ("A2", 15, "2nd date", "Newly overdue"),
        ("A1", 122, "1st date", "Overdue on 30 June 2017 too"),
    ]
    assert section(pages, "overdue").sentences[-1] == (
        "No longer overdue: A4 (not yet due), A5 (no longer in the plan)."
    )


def test_dates_asked_for_are_a_table_for_a_decision():
    plan = plan_of(
        row("A1", timescale="30/06/2017", revised="30/09/2017"), row("A2", timescale="TBC")
    )
    chosen = replace(plan.settings, most_moves=1)
    asked = [
        Asked(plan.milestones[0], "Head of Law", date(2017, 12, 31), "Tender"),
        Asked(plan.milestones[1], "Head of HR", date(2017, 12, 31), "", True, "Audit Committee"),
    ]
    part = section(pages_of(pack_of(plan, as_of=DAY, asked=asked, settings=chosen)), "extensions")
    assert part.decision
    assert part.table is not None
    assert part.table.rows == (
        ("A1", "Milestone A1", "Head of Law", date(2017, 9, 30), date(2017, 12, 31), 92, "3rd date", 184, "Tender", "nothing yet", ""),
        ("A2", "Milestone A2", "Head of HR", "no date", date(2017, 12, 31), "not known", "2nd date", "not known",
         "none given", "Agreed by Audit Committee, not yet in the plan", ""),
    )  # fmt: skip
    assert part.sentences == (
        "The committee is asked to agree or refuse 1 proposed date. A date moves only when it is agreed, with the reason; "
        "until then the current target date stands.",
        "A2: entered as agreed, and not yet written into the plan.",
        "The council's policy allows a date to move 1 time; for A1 this would be more.",
    )


def test_what_is_said_of_dates_asked_for_on_the_first_page_and_above_the_table():
    plan = plan_of(row("A1"), row("A2", **DONE), row("A3"), row("A4"))
    one, two, three, four = plan.milestones
    asked = [
        Asked(one, "Head of Law", date(2017, 9, 29), ""),
        Asked(two, "Head of Law", date(2017, 12, 31), ""),
        Asked(three, "Head of Law", date(2017, 9, 1), "Tender", True, "Cabinet"),
        Asked(four, "Head of Law", DAY, ""),
    ]
    lost = Unplaced(
        "B9", "Milestone B9", "Head of HR", date(2018, 1, 31), "It is not in the plan any more."
    )
    pack = pack_of(plan, as_of=DAY, asked=asked, unplaced=[lost])
    said = section(pages_of(pack), "extensions").sentences
    assert "3 proposed dates wait; the committee is asked to decide." in points(pack)
    assert "1 proposed date is agreed and not yet in the plan." in points(pack)
    assert "1 proposed date is for no certain milestone." in points(pack)
    assert "Already past on 30 September 2017: the proposed date of A1." in said
    assert "Complete or superseded by now, so that no date may be needed: A2." in said
    pack = pack_of(plan, as_of=DAY, asked=[asked[2]])
    assert "asked to decide" not in points(pack) and "agree or refuse" not in str(pages_of(pack))
    pack = pack_of(plan, as_of=DAY, asked=[], unplaced=[lost])
    part = section(pages_of(pack), "extensions")
    assert "proposes 31 January 2018" in part.sentences[0]
    assert part.table is not None and part.table.nothing == "No other date is proposed."


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, "No replies of the leads have been read into this plan, so whether dates are proposed is not known."),
        ([], "No lead proposes another date."),
    ],
)  # fmt: skip
def test_nobody_asked_is_not_the_same_as_nobody_knows(asked, said):
    part = section(pages_of(packed([row("A1")], asked=asked)), "extensions")
    assert said in (part.sentences if asked is None else (part.table.nothing,))


def test_what_was_completed_before_the_last_report_and_entered_since_is_said():
    now = [row("A1", status="Complete", completed="29/06/2017"), row("A2", status="Complete", completed="30/06/2017"),
           row("A3", **DONE), row("A4", status="Complete")]  # fmt: skip
    sentences = section(
        pages_of(packed(now, [row(f"A{n}") for n in range(1, 5)])), "completed"
    ).sentences
    assert (
        "Completed on or before 30 June 2017 by the date given, and entered since: A1, A2."
        in sentences
    )
    sentences = section(pages_of(packed(now[2:], [row("A3"), row("A4")])), "completed").sentences
    assert len(sentences) == 1


def test_a_line_that_moved_and_came_back_is_told_as_that():
    copies = [frozen(date(2017, 3, 31), row("A1")), frozen(THEN, row("A1", revised="31/03/2018"))]
    part = section(pages_of(packed([row("A1")], frozen=copies)), "trend")
    assert part.chart is not None
    assert "A1 moved and came back to 29 December 2017." in part.chart.alt


def test_without_any_status_what_is_complete_is_not_known_and_never_none():
    bare = [row("A1", status=""), row("A2", status="")]
    pages = pages_of(packed(bare, bare))
    assert dict(figures(pages)) == {
        "Milestones": (2, 2, "no change"), "Complete": ("not known",) * 3, "Overdue": (0, 0, "no change"),
        "Due soon": (0, 0, "no change"), "Not yet due": (2, 2, "no change"), "No date": (0, 0, "no change"),
        "Superseded": ("not known",) * 3,
    }  # fmt: skip
    said = (
        "No milestone has a status, so what is complete is not known: every one is counted as open."
    )
    for key in ("completed", "evidence"):
        assert section(pages, key).table.nothing == said  # type: ignore[union-attr]
    assert (
        said in section(pages, "themes").sentences and said in section(pages, "summary").sentences
    )
    pack = packed([row("A1", **DONE), row("A2")], bare)
    assert "1 of 2 milestones is complete." in points(pack)
    assert (
        "No milestone had a status on 30 June 2017, so which of these were complete by then is not known."
        in section(pages_of(pack), "completed").sentences
    )


def test_without_any_date_what_is_overdue_is_not_known_and_never_none():
    bare = [row("A1", timescale="TBC"), row("A2", timescale="TBC")]
    pages = pages_of(packed(bare, bare))
    found = dict(figures(pages))
    assert [found[name] for name in ("Overdue", "Due soon", "Not yet due")] == [
        ("not known",) * 3
    ] * 3
    assert (found["No date"], found["Complete"]) == ((2, 2, "no change"), (0, 0, "no change"))
    said = "No milestone has a date that can be read, so none can be called overdue or due."
    assert section(pages, "overdue").table.nothing == said  # type: ignore[union-attr]
    assert said in section(pages, "themes").sentences
    late = [row("A1", timescale="30/06/2016")]
    assert "1 is overdue; newly overdue: A1; the longest" in points(packed(late, bare[:1]))


def figures(pages: Pages) -> list[tuple[str, tuple[Any, ...]]]:
    """The first page's figures of how milestones stand: name, now, then, change."""
    table = section(pages, "summary").table
    assert table is not None
    names = [r[0].text if isinstance(r[0], Toned) else str(r[0]) for r in table.rows]
    return [(name, r[1:]) for name, r in zip(names, table.rows, strict=True)][:7]


@pytest.mark.parametrize(
    ("milestone", "moved_to", "reason"),
    [
        ({"reason": "Tender"}, date(2018, 3, 31), "Tender"),
        ({}, date(2018, 3, 31), "Cabinet moved"),
        ({}, date(2018, 2, 28), "none recorded"),
    ],
    ids=["the plan's own", "the log's, where the plan has none", "never that of another date"],
)
def test_the_reason_of_what_slipped(milestone, moved_to, reason):
    pack = packed([row("A1", revised="31/03/2018", **milestone)])
    move = DateMove(date(2017, 12, 29), moved_to, None, "Cabinet moved", "Cabinet", 2, 7)
    slipped = pack.longest[0]._replace(moves=(move,))
    pages = pages_of(replace(pack, longest=(slipped,)))
    assert rows_of(pages, "slipped", "Reason for revision") == [(reason,)]


def test_what_cannot_be_measured_says_why():
    now = [
        row("A1", timescale="TBC", revised="31/12/2017"),
        row("A2", timescale="June Cabinet"),
        row("A3", status="Complete"),
        row("A4"),
    ]
    pages = pages_of(packed(now))
    assert rows_of(
        pages, "unmeasured", "Ref", "Why", "Timescale as written", "Revised date as written"
    ) == [
        ("A1", "Moved, but the original is not a date", "TBC", "31/12/2017"),
        ("A2", "No date", "June Cabinet", "(blank)"),
    ]
    assert (
        "1 milestone is complete, and when is not known"
        in section(pages, "unmeasured").sentences[0]
    )


def test_themes_are_counted_once_whatever_their_case_and_sum_up():
    now = [
        row("A1", theme="Ethics"),
        row("A2", theme="ethics ", **DONE),
        row("B1", theme=""),
        row("B2", theme="Money"),
    ]
    part = section(pages_of(packed(now)), "themes")
    assert part.table is not None
    assert [r[:3] for r in part.table.rows] == [
        ("Ethics", 2, 1),
        ("(no theme)", 1, 0),
        ("Money", 1, 0),
        ("All themes", 4, 1),
    ]
    assert isinstance(part.chart, Bars)
    assert part.chart.categories == ("Ethics", "(no theme)", "Money")
    assert "Ethics: 1 complete, 1 not yet due" in part.chart.alt


def test_more_themes_than_a_chart_can_show_are_said_and_listed():
    now = [row(f"A{i}", theme=f"Theme {i}") for i in range(25)] + [row("B1", theme="Theme 24")]
    part = section(pages_of(packed(now)), "themes")
    assert part.table is not None and isinstance(part.chart, Bars)
    assert len(part.table.rows) == 26
    assert len(part.chart.categories) == 20
    assert "Theme 24" in part.chart.categories
    assert "the 20 largest of 25 themes" in part.sentences[0]


def frozen(day: date, *rows: Row) -> Frozen:
    plan = plan_of(*rows)
    return Frozen(day, f"Committee {day}", plan, {m.ref: m.ref for m in plan.milestones})


def test_the_trend_shows_what_moved_and_how_it_ended():
    copies = [
        frozen(date(2017, 3, 31), row("A1", timescale="30/06/2017"), row("A2"), row("A3", timescale="31/05/2017")),
        frozen(THEN, row("A1", timescale="30/06/2017", revised="30/09/2017"), row("A2"),
               row("A3", timescale="31/05/2017", status="Complete", completed="20/06/2017")),
    ]  # fmt: skip
    now = [
        row("A1", timescale="30/06/2017", revised="31/12/2017"),
        row("A2"),
        row("A3", timescale="31/05/2017", status="Complete", completed="20/06/2017"),
        row("B1", timescale="TBC"),
        row("B2", timescale="31/01/2018"),
    ]
    part = section(pages_of(packed(now, frozen=copies)), "trend")
    assert isinstance(part.chart, Trend)
    assert part.chart.days == (date(2017, 3, 31), THEN, DAY)
    assert part.table is not None
    assert part.table.rows == (
        ("A1", date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)),
        ("A2", date(2017, 12, 29), date(2017, 12, 29), date(2017, 12, 29)),
        ("A3", date(2017, 5, 31), date(2017, 6, 20), "complete"),
        ("B2", "none, or not in the plan", "none, or not in the plan", date(2018, 1, 31)),
    )
    assert [line.completed for line in part.chart.lines] == [False, False, True, False]
    assert part.sentences[1] == (
        "2 lines rise or fall between these dates; 2 other milestones due soonest are shown beside them."
    )
    assert "A1 went from 30 June 2017 to 31 December 2017" in part.chart.alt


def test_a_line_ends_with_the_date_completed_only_where_that_is_known():
    copies = [frozen(THEN, row("A1"), row("A2"), row("A3"))]
    now = [row("A1", **DONE), row("A2", status="Complete"), row("A3", status="Withdrawn")]
    part = section(pages_of(packed(now, frozen=copies)), "trend")
    assert part.table is not None
    assert part.table.rows == (("A1", date(2017, 12, 29), date(2017, 9, 29)),)
    copies = [frozen(date(2017, 3, 31), row("A2", timescale="30/06/2017"), row("A3", timescale="30/06/2017")),
              frozen(THEN, row("A2"), row("A3"))]  # fmt: skip
    part = section(pages_of(packed(now[1:], frozen=copies)), "trend")
    assert part.table is not None
    assert [r[-1] for r in part.table.rows] == ["complete", "superseded"]


def test_a_line_goes_on_where_its_milestone_was_complete_and_is_open_again():
    copies = [
        frozen(date(2017, 3, 31), row("A1", timescale="30/06/2017"), row("A2"), row("A3", timescale="30/06/2017")),
        frozen(date(2017, 4, 30), row("A1", **DONE), row("A2", status="Complete"), row("A3", status="Withdrawn")),
        frozen(THEN, row("A1", **DONE), row("A2", status="Complete"), row("A3", **DONE)),
    ]  # fmt: skip
    now = [row("A1", timescale="30/06/2017", revised="31/01/2018"), row("A2"), row("A3", **DONE)]
    part = section(pages_of(packed(now, frozen=copies)), "trend")
    assert part.table is not None and isinstance(part.chart, Trend)
    assert part.table.rows == (
        ("A1", date(2017, 6, 30), date(2017, 9, 29), "complete", date(2018, 1, 31)),
        ("A2", date(2017, 12, 29), "complete", "complete", date(2017, 12, 29)),
        ("A3", date(2017, 6, 30), "superseded", date(2017, 9, 29), "complete"),
    )
    assert [line.completed for line in part.chart.lines] == [False, False, True]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row("A1", **DONE)], "There is no chart: no line rises or falls, and no open milestone has a date that can be read."),
        ([row("A1")], "No line rises or falls between these dates; the milestones due soonest are shown."),
        ([row("A1", revised="31/01/2018")], "1 line rises or falls between these dates."),
        ([row("A1", revised="31/01/2018"), row("A2")],
         "1 line rises or falls between these dates; 1 other milestone due soonest is shown beside it."),
        ([row(f"A{n}", revised="31/01/2018") for n in range(1, 10)],
         "9 lines rise or fall between these dates; the 8 that do so the most are shown."),
    ],
)  # fmt: skip
def test_which_lines_are_drawn_is_said(rows, said):
    before = [{**each, "revised": ""} for each in rows]
    part = section(pages_of(packed(rows, frozen=[frozen(THEN, *before)])), "trend")
    assert part.sentences[-1] == said


def test_without_an_earlier_report_there_is_no_trend_and_that_is_said():
    part = section(pages_of(packed([row("A1")])), "trend")
    assert part.chart is None and part.table is None
    assert part.sentences[0].startswith("There is no chart: the plan was not frozen")


def test_how_last_years_issues_were_resolved_and_how_they_stand_now():
    last = LastYear(
        "2016/17",
        "2017/18",
        date(2017, 3, 31),
        (
            Resolved(
                "B2",
                "",
                "Train",
                "On target",
                Result.CARRIED,
                "Carried into 2017/18 as A1",
                new_ref="A1",
            ),
            Resolved(
                "B3",
                "",
                "Report",
                "On target",
                Result.CARRIED,
                "Carried into 2017/18 as A2",
                new_ref="A2",
            ),
            Resolved("B4", "", "Sign", "Complete", Result.COMPLETE, "Complete on 4 June 2016"),
        ),
    )
    now = [row("A1", previous_ref="B2", **DONE)]
    pages = pages_of(packed(now, last_year=last))
    assert rows_of(
        pages,
        "last-year",
        "Ref last year",
        "How it was resolved",
        "Ref this year",
        "How it stands now",
    ) == [
        ("B2", "Carried into 2017/18 as A1", "A1", "Complete"),
        ("B3", "Carried into 2017/18 as A2", "A2", "no longer in the plan under that Ref"),
        ("B4", "Complete on 4 June 2016", "not carried", "ended last year"),
    ]
    assert section(pages, "last-year").sentences == (
        "The plan of 2016/17 had 3 milestones: 1 ended with it, and 2 were carried into this one.",
        "Of those carried, 1 is complete now.",
    )


def test_what_was_open_last_year_and_is_not_found_did_not_end_with_it():
    kept = Resolved(
        "A1", "", "Train", "On target", Result.CARRIED, "Open, and goes on as A1", new_ref="A1"
    )
    lost = Resolved(
        "A2", "", "Sign", "On target", Result.CARRIED, "Open, and not found in this plan"
    )
    done = Resolved("A3", "", "Move", "Complete", Result.COMPLETE, "Complete on 4 June 2016")
    pages = pages_of(packed([row("A1")], last_year=LastYear("", "", None, (kept, lost, done))))
    assert section(pages, "last-year").sentences[:2] == (
        "The plan had 3 milestones: 1 ended with it, and 1 was carried into this one.",
        "Open last year and not found in this plan: A2.",
    )
    assert rows_of(pages, "last-year", "Ref this year", "How it stands now") == [
        ("A1", "Not yet due"),
        ("not found", "open last year, not found in this plan"),
        ("not carried", "ended last year"),
    ]


def test_queries_switched_off_are_shown_with_why():
    chosen = Settings(
        rules={"S407": RuleChange("off", "Evidence is kept elsewhere"), "D301": RuleChange("note")}
    )
    pages = pages_of(packed([row("A1")], settings=chosen))
    assert rows_of(pages, "queries", "Code", "What was changed", "Why") == [
        ("D301", "Shown as For information", "no reason given"),
        ("S407", "Switched off", "Evidence is kept elsewhere"),
    ]


def test_a_long_text_is_shortened_and_that_is_said():
    text = "word " * 1000
    pages = pages_of(packed([row("A1") | {"milestone": text}]))
    ((shown,),) = rows_of(pages, "every", "Milestone")
    assert len(shown) < 700
    assert shown.endswith("[shortened; the plan has 4,999 characters]")


# -- laws ------------------------------------------------------------------------------------------

ANY = st.lists(any_rows(), max_size=6).map(plan_from)


@settings(max_examples=60, deadline=None)
@given(ANY, ANY)
def test_figures_follow_from_each_other(now: Plan, then: Plan):
    keys = unique_keys(m.ref for m in then.milestones)
    here = set(unique_keys(m.ref for m in now.milestones))
    became = {key: key if key in here else None for key in keys}
    pack = pack_of(now, as_of=DAY, earlier=Earlier(Since("", THEN), then, became, 0))
    counts = pack.now.counts
    assert counts.milestones == len(now.milestones) == sum(counts[1:])
    assert (
        counts == tuple(map(sum, zip(*(g.counts for g in pack.themes), strict=True)))
        or not pack.themes
    )
    for name, was, came, went, is_now in section(pages_of(pack), "basis").table.rows:
        assert was + came - went == is_now, name


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_the_pages_are_fit_to_be_shown(plan: Plan):
    pages = pages_of(pack_of(plan, as_of=DAY, findings=check(plan, as_of=DAY)))
    tables = [s.table for s in pages.sections if s.table]
    assert len({t.name.casefold() for t in tables}) == len(tables)
    assert len({s.sheet.casefold() for s in pages.sections}) == len(pages.sections)
    assert all(len(s.sheet) <= 31 for s in pages.sections)
    for table in tables:
        headings = [c.heading.casefold() for c in table.columns]
        assert len(set(headings)) == len(headings)
        assert all(len(r) == len(headings) for r in table.rows)
        assert table.rows or table.nothing
        for cells in table.rows:
            for cell, column in zip(cells, table.columns, strict=True):
                assert cell is not None
                assert column.entry or (cell.text if isinstance(cell, Toned) else cell) != ""
