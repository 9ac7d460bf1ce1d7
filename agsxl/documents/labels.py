"""Labels: "Improvement outcome: ...", "Principle A and E", "3. Action", "Lead Officer: ...".

A label names the column that the words after it belong to. Bands that run across a table, lines
above it and the cells of cards are all read by it.

>>> read_label("Improvement area: Being clear how we do business")
Label(column='theme', text='Being clear how we do business', number='', heading='Improvement area')
>>> read_label("Principle A and E").text
'A, E'
>>> read_label("12. Action").number
'12'
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agsxl.documents.columns import PRINCIPLES, perhaps
from agsxl.documents.healing import plain
from agsxl.layout.headings import column_of

_COLON = re.compile(r"(?P<heading>[^:\n]{2,60}?)\s*:\s*(?P<text>.*)", re.S)
_PRINCIPLE = re.compile(
    r"(?P<heading>(?:core |governance |code |cipfa |corporate code )?principles?)\s+"
    r"(?P<which>(?:[A-Z]|\d{1,2})(?:\s*(?:,|&|and|/)\s*(?:[A-Z]|\d{1,2}))*)\b\s*(?P<text>(?:[:.–—-].*)?)$",
    re.S | re.I,
)
_NAMED = re.compile(
    r"(?P<heading>theme|objective|outcome|priority|(?:improvement )?area|workstream|section|issue|goal|pillar|aim)\s+"
    r"(?P<number>[A-Z]|\d{1,2})\b\s*(?:[:.–—-]\s*(?P<text>.+))?$",
    re.S | re.I,
)
_NUMBERED = re.compile(
    r"(?P<number>[A-Z]{0,4}\d{1,3}(?:\.\d{1,2})?[a-z]?)[.)]?\s+(?P<rest>\S.*)", re.S
)
_NUMBERED_AFTER = re.compile(r"(?P<label>[A-Za-z ]{3,30}?)\s*(?:no\.?|number|ref)?\s*(?P<number>[A-Z]{0,4}\d{1,3}(?:\.\d{1,2})?[a-z]?)$", re.I)  # fmt: skip


class Label(NamedTuple):
    """The column, the words that belong to it, the number beside the label, and the label as printed."""

    column: str
    text: str
    number: str = ""
    heading: str = ""


def read_label(text: str) -> Label | None:
    """The label of a cell or line, if it begins with one that names a column surely."""
    bare = plain(text)
    if len(bare) < 3:
        return None
    principle = _PRINCIPLE.match(bare)
    if principle is not None:
        if principle["text"].strip(" :.–—-"):
            return Label(PRINCIPLES, bare, principle["which"], principle["heading"])
        which = re.findall(r"\b(?:[A-Z]|\d{1,2})\b", principle["which"])
        return Label(PRINCIPLES, ", ".join(which), "", principle["heading"])
    named = _NAMED.match(bare)
    if named is not None and (named["text"] or named.end() == len(bare)):
        column = "outcome" if named["heading"].lower() in ("outcome", "objective", "goal", "aim") else "theme"  # fmt: skip
        words, number = (named["text"] or "").strip(), named["number"]
        text = words if number.isdigit() or not words else f"{number}: {words}"
        return Label(column, text, number, named["heading"])
    found = _COLON.match(text.strip())
    if found is not None:
        heading, number = _bare_heading(plain(found["heading"]))
        column = column_named(heading)
        if column:
            return Label(column, found["text"].strip(), number, heading)
        return None
    heading, number = _bare_heading(bare)
    column = column_named(heading) if len(bare) < 40 else ""
    return Label(column, "", number, heading) if column else None


def _bare_heading(heading: str) -> tuple[str, str]:
    """A label without the number before or after it: "3. Action" and "Action 3" are Action, 3."""
    found = _NUMBERED.fullmatch(heading)
    if found is not None:
        return found["rest"], found["number"]
    after = _NUMBERED_AFTER.fullmatch(heading)
    if after is not None and column_of(after["label"]) is not None:
        return after["label"], after["number"]
    return heading, ""


def column_named(heading: str) -> str:
    """The column that a label names: surely, or nearly so where it is short."""
    found = column_of(heading)
    if re.search(r"\bprinciples?\b", heading, re.I) and len(heading) < 60:
        return PRINCIPLES
    if found is not None:
        return found[0]
    if len(heading.split()) <= 4 and heading[:1].isupper():
        return perhaps(heading)
    return ""
