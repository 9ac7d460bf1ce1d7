"""What a committee pack says, and in what order: its facts (``packs``) as pages of words, tables and charts.

    pages = pages_of(pack)
    pages.sections[0].sentences[0]      # "21 of 40 milestones are complete, 4 more than on 30 June 2026."

Written for a committee member who has five minutes: first what matters, then what is asked of them, then
the lists, last what the figures rest on and every milestone. What is not known is said in words, in
the place where it would stand. Only words are chosen here; every figure comes from the pack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial

from agsxl.layout.slippage import basis_in_words
from agsxl.movements import COMPLETION_UNKNOWN
from agsxl.packs import (
    ChangedBaseline,
    Counts,
    Eased,
    Extension,
    Group,
    Pack,
    Placed,
    Resolution,
    Standing,
    Track,
)
from agsxl.pages import Bars, Cell, Column, Line, Pages, Section, Series, Table, Tone, Toned, Trend
from agsxl.plan import Milestone, Timeliness, due_until
from agsxl.rolling import Result
from agsxl.rules import Severity, title_of
from agsxl.rules.standing import says_something
from agsxl.texts import counted, listed, ordinal
from agsxl.words import SEVERITIES, TIMELINESS, spoken

COMPARED = "Compared with"  # of the lines above a pack
_NOT_KNOWN, _NONE = "not known", "none recorded"
_MOST_TEXT = 600  # characters of a text in a table; the plan has all of it
_MOST_BARS = 20
_LONGEST = 10
_TONES = {
    Timeliness.COMPLETE: Tone.GOOD, Timeliness.OVERDUE: Tone.LATE, Timeliness.DUE: Tone.SOON,
    Timeliness.LATER: Tone.CALM, Timeliness.UNDATED: Tone.FAINT, Timeliness.SUPERSEDED: Tone.FAINT,
}  # fmt: skip
# The six ways a milestone can stand, in the order that they are told.
_KINDS: tuple[tuple[Timeliness, Callable[[Counts], int]], ...] = (
    (Timeliness.COMPLETE, lambda c: c.complete),
    (Timeliness.OVERDUE, lambda c: c.overdue),
    (Timeliness.DUE, lambda c: c.due),
    (Timeliness.LATER, lambda c: c.later),
    (Timeliness.UNDATED, lambda c: c.undated),
    (Timeliness.SUPERSEDED, lambda c: c.superseded),
)


def pages_of(pack: Pack) -> Pages:
    """The pages of a pack.

    >>> pages_of(pack).sections[0].heading  # doctest: +SKIP
    'What matters'
    """
    year = pack.settings.year
    return Pages(
        title=f"Governance action plan{f' {year}' if year else ''}: progress report",
        subtitle=f"How the plan stands on {spoken(pack.as_of)}",
        council=pack.settings.council,
        as_of=pack.as_of,
        about=tuple(_about(pack)),
        sections=tuple(make(pack) for make in _SECTIONS),
    )


def _about(pack: Pack) -> Iterable[tuple[str, str]]:
    plan = pack.plan
    yield "Reporting date", spoken(pack.as_of)
    yield COMPARED, _compared(pack)
    sheet = f", sheet {plan.sheet}" if plan.sheet else ""
    yield "Plan", f"{plan.file or 'made in Python'}{sheet}"


_LATE = 31  # days; a copy that is taken later than that holds another month's work


def _compared(pack: Pack) -> str:
    since = pack.since
    if since is None:
        return "nothing: no earlier report is known"
    late = since.frozen is not None and (since.frozen - since.day).days > _LATE
    when = f", as the plan stood on {spoken(since.frozen)}" if late and since.frozen else ""
    return f"{spoken(since.day)} ({since.label}{when})" if since.label else spoken(since.day)


# -- small words -------------------------------------------------------------------------------


def _then_day(pack: Pack) -> str:
    return spoken(pack.since.day) if pack.since is not None else "then"


def _unknown(what: str) -> str:
    """That something about the time since then is not known; why stands under What matters."""
    return f"{what} is not known: there is no earlier report to compare with."


def _called(milestone: Milestone) -> str:
    return milestone.ref or "(no Ref)"


def _refs(milestones: Iterable[Milestone], most: int = 12) -> str:
    return listed([_called(m) for m in milestones], most)


def _short(text: str) -> str:
    """A text as it fits a table; that it was shortened is said."""
    if len(text) <= _MOST_TEXT:
        return text
    cut = text[:_MOST_TEXT].rsplit(" ", 1)[0].rstrip() or text[:_MOST_TEXT]
    return f"{cut} … [shortened; the plan has {len(text):,} characters]"


def _words(milestone: Milestone) -> str:
    return _short(milestone.milestone) or "(no text)"


def _lead(milestone: Milestone) -> str:
    return _short(milestone.smt_lead.raw) or "(no lead)"


def _day(day: date | None, otherwise: str = _NOT_KNOWN) -> Cell:
    return day if day is not None else otherwise


def _number(number: float | None) -> Cell:
    """A figure: a whole number where it is one."""
    if number is None:
        return _NOT_KNOWN
    return int(number) if number == int(number) else round(number, 1)


def _stands(timeliness: Timeliness) -> Toned:
    return Toned(TIMELINESS[timeliness], _TONES[timeliness])


def _status(milestone: Milestone) -> str:
    return _short(milestone.status.raw) or "(blank)"


def _change(now: float | None, then: float | None) -> str:
    if now is None or then is None:
        return _NOT_KNOWN
    change = now - then
    if not change:
        return "no change"
    return f"{int(change):+,}" if change == int(change) else f"{change:+,.1f}"


def _more_than(now: int, then: int, day: str) -> str:
    if now == then:
        return f", as many as on {day}"
    return f", {abs(now - then):,} {'more' if now > then else 'fewer'} than on {day}"


def _are(number: int) -> str:
    return f"{number:,} {'is' if number == 1 else 'are'}"


def _days_in_words(number: float) -> str:
    return counted(int(number), "day") if number == int(number) else f"{number:,.1f} days"


def _days_moved(number: float) -> str:
    """Days that dates moved by: later, where nothing else is said."""
    return f"{_days_in_words(-number)} earlier" if number < 0 else _days_in_words(number)


def _nth_now(placed: Placed) -> str:
    """Which date a milestone shows now: its 1st is the original."""
    made = max(placed.movement.moves, len(placed.moves))
    return f"{ordinal(made + 1)} date" if placed.movement.forecast else "no date"


def _paragraph(*sentences: str) -> tuple[str, ...]:
    return tuple(each for each in sentences if each)


# -- what matters ------------------------------------------------------------------------------


_NO_STATUS = (
    "No milestone has a status, so what is complete is not known: every one is counted as open."
)
_NO_DATE = "No milestone has a date that can be read, so none can be called overdue or due."


def _summary(pack: Pack) -> Section:
    return Section(
        key="summary",
        heading="What matters",
        sheet="What matters",
        sentences=_paragraph(*_points(pack)),
        table=_figures(pack.now, pack.then),
        points=True,
    )


def _points(pack: Pack) -> Iterable[str]:
    counts, then, day = pack.now.counts, pack.then, _then_day(pack)
    if not counts.milestones:
        yield "The plan has no milestones."
        if pack.gone:
            yield from _change_points(pack, day)
        return
    if pack.now.has_statuses:
        yield _complete_point(pack)
    else:
        yield _NO_STATUS
    if pack.now.has_dates:
        yield _overdue_point(pack)
        yield _due_point(pack)
        yield _slippage_point(pack)
    else:
        yield _NO_DATE
    if then is None:
        yield pack.not_compared or _unknown("What changed since the last report")
    elif not pack.changed:
        yield (
            f"Since {day} no milestone was completed, reopened, added or taken out, and no agreed date moved."
        )
    else:
        yield from _change_points(pack, day)
    if pack.baselines_changed:
        yield f"Original target dates changed since {day}: {_refs(r.milestone for r in pack.baselines_changed)}."
    asked = " ".join(_asked_said(pack))
    if asked:
        yield asked
    if pack.without_evidence:
        yield (
            f"Of the {counts.complete:,} complete, {len(pack.without_evidence):,} "
            f"{'has' if len(pack.without_evidence) == 1 else 'have'} nothing recorded that shows it."
        )
    must_fix = pack.queries[Severity.ERROR]
    if must_fix:
        yield (
            f"{counted(must_fix, 'data query', 'data queries')} in the plan must be fixed; until then these figures "
            "may change."
        )
    if pack.reported_later:
        yield (
            f"The plan was reported on {spoken(pack.reported_later)} too: these are the figures of the plan as it is now, "
            f"judged on {spoken(pack.as_of)}, and not as it was then."
        )
    if pack.log_faults:
        yield "The change log is not as agsxl wrote it; see what the figures rest on."


def _asked_said(pack: Pack) -> Iterable[str]:
    settled = sum(e.settled for e in pack.asked or ())
    waiting, unplaced = len(pack.asked or ()) - settled, len(pack.unplaced)
    if waiting:
        yield (
            f"{counted(waiting, 'proposed date')} {'waits' if waiting == 1 else 'wait'}; the committee is asked to "
            "decide."
        )
    if settled:
        yield f"{counted(settled, 'proposed date')} {'is' if settled == 1 else 'are'} agreed and not yet in the plan."
    if unplaced:
        yield f"{counted(unplaced, 'proposed date')} {'is' if unplaced == 1 else 'are'} for no certain milestone."


def _originals(number: int) -> str:
    return f"{counted(number, 'original target date')} {'is' if number == 1 else 'are'}"


def _complete_point(pack: Pack) -> str:
    counts = pack.now.counts
    said = f"{counts.complete:,} of {counted(counts.milestones, 'milestone')} {'is' if counts.complete == 1 else 'are'} complete"
    if pack.then is not None and pack.then.has_statuses:
        said += _more_than(counts.complete, pack.then.counts.complete, _then_day(pack))
    if counts.superseded:
        said += f"; {_are(counts.superseded)} superseded"
    return f"{said}."


def _overdue_point(pack: Pack) -> str:
    counts = pack.now.counts
    said = f"{_are(counts.overdue)} overdue" if counts.overdue else "None is overdue"
    if (
        pack.then is not None
        and pack.then.has_dates
        and not counts.overdue
        and not pack.then.counts.overdue
    ):
        said += f", and none was on {_then_day(pack)}"
    elif pack.then is not None and pack.then.has_dates:
        said += _more_than(counts.overdue, pack.then.counts.overdue, _then_day(pack))
    if pack.newly_overdue:
        said += f"; newly overdue: {_refs(p.milestone for p in pack.newly_overdue)}"
    late = [p for p in pack.milestones if p.movement.timeliness is Timeliness.OVERDUE]
    if late:
        worst = max(late, key=lambda p: p.movement.overdue_days)
        days = counted(worst.movement.overdue_days, "day")
        said += f"; the longest overdue is {_called(worst.milestone)}, by {days}"
    return f"{said}."


def _due_point(pack: Pack) -> str:
    counts, until = pack.now.counts, spoken(due_until(pack.as_of, pack.settings))
    due = _are(counts.due) if counts.due else "None is"
    later = _are(counts.later) if counts.later else "none is"
    if not counts.undated:
        return f"{due} due by {until}, and {later} due later."
    without = f"{counts.undated:,} {'has' if counts.undated == 1 else 'have'}"
    return f"{due} due by {until}, {later} due later, and {without} no date to be judged by."


def _slippage_point(pack: Pack) -> str:
    totals = pack.now.slippage.totals
    if not totals.moved:
        return "No milestone is known to have moved from its original target date."
    said = (
        f"{counted(totals.moved, 'milestone')} {'has' if totals.moved == 1 else 'have'} a revised date or a date "
        "completed"
    )
    unknown = f"for {totals.unmeasurable:,} the original is no date, so how far is not known"
    if totals.median_days is None or totals.longest_days is None:
        return f"{said}; {unknown}."
    same = totals.measured - totals.slipped - totals.earlier
    parts = [
        f"{number:,} {what}"
        for number, what in (
            (totals.slipped, "later than the original target date"),
            (totals.earlier, "earlier"),
            (same, "on the day itself"),
        )
        if number
    ]
    said += f": {', '.join(parts)}" + (f"; {unknown}" if totals.unmeasurable else "")
    said += f". The median is {_days_moved(totals.median_days)}"
    if pack.longest:
        longest = _days_in_words(totals.longest_days)
        said += f", the longest {longest} ({_called(pack.longest[0].milestone)})"
    return f"{said}; in all {_days_moved(totals.total_days)} (one decision can move many)."


def _change_points(pack: Pack, day: str) -> Iterable[str]:
    if pack.completed:
        yield f"Completed since {day}: {_refs(c.milestone for c in pack.completed)}."
    if pack.reopened:
        yield f"Complete on {day} and no longer: {_no_longer(pack)}."
    if pack.moved:
        refs = listed(list(dict.fromkeys(_called(m.milestone) for m in pack.moved)))
        times = "once" if len(pack.moved) == 1 else f"{len(pack.moved):,} times"
        yield f"Agreed dates moved {times} since {day}: {refs}."
    else:
        yield f"No agreed date moved since {day}."
    came, went = pack.added, pack.gone
    said = [
        f"New in the plan since {day}: {_refs(p.milestone for p in came)}." if came else "",
        f"Taken out since {day}: {_refs(g.milestone for g in went)}." if went and not came else "",
        f"Taken out: {_refs(g.milestone for g in went)}." if went and came else "",
    ]
    if pack.passed:
        said.append(f"{_passed(day)}: {listed([ref for ref, _ in pack.passed])}.")
    if any(said):
        yield " ".join(filter(None, said))


def _passed(day: str) -> str:
    return f"Added since {day} and taken out again"


def _figures(now: Standing, then: Standing | None) -> Table:
    columns = [Column("Figure", 38), Column(spoken(now.day), 16)]
    if then is not None:
        columns += [Column(_other_heading(then.day, now.day), 16), Column("Change", 12)]
    rows: list[tuple[Cell, ...]] = []

    def put(name: Cell, figure: Callable[[Standing], float | None]) -> None:
        row: list[Cell] = [name, _number(figure(now))]
        if then is not None:
            row += [_number(figure(then)), _change(figure(now), figure(then))]
        rows.append(tuple(row))

    put("Milestones", lambda s: s.counts.milestones)
    for timeliness, count in _KINDS:
        put(_stands(timeliness), partial(_known_count, timeliness, count))
    put("With a revised date or a date completed", lambda s: s.slippage.totals.moved)
    put("Of these, measured", lambda s: s.slippage.totals.measured)
    put("Median days moved", lambda s: s.slippage.totals.median_days)
    put("Longest days moved", lambda s: s.slippage.totals.longest_days)
    put(
        "Days moved in all (later less earlier)",
        lambda s: s.slippage.totals.total_days if s.slippage.totals.measured else None,
    )
    return Table(
        "Figures", "How the plan stands", tuple(columns), tuple(rows), "The plan has no milestones."
    )


def _known_count(
    timeliness: Timeliness, count: Callable[[Counts], int], standing: Standing
) -> int | None:
    """How many stand so; None where none does only because no status, or no date, says so."""
    ended = timeliness in (Timeliness.COMPLETE, Timeliness.SUPERSEDED)
    judged = timeliness in (Timeliness.OVERDUE, Timeliness.DUE, Timeliness.LATER)
    if (ended and not standing.has_statuses) or (judged and not standing.has_dates):
        return None
    return count(standing.counts)


def _other_heading(day: date, other: date) -> str:
    """A heading that is unlike the other's, also where both are of one day."""
    return spoken(day) if day != other else f"{spoken(day)}, as reported"


