"""Which lines of a table without rules are one row: all that speaks for a border, weighed at once.

>>> words = [Word("1", 0, 5, 0, 10, 10), Word("Train", 40, 62, 0, 10, 10), Word("staff", 40, 60, 11, 21, 10),
...          Word("2", 0, 5, 22, 32, 10), Word("Test", 40, 62, 22, 32, 10)]
>>> body = Body(tuple(text_lines(words)), Columns((20.0,), ("ref", "milestone")))
>>> [len(part.lines) for part in Divider().rows(body)]
[2, 1]

A row is a run of lines. How a row looks (its cells all begin at its top, or stand in its middle, or
end at its foot; one Ref, one date, one status) and how a border looks (wider than the space between
lines; no cell runs on over it; a rule) each count for or against, and the division of a page is taken
that all of it together speaks for most. How a table is set is told from all its pages. A row of which
that is not clearly so is ``doubtful``: a person has to look at it.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from agsxl.dates import Kind as DateKind
from agsxl.dates import read_target
from agsxl.documents.healing import continues
from agsxl.documents.placed import Columns, Rule, TextLine, said
from agsxl.statuses import StatusValue, read_status

REF = re.compile(
    r"\(?(?:[A-Za-z]{0,4}[-. ]?\d{1,3}(?:[.\-/]\d{1,3}){0,3}[a-z]?|[A-Za-z]|[ivx]{1,4})[.):]?"
)
_BULLET = re.compile(r"^(?:[•●▪■◦‣∙·➢✓\uf0b7\uf0a7\uf0d8*\-–]|\(?[a-z0-9]{1,2}[.)])$")
VALUES = ("status", "timescale", "revised", "completed")
_PROSE = ("milestone", "comments", "outcome", "evidence")
Heads = tuple[tuple[float, float], ...]  # where each heading begins and ends
_MOST = 90  # lines in one row
_SURE = 0.9  # a row that is less likely than this is put to a person


@dataclass(frozen=True, slots=True)
class Body:
    """The lines below the headings of a table on one page, the horizontal rules near them.

    ``goes_on`` says that its first lines may be the rest of a row of the page before.
    """

    lines: tuple[TextLine, ...]
    columns: Columns
    rules: tuple[Rule, ...] = ()
    goes_on: bool = False


class Part(NamedTuple):
    """The lines of one row, and whether that they are one is in doubt."""

    lines: list[TextLine]
    doubtful: bool


class Habit(NamedTuple):
    """How a table is set.

    ``set_at``: where a short cell stands in its row: "top", "middle" or "foot". ``apart``: the empty
    height between two rows, in points; None where it is no more than between two lines. ``ruled``:
    "all" where a rule stands between any two rows, "some" where rules stand between rows but not all.
    """

    set_at: str
    apart: float | None
    ruled: str


class Divider:
    """Divides the tables of one document into rows.

    Give it every page once (``rows``), ``settle`` it, and give it every page again: what one page
    says of how the table is set is then known on all of them.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, ...], list[Body]] = {}
        self._weights: dict[tuple[str, ...], list[tuple[Habit, float]]] = {}
        self._below: dict[Heads, list[TextLine]] = {}
        self._settled = False

    def gather(self, heads: Heads, lines: list[TextLine]) -> list[TextLine]:
        """The lines below headings at these places on all pages; of one page only until settled."""
        if self._settled:
            return self._below.get(heads, lines)
        self._below.setdefault(heads, []).extend(lines)
        return lines

    def settle(self) -> None:
        """Decide how each table is set, by all of its pages."""
        self._settled = True
        for names, bodies in self._seen.items():
            self._weights[names] = _weigh([_Page(body, bodies) for body in bodies])

    def rows(self, body: Body) -> list[Part]:
        """The lines of a page's part of a table as rows, from top to bottom."""
        names = body.columns.names
        if not body.lines:
            return []
        weights = self._weights.get(names)
        if weights is None:
            self._seen.setdefault(names, []).append(body)
            page = _Page(body, [body])
            weights = _weigh([page])
        else:
            page = _Page(body, self._seen.get(names, [body]))
        habit = weights[0][0]
        borders = page.best(habit)[1]
        sure = dict.fromkeys(borders, 0.0)
        for other, weight in weights:
            likely = page.likely(other)
            for border in borders:
                sure[border] += weight * likely.get(border, 0.0)
        return [Part(list(body.lines[a:b]), sure[a, b] < _SURE) for a, b in borders]


def _weigh(pages: list[_Page]) -> list[tuple[Habit, float]]:
    """The ways in which a table may be set, the likeliest first, each with how likely it is."""
    habits = _habits(pages)
    totals = {habit: sum(page.best(habit)[0] for page in pages) + _prior(habit) for habit in habits}
    best = max(totals.values())
    weights = {habit: math.exp(max(total - best, -50.0)) for habit, total in totals.items()}
    whole = sum(weights.values())
    ordered = sorted(weights.items(), key=lambda each: -each[1])
    return [(habit, weight / whole) for habit, weight in ordered if weight > 0.01 * whole]


