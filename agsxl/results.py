"""The jobs that put results onto the plan's own sheets: Check and Slippage.

    done = check_onto("action-plan.xlsm", as_of=date(2026, 9, 30))
    done.findings, done.filled, done.confirmed

The closed workbook or the open one, as a path or as a book. What was entered on the Checks sheet is
read first, and baseline dates that are certain are filled in: never over what is there, each logged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from agsxl import desk
from agsxl.dates import read_target
from agsxl.desk import Progress, ReportingDate
from agsxl.edits import ChangeSet, NewRows, Receipt
from agsxl.grid import Value, column_letter
from agsxl.history import FILLED, Action, Draft
from agsxl.layout.changes import cell_edits, why_unwritable
from agsxl.layout.checks import Confirmed, checks_sheet, read_confirmed, settle_confirmed
from agsxl.layout.slippage import slippage_sheet
from agsxl.master.formulas import MEANINGS
from agsxl.masters import Master, Target, moment, opened, silent, write_all
from agsxl.movements import Slippage
from agsxl.plan import Milestone, Plan
from agsxl.replies import Write
from agsxl.rules import Finding
from agsxl.statuses import StatusValue
from agsxl.words import CHECKS, LISTS

CONFIRMED = "confirmed on the sheet Checks"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found and wrote.

    ``filled`` milestones had their certain timescale written as baseline, ``confirmed`` the date that
    was entered for them; ``unused`` are sentences on what was entered and could not be used.
    """

    plan: Plan
    day: ReportingDate
    findings: tuple[Finding, ...]
    confirmed: tuple[str, ...]
    filled: tuple[str, ...]
    unused: tuple[str, ...]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Measured:
    """How far the plan has moved, as it stands on the Slippage sheet now."""

    plan: Plan
    day: ReportingDate
    slippage: Slippage
    receipt: Receipt


