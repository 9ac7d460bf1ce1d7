"""A PDF as blocks: ruled tables by their rules, others by how their words are aligned.

    read_pdf(Path("plan.pdf")).blocks[7]
    Row(cells=("1.2", "Write a training plan"), place=Place(2, 3, "page 2, table 1, row 3", "table 1"))

A PDF knows no tables, only characters and lines drawn on a page. Where rules enclose cells, the cells
are taken from them (``_ruled``); words that stand in no such cell are given to ``aligned``, which
finds columns below a row of headings. A line drawn through characters strikes them out. What is
left is text, line by line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from agsxl.documents.aligned import Band, Loose, Region, headings_in, read_region, rows_in
from agsxl.documents.columns import heading_of, is_sure
from agsxl.documents.dividing import Divider
from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.placed import Cells, Columns, Word, said, segments, text_lines
from agsxl.documents.typeset import Typesetting
from agsxl.errors import NoPlanError, SourceError
from agsxl.layout.headings import column_of
from agsxl.texts import listed

_MOST_PAGES = 400
_THIN = 1.8  # points: a rectangle that is no higher is a line


def read_pdf(path: Path) -> Document:
    """The document in a PDF.

    Raises SourceError for a password, damage, or fonts that do not say which letters they show, and
    NoPlanError for a scan: pictures of pages, without text.
    """
    import logging

    import pdfplumber
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of every odd font
    try:
        with pdfplumber.open(path) as pdf:
            if not pdf.pages:
                raise SourceError(f"{path.name} is damaged: it has no pages; ask for it again.")
            if len(pdf.pages) > _MOST_PAGES:
                raise SourceError(
                    f"{path.name} has {len(pdf.pages):,} pages, more than any plan; print the pages "
                    "with the plan to a new PDF."
                )
            pages = [_look(_upright(page)) for page in pdf.pages]
    except SourceError:
        raise
    except Exception as fault:  # pdfminer raises whatever a damaged file makes it stumble over
        causes = [fault, fault.__cause__, fault.__context__, *fault.args]
        if any(isinstance(each, PDFPasswordIncorrect | PDFEncryptionError) for each in causes):
            raise SourceError(
                f"{path.name} is protected with a password; open it, print it to a new PDF, and name "
                "that."
            ) from None
        said = str(fault).strip().split("\n")[0][:100] or type(fault).__name__
        raise SourceError(
            f"{path.name} is damaged and cannot be read as a PDF ({said}); ask for it again."
        ) from None

    document = _read(pages, path.name)
    if b"%%EOF" not in path.read_bytes()[-2048:]:
        said = "the file breaks off before its end: pages or rows may be missing"
        document = replace(document, healed=((Place(0, 0, "the file"), said), *document.healed))
    return document


def _read(pages: list[_Page], file: str) -> Document:
    bare = [page for page in pages if not page.words]
    if len(bare) == len(pages):
        count = (
            "its one page is a picture"
            if len(pages) == 1
            else f"its {len(pages)} pages are pictures"
        )
        pictured = any(page.pictures for page in pages)
        raise NoPlanError(
            f"{file} is a scan: {count} without text; have the text recognised (OCR), or ask for the "
            "document itself."
            if pictured
            else f"{file} holds no text at all, so no plan either."
        )
    letters = Counter(word.text.startswith("(cid:") for page in pages for word in page.words)
    if letters[True] * 3 > letters[False]:
        raise SourceError(
            f"{file} has fonts that do not say which letters they show, so its text cannot be read; "
            "have the text recognised (OCR), or ask for the document itself."
        )
    setting = Typesetting(line for page in pages for line in page.lines())
    divider, running = Divider(), _running(pages)
    for _ in range(2):  # how a table is set is told from all its pages, and then each is divided
        reader = _Reader(running, setting, divider)
        for page in pages:
            reader.read(page)
        divider.settle()
    missing = tuple(
        (
            Place(page.number, 0, f"page {page.number}"),
            "this page is a picture without text: nothing was read from it",
        )
        for page in bare
        if page.pictures
    )
    return Document(
        file, "pdf", tuple(reader.blocks),
        (*missing, *_unruled(reader.unruled), *_doubted(reader.doubtful), *reader.healed),
    )  # fmt: skip


def _unruled(pages: Iterable[int]) -> list[tuple[Place, str]]:
    """What a person must know of a table without rules: where a row ends is a conclusion there."""
    numbers = [str(page) for page in pages]
    if not numbers:
        return []
    where = Place(int(numbers[0]), 0, f"page{'s' if len(numbers) > 1 else ''} {listed(numbers)}")
    said = (
        "no rules divide the rows of this table: which words belong together was told from where they "
        "stand; compare each milestone with the document"
    )
    return [(where, said)]


def _doubted(rows: Iterable[Place]) -> list[tuple[Place, str]]:
    """The rows of which it is not clear that they hold these words, and in these columns."""
    said = (
        "which words are in this row, and in which of its columns, is in doubt: no rules say so, and they "
        "could be divided otherwise; compare it with the document"
    )
    return [(place, said) for place in rows]


# -- one page ----------------------------------------------------------------------------------


class _RuledRow(NamedTuple):
    """A row of a ruled table: for each column its lines and the width they had, as ``Row`` has it."""

    cells: Cells
    spans: tuple[int, ...]
    continued: frozenset[int]

    @property
    def texts(self) -> list[str]:
        """The words of each cell."""
        return [heading_of([said(line) for line in lines]) for lines, _ in self.cells]


@dataclass(slots=True)
class _Ruled:
    """A table whose cells are enclosed by rules: the left edges of its columns, and its rows."""

    box: tuple[float, float, float, float]
    edges: list[float]  # one more than there are columns
    rows: list[_RuledRow]


@dataclass(slots=True)
class _Page:
    number: int
    height: float
    tables: list[_Ruled]
    words: list[Word]  # all of the page's
    loose: list[Word]  # those in no table
    rules: list[tuple[float, float, float]]  # y, left, right of long horizontal lines in no table
    pictures: bool

    def lines(self) -> Iterator[list[Word]]:
        """Every line of the page, those of its cells each by itself."""
        for line in text_lines(self.loose):
            yield from segments(line, 0.5)
        for table in self.tables:
            for row in table.rows:
                for lines, _ in row.cells:
                    yield from lines


def _upright(page: Any) -> Any:
    """A page that was set sideways, as wide tables are among upright pages, turned to be read."""
    letters = [c for c in page.chars if c["text"].strip()]
    aside = [c for c in letters if not c.get("upright", True)]
    if len(aside) * 10 < len(letters) * 8 or not aside:
        return page
    upwards = sum(c["matrix"][1] > 0 for c in aside) * 2 > len(aside)
    from pdfplumber.page import Page

    drawn = page.page_obj
    drawn.rotate = (drawn.rotate + (90 if upwards else 270)) % 360
    drawn.attrs = {**drawn.attrs, "Rotate": drawn.rotate}
    return Page(page.pdf, drawn, page.page_number)


def _look(page: Any) -> _Page:
    """What stands on a page, table by table."""
    pictures = bool(page.images) or bool(page.curves and not page.chars)
    chars = _once(page.chars)
    lines = _horizontals(page)
    struck, through = _struck(chars, lines)
    drawn = page.filter(lambda thing: id(thing) not in through)
    tables, taken = [], set()
    for found in _tables(drawn):
        ruled = _ruled(found, chars, struck)
        if ruled is not None and not _is_one_box(ruled, chars, struck):
            tables.append(ruled)
            taken |= {id(c) for c in chars if _inside(c, ruled.box)}
    loose = _words([c for c in chars if id(c) not in taken], struck)
    within = [
        w
        for table in tables
        for row in table.rows
        for lines, _ in row.cells
        for line in lines
        for w in line
    ]
    rules = [
        (y, left, right)
        for y, left, right, thing in lines
        if id(thing) not in through
        and right - left > 100
        and not any(t.box[1] - 2 <= y <= t.box[3] + 2 for t in tables)
    ]
    return _Page(
        page.page_number, float(page.height), tables, loose + within, loose, rules, pictures
    )


def _is_one_box(table: _Ruled, chars: list[dict[str, Any]], struck: set[int]) -> bool:
    """Whether a table has rules between its columns alone, so that all its rows are one box."""
    if len(table.rows) > 2 or len(table.edges) < 4:
        return False
    return rows_in(text_lines(_words([c for c in chars if _inside(c, table.box)], struck))) > 1


def _once(chars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The characters of a page without those that only make another bold, printed a second time."""
    seen: dict[tuple[str, int], list[tuple[float, float]]] = {}
    kept = []
    for c in chars:
        if not c["text"]:
            continue
        x, y, near = c["x0"], c["top"], 0.12 * c["size"]
        row = round(y)
        if c["text"].strip() and any(
            abs(x - other) < near and abs(y - level) < near
            for slot in (row - 1, row, row + 1)
            for other, level in seen.get((c["text"], slot), ())
        ):
            continue
        seen.setdefault((c["text"], row), []).append((x, y))
        kept.append(c)
    return kept


