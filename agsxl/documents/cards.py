"""Cards and lists: milestones whose values each stand behind a label, not below a heading.

    3. Action            New system for complaints
    Principle A          Senior Lead: Director of Resources      Status: Complete
    Evidence: adopted by Cabinet in May

A card begins at a numbered label or item, or where a label comes that the card above has already
had. The same reads a two-column table of labels and values, and a list whose items name a lead
and a date ("a) Adopt the code. Lead: Town Clerk. By when: May 2027").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agsxl.documents.account import Use
from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.drafts import Cell, Draft
from agsxl.documents.healing import continues, ended, is_debris, live, plain, unwrap
from agsxl.documents.labels import Label, column_named, read_label
from agsxl.documents.tables import CARRIED, Entry, Found, bare_ref, furniture, is_page_number
from agsxl.layout.headings import column_of

_FACTS = frozenset({"smt_lead", "timescale", "status", "comments", "revised", "member_lead", "completed"})  # fmt: skip
_INLINE = re.compile(r"(?:(?<=^)|(?<=[\s.;,|(–—\]-]))(?P<label>[A-Z][A-Za-z/ ]{2,32}?)\s*:(?=\s|$)")
_ITEM = re.compile(
    r"(?P<mark>(?:[A-Z]{1,5}[ .-]?)?\d{1,3}(?:\.\d{1,2}){0,2}[a-z]?|\(?[a-z]|\(?[ivx]{1,4})(?P<end>[.):]\s*|\s+(?=[A-Z])|\s+[-–]\s+)(?P<text>\S.*)",
    re.S,
)
_BULLET = re.compile(r"[•▪●*–-]\s+(?P<text>\S.*)", re.S)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the document: a labelled value, or words without a label."""

    label: Label | None
    text: str
    place: Place
    block: int
    first: bool  # of its block
    at: int = -1  # which cell of a row


def read_cards(document: Document, key_blocks: frozenset[int]) -> Found:
    """The milestones of a document of cards or lists; none where there are no labels."""
    return _Reader(document, key_blocks).read()


