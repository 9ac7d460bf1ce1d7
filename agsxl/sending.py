"""The chase round, from drafts to logged replies: draft, preview, send, thank, forget.

    done = draft("action-plan.xlsm", "month", as_of=date(2026, 9, 30), preview=True)
    send("action-plan.xlsm", as_of=date(2026, 9, 30), confirm=lambda question: True)

What is sent and what has been answered stands on the Chase log sheet of the master. Nothing is sent
that was not previewed in these very words, and nothing is sent twice: not when a round is run again,
and not after a crash, of which a note beside the plan (``mail.journal``) knows what was under way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agsxl import desk, updating
from agsxl.chasers import LeadChaser
from agsxl.dates import read_target
from agsxl.desk import Progress, ReportingDate
from agsxl.edits import CellEdit, ChangeSet, NewSheet, Receipt
from agsxl.errors import AgsxlError, OutputError, SettingsError
from agsxl.excel.file import is_workbook, refuse_unreadable
from agsxl.excel.saving import backups_of
from agsxl.grid import Value
from agsxl.history import Action, Entry, Log
from agsxl.layout import replies as replies_sheet
from agsxl.layout.chaselog import chase_log_sheet, chasers_sheet, read_chase_log
from agsxl.layout.tables import find_posts, posting_cells
from agsxl.mail.drafts import write_drafts
from agsxl.mail.folder import write_merge_folder
from agsxl.mail.journal import Journal
from agsxl.mail.messages import Attachment, Came, Heard, Message, compose, compose_thanks
from agsxl.mail.password import password_for
from agsxl.mail.placing import Placing
from agsxl.mail.preview import preview_page
from agsxl.mail.smtp import Smtp
from agsxl.mail.ways import Result, send_all
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
    held,
    kept_from,
    names_of,
    status,
)
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
        return any(result.state is not Became.SENT for result in self.results)

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
    last_answers: Mapping[str, Mapping[str, str]]  # by the lead's key, by Ref

    def messages(self, folder: Path, progress: Progress) -> tuple[Message, ...]:
        """Each lead's message, its return workbook attached; the workbooks are written to a folder."""
        by_lead = {chaser.lead: chaser for chaser in self.asked}
        lists = [by_lead[letter.lead] for letter in self.letters]
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
                last_answers=self.last_answers.get(post_key(letter.lead), {}),
                attachments=[Attachment(file.name, file.read_bytes())],
            )
            for letter, file in zip(self.letters, files, strict=True)
        )

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
    changes: Log,
    *,
    as_of: date | None,
    new_round: bool,
    progress: Progress,
) -> _Round:
    day = desk.reporting_date(plan, as_of)
    which = log.round_for(day.day, new=new_round)
    progress("Listing what each lead is asked")
    asked, letters = desk.letters_of(plan, log, which, as_of=day.day)
    return _Round(plan, day, which, asked, letters, log, _last_answers(changes.entries))


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
        return _without_log(
            Path(target), out, as_of=as_of, posts=posts, preview=preview, sheet=sheet, when=when,
            progress=progress,
        )  # fmt: skip
    with _master_of(target, sheet, posts, progress) as master:
        folder = _folder_of(master, out, as_of)
        work = _round_of(
            master.plan, _log_of(master), master.log, as_of=as_of, new_round=new_round,
            progress=progress,
        )  # fmt: skip
        notes = _fold(master, work)
        messages, files = _write_round(work, folder, preview, when, progress, source=master.path)
        work.drafted(messages, when)
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
    work = _round_of(
        plan, ChaseLog(), desk.log_in([]), as_of=as_of, new_round=False, progress=progress
    )
    folder = Path(out) if out is not None else source.with_name(_folder_name(source.stem, work.day))
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


def _folder_of(master: Master, out: str | Path | None, as_of: date | None) -> Path:
    if out is not None:
        return Path(out)
    if master.path is None:
        raise OutputError(
            f"{master.name} is not saved in a folder of this computer, so there is no place for the "
            "drafts; save it there first."
        )
    day = desk.reporting_date(master.plan, as_of)
    return master.path.with_name(_folder_name(master.path.stem, day))


