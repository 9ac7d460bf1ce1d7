"""The change log: every change to the plan in order, and the plan at any moment, from it alone.

    log = read_log(log_grid, snapshots_grid)            # agsxl.layout.history
    log.faults()                                        # [] unless somebody altered the log
    log.noticed(state_of(plan, grid))                   # edits typed in Excel since the last run
    log.dates_of("B4")[-1].nth                          # 3: the plan shows its 3rd date
    log.state_at("Governance Committee 28/09/2017")     # the plan as it was reported

The log only ever grows. It begins with a frozen copy of the plan (a snapshot); each entry says what
one cell held before and after, so that the copy and the entries give the plan at every moment.
Each entry carries a *seal*, computed from its own fields and the seal before it. A row that was
edited, taken out, moved or put in by hand no longer fits its seal. That shows an accident or a quiet
correction; it is no defence against somebody who computes the seals anew.

Who a milestone is: its Ref. Where a Ref stands twice the second is called "B4 (2)", and a row without
one "(no Ref) 3". A milestone that was renumbered keeps its history.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import groupby, pairwise
from typing import NamedTuple, TypeAlias

from agsxl.dates import Kind, find_dates, read_target
from agsxl.errors import SettingsError
from agsxl.grid import CellError, Formula, Plain, Value
from agsxl.statuses import StatusValue, read_status
from agsxl.texts import clean, counted, listed
from agsxl.words import spoken

# The plan's cells at one moment: by milestone, then by column (the names that ``show`` uses, the
# heading for a column of the officer's own). Cells that are empty are left out; the Ref is the key.
State: TypeAlias = Mapping[str, Mapping[str, Value]]

TYPED = "typed in the master"  # the source of edits that nobody told agsxl of
FILLED = "read from the timescale"  # the source of baseline dates that agsxl filled in
_STANDING = frozenset({TYPED, FILLED})  # no undo takes these back
NOBODY = "not known"  # who typed them
BEGUN = "Beginning of the log"  # the label of the first frozen copy
NO_TIME = datetime(1900, 1, 1)  # of an entry whose own is not known: its cell is blank


class Action(StrEnum):
    """What an entry records. Only the first four change the plan."""

    CHANGE = "change"
    ADDED = "added"
    REMOVED = "removed"
    UNDO = "undo"
    KEEP = "keep"  # the officer kept the plan's value (old) against a return's (new)
    SNAPSHOT = "snapshot"
    BEGUN = "begun"
    CARRIED = "carried"  # how a date moved in the plan of an earlier year, which this one goes on


def as_action(word: str) -> str:
    """The action of that name; any other word as it is, which then no longer fits its seal."""
    return Action(word) if word in _ACTIONS else word


_ACTIONS = frozenset(action.value for action in Action)
_WRITES = frozenset({Action.CHANGE, Action.ADDED, Action.REMOVED, Action.UNDO})
_APPLIED = _WRITES - {Action.UNDO}
_COPIES = frozenset({Action.SNAPSHOT, Action.BEGUN})


class Draft(NamedTuple):
    """What is to be entered: an entry without its number, time and seal.

    In the column "ref" ``old`` None adds a milestone, ``new`` None removes it, and both renumber it;
    renumberings that follow each other in one change set happen at once (A1 and A2 may swap). With
    no ``ref`` a column of the officer's own is renamed from ``old`` to ``new``.
    """

    action: str
    ref: str
    column: str
    old: Value
    new: Value
    source: str = ""
    reason: str = ""
    approved_by: str = ""


class Entry(NamedTuple):
    """One row of the change log."""

    number: int
    when: datetime
    who: str
    action: str
    ref: str
    column: str
    old: Value
    new: Value
    source: str
    reason: str
    approved_by: str
    change_set: int
    seal: str


class Head(NamedTuple):
    """What the log's sheet says of itself above the table: its last number, and that one's seal."""

    number: int
    seal: str


class DateMove(NamedTuple):
    """One move of a milestone's agreed date. The original target is its 1st, so ``nth`` begins at 2.

    ``old`` is None where no date was certain before; ``when`` where it moved before the log began.
    ``number`` is that of the entry it came by, 0 where the log has none.
    """

    old: date | None
    new: date
    when: datetime | None
    reason: str
    approved_by: str
    nth: int
    number: int = 0


class Carried(NamedTuple):
    """A date move of an earlier year's plan, for the log of the plan that goes on from it.

    ``ref`` is the milestone's in the new plan; ``when`` None where it moved before any log began;
    ``source`` names the plan and the Ref it had there ("2017/18 plan, B4").
    """

    ref: str
    old: date | None
    new: date
    when: datetime | None
    who: str
    source: str
    reason: str
    approved_by: str


class ChangeSetEntries(NamedTuple):
    """A change set that was applied, as the log has it."""

    number: int
    entries: tuple[Entry, ...]


# -- values --------------------------------------------------------------------------------------

_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FIRST_DAY = date(1904, 1, 1)  # no workbook can hold every date before it
_REFERENCE = re.compile(r"""('[^']*'|"[^"]*")|(\$?[A-Za-z]{1,3}\$?)\d+""")


def plain(value: Value) -> Plain:
    r"""A cell's value as the log keeps it, so that it is the same after any program has saved it.

    >>> plain("two\r\nlines"), plain(3.0), plain(Formula("=B2+1", 7))
    ('two\nlines', 3, '=B2+1')

    Line breaks are \n, control characters dropped, times whole seconds, formulas their text and
    errors their code; a date before 1904 is a text. Raises nothing.
    """
    if isinstance(value, str):
        return _text(value) or None
    if isinstance(value, Formula):
        # LibreOffice saves a TRUE that has no format of its own as a formula.
        word = value.text.upper()
        return word == "=TRUE()" if word in ("=TRUE()", "=FALSE()") else _text(value.text or "=")
    if isinstance(value, CellError):
        return value.code
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, date):
        return _plain_date(value)
    return value


