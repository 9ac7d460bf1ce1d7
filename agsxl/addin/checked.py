"""What a check says: how something stands, one sentence, one remedy, and what to ask IT for.

Checked("macros", State.ATTENTION, "Excel runs no macros.", "Ask IT.", ask="Please allow ...")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from agsxl.addin.machine import Machine


class State(StrEnum):
    """How it stands."""

    OK = "ok"
    ATTENTION = "attention"
    UNKNOWN = "unknown"


class Checked(NamedTuple):
    """One thing that was looked at: what, how it stands, one sentence, and the remedy.

    ``ask`` is what to ask IT for, "" where the officer needs nobody.
    """

    what: str
    state: State
    said: str
    remedy: str = ""
    ask: str = ""


OK, ATTENTION, UNKNOWN = State.OK, State.ATTENTION, State.UNKNOWN

Check = Callable[[Machine, str], Iterable[Checked]]
"""Looks at a computer, and at a workbook ("" for none)."""

INSTEAD = (
    "use agsxl in a terminal (agsxl check ...), or 'agsxl check --live' on the open workbook: neither "
    "is started by Excel"
)
