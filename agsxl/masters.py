"""The master while a job works on it: read whole, decided on, and written in one change set.

    with opened("action-plan.xlsm") as master:
        write_all(master, drafts, ChangeSet(...), who="", when=moment())

Everything a job has to say is written together: the plan's cells, the lines of the change log, agsxl's
own sheets. Either all of it is written or nothing. Edits that were typed into the plan by hand since
the last job are noticed first and logged too. A workbook that is open already is worked on as it is.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from agsxl import desk
from agsxl.desk import Progress
from agsxl.edits import Book, ChangeSet, Receipt
from agsxl.errors import SettingsError, SourceError
from agsxl.excel.file import is_workbook, open_book, refuse_unreadable
from agsxl.grid import Grid
from agsxl.history import Action, Draft, Entry, Log, State
from agsxl.layout import history as log_sheets
from agsxl.layout.headings import own_name
from agsxl.layout.history import Cells
from agsxl.plan import Milestone, Plan
from agsxl.texts import listed

# The plan's workbook: where it is, or the book itself where it is open already.
Target = str | Path | Book


def silent(step: str) -> None:
    """Progress that nobody watches."""


def moment() -> datetime:
    """Here the clock is read."""
    return datetime.now().replace(microsecond=0)


def user() -> str:
    """Who is at the computer, for the change log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a service without a user
        return ""


@dataclass(slots=True)
class Master:
    """The plan's workbook while a job works on it: as it was read, and what its log says."""

    book: Book
    plan: Plan
    grid: Grid  # the plan's sheet as it stands; the plan's own grid has its merged cells filled
    own: Mapping[str, Grid]  # agsxl's own sheets, those that are there
    log: Log
    state: State
    cells: Cells
    noticed: list[Draft] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the workbook is called."""
        return self.book.name

    @property
    def path(self) -> Path | None:
        """Where the workbook is on this computer; None for one that is not saved, or on a server."""
        return self.book.path

    def text(self, milestone: Milestone, column: str) -> str:
        """What a cell of the plan holds, to the letter; a plan's own texts are tidied."""
        letters = self.plan.columns.get(column)
        if letters is None:
            return ""
        value = self.grid.value(f"{letters}{milestone.where.row}")
        return value if isinstance(value, str) else milestone.text(column)

    def milestone(self, ref: str) -> Milestone:
        """The one milestone of a Ref. Raises SettingsError for none, or more than one."""
        found = [m for m in self.plan.milestones if m.ref.casefold() == ref.strip().casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            rows = listed([str(m.where.row) for m in found])
            raise SettingsError(
                f"{self.plan.file} has {ref} more than once (rows {rows}); give each its own Ref first."
            )
        there = listed([m.ref for m in self.plan.milestones if m.ref])
        raise SettingsError(f"{self.plan.file} has no milestone {ref!r}; its Refs are {there}.")


@contextmanager
def opened(
    target: Target,
    *,
    sheet: str | None = None,
    posts: str | Path | None = None,
    progress: Progress = silent,
) -> Iterator[Master]:
    """Open the master for a job that writes; a book that is given stays open afterwards.

    >>> with opened("action-plan.xlsx") as master:  # doctest: +SKIP
    ...     master.milestone("B4").status.value
    'on target'

    Raises SourceError for what is no workbook, and as ``desk.load_plan`` does.
    """
    if not isinstance(target, str | Path):
        progress(f"Reading {target.name}")
        yield _master(target, sheet, posts, progress)
        return
    file = refuse_unreadable(Path(target))
    if not is_workbook(file):
        raise SourceError(
            f"{file.name} is a text; only a plan kept as a workbook (.xlsx, .xlsm) can be updated."
        )
    progress(f"Reading {file.name}")
    with open_book(file) as book:
        yield _master(book, sheet, posts, progress)


def _master(book: Book, sheet: str | None, posts: str | Path | None, progress: Progress) -> Master:
    plan, log, grids = desk.plan_and_log(book, sheet=sheet, posts=posts, progress=progress)
    book.backups_kept = plan.settings.backups_kept
    grid = book.read(plan.sheet)
    own = {name: each for each in grids if (name := own_name(each.name)) is not None}
    state = log_sheets.state_of(plan, grid)
    cells = log_sheets.cells_of(plan, grid)
    return Master(book, plan, grid, own, log, state, cells, log.noticed(state))


@dataclass(frozen=True, slots=True)
class Written:
    """What a job wrote: the entries of the change log, and the receipt of the workbook."""

    entries: tuple[Entry, ...]
    receipt: Receipt

    @property
    def changes(self) -> tuple[Entry, ...]:
        """The entries that changed the plan itself in this job."""
        return tuple(
            e for e in self.entries if e.action in (Action.CHANGE, Action.ADDED, Action.UNDO)
        )


def write_all(
    master: Master,
    drafts: Sequence[Draft],
    changes: ChangeSet,
    *,
    who: str,
    when: datetime,
    label: str = "",
    reporting_date: date | None = None,
    restore: Path | None = None,
) -> Written:
    """Write a job's change set with what the log has to say of it, all or nothing.

    The log begins with a frozen copy of the plan as it is before the job; what was typed since the
    last run is a change set of its own. With a ``label`` the plan is frozen under it. Raises as
    ``Book.apply``: the workbook is then as it was.
    """
    entries, copies = master.log.record(
        master.state, drafts, when=when, who=who.strip() or user(), label=label,
        reporting_date=reporting_date,
    )  # fmt: skip
    part = log_sheets.log_changes(master.log, entries, copies, grids=master.own.values())
    whole = ChangeSet(
        edits=changes.edits + part.edits,
        rows=changes.rows + part.rows,
        sheets=changes.sheets + part.sheets,
    )
    return Written(entries, master.book.apply(whole, restore=restore, now=when))
