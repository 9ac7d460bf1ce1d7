"""Reconcile: what the leads' returns say, held against the plan, and what is proposed for each.

    said = said_in(reply)                       # one return, as read
    changes = hold_against(plan, said)          # as the plan is now
    update = settle(changes, plan)              # what is decided: cells to write, rows to add

A return speaks only for the milestones that were sent in it. Whatever is not certain, not agreed or
not allowed is put to the officer and never chosen beforehand. A date is *proposed*: it becomes the
revised date when someone has approved it and a reason is given. Comments are added, as dated notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from agsxl.dates import read_target
from agsxl.grid import Value
from agsxl.merging import Outcome, same_value
from agsxl.plan import Milestone, Plan
from agsxl.posts import post_key
from agsxl.returns import Answer, Reply, folded
from agsxl.settings import Settings
from agsxl.statuses import StatusValue, read_status
from agsxl.words import COLUMNS, DATE_MOVED, spoken

WITHDRAWN = "Withdrawn"  # what a milestone's status becomes when the officer agrees that it goes


Texts = Callable[[Milestone, str], str]


class Decision(StrEnum):
    """What the officer chose on the Replies sheet; on screen: Keep plan, Take lead's."""

    OPEN = ""
    KEEP = "keep"
    TAKE = "take"


class Kind(StrEnum):
    """What sort of thing a return says."""

    ANSWER = "answer"
    NOT_ALLOWED = "not allowed"
    ADDED = "added"
    WITHDRAWN = "withdrawn"
    NO_CHANGE = "no change"  # nothing to write; it takes the place of what the lead said before


class Said(NamedTuple):
    """One thing that one return says of one milestone.

    ``words`` are the milestone's as issued, ``issued`` the text of the cell as issued, ``raw`` what
    came back, ``value`` what would be written, ``at`` when the lead said it. ``row`` holds a whole
    new row, by column; ``base`` every column as issued. What is not ``usable`` has a ``flag`` that
    says why; what was answered again later is ``superseded``, and says by what.
    """

    file: str
    lead: str
    round: date
    at: datetime
    ref: str
    words: str
    column: str
    issued: str
    raw: str
    value: Value = None
    reason: str = ""
    flag: str = ""
    kind: Kind = Kind.ANSWER
    row: Mapping[str, str] = {}
    base: Mapping[str, str] = {}
    usable: bool = True
    superseded: str = ""

    @property
    def day(self) -> date:
        """The day on which the lead said it."""
        return self.at.date()

    @property
    def text(self) -> str:
        """What would be written where a text is wanted."""
        return self.value if isinstance(self.value, str) else self.raw

    @property
    def key(self) -> Key:
        """By what it is known again in the next run."""
        value = self.value.isoformat() if isinstance(self.value, date) else self.raw
        return Key(
            post_key(self.lead),
            self.round,
            self.ref.casefold(),
            self.column,
            " ".join(value.split()),
        )


class Key(NamedTuple):
    """What makes one thing said the same thing in the next run, whatever its file is called."""

    lead: str
    round: date
    ref: str
    column: str
    raw: str


class Kept(NamedTuple):
    """What an earlier update settled in the plan's favour, as the change log has it.

    ``said_by`` is who said it in which round; the log has the file's name behind it.
    """

    said_by: str
    ref: str
    column: str
    returned: str


class Seen(NamedTuple):
    """What the officer saw of the plan when deciding: a decision is about that and nothing else."""

    outcome: str
    master: str
    words: str


class Decided(NamedTuple):
    """What the officer entered for one thing said, and what was seen then (None: as it is now)."""

    decision: Decision = Decision.OPEN
    approved_by: str = ""
    reason: str = ""
    seen: Seen | None = None


