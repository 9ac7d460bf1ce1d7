"""The committee pack as a Word document, from a template that an officer may restyle.

    path, notes = write_word("pack.docx", pages)
    notes        # ("The template pack.docx has no style 'Pack table'; agsxl's own was used in its place.",)

The looks are the template's: every paragraph and table has a style by name, and nothing else. What
stands here is what a style cannot say: which pages lie on their side, how wide a column is, which
rows stay together, and what a screen reader reads out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from agsxl.pages import (
    Cell,
    Chart,
    Column,
    Pages,
    Section,
    Table,
    Toned,
    first_rows,
    left_out,
    shown,
)
from agsxl.report.charts import TINTS, chart_size, chart_workbook
from agsxl.report.placing import placed, refuse
from agsxl.report.sheets import writable
from agsxl.report.wordfile import Piece, Room, WordFile, open_template
from agsxl.report.wordxml import attribute, is_right_to_left, runs
from agsxl.texts import counted
from agsxl.words import spoken

WIDE_TABLE: Final = 5  # columns; a table with more is on a page that lies on its side
_FILLING = 15  # rows; a table with fewer does not need a page of its own that stands upright
_LETTER = 200  # the size of a table's letters, in twentieths of a point as all measures here
_PADDING = 190  # left and right of a cell's text, with the rule
_ENTRY_HEIGHT = 700  # at least, of a row in which somebody writes by hand
_PIXEL = 15  # of 96 to an inch
_EMU = 635  # English metric units, of drawings, in a twentieth of a point


def write_word(
    path: str | Path, pages: Pages, *, template: str | Path | None = None, workbook: str = ""
) -> tuple[Path, tuple[str, ...]]:
    """Write a pack as a Word document, whole or not at all, and say what its template lacked.

    >>> write_word("pack.docx", pages, workbook="pack.xlsx")  # doctest: +SKIP
    (PosixPath('pack.docx'), ())

    ``template`` is the officer's own; without it the one in ``templates/pack`` is used. ``workbook``
    is the name of the pack's workbook: where a table has more than 250 rows, a sentence says that
    they all stand there. The same pages and template give the same bytes. Raises SettingsError for a
    template that cannot be used, OutputError where the document cannot be written.
    """
    target = Path(path)
    refuse(target)
    data, notes = word_bytes(pages, template=template, workbook=workbook)
    with placed(target) as beside:
        beside.write_bytes(data)
    return target, notes


def word_bytes(
    pages: Pages, *, template: str | Path | None = None, workbook: str = ""
) -> tuple[bytes, tuple[str, ...]]:
    """The document's bytes, and the notes on its template, as ``write_word`` gives them.

    >>> word_bytes(pages)[0][:2]  # doctest: +SKIP
    b'PK'
    """
    word = open_template(None if template is None else Path(template))
    texts = {
        "title": writable(pages.title),
        "subtitle": writable(pages.subtitle),
        "council": writable(pages.council),
        "date": spoken(pages.as_of),
    }
    word.fill(texts, pages.about)
    word.put(list(_Writer(word, workbook).pieces(pages.sections)))
    data = word.packed(title=pages.title, council=pages.council, as_of=pages.as_of)
    return data, tuple(dict.fromkeys(word.notes))


class _Writer:
    """The pack's blocks as XML, in the styles of one template."""

    def __init__(self, word: WordFile, workbook: str) -> None:
        self._word = word
        self._workbook = workbook
        self._styles: dict[str, str] = {}
        self._counts = {"Table": 0, "Chart": 0}
        self._bullets = 0

    def pieces(self, sections: Sequence[Section]) -> Iterator[Piece]:
        """The sections, those on pages that lie the same way together.

        The first one has its page, or pages, to itself: it is what everybody reads.
        """
        ways = _ways(sections)
        blocks: list[str] = []
        for number, (section, turned) in enumerate(zip(sections, ways, strict=True)):
            if number and turned != ways[number - 1]:
                yield Piece("".join(blocks), ways[number - 1])
                blocks = []
            blocks.append(self._section(section, turned, new_page=number == 1 and bool(blocks)))
        yield Piece("".join(blocks), bool(ways and ways[-1]))

    def _section(self, section: Section, turned: bool, *, new_page: bool) -> str:
        room = self._word.room(turned=turned)
        begin = "<w:pageBreakBefore/>" if new_page else ""
        blocks = [self._paragraph("Heading 1", section.heading, begin)]
        if section.decision and section.table is not None and section.table.rows:
            blocks.append(self._paragraph("Pack note", _asked(section.table), "<w:keepNext/>"))
        sentences = section.sentences if section.points else (" ".join(section.sentences),)
        # What introduces a chart or a table is not left behind at the foot of a page.
        followed = section.chart is not None or section.table is not None
        for number, sentence in enumerate(filter(None, sentences), 1):
            stays = "<w:keepNext/>" if followed and number == len(sentences) else ""
            if section.points:
                blocks.append(self._point(sentence, stays))
            else:
                blocks.append(self._paragraph("Body Text", sentence, stays))
        if section.chart is not None:
            blocks.append(self._chart(section.chart, room))
        if section.table is not None:
            blocks.append(self._table(section.table, section.sheet, room))
        return "".join(blocks)

    # -- paragraphs ----------------------------------------------------------------------------

    def _style(self, name: str) -> str:
        if name not in self._styles:
            self._styles[name] = self._word.style(name)
        return self._styles[name]

    def _paragraph(self, style: str, text: str, properties: str = "") -> str:
        direction = "<w:bidi/>" if is_right_to_left(text) else ""
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{self._style(style)}"/>{properties}{direction}</w:pPr>'
            f"{runs(text)}</w:p>"
        )

    def _point(self, text: str, properties: str) -> str:
        """An item of a list. Where the template's style makes no list, the paragraph does."""
        if self._word.has_numbering(self._style("List Bullet")):
            return self._paragraph("List Bullet", text, properties)
        self._bullets = self._bullets or self._word.bullets()
        listed = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{self._bullets}"/></w:numPr>'
        return self._paragraph("List Bullet", text, properties + listed)

    def _caption(self, kind: str, text: str) -> str:
        """A caption with its number, which Word counts on where the officer adds tables."""
        self._counts[kind] += 1
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{self._style("Caption")}"/><w:keepNext/></w:pPr>'
            f'{runs(f"{kind} ")}<w:fldSimple w:instr=" SEQ {kind} \\* ARABIC ">'
            f"{runs(str(self._counts[kind]))}</w:fldSimple>{runs(f': {text}')}</w:p>"
        )

    # -- charts --------------------------------------------------------------------------------

    def _chart(self, chart: Chart, room: Room) -> str:
        across, down = chart_size(chart)
        # Low, so that its table may stand on the same page; higher where many bars need it.
        most = min(max(down * _PIXEL * 0.75, room.height * 0.42), room.height * 0.75)
        scale = min(room.width / across, most / down)
        number = self._word.drawing_id()
        relation = self._word.add_chart(chart_workbook(chart))
        return (
            self._caption("Chart", chart.title)
            + f'<w:p><w:pPr><w:pStyle w:val="{self._style("Body Text")}"/>'
            # A style with lines of a fixed height would show one line of the chart.
            '<w:spacing w:line="240" w:lineRule="auto"/></w:pPr><w:r><w:drawing>'
            '<wp:inline distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{int(across * scale) * _EMU}" cy="{int(down * scale) * _EMU}"/>'
            '<wp:effectExtent l="0" t="0" r="0" b="0"/>'
            f'<wp:docPr id="{number}" name="Chart {self._counts["Chart"]}" '
            f"descr={attribute(chart.alt)} title={attribute(chart.title)}/>"
            "<wp:cNvGraphicFramePr/><a:graphic><a:graphicData "
            'uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
            f'<c:chart r:id="{relation}"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
        )

    # -- tables --------------------------------------------------------------------------------

    def _table(self, table: Table, sheet: str, room: Room) -> str:
        if not table.rows:
            return self._paragraph("Body Text", table.nothing)
        rows = first_rows(table)
        figures = [_is_figures(row[i] for row in rows) for i in range(len(table.columns))]
        widths = column_widths(table.columns, rows, room.width)
        heights = [_height(row, widths) for row in rows]
        # A table that is small stays on one page. Else the headings stay with the first row, or two
        # low ones, and the total with the row above it.
        whole = sum(heights) < room.height * 0.45
        blocks = [
            self._caption("Table", table.caption),
            f"<w:tbl>{self._table_properties(table, sum(widths))}<w:tblGrid>",
            *(f'<w:gridCol w:w="{width}"/>' for width in widths),
            "</w:tblGrid>",
            self._heading_row(table.columns, widths, figures),
        ]
        last = len(rows) - 1
        for number, row in enumerate(rows):
            begins = number == 0 and heights[0] < room.height * 0.1
            ends = table.total and number == last - 1
            stays = number < last and (whole or begins or ends)
            unbroken = heights[number] < room.height / 2
            blocks.append(self._row(row, table.columns, widths, figures, stays, unbroken))
        blocks.append("</w:tbl>")
        if len(rows) < len(table.rows):
            blocks.append(self._paragraph("Pack note", left_out(table, sheet, self._workbook)))
        return "".join(blocks)

    def _table_properties(self, table: Table, width: int) -> str:
        headings = ", ".join(column.heading for column in table.columns)
        described = f"{counted(len(table.rows), 'row')} below one row of headings: {headings}."
        total = "1" if table.total else "0"
        return (
            f'<w:tblPr><w:tblStyle w:val="{self._style("Pack table")}"/>'
            f'<w:tblW w:w="{width}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            f'<w:tblLook w:val="{"04E0" if table.total else "04A0"}" w:firstRow="1" w:lastRow="{total}" '
            'w:firstColumn="1" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/>'
            f"<w:tblCaption w:val={attribute(table.caption)}/>"
            f"<w:tblDescription w:val={attribute(described)}/></w:tblPr>"
        )

    def _heading_row(
        self, columns: Sequence[Column], widths: Sequence[int], figures: Sequence[bool]
    ) -> str:
        cells = "".join(
            self._cell(column.heading, width, right=right, stays=True)
            for column, width, right in zip(columns, widths, figures, strict=True)
        )
        return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"

    def _row(
        self,
        row: Sequence[Cell],
        columns: Sequence[Column],
        widths: Sequence[int],
        figures: Sequence[bool],
        stays: bool,
        unbroken: bool,
    ) -> str:
        properties = "<w:cantSplit/>" if unbroken else ""
        if any(column.entry for column in columns):
            properties += f'<w:trHeight w:val="{_ENTRY_HEIGHT}" w:hRule="atLeast"/>'
        cells = "".join(
            self._cell(value, width, right=right, stays=stays, entry=column.entry)
            for value, column, width, right in zip(row, columns, widths, figures, strict=True)
        )
        return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{cells}</w:tr>"

    def _cell(
        self, value: Cell, width: int, *, right: bool, stays: bool, entry: bool = False
    ) -> str:
        text = shown(value)
        look = _BOX if entry else ""
        if isinstance(value, Toned):
            look += (
                f'<w:shd w:val="clear" w:color="auto" w:fill="{TINTS[value.tone].lstrip("#")}"/>'
            )
        properties = "<w:keepNext/>" if stays else ""
        if is_right_to_left(text):
            properties += "<w:bidi/>"
        if right:
            properties += '<w:jc w:val="right"/>'
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{look}</w:tcPr><w:p><w:pPr>'
            f'<w:pStyle w:val="{self._style("Pack cell")}"/>{properties}</w:pPr>'
            f"{runs(text) if text else ''}</w:p></w:tc>"
        )


