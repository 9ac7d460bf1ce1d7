"""Slippage: how far each milestone has moved from its baseline, and what cannot be measured.

Slippage is the forecast (the actual date, once complete and known) minus the baseline, in days;
later is positive. Where it is not known it is None, never 0, and counted apart: the *basis* says
which case is which. A baseline is "a reference basis for comparison against which performance is
monitored and controlled" (UK government project delivery glossary).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from agsxl.plan import Milestone, Plan, Timeliness, due_until
from agsxl.posts import post_key
from agsxl.settings import Settings
from agsxl.statuses import StatusValue
from agsxl.workdays import working_days_between

if TYPE_CHECKING:
    import pandas as pd

ACTUAL, REVISED = "actual", "revised"
NOT_MOVED, NO_BASELINE = "not moved", "no baseline"
COMPLETION_UNKNOWN, UNDATED = "completion date unknown", "undated"


@dataclass(frozen=True, slots=True)
class Movement:
    """How far one milestone has moved. Days are calendar days; the dates may be None."""

    ref: str
    theme: str
    smt_lead: str
    source: str
    baseline: date | None
    forecast: date | None
    actual: date | None
    basis: str
    slippage_days: int | None
    slippage_working_days: int | None
    overdue_days: int
    moves: int
    timeliness: Timeliness

    @property
    def moved(self) -> bool:
        """It has a certain revised date or a known completion date to compare with a baseline."""
        return self.basis in (ACTUAL, REVISED, NO_BASELINE)


@dataclass(frozen=True, slots=True)
class Totals:
    """The plan's figures. ``moved`` is ``measured`` and ``unmeasurable``; sums net what came earlier.

    A value is read as an attribute or by name: ``totals.moved``, ``totals["moved"]``.
    """

    milestones: int
    moved: int
    measured: int
    unmeasurable: int
    slipped: int
    earlier: int
    total_days: int
    mean_days: float | None
    median_days: float | None
    longest_days: int | None

    def __getitem__(self, name: str) -> float | None:
        value: float | None = getattr(self, name)
        return value

    def keys(self) -> Iterable[str]:
        """The names of the figures, so that ``dict(totals)`` works."""
        return self.__slots__


@dataclass(frozen=True, slots=True)
class Slippage:
    """Every milestone's movement on a reporting date, the totals, and sums by what you ask for."""

    as_of: date
    movements: tuple[Movement, ...]
    totals: Totals

    @property
    def milestones(self) -> pd.DataFrame:
        """One row a milestone, as a pandas frame."""
        import pandas as pd

        return pd.DataFrame([asdict(m) for m in self.movements])

    def by(self, column: str) -> pd.DataFrame:
        """Sums by "smt_lead", "theme" or "source", the longest slipped first, as a pandas frame.

        Raises ValueError for another column.
        """
        import pandas as pd

        return pd.DataFrame(self.groups(column))

    def groups(self, column: str) -> list[dict[str, Any]]:
        """The sums of ``by`` as plain records: milestones, measured, median, longest, overdue.

        Spellings that differ in case or spaces only are one group. Two leads in one cell are a
        group of their own, so that every milestone is counted once.
        """
        if column not in _GROUPS:
            raise ValueError(f"slippage is summed by {', '.join(_GROUPS)}, not by {column!r}")
        found: dict[str, list[Movement]] = {}
        spelling: dict[str, str] = {}
        for movement in self.movements:
            name = _GROUPS[column](movement)
            found.setdefault(spelling.setdefault(post_key(name), name), []).append(movement)
        sums = [{column: name, **_sums(group)} for name, group in found.items()]
        return sorted(
            sums,
            key=lambda s: (-(s["longest_days"] or 0), -s["overdue"], s[column]),
        )

    @property
    def longest(self) -> tuple[Movement, ...]:
        """The measured milestones that slipped, the longest first."""
        slipped = [m for m in self.movements if (m.slippage_days or 0) > 0]
        return tuple(sorted(slipped, key=lambda m: -(m.slippage_days or 0)))

    @property
    def unmeasurable(self) -> tuple[Movement, ...]:
        """The milestones whose date moved from a baseline that is not known."""
        return tuple(m for m in self.movements if m.basis == NO_BASELINE)


_GROUPS: Mapping[str, Callable[[Movement], str]] = {
    "smt_lead": lambda m: m.smt_lead,
    "theme": lambda m: m.theme,
    "source": lambda m: m.source,
}


def measure(plan: Plan, *, as_of: date, settings: Settings | None = None) -> Slippage:
    """Measure every milestone of a plan on a reporting date.

    >>> measure(plan, as_of=date(2017, 9, 30)).totals.median_days  # doctest: +SKIP
    227.5

    Slippage is in calendar days and in working days (England and Wales). Raises nothing: what
    cannot be measured has a basis that says why.
    """
    until = due_until(as_of, settings or plan.settings)
    movements = tuple(movement(m, as_of, until) for m in plan.milestones)
    days = [m.slippage_days for m in movements if m.slippage_days is not None]
    unmeasurable = sum(m.basis == NO_BASELINE for m in movements)
    totals = Totals(
        milestones=len(movements),
        moved=len(days) + unmeasurable,
        measured=len(days),
        unmeasurable=unmeasurable,
        slipped=sum(d > 0 for d in days),
        earlier=sum(d < 0 for d in days),
        total_days=sum(days),
        mean_days=mean(days) if days else None,
        median_days=median(days) if days else None,
        longest_days=max(days, default=None),
    )
    return Slippage(as_of, movements, totals)


def movement(milestone: Milestone, as_of: date, until: date) -> Movement:
    """How far one milestone has moved; ``until`` ends what counts as due soon."""
    basis, reached = _basis(milestone)
    baseline = milestone.baseline
    days = working = None
    if reached is not None and baseline is not None:
        days = (reached - baseline).days
        working = working_days_between(baseline, reached)
    timeliness = milestone.timeliness(as_of, until)
    forecast = milestone.forecast
    overdue = timeliness is Timeliness.OVERDUE and forecast is not None
    return Movement(
        ref=milestone.ref,
        theme=milestone.theme,
        smt_lead=milestone.smt_lead.post,
        source=milestone.source,
        baseline=baseline,
        forecast=forecast,
        actual=milestone.actual,
        basis=basis,
        slippage_days=days,
        slippage_working_days=working,
        overdue_days=(as_of - forecast).days if overdue and forecast else 0,
        moves=milestone.moves,
        timeliness=timeliness,
    )


def _basis(milestone: Milestone) -> tuple[str, date | None]:
    """Which date the baseline is compared with, or why there is nothing to compare."""
    reached, basis = milestone.actual, ACTUAL
    if reached is None:
        reached, basis = milestone.revised_date, REVISED
    if reached is not None:
        return (basis, reached) if milestone.baseline else (NO_BASELINE, None)
    if milestone.status.value == StatusValue.COMPLETE:
        return COMPLETION_UNKNOWN, None
    return (NOT_MOVED, None) if milestone.baseline else (UNDATED, None)


def _sums(group: list[Movement]) -> dict[str, Any]:
    days = [m.slippage_days for m in group if m.slippage_days is not None]
    return {
        "milestones": len(group),
        "measured": len(days),
        "median_days": median(days) if days else None,
        "longest_days": max(days, default=None),
        "overdue": sum(m.timeliness is Timeliness.OVERDUE for m in group),
    }
