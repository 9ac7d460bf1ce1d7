"""Tables without rules: columns found below a row of headings, rows by how the lines are set.

>>> words = [Word("Ref", 0, 15, 0, 10, 10), Word("Action", 40, 70, 0, 10, 10),
...          Word("Status", 150, 180, 0, 10, 10), Word("1", 0, 5, 20, 30, 10),
...          Word("Train", 40, 62, 20, 30, 10), Word("Complete", 150, 190, 20, 30, 10)]
>>> [part.names for part in read_region(text_lines(words), [], None)]
[('ref', 'milestone', 'status')]

Knows positions only, no file. Measures are points; y grows downwards, as pdfplumber has it. Nothing
is dropped: a line that fits no column is given back as a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agsxl.layout.headings import column_of


class Word(NamedTuple):
    """A word on a page: its text, its box, the size of its letters, whether it is struck out."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    struck: bool = False

    @property
    def middle(self) -> float:
        """Half way between its left and its right."""
        return (self.x0 + self.x1) / 2


TextLine = list[Word]
Rule = tuple[float, float, float]  # y, left, right
Cells = list[tuple[list[TextLine], float]]  # for each column its lines, and the width of the column

_KEY_LINE = re.compile(r"^(?:\*+\s*\w|[A-Z][A-Za-z]{1,4}\s*(?:=|–|:)\s*\w)")
_REF = re.compile(
    r"\(?(?:[A-Za-z]{0,4}[-. ]?\d{1,3}(?:[.\-/]\d{1,3}){0,3}[a-z]?|[A-Za-z]|[ivx]{1,4})[.):]?"
)
_MARKS = ("smt_lead", "timescale", "status", "revised", "member_lead", "action_by")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table are: ``bounds`` are its inner borders, from left to right.

    ``names`` are the columns that the headings name ("milestone", or "" for one that is not known).
    ``open_below`` says that rows may follow that nothing encloses.
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    open_below: bool = False
    setting: str = "top"  # where in its row a Ref stands: "top", "middle" or "foot"

    @classmethod
    def of_edges(
        cls, edges: Sequence[float], *, names: Sequence[str] = (), open_below: bool = False
    ) -> Columns:
        """The columns of a ruled table, by all its vertical rules."""
        return cls(tuple(edges[1:-1]), tuple(names), tuple(edges), open_below)

    def fits(self, edges: Sequence[float]) -> bool:
        """Whether a table with these vertical rules has the same columns, as on the page before."""
        return len(edges) == len(self.edges) and all(
            abs(a - b) <= 4 for a, b in zip(self.edges, edges, strict=True)
        )

    def of(self, word: Word) -> int:
        """The column that a word stands in."""
        return sum(word.middle > bound for bound in self.bounds)

    def index(self, name: str) -> int | None:
        """Where a known column is."""
        return self.names.index(name) if name in self.names else None


@dataclass(slots=True)
class Region:
    """Rows of a table; ``begins`` is whether its headings come first."""

    columns: Columns
    rows: list[Cells] = field(default_factory=list)
    begins: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The known columns, from left to right."""
        return self.columns.names


Part = Region | list[list[Word]]


def text_lines(words: Sequence[Word]) -> list[TextLine]:
    """Words as visual lines, from top to bottom and left to right."""
    lines: list[TextLine] = []
    for word in sorted(words, key=lambda w: ((w.top + w.bottom) / 2, w.x0)):
        middle = (word.top + word.bottom) / 2
        for line in reversed(lines[-3:]):
            first = line[0]
            height = min(first.bottom - first.top, word.bottom - word.top)
            if abs((first.top + first.bottom) / 2 - middle) <= max(height * 0.45, 1.5):
                line.append(word)
                break
        else:
            lines.append([word])
    for line in lines:
        line.sort(key=lambda w: w.x0)
    return sorted(lines, key=lambda line: min(w.top for w in line))


def segments(line: TextLine, gap: float = 1.4) -> list[TextLine]:
    """A line's pieces: they stand apart by more than ``gap`` times the size of the letters."""
    found: list[TextLine] = []
    for word in line:
        if found and word.x0 - found[-1][-1].x1 <= gap * word.size:
            found[-1].append(word)
        else:
            found.append([word])
    return found


def headings_in(cells: Sequence[str]) -> bool:
    """Whether the texts are mostly headings that a plan has: three or more."""
    filled = [cell for cell in cells if cell]
    known = {column_of(cell.replace("\n", " ")) for cell in filled} - {None}
    columns = {found[0] for found in known if found is not None}
    return len(columns) >= 3 and len(columns) * 2 >= len(filled)


