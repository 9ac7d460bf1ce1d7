"""Charts of a pack as SVG, for the web page: real text, and nothing that only a colour says.

    drawn(chart, name="themes", width=WIDE)     # '<svg class="chart" role="img" ...>'

Each is drawn at the width at which it is seen, once for a screen or a page and once for a telephone, so
that its letters are as large as those around it. A kind of bar has a hatching and a number as well as a
colour; a line of a trend has a mark, a dash and its name at its end.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any, NamedTuple

from agsxl.pages import Bars, Chart, Line, Trend
from agsxl.report.charts import LOOKS, TONES
from agsxl.report.sheets import writable
from agsxl.words import spoken

WIDE, NARROW = 760, 300  # in CSS pixels: of a page, and of a telephone with its margins
_TEXT, _SMALL = 14, 12  # heights of letters
_STEP = 17  # from one line of text to the next
_INK, _QUIET, _GRID, _PAPER = "#1A1A1A", "#595959", "#D4D4D4", "#FFFFFF"


def drawn(chart: Chart, *, name: str, width: int = WIDE) -> str:
    """A chart as an SVG element that can stand in a page.

    >>> drawn(chart, name="themes", width=NARROW)[:5]  # doctest: +SKIP
    '<svg '

    ``name`` begins the ids in it, which must be unique in the page; ``width`` is in CSS pixels.
    """
    inside, height = _bars(chart, name, width) if isinstance(chart, Bars) else _trend(chart, width)
    return _tag(
        "svg",
        _tag("title", _said(chart.title), id=f"{name}-title"),
        _tag("desc", _said(chart.alt), id=f"{name}-alt"),
        # Where the reader's own colours replace the page's, the letters keep a light ground.
        _tag("rect", width="100%", height="100%", fill=_PAPER),
        *inside,
        class_="chart", role="img", aria_labelledby=f"{name}-title {name}-alt",
        viewBox=f"0 0 {width} {_short(height)}", width=width, height=height,
        preserveAspectRatio="xMinYMin",
    )  # fmt: skip


# -- bars ------------------------------------------------------------------------------------------

_BAR, _APART, _SWATCH = 26, 12, 16
_MOST_LINES = 4  # of a category's name; the table below has it whole
_ALL_LINES = 999  # where nothing may be left out

# Drawn in white over a tile of the colour, so that kinds of bar differ on grey paper too.
_TILE = 8
_HATCHES = (
    "",
    "M-2 2 2 -2M0 8 8 0M6 10 10 6",
    "M2 2h2v2h-2zM6 6h2v2h-2z",
    "M0 4H8",
    "M4 0V8",
    "M0 4H8M4 0V8",
    "M-2 6 2 10M0 0 8 8M6 -2 10 2",
)


class _Ground(NamedTuple):
    """What all bars of a drawing share: where they begin, pixels to one, and how each kind is filled."""

    width: int
    left: float
    scale: float
    fills: tuple[str, ...]


def _bars(chart: Bars, name: str, width: int) -> tuple[list[str], float]:
    if not chart.categories:
        return _words_only("There is nothing to draw.", width)
    kinds = range(len(chart.series))
    ids = [f"{name}-kind-{kind}" for kind in kinds]
    fills = tuple(f"url(#{ids[k]})" if _hatch(k) else _tone(chart, k) for k in kinds)
    parts = [
        _pattern(ids[kind], _tone(chart, kind), _hatch(kind)) for kind in kinds if _hatch(kind)
    ]
    most = max(_total(chart, at) for at in range(len(chart.categories)))
    left = 0.3 * width if width >= WIDE else 0.0  # a name stands beside its bar where there is room
    room = (
        width - left - _wide(f"{most:,}") - 10
    )  # the rest is for the total behind the longest bar
    ground = _Ground(width, left, room / (most or 1), fills)
    swatches = [_tag("rect", width=_SWATCH, height=_SWATCH, fill=fill) for fill in fills]
    names = (series.name for series in chart.series)
    keys, top = _legend(list(zip(swatches, names, strict=True)), width)
    parts += keys
    for at in range(len(chart.categories)):
        drawing, top = _bar(chart, at, ground, top)
        parts += drawing
    return parts, top


def _bar(chart: Bars, at: int, ground: _Ground, top: float) -> tuple[list[str], float]:
    """The bar of one category with its name and figures, and where the next one may begin."""
    width, left = ground.width, ground.left
    named = _wrapped(chart.categories[at], (left or width) - 12, _MOST_LINES)
    bar = top if left else top + len(named) * _STEP + 2
    parts = _lines(named, 0, top + (_STEP if left else _STEP - 4))
    across, unseen = left, []
    for series, fill in zip(chart.series, ground.fills, strict=True):
        count = series.counts[at]
        if not count:
            continue
        long, figure = count * ground.scale, f"{count:,}"
        parts.append(
            _tag(
                "rect", class_="bar", x=across, y=bar, width=long, height=_BAR,
                fill=fill, stroke=_PAPER, stroke_width=1.5,
            )
        )  # fmt: skip
        plate = _wide(figure) + 6
        if plate + 2 <= long:
            parts.append(_plate(across + long / 2, bar + _BAR / 2, plate, figure))
        else:
            unseen.append(f"{series.name} {figure}")
        across += long
    total = f"{_total(chart, at):,}"
    parts.append(_text(across + 5, bar + _BAR / 2 + 5, total, font_weight="bold"))
    # What is too narrow for its number has it in words below the bar.
    below = _wrapped(", ".join(unseen), width - left, _ALL_LINES, _SMALL)
    parts += _lines(below, left, bar + _BAR + _STEP - 2, size=_SMALL, fill=_QUIET)
    foot = bar + _BAR + len(below) * _STEP
    return parts, max(foot, top + len(named) * _STEP) + _APART


def _total(chart: Bars, at: int) -> int:
    return sum(series.counts[at] for series in chart.series)


def _pattern(name: str, tone: str, hatch: str) -> str:
    return _tag(
        "pattern",
        _tag("rect", width=_TILE, height=_TILE, fill=tone),
        _tag("path", d=hatch, stroke=_PAPER, fill="none", stroke_width=1.5),
        id=name, width=_TILE, height=_TILE, patternUnits="userSpaceOnUse",
    )  # fmt: skip


def _hatch(kind: int) -> str:
    return _HATCHES[kind % len(_HATCHES)]


def _tone(chart: Bars, kind: int) -> str:
    return TONES[chart.series[kind].tone]


def _plate(x: float, y: float, wide: float, figure: str) -> str:
    """A number in a bar, on a light ground: it is as legible on every colour and hatching."""
    return _tag("rect", x=x - wide / 2, y=y - 9, width=wide, height=18, rx=3, fill=_PAPER) + _text(
        x, y + 5, figure, anchor="middle"
    )


# -- trend -----------------------------------------------------------------------------------------

# XlsxWriter's words for a dash and a marker (around the point 0,0), as SVG has them.
_DASHES = {
    "solid": "",
    "dash": "8 4",
    "long_dash": "14 4",
    "dash_dot": "10 3 2 3",
    "round_dot": "2 3",
}
_MARKERS = {
    "circle": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "square": "M-4 -4h8v8h-8z",
    "triangle": "M0 -5.5L5.5 4.5H-5.5z",
    "x": "M-5 -5L5 5M-5 5L5 -5",
}
_COMPLETE = "M0 -8L8 0L0 8L-8 0z"  # a diamond, which no line has otherwise
_GRIDS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000)  # months
_MOST_GRIDS = 9
_LEFT, _TOP, _FOOT = 66, 30, 60  # margins around the frame: dates, a heading, dates
_MARGIN = timedelta(days=15)  # on both sides of a reporting date that is the only one


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the days of a trend stand on its drawing, in pixels: to the right, and upwards."""

    left: float
    top: float
    right: float
    bottom: float
    first: date  # across, from and to
    last: date
    low: date  # up, from and to
    high: date
    grid: tuple[date, ...]

    def x(self, day: date) -> float:
        """Where a reporting date stands."""
        share = (day - self.first).days / ((self.last - self.first).days or 1)
        return self.left + share * (self.right - self.left)

    def y(self, day: date) -> float:
        """Where a target date stands: a later one is higher."""
        share = (day - self.low).days / ((self.high - self.low).days or 1)
        return self.bottom - share * (self.bottom - self.top)


