"""The formats of a workbook (styles.xml): what shows as a date, what is locked, and one that fits.

    formats = Formats(package)
    formats.kind(7)                             # "date": a cell of format 7 shows a date
    formats.fitting(3, "date", near=(7, 3))     # 7: the date format that the column has already

A format is called by its place in the list, as cells call it. None is ever changed; where no format
of the workbook fits, one is added at the end, like the cell's own but for the way of showing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from agsxl.errors import OutputError
from agsxl.excel.markup import Node, with_attributes
from agsxl.excel.package import Package

Kind = Literal["general", "number", "date", "time"]

_BUILT_IN: dict[int, Kind] = {
    0: "general",
    **dict.fromkeys((14, 15, 16, 17, 22), "date"),
    **dict.fromkeys((18, 19, 20, 21, 45, 46, 47), "time"),
}
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_ADDED: dict[Kind, str] = {"date": "14", "general": "0"}  # a day as Windows writes it; as it is


class Formats:
    """The formats of a workbook, and those added to it in this write."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._added: list[tuple[int, Kind]] = []  # like which, and showing what

    def kind(self, style: int) -> Kind:
        """What a number in a cell of this format shows as."""
        if style >= len(self._formats):
            added = style - len(self._formats)
            return self._added[added][1] if added < len(self._added) else "general"
        number = int(self._formats[style].get("numFmtId") or 0)
        return self._own_kinds.get(number) or _BUILT_IN.get(number, "number")

    def is_locked(self, style: int) -> bool:
        """Whether a cell of this format is locked once its sheet is protected; so are most."""
        if style >= len(self._formats):
            return True
        protection = self._formats[style].find("protection")
        return protection is None or protection.flag("locked", default=True)

    def fitting(self, style: int, kind: Kind, near: Iterable[int] = ()) -> int:
        """The format itself where it is of the kind; else one that is.

        First one that its column uses (``near``), then one that looks the same, then the one that
        looks most like it; where the workbook has none of the kind, one is added.
        """
        if self.kind(style) == kind:
            return style
        for choice in (near, range(len(self._formats))):
            fitting = [other for other in dict.fromkeys(choice) if self.kind(other) == kind]
            if fitting:
                return max(fitting, key=lambda other: (self._likeness(style, other), -other))
        if (style, kind) not in self._added:
            self._added.append((style, kind))
        return len(self._formats) + self._added.index((style, kind))

    @property
    def added(self) -> int:
        """How many formats were added."""
        return len(self._added)

    def result(self) -> bytes:
        """The part with the formats added at the end of its list."""
        markup = self._package.markup(self._part)
        formats = next(markup.root.all("cellXfs"))
        for like, kind in self._added:
            own = formats.children[like]
            head = own.end if own.empty else own.inner
            showing = {"numFmtId": _ADDED[kind], "applyNumberFormat": "1"}
            tag = with_attributes(markup.data[own.start : head], dict(showing))
            markup.append(formats, tag + markup.data[head : own.end])
        markup.set(formats, count=str(len(self._formats) + len(self._added)))
        return markup.result()

    @cached_property
    def _part(self) -> str:
        part = self._package.styles
        if not part:
            raise OutputError(
                f"{self._package.path.name} has no formats at all, so that a date would show as a "
                "number; open it in Excel and save it."
            )
        return part

    @cached_property
    def _formats(self) -> list[Node]:
        if not self._package.styles:
            return []
        root = self._package.markup(self._part).root
        self._own_kinds = {
            int(node.get("numFmtId") or 0): _kind_of_code(node.get("formatCode"))
            for node in root.all("numFmt")
            if node.parent is not None and node.parent.name == "numFmts"
        }
        cells = root.find("cellXfs")
        return [] if cells is None else [node for node in cells.children if node.name == "xf"]

    @cached_property
    def _own_kinds(self) -> dict[int, Kind]:
        return {}

    def _likeness(self, one: int, other: int) -> int:
        if max(one, other) >= len(self._formats):
            return 0
        a, b = self._formats[one], self._formats[other]
        alike = [a.get(what) == b.get(what) for what in ("fillId", "fontId", "borderId")]
        for what in ("alignment", "protection"):
            inner_a, inner_b = a.find(what), b.find(what)
            alike.append(
                (inner_a.attributes if inner_a else {}) == (inner_b.attributes if inner_b else {})
            )
        return sum(alike)


def _kind_of_code(code: str) -> Kind:
    """``_kind_of_code("dd/mm/yyyy;@")`` is "date"; minutes are told from months by what is around."""
    shown = _NOT_SHOWN.sub("", code.split(";")[0]).lower()
    if shown.strip() in ("general", ""):
        return "general" if shown.strip() else "number"
    if re.search("[dy]", shown) or ("m" in shown and not re.search("[hs]", shown)):
        return "date"
    return "time" if re.search("[hms]", shown) else "number"


__all__ = ["Formats", "Kind"]
