"""A Word document (.docx) as blocks: its tables with merged cells, tracked changes and numbering.

    read_docx(Path("plan.docx")).blocks[4]
    Row(cells=("1a", "Adopt the code", "~~SD~~<u>RB</u>"), place=..., table=1)

Word does not store all that it shows. The numbers of a numbered list are counted here as Word
counts them, because they are how most councils number their actions; struck-out and deleted text is
kept between ``~~`` and ``~~``, inserted text between ``<u>`` and ``</u>``. Headers and footers, which
say the same on every page, and comments are left out.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.marks import Piece, joined, numeral, tidy
from agsxl.errors import SourceError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LARGEST = 300 * 2**20  # what the parts may unpack to, pictures not counted
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".tif", ".tiff", ".bmp", ".svg")
_DEEPEST = 12  # tables within tables


def read_docx(path: Path) -> Document:
    """The document in a .docx file.

    Raises SourceError for a package that is damaged or that unpacks to an unreasonable size.
    """
    from docx import Document as open_docx

    _refuse_size(path)
    try:
        word = open_docx(str(path))
        body = word.element.body
        reader = _Reader(
            _Styles(_part(word, "styles")),
            _Numbering(_part(word, "numbering")),
        )
    except Exception as fault:  # python-docx has no errors of its own: a KeyError, a ValueError ...
        raise SourceError(
            f"{path.name} is damaged and cannot be read as a Word document ({_said(fault)}); open it "
            "in Word and save it again."
        ) from None
    reader.read(body)
    reader.read_notes(_part(word, "footnotes"))
    reader.read_notes(_part(word, "endnotes"))
    return Document(path.name, "docx", tuple(reader.blocks))


def _said(fault: BaseException) -> str:
    return str(fault).strip().split("\n")[0][:120] or type(fault).__name__


def _refuse_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as package:
            sizes = [
                entry.file_size
                for entry in package.infolist()
                if not entry.filename.lower().endswith(_PICTURES)
            ]
            broken = package.testzip()
    except Exception as fault:  # of zipfile, zlib or lzma, as the damage will have it
        raise SourceError(
            f"{path.name} is damaged and cannot be read ({_said(fault)}); ask for it again."
        ) from None
    if sum(sizes) > _LARGEST:
        raise SourceError(
            f"{path.name} unpacks to {sum(sizes) / 2**20:,.0f} MB, more than any plan needs, and was "
            "not opened; copy the plan into a new document."
        )
    if broken is not None:
        raise SourceError(
            f"{path.name} is damaged and cannot be read (its part {broken}); ask for it again."
        )


def _part(word: Any, name: str) -> Any:
    """The root element of one of the document's parts ("styles", "footnotes"), or None.

    python-docx would make up a part that is not there from its template: not wanted.
    """
    from lxml import etree

    for relation in word.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{name}"):
            safe = etree.XMLParser(resolve_entities=False, no_network=True)
            return etree.fromstring(relation.target_part.blob, safe)
    return None


def _value(element: Any, name: str, default: str = "") -> str:
    """The ``w:val`` of a child, or ``default`` where there is no such child."""
    child = element.find(_W + name) if element is not None else None
    return default if child is None else child.get(_W + "val", "")


def _is_on(element: Any, name: str) -> bool | None:
    """Whether a switch such as ``w:strike`` is on; None where it is not there at all."""
    child = element.find(_W + name) if element is not None else None
    if child is None:
        return None
    return child.get(_W + "val", "true") not in ("0", "false", "off", "none")


class _Styles:
    """What the document's styles say of strike-out, of numbering and of headings."""

    def __init__(self, root: Any) -> None:
        self._styles = (
            {each.get(_W + "styleId", ""): each for each in root.findall(_W + "style")}
            if root is not None
            else {}
        )

    def _line(self, style: str) -> Iterator[Any]:
        """The style and those it is based on, nearest first."""
        seen: set[str] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            style = _value(self._styles[style], "basedOn")

    def struck(self, style: str) -> bool:
        for each in self._line(style):
            for switch in ("strike", "dstrike"):
                found = _is_on(each.find(_W + "rPr"), switch)
                if found is not None:
                    return found
        return False

    def hidden(self, style: str) -> bool:
        return any(_is_on(each.find(_W + "rPr"), "vanish") for each in self._line(style))

    def numbering(self, style: str) -> tuple[str, str]:
        """The numId and level that a paragraph style brings with it, or ("", "")."""
        number = level = ""
        for each in self._line(style):
            properties = each.find(_W + "pPr")
            found = properties.find(_W + "numPr") if properties is not None else None
            if found is not None:
                number = number or _value(found, "numId")
                level = level or _value(found, "ilvl")
        return number, level or "0"

    def level(self, style: str) -> int:
        """1 for "Heading 1", 1 for "Title", 0 for what is no heading."""
        for each in self._line(style):
            name = _value(each, "name").casefold()
            if name in ("title", "subtitle"):
                return 1
            heading = re.fullmatch(r"heading (\d)", name)
            if heading:
                return int(heading[1])
            properties = each.find(_W + "pPr")
            outline = _value(properties, "outlineLvl")
            if outline.isdigit() and int(outline) < 9:
                return int(outline) + 1
        return 0


