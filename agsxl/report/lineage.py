"""Several years' plans as a workbook: what recurs, every link, what was dropped, what is new, what to look at.

write_lineage("lineage.xlsx", agsxl.lineage(["2015.pdf", "2016.docx"]), as_of=date(2026, 9, 30))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from agsxl.ancestry import HOW, LEFT, THIN, WHAT, Dropped, Ending, Lineage, Link, Matter, Near, Seen
from agsxl.report.placing import refuse
from agsxl.report.sheets import AMBER, Cell, Column, Sheet, write_workbook
from agsxl.texts import counted

_NO_STATUS = "(no status)"
_ABOUT_CONFIDENCE = (
    f"Confidence is of 100. Below {THIN * 100:.0f} the two share a subject or a few telling words, and no more: read "
    "both before you say that one became the other."
)


def write_lineage(
    path: str | Path, lineage: Lineage, *, as_of: date, sources: Iterable[str | Path] = ()
) -> Path:
    """Write what several plans have in common: Recurring, Links, Dropped, New, Possible.

    >>> write_lineage("lineage.xlsx", found, as_of=date(2026, 9, 30))  # doctest: +SKIP
    PosixPath('lineage.xlsx')

    ``as_of`` stands as the day it was made. ``sources`` are the plans' files, none of which is ever written
    over. Raises OutputError where the workbook cannot be written.
    """
    for source in sources:
        refuse(Path(path), source=source)
    sheets: list[Sheet[Any]] = [
        _recurring(lineage),
        _links(lineage),
        _dropped(lineage),
        _new(lineage),
        _possible(lineage),
    ]
    return write_workbook(path, sheets, title="Lineage of the plans", as_of=as_of)


def _status(seen: Seen) -> str:
    return seen.milestone.status.raw or _NO_STATUS


def _of_100(confidence: float) -> int:
    return round(confidence * 100)


def _shared(words: Sequence[str]) -> str | None:
    return "; ".join(words) or None


def _recurring(lineage: Lineage) -> Sheet[Matter]:
    def refs(number: int) -> Column[Matter]:
        def get(matter: Matter) -> Cell:
            found = [s.milestone.called for s in matter.seen if s.plan == number]
            return ", ".join(found) or None

        return Column(f"Refs in {lineage.short(number)}", 18, get)

    def words(matter: Matter) -> str:
        return matter.seen[-1].milestone.milestone

    def last(matter: Matter) -> str:
        number = matter.seen[-1].plan
        return "; ".join(
            dict.fromkeys(_status(seen) for seen in matter.seen if seen.plan == number)
        )

    return Sheet(
        name="Recurring",
        title="What stands in more than one plan, the longest there first",
        table="Recurring",
        columns=(
            Column("Matter", 26, lambda m: m.called),
            Column("Plans", 8, lambda m: len(m.plans)),
            Column("Years", 8, lambda m: m.years),
            *(refs(number) for number in range(len(lineage.plans))),
            Column("How it stood in the last of them", 16, lambda m: LEFT[m.ending], tint=_open),
            Column("Status there", 20, last),
            Column("In its words", 50, words),
            Column("Confidence", 12, lambda m: _of_100(m.confidence)),
        ),
        rows=lineage.matters,
        notes=(
            *lineage.notes,
            "Years counts financial years from the first plan to the last, both included; blank where they "
            "are not known. A blank under a plan means that it does not have the matter.",
            _ABOUT_CONFIDENCE,
        ),
        nothing="Nothing stands in more than one plan",
    )


def _open(matter: Matter) -> str:
    return AMBER if matter.ending is Ending.OPEN else ""


def _links(lineage: Lineage) -> Sheet[Link]:
    return Sheet(
        name="Links",
        title="Which milestone became which",
        table="Links",
        columns=(
            Column("Old plan", 20, lambda k: lineage.short(k.old.plan)),
            Column("Old Ref", 9, lambda k: k.old.milestone.called),
            Column("Old milestone", 46, lambda k: k.old.milestone.milestone),
            Column("New plan", 20, lambda k: lineage.short(k.new.plan)),
            Column("New Ref", 9, lambda k: k.new.milestone.called),
            Column("New milestone", 46, lambda k: k.new.milestone.milestone),
            Column("Linked by", 16, lambda k: HOW[k.by]),
            Column("Confidence", 12, lambda k: _of_100(k.confidence)),
            Column("What both say", 34, lambda k: _shared(k.shared)),
            Column("What became of it", 24, lambda k: ", ".join(WHAT[w] for w in k.became)),
        ),
        rows=lineage.links,
        notes=(f"{counted(len(lineage.links), 'link')}. {_ABOUT_CONFIDENCE}",),
        nothing="Nothing could be linked",
    )


def _dropped(lineage: Lineage) -> Sheet[Dropped]:

    def nearest(dropped: Dropped) -> str | None:
        near = dropped.nearest
        return (
            f"{near.new.milestone.called} in {lineage.short(near.new.plan)}"
            if near is not None
            else None
        )

    def goes_on(dropped: Dropped) -> str | None:
        if dropped.matter is None:
            return None
        last = dropped.matter.seen[-1]
        return f"{dropped.matter.called}: {last.milestone.called} in {lineage.short(last.plan)}"

    left_open = sum(dropped.ending is Ending.OPEN for dropped in lineage.dropped)
    return Sheet(
        name="Dropped",
        title="What is in no later plan, those left open first",
        table="Dropped",
        columns=(
            Column("Last seen in", 20, lambda d: lineage.short(d.seen.plan)),
            Column("Ref", 9, lambda d: d.seen.milestone.called),
            Column("Milestone", 60, lambda d: d.seen.milestone.milestone),
            Column("SMT lead", 24, lambda d: d.seen.milestone.smt_lead.raw or None),
            Column("How it was left", 14, lambda d: LEFT[d.ending], tint=_left_open),
            Column("Status", 20, lambda d: _status(d.seen)),
            Column("Its comments begin", 18, lambda d: d.said or None),
            Column("Comments", 60, lambda d: d.seen.milestone.comments or None),
            Column("Possibly now", 24, nearest),
            Column("Its matter goes on", 30, goes_on),
        ),
        rows=lineage.dropped,
        notes=(
            f"{left_open:,} left open. Finished means that the status says so. Where there is none, what the "
            "comments begin with is beside it, and was not taken for a status.",
        ),
        nothing="Every milestone of an earlier plan is in a later one",
    )


def _left_open(dropped: Dropped) -> str:
    return AMBER if dropped.ending is Ending.OPEN else ""


def _new(lineage: Lineage) -> Sheet[Seen]:
    return Sheet(
        name="New",
        title="What is in no earlier plan",
        table="NewMilestones",
        columns=(
            Column("First seen in", 20, lambda s: lineage.short(s.plan)),
            Column("Ref", 9, lambda s: s.milestone.called),
            Column("Milestone", 60, lambda s: s.milestone.milestone),
            Column("SMT lead", 24, lambda s: s.milestone.smt_lead.raw or None),
            Column("Status", 20, _status),
        ),
        rows=lineage.added,
        notes=(
            "The first plan's own milestones are not listed: nothing is known of what was before it.",
        ),
        nothing="Every milestone was in an earlier plan",
    )


def _possible(lineage: Lineage) -> Sheet[Near]:
    return Sheet(
        name="Possible",
        title="Possibly about the same: to look at, and not counted",
        table="Possible",
        columns=(
            Column("Old plan", 20, lambda n: lineage.short(n.old.plan)),
            Column("Old Ref", 9, lambda n: n.old.milestone.called),
            Column("Old milestone", 50, lambda n: n.old.milestone.milestone),
            Column("New plan", 20, lambda n: lineage.short(n.new.plan)),
            Column("New Ref", 9, lambda n: n.new.milestone.called),
            Column("New milestone", 50, lambda n: n.new.milestone.milestone),
            Column("What both say", 34, lambda n: _shared(n.shared)),
            Column("Confidence", 12, lambda n: _of_100(n.confidence)),
        ),
        rows=lineage.near,
        notes=("A blank under What both say means general words only.",),
        nothing="Nothing else comes near",
    )
