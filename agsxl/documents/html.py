"""A web page as blocks: tables with their spans, lists with their numbers, headings and paragraphs.

>>> read_html("<table><tr><td>1<td><del>May</del> <ins>June</ins></table>", "plan.html").blocks[0].cells
('1', '~~May~~ <u>June</u>')

A page has much that is no plan (menus, footers): it comes through as lines, and the reading says
that it was not used. What a browser does not show (scripts, hidden parts) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.marks import Piece, joined, numeral, tidy

_UNSEEN = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head", "option",
     "select", "datalist", "canvas", "audio", "video", "map"}
)  # fmt: skip
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
     "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2",
     "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "menu",
     "nav", "ol", "p", "pre", "search", "section", "summary", "table", "tbody", "td", "tfoot",
     "th", "thead", "tr", "ul"}
)  # fmt: skip
_STRUCK = frozenset({"del", "s", "strike"})
_INSERTED = frozenset({"ins", "u"})
_MOST_SPAN = 200
_FORMS = {
    "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "1": "decimal",
    "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter", "lower-roman": "lowerRoman", "upper-roman": "upperRoman",
    "decimal": "decimal", "decimal-leading-zero": "decimalZero",
}  # fmt: skip
_LABELLED = re.compile(
    r"\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4}|\d{1,2}[a-z]|[A-Z]?\d{1,2}(?:\.\d{1,2})+)[.)]?\s"
)
_FOOTNOTE = re.compile(r"\[?(?:\d{1,2}|[*†‡§])\]?")


def read_html(text: str, file: str) -> Document:
    """The document in a page's text."""
    return Document(file, "html", tuple(html_blocks(text)))


def html_blocks(text: str, *, tables: int = 0, line: int = 0) -> list[Block]:
    """The blocks of a page or of a piece of one.

    ``tables`` is how many tables of the document came before it; ``line`` the line of a text it
    begins on, where it is part of one.
    """
    from lxml import html

    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    if not text.strip():
        return []
    root = html.document_fromstring(
        text, parser=html.HTMLParser(remove_comments=True, remove_pis=True)
    )
    page = _Page(tables, line)
    title = root.find("head/title")
    if title is not None and title.text and title.text.strip():
        page.add_line(tidy(" ".join(title.text.split())), 1)
    page.read(root)
    return page.blocks


def _style(element: Any, name: str) -> str:
    found = re.search(rf"(?:^|;)\s*{name}\s*:\s*([^;!]+)", element.get("style") or "", re.I)
    return found[1].strip().lower() if found else ""


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or _style(element, "display") == "none"
        or _style(element, "visibility") == "hidden"
        or (element.tag == "input")
    )


def _role(element: Any) -> str:
    return (element.get("role") or "").strip().lower()


