"""What a person sees of a year that was closed: how many go on, what was left behind and why."""

from __future__ import annotations

from collections.abc import Sequence

from agsxl.rolling import Resolved, Result
from agsxl.screen import Lines, paragraph, table
from agsxl.texts import counted
from agsxl.words import spoken
from agsxl.years import Rolled

_LONGEST = 90


def show_rolled(done: Rolled) -> str:
    """The whole page, as ``agsxl roll`` prints it.

    >>> print(show_rolled(roll("plan.xlsm", "2018/19", "next.xlsm")))  # doctest: +SKIP
    plan.xlsm, the plan of 2017/18, is closed on 31 March 2018 (--as-of) ...
    """
    return "\n".join(_lines(done))


def _lines(done: Rolled) -> Lines:
    last_year = done.last_year
    yield from paragraph(
        f"{done.plan.file}, the plan of {last_year.year}, is closed on {spoken(done.day.day)} "
        f"({done.day.said_by}): {counted(len(last_year.milestones), 'milestone')}, "
        f"{len(done.carried):,} carried into {done.year}, {len(done.left_behind):,} left behind."
    )
    counts = [(f"{len(last_year.of(result)):,}", _words(result)) for result in Result]
    yield from table(("How many", "Result"), counts)
    if done.notes:
        yield ""
        for note in done.notes:
            yield from paragraph(note)
    if done.left_behind:
        yield ""
        yield "Left behind:"
        yield from _table(done.left_behind, ("Ref", "Milestone", "Status", "Why", "Data query"))
    if done.carried:
        yield ""
        yield "Carried:"
        yield from table(
            ("Ref", "New Ref", "Milestone", "How it stands"),
            [
                (each.ref or "(no Ref)", each.new_ref, _short(each.milestone), _stands(each))
                for each in done.carried
            ],
        )
    yield ""
    yield from paragraph(f"{done.plan.file} stays as it was. The plan of {done.year} is")
    yield f"  {done.file}"  # on a line of its own, whole: it is copied from there


def _table(resolved: Sequence[Resolved], headings: Sequence[str]) -> Lines:
    rows = [
        (each.ref or "(no Ref)", _short(each.milestone), _short(each.status), each.how, each.query)
        for each in resolved
    ]
    yield from table(headings, rows)


def _stands(each: Resolved) -> str:
    """What ``how`` says after the new Ref, which has a column of its own."""
    stands = each.how.partition("; ")[2]
    return f"{stands[:1].upper()}{stands[1:]}"


def _words(result: Result) -> str:
    return f"{result[:1].upper()}{result[1:]}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"