def check_onto(
    target: Target,
    *,
    as_of: date | None = None,
    every_rule: bool = False,
    sheet: str | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Checked:
    """Check the plan, and put the data queries onto its Checks sheet: the button Check.

    >>> check_onto("plan.xlsm", as_of=date(2026, 9, 30)).filled  # doctest: +SKIP
    ('A1', 'A2')

    ``as_of`` is the reporting date, else that of Settings, else today. Raises SourceError and
    SettingsError as ``load_plan``, OutputError and ChangedError where nothing can be written.
    """
    with opened(target, sheet=sheet, progress=progress) as master:
        day = desk.reporting_date(master.plan, as_of)
        progress("Reading what was confirmed")
        entered = read_confirmed(master.own.get(CHECKS))
        confirmed, unused = settle_confirmed(entered, master.plan)
        writes = []
        for milestone, baseline in confirmed:
            why = why_unwritable(master.plan, master.grid, milestone, "baseline")
            if why:
                unused.append(f"Not used for {milestone.ref}: {why}")
            else:
                writes.append(Write(milestone, "baseline", baseline, CONFIRMED))
        by_hand = {write.milestone.where.row for write in writes}
        filled = [
            Write(milestone, "baseline", milestone.timescale.latest, FILLED)
            for milestone in _certain(master)
            if milestone.where.row not in by_hand
        ]
        progress("Checking")
        plan = _with_baselines(master.plan, [*writes, *filled])
        findings = desk.check(plan, as_of=day.day, every_rule=every_rule)
        progress("Writing")
        page = checks_sheet(
            findings, plan, as_of=day.day, unused=unused, entered=_to_stand(entered, writes)
        )
        changes = ChangeSet(
            tuple(cell_edits(master.plan, master.grid, [*writes, *filled])),
            rows=_new_words(master),
            sheets=(page,),
        )
        drafts = _drafts(master, [*writes, *filled])
        when = now or moment()
        if drafts:
            receipt = write_all(master, drafts, changes, who=who, when=when).receipt
        else:
            receipt = master.book.apply(changes, now=when)
        return Checked(
            plan=plan,
            day=day,
            findings=tuple(findings),
            confirmed=tuple(write.milestone.called for write in writes),
            filled=tuple(write.milestone.called for write in filled),
            unused=tuple(unused),
            receipt=receipt,
        )


def slippage_onto(
    target: Target,
    *,
    as_of: date | None = None,
    sheet: str | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Measured:
    """Measure the plan, and put every milestone's movement onto its Slippage sheet: the button Slippage.

    >>> slippage_onto("plan.xlsm", as_of=date(2026, 9, 30)).slippage.totals.moved  # doctest: +SKIP
    9

    Raises as ``check_onto``.
    """
    with opened(target, sheet=sheet, progress=progress) as master:
        day = desk.reporting_date(master.plan, as_of)
        progress("Measuring")
        measured = desk.slippage(master.plan, as_of=day.day)
        progress("Writing")
        page = slippage_sheet(measured, master.plan)
        receipt = master.book.apply(ChangeSet(sheets=(page,)), now=now or moment())
        return Measured(master.plan, day, measured, receipt)


def _certain(master: Master) -> list[Milestone]:
    """The milestones whose timescale is one certain day and whose Baseline date is blank and can be written."""
    letters = master.plan.columns.get("baseline")
    if letters is None:
        return []
    return [
        milestone
        for milestone in master.plan.milestones
        if milestone.timescale.certain
        and milestone.timescale.latest is not None
        and master.grid.value(f"{letters}{milestone.where.row}") is None
        and not why_unwritable(master.plan, master.grid, milestone, "baseline")
    ]


def _new_words(master: Master) -> tuple[NewRows, ...]:
    """The statuses of the plan that the master's Lists do not know, with what each means.

    The master's own formulas look a status up there; one that they do not know counts as open.
    """
    if LISTS not in master.book.sheets():
        return ()
    grid = master.book.read(LISTS)
    at: dict[str, int] = {}
    known: set[str] = set()
    last = 0
    for number, cells in grid.numbered():
        if not at:
            at = {name: cells.index(name) + 1 for name in _LISTED if name in cells}
            at = at if len(at) == len(_LISTED) else {}
            continue
        if any(cell is not None for cell in cells):
            last = number
            known.add(_folded(grid.at(number, at[_WORDS])))
    if not last:
        return ()
    new: dict[str, dict[str, Value]] = {}
    for milestone in master.plan.milestones:
        words, value = " ".join(milestone.status.raw.split()), milestone.status.value
        folded = _folded(words)
        if folded and folded not in known and value != StatusValue.UNKNOWN:
            letters = [column_letter(at[name]) for name in _LISTED]
            new.setdefault(folded, dict(zip(letters, (words, MEANINGS[value]), strict=True)))
    return (NewRows(LISTS, last, tuple(new.values())),) if new else ()


_LISTED = _WORDS, _MEANING = "Status words", "Meaning"


def _folded(cell: Value) -> str:
    return " ".join(str(cell or "").casefold().split())


def _with_baselines(plan: Plan, writes: list[Write]) -> Plan:
    """The plan as it reads once the baselines are written."""
    days = {write.milestone.where.row: write.value for write in writes}
    if not days:
        return plan
    milestones = tuple(
        milestone._replace(baseline=day, baseline_target=read_target(day))
        if isinstance(day := days.get(milestone.where.row), date)
        else milestone
        for milestone in plan.milestones
    )
    return replace(plan, milestones=milestones, empty=plan.empty - {"baseline"})


def _drafts(master: Master, writes: list[Write]) -> list[Draft]:
    keys = {row: key for key, row in master.cells.rows.items()}
    return [
        Draft(
            Action.CHANGE, keys[write.milestone.where.row], write.column, None, write.value,
            source=write.source,
        )
        for write in writes
    ]  # fmt: skip


def _to_stand(entered: tuple[Confirmed, ...], writes: list[Write]) -> dict[tuple[str, str], Value]:
    """What was entered and not used stands in its place again."""
    used = {write.milestone.ref for write in writes}
    return {
        (each.ref, each.written): each.day or each.entered
        for each in entered
        if each.ref not in used
    }