def _horizontals(page: Any) -> list[tuple[float, float, float, Any]]:
    """Every horizontal line of a page (y, left, right, the thing that is drawn)."""
    found = []
    for thing in [*page.lines, *page.rects]:
        if thing["bottom"] - thing["top"] <= _THIN and thing["x1"] - thing["x0"] > 1.5:
            found.append(((thing["top"] + thing["bottom"]) / 2, thing["x0"], thing["x1"], thing))
    return found


def _struck(chars: Sequence[dict[str, Any]], lines: Iterable[Any]) -> tuple[set[int], set[int]]:
    """The characters that a line is drawn through, and the lines that strike out or underline."""
    rows: dict[int, list[dict[str, Any]]] = {}
    for c in chars:
        if c.get("upright", True) and c["text"].strip():
            for slot in range(int(c["top"] // 8) - 1, int(c["bottom"] // 8) + 2):
                rows.setdefault(slot, []).append(c)
    struck: set[int] = set()
    marks: set[int] = set()
    for y, left, right, thing in lines:
        through: list[int] = []
        under: list[dict[str, Any]] = []
        total = 0.0
        for c in rows.get(int(y // 8), ()):
            middle = (c["x0"] + c["x1"]) / 2
            if not left - 0.5 <= middle <= right + 0.5:
                continue
            size = c["size"] or 1
            # From the baseline, which a character's own box does not always tell.
            above = (c["bottom"] + c["y0"] - c["matrix"][5] - y) / size
            if 0.13 <= above <= 0.55:
                through.append(id(c))
                total += c["x1"] - c["x0"]
            elif -0.35 <= above < 0.13:
                under.append(c)
        if through and total >= 0.5 * (right - left):
            struck.update(through)
            marks.add(id(thing))
        elif under and _underlines(under, left, right):
            marks.add(id(thing))  # an underline is no rule of a table
    return struck, marks


def _underlines(chars: list[dict[str, Any]], left: float, right: float) -> bool:
    """Whether a line runs just from the first to the last of the characters above it.

    The rule below a cell runs on to the cell's borders.
    """
    begin, end = min(c["x0"] for c in chars), max(c["x1"] for c in chars)
    space = 0.7 * chars[-1]["size"]  # that a broken line ends in
    return bool(abs(begin - left) <= 1.5 and -1.5 <= right - end <= space)


def _inside(c: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    x, y = (c["x0"] + c["x1"]) / 2, (c["top"] + c["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


# -- ruled tables ------------------------------------------------------------------------------


def _tables(page: Any) -> list[Any]:
    """The tables that rules enclose; edges that a table leaves open are closed."""
    settings: dict[str, Any] = {
        "snap_tolerance": 2.5,
        "join_tolerance": 2.5,
        "intersection_tolerance": 2.5,
    }
    verticals, horizontals = _open_edges(page)
    settings["explicit_vertical_lines"] = verticals
    settings["explicit_horizontal_lines"] = horizontals
    found = page.find_tables(settings)
    return sorted(found, key=lambda table: (table.bbox[1], table.bbox[0]))


def _open_edges(page: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The edges that a table without an outer frame lacks: at the ends of its other rules."""
    across = [e for e in page.horizontal_edges if e["x1"] - e["x0"] > 8]
    down = [e for e in page.vertical_edges if e["bottom"] - e["top"] > 4]
    verticals: list[dict[str, Any]] = []
    horizontals: list[dict[str, Any]] = []
    if not across or not down:
        return verticals, horizontals
    for side in ("x0", "x1"):
        ends = Counter(round(e[side] / 2) * 2 for e in across)
        for end, count in ends.items():
            if count < 3 or any(abs(e["x0"] - end) <= 4 for e in down):
                continue
            mine = [e for e in across if abs(e[side] - end) <= 2]
            top = min(e["top"] for e in (*mine, *down))
            bottom = max(e["bottom"] for e in (*mine, *down))
            # Only where other rules come down between them: a row of lines alone is no table.
            if any(e["top"] < bottom and e["bottom"] > top for e in down):
                verticals.append(_edge(end, end, top, bottom, page, "v"))
    for side, outermost in (("top", min), ("bottom", max)):
        for group in _columns_of_rules(down):
            end = outermost(e[side] for e in group)
            reach = [e for e in group if abs(e[side] - end) <= 3]
            if len(reach) < 3 or any(abs(e["top"] - end) <= 4 for e in across):
                continue
            beside = [e for e in across if e["x0"] <= max(r["x0"] for r in reach) + 3]
            left = min([*(e["x0"] for e in reach), *(e["x0"] for e in beside)])
            right = max([*(e["x0"] for e in reach), *(e["x1"] for e in beside)])
            horizontals.append(_edge(left, right, end, end, page, "h"))
    return verticals, horizontals


def _columns_of_rules(down: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Vertical rules in groups that stand side by side."""
    groups: list[list[dict[str, Any]]] = []
    for edge in sorted(down, key=lambda e: float(e["top"])):
        for group in groups:
            if edge["top"] <= max(e["bottom"] for e in group) + 3:
                group.append(edge)
                break
        else:
            groups.append([edge])
    return groups


def _edge(x0: float, x1: float, top: float, bottom: float, page: Any, way: str) -> dict[str, Any]:
    return {
        "x0": x0, "x1": x1, "top": top, "bottom": bottom, "doctop": top, "y0": page.height - bottom,
        "y1": page.height - top, "width": x1 - x0, "height": bottom - top, "orientation": way,
        "object_type": "line",
    }  # fmt: skip


def _ruled(found: Any, chars: list[dict[str, Any]], struck: set[int]) -> _Ruled | None:
    """A table's rows; None for a frame around text, which is no table."""
    cells = [cell for cell in found.cells if cell is not None]
    edges = sorted({round(cell[0], 1) for cell in cells})
    edges = [e for i, e in enumerate(edges) if not i or e - edges[i - 1] > 2.5]
    tops = sorted({round(cell[1], 1) for cell in cells})
    tops = [t for i, t in enumerate(tops) if not i or t - tops[i - 1] > 1.5]
    if len(edges) < 2:
        return None
    box = tuple(found.bbox)
    held = _held_by(cells, [c for c in chars if _inside(c, box)])
    padding = _padding(held)
    rows = [_ruled_row(held, edges, top, struck, padding) for top in tops]
    if not any(any(row.texts) for row in rows):
        return None
    return _Ruled(box, [*edges, float(box[2])], rows)


def _held_by(
    cells: list[Any], chars: list[dict[str, Any]]
) -> dict[tuple[float, ...], list[dict[str, Any]]]:
    """The characters in each cell."""
    ordered = sorted(chars, key=lambda c: float(c["top"] + c["bottom"]))
    middles = [(c["top"] + c["bottom"]) / 2 for c in ordered]
    held = {}
    for cell in cells:
        near = ordered[bisect_left(middles, cell[1]) : bisect_left(middles, cell[3])]
        held[tuple(cell)] = [c for c in near if cell[0] <= (c["x0"] + c["x1"]) / 2 < cell[2]]
    return held


def _padding(held: dict[tuple[float, ...], list[dict[str, Any]]]) -> float:
    gaps = sorted(
        min(c["x0"] for c in chars if c["text"].strip()) - cell[0]
        for cell, chars in held.items()
        if any(c["text"].strip() for c in chars)
    )
    return max(0.0, min(gaps[len(gaps) // 4], 8.0)) if gaps else 2.0


def _ruled_row(
    held: dict[tuple[float, ...], list[dict[str, Any]]],
    edges: list[float],
    top: float,
    struck: set[int],
    padding: float,
) -> _RuledRow:
    cells: Cells = [([], 0.0) for _ in edges]
    spans = [1] * len(edges)
    continued: set[int] = set()
    for cell, chars in held.items():
        covered = [i for i, edge in enumerate(edges) if cell[0] - 2.5 <= edge < cell[2] - 2.5]
        if not covered:
            continue
        if abs(cell[1] - top) <= 1.5:
            cells[covered[0]] = _set_in(chars, struck, cell, padding)
        elif cell[1] < top < cell[3] - 1.5:
            continued.update(covered)
        else:
            continue
        if len(covered) > 1:
            for index in covered:
                spans[index] = 0
            spans[covered[0]] = len(covered)
    merged = any(span != 1 for span in spans)
    return _RuledRow(cells, tuple(spans) if merged else (), frozenset(continued))


def _set_in(
    chars: list[dict[str, Any]], struck: set[int], cell: tuple[float, ...], padding: float
) -> tuple[list[list[Word]], float]:
    """The lines in a cell, and how wide a line can be in it."""
    across = sum(not c.get("upright", True) for c in chars) * 2 > len(chars)
    width = (cell[3] - cell[1] if across else cell[2] - cell[0]) - 2 * padding
    return text_lines(_words(chars, struck)), width


# -- words and lines -----------------------------------------------------------------------------


def _words(chars: list[dict[str, Any]], struck: set[int]) -> list[Word]:
    """Characters as words; a word that is struck out in part is two."""
    from pdfplumber.utils.text import extract_words

    flat = []
    for c in chars:
        turned = dict(c) if c.get("upright", True) else _turned(c)
        turned["struck"] = id(c) in struck
        flat.append(turned)
    found = extract_words(
        flat, x_tolerance_ratio=0.16, y_tolerance=2, extra_attrs=["struck"], keep_blank_chars=False,
        return_chars=True,
    )  # fmt: skip
    words = []
    for word in found:
        sizes = [c["size"] for c in word["chars"]]
        words.append(
            Word(
                word["text"], word["x0"], word["x1"], word["top"], word["bottom"],
                max(sizes, default=10.0) or 10.0, word["struck"], _is_bold(word["chars"]),
            )
        )  # fmt: skip
    return words


def _is_bold(chars: list[dict[str, Any]]) -> bool:
    names = [str(c.get("fontname", "")) for c in chars]
    return bool(names) and all(_BOLD.search(name) for name in names)


_BOLD = re.compile(r"bold|black|heavy|demi", re.I)


def _turned(c: dict[str, Any]) -> dict[str, Any]:
    """A character of text that runs up or down the page, as if the page were turned."""
    upwards = c["matrix"][1] > 0
    turned = dict(c)
    if upwards:
        turned |= {"x0": -c["bottom"], "x1": -c["top"], "top": c["x0"], "bottom": c["x1"]}
    else:
        turned |= {"x0": c["top"], "x1": c["bottom"], "top": -c["x1"], "bottom": -c["x0"]}
    turned |= {"doctop": turned["top"], "upright": True}
    return turned


# -- the whole document --------------------------------------------------------------------------

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:\W*page\W*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?(?:\W*page)?\W*", re.I)


def _running(pages: list[_Page]) -> set[tuple[int, int]]:
    """The lines, as (page, y), that stand at the same place on several pages, or number the page."""
    seen: dict[tuple[str, int], set[int]] = {}
    where: dict[tuple[str, int], list[tuple[int, int]]] = {}
    found: set[tuple[int, int]] = set()
    for page in pages:
        headed, below = float("-inf"), 0  # where a row of headings ends, and its lines so far
        for line in text_lines(page.loose):
            top, bottom = line[0].top, max(word.bottom for word in line)
            pieces = segments(line, 0.75)
            heads = headings_in([said(piece) for piece in pieces])
            if heads or (below < 4 and top - headed < 0.6 * line[0].size):
                headed, below = bottom, 1 if heads else below + 1
                continue
            if 0.12 * page.height < top < 0.88 * page.height or len(pieces) > 3:
                continue  # a title has a left, a middle and a right part, and a row more
            text = said(line)
            own = (page.number, round(top))
            if _PAGE_NUMBER.fullmatch(text) and not 0.07 * page.height < top < 0.9 * page.height:
                found.add(own)
            key = (_DIGITS.sub("#", text), round(top / 4))
            seen.setdefault(key, set()).add(page.number)
            where.setdefault(key, []).append(own)
    for key, numbers in seen.items():
        if len(numbers) > 1 and len(numbers) * 2 >= len(pages):
            found.update(where[key])
    return found


def _names(row: _RuledRow) -> tuple[str, ...]:
    return tuple((column_of(text) or ("",))[0] for text in row.texts)


class _Reader:
    """Puts pages together: tables numbered through, columns kept from page to page."""

    def __init__(
        self, running: set[tuple[int, int]], setting: Typesetting, divider: Divider
    ) -> None:
        self.blocks: list[Block] = []
        self.healed: list[tuple[Place, str]] = []
        self.doubtful: list[Place] = []  # rows that may begin or end elsewhere
        self.unruled: dict[int, None] = {}  # the pages with rows that no rules divide
        self._setting = setting
        self._running = running
        self._divider = divider
        self._tables = 0
        self._columns: Columns | None = None  # of the open table that may go on
        self._row = 0
        self._line = 0
        self._bottom = 0.0  # of the last ruled table of the page

    def read(self, page: _Page) -> None:
        """Every block of a page, from its top to its foot."""
        self._line = 0
        margins = [
            line
            for line in text_lines(page.loose)
            if (page.number, round(line[0].top)) in self._running
        ]
        aside = {id(word) for line in margins for word in line}
        loose = [word for word in page.loose if id(word) not in aside]
        tops = [table.box[1] for table in page.tables]
        for line in margins:
            if not loose or line[0].top < min(w.top for w in loose):
                self._add_line(line, page)
        for index in range(len(page.tables) + 1):
            above = page.tables[index - 1] if index else None
            begin = above.box[3] if above is not None else float("-inf")
            end = tops[index] if index < len(tops) else float("inf")
            between = [w for w in loose if begin <= (w.top + w.bottom) / 2 < end]
            below = page.tables[index] if index < len(page.tables) else None
            self._read_loose(between, page, above, below)
            if below is not None:
                self._read_ruled(below, page)
        for line in margins:
            if loose and line[0].top >= min(w.top for w in loose):
                self._add_line(line, page)

    def _read_ruled(self, table: _Ruled, page: _Page) -> None:
        previous = self.blocks[-1] if self.blocks else None
        goes_on = (
            isinstance(previous, Row)
            and previous.table == self._tables
            and self._columns is not None
            and self._columns.fits(table.edges)
            and (
                previous.place.page != page.number  # over the page
                or self._columns.open_below
                or table.box[1] - self._bottom < 3
            )
        )
        self._bottom = table.box[3]
        if not goes_on:
            self._tables += 1
            self._row = 0
        names = next((_names(row) for row in table.rows if headings_in(row.texts)), ())
        if not names and goes_on and self._columns is not None:
            names = self._columns.names
        before = self._columns if goes_on else None
        # Shading or a frame around the headings alone, or around every other row.
        open_below = self._is_heading_only(table) or (
            before is not None and before.open_below and len(table.rows) == 1
        )
        self._columns = Columns.of_edges(table.edges, names=names, open_below=open_below)
        for row in table.rows:
            self._row += 1
            if any(row.texts) or row.continued:
                self._add_row(row.cells, page, row.spans, row.continued)

    @staticmethod
    def _is_heading_only(table: _Ruled) -> bool:
        """Whether nothing but headings is enclosed."""
        return len(table.rows) <= 2 and all(headings_in(row.texts) for row in table.rows)

    def _add_row(
        self,
        cells: Cells,
        page: _Page,
        spans: tuple[int, ...] = (),
        continued: frozenset[int] = frozenset(),
    ) -> None:
        words = f"page {page.number}, table {self._tables}, row {self._row}"
        place = Place(page.number, self._row, words, f"table {self._tables}")
        texts = [self._setting.text(lines, width) for lines, width in cells]
        heads = [heading_of([said(line) for line in lines]) for lines, _ in cells]
        if headings_in(heads):
            texts = [
                head if is_sure(head) else text for head, text in zip(heads, texts, strict=True)
            ]
        self._heal(place)
        self.blocks.append(Row(tuple(texts), place, spans, continued, self._tables))

    @staticmethod
    def _width(lines: list[list[Word]]) -> float:
        return max(line[-1].x1 - line[0].x0 for line in lines)

    def _heal(self, place: Place) -> None:
        self.healed += [(place, said) for said in self._setting.healed()]

    def _add_line(self, line: list[Word], page: _Page) -> None:
        self._line += 1
        text = self._setting.text([line], 10_000)
        if text:
            place = Place(page.number, self._line, f"page {page.number}, line {self._line}")
            self.blocks.append(Line(text, place, self._setting.level(line)))

    def _read_loose(
        self, words: list[Word], page: _Page, above: _Ruled | None, below: _Ruled | None
    ) -> None:
        """Words that no rules enclose: a table by their alignment, or lines of text."""
        if not words:
            return
        columns = self._columns
        if above is not None and columns is not None:
            near = below is not None and columns.fits(below.edges)
            if near and (columns.open_below or max(w.bottom for w in words) - above.box[3] < 60):
                columns = replace(columns, open_below=True, alone=True)  # between shaded rows
            elif not columns.open_below:
                columns = None
            elif not self._is_heading_only(above):
                columns = replace(columns, alone=True)  # below the last shaded row
        bottom = max(w.bottom for w in words) + 5
        top = min(w.top for w in words) - 5
        rules = [rule for rule in page.rules if top - 10 <= rule[0] <= bottom + 10]
        for part in read_region(text_lines(words), rules, columns, self._divider):
            if isinstance(part, Region):
                if part.begins:
                    self._tables += 1
                    self._row = 0
                self._columns = part.columns
                self.unruled[page.number] = None
                for number, row in enumerate(part.rows):
                    self._row += 1
                    self._add_row(row, page)
                    if number in part.doubtful:
                        self.doubtful.append(self.blocks[-1].place)
            elif isinstance(part, Band):
                width = len(part.columns.bounds) + 1
                cells: Cells = [(part.lines, self._width(part.lines)), *[([], 0.0)] * (width - 1)]
                self._row += 1
                self._add_row(cells, page, (width, *[0] * (width - 1)))
            elif isinstance(part, Loose):
                self._add_loose(part, page)
            elif len(part) == 1:
                self._add_line(part[0], page)
            else:
                self._add_loose(Loose([[segment] for segment in part]), page)

    def _add_loose(self, loose: Loose, page: _Page) -> None:
        self._line += 1
        place = Place(page.number, self._line, f"page {page.number}, line {self._line}")
        cells = zip(loose.cells, loose.widths(), strict=True)
        texts = tuple(self._setting.text(lines, width) for lines, width in cells)
        self._heal(place)
        self.blocks.append(Row(texts, place))
