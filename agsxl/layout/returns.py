"""The return workbook as grids: its hidden sheet, and reading back what a lead made of it.

    with open_book("Finance.xlsx") as book:
        grids = [book.read(name) for name in book.sheets()]
    reply = read_return(grids, file="Finance.xlsx", saved=None)

A return comes back sorted, with rows or columns gone or added, saved by another program, pasted
over. Whatever is certain is read; whatever is not is flagged, with its cell; nothing that a lead
typed is dropped without a word. What was sent stands on the hidden sheet, under a checksum.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from agsxl.dates import Kind, read_target
from agsxl.errors import NoPlanError, SourceError, TwoPlansError
from agsxl.grid import CellError, Formula, Grid, Value, cell_address, column_letter
from agsxl.layout.headings import normal
from agsxl.layout.milestones import find_table
from agsxl.returns import (
    ANSWERS,
    DATES,
    SHOWN,
    Answer,
    Identity,
    Issued,
    Reply,
    Sent,
    folded,
)
from agsxl.statuses import StatusValue, read_status
from agsxl.texts import counted, listed
from agsxl.words import spoken

HIDDEN_SHEET = "agsxl"
FORMAT = 1
MOST_TEXT = 32_767  # in a cell, counted as Excel counts, in UTF-16
_MARK = "agsxl return"
_PIECE = 30_000  # characters of a cell: less than a cell holds
_PLEASE = "Please leave this sheet as it is: agsxl reads your answers with it."

# -- the hidden sheet --------------------------------------------------------------------------
#
# Texts are kept as JSON in plain ASCII between two bars, so that no program that saves the
# workbook can take them for numbers, trim them, or read an escape of its own into them.


def hidden_rows(sent: Sent) -> list[list[str]]:
    """The hidden sheet's cells, all of them texts; its statuses are what the dropdown offers."""
    head = {
        "council": sent.identity.council,
        "plan": sent.identity.plan,
        "fingerprint": sent.identity.fingerprint,
        "lead": sent.lead,
        "person": sent.person,
        "round": sent.round.isoformat(),
        "headings": [[part, column, text] for (part, column), text in sent.headings.items()],
        "statuses": sent.statuses,
        "above": sent.above,
    }
    rows = [[_MARK, _PLEASE], ["format", str(FORMAT)], ["return", *_packed(head)]]
    rows += [["status", word] for word in sent.statuses]
    for issued in sent.milestones:
        content = {"ref": issued.ref, "columns": issued.columns, "shown": issued.shown}
        rows.append(["milestone", *_packed(content)])
    rows.append(["whole", _sum("".join(row[1] for row in rows if row[0] in _SUMMED))])
    return rows


_SUMMED = ("return", "milestone")


