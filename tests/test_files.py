"""Published plans as real files: Word, web pages, Markdown, old workbooks, PDFs."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from agsxl.documents.document import Document, Line, Row
from agsxl.documents.html import read_html
from agsxl.documents.markdown import read_markdown
from agsxl.documents.reading import read
from agsxl.documents.recognise import kind_of, read_document
from agsxl.errors import NoPlanError, SourceError
from tests.files import (
    by_office,
    write_docx,
    write_html,
    write_markdown,
    write_paper,
)
from tests.papers import Paper, width_of
from tests.published import Shape, as_line, document_of, shapes

PLANS = [shape for shape in shapes() if not shape.error and shape.kind != "text"]
# Markdown and the papers made here have no merged cells; what depends on them is left to the others.
MERGED = [
    shape for shape in PLANS if any(re.search(r"\|\s*[\^>]\s*\|", line) for line in shape.lines)
]
PLAIN = [shape for shape in PLANS if shape not in MERGED]


def named(shape: Shape) -> str:
    return shape.name


def flat(text: str) -> str:
    """A line break in a cell is a space: a PDF does not tell them apart."""
    return " ".join(text.replace("\\n", " ").split())


def milestones_of(path: Path) -> list[str]:
    return [flat(as_line(m)) for m in read(read_document(path)).plan.milestones]


def texts(document: Document) -> list[object]:
    """The cells of each row, the text of each line."""
    return [list(b.cells) if isinstance(b, Row) else b.text for b in document.blocks]


# -- every invented plan, as a file of each kind -------------------------------------------------


@pytest.mark.parametrize("shape", PLANS, ids=named)
def test_a_word_document(tmp_path, shape):
    path = write_docx(document_of(shape.lines), tmp_path / "plan.docx")
    assert milestones_of(path) == [flat(m) for m in shape.milestones]


@pytest.mark.parametrize("shape", PLANS, ids=named)
def test_a_web_page(tmp_path, shape):
    path = write_html(document_of(shape.lines), tmp_path / "plan.html")
    assert milestones_of(path) == [flat(m) for m in shape.milestones]


@pytest.mark.parametrize("shape", PLAIN, ids=named)
def test_a_markdown_text(tmp_path, shape):
    path = write_markdown(document_of(shape.lines), tmp_path / "plan.md")
    assert milestones_of(path) == [flat(m) for m in shape.milestones]


@pytest.mark.parametrize("shape", PLAIN, ids=named)
def test_a_pdf_with_rules(tmp_path, shape):
    path = write_paper(document_of(shape.lines), tmp_path / "plan.pdf")
    assert milestones_of(path) == [flat(m) for m in shape.milestones]


@pytest.mark.parametrize(("rules", "doubted"), [("grid", False), ("none", True)])
def test_a_pdf_without_rules_is_put_to_a_person(tmp_path, rules, doubted):
    path = write_paper(document_of(PLAIN[0].lines), tmp_path / "plan.pdf", rules=rules)
    notes = [note for note in read(read_document(path)).notes if note.kind == "please look"]
    said = [n for n in notes if "no rules divide the rows of this table" in n.message]
    assert [n.place.words for n in said if n.place] == (["page 1"] if doubted else [])


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> dict[str, Path]:
    """Each invented plan as a PDF that LibreOffice made of the Word document, all in one go."""
    folder = tmp_path_factory.mktemp("printed")
    sources = [
        write_docx(document_of(shape.lines), folder / f"{number:02}.docx")
        for number, shape in enumerate(PLANS)
    ]
    papers = by_office(sources, "pdf", folder / "out")
    return {shape.name: paper for shape, paper in zip(PLANS, papers, strict=True)}


@pytest.mark.office
@pytest.mark.parametrize("shape", PLANS, ids=named)
def test_a_pdf_that_an_office_program_made(printed, shape):
    assert milestones_of(printed[shape.name]) == [flat(m) for m in shape.milestones]


# -- Word ----------------------------------------------------------------------------------------

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word(
    tmp_path: Path, body: str, *, numbering: str = "", styles: str = "", notes: str = ""
) -> Path:
    """A Word document of the given XML, and nothing else: what python-docx cannot write."""
    parts = {
        "document": f"<w:document xmlns:w='{W}' xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'><w:body>{body}</w:body></w:document>"
    }
    kinds = {"numbering": numbering, "styles": styles, "footnotes": notes}
    for name, content in kinds.items():
        if content:
            parts[name] = f"<w:{name} xmlns:w='{W}'>{content}</w:{name}>"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    path = tmp_path / "plan.docx"
    with zipfile.ZipFile(path, "w") as file:
        types = "".join(
            f"<Override PartName='/word/{n}.xml' ContentType='{main}.{n + '.main' if n == 'document' else n}+xml'/>"
            for n in parts
        )
        file.writestr(
            "[Content_Types].xml",
            f"<Types xmlns='{package}/content-types'><Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>{types}</Types>",
        )
        file.writestr(
            "_rels/.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='r1' Type='{office}/officeDocument' Target='word/document.xml'/></Relationships>",
        )
        beside = "".join(
            f"<Relationship Id='r{i}' Type='{office}/{n}' Target='{n}.xml'/>"
            for i, n in enumerate(parts)
            if n != "document"
        )
        file.writestr(
            "word/_rels/document.xml.rels",
            f"<Relationships xmlns='{package}/relationships'>{beside}</Relationships>",
        )
        for name, xml in parts.items():
            file.writestr(f"word/{name}.xml", xml)
    return path


def p(text: str, properties: str = "") -> str:
    """A paragraph."""
    inner = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{inner}{r(text) if text else ''}</w:p>"


def r(text: str, properties: str = "") -> str:
    """A run."""
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}<w:t xml:space='preserve'>{text}</w:t></w:r>"


def tc(content: str, properties: str = "") -> str:
    """A cell."""
    return f"<w:tc>{f'<w:tcPr>{properties}</w:tcPr>' if properties else ''}{content}</w:tc>"


def table(*rows: str) -> str:
    """A table of rows given as their cells."""
    return f"<w:tbl>{''.join(f'<w:tr>{cells}</w:tr>' for cells in rows)}</w:tbl>"


def listed(number: str, level: str = "0") -> str:
    return f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{number}'/></w:numPr>"


def lvl(level: int, form: str, text: str, *more: str) -> str:
    return f"<w:lvl w:ilvl='{level}'><w:start w:val='1'/>{''.join(more)}<w:numFmt w:val='{form}'/><w:lvlText w:val='{text}'/></w:lvl>"


NUMBERING = (
    f"<w:abstractNum w:abstractNumId='0'>{lvl(0, 'decimal', '%1.')}{lvl(1, 'lowerLetter', '%1%2)')}{lvl(2, 'lowerRoman', '(%3)')}</w:abstractNum>"
    f"<w:abstractNum w:abstractNumId='1'>{lvl(0, 'bullet', '')}</w:abstractNum>"
    "<w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num><w:num w:numId='2'><w:abstractNumId w:val='1'/></w:num>"
    "<w:num w:numId='3'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='7'/></w:lvlOverride></w:num>"
)  # fmt: skip


def test_the_numbers_that_word_counts_itself(tmp_path):
    body = "".join(
        [
            p("Ethics", listed("1")), p("Train", listed("1", "1")), p("Test", listed("1", "1")),
            p("Money", listed("1")), p("Spend", listed("1", "1")), p("Less", listed("1", "2")),
            p("Point", listed("2")), p("", listed("2")), p("", listed("3")), p("None", listed("0")),
        ]
    )  # fmt: skip
    document = read_document(word(tmp_path, body, numbering=NUMBERING))
    assert texts(document) == [
        "1. Ethics", "1a) Train", "1b) Test", "2. Money", "2a) Spend", "(i) Less", "• Point", "7.", "None",
    ]  # fmt: skip


def test_a_style_brings_its_numbers_and_its_strike_out(tmp_path):
    styles = (
        f"<w:style w:type='paragraph' w:styleId='Act'><w:name w:val='Act'/><w:pPr>{listed('1')}</w:pPr></w:style>"
        "<w:style w:type='character' w:styleId='Old'><w:name w:val='Old'/><w:rPr><w:strike/></w:rPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='H'><w:name w:val='heading 2'/></w:style>"
    )
    old, no_strike = "<w:rStyle w:val='Old'/>", "<w:strike w:val='0'/>"
    body = (
        p("Head", "<w:pStyle w:val='H'/>")
        + p("One", "<w:pStyle w:val='Act'/>")
        + f"<w:p>{r('gone', old)}{r(' kept', old + no_strike)}</w:p>"
    )
    document = read_document(word(tmp_path, body, numbering=NUMBERING, styles=styles))
    assert texts(document) == ["Head", "1. One", "~~gone~~ kept"]
    assert [b.level for b in document.blocks if isinstance(b, Line)] == [2, 0, 0]


def test_tracked_changes(tmp_path):
    change = "w:id='1' w:author='x'"
    deleted = f"<w:del {change}><w:r><w:delText>31/1/</w:delText></w:r></w:del><w:del {change}><w:r><w:delText>17</w:delText></w:r></w:del>"
    body = (
        f"<w:p>{deleted}<w:ins {change}>{r('30/09/17')}</w:ins></w:p>"
        f"<w:p><w:moveFrom {change}>{r('here')}</w:moveFrom>{r(' ')}<w:moveTo {change}>{r('there')}</w:moveTo></w:p>"
        f"<w:p>{r('seen')}{r('unseen', '<w:vanish/>')}</w:p>"
        f"<w:tbl><w:tr>{tc(p('stays'))}{tc(p('1'))}</w:tr><w:tr><w:trPr><w:del {change}/></w:trPr>{tc(p('goes'))}{tc(p(''))}</w:tr></w:tbl>"
    )
    assert texts(read_document(word(tmp_path, body))) == [
        "~~31/1/17~~<u>30/09/17</u>", "~~here~~ <u>there</u>", "seen", ["stays", "1"], ["~~goes~~", ""],
    ]  # fmt: skip


def test_merged_cells_are_told(tmp_path):
    wide, top, below = (
        f"<w:{x}/>" for x in ("gridSpan w:val='2'", "vMerge w:val='restart'", "vMerge")
    )
    body = (
        f"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{tc(p('Area'))}{tc(p('Dates'), wide)}</w:tr>"
        f"<w:tr>{tc(p('Ethics'), top)}{tc(p('May'))}{tc(p('June'))}</w:tr>"
        f"<w:tr>{tc(p(''), below)}{tc(p('July'))}{tc(p(''))}</w:tr></w:tbl>"
    )
    first, second, third = read_document(word(tmp_path, body)).blocks
    assert (first.cells, first.spans, first.heading) == (("Area", "Dates", ""), (1, 2, 0), True)
    assert (second.cells, second.continued) == (("Ethics", "May", "June"), frozenset())
    assert (third.cells, third.continued) == (("", "July", ""), frozenset({0}))


def test_what_hides_in_a_word_document(tmp_path):
    control = f"<w:sdt><w:sdtContent>{p('in a control')}</w:sdtContent></w:sdt>"
    box = f"<w:p>{r('beside')}<w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>{p('in a box')}</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>{p('in a box')}</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    frame = table(tc(p("") + table(tc(p("a")) + tc(p("b")))))
    nested = table(tc(p("x")) + tc(p("y") + table(tc(p("1")) + tc(p("2")))))
    cell = f"<w:tbl><w:sdt><w:sdtContent><w:tr>{tc(p('c'))}<w:sdt><w:sdtContent>{tc(p('d'))}</w:sdtContent></w:sdt></w:tr></w:sdtContent></w:sdt></w:tbl>"
    tabs = "<w:p><w:r><w:t>1</w:t><w:tab/><w:t>Train</w:t><w:tab/><w:t>Clerk</w:t></w:r></w:p>"
    note = f"<w:footnote w:id='1'>{p('RB = Rosa Birch')}</w:footnote><w:footnote w:type='separator' w:id='0'>{p('---')}</w:footnote>"
    document = read_document(
        word(tmp_path, control + box + frame + nested + cell + tabs, notes=note)
    )
    assert texts(document) == [
        "in a control", "beside", "in a box", ["a", "b"], ["x", "y\n1 2"], ["c", "d"], ["1", "Train", "Clerk"],
        "RB = Rosa Birch",
    ]  # fmt: skip


def test_a_page_is_known_where_word_has_noted_it(tmp_path):
    body = p("one") + "<w:p><w:r><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p>"
    blocks = read_document(word(tmp_path, body)).blocks
    assert [(b.place.page, b.place.words) for b in blocks] == [
        (1, "page 1, paragraph 1"), (2, "page 2, paragraph 2"),
    ]  # fmt: skip


# -- web pages and Markdown ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<p>1<sup>st</sup> of May<sup>2</sup> and 40m<sup>2</sup></p>", ["1st of May and 40m2"]),
        ("<ol type=a start=3><li>x<li>y</ol>", ["c. x", "d. y"]),
        ("<ol><li value=4>x<li>y<ul><li>z</ul></ol>", ["4. x", "5. y", "• z"]),
        ("<ul style='list-style-type:none'><li>x</ul>", ["x"]),
        ("<ul><li>a) x<li>plain</ul>", ["a) x", "• plain"]),
        ("<dl><dt>Lead<dd>Clerk<dt>Status:<dd>Done</dl>", ["Lead: Clerk", "Status: Done"]),
        ("a<script>b</script><div hidden>c</div><p style='display: none'>d</p>e", ["ae"]),
        ("<h2>Head</h2>one<br>two<div>three</div>", ["Head", "one\ntwo", "three"]),
        ("<p>x&nbsp;&amp; y <del>z</del><ins>w</ins></p>", ["x & y ~~z~~<u>w</u>"]),
        ("<table><tr><td>a<td><s>b</s> <span style='text-decoration:line-through'>c</span></table>", [["a", "~~b c~~"]]),
        ("<table><tr><td><table><tr><td>a<td>b</table></table>", [["a", "b"]]),
        ("<table><caption>T</caption><tr><td>a<td><ol type=a><li>x<li>y</ol></table>", ["T", ["a", "a. x\nb. y"]]),
        ("<div role=table><div role=row><b role=cell>a</b><i role=cell>b</i></div></div>", [["a", "b"]]),
        ("<pre>a\n  b</pre>", ["a", "b"]),
    ],
)  # fmt: skip
def test_what_a_browser_would_show(page, found):
    assert texts(read_html(page, "p.html")) == found


def test_spans_of_a_web_table():
    page = (
        "<table><thead><tr><th>A<th colspan=2>B</thead><tr><td rowspan=2>x<td>1<td>2<tr><td>3<td>4"
        "<tr><td colspan=9>band</table>"
    )
    rows = read_html(page, "p.html").blocks
    assert [row.cells for row in rows] == [
        ("A", "B", ""), ("x", "1", "2"), ("", "3", "4"), ("band", *[""] * 8),
    ]  # fmt: skip
    assert [row.heading for row in rows] == [True, False, False, False]
    assert (rows[0].spans, rows[2].continued) == ((1, 2, 0), frozenset({0}))


def test_an_encoding_is_taken_at_its_word_only_if_it_fits(tmp_path):
    path = tmp_path / "p.html"
    path.write_bytes("<html><meta charset=iso-8859-1><p>caf\x93é\x94".encode("latin-1"))
    assert texts(read_document(path)) == ["caf“é”"]
    path.write_bytes("<html><meta charset=ascii-or-so><p>naïve".encode())
    assert texts(read_document(path)) == ["naïve"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("| a | b |\n|---|:-:|\n| x \\| y | `p|q` |", [["a", "b"], ["x | y", "p|q"]]),
        ("a | b\n--|--\n1 | 2\n\n# Head #\n> said", [["a", "b"], ["1", "2"], "Head", "said"]),
        ("| a | b |\n|--|--|\n| **x** _y_ ~~z~~ | <ins>n</ins><br>[t](http://u) |", [["a", "b"], ["x y ~~z~~", "<u>n</u>\nt"]]),
        ("+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n|   | 3 |\n+---+---+", [["a", "b"], ["1", "2\n3"]]),
        ("| 1 | x | y |\n| 2 | z | w |\n| a | b | c |\n|--|--|--|\n| 3 | q | r |", [["1", "x", "y"], ["2", "z", "w"], ["a", "b", "c"], ["3", "q", "r"]]),
        ("* one\n- two\n1. three\n---\nsnake_case_name", ["• one", "• two", "1. three", "snake_case_name"]),
        ("Before\n<table><tr><td>1</td>\n<td>2</td></tr></table>\nAfter", ["Before", ["1", "2"], "After"]),
    ],
)  # fmt: skip
def test_what_a_markdown_text_says(text, found):
    assert texts(read_markdown(text, "p.md")) == found


# -- PDFs ------------------------------------------------------------------------------------------

HEADS = ["Ref", "Theme", "Action", "Lead officer", "Target date", "Status", "Progress"]
WIDTHS = [34, 96, 180, 100, 70, 70, 210]
THEMES = [
    "Contracts are managed well",
    "Councillors are trained",
    "Records",
    "Complaints and what is learned from them",
]
ACTIONS = [
    "Publish a register of contracts over the tender limit and check it with each service every quarter",
    "Write a training plan for councillors",
    "Review the scheme of delegation and put it to the Constitution Committee before the summer recess",
    "Set up a board",
    "Agree a protocol with the parish councils about shared buildings and who pays for what is done in them",
]
LEADS = [
    "Head of Procurement",
    "Democratic Services Manager",
    "Monitoring Officer",
    "Head of Customer Services and Libraries",
]
DATES = [
    "31/03/2022",
    "30 June 2022",
    "September 2022",
    "Ongoing",
    "Q3 2022/23",
    "31 December 2022",
]
STATUSES = ["Complete", "In progress", "On target", "Not started"]
PROGRESS = [
    "The register was published in May and is checked by each service. The next check is due after the summer, when "
    "the new system has been put in place and everybody has been shown how it is used.",
    "",
    "Draft written; to be agreed by the board.",
    "Work has begun.\nA second workshop is planned for the autumn, and will look at what the first one left open.",
]
ROWS = [
    [f"{i // 4 + 1}.{i % 4 + 1}", THEMES[i // 4 % 4], f"{ACTIONS[i % 5]} ({i + 1})", LEADS[i % 4], DATES[i % 6],
     STATUSES[i % 4], PROGRESS[i % 4]]
    for i in range(14)
]  # fmt: skip


def rows_of(paper: Paper, tmp_path: Path) -> list[list[str]]:
    """The rows of a paper's tables, flat."""
    blocks = read_document(paper.save(tmp_path / "plan.pdf")).blocks
    return [[flat(c) for c in b.cells] for b in blocks if isinstance(b, Row)]


