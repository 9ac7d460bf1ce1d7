"""Measure writing, and reading returns, beside openpyxl and beside copying the file.

    python -m benchmarks.writing
    python -m benchmarks.writing --markdown docs/performance-writing.md

One edit in a workbook of 20 MB whose bulk lies in a picture; one in a sheet of 20 MB; 100 returns
into a plan of 1,000 milestones; the merge of 10,000 (which needs ``pip install daff``). Each in turns
with its peer, the best of several.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from random import Random
from time import perf_counter

import openpyxl
import xlsxwriter

from agsxl import desk, updating
from agsxl.chasers import Asked, LeadChaser
from agsxl.edits import CellEdit, ChangeSet
from agsxl.excel.file import open_book
from benchmarks import merge
from benchmarks.plans import AS_OF, write_plan

_BYTES = 20 * 2**20
_RUNS = 5
_RETURNS = 100

Figures = dict[str, float]


def _best(found: list[Figures]) -> Figures:
    return {name: min(each[name] for each in found) for name in found[0]}


def _timed(job: Callable[[], object]) -> float:
    began = perf_counter()
    job()
    return perf_counter() - began


# -- one edit ----------------------------------------------------------------------------------


def _noise(path: Path, size: int) -> Path:
    """A picture that no program can make smaller."""
    side = int((size / 3) ** 0.5)
    random = Random(2026)
    rows = b"".join(b"\0" + random.randbytes(side * 3) for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        )

    head = struct.pack(">LLBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows, 0)), chunk(b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


def bulk_in_a_picture(folder: Path) -> Path:
    """A workbook of 20 MB of which nearly all is a picture."""
    path = folder / "picture.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Plan")
    for row in range(1_000):
        for column in range(12):
            sheet.write(row, column, f"Milestone {row} {column}")
    sheet.insert_image("O2", str(_noise(folder / "noise.png", _BYTES)))
    book.close()
    return path


def bulk_in_the_sheet(folder: Path) -> Path:
    """A workbook whose one sheet is 20 MB of XML: some 22,000 milestones of twelve columns."""
    path = folder / "sheet.xlsx"
    random = Random(2026)
    words = ["budget", "policy", "review", "training", "register", "committee", "agreed", "drafted"]
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})  # texts in the sheet itself
    sheet = book.add_worksheet("Plan")
    written, row = 0, 0
    while written < _BYTES:
        for column in range(12):
            text = " ".join(random.choices(words, k=4 + column % 3 * 3))
            sheet.write_string(row, column, text)
            written += len(text) + 50
        row += 1
    book.close()
    return path


def _one_edit(path: Path) -> Figures:
    """What one edit costs, step by step."""
    with open_book(path) as book:
        old = book.read("Plan").value("C7")  # what the cell holds is known before
    began = perf_counter()
    with open_book(path) as book:
        opened = perf_counter() - began
        began = perf_counter()
        book.apply(ChangeSet((CellEdit("Plan", "C7", old, f"Edited {os.getpid()} {began}"),)))
        whole = perf_counter() - began
        steps = book.timings
    assert steps is not None
    apart = steps.verifying + steps.checking + steps.backing_up
    return {
        "opening": opened,
        "the edit": whole - apart,
        "verifying what was written": steps.verifying,
        "verifying that nobody changed the file": steps.checking,
        "backup": steps.backing_up,
        "everything": opened + whole,
    }


def _copy_and_sync(path: Path, target: Path) -> None:
    with path.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new, 2**20)
        new.flush()
        os.fsync(new.fileno())


def _load_and_save(path: Path, target: Path) -> None:
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["C7"] = "Edited"
    book.save(target)


def edit_beside_copying(folder: Path) -> Figures:
    """One edit in a workbook whose bulk is a picture, in turns with a copy that is synced."""
    path = bulk_in_a_picture(folder)
    found = []
    for _ in range(_RUNS):
        copied = _timed(lambda: _copy_and_sync(path, folder / "copy.xlsx"))
        found.append(_one_edit(path) | {"copy and sync": copied})
    return _best(found) | {"bytes": float(path.stat().st_size)}


def edit_beside_openpyxl(folder: Path) -> Figures:
    """One edit in a sheet of 20 MB, in turns with openpyxl."""
    path = bulk_in_the_sheet(folder)
    found = []
    for _ in range(2):
        peer = _timed(lambda: _load_and_save(path, folder / "saved.xlsx"))
        found.append(_one_edit(path) | {"openpyxl": peer})
    return _best(found) | {"bytes": float(path.stat().st_size)}


# -- returns -----------------------------------------------------------------------------------


def _returns(folder: Path) -> tuple[Path, list[Path]]:
    """A plan of 1,000 milestones that has its change log, and 100 returns of ten milestones each."""
    master = folder / "plan.xlsx"
    write_plan(master, 1_000)
    updating.snapshot(master, "As sent")
    plan = desk.load_plan(master)
    asked = [Asked(m.ref, (), "How does this stand?", m) for m in plan.milestones]
    lists = [
        LeadChaser(f"Head of Service {n + 1}", "", "", tuple(asked[n * 10 : n * 10 + 10]))
        for n in range(_RETURNS)
    ]
    files = updating.write_returns(folder / "returns", plan, lists, as_of=AS_OF)
    for file in files:
        _fill(file)
    return master, list(files)


def _fill(file: Path) -> None:
    """Four of the ten milestones are answered, each with a status and a comment."""
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    heading = next(row for row in sheet.iter_rows() if row[0].value == "Ref")
    at = {cell.value: cell.column for cell in heading}
    for row in list(sheet.iter_rows(min_row=heading[0].row + 1))[:4]:
        if row[0].value:
            sheet.cell(row[0].row, at["Status"]).value = "Complete"
            sheet.cell(row[0].row, at["Comment"]).value = "Done, see the minutes"
    book.save(file)


def reconcile_beside_openpyxl(folder: Path) -> Figures:
    """Reading 100 returns and updating the plan, in turns with openpyxl loading and saving them all."""
    master, files = _returns(folder)
    found = []
    for number in range(3):
        peer = _timed(lambda: [_load_and_save(f, folder / "x.xlsx") for f in (*files, master)])
        copies = [folder / f"{what} {number}.xlsx" for what in ("look", "put", "apply")]
        for copy in copies:
            shutil.copyfile(master, copy)
        look, put, apply = copies
        found.append(
            {
                "openpyxl, load and save": peer,
                "reading and comparing": _timed(
                    lambda: updating.reconcile(look, files, keep_on_sheet=False)  # noqa: B023
                ),
                "with the Replies sheet written": _timed(
                    lambda: updating.reconcile(put, files)  # noqa: B023
                ),
                "with the plan updated": _timed(
                    lambda: updating.reconcile(apply, files, apply=True)  # noqa: B023
                ),
            }
        )
    return _best(found)


# -- the page ----------------------------------------------------------------------------------


@contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="agsxl-benchmarks-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _measured(what: str, measure: Callable[[Path], Figures]) -> Figures:
    print(f"Measuring {what}", file=sys.stderr, flush=True)
    with _folder() as folder:
        return measure(folder)


def _rows(figures: Figures, peer: str) -> str:
    lines = ["| step | seconds | of " + peer + " |", "| --- | --: | --: |"]
    lines += [
        f"| {name} | {seconds:.3f} | {seconds / figures[peer]:.2f} |"
        for name, seconds in figures.items()
        if name != "bytes"
    ]
    return "\n".join(lines)


def _met(yes: bool) -> str:
    return "yes" if yes else "**no**"


def page() -> str:
    """Measure everything; the page of figures."""
    picture = _measured("one edit beside copying the file", edit_beside_copying)
    sheet = _measured("one edit beside openpyxl", edit_beside_openpyxl)
    returns = _measured("100 returns beside openpyxl", reconcile_beside_openpyxl)
    edit = picture["the edit"] / picture["copy and sync"]
    whole = sheet["everything"] / sheet["openpyxl"]
    print("Measuring the merge beside daff", file=sys.stderr, flush=True)
    merged = merge.measure([1_000, 10_000])
    daff = min(s for n, s in merged[10_000].items() if "daff" in n) / merged[10_000]["agsxl"]
    times = {
        name: returns["openpyxl, load and save"] / seconds for name, seconds in returns.items()
    }
    return f"""# Performance of writing

