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

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agsxl.dates import Kind as DateKind
from agsxl.dates import read_target
from agsxl.layout.headings import column_of
from agsxl.statuses import StatusValue, read_status


class Word(NamedTuple):
    """A word on a page: its text, its box, the size of its letters, whether struck out, or bold."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    struck: bool = False
    bold: bool = False

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
    heads: tuple[tuple[float, float], ...] = ()  # where its headings begin and end
    # Where in its row a Ref stands: "top", "middle" or "foot"; "" is not known yet. "one" is for what
    # stands between two enclosed rows: likely a single row.
    setting: str = ""

    @classmethod
    def of_edges(
        cls,
        edges: Sequence[float],
        *,
        names: Sequence[str] = (),
        open_below: bool = False,
        setting: str = "",
    ) -> Columns:
        """The columns of a ruled table, by all its vertical rules."""
        return cls(tuple(edges[1:-1]), tuple(names), tuple(edges), open_below, setting=setting)

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


@dataclass(slots=True)
class Band:
    """A line, or a few, across the rows of a table: a heading for those below it."""

    columns: Columns
    lines: list[TextLine]


@dataclass(slots=True)
class Loose:
    """Pieces of text beside each other outside any table, each with its lines."""

    cells: list[list[TextLine]]

    def widths(self) -> list[float]:
        """How wide a line of each piece can be: up to the next one."""
        begins = [cell[0][0].x0 for cell in self.cells]
        room = [
            b - a - 0.6 * cell[0][0].size
            for a, b, cell in zip(begins, begins[1:], self.cells, strict=False)
        ]
        return [*room, 10_000.0]

    def take(self, pieces: list[TextLine]) -> bool:
        """Add the pieces of the line below, if each stands under one of these and goes on with it."""
        begins = [cell[0][0].x0 for cell in self.cells]
        places = []
        for piece in pieces:
            under = [i for i, begin in enumerate(begins) if abs(piece[0].x0 - begin) < 3]
            if not under:
                return False
            (at,) = under[:1]
            if at + 1 < len(begins) and piece[-1].x1 > begins[at + 1] - 2:
                return False  # it runs on below the next one
            places.append(at)
        if len(pieces) == len(begins) or (places == [0] and not self._is_full(0, pieces[0])):
            return False
        for at, piece in zip(places, pieces, strict=True):
            self.cells[at].append(piece)
        return True

    def _is_full(self, at: int, below: TextLine) -> bool:
        last, first = self.cells[at][-1], below[0]
        used = last[-1].x1 - last[0].x0
        return used + 0.25 * first.size + first.x1 - first.x0 > self.widths()[at]


Part = Region | Band | Loose | list[list[Word]]


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
    def places(self) -> tuple[tuple[float, float], ...]:
        """Where each heading begins and ends."""
        return tuple((heading.x0, heading.x1) for heading in self.headings)

    @property
    def known(self) -> int:
        """How many different columns of a plan the headings name."""
        return len({name for name in self.names if name})


def _space(lines: Sequence[TextLine]) -> float:
    """What lies between columns rather than between words, in letter sizes.

    In a table that was made as narrow as can be, not much more than a space does.
    """
    gaps = sorted(
        (right.x0 - left.x1) / left.size
        for line in lines
        for left, right in itertools.pairwise(line)
        if 0.05 < (right.x0 - left.x1) / left.size < 0.6
    )
    usual = gaps[len(gaps) // 3] if gaps else 0.28
    return min(max(1.35 * usual, usual + 0.08), _WIDE)


_WIDE = 0.75


def _find_head(lines: list[TextLine], first: int, space: float) -> _Head | None:
    """The row of headings that begins at a line, if one does."""
    best = _head_with(lines, first, _WIDE)
    if space < _WIDE:
        narrow = _head_with(lines, first, space)
        if narrow is not None and (best is None or narrow.known > best.known):
            return narrow
    return best


def _head_with(lines: list[TextLine], first: int, gap: float) -> _Head | None:
    """The row of headings that begins at a line, if one does; it may take up to four lines.

    What stands above may be a title; so of the lines on which it can begin, the one is taken from
    which most columns are known.
    """
    best = _head_at(lines, first, gap)
    if best is None:
        return None
    for later in range(first + 1, best.after):
        other = _head_at(lines, later, gap)
        if other is None or other.after < best.after:
            continue
        if other.known > best.known or (
            other.known == best.known and _is_title(lines[best.first], other)
        ):
            best = other
    return best


def _is_title(line: TextLine, head: _Head) -> bool:
    """Whether a line above headings is a title: one piece over several of them, or in larger letters."""
    if line[0].size > 1.15 * head.headings[0].words[0].size:
        return True
    if len(segments(line, 0.75)) > 1:
        return False
    below = [h for h in head.headings if h.x0 < line[-1].x1 and h.x1 > line[0].x0]
    return len(below) > 1 or line[-1].x1 > max(h.x1 for h in below or head.headings[:1]) + 20


def _head_at(lines: list[TextLine], first: int, gap: float) -> _Head | None:
    best: _Head | None = None
    for after in range(first + 1, min(first + 5, len(lines) + 1)):
        if after - first > 1:
            above, below = lines[after - 2], lines[after - 1]
            if below[0].top - above[0].top > 1.9 * below[0].size:
                break
        headings = _merge([s for line in lines[first:after] for s in segments(line, gap)])
        names = tuple((column_of(h.text) or ("",))[0] for h in headings)
        head = _Head(first, after, headings, names)
        if (
            head.known < 3
            or head.known * 2 < len(headings)
            or any(len(h.text) > 70 for h in headings)
        ):
            continue
        if (
            best is None
            or head.known > best.known
            or (head.known == best.known and _only_longer(best, head, lines[after - 1]))
        ):
            best = head
    return best


def _only_longer(head: _Head, longer: _Head, line: TextLine) -> bool:
    """Whether a line below headings is their second line ("Target" over "date"), not the first row."""
    if len(longer.headings) != len(head.headings):
        return False
    for before, after in zip(head.headings, longer.headings, strict=True):
        if len(before.words) == len(after.words):
            continue
        found = column_of(after.text)
        added = [w for w in line if after.x0 <= w.middle <= after.x1]
        sure = found is not None and found[1] < 90
        if not sure and not ((added and added[0].text[:1].islower()) or added[0].text[:1] == "("):
            return False
    return True


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


def _bounds(headings: Sequence[tuple[float, float]], body: list[TextLine]) -> tuple[float, ...]:
    """The borders between columns: between two headings, where the fewest words are crossed.

    Of several such places the widest is taken; columns of text leave a river between them.
    """
    bounds = []
    for left, right in itertools.pairwise(headings):
        begin, end = left[1], max(right[0], left[1] + 0.5)
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
    """The tables, the bands across them and the lines of a part of a page.

    ``columns`` are those of a table that may go on here from the page before. A line outside any
    table is given as its pieces: one, or several that stand far apart.
    """
    heads: list[_Head] = []
    space = _space(lines)
    at = 0
    while at < len(lines):
        head = _find_head(lines, at, space)
        if head is not None:
            heads.append(head)
            at = head.after
        else:
            at += 1
    parts: list[Part] = []
    end = heads[0].first if heads else len(lines)
    before = lines[:end]
    if before and columns is not None and _goes_on(before, columns):
        if columns.heads:  # the borders as this page shows them
            columns = _columns_over(before, columns.heads, columns.names, columns)
        if not columns.setting:
            columns = replace(columns, setting=_setting_of(before, columns))
        parts += _body(before, columns, rules)
    else:
        parts += _free(before)
    for number, head in enumerate(heads):
        until = heads[number + 1].first if number + 1 < len(heads) else len(lines)
        body = lines[head.after : until]
        own = _columns_over(body, head.places, head.names, columns)
        extra = len(own.names) - len(head.names)  # a column of numbers under no heading
        begins = (
            columns is None or columns.names != own.names or len(columns.bounds) != len(own.bounds)
        )
        # On a further page a line above the first Ref may be the rest of the row before.
        setting = _setting_of(body, own) if begins or columns is None else columns.setting or "top"
        own = replace(own, setting=setting)
        row: Cells = [(text_lines(h.words), h.x1 - h.x0) for h in head.headings]
        row = [*[([], 0.0)] * extra, *row]
        parts.append(Region(own, [row], begins))
        parts += _body(body, own, rules)
        columns = own
    return parts


def _free(lines: list[TextLine]) -> list[Part]:
    """Lines outside any table. What stands below one of several pieces goes on with it.

    Cards are set like that: a label and a lead beside a status, each in lines of its own.
    """
    parts: list[Part] = []
    row: Loose | None = None
    above: TextLine | None = None
    for line in lines:
        pieces = segments(line)
        near = above is not None and line[0].top - above[0].top < 1.5 * line[0].size
        if row is not None and near and row.take(pieces):
            pass
        elif len(pieces) > 1:
            row = Loose([[piece] for piece in pieces])
            parts.append(row)
        else:
            row = None
            parts.append(pieces)
        above = line
    return parts


def _columns_over(
    lines: list[TextLine],
    heads: tuple[tuple[float, float], ...],
    names: tuple[str, ...],
    before: Columns | None,
) -> Columns:
    """The columns of lines below headings; Refs may stand in one of their own, under no heading."""
    if before is not None and before.names[1:] == names and before.names[:1] == ("ref",):
        least = 1  # as on the page before
    elif len(names) > len(heads):
        names, least = names[1:], 1
    else:
        least = 2
    plain = Columns(_bounds(heads, lines), names, heads=heads)
    border = _numbers_left(lines, plain, least)
    if border is not None:
        return replace(plain, bounds=(border, *plain.bounds), names=("ref", *names))
    if before is not None and before.heads == heads and len(before.names) > len(heads):
        return before  # no number on this page
    if before is not None and before.heads == heads:
        return replace(plain, setting=before.setting)
    return plain


def _numbers_left(lines: list[TextLine], columns: Columns, least: int) -> float | None:
    """The border of a column of numbers that has no heading, left of the first column's text."""
    if "ref" in columns.names:
        return None
    first = [words for line in lines if (words := _in_columns(line, columns).get(0))]
    numbered = [words for words in first if _REF.fullmatch(words[0].text)]
    if len(numbered) < least or not all(len(words) > 1 for words in numbered):
        return None
    left = min(words[0].x0 for words in first)
    text = min(words[1].x0 for words in numbered)
    others = [words[0].x0 for words in first if words not in numbered]
    apart = text - max(words[0].x1 for words in numbered) > 0.6 * numbered[0][0].size
    aligned = all(abs(words[0].x0 - left) < 3 for words in numbered) and all(
        x >= text - 1 for x in others
    )
    return text - 1 if apart and aligned else None


