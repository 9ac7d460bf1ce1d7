"""The committee pack as a Word document: all that stands on the pages, readable by everybody."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import agsxl.report.wordfile as wordfile
from agsxl.errors import OutputError, SettingsError
from agsxl.pages import (
    MOST_ROWS,
    Bars,
    Column,
    Line,
    Pages,
    Section,
    Series,
    Table,
    Tone,
    Toned,
    Trend,
    shown,
)
from agsxl.report.charts import TINTS
from agsxl.report.sheets import writable
from agsxl.report.word import column_widths, word_bytes, write_word
from agsxl.report.wordtemplate import template_bytes
from agsxl.resources import resource
from tests.accessible_word import WP, C, R, W, faults_of_document, style_names, style_of, text_of
from tests.files import by_office

DAY = date(2026, 9, 30)
T = Tone
TITLE = "Governance action plan 2026/27: progress report"
HOSTILE = "=1+1 & <b>bold</b> ]]> \"q\" 'a'\nsecond line\tafter a tab"


def moves(rows: int) -> Table:
    return Table(
        "DateMoves",
        "Date moves since 30 June 2026",
        (
            Column("Ref", 6), Column("Milestone", 40), Column("SMT lead", 18), Column("Old date", 11),
            Column("New date", 11), Column("Days", 7), Column("Reason", 28),
        ),
        tuple(
            (
                f"A{i}", HOSTILE if i == 1 else f"Review the partnership register, part {i}",
                "Head of Law", date(2026, 6, 30), date(2026, 11, 30) if i % 2 else "not known",
                1000 + i, "Tender was late" if i % 2 else "none recorded",
            )
            for i in range(1, rows + 1)
        ),
        "No date has moved since 30 June 2026.",
    )  # fmt: skip


FIGURES = Table(
    "Figures",
    "How the plan stands",
    (Column("Figure", 30), Column("Now", 14), Column("Before", 14), Column("Change", 10)),
    (
        ("Milestones", 1240, 39, "+1"),
        (Toned("Complete", T.GOOD), 21, 17, "+4"),
        (Toned("Overdue", T.LATE), 7, "not known", "no change"),
        ("All", 1247, 56, "+5"),
    ),
    "",
    total=True,
)
ASKED = Table(
    "Extensions",
    "Extensions asked for",
    (Column("Ref", 6), Column("Milestone", 40), Column("Proposed date", 12),
     Column("Reason", 30), Column("Share", 8), Column("Decision", 18, entry=True)),
    (("1.1", "Adopt the procurement strategy", date(2027, 1, 31), "Legal advice. " * 20, 0.5, ""),),
    "Nobody has asked for a later date.",
)  # fmt: skip
BARS = Bars(
    "Milestones by theme",
    "Stacked bars: Ethics & standards: 5 complete, 2 overdue",
    ("Ethics & standards", "Partnership <governance>"),
    (Series("Complete", T.GOOD, (5, 3)), Series("Overdue", T.LATE, (2, 0))),
)
TREND = Trend(
    "Milestone trend",
    "Target dates at two reporting dates: B4 rose",
    (date(2026, 6, 30), DAY),
    (Line("B4", (DAY, date(2027, 1, 31))), Line("A1", (date(2026, 6, 30), None), completed=True)),
)
NARROW = Table("Short", "Two columns", (Column("Ref", 8), Column("Which", 12)), (("A1", "x"),), "")
NONE = Table("Missing", "Complete without evidence", (Column("Ref", 6),), (), "All have evidence.")


def section(key: str, *sentences: str, **more: object) -> Section:
    return Section(key, f"About {key}", key, sentences, **more)  # type: ignore[arg-type]


def pages(*sections: Section) -> Pages:
    return Pages(
        TITLE,
        "Report to the committee, on 30 September 2026",
        "Wexcombe Borough Council",
        DAY,
        (("Reporting date", "30 September 2026"), ("Plan", "action-plan.xlsm, sheet <Plan>")),
        sections,
    )


def pack(rows: int = 12) -> Pages:
    return pages(
        section("summary", "21 are complete.", "7 are overdue.", table=FIGURES, points=True),
        section("extensions", "One lead asks.", table=ASKED, decision=True),
        section("moves", "Each move is listed.", "With who approved it.", table=moves(rows)),
        section("evidence", "Evidence is asked for first.", table=NONE),
        section("themes", "Each is counted once.", chart=BARS),
        section("trend", "A line that rises is slipping.", table=NARROW, chart=TREND),
        section("rules", "No data query is switched off."),
    )


class Read:
    """A document read back, without the code that wrote it."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            self.parts = {name: package.read(name) for name in package.namelist()}
        self.roots = {
            name: etree.fromstring(blob)
            for name, blob in self.parts.items()
            if name.endswith((".xml", ".rels"))
        }
        self.body = self.roots["word/document.xml"].find(f"{W}body")
        self.names = style_names(self.roots)

    def paragraphs(self, style: str = "") -> list[str]:
        """The texts outside of tables, of one style or of all."""
        return [
            text_of(each)
            for each in self.body.iterchildren(f"{W}p")
            if not style or self.names.get(style_of(each)) == style
        ]

    def tables(self) -> list[list[list[str]]]:
        return [
            [
                ["\n".join(text_of(p) for p in cell.iter(f"{W}p")) for cell in row.iter(f"{W}tc")]
                for row in table.iter(f"{W}tr")
            ]
            for table in self.body.iterchildren(f"{W}tbl")
        ]

    def rows(self, table: int) -> list[etree._Element]:
        return self.body.findall(f"{W}tbl")[table].findall(f"{W}tr")

    def sections(self) -> list[tuple[str, list[str]]]:
        """How the pages of each section lie, and the headings that stand on them."""
        found: list[tuple[str, list[str]]] = []
        headings: list[str] = []
        for block in self.body:
            if self.names.get(style_of(block)) == "heading 1":
                headings.append(text_of(block))
            ends = block if block.tag == f"{W}sectPr" else block.find(f"{W}pPr/{W}sectPr")
            if ends is not None:
                size = ends.find(f"{W}pgSz")
                wide = int(size.get(f"{W}w")) > int(size.get(f"{W}h"))
                assert wide == (size.get(f"{W}orient") == "landscape")
                found.append(("on its side" if wide else "upright", headings))
                headings = []
        return found

    def everywhere(self) -> str:
        """All text of the body, the headers and the footers."""
        return "\n".join(
            text_of(root)
            for name, root in self.roots.items()
            if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name)
        )


def read(made: Pages, **options: object) -> Read:
    return Read(word_bytes(made, **options)[0])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole() -> Read:
    return read(pack())


# -- what stands on the pages ------------------------------------------------------------------


def in_words(value: object) -> str:
    """A cell as a person reads it, said here once more: dates by day, numbers with commas."""
    if isinstance(value, Toned):
        return value.text
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def test_the_document_shows_all_that_stands_on_the_pages(whole):
    made = pack()
    text = whole.everywhere()
    assert whole.paragraphs("title") == [made.title]
    assert whole.paragraphs("subtitle") == [made.subtitle]
    about = [f"{a}:\t{b}" for a, b in made.about]
    assert whole.paragraphs("pack about") == [made.council, *about]
    assert whole.paragraphs("heading 1") == [s.heading for s in made.sections]
    for each in made.sections:
        for sentence in each.sentences:
            assert sentence in text
    tables = [s.table for s in made.sections if s.table and s.table.rows]
    expected = [
        [[c.heading for c in t.columns], *([in_words(v) for v in row] for row in t.rows)]
        for t in tables
    ]
    assert whole.tables() == expected
    assert [c for c in whole.paragraphs("caption") if c.startswith("Table")] == [
        f"Table {n}: {t.caption}" for n, t in enumerate(tables, 1)
    ]
    assert [c for c in whole.paragraphs("caption") if c.startswith("Chart")] == [
        "Chart 1: Milestones by theme", "Chart 2: Milestone trend",
    ]  # fmt: skip
    assert "All have evidence." in whole.paragraphs("body text")
    for mark in ("title", "subtitle", "council", "date", "about", "pack"):
        assert f"{{{{{mark}}}}}" not in text


def test_points_are_a_list_and_other_sentences_a_paragraph(whole):
    assert whole.paragraphs("list bullet") == ["21 are complete.", "7 are overdue."]
    assert "Each move is listed. With who approved it." in whole.paragraphs("body text")


