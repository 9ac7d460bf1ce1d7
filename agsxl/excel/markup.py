"""A part's XML, changed by splicing bytes: what is not asked for is not touched.

    markup = Markup(b'<table ref="A1:C9"><autoFilter ref="A1:C9"/></table>', "xl/tables/table1.xml")
    markup.set(markup.root, ref="A1:C12")
    markup.result()          # b'<table ref="A1:C12"><autoFilter ref="A1:C9"/></table>'

A real parser (expat) says where each element begins and ends in the bytes; changes are collected and
put in at the end. So comments, prefixes, the order of attributes, and extensions that nobody knows
stay as they were written, which no tree that is written out again can promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from agsxl.errors import SourceError

MAIN = frozenset(
    (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",  # the Strict kind
    )
)
_TAG = re.compile(rb"""<[^<>"'\s/]+(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
_TAG_NAME = re.compile(rb"""<([^<>"'\s/]+)""")
ATTRIBUTE = re.compile(rb"""\s+([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_REFERENCE = re.compile(r"&(#[xX][0-9A-Fa-f]+|#\d+|amp|lt|gt|quot|apos);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_BOM = b"\xef\xbb\xbf"


class Node:
    """An element: its names and attributes, its children, and where it stands in the bytes.

    ``start`` and ``end`` are the bytes of the whole element, ``inner`` and ``close`` those of what it
    holds. An attribute with a namespace is called ``{namespace}name``.
    """

    __slots__ = (
        "attributes",
        "children",
        "close",
        "empty",
        "end",
        "inner",
        "name",
        "parent",
        "prefix",
        "space",
        "start",
        "text",
    )

    def __init__(self, parent: Node | None, space: str, name: str) -> None:
        self.parent = parent
        self.space = space
        self.name = name
        self.prefix = b""
        self.attributes: dict[str, str] = {}
        self.children: list[Node] = []
        self.text = ""
        self.start = self.inner = self.close = self.end = 0
        self.empty = False

    def get(self, attribute: str, default: str = "") -> str:
        """The value of an attribute: ``node.get("ref")``."""
        return self.attributes.get(attribute, default)

    def flag(self, attribute: str, default: bool = False) -> bool:
        """An attribute that is true or false, however it is spelt."""
        value = self.attributes.get(attribute)
        return default if value is None else value.strip() in ("1", "true", "on")

    def find(self, name: str) -> Node | None:
        """The first child of this name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, *names: str) -> Iterator[Node]:
        """The element itself and all below it, in order; only those of the names, where any is given."""
        if not names or self.name in names:
            yield self
        for child in self.children:
            yield from child.all(*names)


class Markup:
    """The bytes of a part, its elements, and the changes asked for so far.

    Raises SourceError where the XML is damaged, or declares a document type (entities).
    """

    def __init__(self, data: bytes, part: str, file: str = "") -> None:
        self.data = as_utf8(data)
        self.part = part
        self._file = file  # only to be named where the part is damaged
        self._attributes: dict[Node, dict[str, str | None]] = {}
        self._texts: dict[Node, str] = {}
        self._splices: list[tuple[int, int, int, bytes]] = []
        self.root = self._parse()

    def set(self, node: Node, **attributes: str | None) -> None:
        """Give attributes (without a namespace) new values; None takes one away."""
        self._attributes.setdefault(node, {}).update(attributes)

    def now(self, node: Node, attribute: str) -> str:
        """The value of an attribute with what was set so far, "" where there is none."""
        changed = self._attributes.get(node, {})
        return (changed[attribute] if attribute in changed else node.get(attribute)) or ""

    def text_now(self, node: Node) -> str:
        """The text of an element with what was set so far."""
        return self._texts.get(node, node.text)

    def replace(self, node: Node, new: bytes) -> None:
        """Put other bytes in place of an element; ``b""`` takes it away."""
        self._splice(node.start, node.end, new)

    def replace_text(self, node: Node, text: str) -> None:
        """Give an element without children another text."""
        self._texts[node] = text

    def insert_before(self, node: Node, new: bytes) -> None:
        """Put bytes before an element."""
        self._splice(node.start, node.start, new)

    def append(self, node: Node, new: bytes) -> None:
        """Put bytes behind the last child of an element."""
        if not node.empty:
            self._splice(node.close, node.close, new)
            return
        tag = self.data[node.start : node.end]
        name = re.match(rb"<([^\s/>]+)", tag)
        assert name is not None
        self._splice(node.start, node.end, tag[:-2].rstrip() + b">" + new + b"</" + name[1] + b">")

    def tag(self, like: Node, name: str) -> bytes:
        """The name of a new element as it is written beside another: b"x:calcPr"."""
        return (like.prefix + b":" if like.prefix else b"") + name.encode()

    def result(self) -> bytes:
        """The bytes with all changes; the very same bytes where there is none."""
        splices = list(self._splices)
        for node, attributes in self._attributes.items():
            end = node.end if node.empty else node.inner
            tag = with_attributes(self.data[node.start : end], attributes)
            whole = next(
                (i for i, s in enumerate(splices) if s[:2] == (node.start, node.end)), None
            )
            if node.empty and whole is not None:  # something was appended to it as well
                tail = splices[whole][3][len(self.data[node.start : end][:-2].rstrip()) :]
                splices[whole] = (*splices[whole][:3], tag[:-2].rstrip() + tail)
            else:
                splices.append((node.start, end, len(splices), tag))
        for node, text in self._texts.items():
            splices.append((node.inner, node.close, len(splices), escape(text).encode()))
        pieces, at = [], 0
        for start, end, _, new in sorted(splices):
            if start < at:
                raise AssertionError(f"two changes of {self.part} overlap")
            pieces += [self.data[at:start], new]
            at = end
        return b"".join((*pieces, self.data[at:]))

    def _splice(self, start: int, end: int, new: bytes) -> None:
        self._splices.append((start, end, len(self._splices), new))

    def _parse(self) -> Node:
        data = self.data
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        top = Node(None, "", "")
        now = top

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal now
            space, _, local = name.rpartition(" ")
            node = Node(now, space, local)
            node.attributes = {
                f"{{{key.replace(' ', '}', 1)}" if " " in key else key: value
                for key, value in attributes.items()
            }
            node.start = parser.CurrentByteIndex
            tag = _TAG.match(data, node.start)
            assert tag is not None
            node.inner = tag.end()
            node.empty = tag[0].endswith(b"/>")
            qualified = _TAG_NAME.match(tag[0])
            assert qualified is not None
            node.prefix = qualified[1].rpartition(b":")[0]
            now.children.append(node)
            now = node

        def end(_: str) -> None:
            nonlocal now
            if now.empty:
                now.close = now.end = now.inner
            else:
                now.close = parser.CurrentByteIndex
                now.end = data.index(b">", now.close) + 1
            assert now.parent is not None
            now = now.parent

        def characters(text: str) -> None:
            now.text += text

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters
        parser.StartDoctypeDeclHandler = refuse_entities
        try:
            parser.Parse(data, True)
        except expat.ExpatError as fault:
            raise SourceError(
                f"A part of {self._file or 'the workbook'} is damaged ({self.part}: {fault}); open it in "
                "Excel, let it repair the file and save it, or take the last backup."
            ) from None
        root = top.children[0]
        root.parent = None
        return root


def refuse_entities(*_: Any) -> None:
    """Raise SourceError: the handler for a document type, which no plan needs."""
    raise SourceError("The workbook declares XML entities, which no plan needs; it was not read.")


def as_utf8(data: bytes) -> bytes:
    """The bytes of a part in UTF-8, with a declaration that says so; those that are, unchanged."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "strict" if len(data) % 2 == 0 else "replace")
    elif data[:2] in (b"<\0", b"\0<"):
        text = data.decode("utf-16-le" if data[:1] == b"<" else "utf-16-be", "replace")
    else:
        declared = _DECLARED.match(data.removeprefix(_BOM)[:200])
        encoding = declared[1].decode().lower() if declared else "utf-8"
        if encoding in ("utf-8", "utf8", "us-ascii", "ascii"):
            return data
        try:
            text = data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            raise SourceError(
                f"A part of the workbook is written in an encoding that cannot be read ({encoding}); "
                "open it in Excel and save it again."
            ) from None
    body = _DECLARATION.sub("", text, count=1)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + body.lstrip().encode()


def escape(text: str) -> str:
    """A text as it stands between tags, or in double quotes."""
    for character, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("\r", "#13")):
        text = text.replace(character, f"&{name};")
    return text


def unescape(text: str) -> str:
    """What a text between tags, or an attribute's, means: ``unescape("a &lt; b")`` is "a < b"."""
    return _REFERENCE.sub(_meant, text) if "&" in text else text


def _meant(found: re.Match[str]) -> str:
    name = found[1]
    if name.startswith("#"):
        return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))
    return _NAMED[name]


def with_attributes(tag: bytes, attributes: dict[str, str | None]) -> bytes:
    """A start tag with attributes changed, added or (None) taken away; the rest as it was.

    >>> with_attributes(b'<c r="A1" t="s"/>', {"t": None, "s": "3"})
    b'<c r="A1" s="3"/>'
    """
    wanted = dict(attributes)
    pieces, at = [], 0
    for found in ATTRIBUTE.finditer(tag):
        name = found[1].decode()
        if name not in wanted:
            continue
        value = wanted.pop(name)
        pieces.append(tag[at : found.start()])
        if value is not None:
            pieces.append(tag[found.start() : found.start(2)] + _quoted(value))
        at = found.end()
    rest = tag[at:]
    added = b"".join(
        b" " + name.encode() + b"=" + _quoted(value)
        for name, value in wanted.items()
        if value is not None
    )
    if added:
        closing = b"/>" if rest.endswith(b"/>") else b">"
        rest = rest[: -len(closing)].rstrip() + added + closing
    return b"".join((*pieces, rest))


def _quoted(value: str) -> bytes:
    safe = escape(value).replace("\n", "&#10;").replace("\t", "&#9;")
    return b'"' + safe.encode() + b'"'