# -- headings ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Heading:
    """A column's heading: where it stands, and its words."""

    x0: float
    x1: float
    words: list[Word]

    @property
    def text(self) -> str:
        return " ".join(word.text for line in text_lines(self.words) for word in line)


@dataclass(slots=True)
class _Head:
    """A row of headings: the lines it takes, and its columns."""

    first: int
    after: int
    headings: list[_Heading]
    names: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many different columns of a plan the headings name."""
        return len({name for name in self.names if name})


def _find_head(lines: list[TextLine], first: int) -> _Head | None:
    """The row of headings that begins at a line, if one does; it may take up to four lines.

    What stands above may be a title; so of the lines on which it can begin, the one is taken from
    which most columns are known.
    """
    best = _head_at(lines, first)
    if best is None:
        return None
    for later in range(first + 1, best.after):
        other = _head_at(lines, later)
        if other is not None and other.after == best.after and other.known > best.known:
            best = other
    return best


def _head_at(lines: list[TextLine], first: int) -> _Head | None:
    best: _Head | None = None
    for after in range(first + 1, min(first + 5, len(lines) + 1)):
        if after - first > 1:
            above, below = lines[after - 2], lines[after - 1]
            if below[0].top - above[0].top > 1.9 * below[0].size:
                break
        headings = _merge([s for line in lines[first:after] for s in segments(line, 0.75)])
        names = tuple((column_of(h.text) or ("",))[0] for h in headings)
        head = _Head(first, after, headings, names)
        if head.known < 3 or head.known * 2 < len(headings) or any(len(h.text) > 70 for h in headings):
            continue
        if best is None or head.known >= best.known:  # a heading's second line is part of it
            best = head
    return best


def _merge(pieces: list[list[Word]]) -> list[_Heading]:
    """Pieces of headings that stand one below the other, as one heading each."""
    headings: list[_Heading] = []
    for piece in sorted(pieces, key=lambda p: p[0].x0):
        x0, x1 = piece[0].x0, piece[-1].x1
        last = headings[-1] if headings else None
        if last is not None and x0 < last.x1:
            last.x1 = max(last.x1, x1)
            last.words += piece
        else:
            headings.append(_Heading(x0, x1, list(piece)))
    return headings


def _bounds(headings: list[_Heading], body: list[TextLine]) -> tuple[float, ...]:
    """The borders between columns: between two headings, where the fewest words are crossed.

    Of several such places the widest is taken; columns of text leave a river between them.
    """
    bounds = []
    for left, right in zip(headings, headings[1:], strict=False):
        begin, end = left.x1, max(right.x0, left.x1 + 0.5)
        steps = max(int((end - begin) * 2), 1)
        places = [begin + (end - begin) * (i + 0.5) / steps for i in range(steps)]
        near = [w for line in body for w in line if w.x1 > begin and w.x0 < end]
        crossed = [sum(w.x0 < place < w.x1 for w in near) for place in places]
        fewest = min(crossed)
        runs: list[tuple[int, int]] = []
        for index, count in enumerate(crossed):
            if count != fewest:
                continue
            if runs and runs[-1][1] == index - 1:
                runs[-1] = (runs[-1][0], index)
            else:
                runs.append((index, index))
        run = max(runs, key=lambda r: (r[1] - r[0], r[1]))
        # Near the right-hand column: what is set flush left begins at its border.
        bounds.append(places[run[0]] + (places[run[1]] - places[run[0]]) * 0.75)
    return tuple(bounds)


# -- a region ----------------------------------------------------------------------------------


def read_region(
    lines: list[TextLine], rules: Sequence[Rule], columns: Columns | None
) -> list[Part]:
    """The tables and the lines of a part of a page.

    ``columns`` are those of a table that may go on here from the page before. A line outside any
    table is given as its pieces: one, or several that stand far apart.
    """
    heads: list[_Head] = []
    at = 0
    while at < len(lines):
        head = _find_head(lines, at)
        if head is not None:
            heads.append(head)
            at = head.after
        else:
            at += 1
    parts: list[Part] = []
    end = heads[0].first if heads else len(lines)
    before = lines[:end]
    if before and columns is not None and _goes_on(before, columns):
        parts += _body(before, columns, rules)
    else:
        parts += [segments(line) for line in before]
    for number, head in enumerate(heads):
        until = heads[number + 1].first if number + 1 < len(heads) else len(lines)
        body = lines[head.after : until]
        own = Columns(_bounds(head.headings, body), head.names)
        begins = columns is None or columns.names != own.names or len(columns.bounds) != len(own.bounds)
        # On a further page a line above the first Ref may be the rest of the row before.
        setting = _setting_of(body, own) if begins or columns is None else columns.setting
        own = replace(own, setting=setting)
        row: Cells = [(text_lines(h.words), h.x1 - h.x0) for h in head.headings]
        parts.append(Region(own, [row], begins))
        parts += _body(body, own, rules)
        columns = own
    return parts


def _goes_on(lines: list[TextLine], columns: Columns) -> bool:
    """Whether most lines at the top of a page stand in the columns of the page before."""
    fitting = [line for line in lines if not _crosses(line, columns)]
    wide = [line for line in fitting if len({columns.of(w) for w in line}) > 1]
    return len(fitting) * 3 >= len(lines) * 2 and bool(wide)


def _crosses(line: TextLine, columns: Columns) -> bool:
    """Whether a line runs over a border: a word lies on it, or no more than a space is left at it."""
    for bound in columns.bounds:
        if any(w.x0 + 0.5 < bound < w.x1 - 0.5 for w in line):
            return True
    return False


def _body(lines: list[TextLine], columns: Columns, rules: Sequence[Rule]) -> list[Part]:
    """The rows below the headings, and the lines between and after them."""
    parts: list[Part] = []
    rows: list[TextLine] = []
    pitch = _usual_pitch(lines)
    widths = _widths([line for line in lines if not _crosses(line, columns)], columns)

    def finish() -> None:
        if rows:
            region = Region(columns)
            for group in _groups(rows, columns, rules, widths):
                region.rows.append(_cells(group, columns, widths))
            parts.append(region)
            rows.clear()

    ended = False
    for index, line in enumerate(lines):
        text = " ".join(w.text for w in line)
        alone = len(segments(line, 0.9)) == 1
        apart = not index or line[0].top - lines[index - 1][0].top > pitch * 1.25
        if alone and _KEY_LINE.match(text) and line[0].x0 <= min(w.x0 for each in lines for w in each) + 2:
            ended = True
        elif alone and apart and index and line[0].top - lines[index - 1][0].top > pitch * 3.5:
            ended = True
        elif ended and len({columns.of(w) for w in line}) > 2 and not _crosses(line, columns):
            ended = False  # a note between two rows
        if ended or (alone and _crosses(line, columns)):
            finish()
            parts.append(segments(line))
        else:
            rows.append(line)
    finish()
    return parts


def _usual_pitch(lines: list[TextLine]) -> float:
    pitches = sorted(b[0].top - a[0].top for a, b in zip(lines, lines[1:], strict=False))
    return pitches[len(pitches) // 4] if pitches else 12.0


def _widths(lines: list[TextLine], columns: Columns) -> list[float]:
    """How wide the text of each column runs at most."""
    count = len(columns.bounds) + 1
    left, right = [float("inf")] * count, [float("-inf")] * count
    for line in lines:
        for word in line:
            column = columns.of(word)
            left[column] = min(left[column], word.x0)
            right[column] = max(right[column], word.x1)
    return [max(r - a, 0.0) if r > a else 0.0 for a, r in zip(left, right, strict=True)]


def _in_columns(line: TextLine, columns: Columns) -> dict[int, TextLine]:
    found: dict[int, TextLine] = {}
    for word in line:
        found.setdefault(columns.of(word), []).append(word)
    return found


def _cells(group: list[TextLine], columns: Columns, widths: list[float]) -> Cells:
    cells: Cells = [([], width) for width in widths]
    for line in group:
        for column, words in _in_columns(line, columns).items():
            cells[column][0].append(words)
    return cells


# -- which lines are one row -----------------------------------------------------------------------


def _groups(
    lines: list[TextLine], columns: Columns, rules: Sequence[Rule], widths: list[float]
) -> list[list[TextLine]]:
    """The lines of each row: between rules if there are any, else by their Refs and gaps."""
    ruled = [0, *(i for i in range(1, len(lines)) if _rule_between(lines[i - 1], lines[i], rules)), len(lines)]
    blocks = [lines[a:b] for a, b in zip(ruled, ruled[1:], strict=False)]
    setting = _Setting(lines, columns, widths)
    if len(blocks) > 2 or (len(blocks) == 2 and len(setting.anchors(lines)) <= 2):
        groups: list[list[TextLine]] = []
        for block in blocks:
            groups += setting.split(block) if len(setting.anchors(block)) > 1 else [block]
        return groups
    return setting.split(lines)


def _setting_of(lines: list[TextLine], columns: Columns) -> str:
    """Where a Ref stands in its row, by the lines right below the headings.

    At the top as a rule. Where lines stand above the first Ref, it is in the middle, or at the foot
    if no line stands below the last one.
    """
    fitting = [line for line in lines if not _crosses(line, columns)]
    anchors = _Setting(fitting, columns, []).anchors(fitting)
    if len(anchors) < 2 or anchors[0] == 0 or columns.index("milestone") is None:
        return "top"
    above = [columns.of(word) for line in fitting[: anchors[0]] for word in line]
    if columns.index("milestone") not in above:
        return "top"  # an area above its first milestone
    return "foot" if anchors[-1] == len(fitting) - 1 else "middle"


def _rule_between(above: TextLine, below: TextLine, rules: Sequence[Rule]) -> bool:
    left = min(w.x0 for w in (*above, *below))
    right = max(w.x1 for w in (*above, *below))
    top = max((w.top + w.bottom) / 2 for w in above)
    bottom = min((w.top + w.bottom) / 2 for w in below)
    return any(
        top < y < bottom and min(x1, right) - max(x0, left) > 0.6 * (right - left)
        for y, x0, x1 in rules
    )


class _Setting:
    """How the lines of one table are set: their distance, the width of its columns."""

    def __init__(self, lines: list[TextLine], columns: Columns, widths: list[float]) -> None:
        self._columns = columns
        self._widths = widths
        self._pitch = _usual_pitch(lines)
        self._ref = columns.index("ref")
        self._milestone = columns.index("milestone")
        marks = (columns.index(name) for name in _MARKS)
        self._marks = [index for index in marks if index is not None]

    def anchors(self, lines: list[TextLine]) -> list[int]:
        """The lines that have a Ref in the Ref column."""
        if self._ref is None:
            return []
        found = []
        for index, line in enumerate(lines):
            words = _in_columns(line, self._columns).get(self._ref)
            if words and _REF.fullmatch(" ".join(w.text for w in words)):
                found.append(index)
        return found

    def split(self, lines: list[TextLine]) -> list[list[TextLine]]:
        """The lines as rows."""
        anchors = self.anchors(lines)
        if anchors and self._columns.setting == "foot":
            starts = {0, *(index + 1 for index in anchors if index + 1 < len(lines))}
        elif anchors and self._columns.setting == "middle":
            starts = {0, *self._between(lines, anchors)}
        else:
            starts = {0, *anchors, *(i for i in range(1, len(lines)) if self._begins(lines, i))}
        ordered = [*sorted(starts), len(lines)]
        return [lines[a:b] for a, b in zip(ordered, ordered[1:], strict=False)]

    def _between(self, lines: list[TextLine], anchors: list[int]) -> Iterator[int]:
        """Where a row begins if its Ref stands in its middle: at the widest gap, else half way."""
        for above, below in zip(anchors, anchors[1:], strict=False):
            gaps = [
                (round(self._gap(lines, i) / 1.5), -abs(2 * i - above - below - 1), i)
                for i in range(above + 1, below + 1)
            ]
            yield max(gaps)[2]

    def _gap(self, lines: list[TextLine], index: int) -> float:
        return lines[index][0].top - lines[index - 1][0].top

    def _begins(self, lines: list[TextLine], index: int) -> bool:
        """Whether a row without a Ref of its own begins at a line.

        Its milestone begins there, with a lead, a date or a status beside it, and in no column does
        the line above break off only because the column is full.
        """
        filled = _in_columns(lines[index], self._columns)
        if self._milestone is not None:
            if self._milestone not in filled:
                return False
            if self._marks and not any(mark in filled for mark in self._marks):
                return False
        elif len(filled) * 2 < len(self._widths):
            return False
        above = _in_columns(lines[index - 1], self._columns)
        apart = self._gap(lines, index) > self._pitch * 1.3 + 0.5
        if apart:
            return True
        if any(self._wraps(above, filled, column) for column in filled):
            return False
        start = filled[self._milestone][0].text if self._milestone is not None else ""
        return not start[:1].islower() and self._fresh(above, filled)

    def _wraps(self, above: dict[int, TextLine], filled: dict[int, TextLine], column: int) -> bool:
        """Whether a column's line above is full, so that this line only carries on with it."""
        if column not in above:
            return False
        last, first = above[column][-1], filled[column][0]
        used = last.x1 - above[column][0].x0
        return used + 0.3 * first.size + (first.x1 - first.x0) > self._widths[column] + 0.5

    def _fresh(self, above: dict[int, TextLine], filled: dict[int, TextLine]) -> bool:
        """Whether at least two columns begin something here."""
        return sum(column not in above or not self._wraps(above, filled, column) for column in filled) > 1
