"""The year's end: which milestones the next plan takes over, under which Refs, and what became of the rest.

    rolled = roll_plan(plan, log, year="2018/19", as_of=date(2018, 3, 31))
    rolled.plan                    # what is open, with new Refs, Previous Refs and first baselines
    rolled.last_year.milestones    # every milestone of the old plan, and how it was resolved
    rolled.moves                   # how each date moved, for the new plan's change log

What is open is carried, whatever its status says; what is complete or superseded is left behind. Every
milestone of the old plan is in one of the two, and on the list with why. Nothing is decided about
anybody's date: where the log knows of an earlier baseline than the plan, the sentence says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from agsxl.dates import Kind, Target
from agsxl.grid import Value
from agsxl.history import Carried, Log, State, unique_keys
from agsxl.movements import Movement, measure
from agsxl.plan import Milestone, Plan, Timeliness, Where
from agsxl.rules import in_force
from agsxl.rules.comments import references
from agsxl.rules.engine import Context, run
from agsxl.settings import Settings, first_day, other_year, year_of
from agsxl.statuses import StatusValue
from agsxl.texts import counted, listed
from agsxl.words import spoken


class Result(StrEnum):
    """What became of a milestone at the year's end. Each compares equal to its word."""

    COMPLETE = "complete"
    SUPERSEDED = "superseded"
    CARRIED = "carried forward"


class Resolved(NamedTuple):
    """A milestone of the old plan, and what became of it at the year's end: a row of the sheet Issues of last year.

    ``status`` is as written; ``how`` says the result in words; ``query`` what speaks against it, such as
    missing evidence. ``previous_ref`` is the Ref it had the year before. ``new_ref`` is "" where it was
    not carried. ``baseline``, ``forecast`` and ``days`` (slippage, calendar days, later is positive) are
    None where they are not known.
    """

    ref: str
    theme: str
    milestone: str
    status: str
    result: Result
    how: str
    completed: date | None = None
    evidence: str = ""
    verified_by: str = ""
    new_ref: str = ""
    baseline: date | None = None
    forecast: date | None = None
    days: int | None = None
    smt_lead: str = ""
    previous_ref: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class LastYear:
    """What became of a year's plan: ``year`` and the ``next_year`` as "2017/18", ``closed`` the day it was judged on."""

    year: str
    next_year: str
    closed: date | None
    milestones: tuple[Resolved, ...]

    def of(self, result: Result) -> tuple[Resolved, ...]:
        """The milestones with one result: ``last_year.of(Result.COMPLETE)``."""
        return tuple(each for each in self.milestones if each.result == result)


@dataclass(frozen=True, slots=True)
class Roll:
    """A closed year and the plan of the next one.

    ``plan`` has the milestones that are carried, and the settings of the next year; ``sources`` are those
    milestones as they stand in the old plan, in the same order. ``cells`` is the plan as its workbook
    holds it, by the new Refs (None where it was read from no workbook); ``moves`` what the change log of
    the new plan begins with; ``notes`` are sentences for the officer.
    """

    plan: Plan
    last_year: LastYear
    sources: tuple[Milestone, ...]
    cells: State | None
    moves: tuple[Carried, ...]
    notes: tuple[str, ...]


def roll_plan(plan: Plan, log: Log, *, year: str, as_of: date, cells: State | None = None) -> Roll:
    """Close a plan on a reporting date and open the plan of the next ``year``.

    >>> roll_plan(plan, log, year="2018/19", as_of=date(2018, 3, 31)).plan.milestones[0].ref  # doctest: +SKIP
    'A1'

    ``log`` is the plan's change log with every edit entered that was typed since (an empty one where there
    is none); ``cells`` the plan as its workbook holds it, by ``unique_keys`` of its Refs. The year that is
    closed is that of the plan's Settings, else the one before ``year``. Raises nothing.
    """
    closing = plan.settings.year or other_year(year, -1)
    keys = unique_keys(milestone.ref for milestone in plan.milestones)
    moved = measure(plan, as_of=as_of).movements
    queries = _queries(plan, as_of)
    refs = new_refs([(m.ref, m.theme, m.open) for m in plan.milestones])
    resolved, carried, sources, notes = [], [], [], []
    held: dict[str, Mapping[str, Value]] = {}
    moves: list[Carried] = []
    for key, ref, milestone, movement in zip(keys, refs, plan.milestones, moved, strict=True):
        done = log.completed_on(key, colours=plan.settings.colours) if not ref else None
        how = _how(milestone, movement, f"Carried into {year} as {ref}", done)
        query = queries.get(id(milestone), "")
        resolved.append(_resolved(milestone, movement, ref, how, query))
        if not ref:
            continue
        first = log.first_baseline(key, reference=plan.reference)
        going = _going(milestone, ref, first)
        carried.append(going.milestone)
        sources.append(milestone)
        if going.said:
            notes.append(going.said)
        if cells is not None:
            held[ref] = _held(cells.get(key, {}))
        source = f"{closing} plan, {key}"
        moves += log.to_carry(key, ref, source=source, reference=plan.reference)
    settings, about = _next_settings(plan.settings, year)
    if not plan.settings.year and year not in (year_of(as_of), other_year(year_of(as_of), 1)):
        about.append(
            f"{spoken(as_of)}, on which the old plan was judged, is in {year_of(as_of)}: see that {year} is the "
            "year you mean."
        )
    columns = {**plan.columns, "previous_ref": ""} if plan.columns else {}
    following = replace(
        plan, milestones=tuple(carried), file="", sheet="", columns=columns, empty=frozenset(), merged=(),
        left_out=(), settings=settings, is_workbook=False, log_faults=(),
    )  # fmt: skip
    return Roll(
        following,
        LastYear(closing, year, as_of, tuple(resolved)),
        tuple(sources),
        held if cells is not None else None,
        tuple(moves),
        (*about, *_about(plan, carried), *_pointing(plan, refs), *notes),
    )


