"""Working days: Monday to Friday but for the bank holidays of England and Wales.

The holidays come from the ``holidays`` package (rules and proclamations, no network), checked
against the list that the government publishes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from functools import cache

_ONE = timedelta(days=1)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in a year."""
    from holidays.countries.united_kingdom import UnitedKingdom  # slow to import: only when asked

    return frozenset(UnitedKingdom(subdiv="ENG", years=year))  # type: ignore[no-untyped-call]


def is_working_day(day: date) -> bool:
    """``is_working_day(date(2017, 5, 1))`` is False: early May bank holiday."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


@cache
def _weekday_holidays(first: int, last: int) -> tuple[date, ...]:
    """Bank holidays that fall on a weekday, over whole years, in order."""
    return tuple(
        sorted(d for y in range(first, last + 1) for d in bank_holidays(y) if d.weekday() < 5)
    )


def working_days_between(first: date, last: date) -> int:
    """Working days after ``first`` up to and including ``last``; negative where last is earlier.

    >>> working_days_between(date(2017, 4, 28), date(2017, 5, 2))  # over a bank holiday Monday
    1
    """
    if last < first:
        return -working_days_between(last, first)
    weeks, rest = divmod((last - first).days, 7)
    days = weeks * 5 + sum((first + _ONE * n).weekday() < 5 for n in range(1, rest + 1))
    holidays = _weekday_holidays(first.year, last.year)
    return days - (bisect_right(holidays, last) - bisect_left(holidays, first + _ONE))


def working_day_after(day: date, days: int) -> date:
    """The working day that comes so many working days after a day; with 0, that day or the next.

    >>> working_day_after(date(2017, 4, 28), 1)  # over a weekend and a bank holiday Monday
    datetime.date(2017, 5, 2)
    """
    found = day
    while not is_working_day(found) and not days:
        found += _ONE
    for _ in range(days):
        found += _ONE
        while not is_working_day(found):
            found += _ONE
    return found
