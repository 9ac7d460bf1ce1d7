"""What a person sees of a committee pack: its first page, what is asked for, and where the files are."""

from __future__ import annotations

from textwrap import wrap

from agsxl.packing import Packed
from agsxl.pages import Section, Table
from agsxl.pages import shown as in_words
from agsxl.papers import COMPARED
from agsxl.screen import Lines, heading, kept_as_it_was, paragraph, table, width

_MOST_ROWS = 15  # of a table on the screen; the pack itself has them all


def packed(done: Packed) -> Lines:
    """A pack on the screen: what matters, what the committee is to decide, what else there is.

    >>> print("\\n".join(packed(committee_pack("plan.xlsx"))))  # doctest: +SKIP
    """
    yield from heading(done.plan, done.day)
    yield from paragraph(f"{done.pages.title}. Compared with {dict(done.pages.about)[COMPARED]}.")
    first, *rest = done.pages.sections
    asked = [each for each in rest if each.decision and each.table is not None and each.table.rows]
    for each in (first, *asked):
        yield ""
        yield from _part(each)
    listed = [(each.heading, _lines(each)) for each in rest if each not in asked]
    if listed:
        yield ""
        yield "ALSO IN THE PACK"
        yield from table(("Part", "Lines"), listed)
    yield from _ending(done)


def _part(part: Section) -> Lines:
    yield part.heading.upper()
    for sentence in part.sentences:
        yield from _point(sentence) if part.points else paragraph(sentence, 2)
    if part.table is not None:
        yield ""
        yield from _table(part.table)


def _point(sentence: str) -> Lines:
    yield from wrap(sentence, width(), initial_indent="  - ", subsequent_indent="    ")


# Of a table that a terminal is too narrow for; the pack has it whole.
_NARROW = (
    "Ref",
    "Asked by",
    "Current target date",
    "Proposed date",
    "Days later",
    "It would be the",
)


def _table(shown: Table) -> Lines:
    """A table without the columns that are filled in on paper, or that there is no room for."""
    columns = [at for at, column in enumerate(shown.columns) if not column.entry]
    if len(columns) > len(_NARROW):
        columns = [at for at in columns if shown.columns[at].heading in _NARROW]
    if not shown.rows:
        yield from paragraph(shown.nothing, 2)
        return
    yield from table(
        [shown.columns[at].heading for at in columns],
        [
            [" ".join(in_words(row[at]).split()) for at in columns]
            for row in shown.rows[:_MOST_ROWS]
        ],
    )
    more = len(shown.rows) - _MOST_ROWS
    if more > 0:
        yield f"  and {more:,} more"


def _lines(part: Section) -> str:
    """How many rows a part has; a table's total is none of them."""
    if part.table is None:
        return ""
    return f"{len(part.table.rows) - part.table.total:,}" if part.table.rows else "0"


def _ending(done: Packed) -> Lines:
    said = {done.pack.not_compared}  # among what matters already
    for sentence in done.notes:
        if sentence not in said:
            yield ""
            yield from paragraph(sentence)
    if done.frozen:
        yield ""
        yield from paragraph(f"The plan is frozen as {done.frozen!r}.")
    if done.written is not None:
        for sentence in done.written.receipt.notes:
            yield from paragraph(sentence)
        yield from kept_as_it_was(done.written.receipt)
    if done.files:
        yield ""
        yield "Written:"
        yield from (f"  {path}" for path in done.files)
    else:
        yield ""
        yield "Nothing is written; '--out' with a folder's name writes the pack."
