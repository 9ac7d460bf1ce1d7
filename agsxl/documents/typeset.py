"""Typeset lines as text again: where a writer broke a line, and where only the column was full.

>>> lines = text_lines([Word("Multi-", 0, 30, 0, 10, 10), Word("agency", 0, 32, 12, 22, 10)])
>>> Typesetting(lines).text(lines, 40)
'Multi-agency'

A program that fills a narrow column breaks lines between words, and a word that is too long anywhere
in it. What tells a broken word from two is the document itself: whether the whole stands elsewhere.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable

from agsxl.documents.healing import is_ending, never_ends
from agsxl.documents.marks import Piece, joined, tidy
from agsxl.documents.placed import TextLine, Word

_BULLET = re.compile(r"^[•●▪■◦‣∙·➢✓\uf0b7\uf0a7\uf0d8]")
_LABEL = re.compile(r"^(?:[*\-–o]|\(?[a-zA-Z0-9]{1,2}[.)]|\(?[ivx]{1,4}\))$")


class Typesetting:
    """What the lines of one document say of how it was set; its cells as text."""

    def __init__(self, lines: Iterable[TextLine]) -> None:
        self._known: set[str] = set()
        self._said: list[str] = []
        sizes: Counter[float] = Counter()
        for line in lines:
            for word in line:
                sizes[round(word.size, 1)] += len(word.text)
            # Only a word alone in its line is broken; the first of a line may be the rest of one.
            self._known.update(_bare(word.text) for word in line[1:])

        self._size = sizes.most_common(1)[0][0] if sizes else 10.0

    def level(self, line: TextLine) -> int:
        """The level of a heading: 1 to 3 for a line in larger or bold letters, else 0."""
        size = min(word.size for word in line)
        if sum(len(word.text) for word in line) > 120:
            return 0
        if size > self._size * 1.12:
            return 1 if size > self._size * 1.5 else 2
        return 3 if all(word.bold for word in line) else 0

    def healed(self) -> list[str]:
        """What was put together since this was last asked."""
        said, self._said = self._said, []
        return said

    def text(self, lines: list[TextLine], width: float) -> str:
        """The visual lines of a cell as its text; a line break stays where the writer made it.

        That is before a bullet, at a gap between paragraphs, and where the next word would still have
        had room on the line.
        """
        if not lines:
            return ""
        pitches = sorted(below[0].top - above[0].top for above, below in itertools.pairwise(lines))
        usual = pitches[len(pitches) // 4] if pitches else 0.0
        pieces: list[Piece] = []
        for index, line in enumerate(lines):
            if index:
                address = joined(pieces).rsplit(None, 1)[-1]
                pieces.append(Piece(self._between(lines[index - 1], line, width, usual, address)))
            for number, word in enumerate(line):
                if number and word.x0 - line[number - 1].x1 > 0.1 * word.size:
                    pieces.append(Piece(" "))
                pieces.append(Piece(word.text, "~~" if word.struck else ""))
        return tidy(re.sub(r"[\uf0b7\uf0a7●▪■]", "•", joined(pieces)))

    def _between(
        self, above: TextLine, below: TextLine, width: float, usual: float, address: str
    ) -> str:
        """What stands between two lines of a cell: a space, a line break, or nothing at all.

        ``address`` is the last word above, put together from the lines it was broken into.
        """
        pitch = below[0].top - above[0].top
        first, last = below[0], above[-1]
        room = width - (last.x1 - above[0].x0)
        if _BULLET.match(first.text):
            return "\n"
        if re.match(r"[,;:.!?)\]]+(?:\s|$)|/\w", first.text):
            return ""  # no line begins with a comma but where a narrow column broke it off
        if _LABEL.match(first.text) and (last.text[-1:] in ".;:,?!" or room > first.size * 3):
            return "\n"
        if pitch > usual * 1.35 and pitch > first.size * 1.3:
            return "\n"
        if last.text.endswith("\u00ad"):
            return ""
        if re.search(r"\w[-/]$", last.text) and first.text[:1].isalnum():
            return ""  # "multi-" over "agency"
        if "://" in address and _OF_ADDRESS.search(last.text[-1:] + first.text):
            return ""
        if self._is_broken(above, first, room):
            self._said.append(
                f"“{last.text}” and “{first.text}”, broken by a narrow column, are one."
            )
            return ""
        if room > (first.x1 - first.x0) + first.size * 0.45:
            return "\n"
        return " "

    def _is_broken(self, above: TextLine, first: Word, room: float) -> bool:
        """Whether a word, or a date, was too long for its column and goes on in the next line."""
        last = above[-1]
        if room > first.size:
            return False  # no letter is wider
        whole = last.text + first.text
        if len(above) == 1 and re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d\d|\d{4})", whole):
            return True
        if (
            not (last.text[-1:].isalpha() and first.text[:1].islower())
            or last.struck != first.struck
        ):
            return False
        if never_ends(last.text):
            return True
        if len(above) > 1:
            return False  # a word is broken where it stands alone in its line
        if {_bare(whole), _bare(re.split(r"[/–-]", whole)[-1])} & self._known:
            return True
        return _bare(first.text) not in self._known and is_ending(first.text)


_OF_ADDRESS = re.compile(r"^[/?&=_#%-]|[/?&=_%]|\w\.\w")


def _bare(word: str) -> str:
    return word.strip(".,;:()'\"“”‘’?!").casefold()
