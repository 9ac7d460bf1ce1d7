"""The figures behind Start and the Dashboard: counted in Python, and by formulas on the sheet Workings.

    figures = figures_of(plan, as_of=day)
    workings = Workings(book, page)
    workings.write(figures, posts)
    workings.count("Overdue")              # the name by which a formula on any sheet calls it

``Figures`` are what the formulas give. They are saved with the formulas, so that a program that does
not calculate shows them too, and the tests hold the one to the other.

A theme or lead that somebody types into the plan appears by itself: Workings lists each value once, in
the plan's order, with room for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any, NamedTuple

from agsxl.grid import column_letter
from agsxl.master import formulas
from agsxl.master.formulas import (
    COLOUR_CHOICES,
    DUE_UNTIL,
    MEANING_CHOICES,
    MEANINGS,
    REPORTING_DATE,
    SLIPPED,
    TIMELY,
    counted_where,
    folded,
    folded_alike,
    of_plan,
)
from agsxl.master.plan_sheet import LEAD_CHOICES
from agsxl.movements import ACTUAL, NO_BASELINE, REVISED, Movement, measure
from agsxl.plan import Milestone, Plan, Timeliness, due_until
from agsxl.posts import Posts, post_key
from agsxl.settings import Settings
from agsxl.statuses import StatusValue
from agsxl.words import COLUMNS, POSTS, TIMELINESS, WORKINGS


class Group(NamedTuple):
    """Status values that the Dashboard counts together, with the colour of their bars."""

    name: str
    values: tuple[StatusValue, ...]
    colour: str


GROUPS = (
    Group("Complete", (StatusValue.COMPLETE,), "#6F9A75"),
    Group("Under way",
          (StatusValue.ON_TARGET, StatusValue.IN_PROGRESS, StatusValue.PART_COMPLETE), "#5B7FA6"),
    Group("Off target", (StatusValue.OFF_TARGET, StatusValue.RECOVERY_PLANNED), "#C4705F"),
    Group("Not started", (StatusValue.NOT_STARTED,), "#D8B365"),
    Group("No status", (StatusValue.BLANK, StatusValue.UNKNOWN), "#BDBDBD"),
    Group("Superseded", (StatusValue.SUPERSEDED,), "#8C8C99"),
)  # fmt: skip


class Bucket(NamedTuple):
    """A span of slippage in days; None is open."""

    name: str
    least: int | None
    most: int | None

    def holds(self, days: int) -> bool:
        """Whether so many days belong to it."""
        return (self.least is None or self.least <= days) and (
            self.most is None or days <= self.most
        )


BUCKETS = (
    Bucket("Earlier", None, -1), Bucket("Same day", 0, 0), Bucket("1 to 30 days", 1, 30),
    Bucket("31 to 90 days", 31, 90), Bucket("91 to 180 days", 91, 180),
    Bucket("181 to 365 days", 181, 365), Bucket("Over a year", 366, None),
)  # fmt: skip
MOST_THEMES, MOST_LEADS, LONGEST = 40, 60, 10  # listed in the workings


# -- the figures in Python -----------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What is counted of one theme or one lead."""

    name: str
    all: int = 0
    groups: dict[str, int] = field(default_factory=lambda: {g.name: 0 for g in GROUPS})
    overdue: int = 0
    due: int = 0

    def add(self, other: Tally) -> None:
        """Count another's milestones too."""
        self.all += other.all
        self.overdue += other.overdue
        self.due += other.due
        for name, count in other.groups.items():
            self.groups[name] += count


