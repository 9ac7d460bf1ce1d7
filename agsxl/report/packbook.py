"""The committee pack as a workbook that everybody can read, with no macros.

    write_packbook("pack/report.xlsx", pages_of(pack), source="action-plan.xlsm")

The first sheet says what the pack is, and what each part of it says. A part with a table has a sheet
of its own: its sentences, its table and its chart. What a chart draws stands in that table where it
can, else on a sheet behind the others.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from agsxl.pages import Bars, Cell, Chart, Pages, Section, Table, Toned
from agsxl.report.charts import TINTS, ChartData, add_chart, chart_table, draws, shortened
from agsxl.report.sheets import Column, Link, Sheet, sheet_link, sheet_names, write_workbook
from agsxl.texts import counted

CONTENTS = "Contents"
FILL_IN = (
    "What stands in a column headed “(fill in)” is for the committee: its cells are left empty."
)
_MOST_BELOW = 25  # rows of a table below which a chart is found; it stands beside a longer one
_MOST_SAID = 3  # sentences of a part on the first sheet; the part's own sheet has them all
_MOST_TEXT = 1_500  # characters in a row of the first sheet
_LINE = 115  # characters of a sentence on one line, at least: text runs on over empty cells

_Row: TypeAlias = tuple[Cell | None, ...]
_Note: TypeAlias = str | Link
_Draw: TypeAlias = Callable[[Any, Any, int], None]


def write_packbook(path: str | Path, pages: Pages, *, source: str | Path | None = None) -> Path:
    """Write a pack as an accessible workbook, whole or not at all.

    >>> write_packbook("report.xlsx", pages)  # doctest: +SKIP
    PosixPath('report.xlsx')

    ``source`` is the plan, which is never written over. The same pages give the same bytes. Raises
    OutputError where the file is open elsewhere or its folder cannot be written.
    """
    pages = replace(pages, sections=tuple(map(_without_empty_chart, pages.sections)))
    parts = _parts(pages)
    back = sheet_link(f"Contents of {pages.title}", CONTENTS)
    return write_workbook(
        path,
        [
            _contents(pages, parts),
            *(_sheet(part, back) for part in parts if part.sheet),
            *(
                _data_sheet(part, chart, part.data, back)
                for part in parts
                if part.data and (chart := part.section.chart)
            ),
        ],
        title=f"{pages.title}: {pages.subtitle}",
        as_of=pages.as_of,
        company=pages.council,
        source=source,
    )


def _without_empty_chart(section: Section) -> Section:
    return section if section.chart and draws(section.chart) else replace(section, chart=None)


@dataclass(frozen=True, slots=True)
class _Part:
    """A section and its place in the workbook.

    ``sheet`` is "" where all of it stands on the first sheet; ``data`` is the sheet of what its chart
    draws, "" where that stands in its own table. ``data_table`` names the table there.
    """

    section: Section
    sheet: str
    data: str
    data_table: str


def _parts(pages: Pages) -> list[_Part]:
    """The sections, with names for their sheets; those of the data come after all others."""
    own = [section for section in pages.sections if section.table or section.chart]
    names = sheet_names((section.sheet for section in own), taken=[CONTENTS])
    sheets = {section.key: name for section, name in zip(own, names, strict=True)}
    apart = [s for s in own if s.table and s.chart and not _columns_drawn(s.table, s.chart)]
    wanted = [f"{sheets[section.key][:20].rstrip()} chart data" for section in apart]
    further = sheet_names(wanted, taken=[CONTENTS, *names])
    behind = {section.key: name for section, name in zip(apart, further, strict=True)}
    return [
        _Part(
            section,
            sheet=sheets.get(section.key, ""),
            data=behind.get(section.key, ""),
            data_table=_unlike(f"ChartData{number}", pages),
        )
        for number, section in enumerate(pages.sections, 1)
    ]


# -- the first sheet ---------------------------------------------------------------------------


def _contents(pages: Pages, parts: Sequence[_Part]) -> Sheet[tuple[str, str | Link, str, str]]:
    rows: list[tuple[str, str | Link, str, str]] = []
    for part in parts:
        section = part.section
        place = sheet_link(part.sheet, part.sheet) if part.sheet else "on this sheet"
        purpose = "Decision" if section.decision else "Information"
        rows += [(section.heading, place, purpose, said) for said in _said(part)]
    for part in parts:
        if part.data:
            what = "The dates and figures that the chart draws."
            heading = f"{part.section.heading}: chart data"
            rows.append((heading, sheet_link(part.data, part.data), "Information", what))
    return Sheet(
        name=CONTENTS,
        title=pages.title,
        table=_unlike(CONTENTS, pages),
        columns=(
            Column("Part", 32, lambda row: row[0]),
            Column("Sheet", 24, lambda row: row[1]),
            Column("For", 13, lambda row: row[2]),
            Column("What it says", 90, lambda row: row[3]),
        ),
        rows=rows,
        notes=_folded(
            [
                *filter(None, [pages.council]),
                pages.subtitle,
                *(f"{label}: {value}" for label, value in pages.about),
            ]
        ),
        nothing="There is nothing in this pack.",
    )


def _said(part: _Part) -> list[str]:
    """What a part says, for the first sheet: all of it where it has no other, in rows that show it.

    Excel has no row higher than some 30 lines.
    """
    sentences = part.section.sentences
    if not sentences:
        table, chart = part.section.table, part.section.chart
        return [table.caption if table else chart.title if chart else "Nothing more is said."]
    together = "\n".join(sentences)
    if not part.sheet:
        return [together] if len(together) <= _MOST_TEXT else [*sentences]
    more = len(sentences) - _MOST_SAID
    if more > 0:
        further = f"{counted(more, 'sentence')} more on its sheet."
        together = "\n".join([*sentences[:_MOST_SAID], further])
    return [shortened(together, _MOST_TEXT)]


def _unlike(name: str, pages: Pages) -> str:
    """A name for a table of the workbook that none of the pack's tables has."""
    taken = {section.table.name.casefold() for section in pages.sections if section.table}
    while name.casefold() in taken:
        name += "_"
    return name


