"""Generated plans: rows with everything that people type, and what people do to a copy of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from agsxl.errors import NoPlanError
from agsxl.plan import Plan
from tests.plans import plan_of

Row = dict[str, str]

REFS = ("A1", "A2", "A3", "A4", "a1", "B4", "1.2", "")
TEXTS = {
    "milestone": ("Train staff", "Train all staff", "Policy agreed", "Report to Cabinet", "Policy  agreed", "Report to Council", "TBC", ""),
    "theme": ("A: Training", "B: Complaints"),
    "timescale": ("31/03/18", "31/03/2018", "March 2018", "w/c 15 May 17", "TBC", "June", "31/11/17", "Dec 15", "", "#REF!"),
    "smt_lead": ("Head of Finance", "Head of A / Head of B", ""),
    "status": ("On target", "On track", "Complete", "Completed", "Complete (on going)", "Amber", "See Bob", "", "#N/A"),
    "revised": ("", "30/09/18", "30/09/2018", "~~31/1/17~~ 30/09/18", "30/09/18 Council", "June"),
    "comments": ("", "Agreed.", "Agreed. ", "<u>Agreed.</u>", "Agreed by Cabinet", "#REF!"),
    "completed": ("", "15/05/17", "15/05/2017", "soon"),
    "baseline": ("", "31/03/2018", "30/04/18"),
}  # fmt: skip
OWN = ("", "North", "South")  # of the column Ward, which is the officer's own

# The same value, written otherwise.
REWRITTEN = {
    "31/03/18": "31/03/2018", "30/09/18": "30/09/2018", "15/05/17": "15/05/2017", "On target": "On track",
    "Complete": "Completed", "Agreed.": "<u>Agreed.</u>",
}  # fmt: skip
REWRITTEN |= {new: old for old, new in REWRITTEN.items()}


def rows_of() -> st.SearchStrategy[Row]:
    cells = {column: st.sampled_from(texts) for column, texts in TEXTS.items()}
    return st.fixed_dictionaries(
        {"ref": st.sampled_from(REFS), **cells, "Ward": st.sampled_from(OWN)}
    )


def plan(rows: Sequence[Row], *, by_hand: date | None = None) -> Plan:
    """Rows as a plan in a workbook. ``by_hand`` is set as the first one's date of completion."""
    cells = [{c: text for c, text in row.items() if c != "Ward"} for row in rows]
    blank = {"ref": "", "milestone": "", "timescale": "", "status": ""}
    try:
        read = plan_of(*cells, plain=blank)
    except NoPlanError:  # without a row that could be a milestone
        return Plan(())
    own = {number: row["Ward"] for number, row in enumerate(rows, 2)}
    milestones = [m._replace(extra={"Ward": own[m.where.row]}) for m in read.milestones]
    if by_hand is not None:
        milestones[0] = milestones[0]._replace(completed=by_hand)
    return replace(read, milestones=tuple(milestones))


@st.composite
def edited(draw: Callable, rows: Sequence[Row]) -> list[Row]:
    """What becomes of some rows in somebody's hands: edited, rewritten, renumbered, moved, gone."""
    rows = [dict(row) for row in rows]
    for _ in range(draw(st.integers(0, 4))):
        what = draw(
            st.sampled_from(
                ["edit", "edit", "edit", "rewrite", "insert", "delete", "move", "sort", "renumber",
                 "swap", "twice"]
            )
        )  # fmt: skip
        at = draw(st.integers(0, max(len(rows) - 1, 0)))
        if what == "insert" or not rows:
            rows.insert(at, draw(rows_of()))
        elif what == "edit":
            column = draw(st.sampled_from([*TEXTS, "ref", "Ward"]))
            choices = {**TEXTS, "ref": REFS, "Ward": OWN}[column]
            rows[at][column] = draw(st.sampled_from(choices))
        elif what == "rewrite":
            rows[at] = {c: REWRITTEN.get(text, text) for c, text in rows[at].items()}
        elif what == "delete":
            del rows[at]
        elif what == "move":
            rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(at))
        elif what == "sort":
            rows.sort(key=lambda row: row["timescale"])
        elif what == "renumber":
            for number, row in enumerate(rows, 1):
                row["ref"] = f"A{number}"
        elif what == "swap":
            other = draw(st.integers(0, len(rows) - 1))
            rows[at]["ref"], rows[other]["ref"] = rows[other]["ref"], rows[at]["ref"]
        else:
            rows.insert(at, dict(rows[at]))
    return rows


def each_once(rows: Sequence[Row]) -> list[Row]:
    """Without those whose Ref, or whose words, an earlier one has."""
    kept, refs, words = [], {""}, {""}
    for row in rows:
        ref, said = row["ref"].casefold(), " ".join(row["milestone"].split())
        if ref not in refs and said not in words:
            kept.append(row)
            refs.add(ref)
            words.add(said)
    return kept


@st.composite
def two_sides(draw: Callable, *, distinct: bool = False) -> tuple[Plan, Plan, Plan]:
    """A plan as issued, and what the officer and a lead have made of it.

    ``distinct``: in none of them have two milestones the same Ref, or the same words.
    """
    only = each_once if distinct else list
    rows = only(draw(st.lists(rows_of(), max_size=6)))
    days = st.sampled_from([None, None, date(2017, 5, 15), date(2017, 6, 1)])
    master, returned = only(draw(edited(rows))), only(draw(edited(rows)))
    return plan(rows), plan(master, by_hand=draw(days)), plan(returned, by_hand=draw(days))
