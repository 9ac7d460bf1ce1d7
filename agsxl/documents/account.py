"""What reading a document gave: the plan, and an account of every line of the source.

``Reading`` is what ``reading.read`` returns and what the import report is made of. Every line of
the source is one ``Piece`` (or more, where parts of it went different ways), so that nothing of it
can be lost unsaid; every milestone's value says where it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from agsxl.documents.document import Place
from agsxl.plan import Plan


class Use(StrEnum):
    """What became of a line of the source."""

    USED = "used"
    HEADING = "heading"
    KEY = "key"
    LEFT_OVER = "left over"


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of the source, or a part of it, and what became of it.

    ``refs`` are the milestones it went into; ``said`` says how in a few words ("continues 1.2").
    """

    place: Place
    text: str
    use: Use
    refs: tuple[str, ...] = ()
    said: str = ""


class Kind(StrEnum):
    """What a note is about."""

    HEALED = "healed"
    RESOLVED = "resolved"
    MADE = "made"
    LOOK = "please look"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was done to a value, or that a person should look at.

    ``ref`` and ``column`` (a name of ``show``, or an extra column's heading) are "" where the note
    is about the whole document.
    """

    kind: Kind
    message: str
    ref: str = ""
    column: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value that was not filled in: for the milestone at ``index`` of the plan, with why."""

    index: int
    ref: str
    column: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A document read as a plan.

    ``provenance`` has for each milestone, in the plan's order, the words that say where each
    column's value was read (``{"comments": "line 12; line 14"}``). ``printed`` has what was printed
    where the plan holds something clearer (``{"smt_lead": "CW"}``). ``absent`` are those of the
    twelve columns that the document does not have.
    """

    plan: Plan
    kind: str
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]
    suggestions: tuple[Suggestion, ...]
    provenance: tuple[Mapping[str, str], ...]
    printed: tuple[Mapping[str, str], ...]
    absent: tuple[str, ...]