# -- the parts ---------------------------------------------------------------------------------


def _sheet(part: _Part, back: Link) -> Sheet[Any]:
    section, table, chart = part.section, part.section.table, part.section.chart
    if table is None:
        assert chart is not None  # else the part would have no sheet
        return _data_sheet(part, chart, part.sheet, back)
    notes: list[_Note] = [*section.sentences]
    if section.decision:
        notes.append("The committee is asked to decide on this.")
    if any(column.entry for column in table.columns):
        notes.append(FILL_IN)
    if chart is not None:
        notes.append(f"A chart stands {'below' if _is_below(table) else 'beside'} the table.")
    if part.data:
        notes.append(sheet_link(f"What the chart draws: sheet {part.data}", part.data))
    notes.append(back)
    if table.caption != section.heading:
        notes.append(table.caption)
    folded = _folded(notes, sum(column.width for column in table.columns))
    draw: _Draw | None = None
    if chart is not None:
        own = ChartData(part.sheet, 1 + len(folded), _columns_drawn(table, chart))
        behind = ChartData(part.data, 1 + len(_data_notes(part, chart, back)), _all_columns(chart))
        draw = _drawing(chart, table, behind if part.data else own, 1 + len(folded))
    return Sheet(
        name=part.sheet,
        title=section.heading,
        table=table.name,
        columns=tuple(
            Column(
                column.heading,
                column.width,
                _value(n),
                decimals=1,
                tint=_tint(n),
                entry=column.entry,
            )
            for n, column in enumerate(table.columns)
        ),
        rows=table.rows,
        notes=folded,
        nothing=table.nothing,
        sums=table.total,
        draw=draw,
    )


