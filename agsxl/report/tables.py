"""Findings, slippage and chasers as workbooks, for people who live in Excel.

    day = date(2017, 9, 30)
    plan = agsxl.load_plan("action plan.xlsx")
    found = agsxl.check(plan, as_of=day)
    write_findings("findings.xlsx", found, plan, "action plan.xlsx", as_of=day)

The words are those that officers read (Must fix, Not yet due, Current target date). What each
workbook holds is said by its list of columns; how it is written, by ``agsxl.report.sheets``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from agsxl.chasers import Asked, LeadChaser, Reason
from agsxl.layout.checks import severity_counts
from agsxl.layout.slippage import basis_in_words, worst
from agsxl.movements import COMPLETION_UNKNOWN, NO_BASELINE, UNDATED, Movement, Slippage
from agsxl.plan import Milestone, Plan, Timeliness, due_until
from agsxl.report.sheets import (
    AMBER,
    MOST_LINKS,
    RED,
    Cell,
    Column,
    PlanLinks,
    Sheet,
    sheet_link,
    sheet_names,
    write_workbook,
)
from agsxl.rules import Finding, Severity, fix_of, title_of
from agsxl.settings import RuleChange, Settings
from agsxl.texts import counted, listed
from agsxl.words import BASES, COLUMNS, REASONS, SEVERITIES, TIMELINESS, spoken

_NO_REF = "(no Ref)"
_WHOLE_PLAN = "Whole plan"


def _title(subject: str, plan: Plan, as_of: date) -> str:
    """ "Data queries: plan.xlsx, reporting date 4 June 2017"."""
    return f"{subject}: {plan.file or 'plan'}, reporting date {spoken(as_of)}"


# -- findings ----------------------------------------------------------------------------------


def write_findings(
    path: str | Path,
    findings: Sequence[Finding],
    plan: Plan,
    source: str | Path,
    *,
    as_of: date,
    settings: Settings | None = None,
) -> Path:
    """Write the data queries of a plan: each with its cell, a summary, and the rules changed.

    >>> write_findings("findings.xlsx", found, plan, "plan.xlsx", as_of=day)  # doctest: +SKIP
    PosixPath('findings.xlsx')

    ``source`` is the plan's file, which the links open. ``settings`` default to the plan's own.
    Raises OutputError where the workbook cannot be written.
    """
    chosen = settings or plan.settings
    order = list(Severity)
    ranked = sorted(findings, key=lambda f: order.index(f.severity))  # the rest as the rules ran
    sheets: list[Sheet[Any]] = [
        _data_queries(ranked, plan, PlanLinks(plan, source, path), as_of),
        _rule_summary(ranked, plan, as_of),
    ]
    if chosen.rules:
        sheets.append(_rules_changed(chosen, plan, as_of))
    title = _title("Data queries", plan, as_of)
    return write_workbook(
        path, sheets, title=title, as_of=as_of, company=chosen.council, source=source
    )


def _data_queries(
    findings: Sequence[Finding], plan: Plan, links: PlanLinks, as_of: date
) -> Sheet[Finding]:
    def cell(finding: Finding) -> Cell:
        if finding.cell:
            return links.to(finding.cell, sheet=finding.sheet)
        return f"line {finding.row}" if finding.row else None

    leads = {m.where.row: m.smt_lead.raw for m in plan.milestones if m.where.row}
    return Sheet(
        name="Data queries",
        title=_title("Data queries", plan, as_of),
        table="DataQueries",
        columns=(
            Column("Severity", 14, lambda f: SEVERITIES[f.severity], tint=_severity_colour),
            Column("Code", 8, lambda f: f.code),
            Column("Data query", 22, lambda f: title_of(f.code)),
            Column("Ref", 10, _finding_ref),
            Column("Column", 17, lambda f: _column_name(f.column, plan)),
            Column("Cell", 9, cell),
            Column("What is written", 30, lambda f: f.value or None),
            Column("What was found", 46, lambda f: f.message),
            Column("Suggestion", 14, lambda f: f.suggestion or None),
            Column("Fix", 38, lambda f: fix_of(f.code) or None),
            Column("SMT lead", 22, lambda f: leads.get(f.row) or None),
        ),
        rows=findings,
        notes=(
            severity_counts(findings),
            "A blank means that nothing is written there, or that there is nothing to suggest."
            + _about_links(findings),
        ),
        nothing="No data queries",
    )


def _about_links(findings: Sequence[Finding]) -> str:
    cells = sum(bool(finding.cell) for finding in findings)
    if not cells:
        return ""
    if cells > MOST_LINKS:
        return f" The first {MOST_LINKS:,} cells open the plan; Excel allows no more links a sheet."
    return " The links in the column Cell open the plan there."


def _severity_colour(finding: Finding) -> str:
    return {Severity.ERROR: RED, Severity.WARNING: AMBER}.get(finding.severity, "")


def _finding_ref(finding: Finding) -> str:
    return finding.ref or (_NO_REF if finding.row else _WHOLE_PLAN)


def _column_name(column: str, plan: Plan) -> str | None:
    return plan.headings.get(column) or COLUMNS.get(column, column) or None


class _Group(NamedTuple):
    """The findings of one rule at one severity."""

    code: str
    severity: Severity
    findings: list[Finding]


def _rule_summary(findings: Sequence[Finding], plan: Plan, as_of: date) -> Sheet[_Group]:
    groups: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.severity), []).append(finding)
    return Sheet(
        name="Summary",
        title=_title("Data queries by rule", plan, as_of),
        table="DataQueriesByRule",
        columns=(
            Column("Data query", 34, lambda g: title_of(g.code)),
            Column("Code", 8, lambda g: g.code),
            Column(
                "Severity",
                15,
                lambda g: SEVERITIES[g.severity],
                tint=lambda g: _severity_colour(g.findings[0]),
            ),
            Column("How many", 10, lambda g: len(g.findings)),
            Column("Refs", 75, lambda g: _refs([_finding_ref(f) for f in g.findings])),
        ),
        rows=[_Group(code, severity, found) for (code, severity), found in groups.items()],
        notes=(severity_counts(findings),),
        nothing="No data queries",
    )


_MOST_REFS = 200  # in one cell; all are on the first sheet


def _refs(refs: Sequence[str]) -> str:
    """Each Ref once, in the plan's order."""
    return listed(list(dict.fromkeys(refs)), _MOST_REFS)