# A box that somebody writes in by hand, to be seen whatever the table's style is.
_BOX = "<w:tcBorders>{}</w:tcBorders>".format(
    "".join(
        f'<w:{side} w:val="single" w:sz="12" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right")
    )
)


# -- what is shown -----------------------------------------------------------------------------


def _asked(table: Table) -> str:
    """What the committee is asked to do, in a sentence."""
    entries = [f"“{column.heading}”" for column in table.columns if column.entry]
    if not entries:
        return "For decision: the committee is asked to decide on each row of the table."
    where = f"column {entries[0]}" if len(entries) == 1 else f"columns {' and '.join(entries)}"
    return (
        "For decision: the committee is asked to decide on each row of the table. What it decides is "
        f"to be written in the {where}."
    )


def _is_wide(section: Section) -> bool:
    table = section.table
    return table is not None and bool(table.rows) and len(table.columns) > WIDE_TABLE


def _ways(sections: Sequence[Section]) -> list[bool]:
    """Whether the pages of each section lie on their side.

    Wide tables do, a chart or a long table does not. What has little to show stays on the page that
    it follows; right after the first section, which has its page to itself, it goes with the next.
    """
    known = [True if _is_wide(s) else False if _fills(s) else None for s in sections]
    if known and known[0] is None:
        known[0] = False
    ways: list[bool] = []
    for number, way in enumerate(known):
        if way is None:
            lonely = all(each is None for each in known[1:number])
            after = next((each for each in known[number:] if each is not None), ways[-1])
            way = after if lonely else ways[-1]
        ways.append(way)
    return ways


