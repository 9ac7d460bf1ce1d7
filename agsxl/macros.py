"""The buttons of the master: one function for each, run by its macro in the workbook that is open.

    RunPython "import agsxl.macros; agsxl.macros.check()"        ' in VBA

Each does one job of the core on the open workbook, shows the sheet with the result, and says one sentence:
in the cell "Last result" on Start, where it stays, and in a message. Nothing is saved. No traceback
reaches an officer. Python says what the job came to; the macros say only that Python could not be
started (``workbook/vba/AgsxlButtons.bas``).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agsxl.edits import Book
from agsxl.errors import AgsxlError, SourceError
from agsxl.texts import counted
from agsxl.words import (
    CHASERS,
    CHECKS,
    LAST_YEAR,
    REPLIES,
    SETTINGS,
    SEVERITIES,
    SLIPPAGE,
    START,
    spoken,
)

if TYPE_CHECKING:
    from xlwings import Book as Workbook

    from agsxl.settings import Settings

# The cell on Start that shows what the last button came to.
LAST_RESULT = "Agsxl_LastResult"
_TITLE = "Action plan"
_MOST_NOTES = 3  # in a message that a person can take in

Progress = Callable[[str], None]
Job = Callable[[Book, Progress], str]


# -- the buttons -------------------------------------------------------------------------------


def check() -> None:
    """The button Check: the data queries onto the sheet Checks."""
    _press("Check", _check, CHECKS)


def slippage() -> None:
    """The button Slippage: how far each milestone has moved onto the sheet Slippage."""
    _press("Slippage", _slippage, SLIPPAGE)


def chase() -> None:
    """The button Chase: a draft for each SMT lead, listed on the sheet Chasers. Nothing is sent."""
    _press("Chase", _chase, CHASERS)


def read_replies() -> None:
    """The button Read replies: what the returns in the replies folder ask for onto the sheet Replies."""
    _press("Read replies", _read_replies, REPLIES)


def update_plan() -> None:
    """The button Update plan: what was decided on the sheet Replies into the plan, and logged."""
    _press("Update plan", _update_plan, REPLIES)


def undo() -> None:
    """The button Undo last update: the plan as it was before, and logged."""
    _press("Undo last update", _undo, "")


def report() -> None:
    """The button Report: the committee pack into a folder beside the workbook, the plan frozen as reported."""
    _press("Report", _report, "")


def new_year() -> None:
    """The button New year: the plan of the next year, a workbook beside this one, which is not changed."""
    _press("New year", _new_year, "")


def show_help() -> None:
    """The button Help: the sheet Start, and that Python answers."""
    _press("Help", _help, START)


# -- the jobs, each with its sentence ----------------------------------------------------------


def _check(book: Book, progress: Progress) -> str:
    from agsxl.results import check_onto

    done = check_onto(book, progress=progress)
    counts = Counter[str](finding.severity for finding in done.findings)
    queries = "; ".join(
        f"{word.lower()}: {counts[severity]:,}"
        for severity, word in _SEVERITIES
        if counts[severity]
    )
    filled = len(done.filled) + len(done.confirmed)
    return _sentence(
        f"{counted(len(done.findings), 'data query', 'data queries')}"
        + (f" ({queries})" if queries else "")
        + f" on {spoken(done.day.day)}",
        f"{counted(filled, 'baseline date')} filled in" if filled else "",
        *map(_ended, done.unused),
        *map(_ended, done.receipt.notes),
    )


def _slippage(book: Book, progress: Progress) -> str:
    from agsxl.results import slippage_onto

    done = slippage_onto(book, progress=progress)
    totals = done.slippage.totals
    moved = f"{totals.moved:,} of {counted(totals.milestones, 'milestone')} moved"
    if totals.median_days is not None and totals.longest_days is not None:
        moved += f", the median by {_days(totals.median_days)}, the longest by {_days(totals.longest_days)}"
    apart = f"{totals.unmeasurable:,} of them cannot be measured" if totals.unmeasurable else ""
    return _sentence(f"{moved} on {spoken(done.day.day)}", apart, *map(_ended, done.receipt.notes))


def _chase(book: Book, progress: Progress) -> str:
    from agsxl.sending import PREVIEW, draft

    done = draft(book, preview=True, progress=progress)
    asked = sum(len(chaser.milestones) for chaser in done.asked)
    unsendable = len({lead for lead, _ in done.faults})
    return _sentence(
        f"{counted(len(done.asked), 'SMT lead')} to be asked about {counted(asked, 'milestone')} on "
        f"{spoken(done.day.day)}",
        f"the drafts are in the folder {done.folder.name}, with {PREVIEW} to look at, and nothing is sent yet"
        if done.folder is not None and done.messages
        else "",
        f"{counted(unsendable, 'message')} cannot go out yet, see Chasers for why"
        if unsendable
        else "",
        *map(_ended, done.notes),
    )


def _read_replies(book: Book, progress: Progress) -> str:
    from agsxl.updating import reconcile

    folder = replies_folder(_settings_of(book), book)
    done = reconcile(book, [folder], progress=progress)
    waiting = len(done.update.standing)
    return _sentence(
        f"{counted(len(done.replies), 'return')} read from the folder {folder.name}",
        f"{len(done.refused):,} could not be read: {_ended(done.refused[0].why)}"
        if done.refused
        else "",
        counted(len(done.changes), "change"),
        f"decide {waiting:,} of them here, then press Update plan"
        if waiting
        else ("press Update plan to write them" if done.changes else ""),
        *map(_ended, done.written.receipt.notes if done.written else ()),
    )


def _update_plan(book: Book, progress: Progress) -> str:
    from agsxl.updating import reconcile

    done = reconcile(book, [], apply=True, progress=progress)
    changes = len(done.written.changes) if done.written else 0
    waiting = len(done.update.standing)
    return _sentence(
        f"{counted(changes, 'change')} written into the plan and logged"
        if changes
        else "nothing was decided that is to be written into the plan",
        f"{waiting:,} to be decided here" if waiting else "",
        *map(_ended, done.written.receipt.notes if done.written else ()),
    )


def _undo(book: Book, progress: Progress) -> str:
    from agsxl.updating import undo as take_back

    done = take_back(book, progress=progress)
    when = done.taken_back.entries[0].when.date()
    return _sentence(
        f"{counted(len(done.taken_back.entries), 'change')} of {spoken(when)} taken back and logged",
        *map(_ended, done.written.receipt.notes),
    )


def _report(book: Book, progress: Progress) -> str:
    from agsxl.packing import committee_pack

    done = committee_pack(book, beside=True, freeze=True, progress=progress)
    counts, since = done.pack.now.counts, done.pack.since
    compared = ""
    if since is not None:
        compared = f"compared with {spoken(since.day)}"
        compared += f" (frozen as {since.label!r})" if since.label else ""
    return _sentence(
        f"{counts.complete:,} of {counted(counts.milestones, 'milestone')} complete and {counts.overdue:,} "
        f"overdue on {spoken(done.day.day)}",
        f"the pack is in the folder {done.folder.name}" if done.folder is not None else "",
        compared,
        f"the plan is frozen as {done.frozen!r}" if done.frozen else "",
        *_first_of(done.notes, "agsxl report"),
        *map(_ended, done.written.receipt.notes if done.written else ()),
    )


def _new_year(book: Book, progress: Progress) -> str:
    from agsxl.years import roll

    done = roll(book, progress=progress)
    return _sentence(
        f"the plan of {done.year} is in {done.file.name}",
        f"{counted(len(done.carried), 'open milestone')} carried into it and {len(done.left_behind):,} left "
        f"behind, each with why on its sheet {LAST_YEAR}",
        "this workbook is not changed",
        *_first_of(done.notes, "agsxl roll"),
    )


def _help(book: Book, progress: Progress) -> str:
    from agsxl import __version__

    python = ".".join(str(number) for number in sys.version_info[:3])
    return _sentence(
        f"agsxl {__version__} answers, in Python {python}",
        "this sheet says what to press, and in what order",
        "agsxl addin doctor in a terminal looks over this computer",
    )


def replies_folder(settings: Settings, book: Book) -> Path:
    """The folder that the returns are read from: that of Settings, else ``replies``, beside the workbook.

    >>> replies_folder(Settings(), open_book("C:/Plan/plan.xlsm"))  # doctest: +SKIP
    WindowsPath('C:/Plan/replies')

    Raises SourceError where there is no such folder, and for a workbook without a place on this computer.
    """
    named = Path(settings.replies_folder).expanduser()
    if not named.is_absolute():
        if book.path is None:
            raise SourceError(
                f"{book.name} is not saved on this computer, so there is no replies folder beside it; save "
                "it in a folder first, or give the whole path of the folder on Settings, under Replies folder."
            )
        named = book.path.parent / named
    if not named.is_dir():
        raise SourceError(
            f"There is no folder {named}; make it, save the workbooks that the leads sent back there, and "
            "press Read replies again."
        )
    return named


def _settings_of(book: Book) -> Settings:
    """The plan's Settings, without reading the plan."""
    from agsxl.layout.tables import find_settings, read_settings
    from agsxl.settings import Settings

    named = [name for name in book.sheets() if name.strip().casefold() == SETTINGS.casefold()]
    grid = find_settings([book.read(name) for name in named])
    return read_settings(grid, book.name) if grid is not None else Settings()


