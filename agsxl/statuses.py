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


_COLOURS = frozenset(
    {
        "red",
        "amber",
        "green",
        "yellow",
        "orange",
        "blue",
        "grey",
        "gray",
        "black",
        "white",
        "purple",
    }
    | {"r", "a", "g", "b", "y"}
)
_NOUN = (
    r"(?:(?:all|the|this|these|those|work|actions?|recommended|recommendations?|task|milestone|item|project|now|fully|already|status|"
    r"has|have|been|is|are|was|were)\s+)*"
)
_DONE = (
    r"(?:completed?|completion|complet|achieved|done|closed|implemented|delivered|finished|fulfilled|"
    r"actioned|discharged|resolved|accomplished|concluded|signed off)"
)
_CLAUSE = rf"(?:^|[-,.;:(]\s*){_NOUN}"

# Tried in order; the first that fits says the value. Each is (value, pattern).
_PATTERNS: tuple[tuple[StatusValue, str], ...] = (
    (
        StatusValue.SUPERSEDED,
        rf"{_CLAUSE}(?:cancelled|canceled|withdrawn|deleted|removed (?:from|by|as)|removed$|abandoned|discontinued|"
        r"merged (?:with|into|in)|merged$|replaced (?:by|with) (?:new|the|a|an|actions?|milestones?|items?|recs?|[a-z]?\d)|"
        r"subsumed|incorporated (?:in|into|within)|"
        r"(?:no longer|not) (?:required|needed|applicable|relevant|necessary|being (?:pursued|progressed|taken forward)|"
        r"proceeding|going ahead|valid|pursued|appropriate|progressing)(?! (?:yet|until|before|till|at))|"
        r"not (?:to )?proceed\w*|will not (?:proceed|go ahead))\b|\bsupersed(?:ed|e)\b",
    ),
    (
        StatusValue.NOT_STARTED,
        r"\b(?:not[\s-](?:yet )?(?:been )?(?:started|commenced|begun|start|begin)|yet to (?:start|commence|begin|be started)|"
        r"(?:has|have|had|is|does)(?:nt| not) (?:yet )?(?:started|commenced|begun|start)|to be (?:started|commenced)|unstarted|"
        r"0\s?% complete|no work (?:has )?(?:yet )?(?:started|begun))\b",
    ),
    (
        StatusValue.PART_COMPLETE,
        r"\b(?:part(?:ly|ially|ial)?[\s-]*(?:fully )?(?:complet\w+|achieved|done|closed|implemented|delivered|met|finished|actioned)|"
        r"(?:complet\w+|achieved|implemented|delivered|done|met) (?:in part|partially|partly)|"
        r"(?:substantially|mostly|largely|nearly|almost|mainly|virtually|practically|some|half|majority|most|all but|many)\s+"
        rf"(?:of\s+)?(?:(?:actions?|all|one|two)\s+)*{_DONE}|"
        rf"not (?:yet )?(?:fully|all|entirely|wholly|totally) {_DONE}|"
        rf"(?:phase|stage|part|year|tranche|element|first|1st|draft|interim|initial)\s*(?:\d+|one|two|[a-d]|draft|phase|stage)?\s*(?:is |now )?{_DONE}|"
        rf"{_DONE}\s*(?:,|-|\()?\s*(?:except|apart from|subject to|pending|awaiting|bar|other than)|partial(?:ly)?$|^part$|^partly$|in part$)\b",
    ),
    (
        StatusValue.OFF_TARGET,
        r"\b(?:not (?:been )?(?:met|achieved|delivered)|missed|(?:not|nt|no longer)(?: currently| now| yet| quite| presently)? on (?:target|track|schedule|course)|"
        r"(?:will|can)\s?not be (?:met|achieved|completed|delivered)|put back|pushed back)\b",
    ),
    (
        StatusValue.IN_PROGRESS,
        r"(?:(?:\bnot|nt) (?:yet )?(?:been )?(?:completed?|finished|done|closed|concluded)|\bincomplete|\buncompleted)\b",
    ),
    (StatusValue.PART_COMPLETE, r"\b\d+ (?:of|out of) (?:the )?\d+\b"),
    (
        StatusValue.COMPLETE,
        rf"^{_NOUN}{_DONE}\b(?!\s+(?:by|when|once|if|date\b|due|expected|target|to date|so far|in error)\b|,?\s+or\b|\s*-?\s*[1-9]?\d\s?%)(?<!completion)|"
        r"^(?:(?:fully|already|all)\s+)?met\b|\b100\s?% (?:complete|done|implemented|delivered)",
    ),
    (
        StatusValue.PART_COMPLETE,
        rf"(?<!\d)[1-9]\d?\s?%\s*(?:(?:of|for)\s.*\b{_DONE}\b|(?:complete|done|implemented|delivered))|complete\w*\s*-?\s*[1-9]\d?\s?%",
    ),
    (
        StatusValue.OFF_TARGET,
        r"\b(?:off[\s-]*(?:target|track|schedule|course)|time delay|delay(?:ed|s)?(?! avoided)|slipp(?:ed|age|ing)|slip|"
        r"(?:fallen )?behind(?: (?:schedule|target|track|plan|programme|timescale)|$)|overdue|over due|running late|late(?=$|[-,.;:( ]+(?:start|report|return|but|and|due)\b|[-,.;:(])|"
        r"past (?:its )?(?:due|deadline)|target (?:date )?(?:not met|missed))\b",
    ),
    (
        StatusValue.COMPLETE,
        rf"^(?!.*\b(?:to be|will be|be|for|to|until|when|once|towards|nearing|near|awaiting|pending|due|expected|"
        rf"on (?:target|track|course|schedule)|before|is being|being|target|requires?|almost|in progress|ongoing|underway)\b).*\b(?!completion|complet\b)(?P<word>{_DONE})$",
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

# Words that take back what follows them in the same clause: "no delay", "should be on target".
_HEDGE = re.compile(
    r"\b(?:not?|(?:has|have|had|is|are|was|were|did|does|do|ca|wo|would|could|should)?nt|cannot|never|nothing|none|little|without|avoid\w*|no longer|unable|unlikely|failed|fails?|"
    r"will|shall|should|would|could|may|might|must|needs?|if|when|once|until|unless|expected|due|proposed?|"
    r"consider\w*|ready|hop\w+|aim\w*|to be|to get|to)\b(?:\s+(?!but\b|and\b)\w+){0,2}\s*$"
)
# What was so, or nearly so, of a state; "was completed" still says that it is complete.
_ONCE = re.compile(
    r"\b(?:was|were|originally|previously|initially|nearly|almost|part(?:ly|ially)|back)\s*$"
)
# "Implemented? No", "Closed - not implemented", "Done - rejected by Cabinet".
_DENIED_AFTER = re.compile(
    r"^\W*(?:no|n)\W*$|\bnot (?:yet )?(?:been )?(?:approved|published|verified|implemented|complete\w*|done|achieved|"
    r"delivered|met|signed|adopted|agreed|accepted|confirmed|evidenced|tested|in place)\b|\brejected\b|\bbut not\b"
)
_GUARDED = frozenset(StatusValue) - {StatusValue.NOT_STARTED, StatusValue.PART_COMPLETE}

# A plan to recover, and the words that say that there is none yet.
_RECOVERY = re.compile(
    r"\b(?:action (?:is )?being taken|(?:recovery|remedial|corrective) (?:plans?|actions?|measures?|steps)|mitigat\w+|"
    r"recovery planned|"
    r"plans? (?:in place|agreed) to recover)\b"
)
_NO_RECOVERY = re.compile(
    r"\b(?:no|not|without|nt|cannot|unable|unlikely|needed|required|needs?|to be|to follow|tbc|draft\w*|being (?:drafted|prepared|developed)|"
    r"await\w*|pending|rejected|overdue|should|must|will|if)\b"
)


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
    text = re.sub(r"<[^<>]*>", " ", raw.lower()).translate(str.maketrans("–—‐‑\u00a0_", "---- -"))
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
    if text.endswith("?"):
        return StatusValue.UNKNOWN
    for value, pattern in _compiled():
        found = pattern.search(text)
        if found is None:
            continue
        start = found.start("word" if "word" in pattern.groupindex else 0)
        if value in _GUARDED and _taken_back(text[:start], value):
            continue
        if value is StatusValue.COMPLETE and _DENIED_AFTER.search(text[found.end() :]):
            return StatusValue.UNKNOWN
        if value is not StatusValue.OFF_TARGET or not _RECOVERY.search(text):
            return value
        denied = _NO_RECOVERY.search(text)
        return StatusValue.OFF_TARGET if denied else StatusValue.RECOVERY_PLANNED
    return StatusValue.UNKNOWN


def _taken_back(before: str, value: StatusValue) -> bool:
    """Whether the words before a value's words deny them or put them off."""
    clause = re.split(r"[-,.;:(]\s", before)[-1]
    if _HEDGE.search(clause):
        return True
    return value is not StatusValue.COMPLETE and _ONCE.search(clause) is not None