class Change(NamedTuple):
    """One thing said, held against the plan. None stands for a milestone that a side has not.

    ``accept`` is whether it will be written: because the officer chose it, or because there is
    nothing to decide. ``why`` is the sentence that says what is to be decided, or why it cannot be.
    ``doubt`` is why it is not sure that this is the milestone meant, "" where it is.
    """

    ref: str
    column: str
    issued: str | None
    master: str | None
    returned: str | None
    outcome: Outcome
    accept: bool
    why: str
    said: Said
    milestone: Milestone | None = None
    decided: Decided = Decided()
    doubt: str = ""

    @property
    def waits(self) -> bool:
        """The officer has something to decide or to mend before it is settled."""
        return (
            not self.accept
            and self.decided.decision is not Decision.KEEP
            and not self.said.superseded
            and self.outcome not in (Outcome.SAME_CHANGE, Outcome.MASTER_ONLY)
        )

    @property
    def in_conflict(self) -> bool:
        """Both sides moved and disagree."""
        return self.outcome in (Outcome.CONFLICT, Outcome.WITHDRAWN_BUT_EDITED)


# -- what a return says ------------------------------------------------------------------------


def said_in(replies: Iterable[Reply]) -> list[Said]:
    """Everything that some returns say, the earlier return first.

    They are put in order by round, then by when they were last saved, then as they were given.
    """
    ordered = sorted(replies, key=lambda r: (r.round, r.saved or datetime.min))
    return [said for reply in ordered for said in _said(reply)]


def _said(reply: Reply) -> list[Said]:
    at = reply.saved or datetime.combine(reply.round, time())

    def of(name: str, column: str, raw: str, **more: Any) -> Said:
        base = reply.issued.get(name, {})
        ref = base.get(
            "ref", name
        )  # its name in the return is another where the Ref is blank or twice
        return Said(
            reply.file, reply.lead, reply.round, at, ref, base.get("milestone", ""), column,
            base.get(column, ""), raw, base=base, **more,
        )  # fmt: skip

    def answer(given: Answer, kind: Kind) -> Said:
        return of(
            given.ref, given.column, given.raw, value=given.value, reason=given.reason,
            flag=given.flag, kind=kind, usable=given.usable or kind is Kind.NOT_ALLOWED,
        )  # fmt: skip

    said = [answer(a, Kind.ANSWER) for a in reply.answers]
    said += [answer(a, Kind.NOT_ALLOWED) for a in reply.not_allowed]
    said += [of(r.get("ref", ""), "", as_lines(r), kind=Kind.ADDED, row=r) for r in reply.added]
    said += [of(ref, "", "", kind=Kind.WITHDRAWN) for ref in reply.withdrawn]
    said += [of(ref, "", "", kind=Kind.NO_CHANGE) for ref in reply.no_change]
    return said


def as_lines(row: Mapping[str, str]) -> str:
    """A whole row as one text, a line for each column: ``as_lines({"ref": "A7"})`` is "Ref: A7"."""
    return "\n".join(f"{COLUMNS.get(c, c)}: {' '.join(t.split())}" for c, t in row.items() if t)


def of_lines(text: str) -> dict[str, str]:
    """The row that ``as_lines`` made a text of."""
    columns = {heading: column for column, heading in COLUMNS.items()}
    parts = (line.partition(": ") for line in text.split("\n"))
    return {columns.get(heading, heading): value for heading, mark, value in parts if mark}


# -- holding it against the plan ---------------------------------------------------------------


