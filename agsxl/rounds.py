"""The chase round: who gets which message, what was sent, who has answered.

    log = ChaseLog()
    september = log.round_for(date(2026, 9, 30))
    letters = plan_letters(chasers, log, round=september, as_of=day, posts=posts, settings=settings)
    log = log.with_drafts([Draft(letter, digest, message_id), ...], when)
    log = log.with_preview({letter.key: digest}, when)
    if held(log.line(letter.key), digest) is None:
        log = log.with_result(letter.key, State.SENT, when)
    log = log.with_answers(replies, when)

A round is one month's set of messages. The log has a line for each message: when it was drafted,
previewed and sent, and what of it is not answered yet. A message that was sent, or may have been, is
never sent again; an answer only ever closes. Knows no file, no clock and no email.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from agsxl.chasers import Asked, LeadChaser
from agsxl.errors import SettingsError
from agsxl.posts import (
    Answering,
    Posting,
    Posts,
    address_fault,
    is_address,
    post_key,
    read_addressee,
)
from agsxl.returns import Reply
from agsxl.settings import Settings
from agsxl.texts import counted
from agsxl.words import spoken


class Level(StrEnum):
    """Which message it is."""

    FIRST = "first"
    SECOND = "second"
    ESCALATION = "escalation"
    THANKS = "thanks"


class State(StrEnum):
    """How far a message has come. UNKNOWN: it was handed over, and no answer came.

    SENDING stands in the log while a run is at it, so that a plan which was renamed or copied after a
    crash still knows what may have gone.
    """

    DRAFTED = "drafted"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Answered(StrEnum):
    """How much of what a message asks has been answered."""

    NONE = "none"
    PART = "part"
    ALL = "all"


class Addressee(NamedTuple):
    """A person a message goes to. ``address`` is "" where none is known, or what is there is none."""

    name: str
    address: str


class Round(NamedTuple):
    """One month's set of messages: ``name`` is "September 2026", ``day`` its reporting date."""

    name: str
    day: date


@dataclass(frozen=True, slots=True)
class Letter:
    """What one lead is sent in a round: to whom, which message, about which milestones.

    ``unanswered`` is for how many rounds in a row nothing came back. ``why_deputy`` says why somebody
    else than the post's holder is asked ("vacant", "on leave until 12 October 2026"), else "".
    ``faults`` are sentences on why it cannot go out as it should.
    """

    round: Round
    as_of: date
    lead: str
    level: Level
    to: tuple[Addressee, ...]
    copied: tuple[Addressee, ...]
    milestones: tuple[Asked, ...]
    unanswered: int = 0
    why_deputy: str = ""
    faults: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names it in the log: its round, its lead, and whether it asks or thanks.

        >>> september = Round("September 2026", date(2026, 9, 30))
        >>> Letter(september, september.day, "Head of Law", Level.FIRST, (), (), ()).key
        'September 2026/head of law/chase'

        A second chaser has the key of the first that it takes the place of, before either is sent.
        """
        return _key(self.round, self.lead, self.level)

    @property
    def refs(self) -> tuple[str, ...]:
        """What the milestones are called in it: see ``names_of``."""
        return names_of(self.milestones)


class Draft(NamedTuple):
    """A letter as it was put into words: the digest of all that its lead sees, and its message id."""

    letter: Letter
    digest: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message in the log.

    ``refs`` are the milestones it asks about, ``open`` those of them not answered yet, in their
    order. ``drafted`` is when it got the words that ``digest`` stands for; ``previewed`` when these
    very words were seen. ``answered`` is when its own lead's answer last closed something (what the other lead
    of a milestone answers is closed too, and leaves it as it is); ``trouble`` a sentence on what went
    wrong.
    """

    round: Round
    lead: str
    level: Level
    to: tuple[Addressee, ...] = ()
    copied: tuple[Addressee, ...] = ()
    refs: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    state: State = State.DRAFTED
    drafted: datetime | None = None
    previewed: datetime | None = None
    sent: datetime | None = None
    message_id: str = ""
    answered: datetime | None = None
    trouble: str = ""
    digest: str = ""

    @property
    def key(self) -> str:
        """What names it in the log, as ``Letter.key``."""
        return _key(self.round, self.lead, self.level)

    @property
    def asks(self) -> bool:
        """Whether it is a chaser, not a thank-you."""
        return self.level is not Level.THANKS

    @property
    def settled(self) -> bool:
        """It was sent, or may have been: it is never written or sent anew."""
        return self.state in (State.SENDING, State.SENT, State.UNKNOWN)

    @property
    def answer(self) -> Answered:
        """Whether it is answered: wholly when nothing is open, in part when something is not."""
        if len(self.open) == len(self.refs):
            return Answered.NONE if self.refs else Answered.ALL
        return Answered.PART if self.open else Answered.ALL