# -- what is asked of the committee --------------------------------------------------------------


def _extensions(pack: Pack) -> Section:
    if pack.asked is None:
        sentences = _paragraph(
            "No replies of the leads have been read into this plan, so whether dates are proposed is not known."
        )
        return Section("extensions", "Proposed dates", "Proposed dates", sentences, decision=True)
    beyond = [e for e in pack.asked if e.beyond is not None]
    settled = [e for e in pack.asked if e.settled]
    waiting = [e for e in pack.asked if not e.settled]
    ended = [e for e in pack.asked if not e.milestone.open]
    passed = [e for e in waiting if e.proposed < pack.as_of]
    sentences = _paragraph(
        f"The committee is asked to agree or refuse {counted(len(waiting), 'proposed date')}. A date moves only "
        "when it is agreed, with the reason; until then the current target date stands."
        if waiting
        else "",
        f"{_refs(e.milestone for e in settled)}: entered as agreed, and not yet written into the plan."
        if settled
        else "",
        *(
            f"{u.lead or 'A lead'} proposes {spoken(u.proposed)} for what was {u.ref} ({_short(u.words) or 'no text'}), and which "
            f"milestone that is now is not sure, so it is not in the table. {u.why}"
            for u in pack.unplaced
        ),
        f"Already past on {spoken(pack.as_of)}: the proposed date of {_refs(e.milestone for e in passed)}."
        if passed
        else "",
        f"Complete or superseded by now, so that no date may be needed: {_refs(e.milestone for e in ended)}."
        if ended
        else "",
        f"The council's policy allows a date to move {counted(beyond[0].beyond or 0, 'time')}; for "
        f"{_refs(e.milestone for e in beyond)} this would be more."
        if beyond
        else "",
    )
    table = Table(
        "Extensions",
        "Proposed dates, for decision",
        (
            Column("Ref", 8), Column("Milestone", 34), Column("Asked by", 18), Column("Current target date", 12),
            Column("Proposed date", 12), Column("Days later", 8), Column("It would be the", 10),
            Column("Days from the original", 10), Column("Reason given", 28), Column("What was decided so far", 16),
            Column("Decision", 20, entry=True),
        ),
        tuple(_extension(e) for e in pack.asked),
        "No other date is proposed." if pack.unplaced else "No lead proposes another date.",
    )  # fmt: skip
    return Section(
        "extensions", "Proposed dates", "Proposed dates", sentences, table, decision=True
    )


