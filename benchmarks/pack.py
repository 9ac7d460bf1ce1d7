"""Make the committee pack of a plan with a year behind it, and see where the time goes.

    python -m benchmarks.pack
    python -m benchmarks.pack --markdown docs/performance-pack.md

A made-up plan (``benchmarks.plans``) is frozen at three month ends; in each month one milestone in thirty
is completed, one in thirty gets another date. Then ``agsxl report`` is run as a process of its own, cold,
several times, and the best counts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.plans import AS_OF, HEADING_ROW, write_plan

LIMITS = {117: 3.0, 5_000: 20.0}  # seconds for the whole process
ENDS = (date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31))
_RUNS = 3
_SHEET, _STATUS, _REVISED = "Action plan", "J", "K"

_ABOVE = """\
# How long making the committee pack takes

The whole of `agsxl report PLAN --out FOLDER`, from the start of the process to its end: the workbook read with its
change log and three frozen copies of the plan, checked, compared with the last report, every figure counted, and the
Word document, the workbook and the web page written. Measured on two cores with Python {python} by
`python -m benchmarks.pack --markdown docs/performance-pack.md`; the best of {runs} runs.
"""


# -- the plan --------------------------------------------------------------------------------------


def make(path: Path, rows: int) -> None:
    """A plan of so many milestones, with a change log and three frozen copies."""
    import agsxl

    write_plan(path, rows)
    chance = Random(rows)
    for month, day in enumerate(ENDS):
        when = datetime.combine(day + timedelta(days=2), datetime.min.time()) + timedelta(hours=9)
        if month:
            _live(path, rows, chance, day)
        agsxl.snapshot(path, f"Governance Committee {day:%d/%m/%Y}", as_of=day, now=when)
    _live(path, rows, chance, AS_OF)


def _live(path: Path, rows: int, chance: Random, day: date) -> None:
    """A month in which some are completed and some dates move, typed by hand."""
    import agsxl

    first = HEADING_ROW + 1
    chosen = chance.sample(range(first, first + rows), 2 * max(rows // 30, 1))
    half = len(chosen) // 2
    with agsxl.open_book(path) as book:
        grid = book.read(_SHEET)
        cells: list[tuple[str, Any]] = [(f"{_STATUS}{row}", "Complete") for row in chosen[:half]]
        later = day + timedelta(days=90)
        cells += [(f"{_REVISED}{row}", later) for row in chosen[half:]]
        edits = [agsxl.CellEdit(_SHEET, a, grid.value(a), new) for a, new in cells]
        book.apply(agsxl.ChangeSet(tuple(edit for edit in edits if edit.expected != edit.new)))


# -- measuring -------------------------------------------------------------------------------------


def measure(rows: int, folder: Path) -> dict[str, Any]:
    """The best of several runs, and the seconds of each step in one of them."""
    path = folder / f"plan-{rows}.xlsx"
    make(path, rows)
    out = folder / f"pack-{rows}"
    whole = min(_seconds(lambda: _report(path, out)) for _ in range(_RUNS))
    steps = min(
        (_steps(path, folder / f"steps-{rows}") for _ in range(_RUNS)),
        key=lambda found: sum(s for _, s in found),
    )
    return {
        "rows": rows,
        "whole": whole,
        "limit": LIMITS.get(rows),
        "steps": steps,
        "megabytes": path.stat().st_size / 1e6,
        "pages": sum(file.stat().st_size for file in out.iterdir()) / 1e6,
    }


def _seconds(job: Callable[[], None]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def _report(path: Path, out: Path) -> None:
    command = ["-m", "agsxl", "report", str(path), "--as-of", AS_OF.isoformat(), "--out", str(out)]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)


def _steps(path: Path, out: Path) -> list[tuple[str, float]]:
    """The seconds of each step, by what the officer is told while it runs."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pack", "--child", str(path), str(out), repr(time.time())],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: list[tuple[str, float]] = [(step, seconds) for step, seconds in json.loads(done.stdout)]
    return found


def child(path: str, out: str, began: float) -> None:
    """What ``agsxl report`` does, with the time at which each step began."""
    at = [("Python itself", began)]

    def progress(step: str) -> None:
        at.append((step.replace(Path(path).name, "the plan"), time.time()))

    progress("agsxl imported")
    from agsxl.packing import committee_pack

    committee_pack(path, as_of=AS_OF, out=out, progress=progress)
    ends = [began for _, began in at[1:]] + [time.time()]
    print(json.dumps([(step, end - start) for (step, start), end in zip(at, ends, strict=True)]))


# -- saying it -------------------------------------------------------------------------------------


def main() -> None:
    """Measure, and say it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default=",".join(map(str, LIMITS)))
    options.add_argument("--json", action="store_true")
    options.add_argument("--markdown", metavar="FILE", type=Path)
    options.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        path, out, began = chosen.child
        child(path, out, float(began))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(int(size), Path(folder)) for size in chosen.sizes.split(",")]
    if chosen.json:
        print(json.dumps(found))
        return
    page = _page(found)
    print(page)
    if chosen.markdown:
        chosen.markdown.write_text(page, "utf-8")


def _page(found: list[dict[str, Any]]) -> str:
    """The tables, with what they were measured on."""
    python = ".".join(map(str, sys.version_info[:3]))
    lines = [_ABOVE.format(python=python, runs=_RUNS)]
    lines += [
        "| milestones | seconds | to be done within | of that | the plan | the three files |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for each in found:
        limit = each["limit"]
        aim = f"{limit:g} | {each['whole'] / limit:.2f}" if limit else "none | "
        lines.append(
            f"| {each['rows']:,} | {each['whole']:.2f} | {aim} | {each['megabytes']:.1f} MB | {each['pages']:.1f} MB |"
        )
    lines += [
        "",
        "Where the time goes, by what is said while it runs:",
        "",
        "| seconds | " + " | ".join(f"{each['rows']:,} milestones" for each in found) + " |",
        "|---|" + "---:|" * len(found),
    ]
    by_step: dict[str, list[float]] = {}
    for place, each in enumerate(found):
        for step, seconds in each["steps"]:
            by_step.setdefault(step, [0.0] * len(found))[place] += seconds
    lines += [
        f"| {step} | " + " | ".join(f"{seconds:.2f}" for seconds in spent) + " |"
        for step, spent in by_step.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
