"""Suggestions: what a person could fill in, and agsxl did not."""

from __future__ import annotations

import re

from agsxl.dates import find_dates
from agsxl.documents.account import Suggestion
from agsxl.documents.healing import first_sentence, live
from agsxl.plan import Plan
from agsxl.statuses import StatusValue

_DONE = re.compile(
    r"(?:now |fully |all |already )*(?:completed?|achieved|done|implemented|delivered|closed|actioned|finished)"
    r"(?: and (?:reviewed|closed|published|implemented|delivered)(?: \w+)?)?\W*",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:outstanding|remain\w*|still|in progress|on-?going|underway|awaiting|not yet|phase|partial\w*|partly|in part|"
    r"delayed|slipped|to be (?:completed|finali[sz]ed|agreed|approved|done|delivered|implemented)|yet to|pending|incomplete|"
    r"nearly|almost|final (?:stage|implementation)|next step|further work|work continues)\b",
    re.I,
)
_WILL = re.compile(r"\b(?:will|to be|due|shall|is planned|are planned|scheduled|expected)\b", re.I)


_TICKS = {"yes": "Complete", "y": "Complete", "✓": "Complete", "✔": "Complete", "no": "Not complete", "n": "Not complete", "✗": "Not complete"}  # fmt: skip


def says_done(progress: str) -> bool:
    """Whether the whole of a comment says that the milestone is complete, and not its first word alone.

    >>> says_done("Completed. Adopted by Council in May.")
    True
    >>> says_done("Completed a redesign of the service; the last phase follows.")
    False
    """
    text = " ".join(live(progress).split())
    first, rest = first_sentence(text)
    if ":" in first:
        head, _, tail = first.partition(":")
        first, rest = head, f"{tail} {rest}"
    if not _DONE.fullmatch(first) or _OPEN.search(text):
        return False
    while rest:
        sentence, rest = first_sentence(rest)
        if _WILL.search(sentence) and find_dates(sentence):
            return False
    return True


def suggestions(plan: Plan) -> list[Suggestion]:
    """What could be filled in, and was not."""
    found = []
    for index, milestone in enumerate(plan.milestones):
        if milestone.status.value is StatusValue.BLANK and says_done(milestone.comments):
            found.append(
                Suggestion(
                    index, milestone.ref, "status", "Complete",
                    f"the status is blank, and the whole of the progress says that it is done: “{_short(milestone.comments)}”",
                )
            )  # fmt: skip
        ticked = _TICKS.get(milestone.status.raw.casefold().strip(" ."))
        if ticked and re.search("complete", plan.headings.get("status", ""), re.I):
            why = f"“{milestone.status.raw}” stands below “{plan.headings['status']}”"
            found.append(Suggestion(index, milestone.ref, "status", ticked, why))
        for column in ("timescale", "revised"):
            target = getattr(milestone, column)
            if not target.certain and target.suggestion is not None:
                found.append(
                    Suggestion(
                        index, milestone.ref, column, target.suggestion.isoformat(),
                        f"“{target.raw}” is no certain date{': ' + target.note if target.note else ''}",
                    )
                )  # fmt: skip
    return found


def _short(text: str) -> str:
    bare = " ".join(text.split())
    return bare if len(bare) <= 90 else bare[:88].rsplit(" ", 1)[0] + " ..."
