"""The message that a lead gets: who it goes to, what it says in both its parts, what is attached.

    message = compose(letter, plan=plan, settings=plan.settings, as_of=day, answer_by=friday)
    message.subject                              # "7 milestones for you to update by Friday 9 October 2026"
    message.as_email(now=now).as_bytes()         # plain text, HTML and the return workbook

The words are the officer's (``templates/email/``, docs/emails.md). Whatever stands in a plan or a
posts table is data: it appears in both parts as the text it is, and never makes a header, a tag, a
formula or a template. A person whose address is no address is not written to, and that is a fault
of the message (a sentence), not an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formataddr
from enum import StrEnum
from hashlib import sha256
from pathlib import PurePath
from typing import Any, NamedTuple

from agsxl.chasers import Asked, Reason
from agsxl.mail.wording import (
    Phrases,
    Table,
    Wording,
    cut,
    laid_out,
    listed_names,
    one_line,
    worded,
)
from agsxl.plan import Milestone, Plan, Timeliness, due_until
from agsxl.posts import is_address, post_key
from agsxl.returns import identity_of
from agsxl.rounds import Addressee, Letter, Level
from agsxl.settings import Settings
from agsxl.texts import counted
from agsxl.words import WEEKDAYS, spoken

NO_DOMAIN = "agsxl.invalid"  # of a message id, where no sender is set (RFC 2606: it is nobody's)
_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
# Characters of one text that are shown; the workbook has all of them.
_MOST_MILESTONE, _MOST_ASK, _MOST_STATUS, _MOST_ANSWER, _MOST_REF = 500, 700, 120, 300, 60
_MOST_NAME, _MOST_FILE_NAME = 200, 120


@dataclass(frozen=True, slots=True)
class Attachment:
    """A workbook that goes with a message: what it is called, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out to one lead.

    ``to`` and ``copied`` hold everybody it is meant for; an ``address`` in them is one that can be
    written to, or "". ``faults`` are sentences for the officer on why it cannot go out as it should.
    ``milestones`` is how many it asks about. Names, addresses and texts are not in its ``repr``:
    they are personal, and a ``repr`` ends up in logs.
    """

    key: str
    lead: str
    to: tuple[Addressee, ...] = field(repr=False)
    copied: tuple[Addressee, ...] = field(repr=False)
    sender: Addressee | None = field(repr=False)
    reply_to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    message_id: str
    attachments: tuple[Attachment, ...] = ()
    faults: tuple[str, ...] = field(default=(), repr=False)
    level: Level = Level.FIRST
    milestones: int = 0

    @property
    def digest(self) -> str:
        """What tells it from a message that a lead would read otherwise.

        Of the addressees, the sender, the subject, both texts and what the attachments are called;
        not of their bytes nor of the message id.
        """
        seen = [
            self.to, self.copied, self.sender, self.reply_to, self.subject, self.text, self.html,
            [each.name for each in self.attachments],
        ]  # fmt: skip
        return sha256(json.dumps(seen).encode()).hexdigest()

    def as_email(self, *, draft: bool = False, now: datetime) -> EmailMessage:
        """The message as it is sent, or with ``draft`` as it is opened to be sent by hand.

        >>> message.as_email(now=datetime(2026, 10, 1, 9, 30))["Subject"]  # doctest: +SKIP
        '7 milestones for you to update by Friday 9 October 2026'

        The same message at the same ``now`` is the same bytes. A ``now`` without a time zone is the
        computer's own. ``X-Unsent`` makes Outlook open a file as something still to be sent. There
        is no ``Auto-Submitted``: a person has looked at each message and sends it, and wants the
        out-of-office replies that it would suppress (RFC 3834).
        """
        email = EmailMessage(policy=_Policy())
        _put(email, "From", [self.sender] if self.sender else [])
        _put(email, "To", self.to)
        _put(email, "Cc", self.copied)
        _put(email, "Reply-To", [Addressee("", self.reply_to)])
        # Encoded already, because a text that looks encoded would be decoded here.
        email["Subject"] = _encoded(one_line(self.subject), "Subject").replace(_CRLF, "")
        email["Date"] = now if now.tzinfo else now.astimezone()
        email["Message-ID"] = self.message_id
        if draft:
            email["X-Unsent"] = "1"
        # Quoted-printable, because a server may refuse long lines and bytes that are not ASCII.
        email.set_content(self.text, cte="quoted-printable")
        email.add_alternative(self.html, subtype="html", cte="quoted-printable")
        for each in self.attachments:
            email.add_attachment(
                each.data, maintype=_XLSX[0], subtype=_XLSX[1], filename=file_name(each.name)
            )
        # After the parts: what is said of the content before them moves into the first.
        email["Content-Language"] = "en-GB"
        parts = [part for part in email.walk() if part.is_multipart()]
        for number, part in enumerate(parts):  # else it is drawn by lot when it is written
            part.set_boundary(f"=={_hashed(self.message_id, str(number))[:32]}==")
        return email


def compose(
    letter: Letter,
    *,
    plan: Plan,
    settings: Settings,
    as_of: date,
    answer_by: date | None,
    last_answers: Mapping[str, str] | None = None,
    attachments: Iterable[Attachment] = (),
    sender: Addressee | None = None,
) -> Message:
    """What one lead is sent: first, second or escalation, as the letter's level says.

    >>> compose(letter, plan=plan, settings=settings, as_of=day, answer_by=None).subject  # doctest: +SKIP
    '1 milestone for you to update'

    ``answer_by`` is a working day, or None where none is set; ``last_answers`` what the lead said
    last, by Ref. ``sender`` is the one that Settings name, if none is given. Raises SettingsError,
    in one sentence with file and line, for a template that cannot be used.
    """
    made = _Making(letter, plan, settings, as_of, answer_by, tuple(attachments), sender)
    tables = made.asked(last_answers or {})
    return made.message(f"{letter.level.value}.txt", {}, {"milestones_table": tables})


def _is_urgent(asked: Asked) -> bool:
    return (
        bool(asked.reasons) and asked.urgent
    )  # a lead may also ask to see what is asked of nobody


class Came(StrEnum):
    """What came of something that a lead answered."""

    PLAN = "plan"  # it is on the plan
    APPROVAL = "approval"  # a proposed date, which somebody has to approve
    OPEN = "open"  # the officer has not decided yet
    KEPT = "kept"  # the plan keeps what it has
    UNCHANGED = "unchanged"  # No change was ticked


class Heard(NamedTuple):
    """One thing that a lead answered, and what came of it. ``heading`` is that of the return."""

    ref: str
    milestone: str
    heading: str
    answer: str
    came: Came


def compose_thanks(
    letter: Letter,
    *,
    plan: Plan,
    settings: Settings,
    as_of: date,
    answer_by: date | None,
    heard: Sequence[Heard],
    attachments: Iterable[Attachment] = (),
    sender: Addressee | None = None,
) -> Message:
    """Thanks to a lead whose answers came in: what became of each, and what is still open.

    ``letter.milestones`` are those still open. Thanks for other answers are another message, with
    an id of their own. Raises SettingsError as ``compose`` does.
    """
    made = _Making(letter, plan, settings, as_of, answer_by, tuple(attachments), sender)
    by_milestone: dict[tuple[str, str], list[Heard]] = {}
    for each in heard:
        by_milestone.setdefault((each.ref, each.milestone), []).append(each)
    facts: dict[str, str | int] = {
        "answered_count": len(by_milestone),
        "answered": counted(len(by_milestone), "milestone"),
    }
    tables = {"answers_table": made.answered(by_milestone), "milestones_table": made.asked({})}
    return made.message("thanks.txt", facts, tables, part=json.dumps(heard))


# -- what it says ----------------------------------------------------------------------------------


class _Making:
    """Everything that one message is made of."""

    def __init__(
        self,
        letter: Letter,
        plan: Plan,
        settings: Settings,
        as_of: date,
        answer_by: date | None,
        attachments: tuple[Attachment, ...],
        sender: Addressee | None,
    ) -> None:
        self.letter = letter
        self.plan = plan
        self.settings = settings
        self.as_of = as_of
        self.answer_by = answer_by
        self.attachments = tuple(Attachment(file_name(a.name), a.data) for a in attachments)
        self.faults = list(letter.faults)
        self.phrases = Phrases()
        self.to = self.reachable(letter.to)
        self.copied = self.reachable(letter.copied)
        given = sender or Addressee(settings.sender_name, settings.sender)
        self.sender = self.reachable([given], "Settings")[0] if given.address else None
        self.reply_to = self.address(settings.answers_to, "the address to answer to", "Settings")

    def reachable(self, people: Iterable[Addressee], sheet: str = "Posts") -> tuple[Addressee, ...]:
        """Addressees as they can be written to; each who cannot is a fault."""
        named = [(cut(p.name, _MOST_NAME), p.address) for p in people]
        return tuple(Addressee(n, self.address(a, n or self.letter.lead, sheet)) for n, a in named)

    def address(self, text: str, whose: str, sheet: str) -> str:
        """The address, if it is one. What is no address goes into no header."""
        text = text.strip()
        if text and not is_address(text):
            self.faults.append(
                f"{one_line(text)!r} ({one_line(whose)}) is no email address; correct it on the "
                f"{sheet} sheet."
            )
            return ""
        return text

    def facts(self) -> dict[str, str | int]:
        """What a file of words may say. Each is on one line and holds nothing that is not seen."""
        letter, by = self.letter, self.answer_by
        overdue = sum(self.days_late(asked.milestone) > 0 for asked in letter.milestones)
        first = [a.shown[0] for a in letter.milestones if a.shown]
        why = [
            self.phrases.line("counted", reason=r.value, count=first.count(r))
            for r in Reason
            if r in first
        ]
        found: dict[str, str | int] = {
            "lead": letter.lead,
            "names": listed_names([p.name for p in self.to]),
            "copied": listed_names([p.name or p.address for p in self.copied]),
            "copied_count": len(self.copied),
            "deputy": letter.why_deputy,
            "round": letter.round.name,
            "day": spoken(self.as_of),
            "deadline": f"{WEEKDAYS[by.weekday()]} {spoken(by)}" if by else "",
            "count": len(letter.milestones),
            "milestones": counted(len(letter.milestones), "milestone"),
            "overdue_count": overdue,
            # Where all are asked about for one reason, the table's caption says it.
            "summary": ", ".join(why) if len(why) > 1 else "",
            "unanswered": letter.unanswered,
            "rounds": counted(letter.unanswered, "round"),
            "council": self.settings.council,
            "officer": self.settings.officer,
            "reply_to": self.reply_to,
            "workbook": listed_names([a.name for a in self.attachments]),
        }
        return {k: one_line(v) if isinstance(v, str) else v for k, v in found.items()}

    def days_late(self, milestone: Milestone) -> int:
        """How many days ago an open milestone was due; 0 where it was not."""
        until = due_until(self.as_of, self.settings)
        late = milestone.timeliness(self.as_of, until) is Timeliness.OVERDUE
        return (self.as_of - milestone.forecast).days if late and milestone.forecast else 0

    def asked(self, last_answers: Mapping[str, str]) -> list[Table]:
        """The milestones that are asked about: the headline list, then the rest."""
        asked = list(zip(self.letter.refs, self.letter.milestones, strict=True))
        lists = {
            "urgent": [pair for pair in asked if _is_urgent(pair[1])],
            "rest": [pair for pair in asked if not _is_urgent(pair[1])],
        }
        lists["urgent"].sort(key=lambda pair: pair[1].reasons[0] is not Reason.OVERDUE)
        headings = self.phrases.headings("headings", 3)
        tables = []
        for macro, some in lists.items():
            if some:
                overdue = sum(self.days_late(a.milestone) > 0 for _, a in some)
                caption = self.phrases.line(
                    macro, count=len(some), milestones=counted(len(some), "milestone"),
                    overdue_count=overdue, every=len(some) == len(asked),
                )  # fmt: skip
                rows = tuple(self.row(name, a, last_answers.get(a.ref, "")) for name, a in some)
                tables.append(Table(caption, headings, rows))
        return tables

    def row(self, name: str, asked: Asked, last: str) -> tuple[tuple[str, ...], ...]:
        """What a message shows of a milestone: its Ref, how it stands, what is asked."""
        milestone, late = asked.milestone, self.days_late(asked.milestone)
        lead = post_key(self.letter.lead)
        others = [one_line(p) for p in milestone.smt_lead.posts if post_key(p) != lead]
        stands = self.phrases.lines(
            "stands",
            date=spoken(milestone.forecast) if milestone.forecast else "",
            days=counted(late, "day") if late else "",
            timescale=cut(milestone.timescale.raw, _MOST_STATUS),
            status=cut(milestone.status.raw, _MOST_STATUS),
            last=cut(last, _MOST_ANSWER),
            others=listed_names(others),
        )
        words = cut(milestone.milestone, _MOST_MILESTONE)
        return (
            (cut(name, _MOST_REF),),
            (words, *stands) if words else stands,
            (cut(asked.ask, _MOST_ASK),),
        )

    def answered(self, by_milestone: Mapping[tuple[str, str], Sequence[Heard]]) -> list[Table]:
        """What the lead answered, a row for each milestone, and what came of it."""
        if not by_milestone:
            return []
        rows = []
        for (ref, words), some in by_milestone.items():
            lines = [
                self.phrases.line(
                    "answered", heading=each.heading, answer=cut(each.answer, _MOST_ANSWER),
                    came=each.came.value,
                )
                for each in some
            ]  # fmt: skip
            rows.append(((cut(ref, _MOST_REF),), (cut(words, _MOST_MILESTONE),), tuple(lines)))
        number = counted(len(rows), "milestone")
        caption = self.phrases.line("answered_caption", count=len(rows), milestones=number)
        return [Table(caption, self.phrases.headings("answered_headings", 3), tuple(rows))]

    def message(
        self,
        name: str,
        facts: Mapping[str, str | int],
        tables: Mapping[str, list[Table]],
        part: str = "",
    ) -> Message:
        """The message by a file of words."""
        said: Wording = worded(name, {**self.facts(), **facts}, tables)
        letter, title = self.letter, said.subject
        if not any(person.address for person in self.to) and not self.letter.faults:
            self.faults.append(
                f"There is no address for {letter.lead}; enter one on the Posts sheet."
            )
        plan = identity_of(self.plan, self.settings.council)
        domain = self.sender.address.partition("@")[2] if self.sender else NO_DOMAIN
        # Of what stays the same however often it is made, so that a message which was sent twice by
        # accident is known for the same one. The plan's words are not: they may be mended between.
        made_of = (
            plan.council,
            plan.plan,
            letter.round.name,
            letter.lead,
            letter.level.value,
            part,
        )
        return Message(
            key=letter.key,
            lead=one_line(letter.lead),
            to=self.to,
            copied=self.copied,
            sender=self.sender,
            reply_to=self.reply_to,
            subject=title,
            text=laid_out("layout.txt", blocks=said.blocks),
            html=laid_out("layout.html", blocks=said.blocks, subject=title),
            message_id=f"<agsxl.{_hashed(*made_of)[:32]}@{_in_ascii(domain)}>",
            attachments=self.attachments,
            faults=tuple(self.faults),
            level=letter.level,
            milestones=len(letter.milestones),
        )


# -- how it travels --------------------------------------------------------------------------------


class _Policy(EmailPolicy):
    """As SMTP wants it, with the headers that hold anybody's words written here.

    The standard library folds those wrongly: a long list of people with names that are not ASCII
    loses commas between them and quotes around a name, and with them who it goes to (CVE-2025-1795,
    gh-80222, gh-121284: in 3.11 and early releases of 3.12 and 3.13); a long subject loses blanks.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"linesep": _CRLF, **more})  # a copy of it is made with all it has

    def fold(self, name: str, value: Any) -> str:
        """A header as it is written."""
        people = getattr(value, "addresses", None)
        if people is not None:
            return f"{name}: " + f",{_CRLF} ".join(map(_written, people)) + _CRLF
        if name == "Subject":
            return f"{name}: {_encoded(str(value), name)}{_CRLF}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same as bytes, which is how a message is written to a file or a server.

        Only a name before an @ can be anything but ASCII: that needs a server which knows SMTPUTF8.
        """
        return self.fold(name, value).encode()


_CRLF = "\r\n"


def _written(person: Address) -> str:
    """One person in a header: the name quoted, or encoded where it is not ASCII."""
    address = f"{person.username}@{_in_ascii(person.domain)}"
    name = person.display_name
    if not name:
        return address
    return formataddr((name, address)) if _is_plain(name) else f"{_encoded(name, 'To')} <{address}>"


def _encoded(text: str, header: str) -> str:
    """A text in a header, in RFC 2047's encoding where it is not ASCII."""
    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep=_CRLF)


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text  # which would be read as something encoded


def _put(email: EmailMessage, name: str, people: Iterable[Addressee]) -> None:
    written = [
        Address(one_line(p.name), *p.address.rsplit("@", 1))
        for p in people
        if is_address(p.address)
    ]
    if written:
        email[name] = written


def _in_ascii(domain: str) -> str:
    return domain if domain.isascii() else domain.encode("idna").decode()


def _hashed(*parts: str) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()


# What Windows takes for a device, whatever comes after the point.
_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")


def file_name(name: str) -> str:
    """A name that every mail program can save a workbook under.

    >>> file_name("Head of HR/OD.xlsx"), file_name("../../con.xlsx")
    ('Head of HR OD.xlsx', 'con (lead).xlsx')
    """
    kept = one_line(re.sub(r'[/\\:*?"<>|]', " ", name))
    path = PurePath(kept.strip(". ") or "Milestones.xlsx")
    stem = _DEVICE.sub(lambda found: f"{found[0]} (lead)", path.stem.strip(". "), count=1)
    return f"{stem[:_MOST_FILE_NAME]}{path.suffix}"