@dataclass(frozen=True, slots=True)
class Figures:
    """What Start and the Dashboard show of a plan on a day, as the formulas count it.

    ``themes`` and ``leads`` are in the plan's order; milestones without one are in the last, whose
    name is "". ``longest`` are rows of the plan, counted from 0.
    """

    as_of: date
    until: date
    said_by_settings: bool
    milestones: tuple[Milestone, ...]
    movements: tuple[Movement, ...]
    timeliness: Mapping[str, int]
    themes: tuple[Tally, ...]
    leads: tuple[Tally, ...]
    buckets: Mapping[str, int]
    longest: tuple[int, ...]

    @property
    def days(self) -> list[int]:
        """The slippage of every milestone that is measured."""
        return [
            m.slippage_days
            for m in self.movements
            if m.slippage_days is not None and m.basis in (ACTUAL, REVISED)
        ]

    @property
    def median(self) -> float | None:
        """The slippage in the middle; None where nothing is measured."""
        return median(self.days) if self.days else None

    @property
    def unmeasurable(self) -> int:
        """How many moved from an original that is no date."""
        return sum(m.basis == NO_BASELINE for m in self.movements)

    @property
    def moved(self) -> int:
        """How many have moved, measured or not."""
        return len(self.days) + self.unmeasurable


def figures_of(plan: Plan | None, *, as_of: date) -> Figures:
    """Count a plan as the Dashboard's formulas do.

    >>> figures_of(plan, as_of=date(2026, 9, 30)).timeliness["Overdue"]  # doctest: +SKIP
    14
    """
    settings = plan.settings if plan is not None else Settings()
    milestones = plan.milestones if plan is not None else ()
    movements = measure(plan, as_of=as_of).movements if plan is not None else ()
    pairs = list(zip(milestones, movements, strict=True))
    timeliness = dict.fromkeys(TIMELINESS.values(), 0)
    for movement in movements:
        timeliness[TIMELINESS[movement.timeliness]] += 1
    measured = [
        (index, m.slippage_days)
        for index, m in enumerate(movements)
        if m.slippage_days is not None and m.basis in (ACTUAL, REVISED)
    ]
    longest = sorted((each for each in measured if each[1] > 0), key=lambda each: -each[1])
    return Figures(
        as_of=as_of,
        until=due_until(as_of, settings),
        said_by_settings=settings.reporting_date is not None,
        milestones=tuple(milestones),
        movements=tuple(movements),
        timeliness=timeliness,
        themes=_tallies(pairs, lambda m: m.theme),
        leads=_tallies(pairs, lambda m: m.smt_lead.post or m.smt_lead.raw),
        buckets={b.name: sum(b.holds(days) for _, days in measured) for b in BUCKETS},
        longest=tuple(index for index, _ in longest[:LONGEST]),
    )


def _tallies(
    pairs: Iterable[tuple[Milestone, Movement]], name_of: Callable[[Milestone], str]
) -> tuple[Tally, ...]:
    found: dict[str, Tally] = {}
    without = Tally("")
    group_of = {value: group.name for group in GROUPS for value in group.values}
    for milestone, movement in pairs:
        name = " ".join(name_of(milestone).split())
        tally = found.setdefault(post_key(name), Tally(name)) if name else without
        tally.all += 1
        tally.groups[group_of[milestone.status.value]] += 1
        tally.overdue += movement.timeliness is Timeliness.OVERDUE
        tally.due += movement.timeliness is Timeliness.DUE
    return (*found.values(), without)


def in_order(leads: Sequence[Tally]) -> list[Tally]:
    """The named leads with most overdue first, then most due soon; else in the plan's order."""
    named = [tally for tally in leads if tally.name][:MOST_LEADS]
    return sorted(named, key=lambda tally: (-tally.overdue, -tally.due))


# -- the same by formulas --------------------------------------------------------------------------

_TOP = 4  # the first row of every list, counted from 0; its headings stand above
_BASIC, _THEME, _LEAD, _RANK, _SLIP, _CHOICE, _MEANINGS = (
    0,
    3,
    6,
    12,
    15,
    18,
    21,
)  # the first column of each
_MOST_CHOICES = 90
_WIDTHS = {
    _BASIC: 20,
    1: 14,
    _THEME: 34,
    4: 20,
    _LEAD: 34,
    7: 20,
    10: 12,
    _SLIP: 18,
    _CHOICE: 34,
    19: 20,
    _MEANINGS: 28,
}
_NAMES: Mapping[str, str] = {
    "Reporting date": REPORTING_DATE, "Due soon until": DUE_UNTIL,
} | {
    name: "Agsxl_" + "".join(word.capitalize() for word in name.split())
    for name in ("Milestones", *TIMELINESS.values(), "Measured", "Moved", "Median slippage",
                 "Longest slippage")
}  # fmt: skip


