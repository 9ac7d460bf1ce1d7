"""Plans laid out as documents: a plan in, a document broken over pages and lines out.

The words are drawn from a list of everyday ones, so that nothing can be known but from how they
stand on the page.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

_NOUNS = (
    "policy",
    "register",
    "strategy",
    "budget",
    "training",
    "protocol",
    "framework",
    "survey",
    "review",
    "website",
)
_VERBS = (
    "Adopt",
    "Publish",
    "Review",
    "Refresh",
    "Complete",
    "Agree",
    "Test",
    "Implement",
    "Update",
    "Report",
    "Train",
)
_MORE = (
    "for all members", "with partner bodies", "across the council", "in every directorate", "by the working group",
    "and report to committee", "of the audit committee", "to improve access", "on the new system",
)  # fmt: skip
_DONE = (
    "The first draft was considered in June", "A working group has met twice", "Members asked for more detail",
    "Two services have still to reply", "Consultation ended in spring", "The contract was let in May",
)  # fmt: skip
LEADS = ("Head of Finance", "Monitoring Officer", "Director of Housing Services", "Chief Executive", "Internal Audit Manager")  # fmt: skip
DATES = (
    "31/03/2022",
    "30 June 2022",
    "September 2022",
    "Ongoing",
    "01/12/22",
    "December 2022",
    "TBC",
)
STATUSES = ("Complete", "On target", "Not started", "Part complete", "Off target but recovery plans in place")  # fmt: skip


@dataclass(frozen=True)
class Action:
    """A milestone of a made plan; ``area`` counts from 0."""

    area: int
    theme: str
    action: str
    lead: str
    when: str
    update: str
    status: str


def made_plan(rng: random.Random) -> list[Action]:
    """A plan of two to five areas with one to four actions each."""
    plan = []
    for area in range(rng.randint(2, 5)):
        theme = f"{rng.choice(('Weak', 'Late', 'Unclear', 'Missing'))} {_words(rng, 1, 3)}"
        for _ in range(rng.randint(1, 4)):
            update = " ".join(f"{s}." for s in rng.sample(_DONE, rng.randint(0, 3)))
            plan.append(
                Action(
                    area, f"{theme} ({'abcde'[area]})", f"{rng.choice(_VERBS)} the {_words(rng, 1, 3)}",
                    rng.choice(LEADS), rng.choice(DATES), update, rng.choice(STATUSES),
                )
            )  # fmt: skip
    return plan


def _words(rng: random.Random, least: int, most: int) -> str:
    return " ".join([rng.choice(_NOUNS), *rng.sample(_MORE, rng.randint(least, most))])


HEADS = ["Area for improvement", "Action", "Lead officer", "Timescale", "Progress", "Status"]


def rows_of(plan: Sequence[Action], numbers: str) -> list[list[str]]:
    """The rows of a table; ``numbers`` is "refs", "letters", "areas" or "none"."""
    rows, before, letter = [], -1, 0
    for action in plan:
        new = action.area != before
        letter = 0 if new else letter + 1
        before = action.area
        mark = {"refs": f"{action.area + 1}{'abcd'[letter]}", "letters": f"{action.area + 1}." if new else "",
                "areas": f"{action.area + 1}." if new else "", "none": ""}[numbers]  # fmt: skip
        text = f"{'abcd'[letter]}) {action.action}" if numbers == "letters" else action.action
        rows.append([mark, action.theme if new else "", text, action.lead, action.when, action.update, action.status])  # fmt: skip
    return rows


def refs_of(plan: Sequence[Action], numbers: str) -> list[str]:
    """What the Refs of that table are, or are made to be."""
    refs: list[str] = []
    for action in plan:
        order = sum(other.area == action.area for other in plan[: len(refs)])
        mark = "abcd"[order] if numbers in ("refs", "letters") else f".{order + 1}"
        refs.append(f"{action.area + 1}{mark}")
    whole = len(plan) == plan[-1].area + 1  # every area has one action: its number is the Ref
    return [ref.split(".")[0] for ref in refs] if numbers == "areas" and whole else refs


def as_pages(rng: random.Random, rows: Sequence[Sequence[str]], *, wrapped: bool) -> str:
    """The table as the text of a PDF: a heading on every page, rows broken over pages and lines.

    ``wrapped`` breaks every cell into lines of a narrow column; else only the page breaks do.
    """
    lines: list[list[str]] = []
    for row in rows:
        lines += _wrap(rng, row) if wrapped else [list(row)]
    pages, room = [["\t".join(["", *HEADS])]], rng.randint(3, 9)
    for line in lines:
        while True:
            if room > 1 or (not wrapped and max(map(len, line)) < 40):
                pages[-1].append("\t".join(line))
                room -= 1
                break
            line, rest = _broken(rng, line)
            if any(line):
                pages[-1].append("\t".join(line))
            pages.append(["", f"{len(pages)} | Page", "", "\t".join(["", *HEADS])])
            room = rng.randint(3, 9)
            if not any(rest):
                break
            line = rest
        if room <= 0:
            pages.append(["", f"{len(pages)} | Page", "", "\t".join(["", *HEADS])])
            room = rng.randint(3, 9)
    return "\n".join("\n".join(page) for page in pages)


def _wrap(rng: random.Random, row: Sequence[str]) -> list[list[str]]:
    cells = [_folded(cell, rng.randint(14, 24)) for cell in row]
    return [
        [cell[n] if n < len(cell) else "" for cell in cells] for n in range(max(map(len, cells)))
    ]


def _folded(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _broken(rng: random.Random, line: Sequence[str]) -> tuple[list[str], list[str]]:
    """A row in two, as the end of a page breaks it: in the middle of its long cells."""
    top, rest = [], []
    for index, cell in enumerate(line):
        words = cell.split()
        cut = (
            rng.randint(2, len(words) - 1) if len(words) > 5 and index in (1, 2, 5) else len(words)
        )
        top.append(" ".join(words[:cut]))
        rest.append(" ".join(words[cut:]))
    return top, rest
