"""What a person sees in a terminal: counts first, the worst first, words and never colour alone."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING

from agsxl.chasers import LeadChaser, Reason
from agsxl.desk import Month, ReportingDate
from agsxl.movements import NO_BASELINE, Slippage
from agsxl.plan import Milestone, Plan, Timeliness, due_until
from agsxl.rules import Finding, Rule, Severity, find_rule
from agsxl.settings import Settings
from agsxl.texts import counted, listed
from agsxl.words import COLUMNS, REASONS, SEVERITIES, TIMELINESS, spoken

if TYPE_CHECKING:
    from agsxl.documents.account import Reading, Suggestion
    from agsxl.edits import Receipt
    from agsxl.results import Checked

Lines = Iterator[str]
_WIDEST = 140
_NARROWEST = 5


def width() -> int:
    """How wide a line may be: the terminal's width, within reason; 100 where there is none."""
    return min(max(shutil.get_terminal_size((100, 24)).columns - 1, 60), _WIDEST)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Lines:
    """Rows under headings. Where they are too wide for the terminal, the widest columns wrap.

    Columns of numbers stand to the right.
    """
    columns = list(zip(headings, *rows, strict=True))
    right = [bool(rows) and all(map(_is_number, column[1:])) for column in columns]
    widths = [max(1, *map(len, column)) for column in columns]
    room = width() - 2 * len(widths)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for cells in (headings, ["-" * w for w in widths], *rows):
        wrapped = [textwrap.wrap(cell, w) or [""] for cell, w in zip(cells, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            padded = (
                part.rjust(w) if r else part.ljust(w)
                for part, w, r in zip(parts, widths, right, strict=True)
            )
            yield f"  {'  '.join(padded)}".rstrip()


def _is_number(cell: str) -> bool:
    return not cell or cell.replace(",", "").replace(".", "").lstrip("-").isdigit()


def paragraph(text: str, indent: int = 0) -> Lines:
    """A text in lines that fit."""
    yield from textwrap.wrap(
        text, width(), initial_indent=" " * indent, subsequent_indent=" " * indent
    )


def heading(plan: Plan, day: ReportingDate) -> Lines:
    """What was read, and the day it is judged on."""
    place = f", sheet {plan.sheet!r}" if plan.sheet else ""
    council = f"{plan.settings.council}: " if plan.settings.council else ""
    yield from paragraph(
        f"{council}{plan.file}{place}: {counted(len(plan.milestones), 'milestone')}, judged on "
        f"{spoken(day.day)} ({day.said_by})."
    )
    if plan.settings.unknown:
        names = listed([repr(name) for name in plan.settings.unknown])
        yield from paragraph(f"Settings names what agsxl does not know: {names}.")


# -- check -------------------------------------------------------------------------------------


def findings(found: Sequence[Finding], settings: Settings) -> Lines:
    """The findings grouped by rule, the must-fix first: a page, not a complaint a milestone."""
    counts = Counter(f.severity for f in found)
    yield (
        ", ".join(f"{counts[s]:,} {SEVERITIES[s].lower()}" for s in Severity) + "."
        if found
        else "No data queries."
    )
    for severity in Severity:
        groups: dict[str, list[Finding]] = {}
        for finding in found:
            if finding.severity is severity:
                groups.setdefault(finding.code, []).append(finding)
        if groups:
            yield ""
            yield SEVERITIES[severity].upper()
            examples = 0 if severity is not Severity.ERROR else 3 if len(groups) < 6 else 1
            for code, group in groups.items():
                yield from _group(code, group, examples)
    yield from _changes(settings)
    if found:
        yield ""
        yield from paragraph(
            f"'agsxl rule {found[0].code}' explains a data query; '--out findings.xlsx' lists each with "
            "a link to its cell."
        )


def onto_sheet(done: Checked) -> Lines:
    """What a check wrote into the plan itself."""
    yield ""
    if done.confirmed:
        yield from paragraph(f"Baseline dates as confirmed: {listed(list(done.confirmed))}.")
    if done.filled:
        yield from paragraph(
            f"Baseline dates filled in from certain timescales: {counted(len(done.filled), 'milestone')}."
        )
    for sentence in done.unused:
        yield from paragraph(sentence)
    yield from receipt(done.receipt)


def receipt(written: Receipt) -> Lines:
    """What was written into a workbook, and where the copy of it is."""
    if written.sheets:
        yield from paragraph(f"Written onto {listed(list(written.sheets))}.")
    for sentence in written.notes:
        yield from paragraph(sentence)
    yield from kept_as_it_was(written)


def kept_as_it_was(written: Receipt) -> Lines:
    """Where the copy of the workbook as it was before is, if one was made."""
    if written.backup:
        yield ""
        yield "The plan as it was before:"
        yield f"  {written.backup}"


def _group(code: str, group: list[Finding], examples: int = 0) -> Lines:
    by_value = group[0].column == "smt_lead" and len({f.value for f in group}) == len(group) > 0
    about = [_about(f, by_value=by_value) for f in group]
    items = list(dict.fromkeys(filter(None, about)))
    start = f"  {code}  {find_rule(code).title}: {len(group):,}"
    fitted = _fitted(items, width() - len(start) - 3)
    if len(start) + 2 + len(fitted) <= width():
        yield f"{start}  {fitted}".rstrip()
    else:
        yield start
        yield from paragraph(fitted, 8)
    # A message that says no more than the title and the Ref is not said again.
    if examples and len({f.message.replace(f.ref, "") for f in group}) == len(group):
        for finding in group[:examples]:
            meant = finding.suggestion
            hint = (
                f" Perhaps {spoken(meant) if isinstance(meant, date) else meant}?" if meant else ""
            )
            yield from paragraph(f"{finding.message}{hint}", 8)
        if len(group) > examples > 1:
            yield f"        and {len(group) - examples:,} more"


def _about(finding: Finding, *, by_value: bool) -> str:
    """What a finding is listed under: its Ref, the lead or heading it names, else its row."""
    if by_value and finding.value:
        return finding.value
    return finding.ref or (f"row {finding.row}" if finding.row else finding.value)


def _fitted(items: list[str], room: int) -> str:
    """As many of the items as fit on the line, and how many do not."""
    most = max(1, (room + 2) // 3)  # of one letter each, with ", " between
    for shown in range(min(len(items), most), 0, -1):
        text = listed(items, shown)
        if len(text) <= room or shown == 1:
            return text
    return ""


def _changes(settings: Settings) -> Lines:
    if settings.rules:
        yield ""
        yield "CHANGED IN SETTINGS"
        for code, change in settings.rules.items():
            level = SEVERITIES.get(change.level, f"switched {change.level}")
            reason = change.reason or "no reason is given"
            yield from paragraph(f"{code}  {find_rule(code).title}: {level.lower()} ({reason})", 2)


# -- slippage ----------------------------------------------------------------------------------


def slippage(measured: Slippage, plan: Plan) -> Lines:
    """How many moved and by how much, what is overdue, what cannot be measured, and by lead."""
    yield from _totals(measured)
    yield from _timeliness(measured, plan)
    late = sorted((m for m in measured.movements if m.overdue_days), key=lambda m: -m.overdue_days)
    if late:
        yield ""
        yield "OVERDUE"
        yield from table(
            ("Ref", "Current target", "Days over", "SMT lead"),
            [(m.ref, _day(m.forecast), f"{m.overdue_days:,}", m.smt_lead) for m in late[:15]],
        )
        yield from _more(late, 15)
    if measured.longest:
        yield ""
        yield "LONGEST SLIPPED"
        yield from table(
            ("Ref", "Original target", "Now, or completed", "Days", "Working days", "SMT lead"),
            [
                (m.ref, _day(m.baseline), _day(m.actual or m.forecast), f"{m.slippage_days:,}",
                 f"{m.slippage_working_days:,}", m.smt_lead)
                for m in measured.longest[:10]
            ],
        )  # fmt: skip
        yield from _more(measured.longest, 10)
    if measured.unmeasurable:
        yield ""
        yield "MOVED, BUT CANNOT BE MEASURED"
        rows = [
            (m.ref, _day(m.actual or m.forecast), f"The original target is {_said(milestone)}")
            for milestone, m in zip(plan.milestones, measured.movements, strict=True)
            if m.basis == NO_BASELINE
        ][:15]
        yield from table(("Ref", "Now, or completed", "Why"), rows)
        yield from _more(measured.unmeasurable, 15)
    groups = [g for g in measured.groups("smt_lead") if g["measured"] or g["overdue"]]
    if groups:
        yield ""
        yield "BY SMT LEAD"
        yield from table(
            ("Milestones", "Measured", "Median days", "Longest", "Overdue", "SMT lead"),
            [
                (str(g["milestones"]), str(g["measured"]), _figure(g["median_days"]),
                 _figure(g["longest_days"]), str(g["overdue"]), g["smt_lead"] or "(no lead)")
                for g in groups[:20]
            ],
        )  # fmt: skip


def _totals(measured: Slippage, indent: int = 0) -> Lines:
    totals = measured.totals
    if not totals.moved:
        yield " " * indent + "No milestone's date has moved."
        return
    longest = measured.longest[0] if measured.longest else None
    on_the_day = totals.measured - totals.slipped - totals.earlier
    ways = [
        f"{count:,} {how}"
        for count, how in (
            (totals.slipped, "later"),
            (totals.earlier, "earlier"),
            (on_the_day, "on the day"),
        )
        if count
    ]
    parts = [
        f"{totals.moved:,} of {counted(totals.milestones, 'milestone')} have a revised date, or are "
        f"complete on a known day: {totals.measured:,} measured ({', '.join(ways) or 'none'})"
    ]
    if totals.unmeasurable:
        parts.append(f", {totals.unmeasurable:,} that cannot be measured")
    parts.append(".")
    if totals.measured:
        parts.append(f" Median {_figure(totals.median_days)} days")
        if longest is not None:
            parts.append(f", longest {longest.slippage_days:,} ({longest.ref})")
        parts.append(f". In all {totals.total_days:,} days (one decision can move many).")
    yield from paragraph("".join(parts), indent)


def _timeliness(measured: Slippage, plan: Plan, indent: int = 0) -> Lines:
    counts = Counter(m.timeliness for m in measured.movements)
    until = due_until(measured.as_of, plan.settings)
    said = []
    for value in (Timeliness.OVERDUE, Timeliness.DUE, Timeliness.LATER, Timeliness.UNDATED,
                  Timeliness.COMPLETE, Timeliness.SUPERSEDED):  # fmt: skip
        if counts[value]:
            extra = f" (to {spoken(until)})" if value is Timeliness.DUE else ""
            said.append(f"{counts[value]:,} {TIMELINESS[value].lower()}{extra}")
    yield from paragraph(", ".join(said) + ".", indent)


def _said(milestone: Milestone) -> str:
    raw = milestone.timescale.raw
    return f"{raw!r}, which is no certain date" if raw else "blank"


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _figure(number: float | None) -> str:
    return "" if number is None else f"{number:,.1f}".removesuffix(".0")


def _more(rows: Sequence[object], shown: int) -> Lines:
    if len(rows) > shown:
        yield f"  and {len(rows) - shown:,} more"


# -- chase -------------------------------------------------------------------------------------


def chasers(lists: Sequence[LeadChaser], unassigned: Sequence[Milestone]) -> Lines:
    """Who is asked about how many, then each lead's milestones with the reasons."""
    asked = {a.ref for chaser in lists for a in chaser.milestones}
    yield (
        f"{counted(len(lists), 'lead')} to ask, about {counted(len(asked), 'milestone')}."
        if lists
        else "No lead has anything to answer."
    )
    if unassigned:
        refs = listed([m.ref for m in unassigned])
        yield from paragraph(f"Nobody can be asked about {refs}: no SMT lead.")
    if not lists:
        return
    yield ""
    shown = [r for r in Reason if any(c.count(r) for c in lists)]
    yield from table(
        ("Asked", *(REASONS[r] for r in shown), "SMT lead"),
        [
            (str(len(c.milestones)), *(str(c.count(r) or "") for r in shown), _named(c))
            for c in lists
        ],
    )
    for chaser in lists:
        yield ""
        yield from paragraph(_named(chaser))
        rows = [
            (a.ref, ", ".join(REASONS[r].lower() for r in a.shown), a.ask)
            for a in chaser.milestones
        ]
        yield from table(("Ref", "Why", "What we ask"), rows)


def _named(chaser: LeadChaser) -> str:
    who = chaser.person + (", deputising" if chaser.deputising else "")
    return f"{chaser.lead} ({who})" if chaser.person else chaser.lead


# -- show and rule -----------------------------------------------------------------------------


def plan_table(plan: Plan) -> Lines:
    """The milestones as they were read, one or two lines each."""
    yield from table(
        ("Ref", "Due", "Status", "SMT lead", "Milestone"),
        [
            (m.ref, _due(m), textwrap.shorten(m.status.raw, 24, placeholder="..."),
             textwrap.shorten(m.smt_lead.post, 30, placeholder="..."), m.milestone)
            for m in plan.milestones
        ],
    )  # fmt: skip
    for row, text in plan.left_out:
        yield from paragraph(f"Left out, row {row}: {text}", 2)


def _due(milestone: Milestone) -> str:
    if milestone.forecast:
        return _day(milestone.forecast)
    return textwrap.shorten(milestone.timescale.raw, 18, placeholder="...") or "blank"


def rule(described: Rule) -> Lines:
    """One rule explained."""
    yield f"{described.code} {described.name}: {described.title}"
    state = "on" if described.on else "off unless Settings or --all switch it on"
    asked = "; the lead is asked" if described.lead else ""
    yield f"{SEVERITIES[described.severity]}; {state}{asked}."
    yield ""
    yield from paragraph(described.statement)
    yield from paragraph(f"Why: {described.why}")
    yield from paragraph(f"What to do: {described.fix}")
    if described.bad and described.good:
        yield ""
        yield from paragraph(f"Found in: {_example(described.bad[0])}")
        yield from paragraph(f"Not in: {_example(described.good[0])}")


def _example(example: object) -> str:
    rows = [example] if isinstance(example, dict) else list(example)  # type: ignore[call-overload]
    return "; ".join(
        ", ".join(f"{k.replace('_', ' ').strip()}: {v or 'blank'}" for k, v in row.items())
        for row in rows
    )


def rules(catalogue: Iterable[Rule]) -> Lines:
    """Every rule in a line."""
    yield from table(
        ("Code", "Name", "Severity", "On", "Data query"),
        [
            (r.code, r.name, SEVERITIES[r.severity], "on" if r.on else "off", r.title)
            for r in catalogue
        ],
    )


def month(done: Month, plan: Plan) -> Lines:
    """The month on one screen: the figures, what must be fixed, who is asked most."""
    counts = Counter(f.severity for f in done.findings)
    yield ""
    yield "CHECK"
    yield "  " + ", ".join(f"{counts[s]:,} {SEVERITIES[s].lower()}" for s in Severity) + "."
    must: dict[str, list[Finding]] = {}
    for finding in done.findings:
        if finding.severity is Severity.ERROR:
            must.setdefault(finding.code, []).append(finding)
    for code, group in must.items():
        yield from _group(code, group)
    yield ""
    yield "SLIPPAGE"
    yield from _totals(done.slippage, indent=2)
    yield from _timeliness(done.slippage, plan, indent=2)
    yield ""
    yield "CHASERS"
    if done.chasers:
        yield from table(
            ("Asked", "Overdue", "SMT lead"),
            [
                (str(len(c.milestones)), str(c.count(Reason.OVERDUE) or ""), _named(c))
                for c in done.chasers
            ],
        )
    else:
        yield "  No lead has anything to answer."
    if done.without_lead:
        refs = listed([m.ref for m in done.without_lead])
        yield from paragraph(f"Nobody can be asked about {refs}: no SMT lead.", 2)


# -- import ------------------------------------------------------------------------------------


def imported(reading: Reading, accepted: Sequence[Suggestion]) -> Lines:
    """What was read, and what a person should look at; the rest is in the import report."""
    from agsxl.documents.account import Kind as NoteKind
    from agsxl.documents.account import Use

    counts = Counter(piece.use for piece in reading.pieces)
    yield from paragraph(
        f"{reading.plan.file}: {counted(len(reading.plan.milestones), 'milestone')}. Lines of the "
        f"source: {counts[Use.USED]:,} used, {counts[Use.HEADING]:,} headings, {counts[Use.KEY]:,} "
        f"keys, {counts[Use.LEFT_OVER]:,} left over."
    )
    if reading.absent:
        names = listed([COLUMNS[column] for column in reading.absent])
        yield from paragraph(f"The document has no column for {names}.")
    look = [note for note in reading.notes if note.kind is NoteKind.LOOK]
    if look:
        yield from ("", f"Please look ({len(look)})")
        for note in look[:_MOST_SAID]:
            yield from paragraph(f"{note.ref + ': ' if note.ref else ''}{note.message}", 2)
    left = [piece for piece in reading.pieces if piece.use is Use.LEFT_OVER]
    if left:
        yield from ("", f"Left over ({len(left)})")
        for piece in left[:_MOST_SAID]:
            yield from paragraph(f"{piece.place.words}: {' '.join(piece.text.split())[:200]}", 2)
    if reading.suggestions:
        taken = (
            "taken, and marked in the workbook"
            if accepted
            else "not filled in; --accept-suggestions fills them in"
        )
        yield from ("", f"Suggestions ({len(reading.suggestions)}, {taken})")
        for each in reading.suggestions[:_MOST_SAID]:
            yield from paragraph(
                f"{each.ref}: {COLUMNS.get(each.column, each.column)}: {each.value}; {each.why}", 2
            )
    if max(len(look), len(left), len(reading.suggestions)) > _MOST_SAID:
        yield from (
            "",
            f"Only the first {_MOST_SAID} of each are shown; the import report has them all.",
        )


_MOST_SAID = 15