class Workings:
    """The hidden sheet of formulas, and how formulas on other sheets call what stands there."""

    def __init__(self, book: Any, page: Any) -> None:
        self._book, self._page = book, page
        self._looks = _Looks(book)

    # -- how it is called ------------------------------------------------------------------------

    def count(self, name: str) -> str:
        """The defined name of a figure: ``count("Due soon")`` is "Agsxl_DueSoon"."""
        return _NAMES[name]

    def key_figures(self, figures: Figures) -> list[tuple[str, str, int]]:
        """The names, formulas and values of the first figures: milestones, then each timeliness."""
        counts = {"Milestones": len(figures.movements), **figures.timeliness}
        return [(name, f"={_NAMES[name]}", value) for name, value in counts.items()]

    def theme(self, number: int) -> tuple[str, str]:
        """A theme's name, and that as it is compared; ``number`` counts from 0."""
        return _cell(_THEME, number), _cell(_THEME + 1, number)

    def themes(self) -> str:
        """How many themes are listed."""
        return _filled(_THEME + 1, MOST_THEMES)

    def lead(self, number: int) -> tuple[str, tuple[str, str, str]]:
        """The lead in that place of the order: its line in the list ("" beyond the last), and from
        there its name, overdue and due soon."""
        which = _cell(_RANK + 1, number)
        name, overdue, due = (
            f"INDEX({_span(_LEAD + n, 0, MOST_LEADS - 1)},{which})" for n in (0, 2, 3)
        )
        return which, (name, overdue, due)

    def leads(self) -> str:
        """How many leads are listed."""
        return _filled(_LEAD + 1, MOST_LEADS)

    def longest(self, number: int) -> tuple[str, str]:
        """The row of the plan that slipped longest but so many, "" where none did; and its days."""
        return _cell(_SLIP + 1, number), formulas.days_of(_cell(_SLIP, number))

    # -- how it is made --------------------------------------------------------------------------

    def write(self, figures: Figures, posts: Posts) -> None:
        """Write every list, and give the names by which other sheets call the figures."""
        page, looks = self._page, self._looks
        page.write_string(0, 0, "Workings: the figures behind Start and the Dashboard", looks.title)
        page.write_string(1, 0, _NOTE, looks.note)
        self._basics(figures)
        self._head(_THEME, "Themes, each once", "Compared as")
        themes = [tally.name for tally in figures.themes if tally.name]
        self._each_once(_THEME, COLUMNS["theme"], themes, MOST_THEMES)
        self._leads_and_order(figures)
        self._longest_slipped(figures)
        self._choices(figures, posts)
        self._meanings()
        for column, width in _WIDTHS.items():
            page.set_column(column, column, width)
        page.freeze_panes(_TOP, 0)

    def _head(self, column: int, *headings: str) -> None:
        for offset, heading in enumerate(headings):
            self._page.write_string(_TOP - 1, column + offset, heading, self._looks.heading)

    def _formula(self, column: int, number: int, formula: str, value: Any) -> None:
        look = self._looks.date if isinstance(value, date) else self._looks.text
        self._page.write_formula(_TOP + number, column, f"={formula}", look, _saved(value))

    def _array(self, column: int, number: int, formula: str, value: Any) -> None:
        row = _TOP + number
        self._page.write_array_formula(
            row, column, row, column, f"{{={formula}}}", self._looks.text, value
        )

    def _basics(self, figures: Figures) -> None:
        self._head(_BASIC, "Figure", "Value")
        slipped = of_plan(SLIPPED)
        unmeasured = f'COUNTIF({slipped},"{formulas.NOT_MEASURED[NO_BASELINE]}")'
        rows: dict[str, tuple[str, Any]] = {
            "Reporting date": (
                formulas.reporting_date(formulas.setting("Reporting date")), figures.as_of),
            "Due soon until": (
                formulas.due_until(formulas.setting("Due soon days")), figures.until),
            "Milestones": (counted_where(f'{of_plan(TIMELY)}<>""'), len(figures.movements)),
            **{word: (f'COUNTIF({of_plan(TIMELY)},"{word}")', figures.timeliness[word])
               for word in TIMELINESS.values()},
            "Measured": (f"COUNT({slipped})", len(figures.days)),
            "Moved": (f"COUNT({slipped})+{unmeasured}", figures.moved),
            "Median slippage": (f'IFERROR(MEDIAN({slipped}),"")', figures.median),
            "Longest slippage": (f'IF(COUNT({slipped})=0,"",MAX({slipped}))',
                                 max(figures.days, default=None)),
        }  # fmt: skip
        for number, (name, (formula, value)) in enumerate(rows.items()):
            self._page.write_string(_TOP + number, _BASIC, name, self._looks.text)
            self._formula(_BASIC + 1, number, formula, "" if value is None else value)
            self._book.define_name(_NAMES[name], f"={_cell(_BASIC + 1, number)}")

    def _each_once(self, column: int, heading: str, names: Sequence[str], most: int) -> None:
        """Each value of a column of the plan once, and beside it as it is compared."""
        for number in range(most):
            name = names[number] if number < len(names) else ""
            above = _span(column, -1, number - 1)
            self._array(column, number, formulas.next_new(of_plan(heading), above), name)
            self._formula(column + 1, number, folded(_cell(column, number)), _fold(name))

    def _leads_and_order(self, figures: Figures) -> None:
        """The leads with what is overdue and due, and the order in which they are shown."""
        self._head(_LEAD, "SMT leads, each once", "Compared as", "Overdue", "Due soon", "Order")
        self._head(_RANK, "Place", "Line")
        named = [tally for tally in figures.leads if tally.name][:MOST_LEADS]
        self._each_once(_LEAD, COLUMNS["smt_lead"], [t.name for t in named], MOST_LEADS)
        keys = [_key(tally, number) for number, tally in enumerate(named)]
        ranked = sorted(keys, reverse=True)
        keys_area = _span(_LEAD + 4, 0, MOST_LEADS - 1)
        for number in range(MOST_LEADS):
            tally = named[number] if number < len(named) else None
            name, overdue, due = (_cell(_LEAD + n, number) for n in (1, 2, 3))
            for offset, timeliness, value in (
                (2, Timeliness.OVERDUE, tally.overdue if tally else ""),
                (3, Timeliness.DUE, tally.due if tally else ""),
            ):
                late = f'{of_plan(TIMELY)}="{TIMELINESS[timeliness]}"'
                counted = counted_where(folded_alike(COLUMNS["smt_lead"], name), late)
                self._formula(_LEAD + offset, number, f'IF({name}="","",{counted})', value)
            order = f'IF({name}="","",({overdue}*{_BASE}+{due})*100+{99 - number})'
            self._formula(_LEAD + 4, number, order, keys[number] if tally else "")
            self._page.write_number(_TOP + number, _RANK, number + 1, self._looks.text)
            line = f'IFERROR(100-MOD(LARGE({keys_area},{number + 1}),100),"")'
            found = 100 - ranked[number] % 100 if number < len(ranked) else ""
            self._formula(_RANK + 1, number, line, found)

    def _longest_slipped(self, figures: Figures) -> None:
        self._head(_SLIP, "Longest slipped", "Row of the plan")
        for number in range(LONGEST):
            key: int | str = ""
            row: int | str = ""
            if number < len(figures.longest):
                row = figures.longest[number] + 1
                key = formulas.key_of(figures.movements[row - 1].slippage_days or 0, row)
            self._array(_SLIP, number, formulas.nth_longest(number + 1), key)
            cell = _cell(_SLIP, number)
            self._formula(_SLIP + 1, number, f'IF({cell}="","",{formulas.row_of(cell)})', row)

    def _choices(self, figures: Figures, posts: Posts) -> None:
        """The leads of the plan, then the posts that none of them holds: what the dropdown offers."""
        self._head(_CHOICE, "Leads to choose from", "Compared as")
        choices = [tally.name for tally in figures.leads if tally.name][:MOST_LEADS]
        taken = {_fold(name).casefold() for name in choices}
        for post in (posting.post for posting in posts):
            if _fold(post).casefold() not in taken:
                taken.add(_fold(post).casefold())
                choices.append(post)
        for number in range(_MOST_CHOICES):
            post = formulas.next_new(f"{POSTS}[Post]", _span(_CHOICE, -1, number - 1))
            lead = _cell(_LEAD, number)
            formula = f'IF({lead}="",{post},{lead})' if number < MOST_LEADS else post
            value = choices[number] if number < len(choices) else ""
            self._array(_CHOICE, number, formula, value)
            self._formula(_CHOICE + 1, number, folded(_cell(_CHOICE, number)), _fold(value))
        every = _span(_CHOICE, 0, _MOST_CHOICES - 1)
        filled = f"MAX(1,{_filled(_CHOICE, _MOST_CHOICES)})"
        self._book.define_name(LEAD_CHOICES, f"={_cell(_CHOICE, 0)}:INDEX({every},{filled})")

    def _meanings(self) -> None:
        """What a status can mean: offered on Lists, and but for the last, on Settings for a colour."""
        self._head(_MEANINGS, "Meanings to choose from")
        meanings = [MEANINGS[value] for value in StatusValue if value and value != _UNKNOWN]
        for number, meaning in enumerate([*meanings, MEANINGS[_UNKNOWN]]):
            self._page.write_string(_TOP + number, _MEANINGS, meaning, self._looks.text)
        self._book.define_name(MEANING_CHOICES, f"={_span(_MEANINGS, 0, len(meanings))}")
        self._book.define_name(COLOUR_CHOICES, f"={_span(_MEANINGS, 0, len(meanings) - 1)}")


