"""Published plans read as plans: the five real ones, and invented ones in many other shapes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from agsxl.documents.account import Kind, Reading, Use
from agsxl.documents.document import Row
from agsxl.documents.reading import read
from agsxl.documents.rows import whole_rows
from agsxl.documents.text import read_text
from agsxl.errors import NoPlanError, SourceError, TwoPlansError
from agsxl.rules import check
from tests.layouts import Action, as_pages, made_plan, refs_of, rows_of
from tests.published import (
    as_line,
    document_of,
    facts,
    left_over,
    real_plan,
    shapes,
)

SHAPES = {shape.name: shape for shape in shapes()}
NAMES = ("000", "001", "002", "003", "004")


def read_lines(*lines: str, kind: str = "docx", sheet: str | None = None) -> Reading:
    return read(document_of(lines, kind=kind), sheet=sheet)


# -- invented plans ----------------------------------------------------------------------------


def test_there_are_many_shapes():
    assert len(SHAPES) > 25


@pytest.mark.parametrize("name", [n for n, shape in SHAPES.items() if not shape.error])
def test_an_invented_plan_is_read_whole(name):
    shape = SHAPES[name]
    reading = read(document_of(shape.lines, name, shape.kind))
    assert [as_line(m) for m in reading.plan.milestones] == list(shape.milestones)
    said = [note.message for note in reading.notes]
    assert [words for words in shape.says if not any(words in text for text in said)] == []
    looks = [note.message for note in reading.notes if note.kind is Kind.LOOK]
    assert [text for text in looks if not any(words in text for words in shape.says)] == []
    assert left_over(reading) == list(shape.left)


@pytest.mark.parametrize("name", [n for n, shape in SHAPES.items() if shape.error])
def test_what_is_no_single_plan_is_refused_in_one_sentence(name):
    shape = SHAPES[name]
    with pytest.raises((NoPlanError, TwoPlansError)) as refused:
        read(document_of(shape.lines, name, shape.kind))
    assert str(refused.value) == shape.error


@pytest.mark.parametrize("name", [n for n, shape in SHAPES.items() if not shape.error])
def test_every_line_of_an_invented_plan_is_accounted_for(name):
    shape = SHAPES[name]
    document = document_of(shape.lines, name, shape.kind)
    reading = read(document)
    told = {piece.place for piece in reading.pieces}
    assert [block for block in document.blocks if block.place not in told] == []


def test_one_of_two_plans_can_be_chosen():
    shape = SHAPES["separate year tables"]
    reading = read(document_of(shape.lines), sheet="plan 2")
    assert [m.theme for m in reading.plan.milestones] == ["Fraud", "Grants"]
    assert any("Late accounts" in text for text in left_over(reading))
    with pytest.raises(SourceError, match="there is no plan 3"):
        read(document_of(shape.lines), sheet="plan 3")


@pytest.mark.parametrize(
    ("numbers", "wrapped"),
    [("refs", False), ("refs", True), ("letters", False), ("letters", True), ("areas", False), ("none", False)],
)  # fmt: skip
def test_a_plan_laid_out_on_pages_is_the_same_plan(numbers, wrapped):
    for seed in range(25):
        rng = random.Random(seed)
        plan = made_plan(rng)
        text = as_pages(rng, rows_of(plan, numbers), wrapped=wrapped)
        milestones = read(read_text(text, "plan.txt")).plan.milestones
        got = [
            Action(
                0, m.theme, m.milestone, m.smt_lead.raw, m.timescale.raw, m.comments, m.status.raw
            )
            for m in milestones
        ]
        assert got == [replace(action, area=0) for action in plan], seed
        assert [m.ref for m in milestones] == refs_of(plan, numbers), seed


# -- the five real plans -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def readings() -> dict[str, Reading]:
    return {name: read(read_text(real_plan(name).read_text("utf-8"), name)) for name in NAMES}


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_a_real_plan_holds_what_its_document_says(readings, name):
    got = []
    for milestone, fact in zip(readings[name].plan.milestones, facts(name), strict=True):
        own = {
            "ref": milestone.ref,
            "line": str(milestone.where.row),
            "timescale": milestone.timescale.raw,
            "baseline": milestone.baseline.isoformat() if milestone.baseline else "",
            "lead": milestone.smt_lead.raw,
            "status": milestone.status.raw,
            "revised": milestone.revised.raw,
            "revised_date": milestone.revised_date.isoformat() if milestone.revised_date else "",
        }
        if name == "004":  # its dates are tested where dates are: here only what is written
            own |= {"baseline": "", "revised_date": ""}
        if "principles" in fact:
            own["principles"] = milestone.extra["principles"].removeprefix("Principle ")
            if name == "002":
                own["principles"] = own["principles"][0]
        got.append(own)
    assert got == facts(name)


@pytest.mark.real
@pytest.mark.parametrize("name", ["001", "002"])
def test_initials_stand_for_the_person_of_the_documents_own_key(readings, name):
    for milestone in readings[name].plan.milestones:
        lead = milestone.smt_lead
        assert "".join(word[0] for word in lead.person.split()) == lead.raw
        assert lead.post and lead.post != lead.raw
    holders = readings[name].plan.posts
    assert {posting.person for posting in holders} >= {
        m.smt_lead.person for m in readings[name].plan.milestones
    }


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "ref", "column", "begins", "ends"),
    [
        ("000", "5.1", "theme", "There is", "community engagement"),
        ("000", "5.1", "comments", "The Talk", "in April 2020."),
        ("000", "3.4", "theme", "Further", "within it"),
        ("001", "2e", "comments", "Reviews", "reviewed."),
        ("001", "3a", "comments", "Standards", "by May 17"),
        ("001", "1a", "outcome", "There are clear", "for the county."),
        ("002", "1a", "comments", "Board has", "for 2016/17."),
        ("002", "1c", "outcome", "Assurance", "adult's agenda"),
        ("002", "2b", "milestone", "A programme", "skills and consistency."),
        ("002", "7a", "milestone", "Higher", "leadership group"),
        ("002", "7a", "outcome", "Greater", "by council officers"),
        ("002", "11a", "comments", "New project", "priorities of spend"),
        ("002", "12a", "comments", "Implementation", "communications in 2016."),
        ("002", "12b", "comments", "Included", "(see 4a above)"),
        ("002", "12b", "theme", "Although", "'behind closed doors'."),
        ("003", "33", "milestone", "Capture", "public meetings"),
    ],
)
def test_a_cell_broken_over_pages_is_one(readings, name, ref, column, begins, ends):
    milestone = next(m for m in readings[name].plan.milestones if m.ref == ref)
    text = milestone.text(column)
    assert (text[: len(begins)], text[-len(ends) :]) == (begins, ends)


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_page_or_a_program_is_left_in_a_text(readings, name):
    for milestone in readings[name].plan.milestones:
        texts = [milestone.theme, milestone.outcome, milestone.milestone, milestone.comments]
        for text in [*texts, *milestone.extra.values()]:
            for debris in ("9.044", "0110615", "<", "~~", "Page", "&amp;", "see key"):
                assert debris not in text, (milestone.ref, debris)


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_a_real_plan_is_accounted_for(readings, name):
    lines = real_plan(name).read_text("utf-8").split("\n")
    told = {piece.place.number for piece in readings[name].pieces}
    assert {n for n, line in enumerate(lines, 1) if line.strip()} - told == set()
    for piece in readings[name].pieces:
        assert piece.use is not Use.USED or piece.refs or piece.said.startswith("carried down")


@pytest.mark.real
def test_what_a_person_should_know_of_the_real_plans_is_said(readings):
    said = {name: [n.message for n in reading.notes] for name, reading in readings.items()}
    (gap,) = [m for m in said["002"] if "no principle 4" in m]
    assert "8a, 9a, 10a, 11a, 11b may belong to it" in gap
    assert [m.extra["principles"].count("or 4") for m in readings["002"].plan.milestones][11:17] == [0, 1, 1, 1, 1, 1]  # fmt: skip
    assert [s.ref for s in readings["000"].suggestions] == ["1.1", "1.3", "3.4", "6.1", "6.7", "7.3", "7.4"]  # fmt: skip
    resolved = {n.ref for n in readings["001"].notes if n.kind is Kind.RESOLVED}
    assert resolved == {"1g", "1h"}
    assert readings["003"].absent == (
        "theme", "outcome", "source", "action_by", "timescale", "member_lead", "revised",
    )  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_cut_off_at_its_end_keeps_its_whole_milestones(readings, name):
    lines = real_plan(name).read_text("utf-8").split("\n")
    whole = readings[name].plan.milestones
    ends = [m.where.row for m in whole[1:]]
    rng = random.Random(name)
    for cut in sorted({*rng.sample(range(ends[0], len(lines)), 14), *rng.sample(ends, 4)}):
        kept = [m for m, end in zip(whole, ends, strict=False) if end <= cut]
        got = read(read_text("\n".join(lines[: cut - 1]), name)).plan.milestones
        pairs = list(zip(got, kept, strict=False))
        assert len(pairs) == len(kept)
        for one, other in pairs[:-1]:  # of the last, a part may stand on the page that is gone
            assert one.ref == other.ref
            for column in ("theme", "outcome", "milestone", "timescale", "status", "comments"):
                assert one.text(column) == other.text(column), (cut, one.ref)


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_cut_off_at_its_beginning_keeps_its_whole_milestones(readings, name):
    lines = real_plan(name).read_text("utf-8").split("\n")
    whole = readings[name].plan.milestones
    starts = [m.where.row for m in whole]
    rng = random.Random(name)
    for cut in sorted(rng.sample(range(1, starts[len(starts) * 2 // 3]), 14)):
        kept = {m.where.row: m for m in whole if m.where.row > cut}
        text = "\n".join([""] * cut + lines[cut:])
        got = {m.where.row: m for m in read(read_text(text, name)).plan.milestones}
        lost = [m.ref for row, m in kept.items() if row not in got and m.ref != "12a"]
        assert lost == [], cut
        for row, milestone in kept.items():
            if row in got:
                assert got[row].timescale.raw == milestone.timescale.raw
                assert got[row].status.raw == milestone.status.raw


@pytest.mark.real
@pytest.mark.parametrize(("one", "two"), [("000", "001"), ("000", "003"), ("001", "002"), ("003", "004"), ("004", "003"), ("001", "001"), ("000", "000")])  # fmt: skip
def test_two_real_plans_in_one_document_are_refused(one, two):
    text = real_plan(one).read_text("utf-8") + "\n" + real_plan(two).read_text("utf-8")
    with pytest.raises(TwoPlansError, match=r"two plans|2 plans"):
        read(read_text(text, "both.txt"))


@pytest.mark.real
def test_a_principle_that_is_missing_is_a_finding_of_a_check_too(readings):
    found = check(readings["002"].plan, as_of=date(2016, 1, 31))
    assert [(f.ref, f.value) for f in found if f.code == "P705"] == [("12a", "4")]


def test_a_missing_heading_puts_what_follows_in_doubt_and_nothing_else():
    reading = read_lines(
        "| Area | Action | Lead | Due |",
        "| Principle 1: Openness | > | > | > |",
        "| 1. Reports | a) Publish reports | Clerk | May 2021 |",
        "| Principle 2: Ethics | > | > | > |",
        "| 2. Gifts | a) Record gifts | Clerk | May 2021 |",
        "| 3. Risk | a) Review risks | Clerk | May 2021 |",
        "| Principle 4: Capacity | > | > | > |",
        "| 5. People | a) Train staff | Clerk | May 2021 |",
    )
    doubt = {m.ref: m.extra["principles"] for m in reading.plan.milestones}
    assert doubt == {
        "1a": "Principle 1: Openness",
        "2a": "Principle 2: Ethics",
        "3a": "Principle 2: Ethics (or 3, whose heading is missing)",
        "5a": "Principle 4: Capacity",
    }
    said = [note.message for note in reading.notes if note.kind is Kind.LOOK]
    assert any("no principle 3" in text for text in said)
    assert any("no area 4" in text for text in said)


# -- rows of a text that are broken over lines -------------------------------------------------

HEAD = "Ref\tAction\tLead\tDue\tProgress"
BROKEN = {
    "a cell with a line break": (
        ["1\tAdopt the", "code\tClerk\tMay\tDone"],
        ["1|Adopt the code|Clerk|May|Done"],
    ),
    "two cells with line breaks": (
        ["1\tAdopt the", "code\tTown", "Clerk\tMay\tDone"],
        ["1|Adopt the code|Town Clerk|May|Done"],
    ),
    "a last cell that goes on": (["1\tAdopt\tClerk\tMay\tDone by", "the clerk"], ["1|Adopt|Clerk|May|Done by the clerk"]),
    "a last cell with a second sentence": (
        ["1\tAdopt\tClerk\tMay\tDone.", "Published in June.", "2\tTrain\tClerk\tJune\t"],
        ["1|Adopt|Clerk|May|Done. Published in June.", "2|Train|Clerk|June|"],
    ),
    "a note after a blank line": (["1\tAdopt\tClerk\tMay\tDone by", "", "the clerk"], ["1|Adopt|Clerk|May|Done by", "the clerk"]),
    "a sentence below the last row": (["1\tAdopt\tClerk\tMay\tDone.", "Agreed by Cabinet."], ["1|Adopt|Clerk|May|Done.", "Agreed by Cabinet."]),
    "a blank line within a row": (["1\tAdopt the", "", "code\tClerk\tMay\tDone"], ["1|Adopt the", "code|Clerk|May|Done"]),
    "a heading within a row": (["1\tAdopt the", HEAD, "2\tTrain\tClerk\tMay\t"], ["1|Adopt the", HEAD.replace("\t", "|"), "2|Train|Clerk|May|"]),
    "more than fits": (["1\tAdopt the", "code\tClerk\tMay\tDone\tToo\tmuch"], ["1|Adopt the", "code|Clerk|May|Done|Too|much"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_put_together_only_if_it_comes_out_exactly(name):
    lines, expected = BROKEN[name]
    document, more = whole_rows(read_text("\n".join([HEAD, *lines]), "plan.txt"))
    got = ["|".join(b.cells) if isinstance(b, Row) else b.text for b in document.blocks]
    assert got == [HEAD.replace("\t", "|"), *expected]
    whole = len(document.blocks) + sum(map(len, more.values()))
    assert whole == len([line for line in lines if line]) + 1


def test_a_row_of_a_word_document_is_a_row():
    document = document_of(
        ["| Ref | Action | Lead | Due |", "| 1 | Adopt |", "| the code | Clerk |"]
    )
    assert whole_rows(document) == (document, {})


def test_a_bar_within_a_cell_of_markdown_is_text_and_is_put_to_a_person():
    reading = read_lines(
        "| Ref | Action | Lead | Due | Status |",
        "| 1 | See [the code | old](x) | Clerk | May 2020 | Open |",
        "| 2 | Train | Clerk | May 2020 | Open |",
        "| 3 | Go | Clerk | May 2020 | Off target | for now |",
        kind="markdown",
    )
    assert [
        (m.milestone, m.smt_lead.raw, m.status.raw, m.extra) for m in reading.plan.milestones
    ] == [
        ("See [the code|old](x)", "Clerk", "Open", {}),
        ("Train", "Clerk", "Open", {}),
        ("Go", "Clerk", "Off target|for now", {}),
    ]
    said = [note.message for note in reading.notes if note.kind is Kind.LOOK]
    assert [text.partition(":")[0] for text in said] == [
        "This row has 1 cell more than there are headings",
        "This row has 1 cell more than there are headings",
    ]
