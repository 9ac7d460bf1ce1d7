"""agsxl's own sheets, put into a workbook that is there already.

    grafted = graft(package, [replies], overlay={})
    package.save(target, grafted.parts, grafted.added)

A new sheet stands behind all others, with its Excel table. Where the workbook has the sheet, its cells
and its table are made anew, and all else on it stays: buttons, drawings, print settings, the name that
formulas know the table by. No other sheet is touched, and no format that is there changes its place.

The sheets look like agsxl's reports, because XlsxWriter makes them from the same definitions
(``report.sheets``); here their cells are taken out of its workbook and put into the plan's.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from agsxl.edits import NewSheet
from agsxl.errors import OutputError
from agsxl.excel.adopting import Adopted
from agsxl.excel.fragments import SHEET_ORDER, WORKBOOK_ORDER, prefixed, put_in_order
from agsxl.excel.markup import Markup, as_utf8, escape, with_attributes
from agsxl.excel.package import CONTENT_TYPES, Package, SheetPart
from agsxl.excel.sheetxml import SheetXml, cell_text, serial
from agsxl.excel.values import MOST_COLUMNS, own_rows
from agsxl.grid import Area, Formula, Value, cell_address, column_number
from agsxl.report.sheets import Column, Sheet, workbook_bytes

_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = {  # the same words in the Strict kind of workbook
    _MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
    _RELATIONS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_PACKAGE_RELATIONS = b"http://schemas.openxmlformats.org/package/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.%s+xml"

# What of a sheet belongs to its cells, and is made anew with them or goes with them.
_ANEW = ("dimension", "cols", "sheetData", "dataValidations", "ignoredErrors")
_GONE = (
    "autoFilter",
    "sortState",
    "mergeCells",
    "conditionalFormatting",
    "hyperlinks",
    "rowBreaks",
)
_GONE_EXTENSIONS = ("conditionalFormattings", "dataValidations")
_PRINTED = ("pageMargins", "pageSetup", "headerFooter")

_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"(?: s="(\d+)")?[^>]*?(?:/>|>.*?</c>)')
_COLUMN = re.compile(rb"""<(?:[\w.-]+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,3})\d""")
_SELECTED = b' tabSelected="1"'


@dataclass(frozen=True, slots=True)
class Grafted:
    """What a graft changes in a package.

    ``parts`` are the new bytes of parts that are there, ``added`` new parts; ``names`` what the sheets
    are called in the workbook, and ``areas`` the cells of each that may have changed.
    """

    parts: dict[str, bytes] = field(default_factory=dict)
    added: dict[str, bytes] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    areas: dict[str, Area] = field(default_factory=dict)


def graft(package: Package, sheets: Sequence[NewSheet], overlay: Mapping[str, bytes]) -> Grafted:
    """Put sheets into a package, or their contents where it has them; nothing is saved here.

    >>> graft(package, [replies], {}).names  # doctest: +SKIP
    ('Replies',)

    ``overlay`` holds parts that are changed already in the same write. The values are taken to be
    writable (``values.refuse_impossible``). Raises OutputError where the workbook has a sheet of that
    name that is not agsxl's own, or takes no new sheet.
    """
    if not sheets:
        return Grafted()
    work = _Graft(package, overlay, _made(sheets))
    for index, sheet in enumerate(sheets):
        work.put(index, sheet)
    return work.result()


def _made(sheets: Sequence[NewSheet]) -> zipfile.ZipFile:
    """The sheets as XlsxWriter makes them: the first is sheet1.xml with table1.xml, and so on."""
    return zipfile.ZipFile(
        io.BytesIO(
            workbook_bytes(
                # The names are put in later: XlsxWriter has rules of its own about them.
                [
                    as_report(sheet, name=f"Sheet{n}", table=f"Table{n}")
                    for n, sheet in enumerate(sheets, 1)
                ]
            )
        )
    )


def as_report(sheet: NewSheet, *, name: str = "", table: str = "") -> Sheet[Sequence[Any]]:
    """One of agsxl's own sheets as the writer of reports takes it, under its own names or others.

    >>> as_report(NewSheet("Checks", "Checks", "Checks", (SheetColumn("Ref", 7),), ())).name
    'Checks'
    """
    columns: list[Column[Sequence[Any]]] = [
        Column(
            column.heading,
            column.width,
            lambda row, place=place: row[place],  # type: ignore[misc]
            decimals=None,
            choices=column.choices,
            entry=column.entry,
        )
        for place, column in enumerate(sheet.columns)
    ]
    rows = own_rows(sheet)[len(sheet.notes) + 2 :] if sheet.rows else ()
    return Sheet(
        name=name or sheet.name,
        title=sheet.title,
        table=table or sheet.table,
        columns=columns,
        rows=rows,
        notes=sheet.notes,
        nothing=sheet.nothing,
        refilled=True,
    )


class _Graft:
    """One graft: the parts that all sheets share, as they change."""

    def __init__(
        self, package: Package, overlay: Mapping[str, bytes], made: zipfile.ZipFile
    ) -> None:
        self._package = package
        self._overlay = overlay
        self._made = made
        self._folder = posixpath.dirname(package.workbook)
        self._book = package.markup(package.workbook, overlay)
        self._strict = self._book.root.space == _STRICT[_MAIN]
        self._links_part = package.relations_part(package.workbook)
        self._links = package.markup(self._links_part, overlay)
        self._types = package.markup(CONTENT_TYPES, overlay)
        self._next_link = _next_link(self._links)
        self._done = Grafted()
        self._names: list[str] = []
        self._new = 0  # sheets added
        self._print_titles: list[bytes] = []
        self._styles, styles = self._target_styles()
        self._adopted = Adopted(styles, Markup(made.read("xl/styles.xml"), "xl/styles.xml"))
        self._table_names, self._table_ids = self._tables_there()

    # -- one sheet -------------------------------------------------------------------------------

    def put(self, index: int, sheet: NewSheet) -> None:
        """Add a sheet, or make its contents anew where it is there."""
        rows = own_rows(sheet)
        fresh = self._with_own_cells(self._made.read(f"xl/worksheets/sheet{index + 1}.xml"), rows)
        table = Markup(self._made.read(f"xl/tables/table{index + 1}.xml"), "xl/tables/table.xml")
        there = self._there(sheet)
        if there is None:
            self._add(sheet, fresh, table)
        else:
            self._refill(there, sheet, fresh, table)
        name = sheet.name if there is None else there[0].name
        self._names.append(name)
        written = Area(1, 1, len(rows), len(sheet.columns))
        old = self._done.areas.get(name, written)
        self._done.areas[name] = Area(
            1, 1, max(written.bottom, old.bottom), max(written.right, old.right)
        )

    def result(self) -> Grafted:
        """All that has changed; a part that came out as it was is left out."""
        self._write_print_titles()
        shared = {
            self._package.workbook: self._book.result(),
            self._links_part: self._links.result(),
            CONTENT_TYPES: self._types.result(),
            self._styles: self._adopted.result(),
        }
        for part, data in shared.items():
            self._keep(part, data)
        return Grafted(self._done.parts, self._done.added, tuple(self._names), self._done.areas)

    def _add(self, sheet: NewSheet, fresh: bytes, table: Markup) -> None:
        self._refuse_new_sheets(sheet)
        part = self._free("worksheets/sheet{}.xml")
        self._keep(part, self._in_own_words(fresh.replace(_SELECTED, b"")))
        self._declare(part, _TYPE % "worksheet")
        table_part = self._add_table(sheet, table)
        relations = self._relation("rId1", "table", _way(part, table_part))
        self._keep(
            self._package.relations_part(part),
            _HEAD + b'<Relationships xmlns="%s">' % _PACKAGE_RELATIONS + relations + b"</Relationships>",
        )  # fmt: skip
        self._name_sheet(sheet, self._link("worksheet", part))
        place = len(self._package.sheets) + self._new
        self._print_titles.append(self._print_title(place, sheet))
        self._new += 1

    def _refill(
        self, there: tuple[SheetPart, str], sheet: NewSheet, fresh: bytes, table: Markup
    ) -> None:
        """Make the cells and the table of a sheet anew, and leave the rest of it."""
        page, table_part = there
        xml = SheetXml(self._read(page.part), page.part)
        markup = xml.around  # without its rows: there may be many
        fresh = self._in_own_words(fresh)
        self._done.areas[page.name] = _used(xml, self._read(page.part))
        missing: dict[str, bytes] = {}
        for name in _ANEW:
            _exchange(markup, name, _piece(fresh, name), missing)
        for child in markup.root.children:
            if child.name in _GONE:
                markup.replace(child, b"")
        for extension in markup.root.all("ext"):
            if any(child.name in _GONE_EXTENSIONS for child in extension.children):
                markup.replace(extension, b"")
        place = [each.name for each in self._package.sheets].index(page.name)
        if table_part:
            kept = self._package.markup(table_part, self._overlay)
            _fit_table(kept, sheet)
            self._keep(table_part, kept.result())
            self._move_headings(markup, sheet)
            self._repeat_headings(place, sheet)
        else:
            self._refuse_new_tables(sheet)
            _dress(markup, fresh, missing)
            if not self._repeat_headings(place, sheet):
                self._print_titles.append(self._print_title(place, sheet))
            link = self._link_table(page.part, self._add_table(sheet, table))
            _exchange(markup, "tableParts", self._table_parts(markup, link), missing)
        put_in_order(markup, missing, SHEET_ORDER)
        self._keep(page.part, markup.result())

    def _with_own_cells(self, fresh: bytes, rows: Sequence[Sequence[Value]]) -> bytes:
        """XlsxWriter's sheet with the values as they are, and the formats' places in the target.

        XlsxWriter has cleaned the texts, and keeps them in a part of their own.
        """
        columns: dict[bytes, int] = {}
        date_1904 = self._package.date_1904

        def cell(found: re.Match[bytes]) -> bytes:
            letters, row, style = found.groups()
            column = columns.get(letters) or columns.setdefault(
                letters, column_number(letters.decode())
            )
            value = rows[int(row) - 1][column - 1]
            place = self._adopted.place(int(style or 0))
            return b'<c r="%s%s" s="%d"%s' % (letters, row, place, _held(value, date_1904))

        return _CELL.sub(cell, fresh)

    # -- what is there -----------------------------------------------------------------------------

    def _there(self, sheet: NewSheet) -> tuple[SheetPart, str] | None:
        """The sheet of that name, in any case, and the part of its table ("" on an empty sheet).

        Raises OutputError for a sheet that agsxl did not make: nothing on it is ever written over.
        """
        folded = sheet.name.casefold()
        page = next((s for s in self._package.sheets if s.name.casefold() == folded), None)
        if page is None:
            return None
        if page.kind == "worksheet" and page.part:
            relations = self._package.relations(page.part, self._overlay)
            if any(relation.kind == "pivotTable" for relation in relations):
                raise OutputError(
                    f"{self._package.path.name} has a pivot table on its sheet {page.name!r}, which agsxl "
                    "makes anew; move the pivot table to another sheet and try again."
                )
            tables = [r.target for r in relations if r.kind == "table" and r.target]
            if len(tables) == 1 and self._is_own_table(tables[0], sheet.table):
                return page, tables[0]
            if not tables and self._is_empty(page.part):
                return page, ""
        raise OutputError(
            f"{self._package.path.name} has a sheet {page.name!r} that agsxl did not make, and it is not "
            "written over; give it another name and try again."
        )

    def _is_own_table(self, part: str, name: str) -> bool:
        found = self._package.markup(part, self._overlay).root.get("displayName")
        return re.fullmatch(re.escape(name) + r"(_\d+)?", found, re.IGNORECASE) is not None

    def _is_empty(self, part: str) -> bool:
        xml = SheetXml(self._read(part), part)
        return not any(map(xml.filled, range(1, xml.bottom() + 1)))

    def _tables_there(self) -> tuple[set[str], set[int]]:
        """The names that a new table cannot have, and the numbers: of tables and defined names."""
        names = {node.get("name").casefold() for node in self._book.root.all("definedName")}
        numbers = set()
        for sheet in self._package.sheets:
            for part in self._package.tables(sheet.part) if sheet.part else ():
                root = self._package.markup(part, self._overlay).root
                names |= {root.get("name").casefold(), root.get("displayName").casefold()}
                numbers.add(int(root.get("id", "0")))
        return names, numbers

    def _refuse_new_sheets(self, sheet: NewSheet) -> None:
        protection = self._book.root.find("workbookProtection")
        if protection is not None and protection.flag("lockStructure"):
            raise OutputError(
                f"{self._package.path.name} takes no new sheet {sheet.name!r} because its structure is "
                "protected; take the protection off (Review, Protect Workbook), save it and try again."
            )
        self._refuse_new_tables(sheet)

    def _refuse_new_tables(self, sheet: NewSheet) -> None:
        if self._package.related(self._package.workbook, "revisionHeaders"):
            raise OutputError(
                f"{self._package.path.name} takes no table for the sheet {sheet.name!r} because it is a "
                "shared workbook of the old kind; stop sharing it (Review, Unshare Workbook), save it and "
                "try again."
            )

    # -- the parts that all sheets share -----------------------------------------------------------

    def _read(self, part: str) -> bytes:
        return self._overlay[part] if part in self._overlay else self._package.read(part)

    def _keep(self, part: str, data: bytes) -> None:
        if not self._package.find(part):
            self._done.added[part] = data
        elif data != self._overlay.get(part) and data != self._package.read(part):
            self._done.parts[part] = data

    def _free(self, pattern: str) -> str:
        """The first name of a part that is not taken."""

        def is_free(part: str) -> bool:
            names = (part, self._package.relations_part(part))
            return not any(self._package.find(n) or n in self._done.added for n in names)

        names = (posixpath.join(self._folder, pattern.format(number)) for number in count(1))
        return next(filter(is_free, names))

    def _in_own_words(self, data: bytes) -> bytes:
        """A part as this kind of workbook says it: in the Strict namespaces where it does."""
        for usual, strict in _STRICT.items() if self._strict else ():
            data = data.replace(usual.encode(), strict.encode())
        return data

    def _relation(self, identity: str, kind: str, target: str) -> bytes:
        base = _STRICT[_RELATIONS] if self._strict else _RELATIONS
        values = {"Id": identity, "Type": f"{base}/{kind}", "Target": target}
        return with_attributes(b"<Relationship/>", dict(values))

    def _link(self, kind: str, part: str) -> str:
        """Relate the workbook to a new part; by what it is called there."""
        identity = f"rId{self._next_link}"
        self._next_link += 1
        relation = self._relation(identity, kind, _way(self._package.workbook, part))
        self._links.append(self._links.root, prefixed(relation, self._links.root))
        return identity

    def _declare(self, part: str, content_type: str) -> None:
        values = {"PartName": f"/{part}", "ContentType": content_type}
        override = with_attributes(b"<Override/>", dict(values))
        self._types.append(self._types.root, prefixed(override, self._types.root))

    def _target_styles(self) -> tuple[str, Markup]:
        """The part of the workbook's formats; an empty one, where it has none."""
        part = self._package.styles
        if part:
            return part, self._package.markup(part, self._overlay)
        part = posixpath.join(self._folder, "styles.xml")
        self._link("styles", part)
        if self._package.find(part):  # there, though the workbook does not say so
            return part, self._package.markup(part, self._overlay)
        self._declare(part, _TYPE % "styles")
        empty = b'<styleSheet xmlns="%s"></styleSheet>' % _MAIN.encode()
        return part, Markup(_HEAD + self._in_own_words(empty), part)

    def _name_sheet(self, sheet: NewSheet, identity: str) -> None:
        """Put a sheet at the end of the workbook's list."""
        sheets = self._book.root.find("sheets")
        assert sheets is not None
        taken = [int(node.get("sheetId", "0")) for node in sheets.all("sheet")]
        prefix, declared = self._relations_prefix(self._book)
        values: dict[str, str | None] = {
            "name": sheet.name,
            "sheetId": str(max(taken, default=0) + 1 + self._new),
            "state": "hidden" if sheet.hidden else None,
            f"{prefix}:id": identity,
        }
        node = with_attributes(b"<sheet/>", values | declared)
        self._book.append(sheets, prefixed(node, self._book.root))

    def _relations_prefix(self, markup: Markup) -> tuple[str, dict[str, str | None]]:
        """The prefix under which a part knows relations, and its declaration where it has none."""
        space = _STRICT[_RELATIONS] if self._strict else _RELATIONS
        root = markup.data[markup.root.start : markup.root.inner]
        found = re.search(
            rb"""\sxmlns:([\w.-]+)\s*=\s*["']%s["']""" % re.escape(space.encode()), root
        )
        return (found[1].decode(), {}) if found else ("r", {"xmlns:r": space})

    # -- headings on every printed page -------------------------------------------------------------

    def _print_title(self, place: int, sheet: NewSheet) -> bytes:
        values = {"name": "_xlnm.Print_Titles", "localSheetId": str(place)}
        tag = with_attributes(b"<definedName/>", dict(values))
        return tag[:-2] + b">" + escape(_print_rows(sheet.name, sheet)).encode() + b"</definedName>"

    def _write_print_titles(self) -> None:
        if not self._print_titles:
            return
        whole = b"".join(self._print_titles)
        names = self._book.root.find("definedNames")
        if names is None:
            whole = b"<definedNames>" + whole + b"</definedNames>"
            put_in_order(self._book, {"definedNames": whole}, WORKBOOK_ORDER)
        else:
            self._book.append(names, prefixed(whole, self._book.root))

    def _repeat_headings(self, place: int, sheet: NewSheet) -> bool:
        """Have the headings repeated where they now stand, if any are; whether any were."""
        for node in self._book.root.all("definedName"):
            if node.get("name") == "_xlnm.Print_Titles" and node.get("localSheetId") == str(place):
                name = self._package.sheets[place].name
                self._book.replace_text(node, _print_rows(name, sheet))
                return True
        return False

    def _move_headings(self, markup: Markup, sheet: NewSheet) -> None:
        """Keep the headings frozen where they now stand, if they were."""
        frozen = len(sheet.notes) + 2
        views = markup.root.find("sheetViews")
        for pane in views.all("pane") if views is not None else ():
            if pane.get("state").startswith("frozen") and pane.get("ySplit"):
                corner = re.sub(r"\d+", str(frozen + 1), pane.get("topLeftCell") or "A1")
                markup.set(pane, ySplit=str(frozen), topLeftCell=corner)

    # -- a sheet that is there ---------------------------------------------------------------------

    def _add_table(self, sheet: NewSheet, table: Markup) -> str:
        """Add the part of a sheet's table, under a name and a number that nothing else has."""
        name = next(
            name
            for name in (sheet.table, *(f"{sheet.table}_{number}" for number in range(2, 10_000)))
            if name.casefold() not in self._table_names
        )
        number = max(self._table_ids, default=0) + 1
        self._table_names.add(name.casefold())
        self._table_ids.add(number)
        part = self._free("tables/table{}.xml")
        _fit_table(table, sheet, id=str(number), name=name, displayName=name)
        self._keep(part, self._in_own_words(table.result()))
        self._declare(part, _TYPE % "table")
        return part

    def _link_table(self, page: str, table: str) -> str:
        """Relate a sheet to a new table; by what it is called there."""
        part = self._package.relations_part(page)
        there = self._package.find(part) or part in self._overlay
        empty = _HEAD + b'<Relationships xmlns="%s"></Relationships>' % _PACKAGE_RELATIONS
        links = self._package.markup(part, self._overlay) if there else Markup(empty, part)
        identity = f"rId{_next_link(links)}"
        relation = self._relation(identity, "table", _way(page, table))
        links.append(links.root, prefixed(relation, links.root))
        self._keep(part, links.result())
        return identity

    def _table_parts(self, markup: Markup, identity: str) -> bytes:
        prefix, declared = self._relations_prefix(markup)
        part = with_attributes(b"<tablePart/>", {f"{prefix}:id": identity, **declared})
        return b'<tableParts count="1">' + part + b"</tableParts>"


