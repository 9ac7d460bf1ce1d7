"""Telling the workbook where Python is, and taking that back.

    done = install()
    done.said                       # "The workbook's buttons now start C:\\...\\python.exe."
    remove().said                   # "What agsxl addin install wrote is taken away."

On Windows and macOS one line goes into xlwings' own settings file in the officer's home; on macOS
xlwings' script, which is all that Excel's sandbox lets a macro start, is copied as well. Both are done
again without harm.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path, PurePath
from typing import NamedTuple

from agsxl.addin import conf
from agsxl.addin.machine import Machine, System, ThisMachine, place_of
from agsxl.errors import OutputError
from agsxl.excel.saving import backups_of, replace_file

# The version of xlwings whose macros the workbook carries: on a Mac they ask for its script by this name.
SCRIPT_VERSION = "0.37.8"

_NAMES = {System.WINDOWS: "INTERPRETER_WIN", System.MACOS: "INTERPRETER_MAC"}
# VBA on Windows knows no line that ends in a line feed alone.
_NEWLINES = {System.WINDOWS: "\r\n", System.MACOS: "\n"}


class Installed(NamedTuple):
    """What install did. ``written`` are the files it wrote, ``backup`` the settings as they were."""

    said: str
    written: tuple[Path, ...] = ()
    backup: Path | None = None


class Removed(NamedTuple):
    """What remove did. ``taken`` are the files it changed or deleted."""

    said: str
    taken: tuple[Path, ...] = ()


# -- where things are --------------------------------------------------------------------------


def conf_of(machine: Machine) -> PurePath:
    """The settings file that the macros and xlwings read, for this officer.

    >>> str(conf_of(ThisMachine(system=System.WINDOWS, home="C:/Users/pat")))
    'C:\\\\Users\\\\pat\\\\.xlwings\\\\xlwings.conf'
    """
    if mac(machine):  # Excel's sandbox: macros may read nothing outside it unasked
        return place_of(machine, container_of(machine), "xlwings.conf")
    return place_of(machine, machine.home, ".xlwings", "xlwings.conf")


def container_of(machine: Machine) -> str:
    """The folder that macOS gives Excel, made when Excel is first opened."""
    return str(
        place_of(machine, machine.home, "Library", "Containers", "com.microsoft.Excel", "Data")
    )


def script_of(machine: Machine, version: str) -> str:
    """Where Excel on macOS looks for the script of one version of xlwings."""
    return str(place_of(machine, _scripts(machine), f"xlwings-{version}.applescript"))


def _scripts(machine: Machine) -> str:
    return str(
        place_of(machine, machine.home, "Library", "Application Scripts", "com.microsoft.Excel")
    )


def mac(machine: Machine) -> bool:
    """Whether this is a Mac."""
    return machine.system is System.MACOS


def interpreter_name(machine: Machine) -> str:
    """The name under which the macros look their Python up on this system."""
    return _NAMES[machine.system]


def written_path(machine: Machine) -> str:
    """This Python's path as it is put into the settings file, in plain ASCII.

    The macros read the file in Windows' own alphabet, xlwings in Python's; only ASCII is the same in
    both, and what xlwings cannot read keeps it from starting at all. So a home folder with an accent
    is written by its variable, which both of them fill in.

    Raises OutputError where that is not enough.
    """
    path, variable = (
        machine.python,
        "%USERPROFILE%" if machine.system is System.WINDOWS else "$HOME",
    )
    if not path.isascii():
        with suppress(ValueError):
            inside = place_of(machine, path).relative_to(place_of(machine, machine.home))
            path = str(place_of(machine, variable, str(inside)))
    if not path.isascii() or '"' in path:
        raise OutputError(
            f"Excel's buttons cannot start {machine.python}, because its path has letters that "
            "Excel's settings file cannot hold; install Python for yourself in a folder with a plain name."
        )
    return path


# -- install and remove ------------------------------------------------------------------------


def install(*, replace: bool = False, machine: Machine | None = None) -> Installed:
    """Let the workbook's buttons start this very Python.

    >>> install().said  # doctest: +SKIP
    "The workbook's buttons now start /opt/python/bin/python3."

    ``replace`` also where other workbooks of this officer use another Python that is still there.
    Every other line of the settings file stays as it is, to the byte, and a copy of the file is kept.

    Raises OutputError on Linux, where Excel has never been opened on this Mac, where xlwings is
    missing, where another Python is in use, or where the file cannot be written. Nothing is then
    half done.
    """
    here = machine or ThisMachine()
    _refuse(here)
    python = written_path(here)
    place = _file(here)
    old = _read(place)
    _refuse_other_python(here, old, replace=replace)
    copied = _copy_script(here, conf.script_copied(old or b"")) if mac(here) else ()
    script = copied[0].name if copied else conf.script_copied(old or b"")
    new = conf.with_python(
        old, interpreter_name(here), python, newline=_NEWLINES[here.system], script=script
    )
    if new == old:
        return Installed(f"The workbook's buttons start {here.python} already.")
    try:
        backup = _write(place, old, new)
    except BaseException:
        for made in copied:
            made.unlink(missing_ok=True)
        raise
    said = f"The workbook's buttons now start {here.python}."
    return Installed(said, (place, *copied), backup)


def remove(*, machine: Machine | None = None) -> Removed:
    """Take back what install wrote: its lines, its file where it made one, its script, its copy.

    >>> remove().said  # doctest: +SKIP
    'There is nothing of agsxl addin install to take away.'

    Raises OutputError where a file cannot be changed.
    """
    here = machine or ThisMachine()
    place, taken = _file(here), []
    old = _read(place)
    if old is not None and conf.is_ours(old):
        script = conf.script_copied(old)
        if script and (there := Path(_scripts(here), script)).exists():
            _delete(there)
            taken.append(there)
        _take_out(place, old, keep_folder=mac(here))
        taken.append(place)
    said = (
        "What agsxl addin install wrote is taken away; the workbook's buttons no longer know this Python."
        if taken
        else "There is nothing of agsxl addin install to take away."
    )
    return Removed(said, tuple(taken))


def _refuse(here: Machine) -> None:
    if here.system is System.LINUX:
        raise OutputError(
            "Excel's buttons are for Windows and macOS, so there is nothing to install here; every "
            "command of agsxl works in the terminal."
        )
    xlwings = here.package("xlwings")
    if xlwings.fault:
        raise OutputError(
            f"The workbook's buttons need the package xlwings, which this Python cannot import "
            f"({xlwings.fault}); run '{here.python} -m pip install xlwings' and try again."
        )
    if mac(here) and xlwings.version != SCRIPT_VERSION:
        raise OutputError(
            f"The workbook's buttons need xlwings {SCRIPT_VERSION}, and this Python has {xlwings.version}; run "
            f"'{here.python} -m pip install xlwings=={SCRIPT_VERSION}' and try again."
        )
    if mac(here) and not here.is_there(container_of(here)):
        raise OutputError(
            "Excel has not been opened on this Mac yet, so macOS has made no folder for it; open "
            "Excel once, close it, and try again."
        )


def _refuse_other_python(here: Machine, old: bytes | None, *, replace: bool) -> None:
    """Another workbook's Python is not taken from it without a word."""
    if old is None or replace or conf.is_ours(old):
        return
    there = named_python(here, old)
    if there and here.is_there(there) and not here.same_file(there, here.python):
        raise OutputError(
            f"{conf_of(here)} names another Python, {there}, which other workbooks may need; use "
            "'agsxl addin install --replace' if agsxl's Python may serve them all, or install agsxl "
            "into that Python."
        )


