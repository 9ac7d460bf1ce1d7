"""Settings: what an officer may decide, each with its default. Read from a sheet or a file elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# What a lead is asked for; "revised" is a proposed date with its reason.
RETURN_COLUMNS = ("status", "revised", "comments", "evidence", "completed")


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
    """

    council: str = ""
    reporting_date: date | None = None
    due_soon_days: int | None = None
    most_moves: int | None = None
    moves_need_approval: bool = True
    ask_for_evidence: bool = False
    answer_within: int | None = None
    return_columns: tuple[str, ...] = RETURN_COLUMNS
    refuse_beyond_limit: bool = False
    backups_kept: int = 10
    statuses: tuple[str, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, RuleChange] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()  # names of settings that agsxl does not know