def _extension(e: Extension) -> tuple[Cell, ...]:
    agreed = f"Agreed by {e.approved_by}, not yet in the plan" if e.settled else "nothing yet"
    return (
        _called(e.milestone), _words(e.milestone), e.lead or _NOT_KNOWN, _day(e.current, "no date"), e.proposed,
        _number(e.days), f"{ordinal(e.nth)} date", _number(e.slippage), _short(e.reason) or "none given", agreed, "",
    )  # fmt: skip


# -- since then --------------------------------------------------------------------------------


def _completed(pack: Pack) -> Section:
    heading = (
        f"Completed since {_then_day(pack)}" if pack.since else "Completed since the last report"
    )
    if pack.completed is None:
        said = _unknown("What was completed since the last report")
        return Section("completed", heading, "Completed", (said,))
    early = [
        c.milestone
        for c in pack.completed
        if pack.since and c.milestone.completed and c.milestone.completed <= pack.since.day
    ]
    shown = sum(bool(c.milestone.evidence or c.milestone.verified_by) for c in pack.completed)
    sentences = _paragraph(
        f"{counted(len(pack.completed), 'milestone')} {'was' if len(pack.completed) == 1 else 'were'} completed; "
        f"{f'{shown:,}' if shown else 'none'} with evidence, or the name of who verified it, in columns of their own."
        if pack.completed
        else "",
        f"No milestone had a status on {_then_day(pack)}, so which of these were complete by then is not known."
        if pack.completed and pack.then is not None and not pack.then.has_statuses
        else "",
        f"Completed on or before {_then_day(pack)} by the date given, and entered since: {_refs(early)}."
        if early
        else "",
        f"Complete on {_then_day(pack)} and no longer: {_no_longer(pack)}."
        if pack.reopened
        else "",
    )
    rows = tuple(
        (
            _called(c.milestone), _words(c.milestone), _lead(c.milestone),
            _day(c.milestone.completed, _noticed(c.noticed)), _evidence(c.milestone),
            _short(c.milestone.verified_by) or _NONE,
        )
        for c in pack.completed
    )  # fmt: skip
    table = Table(
        "Completed",
        heading,
        (
            Column("Ref", 8), Column("Milestone", 40), Column("SMT lead", 18), Column("Date completed", 14),
            Column("Evidence", 40), Column("Verified by", 18),
        ),
        rows,
        f"No milestone was completed since {_then_day(pack)}." if pack.now.has_statuses else _NO_STATUS,
    )  # fmt: skip
    return Section("completed", heading, "Completed", sentences, table)


