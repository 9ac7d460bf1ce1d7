"""Struck-out and inserted text, written the same way by every reader.

>>> joined([Piece("31/1/", "~~"), Piece("17", "~~"), Piece("30/09/17", "<u>")])
'~~31/1/17~~<u>30/09/17</u>'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Piece(NamedTuple):
    """A piece of text and how it is marked: "~~" struck out, "<u>" inserted, "" neither."""

    text: str
    mark: str = ""


_AFTER = {"~~": "~~", "<u>": "</u>"}


def joined(pieces: Iterable[Piece]) -> str:
    """The text of the pieces, with marks around what stands together, never around space alone."""
    together: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        last = together[-1] if together else None
        if last is not None and (last.mark == piece.mark or not piece.text.strip()):
            together[-1] = Piece(last.text + piece.text, last.mark)
        else:
            together.append(piece)
    return "".join(_marked(piece) for piece in together)


def _marked(piece: Piece) -> str:
    """Marks do not reach over a line's end: each line is marked by itself."""
    if not piece.mark:
        return piece.text
    return "\n".join(_marked_line(line, piece.mark) for line in piece.text.split("\n"))


def _marked_line(line: str, mark: str) -> str:
    bare = line.strip()
    if not bare:
        return line
    start = line.index(bare)
    return f"{line[:start]}{mark}{bare}{_AFTER[mark]}{line[start + len(bare) :]}"


_SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u3000]+")
# Invisible: soft hyphens, zero-width spaces and joiners, byte order marks, directions.
_NOTHING = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]")
_LIGATURES = {ord(a): b for a, b in (("ﬀ", "ff"), ("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬃ", "ffi"), ("ﬄ", "ffl"), ("ﬅ", "st"), ("ﬆ", "st"))}  # fmt: skip


def tidy(text: str) -> str:
    """A text with its spaces folded and nothing invisible in it; line breaks and tabs are kept.

    >>> tidy("the ofﬁce \\u00a0 of\\u00ad fice\\r\\n next ")
    'the office of fice\\nnext'
    """
    text = _NOTHING.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n"))
    text = _SPACES.sub(" ", text.translate(_LIGATURES))
    text = re.sub(r" ?\n[ \n]*", "\n", text)
    return text.strip(" \n")


def numeral(value: int, form: str) -> str:
    """A list's number in one of Word's forms.

    >>> numeral(3, "lowerLetter"), numeral(4, "upperRoman"), numeral(28, "upperLetter")
    ('c', 'IV', 'BB')
    """
    if form in ("lowerLetter", "upperLetter") and 0 < value < 1000:
        letters = chr(97 + (value - 1) % 26) * ((value - 1) // 26 + 1)  # Word goes on with aa, bb
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < value < 4000:
        roman = ""
        for worth, sign in _ROMAN:
            roman += sign * (value // worth)
            value %= worth
        return roman.lower() if form == "lowerRoman" else roman
    if form == "decimalZero":
        return f"{value:02}"
    return "" if form == "none" else str(value)


_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
