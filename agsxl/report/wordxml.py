"""Text as WordprocessingML, and small steps in its trees, for what makes Word documents.

    runs("a<b")                                  # '<w:r><w:t xml:space="preserve">a&lt;b</w:t></w:r>'
    parsed("<w:p/>")[0]                          # an element of python-docx
    insert_before(properties, element, ("sz",))  # where Word's schema wants it

Word takes a document whose elements stand in another order than the schema's for a damaged one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from agsxl.report.sheets import writable

NAMESPACES: Final[Mapping[str, str]] = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
}
W: Final = f"{{{NAMESPACES['w']}}}"

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
# From one right-to-left letter to another, with what stands between them and is no letter.
_STRETCH = re.compile(rf"([{_RIGHT_TO_LEFT}](?:[^\n\tA-Za-z0-9]*[{_RIGHT_TO_LEFT}])*)")
_DIRECTED = re.compile(rf"[A-Za-z{_RIGHT_TO_LEFT}]")


def runs(text: str, *, bold: bool = False) -> str:
    """A text as runs of Word, exactly as typed.

    >>> runs("a<b")
    '<w:r><w:t xml:space="preserve">a&lt;b</w:t></w:r>'

    Characters that XML forbids are dropped. Letters that are written from right to left say so.
    """
    text = writable(text)
    looks = "<w:b/><w:bCs/>" if bold else ""
    if text.isascii():
        return _one_run(text, looks)
    stretches = enumerate(_STRETCH.split(text))
    return "".join(
        _one_run(each, looks + ("<w:rtl/>" if number % 2 else ""))
        for number, each in stretches
        if each
    )


def _one_run(text: str, looks: str) -> str:
    letters = f"<w:rPr>{looks}</w:rPr>" if looks else ""
    return f"<w:r>{letters}{inside(text)}</w:r>"


def inside(text: str) -> str:
    r"""A text as what stands in one run: ``inside("a\nb")`` has a line break between two texts."""
    nodes = []
    for part in re.split(r"([\n\t])", text):
        if part == "\n":
            nodes.append("<w:br/>")
        elif part == "\t":
            nodes.append("<w:tab/>")
        elif part:
            nodes.append(f'<w:t xml:space="preserve">{escape(part)}</w:t>')
    return "".join(nodes)


def is_right_to_left(text: str) -> bool:
    """Whether the first letter of a text is one that is written from right to left."""
    found = None if text.isascii() else _DIRECTED.search(text)
    return found is not None and not found[0].isascii()


_OPENING = "<w:body {}>".format(
    " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
)


def parsed(xml: str) -> Any:
    """The elements of a piece of XML whose namespaces are not declared in it."""
    from docx.oxml import parse_xml

    return parse_xml(f"{_OPENING}{xml}</w:body>")


def insert_before(parent: Any, element: Any, followers: Sequence[str]) -> None:
    """Put an element in front of the first that has to follow it, by name in any namespace."""
    for each in parent:
        if isinstance(each.tag, str) and each.tag.rpartition("}")[2] in followers:
            each.addprevious(element)
            return
    parent.append(element)


def measure(element: Any, name: str, usual: int) -> int:
    """A measure of an element, or what is usual where it has none that can be read."""
    if element is None:
        return usual
    try:
        return int(float(element.get(W + name, usual)))
    except ValueError:
        return usual


def value(element: Any, name: str) -> str:
    """The ``w:val`` of a child, or ""."""
    child = element.find(W + name)
    return "" if child is None else str(child.get(f"{W}val", ""))


def attribute(text: str) -> str:
    """A text as the value of an attribute, quotes and all; line breaks become spaces.

    >>> attribute('a "b"')
    '\'a "b"\''
    """
    return quoteattr(" ".join(writable(text).split()))