_EVIDENCE = re.compile(r"\d\d/\d\d/\d{4} \([^()\n]*\): Evidence: ([^\n]*)")


def _no_longer(pack: Pack) -> str:
    """What was complete then and is not now, each with how it stands."""
    reopened = {id(m) for m in pack.reopened or ()}
    told = [
        f"{_called(p.milestone)} ({TIMELINESS[p.movement.timeliness].lower()})"
        for p in pack.milestones
        if id(p.milestone) in reopened
    ]
    return listed(told)


def _noticed(day: date | None) -> str:
    return f"not known; complete in the plan since {spoken(day)}" if day is not None else _NOT_KNOWN


def _evidence(milestone: Milestone) -> str:
    if says_something(milestone.evidence):
        return _short(milestone.evidence)
    noted = _EVIDENCE.findall(milestone.comments)
    if noted:  # what a lead gave as evidence, in a plan without a column for it
        return f"From the comments: {_short('; '.join(noted))}"
    if says_something(milestone.comments):
        return f"From the comments: {_short(milestone.comments)}"
    return _NONE


def _overdue(pack: Pack) -> Section:
    late = [p for p in pack.milestones if p.movement.timeliness is Timeliness.OVERDUE]
    new = {id(p) for p in pack.newly_overdue or ()}
    late.sort(key=lambda p: (id(p) not in new, -p.movement.overdue_days))
    day = _then_day(pack)
    sentences = _paragraph(
        f"{counted(len(late), 'milestone')} {'is' if len(late) == 1 else 'are'} open and past the current target date"
        + (f"; {len(new):,} newly so since {day}." if pack.newly_overdue is not None else ".")
        if late
        else "",
        _unknown("Which of them are newly overdue") if pack.newly_overdue is None and late else "",
        f"No longer overdue: {listed([_eased(each) for each in pack.eased])}."
        if pack.eased
        else "",
    )
    rows = tuple(
        (
            _called(p.milestone), _words(p.milestone), _lead(p.milestone), _status(p.milestone),
            _day(p.movement.forecast), p.movement.overdue_days, _nth_now(p), _since_when(pack, p, id(p) in new),
        )
        for p in late
    )  # fmt: skip
    table = Table(
        "Overdue",
        f"Overdue on {spoken(pack.as_of)}, the newly overdue first",
        (
            Column("Ref", 8), Column("Milestone", 40), Column("SMT lead", 18), Column("Status in the plan", 16),
            Column("Current target date", 12), Column("Days overdue", 9), Column("Which date", 9),
            Column("New or not", 18),
        ),
        rows,
        "No milestone is overdue." if pack.now.has_dates else _NO_DATE,
    )  # fmt: skip
    return Section("overdue", "Overdue", "Overdue", sentences, table)


