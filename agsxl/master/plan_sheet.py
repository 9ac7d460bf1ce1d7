"""The Plan sheet of the master: the table of milestones, with what Excel works out beside it.

    columns, rows = plan_table(plan)
    write_plan(book, page, plan, columns, rows, styles)

First the twelve columns of a master plan, then those that agsxl keeps beside them, then the computed
ones (formulas), then the officer's own. A date that is certain is a date in Excel. A timescale that
says more than a day ("Q2 2021/22", "by the end of March 2024") stays as it is written, because its
date stands under Baseline date; the words of any other date go into a column "Printed ...".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from agsxl.dates import Kind, Target, read_target
from agsxl.grid import CellError, Formula, Grid, Value, column_letter
from agsxl.history import State, unique_keys
from agsxl.layout.headings import unused
from agsxl.master.formulas import CURRENT, MEANING, OVERDUE, TIMELY, computed, result
from agsxl.movements import Movement
from agsxl.plan import Milestone, Plan, Timeliness
from agsxl.report.sheets import AMBER, RED, height_of, lines_of, writable
from agsxl.words import COLUMNS, COMPUTED, TIMELINESS, TWELVE

NAME, TABLE = "Plan", "Plan"
HEADING_ROW = 3  # counted from 0: a title and two lines above
_DATES = ("timescale", "revised", "baseline", "completed")
_DATE = "dd/mm/yyyy"
_ZERO = date(1899, 12, 30)  # what Excel counts days from
_FIRST = date(1900, 3, 1)  # before it, Excel's calendar has a day that never was
_WIDTHS: Mapping[str, float] = {
    "ref": 7, "theme": 18, "outcome": 24, "source": 13, "milestone": 38, "action_by": 11,
    "timescale": 13, "member_lead": 15, "smt_lead": 20, "status": 17, "revised": 12, "comments": 48,
    "baseline": 12, "completed": 12, "evidence": 20, "verified_by": 14, "approved_by": 16,
    "reason": 22, "previous_ref": 10,
    CURRENT: 12, "Slippage (days)": 11, OVERDUE: 10, TIMELY: 12, MEANING: 15,
}  # fmt: skip
_OWN_WIDTH = 20
# Beside the twelve, and of use only to some councils: folded away where nothing stands in them.
_SPARE = ("evidence", "verified_by", "previous_ref")
_SHADES = {"plan": "#1F3864", "beside": "#44618F", "computed": "#595959", "own": "#44618F",
           "printed": "#44618F"}  # fmt: skip
_COMPUTED_FILL, _DONE = "#F2F2F2", "#E3EFDD"
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """A column of the Plan sheet: ``kind`` is "plan", "beside", "computed", "own" or "printed".

    ``key`` is the column's name in code; where it has none there, its heading.
    """

    key: str
    heading: str
    kind: str
    spare: bool = False

    @property
    def width(self) -> float:
        """Characters."""
        return _OWN_WIDTH if self.kind in ("own", "printed") else _WIDTHS[self.key]

    @property
    def is_date(self) -> bool:
        """Whether it holds dates."""
        kinds = ("plan", "beside", "computed")
        return self.kind in kinds and self.key in (*_DATES, CURRENT)


@dataclass(slots=True)
class PlanRow:
    """A milestone as a row: by the kind of column, its cells by the column's key.

    "printed" holds the words of a date or lead, where what stands in its cell says less.
    """

    cells: dict[str, Value] = field(default_factory=dict)
    own: dict[str, Value] = field(default_factory=dict)
    printed: dict[str, Value] = field(default_factory=dict)

    def value(self, column: PlanColumn) -> Value:
        """What stands in a column that is not computed."""
        place = {"own": self.own, "printed": self.printed}.get(column.kind, self.cells)
        return place.get(column.key)


def plan_table(
    plan: Plan | None, cells: State | None = None, *, as_typed: bool = False
) -> tuple[list[PlanColumn], list[PlanRow]]:
    """The columns and rows of the Plan sheet. Without a plan there are no rows, and every known column.

    ``cells`` is the plan as its workbook holds it, by ``unique_keys`` of its Refs; a text is then
    taken from there, with its line breaks. With ``as_typed`` timescales and leads are too: their dates
    stand under Baseline date. Other dates that were typed as text become dates, which formulas need; what
    else was typed there stands in a column "Printed ...".
    """
    milestones = plan.milestones if plan is not None else ()
    keys = unique_keys(milestone.ref for milestone in milestones)
    held = cells or {}
    rows = [_row(m, held.get(key, {}), as_typed) for key, m in zip(keys, milestones, strict=True)]
    columns = [PlanColumn(key, heading, "plan") for key, heading in TWELVE.items()]
    for key, heading in COLUMNS.items():
        if key not in TWELVE and _is_kept(key, plan):
            spare = key in _SPARE and not any(row.cells.get(key) for row in rows)
            columns.append(PlanColumn(key, heading, "beside", spare))
    columns += [PlanColumn(heading, heading, "computed") for heading in COMPUTED]
    taken = {column.heading.casefold() for column in columns}
    own = dict.fromkeys(
        name for row in rows for name, value in row.own.items() if value is not None or as_typed
    )
    printed = dict.fromkeys(name for row in rows for name in row.printed)
    for name, kind in (*((n, "own") for n in own), *((n, "printed") for n in printed)):
        heading = _free(name, taken)
        taken.add(heading.casefold())
        columns.append(PlanColumn(name, heading, kind))
    return columns, rows


# What the computed columns are worked out from: there in every master.
_NEEDED = ("baseline", "completed")


def _is_kept(key: str, plan: Plan | None) -> bool:
    """Whether a column beside the twelve is to be there: in a new plan all are.

    A plan that has no column for, say, who approved a date is not asked for it because it was made
    a master: that would be a data query for each of its dates.
    """
    return plan is None or key in _NEEDED or not plan.columns or key in plan.columns


def _free(name: str, taken: set[str]) -> str:
    """A heading that no other column has: Excel's tables know no case."""
    name = " ".join(writable(name).split())[:200] or "Column"
    return name if name.casefold() not in taken else unused(name.casefold(), taken).capitalize()