def _text(text: str) -> str:
    if text.isprintable():
        return str(text)
    return _UNKEPT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _plain_date(value: date) -> str | date:
    day = value.date() if isinstance(value, datetime) else value
    if day < _FIRST_DAY:
        return f"{day:%d/%m/}{day.year:04}"
    if not isinstance(value, datetime):
        return value
    moment = _second(value)
    return moment if moment.time() != time() else moment.date()


def _second(moment: datetime) -> datetime:
    """To the second: what a workbook keeps of a time is a fraction, and its last digits vary."""
    if not moment.microsecond and moment.tzinfo is None:
        return moment
    whole = moment.replace(microsecond=0, tzinfo=None)
    up = moment.microsecond >= 500_000 and whole < datetime.max.replace(microsecond=0)
    return whole + timedelta(seconds=up)


def alike(a: Value, b: Value) -> bool:
    """Whether two cells of the plan hold the same, as far as a log can tell.

    >>> alike(2, 2.0), alike("=G3-F3", "=G4-F4"), alike(date(2018, 3, 31), "31/03/2018")
    (True, True, False)

    Numbers are compared to 15 digits, as Excel keeps them. Formulas differ only if more than their
    row numbers do: a row that is moved takes its formulas with it.
    """
    if a is b or (type(a) is type(b) and a == b):
        return True
    a, b = plain(a), plain(b)
    if isinstance(a, str) and isinstance(b, str) and a[:1] == b[:1] == "=":
        return a == b or "=" in (a, b) or _shape(a) == _shape(b)
    return _mark(a) == _mark(b)


def _shape(formula: str) -> str:
    return _REFERENCE.sub(lambda found: found[1] or f"{found[2]}#", formula)