def status_rows(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The first and the last row, counted from 1, of the hidden sheet's statuses."""
    found = [number for number, row in enumerate(rows, 1) if row[0] == "status"]
    return found[0], found[-1]


def _packed(content: Mapping[str, Any]) -> list[str]:
    """Content as cells: its checksum, then the pieces of its JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    text = text.replace("_x", "\\u005fx")  # else Excel takes "_x000D_" for a control character
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    return [_sum(text), *(f"|{piece}|" for piece in pieces)]


def _sum(text: str) -> str:
    return f"sha256 {sha256(text.encode()).hexdigest()[:32]}"


def _unpacked(cells: Sequence[Value]) -> Any:
    """The content of a row's cells. Raises ValueError where it is not what was written."""
    pieces = [str(cell) for cell in cells[1:] if cell is not None]
    text = "".join(piece[1:-1] for piece in pieces)
    if _sum(text) != cells[0]:
        raise ValueError("the checksum is another")
    return json.loads(text)


def read_sent(grid: Grid, file: str) -> Sent:
    """What a return knows of itself. Raises SourceError where its hidden sheet was changed."""
    rows = [[*cells, None, None, None] for cells in grid.rows]
    form = next((str(cells[1]) for cells in rows if cells[0] == "format"), "")
    if form.isdigit() and int(form) > FORMAT:
        raise SourceError(f"{file} was made by a later agsxl than this one; update agsxl.")
    found: dict[str, list[Any]] = {kind: [] for kind in _SUMMED}
    sums, whole, where = "", None, ""
    try:
        for number, (kind, *rest) in enumerate(rows, 1):
            where = f", row {number}"
            if kind in _SUMMED:
                found[str(kind)].append(_unpacked(rest))
                sums += str(rest[0])
            elif kind == "whole":
                whole = rest[0]
        where = ""
        if form != str(FORMAT) or whole != _sum(sums):
            raise ValueError("rows are missing")
        return _sent(found["return"][0], found["milestone"])
    except (ValueError, LookupError, TypeError):
        raise SourceError(
            f"{file}, hidden sheet {grid.name!r}{where} is not as agsxl wrote it, so that what was sent "
            "is not certain; ask the lead to answer in the workbook that was sent, or type the "
            "answers with 'agsxl answer'."
        ) from None


def _sent(head: Mapping[str, Any], milestones: Iterable[Mapping[str, Any]]) -> Sent:
    return Sent(
        identity=Identity(head["council"], head["plan"], head["fingerprint"]),
        lead=head["lead"],
        person=head["person"],
        round=date.fromisoformat(head["round"]),
        headings={(part, column): text for part, column, text in head["headings"]},
        statuses=tuple(head["statuses"]),
        above=tuple(head["above"]),
        milestones=tuple(Issued(m["ref"], m["columns"], m["shown"]) for m in milestones),
    )


# -- finding the answers -----------------------------------------------------------------------


@dataclass(slots=True)
class _Table:
    """The table of answers: where its headings stand, and which column is which (from 0)."""

    grid: Grid
    row: int
    shown: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)

    def cell(self, row: int, index: int) -> str:
        return f"{self.grid.name}!{cell_address(row, index + 1)}"


def read_return(book_sheets: Sequence[Grid], *, file: str, saved: datetime | None) -> Reply:
    """What a lead answered, from the sheets of the workbook that came back.

    >>> read_return(grids, file="Finance.xlsx", saved=None).no_change  # doctest: +SKIP
    ('B10', 'B12')

    ``saved`` is when it was last saved, where that is known. Raises SourceError, in one plain
    sentence, for what is no return, has lost its hidden sheet or had it changed, or has its answers
    on two sheets. Everything else is in the reply, flagged where it is not certain.
    """
    hidden = next((g for g in book_sheets if g.value("A1") == _MARK), None)
    if hidden is None:
        raise SourceError(_why_no_return(book_sheets, file))
    sent = read_sent(hidden, file)
    others = [grid for grid in book_sheets if grid is not hidden]
    found = [table for table in (_find_table(grid, sent.headings) for grid in others) if table]
    if not found:
        raise SourceError(
            f"{file} has no sheet with the headings {_named(sent.headings)}; ask the lead to answer in "
            "the workbook that was sent, or type the answers with 'agsxl answer'."
        )
    readers = [_Reader(table, sent, file) for table in found]
    reader = _with_answers(readers, file)
    flags = [*_about_file(file), *reader.flags]
    flags += [_unread(grid) for grid in others if grid not in [r.table.grid for r in readers]]
    return Reply(
        file=file,
        lead=sent.lead,
        round=sent.round,
        saved=saved,
        identity=sent.identity,
        issued={issued.ref: issued.columns for issued in sent.milestones},
        answers=tuple(reader.answers),
        no_change=reader.in_order(reader.no_change),
        unanswered=reader.in_order(reader.unanswered),
        not_allowed=tuple(reader.not_allowed),
        added=tuple(reader.added),
        withdrawn=reader.in_order(reader.withdrawn),
        flags=tuple(flag for flag in flags if flag),
    )


def _named(headings: Mapping[tuple[str, str], str]) -> str:
    return listed([repr(text) for text in headings.values()], 20)


