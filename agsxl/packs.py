"""The facts of a committee pack: how the plan stands on a day, and what changed since an earlier one.

    pack = pack_of(plan, as_of=date(2026, 9, 30), log=log, earlier=earlier)
    pack.now.counts.overdue, pack.then.counts.overdue       # 7, 5
    pack.newly_overdue[0].milestone.ref                     # "B4"

Every figure is counted here once, from the milestones themselves; the pages only say it. What is not
known is None and counted apart, never 0. Where nothing earlier is known, ``earlier`` is None, and so is
everything that would have changed since. Each milestone is counted once, whatever its Ref.

CIPFA/SOLACE, Delivering Good Governance: the action plan of an Annual Governance Statement is monitored,
and says how last year's issues were resolved. Global Internal Audit Standards 15.2: that something was
implemented is confirmed, and an action that misses its date needs a recorded explanation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from agsxl.history import DateMove, Log, unique_keys
from agsxl.movements import (
    COMPLETION_UNKNOWN,
    NO_BASELINE,
    UNDATED,
    Movement,
    Slippage,
    measure,
)
from agsxl.plan import Milestone, Plan, Timeliness
from agsxl.posts import post_key
from agsxl.rolling import LastYear, Resolved
from agsxl.rules import Finding, Severity
from agsxl.rules.standing import says_something
from agsxl.settings import Settings
from agsxl.statuses import StatusValue


class Since(NamedTuple):
    """The moment a pack is compared with: the label of a frozen copy ("" for a day), and the day it is of.

    ``note`` is a sentence where that is not the moment that was asked for. ``frozen`` is the day on which a
    copy was taken: it holds what was in the plan then, judged as on ``day``.
    """

    label: str
    day: date
    note: str = ""
    frozen: date | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The plan at an earlier moment.

    ``became`` says what each of its milestones is called now (``Log.became``; None for one that is gone),
    ``number`` is the last entry of the change log by then. ``gone`` are the date moves of those that the
    plan has no more (``Log.dates_of_gone``), ``passed`` are those that came since and went again
    (``Log.came_and_went``).
    """

    since: Since
    plan: Plan
    became: Mapping[str, str | None]
    number: int
    gone: Mapping[str, tuple[DateMove, ...]] = field(default_factory=dict)
    passed: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    """A later date that a lead asks for, as it stands on the Replies sheet.

    ``settled`` is True where an approver and a reason were entered, and the plan is not updated yet.
    """

    milestone: Milestone
    lead: str
    proposed: date
    reason: str
    settled: bool = False
    approved_by: str = ""


class Unplaced(NamedTuple):
    """A proposed date of which it is not sure which milestone it is for: as it was sent, and why."""

    ref: str
    words: str
    lead: str
    proposed: date
    why: str


class Counts(NamedTuple):
    """How many milestones a plan has, and how they stand on a day; the six kinds add up to all."""

    milestones: int
    complete: int
    overdue: int
    due: int
    later: int
    undated: int
    superseded: int


class Standing(NamedTuple):
    """A plan on a day: how its milestones stand, and how far they have moved.

    Where no milestone has a status, or none a date that can be read, some of the counts are 0 only
    because nothing is known: ``has_statuses``, ``has_dates``.
    """

    day: date
    counts: Counts
    slippage: Slippage
    has_statuses: bool
    has_dates: bool


class Placed(NamedTuple):
    """A milestone on the reporting date, and how it stood then.

    ``key`` is what it is called in the log. ``then`` is None where it was not in the plan, or nothing
    is known of then.
    """

    key: str
    milestone: Milestone
    movement: Movement
    then: Timeliness | None = None
    moves: tuple[DateMove, ...] = ()


class Completed(NamedTuple):
    """A milestone completed since: ``noticed`` is the day the change log first shows it as complete."""

    milestone: Milestone
    noticed: date | None


class Gone(NamedTuple):
    """A milestone that was in the plan then and is not now: as it was, and how it stood."""

    milestone: Milestone
    then: Timeliness