class Counts(NamedTuple):
    """What a round came to, in messages: how many leads were asked, sent to, and answered wholly."""

    asked: int = 0
    sent: int = 0
    answered: int = 0


class Held(StrEnum):
    """Why a message may not be sent. The value is the sentence an officer reads."""

    NOT_DRAFTED = "It has not been drafted in this round."
    SENT = "It has been sent already."
    UNKNOWN = (
        "It is not known whether it was sent: look in your sent mail or ask the lead, then say which it is, "
        "with --sent or --not-sent."
    )
    NOBODY = "There is no address to send it to."
    NOT_PREVIEWED = "It has not been previewed."
    CHANGED = "It has changed since it was previewed."


class LineStatus(NamedTuple):
    """How one lead stands in a round.

    ``answered`` and ``asked`` count milestones. ``silent`` is for how many rounds in a row, this one
    with them, nothing at all came back; ``copied_next`` who would be copied into the next message.
    """

    lead: str
    level: Level
    to: tuple[Addressee, ...]
    copied: tuple[Addressee, ...]
    state: State
    sent: datetime | None
    asked: int
    answered: int
    open: tuple[str, ...]
    answer: Answered
    silent: int
    copied_next: tuple[Addressee, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class ChaseLog:
    """Every message of every round, and what is left of rounds too old to keep.

    >>> ChaseLog().round_for(date(2026, 9, 30))
    Round(name='September 2026', day=datetime.date(2026, 9, 30))

    A log is a value: whatever happens gives another one. ``totals`` are the counts of rounds whose
    lines are gone (``prune``). No two lines have the same key, and the lines of a round have one day.
    """

    lines: tuple[Line, ...] = ()
    totals: tuple[tuple[Round, Counts], ...] = ()
    _by_key: dict[str, Line] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {line.key: line for line in self.lines})  # frozen

    # -- looking ---------------------------------------------------------------------------

    def line(self, key: str) -> Line | None:
        """The message of a key (``Letter.key``), or None."""
        return self._by_key.get(key)

    def of(self, which: Round) -> tuple[Line, ...]:
        """The messages of a round, in their order."""
        return tuple(line for line in self.lines if line.round.name == which.name)

    @property
    def rounds(self) -> tuple[Round, ...]:
        """Every round, the oldest first."""
        found = {r.name: r for r in (*(r for r, _ in self.totals), *(x.round for x in self.lines))}
        return tuple(sorted(found.values(), key=_order))

    def sent_before(self, which: Round) -> tuple[Round, ...]:
        """The rounds before this one of which a chaser was sent, the latest first."""
        sent = {x.round.name: x.round for x in self.lines if x.asks and x.state is State.SENT}
        earlier = [r for r in sent.values() if _order(r) < _order(which)]
        return tuple(sorted(earlier, key=_order, reverse=True))

    def counts(self, which: Round) -> Counts:
        """What a round came to, whether its lines are still kept or only their number."""
        kept = {total.name: counts for total, counts in self.totals}
        return kept[which.name] if which.name in kept else _counted(self.of(which))

    def round_for(self, day: date, *, new: bool = False) -> Round:
        """The round of a reporting date's month: the last there is of it, else the first.

        >>> ChaseLog().round_for(date(2026, 9, 30)).name
        'September 2026'

        ``new`` begins another in the same month, "September 2026 (2)". As long as nothing of a round
        is sent, its day is the one asked for. Raises SettingsError where another is asked for and
        nothing of the last was sent: then that one is to be finished.
        """
        month = spoken(day).partition(" ")[2]
        there = [r for r in self.rounds if _order(r)[:2] == (day.year, day.month)]
        if not there:
            return Round(month, day)
        last = there[-1]
        kept = any(r.name == last.name for r, _ in self.totals)
        begun = kept or any(line.settled for line in self.of(last))
        if not new:
            return last if begun else Round(last.name, day)
        if not begun:
            raise SettingsError(
                f"Nothing of the round {last.name} has been sent yet, so there is no reason to begin "
                "another; send that one first."
            )
        return Round(f"{month} ({_order(last)[2] + 1})", day)

    def silent_before(self, lead: str, which: Round, people: Sequence[Addressee] = ()) -> int:
        """For how many rounds in a row before this one a lead gave no answer at all.

        Only rounds that were sent count. A round in which the lead had nothing to answer ends the
        row, and so does one that went to other people than ``people``: whoever has just come into a
        post, or deputises for the first time, has not been silent.
        """
        silent = 0
        for earlier in self.sent_before(which):
            line = self.line(_key(earlier, lead, Level.FIRST))
            if line is not None and line.state is not State.SENT:
                continue  # it did not reach the lead, who can have kept no silence
            if line is None or line.answer is not Answered.NONE or _strangers(line.to, people):
                break
            silent += 1
        return silent

    # -- what happens ----------------------------------------------------------------------

    def with_drafts(
        self, drafts: Iterable[Draft], when: datetime, *, whole: Round | None = None
    ) -> ChaseLog:
        """The log after letters were put into words: lines that are new, or have other words now.

        A line with the same words stays as it is, one that was sent (or may have been) stays whatever
        its letter says now. With ``whole`` the drafts are all chasers of that round: a line that was
        drafted and is no longer among them goes. Raises SettingsError for a round whose lines are
        not kept any more: nobody can tell who was sent it.
        """
        fresh = {draft.letter.key: draft for draft in drafts}
        days = {draft.letter.round.name: draft.letter.round.day for draft in fresh.values()}
        for gone, _ in self.totals:
            if gone.name in days:
                raise SettingsError(
                    f"The chase log no longer has the messages of the round {gone.name}, so nobody can "
                    "tell who was sent one; choose a later reporting date."
                )
        days |= {line.round.name: line.round.day for line in self.lines if line.settled}
        lines = []
        for line in self.lines:
            draft = fresh.pop(line.key, None)
            if draft is not None and not line.settled and not _same_words(line, draft):
                line = self._drafted(draft, when)
            elif draft is None and whole is not None and _is_stale(line, whole):
                continue
            lines.append(line)
        lines += [self._drafted(draft, when) for draft in fresh.values()]
        return replace(self, lines=tuple(_on_day(line, days) for line in lines))

    def _drafted(self, draft: Draft, when: datetime) -> Line:
        """A new line. What somebody has answered already in the round is not open in it."""
        letter = draft.letter
        refs = letter.refs if letter.level is not Level.THANKS else ()
        shared = {
            name: {post_key(post) for post in asked.milestone.smt_lead.posts}
            for name, asked in zip(letter.refs, letter.milestones, strict=True)
        }
        closed = {
            ref
            for line in self.of(letter.round)
            for ref in line.refs
            if ref not in line.open
            and (line.key == letter.key or post_key(line.lead) in shared.get(ref, ()))
        }
        return Line(
            round=letter.round,
            lead=letter.lead,
            level=letter.level,
            to=letter.to,
            copied=letter.copied,
            refs=refs,
            open=tuple(ref for ref in refs if ref not in closed),
            drafted=_moment(when),
            message_id=draft.message_id,
            digest=draft.digest,
        )

    def with_preview(self, digests: Mapping[str, str], when: datetime) -> ChaseLog:
        """The log after messages were seen: ``digests`` are of the words seen, by key.

        A line with other words than those seen stays as it was.
        """
        return self._each(
            lambda line: (
                replace(line, previewed=_moment(when))
                if not line.settled and line.digest and digests.get(line.key) == line.digest
                else line
            )
        )

    def with_sending(self, keys: Collection[str]) -> ChaseLog:
        """The log while messages are handed over: none of them may be sent by another run."""
        return self._each(
            lambda line: (
                replace(line, state=State.SENDING)
                if line.key in keys and not line.settled
                else line
            )
        )

    def with_none_sending(self, known: Collection[str] | None, why: str) -> ChaseLog:
        """The log after a run ended: what it still has as being sent was not begun, or nobody knows.

        ``known`` are the messages that the run's note speaks of; those that it does not were never
        begun, and may be sent. None: there is no note, so of each of them it is not known, and ``why``
        says so.
        """

        def after(line: Line) -> Line:
            if line.state is not State.SENDING:
                return line
            if known is not None and line.key not in known:
                return replace(line, state=State.FAILED if line.trouble else State.DRAFTED)
            return replace(line, state=State.UNKNOWN, trouble=" ".join(why.split()))

        return self._each(after)

    def with_result(self, key: str, state: State, when: datetime, why: str = "") -> ChaseLog:
        """The log after a message was tried: SENT, FAILED or UNKNOWN, and ``why`` in a sentence.

        What was sent stays sent, whatever is said later. Of one that is UNKNOWN the officer may say
        that it was sent, or was not. Raises KeyError for a message that the log does not have.
        """
        line = self._by_key[key]
        if line.state is State.SENT:
            return self
        sent = _moment(when) if state is State.SENT else None
        changed = replace(line, state=State(state), sent=sent, trouble=" ".join(why.split()))
        return self._each(lambda each: changed if each is line else each)

    def with_answers(self, replies: Iterable[Reply], when: datetime) -> ChaseLog:
        """The log after leads' answers came in: what they speak of is closed.

        An answer, or No change, is one to the latest round that asked this lead about the milestone,
        on the day of the return. It closes the milestone in that round and those before it, for
        this lead and for whoever shares the milestone: of two leads either may answer. Another
        lead's milestone that only has the same Ref stays open.
        """
        closed: dict[str, list[_Closed]] = {}
        for reply in replies:
            asked = self._asked_of(reply)
            for ref in _answered_in(reply):
                line = next((line for line in asked if ref in line.refs), None)
                if line is not None:
                    shared = post_key(reply.issued.get(ref, {}).get("smt_lead", ""))
                    closed.setdefault(ref, []).append(_Closed(line, shared))

        def after(line: Line) -> Line:
            own = other = False
            left = []
            for ref in line.open:
                by = [each for each in closed.get(ref, ()) if each.closes(line, ref)]
                own = own or any(each.is_own(line) for each in by)
                other = other or bool(by)
                if not by:
                    left.append(ref)
            if not other:
                return line
            return replace(line, open=tuple(left), answered=_moment(when) if own else line.answered)

        return self._each(after)

    def still_asked(self, reply: Reply) -> tuple[tuple[str, str], ...]:
        """The (lead, Ref) pairs that a reply speaks of, and that stay open since another was asked.

        >>> log.still_asked(reply)  # doctest: +SKIP
        (('Head of Law', 'A1'),)

        Of the last sent round on the day. There are none where the lead who replied was asked too.
        """
        answered = set(_answered_in(reply))
        answered -= {ref for line in self._asked_of(reply) for ref in line.refs}
        there = [x for x in self.lines if x.asks and x.settled and asked_from(x) <= reply.round]
        last = max((_order(line.round) for line in there), default=None)
        return tuple(
            (line.lead, ref)
            for line in there
            if _order(line.round) == last
            for ref in line.open
            if ref in answered
        )

    def _asked_of(self, reply: Reply) -> list[Line]:
        """The messages that a return can be an answer to, the latest first."""
        key = post_key(reply.lead)
        asked = [
            line
            for line in self.lines
            if line.settled
            and asked_from(line) <= reply.round
            and key in (post_key(line.lead), *(post_key(p.name) for p in line.to))
        ]
        return sorted(asked, key=lambda line: _order(line.round), reverse=True)

    def _each(self, change: Callable[[Line], Line]) -> ChaseLog:
        return replace(self, lines=tuple(change(line) for line in self.lines))

    # -- what is not kept ------------------------------------------------------------------

    def forget_person(self, name_or_address: str) -> tuple[ChaseLog, int]:
        """The log without a person, and how many lines that touched.

        >>> log, touched = log.forget_person("Ada Byrne")  # doctest: +SKIP

        Their name and their address go, and from the same lines what could tell of them: the message
        id, what went wrong. Round, lead, level, state, dates and milestones stay. A post that is
        called after the person keeps only the rest of its name. Raises SettingsError for a blank.
        """
        return self.forget_all(self.known_as(name_or_address))

    def forget_all(self, known: Sequence[str]) -> tuple[ChaseLog, int]:
        """The log without whoever is called so (``known_as``), and how many lines that touched."""
        wanted = _patterns(known)
        taken = {line.key for line in self.lines}
        lines, touched = [], 0
        for line in self.lines:
            changed = _forgotten(line, wanted)
            if changed is not line:
                touched += 1
                taken.discard(line.key)
                changed = _with_own_key(changed, taken)
                taken.add(changed.key)
            lines.append(changed)
        return replace(self, lines=tuple(lines)), touched

    def known_as(self, name_or_address: str, also: Iterable[Addressee] = ()) -> tuple[str, ...]:
        """Everything that a person is called: a name has an address, and the other way.

        >>> ChaseLog().known_as("Ann Lee", also=[Addressee("Ann Lee", "ann@wexcombe.example")])
        ('ann lee', 'ann@wexcombe.example')

        By the log, and by ``also``, the people of the posts table. An address that others have too is
        not theirs alone: it stays with the others. Raises SettingsError for a blank.
        """
        given = post_key(name_or_address)
        if not given:
            raise SettingsError("Say whom to forget: a name, or an email address.")
        pairs = {
            (post_key(p.name), p.address.casefold())
            for p in (*also, *(p for line in self.lines for p in (*line.to, *line.copied)))
        }
        # Who is given by no more than an address has it for a name too: that is nobody else.
        pairs = {(name, address) for name, address in pairs if name != address}
        names = {name for name, address in pairs if address == given}
        known = {given} | (names if len(names) == 1 else set())
        for address in {address for name, address in pairs if name in known and address}:
            if all(name in known for name, other in pairs if other == address):
                known.add(address)
        return tuple(sorted(known, key=lambda each: ("@" in each, each)))

    def prune(self, before: date) -> tuple[ChaseLog, int]:
        """The log without the messages of rounds before a day, and how many those were.

        Of each such round its counts are kept.
        """
        old = [line for line in self.lines if line.round.day < before]
        totals = dict(self.totals)
        for gone in dict.fromkeys(line.round for line in old):
            totals[gone] = _counted(line for line in old if line.round == gone)
        kept = tuple(line for line in self.lines if line.round.day >= before)
        ordered = tuple(sorted(totals.items(), key=lambda item: _order(item[0])))
        return replace(self, lines=kept, totals=ordered), len(old)