def _why_no_return(grids: Sequence[Grid], file: str) -> str:
    usual = {("shown", c): h for c, h in SHOWN.items()} | {
        ("answer", c): h for c, h in ANSWERS.items()
    }
    tables = [table for table in (_find_table(grid, usual) for grid in grids) if table]
    if any({"no_change", "revised"} & set(table.answers) for table in tables):
        return (
            f"{file} has lost the hidden sheet 'agsxl', without which its answers cannot be matched to "
            "the plan; ask the lead to answer in the workbook that was sent, or type the answers "
            "with 'agsxl answer'."
        )
    try:
        find_table(grids, file)
    except TwoPlansError:
        pass
    except NoPlanError:
        return (
            f"{file} is not a return that agsxl made; ask the lead to answer in the workbook that was "
            "sent, or type the answers with 'agsxl answer'."
        )
    return (
        f"{file} is a copy of the plan and not a return, so that what the lead changed is not known; "
        "see what differs with 'agsxl diff', and type the answers with 'agsxl answer'."
    )


def _with_answers(readers: Sequence[_Reader], file: str) -> _Reader:
    """The sheet that was answered, where a lead made a copy of it. Two of them are a choice."""
    answered = [r for r in readers if r.answers or r.no_change or r.added or r.not_allowed]
    if len({tuple(r.said()) for r in answered}) > 1:
        names = " and ".join(repr(reader.table.grid.name) for reader in answered)
        raise SourceError(
            f"{file} has different answers on the sheets {names}; delete the one that is not meant."
        )
    return (answered or readers)[0]


def _find_table(grid: Grid, headings: Mapping[tuple[str, str], str]) -> _Table | None:
    """The row of a sheet that has the return's headings, wherever it and its columns stand."""
    names = {normal(text): key for key, text in headings.items()}
    for number, cells in enumerate(grid.rows[:200], 1):
        table = _Table(grid, number)
        for index, cell in enumerate(cells):
            key = names.get(normal(cell)) if isinstance(cell, str) else None
            if key is not None:
                part, column = key
                (table.shown if part == "shown" else table.answers).setdefault(column, index)
        known = len(table.shown) + len(table.answers)
        if table.answers and known > 2 and {"ref", "milestone"} & set(table.shown):
            return table
    return None


def _about_file(file: str) -> list[str]:
    if file.casefold().endswith((".xlsm", ".xltm")):
        return [f"{file} is a macro workbook: its cells were read, and its macros were not run."]
    return []


def _unread(grid: Grid) -> str:
    """What to say of a sheet that is no part of the return; nothing of an empty one."""
    filled = [
        (cell_address(row, index + 1), _told(value))
        for row, cells in grid.numbered()
        for index, value in enumerate(cells)
        if _written(value).strip()
    ]
    if not filled:
        return ""
    first, text = filled[0]
    rest = f" and {counted(len(filled) - 1, 'more cell')}" if len(filled) > 1 else ""
    return f"The sheet {grid.name!r} is no part of the return and was not read ({first}: {text}{rest})."


# -- reading the answers -----------------------------------------------------------------------


class _Row(NamedTuple):
    number: int
    cells: list[Value]
    ref: str
    words: str


