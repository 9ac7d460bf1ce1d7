"""agsxl: governance action plans in Excel, checked, measured, chased and kept up to date.

    import agsxl
    from datetime import date

    plan = agsxl.load_plan("workbook/sample-plan.xlsx")
    day = date(2026, 9, 30)
    findings = agsxl.check(plan, as_of=day)
    totals = agsxl.slippage(plan, as_of=day).totals
    lists = agsxl.chase(plan, as_of=day)
    agsxl.reconcile("plan.xlsx", ["returns"], apply=True)
    agsxl.committee_pack("plan.xlsx", out="pack", freeze=True)

Names are imported when they are first used, so that ``import agsxl`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agsxl.ancestry import Lineage
    from agsxl.chasers import LeadChaser, Reason
    from agsxl.dates import Kind, Target, read_target
    from agsxl.desk import chase, check, import_plan, load_plan, load_posts, new_plan, slippage
    from agsxl.differences import Differences, diff
    from agsxl.edits import CellEdit, CellLink, ChangeSet, NewRows, NewSheet, Receipt, SheetColumn
    from agsxl.errors import (
        AgsxlError,
        ChangedError,
        NoPlanError,
        OutputError,
        SettingsError,
        SourceError,
        TwoPlansError,
    )
    from agsxl.excel.file import open_book
    from agsxl.excel.memory import MemoryBook
    from agsxl.grid import CellError, Formula, Grid
    from agsxl.merging import Merge, Outcome, merge
    from agsxl.movements import Slippage
    from agsxl.packing import Packed, committee_pack
    from agsxl.plan import Milestone, Plan, Timeliness
    from agsxl.posts import Posting, Posts
    from agsxl.results import check_onto, slippage_onto
    from agsxl.rules import Finding, Severity
    from agsxl.sending import draft, forget, round_status, send, thank
    from agsxl.settings import RuleChange, Settings
    from agsxl.statuses import Status, StatusValue, read_status
    from agsxl.updating import (
        answer,
        history_of,
        plan_at,
        rebaseline,
        reconcile,
        snapshot,
        undo,
        write_returns,
    )
    from agsxl.years import Rolled, lineage, roll

__version__ = "0.1.0"

_HOME = {
    "agsxl.ancestry": ("Lineage",),
    "agsxl.chasers": ("LeadChaser", "Reason"),
    "agsxl.dates": ("Kind", "Target", "read_target"),
    "agsxl.desk": ("chase", "check", "import_plan", "load_plan", "load_posts", "new_plan", "slippage"),
    "agsxl.differences": ("Differences", "diff"),
    "agsxl.edits": ("CellEdit", "CellLink", "ChangeSet", "NewRows", "NewSheet", "Receipt", "SheetColumn"),
    "agsxl.errors": (
        "AgsxlError", "ChangedError", "NoPlanError", "OutputError", "SettingsError", "SourceError", "TwoPlansError",
    ),
    "agsxl.excel.file": ("open_book",),
    "agsxl.excel.memory": ("MemoryBook",),
    "agsxl.grid": ("CellError", "Formula", "Grid"),
    "agsxl.merging": ("Merge", "Outcome", "merge"),
    "agsxl.movements": ("Slippage",),
    "agsxl.packing": ("Packed", "committee_pack"),
    "agsxl.plan": ("Milestone", "Plan", "Timeliness"),
    "agsxl.posts": ("Posting", "Posts"),
    "agsxl.results": ("check_onto", "slippage_onto"),
    "agsxl.rules": ("Finding", "Severity"),
    "agsxl.sending": ("draft", "forget", "round_status", "send", "thank"),
    "agsxl.settings": ("RuleChange", "Settings"),
    "agsxl.statuses": ("Status", "StatusValue", "read_status"),
    "agsxl.updating": (
        "answer", "history_of", "plan_at", "rebaseline", "reconcile", "snapshot", "undo", "write_returns",
    ),
    "agsxl.years": ("Rolled", "lineage", "roll"),
}  # fmt: skip
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AgsxlError", "CellEdit", "CellError", "CellLink", "ChangeSet", "ChangedError",
    "Differences", "Finding", "Formula", "Grid", "Kind", "LeadChaser", "Lineage", "MemoryBook",
    "Merge", "Milestone", "NewRows", "NewSheet", "NoPlanError", "Outcome", "OutputError",
    "Packed", "Plan", "Posting", "Posts", "Reason", "Receipt", "Rolled", "RuleChange",
    "Settings", "SettingsError", "Severity", "SheetColumn", "Slippage", "SourceError", "Status",
    "StatusValue", "Target", "Timeliness", "TwoPlansError", "answer", "chase", "check",
    "check_onto", "committee_pack", "diff", "draft", "forget", "history_of", "import_plan",
    "lineage", "load_plan", "load_posts", "merge", "new_plan", "open_book", "plan_at",
    "read_status", "read_target", "rebaseline", "reconcile", "roll", "round_status", "send",
    "slippage", "slippage_onto", "snapshot", "thank", "undo", "write_returns",
]  # fmt: skip


def __getattr__(name: str) -> object:
    module = _MODULE.get(name)
    if module is None:
        raise AttributeError(f"module 'agsxl' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(module), name)
    globals()[name] = value
    return value
