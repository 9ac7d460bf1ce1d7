"""The sheets beside the plan that an officer edits: Posts, Settings, and Lists with what dropdowns offer.

    posts = posts_sheet(plan.posts)
    settings = settings_sheet(plan.settings)
    lists = lists_sheet(plan)

Posts and Settings are laid out as ``layout.tables`` reads them. Lists says what each status means, in
the plan's own words, as ``statuses`` reads them: the Plan sheet looks its statuses up there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from agsxl.layout.tables import KEYS, Key
from agsxl.master.formulas import COLOUR_CHOICES, MEANING_CHOICES, MEANINGS
from agsxl.master.plan_sheet import SOURCE_CHOICES, STATUS_CHOICES
from agsxl.plan import Plan
from agsxl.posts import Posting, Posts
from agsxl.report.sheets import Cell, Column, Sheet
from agsxl.settings import Settings
from agsxl.statuses import read_status
from agsxl.words import LISTS, POSTS, SETTINGS

# -- posts -----------------------------------------------------------------------------------------


def posts_sheet(posts: Posts) -> Sheet[Posting]:
    """The Posts sheet: who holds which post from when to when. Without a post its one row is blank."""
    return Sheet(
        name=POSTS,
        title="Posts: who answers for which post",
        table="Posts",
        columns=(
            Column("Post", 32, lambda p: p.post, entry=True),
            Column("Person", 24, lambda p: p.person or None, entry=True),
            Column("Email", 36, lambda p: p.email or None, entry=True),
            Column("From", 12, lambda p: p.starts, entry=True),
            Column("To", 12, lambda p: p.ends, entry=True),
            Column("Deputy", 28, lambda p: p.deputy or None, entry=True),
            Column("Escalates to", 28, lambda p: p.escalates_to or None, entry=True),
            Column("Leave from", 12, lambda p: p.leave_from, entry=True),
            Column("Leave to", 12, lambda p: p.leave_to, entry=True),
        ),
        rows=tuple(posts) or (Posting(""),),
        notes=(
            "One row for each person in a post. When somebody leaves, fill in To and add a row for whoever follows.",
            "Post is written as in the plan's SMT Lead column; Deputy and Escalates to name a post or a person.",
        ),
    )


_POST_DATES = ("From", "To", "Leave from", "Leave to")


def check_posts(page: Any, sheet: Sheet[Posting]) -> None:
    """Put the date checks onto the page that holds the Posts sheet."""
    first = len(sheet.notes) + 2
    for index, column in enumerate(sheet.columns):
        if column.heading in _POST_DATES:
            page.data_validation(
                first, index, first + len(sheet.rows) - 1, index,
                {"validate": "date", "criteria": "between", "minimum": date(1990, 1, 1),
                 "maximum": date(2099, 12, 31), "error_title": "A date, please",
                 "error_message": "Type a date such as 01/07/2026, or leave the cell blank."},
            )  # fmt: skip


# -- settings --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A line of the Settings sheet; ``key`` is None for a colour's or a rule's.

    ``choices`` are the words it takes, or the name of the cells that hold them.
    """

    name: str
    value: Cell
    reason: str
    default: str
    help: str
    key: Key | None = None
    choices: tuple[str, ...] | str = ()


_DEFAULTS = Settings()
# The words a setting takes, where it takes only some. Each is tried on the setting itself.
_WORDS = (("yes", "no"), ("ask", "refuse"), ("drafts", "mail server", "folder"),
          ("starttls", "tls", "none"))  # fmt: skip
_OFFERED_COLOURS = ("red", "amber", "green")
_LEVELS = ("off", "on", "error", "warning", "note")


def settings_sheet(
    settings: Settings, reasons: Mapping[str, str] = MappingProxyType({})
) -> Sheet[SettingRow]:
    """The Settings sheet: every setting with its value, where it is not the default, and its help.

    ``reasons`` are what the officer entered beside a setting, by its name.
    """
    return Sheet(
        name=SETTINGS,
        title="Settings: what you decide",
        table="Settings",
        columns=(
            Column("Setting", 30, lambda s: s.name),
            Column("Value", 44, lambda s: s.value, decimals=None, entry=True),
            Column("Reason", 44, lambda s: s.reason or None, entry=True),
            Column("Where blank", 28, lambda s: s.default or None),
            Column("What it decides", 64, lambda s: s.help),
        ),
        rows=tuple(
            replace(row, reason=row.reason or reasons.get(row.name.casefold(), ""))
            for row in _setting_rows(settings)
        ),
        notes=(
            "Leave a value blank to have what stands under Where blank. Reason is yours: it is shown wherever the setting counts.",
            'To switch a data query off or change how serious it is, add a row such as "Rule L205", off, and why.',
        ),
    )


