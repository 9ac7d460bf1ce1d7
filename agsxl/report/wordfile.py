"""A Word template as an officer left it: its marks, its styles and its pages.

    word = open_template(Path("pack.docx"))
    word.style("Body Text")                       # "BodyText", or what this file calls it
    word.fill({"title": "Progress report"}, about)
    word.put([Piece("<w:p>...</w:p>", turned=False)])
    word.packed(title="Progress report", council="Wexcombe Borough Council", as_of=day)
    word.notes                                    # what the file lacked, in sentences

Whatever the file holds that agsxl does not know stays as it is. A style that it lacks is taken from
agsxl's own template; without {{pack}} the pack goes to the end.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from agsxl.errors import SettingsError
from agsxl.report.sheets import writable
from agsxl.report.wordmarks import (
    brought_to_body,
    fill_about,
    fill_texts,
    leaves_nothing,
    names_in,
    own_paragraph,
    says_something,
)
from agsxl.report.wordtemplate import template_bytes
from agsxl.report.wordxml import NAMESPACES, W, insert_before, measure, parsed, value
from agsxl.resources import resource

LANGUAGE = "en-GB"
_C = f"{{{NAMESPACES['c']}}}"
_LARGEST = 300 * 2**20  # bytes that a template may unpack to
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of Office's files before 2007, and of protected ones
_A4 = (11906, 16838)  # twentieths of a point, as are all measures here
_MARGIN = 1134
# A paragraph that only ends a part of the document: as low as Word allows.
_LOWEST = '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
_LOW_LETTERS = '<w:sz w:val="2"/><w:szCs w:val="2"/>'


class Piece(NamedTuple):
    """A part of the pack whose pages lie the same way: its blocks as XML.

    ``turned`` pages are on their side, whatever the template's are.
    """

    xml: str
    turned: bool


class Room(NamedTuple):
    """What a page has room for between its margins, in twentieths of a point."""

    width: int
    height: int


def open_template(template: Path | None) -> WordFile:
    """The officer's template, or the one in ``templates/pack``.

    >>> open_template(None).notes  # doctest: +SKIP
    []

    Where the one in ``templates/pack`` is missing, agsxl's own takes its place, and a note says so.
    Raises SettingsError for a file that is missing, damaged, protected, or no Word document.
    """
    if template is not None:
        return WordFile(template.name, _read(template), [])
    shipped = resource("templates", "pack/pack.docx")
    if shipped.exists():
        return WordFile(shipped.name, _read(shipped), [])
    note = f"There is no Word template {shipped}; agsxl's own was used."
    return WordFile(shipped.name, template_bytes(), [note])


class WordFile:
    """One template, opened, and on its way to becoming a document. Made by ``open_template``."""

    def __init__(self, name: str, data: bytes, notes: list[str]) -> None:
        from docx import Document

        self.name = name
        self.notes = notes
        try:
            self._word = Document(io.BytesIO(data))
            self._part = self._word.part
            self._body = self._word.element.body
            self._styles = self._word.styles.element
            self._set_language()
            self._place = self._find_place()
            self._section = self._section_of(self._place)
            self._drawings = self._last_drawing()
        except Exception as fault:  # python-docx has no errors of its own: a KeyError, a ValueError
            raise _damaged(name) from fault

    # -- marks ---------------------------------------------------------------------------------

    def fill(self, texts: Mapping[str, str], about: Sequence[tuple[str, str]]) -> None:
        """Put texts in the places of their marks, and a line for each pair in that of {{about}}.

        >>> word.fill({"title": "Progress report"}, [("Council", "Wexcombe")])  # doctest: +SKIP
        """
        for root in self._stories():
            for paragraph in list(root.iter(f"{W}p")):
                if "about" in names_in(paragraph):
                    fill_about(paragraph, about)
        for root in self._stories():
            for paragraph in list(root.iter(f"{W}p")):
                if names_in(paragraph):
                    fill_texts(paragraph, texts)
                    if leaves_nothing(paragraph):  # a council that is not known leaves no gap
                        paragraph.getparent().remove(paragraph)

    def _stories(self) -> list[Any]:
        """The body, and each header and footer."""
        kinds = ("/header", "/footer")
        return [self._body] + [
            relation.target_part.element
            for relation in self._part.rels.values()
            if relation.reltype.endswith(kinds)
        ]

    def _find_place(self) -> Any:
        """The paragraph whose place the pack takes. Any other mark of it is taken out."""
        places: list[Any] = []
        astray = False
        for root in self._stories():
            for paragraph in list(root.iter(f"{W}p")):
                if "pack" not in names_in(paragraph):
                    continue
                fill_texts(paragraph, {"pack": ""})
                if not places and brought_to_body(paragraph, self._body):
                    places.append(own_paragraph(paragraph))
                else:
                    astray = True
        if places:
            if astray:
                self.notes.append(
                    f"The template {self.name} has the mark {{{{pack}}}} more than once; the pack is "
                    "in the first place, and the other marks were taken out."
                )
            return places[0]
        why = (
            "has the mark {{pack}} only inside a table, a text box, a header or a footer"
            if astray
            else "has no mark {{pack}}"
        )
        self.notes.append(f"The template {self.name} {why}; the pack was put at its end.")
        return self._new_end()

    def _new_end(self) -> Any:
        """A new last paragraph of the body."""
        last = self._body.find(f"{W}sectPr")
        paragraph = parsed("<w:p/>")[0]
        if last is None:
            self._body.append(paragraph)
        else:
            last.addprevious(paragraph)
        return paragraph

    # -- pages ---------------------------------------------------------------------------------

    def room(self, *, turned: bool) -> Room:
        """What a page of the pack has room for, as it stands in the template or on its side.

        >>> open_template(None).room(turned=False).width  # doctest: +SKIP
        9638
        """
        width, height = self._paper()
        if turned and width < height:
            width, height = height, width
        margins = self._section.find(f"{W}pgMar")

        def margin(*sides: str) -> int:
            return sum(measure(margins, side, _MARGIN) for side in sides)

        # No table is of any use below some 5 cm, whatever the margins say.
        return Room(
            max(width - margin("left", "right", "gutter"), 2835),
            max(height - margin("top", "bottom"), 2835),
        )

    def _paper(self) -> tuple[int, int]:
        size = self._section.find(f"{W}pgSz")
        return measure(size, "w", _A4[0]), measure(size, "h", _A4[1])

    def _section_of(self, place: Any) -> Any:
        """The properties of the section that a paragraph stands in; they stand at its end."""
        found = place.xpath("(descendant::w:sectPr | following::w:sectPr)[1]")
        if found:
            return found[0]
        made = parsed(f'<w:sectPr><w:pgSz w:w="{_A4[0]}" w:h="{_A4[1]}"/></w:sectPr>')[0]
        self._body.append(made)
        return made

    def put(self, pieces: Sequence[Piece]) -> None:
        """Put the pack in its place, each piece on pages that lie as it needs.

        Headers, footers and margins go on through all of them. What the template has before and
        after the pack keeps its own pages.

        >>> word.put([Piece("<w:p/>", turned=True)])  # doctest: +SKIP
        """
        width, height = self._paper()
        parts: list[tuple[list[Any], bool]] = []
        for piece in pieces:
            blocks, turned = list(parsed(piece.xml)), piece.turned and width < height
            if parts and parts[-1][1] == turned:
                parts[-1][0].extend(blocks)
            else:
                parts.append((blocks, turned))
        holder = self._place
        if parts[0][1] and self._has_words(before=True):
            parts.insert(0, ([], False))
        if parts[-1][1] and self._has_words(before=False):
            parts.append(([], False))
        first, later, last = self._sections()
        for number, (blocks, turned) in enumerate(parts):
            for block in blocks:
                _move_before(holder, block)
            if number < len(parts) - 1:
                section = deepcopy(later if number else first)
                _turn(section, turned)
                self._end_section(holder, section)
        if len(parts) > 1:
            self._section.getparent().replace(self._section, last)
            self._section = last
        _turn(self._section, parts[-1][1])
        self._close(holder)

    def _sections(self) -> tuple[Any, Any, Any]:
        """The section's properties for the pack's first piece, for those between, and for its last.

        Only the first has headers and footers: each later one without goes on with those before it.
        """
        first = deepcopy(self._section)
        later = deepcopy(self._section)
        for name in ("headerReference", "footerReference", "titlePg", "type", "vAlign"):
            for each in later.findall(W + name):
                later.remove(each)
        for each in later.findall(f"{W}pgNumType"):
            each.attrib.pop(f"{W}start", None)  # else the pages would be counted anew
        return first, later, deepcopy(later)

    def _end_section(self, before: Any, section: Any) -> None:
        """End a section in front of a block: in its last paragraph, if its last block is one."""
        last = before.getprevious()
        if last is None or last.tag != f"{W}p" or last.find(f"{W}pPr/{W}sectPr") is not None:
            last = _low_paragraph()
            before.addprevious(last)
        insert_before(last.get_or_add_pPr(), section, ("pPrChange",))

    def _close(self, holder: Any) -> None:
        """Take the mark's own paragraph away. If it ended a section, what is before it does so now."""
        section = holder.find(f"{W}pPr/{W}sectPr")
        if section is not None:
            holder.pPr.remove(section)
            self._end_section(holder, section)
        last, after = holder.getprevious(), holder.getnext()
        holder.getparent().remove(holder)
        # Word wants a paragraph between two tables, and at the end of the document.
        if (
            last is not None
            and last.tag == f"{W}tbl"
            and (after is None or after.tag in (f"{W}tbl", f"{W}sectPr"))
        ):
            last.addnext(_low_paragraph())

    def _has_words(self, *, before: bool) -> bool:
        """Whether the template's section has anything to see before the pack, or after it."""
        if self._place.find(f"{W}pPr/{W}sectPr") is not None and not before:
            return False
        for block in self._place.itersiblings(preceding=before):
            ends = block.find(f"{W}pPr/{W}sectPr") is not None
            if before and ends:
                return False
            if block.tag == f"{W}tbl" or any(map(says_something, block.iter(f"{W}p"))):
                return True
            if ends:
                return False
        return False

    # -- styles --------------------------------------------------------------------------------

    def style(self, name: str) -> str:
        """The id of the style of that name; agsxl's own is added where the template lacks it.

        >>> open_template(None).style("Heading 1")  # doctest: +SKIP
        'Heading1'

        Word writes "heading 1" for "Heading 1", and ids in the language of its user.
        """
        kind = _own_styles()[name.casefold()].get(f"{W}type")
        for style in self._styles.findall(f"{W}style"):
            same = value(style, "name").casefold() == name.casefold()
            if same and style.get(f"{W}type") == kind:
                return str(style.get(f"{W}styleId"))
        self.notes.append(
            f"The template {self.name} has no style {name!r}; agsxl's own was used in its place."
        )
        return self._adopted(name)

    def _adopted(self, name: str) -> str:
        style = deepcopy(_own_styles()[name.casefold()])
        taken = {each.get(f"{W}styleId") for each in self._styles.findall(f"{W}style")}
        while style.get(f"{W}styleId") in taken:
            style.set(f"{W}styleId", style.get(f"{W}styleId") + "1")
        kind = style.get(f"{W}type")
        base = next(
            (
                each.get(f"{W}styleId")
                for each in self._styles.findall(f"{W}style")
                if each.get(f"{W}type") == kind and each.get(f"{W}default") in ("1", "true")
            ),
            None,
        )
        based = style.find(f"{W}basedOn")
        if base is None:
            style.remove(based)
        else:
            based.set(f"{W}val", base)
        for follows in style.findall(f"{W}next"):
            style.remove(follows)
        for number in style.iter(f"{W}numId"):
            number.set(f"{W}val", str(self.bullets()))
        self._styles.append(style)
        return str(style.get(f"{W}styleId"))

    def has_numbering(self, style: str) -> bool:
        """Whether a style makes its paragraphs items of a list, by itself or by one it is based on."""
        by_id = {each.get(f"{W}styleId"): each for each in self._styles.findall(f"{W}style")}
        seen: set[str] = set()
        while style in by_id and style not in seen:
            seen.add(style)
            numbering = by_id[style].find(f"{W}pPr/{W}numPr/{W}numId")
            if numbering is not None:
                return str(numbering.get(f"{W}val")) != "0"
            style = value(by_id[style], "basedOn")
        return False

    def bullets(self) -> int:
        """The number of a new list with bullets, of agsxl's own kind.

        >>> open_template(None).bullets()  # doctest: +SKIP
        2
        """
        numbering = self._numbering()
        abstract = deepcopy(_own_numbering().find(f"{W}abstractNum"))
        kind = 1 + max(_numbers(numbering, "abstractNum", "abstractNumId"), default=-1)
        number = 1 + max(_numbers(numbering, "num", "numId"), default=0)
        abstract.set(f"{W}abstractNumId", str(kind))
        for linked in list(abstract.iter(f"{W}pStyle")):
            linked.getparent().remove(linked)  # a style is the own of one kind of list only
        # All kinds of lists stand before all lists.
        lists = numbering.findall(f"{W}num")
        if lists:
            lists[0].addprevious(abstract)
        else:
            numbering.append(abstract)
        made = parsed(f'<w:num w:numId="{number}"><w:abstractNumId w:val="{kind}"/></w:num>')[0]
        (lists[-1] if lists else abstract).addnext(made)
        return number

    def _numbering(self) -> Any:
        from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
        from docx.opc.packuri import PackURI
        from docx.opc.part import XmlPart

        for relation in self._part.rels.values():
            if relation.reltype == RELATIONSHIP_TYPE.NUMBERING:
                return relation.target_part.element
        part = XmlPart(
            PackURI("/word/numbering.xml"),
            CONTENT_TYPE.WML_NUMBERING,
            parsed("<w:numbering/>")[0],
            self._part.package,
        )
        self._part.relate_to(part, RELATIONSHIP_TYPE.NUMBERING)
        return part.element

    # -- the rest ------------------------------------------------------------------------------

    def add_chart(self, workbook: bytes) -> str:
        """Add the first chart of a workbook, its data with it; the id by which a drawing names it.

        >>> word.add_chart(chart_workbook(chart))  # doctest: +SKIP
        'rId9'

        The caption says the chart's title, so that the chart itself need not.
        """
        from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
        from docx.opc.part import Part, XmlPart
        from docx.oxml import parse_xml

        with zipfile.ZipFile(io.BytesIO(workbook)) as package:
            space = parse_xml(package.read("xl/charts/chart1.xml"))
        kept = self._part.package
        name = kept.next_partname("/word/charts/chart%d.xml")
        chart = XmlPart(name, CONTENT_TYPE.DML_CHART, space, kept)
        relation = self._part.relate_to(chart, RELATIONSHIP_TYPE.CHART)
        name = kept.next_partname("/word/embeddings/Microsoft_Excel_Sheet%d.xlsx")
        data = chart.relate_to(
            Part(name, CONTENT_TYPE.SML_SHEET, workbook, kept), RELATIONSHIP_TYPE.PACKAGE
        )
        _take_title(space)
        external = parsed(
            f'<c:externalData r:id="{data}"><c:autoUpdate val="0"/></c:externalData>'
        )[0]
        insert_before(space, external, ("printSettings", "userShapes", "extLst"))
        return str(relation)

    def drawing_id(self) -> int:
        """A number for a drawing that no other drawing of the document has."""
        self._drawings += 1
        return self._drawings

    def _last_drawing(self) -> int:
        tag = f"{{{NAMESPACES['wp']}}}docPr"
        found = (each.get("id", "") for root in self._stories() for each in root.iter(tag))
        return max((int(each) for each in found if each.isdecimal()), default=0)

    def packed(self, *, title: str, council: str, as_of: date) -> bytes:
        """The document's bytes, the same for the same content; ``as_of`` is the day it was made."""
        properties = self._word.core_properties
        # 255 characters are all that python-docx, and Word's own window, take.
        properties.title = writable(title)[:255]
        properties.author = writable(council)[:255]
        properties.last_modified_by = ""
        properties.language = LANGUAGE
        properties.created = properties.modified = datetime.combine(as_of, time(12))
        properties.revision = 1
        written = io.BytesIO()
        self._word.save(written)
        return _fixed(written)

    def _set_language(self) -> None:
        """Say that the document is in British English: in its styles, and in its settings."""
        defaults = self._styles.find(f"{W}docDefaults")
        if defaults is None:
            defaults = parsed("<w:docDefaults/>")[0]
            self._styles.insert(0, defaults)
        usual = defaults.find(f"{W}rPrDefault")
        if usual is None:
            usual = parsed("<w:rPrDefault/>")[0]
            defaults.insert(0, usual)
        letters = usual.find(f"{W}rPr")
        if letters is None:
            letters = parsed("<w:rPr/>")[0]
            usual.append(letters)
        if letters.find(f"{W}lang") is None:
            insert_before(
                letters, parsed("<w:lang/>")[0], ("eastAsianLayout", "specVanish", "oMath")
            )
        for language in self._styles.iter(f"{W}lang"):
            if language.get(f"{W}val") or language.getparent() is letters:
                language.set(f"{W}val", LANGUAGE)
        settings = self._word.settings.element
        fonts = settings.find(f"{W}themeFontLang")
        if fonts is None:
            fonts = parsed("<w:themeFontLang/>")[0]
            insert_before(settings, fonts, _AFTER_LANGUAGE)
        fonts.set(f"{W}val", LANGUAGE)


