"""S: what the status says, against the dates and the comments."""

from __future__ import annotations

import re

from agsxl.dates import Kind
from agsxl.plan import Milestone
from agsxl.rules.engine import Context, Report, Reports, Severity, rule
from agsxl.settings import Settings
from agsxl.statuses import OFF_TARGET, StatusValue
from agsxl.texts import Prose, counted
from agsxl.words import DATE_MOVED, spoken

_NO_DATE = frozenset({Kind.BLANK, Kind.TBC, Kind.EVENT, Kind.UNREADABLE})
COMPLETE, ON_TARGET = StatusValue.COMPLETE, StatusValue.ON_TARGET


@rule(
    "S401", "missing-status", "No status", Severity.ERROR, column="status", lead=True,
    bad=[{"status": ""}], good=[{"status": "On target"}],
)  # fmt: skip
def missing_status(milestone: Milestone, context: Context) -> Reports:
    """Every milestone has a status.

    Why: nobody can say whether it is done.
    Fix: ask the lead.
    """
    if milestone.status.value != StatusValue.BLANK or not context.plan.has("status"):
        return None
    return Report(f"{milestone.called} has no status.")


@rule(
    "S402", "unknown-status", "Status that cannot be read", Severity.WARNING, column="status",
    bad=[{"status": "See Bob"}, {"status": "Amber"}], good=[{"status": "On track"}],
)  # fmt: skip
def unknown_status(milestone: Milestone, context: Context) -> Reports:
    """A status is one that agsxl knows.

    Why: it counts as open, and as neither on nor off target. A colour alone says nothing until
    Settings say what it stands for: councils disagree about amber.
    Fix: use the plan's own words, or set what the colour means in Settings.
    """
    if milestone.status.value != StatusValue.UNKNOWN:
        return None
    return Report(f"The status {milestone.status.raw!r} is not one that agsxl knows.")


@rule(
    "S403", "off-target-without-revised-date", "Off target, no revised date", Severity.WARNING,
    column="revised", lead=True, looks_at="open", bad=[{"status": "Off target"}, {"status": "Time delay"}],
    good=[{"status": "Off target", "revised": "31/12/2017"}, {"status": "On target"}],
)  # fmt: skip
def off_target_without_revised_date(milestone: Milestone, context: Context) -> Reports:
    """A milestone that is off target has a revised date.

    Why: nobody knows by when it will now be done.
    Fix: ask the lead for a date and the reason.
    """
    if milestone.status.value not in OFF_TARGET or milestone.revised.kind not in _NO_DATE:
        return None
    said = f" ({milestone.revised.raw!r} is none)" if milestone.revised.raw else ""
    return Report(f"{milestone.called} is off target and has no revised date{said}.")


@rule(
    "S404", "off-target-without-comment", "Off target, no comment", Severity.WARNING,
    column="comments", lead=True, looks_at="open", bad=[{"status": "Off target", "comments": ""}],
    good=[{"status": "Off target", "comments": "Two posts are vacant."}],
)  # fmt: skip
def off_target_without_comment(milestone: Milestone, context: Context) -> Reports:
    """A milestone that is off target says why.

    Why: the committee asks.
    Fix: ask the lead what holds it up and what is done about it.
    """
    if milestone.status.value not in OFF_TARGET or milestone.comments or milestone.reason:
        return None
    return Report(f"{milestone.called} is off target and nothing says why.")


@rule(
    "S405", "on-target-yet-overdue", "On target, yet overdue", Severity.ERROR, column="status",
    lead=True, looks_at="open", bad=[{"status": "On target", "timescale": "31/08/17"}],
    good=[{"status": "On target", "timescale": "30/09/17"}],
)  # fmt: skip
def on_target_yet_overdue(milestone: Milestone, context: Context) -> Reports:
    """What is on target has not passed its date.

    Why: the plan contradicts itself, and the committee sees green.
    Fix: ask the lead: is it complete, or is there a new date?
    """
    forecast = milestone.forecast
    if milestone.status.value != ON_TARGET or forecast is None or forecast >= context.as_of:
        return None
    late = (context.as_of - forecast).days
    return Report(
        f"{milestone.status.raw!r}, but {spoken(forecast)} passed {counted(late, 'day')} ago."
    )


@rule(
    "S406", "on-target-against-revised-date", "On target only against a revised date",
    Severity.WARNING, column="status",
    looks_at="moved", bad=[{"status": "On target", "timescale": "24/05/17", "revised": "31/03/18"}],
    good=[{"status": "On target", "timescale": "31/03/18"}],
)  # fmt: skip
def on_target_against_revised_date(milestone: Milestone, context: Context) -> Reports:
    """What is called on target is on target against its original date.

    Why: a date that moved by a year is on target only because it moved; say so.
    Fix: use the status for "off target, recovery planned", or say in the comments which target.
    """
    revised, baseline = milestone.revised_date, milestone.baseline
    if milestone.status.value != ON_TARGET or revised is None:
        return None
    if baseline is None:
        return Report("On target against a revised date; the original is not a date.")
    days = (revised - baseline).days
    if days <= 0:
        return None
    return Report(f"On target against a revised date, {counted(days, 'day')} after the original.")


