"""C: what the comments and texts say beside the columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from agsxl.dates import Kind, Target, find_dates
from agsxl.plan import Milestone
from agsxl.rules.engine import Context, Report, Reports, Severity, rule
from agsxl.statuses import OFF_TARGET
from agsxl.texts import Prose, leftover_markup, listed
from agsxl.words import spoken


class Said(NamedTuple):
    """A date that a comment gives for the milestone, with the words it stands in."""

    target: Target
    words: str


# A new target: "revised target date of", "now due for completion by", "moved to". A meeting's
# date ("Cabinet 6th September", "approved on 27 July") is none of these.
_NEW_TARGET = Prose(
    "date|deadline|target|timescale|moved|extended|deferred|postponed|rescheduled|delayed|back|slipped|profiled|now|completion|delivery|implementation|revised",
    r"(?:"
    r"\b(?:new|revised|amended|extended|updated|latest)\s+(?:(?:target|completion|due|implementation|delivery|end)\s+)?(?:date|dates|deadline|target|timescale)s?\b[^.;]{0,40}"
    r"|\b(?:revised|moved|extended|deferred|postponed|rescheduled|delayed|put back|pushed back|slipped|re-?profiled)\b[^.;]{0,60}\b(?:to|until|till)\s+(?:the\s+)?(?:end\s+(?:of\s+)?)?"
    r"|\b(?:completion|delivery|implementation)\s+(?:is\s+)?(?:now\s+)?(?:expected|due|scheduled|planned|anticipated)\b[^.;]{0,20}"
    r"|\bnow\s+(?:be\s+)?(?:due|expected|scheduled|planned|anticipated|likely|aiming)\b[^.;]{0,40}"
    r")$",
)
_PROMISE = Prose(
    "will|shall|to be|due|expected|scheduled|planned|anticipated|aim|intend|should",
    r"\b(?:will|shall|to be|due|expected|scheduled|planned|anticipated|aim(?:ing)?|intend(?:ed)?|should)\b[^.;]{0,70}$",
)
_DATED = (
    *tuple("0123456789"),
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "spring",
    "summer",
    "autumn",
    "winter",
)


@lru_cache(maxsize=4096)
def dates_said(comment: str, cue: Prose, reference: date | None) -> tuple[Said, ...]:
    """The dates of a comment that stand behind words of a kind, in order."""
    if not cue.occurs(comment) or not any(map(comment.lower().__contains__, _DATED)):
        return ()
    found, previous = [], 0
    for target, start, end in find_dates(comment, reference=reference):
        before = comment[previous:start]
        previous = end
        if cue.search(before):
            words = f"{before.split('.')[-1].strip()} {comment[start:end]}".strip()
            found.append(Said(target, words[-80:]))
    return tuple(found)


def _day(said: Said) -> date | None:
    return said.target.latest if said.target.certain else said.target.suggestion


@rule(
    "C501", "comment-date-disagrees", "Comment gives another date", Severity.WARNING,
    column="comments", lead=True,
    looks_at="moved", bad=[{"revised": "30/06/2018", "comments": "Vacancy in the team. New target date of 31/03/18"}],
    good=[{"revised": "31/03/2018", "comments": "New target date of March 2018"},
          {"revised": "30/06/2018", "comments": "Briefed the chairs on 07/06/17"}],
)  # fmt: skip
def comment_date_disagrees(milestone: Milestone, context: Context) -> Reports:
    """A new target date in the comment is the revised date of the plan.

    Why: the committee is told one date and the plan counts on another. Only a new target date
    counts, not the date of a meeting.
    Fix: ask the lead which it is.
    """
    revised = milestone.revised_date
    if revised is None or not milestone.comments or not milestone.open:
        return None
    said = dates_said(milestone.comments, _NEW_TARGET, revised)
    if not said or any(_agrees(each, revised) for each in said):
        return None
    other = said[-1]
    return Report(
        f"The revised target date is {spoken(revised)}, the comment says {other.words!r}.",
        suggestion=_day(other),
    )


def _agrees(said: Said, revised: date) -> bool:
    target = said.target
    if target.certain and target.earliest and target.latest:
        return target.earliest <= revised <= target.latest
    meant = target.suggestion
    return (
        meant is None
        or meant == revised
        or (
            target.kind is not Kind.EXACT
            and (meant.year, meant.month) == (revised.year, revised.month)
        )
    )


@rule(
    "C502", "promise-in-comment-passed", "Promise in the comment has passed", Severity.WARNING,
    column="comments", lead=True,
    looks_at="open", bad=[{"comments": "The draft will be finished by 31 July 2017."}],
    good=[{"comments": "The draft will be finished by 31 December 2017."},
          {"comments": "Discussed by Cabinet on 31 July 2017."},
          {"status": "Complete", "comments": "The draft will be finished by 31 July 2017."}],
)  # fmt: skip
def promise_in_comment_passed(milestone: Milestone, context: Context) -> Reports:
    """What a comment promises for a day is done by that day, or the comment is renewed.

    Why: the comment is out of date. A date without a year is read as the nearest to the reporting
    date, and is a note.
    Fix: ask the lead what came of it.
    """
    if not milestone.comments or not milestone.open:
        return None
    for said in dates_said(milestone.comments, _PROMISE, context.as_of):
        day = _day(said)
        if day is None or day >= context.as_of or day == milestone.forecast:
            continue
        return Report(
            f"The comment says {said.words!r}; {spoken(day)} has passed.",
            severity=None if said.target.certain else Severity.NOTE,
        )
    return None


_REF = r"[A-Z]{1,2}[.-]?\d{1,3}[a-z]?|\d{1,3}(?:[.-]\d{1,3})*[a-z]?"
_REFERENCE = re.compile(
    rf"(?:\b[Mm]ilestones?|\b[Aa]ctions?|\b[Rr]efs?\.?|\bcross[- ]reference to)\s+(?:no\.?\s*|number\s+)?(?P<named>{_REF})(?!\w|%|/|\s*(?:of|days?|weeks?|months?|years?|per)\b)"
    rf"|\b(?:[Ss]ee(?:\s+also)?|[Aa]s per|[Dd]epend\w*\s+(?:up)?on|[Ll]inked to|[Ll]inks to|[Ff]ollows|[Rr]efer to|[Aa]waiting|covered by|covered in|under|part of|with)\s+(?P<cued>[A-Z]{{1,2}}\d{{1,3}}|\d{{1,2}}[a-z])(?![\w/])"
    rf"|\b[Dd]epend\w*\s+(?:up)?on\b[^.;)]{{0,40}}?\bat\s+(?P<at>\d{{1,3}})(?!\w|[/.:]\d)"
    rf"|\b(?P<placed>[A-Z]{{1,2}}\d{{1,3}}|\d{{1,2}}[a-z])\s+(?:above|below)\b"
)
_CUES = (
    "ilestone", "ction", "ref", "see", "per ", "epend", "ink", "ollow", "wait", "cover", "above", "below",
    "under", "part of", "with ",
)  # fmt: skip
_DIGITS = tuple("0123456789")


def references(text: str) -> list[str]:
    """The Refs that a text points to: ``references("See L4 above")`` is ``["L4"]``."""
    if not any(map(text.__contains__, _DIGITS)) or not any(map(text.lower().__contains__, _CUES)):
        return []
    return [next(filter(None, found.groups())) for found in _REFERENCE.finditer(text)]


@rule(
    "C503", "dangling-reference", "Points to a milestone that is missing or closed", Severity.WARNING,
    column="comments",
    bad=[{"comments": "See Q9 above"}, {"milestone": "Modules delivered (see milestone 11-5)"},
         [{"comments": "See A2"}, {"ref": "A2", "status": "Complete"}]],
    good=[[{"comments": "See A2 above"}, {"ref": "A2", "status": "On target"}],
          {"comments": "See above. Reported on 7 June."}],
)  # fmt: skip
def dangling_reference(milestone: Milestone, context: Context) -> Reports:
    """A reference to another milestone finds it, still open.

    Why: after a renumbering it points nowhere, or at the wrong one. A reference to a milestone
    that is complete is a note: what waited for it can go on.
    Fix: correct the Ref.
    """
    found = []
    for column in ("milestone", "comments"):
        text = getattr(milestone, column)
        for ref in references(text) if text else ():
            meant = context.by_ref.get(ref.upper())
            if meant is milestone:
                continue
            if meant is None:
                likely = _likely(ref, milestone, context)
                found.append(
                    Report(f"It points to {ref!r}, which is not in the plan.", likely, column)
                )
            elif not meant.open:
                words = f"It points to {meant.ref}, which is {meant.status.value}."
                found.append(Report(words, None, column, Severity.NOTE))
    return found or None


def _likely(ref: str, milestone: Milestone, context: Context) -> str | None:
    """The Ref that was probably meant: "11-5" for "I1-5", a bare "8" for the theme's own "B8"."""
    letter = re.match(r"[A-Za-z]+", milestone.ref)
    guesses = [f"I{ref[1:]}"] if ref.startswith("1") and len(ref) > 1 else []
    if letter and ref.isdigit():
        guesses.append(f"{letter.group()}{ref}")
    for guess in guesses:
        meant = context.by_ref.get(guess.split("-")[0].upper())
        if meant is not None and (meant.open or "-" in guess):
            return guess
    return None


