"""The Replies sheet: each thing a return says beside the plan, and what the officer decides of it.

sheet = replies_sheet(changes)              # made anew at each reading of returns
said, decided = read_replies(grid)          # what still stands there, and what was entered
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time

from agsxl.dates import read_target
from agsxl.edits import NewSheet, SheetColumn
from agsxl.errors import SettingsError
from agsxl.grid import CellError, Formula, Grid, Value, cell_address
from agsxl.merging import Outcome
from agsxl.replies import (
    SUPERSEDED,
    Change,
    Decided,
    Decision,
    Key,
    Kind,
    Said,
    Seen,
    as_lines,
    of_lines,
)
from agsxl.returns import DATES
from agsxl.words import COLUMNS, DECISIONS, OUTCOMES, REPLIES

NAME, TABLE = REPLIES, "Replies"
_TITLE = "Replies: what the leads' returns say, and what is decided"
_NOTES = (
    "For each line choose Keep plan or Take lead's. A proposed date also needs who approved it, and a reason.",
    "Then update the plan (agsxl reconcile PLAN --apply): what is decided is written and logged, the rest stays here.",
)
_DECISION, _APPROVED, _REASON = "Decision", "Approved by", "Reason"
_SHEET = (
    SheetColumn("Ref", 7),
    SheetColumn("Milestone", 32),
    SheetColumn("Column", 14),
    SheetColumn("As sent", 20),
    SheetColumn("Plan now", 24),
    SheetColumn("Lead's answer", 28),
    SheetColumn("What came of it", 17),
    SheetColumn("What to decide", 34),
    SheetColumn(_DECISION, 13, choices=tuple(DECISIONS.values()), entry=True),
    SheetColumn(_APPROVED, 18, entry=True),
    SheetColumn(_REASON, 28, entry=True),
    SheetColumn("Lead", 20),
    SheetColumn("Return", 22),
    SheetColumn("Round", 11),
    SheetColumn("Said on", 16),
    SheetColumn("Ref as sent", 8),
    SheetColumn("Milestone as sent", 32),
)
_HEADINGS = tuple(column.heading for column in _SHEET)


def shown(change: Change) -> bool:
    """Whether a change has a place on the sheet: something is to be written, decided or mended."""
    return change.outcome not in (Outcome.SAME_CHANGE, Outcome.MASTER_ONLY)


def replies_sheet(changes: Iterable[Change]) -> NewSheet:
    """The sheet with each change that is to be written, decided or mended."""
    return NewSheet(
        name=NAME,
        title=_TITLE,
        table=TABLE,
        columns=_SHEET,
        rows=tuple(_row(change) for change in changes if shown(change)),
        notes=_NOTES,
        nothing="No reply is waiting",
    )


def sheet_again(grid: Grid | None) -> NewSheet:
    """The sheet as it stands in a grid, to be made again: an undo puts it back."""
    whole = replies_sheet(())
    if grid is None:
        return whole
    heading_row = _heading_row(grid)
    heads = [str(cell) for cell in grid.rows[heading_row - 1]]
    at = [heads.index(heading) if heading in heads else len(heads) for heading in _HEADINGS]
    rows = [
        tuple(_plain(cells[i]) if i < len(cells) else None for i in at)
        for cells in grid.rows[heading_row:]
    ]
    return replace(whole, rows=tuple(row for row in rows if row[_HEADINGS.index("Return")]))


def _heading_row(grid: Grid) -> int:
    for number, cells in grid.numbered():
        if "Lead's answer" in cells and _DECISION in cells:
            return number
    raise SettingsError(
        f"The sheet {grid.name!r} has lost its headings; delete the sheet and read the returns again."
    )


_PRESET = "Chosen beforehand."


def _row(change: Change) -> tuple[Value, ...]:
    said, decided = change.said, change.decided
    preset = change.accept and decided.decision is Decision.OPEN
    decision = Decision.TAKE if preset else decided.decision
    why = f"{_PRESET} {change.why}".strip() if preset else change.why
    milestone = change.milestone
    issued = as_lines(said.base) if said.kind is Kind.WITHDRAWN else said.issued
    return (
        change.ref,
        milestone.milestone if milestone is not None else said.words,
        COLUMNS.get(change.column, change.column) or "Whole row",
        issued,
        change.master,
        said.value if isinstance(said.value, date) else said.raw,
        OUTCOMES[change.outcome],
        why,
        DECISIONS.get(decision, ""),
        decided.approved_by,
        decided.reason or said.reason,
        said.lead,
        said.file,
        said.round,
        said.at,
        said.ref,
        said.words,
    )


def read_replies(grid: Grid | None) -> tuple[list[Said], dict[Key, Decided]]:
    """What stands on the sheet, as it was said, and what the officer entered for each.

    Raises SettingsError, naming the cell, for a Decision that is neither of the two, and where the
    sheet's headings are gone.
    """
    if grid is None:
        return [], {}
    heading_row = _heading_row(grid)
    heads = [str(cell) for cell in grid.rows[heading_row - 1]]
    at = {heading: heads.index(heading) for heading in _HEADINGS if heading in heads}
    lacking = [heading for heading in _HEADINGS if heading not in at]
    if lacking:
        raise SettingsError(
            f"The sheet {grid.name!r} has lost the column {lacking[0]!r}; delete the sheet and read the "
            "returns again."
        )
    said: list[Said] = []
    decided: dict[Key, Decided] = {}
    for number, cells in list(grid.numbered())[heading_row:]:
        row = {h: _plain(cells[i]) if i < len(cells) else None for h, i in at.items()}
        if not _text(row["Return"]):
            continue
        each = _said(row)
        decision = _decision(row[_DECISION], grid.name, cell_address(number, at[_DECISION] + 1))
        if decision is Decision.TAKE and _text(row["What to decide"]).startswith(_PRESET):
            decision = Decision.OPEN  # nobody decided it: it is judged anew
        outcome = _OF_WORDS.get(_text(row["What came of it"]), Outcome.CONFLICT)
        seen = Seen(outcome, _shown(row["Plan now"]), _text(row["Milestone"]))
        entered = Decided(decision, _text(row[_APPROVED]), _text(row[_REASON]), seen)
        said.append(each)
        decided[each.key] = entered
    return said, decided


_OF_HEADING = {heading: column for column, heading in COLUMNS.items()} | {"Whole row": ""}
_OF_WORDS = {words: Outcome(outcome) for outcome, words in OUTCOMES.items()}


def _said(row: Mapping[str, Value]) -> Said:
    column = _text(row["Column"])
    column = _OF_HEADING.get(column, column)
    outcome = _OF_WORDS.get(_text(row["What came of it"]), Outcome.CONFLICT)
    answer = row["Lead's answer"]
    value = answer.date() if isinstance(answer, datetime) else answer
    raw = f"{value:%d/%m/%Y}" if isinstance(value, date) else _text(answer)
    kind = _kind(column, outcome)
    issued = _text(row["As sent"])
    # A status or a date is judged anew; what else could not be used stays so, for the same reason.
    useless = outcome is Outcome.INVALID and column not in ("status", *DATES)
    return Said(
        file=_text(row["Return"]),
        lead=_text(row["Lead"]),
        round=_day(row["Round"]),
        at=_moment(row["Said on"]),
        ref=_text(row["Ref as sent"]),
        words=_text(row["Milestone as sent"]),
        column=column,
        issued="" if kind is Kind.WITHDRAWN else issued,
        raw=raw,
        value=value if isinstance(value, date) else (raw or None),
        reason=_text(row[_REASON]),
        kind=kind,
        superseded=_superseded(_text(row["What to decide"])),
        usable=isinstance(value, date) if column in DATES else not useless,
        flag=_text(row["What to decide"]) if useless else "",
        row=of_lines(raw) if kind is Kind.ADDED else {},
        base=of_lines(issued) if kind is Kind.WITHDRAWN else {},
    )


def _superseded(why: str) -> str:
    return why if why.startswith(SUPERSEDED) else ""


def _kind(column: str, outcome: Outcome) -> Kind:
    if column:
        return Kind.NOT_ALLOWED if outcome is Outcome.NOT_ALLOWED else Kind.ANSWER
    gone = outcome in (Outcome.WITHDRAWN, Outcome.WITHDRAWN_BUT_EDITED)
    return Kind.WITHDRAWN if gone else Kind.ADDED


def _decision(cell: Value, sheet: str, address: str) -> Decision:
    text = _text(cell).casefold().replace("’", "'")
    for decision in (Decision.KEEP, Decision.TAKE):
        if text in (DECISIONS[decision].casefold(), decision.value):
            return decision
    if text:
        choices = " or ".join(DECISIONS.values())
        raise SettingsError(
            f"The decision {_text(cell)!r} (sheet {sheet!r}, cell {address}) must be {choices}, or blank."
        )
    return Decision.OPEN


def _plain(value: Value) -> Value:
    cached = value.cached if isinstance(value, Formula) else value
    return None if isinstance(cached, CellError) else cached


def _text(value: Value) -> str:
    return "" if value is None else str(value).strip()


def _shown(value: Value) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else _text(value)


def _moment(value: Value) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(_day(value), time())


def _day(value: Value) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return read_target(_text(value)).latest or date.min
