"""What keeps a Word document from being read by everybody, or by Word at all.

faults_of_document(tmp_path / "pack.docx")  # []

As strict as Word's own accessibility checker where that can be read from the file, and then the
package: every relation leads somewhere, every number is used once, elements stand in Word's order.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/"
_TYPED_BULLET = re.compile(r"\s*[•●▪–*-]\s")

# Children in the order of ECMA-376, as far as a pack has them.
_ORDERS = {
    f"{W}pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr "
        "shd tabs suppressAutoHyphens bidi adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents jc "
        "textDirection textAlignment outlineLvl divId cnfStyle rPr sectPr pPrChange"
    ),
    f"{W}rPr": (
        "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof "
        "snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd "
        "fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath"
    ),
    f"{W}tblPr": (
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc "
        "tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription"
    ),
    f"{W}tcPr": (
        "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign "
        "hideMark"
    ),
    f"{W}sectPr": (
        "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders "
        "lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid"
    ),
    f"{W}tbl": "bookmarkStart tblPr tblGrid tr",
    f"{W}numbering": "numPicBullet abstractNum num numIdMacAtCleanup",
    f"{W}style": (
        "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat "
        "locked personal rsid pPr rPr tblPr trPr tcPr tblStylePr"
    ),
    f"{C}chartSpace": (
        "date1904 lang roundedCorners style clrMapOvr pivotSource protection chart spPr txPr "
        "externalData printSettings userShapes extLst"
    ),
    f"{C}chart": (
        "title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly "
        "dispBlanksAs extLst"
    ),
}


def faults_of_document(path: Path) -> list[str]:
    """Each fault of a .docx in a few words; an empty list is a document that everybody can read."""
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        parts = {name: package.read(name) for name in names}
    roots = {
        name: etree.fromstring(data)
        for name, data in parts.items()
        if name.endswith((".xml", ".rels"))
    }
    document = roots["word/document.xml"]
    return [
        *(f"{name} is in the package twice" for name, many in Counter(names).items() if many > 1),
        *_language(roots),
        *_headings(roots),
        *_paragraphs(document),
        *_tables(document),
        *_drawings(roots),
        *_package(parts, roots),
        *_orders(roots),
        *_style_ids(roots),
    ]


def text_of(element: Any) -> str:
    """What a person reads in an element: a break is a line, a tab a tab."""
    said = []
    for each in element.iter(f"{W}t", f"{W}br", f"{W}tab"):
        if each.tag == f"{W}t":
            said.append(each.text or "")
        elif each.getparent().tag == f"{W}r":
            said.append("\n" if each.tag == f"{W}br" else "\t")
    return "".join(said)


def style_names(roots: dict[str, Any]) -> dict[str, str]:
    """The names of the styles by their ids."""
    return {
        each.get(f"{W}styleId"): each.find(f"{W}name").get(f"{W}val").casefold()
        for each in roots["word/styles.xml"].findall(f"{W}style")
    }


def style_of(paragraph: Any) -> str:
    """The id of a paragraph's style, or ""."""
    style = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if style is None else style.get(f"{W}val")


def _language(roots: dict[str, Any]) -> Iterator[str]:
    usual = roots["word/styles.xml"].find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    if usual is None or usual.get(f"{W}val") != "en-GB":
        yield "the styles do not say en-GB"
    fonts = roots["word/settings.xml"].find(f"{W}themeFontLang")
    if fonts is None or fonts.get(f"{W}val") != "en-GB":
        yield "the settings do not say en-GB"
    core = roots["docProps/core.xml"]
    dc = "{http://purl.org/dc/elements/1.1/}"
    if core.findtext(f"{dc}language") != "en-GB":
        yield "the properties do not say en-GB"
    if not (core.findtext(f"{dc}title") or "").strip():
        yield "the document has no title in its properties"