@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize("set_at", ["top", "middle", "foot"])
@pytest.mark.parametrize("rules", ["grid", "rows", "columns", "heads", "zebra", "inner", "none"])
@pytest.mark.parametrize("without", [0, 1], ids=["refs", "no refs"])
def test_a_table_is_found_by_its_rules_or_by_how_it_is_set(tmp_path, rules, set_at, gap, without):
    if rules == "zebra" and set_at != "top" and not gap:
        pytest.skip(
            "nothing tells where a row ends that is not shaded, not apart and not at the top"
        )
    paper = Paper()
    paper.footer = "Netherby Council   Page #"
    paper.say("Netherby Borough Council", 14)
    paper.table(
        HEADS[without:],
        [row[without:] for row in ROWS],
        WIDTHS[without:],
        rules=rules,
        set_at=set_at,
        gap=gap,
        breaks=False,
    )
    paper.y += 20
    paper.say("Published by the Democratic Services team of the council in the summer of the year.")
    assert len(paper.pages) > 1
    found = [row for row in rows_of(paper, tmp_path) if row != HEADS[without:]]
    assert found == [[flat(c) for c in row[without:]] for row in ROWS]


@pytest.mark.parametrize("rules", ["grid", "none"])
def test_a_row_that_goes_on_over_the_page_is_two_rows(tmp_path, rules):
    paper = Paper()
    paper.table(HEADS, ROWS, WIDTHS, rules=rules)
    found = [row for row in rows_of(paper, tmp_path) if row != HEADS]
    assert len(ROWS) < len(found) <= len(ROWS) + len(paper.pages)
    plan = read(read_document(tmp_path / "plan.pdf")).plan
    assert [[m.ref, m.theme, m.milestone, m.smt_lead.raw, m.timescale.raw, m.status.raw, flat(m.comments)] for m in plan.milestones] == [
        [flat(c) for c in row] for row in ROWS
    ]  # fmt: skip


