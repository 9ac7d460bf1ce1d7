"""The Dashboard of the master: key figures, three native charts, and the figures behind them.

    write_dashboard(book, page, figures)

Everything shown is a formula over the Plan table. Each chart has its figures in a table below, in
words, so that nothing is said by colour or shape alone. Where the plan has more themes or leads than
the tables have rows, the rest stands together in one row: a column always adds up to the whole plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agsxl.grid import column_letter
from agsxl.master import formulas
from agsxl.master.figures import (
    BUCKETS,
    GROUPS,
    LONGEST,
    Figures,
    Tally,
    Workings,
    in_order,
)
from agsxl.master.formulas import (
    MEANING,
    MEANINGS,
    NOT_MEASURED,
    REPORTING_DATE,
    SLIPPED,
    counted_where,
    folded_alike,
    of_plan,
    one_of,
)
from agsxl.movements import COMPLETION_UNKNOWN, NO_BASELINE
from agsxl.plan import Timeliness
from agsxl.words import COLUMNS, DASHBOARD, TIMELINESS, spoken

_LEFT, _RIGHT = 0, 9  # the first column of each half
_WIDTHS = (38, 12, 12, 12, 12, 12, 12, 8, 3, 9, 54, 28, 11)
_TITLE, _JUDGED, _KPI, _CHARTS = 0, 1, 3, 6  # rows, counted from 0
_KPI_HEIGHT, _TEXT_HEIGHT, _ROW = 30, 30, 15  # points
_MOST_THEMES, _MOST_LEADS = 20, 14  # rows of the tables
_FEWEST, _ROOM = 5, 1  # rows for an empty plan, and for what is yet to come
_INK, _QUIET, _LINE, _ALARM = "#1F3864", "#595959", "#BFBFBF", "#9C3B2E"
_SHADE = {"Overdue": "#C4705F", "Due soon": "#D8B365", "Slipped": "#5B7FA6", "Earlier": "#6F9A75"}


class _Place(NamedTuple):
    """Where things stand, which depends on how many themes and leads there are. Rows from 0."""

    themes: int
    leads: int

    @property
    def second(self) -> int:
        """The second row of pictures: slippage, and the longest slipped."""
        return _CHARTS + max(14, max(self.themes, self.leads) + 5) + 1

    @property
    def tables(self) -> int:
        """The figures behind the charts."""
        return self.second + LONGEST + 3

    @property
    def buckets(self) -> int:
        """The figures of slippage, below those of the leads."""
        return self.tables + self.leads + 5


def place_of(figures: Figures) -> _Place:
    """How many rows the tables have: those there are, and room for more."""

    def rows(tallies: Sequence[Tally], most: int) -> int:
        return min(max(sum(bool(t.name) for t in tallies) + _ROOM, _FEWEST), most)

    return _Place(rows(figures.themes, _MOST_THEMES), rows(figures.leads, _MOST_LEADS))


def write_dashboard(book: Any, page: Any, figures: Figures, workings: Workings) -> None:
    """Write the Dashboard onto a page of an XlsxWriter workbook; ``workings`` is what it refers to."""
    sheet = _Dashboard(page, figures, workings, _Looks(book), place_of(figures))
    sheet.write()
    sheet.insert_charts(book)


class _Dashboard:
    def __init__(
        self, page: Any, figures: Figures, workings: Workings, looks: _Looks, place: _Place
    ) -> None:
        self.page, self.figures, self.workings = page, figures, workings
        self.looks, self.place = looks, place

    def write(self) -> None:
        """Everything but the charts."""
        page, looks = self.page, self.looks
        for index, width in enumerate(_WIDTHS):
            page.set_column(index, index, width)
        page.write_string(_TITLE, 0, "Dashboard", looks.title)
        page.write_formula(_JUDGED, 0, f"={judged_on()}", looks.note, judged_on_said(self.figures))
        self._key_figures()
        self._longest(self.place.second)
        self._themes(self.place.tables)
        self._leads(self.place.tables)
        self._buckets(self.place.buckets)
        page.hide_gridlines(2)
        page.set_zoom(85)
        page.set_landscape()
        page.set_paper(8)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        page.set_h_pagebreaks([self.place.tables])
        page.set_footer("&L&A&RPage &P of &N")

    def _key_figures(self) -> None:
        page, looks = self.page, self.looks
        page.set_row(_KPI + 1, _KPI_HEIGHT)
        for column, (name, formula, value) in enumerate(self.workings.key_figures(self.figures)):
            page.write_string(_KPI, column, name, looks.kpi_name)
            late = name == TIMELINESS[Timeliness.OVERDUE]
            page.write_formula(
                _KPI + 1, column, formula, looks.kpi_late if late else looks.kpi, value
            )
        page.write_blank(_KPI, _RIGHT - 2, None, looks.kpi_name)
        page.write_string(_KPI, _RIGHT, "Slippage", looks.kpi_name)
        for column in range(_RIGHT + 1, len(_WIDTHS)):
            page.write_blank(_KPI, column, None, looks.kpi_name)
        said = slippage_said(self.figures)
        page.write_formula(
            _KPI + 1, _RIGHT, f"={slippage_in_words(self.workings)}", looks.kpi_words, said
        )

    def _head(
        self, row: int, column: int, title: str, headings: Sequence[str], words: Sequence[int]
    ) -> None:
        """A table's title, and its headings; ``words`` are the columns that hold no figures."""
        self.page.write_string(row, column, title, self.looks.section)
        for offset, heading in enumerate(headings):
            look = self.looks.heading if offset in words else self.looks.heading_right
            self.page.write_string(row + 1, column + offset, heading, look)

    def _cells(self, row: int, column: int, cells: Sequence[tuple[str, Any, Any]]) -> None:
        """Formulas side by side, each with its result and its look."""
        for offset, (formula, value, look) in enumerate(cells):
            self.page.write_formula(row, column + offset, formula, look, value)

    def _longest(self, row: int) -> None:
        title = f"The {LONGEST} milestones furthest behind their original date"
        self._head(row, _RIGHT, title, ("Ref", "What is to be done", "SMT lead", "Days"), (0, 1, 2))
        looks, figures = self.looks, self.figures
        for number in range(LONGEST):
            at = row + 2 + number
            self.page.set_row(at, _TEXT_HEIGHT)
            which, days = self.workings.longest(number)
            texts = [
                f"INDEX({of_plan(COLUMNS[column])},{which})"
                for column in ("ref", "milestone", "smt_lead")
            ]
            values: list[Any] = ["", "" if number else _NOTHING, "", ""]
            if number < len(figures.longest):
                index = figures.longest[number]
                m, slipped = figures.milestones[index], figures.movements[index].slippage_days
                values = [m.ref, m.milestone, m.smt_lead.post or m.smt_lead.raw, slipped]
            wholes = [
                f'IFERROR({_cut_formula(text, most)}&"","")'
                for text, most in zip(texts, _CUT, strict=True)
            ]
            cut = [_cut(value, most) for value, most in zip(values, _CUT, strict=False)]
            shown = [*cut, values[3]]
            nothing = ["", "" if number else _NOTHING, "", ""]
            every = [
                f'=IF({which}="","{said}",{whole})'
                for said, whole in zip(nothing, (*wholes, days), strict=True)
            ]
            faces = [looks.cell, looks.cell, looks.cell, looks.number]
            self._cells(at, _RIGHT, list(zip(every, shown, faces, strict=True)))

    def _themes(self, row: int) -> None:
        place, looks = self.place, self.looks
        self._head(
            row, _LEFT, "Status by theme: how many milestones",
            ("Theme", *(group.name for group in GROUPS), "All"), (0,),
        )  # fmt: skip
        first, rest = row + 2, row + 2 + place.themes
        named = [tally for tally in self.figures.themes if tally.name]
        of_group = [one_of(MEANING, (MEANINGS[v] for v in group.values)) for group in GROUPS]
        for number in range(place.themes):
            tally = named[number] if number < len(named) else None
            name, key = self.workings.theme(number)
            counts = [folded_alike(COLUMNS["theme"], key), f'{of_plan(MEANING)}<>""']
            whole = [_cut_formula(name, _CUT_NAME)]
            whole += [counted_where(counts[0], each) for each in of_group]
            whole.append(counted_where(*counts))
            values = [_cut(tally.name, _CUT_NAME), *_counts(tally)] if tally is not None else None
            self._cells(
                first + number, _LEFT,
                [(f'=IF({key}="","",{formula})', value, looks.number if n else looks.cell)
                 for n, (formula, value) in enumerate(zip(whole, values or [""] * 8, strict=True))],
            )  # fmt: skip
        others = Tally("")
        everything = Tally("")
        for number, tally in enumerate([*named, *(t for t in self.figures.themes if not t.name)]):
            everything.add(tally)
            if number >= place.themes or not tally.name:
                others.add(tally)
        wholes = [
            *(counted_where(each) for each in of_group),
            counted_where(f'{of_plan(MEANING)}<>""'),
        ]
        letters = [column_letter(_LEFT + n + 2) for n in range(len(wholes))]
        is_named = len(named) <= place.themes
        label = f'=IF(N({letters[-1]}{rest + 1})=0,"",IF({self.workings.themes()}<={place.themes},"No theme","Other themes"))'
        shown = "" if not others.all else "No theme" if is_named else "Other themes"
        self._cells(
            rest, _LEFT,
            [(label, shown, looks.cell),
             *((f"={each}{rest + 2}-SUM({each}{first + 1}:{each}{rest})", value, looks.rest)
               for each, value in zip(letters, _counts(others), strict=True))],
        )  # fmt: skip
        self.page.write_string(rest + 1, _LEFT, "All milestones", looks.total_name)
        self._cells(
            rest + 1, _LEFT + 1,
            [(f"={whole}", value, looks.total)
             for whole, value in zip(wholes, _counts(everything), strict=True)],
        )  # fmt: skip

    def _leads(self, row: int) -> None:
        place, looks, figures = self.place, self.looks, self.figures
        self._head(
            row, _RIGHT, "Overdue and due soon by SMT lead: how many milestones",
            ("No", "SMT lead", TIMELINESS[Timeliness.OVERDUE], TIMELINESS[Timeliness.DUE]), (0, 1),
        )  # fmt: skip
        first, rest = row + 2, row + 2 + place.leads
        ranked = in_order(figures.leads)
        for number in range(place.leads):
            tally = ranked[number] if number < len(ranked) else None
            which, (name, overdue, due) = self.workings.lead(number)
            values: list[Any] = (
                [_cut(tally.name, _CUT_NAME), tally.overdue, tally.due] if tally else ["", "", ""]
            )
            wholes = [_cut_formula(name, _CUT_NAME), overdue, due]
            faces = [looks.cell, looks.number, looks.number]
            self.page.write_number(first + number, _RIGHT, number + 1, looks.count)
            self._cells(
                first + number, _RIGHT + 1,
                [(f'=IF({which}="","",{whole})', value, face)
                 for whole, value, face in zip(wholes, values, faces, strict=True)],
            )  # fmt: skip
        shown = ranked[: place.leads]
        totals = [figures.timeliness[TIMELINESS[t]] for t in (Timeliness.OVERDUE, Timeliness.DUE)]
        others = [totals[0] - sum(t.overdue for t in shown), totals[1] - sum(t.due for t in shown)]
        letters = [column_letter(_RIGHT + 3), column_letter(_RIGHT + 4)]
        both = "+".join(f"{letter}{rest + 1}" for letter in letters)
        label = (
            f'=IF({both}=0,"",IF({self.workings.leads()}<={place.leads},"No lead","Other leads"))'
        )
        words = "No lead" if len(ranked) <= place.leads else "Other leads"
        self.page.write_blank(rest, _RIGHT, None, looks.cell)
        self._cells(
            rest, _RIGHT + 1,
            [(label, words if sum(others) else "", looks.cell),
             *((f"={each}{rest + 2}-SUM({each}{first + 1}:{each}{rest})", value, looks.rest)
               for each, value in zip(letters, others, strict=True))],
        )  # fmt: skip
        self.page.write_blank(rest + 1, _RIGHT, None, looks.total_name)
        self.page.write_string(rest + 1, _RIGHT + 1, "All milestones", looks.total_name)
        names = [self.workings.count(TIMELINESS[t]) for t in (Timeliness.OVERDUE, Timeliness.DUE)]
        self._cells(
            rest + 1, _RIGHT + 2,
            [(f"={name}", value, looks.total) for name, value in zip(names, totals, strict=True)],
        )  # fmt: skip

    def _buckets(self, row: int) -> None:
        """The figures of slippage, and what it cannot show, in the columns of the leads' table."""
        looks, figures, column = self.looks, self.figures, _RIGHT + 1
        self._head(
            row,
            column,
            "Slippage: how many milestones have moved, by how far",
            ("Slippage", "Milestones"),
            (0,),
        )
        slipped = of_plan(SLIPPED)
        for number, bucket in enumerate(BUCKETS):
            bounds = [f'{slipped},">={bucket.least}"'] if bucket.least is not None else []
            bounds += [f'{slipped},"<={bucket.most}"'] if bucket.most is not None else []
            at = row + 2 + number
            self.page.write_string(at, column, bucket.name, looks.cell)
            formula = f"=COUNTIFS({','.join(bounds)})"
            self.page.write_formula(
                at, column + 1, formula, looks.number, figures.buckets[bucket.name]
            )
        unknown = (
            ("Moved, but the original is not a date", NO_BASELINE),
            ("Complete, date completed not known", COMPLETION_UNKNOWN),
        )
        for number, (words, basis) in enumerate(unknown):
            at = row + 2 + len(BUCKETS) + number
            self.page.write_string(at, column, words, looks.cell)
            formula = f'=COUNTIF({slipped},"{NOT_MEASURED[basis]}")'
            value = sum(m.basis == basis for m in figures.movements)
            self.page.write_formula(at, column + 1, formula, looks.number, value)

    # -- charts ------------------------------------------------------------------------------------

    def insert_charts(self, book: Any) -> None:
        """The three charts, each with a title that says what is seen, and its words for a screen reader."""
        self._theme_chart(book)
        self._lead_chart(book)
        self._slippage_chart(book)

    def _insert(self, chart: Any, row: int, column: int, said: str) -> None:
        self.page.insert_chart(
            row, column, chart, {"description": said, "object_position": 2, "x_offset": 2}
        )

    def _theme_chart(self, book: Any) -> None:
        first = self.place.tables + 2
        last = first + self.place.themes
        chart = book.add_chart({"type": "bar", "subtype": "stacked"})
        for number, group in enumerate(GROUPS, 1):
            chart.add_series(
                {
                    "name": [DASHBOARD, first - 1, _LEFT + number],
                    "categories": [DASHBOARD, first, _LEFT, last, _LEFT],
                    "values": [DASHBOARD, first, _LEFT + number, last, _LEFT + number],
                    "fill": {"color": group.colour},
                    "border": _EDGE,
                    "gap": 35,
                    "data_labels": _LABELS,
                }
            )
        self._bars(chart, "Status by theme: milestones", _LEFT, _RIGHT - 2)
        names = ", ".join(group.name.lower() for group in GROUPS)
        self._insert(
            chart, _CHARTS, _LEFT,
            f"Bar chart: for each improvement theme, how many milestones are {names}. "
            "The figures stand in the table Status by theme below.",
        )  # fmt: skip

    def _lead_chart(self, book: Any) -> None:
        first = self.place.tables + 2
        last = first + self.place.leads
        chart = book.add_chart({"type": "bar", "subtype": "stacked"})
        for column, name in ((_RIGHT + 2, "Overdue"), (_RIGHT + 3, "Due soon")):
            chart.add_series(
                {
                    "name": [DASHBOARD, first - 1, column],
                    "categories": [DASHBOARD, first, _RIGHT + 1, last, _RIGHT + 1],
                    "values": [DASHBOARD, first, column, last, column],
                    "fill": {"color": _SHADE[name]},
                    "border": _EDGE,
                    "gap": 35,
                    "data_labels": _LABELS,
                }
            )
        self._bars(chart, "Overdue and due soon, by SMT lead", _RIGHT, len(_WIDTHS) - 1)
        self._insert(
            chart, _CHARTS, _RIGHT,
            "Bar chart: for each SMT lead, how many milestones are overdue and how many due soon, those "
            "with most overdue first. The figures stand in the table below.",
        )  # fmt: skip

    def _bars(self, chart: Any, title: str, first: int, last: int) -> None:
        rows = self.place.second - 1 - _CHARTS
        chart.set_title(
            {"name": title, "name_font": _TITLE_FONT, "overlay": False, "layout": _AT_LEFT}
        )
        chart.set_y_axis(
            {
                "reverse": True,
                "num_font": _FONT,
                "line": {"color": _LINE},
                "major_tick_mark": "none",
            }
        )
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
        chart.set_legend({"position": "bottom", "font": _FONT})
        _frame(chart, _pixels(first, last), rows * _px(_ROW))

    def _slippage_chart(self, book: Any) -> None:
        first = self.place.buckets + 2
        last = first + len(BUCKETS) - 1
        column = _RIGHT + 1
        chart = book.add_chart({"type": "column"})
        chart.add_series(
            {
                "name": "Milestones",
                "categories": [DASHBOARD, first, column, last, column],
                "values": [DASHBOARD, first, column + 1, last, column + 1],
                "fill": {"color": _SHADE["Slipped"]},
                "border": _EDGE,
                "points": [{"fill": {"color": _SHADE["Earlier"]}, "border": _EDGE}],
                "gap": 40,
                "data_labels": _LABELS,
            }
        )
        chart.set_title(
            {"name": "Slippage: milestones by how far their date has moved", "name_font": _TITLE_FONT,
             "overlay": False, "layout": _AT_LEFT}
        )  # fmt: skip
        chart.set_x_axis({"num_font": _FONT, "line": {"color": _LINE}, "major_tick_mark": "none"})
        chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_legend({"none": True})
        height = 2 * _px(_ROW) + LONGEST * _px(_TEXT_HEIGHT)
        _frame(chart, _pixels(_LEFT, _RIGHT - 2), height)
        self._insert(
            chart, self.place.second, _LEFT,
            "Column chart: how many milestones came earlier than their original date, on the same day, and "
            "later by up to 30, 90, 180 and 365 days and more. The figures stand in the table Slippage below.",
        )  # fmt: skip


