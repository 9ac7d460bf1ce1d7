"""The charts of the web page: where things stand on them, and that nothing of them is lost."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from agsxl.pages import Bars, Line, Series, Tone, Trend
from agsxl.report.charts import LOOKS, TONES
from agsxl.report.drawing import NARROW, WIDE, apart, drawn, ended, framed

MARCH, JUNE, SEPTEMBER = date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)
DAYS = (MARCH, JUNE, SEPTEMBER)
WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])
BARS = Bars(
    "Milestones by theme", "Ethics: 5 complete, 1 overdue. Money: 20 complete.", ("Ethics", "Money"),
    (Series("Complete", Tone.GOOD, (5, 20)), Series("Overdue", Tone.LATE, (1, 0))),
)  # fmt: skip


def trend(*lines: Line, days: tuple[date, ...] = DAYS) -> Trend:
    return Trend("Trend", "What it shows", days, lines)


def element(chart: Bars | Trend, width: int = WIDE) -> etree._Element:
    """A drawing, read by a parser that forgives nothing."""
    return etree.fromstring(drawn(chart, name="it", width=width))


def texts(chart: Bars | Trend, width: int = WIDE) -> list[str]:
    return [text.text for text in element(chart, width).iter("text")]


def of(chart: Bars | Trend, kind: str, width: int = WIDE) -> list[etree._Element]:
    return element(chart, width).findall(f".//*[@class='{kind}']")


def points(path: str) -> list[tuple[float, float]]:
    """The points of a path that has only straight lines."""
    return [tuple(map(float, point.split())) for point in path.removeprefix("M").split("L")]


# -- bars ------------------------------------------------------------------------------------------


@WIDTHS
def test_a_bar_is_as_long_as_its_count(width):
    five, one, twenty = (float(bar.get("width")) for bar in of(BARS, "bar", width))
    assert five == pytest.approx(5 * one, abs=0.1)
    assert twenty == pytest.approx(20 * one, abs=0.2)
    assert 0.5 * width < twenty < width


@WIDTHS
def test_bars_of_one_category_lie_end_to_end_and_of_two_below_each_other(width):
    first, second, other = of(BARS, "bar", width)
    assert float(second.get("x")) == pytest.approx(
        float(first.get("x")) + float(first.get("width")), abs=0.02
    )
    assert other.get("x") == first.get("x")
    assert float(other.get("y")) >= float(first.get("y")) + float(first.get("height"))


@WIDTHS
def test_each_count_and_each_total_is_written(width):
    assert texts(BARS, width).count("5") == 1
    assert texts(BARS, width).count("20") == 2  # the bar, and the total
    assert texts(BARS, width).count("6") == 1
    assert {"Ethics", "Money", "Complete", "Overdue"} <= set(texts(BARS, width))


@WIDTHS
def test_a_count_whose_bar_is_too_narrow_is_said_below_it(width):
    counts = (Series("Complete", Tone.GOOD, (1200,)), Series("Overdue", Tone.LATE, (1,)))
    shown = texts(Bars("t", "a", ("Ethics",), counts), width)
    assert "Overdue 1" in shown
    assert "1,200" in shown
    assert "1,201" in shown
    assert "1" not in shown


def test_each_kind_has_a_colour_and_a_pattern_of_its_own():
    kinds = tuple(Series(tone, tone, (3,)) for tone in Tone)
    drawing = element(Bars("t", "a", ("Ethics",), kinds))
    tiles = {p.get("id"): p.find("path").get("d") for p in drawing.iter("pattern")}
    assert len(set(tiles.values())) == len(Tone) - 1  # the first is plain
    bars = drawing.findall(".//*[@class='bar']")
    fills = [bar.get("fill") for bar in bars]
    assert fills == [TONES[Tone.GOOD], *(f"url(#{name})" for name in tiles)]
    for tone, tile in zip(list(Tone)[1:], drawing.iter("pattern"), strict=True):
        assert tile.find("rect").get("fill") == TONES[tone]


def test_two_kinds_of_one_colour_differ_by_their_patterns():
    kinds = (Series("No date", Tone.FAINT, (3,)), Series("Superseded", Tone.FAINT, (3,)))
    first, second = of(Bars("t", "a", ("Ethics",), kinds), "bar")
    assert first.get("fill") != second.get("fill")


@WIDTHS
def test_bars_of_nothing_still_say_so(width):
    empty = Bars("t", "a", ("Ethics",), (Series("Complete", Tone.GOOD, (0,)),))
    assert of(empty, "bar", width) == []
    assert {"Ethics", "0"} <= set(texts(empty, width))
    assert texts(Bars("t", "a", (), ()), width) == ["There is nothing to draw."]


@WIDTHS
def test_a_long_name_is_shown_in_lines_and_cut_where_there_is_no_room(width):
    name = "Member development and the training of every new member of the council"
    shown = texts(Bars("t", "a", (name,), (Series("Complete", Tone.GOOD, (1,)),)), width)
    assert name in " ".join(shown)
    longer = texts(Bars("t", "a", (name * 9,), (Series("Complete", Tone.GOOD, (1,)),)), width)
    assert any(text.endswith(" …") for text in longer)
    assert len(longer) < 10


# -- trend -----------------------------------------------------------------------------------------

A_DAY = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@st.composite
def trends(draw: st.DrawFn) -> Trend:
    days = tuple(sorted(draw(st.sets(A_DAY, min_size=1, max_size=14))))
    every = st.tuples(*(st.none() | A_DAY for _ in days))
    lines = draw(st.lists(st.tuples(st.text(max_size=12), every, st.booleans()), max_size=32))
    return trend(*(Line(*line) for line in lines), days=days)


@settings(max_examples=60, deadline=None)
@given(trends(), st.sampled_from([WIDE, NARROW]))
def test_a_later_target_date_is_higher_and_all_are_within_the_frame(chart, width):
    if not any(any(line.targets) for line in chart.lines):
        assert texts(chart, width) == ["There is no target date to draw."]
        return
    frame = framed(chart, width)
    targets = sorted({day for line in chart.lines for day in line.targets if day})
    heights = [frame.y(day) for day in targets]
    assert all(later < earlier for earlier, later in pairwise(heights))
    assert all(frame.top <= height <= frame.bottom for height in heights)
    across = [frame.x(day) for day in sorted(chart.days)]
    assert all(earlier < later for earlier, later in pairwise(across))
    assert frame.left <= across[0] <= across[-1] <= frame.right < width
    for one, other in pairwise(frame.grid):
        assert frame.y(one) - frame.y(other) >= 12  # as high as its letters


@settings(max_examples=60, deadline=None)
@given(trends(), st.sampled_from([WIDE, NARROW]))
def test_each_line_has_its_name_and_no_two_names_touch(chart, width):
    with_dates = [line for line in chart.lines if any(line.targets)]
    if not with_dates:
        return
    frame = framed(chart, width)
    ends = ended(chart, frame)
    assert sorted(end.number for end in ends) == [
        number for number, line in enumerate(chart.lines) if line in with_dates
    ]
    assert all(other.named - one.named >= 16.99 for one, other in pairwise(ends))
    assert all(frame.top - 0.01 <= end.named <= frame.bottom + 0.01 for end in ends)
    names = of(chart, "name", width)
    assert [float(name.get("y")) - 5 for name in names] == pytest.approx(
        [end.named for end in ends], abs=0.01
    )
    last = [max(d for d, t in zip(chart.days, end.line.targets, strict=True) if t) for end in ends]
    assert [end.x for end in ends] == [frame.x(day) for day in last]


@WIDTHS
def test_names_stand_at_the_ends_of_their_lines_in_their_order(width):
    late, early = date(2027, 6, 30), date(2026, 4, 30)
    chart = trend(Line("Early", (early,) * 3), Line("Late", (late,) * 3))
    frame = framed(chart, width)
    ends = ended(chart, frame)
    assert [end.line.name for end in ends] == ["Late", "Early"]  # from the top
    assert [end.named for end in ends] == [frame.y(late), frame.y(early)]


@WIDTHS
def test_thirty_lines_have_room_for_their_names(width):
    chart = trend(*(Line(f"A{n}", (JUNE,) * 3) for n in range(30)))
    frame = framed(chart, width)
    names = [end.named for end in ended(chart, frame)]
    assert all(later - earlier >= 16.99 for earlier, later in pairwise(names))
    assert frame.top <= names[0] < names[-1] <= frame.bottom


def test_distances_across_are_those_of_the_calendar():
    chart = trend(Line("A1", (JUNE, JUNE, JUNE)), days=(MARCH, JUNE, date(2028, 3, 31)))
    frame = framed(chart)
    share = (frame.x(JUNE) - frame.left) / (frame.right - frame.left)
    assert share == pytest.approx(91 / 731)


def test_a_line_joins_its_dates_and_does_not_bridge_what_is_not_known():
    whole = trend(Line("A1", (JUNE, JUNE, SEPTEMBER)))
    (path,) = of(whole, "line")
    frame = framed(whole)
    assert points(path.get("d")) == [
        pytest.approx((frame.x(day), frame.y(target)), abs=0.01)
        for day, target in zip(DAYS, (JUNE, JUNE, SEPTEMBER), strict=True)
    ]
    broken = trend(Line("A1", (JUNE, None, SEPTEMBER)))
    assert of(broken, "line") == []
    assert len(of(broken, "mark")) == 2


def test_where_a_milestone_was_complete_its_end_has_another_mark():
    chart = trend(Line("A1", (JUNE, SEPTEMBER, None), True), Line("B1", (JUNE, JUNE, JUNE)))
    (mark,) = of(chart, "complete")
    frame = framed(chart)
    at = points(mark.get("transform").removeprefix("translate(").removesuffix(")"))
    assert at == [pytest.approx((frame.x(JUNE), frame.y(SEPTEMBER)), abs=0.01)]
    assert len(of(chart, "mark")) == 1 + 3
    assert "Complete" in texts(chart)
    assert "Complete" not in texts(trend(Line("B1", (JUNE, JUNE, JUNE))))


def test_the_diagonal_is_where_a_target_date_is_the_reporting_date():
    chart = trend(Line("A1", (date(2027, 6, 30),) * 3))
    frame = framed(chart)
    (due,) = of(chart, "due")
    assert points(due.get("d")) == [
        pytest.approx((frame.x(day), frame.y(day)), abs=0.01) for day in (MARCH, SEPTEMBER)
    ]
    assert "Due on the reporting date" in texts(chart)


@WIDTHS
def test_one_reporting_date_is_drawn_as_points(width):
    chart = trend(Line("A1", (JUNE,)), Line("B1", (JUNE,)), days=(MARCH,))
    assert of(chart, "line", width) == []
    assert len(of(chart, "mark", width)) == 2
    frame = framed(chart, width)
    assert frame.x(MARCH) == pytest.approx((frame.left + frame.right) / 2)
    assert {"31 Mar", "2026", "A1", "B1"} <= set(texts(chart, width))


def test_what_has_no_date_is_named_below():
    chart = trend(Line("A1", (JUNE, JUNE, JUNE)), Line("B7", (None,) * 3), Line("C2", (None,) * 3))
    assert "Without a target date, so not drawn: B7, C2." in texts(chart)
    assert not any("not drawn" in text for text in texts(trend(chart.lines[0])))


def test_all_dates_equal():
    chart = trend(*(Line(f"A{n}", (MARCH,) * 3) for n in range(12)), days=DAYS)
    frame = framed(chart)
    assert frame.low < MARCH < frame.high
    assert len({end.named for end in ended(chart, frame)}) == 12


@pytest.mark.parametrize(
    "days, targets, step",
    [
        (DAYS, (JUNE, JUNE, SEPTEMBER), 1),  # months
        (DAYS, (JUNE, JUNE, date(2027, 9, 30)), 3),
        (DAYS, (JUNE, JUNE, date(2029, 9, 30)), 6),
        (DAYS, (JUNE, JUNE, date(2032, 9, 30)), 12),
        (DAYS, (JUNE, JUNE, date(2046, 9, 30)), 60),
    ],
)
def test_the_grid_is_of_months_quarters_or_years(days, targets, step):
    grid = framed(trend(Line("A1", targets), days=days)).grid
    assert {day.day for day in grid} == {1}
    months = [day.year * 12 + day.month - 1 for day in grid]
    assert {later - earlier for earlier, later in pairwise(months)} == {step}
    assert all(month % step == 0 for month in months)
    assert 4 <= len(grid) <= 9


def test_the_ends_of_the_calendar():
    chart = trend(Line("A1", (date.min, date.max)), days=(date.min, date.max))
    frame = framed(chart)
    assert (frame.low, frame.high) == (date.min, date.max)
    assert "A1" in texts(chart)
    for day in (date.min, date.max):
        assert "A1" in texts(trend(Line("A1", (day,)), days=(day,)))


def test_reporting_dates_that_are_close_are_marked_and_not_all_named():
    days = tuple(MARCH + timedelta(days=number) for number in (0, 1, 2, 200))
    shown = texts(trend(Line("A1", (JUNE,) * 4), days=days))
    assert "17 Oct" in shown  # the last always is
    assert sum(text in ("31 Mar", "1 Apr", "2 Apr") for text in shown) == 1


def test_lines_differ_by_more_than_their_colour():
    chart = trend(*(Line(f"A{n}", (JUNE,) * 3) for n in range(len(LOOKS) * 3)))
    looks = [(line.get("stroke"), line.get("stroke-dasharray")) for line in of(chart, "line")]
    assert len(set(looks)) == len(looks)
    marks = {mark.get("d") for mark in of(chart, "mark")}
    assert len(marks) == len({look.marker for look in LOOKS}) > 3


# -- apart -----------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 500), max_size=30), st.floats(0, 16))
def test_places_are_apart_in_order_and_within(wanted, gap):
    wanted = sorted(wanted)
    placed = apart(wanted, gap, 0, 500)
    assert all(later - earlier >= gap - 1e-6 for earlier, later in pairwise(placed))
    assert all(-1e-6 <= place <= 500 + 1e-6 for place in placed)
    if all(later - earlier >= gap for earlier, later in pairwise(wanted)):
        assert placed == pytest.approx(wanted)


def test_places_that_want_the_same_share_it():
    assert apart([100, 100, 100], 10, 0, 500) == [90, 100, 110]
    assert apart([0, 0], 10, 0, 500) == [0, 10]
    assert apart([500, 500], 10, 0, 500) == [490, 500]
    assert apart([], 10, 0, 500) == []


# -- what holds for both -----------------------------------------------------------------------------


@pytest.mark.parametrize("chart", [BARS, trend(Line("A1", DAYS))])
@WIDTHS
def test_the_drawing_has_a_title_and_says_in_words_what_it_shows(chart, width):
    drawing = element(chart, width)
    assert drawing.get("role") == "img"
    title, words = (
        drawing.find(f"*[@id='{name}']") for name in drawing.get("aria-labelledby").split()
    )
    assert (title.tag, title.text) == ("title", chart.title)
    assert (words.tag, words.text) == ("desc", chart.alt)
    assert drawing.get("viewBox") == f"0 0 {width} {drawing.get('height')}"


NASTY = '<b>"A" & B</b> \x00\x07 \ud800 ]]> \u202e {{ title }} 😀'


@given(st.text(), st.sampled_from([WIDE, NARROW]))
@settings(max_examples=50, deadline=None)
def test_any_text_is_data(text, width):
    for said in (text, NASTY):
        series = (Series(said, Tone.GOOD, (2,)),)
        bars = drawn(Bars(said, said, (said,), series), name="a", width=width)
        lines = drawn(
            Trend(said, said, DAYS, (Line(said, DAYS), Line(said, (None,) * 3))),
            name="a",
            width=width,
        )
        for drawing in (bars, lines):
            elements = {each.tag for each in etree.fromstring(drawing).iter()}
            assert elements <= {"svg", "title", "desc", "rect", "text", "path", "g", "pattern"}


def test_the_same_chart_is_drawn_the_same():
    chart = trend(Line("A1", DAYS))
    assert drawn(chart, name="it") == drawn(chart, name="it")


def contrast(one: str, other: str = "#FFFFFF") -> float:
    """The contrast of two colours, as WCAG 2 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_letters_and_shapes_stand_out_from_the_ground():
    assert round(contrast("#000000"), 2) == 21
    assert round(contrast("#767676"), 2) == 4.54
    for chart in (BARS, trend(*(Line(f"A{n}", DAYS) for n in range(20)))):
        for text in element(chart).iter("text"):
            assert contrast(text.get("fill")) >= 4.5
    assert all(contrast(tone) >= 3 for tone in TONES.values())
