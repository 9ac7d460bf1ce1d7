"""From one year's plan to the next: closing a year, and what several years' plans have in common.

done = roll("plan 2017-18.xlsm", "2018/19", "plan 2018-19.xlsm")
done.last_year.milestones          # every milestone of the old plan, and what became of it

found = lineage(["2015.pdf", "2016.docx", "2019.xlsx"])
found.matters[0].called            # what has been on the plan longest
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from agsxl import desk
from agsxl.ancestry import Lineage, trace
from agsxl.desk import Progress, ReportingDate, load_plan
from agsxl.edits import NewSheet
from agsxl.errors import NoPlanError, OutputError, SettingsError, SourceError
from agsxl.excel.file import attached, is_workbook, refuse_unreadable
from agsxl.grid import Grid
from agsxl.history import Entry, Log, State
from agsxl.layout.headings import is_own, normal
from agsxl.layout.history import log_changes, state_of
from agsxl.layout.lastyear import last_year_sheet
from agsxl.layout.milestones import read_plan
from agsxl.layout.tables import own_posts_columns, setting_reasons
from agsxl.master import plan_sheet
from agsxl.master.sheets import Filled, new_master, refuse_master
from agsxl.masters import Master, Target, moment, opened, silent, user
from agsxl.plan import Plan
from agsxl.rolling import LastYear, Resolved, Result, Roll, read_differently, roll_plan
from agsxl.settings import financial_year, other_year, year_of
from agsxl.sources import MASTERS, kind_of_source
from agsxl.texts import listed
from agsxl.updating import waiting_dates
from agsxl.words import DRAWN, POSTS, SETTINGS, spoken

# -- the year's end ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rolled:
    """A year that was closed, and the plan of the next one.

    ``plan`` is the old plan, as it stays; ``new`` the new one as it stands in ``file``. ``last_year``
    says of every milestone of the old plan what became of it; ``log`` is what the new plan's change log
    begins with; ``notes`` are sentences for the officer.
    """

    plan: Plan
    day: ReportingDate
    year: str
    new: Plan
    last_year: LastYear
    log: tuple[Entry, ...]
    file: Path
    notes: tuple[str, ...]

    @property
    def carried(self) -> tuple[Resolved, ...]:
        """The milestones that go on, with their new Refs."""
        return self.last_year.of(Result.CARRIED)

    @property
    def left_behind(self) -> tuple[Resolved, ...]:
        """The milestones that are complete or superseded, with why they do not go on."""
        return tuple(each for each in self.last_year.milestones if each.result != Result.CARRIED)


@dataclass(frozen=True, slots=True)
class _Old:
    """The plan of the old year as it was read: its log with every edit entered, its cells as typed."""

    plan: Plan
    log: Log = field(default_factory=Log)
    cells: State | None = None
    reasons: Grid | None = None
    notes: tuple[str, ...] = ()


def roll(
    target: Target,
    year: str = "",
    out: str | Path | None = None,
    *,
    as_of: date | None = None,
    sheet: str | None = None,
    posts: str | Path | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Rolled:
    """Close a year and make the plan of the next one: ``agsxl roll``, and the button New year.

    >>> roll("plan.xlsm", "2018/19", "next.xlsm", as_of=date(2018, 3, 31)).file  # doctest: +SKIP
    PosixPath('next.xlsm')

    Any source that ``load_plan`` reads, or a book that is open; it is never written. Open milestones are
    carried under new Refs, with their first baseline and the history of their dates; the sheet Issues of last year of
    the new workbook lists every milestone of the old one. Without ``year`` it is ``next_year``; without
    ``out`` the workbook stands beside the old one. ``as_of`` is the reporting date, else that of Settings,
    else today; ``posts`` a posts table, if not in the plan; ``now`` the moment of the change log.

    Raises SourceError and SettingsError as ``load_plan``, SettingsError for a year that is none or does not
    follow the plan's own, and OutputError for a file that is there already or cannot be written.
    """
    when = now or moment()
    old = _read(target, sheet, posts, when, progress)
    day = desk.reporting_date(old.plan, as_of)
    wanted = _year_to_open(year, old.plan, day.day)
    file = _file_for(target, out, wanted)
    desk.make_folder(file.parent)
    progress("Closing the year")
    rolled = roll_plan(old.plan, old.log, year=wanted, as_of=day.day, cells=old.cells)
    new, state = _as_made(rolled, file)
    log, sheets = _begun_log(rolled, state, when, who.strip() or user())
    progress("Writing")
    filled = Filled(
        sheets=(*sheets, last_year_sheet(rolled.last_year)),
        as_typed=True,
        words_of=replace(old.plan, settings=rolled.plan.settings),
        reasons=setting_reasons(old.reasons),
    )
    new_master(file, rolled.plan, as_of=day.day, cells=rolled.cells, filled=filled)
    supposed = _supposed(year, wanted, old.plan, day.day, file)
    notes = (*supposed, *rolled.notes, *read_differently(rolled, new), *old.notes)
    new = desk.with_log(new, log)
    return Rolled(old.plan, day, wanted, new, rolled.last_year, log.entries, file, notes)


def next_year(plan: Plan, as_of: date) -> str:
    """The year that follows a plan's: after that of its Settings, else after the one that holds a day.

    >>> next_year(Plan(()), date(2018, 3, 31))
    '2018/19'
    """
    return other_year(plan.settings.year or year_of(as_of), 1)


def _year_to_open(asked: str, plan: Plan, as_of: date) -> str:
    """The year of the new plan. Raises SettingsError where that cannot be."""
    if not asked:
        return next_year(plan, as_of)
    try:
        wanted = financial_year(asked)
    except ValueError as needed:
        raise SettingsError(f"The year of the new plan must be {needed}, not {asked!r}.") from None
    own = plan.settings.year
    if own and wanted <= own:
        raise SettingsError(
            f"{plan.file} is the plan of {own} (Settings, Year of the plan), so the next cannot be that of "
            f"{wanted}; name a later year, such as {other_year(own, 1)}."
        )
    return wanted


def _supposed(asked: str, wanted: str, plan: Plan, as_of: date, file: Path) -> tuple[str, ...]:
    """What was supposed of the old plan's year, where Settings do not name it."""
    if plan.settings.year:
        return ()
    closed = other_year(wanted, -1)
    why = f"the year before {wanted}" if asked else f"which holds {spoken(as_of)}"
    about = year_of(plan.reference) if plan.reference is not None else closed
    if asked and about == closed:  # what was asked for and what the plan's dates say agree
        return ()
    odd = f"; but the middle of its dates is in {about}" if about != closed else ""
    return (
        f"Settings do not say which year the plan is of, so it was taken for that of {closed}, {why}{odd}. If it "
        f"is another, delete {file.name}, enter the Year of the plan in Settings, and do this again.",
    )