def _mark(value: Value) -> str:
    """A value as a text from which its type and the value can be told: what is sealed."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, int | float):
        return f"n{_digits(value)}"
    return ("t" if isinstance(value, datetime) else "d") + value.isoformat()


def _digits(number: float) -> str:
    if isinstance(number, int) and abs(number) < 10**15:
        return str(number)
    try:
        return f"{float(number):.15g}"
    except OverflowError:
        return str(number)


def _hash(*fields: str | int | Sequence[Sequence[str]]) -> str:
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def sealed(entry: Entry, previous: str) -> str:
    """The seal that an entry must carry below one that carries ``previous`` ("" for the first)."""
    return _hash(
        previous,
        entry.number,
        _second(entry.when).isoformat(),
        *(_text(field) for field in (entry.who, entry.action, entry.ref, entry.column)),
        _mark(entry.old),
        _mark(entry.new),
        *(_text(field) for field in (entry.source, entry.reason, entry.approved_by)),
        entry.change_set,
    )


def unique_keys(refs: Iterable[str]) -> list[str]:
    """What each row of a plan is called in its states, in the plan's order.

    >>> unique_keys(["A1", "", "B4", "B4", ""])
    ['A1', '(no Ref) 1', 'B4', 'B4 (2)', '(no Ref) 2']
    """
    wanted = [_text(ref) for ref in refs]
    taken = set(wanted)
    seen: dict[str, int] = defaultdict(int)
    keys = []
    for ref in wanted:
        seen[ref] += 1
        key = ref
        if not ref or seen[ref] > 1:
            form = f"{ref} ({{}})" if ref else "(no Ref) {}"
            # Somebody may have called another row "B4 (2)" outright.
            while (key := form.format(seen[ref])) in taken:
                seen[ref] += 1
            taken.add(key)
        keys.append(key)
    return keys


# -- what changed between two states ---------------------------------------------------------------


def changes_between(old: State, new: State, *, source: str = TYPED) -> list[Draft]:
    """The entries that lead from one state to another.

    >>> changes_between({"A1": {"status": "On target"}}, {"A1": {"status": "Complete"}})[0][:5]
    (<Action.CHANGE: 'change'>, 'A1', 'status', 'On target', 'Complete')

    A milestone whose words stand under another Ref was renumbered. Rows in another order are no
    change, nor is a column in another place; one whose cells stand under another heading was renamed.
    """
    pairs = _pairs(old, new)
    drafts: list[Draft] = []

    def put(action: Action, ref: str, column: str, before: Value, after: Value) -> None:
        drafts.append(Draft(action, ref, column, before, after, source))

    headings = _renamed_columns(old, new, pairs)
    for before, after in headings.items():
        put(Action.CHANGE, "", before, before, after)
    rows = {
        ref: {headings.get(column, column): value for column, value in cells.items()}
        for ref, cells in old.items()
    }
    for ref, cells in rows.items():
        if ref not in pairs:
            for column, value in cells.items():
                put(Action.REMOVED, ref, column, value, None)
            put(Action.REMOVED, ref, "ref", ref, None)
    for was, ref in pairs.items():
        if was != ref:
            put(Action.CHANGE, was, "ref", was, ref)
    for was, ref in pairs.items():
        cells, now = rows[was], new[ref]
        for column in dict.fromkeys((*cells, *now)):
            if not alike(cells.get(column), now.get(column)):
                put(Action.CHANGE, ref, column, cells.get(column), plain(now.get(column)))
    stayed = set(pairs.values())
    for ref, now in new.items():
        if ref not in stayed:
            put(Action.ADDED, ref, "ref", None, ref)
            for column, value in now.items():
                put(Action.ADDED, ref, column, None, plain(value))
    return drafts


def _pairs(old: State, new: State) -> dict[str, str]:
    """Which milestone of the old state is which of the new one, by what each is called."""
    pairs = {
        ref: ref for ref, cells in old.items() if ref in new and _words(cells) == _words(new[ref])
    }

    def rest(state: State, taken: Iterable[str]) -> dict[str, Mapping[str, Value]]:
        gone = set(taken)
        return {ref: cells for ref, cells in state.items() if ref not in gone}

    # Rows that are the same in every cell are interchangeable; words that stand once are enough.
    for by, unique in ((_content, False), (_words, True)):
        left, right = rest(old, pairs), rest(new, pairs.values())
        there: dict[object, list[str]] = defaultdict(list)
        here: dict[object, list[str]] = defaultdict(list)
        for rows, found in ((left, here), (right, there)):
            for ref, cells in rows.items():
                if _words(cells):
                    found[by(cells)].append(ref)
        for what, refs in here.items():
            if not unique or len(refs) == len(there[what]) == 1:
                pairs |= dict(zip(refs, there[what], strict=False))
    taken = set(pairs.values())
    pairs |= {ref: ref for ref in rest(old, pairs) if ref in new and ref not in taken}
    return {ref: pairs[ref] for ref in old if ref in pairs}


def _words(cells: Mapping[str, Value]) -> str:
    return " ".join(clean(str(plain(cells.get("milestone")) or "")).casefold().split())


def _content(cells: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((column, _mark(value)) for column, value in cells.items()))


def _renamed_columns(old: State, new: State, pairs: Mapping[str, str]) -> dict[str, str]:
    """Columns that hold nothing any more, while most of their cells stand under a fresh heading."""
    were = dict.fromkeys(column for cells in old.values() for column in cells)
    are = dict.fromkeys(column for cells in new.values() for column in cells)
    gone, fresh = [c for c in were if c not in are], [c for c in are if c not in were]
    found: dict[str, str] = {}
    for before in gone:
        held = [(old[a][before], new[b]) for a, b in pairs.items() if before in old[a]]
        for after in fresh:
            same = sum(alike(value, cells.get(after)) for value, cells in held)
            if after not in found.values() and same * 2 > len(held):
                found[before] = after
                break
    return found


# -- frozen copies -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """The plan frozen at a moment, as it was reported. ``reporting_date`` is the day it was judged on."""

    label: str
    taken: datetime
    reporting_date: date | None
    state: State

    @cached_property
    def seal(self) -> str:
        """What its entry in the log says of it, so that a cell altered in the copy is found."""
        day = self.reporting_date.isoformat() if self.reporting_date else ""
        rows = [(ref, *map("\x00".join, _content(self.state[ref]))) for ref in sorted(self.state)]
        return _hash(self.label, _second(self.taken).isoformat(), day, rows)


_COPY_SEAL = re.compile(r"\bseal ([0-9a-f]{16})\b")


# -- the log -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Log:
    """A change log as it stands: its entries as they follow each other on the sheet.

    ``strange`` are sentences about rows that are no entries; ``head`` is None where the line above
    the table is not there. A log that has not begun is empty. Nothing here is ever changed: ``add``
    and ``freeze`` give what is to be written, ``extended`` the log that holds it.
    """

    entries: tuple[Entry, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    head: Head | None = None
    strange: tuple[str, ...] = ()

    # -- writing

    @property
    def next_change_set(self) -> int:
        """The number of the next change set: one more than the last."""
        return max((entry.change_set for entry in self.entries), default=0) + 1

    def add(
        self, drafts: Sequence[Draft], *, when: datetime, who: str, change_set: int
    ) -> tuple[Entry, ...]:
        """The drafts as sealed entries that continue the log.

        >>> draft = Draft("change", "B4", "status", "On target", "Complete", "telephone, by A. Reed")
        >>> Log().add([draft], when=datetime(2017, 9, 28), who="A. Reed", change_set=1)[0].number
        1

        ``when`` is local time, kept to the second. Where rows are missing at the end the numbers go
        on after them, so that the gap stays to be seen.
        """
        return self._continued([(draft, when, who) for draft in drafts], change_set)

    def carry(self, moves: Sequence[Carried], *, change_set: int) -> tuple[Entry, ...]:
        """Date moves of an earlier year's plan as sealed entries: each keeps its time, and who moved it.

        >>> move = Carried("A1", date(2018, 3, 31), date(2018, 9, 30), None, "", "2017/18 plan, B4", "", "")
        >>> Log().carry([move], change_set=1)[0].action.value
        'carried'

        They stand before the frozen copy that begins the log, so that all that comes after it is the
        plan's own. They are never replayed or undone; ``dates_of`` begins with them.
        """
        drafts = [
            Draft(Action.CARRIED, m.ref, "revised", m.old, m.new, m.source, m.reason, m.approved_by)
            for m in moves
        ]
        made = [(d, m.when or NO_TIME, m.who) for d, m in zip(drafts, moves, strict=True)]
        return self._continued(made, change_set)

    def _continued(
        self, drafts: Iterable[tuple[Draft, datetime, str]], change_set: int
    ) -> tuple[Entry, ...]:
        """Drafts, each with its time and who, as sealed entries after the last."""
        number, seal = self._end
        made = []
        for draft, when, who in drafts:
            number += 1
            entry = Entry(
                number=number,
                when=_second(when),
                who=_text(who).strip(),
                action=as_action(draft.action),
                ref=_text(draft.ref),
                column=self._spelt(_text(draft.column)),
                old=plain(draft.old),
                new=plain(draft.new),
                source=_text(draft.source).strip(),
                reason=_text(draft.reason).strip(),
                approved_by=_text(draft.approved_by).strip(),
                change_set=change_set,
                seal="",
            )
            seal = sealed(entry, seal)
            made.append(entry._replace(seal=seal))
        return tuple(made)

    def freeze(
        self,
        state: State,
        *,
        label: str,
        reporting_date: date | None,
        when: datetime,
        who: str,
        change_set: int,
    ) -> tuple[Entry, Snapshot]:
        """A frozen copy of the plan, and the entry that records it.

        The first one begins the log. Whatever the log does not know of ``state`` must be entered
        before (``noticed``). Raises SettingsError for a label that is blank or taken.
        """
        label = self.refuse_label(label)
        state = {
            ref: {c: plain(v) for c, v in cells.items() if plain(v) is not None}
            for ref, cells in self._as_spelt(state).items()
        }
        copy = Snapshot(label, _second(when), reporting_date, state)
        action = Action.SNAPSHOT if self.snapshots else Action.BEGUN
        source = f"frozen copy of {counted(len(state), 'milestone')}, seal {copy.seal}"
        draft = Draft(action, "", "", None, label, source)
        return self.add([draft], when=when, who=who, change_set=change_set)[0], copy

    def refuse_label(self, label: str) -> str:
        """The label as it is kept. Raises SettingsError for one that is blank or taken."""
        label = " ".join(_text(label).split())
        if not label:
            raise SettingsError(
                "A snapshot needs a label, such as 'Governance Committee 28/09/2017'."
            )
        taken = self.labelled(label)
        if taken is not None:
            raise SettingsError(
                f"There is a snapshot called {taken.label!r} already, taken on {_told(taken.taken)}; "
                "give this one another label."
            )
        return label

    def extended(self, entries: Sequence[Entry], snapshots: Sequence[Snapshot] = ()) -> Log:
        """The log with further entries and frozen copies at its end."""
        head = Head(entries[-1].number, entries[-1].seal) if entries else self.head
        if self.head is None and self.entries:
            head = None  # nobody knows what stood below the last row: that is never made good
        return replace(
            self,
            entries=self.entries + tuple(entries),
            snapshots=self.snapshots + tuple(snapshots),
            head=head,
        )

    def record(
        self,
        state: State,
        drafts: Sequence[Draft] = (),
        *,
        when: datetime,
        who: str,
        label: str = "",
        reporting_date: date | None = None,
    ) -> tuple[tuple[Entry, ...], tuple[Snapshot, ...]]:
        """Everything that one job has to enter, given the plan as it stood before (``state``).

        >>> entries, copies = Log().record({"A1": {}}, when=datetime(2017, 9, 28), who="A. Reed")
        >>> [entry.action.value for entry in entries], copies[0].label
        (['begun'], 'Beginning of the log')

        First the frozen copy that a log begins with, or what was typed by hand since the last job;
        then the drafts, as one change set; last, with a ``label``, a frozen copy of what came of it.
        Raises as ``freeze``.
        """
        log = self

        def add(drafts: Sequence[Draft], by: str) -> None:
            nonlocal log
            number = log.next_change_set
            log = log.extended(log.add(drafts, when=when, who=by, change_set=number))

        def freeze(state: State, label: str) -> None:
            nonlocal log
            number = log.next_change_set
            entry, copy = log.freeze(
                state,
                label=label,
                reporting_date=reporting_date,
                when=when,
                who=who,
                change_set=number,
            )
            log = log.extended((entry,), (copy,))

        if not self.snapshots:
            freeze(state, BEGUN)
        add(self.noticed(state), NOBODY)
        add(drafts, who)
        if label:
            replay = _Replay(log._as_spelt(state))
            replay.apply(log.entries[-len(drafts) :] if drafts else ())
            freeze(replay.state(), label)
        return log.entries[len(self.entries) :], log.snapshots[len(self.snapshots) :]

    @property
    def _end(self) -> tuple[int, str]:
        """The number and seal that the next entry follows."""
        last = self._ordered[-1] if self._ordered else None
        if self.head is not None and (last is None or self.head.number > last.number):
            return self.head.number, self.head.seal
        return (last.number, last.seal) if last is not None else (0, "")

    # -- reading

    @cached_property
    def _ordered(self) -> list[Entry]:
        """By number, whatever order the sheet has been sorted into."""
        return sorted(self.entries, key=lambda entry: entry.number)

    @cached_property
    def _numbered(self) -> dict[int, Entry]:
        return {entry.number: entry for entry in self._ordered}

    @cached_property
    def _copies(self) -> list[tuple[int, Snapshot]]:
        """The frozen copies in order, each with how many entries went before it."""
        return sorted(((self._position(s), s) for s in self.snapshots), key=lambda pair: pair[0])

    def _position(self, copy: Snapshot) -> int:
        for index, entry in enumerate(self._ordered):
            if _records(entry, copy):
                return index + 1
        return sum(entry.when <= copy.taken for entry in self._ordered)

    @cached_property
    def _spelling(self) -> dict[str, str]:
        """How the log has always written each heading: to a table in Excel "WARD" is "Ward"."""
        told: dict[str, str] = {}
        headings = [c for _, copy in self._copies for cells in copy.state.values() for c in cells]
        for entry in self._ordered:
            renamed = not entry.ref and entry.column
            headings += [entry.column, str(entry.new)] if renamed else [entry.column]
        for heading in headings:
            told.setdefault(heading.casefold(), heading)
        return told

    def _spelt(self, column: str) -> str:
        return self._spelling.get(column.casefold(), column)

    def _as_spelt(self, state: State) -> State:
        return {ref: {self._spelt(c): v for c, v in cells.items()} for ref, cells in state.items()}

    @cached_property
    def _replay(self) -> _Replay:
        """Everything from the first frozen copy on."""
        position, replay = self._begun()
        replay.apply(self._ordered[position:])
        return replay

    def _begun(self) -> tuple[int, _Replay]:
        """The first frozen copy with what was carried into it, and how many entries went before it."""
        position, copy = self._copies[0]
        replay = _Replay(copy.state)
        for entry in self._ordered[:position]:
            if entry.action == Action.CARRIED and entry.ref in replay.rows:
                replay.rows[entry.ref].entries.append(entry)
        return position, replay

    def state(self) -> State | None:
        """The plan as the log last knew it; None where the log has no frozen copy to start from."""
        return self._replay.state() if self._copies else None

    def state_at(self, moment: str | date | datetime) -> State:
        """The plan as it was at a snapshot (its label), at the end of a day, or at a moment.

        >>> log.state_at(date(2017, 9, 28))["B4"]["status"]  # doctest: +SKIP
        'On target'

        Raises SettingsError for a label that no snapshot has, naming those there are, and for a time
        before the log begins.
        """
        if isinstance(moment, str):
            return self.reported(moment)
        end = self._end_of(moment)
        if not self._copies:
            raise SettingsError(
                "The plan has no change log yet, so nothing earlier is known of it."
            )
        position, copy = self._copies[0]
        if end < position:
            raise SettingsError(
                f"The change log begins on {_told(copy.taken)}; what the plan held before is not known."
            )
        replay = _Replay(copy.state)
        replay.apply(self._ordered[position:end])
        return replay.state()

    def _end_of(self, moment: date | datetime) -> int:
        """How many entries had been made by the end of a day, or by a moment."""
        until = moment if isinstance(moment, datetime) else datetime.combine(moment, time.max)
        return max((i for i, e in enumerate(self._ordered, 1) if e.when <= until), default=0)

    def number_at(self, moment: str | date | datetime) -> int:
        """The number of the last entry at a snapshot (its label), at the end of a day, or at a moment.

        0 where there was none. Raises as ``state_at`` for a label that no snapshot has.
        """
        end = self._place(moment)
        return self._ordered[end - 1].number if end else 0

    def became(self, moment: str | date | datetime) -> dict[str, str | None]:
        """What each milestone of the plan at a moment is called now; None for one that is gone.

        >>> log.became(date(2017, 9, 28))["B4"]  # doctest: +SKIP
        'B3'

        Raises as ``state_at``.
        """
        then, now = self._then_and_now(moment)
        names = {id(row): name for name, row in now.rows.items()}
        return {name: names.get(id(row)) for name, row in then.items()}

    def dates_of_gone(
        self, moment: str | date | datetime, *, reference: date | None = None
    ) -> dict[str, tuple[DateMove, ...]]:
        """The milestones of the plan at a moment that it has no more, each with every move of its date.

        They are named as they were called then: another milestone may have that Ref by now. Raises as
        ``state_at``.
        """
        then, now = self._then_and_now(moment)
        here = {id(row) for row in now.rows.values()}
        return {
            name: self._dates(row, reference) for name, row in then.items() if id(row) not in here
        }

    def came_and_went(self, moment: str | date | datetime) -> tuple[tuple[str, str], ...]:
        """The milestones that were added after a moment and are gone again: what each was called, and its words.

        >>> log.came_and_went(date(2017, 9, 28))  # doctest: +SKIP
        (('D7', 'Premises surveyed'),)

        One whose adding was undone was never there. Raises as ``state_at``.
        """
        then, now = self._then_and_now(moment)
        known = {id(row) for row in (*then.values(), *now.rows.values())}
        place = self.number_at(moment)
        return tuple(
            (row.names[-1], _last_words(row.entries))
            for row in now.every
            if id(row) not in known
            and row.entries
            and row.entries[0].number > place
            and row.entries[-1].action != Action.UNDO
        )

    def _then_and_now(self, moment: str | date | datetime) -> tuple[dict[str, _Row], _Replay]:
        """The milestones at a moment by what they were called, and the plan that came of them."""
        if not self._copies:
            self.state_at(moment)  # raises
        first, replay = self._begun()
        place = max(first, self._place(moment))
        replay.apply(self._ordered[first:place])
        then = dict(replay.rows)
        replay.apply(self._ordered[place:])
        return then, replay

    def _place(self, moment: str | date | datetime) -> int:
        """How many entries there were at a snapshot or a moment."""
        if not isinstance(moment, str):
            return self._end_of(moment)
        self.reported(moment)  # raises for a label that is not there
        copy = self.labelled(moment)
        return next(place for place, each in self._copies if each is copy)

    def reported(self, label: str) -> State:
        """The plan as it was frozen under a label. Raises as ``state_at``."""
        copy = self.labelled(label)
        if copy is None:
            labels = [repr(snapshot.label) for _, snapshot in self._copies]
            there = f"the labels there are: {listed(labels)}" if labels else "there is none yet"
            raise SettingsError(f"No snapshot is called {label!r}; {there}.")
        return copy.state

    @property
    def in_order(self) -> tuple[Snapshot, ...]:
        """The frozen copies in the order they were taken."""
        return tuple(copy for _, copy in self._copies)

    def labelled(self, label: str) -> Snapshot | None:
        """The frozen copy of that label, whatever its case and spaces; None where there is none."""
        wanted = " ".join(label.casefold().split())
        return next(
            (s for _, s in self._copies if " ".join(s.label.casefold().split()) == wanted), None
        )

    def noticed(self, now: State) -> list[Draft]:
        """The edits made by hand since the log was last written, as drafts; [] before it begins."""
        last = self.state()
        return [] if last is None else changes_between(last, self._as_spelt(now))

    # -- a milestone's history

    def history_of(self, ref: str) -> tuple[Entry, ...]:
        """Every entry about a milestone, oldest first, also those from before it was renumbered.

        A Ref that the plan has no more stands for the milestone that had it last.
        """
        row = self._row(ref)
        return tuple(row.entries) if row is not None else ()

    def dates_of(self, ref: str, *, reference: date | None = None) -> tuple[DateMove, ...]:
        """Each move of a milestone's agreed date, in order.

        >>> [move.nth for move in log.dates_of("B4")]  # doctest: +SKIP
        [2, 3]

        The agreed date is the revised date, else the baseline (so a timescale that is written over
        shows); a date that is not certain moves nothing. What was undone was never agreed. Moves that
        were carried from the plans of earlier years come first. ``reference`` is the plan's (``read_target``).
        """
        row = self._row(ref)
        return self._dates(row, reference) if row is not None else ()

    def _dates(self, row: _Row, reference: date | None) -> tuple[DateMove, ...]:
        """The moves of one milestone's agreed date."""
        cells = dict(row.born)
        moves = _carried_moves(row.entries)
        current = moves[-1].new if moves else _baseline(cells, reference)
        reason, approved_by = (str(cells.get(c) or "") for c in ("reason", "approved_by"))
        for when, entries in [(None, []), *self._groups(row)]:
            number = entries[0].number if entries else 0
            if when is not None:
                reason, approved_by = _said_of(entries)
                _put(cells, entries)
                if current is None and any(e.action == Action.ADDED for e in entries):
                    current = _baseline(cells, reference)  # it came with both of its dates
            revised = _revised(cells, reference)
            if revised is None:  # blank: back to the baseline
                back = _baseline(cells, reference)
                current, dates = current or back, [back] if back else []
            else:
                dates = revised
                if current in dates:
                    dates = dates[len(dates) - dates[::-1].index(current) :]
            for day in dates:
                if day != current:
                    nth = len(moves) + 2
                    moves.append(DateMove(current, day, when, reason, approved_by, nth, number))
                    current = day
        return tuple(moves)

    def first_baseline(self, ref: str, *, reference: date | None = None) -> date | None:
        """The first baseline date of a milestone that the log knows for certain, also where it was written over.

        >>> log.first_baseline("B4")  # doctest: +SKIP
        datetime.date(2017, 12, 29)
        """
        row = self._row(ref)
        if row is None:
            return None
        cells = dict(row.born)
        found = _baseline(cells, reference)
        for _, entries in self._groups(row):
            _put(cells, entries)
            found = found or _baseline(cells, reference)
        return found

    def to_carry(
        self, ref: str, new_ref: str, *, source: str, reference: date | None = None
    ) -> tuple[Carried, ...]:
        """A milestone's date moves, for the log of a new plan in which it is called ``new_ref``.

        >>> log.to_carry("B4", "B2", source="2017/18 plan, B4")[0].ref  # doctest: +SKIP
        'B2'

        What was carried into this log itself keeps the source it came with.
        """
        carried = []
        for move in self.dates_of(ref, reference=reference):
            entry = self._numbered.get(move.number)
            again = entry is not None and entry.action == Action.CARRIED
            carried.append(
                Carried(
                    new_ref,
                    move.old,
                    move.new,
                    move.when,
                    entry.who if entry is not None else "",
                    entry.source if entry is not None and again else source,
                    move.reason,
                    move.approved_by,
                )
            )
        return tuple(carried)

    def completed_on(self, ref: str, *, colours: Mapping[str, str] | None = None) -> date | None:
        """The day a milestone's status first became complete, by the log; None where it did not.

        For an edit typed in Excel that is the day it was noticed. ``colours`` as in ``read_status``.
        """
        row = self._row(ref)
        if row is None:
            return None
        cells = dict(row.born)

        def complete() -> bool:
            status = read_status(cells.get("status"), colours=colours)
            return status.value == StatusValue.COMPLETE

        was = complete()
        for when, entries in self._groups(row):
            _put(cells, entries)
            if complete() and not was:
                return when.date()
            was = complete()
        return None

    def _row(self, ref: str) -> _Row | None:
        return self._replay.find(ref) if self._copies else None

    def _groups(self, row: _Row) -> Iterator[tuple[datetime, list[Entry]]]:
        """A milestone's changes that stood, those of one change set together."""
        stood = [
            entry
            for entry in row.entries
            if entry.action in _APPLIED
            and entry.column != "ref"
            and (entry.source in _STANDING or entry.change_set not in self._undone[1])
        ]
        for _, group in groupby(stood, key=lambda entry: entry.change_set):
            entries = list(group)
            yield entries[0].when, entries

    # -- undo

    @cached_property
    def _undone(self) -> tuple[list[int], frozenset[int]]:
        """The change sets that could be undone, the last of them last; and those that were."""
        standing: list[int] = []
        undone: set[int] = set()
        for number, group in groupby(self._ordered, key=lambda entry: entry.change_set):
            entries = list(group)
            if any(entry.action == Action.UNDO for entry in entries):
                if standing:
                    undone.add(standing.pop())
            elif any(_was_applied(entry) for entry in entries) and number not in standing:
                standing.append(number)
        return standing, frozenset(undone)

    def last_undoable(self) -> ChangeSetEntries | None:
        """The last change set that was applied and not yet undone.

        What was typed by hand, baselines filled in, snapshots, values kept and undos themselves are
        never undone.
        """
        standing = self._undone[0]
        if not standing:
            return None
        number = standing[-1]
        return ChangeSetEntries(
            number,
            tuple(e for e in self._ordered if e.change_set == number and _was_applied(e)),
        )

    def inverse(self, entries: Sequence[Entry]) -> list[Draft]:
        """The drafts that take a change set's entries back, the last first.

        Each says by ``old`` what the cell must hold now for that to be right, and speaks of a
        milestone by its Ref of today.
        """
        names = self._replay.names() if self._copies else {}
        drafts = []
        for entry in reversed(entries):
            if entry.action not in _APPLIED:
                continue
            old, ref = entry.new, names.get(entry.number, entry.ref)
            if entry.column == "ref" and old is not None:
                old = ref
            source = f"undo of change set {entry.change_set}"
            drafts.append(Draft(Action.UNDO, ref, entry.column, old, entry.old, source))
        return drafts

    # -- what is wrong with it

    def faults(self) -> list[str]:
        """What does not fit together, each a sentence; [] for a log that nobody altered."""
        return [
            *self.strange,
            *self._order_faults(),
            *self._seal_faults(),
            *self._missing(),
            *self._head_faults(),
            *self._copy_faults(),
        ]

    def _order_faults(self) -> Iterator[str]:
        numbers = [entry.number for entry in self.entries]
        for number, group in groupby(entry.number for entry in self._ordered):
            times = len(list(group))
            if times > 1:
                yield f"Entry {number} of the change log stands there {times} times; one was put in by hand."
        if numbers != sorted(numbers):
            at = next(b for a, b in pairwise(numbers) if b < a)
            yield (
                f"The rows of the change log are not in their order (entry {at} stands too low); "
                "sort them by No."
            )

    def _seal_faults(self) -> Iterator[str]:
        seals: dict[int, set[str]] = defaultdict(set, {0: {""}})
        for entry in self.entries:
            seals[entry.number].add(entry.seal)
        for entry in self._ordered:
            before = seals.get(entry.number - 1, set())
            if not before and entry.number > 1:
                continue  # reported as missing
            if all(sealed(entry, seal) != entry.seal for seal in before):
                about = f" ({entry.ref}, {_told(entry.when)})" if entry.ref else ""
                yield (
                    f"Entry {entry.number} of the change log{about} is not as agsxl wrote it; "
                    "compare it with a backup of the workbook."
                )

    def _missing(self) -> Iterator[str]:
        present = {entry.number for entry in self.entries}
        last = max(present, default=0)
        # A number typed by hand may be anything: as many gaps as there are rows are told at most.
        wanted = 1
        for number in sorted(n for n in present if n > 0):
            if number > wanted:
                yield _gone(wanted, number - 1, "")
            wanted = number + 1
        if self.head is not None and self.head.number > last:
            yield _gone(last + 1, self.head.number, " at the end")

    def _head_faults(self) -> Iterator[str]:
        if self.head is None:
            if self.entries:
                yield (
                    "The line above the change log that says how many entries it has is gone, so rows "
                    "missing at its end cannot be noticed; compare it with a backup of the workbook."
                )
            return
        last = self._ordered[-1] if self._ordered else None
        if last is None or last.number < self.head.number:
            return  # reported as missing
        if self.head != (last.number, last.seal):
            yield (
                f"The line above the change log speaks of {counted(self.head.number, 'entry', 'entries')} "
                f"and another seal than entry {last.number}, the last; one of them was edited by hand."
            )

    def _copy_faults(self) -> Iterator[str]:
        recorded = [e for e in self._ordered if e.action in _COPIES]
        for entry in recorded:
            copy = next((s for s in self.snapshots if _records(entry, s)), None)
            if copy is None:
                yield f"The frozen copy {str(entry.new)!r} of {_told(entry.when)} is gone from the snapshots."
                continue
            found = _COPY_SEAL.search(entry.source)
            if found is None or found[1] != copy.seal:
                yield (
                    f"The frozen copy {copy.label!r} is not as it was taken on {_told(copy.taken)}; "
                    "compare it with a backup of the workbook."
                )
        for _, copy in self._copies:
            if not any(_records(entry, copy) for entry in recorded):
                yield f"The change log has no entry for the frozen copy {copy.label!r} of {_told(copy.taken)}."
        yield from self._replay_faults()

    def _replay_faults(self) -> Iterator[str]:
        if not self._copies:
            return
        done, first = self._copies[0]
        replay = _Replay(first.state)
        for position, copy in self._copies[1:]:
            replay.apply(self._ordered[done:position])
            done = position
            apart = changes_between(replay.state(), copy.state)
            if apart:
                ref, column = apart[0].ref or apart[0].column, apart[0].column
                yield (
                    f"The frozen copy {copy.label!r} and the changes logged before it disagree about "
                    f"{ref}, {column} and {counted(len(apart) - 1, 'other cell')}."
                )


