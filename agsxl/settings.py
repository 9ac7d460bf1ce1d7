"""Settings: what an officer may decide, each with its default. Read from a sheet or a file elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# What a lead is asked for; "revised" is a proposed date with its reason.
RETURN_COLUMNS = ("status", "revised", "comments", "evidence", "completed")

# How messages go out, and how the line to a mail server is made private.
DRAFTS, SMTP, FOLDER = "drafts", "smtp", "folder"
STARTTLS, TLS, NO_SECURITY = "starttls", "tls", "none"


_YEAR = re.compile(r"(\d{4})\s*(?:/|-|–|\bto\b)\s*(\d{4}|\d\d)", re.I)


def financial_year(text: str) -> str:
    """A financial year as it is written here, April to March, from the ways people write it.

    >>> financial_year("2018-19"), financial_year("1999 to 2000")
    ('2018/19', '1999/00')

    Raises ValueError for anything but two years that follow each other.
    """
    found = _YEAR.fullmatch(text.strip())
    if found is not None and 1990 <= int(found[1]) <= 2098:
        first, second = int(found[1]), found[2]
        if str(first + 1).endswith(second):
            return f"{first}/{(first + 1) % 100:02}"
    raise ValueError("a financial year of two years that follow each other, such as 2018/19")


def year_of(day: date) -> str:
    """The financial year that holds a day: ``year_of(date(2018, 3, 31))`` is "2017/18"."""
    first = day.year - (day.month < 4)
    return f"{first}/{(first + 1) % 100:02}"


def first_day(year: str) -> date:
    """The day a financial year begins on: ``first_day("2018/19")`` is 1 April 2018."""
    return date(int(year[:4]), 4, 1)


def other_year(year: str, by: int) -> str:
    """A financial year so many years later: ``other_year("2018/19", -1)`` is "2017/18"."""
    first = int(year[:4]) + by
    return f"{first}/{(first + 1) % 100:02}"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule switched on or off, or given another severity, and why."""

    level: str  # "off", "on", "error", "warning" or "note"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default.

    >>> Settings(council="Wexcombe Borough Council", most_moves=1).due_soon_days is None
    True

    ``due_soon_days`` None means: to the end of the next month. ``most_moves`` None means that no
    policy limits how often a date may move. ``return_columns`` are those a return may change, by
    the names of ``agsxl show``; ``answer_within`` counts working days from the reporting date.
    ``sender`` and ``reply_to`` are addresses, ``officer`` and ``sender_name`` names; ``send_by`` is
    DRAFTS, SMTP or FOLDER, ``mail_security`` STARTTLS, TLS or NO_SECURITY; ``mail_port`` None means the
    usual one. ``year`` is the plan's financial year ("2018/19"). ``replies_folder`` is a path, from the plan's folder where it is not a whole one.
    ``rounds_before_escalation`` counts rounds without an answer, ``keep_log_months`` whole months.
    There is no password among them, and none may be: see ``layout.tables``.
    """

    council: str = ""
    year: str = ""
    reporting_date: date | None = None
    due_soon_days: int | None = None
    most_moves: int | None = None
    moves_need_approval: bool = True
    ask_for_evidence: bool = False
    answer_within: int | None = None
    return_columns: tuple[str, ...] = RETURN_COLUMNS
    refuse_beyond_limit: bool = False
    backups_kept: int = 10
    replies_folder: str = "replies"
    officer: str = ""
    sender_name: str = ""
    sender: str = ""
    reply_to: str = ""
    send_by: str = DRAFTS
    mail_server: str = ""
    mail_port: int | None = None
    mail_security: str = STARTTLS
    mail_user: str = ""
    rounds_before_escalation: int = 3
    keep_log_months: int = 24
    statuses: tuple[str, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, RuleChange] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()  # names of settings that agsxl does not know

    @property
    def answers_to(self) -> str:
        """The address that leads answer to: the one set, else the sender's."""
        return self.reply_to or self.sender
