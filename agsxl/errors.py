"""Errors: the job cannot go on.

    AgsxlError
    ├── SourceError          the file cannot be read, or holds no plan
    │   ├── FarCellError     a sheet reaches so far that it cannot be held in memory
    │   ├── NoPlanError      no table of milestones, or a column it cannot do without is missing
    │   └── TwoPlansError    more than one table could be the plan
    ├── SettingsError        a setting, posts table or argument says something impossible
    └── OutputError          the result cannot be written
        └── ChangedError     a cell, or the whole file, is not as it was when it was read

A fault in the *plan* is never an error: it is a finding, a value (see ``agsxl.rules``).
Every message is one plain sentence or two: what is wrong, where, and what to do.
"""

from __future__ import annotations


class AgsxlError(Exception):
    """Base of every error that agsxl raises on purpose."""


class SourceError(AgsxlError):
    """The source cannot be read: missing, damaged, protected, open elsewhere, too large."""


class FarCellError(SourceError):
    """A sheet has something so far from everything else that it cannot be held in memory."""


class NoPlanError(SourceError):
    """The source holds no plan, or a plan without a column that it cannot do without."""


class TwoPlansError(SourceError):
    """The source holds more than one table that could be the plan."""


class SettingsError(AgsxlError):
    """A setting, a posts table or an argument cannot be used as it stands."""


class OutputError(AgsxlError):
    """A result cannot be written where it was asked for."""


class ChangedError(OutputError):
    """A workbook is not as it was when it was read; nothing was written."""