# -- what becomes of each milestone ----------------------------------------------------------------


def _resolved(
    milestone: Milestone, movement: Movement, new_ref: str, how: str, query: str
) -> Resolved:
    """The line of one milestone on the list."""
    return Resolved(
        ref=milestone.ref,
        theme=milestone.theme,
        milestone=milestone.milestone,
        status=milestone.status.raw,
        result=_result(milestone),
        how=how,
        completed=milestone.completed,
        evidence=milestone.evidence,
        verified_by=milestone.verified_by,
        new_ref=new_ref,
        baseline=movement.baseline,
        forecast=movement.forecast,
        days=movement.slippage_days,
        smt_lead=milestone.smt_lead.raw,
        previous_ref=milestone.previous_ref,
        query=query,
    )


def _result(milestone: Milestone) -> Result:
    if milestone.open:
        return Result.CARRIED
    complete = milestone.status.value == StatusValue.COMPLETE
    return Result.COMPLETE if complete else Result.SUPERSEDED


def _how(milestone: Milestone, movement: Movement, carried: str, logged: date | None) -> str:
    """Its result in words; ``logged`` is the day on which the change log has it complete first."""
    match _result(milestone):
        case Result.CARRIED:
            return f"{carried}; {_stands(movement)}"
        case Result.SUPERSEDED:
            return "Superseded"
    if milestone.completed is not None:
        return f"Complete on {spoken(milestone.completed)}"
    since = f"; the change log has it complete since {spoken(logged)}" if logged else ""
    return f"Complete, date completed not known{since}"


def _stands(movement: Movement) -> str:
    """How an open milestone stood at the year's end."""
    if movement.forecast is None:
        return "no target date is known"
    if movement.timeliness is Timeliness.OVERDUE:
        return f"overdue, the target date was {spoken(movement.forecast)}"
    return f"due by {spoken(movement.forecast)}"


# What the rules say against "complete": work goes on, nothing shows it, dropped, done in the future.
_AGAINST = frozenset({"S407", "S410", "S412", "D318"})


def _queries(plan: Plan, as_of: date) -> dict[int, str]:
    """What the rules in force say against leaving a milestone behind, by the milestone's identity."""
    against = [rule for rule in in_force(plan.settings) if rule.code in _AGAINST]
    found = {}
    for milestone in plan.milestones:
        if not milestone.open:
            alone = replace(plan, milestones=(milestone,))
            context = Context(alone, as_of, plan.settings, plan.posts)
            said = [finding.message for finding in run(against, context)]
            if said:
                found[id(milestone)] = " ".join(said)
    return found


class _Going(NamedTuple):
    """A milestone as the next plan has it, and what the officer should know about its dates."""

    milestone: Milestone
    said: str = ""


