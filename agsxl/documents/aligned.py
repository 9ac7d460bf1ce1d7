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
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from agsxl.documents.columns import heading_of, is_sure, read_columns
from agsxl.documents.dividing import REF, VALUES, Body, Divider, Heads, between_lines, is_value
from agsxl.documents.placed import (
    Cells,
    Columns,
    Rule,
    TextLine,
    Word,
    said,
    segments,
    text_lines,
)
from agsxl.layout.headings import column_of
from agsxl.words import COLUMNS

_KEY_LINE = re.compile(r"^(?:\*+\s*\w|[A-Z][A-Za-z]{1,4}\s*(?:=|–|:)\s*\w)")


@dataclass(slots=True)
class Region:
    """Rows of a table; ``begins`` is whether its headings come first."""

    columns: Columns
    rows: list[Cells] = field(default_factory=list)
    begins: bool = False
    doubtful: set[int] = field(default_factory=set)  # the rows that may end elsewhere

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
        return heading_of([said(line) for line in text_lines(self.words)])


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
    pitch = float("inf")
    for after in range(first + 1, min(first + 5, len(lines) + 1)):
        if after - first > 1:
            above, below = lines[after - 2], lines[after - 1]
            step = below[0].top - above[0].top
            pitch = min(pitch, step)
            if step > 1.9 * below[0].size or step > 1.25 * pitch:
                break  # the first row stands further from the headings than they from each other
        merged = _merge([s for line in lines[first:after] for s in segments(line, gap)])
        headings = [part for heading in merged for part in _parted(heading)]
        names = _names(headings)
        head = _Head(first, after, headings, names)
        if (
            head.known < 3
            or head.known * 2 < len(headings)
            or any(len(h.text) > 70 for h in headings)
        ):
            continue
        if best is not None and head.known == best.known:
            if _only_longer(best, head, lines[best.after : after]):
                best = head
        elif best is None or head.known > best.known:
            best = head
    return best


def _names(headings: Sequence[_Heading]) -> tuple[str, ...]:
    """The columns that headings name: by names that are sure, or near ones beside two such."""
    texts = [heading.text for heading in headings]
    sure = [(column_of(text) or ("",))[0] for text in texts]
    near = read_columns(texts) if len({*sure} - {""}) > 1 else None
    if near is None:
        return tuple(sure)
    return tuple(name or _plan_column(near.names.get(i, "")) for i, name in enumerate(sure))


def _plan_column(name: str) -> str:
    return name if name in COLUMNS else ""


def _parted(heading: _Heading) -> list[_Heading]:
    """A heading as the two (or more) that it is if they stand no further apart than words do.

    "Timescale" set flush right ends just before "Status" begins.
    """
    if is_sure(heading.text):
        return [heading]
    for cut in sorted({word.x0 for word in heading.words})[1:]:
        left = [word for word in heading.words if word.x1 <= cut]
        right = [word for word in heading.words if word.x0 >= cut]
        if len(left) + len(right) < len(heading.words):
            continue
        one, two = (
            _Heading(min(w.x0 for w in each), max(w.x1 for w in each), each)
            for each in (left, right)
        )
        if not is_sure(one.text):
            continue
        parts = [one, *_parted(two)]
        if all(is_sure(part.text) for part in parts) and len({*_names(parts)}) == len(parts):
            return parts
    return [heading]


def _only_longer(head: _Head, longer: _Head, more: Sequence[TextLine]) -> bool:
    """Whether lines below headings are more of them ("Target" over "date"), and not the first row."""
    if len(longer.headings) != len(head.headings):
        return False
    for before, after in zip(head.headings, longer.headings, strict=True):
        if len(before.words) == len(after.words) or is_sure(after.text):
            continue
        added = [[w for w in line if after.x0 <= w.middle <= after.x1] for line in more]
        if not all(line[0].text[0].islower() or line[0].text[0] == "(" for line in added if line):
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