class Eased(NamedTuple):
    """A milestone that was overdue then and is not now: how it stands now, None where it was taken out."""

    milestone: Milestone
    now: Timeliness | None


class MovedDate(NamedTuple):
    """A move of an agreed date since: of which milestone, by how many days (None where not known)."""

    milestone: Milestone
    move: DateMove
    days: int | None


class Unread(NamedTuple):
    """A milestone whose revised date was certain then and can no longer be read: the date it was."""

    milestone: Milestone
    was: date


class ChangedBaseline(NamedTuple):
    """A milestone whose original target date was certain then and is another one, or none, now."""

    milestone: Milestone
    was: date


class Extension(NamedTuple):
    """A proposed date, later or earlier: it would be the ``nth`` date of the milestone.

    ``current`` is the current target date, ``days`` how much later the proposed one is, ``slippage`` how far
    that would be from the original; None where not known. ``beyond`` is the number of moves Settings
    allow, where one more would be too many.
    """

    milestone: Milestone
    lead: str
    current: date | None
    proposed: date
    reason: str
    nth: int
    days: int | None
    slippage: int | None
    beyond: int | None
    settled: bool
    approved_by: str


class Group(NamedTuple):
    """How the milestones of one theme stand."""

    name: str
    counts: Counts


class Track(NamedTuple):
    """A milestone's target date on each day of the trend; None where it had none, or was not in the plan.

    ``ends`` is complete or superseded on the days on which it was so: its line ends on the first of them,
    with the date completed where that is known, and goes on where it was open again.
    """

    name: str
    targets: tuple[date | None, ...]
    ends: tuple[Timeliness | None, ...]

    @property
    def ended(self) -> Timeliness | None:
        """Complete or superseded, where it is so on the last day."""
        return self.ends[-1]

    @property
    def completed(self) -> bool:
        """Its line ends because it was complete."""
        return self.ended is Timeliness.COMPLETE


@dataclass(frozen=True, slots=True)
class Course:
    """How target dates moved from one reporting date to the next: the facts of the milestone trend chart.

    ``moved`` is how many milestones moved at all between these days; ``tracks`` are those that are drawn.
    """

    days: tuple[date, ...]
    labels: tuple[str, ...]
    tracks: tuple[Track, ...]
    moved: int


class Frozen(NamedTuple):
    """The plan at one reporting date, for the trend; ``became`` as in ``Earlier``."""

    day: date
    label: str
    plan: Plan
    became: Mapping[str, str | None]


