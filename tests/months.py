"""Months of a plan's life, invented: what an officer does to the workbook, and a diary of it all.

    officer = small_plan(tmp_path)              # or real_plan(tmp_path): 117 milestones
    months = three_months(officer)
    months[1].file, months[1].moves, months[1].waiting

The officer types into cells, answers the telephone, reads returns, moves dates with and without an
approver, takes an update back, takes rows out, renumbers. The diary is kept in plain words by these
tests themselves; nothing of it is read from agsxl's log. What was typed by hand is known to agsxl from
the next job on, all of it at once: the diary says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Any, NamedTuple

import openpyxl

import agsxl
from agsxl.edits import CellEdit, ChangeSet, NewRows
from tests import recount
from tests.books import write_book
from tests.plans import REAL
from tests.recount import Row

COMMITTEE = "Governance Committee {:%d/%m/%Y}"
REF, THEME, WORDS, LEAD = "Ref", "Improvement Theme", "Milestones", "SMT Lead"
STATUS, REVISED, DONE, EVIDENCE = "Status", "Revised target date", "Date completed", "Evidence"
TIMESCALE, COMMENTS, VERIFIED = "Timescale", "Comments", "Verified by"
REASON, APPROVED = "Reason for revision", "Revised date approved by"
# What the diary follows; comments grow by notes that agsxl words.
FOLLOWED = (
    REF,
    THEME,
    WORDS,
    LEAD,
    STATUS,
    REVISED,
    DONE,
    EVIDENCE,
    TIMESCALE,
    VERIFIED,
    "Baseline date",
)
OFF_TARGET = "Off target but recovery plans in place"


# -- the diary -------------------------------------------------------------------------------------


class Move(NamedTuple):
    """An agreed date that moved: of which milestone, when it was entered, why and by whose leave."""

    name: str
    when: datetime
    old: date | None
    new: date
    reason: str = ""
    approved_by: str = ""


class Waiting(NamedTuple):
    """A date that a lead asks for, and which stands on the Replies sheet."""

    name: str
    lead: str
    proposed: date
    reason: str
    approved_by: str = ""  # entered, but the plan is not updated yet


class Page(NamedTuple):
    """The plan as agsxl knows it after a job: rows by the milestone's own name, which never changes."""

    when: datetime
    rows: Mapping[str, Row]


class Frozen(NamedTuple):
    """A snapshot: its label, the reporting date, when it was taken, and the plan then."""

    label: str
    day: date
    when: datetime
    rows: Mapping[str, Row]


@dataclass
class Month:
    """A month's end, before the plan is frozen: the workbook as it lies there, and the diary so far.

    ``moves`` hold also what was typed since the last job. ``rows`` stand in the plan's order.
    """

    day: date
    file: Path
    now: datetime
    rows: Mapping[str, Row]
    pages: Sequence[Page]
    moves: Sequence[Move]
    waiting: Sequence[Waiting]
    frozen: Sequence[Frozen]
    rules_off: Mapping[str, str]
    agreed: Mapping[str, date | None]  # before what was typed since the last job


# -- the officer -----------------------------------------------------------------------------------


class _Done(NamedTuple):
    """What a job changed: the cells and the agreed dates as they were before, and the moves it made."""

    before: dict[str, dict[str, Any]]
    agreed: dict[str, date | None]
    moves: list[Move]