def _records(entry: Entry, copy: Snapshot) -> bool:
    return (
        entry.action in _COPIES
        and entry.new == copy.label
        and _second(entry.when) == _second(copy.taken)
    )


def _was_applied(entry: Entry) -> bool:
    return entry.action in _APPLIED and entry.source not in _STANDING


def _told(moment: datetime) -> str:
    return f"{spoken(moment)} at {moment:%H:%M}"


def _gone(first: int, last: int, where: str) -> str:
    which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
    return f"{which} missing{where} from the change log; compare it with a backup of the workbook."


# -- replaying -----------------------------------------------------------------------------------


class _Row:
    """One milestone through the log: what it held at first, what happened, what it was called."""

    __slots__ = ("born", "cells", "entries", "names")

    def __init__(self, ref: str, cells: Mapping[str, Value]) -> None:
        self.born = dict(cells)
        self.cells = dict(cells)
        self.entries: list[Entry] = []
        self.names = [ref]


class _Replay:
    """A frozen copy, and what entries make of it.

    A log that was tampered with is replayed as far as it makes sense, and never fails: that it does
    not fit is said elsewhere.
    """

    def __init__(self, state: State) -> None:
        self.rows = {ref: _Row(ref, cells) for ref, cells in state.items()}
        self.every = list(self.rows.values())

    def state(self) -> State:
        """The cells as they stand."""
        return {ref: dict(row.cells) for ref, row in self.rows.items()}

    def find(self, ref: str) -> _Row | None:
        """The milestone that is called so, or else was called so last."""
        row = self.rows.get(ref)
        if row is None:
            wanted = ref.casefold()
            row = next((r for name, r in self.rows.items() if name.casefold() == wanted), None)
        if row is None:
            rows = list(reversed(self.every))
            row = next((r for r in rows if r.names[-1] == ref), None)
            row = row or next((r for r in rows if ref in r.names), None)
        return row

    def names(self) -> dict[int, str]:
        """What the milestone of each entry is called by now, by the entry's number."""
        return {entry.number: row.names[-1] for row in self.every for entry in row.entries}

    def apply(self, entries: Sequence[Entry]) -> None:
        """Take further entries in."""
        for numbering, group in groupby(entries, key=_renumbering):
            if numbering is not None:
                self._renumber(list(group))
                continue
            for entry in group:
                if entry.action == Action.KEEP:
                    if entry.ref in self.rows:
                        self.rows[entry.ref].entries.append(entry)
                elif entry.action in _WRITES:
                    self._write(entry)

    def _write(self, entry: Entry) -> None:
        if not entry.ref:
            if isinstance(entry.old, str) and isinstance(entry.new, str):
                for row in self.rows.values():
                    if entry.old in row.cells:
                        row.cells[entry.new] = row.cells.pop(entry.old)
        elif entry.column != "ref":
            row = self._at(entry.ref)
            _put(row.cells, [entry])
            row.entries.append(entry)
        elif entry.new is None:
            gone = self.rows.pop(entry.ref, None)
            if gone is not None:
                gone.entries.append(entry)
        else:
            self._at(str(entry.new)).entries.append(entry)

    def _at(self, ref: str) -> _Row:
        row = self.rows.get(ref)
        if row is None:
            row = self.rows[ref] = _Row(ref, {})
            self.every.append(row)
        return row

    def _renumber(self, entries: list[Entry]) -> None:
        """All at once, so that two milestones can swap their Refs."""
        taken = [(entry, self.rows.pop(str(entry.old), None)) for entry in entries]
        for entry, row in taken:
            if row is not None:
                ref = str(entry.new)
                row.names.append(ref)
                row.entries.append(entry)
                self.rows[ref] = row


