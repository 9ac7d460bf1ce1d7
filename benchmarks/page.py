"""The page of figures: tables of what a run measured, the aims beside them, and whether they are met."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.run import Results, Size

_PACKAGES = ("openpyxl", "python-calamine", "pandas", "numpy", "holidays")
_STEPS = ("read", "check", "slippage", "chase")
_PEERS = ("openpyxl", "openpyxl read_only", "python-calamine")
_MOST_MEGABYTES = 400


def page(results: Results) -> str:
    """The whole page, in Markdown."""
    parts = [
        _INTRODUCTION.format(versions=_versions()),
        "## Aims\n",
        _table(("Aim", "Measured", "Met"), _aims(results)),
        "\n## Time\n",
        "Seconds, the best of several runs. `check` is the rules alone, `whole` is read and check.\n",
        _table(("Rows", *_STEPS, "whole", *_PEERS), map(_seconds, results.sizes)),
        "\n## Ratios\n",
        "Reading the same file with openpyxl, or with python-calamine, in the same run is 1. The last",
        "column is the whole process of `agsxl check`, from its start to its last line.\n",
        _table(
            (
                "Rows",
                "read / openpyxl",
                "check / openpyxl",
                "slippage / openpyxl",
                "chase / openpyxl",
                "whole / openpyxl",
                "whole / calamine",
                "process / openpyxl",
            ),
            map(_ratios, results.sizes),
        ),
    ]
    if results.variants:
        parts += [
            "\nWhat python-calamine does not tell (hidden rows, formulas) is read from the sheet's own XML",
            "besides:\n",
            _table(("10,000 rows", "read", "whole", "whole / openpyxl"), _variants(results)),
        ]
    parts += [
        "\n## Growth\n",
        "Microseconds a row; the same at every size is linear growth. In a small plan the patterns that",
        "read dates, made once, take most of the time.\n",
        _table(("Rows", *_STEPS, "whole"), map(_each_row, results.sizes)),
        "\n## Memory\n",
        "The most that a process of its own held, in MB, the Python in it included.\n",
        _table(("Rows", "File, MB", "read and check", *_PEERS), map(_memory, results.sizes)),
        "\n## Starting up\n",
        "Whole processes, the best of seven.\n",
        _table(("Process", "Milliseconds", "Of `import openpyxl`"), _starts(results)),
        "",
    ]
    return "\n".join(parts)


_INTRODUCTION = """# Performance

How fast agsxl is, beside reading the same workbook with its peers. This page is written by

    python -m benchmarks.run --markdown docs/performance.md

which makes the plans, measures everything in one run, and takes some five minutes. Seconds differ
from computer to computer; the ratios much less. No test measures time.

