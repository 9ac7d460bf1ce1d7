"""The chase log on its sheet, and the Chasers sheet that shows a round to the officer.

    log = read_chase_log(grid)                  # None where there is no such sheet: an empty log
    changes = ChangeSet(sheets=(chase_log_sheet(log), chasers_sheet(letters, log, september)))

The chase log is hidden, has a line for each message and is read back exactly as it was written. What
was put out of order in it by hand is said with its cell: a message must not go out twice because a line
of the log could not be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time

from agsxl.chasers import Reason
from agsxl.edits import NewSheet, SheetColumn
from agsxl.errors import SettingsError
from agsxl.grid import CellError, Formula, Grid, Value, cell_address
from agsxl.plan import Milestone
from agsxl.posts import VACANT
from agsxl.rounds import (
    Addressee,
    Answered,
    ChaseLog,
    Counts,
    Letter,
    Level,
    Line,
    Round,
    State,
)
from agsxl.texts import counted, listed
from agsxl.words import CHASE_LOG, CHASERS, REASONS, spoken

LOG, LOG_TABLE = CHASE_LOG, "ChaseLog"
NAME, TABLE = CHASERS, "Chasers"

# What an officer reads for each level and state.
LEVELS: Mapping[Level, str] = {
    Level.FIRST: "First chaser",
    Level.SECOND: "Second chaser",
    Level.ESCALATION: "Escalation",
    Level.THANKS: "Thank you",
}
STATES: Mapping[State, str] = {
    State.DRAFTED: "Drafted",
    State.SENDING: "Being sent",
    State.SENT: "Sent",
    State.FAILED: "Not sent",
    State.UNKNOWN: "Not known whether sent",
}
_LEVEL_OF = {words: level for level, words in LEVELS.items()}
_STATE_OF = {words: state for state, words in STATES.items()}
_ONLY_COUNTS, _NOTHING = "Counts only", "No message has been drafted yet"

# -- the chase log -----------------------------------------------------------------------------

_LOG_TITLE = "Chase log: every message of every round"
_LOG_NOTES = (
    "Kept by agsxl, so that nothing is sent twice and nobody is forgotten. Change nothing here.",
    "It holds names and addresses: 'agsxl forget' takes out a person, and whatever is older than the "
    "months that Settings name.",
)
_ROUND, _DAY, _LEAD, _PERSON, _ADDRESS = "Round", "Reporting date", "Lead", "Person", "Address"
_COPIED, _LEVEL, _REFS, _STATE = "Copied to", "Level", "Milestones", "State"
_DRAFTED, _PREVIEWED, _SENT, _ID = "Drafted", "Previewed", "Sent", "Message id"
_ANSWERED, _OPEN, _TROUBLE, _DIGEST = "Answered", "Not yet answered", "What went wrong", "Draft"
_LOG_SHEET = (
    SheetColumn(_ROUND, 16),
    SheetColumn(_DAY, 12),
    SheetColumn(_LEAD, 28),
    SheetColumn(_PERSON, 22),
    SheetColumn(_ADDRESS, 30),
    SheetColumn(_COPIED, 30),
    SheetColumn(_LEVEL, 14),
    SheetColumn(_REFS, 30),
    SheetColumn(_STATE, 14),
    SheetColumn(_DRAFTED, 16),
    SheetColumn(_PREVIEWED, 16),
    SheetColumn(_SENT, 16),
    SheetColumn(_ID, 30),
    SheetColumn(_ANSWERED, 16),
    SheetColumn(_OPEN, 30),
    SheetColumn(_TROUBLE, 34),
    SheetColumn(_DIGEST, 18),
)
_HEADINGS = tuple(column.heading for column in _LOG_SHEET)


def chase_log_sheet(log: ChaseLog) -> NewSheet:
    """The hidden sheet of a log: a line a message, and one for each round of which counts are left.

    >>> chase_log_sheet(ChaseLog()).name
    'Chase log'
    """
    rows = [_total_row(which, counts) for which, counts in log.totals]
    rows += [_row(line) for line in log.lines]
    return NewSheet(
        name=LOG,
        title=_LOG_TITLE,
        table=LOG_TABLE,
        columns=_LOG_SHEET,
        rows=tuple(rows),
        notes=_LOG_NOTES,
        nothing=_NOTHING,
        hidden=True,
    )


def _row(line: Line) -> tuple[Value, ...]:
    return (
        line.round.name,
        line.round.day,
        line.lead,
        _joined([p.name for p in line.to], ";"),
        _joined([p.address for p in line.to], ";"),
        _joined([_copied(p) for p in line.copied], ";"),
        LEVELS[line.level],
        _joined(line.refs, ","),
        STATES[line.state],
        line.drafted,
        line.previewed,
        line.sent,
        line.message_id or None,
        line.answered,
        _joined(line.open, ","),
        line.trouble or None,
        line.digest or None,
    )


def _total_row(which: Round, counts: Counts) -> tuple[Value, ...]:
    said = f"asked {counts.asked}, sent {counts.sent}, answered {counts.answered}"
    about: dict[str, Value] = {
        _ROUND: which.name,
        _DAY: which.day,
        _REFS: said,
        _STATE: _ONLY_COUNTS,
    }
    return tuple(about.get(heading) for heading in _HEADINGS)


def read_chase_log(grid: Grid | None) -> ChaseLog:
    """The chase log as it stands on its sheet; an empty one where there is none.

    >>> read_chase_log(None).lines
    ()

    Raises SettingsError, naming the cell, for what agsxl cannot have written: a heading gone, a date
    that is none, a level or state of no meaning, the same message twice.
    """
    if grid is None or not any(cell is not None for cells in grid.rows for cell in cells):
        return ChaseLog()
    heading_row, at = _heading_row(grid)
    lines: dict[str, Line] = {}
    totals: dict[Round, Counts] = {}
    days: dict[str, tuple[date, str]] = {}
    for number, cells in list(grid.numbered())[heading_row:]:
        row = _Row(grid.name, number, cells, at)
        there = {heading: text for heading in _HEADINGS if (text := row.text(heading))}
        if there in ({}, {_ROUND: _NOTHING}):
            continue
        if _ROUND not in there:
            raise row.wrong(_ROUND, f"({_ROUND}) is empty")
        which = Round(row.text(_ROUND), row.day(_DAY))
        first, cell = days.setdefault(which.name, (which.day, row.cell(_DAY)))
        if first != which.day:
            raise row.wrong(_DAY, f"is another day than {which.name} has in cell {cell}")
        if row.text(_STATE) == _ONLY_COUNTS:
            if which in totals:
                raise row.wrong(_ROUND, f"counts {which.name} a second time")
            totals[which] = row.counts()
            continue
        line = row.line(which)
        if line.key in lines:
            raise row.wrong(_LEAD, f"has a second message to {line.lead} in {which.name}")
        lines[line.key] = line
    return ChaseLog(tuple(lines.values()), tuple(totals.items()))


def _heading_row(grid: Grid) -> tuple[int, dict[str, int]]:
    for number, cells in grid.numbered():
        at = {str(cell): i for i, cell in reversed(list(enumerate(cells))) if isinstance(cell, str)}
        if sum(heading in at for heading in _HEADINGS) * 2 > len(_HEADINGS):
            lost = [heading for heading in _HEADINGS if heading not in at]
            if lost:
                raise SettingsError(
                    f"The sheet {grid.name!r} has lost its heading {lost[0]!r} (row {number}); {_REMEDY}."
                )
            return number, at
    raise SettingsError(
        f"The sheet {grid.name!r} has lost its headings (they stand above its first message); {_REMEDY}."
    )


_REMEDY = (
    "agsxl can no longer tell what was sent, so nothing is; take the sheet from a backup of the plan, "
    "or undo what was changed"
)


class _Row:
    """A row of the log, each cell read as what it must be."""

    def __init__(
        self, sheet: str, number: int, cells: Sequence[Value], at: Mapping[str, int]
    ) -> None:
        self._sheet, self._number, self._cells, self._at = sheet, number, cells, at

    def _value(self, heading: str) -> Value:
        index = self._at[heading]
        value = self._cells[index] if index < len(self._cells) else None
        value = value.cached if isinstance(value, Formula) else value
        return value.code if isinstance(value, CellError) else value

    def cell(self, heading: str) -> str:
        """The address of a cell."""
        return cell_address(self._number, self._at[heading] + 1)

    def text(self, heading: str) -> str:
        """A cell's text, "" where it is empty."""
        value = self._value(heading)
        return "" if value is None else str(value)

    def wrong(self, heading: str, what: str) -> SettingsError:
        """The error that a cell is not as agsxl wrote it."""
        return SettingsError(
            f"In the chase log (sheet {self._sheet!r}) the cell {self.cell(heading)} {what}; {_REMEDY}."
        )

    def day(self, heading: str) -> date:
        """A cell that must hold a day."""
        value = self._value(heading)
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, date):
            raise self.wrong(heading, f"({heading}) holds no date but {self.text(heading)!r}")
        return value

    def moment(self, heading: str) -> datetime | None:
        """A cell that must hold a moment, or nothing."""
        value = self._value(heading)
        if value is None or isinstance(value, datetime):
            return value
        return datetime.combine(self.day(heading), time())  # midnight is kept as the day alone

    def parts(self, heading: str, mark: str) -> list[str]:
        """A cell with several texts in it."""
        found = _parts(self.text(heading), mark)
        if found is None:
            raise self.wrong(heading, f"({heading}) cannot be read")
        return found

    def counts(self) -> Counts:
        """The counts of a round whose messages are not kept."""
        found = re.fullmatch(r"asked (\d+), sent (\d+), answered (\d+)", self.text(_REFS))
        if found is None:
            raise self.wrong(_REFS, f"({_REFS}) holds no counts but {self.text(_REFS)!r}")
        return Counts(*(int(number) for number in found.groups()))

    def line(self, which: Round) -> Line:
        """The message that stands in the row."""
        for heading, known in ((_LEVEL, _LEVEL_OF), (_STATE, _STATE_OF)):
            if self.text(heading) not in known:
                raise self.wrong(
                    heading, f"({heading}) holds {self.text(heading)!r}, which means nothing there"
                )
        names, addresses = self.parts(_PERSON, ";"), self.parts(_ADDRESS, ";")
        most = max(len(names), len(addresses))
        names += [""] * (most - len(names))
        addresses += [""] * (most - len(addresses))
        line = Line(
            round=which,
            lead=self.text(_LEAD),
            level=_LEVEL_OF[self.text(_LEVEL)],
            to=tuple(Addressee(*pair) for pair in zip(names, addresses, strict=True)),
            copied=tuple(_copied_back(each) for each in self.parts(_COPIED, ";")),
            refs=tuple(self.parts(_REFS, ",")),
            open=tuple(self.parts(_OPEN, ",")),
            state=_STATE_OF[self.text(_STATE)],
            drafted=self.moment(_DRAFTED),
            previewed=self.moment(_PREVIEWED),
            sent=self.moment(_SENT),
            message_id=self.text(_ID),
            answered=self.moment(_ANSWERED),
            trouble=self.text(_TROUBLE),
            digest=self.text(_DIGEST),
        )
        if (line.state is State.SENT) != (line.sent is not None):
            says = STATES[line.state]
            raise self.wrong(_SENT, f"({_SENT}) does not go with the state {says!r} beside it")
        strange = [ref for ref in line.open if ref not in line.refs]
        if strange:
            raise self.wrong(_OPEN, f"({_OPEN}) names {strange[0]!r}, which was not asked about")
        return line


