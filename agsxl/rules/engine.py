"""What a rule is, what it reports, and running a catalogue of them over a plan.

A rule is one decorated function: its code, its name (after the defect), how serious it is, what
it sees (one milestone, or the whole plan), and rows on which it must and must not report. A fault
in the plan is a value, a ``Finding``; only a fault in a *rule* is an exception, and that too
becomes one finding, ``X000``, while the run goes on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from agsxl.dates import Kind
from agsxl.plan import Milestone, Plan, due_until
from agsxl.posts import Posts, post_key
from agsxl.settings import Settings
from agsxl.statuses import StatusValue

Row = Mapping[str, str]
Example = Row | Sequence[Row]  # one row, or a small plan of several


class Severity(StrEnum):
    """How serious a finding is; on screen: must fix, should check, for information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """What one rule says of one milestone, or of the plan (``ref`` empty).

    ``column`` has the names of ``agsxl show``; ``value`` is what is written there. ``row`` is the
    row or line; ``sheet`` and ``cell`` are empty where the plan is in no workbook.
    """

    code: str
    name: str
    severity: Severity
    ref: str
    column: str
    message: str
    suggestion: date | str | None = None
    value: str = ""
    row: int = 0
    sheet: str = ""
    cell: str = ""


class Report(NamedTuple):
    """What a rule function says; the engine makes the finding of it."""

    message: str
    suggestion: date | str | None = None
    column: str = ""  # where it is not the rule's own
    severity: Severity | None = None  # where it is milder than the rule's own
    milestone: Milestone | None = None  # for rules that see the whole plan
    value: str = ""  # where it is not the text of the cell
    row: int = 0  # where it is about a row that is no milestone


Reports = Report | Iterable[Report] | None
MilestoneRule = Callable[[Milestone, "Context"], Reports]
PlanRule = Callable[["Context"], Reports]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue. ``title`` is its name on screen, in an officer's words."""

    code: str
    name: str
    title: str
    severity: Severity
    column: str
    on: bool
    lead: bool
    looks_at: str
    milestone_check: MilestoneRule | None
    plan_check: PlanRule | None
    doc: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    settings: Settings
    posts: Posts

    def _section(self, heading: str) -> str:
        found = re.search(rf"^{heading}:\s*(.+?)(?=^\w+:|\Z)", self.doc, re.S | re.M)
        return " ".join(found[1].split()) if found else ""

    @property
    def statement(self) -> str:
        """The rule in a sentence: the docstring's first paragraph."""
        return " ".join(self.doc.split("\n\n")[0].split())

    @property
    def why(self) -> str:
        """Why it matters."""
        return self._section("Why")

    @property
    def fix(self) -> str:
        """What to do about it."""
        return self._section("Fix")


class Context:
    """What a rule may ask beyond its own milestone: the plan, the day, the table of posts."""

    def __init__(self, plan: Plan, as_of: date, settings: Settings, posts: Posts) -> None:
        self.plan = plan
        self.as_of = as_of
        self.settings = settings
        self.posts = posts
        self.due_until = due_until(as_of, settings)
        self._some: dict[str, Sequence[Milestone]] = {"all": plan.milestones}

    @cached_property
    def by_ref(self) -> dict[str, Milestone]:
        """Milestones by Ref in upper case; the first of a duplicated one."""
        found: dict[str, Milestone] = {}
        for milestone in self.plan.milestones:
            if milestone.ref:
                found.setdefault(milestone.ref.upper(), milestone)
        return found

    @cached_property
    def outcomes(self) -> dict[tuple[str, str], list[Milestone]]:
        """Milestones by theme and outcome, in the plan's order; those without an outcome left out."""
        found: dict[tuple[str, str], list[Milestone]] = {}
        for milestone in self.plan.milestones:
            if milestone.outcome:
                found.setdefault((milestone.theme, milestone.outcome), []).append(milestone)
        return found

    @cached_property
    def leads(self) -> dict[str, list[Milestone]]:
        """Milestones by each post they name, under the first spelling of the post."""
        spelling: dict[str, str] = {}
        found: dict[str, list[Milestone]] = {}
        for milestone in self.plan.milestones:
            for post in milestone.smt_lead.posts:
                name = spelling.setdefault(post_key(post), post)
                found.setdefault(name, []).append(milestone)
        return found

    def some(self, which: str) -> Sequence[Milestone]:
        """The milestones of a kind: all, open, complete, moved (with anything in the revised date)."""
        if which not in self._some:
            self._some[which] = [m for m in self.plan.milestones if _KINDS[which](m)]
        return self._some[which]

    def overdue(self, milestone: Milestone) -> bool:
        """Open, and its forecast date has passed."""
        forecast = milestone.forecast
        return milestone.open and forecast is not None and forecast < self.as_of