@dataclass
class Officer:
    """Does what an officer does to one workbook, and writes it down."""

    path: Path
    now: datetime
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    frozen: list[Frozen] = field(default_factory=list)
    rules_off: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, date | None] = field(default_factory=dict)  # as agsxl knows them
    _last: _Done | None = None  # what the last job changed, for undo

    def __post_init__(self) -> None:
        for row in recount.rows_of(self.path):
            self.rows[row[REF]] = {column: row.get(column) for column in (*FOLLOWED, COMMENTS)}
        self.headings = list(self._table()[0])

    def on(self, day: date) -> None:
        """It is the morning of a day."""
        self.now = datetime.combine(day, time(9, 30))

    def name_of(self, ref: str) -> str:
        """What the diary calls the milestone that has a Ref now."""
        return next(name for name, row in self.rows.items() if row[REF] == ref)

    # -- by hand

    def types(self, name: str, cells: Mapping[str, Any]) -> None:
        """Type into a milestone's cells; agsxl is not told."""
        at = self._row_of(self.rows[name][REF])
        self._put({(at, column): value for column, value in cells.items()})
        self.rows[name].update(cells)

    def adds(self, name: str, cells: Mapping[str, Any]) -> None:
        """Type a milestone below the last one."""
        letters = self._letters()
        with agsxl.open_book(self.path) as book:
            last = _last_row(book.read("Plan"), letters[REF])
            row = {letters[column]: value for column, value in cells.items()}
            book.apply(ChangeSet(rows=(NewRows("Plan", last, (row,)),)), now=self.now)
        self.rows[name] = {column: cells.get(column) for column in (*FOLLOWED, COMMENTS)}

    def deletes(self, name: str) -> None:
        """Take a row out: those below it move up."""
        names = list(self.rows)
        letters = self._letters()
        at = self._row_of(self.rows[name][REF])
        with agsxl.open_book(self.path) as book:
            grid = book.read("Plan")
            last = _last_row(grid, letters[REF])
            edits = []
            for row in range(at, last + 1):
                for letter in letters.values():
                    old = grid.value(f"{letter}{row}")
                    new = grid.value(f"{letter}{row + 1}") if row < last else None
                    if old != new:
                        edits.append(CellEdit("Plan", f"{letter}{row}", old, new))
            book.apply(ChangeSet(tuple(edits)), now=self.now)
        del self.rows[name]
        assert name in names

    def renumbers(self, refs: Mapping[str, str]) -> None:
        """Give milestones other Refs, all at once."""
        at = {name: self._row_of(self.rows[name][REF]) for name in refs}
        self._put({(at[name], REF): ref for name, ref in refs.items()})
        for name, ref in refs.items():
            self.rows[name][REF] = ref

    def switches_off(self, rule: str, reason: str) -> None:
        """Switch a rule off in Settings, with a reason."""
        with agsxl.open_book(self.path) as book:
            grid = book.read("Settings")
            last = max(number for number, cells in grid.numbered() if any(cells))
            row = {"A": f"Rule {rule}", "B": "off", "C": reason}
            book.apply(ChangeSet(rows=(NewRows("Settings", last, (row,)),)), now=self.now)
        self.rules_off[rule] = reason

    # -- by agsxl

    def answers(self, name: str, by: str, changed: Mapping[str, Any], **said: Any) -> None:
        """An answer by telephone; ``changed`` are the cells it comes to."""
        self._job(lambda when: agsxl.answer(self.path, self._ref(name), by=by, now=when, **said),
                  {name: dict(changed)})  # fmt: skip

    def asks(self, name: str, by: str, proposed: date, reason: str) -> None:
        """A lead asks for another date by telephone: it waits for the committee."""
        self._job(
            lambda when: agsxl.answer(
                self.path, self._ref(name), by=by, proposed_date=f"{proposed:%d/%m/%Y}",
                reason=reason, now=when,
            ), {},
        )  # fmt: skip
        self._waits(Waiting(name, by, proposed, reason))

    def rebaselines(self, name: str, new: date, reason: str, approved_by: str) -> None:
        """An approved move of a date."""
        self._job(
            lambda when: agsxl.rebaseline(
                self.path, self._ref(name), f"{new:%d/%m/%Y}", reason=reason,
                approved_by=approved_by, now=when,
            ),
            {name: {REVISED: new}}, reason={name: reason}, approved_by={name: approved_by},
        )  # fmt: skip

    def sends_returns(self, day: date, asked: Mapping[str, tuple[date, str]]) -> list[str]:
        """Leads return their workbooks with later dates; who was not asked this month cannot answer.

        ``asked`` are the dates and reasons by milestone. Says which of them came back.
        """
        plan = agsxl.load_plan(self.path)
        lists = agsxl.chase(plan, as_of=day)
        folder = self.path.parent / f"returns {day}"
        files = agsxl.write_returns(folder, plan, lists, as_of=day)
        came: list[str] = []
        for chaser, file in zip(lists, files, strict=True):
            own = {self.name_of(m.ref): m.ref for m in chaser.milestones}
            wanted = {name: own[name] for name in own if name in asked and name not in came}
            if not wanted:
                file.unlink()
                continue
            _fill(file, {ref: asked[name] for name, ref in wanted.items()})
            for name in wanted:
                self._waits(Waiting(name, chaser.lead, *asked[name]))
            came += wanted
        if came:
            self._job(lambda when: agsxl.reconcile(self.path, [folder], now=when), {})
        return came

    def reads_again(self) -> None:
        """Press Read replies once more, so that the Replies sheet shows the plan as it is now."""
        self._job(lambda when: agsxl.reconcile(self.path, [], now=when), {})

    def decides(self, name: str, decision: str, approved_by: str = "") -> None:
        """Choose on the Replies sheet what becomes of a date asked for; the plan is not updated."""
        place = next(i for i, each in enumerate(self.waiting) if each.name == name)
        entered = {"Decision": decision} | ({"Approved by": approved_by} if approved_by else {})
        with agsxl.open_book(self.path) as book:
            grid = book.read("Replies")
            heading = next(n for n, cells in grid.numbered() if "Decision" in cells)
            heads = grid.rows[heading - 1]
            # Refs may have changed since the sheet was made, and an earlier answer may still stand there.
            wanted = (self.rows[name][WORDS], self.waiting[place].proposed)
            columns = [heads.index(heading) for heading in ("Milestone as sent", "Lead's answer")]
            at = next(
                n
                for n, cells in grid.numbered()
                if n > heading and tuple(cells[column] for column in columns) == wanted
            )
            edits = []
            for column, value in entered.items():
                address = f"{chr(65 + heads.index(column))}{at}"
                edits.append(CellEdit("Replies", address, grid.value(address), value))
            book.apply(ChangeSet(tuple(edits)), now=self.now)
        if decision == "Keep plan":
            del self.waiting[place]
        else:
            self.waiting[place] = self.waiting[place]._replace(approved_by=approved_by)

    def updates(self) -> None:
        """Press Update plan: what is decided is written."""
        taken = {each.name: each for each in self.waiting if each.approved_by}
        self._job(
            lambda when: agsxl.reconcile(self.path, [], apply=True, now=when),
            {name: {REVISED: each.proposed} for name, each in taken.items()},
            reason={name: each.reason for name, each in taken.items()},
            approved_by={name: each.approved_by for name, each in taken.items()},
        )
        self.waiting = [each for each in self.waiting if each.name not in taken]

    def undoes(self) -> None:
        """Take the last update back: what it agreed was never agreed."""
        assert self._last is not None
        before, agreed, done = self._last
        self._job(lambda when: agsxl.undo(self.path, now=when), before, undo=True)
        self.moves = [move for move in self.moves if move not in done]
        self.agreed |= agreed

    def freezes(self, day: date) -> None:
        """Freeze the plan as it is reported."""
        label = COMMITTEE.format(day)
        self._job(lambda when: agsxl.snapshot(self.path, label, as_of=day, now=when), {})
        self.frozen.append(Frozen(label, day, self.now, deepcopy(self.rows)))

    def month_end(self, day: date) -> Month:
        """What there is on a reporting date, before it is frozen, with the workbook put aside."""
        file = self.path.with_name(f"{self.path.stem} on {day}.xlsx")
        copyfile(self.path, file)
        now = datetime.combine(day, time(17, 0))
        self.now = now
        typed, _ = self._typed(now)
        self._adopt_comments()
        rows = deepcopy(self.rows)
        pages = [*self.pages, Page(now, rows)]
        return Month(
            day, file, now, rows, pages, [*self.moves, *typed], list(self.waiting),
            list(self.frozen), dict(self.rules_off), dict(self.agreed),
        )  # fmt: skip

    # -- what the diary makes of it

    def _ref(self, name: str) -> str:
        ref: str = self.rows[name][REF]
        return ref

    def _waits(self, wanted: Waiting) -> None:
        """A lead's later answer takes the place of the earlier one."""
        self.waiting = [
            each for each in self.waiting if (each.name, each.lead) != (wanted.name, wanted.lead)
        ]
        self.waiting.append(wanted)

    def _job(
        self,
        run: Callable[[datetime], object],
        changed: Mapping[str, Mapping[str, Any]],
        *,
        reason: Mapping[str, str] | None = None,
        approved_by: Mapping[str, str] | None = None,
        undo: bool = False,
    ) -> None:
        self.now += timedelta(minutes=7)
        typed, self.agreed = self._typed(self.now)
        self.moves += typed
        before = {name: dict(self.rows[name]) for name in changed}
        agreed = {name: self.agreed[name] for name in changed}
        run(self.now)
        moved = []
        for name, cells in changed.items():
            self.rows[name].update(cells)
            old, new = self.agreed[name], _agreed(self.rows[name], self.agreed[name])
            if not undo and new is not None and new != old:
                why, who = (reason or {}).get(name, ""), (approved_by or {}).get(name, "")
                moved.append(Move(name, self.now, old, new, why, who))
            self.agreed[name] = new
        self.moves += moved
        if changed:
            self._last = _Done(before, agreed, moved)
        self.pages.append(Page(self.now, deepcopy(self.rows)))

    def _typed(self, when: datetime) -> tuple[list[Move], dict[str, date | None]]:
        """The dates that were moved by hand since the last job, as the next job will find them.

        With them each milestone's agreed date; the original of one that is new is no move.
        """
        known = self.pages[-1].rows if self.pages else {}
        found, agreed = [], {}
        for name, row in self.rows.items():
            old = self.agreed[name] if name in self.agreed else recount.baseline(row)
            agreed[name] = new = _agreed(row, old)
            first = old is None and row.get(REVISED) is None  # its original target, late
            if self.pages and new is not None and new != old and not first:
                before = known.get(name, {})
                why, who = (
                    str(row.get(column) or "") if row.get(column) != before.get(column) else ""
                    for column in (REASON, APPROVED)
                )
                found.append(Move(name, when, old, new, why, who))
        return found, agreed

    # -- cells

    def _table(self) -> tuple[list[str], int]:
        with agsxl.open_book(self.path) as book:
            grid = book.read("Plan")
        at, names = next((n, cells) for n, cells in grid.numbered() if cells and cells[0] == REF)
        return [str(name) for name in names if name], at

    def _letters(self) -> dict[str, str]:
        """Where each column stands that a person fills in."""
        own = (
            "Current target date",
            "Slippage (days)",
            "Days overdue",
            "Timeliness",
            "Meaning of status",
        )
        return {
            heading: chr(65 + place)
            for place, heading in enumerate(self.headings)
            if heading not in own
        }

    def _row_of(self, ref: str) -> int:
        with agsxl.open_book(self.path) as book:
            return next(n for n, cells in book.read("Plan").numbered() if cells and cells[0] == ref)

    def _put(self, cells: Mapping[tuple[int, str], Any]) -> None:
        letters = self._letters()
        with agsxl.open_book(self.path) as book:
            grid = book.read("Plan")
            edits = []
            for (row, column), value in cells.items():
                address = f"{letters[column]}{row}"
                edits.append(CellEdit("Plan", address, grid.value(address), value))
            book.apply(ChangeSet(tuple(edits)), now=self.now)

    def _adopt_comments(self) -> None:
        """The diary follows every cell itself but the comments, to which agsxl adds notes."""
        found = {row[REF]: row for row in recount.rows_of(self.path)}
        for row in self.rows.values():
            row[COMMENTS] = found[row[REF]].get(COMMENTS)