class _Reader:
    """Reads one table of answers against what was sent."""

    def __init__(self, table: _Table, sent: Sent, file: str) -> None:
        self.table = table
        self.sent = sent
        self.file = file
        self.answers: list[Answer] = []
        self.not_allowed: list[Answer] = []
        self.added: list[Mapping[str, str]] = []
        self.no_change: set[str] = set()
        self.unanswered: set[str] = set()
        self.flags: list[str] = []
        self._by_ref: dict[str, list[Issued]] = {}
        self._by_words: dict[str, list[Issued]] = {}
        for issued in sent.milestones:
            self._by_ref.setdefault(folded(issued.ref), []).append(issued)
            self._by_words.setdefault(folded(issued.shown["milestone"]), []).append(issued)
        self._own_words = {folded(word): word for word in sent.statuses}
        rows: dict[str, list[_Row]] = {}
        for issued, row in self._matched():
            rows.setdefault(issued.ref, []).append(row)
        self.withdrawn = {m.ref for m in sent.milestones} - set(rows)
        for issued in sent.milestones:
            if issued.ref in rows:
                self._read(issued, rows[issued.ref])
        self._flag_what_is_not_read()

    def in_order(self, refs: set[str]) -> tuple[str, ...]:
        """Refs in the order in which their milestones were sent."""
        return tuple(issued.ref for issued in self.sent.milestones if issued.ref in refs)

    def said(self) -> list[tuple[str, str, str]]:
        """Everything answered, wherever it stands: to compare two copies of a sheet."""
        told = [(a.ref, a.column, a.raw) for a in (*self.answers, *self.not_allowed)]
        told += [(ref, "no_change", "") for ref in self.no_change]
        return sorted(
            told + [("", column, raw) for row in self.added for column, raw in row.items()]
        )

    # -- which row is which milestone ----------------------------------------------------------

    def _matched(self) -> list[tuple[Issued, _Row]]:
        """The rows that are milestones as sent. The rest are added, or are flagged."""
        table = self.table
        left: list[_Row] = []
        found: list[tuple[Issued, _Row]] = []
        for number, cells in enumerate(table.grid.rows[table.row :], table.row + 1):
            if not any(_written(value).strip() for value in cells):
                continue
            ref, words = (self._shown_text(cells, column) for column in ("ref", "milestone"))
            row = _Row(number, cells, ref, words)
            both = self._of(row)
            if both is not None:
                found.append((both, row))
            elif not self._is_heading(cells):
                left.append(row)
        claimed = {issued.ref for issued, _ in found}
        for row in left:
            issued = self._nearly(row, claimed)
            if issued is not None:
                claimed.add(issued.ref)
                found.append((issued, row))
        return found

    def _named(self, ref: str) -> list[Issued]:
        """The milestones of a Ref; where two differ in case only, the one written like it."""
        named = self._by_ref.get(folded(ref), [])
        return [issued for issued in named if issued.ref == ref] or named

    def _worded(self, words: str) -> list[Issued]:
        return self._by_words.get(folded(words), []) if words else []

    def _of(self, row: _Row) -> Issued | None:
        """The milestone whose Ref and words a row has."""
        worded = self._worded(row.words)
        both = [issued for issued in self._named(row.ref) if issued in worded]
        return both[0] if len(both) == 1 else None

    def _nearly(self, row: _Row, claimed: set[str]) -> Issued | None:
        """The milestone of a row that has its Ref or its words alone; None for one that was not sent."""
        named, worded = self._named(row.ref), self._worded(row.words)
        if named and worded:
            apart = f"has the Ref of {named[0].ref} and the words of {worded[0].ref}"
            self._flag_row(row, f"{apart}, as if its columns had been sorted apart")
            return None
        found = named or worded
        free = [issued for issued in found if issued.ref not in claimed]
        if len(free) == 1:
            return free[0]
        if len(found) == 1 and not (row.ref and row.words):
            return found[0]  # a second row about the same milestone, with only its Ref or its words
        if row.words and (row.ref or not found):
            self.added.append(self._new_row(row))
        elif found:
            refs = listed([issued.ref for issued in found])
            self._flag_row(row, f"could be about any of {refs}")
        else:
            self._flag_row(row, "names no milestone that was sent")
        return None

    def _flag_row(self, row: _Row, why: str) -> None:
        said = "; ".join(self._said_in(row.cells))
        self.flags.append(
            f"{self.table.grid.name}, row {row.number} {why}; nothing was taken from it ({said})."
        )

    def _said_in(self, cells: list[Value]) -> list[str]:
        """What a row holds, for a sentence: each answer with its heading, or whatever there is."""
        headed = {
            i: self.sent.headings.get(("answer", c), c) for c, i in self.table.answers.items()
        }
        said = [
            f"{headed[index]}: {_told(_at(cells, index))}"
            for index in sorted(headed)
            if not _blank(_written(_at(cells, index)))
        ]
        return said or [
            f"{column_letter(index + 1)}: {_told(value)}"
            for index, value in enumerate(cells)
            if _written(value).strip()
        ]

    def _new_row(self, row: _Row) -> dict[str, str]:
        """A row that the lead added, as texts by column."""
        texts: dict[str, str] = {}
        for column, index in [*self.table.shown.items(), *self.table.answers.items()]:
            text = _written(_at(row.cells, index)).strip()
            if column in ("ask", "no_change") or not text:
                continue
            texts[column] = f"{texts[column]}\n{text}" if column in texts else text
        return texts

    def _is_heading(self, cells: list[Value]) -> bool:
        """A heading row again, as a printed page has it."""
        heads = self.table.grid.rows[self.table.row - 1]
        known = [*self.table.shown.values(), *self.table.answers.values()]
        same = sum(
            _written(_at(cells, i)).strip() == _written(_at(heads, i)).strip() for i in known
        )
        return same * 2 > len(known)

    # -- one milestone -------------------------------------------------------------------------

    def _read(self, issued: Issued, rows: Sequence[_Row]) -> None:
        """The answers about one milestone, which a lead may have given in two rows."""
        given: list[Answer] = []
        ticks: list[str] = []
        for row in rows:
            if row is rows[0]:
                self._see_locked_cells(issued, row)
            ticks += self._ticks(issued, row)
            given += self._given(issued, row)
        no_change = [a for a in given if folded(a.raw) in _SAYS_NO_CHANGE]
        ticks += [a.cell for a in no_change]
        given = self._once([a for a in given if a not in no_change])
        if ticks:
            self.no_change.add(issued.ref)
            given = [_flagged(a, f"No change is ticked as well ({ticks[0]}).") for a in given]
        if not given and not ticks:
            self.unanswered.add(issued.ref)
        self.answers += given

    def _once(self, given: list[Answer]) -> list[Answer]:
        """Answers of two rows: equal ones once, others flagged, so that neither is taken unseen."""
        kept: dict[tuple[str, str, str], Answer] = {}
        for answer in given:
            kept.setdefault((answer.column, answer.raw, answer.reason), answer)
        cells: dict[str, list[str]] = {}
        for answer in kept.values():
            cells.setdefault(answer.column, []).append(answer.cell)
        return [
            _flagged(a, f"{a.ref} is answered more than once, in {' and '.join(cells[a.column])}.")
            if len(cells[a.column]) > 1
            else a
            for a in kept.values()
        ]

    def _ticks(self, issued: Issued, row: _Row) -> list[str]:
        """The cell of a tick under No change, if it is one."""
        index = self.table.answers.get("no_change")
        if index is None:
            return []
        cell = _settled(_at(row.cells, index))
        if _blank(cell.raw):
            return []
        where = self.table.cell(row.number, index)
        text = folded(cell.raw).strip(" .!")
        if text in _TICKS or text in _SAYS_NO_CHANGE:
            return [where]
        if text not in _NO_TICKS:
            self.flags.append(
                f"{where} ({issued.ref}) says {_told(cell.raw)}, which is neither yes nor blank; ask "
                "whether nothing has changed."
            )
        return []

    def _given(self, issued: Issued, row: _Row) -> list[Answer]:
        """The answers of a row. A reason rides with its date; without one it is a comment."""
        found: dict[str, Answer] = {}
        for column in ANSWERS:
            index = self.table.answers.get(column)
            if index is None or column == "no_change":
                continue
            cell = _settled(_at(row.cells, index))
            if _blank(cell.raw):
                continue
            where = self.table.cell(row.number, index)
            value, flag = self._meaning(column, cell)
            flag = " ".join(filter(None, (cell.flag, flag)))
            found[column] = Answer(issued.ref, column, cell.raw, value, where, "", flag)
        reason = found.pop("reason", None)
        if reason is None:
            return list(found.values())
        dated, comment = found.get("revised"), found.get("comments")
        if dated is not None:
            found["revised"] = dated._replace(
                reason=reason.raw if reason.usable else "",
                flag=" ".join(filter(None, (dated.flag, reason.flag))),
            )
        elif comment is not None and comment.usable and reason.usable:
            found["comments"] = comment._replace(
                raw=f"{comment.raw}\n{reason.raw}",
                value=f"{comment.value}\n{reason.value}",
                flag=" ".join(filter(None, (comment.flag, reason.flag, _NO_DATE_GIVEN))),
            )
        else:
            flag = " ".join(filter(None, (reason.flag, _NO_DATE_GIVEN)))
            found["reason"] = reason._replace(column="comments", flag=flag)
        return list(found.values())

    def _meaning(self, column: str, cell: _Cell) -> tuple[Value, str]:
        """The value of an answer, and a sentence where it is not simply what was written."""
        if cell.value is None:
            return None, ""
        if column in DATES:
            return self._dated(column, cell)
        text, flag = _writable(cell.raw)
        if column != "status" or text is None:
            return text, flag
        own = self._own_words.get(folded(text))
        if own is not None:
            return own, flag
        if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
            return text, f"{_told(text)} is a number, not a status."
        meant = read_status(text).value
        same = [word for word in self.sent.statuses if read_status(word).value is meant]
        if meant not in (StatusValue.UNKNOWN, StatusValue.BLANK) and len(same) == 1:
            return same[0], f"{_told(text)} is not in the list of statuses; taken as {same[0]!r}."
        return text, f"{_told(text)} is not in the list of statuses."

    def _dated(self, column: str, cell: _Cell) -> tuple[Value, str]:
        text, spoilt = _writable(cell.raw)
        if text is None:
            return None, spoilt
        written = text if isinstance(cell.value, str | bool) else cell.value
        target = read_target(written, reference=self.sent.round)
        day = target.latest if target.kind in _DAYS else None
        if day is None:
            note = f" ({target.note})" if target.note else ""
            return text, f"{_told(text)} is no certain date{note}."
        flags = [spoilt] if spoilt else []
        if target.note:
            flags.append(f"The cell also says {target.note!r}.")
        if column == "completed" and target.earliest != target.latest:
            flags.append(f"{_told(text)} names no single day; taken as {spoken(day)}.")
        elif column == "revised" and day < self.sent.round:
            flags.append(f"{spoken(day)} had passed when this was asked.")
        return day, " ".join(flags)

    # -- what is not an answer -----------------------------------------------------------------

    def _shown_text(self, cells: list[Value], column: str) -> str:
        index = self.table.shown.get(column)
        return _written(_at(cells, index)).strip() if index is not None else ""

    def _see_locked_cells(self, issued: Issued, row: _Row) -> None:
        """What the plan says was edited: reported, compared by what a reader sees."""
        for column, index in self.table.shown.items():
            value = _at(row.cells, index)
            before = issued.shown.get(column, "")
            if _same_shown(before, value):
                continue
            cell = _settled(value)
            self.not_allowed.append(
                Answer(
                    issued.ref, column, cell.raw, cell.value if cell.raw else "",
                    self.table.cell(row.number, index), "", cell.flag,
                )
            )  # fmt: skip

    def _flag_what_is_not_read(self) -> None:
        """Columns that are gone, texts in columns that the lead added, notes above the table."""
        table, grid = self.table, self.table.grid
        for (part, column), heading in self.sent.headings.items():
            if column not in (table.shown if part == "shown" else table.answers):
                self.flags.append(f"{grid.name} has no column {heading!r} any more.")
        known = {*table.shown.values(), *table.answers.values()}
        heads = grid.rows[table.row - 1]
        width = max(map(len, grid.rows), default=0)
        for index in range(width):
            filled = [
                (cell_address(number, index + 1), _told(_at(cells, index)))
                for number, cells in enumerate(grid.rows[table.row :], table.row + 1)
                if index not in known and _written(_at(cells, index)).strip()
            ]
            if filled:
                head = _written(_at(heads, index)).strip()
                called = f"column {head!r}" if head else f"column {column_letter(index + 1)}"
                said = listed([f"{cell}: {text}" for cell, text in filled], 5)
                self.flags.append(f"{grid.name} has a {called} that was not sent ({said}).")
        above = {folded(text) for text in self.sent.above}
        for number, cells in enumerate(grid.rows[: table.row - 1], 1):
            for index, value in enumerate(cells):
                text = _written(value).strip()
                if text and folded(text) not in above:
                    where = table.cell(number, index)
                    self.flags.append(f"{where}, above the table, says {_told(text)}.")