def _prior(habit: Habit) -> float:
    """Most tables are set at the top; a way of setting that explains more must explain it."""
    cost = {"top": 0.0, "middle": -1.5, "foot": -2.5}[habit.set_at]
    return cost - (2.0 if habit.apart is not None else 0.0)


def _habits(pages: list[_Page]) -> list[Habit]:
    gaps = sorted(gap for page in pages for gap in page.gaps[1:])
    size = pages[0].size
    leading = min(page.leading for page in pages)
    groups: list[list[float]] = []
    for gap in gaps:
        if gap < leading + 0.1 * size:
            continue
        if groups and gap - groups[-1][0] < 0.9:
            groups[-1].append(gap)
        else:
            groups.append([gap])
    groups.sort(key=lambda group: -len(group))
    apart: list[float | None] = [None, *(group[len(group) // 2] for group in groups[:5])]
    rules = sum(sum(page.ruled[1:]) for page in pages)
    ruled = ["", "some", "all"] if rules else [""]
    return [
        Habit(set_at, each, rule)
        for set_at in ("top", "middle", "foot")
        for each in apart
        for rule in ruled
        if not (rule == "all" and each is not None)
    ]


# -- one page ------------------------------------------------------------------------------------------


class _Cell(NamedTuple):
    """One column's words of one line."""

    line: int
    words: TextLine
    top: float
    bottom: float
    text: str


class _Page:
    """What the lines of one page say, before it is known how the table is set."""

    def __init__(self, body: Body, beside: Sequence[Body]) -> None:
        self.body = body
        self.columns = body.columns
        self.count = len(body.lines)
        words = [w for line in body.lines for w in line]
        sizes = sorted(w.size for w in words)
        self.size = sizes[len(sizes) // 2]
        self.extent = _extents(beside, len(self.columns.bounds) + 1)
        self.cells = _cells(body.lines, self.columns)
        self.places = {c: [cell.line for cell in cells] for c, cells in self.cells.items()}
        self.leading, self.pitch = between_lines(body.lines, self.columns)
        self.gaps = [0.0, *(self._gap(i) for i in range(1, self.count))]
        self.ruled = [
            False,
            *(_rule_between(a, b, body.rules) for a, b in itertools.pairwise(body.lines)),
        ]
        self.runs = {c: self._runs(c) for c in self._anchors()}
        self.bonds = {c: self._bonds(c) for c in self.cells}
        self.shares = self._shares()
        self._rows: dict[str, dict[tuple[int, int], float]] = {}

    def _anchors(self) -> list[int]:
        names = ("ref", *VALUES)
        return [i for i, name in enumerate(self.columns.names) if name in names and i in self.cells]

    def _gap(self, index: int) -> float:
        """The empty height between a line and everything above it."""
        above = self.body.lines[max(0, index - 8) : index]
        top = min(w.top for w in self.body.lines[index])
        return top - max(w.bottom for line in above for w in line)

    def _runs(self, column: int) -> list[tuple[int, int]]:
        """The first and last line of each value (or Ref) in a column of single values."""
        is_ref = self.columns.names[column] == "ref"
        runs: list[tuple[int, int]] = []
        text, bottom = "", 0.0
        for cell in self.cells[column]:
            joined = f"{text} {cell.text}"
            near = cell.top - bottom < 0.6 * self.pitch
            if is_ref:
                new = bool(REF.fullmatch(cell.text))
            elif is_value(text) and is_value(cell.text):
                new = True
            else:
                new = not near or (is_value(text) and not is_value(joined))
            if runs and not new:
                runs[-1] = (runs[-1][0], cell.line)
                text = joined
            else:
                runs.append((cell.line, cell.line))
                text = cell.text
            bottom = cell.bottom
        return runs

    def _shares(self) -> dict[int, float]:
        """How many rows have something in each column of single values, as far as can be told."""
        most = max((len(runs) for runs in self.runs.values()), default=0)
        return {c: min(max(len(r) / most, 0.05), 0.97) for c, r in self.runs.items()}

    # -- what a cell looks like ------------------------------------------------------------------------

    def _bonds(self, column: int) -> list[float]:
        """For each line of a column how much all down to it look like one cell, added up."""
        pairs = itertools.pairwise(self.cells[column])
        return [0.0, *itertools.accumulate(self._together(column, a, b) for a, b in pairs)]

    def _together(self, column: int, upper: _Cell, lower: _Cell) -> float:
        """How much two lines of a column look like one cell: above 0 yes, below 0 no."""
        name = self.columns.names[column] if column < len(self.columns.names) else ""
        step = lower.top - upper.top
        if step > 2.2 * self.pitch:
            return 0.0  # far apart: what stands beside them decides
        weight = 0.0
        if step > 1.3 * self.pitch:
            weight -= 1.5
        elif step < 0.85 * self.pitch:
            weight -= 3.0
        first, last = lower.words[0], upper.words[-1]
        if name == "ref":
            return weight - (5.0 if REF.fullmatch(lower.text) else -2.0)
        if name in VALUES:
            both = is_value(upper.text), is_value(lower.text)
            if all(both):
                return weight - 4.0
            if is_value(f"{upper.text} {lower.text}") and not any(both):
                return weight + 4.0
        left, right, room = self.extent[column]
        used = last.x1 - upper.words[0].x0 + 0.25 * first.size + first.x1 - first.x0
        bullet = bool(_BULLET.match(first.text))
        ends = upper.text[-1:] in ".!?;:"
        if used <= right - left - 0.5:
            weight -= 0.4 if bullet else 1.0 if ends and name in _PROSE else 1.8
        elif used > room:
            weight += 1.0
        else:
            weight += 0.2
        weight += _runs_on(upper.text, lower.text)
        return weight

    # -- what a border looks like ----------------------------------------------------------------------

    def border(self, index: int, habit: Habit) -> float:
        """How much speaks for a border above a line, in a table set like that."""
        weight, gap, size = 0.0, self.gaps[index], self.size
        if habit.ruled == "all":
            return weight + (2.5 if self.ruled[index] else -9.0)
        if self.ruled[index]:
            weight += 6.0 if habit.ruled else -2.0
        if habit.apart is None:
            if gap > self.leading + 0.25 * size:
                weight += 0.7
            return weight
        if abs(gap - habit.apart) < 0.7:
            return weight + 3.0
        return weight + (2.0 if gap > habit.apart else -6.0)

    # -- what a row looks like -------------------------------------------------------------------------

    def rows(self, set_at: str) -> dict[tuple[int, int], float]:
        """Every run of lines that may be a row, and how much it looks like one."""
        if set_at not in self._rows:
            found: dict[tuple[int, int], float] = {}
            for first in range(self.count):
                for after in range(first + 1, min(first + _MOST, self.count) + 1):
                    found[first, after] = self._row(first, after, set_at)
            self._rows[set_at] = found
        return self._rows[set_at]

    def _row(self, first: int, after: int, set_at: str) -> float:
        rest = first == 0 and self.body.goes_on
        weight = -0.7
        boxes: dict[int, tuple[float, float]] = {}
        for column, cells in self.cells.items():
            begin = bisect_left(self.places[column], first)
            end = bisect_left(self.places[column], after)
            if begin < end:
                weight += self.bonds[column][end - 1] - self.bonds[column][begin]
                boxes[column] = (cells[begin].top, cells[end - 1].bottom)
        weight -= self._askew(boxes, set_at) * (0.5 if rest else 1.0)
        for column, runs in self.runs.items():
            count = bisect_left(runs, (after,)) - bisect_left(runs, (first,))
            share = self.shares[column]
            if count > 1:
                weight -= 5.0 * (count - 1)
            elif not count and not rest:
                weight += math.log(1 - share)
            elif count:
                weight += math.log(share)
        milestone = self.columns.index("milestone")
        if milestone is not None and milestone not in boxes:
            weight -= 0.3 if rest else 4.0
        elif milestone is not None and not rest:
            at = bisect_left(self.places[milestone], first)
            if self.cells[milestone][at].text[:1].islower():
                weight -= 2.5
        return weight if not rest else weight - 0.5

    def _askew(self, boxes: dict[int, tuple[float, float]], set_at: str) -> float:
        """How far the cells are from standing as they should in one row."""
        if len(boxes) < 2:
            return 0.0
        if set_at == "top":
            places = [top for top, _ in boxes.values()]
            right = min(places)
        elif set_at == "foot":
            places = [bottom for _, bottom in boxes.values()]
            right = max(places)
        else:
            places = [(top + bottom) / 2 for top, bottom in boxes.values()]
            tallest = max(boxes.values(), key=lambda box: box[1] - box[0])
            right = (tallest[0] + tallest[1]) / 2
        return sum(3.5 * (abs(place - right) > 0.3 * self.size) for place in places)

    # -- the division ----------------------------------------------------------------------------------

    def best(self, habit: Habit) -> tuple[float, list[tuple[int, int]]]:
        """The division into rows that most speaks for, and how much that is."""
        rows = self.rows(habit.set_at)
        alone = self.body.columns.alone
        borders = [0.0, *(self.border(i, habit) - 6.0 * alone for i in range(1, self.count))]
        score = [0.0] + [-math.inf] * self.count
        came = [0] * (self.count + 1)
        for after in range(1, self.count + 1):
            for first in range(max(0, after - _MOST), after):
                total = score[first] + borders[first] + rows[first, after]
                if total > score[after]:
                    score[after], came[after] = total, first
        found, at = [], self.count
        while at:
            found.append((came[at], at))
            at = came[at]
        return score[self.count], found[::-1]

    def likely(self, habit: Habit) -> dict[tuple[int, int], float]:
        """How likely each run of lines is a row, all divisions of the page considered."""
        rows = self.rows(habit.set_at)
        alone = self.body.columns.alone
        borders = [0.0, *(self.border(i, habit) - 6.0 * alone for i in range(1, self.count))]
        ahead = [0.0] + [-math.inf] * self.count
        for after in range(1, self.count + 1):
            ahead[after] = _sum(
                ahead[f] + borders[f] + rows[f, after] for f in range(max(0, after - _MOST), after)
            )
        behind = [-math.inf] * self.count + [0.0]
        for first in range(self.count - 1, -1, -1):
            behind[first] = borders[first] + _sum(
                rows[first, a] + behind[a]
                for a in range(first + 1, min(first + _MOST, self.count) + 1)
            )
        whole = ahead[self.count]
        return {
            (f, a): math.exp(min(ahead[f] + borders[f] + weight + behind[a] - whole, 0.0))
            for (f, a), weight in rows.items()
        }


def _sum(logs: Iterable[float]) -> float:
    """The logarithm of the sum of what these are the logarithms of."""
    found = list(logs)
    top = max(found)
    return top + math.log(sum(math.exp(each - top) for each in found)) if top > -math.inf else top


def _cells(lines: Sequence[TextLine], columns: Columns) -> dict[int, list[_Cell]]:
    found: dict[int, list[_Cell]] = {}
    for number, line in enumerate(lines):
        for column, own in columns.split(line).items():
            top, bottom = min(w.top for w in own), max(w.bottom for w in own)
            found.setdefault(column, []).append(_Cell(number, own, top, bottom, said(own)))
    return found


def between_lines(lines: Sequence[TextLine], columns: Columns) -> tuple[float, float]:
    """The empty height between two lines of a cell, and the step from one to the next."""
    sizes = sorted(word.size for line in lines for word in line)
    size = sizes[len(sizes) // 2] if sizes else 10.0
    pairs = sorted(
        (below.top - above.top, below.top - above.bottom)
        for own in _cells(lines, columns).values()
        for above, below in itertools.pairwise(own)
        if 0.7 * size < below.top - above.top < 2.0 * size
    )
    if not pairs:
        return 0.2 * size, 1.2 * size
    # Lines of two rows stand no closer than two of one cell: the least that is no chance.
    few = max(2, len(pairs) // 20)
    for number, (step, gap) in enumerate(pairs):
        if sum(abs(other - step) < 0.4 for other, _ in pairs[number : number + few]) >= few:
            return gap, step
    return pairs[0][1], pairs[0][0]


def _extents(bodies: Sequence[Body], count: int) -> list[tuple[float, float, float]]:
    """For each column how far left and right its text stands, and how wide it may be at most."""
    left, right = [math.inf] * count, [-math.inf] * count
    size = 10.0
    for body in bodies:
        for line in body.lines:
            for word in line:
                column = body.columns.of(word)
                left[column] = min(left[column], word.x0)
                right[column] = max(right[column], word.x1)
                size = word.size
    found = []
    for column in range(count):
        room = right[column] - left[column]
        if column + 1 < count and left[column + 1] < math.inf:
            room = max(room, left[column + 1] - left[column] - 0.3 * size)
        found.append((left[column], right[column], room))
    return found


def _rule_between(above: TextLine, below: TextLine, rules: Sequence[Rule]) -> bool:
    left = min(w.x0 for w in (*above, *below))
    right = max(w.x1 for w in (*above, *below))
    top = max((w.top + w.bottom) / 2 for w in above)
    bottom = min((w.top + w.bottom) / 2 for w in below)
    return any(
        top < y < bottom and min(x1, right) - max(x0, left) > 0.6 * (right - left)
        for y, x0, x1 in rules
    )


@lru_cache(maxsize=20_000)
def is_value(text: str) -> bool:
    """Whether a text is a whole date or status by itself."""
    target = read_target(text)
    dated = target.certain and target.kind not in (DateKind.BLANK, DateKind.EVENT, DateKind.YEAR)
    known = read_status(text).value not in (StatusValue.BLANK, StatusValue.UNKNOWN)
    return dated or known


@lru_cache(maxsize=20_000)
def _runs_on(upper: str, lower: str) -> float:
    """How much the words of a line look like more of those of the line above."""
    return 0.9 * continues(upper, lower)
