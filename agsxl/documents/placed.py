"""Words with their places on a page, the lines they stand in, and the columns of a table.

>>> line = [Word("Train", 40, 62, 20, 30, 10), Word("members", 65, 99, 20, 30, 10), Word("Complete", 150, 190, 20, 30, 10)]
>>> [" ".join(word.text for word in piece) for piece in segments(line)]
['Train members', 'Complete']

Measures are points; y grows downwards, as pdfplumber has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


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


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table are: ``bounds`` are its inner borders, from left to right.

    ``names`` are the columns that the headings name ("milestone", or "" for one that is not known).
    ``open_below`` says that rows may follow that nothing encloses. ``alone`` is for what stands
    between two enclosed rows: likely a single row. ``heads`` are where the headings begin and end.
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    open_below: bool = False
    heads: tuple[tuple[float, float], ...] = ()
    alone: bool = False

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

    def split(self, line: TextLine) -> dict[int, TextLine]:
        """A line's words by the column they stand in."""
        found: dict[int, TextLine] = {}
        for word in line:
            found.setdefault(self.of(word), []).append(word)
        return found


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


def said(words: Sequence[Word]) -> str:
    """The words as text."""
    return " ".join(word.text for word in words)
