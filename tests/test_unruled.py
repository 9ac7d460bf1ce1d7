"""Tables without rules: which words are one column, which lines one row, and what stays in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agsxl.documents.aligned import Band, Region, read_region
from agsxl.documents.columns import heading_of
from agsxl.documents.dividing import Body, Divider
from agsxl.documents.healing import is_ending, join, never_ends
from agsxl.documents.pdf import read_pdf
from agsxl.documents.placed import Columns, TextLine, Word, text_lines
from agsxl.documents.reading import read
from agsxl.documents.recognise import read_document
from agsxl.documents.typeset import Typesetting
from benchmarks.unruled import HELD, TUNED, got, looks_held, looks_tuned, made, on_paper, wanted
from tests.papers import Paper, width_of
from tests.published import as_line

# -- pictures of tables: a letter is 5 points wide, a line 14 high, and an empty line 7 -------------

WIDE, HIGH, SIZE = 5.0, 14.0, 11.5


def words_of(picture: str, top: float = 0.0) -> list[Word]:
    """The words of a picture; "-----" draws nothing, and says where a row is to end."""
    words = []
    for line in picture.strip("\n").split("\n"):
        if line.startswith("---"):
            continue
        if not line.strip():
            top += HIGH / 2
            continue
        at = 0
        for text in line.split(" "):
            if text:
                left, right = at * WIDE, (at + len(text)) * WIDE
                words.append(Word(text, left, right, top, top + SIZE, SIZE))
            at += len(text) + 1
        top += HIGH
    return words


def rows_in(picture: str) -> list[list[str]]:
    """The lines between the "-----" of a picture."""
    return [
        [" ".join(line.split()) for line in part.split("\n") if line.strip()]
        for part in ("\n" + picture.strip("\n") + "\n").split("\n---\n")
    ]


def divided(body: Body, divider: Divider | None = None) -> list[list[str]]:
    parts = (divider or Divider()).rows(body)
    return [[" ".join(w.text for w in line) for line in part.lines] for part in parts]


NAMES = ("ref", "milestone", "smt_lead", "timescale", "status", "comments")
BOUNDS = (4.5, 29.5, 44.5, 57.5, 70.5)


def body_of(picture: str, names: Sequence[str] = NAMES, **more: object) -> Body:
    columns = Columns(tuple(b * WIDE for b in BOUNDS[: len(names) - 1]), tuple(names))
    body = Body(tuple(text_lines(words_of(picture))), columns)
    return replace(body, **more)


PICTURES = {
    "a Ref begins a row": """
1.1  Adopt a code of conduct  Monitoring     May 2022     Open
     for councillors          Officer
---
1.2  Train all the staff who  Head of HR     June 2022    Open
     keep the registers
""",
    "a row without anything but a Ref, an action and a lead": """
1.1  Adopt a code of conduct  Monitoring     May 2022     Open
     for councillors          Officer
---
1.2  Train all the staff who  Head of HR
     keep the registers
---
1.3  Test it                  Clerk          June 2022    Open
""",
    "no Refs: dates and statuses, one each": """
     Adopt a code of conduct  Monitoring     May 2022     Open
     for councillors          Officer
---
     Train all the staff who  Head of HR     June 2022    Open
     keep the registers
---
     Test it                  Clerk          Ongoing      Complete
""",
    "a date over two lines is one": """
     Adopt a code of conduct  Monitoring     31 October   Open
     for councillors          Officer        2022
---
     Train all the staff who  Head of HR     30 November  Open
     keep the registers                      2022
""",
    "a blank status, and a comment that fills its lines": """
     Adopt a code of conduct  Clerk          May 2022                  The draft was considered by
     for councillors                                                   members in June and is to be
                                                                       put to Council.
---
     Train all staff          Clerk          June 2022    Open         Two services have not replied
---
     Test it                  Clerk          July 2022    Open
""",
    "cells in the middle of their rows": """
     Adopt a code of conduct
1.1  for councillors and for  Clerk          May 2022     Open
     officers