def test_what_is_struck_out_in_a_pdf(tmp_path):
    paper = Paper()
    paper.table(
        ["Action", "Lead", "Timescale"],
        [["Train members", "~SD~RB", "~31/1/17~30/09/17"], ["Go on", "RB", "12/17"]],
        [200, 60, 120],
    )
    assert rows_of(paper, tmp_path)[1] == ["Train members", "~~SD~~RB", "~~31/1/17~~30/09/17"]
    (milestone, _) = read(read_document(tmp_path / "plan.pdf")).plan.milestones
    assert (milestone.timescale.raw, milestone.revised.raw) == ("31/1/17", "30/09/17")


def test_words_broken_by_a_narrow_column_are_whole_again(tmp_path):
    paper = Paper()
    paper.say(
        "The implementation of our communications strategy is the responsibility of the Cabinet."
    )
    paper.table(
        ["Action", "Lead", "Due"],
        [["Strategy on communicatio\nns is agreed", "Head of Finance\nand People", "31/03/20\n22"], ["Two", "Clerk", "May 2022"]],
        [width_of("communicatio", 9) + 9, 70, width_of("31/03/20", 9) + 9],
    )  # fmt: skip
    rows = rows_of(paper, tmp_path)
    assert rows[1] == [
        "Strategy on communications is agreed",
        "Head of Finance and People",
        "31/03/2022",
    ]
    document = read_document(tmp_path / "plan.pdf")
    assert any("“communicatio” and “ns”" in said for _, said in document.healed)


