"""What XlsxWriter leaves unsaid of a workbook: its language, and what a chart takes for granted.

    finished(package)  # the bytes of an .xlsx

Programs differ in what they suppose where a chart says nothing: some round its corners, hide its
axes, bend its lines or write the name of a series at every figure. What is written here says it all,
so that a chart looks the same in Excel, in LibreOffice, and in a Word document that it is lifted into.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

LANGUAGE: Final = "en-GB"
_CORE = "docProps/core.xml"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_FLAGS = ("LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize")
_AXES = ("catAx", "valAx", "dateAx")

# (parent, element, value, and what may stand before it there), in the order of the schema.
_SAID: Final = (
    ("chartSpace", "roundedCorners", "0", ("date1904", "lang")),
    ("chart", "autoTitleDeleted", "0", ("title",)),
    ("title", "overlay", "0", ("tx", "layout")),
    ("legend", "overlay", "0", ("legendPos", "legendEntry", "layout")),
    ("barChart", "varyColors", "0", ("barDir", "grouping")),
    ("scatterChart", "varyColors", "0", ("scatterStyle",)),
    *((axis, "delete", "0", ("axId", "scaling")) for axis in _AXES),
    ("chart", "dispBlanksAs", "gap", ("title", "autoTitleDeleted", "plotArea", "legend", "plotVisOnly")),
)  # fmt: skip


def finished(package: bytes) -> bytes:
    """A workbook that says its language and draws its charts alike everywhere.

    >>> finished(made_by_xlsxwriter)[:2]  # doctest: +SKIP
    b'PK'

    All other parts stay as they are, in their order and with their times.
    """
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == _CORE:
                data = _with_language(data)
            elif entry.filename.startswith("xl/charts/chart"):
                data = spelt_out(data)
            new.writestr(entry, data)
    return written.getvalue()


def _with_language(core: bytes) -> bytes:
    place = b"<dcterms:created"
    return core.replace(place, f"<dc:language>{LANGUAGE}</dc:language>".encode() + place, 1)


def spelt_out(chart: bytes) -> bytes:
    """A chart's part in which nothing is left to be supposed.

    >>> spelt_out(package.read("xl/charts/chart1.xml"))  # doctest: +SKIP
    """
    from lxml import etree

    root = etree.fromstring(chart)
    for lang in root.iter(f"{_C}lang"):
        lang.set("val", LANGUAGE)
    for parent, tag, value, before in _SAID:
        for element in root.iter(_C + parent):
            if element.find(_C + tag) is None:
                _insert(element, tag, value, before)
    for series in root.iterfind(f".//{_C}scatterChart/{_C}ser"):
        etree.SubElement(series, f"{_C}smooth").set("val", "0")
    for labels in [*root.iter(f"{_C}dLbls", f"{_C}dLbl")]:
        if labels.find(f"{_C}delete") is None:
            _show_only_what_is_asked(labels)
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made


def _insert(parent: Any, tag: str, value: str, before: tuple[str, ...]) -> Any:
    """Put an element into its parent, behind all that may stand before it."""
    names = {_C + name for name in before}
    place = max((n for n, child in enumerate(parent, 1) if child.tag in names), default=0)
    element = parent.makeelement(_C + tag, {"val": value})
    parent.insert(place, element)
    return element


def _show_only_what_is_asked(labels: Any) -> None:
    before = ["idx", "layout", "tx", "dLbl", "numFmt", "spPr", "txPr", "dLblPos"]
    for flag in _FLAGS:
        tag = f"show{flag}"
        if labels.find(_C + tag) is None:
            _insert(labels, tag, "0", tuple(before))
        before.append(tag)