# What may follow the language in a document's settings, by name in any namespace.
_AFTER_LANGUAGE = (
    "clrSchemeMapping", "doNotIncludeSubdocsInStats", "doNotAutoCompressPictures", "forceUpgrade",
    "captions", "readModeInkLockDown", "smartTagType", "schemaLibrary", "shapeDefaults",
    "doNotEmbedSmartTags", "decimalSymbol", "listSeparator", "docId", "chartTrackingRefBased",
    "defaultImageDpi", "discardImageEditingData", "conflictMode",
)  # fmt: skip


# -- reading -----------------------------------------------------------------------------------


def _read(path: Path) -> bytes:
    """The bytes of a template that python-docx can open. Raises SettingsError, in one sentence."""
    if path.is_dir():
        raise SettingsError(
            f"The Word template {path} is a folder; name a Word document (.docx) in it."
        )
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(
            f"There is no Word template {path}; give the path of a .docx file, or leave the template out."
        ) from None
    except OSError as fault:
        raise SettingsError(
            f"The Word template {path} cannot be read ({fault.strerror}); close it if it is open in "
            "Word, or name another."
        ) from fault
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise SettingsError(
                f"The Word template {path.name} is protected with a password; take the password off "
                "(File, Info, Protect Document) and save it."
            )
        raise _other_kind(path.name, "a document of an old kind")
    if not data.startswith(b"PK\x03\x04"):
        raise _other_kind(path.name, "no Word document")
    return _as_document(data, path.name)