@rule(
    "C504", "leftover-markup", "Leftover markup", Severity.WARNING, column="comments",
    bad=[{"comments": "Draft <u>agreed</u>"}, {"milestone": "Policy &amp; procedure"}],
    good=[{"comments": "Spend < 5% & falling"}],
)  # fmt: skip
def leftover_markup_in_text(milestone: Milestone, context: Context) -> Reports:
    """No text holds what a conversion left in it (<u>, ~~, &amp;, _x000D_).

    Why: it is read out at the committee.
    Fix: delete it.
    """
    found = []
    for column in ("milestone", "comments", "theme", "outcome", "source", "reason", "evidence"):
        text = milestone.written.get(column) or getattr(milestone, column)
        markup = leftover_markup(text) if text else ""
        if markup:
            found.append(Report(f"It holds {markup!r}.", column=column))
    return found or None


@rule(
    "C505", "new-date-only-in-comment", "New date only in the comment", Severity.WARNING,
    column="revised", lead=True,
    looks_at="open", bad=[{"timescale": "31/07/17", "revised": "", "comments": "New target date of 31/03/18"}],
    good=[{"timescale": "31/07/17", "revised": "31/03/18", "comments": "New target date of 31/03/18"}],
)  # fmt: skip
def new_date_only_in_comment(milestone: Milestone, context: Context) -> Reports:
    """A new target date stands in the revised date column too.

    Why: slippage, chasers and the committee's figures read the column, not the comment.
    Fix: ask the lead to confirm it, and who approved it; then enter it.
    """
    if milestone.revised.kind is not Kind.BLANK or not milestone.comments or not milestone.open:
        return None
    for said in dates_said(milestone.comments, _NEW_TARGET, milestone.baseline or context.as_of):
        day = _day(said)
        if day is None or day == milestone.baseline:
            continue
        return Report(
            f"The comment says {said.words!r}; the revised target date is blank.",
            suggestion=day,
            severity=None if said.target.certain else Severity.NOTE,
        )
    return None