def _agreed(row: Row, before: date | None) -> date | None:
    """The date agreed by a row; words that name no day move nothing, and nor does an emptied cell.

    Where the revised date is taken out the original stands again.
    """
    named = row.get(REVISED) is None or recount.day_of(row[REVISED]) is not None
    return (recount.forecast(row) if named else None) or before


def _last_row(grid: Any, letter: str) -> int:
    return max(
        n for n, cells in grid.numbered() if cells and grid.value(f"{letter}{n}") is not None
    )


def _fill(file: Path, dates: Mapping[str, tuple[date, str]]) -> None:
    """Fill proposed dates into a return, as a lead does."""
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    heading = next(row for row in sheet.iter_rows() if row[0].value == REF)
    at = {cell.value: cell.column for cell in heading}
    for row in sheet.iter_rows(min_row=heading[0].row + 1):
        if row[0].value in dates:
            day, reason = dates[row[0].value]
            sheet.cell(row[0].row, at["Proposed date"]).value = day
            sheet.cell(row[0].row, at["Reason"]).value = reason
    book.save(file)


def another_officer(month: Month, file: Path) -> Officer:
    """Somebody who goes on where a month ended, in a copy of its workbook."""
    officer = Officer(Path(copyfile(month.file, file)), month.now)
    officer.rows = {name: dict(row) for name, row in month.rows.items()}
    officer.pages = list(month.pages[:-1])
    officer.moves = [move for move in month.moves if move.when < month.now]
    officer.waiting, officer.frozen = list(month.waiting), list(month.frozen)
    officer.rules_off, officer.agreed = dict(month.rules_off), dict(month.agreed)
    return officer


