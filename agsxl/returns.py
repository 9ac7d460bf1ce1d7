"""Returns: what a lead is sent in the return workbook, and what comes back in it.

    reply = read_return(grids, file="Finance.xlsx", saved=None)   # agsxl.layout.returns
    reply.answers[0]    # Answer(ref="B10", column="status", raw="Complete", ...)

A return holds every column of its milestones as it was issued: that is what it is merged against,
however old it is. A milestone is known in it by its Ref, and by its words where the Ref is not
enough. Knows no file and no Excel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from agsxl.grid import Value
from agsxl.plan import Milestone, Plan
from agsxl.texts import clean
from agsxl.words import COLUMNS

# What a return shows of the plan, and what a lead may fill in: the headings by the names that
# ``show`` gives the columns. "ask" and "no_change" are no columns of a plan.
SHOWN: Mapping[str, str] = {
    "ref": "Ref", "milestone": "Milestone", "ask": "What we ask", "status": "Status now",
    "timescale": "Original target date", "revised": "Current target date", "comments": "Last comment",
}  # fmt: skip
ANSWERS: Mapping[str, str] = {
    "no_change": "No change", "status": "Status", "revised": "Proposed date", "reason": "Reason",
    "comments": "Comment", "evidence": "Evidence", "completed": "Date completed",
}  # fmt: skip
DATES = ("revised", "completed")  # answers that must be a date


class Identity(NamedTuple):
    """Which plan a return was made from."""

    council: str
    plan: str  # the name of its file
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Issued:
    """One milestone as it was sent: every known column's text, and what the return showed of it.

    ``ref`` is its name in the return: its Ref, or one of its own where the Ref is blank or stands
    twice; ``columns["ref"]`` is what the plan has. In ``shown`` a date is written 2027-03-31.
    """

    ref: str
    columns: Mapping[str, str]
    shown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """Everything that a return knows of itself: its hidden sheet.

    ``headings`` are those of its table, ("shown" or "answer", column) to heading; ``above`` the
    texts that stood above the table; ``statuses`` the words of its dropdown.
    """

    identity: Identity
    lead: str
    person: str
    round: date
    headings: Mapping[tuple[str, str], str]
    statuses: tuple[str, ...]
    above: tuple[str, ...]
    milestones: tuple[Issued, ...]


class Answer(NamedTuple):
    """What a lead wrote into one cell.

    ``raw`` is what was written, ``value`` what it means: a date where it is certain, else the text;
    None for what cannot be taken at all. ``cell`` is where ("Your milestones!H7"). ``reason`` rides
    with a proposed date. ``flag`` is a sentence for the officer, "" where there is nothing to say.
    """

    ref: str
    column: str
    raw: str
    value: Value
    cell: str
    reason: str = ""
    flag: str = ""

    @property
    def usable(self) -> bool:
        """It can be written: there is a value, and where a date is wanted it is one."""
        if self.column in DATES:
            return isinstance(self.value, date)
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Reply:
    """A return, read.

    ``issued`` gives every known column of each milestone as sent, by its name in the return.
    ``no_change`` are the milestones for which No change is ticked, ``unanswered`` those with
    nothing filled in, ``withdrawn`` those whose row is gone. ``not_allowed`` are edits of cells that
    show the plan (``column`` "ask" for What we ask). ``added`` are rows that were not sent, as
    texts by column. ``flags`` are sentences for the officer about the return as a whole.
    """

    file: str
    lead: str
    round: date
    saved: datetime | None
    identity: Identity
    issued: Mapping[str, Mapping[str, str]]
    answers: tuple[Answer, ...] = ()
    no_change: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    not_allowed: tuple[Answer, ...] = ()
    added: tuple[Mapping[str, str], ...] = ()
    withdrawn: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def texts_of(milestone: Milestone) -> dict[str, str]:
    """Every known column of a milestone as it was written, by the names that ``show`` uses."""
    return {column: milestone.text(column) for column in COLUMNS}


def folded(text: str) -> str:
    """A text without what no reader sees: ``folded(" Draft\\nPolicy ")`` is "draft policy"."""
    return " ".join(clean(text).casefold().split())


def fingerprint(milestones: Iterable[Milestone]) -> str:
    """What a plan is known by, whatever it is called: its Refs and its milestones' words.

    >>> fingerprint([Milestone("A1", milestone="One")]) == fingerprint([Milestone("A1", milestone="Two")])
    False

    The order of the rows makes no difference.
    """
    lines = sorted(f"{folded(m.ref)}\t{folded(m.milestone)}" for m in milestones)
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def identity_of(plan: Plan, council: str = "") -> Identity:
    """What a return made from a plan says of it."""
    return Identity(council or plan.settings.council, plan.file, fingerprint(plan.milestones))


class Origin:
    """What the returns of a plan are known by, worked out once for all of them.

    >>> Origin(plan).sent(reply)  # doctest: +SKIP
    True
    """

    def __init__(self, plan: Plan) -> None:
        self._named = plan.settings.council, plan.file
        self._fingerprint = fingerprint(plan.milestones)
        self._words = {folded(m.milestone) for m in plan.milestones}
        self._refs = {folded(m.ref) for m in plan.milestones}

    def sent(self, reply: Reply) -> bool:
        """Whether a return was made from this plan, as it was then or is now.

        It was where the two are the same milestones, or the plan still has the words of half of
        those sent, or council and file have the same names and one of the Refs is there. A plan is
        renamed, renumbered and reworded between a return's going out and its coming back.
        """
        if reply.identity.fingerprint == self._fingerprint:
            return True
        there = sum(
            folded(columns["milestone"]) in self._words for columns in reply.issued.values()
        )
        if there * 2 >= len(reply.issued):
            return True
        named = (reply.identity.council, reply.identity.plan) == self._named
        return named and any(
            folded(columns["ref"]) in self._refs for columns in reply.issued.values()
        )