def _going(milestone: Milestone, ref: str, first: date | None) -> _Going:
    """A milestone under its new Ref, with its first baseline where its current date stays what it is.

    Somebody who writes over a timescale moves the agreed date without saying so. The date the plan is
    judged on stays as it is; that it was another once is told, never decided.
    """
    going = milestone._replace(ref=ref, previous_ref=milestone.ref, where=Where())
    now = milestone.baseline
    if milestone.baseline_target.raw or first is None or first == now:
        return _Going(going)
    was = f"{milestone.called}: its timescale was written over; at first it said {spoken(first)}"
    if milestone.revised_date is not None:
        said = "That is its Baseline date now, so its slippage is counted from there"
        return _Going(going._replace(baseline=first), f"{was}. {said}. Look at it as {ref}.")
    if now is not None and not milestone.revised.raw:
        revised = Target(Kind.EXACT, now, now, raw=f"{now:%d/%m/%Y}")
        said = f"That is its Baseline date now, and {spoken(now)} its revised target date"
        going = going._replace(baseline=first, revised=revised)
        return _Going(going, f"{was}. {said}. Look at it as {ref}.")
    said = "Its Baseline date was left as the plan has it, because its current date cannot be read"
    return _Going(going, f"{was}. {said}. Look at it as {ref}.")


def _held(cells: Mapping[str, Value]) -> dict[str, Value]:
    """What was typed; the Previous Ref is the year before's, and stands on the list."""
    return {column: value for column, value in cells.items() if column != "previous_ref"}


def _next_settings(settings: Settings, year: str) -> tuple[Settings, list[str]]:
    """The settings of the next year: a reporting date of the old year would judge the new plan on it."""
    notes = []
    day = settings.reporting_date
    if day is not None and day < first_day(year):
        notes.append(
            f"The reporting date of Settings, {spoken(day)}, was of the old year and was not carried: the new "
            "plan is judged on the day it is looked at, until you set one."
        )
        settings = replace(settings, reporting_date=None)
    if settings.unknown:
        names = listed([repr(name) for name in settings.unknown])
        notes.append(f"Settings that agsxl does not know were not carried: {names}.")
    if settings.year and other_year(settings.year, 1) != year:
        notes.append(
            f"The plan was that of {settings.year}; the new one is that of {year}, more than a year later."
        )
    return replace(settings, year=year, unknown=()), notes


_LONGEST = 60  # characters of a row that is no milestone
_MOST = 12  # sentences of one kind


def _about(plan: Plan, carried: Sequence[Milestone]) -> list[str]:
    """What the officer should know of the old plan as a whole."""
    notes = []
    if not carried:
        notes.append(
            "No milestone was open, so the new plan has none; the sheet Issues of last year lists them all."
        )
    elif len(carried) == len(plan.milestones):
        notes.append("No milestone was complete or superseded: all were carried.")
    gone = _themes(plan.milestones).keys() - _themes(carried).keys()
    if gone and carried:
        names = [name for key, name in _themes(plan.milestones).items() if key in gone]
        notes.append(
            f"Nothing of {counted(len(names), 'theme')} goes on, so a letter or number may be missing among the "
            f"new plan's headings: {listed(names)}."
        )
    unread = sum(m.status.value in (StatusValue.BLANK, StatusValue.UNKNOWN) for m in carried)
    if unread:
        notes.append(
            f"{counted(unread, 'milestone')} with a blank status, or one that cannot be read, counted as open "
            "and carried."
        )
    again = [
        ref for ref, times in _times(m.ref for m in plan.milestones).items() if times > 1 and ref
    ]
    if again:
        notes.append(
            f"The Ref {listed(again)} stood more than once; the new plan gives each milestone its own."
        )
    notes += [
        f"Row {row} of the old plan is no milestone and was not carried: {_short(text)!r}."
        for row, text in plan.left_out[:_MOST]
    ]
    if (more := len(plan.left_out) - _MOST) > 0:
        notes.append(f"{counted(more, 'more row is', 'more rows are')} no milestones.")
    notes += [f"In the old change log: {fault}" for fault in plan.log_faults[:_MOST]]
    if (more := len(plan.log_faults) - _MOST) > 0:
        notes.append(f"'agsxl history' names {counted(more, 'more fault')} of the old change log.")
    return notes


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


# A Ref that is no plain number or word: "12" in a comment may be anything.
_REF = re.compile(r"(?<![\w.])[A-Za-z]{1,4}\d{1,3}[a-z]?(?![\w])")
_TEXTS = ("milestone", "outcome", "timescale", "status", "comments", "evidence", "reason")
_MOST_POINTING = 20


