"""Press Check on an open workbook, and see where the time goes.

    python -m benchmarks.live
    python -m benchmarks.live --sizes 117,5000 --json

A LibreOffice is started and a plan opened in it; then a process of its own does what the button's does,
several times, and the best counts. LibreOffice stands in Excel's place, so what is asked of the program
takes another time there; what Python does takes the same.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.plans import AS_OF, write_plan

SIZES = (117, 5_000)
_RUNS = 5
STEPS = ("start", "load", "reach", "find", "read", "think", "write")
_SAYS = {
    "start": "Python itself",
    "load": "agsxl and xlwings imported",
    "reach": "LibreOffice reached (Excel is reached by xlwings)",
    "find": "the workbook found",
    "read": "every sheet read",
    "think": "plan, rules, findings, the sheet made",
    "write": "written, read back, calculated",
}


_ABOVE = """\
# How long pressing Check takes

What a button starts, on a workbook that is open in a running LibreOffice; Excel takes its own time for what is
asked of it. Measured on two cores by `python -m benchmarks.live --markdown docs/performance-live.md`; the best of
several presses. To be done within 1.5 seconds for 117 milestones and 5 for 5,000.

Most of the start is xlwings; pandas and numpy, which it loads where they are, are kept out (0.26 s). The rest
is reading and writing the cells, which is done in blocks.
"""


def child(name: str, began: float) -> None:
    """What the button's process does, a line of JSON with the seconds of each step at the end."""
    seconds = {"start": time.time() - began}
    clock = time.perf_counter

    at = clock()
    from agsxl.excel import live
    from agsxl.excel.running import load_xlwings
    from agsxl.results import check_onto

    load_xlwings()
    seconds["load"] = clock() - at
    at = clock()
    from tests.live_office.child import attach

    attach()
    seconds["reach"] = clock() - at
    at = clock()
    book = live.live_book(name)
    seconds["find"] = clock() - at
    spent = {"read": 0.0, "write": 0.0, "sheets": 0.0}

    def timed(job: Any, kind: str) -> Any:
        def run(*given: Any, **named: Any) -> Any:
            start = clock()
            try:
                return job(*given, **named)
            finally:
                spent[kind] += clock() - start

        return run

    book.read = timed(book.read, "read")  # type: ignore[method-assign]
    book.sheets = timed(book.sheets, "read")  # type: ignore[method-assign]
    book.apply = timed(book.apply, "write")  # type: ignore[method-assign]
    at = clock()
    done = check_onto(book, as_of=AS_OF)
    whole = clock() - at
    seconds["read"], seconds["write"] = spent["read"], spent["write"]
    seconds["think"] = whole - spent["read"] - spent["write"]
    print(json.dumps({"seconds": seconds, "findings": len(done.findings)}))


def measure(rows: int, folder: Path) -> dict[str, Any]:
    """The best of several presses on a plan of so many milestones."""
    from tests.live_office import running
    from tests.live_office.office import PIPE

    office = running()
    path = folder / f"plan-{rows}.xlsx"
    write_plan(path, rows)
    office.open(path)
    environment = os.environ | {PIPE: office.pipe}
    best: dict[str, Any] = {}
    for _ in range(_RUNS):
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.live", "--child", path.name, repr(began)],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        whole = time.time() - began
        if not best or whole < best["whole"]:
            best = json.loads(done.stdout) | {"rows": rows, "whole": whole}
    office.close_all()
    return best


def main() -> None:
    """Measure, and say it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default=",".join(map(str, SIZES)))
    options.add_argument("--json", action="store_true")
    options.add_argument("--markdown", metavar="FILE", type=Path)
    options.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        child(chosen.child[0], float(chosen.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(int(size), Path(folder)) for size in chosen.sizes.split(",")]
    if chosen.json:
        print(json.dumps(found))
        return
    page = _page(found)
    print(page)
    if chosen.markdown:
        chosen.markdown.write_text(page + "\n", "utf-8")


def _page(found: list[dict[str, Any]]) -> str:
    """The table, with what it was measured on."""
    lines = [
        _ABOVE,
        "| seconds | " + " | ".join(f"{each['rows']:,} milestones" for each in found) + " |",
    ]
    lines.append("|---|" + "---:|" * len(found))
    for step in STEPS:
        lines.append(
            f"| {_SAYS[step]} | " + " | ".join(f"{e['seconds'][step]:.2f}" for e in found) + " |"
        )
    lines.append(
        "| **the whole** | " + " | ".join(f"**{each['whole']:.2f}**" for each in found) + " |"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