_NOTHING = "No milestone is known to have slipped."
_CUT = (20, 110, 60)  # characters of a Ref, a milestone and a lead
_CUT_NAME = 60
_FONT = {"name": "Arial", "size": 9, "color": "#404040"}
_TITLE_FONT = {"name": "Arial", "size": 12, "bold": True, "color": _INK}
_AT_LEFT = {"x": 0.02, "y": 0.02}
# A bar without a length has no figure: it would only stand on its neighbour's.
_LABELS = {
    "value": True,
    "num_format": "0;-0;;",
    "font": {"name": "Arial", "size": 9, "color": "#000000"},  # can be read on every bar's colour
}
_EDGE = {"color": "#595959", "width": 0.75}  # a light bar is told from the paper by its edge


def _frame(chart: Any, width: int, height: int) -> None:
    chart.set_size({"width": width, "height": height})
    chart.set_chartarea({"border": {"color": "#D9D9D9"}, "fill": {"color": "#FFFFFF"}})
    chart.set_plotarea({"fill": {"none": True}})
    chart.show_blanks_as("gap")


def _pixels(first: int, last: int) -> int:
    """How wide some columns are on screen."""
    return sum(int(width * 7 + 5) for width in _WIDTHS[first : last + 1]) - 6


def _px(points: float) -> int:
    return round(points * 4 / 3)