def hold_against(
    master: Plan,
    said: Sequence[Said],
    *,
    settings: Settings | None = None,
    decided: Mapping[Key, Decided] | None = None,
    kept: Mapping[Kept, datetime | None] = MappingProxyType({}),
    texts: Texts = Milestone.text,
) -> list[Change]:
    """Hold what the returns say against the plan as it is now, in the plan's order.

    >>> [c.outcome for c in hold_against(plan, said)][:1]  # doctest: +SKIP
    [<Outcome.RETURNED_ONLY: 'returned only'>]

    ``said`` stands in the order of ``said_in``: of two answers by one lead the later wins, and both
    are shown. ``decided`` is what the officer entered on the Replies sheet; ``kept`` what an
    earlier update settled in the plan's favour, for good or for what was said until then; ``texts`` gives what a cell holds to the letter, where
    more is known than the plan says. Definitions: CONTRACT.md, ``agsxl reconcile``.
    """
    chosen = settings or master.settings
    finder = _Finder(master)
    judge = _Judge(master, chosen, finder, texts)
    # The same thing may be read twice: from a file and from Replies, or from a copy of the file.
    once: dict[Key, Said] = {}
    for each in said:
        if each.kind is not Kind.NO_CHANGE:
            first = once.setdefault(each.key, each)
            if each.at > first.at:  # said once more: after what was said in between
                once[each.key] = each
    judged = [judge.judge(each, (decided or {}).get(each.key), kept) for each in once.values()]
    ticks = [each for each in said if each.kind is Kind.NO_CHANGE]
    settled = [_if_still_so(change) for change in _later_wins(judged, ticks, finder)]
    changes = _one_a_cell([_chosen(change) for change in settled])
    changes += _master_only(master, said, finder, changes)
    return sorted(changes, key=_place)


def _place(change: Change) -> tuple[int, int]:
    row = change.milestone.where.row if change.milestone is not None else 1_000_000_000
    names = list(COLUMNS)
    return row, names.index(change.column) if change.column in names else len(names)


class _Finder:
    """Finds the milestone that a return speaks of: by Ref and words, so that a renumbered plan
    never takes an answer for the wrong milestone."""

    def __init__(self, master: Plan) -> None:
        self._by_ref: dict[str, list[Milestone]] = {}
        self._by_words: dict[str, list[Milestone]] = {}
        for milestone in master.milestones:
            self._by_ref.setdefault(milestone.ref.casefold(), []).append(milestone)
            self._by_words.setdefault(folded(milestone.milestone), []).append(milestone)

    def find(self, ref: str, words: str) -> _Found:
        """The milestone, with a sentence where it is not simply the one of that Ref."""
        same_ref = self._by_ref.get(ref.casefold(), [])
        same_words = self._by_words.get(folded(words), []) if words else []
        both = [m for m in same_ref if any(m is other for other in same_words)]
        if len(both) == 1:
            return _Found(both[0])
        if not both and len(same_words) == 1:
            there = same_words[0]
            moved = f"It was {ref} when it was sent, and is {there.called} in the plan now."
            return _Found(there, moved)
        if len(same_ref) == 1:
            return _Found(same_ref[0], _REWORDED, sure=False) if words else _Found(same_ref[0])
        if same_ref:
            return _Found((both or same_ref)[0], f"{ref} {_TWICE}", sure=False)
        return _Found(None)

    def find_new(self, words: str) -> _Found:
        """The milestone that a row without a Ref has become, once the officer took it.

        Another milestone without a Ref is not it.
        """
        same_words = self._by_words.get(folded(words), []) if words else []
        for milestone in same_words:
            if not milestone.ref:
                return _Found(milestone)
        if same_words:
            return _Found(None, f"The plan has the same words already, as {same_words[0].called}.")
        return _Found(None)


class _Found(NamedTuple):
    milestone: Milestone | None
    doubt: str = ""
    sure: bool = True


_TWICE = "stands in the plan more than once; enter this in the row that is meant."
_REWORDED = (
    "The words of this milestone have changed since it was sent; see whether the answer still fits."
)