@rule(
    "S407", "complete-without-evidence", "No evidence that it is complete", Severity.NOTE,
    column="comments", looks_at="complete",
    bad=[
        {"status": "Complete", "comments": ""},
        {"status": "Complete", "comments": "30/09/2017 (Head of Law): date moved to 31 March 2018: Tender; approved by Cabinet."},
    ],
    good=[{"status": "Complete", "comments": "Approved by Cabinet on 27 July 2017"}],
)  # fmt: skip
def complete_without_evidence(milestone: Milestone, context: Context) -> Reports:
    """What is complete says what shows it, in its evidence or its comments.

    Why: implementation is confirmed, not asserted (Global Internal Audit Standards 15.2).
    Fix: enter the minute, the link or the date that proves it.
    """
    if milestone.status.value != COMPLETE or says_something(milestone.evidence):
        return None
    if says_something(milestone.comments):
        return None
    return Report(f"{milestone.called} is complete; nothing says what shows it.")


_SAYS_NOTHING = frozenset(
    {"", "-", "--", "n/a", "na", "none", "nil", "tbc", "yes", "y", "complete", "completed", "done", "closed", "as above"}
)  # fmt: skip


# What agsxl itself adds to the comments when a date moves shows nothing of what was done.
_MOVED = re.compile(rf"\d\d/\d\d/\d{{4}} \([^()\n]*\): {DATE_MOVED} [^\n]*")


def says_something(text: str) -> bool:
    """Whether a comment can be evidence: "n/a" and "Completed" are none, nor a note that a date moved."""
    if DATE_MOVED in text:
        text = _MOVED.sub("", text).strip()
    return len(text) > 12 or text.strip(" .").casefold() not in _SAYS_NOTHING


@rule(
    "S408", "complete-before-its-date", "Complete before its date", Severity.NOTE,
    column="status", on=False, looks_at="complete", bad=[{"status": "Complete", "timescale": "31/12/17"}],
    good=[{"status": "Complete", "timescale": "30/09/17"}],
)  # fmt: skip
def complete_before_its_date(milestone: Milestone, context: Context) -> Reports:
    """What is complete has reached its date.

    Why: good news, or a status that was set on the wrong row.
    Fix: nothing, if it is good news.
    """
    forecast = milestone.forecast
    if milestone.status.value != COMPLETE or forecast is None or forecast <= context.as_of:
        return None
    return Report(
        f"{milestone.called} is complete, {counted((forecast - context.as_of).days, 'day')} early."
    )


_BEHIND = Prose(
    "behind|slip|delay|defer|postpone|target|not |will",
    r"\bbehind (?:schedule|target|programme|plan|timescale)|\b(?:has|have|is|was|are|been) (?:slipped|delayed|deferred|postponed)\b"
    r"|\bslippage\b|\bthere (?:is|has been|have been) (?:a |some )?delays?\b|\bnow delayed\b|\boff[- ]target\b|\bnot (?:on target|on track|be met|going to be met)\b|\bwill (?:not|miss)\b[^.]{0,30}\b(?:met|meet|deadline|target|date)\b",
)
_SAYS_DONE = re.compile(
    r"(?:now |all |fully |action )?(?:completed?|done|achieved|implemented|closed|delivered)(?:\s*[.;:,–-]|\s*$|\s+(?:and|in|on) )",
    re.I,
)
_SAYS_OPEN = re.compile(
    r"(?:still |work (?:is )?)?(?:in progress|on[- ]?going|under ?way|not (?:yet )?(?:started|complete|done)|part(?:ly|ially)? complete)\b",
    re.I,
)


@rule(
    "S409", "status-contradicts-comment", "Status and comment disagree", Severity.WARNING,
    column="status", lead=True,
    looks_at="commented", bad=[{"status": "On target", "comments": "Training is behind schedule."},
         {"status": "", "comments": "In progress. Draft to go to Cabinet."},
         {"status": "Not started", "comments": "Complete."}],
    good=[{"status": "Off target", "comments": "Training is behind schedule."},
          {"status": "Part complete", "comments": "Completed a service redesign; the rest follows."}],
)  # fmt: skip
def status_contradicts_comment(milestone: Milestone, context: Context) -> Reports:
    """The comment says what the status says.

    Why: one of the two is out of date, and the committee reads both.
    Fix: ask the lead which is right.
    """
    comment = milestone.comments
    if not comment:
        return None
    value, status = milestone.status.value, milestone.status.raw
    says = ""
    if value in (ON_TARGET, StatusValue.BLANK) and (found := _BEHIND.search(comment)):
        says = found.group()
    elif value not in (COMPLETE, StatusValue.PART_COMPLETE, StatusValue.SUPERSEDED) and (
        found := _SAYS_DONE.match(comment)
    ):
        says = found.group().rstrip(" .;:,–-")
    elif value in (StatusValue.BLANK, StatusValue.NOT_STARTED) and (
        found := _SAYS_OPEN.match(comment)
    ):
        says = found.group()
    if not says or (value == StatusValue.NOT_STARTED and "not" in says.lower()):
        return None
    if not status:
        return Report(f"The comment says {says!r}, and the status is blank.")
    return Report(f"The status is {status!r}, the comment says {says!r}.")