class Ended(NamedTuple):
    """A line's last point on the drawing, and the height at which its name stands beside it."""

    number: int
    line: Line
    x: float
    y: float
    named: float


def framed(chart: Trend, width: int = WIDE) -> Frame:
    """The frame of a trend: wide enough for its names, high enough that no two of them touch.

    >>> framed(chart).y(date(2027, 1, 31))  # doctest: +SKIP
    84.5

    Both the reporting dates and the target dates fit into it. At least one of each must be there.
    """
    names = [line.name for line in chart.lines if any(line.targets)]
    targets = [day for line in chart.lines for day in line.targets if day]
    first, last = min(chart.days), max(chart.days)
    if first == last:
        first, last = _moved(first, -1), _moved(last, 1)
    low, high, grid = _gridded(min(targets + list(chart.days)), max(targets + list(chart.days)))
    beside = min(max((_wide(writable(name)) for name in names), default=0) + 26, width * 0.3)
    tall = max(250 if width >= WIDE else 220, len(names) * _STEP)
    return Frame(_LEFT, _TOP, width - beside, _TOP + tall, first, last, low, high, grid)


def ended(chart: Trend, frame: Frame) -> tuple[Ended, ...]:
    """Where each line ends, and where its name stands: beside its end, and clear of the others."""
    found = []
    for number, line in enumerate(chart.lines):
        known = [
            (day, target) for day, target in zip(chart.days, line.targets, strict=True) if target
        ]
        if known:
            day, target = known[-1]
            found.append(Ended(number, line, frame.x(day), frame.y(target), 0))
    found.sort(key=lambda end: end.y)
    heights = apart([end.y for end in found], _STEP, frame.top, frame.bottom)
    return tuple(end._replace(named=at) for end, at in zip(found, heights, strict=True))


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near as can be to those wanted (in order), with a gap between, from low to high.

    >>> apart([10, 11, 40], 6, 0, 50)
    [7.5, 13.5, 40.0]
    """
    # Without the gaps, places must only not go back. Where wanted ones do, they share their mean.
    runs: list[tuple[float, int]] = []
    for at, place in enumerate(wanted):
        total, number = place - at * gap, 1
        while runs and runs[-1][0] / runs[-1][1] > total / number:
            before, more = runs.pop()
            total, number = total + before, number + more
        runs.append((total, number))
    most = high - (len(wanted) - 1) * gap
    shared = [min(max(total / number, low), most) for total, number in runs for _ in range(number)]
    return [place + at * gap for at, place in enumerate(shared)]


def _trend(chart: Trend, width: int) -> tuple[list[str], float]:
    if not any(any(line.targets) for line in chart.lines):
        return _words_only("There is no target date to draw.", width)
    frame = framed(chart, width)
    ends = ended(chart, frame)
    parts = [*_axes(chart, frame), *_diagonal(frame)]
    for end in ends:
        parts += _line(chart, frame, end)
    for end in ends:
        parts += _name(frame, end, width)
    marks = [(_tag("path", d="M0 8H24", **_DUE), "Due on the reporting date")]
    if any(end.line.completed for end in ends):
        diamond = _tag("path", d=_COMPLETE, fill=_INK, transform="translate(12 8)")
        marks.append((diamond, "Complete"))
    keys, foot = _legend(marks, width, frame.bottom + _FOOT)
    undrawn = [line.name for line in chart.lines if not any(line.targets)]
    if undrawn:
        said = _wrapped(
            f"Without a target date, so not drawn: {', '.join(undrawn)}.", width, _ALL_LINES
        )
        keys += _lines(said, 0, foot + _STEP - 4)
        foot += len(said) * _STEP
    return parts + keys, foot


_DUE: Mapping[str, Any] = {
    "stroke": _QUIET,
    "stroke_width": 1.5,
    "stroke_dasharray": "5 4",
    "fill": "none",
}


def _axes(chart: Trend, frame: Frame) -> list[str]:
    parts = [_text(0, 14, "Target date", size=_SMALL, fill=_QUIET)]
    for day in frame.grid:
        y = frame.y(day)
        parts.append(_tag("path", d=_path((frame.left, y), (frame.right, y)), stroke=_GRID))
        parts.append(
            _text(frame.left - 8, y + 4, _month(day), anchor="end", size=_SMALL, fill=_QUIET)
        )
    parts.append(
        _tag(
            "path", fill="none", stroke=_QUIET,
            d=_path((frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)),
        )
    )  # fmt: skip
    free = frame.right + _LEFT  # the last date is always named, and each before it that has room
    for day in sorted(set(chart.days), reverse=True):
        x = frame.x(day)
        parts.append(_tag("path", d=_path((x, frame.bottom), (x, frame.bottom + 6)), stroke=_QUIET))
        if x + 24 <= free:
            free = x - 24
            shown = f"{day.day} {_MONTHS[day.month - 1]}", str(day.year)
            for row, words in enumerate(shown):
                y = frame.bottom + 19 + row * 14
                parts.append(_text(x, y, words, anchor="middle", size=_SMALL, fill=_QUIET))
    at = frame.bottom + 50
    parts.append(_text(frame.right, at, "Reporting date", anchor="end", size=_SMALL, fill=_QUIET))
    return parts


def _diagonal(frame: Frame) -> list[str]:
    """Where a target date is the reporting date, as far as it lies within the frame."""
    start, end = max(frame.first, frame.low), min(frame.last, frame.high)
    ends = ((frame.x(start), frame.y(start)), (frame.x(end), frame.y(end)))
    return [_tag("path", d=_path(*ends), class_="due", **_DUE)]


def _line(chart: Trend, frame: Frame, end: Ended) -> list[str]:
    ink, marker, dash = _look(end.number)
    runs: list[list[tuple[float, float]]] = [[]]
    for day, target in zip(chart.days, end.line.targets, strict=True):
        if target is None:
            runs.append([])  # a gap: nobody knows the date between
        else:
            runs[-1].append((frame.x(day), frame.y(target)))
    dashed = {"stroke_dasharray": dash} if dash else {}
    parts = [
        _tag(
            "path", class_="line", d=_path(*run), stroke=ink, stroke_width=2, fill="none", **dashed
        )
        for run in runs
        if len(run) > 1
    ]
    points = [point for run in runs for point in run]
    for point in points[:-1] if end.line.completed else points:
        parts.append(_mark("mark", marker, point, ink))
    if end.line.completed:
        parts.append(_mark("complete", _COMPLETE, points[-1], ink))
    return parts


def _look(number: int) -> tuple[str, str, str]:
    """The colour, marker and dash of a line: those of the workbook, and once all have had their
    turn each gets another dash.
    """
    dash = LOOKS[(number + number // len(LOOKS)) % len(LOOKS)].dash
    look = LOOKS[number % len(LOOKS)]
    return look.colour, _MARKERS[look.marker], _DASHES[dash]


def _mark(kind: str, shape: str, at: tuple[float, float], ink: str) -> str:
    return _tag(
        "path", class_=kind, d=shape, transform=f"translate({_short(at[0])} {_short(at[1])})",
        fill=ink if shape.endswith("z") else "none", stroke=ink, stroke_width=1.5,
    )  # fmt: skip


def _name(frame: Frame, end: Ended, width: int) -> list[str]:
    """A line's name in the margin, and a fine line to it where it cannot stand at its end."""
    ink, x = _look(end.number)[0], frame.right + 22
    leader = _path((end.x + 10, end.y), (frame.right + 10, end.y), (x - 3, end.named))
    return [
        _tag("path", class_="leader", d=leader, stroke=ink, fill="none", stroke_width=0.75, stroke_dasharray="1 3"),
        _text(x, end.named + 5, _cut(end.line.name, width - x), class_="name", fill=ink),
    ]  # fmt: skip