def _since_when(pack: Pack, placed: Placed, is_new: bool) -> str:
    if pack.newly_overdue is None:
        return _NOT_KNOWN
    if not is_new:
        return f"Overdue on {_then_day(pack)} too"
    return "Newly overdue" if placed.then is not None else "New in the plan, and overdue"


def _eased(each: Eased) -> str:
    now = TIMELINESS[each.now].lower() if each.now is not None else "no longer in the plan"
    return f"{_called(each.milestone)} ({now})"


def _moves(pack: Pack) -> Section:
    heading = (
        f"Date moves since {_then_day(pack)}" if pack.since else "Date moves since the last report"
    )
    if pack.moved is None:
        said = _unknown("Which agreed dates moved since the last report")
        return Section("moves", heading, "Date moves", (said,))
    unsaid = [m for m in pack.moved if not (m.move.reason.strip() and m.move.approved_by.strip())]
    sentences = _paragraph(
        "Each move of an agreed date is listed with the date before it, why, and who approved it. The original target date "
        "is the 1st."
        if pack.moved
        else "",
        f"{counted(len(unsaid), 'move')} without a reason or an approver on record: "
        f"{listed(list(dict.fromkeys(_called(m.milestone) for m in unsaid)))}."
        if unsaid
        else "",
        *(
            f"The revised date of {_called(u.milestone)} can no longer be read ({_short(u.milestone.revised.raw)}); it was "
            f"{spoken(u.was)}, and the milestone {_judged_by(u.milestone)} now."
            for u in pack.unread or ()
        ),
        f"{_originals(len(pack.baselines_changed))} not as on {_then_day(pack)}, and slippage is measured from what stands there now: "
        f"{listed([_changed_baseline(each) for each in pack.baselines_changed], 60)}."
        if pack.baselines_changed
        else "",
    )
    rows = tuple(
        (
            _called(m.milestone), _words(m.milestone), _lead(m.milestone), _day(m.move.old, "no certain date"),
            m.move.new, _number(m.days), f"{ordinal(m.move.nth)} date", _short(m.move.reason) or _NONE,
            _short(m.move.approved_by) or _NONE, _day(m.move.when.date() if m.move.when else None),
        )
        for m in pack.moved
    )  # fmt: skip
    table = Table(
        "DateMoves",
        heading,
        (
            Column("Ref", 8), Column("Milestone", 38), Column("SMT lead", 18), Column("Old date", 12),
            Column("New date", 12), Column("Days later", 8), Column("Which date", 9), Column("Reason", 30),
            Column("Approved by", 18), Column("Entered on", 12),
        ),
        rows,
        f"No agreed date moved since {_then_day(pack)}.",
    )  # fmt: skip
    return Section("moves", heading, "Date moves", sentences, table)


def _judged_by(milestone: Milestone) -> str:
    return "is judged by its original target date" if milestone.baseline else "has no date"


def _changed_baseline(each: ChangedBaseline) -> str:
    now = each.milestone.baseline
    said = f"now {spoken(now)}" if now is not None else "no certain date now"
    return f"{_called(each.milestone)} (was {spoken(each.was)}, {said})"


def _plan_changes(pack: Pack) -> Section:
    heading = "Added and taken out"
    if pack.added is None or pack.gone is None:
        said = _unknown("What was added to the plan or taken out since the last report")
        return Section("changes", heading, heading, (said,))
    day = _then_day(pack)
    rows = [
        (
            _called(p.milestone),
            _words(p.milestone),
            _lead(p.milestone),
            "New in the plan",
            _stands(p.movement.timeliness),
        )
        for p in pack.added
    ]
    rows += [
        (
            _called(g.milestone),
            _words(g.milestone),
            _lead(g.milestone),
            f"In the plan on {day}, not now",
            _stands(g.then),
        )
        for g in pack.gone
    ]
    gone_open = [
        g.milestone for g in pack.gone if g.then not in (Timeliness.COMPLETE, Timeliness.SUPERSEDED)
    ]
    passed = [f"{ref} ({_short(words) or 'no text'})" for ref, words in pack.passed]
    sentences = _paragraph(
        f"Taken out of the plan while open: {_refs(gone_open)}." if gone_open else "",
        f"{_passed(day)}: {listed(passed, 60)}." if pack.passed else "",
    )
    table = Table(
        "AddedAndTakenOut",
        f"Added and taken out since {day}",
        (
            Column("Ref", 8), Column("Milestone", 46), Column("SMT lead", 20), Column("What happened", 28),
            Column("How it stands, or stood", 16),
        ),
        tuple(rows),
        f"No {'other ' if pack.passed else ''}milestone was added or taken out since {day}.",
    )  # fmt: skip
    return Section("changes", heading, heading, sentences, table)


# -- how far, and what cannot be said --------------------------------------------------------------