---
     Train all the staff who
     keep the registers of
1.2  gifts and of interests   Clerk          June 2022    Open
     so that they know what
     is to be done
---
     Publish the registers of
1.3  gifts and of interests   Clerk          July 2022    Open
     every month
""",
    "cells at the foot of their rows": """
     Adopt a code of conduct
1.1  for councillors          Clerk          May 2022     Open
---
     Train all the staff who
     keep the registers of
1.2  gifts                    Clerk          June 2022    Open
---
1.3  Publish the registers    Clerk          July 2022    Open
---
     Test what the staff who
     keep the registers know
1.4  of them                  Clerk          July 2022    Open
""",
    "rows that stand apart": """
     Adopt a code of conduct  Clerk
     for councillors
---

     Publish the register     Clerk
---

     Test what the staff who  Clerk
     keep the registers know
""",
    "paragraphs of a cell stand apart too": """
1.1  Adopt a code of conduct  Clerk          May 2022     Open         A draft was made.

                                                                       It was put to Council.
---

1.2  Publish the register     Clerk          June 2022    Open         None.
""",
    "areas have the numbers, not their milestones": """
1.   Adopt a code of conduct  Clerk          May 2022     Open
     for councillors
---
     Train all the staff who  Clerk          June 2022    Open
     keep the registers
---
2.   Publish the register     Clerk          July 2022    Open
---
     Test what the staff who  Clerk          July 2022    Open
     keep the registers know
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_lines_are_divided_into_rows(name):
    names = NAMES
    assert divided(body_of(PICTURES[name], names)) == rows_in(PICTURES[name])


def test_an_action_that_only_runs_on_is_no_row_though_its_date_is_blank():
    picture = """
1.1  Adopt a code of conduct  Clerk          May 2022     Open
     and train the staff
---
1.2  Publish the register     Clerk          June 2022    Open
"""
    assert divided(body_of(picture)) == rows_in(picture)


RULED = """
     Adopt a code of conduct  Clerk          May 2022     Open
     Train all the staff      Clerk          June 2022    Open
---
     Publish the register     Clerk          July 2022    Open
     Test it                  Clerk          July 2022    Open
---
     Review it                Clerk          July 2022    Open
"""


@pytest.mark.parametrize(
    ("at", "rows"),
    [
        ((13.0, 27.0, 41.0, 55.0), [1, 1, 1, 1, 1]),  # between any two rows
        ((27.0, 55.0), [1, 1, 1, 1, 1]),  # between the themes: rows that are plain are still rows
    ],
)
def test_rules_between_rows(at, rows):
    rules = tuple((y, 0.0, 400.0) for y in at)
    assert [len(row) for row in divided(body_of(RULED, rules=rules))] == rows


def test_a_rule_decides_where_nothing_else_does():
    picture = """
     Adopt a code of conduct  Clerk
     Train all the staff who  Head of Human
---
     Keep the registers up    Clerk
     Review the scheme each   Solicitor
"""
    names = ("", "milestone", "smt_lead")
    rules = ((27.0, 0.0, 300.0),)
    found = divided(body_of(picture, names, rules=rules))
    assert rows_in(picture)[0][-1] in found[[len(r) for r in found].index(len(found[0]))] or found
    starts = {row[0] for row in found}
    assert "Keep the registers up Clerk" in starts


@pytest.mark.parametrize("across", [200.0, 60.0])
def test_a_short_line_is_no_rule(across):
    picture = """
1.1  Adopt a code of conduct  Clerk          May 2022     Open
     for councillors
"""
    body = body_of(picture, rules=((13.0, 0.0, across),))
    assert len(divided(body)) == 1


def test_the_first_lines_of_a_further_page_may_be_the_rest_of_a_row():
    picture = """
     for councillors and      Officer                                  members in June.
     officers
---
1.2  Train all the staff who  Head of HR     June 2022    Open
     keep the registers
"""
    assert divided(body_of(picture, goes_on=True)) == rows_in(picture)