_UNKNOWN = StatusValue.UNKNOWN
_NOTE = "Formulas over the Plan table: nothing to type here. Each list has room for more."
_BASE = 100_000  # more than a plan has milestones due


def _key(tally: Tally, number: int) -> int:
    """The order of a lead as one number: overdue, due soon, then the plan's own order."""
    return (tally.overdue * _BASE + tally.due) * 100 + 99 - number


def _cell(column: int, number: int) -> str:
    """A cell of the workings, for a formula on any sheet."""
    return f"{WORKINGS}!${column_letter(column + 1)}${_TOP + number + 1}"


def _span(column: int, first: int, last: int) -> str:
    letter = column_letter(column + 1)
    return f"{WORKINGS}!${letter}${_TOP + first + 1}:${letter}${_TOP + last + 1}"


def _filled(column: int, most: int) -> str:
    return f'SUMPRODUCT(--({_span(column, 0, most - 1)}<>""))'


def _fold(name: str) -> str:
    """As ``formulas.folded`` makes it of a text."""
    return " ".join(name.replace("&", " and ").split())


def _saved(value: Any) -> Any:
    """A result as it is saved with a formula: a date as the number behind it."""
    return (value - date(1899, 12, 30)).days if isinstance(value, date) else value


class _Looks:
    """The formats of the workings."""

    def __init__(self, book: Any) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#404040"})
        self.heading = book.add_format({"bold": True, "bottom": 1})
        self.text = book.add_format({})
        self.date = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})


__all__ = [
    "BUCKETS", "GROUPS", "LONGEST", "Bucket", "Figures", "Group", "Tally", "Workings",
    "figures_of", "in_order",
]  # fmt: skip
