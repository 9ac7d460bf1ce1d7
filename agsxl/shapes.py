"""The exact JSON of each command: what scripts may rely on. Changing a name here is a breaking change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from agsxl.chasers import LeadChaser
from agsxl.dates import Target
from agsxl.grid import CellError, Value
from agsxl.movements import Movement, Slippage
from agsxl.plan import Milestone, Plan
from agsxl.posts import Posts
from agsxl.rules import Finding, Rule, Severity, find_rule
from agsxl.settings import Settings

if TYPE_CHECKING:  # what they say is only looked at: to import the jobs that write would cost time
    from agsxl.ancestry import Lineage, Near, Seen
    from agsxl.differences import Differences
    from agsxl.documents.account import Reading, Suggestion
    from agsxl.edits import Receipt
    from agsxl.history import DateMove, Entry, Snapshot
    from agsxl.masters import Written
    from agsxl.packing import Packed
    from agsxl.packs import Extension, Pack
    from agsxl.packs import Standing as PackStanding
    from agsxl.replies import Change
    from agsxl.results import Checked
    from agsxl.sending import Chased, Forgotten, Standing
    from agsxl.updating import History, Reconciled, Undone
    from agsxl.years import Rolled

T = TypeVar("T")


def dated(day: date | None) -> str | None:
    """A date as JSON has it: ISO 8601, or null."""
    return day.isoformat() if day is not None else None


def of_target(target: Target) -> dict[str, Any]:
    """A timescale or revised date."""
    return {
        "raw": target.raw,
        "kind": str(target.kind),
        "earliest": dated(target.earliest),
        "latest": dated(target.latest),
        "certain": target.certain,
        "suggestion": dated(target.suggestion),
        "note": target.note,
    }


def of_milestone(milestone: Milestone, posts: Posts, as_of: date) -> dict[str, Any]:
    """One milestone as ``show`` gives it; the person is who holds the lead's post on the day."""
    lead = milestone.smt_lead
    holder = posts.holder(lead.post, as_of) if lead.post else None
    return {
        "ref": milestone.ref,
        "theme": milestone.theme,
        "outcome": milestone.outcome,
        "source": milestone.source,
        "milestone": milestone.milestone,
        "action_by": milestone.action_by,
        "timescale": of_target(milestone.timescale),
        "baseline": dated(milestone.baseline),
        "member_lead": milestone.member_lead,
        "smt_lead": {
            "raw": lead.raw,
            "post": lead.post,
            "person": lead.person or (holder.person if holder else ""),
            "posts": list(lead.posts),
        },
        "status": {"raw": milestone.status.raw, "value": str(milestone.status.value)},
        "revised": of_target(milestone.revised),
        "baseline_target": of_target(milestone.baseline_target),
        "completed": dated(milestone.completed),
        "completed_target": of_target(milestone.completed_target),
        "comments": milestone.comments,
        "evidence": milestone.evidence,
        "verified_by": milestone.verified_by,
        "approved_by": milestone.approved_by,
        "reason": milestone.reason,
        "previous_ref": milestone.previous_ref,
        "extra": dict(milestone.extra),
        "where": asdict(milestone.where),
    }


def of_plan(plan: Plan, as_of: date) -> dict[str, Any]:
    """``agsxl show``."""
    return {
        "milestones": [of_milestone(m, plan.posts, as_of) for m in plan.milestones],
        "reference": dated(plan.reference),
        "left_out": [{"row": row, "text": text} for row, text in plan.left_out],
    }


def of_finding(finding: Finding) -> dict[str, Any]:
    """One finding."""
    suggestion = finding.suggestion
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "ref": finding.ref,
        "column": finding.column,
        "sheet": finding.sheet,
        "cell": finding.cell,
        "row": finding.row,
        "value": finding.value,
        "message": finding.message,
        "suggestion": suggestion.isoformat() if isinstance(suggestion, date) else suggestion,
    }


def of_findings(findings: Sequence[Finding], settings: Settings) -> dict[str, Any]:
    """``agsxl check``."""
    counts = Counter(str(finding.severity) for finding in findings)
    return {
        "findings": [of_finding(finding) for finding in findings],
        "counts": {str(severity): counts[severity] for severity in Severity},
        "rules_changed": _rules_changed(settings),
        "settings_unknown": list(settings.unknown),
    }


def _rules_changed(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "name": find_rule(code).name,
            "level": change.level,
            "reason": change.reason,
        }
        for code, change in settings.rules.items()
    ]