# Several texts in one cell: "A1, A3", "Ann Lee; Bo Day". One in which the mark itself, a quote, a line
# break or an outer blank stands is quoted: 'A1, "B4, part 2"'.


def _joined(texts: Sequence[str], mark: str) -> str | None:
    """The texts as one, or None for none of them, or a row of blanks."""
    if not any(texts):
        return None
    return f"{mark} ".join(_quoted(text, mark) for text in texts)


def _quoted(text: str, mark: str) -> str:
    plain = text and text == text.strip() and not re.search(rf'["\n\r{mark}]', text)
    return text if plain else '"' + text.replace('"', '""') + '"'


def _parts(cell: str, mark: str) -> list[str] | None:
    """The texts that were joined, or None where the cell is damaged."""
    found = []
    place = 0
    one = re.compile(rf'\s*(?:"((?:[^"]|"")*)"|([^"{mark}]*))\s*({mark}|\Z)')
    while cell.strip() and place <= len(cell):
        match = one.match(cell, place)
        if match is None:
            return None
        quoted, plain, end = match.groups()
        if quoted is None and not plain.strip():
            return None  # an empty text is quoted
        found.append(quoted.replace('""', '"') if quoted is not None else plain.strip())
        if not end:
            break
        place = match.end()
    return found


def _copied(person: Addressee) -> str:
    bare = not person.address and not person.name.endswith(">")
    return person.name if bare else f"{person.name} <{person.address}>"