def _setting_rows(settings: Settings) -> Iterable[SettingRow]:
    for key in KEYS:
        yield SettingRow(
            key.name,
            said(key, settings),
            "",
            key.default or "nothing",
            key.help,
            key,
            choices_of(key),
        )
    for colour in dict.fromkeys((*settings.colours, *_OFFERED_COLOURS)):
        yield SettingRow(
            f"Colour {colour}", settings.colours.get(colour), "", "unknown",
            f"What {colour} alone means as a status in this plan.", None, COLOUR_CHOICES,
        )  # fmt: skip
    for code, change in settings.rules.items():
        yield SettingRow(
            f"Rule {code}", change.level, change.reason, "on",
            "A data query switched off or on, or given another severity.", None, _LEVELS,
        )  # fmt: skip


def choices_of(key: Key) -> tuple[str, ...]:
    """The words a setting takes, where it takes only some: ``("yes", "no")``."""
    if _takes(key, "nobody.example"):
        return ()
    return next((words for words in _WORDS if all(_takes(key, word) for word in words)), ())


def said(key: Key, settings: Settings) -> Cell:
    """The value of a setting as it stands on the sheet; None where it is the default."""
    value = getattr(settings, key.field)
    if value == getattr(_DEFAULTS, key.field):
        return None
    for word in choices_of(key):
        if key.read(word) == value:
            return word
    if isinstance(value, tuple):
        names: dict[str, str] = {key.read(name)[0]: name for name in key.default.split("; ")}
        return "; ".join(names.get(str(each), str(each)) for each in value)
    shown: Cell = value
    return shown


def _takes(key: Key, value: Any) -> bool:
    try:
        key.read(value)
    except ValueError:
        return False
    return True


def check_settings(page: Any, sheet: Sheet[SettingRow]) -> None:
    """Put the dropdowns and checks onto the page that holds the Settings sheet."""
    for row, line in enumerate(sheet.rows, len(sheet.notes) + 2):
        check = _check_of(line)
        if check:
            page.data_validation(row, 1, row, 1, check)


def _check_of(line: SettingRow) -> dict[str, Any]:
    if line.choices:
        named = isinstance(line.choices, str)
        return {
            "validate": "list", "source": f"={line.choices}" if named else list(line.choices), "error_title": "Not one of the choices",
            "error_message": "Choose one from the list, or leave the cell blank.",
        }  # fmt: skip
    if line.key is None or _takes(line.key, "nobody.example"):
        return {}
    if _takes(line.key, date(2026, 9, 30)):
        return {
            "validate": "date", "criteria": "between", "minimum": date(2000, 1, 1),
            "maximum": date(2099, 12, 31), "error_title": "A date, please",
            "error_message": "Type a date such as 30/09/2026, or leave the cell blank for today.",
        }  # fmt: skip
    if _takes(line.key, 7):
        return {
            "validate": "integer", "criteria": "between", "minimum": 0, "maximum": 65_535,
            "error_title": "A whole number, please",
            "error_message": "Type a whole number, or leave the cell blank.",
        }  # fmt: skip
    return {}


# -- lists -----------------------------------------------------------------------------------------

# Words that councils use; the plan's own stand before them.
_STANDARD = (
    "Complete", "Completed", "Complete.", "Achieved", "Done", "Closed", "Implemented", "Delivered",
    "Finished", "Part complete", "Partly complete", "Partially complete", "Partly achieved",
    "Partially implemented", "In progress", "Ongoing", "On-going", "Underway", "Under way", "Started",
    "Not complete", "Incomplete", "On target", "On track", "On schedule",
    "Off target but recovery plans in place", "Off target and no action yet agreed", "Off target",
    "Off track", "Time delay", "Delayed", "Slipped", "Behind schedule", "Overdue", "Not met",
    "Not started", "Not yet started", "Superseded", "Cancelled", "Withdrawn", "No longer required",
)  # fmt: skip
# Of these the dropdown offers the ones whose meaning the plan's own words do not cover.
_OFFERED = (
    "Complete", "On target", "Off target but recovery plans in place",
    "Off target and no action yet agreed", "Not started", "Superseded",
)  # fmt: skip
_SOURCES = ("Annual Governance Statement", "Internal audit", "External audit", "Peer review")
_LONGEST_OFFERED = 60  # characters: what is longer is a comment in the wrong column


