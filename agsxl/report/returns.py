"""The return workbook that an SMT lead answers in: one sheet, made from ``templates/return.toml``.

    chaser = agsxl.chase(plan, as_of=date(2026, 9, 30))[0]
    write_return(
        "Head of Finance.xlsx", plan, chaser.milestones, lead=chaser.lead, person=chaser.person,
        round_day=date(2026, 9, 30), answer_by=date(2026, 10, 9), settings=plan.settings,
    )

On the left what the plan says, locked; on the right what the lead may fill in. Without a password,
a macro or a link. A hidden sheet keeps what was sent: see ``agsxl.layout.returns``, which reads it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from agsxl.chasers import Asked
from agsxl.dates import find_dates
from agsxl.errors import OutputError, SettingsError
from agsxl.grid import column_letter
from agsxl.layout.headings import normal, unused
from agsxl.layout.returns import HIDDEN_SHEET, hidden_rows, status_rows
from agsxl.plan import Plan
from agsxl.report.sheets import height_of, lines_of, save_workbook, sheet_names, writable
from agsxl.resources import resource
from agsxl.returns import ANSWERS, DATES, SHOWN, Issued, Sent, identity_of, texts_of
from agsxl.settings import Settings
from agsxl.statuses import StatusValue, read_status
from agsxl.texts import counted
from agsxl.words import WEEKDAYS, spoken

# What the dropdown offers where neither Settings nor the plan has a word that means it.
USUAL_STATUSES = (
    "Complete",
    "On target",
    "Off target but recovery plans in place",
    "Off target and no action yet agreed",
    "Not started",
)
_MOST_STATUSES = 20
_LONGEST_STATUS = 120
# Characters that are shown: what a row of Excel's greatest height, 409 points, has room for.
_MOST_SHOWN = {"milestone": 700, "ask": 700, "comments": 500, "timescale": 150, "revised": 150}
_YEARS_BACK, _YEARS_AHEAD = 10, 20
_TICK = "Yes"

# -- the definition ----------------------------------------------------------------------------

_TEXTS = (
    "sheet", "title", "council", "greeting", "greeting without person", "deadline",
    "deadline without day", "plan", "answer",
)  # fmt: skip
_NAMES = (
    "council", "lead", "person", "round", "milestones", "answers", "answer_by", "greeting",
    "deadline",
)  # fmt: skip
_MOST_HELP, _MOST_HEADING = 255, 32  # Excel's limits for what appears beside a cell


@dataclass(frozen=True, slots=True)
class _Heading:
    """A column as the definition has it. ``help`` and ``wrong`` are of those to be filled in."""

    part: str  # "shown" or "answer"
    column: str
    heading: str
    width: float
    help: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class _Definition:
    """``templates/return.toml``, looked over."""

    texts: Mapping[str, str]
    lines: tuple[str, ...]
    headings: tuple[_Heading, ...]


@cache
def _definition() -> _Definition:
    """What an officer may edit of a return. Raises SettingsError, in one plain sentence."""
    import tomllib

    path = resource("templates", "return.toml")
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SettingsError(
            f"{path} cannot be read ({fault}); put back the file agsxl came with."
        ) from None
    try:
        return _looked_over(found)
    except ValueError as fault:
        raise SettingsError(
            f"{path} {fault}; change it, or put back the file agsxl came with."
        ) from None


def _looked_over(found: Mapping[str, Any]) -> _Definition:
    """The definition, if a workbook can be made from it. Raises ValueError: what is wrong."""
    texts = found.get("texts", {})
    texts = texts if isinstance(texts, dict) else {}
    lacking = [name for name in _TEXTS if not isinstance(texts.get(name), str)]
    if lacking:
        raise ValueError(f"has no text for {', '.join(lacking)} in [texts]")
    lines = texts.get("lines")
    if not (isinstance(lines, list) and lines and all(isinstance(line, str) for line in lines)):
        raise ValueError("has no list of lines in [texts]")
    for text in (*(texts[name] for name in _TEXTS), *lines):
        try:
            text.format_map(dict.fromkeys(_NAMES, ""))
        except (KeyError, ValueError, IndexError, AttributeError) as fault:
            raise ValueError(f"has a text with braces that cannot be filled in ({fault})") from None
    if sheet_names([texts["sheet"]], [HIDDEN_SHEET]) != [texts["sheet"]]:
        raise ValueError(f"calls the sheet {texts['sheet']!r}, which Excel does not allow")
    headings = tuple(_headings(found))
    names = [normal(each.heading) for each in headings]
    twice = [each.heading for each in headings if names.count(normal(each.heading)) > 1]
    if twice:
        raise ValueError(f"heads two columns {twice[0]!r}")
    return _Definition({name: texts[name] for name in _TEXTS}, tuple(lines), headings)


def _headings(found: Mapping[str, Any]) -> Iterator[_Heading]:
    for part, columns in (("shown", SHOWN), ("answer", ANSWERS)):
        for column in columns:
            name = f"[{part}.{column}]"
            values = found.get(part, {}).get(column) if isinstance(found.get(part), dict) else None
            if not isinstance(values, dict):
                raise ValueError(f"has no {name}")
            heading, width = values.get("heading"), values.get("width")
            if not (isinstance(heading, str) and normal(heading) and len(heading) <= _MOST_HEADING):
                raise ValueError(f"has in {name} no heading of at most {_MOST_HEADING} characters")
            if not isinstance(width, int | float) or not 5 <= width <= 100:
                raise ValueError(f"has in {name} no width between 5 and 100 characters")
            beside = {}
            for key in ("help", "wrong"):
                beside[key] = values.get(key, "")
                if not isinstance(beside[key], str) or len(beside[key]) > _MOST_HELP:
                    raise ValueError(
                        f"has in {name} a {key} that is no text of at most {_MOST_HELP} characters"
                    )
            yield _Heading(part, column, heading, width, **beside)


# -- what is sent ------------------------------------------------------------------------------


def write_return(
    path: str | Path,
    plan: Plan,
    asked: Sequence[Asked],
    *,
    lead: str,
    person: str = "",
    round_day: date,
    answer_by: date | None = None,
    settings: Settings | None = None,
) -> Path:
    """Write the workbook that a lead answers in, whole or not at all, and always the same bytes.

    >>> write_return("Legal.xlsx", plan, asked, lead="Head of Legal", round_day=day)  # doctest: +SKIP
    PosixPath('Legal.xlsx')

    ``asked`` are the milestones in the order in which they are shown; ``round_day`` is the
    reporting date of the round. ``settings`` (the plan's own by default) say which columns a
    return may change and which statuses there are. Raises OutputError where the file cannot be
    written or nothing is asked, SettingsError where ``templates/return.toml`` cannot be used.
    """
    if not asked:
        raise OutputError(
            f"{lead} is asked nothing on {spoken(round_day)}: there is no return to write."
        )
    chosen = settings or plan.settings
    made = _made(plan, asked, lead, person, round_day, answer_by, chosen)
    return save_workbook(
        Path(path), lambda book: _write(book, made), title=made.title, as_of=round_day,
        company=chosen.council,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Made:
    """Everything that one return says."""

    title: str
    lines: tuple[str, ...]
    texts: Mapping[str, str]
    headings: tuple[_Heading, ...]
    sent: Sent
    rows: tuple[Mapping[str, str | date], ...]  # what is shown, by column

    @property
    def shown(self) -> int:
        """How many columns show the plan."""
        return sum(each.part == "shown" for each in self.headings)


def _made(
    plan: Plan,
    asked: Sequence[Asked],
    lead: str,
    person: str,
    round_day: date,
    answer_by: date | None,
    settings: Settings,
) -> _Made:
    definition = _definition()
    headings = tuple(h for h in definition.headings if _is_wanted(h, settings))
    texts = definition.texts
    first = 1 + sum(each.part == "shown" for each in headings)
    says = {
        "council": settings.council or texts["council"],
        "lead": lead,
        "person": person,
        "round": spoken(round_day).partition(" ")[2],
        "milestones": counted(len(asked), "milestone"),
        "answers": f"{column_letter(first)} to {column_letter(len(headings))}",
        "answer_by": f"{WEEKDAYS[answer_by.weekday()]} {spoken(answer_by)}" if answer_by else "",
    }
    greeting = texts["greeting" if person.strip() else "greeting without person"]
    deadline = texts["deadline" if answer_by else "deadline without day"]
    says["greeting"] = greeting.format_map(says | {"deadline": "", "greeting": ""})
    says["deadline"] = deadline.format_map(says | {"deadline": ""})
    title = texts["title"].format_map(says)
    lines = tuple(line.format_map(says) for line in definition.lines)
    rows = tuple(_shown(each, name) for each, name in zip(asked, _names(asked), strict=True))
    sent = Sent(
        identity=identity_of(plan, settings.council),
        lead=lead,
        person=person,
        round=round_day,
        headings={(each.part, each.column): each.heading for each in headings},
        statuses=statuses_of(plan, settings),
        above=(title, *lines, texts["plan"], texts["answer"]),
        milestones=tuple(
            Issued(str(row["ref"]), texts_of(each.milestone), {c: str(v) for c, v in row.items()})
            for each, row in zip(asked, rows, strict=True)
        ),
    )
    return _Made(title, lines, texts, headings, sent, rows)


def _is_wanted(heading: _Heading, settings: Settings) -> bool:
    """Whether a return has the column: all that is shown, and of the answers what it may change."""
    if heading.part == "shown" or heading.column == "no_change":
        return True
    column = "revised" if heading.column == "reason" else heading.column
    return column in settings.return_columns


def _names(asked: Sequence[Asked]) -> list[str]:
    """Each milestone's name in the return: its Ref, unless that is blank or stands twice."""
    names: list[str] = []
    taken = {each.ref.strip() for each in asked}
    for each in asked:
        ref = each.ref.strip() or "No Ref"
        names.append(ref if ref not in names else unused(ref, {*taken, *names}))
    return names


def _shown(asked: Asked, name: str) -> dict[str, str | date]:
    """What a return shows of a milestone, by column: texts as they are shown, and dates."""
    m = asked.milestone
    revised = m.revised.raw if m.revised_date is None else ""  # shown as written: it is no date
    shown: dict[str, str | date] = {
        "ref": name,
        "milestone": m.milestone,
        "ask": asked.ask,
        "status": m.status.raw,
        "timescale": m.baseline or m.timescale.raw,
        "revised": revised or m.forecast or m.timescale.raw,
        "comments": latest_note(m.comments),
    }
    return {
        column: _cut(writable(value), _MOST_SHOWN.get(column, 300))
        if isinstance(value, str)
        else value
        for column, value in shown.items()
    }


def _cut(text: str, most: int) -> str:
    """A text that fits, cut after a word: ``_cut("One two three", 9)`` is "One two…"."""
    if len(text) <= most:
        return text
    words = text[:most].rsplit(None, 1)
    return (words[0] if len(words) > 1 else text[: most - 1]).rstrip(" ,;:") + "…"


def latest_note(comments: str, most: int = 500) -> str:
    """The latest of the notes in a comment, or as much of its end as fits.

    >>> latest_note("31/07/2026: Trainer booked.\\n30/09/2026 (Head of Finance): Training given.")
    '30/09/2026 (Head of Finance): Training given.'

    Notes that begin with a date are told apart; the one with the latest date is the latest (of two,
    the lower). Where none does, whole paragraphs are left out from the front, marked with "…".
    """
    lines = comments.strip().split("\n")
    starts = [(day, at) for at, line in enumerate(lines) if (day := _begins_with(line))]
    if starts:
        _, at = max(starts)
        after = min((other for _, other in starts if other > at), default=len(lines))
        return _cut("\n".join(lines[at:after]).strip(), most)
    kept = len(lines) - 1
    while kept and len("\n".join(lines[kept - 1 :])) < most:
        kept -= 1
    return _cut(("… " if kept else "") + "\n".join(lines[kept:]), most)


def _begins_with(line: str) -> date | None:
    """The date that a line begins with, if it begins with one."""
    for target, start, _ in find_dates(line[:60]):
        if not re.search(r"\w", line[:start]):
            return target.latest
    return None


def statuses_of(plan: Plan, settings: Settings) -> tuple[str, ...]:
    """What the dropdown of statuses offers: Settings' words, else the plan's and the usual ones.

    Of the plan's own words each once, the more frequent spelling; of the usual ones those that say
    what no word of the plan does. They stand in the order complete, in progress ... superseded.
    """
    if settings.statuses:
        return tuple(dict.fromkeys(writable(word) for word in settings.statuses))
    spellings = Counter(m.status.raw for m in plan.milestones if m.status.raw.strip())
    own: dict[str, str] = {}
    for word, _ in spellings.most_common():
        if len(word) <= _LONGEST_STATUS and "\n" not in word:
            own.setdefault(normal(word), writable(word))
    words = list(own.values())[:_MOST_STATUSES]
    meant = {read_status(word, colours=settings.colours).value for word in words}
    words += [word for word in USUAL_STATUSES if read_status(word).value not in meant]
    order = list(StatusValue)
    return tuple(
        sorted(words, key=lambda w: order.index(read_status(w, colours=settings.colours).value))
    )


# -- writing it --------------------------------------------------------------------------------

_PLAN_HEAD, _ANSWER_HEAD, _TINT, _GRID = "#1F3864", "#0B5345", "#FFF8DC", "#BFBFBF"
_DATE = "dd/mm/yyyy"
_LEAST_LINES = 3  # of a row: room to write


def _write(book: Any, made: _Made) -> None:
    page = book.add_worksheet(made.texts["sheet"], _page_class())
    hidden = book.add_worksheet(HIDDEN_SHEET)
    statuses = _write_hidden(hidden, made)
    formats = _formats(book)
    page.write_string(0, 0, writable(made.title), formats["title"])
    for number, line in enumerate(made.lines, 1):
        page.write_string(number, 0, writable(line), formats["line"])
    band = 1 + len(made.lines)
    page.write_string(band, 0, writable(made.texts["plan"]), formats["band"])
    page.write_string(band, made.shown, writable(made.texts["answer"]), formats["band"])
    top = band + 1
    for index, heading in enumerate(made.headings):
        page.set_column(index, index, heading.width)
    page.set_row(top, height_of(max(lines_of(h.heading, h.width - _BUTTON) for h in made.headings)))
    for number, row in enumerate(made.rows, top + 1):
        _write_row(page, number, row, made, formats)
    last = top + len(made.rows)
    page.add_table(
        top, 0, last, len(made.headings) - 1,
        {
            "name": "Milestones",
            "style": "Table Style Light 1",
            "banded_rows": False,
            "columns": [
                {"header": h.heading, "header_format": formats[f"{h.part} head"]} for h in made.headings
            ],
            "title": made.title[:200],
            "description": "What the plan says of each milestone, and the cells for your answer.",
        },
    )  # fmt: skip
    for index, heading in enumerate(made.headings):
        if heading.part == "answer":
            rule = _validation(heading, made.sent.round, statuses)
            page.data_validation(top + 1, index, last, index, rule)
    page.ignore_errors(
        {"number_stored_as_text": f"A{top + 2}:{column_letter(len(made.headings))}{last + 1}"}
    )
    page.protect(
        "",
        {
            "format_columns": True, "format_rows": True, "sort": True, "autofilter": True,
            "select_locked_cells": True, "select_unlocked_cells": True,
        },
    )  # fmt: skip
    page.freeze_panes(top + 1, 1)
    page.set_selection(top + 1, made.shown, top + 1, made.shown)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.repeat_rows(top)
    page.repeat_columns(0)
    page.set_footer("&L&A&RPage &P of &N")
    page.activate()


_BUTTON = 2.5  # the width of a filter's button beside its heading


def _page_class() -> Any:
    """A worksheet whose rows have a height and still grow when a long answer is typed.

    XlsxWriter marks every height that it is given as set by hand, and Excel then leaves it.
    """
    from xlsxwriter.worksheet import Worksheet

    class Page(Worksheet):  # type: ignore[misc]
        def _xml_start_tag_unencoded(self, tag: str, attributes: Any = None) -> None:
            if tag == "row":
                attributes = [pair for pair in attributes if pair[0] != "customHeight"]
            super()._xml_start_tag_unencoded(tag, attributes)

    return Page


def _formats(book: Any) -> dict[str, Any]:
    edged = {"valign": "top", "border": 1, "border_color": _GRID}
    wrapped = edged | {"text_wrap": True}
    head = wrapped | {"bold": True, "font_color": "#FFFFFF"}
    filled = wrapped | {"bg_color": _TINT, "locked": False}
    looks = {
        "title": {"bold": True, "font_size": 14},
        "line": {},
        "band": {"bold": True},
        "shown head": head | {"bg_color": _PLAN_HEAD},
        "answer head": head | {"bg_color": _ANSWER_HEAD},
        "shown": wrapped,
        "shown date": edged | {"num_format": _DATE, "align": "left"},
        "choice": filled,
        "answer": filled | {"num_format": "@"},  # "- booked" is a comment, not a formula
        "answer date": filled | {"num_format": _DATE, "align": "left"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _write_row(
    page: Any, number: int, row: Mapping[str, str | date], made: _Made, formats: Mapping[str, Any]
) -> None:
    most = _LEAST_LINES
    for index, heading in enumerate(made.headings):
        if heading.part == "answer":
            page.write_blank(number, index, None, formats[_answer_look(heading.column)])
            continue
        value = row[heading.column]
        if isinstance(value, date):
            page.write_datetime(number, index, value, formats["shown date"])
        elif value:
            page.write_string(number, index, value, formats["shown"])
            most = max(most, lines_of(value, heading.width))
        else:
            page.write_blank(number, index, None, formats["shown"])
    page.set_row(number, height_of(most))


def _answer_look(column: str) -> str:
    if column in DATES:
        return "answer date"
    return "choice" if column in ("no_change", "status") else "answer"


def _validation(heading: _Heading, round_day: date, statuses: str) -> dict[str, Any]:
    """What may be typed into a column of answers, and what is said beside its cells."""
    rule: dict[str, Any] = {"validate": "any"}
    if heading.column == "no_change":
        rule = {"validate": "list", "source": [_TICK]}
    elif heading.column == "status":
        rule = {"validate": "list", "source": statuses}
    elif heading.column in DATES:
        rule = {
            "validate": "date",
            "criteria": "between",
            "minimum": date(max(round_day.year - _YEARS_BACK, 1904), 1, 1),
            "maximum": date(round_day.year + _YEARS_AHEAD, 12, 31),
        }
    return rule | {
        "input_title": heading.heading,
        "input_message": heading.help,
        "error_title": heading.heading,
        "error_message": heading.wrong,
    }


def _write_hidden(page: Any, made: _Made) -> str:
    """Write the hidden sheet; where its statuses stand, for the dropdown."""
    rows = hidden_rows(made.sent)
    for number, cells in enumerate(rows):
        for index, text in enumerate(cells):
            page.write_string(number, index, text)
    page.very_hidden()
    page.protect()
    first, last = status_rows(rows)
    return f"={HIDDEN_SHEET}!$B${first}:$B${last}"


__all__ = ["latest_note", "statuses_of", "write_return"]