def test_headers_and_footers_say_whose_pack_it_is_and_which_page(whole):
    assert text_of(whole.roots["word/header1.xml"]) == TITLE
    footer = whole.roots["word/footer1.xml"]
    assert text_of(footer) == "30 September 2026 | Page 1 of 1"
    fields = [each.get(f"{W}instr").strip() for each in footer.iter(f"{W}fldSimple")]
    assert fields == ["PAGE", "NUMPAGES"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1234567, "1,234,567"), (-1234, "-1,234"), (0.5, "0.5"), (1234.0, "1,234"),
        (12345.25, "12,345.25"), (date(2026, 9, 3), "03/09/2026"), (date(987, 1, 2), "02/01/0987"),
        (Toned("Overdue", T.LATE), "Overdue"), ("=1+1", "=1+1"),
    ],
)  # fmt: skip
def test_a_cell_is_shown_as_people_write_it(value, said):
    assert shown(value) == said


def test_a_decision_is_asked_for_in_words_and_has_a_box_to_write_in(whole):
    (note,) = whole.paragraphs("pack note")
    assert note.startswith("For decision: ")
    assert "“Decision”" in note
    row = whole.rows(1)[1]
    box = row.findall(f"{W}tc")[-1]
    sides = {etree.QName(each).localname for each in box.find(f"{W}tcPr/{W}tcBorders")}
    assert sides == {"top", "left", "bottom", "right"}
    assert text_of(box) == ""
    assert int(row.find(f"{W}trPr/{W}trHeight").get(f"{W}val")) >= 567  # a centimetre
    nothing = section("x", "One.", table=replace(ASKED, rows=()), decision=True)
    assert read(pages(nothing)).paragraphs("pack note") == []
    plain = replace(ASKED, columns=(*ASKED.columns[:-1], Column("Said", 9)))
    (said,) = read(pages(section("x", table=plain, decision=True))).paragraphs("pack note")
    assert said == "For decision: the committee is asked to decide on each row of the table."
    two = replace(
        ASKED, columns=(*ASKED.columns[:-2], Column("Yes", 9, True), Column("No", 9, True))
    )
    (said,) = read(pages(section("x", table=two, decision=True))).paragraphs("pack note")
    assert said.endswith("in the columns “Yes” and “No”.")


@pytest.mark.parametrize(
    ("rows", "total", "shown_rows", "said"),
    [
        (250, False, 250, ""),
        (251, False, 250, "the first 250 of 251 rows. 1 more is not shown"),
        (5000, False, 250, "the first 250 of 5,000 rows. 4,750 more are not shown"),
        (5000, True, 250, "the first 249 of 4,999 rows. 4,750 more are not shown"),
    ],
)
def test_a_long_table_says_how_much_more_there_is_and_where(rows, total, shown_rows, said):
    assert MOST_ROWS == 250
    table = replace(moves(rows), total=total)
    done = read(pages(section("Moved dates", table=table)), workbook="pack.xlsx")
    assert len(done.tables()[0]) == shown_rows + 1
    notes = done.paragraphs("pack note")
    assert len(notes) == bool(said)
    for note in notes:
        assert said in note
        assert "sheet “Moved dates” of the workbook pack.xlsx" in note
    assert done.tables()[0][-1][0] == (f"A{rows}" if total else "A250")
    without = read(pages(section("x", table=table))).paragraphs("pack note")
    assert all("the workbook of this pack" in note for note in without)


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE, "x" * 5000, "word " * 1000, "علي بن محمد", "שלום, world 123", "👩🏽‍💼 done", "{{title}}",
        "{{pack}} and {{about}}", "  spaces  ", "\ttab first", "line\n\nline", "&amp; &lt;", "<r>x</r>",
        "\u2028 and \u00a0", "a\x07b\x0bc\ud800", "\r\nnext\rnext", "%s %d {0} \\1", "",
    ],
)  # fmt: skip
def test_a_text_of_the_plan_comes_through_as_typed(text):
    table = Table("T", text or "c", (Column("Ref", 8), Column(text or "h", 20)), (("A", text),), "")
    bars = Bars(text or "t", text or "a", (text or "c",), (Series(text or "s", T.GOOD, (1,)),))
    told = section("x", text, table=table, chart=bars)
    made = replace(pages(told, replace(told, points=True)), title=text or "t", council=text)
    done = read(made)
    kept = writable(text)
    assert kept in done.paragraphs("body text" if text else "")
    assert (kept in done.paragraphs("list bullet")) is bool(text)
    assert done.tables()[0][1][1] == kept
    assert done.paragraphs("title") == [writable(text or "t")]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_comes_through_as_a_cell_can_hold_it(text):
    table = Table("T", "c", (Column("Ref", 8), Column("Text", 20)), (("A", text),), "")
    done = read(replace(pages(section("x", table=table)), title=f"t{text}"))
    assert done.tables()[0][1][1] == writable(text)
    assert done.paragraphs("title") == [writable(f"t{text}")]


def test_letters_that_are_written_from_right_to_left_say_so():
    done = read(pages(section("x", "שלום, world 123 עולם"), section("y", "about שלום")))
    first, second = (p for p in done.body.iter(f"{W}p") if "שלום" in text_of(p))
    assert first.find(f"{W}pPr/{W}bidi") is not None
    assert second.find(f"{W}pPr/{W}bidi") is None
    rights = [
        text_of(run) for run in done.body.iter(f"{W}r") if run.find(f"{W}rPr/{W}rtl") is not None
    ]
    assert rights == ["שלום", "עולם", "שלום"]


# -- how it looks ------------------------------------------------------------------------------


def test_wide_tables_lie_on_their_side_and_what_follows_turns_back_only_if_worth_it(whole):
    assert whole.sections() == [
        ("upright", ["About summary"]),
        ("on its side", ["About extensions", "About moves", "About evidence"]),
        ("upright", ["About themes", "About trend", "About rules"]),
    ]


@pytest.mark.parametrize(
    ("sections", "lie"),
    [
        ("n", ["upright"]),
        ("w", ["upright", "on its side"]),  # the cover stands upright whatever follows
        ("nn", ["upright"]),
        ("nw", ["upright", "on its side"]),
        ("nwnw", ["upright", "on its side"]),  # two lines are not worth a page of their own
        ("nwlw", ["upright", "on its side", "upright", "on its side"]),
        ("nwcn", ["upright", "on its side", "upright"]),
        ("ntww", ["upright", "on its side"]),  # little goes with the wide table that follows,
        ("nctw", ["upright", "on its side"]),  # unless it has a page to stand on
        ("nttc", ["upright"]),
        ("wt", ["upright", "on its side"]),
        ("", ["upright"]),
    ],
)
def test_pages_are_turned_no_more_often_than_needed(sections, lie):
    kinds = {
        "n": {"table": NARROW},
        "t": {},
        "w": {"table": moves(3)},
        "l": {"table": replace(NARROW, rows=(("A", "b"),) * 20)},
        "c": {"chart": BARS},
    }
    made = pages(*(section(f"s{n}", "One.", **kinds[k]) for n, k in enumerate(sections)))
    done = read(made)
    assert [way for way, _ in done.sections()] == lie
    assert done.paragraphs("heading 1") == [s.heading for s in made.sections]


def test_what_has_little_to_show_stands_where_it_saves_a_page():
    little, wide = {}, {"table": moves(3)}
    for kinds, groups in {
        "summary little wide": [["summary"], ["little", "wide"]],
        "summary chart little wide": [["summary", "chart", "little"], ["wide"]],
        "summary wide little chart": [["summary"], ["wide", "little"], ["chart"]],
        "summary little": [["summary", "little"]],
    }.items():
        kind = {"wide": wide, "chart": {"chart": BARS}}
        made = pages(*(section(each, "One.", **kind.get(each, little)) for each in kinds.split()))
        said = [
            [h.removeprefix("About ") for h in headings] for _, headings in read(made).sections()
        ]
        assert said == groups


def test_six_columns_are_wide_and_five_are_not():
    def way(columns: int) -> str:
        row = tuple("x" for _ in range(columns))
        heads = tuple(Column(f"C{n}", 9) for n in range(columns))
        return read(
            pages(section("a"), section("b", table=Table("T", "c", heads, (row,), "")))
        ).sections()[-1][0]

    assert [way(5), way(6)] == ["upright", "on its side"]
    empty = replace(moves(3), rows=())
    assert read(pages(section("a"), section("b", table=empty))).sections()[-1][0] == "upright"


