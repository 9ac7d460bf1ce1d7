"""Chasers: what each SMT lead is asked on a reporting date, and why.

A lead is asked about a milestone for reasons, the most urgent first, each with a plain-English
ask. A lead with nothing to answer is not chased. Two leads of one milestone are both asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from agsxl.plan import Milestone, Plan, Timeliness, due_until
from agsxl.posts import Posting, Posts, post_key
from agsxl.settings import Settings
from agsxl.statuses import OFF_TARGET, StatusValue
from agsxl.texts import counted
from agsxl.words import spoken


class Reason(StrEnum):
    """Why a milestone is asked about, the most urgent first."""

    OVERDUE = "overdue"
    NO_STATUS = "no status"
    UNDATED = "undated"
    OFF_TARGET = "off target"
    DUE = "due"
    QUESTION = "question"
    NO_REPLY = "no reply"
    EVIDENCE = "evidence"


class Question(NamedTuple):
    """A finding that only the lead can answer: its rule, its milestone, and what it asks."""

    code: str
    ref: str
    row: int
    ask: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One milestone that a lead is asked about."""

    ref: str
    reasons: tuple[Reason, ...]
    ask: str
    milestone: Milestone
    told: tuple[Reason, ...] = ()  # the reasons less a question that another reason asks already

    @property
    def shown(self) -> tuple[Reason, ...]:
        """The reasons as people are told them."""
        return self.told or self.reasons

    @property
    def urgent(self) -> bool:
        """It belongs to the headline list."""
        return self.reasons[0] in (Reason.OVERDUE, Reason.NO_STATUS, Reason.UNDATED)


@dataclass(frozen=True, slots=True)
class LeadChaser:
    """What one SMT lead is asked. ``person`` and ``email`` are of who answers for the post that day.

    ``people`` are the lines of the table that those stand on: two of them in a job share, who are
    "Ann Lee and Bo Day". ``deputising`` is set where the deputy is asked, ``why`` says why the
    post's holder is not: "vacant", "on leave until 12 October 2026".
    """

    lead: str
    person: str
    email: str
    milestones: tuple[Asked, ...]
    deputising: bool = False
    people: tuple[Posting, ...] = ()
    why: str = ""

    def count(self, reason: Reason) -> int:
        """How many of the milestones are asked about for a reason, as the lead is told it."""
        return sum(reason in asked.shown for asked in self.milestones)


# The wording for what is off target and overdue too: whether its date still holds is no question.
LATE_AS_WELL = "off target and overdue"
# Findings that say what another reason says already: the reason is kept, the sentence is not.
_SAID_ALREADY: Mapping[str, Reason] = {
    "D304": Reason.UNDATED,
    "D307": Reason.OVERDUE,
    "S401": Reason.NO_STATUS,
    "S403": Reason.OVERDUE,
    "S405": Reason.OVERDUE,
}


def chase(
    plan: Plan,
    *,
    as_of: date,
    wording: Mapping[str, str],
    questions: Iterable[Question] = (),
    posts: Posts | None = None,
    settings: Settings | None = None,
    unanswered: Collection[tuple[str, str]] = (),
) -> list[LeadChaser]:
    """The milestones each SMT lead is asked about on a reporting date, the most urgent lead first.

    ``wording`` gives the sentence for each reason, with ``{date}``, ``{days}``, ``{status}`` and
    ``{timescale}`` to be filled in (``templates/asks.toml``). ``questions`` are the plan's findings
    that only a lead can answer. ``unanswered`` are the ``(lead, ref)`` pairs asked last round and
    not answered. A milestone without a lead is in nobody's list: see ``without_lead``.
    """
    chosen = settings or plan.settings
    table = posts if posts is not None else plan.posts
    until = due_until(as_of, chosen)
    by_row: dict[tuple[int, str], list[Question]] = {}
    for question in questions:
        by_row.setdefault((question.row, question.ref), []).append(question)
    silent = {(post_key(lead), ref) for lead, ref in unanswered}
    names: dict[str, str] = {}
    lists: dict[str, list[Asked]] = {}
    for milestone in plan.milestones:
        asked_of = by_row.get((milestone.where.row, milestone.ref), [])
        reasons = _reasons(milestone, as_of, until, chosen, bool(asked_of))
        for post in milestone.smt_lead.posts:
            key = post_key(post)
            own = _with_no_reply(reasons, (key, milestone.ref) in silent and milestone.open)
            if own:
                names.setdefault(key, post)
                unsaid = [q for q in asked_of if _SAID_ALREADY.get(q.code) not in own]
                ask = _ask(milestone, own, unsaid, as_of, wording)
                told = tuple(r for r in own if unsaid or r is not Reason.QUESTION)
                lists.setdefault(key, []).append(Asked(milestone.ref, own, ask, milestone, told))
    chasers = [lead_chaser(names[key], asked, table, as_of) for key, asked in lists.items()]
    return sorted(chasers, key=_urgency)