def _rules_changed(settings: Settings, plan: Plan, as_of: date) -> Sheet[tuple[str, RuleChange]]:
    return Sheet(
        name="Rules changed in Settings",
        title=_title("Rules changed in Settings", plan, as_of),
        table="RulesChanged",
        columns=(
            Column("Code", 10, lambda r: r[0]),
            Column("Data query", 40, lambda r: title_of(r[0])),
            Column("What was changed", 28, lambda r: _change(r[1])),
            Column("Reason", 60, lambda r: r[1].reason or None),
        ),
        rows=sorted(settings.rules.items()),
        notes=("A blank reason means that none was given.",),
    )


def _change(change: RuleChange) -> str:
    if change.level in tuple(Severity):
        return f"Shown as {SEVERITIES[Severity(change.level)]}"
    return {"off": "Switched off", "on": "Switched on"}.get(change.level, change.level)


# -- slippage ----------------------------------------------------------------------------------


class _Moved(NamedTuple):
    """A milestone and how far it has moved."""

    milestone: Milestone
    movement: Movement


def write_slippage(
    path: str | Path,
    slippage: Slippage,
    plan: Plan,
    source: str | Path,
    *,
    settings: Settings | None = None,
) -> Path:
    """Write how far each milestone has moved: the figures, every milestone, and sums by lead.

    >>> write_slippage("slippage.xlsx", moved, plan, "plan.xlsx")  # doctest: +SKIP
    PosixPath('slippage.xlsx')

    ``slippage`` is that of this plan (ValueError for another's). ``source`` is the plan's file,
    which the links open. Raises OutputError where the workbook cannot be written.
    """
    chosen = settings or plan.settings
    rows = [_Moved(m, moved) for m, moved in zip(plan.milestones, slippage.movements, strict=True)]
    links = PlanLinks(plan, source, path)
    sheets: list[Sheet[Any]] = [
        _figures(slippage, plan, due_until(slippage.as_of, chosen)),
        _slippage_rows(rows, plan, links, slippage.as_of),
        _not_measured(rows, plan, links, slippage.as_of),
        _by(slippage, plan, "smt_lead", "SMT lead", "By lead"),
        _by(slippage, plan, "theme", "Theme", "By theme"),
    ]
    if any(moved.source for moved in slippage.movements):
        sheets.append(_by(slippage, plan, "source", "Source", "By source"))
    title = _title("Slippage", plan, slippage.as_of)
    return write_workbook(
        path, sheets, title=title, as_of=slippage.as_of, company=chosen.council, source=source
    )


