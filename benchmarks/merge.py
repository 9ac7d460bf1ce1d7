"""Merge the same three tables with agsxl and with daff, and compare two plans without an ancestor.

    python -m benchmarks.merge
    python -m benchmarks.merge --rows 1000,10000 --json

daff (MIT) is for this comparison only: ``pip install daff``. Both are given what is in memory
already, agsxl its plans and daff its tables, in processes of their own that take turns; the best of
several counts. agsxl also finds renumbered milestones, and reads the dates and statuses that
differ; daff is measured as it is and with Ref named as the key, and the faster of the two counts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.plans import write_plan

Table = list[list[Any]]
Seconds = dict[str, float]

_RUNS = 5
_REWORDED = 1_000  # milestones, every one with another Ref and other words
_WORDS = (
    "budget", "policy", "register", "training", "cabinet", "audit", "risk", "review", "contract",
    "staff", "digital", "housing", "agreed", "approved", "published", "reported", "managers", "members",
)  # fmt: skip


def tables(rows: int) -> tuple[Table, Table, Table]:
    """A plan as issued, the master and a return: one milestone in three edited on each side, some
    added, some gone, and in the master some renumbered."""
    from agsxl.excel.file import open_book

    with TemporaryDirectory() as folder:
        path = Path(folder) / "plan.xlsx"
        write_plan(path, rows)
        book = open_book(path)
        cells = book.read(book.sheets()[0]).rows[2:]
        book.close()
    width = max(map(len, cells))
    issued = [row + [None] * (width - len(row)) for row in cells]
    return issued, _edited(issued, 1), _edited(issued, 2)


def _edited(table: Table, side: int) -> Table:
    random = Random(side)
    heads, *rows = ([*row] for row in table)
    ref, words, status, revised, comments = 0, 4, 9, 10, 11
    for row in rows:
        if random.random() < 0.2:
            row[status] = random.choice(("Complete", "Completed", "On target", "Not started"))
        if random.random() < 0.1:
            row[comments] = f"{row[comments] or ''} Seen again, note {random.randint(1, 999)}."
        if random.random() < 0.05:
            row[revised] = f"{random.randint(1, 28)}/03/{random.randint(2026, 2029)}"
    for number in range(len(rows) // 200):
        del rows[random.randrange(len(rows))]
        new = [*rows[number]]
        new[ref], new[words] = f"N{side}{number}", f"Something new, number {number}, on side {side}"
        rows.insert(random.randrange(len(rows)), new)
    if side == 1:
        for row in rows[: len(rows) // 50]:
            row[ref] = f"{row[ref]}0"
    return [heads, *rows]


def agsxl(rows: int) -> Seconds:
    from agsxl.differences import diff
    from agsxl.grid import Grid
    from agsxl.layout.milestones import read_plan
    from agsxl.merging import merge

    plans = [
        read_plan([Grid("Plan", table)], file="plan.xlsx", is_workbook=True)
        for table in tables(rows)
    ]
    seconds = {}
    began = perf_counter()
    merged = merge(*plans)
    seconds["agsxl"] = perf_counter() - began
    assert merged.conflicts
    assert merged.milestones
    began = perf_counter()
    found = diff(*plans[:2])
    seconds["diff"] = perf_counter() - began
    assert len(found.pairs) > rows * 0.98
    return seconds


def daff(rows: int) -> Seconds:
    return {"daff": _daff(rows, key="")}


def daff_with_key(rows: int) -> Seconds:
    return {"daff, Ref as key": _daff(rows, key="Ref")}


def _daff(rows: int, *, key: str) -> float:
    import daff

    texts = [
        [["" if cell is None else str(cell) for cell in row] for row in table]
        for table in tables(rows)
    ]
    issued, master, returned = (daff.PythonTableView(table) for table in texts)
    flags = daff.CompareFlags()
    if key:
        flags.addPrimaryKey(key)
    began = perf_counter()
    conflicts = daff.Merger(issued, master, returned, flags).apply()
    seconds = perf_counter() - began
    assert conflicts
    return seconds


def reworded(rows: int) -> Seconds:
    """Two plans of which nothing is left as it was, neither a Ref nor the words."""
    from agsxl.differences import diff
    from agsxl.plan import Milestone, Plan

    random = Random(7)
    old, new = [], []
    for number in range(rows):
        words = [
            f"{random.choice(_WORDS)} {random.randint(1, 99)}" for _ in range(random.randint(5, 9))
        ]
        old.append(Milestone(f"A{number}", milestone=" ".join(words)))
        new.append(Milestone(f"B{number}", milestone=" ".join(["then", *reversed(words)])))
    random.shuffle(new)
    began = perf_counter()
    found = diff(Plan(tuple(old)), Plan(tuple(new)))
    seconds = perf_counter() - began
    assert len(found.pairs) > rows * 0.98
    return {f"diff of {rows:,} all reworded": seconds}


JOBS: dict[str, Callable[[int], Seconds]] = {
    "agsxl": agsxl,
    "daff": daff,
    "daff with key": daff_with_key,
}


def measure(sizes: Sequence[int]) -> dict[int, Seconds]:
    """The best seconds of each job, for each size; the jobs take turns."""
    best: dict[int, Seconds] = {}
    turns = [(rows, job) for rows in sizes for job in JOBS] + [(_REWORDED, "reworded")]
    for _ in range(_RUNS):
        for rows, job in turns:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.merge", "--job", job, "--rows", str(rows)],
                capture_output=True,
                text=True,
                encoding="utf-8",
            )
            if done.returncode:
                raise SystemExit(f"{job} with {rows:,} rows failed:\n{done.stderr}")
            kept = best.setdefault(rows, {})
            for name, seconds in json.loads(done.stdout).items():
                kept[name] = min(seconds, kept.get(name, seconds))
    return best


def lines(best: dict[int, Seconds]) -> list[str]:
    found = []
    for rows, seconds in sorted(best.items()):
        for name, taken in seconds.items():
            times = f", {taken / seconds['agsxl']:.1f} times agsxl's" if "daff" in name else ""
            found.append(f"{rows:>7,} milestones  {name:<26} {taken:7.3f} s{times}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.merge", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rows", default="1000,10000", help="sizes, with commas between")
    parser.add_argument("--json", action="store_true", help="the seconds as JSON")
    parser.add_argument("--job", choices=[*JOBS, "reworded"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sizes = [int(number) for number in asked.rows.split(",")]
    if asked.job:
        print(json.dumps({**JOBS, "reworded": reworded}[asked.job](sizes[0])))
        return
    best = measure(sizes)
    print(json.dumps(best) if asked.json else "\n".join(lines(best)))


if __name__ == "__main__":
    main()
