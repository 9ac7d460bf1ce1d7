"""Plain facts of the calendar that reading a timescale needs: months, quarters, years, seasons."""

from __future__ import annotations

from datetime import date, timedelta

# Years a plan can speak of. Outside them a year is a slip of the keyboard ("31/03/2108").
FIRST_YEAR, LAST_YEAR = 1901, 2099  # 1900 is Excel's empty date

MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july",
    "august", "september", "october", "november", "december",
)  # fmt: skip
MONTH_NUMBER = {name[:3]: number for number, name in enumerate(MONTH_NAMES, 1)}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Span = tuple[date, date]


def month_number(word: str) -> int:
    """``month_number("sept.")`` is 9."""
    return MONTH_NUMBER[word[:3]]


def last_day(year: int, month: int) -> date:
    """``last_day(2018, 2)`` is 28 February 2018."""
    if month == 12:
        return date(year, 12, 31)
    return date(year, month + 1, 1) - timedelta(days=1)


def month_span(year: int, month: int) -> Span:
    return date(year, month, 1), last_day(year, month)


def financial_year_span(starts: int) -> Span:
    """April to March: ``financial_year_span(2017)`` is 2017/18."""
    return date(starts, 4, 1), date(starts + 1, 3, 31)


def year_in_financial_year(starts: int, month: int) -> int:
    """The calendar year a month of a financial year falls in: March of 2017/18 is in 2018."""
    return starts if month >= 4 else starts + 1


def quarter_span(starts: int, quarter: int) -> Span:
    """Quarter of a financial year: ``quarter_span(2017, 1)`` is April to June 2017."""
    first_month = (4, 7, 10, 1)[quarter - 1]
    year = year_in_financial_year(starts, first_month)
    return date(year, first_month, 1), last_day(year, first_month + 2)


def half_span(starts: int, half: int) -> Span:
    return quarter_span(starts, 2 * half - 1)[0], quarter_span(starts, 2 * half)[1]


def season_span(season: str, year: int) -> Span:
    """Spring is March to May and so on; the winter of a year ends in the next one's February."""
    if season == "winter":
        return date(year, 12, 1), last_day(year + 1, 2)
    first = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}[season]
    return date(year, first, 1), last_day(year, first + 2)


def full_year(digits: str) -> int | None:
    """The year that two or four digits say, or None where they say none that a plan could mean.

    Two digits are of this century, but 90 to 99, which are of the last; 50 to 89 say neither.
    """
    if len(digits) == 2:
        year = int(digits) + (2000 if int(digits) < 50 else 1900)
        return None if 1950 <= year <= 1989 else year
    if len(digits) == 4 and FIRST_YEAR <= int(digits) <= LAST_YEAR:
        return int(digits)
    return None


def make_date(year: int, month: int, day: int) -> date | None:
    """The date, or None where the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def clamped(year: int, month: int, day: int) -> date | None:
    """What "31 November" probably meant: the month's last day, if the day is only just past it."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return min(last_day(year, month), make_date(year, month, day) or last_day(year, month))


def plus_months(day: date, months: int) -> date:
    """``plus_months(date(2018, 1, 31), 1)`` is 28 February 2018."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, last_day(year, month0 + 1).day))


def nearest_year(reference: date, month: int, day: int | None) -> date | None:
    """The occurrence of a day (or month's end) nearest to the reference date."""
    candidates = []
    for year in (reference.year - 1, reference.year, reference.year + 1):
        found = last_day(year, month) if day is None else make_date(year, month, day)
        if found is not None:
            candidates.append(found)
    return min(candidates, key=lambda d: abs((d - reference).days), default=None)