def of_checked(done: Checked) -> dict[str, Any]:
    """``agsxl check --into-plan``: what was found, and what was written for it."""
    return {
        **of_findings(done.findings, done.plan.settings),
        "confirmed": list(done.confirmed),
        "filled": list(done.filled),
        "unused": list(done.unused),
        **of_receipt(done.receipt),
    }


def of_receipt(receipt: Receipt) -> dict[str, Any]:
    """What was written into the workbook."""
    return {
        "sheets": list(receipt.sheets),
        "backup": receipt.backup,
        "notes": list(receipt.notes),
    }


def of_movement(movement: Movement) -> dict[str, Any]:
    """One milestone's slippage."""
    return {
        "ref": movement.ref,
        "baseline": dated(movement.baseline),
        "forecast": dated(movement.forecast),
        "actual": dated(movement.actual),
        "basis": movement.basis,
        "slippage_days": movement.slippage_days,
        "slippage_working_days": movement.slippage_working_days,
        "overdue_days": movement.overdue_days,
        "moves": movement.moves,
        "timeliness": str(movement.timeliness),
    }


def of_slippage(slippage: Slippage) -> dict[str, Any]:
    """``agsxl slippage``."""
    return {
        "milestones": [of_movement(movement) for movement in slippage.movements],
        "by_lead": slippage.groups("smt_lead"),
        "by_theme": slippage.groups("theme"),
        "by_source": slippage.groups("source"),
        "totals": asdict(slippage.totals),
    }


def of_chasers(chasers: Iterable[LeadChaser], unassigned: Iterable[Milestone]) -> dict[str, Any]:
    """``agsxl chase``."""
    return {
        "leads": [
            {
                "lead": chaser.lead,
                "person": chaser.person,
                "email": chaser.email,
                "deputising": chaser.deputising,
                "milestones": [
                    {"ref": a.ref, "reasons": [str(r) for r in a.reasons], "ask": a.ask}
                    for a in chaser.milestones
                ],
            }
            for chaser in chasers
        ],
        "without_lead": [milestone.ref for milestone in unassigned],
    }


def of_chased(done: Chased) -> dict[str, Any]:
    """``agsxl chase`` where it writes a round: who is asked what, and what became of each message."""
    lines = {m.key: done.log.line(m.key) for m in done.messages}
    return of_chasers(done.asked, done.without_lead) | {
        "round": done.round.name,
        "messages": [
            {
                "lead": m.lead,
                "level": str(m.level),
                "to": [p.address for p in m.to],
                "copied": [p.address for p in m.copied],
                "subject": m.subject,
                "milestones": m.milestones,
                "message_id": m.message_id,
                "state": str(line.state) if (line := lines[m.key]) is not None else "",
                "faults": list(m.faults),
            }
            for m in done.messages
        ],
        "results": [
            {"lead": lead, "state": str(r.state), "why": r.why, "refused": list(r.refused)}
            for r in done.results
            for lead in (next((m.lead for m in done.messages if m.key == r.key), ""),)
        ],
        "held_back": {lead: why.value for lead, why in done.held_back.items()},
        "logged": done.logged,
        "notes": list(done.notes),
        "files": [str(path) for path in done.files],
    }


def of_standing(found: Standing) -> dict[str, Any]:
    """``agsxl chase --status``."""
    return {
        "round": found.round.name,
        "round_day": found.round.day.isoformat(),
        "leads": [
            {
                "lead": lead.lead,
                "level": str(lead.level),
                "to": [p.address for p in lead.to],
                "copied": [p.address for p in lead.copied],
                "state": str(lead.state),
                "sent": lead.sent.isoformat(sep=" ") if lead.sent is not None else None,
                "asked": lead.asked,
                "answered": lead.answered,
                "open": list(lead.open),
                "answer": str(lead.answer),
                "silent_rounds": lead.silent,
                "copied_next": [p.address for p in lead.copied_next],
                "trouble": lead.trouble,
            }
            for lead in found.leads
        ],
        "rounds": [which.name for which in found.rounds],
    }


def of_forgotten(done: Forgotten) -> dict[str, Any]:
    """``agsxl forget``."""
    return {
        "lines": done.lines,
        "old_lines": done.old_lines,
        "cells": list(done.cells),
        "backups": [str(path) for path in done.backups],
        "folders": [str(path) for path in done.folders],
        "elsewhere": {sheet: list(cells) for sheet, cells in done.elsewhere.items()},
    }