def kept_from(as_of: date, settings: Settings) -> date:
    """The first day of which the log is kept: ``kept_from(date(2026, 9, 30), Settings())`` is 1 September 2024."""
    months = as_of.year * 12 + as_of.month - 1 - settings.keep_log_months
    return date(months // 12, months % 12 + 1, 1)


# -- who gets what -----------------------------------------------------------------------------


def plan_letters(
    chasers: Iterable[LeadChaser],
    log: ChaseLog,
    *,
    round: Round,  # noqa: A002 - a chase round
    as_of: date,
    posts: Posts,
    settings: Settings,
) -> tuple[Letter, ...]:
    """One letter for each lead with something to answer, in the order given.

    >>> plan_letters(chasers, log, round=september, as_of=day, posts=posts, settings=Settings())  # doctest: +SKIP
    (Letter(round=Round(name='September 2026', ...), lead='Head of Finance', ...), ...)

    The first chaser goes to whoever answers for the post on the day. After a round without any
    answer it is the second; after as many as Settings say (3), the escalation: whom the table names
    is copied in, never asked instead. Raises nothing: what stands in the way is in ``faults``.
    """
    return tuple(_letter(c, log, round, as_of, posts, settings) for c in chasers if c.milestones)


def _letter(
    chaser: LeadChaser, log: ChaseLog, which: Round, as_of: date, posts: Posts, settings: Settings
) -> Letter:
    answering = posts.answerers(chaser.lead, as_of)
    to = addressees(answering.people)
    faults = _address_faults(chaser.lead, answering, posts, as_of)
    silent = log.silent_before(chaser.lead, which, to)
    level = Level.FIRST if not silent else Level.SECOND
    copied: tuple[Addressee, ...] = ()
    if silent >= settings.rounds_before_escalation:
        level = Level.ESCALATION
        over = posts.escalation(chaser.lead, as_of)
        copied = addressees(over)
        faults += _escalation_faults(chaser.lead, over, posts, as_of, silent)
    return Letter(
        round=which,
        as_of=as_of,
        lead=chaser.lead,
        level=level,
        to=to,
        copied=copied,
        milestones=chaser.milestones,
        unanswered=silent,
        why_deputy=answering.why if answering.people else "",
        faults=tuple(faults),
    )


def addressees(people: Iterable[Posting]) -> tuple[Addressee, ...]:
    """The people of a table as those a message goes to; what is no address is left out."""
    return tuple(Addressee(p.person, p.email if is_address(p.email) else "") for p in people)


def _address_faults(lead: str, answering: Answering, posts: Posts, as_of: date) -> list[str]:
    if not posts:
        return [
            "There is no table of posts, so nobody's address is known: add a sheet called Posts with "
            "the headings Post, Person and Email."
        ]
    if not posts.of(lead):
        return [
            f"{lead!r} is not on the Posts sheet, so there is nobody to send this to: add the post, or "
            "correct the lead's name on the plan."
        ]
    if not answering.people:
        return [posts.why_nobody(lead, as_of)]
    return [fault for p in answering.people if (fault := address_fault(p))]


def _escalation_faults(
    lead: str, over: Sequence[Posting], posts: Posts, as_of: date, silent: int
) -> list[str]:
    if over:
        return [fault for p in over if (fault := address_fault(p))]
    after = f"After {counted(silent, 'round')} without an answer somebody should be copied in"
    named = posts.escalates_to(lead, as_of)
    if not named:
        return [f"{after}, but {lead!r} has nobody under Escalates to on the Posts sheet."]
    return [f"{after}, but {named!r} is away, vacant, or asked already: see the Posts sheet."]


def unanswered_pairs(log: ChaseLog, before: Round) -> tuple[tuple[str, str], ...]:
    """The (lead, Ref) pairs that the last sent round before this one asked about and has no answer to.

    They are what ``chase(..., unanswered=)`` wants.
    """
    last = next(iter(log.sent_before(before)), None)
    if last is None:
        return ()
    return tuple(
        (line.lead, ref) for line in log.of(last) if line.state is State.SENT for ref in line.open
    )


def held(line: Line | None, digest: str) -> Held | None:
    """Why a message may not be sent, with the words of this digest; None if it may."""
    if line is None:
        return Held.NOT_DRAFTED
    if line.state is State.SENT:
        return Held.SENT
    if line.settled:
        return Held.UNKNOWN
    if not digest or line.digest != digest:  # it may have an address by now
        return Held.CHANGED
    if not any(person.address for person in line.to):
        return Held.NOBODY
    return None if line.previewed is not None else Held.NOT_PREVIEWED


def status(
    log: ChaseLog,
    which: Round,
    *,
    posts: Posts | None = None,
    as_of: date | None = None,
    settings: Settings | None = None,
) -> tuple[LineStatus, ...]:
    """How each lead stands in a round: those who said nothing first, then by lead.

    ``posts`` on the day ``as_of`` (the round's own by default) say who would be copied in next.
    """
    table, day, chosen = posts or Posts(), as_of or which.day, settings or Settings()
    found = []
    for line in log.of(which):
        if not line.asks:
            continue
        silent = log.silent_before(line.lead, which, line.to)
        if line.state is State.SENT:
            silent = silent + 1 if line.answer is Answered.NONE else 0
        next_up = silent >= chosen.rounds_before_escalation
        found.append(
            LineStatus(
                lead=line.lead,
                level=line.level,
                to=line.to,
                copied=line.copied,
                state=line.state,
                sent=line.sent,
                asked=len(line.refs),
                answered=len(line.refs) - len(line.open),
                open=line.open,
                answer=line.answer,
                silent=silent,
                copied_next=addressees(table.escalation(line.lead, day)) if next_up else (),
                trouble=line.trouble,
            )
        )
    order = list(Answered)
    return tuple(sorted(found, key=lambda s: (order.index(s.answer), -s.silent, post_key(s.lead))))


def names_of(milestones: Sequence[Asked]) -> tuple[str, ...]:
    """What each milestone of a message is called: its Ref, unless that is blank or stands twice.

    Two "B4" are "B4" and "B4 (2)", as the return workbook calls them; without a Ref it is "No Ref".
    """
    names: dict[str, None] = {}
    taken = {each.ref.strip() for each in milestones}
    for each in milestones:
        ref = each.ref.strip() or _NO_REF
        name, number = ref, 2
        while name in names or (name != ref and name in taken):
            name, number = f"{ref} ({number})", number + 1
        names[name] = None
    return tuple(names)


# -- small things ------------------------------------------------------------------------------

_NO_REF = "No Ref"
_NUMBER = re.compile(r" \((\d+)\)$")


def _key(which: Round, lead: str, level: Level) -> str:
    return f"{which.name}/{post_key(lead)}/{'thanks' if level is Level.THANKS else 'chase'}"


def _order(which: Round) -> tuple[int, int, int]:
    """Where a round stands among the others: its month, and which of the month it is."""
    number = _NUMBER.search(which.name)
    return which.day.year, which.day.month, int(number[1]) if number else 1


def _moment(when: datetime) -> datetime:
    """A moment as a cell keeps it: whole seconds of the clock on the wall."""
    return when.replace(microsecond=0, tzinfo=None)


def _nameless(ref: str) -> bool:
    return ref == _NO_REF or ref.startswith(f"{_NO_REF} (")


def _counted(lines: Iterable[Line]) -> Counts:
    asking = [line for line in lines if line.asks]
    return Counts(
        asked=len(asking),
        sent=sum(line.state is State.SENT for line in asking),
        answered=sum(line.answer is Answered.ALL for line in asking),
    )


def _same_words(line: Line, draft: Draft) -> bool:
    letter = draft.letter
    return (line.lead, line.level, line.to, line.copied, line.digest, line.message_id) == (
        letter.lead, letter.level, letter.to, letter.copied, draft.digest, draft.message_id,
    ) and (line.refs == letter.refs or not line.asks)  # fmt: skip


def _is_stale(line: Line, whole: Round) -> bool:
    return line.asks and not line.settled and line.round.name == whole.name


def _on_day(line: Line, days: Mapping[str, date]) -> Line:
    day = days.get(line.round.name, line.round.day)
    return line if day == line.round.day else replace(line, round=Round(line.round.name, day))


def _strangers(one: Sequence[Addressee], two: Sequence[Addressee]) -> bool:
    """Whether both name somebody, and nobody is in both."""
    return bool(one and two) and not any(_same(a, b) for a in one for b in two)


def _same(one: Addressee, two: Addressee) -> bool:
    if one.address and one.address.casefold() == two.address.casefold():
        return True
    return bool(one.name) and post_key(one.name) == post_key(two.name)


def _answered_in(reply: Reply) -> Iterator[str]:
    """The milestones a return says something of; a tick under No change is an answer."""
    yield from dict.fromkeys(
        (*(a.ref.strip() for a in reply.answers if a.raw.strip()), *reply.no_change)
    )


class _Closed(NamedTuple):
    """What closes a milestone: the message that was answered, and whose the milestone is.

    ``shared`` is the SMT lead as it was sent, who may be two; "" where that is not known.
    """

    line: Line
    shared: str

    def is_own(self, line: Line) -> bool:
        """Whether it is the answer of a line's own lead."""
        return post_key(line.lead) == post_key(self.line.lead)

    def closes(self, line: Line, ref: str) -> bool:
        """Whether it closes a milestone in a line."""
        if _order(line.round) > _order(self.line.round):
            return False
        if _nameless(ref):  # what has no Ref is called the same in every lead's message
            return line.key == self.line.key
        return self.is_own(line) or not self.shared or post_key(line.lead) in self.shared


def asked_from(line: Line) -> date:
    """The first day on which an answer can be one to a message: a reporting date may lie ahead.

    >>> september = Round("September 2026", date(2026, 9, 30))
    >>> asked_from(Line(september, "Head of Law", Level.FIRST, sent=datetime(2026, 9, 25, 9)))
    datetime.date(2026, 9, 25)
    """
    return min(line.round.day, line.sent.date()) if line.sent is not None else line.round.day


# -- forgetting --------------------------------------------------------------------------------

_FORGOTTEN = "forgotten"


@lru_cache(maxsize=64)
def _mention(known: str) -> re.Pattern[str]:
    """Where a name or an address stands in a text, as a whole: "Ann Lee" is not in "Ann Lee-Smith"."""
    words = r"\s+".join(re.escape(word) for word in known.split())
    return re.compile(rf"(?<![\w.@+'-]){words}(?![\w@+'-]|\.\w)", re.I)


def _patterns(known: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(_mention, known))


def mentions(text: str, known: Sequence[str]) -> bool:
    """Whether a text names somebody who is called so (``ChaseLog.known_as``).

    >>> mentions("02/10/2026 (Ann Lee): nearly done", ["ann lee"]), mentions("Ann Lee-Smith", ["ann lee"])
    (True, False)
    """
    return _mentions(text, _patterns(known))


def people_of(posts: Posts) -> tuple[Addressee, ...]:
    """Everybody whom the posts table names, in whatever column.

    >>> people_of(Posts((Posting("Head of Law", "Ann Lee", escalates_to="Cy Fox <cy@x.example>"),)))
    (Addressee(name='Ann Lee', address=''), Addressee(name='Cy Fox', address='cy@x.example'))
    """
    found = []
    for line in posts:
        found.append(Addressee(line.person, line.email))
        found += [
            Addressee(*read_addressee(text))
            for text in (line.deputy, line.escalates_to)
            if "@" in text
        ]
    return tuple(dict.fromkeys(found))


def _mentions(text: str, wanted: Iterable[re.Pattern[str]]) -> bool:
    return any(each.search(text) or each.search(post_key(text)) for each in wanted)


def _forgotten(line: Line, wanted: Sequence[re.Pattern[str]]) -> Line:
    """A line without a person; the very same where they are not in it."""

    def left(people: tuple[Addressee, ...]) -> tuple[Addressee, ...]:
        return tuple(
            p for p in people if not (_mentions(p.name, wanted) or _mentions(p.address, wanted))
        )

    lead = line.lead
    if _mentions(lead, wanted):
        for each in wanted:
            lead = each.sub(_FORGOTTEN, lead)
        lead = _FORGOTTEN if _mentions(lead, wanted) else lead
    to, copied = left(line.to), left(line.copied)
    told = _mentions(line.trouble, wanted) or _mentions(line.message_id, wanted)
    if (to, copied, lead) == (line.to, line.copied, line.lead) and not told:
        return line
    # Without a digest it cannot be sent as it is: it is drafted anew, for whoever answers now.
    return replace(
        line,
        lead=lead,
        to=to,
        copied=copied,
        message_id="",
        trouble="",
        digest="",
    )


def _with_own_key(line: Line, taken: set[str]) -> Line:
    lead, number = line.lead, 2
    while line.key in taken:
        line, number = replace(line, lead=f"{lead} ({number})"), number + 1
    return line
