"""The master workbook that officers open, made of a plan: its sheets, formulas, lists and buttons.

    workbook_bytes(plan)                                  # a .xlsx, the same bytes each time
    workbook_bytes(None, macros=project)                  # an empty .xlsm with buttons
    new_master(Path("plan.xlsx"), plan, as_of=day)        # put in its place whole, or not at all

Apart from its buttons it works with no Python at all. The sheets that agsxl fills (Checks, Slippage,
Chasers, Replies) are made from the very layouts that agsxl fills them with.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from agsxl.edits import NewSheet
from agsxl.errors import OutputError
from agsxl.excel.graft import as_report
from agsxl.history import State
from agsxl.layout.chaselog import chase_log_sheet, chasers_sheet
from agsxl.layout.checks import checks_sheet
from agsxl.layout.history import empty_log
from agsxl.layout.lastyear import empty_last_year
from agsxl.layout.replies import replies_sheet
from agsxl.layout.slippage import slippage_sheet
from agsxl.master import dashboard, lists, plan_sheet
from agsxl.master.figures import Figures, Workings, figures_of
from agsxl.master.formulas import MEANINGS
from agsxl.movements import measure
from agsxl.plan import Plan, Timeliness
from agsxl.posts import Posts
from agsxl.report.sheets import (
    Styles,
    book_options,
    save_bytes,
    writable,
    write_sheet,
)
from agsxl.rounds import ChaseLog, Round
from agsxl.settings import Settings
from agsxl.words import (
    CHANGE_LOG,
    CHASE_LOG,
    CHASERS,
    CHECKS,
    DASHBOARD,
    LAST_YEAR,
    LISTS,
    POSTS,
    REPLIES,
    SETTINGS,
    SLIPPAGE,
    SNAPSHOTS,
    START,
    TIMELINESS,
    WORKINGS,
)

LAST_RESULT = "Agsxl_LastResult"  # the cell on Start that says what the last button did
_HIDDEN = (CHANGE_LOG, SNAPSHOTS, CHASE_LOG, LISTS, WORKINGS)
_SHEETS = (
    START, plan_sheet.NAME, DASHBOARD, CHECKS, SLIPPAGE, CHASERS, REPLIES, LAST_YEAR, POSTS, SETTINGS,
    *_HIDDEN,
)  # fmt: skip
_TABS = {START: "#1F3864", plan_sheet.NAME: "#1F3864", DASHBOARD: "#5B7FA6", POSTS: "#8C8C99",
         SETTINGS: "#8C8C99"}  # fmt: skip
_NO_DAY = date(2000, 1, 1)  # of a workbook that is made for no day in particular


def sheet_names() -> tuple[str, ...]:
    """The sheets of a master in their order, for the macros' document modules."""
    return _SHEETS


@dataclass(frozen=True, slots=True)
class Filled:
    """What a master that goes on from another plan is made with, beside its own milestones.

    ``sheets`` are agsxl's own sheets that hold something from the first day (the change log, Issues of last year);
    ``as_typed`` as in ``plan_table``; ``words_of`` the plan whose statuses and sources the dropdowns go on
    to offer; ``reasons`` what stands beside a setting, by its name.
    """

    sheets: Sequence[NewSheet] = ()
    as_typed: bool = False
    words_of: Plan | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def workbook_bytes(
    plan: Plan | None,
    *,
    macros: bytes | None = None,
    cells: State | None = None,
    as_of: date | None = None,
    filled: Filled | None = None,
) -> bytes:
    """The bytes of a master workbook: of a plan, or an empty one. The same for the same content.

    >>> workbook_bytes(None)[:2]  # doctest: +SKIP
    b'PK'

    ``macros`` is a vbaProject.bin: the workbook is then a .xlsm with buttons on Start; the code names
    are ``vba.code_name`` of ``sheet_names()``. ``cells`` is the plan as its own workbook holds it
    (``layout.history.state_of``), so that texts keep their line breaks. ``as_of`` is the day for which
    results are saved in the cells until Excel calculates; by default that of the plan's Settings.
    ``filled`` is what a plan that goes on from another is made with.
    """
    from xlsxwriter import Workbook

    settings = plan.settings if plan is not None else Settings()
    day = as_of or settings.reporting_date or _NO_DAY
    buffer = io.BytesIO()
    book = Workbook(buffer, book_options())
    book.set_properties(
        {
            "title": "Action plan",
            "company": writable(settings.council),
            "created": datetime.combine(day, time(12)),
        }
    )
    figures = figures_of(plan, as_of=settings.reporting_date or day)
    _fill(book, plan, figures, cells, macros, filled or Filled())
    book.close()
    return buffer.getvalue()


