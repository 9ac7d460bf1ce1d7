"""Headings: which column of a table is which, under the many names that councils give them."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from agsxl.words import OWN_SHEETS

REQUIRED = ("ref", "milestone", "timescale", "status")

# For each column the names it goes by, the surest first: where two columns could be the same one,
# the surer name wins and the other column is kept in ``extra``.
ALIASES: dict[str, tuple[str, ...]] = {
    "ref": (
        "ref", "ref #", "rec no", "recommendation no", "issue no", "reference", "ref no", "ref number", "reference number", "action ref", "milestone ref", "action no",
        "action number", "milestone no", "milestone number", "no", "number", "#", "id", "item no", "item",
    ),
    "theme": (
        "improvement theme", "theme", "improvement area", "area for improvement", "area of improvement",
        "improvement required", "governance area", "governance theme", "workstream", "area", "issue", "governance issue",
        "key improvement area", "principle",
    ),
    "outcome": (
        "outcome", "improvement outcome", "outcomes", "intended outcome", "expected outcome", "desired outcome",
        "outcome required", "outcome sought", "planned outcome", "improvement outcome/evidence base", "objective",
    ),
    "source": (
        "source", "source of action", "source document", "source of recommendation", "origin", "arising from",
        "identified by", "source review", "recommendation source",
    ),
    "milestone": (
        "milestones", "milestone", "key milestone", "key milestones", "action planned", "actions planned",
        "planned action", "agreed action", "action required", "actions required", "action to be taken", "proposed action",
        "improvement action", "action", "actions", "action/milestone", "action(s)", "task", "description of action",
        "action description", "action plan", "what we will do", "what", "recommendation", "agreed actions", "milestones/actions",
    ),
    "action_by": (
        "officer or member action", "officer/member action", "officer or member", "officer/member",
        "member or officer action", "member/officer",
    ),
    "timescale": (
        "timescale", "timescales", "original target date", "original timescale", "original due date",
        "original deadline", "original date", "target date", "by when", "due date", "date due", "deadline",
        "target completion date", "target date for completion", "planned completion date", "target timescale", "when",
        "completion target", "implementation date", "target implementation date", "timeframe", "time frame", "timeline",
        "original completion date", "action due date", "completion date", "target", "original", "original dates", "due", "due by", "end date", "date",
    ),
    "member_lead": (
        "member lead", "lead member", "portfolio holder", "cabinet member", "cabinet portfolio", "portfolio",
        "lead councillor", "executive member", "cabinet lead", "member champion", "responsible member",
    ),
    "smt_lead": (
        "smt lead", "slt lead", "cmt lead", "senior lead", "lead officer", "officer lead", "responsible officer",
        "smt lead officer", "lead director", "senior responsible officer", "sro", "accountable officer", "action owner",
        "owner", "lead", "responsible", "responsibility", "responsible person", "officer responsible",
        "responsible lead", "person responsible", "who", "by whom", "lead responsibility", "action by", "officer",
        "assigned to", "lead person", "leads",
    ),
    "status": (
        "status", "current status", "milestone status", "action status", "progress status", "progress rag", "status (rag)",
        "rag status", "status/rag", "rag rating", "rag", "brag", "brag status", "position", "status update",
    ),
    "revised": (
        "revised target date", "revised date", "revised timescale", "revised deadline", "revised due date",
        "revised target", "revised completion date", "new target date", "new date", "current target date",
        "revised implementation date", "amended target date", "amended date", "extended date", "latest target date",
        "updated target date", "revised timescales", "revised end date", "forecast date", "forecast completion date", "revised", "revised dates",
    ),
    "comments": (
        "comments", "comment", "comments/progress", "progress/comments", "progress update", "progress to date",
        "progress", "update", "latest update", "officer update", "commentary", "notes", "latest position",
        "current position", "progress made", "progress notes", "progress and comments", "narrative", "remarks",
        "position statement", "evidence of complete",
    ),
    "baseline": ("baseline date", "baseline", "baseline target date", "agreed baseline date"),
    "completed": (
        "date completed", "completed date", "completed on", "date of completion", "actual completion date",
        "actual date", "date complete", "date closed", "closed date", "actual completion", "date achieved",
    ),
    "evidence": ("evidence", "evidence of completion", "supporting evidence", "evidence base", "evidence provided"),
    "verified_by": ("verified by", "verified", "confirmed by", "checked by", "evidence checked by", "validated by"),
    "approved_by": (
        "revised date approved by", "approved by", "extension approved by", "change approved by", "date change approved by",
    ),
    "reason": (
        "reason for revision", "reason for revised date", "reason for change", "reason for slippage", "reason for delay",
        "reason for extension", "reason",
    ),
    "previous_ref": ("previous ref", "previous reference", "old ref", "last year's ref", "former ref", "previous ref no"),
}  # fmt: skip

# Headings that say more than a name: "Progress update including challenges and interdependencies".
_BEGINNINGS: tuple[tuple[str, str], ...] = (
    ("revised", r"(?:\d(?:st|nd|rd|th)|first|second|third|latest) (?:revised|new|extended)\b"),
    (
        "ref",
        r"(?:ags|plan|action|risk|audit|milestone|item|our|igs|ia) (?:ref|reference|no|number)$",
    ),
    (
        "revised",
        r"(?:revised|new|amended|extended) (?:target |completion |due |implementation )?(?:date|timescale|deadline)",
    ),
    (
        "comments",
        r"(?:progress|update|comments?|latest|commentary|current position|position (?:at|as at))\b(?! status| rag)",
    ),
    ("timescale", r"(?:timescale|by when|target date|due date|deadline|original target)"),
    ("smt_lead", r"(?:smt lead|lead officer|responsible officer|senior lead|lead \()"),
    ("status", r"(?:status|rag status|current status)"),
    ("completed", r"(?:date completed|actual completion)"),
    ("milestone", r"(?:milestones?|actions? (?:required|planned|to be taken)|agreed actions?)"),
)


# How a Ref heading can begin: looked at before anything else, in every cell of a sheet.
REF_BEGINNINGS = frozenset(
    form
    for word in (*ALIASES["ref"], "ags", "plan", "action", "risk", "audit", "our", "igs", "ia")
    for form in (word[:2], word[:2].upper(), word[:2].capitalize())
)  # fmt: skip


@cache
def _ranks() -> dict[str, tuple[str, int]]:
    return {
        alias: (column, rank)
        for column, aliases in ALIASES.items()
        for rank, alias in enumerate(aliases)
    }


@lru_cache(maxsize=4096)
def normal(heading: str) -> str:
    """A heading without case, stars, brackets and line breaks: ``normal("Lead *")`` is "lead"."""
    text = heading.casefold().replace("’", "'").replace("\u00a0", " ")
    bare = re.sub(r"\([^)]*\)", " ", text)
    text = bare if re.search(r"\w", bare) else text
    text = re.sub(r"[*:?.†‡\[\]_]+", " ", text)
    return re.sub(r"\s*/\s*", "/", " ".join(text.split())).strip(" -–/,;")


@lru_cache(maxsize=4096)
def column_of(heading: str) -> tuple[str, int] | None:
    """Which column a heading names, and how surely (0 is surest); None for an unknown one."""
    name = normal(heading)
    found = _ranks().get(name)
    if found is not None or not name or len(name) > 90:
        return found
    for column, beginning in _BEGINNINGS:
        if re.match(beginning, name):
            return column, 90
    return None


def own_name(sheet: str) -> str | None:
    """What agsxl calls a sheet that is its own ("change log" is "Change log"); None for any other."""
    wanted = sheet.casefold().strip()
    return next((name for name in OWN_SHEETS if wanted == name.casefold()), None)


def is_own(sheet: str) -> bool:
    """Whether a sheet is one that agsxl keeps in the master, where no plan is looked for."""
    return own_name(sheet) is not None


def is_ref_heading(cell: str) -> bool:
    """Whether a cell is the heading of the Ref column. It ends in no digit, as a Ref itself does."""
    if cell[-1:].isdigit():
        return False
    found = column_of(cell)
    return found is not None and found[0] == "ref"


def match_headings(cells: list[str]) -> tuple[dict[str, int], dict[int, str]]:
    """The columns a heading row names: ``({"ref": 0, ...}, {5: "Ward"})``, counted from 0.

    The second are the headings of columns that agsxl does not know, made unique.
    """
    best: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(cells):
        found = column_of(cell) if cell else None
        if found is not None:
            column, rank = found
            if column not in best or rank < best[column][0]:
                best[column] = (rank, index)
    known = {column: index for column, (_, index) in best.items()}
    taken = set(known.values())
    unknown: dict[int, str] = {}
    names = {cell for index, cell in enumerate(cells) if cell and index not in taken}
    given: set[str] = set()
    for index, cell in enumerate(cells):
        if cell and index not in taken:
            name = cell if cell not in given else unused(cell, names | given)
            given.add(name)
            unknown[index] = name
    return known, unknown


def unused(name: str, taken: set[str]) -> str:
    """The name itself, or with the next number that makes it one of its own."""
    number = 2
    fresh = name
    while fresh in taken:
        fresh, number = f"{name} ({number})", number + 1
    return fresh