@rule(
    "C506", "same-comment-on-several", "The same comment on several", Severity.NOTE,
    column="comments", on=False,
    bad=[[{"comments": "Training is being arranged."}, {"ref": "A2", "comments": "Training is being arranged."}]],
    good=[[{"comments": "Training is being arranged."}, {"ref": "A2", "comments": "Draft agreed."}]],
)  # fmt: skip
def same_comment_on_several(context: Context) -> Iterator[Report]:
    """A comment is about its own milestone.

    Why: a pasted comment says nothing of the second milestone. One line a comment.
    Fix: ask the lead for each.
    """
    groups: dict[str, list[Milestone]] = {}
    for milestone in context.plan.milestones:
        if len(milestone.comments) > 10:
            groups.setdefault(milestone.comments.casefold(), []).append(milestone)
    for milestones in groups.values():
        if len(milestones) > 1:
            refs = [m.ref for m in milestones]
            yield Report(f"{listed(refs)} have the same comment.", milestone=milestones[0])


_DEPENDS = re.compile(r"\bdepend\w*|\bonce\b|\bafter\b|\bawaiting\b|\bsubject to\b", re.I)


@rule(
    "C507", "depends-on-late-milestone", "Depends on one that is late", Severity.NOTE,
    column="comments", on=False,
    looks_at="open", bad=[[{"comments": "Dependent on A2"}, {"ref": "A2", "timescale": "31/07/17", "status": "Off target"}]],
    good=[[{"comments": "Dependent on A2"}, {"ref": "A2", "timescale": "31/12/17", "status": "On target"}]],
)  # fmt: skip
def depends_on_late_milestone(milestone: Milestone, context: Context) -> Reports:
    """What a milestone depends on is not late itself.

    Why: it will be late too, and nobody has said so.
    Fix: ask the lead whether the date still holds.
    """
    if not milestone.open:
        return None
    for text in (milestone.comments, milestone.milestone):
        if not text or not _DEPENDS.search(text):
            continue
        for ref in references(text):
            other = context.by_ref.get(ref.upper())
            if other is None or other is milestone or not other.open:
                continue
            if context.overdue(other) or other.status.value in OFF_TARGET:
                state = "overdue" if context.overdue(other) else "off target"
                return Report(f"It depends on {other.ref}, which is {state}.")
    return None


CATALOGUE = (
    comment_date_disagrees, promise_in_comment_passed, dangling_reference, leftover_markup_in_text,
    new_date_only_in_comment, same_comment_on_several, depends_on_late_milestone,
)  # fmt: skip
