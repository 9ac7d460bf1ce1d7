"""The pure three-way merge: the plan as issued, the master as it is now, and the plan as returned.

    merged = merge(issued, master, returned)
    merged.milestones    # the merged plan's
    merged.changes       # everything that is not the same on all sides, with all three texts
    merged.conflicts     # those where both sides moved and disagree; the master's text stands

Compared by value, written by raw: "31/03/18" and a date cell of that day are the same, and where one
side only wrote the same value differently, what it wrote is kept. A milestone is known by its Ref
and its words together, so a Ref that moved to another row takes nothing with it in silence.

(The module is not called merge: a module of that name would hide ``agsxl.merge``.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from agsxl.dates import Target, read_target
from agsxl.plan import Lead, Milestone, Plan, Where
from agsxl.statuses import Status, StatusValue, read_status
from agsxl.texts import clean, unmark
from agsxl.words import COLUMNS


class Outcome(StrEnum):
    """What came of one field or milestone. Each compares equal to its words.

    The pure merge gives the first four for a field and "added", "withdrawn" and "withdrawn but
    edited" for a milestone; the others say what reconcile makes of a return.
    """

    MASTER_ONLY = "master only"
    RETURNED_ONLY = "returned only"
    SAME_CHANGE = "same change"
    CONFLICT = "conflict"
    PROPOSED_DATE = "proposed date"
    NOT_ALLOWED = "not allowed"
    INVALID = "invalid"
    ADDED = "added"
    WITHDRAWN = "withdrawn"
    WITHDRAWN_BUT_EDITED = "withdrawn but edited"


_CONFLICTS = frozenset({Outcome.CONFLICT, Outcome.WITHDRAWN_BUT_EDITED})


class Change(NamedTuple):
    """One field, or one whole milestone, that is not the same on all three sides.

    ``column`` is a name that ``show`` uses, the heading of a column that is the officer's own, "ref"
    for a renumbering, or "" for the whole milestone (its texts are then its words). ``issued``,
    ``master`` and ``returned`` are what each side wrote, None where it has no such milestone.
    ``ref`` is the master's, else the issued, else the returned one; ``where`` is where that stands,
    because two milestones may share a Ref.
    """

    ref: str
    column: str
    issued: str | None
    master: str | None
    returned: str | None
    outcome: Outcome
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class Merge:
    """The merged plan's milestones, and every change, in that plan's order.

    What is withdrawn stands where it stood. Of a milestone that is withdrawn but edited, the edits
    follow as changes of their own.
    """

    milestones: tuple[Milestone, ...]
    changes: tuple[Change, ...]

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The changes on which the sides disagree: none of them is written."""
        return tuple(change for change in self.changes if change.outcome in _CONFLICTS)


def merge(issued: Plan, master: Plan, returned: Plan) -> Merge:
    """What becomes of the master when a return comes back.

    >>> issued = Plan((Milestone("B10", milestone="Policy agreed"),))
    >>> returned = Plan((Milestone("B10", milestone="Policy agreed", comments="In May."),))
    >>> merge(issued, issued, returned).changes[0][:6]
    ('B10', 'comments', '', '', 'In May.', <Outcome.RETURNED_ONLY: 'returned only'>)

    A field that one side changed is that side's; one that both changed alike is the master's; one on
    which they disagree is a conflict, and the master's. A milestone that one side withdrew goes,
    unless the other edited it: then it is a conflict, and the master's state stands. One that both
    added is compared field by field, with nothing issued. The order is the side's that re-sorted
    (the master's where both did); an added milestone stands after the one it was added after.

    Where one side gave a milestone another Ref and the other side other words, both are conflicts.
    Where one side renumbered and the other added, two milestones may come to share a Ref: both are
    named and both stand; ``check`` says so of the merged plan (I102).

    Only milestones are merged: settings, posts and what else a plan knows of its table are the
    caller's. ``where``, ``hidden`` and ``earlier`` of a milestone are the master's where they are not
    as issued, else the returned one's. So ``merge(b, m, b)`` is ``m`` and ``merge(b, b, r)`` is
    ``r``, to the letter. Raises nothing.
    """
    plans = (issued.milestones, master.milestones, returned.milestones)
    rows = _rows(*plans)
    merged = [
        _merged(_Sides(*(None if i is None else p[i] for p, i in zip(plans, row, strict=True))))
        for row in rows
    ]
    stays = [milestone is not None for milestone, _ in merged]
    milestones: list[Milestone] = []
    changes: list[Change] = []
    for at in _order(rows, stays):
        kept, found = merged[at]
        if kept is not None:
            milestones.append(kept)
        changes += found
    return Merge(tuple(milestones), tuple(changes))


