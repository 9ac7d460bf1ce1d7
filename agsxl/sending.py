"""The chase round, from drafts to logged replies: draft, preview, send, thank, forget.

    done = draft("action-plan.xlsm", "month", as_of=date(2026, 9, 30), preview=True)
    send("action-plan.xlsm", as_of=date(2026, 9, 30), confirm=lambda question: True)

What is sent and what has been answered stands on the Chase log sheet of the master. Nothing is sent
that was not previewed in these very words, and nothing is sent twice: not when a round is run again,
and not after a crash, of which a note beside the plan (``mail.journal``) knows what was under way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from agsxl import desk, updating
from agsxl.chasers import LeadChaser
from agsxl.dates import read_target
from agsxl.desk import Progress, ReportingDate
from agsxl.edits import CellEdit, ChangeSet, NewSheet, Receipt
from agsxl.errors import AgsxlError, OutputError, SettingsError
from agsxl.excel.file import is_workbook, refuse_unreadable
from agsxl.excel.saving import backups_of
from agsxl.grid import Value, cell_address
from agsxl.history import Action, Entry
from agsxl.layout import replies as replies_sheet
from agsxl.layout.chaselog import chase_log_sheet, chasers_sheet, read_chase_log
from agsxl.layout.headings import own_name
from agsxl.layout.tables import find_posts, posting_cells
from agsxl.mail.drafts import write_drafts
from agsxl.mail.folder import write_merge_folder
from agsxl.mail.journal import Journal
from agsxl.mail.messages import Attachment, Came, Heard, Message, compose, compose_thanks
from agsxl.mail.password import password_for
from agsxl.mail.placing import Placing
from agsxl.mail.preview import preview_page
from agsxl.mail.smtp import Smtp
from agsxl.mail.ways import BROKEN_OFF, NO_NOTE, Result, send_all
from agsxl.mail.ways import State as Became
from agsxl.masters import Master, Target, moment, opened, silent
from agsxl.plan import Milestone, Plan
from agsxl.posts import post_key
from agsxl.replies import SUPERSEDED, said_by_in
from agsxl.returns import ANSWERS
from agsxl.rounds import (
    Addressee,
    ChaseLog,
    Draft,
    Held,
    Letter,
    Level,
    Line,
    LineStatus,
    Round,
    State,
    asked_from,
    held,
    kept_from,
    mentions,
    names_of,
    people_of,
    status,
)
from agsxl.settings import DRAFTS as DRAFT_FILES
from agsxl.settings import FOLDER, SMTP
from agsxl.texts import counted, listed
from agsxl.words import CHASE_LOG, CHASERS, COLUMNS, REPLIES, spoken

DRAFTS, MERGE, THANKS, PREVIEW = "drafts", "mail merge", "thanks", "preview.html"
Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Chased:
    """A round as it stands: what each lead is asked, the messages, and what became of them.

    ``files`` were written, ``results`` say what became of what was sent in this run, ``held_back``
    why a message did not go, by lead; ``notes`` are sentences for the officer. ``logged`` is False
    where the round could not be entered in the plan's chase log.
    """

    plan: Plan
    day: ReportingDate
    round: Round
    asked: tuple[LeadChaser, ...]
    without_lead: tuple[Milestone, ...]
    messages: tuple[Message, ...]
    log: ChaseLog
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    results: tuple[Result, ...] = ()
    held_back: Mapping[str, Held] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    logged: bool = True

    @property
    def failed(self) -> bool:
        """Something that was to be sent was not, or nobody knows."""
        return any(result.state is not Became.SENT for result in self.results) or any(
            why in (Held.NOBODY, Held.UNKNOWN) for why in self.held_back.values()
        )

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """What is wrong with a message, by lead: each a sentence."""
        return tuple((m.lead, fault) for m in self.messages for fault in m.faults)


# -- a round is put together -------------------------------------------------------------------


@dataclass(slots=True)
class _Round:
    """A round while a job works on it."""

    plan: Plan
    day: ReportingDate
    round: Round
    asked: list[LeadChaser]
    letters: tuple[Letter, ...]
    log: ChaseLog
    said: _Answers

    def messages(self, progress: Progress) -> tuple[Message, ...]:
        """Each lead's message, its return workbook attached."""
        by_lead = {chaser.lead: chaser for chaser in self.asked}
        lists = [by_lead[letter.lead] for letter in self.letters]
        with TemporaryDirectory() as folder:
            files = updating.write_returns(
                folder, self.plan, lists, as_of=self.day.day, progress=progress
            )
            progress("Writing the messages")
            return tuple(
                compose(
                    letter,
                    plan=self.plan,
                    settings=self.plan.settings,
                    as_of=self.day.day,
                    answer_by=updating.answer_by(self.plan, self.day.day),
                    last_answers=self.said.last_of(letter),
                    attachments=[Attachment(file.name, file.read_bytes())],
                )
                for letter, file in zip(self.letters, files, strict=True)
            )

    def gone(self, messages: Iterable[Message]) -> list[Message]:
        """Those that went out before, or may have: nothing is written for them anew."""
        lines = ((message, self.log.line(message.key)) for message in messages)
        return [message for message, line in lines if line is not None and line.settled]

    def drafted(self, messages: Iterable[Message], when: datetime) -> None:
        """Enter the messages in the log, as they read now."""
        drafts = [
            Draft(letter, message.digest, message.message_id)
            for letter, message in zip(self.letters, messages, strict=True)
        ]
        self.log = self.log.with_drafts(drafts, when, whole=self.round)