def _goes_on(lines: list[TextLine], columns: Columns) -> bool:
    """Whether most lines at the top of a page stand in the columns of the page before."""
    fitting = [line for line in lines if not _crosses(line, columns)]
    wide = any(len({columns.of(w) for w in line}) > 1 for line in fitting)
    # Or the rest of one cell: below the heading of a column that is not the first.
    under = all(
        any(abs(line[0].x0 - begin) < 3 for begin, _ in columns.heads[1:]) for line in fitting
    )
    return len(fitting) * 3 >= len(lines) * 2 and (wide or (under and bool(columns.heads)))


def _crosses(line: TextLine, columns: Columns) -> bool:
    """Whether a line runs over a border: a word lies on it, or no more than a space is left at it."""
    return any(any(w.x0 + 0.5 < bound < w.x1 - 0.5 for w in line) for bound in columns.bounds)


def _body(lines: list[TextLine], columns: Columns, rules: Sequence[Rule]) -> list[Part]:
    """The rows below the headings, and the lines between and after them."""
    parts: list[Part] = []
    rows: list[TextLine] = []
    pitch = _usual_pitch(lines)
    widths = _widths([line for line in lines if not _crosses(line, columns)], columns)
    plain = _Letters(lines)
    ref = columns.index("ref")

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
        if (
            alone
            and _KEY_LINE.match(text)
            and line[0].x0 <= min(w.x0 for each in lines for w in each) + 2
        ) or (alone and apart and index and line[0].top - lines[index - 1][0].top > pitch * 3.5):
            ended = True
        elif ended and len({columns.of(w) for w in line}) > 2 and not _crosses(line, columns):
            ended = False  # a note between two rows
        filled = {columns.of(w) for w in line}
        band = alone and (_crosses(line, columns) or plain.stands_out(line))
        if filled == {ref} and not _REF.fullmatch(text):
            band = True  # a Ref is never so long that it goes on in a second line
        if ended or band:
            finish()
            last = parts[-1] if parts else None
            if ended or not band:
                parts.append(segments(line))
            elif isinstance(last, Band) and not apart:
                last.lines.append(line)
            else:
                parts.append(Band(columns, [line]))
        else:
            rows.append(line)
    finish()
    return [each for part in _without_tail(parts) for each in part]