_SEVERITIES = tuple(SEVERITIES.items())


def _sentence(*parts: str) -> str:
    return "; ".join(part for part in parts if part) + "."


def _first_of(notes: Sequence[str], command: str) -> Iterator[str]:
    """As many notes as a message can hold, and how many more there are."""
    yield from map(_ended, notes[:_MOST_NOTES])
    if len(notes) > _MOST_NOTES:
        yield f"{len(notes) - _MOST_NOTES:,} more to know, which {command} in a terminal says"


def _ended(text: str) -> str:
    """A sentence as part of another."""
    return text.strip().rstrip(".")


def _days(number: float) -> str:
    return counted(round(number), "day") if number == round(number) else f"{number:,.1f} days"


# -- pressing one ------------------------------------------------------------------------------


def _press(label: str, job: Job, shows: str) -> None:
    """Do a job on the workbook whose button was pressed, show a sheet, and say one sentence."""
    try:
        workbook = _caller()
    except Exception as fault:  # no workbook to say it in: the macro says the last line of this
        sys.exit(f"{label}: the workbook cannot be reached ({fault}).")
    window = _Window(workbook, label)
    try:
        from agsxl.excel.live import LiveBook

        said = job(LiveBook(workbook), window.progress)
    except AgsxlError as fault:
        window.say(str(fault), trouble=True)
    except Exception as fault:
        _raise_if_asked()
        window.say(
            f"the job could not go on, by a fault of agsxl itself ({type(fault).__name__}: {fault}); "
            "the plan was not changed. Please report this.",
            trouble=True,
        )
    else:
        window.show(shows)
        window.say(said)