def test_the_first_section_has_its_page_to_itself():
    done = read(pages(section("a", "One."), section("b", "Two."), section("c", "Three.")))
    begins = [
        text_of(p)
        for p in done.body.iter(f"{W}p")
        if p.find(f"{W}pPr/{W}pageBreakBefore") is not None
    ]
    assert begins == ["About b"]
    turned = read(pages(section("a", "One."), section("b", table=moves(2)), section("c", "Three.")))
    assert not list(turned.body.iter(f"{W}pageBreakBefore"))


def test_headers_and_footers_go_on_through_all_pages(whole):
    found = list(whole.body.iter(f"{W}sectPr"))
    assert [len(each.findall(f"{W}headerReference")) for each in found] == [1, 0, 0]
    assert [len(each.findall(f"{W}footerReference")) for each in found] == [1, 0, 0]


def test_headings_repeat_and_rows_stay_together(whole):
    for number in range(len(whole.tables())):
        rows = whole.rows(number)
        heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows]
        assert heads == [True] + [False] * (len(rows) - 1)
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)


def test_a_row_longer_than_half_a_page_may_break():
    def breaks(words: int) -> bool:
        row = ("A", "word " * words)
        table = Table("T", "c", (Column("Ref", 8), Column("Text", 60)), (row,), "")
        return (
            read(pages(section("x", table=table))).rows(0)[1].find(f"{W}trPr/{W}cantSplit") is None
        )

    assert [breaks(100), breaks(1500)] == [False, True]


def keeps(done: Read, table: int = 0) -> list[bool]:
    return [
        all(p.find(f"{W}pPr/{W}keepNext") is not None for p in row.iter(f"{W}p"))
        for row in done.rows(table)
    ]


def test_a_small_table_stays_on_one_page_and_a_total_with_the_row_above(whole):
    assert keeps(whole) == [True, True, True, True, False]
    small = read(pages(section("x", table=moves(5))))
    assert keeps(small) == [True] * 5 + [False]
    long = read(pages(section("x", table=moves(60))))
    assert keeps(long) == [True] * 2 + [False] * 59
    high = replace(moves(60), rows=(("A", "word " * 400, *moves(1).rows[0][2:]), *moves(59).rows))
    assert keeps(read(pages(section("x", table=high)))) == [True] + [False] * 60
    total = read(pages(section("x", table=replace(moves(60), total=True))))
    assert keeps(total) == [True] * 2 + [False] * 57 + [True, False]


def test_what_introduces_a_chart_or_table_stays_with_it(whole):
    stay = {text_of(p): p.find(f"{W}pPr/{W}keepNext") is not None for p in whole.body.iter(f"{W}p")}
    assert stay["Each is counted once."]
    assert stay["7 are overdue."]
    assert not stay["21 are complete."]
    assert not stay["No data query is switched off."]
    assert all(kept for text, kept in stay.items() if re.match(r"(Table|Chart) \d", text))


def test_tables_fit_the_page_and_their_columns_are_fixed(whole):
    rooms = {"upright": 11906 - 2 * 1134, "on its side": 16838 - 2 * 1134}
    for table, way in zip(
        whole.body.iter(f"{W}tbl"),
        ["upright", "on its side", "on its side", "upright"],
        strict=True,
    ):
        grid = [int(each.get(f"{W}w")) for each in table.iter(f"{W}gridCol")]
        assert sum(grid) <= rooms[way]
        assert int(table.find(f"{W}tblPr/{W}tblW").get(f"{W}w")) == sum(grid)
        assert table.find(f"{W}tblPr/{W}tblLayout").get(f"{W}type") == "fixed"


def test_a_date_and_a_heading_are_never_divided_where_there_is_room():
    columns = (Column("Ref", 1), Column("Superseded", 1), Column("Old date", 1), Column("Text", 90))
    rows = (("A", 1, DAY, "long text " * 30),)
    widths = column_widths(columns, rows, 13000)
    assert sum(widths) == 13000
    # In Arial of 10 points a date is 50 points wide, "Superseded" in bold 59.
    assert widths[1] > 59 * 20 + 170
    assert widths[2] > 50 * 20 + 170
    assert widths[3] > 9000


@pytest.mark.parametrize("room", [2835, 5000, 9638, 14570])
@pytest.mark.parametrize("count", [1, 2, 6, 12, 30])
def test_columns_always_fit_together(room, count):
    columns = tuple(Column(f"Heading{n}", 1 + n % 7 * 9) for n in range(count))
    rows = (tuple("x" * (n * 13) or "a" for n in range(count)),)
    widths = column_widths(columns, rows, room)
    assert len(widths) == count
    assert sum(widths) <= room
    assert min(widths) > 0


def test_columns_are_as_wide_to_each_other_as_the_pages_say():
    columns = (Column("Ref", 10), Column("Text", 50), Column("More", 40))
    first, second, third = column_widths(columns, (("a", "b", "c"),), 10000)
    assert second / first == pytest.approx(5, rel=0.02)
    assert third / first == pytest.approx(4, rel=0.02)


def test_a_very_long_word_leaves_the_others_half_of_their_room_at_least():
    columns = (Column("Ref", 10), Column("Text", 50), Column("Address", 40))
    assert column_widths(columns, (("A", "words here", "x"),), 10000) == [1000, 5000, 4000]
    ref, text, _ = column_widths(columns, (("A", "words here", "x" * 400),), 10000)
    assert ref >= 500
    assert 2500 <= text < 3000


def test_a_column_with_much_to_say_gets_room_of_those_with_little():
    columns = (
        Column("Ref", 10),
        Column("Text", 40),
        Column("Lead", 10),
        Column("Yes", 40, entry=True),
    )
    rows = tuple(
        (f"A{n}", "Short", "Director of Enterprise and Communities", "") for n in range(90)
    )
    ref, text, lead, box = column_widths(columns, rows, 9638)
    assert lead > 3 * ref
    assert text >= column_widths(columns, (("A1", "Short", "Yes", ""),), 4000)[1] - 400
    assert box > 3500  # nearly as the pages say: a box to write in keeps its room
    even = (Column("Ref", 10), Column("Text", 50), Column("More", 40))
    assert column_widths(even, (("A", "b", "c"),), 9638) == column_widths(
        even, (("A", "b c", "d"),), 9638
    )


def aligned(done: Read, table: int) -> list[list[str]]:
    return [
        [
            "" if p.find(f"{W}pPr/{W}jc") is None else p.find(f"{W}pPr/{W}jc").get(f"{W}val")
            for p in row.iter(f"{W}p")
        ]
        for row in done.rows(table)
    ]


def test_figures_stand_to_the_right_with_their_heading(whole):
    assert aligned(whole, 0) == [["", "right", "right", "right"]] * 5
    # A Ref such as 1.1 is no figure; half of one is.
    assert aligned(whole, 1) == [["", "", "", "", "right", ""]] * 2
    rows = (("A", "none"), ("B", 4), ("C", "not known"), ("D", "10 days"))
    table = Table("T", "c", (Column("Ref", 8), Column("Days", 9)), rows, "")
    assert aligned(read(pages(section("x", table=table))), 0) == [["", ""]] * 5
    assert aligned(whole, 2)[3] == ["", "", "", "", "", "right", ""]


def test_a_colour_repeats_what_the_words_say(whole):
    tinted = {
        text_of(cell): cell.find(f"{W}tcPr/{W}shd").get(f"{W}fill")
        for cell in whole.body.iter(f"{W}tc")
        if cell.find(f"{W}tcPr/{W}shd") is not None
    }
    assert tinted == {"Complete": TINTS[T.GOOD][1:], "Overdue": TINTS[T.LATE][1:]}


def test_a_total_is_marked_as_one(whole):
    looks = [each.get(f"{W}lastRow") for each in whole.body.iter(f"{W}tblLook")]
    assert looks == ["1", "0", "0", "0"]


# -- charts ------------------------------------------------------------------------------------


def chart_parts(done: Read) -> list[tuple[etree._Element, bytes]]:
    """Each chart in the order of the document, and the workbook that its data are in."""
    relations = {
        each.get("Id"): each.get("Target") for each in done.roots["word/_rels/document.xml.rels"]
    }
    found = []
    for each in done.body.iter(f"{C}chart"):
        name = "word/" + relations[each.get(f"{R}id")]
        space = done.roots[name]
        external = space.find(f"{C}externalData")
        rels = done.roots[name.replace("charts/", "charts/_rels/") + ".rels"]
        target = {rel.get("Id"): rel.get("Target") for rel in rels}[external.get(f"{R}id")]
        found.append((space, done.parts[target.replace("../", "word/")]))
    return found