class _Reader:
    def __init__(self, document: Document, key_blocks: frozenset[int]) -> None:
        self.document = document
        self.key_blocks = key_blocks
        self.running = furniture(document)
        self.found = Found()
        self.draft: Draft | None = None
        self.mine: set[str] = set()  # what the open card has of its own
        self.own: set[str] = set()
        self.leading: set[str] = set()  # of those, what stands above the action in each card
        self.labelled: set[int] = set()  # the cards whose action stands behind a label
        self.last: str = ""
        self.under: dict[
            int, str
        ] = {}  # the columns of the last row's cells, for what goes on below
        self.context: dict[str, Cell] = {}
        self.area = ""
        self.group = 0
        self.entry: Entry | None = None

    def read(self) -> Found:
        tokens = list(self._tokens())
        self._count(tokens)
        facts = sum(t.label is not None and t.label.column in _FACTS for t in tokens)
        if facts < 2:
            return self.found
        for at, token in enumerate(tokens):
            if token.first:
                self._begin_entry(token)
            self._take(token, tokens, at)
        kept = [d for d in self.found.drafts if _FACTS & {*d.cells} or id(d) in self.labelled]
        # One item with a date below it is no plan: so begins many a report.
        self.found.drafts = kept if len(kept) > 1 or self.labelled else []
        self._settle_entries()
        return self.found

    def _count(self, tokens: list[Token]) -> None:
        """Which labels each card has of its own; one that stands above several is carried down."""
        counts = Counter(t.label.column for t in tokens if t.label is not None)
        cards = counts["smt_lead"] or counts["status"] or counts["timescale"] or counts["milestone"]
        self.own = {c for c in CARRIED if counts[c] * 10 >= cards * 9}
        columns = [t.label.column if t.label else "" for t in tokens]
        if "milestone" in columns:
            first = columns.index("milestone")
            last = len(columns) - 1 - columns[::-1].index("milestone")
            self.leading = {c for c in self.own if c in columns[:first] and c not in columns[last:]}

    # -- tokens --------------------------------------------------------------------------------

    def _tokens(self) -> Iterator[Token]:
        for index, block in enumerate(self.document.blocks):
            if index in self.key_blocks:
                yield Token(None, "", block.place, index, True)
            elif isinstance(block, Line):
                yield from self._split(unwrap(block.text), block.place, index, True)
            else:
                yield from self._row_tokens(block, index)

    def _row_tokens(self, row: Row, index: int) -> Iterator[Token]:
        first, waiting = True, None
        for at, cell in enumerate(row.cells):
            text = unwrap(cell)
            if not text or is_debris(text):
                continue
            label = read_label(text) if waiting is None else None
            if label is not None and not label.text and not text.rstrip().endswith(":"):
                waiting = label  # the value stands in the next cell
                continue
            if waiting is not None:
                letter = waiting.number if waiting.number.isalpha() else ""
                value = f"{letter}: {text}" if letter and waiting.column == "theme" else text
                yield Token(waiting._replace(text=value), value, row.place, index, first, at)
                waiting, first = None, False
                continue
            for token in self._split(text, row.place, index, first):
                yield replace(token, at=at)
                first = False
        if waiting is not None:
            yield Token(waiting, "", row.place, index, first)

    def _split(self, text: str, place: Place, index: int, first: bool) -> Iterator[Token]:
        """The labelled parts of a line or cell, and what stands before the first of them."""
        starts = [
            m for m in _INLINE.finditer(text)
            if (column_of(m["label"]) is not None or (m.start() and column_named(m["label"].strip()) in _FACTS))
        ]  # fmt: skip
        if (starts and starts[0].start() == 0) or not starts:
            label = read_label(text)
            if (
                label is not None
                and (label.text or text.rstrip().endswith(":"))
                and len(starts) < 2
            ):
                yield Token(label, label.text, place, index, first)
                return
        if not starts:
            yield Token(None, text, place, index, first)
            return
        before = text[: starts[0].start()].strip(" (|;,–—-")
        if before:
            yield Token(None, before, place, index, first)
            first = False
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            value = text[start.end() : after.start() if after else len(text)].strip(" |;,–—(")
            if after is None and value.endswith(")") and value.count("(") < value.count(")"):
                value = value[:-1]
            if len(starts) > 1 and re.search(r"\w\.$", value) and len(value) < 60:
                value = value[:-1]  # "Lead: Town Clerk. By when: May 2027."
            heading = start["label"].strip()
            column = column_named(heading)
            yield Token(Label(column, value, "", heading), value, place, index, first)
            first = False

    # -- cards ---------------------------------------------------------------------------------

    def _take(self, token: Token, tokens: list[Token], at: int) -> None:
        label = token.label
        if token.block in self.key_blocks:
            self.draft, self.last = None, ""
            return
        if label is None:
            self._unlabelled(token, tokens, at)
            return
        column, text = label.column, live(label.text)
        if token.first:
            self.under = {}
        self.under[token.at] = column
        if column in CARRIED and column not in self.own:
            self._carry(column, text, label.number, token.place)
            return
        if column in self.leading and (
            self.draft is None or column in self.mine or "milestone" in self.mine
        ):
            self._start(token.place, bare_ref(label.number))
        elif column == "milestone" or (column == "ref" and self._new_ref()) or (
            column in self.mine and column != "comments"
        ):  # fmt: skip
            self._open(column, label, token)
        if self.draft is None:
            return
        if column == "milestone" and text:
            self.labelled.add(id(self.draft))
        if column == "ref":
            self.draft.number = bare_ref(text)
        elif text:
            self._add(column, label.text, token.place)
        self.last = column
        self.found.headings.setdefault(column, label.heading or column)
        self._used()

    def _new_ref(self) -> bool:
        return self.draft is None or bool(self.draft.number) or "milestone" in self.mine

    def _open(self, column: str, label: Label, token: Token) -> None:
        """Begin a card, unless the one that is open still waits for just this."""
        draft = self.draft
        waits = draft is not None and "milestone" not in draft.cells
        if (
            column == "milestone"
            and draft is not None
            and waits
            and not (label.number and draft.number)
        ):
            draft.number = draft.number or bare_ref(label.number)
            return
        self._start(token.place, bare_ref(label.number))

    def _start(self, place: Place, number: str) -> Draft:
        draft = Draft(place, number=number, area=self.area, group=self.group)
        draft.cells.update(self.context)
        self.draft, self.last, self.mine = draft, "", set()
        self.found.drafts.append(draft)
        return draft

    def _unlabelled(self, token: Token, tokens: list[Token], at: int) -> None:
        text = token.text
        bare = plain(text)
        if not bare or is_page_number(bare) or re.sub(r"\d+", "#", bare) in self.running:
            return
        item, bullet = _ITEM.fullmatch(live(text)), _BULLET.fullmatch(live(text))
        if (item is not None or bullet is not None) and self._facts_follow(tokens, at):
            draft = self._start(token.place, "")
            if item is not None:
                mark = bare_ref(item["mark"])
                if re.fullmatch(r"[a-z]", mark) and self.area:
                    draft.letter = mark
                else:
                    draft.number = mark
            words = (item or bullet)["text"] if (item or bullet) else text  # type: ignore[index]
            self._add("milestone", words, token.place)
            self.last = "milestone"
            self._used()
            return
        level = isinstance(block := self.document.blocks[token.block], Line) and block.level
        title = level or (item is not None and len(bare) < 120 and self._item_follows(tokens, at))
        if title or (item is not None and self._heads_card(token, tokens, at)):
            if item is not None and item["mark"][:1].isdigit():
                self._carry("theme", item["text"], bare_ref(item["mark"]), token.place)
            elif not level or self._item_follows(tokens, at) or self._facts_follow(tokens, at + 1):
                self._carry("theme", bare, "", token.place)
            return
        column = self.under.get(token.at, self.last) if token.at >= 0 else self.last
        if self.draft is not None and column:
            self._add(column, text, token.place)
            self._used()

    def _add(self, column: str, text: str, place: Place) -> None:
        """Put text to the open card: a value of its own takes the place of one carried down."""
        assert self.draft is not None
        if column not in self.mine:
            self.draft.cells.pop(column, None)
            self.mine.add(column)
        self.draft.add(column, text, place)

    def _carry(self, column: str, text: str, number: str, place: Place) -> None:
        for deeper in CARRIED[CARRIED.index(column) + 1 :]:
            self.context.pop(deeper, None)
        cell = Cell()
        cell.add(live(text), place)
        self.context[column] = cell
        if column == "theme":
            self.area, self.group = (number if number.isdigit() else ""), self.group + 1
        self.found.numbers.setdefault(column, []).append((number, len(self.found.drafts)))
        self.draft, self.last = None, ""
        if self.entry is not None:
            self.entry.use, self.entry.said = Use.USED, f"carried down: {column}"

    # -- looking ahead -------------------------------------------------------------------------

    def _facts_follow(self, tokens: list[Token], at: int) -> bool:
        """Whether a lead, a date or a status comes before the next item or title."""
        for token in tokens[at + 1 : at + 6]:
            if token.label is not None:
                return token.label.column in _FACTS
            if _ITEM.fullmatch(token.text) or _BULLET.fullmatch(token.text) or not token.text:
                return False
        return False

    def _heads_card(self, token: Token, tokens: list[Token], at: int) -> bool:
        """Whether a numbered line, short and of its own, stands right above the action of a card."""
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if after is None or after.label is None or after.label.column != "milestone":
            return False
        before = self.draft.text(self.last) if self.draft is not None and self.last else ""
        own = token.first and after.first and not ended(token.text) and len(plain(token.text)) < 80
        return own and (not before or continues(before, token.text) <= 0)

    def _item_follows(self, tokens: list[Token], at: int) -> bool:
        """Whether the next words are an item that has facts of its own."""
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        return (
            after is not None and after.label is None
            and bool(_ITEM.fullmatch(after.text) or _BULLET.fullmatch(after.text))
            and self._facts_follow(tokens, at + 1)
        )  # fmt: skip

    # -- the account ---------------------------------------------------------------------------

    def _begin_entry(self, token: Token) -> None:
        block: Block = self.document.blocks[token.block]
        text = (
            block.text
            if isinstance(block, Line)
            else " | ".join(c for c in block.cells if c.strip())
        )
        use, said = Use.LEFT_OVER, ""
        if token.block in self.key_blocks:
            use = Use.KEY
        elif isinstance(block, Line) and block.level:
            use = Use.HEADING
        elif isinstance(block, Line) and is_page_number(text):
            said = "page number"
        self.entry = Entry(block.place, plain(text), use, [], said)
        self.found.entries.append(self.entry)

    def _used(self) -> None:
        if self.entry is not None and self.draft is not None:
            self.entry.use = Use.USED
            if self.draft not in self.entry.drafts:
                self.entry.drafts.append(self.draft)

    def _settle_entries(self) -> None:
        """What went into a card that is no milestone after all is left over."""
        kept = {id(draft) for draft in self.found.drafts if draft.text("milestone").strip()}
        for entry in self.found.entries:
            if entry.drafts:
                entry.drafts = [d for d in entry.drafts if id(d) in kept]
                if not entry.drafts:
                    entry.use = Use.LEFT_OVER


def inline_labels(text: str) -> list[tuple[str, str, str]]:
    """What stands behind labels within a text, each with its column and its label, after the rest.

    >>> inline_labels("Publish it. Lead: Clerk. By when: May 2027")
    [('', '', 'Publish it.'), ('smt_lead', 'Lead', 'Clerk'), ('timescale', 'By when', 'May 2027')]
    """
    starts = [m for m in _INLINE.finditer(text) if column_named(m["label"].strip()) in _FACTS]
    if not starts:
        return []
    found = [("", "", text[: starts[0].start()].strip(" (|;,–—-\n"))]
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        value = text[start.end() : after.start() if after else len(text)].strip(" |;,–—()\n")
        label = start["label"].strip()
        found.append((column_named(label), label, re.sub(r"(?<=\w)\.$", "", value)))
    return found