def _fills(section: Section) -> bool:
    """Whether a section is worth turning the paper back for."""
    return section.chart is not None or (
        section.table is not None and len(section.table.rows) >= _FILLING
    )


# A number, or one with a sign or a percentage that only a figure has; a Ref such as "1.1" has none.
_FIGURE = re.compile(r"[+−-]\d[\d.,]*%?|\d[\d.,]*%")


def _is_figures(values: Iterable[Cell]) -> bool:
    """Whether most of a column are figures. All of it is set to the right then, "not known" too."""
    figures = [
        isinstance(value, int | float)
        or (isinstance(value, str) and bool(_FIGURE.fullmatch(value)))
        for value in values
    ]
    return sum(figures) * 2 > len(figures)


# -- widths ------------------------------------------------------------------------------------

# How wide a letter of Arial is, in hundredths of its size: the usual one, and those that differ.
_USUAL = 56
_NARROW = re.compile(r"[ fijlrtI.,:;'|!/()\[\]-]")
_BROAD = re.compile(r"[A-HJ-Z&<>=+~mw%@MW]")
_BROADEST = re.compile(r"[%@MW\u1100-\uffdc\U0001f000-\U0001faff]")
_WORDS = re.compile(r"\S+")


def _length(text: str) -> float:
    """How long a text is on one line, in twentieths of a point; rather too long than too short."""
    hundredths = (
        _USUAL * len(text)
        - 26 * len(_NARROW.findall(text))
        + 16 * len(_BROAD.findall(text))
        + 22 * len(_BROADEST.findall(text))
    )
    return hundredths * _LETTER / 100