def test_a_bold_that_is_printed_twice_is_read_once(tmp_path):
    paper = Paper()
    paper.put(40, 40, "Ball and bookkeeper", 6)
    paper.put(40.3, 40, "Ball and bookkeeper", 6)
    assert texts(read_document(paper.save(tmp_path / "p.pdf"))) == ["Ball and bookkeeper"]


def test_running_lines_are_no_part_of_a_table(tmp_path):
    paper = Paper()
    paper.footer = "Page #"
    paper.table(HEADS, ROWS, WIDTHS, rules="none")
    blocks = read_document(paper.save(tmp_path / "plan.pdf")).blocks
    assert [b.text for b in blocks if isinstance(b, Line)] == [
        f"Page {n}" for n in range(2, len(paper.pages) + 1)
    ]


def test_a_scan_is_refused_and_a_page_that_is_a_picture_is_said(tmp_path):
    paper = Paper()
    paper.say("text")
    paper.break_page()
    with pytest.raises(
        NoPlanError,
        match="is a scan: its 2 pages are pictures without text; have the text recognised",
    ):
        read_document(paper.save(tmp_path / "scan.pdf", text=False))
    paper.draw(f"q {paper.width} 0 0 {paper.height} 0 0 cm /I1 Do Q")
    document = read_document(paper.save(tmp_path / "half.pdf"))
    assert [(place.words, said) for place, said in document.healed] == [
        ("page 2", "this page is a picture without text: nothing was read from it")
    ]
    blank = Paper()
    with pytest.raises(NoPlanError, match="holds no text at all"):
        read_document(blank.save(tmp_path / "blank.pdf"))