_OUTSTANDING = Prose(
    "outstanding|still|yet|remain|going|progress|continuing|to be completed|incomplete|further|awaiting",
    r"\boutstanding\b|\b(?:still|yet|remains?) (?:to be|to do|in progress|awaiting|being|needs?)\b|\bnot yet\b|\bremaining\b"
    r"|\b(?:work|action|review|training) (?:is )?(?:still )?(?:ongoing|on-going|in progress|continuing)\b|\bto be completed\b|\bincomplete\b"
    r"|\bfurther (?:work|action) (?:is )?(?:needed|required|to)\b|\bawaiting (?:approval|sign|final)",
)
_NONE_OUTSTANDING = re.compile(
    r"\b(?:no|none|nothing)\b[^.;]{0,25}\b(?:outstanding|remaining)\b|\bnot outstanding\b", re.I
)
_OPEN_WORDS = re.compile(
    r"\b(?:on[\s-]?going|in progress|part|outstanding|awaiting|pending|continu\w+|subject to|except)\b",
    re.I,
)


@rule(
    "S410", "complete-with-work-outstanding", "Complete, with work outstanding", Severity.WARNING,
    column="status", lead=True,
    looks_at="complete", bad=[{"status": "Complete (on going)"}, {"status": "Complete", "comments": "One module is still outstanding."}],
    good=[{"status": "Complete", "comments": "No actions outstanding."}],
)  # fmt: skip
def complete_with_work_outstanding(milestone: Milestone, context: Context) -> Reports:
    """What is complete has nothing left to do.

    Why: a milestone that is closed too early is never looked at again.
    Fix: ask the lead; if something is left, it is part complete.
    """
    if milestone.status.value != COMPLETE:
        return None
    found = _OPEN_WORDS.search(milestone.status.raw)
    if found:
        return Report(f"The status {milestone.status.raw!r} says that work goes on.")
    comment = milestone.comments
    found = _OUTSTANDING.search(comment) if comment else None
    if found and not _NONE_OUTSTANDING.search(comment):
        return Report(f"It is complete, but the comment says {found.group()!r}.")
    return None


@rule(
    "S411", "status-not-in-the-plans-key", "Status not in the plan's key", Severity.NOTE,
    column="status", on=False, settings=Settings(statuses=("Complete", "On target")),
    bad=[{"status": "Completed"}], good=[{"status": "complete"}, {"status": ""}],
)  # fmt: skip
def status_not_in_key(milestone: Milestone, context: Context) -> Reports:
    """A status is one of those that the plan's key lists (Settings).

    Why: a filter on "Complete" misses "Completed".
    Fix: choose it from the list.
    """
    key = context.settings.statuses
    raw = milestone.status.raw
    if not key or not raw or raw.casefold() in (word.casefold() for word in key):
        return None
    return Report(f"The status {raw!r} is not in the plan's key.")


_SUPERSEDED = Prose(
    "no |not |superseded|part of|merged|replaced|overtaken|subsumed|incorporated|withdrawn|cancelled",
    r"\b(?:no (?:longer|[a-z ]{0,20}?) ?(?:needed|required|applicable)|not (?:needed|required|applicable|proceeding)|superseded|"
    r"forms? part of|merged (?:with|into)|replaced by|overtaken by|subsumed|incorporated into|withdrawn|cancelled)\b",
)


@rule(
    "S412", "complete-yet-superseded", "Complete, or no longer needed?", Severity.NOTE,
    column="status", on=False,
    looks_at="complete", bad=[{"status": "Complete", "comments": "Now forms part of the new plan."}],
    good=[{"status": "Complete", "comments": "Approved by Cabinet."}],
)  # fmt: skip
def complete_yet_superseded(milestone: Milestone, context: Context) -> Reports:
    """What is called complete was done, not dropped.

    Why: the two are counted apart, and an auditor asks for evidence of the first only.
    Fix: give it the status for superseded, with what replaced it.
    """
    if milestone.status.value != COMPLETE or not milestone.comments:
        return None
    found = _SUPERSEDED.search(milestone.comments)
    return Report(f"It is complete, but the comment says {found.group()!r}.") if found else None


CATALOGUE = (
    missing_status, unknown_status, off_target_without_revised_date, off_target_without_comment,
    on_target_yet_overdue, on_target_against_revised_date, complete_without_evidence,
    complete_before_its_date, status_contradicts_comment, complete_with_work_outstanding,
    status_not_in_key, complete_yet_superseded,
)  # fmt: skip
