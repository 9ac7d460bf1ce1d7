"""The jobs that write the plan: read replies, update, undo, rebaseline, snapshot. And those beside them.

Each reads the workbook, decides, and writes everything it has to say in one change set: the plan's
cells, the lines of the change log, the Replies sheet. Either all of it is written or nothing. Edits
that were typed into the plan by hand since the last run are noticed first and logged too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from agsxl import desk
from agsxl.chasers import Asked, LeadChaser, lead_chaser
from agsxl.dates import Kind, read_target
from agsxl.desk import Progress
from agsxl.differences import Differences
from agsxl.differences import diff as compare
from agsxl.edits import CellEdit, ChangeSet, NewSheet
from agsxl.errors import AgsxlError, ChangedError, OutputError, SettingsError, SourceError
from agsxl.excel.file import is_workbook, open_book, refuse_unreadable
from agsxl.excel.properties import last_saved
from agsxl.excel.saving import backups_of
from agsxl.excel.values import ERROR_CODES, MOST_TEXT, same_value
from agsxl.grid import CellError, Value, column_number
from agsxl.history import (
    Action,
    ChangeSetEntries,
    DateMove,
    Draft,
    Entry,
    Log,
    Snapshot,
    alike,
    unique_keys,
)
from agsxl.layout import replies as replies_sheet
from agsxl.layout.changes import cell_edits, new_rows, why_unwritable
from agsxl.layout.chaselog import chase_log_sheet, chasers_sheet, read_chase_log
from agsxl.layout.headings import own_name
from agsxl.layout.returns import read_return
from agsxl.masters import Master, Target, Written, moment, opened, silent, write_all
from agsxl.merging import Outcome
from agsxl.plan import Milestone, Plan
from agsxl.posts import post_key
from agsxl.replies import (
    SUPERSEDED,
    Change,
    Decided,
    Decision,
    Kept,
    Update,
    Write,
    hold_against,
    said_by_in,
    said_in,
    settle,
    source_of,
)
from agsxl.report.returns import write_return
from agsxl.returns import Answer, Origin, Reply, identity_of, texts_of
from agsxl.texts import listed
from agsxl.words import CHASE_LOG, COLUMNS, spoken
from agsxl.workdays import working_day_after

RETURNS = "returns"  # the folder beside chasers.xlsx


def _drafts(master: Master, writes: Iterable[Write]) -> list[Draft]:
    """The lines of the log for what is written; a write that changes nothing has none."""
    drafts = []
    keys = {row: key for key, row in master.cells.rows.items()}
    for write in writes:
        row = write.milestone.where.row
        old = master.grid.at(row, column_number(master.plan.columns[write.column]))
        new = write.value if write.value != "" else None
        if not same_value(old, new):
            drafts.append(
                Draft(
                    Action.CHANGE, keys[row], write.column, old, new,
                    source=write.source, reason=write.reason, approved_by=write.approved_by,
                )
            )  # fmt: skip
    return drafts


# -- reading replies, and updating the plan ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refused:
    """A return that was not read, and why: one sentence."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the returns say of the plan, and what was done about it.

    ``update`` says what is decided and what stands; ``written`` is None where nothing was written;
    ``notes`` are sentences for the officer.
    """

    plan: Plan
    changes: tuple[Change, ...]
    refused: tuple[Refused, ...]
    replies: tuple[Reply, ...]
    update: Update
    noticed: tuple[Draft, ...] = ()
    written: Written | None = None
    applied: bool = False
    notes: tuple[str, ...] = ()

    @property
    def conflicts(self) -> int:
        """How many changes are conflicts."""
        return sum(change.in_conflict for change in self.changes)

    @property
    def waiting(self) -> bool:
        """Something must be decided or mended."""
        return bool(self.update.standing or self.refused)


def reconcile(
    target: Target,
    returns: Iterable[str | Path],
    *,
    apply: bool = False,
    keep_on_sheet: bool = True,
    sheet: str | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Reconciled:
    """Reconcile returns with the plan: ``agsxl reconcile``.

    >>> reconcile("plan.xlsx", ["replies/"]).conflicts  # doctest: +SKIP
    0

    ``returns`` are files and folders; what cannot be read is refused with a sentence and the others
    go through. What stands on the Replies sheet already is taken up too, with what the officer
    entered there. With ``keep_on_sheet`` the result is written onto that sheet; with ``apply`` what
    is decided is written into the plan, all or nothing, and the rest stays on the sheet. Raises
    SourceError and SettingsError as ``load_plan`` does, and OutputError where nothing can be written.
    """
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        replies, refused = _read_returns(returns, master, progress)
        progress("Comparing")
        found = _held_against(master, replies, {})
        found = replace(found, refused=tuple(refused), applied=apply)
        if apply or keep_on_sheet:
            found = _put(master, found, found.changes if apply else (), who=who, when=when)
        return found


def _held_against(
    master: Master, replies: Sequence[Reply], decided: Mapping[str, Decided]
) -> Reconciled:
    """Replies, and what stands on the sheet, held against the plan. ``decided`` is by return."""
    standing, entered = replies_sheet.read_replies(master.own.get(replies_sheet.NAME))
    new = said_in(replies)
    entered |= {said.key: decided[said.file] for said in new if said.file in decided}
    said = sorted([*standing, *new], key=lambda s: (s.round, s.at))
    found = hold_against(
        master.plan, said, decided=entered, kept=_kept(master.log), texts=master.text
    )
    changes = _where_it_fits(master, [_where_writable(master, change) for change in found])
    return Reconciled(
        plan=master.plan,
        changes=tuple(changes),
        refused=(),
        replies=tuple(replies),
        update=settle(changes, master.plan, texts=master.text),
        noticed=tuple(master.noticed),
    )


def waiting_dates(master: Master) -> tuple[Change, ...]:
    """The dates that leads ask for on the Replies sheet, and which the plan does not have yet.

    What was superseded by a later answer, or the officer has decided to keep out, is not among them.
    One that is decided, with its approver and reason, and waits for Update plan, is (``accept``); so is
    one whose milestone is not in the plan any more, or may be another.
    """
    return tuple(
        change
        for change in _held_against(master, (), {}).changes
        if change.column == "revised"
        and isinstance(change.said.value, date)
        and change.outcome in _DATES_ASKED
        and change.decided.decision is not Decision.KEEP
        and not change.said.superseded
    )


_DATES_ASKED = (Outcome.PROPOSED_DATE, Outcome.CONFLICT, Outcome.WITHDRAWN_BUT_EDITED)


def _where_it_fits(master: Master, changes: list[Change]) -> list[Change]:
    """A note for which there is no room in its cell is put to the officer instead."""
    for write in settle(changes, master.plan, texts=master.text).writes:
        if isinstance(write.value, str) and len(write.value.encode("utf-16-le")) // 2 > MOST_TEXT:
            address = f"{master.plan.columns[write.column]}{write.milestone.where.row}"
            why = f"The plan's cell {address} has no room for it ({MOST_TEXT:,} characters at most); shorten it."
            changes = [
                c._replace(accept=False, why=why)
                if c.accept
                and c.milestone is write.milestone
                and _goes_to(master, c) == write.column
                else c
                for c in changes
            ]
    return changes


def _goes_to(master: Master, change: Change) -> str:
    """The column that a change is written into: a note where the plan has no column for it."""
    own = change.column == "revised" or change.column in master.plan.columns
    return change.column if own else "comments"


def _put(
    master: Master, found: Reconciled, apply: Sequence[Change], *, who: str, when: datetime
) -> Reconciled:
    """Write what is decided among ``apply`` into the plan; everything else goes onto the sheet."""
    update = settle(apply, master.plan, texts=master.text)
    done = {id(change) for change in (*update.taken, *update.kept)}
    left = [c for c in found.changes if replies_sheet.shown(c) and id(c) not in done]
    changes, drafts = _update_of(master, update)
    sheets = _chase_log_after(master, found.replies, when)
    if left or replies_sheet.NAME in master.own:
        sheets = (replies_sheet.replies_sheet(left), *sheets)
    changes = replace(changes, sheets=sheets)
    if not (changes or drafts or master.noticed):
        return found
    return replace(found, written=write_all(master, drafts, changes, who=who, when=when))


def _chase_log_after(
    master: Master, replies: Sequence[Reply], when: datetime
) -> tuple[NewSheet, ...]:
    """The chase log and the Chasers sheet, where the plan has them and replies close something."""
    if CHASE_LOG not in master.own:
        return ()
    log = read_chase_log(master.own[CHASE_LOG])
    answered = log.with_answers(replies, when)
    if answered == log:
        return ()
    which, plan = answered.rounds[-1], master.plan
    _, letters = desk.letters_of(plan, answered, which, as_of=which.day)
    nobody = desk.without_lead(plan, as_of=which.day)
    page = chasers_sheet(letters, answered, which, without_lead=nobody)
    return chase_log_sheet(answered), page


def _update_of(master: Master, update: Update) -> tuple[ChangeSet, list[Draft]]:
    """What an update writes into the plan, and what the log says of it."""
    plan = master.plan
    drafts = _drafts(master, update.writes)
    added = new_rows(plan, update.added)
    if added is not None:
        refs = [m.ref for m in plan.milestones] + [c.said.row.get("ref", "") for c in update.added]
        keys = unique_keys(refs)[len(plan.milestones) :]  # a lead need not know the next Ref
        for change, row, ref in zip(update.added, added.rows, keys, strict=True):
            columns = {
                letters: column for column, letters in plan.columns.items() if column != "ref"
            }
            drafts.append(Draft(Action.ADDED, ref, "ref", None, ref, source=source_of(change.said)))
            drafts += [
                Draft(
                    Action.ADDED, ref, columns[letters], None, value, source=source_of(change.said)
                )
                for letters, value in row.items()
                if letters in columns
            ]
    for change in update.kept:
        drafts.append(
            Draft(
                Action.KEEP, change.ref, change.column, change.master, _returned(change),
                source=source_of(change.said), reason=change.decided.reason or change.said.superseded,
            )
        )  # fmt: skip
    edits = cell_edits(plan, master.grid, update.writes)
    return ChangeSet(tuple(edits), (added,) if added is not None else ()), drafts


def _returned(change: Change) -> str:
    value = change.said.value
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else change.said.raw


def _kept(log: Log) -> dict[Kept, datetime | None]:
    """What earlier updates settled in the plan's favour.

    What the officer decided holds for good. What was only answered again later holds until then: if
    the lead says the first thing once more, that is the last word.
    """
    kept: dict[Kept, datetime | None] = {}
    for entry in log.entries:
        if entry.action is Action.KEEP:
            returned = " ".join(str(entry.new or "").split())
            key = Kept(said_by_in(entry.source), entry.ref, entry.column, returned)
            again = entry.reason.startswith(SUPERSEDED)
            if not (again and kept.get(key, entry.when) is None):
                kept[key] = entry.when if again else None
    return kept


def _where_writable(master: Master, change: Change) -> Change:
    """A change that would be written into a cell that cannot be is put to the officer instead."""
    if not change.accept or change.milestone is None:
        return change
    column = _goes_to(master, change)
    why = why_unwritable(master.plan, master.grid, change.milestone, column)
    return change._replace(accept=False, why=why) if why else change


def _read_returns(
    returns: Iterable[str | Path], master: Master, progress: Progress
) -> tuple[list[Reply], list[Refused]]:
    """Every return that can be read, and a sentence for each that cannot."""
    replies, refused = [], []
    origin = Origin(master.plan)
    files = list(_files_of(returns, master.path))
    for number, file in enumerate(files, 1):
        progress(f"Reading return {number} of {len(files)}: {file.name}")
        try:
            reply = _read_one(file)
            if not origin.sent(reply):
                raise SourceError(
                    f"{file.name} is a return for another plan ({reply.identity.plan}); it was left out."
                )
        except AgsxlError as fault:
            refused.append(Refused(file.name, str(fault)))
        except Exception as fault:  # one strange file must not keep the others out
            refused.append(
                Refused(
                    file.name,
                    f"{file.name} could not be read ({type(fault).__name__}: {fault}); ask for it again.",
                )
            )
        else:
            replies.append(reply)
    return replies, refused


def _read_one(file: Path) -> Reply:
    with open_book(file) as book:
        grids = [book.read(name) for name in book.sheets()]
    return read_return(grids, file=file.name, saved=last_saved(file))


_RETURNS = (".xlsx", ".xlsm", ".xls", ".ods", ".xltx", ".xlsb")


def _files_of(returns: Iterable[str | Path], master: Path | None) -> Iterator[Path]:
    """The files named, and those in the folders named; never the plan itself, none twice."""
    seen = {master.resolve()} if master is not None else set()
    for each in returns:
        path = Path(each)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file())
            files = [
                p
                for p in inside
                if p.suffix.lower() in _RETURNS and not p.name.startswith(("~$", "."))
            ]
            if not files:
                raise SourceError(
                    f"The folder {path} holds no workbook; save the returns there first."
                )
        else:
            files = [path]
        for file in files:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def answer(
    target: Target,
    ref: str,
    *,
    by: str,
    status: str = "",
    proposed_date: str = "",
    reason: str = "",
    comment: str = "",
    evidence: str = "",
    completed: str = "",
    no_change: bool = False,
    approved_by: str = "",
    approved_only: bool = False,
    sheet: str | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Reconciled:
    """An answer given by telephone or in an email, typed by the officer: ``agsxl answer``.

    >>> answer("plan.xlsx", "B4", by="Head of Finance", status="Complete")  # doctest: +SKIP
    Reconciled(...)

    The same path as a return: a proposed date waits on the Replies sheet for its approver and
    reason, unless ``approved_by`` and ``reason`` are given; with ``approved_only`` it is an error where
    it would have to wait all the same. Raises SettingsError for a Ref that is
    not in the plan, a status that nobody knows, a date that is not certain, or nothing said at all.
    """
    given = {
        "status": status, "revised": proposed_date, "comments": comment, "evidence": evidence,
        "completed": completed,
    }  # fmt: skip
    given = {column: text.strip() for column, text in given.items() if text.strip()}
    for column, text in given.items():
        given[column] = text = _CONTROL.sub("", text)
        if len(text) > MOST_TEXT // 2:
            raise SettingsError(
                f"The {COLUMNS[column].lower()} has {len(text):,} characters, more than a cell should "
                "hold; shorten it."
            )
    if not ref.strip():
        raise SettingsError("Name the milestone by its Ref.")
    if not by.strip():
        raise SettingsError("Say who gave the answer, with --by.")
    if bool(given) == no_change:
        raise SettingsError(
            "Give what was answered (--status, --comment, --proposed-date, --evidence or --completed), "
            "or --no-change."
        )
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        milestone = master.milestone(ref)
        reply = _spoken_reply(master.plan, milestone, given, by.strip(), reason, no_change, when)
        approved = Decided(Decision.TAKE, approved_by.strip(), reason.strip())
        decided = {reply.file: approved} if approved_by.strip() and "revised" in given else {}
        found = replace(_held_against(master, [reply], decided), applied=True)
        own = [
            change
            for change in found.changes
            if change.said.file == reply.file and change.milestone is milestone
        ]
        useless = next((c.why for c in own if c.outcome is Outcome.INVALID), "")
        if useless:
            raise SettingsError(f"{useless} Nothing was written.")
        if approved_only:
            _refuse_unless_taken(own)
        done = _put(master, found, own, who=who, when=when)
        update = settle(own, master.plan, texts=master.text)
        notes = () if approved_only else _still_asked(master, reply)
        return replace(done, changes=tuple(own), update=update, notes=notes)


def _still_asked(master: Master, reply: Reply) -> tuple[str, ...]:
    """A sentence where the answer is entered and the chase log still waits for another's."""
    asked = read_chase_log(master.own.get(CHASE_LOG)).still_asked(reply)
    return tuple(
        f"The chase round asked {lead} about {ref}, and nobody called {reply.lead!r}, so the chase log still waits "
        f"for an answer; if it came from {lead}, give it once more with --by {lead!r}."
        for lead, ref in asked
    )


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def _refuse_unless_taken(changes: Iterable[Change]) -> None:
    """Raise SettingsError where an approved date would not be written after all."""
    for change in changes:
        if change.column == "revised" and not change.accept:
            current = change.milestone.forecast if change.milestone is not None else None
            same = f"The date of {change.ref} is {spoken(current)} already." if current else ""
            raise SettingsError(f"{change.why or same} Nothing was moved.")


