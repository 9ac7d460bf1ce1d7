"""The walk over a document's tables, guard by guard: each case goes wrong without the one it names."""

from __future__ import annotations

import pytest

from agsxl.documents.account import Reading, Use
from agsxl.documents.document import Document, Line, Place, Row
from agsxl.documents.reading import read
from agsxl.documents.tables import furniture, is_page_number
from agsxl.errors import TwoPlansError
from tests.published import as_line, document_of


def read_lines(*lines: str, kind: str = "docx", sheet: str | None = None) -> Reading:
    return read(document_of(lines, kind=kind), sheet=sheet)


def told(reading: Reading) -> list[str]:
    return [as_line(milestone) for milestone in reading.plan.milestones]


TWO = (
    "# Plan of 2019/20",
    "| Issue | Action | Lead | Timescale |",
    "| Fraud | Adopt a policy | Clerk | ~~May 2020~~ June 2020 |",
    "| Grants | Check them | Clerk | May 2020 |",
    "# Plan of 2020/21",
    "==",
    "| Ref | Recommendation | Response | Officer | Deadline | Status |",
    "| R1 | Train members | Agreed | Clerk | ~~May 2021~~ June 2021 | Open |",
    "| R2 | Test it | Agreed | Clerk | May 2021 | Open |",
)


def test_of_two_plans_the_other_is_left_over_and_what_is_said_of_it_too():
    with pytest.raises(TwoPlansError):
        read_lines(*TWO)
    reading = read_lines(*TWO, sheet="plan 2")
    assert [m.ref for m in reading.plan.milestones] == ["R1", "R2"]
    uses = {piece.text.split(" | ")[0]: piece.use for piece in reading.pieces}
    assert uses["R1"] is Use.USED and uses["Ref"] is Use.HEADING and uses["Fraud"] is Use.LEFT_OVER
    assert uses["Issue"] is Use.HEADING
    moved = [note.ref for note in reading.notes if "was moved to" in note.message]
    assert moved == ["R1"]


def test_a_note_on_a_row_of_the_other_plan_is_none_of_this_one():
    lines = [
        *TWO[:2],
        "| Fraud | a) Adopt a policy\\nb) Publish it | Clerk | May 2020 |",
        *TWO[3:],
    ]
    listed = "A cell that lists 2 actions"
    for sheet, count in (("plan 1", 1), ("plan 2", 0)):
        notes = read_lines(*lines, sheet=sheet).notes
        assert sum(note.message.startswith(listed) for note in notes) == count


def test_headings_without_rows_are_no_second_plan():
    reading = read_lines(*TWO[5:], "==", "| Issue | Action | Lead | Timescale |")
    assert [m.ref for m in reading.plan.milestones] == ["R1", "R2"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Page 3 of 9", True), ("3", True), ("- 12 -", True), ("4 | P a g e", True), ("Page", False),
        ("Page of contents", False), ("12345", False), ("2019 accounts", False),
    ],
)  # fmt: skip
def test_what_numbers_a_page(text, number):
    assert is_page_number(text) is number


def pages(*each: list[Line | Row]) -> Document:
    return Document("plan", "pdf", tuple(block for page in each for block in page))


def line(text: str, page: int, level: int = 0) -> Line:
    return Line(text, Place(page, 1, f"page {page}, line 1"), level)


def row(cells: list[str], page: int) -> Row:
    return Row(tuple(cells), Place(page, 1, f"page {page}, row 1"))


def test_a_line_on_most_pages_is_furniture():
    assert furniture(pages(*([line("Marsh Council", n)] for n in range(1, 4)))) == {"Marsh Council"}


@pytest.mark.parametrize(
    "document",
    [
        pages(*([line("Finance", n, level=2)] for n in range(1, 4))),  # a heading says something
        pages(*([line("Finance", n)] for n in range(1, 3))),  # twice is a chance
        pages(*([line("Finance", n)] if n < 4 else [line(f"Text {'abcdefgh'[n]}", n)] for n in range(1, 8))),
        pages(*([row(["Ongoing, page 1", "Clerk"], n)] for n in range(1, 4))),  # two cells: a row
        pages(*([row(["page 1", ""], n)] for n in range(1, 4))),  # too short to be a title
        pages(*([row(["Every member is trained", ""], n)] for n in range(1, 4))),  # no number in it
        pages(*([line(" ", n)] for n in range(1, 4))),
    ],
)  # fmt: skip
def test_what_comes_again_is_not_always_furniture(document):
    assert furniture(document) == frozenset()


def test_a_title_in_a_row_of_its_own_is_furniture():
    assert furniture(pages(*([row([f"Marsh Council, page {n}", ""], n)] for n in range(1, 4)))) == {
        "Marsh Council, page #"
    }


def test_pages_without_numbers_are_not_counted():
    document = Document(
        "plan", "docx", (*(line("Marsh Council", 0) for _ in range(3)), line("x", 0))
    )
    assert furniture(document) == {"Marsh Council"}