class _Judge:
    """Says of one thing said what came of it, and whether there is anything to decide."""

    def __init__(self, master: Plan, settings: Settings, finder: _Finder, texts: Texts) -> None:
        self.master = master
        self.settings = settings
        self.finder = finder
        self.texts = texts

    def judge(
        self, said: Said, decided: Decided | None, kept: Mapping[Kept, datetime | None]
    ) -> Change:
        """The change, as it is before the officer's decision is looked at."""
        if said.kind is Kind.ADDED and not said.ref:
            milestone, doubt, sure = self.finder.find_new(said.row.get("milestone", ""))
        else:
            milestone, doubt, sure = self.finder.find(said.ref, said.words)
        entered = decided or Decided()
        if entered.decision is Decision.OPEN and self._is_kept(said, milestone, kept):
            entered = entered._replace(decision=Decision.KEEP)
        outcome, accept, why = self._outcome(said, milestone)
        why = " ".join(filter(None, (doubt, why, said.flag)))
        return Change(
            ref=milestone.ref if milestone is not None else said.ref,
            column=said.column,
            issued=None if said.kind is Kind.ADDED else said.issued,
            master=None if milestone is None else _now(milestone, said.column),
            returned=None if said.kind is Kind.WITHDRAWN else said.raw,
            outcome=outcome,
            accept=accept and sure,
            why=why,
            said=said,
            milestone=milestone,
            decided=entered,
            doubt="" if sure else doubt,
        )

    @staticmethod
    def _is_kept(
        said: Said, milestone: Milestone | None, kept: Mapping[Kept, datetime | None]
    ) -> bool:
        key = kept_as(said, milestone)
        until = kept.get(key)
        return key in kept and (until is None or said.at <= until)

    def _outcome(self, said: Said, milestone: Milestone | None) -> tuple[Outcome, bool, str]:
        if said.kind is Kind.ADDED:
            return self._added(said, milestone)
        if said.kind is Kind.WITHDRAWN:
            return self._withdrawn(said, milestone)
        if milestone is None:
            return (
                Outcome.WITHDRAWN_BUT_EDITED, False,
                f"{said.ref} is not in the plan any more; if it should be, put it back and read the "
                "return again.",
            )  # fmt: skip
        if said.kind is Kind.NOT_ALLOWED or said.column not in self.settings.return_columns:
            if same_value(said.column, said.raw, _now(milestone, said.column)):
                return Outcome.SAME_CHANGE, False, ""
            name = COLUMNS.get(said.column, said.column)
            return (
                Outcome.NOT_ALLOWED, False,
                f"A return may not change {name}; if the lead is right, change it in the plan.",
            )  # fmt: skip
        if not said.usable:
            return Outcome.INVALID, False, "" if said.flag else _no_date(said.raw)
        return _ANSWERED[said.column](self, said, milestone)

    def _added(self, said: Said, milestone: Milestone | None) -> tuple[Outcome, bool, str]:
        if milestone is not None and folded(milestone.milestone) == folded(
            said.row.get("milestone", "")
        ):
            return Outcome.SAME_CHANGE, False, ""
        if milestone is not None and said.ref:
            return (
                Outcome.CONFLICT, False,
                f"The lead added a milestone under {said.ref}, which the plan has already.",
            )  # fmt: skip
        return Outcome.ADDED, False, "The lead added this milestone; take it, or keep the plan."

    def _withdrawn(self, said: Said, milestone: Milestone | None) -> tuple[Outcome, bool, str]:
        if milestone is None:
            return Outcome.SAME_CHANGE, False, ""
        edited = [c for c in said.base if not same_value(c, said.base[c], _now(milestone, c))]
        if edited:
            names = ", ".join(COLUMNS.get(c, c) for c in edited)
            return (
                Outcome.WITHDRAWN_BUT_EDITED, False,
                f"The lead took this row out, and the plan has changed since it was sent ({names}).",
            )  # fmt: skip
        return (
            Outcome.WITHDRAWN, False,
            "The lead took this row out: was it to be withdrawn, or had they nothing to say?",
        )  # fmt: skip

    def _status(self, said: Said, milestone: Milestone) -> tuple[Outcome, bool, str]:
        value = read_status(said.raw, colours=self.settings.colours).value
        own = {status.casefold() for status in self.settings.statuses}
        if value in (StatusValue.UNKNOWN, StatusValue.BLANK) and said.raw.casefold() not in own:
            return (
                Outcome.INVALID, False,
                f"{said.raw!r} is no status that agsxl or the plan knows; ask what was meant.",
            )  # fmt: skip
        return self._three_ways(said, milestone.status.raw)

    def _three_ways(self, said: Said, now: str) -> tuple[Outcome, bool, str]:
        if same_value(said.column, said.raw, now):
            return Outcome.SAME_CHANGE, False, ""
        if same_value(said.column, said.issued, now):
            return Outcome.RETURNED_ONLY, True, ""
        name = COLUMNS.get(said.column, said.column)
        return Outcome.CONFLICT, False, f"Both changed {name}: since it was sent, the plan has too."

    def _date(self, said: Said, milestone: Milestone) -> tuple[Outcome, bool, str]:
        now = milestone.revised_date or (
            milestone.forecast if not milestone.revised.raw.strip() else None
        )
        if said.value == now:
            return Outcome.SAME_CHANGE, False, ""
        if not same_value("revised", said.issued, milestone.revised.raw):
            return (
                Outcome.CONFLICT, False,
                f"Since it was sent, the plan's revised date has changed from "
                f"{said.issued or 'blank'} to {milestone.revised.raw or 'blank'}.",
            )  # fmt: skip
        most = self.settings.most_moves
        if most is not None and milestone.moves >= most:
            if self.settings.refuse_beyond_limit:
                return Outcome.NOT_ALLOWED, False, f"{_moved(milestone)}; Settings allow no more."
            return Outcome.PROPOSED_DATE, False, f"{_moved(milestone)}; Settings allow no more."
        return Outcome.PROPOSED_DATE, False, ""

    def _comment(self, said: Said, milestone: Milestone) -> tuple[Outcome, bool, str]:
        if _noted(self.texts(milestone, "comments"), said):
            return Outcome.SAME_CHANGE, False, ""
        return Outcome.RETURNED_ONLY, True, ""

    def _evidence(self, said: Said, milestone: Milestone) -> tuple[Outcome, bool, str]:
        if "evidence" not in self._columns():
            return self._comment(said, milestone)
        now = self.texts(milestone, "evidence")
        if _has_note(now, said.text):
            return Outcome.SAME_CHANGE, False, ""
        return self._three_ways(said, now)

    def _completed(self, said: Said, milestone: Milestone) -> tuple[Outcome, bool, str]:
        assert isinstance(said.value, date)  # what is no date is not usable
        if said.value > said.day:
            return (
                Outcome.INVALID, False,
                f"{spoken(said.value)} lies after the day it was answered ({spoken(said.day)}); ask "
                "whether it is complete.",
            )  # fmt: skip
        if "completed" not in self._columns():
            return self._comment(said, milestone)
        return self._three_ways(said, milestone.text("completed"))

    def _columns(self) -> Collection[str]:
        return self.master.columns or COLUMNS