def _spoken_reply(
    plan: Plan,
    milestone: Milestone,
    given: Mapping[str, str],
    by: str,
    reason: str,
    no_change: bool,
    when: datetime,
) -> Reply:
    """What was said on the telephone, as a return of one milestone."""
    answers = []
    for column, text in given.items():
        value: Value = text
        if column in ("revised", "completed"):
            target = read_target(text)
            if not (target.certain and target.latest and target.earliest == target.latest):
                name = "proposed date" if column == "revised" else "date completed"
                raise SettingsError(
                    f"The {name} {text!r} is not one certain day; give it as 30/09/2026."
                )
            value = target.latest
        answers.append(Answer(milestone.ref, column, text, value, "", reason.strip()))
    return Reply(
        file=f"typed for {by}, {when:%d/%m/%Y %H:%M:%S}",
        lead=by,
        round=when.date(),
        saved=when,
        identity=identity_of(plan),
        issued={milestone.ref: texts_of(milestone)},
        answers=tuple(answers),
        no_change=(milestone.ref,) if no_change else (),
    )


def rebaseline(
    target: Target,
    ref: str,
    day: str,
    *,
    reason: str,
    approved_by: str,
    sheet: str | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Reconciled:
    """An approved move of a milestone's date: ``agsxl rebaseline``.

    >>> rebaseline("plan.xlsx", "B4", "30/11/2026", reason="Tender", approved_by="Cabinet")  # doctest: +SKIP
    Reconciled(...)

    The date becomes the revised date; the baseline is never touched. Old date, new date, reason and
    approver are logged (government project delivery glossary: a baseline is altered only through
    change control). Raises SettingsError where the reason or the approver is missing, the date is not
    one certain day, or it is the current date already; OutputError where the cell cannot be written.
    """
    for what, text in (("--reason", reason), ("--approved-by", approved_by)):
        if not text.strip():
            raise SettingsError(f"A date moves only with a reason and an approver; give {what}.")
    return answer(
        target, ref, by="re-baselined", proposed_date=day, reason=reason, approved_by=approved_by,
        approved_only=True, sheet=sheet, who=who, now=now, progress=progress,
    )  # fmt: skip


# -- undo, snapshots, the history --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, and what was written for it."""

    plan: Plan
    taken_back: ChangeSetEntries
    written: Written


def undo(
    target: Target,
    *,
    sheet: str | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Undone:
    """Take the last applied change set back: ``agsxl undo``.

    >>> undo("plan.xlsx").taken_back.number  # doctest: +SKIP
    4

    Afterwards the plan's cells hold what they held before; where nothing else was done to the
    workbook since, its parts are the very bytes they were, but for the log. The undo is logged.
    Raises OutputError where there is nothing to take back, and ChangedError where one of the cells
    has been changed since, naming it.
    """
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        last = master.log.last_undoable()
        if last is None:
            raise OutputError(f"{master.name} has no update that could be taken back.")
        drafts = master.log.inverse(last.entries)
        backup = _backup_of(master.path, last)
        sheets = _replies_before(backup) if backup and replies_sheet.NAME in master.own else ()
        changes = ChangeSet(tuple(_undo_edits(master, drafts)), sheets=sheets)
        written = write_all(master, drafts, changes, who=who, when=when, restore=backup)
        return Undone(master.plan, last, written)


def _replies_before(backup: Path) -> tuple[NewSheet, ...]:
    """The Replies sheet as it stood before the update that is taken back."""
    with open_book(backup) as book:
        there = next((n for n in book.sheets() if own_name(n) == replies_sheet.NAME), None)
        return (replies_sheet.sheet_again(book.read(there) if there is not None else None),)


def _undo_edits(master: Master, drafts: Sequence[Draft]) -> list[CellEdit]:
    """The edits that take entries back. The cells of a row that was added are emptied."""
    edits: dict[str, CellEdit] = {}
    for draft in drafts:
        address = master.cells.address(draft.ref, draft.column)
        if address is None:
            raise ChangedError(
                f"{master.name}, sheet {master.plan.sheet!r} has no {draft.ref}, "
                f"{COLUMNS.get(draft.column, draft.column)} any more, so the update cannot be taken back "
                "as a whole; put the row or column back first."
            )
        before = edits[address].new if address in edits else master.grid.value(address)
        # A row is found by its Ref: one that has none, or shares it, is called otherwise in the log.
        is_found_by_it = draft.column == "ref" and draft.old == draft.ref
        if not is_found_by_it and not alike(before, draft.old):
            raise ChangedError(
                f"{master.name}, sheet {master.plan.sheet!r}, cell {address} ({draft.ref}, "
                f"{COLUMNS.get(draft.column, draft.column)}) has been changed since the update; put back "
                f"what the update wrote ({_short(draft.old)}), or correct the plan by hand."
            )
        held = edits[address].expected if address in edits else before
        edits[address] = CellEdit(master.plan.sheet, address, held, _as_cell(draft.new))
    return list(edits.values())


def _as_cell(value: Value) -> Value:
    """What the log kept of a cell, as the cell held it: an error is kept as its code."""
    return CellError(value) if isinstance(value, str) and value in ERROR_CODES else value


def _short(value: Value) -> str:
    if isinstance(value, date):
        return spoken(value)
    text = " ".join(str(value if value is not None else "blank").split())
    return text if len(text) < 60 else f"{text[:60].rstrip()} …"


def _backup_of(path: Path | None, last: ChangeSetEntries) -> Path | None:
    """The copy that was made of the workbook when the change set was applied, if it is still there."""
    if path is None:
        return None
    when = f"{last.entries[0].when:%Y-%m-%d %H%M%S}"
    candidates = [copy for copy in backups_of(path) if when in copy.stem]
    # Several may be of the same second: the right one is the last whose log does not know of it yet.
    return next((copy for copy in candidates if _last_number(copy) < last.entries[0].number), None)


def _last_number(copy: Path) -> int:
    """The number of the last entry in a copy's change log; one that cannot be read has them all."""
    try:
        with open_book(copy) as book:
            log = desk.log_in(
                book.read(name) for name in book.sheets() if own_name(name) is not None
            )
    except AgsxlError:
        return sys.maxsize
    return max((entry.number for entry in log.entries), default=0)


def snapshot(
    target: Target,
    label: str,
    *,
    as_of: date | None = None,
    sheet: str | None = None,
    who: str = "",
    now: datetime | None = None,
    progress: Progress = silent,
) -> Written:
    """Freeze the plan as it is reported: ``agsxl snapshot``.

    >>> snapshot("plan.xlsx", "Governance Committee 28/09/2017")  # doctest: +SKIP
    Written(...)

    ``as_of`` is the reporting date it is kept with; else the plan's own, else today. Raises
    SettingsError for a label that is blank or taken.
    """
    when = now or moment()
    if not label.strip():
        raise SettingsError("A snapshot needs a label, such as 'Governance Committee 28/09/2017'.")
    with opened(target, sheet=sheet, progress=progress) as master:
        day = as_of or master.plan.settings.reporting_date or when.date()
        return write_all(
            master, [], ChangeSet(), who=who, when=when, label=label, reporting_date=day
        )


@dataclass(frozen=True, slots=True)
class History:
    """What the change log knows: of the whole plan, or of one milestone with its dates."""

    plan: Plan
    entries: tuple[Entry, ...]
    snapshots: tuple[Snapshot, ...]
    faults: tuple[str, ...]
    dates: tuple[DateMove, ...] = ()
    completed: date | None = None


def _read_with_log(path: str | Path, sheet: str | None, progress: Progress) -> tuple[Plan, Log]:
    """The plan and its change log, which only a workbook can have; an empty one for a text."""
    file = refuse_unreadable(Path(path))
    if not is_workbook(file):
        return desk.load_plan(file, sheet=sheet, progress=progress), desk.log_in([])
    with open_book(file) as book:
        plan, log, _ = desk.plan_and_log(book, sheet=sheet, progress=progress)
        return plan, log


def history_of(
    path: str | Path, ref: str = "", *, sheet: str | None = None, progress: Progress = silent
) -> History:
    """What the change log says, of one milestone or of all: ``agsxl history``. Writes nothing.

    Raises SettingsError for a Ref that neither the plan nor its log knows.
    """
    plan, log = _read_with_log(path, sheet, progress)
    if not ref:
        return History(plan, log.entries, log.snapshots, tuple(log.faults()))
    known = log.history_of(ref)
    if not known and ref.casefold() not in {m.ref.casefold() for m in plan.milestones}:
        raise SettingsError(f"Neither {plan.file} nor its change log knows a milestone {ref!r}.")
    return History(
        plan, known, log.snapshots, tuple(log.faults()),
        log.dates_of(ref, reference=plan.reference),
        log.completed_on(ref, colours=plan.settings.colours),
    )  # fmt: skip


def plan_at(
    path: str | Path, moment: str, *, sheet: str | None = None, progress: Progress = silent
) -> Plan:
    """The plan as it was at a snapshot's label, or at the end of a day: ``agsxl show --at``.

    >>> plan_at("plan.xlsx", "Governance Committee 28/09/2017").milestones  # doctest: +SKIP
    (Milestone(ref='A1', ...), ...)

    Raises SettingsError where the change log does not know that moment.
    """
    plan, log = _read_with_log(path, sheet, progress)
    target = read_target(moment)
    labelled = any(s.label.casefold() == " ".join(moment.casefold().split()) for s in log.snapshots)
    if not labelled and target.kind is Kind.EXACT and target.certain and not target.note:
        assert target.latest is not None
        state = log.state_at(target.latest)
    else:
        state = log.state_at(moment)
    return desk.plan_of_state(state, plan)


# -- what goes out, and what is compared --------------------------------------------------------


def diff(
    old: str | Path,
    new: str | Path,
    *,
    sheet: str | None = None,
    progress: Progress = silent,
) -> tuple[Plan, Plan, Differences]:
    """Two plans held beside each other, whatever became of their Refs: ``agsxl diff``."""
    first = desk.load_plan(old, sheet=sheet, progress=progress)
    second = desk.load_plan(new, sheet=sheet, progress=progress)
    progress("Comparing")
    return first, second, compare(first, second)


def answer_by(plan: Plan, as_of: date) -> date | None:
    """The day by which leads are asked to answer, where Settings name how many working days that is."""
    within = plan.settings.answer_within
    return working_day_after(as_of, within) if within is not None else None


def write_returns(
    folder: str | Path,
    plan: Plan,
    lists: Sequence[LeadChaser],
    *,
    as_of: date,
    progress: Progress = silent,
) -> tuple[Path, ...]:
    """One return workbook for each lead with something to answer, called after the lead.

    >>> write_returns("month/returns", plan, agsxl.chase(plan, as_of=day), as_of=day)  # doctest: +SKIP
    (PosixPath('month/returns/Head of Finance.xlsx'), ...)

    Raises OutputError where the folder cannot be written.
    """
    place = Path(folder)
    desk.make_folder(place)
    names = file_names([chaser.lead for chaser in lists])
    written = []
    for number, (chaser, name) in enumerate(zip(lists, names, strict=True), 1):
        progress(f"Writing return {number} of {len(lists)}")
        written.append(write_return_of(plan, chaser, place / f"{name}.xlsx", as_of=as_of))
    return tuple(written)


def write_return_of(plan: Plan, asked: LeadChaser, out: Path, *, as_of: date) -> Path:
    """One lead's return workbook: ``out`` itself if it names a workbook, else in that folder."""
    if out.suffix.lower() == ".xlsx":
        desk.make_folder(out.parent)
        path = out
    else:
        desk.make_folder(out)
        path = out / f"{file_names([asked.lead])[0]}.xlsx"
    return write_return(
        path, plan, asked.milestones, lead=asked.lead, person=asked.person, round_day=as_of,
        answer_by=answer_by(plan, as_of), settings=plan.settings,
    )  # fmt: skip


def asked_of(plan: Plan, lead: str, *, as_of: date, every: bool = False) -> LeadChaser:
    """What one lead is asked; with ``every``, each of the lead's open milestones.

    Raises SettingsError for a lead that the plan does not have, naming those it has, and for one
    with nothing to answer.
    """
    lists = desk.chase(plan, as_of=as_of)
    key = post_key(lead)
    found = next((c for c in lists if key in (post_key(c.lead), post_key(c.person))), None)
    leads = {post_key(p): p for m in plan.milestones for p in m.smt_lead.posts}
    if found is None and key not in leads:
        raise SettingsError(
            f"No milestone of {plan.file} has the SMT lead {lead!r}; there are {listed(list(leads.values()))}."
        )
    if found is None and not every:
        raise SettingsError(
            f"{leads[key]} has nothing to answer; with --all the return holds every open milestone."
        )
    if not every:
        assert found is not None
        return found
    post = post_key(found.lead) if found is not None else key
    asked = found.milestones if found is not None else ()
    there = {a.milestone.where.row for a in asked}
    own = [
        m for m in plan.milestones if m.open and any(post_key(p) == post for p in m.smt_lead.posts)
    ]
    rest = (Asked(m.ref, (), _HOW, m) for m in own if m.where.row not in there)
    return lead_chaser(
        found.lead if found is not None else leads[key], (*asked, *rest), plan.posts, as_of
    )


_HOW = "How does this stand?"


def file_names(names: Sequence[str]) -> list[str]:
    """Names that every system accepts for a file, none of them twice in any case.

    >>> file_names(["Head of HR/OD", "head of hr od"])
    ['Head of HR OD', 'head of hr od (2)']
    """
    used: set[str] = set()
    chosen = []
    for text in names:
        stem = " ".join(re.sub(r"[^\w .,&'()-]", " ", text).split()).strip(". ")[:80] or "No name"
        if stem.casefold() in _DEVICES:
            stem += " (lead)"
        name, number = stem, 1
        while name.casefold() in used:
            number += 1
            name = f"{stem} ({number})"
        used.add(name.casefold())
        chosen.append(name)
    return chosen


# What Windows takes for a device, whatever comes after the point.
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)))
)