# -- small things ------------------------------------------------------------------------------


def _exchange(markup: Markup, name: str, new: bytes, missing: dict[str, bytes]) -> None:
    """Put an element in place of the old one; where there is no old one, it is missing."""
    old = markup.root.find(name)
    if old is not None:
        markup.replace(old, prefixed(new, markup.root))
    elif new:
        missing[name] = new


def _dress(markup: Markup, fresh: bytes, missing: dict[str, bytes]) -> None:
    """Give an empty sheet the look of agsxl's own, where its print settings are still Excel's."""
    views = markup.root.find("sheetViews")
    if views is None or not any(view.flag("tabSelected") for view in views.children):
        fresh = fresh.replace(_SELECTED, b"")
    _exchange(markup, "sheetViews", _piece(fresh, "sheetViews"), missing)
    if markup.root.find("pageSetup") is not None:
        return
    for name in ("sheetPr", *_PRINTED):
        if markup.root.find(name) is None:
            missing[name] = _piece(fresh, name)
    properties = markup.root.find("sheetPr")
    if properties is not None and properties.find("pageSetUpPr") is None:
        markup.append(properties, prefixed(b'<pageSetUpPr fitToPage="1"/>', markup.root))


def _held(value: Value, date_1904: bool) -> bytes:
    """The rest of a cell's XML behind its address and format."""
    if value is None:
        return b"/>"
    if isinstance(value, str):
        text = escape(cell_text(value)).encode()
        return b' t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' % text
    if isinstance(value, Formula):  # of a link: what it shows is a text
        parts = (escape(value.text.removeprefix("=")), escape(cell_text(str(value.cached))))
        return b' t="str"><f>%s</f><v>%s</v></c>' % tuple(part.encode() for part in parts)
    if isinstance(value, bool):
        return b' t="b"><v>%d</v></c>' % value
    number = serial(value, date_1904=date_1904) if isinstance(value, date) else value
    return b"><v>%s</v></c>" % str(number).encode()