def _renumbering(entry: Entry) -> int | None:
    """The change set of an entry that renumbers a milestone, None for every other."""
    renumbers = entry.column == "ref" and entry.old is not None and entry.new is not None
    return entry.change_set if renumbers and entry.action in _WRITES else None


def _put(cells: dict[str, Value], entries: Iterable[Entry]) -> None:
    for entry in entries:
        if entry.new is None:
            cells.pop(entry.column, None)
        else:
            cells[entry.column] = entry.new


def _last_words(entries: Sequence[Entry]) -> str:
    """The words of a milestone that was taken out: each of its cells is entered as it was then."""
    found = (e.old for e in reversed(entries) if e.column == "milestone" and e.new is None)
    return str(next(found, None) or "")


# -- dates ---------------------------------------------------------------------------------------


def _baseline(cells: Mapping[str, Value], reference: date | None) -> date | None:
    """As the plan reads it: the Baseline date column, else the certain end of the timescale."""
    for column in ("baseline", "timescale"):
        target = read_target(cells.get(column), reference=reference)
        if target.certain and target.latest is not None:
            return target.latest
    return None


def _revised(cells: Mapping[str, Value], reference: date | None) -> list[date] | None:
    """The dates a revised date cell names for certain, in order; None where it is blank."""
    target = read_target(cells.get("revised"), reference=reference)
    if target.kind is Kind.BLANK:
        return None
    if target.kind is Kind.MULTIPLE:
        found = [each for each, _, _ in find_dates(target.raw)]
        return [each.latest for each in found if each.latest is not None]
    return [target.latest] if target.certain and target.latest is not None else []