# -- what a file is --------------------------------------------------------------------------------


def package(*names: str, **contents: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name in names:
            file.writestr(name, contents.get(name, ""))
    return data.getvalue()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + stream.encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.4", "pdf"), (b"\n\n%PDF-1.7", "pdf"), (package("word/document.xml"), "docx"),
        (package("xl/workbook.xml"), "xlsx"), (package("xl/workbook.bin"), "xlsb"), (ole("Workbook"), "xls"),
        (package("mimetype", mimetype="application/vnd.oasis.opendocument.spreadsheet").replace(b"x", b"x"), None),
        (b"<!DOCTYPE html><p>x", "html"), (b"\xef\xbb\xbf <html>", "html"), (b"<?xml version='1.0'?>\n<html>", "html"),
        (b"<table><tr><td>", "html"), (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; x\r\n\r\n", "mht"),
        (b"| a | b |\n|---|---|\n", "markdown"), (b"Ref\tAction\n1\tx", "text"), (b"a <u>b</u>\tc", "text"),
        ("Ref\tAction\n1\tx".encode("utf-16"), "text"),
    ],
)  # fmt: skip
def test_a_file_is_what_is_in_it(data, kind):
    if kind is None:
        kind = "ods"
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as file:
            file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            file.writestr("META-INF/manifest.xml", "")
        data = data.getvalue()
    assert kind_of(data, "plan.doc") == kind


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ole("EncryptedPackage"), "protected with a password"),
        (ole("WordDocument"), "a Word document of an old kind (.doc)"),
        (ole("PowerPoint Document"), "PowerPoint"), (ole("__substg1.0_"), "an Outlook message"),
        (ole("nothing"), "old Office program"), (b"{\\rtf1 x}", "Rich Text"), (b"\x89PNG\r\n", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0", "a picture (JPEG)"), (package("ppt/presentation.xml"), "PowerPoint"),
        (package("readme.txt"), "a zip archive"), (package("word/document.xml")[:40], "is damaged"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?>", "an Excel workbook kept as XML"),
        (b"<?xml version='1.0'?><plan/>", "an XML file"), (b'{"a": [1]}', "is JSON"),
        (b"\x00\x01\x02" * 10, "neither a workbook nor text"),
    ],
)  # fmt: skip
def test_what_agsxl_does_not_read_is_named(data, said):
    with pytest.raises(SourceError) as refused:
        kind_of(data, "plan.docx")
    sentence = str(refused.value)
    assert said in sentence and sentence.startswith("plan.docx is") and "\n" not in sentence