def _pointing(plan: Plan, refs: Sequence[str]) -> list[str]:
    """Which texts of the new plan name a Ref that another milestone has now, or none: they are left as they are."""
    became: dict[str, set[str]] = defaultdict(set)
    for milestone, ref in zip(plan.milestones, refs, strict=True):
        became[milestone.ref.casefold()].add(ref)
    said = []
    for milestone, ref in zip(plan.milestones, refs, strict=True):
        texts = [milestone.text(column) for column in _TEXTS] if ref else []
        named = [
            found for text in texts if text for found in (*_REF.findall(text), *references(text))
        ]
        for name in dict.fromkeys(named):
            now = became.get(name.casefold(), set())
            if now and now != {name} and name.casefold() != milestone.ref.casefold():
                new = sorted(now, key=lambda each: (not each, each))
                parts = " or ".join(f"now {each}" if each else "not carried" for each in new)
                said.append(f"{ref} names {name} ({parts})")
    if not said:
        return []
    return [
        f"Texts name Refs of the old plan and were left as they were written: {listed(said, _MOST_POINTING)}. "
        "Rewrite them, or read them beside Previous Ref."
    ]


def _themes(milestones: Iterable[Milestone]) -> dict[str, str]:
    """The themes of some milestones, by their text in any case."""
    return {m.theme.casefold(): m.theme for m in milestones if m.theme}


def _times(refs: Iterable[str]) -> dict[str, int]:
    """How often each Ref stands in a plan, as it is first spelt."""
    spelt: dict[str, str] = {}
    times: dict[str, int] = defaultdict(int)
    for ref in refs:
        times[spelt.setdefault(ref.casefold(), ref)] += 1
    return times


def read_differently(rolled: Roll, new: Plan) -> list[str]:
    """Milestones whose dates the new plan reads otherwise than the old one did, as sentences.

    >>> read_differently(rolled, new)  # doctest: +SKIP
    []

    ``new`` is the new plan as it is read back. A two-digit year, say, is read beside the plan's other
    dates, and those may be others now.
    """
    said = []
    for source, planned, found in zip(
        rolled.sources, rolled.plan.milestones, new.milestones, strict=True
    ):
        for what, then, now in (
            ("Original target date", planned.baseline, found.baseline),
            ("Current target date", source.forecast, found.forecast),
        ):
            if then != now:
                said.append(
                    f"{found.ref}, {what}: the old plan was read as {_day(then)}, the new one as "
                    f"{_day(now)}; type the right date there."
                )
    return said


def _day(day: date | None) -> str:
    return spoken(day) if day is not None else "not known"


# -- new Refs ----------------------------------------------------------------------------------------

_TAIL = r"(?P<tail>[\s.)\]]*)"
_NUMBER = re.compile(rf"(?P<stem>.*?)(?P<counter>\d+){_TAIL}", re.S)
_LETTER = re.compile(
    rf"(?P<stem>(?:.*[\d.(/-]\s*)?)(?P<counter>[ivxl]{{2,}}|[IVXL]{{2,}}|[a-z]{{1,2}}|[A-Z]){_TAIL}",
    re.S,
)
# A Ref that Excel has made a date of ("1/2"), or that ends in a year: that counts nothing.
_DATED = re.compile(r"\d\d/\d\d/\d{4}( \d\d:\d\d)?|(?:.*\D)?(?:19|20)\d\d", re.S)


class _Counted(NamedTuple):
    """A Ref and the part of it that counts: "1(", "b" and ")" in "1(b)"."""

    stem: str
    counter: str
    tail: str


def new_refs(rows: Sequence[tuple[str, str, bool]]) -> list[str]:
    """The Refs of the next plan: for each (Ref, theme, whether it is carried); "" where it is not.

    >>> new_refs([("A1", "", False), ("A2", "", True), ("A5", "", True), ("1a", "", False), ("1c", "", True)])
    ['', 'A1', 'A2', '', '1a']

    They are numbered from 1 behind what stands before the number or letter, in the plan's own style, in
    the order of the old ones. A Ref that ends in neither is kept. A milestone without a Ref gets the next
    one of its theme. No two are the same, in any case.
    """
    refs = [""] * len(rows)
    taken: set[str] = set()

    def give(at: int, made: Callable[[int], str], number: int) -> int:
        """Give a row the first Ref from a number on that nobody has; the number it came to."""
        while (ref := made(number)).casefold() in taken:
            number += 1
        taken.add(ref.casefold())
        refs[at] = ref
        return number

    series = _series([ref for ref, _, _ in rows])
    of_row = {at: each for each in series for at in each.rows}
    for at, (ref, _, carried) in enumerate(rows):
        if carried and ref and at not in of_row:
            give(at, partial(_again, ref), 1)
    for each in series:
        number = each.first - 1
        for at in (at for at in each.rows if rows[at][2]):
            number = give(at, partial(each.ref, each.rows[at]), number + 1)
        each.last = number
    plain = _Series("", "", "1", {}, first=1)
    for at, (ref, _, carried) in enumerate(rows):
        if carried and not ref:
            home = _home(at, rows, of_row) or plain
            home.last = give(at, partial(home.ref, home.stem), max(home.last, home.first - 1) + 1)
    return refs