What it costs to write into a workbook without losing anything, and to read a month's returns. Written by

    python -m benchmarks.writing --markdown docs/performance-writing.md

Measured with Python {platform.python_version()}, openpyxl {version("openpyxl")}, the best of several runs in turns.

## The aims

| aim | measured | met |
| --- | --- | --- |
| One edit in a workbook of 20 MB whose bulk is not in the sheet costs less than three times copying and syncing the file | {edit:.2f} times | {_met(edit < 3)} |
| One edit in a sheet of 20 MB, everything counted, takes less than a tenth of openpyxl's load and save | {whole:.3f} | {_met(whole < 0.1)} |
| 100 returns into 1,000 milestones, read, compared and the plan updated: ten times as fast as openpyxl loads and saves them all | {times["with the plan updated"]:.1f} times | {_met(times["with the plan updated"] >= 10)} |
| The merge of 10,000 milestones is faster than daff on the same tables | {daff:.1f} times | {_met(daff > 1)} |

## One edit, {picture["bytes"] / 2**20:.0f} MB of which nearly all is a picture

{_rows(picture, "copy and sync")}

## One edit in a sheet of 20 MB of XML

{_rows(sheet, "openpyxl")}

## 100 returns of ten milestones, four of them answered, into 1,000 milestones

{_rows(returns, "openpyxl, load and save")}

## The three-way merge and diff, beside daff

Both are given what is in memory already; of daff with and without Ref named as the key the faster counts.

```
{chr(10).join(merge.lines(merged))}
```
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.writing", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="write the page here")
    asked = parser.parse_args()
    written = page()
    if asked.markdown is None:
        print(written)
    else:
        asked.markdown.write_text(written, "utf-8")
        print(f"Wrote {asked.markdown}")


if __name__ == "__main__":
    main()