def new_master(
    out: Path,
    plan: Plan | None,
    *,
    as_of: date,
    cells: State | None = None,
    overwrite: bool = False,
    filled: Filled | None = None,
) -> Path:
    """Make a master workbook and put it in its place, whole or not at all; gives the path back.

    >>> new_master(Path("plan.xlsx"), None, as_of=date(2026, 9, 30))  # doctest: +SKIP
    PosixPath('plan.xlsx')

    A .xlsm has buttons and a ribbon tab, a .xlsx has none. ``cells`` and ``filled`` as in
    ``workbook_bytes``. Raises OutputError for another ending, for a workbook that is there already (unless
    ``overwrite``), and where it cannot be written.
    """
    refuse_master(out, overwrite=overwrite)
    if out.suffix.lower() == ".xlsx":
        return save_bytes(out, workbook_bytes(plan, cells=cells, as_of=as_of, filled=filled))
    from agsxl.master.ribbon import shipped_ribbon, with_ribbon
    from agsxl.master.vba import shipped_vba

    made = workbook_bytes(plan, cells=cells, as_of=as_of, macros=shipped_vba(), filled=filled)
    return save_bytes(out, with_ribbon(made, shipped_ribbon()))


def refuse_master(out: Path, *, overwrite: bool = False) -> None:
    """Say what stands in the way of a new master before any work is done. Raises as ``new_master``."""
    if out.suffix.lower() not in (".xlsx", ".xlsm"):
        raise OutputError(
            f"{out} cannot be a master workbook; give it a name that ends in .xlsm (with buttons) or .xlsx "
            "(without)."
        )
    if out.is_file() and not overwrite:
        raise OutputError(
            f"{out} is there already, and a plan that somebody may have worked in is not written over; "
            "choose another name, or move it away."
        )


def _fill(
    book: Any,
    plan: Plan | None,
    figures: Figures,
    cells: State | None,
    macros: bytes | None,
    filled: Filled,
) -> None:
    pages = {name: book.add_worksheet(name, _quick_worksheet()) for name in _SHEETS}
    for name, page in pages.items():
        if name in _HIDDEN:
            page.hide()
        if name in _TABS:
            page.set_tab_color(_TABS[name])
    if macros is not None:
        _add_macros(book, pages, macros)
    settings = plan.settings if plan is not None else Settings()
    posts = plan.posts if plan is not None else Posts()
    styles = Styles(book)

    workings = Workings(book, pages[WORKINGS])
    workings.write(figures, posts)
    columns, rows = plan_sheet.plan_table(plan, cells, as_typed=filled.as_typed)
    meanings = [MEANINGS[milestone.status.value] for milestone in figures.milestones]
    plan_sheet.write_plan(
        book, pages[plan_sheet.NAME], columns, rows, figures.movements, meanings,
        council=settings.council, year=settings.year,
    )  # fmt: skip
    dashboard.write_dashboard(book, pages[DASHBOARD], figures, workings)
    own = {new.name: new for new in (*own_sheets(figures.as_of), *filled.sheets)}
    for new in own.values():
        write_sheet(pages[new.name], as_report(new), styles)
        if new.hidden:
            pages[new.name].hide()
    posts_table = lists.posts_sheet(posts)
    write_sheet(pages[POSTS], posts_table, styles)
    lists.check_posts(pages[POSTS], posts_table)
    settings_table = lists.settings_sheet(settings, filled.reasons)
    write_sheet(pages[SETTINGS], settings_table, styles)
    lists.check_settings(pages[SETTINGS], settings_table)
    lists_table = lists.lists_sheet(filled.words_of or plan)
    write_sheet(pages[LISTS], lists_table, styles)
    lists.name_lists(book, pages[LISTS], lists_table)
    _write_start(book, pages[START], figures, workings, with_buttons=macros is not None)
    pages[START].activate()


@cache
def _quick_worksheet() -> Any:
    """An XlsxWriter worksheet that looks through each formula for newer functions only once.

    It tries some forty patterns on every formula, and a plan has the same five in each of its rows: for a
    plan of thousands that is most of the time. What is written is the same.
    """
    from xlsxwriter.worksheet import Worksheet

    class QuickWorksheet(Worksheet):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._looked_through: dict[tuple[str, bool], str] = {}

        def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
            asked = formula, expand_future_functions
            if asked not in self._looked_through:
                self._looked_through[asked] = super()._prepare_formula(*asked)
            return self._looked_through[asked]

    return QuickWorksheet


