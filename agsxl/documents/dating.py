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
from agsxl.documents.healing import live, plain, struck

_DATED = (Kind.EXACT, Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK, Kind.RANGE)
_MOVED = re.compile(
    r"^(?P<old>.{4,40}?)\s*[-–;:,(\n]*\s*\b(?:now\s+|has been\s+|since\s+)?(?:revised|extended|moved|amended|changed|rescheduled|re-?profiled|"
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
    old, new = [text for text in struck(cell) if _is_date(text)], live(cell)
    if old:
        if not new or not _is_date(new):
            return None
        note = f"struck out: {', '.join(old)}"
        return Moved(old[0], new, note)
    text = plain(cell)
    together = _run_together(text)
    if together is not None:
        return Moved(*together, note=f"written as {text}, two dates run together")
    said = _MOVED.match(live(cell).strip())
    if said is not None and _certain(said["old"]) and _certain(said["new"]):
        return Moved(said["old"].strip(" ,;:-–("), said["new"].strip(), f"written as {text}")
    return None


def _is_date(text: str) -> bool:
    return read_target(text).kind in _DATED or bool(find_dates(text))


def _certain(text: str) -> bool:
    target = read_target(text.strip(" ,;:-–("))
    return target.kind in _DATED and (target.certain or target.kind is Kind.MONTH)


def _run_together(text: str) -> tuple[str, str] | None:
    """The two dates of "31/1/1730/09/17", if it falls into two in one way only."""
    if not 8 <= len(text) <= 40 or (read_target(text).certain and read_target(text).latest):
        return None
    ways = []
    for cut in range(4, len(text) - 3):
        left, right = text[:cut], text[cut:]
        if not (left[-1].isalnum() and right[0].isalnum()):
            continue
        if left[-1].isalpha() and right[0].isalpha() and not right[0].isupper():
            continue
        if _whole_date(left) and _whole_date(right):
            ways.append((left, right))
    return ways[0] if len(ways) == 1 else None


def _whole_date(text: str) -> bool:
    """A day, month and year (or a month by name and a year), with nothing beside it."""
    if not re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{2}|20\d{2})|(?:\d{1,2}(?:st|nd|rd|th)?\s+)?[A-Z][a-z]{2,8}\.?[\s-](?:\d{2}|20\d{2})", text):  # fmt: skip
        return False
    target = read_target(text)
    return target.kind in (Kind.EXACT, Kind.MONTH) and not (target.note and target.certain)
