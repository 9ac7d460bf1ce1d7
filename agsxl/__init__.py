"""agsxl: governance action plans in Excel, checked, measured and chased.

    import agsxl
    from datetime import date

    plan = agsxl.load_plan("workbook/sample-plan.xlsx")
    day = date(2026, 9, 30)
    findings = agsxl.check(plan, as_of=day)
    totals = agsxl.slippage(plan, as_of=day).totals
    lists = agsxl.chase(plan, as_of=day)

Names are imported when they are first used, so that ``import agsxl`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agsxl.chasers import LeadChaser, Reason
    from agsxl.dates import Kind, Target, read_target
    from agsxl.desk import chase, check, load_plan, load_posts, slippage
    from agsxl.errors import (
        AgsxlError,
        NoPlanError,
        OutputError,
        SettingsError,
        SourceError,
        TwoPlansError,
    )
    from agsxl.excel.file import open_book
    from agsxl.grid import CellError, Formula, Grid
    from agsxl.movements import Slippage
    from agsxl.plan import Milestone, Plan, Timeliness
    from agsxl.posts import Posting, Posts
    from agsxl.rules import Finding, Severity
    from agsxl.settings import RuleChange, Settings
    from agsxl.statuses import Status, StatusValue, read_status

__version__ = "0.1.0"

_HOME = {
    "agsxl.chasers": ("LeadChaser", "Reason"),
    "agsxl.dates": ("Kind", "Target", "read_target"),
    "agsxl.desk": ("chase", "check", "load_plan", "load_posts", "slippage"),
    "agsxl.errors": (
        "AgsxlError", "NoPlanError", "OutputError", "SettingsError", "SourceError", "TwoPlansError",
    ),
    "agsxl.excel.file": ("open_book",),
    "agsxl.grid": ("CellError", "Formula", "Grid"),
    "agsxl.movements": ("Slippage",),
    "agsxl.plan": ("Milestone", "Plan", "Timeliness"),
    "agsxl.posts": ("Posting", "Posts"),
    "agsxl.rules": ("Finding", "Severity"),
    "agsxl.settings": ("RuleChange", "Settings"),
    "agsxl.statuses": ("Status", "StatusValue", "read_status"),
}  # fmt: skip
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AgsxlError", "CellError", "Finding", "Formula", "Grid", "Kind", "LeadChaser", "Milestone",
    "NoPlanError", "OutputError", "Plan", "Posting", "Posts", "Reason", "RuleChange", "Settings",
    "SettingsError", "Severity", "Slippage", "SourceError", "Status", "StatusValue", "Target",
    "Timeliness", "TwoPlansError", "chase", "check", "load_plan", "load_posts", "open_book",
    "read_status", "read_target", "slippage",
]  # fmt: skip


def __getattr__(name: str) -> object:
    module = _MODULE.get(name)
    if module is None:
        raise AttributeError(f"module 'agsxl' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(module), name)
    globals()[name] = value
    return value