class Resolution(NamedTuple):
    """How one of last year's milestones was resolved, and where it goes on, how that stands now."""

    then: Resolved
    now: Placed | None


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that a pack says. Lists are in the plan's order, unless their names say otherwise.

    ``passed`` are milestones that were added since and taken out again: Ref and words.
    ``reopened`` are those that were complete then and are not now, superseded ones too.

    None stands for what cannot be known without an earlier moment (``since``, ``then`` and what changed).
    """

    plan: Plan
    settings: Settings
    as_of: date
    milestones: tuple[Placed, ...]
    now: Standing
    then: Standing | None
    since: Since | None
    completed: tuple[Completed, ...] | None
    reopened: tuple[Milestone, ...] | None
    newly_overdue: tuple[Placed, ...] | None
    eased: tuple[Eased, ...] | None
    moved: tuple[MovedDate, ...] | None
    unread: tuple[Unread, ...] | None
    baselines_changed: tuple[ChangedBaseline, ...] | None
    added: tuple[Placed, ...] | None
    gone: tuple[Gone, ...] | None
    passed: tuple[tuple[str, str], ...]
    asked: tuple[Extension, ...] | None
    unplaced: tuple[Unplaced, ...]
    longest: tuple[Placed, ...]
    without_evidence: tuple[Milestone, ...]
    unmeasured: tuple[Placed, ...]
    themes: tuple[Group, ...]
    course: Course | None
    last_year: LastYear | None
    resolutions: tuple[Resolution, ...]
    queries: Mapping[Severity, int]
    log_faults: tuple[str, ...]
    not_compared: str = ""  # why nothing earlier is known, where it is not
    reported_later: date | None = None  # the latest reporting date after this one, by the log

    @property
    def changed(self) -> bool:
        """Whether anything in the plan itself is other than then, as far as this pack can tell."""
        came_or_went = self.added or self.gone or self.passed
        return bool(self.completed or self.reopened or self.moved or came_or_went)


_KINDS = {
    Timeliness.COMPLETE: "complete", Timeliness.OVERDUE: "overdue", Timeliness.DUE: "due",
    Timeliness.LATER: "later", Timeliness.UNDATED: "undated", Timeliness.SUPERSEDED: "superseded",
}  # fmt: skip


def counts_of(movements: Iterable[Movement]) -> Counts:
    """How many milestones stand how.

    >>> counts_of(measure(plan, as_of=day).movements).overdue  # doctest: +SKIP
    7
    """
    found = Counter(_KINDS[movement.timeliness] for movement in movements)
    return Counts(milestones=found.total(), **{name: found[name] for name in _KINDS.values()})


def pack_of(
    plan: Plan,
    *,
    as_of: date,
    log: Log | None = None,
    earlier: Earlier | None = None,
    asked: Sequence[Asked] | None = None,
    unplaced: Sequence[Unplaced] = (),
    findings: Sequence[Finding] = (),
    frozen: Sequence[Frozen] = (),
    last_year: LastYear | None = None,
    settings: Settings | None = None,
    not_compared: str = "",
    reported_later: date | None = None,
) -> Pack:
    """The facts of a pack on a reporting date.

    >>> pack_of(plan, as_of=date(2026, 9, 30)).now.counts.complete  # doctest: +SKIP
    21

    ``log`` is the plan's change log with everything that the plan holds now (``Log.noticed`` entered);
    ``asked`` are the dates leads ask for, None where the plan keeps no replies, and ``unplaced`` those
    that are for no certain milestone. ``findings`` are those of a check on the same day; ``frozen`` the plan at earlier reporting dates, oldest first. Raises
    nothing.
    """
    chosen = settings or plan.settings
    now = _standing(plan, as_of, chosen)
    keys = unique_keys(m.ref for m in plan.milestones)
    log = log if log is not None and log.snapshots else None
    then = _standing(earlier.plan, earlier.since.day, chosen) if earlier is not None else None
    before = _then(earlier, then)
    every = tuple(
        Placed(
            key, milestone, movement,
            then=before[key][1].timeliness if key in before else None,
            moves=log.dates_of(key, reference=plan.reference) if log is not None else (),
        )
        for key, milestone, movement in zip(keys, plan.milestones, now.slippage.movements, strict=True)
    )  # fmt: skip
    changes = _Changes(every, before, log, earlier, then)
    return Pack(
        plan=plan,
        settings=chosen,
        as_of=as_of,
        milestones=every,
        now=now,
        then=then,
        since=earlier.since if earlier is not None else None,
        completed=changes.completed(),
        reopened=changes.reopened(),
        newly_overdue=changes.newly_overdue(),
        eased=changes.eased(),
        moved=changes.moved(),
        unread=changes.unread(),
        baselines_changed=changes.baselines_changed(),
        added=changes.added(),
        gone=changes.gone(),
        passed=earlier.passed if earlier is not None else (),
        asked=_extensions(asked, every, chosen) if asked is not None else None,
        unplaced=tuple(unplaced),
        longest=tuple(
            sorted(
                (p for p in every if (p.movement.slippage_days or 0) > 0),
                key=lambda p: -(p.movement.slippage_days or 0),
            )
        ),
        without_evidence=tuple(m for m in plan.milestones if _lacks_evidence(m)),
        unmeasured=tuple(
            p for p in every if p.movement.basis in (NO_BASELINE, UNDATED, COMPLETION_UNKNOWN)
        ),
        themes=_themes(every),
        course=_course(every, frozen, as_of),
        last_year=last_year,
        resolutions=_resolutions(last_year, every),
        queries=_queries(findings),
        log_faults=plan.log_faults,
        not_compared=not_compared,
        reported_later=reported_later,
    )


def _standing(plan: Plan, day: date, settings: Settings) -> Standing:
    measured = measure(plan, as_of=day, settings=settings)
    none = not plan.milestones
    return Standing(
        day,
        counts_of(measured.movements),
        measured,
        has_statuses=none or any(m.status.raw for m in plan.milestones),
        has_dates=none or any(movement.forecast for movement in measured.movements),
    )


def _lacks_evidence(milestone: Milestone) -> bool:
    """As rule S407 has it; also where that rule is switched off."""
    return milestone.status.value == StatusValue.COMPLETE and not (
        says_something(milestone.evidence) or says_something(milestone.comments)
    )


def _queries(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    found = Counter(finding.severity for finding in findings)
    return {severity: found[severity] for severity in Severity}


# -- what changed since ------------------------------------------------------------------------

_Before = Mapping[str, tuple[Milestone, Movement]]


def _then(earlier: Earlier | None, then: Standing | None) -> _Before:
    """Each milestone of then that is still in the plan, by what it is called now."""
    if earlier is None or then is None:
        return {}
    keys = unique_keys(m.ref for m in earlier.plan.milestones)
    rows = zip(keys, earlier.plan.milestones, then.slippage.movements, strict=True)
    # A frozen copy that no longer fits its log still has its Refs.
    called = ((earlier.became.get(key, key), milestone, mv) for key, milestone, mv in rows)
    return {key: (milestone, mv) for key, milestone, mv in called if key is not None}


class _Changes:
    """What is other now than then; each answer is None where nothing is known of then."""

    def __init__(
        self,
        every: Sequence[Placed],
        before: _Before,
        log: Log | None,
        earlier: Earlier | None,
        then: Standing | None,
    ) -> None:
        self.every = every
        self.before = before
        self.log = log
        self.earlier = earlier
        self.then = then

    def completed(self) -> tuple[Completed, ...] | None:
        if self.earlier is None:
            return None
        return tuple(
            Completed(p.milestone, self._noticed(p.key))
            for p in self.every
            if p.movement.timeliness is Timeliness.COMPLETE and p.then is not Timeliness.COMPLETE
        )

    def _noticed(self, key: str) -> date | None:
        return self.log.completed_on(key) if self.log is not None else None

    def reopened(self) -> tuple[Milestone, ...] | None:
        if self.earlier is None:
            return None
        return tuple(
            p.milestone
            for p in self.every
            if p.then is Timeliness.COMPLETE and p.movement.timeliness is not Timeliness.COMPLETE
        )

    def newly_overdue(self) -> tuple[Placed, ...] | None:
        if self.earlier is None:
            return None
        return tuple(
            p
            for p in self.every
            if p.movement.timeliness is Timeliness.OVERDUE and p.then is not Timeliness.OVERDUE
        )

    def eased(self) -> tuple[Eased, ...] | None:
        gone = self.gone()
        if gone is None:
            return None
        still = [
            Eased(p.milestone, p.movement.timeliness)
            for p in self.every
            if p.then is Timeliness.OVERDUE and p.movement.timeliness is not Timeliness.OVERDUE
        ]
        left = [Eased(g.milestone, None) for g in gone if g.then is Timeliness.OVERDUE]
        return (*still, *left)

    def moved(self) -> tuple[MovedDate, ...] | None:
        if self.earlier is None:
            return None
        number = self.earlier.number
        found = [
            MovedDate(p.milestone, move, _days(move.old, move.new))
            for p in self.every
            for move in p.moves
            if move.number > number
        ]
        for key, milestone in self._left():  # a date that moved before the milestone was taken out
            found += [
                MovedDate(milestone, move, _days(move.old, move.new))
                for move in self.earlier.gone.get(key, ())
                if move.number > number
            ]
        return tuple(found)

    def unread(self) -> tuple[Unread, ...] | None:
        if self.earlier is None:
            return None
        found = []
        for p in self.every:
            was = self.before[p.key][0].revised_date if p.key in self.before else None
            revised = p.milestone.revised
            if was is not None and revised.raw and not (revised.certain and revised.latest):
                found.append(Unread(p.milestone, was))
        return tuple(found)

    def baselines_changed(self) -> tuple[ChangedBaseline, ...] | None:
        if self.earlier is None:
            return None
        both = [(self.before[p.key][0].baseline, p) for p in self.every if p.key in self.before]
        return tuple(
            ChangedBaseline(p.milestone, was)
            for was, p in both
            if was is not None and was != p.milestone.baseline
        )

    def added(self) -> tuple[Placed, ...] | None:
        if self.earlier is None:
            return None
        return tuple(p for p in self.every if p.key not in self.before)

    def gone(self) -> tuple[Gone, ...] | None:
        if self.earlier is None or self.then is None:
            return None
        left = {id(milestone) for _, milestone in self._left()}
        rows = zip(self.earlier.plan.milestones, self.then.slippage.movements, strict=True)
        return tuple(Gone(m, mv.timeliness) for m, mv in rows if id(m) in left)

    def _left(self) -> list[tuple[str, Milestone]]:
        """The milestones of then that are in the plan no more, with what they were called."""
        if self.earlier is None:
            return []
        here = {p.key for p in self.every}
        became = self.earlier.became
        keys = unique_keys(m.ref for m in self.earlier.plan.milestones)
        return [
            (key, milestone)
            for key, milestone in zip(keys, self.earlier.plan.milestones, strict=True)
            if became.get(key, key) not in here
        ]


def _days(old: date | None, new: date) -> int | None:
    return (new - old).days if old is not None else None


# -- proposed dates ----------------------------------------------------------------------------


def _extensions(
    asked: Iterable[Asked], every: Sequence[Placed], settings: Settings
) -> tuple[Extension, ...]:
    placed = {id(p.milestone): p for p in every}
    found = []
    for each in asked:
        milestone = each.milestone
        moves = placed[id(milestone)].moves if id(milestone) in placed else ()
        made = max(milestone.moves, len(moves))
        most = settings.most_moves
        found.append(
            Extension(
                milestone=milestone,
                lead=each.lead,
                current=milestone.forecast,
                proposed=each.proposed,
                reason=each.reason,
                nth=made + 2,
                days=_days(milestone.forecast, each.proposed),
                slippage=_days(milestone.baseline, each.proposed),
                beyond=most if most is not None and made >= most else None,
                settled=each.settled,
                approved_by=each.approved_by,
            )
        )
    return tuple(found)


# -- themes ------------------------------------------------------------------------------------


def _themes(every: Iterable[Placed]) -> tuple[Group, ...]:
    """In the plan's order; spellings that differ in case or spaces only are one theme."""
    groups: dict[str, list[Movement]] = {}
    names: dict[str, str] = {}
    for placed in every:
        theme = " ".join(placed.milestone.theme.split())
        key = post_key(theme)
        names.setdefault(key, theme)
        groups.setdefault(key, []).append(placed.movement)
    return tuple(Group(names[key], counts_of(group)) for key, group in groups.items())


