"""The chase log on its sheet: written, read back exactly, damaged and refused; and the Chasers sheet."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import agsxl
from agsxl.edits import ChangeSet
from agsxl.errors import SettingsError
from agsxl.excel.memory import MemoryBook
from agsxl.grid import Formula, Grid, cell_address
from agsxl.layout.chaselog import (
    LEVELS,
    LOG,
    STATES,
    chase_log_sheet,
    chasers_sheet,
    read_chase_log,
)
from agsxl.plan import Milestone
from agsxl.posts import Posting, Posts
from agsxl.rounds import Addressee, ChaseLog, Counts, Level, Line, Round, State
from tests.books import ROW, TWELVE, write_book
from tests.test_rounds import (
    ANN,
    BO,
    CHIEF,
    FINANCE,
    LAW,
    POSTS,
    WHEN,
    chaser,
    drafted,
    letters,
    month,
    previewed,
    reply,
    sent,
)

SEPTEMBER = Round("September 2026", month(3))


def grid_of(log: ChaseLog) -> Grid:
    """The sheet as a workbook gives it back."""
    book = MemoryBook({"Plan": [["Ref"]]})
    book.apply(ChangeSet(sheets=(chase_log_sheet(log),)))
    return book.read(LOG)


# What a name, a Ref or an address is when somebody means harm, or is called Müller.
ODD = (
    "Lee, Ann", "O'Neil; Bo", 'Ann "Ace" Lee', "Jörg Müller", "=1+1", "Ann <ann>", " Ann ", "Ann\nLee", '"', ";", ",", "A1, A2",
    "4.2", "No Ref", "نور", "a\u2028b", "-", "'", "@x", "Ann <", "<>", "Dee <dee@x.example>",
)  # fmt: skip
texts = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=12,
)  # fmt: skip
addresses = st.sampled_from(["", "ann@wexcombe.example", "müller@gemeinde-köln.example"])
people = st.lists(st.builds(Addressee, texts, addresses), max_size=3).map(tuple)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2090, 1, 1)).map(
    lambda when: when.replace(microsecond=0)
)
perhaps = st.none() | moments | st.just(datetime(2026, 9, 30))


@st.composite
def logs(draw) -> ChaseLog:
    rounds = [
        Round(f"{name} 2026", date(2026, n, 28))
        for n, name in enumerate(("May", "June", "July"), 5)
    ]
    lines = {}
    for _ in range(draw(st.integers(0, 5))):
        refs = tuple(draw(st.lists(texts, max_size=4, unique=True)))
        line = Line(
            round=draw(st.sampled_from(rounds)),
            lead=draw(texts),
            level=draw(st.sampled_from(list(Level))),
            to=draw(people),
            copied=draw(people),
            refs=refs,
            open=tuple(ref for ref in refs if draw(st.booleans())),
            state=draw(st.sampled_from(list(State))),
            drafted=draw(perhaps),
            previewed=draw(perhaps),
            message_id=draw(st.just("") | texts),
            answered=draw(perhaps),
            trouble=draw(st.just("") | texts),
            digest=draw(st.sampled_from(["", "0123456789abcdef", "12345", "1e5"])),
        )
        if line.state is State.SENT:
            line = replace(line, sent=draw(moments))
        lines[line.key] = line
    totals = [(Round("April 2026", date(2026, 4, 30)), Counts(7, 6, 5))]
    return ChaseLog(tuple(lines.values()), tuple(draw(st.sampled_from([[], totals]))))


@given(logs())
def test_a_log_is_read_back_exactly_as_it_was_written(log):
    assert read_chase_log(grid_of(log)) == log


def a_log() -> ChaseLog:
    log = ChaseLog(totals=((Round("April 2024", date(2024, 4, 30)), Counts(12, 11, 9)),))
    log = sent(log, month(2), chaser(LAW, "A1", "A, 2"), chaser(FINANCE, "B1"))
    log = log.with_answers([reply(LAW, month(2), "A1")], WHEN)
    log = log.with_result(log.lines[1].key, State.SENT, WHEN, "")
    log = previewed(
        drafted(log, *letters(log, SEPTEMBER, chaser(LAW, "A1"), chaser(FINANCE, "B1")))
    )
    return log.with_result(log.lines[-1].key, State.UNKNOWN, WHEN, "The line broke.")


def test_a_log_lives_in_a_real_workbook(tmp_path):
    path = write_book(tmp_path / "plan.xlsx", {"Plan": [TWELVE, ROW]})
    for log in (
        ChaseLog(),
        a_log(),
        a_log().prune(month(3))[0],
        a_log().forget_person("Ann Lee")[0],
    ):
        with agsxl.open_book(path) as book:
            book.apply(ChangeSet(sheets=(chase_log_sheet(log),)))
        with agsxl.open_book(path) as book:
            grid = book.read(LOG)
            assert read_chase_log(grid) == log
            assert not grid.visible
        assert agsxl.load_plan(path).sheet == "Plan"


def test_no_sheet_or_an_empty_one_is_an_empty_log():
    assert read_chase_log(None) == ChaseLog()
    assert read_chase_log(Grid(LOG, [])) == ChaseLog()
    assert read_chase_log(Grid(LOG, [[None, None], [None]])) == ChaseLog()
    assert read_chase_log(grid_of(ChaseLog())) == ChaseLog()


def test_a_log_that_was_sorted_or_has_columns_moved_says_the_same():
    log = a_log()
    grid = grid_of(log)
    head = next(n for n, cells in grid.numbered() if "Level" in cells)
    order = list(range(len(grid.rows[0])))
    random.Random(5).shuffle(order)
    body = grid.rows[head:]
    random.Random(5).shuffle(body)
    rows = grid.rows[: head - 1] + [
        [cells[i] for i in order] for cells in (grid.rows[head - 1], *body)
    ]
    again = read_chase_log(Grid(LOG, [*rows, [None] * 17]))
    assert set(again.lines) == set(log.lines) and again.rounds == log.rounds


def test_a_formula_in_the_log_is_read_by_its_result():
    grid = grid_of(a_log())
    row, column = place(grid, "Lead", 2)
    grid.rows[row - 1][column - 1] = Formula('="Head of"&" Law"', LAW)
    row, column = place(grid, "Reporting date", 2)
    grid.rows[row - 1][column - 1] = Formula("=DATE(2026,8,31)", month(2))
    grid.rows[row][column - 1] = datetime(2026, 8, 31, 12)  # a day with an hour is that day
    assert read_chase_log(grid) == a_log()


def place(grid: Grid, heading: str, line: int) -> tuple[int, int]:
    head = next(n for n, cells in grid.numbered() if "Level" in cells)
    return head + line, grid.rows[head - 1].index(heading) + 1


# the cell of the first message that is damaged -> the cell that is named, and what is said of it
DAMAGE = [
    ("Reporting date", "last month", "Reporting date", 2, "(Reporting date) holds no date but 'last month'"),
    ("Reporting date", None, "Reporting date", 2, "(Reporting date) holds no date but ''"),
    ("Reporting date", date(2026, 8, 30), "Reporting date", 3, "is another day than August 2026 has in cell B6"),
    ("Round", None, "Round", 2, "(Round) is empty"),
    ("Lead", FINANCE, "Lead", 3, "has a second message to Head of Finance in August 2026"),
    ("Level", "Third chaser", "Level", 2, "(Level) holds 'Third chaser', which means nothing there"),
    ("State", None, "State", 2, "(State) holds '', which means nothing there"),
    ("State", "Drafted", "Sent", 2, "(Sent) does not go with the state 'Drafted' beside it"),
    ("Sent", None, "Sent", 2, "(Sent) does not go with the state 'Sent' beside it"),
    ("Sent", "yesterday", "Sent", 2, "(Sent) holds no date but 'yesterday'"),
    ("Drafted", 46295, "Drafted", 2, "(Drafted) holds no date but '46295'"),
    ("Milestones", 'A1, "A', "Milestones", 2, "(Milestones) cannot be read"),
    ("Milestones", "A1,, A2", "Milestones", 2, "(Milestones) cannot be read"),
    ("Milestones", "A1", "Not yet answered", 2, "(Not yet answered) names 'A, 2', which was not asked about"),
    ("Person", 'Ann" Lee', "Person", 2, "(Person) cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "value", "named", "line", "said"), DAMAGE, ids=[f"{d[0]} {d[1]}" for d in DAMAGE]
)
def test_a_damaged_line_is_said_with_its_cell(heading, value, named, line, said):
    grid = grid_of(a_log())
    row, column = place(grid, heading, 2)
    grid.rows[row - 1][column - 1] = value
    with pytest.raises(SettingsError) as fault:
        read_chase_log(grid)
    cell = cell_address(*place(grid, named, line))
    assert str(fault.value) == (
        f"In the chase log (sheet 'Chase log') the cell {cell} {said}; agsxl can no longer tell what was "
        "sent, so nothing is; take the sheet from a backup of the plan, or undo what was changed."
    )


def test_damaged_counts_are_said():
    grid = grid_of(a_log())
    row, column = place(grid, "Milestones", 1)
    grid.rows[row - 1][column - 1] = "many"
    with pytest.raises(SettingsError, match=r"cell H\d \(Milestones\) holds no counts but 'many'"):
        read_chase_log(grid)


def test_a_round_that_is_counted_twice_is_said():
    grid = grid_of(a_log())
    row, _ = place(grid, "Lead", 1)
    grid.rows.append(grid.rows[row - 1])
    with pytest.raises(
        SettingsError, match=rf"cell A{len(grid.rows)} counts April 2024 a second time"
    ):
        read_chase_log(grid)


def test_a_line_of_which_only_the_round_is_left_is_no_empty_row():
    grid = grid_of(a_log())
    row, _ = place(grid, "Lead", 2)
    grid.rows[row - 1] = ["August 2026", *[None] * 16]
    with pytest.raises(SettingsError, match=r"\(Reporting date\) holds no date"):
        read_chase_log(grid)


@pytest.mark.parametrize("heading", ["Lead", "Sent", "Draft"])
def test_a_lost_heading_is_said(heading):
    grid = grid_of(a_log())
    row, column = place(grid, heading, 0)
    grid.rows[row - 1][column - 1] = None
    with pytest.raises(SettingsError, match=rf"has lost its heading '{heading}' \(row {row}\)"):
        read_chase_log(grid)


def test_lost_headings_are_said():
    grid = grid_of(a_log())
    row, _ = place(grid, "Lead", 0)
    del grid.rows[row - 1]
    with pytest.raises(SettingsError, match=r"'Chase log' has lost its headings.*from a backup"):
        read_chase_log(grid)


def test_every_level_and_state_has_its_words():
    assert set(LEVELS) == set(Level) and len(set(LEVELS.values())) == len(Level)
    assert set(STATES) == set(State) and len(set(STATES.values())) == len(State)


# -- the Chasers sheet -------------------------------------------------------------------------


def told(log: ChaseLog, *chasers, posts: Posts = POSTS, **more) -> dict[str, dict[str, object]]:
    """The rows of the Chasers sheet by lead, what is not blank in them by heading."""
    sheet = chasers_sheet(letters(log, SEPTEMBER, *chasers, posts=posts), log, SEPTEMBER, **more)
    heads = [column.heading for column in sheet.columns]
    return {
        str(row[0]): {h: v for h, v in zip(heads, row, strict=True) if v is not None}
        for row in sheet.rows
    }


def test_the_chasers_sheet_says_who_is_asked_how_much_and_why():
    share = Posts((Posting(LAW, *ANN), Posting(LAW, *BO)))
    assert told(ChaseLog(), chaser(LAW, "A1", "A2"), posts=share)[LAW] == {
        "SMT lead": LAW,
        "Person": "Ann Lee and Bo Day",
        "Address": "ann@wexcombe.example, bo@wexcombe.example",
        "Milestones": 2,
        "Overdue": 2,
        "Why": "Overdue 2",
        "Message": "First chaser",
    }


AWAY = Posting(LAW, *ANN, leave_from=month(2), leave_to=month(4), deputy="Bo Day")
PEOPLE = [
    (Posts((AWAY, Posting(FINANCE, *BO))), "Bo Day (deputy: the holder is on leave until 31 October 2026)", None),
    (Posts((Posting(LAW, deputy=FINANCE), Posting(FINANCE, *BO))), "Bo Day (deputy: the post is vacant)", None),
    (Posts((Posting(LAW),)), None, "Nobody holds the post 'Head of Law' and no deputy is named, so nobody is asked: enter who holds it, or a deputy, on the Posts sheet."),
    (Posts((Posting(LAW, "Ann Lee"),)), "Ann Lee", "Ann Lee (Head of Law) has no email address on the Posts sheet: enter it there."),
]  # fmt: skip


@pytest.mark.parametrize(("posts", "person", "wrong"), PEOPLE)
def test_the_chasers_sheet_says_who_stands_in_and_what_stands_in_the_way(posts, person, wrong):
    row = told(ChaseLog(), chaser(LAW, "A1"), posts=posts)[LAW]
    assert (row.get("Person"), row.get("What went wrong")) == (person, wrong)


# what has happened to the message -> what the sheet says of it
PROGRESS = [
    ("drafted", lambda log, key: log, {"Drafted": WHEN}),
    ("sent", lambda log, key: log.with_result(key, State.SENT, WHEN), {"Drafted": WHEN, "Sent": WHEN, "Answered": "Not yet", "Not yet answered": "A1, A2"}),
    ("sent, one refused", lambda log, key: log.with_result(key, State.SENT, WHEN, "One address was refused."), {"Drafted": WHEN, "Sent": WHEN, "Answered": "Not yet", "Not yet answered": "A1, A2", "What went wrong": "One address was refused."}),
    ("answered in part", lambda log, key: log.with_result(key, State.SENT, WHEN).with_answers([reply(LAW, month(3), "A1")], WHEN), {"Drafted": WHEN, "Sent": WHEN, "Answered": "In part, 30 September 2026", "Not yet answered": "A2"}),
    ("answered", lambda log, key: log.with_result(key, State.SENT, WHEN).with_answers([reply(LAW, month(3), "A1", "A2")], WHEN), {"Drafted": WHEN, "Sent": WHEN, "Answered": "In full, 30 September 2026"}),
    ("failed", lambda log, key: log.with_result(key, State.FAILED, WHEN, "The server was down."), {"Drafted": WHEN, "What went wrong": "Not sent. The server was down."}),
    ("unknown", lambda log, key: log.with_result(key, State.UNKNOWN, WHEN, "The line broke."), {"Drafted": WHEN, "Answered": "Not yet", "Not yet answered": "A1, A2", "What went wrong": "Not known whether sent. The line broke."}),
]  # fmt: skip


@pytest.mark.parametrize(("then", "says"), [p[1:] for p in PROGRESS], ids=[p[0] for p in PROGRESS])
def test_the_chasers_sheet_says_how_far_a_message_has_come(then, says):
    (letter,) = letters(ChaseLog(), SEPTEMBER, chaser(LAW, "A1", "A2"))
    log = then(previewed(drafted(ChaseLog(), letter)), letter.key)
    row = told(log, chaser(LAW, "A1", "A2"))[LAW]
    assert {h: row[h] for h in ("Drafted", "Sent", "Answered", "Not yet answered", "What went wrong") if h in row} == says  # fmt: skip


def test_what_was_sent_is_shown_as_it_was_sent():
    log = ChaseLog()
    for number in range(4):
        log = sent(log, month(number), chaser(LAW, "A1"), chaser(FINANCE, "B1"))
    log = drafted(log, replace(letters(log, SEPTEMBER, chaser(LAW, "A1"))[0], level=Level.THANKS))
    log = log.with_result(log.lines[-1].key, State.SENT, WHEN)
    row = told(log, chaser(LAW, "A1"), posts=Posts((Posting(LAW, "Bo Day"),)))
    assert (row[LAW]["Person"], row[LAW]["Message"], row[LAW]["Copied to"]) == ("Ann Lee", "Escalation", "Cy Fox")  # fmt: skip
    assert "What went wrong" not in row[LAW]
    # Finance has nothing to answer any more, and was sent a message all the same.
    assert (row[FINANCE]["Milestones"], row[FINANCE]["Why"]) == (0, "Nothing to ask any more")
    assert row[FINANCE]["Copied to"] == "Cy Fox" and len(row) == 2


def test_a_draft_that_nobody_needs_any_more_is_not_shown():
    log = drafted(ChaseLog(), *letters(ChaseLog(), SEPTEMBER, chaser(FINANCE, "B1")))
    assert list(told(log, chaser(LAW, "A1"))) == [LAW]


def test_the_notes_count_and_name_what_nobody_can_be_asked_about():
    log = sent(ChaseLog(), month(3), chaser(LAW, "A1"), chaser(FINANCE, "A1"))
    log = log.with_answers([reply(LAW, month(3), "A1")], WHEN)
    written = letters(log, SEPTEMBER, chaser(LAW, "A1"), chaser(FINANCE, "B1"))
    sheet = chasers_sheet(written, log, SEPTEMBER, without_lead=[Milestone("C1"), Milestone("")])
    assert sheet.title == "Chasers: September 2026, reporting date 30 September 2026"
    assert sheet.notes[:2] == (
        "2 leads to ask about 2 milestones; 2 messages sent, 2 answered in full.",
        "Nobody can be asked about C1, one without a Ref: no SMT lead.",
    )
    assert not sheet.hidden
    empty = chasers_sheet((), ChaseLog(), SEPTEMBER)
    assert empty.notes[0] == "No lead has anything to answer." and empty.rows == ()


def test_both_sheets_go_into_a_real_workbook_together(tmp_path):
    path = write_book(tmp_path / "plan.xlsx", {"Plan": [TWELVE, ROW]})
    log = replace(a_log(), lines=tuple(replace(x, copied=(CHIEF,)) for x in a_log().lines))
    page = chasers_sheet(letters(log, SEPTEMBER, chaser(LAW, "=1+1", "<b>")), log, SEPTEMBER)
    with agsxl.open_book(path) as book:
        book.apply(ChangeSet(sheets=(chase_log_sheet(log), page)))
    with agsxl.open_book(path) as book:
        assert book.read("Chasers").value("A1") == page.title
        assert read_chase_log(book.read(LOG)) == log