def _round_of(
    plan: Plan,
    log: ChaseLog,
    said: _Answers,
    *,
    as_of: date | None,
    progress: Progress,
    new_round: bool = False,
    begun: bool = False,
) -> _Round:
    """The round of the reporting date; with ``begun`` the last there is, where that month has none."""
    day = desk.reporting_date(plan, as_of)
    last = _last_round(log, day.day) if begun else None
    which = last or log.round_for(day.day, new=new_round)
    progress("Listing what each lead is asked")
    asked, letters = desk.letters_of(plan, log, which, as_of=day.day)
    return _Round(plan, day, which, asked, letters, log, said)


def _last_round(log: ChaseLog, day: date) -> Round | None:
    """The round of a day's month where one was drafted, else the last before it."""
    month = log.round_for(day).name
    there = [r for r in log.rounds if r.name == month or r.day <= day]
    return next((r for r in there if r.name == month), there[-1] if there else None)


@contextmanager
def _master_of(
    target: Target, sheet: str | None, posts: str | Path | None, progress: Progress
) -> Iterator[Master]:
    with opened(target, sheet=sheet, progress=progress) as master:
        if posts is not None:
            master.plan = replace(master.plan, posts=desk.load_posts(posts))
        yield master


def _log_of(master: Master) -> ChaseLog:
    return read_chase_log(master.own.get(CHASE_LOG))


def _keep(master: Master, work: _Round, when: datetime) -> Receipt:
    """Write the chase log and the Chasers sheet into the plan."""
    return master.book.apply(ChangeSet(sheets=_sheets(work)), now=when)


def _sheets(work: _Round) -> tuple[NewSheet, NewSheet]:
    nobody = desk.without_lead(work.plan, as_of=work.day.day)
    page = chasers_sheet(work.letters, work.log, work.round, without_lead=nobody)
    return chase_log_sheet(work.log), page