@dataclass(frozen=True, slots=True)
class ListRow:
    """A line of Lists: three lists side by side, of different lengths."""

    offered: str = ""
    words: str = ""
    meaning: str = ""
    source: str = ""


def lists_sheet(plan: Plan | None) -> Sheet[ListRow]:
    """The hidden sheet Lists: the statuses offered, what each status means, the sources offered."""
    offered, words, sources = _statuses_offered(plan), meanings_of(plan), _sources(plan)
    length = max(len(offered), len(words), len(sources))
    pairs = _filled(list(words.items()), length, ("", ""))
    rows = [
        ListRow(status, word, meaning, source)
        for status, (word, meaning), source in zip(
            _filled(offered, length, ""), pairs, _filled(sources, length, ""), strict=True
        )
    ]
    return Sheet(
        name=LISTS,
        title="Lists: what the dropdowns offer, and what each status means",
        table="Lists",
        columns=(
            Column("Statuses offered", 40, lambda r: r.offered or None, entry=True),
            Column("Status words", 40, lambda r: r.words or None, entry=True),
            Column("Meaning", 28, lambda r: r.meaning or None, entry=True),
            Column("Sources offered", 34, lambda r: r.source or None, entry=True),
        ),
        rows=rows,
        notes=(
            "To offer a status, type it below the last of Statuses offered; and below the last of Status words, with its Meaning.",
            "Blank cells only mean that one list is shorter than another. Leads are offered from Posts and the plan itself.",
        ),
        hidden=True,
    )


def _filled(values: Sequence[Any], length: int, empty: Any) -> list[Any]:
    return [*values, *[empty] * (length - len(values))]


def meanings_of(plan: Plan | None) -> Mapping[str, str]:
    """What each status means, in words: the plan's own first, then what councils use.

    >>> meanings_of(None)["Achieved"]
    'Complete'

    Words that differ only in case are the same to Excel, and stand once.
    """
    settings = plan.settings if plan is not None else _DEFAULTS
    own = [m.status.raw for m in plan.milestones] if plan is not None else []
    meanings: dict[str, str] = {}
    seen: set[str] = set()
    for word in (*settings.statuses, *own, *_STANDARD, *settings.colours):
        text = " ".join(word.split())
        if text and text.casefold() not in seen:
            seen.add(text.casefold())
            value = read_status(text, colours=settings.colours).value
            meanings[text] = MEANINGS[value]
    return meanings


def _statuses_offered(plan: Plan | None) -> list[str]:
    settings = plan.settings if plan is not None else _DEFAULTS
    own = list(settings.statuses)
    if not own and plan is not None:
        own = [" ".join(m.status.raw.split()) for m in plan.milestones if m.status.raw]
    offered = {word.casefold(): word for word in reversed(own) if len(word) <= _LONGEST_OFFERED}
    offered = dict(reversed(offered.items()))
    covered = {read_status(word, colours=settings.colours).value for word in offered.values()}
    more = [word for word in _OFFERED if read_status(word).value not in covered]
    return [*offered.values(), *(word for word in more if word.casefold() not in offered)]


def _sources(plan: Plan | None) -> list[str]:
    own = dict.fromkeys(m.source for m in plan.milestones if m.source) if plan is not None else {}
    return list(own) or list(_SOURCES)


def name_lists(book: Any, page: Any, sheet: Sheet[ListRow]) -> None:
    """Give the names by which dropdowns call the lists, and a dropdown for Meaning."""
    first = len(sheet.notes) + 3  # counted from 1
    last = first + 999
    for name, letter in ((STATUS_CHOICES, "A"), (SOURCE_CHOICES, "D")):
        area = f"{LISTS}!${letter}${first}:${letter}${last}"
        book.define_name(name, f"={LISTS}!${letter}${first}:INDEX({area},MAX(1,COUNTA({area})))")
    page.data_validation(
        first - 1, 2, first + len(sheet.rows) - 2, 2,
        {"validate": "list", "source": f"={MEANING_CHOICES}",
         "error_title": "Not one of the meanings", "error_message": "Choose one from the list."},
    )  # fmt: skip


__all__ = [
    "ListRow", "SettingRow", "check_posts", "check_settings", "choices_of", "lists_sheet",
    "meanings_of", "name_lists", "posts_sheet", "said", "settings_sheet",
]  # fmt: skip