def _fit_table(table: Markup, sheet: NewSheet, **attributes: str | None) -> None:
    """Make a table's part say where the table is now, and what its columns are called."""
    top = len(sheet.notes) + 2
    bottom = top + max(len(sheet.rows), 1)
    area = f"A{top}:{cell_address(bottom, len(sheet.columns))}"
    none = dict.fromkeys(("headerRowCount", "totalsRowCount", "insertRow", "insertRowShift"))
    table.set(table.root, ref=area, totalsRowShown="0", **none, **attributes)
    columns = b'<tableColumns count="%d">%s</tableColumns>' % (
        len(sheet.columns),
        b"".join(_table_columns(table, sheet)),
    )
    anew = {
        "autoFilter": b'<autoFilter ref="%s"/>' % area.encode(),
        "sortState": b"",
        "tableColumns": columns,
    }
    for child in table.root.children:
        if child.name in anew:
            table.replace(child, prefixed(anew[child.name], table.root))


def _table_columns(table: Markup, sheet: NewSheet) -> Iterator[bytes]:
    """The columns as a table's part has them. One that stays keeps its number: slicers know it by that."""
    old = {
        node.get("name").casefold(): int(node.get("id", "0"))
        for node in table.root.all("tableColumn")
    }
    free = count(max(old.values(), default=0) + 1)
    for column in sheet.columns:
        name = _heading(column.heading)
        number = old.pop(name.casefold(), 0) or next(free)
        yield with_attributes(b"<tableColumn/>", {"id": str(number), "name": name})


