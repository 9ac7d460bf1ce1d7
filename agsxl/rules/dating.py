"""D: the dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from agsxl.dates import Kind, Target
from agsxl.plan import NO_TARGET, Milestone
from agsxl.rules.engine import Context, Report, Reports, Severity, rule
from agsxl.settings import Settings
from agsxl.texts import counted
from agsxl.words import WEEKDAYS, spoken
from agsxl.workdays import is_working_day

_NAMES = {
    "timescale": "timescale",
    "revised": "revised target date",
    "baseline": "baseline date",
    "completed": "date completed",
}


def _targets(milestone: Milestone) -> tuple[tuple[str, Target], ...]:
    return (("timescale", milestone.timescale), ("revised", milestone.revised))


def _of_kind(milestone: Milestone, *kinds: Kind) -> list[tuple[str, Target]]:
    return [(column, target) for column, target in _targets(milestone) if target.kind in kinds]


@rule(
    "D301", "impossible-date", "Impossible date", Severity.ERROR, column="timescale", lead=True,
    bad=[{"timescale": "31/11/17"}, {"revised": "12/13/14"}], good=[{"timescale": "30/11/17"}],
)  # fmt: skip
def impossible_date(milestone: Milestone, context: Context) -> Reports:
    """A timescale or revised date is one that the calendar has.

    Why: the milestone has no date until it is put right: nothing can be counted or chased on it.
    Fix: ask the lead which date was meant, and enter it.
    """
    if Kind.IMPOSSIBLE not in (milestone.timescale.kind, milestone.revised.kind):
        return None
    return [
        Report(
            f"The {_NAMES[column]} {target.raw!r} is impossible: {target.note}.",
            suggestion=target.suggestion,
            column=column,
        )
        for column, target in _of_kind(milestone, Kind.IMPOSSIBLE)
    ]


@rule(
    "D302", "unreadable-date", "Date that cannot be read", Severity.WARNING, column="timescale",
    lead=True, bad=[{"timescale": "Completed"}, {"timescale": "42855"}],
    good=[{"timescale": "TBC"}, {"timescale": "Ongoing"}],
)  # fmt: skip
def unreadable_date(milestone: Milestone, context: Context) -> Reports:
    """A timescale, revised date or date completed can be read as one.

    Why: it counts as no date at all.
    Fix: enter a date, or words that say when ("TBC", "Ongoing", "June 2018").
    """
    if milestone.baseline_target is NO_TARGET is milestone.completed_target and not (
        milestone.timescale.kind is Kind.UNREADABLE or milestone.revised.kind is Kind.UNREADABLE
    ):
        return None
    found = [
        Report(
            f"The {_NAMES[column]} {target.raw!r} cannot be read: {target.note}.",
            suggestion=target.suggestion,
            column=column,
        )
        for column, target in _of_kind(milestone, Kind.UNREADABLE)
    ]
    for column, target in (
        ("baseline", milestone.baseline_target),
        ("completed", milestone.completed_target),
    ):
        if target.kind is not Kind.BLANK and not (target.certain and target.latest):
            found.append(
                Report(
                    f"The {_NAMES[column]} {target.raw!r} is not one certain date.",
                    suggestion=target.suggestion,
                    column=column,
                )
            )
    return found or None


_SUPPOSED = (
    Kind.EXACT, Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.SEASON, Kind.WEEK, Kind.RANGE,
    Kind.MULTIPLE, Kind.PARTIAL, Kind.ONGOING,
)  # fmt: skip


@rule(
    "D303", "uncertain-date", "Date to confirm", Severity.WARNING, column="timescale",
    bad=[{"timescale": "June Cabinet"}, {"timescale": "Q1 2017"}],
    good=[{"timescale": "June 2017"}, {"timescale": "Q1 2017/18"}],
)  # fmt: skip
def uncertain_date(milestone: Milestone, context: Context) -> Reports:
    """A timescale or revised date says which day it means, without anything supposed.

    Why: agsxl counts and chases only on dates that are certain. The suggestion is what it would
    suppose.
    Fix: type the date meant into the Baseline date column (or the revised date's own cell).
    """
    if milestone.timescale.certain and milestone.revised.certain:
        return None
    confirmed = milestone.baseline_target.certain and milestone.baseline_target.latest
    return [
        Report(
            f"The {_NAMES[column]} {target.raw!r} is not certain: {target.note}.",
            suggestion=target.suggestion,
            column=column,
        )
        for column, target in _of_kind(milestone, *_SUPPOSED)
        if not target.certain and not (column == "timescale" and confirmed)
    ]


@rule(
    "D304", "undated-timescale", "No date yet", Severity.NOTE, column="timescale", lead=True,
    looks_at="open", bad=[{"timescale": "TBC"}, {"timescale": "On approval by Council", "status": "On target"}],
    good=[{"timescale": "TBC", "status": "Complete"}, {"timescale": "TBC", "revised": "31/03/2018"}],
)  # fmt: skip
def undated_timescale(milestone: Milestone, context: Context) -> Reports:
    """An open milestone has a date, its own or a revised one.

    Why: it can never be late, so nobody looks at it.
    Fix: ask the lead for a date.
    """
    if (
        milestone.timescale.kind in (Kind.TBC, Kind.EVENT, Kind.BLANK)
        and milestone.forecast is None
        and milestone.open
        and milestone.revised.kind in (Kind.BLANK, Kind.TBC, Kind.EVENT)
        and context.plan.has("timescale")
    ):
        words = repr(milestone.timescale.raw) if milestone.timescale.raw else "blank"
        return Report(f"{milestone.called} is open and its timescale is {words}: it has no date.")
    return None


@rule(
    "D305", "revised-before-baseline", "Revised date before the original", Severity.ERROR,
    column="revised", looks_at="moved", bad=[{"timescale": "31/03/18", "revised": "28/02/18"}],
    good=[{"timescale": "31/03/18", "revised": "30/04/18"}],
)  # fmt: skip
def revised_before_baseline(milestone: Milestone, context: Context) -> Reports:
    """A revised date is later than the original target date.

    Why: dates are seldom brought forward; one of the two is usually mistyped.
    Fix: correct it, or switch this rule to a note in Settings if the date really moved forward.
    """
    revised, baseline = milestone.revised_date, milestone.baseline
    if revised is None or baseline is None or revised >= baseline:
        return None
    return Report(
        f"The revised target date {spoken(revised)} is before the original, {spoken(baseline)}."
    )


@rule(
    "D306", "revised-equals-baseline", "Revised date is the original", Severity.WARNING,
    column="revised", looks_at="moved", bad=[{"timescale": "31/03/18", "revised": "31/03/2018"}],
    good=[{"timescale": "31/03/18", "revised": "30/04/18"}],
)  # fmt: skip
def revised_equals_baseline(milestone: Milestone, context: Context) -> Reports:
    """A revised date differs from the original target date.

    Why: it looks like a move that was agreed, and is none.
    Fix: clear it, or enter the date that was agreed.
    """
    if milestone.revised_date is None or milestone.revised_date != milestone.baseline:
        return None
    return Report(f"The revised target date is the original one, {milestone.revised.raw}.")


@rule(
    "D307", "revised-date-passed", "Revised date has passed", Severity.WARNING, column="revised",
    lead=True, looks_at="moved", bad=[{"timescale": "31/07/17", "revised": "31/08/17"}],
    good=[{"timescale": "31/07/17", "revised": "31/08/17", "status": "Complete"},
          {"timescale": "31/07/17", "revised": "30/09/17"}],
)  # fmt: skip
def revised_date_passed(milestone: Milestone, context: Context) -> Reports:
    """An open milestone's revised date is still to come.

    Why: the second date was missed too.
    Fix: ask the lead whether it is complete, and if not for a new date and the reason.
    """
    revised = milestone.revised_date
    if revised is None or revised >= context.as_of or not milestone.open:
        return None
    late = (context.as_of - revised).days
    return Report(f"The revised target date {spoken(revised)} passed {counted(late, 'day')} ago.")


@rule(
    "D308", "revised-without-reason", "Date moved without a reason", Severity.WARNING,
    column="revised", lead=True, looks_at="moved", bad=[{"revised": "31/03/2018", "comments": ""}],
    good=[{"revised": "31/03/2018", "comments": "The supplier withdrew."}],
)  # fmt: skip
def revised_without_reason(milestone: Milestone, context: Context) -> Reports:
    """A date that moved says why, in its reason or its comments.

    Why: a date that is missed needs a recorded explanation (Global Internal Audit Standards 15.2).
    Fix: ask the lead, and enter the reason.
    """
    if milestone.revised_date is None or milestone.reason or milestone.comments:
        return None
    if milestone.revised_date == milestone.baseline:
        return None
    return Report(f"The date moved to {spoken(milestone.revised_date)}; nothing says why.")


_FAR = timedelta(days=3 * 365)
_APART = timedelta(days=183)


@rule(
    "D309", "date-outside-plan-years", "Date far from the plan's own", Severity.WARNING,
    column="timescale",
    bad=[[{"timescale": "31/03/18"}, {"ref": "A2", "timescale": "30/06/18"},
          {"ref": "A3", "timescale": "31/12/17"}, {"ref": "A4", "timescale": "31/03/1923"}]],
    good=[[{"timescale": "31/03/18"}, {"ref": "A2", "timescale": "30/06/18"},
           {"ref": "A3", "timescale": "31/12/17"}, {"ref": "A4", "timescale": "31/03/19"}]],
)  # fmt: skip
def date_outside_plan_years(context: Context) -> Iterator[Report]:
    """A date lies among the plan's own dates.

    Why: a year is the easiest thing to mistype, and it makes a milestone very late or never due.
    A date more than three years off is a warning; one that stands half a year apart from nearly
    all the others is a note.
    Fix: correct the year, or leave it if it is meant.
    """
    dated = [
        (target.latest, column, milestone)
        for milestone in context.plan.milestones
        for column, target in _targets(milestone)
        if target.certain and target.latest is not None
    ]
    if len(dated) < 4:
        return
    days = sorted(day for day, _, _ in dated)
    edge = len(days) // 20  # the bulk: all but one in twenty at either end
    middle, first, last = days[len(days) // 2], days[edge], days[-1 - edge]
    for day, column, milestone in dated:
        if abs(day - middle) > _FAR:
            severity = None
        elif edge and (day < first - _APART or day > last + _APART):
            severity = Severity.NOTE
        else:
            continue
        yield Report(
            f"The {_NAMES[column]} {spoken(day)} is far from the plan's other dates "
            f"(most are {first.year if first.year == last.year else f'{first.year} to {last.year}'}).",
            column=column,
            severity=severity,
            milestone=milestone,
        )


@rule(
    "D310", "day-month-swap-suspected", "Day and month swapped?", Severity.NOTE,
    column="timescale", on=False,
    bad=[[{"timescale": "01/06/17"}, {"ref": "A2", "timescale": "06/03/17"},
          {"ref": "A3", "timescale": "07/06/17"}, {"ref": "A4", "timescale": "12/06/17"}]],
    good=[[{"timescale": "01/06/17"}, {"ref": "A2", "timescale": "04/06/17"},
           {"ref": "A3", "timescale": "07/06/17"}, {"ref": "A4", "timescale": "12/06/17"}]],
)  # fmt: skip
def day_month_swap_suspected(context: Context) -> Iterator[Report]:
    """A step's date lies between those of the steps around it; none would if day and month swapped.

    Why: Excel set to the American order turns 3 June into 6 March.
    Fix: ask the lead, or look at the original.
    """
    for milestones in context.outcomes.values():
        dated = [
            (m, m.timescale.latest)
            for m in milestones
            if m.timescale.kind is Kind.EXACT and m.timescale.certain and m.timescale.latest
        ]
        for before, (milestone, day), after in zip(dated, dated[1:], dated[2:], strict=False):
            earliest, latest = before[1], after[1]
            if day.day > 12 or day.day == day.month or earliest <= day <= latest:
                continue
            swapped = date(day.year, day.day, day.month)
            if earliest <= swapped <= latest:
                yield Report(
                    f"{spoken(day)} is out of order; with day and month swapped it would be "
                    f"{spoken(swapped)}, between {before[0].ref} and {after[0].ref}.",
                    suggestion=swapped,
                    milestone=milestone,
                )


@rule(
    "D311", "due-before-earlier-step", "Due before an earlier step", Severity.NOTE,
    column="timescale", on=False,
    bad=[[{"timescale": "30/06/17"}, {"ref": "A2", "timescale": "31/05/17"}]],
    good=[[{"timescale": "31/05/17"}, {"ref": "A2", "timescale": "30/06/17"}]],
)  # fmt: skip
def due_before_earlier_step(context: Context) -> Iterator[Report]:
    """Within an outcome, a later step is not due before an earlier one.

    Why: a policy is not approved before it is drafted; either the order or a date is wrong.
    Fix: correct the date, or leave it if the steps do not depend on one another.
    """
    for milestones in context.outcomes.values():
        latest: Milestone | None = None
        for milestone in milestones:
            forecast = milestone.forecast
            if forecast is None:
                continue
            before = latest.forecast if latest is not None else None
            if latest is not None and before is not None and forecast < before:
                yield Report(
                    f"{milestone.called} is due {spoken(forecast)}, before the step {latest.ref} "
                    f"({spoken(before)}).",
                    milestone=milestone,
                )
            else:
                latest = milestone


@rule(
    "D312", "date-kept-as-text", "Date kept as text", Severity.NOTE, column="timescale", on=False,
    bad=[{"timescale": "'31/10/26"}], good=[{"timescale": "31/10/2026"}],
)  # fmt: skip
def date_kept_as_text(milestone: Milestone, context: Context) -> Reports:
    """In a workbook, a date is a date cell.

    Why: Excel neither sorts nor filters a date that is text.
    Fix: type it again into a cell formatted as a date. (A phrase such as "w/c 15 May" is text.)
    """
    if not milestone.text_dates:
        return None
    return [
        Report(f"The {_NAMES[column]} {milestone.text(column)!r} is text.", column=column)
        for column in milestone.text_dates
    ]


@rule(
    "D313", "date-on-non-working-day", "Date on a weekend or bank holiday", Severity.NOTE,
    column="timescale", on=False, bad=[{"timescale": "01/05/17"}], good=[{"timescale": "02/05/17"}],
)  # fmt: skip
def date_on_non_working_day(milestone: Milestone, context: Context) -> Reports:
    """A date falls on a working day (England and Wales).

    Why: nobody can deliver on it; the working day before is what is meant.
    Fix: nothing, or agree a working day.
    """
    found = []
    for column, target in _of_kind(milestone, Kind.EXACT):
        day = target.latest
        if day is not None and target.certain and not is_working_day(day):
            what = f"a {WEEKDAYS[day.weekday()]}" if day.weekday() >= 5 else "a bank holiday"
            found.append(Report(f"{spoken(day)} is {what}.", column=column))
    return found or None


@rule(
    "D314", "timescale-says-more-than-a-date", "More than a date", Severity.NOTE,
    column="timescale", on=False, bad=[{"timescale": "24/05/17 Council"}],
    good=[{"timescale": "24/05/17"}],
)  # fmt: skip
def timescale_says_more(milestone: Milestone, context: Context) -> Reports:
    """A timescale is a date and nothing else.

    Why: what it says beside the date is lost as soon as somebody types a date over it.
    Fix: move the words to the comments.
    """
    target = milestone.timescale
    if not (target.certain and target.latest and target.note):
        return None
    return Report(f"The timescale {target.raw!r} also says {target.note!r}.")


@rule(
    "D315", "moved-against-policy", "Moved more often than allowed", Severity.WARNING,
    column="revised", settings=Settings(most_moves=1),
    looks_at="moved", bad=[{"timescale": "31/03/17", "revised": "31/07/17, now 30/11/17"}],
    good=[{"timescale": "31/03/17", "revised": "30/11/17"}],
)  # fmt: skip
def moved_against_policy(milestone: Milestone, context: Context) -> Reports:
    """A date has moved no more often than the council's policy allows (Settings).

    Why: a baseline moves through change control, not by habit.
    Fix: take it to the committee.
    """
    most = context.settings.most_moves
    if most is None or milestone.revised.kind is Kind.BLANK or milestone.moves <= most:
        return None
    return Report(
        f"The date has moved {counted(milestone.moves, 'time')}; the policy allows {most}."
    )


@rule(
    "D316", "moved-without-approval", "Moved without approval", Severity.WARNING, column="approved_by",
    looks_at="moved", bad=[{"revised": "31/03/2018", "approved_by": ""}],
    good=[{"revised": "31/03/2018", "approved_by": "Governance Committee 28/09/2017"}],
)  # fmt: skip
def moved_without_approval(milestone: Milestone, context: Context) -> Reports:
    """Where the plan has a column for it, a moved date says who approved it.

    Why: a baseline is altered only through change control.
    Fix: enter who approved the new date, and when.
    """
    if "approved_by" not in context.plan.columns or not context.settings.moves_need_approval:
        return None
    if milestone.revised_date is None or milestone.approved_by:
        return None
    return Report(f"Nothing says who approved {spoken(milestone.revised_date)}.")


@rule(
    "D317", "baseline-disagrees-with-timescale", "Baseline and timescale disagree",
    Severity.WARNING, column="baseline", bad=[{"timescale": "31/03/17", "baseline": "30/04/17"}],
    good=[{"timescale": "March 2017", "baseline": "31/03/17"},
          {"timescale": "June Cabinet", "baseline": "14/06/17"}],
)  # fmt: skip
def baseline_disagrees(milestone: Milestone, context: Context) -> Reports:
    """The Baseline date is what the timescale says.

    Why: one of the two was changed later; slippage is measured from the Baseline date.
    Fix: put back what was first agreed. A date that moved goes into the revised date.
    """
    baseline, said = milestone.baseline_target.latest, milestone.timescale
    if baseline is None or not said.certain or said.latest is None or baseline == said.latest:
        return None
    return Report(
        f"The Baseline date is {spoken(baseline)}, the timescale says {spoken(said.latest)}.",
        suggestion=said.latest,
    )


@rule(
    "D318", "completed-after-reporting-date", "Completed in the future", Severity.ERROR,
    column="completed", bad=[{"status": "Complete", "completed": "01/04/2036"}],
    good=[{"status": "Complete", "completed": "30/09/2017"}],
)  # fmt: skip
def completed_after_reporting_date(milestone: Milestone, context: Context) -> Reports:
    """A date completed is not after the reporting date.

    Why: it cannot be known yet, and slippage is measured to it.
    Fix: correct the date, or the status.
    """
    completed = milestone.completed
    if completed is None or completed <= context.as_of:
        return None
    return Report(f"The date completed, {spoken(completed)}, is after the reporting date.")


@rule(
    "D319", "completed-yet-open", "Date completed, yet open", Severity.WARNING, column="status",
    bad=[{"status": "On target", "completed": "01/09/2017"}],
    good=[{"status": "Complete", "completed": "01/09/2017"}],
)  # fmt: skip
def completed_yet_open(milestone: Milestone, context: Context) -> Reports:
    """A milestone with a date completed is complete.

    Why: it is chased although it may be done, or counted as done although it is not.
    Fix: correct the status, or clear the date.
    """
    if milestone.completed is None or not milestone.open:
        return None
    said = repr(milestone.status.raw) if milestone.status.raw else "blank"
    return Report(f"The status is {said}, with a date completed of {spoken(milestone.completed)}.")


CATALOGUE = (
    impossible_date, unreadable_date, uncertain_date, undated_timescale, revised_before_baseline,
    revised_equals_baseline, revised_date_passed, revised_without_reason, date_outside_plan_years,
    day_month_swap_suspected, due_before_earlier_step, date_kept_as_text, date_on_non_working_day,
    timescale_says_more, moved_against_policy, moved_without_approval, baseline_disagrees,
    completed_after_reporting_date, completed_yet_open,
)  # fmt: skip