def _folder_name(stem: str, day: ReportingDate) -> str:
    return f"{stem} chasers {day.day:%Y-%m}"


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
    messages = work.messages(folder / updating.RETURNS, progress)
    files += [folder / updating.RETURNS / each.name for m in messages for each in m.attachments]
    files += write_drafts(folder / DRAFTS, messages, now=when, round_name=work.round.name)
    if work.plan.settings.send_by == FOLDER:
        merge = write_merge_folder(folder / MERGE, messages, round_name=work.round.name)
        files += [merge.table, *merge.attachments]
    if preview:
        files.append(_write_preview(folder, work, messages))
    return messages, tuple(files)


def _write_preview(folder: Path, work: _Round, messages: Sequence[Message]) -> Path:
    page = preview_page(
        messages,
        title=work.plan.settings.council or work.plan.file,
        round=work.round,
        as_of=work.day.day,
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
            master.plan, _log_of(master), master.log, as_of=as_of, new_round=False,
            progress=progress,
        )  # fmt: skip
        notes = _fold(master, work)
        with TemporaryDirectory() as temporary:
            messages = work.messages(Path(temporary), progress)
        going, why_held = _sendable(work, messages)
        _refuse_unseen(work, why_held)
        way = _way_of(work.plan)
        if not going:
            if notes:
                _keep(master, work, clock())
            notes.append("There is nothing left to send.")
            return _chased(work, messages, held_back=why_held, notes=notes)
        if not confirm(_question(work, going)):
            return _chased(work, messages, held_back=why_held, notes=[*notes, "Nothing was sent."])
        if way is None:
            results, files = _hand_over(work, going, master, out, clock)
            notes += _keep(master, work, clock()).notes
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
    going: Sequence[Message],
    master: Master,
    out: str | Path | None,
    clock: Callable[[], datetime],
) -> tuple[list[Result], tuple[Path, ...]]:
    """Enter messages as sent that a person sends, and write what that takes.

    The drafts are there since the round was drafted: they are written again only where a folder is
    named, so that nobody finds them in two places and sends them twice.
    """
    when = clock()
    left_out: Mapping[str, str] = {}
    files: tuple[Path, ...] = ()
    if work.plan.settings.send_by == FOLDER:
        folder = _folder_of(master, out, work.day.day)
        merge = write_merge_folder(folder / MERGE, going, round_name=work.round.name)
        files, left_out = (merge.table, *merge.attachments), merge.left_out
    elif out is not None:
        files = write_drafts(Path(out) / DRAFTS, going, now=when, round_name=work.round.name)
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
    _keep(master, work, clock())  # what cannot be written afterwards is not sent
    results = []
    with Journal.open(master.path) as journal:
        try:
            for result in send_all(going, way, journal, now=clock, progress=progress):
                results.append(result)
                _enter(work, result, clock)
        finally:
            way.close()
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
    if master.path is None or not Journal.is_there(master.path):
        return []
    with Journal.open(master.path) as journal:
        found = journal.results(line.key for line in work.log.lines)
    folded = 0
    for result in found:
        line = work.log.line(result.key)
        if line is not None and not line.settled:
            folded += result.state is not Became.FAILED
            work.log = work.log.with_result(
                result.key, State(result.state), result.when or moment(), result.why
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
            master.plan, _log_of(master), master.log, as_of=as_of, new_round=False,
            progress=progress,
        )  # fmt: skip
        _fold(master, work)
        key = post_key(lead)
        lines = [
            line
            for line in work.log.of(work.round)
            if key in (post_key(line.lead), *(post_key(p.name) for p in line.to))
        ]
        if not lines:
            there = listed([line.lead for line in work.log.of(work.round)]) or "nobody"
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
        notes = _keep(master, work, when).notes
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
        rounds = [which for which in log.rounds if which.day <= day.day]
        asked = log.round_for(day.day)
        which = next(
            (r for r in log.rounds if r.name == asked.name), rounds[-1] if rounds else None
        )
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
        folder = _folder_of(master, out, as_of)
        work = _round_of(
            master.plan, _log_of(master), master.log, as_of=as_of, new_round=False,
            progress=progress,
        )  # fmt: skip
        letters, messages = [], []
        for line in work.log.of(work.round):
            if not line.asks or line.open == line.refs:
                continue
            letter = _thanks_letter(work, line)
            if (there := work.log.line(letter.key)) is not None and there.settled:
                continue
            heard = _heard_from(master, line)
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
        files = write_drafts(folder / THANKS, messages, now=when, round_name=work.round.name)
        drafts = [
            Draft(letter, m.digest, m.message_id)
            for letter, m in zip(letters, messages, strict=True)
        ]
        work.log = work.log.with_drafts(drafts, when)
        for message in messages:
            work.log = work.log.with_result(message.key, State.SENT, when)
        notes = _keep(master, work, when).notes
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


