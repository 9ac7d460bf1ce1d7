"""New pieces of XML, put into a part where Excel wants them and written as the part is.

    put_in_order(markup, {"cols": b"<cols>...</cols>"}, SHEET_ORDER)

Excel opens no part whose elements stand in another order than its schema's, and asks to repair it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agsxl.excel.markup import Markup, Node


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SHEET_ORDER = _words("""
    sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection
    protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr
    conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter
    rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing
    legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst
""")
WORKBOOK_ORDER = _words("""
    fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups
    externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr
    smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst
""")
STYLES_ORDER = _words("""
    numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst
""")
_TAG = re.compile(rb"<(/?)(?=[A-Za-z_])")


def put_in_order(markup: Markup, new: Mapping[str, bytes], order: Sequence[str]) -> None:
    """Put elements, by their names and written without a prefix, into the root where they belong.

    All that are put into a part are put in one go: two of them may belong in the same place.
    """
    for name in sorted(new, key=order.index):
        fragment = prefixed(new[name], markup.root)
        later = (c for c in markup.root.children if _rank(c, order) > order.index(name))
        child = next(later, None)
        if child is None:
            markup.append(markup.root, fragment)
        else:
            markup.insert_before(child, fragment)


def prefixed(fragment: bytes, like: Node) -> bytes:
    """A fragment with the prefix of an element before each of its names.

    >>> from agsxl.excel.markup import Markup
    >>> root = Markup(b'<x:sheets xmlns:x="main"/>', "xl/workbook.xml").root
    >>> prefixed(b'<sheet name="Plan"/>', root)
    b'<x:sheet name="Plan"/>'
    """
    if not like.prefix:
        return fragment
    return _TAG.sub(rb"<\1" + like.prefix + b":", fragment)


def _rank(child: Node, order: Sequence[str]) -> int:
    """Where a child belongs. A choice between program versions belongs where its contents do."""
    for node in child.all():
        if node.name in order:
            return order.index(node.name)
    return -1