def _counts(tally: Tally) -> list[int]:
    """A theme's counts in the table's order: the groups, then all."""
    return [*tally.groups.values(), tally.all]


def _cut_formula(text: str, most: int) -> str:
    return f'IF(LEN({text})>{most},LEFT({text},{most - 3})&"...",{text})'


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


# -- sentences -------------------------------------------------------------------------------------


def judged_on() -> str:
    """A formula for the sentence that says on which day the plan is judged, and who said so."""
    asked = formulas.setting("Reporting date")
    return (
        f'"Judged on "&{formulas.spoken_date(REPORTING_DATE)}&IFERROR(IF({formulas.is_day(asked)},'
        f'" ({_BY_SETTINGS}).",IF({asked}="",'
        f'" ({_BY_NOBODY}).",'
        '" (today, because the reporting date on Settings is not a date).")),'
        '" (today, because Settings has no reporting date).")'
    )


_BY_SETTINGS = "the reporting date on Settings"
_BY_NOBODY = "today, because Settings names no reporting date"


def judged_on_said(figures: Figures) -> str:
    """What ``judged_on`` shows."""
    who = _BY_SETTINGS if figures.said_by_settings else _BY_NOBODY
    return f"Judged on {spoken(figures.as_of)} ({who})."


def slippage_in_words(workings: Workings) -> str:
    """A formula for the sentence on slippage: how many moved, the median, the longest."""
    moved, measured, every = (workings.count(name) for name in ("Moved", "Measured", "Milestones"))
    middle, longest = workings.count("Median slippage"), workings.count("Longest slippage")
    return (
        f'IF({moved}=0,"No date is known to have moved.",{moved}&" of "&{every}&'
        f'IF({every}=1," milestone has moved"," milestones have moved")&'
        f'IF({measured}=0,"",": median "&ROUND({middle},1)&" days, longest "&{longest}&" days")&'
        f'IF({moved}>{measured},"; "&({moved}-{measured})&" cannot be measured","")&".")'
    )