def _longest(pack: Pack) -> Section:
    shown = pack.longest[:_LONGEST]
    more = len(pack.longest) - len(shown)
    sentences = _paragraph(
        "Slippage is the current target date, or the date completed, less the original target date, in calendar days."
        if shown
        else "",
        f"{counted(len(pack.longest), 'milestone')} slipped; the {len(shown)} longest are shown, the others stand under "
        "Every milestone."
        if more
        else "",
    )
    rows = tuple(
        (
            _called(p.milestone), _words(p.milestone), _lead(p.milestone), _stands(p.movement.timeliness),
            _day(p.movement.baseline), _day(p.movement.actual or p.movement.forecast),
            _number(p.movement.slippage_days), _nth_now(p), _short(_reason(p)) or _NONE,
        )
        for p in shown
    )  # fmt: skip
    table = Table(
        "LongestSlipped",
        "The longest slipped",
        (
            Column("Ref", 8), Column("Milestone", 40), Column("SMT lead", 18), Column("How it stands", 11),
            Column("Original target date", 12), Column("Current target date or date completed", 14),
            Column("Days moved", 8), Column("Which date", 9), Column("Reason for revision", 26),
        ),
        rows,
        "No milestone is known to have slipped.",
    )  # fmt: skip
    return Section("slipped", "Longest slipped", "Longest slipped", sentences, table)


def _reason(placed: Placed) -> str:
    """Why its date is what it is: as the plan says, else as the log does of the move to that date."""
    last = placed.moves[-1] if placed.moves else None
    if placed.milestone.reason.strip() or last is None or last.new != placed.movement.forecast:
        return placed.milestone.reason.strip()
    return last.reason.strip()


def _no_evidence(pack: Pack) -> Section:
    complete = pack.now.counts.complete
    sentences = _paragraph(
        f"{len(pack.without_evidence):,} of {counted(complete, 'complete milestone')} {'has' if len(pack.without_evidence) == 1 else 'have'} "
        "nothing in the evidence or the comments that shows it. An auditor asks for that first."
        if pack.without_evidence
        else "",
    )
    rows = tuple(
        (_called(m), _words(m), _lead(m), _status(m), _day(m.completed))
        for m in pack.without_evidence
    )
    table = Table(
        "NoEvidence",
        "Complete without evidence",
        (
            Column("Ref", 8), Column("Milestone", 52), Column("SMT lead", 20), Column("Status in the plan", 18),
            Column("Date completed", 12),
        ),
        rows,
        "Every complete milestone has something recorded that shows it." if complete
        else "No milestone is complete." if pack.now.has_statuses else _NO_STATUS,
    )  # fmt: skip
    return Section("evidence", "Complete without evidence", "No evidence", sentences, table)


def _unmeasured(pack: Pack) -> Section:
    finished = [p for p in pack.unmeasured if p.movement.basis == COMPLETION_UNKNOWN]
    others = [p for p in pack.unmeasured if p.movement.basis != COMPLETION_UNKNOWN]
    sentences = _paragraph(
        f"{counted(len(finished), 'milestone')} {'is' if len(finished) == 1 else 'are'} complete, and when is not known, so whether in time is not "
        f"known either: {_refs((p.milestone for p in finished), 60)}."
        if finished
        else "",
        "What is not certain is never counted as a date; the officer can confirm one in the plan."
        if others
        else "",
    )
    rows = tuple(
        (
            _called(p.milestone), _words(p.milestone), _lead(p.milestone), _stands(p.movement.timeliness),
            basis_in_words(p.milestone, p.movement), _short(p.milestone.timescale.raw) or "(blank)",
            _short(p.milestone.revised.raw) or "(blank)",
        )
        for p in others
    )  # fmt: skip
    table = Table(
        "NotMeasured",
        "What cannot be measured, and why",
        (
            Column("Ref", 8), Column("Milestone", 40), Column("SMT lead", 18), Column("How it stands", 11),
            Column("Why", 28), Column("Timescale as written", 20), Column("Revised date as written", 18),
        ),
        rows,
        "Every other milestone has a date to be measured from." if finished else "Every milestone can be measured.",
    )  # fmt: skip
    return Section(
        "unmeasured", "What cannot be measured, and why", "Cannot be measured", sentences, table
    )


# -- themes and trend --------------------------------------------------------------------------


def _themes(pack: Pack) -> Section:
    groups = pack.themes
    rows: list[tuple[Cell, ...]] = [_group_row(_theme(g), g.counts) for g in groups]
    if len(groups) > 1:
        rows.append(_group_row("All themes", pack.now.counts))
    columns = (
        Column("Improvement theme", 44), Column("Milestones", 11),
        *(Column(TIMELINESS[kind], 11) for kind, _ in _KINDS),
    )  # fmt: skip
    table = Table(
        "Themes",
        "Progress by theme",
        columns,
        tuple(rows),
        "The plan has no milestones.",
        total=len(groups) > 1,
    )
    drawn = sorted(groups, key=lambda g: -g.counts.milestones)[:_MOST_BARS]
    drawn = [g for g in groups if g in drawn][:_MOST_BARS]
    sentences = _paragraph(
        f"Each milestone is counted once. The chart shows the {len(drawn)} largest of {len(groups)} themes."
        if len(drawn) < len(groups)
        else "Each milestone is counted once.",
        "" if pack.now.has_statuses else _NO_STATUS,
        "" if pack.now.has_dates else _NO_DATE,
    )
    return Section("themes", "Progress by theme", "By theme", sentences, table, _bars(drawn))


def _theme(group: Group) -> str:
    return _short(group.name) or "(no theme)"


def _group_row(name: str, counts: Counts) -> tuple[Cell, ...]:
    return (name, counts.milestones, *(count(counts) for _, count in _KINDS))