def _heading(text: str) -> str:
    """A heading as a table's part has it: line breaks, which an attribute cannot keep, as _x000a_."""
    return cell_text(text).replace("\n", "_x000a_").replace("\t", "_x0009_")


def _used(xml: SheetXml, data: bytes) -> Area:
    """The area in which a sheet has held cells, from A1; as wide as can be where they do not say."""
    columns = set(_COLUMN.findall(as_utf8(data)))
    widest = MOST_COLUMNS if xml.bottom() else 1
    right = max((column_number(letters.decode()) for letters in columns), default=widest)
    return Area(1, 1, max(xml.bottom(), 1), right)


def _piece(fresh: bytes, name: str) -> bytes:
    """An element out of XlsxWriter's own XML, whose shape is known; b"" where there is none."""
    tag = name.encode()
    found = re.search(rb"<%s(?:\s[^>]*)?(?:/>|(?<!/)>.*?</%s>)" % (tag, tag), fresh, re.DOTALL)
    return found[0] if found else b""


def _print_rows(name: str, sheet: NewSheet) -> str:
    row = len(sheet.notes) + 2
    quoted = name.replace("'", "''")
    return f"'{quoted}'!${row}:${row}"


def _next_link(links: Markup) -> int:
    """The first number that no relation is called by, as ``rId7``."""
    numbers = [
        re.fullmatch(r"rId(\d{1,9})", node.get("Id"), re.IGNORECASE) for node in links.root.children
    ]
    return max((int(found[1]) for found in numbers if found), default=0) + 1


def _way(source: str, target: str) -> str:
    """How one part names another: ``_way("xl/workbook.xml", "xl/styles.xml")`` is "styles.xml"."""
    return posixpath.relpath(f"/{target}", posixpath.dirname(f"/{source}"))


__all__ = ["Grafted", "graft"]