def _gridded(low: date, high: date) -> tuple[date, date, tuple[date, ...]]:
    """Where the frame begins and ends, and its grid: months, quarters or years, as many as fit."""
    first, last = (day.year * 12 + day.month - 1 for day in (low, high))
    for step in _GRIDS:
        start = first // step * step
        months = range(start, last // step * step + step + 1, step)
        if len(months) <= _MOST_GRIDS:
            break
    grid = tuple(dict.fromkeys(map(_begun, months)))
    return grid[0], grid[-1], grid


def _begun(month: int) -> date:
    """The first day of a month, counted from the year 0; the calendar's own ends are the ends."""
    year = month // 12
    if year < date.min.year:
        return date.min
    return date.max if year > date.max.year else date(year, month % 12 + 1, 1)


def _moved(day: date, sign: int) -> date:
    try:
        return day + sign * _MARGIN
    except OverflowError:
        return day


def _month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"


# Short, as an axis has little room; the table below says each date in full.
_MONTHS = tuple(spoken(date(2000, month, 1)).split()[1][:3] for month in range(1, 13))


# -- pieces ----------------------------------------------------------------------------------------


def _legend(
    entries: Sequence[tuple[str, str]], width: float, top: float = 0
) -> tuple[list[str], float]:
    """Marks with their words, side by side as they fit; and where what comes below may begin."""
    parts: list[str] = []
    x = 0.0
    for mark, words in entries:
        said = _cut(words, width - 34)
        long = 30 + _wide(said) + 16
        if x and x + long > width:
            x, top = 0.0, top + 24
        parts.append(_tag("g", mark, transform=f"translate({_short(x)} {_short(top + 2)})"))
        parts.append(_text(x + 30, top + 15, said))
        x += long
    return parts, top + 34


def _words_only(words: str, width: int) -> tuple[list[str], float]:
    said = _wrapped(words, width, _MOST_LINES)
    return _lines(said, 0, _STEP), len(said) * _STEP + _APART


def _lines(
    lines: Iterable[str], x: float, y: float, *, size: int = _TEXT, fill: str = _INK
) -> list[str]:
    return [_text(x, y + row * _STEP, line, size=size, fill=fill) for row, line in enumerate(lines)]


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = _TEXT, fill: str = _INK,
    **more: str,
) -> str:  # fmt: skip
    if anchor != "start":
        more["text_anchor"] = anchor
    return _tag("text", _said(words), x=x, y=y, font_size=size, fill=fill, **more)