class _Figure(NamedTuple):
    """One figure of the summary."""

    name: str
    value: float | None
    meaning: str


def _figures(slippage: Slippage, plan: Plan, until: date) -> Sheet[_Figure]:
    return Sheet(
        name="Summary",
        title=_title("Slippage", plan, slippage.as_of),
        table="SlippageFigures",
        columns=(
            Column("Figure", 36, lambda f: f.name),
            Column("Value", 12, lambda f: f.value, decimals=1),
            Column("What it means", 80, lambda f: f.meaning),
        ),
        rows=[*_timeliness_figures(slippage, until), *_moved_figures(slippage)],
        notes=(
            "Slippage is in calendar days: later than the original target date is positive, "
            "earlier is negative.",
            "A blank value means not known.",
        ),
    )


def _moved_figures(slippage: Slippage) -> list[_Figure]:
    totals = slippage.totals
    unknown = sum(m.basis == COMPLETION_UNKNOWN for m in slippage.movements)
    furthest = [
        m.ref or _NO_REF
        for m in slippage.movements
        if m.slippage_days is not None and m.slippage_days == totals.longest_days
    ]
    return [
        _Figure(
            "Moved",
            totals.moved,
            "Those with a revised target date, or completed on a date that is known.",
        ),
        _Figure(
            "Measured",
            totals.measured,
            f"Moved, and measured from the original target date: {totals.slipped:,} later, "
            f"{totals.earlier:,} earlier.",
        ),
        _Figure(
            "Cannot be measured",
            totals.unmeasurable,
            "Moved, but without an original target date to measure from: see Not measured.",
        ),
        _Figure(
            "Completion date not known",
            unknown,
            "Complete, so not counted as moved until the date completed is known: see Not measured.",
        ),
        _Figure(
            "Median slippage (days)",
            totals.median_days,
            "Of those measured, half moved by more than this and half by less.",
        ),
        _Figure(
            "Longest slippage (days)",
            totals.longest_days,
            f"Ref {listed(furthest)}." if furthest else "None was measured.",
        ),
        _Figure(
            "Mean slippage (days)",
            totals.mean_days,
            "The average of those measured; a few long ones raise it.",
        ),
        _Figure(
            "Sum of slippage (days)",
            totals.total_days if totals.measured else None,
            "All that was measured added up, later less earlier. One decision can move many "
            "milestones: do not read it alone.",
        ),
    ]


