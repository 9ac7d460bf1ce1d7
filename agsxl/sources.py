"""Any source of a plan: a workbook or CSV as it stands, or a published document that is read.

    read_source(Path("plan.docx")).plan.milestones[0].ref      # '1a'
    read_source(Path("plan.xlsx")).plan.file                   # 'plan.xlsx'

A master (a workbook, a CSV) has its Refs and headings and is read as it stands. A published document
has pages, keys and headings between its rows, and is read by ``documents.reading``. What a file is
is seen by its content: a PDF that is called .docx is a PDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agsxl.documents.delimited import decode, delimiter_of, read_delimited
from agsxl.documents.recognise import kind_of, read_document
from agsxl.errors import NoPlanError, SourceError
from agsxl.excel.file import open_book
from agsxl.excel.package import Package
from agsxl.excel.struck import struck_cells
from agsxl.grid import Grid
from agsxl.layout.milestones import read_plan
from agsxl.plan import Plan
from agsxl.posts import Posts
from agsxl.settings import Settings

if TYPE_CHECKING:  # published documents are read by modules that a master has no use for
    from agsxl.documents.account import Reading

MASTERS = ("xlsx", "csv")  # read as they stand, by every command but import
_SHEETS = ("xlsx", "xls", "xlsb", "ods")


def kind_of_source(path: Path) -> str:
    """ "xlsx", "csv", or what kind of published document a file is ("docx", "pdf", "text" ...).

    Raises SourceError, in one sentence that says what it is, for a file that agsxl does not read.
    """
    data = path.read_bytes()
    kind = kind_of(data, path.name)
    if kind == "text" and delimiter_of(decode(data[:200_000])) in (",", ";", "|"):
        return "csv"
    return kind


def read_source(
    path: Path,
    kind: str = "",
    *,
    sheet: str | None = None,
    posts: Posts | None = None,
    settings: Settings | None = None,
    grids: Sequence[Grid] | None = None,
) -> Reading:
    """The plan in any source, with an account of what was read from where.

    >>> read_source(Path("plan.pdf")).notes[0].message  # doctest: +SKIP
    '19 Refs made of area and letter: ...'

    ``kind`` is what ``kind_of_source`` gave and ``grids`` the sheets of a workbook, where they are
    known already. Raises SourceError for what
    cannot be read, NoPlanError and TwoPlansError.
    """
    from agsxl.documents.reading import of_plan, read
    from agsxl.documents.sheets import document_of

    kind = kind or kind_of_source(path)
    if kind in _SHEETS:
        every = list(grids) if grids is not None else sheets_of(path, kind)
        return _read_sheets(_chosen(every, sheet, path), path, kind, sheet, posts, settings)
    if kind not in ("csv", "text"):
        return read(read_document(path), sheet=sheet, posts=posts, settings=settings)
    grid = _delimited(path)
    plan = _as_it_stands([grid], path, False, posts, settings) if grid is not None else None
    if plan is not None and grid is not None and kind == "csv":
        return of_plan(plan, [grid], kind)
    if grid is not None and kind == "csv":
        document = document_of([grid], path.name, kind)
    else:
        document = read_document(path)
    try:
        reading = read(document, sheet=sheet, posts=posts, settings=settings)
    except NoPlanError:
        if plan is None or grid is None:
            raise
        return of_plan(plan, [grid], kind)
    same = plan is not None and len(plan.milestones) == len(reading.plan.milestones)
    if plan is not None and grid is not None and same and sheet is None and _is_whole(plan):
        return of_plan(plan, [grid], kind)
    return reading


def _delimited(path: Path) -> Grid | None:
    """A text as a table, if it is one throughout."""
    try:
        return read_delimited(path)
    except SourceError:  # a quotation mark that is never closed: a text, but no table
        return None


def _is_whole(plan: Plan) -> bool:
    """Whether nothing is broken over pages or lines: every row has its Ref, none is left out."""
    refs = [milestone.ref for milestone in plan.milestones]
    return all(refs) and len({*refs}) == len(refs) and not plan.left_out


def _as_it_stands(
    grids: Sequence[Grid],
    path: Path,
    is_workbook: bool,
    posts: Posts | None,
    settings: Settings | None,
) -> Plan | None:
    """The plan in tables that have every column a master needs; None where they have not."""
    try:
        return read_plan(
            grids, file=path.name, is_workbook=is_workbook, posts=posts, settings=settings
        )
    except NoPlanError:
        return None


def _read_sheets(
    grids: list[Grid],
    path: Path,
    kind: str,
    sheet: str | None,
    posts: Posts | None,
    settings: Settings | None,
) -> Reading:
    from agsxl.documents.reading import of_plan, read
    from agsxl.documents.sheets import document_of

    plan = _as_it_stands(grids, path, True, posts, settings)
    if plan is not None and not any(_is_marked(grid) for grid in grids):
        return of_plan(plan, grids, kind)
    # What is struck out has to be read with its marks: a new date, a person who has left.
    document = document_of(grids, path.name, kind)
    return read(document, sheet=sheet, posts=posts, settings=settings)


def _is_marked(grid: Grid) -> bool:
    """Whether anything in a sheet is struck out."""
    return any(isinstance(cell, str) and "~~" in cell for row in grid.rows for cell in row)


def sheets_of(path: Path, kind: str) -> list[Grid]:
    """Every sheet of a workbook of any kind, struck-out text between ``~~``. Raises SourceError."""
    from agsxl.documents.sheets import marked

    if kind != "xlsx":
        from agsxl.documents.sheets import read_sheets

        return read_sheets(path)
    with open_book(path) as book:
        grids = [book.read(name) for name in book.sheets()]
    struck = struck_cells(Package(path))
    return [marked(grid, struck.get(grid.name, {})) for grid in grids]


def _chosen(grids: list[Grid], sheet: str | None, path: Path) -> list[Grid]:
    if sheet is None:
        return grids
    found = [grid for grid in grids if grid.name.casefold() == sheet.casefold()]
    if not found:
        there = ", ".join(repr(grid.name) for grid in grids)
        raise SourceError(f"{path.name} has no sheet {sheet!r}; its sheets are {there}.")
    return [replace(found[0], visible=True)]


__all__ = ["MASTERS", "kind_of_source", "read_source", "sheets_of"]
