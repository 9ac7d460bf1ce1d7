"""Measure agsxl beside its peers, and write the page of figures.

    python -m benchmarks.run
    python -m benchmarks.run --sizes 100,1000,10000,100000 --markdown docs/performance.md

Everything is measured in one run, in processes of their own that take turns, and the best of
several counts: a ratio between two of them says something, the seconds by themselves little.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from benchmarks.job import JOBS
from benchmarks.page import page
from benchmarks.plans import AS_OF

SIZES = (100, 1_000, 10_000, 100_000)
MASTER = 117  # the rows of a plan as councils have them: what starting up is measured with
VARIANTS = {"hidden": "one of them hidden", "formulas": "with a column of formulas"}
_STARTS = 7


@dataclass(slots=True)
class Size:
    """What one size of plan took: the best seconds of each step, and the most megabytes of each job."""

    rows: int
    bytes: int
    runs: int
    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)

    @property
    def whole(self) -> float:
        """Reading and check together."""
        return self.seconds["read"] + self.seconds["check"]


@dataclass(slots=True)
class Results:
    """Everything that one run measured."""

    sizes: list[Size] = field(default_factory=list)
    variants: dict[str, Size] = field(default_factory=dict)  # of the plan of 10,000 rows
    starts: dict[str, float] = field(default_factory=dict)


def _environment(folder: Path) -> dict[str, str]:
    """As after an installation: modules are compiled once, wherever they come from."""
    settings = dict(os.environ, PYTHONPYCACHEPREFIX=str(folder / "compiled"))
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    return settings


def _run(
    command: Sequence[str], environment: dict[str, str], codes: tuple[int, ...] = (0,)
) -> tuple[float, str]:
    """The seconds that a whole process took, and what it printed."""
    began = perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment
    )
    seconds = perf_counter() - began
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return seconds, done.stdout


def _keep_best(best: dict[str, float], found: dict[str, float]) -> None:
    for name, value in found.items():
        best[name] = min(value, best.get(name, value))


def _make(folder: Path, rows: int, environment: dict[str, str], *extra: str) -> Path:
    path = folder / f"plan-{rows}{'-'.join(('', *extra))}.xlsx"
    _run([sys.executable, "-m", "benchmarks.plans", str(rows), str(path), *extra], environment)
    return path


def _command(path: Path) -> list[str]:
    return [sys.executable, "-m", "agsxl", "check", str(path), "--as-of", AS_OF.isoformat()]


def measure_size(path: Path, rows: int, environment: dict[str, str]) -> Size:
    """Every job on one plan, in turns, as often as its size allows."""
    runs = 7 if rows <= 1_000 else 5 if rows <= 10_000 else 2
    size = Size(rows, path.stat().st_size, runs)
    for _ in range(runs):
        for job in JOBS:
            _, said = _run([sys.executable, "-m", "benchmarks.job", job, str(path)], environment)
            result = json.loads(said)
            _keep_best(size.seconds, result["seconds"])
            if result["megabytes"] is not None:
                size.megabytes[job] = max(result["megabytes"], size.megabytes.get(job, 0))
        seconds, _ = _run(_command(path), environment, codes=(0, 1))
        _keep_best(size.seconds, {"agsxl check": seconds})
    return size


def measure_starts(path: Path, environment: dict[str, str]) -> dict[str, float]:
    """Whole processes, from start to end, in turns."""
    python = sys.executable
    commands = {
        "python": [python, "-c", "pass"],
        "agsxl --help": [python, "-m", "agsxl", "--help"],
        "agsxl check": _command(path),
        "import openpyxl": [python, "-c", "import openpyxl"],
        "import openpyxl, pandas": [python, "-c", "import openpyxl, pandas"],
    }
    best: dict[str, float] = {}
    for turn in range(_STARTS + 1):
        for name, command in commands.items():
            seconds, _ = _run(command, environment, codes=(0, 1))
            if turn:  # the first turn only compiles the modules
                _keep_best(best, {name: seconds})
    return best


def measure(sizes: Sequence[int]) -> Results:
    """Make the plans, measure everything, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="agsxl-benchmarks-"))
    results = Results()
    try:
        environment = _environment(folder)
        _tell(f"starting up, with {MASTER} rows")
        results.starts = measure_starts(_make(folder, MASTER, environment), environment)
        for rows in sizes:
            _tell(f"{rows:,} rows")
            results.sizes.append(measure_size(_make(folder, rows, environment), rows, environment))
        if 10_000 in sizes:
            for variant, words in VARIANTS.items():
                _tell(f"10,000 rows, {words}")
                path = _make(folder, 10_000, environment, variant)
                results.variants[words] = measure_size(path, 10_000, environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return results


def _tell(step: str) -> None:
    print(f"Measuring {step}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(number) for number in text.split(",")],
        default=list(SIZES),
        help="rows of the plans to make, with commas between (default: 100,1000,10000,100000)",
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="PATH", help="write the page of figures here"
    )
    asked = parser.parse_args()
    written = page(measure(asked.sizes))
    if asked.markdown is None:
        print(written)
    else:
        asked.markdown.parent.mkdir(parents=True, exist_ok=True)
        asked.markdown.write_text(written, "utf-8")
        print(f"Wrote {asked.markdown}")


if __name__ == "__main__":
    main()
