"""A timescale that was moved inside its own cell: the first date, and the one put in its place.

>>> moved("~~31/1/17~~ <u>30/09/17</u>")
Moved(timescale='31/1/17', revised='30/09/17', note='struck out: 31/1/17')
>>> moved("31/1/1730/09/17").revised  # the marks are lost, and the two dates have run together
'30/09/17'
>>> moved("31/10/16 then ongoing") is None
True
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agsxl.dates import Kind, find_dates, read_target
from agsxl.documents.healing import former, live, plain, struck
from agsxl.texts import counted

_DATED = (Kind.EXACT, Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK, Kind.RANGE)
_WAS = re.compile(
    r"^(?P<new>.{4,40}?)\s*[-–;,(\n]+\s*(?:was|previously|originally|original(?: date| target)?|formerly|moved from|revised from|changed from)\b\s*:?\s*(?P<old>.{4,40}?)\)?$",
    re.I | re.S,
)
_MOVED = re.compile(
    r"^(?:original(?:ly)?|was|old)?(?: date| target)?\s*:?\s*(?P<old>.{4,40}?)\s*[-–;:,(\n]*\s*\b(?:now\s+|has been\s+|since\s+)?(?:revised|extended|moved|amended|changed|rescheduled|re-?profiled|now|"
    r"new (?:target\s+)?(?:date|deadline|timescale))"
    r"(?:\s+(?:target|date|deadline|timescale|to|until|is|as))*\s*[-–:]?\s*(?P<new>.{4,40}?)\)?$",
    re.I | re.S,
)


class Moved(NamedTuple):
    """The first date as written, the date in its place, and what a person should know of it."""

    timescale: str
    revised: str
    note: str


def moved(cell: str) -> Moved | None:
    """The two dates of a cell whose date was moved; None for any other cell."""
    # Struck out twice over, by two people: each of the dates, the first of them first.
    old = [
        date for text in struck(cell) if _is_date(text) for date in _run_together(text) or [text]
    ]
    new = live(cell)
    if "~~" in cell and not old and "<u>" in cell and _certain(former(cell)):
        old = [former(cell)]  # only a part of the date was struck: "Dec 201~~5~~<u>6</u>"
    if old:
        return (
            Moved(old[0], new, f"struck out: {', '.join(old)}") if new and _is_date(new) else None
        )
    text = plain(cell)
    together = _run_together(text)
    if together:
        note = f"written as {text}, {counted(len(together), 'date')} run together"
        return Moved(together[0], together[-1], note)
    for pattern in (_WAS, _MOVED):
        said = pattern.match(live(cell).strip())
        if said is not None and _certain(said["old"]) and _certain(said["new"]):
            return Moved(_bare(said["old"]), _bare(said["new"]), f"written as {text}")
    return None


def _bare(text: str) -> str:
    return text.strip(" ,;:-–()")


def _is_date(text: str) -> bool:
    return read_target(text).kind in _DATED or bool(find_dates(text))


def _certain(text: str) -> bool:
    target = read_target(_bare(text))
    return target.kind in _DATED and (target.certain or target.kind is Kind.MONTH)


def _run_together(text: str) -> tuple[str, ...]:
    """The dates of "31/1/1730/09/17", if it falls apart in one way only; else ()."""
    ways = _ways(text)
    return ways[0] if len(ways) == 1 and len(ways[0]) > 1 else ()


def _ways(text: str) -> list[tuple[str, ...]]:
    """All ways in which a text is one whole date after the other."""
    found: list[tuple[str, ...]] = [(text,)] if _whole_date(text) else []
    for cut in range(4, len(text) - 3):
        century = re.search(r"[A-Za-z.\s-](?:19|20)$", text[:cut]) and text[cut : cut + 2].isdigit()
        if (
            text[cut - 1].isdigit()
            and text[cut].isalnum()
            and not century
            and _whole_date(text[:cut])
        ):
            found += [(text[:cut], *rest) for rest in _ways(text[cut:])]
    return found


def _whole_date(text: str) -> bool:
    """A day, month and year (or a month by name and a year), with nothing beside it."""
    if not re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{2}|20\d{2})|(?:\d{1,2}(?:st|nd|rd|th)?\s+)?[A-Z][a-z]{2,8}\.?[\s-](?:\d{2}|20\d{2})", text):  # fmt: skip
        return False
    target = read_target(text)
    return target.kind in (Kind.EXACT, Kind.MONTH) and not (target.note and target.certain)