def _heard_from(master: Master, line: Line) -> list[Heard]:
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
    closed = [ref for ref in line.refs if ref not in line.open]
    spoken_of = {ref for ref, _ in heard}
    unchanged = [ref for ref in closed if ref not in spoken_of]
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
    lead, _, day = said_by.rpartition(", round ")
    if not lead or post_key(lead) not in (
        post_key(line.lead),
        *(post_key(p.name) for p in line.to),
    ):
        return False
    said_on = read_target(day).latest
    return said_on is not None and said_on >= line.round.day


def _last_answers(entries: Iterable[Entry]) -> dict[str, dict[str, str]]:
    """What each lead said last of each milestone, as a sentence: by the lead's key, by Ref."""
    latest: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    for entry in entries:
        said_by = said_by_in(entry.source)
        lead, _, day = said_by.rpartition(", round ")
        if not lead or entry.action not in (Action.CHANGE, Action.KEEP):
            continue
        key = post_key(lead), entry.ref
        if latest.get(key, ("", {}))[0] != day:
            latest[key] = day, {}
        latest[key][1][entry.column] = _answered(entry)
    found: dict[str, dict[str, str]] = {}
    for (lead, ref), (day, said) in latest.items():
        found.setdefault(lead, {})[ref] = f"{day}: {'; '.join(said.values())}"
    return found


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

    ``backups`` are the copies of the workbook that still hold it.
    """

    person: str
    lines: int
    old_lines: int
    cells: tuple[str, ...]
    backups: tuple[Path, ...]
    receipt: Receipt | None


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

    Without a ``person`` only what is too old goes. The counts of each round stay. Copies of the workbook
    that agsxl made hold the person still: they are named, and with ``backups`` deleted. Raises
    SettingsError for a person whom neither sheet knows.
    """
    when = now or moment()
    with opened(target, sheet=sheet, progress=progress) as master:
        day = desk.reporting_date(master.plan, as_of).day
        log = before = _log_of(master)
        lines = 0
        cells: tuple[str, ...] = ()
        edits: list[CellEdit] = []
        if person.strip():
            log, lines = log.forget_person(person)
            page = find_posts([master.book.read(name) for name in master.book.sheets()])
            if page is not None:
                cells = posting_cells(page, person)
                edits = [CellEdit(page.name, c, page.value(c), None) for c in cells]
            if not lines and not cells:
                raise SettingsError(
                    f"Neither the Posts sheet nor the chase log of {master.name} knows {person.strip()!r}."
                )
        log, old_lines = log.prune(kept_from(day, master.plan.settings))
        pages: tuple[NewSheet, ...] = ()
        if log != before or (cells and CHASERS in master.own):
            work = _round_of(
                master.plan, log, master.log, as_of=as_of, new_round=False, progress=progress
            )
            work.letters = tuple(_without(letter, person) for letter in work.letters)
            pages = _sheets(work)
        receipt = None
        if edits or pages:
            receipt = master.book.apply(ChangeSet(tuple(edits), sheets=pages), now=when)
        copies = backups_of(master.path) if master.path is not None else []
        if backups:
            for copy in copies:
                copy.unlink()
            copies = []
        return Forgotten(person.strip(), lines, old_lines, cells, tuple(copies), receipt)


def _without(letter: Letter, person: str) -> Letter:
    """A letter that no longer goes to somebody who is forgotten."""
    wanted = person.strip().casefold()

    def left(people: tuple[Addressee, ...]) -> tuple[Addressee, ...]:
        return tuple(p for p in people if wanted not in (p.name.casefold(), p.address.casefold()))

    faults = tuple(fault for fault in letter.faults if wanted not in fault.casefold())
    return replace(letter, to=left(letter.to), copied=left(letter.copied), faults=faults)