def test_charts_are_native_and_carry_their_data(whole):
    from openpyxl import load_workbook

    (bars, bar_data), (trend, trend_data) = chart_parts(whole)
    assert bars.find(f".//{C}barChart") is not None
    values = [
        [int(float(v.text)) for v in series.findall(f"{C}val//{C}v")]
        for series in bars.iter(f"{C}ser")
    ]
    assert values == [[5, 3], [2, 0]]
    assert [v.text for v in bars.find(f".//{C}ser").findall(f"{C}cat//{C}v")] == list(
        BARS.categories
    )
    for space, data in ((bars, bar_data), (trend, trend_data)):
        assert space.find(f"{C}externalData/{C}autoUpdate").get("val") == "0"
        sheet = load_workbook(io.BytesIO(data)).active
        for formula in space.iter(f"{C}f"):
            name, _, _ = formula.text.rpartition("!")
            assert name.strip("'") == sheet.title
    sheet = load_workbook(io.BytesIO(bar_data)).active
    assert [[c.value for c in row[1:3]] for row in sheet.iter_rows(min_row=2, max_row=3)] == [
        [5, 2],
        [3, 0],
    ]


def test_a_chart_has_its_alternative_text_and_its_title_once(whole):
    drawings = list(whole.body.iter(f"{WP}docPr"))
    assert [each.get("descr") for each in drawings] == [BARS.alt, TREND.alt]
    assert [each.get("title") for each in drawings] == [BARS.title, TREND.title]
    for space, _ in chart_parts(whole):
        assert space.find(f"{C}chart/{C}title") is None
        assert space.find(f"{C}chart/{C}autoTitleDeleted").get("val") == "1"


def test_a_chart_is_not_cut_by_a_style_with_lines_of_a_fixed_height(whole):
    for drawing in whole.body.iter(f"{W}drawing"):
        spacing = drawing.getparent().getparent().find(f"{W}pPr/{W}spacing")
        assert spacing.get(f"{W}lineRule") == "auto"


def test_a_chart_fits_its_page():
    many = Bars("t", "a", tuple(f"Theme {n}" for n in range(60)), (Series("s", T.GOOD, (1,) * 60),))
    done = read(pages(section("a", chart=many), section("b", table=moves(2), chart=BARS)))
    for extent, (width, height) in zip(
        done.body.iter(f"{WP}extent"), [(9638, 14457), (14570, 9525)], strict=True
    ):
        assert 0.3 * width * 635 < int(extent.get("cx")) <= width * 635
        assert int(extent.get("cy")) <= 0.76 * height * 635


# -- the file ----------------------------------------------------------------------------------


def test_everybody_can_read_it(tmp_path):
    path, notes = write_word(tmp_path / "pack.docx", pack(300))
    assert notes == ()
    assert faults_of_document(path) == []


def test_it_says_what_it_is_and_of_which_day(whole):
    core = whole.roots["docProps/core.xml"]
    said = {etree.QName(each).localname: each.text for each in core}
    assert said["title"] == TITLE
    assert said["creator"] == "Wexcombe Borough Council"
    assert said["created"] == said["modified"] == "2026-09-30T12:00:00Z"
    assert not said.get("lastModifiedBy")


def test_it_does_not_say_who_worked_on_its_template(tmp_path):
    template = changed(
        tmp_path / "t.docx",
        core=lambda t: t.replace(
            "<dc:title>", "<cp:lastModifiedBy>Ann Lee</cp:lastModifiedBy><dc:title>"
        ),
    )
    assert b"Ann Lee" in zipfile.ZipFile(template).read("docProps/core.xml")
    assert b"Ann Lee" not in read(pack(2), template=template).parts["docProps/core.xml"]


def test_the_same_pages_give_the_same_bytes(monkeypatch):
    first = word_bytes(pack())[0]
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr(
        time, "localtime", lambda *_: time.struct_time((2033, 5, 18, 3, 33, 20, 2, 138, 0))
    )
    assert word_bytes(pack())[0] == first