def _as_document(data: bytes, name: str) -> bytes:
    """The package with the content type of a document, also where it is a template (.dotx)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            size = sum(entry.file_size for entry in package.infolist())
            if size > _LARGEST:
                raise SettingsError(
                    f"The Word template {name} unpacks to {size / 2**20:,.0f} MB, more than any "
                    "template needs, and was not opened; make a smaller one."
                )
            parts = {each: package.read(each) for each in package.namelist()}
            types = parts["[Content_Types].xml"]
    except SettingsError:
        raise
    except Exception as fault:  # of zipfile or zlib, as the damage will have it
        raise _damaged(name) from fault
    if b"wordprocessingml.document.main+xml" in types:
        if b"http://purl.oclc.org/ooxml/" in parts.get("_rels/.rels", b""):
            raise _other_kind(name, "saved as a Strict Open XML Document")
        return data
    if b"macroEnabled" in types:
        raise _other_kind(name, "one that may hold macros, which a published pack must not")
    if b"wordprocessingml.template.main+xml" not in types:
        raise _other_kind(name, "no Word document")
    parts["[Content_Types].xml"] = types.replace(
        b"wordprocessingml.template.main+xml", b"wordprocessingml.document.main+xml"
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for each, blob in parts.items():
            package.writestr(each, blob)
    return written.getvalue()


def _other_kind(name: str, what: str) -> SettingsError:
    return SettingsError(
        f"The Word template {name} is {what}; open it in Word and save it as a Word Document (.docx)."
    )


def _damaged(name: str) -> SettingsError:
    return SettingsError(
        f"The Word template {name} is damaged and cannot be used; open it in Word and save it again, "
        "or take a new copy of agsxl's own."
    )


@cache
def _own() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(template_bytes())) as package:
        return {name: package.read(name) for name in package.namelist()}


@cache
def _own_styles() -> dict[str, Any]:
    from docx.oxml import parse_xml

    styles = parse_xml(_own()["word/styles.xml"]).findall(f"{W}style")
    return {value(style, "name").casefold(): style for style in styles}


@cache
def _own_numbering() -> Any:
    from docx.oxml import parse_xml

    return parse_xml(_own()["word/numbering.xml"])


# -- elements ----------------------------------------------------------------------------------


def _move_before(place: Any, block: Any) -> None:
    """Move a block from one document to another: a table row by row.

    What lxml moves at once costs it the square of its size: seconds for a long table.
    """
    if block.tag != f"{W}tbl":
        place.addprevious(block)
        return
    table = place.makeelement(block.tag)
    place.addprevious(table)
    for child in list(block):
        table.append(child)


def _low_paragraph() -> Any:
    """An empty paragraph that takes no room. Word keeps a section's pages in one."""
    return parsed(f"<w:p><w:pPr>{_LOWEST}<w:rPr>{_LOW_LETTERS}</w:rPr></w:pPr></w:p>")[0]