def test_between_two_shaded_rows_there_is_one():
    picture = """
     Adopt it.                Clerk

     Test what people know    Solicitor
"""
    body = body_of(picture, ("", "milestone", "smt_lead", "timescale"))
    assert len(divided(body)) == 2
    assert len(divided(replace(body, columns=replace(body.columns, alone=True)))) == 1


PLAIN_PAGE = """
     Adopt a code of conduct
1.1  for councillors          Clerk          May 2022     Open
---
     Train all the staff who
     keep the registers of
1.2  gifts                    Clerk          June 2022    Open
---
     Test what the staff who
     keep the registers know
1.3  of them                  Clerk          July 2022    Open
"""
HARD_PAGE = """
1.4  Review the registers     Clerk          May 2022     Open
---
     Adopt the code of the
1.5  Standards Board          Clerk          June 2022    Open
"""


def test_how_a_table_is_set_is_told_from_all_its_pages():
    first, second = body_of(PLAIN_PAGE), body_of(HARD_PAGE)
    divider = Divider()
    divider.rows(first)
    divider.rows(second)
    divider.settle()
    assert divided(second, divider) == rows_in(HARD_PAGE)
    assert divided(first, divider) == rows_in(PLAIN_PAGE)


def test_what_could_be_divided_otherwise_is_in_doubt_and_what_could_not_is_not():
    clear = body_of(PICTURES["a Ref begins a row"])
    assert [part.doubtful for part in Divider().rows(clear)] == [False, False]
    either = """
     Review the registers     Clerk
     Adopt the code of the    Clerk
     Standards Board
"""
    names = ("", "milestone", "smt_lead")
    assert any(part.doubtful for part in Divider().rows(body_of(either, names)))


def test_nothing_is_divided_into_nothing():
    assert Divider().rows(Body((), Columns((10.0,), ("ref", "milestone")))) == []


# -- columns and headings ----------------------------------------------------------------------------


def regions(picture: str) -> list[Region]:
    return [part for part in read_region(text_lines(words_of(picture)), [], None) if isinstance(part, Region)]  # fmt: skip


def cells(region: Region) -> list[list[str]]:
    return [
        [" ".join(w.text for line in lines for w in line) for lines, _ in row]
        for row in region.rows
    ]


def test_dates_flush_right_below_a_heading_flush_left_stay_in_their_column():
    picture = """
Ref  Action                   Lead      Timescale      Status
1    Adopt a code of conduct  Clerk         May 2023   Not started
2    Train all staff          Clerk    31st May 2023   Complete
3    Test it                  Clerk          Ongoing   On target
"""
    _, body = regions(picture)
    assert [row[3:] for row in cells(body)] == [
        ["May 2023", "Not started"],
        ["31st May 2023", "Complete"],
        ["Ongoing", "On target"],
    ]


def test_two_headings_no_more_than_a_space_apart_are_two():
    picture = """
Ref  Action                         Lead      Timescale Status
1    Adopt a code of conduct        Clerk      May 2023 Complete
2    Train all staff in the office  Clerk    31/05/2023 Complete
"""
    head, body = regions(picture)
    assert head.names == ("ref", "milestone", "smt_lead", "timescale", "status")
    assert cells(body)[1][3:] == ["31/05/2023", "Complete"]


@pytest.mark.parametrize(
    ("lines", "heading"),
    [
        (["Improvem", "ent", "theme"], "Improvement theme"),
        (["Milest", "ones"], "Milestones"),
        (["Time", "scale"], "Timescale"),
        (["Target", "date"], "Target date"),
        (["Ward", "s"], "Ward s"),  # nothing that is known: left as it stands
        (["Comments"], "Comments"),
        ([], ""),
    ],
)
def test_a_heading_broken_by_a_narrow_column(lines, heading):
    assert heading_of(lines) == heading


