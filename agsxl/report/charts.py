"""The charts of a pack as native Excel charts, and the colours that all of a pack shares.

    data = ChartData("By theme", top=3, columns=(0, 2, 3))
    add_chart(book, page, section.chart, data, row=12)  # onto a sheet of an XlsxWriter workbook
    chart_workbook(section.chart)                       # a small workbook of the chart and its data

A chart draws what stands in cells, so that whoever opens it can see and change its data. Colour
never stands alone: bars carry their figures and patterns, lines their names, and markers and dashes
of their own.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from agsxl.pages import Bars, Chart, Line, Tone, Trend
from agsxl.report.finishing import finished
from agsxl.report.sheets import book_options, writable
from agsxl.texts import listed

# In the order in which they lie beside each other in a bar. Light follows dark, so that neighbours
# differ by 3:1 or more in greyscale too; each differs from the white page by as much.
TONES: Final[Mapping[Tone, str]] = {
    Tone.GOOD: "#3A9A5B",
    Tone.LATE: "#7F1010",
    Tone.SOON: "#C27F00",
    Tone.CALM: "#1C3B73",
    Tone.FAINT: "#8C8C8C",
}
# Of cells, beneath black text.
TINTS: Final[Mapping[Tone, str]] = {
    Tone.GOOD: "#DDF0E2",
    Tone.LATE: "#F9DCD8",
    Tone.SOON: "#FFF0C8",
    Tone.CALM: "#E1E7F5",
    Tone.FAINT: "#EDEDED",
}
# Of bars that greyscale would make alike: in white on their colour, in XlsxWriter's words.
PATTERNS: Final[Mapping[Tone, str]] = {
    Tone.SOON: "wide_upward_diagonal",
    Tone.FAINT: "percent_50",
}
_AGAIN = "wide_downward_diagonal"  # of a second kind of bar with the same tone

REPORTING_DATE: Final = "Reporting date"
DUE_THEN: Final = "Due on the reporting date"
COMPLETED: Final = "Complete"
MOST_LINES: Final = 120  # of a trend; each may need two of the 255 series that Excel draws
_SHEET = "Chart data"
_WIDTH = 900
_MOST_NAME, _MOST_TITLE = 60, 250
_BEFORE_EXCEL = 1900
_TOO_CLOSE = 0.045  # of the height: names nearer to each other than this would overlap
_MOST_TOGETHER = 4
_MOST_IN_LEGEND = 16  # lines; more of them leave the chart no room, and their ends have their names
_MOST_WIDE_BARS = 8
_AXIS = "#6B6B6B"


class Look(NamedTuple):
    """How a line of a trend is drawn: colour, marker and dash in XlsxWriter's words."""

    colour: str
    marker: str
    dash: str


# Each line of a trend in turn; after the last one they begin again. The diamond is for "complete".
LOOKS: Final[tuple[Look, ...]] = (
    Look("#1C3B73", "circle", "solid"),
    Look("#B3261E", "square", "dash"),
    Look("#1B7A3D", "triangle", "long_dash"),
    Look("#6A3D9A", "x", "dash_dot"),
    Look("#8A5A00", "circle", "round_dot"),
    Look("#00707A", "square", "solid"),
    Look("#B01868", "triangle", "dash"),
    Look("#444444", "x", "long_dash"),
)


class ChartData(NamedTuple):
    """Where the data of a chart stand: a sheet, the row of the headings (from 0), and columns.

    Of bars: the column of the categories, then one for each series. Of a trend: the column of the
    reporting dates, then those of ``chart_table``. The rows follow the headings.
    """

    sheet: str
    top: int
    columns: tuple[int, ...]