# Kinds of timescale that end on a day.
_DAYS = (Kind.EXACT, Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK, Kind.RANGE)
_NO_DATE_GIVEN = "A reason without a proposed date, taken as a comment."
_TICKS = frozenset(
    {"x", "xx", "xxx", "yes", "y", "true", "1", "tick", "ticked", "✓", "✔", "✔️", "☑", "☒", "✅", "√", "ü",
     "nc", "n/c", "none"}
)  # fmt: skip
_NO_TICKS = frozenset({"false", "0", "☐"})
_SAYS_NO_CHANGE = frozenset(
    {"no change", "no changes", "no change.", "unchanged", "no update", "no updates", "no update."}
)
_BLANKS = frozenset({"", "-", "–", "—", "n/a", "n.a.", "not applicable"})


def _blank(text: str) -> bool:
    """Whether a cell says nothing: empty, a dash, "n/a"."""
    return folded(text) in _BLANKS


class _Cell(NamedTuple):
    """A cell's text, its value (None where there is none to take), and a sentence about it."""

    raw: str
    value: Value
    flag: str = ""


def _flagged(answer: Answer, why: str) -> Answer:
    """The answer with one more sentence for the officer."""
    return answer._replace(flag=f"{answer.flag} {why}".strip())


def _settled(value: Value) -> _Cell:
    """A cell as it is read: a formula's result, which is never written as a formula."""
    if isinstance(value, Formula):
        if value.cached is None:
            return _Cell(value.text or "=", None, "The cell holds a formula without a result.")
        inner = _settled(value.cached)
        return inner._replace(flag=inner.flag or "This is the result of a formula.")
    if isinstance(value, CellError):
        return _Cell(value.code, None, f"The cell shows the error {value.code}.")
    return _Cell(_written(value), value)


