"""From the rows of a document's tables to milestones in the making.

One walk over all blocks in reading order. A heading row says, for the rows below it, which cell is
which; a band carries its improvement, outcome or principle down; a row begins a milestone or goes
on with the one above it. Every block is accounted for as it is met.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agsxl.dates import Kind as DateKind
from agsxl.dates import read_target
from agsxl.documents.account import Kind, Use
from agsxl.documents.columns import PRINCIPLES, Columns, Usual, read_columns, same_headings
from agsxl.documents.dating import moved
from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.drafts import Cell, Draft
from agsxl.documents.healing import (
    Vocabulary,
    continues,
    ended,
    first_sentence,
    is_debris,
    items,
    lettered,
    live,
    plain,
    unwrap,
    without_bullet,
)
from agsxl.documents.keys import Keys
from agsxl.documents.labels import Label, read_label
from agsxl.layout.headings import column_of, normal
from agsxl.statuses import StatusValue, read_status
from agsxl.texts import counted

_REF = re.compile(
    r"(?:[A-Za-z]{1,8}[ .\-/]?)?\d{1,4}(?:[ .\-/]\d{1,4}){0,3} ?[a-z]?(?:\([a-z]+\))?[.):]?|[A-Z]{1,2}[.)]|\(?[a-z][.)]|[ivx]{1,4}[.)]"
)
_PAGE_NUMBER = re.compile(
    r"\W*(?:page\s*)?\d{1,4}(?:\s*(?:of|/|\|)\s*\d{1,4})?\s*\W*(?:\|?\s*page)?\W*|\W*page\W*\d*\W*(?:of\W*\d+)?\W*",
    re.I,
)
_CONTINUED = re.compile(r"\s*\(?\b(?:continued|cont(?:'?d)?\.?)\)?\s*$", re.I)
_COUNTED = re.compile(r"\(?([A-Z]{0,3}\d{1,2}(?:\.\d{1,2}){0,2}[a-z]?)[.):]\s+(?=\S)")
_DOTTED = re.compile(r"\(?([A-Z]{0,3}\d{1,2}(?:\.\d{1,2}){1,2}[a-z]?)[.):]?\s+(?=\S)")
_BARE = re.compile(r"(\d{1,2})\s+(?=[A-Z])")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
_MONTH_END = re.compile(rf"\b{_MONTH}\.?$", re.I)
_POST = re.compile(
    r"\b(?:officer|manager|directors?|executive|solicitor|clerk|treasurer|leads?|auditor|accountant|advis[eo]r|leader|chair|"
    r"coordinator|secretary|s151|mo|cfo|team|board|services?)\)?$|^(?:head|director|chief) of \w|^[A-Z]{2,4}$",
    re.I,
)
_STATE = re.compile(
    r"(?:completed?|outstanding|open|closed|new|ongoing|current|previous|carried forward|brought forward|in progress|not started|overdue)\b.{0,40}",
    re.I,
)
# What belongs to the area above a milestone, and is carried down to it, the widest first.
CARRIED = (PRINCIPLES, "theme", "outcome", "source")
_TEXTS = ("theme", "outcome", "milestone", "comments", "evidence", "reason", PRINCIPLES)
STRUCTURED = frozenset({"docx", "html", "markdown", "xlsx", "xls", "ods", "csv"})


@dataclass(slots=True)
class Entry:
    """What became of (a part of) a block."""

    place: Place
    text: str
    use: Use
    drafts: list[Draft] = field(default_factory=list)
    said: str = ""
    cell: Cell | None = None  # what it carries down


@dataclass(slots=True)
class Said:
    """A note for the report, on a milestone that has no Ref yet, or on the whole document."""

    kind: Kind
    message: str
    draft: Draft | None = None
    column: str = ""
    place: Place | None = None


@dataclass(slots=True)
class Section:
    """One table, or several with the same headings: its milestones, and what stands above it."""

    columns: Columns
    place: Place
    drafts: list[Draft] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What a walk gave."""

    drafts: list[Draft] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def parts(self) -> list[Found]:
        """What was found, one plan at a time: of several, each has the headings of its own table.

        What went into the others is left over then.
        """
        sections = [section for section in self.sections if section.drafts]
        if len(sections) < 2:
            return [self]
        plans = []
        for section in sections:
            own = {id(draft) for draft in section.drafts}
            entries = [
                e if not e.drafts or any(id(d) in own for d in e.drafts)
                else Entry(e.place, e.text, Use.LEFT_OVER, [], "of another plan in the document")
                for e in self.entries
            ]  # fmt: skip
            notes = [note for note in self.notes if note.draft is None or id(note.draft) in own]
            plans.append(Found(section.drafts, entries, notes, [section], section.columns.headings))
        return plans


def is_ref(text: str) -> bool:
    """Whether a text could be the number of a milestone or an area: "1a", "3.", "AGS 2.1", "b)"."""
    return len(text) <= 16 and bool(_REF.fullmatch(text.strip()))


def bare_ref(text: str) -> str:
    """A number without what stands around it: ``bare_ref("1.")`` is "1"."""
    return " ".join(plain(text).strip(" .:)(").split())


def is_page_number(text: str) -> bool:
    """Whether a line is the number of a page and nothing else."""
    bare = plain(text).replace("*", "")
    if re.search(r"p\s?a\s?g\s?e", bare, re.I):
        bare = bare.replace(" ", "")  # "4 | P a g e"
    return bool(re.search(r"\d", bare)) and bool(_PAGE_NUMBER.fullmatch(bare))


def furniture(document: Document) -> frozenset[str]:
    """Lines that stand on most pages: running titles."""
    lines: Counter[str] = Counter()
    for block in document.blocks:
        if isinstance(block, Line) and not block.level:
            lines[_without_numbers(block.text)] += 1
        elif isinstance(block, Row) and sum(bool(plain(cell)) for cell in block.cells) == 1:
            text = _without_numbers("".join(block.cells))
            lines[text] += len(text) > 12 and "#" in text  # "Westmere Council, page #"
    pages = len({b.place.page for b in document.blocks if b.place.page})
    return frozenset(text for text, n in lines.items() if n >= 3 and n * 2 >= pages and text)


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(plain(text).split()))