# -- the trend ---------------------------------------------------------------------------------

MOST_TRACKS = 8  # lines that can be told apart on one chart


def _course(every: Sequence[Placed], frozen: Sequence[Frozen], as_of: date) -> Course | None:
    """The target dates at each reporting date and now, of the milestones that moved the most.

    Where fewer moved than can be drawn, open ones that are due soonest stand beside them.
    """
    if not frozen:
        return None
    rows: list[Mapping[str, Milestone]] = []
    for copy in frozen:
        keys = unique_keys(m.ref for m in copy.plan.milestones)
        called = zip((copy.became.get(key, key) for key in keys), copy.plan.milestones, strict=True)
        rows.append({key: milestone for key, milestone in called if key is not None})
    rows.append({p.key: p.milestone for p in every})
    days = (*(copy.day for copy in frozen), as_of)
    tracks = [track for p in every if (track := _track(p, rows)) is not None]
    shifts = {track.name: _shift(track) for track in tracks}
    moved = [track for track in tracks if shifts[track.name]]
    moved.sort(key=lambda track: -shifts[track.name])
    steady = [t for t in tracks if not shifts[t.name] and t.ended is None and t.targets[-1]]
    steady.sort(key=lambda track: track.targets[-1] or date.max)
    drawn = (moved + steady)[:MOST_TRACKS]
    order = {p.key: place for place, p in enumerate(every)}
    drawn.sort(key=lambda track: order[track.name])
    return Course(days, (*(c.label for c in frozen), ""), tuple(drawn), len(moved))


