"""What macOS and Excel on a Mac allow: macros, xlwings' script, and Python at work in Excel.

list(dict(CHECKS)["macros"](ThisMachine(), ""))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agsxl.addin.checked import ATTENTION, INSTEAD, OK, UNKNOWN, Check, Checked
from agsxl.addin.installing import SCRIPT_VERSION, container_of, script_of
from agsxl.addin.machine import Machine, place_of

_EXCEL = "Applications/Microsoft Excel.app"


def _excel(here: Machine, book: str) -> Iterable[Checked]:
    """Whether Excel is installed, and was opened once."""
    if not any(here.is_there(str(place_of(here, root, _EXCEL))) for root in ("/", here.home)):
        yield Checked(
            "Excel",
            ATTENTION,
            "No Excel is installed on this Mac.",
            "Use agsxl in a terminal; LibreOffice opens the macro-free workbook.",
        )
    elif not here.is_there(container_of(here)):
        yield Checked(
            "Excel",
            ATTENTION,
            "Excel has not been opened on this Mac yet, so it has no folder for its settings.",
            "Open Excel once, close it, and run 'agsxl addin install'.",
        )
    else:
        yield Checked("Excel", OK, "Microsoft Excel is installed.")


def _preferences(here: Machine) -> dict[str, Any]:
    """Office's preferences, those that IT forces first.

    Domain com.microsoft.office: learn.microsoft.com/microsoft-365-apps/mac/
    set-preference-macro-security-office-for-mac. Forced ones lie in Managed Preferences.
    Raises ValueError for a file that is no property list.
    """
    import plistlib
    from xml.parsers.expat import ExpatError

    name, user = "com.microsoft.office.plist", place_of(here, here.home).name
    known: dict[str, Any] = {}
    for folder in (
        f"/Library/Managed Preferences/{user}",
        "/Library/Managed Preferences",
        f"{here.home}/Library/Preferences",
        "/Library/Preferences",
    ):
        if (data := here.read(f"{folder}/{name}")) is not None:
            try:
                known = {**plistlib.loads(data), **known}
            except (plistlib.InvalidFileException, ExpatError, TypeError) as fault:
                raise ValueError(f"{folder}/{name}") from fault
    return known


def _macros(here: Machine, book: str) -> Iterable[Checked]:
    """Whether Excel runs macros, and lets them start a script."""
    try:
        known = _preferences(here)
    except ValueError as fault:
        yield Checked(
            "macros",
            UNKNOWN,
            f"Office's preferences cannot be read ({fault}).",
            "Open the workbook and see whether it offers Enable Macros.",
        )
        return
    state = known.get("VisualBasicMacroExecutionState", "DisabledWithWarnings")
    if known.get("VisualBasicEntirelyDisabled"):
        yield _macros_off("Visual Basic is switched off in Office (VisualBasicEntirelyDisabled).")
    elif state == "DisabledWithoutWarnings":
        yield _macros_off("Excel runs no macros (VisualBasicMacroExecutionState).")
    elif known.get("DisableVisualBasicMacScript"):
        yield _macros_off("Macros may not run scripts (DisableVisualBasicMacScript).")
    elif state in ("DisabledWithWarnings", "EnabledWithoutWarnings"):
        asks = state == "DisabledWithWarnings"
        said = "asks before it runs macros: press Enable Macros" if asks else "runs every macro"
        yield Checked("macros", OK, f"Excel {said}.")
    else:
        yield Checked(
            "macros",
            UNKNOWN,
            f"Excel's macro setting has a value that agsxl does not know ({state}).",
            "Open the workbook and see whether it offers Enable Macros.",
        )


def _macros_off(said: str) -> Checked:
    return Checked(
        "macros",
        ATTENTION,
        said,
        f"Excel, Preferences, Security: enable macros with notification; if it is grey, ask IT, or {INSTEAD}.",
        ask=(
            f"{said} The workbook's buttons are macros, which start Python by an AppleScript in Excel's own "
            "script folder. Please set VisualBasicMacroExecutionState to DisabledWithWarnings, "
            "VisualBasicEntirelyDisabled and DisableVisualBasicMacScript to false, in the domain "
            "com.microsoft.office, for the officers who keep the plan."
        ),
    )


def _script(here: Machine, book: str) -> Iterable[Checked]:
    """Whether the script is there by which Excel's sandbox lets a macro start Python."""
    what, place = "script", script_of(here, SCRIPT_VERSION)
    found = here.read(place)
    xlwings = here.package("xlwings")
    shipped = here.read(str(place_of(here, xlwings.place, f"xlwings-{SCRIPT_VERSION}.applescript")))
    if found is None:
        yield Checked(
            what,
            ATTENTION,
            f"The script by which the buttons start Python is not there ({place}).",
            "Run 'agsxl addin install'.",
        )
    elif found != shipped:
        yield Checked(
            what,
            UNKNOWN,
            f"{place} is not the script that comes with this Python's xlwings.",
            "If the buttons do nothing, delete it and run 'agsxl addin install'.",
        )
    else:
        yield Checked(what, OK, "The script by which the buttons start Python is in its place.")


def _permission(here: Machine, book: str) -> Iterable[Checked]:
    """macOS shows no program what another one has been allowed."""
    yield Checked(
        "permission",
        UNKNOWN,
        "macOS does not show whether Python may work in Excel; it asks at the first press of a button.",
        "Answer OK; if that was missed: System Settings, Privacy & Security, Automation.",
    )


def _place(here: Machine, book: str) -> Iterable[Checked]:
    """OneDrive on a Mac lies in the folder CloudStorage."""
    path = place_of(here, book)
    if "CloudStorage" in path.parts or any(part.startswith("OneDrive") for part in path.parts[:-1]):
        yield Checked(
            "place",
            ATTENTION,
            f"{path.name} lies in OneDrive, where Excel may know it by a web address in which agsxl finds "
            "no folder.",
            "Keep the plan in a folder of this Mac, or switch AutoSave off in its title bar.",
        )
    else:
        yield Checked(
            "place", OK, f"{path.parent} is a folder that Excel and agsxl know by one name."
        )


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Excel", _excel),
    ("macros", _macros),
    ("script", _script),
    ("permission", _permission),
)
WORKBOOK_CHECKS: tuple[tuple[str, Check], ...] = (("place", _place),)