def _bounds(headings: Heads, names: Sequence[str], body: list[TextLine]) -> tuple[float, ...]:
    """The borders between columns: between two headings, where they cut the fewest words and texts.

    Of several such places the one is taken beside which most words begin below each other, or end;
    of two the wider, for columns of text leave a river between them.
    """
    bounds: list[float] = []
    for number, (left, right) in enumerate(itertools.pairwise(headings)):
        begin, end = left[1], max(right[0], left[1] + 0.5)
        steps = max(int((end - begin) * 2), 1)
        places = [begin + (end - begin) * (i + 0.5) / steps for i in range(steps)]
        near = [w for line in body for w in line if w.x1 > begin and w.x0 < end]
        crossed = [sum(w.x0 < place < w.x1 for w in near) for place in places]
        fewest = min(crossed)
        runs = {run: n for n in (fewest + 2, fewest + 1, fewest) for run in _runs_below(crossed, n)}
        cost = {
            (a, b): n
            + _spaced(places[a], places[b], body)
            - _values_beside(places[(a + b) // 2], number, bounds, headings, names, body)
            for (a, b), n in runs.items()
        }
        cheap = [run for run in runs if cost[run] == min(cost.values())]
        edges = {(a, b): _edges_at(places[a], places[b], near) for a, b in cheap}
        most = max(edges.values())
        kept = [run for run in cheap if edges[run] * 2 >= most or most < 3]
        run = max(kept, key=lambda r: (r[1] - r[0], r[1]))
        # Near the right-hand column: what is set flush left begins at its border.
        bounds.append(places[run[0]] + (places[run[1]] - places[run[0]]) * 0.75)
    return tuple(bounds)


def _runs_below(counts: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """The first and last of the numbers that stand together and are no more than ``most``."""
    for low, group in itertools.groupby(enumerate(counts), key=lambda each: each[1] <= most):
        if low:
            own = [index for index, _ in group]
            yield own[0], own[-1]


def _spaced(begin: float, end: float, body: Sequence[TextLine]) -> int:
    """On how many lines an empty place is no more than the space between two words."""
    count = 0
    for line in body:
        for left, right in itertools.pairwise(line):
            if left.x1 <= begin + 0.5 and right.x0 >= end - 0.5:
                count += right.x0 - left.x1 < 0.36 * right.size
    return count


def _values_beside(
    place: float,
    number: int,
    bounds: Sequence[float],
    headings: Heads,
    names: Sequence[str],
    body: Sequence[TextLine],
) -> int:
    """On how many lines a whole date or status stands beside a border, in a column of dates or statuses."""
    count = 0
    first = bounds[-1] if bounds else float("-inf")
    after = headings[number + 2][0] if number + 2 < len(headings) else float("inf")
    for name, low, high in ((names[number], first, place), (names[number + 1], place, after)):
        if name in VALUES:
            cells = (said([w for w in line if low < w.middle < high]) for line in body)
            count += sum(is_value(cell) for cell in cells)
    return count


def _edges_at(begin: float, end: float, near: Sequence[Word]) -> int:
    """How many words begin below each other where an empty space ends, or end where it begins."""
    begins = sum(end - 0.5 <= word.x0 < end + 1.5 for word in near)
    ends = sum(begin - 1.5 < word.x1 <= begin + 0.5 for word in near)
    return max(begins, ends)


# -- a region ----------------------------------------------------------------------------------


def read_region(
    lines: list[TextLine],
    rules: Sequence[Rule],
    columns: Columns | None,
    divider: Divider | None = None,
) -> list[Part]:
    """The tables, the bands across them and the lines of a part of a page.

    ``columns`` are those of a table that may go on here from the page before. A line outside any
    table is given as its pieces: one, or several that stand far apart.
    """
    divider = divider or Divider()
    heads: list[_Head] = []
    space = _space(lines)
    at = 0
    while at < len(lines):
        head = _find_head(lines, at, space)
        if head is not None and not _is_row(head, heads, columns):
            heads.append(head)
            at = head.after
        else:
            at += 1
    parts: list[Part] = []
    end = heads[0].first if heads else len(lines)
    before = lines[:end]
    if before and columns is not None and _goes_on(before, columns):
        if columns.heads:  # the borders as this page shows them
            every = divider.gather(columns.heads, before)
            columns = _columns_over(every, columns.heads, columns.names, columns)
        parts += _body(before, columns, rules, divider, goes_on=True)
    else:
        parts += _free(before)
    for number, head in enumerate(heads):
        until = heads[number + 1].first if number + 1 < len(heads) else len(lines)
        body = lines[head.after : until]
        own = _columns_over(divider.gather(head.places, body), head.places, head.names, columns)
        extra = len(own.names) - len(head.names)  # a column of numbers under no heading
        begins = (
            columns is None or columns.names != own.names or len(columns.bounds) != len(own.bounds)
        )
        row: Cells = [(text_lines(h.words), h.x1 - h.x0) for h in head.headings]
        row = [*[([], 0.0)] * extra, *row]
        parts.append(Region(own, [row], begins))
        # On a further page a line above the first Ref may be the rest of the row before.
        parts += _body(body, own, rules, divider, goes_on=not begins)
        columns = own
    return parts


def _is_row(head: _Head, heads: Sequence[_Head], before: Columns | None) -> bool:
    """Whether what looks like headings, below others, is a row of words that name columns too."""
    names = heads[-1].names if heads else before.names if before is not None else ()
    if not names or {*head.names} - {""} == {*names} - {""}:
        return False
    return "" in head.names or head.known < len(head.names)


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
    plain = Columns(_bounds(heads, names, lines), names, heads=heads)
    border = _numbers_left(lines, plain, least)
    if border is not None:
        return replace(plain, bounds=(border, *plain.bounds), names=("ref", *names))
    if before is not None and before.heads == heads and len(before.names) > len(heads):
        return before  # no number on this page
    return plain


def _numbers_left(lines: list[TextLine], columns: Columns, least: int) -> float | None:
    """The border of a column of numbers that has no heading, left of the first column's text."""
    if "ref" in columns.names:
        return None
    first = [words for line in lines if (words := columns.split(line).get(0))]
    numbered = [words for words in first if REF.fullmatch(words[0].text)]
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
    begins = [begin for begin, _ in columns.heads[1:]]
    under = all(
        any(abs(line[0].x0 - begin) < 3 for begin in begins)
        or any(0 <= line[0].x0 - edge < 8 for edge in columns.edges[1:-1])
        for line in fitting
    )
    return bool(fitting) and len(fitting) * 2 >= len(lines) and (wide or under)


def _crosses(line: TextLine, columns: Columns) -> bool:
    """Whether a line runs over the borders: a word lies on one, or nowhere is more than a space left."""
    if any(any(w.x0 + 0.5 < bound < w.x1 - 0.5 for w in line) for bound in columns.bounds):
        return True
    widest = max((b.x0 - a.x1 for a, b in itertools.pairwise(line)), default=0.0)
    return len({columns.of(word) for word in line}) > 2 and widest < 0.45 * line[0].size


def _flush(lines: Sequence[TextLine], columns: Columns) -> dict[int, float]:
    """Where the text of each column that is set flush left begins."""
    begins: dict[int, list[float]] = {}
    for line in lines:
        for column, words in columns.split(line).items():
            begins.setdefault(column, []).append(words[0].x0)
    found = {}
    for column, own in begins.items():
        usual, times = Counter(round(x) for x in own).most_common(1)[0]
        if times * 2 > len(own):
            found[column] = float(usual)
    return found


def _runs_over(line: TextLine, columns: Columns, flush: dict[int, float]) -> bool:
    """Whether a line is prose below a table: a space after its last word it is in the next column.

    A cell's line begins where the others of its column do.
    """
    pairs = [(a, b) for a, b in itertools.pairwise(line) if columns.of(a) != columns.of(b)]
    return any(
        b.x0 - a.x1 < 0.45 * b.size and abs(b.x0 - flush.get(columns.of(b), b.x0)) > 2
        for a, b in pairs
    )


def _body(
    lines: list[TextLine],
    columns: Columns,
    rules: Sequence[Rule],
    divider: Divider,
    *,
    goes_on: bool,
) -> list[Part]:
    """The rows below the headings, and the lines between and after them."""
    parts: list[Part] = []
    rows: list[TextLine] = []
    pitch = between_lines(lines, columns)[1]
    widths = _widths([line for line in lines if not _crosses(line, columns)], columns)
    flush = _flush(lines, columns)
    plain = _Letters(lines)
    ref = columns.index("ref")

    def finish() -> None:
        if rows:
            first = not any(isinstance(part, Region) for part in parts)
            body = Body(tuple(rows), columns, tuple(rules), goes_on and first)
            region = Region(columns)
            for number, (group, doubtful) in enumerate(divider.rows(body)):
                region.rows.append(_cells(group, columns, widths))
                if doubtful or any(_runs_over(line, columns, flush) for line in group):
                    region.doubtful.add(number)
            parts.append(region)
            rows.clear()

    full = min(3, len(columns.bounds) + 1)
    whole = [
        i for i, line in enumerate(lines)
        if len({columns.of(w) for w in line}) >= full and not _crosses(line, columns)
    ]  # fmt: skip
    left = min((w.x0 for line in lines for w in line), default=0.0)
    ended = False
    for index, line in enumerate(lines):
        text = said(line)
        alone = len(segments(line, 0.9)) == 1
        step = line[0].top - lines[index - 1][0].top if index else 0.0
        apart = not index or step > pitch * 1.25
        below = not whole or index > whole[-1]
        if alone and (
            (_KEY_LINE.match(text) and line[0].x0 <= left + 2) or (step > pitch * 3.5 and below)
        ):
            ended = True
        elif ended and index in whole:
            ended = False  # a note between two rows
        filled = {columns.of(w) for w in line}
        band = alone and (
            _crosses(line, columns) or _runs_over(line, columns, flush) or plain.stands_out(line)
        )
        if filled == {ref} and not REF.fullmatch(text):
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


def _widths(lines: list[TextLine], columns: Columns) -> list[float]:
    """How wide the text of each column may run: up to the column on its right, less what lies between.

    That is where the fullest of the columns comes nearest to the next.
    """
    count = len(columns.bounds) + 1
    left, right = [float("inf")] * count, [float("-inf")] * count
    for line in lines:
        for word in line:
            column = columns.of(word)
            left[column] = min(left[column], word.x0)
            right[column] = max(right[column], word.x1)
    size = lines[0][0].size if lines else 10.0
    between = [b - a for a, b in zip(right, left[1:], strict=False) if b - a < 2.5 * size]
    gap = min(between, default=0.6 * size)
    widths = [max(r - a, 0.0) if r > a else 0.0 for a, r in zip(left, right, strict=True)]
    for column in range(count - 1):
        if widths[column] and left[column + 1] < float("inf"):
            widths[column] = max(widths[column], left[column + 1] - left[column] - gap)
    return widths


def _cells(group: list[TextLine], columns: Columns, widths: list[float]) -> Cells:
    cells: Cells = [([], width) for width in widths]
    for line in group:
        for column, words in columns.split(line).items():
            cells[column][0].append(words)
    return cells


def rows_in(lines: list[TextLine]) -> int:
    """How many rows stand below the headings that a box of text begins with; 0 without headings.

    For a table that has rules between its columns alone: the box is all of it.
    """
    head = _find_head(lines, 0, _space(lines)) if lines else None
    if head is None:
        return 0
    body = lines[head.after :]
    columns = Columns(_bounds(head.places, head.names, body), head.names)
    fitting = [line for line in body if not _crosses(line, columns)]
    return len(Divider().rows(Body(tuple(fitting), columns)))