def _row(milestone: Milestone, held: Mapping[str, Value], as_typed: bool) -> PlanRow:
    row = PlanRow()
    for key in COLUMNS:
        typed = held.get(key) if as_typed else None
        in_words = key == "smt_lead" or (key == "timescale" and _has_baseline(milestone))
        if in_words and isinstance(typed, str):
            row.cells[key] = typed
        elif key in _DATES:
            _put_date(row, milestone, key, typed)
        elif key == "smt_lead":
            _put_lead(row, milestone, held)
        else:
            row.cells[key] = _text(milestone.text(key), held.get(key))
    for name in milestone.extra:
        row.own[name] = _text(milestone.extra[name], held.get(name))
    for key, code in milestone.errors.items():
        (row.cells if key in COLUMNS else row.own)[key] = CellError(code)
    return row


def _text(clean: str, held: Value) -> Value:
    """A text as its own workbook holds it, where that is known: a number or a date stays one."""
    return held if isinstance(held, str | int | float | date) else clean or None


def _put_lead(row: PlanRow, milestone: Milestone, held: Mapping[str, Value]) -> None:
    """The post, where a document gives initials; what it prints stands in a column of its own."""
    lead = milestone.smt_lead
    if lead.post and " ".join(lead.raw.split()) != lead.post:
        row.cells["smt_lead"] = lead.post
        row.printed[_printed("smt_lead")] = lead.raw
    else:
        row.cells["smt_lead"] = _text(lead.raw, held.get("smt_lead"))


def _put_date(row: PlanRow, milestone: Milestone, key: str, typed: Value) -> None:
    target = {
        "timescale": milestone.timescale,
        "revised": milestone.revised,
        "baseline": milestone.baseline_target,
        "completed": milestone.completed_target,
    }[key]
    day = target.latest if target.certain else None
    if day is not None and day < _FIRST:
        day = None
    if key == "baseline" and not target.raw:
        day = milestone.baseline
    words = key == "timescale" and _says_more(target) and _has_baseline(milestone)
    row.cells[key] = target.raw or None if day is None or words else day
    if day is not None and not words and isinstance(typed, str) and typed.strip() != target.raw:
        row.printed[_printed(key)] = typed  # words that were struck out, or marked
    elif day is not None and not words and _says_more(target):
        row.printed[_printed(key)] = target.raw