@dataclass(slots=True)
class _Flow:
    """Paragraphs in reading order: inline text is gathered until a block ends it."""

    paragraphs: list[tuple[str, int]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    label: str = ""
    level: int = 0

    def add(self, text: str, mark: str) -> None:
        self.pieces.append(Piece(text, mark))

    def end(self) -> None:
        """End the paragraph, if there is one."""
        text = tidy(joined(_folded(self.pieces)))
        self.pieces.clear()
        if not text:
            return
        if self.label and not (self.label == "•" and _LABELLED.match(text)):
            text = f"{self.label} {text}"
        self.label = ""
        self.paragraphs.append((text, self.level))


def _folded(pieces: list[Piece]) -> Iterator[Piece]:
    """White space as a browser shows it: one space, also across the borders of elements."""
    after_space = True
    for piece in pieces:
        if piece.text == "\n":
            after_space = True
            yield piece
            continue
        text = re.sub(r"[ \t\r\n\f]+", " ", piece.text)
        if after_space:
            text = text.lstrip(" ")
        if text:
            after_space = text.endswith(" ")
            yield piece._replace(text=text)


class _Page:
    """Walks a page in reading order. One object a page."""

    def __init__(self, tables: int, line: int) -> None:
        self.blocks: list[Block] = []
        self._tables = tables
        self._line = line
        self._paragraphs = 0

    def read(self, root: Any) -> None:
        """Every block of the page."""
        flow = _Flow()
        self._walk(root, flow, "", into=self)
        self._flush(flow)

    def add_line(self, text: str, level: int) -> None:
        """One paragraph."""
        self._paragraphs += 1
        number = self._line or self._paragraphs
        words = f"line {number}" if self._line else f"paragraph {number}"
        self.blocks.append(
            Line(text.replace("\n", " ") if level else text, Place(0, number, words), level)
        )

    def _flush(self, flow: _Flow) -> None:
        flow.end()
        for text, level in flow.paragraphs:
            self.add_line(text, level)
        flow.paragraphs.clear()

    def _walk(self, element: Any, flow: _Flow, mark: str, into: _Page | None) -> None:
        """Read an element's content. ``into`` is the page where tables become rows, None in a cell."""
        if element.text:
            flow.add(element.text, mark)
        for child in element:
            if isinstance(child.tag, str) and child.tag not in _UNSEEN and not _is_hidden(child):
                self._element(child, flow, mark, into)
            if child.tail:
                flow.add(child.tail, mark)

    def _element(self, element: Any, flow: _Flow, mark: str, into: _Page | None) -> None:
        tag = element.tag
        if tag in _STRUCK or "line-through" in _decoration(element):
            mark = "~~"
        elif tag in _INSERTED:
            mark = mark or "<u>"
        if tag == "br":
            flow.add("\n", mark)
        elif tag == "img":
            flow.add(f" {element.get('alt') or ''} ", mark)
        elif tag == "sup" and _is_footnote_mark(element, flow):
            return
        elif tag == "pre":
            flow.end()
            for line in "".join(element.itertext()).split("\n"):
                flow.add(line, mark)
                flow.end()
        elif tag == "table" or _role(element) in ("table", "grid", "treegrid"):
            self._table(element, flow, mark, into)
        elif tag in ("ol", "ul", "menu"):
            self._list(element, flow, mark, into)
        elif tag == "dl":
            self._definitions(element, flow, mark, into)
        elif tag in _BLOCKS:
            flow.end()
            level, flow.level = (
                flow.level,
                int(tag[1]) if re.fullmatch(r"h[1-6]", tag) else flow.level,
            )
            self._walk(element, flow, mark, into)
            flow.end()
            flow.level = level
        else:
            self._walk(element, flow, mark, into)

    def _list(self, element: Any, flow: _Flow, mark: str, into: _Page | None) -> None:
        flow.end()
        form = _style(element, "list-style-type") or _style(element, "list-style")
        ordered = element.tag == "ol" or form in _FORMS
        form = (
            _FORMS.get(form) or _FORMS.get(element.get("type") or "1", "decimal")
            if form != "none"
            else ""
        )
        step = -1 if element.get("reversed") is not None else 1
        items = [child for child in element if child.tag == "li"]
        number = _whole(element.get("start"), len(items) if step < 0 else 1)
        for child in element:
            if not isinstance(child.tag, str) or _is_hidden(child):
                continue
            if child.tag != "li":  # a list inside a list, without an item of its own
                self._element(child, flow, mark, into)
                continue
            number = _whole(child.get("value"), number)
            flow.end()
            if not form:
                flow.label = ""  # list-style: none
            else:
                flow.label = f"{numeral(number, form)}." if ordered else "•"
            self._walk(child, flow, mark, into)
            flow.end()
            flow.label = ""
            number += step

    def _definitions(self, element: Any, flow: _Flow, mark: str, into: _Page | None) -> None:
        """A term and what is said of it are one line: "Status: Complete"."""
        flow.end()
        term = ""
        for child in _through(element, ("div",)):
            if not isinstance(child.tag, str) or _is_hidden(child):
                continue
            inner = _Flow(level=flow.level)
            self._walk(child, inner, mark, None)
            inner.end()
            text = "\n".join(text for text, _ in inner.paragraphs)
            if child.tag == "dt":
                if term:
                    flow.paragraphs.append((term, flow.level))
                term = text
            else:
                if term:
                    text = f"{term} {text}" if term.endswith(":") else f"{term}: {text}"
                term = ""
                flow.paragraphs.append((text, flow.level))
        if term:
            flow.paragraphs.append((term, flow.level))

    # -- tables --------------------------------------------------------------------------------

    def _table(self, element: Any, flow: _Flow, mark: str, into: _Page | None) -> None:
        flow.end()
        rows = [(row, heads) for row, heads in _rows(element)]
        cells = [_cells(row) for row, _ in rows]
        if into is None:  # in a cell: its rows are lines
            for each in cells:
                texts = [self._cell(cell, mark).replace("\n", " ") for cell in each]
                flow.paragraphs.append((" ".join(filter(None, texts)), flow.level))
            return
        if _is_layout(element, cells):
            for each in cells:
                for cell in each:
                    self._walk(cell, flow, mark, into)
                    flow.end()
            return
        self._flush(flow)
        for caption in element.iter("caption"):
            self._walk(caption, flow, mark, None)
            self._flush(flow)
            break
        self._tables += 1
        below: dict[
            int, tuple[int, int]
        ] = {}  # column: rows still to come, width of the cell above
        for number, ((_, heads), row) in enumerate(zip(rows, cells, strict=True), 1):
            block = self._row(row, number, below, len(rows), mark)
            if block is not None:
                every = bool(row) and all(
                    cell.tag == "th" or _role(cell) == "columnheader" for cell in row
                )
                self.blocks.append(replace(block, heading=heads or (every and len(row) > 1)))

    def _row(
        self, cells: list[Any], number: int, below: dict[int, tuple[int, int]], rows: int, mark: str
    ) -> Row | None:
        texts: list[str] = []
        spans: list[int] = []
        continued: set[int] = set()

        def continue_above() -> None:
            while len(texts) in below:
                column = len(texts)
                left, width = below[column]
                for extra in range(width):
                    continued.add(len(texts))
                    texts.append("")
                    spans.append(width if not extra else 0)
                if left > 1:
                    below[column] = (left - 1, width)
                else:
                    del below[column]

        for cell in cells:
            continue_above()
            width = min(
                max(_whole(cell.get("colspan") or cell.get("aria-colspan"), 1), 1), _MOST_SPAN
            )
            while any(len(texts) < other < len(texts) + width for other in below):
                width -= 1  # a cell cannot lie over one that comes down from above
            height = _whole(cell.get("rowspan") or cell.get("aria-rowspan"), 1)
            if height == 0 or height > rows - number + 1:
                height = rows - number + 1
            if height > 1:
                below[len(texts)] = (height - 1, width)  # for the rows below this one
            texts += [self._cell(cell, mark), *[""] * (width - 1)]
            spans += [width, *[0] * (width - 1)]
        continue_above()
        if not any(texts) and not continued:
            return None
        table = f"table {self._tables}"
        words = f"line {self._line}, {table}" if self._line else table
        place = Place(0, number, f"{words}, row {number}", table)
        return Row(
            tuple(texts),
            place,
            spans=tuple(spans) if any(span != 1 for span in spans) else (),
            continued=frozenset(continued),
            table=self._tables,
        )

    def _cell(self, cell: Any, mark: str) -> str:
        flow = _Flow()
        if cell.tag in _STRUCK or "line-through" in _decoration(cell):
            mark = "~~"
        self._walk(cell, flow, mark, None)
        flow.end()
        return "\n".join(text for text, _ in flow.paragraphs)


def _decoration(element: Any) -> str:
    return _style(element, "text-decoration") + _style(element, "text-decoration-line")


def _is_footnote_mark(element: Any, flow: _Flow) -> bool:
    """A raised figure after a word; not the "st" of "1st", nor the 2 of "100 m2"."""
    text = "".join(element.itertext()).strip()
    before = "".join(piece.text for piece in flow.pieces).rstrip()
    return bool(
        _FOOTNOTE.fullmatch(text)
        and before
        and not before[-1].isdigit()
        and not re.search(r"(?<![A-Za-z])[ck]?m$", before)
    )


def _whole(text: str | None, default: int) -> int:
    found = re.match(r"\s*([+-]?\d{1,6})", text or "")
    return int(found[1]) if found else default


def _through(element: Any, wrappers: tuple[str, ...]) -> Iterator[Any]:
    for child in element:
        if child.tag in wrappers:
            yield from _through(child, wrappers)
        else:
            yield child


def _rows(table: Any) -> Iterator[tuple[Any, bool]]:
    """The rows of a table, not those of tables inside it, and whether each is in its head."""
    if table.tag != "table":
        yield from _role_rows(table, False)
        return
    for child in table:
        if child.tag == "tr" and not _is_hidden(child):
            yield child, False
        elif child.tag in ("thead", "tbody", "tfoot") and not _is_hidden(child):
            for row in child:
                if row.tag == "tr" and not _is_hidden(row):
                    yield row, child.tag == "thead"


def _role_rows(element: Any, heads: bool) -> Iterator[tuple[Any, bool]]:
    for child in element:
        if not isinstance(child.tag, str) or _is_hidden(child):
            continue
        if _role(child) == "row":
            yield child, heads
        elif _role(child) not in ("cell", "gridcell", "table", "grid"):
            yield from _role_rows(child, heads)


def _cells(row: Any) -> list[Any]:
    if row.tag == "tr":
        return [cell for cell in row if cell.tag in ("td", "th") and not _is_hidden(cell)]
    found: list[Any] = []
    for child in row:
        if not isinstance(child.tag, str) or _is_hidden(child):
            continue
        if _role(child) in ("cell", "gridcell", "columnheader", "rowheader"):
            found.append(child)
        else:
            found += _cells(child)
    return found


def _is_layout(table: Any, cells: list[list[Any]]) -> bool:
    """Whether a table only arranges the page: it holds whole tables, in few cells of its own."""
    if _role(table) in ("presentation", "none"):
        return True
    inner = [cell for row in cells for cell in row if next(cell.iter("table"), None) is not None]
    return bool(inner) and len(inner) * 3 >= sum(map(len, cells))