def _written(value: Value) -> str:
    """A cell as text, as the plan's own are read."""
    if isinstance(value, Formula):
        return _written(value.cached) or value.text
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)


def _at(cells: list[Value], index: int) -> Value:
    return cells[index] if index < len(cells) else None


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _writable(text: str) -> tuple[str | None, str]:
    """A text as a cell of the plan can hold it, and a sentence where it is not what came back."""
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if length > MOST_TEXT:
        return None, f"The cell holds {length:,} characters, and Excel allows {MOST_TEXT:,}."
    bare = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(bare) < len(text.replace("\r\n", "\n")):
        return bare.strip(), "Characters that cannot be shown were left out."
    return bare.strip(), ""


def _told(value: Value) -> str:
    """A cell's text for a sentence: short, on one line, in quotation marks."""
    text = " ".join(_CONTROL.sub("", _written(value)).split())
    return f"“{text if len(text) <= 80 else text[:79] + '…'}”"


def _same_shown(before: str, value: Value) -> bool:
    """Whether a locked cell still says what it said; white space and formats do not count."""
    plain = value.cached if isinstance(value, Formula) else value
    if isinstance(plain, datetime):
        plain = plain.date()
    if isinstance(plain, date):
        day = plain
    elif folded(_written(plain)) == folded(before):
        return True
    else:
        target = read_target(plain if isinstance(plain, str) else None)
        if target.latest is None or not target.certain:
            return False
        day = target.latest
    return before in (day.isoformat(), f"{day:%d/%m/%Y}")


__all__ = ["HIDDEN_SHEET", "hidden_rows", "read_return", "read_sent", "status_rows"]
