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

# The sheet of figures that the Dashboard and Start are drawn from; hidden, and nobody's to edit.
WORKINGS = "Workings"

# Names that formulas of every sheet use; each is one cell of the workings.
REPORTING_DATE, DUE_UNTIL = "Agsxl_ReportingDate", "Agsxl_DueSoonUntil"

CURRENT, SLIPPED, OVERDUE, TIMELY, MEANING = COMPUTED

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
_IS_NO_ROW = f'{_REF}&{_MILESTONE}=""'


def _baseline(otherwise: str) -> str:
    """The Baseline date, else a timescale that is a date; words are left to agsxl."""
    return f"IF(ISNUMBER({_BASELINE}),{_BASELINE},{otherwise})"


def _current() -> str:
    forecast = _baseline(f'IF(ISNUMBER({_TIMESCALE}),{_TIMESCALE},"")')
    return f"IF(ISNUMBER({_REVISED}),{_REVISED},{forecast})"


def _slipped() -> str:
    finished = f"AND({_IS_COMPLETE},ISNUMBER({_COMPLETED}))"
    reached = f"IF({finished},{_COMPLETED},{_REVISED})"
    days = f"INT({reached})-INT({_baseline(_TIMESCALE)})"
    return (
        f"IF(OR({finished},ISNUMBER({_REVISED})),"
        f"IF(OR(ISNUMBER({_BASELINE}),ISNUMBER({_TIMESCALE})),{days},"
        f'"{NOT_MEASURED[NO_BASELINE]}"),'
        f'IF({_IS_COMPLETE},"{NOT_MEASURED[COMPLETION_UNKNOWN]}",""))'
    )


def _overdue() -> str:
    late = f"{REPORTING_DATE}-INT({of_row(CURRENT)})"
    return f'IF({of_row(TIMELY)}="{TIMELINESS[Timeliness.OVERDUE]}",{late},"")'


def _timely() -> str:
    said = {each: f'"{TIMELINESS[each]}"' for each in Timeliness}
    current = of_row(CURRENT)
    superseded = f'{of_row(MEANING)}="{MEANINGS[StatusValue.SUPERSEDED]}"'
    return (
        f"IF({_IS_COMPLETE},{said[Timeliness.COMPLETE]},"
        f"IF({superseded},{said[Timeliness.SUPERSEDED]},"
        f"IF(NOT(ISNUMBER({current})),{said[Timeliness.UNDATED]},"
        f"IF(INT({current})<{REPORTING_DATE},{said[Timeliness.OVERDUE]},"
        f"IF(INT({current})<={DUE_UNTIL},{said[Timeliness.DUE]},{said[Timeliness.LATER]})))))"
    )


def _meaning() -> str:
    """The last line of Lists whose words are the status; words that none has are not known.

    A full stop or a star makes no difference, as in ``statuses``.
    """

    def bare(text: str) -> str:
        return f'TRIM(SUBSTITUTE(SUBSTITUTE({text},".",""),"*",""))'

    found = f"LOOKUP(2,1/({bare(f'{LISTS}[Status words]')}={bare(_STATUS)}),{LISTS}[Meaning])"
    nothing, unknown = MEANINGS[StatusValue.BLANK], MEANINGS[StatusValue.UNKNOWN]
    return f'IF({bare(_STATUS)}="","{nothing}",IFERROR({found},"{unknown}"))'


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

    >>> folded("A2")
    'TRIM(SUBSTITUTE(SUBSTITUTE(A2,"&"," and "),CHAR(10)," "))'

    ``=`` in Excel knows no case, so case is left.
    """
    return f'TRIM(SUBSTITUTE(SUBSTITUTE({text},"&"," and "),CHAR(10)," "))'


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
    listed = f"MMULT(--({folded(column)}=TRANSPOSE({folded(above)})),ROW({above})^0)"
    return f'IFERROR(INDEX({column},MATCH(0,{listed}+({folded(column)}=""),0)),"")'


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
    return f"IFERROR(IF(N({value})>0,INT({value}),TODAY()),TODAY())"


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