def _add_macros(book: Any, pages: dict[str, Any], macros: bytes) -> None:
    from agsxl.master.vba import code_name

    book.add_vba_project(io.BytesIO(macros), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    for name, page in pages.items():
        page.set_vba_name(code_name(name))


# -- the sheets that agsxl fills -------------------------------------------------------------------


def own_sheets(day: date) -> tuple[NewSheet, ...]:
    """The sheets that agsxl fills, as they are before anything has been pressed.

    Made from the layouts they are filled with, so that nothing on them moves at the first press.
    """
    nobody = Plan(())
    return (
        replace(
            checks_sheet((), nobody, as_of=day),
            title="Checks: data queries",
            notes=("Press Check: each thing to look at in the plan is listed here, with a link to its cell.",),
            nothing="Not checked yet",
        ),
        replace(
            slippage_sheet(measure(nobody, as_of=day), nobody),
            title="Slippage: how far each date has moved",
            notes=("Press Slippage: each milestone is listed here with how far it has moved from its original date.",),
            nothing="Not measured yet",
        ),
        replace(
            chasers_sheet((), ChaseLog(), Round("", day)),
            title="Chasers: who is asked about what",
            notes=("Press Chase: each lead who is to be asked is listed here, with what the message says and how far it has come.",),
            nothing="Nobody asked yet",
        ),
        replies_sheet(()),
        empty_last_year(),
        *empty_log(),
        chase_log_sheet(ChaseLog()),
    )  # fmt: skip


# -- Start -----------------------------------------------------------------------------------------


class _Step(NamedTuple):
    press: str
    does: str
    command: str
    macro: str


STEPS = (
    _Step("Check", "Lists what in the plan needs a look, on the sheet Checks: each line is a link to its cell. "
          "Put right what must be fixed, then check again.",
          "agsxl check PLAN --into-plan", "Agsxl_Check"),
    _Step("Slippage", "Measures how far each date has moved from the original, on the sheet Slippage.",
          "agsxl slippage PLAN --into-plan", "Agsxl_Slippage"),
    _Step("Chase", "Makes a message for each SMT lead, with the workbook to answer in. You see every message on "
          "one page before anything is sent.",
          "agsxl chase PLAN --preview", "Agsxl_Chase"),
    _Step("Read replies", "Reads the workbooks that leads sent back from their folder. On the sheet Replies choose "
          "Keep plan or Take lead's for each line.",
          "agsxl reconcile PLAN RETURNS", "Agsxl_ReadReplies"),
    _Step("Update plan", "Writes what you decided into the plan, and logs each change: by whom, from what, to what.",
          "agsxl reconcile PLAN --apply", "Agsxl_UpdatePlan"),
    _Step("Undo last update", "Takes the last update back, all of it.",
          "agsxl undo PLAN", "Agsxl_Undo"),
    _Step("Report", "Makes the committee pack in a folder beside the plan: a Word document, a workbook and a web "
          "page. Freezes the plan as it is reported.",
          "agsxl report PLAN --out PACK --freeze", "Agsxl_Report"),
    _Step("New year", "When the year ends: makes next year's plan beside this one. Open milestones go on with all "
          "their dates. This workbook is not changed.",
          "agsxl roll PLAN --year YEAR --out NEXT", "Agsxl_NewYear"),
    _Step("Help", "Says what each button does, and what to ask IT for where a button does not work.",
          "agsxl --help", "Agsxl_Help"),
)  # fmt: skip
_START_WIDTHS = (5, 24, 70, 46)
_STEP_HEIGHT = 32  # points: room for a button
_RESULT_HEIGHT = 62  # four lines
_NOTE_HEIGHT = 20
_STEPS_ROW = 5  # of their headings, counted from 0
_BOX: dict[str, Any] = {
    "valign": "vcenter", "indent": 1, "border": 1, "border_color": "#BFBFBF", "text_wrap": True,
}  # fmt: skip
_LOOKS_OF_START: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "font_color": "#1F3864"},
    "note": {"font_color": "#404040"},
    "label": {"bold": True, "valign": "vcenter"},
    "result": _BOX | {"bg_color": "#F2F2F2"},
    "heading": _BOX | {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864"},
    "text": _BOX,
    "number": _BOX | {"align": "center", "indent": 0},
    "press": _BOX | {"bold": True},
    "command": _BOX | {"font_name": "Consolas", "text_wrap": False},
}  # fmt: skip