# -- numbering ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    restart: int | None = None  # the level (from 1) after which it begins again; 0: never
    legal: bool = False


@dataclass(slots=True)
class _Numbering:
    """The lists of the document, counted as Word counts them: by abstract list, level by level."""

    root: Any
    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _abstract: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _started: set[tuple[str, int]] = field(default_factory=set)
    _overrides: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.root is None:
            return
        abstract = {a.get(_W + "abstractNumId"): a for a in self.root.findall(_W + "abstractNum")}
        links = {
            _value(a, "styleLink"): a
            for a in abstract.values()
            if a.find(_W + "styleLink") is not None
        }
        for number in self.root.findall(_W + "num"):
            own = number.get(_W + "numId", "")
            identity = _value(number, "abstractNumId")
            pattern = abstract.get(identity)
            if pattern is None:
                continue
            linked = links.get(_value(pattern, "numStyleLink"))
            if linked is not None:
                pattern, identity = linked, linked.get(_W + "abstractNumId")
            levels = {
                int(each.get(_W + "ilvl", "0")): _level(each)
                for each in pattern.findall(_W + "lvl")
            }
            for over in number.findall(_W + "lvlOverride"):
                at = int(over.get(_W + "ilvl", "0"))
                instead = over.find(_W + "lvl")
                if instead is not None:
                    levels[at] = _level(instead)
                start = _value(over, "startOverride")
                if start.lstrip("-").isdigit():
                    self._overrides[own, at] = int(start)
            self._levels[own] = levels
            self._abstract[own] = identity

    def label(self, number: str, level: str) -> str:
        """The next label of a list: "1.", "a)", "2.3", "•"; "" for no list."""
        levels = self._levels.get(number)
        if levels is None or not level.isdigit():
            return ""
        at = int(level)
        wanted = levels.get(at)
        if wanted is None:
            return ""
        counts = self._counts.setdefault(self._abstract[number], {})
        over = self._overrides.get((number, at))
        if over is not None and (number, at) not in self._started:
            counts[at] = over
        elif at in counts:
            counts[at] += 1
        else:
            counts[at] = wanted.start
        self._started.add((number, at))
        for lower in [each for each in counts if each > at]:
            restart = levels[lower].restart if lower in levels else None
            if restart is None or (restart and at < restart):
                del counts[lower]
        if wanted.form == "bullet":
            return "•"
        return re.sub(
            r"%(\d)",
            lambda m: self._figure(counts, levels, int(m[1]) - 1, legal=wanted.legal),
            wanted.text,
        ).strip()

    def _figure(
        self, counts: dict[int, int], levels: dict[int, _Level], at: int, *, legal: bool
    ) -> str:
        level = levels.get(at, _Level())
        value = counts.get(at, level.start)
        return str(value) if legal else numeral(value, level.form)


def _level(element: Any) -> _Level:
    start, restart = _value(element, "start", "1"), _value(element, "lvlRestart")
    return _Level(
        start=int(start) if start.lstrip("-").isdigit() else 1,
        form=_value(element, "numFmt", "decimal"),
        text=_value(element, "lvlText"),
        restart=int(restart) if restart.isdigit() else None,
        legal=bool(_is_on(element, "isLgl")),
    )


# -- the body ----------------------------------------------------------------------------------

_THROUGH = {
    _W + name
    for name in (
        "hyperlink", "smartTag", "fldSimple", "sdtContent", "customXml", "bdo", "dir", "ruby",
        "rubyBase",
    )
}  # fmt: skip
_DELETED = {_W + "del", _W + "moveFrom"}
_INSERTED = {_W + "ins", _W + "moveTo"}
_BREAKS = {_W + "br", _W + "cr"}
_SPECIAL = {_W + "tab": "\t", _W + "noBreakHyphen": "-", _W + "ptab": "\t"}
# Ticks and crosses of the symbol fonts, which some councils use for a status.
_SYMBOLS = {
    "F0FC": "✓",
    "F0FB": "✗",
    "F0FE": "☑",
    "F0A8": "☐",
    "F0B7": "•",
    "F0A7": "•",
    "F0D8": "•",
}


