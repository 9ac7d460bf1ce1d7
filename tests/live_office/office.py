"""A LibreOffice of our own: a private profile, a private pipe, a time limit, and an end.

    office = running()                  # the one of this test run
    book = office.open(path)            # an xlwings Book over the document
    office.close_all()

Nothing is asked of a LibreOffice that somebody else started, and none is left behind.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Debian's bridge: uno.py and pyuno.so. Appended, so that nothing of it hides a package of ours.
_UNO = ("/usr/lib/python3/dist-packages", "/usr/lib/libreoffice/program")
_LIMIT = 900  # seconds for a whole test run; also where the run was ended before it could clean up
PIPE = "AGSXL_TEST_PIPE"  # by which a child process finds the office

# Formulas are written and read as Excel spells them; macros run without a question.
_SETTINGS = {
    "/org.openoffice.Office.Common/Security/Scripting": {
        "MacroSecurityLevel": "0", "DisableMacrosExecution": "false",
    },
    "/org.openoffice.Office.Calc/Filter/Import/VBA": {"Load": "true", "Executable": "true"},
    "/org.openoffice.Office.Calc/Formula/Syntax": {
        "Grammar": "1", "EnglishFunctionName": "true", "SeparatorArg": ",",
        "SeparatorArrayRow": ";", "SeparatorArrayCol": ",",
    },
    "/org.openoffice.Setup/Office": {"ooSetupInstCompleted": "true"},
    "/org.openoffice.Setup/L10N": {"ooSetupSystemLocale": "en-GB"},  # what is typed is read day first
}  # fmt: skip


def absent() -> str:
    """Why there is no office to be had here; "" where there is one."""
    if shutil.which("soffice") is None:
        return "LibreOffice is not installed"
    sys.path += [path for path in _UNO if path not in sys.path]
    try:
        import uno  # noqa: F401
    except ImportError as fault:
        return f"LibreOffice's Python bridge (python3-uno) cannot be imported: {fault}"
    return ""


@functools.cache
def running() -> Office:
    """The office of this run: started when it is first asked for, ended when the run ends."""
    why = absent()
    if why:
        raise RuntimeError(why)
    from tests.live_office import engine

    office = Office()
    engine.install(office)
    return office


def an_office(config: pytest.Config) -> Iterator[Office]:
    """For a fixture: the office of this run, emptied afterwards.

    Where there is none the test is left out, and the run says so; with ``--require-office`` it fails.
    """
    from tests import conftest
    from tests.live_office.engine import faults

    why = absent()
    if why and config.getoption("--require-office"):
        pytest.fail(why)
    if why:
        if why not in conftest.LEFT_OUT:
            conftest.LEFT_OUT.append(why)
        pytest.skip(why)
    yield running()
    faults.none()
    running().close_all()


class Office:
    """A LibreOffice that was started here, or (``pipe``) one that a parent process started."""

    def __init__(self, pipe: str = "") -> None:
        import uno

        self.uno = uno
        self.process: subprocess.Popen[bytes] | None = None
        self.alerts: list[tuple[str, str]] = []
        self.front: Any = None  # the document that was opened or activated last
        self.pipe = pipe or f"agsxl{uuid.uuid4().hex}"
        began = time.perf_counter()
        if not pipe:
            self._start()
        self.desktop = self._connected()
        self.started_in = time.perf_counter() - began

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="agsxl-office-"))
        user = self.folder / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(_profile(), "utf-8")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment[PIPE] = self.pipe
        with (self.folder / "errors.txt").open("w") as errors:
            self.process = subprocess.Popen(
                [
                    "timeout", "-k", "5", str(_LIMIT), "soffice",
                    f"-env:UserInstallation={(self.folder / 'profile').as_uri()}",
                    "--headless", "--norestore", "--nologo", "--nodefault",
                    "--nofirststartwizard",
                    f"--accept=pipe,name={self.pipe};urp;StarOffice.ComponentContext",
                ],
                env=environment, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            )  # fmt: skip
        atexit.register(self.close)

    def _connected(self) -> Any:
        local = self.uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", local
        )
        url = f"uno:pipe,name={self.pipe};urp;StarOffice.ComponentContext"
        until = time.monotonic() + 60
        while True:
            try:
                context = resolver.resolve(url)
            except Exception as fault:
                ended = self.process is not None and self.process.poll() is not None
                if ended or time.monotonic() > until:
                    raise RuntimeError("LibreOffice does not answer") from fault
                time.sleep(0.05)
            else:
                return context.ServiceManager.createInstanceWithContext(
                    "com.sun.star.frame.Desktop", context
                )

    # -- documents -------------------------------------------------------------------------------

    def properties(self, **values: object) -> tuple[Any, ...]:
        """Values as the interface of LibreOffice takes them."""
        made = []
        for name, value in values.items():
            each = self.uno.createUnoStruct("com.sun.star.beans.PropertyValue")
            each.Name, each.Value = name, value
            made.append(each)
        return tuple(made)

    def load(self, path: Path, *, macros: bool = False, **how: object) -> Any:
        """A document opened by the program, and not shown: a LibreOffice without a screen (Debian's
        ``nogui`` packages) ends when a window is to be shown, and one that is shown may repaint for ever.
        ``macros``: they may run without a question; only for workbooks of our own.
        """
        document = self.desktop.loadComponentFromURL(
            path.resolve().as_uri(), "_blank", 0,
            self.properties(Hidden=True, MacroExecutionMode=4 if macros else 0, **how),
        )  # fmt: skip
        assert document is not None, f"LibreOffice does not open {path}"
        self.front = document
        return document

    def open(self, path: Path, **how: object) -> Any:
        """The same, as an xlwings Book."""
        import xlwings

        from tests.live_office import engine

        return xlwings.Book(impl=engine.Book(self.load(path, **how)))

    def new(self) -> Any:
        """A new workbook that was never saved, as an xlwings Book."""
        import xlwings

        from tests.live_office import engine

        document = self.desktop.loadComponentFromURL(
            "private:factory/scalc", "_blank", 0, self.properties(Hidden=True)
        )
        self.front = document
        return xlwings.Book(impl=engine.Book(document))

    def save_copy(self, document: Any, path: Path) -> Path:
        """A copy as Excel would save it; the document itself keeps its name and what is not saved."""
        kind = {
            ".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML",
        }[path.suffix]  # fmt: skip
        document.storeToURL(path.as_uri(), self.properties(FilterName=kind))
        return path

    def documents(self) -> list[Any]:
        """The open workbooks, the oldest first."""
        each = self.desktop.Components.createEnumeration()
        found = []
        while each.hasMoreElements():
            document = each.nextElement()
            if document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                found.append(document)
        return found

    def close_all(self) -> None:
        """Close every workbook; nothing is saved."""
        self.front = None
        for document in self.documents():
            document.setModified(False)
            document.close(True)

    # -- the end ---------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the process group that was started here."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def close(self) -> None:
        """End it politely; what hangs is ended all the same."""
        if self.process is None:
            return
        quitting = threading.Thread(target=self._terminate, daemon=True)
        quitting.start()
        quitting.join(10)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _terminate(self) -> None:
        try:
            self.close_all()
            self.desktop.terminate()
        except Exception:
            return  # it went before it could answer


def _profile() -> str:
    items = []
    for path, values in _SETTINGS.items():
        for name, value in values.items():
            items.append(
                f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse">'
                f"<value>{value}</value></prop></item>"
            )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' + "".join(items) + "</oor:items>"
    )