_ANSWERED = {
    "status": _Judge._status,
    "revised": _Judge._date,
    "comments": _Judge._comment,
    "evidence": _Judge._evidence,
    "completed": _Judge._completed,
}


def kept_as(said: Said, milestone: Milestone | None) -> Kept:
    """How the change log will know again that the plan's value was kept against this."""
    ref = milestone.ref if milestone is not None else said.ref
    returned = f"{said.value:%d/%m/%Y}" if isinstance(said.value, date) else said.raw
    return Kept(_said_by(said), ref, said.column, " ".join(returned.split()))


def _moved(milestone: Milestone) -> str:
    times = {1: "once", 2: "twice"}.get(milestone.moves, f"{milestone.moves} times")
    return f"Its date has moved {times} already" if milestone.moves else "Its date may not move"


def _no_date(raw: str) -> str:
    target = read_target(raw)
    if target.suggestion is not None:
        return f"{raw!r} is not certain (perhaps {spoken(target.suggestion)}); ask which day was meant."
    return f"{raw!r} is not a date; ask which day was meant."


def _now(milestone: Milestone, column: str) -> str:
    return milestone.text(column) if column else milestone.milestone


def note(said: Said) -> str:
    """What a lead said as the dated note that is added to the comments.

    >>> note(said)  # doctest: +SKIP
    '30/09/2017 (Head of Finance): Booked for November.'
    """
    text = said.text.strip()
    if said.column == "evidence":
        text = f"Evidence: {text}"
    elif said.column == "completed" and isinstance(said.value, date):
        text = f"Completed on {spoken(said.value)}."
    return f"{said.day:%d/%m/%Y} ({said.lead}): {text}"