# -- plans -----------------------------------------------------------------------------------------

BEGIN = date(2017, 10, 2)
FIRST = date(2017, 9, 30)
ENDS = (date(2017, 10, 31), date(2017, 11, 30), date(2017, 12, 31))

_HEADINGS = (
    REF, THEME, "Outcome", "Source", WORDS, "Officer or Member action", TIMESCALE, "Member Lead", LEAD,
    STATUS, REVISED, COMMENTS, DONE, EVIDENCE, VERIFIED, APPROVED, REASON, "Cost code",
)  # fmt: skip
_THEMES = {
    "A": "A: Member training",
    "B": "B: Procurement",
    "C": "C: Constitution",
    "D": "D: Counter-fraud",
}
_LEADS = ("Head of Finance", "Head of Legal Services", "Chief Executive", "Internal Audit Manager")
_D = date
# Ref, timescale, status, revised date, comments, date completed, evidence, verified by.
_MILESTONES: tuple[tuple[Any, ...], ...] = (
    ("A1", _D(2017, 4, 28), "Complete", None, None, _D(2017, 5, 5), "Training site, survey results", "Internal Audit"),
    ("A2", "31/07/17", OFF_TARGET, _D(2017, 11, 30), "Two of the five sessions were held.", None, None, None),
    ("A3", "31/10/2017", "On target", None, None, None, None, None),
    ("A4", "TBC", None, _D(2017, 12, 15), None, None, None, None),
    ("A5", "w/c 16 Oct 17", "In progress", None, "Booked", None, None, None),
    ("A6", "end of March 2018", "On target", None, None, None, None, None),
    ("A7", "TBC", "Not started", None, None, None, None, None),
    ("B1", _D(2017, 6, 30), "Complete", None, "n/a", None, None, None),
    ("B2", _D(2017, 8, 31), "Completed", None, "Agreed by Cabinet in July 2017, minute 41.", None, None, None),
    ("B3", _D(2017, 9, 29), "On target", None, None, None, None, None),
    ("B4", _D(2017, 11, 17), "On target", None, None, None, None, None),
    ("B5", "31/11/17", OFF_TARGET, _D(2018, 1, 31), "The supplier withdrew from the tender.", None, None, None),
    ("B6", "Nov 2017", "Not started", None, None, None, None, None),
    ("C1", "24/05/17 Council", "Complete", _D(2017, 7, 19), None, _D(2017, 7, 19), "Council, 19 July 2017, minute 12", None),
    ("C2", _D(2017, 12, 8), "On target", None, None, None, None, None),
    ("C3", _D(2017, 12, 22), "On target", None, "Draft is with the working group.", None, None, None),
    ("C4", "On approval by Council", "On target", None, None, None, None, None),
    ("C5", _D(2018, 2, 28), "On target", None, None, None, None, None),
    ("C6", _D(2017, 9, 15), OFF_TARGET, None, "Waits for legal advice.", None, None, None),
    ("D1", _D(2017, 3, 31), "No longer required", None, "Now part of D3.", None, None, None),
    ("D2", _D(2017, 10, 13), "On target", None, None, None, None, None),
    ("D3", _D(2017, 10, 27), "On target", _D(2017, 10, 20), None, None, None, None),
    ("D4", _D(2018, 1, 12), "On target", None, None, None, None, None),
    ("D5", _D(2018, 3, 30), "On target", None, None, None, None, None),
    ("D6", _D(2017, 11, 3), "Off target and no action yet agreed", None, "Nobody is in post.", None, None, None),
    ("D7", "12 January 2018", "On target", None, None, None, None, None),
)  # fmt: skip