def _says_more(target: Target) -> bool:
    """Whether the words say more than the day that agsxl reads in them."""
    return bool(target.raw) and (
        target.kind is not Kind.EXACT or bool(read_target(target.raw).note)
    )


def _has_baseline(milestone: Milestone) -> bool:
    """Whether a date will stand under Baseline date, so that the timescale can keep its words."""
    target = milestone.baseline_target
    return not target.raw or (target.certain and target.latest is not None)


def _printed(key: str) -> str:
    return f"Printed {COLUMNS[key] if key == 'smt_lead' else COLUMNS[key].lower()}"


# -- writing ---------------------------------------------------------------------------------------


def write_plan(
    book: Any,
    page: Any,
    columns: Sequence[PlanColumn],
    rows: Sequence[PlanRow],
    movements: Sequence[Movement],
    meanings: Sequence[str],
    *,
    council: str = "",
    year: str = "",
) -> None:
    """Write the Plan sheet onto a page of an XlsxWriter workbook.

    ``movements`` and ``meanings`` say what the computed columns show of each row. An Excel table
    cannot be empty: without milestones it has one blank row.
    """
    looks = _Looks(book)
    title, *notes = _above(columns, council, year)
    page.write_string(0, 0, title, looks.title)
    for number, note in enumerate(notes, 1):
        page.write_string(number, 0, note, looks.note)
    last = HEADING_ROW + max(len(rows), 1)
    _add_table(page, columns, last, looks)
    blank: list[PlanRow] = [PlanRow()] if not rows else []
    for number, row in enumerate([*rows, *blank], HEADING_ROW + 1):
        index = number - HEADING_ROW - 1
        found = (
            (lambda heading, i=index: result(heading, movements[i], meanings[i]))
            if index < len(rows)
            else (lambda heading: "")
        )
        _write_row(page, number, columns, row, found, looks)
    _dress(page, columns, last)
    _offer(page, columns, HEADING_ROW + 1, last)
    _colour(book, page, columns, HEADING_ROW + 1, last)
    _print(page, title)


def as_grid(
    columns: Sequence[PlanColumn], rows: Sequence[PlanRow], *, council: str = "", year: str = ""
) -> Grid:
    """The sheet as a reader finds it, before it is written.

    >>> as_grid(*plan_table(None)).value("A4")
    'Ref'

    So the change log of a new plan can begin with exactly what stands there. What formulas show is left
    out: it is no part of the plan.
    """
    lines: list[list[Value]] = [[line] for line in _above(columns, council, year)]
    lines.append([column.heading for column in columns])
    lines += [[_as_read(row, column) for column in columns] for row in rows]
    return Grid(NAME, lines)


def _as_read(row: PlanRow, column: PlanColumn) -> Value:
    if column.kind == "computed":
        return Formula(computed(column.key), None)
    value = row.value(column)
    if isinstance(value, CellError):
        return Formula(f"={value.code}", value)
    return (writable(value) or None) if isinstance(value, str) else value


def _above(columns: Sequence[PlanColumn], council: str, year: str) -> tuple[str, str, str]:
    """The title and the lines above the table."""
    folded = any(column.spare for column in columns)
    return _title(council, year), _NOTE, _NOTE_COMPUTED + (_NOTE_FOLDED if folded else "")


# No date may stand above the table: it would be taken for the plan's own.
_NOTE = (
    "One row is one milestone, known by its Ref. To add one, type below the last row. Timescale takes "
    "any words; the other dates are dates, the day first."
)
_NOTE_COMPUTED = "The grey columns work themselves out: type nothing there. Slippage is blank where no date has moved."
_NOTE_FOLDED = " Columns folded away open with the + above the sheet."


def _title(council: str, year: str) -> str:
    title = f"Action plan {year}" if year else "Action plan"
    return f"{title}: {council}" if council else title