def _noted(text: str, said: Said) -> bool:
    """Whether the comments have this note already, from this round or later.

    A return that is saved again says it on another day; what was said in an earlier round is
    another note, though the words be the same.
    """
    folded = " ".join(text.split())
    rest = " ".join(note(said).split())[len("dd/mm/yyyy") :]
    dated = re.finditer(rf"(?:^|\s)(\d\d)/(\d\d)/(\d{{4}}){re.escape(rest)}{_NOTE_ENDS}", folded)
    days = [f"{found[3]}-{found[2]}-{found[1]}" for found in dated]
    return any(day >= said.round.isoformat() for day in days)


_NOTE_ENDS = r"(?=$|\s\d\d/\d\d/\d{4} \()"


def _has_note(text: str, added: str) -> bool:
    """Whether some words stand in a text as a whole, so that they are never added twice."""
    folded, wanted = (" ".join(t.split()) for t in (text, added))
    return bool(re.search(rf"(?:^|\s){re.escape(wanted)}{_NOTE_ENDS}", folded))


def _later_wins(changes: list[Change], ticks: Sequence[Said], finder: _Finder) -> list[Change]:
    """Of two answers about one cell the later wins, if one lead gave both; if two did, nobody does.

    A later No change takes the place of everything that the lead said of the milestone before.
    """
    by_cell: dict[tuple[int, str], list[int]] = {}
    for index, change in enumerate(changes):
        if change.said.kind is Kind.ANSWER and change.milestone is not None:
            by_cell.setdefault((change.milestone.where.row, change.column), []).append(index)
    last_tick = _last_ticks(ticks, finder)
    for (row, column), indexes in by_cell.items():
        indexes.sort(key=lambda i: (changes[i].said.round, changes[i].said.at))
        last_of = {post_key(changes[i].said.lead): i for i in indexes}
        for i in indexes:
            said = changes[i].said
            last = changes[last_of[post_key(said.lead)]].said
            tick = last_tick.get((row, post_key(said.lead)))
            by = said.superseded
            if tick is not None and (tick.round, tick.at) > (said.round, said.at):
                by = f"{SUPERSEDED}: No change was ticked in {tick.file}."
            elif last is not said:
                by = f"{SUPERSEDED}, in {last.file}."
            if by:
                changes[i] = changes[i]._replace(
                    accept=False, why=by, said=said._replace(superseded=by)
                )
        finals = [i for i in indexes if not changes[i].said.superseded]
        if len(finals) > 1 and column not in _ADDED_TO:
            _say_where_leads_differ(changes, finals)
    return changes


SUPERSEDED = "Answered again later"


def _last_ticks(ticks: Sequence[Said], finder: _Finder) -> dict[tuple[int, str], Said]:
    """The last No change of each lead for each milestone, by its row."""
    found: dict[tuple[int, str], Said] = {}
    for tick in sorted(ticks, key=lambda t: (t.round, t.at)):
        milestone = finder.find(tick.ref, tick.words).milestone
        if milestone is not None:
            found[milestone.where.row, post_key(tick.lead)] = tick
    return found


def _say_where_leads_differ(changes: list[Change], finals: Sequence[int]) -> None:
    """Two leads' answers for one cell, if they are not the same, are a conflict."""
    first = changes[finals[0]]
    if all(same_value(first.column, first.said.raw, changes[i].said.raw) for i in finals):
        return
    for i in finals:
        if changes[i].outcome is Outcome.INVALID:
            continue
        others = "; ".join(
            f"{changes[j].said.lead} says {changes[j].said.raw}" for j in finals if j != i
        )
        changes[i] = changes[i]._replace(
            outcome=Outcome.CONFLICT, accept=False, why=f"The leads differ: {others}."
        )