def _bars(groups: Sequence[Group]) -> Bars | None:
    if not groups:
        return None
    series = tuple(
        Series(TIMELINESS[kind], _TONES[kind], tuple(count(g.counts) for g in groups))
        for kind, count in _KINDS
        if any(count(g.counts) for g in groups)
    )
    told = "; ".join(
        f"{_theme(g)}: "
        + ", ".join(
            f"{count(g.counts)} {TIMELINESS[kind].lower()}"
            for kind, count in _KINDS
            if count(g.counts)
        )
        for g in groups
    )
    return Bars(
        "Milestones by theme and how they stand",
        f"Stacked bars, one for each theme. {told}.",
        tuple(_theme(g) for g in groups),
        series,
    )


def _trend(pack: Pack) -> Section:
    course, heading = pack.course, "Milestone trend"
    if course is None:
        said = (
            "There is no chart: the plan was not frozen at an earlier reporting date. It needs a snapshot at each "
            "report."
        )
        return Section("trend", heading, "Trend", (said,))
    if not course.tracks:
        return Section(
            "trend",
            heading,
            "Trend",
            (
                "There is no chart: no line rises or falls, and no open milestone has a date that can be read.",
            ),
        )
    others = len(course.tracks) - course.moved
    sentences = _paragraph(
        "Reporting dates run across, target dates up, and each line is a milestone: a flat line is stable, one that rises "
        "is slipping, and a line ends where its milestone is complete or superseded.",
        _lines_said(course.moved, others, len(course.tracks)),
    )  # fmt: skip
    columns = (Column("Ref", 10), *(Column(spoken(day), 14) for day in course.days))
    rows = tuple((track.name, *_targets(track)) for track in course.tracks)
    table = Table(
        "TrendDates",
        "Target dates at each reporting date",
        columns,
        rows,
        "No milestone has a date.",
    )
    told = "; ".join(_told(track, course.days) for track in course.tracks)
    chart = Trend(
        "Milestone trend",
        f"A line for each of {counted(len(course.tracks), 'milestone')}, from {spoken(course.days[0])} to "
        f"{spoken(course.days[-1])}. {told}.",
        course.days,
        tuple(Line(track.name, track.targets, track.completed) for track in course.tracks),
    )
    return Section("trend", heading, "Trend", sentences, table, chart)


def _lines_said(moved: int, others: int, drawn: int) -> str:
    """How many lines rise or fall (also to the day of a completion), and which are drawn."""
    if not moved:
        return "No line rises or falls between these dates; the milestones due soonest are shown."
    said = f"{counted(moved, 'line')} {'rises or falls' if moved == 1 else 'rise or fall'} between these dates"
    if others < 0:
        return f"{said}; the {drawn} that do so the most are shown."
    if not others:
        return f"{said}."
    return f"{said}; {counted(others, 'other milestone')} due soonest {'is' if others == 1 else 'are'} shown beside {'it' if moved == 1 else 'them'}."


def _targets(track: Track) -> tuple[Cell, ...]:
    """A date, or why there is none."""
    return tuple(
        day if day is not None else TIMELINESS[end].lower() if end else "none, or not in the plan"
        for day, end in zip(track.targets, track.ends, strict=True)
    )


def _told(track: Track, days: Sequence[date]) -> str:
    known = [day for day in track.targets if day is not None]
    if len(set(known)) > 1 and known[0] == known[-1]:
        said = f"{track.name} moved and came back to {spoken(known[0])}"
    elif len(set(known)) > 1:
        said = f"{track.name} went from {spoken(known[0])} to {spoken(known[-1])}"
    else:
        said = f"{track.name} stayed at {spoken(known[0])}"
    return f"{said}, {TIMELINESS[track.ended].lower()}" if track.ended else said


# -- last year ---------------------------------------------------------------------------------


def _last_year(pack: Pack) -> Section:
    heading = "How last year's issues were resolved"
    last = pack.last_year
    if last is None:
        carried = [p.milestone for p in pack.milestones if p.milestone.previous_ref]
        said = _paragraph(
            "The plan does not record what became of last year's milestones.",
            f"By their Previous Ref, {counted(len(carried), 'milestone')} {'was' if len(carried) == 1 else 'were'} carried over: {_refs(carried)}."
            if carried
            else "",
        )
        return Section("last-year", heading, "Last year", said)
    carried_on = [r for r in pack.resolutions if r.then.new_ref]
    of_year = f" of {last.year}" if last.year else ""
    lost = [r for r in pack.resolutions if _is_lost(r)]
    ended = len(pack.resolutions) - len(carried_on) - len(lost)
    sentences = _paragraph(
        f"The plan{of_year} had {counted(len(pack.resolutions), 'milestone')}: {ended:,} ended with it, and "
        f"{len(carried_on):,} {'was' if len(carried_on) == 1 else 'were'} carried into this one.",
        f"Open last year and not found in this plan: {listed([r.then.ref or '(no Ref)' for r in lost], 60)}."
        if lost
        else "",
        f"Of those carried, {sum(_is_complete(r) for r in carried_on):,} {'is' if sum(_is_complete(r) for r in carried_on) == 1 else 'are'} complete now."
        if carried_on
        else "",
    )
    rows = tuple(
        (
            r.then.ref or "(no Ref)", _short(r.then.milestone) or "(no text)", _short(r.then.how), r.then.new_ref or ("not found" if _is_lost(r) else "not carried"),
            _resolved_now(r),
        )
        for r in pack.resolutions
    )  # fmt: skip
    table = Table(
        "LastYear",
        heading,
        (
            Column("Ref last year", 9), Column("Milestone", 46), Column("How it was resolved", 36),
            Column("Ref this year", 10), Column("How it stands now", 20),
        ),
        rows,
        "Last year's plan had no milestones.",
    )  # fmt: skip
    return Section("last-year", heading, "Last year", sentences, table)


