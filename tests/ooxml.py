"""Packages put together from text, for the odd ways in which programs write workbooks."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

TYPES = {
    "xml": "application/xml",
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "bin": "application/vnd.ms-excel.printerSettings",
}
KINDS = {
    "xl/workbook.xml": "sheet.main",
    "xl/styles.xml": "styles",
    "xl/sharedStrings.xml": "sharedStrings",
    "xl/calcChain.xml": "calcChain",
    "xl/worksheets/": "worksheet",
    "xl/tables/": "table",
    "xl/charts/": "chart",
    "xl/pivotTables/": "pivotTable",
}

# Formats 0 to 6: plain, a date, a moment, a date on yellow, yellow, unlocked, a date in bold.
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy;@"/>
<numFmt numFmtId="165" formatCode="dd/mm/yyyy\\ hh:mm"/></numFmts>
<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>
<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFFFFF00"/></patternFill></fill></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="7"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" applyNumberFormat="1"/>
<xf numFmtId="14" fontId="0" fillId="2" borderId="0" applyNumberFormat="1"/>
<xf numFmtId="0" fontId="0" fillId="2" borderId="0"/>
<xf numFmtId="0" fontId="0" fillId="0" borderId="0"><protection locked="0"/></xf>
<xf numFmtId="14" fontId="1" fillId="0" borderId="0" applyNumberFormat="1"/></cellXfs></styleSheet>"""


def worksheet(rows: str, *, before: str = "", after: str = "", root: str = "") -> str:
    """A worksheet with the given rows, and what stands before and after them."""
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}"{root}>{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    )


def make(
    path: Path,
    sheets: Mapping[str, str | bytes],
    *,
    parts: Mapping[str, str | bytes] | None = None,
    links: Mapping[str, Mapping[str, str]] | None = None,
    names: str = "",
    calc: str = "",
    properties: str = "",
    styles: str = STYLES,
) -> Path:
    """A workbook of the given sheets (name to XML) and other parts.

    ``links`` gives relations: by the part that has them, the part they lead to and their kind.
    """
    every: dict[str, str | bytes] = {}
    related: dict[str, dict[str, str]] = {"": {"xl/workbook.xml": "officeDocument"}}
    book = related.setdefault("xl/workbook.xml", {})
    tabs = []
    for number, (name, xml) in enumerate(sheets.items(), 1):
        part = f"xl/worksheets/sheet{number}.xml"
        every[part] = xml
        book[part] = "worksheet"
        tabs.append(f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>')
    if styles:
        every["xl/styles.xml"] = styles
        book["xl/styles.xml"] = "styles"
    every["xl/workbook.xml"] = (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{properties}<sheets>{"".join(tabs)}</sheets>'
        f"{names}{calc}</workbook>"
    )
    every.update(parts or {})
    for name in parts or {}:
        for kind in ("sharedStrings", "calcChain"):
            if name == f"xl/{kind}.xml":
                book[name] = kind
    for part, targets in (links or {}).items():
        related.setdefault(part, {}).update(targets)
    for part, targets in related.items():
        folder, _, file = part.rpartition("/")
        entries = "".join(
            f'<Relationship Id="rId{n}" Type="{LINKS}/{kind}" Target="/{target}"/>'
            for n, (target, kind) in enumerate(targets.items(), 1)
        )
        every[f"{folder}/_rels/{file}.rels".lstrip("/")] = (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f"{entries}</Relationships>"
        )
    every = {"[Content_Types].xml": _content_types(every), **every}
    return write_zip(path, every)


def _content_types(parts: Mapping[str, str | bytes]) -> str:
    defaults = "".join(f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in TYPES.items())
    overrides = "".join(
        f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.'
        f'{"drawingml" if kind == "chart" else "spreadsheetml"}.{kind}+xml"/>'
        for part in parts
        for start, kind in KINDS.items()
        if part.startswith(start) and part.endswith(".xml") and "_rels" not in part
    )
    return (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f"{defaults}{overrides}</Types>"
    )


def write_zip(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A zip file of parts as they are given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return path


def read_parts(path: Path) -> dict[str, bytes]:
    """All parts of a package, unpacked, in their order."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed_parts(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """All parts as they are stored: method, checksum, and the digest of the compressed bytes."""
    found = {}
    with zipfile.ZipFile(path) as package, path.open("rb") as file:
        for entry in package.infolist():
            file.seek(entry.header_offset + 26)
            lengths = file.read(4)
            skip = int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
            file.seek(skip, 1)
            data = hashlib.sha256(file.read(entry.compress_size)).digest()
            found[entry.filename] = (entry.compress_type, entry.CRC, data)
    return found


def changed_parts(before: Path, after: Path) -> set[str]:
    """The parts that are not stored as the same bytes in both, or are only in one."""
    old, new = packed_parts(before), packed_parts(after)
    assert [name for name in new if name in old] == [name for name in old if name in new]
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