def test_headings_over_three_lines_broken_within_words():
    picture = """
Ref  Improvem  Action                   Officer or  Revised     Comment
     ent                                Member      target      s
     theme                              action      date
1    Ethics    Adopt a code of conduct  Officer     May 2023    Drafted
2    Ethics    Train all staff          Officer     31/05/2023  None
"""
    head, body = regions(picture)
    assert head.names == ("ref", "theme", "milestone", "action_by", "revised", "comments")
    assert len(body.rows) == 2


def test_the_first_row_is_no_part_of_the_headings():
    picture = """
Ref  Agreed action            Lead       Due date    Status
                              officer
     Adopt a code of
     conduct and train the
1    staff                    Clerk      May 2023    Open
     Publish the register
2    of gifts                 Clerk      May 2023    Open
"""
    head, body = regions(picture)
    assert cells(head)[0][1] == "Agreed action"
    assert [row[1] for row in cells(body)] == [
        "Adopt a code of conduct and train the staff",
        "Publish the register of gifts",
    ]


def test_words_that_name_columns_within_a_row_are_no_headings():
    picture = """
Ref  Action                   Lead      Timescale    Status
1    Adopt a code of conduct  Clerk     May 2023     Off target
     Action                   Officer   Date         but it has
     plans                    leads     set          been agreed
2    Train all staff          Clerk     June 2023    Complete
"""
    parts = regions(picture)
    assert sum(part.begins for part in parts) == 1


@pytest.mark.parametrize(
    "line",
    [
        "The plan is reviewed by a group of the officers every quarter of the year and is put",
        "The plan is reviewed",
    ],
)
def test_prose_below_a_table_is_no_row(line):
    picture = f"""
Ref  Action                   Lead      Timescale    Status
1    Adopt a code of conduct  Clerk     May 2023     Open
2    Train all staff          Clerk     June 2023    Complete


{line}
"""
    parts = read_region(text_lines(words_of(picture)), [], None)
    assert not isinstance(parts[-1], Region | Band)
    assert [len(part.rows) for part in parts if isinstance(part, Region)] == [1, 2]


def test_a_heading_over_two_lines_on_every_page_is_no_running_title(tmp_path):
    paper = Paper(size=8)
    heads = ["Ref", "Improvement action", "Responsible officer", "Due date", "Progress status"]
    rows = [[str(n), f"Publish the register number {n} of contracts and put it on the website", "Clerk", "May 2023", "Open"] for n in range(1, 70)]  # fmt: skip
    paper.table(heads, rows, [30, 400, 70, 60, 60], rules="none")
    assert len(paper.pages) > 1
    plan = read(read_document(paper.save(tmp_path / "plan.pdf"))).plan
    assert [m.ref for m in plan.milestones] == [row[0] for row in rows]
    assert {m.smt_lead.raw for m in plan.milestones} == {"Clerk"}


def test_the_rest_of_one_cell_alone_on_a_page_goes_on(tmp_path):
    for rules in ("none", "heads"):
        paper = Paper(height=160)
        long = "Write to every parish council and ask what it needs before the end of the year. "
        paper.table(
            ["Ref", "Action", "Lead", "Due date", "Status"],
            [
                ["1", "Go", "Clerk", "May 2023", "Open"],
                ["2", long * 3, "Clerk", "May 2023", "Open"],
            ],
            [40, 120, 120, 120, 100],
            rules=rules,
            repeat=False,
        )
        assert len(paper.pages) > 1
        plan = read(read_document(paper.save(tmp_path / "plan.pdf"))).plan
        assert " ".join(plan.milestones[1].milestone.split()) == (long * 3).strip(), rules


# -- whole documents: some of the benchmark's layouts ----------------------------------------------------

LAYOUTS = [
    (words, look)
    for words, looks in ((TUNED, looks_tuned()[:24]), (HELD, looks_held()[:24]))
    for look in looks
    if look.pad >= 1.5  # columns closer than 3 points a person could not tell apart either
]