def test_it_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "pack.docx"
    path.write_bytes(b"the one before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        write_word(path, pack(2))
    assert path.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_said_before_the_template_is_read(tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        write_word(tmp_path / "none" / "pack.docx", pack(2), template=tmp_path / "missing.docx")


def test_five_thousand_rows_are_quick(tmp_path, monkeypatch):
    table = moves(5000)
    made = pages(*(section(f"s{n}", "One.", table=table) for n in range(10)))
    begin = time.process_time()  # of this program: others may be busy beside it
    write_word(tmp_path / "pack.docx", made)
    assert time.process_time() - begin < 2
    # Nor does a table take the square of its length.
    monkeypatch.setattr("agsxl.pages.MOST_ROWS", 2000)
    begin = time.process_time()
    word_bytes(pages(section("a", table=moves(2000))))
    assert time.process_time() - begin < 2


# -- the template ------------------------------------------------------------------------------


def test_the_template_is_the_one_that_the_code_makes():
    """After a change: python -m agsxl.report.wordtemplate."""
    assert resource("templates", "pack/pack.docx").read_bytes() == template_bytes()


def changed(path: Path, **parts: object) -> Path:
    """The template with parts changed: a function of the text, or the text itself; None takes it out."""
    with zipfile.ZipFile(io.BytesIO(template_bytes())) as package:
        every = {name: package.read(name) for name in package.namelist()}
    for name, new in parts.items():
        short = {
            "types": "[Content_Types].xml",
            "rels": "_rels/.rels",
            "more": "word/extra.bin",
            "core": "docProps/core.xml",
        }
        full = short.get(name, f"word/{name}.xml")
        if new is None:
            del every[full]
        else:
            text = new(every[full].decode()) if callable(new) else new
            every[full] = text.encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, data in every.items():
            package.writestr(name, data)
    return path


def in_body(*blocks: str, section: str = ""):
    """A body of these blocks, and the template's own pages, as a change of its document."""

    def change(text: str) -> str:
        page = re.search(r"<w:sectPr>.*</w:sectPr>", text)[0]
        last = section or page
        body = "".join(blocks).replace("<PAGE/>", page)
        return re.sub(r"<w:body>.*</w:body>", lambda _: f"<w:body>{body}{last}</w:body>", text)

    return change


def para(text: str, style: str = "BodyText") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


RUN = "<w:r><w:t>{}</w:t></w:r>"
CELL = '<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="900"/></w:tblGrid><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>'


def test_marks_are_filled_wherever_they_stand(tmp_path):
    box = (
        '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>'
        f"{para('{{subtitle}}')}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
    )
    template = changed(
        tmp_path / "t.docx",
        document=in_body(para("For {{council}}, on {{date}}."), CELL.format(para("{{title}}")), box,
                         para("{{pack}}"), CELL.format(para("{{about}}")), para("By {{ Title }}")),
        header1=lambda text: text.replace("{{title}}", "{{subtitle}} {{about}}"),
    )  # fmt: skip
    done = read(pack(2), template=template)
    text = done.everywhere()
    assert "For Wexcombe Borough Council, on 30 September 2026." in text
    assert text.count("Report to the committee, on 30 September 2026") == 2
    assert done.tables()[0] == [[TITLE]]
    assert done.tables()[-1] == [
        ["Reporting date:\t30 September 2026\nPlan:\taction-plan.xlsm, sheet <Plan>"]
    ]
    assert f"By {TITLE}" in done.paragraphs()
    assert "{{" not in text
    assert text_of(done.roots["word/header1.xml"]).count("Reporting date:") == 1


@pytest.mark.parametrize(
    "runs",
    [
        "<w:r><w:t>A {{ti</w:t></w:r><w:r><w:t>tle}} B</w:t></w:r>",
        "<w:r><w:t>A {</w:t></w:r><w:proofErr w:type='spellStart'/><w:r><w:rPr><w:b/></w:rPr><w:t>{</w:t></w:r>"
        "<w:r><w:t>title</w:t></w:r><w:r><w:t>}</w:t></w:r><w:r><w:t>} B</w:t></w:r>",
        "<w:r><w:t xml:space='preserve'>A </w:t><w:t>{{TITLE</w:t><w:t xml:space='preserve'>}} B</w:t></w:r>",
        "<w:sdt><w:sdtContent><w:r><w:t>A {{\u00a0title }} B</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:ins w:id='9' w:author='x'><w:r><w:t>A {{title}} B</w:t></w:r></w:ins>",
    ],
)  # fmt: skip
def test_a_mark_that_word_has_divided_is_found_all_the_same(tmp_path, runs):
    template = changed(
        tmp_path / "t.docx", document=in_body(f"<w:p>{runs}</w:p>", para("{{pack}}"))
    )
    assert read(pack(2), template=template).paragraphs()[0] == f"A {TITLE} B"


def test_several_marks_of_one_paragraph_keep_their_order(tmp_path):
    runs = RUN.format("1{{date}}2{{coun") + RUN.format("cil}}3{{title}}4{{date}}") + RUN.format("5")
    template = changed(
        tmp_path / "t.docx", document=in_body(f"<w:p>{runs}</w:p>", para("{{pack}}"))
    )
    made = replace(pack(2), title="T", council="C\nD")
    assert (
        read(made, template=template).paragraphs()[0]
        == "130 September 20262C\nD3T430 September 20265"
    )


def test_what_is_no_mark_of_ours_stays(tmp_path):
    odd = ["{{reference}}", "{title}", "{{ti tle}}", "{{title", "{{}}", "Committee Room 2"]
    broken = "<w:p><w:r><w:t>{{ti</w:t><w:br/><w:t>tle}}</w:t></w:r></w:p>"
    template = changed(
        tmp_path / "t.docx", document=in_body(*map(para, odd), broken, para("{{pack}}"))
    )
    done = read(pack(2), template=template)
    assert done.paragraphs()[:7] == [*odd, "{{ti\ntle}}"]


def test_a_mark_that_the_plan_holds_is_a_text(tmp_path):
    made = replace(pack(2), title="{{council}} {{pack}}", council="{{title}}")
    done = read(made)
    assert done.paragraphs("title") == ["{{council}} {{pack}}"]
    assert text_of(done.roots["word/header1.xml"]) == "{{council}} {{pack}}"
    assert done.paragraphs()[0] == "{{title}}"
    assert len(done.paragraphs("heading 1")) == len(made.sections)


def test_marks_may_be_dropped_or_moved(tmp_path):
    template = changed(
        tmp_path / "t.docx", document=in_body(para("{{pack}}"), para("{{title}}", "Title"))
    )
    data, notes = word_bytes(pack(2), template=template)
    done = Read(data)
    assert notes == ()
    assert done.paragraphs("title") == [TITLE]
    assert done.paragraphs("title")[0] == [p for p in done.paragraphs() if p][-1]


def test_what_is_around_the_pack_keeps_its_own_pages(tmp_path):
    wide = pages(section("a", table=moves(2)))
    template = changed(
        tmp_path / "t.docx", document=in_body(para("Cover"), para("{{pack}}"), para("End"))
    )
    done = read(wide, template=template)
    assert [way for way, _ in done.sections()] == ["upright", "on its side", "upright"]
    ends = [text_of(block) for block in done.body if block.find(f"{W}pPr/{W}sectPr") is not None]
    assert ends == ["Cover", ""]
    assert done.paragraphs()[-1] == "End"
    alone = changed(tmp_path / "s.docx", document=in_body(para("{{pack}}")))
    assert [way for way, _ in read(wide, template=alone).sections()] == ["on its side"]
    # Word leaves an empty paragraph at the end: it is not worth a page.
    lone = changed(tmp_path / "u.docx", document=in_body(para("Cover"), para("{{pack}}"), "<w:p/>"))
    assert [way for way, _ in read(wide, template=lone).sections()] == ["upright", "on its side"]


ENDS = "<w:p><w:pPr><PAGE/></w:pPr>{}</w:p>"


def test_a_part_that_has_ended_is_not_ended_again(tmp_path):
    wide = pages(section("a", table=moves(2)))
    cover = ENDS.format(RUN.format("Cover"))
    template = changed(tmp_path / "t.docx", document=in_body(cover, para("{{pack}}")))
    path, _ = write_word(tmp_path / "one.docx", wide, template=template)
    assert [way for way, _ in Read(path.read_bytes()).sections()] == ["upright", "on its side"]
    assert faults_of_document(path) == []
    tracked = para("Cover").replace(
        "</w:pPr>", '<w:pPrChange w:id="1" w:author="x"><w:pPr/></w:pPrChange></w:pPr>'
    )
    template = changed(tmp_path / "w.docx", document=in_body(tracked, para("{{pack}}")))
    path, _ = write_word(tmp_path / "two.docx", wide, template=template)
    assert faults_of_document(path) == []
    template = changed(
        tmp_path / "u.docx", document=in_body(para("{{pack}}"), ENDS.format(""), para("End"))
    )
    done = read(wide, template=template)
    assert [way for way, _ in done.sections()] == ["on its side", "upright"]
    template = changed(
        tmp_path / "v.docx",
        document=in_body(cover, ENDS.format(RUN.format("{{pack}}")), para("End")),
    )
    assert [way for way, _ in read(wide, template=template).sections()] == [
        "upright", "on its side", "upright",
    ]  # fmt: skip
    path, _ = write_word(tmp_path / "none.docx", pages(), template=template)
    assert len(list(Read(path.read_bytes()).body.iter(f"{W}sectPr"))) == 3
    assert "a paragraph ends two sections" not in faults_of_document(path)
    words = ENDS.format(RUN.format("Words {{pack}}"))
    template = changed(tmp_path / "x.docx", document=in_body(words, para("End")))
    found = read(pages(section("a")), template=template).sections()
    assert found == [("upright", ["About a"]), ("upright", [])]
    lines = ENDS.format(RUN.format("{{about}}"))
    template = changed(tmp_path / "y.docx", document=in_body(lines, para("{{pack}}")))
    assert len(read(pages(section("a")), template=template).sections()) == 2


@pytest.mark.parametrize("last", [{"table": NARROW}, {"table": moves(2)}, {"chart": BARS}])
def test_a_document_never_ends_in_a_table(tmp_path, last):
    path, _ = write_word(tmp_path / "pack.docx", pages(section("a", **last)))
    assert faults_of_document(path) == []
    template = changed(
        tmp_path / "t.docx", document=in_body(para("{{pack}}"), CELL.format(para("x")), para("End"))
    )
    done = read(pages(section("a", **last)), template=template)
    tags = [etree.QName(each).localname for each in done.body]
    assert "tbl tbl" not in " ".join(tags)


def test_a_mark_with_nothing_to_say_leaves_no_gap(tmp_path):
    made = replace(pack(2), council="", subtitle="")
    path, _ = write_word(tmp_path / "pack.docx", made)
    assert Read(path.read_bytes()).paragraphs()[0] == TITLE
    assert faults_of_document(path) == []
    # A cell and a header keep their last paragraph; words beside the mark stay.
    template = changed(
        tmp_path / "t.docx",
        document=in_body(CELL.format(para("{{council}}")), para("Of {{council}}"), para("{{pack}}")),
        header1=lambda t: t.replace("{{title}}", "{{council}}"),
    )  # fmt: skip
    done = read(made, template=template)
    assert done.tables()[0] == [[""]]
    none = replace(made, about=())
    assert "" not in read(none).paragraphs()[:3]
    template = changed(
        tmp_path / "u.docx", document=in_body(CELL.format(para("{{about}}")), para("{{pack}}"))
    )
    assert len(list(read(none, template=template).body.find(f".//{W}tc"))) == 1
    assert len(done.roots["word/header1.xml"]) == 1
    assert done.paragraphs()[0] == "Of "


def test_a_pack_in_a_part_of_its_own_keeps_its_headers(tmp_path):
    """A cover, then the pack in the paragraph that ends its part, then an ending."""
    cover = "<w:p><w:pPr><PAGE/></w:pPr><w:r><w:t>Cover</w:t></w:r></w:p>"
    ends = (
        '<w:p><w:pPr><w:sectPr><w:headerReference w:type="first" r:id="rId4" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
        '<w:type w:val="continuous"/><w:pgSz w:w="11906" w:h="16838"/><w:pgNumType w:start="1"/>'
        "<w:titlePg/></w:sectPr></w:pPr><w:r><w:t>{{pack}}</w:t></w:r></w:p>"
    )
    template = changed(tmp_path / "t.docx", document=in_body(cover, ends, para("End")))
    path, notes = write_word(tmp_path / "out.docx", pack(3), template=template)
    assert notes == ()
    assert faults_of_document(path) == []
    done = Read(path.read_bytes())
    assert [way for way, _ in done.sections()] == [
        "upright", "upright", "on its side", "upright", "upright",
    ]  # fmt: skip
    found = list(done.body.iter(f"{W}sectPr"))
    assert [len(each.findall(f"{W}headerReference")) for each in found] == [1, 1, 0, 0, 1]
    assert [each.find(f"{W}titlePg") is not None for each in found] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert [each.find(f"{W}type") is not None for each in found] == [
        False,
        True,
        False,
        False,
        False,
    ]
    starts = [
        each.find(f"{W}pgNumType") is not None and each.find(f"{W}pgNumType").get(f"{W}start")
        for each in found
    ]
    assert starts == [False, "1", None, None, False]


def test_a_template_on_its_side_stays_so(tmp_path):
    page = '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/></w:sectPr>'
    template = changed(tmp_path / "t.docx", document=in_body(para("{{pack}}"), section=page))
    assert [way for way, _ in read(pack(2), template=template).sections()] == ["on its side"]


def test_a_page_without_a_size_is_taken_as_a4(tmp_path):
    template = changed(
        tmp_path / "t.docx", document=lambda t: re.sub(r"<w:sectPr>.*</w:sectPr>", "", t)
    )
    done = read(pack(2), template=template)
    assert done.sections()[1][0] == "on its side"
    odd = changed(
        tmp_path / "u.docx",
        document=in_body(para("{{pack}}"), section='<w:sectPr><w:pgSz w:w="?"/><w:pgMar w:left="99999"/></w:sectPr>'),
    )  # fmt: skip
    grid = [int(each.get(f"{W}w")) for each in read(pack(2), template=odd).body.iter(f"{W}gridCol")]
    assert min(grid) > 100
    sizes = ('<w:pgSz w:w="11906" w:h="16838" w:code="9"/>', "")
    for number, size in enumerate(sizes):
        page = (
            f'<w:sectPr>{size}<w:pgMar w:top="999" w:right="999" w:bottom="999" w:left="999" '
            'w:header="99" w:footer="99" w:gutter="0"/></w:sectPr>'
        )
        template = changed(
            tmp_path / f"{number}.docx", document=in_body(para("{{pack}}"), section=page)
        )
        path, _ = write_word(tmp_path / "pack.docx", pack(2), template=template)
        assert faults_of_document(path) == []
        turned = [
            each
            for each in Read(path.read_bytes()).body.iter(f"{W}pgSz")
            if each.get(f"{W}orient") == "landscape"
        ]
        assert [each.get(f"{W}code") for each in turned] == [None]


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ((para("Only words"),), "has no mark {{pack}}; the pack was put at its end"),
        (
            (CELL.format(para("{{pack}}")), para("x")),
            "only inside a table, a text box, a header or",
        ),
        ((para("A"), para("{{pack}}"), para("B"), para("{{pack}}")), "more than once"),
    ],
)
def test_a_pack_mark_that_is_missing_or_astray_is_said(tmp_path, blocks, said):
    template = changed(tmp_path / "own.docx", document=in_body(*blocks))
    path, notes = write_word(tmp_path / "pack.docx", pack(2), template=template)
    (note,) = notes
    assert said in note
    assert "own.docx" in note
    done = Read(path.read_bytes())
    assert done.paragraphs("heading 1") == [s.heading for s in pack().sections]
    assert "{{pack}}" not in done.everywhere()


