"""The tables beside the plan: Posts and Settings, from a sheet, a CSV or ``agsxl.toml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agsxl.dates import read_target
from agsxl.errors import SettingsError
from agsxl.grid import CellError, Formula, Grid, Value, cell_address
from agsxl.layout.headings import normal
from agsxl.posts import Posting, Posts, is_address
from agsxl.rules import Severity, find_rule
from agsxl.settings import (
    DRAFTS,
    FOLDER,
    NO_SECURITY,
    SMTP,
    STARTTLS,
    TLS,
    RuleChange,
    Settings,
    financial_year,
)
from agsxl.statuses import StatusValue, read_status
from agsxl.words import spoken

# -- posts -------------------------------------------------------------------------------------

_POSTS_COLUMNS = {
    "post": ("post", "smt lead", "job title", "role", "title"),
    "person": ("person", "name", "post holder", "postholder", "holder", "officer"),
    "email": ("email", "e-mail", "email address", "e-mail address"),
    "starts": ("from", "start", "starts", "start date", "since"),
    "ends": ("to", "end", "ends", "end date", "until", "left"),
    "deputy": ("deputy", "deputises", "deputy post", "deputised by"),
    "escalates_to": ("escalates to", "escalation", "escalate to", "line manager", "reports to"),
    "leave_from": ("leave from", "on leave from", "away from", "absent from", "leave starts"),
    "leave_to": (
        "leave to", "on leave to", "leave until", "on leave until", "away until", "absent to",
        "absent until", "leave ends",
    ),
}  # fmt: skip

_POSTS_DAYS = {"starts": "first", "ends": "last", "leave_from": "first", "leave_to": "last"}


def find_posts(grids: Iterable[Grid]) -> Grid | None:
    """The sheet of posts, if there is one: it is called Posts."""
    return next((grid for grid in grids if normal(grid.name) == "posts"), None)


def read_posts(grid: Grid, file: str) -> Posts:
    """The posts table of a sheet or CSV.

    Its headings are Post, Person, Email, From, To, Deputy, Escalates to, Leave from and Leave to, in
    any order; only Post is needed. Raises SettingsError where there is no such table, a date cannot
    be read, or something ends before it begins.
    """
    for number, cells in enumerate(grid.rows[:50], 1):
        columns = _posts_columns(cells)
        if "post" in columns and len(columns) > 1:
            rows = enumerate(grid.rows[number:], number + 1)
            return Posts(
                tuple(
                    _posting(r, c, columns, grid, file)
                    for r, c in rows
                    if _text(c, columns, "post")
                )
            )
    raise SettingsError(
        f"{file} has no table of posts: it needs the headings Post and Person (and Email, From, To, "
        "Deputy, Escalates to, Leave from, Leave to)."
    )


def own_posts_columns(grid: Grid) -> tuple[str, ...]:
    """The headings of a posts table that are the officer's own: nothing reads what stands below them.

    >>> own_posts_columns(Grid("Posts", [["Post", "Person", "Telephone"]]))
    ('Telephone',)
    """
    for cells in grid.rows[:50]:
        columns = _posts_columns(cells)
        if "post" in columns and len(columns) > 1:
            known = set(columns.values())
            return tuple(
                " ".join(cell.split())
                for index, cell in enumerate(cells)
                if index not in known and isinstance(cell, str) and cell.strip()
            )
    return ()


def posting_cells(grid: Grid, known: Iterable[str]) -> tuple[str, ...]:
    """The cells of the Posts sheet that hold a person, by any of their names or addresses, or their leave.

    >>> grid = Grid("Posts", [["Post", "Person"], ["Head of Law", "Ann Lee"]])
    >>> posting_cells(grid, ["ann lee"])
    ('B2',)
    """
    wanted = {" ".join(each.casefold().split()) for each in known}
    found = []
    columns: dict[str, int] = {}
    for number, cells in grid.numbered():
        if not columns:
            named = _posts_columns(cells)
            columns = named if "post" in named and len(named) > 1 else {}
            continue
        texts = {name: _text(cells, columns, name) for name in columns}
        own = any(_is_of(texts.get(name, ""), wanted) for name in ("person", "email"))
        for name, index in columns.items():
            named_there = name in _NAMING and _is_of(texts[name], wanted)
            if texts[name] and (named_there or (own and name in _PERSONAL)):
                found.append(cell_address(number, index + 1))
    return tuple(found)


_PERSONAL = ("person", "email", "leave_from", "leave_to")
_NAMING = ("person", "email", "deputy", "escalates_to")


def _is_of(text: str, wanted: Collection[str]) -> bool:
    """Whether a cell names a person: a name, an address, or "name <address>"."""
    named = re.fullmatch(r"(.*?)\s*<(.*)>", text)
    parts = [text, *(named.groups() if named else ())]
    return any(" ".join(part.casefold().split()) in wanted for part in parts)


def _posts_columns(cells: list[Value]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        name = normal(cell) if isinstance(cell, str) else ""
        for column, names in _POSTS_COLUMNS.items():
            if name in names:
                found.setdefault(column, index)
    return found


def _text(cells: list[Value], columns: Mapping[str, int], column: str) -> str:
    index = columns.get(column)
    value = _plain(cells[index]) if index is not None and index < len(cells) else None
    return " ".join(str(value).split()) if value is not None else ""


def _posting(
    row: int, cells: list[Value], columns: Mapping[str, int], grid: Grid, file: str
) -> Posting:
    where = f"line {grid.row_name(row)}" if grid.lines else f"sheet {grid.name!r}, row {row}"
    days: dict[str, date | None] = {}
    for column, edge in _POSTS_DAYS.items():
        index = columns.get(column)
        target = read_target(
            _plain(cells[index]) if index is not None and index < len(cells) else None
        )
        if target.raw and not (target.certain and target.latest):
            raise SettingsError(
                f"In the posts table ({file}, {where}) {target.raw!r} is not a date; enter one such "
                "as 01/07/2026, or leave it blank."
            )
        days[column] = target.earliest if edge == "first" else target.latest
    for first, last, what in (
        ("starts", "ends", "the post ends"),
        ("leave_from", "leave_to", "the leave ends"),
    ):
        begins, over = days[first], days[last]
        if begins is not None and over is not None and over < begins:
            raise SettingsError(
                f"In the posts table ({file}, {where}) {what} on {spoken(over)}, before it begins on "
                f"{spoken(begins)}; correct one of the two."
            )
    texts = {
        name: _text(cells, columns, name)
        for name in ("post", "person", "email", "deputy", "escalates_to")
    }
    if normal(texts["person"]) in ("vacant", "vacancy", "tbc", "none"):
        texts["person"] = ""
    return Posting(
        starts=days["starts"],
        ends=days["ends"],
        leave_from=days["leave_from"],
        leave_to=days["leave_to"],
        **texts,
    )


def _plain(value: Value) -> Any:
    if isinstance(value, Formula):
        value = value.cached
    return None if isinstance(value, CellError) else value


# -- settings ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """A setting: its name on the sheet and in ``agsxl.toml``, its default, one line of help."""

    name: str
    field: str
    default: str
    help: str
    read: Callable[[Any], Any]

    @property
    def toml_name(self) -> str:
        """Its name as a key of ``agsxl.toml``."""
        return self.name.lower().replace(" ", "-")


def _day(value: Any) -> date:
    target = read_target(value)
    if not (target.certain and target.latest and target.earliest == target.latest):
        raise ValueError("a date such as 30/09/2017")
    return target.latest


def _year(value: Any) -> str:
    return financial_year(str(value))


def _count(value: Any, most: int = 3_650) -> int:
    try:
        number = int(str(value).strip())
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise ValueError("a whole number")
    return number


def _yes(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ("yes", "no", "true", "false"):
        raise ValueError("yes or no")
    return word in ("yes", "true")


_ANSWERS = {
    "status": "status", "proposed date": "revised", "comment": "comments", "evidence": "evidence",
    "date completed": "completed",
}  # fmt: skip


def _answers(value: Any) -> tuple[str, ...]:
    words = [word.casefold() for word in _words(value)]
    if not words or any(word not in _ANSWERS for word in words):
        raise ValueError("some of: Status; Proposed date; Comment; Evidence; Date completed")
    return tuple(dict.fromkeys(_ANSWERS[word] for word in words))


def _beyond(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ("ask", "refuse"):
        raise ValueError("ask or refuse")
    return word == "refuse"


def _words(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value).split(";")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _one_or_more(value: Any, most: int = 1_200) -> int:
    number = _count(value, most)
    if not number:
        raise ValueError("a whole number from 1")
    return number


def _port(value: Any) -> int:
    try:
        return _one_or_more(value, 65_535)
    except ValueError:
        raise ValueError("a whole number from 1 to 65535, such as 587") from None


def _person(value: Any) -> str:
    return " ".join(str(value).split())


def _folder(value: Any) -> str:
    text = str(value).strip()
    if not text.isprintable():
        raise ValueError("the name or the path of a folder")
    return text


def _address(value: Any) -> str:
    text = str(value).strip()
    if not is_address(text):
        raise ValueError("one email address such as governance@wexcombe.example, without a name")
    return text


def _server(value: Any) -> str:
    text = str(value).strip()
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", text):
        raise ValueError(
            "the name of a mail server such as smtp.wexcombe.example, its port being a setting of its own"
        )
    return text


def _user(value: Any) -> str:
    text = str(value).strip()
    if not text.isprintable() or len(text.split()) != 1:
        raise ValueError("the name that the mail server knows you by, without blanks")
    return text


def _one_of(words: Mapping[str, str], wanted: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        word = normal(str(value))
        if word not in words:
            raise ValueError(wanted)
        return words[word]

    return read


_WAYS = {
    "drafts": DRAFTS, "draft": DRAFTS, "smtp": SMTP, "mail server": SMTP, "folder": FOLDER,
    "mail merge": FOLDER,
}  # fmt: skip
_SECURITIES = {
    "starttls": STARTTLS, "tls": TLS, "ssl": TLS, "ssl/tls": TLS, "none": NO_SECURITY, "no": NO_SECURITY,
}  # fmt: skip

KEYS: tuple[Key, ...] = (
    Key("Council", "council", "", "The council's name, as it appears on what is sent and printed.", str),
    Key("Year of the plan", "year", "",
        "The plan's financial year, such as 2018/19; 'agsxl roll' sets it.", _year),
    Key("Reporting date", "reporting_date", "today", "The day the plan is judged on.", _day),
    Key("Due soon days", "due_soon_days", "to the end of next month",
        "How many days ahead count as due soon.", _count),
    Key("Most date moves allowed", "most_moves", "no limit",
        "How often the date of a milestone may move before it is a data query.", _count),
    Key("Moves need approval", "moves_need_approval", "yes",
        "Whether a moved date must say who approved it, where the plan has a column for that.", _yes),
    Key("Ask for evidence", "ask_for_evidence", "no",
        "Whether leads are asked for evidence of what is complete.", _yes),
    Key("Dates beyond the limit", "refuse_beyond_limit", "ask",
        "Whether a proposed date that would be one move too many is put to you (ask) or refused.", _beyond),
    Key("Columns a return may change", "return_columns",
        "Status; Proposed date; Comment; Evidence; Date completed",
        "What a lead's return may change; anything else in it is shown and left alone.", _answers),
    Key("Answer within working days", "answer_within", "no day is named",
        "How many working days after the reporting date leads are asked to answer.", _count),
    Key("Backups kept", "backups_kept", "10",
        "How many copies of the plan, as it was before each update, are kept beside it.", _count),
    Key("Replies folder", "replies_folder", "replies",
        "The folder that leads' returns are read from: beside the plan, or its whole path.", _folder),
    Key("Officer", "officer", "", "The governance officer's name: whom leads may ask about a message.", _person),
    Key("Sender name", "sender_name", "the officer's name", "The name that messages come from.", _person),
    Key("Sender address", "sender", "", "The email address that messages come from.", _address),
    Key("Answer to", "reply_to", "the sender's address", "The email address that leads answer to.", _address),
    Key("Send by", "send_by", DRAFTS,
        "How messages go out: drafts (opened and sent in Outlook), mail server, or folder (for a mail merge).",
        _one_of(_WAYS, "drafts, mail server or folder")),
    Key("Mail server", "mail_server", "", "The mail server's name, where messages go out by it.", _server),
    Key("Mail port", "mail_port", "the usual one", "The mail server's port: 587 or 465 as a rule.", _port),
    Key("Mail security", "mail_security", STARTTLS,
        "How the line to the mail server is made private: starttls, tls (from the first byte) or none.",
        _one_of(_SECURITIES, "starttls, tls or none")),
    Key("Mail user", "mail_user", "",
        "The name you log in to the mail server with. The password never stands here: 'agsxl mail-password' keeps it.", _user),
    Key("Rounds before escalation", "rounds_before_escalation", "3",
        "After how many rounds without any answer the person under Escalates to is copied into the next.",
        _one_or_more),
    Key("Months the chase log is kept", "keep_log_months", "24",
        "How long the chase log keeps who was asked; after that 'agsxl forget' leaves the counts only.",
        _one_or_more),
    Key("Status words", "statuses", "any", "The plan's own statuses, with semicolons between them.", _words),
)  # fmt: skip
_BY_NAME = {key.name.casefold(): key for key in KEYS}
_COLOUR, _RULE = "colour ", "rule "


def find_settings(grids: Iterable[Grid]) -> Grid | None:
    """The sheet of settings, if there is one: it is called Settings."""
    return next((grid for grid in grids if normal(grid.name) == "settings"), None)


def read_settings(grid: Grid, file: str) -> Settings:
    """The Settings sheet: Setting, Value, Reason. A row for each setting, rule and colour.

    Raises SettingsError for a value that a setting cannot have, naming the cell. A name that agsxl
    does not know is kept in ``Settings.unknown`` and shown.
    """
    entries = []
    for row, cells in grid.numbered():
        cells = [_plain(cell) for cell in cells] + [None, None, None]
        name = str(cells[0] or "").strip()
        if not name or cells[1] is None or normal(name) in ("setting", "settings"):
            continue
        entries.append(
            (
                name,
                cells[1],
                str(cells[2] or "").strip(),
                f"{file}, sheet {grid.name!r}, cell B{row}",
            )
        )
    return _settings(entries)


def setting_reasons(grid: Grid | None) -> dict[str, str]:
    """What stands under Reason on the Settings sheet, by the setting's name in lower case.

    >>> setting_reasons(Grid("Settings", [["Due soon days", 30, "As Cabinet asked"]]))
    {'due soon days': 'As Cabinet asked'}
    """
    if grid is None:
        return {}
    lines = [[_plain(cell) for cell in cells] + [None, None, None] for cells in grid.rows]
    named = [(str(name or "").strip().casefold(), reason) for name, _, reason, *_ in lines]
    return {
        name: str(reason).strip()
        for name, reason in named
        if name and reason is not None and name != "setting"
    }


def settings_from_toml(text: str, file: str) -> Settings:
    """``agsxl.toml``: the same settings as keys, with [rules] and [colours] as tables.

    Raises SettingsError for text that is no TOML, and as ``read_settings`` does.
    """
    import tomllib

    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"{file} is not valid: {fault}.") from None
    entries = []
    for name, value in values.items():
        if name == "rules" and isinstance(value, dict):
            for code, change in value.items():
                level, reason = (
                    (change.get("level", ""), change.get("reason", ""))
                    if isinstance(change, dict)
                    else (change, "")
                )
                entries.append((f"Rule {code}", level, str(reason), f"{file}, [rules] {code}"))
        elif name in ("colours", "colors") and isinstance(value, dict):
            entries += [(f"Colour {c}", v, "", f"{file}, [colours] {c}") for c, v in value.items()]
        else:
            entries.append((name.replace("-", " ").replace("_", " "), value, "", f"{file}, {name}"))
    return _settings(entries)


def _settings(entries: list[tuple[str, Any, str, str]]) -> Settings:
    values: dict[str, Any] = {}
    seen: dict[str, str] = {}
    colours: dict[str, str] = {}
    rules: dict[str, RuleChange] = {}
    unknown = []
    for name, value, reason, where in entries:
        lowered = normal(name)
        _refuse_password(name, value, reason, where)
        if lowered in seen:
            raise SettingsError(
                f"The setting {name!r} is given twice: in {seen[lowered]} and in {where}."
            )
        seen[lowered] = where
        key = _BY_NAME.get(lowered)
        if key is not None:
            try:
                values[key.field] = key.read(value)
            except ValueError as wanted:
                raise SettingsError(
                    f"The setting {key.name!r} ({where}) needs {wanted}, not {value!r}."
                ) from None
        elif lowered.startswith(_COLOUR):
            colours[lowered.removeprefix(_COLOUR).strip()] = _status_word(value, where)
        elif lowered.startswith(_RULE):
            code, change = _rule_change(name.split(maxsplit=1)[1].strip(" :"), value, reason, where)
            rules[code] = change
        else:
            unknown.append(name)
    return Settings(**values, colours=colours, rules=rules, unknown=tuple(unknown))


_SECRET = re.compile(
    r"pass[\s_-]*(?:word|wd|phrase|code)|\bpwd\b|\bsecret\b|\bapi[\s_-]*key\b", re.I
)
_GIVEN = re.compile(
    rf"(?:{_SECRET.pattern})\s*[:=]\s*\S|^(?!mailto:)(?:\w+://)?[^\s:@/]+:[^\s@]+@", re.I
)
_OF_MAIL = frozenset(
    {"mail server", "mail user", "mail port", "mail security", "sender address", "answer to"}
)


def _refuse_password(name: str, value: Any, reason: str, where: str) -> None:
    """Raise SettingsError for a setting that is, or holds, a password; it is not repeated."""
    lowered = normal(name)
    known = lowered in _BY_NAME or lowered.startswith((_RULE, _COLOUR))
    named = not known and bool(_SECRET.search(name) or _inner_password(value))
    looked_at = () if known and lowered not in _OF_MAIL else (str(value), reason)
    if named or any(_GIVEN.search(text) for text in looked_at):
        raise SettingsError(
            f"A password must not stand in the settings ({where}), where others can read it: take it out "
            "and change it, then keep the new one in the system's keyring with 'agsxl mail-password', or "
            "in the environment variable AGSXL_MAIL_PASSWORD."
        )


def _inner_password(value: Any) -> bool:
    """Whether a table of ``agsxl.toml`` has a key that is called a password."""
    if not isinstance(value, dict):
        return False
    return any(_SECRET.search(str(key)) or _inner_password(inner) for key, inner in value.items())


def _status_word(value: Any, where: str) -> str:
    word = read_status(value).value
    if word in (StatusValue.BLANK, StatusValue.UNKNOWN):
        choices = "; ".join(v for v in StatusValue if v and v != StatusValue.UNKNOWN)
        raise SettingsError(
            f"The colour ({where}) must stand for one of these: {choices}; not {value!r}."
        )
    return word


def _rule_change(code: str, value: Any, reason: str, where: str) -> tuple[str, RuleChange]:
    try:
        rule = find_rule(code)
    except SettingsError as fault:
        raise SettingsError(f"{fault} It is named in {where}.") from None
    level = {"false": "off", "true": "on"}.get(
        str(value).strip().lower(), str(value).strip().lower()
    )
    level = {"must fix": "error", "should check": "warning", "for information": "note"}.get(
        level, level
    )
    if level not in ("on", "off", *Severity):
        raise SettingsError(
            f"The rule {rule.code} ({where}) can be on, off, error, warning or note, not {value!r}."
        )
    return rule.code, RuleChange(level, reason)
