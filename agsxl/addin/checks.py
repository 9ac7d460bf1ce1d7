"""What may run on this computer and what stands in the way: one sentence and one remedy for each.

    for found in doctor("action-plan.xlsm"):
        print(found.state, found.what, found.said, found.remedy)

A check looks and says; it changes nothing. What the computer does not show is said to be unknown,
never guessed. What agsxl knows of Windows and of macOS is in ``windows`` and ``macos``.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePath

from agsxl.addin import conf, macos, windows
from agsxl.addin.checked import ATTENTION, OK, UNKNOWN, Check, Checked
from agsxl.addin.installing import conf_of, filled_in, mac, named_python
from agsxl.addin.machine import Machine, System, ThisMachine, place_of
from agsxl.errors import AgsxlError
from agsxl.excel.saving import refuse_if_open


def doctor(workbook: str | Path | None = None, *, machine: Machine | None = None) -> list[Checked]:
    """Look at everything the workbook's buttons need, and say how each stands.

    >>> [found.what for found in doctor() if found.state is State.OK]  # doctest: +SKIP
    ['Python', 'packages', ...]

    ``workbook`` is the officer's own, or None to look at the computer alone. Changes nothing and
    raises nothing: what cannot be found out has the state unknown.
    """
    here = machine or ThisMachine()
    book = str(workbook) if workbook is not None else ""
    return [
        found for what, check in _checks(here, book) for found in _looked(what, check, here, book)
    ]


def _checks(here: Machine, book: str) -> Iterable[tuple[str, Check]]:
    yield "Python", _python
    yield "packages", _packages
    yield "terminal", _terminal
    if here.system is System.WINDOWS:
        yield from windows.CHECKS
    elif mac(here):
        yield from macos.CHECKS
    else:
        yield "Excel", _no_excel
    if here.system is not System.LINUX:
        yield "buttons", _settings
    if book:
        yield "workbook", _workbook
    if not book or not _is_file(here, book):
        return
    if here.system is System.WINDOWS:
        yield from windows.WORKBOOK_CHECKS
    elif mac(here):
        yield from macos.WORKBOOK_CHECKS


def _looked(what: str, check: Check, here: Machine, book: str) -> list[Checked]:
    try:
        return list(check(here, book))
    except OSError as fault:
        said = fault.strerror or type(fault).__name__
        return [Checked(what, UNKNOWN, f"This computer does not show it ({said}).", "Ask IT.")]
    except Exception as fault:  # a doctor that falls ill helps nobody
        said = f"By a fault of agsxl itself this could not be looked at ({type(fault).__name__})."
        return [Checked(what, UNKNOWN, said, "Tell whoever looks after agsxl.")]


# -- this Python -------------------------------------------------------------------------------

# Folders that a tool makes for one run, or that the system empties: uv, pipx run, temporary files.
_PASSING = ("\\local\\temp\\", "\\archive-v0\\", "/tmp/", "/var/folders/", "/.cache/")
_STORE = "\\windowsapps\\"


def _python(here: Machine, book: str) -> Iterable[Checked]:
    """Where this Python is."""
    it = f"Python {here.version} ({here.bits}-bit) at {here.python}"
    path = here.python.lower()
    if here.system is not System.LINUX and any(part in path for part in _PASSING):
        yield Checked(
            "Python",
            ATTENTION,
            f"{it} lies in a folder that is soon emptied, so the buttons would lose it.",
            "Install agsxl into a Python of your own, as docs/install.md says.",
        )
    elif _STORE in path:
        # An app execution alias: whether GetAttr in the macros sees it differs between computers.
        yield Checked(
            "Python",
            UNKNOWN,
            f"{it} comes from the Microsoft Store, which hides it from some programs.",
            "If the buttons say that they cannot find it, install Python from python.org for "
            "yourself alone; that needs no administrator.",
        )
    else:
        yield Checked("Python", OK, f"{it}.")


# Packages, and the module to try where it is not called the same.
_NEEDS: dict[System, dict[str, str]] = {
    System.WINDOWS: {"agsxl": "", "xlwings": "", "pywin32": "pythoncom"},
    System.MACOS: {"agsxl": "", "xlwings": "", "appscript": "", "psutil": ""},
    System.LINUX: {"agsxl": ""},
}


def _packages(here: Machine, book: str) -> Iterable[Checked]:
    """Whether what the buttons import can be imported."""
    found = {name: here.package(name, module) for name, module in _NEEDS[here.system].items()}
    faulty = {name: package.fault for name, package in found.items() if package.fault}
    nameless = [name for name, package in found.items() if not package.version]
    for name, fault in faulty.items():
        yield Checked(
            "packages",
            ATTENTION,
            f"The package {name} cannot be imported ({fault}).",
            f"Run '{here.python} -m pip install --upgrade {name}'.",
        )
    if faulty:
        return
    if nameless:
        yield Checked(
            "packages",
            UNKNOWN,
            f"{', '.join(nameless)} can be imported, but does not say its version.",
            "If a button fails, install it again with pip.",
        )
    else:
        said = ", ".join(f"{name} {package.version}" for name, package in found.items())
        yield Checked("packages", OK, f"Imported: {said}.")


def _terminal(here: Machine, book: str) -> Iterable[Checked]:
    """Whether a terminal finds agsxl, and the one of this Python."""
    found = here.on_path("agsxl")
    pythons = here.on_path("python") + here.on_path("python3")
    if not found:
        yield Checked(
            "terminal",
            ATTENTION,
            "A terminal does not find the command agsxl.",
            f"Write '{here.python} -m agsxl' in its place.",
        )
    elif place_of(here, found[0]).parent not in _command_folders(here):
        yield Checked(
            "terminal",
            ATTENTION,
            f"A terminal starts {found[0]}, which belongs to another Python than this one.",
            f"Write '{here.python} -m agsxl', or uninstall the one that is not needed.",
        )
    else:
        many = len({place_of(here, python).parent for python in pythons})
        more = (
            f" There are {many} Pythons on the PATH; the buttons start the one in their settings."
        )
        yield Checked("terminal", OK, f"A terminal finds {found[0]}.{more if many > 1 else ''}")


def _command_folders(here: Machine) -> set[PurePath]:
    """Where this Python's commands may lie; pipx and uv put theirs into the last one."""
    folders = (*here.scripts, str(place_of(here, here.home, ".local", "bin")))
    return {place_of(here, folder) for folder in folders}