class ChartTable(NamedTuple):
    """The data of a chart as a table: unique headings, and rows. None is an empty cell."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str | int | date | None, ...], ...]


def draws(chart: Chart) -> bool:
    """Whether there is anything in a chart to draw; the functions below need it.

    >>> draws(Bars("By theme", "", (), ()))
    False
    """
    return (
        bool(chart.series and chart.categories) if isinstance(chart, Bars) else bool(_drawn(chart))
    )


def chart_table(chart: Chart) -> ChartTable:
    """The table that a chart draws: categories down, or reporting dates down.

    >>> chart_table(Bars("By theme", "", ("Ethics",), (Series("Complete", Tone.GOOD, (2,)),)))
    ChartTable(headings=('Category', 'Complete'), rows=(('Ethics', 2),))

    Of a trend the last column is the reporting date again: a milestone whose target date meets it is
    due. An empty cell is a reporting date at which a milestone had no target date.
    """
    if isinstance(chart, Bars):
        names = [series.name for series in chart.series]
        counts = zip(*(series.counts for series in chart.series), strict=True)
        rows = tuple((name, *each) for name, each in zip(chart.categories, counts, strict=True))
        return ChartTable(_headings("Category", *names), rows)
    drawn = _drawn(chart)
    return ChartTable(
        _headings(REPORTING_DATE, *(line.name for line in drawn), DUE_THEN),
        tuple(
            (day, *(_on_chart(line.targets[n]) for line in drawn), day)
            for n, day in enumerate(chart.days)
        ),
    )


def _headings(*names: str) -> tuple[str, ...]:
    """Headings as an Excel table takes them: short, never empty, none of them twice in any case."""
    used: set[str] = set()
    headings = []
    for name in names:
        stem = shortened(" ".join(writable(name).split()), _MOST_NAME) or "No name"
        heading, number = stem, 1
        while heading.casefold() in used:
            number += 1
            heading = f"{stem} ({number})"
        used.add(heading.casefold())
        headings.append(heading)
    return tuple(headings)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters: ``shortened("Ethics and standards", 8)`` is "Ethics…"."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _on_chart(day: date | None) -> date | None:
    """A target date as it can be drawn; Excel's calendar begins in 1900."""
    return day if day is not None and day.year > _BEFORE_EXCEL else None


def _drawn(trend: Trend) -> list[Line]:
    """The lines that have a date to draw, and no more than a chart can hold."""
    return [line for line in trend.lines if any(map(_on_chart, line.targets))][:MOST_LINES]


def chart_size(chart: Chart) -> tuple[int, int]:
    """The width and height of a chart in pixels (96 to an inch): as high as its bars need.

    >>> chart_size(Bars("By theme", "", ("Ethics", "Finance"), ()))
    (900, 230)
    """
    if isinstance(chart, Bars):
        count = len(chart.categories)
        return _WIDTH, 150 + count * (40 if count <= _MOST_WIDE_BARS else 28)
    return _WIDTH, 480


def add_chart(
    book: Any, page: Any, chart: Chart, data: ChartData, *, row: int, column: int = 0
) -> None:
    """Draw a chart at a cell of a sheet, its alternative text with it.

    >>> add_chart(book, page, chart, ChartData("Trend", 4, (0, 1, 2)), row=12)  # doctest: +SKIP

    The data are in their cells already: the chart keeps a copy of them, and shows in programs that
    calculate nothing. Workbooks with charts are to go through ``finishing.finished``.
    """
    drawing = _bars(book, chart, data) if isinstance(chart, Bars) else _trend(book, chart, data)
    title = shortened(writable(chart.title), _MOST_TITLE)
    drawing.set_title({"name": _literal(title), "name_font": _font(12, bold=True)})
    width, height = chart_size(chart)
    drawing.set_size({"width": width, "height": height})
    drawing.set_chartarea({"border": {"none": True}, "fill": {"color": "#FFFFFF"}})
    # 2: it moves with its cells, and keeps its shape when somebody widens a column.
    page.insert_chart(
        row, column, drawing, {"description": writable(chart.alt), "object_position": 2}
    )


