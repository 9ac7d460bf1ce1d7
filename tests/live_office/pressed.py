"""What a button starts, in a process of its own: one line of Python, about the workbook it stands in.

    python -m tests.live_office.pressed "import agsxl.macros; agsxl.macros.check()"

It stands in for what ``RunPython`` of xlwings starts on Windows and macOS: there Python finds Excel,
here it finds the LibreOffice that the test run started, by the pipe in its environment.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from urllib.parse import unquote


def main() -> None:
    """Run the command on the workbook that is in front, and note how it ended."""
    command, note = unquote(sys.argv[1]), Path(unquote(sys.argv[2]))
    try:
        from tests.live_office.office import PIPE, Office, absent

        assert not absent()
        import xlwings

        from tests.live_office import engine

        office = Office(os.environ[PIPE])
        engine.install(office)
        (office.front,) = office.documents()
        xlwings.Book(impl=engine.Book(office.front)).set_mock_caller()
        exec(command, {})  # what xlwings does with it
        said = "\n".join(f"{title}: {text}" for title, text in office.alerts)
    except BaseException:
        said = traceback.format_exc()
    # Written beside and put in place whole: whoever waits for it reads all of it.
    beside = note.with_suffix(".part")
    beside.write_text(said, "utf-8")
    beside.replace(note)


if __name__ == "__main__":
    main()