def small_rows() -> list[list[Any]]:
    """A plan of 26 milestones with every column that agsxl knows and one of the officer's own."""
    table: list[list[Any]] = [list(_HEADINGS)]
    for place, (ref, when, status, revised, told, done, shown, by) in enumerate(_MILESTONES):
        lead = _LEADS[place % len(_LEADS)]
        words = f"Step {place + 1} of the improvement is taken and reported"
        theme = _THEMES[ref[0]] if ref != "A6" else _THEMES["A"].upper()  # somebody's capitals
        table.append(
            [ref, theme, "The Council is run well", "AGS", words, "Officer", when, "Leader",
             lead, status, revised, told, done, shown, by, None, None, f"CC{place}"]
        )  # fmt: skip
    return table


def small_plan(folder: Path, **settings: str) -> Officer:
    """The invented plan, as an officer's own workbook."""
    table = [["Setting", "Value", "Reason"], ["Council", "Wexcombe Borough Council", None]]
    table += [[name.replace("_", " "), value, None] for name, value in settings.items()]
    path = write_book(folder / "plan.xlsx", {"Plan": small_rows(), "Settings": table})
    return Officer(path, datetime.combine(BEGIN, time(9, 0)))


def real_plan(folder: Path) -> Officer:
    """The real plan of 117 milestones, as a master that agsxl made of it."""
    path = folder / "plan.xlsx"
    agsxl.new_plan(path, REAL, as_of=FIRST)
    return Officer(path, datetime.combine(BEGIN, time(9, 0)))