def _carried_moves(entries: Iterable[Entry]) -> list[DateMove]:
    """The moves of earlier years, as far as they can be read: an entry may have been altered by hand."""
    moves: list[DateMove] = []
    for entry in entries:
        if entry.action == Action.CARRIED and isinstance(entry.new, date):
            old = entry.old if isinstance(entry.old, date) else None
            when = entry.when if entry.when != NO_TIME else None
            said = (entry.reason, entry.approved_by, len(moves) + 2, entry.number)
            moves.append(DateMove(old, entry.new, when, *said))
    return moves


def _said_of(entries: Sequence[Entry]) -> tuple[str, str]:
    """Why a date moved and who approved it: as entered, else as typed beside it at the same time."""
    moved = [e for e in entries if e.column in ("revised", "timescale", "baseline")]
    typed = {e.column: str(e.new or "") for e in entries}
    reason = next((e.reason for e in moved if e.reason), typed.get("reason", ""))
    approved_by = next(
        (e.approved_by for e in moved if e.approved_by), typed.get("approved_by", "")
    )
    return reason, approved_by


__all__ = [
    "BEGUN", "FILLED", "NOBODY", "NO_TIME", "TYPED", "Action", "Carried", "ChangeSetEntries", "DateMove", "Draft", "Entry", "Head", "Log",
    "Snapshot", "State", "alike", "as_action", "changes_between", "plain", "sealed", "unique_keys",
]  # fmt: skip
