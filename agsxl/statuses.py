"""Reading a status: what a lead says of a milestone, as one of ten values.

No value claims more than the words do: "Time delay" says nothing of a plan to recover, a colour
says nothing at all until the officer has set what it stands for, and "to be completed" is not
"completed". The values are those of the field (see ``docs/words.md``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache


class StatusValue(StrEnum):
    """What a status can say. Each compares equal to its word: ``COMPLETE == "complete"``."""

    COMPLETE = "complete"
    PART_COMPLETE = "part complete"
    IN_PROGRESS = "in progress"
    ON_TARGET = "on target"
    RECOVERY_PLANNED = "off target, recovery planned"
    OFF_TARGET = "off target"
    NOT_STARTED = "not started"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    BLANK = ""


ENDED = frozenset({StatusValue.COMPLETE, StatusValue.SUPERSEDED})
OFF_TARGET = frozenset({StatusValue.OFF_TARGET, StatusValue.RECOVERY_PLANNED})


@dataclass(frozen=True, slots=True)
class Status:
    """A status: the value, and the words it was read from."""

    value: StatusValue
    raw: str = ""

    @property
    def ended(self) -> bool:
        """Complete or superseded: nothing more is expected of it."""
        return self.value in ENDED


_COLOURS = frozenset("red amber green yellow orange blue grey gray black white purple r a g b y".split())
_NOUN = r"(?:all |the |this |work |action |actions |task |milestone |item |project |now |fully |status )*"
_DONE = (
    r"(?:completed?|completion|complet|achieved|done|closed|implemented|delivered|finished|fulfilled|"
    r"actioned|discharged|resolved|accomplished|concluded|signed off)"
)

# Tried in order; the first that fits says the value. Each is (value, pattern).
_PATTERNS: tuple[tuple[StatusValue, str], ...] = (
    (
        StatusValue.SUPERSEDED,
        r"\b(?:cancelled|canceled|withdrawn|deleted|removed (?:from|by|as)|removed$|abandoned|superseded|supersede|discontinued|"
        r"merged (?:with|into|in)|merged$|replaced (?:by|with)|subsumed|incorporated (?:in|into|within)|"
        r"(?<!monitoring )(?:no longer|not) (?:required|needed|applicable|relevant|necessary|being (?:pursued|progressed|taken forward)|"
        r"proceeding|going ahead|valid|pursued|appropriate|progressing)|not (?:to )?proceed\w*|will not (?:proceed|go ahead))\b",
    ),
    (
        StatusValue.NOT_STARTED,
        r"\b(?:not (?:yet )?(?:been )?(?:started|commenced|begun|start|begin)|yet to (?:start|commence|begin|be started)|"
        r"(?:has|have|had|is|does)(?:nt| not) (?:yet )?(?:started|commenced|begun|start)|to be (?:started|commenced)|unstarted|0\s?% complete|no work (?:has )?(?:yet )?(?:started|begun))\b",
    ),
    (
        StatusValue.PART_COMPLETE,
        r"\b(?:part(?:ly|ially|ial)?[\s-]*(?:fully )?(?:complet\w+|achieved|done|closed|implemented|delivered|met|finished|actioned)|"
        r"(?:complet\w+|achieved|implemented|delivered|done|met) (?:in part|partially|partly)|"
        rf"(?:substantially|mostly|largely|nearly|almost|mainly|some|half|majority|most)\s+(?:of\s+)?(?:actions?\s+|all\s+)?{_DONE}|"
        rf"not (?:yet )?(?:fully|all|entirely|wholly|totally) {_DONE}|"
        rf"(?:phase|stage|part|year|tranche|element|first|1st)\s*(?:\d+|one|two|[a-d])?\s*(?:is |now )?{_DONE}|"
        rf"{_DONE}\s*(?:,|-|\()?\s*(?:except|apart from|subject to|pending|awaiting|bar|other than)|partial(?:ly)?$|^part$|^partly$|in part$)\b",
    ),
    (
        StatusValue.OFF_TARGET,
        r"\b(?:not (?:been )?(?:met|achieved|delivered)|missed|(?:not|no longer) on (?:target|track|schedule|course)|(?:will|can)\s?not be (?:met|achieved|completed|delivered)|put back|pushed back)\b",
    ),
    (
        StatusValue.IN_PROGRESS,
        r"\b(?:(?:not|nt) (?:yet )?(?:been )?(?:completed?|finished|done|closed|concluded)|incomplete|uncompleted)\b",
    ),
    (StatusValue.UNKNOWN, rf"\b(?:not|nt) (?:yet )?(?:been )?{_DONE}\b|\bno (?:slippage|delays?)\b"),
    (StatusValue.PART_COMPLETE, r"\b\d+ (?:of|out of) (?:the )?\d+\b"),
    (
        StatusValue.COMPLETE,
        rf"^{_NOUN}{_DONE}\b(?!\s+(?:by|when|once|if|date\b|due|expected|target)\b)(?<!completion)|^(?:fully|already|all) met|^met\b|\b100\s?% (?:complete|done|implemented|delivered)",
    ),
    (StatusValue.PART_COMPLETE, r"\b[1-9]\d?\s?%\s*(?:complete|done|implemented|delivered)"),
    (
        StatusValue.OFF_TARGET,
        r"\b(?:off[\s-]*(?:target|track|schedule|course)|time delay|delay(?:ed|s|)?|slipp(?:ed|age|ing)|slip|"
        r"behind (?:schedule|target|plan|programme|timescale)|overdue|over due|late|running late|past (?:its )?(?:due|deadline)|"
        r"target (?:date )?(?:not met|missed))\b",
    ),
    (
        StatusValue.COMPLETE,
        rf"^(?!.*\b(?:to be|will be|be|for|to|until|when|once|towards|nearing|near|awaiting|pending|due|expected|"
        rf"on (?:target|track|course|schedule)|before|is being|being|target|requires?|almost|in progress|ongoing|underway)\b).*\b(?!completion|complet\b){_DONE}$",
    ),
    (
        StatusValue.ON_TARGET,
        r"\b(?:on[\s-]*(?:target|track|schedule|course|plan|time)|ahead of (?:target|schedule|plan|time)|to schedule|as planned|going to plan)\b",
    ),
    (
        StatusValue.IN_PROGRESS,
        r"\b(?:in[\s-]*progress|ongoing|underway|progressing|being progressed|work in hand|in hand|wip|started|commenced|begun|"
        r"continu(?:ing|es|ous|ed)|being (?:implemented|developed|delivered|drafted|reviewed|undertaken|prepared)|in development|in train|"
        r"(?:nearing|near) completion|in process|in delivery|being actioned)\b|^(?:open|active|current|continuous)$",
    ),
)  # fmt: skip
_RECOVERY = r"\b(?:action (?:is )?being taken|recover\w*|remedial|corrective|mitigat\w*|back on (?:track|target|schedule))\b"
_NO_RECOVERY = r"\b(?:no|not|without|n't)\b[^,;.]*\b(?:recover\w*|plan|plans|action|actions|remedial|mitigat\w*)\b"
_FUTURE = r"\b(?:to be|will be|for)\b"


@cache
def _compiled() -> tuple[tuple[StatusValue, re.Pattern[str]], ...]:
    return tuple((value, re.compile(pattern)) for value, pattern in _PATTERNS)


def read_status(text: object, *, colours: Mapping[str, str] | None = None) -> Status:
    """Read what somebody typed into a status cell.

    >>> read_status("Off target but recovery plans in place").value
    <StatusValue.RECOVERY_PLANNED: 'off target, recovery planned'>
    >>> read_status("Not yet complete").value == "in progress"
    True
    >>> read_status("Amber", colours={"amber": "on target"}).value == "on target"
    True

    ``colours`` is the officer's own mapping of colour words to values (Settings); without it a
    colour alone is ``unknown``, because councils disagree on what amber means. Words that no
    value covers are ``unknown``; an empty cell, or one with only a dash, is ``""``.
    Raises nothing.
    """
    if text is None:
        return _BLANK
    raw = text if isinstance(text, str) else str(text)
    return _read(raw, tuple(sorted(colours.items())) if colours else ())


_BLANK = Status(StatusValue.BLANK)


@lru_cache(maxsize=16_384)
def _read(written: str, colours: tuple[tuple[str, str], ...]) -> Status:
    raw = written.strip()
    return Status(_value(raw, dict(colours)), raw)


def _value(raw: str, colours: Mapping[str, str]) -> StatusValue:
    text = re.sub(r"<[^<>]*>", " ", raw.lower()).translate(
        str.maketrans("–—‐‑\u00a0_", "---- -")
    )
    text = re.sub("[‘’“”\"']", "", text)
    text = re.sub(r"\bon\s*-?\s*going\b", "ongoing", text)
    text = re.sub(r"\bunder\s*-?\s*way\b", "underway", text)
    text = re.sub(r"^status\s*[:-]\s*", "", " ".join(text.split())).strip(" .,;:*-!")
    if not text:
        return StatusValue.BLANK
    words = re.split(r"[\s/(),;:-]+", text.strip("() "))
    if words[0] in _COLOURS:
        rest = " ".join(w for w in words if w not in _COLOURS and w not in ("rag", "and", ""))
        mapped = colours.get(words[0])
        if not rest:
            return StatusValue(mapped) if mapped else StatusValue.UNKNOWN
        text = re.sub(rf"^\(?\W*{words[0]}\b[\s/(),;:-]*", "", text).strip(" .()")
    for value, pattern in _compiled():
        if pattern.search(text):
            if value is StatusValue.OFF_TARGET and (
                re.search(_RECOVERY, text) and not re.search(_NO_RECOVERY, text)
            ):
                return StatusValue.RECOVERY_PLANNED
            return value
    return StatusValue.UNKNOWN
