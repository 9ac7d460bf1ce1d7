"""One job in a process of its own, cold: its seconds and its peak memory, as a line of JSON.

    python -m benchmarks.job agsxl plan.xlsx

``benchmarks.run`` starts these; what a program imports is not in its seconds. A process of its own
keeps one reading from warming the caches, or filling the memory, of the next.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter

from benchmarks.plans import AS_OF

Seconds = dict[str, float]


def agsxl(path: str) -> Seconds:
    """Each step of the work, one after the other, on the same plan."""
    from agsxl import chase, check, load_plan, slippage

    seconds: Seconds = {}
    began = perf_counter()
    plan = load_plan(path)
    seconds["read"] = perf_counter() - began
    began = perf_counter()
    findings = check(plan, as_of=AS_OF)
    seconds["check"] = perf_counter() - began
    began = perf_counter()
    slippage(plan, as_of=AS_OF)
    seconds["slippage"] = perf_counter() - began
    began = perf_counter()
    chase(plan, as_of=AS_OF, findings=findings)
    seconds["chase"] = perf_counter() - began
    return seconds


def check(path: str) -> Seconds:
    """Only the reading and the check: for their peak memory."""
    from agsxl import check, load_plan

    began = perf_counter()
    check(load_plan(path), as_of=AS_OF)
    return {"read and check": perf_counter() - began}


def openpyxl(path: str) -> Seconds:
    return {"openpyxl": _openpyxl(path, read_only=False)}


def openpyxl_read_only(path: str) -> Seconds:
    return {"openpyxl read_only": _openpyxl(path, read_only=True)}


def _openpyxl(path: str, *, read_only: bool) -> float:
    """Load the workbook and touch every value."""
    from openpyxl import load_workbook

    began = perf_counter()
    book = load_workbook(path, read_only=read_only)
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    seconds = perf_counter() - began
    assert rows
    return seconds


def calamine(path: str) -> Seconds:
    from python_calamine import CalamineWorkbook

    began = perf_counter()
    book = CalamineWorkbook.from_path(path)
    rows = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    seconds = perf_counter() - began
    assert rows
    return {"python-calamine": seconds}


JOBS: dict[str, Callable[[str], Seconds]] = {
    "agsxl": agsxl,
    "check": check,
    "openpyxl": openpyxl,
    "openpyxl read_only": openpyxl_read_only,
    "python-calamine": calamine,
}


def peak_megabytes() -> float | None:
    """The most memory this process has held, where the system says (Windows does not)."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    done = JOBS[sys.argv[1]](sys.argv[2])
    print(json.dumps({"seconds": done, "megabytes": peak_megabytes()}))
