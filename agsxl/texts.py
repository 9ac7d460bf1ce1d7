"""Cleaning the text of a cell: what a person reads, without what a program left in it."""

from __future__ import annotations

import re

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_STRUCK = re.compile(r"~~([^~]+)~~|<(?:s|del|strike)>([^<]+)</(?:s|del|strike)>")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SPACE = re.compile(r"[ \t\u00a0\u200b\ufeff]+")
# A line break is kept after a sentence and before a list's bullet, and healed inside a sentence.
_INNER_BREAK = re.compile(r"(?<![.!?:;])\s*\n\s*(?![-•*\u2022]|\d+[.)]\s|[A-Z]\d+[.:]\s)")
_LEFTOVER = re.compile(
    r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>|~~|&(?:amp|lt|gt|nbsp|quot|#\d+);|_x[0-9A-Fa-f]{4}_"
)


_UNTIDY = ("<", "~", "\n", "\r", "\t", "  ", "\u00a0", "\u200b", "\ufeff", "_x")


def clean(text: str) -> str:
    """What a person should read of a cell: no tags, no struck text, white space folded.

    >>> clean("Draft  <u>policy</u> agreed ~~in May~~")
    'Draft policy agreed'
    """
    for mark in _UNTIDY:
        if mark in text:
            return unmark(text)[0]
    return text.strip(" ")


def unmark(text: str) -> tuple[str, str]:
    """The clean text, and the text that was struck out: ``unmark("~~31/1/17~~ 30/09/17")``."""
    struck = " ".join(" ".join(filter(None, found.groups())) for found in _STRUCK.finditer(text))
    text = _STRUCK.sub(" ", text)
    text = _TAG.sub("", text)
    text = _ESCAPE.sub(_unescaped, text)
    text = _SPACE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _INNER_BREAK.sub(" ", text)
    return re.sub(r" ?\n[ \n]*", "\n", text).strip(), struck.strip()


def _unescaped(match: re.Match[str]) -> str:
    """Excel writes a control character as _x000D_; a line break is all that is worth keeping."""
    return "\n" if int(match[1], 16) == 10 else " "


def leftover_markup(text: str) -> str:
    """The first piece of markup in a text ("<u>", "&amp;", "~~"), or ""."""
    if "<" not in text and "~" not in text and "&" not in text and "_x" not in text:
        return ""
    found = _LEFTOVER.search(text)
    return found.group() if found else ""


def listed(items: list[str] | tuple[str, ...], most: int = 12) -> str:
    """ "A1, A5, B3 and 4 more": a list that stays readable."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} and {len(items) - most} more"


def counted(number: int, singular: str, plural: str = "") -> str:
    """``counted(2, "milestone")`` is "2 milestones"."""
    word = singular if number == 1 else plural or singular + "s"
    return f"{number:,} {word}"


def ordinal(number: int) -> str:
    """``ordinal(3)`` is "3rd"."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class Prose:
    """A pattern that is tried only on texts in which one of its words occurs.

    >>> bool(Prose("behind|slipp", r"\\bbehind (?:schedule|target)").search("Agreed by Cabinet."))
    False

    Most comments hold none of them, and to look for plain words is some ten times as fast. The
    pattern, which knows no case, is compiled when it is first tried.
    """

    __slots__ = ("_compiled", "pattern", "words")

    def __init__(self, words: str, pattern: str) -> None:
        self.words = tuple(words.split("|"))
        self.pattern = pattern
        self._compiled: re.Pattern[str] | None = None

    def occurs(self, text: str) -> bool:
        """Whether the pattern is worth trying."""
        lowered = text.lower()
        return any(word in lowered for word in self.words)

    def search(self, text: str) -> re.Match[str] | None:
        """As ``re.search`` with the pattern."""
        lowered = text.lower()
        for word in self.words:
            if word in lowered:
                return self.compiled.search(text)
        return None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern itself."""
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, re.I)
        return self._compiled
