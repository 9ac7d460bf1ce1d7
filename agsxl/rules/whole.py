"""P: what only the whole plan shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from agsxl.plan import Milestone
from agsxl.rules.engine import Context, Report, Severity, rule
from agsxl.rules.identity import heading_label
from agsxl.statuses import StatusValue
from agsxl.texts import counted, listed
from agsxl.words import TWELVE, spoken


@rule(
    "P701", "column-absent", "Column missing or empty", Severity.NOTE,
    bad=[[{"ref": "A1", "_without": "source"}]], good=[{"ref": "A1"}],
)  # fmt: skip
def column_absent(context: Context) -> Iterator[Report]:
    """The plan has the twelve columns of a master plan, and no known column is empty throughout.

    Why: said once for the plan, instead of once for every milestone.
    Fix: add the column, or switch this off in Settings if the council does without it.
    """
    plan = context.plan
    if not plan.columns:
        return
    for column, heading in TWELVE.items():
        if column not in plan.columns:
            yield Report(f"The plan has no column {heading!r}.", column=column, value=heading)
    for column in plan.columns:
        if column in plan.empty:
            heading = plan.headings.get(column, column)
            yield Report(f"The column {heading!r} is empty.", column=column, value=heading)


@rule(
    "P702", "lead-all-overdue", "Everything of a lead is overdue", Severity.WARNING, column="smt_lead",
    bad=[[{"smt_lead": "Head of Legal", "timescale": "31/07/17"},
          {"ref": "A2", "smt_lead": "Head of Legal", "timescale": "31/08/17"}]],
    good=[[{"smt_lead": "Head of Legal", "timescale": "31/07/17"},
           {"ref": "A2", "smt_lead": "Head of Legal", "timescale": "31/12/17"}]],
)  # fmt: skip
def lead_all_overdue(context: Context) -> Iterator[Report]:
    """No lead with two or more open milestones is late with all of them.

    Why: it is seldom the milestones; the lead may have left, or never saw the chaser.
    Fix: speak to them.
    """
    for name, milestones in context.leads.items():
        still = [m for m in milestones if m.open]
        if len(still) > 1 and all(context.overdue(m) for m in still):
            refs = [m.ref for m in still]
            yield Report(
                f"All {len(still)} open milestones of {name} are overdue: {listed(refs)}.",
                milestone=still[0],
                value=name,
            )


@rule(
    "P703", "outcome-all-complete-but-one", "One milestone short of its outcome", Severity.NOTE,
    column="outcome", on=False,
    bad=[[{"status": "Complete"}, {"ref": "A2", "status": "Complete"}, {"ref": "A3", "status": "On target"}]],
    good=[[{"status": "Complete"}, {"ref": "A2", "status": "On target"}, {"ref": "A3", "status": "On target"}]],
)  # fmt: skip
def outcome_all_complete_but_one(context: Context) -> Iterator[Report]:
    """An outcome of three or more milestones lacks a single one.

    Why: a small push closes it.
    Fix: nothing; worth a word to the lead.
    """
    for milestones in context.outcomes.values():
        still = [m for m in milestones if m.open]
        if len(milestones) > 2 and len(still) == 1:
            yield Report(
                f"Of the outcome's {counted(len(milestones), 'milestone')} only {still[0].ref} is open.",
                milestone=still[0],
            )


@rule(
    "P704", "nothing-due-next-quarter", "Nothing due next quarter", Severity.NOTE,
    column="smt_lead", on=False,
    bad=[[{"timescale": "31/03/18"}, {"ref": "A2", "timescale": "30/06/18"}]],
    good=[[{"timescale": "31/12/17"}, {"ref": "A2", "timescale": "30/06/18"}]],
)  # fmt: skip
def nothing_due_next_quarter(context: Context) -> Iterator[Report]:
    """A lead with two or more open milestones has one that falls due in the next quarter.

    Why: work that is all far off, or all overdue, tends to stay so.
    Fix: nothing, or agree an earlier step.
    """
    end = _quarter_end(context.as_of)
    for name, milestones in context.leads.items():
        still = [m for m in milestones if m.open and m.forecast is not None]
        due = [m for m in still if m.forecast and context.as_of < m.forecast <= end]
        if len(still) > 1 and not due:
            yield Report(
                f"{name} has {len(still)} open milestones and none falls due between now and "
                f"{spoken(end)}.",
                milestone=still[0],
                value=name,
            )


def _quarter_end(as_of: date) -> date:
    """The end of the quarter that begins after the reporting date's day."""
    begins = as_of + timedelta(days=1)
    month = begins.month - (begins.month - 1) % 3 + 3
    return date(begins.year + (month > 12), (month - 1) % 12 + 1, 1) - timedelta(days=1)