def _value(index: int) -> Callable[[_Row], str | int | float | date | None]:
    """How a cell's value is got from a row; of an entry that is empty, none."""

    def value(row: _Row) -> str | int | float | date | None:
        cell = row[index]
        text = cell.text if isinstance(cell, Toned) else cell
        return None if text == "" else text

    return value


def _tint(index: int) -> Callable[[_Row], str]:
    def tint(row: _Row) -> str:
        cell = row[index]
        return TINTS[cell.tone] if isinstance(cell, Toned) else ""

    return tint


def _is_below(table: Table) -> bool:
    return len(table.rows) <= _MOST_BELOW


def _drawing(chart: Chart, table: Table, data: ChartData, top: int) -> _Draw:
    """What puts a chart below its table, the two on one printed page; or beside a long one."""

    def draw(book: Any, page: Any, free: int) -> None:
        if _is_below(table):
            add_chart(book, page, chart, data, row=free)
            page.fit_to_pages(1, 1)
        else:
            # Below the row of the headings: what stands in it is printed again on every page.
            add_chart(book, page, chart, data, row=top + 1, column=len(table.columns) + 1)

    return draw


# -- what a chart draws ------------------------------------------------------------------------


def _columns_drawn(table: Table, chart: Chart) -> tuple[int, ...]:
    """The columns of a table in which all that a chart draws stands; () where it does not.

    A trend has its reporting dates in headings, which an Excel table holds as texts only.
    """
    if not isinstance(chart, Bars):
        return ()
    rows = table.rows[: len(chart.categories)]
    headings = [column.heading for column in table.columns]
    wanted = [chart.categories, *(series.counts for series in chart.series)]
    found = [0, *(headings.index(s.name) if s.name in headings else -1 for s in chart.series)]
    fits = all(
        column >= 0 and tuple(row[column] for row in rows) == cells
        for column, cells in zip(found, wanted, strict=True)
    )
    return tuple(found) if fits else ()


def _all_columns(chart: Chart) -> tuple[int, ...]:
    return tuple(range(len(chart_table(chart).headings)))


def _data_notes(part: _Part, chart: Chart, back: Link) -> list[_Note]:
    notes = [] if part.section.table else _folded(part.section.sentences)
    if any(None in row for row in chart_table(chart).rows):
        notes.append("A cell is empty where a milestone had no target date at that reporting date.")
    return [*notes, back]


def _data_sheet(part: _Part, chart: Chart, name: str, back: Link) -> Sheet[_Row]:
    """A sheet of what a chart draws; and the chart, where its part has no table."""
    found = chart_table(chart)
    notes = _data_notes(part, chart, back)
    has_table, heading = part.section.table is not None, part.section.heading

    def draw(book: Any, page: Any, free: int) -> None:
        data = ChartData(name, 1 + len(notes), _all_columns(chart))
        add_chart(book, page, chart, data, row=free)
        page.fit_to_pages(1, 1)

    return Sheet(
        name=name,
        title=f"{heading}: chart data" if has_table else heading,
        table=part.data_table,
        columns=tuple(
            Column(text, 14 if n else 40 if isinstance(chart, Bars) else 16, _value(n))
            for n, text in enumerate(found.headings)
        ),
        rows=found.rows,
        notes=notes,
        draw=None if has_table else draw,
    )


# -- sentences above a table -------------------------------------------------------------------


def _folded(notes: Sequence[_Note], width: float = 0) -> list[_Note]:
    """Sentences in lines that run over the empty cells beside them, and not out of the page.

    A cell of a sentence has neighbours that are empty, so that it is seen whole without merged cells;
    a long one is divided between words.
    """
    lines: list[_Note] = []
    for note in notes:
        if isinstance(note, Link):
            lines.append(note)
            continue
        for paragraph in note.splitlines():
            lines += textwrap.wrap(
                paragraph, max(_LINE, int(width)), break_long_words=False, break_on_hyphens=False
            )
    return lines