# -- the same value ----------------------------------------------------------------------------

_DATES = ("timescale", "revised", "baseline", "completed")
# The attribute that holds what was written in a column.
_ATTRIBUTE = {c: c for c in COLUMNS} | {
    "baseline": "baseline_target",
    "completed": "completed_target",
}
# Statuses that are these words and no more are compared by value; others may say more than it.
_PLAIN_STATUSES = frozenset({
    "complete", "completed", "achieved", "done", "closed", "implemented", "part complete",
    "part completed", "partly complete", "partly completed", "partially complete",
    "partially completed", "partly achieved", "partially achieved", "partly implemented",
    "partially implemented", "in progress", "ongoing", "on going", "underway", "under way",
    "not complete", "not completed", "not yet complete", "not yet completed", "on target",
    "on track", "off target but recovery plans in place", "off target",
    "off target and no action yet agreed", "time delay", "slipped", "behind schedule", "overdue",
    "not met", "not started", "not yet started", "superseded", "cancelled", "withdrawn",
    "no longer required",
})  # fmt: skip


def same_value(column: str, one: object, other: object) -> bool:
    """Whether two texts or cells of a column say the same.

    >>> same_value("revised", "31/03/18", date(2018, 3, 31)), same_value("status", "Done", "Complete.")
    (True, True)
    >>> same_value("revised", "31/03/18 Council", "31/03/18")
    False

    ``column`` is a name that ``show`` uses, or a heading. Certain dates are compared by their days
    and the words left over beside them, statuses by value where they are its plain words, Refs
    without case; everything else as clean text with white space folded. Takes raw texts, cells, and
    what a milestone holds. In doubt it says no: a difference too many is seen, one too few is not.
    """
    return one is other or _key(column, one) == _key(column, other)


def _key(column: str, value: object) -> Hashable:
    """What two values of a column have in common if they are the same."""
    if column in _DATES:
        return _key_of_date(value)
    if column == "status":
        return _key_of_status(value)
    text = _folded(_text(value))
    return text.casefold() if column == "ref" else text


def _key_of_date(value: object) -> Hashable:
    cell = getattr(value, "cached", value)
    if isinstance(cell, Target):
        # What was struck out is no part of the value, but stands where words left over would.
        target = read_target(cell.raw) if cell.note.startswith("struck out: ") else cell
    else:
        target = read_target(unmark(cell)[0] if isinstance(cell, str) else cell)
    if target.certain and target.latest is not None:
        return target.kind, target.earliest, target.latest, _folded(target.note).casefold()
    return _folded(target.raw).casefold()


def _key_of_status(value: object) -> Hashable:
    said = value.raw or str(value.value) if isinstance(value, Status) else _text(value)
    text = _folded(said).casefold()
    found = read_status(text).value
    bare = " ".join(text.replace("-", " ").split()).strip(" .,;:*")
    return found if found is StatusValue.BLANK or bare in _PLAIN_STATUSES else text


def _text(value: object) -> str:
    """A text or cell as the text that a plan would have of it."""
    value = getattr(value, "cached", value)
    if value is None:
        return ""
    if isinstance(value, Lead | Target):
        return value.raw
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return _written(value)
    return str(value)