def _file_for(target: Target, out: str | Path | None, year: str) -> Path:
    """Where the new workbook goes. Raises OutputError where it cannot."""
    path = Path(target) if isinstance(target, str | Path) else target.path
    if out is None:
        if path is None:
            raise OutputError(
                "The plan is not saved on this computer, so the new one cannot stand beside it; save it in a "
                "folder first, or name the new workbook."
            )
        stem = (
            re.sub(r"[ _-]*\b(?:19|20)\d\d[ _-](?:(?:19|20)?\d\d)\b", "", path.stem).strip()
            or "Plan"
        )
        ending = path.suffix.lower() if path.suffix.lower() in (".xlsm", ".xlsx") else ".xlsx"
        file = path.with_name(f"{stem} {year.replace('/', '-')}{ending}")
    else:
        file = Path(out)
    if path is not None and file.exists() and path.exists() and file.samefile(path):
        raise OutputError(
            f"{file} is the old plan, which stays as it is; choose another name for the new one."
        )
    refuse_master(file)
    return file


def _read(
    target: Target,
    sheet: str | None,
    posts: str | Path | None,
    when: datetime,
    progress: Progress,
) -> _Old:
    """The old plan, from whatever it stands in."""
    if isinstance(target, str | Path):
        path = refuse_unreadable(Path(target))
        kind = kind_of_source(path)
        if kind != "xlsx":
            plan = load_plan(path, sheet=sheet, posts=posts, progress=progress)
            said = () if kind in MASTERS else (_IMPORTED.format(path=path),)
            return _Old(plan, notes=said)
    try:
        with opened(target, sheet=sheet, posts=posts, progress=progress) as master:
            return _of_master(master, when)
    except NoPlanError:
        if not isinstance(target, str | Path):
            raise
        # a published table, without a Ref column
        plan = desk.read_published(target, sheet=sheet, posts=posts, progress=progress).plan
        return _Old(plan, notes=(_IMPORTED.format(path=target),))


_IMPORTED = "'agsxl import {path}' says what was read from where, and what to look at."