def _timeliness_figures(slippage: Slippage, until: date) -> list[_Figure]:
    day, end = spoken(slippage.as_of), spoken(until)
    meanings = {
        Timeliness.COMPLETE: "The status says so.",
        Timeliness.SUPERSEDED: "Withdrawn, merged into another, or no longer required.",
        Timeliness.OVERDUE: f"Open, with a current target date before {day}.",
        Timeliness.DUE: f"Open, and due from {day} to {end}.",
        Timeliness.LATER: f"Open, and due after {end}.",
        Timeliness.UNDATED: "Open, without a target date that is certain.",
    }
    counts = Counter(m.timeliness for m in slippage.movements)
    every = _Figure("Milestones", slippage.totals.milestones, "All those of the plan.")
    return [every, *(_Figure(TIMELINESS[t], counts[t], said) for t, said in meanings.items())]


def _slippage_rows(
    rows: Sequence[_Moved], plan: Plan, links: PlanLinks, as_of: date
) -> Sheet[_Moved]:
    return Sheet(
        name="Slippage",
        title=_title("Slippage of each milestone", plan, as_of),
        table="Slippage",
        columns=(
            Column("Ref", 8, lambda r: _ref(r.milestone, links)),
            Column("Theme", 18, lambda r: r.milestone.theme or None),
            Column("Milestone", 44, lambda r: r.milestone.milestone or None),
            Column("SMT lead", 24, lambda r: r.milestone.smt_lead.raw or None),
            Column("Status", 18, lambda r: r.milestone.status.raw or None),
            Column("Original target date", 12, lambda r: r.movement.baseline),
            Column("Current target date", 12, lambda r: r.movement.forecast),
            Column("Date completed", 12, lambda r: r.milestone.completed),
            Column("Slippage (days)", 10, lambda r: r.movement.slippage_days),
            Column("Slippage (working days)", 10, lambda r: r.movement.slippage_working_days),
            Column("Days overdue", 10, lambda r: r.movement.overdue_days),
            Column("Date moves", 8, lambda r: r.movement.moves),
            Column("Timeliness", 12, lambda r: TIMELINESS[r.movement.timeliness], tint=_late),
            Column("Basis", 24, lambda r: basis_in_words(r.milestone, r.movement)),
        ),
        rows=sorted(rows, key=lambda r: worst(r.movement)),
        notes=(
            "The longest overdue first, then the longest slipped. Slippage: later is positive, "
            "earlier is negative. A blank means not known, and Basis says why.",
        ),
        nothing="No milestones",
    )


def _late(row: _Moved) -> str:
    return {Timeliness.OVERDUE: RED, Timeliness.DUE: AMBER}.get(row.movement.timeliness, "")


def _ref(milestone: Milestone, links: PlanLinks) -> Cell:
    return links.to_row(milestone.where.row, text=milestone.ref or _NO_REF)


def _not_measured(
    rows: Sequence[_Moved], plan: Plan, links: PlanLinks, as_of: date
) -> Sheet[_Moved]:
    """What has no figure though it may have moved: never counted as nought, always listed."""
    bases = (NO_BASELINE, COMPLETION_UNKNOWN, UNDATED)
    unmeasured = [row for row in rows if row.movement.basis in bases]
    counts = Counter(row.movement.basis for row in unmeasured)
    said = [f"{BASES[basis]}: {counts[basis]:,}" for basis in bases if counts[basis]]
    return Sheet(
        name="Not measured",
        title=_title("Milestones whose slippage cannot be measured", plan, as_of),
        table="NotMeasured",
        columns=(
            Column("Ref", 10, lambda r: _ref(r.milestone, links)),
            Column("Milestone", 52, lambda r: r.milestone.milestone or None),
            Column("SMT lead", 26, lambda r: r.milestone.smt_lead.raw or None),
            Column("Status", 20, lambda r: r.milestone.status.raw or None),
            Column("Timescale as written", 20, lambda r: r.milestone.timescale.raw or None),
            Column("Current target date", 13, lambda r: r.movement.forecast),
            Column("Why", 36, lambda r: BASES[r.movement.basis]),
        ),
        rows=sorted(unmeasured, key=lambda r: bases.index(r.movement.basis)),
        notes=(
            "; ".join(said) + "." if said else "Nothing to report: every move was measured.",
            "A blank means that the plan has nothing there, or no date that is certain.",
        ),
        nothing="Nothing to report",
    )