def _path(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _tag(name: str, /, *inside: str, **attributes: str | float) -> str:
    """An element; what is ``inside`` it is markup already."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{said}>{''.join(inside)}</{name}>"


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else _short(value)


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _said(text: str) -> str:
    return escape(writable(text))


# -- how long a text is --------------------------------------------------------------------------------

# Shares of the letter's height, in Arial and its like; a little more than they need.
_SLIM, _BROAD = frozenset("fijlrtI.,:;'|!()[]/- "), frozenset("mwMWGOQCD@%&")


def _wide(text: str, size: int = _TEXT) -> float:
    """How wide a text is, about, in pixels."""
    return size * sum(map(_share, text))


def _share(letter: str) -> float:
    if letter in _SLIM:
        return 0.36
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.2
    if letter in _BROAD:
        return 0.9
    return 0.7 if letter.isupper() else 0.58


def _wrapped(text: str, width: float, most: int, size: int = _TEXT) -> list[str]:
    """A text in lines no wider than that, at most so many; what is left out shows as "…"."""
    lines: list[str] = []
    line = ""
    for word in writable(text).split():
        longer = f"{line} {word}" if line else word
        if line and _wide(longer, size) > width:
            lines.append(line)
            longer = word
        line = longer
        if len(lines) > most:
            break
    lines += [line] if line else []
    if len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1]} …"]
    return [_cut(line, width, size) for line in lines]


def _cut(text: str, width: float, size: int = _TEXT) -> str:
    """A text on one line no wider than that; what is left out shows as "…"."""
    text = " ".join(writable(text).split())
    if _wide(text, size) <= width:
        return text
    kept = 0
    room = width - _wide(" …", size)
    for letter in text:
        room -= size * _share(letter)
        if room < 0:
            break
        kept += 1
    return f"{text[:kept].rstrip()} …"