def draft(
    target: Target,
    out: str | Path | None = None,
    *,
    as_of: date | None = None,
    posts: str | Path | None = None,
    new_round: bool = False,
    preview: bool = False,
    sheet: str | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Chased:
    """Write a round's messages as drafts, each with its return workbook: ``agsxl chase --out DIR``.

    >>> draft("plan.xlsx", "month", as_of=date(2026, 9, 30)).files[0]  # doctest: +SKIP
    PosixPath('month/chasers.xlsx')

    ``out`` is a folder, by default one beside the plan that is called after the round. The round is entered in
    the plan's chase log, unless the plan is no workbook. With ``preview`` the messages are put onto
    one page, and count as previewed. ``new_round`` begins another round in the same month. Raises
    SourceError and SettingsError as ``load_plan``, OutputError where something cannot be written.
    """
    when = now or moment()
    if isinstance(target, str | Path) and not is_workbook(refuse_unreadable(Path(target))):
        if new_round:
            raise SettingsError(
                f"{Path(target).name} is no workbook and has no chase log, so there are no rounds to tell "
                "apart; leave out --new-round."
            )
        return _without_log(
            Path(target), out, as_of=as_of, posts=posts, preview=preview, sheet=sheet, when=when,
            progress=progress,
        )  # fmt: skip
    with _master_of(target, sheet, posts, progress) as master:
        work = _round_of(
            master.plan, _log_of(master), _answers_in(master), as_of=as_of, new_round=new_round,
            progress=progress,
        )  # fmt: skip
        folder = _folder_of(master, out, work.round)
        notes = _fold(master, work)
        messages, files = _write_round(work, folder, preview, when, progress, source=master.path)
        work.drafted(messages, when)
        notes += _what_next(work, messages)
        if preview:
            work.log = work.log.with_preview({m.key: m.digest for m in messages}, when)
        logged = True
        try:
            notes += _keep(master, work, when).notes
        except AgsxlError as fault:
            if preview:
                raise
            logged = False
            notes.append(f"The drafts are written, but not entered in the chase log: {fault}")
        return _chased(work, messages, folder=folder, files=files, notes=notes, logged=logged)


def _without_log(
    source: Path,
    out: str | Path | None,
    *,
    as_of: date | None,
    posts: str | Path | None,
    preview: bool,
    sheet: str | None,
    when: datetime,
    progress: Progress,
) -> Chased:
    """The drafts of a plan that is no workbook, and so has no chase log."""
    plan = desk.load_plan(source, sheet=sheet, posts=posts, progress=progress)
    work = _round_of(plan, ChaseLog(), _Answers({}, {}), as_of=as_of, progress=progress)
    beside = source.with_name(_folder_name(source.stem, work.round))
    folder = Path(out) if out is not None else beside
    messages, files = _write_round(work, folder, preview, when, progress, source=source)
    note = (
        f"{source.name} is no workbook, so there is no chase log: what was sent and answered is not "
        "remembered ('agsxl import' makes a workbook of it)."
    )
    return _chased(work, messages, folder=folder, files=files, notes=[note], logged=False)


def _chased(
    work: _Round,
    messages: Sequence[Message],
    *,
    folder: Path | None = None,
    files: Iterable[Path] = (),
    results: Iterable[Result] = (),
    held_back: Mapping[str, Held] | None = None,
    notes: Iterable[str] = (),
    logged: bool = True,
) -> Chased:
    return Chased(
        plan=work.plan,
        day=work.day,
        round=work.round,
        asked=tuple(work.asked),
        without_lead=desk.without_lead(work.plan, as_of=work.day.day),
        messages=tuple(messages),
        log=work.log,
        folder=folder,
        files=tuple(files),
        results=tuple(results),
        held_back=held_back or {},
        notes=tuple(notes),
        logged=logged,
    )


def _what_next(work: _Round, messages: Sequence[Message]) -> list[str]:
    """What the officer should know of a round that was drafted."""
    gone = work.gone(messages)
    if not messages:
        return []
    if len(gone) == len(messages):
        return [_all_gone(work)]
    if work.plan.settings.send_by != DRAFT_FILES:
        return []
    return [
        "Once you have sent the drafts, enter them as sent: preview the round, then give --send. Only then "
        "are answers counted, and the silent chased again."
    ]


def _all_gone(work: _Round) -> str:
    return (
        f"All messages of the round {work.round.name} went out before, or may have. For a later round give its "
        "reporting date (--as-of, or in Settings); for another in the same month, --new-round."
    )


def _folder_of(master: Master, out: str | Path | None, which: Round) -> Path:
    if out is not None:
        return Path(out)
    if master.path is None:
        raise OutputError(
            f"{master.name} is not saved in a folder of this computer, so there is no place for the "
            "drafts; save it there first."
        )
    return master.path.with_name(_folder_name(master.path.stem, which))


def _folder_name(stem: str, which: Round) -> str:
    """A folder for each round: the second of a month has its own."""
    _, another, number = which.name.partition(" (")
    return f"{stem} chasers {which.day:%Y-%m}{another}{number}"


def _write_round(
    work: _Round,
    folder: Path,
    preview: bool,
    when: datetime,
    progress: Progress,
    *,
    source: Path | None,
) -> tuple[tuple[Message, ...], tuple[Path, ...]]:
    """Everything of a round that goes into its folder: the lists, the returns, the drafts, the page."""
    unassigned = desk.without_lead(work.plan, as_of=work.day.day)
    files = [
        desk.write_chasers(
            folder / desk.CHASERS, work.asked, unassigned, work.plan, source or Path(work.plan.file),
            work.day.day,
        )
    ]  # fmt: skip
    messages = work.messages(progress)
    gone = work.gone(messages)
    fresh = [message for message in messages if message not in gone]
    with Placing(folder / updating.RETURNS, updating.RETURNS) as placing:
        for message in gone:  # what was sent stays as it was sent
            for each in message.attachments:
                placing.keep(each.name)
        files += [placing.put(each.name, each.data) for m in fresh for each in m.attachments]
    files += write_drafts(folder / DRAFTS, fresh, now=when, keep=[m.lead for m in gone])
    if preview:
        files.append(_write_preview(folder, work, fresh, [m.lead for m in gone]))
    return messages, tuple(files)


def _write_preview(
    folder: Path, work: _Round, messages: Sequence[Message], gone: Sequence[str]
) -> Path:
    page = preview_page(
        messages,
        title=work.plan.settings.council or work.plan.file,
        round=work.round,
        as_of=work.day.day,
        gone=gone,
    )
    with Placing(folder, PREVIEW) as placing:
        return placing.put(PREVIEW, page.encode())


# -- sending -------------------------------------------------------------------------------------


def send(
    target: Target,
    out: str | Path | None = None,
    *,
    confirm: Confirm,
    as_of: date | None = None,
    posts: str | Path | None = None,
    sheet: str | None = None,
    clock: Callable[[], datetime] = moment,
    progress: Progress = silent,
) -> Chased:
    """Send what is left of a round to send, in the way that Settings name: ``agsxl chase --send``.

    >>> send("plan.xlsx", confirm=lambda question: True).results  # doctest: +SKIP
    (Result(key='September 2026/head of finance/chase', state=<State.SENT: 'sent'>, ...), ...)

    Only messages that were previewed in these very words; ``confirm`` is asked once, with how many go
    and how. By mail server each message is sent once whatever happens; as drafts or as a folder they
    are written there for a person to send, and count as sent. One that cannot go does not keep the others back. Raises
    OutputError where nothing was previewed, and where the chase log cannot be written.
    """
    with _master_of(target, sheet, posts, progress) as master:
        work = _round_of(
            master.plan, _log_of(master), _answers_in(master), as_of=as_of, progress=progress
        )
        notes = _fold(master, work)
        messages = work.messages(progress)
        going, why_held = _sendable(work, messages)
        _refuse_unseen(work, why_held)
        way = _way_of(work.plan)
        if way is not None and out is not None:
            raise SettingsError(
                "--out does nothing where messages go out by the mail server; leave it out."
            )
        if not going:
            if notes:
                _keep(master, work, clock())
            all_gone = messages and all(why is Held.SENT for why in why_held.values())
            notes.append(_all_gone(work) if all_gone else "There is nothing left to send.")
            return _chased(work, messages, held_back=why_held, notes=notes)
        if not confirm(_question(work, going)):
            return _chased(work, messages, held_back=why_held, notes=[*notes, "Nothing was sent."])
        if way is None:
            results, files = _hand_over(work, messages, going, master, out, clock)
            notes += _keep(master, work, clock()).notes
            if work.plan.settings.send_by == DRAFT_FILES:
                notes.append(
                    "agsxl itself has sent nothing: Settings say that you send the drafts. Those that you have "
                    "not sent yet are still to be opened and sent; the chase log counts them as sent."
                )
            return _chased(
                work, messages, files=files, results=results, held_back=why_held, notes=notes
            )
        results = _send(master, work, going, way, clock, progress)
        return _chased(work, messages, results=results, held_back=why_held, notes=notes)


def _sendable(work: _Round, messages: Sequence[Message]) -> tuple[list[Message], dict[str, Held]]:
    """The messages that may go, and why the others may not, by lead."""
    going, why_held = [], {}
    for message in messages:
        why = held(work.log.line(message.key), message.digest)
        if why is None:
            going.append(message)
        else:
            why_held[message.lead] = why
    return going, why_held


def _refuse_unseen(work: _Round, why_held: Mapping[str, Held]) -> None:
    """Raise OutputError where a message of the round was not seen as it reads now."""
    unseen = {
        lead: why
        for lead, why in why_held.items()
        if why in (Held.NOT_DRAFTED, Held.NOT_PREVIEWED, Held.CHANGED)
    }
    if not unseen:
        return
    changed = [lead for lead, why in unseen.items() if why is Held.CHANGED]
    if changed:
        days = {line.round.day for line in work.log.of(work.round)} - {work.day.day}
        other = f", or give --as-of {min(days).isoformat()}" if days else ""
        raise OutputError(
            f"What {listed(changed, 3)} would get has changed since the preview; nothing was sent. "
            f"Preview the round again{other}."
        )
    raise OutputError(
        f"The round {work.round.name} has not been previewed ({listed(list(unseen), 3)}); nothing was "
        "sent. Look at it first, with agsxl chase --preview."
    )


def _question(work: _Round, going: Sequence[Message]) -> str:
    many = counted(len(going), "message")
    leads = listed([message.lead for message in going], 5)
    if work.plan.settings.send_by == SMTP:
        return f"Send {many} through {work.plan.settings.mail_server}, to {leads}?"
    if work.plan.settings.send_by == FOLDER:
        return f"Write {many} for a mail merge and enter them as sent, to {leads}?"
    return f"Enter {many} as sent from their drafts, to {leads}?"


def _way_of(plan: Plan) -> Smtp | None:
    """The mail server that Settings name; None where a person sends from drafts or a folder."""
    settings = plan.settings
    if settings.send_by != SMTP:
        return None
    password = (
        password_for(settings.mail_server, settings.mail_user) if settings.mail_user else None
    )
    return Smtp(
        settings.mail_server,
        settings.mail_port,
        security=settings.mail_security,
        user=settings.mail_user,
        password=password,
    )


def _hand_over(
    work: _Round,
    messages: Sequence[Message],
    going: Sequence[Message],
    master: Master,
    out: str | Path | None,
    clock: Callable[[], datetime],
) -> tuple[list[Result], tuple[Path, ...]]:
    """Enter messages as sent that a person sends, and write what that takes.

    The drafts are there since the round was drafted: they are written again only where a folder is
    named, so that nobody finds them in two places and sends them twice. Each run for a mail merge
    has a table of its own: one that was not merged yet is not lost, and none is merged again.
    """
    when = clock()
    left_out: Mapping[str, str] = {}
    files: tuple[Path, ...] = ()
    if work.plan.settings.send_by == FOLDER:
        folder = _folder_of(master, out, work.round)
        run = f"{work.round.name}, {when:%Y-%m-%d %H:%M:%S}"
        merge = write_merge_folder(folder / MERGE, going, run=run)
        files, left_out = (merge.table, *merge.attachments), merge.left_out
    elif out is not None:
        others = [message.lead for message in messages if message not in going]
        files = write_drafts(Path(out) / DRAFTS, going, now=when, keep=others)
    results = [
        Result(m.key, Became.FAILED, left_out[m.key], when=when)
        if m.key in left_out
        else Result(m.key, Became.SENT, when=when)
        for m in going
    ]
    for result in results:
        work.log = work.log.with_result(result.key, State(result.state), when, result.why)
    return results, files


def _send(
    master: Master,
    work: _Round,
    going: Sequence[Message],
    way: Smtp,
    clock: Callable[[], datetime],
    progress: Progress,
) -> list[Result]:
    """Send through the mail server, and log it. What is on its way is noted beside the plan."""
    if master.path is None:
        raise OutputError(
            f"{master.name} is not saved in a folder of this computer, so what was sent could not be "
            "remembered if something broke; save it there first. Nothing was sent."
        )
    results: list[Result] = []
    with Journal.open(master.path) as journal:
        # What cannot be written afterwards is not sent. The plan itself says what is in hand, because
        # a copy of it, or the plan under another name, does not find the note.
        work.log = work.log.with_sending([message.key for message in going])
        _keep(master, work, clock())
        try:
            for result in send_all(going, way, journal, now=clock, progress=progress):
                results.append(result)
                _enter(work, result, clock)
        finally:
            way.close()
            begun = [result.key for result in journal.results(m.key for m in going)]
            work.log = work.log.with_none_sending(begun, BROKEN_OFF)
            try:
                _keep(master, work, clock())
            except AgsxlError as fault:
                raise OutputError(
                    f"{counted(sum(r.state is Became.SENT for r in results), 'message')} went out, but the "
                    f"chase log could not be written ({fault}) What was sent is noted beside the plan: run "
                    "it again when the plan can be written, and nothing is sent twice."
                ) from None
        journal.close_when_logged()
    return results


def _enter(work: _Round, result: Result, clock: Callable[[], datetime]) -> None:
    work.log = work.log.with_result(
        result.key, State(result.state), result.when or clock(), result.why
    )


def _fold(master: Master, work: _Round) -> list[str]:
    """Enter what a run that was broken off had sent; a sentence where there was something."""
    found: tuple[Result, ...] = ()
    known: set[str] | None = None
    if master.path is not None and Journal.is_there(master.path):
        with Journal.open(master.path) as journal:
            found = journal.results(line.key for line in work.log.lines)
        known = {result.key for result in found}
    before = work.log
    for result in found:
        line = work.log.line(result.key)
        if line is not None and line.state is not State.SENT:
            _enter(work, result, moment)
    work.log = work.log.with_none_sending(known, NO_NOTE)
    folded = sum(
        line.state in (State.SENT, State.UNKNOWN) and line != was
        for line, was in zip(work.log.lines, before.lines, strict=True)
    )
    if not folded:
        return []
    return [
        f"An earlier run was broken off; {counted(folded, 'message')} of it had gone out or may have."
    ]


def mark(
    target: Target,
    lead: str,
    *,
    sent: bool,
    as_of: date | None = None,
    sheet: str | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Chased:
    """Say of one lead's message that it was sent, or was not: ``agsxl chase --sent LEAD``.

    >>> mark("plan.xlsx", "Head of Finance", sent=True)  # doctest: +SKIP
    Chased(...)

    For a draft that was sent by hand, and where nobody knows whether the server took a message.
    Raises SettingsError for a lead without a message in the round, or whose message was sent.
    """
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        work = _round_of(
            master.plan, _log_of(master), _answers_in(master), as_of=as_of, begun=True,
            progress=progress,
        )  # fmt: skip
        _fold(master, work)
        key = post_key(lead)
        lines = [
            line
            for line in work.log.of(work.round)
            if line.asks and key in (post_key(line.lead), *(post_key(p.name) for p in line.to))
        ]
        if not lines:
            there = listed([x.lead for x in work.log.of(work.round) if x.asks]) or "nobody"
            raise SettingsError(
                f"The round {work.round.name} has no message to {lead!r}; it has those to {there}."
            )
        for line in lines:
            if line.state is State.SENT and not sent:
                raise SettingsError(
                    f"The message to {line.lead} was sent on {_said_on(line.sent)}; that cannot be taken back."
                )
            why = "" if sent else "The officer says that it was not sent."
            state = State.SENT if sent else State.FAILED
            work.log = work.log.with_result(line.key, state, when, why)
        leads = listed([line.lead for line in lines])
        notes = [
            *_keep(master, work, when).notes,
            f"Entered: the message to {leads} was sent."
            if sent
            else f"Entered: the message to {leads} was not sent. The next --send tries it again.",
        ]
        if master.path is not None and Journal.is_there(master.path):
            _close_note(master.path, work.log)
        return _chased(work, (), notes=notes)


def _close_note(plan: Path, log: ChaseLog) -> None:
    """Delete the note of a broken run once the log says all that it says."""
    with Journal.open(plan) as journal:
        journal.close_when_logged()


def _said_on(when: datetime | None) -> str:
    return spoken(when.date()) if when is not None else "an unknown day"


# -- who has answered --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How a round stands: each lead, and whether anything came back."""

    plan: Plan
    day: ReportingDate
    round: Round
    leads: tuple[LineStatus, ...]
    rounds: tuple[Round, ...]


def round_status(
    target: Target,
    *,
    as_of: date | None = None,
    posts: str | Path | None = None,
    sheet: str | None = None,
    progress: Progress = silent,
) -> Standing:
    """Who has answered in the latest round and who has not: ``agsxl chase --status``. Writes nothing.

    >>> round_status("plan.xlsx").leads[0].silent  # doctest: +SKIP
    2

    Of the round of the reporting date's month where there is one, else of the last before it. Raises
    SettingsError where no round has been drafted yet.
    """
    with _master_of(target, sheet, posts, progress) as master:
        log = _log_of(master)
        day = desk.reporting_date(master.plan, as_of)
        which = _last_round(log, day.day)
        if which is None:
            raise SettingsError(
                f"{master.name} has no chase round yet; agsxl chase --out DIR drafts the first."
            )
        leads = status(
            log, which, posts=master.plan.posts, as_of=day.day, settings=master.plan.settings
        )
        return Standing(master.plan, day, which, leads, log.rounds)


# -- thanks --------------------------------------------------------------------------------------


def thank(
    target: Target,
    out: str | Path | None = None,
    *,
    as_of: date | None = None,
    sheet: str | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Chased:
    """Thank-you messages as drafts, for those who have answered in a round: ``agsxl chase --thanks``.

    >>> thank("plan.xlsx", "month").files  # doctest: +SKIP
    (PosixPath('month/thanks/Head of Finance.eml'),)

    Each says what became of the answers and what is still open. Who was thanked in the round is not
    thanked again. Raises as ``draft``.
    """
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        work = _round_of(
            master.plan, _log_of(master), _answers_in(master), as_of=as_of, begun=True,
            progress=progress,
        )  # fmt: skip
        folder = _folder_of(master, out, work.round)
        letters, messages, thanked = [], [], []
        for line in work.log.of(work.round):
            # What the other lead of a milestone answered is closed, and nothing to thank this one for.
            if not line.asks or line.answered is None or line.open == line.refs:
                continue
            letter = _thanks_letter(work, line)
            if (there := work.log.line(letter.key)) is not None and there.settled:
                thanked.append(letter.lead)
                continue
            heard = _heard_from(master, work, line)
            letters.append(letter)
            messages.append(
                compose_thanks(
                    letter,
                    plan=work.plan,
                    settings=work.plan.settings,
                    as_of=work.day.day,
                    answer_by=updating.answer_by(work.plan, work.day.day),
                    heard=heard,
                )
            )
        if not messages:
            return _chased(work, (), notes=["Nobody has answered who was not thanked already."])
        files = write_drafts(folder / THANKS, messages, now=when, keep=thanked)
        drafts = [
            Draft(letter, m.digest, m.message_id)
            for letter, m in zip(letters, messages, strict=True)
        ]
        work.log = work.log.with_drafts(drafts, when)
        for message in messages:
            work.log = work.log.with_result(message.key, State.SENT, when)
        notes = [
            *_keep(master, work, when).notes,
            "agsxl itself has sent nothing: these are drafts, to be opened and sent by you. The chase log "
            "counts them as sent.",
        ]
        return _chased(work, messages, folder=folder, files=files, notes=notes)


def _thanks_letter(work: _Round, line: Line) -> Letter:
    """The letter that thanks for a line's answers, with those milestones that are still open."""
    asked = next((c.milestones for c in work.asked if post_key(c.lead) == post_key(line.lead)), ())
    left = [a for a, name in zip(asked, names_of(asked), strict=True) if name in line.open]
    return Letter(
        round=line.round,
        as_of=work.day.day,
        lead=line.lead,
        level=Level.THANKS,
        to=line.to,
        copied=(),
        milestones=tuple(left),
    )


def _heard_from(master: Master, work: _Round, line: Line) -> list[Heard]:
    """What a lead answered in a round and what became of it: of the log, and of what still waits."""
    words = {m.ref: m.milestone for m in master.plan.milestones}
    heard: dict[tuple[str, str], Heard] = {}

    def hears(ref: str, column: str, answer: Value, came: Came) -> None:
        heading = ANSWERS.get(column) or COLUMNS.get(column, column)
        text = spoken(answer) if isinstance(answer, date) else " ".join(str(answer or "").split())
        heard[ref, column] = Heard(ref, words.get(ref, ""), heading, text, came)

    for entry in master.log.entries:
        if _is_of(entry, line) and not entry.reason.startswith(SUPERSEDED):
            came = Came.KEPT if entry.action == Action.KEEP else Came.PLAN
            hears(entry.ref, entry.column, entry.new, came)
    standing, _ = replies_sheet.read_replies(master.own.get(REPLIES))
    for said in standing:
        if _is_line_of(f"{said.lead}, round {spoken(said.round)}", line) and not said.superseded:
            came = Came.APPROVAL if said.column == "revised" else Came.OPEN
            hears(said.ref, said.column, said.value or said.raw, came)
    spoken_of = {ref for ref, _ in heard}
    unchanged = [
        ref
        for ref in line.refs
        if ref not in line.open
        and ref not in spoken_of
        and not work.said.anybody_on(ref, asked_from(line))
    ]
    return [
        *heard.values(),
        *(Heard(r, words.get(r, ""), ANSWERS["no_change"], "", Came.UNCHANGED) for r in unchanged),
    ]


def _is_of(entry: Entry, line: Line) -> bool:
    """Whether the change log has an entry from a lead's answer to a message."""
    changed = entry.action in (Action.CHANGE, Action.ADDED, Action.KEEP)
    return changed and _is_line_of(said_by_in(entry.source), line)


def _is_line_of(said_by: str, line: Line) -> bool:
    """Whether "Head of Finance, round 30 September 2026" is of a line's lead and month."""
    lead, day = _lead_and_day(said_by)
    own = lead in (post_key(line.lead), *(post_key(p.name) for p in line.to))
    return own and day is not None and day >= asked_from(line)


def _lead_and_day(said_by: str) -> tuple[str, date | None]:
    """Who said it, and in the round of which day: ("head of finance", 30 September 2026)."""
    lead, _, day = said_by.rpartition(", round ")
    return post_key(lead), read_target(day).latest if lead else None


class _Told(NamedTuple):
    """What one lead said last of one milestone: the day of the return, and each answer."""

    day: date
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Answers:
    """What leads have answered so far, by lead and Ref: put into the plan, or waiting for the officer.

    ``unchanged`` are the milestones that were closed with nothing said: No change was ticked.
    """

    told: Mapping[tuple[str, str], _Told]
    unchanged: Mapping[tuple[str, str], date]

    def anybody_on(self, ref: str, since: date) -> bool:
        """Whether somebody said something of a milestone since a day."""
        return any(of == ref and told.day >= since for (_, of), told in self.told.items())

    def last_of(self, letter: Letter) -> dict[str, str]:
        """What whoever gets a letter said last of its milestones, as a sentence, by Ref."""
        people = [post_key(letter.lead), *(post_key(p.name) for p in letter.to if p.name)]
        found = {}
        for ref in {asked.ref for asked in letter.milestones}:
            told = [self.told[lead, ref] for lead in people if (lead, ref) in self.told]
            said = [(each.day, "; ".join(each.answers.values())) for each in told]
            if (post_key(letter.lead), ref) in self.unchanged:
                said.append((self.unchanged[post_key(letter.lead), ref], ANSWERS["no_change"]))
            if said:
                day, text = max(said, key=lambda each: each[0])
                found[ref] = f"{spoken(day)}: {text}"
        return found


def _answers_in(master: Master) -> _Answers:
    """What the change log, the Replies sheet and the chase log have of the leads' answers."""
    refs = Counter(m.ref for m in master.plan.milestones)
    told: dict[tuple[str, str], _Told] = {}

    def tell(said_by: str, ref: str, column: str, answer: str) -> None:
        lead, day = _lead_and_day(said_by)
        if day is None or refs[ref] > 1:  # of which of the two was it said?
            return
        last = told.get((lead, ref))
        before = last.answers if last is not None and last.day == day else {}
        told[lead, ref] = _Told(day, {**before, column: answer})

    for entry in master.log.entries:
        if entry.action in (Action.CHANGE, Action.KEEP):
            tell(said_by_in(entry.source), entry.ref, entry.column, _answered(entry))
    standing, _ = replies_sheet.read_replies(master.own.get(REPLIES))
    for said in sorted(standing, key=lambda s: s.at):
        if said.column in ANSWERS and not said.superseded:
            text = spoken(said.value) if isinstance(said.value, date) else said.raw
            answer = f"{ANSWERS[said.column]} {' '.join(text.split())!r} (not decided yet)"
            tell(f"{said.lead}, round {spoken(said.round)}", said.ref, said.column, answer)
    spoken_of = _Answers(told, {})
    unchanged = {
        (post_key(line.lead), ref): line.round.day
        for line in _log_of(master).lines
        if line.answered is not None
        for ref in line.refs
        if refs[ref] == 1
        and ref not in line.open
        and not spoken_of.anybody_on(ref, asked_from(line))
    }
    return _Answers(told, unchanged)


def _answered(entry: Entry) -> str:
    """One answer as it is told: "Status Complete"; of a comment, the note that was added."""
    new = entry.new
    text = spoken(new) if isinstance(new, date) else str(new or "")
    old = str(entry.old or "")
    if entry.column == "comments" and old and old in text:
        text = text.replace(old, "", 1)
    text = " ".join(re.sub(r"^\d\d/\d\d/\d{4} \([^)]*\):", "", text.strip()).split())
    return f"{COLUMNS.get(entry.column, entry.column)} {text!r}"


# -- what is not kept ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken out: how many lines of the chase log, which cells of the Posts sheet.

    Where it still stands: ``backups`` are the copies of the workbook from before, ``folders`` those beside
    it with messages of chase rounds, ``elsewhere`` the cells of each other sheet that name the person.
    """

    person: str
    lines: int
    old_lines: int
    cells: tuple[str, ...]
    backups: tuple[Path, ...]
    receipt: Receipt | None
    folders: tuple[Path, ...] = ()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def forget(
    target: Target,
    person: str = "",
    *,
    as_of: date | None = None,
    backups: bool = False,
    sheet: str | None = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> Forgotten:
    """Take a person out of the Posts sheet and the chase log, and what is older than Settings keep: ``agsxl forget``.

    >>> forget("plan.xlsx", "Ada Byrne").lines  # doctest: +SKIP
    4

    A name has the address that either sheet knows for it, and the other way; both go. Without a
    ``person`` only what is too old goes. The counts of each round stay. Copies of the workbook that
    agsxl made hold the person still: they are named, and with ``backups`` deleted. So are the folders of chase
    rounds, and the cells of the plan, its replies and its change log that name the person: what was
    said and agreed is the officer's to keep or change. Raises SettingsError for a person whom
    neither sheet knows.
    """
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        day = desk.reporting_date(master.plan, as_of).day
        log = before = _log_of(master)
        lines = 0
        cells: tuple[str, ...] = ()
        edits: list[CellEdit] = []
        known: tuple[str, ...] = ()
        if person.strip():
            known = log.known_as(person, also=people_of(master.plan.posts))
            log, lines = log.forget_all(known)
            page = find_posts([master.book.read(name) for name in master.book.sheets()])
            if page is not None:
                cells = posting_cells(page, known)
                edits = [CellEdit(page.name, c, page.value(c), None) for c in cells]
            if not lines and not cells:
                raise SettingsError(
                    f"Neither the Posts sheet nor the chase log of {master.name} knows {person.strip()!r}."
                )
        elsewhere = _cells_elsewhere(master, known)
        log, old_lines = log.prune(kept_from(day, master.plan.settings))
        pages: tuple[NewSheet, ...] = ()
        if log != before or (cells and CHASERS in master.own):
            work = _round_of(
                master.plan, log, _Answers({}, {}), as_of=as_of, begun=True, progress=progress
            )
            work.letters = tuple(_without(letter, known) for letter in work.letters)
            pages = _sheets(work)
        receipt = None
        if edits or pages:
            receipt = master.book.apply(ChangeSet(tuple(edits), sheets=pages), now=when)
        copies = backups_of(master.path) if master.path is not None else []
        if backups:
            for copy in copies:
                copy.unlink()
            copies = []
        return Forgotten(
            person.strip(), lines, old_lines, cells, tuple(copies), receipt,
            folders=_round_folders(master.path), elsewhere=elsewhere,
        )  # fmt: skip


def _cells_elsewhere(master: Master, known: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The cells that name somebody on the sheets that forgetting leaves as they are, by sheet."""
    found: dict[str, tuple[str, ...]] = {}
    if not known:
        return found
    for name in master.book.sheets():
        grid = master.book.read(name)
        if find_posts([grid]) is not None or own_name(name) in (CHASE_LOG, CHASERS):
            continue
        cells = tuple(
            cell_address(number, column)
            for number, row in grid.numbered()
            for column, value in enumerate(row, 1)
            if isinstance(value, str) and mentions(value, known)
        )
        if cells:
            found[name] = cells
    return found


def _round_folders(plan: Path | None) -> tuple[Path, ...]:
    """The folders of chase rounds beside a plan, as they are called where none is named."""
    if plan is None:
        return ()
    name = re.compile(rf"{re.escape(plan.stem)} chasers \d{{4}}-\d\d( \(\d+\))?")
    return tuple(
        sorted(
            each for each in plan.parent.iterdir() if each.is_dir() and name.fullmatch(each.name)
        )
    )


def _without(letter: Letter, known: Sequence[str]) -> Letter:
    """A letter that no longer goes to somebody who is forgotten."""

    def left(people: tuple[Addressee, ...]) -> tuple[Addressee, ...]:
        return tuple(
            p for p in people if not (mentions(p.name, known) or mentions(p.address, known))
        )

    faults = tuple(fault for fault in letter.faults if not mentions(fault, known))
    return replace(letter, to=left(letter.to), copied=left(letter.copied), faults=faults)