def _raise_if_asked() -> None:
    """For those who work on agsxl: the traceback, not the sentence."""
    from os import environ

    if environ.get("AGSXL_TRACEBACK"):
        raise


def _caller() -> Workbook:
    from agsxl.excel.live import caller_book

    workbook: Workbook = caller_book().workbook
    return workbook


class _Window:
    """What an officer sees of a job: the status bar, the last result on Start, a message.

    None of it is worth failing for. A plan whose Start sheet is gone or protected still has the message;
    what is written in the cell is still there where no message can be shown.
    """

    def __init__(self, workbook: Workbook, label: str) -> None:
        self._workbook = workbook
        self._label = label

    def progress(self, step: str) -> None:
        """A step of the job, in the status bar."""
        with suppress(Exception):
            self._workbook.app.status_bar = f"{self._label}: {step} ..."

    def show(self, sheet: str) -> None:
        """Bring a sheet to the front."""
        if sheet:
            with suppress(Exception):
                self._workbook.sheets[sheet].activate()

    def say(self, sentence: str, *, trouble: bool = False) -> None:
        """What the job came to; the status bar is Excel's again."""
        said = f"{self._label}: {sentence}"
        with suppress(Exception):
            self._workbook.app.status_bar = False
        with suppress(Exception):
            self._workbook.names[LAST_RESULT].refers_to_range.value = said
        with suppress(Exception):
            self._workbook.app.alert(said, _TITLE, mode="critical" if trouble else "info")