def _turn(section: Any, turned: bool) -> None:
    """Lay the pages of a section on their side."""
    if not turned:
        return
    size = section.find(f"{W}pgSz")
    if size is None:
        size = parsed("<w:pgSz/>")[0]
        insert_before(section, size, _AFTER_PAPER)
    width, height = measure(size, "w", _A4[0]), measure(size, "h", _A4[1])
    size.set(f"{W}w", str(max(width, height)))
    size.set(f"{W}h", str(min(width, height)))
    size.set(f"{W}orient", "landscape")
    size.attrib.pop(f"{W}code", None)  # the printer's own number of the paper, which stands upright


_AFTER_PAPER = (
    "pgMar", "paperSrc", "pgBorders", "lnNumType", "pgNumType", "cols", "formProt", "vAlign",
    "noEndnote", "titlePg", "textDirection", "bidi", "rtlGutter", "docGrid", "printerSettings",
    "sectPrChange",
)  # fmt: skip


def _numbers(root: Any, tag: str, name: str) -> list[int]:
    return [measure(each, name, 0) for each in root.findall(W + tag)]


def _take_title(space: Any) -> None:
    """Take a chart's title out: the caption above the chart says it."""
    chart = space.find(f"{_C}chart")
    for title in chart.findall(f"{_C}title"):
        chart.remove(title)
    deleted = chart.find(f"{_C}autoTitleDeleted")
    if deleted is None:
        deleted = parsed("<c:autoTitleDeleted/>")[0]
        chart.insert(0, deleted)
    deleted.set("val", "1")


def _fixed(written: io.BytesIO) -> bytes:
    """A package with the same parts, all of them of Word's first day: no clock is in the bytes."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(written) as package,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as again,
    ):
        for name in package.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 0
            entry.compress_type = zipfile.ZIP_DEFLATED
            again.writestr(entry, package.read(name))
    return buffer.getvalue()