def _track(placed: Placed, rows: Sequence[Mapping[str, Milestone]]) -> Track | None:
    """A milestone's target dates; its line ends while it is complete or superseded. None without a date."""
    targets: list[date | None] = []
    ends: list[Timeliness | None] = []
    for row in rows:
        milestone = row.get(placed.key)
        end = _ended(milestone) if milestone is not None else None
        again = end is not None and bool(ends) and ends[-1] is end
        ends.append(end)
        if milestone is None or again:
            targets.append(None)
        else:
            targets.append(milestone.forecast if end is None else milestone.actual)
    return Track(placed.key, tuple(targets), tuple(ends)) if any(targets) else None


def _ended(milestone: Milestone) -> Timeliness | None:
    """Complete or superseded; None while it is open."""
    if milestone.open:
        return None
    complete = milestone.status.value == StatusValue.COMPLETE
    return Timeliness.COMPLETE if complete else Timeliness.SUPERSEDED


def _shift(track: Track) -> int:
    """By how many days its target moved in all, there and back."""
    known = [day for day in track.targets if day is not None]
    return sum(abs((b - a).days) for a, b in pairwise(known))


# -- last year ---------------------------------------------------------------------------------


def _resolutions(last_year: LastYear | None, every: Sequence[Placed]) -> tuple[Resolution, ...]:
    """Each of last year's milestones with the one that it goes on as, found by both of its Refs."""
    if last_year is None:
        return ()
    by_both: dict[tuple[str, str], Placed] = {}
    by_ref: dict[str, Placed] = {}
    by_previous: dict[str, list[Placed]] = {}
    for placed in every:
        ref, previous = _ref(placed.milestone.ref), _ref(placed.milestone.previous_ref)
        by_both.setdefault((previous, ref), placed)
        if previous:
            by_previous.setdefault(previous, []).append(placed)
        else:  # in a plan that agsxl did not roll nothing says what a milestone was called
            by_ref.setdefault(ref, placed)
    found = []
    for then in last_year.milestones:
        old, new = _ref(then.ref), _ref(then.new_ref)
        now = by_both.get((old, new)) or by_ref.get(new) if new else None
        if new and now is None:  # renumbered since: only its Previous Ref still says so
            called = by_previous.get(old, [])
            now = called[0] if len(called) == 1 else None
        found.append(Resolution(then, now))
    return tuple(found)


def _ref(text: str) -> str:
    return " ".join(text.split()).casefold()


__all__ = [
    "MOST_TRACKS",
    "Asked",
    "ChangedBaseline",
    "Completed",
    "Counts",
    "Course",
    "Earlier",
    "Eased",
    "Extension",
    "Frozen",
    "Gone",
    "Group",
    "MovedDate",
    "Pack",
    "Placed",
    "Resolution",
    "Since",
    "Standing",
    "Track",
    "Unplaced",
    "Unread",
    "counts_of",
    "pack_of",
]  # fmt: skip