def _is_complete(resolution: Resolution) -> bool:
    now = resolution.now
    return now is not None and now.movement.timeliness is Timeliness.COMPLETE


def _is_lost(resolution: Resolution) -> bool:
    """It was open last year, and nothing says what it goes on as."""
    return resolution.then.result is Result.CARRIED and not resolution.then.new_ref


def _resolved_now(resolution: Resolution) -> Cell:
    if _is_lost(resolution):
        return "open last year, not found in this plan"
    if not resolution.then.new_ref:
        return "ended last year"
    if resolution.now is None:
        return "no longer in the plan under that Ref"
    return _stands(resolution.now.movement.timeliness)


# -- what the figures rest on ----------------------------------------------------------------------


def _rules_off(pack: Pack) -> Section:
    heading = "Data queries switched off or changed"
    levels = {"off": "Switched off", "on": "Switched on"} | {
        str(s): f"Shown as {SEVERITIES[s]}" for s in Severity
    }
    rows = tuple(
        (
            code,
            title_of(code),
            levels.get(change.level, change.level),
            _short(change.reason) or "no reason given",
        )
        for code, change in sorted(pack.settings.rules.items())
    )
    table = Table(
        "QueriesChanged",
        heading,
        (
            Column("Code", 8),
            Column("Data query", 40),
            Column("What was changed", 24),
            Column("Why", 50),
        ),
        rows,
        "None: every data query is asked as agsxl comes.",
    )
    said = (
        (
            "The officer can switch a data query off in Settings; each is shown here with the reason.",
        )
        if rows
        else ()
    )
    return Section("queries", heading, "Switched off", said, table)


def _basis(pack: Pack) -> Section:
    plan, queries = pack.plan, pack.queries
    asked = "; ".join(
        f"{SEVERITIES[severity].lower()}: {queries[severity]:,}"
        for severity in Severity
        if queries[severity]
    )
    sentences = _paragraph(
        f"Counted from {plan.file or 'the plan'}, judged on {spoken(pack.as_of)}"
        + (f", and compared with {_compared(pack)}." if pack.since is not None else "."),
        pack.since.note if pack.since is not None else pack.not_compared,
        f"Data queries that a check finds in the plan: {asked}."
        if asked
        else "A check finds no data query in the plan.",
        *(f"The change log: {fault}" for fault in pack.log_faults),
        f"Rows of the plan that are no milestones, and are not counted: {listed([str(row) for row, _ in plan.left_out])}."
        if plan.left_out
        else "",
    )
    return Section(
        "basis", "What the figures rest on", "What they rest on", sentences, _reconciled(pack)
    )


def _reconciled(pack: Pack) -> Table | None:
    """That the figures of then, what came and what went give those of now."""
    then, now = pack.then, pack.now
    if then is None or pack.gone is None:
        return None
    gone_complete = sum(g.then is Timeliness.COMPLETE for g in pack.gone)
    rows: list[tuple[Cell, ...]] = [
        ("Milestones", then.counts.milestones, len(pack.added or ()), len(pack.gone), now.counts.milestones),
        ("Complete", then.counts.complete, len(pack.completed or ()), len(pack.reopened or ()) + gone_complete,
         now.counts.complete),
        ("Overdue", then.counts.overdue, len(pack.newly_overdue or ()), len(pack.eased or ()), now.counts.overdue),
    ]  # fmt: skip
    columns = (
        Column("Figure", 20), Column(_other_heading(then.day, now.day), 18), Column("Came", 12), Column("Went", 12),
        Column(spoken(now.day), 18),
    )  # fmt: skip
    return Table(
        "Reconciled", "How the figures follow from the last ones", columns, tuple(rows), ""
    )


def _every(pack: Pack) -> Section:
    known = pack.since is not None
    columns = [
        Column("Ref", 8), Column("Improvement theme", 24), Column("Milestone", 40), Column("SMT lead", 18), Column("Status in the plan", 14),
        Column(f"On {spoken(pack.as_of)}", 11),
    ]  # fmt: skip
    if known:
        day = pack.since.day if pack.since is not None else pack.as_of
        columns.append(Column(f"On {_other_heading(day, pack.as_of)}", 11))
    columns += [
        Column("Original target date", 11), Column("Current target date", 11), Column("Date completed", 11),
        Column("Days moved", 10), Column("Which date", 9),
    ]  # fmt: skip
    rows = []
    for p in pack.milestones:
        m = p.milestone
        row: list[Cell] = [
            _called(m), _short(m.theme) or "(no theme)", _words(m), _lead(m), _status(m), _stands(p.movement.timeliness),
        ]  # fmt: skip
        if known:
            row.append(_stands(p.then) if p.then is not None else "not in the plan")
        done = p.movement.timeliness is Timeliness.COMPLETE
        row += [
            _day(p.movement.baseline, "no date"), _day(p.movement.forecast, "no date"),
            _day(m.completed, _NOT_KNOWN if done else "not complete"),
            p.movement.slippage_days if p.movement.slippage_days is not None else basis_in_words(m, p.movement),
            _nth_now(p),
        ]  # fmt: skip
        rows.append(tuple(row))
    table = Table(
        "EveryMilestone",
        "Every milestone",
        tuple(columns),
        tuple(rows),
        "The plan has no milestones.",
    )
    return Section("every", "Every milestone", "Every milestone", (), table)


_SECTIONS: tuple[Callable[[Pack], Section], ...] = (
    _summary, _extensions, _completed, _overdue, _moves, _longest, _no_evidence, _unmeasured, _themes, _trend,
    _last_year, _plan_changes, _rules_off, _basis, _every,
)  # fmt: skip