def _written(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _folded(text: str) -> str:
    return " ".join(clean(text).split())


# -- one milestone on three sides --------------------------------------------------------------


class _Sides(NamedTuple):
    """One milestone as each side has it."""

    issued: Milestone | None
    master: Milestone | None
    returned: Milestone | None

    def change(self, column: str, outcome: Outcome) -> Change:
        at = self.master or self.issued or self.returned or Milestone()
        issued, master, returned = (
            None if m is None else _cell(m, column or "milestone").raw for m in self
        )
        return Change(at.ref, column, issued, master, returned, outcome, at.where)


class _Cell(NamedTuple):
    """Everything that a milestone holds of one column; it is taken from a side whole or not at all.

    ``day`` is a date that was set in Python and that no text says.
    """

    value: str | Target | Status | Lead
    written: str | None
    error: str | None
    as_text: bool
    day: date | None

    @property
    def raw(self) -> str:
        if self.error is not None:
            return self.error
        if self.written is not None:
            return self.written
        if self.day is not None:
            return _written(self.day)
        return self.value if isinstance(self.value, str) else self.value.raw


def raw_text(milestone: Milestone, column: str) -> str:
    """What stands in a milestone's cell, also an error or a date that was set in Python.

    >>> raw_text(Milestone("A1", completed=date(2018, 3, 31)), "completed")
    '31/03/2018'
    """
    return _cell(milestone, column).raw


def _cell(milestone: Milestone, column: str) -> _Cell:
    attribute = _ATTRIBUTE.get(column)
    return _Cell(
        milestone.extra.get(column, "") if attribute is None else getattr(milestone, attribute),
        milestone.written.get(column),
        milestone.errors.get(column),
        column in milestone.text_dates,
        _day_by_hand(milestone, column),
    )


def _day_by_hand(milestone: Milestone, column: str) -> date | None:
    """The date of a column that its text does not say: ``milestone._replace(completed=...)``."""
    if column == "completed":
        target, day = milestone.completed_target, milestone.completed
        said = target.latest if target.certain else None
    elif column == "baseline":
        day = milestone.baseline
        said = _baseline(milestone.baseline_target, milestone.timescale)
    else:
        return None
    return day if day != said else None


def _baseline(column: Target, timescale: Target) -> date | None:
    """The baseline date: the column's where it is filled, else what the timescale says."""
    confirmed = column.latest if column.certain else None
    return confirmed or (timescale.latest if timescale.certain else None)


def _same(column: str, one: _Cell, other: _Cell) -> bool:
    if one == other:
        return True
    if one.error is not None or other.error is not None:
        return one.error == other.error
    return same_value(column, one.day or one.value, other.day or other.value)


def _merged(sides: _Sides) -> tuple[Milestone | None, list[Change]]:
    """What becomes of one milestone, and what is to be said of it."""
    issued, master, returned = sides
    if issued is None:
        return _added(sides)
    if master is not None and returned is not None:
        return _three_way(sides, issued, master, returned)
    left = master or returned
    edits = [] if left is None else list(changed_columns(issued, left))
    if not edits:
        return None, [sides.change("", Outcome.WITHDRAWN)]
    only = Outcome.RETURNED_ONLY if master is None else Outcome.MASTER_ONLY
    found = [sides.change("", Outcome.WITHDRAWN_BUT_EDITED)]
    return master, found + [sides.change(column, only) for column in edits]


def _added(sides: _Sides) -> tuple[Milestone | None, list[Change]]:
    _, master, returned = sides
    found = [sides.change("", Outcome.ADDED)]
    if master is None or returned is None:
        return master or returned, found
    taken = []
    for column in changed_columns(master, returned):
        if not _cell(master, column).raw:
            taken.append(column)
            found.append(sides.change(column, Outcome.RETURNED_ONLY))
        elif not _cell(returned, column).raw:
            found.append(sides.change(column, Outcome.MASTER_ONLY))
        else:
            found.append(sides.change(column, Outcome.CONFLICT))
    return _taking(master, returned, taken), found


def _three_way(
    sides: _Sides, issued: Milestone, master: Milestone, returned: Milestone
) -> tuple[Milestone, list[Change]]:
    if issued is master is returned:
        return master, []
    master_as_issued = _to_the_letter(issued, master)
    returned_as_issued = _to_the_letter(issued, returned)
    outcomes: dict[str, Outcome] = {}
    taken: list[str] = []
    if not (master_as_issued and returned_as_issued):
        for column in _columns(issued, master, returned):
            cells = _cell(issued, column), _cell(master, column), _cell(returned, column)
            outcome = _outcome(column, *cells)
            if outcome is not None:
                outcomes[column] = outcome
            elif cells[0] == cells[1]:
                taken.append(column)  # the same value, perhaps written otherwise
        _hold_together(outcomes)
        taken += [c for c, outcome in outcomes.items() if outcome is Outcome.RETURNED_ONLY]
    kept = returned if master_as_issued else _taking(master, returned, taken)
    about = {
        name: getattr(master if getattr(master, name) != getattr(issued, name) else returned, name)
        for name in _ABOUT
    }
    if any(getattr(kept, name) != value for name, value in about.items()):
        kept = kept._replace(**about)
    return kept, [sides.change(column, outcome) for column, outcome in outcomes.items()]


def _outcome(column: str, issued: _Cell, master: _Cell, returned: _Cell) -> Outcome | None:
    """What came of a field; None where its value is the same everywhere."""
    if issued == master == returned:
        return None
    by_master = not _same(column, issued, master)
    by_returned = not _same(column, issued, returned)
    if by_master and by_returned:
        return Outcome.SAME_CHANGE if _same(column, master, returned) else Outcome.CONFLICT
    if by_master:
        return Outcome.MASTER_ONLY
    return Outcome.RETURNED_ONLY if by_returned else None


def _hold_together(outcomes: dict[str, Outcome]) -> None:
    """A milestone is known by its Ref and its words: both of one side, or nobody knows it again.

    Where one side gave it another Ref and the other side other words, that is a conflict.
    """
    both = {c: outcomes[c] for c in ("ref", "milestone") if c in outcomes}
    if len(set(both.values()) - {Outcome.SAME_CHANGE}) > 1:
        outcomes.update(dict.fromkeys(both, Outcome.CONFLICT))


def changed_columns(one: Milestone, other: Milestone) -> Iterator[str]:
    """The columns whose values differ, by the names that ``show`` uses, then by heading.

    >>> list(changed_columns(Milestone("A1", comments="Agreed."), Milestone("A2", comments=" Agreed.")))
    ['ref']
    """
    if not _to_the_letter(one, other):
        for column in _columns(one, other):
            if not _same(column, _cell(one, column), _cell(other, column)):
                yield column


def _columns(*milestones: Milestone) -> list[str]:
    """The columns that are perhaps not alike in all: the known ones, then the officer's own."""
    first, *others = milestones
    perhaps: set[str] = set()
    for m in milestones:
        perhaps.update(m.written, m.errors, m.text_dates)
    for m in others:
        for column, place in _PLACES:
            if m[place] is not first[place] and m[place] != first[place]:
                perhaps.add(column)
        if m.extra != first.extra:
            perhaps.update(first.extra, m.extra)
    own = [c for m in milestones for c in m.extra if c not in COLUMNS] if perhaps else []
    return [c for c in (*COLUMNS, *dict.fromkeys(own)) if c in perhaps]


# Where what is typed into a column stands in a milestone, and the dates that are read from it.
_PLACES = tuple(
    (column, Milestone._fields.index(name))
    for column, attribute in _ATTRIBUTE.items()
    for name in dict.fromkeys((column, attribute))
)
# What is known about a milestone that nobody typed into its row.
_ABOUT = ("where", "hidden", "earlier")
_typed = itemgetter(*(i for i, name in enumerate(Milestone._fields) if name not in _ABOUT))


def _to_the_letter(one: Milestone, other: Milestone) -> bool:
    """Whether all that was typed is the same, and written the same."""
    return one is other or _typed(one) == _typed(other)


def _taking(master: Milestone, returned: Milestone, columns: Sequence[str]) -> Milestone:
    """The master's milestone with some columns of the returned one, and all that hangs on them."""
    if not columns:
        return master
    fields = {_ATTRIBUTE[c]: getattr(returned, _ATTRIBUTE[c]) for c in columns if c in _ATTRIBUTE}
    own = [c for c in columns if c not in _ATTRIBUTE]
    if own:
        fields["extra"] = dict(master.extra) | {c: returned.extra.get(c, "") for c in own}
    for name in ("written", "errors"):
        mine, theirs = getattr(master, name), getattr(returned, name)
        if mine or theirs:
            kept = {c: text for c, text in mine.items() if c not in columns}
            fields[name] = kept | {c: text for c, text in theirs.items() if c in columns}
    fields["text_dates"] = tuple(
        c for c in _DATES if c in (returned if c in columns else master).text_dates
    )
    if "completed" in columns:
        fields["completed"] = returned.completed
    side = returned if "baseline" in columns else master
    fields["baseline"] = _day_by_hand(side, "baseline") or _baseline(
        side.baseline_target, fields.get("timescale", master.timescale)
    )
    return master._replace(**fields)


# -- which milestone is which ------------------------------------------------------------------


def pair(
    old: Sequence[Milestone], new: Sequence[Milestone], *, reworded: bool = True
) -> dict[int, int]:
    """Which milestone of one plan is which of another: places in ``old`` to places in ``new``.

    >>> pair([Milestone("A1", milestone="Train staff")], [Milestone("A2", milestone="Train staff")])
    {0: 0}

    1. The same Ref and the same words. 2. The same words, where no other milestone that is left on
    either side has them: it was renumbered. 3. The same Ref, and other words: it was reworded; not
    where ``reworded`` is false. What is not there has no partner. A blank Ref or blank words pair
    nothing by themselves; of several with the same Ref and words, those that agree in everything
    come first, then each in its turn. Raises nothing.
    """
    pairs = _Pairs(old, new)
    pairs.by_everything()
    pairs.link(pairs.words, alone=True)
    if reworded:
        pairs.link(pairs.refs)
    return pairs.found


class _Pairs:
    """The pairs of two plans, as they are found."""

    def __init__(self, old: Sequence[Milestone], new: Sequence[Milestone]) -> None:
        self.plans = old, new
        self.found: dict[int, int] = {}
        self.taken: set[int] = set()
        folded: dict[str, str] = {}  # the plans share most of their texts

        def fold(text: str) -> str:
            found = folded.get(text)
            if found is None:
                found = folded[text] = " ".join(text.split()).casefold()
            return found

        self.refs = [[fold(m.ref) for m in plan] for plan in self.plans]
        self.words = [[fold(m.milestone) for m in plan] for plan in self.plans]

    def by_everything(self) -> None:
        """The same Ref and words; of several such, first those that agree in every column."""
        names = [list(zip(*both, strict=True)) for both in zip(self.refs, self.words, strict=True)]
        several = {_NOTHING} | {
            name for each in names for name, count in Counter(each).items() if count > 1
        }
        self.link(
            [
                [
                    _everything(m) if name in several else None
                    for name, m in zip(each, plan, strict=True)
                ]
                for each, plan in zip(names, self.plans, strict=True)
            ]
        )
        self.link([[name if name != _NOTHING else None for name in each] for each in names])

    def link(self, keys: Sequence[Sequence[Hashable]], *, alone: bool = False) -> None:
        """Pair what is left and has a key in common, each in its turn; an empty key is none.

        ``alone``: only where no second that is left has the key.
        """
        mine = _places(keys[0], self.found)
        theirs = _places(keys[1], self.taken)
        for key, places in mine.items():
            others = theirs.get(key, ())
            if not alone or len(places) == len(others) == 1:
                for i, j in zip(places, others, strict=False):
                    self.found[i] = j
                    self.taken.add(j)


_NOTHING = ("", "")  # neither a Ref nor words


def _everything(milestone: Milestone) -> Hashable:
    raws = tuple(_cell(milestone, column).raw for column in COLUMNS)
    return raws, tuple(sorted(milestone.extra.items()))


def _places(keys: Sequence[Hashable], taken: Container[int]) -> dict[Hashable, list[int]]:
    """Where each key stands, among those that are not taken."""
    found: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        if key and place not in taken:
            found.setdefault(key, []).append(place)
    return found


class _Row(NamedTuple):
    """Where one milestone stands on each side."""

    issued: int | None
    master: int | None
    returned: int | None


def _rows(
    issued: Sequence[Milestone], master: Sequence[Milestone], returned: Sequence[Milestone]
) -> list[_Row]:
    """Each milestone of the three plans once."""
    by_master, by_returned = pair(issued, master), pair(issued, returned)
    rows = [_Row(i, by_master.get(i), by_returned.get(i)) for i in range(len(issued))]
    mine = _others(master, by_master.values())
    theirs = _others(returned, by_returned.values())
    both = pair([master[k] for k in mine], [returned[j] for j in theirs])
    rows += [_Row(None, k, theirs[both[n]] if n in both else None) for n, k in enumerate(mine)]
    rows += [_Row(None, None, theirs[n]) for n in _others(theirs, both.values())]
    return rows


def _others(all_of_them: Sequence[object], taken: Collection[int]) -> list[int]:
    there = set(taken)
    return [place for place in range(len(all_of_them)) if place not in there]


def _order(rows: Sequence[_Row], stays: Sequence[bool]) -> list[int]:
    """The rows in the order of the merged plan.

    Whether the master was re-sorted is judged by what ``stays``: what is gone cannot be seen in the
    merged plan, and so could not be judged again.
    """
    issued, master, returned = (
        [
            at
            for _, at in sorted(
                (row[side], at) for at, row in enumerate(rows) if row[side] is not None
            )
        ]
        for side in range(3)
    )
    as_issued = [i for at in master if (i := rows[at].issued) is not None and stays[at]]
    sorted_anew = any(i > j for i, j in pairwise(as_issued))
    first, second = (master, returned) if sorted_anew else (returned, master)
    return _put_in(_put_in(first, second), issued)


def _put_in(order: Sequence[int], other: Sequence[int]) -> list[int]:
    """An order with what it lacks of another: each after the one that it follows there."""
    there = set(order)
    following: dict[int, list[int]] = {}
    last = -1  # before the first
    for at in other:
        if at in there:
            last = at
        else:
            following.setdefault(last, []).append(at)
    merged = following.get(-1, [])
    for at in order:
        merged.append(at)
        merged += following.get(at, ())
    return merged