_KINDS: Mapping[str, Callable[[Milestone], bool]] = {
    "open": lambda m: m.open,
    "complete": lambda m: m.status.value == StatusValue.COMPLETE,
    "moved": lambda m: m.revised.kind is not Kind.BLANK,
    "commented": lambda m: bool(m.comments),
}


def rule(
    code: str,
    name: str,
    title: str,
    severity: Severity,
    *,
    column: str = "",
    on: bool = True,
    lead: bool = False,
    looks_at: str = "all",
    bad: Sequence[Example],
    good: Sequence[Example],
    settings: Settings | None = None,
    posts: Posts | None = None,
) -> Callable[[Callable[..., Reports]], Rule]:
    """Make a rule of a function ``(milestone, context)`` or ``(context)``.

    ``looks_at`` names the only milestones it can find anything in (see ``Context.some``).
    ``settings`` and ``posts`` are what its bad and good rows are judged with. The docstring
    states the rule, then ``Why:`` and ``Fix:``; it becomes a page of docs/rules.md.
    """

    def make(function: Callable[..., Reports]) -> Rule:
        sees_plan = len(inspect.signature(function).parameters) == 1
        return Rule(
            code=code,
            name=name,
            title=title,
            severity=severity,
            column=column,
            on=on,
            lead=lead,
            looks_at=looks_at,
            milestone_check=None if sees_plan else function,
            plan_check=function if sees_plan else None,
            doc=inspect.cleandoc(function.__doc__ or ""),
            bad=tuple(bad),
            good=tuple(good),
            settings=settings or Settings(),
            posts=posts or Posts(),
        )

    return make


def run(rules: Iterable[Rule], context: Context) -> list[Finding]:
    """Run rules over a plan: the must-fix first, then by code and row."""
    findings: list[Finding] = []
    for each in rules:
        severity = _severity(each, context.settings)
        try:
            findings += _run_one(each, severity, context)
        except Exception as fault:  # a rule's own fault must not hide the other rules' findings
            findings.append(_crashed(each, fault))
    order = list(Severity)
    findings.sort(key=lambda f: (order.index(f.severity), f.code, f.row))
    return findings


def _run_one(each: Rule, severity: Severity, context: Context) -> list[Finding]:
    findings: list[Finding] = []
    check = each.milestone_check
    if check is not None:
        for milestone in context.some(each.looks_at):
            reports = check(milestone, context)
            if reports is not None:
                for report in (reports,) if isinstance(reports, Report) else reports:
                    findings.append(_finding(each, severity, report, milestone, context.plan))
    elif each.plan_check is not None:
        reports = each.plan_check(context) or ()
        for report in (reports,) if isinstance(reports, Report) else reports:
            findings.append(_finding(each, severity, report, report.milestone, context.plan))
    return findings


def _finding(
    each: Rule, severity: Severity, report: Report, milestone: Milestone | None, plan: Plan
) -> Finding:
    column = report.column or each.column
    value = report.value
    if not value and milestone is not None and column:
        value = milestone.text(column)
    if report.severity is not None and severity is each.severity:
        severity = report.severity
    row = milestone.where.row if milestone is not None else report.row
    return Finding(
        code=each.code,
        name=each.name,
        severity=severity,
        ref=milestone.ref if milestone is not None else "",
        column=column,
        message=report.message,
        suggestion=report.suggestion,
        value=value,
        row=row,
        sheet=plan.sheet if row else "",
        cell=plan.cell(column, row),
    )


def _severity(each: Rule, settings: Settings) -> Severity:
    change = settings.rules.get(each.code)
    if change is not None and change.level in tuple(Severity):
        return Severity(change.level)
    return each.severity


CRASHED = "X000"


@rule(
    CRASHED, "rule-crashed", "A rule could not be run", Severity.ERROR,
    bad=[], good=[],
)  # fmt: skip
def rule_crashed(context: Context) -> Reports:
    """Every rule runs to its end.

    Why: what the rule would have found is missing from the list; the others have run.
    Fix: report it, with the message.
    """
    return None  # the engine itself reports it


def _crashed(each: Rule, fault: Exception) -> Finding:
    message = (
        f"The rule {each.code} ({each.name}) could not be run, so what it would have found is "
        f"missing here: {type(fault).__name__}: {fault}. Please report this."
    )
    crash = rule_crashed
    return Finding(crash.code, crash.name, crash.severity, "", "", message, value=each.code)