def _headings(roots: dict[str, Any]) -> Iterator[str]:
    names = style_names(roots)
    above = 0
    for paragraph in roots["word/document.xml"].iter(f"{W}p"):
        name = names.get(style_of(paragraph), "")
        if not name.startswith("heading "):
            continue
        level = int(name.removeprefix("heading "))
        if level > above + 1:
            yield f"the heading {text_of(paragraph)!r} is two levels below the one before it"
        if not text_of(paragraph).strip():
            yield "a heading says nothing"
        above = level
    if not above:
        yield "there is no heading"


def _paragraphs(document: Any) -> Iterator[str]:
    for paragraph in document.iter(f"{W}p"):
        if len(paragraph.findall(f"{W}pPr/{W}sectPr")) > 1:
            yield "a paragraph ends two sections"
        if paragraph.getparent().tag == f"{W}tc":
            continue
        ends_section = paragraph.find(f"{W}pPr/{W}sectPr") is not None
        spacing = paragraph.find(f"{W}pPr/{W}spacing")
        is_low = spacing is not None and spacing.get(f"{W}lineRule") == "exact"
        something = text_of(paragraph).strip() or paragraph.find(f".//{W}drawing") is not None
        if not something and not (ends_section or is_low):
            yield "an empty paragraph is used as space"
        if _TYPED_BULLET.match(text_of(paragraph)):
            yield f"a list is typed and not made: {text_of(paragraph)[:30]!r}"


def _tables(document: Any) -> Iterator[str]:
    for table in document.iter(f"{W}tbl"):
        properties = table.find(f"{W}tblPr")
        name = _attribute(properties, "tblCaption") or "a table"
        for each in ("tblCaption", "tblDescription"):
            if not _attribute(properties, each).strip():
                yield f"{name} has no {each}"
        after = table.getnext()
        if table.getparent().tag == f"{W}body" and (after is None or after.tag != f"{W}p"):
            yield f"{name} is not followed by a paragraph"
        look = properties.find(f"{W}tblLook")
        for each in ("firstRow", "firstColumn"):
            if look is None or look.get(W + each) != "1":
                yield f"{name} does not mark its {each}"
        rows = table.findall(f"{W}tr")
        if rows[0].find(f"{W}trPr/{W}tblHeader") is None:
            yield f"{name} does not repeat its headings"
        headings = [text_of(cell) for cell in rows[0].findall(f"{W}tc")]
        if not all(each.strip() for each in headings):
            yield f"{name} has a column without a heading"
        if len(set(headings)) < len(headings):
            yield f"{name} has two columns of the same heading"
        if list(table.iter(f"{W}gridSpan", f"{W}vMerge", f"{W}hMerge")):
            yield f"{name} has merged cells"
        if len(list(table.iter(f"{W}tbl"))) > 1:
            yield f"{name} has a table in it"
        grid = [int(each.get(f"{W}w")) for each in table.findall(f"{W}tblGrid/{W}gridCol")]
        for row in rows:
            widths = [int(each.get(f"{W}w")) for each in row.findall(f"{W}tc/{W}tcPr/{W}tcW")]
            if widths != grid:
                yield f"{name} has a row of other columns than its grid"
        for cell in table.iter(f"{W}tc"):
            if [each.tag for each in cell][-1:] != [f"{W}p"]:
                yield f"{name} has a cell without a paragraph at its end"
            if cell.find(f"{W}tcPr/{W}shd") is not None and not text_of(cell).strip():
                yield f"{name} says something by colour alone"


def _attribute(properties: Any, name: str) -> str:
    found = properties.find(W + name)
    return "" if found is None else found.get(f"{W}val", "")


