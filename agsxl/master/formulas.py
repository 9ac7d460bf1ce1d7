"""The formulas of the master workbook: what Excel works out by itself, with no Python.

    computed("Timeliness")      # '=IF(Plan[[#This Row],[Ref]]&...'
    count_of("complete", theme="$B7")

The Plan sheet's computed columns follow the same definitions as ``agsxl.plan`` and
``agsxl.movements``, so that a revised date typed in Excel gives at once what the next check will say.
Only functions that every Excel since 2010 and LibreOffice 7 know are used; a text is compared with
``=``, never by a pattern: a theme may hold "*" or be longer than the 255 characters that MATCH and
COUNTIFS can compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from agsxl.movements import ACTUAL, COMPLETION_UNKNOWN, NO_BASELINE, REVISED, Movement
from agsxl.plan import Timeliness
from agsxl.statuses import StatusValue
from agsxl.words import COLUMNS, COMPUTED, LISTS, SETTINGS, TIMELINESS

# Names that formulas of every sheet use; each is one cell of the workings.
REPORTING_DATE, DUE_UNTIL = "Agsxl_ReportingDate", "Agsxl_DueSoonUntil"

CURRENT, SLIPPED, OVERDUE, TIMELY, MEANING = COMPUTED

# Names of cells that dropdowns offer: a value may hold a comma, which would part it in two.
MEANING_CHOICES, COLOUR_CHOICES = "Agsxl_MeaningChoices", "Agsxl_ColourChoices"

# What an officer reads for each status value; Lists gives one for each of the plan's own words.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {str(value): value[:1].upper() + value[1:] for value in StatusValue if value}
    | {StatusValue.UNKNOWN: "Not known", StatusValue.BLANK: "No status"}
)
# What stands in Slippage (days) where a date moved but its days cannot be known.
NOT_MEASURED: Mapping[str, str] = MappingProxyType(
    {NO_BASELINE: "No original date", COMPLETION_UNKNOWN: "No date completed"}
)


def of_row(heading: str) -> str:
    """A cell of the Plan table in the formula's own row.

    >>> of_row("Slippage (days)")
    'Plan[[#This Row],[Slippage (days)]]'
    """
    return f"Plan[[#This Row],[{heading}]]"


def of_plan(heading: str) -> str:
    """A whole column of the Plan table: ``of_plan("Status")`` is "Plan[Status]"."""
    return f"Plan[{heading}]"


# -- the computed columns of the Plan sheet ------------------------------------------------------

_REF, _MILESTONE, _TIMESCALE, _STATUS, _REVISED, _BASELINE, _COMPLETED = (
    of_row(COLUMNS[name])
    for name in ("ref", "milestone", "timescale", "status", "revised", "baseline", "completed")
)
_IS_COMPLETE = f'{of_row(MEANING)}="{MEANINGS[StatusValue.COMPLETE]}"'
_IS_NO_ROW = f'IFERROR({_REF}&{_MILESTONE},"?")=""'


def is_day(cell: str) -> str:
    """A formula for whether a cell holds a date that a plan can have, as ``dates`` has it.

    A text, an error, the 0 of an empty cell and a year typed as a number (2027 is a day of 1905) are none.
    COUNTIFS, unlike a comparison, passes over errors.
    """
    return f'COUNTIFS({cell},">{_LAST_YEAR}",{cell},"<{_AFTER_LAST}")'


_LAST_YEAR = 2099
_AFTER_LAST = (date(_LAST_YEAR + 1, 1, 1) - date(1899, 12, 30)).days


def _baseline(otherwise: str) -> str:
    """The Baseline date, else a timescale that is a date; words are left to agsxl."""
    return f"IF({is_day(_BASELINE)},INT({_BASELINE}),{otherwise})"


def _current() -> str:
    forecast = _baseline(f'IF({is_day(_TIMESCALE)},INT({_TIMESCALE}),"")')
    return f"IF({is_day(_REVISED)},INT({_REVISED}),{forecast})"


def _slipped() -> str:
    finished = f"AND({_IS_COMPLETE},{is_day(_COMPLETED)})"
    reached = f"IF({finished},{_COMPLETED},{_REVISED})"
    days = f"INT({reached})-{_baseline(f'INT({_TIMESCALE})')}"
    return (
        f"IF(OR({finished},{is_day(_REVISED)}),"
        f"IF(OR({is_day(_BASELINE)},{is_day(_TIMESCALE)}),{days},"
        f'"{NOT_MEASURED[NO_BASELINE]}"),'
        f'IF({_IS_COMPLETE},"{NOT_MEASURED[COMPLETION_UNKNOWN]}",""))'
    )


def _overdue() -> str:
    late = f"{REPORTING_DATE}-{of_row(CURRENT)}"
    return f'IF({of_row(TIMELY)}="{TIMELINESS[Timeliness.OVERDUE]}",{late},"")'


def _timely() -> str:
    said = {each: f'"{TIMELINESS[each]}"' for each in Timeliness}
    current = of_row(CURRENT)
    superseded = f'{of_row(MEANING)}="{MEANINGS[StatusValue.SUPERSEDED]}"'
    return (
        f"IF({_IS_COMPLETE},{said[Timeliness.COMPLETE]},"
        f"IF({superseded},{said[Timeliness.SUPERSEDED]},"
        f"IF(NOT(ISNUMBER({current})),{said[Timeliness.UNDATED]},"
        f"IF({current}<{REPORTING_DATE},{said[Timeliness.OVERDUE]},"
        f"IF({current}<={DUE_UNTIL},{said[Timeliness.DUE]},{said[Timeliness.LATER]})))))"
    )


def _meaning() -> str:
    """The last line of Lists whose words are the status; words that none has are not known.

    A full stop or a star makes no difference, as in ``statuses``; a status that is an error says nothing.
    """

    def bare(text: str) -> str:
        return f'TRIM(SUBSTITUTE(SUBSTITUTE({_spaced(text)},".",""),"*",""))'

    found = f"LOOKUP(2,1/({bare(f'{LISTS}[Status words]')}={bare(_STATUS)}),{LISTS}[Meaning])"
    nothing, unknown = MEANINGS[StatusValue.BLANK], MEANINGS[StatusValue.UNKNOWN]
    known = f'IFERROR({found},"{unknown}")'
    return f'IFERROR(IF({bare(_STATUS)}="","{nothing}",{known}),"{nothing}")'


def _spaced(text: str) -> str:
    """A formula for a text with plain spaces for its line breaks and for the spaces that do not break:
    they look alike, come with whatever is pasted, and TRIM leaves them alone.

    The second is written as itself, because CHAR(160) is another character on a Mac.
    """
    return f'SUBSTITUTE(SUBSTITUTE({text},"{_NO_BREAK}"," "),CHAR(10)," ")'


_NO_BREAK = "\u00a0"

_WRITTEN = {
    CURRENT: _current, SLIPPED: _slipped, OVERDUE: _overdue, TIMELY: _timely, MEANING: _meaning,
}  # fmt: skip


def computed(heading: str) -> str:
    """The formula of a computed column; a row with neither a Ref nor a milestone stays blank.

    >>> computed("Days overdue")[:40]
    '=IF(Plan[[#This Row],[Ref]]&Plan[[#This '
    """
    return f'=IF({_IS_NO_ROW},"",{_WRITTEN[heading]()})'


def result(heading: str, movement: Movement, meaning: str) -> date | int | str:
    """What a computed column shows for a milestone, saved with its formula.

    >>> result("Days overdue", movement, "On target")  # doctest: +SKIP
    61
    """
    if heading == CURRENT:
        return movement.forecast or ""
    if heading == SLIPPED:
        days = movement.slippage_days if movement.basis in (ACTUAL, REVISED) else None
        return days if days is not None else NOT_MEASURED.get(movement.basis, "")
    if heading == OVERDUE:
        return movement.overdue_days or ""
    return TIMELINESS[movement.timeliness] if heading == TIMELY else meaning


# -- what is counted -------------------------------------------------------------------------------


def folded(text: str) -> str:
    """A formula for a text in which case, spaces and "&" make no difference, as ``posts.post_key``.

    >>> folded("A2").startswith("TRIM(SUBSTITUTE(")
    True

    ``=`` in Excel knows no case, so case is left.
    """
    return f'TRIM(SUBSTITUTE({_spaced(text)},"&"," and "))'


def folded_alike(heading: str, key: str) -> str:
    """A condition for ``counted_where``: a column of the plan, folded, is the same as a folded key.

    A cell with an error is like nothing, and does not make the whole count an error: 1/FALSE is one, and
    ISNUMBER passes over it, with no array formula.
    """
    return f"ISNUMBER(1/({folded(of_plan(heading))}={key}))"


def counted_where(*conditions: str) -> str:
    """How many rows of the plan meet every condition: ``counted_where('Plan[Status]="Done"')``."""
    return f"SUMPRODUCT({'*'.join(f'({each})' for each in conditions)}*1)"


def one_of(heading: str, values: Iterable[str]) -> str:
    """The condition that a column of the plan holds one of some words.

    >>> one_of("Timeliness", ["Overdue", "Due soon"])
    '(Plan[Timeliness]="Overdue")+(Plan[Timeliness]="Due soon")'
    """
    return "+".join(f'({of_plan(heading)}="{value}")' for value in values)


def next_new(column: str, above: str) -> str:
    """An array formula: the first value of a column that none of the cells above it has.

    ``above`` are the cells with those listed so far. Once all are listed it is "". Compared cell by
    cell (MMULT counts the matches), because MATCH would take "*" for a pattern.
    """
    each = folded(f'IFERROR({column},"")')
    listed = f"MMULT(--({each}=TRANSPOSE({folded(above)})),ROW({above})^0)"
    return f'IFERROR(INDEX({column},MATCH(0,{listed}+({each}=""),0)),"")'


_MOST_ROWS = 1_000_000  # of a plan: an Excel sheet has little more


def nth_longest(number: int) -> str:
    """An array formula: the slippage of the nth longest slipped, and its row, as one number.

    Of two that slipped alike the upper comes first, as in ``Slippage.longest``. ``row_of`` and
    ``days_of`` take the number apart. "" where fewer have slipped.
    """
    days = of_plan(SLIPPED)
    row = f"ROW({days})-MIN(ROW({days}))+1"
    key = f"{days}*{_MOST_ROWS}+{_MOST_ROWS}-({row})"
    return f'IFERROR(LARGE(IF(ISNUMBER({days}),IF({days}>0,{key},""),""),{number}),"")'


def key_of(days: int, row: int) -> int:
    """The number that ``nth_longest`` gives for a row of the plan, counted from 1."""
    return days * _MOST_ROWS + _MOST_ROWS - row


def row_of(key: str) -> str:
    """The row of the plan in a number that ``nth_longest`` gave, counted from 1."""
    return f"{_MOST_ROWS}-MOD({key},{_MOST_ROWS})"


def days_of(key: str) -> str:
    """The days in a number that ``nth_longest`` gave."""
    return f"INT({key}/{_MOST_ROWS})"


# -- the day the plan is judged on -----------------------------------------------------------------


def setting(name: str) -> str:
    """The value that stands on Settings beside a name: 0 where it is blank, an error where it is gone."""
    return f'INDEX({SETTINGS}[Value],MATCH("{name}",{SETTINGS}[Setting],0))'


def reporting_date(value: str) -> str:
    """The date on Settings, else today. What is no date there counts as none, and Start says so."""
    return f"IFERROR(IF({is_day(value)},INT({value}),TODAY()),TODAY())"


def due_until(days: str) -> str:
    """The last day that counts as due soon: so many days on, else the end of the next month."""
    month = f"EOMONTH({REPORTING_DATE},1)"
    return f"IFERROR(IF(ISNUMBER({days}),{REPORTING_DATE}+{days},{month}),{month})"


def spoken_date(cell: str) -> str:
    """A formula for a date as people say it ("30 September 2026"), in English on every computer."""
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )  # fmt: skip
    names = ",".join(f'"{month}"' for month in months)
    return f'DAY({cell})&" "&CHOOSE(MONTH({cell}),{names})&" "&YEAR({cell})'