def _by(
    slippage: Slippage, plan: Plan, column: str, heading: str, name: str
) -> Sheet[dict[str, Any]]:
    return Sheet(
        name=name,
        title=_title(f"Slippage {name[0].lower()}{name[1:]}", plan, slippage.as_of),
        table=f"Slippage{name.title().replace(' ', '')}",
        columns=(
            Column(heading, 56, lambda g: g[column] or f"(no {heading})"),
            Column("Milestones", 12, lambda g: g["milestones"]),
            Column("Measured", 12, lambda g: g["measured"]),
            Column("Median slippage (days)", 16, lambda g: g["median_days"], decimals=1),
            Column("Longest slippage (days)", 16, lambda g: g["longest_days"]),
            Column("Overdue", 12, lambda g: g["overdue"]),
        ),
        rows=slippage.groups(column),
        notes=("The longest slipped first. A blank means not known: none was measured.",),
        nothing="No milestones",
    )


# -- chasers -----------------------------------------------------------------------------------


def write_chasers(
    path: str | Path,
    chasers: Sequence[LeadChaser],
    unassigned: Sequence[Milestone],
    plan: Plan,
    source: str | Path,
    *,
    as_of: date,
) -> Path:
    """Write what each SMT lead is asked: a summary, then one sheet a lead.

    >>> write_chasers("chasers.xlsx", lists, nobody, plan, "plan.xlsx", as_of=day)  # doctest: +SKIP
    PosixPath('chasers.xlsx')

    ``unassigned`` are the milestones that nobody can be asked about (``desk.without_lead``).
    ``source`` is the plan's file, which the links open. Raises OutputError where the workbook
    cannot be written.
    """
    links = PlanLinks(plan, source, path)
    taken = (_SUMMARY, _NOBODY) if unassigned else (_SUMMARY,)
    names = sheet_names((chaser.lead for chaser in chasers), taken)
    sheets: list[Sheet[Any]] = [_chaser_summary(chasers, names, unassigned, plan, as_of)]
    if unassigned:
        sheets.append(_without_lead(unassigned, plan, links, as_of))
    for number, (chaser, name) in enumerate(zip(chasers, names, strict=True), 1):
        sheets.append(_lead(chaser, name, f"Lead_{number}", links, as_of))
    title = _title("Chasers", plan, as_of)
    return write_workbook(
        path, sheets, title=title, as_of=as_of, company=plan.settings.council, source=source
    )


_SUMMARY, _NOBODY = "Summary", "No SMT lead"
_COUNTED: Mapping[Reason, str] = {
    Reason.OVERDUE: "Overdue",
    Reason.NO_STATUS: "No status",
    Reason.UNDATED: "No date",
    Reason.OFF_TARGET: "Off target",
    Reason.DUE: "Due soon",
    Reason.QUESTION: "Questions",
    Reason.NO_REPLY: "No reply",
    Reason.EVIDENCE: "Evidence",
}
_WHERE_ANY = (Reason.NO_REPLY, Reason.EVIDENCE)


class _Listed(NamedTuple):
    """A lead and the sheet that is theirs."""

    chaser: LeadChaser
    sheet: str


def _chaser_summary(
    chasers: Sequence[LeadChaser],
    names: Sequence[str],
    unassigned: Sequence[Milestone],
    plan: Plan,
    as_of: date,
) -> Sheet[_Listed]:
    reasons = [r for r in _COUNTED if r not in _WHERE_ANY or any(c.count(r) for c in chasers)]
    columns: list[Column[_Listed]] = [
        Column("SMT lead", 48, lambda r: sheet_link(r.chaser.lead, r.sheet)),
        Column("Person", 24, lambda r: _person(r.chaser) or None),
        Column("Email", 36, lambda r: r.chaser.email or None),
        Column("Milestones asked about", 14, lambda r: len(r.chaser.milestones), total=True),
    ]
    columns += [_count_column(reason) for reason in reasons]
    return Sheet(
        name=_SUMMARY,
        title=_title("Chasers", plan, as_of),
        table="Chasers",
        columns=columns,
        rows=[_Listed(chaser, name) for chaser, name in zip(chasers, names, strict=True)],
        notes=(
            _asked_of(chasers),
            _nobody(unassigned),
            "A milestone can be asked about for several reasons. A blank person or email means "
            "not known: see the posts table.",
        ),
        nothing="Nobody is chased",
    )