# -- three months ----------------------------------------------------------------------------------


def three_months(officer: Officer, *, seed: int = 2017) -> list[Month]:
    """Freeze the plan, then live October, November and December of 2017.

    The same plan and seed give the same months. Each ends with dates and statuses that were typed and
    which agsxl has not yet seen, and is then frozen.
    """
    chance = Random(seed)
    officer.freezes(FIRST)
    months = []
    for live, day in zip((_october, _november, _december), ENDS, strict=True):
        officer.on(day.replace(day=4))
        live(officer, chance, day)
        officer.on(day)
        months.append(officer.month_end(day))
        officer.freezes(day)
    return months


class _Pick:
    """Picks milestones that nothing else happens to in the month, so that the diary stays plain."""

    def __init__(self, officer: Officer, chance: Random) -> None:
        self.officer, self.chance = officer, chance
        self.used = {each.name for each in officer.waiting}

    def one(self, fits: Callable[[Row], bool]) -> str:
        return self.some(1, fits)[0]

    def some(self, number: int, fits: Callable[[Row], bool]) -> list[str]:
        rows = self.officer.rows
        able = [name for name in rows if name not in self.used and fits(rows[name])]
        chosen = self.chance.sample(able, min(number, len(able)))
        assert chosen, "the plan has no milestone left for this"
        self.used.update(chosen)
        return chosen


def _open(row: Row) -> bool:
    return recount.meaning(row) == "open"


def _dated(row: Row) -> bool:
    return _open(row) and recount.forecast(row) is not None


def _complete(row: Row) -> bool:
    return recount.meaning(row) == "complete"


def _later(officer: Officer, name: str, days: int) -> date:
    target = recount.forecast(officer.rows[name])
    assert target is not None
    return target + timedelta(days=days)


def _with(officer: Officer, **cells: Any) -> dict[str, Any]:
    """Those of the cells for which the plan has a column."""
    named = {column.replace("_", " "): value for column, value in cells.items()}
    return {column: value for column, value in named.items() if column in officer.headings}


def _october(officer: Officer, chance: Random, day: date) -> None:
    pick = _Pick(officer, chance)
    late = pick.some(3, lambda row: _dated(row) and recount.stands(row, day) == "overdue")
    came = officer.sends_returns(
        day.replace(day=5),
        {name: (_later(officer, name, 92), "The tender was late.") for name in late},
    )
    assert came, "no lead was asked about what is overdue"
    officer.on(day.replace(day=12))
    officer.decides(came[0], "Take lead's", "Governance Committee, 12 October 2017")
    if len(came) > 1:
        officer.decides(came[1], "Keep plan")
    officer.updates()
    officer.on(day.replace(day=16))
    moved = pick.one(_dated)
    officer.rebaselines(
        moved, _later(officer, moved, 61), "A post is vacant.", "Cabinet, 10 October 2017"
    )
    done = pick.one(_dated)
    officer.answers(
        done, "Head of Finance", {STATUS: "Complete"}, status="Complete",
        comment="Approved by Cabinet on 10 October 2017.",
    )  # fmt: skip
    taken_back = pick.one(_dated)
    officer.rebaselines(taken_back, _later(officer, taken_back, 30), "A mistake.", "Nobody")
    officer.on(day.replace(day=18))
    officer.undoes()
    officer.on(day.replace(day=30))
    for name in pick.some(2, _dated):  # typed, one of them with what shows it
        officer.types(
            name,
            {STATUS: "Complete"}
            | _with(officer, Date_completed=day.replace(day=20), Evidence="Minute 14"),
        )
    officer.types(pick.one(_dated), {STATUS: "Complete"})
    typed = pick.one(_dated)
    officer.types(typed, {REVISED: _later(officer, typed, 45)})
    officer.adds(
        "new 1", _new(officer, "Z1", "Register of decisions is published", date(2017, 12, 1))
    )


