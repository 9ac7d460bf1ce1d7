"""The Word template of the committee pack, made from text: ``templates/pack/pack.docx``.

    template_bytes()[:2]                      # b'PK'
    python -m agsxl.report.wordtemplate       writes the file that travels with agsxl

An officer may restyle that file in Word: fonts, colours, a logo, a cover, the order of the marks
(docs/pack-template.md). What a restyled file has lost is taken from here. The bytes never change
by themselves: the package is not compressed, because two computers may compress differently.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

from agsxl.resources import resource

# What agsxl fills in, written {{title}} in the template. The last two each take whole paragraphs.
MARKS = ("title", "subtitle", "council", "date", "about", "pack")

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a package can hold
_FONT = "Arial"
_INK = "1F3864"  # of titles, headings and table headings, as in agsxl's workbooks
_RULE = "8E99AB"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"


class _Style(NamedTuple):
    """A paragraph style. Sizes are half points, spaces twentieths of a point, as Word counts."""

    id: str
    name: str
    next: str
    paragraph: str  # children of w:pPr, in Word's order
    letters: str = ""  # children of w:rPr, in Word's order


def _spaced(before: int, after: int, line: int = 259) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>'


def _sized(half_points: int, *, bold: bool = False, colour: str = "") -> str:
    return (
        ("<w:b/><w:bCs/>" if bold else "")
        + (f'<w:color w:val="{colour}"/>' if colour else "")
        + f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    )


_STYLES = (
    _Style("Title", "Title", "Subtitle", "<w:keepNext/>" + _spaced(0, 60, 240),
           _sized(48, bold=True, colour=_INK)),
    _Style("Subtitle", "Subtitle", "BodyText", "<w:keepNext/>" + _spaced(0, 200, 240),
           _sized(30, colour=_INK)),
    _Style("Heading1", "heading 1", "BodyText",
           "<w:keepNext/><w:keepLines/>" + _spaced(360, 120, 240) + '<w:outlineLvl w:val="0"/>',
           _sized(34, bold=True, colour=_INK)),
    _Style("BodyText", "Body Text", "BodyText", _spaced(0, 140)),
    _Style("ListBullet", "List Bullet", "ListBullet",
           '<w:numPr><w:numId w:val="1"/></w:numPr>' + _spaced(0, 100)),
    _Style("Caption", "caption", "BodyText", "<w:keepNext/><w:keepLines/>" + _spaced(160, 80, 240),
           _sized(22, bold=True, colour=_INK)),
    _Style("PackAbout", "Pack about", "PackAbout",
           '<w:tabs><w:tab w:val="left" w:pos="2552"/></w:tabs>' + _spaced(0, 60)
           + '<w:ind w:left="2552" w:hanging="2552"/>'),
    _Style("PackNote", "Pack note", "BodyText",
           f'<w:keepLines/><w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="{_INK}"/></w:pBdr>'
           + _spaced(120, 160) + '<w:ind w:left="227"/>'),
    _Style("PackCell", "Pack cell", "PackCell", _spaced(20, 20, 240), _sized(20)),
    _Style("Header", "header", "Header", _spaced(0, 0, 240), _sized(20, colour="404040")),
    _Style("Footer", "footer", "Footer", _spaced(0, 0, 240) + '<w:jc w:val="right"/>',
           _sized(20, colour="404040")),
)  # fmt: skip
TABLE_STYLE = "Pack table"


def template_bytes() -> bytes:
    """The template's bytes, the same on every computer.

    >>> template_bytes()[:2]
    b'PK'
    """
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            ("officeDocument", "word/document.xml"), ("extended-properties", "docProps/app.xml"),
            ("core", "docProps/core.xml"),
        ),
        "docProps/app.xml": _HEAD + '<Properties xmlns="http://schemas.openxmlformats.org/'
        'officeDocument/2006/extended-properties"><Application>agsxl</Application></Properties>',
        "docProps/core.xml": _core(),
        "word/document.xml": _document(),
        "word/_rels/document.xml.rels": _relations(
            ("styles", "styles.xml"), ("settings", "settings.xml"), ("numbering", "numbering.xml"),
            ("header", "header1.xml"), ("footer", "footer1.xml"),
            ("fontTable", "fontTable.xml"), ("theme", "theme/theme1.xml"),
        ),
        "word/styles.xml": _styles(),
        "word/settings.xml": _settings(),
        "word/numbering.xml": _numbering(),
        "word/fontTable.xml": _part(
            "fonts", f'<w:font w:name="{_FONT}"><w:charset w:val="00"/><w:family w:val="swiss"/></w:font>'
        ),
        "word/theme/theme1.xml": _theme(),
        "word/header1.xml": _part("hdr", _paragraph("Header", "{{title}}")),
        "word/footer1.xml": _part("ftr", _footer()),
    }  # fmt: skip
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system = 0  # else the bytes say which computer made them
            package.writestr(entry, text.encode("utf-8"))
    return buffer.getvalue()


def _document() -> str:
    body = "".join(
        (
            _paragraph("PackAbout", "{{council}}"),
            _paragraph("Title", "{{title}}"),
            _paragraph("Subtitle", "{{subtitle}}"),
            _paragraph("PackAbout", "{{about}}"),
            _paragraph("BodyText", "{{pack}}"),
        )
    )
    # A4 in twentieths of a point, 2 cm around.
    page = (
        f'<w:sectPr><w:headerReference w:type="default" r:id="rId4" xmlns:r="{_R}"/>'
        f'<w:footerReference w:type="default" r:id="rId5" xmlns:r="{_R}"/>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1247" w:right="1134" w:bottom="1134" '
        'w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )
    return _part("document", f"<w:body>{body}{page}</w:body>")


def _part(root: str, inside: str) -> str:
    return f'{_HEAD}<w:{root} xmlns:w="{_W}">{inside}</w:{root}>'


def _paragraph(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{_run(text)}</w:p>'


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def _footer() -> str:
    """The page's number, kept by Word itself. It stands at the right edge of both kinds of page:

    a tab stop would be right on one of them only.
    """
    number, of = (
        f'<w:fldSimple w:instr=" {field} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        for field in ("PAGE", "NUMPAGES")
    )
    return (
        f'<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{_run("{{date}} | Page ")}{number}'
        f"{_run(' of ')}{of}</w:p>"
    )


def _styles() -> str:
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{_FONT}" w:eastAsia="{_FONT}" '
        f'w:hAnsi="{_FONT}" w:cs="{_FONT}"/><w:sz w:val="24"/><w:szCs w:val="24"/>'
        '<w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    usual = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        "<w:qFormat/></w:style>"
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
        '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "</w:style>"
    )
    return _part("styles", defaults + usual + "".join(map(_style, _STYLES)) + _table_style())


def _style(style: _Style) -> str:
    own = ' w:customStyle="1"' if style.name.startswith("Pack") else ""
    letters = f"<w:rPr>{style.letters}</w:rPr>" if style.letters else ""
    return (
        f'<w:style w:type="paragraph"{own} w:styleId="{style.id}"><w:name w:val="{style.name}"/>'
        f'<w:basedOn w:val="Normal"/><w:next w:val="{style.next}"/><w:qFormat/>'
        f"<w:pPr>{style.paragraph}</w:pPr>{letters}</w:style>"
    )


def _table_style() -> str:
    """A table with a dark row of headings, thin rules between the rows, and a bold first column."""
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    bold = "<w:rPr><w:b/><w:bCs/></w:rPr>"
    return (
        f'<w:style w:type="table" w:customStyle="1" w:styleId="PackTable"><w:name w:val="{TABLE_STYLE}"/>'
        '<w:basedOn w:val="TableNormal"/><w:qFormat/>'
        f"<w:tblPr><w:tblBorders>{lines}</w:tblBorders><w:tblCellMar>"
        '<w:top w:w="28" w:type="dxa"/><w:left w:w="85" w:type="dxa"/>'
        '<w:bottom w:w="28" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/><w:color w:val="FFFFFF"/></w:rPr>'
        f'<w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{_INK}"/></w:tcPr></w:tblStylePr>'
        f'<w:tblStylePr w:type="lastRow">{bold}<w:tcPr><w:tcBorders><w:top w:val="single" w:sz="12" '
        f'w:space="0" w:color="{_INK}"/></w:tcBorders></w:tcPr></w:tblStylePr>'
        f'<w:tblStylePr w:type="firstCol">{bold}</w:tblStylePr></w:style>'
    )


def _numbering() -> str:
    return _part(
        "numbering",
        '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/>'
        '<w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="397" w:hanging="397"/></w:pPr>'
        f'<w:rPr><w:rFonts w:ascii="{_FONT}" w:hAnsi="{_FONT}" w:cs="{_FONT}"/></w:rPr></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
    )


def _settings() -> str:
    return _part(
        "settings",
        '<w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:compat>'
        '<w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="en-GB"/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/>',
    )


def _theme() -> str:
    """What Word's window offers first as colours and fonts; a theme has to have all of these."""
    colours = {
        "dk1": "000000", "lt1": "FFFFFF", "dk2": _INK, "lt2": "E7ECF4", "accent1": _INK,
        "accent2": "7F1010", "accent3": "3A9A5B", "accent4": "C27F00", "accent5": "1C3B73",
        "accent6": "8C8C8C", "hlink": "0B4F9E", "folHlink": "6A3D9A",
    }  # fmt: skip
    named = "".join(
        f'<a:{name}><a:srgbClr val="{colour}"/></a:{name}>' for name, colour in colours.items()
    )
    font = f'<a:latin typeface="{_FONT}"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line = f'<a:ln w="9525">{fill}<a:prstDash val="solid"/></a:ln>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        f'{_HEAD}<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f'name="Pack"><a:themeElements><a:clrScheme name="Pack">{named}</a:clrScheme>'
        f'<a:fontScheme name="Pack"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont>'
        f'</a:fontScheme><a:fmtScheme name="Pack"><a:fillStyleLst>{fill * 3}</a:fillStyleLst>'
        f"<a:lnStyleLst>{line * 3}</a:lnStyleLst><a:effectStyleLst>{effect * 3}</a:effectStyleLst>"
        f"<a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )


def _core() -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Template of the committee pack'
        "</dc:title><dc:creator>agsxl</dc:creator><dc:language>en-GB</dc:language></cp:coreProperties>"
    )


def _relations(*leads: tuple[str, str]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{_relation(kind)}" Target="{target}"/>'
        for number, (kind, target) in enumerate(leads, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _relation(kind: str) -> str:
    if kind == "core":
        return f"{_PACKAGE}/relationships/metadata/core-properties"
    return f"{_R}/{kind}"


def _content_types() -> str:
    parts = {
        "word/document.xml": f"{_TYPES}.document.main+xml",
        "word/styles.xml": f"{_TYPES}.styles+xml",
        "word/settings.xml": f"{_TYPES}.settings+xml",
        "word/numbering.xml": f"{_TYPES}.numbering+xml",
        "word/fontTable.xml": f"{_TYPES}.fontTable+xml",
        "word/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
        "word/header1.xml": f"{_TYPES}.header+xml",
        "word/footer1.xml": f"{_TYPES}.footer+xml",
        "docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in parts.items()
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _main() -> None:
    place: Path = resource("templates", "pack/pack.docx")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(template_bytes())
    print(place)


if __name__ == "__main__":
    _main()