def test_a_damaged_document_is_one_sentence(tmp_path):
    whole = write_docx(
        document_of(["| Ref | Action | Lead |", "| 1 | Go | Clerk |"]), tmp_path / "plan.docx"
    )
    data = whole.read_bytes()
    broken = tmp_path / "broken.docx"
    for name in ("word/document.xml", "word/styles.xml"):
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
            for part in old.namelist():
                new.writestr(part, old.read(part)[:300] if part == name else old.read(part))
        with pytest.raises(SourceError, match="is damaged"):
            read_document(broken)
    broken.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match="is damaged"):
        read_document(broken)
    paper = Paper()
    paper.say("text")
    data = paper.save(tmp_path / "p.pdf").read_bytes()
    (tmp_path / "p.pdf").write_bytes(data[:60])
    with pytest.raises(SourceError, match="is damaged"):
        read_document(tmp_path / "p.pdf")


# -- how a page is set -----------------------------------------------------------------------------


@pytest.mark.parametrize("rules", ["grid", "none"])
@pytest.mark.parametrize("turn", ["up", "down", "said"])
def test_a_page_set_sideways_is_read_upright(tmp_path, rules, turn):
    paper = Paper()
    paper.table(HEADS, ROWS[:5], WIDTHS, rules=rules)
    wide, high = paper.width, paper.height
    matrix = f"0 -1 1 0 0 {wide}" if turn == "down" else f"0 1 -1 0 {high} 0"
    paper.pages = [[f"q {matrix} cm", *page, "Q"] for page in paper.pages]
    paper.width, paper.height = high, wide
    path = paper.save(tmp_path / "plan.pdf")
    if turn == "said":  # the page itself says that it is shown turned
        path.write_bytes(
            path.read_bytes().replace(b"/Type /Page /Parent", b"/Type /Page /Rotate 90 /Parent")
        )
    rows = [list(b.cells) for b in read_document(path).blocks if isinstance(b, Row)]
    assert rows[0] == HEADS and [row[0] for row in rows[1:]] == [row[0] for row in ROWS[:5]]