def of_value(value: Value) -> Any:
    """A cell's value: dates as ISO 8601, an error as its code."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.code if isinstance(value, CellError) else value.text


def of_change(change: Change) -> dict[str, Any]:
    """One thing a return says, held against the plan."""
    said = change.said
    return {
        "ref": change.ref,
        "column": change.column,
        "issued": change.issued,
        "master": change.master,
        "returned": change.returned,
        "outcome": str(change.outcome),
        "return": said.file,
        "accept": change.accept,
        "why": change.why,
        "lead": said.lead,
        "round": dated(said.round),
        "reason": change.decided.reason or said.reason,
        "approved_by": change.decided.approved_by,
        "decision": str(change.decided.decision),
    }


def of_reconciled(done: Reconciled) -> dict[str, Any]:
    """``agsxl reconcile`` and ``agsxl answer``."""
    return {
        "changes": [of_change(change) for change in done.changes],
        "conflicts": done.conflicts,
        "refused": [{"return": refused.file, "why": refused.why} for refused in done.refused],
        "notes": list(done.notes),
        "returns": [
            {
                "return": reply.file,
                "lead": reply.lead,
                "round": dated(reply.round),
                "answered": sorted({answer.ref for answer in reply.answers}),
                "no_change": list(reply.no_change),
                "unanswered": list(reply.unanswered),
                "flags": list(reply.flags),
            }
            for reply in done.replies
        ],
        "applied": done.applied,
    } | of_written(done.written)


def of_written(written: Written | None) -> dict[str, Any]:
    """What a job wrote: the lines of the change log, and where the backup is."""
    return {
        "log": [of_entry(entry) for entry in written.entries] if written is not None else [],
        "backup": written.receipt.backup if written is not None else "",
        "notes": list(written.receipt.notes) if written is not None else [],
    }


def of_entry(entry: Entry) -> dict[str, Any]:
    """One line of the change log."""
    from agsxl.history import NO_TIME

    return {
        **entry._asdict(),
        "when": entry.when.isoformat(sep=" ") if entry.when != NO_TIME else None,
        "action": str(entry.action),
        "old": of_value(entry.old),
        "new": of_value(entry.new),
    }


def of_undone(done: Undone) -> dict[str, Any]:
    """``agsxl undo``."""
    return {
        "change_set": done.taken_back.number,
        "taken_back": [of_entry(entry) for entry in done.taken_back.entries],
    } | of_written(done.written)


def of_history(known: History) -> dict[str, Any]:
    """``agsxl history``."""
    return {
        "entries": [of_entry(entry) for entry in known.entries],
        "snapshots": [_of_snapshot(snapshot) for snapshot in known.snapshots],
        "dates": [_of_move(move) for move in known.dates],
        "completed": dated(known.completed),
        "faults": list(known.faults),
    }


def _of_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "label": snapshot.label,
        "taken": snapshot.taken.isoformat(sep=" "),
        "reporting_date": dated(snapshot.reporting_date),
        "milestones": len(snapshot.state),
    }


def _of_move(move: DateMove) -> dict[str, Any]:
    return {
        "old": dated(move.old),
        "new": dated(move.new),
        "when": move.when.isoformat(sep=" ") if move.when is not None else None,
        "reason": move.reason,
        "approved_by": move.approved_by,
        "nth": move.nth,
    }


def of_differences(found: Differences) -> dict[str, Any]:
    """``agsxl diff``: only what differs; ``confidence`` and ``likeness`` are from 0 to 1."""
    return {
        "changed": [
            {
                "old_ref": pair.old.ref,
                "new_ref": pair.new.ref,
                "by": str(pair.by),
                "confidence": round(pair.confidence, 2),
                "changes": [edit._asdict() for edit in pair.edits],
            }
            for pair in found.changed
        ],
        "added": [_named(milestone) for milestone in found.added],
        "withdrawn": [_named(milestone) for milestone in found.withdrawn],
        "near": [
            {"old_ref": n.old.ref, "new_ref": n.new.ref, "likeness": round(n.likeness, 2)}
            for n in found.near
        ],
        "unchanged": len(found.pairs) - len(found.changed),
    }


def _named(milestone: Milestone) -> dict[str, Any]:
    where = milestone.where
    return {"ref": milestone.ref, "milestone": milestone.milestone, "row": where.row}


def of_rule(rule: Rule) -> dict[str, Any]:
    """``agsxl rule``."""
    return {
        "code": rule.code,
        "name": rule.name,
        "title": rule.title,
        "severity": str(rule.severity),
        "on": rule.on,
        "lead": rule.lead,
        "rule": rule.statement,
        "why": rule.why,
        "fix": rule.fix,
    }


def of_import(reading: Reading, accepted: Sequence[Suggestion]) -> dict[str, Any]:
    """``agsxl import``: every line of the source, what was done, and what a person should look at."""
    return {
        "milestones": len(reading.plan.milestones),
        "kind": reading.kind,
        "lines": [
            {
                "page": piece.place.page,
                "row": piece.place.number,
                "where": piece.place.words,
                "text": piece.text,
                "use": str(piece.use),
                "refs": list(piece.refs),
                "said": piece.said,
            }
            for piece in reading.pieces
        ],
        "notes": [
            {
                "kind": str(note.kind),
                "ref": note.ref,
                "column": note.column,
                "message": note.message,
                "where": note.place.words if note.place is not None else "",
            }
            for note in reading.notes
        ],
        "suggestions": [
            {
                "ref": each.ref,
                "column": each.column,
                "value": each.value,
                "why": each.why,
                "accepted": each in accepted,
            }
            for each in reading.suggestions
        ],
        "absent": list(reading.absent),
        "provenance": [
            {"ref": milestone.ref, "read_from": dict(where), "printed": dict(printed)}
            for milestone, where, printed in zip(
                reading.plan.milestones, reading.provenance, reading.printed, strict=True
            )
        ],
    }


# -- the committee pack --------------------------------------------------------------------------


def of_packed(done: Packed) -> dict[str, Any]:
    """``agsxl report``: every figure of the pack. What cannot be known without an earlier moment is null."""
    pack = done.pack
    since, course = pack.since, pack.course
    return {
        "council": pack.settings.council,
        "year": pack.settings.year,
        "since": {"label": since.label, "day": dated(since.day), "note": since.note}
        if since
        else None,
        "not_compared": pack.not_compared,
        "now": _of_standing(pack.now),
        "then": _of_standing(pack.then) | {"day": dated(pack.then.day)} if pack.then else None,
        **_of_changes(pack),
        "extensions": _each(pack.asked, _of_extension),
        "unplaced": [each._asdict() | {"proposed": dated(each.proposed)} for each in pack.unplaced],
        "longest_slipped": [
            {
                "ref": placed.milestone.ref,
                "days": placed.movement.slippage_days,
                "nth": max(placed.movement.moves, len(placed.moves)) + 1,
            }
            for placed in pack.longest
        ],
        "without_evidence": [milestone.ref for milestone in pack.without_evidence],
        "unmeasurable": [
            {"ref": placed.milestone.ref, "basis": placed.movement.basis}
            for placed in pack.unmeasured
        ],
        "themes": [{"theme": group.name, **group.counts._asdict()} for group in pack.themes],
        "trend": {
            "days": [dated(day) for day in course.days],
            "labels": list(course.labels),
            "moved": course.moved,
            "lines": [
                {
                    "ref": track.name,
                    "targets": [dated(day) for day in track.targets],
                    "completed": track.completed,
                }
                for track in course.tracks
            ],
        }
        if course is not None
        else None,
        "last_year": [
            {
                "ref": each.then.ref,
                "how": each.then.how,
                "new_ref": each.then.new_ref,
                "now": str(each.now.movement.timeliness) if each.now is not None else None,
            }
            for each in pack.resolutions
        ]
        if pack.last_year is not None
        else None,
        "rules_changed": _rules_changed(pack.settings),
        "data_queries": {str(severity): pack.queries[severity] for severity in Severity},
        "log_faults": list(pack.log_faults),
        "files": [str(path) for path in done.files],
        "frozen": done.frozen,
        "notes": list(done.notes),
    }


_TOTALS = (
    "moved", "measured", "unmeasurable", "slipped", "earlier", "total_days", "median_days", "longest_days",
)  # fmt: skip


def _of_standing(standing: PackStanding) -> dict[str, Any]:
    totals = standing.slippage.totals
    return standing.counts._asdict() | {name: totals[name] for name in _TOTALS}


def _of_changes(pack: Pack) -> dict[str, Any]:
    """What is other than at the moment it is compared with."""
    return {
        "completed": _each(
            pack.completed,
            lambda each: {
                "ref": each.milestone.ref,
                "completed": dated(each.milestone.completed),
                "noticed": dated(each.noticed),
                "evidence": each.milestone.evidence,
                "verified_by": each.milestone.verified_by,
            },
        ),
        "reopened": _each(pack.reopened, lambda milestone: milestone.ref),
        "newly_overdue": _each(
            pack.newly_overdue,
            lambda placed: {
                "ref": placed.milestone.ref,
                "forecast": dated(placed.movement.forecast),
                "overdue_days": placed.movement.overdue_days,
            },
        ),
        "no_longer_overdue": _each(
            pack.eased,
            lambda each: {
                "ref": each.milestone.ref,
                "now": str(each.now) if each.now is not None else None,
            },
        ),
        "date_moves": _each(
            pack.moved,
            lambda each: {"ref": each.milestone.ref, "days": each.days, **_of_move(each.move)},
        ),
        "revised_dates_lost": _each(
            pack.unread,
            lambda each: {
                "ref": each.milestone.ref,
                "was": dated(each.was),
                "raw": each.milestone.revised.raw,
            },
        ),
        "baselines_changed": _each(
            pack.baselines_changed,
            lambda each: {
                "ref": each.milestone.ref,
                "was": dated(each.was),
                "now": dated(each.milestone.baseline),
            },
        ),
        "added": _each(pack.added, lambda placed: placed.milestone.ref),
        "came_and_went": _each(
            pack.passed if pack.since is not None else None,
            lambda each: {"ref": each[0], "milestone": each[1]},
        ),
        "gone": _each(pack.gone, lambda each: {"ref": each.milestone.ref, "then": str(each.then)}),
    }


def _of_extension(asked: Extension) -> dict[str, Any]:
    return {
        "ref": asked.milestone.ref,
        "lead": asked.lead,
        "current": dated(asked.current),
        "proposed": dated(asked.proposed),
        "days": asked.days,
        "slippage": asked.slippage,
        "nth": asked.nth,
        "reason": asked.reason,
        "beyond": asked.beyond,
        "settled": asked.settled,
        "approved_by": asked.approved_by,
    }


def _each(found: Iterable[T] | None, shape: Callable[[T], Any]) -> list[Any] | None:
    """Each of them in its shape; null where nothing is known."""
    return [shape(each) for each in found] if found is not None else None


def lineage_shape(found: Lineage) -> dict[str, Any]:
    """``agsxl lineage``: ``plan`` is a place in ``plans``, from 0; ``confidence`` is from 0 to 1."""
    return {
        "plans": [stage._asdict() for stage in found.plans],
        "matters": [
            {
                "called": matter.called,
                "plans": list(matter.plans),
                "years": matter.years,
                "confidence": matter.confidence,
                "ending": str(matter.ending),
                "milestones": [_of_seen(seen) for seen in matter.seen],
            }
            for matter in found.matters
        ],
        "links": [
            {
                "old": _of_seen(link.old),
                "new": _of_seen(link.new),
                "by": str(link.by),
                "confidence": link.confidence,
                "shared": list(link.shared),
                "became": [str(what) for what in link.became],
            }
            for link in found.links
        ],
        "dropped": [
            {
                **_of_seen(dropped.seen),
                "ending": str(dropped.ending),
                "said": dropped.said,
                "matter": dropped.matter.called if dropped.matter is not None else None,
                "nearest": _of_near(dropped.nearest) if dropped.nearest is not None else None,
            }
            for dropped in found.dropped
        ],
        "added": [_of_seen(seen) for seen in found.added],
        "near": [_of_near(near) for near in found.near],
        "notes": list(found.notes),
    }


def _of_seen(seen: Seen) -> dict[str, Any]:
    milestone = seen.milestone
    return {
        "plan": seen.plan,
        "ref": milestone.ref,
        "row": milestone.where.row,
        "milestone": milestone.milestone,
        "status": {"raw": milestone.status.raw, "value": str(milestone.status.value)},
    }


def _of_near(near: Near) -> dict[str, Any]:
    return {
        "old": _of_seen(near.old),
        "new": _of_seen(near.new),
        "confidence": near.confidence,
        "shared": list(near.shared),
    }


def rolled_shape(done: Rolled) -> dict[str, Any]:
    """``agsxl roll``: every milestone of the old plan once, with what became of it."""
    from agsxl.rolling import Result

    return {
        "year": done.year,
        "last_year": done.last_year.year,
        "file": str(done.file),
        "milestones": [
            {
                **each._asdict(),
                "result": str(each.result),
                "completed": dated(each.completed),
                "baseline": dated(each.baseline),
                "forecast": dated(each.forecast),
            }
            for each in done.last_year.milestones
        ],
        "counts": {str(result): len(done.last_year.of(result)) for result in Result},
        "log": [of_entry(entry) for entry in done.log],
        "notes": list(done.notes),
    }
