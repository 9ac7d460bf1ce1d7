"""Formats of one workbook taken over into another, whose own keep their places.

    adopted = Adopted(target_styles, source_styles)     # two styles.xml, as Markup
    adopted.place(3)         # 41: where a cell of the target finds the look of format 3 of the source
    adopted.result()         # the target's part, with what it did not have added at its ends

A cell names its format by its place in a list, and so do formats name their fonts, fills and borders.
So nothing is ever moved or changed: what the target has already is used, the rest is added at the end.
"""

from __future__ import annotations

from agsxl.excel.fragments import STYLES_ORDER, prefixed, put_in_order
from agsxl.excel.markup import Markup, Node, with_attributes

_LISTS = ("numFmts", "fonts", "fills", "borders", "cellXfs")  # in the order of the part
_USED = (
    ("fonts", "fontId", "applyFont"),
    ("fills", "fillId", "applyFill"),
    ("borders", "borderId", "applyBorder"),
)
_FIRST_OWN_NUMBER = 164  # the ways to show a number that come before it are built in
# What Excel takes for granted at the head of a list that a workbook does not have at all.
_HEADS = {
    "fonts": b'<font><sz val="11"/><name val="Calibri"/></font>',
    "fills": b'<fill><patternFill patternType="none"/></fill>'
    b'<fill><patternFill patternType="gray125"/></fill>',
    "borders": b"<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellXfs": b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
}


class Adopted:
    """The formats that cells of one workbook need in another."""

    def __init__(self, target: Markup, source: Markup) -> None:
        self._target = target
        self._source = source
        self._lists = {name: _List(target, name) for name in _LISTS}
        self._formats = _children(source, "cellXfs")
        self._codes = {
            node.get("numFmtId"): node.get("formatCode") for node in _children(source, "numFmts")
        }
        self._places: dict[int, int] = {}

    def place(self, style: int) -> int:
        """Where the target has format ``style`` of the source, added if need be."""
        if style not in self._places:
            self._places[style] = self._adopt(self._formats[style])
        return self._places[style]

    def result(self) -> bytes:
        """The target's part; the very same bytes where nothing had to be added."""
        missing = {name: each.whole() for name, each in self._lists.items() if each.is_missing}
        put_in_order(self._target, missing, STYLES_ORDER)
        for each in self._lists.values():
            each.extend()
        return self._target.result()

    def _adopt(self, own: Node) -> int:
        has_named_formats = self._target.root.find("cellStyleXfs") is not None
        attributes: dict[str, str | None] = {
            "numFmtId": self._number(own.get("numFmtId", "0")),
            "applyNumberFormat": "1",
            "xfId": "0" if has_named_formats else None,
        }
        for name, what, applied in _USED:
            used = _children(self._source, name)[int(own.get(what, "0"))]
            raw = self._source.data[used.start : used.end]
            attributes[what] = str(self._lists[name].place(raw))
            # Without it LibreOffice takes the target's standard, which is not the source's.
            attributes[applied] = "1"
        head = own.end if own.empty else own.inner
        tag = with_attributes(self._source.data[own.start : head], attributes)
        return self._lists["cellXfs"].place(tag + self._source.data[head : own.end])

    def _number(self, identity: str) -> str:
        """The number by which the target knows a way to show a value."""
        if int(identity) < _FIRST_OWN_NUMBER:
            return identity
        code = self._codes[identity]
        known = self._lists["numFmts"]
        for node in known.nodes:
            if node.get("formatCode") == code:
                return node.get("numFmtId")
        taken = [int(node.get("numFmtId", "0")) for node in known.nodes]
        free = str(max([_FIRST_OWN_NUMBER - 1, *taken]) + 1)
        known.place(with_attributes(b"<numFmt/>", {"numFmtId": free, "formatCode": code}))
        return free


class _List:
    """One of the lists of styles.xml: what is there, and what is added at its end."""

    def __init__(self, target: Markup, name: str) -> None:
        self._target = target
        self._name = name
        self._node = target.root.find(name)
        self._added: list[bytes] = []
        self.nodes = list(_children(target, name))
        if self._node is None and name in _HEADS:
            self._added.append(_HEADS[name])
            self.nodes += _parsed(_HEADS[name])
        self._known: dict[object, int] = {}
        for place, node in enumerate(self.nodes):
            self._known.setdefault(_likeness(node), place)

    def place(self, raw: bytes) -> int:
        """Where this element, written without a prefix, stands in the list; added if need be."""
        node = _parsed(raw)[0]
        likeness = _likeness(node)
        if likeness not in self._known:
            self._known[likeness] = len(self.nodes)
            self.nodes.append(node)
            self._added.append(raw)
        return self._known[likeness]

    @property
    def is_missing(self) -> bool:
        """Whether the part has no such list, and now needs one."""
        return self._node is None and bool(self._added)

    def whole(self) -> bytes:
        """The list as it is written where the part has none."""
        name = self._name.encode()
        return b'<%s count="%d">%s</%s>' % (name, len(self.nodes), b"".join(self._added), name)

    def extend(self) -> None:
        """Put what was added behind what the part's list has."""
        if self._node is not None and self._added:
            added = prefixed(b"".join(self._added), self._target.root)
            self._target.append(self._node, added)
            self._target.set(self._node, count=str(len(self.nodes)))


def _children(markup: Markup, name: str) -> list[Node]:
    node = markup.root.find(name)
    return [] if node is None else node.children


def _parsed(raw: bytes) -> list[Node]:
    return Markup(b"<list>" + raw + b"</list>", "xl/styles.xml").root.children


def _likeness(node: Node) -> object:
    """What makes two elements the same: names, attributes and children, in whatever order."""
    children = sorted((_likeness(child) for child in node.children), key=repr)
    return node.name, tuple(sorted(node.attributes.items())), tuple(children)