class Walk:
    """Reads a document's rows. ``read`` gives what was found; no milestone means no plan in tables."""

    def __init__(
        self,
        document: Document,
        keys: Keys,
        key_blocks: frozenset[int],
        more: Mapping[Place, Sequence[Block]] | None = None,
    ) -> None:
        self.document = document
        self.blocks: Sequence[Block] = document.blocks
        self.keys = keys
        self.key_blocks = key_blocks
        self.more = more or {}  # the further lines of a row, by its place
        self.structured = document.kind in STRUCTURED
        self.running = furniture(document)
        self.found = Found()
        self.usual = Usual()
        self.heads: dict[int, Columns] = {}
        self.second: set[int] = set()
        self.columns: Columns | None = None
        self.table = -1
        self.draft: Draft | None = None
        self.context: dict[str, Cell] = {}
        self.levels: list[str] = []
        self.area = ""  # the number of the area, and of the heading, that milestones stand below
        self.heading_number = ""
        self.group = 0
        self.lettered = self.refs_used = self.exact = False
        self.counted = _DOTTED
        self.always: set[str] = set()  # what every milestone with a Ref has
        self.turned = False  # a page has been turned since the last row of a milestone
        self.above: list[tuple[int, Line]] = []
        self.vocabulary: Vocabulary | None = None
        self.widths: dict[
            int, Columns
        ] = {}  # the columns by a row's width, above the first heading

    # -- the headings --------------------------------------------------------------------------

    def read(self) -> Found:
        """Walk over the document."""
        self._find_headings()
        if not self.heads:
            return self.found
        self._see_marks()
        first = min(self.heads)
        heads = {columns.width for columns in self.heads.values()}
        rows = [len(b.cells) in heads for b in self.blocks[first:] if isinstance(b, Row)]
        until = len(rows) - rows[::-1].index(True)  # the last row that is as wide as a heading
        self.exact = sum(rows[:until]) * 10 >= until * 9
        self._start_above(first)
        for index, block in enumerate(self.blocks):
            if index in self.key_blocks:
                self._account(block, Use.KEY)
            elif isinstance(block, Line):
                self._line(index, block)
            else:
                self._row(index, block)
        self._settle_bands()
        return self.found

    def _settle_bands(self) -> None:
        """A band that stands above no milestone is none: a key or a note below the table."""
        used = {id(cell) for draft in self.found.drafts for cell in draft.cells.values()}
        for entry in self.found.entries:
            if entry.cell is not None and id(entry.cell) not in used:
                entry.use, entry.said = Use.LEFT_OVER, ""

    def _find_headings(self) -> None:
        rows = [(i, b) for i, b in enumerate(self.blocks) if isinstance(b, Row)]
        for at, (index, row) in enumerate(rows):
            if index in self.key_blocks or index in self.second:
                continue
            columns = read_columns(row.cells, row.spans)
            below = rows[at + 1] if at + 1 < len(rows) else None
            if below is not None and below[1].table == row.table:
                both = self._two_rows(row, below[1], columns)
                if both is not None:
                    columns = both
                    self.second.add(below[0])
            if columns is not None:
                self.heads[index] = columns
                for name, heading in columns.headings.items():
                    self.usual.add(name, heading)
        self._find_damaged_headings(rows)

    def _two_rows(self, row: Row, below: Row, columns: Columns | None) -> Columns | None:
        """The headings of a heading row that goes on in the row below it."""
        if len(row.cells) != len(below.cells) or not any(below.cells):
            return None
        over, top = [], ""
        for i, cell in enumerate(row.cells):
            span = row.spans[i] if row.spans else 1
            top = cell if span else top
            over.append(top)
        lower = [plain(cell) for cell in below.cells]
        merged = any(span > 1 for span in row.spans)
        if any(len(cell) > 40 for cell in lower) or read_columns(below.cells) is not None:
            return None
        if any(is_ref(cell) for cell in lower[:1] if cell):
            return None
        texts = [
            " ".join(filter(None, (sub, plain(cell)) if merged and sub and span != 1 else (plain(cell), sub)))
            for cell, sub, span in zip(over if merged else row.cells, lower, row.spans or [1] * len(lower), strict=True)
        ]  # fmt: skip
        both = read_columns(texts)
        if both is None:
            return None
        if columns is None:
            return both
        if not merged and not lower[0]:
            # "Target" over "date": each lower cell makes a name with the one above it
            made = [
                f"{plain(cell)} {sub}" for cell, sub in zip(row.cells, lower, strict=True) if sub
            ]
            over_each = [plain(cell) for cell, sub in zip(row.cells, lower, strict=True) if sub]
            named = [
                (found := column_of(text)) is not None
                and found[1] < 90
                and normal(text) != normal(above)
                for text, above in zip(made, over_each, strict=True)
            ]
            return both if named and all(named) else None
        better = len(both.known) > len(columns.known)
        return both if better and merged else None

    def _find_damaged_headings(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Page headings that have swallowed so much that they are known only by the others."""
        layouts = {tuple(sorted(c.names.items())): c for c in self.heads.values()}
        usual = {
            name: self.usual.of(name).casefold()
            for columns in layouts.values()
            for name, heading in columns.headings.items()
            if heading
        }
        for index, row in rows:
            if index in self.heads or index in self.key_blocks or index in self.second:
                continue
            filled = [(i, plain(c).casefold()) for i, c in enumerate(row.cells) if c.strip()]
            if sum(text.startswith(tuple(usual.values())) for _, text in filled) < 3:
                continue
            for columns in layouts.values():
                shift = len(row.cells) - columns.width
                found = next((o for o in (0, shift) if _headed(filled, columns, usual, o)), None)
                if found is None:
                    continue
                headings = dict.fromkeys(columns.names.values(), "")
                for at, _ in filled:
                    name = columns.names.get(at - found)
                    if name is not None:
                        headings[name] = plain(row.cells[at])
                        self.usual.add(name, headings[name])
                names = {i + found: n for i, n in columns.names.items()}
                self.heads[index] = Columns(names, headings, len(row.cells), columns.headless)
                break

    def _see_marks(self) -> None:
        """Whether actions are told apart by letters ("a)", "b)") or numbers at their beginning."""
        columns, cells, whole = None, [], 0
        filled: Counter[str] = Counter()
        for index, block in enumerate(self.blocks):
            if index in self.heads:
                columns = self.heads[index]
            elif isinstance(block, Row) and columns is not None:
                own = {
                    n: plain(block.cells[i])
                    for i, n in columns.names.items()
                    if i < len(block.cells)
                }
                ref = own.get("ref", "")
                if ref and is_ref(ref) and not bare_ref(ref).isdigit():
                    whole += 1
                    filled.update(name for name, text in own.items() if text)
                if own.get("milestone"):
                    cells.append(unwrap(own["milestone"]))
        self.refs_used = whole > 1
        self.always = {n for n in filled if filled[n] * 10 > whole * 9} - {"ref", "theme"}
        self.lettered = any(lettered(cell)[0] in ("a", "b") for cell in cells)
        counted = sum(bool(_COUNTED.match(cell)) for cell in cells)
        self.counted = _COUNTED if not self.lettered and counted * 2 > len(cells) else _DOTTED
        bare = [int(found[1]) for cell in cells if (found := _BARE.match(cell))]
        if not self.lettered and len(bare) > 1 and bare == list(range(1, len(bare) + 1)):
            self.counted = _BARE

    def _start_above(self, first: int) -> None:
        """Read rows above the first heading, where a cut has left the rest of a page without its own.

        The columns are those of the first later heading row that is as wide.
        """
        head = self.blocks[first]
        rows = [
            b for b in self.blocks[:first]
            if isinstance(b, Row) and isinstance(head, Row) and b.table == head.table
        ]  # fmt: skip
        widths: dict[int, Columns] = {}
        for columns in self.heads.values():
            widths.setdefault(columns.width, columns)
        for columns in self.heads.values():
            if columns.headless:  # a page without the column of numbers
                widths.setdefault(columns.width - 1, columns.without_first())
        full = [r for r in rows if sum(bool(plain(c)) for c in r.cells) > 2]
        like = [r for r in full if r.table == 0 or len(r.cells) == self.heads[first].width]
        like = [r for r in like if len(r.cells) in widths and self._fits(r, widths[len(r.cells)])]
        enough = 5 if like and like[0].table == 0 else 2
        if like and len(like) * enough >= len(full):
            self.widths = widths
            self.columns = widths[len(like[0].cells)]
            self.table = like[0].table
            self._open_section(self.columns, like[0].place)

    def _fits(self, row: Row, columns: Columns) -> bool:
        """Whether a row has, where the columns say so, what a milestone has: a date, a status."""
        cells = {n: unwrap(row.cells[i]) for i, n in columns.names.items() if i < len(row.cells)}
        if sum(bool(c) for c in cells.values()) < 3 or not cells.get("milestone"):
            return False
        dated = read_target(live(cells.get("timescale", ""))).kind not in (
            DateKind.BLANK, DateKind.UNREADABLE, DateKind.EVENT, DateKind.TBC,
        )  # fmt: skip
        numbered = bool(cells.get("ref")) and is_ref(cells["ref"])
        known = bool(self.keys.resolve(cells.get("smt_lead", "")))
        return (
            dated
            or _is_status(cells.get("status", ""))
            or known
            or (numbered and abs(len(row.cells) - columns.width) <= 1)
        )

    # -- lines ---------------------------------------------------------------------------------

    def _line(self, index: int, line: Line) -> None:
        text = plain(line.text)
        if is_page_number(text):
            self.turned = True
            self._account(line, Use.LEFT_OVER, said="page number")
            return
        if _without_numbers(text) in self.running and self.columns is not None:
            self.turned = True
            self._account(line, Use.LEFT_OVER, said="running title")
            return
        label = read_label(line.text) if self._before_table(index) or self.columns else None
        if label is not None and label.text and label.column in CARRIED and label.heading and (
            self._before_heading(index) or self._before_more(index)
        ):  # fmt: skip
            self._account_band(line, label, self._carry(label, line.place))
            return
        self.above.append((index, line))
        use = Use.HEADING if line.level or self._before_heading(index) else Use.LEFT_OVER
        self._account(line, use)

    def _before_table(self, index: int) -> bool:
        return any(i > index for i in self.heads)

    def _before_heading(self, index: int) -> bool:
        """Whether nothing but lines stands between a line and a heading row, or the plan's first row."""
        for at in range(index + 1, len(self.blocks)):
            if isinstance(self.blocks[at], Row):
                return at in self.heads
        return False

    def _before_more(self, index: int) -> bool:
        """Whether right below a line the table goes on, in rows without headings of their own."""
        below = self.blocks[index + 1] if index + 1 < len(self.blocks) else None
        return (
            self.columns is not None and isinstance(below, Row) and self._fits(below, self.columns)
        )

    # -- rows ----------------------------------------------------------------------------------

    def _row(self, index: int, row: Row) -> None:
        if index in self.heads:
            self._heading(index, row)
            return
        if index in self.second:
            self._account(row, Use.HEADING, said="second row of the headings")
            return
        if _is_page_row(row):
            self.turned = True
            self._account(row, Use.LEFT_OVER, said="page number")
            return
        if self._is_running(row):
            self.turned = True
            self._account(row, Use.LEFT_OVER, said="running title")
            return
        if self._rest_of_band(row):
            return
        if _is_card(row):
            self._account(row, Use.LEFT_OVER)
            self.columns, self.draft = None, None
            return
        self.columns = self.widths.get(len(row.cells), self.columns)
        if self._of_another(row):
            self._account(row, Use.LEFT_OVER, said="as wide as no heading row: of another table")
            return
        if self.columns is None or (row.table != self.table and not self._goes_on(index, row)):
            self._outside(index, row)
            return
        if row.place.page and self.draft is not None and self.draft.place.page != row.place.page:
            last = self.found.entries[-1].place if self.found.entries else row.place
            self.turned = self.turned or last.page != row.place.page
        cells = self._cells(row)
        if not cells:
            if self.found.entries[-1].place != row.place:
                self._account(row, Use.LEFT_OVER, said="nothing but marks")
            return
        if "milestone" in cells and len(cells) > 1 and not any(map(live, cells.values())):
            said = f"This row is struck out and was left out: “{plain(cells['milestone'])}”."
            self._account(row, Use.LEFT_OVER, said="struck out")
            self._note(Kind.LOOK, said, None, "", row.place)
            return
        own = sum(n in cells for n in ("smt_lead", "timescale", "status", "comments")) > 1
        for name in [n for n, t in cells.items() if self._end_of_heading(n, t, own)]:
            self._entry(row.place, cells.pop(name), Use.HEADING, [], "the last words of a heading")
        if not cells:
            return
        if self._rest_of_heading(cells):
            self._account(row, Use.HEADING, said="goes on with the headings")
            return
        if self._band(index, row, cells):
            return
        if self._begins(cells, row):
            self._new(row, cells)
        elif self.draft is not None and not self._note_below(index, cells):
            self._continue(row, cells)
        else:
            self._account(row, Use.LEFT_OVER, said="the rest of a milestone that is not there")

    def _of_another(self, row: Row) -> bool:
        """Whether a row of a text is as wide as no heading row, where all the others are."""
        if self.columns is None or row.table or not self.exact or self.widths:
            return False
        widths = {columns.width for columns in self.heads.values()}
        near = widths | {width + 1 for width in widths}
        filled = sum(bool(plain(cell)) for cell in row.cells)
        return len(row.cells) not in near and filled > 1 and len(row.cells) < min(widths)

    def _is_running(self, row: Row) -> bool:
        """Whether a row holds the running title of the pages, and nothing else."""
        cells = [cell for cell in row.cells if plain(cell)]
        return len(cells) == 1 and _without_numbers(cells[0]) in self.running

    def _outside(self, index: int, row: Row) -> None:
        """A row of no plan's table: a band above the first headings, or left over."""
        text = self._mended(row)
        label = read_label(text) or next(
            (la for c in row.cells if (la := read_label(c)) is not None and la.text), None
        )
        if (
            label is not None
            and label.column in CARRIED
            and label.text
            and self._leads_to_heading(index)
        ):
            self._account_band(row, label, self._carry(label, row.place, self._number_of(row)))
        else:
            self._account(row, Use.LEFT_OVER)

    def _leads_to_heading(self, index: int) -> bool:
        """Whether a heading row follows within a few rows."""
        return any(at in self.heads for at in range(index + 1, index + 8))

    def _number_of(self, row: Row) -> str:
        first = next((plain(c) for c in row.cells if plain(c)), "")
        return bare_ref(first) if is_ref(first) else ""

    def _goes_on(self, index: int, row: Row) -> bool:
        """Whether a table without headings of its own is the plan's, cut by a page."""
        assert self.columns is not None
        rows = [b for b in self.blocks[index:] if isinstance(b, Row) and b.table == row.table]
        if abs(len(row.cells) - self.columns.width) > 1:
            return False
        fitting = sum(self._fits(r, self.columns) for r in rows)
        if fitting * 2 >= len(rows) or (
            index and isinstance(self.blocks[index - 1], Row) and fitting
        ):
            self.table = row.table
            self.turned = True
            return True
        return False

    def _heading(self, index: int, row: Row) -> None:
        columns = self.heads[index]
        section = next((s for s in self.found.sections if same_headings(s.columns, columns)), None)
        swallowed = {
            name: rest for name, heading in columns.headings.items()
            if (rest := self.usual.swallowed(name, heading))
        }  # fmt: skip
        if section is None or self.columns is None or not same_headings(self.columns, columns):
            titles = [plain(line.text) for _, line in self.above]
            if section is None:
                self._open_section(columns, row.place, titles)
            else:
                self.found.sections.remove(section)
                self.found.sections.append(section)
        self._section_heading(index, columns)
        for name, rest in swallowed.items():
            if self.draft is not None:
                self.draft.add(name, rest, row.place)
                self._note(Kind.HEALED, f"“{rest}” stood in the heading “{self.usual.of(name)}” and is put back.", self.draft, name, row.place)  # fmt: skip
                self._entry(row.place, rest, Use.USED, [self.draft], "swallowed by a heading")
            else:
                self._entry(row.place, rest, Use.LEFT_OVER, [], "swallowed by a heading")
        self._account(row, Use.HEADING)
        self.columns, self.widths = columns, {}
        self.table = row.table
        self.turned = True
        for name, heading in columns.headings.items():
            if heading and not self.usual.swallowed(name, heading):
                self.found.headings.setdefault(name, heading)
        self.above = []

    def _open_section(self, columns: Columns, place: Place, titles: Sequence[str] = ()) -> None:
        self.found.sections.append(Section(columns, place, [], list(titles)))

    def _section_heading(self, index: int, columns: Columns) -> None:
        """The line above a table is its improvement theme, where several tables each have one."""
        if "theme" in columns.known:
            return
        titled = self._titles_of_tables()
        title = titled.get(index)
        if title is None or len(titled) < 2 or len({plain(t.text) for t in titled.values()}) < 2:
            return
        label = read_label(title.text)
        if label is None or label.column != "theme":
            label = Label("theme", *_numbered_title(plain(title.text)))
        cell = self._carry(label, title.place)
        for entry in self.found.entries:
            if entry.place == title.place:
                entry.use, entry.said, entry.cell = Use.USED, "carried down: theme", cell

    def _titles_of_tables(self) -> dict[int, Line]:
        titles: dict[int, Line] = {}
        last: Line | None = None
        level = max((b.level for b in self.blocks if isinstance(b, Line)), default=0)
        for index, block in enumerate(self.blocks):
            if isinstance(block, Line):
                text = plain(block.text)
                title = (block.level or (len(text) < 100 and not ended(text) and not level)) and not is_page_number(text)  # fmt: skip
                if (
                    title
                    and _without_numbers(text) not in self.running
                    and index not in self.key_blocks
                ):
                    last = block
            elif index in self.heads:
                if last is not None:
                    titles[index] = last
                last = None
            else:
                last = None
        return titles

    def _cells(self, row: Row) -> dict[str, str]:
        """A row's texts by column; what a scanner left is dropped, and accounted for."""
        assert self.columns is not None
        columns = self.columns
        offset = 0
        texts = [unwrap(cell) for cell in row.cells]
        if len(texts) == columns.width + 1 and is_ref(texts[0]) and "ref" not in columns.known:
            offset = 1
        elif self.document.kind == "markdown" and len(texts) > columns.width:
            texts = self._with_bars(texts, columns, row.place)
        cells: dict[str, str] = {}
        for index, text in enumerate(texts):
            name = columns.names.get(index - offset)
            if offset and index == 0:
                name = "ref"
            if not text:
                continue
            if is_debris(text) and not self._means_something(text, name):
                self._entry(row.place, text, Use.LEFT_OVER, [], "no word of the document")
                continue
            if name is None:
                name = self._beside(row, index, offset) or f"Column {index + 1}"
            cells[name] = f"{cells[name]} {text}" if name in cells else text
        return cells

    def _with_bars(self, texts: list[str], columns: Columns, place: Place) -> list[str]:
        """The cells of a row of Markdown in one of which "|" stands for itself, and parts nothing."""
        more = len(texts) - columns.width
        ways = [
            [*texts[:at], "|".join(texts[at : at + more + 1]), *texts[at + more + 1 :]]
            for at in range(columns.width)
        ]

        def fit(way: list[str]) -> tuple[int, bool]:
            own = {n: way[i] for i, n in columns.names.items() if i < len(way)}
            values = (_is_whole_date(own.get("timescale", "")), _is_status(own.get("status", "")))
            prose = any("|" in own.get(name, "") for name in _TEXTS)
            return sum(values), prose

        best = max(ways, key=fit)
        said = f"This row has {counted(more, 'cell')} more than there are headings: a “|” was read as part of “{next(t for t in best if '|' in t)}”."
        self._note(Kind.LOOK, said, None, "", place)
        return best

    def _beside(self, row: Row, index: int, offset: int) -> str:
        """The column that a text below no heading has slipped from: the one beside it, if that is empty.

        Where both hold something in any row, the column without a heading is one of its own.
        """
        assert self.columns is not None
        for step in (1, -1):
            name = self.columns.names.get(index + step - offset)
            if name is None or name == "ref":
                continue
            both = any(
                isinstance(other, Row)
                and len(other.cells) > max(index, index + step)
                and other.table == row.table
                and at not in self.heads
                and plain(other.cells[index])
                and plain(other.cells[index + step])
                for at, other in enumerate(self.blocks)
            )
            if not both:
                text = f"“{plain(row.cells[index])}” stands below no heading and was read with the column beside it."
                self._note(Kind.HEALED, text, None, name, row.place)
                return name
        return ""

    def _means_something(self, text: str, name: str | None) -> bool:
        """A dash in a cell of its own says "none"; a number in a column of numbers is one."""
        if any(c.isdigit() for c in text):
            return name is not None and name not in _TEXTS and name != "ref"
        return self.structured and text.strip() in ("-", "–", "—") and name not in _TEXTS

    def _end_of_heading(self, name: str, text: str, begins: bool) -> bool:
        """Whether the last words of a heading stand in the row below it, as a cell of their own.

        Where the row does not begin a milestone, they may as well be the rest of the cell above.
        """
        if not self.turned or not self.usual.is_end(name, text):
            return False
        before = self.draft.text(name) if self.draft is not None else ""
        if name == "smt_lead" and before and not _is_post(before):
            return False  # "Monitoring" on the page before, and here "Officer"
        return begins or continues(before, text) < 2

    def _rest_of_heading(self, cells: Mapping[str, str]) -> bool:
        """The heading row's further rows on this page, or the last words of one of its cells."""
        assert self.columns is not None
        if not self.turned or not cells:
            return False
        headings = self.columns.headings
        if all(
            self.usual.completes(n, headings.get(n, ""), t, first=self.draft is None)
            for n, t in cells.items()
        ):
            for name, text in cells.items():
                headings[name] = f"{headings.get(name, '')} {text}".strip()
            return True
        return False

    # -- bands ---------------------------------------------------------------------------------

    def _mended(self, row: Row) -> str:
        """All the words of a row as one text."""
        if self.vocabulary is None:
            self.vocabulary = self._words()
        return self.vocabulary.mend([live(unwrap(cell)) for cell in row.cells])

    def _words(self) -> Vocabulary:
        """The words of the document but for the rows that may be headings split over cells."""
        texts: list[str] = []
        for block in self.blocks:
            if isinstance(block, Line):
                texts.append(block.text)
            elif not _looks_split(block):
                texts += block.cells
        return Vocabulary(texts)

    def _band(self, index: int, row: Row, cells: dict[str, str]) -> bool:
        """Take in a row that names what the milestones below it belong to."""
        label = self._label_of(index, row, cells)
        if label is None:
            return False
        number = self._number_of(row) or label.number
        split = sum(bool(c) for c in row.cells) > 2 and label.heading
        cell = self._carry(label, row.place, number if label.column == "theme" else "")
        self._account_band(row, label, cell)
        if split and _looks_split(row):
            self._note(Kind.HEALED, f"A heading split over cells is read as “{label.text}”.", None, label.column, row.place)  # fmt: skip
        self.turned = False
        return True

    def _label_of(self, index: int, row: Row, cells: dict[str, str]) -> Label | None:
        assert self.columns is not None
        filled = [
            i for i, cell in enumerate(row.cells) if plain(cell) and not is_debris(unwrap(cell))
        ]
        wide = bool(row.spans) and max(row.spans, default=1) * 2 > len(row.cells)
        letter = re.fullmatch(r"[A-Z]{1,2}", cells.get("ref", ""))
        others = {n: t for n, t in cells.items() if n != "ref" or not (letter or is_ref(t))}
        if _looks_split(row) and not is_ref(cells.get("ref", "")):
            label = read_label(self._mended(row))
            if label is not None and label.column in CARRIED and label.text:
                return label
        if len(others) != 1:
            return None
        name, text = next(iter(others.items()))
        label = read_label(text)
        if label is not None and label.column in CARRIED and label.text and (
            label.column not in self.columns.known or label.number or wide
        ):  # fmt: skip
            return label
        if name == "theme" and "ref" in cells and not self._leads_itself(cells):
            return Label("theme", text, bare_ref(cells["ref"]), "")
        ref = bare_ref(cells["ref"]) if letter or is_ref(cells.get("ref", "")) else ""
        if name == "milestone" and self._heads_next(index, text, ref, filled[0] == 0):
            words, number = _numbered_title(plain(text))
            words = f"{ref}: {words}" if ref.isalpha() else words
            return Label("theme", words, number or ref, "")
        at_front = filled[0] == 0 or name == "ref"
        if not (wide or (name == "ref" and len(plain(text)) > 3) or (at_front and name != "theme" and name != "milestone")):  # fmt: skip
            return None
        if self.turned and self.draft is not None and continues(self.draft.text(name), text) > 0:
            return None
        if ended(text) and len(text) > 150:
            return None
        words, number = _numbered_title(plain(text))
        theme = "theme" not in self.columns.known and not _STATE.fullmatch(words)
        column = "theme" if theme else "Section"
        return Label(column, words, number, "")

    def _heads_next(self, index: int, text: str, ref: str, at_front: bool) -> bool:
        """Whether a cell alone in its row is a heading: "1. Reporting" above "1.1 Report monthly"."""
        assert self.columns is not None
        at = index + 1
        below = self.blocks[at] if at < len(self.blocks) else None
        if (
            not isinstance(below, Row)
            or ended(text)
            or len(plain(text)) > 120
            or "theme" in self.columns.known
        ):
            return False
        cells = {
            n: plain(below.cells[i]) for i, n in self.columns.names.items() if i < len(below.cells)
        }
        facts = sum(bool(cells.get(n)) for n in ("smt_lead", "timescale", "status"))
        number = ref or _numbered_title(plain(text))[1]
        if number:
            starts = cells.get("ref", "") or cells.get("milestone", "")
            below_it = re.match(
                rf"{re.escape(number)}(?:[.][0-9]|[a-z]\b|(?<=[A-Z]) ?[0-9])", starts
            )
            return below_it is not None and facts > 0
        alone = (
            self.draft is None
            or sum(n in self.draft.cells for n in ("smt_lead", "timescale", "status")) > 1
        )
        return (
            self.structured and at_front and facts > 1 and alone and "ref" not in self.columns.known
        )

    @staticmethod
    def _leads_itself(cells: Mapping[str, str]) -> bool:
        return any(cells.get(n) for n in ("milestone", "smt_lead", "timescale", "status"))

    def _rest_of_band(self, row: Row) -> bool:
        """A band whose text goes on in the next row, on the page after it."""
        texts = [unwrap(cell) for cell in row.cells if plain(cell)]
        band = self.found.entries[-1].cell if self.found.entries else None
        if band is None or len(texts) != 1 or read_label(texts[0]) is not None:
            return False
        if continues(band.text, texts[0]) <= 0:
            return False
        band.add(live(texts[0]), row.place)
        self._account(row, Use.USED, said="goes on with the band above")
        self.found.entries[-1].cell = band
        self._note(Kind.HEALED, f"“{band.text}” goes on over the page.", None, "", row.place)
        return True

    def _account_band(self, block: Block, label: Label, cell: Cell) -> None:
        self._account(block, Use.USED, said=f"carried down: {label.column}")
        self.found.entries[-1].cell = cell

    def _carry(self, label: Label, place: Place, number: str = "") -> Cell:
        """Everything below belongs to this until the next of its kind; what it held is over."""
        column = label.column
        table = self.columns or self.heads[min(self.heads)]
        if label.heading and column in table.known:  # the table has a column of its own for that
            column = label.heading
        if column not in self.levels:
            self.levels.append(column)
        for deeper in self.levels[self.levels.index(column) + 1 :]:
            self.context.pop(deeper, None)
        cell = Cell()
        cell.add(_CONTINUED.sub("", live(label.text)), place)
        before = self.context.get(column)
        if before is not None and before.text == cell.text:
            before.places.append(place)
            return before
        self.context[column] = cell
        if (label.number or number) and column in CARRIED:
            self.found.numbers.setdefault(column, []).append(
                (label.number or number, len(self.found.drafts))
            )
        if column == "theme":
            self.area = self.heading_number = number or label.number
            self.group += 1
        return cell

    # -- milestones ----------------------------------------------------------------------------

    def _begins(self, cells: Mapping[str, str], row: Row) -> bool:
        """Whether a row begins a milestone, and is not the rest of the one above it."""
        milestone, draft = cells.get("milestone", ""), self.draft
        ref = cells.get("ref", "")
        numbered = bool(ref) and is_ref(ref)
        if not milestone:  # a milestone of which only the number, lead and date are filled in
            return numbered and sum(n in cells for n in ("smt_lead", "timescale", "status")) > 1
        if numbered:
            return True
        if draft is None:
            return True
        letter = lettered(milestone)[0]
        if self.lettered and letter and (not draft.letter or letter == "a" or ord(letter[0]) - ord(draft.letter[0]) in (1, 2)):  # fmt: skip
            return True
        score = self._newness(cells, draft)
        if self.lettered:
            score -= 2
        if self.structured:
            score += 1.5
        return score > 0

    def _newness(self, cells: Mapping[str, str], draft: Draft) -> float:
        """How much a row without a number looks like a milestone of its own."""
        score = 0.0
        timescale, before = live(cells.get("timescale", "")), live(draft.text("timescale"))
        if timescale:
            whole = _is_whole_date(before) and _is_whole_date(timescale)
            if before and not whole and (
                _dates_better(before, timescale) or continues(before, timescale) > 0
            ):  # fmt: skip
                score -= 2
            elif read_target(timescale).kind not in (DateKind.UNREADABLE, DateKind.IMPOSSIBLE):
                score += 2
        lead, before = cells.get("smt_lead", ""), draft.text("smt_lead")
        if lead:
            rest = before and (continues(before, lead) > 0 or not _is_post(before))
            score += -1.5 if rest else 1.5
        theme = cells.get("theme", "")
        if theme:
            score += -2 if continues(draft.text("theme"), theme) > 0 else 1
        status, before = live(cells.get("status", "")), live(draft.text("status"))
        if status:
            score += 2 if _is_status(status) else -0.5
        score -= continues(draft.text("milestone"), cells["milestone"])
        if self.refs_used:
            score -= 2 + len(self.always - {*cells})
        if self.turned and not (timescale or lead or status):
            score -= 1
        return score

    def _new(self, row: Row, cells: dict[str, str]) -> None:
        """Begin a milestone; several, where its action is a list "a) ..., b) ..." and nothing else."""
        assert self.columns is not None
        above = self.draft
        if self.turned and above is not None:
            self._give_back(above, cells, row.place)
        ref = cells.pop("ref", "")
        number = bare_ref(ref) if ref and is_ref(ref) else ""
        if ref and not number:
            cells["Number"] = ref
        theme = cells.pop("theme", "")
        parts = items(cells.get("milestone", "")) or _paired(cells)
        own = [self._shares(cells, part, len(parts)) for part in range(len(parts))]
        drafts: list[Draft] = []
        for part in range(max(len(parts), 1)):
            draft = Draft(row.place, number=number if not part else "", heading=self.heading_number)
            self._areas(draft, theme if not part else "", number if not part else "", row)
            draft.cells.update(self.context)
            for name, text in (own[part] if parts else cells).items():
                shared = drafts and name in cells and text == cells[name] and name != "milestone"
                draft.cells[name] = drafts[0].cells[name] if shared else Cell()
                if not shared:
                    draft.cells[name].add(text, row.place)
            if not parts and "milestone" in draft.cells:
                action = draft.cells["milestone"]
                action.text = without_bullet(action.text)
            if parts:
                mark = parts[part][0]
                draft.letter = mark if mark.isalpha() else ""
                draft.number = mark if mark.isdigit() and not number else draft.number
                draft.cells["milestone"] = Cell(parts[part][1], [row.place])
            else:
                self._take_mark(draft)
            self._take_merged(draft, above, row)
            drafts.append(draft)
        for draft in drafts:
            done = draft.text("milestone")
            if done and not live(done):
                said = f"What is to be done is struck out: “{plain(done)}”; the rest of the row stands."
                self._note(Kind.LOOK, said, draft, "milestone", row.place)
        if len(drafts) > 1:
            self.lettered = self.lettered or bool(drafts[0].letter)
            self._note(Kind.LOOK, f"A cell that lists {len(drafts)} actions is read as {len(drafts)} milestones; what stands beside it once is theirs together.", drafts[0], "milestone", row.place)  # fmt: skip
        self.draft = drafts[-1]
        self.found.drafts += drafts
        self.found.sections[-1].drafts += drafts
        self._account(row, Use.USED, drafts)
        self.turned = False

    @staticmethod
    def _shares(cells: Mapping[str, str], part: int, parts: int) -> dict[str, str]:
        """What one of the actions listed in a cell has of the cells beside it: a line each, or all."""
        own = {}
        for name, text in cells.items():
            short = name in ("timescale", "smt_lead", "status", "revised")
            listed, lines = items(text, inline=short), text.split("\n")
            if len(listed) == parts:
                own[name] = listed[part][1]
            elif short and len(lines) == parts:
                own[name] = lines[part]
            else:
                own[name] = text
        return own

    def _take_mark(self, draft: Draft) -> None:
        """Take the letter or number that stands before an action out of its text."""
        text = draft.text("milestone")
        letter, rest = lettered(text) if self.lettered else ("", "")
        found = None if letter or draft.number else self.counted.match(text)
        if letter:
            draft.letter, draft.cells["milestone"].text = letter, rest
        elif found is not None:
            draft.number, draft.cells["milestone"].text = found[1], text[found.end() :]

    def _take_merged(self, draft: Draft, above: Draft | None, row: Row) -> None:
        """A cell merged from the row above is this milestone's too."""
        assert self.columns is not None
        for index in row.continued:
            name = self.columns.names.get(index, "ref")
            if above is not None and name != "ref" and name in above.cells:
                draft.cells.setdefault(name, above.cells[name])

    def _areas(self, draft: Draft, theme: str, number: str, row: Row) -> None:
        """Begin a new area where the row names one; else the milestone belongs to the area above."""
        current = self.context.get("theme")
        if theme:
            bare, printed = _numbered_title(_CONTINUED.sub("", live(theme)))
            number = number or printed
            same = current is not None and plain(current.text) == plain(bare)
            rest = (
                current is not None and not number and not same
                and self.turned and continues(current.text, bare) > 0
            )  # fmt: skip
            if current is not None and (same or rest):
                if rest:
                    current.add(bare, row.place)
                    self._note(Kind.HEALED, "The improvement goes on over the page.", draft, "theme", row.place)  # fmt: skip
                draft.area = number or self.area
                if number:
                    self.area = number
                draft.group = self.group
                return
            if "theme" not in self.levels:
                self.levels.append("theme")
            self.context["theme"] = Cell()
            self.context["theme"].add(bare, row.place)
            self.group += 1
            self.area = number
            draft.heading = self.heading_number = printed
            draft.begins_area = True
            if number.isdigit():
                self.found.numbers.setdefault("area", []).append((number, len(self.found.drafts)))
        elif number:
            self.area = number
        draft.area, draft.group = self.area, self.group

    def _give_back(self, above: Draft, cells: dict[str, str], place: Place) -> None:
        """The first words of a page may be the last of the cell above, in a row of their own."""
        for name in ("comments", "outcome", "evidence"):
            before, text = above.text(name), cells.get(name, "")
            if not before or not text or ended(before) or continues(before, text) < 2:
                continue
            if not plain(text)[:1].islower():
                continue
            first, rest = first_sentence(text)
            above.add(name, first, place)
            self._entry(place, first, Use.USED, [above], "goes on over the page")
            self._note(
                Kind.LOOK if not rest else Kind.HEALED,
                f"“{first}” stands in the next milestone's row and was read as the end of the cell above it.",
                above, name, place,
            )  # fmt: skip
            if rest:
                cells[name] = rest
            else:
                del cells[name]

    def _note_below(self, index: int, cells: Mapping[str, str]) -> bool:
        """Whether the last row of a table is one sentence that goes on with nothing: a note to it."""
        if self.document.kind == "text" or len(cells) > 1 or self.turned or self.draft is None:
            return False
        after = self.blocks[index + 1] if index + 1 < len(self.blocks) else None
        row = self.blocks[index]
        if isinstance(after, Row) and isinstance(row, Row) and after.table == row.table:
            return False
        name, text = next(iter(cells.items()))
        return continues(self.draft.text(name), text) < -1.5

    def _continue(self, row: Row, cells: dict[str, str]) -> None:
        """Put a row's cells to those of the milestone above it."""
        assert self.draft is not None
        draft = self.draft
        for name, text in cells.items():
            if name == "theme" and "theme" not in draft.cells:
                self.context["theme"] = draft.cells["theme"] = Cell()
            draft.add(name, text, row.place)
        if self.turned:
            self._note(Kind.HEALED, "Goes on over the page.", draft, ", ".join(cells), row.place)
        self._account(row, Use.USED, [draft], "goes on with the row above")
        self.turned = False

    # -- the account ---------------------------------------------------------------------------

    def _account(
        self, block: Block, use: Use, drafts: list[Draft] | None = None, said: str = ""
    ) -> None:
        text = (
            block.text
            if isinstance(block, Line)
            else " | ".join(c for c in block.cells if c.strip())
        )
        self._entry(block.place, plain(text), use, drafts or [], said)
        for further in self.more.get(block.place, ()):
            self._account(further, use, drafts, "goes on with the line above")

    def _entry(self, place: Place, text: str, use: Use, drafts: list[Draft], said: str) -> None:
        self.found.entries.append(Entry(place, text, use, drafts, said))

    def _note(
        self, kind: Kind, message: str, draft: Draft | None, column: str, place: Place
    ) -> None:
        self.found.notes.append(Said(kind, message, draft, column, place))


def _paired(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """The actions of a cell with as many paragraphs as the cell of dates beside it has dates."""
    actions = [line.lstrip("•▪●*–- ") for line in cells.get("milestone", "").split("\n")]
    dates = cells.get("timescale", "").split("\n")
    if len(actions) < 2 or len(actions) != len(dates) or moved(cells["timescale"]) is not None:
        return []
    kinds = {read_target(live(date)).kind for date in dates}
    if kinds & {DateKind.UNREADABLE, DateKind.BLANK, DateKind.IMPOSSIBLE, DateKind.EVENT}:
        return []
    whole = all(action[:1].isupper() and len(action) > 8 for action in actions)
    return [("", action) for action in actions] if whole else []


def _headed(
    filled: Sequence[tuple[int, str]], columns: Columns, usual: Mapping[str, str], offset: int
) -> bool:
    """Whether most cells of a row begin as the headings of these columns do."""
    names = [n for n in columns.names.values() if usual.get(n)]
    hits = sum(
        text.startswith(usual[name])
        for at, text in filled
        if (name := columns.names.get(at - offset, "")) in names
    )
    return hits >= 3 and hits * 3 >= len(names) * 2


def _numbered_title(text: str) -> tuple[str, str]:
    """A title without its number: ``("Finance", "2")`` for "2. Finance"; a letter stays ("A: ...")."""
    found = re.match(r"(\d{1,2})\s*[.):–-]\s*(?=\S)", text)
    return (text[found.end() :], found[1]) if found else (text, "")


def _is_card(row: Row) -> bool:
    """Whether every cell of a row stands behind a label of its own: "Senior Lead: ... | Status: ..."."""
    cells = [cell for cell in row.cells if plain(cell)]
    first = read_label(cells[0]) if cells else None
    if first is not None and first.column == "milestone" and first.number and not first.text:
        return True  # "3. Action | New system for complaints"
    labels = [read_label(cell) for cell in cells]
    named = [la for la in labels if la is not None and la.text and la.heading]
    return (
        len(cells) > 1
        and len(named) == len(cells)
        and any(la.column not in CARRIED for la in named)
    )


def _is_page_row(row: Row) -> bool:
    """Whether a row is the number of a page that came between the rows: "Page 3 of 9"."""
    cells = [plain(cell) for cell in row.cells if plain(cell)]
    spelt = "".join(cells).replace(" ", "").lower()
    return 0 < len(cells) < 3 and "page" in spelt and is_page_number(" ".join(cells))


def _looks_split(row: Row) -> bool:
    """Whether a row's cells may be one heading, cut: the first is one word, and the next goes on."""
    cells = [plain(cell) for cell in row.cells if plain(cell)]
    return (
        len(cells) > 1
        and re.fullmatch(r"[A-Z][a-z]{2,11}", cells[0]) is not None
        and (cells[1][:1].islower() or cells[1][:1] in ":,")
    )


def _is_post(text: str) -> bool:
    """Whether a lead is a whole post: "Assistant Director (Governance)", and not "Head of Legal and"."""
    return bool(_POST.search(re.sub(r"\s*\([^()]*\)$", "", plain(text))))


def _is_status(text: str) -> bool:
    return read_status(live(text)).value not in (StatusValue.BLANK, StatusValue.UNKNOWN)


def _is_whole_date(text: str) -> bool:
    target = read_target(live(text))
    return target.certain and target.kind not in (
        DateKind.BLANK, DateKind.EVENT, DateKind.YEAR, DateKind.UNREADABLE, DateKind.IMPOSSIBLE,
    )  # fmt: skip


def _dates_better(before: str, more: str) -> bool:
    """Whether a text is the rest of a date that another row has begun: "31" and "March", "October" and "2015"."""
    first, rest = plain(before), plain(more)
    if _MONTH_END.search(first):
        return bool(re.match(r"(?:19|20)?\d\d\b", rest))
    if re.search(r"(?:^|\s)\d{1,2}(?:st|nd|rd|th)?$|\b(?:of|by|to|end|from|until|and|-)$", first):
        return bool(re.match(_MONTH, rest, re.I)) or bool(
            re.match(r"\d", rest) and not first[-1].isdigit()
        )
    return first.endswith(("/", "-", "–"))
