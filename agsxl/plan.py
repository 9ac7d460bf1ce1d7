"""The plan: milestones as frozen records, each with where it came from.

A milestone is known by its Ref, never by its row. Every value that was read keeps what was
written beside what it means; nothing here is ever written back over a person's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from agsxl.dates import Kind, Target, find_dates
from agsxl.posts import Posts
from agsxl.settings import Settings
from agsxl.statuses import Status, StatusValue

_NOTHING: Mapping[str, str] = MappingProxyType({})
NO_TARGET = Target(Kind.BLANK)
NO_STATUS = Status(StatusValue.BLANK)


class Timeliness(StrEnum):
    """What the dates say of a milestone on the reporting date."""

    COMPLETE = "complete"
    SUPERSEDED = "superseded"
    OVERDUE = "overdue"
    DUE = "due"
    LATER = "later"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a milestone was read: the file's name, the sheet ("" for a text), the row or line."""

    file: str = ""
    sheet: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Lead:
    """The SMT lead as written, the post it stands for, and the person where one is known.

    ``posts`` are the single posts of a cell that names two ("Head of X / Head of Y").
    """

    raw: str = ""
    post: str = ""
    person: str = ""
    posts: tuple[str, ...] = ()


NO_LEAD = Lead()


class Milestone(NamedTuple):
    """One row of the plan, a frozen record (a tuple, because a plan makes thousands of them).

    Texts are clean; ``written`` holds those that were cleaned, as written.

    ``baseline`` is the Baseline date column where it is filled, else the certain latest day of
    the timescale. ``errors`` are cells that show an Excel error; ``text_dates`` the columns whose
    date is kept as text in a workbook; ``hidden`` whether the row is. ``earlier`` are the revised
    dates that the change log knows it had before, oldest first.
    """

    ref: str = ""
    theme: str = ""
    outcome: str = ""
    source: str = ""
    milestone: str = ""
    action_by: str = ""
    timescale: Target = NO_TARGET
    baseline: date | None = None
    member_lead: str = ""
    smt_lead: Lead = NO_LEAD
    status: Status = NO_STATUS
    revised: Target = NO_TARGET
    completed: date | None = None
    comments: str = ""
    evidence: str = ""
    verified_by: str = ""
    approved_by: str = ""
    reason: str = ""
    previous_ref: str = ""
    extra: Mapping[str, str] = _NOTHING
    where: Where = Where()
    baseline_target: Target = NO_TARGET
    completed_target: Target = NO_TARGET
    written: Mapping[str, str] = _NOTHING
    errors: Mapping[str, str] = _NOTHING
    text_dates: tuple[str, ...] = ()
    hidden: bool = False
    earlier: tuple[date, ...] = ()

    @property
    def called(self) -> str:
        """Its Ref, or where it stands: for a sentence."""
        row = self.where.row
        return self.ref or (f"The milestone in row {row}" if row else "A milestone without a Ref")

    @property
    def open(self) -> bool:
        """Something is still expected of it."""
        return not self.status.ended

    @property
    def revised_date(self) -> date | None:
        """The currently agreed other date, where it is certain."""
        return self.revised.latest if self.revised.certain else None

    @property
    def forecast(self) -> date | None:
        """The revised date if there is a certain one, else the baseline date."""
        revised = self.revised
        return revised.latest if revised.certain and revised.latest else self.baseline

    @property
    def actual(self) -> date | None:
        """When it was completed, if it is complete and that is known."""
        return self.completed if self.status.value == StatusValue.COMPLETE else None

    @property
    def moves(self) -> int:
        """How many date moves are known: one for a revised date, more where a cell names several."""
        if self.revised.kind is Kind.MULTIPLE:
            return len(find_dates(self.revised.raw))
        revised = self.revised_date
        last = self.earlier[-1] if self.earlier else self.baseline
        return len(self.earlier) + (revised is not None and revised != last)

    def timeliness(self, as_of: date, due_until: date) -> Timeliness:
        """What its dates say on the reporting date; ``due_until`` ends what counts as due soon."""
        if self.status.value == StatusValue.COMPLETE:
            return Timeliness.COMPLETE
        if self.status.value == StatusValue.SUPERSEDED:
            return Timeliness.SUPERSEDED
        forecast = self.forecast
        if forecast is None:
            return Timeliness.UNDATED
        if forecast < as_of:
            return Timeliness.OVERDUE
        return Timeliness.DUE if forecast <= due_until else Timeliness.LATER

    def text(self, column: str) -> str:
        """What was written in a column, by the names that ``show`` uses."""
        if column in self.written:
            return self.written[column]
        value = getattr(self, _TARGETS.get(column, column), None)
        if value is None:
            return self.extra.get(column, "")
        return value if isinstance(value, str) else str(getattr(value, "raw", value))


_TARGETS = {"baseline": "baseline_target", "completed": "completed_target"}


def due_until(as_of: date, settings: Settings) -> date:
    """The last day that counts as due soon: the end of next month, or so many days on."""
    if settings.due_soon_days is not None:
        return as_of + timedelta(days=settings.due_soon_days)
    month = as_of.month + 2
    return date(as_of.year + (month > 12), month - 12 if month > 12 else month, 1) - timedelta(
        days=1
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The milestones, and what was found of the table they stand in.

    ``columns`` says where each known column is ({"ref": "A", ...}; empty for plans made in
    Python), ``headings`` what it is called there, ``empty`` which of those a plan can do without
    hold nothing in any row. ``reference`` is the middle of the plan's own
    certain dates. ``left_out`` are rows of the table that hold text but no milestone.
    ``log_faults`` say what does not fit together in the change log, if the workbook has one.
    """

    milestones: tuple[Milestone, ...]
    file: str = ""
    sheet: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()
    headings: Mapping[str, str] = field(default_factory=dict)
    reference: date | None = None
    merged: tuple[tuple[str, int, int, str], ...] = ()  # (address, first row, last row, column)
    left_out: tuple[tuple[int, str], ...] = ()
    passed_over: tuple[tuple[str, str], ...] = ()  # (column, a heading that could be it too)
    posts: Posts = field(default_factory=Posts)
    settings: Settings = field(default_factory=Settings)
    is_workbook: bool = False
    log_faults: tuple[str, ...] = ()

    def cell(self, column: str, row: int) -> str:
        """The address of a milestone's cell ("H17"), or "" where the plan is in no workbook.

        A column that has no place, or is the officer's own, is found by its Ref.
        """
        if not self.is_workbook or not row:
            return ""
        return f"{self.columns.get(column) or self.columns.get('ref', 'A')}{row}"

    def has(self, column: str) -> bool:
        """Whether the plan uses a column at all (a plan made in Python has every one)."""
        return not self.columns or (column in self.columns and column not in self.empty)
