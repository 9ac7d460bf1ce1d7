"""The key to a document's initials: who "CW" is, wherever in the document that is said.

>>> keys = Keys()
>>> keys.read("RB = Rosa Bell, head of roads ~~SD = Sam Dean, director~~ CW – Cath Wood, monitoring officer")
True
>>> keys.resolve("CW").posts
('monitoring officer',)
>>> keys.resolve("SDR B").raw  # SD struck out and RB put instead, when the marks are lost
'RB'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agsxl.documents.healing import live, plain
from agsxl.plan import Lead
from agsxl.posts import Posting

_ENTRY = re.compile(r"(?<![\w&/'’])(?P<initials>[A-Z][A-Za-z]{0,3}[A-Z]\d?|[A-Z]{2,5}\d?)\s*(?:=|–|—|:|\s-\s)\s*(?=[A-Z(])")  # fmt: skip
_WORK = re.compile(
    r"\b(?:officer|director|head|manager|chief|executive|solicitor|lead|leader|treasurer|accountant|auditor|assistant|deputy|"
    r"council|councillor|service|services|corporate|governance|finance|financial|legal|audit|team|board|committee|"
    r"department|directorate|group|partner|secretary|clerk|adviser|advisor|coordinator|section|interim|acting)\b",
    re.I,
)
_NAME = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Cllr|Councillor)\.?\s+)?[A-Z][\w'’-]*\.?(?:\s+(?:de|van|von|der|la|le|[A-Z][\w'’-]*\.?)){1,3}"
)
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """What one set of initials stands for."""

    initials: str
    person: str
    post: str
    struck: bool = False


class Keys:
    """The initials of a document and whom they stand for; entries that are struck out stand for nobody."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def read(self, text: str) -> bool:
        """Take in the entries of a line; whether it holds nothing else."""
        found = _entries(text)
        for entry in found:
            if entry.initials not in self.entries or self.entries[entry.initials].struck:
                self.entries[entry.initials] = entry
        return bool(found)

    def read_row(self, cells: Sequence[str]) -> bool:
        """Take in a row of a table of initials, names and posts: whether it is one."""
        texts = [plain(cell) for cell in cells if plain(cell)]
        if not 2 <= len(texts) <= 3 or not re.fullmatch(r"[A-Z][A-Za-z]{0,3}[A-Z]\d?", texts[0]):
            return False
        return self.read(f"{texts[0]} = {', '.join(texts[1:])}")

    @property
    def postings(self) -> tuple[Posting, ...]:
        """The posts of the key that somebody holds."""
        return tuple(
            Posting(post=entry.post, person=entry.person)
            for entry in self.entries.values()
            if entry.post and entry.person and not entry.struck
        )

    def resolve(self, cell: str) -> Lead | None:
        """The lead that a cell of initials names; None where it names none that the key knows."""
        text = " ".join(live(cell).split())
        found = self._spelt(text)
        if not found:
            return None
        standing = [entry for entry in found if not entry.struck]
        if len(standing) == len(found):
            raw = text
        else:
            raw = " / ".join(entry.initials for entry in standing)
        names = [entry.post or entry.person for entry in standing]
        return Lead(
            raw=raw,
            post=" / ".join(names),
            person=" / ".join(entry.person for entry in standing if entry.person),
            posts=tuple(dict.fromkeys(names)),
        )

    def _spelt(self, text: str) -> list[Entry]:
        """The entries whose initials a text is made of, with or without anything between them."""
        parts = [p for p in re.split(r"\s*(?:[/,&+;]|\band\b)\s*|\s+", text) if p]
        if parts and all(part in self.entries for part in parts):
            return [self.entries[part] for part in parts]
        letters = re.sub(r"[\s/,&+;]+", "", text)
        return self._segments(letters) if len(letters) <= 16 else []

    def _segments(self, letters: str) -> list[Entry]:
        for initials in sorted(self.entries, key=len, reverse=True):
            if letters.startswith(initials):
                rest = letters[len(initials) :]
                after = self._segments(rest)
                if after or not rest:
                    return [self.entries[initials], *after]
        return []


def _entries(text: str) -> list[Entry]:
    """The entries of a line, each with whether it is struck out; [] if the line is not a key."""
    bare, gone = _without_marks(text)
    starts = list(_ENTRY.finditer(bare))
    lead_in = bare[: starts[0].start()] if starts else bare
    if not starts or len(lead_in.strip(" -–•*:|()")) > 25:
        return []
    found = []
    for entry, after in zip(starts, [*starts[1:], None], strict=True):
        value = bare[entry.end() : after.start() if after else len(bare)].strip(" ,;.|\n")
        person, post = _who(value)
        # A person's own initials, or a post: anything else is a sentence with capitals in it.
        if not (person or (post and _WORK.search(post))) or len(value) > _LONGEST:
            return []
        found.append(Entry(entry["initials"], person, post, gone[entry.start()]))
    return found


def _who(value: str) -> tuple[str, str]:
    """The person and the post of "Rosa Bell, head of roads", either way round, or of one of them."""
    for pattern in (r"\s*,\s*", r"\s+[-–—]\s+", r"\s*\((?=[^()]*$)", r"\s*:\s*"):
        parts = re.split(pattern, value.rstrip(")") if "(" in pattern else value, maxsplit=1)
        if len(parts) == 2:
            one, two = (part.strip() for part in parts)
            if _is_name(one):
                return one, two
            if _is_name(two):
                return two, one
    return (value, "") if _is_name(value) else ("", value)


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not _WORK.search(text)


def _without_marks(text: str) -> tuple[str, list[bool]]:
    """The text without marks, and for each character whether it was struck out."""
    bare, gone, inside = [], [], False
    for piece in re.split(r"(~~|</?u>)", " ".join(text.split())):
        if piece == "~~":
            inside = not inside
        elif piece not in ("<u>", "</u>"):
            bare.append(piece)
            gone += [inside] * len(piece)
    return "".join(bare), [*gone, False]
