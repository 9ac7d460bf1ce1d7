"""W: what the sheet itself does to the plan."""

from __future__ import annotations

from collections.abc import Iterator

from agsxl.plan import Milestone
from agsxl.rules.engine import Context, Report, Reports, Severity, rule


@rule(
    "W601", "merged-cells", "Merged cells", Severity.WARNING,
    bad=[[{"outcome": "Trained", "_merge": "outcome"}, {"ref": "A2", "outcome": "", "_merge": "outcome"}]],
    good=[[{"outcome": "Trained"}, {"ref": "A2", "outcome": "Trained"}]],
)  # fmt: skip
def merged_cells(context: Context) -> Iterator[Report]:
    """The table has no merged cells.

    Why: a merged table cannot be sorted or filtered, and a screen reader loses its place. agsxl
    reads the merged value for every row it covers.
    Fix: unmerge, and repeat the value in each row.
    """
    rows = {milestone.where.row: milestone for milestone in context.plan.milestones}
    for address, first, last, column in context.plan.merged:
        milestone = next((rows[row] for row in range(first, last + 1) if row in rows), None)
        yield Report(
            f"The cells {address} are merged.", column=column, milestone=milestone, value=address
        )


@rule(
    "W602", "formula-error", "A cell shows an error", Severity.ERROR,
    bad=[{"source": "#REF!"}], good=[{"source": "AGS"}],
)  # fmt: skip
def formula_error(milestone: Milestone, context: Context) -> Reports:
    """No cell shows an error (#REF!, #N/A ...).

    Why: what stood there is lost, and agsxl reads it as blank.
    Fix: put the value back, from a backup if need be.
    """
    if not milestone.errors:
        return None
    return [
        Report(f"The cell shows {code}.", column=column, value=code)
        for column, code in milestone.errors.items()
    ]


@rule(
    "W603", "hidden-rows", "Hidden rows", Severity.WARNING, column="ref",
    bad=[{"_hidden": "yes"}], good=[{"ref": "A1"}],
)  # fmt: skip
def hidden_rows(milestone: Milestone, context: Context) -> Reports:
    """No milestone stands in a hidden row.

    Why: it is counted and chased, and nobody sees it. A filter hides rows too.
    Fix: clear the filter, or unhide the row.
    """
    return Report(f"{milestone.called} is in a hidden row.") if milestone.hidden else None


@rule(
    "W604", "row-left-out", "Text that is no milestone", Severity.WARNING,
    bad=[[{"ref": "A1"}, {"_only": "Approved by the Governance Committee"}]], good=[{"ref": "A1"}],
)  # fmt: skip
def row_left_out(context: Context) -> Iterator[Report]:
    """Every row of the table is a milestone.

    Why: a row with text but neither a Ref nor a milestone is not read, and what it says may be
    part of the row above.
    Fix: move the text to the milestone it belongs to, or below the table.
    """
    for row, text in context.plan.left_out:
        shown = text if len(text) <= 60 else text[:57] + "..."
        yield Report(
            f"Row {row} is no milestone, and was left out: {shown!r}.", value=text, row=row
        )


@rule(
    "W605", "column-passed-over", "Two columns could be the same", Severity.WARNING,
    bad=[{"comments": "Draft agreed", "_also": "Latest update"}], good=[{"ref": "A1"}],
)  # fmt: skip
def column_passed_over(context: Context) -> Iterator[Report]:
    """Only one column of the table can be read as its status, its date and so on.

    Why: the other is kept, but nothing is checked, measured or chased on what it says. A second
    or third revised date in a column of its own is one of these.
    Fix: head the column that counts as the plan does, and give the other a name of its own.
    """
    for column, heading in context.plan.passed_over:
        taken = context.plan.headings.get(column, column)
        yield Report(
            f"{heading!r} could be the same as {taken!r}; {taken!r} was read.",
            column=column,
            value=heading,
        )


@rule(
    "W606", "change-log-altered", "The change log was altered", Severity.WARNING,
    bad=[[{"_log": "Entry 3 is missing from the change log; compare it with a backup."}]],
    good=[{"ref": "A1"}],
)  # fmt: skip
def change_log_altered(context: Context) -> Iterator[Report]:
    """No row of the change log is missing, out of its order or edited by hand.

    Why: the log shows who moved a date and who agreed to it; the auditor relies on it.
    Fix: compare the Change log sheet with that of a backup, and copy back what was lost.
    """
    for fault in context.plan.log_faults:
        yield Report(fault)


CATALOGUE = (
    merged_cells,
    formula_error,
    hidden_rows,
    row_left_out,
    column_passed_over,
    change_log_altered,
)