def test_words_beside_a_block_mark_stay(tmp_path):
    template = changed(
        tmp_path / "t.docx", document=in_body(para("See {{about}} here"), para("Then {{pack}} all"))
    )
    said = read(pack(2), template=template).paragraphs()
    assert said[:4] == [
        "See  here", "Reporting date:\t30 September 2026", "Plan:\taction-plan.xlsm, sheet <Plan>",
        "Then  all",
    ]  # fmt: skip


def test_a_pack_mark_in_a_content_control_is_found(tmp_path):
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    block = control.format(para("Before") + control.format(para("{{pack}}")) + para("After"))
    template = changed(tmp_path / "t.docx", document=in_body(block))
    path, notes = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert notes == ()
    done = Read(path.read_bytes())
    said = [each for each in done.paragraphs() if each]
    assert (said[0], said[-1]) == ("Before", "After")
    assert not list(done.body.iter(f"{W}sdt"))


def test_the_lines_about_look_as_their_mark_does(tmp_path):
    mark = (
        '<w:p><w:pPr><w:pStyle w:val="Subtitle"/><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b w:val="0"/><w:i/>'
        '<w:color w:val="123456"/></w:rPr><w:t>{{about}}</w:t></w:r></w:p>'
    )
    template = changed(tmp_path / "t.docx", document=in_body(mark, para("{{pack}}")))
    path, _ = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert faults_of_document(path) == []
    first = Read(path.read_bytes()).body[0]
    assert style_of(first) == "Subtitle"
    assert first.find(f"{W}pPr/{W}jc").get(f"{W}val") == "center"
    label, value = first.findall(f"{W}r")
    assert [etree.QName(each).localname for each in label.find(f"{W}rPr")] == [
        "b",
        "bCs",
        "i",
        "color",
    ]
    assert [etree.QName(each).localname for each in value.find(f"{W}rPr")] == ["b", "i", "color"]


USED = ("heading 1", "Body Text", "List Bullet", "caption", "Pack note", "Pack cell", "Pack table")


@pytest.mark.parametrize("name", USED)
def test_a_style_that_is_missing_is_replaced_and_named(tmp_path, name):
    def without(text: str) -> str:
        pattern = rf'<w:style [^>]*><w:name w:val="{name}"/>.*?</w:style>'
        return re.sub(pattern, "", text)

    template = changed(tmp_path / "own.docx", styles=without)
    path, notes = write_word(tmp_path / "pack.docx", pack(300), template=template)
    (note,) = notes
    assert note.casefold().startswith(f"the template own.docx has no style {name!r}".casefold())
    assert faults_of_document(path) == []
    assert name.casefold() in Read(path.read_bytes()).names.values()


def test_a_style_with_an_id_of_another_language_is_found_by_its_name(tmp_path):
    template = changed(
        tmp_path / "t.docx",
        styles=lambda t: t.replace('w:styleId="Heading1"', 'w:styleId="berschrift1"'),
    )
    data, notes = word_bytes(pack(2), template=template)
    assert notes == ()
    assert 'w:val="berschrift1"' in Read(data).parts["word/document.xml"].decode()


@pytest.mark.parametrize("default", ["Standard", ""])
def test_a_style_that_is_added_is_based_on_what_the_template_has(tmp_path, default):
    def other(text: str) -> str:
        for name in ("heading 1", "Pack table", "Pack note"):
            text = re.sub(rf'<w:style [^>]*><w:name w:val="{name}"/>.*?</w:style>', "", text)
        text = text.replace('"BodyText"', '"Textkorper"')
        if default:
            return text.replace('"Normal"', f'"{default}"').replace('"TableNormal"', '"Tabelle"')
        text = re.sub(r'<w:style [^>]*w:default="1".*?</w:style>', "", text)
        return re.sub(r"<w:(basedOn|next) [^>]*>", "", text)

    template = changed(tmp_path / "t.docx", styles=other, document=in_body(para("{{pack}}")))
    path, notes = write_word(tmp_path / "pack.docx", pack(300), template=template)
    assert len(notes) == 3
    assert faults_of_document(path) == []
    based = {
        each.get(f"{W}styleId"): each.find(f"{W}basedOn")
        for each in Read(path.read_bytes()).roots["word/styles.xml"].findall(f"{W}style")
    }
    said = [
        None if each is None else each.get(f"{W}val")
        for each in (based["Heading1"], based["PackTable"])
    ]
    assert said == (["Standard", "Tabelle"] if default else [None, None])


def test_a_style_of_that_name_for_something_else_is_none(tmp_path):
    def other(text: str) -> str:
        return re.sub(
            r'<w:style w:type="table" w:customStyle="1" w:styleId="PackTable">.*?</w:style>',
            '<w:style w:type="paragraph" w:styleId="PackTable"><w:name w:val="Pack table"/></w:style>',
            text,
        )

    template = changed(tmp_path / "t.docx", styles=other)
    path, notes = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert len(notes) == 1
    styles = Read(path.read_bytes()).roots["word/styles.xml"].findall(f"{W}style")
    ids = [each.get(f"{W}styleId") for each in styles]
    assert len(set(ids)) == len(ids)


def numbering_of(path: Path) -> tuple[list[str], dict[str, str]]:
    """The lists that the points of a pack are in, and which kind each list is of."""
    done = Read(path.read_bytes())
    styles = {s.get(f"{W}styleId"): s for s in done.roots["word/styles.xml"].findall(f"{W}style")}
    lists = []
    for paragraph in done.body.iterchildren(f"{W}p"):
        if done.names.get(style_of(paragraph)) == "list bullet":
            number = paragraph.find(f"{W}pPr/{W}numPr/{W}numId")
            if number is None:
                number = styles[style_of(paragraph)].find(f"{W}pPr/{W}numPr/{W}numId")
            lists.append(number.get(f"{W}val"))
    kinds = {
        each.get(f"{W}numId"): each.find(f"{W}abstractNumId").get(f"{W}val")
        for each in done.roots["word/numbering.xml"].findall(f"{W}num")
    }
    return lists, kinds


