"""The words an officer reads on screen for the terms of the code (FIELD: "Words on screen")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

# The twelve headings of a master plan, by the names of the columns in code and JSON.
TWELVE: Mapping[str, str] = {
    "ref": "Ref", "theme": "Improvement Theme", "outcome": "Outcome", "source": "Source",
    "milestone": "Milestones", "action_by": "Officer or Member action", "timescale": "Timescale",
    "member_lead": "Member Lead", "smt_lead": "SMT Lead", "status": "Status",
    "revised": "Revised target date", "comments": "Comments",
}  # fmt: skip
# These, and the columns beside the twelve that are known where a plan has them.
COLUMNS: Mapping[str, str] = {
    **TWELVE,
    "baseline": "Baseline date",
    "completed": "Date completed",
    "evidence": "Evidence",
    "verified_by": "Verified by",
    "approved_by": "Revised date approved by",
    "reason": "Reason for revision",
    "previous_ref": "Previous Ref",
}
# The columns that the master's own formulas fill, in their order.
COMPUTED = (
    "Current target date", "Slippage (days)", "Days overdue", "Timeliness", "Meaning of status",
)  # fmt: skip
SEVERITIES: Mapping[str, str] = {
    "error": "Must fix",
    "warning": "Should check",
    "note": "For information",
}
TIMELINESS: Mapping[str, str] = {
    "complete": "Complete",
    "superseded": "Superseded",
    "overdue": "Overdue",
    "due": "Due soon",
    "later": "Not yet due",
    "undated": "No date",
}
BASES: Mapping[str, str] = {
    "actual": "Completed: date completed against original",
    "revised": "Revised date against original",
    "not moved": "Not moved",
    "no baseline": "Moved, but the original is not a date",
    "completion date unknown": "Complete, date completed not known",
    "undated": "No date",
}
REASONS: Mapping[str, str] = {
    "overdue": "Overdue",
    "no status": "No status",
    "undated": "No date",
    "off target": "Off target",
    "due": "Due soon",
    "question": "Question",
    "no reply": "No reply last month",
    "evidence": "Evidence wanted",
}
# The sheets that agsxl keeps in a master.
CHANGE_LOG, SNAPSHOTS, CHASE_LOG = "Change log", "Snapshots", "Chase log"
CHECKS, SLIPPAGE, CHASERS, REPLIES = "Checks", "Slippage", "Chasers", "Replies"
LAST_YEAR = "Issues of last year"  # how the issues of the year before were resolved
START, DASHBOARD, POSTS, SETTINGS, LISTS = "Start", "Dashboard", "Posts", "Settings", "Lists"
WORKINGS = "Workings"  # the formulas that Start and the Dashboard are drawn from
# Those of a master that show what the others hold: nothing is read there.
DRAWN = (START, DASHBOARD, LISTS, WORKINGS)
# Those of them that it writes itself, and where no plan is looked for.
OWN_SHEETS = (CHANGE_LOG, SNAPSHOTS, CHASE_LOG, CHECKS, SLIPPAGE, CHASERS, REPLIES, LAST_YEAR)
OUTCOMES: Mapping[str, str] = {
    "master only": "Only the plan changed",
    "returned only": "Only the lead changed it",
    "same change": "The same on both sides",
    "conflict": "Both changed it",
    "proposed date": "Date proposed",
    "not allowed": "Not for a return to change",
    "invalid": "Cannot be used as it stands",
    "added": "Row added by the lead",
    "withdrawn": "Row taken out by the lead",
    "withdrawn but edited": "Gone on one side, changed on the other",
}
# How a note begins that an update adds to the comments of a milestone whose date moved, after who and when.
DATE_MOVED = "date moved to"
DECISIONS: Mapping[str, str] = {"keep": "Keep plan", "take": "Take lead's"}


def spoken(day: date) -> str:
    """``spoken(date(2017, 6, 4))`` is "4 June 2017"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# Not strftime: that speaks the language of the computer it runs on.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