def test_refs_under_no_heading_are_a_column(tmp_path):
    paper = Paper()
    paper.table(["", *HEADS[1:]], ROWS, WIDTHS, rules="none", breaks=False)
    rows = rows_of(paper, tmp_path)
    assert [row[0] for row in rows if row[0]] == [row[0] for row in ROWS]


def test_a_band_across_a_table_without_rules(tmp_path):
    paper = Paper()
    band = "Principle B: Openness, and how the people of the district are heard in what is decided"
    paper.table(HEADS, [*ROWS[:3], band, *ROWS[3:6]], WIDTHS, rules="none")
    rows = [b for b in read_document(paper.save(tmp_path / "p.pdf")).blocks if isinstance(b, Row)]
    assert (rows[4].cells[0], rows[4].spans) == (band, (7, 0, 0, 0, 0, 0, 0))
    assert [row.cells[0] for row in rows[5:]] == [row[0] for row in ROWS[3:6]]


def test_pieces_beside_each_other_keep_their_lines(tmp_path):
    paper = Paper()
    for y, pieces in enumerate(
        [
            ("Principle A", "Senior Lead: Director of", "Status: Complete"),
            ("", "Legal Services", ""),
        ]
    ):
        for x, piece in zip((36, 140, 320), pieces, strict=True):
            paper.put(x, 40 + y * 11, piece)
    paper.put(36, 62, "Evidence: reported to the committee, which asked for more.")
    assert texts(read_document(paper.save(tmp_path / "p.pdf"))) == [
        ["Principle A", "Senior Lead: Director of\nLegal Services", "Status: Complete"],
        "Evidence: reported to the committee, which asked for more.",
    ]  # fmt: skip


def test_a_file_cut_short_is_said(tmp_path):
    paper = Paper()
    paper.table(HEADS, ROWS[:2], WIDTHS)
    path = paper.save(tmp_path / "plan.pdf")
    path.write_bytes(path.read_bytes().replace(b"%%EOF", b""))
    document = read_document(path)
    assert [said for _, said in document.healed] == [
        "the file breaks off before its end: pages or rows may be missing"
    ]


@pytest.mark.office
def test_a_pdf_with_a_password(tmp_path):
    source = write_docx(
        document_of(["| Ref | Action | Lead |", "| 1 | Go | Clerk |"]), tmp_path / "plan.docx"
    )
    locks = '{"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"x"}}'
    (path,) = by_office([source], f"pdf:writer_pdf_Export:{locks}", tmp_path / "out")
    with pytest.raises(SourceError, match=r"plan\.pdf is protected with a password"):
        read_document(path)