def _no_excel(here: Machine, book: str) -> Iterable[Checked]:
    """Linux."""
    yield Checked(
        "Excel",
        OK,
        "Excel's buttons are for Windows and macOS; here every command works in the terminal.",
    )
    office = here.on_path("soffice") or here.on_path("libreoffice")
    if office:
        yield Checked("Excel", OK, f"LibreOffice opens the workbook: {office[0]}.")
    else:
        yield Checked(
            "Excel",
            ATTENTION,
            "Neither Excel nor LibreOffice is here to open the workbook with.",
            "Install LibreOffice to look at the workbook; agsxl does not need it.",
        )


# -- which Python the buttons start ------------------------------------------------------------


def _settings(here: Machine, book: str) -> Iterable[Checked]:
    """What the workbook's macros read in the officer's settings file, as they read it."""
    what, place = "buttons", str(conf_of(here))
    settings = here.read(place) or b""
    if any(not name for name, _ in conf.settings_of(settings)):
        yield Checked(
            what,
            ATTENTION,
            f"{place} has an empty line, behind which Excel misreads every setting.",
            "Open it in a text editor and delete the empty lines.",
        )
    if (conda := _missing_conda(here, settings)) is not None:
        yield Checked(
            what,
            ATTENTION,
            f"{place} names a Conda that is not there ({conda}), and the buttons stop there.",
            'Delete its lines "CONDA PATH" and "CONDA ENV".',
        )
    python = named_python(here, settings)
    if not python:
        yield Checked(
            what,
            ATTENTION,
            f"{place} does not say which Python to start, so Excel would start any of the PATH.",
            "Run 'agsxl addin install'.",
        )
    elif python.lower() in ("python", "pythonw"):
        yield Checked(
            what,
            UNKNOWN,
            f"{place} says '{python}', so the buttons start whichever comes first on the PATH.",
            "Run 'agsxl addin install', which names this Python by its path.",
        )
    elif not here.is_there(python):
        yield Checked(
            what,
            ATTENTION,
            f"{place} names {python}, which is not there.",
            "Run 'agsxl addin install'.",
        )
    elif not here.same_file(python, here.python):
        yield Checked(
            what,
            ATTENTION,
            f"{place} names another Python than this one, {python}.",
            "Run 'agsxl addin install --replace', or install agsxl into that Python.",
        )
    else:
        yield Checked(what, OK, f"The buttons start this Python, as {place} says.")


def _missing_conda(here: Machine, settings: bytes) -> str | None:
    """The Conda program that the macros look for before they start Python, if it is not there."""
    folder = filled_in(here, conf.setting(settings, "CONDA PATH") or "")
    if here.system is not System.WINDOWS or not folder or not conf.setting(settings, "CONDA ENV"):
        return None
    program = str(place_of(here, folder, "condabin", "conda.bat"))
    return None if here.is_there(program) else program


# -- the workbook ------------------------------------------------------------------------------


def _is_address(book: str) -> bool:
    return "://" in book


def _is_file(here: Machine, book: str) -> bool:
    """Whether there is a file to look at; what the computer refuses to say is said by ``_workbook``."""
    with suppress(OSError):
        return here.is_there(book)
    return False


def _workbook(here: Machine, book: str) -> Iterable[Checked]:
    """Whether it is there, has buttons, and is not open elsewhere."""
    what, name = "workbook", place_of(here, book).name
    if _is_address(book):
        yield Checked(
            what,
            ATTENTION,
            f"{book} is an address on the web, of which agsxl reads no file.",
            "Name the copy that OneDrive keeps on this computer.",
        )
        return
    if not here.is_there(book):
        yield Checked(
            what, ATTENTION, f"There is no file {book}.", "Check the name and the folder."
        )
        return
    if not book.lower().endswith(".xlsm"):
        yield Checked(
            what,
            ATTENTION,
            f"{name} is not a macro workbook (.xlsm), so it has no buttons.",
            "Make one with 'agsxl new', or use agsxl in a terminal.",
        )
        return
    try:
        refuse_if_open(book)
    except AgsxlError as fault:
        yield Checked(
            what,
            ATTENTION,
            str(fault),
            "The buttons work while it is open in your own Excel; a command in a terminal needs it "
            "closed, or --live.",
        )
        return
    yield Checked(what, OK, f"{name} is a macro workbook and is not open.")