def column_widths(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int
) -> list[int]:
    """The widths of a table's columns, which together fit in ``room``; twentieths of a point.

    As the columns' own widths stand to each other, but no column is too narrow for its longest
    word, a date or a heading, as far as the page has room. A table with little in it is narrower
    than the page: its figures stay beside their words.
    """
    bold = 1.08
    most = room * 0.3  # a longer word, such as a web address, is divided
    least = []
    for index, column in enumerate(columns):
        factor = bold if index == 0 else 1.0
        words = {word for row in rows for word in _WORDS.findall(shown(row[index]))}
        longest = max((_length(word) for word in words), default=0) * factor
        heading = max((_length(word) for word in _WORDS.findall(column.heading)), default=0) * bold
        least.append(min(max(longest, heading), most) + _PADDING)
    wanted = sum(column.width for column in columns) * _USUAL * _LETTER / 100 * 1.3
    total = max(min(room, wanted), min(room, sum(least)))
    widths = _shared([column.width for column in columns], least, total)
    # Nobody's choice of a width is undone by more than half, and a box to write in keeps its room.
    floor = [
        width if column.entry else max(width / 2, each)
        for width, each, column in zip(widths, least, columns, strict=True)
    ]
    some = rows[:: max(len(rows) // _LOOK_AT, 1)]
    lengths = [[_length(shown(value)) for value in row] for row in some]
    whole = [int(width) for width in _balanced(widths, floor, lengths)]
    whole[-1] += int(total) - sum(whole)
    return whole


_LOOK_AT = 40  # rows, of a long table, by which its columns are balanced
_STEP = 0.025  # of the table's width


def _balanced(
    widths: Sequence[float], floor: Sequence[float], lengths: Sequence[Sequence[float]]
) -> list[float]:
    """Widths at which the rows are lower, got by giving columns with much to say of the others' room.

    None goes below its ``floor``.
    """
    now = list(widths)
    step = sum(now) * _STEP

    def height(tried: Sequence[float]) -> float:
        room = [max(width - _PADDING, 1) for width in tried]
        return sum(max(1.0, *(n / r for n, r in zip(row, room, strict=True))) for row in lengths)

    lowest = height(now)
    for _ in range(int(1 / _STEP)):
        # Who decides how high most rows are gets more; whose loss costs least gives it.
        decides = [0.0] * len(now)
        for row in lengths:
            lines = [n / max(w - _PADDING, 1) for n, w in zip(row, now, strict=True)]
            most = max(lines)
            decides[lines.index(most)] += most
        taker = decides.index(max(decides))
        tries = []
        for giver, width in enumerate(now):
            if giver != taker and width - step >= floor[giver]:
                tried = list(now)
                tried[giver] -= step
                tried[taker] += step
                tries.append((height(tried), tried))
        if not tries or min(tries)[0] >= lowest * 0.995:
            break
        lowest, now = min(tries)
    return now


def _shared(shares: Sequence[float], least: Sequence[float], total: float) -> list[float]:
    """``total`` divided by shares, none below its least; all in proportion where that cannot be."""
    if sum(least) >= total:
        return [each * total / sum(least) for each in least]
    fixed: set[int] = set()
    while True:
        left = total - sum(least[i] for i in fixed)
        among = sum(shares[i] for i in range(len(shares)) if i not in fixed)
        widths = [least[i] if i in fixed else shares[i] * left / among for i in range(len(shares))]
        short = {i for i in range(len(shares)) if i not in fixed and widths[i] < least[i]}
        if not short:
            return widths
        fixed |= short


def _height(row: Sequence[Cell], widths: Sequence[int]) -> float:
    """About how high a row is, in twentieths of a point."""
    lines = max(
        sum(
            1 + int(_length(paragraph) * 1.1 / max(width - _PADDING, 1))
            for paragraph in shown(value).split("\n")
        )
        for value, width in zip(row, widths, strict=True)
    )
    return lines * _LETTER * 1.15 + 100
