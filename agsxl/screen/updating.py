"""What a person sees of the jobs that write the plan: replies, updates, the history, differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from agsxl.differences import By, Differences, Edit, Pair
from agsxl.grid import Value
from agsxl.history import NO_TIME, TYPED, Action, Entry
from agsxl.masters import Written
from agsxl.merging import Outcome
from agsxl.plan import Plan
from agsxl.replies import Change
from agsxl.screen import Lines, kept_as_it_was, paragraph, table
from agsxl.texts import counted, listed, ordinal
from agsxl.updating import History, Reconciled, Undone
from agsxl.words import COLUMNS, OUTCOMES, spoken

_LONGEST = 90


def shown(value: Value | None) -> str:
    """A cell's value for a person, cut where it is long."""
    if value is None or value == "":
        return "(blank)"
    if isinstance(value, datetime):
        return f"{spoken(value.date())} {value:%H:%M}"
    if isinstance(value, date):
        return spoken(value)
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def _column(column: str) -> str:
    return COLUMNS.get(column, column) or "Whole row"


def reconciled(done: Reconciled) -> Lines:
    """What the returns say: counts first, then what waits, what is refused, what was written."""
    plan = done.plan
    yield from paragraph(
        f"{plan.file}, sheet {plan.sheet!r}: {counted(len(plan.milestones), 'milestone')}; "
        f"{counted(len(done.replies), 'return')} read"
        + (f", {len(done.refused)} refused." if done.refused else ".")
    )
    counts = Counter(change.outcome for change in done.changes)
    if counts:
        yield from table(
            ("How many", "What came of it"),
            [(f"{counts[o]:,}", OUTCOMES[o]) for o in Outcome if counts[o]],
        )
    yield from _answered(done)
    written = [change for change in done.changes if change.accept]
    if written:
        yield ""
        yield "Updated:" if done.applied else "Ready to be taken (Take lead's is chosen):"
        yield from _table_of(written)
    if done.update.standing:
        yield ""
        yield "To decide:"
        yield from _table_of(done.update.standing)
    if done.refused:
        yield ""
        yield "Not read:"
        for refused in done.refused:
            yield from paragraph(refused.why, 2)
    yield from noticed_and_backup(done.written)
    for note in done.notes:
        yield from paragraph(note)
    if not done.changes and not done.refused:
        yield "The returns ask for no change to the plan."


def _answered(done: Reconciled) -> Lines:
    """Who answered nothing at all, who left something out, who ticked No change."""
    silent = [r for r in done.replies if not r.answers and not r.no_change and r.unanswered]
    if silent:
        yield from paragraph(
            f"{counted(len(silent), 'return')} without any answer: "
            f"{listed([reply.file for reply in silent])}."
        )
    for reply in done.replies:
        if reply.no_change:
            yield from paragraph(f"{reply.file}: no change for {listed(list(reply.no_change))}.")
        if reply.unanswered and reply not in silent:
            yield from paragraph(f"{reply.file} says nothing of {listed(list(reply.unanswered))}.")
        for flag in reply.flags:
            yield from paragraph(f"{reply.file}: {flag}")


def _table_of(changes: Sequence[Change]) -> Lines:
    by_file: dict[str, list[Change]] = {}
    for change in changes:
        by_file.setdefault(change.said.file, []).append(change)
    for file, group in by_file.items():
        yield from paragraph(
            f"{file} ({group[0].said.lead}, round {spoken(group[0].said.round)})", 2
        )
        yield from table(
            ("Ref", "Column", "As sent", "Plan now", "Lead's answer", "What came of it"),
            [
                (
                    change.ref,
                    _column(change.column),
                    shown(change.issued),
                    shown(change.master),
                    shown(change.returned),
                    OUTCOMES[change.outcome],
                )
                for change in group
            ],
        )
        for change in group:
            if change.why:
                yield from paragraph(f"{change.ref}, {_column(change.column)}: {change.why}", 4)


def noticed_and_backup(written: Written | None) -> Lines:
    """The edits that were typed by hand since the last run, and where the backup is."""
    if written is None:
        return
    typed = [entry for entry in written.entries if entry.source == TYPED]
    if typed:
        yield ""
        yield from paragraph(
            f"Noticed and logged: {counted(len(typed), 'edit')} typed into the plan since the last run "
            f"({listed(list(dict.fromkeys(entry.ref for entry in typed)))})."
        )
    for sentence in written.receipt.notes:
        yield from paragraph(sentence)
    yield from kept_as_it_was(written.receipt)


def entries(logged: Iterable[Entry]) -> Lines:
    """Lines of the change log."""
    rows = [
        (
            f"{entry.when:%d/%m/%Y %H:%M}" if entry.when != NO_TIME else "not known",
            entry.ref,
            _column(entry.column) if entry.ref else "",
            shown(entry.old) if entry.action not in _NO_VALUES else "",
            shown(entry.new) if entry.action is not Action.BEGUN else "",
            _ACTIONS.get(entry.action, entry.action),
            "; ".join(filter(None, (entry.source, entry.reason, _approved(entry)))),
        )
        for entry in logged
    ]
    yield from table(
        ("When", "Ref", "Column", "Old", "New", "What", "Source, reason, approver"), rows
    )


