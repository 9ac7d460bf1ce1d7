"""Plans for tests: small ones from a few rows, and the paths of the sample and the real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from agsxl.grid import Area, CellError, Grid, Value
from agsxl.layout.milestones import read_plan
from agsxl.plan import Plan
from agsxl.posts import Posts
from agsxl.settings import Settings
from agsxl.words import COLUMNS as HEADINGS

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "workbook" / "sample-plan.xlsx"
REAL = ROOT.parent / "shared" / "plans" / "004_1fa4669c88969409.txt"
AS_OF = date(2017, 9, 30)  # the day that small plans are judged on

DATES = ("timescale", "revised", "baseline", "completed")
# A milestone without a fault: what an example does not say is this.
PLAIN = {
    "ref": "A1",
    "theme": "A: Member and officer training",
    "outcome": "Budgets are managed well",
    "source": "AGS",
    "milestone": "Budget training delivered",
    "action_by": "Officer",
    "timescale": "29/12/2017",
    "member_lead": "Finance",
    "smt_lead": "Head of Shared Services",
    "status": "On target",
    "revised": "",
    "comments": "Dates are agreed with the trainer.",
}


def grid_of(*rows: Mapping[str, str], plain: Mapping[str, str] = PLAIN) -> Grid:
    """A sheet of milestones. ``_hidden``, ``_merge``, ``_only``, ``_without`` and ``_log`` say what a cell cannot.

    A date with a four-digit year becomes a date cell, one behind an apostrophe text, ``#REF!`` an
    error; the rest is text.
    """
    without = next((row["_without"] for row in rows if "_without" in row), "")
    used = [c for c in HEADINGS if c in plain or any(c in row for row in rows)]
    columns = [c for c in used if c != without]
    cells: list[list[Value]] = [[HEADINGS[c] for c in columns]]
    also = next((row["_also"] for row in rows if "_also" in row), "")
    if also:
        cells[0].append(also)
    hidden, merged = set(), {}
    for number, row in enumerate(rows, 2):
        if "_only" in row:
            cells.append([row["_only"] if c == "comments" else None for c in columns])
            continue
        texts = {**plain, **row}
        if "milestone" not in row and plain:
            texts["milestone"] = f"{plain['milestone']} ({texts['ref']})"
        cells.append([_cell(c, texts.get(c, "")) for c in columns])
        if "_hidden" in row:
            hidden.add(number)
        if "_merge" in row:
            merged.setdefault(row["_merge"], []).append(number)
    areas = tuple(
        Area(min(rows), columns.index(c) + 1, max(rows), columns.index(c) + 1)
        for c, rows in merged.items()
    )
    return Grid("Plan", cells, frozenset(hidden), areas)


def _cell(column: str, text: str) -> Value:
    if text.startswith("#"):
        return CellError(text)
    if column in DATES and text.startswith("'"):
        return text[1:]
    if column in DATES and re.fullmatch(r"\d\d/\d\d/\d{4}", text):
        return datetime.strptime(text, "%d/%m/%Y").date()
    return text or None


def plan_of(
    *rows: Mapping[str, str],
    posts: Posts | None = None,
    settings: Settings | None = None,
    plain: Mapping[str, str] = PLAIN,
) -> Plan:
    """A plan of a few rows, each given by what is not ``PLAIN`` in it."""
    plan = read_plan(
        [grid_of(*rows, plain=plain)],
        file="plan.xlsx",
        is_workbook=True,
        posts=posts,
        settings=settings,
    )
    return replace(plan, log_faults=tuple(row["_log"] for row in rows if "_log" in row))


def as_rows(example: Mapping[str, str] | Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """A rule's example as rows: one, with a plain milestone below it, or a small plan."""
    return [example, {"ref": "A9"}] if isinstance(example, Mapping) else list(example)
