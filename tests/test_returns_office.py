"""The return workbook in LibreOffice: opened, answered, sorted, cut and saved by it, not by us.

One LibreOffice, with a profile of its own and a time limit, does all of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agsxl.excel.file import open_book
from agsxl.layout.returns import read_return
from agsxl.report.returns import write_return
from agsxl.returns import Reply, texts_of
from tests.plans import plan_of
from tests.test_returns import DAY, LEAD, PLAN, SHEET, asked_of

pytestmark = pytest.mark.office

_LIMIT = 120.0  # seconds for everything
_UNO = ("/usr/lib/python3/dist-packages", "/usr/lib/libreoffice/program")


class Office:
    """A LibreOffice of our own. Whatever hangs is ended with it when the time is up."""

    def __init__(self, folder: Path) -> None:
        import uno

        self.uno = uno
        self.errors = folder / "errors.txt"
        pipe = f"agsxl{uuid.uuid4().hex}"
        accept = f"pipe,name={pipe};urp;StarOffice.ComponentContext"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [
                    "soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
                    "--norestore", "--nologo", "--nodefault", f"--accept={accept}",
                ],
                env=environment, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            )  # fmt: skip
        self.watch = threading.Timer(_LIMIT, self.kill)
        self.watch.daemon = True
        self.watch.start()
        self.desktop = self._connected(pipe)

    def _connected(self, pipe: str) -> Any:
        local = self.uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", local
        )
        url = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
        while True:
            try:
                context = resolver.resolve(url)
            except Exception as fault:
                if self.process.poll() is not None:
                    raise RuntimeError(f"LibreOffice ended: {self.errors.read_text()}") from fault
                time.sleep(0.1)
            else:
                return context.ServiceManager.createInstanceWithContext(
                    "com.sun.star.frame.Desktop", context
                )

    def value(self, name: str, value: object) -> Any:
        made = self.uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        made.Name, made.Value = name, value
        return made

    def open(self, path: Path) -> Any:
        book = self.desktop.loadComponentFromURL(
            path.as_uri(), "_blank", 0, (self.value("Hidden", True),)
        )
        assert book is not None, f"LibreOffice does not open {path}"
        return book

    def save(self, book: Any, path: Path) -> Path:
        """Save by the format of the name, and close it."""
        kind = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8"}[path.suffix]
        book.storeToURL(path.as_uri(), (self.value("FilterName", kind),))
        book.close(True)
        return path

    def sort(self, cells: Any, column: int, ascending: bool) -> None:
        field = self.uno.createUnoStruct("com.sun.star.table.TableSortField")
        field.Field, field.IsAscending = column, ascending
        fields = self.uno.Any("[]com.sun.star.table.TableSortField", (field,))
        self.uno.invoke(
            cells, "sort",
            ((self.value("SortFields", fields), self.value("ContainsHeader", False)),),
        )  # fmt: skip

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def close(self) -> None:
        """End it politely; the watch ends it otherwise."""
        quitting = threading.Thread(target=self._terminate, daemon=True)
        quitting.start()
        quitting.join(10)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
        self.watch.cancel()

    def _terminate(self) -> None:
        try:
            self.desktop.terminate()
        except Exception:
            return  # it went before it could answer


@pytest.fixture(scope="module")
def office(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Office]:
    sys.path += [path for path in _UNO if path not in sys.path]
    try:
        import uno  # noqa: F401
    except ImportError as fault:
        why = f"LibreOffice's Python bridge (python3-uno) cannot be imported here: {fault}"
        if pytestconfig.getoption("--require-office"):
            pytest.fail(why)
        pytest.skip(why)
    started = Office(tmp_path_factory.mktemp("office"))
    yield started
    started.close()
    assert started.process.poll() is not None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_return(
        tmp_path / "Shared Services.xlsx", PLAN, asked_of(PLAN, "B1", "B2", "B3", "B10"), lead=LEAD,
        person="Ada Byrne", round_day=DAY, answer_by=date(2026, 10, 9),
    )  # fmt: skip


def read(path: Path) -> Reply:
    with open_book(path) as book:
        grids = [book.read(name) for name in book.sheets()]
    return read_return(grids, file=path.name, saved=None)


def type_in(page: Any, address: str, text: str) -> None:
    """As a person types: LibreOffice decides what it is."""
    page.getCellRangeByName(address).FormulaLocal = text


def test_what_may_be_filled_in_may_be_and_nothing_else(office, path):
    book = office.open(path)
    page, hidden = (book.Sheets.getByName(name) for name in (SHEET, "agsxl"))
    assert page.isProtected() and hidden.isProtected()
    assert page.IsVisible and not hidden.IsVisible
    locked = {
        address: page.getCellRangeByName(address).CellProtection.IsLocked
        for address in ("A1", "A7", "G10", "H6", "H7", "L8", "N10", "H11")
    }
    assert [address for address, is_locked in locked.items() if not is_locked] == [
        "H7",
        "L8",
        "N10",
    ]
    before = page.getCellRangeByName("B7").String
    type_in(page, "B7", "Something else")
    assert page.getCellRangeByName("B7").String == before
    type_in(page, "L7", "- booked")
    assert page.getCellRangeByName("L7").String == "- booked"
    book.close(True)


def test_its_dropdowns_and_date_checks_work(office, path):
    book = office.open(path)
    page = book.Sheets.getByName(SHEET)

    def rule(address: str) -> Any:
        return page.getCellRangeByName(address).Validation

    kinds = {letter: rule(f"{letter}7").Type.value for letter in "HIJKLMN"}
    assert kinds == {
        "H": "LIST", "I": "LIST", "J": "DATE", "K": "ANY", "L": "ANY", "M": "ANY", "N": "DATE",
    }  # fmt: skip
    assert rule("J7").Operator.value == "BETWEEN"
    assert "31/03/2027" in rule("J7").ErrorMessage and rule("J7").ErrorAlertStyle.value == "STOP"
    assert rule("H7").getFormula1() == '"Yes"'
    assert rule("I7").getFormula1() == "$agsxl.$B$4:$B$8"
    assert rule("L7").ShowInputMessage and rule("L7").InputTitle == "Comment"
    book.close(True)


@pytest.mark.parametrize("ending", [".xlsx", ".ods"])
def test_a_return_answered_in_libreoffice(office, path, ending):
    book = office.open(path)
    page = book.Sheets.getByName(SHEET)
    type_in(page, "H7", "Yes")
    type_in(page, "I8", "Complete")
    type_in(page, "N8", "2026-09-15")
    type_in(page, "J8", "31/03/27")  # a text to a LibreOffice that speaks American English
    page.getCellRangeByName("L8").String = "Done, see minute 14.\nÄrger is over 😀."
    type_in(page, "J9", "2027-03-31")
    type_in(page, "K9", "=not a formula")
    type_in(page, "M10", "+44 1234")
    reply = read(office.save(book, path.with_name(f"answered{ending}")))
    assert reply.no_change == ("B1",)
    assert [(a.ref, a.column, a.value, a.reason, a.flag) for a in reply.answers] == [
        ("B2", "status", "Complete", "", ""),
        ("B2", "revised", date(2027, 3, 31), "", ""),
        ("B2", "comments", "Done, see minute 14.\nÄrger is over 😀.", "", ""),
        ("B2", "completed", date(2026, 9, 15), "", ""),
        ("B3", "revised", date(2027, 3, 31), "=not a formula", ""),
        ("B10", "evidence", "+44 1234", "", ""),
    ]
    assert (reply.not_allowed, reply.added, reply.withdrawn, reply.flags) == ((), (), (), ())
    assert reply.issued == {m.ref: texts_of(m) for m in PLAN.milestones if m.ref != "C1"}


def test_a_return_sorted_cut_and_added_to_in_libreoffice(office, path):
    book = office.open(path)
    page = book.Sheets.getByName(SHEET)
    for address, text in (("L7", "About B1"), ("L8", "About B2"), ("I9", "done"), ("J10", "June")):
        type_in(page, address, text)
    page.unprotect("")
    page.Name = "Returned"
    office.sort(page.getCellRangeByName("A7:N10"), 0, False)
    refs = [page.getCellRangeByName(f"A{row}").String for row in range(7, 11)]
    assert refs == ["B3", "B2", "B10", "B1"]
    page.Rows.removeByIndex(7, 1)
    page.Columns.insertByIndex(2, 1)
    type_in(page, "A10", "B11")
    type_in(page, "B10", "Something new")
    type_in(page, "E7", "Complete")
    page.protect("")
    reply = read(office.save(book, path.with_name("sorted.xlsx")))
    assert [(a.ref, a.column, a.raw, a.value) for a in reply.answers] == [
        ("B1", "comments", "About B1", "About B1"),
        ("B3", "status", "done", "Complete"),
        ("B10", "revised", "June", "June"),
    ]
    assert reply.withdrawn == ("B2",) and reply.unanswered == ()
    assert reply.added == ({"ref": "B11", "milestone": "Something new"},)
    assert [(a.ref, a.column, a.raw) for a in reply.not_allowed] == [("B3", "status", "Complete")]
    assert reply.answers[0].cell.startswith("Returned!")


def test_what_was_sent_outlives_libreoffice(office, tmp_path):
    odd = "_x000D_ =1+1 'quoted' \"twice\" Ärger 😀 | <r>x</r>\n- a list\n- of two " * 800
    plan = plan_of(
        {"ref": "1.10", "milestone": odd, "comments": odd}, {"ref": "2", "milestone": "-1"},
        {"ref": "3E5", "milestone": "=1+1"},
    )  # fmt: skip
    sent = write_return(tmp_path / "odd.xlsx", plan, asked_of(plan), lead=LEAD, round_day=DAY)
    book = office.open(sent)
    reply = read(office.save(book, tmp_path / "saved.xlsx"))
    assert reply.issued == {m.ref: texts_of(m) for m in plan.milestones}
    assert reply.unanswered == ("1.10", "2", "3E5")
    assert (reply.not_allowed, reply.withdrawn, reply.flags) == ((), (), ())