@pytest.mark.parametrize("keep_part", [True, False])
@pytest.mark.parametrize("keep_style", [True, False])
def test_points_are_a_real_list_whatever_the_template_has(tmp_path, keep_part, keep_style):
    def plain(text: str) -> str:
        if keep_style:  # a style of that name that makes no list
            return re.sub(r"<w:numPr>.*?</w:numPr>", "", text)
        return re.sub(r'<w:style [^>]*><w:name w:val="List Bullet"/>.*?</w:style>', "", text)

    def unrelated(text: str) -> str:
        return re.sub(r'<Relationship Id="rId3".*?/>', "", text)

    parts: dict[str, object] = {"styles": plain}
    if not keep_part:
        parts["numbering"] = None
        parts["types"] = lambda t: re.sub(r'<Override PartName="/word/numbering.xml".*?/>', "", t)
    template = changed(tmp_path / "t.docx", **parts)
    if not keep_part:
        with zipfile.ZipFile(template) as package:
            every = {name: package.read(name) for name in package.namelist()}
        name = "word/_rels/document.xml.rels"
        every[name] = unrelated(every[name].decode()).encode()
        with zipfile.ZipFile(template, "w") as package:
            for name, data in every.items():
                package.writestr(name, data)
    path, _ = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert faults_of_document(path) == []
    lists, kinds = numbering_of(path)
    assert len(lists) == 2
    assert len(set(lists)) == 1
    assert set(lists) <= set(kinds)
    assert kinds[lists[0]] == ("1" if keep_part else "0")


@pytest.mark.parametrize(
    ("old", "new", "listed"),
    [
        # numbered by the style that it is based on
        (r'(w:styleId="ListBullet">.*?)"Normal"(.*?)<w:numPr>.*?</w:numPr>', r'\1"Bullets"\2', False),
        # taken out of its list by the officer
        (r'<w:numId w:val="1"/>', r'<w:numId w:val="0"/>', True),
        # based on itself, which Word refuses to make and other programs do not
        (r'(w:styleId="ListBullet">.*?)"Normal"(.*?)<w:numPr>.*?</w:numPr>', r'\1"ListBullet"\2', True),
    ],
)  # fmt: skip
def test_the_style_decides_whether_points_need_a_list_of_their_own(tmp_path, old, new, listed):
    base = (
        '<w:style w:type="paragraph" w:styleId="Bullets"><w:name w:val="Bullets"/><w:pPr><w:numPr>'
        '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )

    def change(text: str) -> str:
        made = re.sub(old, new, text, count=1, flags=re.S)
        assert made != text
        return made.replace("</w:styles>", f"{base}</w:styles>")

    template = changed(tmp_path / "t.docx", styles=change)
    path, _ = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert faults_of_document(path) == []
    done = Read(path.read_bytes())
    own = list(done.body.iter(f"{W}numPr"))
    assert len(own) == (2 if listed else 0)


def test_the_language_is_british_english_whatever_the_template_says(tmp_path):
    bare = {
        "styles": lambda t: re.sub(r"<w:docDefaults>.*</w:docDefaults>", "", t),
        "settings": lambda t: re.sub(r"<w:themeFontLang[^>]*>", "", t),
    }
    american = {
        "styles": lambda t: t.replace('w:val="en-GB"', 'w:val="en-US"').replace(
            '"Normal"/><w:qFormat/>', '"Normal"/><w:qFormat/><w:rPr><w:lang w:val="en-US"/></w:rPr>'
        ),
        "settings": lambda t: t.replace("en-GB", "en-US"),
    }
    for number, parts in enumerate((bare, american)):
        template = changed(tmp_path / f"{number}.docx", **parts)
        path, _ = write_word(tmp_path / f"pack{number}.docx", pack(2), template=template)
        done = Read(path.read_bytes())
        assert faults_of_document(path) == []
        assert b"en-US" not in done.parts["word/styles.xml"]
        order = [etree.QName(each).localname for each in done.roots["word/settings.xml"]]
        assert order.index("compat") < order.index("themeFontLang") < order.index("decimalSymbol")


def test_drawings_of_the_template_keep_their_numbers(tmp_path):
    logo = (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
        'wordprocessingDrawing"><wp:docPr id="41" name="Logo" descr="Wexcombe"/></wp:inline></w:drawing>'
        "</w:r></w:p>"
    )
    template = changed(
        tmp_path / "t.docx", document=in_body(para("{{pack}}")),
        header1=lambda t: t.replace("</w:hdr>", f"{logo}</w:hdr>"),
    )  # fmt: skip
    path, _ = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert faults_of_document(path) == []
    ids = [int(each.get("id")) for each in Read(path.read_bytes()).body.iter(f"{WP}docPr")]
    assert min(ids) > 41


def test_a_dotx_is_as_good_as_a_docx(tmp_path):
    template = changed(
        tmp_path / "pack.dotx", types=lambda t: t.replace("document.main+xml", "template.main+xml")
    )
    path, notes = write_word(tmp_path / "pack.docx", pack(2), template=template)
    assert notes == ()
    assert path.read_bytes() == word_bytes(pack(2))[0]


def test_without_the_shipped_template_agsxls_own_is_used_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(wordfile, "resource", lambda *_: tmp_path / "pack" / "pack.docx")
    data, (note,) = word_bytes(pack(2))
    assert note.startswith(f"There is no Word template {tmp_path / 'pack' / 'pack.docx'}")
    assert Read(data).paragraphs("title") == [TITLE]


def ole(*names: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "".join(names).encode("utf-16-le")


BAD = {
    "empty": (b"", "is no Word document"),
    "text": (b"Dear committee", "is no Word document"),
    "cut short": (template_bytes()[:9000], "is damaged"),
    "protected": (ole("EncryptedPackage"), "protected with a password"),
    "old kind": (ole("WordDocument"), "of an old kind"),
}
BAD_PARTS = {
    "no body": ({"document": lambda t: re.sub(r"<w:body>.*</w:body>", "", t)}, "is damaged"),
    "broken XML": ({"document": lambda t: t[:-30]}, "is damaged"),
    "broken styles": ({"styles": lambda t: t[:-30]}, "is damaged"),
    "no document": ({"document": None}, "is damaged"),
    "no types": ({"types": None}, "is damaged"),
    "macros": ({"types": lambda t: re.sub(
        r"[\w./-]+document\.main\+xml", "application/vnd.ms-word.document.macroEnabled.main+xml", t
    )}, "may hold macros"),
    "workbook": ({"types": lambda t: t.replace("wordprocessingml.document", "spreadsheetml.sheet")},
                 "is no Word document"),
    "strict": ({"rels": lambda t: t.replace(
        "http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument"
    )}, "Strict Open XML"),
}  # fmt: skip


@pytest.mark.parametrize("kind", [*BAD, *BAD_PARTS])
def test_a_template_that_cannot_be_used_is_refused_in_a_sentence(tmp_path, kind):
    template = tmp_path / "own.docx"
    if kind in BAD:
        data, said = BAD[kind]
        template.write_bytes(data)
    else:
        parts, said = BAD_PARTS[kind]
        changed(template, **parts)
    with pytest.raises(SettingsError, match=said) as caught:
        write_word(tmp_path / "pack.docx", pack(2), template=template)
    message = str(caught.value)
    assert "own.docx" in message
    assert "save" in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == [template]


def test_a_template_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    with pytest.raises(
        SettingsError, match=r"There is no Word template .*none\.docx; give the path"
    ):
        word_bytes(pack(2), template=tmp_path / "none.docx")
    with pytest.raises(SettingsError, match="is a folder; name a Word document"):
        word_bytes(pack(2), template=tmp_path)


def test_a_template_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    template = changed(tmp_path / "own.docx")
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(SettingsError, match=r"Permission denied.*open in Word"):
        word_bytes(pack(2), template=template)


def test_a_template_that_would_fill_the_memory_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(wordfile, "_LARGEST", 2**20)
    template = changed(tmp_path / "own.docx", more="0" * 2**21)
    with pytest.raises(SettingsError, match="unpacks to 2 MB"):
        word_bytes(pack(2), template=template)
    with pytest.raises(SettingsError, match="damaged"):  # a byte of a part is not what it was
        monkeypatch.setattr(wordfile, "_LARGEST", 2**30)
        data = bytearray(template.read_bytes())
        data[data.rindex(b"0" * 1000) + 500] = 7
        template.write_bytes(data)
        word_bytes(pack(2), template=template)


def test_a_template_made_by_python_docx_works(tmp_path):
    """Another program's styles, without ours: all of them are named, and the pack is readable."""
    word = Document()
    word.add_paragraph("{{title}}", "Title")
    word.add_paragraph("{{pack}}")
    template = tmp_path / "own.docx"
    word.save(str(template))
    path, notes = write_word(tmp_path / "pack.docx", pack(300), template=template)
    names = sorted(re.search(r"no style '(.*?)'", note)[1] for note in notes)
    assert names == ["Pack cell", "Pack note", "Pack table"]
    assert faults_of_document(path) == []


# -- the check itself --------------------------------------------------------------------------


def broken(path: Path, part: str, old: str, new: str) -> Path:
    with zipfile.ZipFile(io.BytesIO(word_bytes(pack(2))[0])) as package:
        every = {name: package.read(name) for name in package.namelist()}
    text = every[part].decode()
    assert re.search(old, text, re.S), old
    every[part] = re.sub(old, new, text, count=1, flags=re.S).encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, data in every.items():
            package.writestr(name, data)
    return path


DOC, STYLES = "word/document.xml", "word/styles.xml"


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        (STYLES, 'w:lang w:val="en-GB"', 'w:lang w:val="en-US"', "the styles do not say"),
        ("word/settings.xml", "<w:themeFontLang[^>]*>", "", "the settings do not say"),
        ("docProps/core.xml", "en-GB", "fr", "the properties do not say"),
        ("docProps/core.xml", "(<dc:title>)[^<]*", r"\1", "no title"),
        (STYLES, '"heading 1"', '"heading 2"', "two levels"),
        (STYLES, '"heading 1"', '"shout"', "no heading"),
        (DOC, "About summary", "", "a heading says nothing"),
        (DOC, "21 are complete.", "• 21 are complete.", "typed"),
        (DOC, "One lead asks.", "", "used as space"),
        (DOC, '<w:tblCaption w:val="[^"]*"', '<w:tblCaption w:val=""', "no tblCaption"),
        (DOC, "<w:tblDescription[^>]*>", "", "no tblDescription"),
        (DOC, 'w:firstRow="1"', 'w:firstRow="0"', "firstRow"),
        (DOC, 'w:firstColumn="1"', 'w:firstColumn="0"', "firstColumn"),
        (DOC, "<w:tblHeader/>", "", "repeat"),
        (DOC, ">Now<", "> <", "without a heading"),
        (DOC, ">Now<", ">Before<", "the same heading"),
        (DOC, '<w:tcW w:w="(\\d+)" w:type="dxa"/>', '<w:tcW w:w="\\1" w:type="dxa"/><w:gridSpan w:val="1"/>', "merged"),
        (DOC, '<w:tcW w:w="\\d+"', '<w:tcW w:w="7"', "other columns"),
        (DOC, "<w:t [^>]*>Overdue</w:t>", "", "colour alone"),
        (DOC, 'descr="[^"]*"', 'descr=" "', "no alternative text"),
        (DOC, 'docPr id="2"', 'docPr id="1"', "the number 1"),
        (DOC, "<w:t [^>]*>21 are complete.</w:t>", "<w:pict><w:txbxContent><w:p/></w:txbxContent></w:pict>",
         "text box"),
        (DOC, "<w:t [^>]*>21 are complete.</w:t>",
         '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"/>', "a picture"),
        (DOC, "</w:p></w:tc>", "</w:p><w:p/><w:tbl><w:tblPr/><w:tr><w:tc/></w:tr></w:tbl></w:tc>",
         "a table in it"),
        (DOC, "</w:p></w:tc>", "</w:p><w:bookmarkStart/></w:tc>", "without a paragraph"),
        ("word/charts/chart1.xml", "(<c:externalData.*?</c:externalData>)(.*)(</c:chartSpace>)",
         r"\2\1\3", "the children of chartSpace"),
        (STYLES, '<w:basedOn w:val="Normal"', '<w:basedOn w:val="Normale"', "Normale is no style"),
        (DOC, '<w:tblStyle w:val="PackTable"', '<w:tblStyle w:val="Grid"', "Grid is no style"),
        ("word/numbering.xml", "<w:pStyle[^>]*>", r"\g<0>\g<0>", "linked to one style"),
        (STYLES, '<w:numId w:val="1"', '<w:numId w:val="7"', "7 is no list"),
        (DOC, "(<w:tbl>.*?</w:tbl>)(.*)(<w:sectPr>(?:(?!<w:sectPr).)*</w:body>)", r"\2\1\3",
         "not followed by a paragraph"),
        (DOC, "(<w:sectPr>.*?</w:sectPr>)(</w:pPr>)", r"\1\1\2", "ends two sections"),
        (DOC, "<wp:inline([^>]*)>(.*?)</wp:inline>", r"<wp:anchor\1>\2</wp:anchor>", "floats"),
        (DOC, "<w:tcPr>(<w:tcW[^>]*/>)(<w:shd[^>]*/>)", r"<w:tcPr>\2\1", "the children of tcPr"),
        ("word/_rels/document.xml.rels", "charts/chart2", "charts/chart9", "not there"),
        (DOC, '<c:chart([^>]*)r:id="rId\\d+"', '<c:chart\\1r:id="rId99"', "no relation"),
        ("[Content_Types].xml", "/word/styles.xml", "/word/style.xml", "there is no"),
        ("[Content_Types].xml", '<Default ContentType="[^"]*sheet" Extension="xlsx"/>|<Default Extension="xlsx"[^>]*/>', "", "no content type"),
    ],
)  # fmt: skip
def test_the_check_finds_each_fault_that_a_document_may_have(tmp_path, part, old, new, said):
    faults = faults_of_document(broken(tmp_path / "bad.docx", part, old, new))
    assert any(said in each for each in faults), faults