def _count_column(reason: Reason) -> Column[_Listed]:
    return Column(_COUNTED[reason], 10.5, lambda r: r.chaser.count(reason), total=True)


def _asked_of(chasers: Sequence[LeadChaser]) -> str:
    if not chasers:
        return "Nothing to report: no SMT lead is asked about anything."
    asks = sum(len(chaser.milestones) for chaser in chasers)
    rows = {id(asked.milestone) for chaser in chasers for asked in chaser.milestones}
    said = f"{counted(len(chasers), 'SMT lead')} asked about {counted(len(rows), 'milestone')}."
    if asks > len(rows):
        said += f" The total is {asks:,}: where two leads share a milestone, both are asked."
    return said


def _nobody(unassigned: Sequence[Milestone]) -> str:
    if not unassigned:
        return "Every milestone that needs an answer has an SMT lead."
    refs = listed([m.ref or _NO_REF for m in unassigned], 24)
    return f"Nobody is asked about {refs}: no SMT lead (see the sheet {_NOBODY})."


def _person(chaser: LeadChaser) -> str:
    if chaser.person and chaser.deputising:
        return f"{chaser.person} (deputising)"
    return chaser.person


def _without_lead(
    milestones: Sequence[Milestone], plan: Plan, links: PlanLinks, as_of: date
) -> Sheet[Milestone]:
    return Sheet(
        name=_NOBODY,
        title=_title("Milestones that need an answer and have no SMT lead", plan, as_of),
        table="NoSmtLead",
        columns=(
            Column("Ref", 10, lambda m: _ref(m, links)),
            Column("Milestone", 56, lambda m: m.milestone or None),
            Column("Status", 20, lambda m: m.status.raw or None),
            Column("Original target date", 13, lambda m: m.baseline),
            Column("Current target date", 13, lambda m: m.forecast),
            Column("Theme", 40, lambda m: m.theme or None),
        ),
        rows=milestones,
        notes=(_BLANKS, sheet_link("Back to Summary", _SUMMARY)),
    )


_BLANKS = "A blank means that the plan has nothing there, or no date that is certain."


def _lead(chaser: LeadChaser, name: str, table: str, links: PlanLinks, as_of: date) -> Sheet[Asked]:
    return Sheet(
        name=name,
        title=f"{chaser.lead}: milestones to answer for, reporting date {spoken(as_of)}",
        table=table,
        columns=(
            Column("Ref", 10, lambda a: _ref(a.milestone, links)),
            Column("Milestone", 50, lambda a: a.milestone.milestone or None),
            Column("Status", 18, lambda a: a.milestone.status.raw or None),
            Column("Original target date", 13, lambda a: a.milestone.baseline),
            Column("Current target date", 13, lambda a: a.milestone.forecast),
            Column("Why", 22, lambda a: "; ".join(REASONS[r] for r in a.shown), tint=_pressing),
            Column("What we ask", 56, lambda a: a.ask),
            Column("Comment on the plan", 34, lambda a: a.milestone.comments or None),
        ),
        rows=chaser.milestones,
        notes=(
            f"Person: {_person(chaser) or 'not known'}",
            f"Email: {chaser.email or 'not known'}",
            _BLANKS,
            sheet_link("Back to Summary", _SUMMARY),
        ),
    )


def _pressing(asked: Asked) -> str:
    return RED if Reason.OVERDUE in asked.reasons else ""