The plans (`benchmarks/plans.py`) have the twelve columns of a master plan. About 60 in 100
milestones are complete, one in six has a revised date, half have a comment, and hardly two
comments are alike. Timescales are date cells, dates kept as text, and phrases ("w/c 5 October
2026", "Q2 2026/27", "TBC"); defects come at about the rate at which they do in real plans.

Every measurement is a process of its own, started cold: no cache is warm, and what is read once
helps nothing else. What a program imports is not in its seconds, except under "process" and
"Starting up". openpyxl loads the workbook and every value is looked at once; python-calamine
reads every sheet. slippage and chase are measured on the plan that was read and checked before.

Measured with {versions}.
"""


def _versions() -> str:
    found = [f"{platform.python_implementation()} {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found[:-1]) + " and " + found[-1]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    marks = ["---", *("--:" for _ in headings[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, marks, *rows))


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}"


def _seconds(size: Size) -> list[str]:
    parts = [size.seconds[step] for step in _STEPS]
    values = [*parts, size.whole, *(size.seconds[peer] for peer in _PEERS)]
    return [
        f"{size.rows:,}",
        *(f"{value:.3f}" if value < 1 else f"{value:.2f}" for value in values),
    ]


def _ratios(size: Size) -> list[str]:
    seconds = size.seconds
    openpyxl = seconds["openpyxl"]
    return [
        f"{size.rows:,}",
        *(_ratio(seconds[step], openpyxl) for step in _STEPS),
        _ratio(size.whole, openpyxl),
        f"{size.whole / seconds['python-calamine']:.1f}",
        _ratio(seconds["agsxl check"], openpyxl),
    ]


def _variants(results: Results) -> Iterable[list[str]]:
    for words, size in results.variants.items():
        read, loaded = size.seconds["read"], size.seconds["openpyxl"]
        yield [words, f"{read:.3f}", f"{size.whole:.3f}", _ratio(size.whole, loaded)]


def _each_row(size: Size) -> list[str]:
    values = [*(size.seconds[step] for step in _STEPS), size.whole]
    return [f"{size.rows:,}", *(f"{value / size.rows * 1e6:.0f}" for value in values)]


def _memory(size: Size) -> list[str]:
    held = [size.megabytes.get(job) for job in ("check", *_PEERS)]
    return [
        f"{size.rows:,}",
        f"{size.bytes / 2**20:.1f}",
        *("not known" if value is None else f"{value:.0f}" for value in held),
    ]


def _starts(results: Results) -> Iterable[list[str]]:
    starts = results.starts
    for name, seconds in starts.items():
        spoken = f"`{name}`" + (", 117 rows" if name == "agsxl check" else "")
        yield [spoken, f"{seconds * 1000:.0f}", _ratio(seconds, starts["import openpyxl"])]


def _met(yes: bool) -> str:
    return "yes" if yes else "**no**"


def _aims(results: Results) -> Iterable[list[str]]:
    sizes = {size.rows: size for size in results.sizes}
    if 10_000 in sizes:
        size = sizes[10_000]
        loaded = size.seconds["openpyxl"]
        yield [
            "Reading and check of 10,000 milestones take less than half of what openpyxl takes to load them",
            f"{size.whole:.2f} s, {_ratio(size.whole, loaded)} of {loaded:.2f} s",
            _met(size.whole < loaded / 2),
        ]
        process = size.seconds["agsxl check"]
        yield [
            "The same of the whole process, its start and its printing included",
            f"{process:.2f} s, {_ratio(process, loaded)}",
            _met(process < loaded / 2),
        ]
        times = size.whole / size.seconds["python-calamine"]
        yield [
            "As a stretch: five times python-calamine's reading",
            f"{times:.1f} times",
            _met(times < 5),
        ]
    if 10_000 in sizes and 100_000 in sizes:
        growth = sizes[100_000].whole / sizes[10_000].whole
        yield [
            "Linear growth: ten times the rows take about ten times as long (less than 12 times)",
            f"{growth:.1f} times",
            _met(growth < 12),
        ]
    if 100_000 in sizes and "check" in sizes[100_000].megabytes:
        held = sizes[100_000].megabytes["check"]
        yield [
            f"Less than {_MOST_MEGABYTES} MB for the check of 100,000",
            f"{held:.0f} MB",
            _met(held < _MOST_MEGABYTES),
        ]
    starts = results.starts
    check, peers, openpyxl = (
        starts[name] for name in ("agsxl check", "import openpyxl, pandas", "import openpyxl")
    )
    yield [
        "`agsxl check` of 117 rows, the whole process, takes less than `import openpyxl, pandas`",
        f"{check * 1000:.0f} ms against {peers * 1000:.0f} ms",
        _met(check < peers),
    ]
    yield [
        "and not more than `import openpyxl` with numpy installed",
        f"{check * 1000:.0f} ms against {openpyxl * 1000:.0f} ms",
        _met(check <= openpyxl),
    ]
    shown = starts["agsxl --help"]
    yield [
        "`agsxl --help` takes less than half of `import openpyxl`",
        f"{shown * 1000:.0f} ms",
        _met(shown < openpyxl / 2),
    ]