def _if_still_so(change: Change) -> Change:
    """The change without the officer's decision, where that was about another state of the plan."""
    seen = change.decided.seen
    if seen is None or change.decided.decision is not Decision.TAKE:
        return change
    words = change.milestone.milestone if change.milestone is not None else change.said.words
    same = (
        seen.outcome == change.outcome
        and same_value(change.column or "milestone", seen.master, change.master or "")
        and folded(seen.words) == folded(words)
    )
    if same:
        return change
    again = "The plan or another answer has changed since this was decided; decide it again."
    return change._replace(
        decided=change.decided._replace(decision=Decision.OPEN),
        why=" ".join(filter(None, (change.why, again))),
    )


def _one_a_cell(changes: list[Change]) -> list[Change]:
    """Two different answers for one cell cannot both be taken: neither is, until one is chosen."""
    taken: dict[tuple[int, str], list[int]] = {}
    for index, change in enumerate(changes):
        if change.accept and change.milestone is not None and change.column not in _ADDED_TO:
            taken.setdefault((change.milestone.where.row, change.column), []).append(index)
    for indexes in taken.values():
        if len({changes[i].said.raw.casefold() for i in indexes}) > 1:
            for i in indexes:
                changes[i] = changes[i]._replace(
                    accept=False, why="Two answers are taken for this cell; take one of them."
                )
    return changes


_ADDED_TO = ("comments", "evidence", "")
_NEVER_TAKEN = (
    Outcome.NOT_ALLOWED, Outcome.INVALID, Outcome.SAME_CHANGE, Outcome.MASTER_ONLY,
)  # fmt: skip


def _chosen(change: Change) -> Change:
    """The change with the officer's decision: what may not be taken is not, and says why."""
    decision = change.decided.decision
    if decision is Decision.KEEP or change.outcome in _NEVER_TAKEN:
        return change._replace(accept=False)
    if change.outcome is Outcome.ADDED:
        return _added_if_approved(change)
    if change.outcome is Outcome.WITHDRAWN_BUT_EDITED and change.milestone is None:
        return change._replace(accept=False)
    if change.column == "revised":
        lacking = [
            what
            for what, there in (
                ("who approved it", change.decided.approved_by),
                ("a reason", change.decided.reason or change.said.reason),
            )
            if not there.strip()
        ]
        if decision is Decision.TAKE and not lacking:
            return change._replace(accept=True)
        wanted = (
            f"Enter {' and '.join(lacking)} to take it."
            if lacking
            else "Approve it, or keep the plan."
        )
        return change._replace(accept=False, why=" ".join(filter(None, (change.why, wanted))))
    if decision is Decision.TAKE:
        return change._replace(accept=True)
    return change


def _added_if_approved(change: Change) -> Change:
    """A new row is taken when the officer says so; with a date in it, also who approved that."""
    if change.decided.decision is not Decision.TAKE:
        return change
    if change.said.row.get("revised") and not change.decided.approved_by.strip():
        return change._replace(accept=False, why="It has a date: enter who approved it to take it.")
    return change._replace(accept=True)


def _master_only(
    master: Plan, said: Sequence[Said], finder: _Finder, changes: Sequence[Change]
) -> list[Change]:
    """What the plan changed since a return was sent and the return says nothing about."""
    answered = {(c.milestone.where.row, c.column) for c in changes if c.milestone is not None}
    found: dict[tuple[int, str], Change] = {}
    for each in said:
        milestone = finder.find(each.ref, each.words).milestone
        if milestone is None or each.kind is not Kind.ANSWER:
            continue
        for column, issued in each.base.items():
            place = milestone.where.row, column
            if place in answered or same_value(column, issued, milestone.text(column)):
                continue
            found[place] = Change(
                milestone.ref, column, issued, milestone.text(column), issued, Outcome.MASTER_ONLY,
                False, "", each._replace(column=column, issued=issued, raw=issued), milestone,
            )  # fmt: skip
    return list(found.values())


# -- what is decided ---------------------------------------------------------------------------


class Write(NamedTuple):
    """One cell of the plan to write, by the milestone's row and the column's name."""

    milestone: Milestone
    column: str
    value: Value
    source: str
    reason: str = ""
    approved_by: str = ""