def _of_master(master: Master, when: datetime) -> _Old:
    """The plan in its workbook, with what was typed into it since its log was last written."""
    faults = tuple(master.log.faults())
    log, notes = master.log, []
    if log.entries or log.snapshots:
        log = log.extended(*log.record(master.state, when=when, who=""))
    else:
        notes.append(
            "The old plan has no change log, so nothing is known of earlier dates than those it shows."
        )
    plan = desk.with_log(replace(master.plan, log_faults=faults), log)
    waiting = waiting_dates(master)
    if waiting:
        refs = listed(list(dict.fromkeys(change.ref for change in waiting)))
        notes.append(
            f"Dates that leads asked for still wait on the sheet Replies of the old plan ({refs}); they were not "
            "carried. Decide them there and roll the year again, or enter them in the new plan."
        )
    own = (POSTS, SETTINGS, *DRAWN, plan.sheet)
    others = [name for name in master.book.sheets() if not is_own(name) and name not in own]
    if others:
        notes.append(f"{_sheets(others)} in the old workbook only: copy what you go on needing.")
    notes += _beside_the_values(master)
    settings = [name for name in master.book.sheets() if normal(name) == normal(SETTINGS)]
    reasons = master.book.read(settings[0]) if settings else None
    cells = state_of(plan, master.grid, formulas=False)
    return _Old(plan, log, cells, reasons, tuple(notes))


def _beside_the_values(master: Master) -> list[str]:
    """What cells of the old plan have beside their values, and columns of Posts that are the officer's own."""
    said = []
    path = master.book.path
    with suppress(OSError, SourceError):  # the file of an open book may be locked, or protected
        found = attached(path, master.plan.sheet) if path is not None else []
        if found:
            said.append(
                f"The sheet {master.plan.sheet!r} of the old workbook also has {listed(found)}: the new plan "
                "takes the words of the cells only."
            )
    posts = [name for name in master.book.sheets() if normal(name) == normal(POSTS)]
    own = own_posts_columns(master.book.read(posts[0])) if posts else ()
    if own:
        word = "column" if len(own) == 1 else "columns"
        said.append(
            f"The {word} {listed([repr(name) for name in own])} of Posts stayed in the old workbook only: copy what "
            "you go on needing."
        )
    return said


def _sheets(names: Sequence[str]) -> str:
    word = "The sheet {} stays" if len(names) == 1 else "The sheets {} stay"
    return word.format(listed([repr(name) for name in names]))


def _as_made(rolled: Roll, file: Path) -> tuple[Plan, State]:
    """The new plan as it will be read from its workbook, and its cells for the change log."""
    settings = rolled.plan.settings
    if not rolled.plan.milestones:
        return replace(rolled.plan, file=file.name, sheet=plan_sheet.NAME, is_workbook=True), {}
    columns, rows = plan_sheet.plan_table(rolled.plan, rolled.cells, as_typed=True)
    grid = plan_sheet.as_grid(columns, rows, council=settings.council, year=settings.year)
    plan = read_plan(
        [grid], file=file.name, is_workbook=True, posts=rolled.plan.posts, settings=settings
    )
    return plan, state_of(plan, grid)


def _begun_log(
    rolled: Roll, state: State, when: datetime, who: str
) -> tuple[Log, tuple[NewSheet, ...]]:
    """What the new plan's change log begins with, and the sheets it stands on."""
    log = Log()
    if rolled.moves:
        log = log.extended(log.carry(rolled.moves, change_set=log.next_change_set))
    log = log.extended(*log.record(state, when=when, who=who))
    return log, log_changes(Log(), log.entries, log.snapshots, grids=()).sheets


# -- lineage -----------------------------------------------------------------------------------


def lineage(
    paths: Sequence[str | Path], *, sheet: str | None = None, progress: Progress = silent
) -> Lineage:
    """What was carried from plan to plan, what was dropped, and what comes back: ``agsxl lineage``.

    >>> lineage(["2015.pdf", "2016.docx"]).matters[0].called  # doctest: +SKIP
    'constitution'

    Two plans or more, the oldest first, each in any source that ``load_plan`` reads. ``sheet`` names
    the plan's sheet in those that are workbooks. How milestones are matched, and how sure that is:
    ``agsxl.ancestry.trace``. Raises SourceError for fewer than two plans, and what ``load_plan`` raises.
    """
    if len(paths) < 2:
        raise SourceError("Name two plans or more, the oldest first: each is held beside the next.")
    plans = []
    for path in map(Path, paths):
        chosen = sheet if sheet is not None and is_workbook(refuse_unreadable(path)) else None
        plans.append(load_plan(path, sheet=chosen, progress=progress))
    progress("Holding the plans beside each other")
    return trace(plans, _names([Path(path) for path in paths]))


def _names(paths: Sequence[Path]) -> list[str]:
    """What the plans are called: their files' names, with the folder where two are the same."""
    names = [path.name for path in paths]
    return [
        f"{path.parent.name}/{path.name}"
        if names.count(path.name) > 1 and path.parent.name
        else path.name
        for path in paths
    ]