def _drawings(roots: dict[str, Any]) -> Iterator[str]:
    document = roots["word/document.xml"]
    ids: list[str] = []
    for name, root in roots.items():
        if name.startswith("word/") and name.endswith(".xml"):
            for each in root.iter(f"{WP}docPr"):
                ids.append(each.get("id"))
                if not (each.get("descr") or "").strip():
                    yield f"{each.get('name')} has no alternative text"
    yield from (f"two drawings have the number {i}" for i, many in Counter(ids).items() if many > 1)
    if list(document.iter(f"{W}txbxContent")):
        yield "there is a text box"
    if list(document.iter(f"{WP}anchor")):
        yield "a drawing floats"
    if list(document.iter("{http://schemas.openxmlformats.org/drawingml/2006/picture}pic")):
        yield "there is a picture where a native chart could be"


def _package(parts: dict[str, bytes], roots: dict[str, Any]) -> Iterator[str]:
    types = roots["[Content_Types].xml"]
    known = {each.get("PartName") for each in types if each.tag.endswith("}Override")}
    endings = {each.get("Extension") for each in types if each.tag.endswith("}Default")}
    yield from (f"there is no {name}" for name in known if name.lstrip("/") not in parts)
    for name in parts:
        if name == "[Content_Types].xml":
            continue
        if f"/{name}" not in known and name.rpartition(".")[2] not in endings:
            yield f"{name} has no content type"
    for name, root in roots.items():
        if not name.endswith(".rels"):
            continue
        owner = name.replace("_rels/", "").removesuffix(".rels")
        ids = []
        for each in root:
            ids.append(each.get("Id"))
            target = posixpath.normpath(
                posixpath.join("/", posixpath.dirname(owner), each.get("Target"))
            )
            if each.get("TargetMode") != "External" and target.lstrip("/") not in parts:
                yield f"a relation of {owner} leads to {target}, which is not there"
        used = set()
        if owner in roots:
            used = {
                value
                for element in roots[owner].iter()
                for key, value in element.attrib.items()
                if key.startswith(R)
            }
        yield from (f"{owner} names {each}, which is no relation" for each in used - set(ids))
    for name, root in roots.items():
        if name.startswith("word/") and name.endswith(".xml"):
            relations = f"{posixpath.dirname(name)}/_rels/{posixpath.basename(name)}.rels"
            named = any(key.startswith(R) for each in root.iter() for key in each.attrib)
            if named and relations not in parts:
                yield f"{name} names relations and has none"


def _orders(roots: dict[str, Any]) -> Iterator[str]:
    for name, root in roots.items():
        for element in root.iter(*_ORDERS):
            order = _ORDERS[element.tag].split()
            found = [etree.QName(child).localname for child in element]
            unknown = [each for each in found if each not in order]
            places = [order.index(each) for each in found if each in order]
            if unknown or places != sorted(places):
                yield f"{name}: the children of {etree.QName(element).localname} are {found}"


def _style_ids(roots: dict[str, Any]) -> Iterator[str]:
    """Styles that are named and are not there. Word takes another, and says nothing."""
    styles = roots["word/styles.xml"]
    known = {each.get(f"{W}styleId") for each in styles.findall(f"{W}style")}
    lists = roots.get("word/numbering.xml")
    links = list(styles.iter(f"{W}basedOn", f"{W}next", f"{W}link"))
    used = list(roots["word/document.xml"].iter(f"{W}pStyle", f"{W}tblStyle"))
    if lists is not None:
        linked = list(lists.iter(f"{W}pStyle"))
        used += linked
        if len({each.get(f"{W}val") for each in linked}) < len(linked):
            yield "two kinds of lists are linked to one style"
    for each in links + used:
        if each.get(f"{W}val") not in known:
            yield f"{each.get(f'{W}val')} is no style"
    numbers = (
        set() if lists is None else {each.get(f"{W}numId") for each in lists.findall(f"{W}num")}
    )
    for each in (*styles.iter(f"{W}numId"), *roots["word/document.xml"].iter(f"{W}numId")):
        if each.get(f"{W}val") not in numbers | {"0"}:
            yield f"{each.get(f'{W}val')} is no list"