def _november(officer: Officer, chance: Random, day: date) -> None:
    pick = _Pick(officer, chance)
    twice = pick.one(_dated)
    officer.rebaselines(
        twice, _later(officer, twice, 28), "Waits for audit.", "Cabinet, 7 November 2017"
    )
    officer.on(day.replace(day=21))
    officer.rebaselines(
        twice, _later(officer, twice, 14), "Still waits.", "Leader, 21 November 2017"
    )
    again = officer.waiting[0] if officer.waiting else None
    if again is not None:  # the same lead asks for a later date still
        officer.asks(
            again.name, again.lead, again.proposed + timedelta(days=31), "It is later still."
        )
    wanted = pick.some(3, _dated)
    officer.sends_returns(
        day.replace(day=6),
        {name: (_later(officer, name, 59), "Staff are on leave.") for name in wanted},
    )
    asked = pick.one(_dated)
    officer.asks(
        asked, officer.rows[asked][LEAD], _later(officer, asked, 90), "The advice is awaited."
    )
    officer.on(day.replace(day=28))
    reopened = pick.one(_complete)
    officer.types(reopened, {STATUS: "On target"})
    officer.deletes(pick.one(lambda row: recount.stands(row, day) == "overdue"))
    first, second, third = pick.some(3, lambda row: _once(officer, row))
    refs = officer.rows
    officer.renumbers({first: refs[second][REF], second: refs[first][REF], third: "Y9"})
    theme = refs[first][THEME]
    for name in [name for name, row in refs.items() if row[THEME] == theme]:
        officer.types(name, {THEME: f"{theme} and conduct"})
    officer.switches_off("L205", "Portfolios are being redrawn.")
    # Typed and typed back before agsxl looks: nobody moved a date.
    back = pick.one(_dated)
    before = officer.rows[back][REVISED]
    officer.types(back, {REVISED: _later(officer, back, 10)})
    officer.types(back, {REVISED: before})
    earlier = pick.one(_dated)
    officer.types(
        earlier,
        {REVISED: _later(officer, earlier, -5)}
        | _with(
            officer, Reason_for_revision="Done sooner", Revised_date_approved_by="Chief Executive"
        ),
    )
    officer.types(pick.one(_open), {STATUS: "No longer required"})


def _december(officer: Officer, chance: Random, day: date) -> None:
    pick = _Pick(officer, chance)
    if officer.waiting:  # decided, and the plan not updated
        officer.decides(
            officer.waiting[-1].name, "Take lead's", "Governance Committee, 7 December 2017"
        )
    for name in pick.some(2, _dated):
        officer.rebaselines(
            name, _later(officer, name, 40), "Moved once more.", "Cabinet, 12 December 2017"
        )
    officer.on(day.replace(day=19))
    renumbered = next(name for name, row in officer.rows.items() if row[REF] == "Y9")
    if _dated(officer.rows[renumbered]):
        officer.rebaselines(
            renumbered,
            _later(officer, renumbered, 33),
            "Under its new Ref.",
            "Cabinet, 12 December 2017",
        )
    officer.on(day.replace(day=29))
    back = pick.one(lambda row: _dated(row) and row[REVISED] is not None)
    officer.types(
        back,
        {REVISED: None} if recount.baseline(officer.rows[back]) else {REVISED: date(2018, 6, 29)},
    )
    for name in pick.some(3, _dated):
        officer.types(name, {STATUS: "Complete", COMMENTS: "n/a"})
    officer.types(pick.one(_open), {REVISED: "after the election"})
    officer.types("new 1", {STATUS: "Complete"} | _with(officer, Verified_by="Internal Audit"))
    officer.adds("new 2", _new(officer, "Z2", "Guide to the register is written", "TBC"))
    officer.deletes(pick.one(_complete))
    officer.deletes(officer.waiting[0].name)  # and with it what a lead asked for