class _Looks:
    """The formats of the Plan sheet."""

    def __init__(self, book: Any) -> None:
        cell = {"valign": "top", "border": 1, "border_color": "#BFBFBF", "text_wrap": True}
        heading = cell | {"bold": True, "font_color": "#FFFFFF"}
        grey = {"bg_color": _COMPUTED_FILL}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#404040"})
        self.headings = {
            kind: book.add_format(heading | {"bg_color": shade}) for kind, shade in _SHADES.items()
        }
        self.text = book.add_format(cell)
        self.date = book.add_format(cell | {"num_format": _DATE, "align": "left"})
        self.moment = book.add_format(cell | {"num_format": f"{_DATE} hh:mm", "align": "left"})
        self.computed_text = book.add_format(cell | grey)
        self.computed_date = book.add_format(cell | grey | {"num_format": _DATE, "align": "left"})
        self.computed_days = book.add_format(
            cell | grey | {"num_format": "#,##0", "align": "right"}
        )

    def of(self, column: PlanColumn) -> Any:
        """The format of a column's cells."""
        if column.kind != "computed":
            return self.date if column.is_date else self.text
        if column.is_date:
            return self.computed_date
        return self.computed_text if column.key in (TIMELY, MEANING) else self.computed_days

    def of_value(self, value: Value, look: Any) -> Any:
        """The look of a cell for what stands in it: in a column of one's own that may be a date, or a time too."""
        if isinstance(value, datetime) and value.time() != time():
            return self.moment
        return self.date if isinstance(value, date) else look


def _add_table(page: Any, columns: Sequence[PlanColumn], last: int, looks: _Looks) -> None:
    described = []
    for column in columns:
        one = {
            "header": column.heading,
            "header_format": looks.headings[column.kind],
            "format": looks.of(column),
        }
        if column.kind == "computed":
            one["formula"] = computed(column.key)
        described.append(one)
    options = {
        "name": TABLE, "style": "Table Style Light 1", "banded_rows": False, "columns": described,
    }  # fmt: skip
    page.add_table(HEADING_ROW, 0, last, len(columns) - 1, options)
    area = f"A{HEADING_ROW + 2}:{column_letter(len(columns))}{last + 1}"
    page.ignore_errors({"number_stored_as_text": area, "two_digit_text_year": area})


_FILTER = 2.5  # the width of a filter's button beside its heading


def _write_row(
    page: Any,
    number: int,
    columns: Sequence[PlanColumn],
    row: PlanRow,
    found: Callable[[str], date | int | str],
    looks: _Looks,
) -> None:
    most = 1
    for index, column in enumerate(columns):
        look = looks.of(column)
        if column.kind == "computed":
            value: Value = found(column.key)
            page.write_formula(number, index, computed(column.key), look, _saved(value))
        else:
            value = row.value(column)
            _write(page, number, index, value, looks.of_value(value, look))
        if isinstance(value, str) and not column.spare:
            most = max(most, lines_of(value, column.width))
    page.set_row(number, height_of(most))


def _saved(value: Value) -> Value:
    """A result as it is saved with a formula: a date as the number behind it."""
    return (value - _ZERO).days if isinstance(value, date) else value


def _write(page: Any, row: int, index: int, value: Value, look: Any) -> None:
    if isinstance(value, CellError):
        page.write_formula(row, index, f"={value.code}", look, value.code)
    elif isinstance(value, str) and value:
        page.write_string(row, index, writable(value), look)
    elif isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        page.write_datetime(row, index, moment, look)
    elif isinstance(value, bool):
        page.write_boolean(row, index, value, look)
    elif isinstance(value, int | float):
        page.write_number(row, index, value, look)
    else:
        page.write_blank(row, index, None, look)


def _dress(page: Any, columns: Sequence[PlanColumn], last: int) -> None:
    """Widths, the headings frozen, and what is empty and seldom used folded away."""
    for index, column in enumerate(columns):
        folded = {"level": 1, "hidden": True} if column.spare else {}
        page.set_column(index, index, column.width, None, folded)
        after_folded = index and columns[index - 1].spare and not column.spare
        if after_folded:
            page.set_column(index, index, column.width, None, {"collapsed": True})
    deepest = max(lines_of(c.heading, c.width - _FILTER) for c in columns if not c.spare)
    page.set_row(HEADING_ROW, height_of(deepest))
    page.freeze_panes(HEADING_ROW + 1, 1)
    page.set_zoom(85)
    page.set_selection(HEADING_ROW + 1, 0, HEADING_ROW + 1, 0)