def _write_start(
    book: Any, page: Any, figures: Figures, workings: Workings, *, with_buttons: bool
) -> None:
    looks = {name: book.add_format(look) for name, look in _LOOKS_OF_START.items()}
    for index, width in enumerate(_START_WIDTHS):
        page.set_column(index, index, width)
    page.hide_gridlines(2)
    page.write_string(0, 0, "Start: the month, step by step", looks["title"])
    said = dashboard.judged_on_said(figures)
    page.write_formula(1, 0, f"={dashboard.judged_on()}", looks["note"], said)
    page.write_string(2, 0, _HOW if with_buttons else _HOW_WITHOUT, looks["note"])
    page.write_string(3, 0, "Last result", looks["label"])
    page.write_string(3, 2, "Nothing has been pressed yet.", looks["result"])
    page.set_row(2, _NOTE_HEIGHT)
    page.set_row(3, _RESULT_HEIGHT)
    book.define_name(LAST_RESULT, f"={START}!$C$4")
    _write_steps(page, looks, with_buttons=with_buttons)
    _write_month(page, looks, figures, workings)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 1)
    page.set_footer("&L&A&RPage &P of &N")


_HOW = (
    "Press the buttons from the top down, or use the tab Action plan above. The right-hand column does the "
    "same from a terminal, with the workbook closed."
)
_HOW_WITHOUT = (
    "This workbook has no macros. Go from the top down: with the workbook closed, type what stands in the "
    "right-hand column into a terminal, with the plan's own file name for PLAN."
)


def _write_steps(page: Any, looks: dict[str, Any], *, with_buttons: bool) -> None:
    headings = ("No", "Press" if with_buttons else "Step", "What it does", "In a terminal")
    last = _STEPS_ROW + len(STEPS)
    page.add_table(
        _STEPS_ROW, 0, last, 3,
        {"name": "Steps", "style": None, "autofilter": False,
         "columns": [{"header": each, "header_format": looks["heading"]} for each in headings]},
    )  # fmt: skip
    for number, step in enumerate(STEPS, 1):
        row = _STEPS_ROW + number
        page.set_row(row, _STEP_HEIGHT)
        page.write_number(row, 0, number, looks["number"])
        page.write_string(row, 1, step.press, looks["press"])
        page.write_string(row, 2, step.does, looks["text"])
        page.write_string(row, 3, step.command, looks["command"])
        if with_buttons:
            button = {
                "macro": step.macro, "caption": step.press, "x_offset": 4, "y_offset": 4,
                "width": int(_START_WIDTHS[1] * 7 + 5) - 8, "height": round(_STEP_HEIGHT * 4 / 3) - 8,
                "description": f"{step.press}: {step.does}",
            }  # fmt: skip
            page.insert_button(row, 1, button)


def _write_month(page: Any, looks: dict[str, Any], figures: Figures, workings: Workings) -> None:
    """This month's counts, below the steps."""
    top = _STEPS_ROW + len(STEPS) + 2
    counts = {name: (formula, value) for name, formula, value in workings.key_figures(figures)}
    lines = [(name, *counts[name], words) for name, words in _COUNTS.items()]
    page.add_table(
        top, 1, top + len(lines) + 1, 2,
        {"name": "Month", "style": None, "autofilter": False,
         "columns": [{"header": each, "header_format": looks["heading"]}
                     for each in ("This month", "How it stands")]},
    )  # fmt: skip
    for row, (name, formula, value, words) in enumerate(lines, top + 1):
        page.write_string(row, 1, name, looks["press"])
        shown = f'={formula.removeprefix("=")}&" {words}"'
        page.write_formula(row, 2, shown, looks["text"], f"{value} {words}")
    row = top + len(lines) + 1
    page.set_row(row, _STEP_HEIGHT)
    page.write_string(row, 1, "Slippage", looks["press"])
    page.write_formula(
        row, 2, f"={dashboard.slippage_in_words(workings)}", looks["text"],
        dashboard.slippage_said(figures),
    )  # fmt: skip


_COUNTS = {
    "Milestones": "in the plan",
    TIMELINESS[Timeliness.COMPLETE]: "complete",
    TIMELINESS[Timeliness.OVERDUE]: "open, and past their current target date",
    TIMELINESS[Timeliness.DUE]: "open, and due by the end of next month or as Settings says",
    TIMELINESS[Timeliness.UNDATED]: "open, with no date to be judged by: see Checks",
}


__all__ = [
    "LAST_RESULT", "STEPS", "Filled", "new_master", "own_sheets", "refuse_master", "sheet_names",
    "workbook_bytes",
]  # fmt: skip