def chart_workbook(chart: Chart) -> bytes:
    """A workbook of one sheet, "Chart data": the table of a chart from A1, and the chart.

    >>> chart_workbook(chart)[:2]  # doctest: +SKIP
    b'PK'

    The chart is the part xl/charts/chart1.xml. It says all that a program could suppose otherwise,
    so that it looks the same in a Word document. The same chart gives the same bytes.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    book = Workbook(buffer, book_options())
    book.set_properties({"created": datetime(2000, 1, 1), "title": writable(chart.title)})
    page = book.add_worksheet(_SHEET)
    dates = book.add_format({"num_format": "dd/mm/yyyy", "align": "center"})
    table = chart_table(chart)
    for number, cells in enumerate(table.rows, 1):
        for index, value in enumerate(cells):
            if isinstance(value, date):
                page.write_datetime(number, index, value, dates)
            elif isinstance(value, str):
                page.write_string(number, index, writable(value))
            elif value is not None:
                page.write_number(number, index, value)
    right = len(table.headings) - 1
    columns = [{"header": heading} for heading in table.headings]
    page.add_table(0, 0, len(table.rows), right, {"name": "ChartData", "columns": columns})
    page.set_column(0, right, 16)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 1)
    data = ChartData(_SHEET, 0, tuple(range(right + 1)))
    add_chart(book, page, chart, data, row=len(table.rows) + 2)
    book.close()
    return finished(buffer.getvalue())


# -- bars --------------------------------------------------------------------------------------


def _bars(book: Any, bars: Bars, data: ChartData) -> Any:
    drawing = book.add_chart({"type": "bar", "subtype": "stacked", "name": _name(bars)})
    last = data.top + len(bars.categories)
    for index, series in enumerate(bars.series, 1):
        column = data.columns[index]
        colour = TONES[series.tone]
        fill: dict[str, Any] = {"fill": {"color": colour}}
        again = any(each.tone == series.tone for each in bars.series[: index - 1])
        pattern = _AGAIN if again else PATTERNS.get(series.tone)
        if pattern:
            fill = {
                "pattern": {
                    "pattern": pattern,
                    "fg_color": "#FFFFFF",
                    "bg_color": colour,
                }
            }
        drawing.add_series(
            {
                "name": [data.sheet, data.top, column],
                "categories": [data.sheet, data.top + 1, data.columns[0], last, data.columns[0]],
                "values": [data.sheet, data.top + 1, column, last, column],
                **fill,
                "border": {"color": "#FFFFFF", "width": 1.5},  # a white gap between neighbours
                "gap": 45,
                "data_labels": {
                    "value": True,
                    "num_format": "#,##0;-#,##0;;",  # nothing for 0
                    "font": _font(9, bold=True),
                    "fill": {"color": "#FFFFFF"},
                },
            }
        )
    drawing.set_y_axis(
        {
            "reverse": True,  # from the top, as they are read
            "num_font": _font(9),
            "line": {"color": _AXIS},
            "major_tick_mark": "none",
            "minor_tick_mark": "none",
        }
    )
    drawing.set_x_axis(
        {
            "min": 0,
            "visible": False,  # each bar says its own figures
            "major_gridlines": {"visible": False},
            "major_tick_mark": "none",
            "minor_tick_mark": "none",
        }
    )
    drawing.set_legend({"position": "bottom", "font": _font(9)})
    return drawing


# -- the trend ---------------------------------------------------------------------------------


def _trend(book: Any, trend: Trend, data: ChartData) -> Any:
    drawing = book.add_chart(
        {"type": "scatter", "subtype": "straight_with_markers", "name": _name(trend)}
    )
    lines = _drawn(trend)
    low, high = _extent(trend, lines)
    labels = _end_labels(lines, (high - low).days)
    down = range(data.top + 1, data.top + 1 + len(trend.days))
    for number, line in enumerate(lines):
        series = _cells(data, number + 1, down) | _line(line, LOOKS[number % len(LOOKS)])
        if number in labels:
            series["data_labels"] = _label(*labels[number], len(trend.days))
        drawing.add_series(series)
    complete = [number for number, line in enumerate(lines) if line.completed]
    for number in complete:
        row = data.top + 1 + _end(lines[number])
        drawing.add_series(_cells(data, number + 1, range(row, row + 1)) | _completed())
    drawing.add_series(_cells(data, len(lines) + 1, down) | _diagonal(len(trend.days)))
    unsaid = [len(lines) + n for n in range(1, len(complete))]  # "complete" once in the legend
    if len(lines) > _MOST_IN_LEGEND:
        unsaid = [*range(len(lines)), *unsaid]
    drawing.set_legend({"position": "bottom", "font": _font(9), "delete_series": unsaid})
    across = _axis(min(trend.days), max(trend.days), 8, room=True)
    drawing.set_x_axis(_date_axis(REPORTING_DATE, across))
    drawing.set_y_axis(_date_axis("Target date", _axis(low, high, 10)))
    return drawing


def _cells(data: ChartData, number: int, rows: range) -> dict[str, Any]:
    """Where a series of a trend stands: its name, and in which rows its dates are."""
    across, up = data.columns[0], data.columns[number]
    return {
        "name": [data.sheet, data.top, up],
        "categories": [data.sheet, rows[0], across, rows[-1], across],
        "values": [data.sheet, rows[0], up, rows[-1], up],
    }


def _line(line: Line, look: Look) -> dict[str, Any]:
    return {
        # Said here: XlsxWriter would keep an empty cell that has a format as 0, a date in 1900.
        "values_data": [day and _serial(day) for day in map(_on_chart, line.targets)],
        "line": {"color": look.colour, "width": 2, "dash_type": look.dash},
        "marker": {"type": look.marker, "size": 7} | _filled(look.colour),
    }


def _completed() -> dict[str, Any]:
    """A marker at the end of a line, of a shape that no line has."""
    marker = {"type": "diamond", "size": 11} | _filled("#000000")
    return {"name": COMPLETED, "line": {"none": True}, "marker": marker}


def _diagonal(days: int) -> dict[str, Any]:
    """The line on which a milestone is due; with one reporting date its day is marked instead."""
    alone = {"type": "plus", "size": 9} | _filled(_AXIS)
    return {
        "line": {"color": _AXIS, "width": 1.25, "dash_type": "square_dot"},
        "marker": {"type": "none"} if days > 1 else alone,
    }


def _filled(colour: str) -> dict[str, Any]:
    return {"fill": {"color": colour}, "border": {"color": colour}}


def _label(place: int, text: str, points: int) -> dict[str, Any]:
    """A text at one point of a line, and nothing at the others."""
    custom: list[dict[str, Any]] = [{"delete": True}] * points
    custom[place] = {"value": _literal(text)}
    return {"value": True, "position": "right", "custom": custom, "font": _font(9)}


def _end(line: Line) -> int:
    """Where a line has its last target date."""
    return max(n for n, day in enumerate(line.targets) if _on_chart(day))


def _extent(trend: Trend, lines: list[Line]) -> tuple[date, date]:
    """The earliest and the latest date up the chart: of the targets, and of the days themselves."""
    targets = [day for line in lines for day in line.targets if _on_chart(day)]
    every = [day for day in [*trend.days, *targets] if day is not None]
    return min(every), max(every)


def _end_labels(lines: list[Line], days: int) -> dict[int, tuple[int, str]]:
    """Where the names of the lines stand: by line, the point and what is said there.

    Names at ends too close to be read apart are said together, at the lowest of them.
    """
    ends = sorted(
        (_end(line), line.targets[_end(line)] or date.min, n) for n, line in enumerate(lines)
    )
    labels: dict[int, tuple[int, str]] = {}
    groups: list[list[tuple[int, date, int]]] = []
    for end in ends:
        near = groups and groups[-1][0][0] == end[0]
        if near and (end[1] - groups[-1][0][1]).days <= days * _TOO_CLOSE:
            groups[-1].append(end)
        else:
            groups.append([end])
    for group in groups:
        names = [shortened(writable(lines[n].name), 24) for _, _, n in group]
        labels[group[0][2]] = (group[0][0], listed(names, _MOST_TOGETHER))
    return labels


_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)  # months between the labels of an axis
_MONTH = 365.25 / 12


def _axis(first: date, last: date, most: int, *, room: bool = False) -> dict[str, float]:
    """Where an axis begins, ends, and how far apart its labels are, in Excel's days.

    An axis of values knows no months, only equal steps. From the fifth of a month, steps of the mean
    length of months stay within the first days of each month, so that no label is skipped or doubled.
    ``room`` leaves space behind the last date, for names.
    """
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next((each for each in _STEPS if months / each <= most), _STEPS[-1])
    begin = (first.year * 12 + first.month - 1) // step * step
    if _fifth(begin) > first:
        begin -= step
    low = _serial(_fifth(begin))
    end = _serial(last) + (_serial(last) - low) * 0.12 * room
    steps = max(-int(-(end - low) // (step * _MONTH)), 1)
    return {"min": low, "max": low + steps * step * _MONTH, "major_unit": step * _MONTH}


def _fifth(month: int) -> date:
    return date(month // 12, month % 12 + 1, 5)


def _serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


def _date_axis(name: str, extent: Mapping[str, float]) -> dict[str, Any]:
    return {
        "name": name,
        "name_font": _font(9, bold=True),
        "num_format": "mmm yyyy",
        "num_font": _font(9),
        "line": {"color": _AXIS},
        "major_gridlines": {"visible": True, "line": {"color": "#E3E3E3", "width": 0.75}},
        "major_tick_mark": "outside",
        "minor_tick_mark": "none",
        "label_position": "low",
        **extent,
    }


def _font(size: float, *, bold: bool = False) -> dict[str, Any]:
    return {"name": "Arial", "size": size, "bold": bold, "color": "#000000"}


def _name(chart: Chart) -> str:
    return shortened(writable(chart.title), 60)


def _literal(text: str) -> str:
    """A text that XlsxWriter does not take for the address of a cell, as it would "Ethics!A1"."""
    return text.replace("!", "!\u200b")