@rule(
    "P705", "gap-in-headings", "A heading is missing", Severity.WARNING, column="theme",
    bad=[[{"ref": "A1", "theme": "A: Training"}, {"ref": "C1", "theme": "C: Fraud"}]],
    good=[[{"ref": "A1", "theme": "A: Training"}, {"ref": "B1", "theme": "B: Fraud"}]],
)  # fmt: skip
def gap_in_headings(context: Context) -> Iterator[Report]:
    """The themes' letters or numbers follow one another.

    Why: a page, or a whole theme, may have been lost; nothing is filed under another one instead.
    Fix: look for it in the plan that was approved.
    """
    milestones = context.plan.milestones
    yield from _gaps("theme", [(heading_label(m.theme), m) for m in milestones])
    yield from _gaps("principle", [(_principle(m), m) for m in milestones])


def _principle(milestone: Milestone) -> str:
    """The number of the principle that a published plan was filed under, or ""."""
    found = re.match(r"principle (\d{1,2}|[A-Z])\b", milestone.extra.get("principles", ""), re.I)
    return found[1] if found else ""


def _gaps(what: str, labels: Iterable[tuple[str, Milestone]]) -> Iterator[Report]:
    """The numbers or letters that are missing among the labels of one kind of heading."""
    first: dict[int, tuple[str, Milestone]] = {}
    for label, milestone in labels:
        if label:
            place = int(label) if label.isdigit() else ord(label) - 64
            first.setdefault(place, (label, milestone))
    if len({label.isdigit() for label, _ in first.values()}) != 1:
        return
    for place in sorted(first)[1:]:
        missing: list[int] = []
        while place - 1 - len(missing) > 0 and place - 1 - len(missing) not in first:
            missing.append(place - 1 - len(missing))
        if missing and len(missing) < 20:
            label, milestone = first[place]
            names = [str(n) if label.isdigit() else chr(64 + n) for n in reversed(missing)]
            yield Report(
                f"There is no {what} {listed(names)} before {label}.",
                milestone=milestone,
                value=listed(names),
            )


@rule(
    "P706", "same-evidence-different-status", "Same evidence, different status", Severity.WARNING,
    column="comments",
    bad=[[{"status": "Complete", "comments": "Approved by Cabinet on 27 July."},
          {"ref": "A2", "status": "On target", "comments": "Approved by Cabinet on 27 July."}]],
    good=[[{"status": "On target", "comments": "Approved by Cabinet on 27 July."},
           {"ref": "A2", "status": "On target", "comments": "Approved by Cabinet on 27 July."}]],
)  # fmt: skip
def same_evidence_different_status(context: Context) -> Iterator[Report]:
    """Milestones with the same comment or evidence have the same status.

    Why: what proves that one is complete proves it of the other, or of neither.
    Fix: ask the lead.
    """
    groups: dict[str, list[Milestone]] = {}
    for milestone in context.plan.milestones:
        text = milestone.evidence or milestone.comments
        if len(text) > 10 and milestone.status.value != StatusValue.BLANK:
            groups.setdefault(text.casefold(), []).append(milestone)
    for milestones in groups.values():
        statuses = {m.status.value: m for m in milestones}
        if len(statuses) > 1:
            said = " but ".join(f"{m.ref} is {value}" for value, m in statuses.items())
            yield Report(f"{said}, with the same words.", milestone=milestones[0])


CATALOGUE = (
    column_absent, lead_all_overdue, outcome_all_complete_but_one, nothing_due_next_quarter,
    gap_in_headings, same_evidence_different_status,
)  # fmt: skip
