"""What a timescale says: the record, and the kinds there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of timescale. Each compares equal to its word: ``Kind.EXACT == "exact"``."""

    EXACT = "exact"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SEASON = "season"
    WEEK = "week"
    RANGE = "range"
    MULTIPLE = "multiple"
    ONGOING = "ongoing"
    EVENT = "event"
    TBC = "tbc"
    PARTIAL = "partial"
    IMPOSSIBLE = "impossible"
    BLANK = "blank"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Target:
    """A timescale read as dates, with the words it was read from.

    ``certain`` means that nothing had to be supposed. Where something was, ``earliest`` and
    ``latest`` are empty, ``suggestion`` is the date that was probably meant (or None), and
    ``note`` says what was supposed. A milestone is due on ``latest``.
    """

    kind: Kind
    earliest: date | None = None
    latest: date | None = None
    certain: bool = True
    suggestion: date | None = None
    note: str = ""
    raw: str = ""