def _again(ref: str, number: int) -> str:
    return ref if number == 1 else f"{ref} ({number})"


@dataclass(slots=True)
class _Series:
    """The Refs of a plan that are counted together. ``rows`` give the stem of each, in the order they count.

    ``style`` is how they count: "1", "a", "A", "i" or "I"; ``width`` the digits of a number with noughts
    before it.
    """

    stem: str
    tail: str
    style: str
    rows: dict[int, str]
    first: int = 1
    width: int = 1
    last: int = 0

    def ref(self, stem: str, number: int) -> str:
        """The Ref of a number, behind a stem as it is spelt in its row."""
        return f"{stem}{_WRITE[self.style](number).zfill(self.width)}{self.tail}"


def _series(refs: Sequence[str]) -> list[_Series]:
    """The series of a plan's Refs; a Ref that counts nothing is in none."""
    counted: dict[int, _Counted] = {}
    for at, ref in enumerate(refs):
        found = None if _DATED.fullmatch(ref) else _NUMBER.fullmatch(ref) or _LETTER.fullmatch(ref)
        if found is not None:
            counted[at] = _Counted(found["stem"], found["counter"], found["tail"])
    series = []
    for group in _grouped(counted):
        if all(each.counter.isdigit() and int(each.counter) >= 100 for each in group.values()):
            # 101, 102, 201: the hundreds say which theme it is.
            parts = {at: _Counted(s + c[:-2], c[-2:], t) for at, (s, c, t) in group.items()}
            series += [_one(part) for part in _grouped(parts)]
        else:
            series.append(_one(group))
    return series


def _grouped(counted: Mapping[int, _Counted]) -> list[dict[int, _Counted]]:
    """Those with the same stem in any case, and the same sort of counter."""
    groups: dict[tuple[str, str, str], dict[int, _Counted]] = defaultdict(dict)
    for at, each in counted.items():
        sort = "1" if each.counter.isdigit() else "a" if each.counter.islower() else "A"
        groups[each.stem.casefold(), sort, each.tail][at] = each
    return list(groups.values())


def _one(group: Mapping[int, _Counted]) -> _Series:
    """A series of some Refs: how they count, from where, and in which order."""
    counters = [each.counter for each in group.values()]
    numerals = {c.lower() for c in counters}
    roman = numerals <= _ROMAN.keys() and "i" in numerals  # else the letters l, v and x
    first = next(iter(group.values()))
    style = "1" if first.counter.isdigit() else "a" if first.counter.islower() else "A"
    if roman and style != "1":
        style = "i" if style == "a" else "I"
    values = {at: _READ[style](each.counter) for at, each in group.items()}
    padded = [len(c) for c in counters if c[0] == "0"]
    order = sorted(group, key=lambda at: (values[at], at))
    return _Series(
        stem=first.stem,
        tail=first.tail,
        style=style,
        rows={at: group[at].stem for at in order},
        first=min(1, *values.values()),
        width=max(padded, default=1),
    )


def _home(
    at: int, rows: Sequence[tuple[str, str, bool]], of_row: Mapping[int, _Series]
) -> _Series | None:
    """The series that a milestone without a Ref belongs to: its theme's, else that of the nearest row."""
    theme = rows[at][1].casefold()
    near = sorted(
        of_row, key=lambda other: (rows[other][1].casefold() != theme, abs(other - at), other)
    )
    return of_row[near[0]] if near else None


def _letters(number: int) -> str:
    """As a spreadsheet counts its columns: z is followed by aa."""
    text = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _of_letters(text: str) -> int:
    value = 0
    for letter in text.lower():
        value = value * 26 + ord(letter) - ord("a") + 1
    return value


def _numeral(number: int) -> str:
    text = ""
    for value, sign in (
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ):
        text += sign * (number // value)
        number %= value
    return text


_ROMAN = {_numeral(number): number for number in range(1, 90)}
_READ: Mapping[str, Callable[[str], int]] = {
    "1": int, "a": _of_letters, "A": _of_letters, "i": lambda text: _ROMAN[text],
    "I": lambda text: _ROMAN[text.lower()],
}  # fmt: skip
_WRITE: Mapping[str, Callable[[int], str]] = {
    "1": str, "a": _letters, "A": lambda n: _letters(n).upper(), "i": _numeral,
    "I": lambda n: _numeral(n).upper(),
}  # fmt: skip


__all__ = [
    "LastYear", "Resolved", "Result", "Roll", "new_refs", "read_differently", "roll_plan",
]  # fmt: skip