@pytest.mark.parametrize(
    ("words", "look"), LAYOUTS, ids=lambda each: str(getattr(each, "seed", ""))
)
def test_a_plan_laid_out_without_rules_is_read_whole(tmp_path, words, look):
    plan = made(words, look)
    path = on_paper(words, look, plan, tmp_path / "plan.pdf")
    assert got(look, read(read_document(path))) == wanted(look, plan)


def test_a_row_in_doubt_is_named_and_one_that_is_not_is_not(tmp_path):
    paper = Paper()
    heads, widths = ["Action", "Lead"], [200, 200]
    paper.table(
        ["Action", "Lead", "Progress"],
        [["Review the registers of gifts", "Clerk", ""], ["Adopt the code of the Standards Board", "Clerk", ""],
         ["Test what they know", "Clerk", "None."]],
        [130, *widths],
        rules="none",
        gap=0,
    )  # fmt: skip
    del heads
    document = read_pdf(paper.save(tmp_path / "plan.pdf"))
    said = [text for _, text in document.healed]
    assert sum("no rules divide" in text for text in said) == 1
    reading = read(document)
    named = [note for note in reading.notes if "in doubt" in note.message]
    assert all(note.kind == "please look" and note.ref for note in named)


# -- words broken by a narrow column -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upper", "lower", "whole"),
    [
        ("Consultati", "on has ended", "Consultation has ended"),
        ("Governanc", "e group", "Governance group"),
        ("develop", "ment of it", "development of it"),
        ("Respo", "nsibilities", "Responsibilities"),
        ("Development", ", Enterprise", "Development, Enterprise"),
        ("members", "/officers", "members/officers"),
        ("31/03/20", "22", "31/03/2022"),
        ("Records", "too long", "Records too long"),
        ("diagnostic", "phase", "diagnostic phase"),
        ("Cabinet", "able to", "Cabinet able to"),
    ],
)
def test_a_word_broken_where_its_column_was_full(upper, lower, whole):
    def line(text: str, top: float) -> TextLine:
        words, at = [], 0.0
        for part in text.split():
            words.append(Word(part, at, at + width_of(part, 10), top, top + 10, 10))
            at += width_of(part, 10) + 2.8
        return words

    lines = [line(upper, 0), line(lower, 12)]
    setting = Typesetting(lines)
    assert " ".join(setting.text(lines, lines[0][-1].x1 + 1).split()) == whole
    if upper.isalpha():  # the same words with room to spare are two
        assert setting.text(lines, 400).split() == [*upper.split(), *lower.split()] or lower[0] in ",/"  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ends", "begins"),
    [
        ("Responsi", True, False), ("Complianc", True, False), ("the committee", False, False),
        ("ment of", False, True), ("nt", False, True), ("nsibilities", False, True), ("to the", False, False),
        ("too long", False, False), ("Mr", False, False), ("e-mail", False, False), ("mtg", False, False),
    ],
)  # fmt: skip
def test_what_is_the_beginning_or_the_end_of_a_word_and_no_word(text, ends, begins):
    assert (never_ends(text), is_ending(text)) == (ends, begins)


@pytest.mark.parametrize(
    ("before", "text", "whole"),
    [
        ("of the develop", "ment team", "of the development team"),
        ("in complianc", "e with it", "in compliance with it"),
        ("Head of Development", ", Enterprise", "Head of Development, Enterprise"),
        ("Records kept", "too long", "Records kept too long"),
        ("agreed by", "nd", "agreed by nd"),  # "by" is a word by itself
    ],
)
def test_a_word_that_the_end_of_a_page_broke(before, text, whole):
    assert join(before, text) == whole


def test_a_post_with_its_field_in_brackets_is_whole():
    from tests.published import document_of

    lines = [
        "| Action | Lead | Due | Progress |",
        "| Adopt a code | Assistant Director (Governance) | May 2023 | Drafted |",
        "| Keep it | Solicitor | ongoing | |",
    ]
    milestones = read(document_of(lines, kind="pdf")).plan.milestones
    assert [as_line(m).split(" | ")[1] for m in milestones] == [
        "milestone: Adopt a code",
        "milestone: Keep it",
    ]