def named_python(here: Machine, settings: bytes) -> str:
    """The Python that the macros would start by this file, variables filled in; "" for none."""
    for name in (interpreter_name(here), "INTERPRETER"):
        if found := conf.setting(settings, name):
            return filled_in(here, found)
    return ""


def filled_in(here: Machine, text: str) -> str:
    """A text with its environment variables, as the system writes them, filled in."""
    if here.system is not System.WINDOWS:
        return here.home + text.removeprefix("$HOME") if text.startswith("$HOME/") else text
    known = {"USERPROFILE": here.home} | {name.upper(): each for name, each in here.environ.items()}
    return re.sub("%([^%]+)%", lambda found: known.get(found[1].upper(), found[0]), text)


def _file(here: Machine) -> Path:
    return Path(conf_of(here).as_posix())  # Windows takes either slash


def _read(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise OutputError(
            f"{place} cannot be read ({fault.strerror}), so nothing was written; ask for the right "
            "to read it."
        ) from fault


def _write(place: Path, old: bytes | None, new: bytes) -> Path | None:
    """Put the new contents in place, whole or not at all; the copy of the old ones."""

    def verify(written: Path) -> None:
        if written.read_bytes() != new:
            raise OutputError(
                f"{place} does not read back as it was written; the disk may be failing."
            )

    if old is not None:
        return replace_file(
            place,
            write=lambda file: file.write_bytes(new),
            verify=verify,
            digest=old,
            backups_kept=1,
        ).backup
    beside = place.with_name(f"~agsxl-{os.getpid()}.tmp")
    try:
        place.parent.mkdir(exist_ok=True)
        beside.write_bytes(new)
        verify(beside)
        os.replace(beside, place)  # noqa: PTH105 - as in excel.saving
    except OSError as fault:
        raise OutputError(
            f"{place} cannot be written ({fault.strerror}); ask for the right to write in that folder."
        ) from fault
    finally:
        with suppress(OSError):
            beside.unlink()
    return None


def _take_out(place: Path, old: bytes, *, keep_folder: bool) -> None:
    new = conf.without_python(old)
    copies = backups_of(place)
    if not new and conf.was_made_by_agsxl(old):
        _delete(place)
    else:
        replace_file(
            place,
            write=lambda file: file.write_bytes(new),
            verify=lambda file: None,
            digest=old,
            backups_kept=0,
        )
    with suppress(
        OSError
    ):  # what cannot be deleted, or a folder with somebody else's file in it, stays
        for copy in copies:  # no longer needed: the file is again what it was
            if conf.without_python(copy.read_bytes()) == new:
                copy.unlink()
                copy.parent.rmdir()
    with suppress(OSError):
        if not keep_folder:
            place.parent.rmdir()


def _delete(place: Path) -> None:
    try:
        place.unlink()
    except OSError as fault:
        raise OutputError(
            f"{place} cannot be deleted ({fault.strerror}); delete it yourself."
        ) from fault


def _copy_script(here: Machine, before: str) -> tuple[Path, ...]:
    """Copy the script that starts Python for Excel on macOS, by xlwings' own command.

    One that is there already stays, whoever put it there. ``before`` is what agsxl copied for
    another version of xlwings, which goes.
    """
    place = Path(script_of(here, SCRIPT_VERSION))
    if place.exists():
        return ()
    from xlwings.cli import runpython_install  # the part of xlwings under BSD

    try:
        runpython_install(None)  # type: ignore[no-untyped-call]
        if before:
            place.with_name(before).unlink(missing_ok=True)
    except OSError as fault:
        raise OutputError(
            f"xlwings' script cannot be copied into {place.parent} ({fault.strerror}); ask for the "
            "right to write in that folder."
        ) from fault
    return (place,)
