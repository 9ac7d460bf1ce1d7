"""The closed workbook: read from its file, and written without losing anything.

    with open_book("action-plan.xlsm") as book:
        grid = book.read("Plan")
        receipt = book.apply(ChangeSet((CellEdit("Plan", "H17", grid.value("H17"), "Complete"),)))

The values are read by ``reading``. Writing is worked out in ``patching``, checked by ``compare`` on
what was written, and put in place by ``saving``. Nothing here opens a workbook in a program or runs a
macro.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agsxl.edits import ChangeSet, Receipt
from agsxl.errors import ChangedError, OutputError, SourceError
from agsxl.excel.package import Package, is_workbook
from agsxl.excel.reading import Reader
from agsxl.excel.saving import Timings, refuse_if_open, replace_file
from agsxl.excel.values import edited_cell, expected_message, refuse_impossible, same_value
from agsxl.grid import Grid

if TYPE_CHECKING:
    from agsxl.excel.patching import Patch


class FileBook:
    """A closed workbook: its sheets' names, each sheet as a grid, and a change set written.

    >>> book = open_book("action-plan.xlsx")  # doctest: +SKIP
    >>> book.read("Plan").value("H17")  # doctest: +SKIP
    'Finance'

    The file is read whole when the book is opened, and not kept open: what happens to it on disk
    afterwards is noticed by ``apply``.
    """

    def __init__(self, path: Path, *, backups_kept: int = 10) -> None:
        self.path = path
        self.timings: Timings | None = None  # of the last apply
        self.backups_kept = backups_kept
        self._package = Package(path)
        self._reader = Reader(self._package)
        try:
            self._reader.visible  # noqa: B018 - opens the workbook, so that damage is found now
        except BaseException:
            self._package.close()
            raise

    @property
    def name(self) -> str:
        """What the workbook is called."""
        return self.path.name

    def sheets(self) -> list[str]:
        """The names of the sheets that hold cells, in their order (no chart or macro sheets)."""
        return list(self._reader.visible)

    def read(self, sheet: str) -> Grid:
        """A sheet as a grid from A1. Raises SourceError for a sheet that is not there."""
        return self._reader.grid(sheet)

    def apply(
        self, changes: ChangeSet, *, restore: Path | None = None, now: datetime | None = None
    ) -> Receipt:
        """Write all of it, or nothing; afterwards the book reads the new values.

        ``restore`` names the backup of the state to which the changes lead back: parts that then say
        the same as there become the same bytes again. ``now`` names the backup that is made.

        Raises ChangedError where a cell does not hold what was expected, or the file is not as it was
        when the book was opened; OutputError where something cannot be written; SourceError where a
        part of the file is damaged. In each case the file is as it was.
        """
        from agsxl.excel.patching import make_patch  # what writes is not needed to read

        if not changes:
            return Receipt(0)
        refuse_impossible(changes, date_1904=self._package.date_1904)
        self._package.refuse_writing()
        self._refuse_changed(changes)
        patch = make_patch(self._package, changes)
        if restore is not None:
            from agsxl.excel.restoring import restore as make_as_it_was

            make_as_it_was(self._package, Package(restore), patch, changes)
        backup = self._save(patch, now) if patch.replaced or patch.added else None
        return Receipt(
            cells=len(changes.edits),
            rows=sum(len(added.rows) for added in changes.rows),
            sheets=tuple(patch.own_sheets),
            backup=str(backup) if backup else "",
            notes=tuple(dict.fromkeys(patch.notes)),
        )

    def _refuse_changed(self, changes: ChangeSet) -> None:
        named = [edit.sheet for edit in changes.edits] + [added.sheet for added in changes.rows]
        for name in dict.fromkeys(named):
            if name not in self._reader.visible:
                there = ", ".join(repr(each) for each in self._reader.visible)
                raise OutputError(
                    f"{self.path.name} has no sheet {name!r}; its sheets are {there}. Nothing was written."
                )
        for name in dict.fromkeys(edit.sheet for edit in changes.edits):
            edits = [(edited_cell(edit), edit) for edit in changes.edits if edit.sheet == name]
            cells = self._reader.cells(name, {row for (row, _), _ in edits})
            for place, edit in edits:
                found = cells.at(*place)
                if not same_value(edit.expected, found):
                    where = f"{edit.sheet}!{edit.address}"
                    raise ChangedError(expected_message(where, edit.expected, found))

    def _save(self, patch: Patch, now: datetime | None) -> Path | None:
        """Put the patched package in the file's place, once it is known to be what was wanted."""
        from agsxl.excel.compare import refuse_surprises

        old = self._package
        written: list[Package] = []

        def write(target: Path) -> None:
            old.save(target, patch.replaced, patch.added)

        def verify(target: Path) -> None:
            new = Package(target)
            refuse_surprises(old, new, patch)
            written.append(new)

        saved = replace_file(
            self.path,
            write=write,
            verify=verify,
            digest=old.data,
            backups_kept=self.backups_kept,
            now=now,
        )
        self.timings = saved.timings
        self.close()
        self._package = written[0]
        self._package.path = self.path
        self._reader = Reader(self._package)
        return saved.backup

    def close(self) -> None:
        """Let go of what was read. Closing twice does no harm."""
        self._reader.close()
        self._package.close()

    def __enter__(self) -> FileBook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_book(path: str | Path, *, backups_kept: int = 10) -> FileBook:
    """Open a closed workbook, to read it and to write into it.

    ``backups_kept``: how many copies of earlier states stay beside it; with 0 none is made.

    Raises SourceError, in one plain sentence, for a file that is not there, is open in Excel or
    LibreOffice, is protected by a password, is damaged, or unpacks to an unreasonable size.
    """
    return FileBook(refuse_unreadable(Path(path)), backups_kept=backups_kept)


def refuse_unreadable(path: Path) -> Path:
    """Raise SourceError for what cannot be read whatever it holds; else the path itself."""
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name the plan's own file.")
    if not path.exists():
        raise SourceError(f"There is no file {path}; check the name and the folder.")
    refuse_if_open(path, SourceError)
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as fault:
        raise SourceError(
            f"{path.name} cannot be read ({fault.strerror}); if it is open in Excel, close it there."
        ) from None
    if not head:
        raise SourceError(f"{path.name} is empty; ask for it again, or take the last backup.")
    return path


_ATTACHED = {
    "hyperlink": "links behind words",
    "comments": "notes at cells",
    "threadedComment": "notes at cells",
    "drawing": "pictures or charts",
}


def attached(path: Path, sheet: str) -> list[str]:
    """What a sheet has beside the values of its cells, in words: a grid has none of it.

    >>> attached(Path("action-plan.xlsx"), "Plan")  # doctest: +SKIP
    ['links behind words', 'notes at cells']

    Raises SourceError as ``open_book``.
    """
    package = Package(path)
    try:
        kinds = [relation.kind for relation in package.relations(package.sheet(sheet).part)]
    finally:
        package.close()
    return list(dict.fromkeys(words for kind, words in _ATTACHED.items() if kind in kinds))


__all__ = ["FileBook", "attached", "is_workbook", "open_book", "refuse_unreadable"]