class _Reader:
    """Walks the body in reading order. One object a document."""

    def __init__(self, styles: _Styles, numbering: _Numbering) -> None:
        self.blocks: list[Block] = []
        self._styles = styles
        self._numbering = numbering
        self._tables = 0
        self._paragraphs = 0
        self._page = 0  # 0 until Word is seen to have noted where its pages begin
        self._boxes: list[Any] = []

    def read(self, body: Any) -> None:
        """Every block of the body."""
        if next(body.iter(_W + "lastRenderedPageBreak"), None) is not None:
            self._page = 1
        self._walk(body, 0)

    def read_notes(self, root: Any) -> None:
        """Footnotes, as lines below the text."""
        if root is None:
            return
        for note in root:
            if note.get(_W + "type") in ("separator", "continuationSeparator"):
                continue
            self._walk(note, 0)

    def _walk(self, container: Any, depth: int) -> None:
        for child in container:
            if child.tag == _W + "p":
                self._paragraph(child)
            elif child.tag == _W + "tbl":
                self._table(child, depth)
            elif child.tag == _W + "sdt":
                content = child.find(_W + "sdtContent")
                if content is not None:
                    self._walk(content, depth)
            elif child.tag in _THROUGH or child.tag in _INSERTED:
                self._walk(child, depth)
            elif child.tag == _MC + "AlternateContent":
                self._walk(_choice(child), depth)
            while self._boxes:
                self._walk(self._boxes.pop(0), depth)

    def _paragraph(self, paragraph: Any) -> None:
        label, pieces = self._read_paragraph(paragraph)
        self._paragraphs += 1
        text = tidy(joined(pieces))
        style = _value(paragraph.find(_W + "pPr"), "pStyle")
        level = self._styles.level(style)
        words = f"paragraph {self._paragraphs}"
        place = Place(self._page, self._paragraphs, self._on_page(words))
        if "\t" in text.strip("\t") and not level:
            cells = [cell.strip() for cell in text.split("\t")]
            if len(cells) > 2 or (len(cells) == 2 and all(cells)):
                cells[0] = _labelled(label, cells[0])
                self.blocks.append(Row(tuple(cells), place))
                return
        text = _labelled(label, text.replace("\t", " ").strip())
        if text:
            self.blocks.append(Line(text, place, level))

    def _on_page(self, words: str) -> str:
        return f"page {self._page}, {words}" if self._page else words

    def _read_paragraph(self, paragraph: Any) -> tuple[str, list[Piece]]:
        """The label that its list gives a paragraph, and its text."""
        properties = paragraph.find(_W + "pPr")
        style = _value(properties, "pStyle")
        numbered = properties.find(_W + "numPr") if properties is not None else None
        number, level = self._styles.numbering(style)
        if numbered is not None:
            number = _value(numbered, "numId", number)
            level = _value(numbered, "ilvl", level)
        pieces = list(self._runs(paragraph, "", style))
        label = ""
        if number not in ("", "0"):
            mark = properties.find(_W + "rPr") if properties is not None else None
            gone = mark is not None and mark.find(_W + "del") is not None
            if not (gone and all(piece.mark == "~~" or not piece.text.strip() for piece in pieces)):
                label = self._numbering.label(number, level)
        return label, pieces

    def _runs(self, element: Any, mark: str, style: str) -> Iterator[Piece]:
        for child in element:
            tag = child.tag
            if tag == _W + "r":
                yield from self._run(child, mark, style)
            elif tag in _DELETED:
                yield from self._runs(child, "~~", style)
            elif tag in _INSERTED:
                yield from self._runs(child, mark or "<u>", style)
            elif tag in _THROUGH:
                yield from self._runs(child, mark, style)
            elif tag == _W + "sdt":
                content = child.find(_W + "sdtContent")
                if content is not None:
                    yield from self._runs(content, mark, style)
            elif tag == _MC + "AlternateContent":
                yield from self._runs(_choice(child), mark, style)

    def _run(self, run: Any, mark: str, style: str) -> Iterator[Piece]:
        properties = run.find(_W + "rPr")
        own = _value(properties, "rStyle")
        hidden = _is_on(properties, "vanish")
        if hidden or (hidden is None and (self._styles.hidden(own) or self._styles.hidden(style))):
            return  # nobody who reads the document sees it
        if self._is_struck(properties, own, style):
            mark = "~~"
        for child in run:
            tag = child.tag
            if tag in (_W + "t", _W + "delText"):
                yield Piece(child.text or "", "~~" if tag == _W + "delText" else mark)
            elif tag in _SPECIAL:
                yield Piece(_SPECIAL[tag], mark)
            elif tag in _BREAKS:
                yield Piece(" " if child.get(_W + "type") in ("page", "column") else "\n", mark)
            elif tag == _W + "sym":
                yield Piece(_SYMBOLS.get(child.get(_W + "char", "").upper(), ""), mark)
            elif tag == _W + "lastRenderedPageBreak":
                self._page += 1
            elif tag in (_W + "drawing", _W + "pict", _W + "object"):
                self._keep_boxes(child)
            elif tag == _MC + "AlternateContent":
                self._keep_boxes(_choice(child))

    def _is_struck(self, properties: Any, own: str, style: str) -> bool:
        for switch in ("strike", "dstrike"):
            if _is_on(properties, switch):
                return True
        if _is_on(properties, "strike") is not None or _is_on(properties, "dstrike") is not None:
            return False
        return self._styles.struck(own) or self._styles.struck(style)

    def _keep_boxes(self, drawing: Any) -> None:
        """A text box's paragraphs stand after the paragraph that it hangs on."""
        self._boxes += list(drawing.iter(_W + "txbxContent"))

    # -- tables --------------------------------------------------------------------------------

    def _table(self, table: Any, depth: int) -> None:
        rows = list(_rows(table))
        only = [cell for row in rows for cell in _cells(row)]
        if len(only) == 1 and depth < _DEEPEST and only[0].find(_W + "tbl") is not None:
            self._walk(only[0], depth + 1)  # a frame around the real table
            return
        self._tables += 1
        own = self._tables
        for number, row in enumerate(rows, 1):
            read = self._row(row, own, number, depth)
            if read is not None:
                self.blocks.append(read)
            boxes, self._boxes = self._boxes, []
            for box in boxes:
                self._walk(box, depth)

    def _row(self, row: Any, table: int, number: int, depth: int) -> Row | None:
        properties = row.find(_W + "trPr")
        page = self._page
        gone = properties is not None and properties.find(_W + "del") is not None
        before = _value(properties, "gridBefore", "0")
        skipped = int(before) if before.isdigit() else 0
        cells, spans = [""] * skipped, [1] * skipped
        continued: set[int] = set()
        for cell in _cells(row):
            about = cell.find(_W + "tcPr")
            span = _value(about, "gridSpan", "1")
            width = max(int(span), 1) if span.isdigit() else 1
            merge = about.find(_W + "vMerge") if about is not None else None
            text = self._cell_text(cell, depth, struck=gone)
            if merge is not None and merge.get(_W + "val", "continue") == "continue" and not text:
                continued.add(len(cells))
            cells += [text, *[""] * (width - 1)]
            spans += [width, *[0] * (width - 1)]
        if not cells:
            return None
        merged = any(span != 1 for span in spans)
        words = f"table {table}, row {number}"
        heading = properties is not None and bool(_is_on(properties, "tblHeader"))
        place = Place(page, number, f"page {page}, {words}" if page else words, f"table {table}")
        return Row(
            tuple(cells),
            place,
            spans=tuple(spans) if merged else (),
            continued=frozenset(continued),
            table=table,
            heading=heading,
        )

    def _cell_text(self, cell: Any, depth: int, *, struck: bool = False) -> str:
        paragraphs: list[str] = []
        for child in _content(cell):
            if child.tag == _W + "p":
                label, pieces = self._read_paragraph(child)
                if struck:
                    pieces = [Piece(piece.text, "~~") for piece in pieces]
                text = tidy(joined(pieces).replace("\t", " "))
                paragraphs.append(_labelled(label, text))
            elif child.tag == _W + "tbl" and depth < _DEEPEST:
                for row in _rows(child):
                    inner = [
                        self._cell_text(each, depth + 1, struck=struck) for each in _cells(row)
                    ]
                    paragraphs.append(" ".join(filter(None, inner)))
        return "\n".join(filter(None, paragraphs))


def _labelled(label: str, text: str) -> str:
    """A number stands in an empty paragraph too, a bullet does not."""
    if not label or (label == "•" and not text):
        return text
    return f"{label} {text}".strip()


def _choice(alternate: Any) -> Any:
    """One of the two ways in which Word writes the same thing."""
    found = alternate.find(_MC + "Choice")
    return found if found is not None else alternate.find(_MC + "Fallback")


def _content(container: Any) -> Iterator[Any]:
    """The children, with those inside content controls and the like in their place."""
    for child in container:
        if child.tag == _W + "sdt":
            inner = child.find(_W + "sdtContent")
            if inner is not None:
                yield from _content(inner)
        elif child.tag in _THROUGH or child.tag in _INSERTED:
            yield from _content(child)
        else:
            yield child


def _rows(table: Any) -> Iterator[Any]:
    return (child for child in _content(table) if child.tag == _W + "tr")


def _cells(row: Any) -> Iterator[Any]:
    return (child for child in _content(row) if child.tag == _W + "tc")