def _copied_back(text: str) -> Addressee:
    found = re.fullmatch(r"(.*) <([^<>]*)>", text, re.S)
    return Addressee(found[1], found[2]) if found is not None else Addressee(text, "")


# -- the Chasers sheet -------------------------------------------------------------------------

_SHEET = (
    SheetColumn("SMT lead", 30),
    SheetColumn("Person", 22),
    SheetColumn("Address", 32),
    SheetColumn("Milestones", 11),
    SheetColumn("Overdue", 9),
    SheetColumn("Why", 34),
    SheetColumn("Message", 15),
    SheetColumn("Copied to", 26),
    SheetColumn("Drafted", 16),
    SheetColumn("Sent", 16),
    SheetColumn("Answered", 22),
    SheetColumn("Not yet answered", 20),
    SheetColumn("What went wrong", 44),
)


def chasers_sheet(
    letters: Sequence[Letter],
    log: ChaseLog,
    which: Round,
    *,
    without_lead: Sequence[Milestone] = (),
) -> NewSheet:
    """The visible sheet of a round: who is asked how much and why, and how far each message has come.

    >>> chasers_sheet((), ChaseLog(), Round("September 2026", date(2026, 9, 30))).table
    'Chasers'

    ``letters`` are what each lead is asked now; a lead who was sent a message and has nothing left to
    answer is there too. ``without_lead`` are the milestones that nobody can be asked about.
    """
    asked = {letter.key for letter in letters}
    done = [line for line in log.of(which) if line.asks and line.settled and line.key not in asked]
    rows = [_letter_row(letter, log.line(letter.key)) for letter in letters]
    rows += [_line_row(line) for line in done]
    return NewSheet(
        name=NAME,
        title=f"Chasers: {which.name}, reporting date {spoken(which.day)}",
        table=TABLE,
        columns=_SHEET,
        rows=tuple(rows),
        notes=tuple(_notes(letters, log, which, without_lead)),
        nothing="Nobody is asked about anything",
    )