def _without_tail(parts: list[Part]) -> Iterator[list[Part]]:
    """Bands below the last row are text that follows the table."""
    last = max((i for i, part in enumerate(parts) if isinstance(part, Region)), default=-1)
    for index, part in enumerate(parts):
        if isinstance(part, Band) and index > last:
            yield [segments(line) for line in part.lines]
        else:
            yield [part]


class _Letters:
    """The letters that most of a table is set in."""

    def __init__(self, lines: list[TextLine]) -> None:
        words = [w for line in lines for w in line]
        sizes = sorted(w.size for w in words)
        self._size = sizes[len(sizes) // 2] if sizes else 10.0
        self._bold = sum(w.bold for w in words) * 2 > len(words)

    def stands_out(self, line: TextLine) -> bool:
        """Whether a line is set as a heading is: larger, or bold among what is not."""
        larger = all(w.size > 1.12 * self._size for w in line)
        return larger or (not self._bold and all(w.bold for w in line) and len(line) > 1)


def _usual_pitch(lines: list[TextLine]) -> float:
    pitches = sorted(b[0].top - a[0].top for a, b in itertools.pairwise(lines))
    return pitches[len(pitches) // 4] if pitches else 12.0


def _widths(lines: list[TextLine], columns: Columns) -> list[float]:
    """How wide the text of each column may run: up to the column on its right, less a gap."""
    count = len(columns.bounds) + 1
    left, right = [float("inf")] * count, [float("-inf")] * count
    for line in lines:
        for word in line:
            column = columns.of(word)
            left[column] = min(left[column], word.x0)
            right[column] = max(right[column], word.x1)
    size = lines[0][0].size if lines else 10.0
    widths = [max(r - a, 0.0) if r > a else 0.0 for a, r in zip(left, right, strict=True)]
    for column in range(count - 1):
        if widths[column] and left[column + 1] < float("inf"):
            room = left[column + 1] - left[column] - 0.6 * size
            widths[column] = max(widths[column], room)
    return widths


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
    """The lines of each row: between rules if there are any, else by how they are set."""
    ruled = [i for i in range(1, len(lines)) if _rule_between(lines[i - 1], lines[i], rules)]
    edges = [0, *ruled, len(lines)]
    blocks = [lines[a:b] for a, b in itertools.pairwise(edges)]
    setting = _Setting(lines, columns, widths)
    if len(blocks) > 2 or (len(blocks) == 2 and len(setting.anchors(lines)) <= 2):
        groups: list[list[TextLine]] = []
        for block in blocks:
            several = columns.index("ref") is not None and len(setting.anchors(block)) > 1
            groups += setting.split(block) if several else [block]
        return groups
    return setting.split(lines)


def _rule_between(above: TextLine, below: TextLine, rules: Sequence[Rule]) -> bool:
    left = min(w.x0 for w in (*above, *below))
    right = max(w.x1 for w in (*above, *below))
    top = max((w.top + w.bottom) / 2 for w in above)
    bottom = min((w.top + w.bottom) / 2 for w in below)
    return any(
        top < y < bottom and min(x1, right) - max(x0, left) > 0.6 * (right - left)
        for y, x0, x1 in rules
    )


def rows_in(lines: list[TextLine]) -> int:
    """How many rows stand below the headings that a box of text begins with; 0 without headings.

    For a table that has rules between its columns alone: the box is all of it.
    """
    head = _find_head(lines, 0, _space(lines)) if lines else None
    if head is None:
        return 0
    body = lines[head.after :]
    columns = Columns(_bounds(head.places, body), head.names)
    columns = replace(columns, setting=_setting_of(body, columns))
    fitting = [line for line in body if not _crosses(line, columns)]
    if not fitting:
        return 0
    setting = _Setting(fitting, columns, _widths(fitting, columns))
    if {"ref", "status", "timescale"} & {*columns.names} and len(setting.anchors(fitting)) < 2:
        return 1
    return len(setting.split(fitting))


def _setting_of(lines: list[TextLine], columns: Columns) -> str:
    """Where in its row a short cell stands, by the lines right below the headings.

    At the top as a rule. Where the first line has nothing of a Ref, date or status, they stand in
    the middle, or at the foot if no line stands below the last of them.
    """
    fitting = [line for line in lines if not _crosses(line, columns)]
    setting = _Setting(fitting, columns, [0.0] * (len(columns.bounds) + 1))
    anchors = setting.anchors(fitting)
    if any(_half_a_line(fitting, first, last) for first, last in anchors):
        return "middle"  # beside a cell with an even number of lines
    if len(anchors) < 2 or anchors[0][0] == 0:
        return "top"
    above = {columns.of(word) for line in fitting[: anchors[0][0]] for word in line}
    wide = {columns.index("milestone"), columns.index("comments")} - {None}
    if not above & wide:
        return "top"  # an area above its first milestone
    return "foot" if anchors[-1][1] == len(fitting) - 1 else "middle"


def _half_a_line(lines: list[TextLine], first: int, last: int) -> bool:
    """Whether other columns' lines stand half a line above and below a cell."""
    if not first or last + 1 >= len(lines):
        return False
    above = lines[first][0].top - lines[first - 1][0].top
    below = lines[last + 1][0].top - lines[last][0].top
    return max(above, below) < 0.9 * lines[first][0].size


class _Setting:
    """How the lines of one table are set: their distance, the width of its columns."""

    def __init__(self, lines: list[TextLine], columns: Columns, widths: list[float]) -> None:
        self._columns = columns
        self._widths = widths
        self._milestone = columns.index("milestone")
        self._dates = _known(columns, ("timescale", "status", "revised"))
        bands = [_band(lines[: i + 1][-8:], lines[i + 1]) for i in range(len(lines) - 1)]
        size = lines[0][0].size if lines else 10.0
        close = sorted(band for band in bands if band > -0.5 * size)
        self._leading = close[len(close) // 5] if close else 0.0
        self._apart = max(self._leading, 0.0) + 0.3 * size

    def anchors(self, lines: list[TextLine]) -> list[tuple[int, int]]:
        """The first and last line of each cell that stands once in a row: a Ref, else a status or date."""
        column = self._columns.index("ref")
        if column is not None:
            refs = self._runs(lines, column)
            found = [run for run in refs if _REF.fullmatch(self._text(lines, run, column))]
            if found:
                return found
        for name in ("status", "timescale"):
            column = self._columns.index(name)
            if column is not None:
                return self._runs(lines, column)
        return []

    def _text(self, lines: list[TextLine], run: tuple[int, int], column: int) -> str:
        words = [
            _in_columns(line, self._columns).get(column, []) for line in lines[run[0] : run[1] + 1]
        ]
        return " ".join(word.text for line in words for word in line)

    def _runs(self, lines: list[TextLine], column: int) -> list[tuple[int, int]]:
        """The lines of each of a column's cells, as far as their distance and width tell them apart."""
        runs: list[tuple[int, int]] = []
        above: TextLine | None = None
        for index, line in enumerate(lines):
            words = _in_columns(line, self._columns).get(column)
            if not words:
                continue
            if runs and above is not None and self._is_next(above, words, column):
                runs[-1] = (runs[-1][0], index)
            else:
                runs.append((index, index))
            above = words
        return runs

    def _is_next(self, above: TextLine, words: TextLine, column: int) -> bool:
        near = words[0].top - above[0].top < 1.6 * words[0].size
        return near and self._wraps({column: above}, {column: words}, column)

    def split(self, lines: list[TextLine]) -> list[list[TextLine]]:
        """The lines as rows."""
        setting = self._columns.setting
        anchors = self.anchors(lines) if setting != "top" else []
        if setting == "one" and len(anchors) < 2:
            return [lines]
        if setting == "foot" and anchors:
            starts = {0, *(last + 1 for _, last in anchors if last + 1 < len(lines))}
        elif setting == "middle" and anchors:
            starts = {0, *self._between(lines, anchors)}
        else:
            refs = (
                {first for first, _ in self.anchors(lines)}
                if self._columns.index("ref") is not None
                else set()
            )
            has_refs = any(self._has_ref(lines[i]) for i in refs)
            starts = {
                0,
                *(refs if has_refs else ()),
                *(i for i in range(1, len(lines)) if self._begins(lines, i, has_refs)),
            }
        ordered = [*sorted(starts), len(lines)]
        return [lines[a:b] for a, b in itertools.pairwise(ordered)]

    def _has_ref(self, line: TextLine) -> bool:
        column = self._columns.index("ref")
        return column is not None and column in _in_columns(line, self._columns)

    def _between(self, lines: list[TextLine], anchors: list[tuple[int, int]]) -> Iterator[int]:
        """Where each row begins if its short cells stand in its middle.

        As far below them as the row began above them; or at a gap wider than that between lines.
        """
        edge = lines[0][0].top
        for (first, last), (following, _) in itertools.pairwise(anchors):
            middle = (lines[first][0].top + max(w.bottom for w in lines[last])) / 2
            foreseen = 2 * middle - edge
            places = range(last + 1, following + 1)
            bands = {i: _band(lines[max(0, i - 8) : i], lines[i]) for i in places}
            widest = max(bands.values())
            wide = [i for i in places if bands[i] > self._apart and bands[i] > widest - 1.0]
            chosen = min(wide or places, key=lambda i: abs(lines[i][0].top - foreseen))
            edge = lines[chosen][0].top
            yield chosen

    def _begins(self, lines: list[TextLine], index: int, has_refs: bool) -> bool:
        """Whether a row begins at a line, in a table whose cells are set at the top of their rows.

        What speaks for it is weighed: a column in which something begins, a gap above, a line above
        that breaks off though there was room; and against it, a milestone that only runs on.
        """
        filled = _in_columns(lines[index], self._columns)
        above = _in_columns(lines[index - 1], self._columns)
        if self._milestone is None:
            return _band(lines[max(0, index - 8) : index], lines[index]) > self._apart
        if self._milestone not in filled:
            return False
        begun = {column for column in filled if column not in above}
        weight = 0
        if begun & {*self._dates}:
            weight += 2
        elif begun - {self._milestone}:
            weight += 1
        weight += max((self._is_another(above, filled, c) for c in self._dates), default=0)
        if self._milestone in begun:
            weight += 2
        elif self._wraps(above, filled, self._milestone):
            weight -= 1
        else:
            weight += 1
        if filled[self._milestone][0].text[:1].islower():
            weight -= 2
        if _band(lines[max(0, index - 8) : index], lines[index]) > self._apart:
            weight += 1 if has_refs else 2
        return weight >= 2

    def _is_another(
        self, above: dict[int, TextLine], filled: dict[int, TextLine], column: int
    ) -> int:
        """How surely a date or status stands below another one, and does not go on with it."""
        if column not in filled or column not in above:
            return 0
        upper, lower = (" ".join(w.text for w in cell[column]) for cell in (above, filled))
        if _is_value(lower) and (_is_value(upper) or re.search(r"(?:\d{4}|/\d\d)$", upper)):
            return 3
        return 0 if self._wraps(above, filled, column) else 2

    def _wraps(self, above: dict[int, TextLine], filled: dict[int, TextLine], column: int) -> bool:
        """Whether a column's line above is full, so that this line only carries on with it."""
        if column not in above:
            return False
        last, first = above[column][-1], filled[column][0]
        used = last.x1 - above[column][0].x0
        return used + 0.25 * first.size + (first.x1 - first.x0) > self._widths[column] + 0.5


def _is_value(text: str) -> bool:
    """Whether a text is a whole date or status by itself."""
    target = read_target(text)
    dated = target.certain and target.kind not in (DateKind.BLANK, DateKind.EVENT, DateKind.YEAR)
    known = read_status(text).value not in (StatusValue.BLANK, StatusValue.UNKNOWN)
    return dated or known


def _known(columns: Columns, names: Sequence[str]) -> list[int]:
    return [index for index in (columns.index(name) for name in names) if index is not None]


def _band(above: Sequence[TextLine], line: TextLine) -> float:
    """The empty height between a line and everything above it."""
    return min(w.top for w in line) - max(w.bottom for each in above for w in each)