@dataclass(slots=True)
class Update:
    """What an update does: cells written, rows added, decisions to keep the plan, what still stands."""

    writes: list[Write] = field(default_factory=list)
    added: list[Change] = field(default_factory=list)
    taken: list[Change] = field(default_factory=list)
    kept: list[Change] = field(default_factory=list)
    standing: list[Change] = field(default_factory=list)


def settle(changes: Iterable[Change], master: Plan, *, texts: Texts = Milestone.text) -> Update:
    """What is decided becomes writes; what is not stands.

    Two notes on one milestone are both added, to what the cell holds to the letter (``texts``).
    Nothing is written for a conflict without a decision.
    """
    update = Update()
    grown: dict[tuple[int, str], str] = {}

    def text(milestone: Milestone, column: str) -> str:
        return grown.get((milestone.where.row, column)) or texts(milestone, column)

    for change in changes:
        if change.accept:
            update.taken.append(change)
            if change.outcome is Outcome.ADDED:
                update.added.append(change)
            elif change.milestone is not None:
                _write(update, change, change.milestone, master, text, grown)
        elif change.outcome in (Outcome.SAME_CHANGE, Outcome.MASTER_ONLY):
            continue
        elif change.decided.decision is Decision.KEEP or change.said.superseded:
            update.kept.append(change)
        elif change.waits:
            update.standing.append(change)
    return update


def said_by_in(source: str) -> str:
    """Who said it and in which round, of a source in the change log: ``source_of`` without the file."""
    return source.rpartition(" (")[0]


def source_of(said: Said) -> str:
    """Where a change came from, for the change log."""
    return f"{_said_by(said)} ({said.file})"


def _said_by(said: Said) -> str:
    return f"{said.lead}, round {spoken(said.round)}"


def _write(
    update: Update,
    change: Change,
    milestone: Milestone,
    master: Plan,
    texts: Texts,
    grown: dict[tuple[int, str], str],
) -> None:
    said, source = change.said, source_of(change.said)
    columns = master.columns or COLUMNS
    reason = change.decided.reason or said.reason
    approved = change.decided.approved_by

    def put(column: str, value: Value) -> None:
        place = milestone.where.row, column
        update.writes[:] = [w for w in update.writes if (w.milestone.where.row, w.column) != place]
        update.writes.append(Write(milestone, column, value, source, reason, approved))

    def add(column: str, text: str) -> None:
        before = texts(milestone, column).rstrip()
        whole = f"{before}\n{text}" if before else text
        grown[milestone.where.row, column] = whole
        put(column, whole)

    if said.kind is Kind.WITHDRAWN:
        put("status", WITHDRAWN)
        add("comments", f"{said.day:%d/%m/%Y} ({said.lead}): withdrawn.")
    elif change.column == "comments" or change.column not in columns:
        add("comments", note(said))
    elif change.column == "evidence":
        add("evidence", said.text.strip())
    elif change.column == "revised":
        put("revised", said.value)
        moved = f"{said.day:%d/%m/%Y} ({said.lead}): {DATE_MOVED} {_day(said.value)}"
        if "reason" in columns:
            put("reason", reason)
        if "approved_by" in columns:
            put("approved_by", approved)
        told = [] if "reason" in columns else [reason]
        told += [] if "approved_by" in columns else [f"approved by {approved}"]
        if told:
            add("comments", f"{moved}: {'; '.join(told)}.")
    else:
        put(change.column, said.value if said.value is not None else said.raw)


def _day(value: Value) -> str:
    return spoken(value) if isinstance(value, date) else str(value)


__all__ = [
    "SUPERSEDED",
    "Change",
    "Decided",
    "Decision",
    "Kept",
    "Key",
    "Kind",
    "Said",
    "Seen",
    "Update",
    "Write",
    "as_lines",
    "hold_against",
    "kept_as",
    "note",
    "of_lines",
    "said_by_in",
    "said_in",
    "settle",
    "source_of",
]  # fmt: skip