_NO_VALUES = (Action.SNAPSHOT, Action.BEGUN)
_ACTIONS: Mapping[str, str] = {
    Action.CHANGE: "changed",
    Action.ADDED: "added",
    Action.REMOVED: "taken out",
    Action.UNDO: "undone",
    Action.SNAPSHOT: "snapshot",
    Action.KEEP: "plan kept",
    Action.BEGUN: "log begun",
    Action.CARRIED: "carried forward",
}


def _approved(entry: Entry) -> str:
    return f"approved by {entry.approved_by}" if entry.approved_by else ""


def undone(done: Undone) -> Lines:
    """What was taken back."""
    first = done.taken_back.entries[0]
    yield from paragraph(
        f"{done.plan.file}: the update of {spoken(first.when.date())} at {first.when:%H:%M} is taken back, "
        f"{counted(len(done.taken_back.entries), 'change')}:"
    )
    yield from entries(entry for entry in done.written.entries if entry.action == Action.UNDO)
    yield from noticed_and_backup(done.written)


def history(known: History, ref: str) -> Lines:
    """The change log, or what became of one milestone: its dates first."""
    if known.faults:
        yield "The change log is not as agsxl wrote it:"
        for fault in known.faults:
            yield from paragraph(fault, 2)
        yield ""
    if not known.entries and not known.snapshots:
        yield f"{known.plan.file} has no change log yet; it begins with the first update."
        return
    if ref and known.dates:
        yield from table(
            ("Date", "Was", "Became", "When", "Reason", "Approved by"),
            [
                (
                    ordinal(move.nth),
                    shown(move.old),
                    shown(move.new),
                    shown(move.when) if move.when is not None else "before the log began",
                    move.reason,
                    move.approved_by,
                )
                for move in known.dates
            ],
        )
        yield ""
    if ref and known.completed:
        yield f"Complete since {spoken(known.completed)}, by the log."
    if known.entries:
        yield from entries(known.entries)
    else:
        yield f"Nothing has been logged of {ref} yet."
    if not ref and known.snapshots:
        yield ""
        yield "Snapshots:"
        for copy in known.snapshots:
            yield f"  {copy.label} ({shown(copy.taken)})"


# -- two plans beside each other ---------------------------------------------------------------


def differences(old: Plan, new: Plan, found: Differences) -> Lines:
    """What differs between two plans: first how much, then each milestone."""
    yield from paragraph(
        f"{old.file} ({counted(len(old.milestones), 'milestone')}) and {new.file} "
        f"({counted(len(new.milestones), 'milestone')})."
    )
    if not found:
        yield "They say the same."
        return
    counts = (
        (len(found.changed), "changed"),
        (len(found.renumbered), "renumbered"),
        (len(found.reworded), "reworded"),
        (len(found.moved), "with another date"),
        (len(found.added), "added"),
        (len(found.withdrawn), "gone"),
    )
    yield ", ".join(f"{number:,} {what}" for number, what in counts if number) + "."
    if found.changed:
        yield ""
        yield "Changed:"
        yield from table(
            ("Ref", "Column", "Old", "New", "Moved"),
            [
                (
                    _refs(pair),
                    _column(edit.column),
                    shown(edit.old),
                    shown(edit.new),
                    _days(edit),
                )
                for pair in found.changed
                for edit in pair.edits
                if edit.column != "ref"
            ],
        )
        yield from _renumbered(found)
    for title, milestones in (("Added:", found.added), ("Gone:", found.withdrawn)):
        if milestones:
            yield ""
            yield title
            yield from table(
                ("Ref", "Milestone"), [(m.ref, shown(m.milestone)) for m in milestones]
            )
    for near in found.near:
        yield from paragraph(
            f"{near.new.ref} is {near.likeness:.0%} like {near.old.ref}, too little to call it the same: "
            "see for yourself.",
            2,
        )


def _refs(pair: Pair) -> str:
    return f"{pair.old.ref} → {pair.new.ref}" if pair.renumbered else pair.new.ref


def _renumbered(found: Differences) -> Lines:
    """How it is known which milestone became which, where the Ref does not say it."""
    for pair in found.renumbered:
        how = _HOW[pair.by].format(likeness=pair.confidence)
        yield from paragraph(f"{pair.old.ref} is now {pair.new.ref}: {how}.", 2)


_HOW: Mapping[str, str] = {
    By.WORDS: "the same words",
    By.PREVIOUS_REF: "the new plan says so",
    By.LIKENESS: "its words are {likeness:.0%} alike",
    By.REF: "the same Ref in other letters",
}


def _days(edit: Edit) -> str:
    if not edit.days:
        return ""
    return f"{counted(abs(edit.days), 'day')} {'later' if edit.days > 0 else 'earlier'}"