def _notes(
    letters: Sequence[Letter], log: ChaseLog, which: Round, without_lead: Sequence[Milestone]
) -> Iterable[str]:
    milestones = {id(a.milestone) for letter in letters for a in letter.milestones}
    if letters:
        counts = log.counts(which)
        yield (
            f"{counted(len(letters), 'lead')} to ask about {counted(len(milestones), 'milestone')}; "
            f"{counted(counts.sent, 'message')} sent, {counts.answered:,} answered in full."
        )
    else:
        yield "No lead has anything to answer."
    if without_lead:
        refs = listed([m.ref or "one without a Ref" for m in without_lead])
        yield f"Nobody can be asked about {refs}: no SMT lead."
    yield (
        "A milestone can be asked about for several reasons. A blank person or address is not known (see the "
        "Posts sheet); a blank date means that it has not happened."
    )


def _letter_row(letter: Letter, line: Line | None) -> tuple[Value, ...]:
    shown = Counter(reason for asked in letter.milestones for reason in asked.shown)
    why = "; ".join(f"{REASONS[reason]} {shown[reason]}" for reason in Reason if shown[reason])
    settled = line is not None and line.settled
    # What was sent stands as it was sent, whoever answers for the post by now.
    to, copied, level = (
        (line.to, line.copied, line.level)
        if line is not None and settled
        else (letter.to, letter.copied, letter.level)
    )
    faults = () if settled else letter.faults
    return (
        letter.lead,
        _people(to, letter.why_deputy if not settled else ""),
        _addresses(to),
        len(letter.milestones),
        shown[Reason.OVERDUE],
        why,
        LEVELS[level],
        _people(copied),
        *_progress(line, faults),
    )


def _line_row(line: Line) -> tuple[Value, ...]:
    return (
        line.lead,
        _people(line.to),
        _addresses(line.to),
        0,
        0,
        "Nothing to ask any more",
        LEVELS[line.level],
        _people(line.copied),
        *_progress(line, ()),
    )


def _progress(line: Line | None, faults: Sequence[str]) -> tuple[Value, ...]:
    """How far a message has come, and all that is wrong with it."""
    trouble = list(faults)
    if line is None:
        return (None, None, None, None, " ".join(trouble) or None)
    if line.state in (State.SENDING, State.FAILED, State.UNKNOWN):
        trouble.insert(0, f"{STATES[line.state]}.")
    if line.trouble:
        trouble.append(line.trouble)
    return (
        line.drafted,
        line.sent,
        _answered(line),
        _joined(line.open, ",") if line.settled else None,
        " ".join(trouble) or None,
    )


def _answered(line: Line) -> str | None:
    if line.answer is Answered.NONE:
        return "Not yet" if line.settled else None
    how = "In full" if line.answer is Answered.ALL else "In part"
    return f"{how}, {spoken(line.answered)}" if line.answered is not None else how


def _people(people: Sequence[Addressee], why: str = "") -> str | None:
    names = " and ".join(p.name for p in people)
    subject = "the post is" if why == VACANT else "the holder is"
    return f"{names} (deputy: {subject} {why})" if names and why else names or None


def _addresses(people: Sequence[Addressee]) -> str | None:
    return ", ".join(p.address for p in people if p.address) or None


__all__ = [
    "LEVELS", "LOG", "LOG_TABLE", "NAME", "STATES", "TABLE", "chase_log_sheet", "chasers_sheet",
    "read_chase_log",
]  # fmt: skip