def without_lead(
    plan: Plan, *, as_of: date, settings: Settings | None = None
) -> tuple[Milestone, ...]:
    """The open milestones that nobody can be asked about, because their SMT lead is blank."""
    chosen = settings or plan.settings
    until = due_until(as_of, chosen)
    return tuple(
        m
        for m in plan.milestones
        if not m.smt_lead.posts and _reasons(m, as_of, until, chosen, has_question=False)
    )


def _reasons(
    milestone: Milestone, as_of: date, until: date, settings: Settings, has_question: bool
) -> tuple[Reason, ...]:
    reasons = []
    if milestone.open:
        timeliness = milestone.timeliness(as_of, until)
        if timeliness is Timeliness.OVERDUE:
            reasons.append(Reason.OVERDUE)
        if milestone.status.value == StatusValue.BLANK:
            reasons.append(Reason.NO_STATUS)
        if timeliness is Timeliness.UNDATED:
            reasons.append(Reason.UNDATED)
        if milestone.status.value in OFF_TARGET:
            reasons.append(Reason.OFF_TARGET)
        if timeliness is Timeliness.DUE:
            reasons.append(Reason.DUE)
    if has_question:
        reasons.append(Reason.QUESTION)
    if (
        settings.ask_for_evidence
        and milestone.status.value == StatusValue.COMPLETE
        and not (milestone.evidence or milestone.comments)
    ):
        reasons.append(Reason.EVIDENCE)
    return tuple(reasons)


def _with_no_reply(reasons: tuple[Reason, ...], silent: bool) -> tuple[Reason, ...]:
    if not silent:
        return reasons
    order = list(Reason)
    return tuple(sorted((*reasons, Reason.NO_REPLY), key=order.index))


def _ask(
    milestone: Milestone,
    reasons: tuple[Reason, ...],
    questions: list[Question],
    as_of: date,
    wording: Mapping[str, str],
) -> str:
    """The asks for every reason as a few plain sentences, none of them said twice."""
    forecast = milestone.forecast
    values = {
        "date": spoken(forecast) if forecast else "",
        "days": counted((as_of - forecast).days, "day") if forecast else "",
        "status": milestone.status.raw,
        "timescale": milestone.timescale.raw or "blank",
    }
    sentences = []
    for reason in reasons:
        if reason is Reason.QUESTION:
            sentences += [question.ask for question in questions]
        else:
            late = reason is Reason.OFF_TARGET and Reason.OVERDUE in reasons
            sentences.append(wording[LATE_AS_WELL if late else reason].format_map(values))
    return " ".join(dict.fromkeys(sentences))


def lead_chaser(lead: str, asked: Iterable[Asked], posts: Posts, as_of: date) -> LeadChaser:
    """What a lead is asked, the most urgent first, and of whom it is asked on a day.

    >>> share = Posts((Posting("Head of Law", "Ann Lee"), Posting("Head of Law", "Bo Day")))
    >>> lead_chaser("Head of Law", [], share, date(2026, 9, 30)).person
    'Ann Lee and Bo Day'
    """
    order = list(Reason)
    last = len(order)  # of a milestone that is put on the list without a reason
    ranked = sorted(
        asked,
        key=lambda a: (order.index(a.reasons[0]) if a.reasons else last, _when(a.milestone)),
    )
    found = posts.answerers(lead, as_of)
    return LeadChaser(
        lead=lead,
        person=" and ".join(p.person for p in found.people),
        email=", ".join(p.email for p in found.people if p.email),
        milestones=tuple(ranked),
        deputising=bool(found.why and found.people),
        people=found.people,
        why=found.why,
    )


def _when(milestone: Milestone) -> date:
    return milestone.forecast or date.max


def _urgency(chaser: LeadChaser) -> tuple[int, int, str]:
    return (
        -chaser.count(Reason.OVERDUE),
        -sum(asked.urgent for asked in chaser.milestones),
        chaser.lead.casefold(),
    )