def _offer(page: Any, columns: Sequence[PlanColumn], first: int, last: int) -> None:
    """Dropdowns and date checks. Where a person must be able to say something else, they only warn."""
    at = {c.key: index for index, c in enumerate(columns) if c.kind in ("plan", "beside")}
    for key, name, style, title, said in _LISTS:
        page.data_validation(
            first, at[key], last, at[key],
            {"validate": "list", "source": f"={name}", "error_type": style, "error_title": title,
             "error_message": said},
        )  # fmt: skip
    for key, prompt in _DATE_CHECKS.items():
        page.data_validation(
            first, at[key], last, at[key],
            {"validate": "date", "criteria": "between", "minimum": _EARLIEST, "maximum": _LATEST,
             "input_title": COLUMNS[key], "input_message": prompt, "error_type": "stop",
             "error_title": "A date, please", "error_message": _NOT_A_DATE},
        )  # fmt: skip
    page.data_validation(
        first, at["timescale"], last, at["timescale"],
        {"validate": "any", "input_title": "Timescale", "input_message": _TIMESCALE},
    )  # fmt: skip


STATUS_CHOICES, LEAD_CHOICES, SOURCE_CHOICES = (
    "Agsxl_StatusChoices", "Agsxl_LeadChoices", "Agsxl_SourceChoices",
)  # fmt: skip
_LISTS = (
    ("status", STATUS_CHOICES, "warning", "Not one of the statuses",
     "The sheet Lists does not have these words, so the sheet counts the milestone as open. Keep them?"),
    ("smt_lead", LEAD_CHOICES, "warning", "Not a lead so far",
     "Neither the sheet Posts nor the plan has this post so far. Is it spelt as you want it?"),
    ("source", SOURCE_CHOICES, "information", "A new source",
     "The sheet Lists does not have this source so far."),
)  # fmt: skip
_NOT_A_DATE = (
    "Type a date such as 31/03/2027. What is no date yet goes into Comments; a proposal that nobody "
    "has approved does too."
)
_DATE_CHECKS: Mapping[str, str] = {
    "revised": "The date now agreed, such as 31/03/2027. The original stays under Timescale and Baseline date.",
    "baseline": "What the timescale says, as a date. Enter it once; it never moves.",
    "completed": "The day it was completed, such as 31/03/2027.",
}
_TIMESCALE = (
    "The original target, in any words. Write the year in full: Excel makes a day of this year of "
    '"Dec 15", and agsxl reads "December 2015".'
)


def _colour(book: Any, page: Any, columns: Sequence[PlanColumn], first: int, last: int) -> None:
    """Colours that only repeat what the words of Timeliness say."""
    at = {column.key: index for index, column in enumerate(columns) if column.kind == "computed"}
    word = column_letter(at[TIMELY] + 1)
    shades = {
        Timeliness.OVERDUE: RED, Timeliness.DUE: AMBER, Timeliness.COMPLETE: _DONE,
    }  # fmt: skip
    for value, shade in shades.items():
        rule = {
            "type": "formula",
            "criteria": f'=${word}{first + 1}="{TIMELINESS[value]}"',
            "format": book.add_format({"bg_color": shade}),
        }
        page.conditional_format(first, at[OVERDUE], last, at[TIMELY], rule)


def _print(page: Any, title: str) -> None:
    """A3 landscape, as wide as the paper, the headings and the page's number on every page."""
    page.set_landscape()
    page.set_paper(8)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    page.repeat_rows(HEADING_ROW)
    page.repeat_columns(0)
    shown = title.replace("&", "&&")
    page.set_header(f"&L{shown[:200]}")
    page.set_footer("&L&A&RPage &P of &N")


__all__ = [
    "HEADING_ROW", "LEAD_CHOICES", "NAME", "SOURCE_CHOICES", "STATUS_CHOICES", "TABLE",
    "PlanColumn", "PlanRow", "as_grid", "plan_table", "write_plan",
]  # fmt: skip
