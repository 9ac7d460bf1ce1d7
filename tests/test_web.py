"""The web page of a pack: everything of its pages is there, as it was typed, and nothing else runs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from agsxl.errors import OutputError
from agsxl.pages import (
    MOST_ROWS,
    Bars,
    Cell,
    Column,
    Line,
    Pages,
    Section,
    Series,
    Table,
    Tone,
    Toned,
    Trend,
)
from agsxl.report import web
from agsxl.report.charts import TINTS
from agsxl.report.sheets import writable
from agsxl.report.web import POLICY, web_page, write_web
from agsxl.resources import resource

DAYS = (date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30))
THEMES = ("Ethics & standards", "Partnership <governance>", "Money")
SHIPPED = resource("templates", "pack/pack.html")

FIGURES = Table(
    "Figures", "How the plan stands", (Column("Figure", 30), Column("30 September 2026", 14), Column("Change", 10)),
    (("Milestones", 1240, "+1"), (Toned("Complete", Tone.GOOD), 21, "-4"), (Toned("Overdue", Tone.LATE), 7, "no change"),
     (Toned("Due soon", Tone.SOON), 2, "+2"), (Toned("Not yet due", Tone.CALM), 2, "+2"), (Toned("No date", Tone.FAINT), 2, "not known"),
     ("Median slippage (days)", 30.5, "not known")), "",
)  # fmt: skip
MOVES = Table(
    "DateMoves", "Date moves since 30 June 2026",
    (Column("Ref", 6), Column("Milestone", 40), Column("SMT lead", 18), Column("Old date", 11), Column("New date", 11), Column("Which date", 10), Column("Days", 7)),
    (("A1", "=1+1 begins this\nmilestone, of two lines", "Head of Law", date(2026, 6, 4), date(2026, 11, 30), "3rd date", 179),
     ("A2", "Review  the register", "Head of Law", date(2026, 6, 30), "not known", "2nd date", "not known")), "No date has moved.",
)  # fmt: skip
ASKED = Table(
    "Extensions", "Extensions asked for", (Column("Ref", 6), Column("Milestone", 40), Column("Decision", 18, entry=True)),
    (("B4", "Adopt the strategy", ""),), "Nobody has asked for a later date.",
)  # fmt: skip
BY_THEME = Table(
    "Themes", "Progress by theme", (Column("Improvement theme", 30), Column("Milestones", 10), Column("Complete in %", 10)),
    (*((theme, 10, "50%") for theme in THEMES), ("All themes", 30, "50%")), "", total=True,
)  # fmt: skip
BARS = Bars(
    "Milestones by theme", "Of each theme 5 are complete and 2 overdue.", THEMES,
    (Series("Complete", Tone.GOOD, (5, 5, 5)), Series("Overdue", Tone.LATE, (2, 2, 2)), Series("Due soon", Tone.SOON, (0, 1, 40))),
)  # fmt: skip
TREND = Trend(
    "Milestone trend", "B4 rose from 30 June 2026 to 31 January 2027.", DAYS,
    (Line("B4", (date(2026, 6, 30), date(2026, 9, 30), date(2027, 1, 31))), Line("A1", (date(2026, 6, 30), date(2026, 6, 30), None), True)),
)  # fmt: skip
TARGETS = Table(
    "TrendDates", "Target dates at each reporting date", (Column("Ref", 8), Column("31 March 2026", 12), Column("30 June 2026", 12)),
    (("B4", date(2026, 6, 30), date(2026, 9, 30)), ("A1", date(2026, 6, 30), "complete")), "",
)  # fmt: skip
EVERYTHING = Pages(
    "Governance action plan 2026/27: progress report", "Report to the Governance Committee", "Wexcombe Borough Council", date(2026, 9, 30),
    (("Reporting date", "30 September 2026"), ("Compared with", "the snapshot 'Committee & Cabinet'")),
    (Section("summary", "What matters", "What matters", ("21 of 40 milestones are complete.", "7 are overdue."), FIGURES, points=True),
     Section("extensions", "Extensions asked for", "Extensions", ("The committee is asked to agree or refuse.",), ASKED, decision=True),
     Section("moves", "Date moves", "Date moves", ("Each move of an agreed date is listed.", "With who approved it."), MOVES),
     Section("evidence", "Complete without evidence", "No evidence", ("An auditor asks for it first.",), Table("Missing", "Complete without evidence", (Column("Ref", 6),), (), "Every one says what shows it.")),
     Section("themes", "Progress by theme", "By theme", ("Each milestone is counted once.",), BY_THEME, BARS),
     Section("trend", "Milestone trend", "Trend", ("A line that rises is slipping.",), TARGETS, TREND),
     Section("rules", "Data queries switched off", "Switched off", ("No data query is switched off.",))),
)  # fmt: skip
ALMOST_NOTHING = Pages(
    "Report", "", "Wexcombe Borough Council", date(2026, 9, 30), (),
    (Section("summary", "What matters", "What matters", ()),
     Section("asked", "Extensions asked for", "Extensions", (), Table("A", "Asked", (Column("Ref", 6),), (), "Nobody has asked."), decision=True),
     Section("themes", "By theme", "By theme", (), chart=Bars("By theme", "Nothing to draw.", (), ())),
     Section("trend", "Trend", "Trend", (), chart=Trend("Trend", "Nothing to draw.", DAYS[:1], (Line("A1", (None,)),)))),
)  # fmt: skip
NASTY = (
    "<script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\">",
    "</td></table></main><h1>Not a heading</h1> & &amp; &lt; {{ 7 * 7 }} {% raw %}",
    "=HYPERLINK(\"https://example.com\") 'quoted' \"doubly\" ]]> <!-- -->",
    "  spaces  and\ttabs\nand lines\r\nof every kind\r",
    "\x00\x01\x0b\x0c\x1b\x7f\x85 control \ud800 \ufffe",
    "\u202eright to left\u202c مرحبا שלום 😀 👩‍👩‍👧 ﷽",
    "word " * 1000, "unbroken" * 625, "",
)  # fmt: skip


def hostile(*texts: str) -> Pages:
    """Pages in which every text is one that was typed to do harm."""
    first = texts[0]
    table = Table(
        "T",
        first,
        tuple(Column(f"{text}{n}", 12) for n, text in enumerate(texts)),
        (texts, (*texts[1:], Toned(first, Tone.LATE))),
        "",
    )
    bars = Bars(
        first, first, texts, tuple(Series(text, Tone.GOOD, (1,) * len(texts)) for text in texts)
    )
    trend = Trend(first, first, DAYS, tuple(Line(text, DAYS) for text in texts))
    return Pages(
        f"Title {first}", first, first, DAYS[0], tuple((text, text) for text in texts),
        (Section("a", f"A {first}", "A", texts, table, bars), Section("b", f"B {first}", "B", texts, table, trend, points=True)),
    )  # fmt: skip


HOSTILE = hostile(*NASTY)
UNREADABLE = hostile(*NASTY[4:], *NASTY[:4])  # its title and captions too hold what is no character


def page(pages: Pages = EVERYTHING, **how: object) -> html.HtmlElement:
    made, notes = web_page(pages, **how)
    assert notes == ()
    return read(made)


def read(made: str) -> html.HtmlElement:
    return html.document_fromstring(
        made.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8", huge_tree=True)
    )


def one(tree: html.HtmlElement, path: str) -> html.HtmlElement:
    (found,) = tree.xpath(path)
    return found


def said(tree: html.HtmlElement, path: str) -> list[str]:
    return [element.text_content() for element in tree.xpath(path)]


def in_a_cell(cell: Cell) -> str:
    """What a person should read there; said here again, so that the page is not asked about itself."""
    if isinstance(cell, Toned):
        return writable(cell.text)
    if isinstance(cell, str):
        return writable(cell)
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    return format(cell, ",") if isinstance(cell, int) else format(cell, ",.1f")


# -- everything is there -----------------------------------------------------------------------------


@pytest.mark.parametrize("pages", [EVERYTHING, ALMOST_NOTHING, HOSTILE, UNREADABLE], ids=["everything", "almost nothing", "hostile", "unreadable"])  # fmt: skip
def test_every_section_sentence_heading_caption_and_cell_is_on_the_page(pages):
    tree = page(pages)
    assert said(tree, "//h1") == [writable(pages.title)]
    assert said(tree, "//header//dt") == [writable(label) for label, _ in pages.about]
    assert said(tree, "//header//dd") == [writable(value) for _, value in pages.about]
    assert said(tree, "//main//h2") == [writable(section.heading) for section in pages.sections]
    shown = tree.xpath("//main//section")
    assert len(shown) == len(pages.sections)
    for section, element in zip(pages.sections, shown, strict=True):
        nothing = [section.table.nothing] if section.table and not section.table.rows else []
        path = ".//ul/li" if section.points else ".//p[@class='said']"
        sentences = [writable(s) for s in section.sentences]
        assert said(element, path) == (sentences if section.points else sentences + nothing)
        tables = element.xpath(".//table")
        assert len(tables) == (1 if section.table and section.table.rows else 0)
        if tables and section.table:
            assert_shown(section.table, tables[0])
        drawings = element.xpath(".//figure//*[local-name()='svg']")
        assert len(drawings) == (2 if section.chart else 0)
        if section.chart:
            assert said(element, ".//figcaption") == [writable(section.chart.title)]
            assert said(element, ".//*[local-name()='desc']") == [writable(section.chart.alt)] * 2


def assert_shown(table: Table, element: html.HtmlElement) -> None:
    assert said(element, "caption") == [writable(table.caption)]
    hints = [" (to fill in)" if column.entry else "" for column in table.columns]
    headings = [writable(c.heading) + hint for c, hint in zip(table.columns, hints, strict=True)]
    assert said(element, "thead/tr/th[@scope='col']") == headings
    rows = element.xpath("tbody/tr")
    assert [said(row, "*") for row in rows] == [list(map(in_a_cell, row)) for row in table.rows]
    for row in rows:
        assert [cell.tag for cell in row] == ["th"] + ["td"] * (len(table.columns) - 1)
        assert row[0].get("scope") == "row"
    totals = [row.get("class") == "total" for row in rows]
    assert totals == [False] * (len(rows) - 1) + [table.total]


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_through_as_typed(text):
    tree = page(hostile(text, "A1"))
    assert text_of(one(tree, "(//tbody)[1]/tr[1]/th")) == writable(text)
    assert said(tree, "(//section)[1]//p[@class='said'][1]") == [writable(text)]


def text_of(element: html.HtmlElement) -> str:
    assert len(element) == 0
    return element.text or ""


def test_dates_are_for_people_and_numbers_have_their_separators():
    tree = page()
    assert said(tree, "//section[.//h2[@id='moves']]//td[contains(@class, 'date')]") == [
        "04/06/2026", "30/11/2026", "30/06/2026",
    ]  # fmt: skip
    assert "1,240" in said(tree, "//td")
    assert "30.5" in said(tree, "//td")
    assert said(tree, "//footer/p") == [
        f"{EVERYTHING.council}. {EVERYTHING.title}, 30 September 2026."
    ]


def test_a_colour_stands_behind_words_that_say_the_same():
    tree = page()
    for tone, words in [("good", "Complete"), ("late", "Overdue"), ("soon", "Due soon"), ("calm", "Not yet due"), ("faint", "No date")]:  # fmt: skip
        assert said(tree, f"//*[contains(@class, 'tone-{tone}')]") == [words]
        assert (
            f".tone-{tone} {{ background: {TINTS[Tone(tone)]}; }}"
            in one(tree, "//head/style[1]").text
        )


@pytest.mark.parametrize(
    "cells, right",
    [
        ((1, 2, "not known"), True),
        (("+1", "-2", "no change"), True),
        (("50%", "100 %"), True),
        ((1, "a text that is longer than a word or two"), False),
        (("3rd date", "2nd date"), False),
        (("none", "none"), False),
        ((date(2026, 6, 30), 1), False),
        ((Toned("1", Tone.LATE), 1), False),
    ],
)
def test_figures_stand_on_the_right(cells, right):
    table = Table(
        "T", "T", (Column("Ref", 6), Column("X", 9)), tuple((1, cell) for cell in cells), ""
    )
    tree = page(replace(EVERYTHING, sections=(Section("a", "A", "A", (), table),)))
    aligned = ["figure" in element.get("class", "") for element in tree.xpath("//table//tr/*[2]")]
    assert aligned == [right] * (1 + len(cells))
    assert not tree.xpath("//table//tr/*[1][contains(@class, 'figure')]")  # it names the row


def test_a_column_for_the_committee_is_empty_and_says_so():
    tree = page()
    assert said(tree, "//td[@class='entry']") == [""]
    assert said(tree, "//th[span[@class='hint']]") == ["Decision (to fill in)"]


@pytest.mark.parametrize("width, hinted", [(15, False), (63, False), (64, True), (200, True)])
def test_a_table_wider_than_a_telephone_says_that_it_can_be_scrolled(width, hinted):
    table = Table("T", "T", (Column("Ref", 5), Column("X", width - 5)), (("A1", "x"),), "")
    tree = page(replace(EVERYTHING, sections=(Section("a", "A", "A", (), table),)))
    assert len(tree.xpath("//p[@class='telephone']")) == hinted


def test_what_is_to_be_decided_says_so_in_words_and_in_the_contents():
    tree = page()
    assert said(tree, "//section[p[text()='For decision']]/h2") == ["Extensions asked for"]
    assert "Extensions asked for (for decision)" in said(tree, "//nav//li")
    # Nothing was asked for: there is nothing to decide.
    assert "decision" not in one(page(ALMOST_NOTHING), "//body").text_content()


# -- long tables ---------------------------------------------------------------------------------------


def long(rows: int, *, total: bool = False) -> Pages:
    cells = tuple((f"A{n}", n) for n in range(1, rows + 1))
    last = (("All", rows),) if total else ()
    table = Table("T", "Many", (Column("Ref", 8), Column("Number", 8)), cells + last, "", total)
    return replace(EVERYTHING, sections=(Section("a", "A", "Many rows", (), table),))


@pytest.mark.parametrize(
    "rows, total, last, more",
    [
        (MOST_ROWS, False, "A250", ""),
        (MOST_ROWS + 1, False, "A250", "The table shows the first 250 of 251 rows. 1 more is not shown here:"),
        (5000, False, "A250", "The table shows the first 250 of 5,000 rows. 4,750 more are not shown here:"),
        (MOST_ROWS - 1, True, "All", ""),
        (5000, True, "All", "The table shows the first 249 of 5,000 rows. 4,751 more are not shown here:"),
    ],
)  # fmt: skip
def test_a_long_table_is_cut_and_says_where_the_rest_is(rows, total, last, more):
    tree = page(long(rows, total=total), workbook="pack.xlsx")
    shown = said(tree, "//tbody/tr/th")
    assert len(shown) == MOST_ROWS
    assert shown[-1] == last
    assert shown[:249] == [f"A{n}" for n in range(1, 250)]
    where = " the sheet “Many rows” of the workbook pack.xlsx has them all."
    assert said(tree, "//section/p[@class='said']") == ([more + where] if more else [])
    assert (
        not more
        or "of the workbook of this pack has them all." in web_page(long(rows, total=total))[0]
    )


# -- a page that everybody can use ---------------------------------------------------------------------


@pytest.mark.parametrize("pages", [EVERYTHING, ALMOST_NOTHING, HOSTILE], ids=["everything", "almost nothing", "hostile"])  # fmt: skip
@pytest.mark.parametrize("template", ["shipped", "built in"])
def test_the_page_has_what_a_screen_reader_needs(pages, template, monkeypatch, tmp_path):
    if template == "built in":
        monkeypatch.setattr(web, "resource", lambda *_: tmp_path / "none.html")
    made, notes = web_page(pages)
    assert len(notes) == (template == "built in")
    tree = read(made)
    assert made.startswith("<!doctype html>\n")
    assert tree.get("lang") == "en-GB"
    assert one(tree, "/html/head/title").text == writable(f"{pages.title}, {pages.council}")
    levels = [int(heading.tag[1]) for heading in tree.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for named in tree.xpath("//@aria-labelledby"):
        assert set(named.split()) <= set(ids)
    links = tree.xpath("//a/@href")
    assert links[0] == "#pack"
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert said(tree, "//nav//a") == [writable(section.heading) for section in pages.sections]
    assert [len(tree.xpath(f"/html/body/{tag}")) for tag in ("header", "nav", "main")] == [1, 1, 1]
    for region in tree.xpath("//table/.."):
        assert (region.get("tabindex"), region.get("role")) == ("0", "group")
        assert said(tree, f"//*[@id='{region.get('aria-labelledby')}']") == said(
            region, "./table/caption"
        )
    for drawing in tree.xpath("//*[local-name()='svg']"):
        assert drawing.get("role") == "img"


@pytest.mark.parametrize("pages", [EVERYTHING, HOSTILE], ids=["everything", "hostile"])
def test_nothing_is_fetched_and_nothing_runs(pages):
    made, _ = web_page(pages)
    tree = read(made)
    assert one(tree, "//meta[@http-equiv='Content-Security-Policy']").get("content") == POLICY
    assert {rule.split()[0] for rule in POLICY.split("; ")} >= {
        "default-src",
        "base-uri",
        "form-action",
    }
    assert "default-src 'none'" in POLICY
    assert not tree.xpath("//script|//link|//iframe|//object|//embed|//img|//form|//base|//input")
    assert not tree.xpath("//@src|//@srcset|//@*[starts-with(name(), 'on')]")
    assert all(href.startswith("#") for href in tree.xpath("//@href"))
    style = "".join(tree.xpath("//style/text()|//@style|//@fill"))
    assert re.findall(r"@import|url\((?!#)", style) == []


def test_the_style_of_a_page_is_not_touched_by_what_stands_on_it():
    plain, nasty = (page(pages).xpath("//style/text()") for pages in (EVERYTHING, HOSTILE))
    assert plain == nasty


def sideways(*sections: Section) -> list[bool]:
    named = tuple(replace(section, key=f"s{n}") for n, section in enumerate(sections))
    tree = page(replace(EVERYTHING, sections=named))
    return [element.get("class") == "sideways" for element in tree.xpath("//section")]


def test_a_wide_table_is_printed_on_its_side_and_short_sections_turn_no_page():
    wide = Section("a", "A", "A", (), MOVES)
    words = Section("b", "B", "B", ("One sentence.",))
    few = Section("c", "C", "C", (), ASKED)
    many = Section("d", "D", "D", (), replace(ASKED, rows=ASKED.rows * 15))
    drawn = Section("e", "E", "E", (), None, BARS)
    none = Section("f", "F", "F", (), replace(MOVES, rows=()))
    assert sideways(words, wide, words, few, wide) == [False, True, True, True, True]
    assert sideways(words, words, wide) == [False, True, True]  # the first stands on the cover
    assert sideways(wide, words, few) == [True, True, True]
    assert sideways(wide, words, many, few) == [True, False, False, False]
    assert sideways(wide, few, drawn) == [True, False, False]
    assert sideways(none, words) == [False, False]
    assert sideways() == []


# -- templates -----------------------------------------------------------------------------------------

OWN = SHIPPED.read_text("utf-8")


def own(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "own.html"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    "old, new",
    [
        ("--accent: #1f3864;", "--accent: #00563f;"),
        ("<header>", '<header>\n<img alt="Wexcombe Borough Council" src="data:image/png;base64,iVBORw0KGgo=">'),
        ("</style>", '@font-face { font-family: Council; src: url("data:font/woff2;base64,d09GMg=="); }</style>'),
        ("<footer>", '<footer>\n<p><a href="https://wexcombe.example/">The council</a></p>'),
        ("{{ contents }}", ""),
        ("{{ about }}", ""),
        ('lang="en-GB"', 'lang="en"'),
        ("<header>", "<header><p>{{ date }}</p>{% if council %}<p>{{ council | upper }}</p>{% endif %}"),
    ],
)  # fmt: skip
def test_an_officer_may_restyle_the_page(tmp_path, old, new):
    assert old in OWN
    made, notes = web_page(EVERYTHING, template=own(tmp_path, OWN.replace(old, new)))
    assert notes == ()
    assert made != web_page(EVERYTHING)[0]
    assert len(read(made).xpath("//main//section")) == len(EVERYTHING.sections)


def test_a_template_saved_by_notepad_is_read(tmp_path):
    saved = own(tmp_path, "\ufeff" + OWN.replace("\n", "\r\n"))
    made, notes = web_page(EVERYTHING, template=saved)
    assert notes == ()
    assert "\ufeff" not in made


LOOK = "<h1>{{ title }}</h1>"
LINE = OWN[: OWN.index(LOOK)].count("\n") + 1
SPOILT = [
    (OWN.replace("{{ head }}", ""), "does not have the mark {{ head }} once, as it is"),
    (OWN.replace("{{ head }}", "{{ head }}{{ head }}"), "does not have the mark {{ head }} once, as it is"),
    (OWN.replace("{{ head }}", "<style>p { color: red }</style>{{ head }}"), "does not have the mark {{ head }} as the first thing"),
    (OWN.replace("{{ pack }}", ""), "does not have the mark {{ pack }} once, as it is"),
    (OWN.replace("{{ pack }}", "{{ pack }}{{ pack }}"), "does not have the mark {{ pack }} once, as it is"),
    (OWN.replace("{{ pack }}", "{{ pack | truncate(2000) }}"), "does not have the mark {{ pack }} once, as it is"),
    (OWN.replace("{{ pack }}", "").replace("<footer>", "{{ pack }}<footer>"), "does not have the mark {{ pack }} inside its one <main>"),
    (OWN.replace("<footer>", "<main></main><footer>"), "does not have the mark {{ pack }} inside its one <main>"),
    (OWN.replace("{{ pack }}", "<!-- {{ pack }} -->"), "does not have the mark {{ pack }} inside its one <main>"),
    (OWN.replace(LOOK, ""), "does not have one heading <h1>"),
    (OWN.replace(LOOK, LOOK * 2), "does not have one heading <h1>"),
    (OWN.replace(LOOK, "<h1> </h1>"), "does not have one heading <h1>"),
    (OWN.replace('<html lang="en-GB">', "<html>"), "does not name its language"),
    (OWN.replace("{{ title }}", "{{ titel }}"), f"cannot be filled in (line {LINE}: 'titel' is undefined)"),
    (OWN.replace("{{ title }}", "{{ title"), f"cannot be understood (line {LINE}: "),
    (OWN.replace("{{ title }}", "{% if %}"), f"cannot be understood (line {LINE}: "),
    (OWN.replace("{{ title }}", "{{ 1 / 0 }}"), f"cannot be filled in (line {LINE}: division by zero)"),
    (OWN.replace("{{ title }}", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"), "cannot be filled in ("),
    (OWN.replace("{{ title }}", "{{ title.__class__.__mro__ }}"), f"cannot be filled in (line {LINE}: access to attribute '__class__'"),
    (OWN.replace("{{ title }}", '{% include "/etc/passwd" %}'), "cannot be filled in ("),
    (OWN.replace("</style>", "</style><script>1</script>"), "has an element <script>"),
    (OWN.replace("</style>", '</style><link rel="stylesheet" href="look.css">'), "has an element <link>"),
    (OWN.replace("</style>", '</style><base href="https://wexcombe.example/">'), "has an element <base>"),
    (OWN.replace("</style>", '</style><meta http-equiv="Refresh" content="0; url=x">'), "has an element <meta>"),
    *((OWN.replace("<footer>", f"<{tag}></{tag}><footer>"), f"has an element <{tag}>") for tag in ("iframe", "object", "embed", "form")),
    (OWN.replace("<footer>", '<footer onclick="x()">'), "has something that runs, <footer onclick>"),
    (OWN.replace("<footer>", '<footer><a href=" JavaScript:x()">x</a>'), "has something that runs, <a href>"),
    (OWN.replace("<footer>", '<footer><img alt="" src="logo.png">'), "has something from elsewhere, <img src>"),
    (OWN.replace("<footer>", '<footer><img alt="" srcset="https://x.example/a.png 2x">'), "has something from elsewhere, <img srcset>"),
    (OWN.replace("<footer>", '<footer><svg><use href="icons.svg#a"></use></svg>'), "has something from elsewhere, <use href>"),
    (OWN.replace("<footer>", '<footer><svg><use xlink:href="icons.svg#a"></use></svg>'), "has something from elsewhere, <use xlink:href>"),
    (OWN.replace("<footer>", '<footer><video poster="a.png"></video>'), "has something from elsewhere, <video poster>"),
    (OWN.replace("<body>", '<body background="a.png">'), "has something from elsewhere, <body background>"),
    (OWN.replace("<footer>", '<footer style="background: url(a.png)">'), "has something from elsewhere, <footer style>"),
    (OWN.replace("</style>", "@import 'look.css';</style>"), "has something from elsewhere, in its <style>"),
    (OWN.replace("</style>", "p { background: URL( 'a.png') }</style>"), "has something from elsewhere, in its <style>"),
    (b"\xff\xfe" + OWN.encode("utf-16-le"), "is not saved as UTF-8"),
    ("", "does not have the mark {{ head }} once, as it is"),
]  # fmt: skip


@pytest.mark.parametrize("text, why", SPOILT, ids=[f"{n} {why[:40]}" for n, (_, why) in enumerate(SPOILT)])  # fmt: skip
def test_a_template_that_cannot_be_used_is_not_and_a_note_says_why(tmp_path, text, why):
    path = own(tmp_path, text)
    made, (note,) = web_page(EVERYTHING, template=path)
    assert made == web_page(EVERYTHING)[0]
    assert note.startswith(f"{path} {why}")
    assert note.endswith(
        ", so the web page has the look that agsxl gives it; correct the file or put back the one agsxl came with."
    )
    assert "\n" not in note


def test_a_template_that_is_not_there(tmp_path):
    for path in (tmp_path, tmp_path / "none.html"):
        made, (note,) = web_page(EVERYTHING, template=path)
        assert made == web_page(EVERYTHING)[0]
        assert note.startswith(f"{path} is not there or cannot be read, so the web page")


def test_where_the_shipped_template_is_spoilt_too_the_page_is_as_right(tmp_path, monkeypatch):
    shipped = tmp_path / "pack.html"
    shipped.write_text("{{ nothing }}", "utf-8")
    monkeypatch.setattr(web, "resource", lambda *_: shipped)
    made, notes = web_page(EVERYTHING, template=tmp_path / "none.html")
    assert [note.partition(" ")[0] for note in notes] == [str(tmp_path / "none.html"), str(shipped)]
    tree = read(made)
    assert said(tree, "//main//h2") == [section.heading for section in EVERYTHING.sections]
    assert next(web._wrong(made, web._marks(EVERYTHING, "")), "") == ""


# -- the file ------------------------------------------------------------------------------------------


def test_the_same_pages_give_the_same_bytes(tmp_path):
    files = [write_web(tmp_path / f"{n}.html", EVERYTHING, workbook="pack.xlsx")[0] for n in (1, 2)]
    assert files[0].read_bytes() == files[1].read_bytes()
    page, _, last = files[0].read_text("utf-8").removesuffix("\n").rpartition("\n")
    assert page == web_page(EVERYTHING, workbook="pack.xlsx")[0].rstrip("\n")
    assert last.startswith("<!-- As agsxl made it: ")


def test_the_file_is_written_whole_or_not_at_all(tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        write_web(tmp_path / "none" / "pack.html", EVERYTHING)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_web(tmp_path / "folder", EVERYTHING)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_wide_text_is_broken_only_where_it_has_to_be():
    tree = page(HOSTILE)
    long = tree.xpath("//td[contains(@class, 'long')]")
    assert long
    assert all(max(map(len, cell.text.split())) > 24 for cell in long)
    assert not page().xpath("//*[contains(@class, 'long')]")