def slippage_said(figures: Figures) -> str:
    """What ``slippage_in_words`` shows."""
    moved, every = figures.moved, len(figures.movements)
    if not moved:
        return "No date is known to have moved."
    said = f"{moved} of {every} {'milestone has' if every == 1 else 'milestones have'} moved"
    if figures.days:
        said += f": median {round(figures.median or 0, 1):g} days, longest {max(figures.days)} days"
    return said + (f"; {figures.unmeasurable} cannot be measured." if figures.unmeasurable else ".")


class _Looks:
    """The formats of the Dashboard."""

    def __init__(self, book: Any) -> None:
        line = {"bottom": 1, "bottom_color": "#E0E0E0", "valign": "top"}
        heading = {"bold": True, "font_color": _QUIET, "bottom": 1, "bottom_color": _QUIET}
        kpi = {"font_size": 20, "font_color": _INK, "align": "left", "valign": "top"}
        total = {"bold": True, "top": 1, "top_color": _QUIET}

        def made(look: dict[str, Any], **more: Any) -> Any:
            return book.add_format(look | more)

        self.title = made({"bold": True, "font_size": 18, "font_color": _INK})
        self.note = made({"font_color": _QUIET})
        self.kpi_name = made({"font_color": _QUIET, "bold": True, "top": 2, "top_color": _INK})
        self.kpi = made(kpi)
        self.kpi_late = made(kpi, font_color=_ALARM, bold=True)
        self.kpi_words = made({"font_size": 12, "font_color": _INK, "valign": "top"})
        self.section = made({"bold": True, "font_size": 12, "font_color": _INK})
        self.heading = made(heading)
        self.heading_right = made(heading, align="right")
        self.cell = made(line, text_wrap=True)
        self.number = made(line, align="right", num_format="#,##0")
        self.rest = made(line, align="right", num_format="#,##0;-#,##0;")
        self.count = made(line, align="left", font_color=_QUIET)
        self.total_name = made(total)
        self.total = made(total, align="right", num_format="#,##0")


__all__ = [
    "judged_on", "judged_on_said", "place_of", "slippage_in_words", "slippage_said",
    "write_dashboard",
]  # fmt: skip