def _once(officer: Officer, row: Row) -> bool:
    """Whether the milestone's words stand once in the plan, so that it is known by them."""
    return sum(each[WORDS] == row[WORDS] for each in officer.rows.values()) == 1


def _new(officer: Officer, ref: str, words: str, when: date | str) -> dict[str, Any]:
    theme: Iterable[str] = (row[THEME] for row in officer.rows.values())
    return {
        REF: ref, THEME: next(iter(theme)), WORDS: words, TIMESCALE: when, LEAD: "Chief Executive",
        STATUS: "On target", "Officer or Member action": "Officer",
    }  # fmt: skip


# -- months of any kind ----------------------------------------------------------------------------


def any_months(officer: Officer, seed: int, *, acts: int = 12) -> Iterator[Month]:
    """Three months of what comes, in any order, to whichever milestone.

    Unlike in ``three_months`` one milestone may be moved, asked about, renumbered, moved again, completed
    and taken out in the same month.
    """
    chance = Random(seed)
    officer.freezes(FIRST)
    made = 0
    for day in ENDS:
        officer.on(day.replace(day=3))
        for number in range(acts):
            officer.now = max(
                officer.now, datetime.combine(day.replace(day=3 + 2 * number), time(10))
            )
            name = chance.choice(list(officer.rows))
            made = _anything(officer, chance, name, made)
        officer.on(day)
        yield officer.month_end(day)
        officer.freezes(day)


def _anything(officer: Officer, chance: Random, name: str, made: int) -> int:
    """One act; how many milestones were put in by now."""
    row = officer.rows[name]
    target = recount.forecast(row) or date(2018, 1, 15)
    later = target + timedelta(days=chance.randrange(1, 200))
    # No two days alike: a date asked for that the plan has by then is asked for no more.
    asked = date(2019, 1, 1) + timedelta(days=len(officer.pages))
    act = chance.randrange(14)
    if act == 0 and _open(row):
        officer.rebaselines(name, later, f"Reason {len(officer.pages)}", "Cabinet")
        if chance.random() < 0.4:
            officer.undoes()
    elif act in (1, 2):
        officer.types(name, {REVISED: chance.choice([later, None, "after the election", "TBC"])})
    elif act == 3:
        officer.types(name, {STATUS: chance.choice(["Complete", "On target", "Withdrawn", None])})
    elif act == 4:
        officer.types(name, {TIMESCALE: chance.choice([later, "TBC", f"{later:%d/%m/%y} Council"])})
    elif act in (5, 6) and _open(row):
        officer.asks(name, row[LEAD], asked, "Staff are on leave.")
    elif act == 7 and (able := [w for w in officer.waiting if w.name in officer.rows]):
        officer.reads_again()
        officer.decides(chance.choice(able).name, "Take lead's", "Leader")
        officer.updates()
    elif act == 8 and len(officer.rows) > 5:
        officer.deletes(name)
        below = list(officer.rows)[len(officer.rows) // 2]
        if chance.random() < 0.5:  # the gap is closed by another
            officer.renumbers({below: row[REF]})
    elif act == 9:
        other = chance.choice([each for each in officer.rows if each != name])
        officer.renumbers({name: officer.rows[other][REF], other: row[REF]})
    elif act == 10:
        made += 1
        cells = _new(officer, f"Z{made}", f"Addition {made} is made", chance.choice([later, "TBC"]))
        if chance.random() < 0.4:
            cells |= {
                REVISED: later + timedelta(days=30),
                STATUS: chance.choice(["Complete", "On target"]),
            }
        officer.adds(f"new {made}", cells)
    elif act == 11:
        officer.types(name, {THEME: chance.choice(list(_THEMES.values())).upper()})
    elif act == 12:
        officer.types(
            name, _with(officer, Date_completed=chance.choice([target, None]), Evidence="Minute 14")
        )
    elif act == 13:
        officer.freezes(officer.now.date()) if not officer.frozen or officer.frozen[
            -1
        ].day != officer.now.date() else None
    return made