def test_the_check_finds_a_part_that_is_there_twice_or_has_lost_its_relations(tmp_path):
    path = broken(tmp_path / "bad.docx", DOC, "One lead asks.", "One lead asks!")
    with zipfile.ZipFile(path) as package:
        every = {name: package.read(name) for name in package.namelist()}
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as package:
        package.writestr(STYLES, every[STYLES])
    assert "word/styles.xml is in the package twice" in faults_of_document(path)
    del every["word/charts/_rels/chart1.xml.rels"]
    with zipfile.ZipFile(path, "w") as package:
        for name, data in every.items():
            package.writestr(name, data)
    assert faults_of_document(path) == ["word/charts/chart1.xml names relations and has none"]


# -- in a real office --------------------------------------------------------------------------


@pytest.mark.office
def test_an_office_shows_it_all(tmp_path):
    import pdfplumber

    made = pack(40)
    path, _ = write_word(tmp_path / "pack.docx", made)
    (paper,) = by_office([path], "pdf", tmp_path / "out")
    with pdfplumber.open(paper) as document:
        sides = [page.width > page.height for page in document.pages]
        texts = [" ".join((page.extract_text() or "").split()) for page in document.pages]
    text = " ".join(texts)
    assert sides[0] is False
    assert sides[1] is True
    assert sides[-1] is False
    for each in made.sections:
        assert each.heading in text
        assert all(sentence in text for sentence in each.sentences)
    assert made.sections[1].heading not in texts[0]
    for row in range(2, 41):
        assert f"part {row} " in text
    pages_of_moves = [each for each in texts if "part 2 " in each or "part 40 " in each]
    assert len(pages_of_moves) > 1
    assert all("Ref Milestone SMT lead" in each for each in pages_of_moves)
    assert f"Page 1 of {len(texts)}" in texts[0]
    assert "Partnership <governance>" in text  # a word of a chart: it is drawn


@pytest.mark.office
def test_a_template_saved_by_another_office_still_works(tmp_path):
    template = changed(tmp_path / "own.docx")
    (saved,) = by_office([template], "docx", tmp_path / "saved")
    path, notes = write_word(tmp_path / "pack.docx", pack(300), template=saved)
    done = Read(path.read_bytes())
    assert done.paragraphs("title") == [TITLE]
    assert done.paragraphs("heading 1") == [s.heading for s in pack().sections]
    assert "{{" not in done.everywhere()
    assert notes == ()
    assert faults_of_document(path) == []
