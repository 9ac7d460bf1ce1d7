"""Installing on a council laptop: what install writes and remove takes back; what doctor says, case by case."""

from __future__ import annotations

import importlib
import plistlib
import re
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlwings
import xlwings.utils
from hypothesis import given
from hypothesis import strategies as st

from agsxl.addin import Checked, State, ThisMachine, conf, doctor, install, letter_to_it, lines_of
from agsxl.addin import checks as checking
from agsxl.addin import remove as remove_it
from agsxl.addin.installing import SCRIPT_VERSION, conf_of, filled_in, written_path
from agsxl.addin.machine import Package, System
from agsxl.errors import OutputError
from tests.plans import ROOT

OK, ATTENTION, UNKNOWN = State.OK, State.ATTENTION, State.UNKNOWN


@dataclass(frozen=True)
class Laptop:
    """A computer as a table: its files, its registry, its packages. Nothing of the real one."""

    system: System = System.WINDOWS
    home: str = r"C:\Users\pat"
    environ: Mapping[str, str] = field(default_factory=dict)
    python: str = r"C:\Users\pat\Python312\python.exe"
    version: str = "3.12.4"
    bits: int = 64
    files: Mapping[str, bytes | OSError | None] = field(default_factory=dict)
    registry: Mapping[str, Mapping[str, int | str] | OSError] = field(default_factory=dict)
    packages: Mapping[str, Package] = field(default_factory=dict)
    path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        found = self.files.get(path)
        if isinstance(found, OSError):
            raise found
        return found

    def is_there(self, path: str) -> bool:
        return path in ("", self.python) or path in self.files  # "" is the folder one is in

    def same_file(self, one: str, other: str) -> bool:
        return one.lower() == other.lower()

    def on_path(self, name: str) -> tuple[str, ...]:
        return self.path.get(name, ())

    @property
    def scripts(self) -> tuple[str, ...]:
        return (r"C:\Users\pat\Python312\Scripts", "/home/pat/py/bin")

    def package(self, name: str, module: str = "") -> Package:
        return self.packages.get(name, Package("1.2.3", place="/packages"))

    def values(self, key: str) -> Mapping[str, int | str] | None:
        found = next((v for k, v in self.registry.items() if k.lower() == key.lower()), None)
        if isinstance(found, OSError):
            raise found
        return {name.lower(): value for name, value in found.items()} if found is not None else None

    def subkeys(self, key: str) -> tuple[str, ...]:
        below = [
            k[len(key) + 1 :] for k in self.registry if k.lower().startswith(f"{key.lower()}\\")
        ]
        return tuple(dict.fromkeys(name.split("\\")[0] for name in below))


WINDOWS = Laptop()
MAC = Laptop(
    system=System.MACOS,
    home="/Users/pat",
    python="/Users/pat/python/bin/python3",
    packages={"xlwings": Package(SCRIPT_VERSION, place="/packages/xlwings")},
)
LINUX = Laptop(system=System.LINUX, home="/home/pat", python="/home/pat/py/bin/python3")

PY = WINDOWS.python
PLAN = r"C:\Plans\action-plan.xlsm"
MAC_PLAN = "/Users/pat/Plans/action-plan.xlsm"


def said(machine: Laptop, what: str, book: str | None = None) -> list[Checked]:
    """What doctor says of one thing."""
    return [found for found in doctor(book, machine=machine) if found.what == what]


# -- what doctor says on Windows ---------------------------------------------------------------

POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0"
CLOUD = r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0"
OWN = r"HKCU\Software\Microsoft\Office\16.0"
SECURITY = r"\Excel\Security"
TRUSTED = r"\Excel\Security\Trusted Locations"
DEFENDER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender"
ASR = DEFENDER + r"\Windows Defender Exploit Guard\ASR"
LOCAL_ASR = r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR"
RULE = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
CMD = r"HKCU\Software\Policies\Microsoft\Windows\System"
EXCEL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
OFFICE = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
APPLOCKER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe"
GUARD = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard"
NO = PermissionError(13, "Permission denied")


def group_policy(state: str | int) -> dict[str, dict[str, int | str]]:
    return {ASR: {"ExploitGuard_ASR_Rules": 1}, ASR + r"\Rules": {RULE: state}}


def intune(state: int, **more: str) -> dict[str, dict[str, int | str]]:
    other = "be9ba2d9-53ea-4cdc-84e5-9b1eeee46550=1"
    return {DEFENDER + r"\Policy Manager": {"ASRRules": f"{other}|{RULE.lower()}={state}", **more}}


# what, registry, how it stands, a piece of what is said
REGISTRY = [
    ("Excel", {EXCEL: {"": r"C:\Office\EXCEL.EXE"}}, OK, r"is at C:\Office\EXCEL.EXE"),
    (
        "Excel",
        {EXCEL: {"": "EXCEL.EXE"}, OFFICE: {"Platform": "x86", "VersionToReport": "16.0.1"}},
        OK,
        "Excel 16.0.1, 32-bit",
    ),
    ("Excel", {OFFICE: {"Platform": "x64"}}, UNKNOWN, "does not say where its Excel is"),
    ("Excel", {}, ATTENTION, "No Excel"),
    ("Excel", {EXCEL: NO}, UNKNOWN, "does not show"),
    ("macros", {}, OK, "asks before it runs macros"),
    ("macros", {OWN + SECURITY: {"VBAWarnings": 1}}, OK, "without asking"),
    ("macros", {OWN + SECURITY: {"VBAWarnings": 2}}, OK, "asks"),
    ("macros", {OWN + SECURITY: {"VBAWarnings": 3}}, ATTENTION, "Your own settings"),
    ("macros", {OWN + SECURITY: {"VBAWarnings": 4}}, ATTENTION, "no macros"),
    ("macros", {POLICY + SECURITY: {"vbawarnings": 4}}, ATTENTION, "IT lets Excel run no macros"),
    (
        "macros",
        {POLICY + SECURITY: {"vbawarnings": 3}, OWN + SECURITY: {"VBAWarnings": 1}},
        ATTENTION,
        "IT lets Excel run only signed macros.",
    ),
    (
        "macros",
        {CLOUD + SECURITY: {"vbawarnings": 2}, POLICY + SECURITY: {"vbawarnings": 4}},
        OK,
        "asks",
    ),
    (
        "macros",
        {r"HKLM\Software\Policies\Microsoft\Office\16.0\Common": {"VBAOFF": 1}},
        ATTENTION,
        "IT has switched VBA off",
    ),
    ("macros", {OWN + SECURITY: {"VBAWarnings": 9}}, UNKNOWN, "VBAWarnings 9"),
    ("macros", {POLICY + SECURITY: NO}, UNKNOWN, "does not show"),
    ("starting Python", {}, UNKNOWN, "does not show whether a security rule"),
    ("starting Python", group_policy("1"), ATTENTION, "keeps Excel from starting Python"),
    ("starting Python", group_policy(1), ATTENTION, "set by Group Policy"),
    ("starting Python", group_policy("2"), OK, "only notes"),
    ("starting Python", group_policy("6"), ATTENTION, "Windows asks"),
    ("starting Python", group_policy("0"), OK, "lets Excel start Python (set by Group"),
    ("starting Python", group_policy("5"), UNKNOWN, "does not know (Group Policy: 5)"),
    ("starting Python", {ASR + r"\Rules": {RULE: "1"}}, UNKNOWN, "does not show"),
    ("starting Python", intune(1), ATTENTION, "set by Intune"),
    ("starting Python", intune(2), OK, "set by Intune"),
    (
        "starting Python",
        {LOCAL_ASR + r"\Rules": {RULE: 1}},
        ATTENTION,
        "a setting of this computer",
    ),
    (
        "starting Python",
        {**group_policy("2"), LOCAL_ASR + r"\Rules": {RULE: 1}},
        OK,
        "set by Group Policy)",
    ),
    ("starting Python", {**group_policy("1"), **intune(1)}, ATTENTION, "Group Policy and Intune"),
    ("starting Python", {**group_policy("1"), **intune(2)}, UNKNOWN, "Group Policy: block, Intune"),
    (
        "starting Python",
        {**group_policy("1"), ASR + r"\ASROnlyExclusions": {r"C:\Windows\System32\cmd.exe": 0}},
        UNKNOWN,
        "cmd.exe is excluded",
    ),
    (
        "starting Python",
        intune(1, ASROnlyExclusions=r"C:\A.exe|%windir%\system32\cmd.exe"),
        UNKNOWN,
        "cmd.exe is excluded",
    ),
    (
        "starting Python",
        {**group_policy("1"), ASR + r"\ASROnlyExclusions": {r"C:\Tools\other.exe": 0}},
        ATTENTION,
        "keeps Excel",
    ),
    (
        "starting Python",
        {**group_policy("2"), ASR + r"\ASROnlyExclusions": {r"C:\Windows\System32\cmd.exe": 0}},
        OK,
        "only notes",
    ),
    ("starting Python", {ASR: {"ExploitGuard_ASR_Rules": 1}}, UNKNOWN, "does not show"),
    ("starting Python", {ASR: NO}, UNKNOWN, "does not show"),
    ("command prompt", {}, OK, "may run"),
    ("command prompt", {CMD: {"DisableCMD": 0}}, OK, "may run"),
    ("command prompt", {CMD: {"DisableCMD": 1}}, ATTENTION, "and its scripts"),
    ("command prompt", {CMD: {"DisableCMD": 2}}, UNKNOWN, "whether a button may still"),
    ("command prompt", {CMD: NO}, UNKNOWN, "does not show"),
    ("allowed programs", {}, OK, "No rule"),
    ("allowed programs", {APPLOCKER: {"EnforcementMode": 0}}, OK, "No rule"),
    ("allowed programs", {APPLOCKER: {"EnforcementMode": 1}}, OK, "AppLocker"),
    ("allowed programs", {GUARD: {"DeployConfigCIPolicy": 1}}, UNKNOWN, "App Control"),
    ("allowed programs", {APPLOCKER: NO}, UNKNOWN, "does not show"),
]


@pytest.mark.parametrize(("what", "registry", "state", "words"), REGISTRY)
def test_windows(what, registry, state, words):
    (found,) = said(replace(WINDOWS, registry=registry), what)
    assert found.state == state
    assert words in found.said


def location(root: str, path: str, number: int = 0, **more: int) -> dict:
    return {rf"{root}{TRUSTED}\Location{number}": {"Path": path, **more}}


COMMON = POLICY + r"\Common\Security\Trusted Locations"
MARKED = {f"{PLAN}:Zone.Identifier": b"[ZoneTransfer]\r\nZoneId=3\r\n"}
MARKED_SHARE = {r"\\files\plans\action-plan.xlsm:Zone.Identifier": b"ZoneId=3"}
SHARE = r"\\files\plans\action-plan.xlsm"

# what, the workbook, the registry, other files, how it stands, a piece of what is said
WORKBOOKS = [
    ("mark of the web", PLAN, {}, {}, OK, "does not take action-plan.xlsm"),
    *(
        (
            "mark of the web",
            PLAN,
            {},
            {f"{PLAN}:Zone.Identifier": b"ZoneId=%d" % zone},
            state,
            words,
        )
        for zone, state, words in [
            (0, OK, "does not take"),
            (1, OK, "does not take"),
            (2, OK, "does not take"),
            (3, ATTENTION, "blocks its macros"),
            (4, ATTENTION, "blocks its macros"),
        ]
    ),
    ("mark of the web", PLAN, {}, MARKED, ATTENTION, "from the internet or by email"),
    ("mark of the web", PLAN, location(OWN, "C:\\Plans\\"), MARKED, OK, "in a trusted folder"),
    (
        "mark of the web",
        PLAN,
        {POLICY + SECURITY: {"BlockContentExecutionFromInternet": 0}},
        MARKED,
        OK,
        "IT lets Excel ask",
    ),
    (
        "mark of the web",
        PLAN,
        {POLICY + SECURITY: {"BlockContentExecutionFromInternet": 1}},
        MARKED,
        ATTENTION,
        "blocks its macros",
    ),
    ("mark of the web", SHARE, location(OWN, r"\\files\plans"), MARKED_SHARE, ATTENTION, "blocks"),
    ("mark of the web", PLAN, {}, {f"{PLAN}:Zone.Identifier": b"\xff?"}, UNKNOWN, "cannot read"),
    ("mark of the web", PLAN, {}, {f"{PLAN}:Zone.Identifier": NO}, UNKNOWN, "does not show"),
    ("workbook's folder", PLAN, {}, {}, OK, "no trusted folder"),
    ("workbook's folder", PLAN, location(OWN, "C:\\Plans\\"), {}, OK, "is a trusted folder"),
    ("workbook's folder", PLAN, location(OWN, "c:\\PLANS"), {}, OK, "is a trusted folder"),
    ("workbook's folder", PLAN, location(OWN, "C:\\"), {}, OK, "no trusted folder"),
    ("workbook's folder", PLAN, location(OWN, "C:\\", AllowSubFolders=1), {}, OK, "is a trusted"),
    ("workbook's folder", PLAN, location(OWN, "C:\\Plan", AllowSubFolders=1), {}, OK, "no trusted"),
    ("workbook's folder", PLAN, location(OWN, ""), {}, OK, "no trusted folder"),
    ("workbook's folder", PLAN, {rf"{OWN}{TRUSTED}\Location1\Odd": {}}, {}, OK, "no trusted"),
    ("workbook's folder", PLAN, location(POLICY, "C:\\Plans", 3), {}, OK, "is a trusted folder"),
    ("workbook's folder", PLAN, location(CLOUD, "C:\\Plans"), {}, OK, "is a trusted folder"),
    (
        "workbook's folder",
        PLAN,
        {COMMON + r"\Location7": {"Path": "C:\\Plans"}},
        {},
        OK,
        "is a trus",
    ),
    (
        "workbook's folder",
        r"C:\Users\pat\Plans\plan.xlsm",
        location(OWN, r"%UserProfile%\Plans"),
        {},
        OK,
        "is a trusted folder",
    ),
    (
        "workbook's folder",
        PLAN,
        {COMMON: {"allow user locations": 0}, **location(OWN, "C:\\Plans")},
        {},
        OK,
        "no trusted folder",
    ),
    (
        "workbook's folder",
        PLAN,
        {POLICY + TRUSTED: {"AllLocationsDisabled": 1}, **location(POLICY, "C:\\Plans")},
        {},
        ATTENTION,
        "switched off",
    ),
    (
        "workbook's folder",
        PLAN,
        {OWN + TRUSTED: {"AllLocationsDisabled": 1}, **location(OWN, "C:\\Plans")},
        {},
        ATTENTION,
        "switched off",
    ),
    ("workbook's folder", SHARE, location(OWN, r"\\files\plans"), {}, ATTENTION, "on the network"),
    (
        "workbook's folder",
        SHARE,
        {OWN + TRUSTED: {"AllowNetworkLocations": 1}, **location(OWN, r"\\files\plans")},
        {},
        OK,
        "is a trusted folder",
    ),
    (
        "workbook's folder",
        SHARE,
        {
            POLICY + TRUSTED: {"AllowNetworkLocations": 0},
            OWN + TRUSTED: {"AllowNetworkLocations": 1},
            **location(OWN, r"\\files\plans"),
        },
        {},
        ATTENTION,
        "on the network",
    ),
    (
        "macros",
        PLAN,
        {POLICY + SECURITY: {"vbawarnings": 4}, **location(POLICY, "C:\\Plans")},
        {},
        OK,
        "no macros, but all of them in the workbook's trusted folder",
    ),
    (
        "macros",
        SHARE,
        {POLICY + SECURITY: {"vbawarnings": 4}, **location(POLICY, r"\\files\plans")},
        {},
        ATTENTION,
        "IT lets Excel run no macros.",
    ),
    ("workbook's folder", PLAN, {OWN + TRUSTED: NO}, {}, UNKNOWN, "does not show"),
    ("place", PLAN, {}, {}, OK, "know by one name"),
    ("place", SHARE, {}, {}, OK, "know by one name"),
    (
        "place",
        r"\\files.wexcombe.example\plans\plan.xlsm",
        {},
        {},
        UNKNOWN,
        "count as the internet",
    ),
    ("place", r"\\10.0.0.7\plans\plan.xlsm", {}, {}, UNKNOWN, "count as the internet"),
    ("place", r"C:\Users\pat\OneDrive - Wexcombe\plan.xlsm", {}, {}, ATTENTION, "OneDrive"),
]


@pytest.mark.parametrize(("what", "book", "registry", "files", "state", "words"), WORKBOOKS)
def test_workbook_on_windows(what, book, registry, files, state, words):
    cloud = {
        "OneDriveCommercial": r"C:\Users\pat\OneDrive - Wexcombe",
        "OneDriveConsumer": "",
        "PLANS": r"C:\Plans",
    }
    laptop = replace(WINDOWS, registry=registry, files={book: b"", **files}, environ=cloud)
    (found,) = said(laptop, what, book)
    assert found.state == state
    assert words in found.said


# -- what doctor says on a Mac and on Linux ----------------------------------------------------

APP = "/Applications/Microsoft Excel.app"
CONTAINER = "/Users/pat/Library/Containers/com.microsoft.Excel/Data"
SCRIPT = (
    "/Users/pat/Library/Application Scripts/com.microsoft.Excel/"
    f"xlwings-{SCRIPT_VERSION}.applescript"
)
SHIPPED = f"/packages/xlwings/xlwings-{SCRIPT_VERSION}.applescript"
PREFERENCES = "/Users/pat/Library/Preferences/com.microsoft.office.plist"
MANAGED = "/Library/Managed Preferences/pat/com.microsoft.office.plist"


def preferences(**values: object) -> dict[str, bytes]:
    return {PREFERENCES: plistlib.dumps(values, fmt=plistlib.FMT_BINARY)}


def managed(**values: object) -> dict[str, bytes]:
    return {MANAGED: plistlib.dumps(values)}


STATE_OF_MACROS = "VisualBasicMacroExecutionState"

MACS = [
    ("Excel", {APP: None, CONTAINER: None}, OK, "is installed"),
    ("Excel", {f"/Users/pat{APP}": None, CONTAINER: None}, OK, "is installed"),
    ("Excel", {APP: None}, ATTENTION, "not been opened"),
    ("Excel", {}, ATTENTION, "No Excel"),
    ("macros", {}, OK, "asks before"),
    ("macros", preferences(**{STATE_OF_MACROS: "EnabledWithoutWarnings"}), OK, "runs every macro"),
    ("macros", preferences(**{STATE_OF_MACROS: "DisabledWithoutWarnings"}), ATTENTION, "no macros"),
    ("macros", preferences(VisualBasicEntirelyDisabled=True), ATTENTION, "switched off"),
    ("macros", preferences(DisableVisualBasicMacScript=True), ATTENTION, "may not run scripts"),
    (
        "macros",
        {
            **preferences(**{STATE_OF_MACROS: "EnabledWithoutWarnings"}),
            **managed(**{STATE_OF_MACROS: "DisabledWithoutWarnings"}),
        },
        ATTENTION,
        "no macros",
    ),
    ("macros", preferences(**{STATE_OF_MACROS: "Perhaps"}), UNKNOWN, "Perhaps"),
    ("macros", {PREFERENCES: b"<plist><nonsense"}, UNKNOWN, PREFERENCES),
    ("macros", {PREFERENCES: b"bplist00\x00"}, UNKNOWN, PREFERENCES),
    ("macros", {PREFERENCES: plistlib.dumps(["no", "table"])}, UNKNOWN, PREFERENCES),
    ("macros", {MANAGED: NO}, UNKNOWN, "does not show"),
    ("script", {SCRIPT: b"on", SHIPPED: b"on"}, OK, "in its place"),
    ("script", {SHIPPED: b"on"}, ATTENTION, "is not there"),
    ("script", {SCRIPT: b"off", SHIPPED: b"on"}, UNKNOWN, "is not the script"),
    ("script", {SCRIPT: b"on"}, UNKNOWN, "is not the script"),
    ("permission", {}, UNKNOWN, "does not show"),
]


@pytest.mark.parametrize(("what", "files", "state", "words"), MACS)
def test_mac(what, files, state, words):
    (found,) = said(replace(MAC, files=files), what)
    assert found.state == state
    assert words in found.said


@pytest.mark.parametrize(
    ("book", "state"),
    [
        (MAC_PLAN, OK),
        ("/Users/pat/Library/CloudStorage/Wexcombe/plan.xlsm", ATTENTION),
        ("/Users/pat/OneDrive - Wexcombe/plan.xlsm", ATTENTION),
        ("/Users/pat/Plans/OneDrive.xlsm", OK),
    ],
)
def test_place_on_a_mac(book, state):
    (found,) = said(replace(MAC, files={book: b""}), "place", book)
    assert found.state == state


def test_linux():
    bare = said(LINUX, "Excel")
    assert [found.state for found in bare] == [OK, ATTENTION]
    assert "Windows and macOS" in bare[0].said
    office = said(replace(LINUX, path={"soffice": ("/usr/bin/soffice",)}), "Excel")
    assert [found.state for found in office] == [OK, OK]
    assert "/usr/bin/soffice" in office[1].said
    other = said(replace(LINUX, path={"libreoffice": ("/opt/libreoffice",)}), "Excel")
    assert "/opt/libreoffice" in other[1].said


# -- what doctor says of Python ----------------------------------------------------------------

SCRIPTS = r"C:\Users\pat\Python312\Scripts\agsxl.exe"

ONE_PYTHON = replace(
    WINDOWS,
    path={"agsxl": (SCRIPTS,), "python": (PY,), "python3": (PY.replace("python.", "python3."),)},
)

PYTHONS = [
    ("Python", WINDOWS, OK, "Python 3.12.4 (64-bit)"),
    ("Python", replace(WINDOWS, python=r"C:\Users\pat\AppData\Local\Temp\x\python.exe"), ATTENTION, "soon emptied"),
    ("Python", replace(LINUX, python="/tmp/py/bin/python3"), OK, "/tmp/py"),  # it has no buttons
    ("Python", replace(MAC, python="/var/folders/x/bin/python3"), ATTENTION, "soon emptied"),
    (
        "Python",
        replace(WINDOWS, python=r"C:\Users\pat\AppData\Local\Microsoft\WindowsApps\Py\python.exe"),
        UNKNOWN,
        "Microsoft Store",
    ),
    ("packages", WINDOWS, OK, "agsxl 1.2.3, xlwings 1.2.3, pywin32 1.2.3."),
    ("packages", LINUX, OK, "agsxl 1.2.3."),
    (
        "packages",
        replace(WINDOWS, packages={"xlwings": Package(fault="ModuleNotFoundError: none")}),
        ATTENTION,
        "The package xlwings cannot be imported (ModuleNotFoundError: none)",
    ),
    (
        "packages",
        replace(WINDOWS, packages={"pywin32": Package(fault="ImportError: DLL load failed")}),
        ATTENTION,
        "The package pywin32",
    ),
    ("packages", replace(MAC, packages={"appscript": Package(fault="no")}), ATTENTION, "appscript"),
    ("packages", replace(WINDOWS, packages={"xlwings": Package()}), UNKNOWN, "xlwings can be"),
    ("terminal", replace(WINDOWS, path={"agsxl": (SCRIPTS,)}), OK, SCRIPTS),
    ("terminal", ONE_PYTHON, OK, f"A terminal finds {SCRIPTS}."),
    (
        "terminal",
        replace(
            WINDOWS,
            path={"agsxl": (SCRIPTS,), "python": (r"C:\A\python.exe", r"C:\B\python.exe")},
        ),
        OK,
        "There are 2 Pythons on the PATH",
    ),
    ("terminal", replace(WINDOWS, path={"agsxl": (r"C:\Old\Scripts\agsxl.exe",)}), ATTENTION, "another"),
    ("terminal", WINDOWS, ATTENTION, "does not find"),
    ("terminal", replace(WINDOWS, path={"agsxl": (SCRIPTS.upper(),)}), OK, "A terminal finds"),
    ("terminal", replace(LINUX, path={"agsxl": ("/home/pat/.local/bin/agsxl",)}), OK, ".local"),
    ("terminal", replace(LINUX, path={"agsxl": ("/home/pat/py/bin/agsxl",)}), OK, "agsxl."),
]  # fmt: skip


@pytest.mark.parametrize(("what", "machine", "state", "words"), PYTHONS)
def test_python(what, machine, state, words):
    (found,) = said(machine, what)
    assert found.state == state
    assert words in found.said
    assert machine is not ONE_PYTHON or found.said == words


@pytest.mark.parametrize(
    ("fault", "words"), [(NO, "(Permission denied)"), (OSError(), "(OSError)")]
)
def test_what_the_computer_refuses_to_show_is_unknown(fault, words):
    class Refusing(Laptop):
        def on_path(self, name: str) -> tuple[str, ...]:
            raise fault

    (found,) = said(Refusing(), "terminal")
    assert found.state == UNKNOWN
    assert words in found.said


CONF = r"C:\Users\pat\.xlwings\xlwings.conf"
OTHER = r"C:\Python39\python.exe"
CONDA = b'"CONDA PATH","%USERPROFILE%\\conda"\r\n"CONDA ENV","base"\r\n'

# the settings file, other files, how it stands, pieces of what is said (one for each answer)
BUTTONS = [
    (None, (), ATTENTION, "does not say which Python"),
    (b"", (), ATTENTION, "does not say which Python"),
    (f'"INTERPRETER_WIN","{PY}"\r\n', (), OK, "The buttons start this Python"),
    (f'"interpreter_win","{PY.upper()}"\r\n', (PY.upper(),), OK, "start this Python"),
    (f'"INTERPRETER","{PY}"\r\n', (), OK, "start this Python"),
    (r'"INTERPRETER_WIN","%userprofile%\Python312\python.exe"', (), OK, "start this Python"),
    (f'"INTERPRETER_MAC","{PY}"\r\n', (), ATTENTION, "does not say which Python"),
    (f'"INTERPRETER_WIN",""\r\n"INTERPRETER","{PY}"\r\n', (), OK, "start this Python"),
    (f'"INTERPRETER_WIN","{OTHER}"\r\n', (), ATTENTION, "which is not there"),
    (f'"INTERPRETER_WIN","{OTHER}"\r\n', (OTHER,), ATTENTION, "another Python than this"),
    (f'"INTERPRETER_WIN","{PY}"\r\n"INTERPRETER_WIN","{OTHER}"\r\n', (OTHER,), OK, "start this"),
    ('"INTERPRETER_WIN","python"\r\n', (), UNKNOWN, "whichever comes first"),
    (NO, (), UNKNOWN, "does not show"),
]


@pytest.mark.parametrize(("settings", "files", "state", "words"), BUTTONS)
def test_which_python_the_buttons_start(settings, files, state, words):
    there = dict.fromkeys(files, b"")
    if settings is not None:
        there[CONF] = settings.encode() if isinstance(settings, str) else settings
    (found,) = said(replace(WINDOWS, files=there), "buttons")
    assert found.state == state
    assert words in found.said


def test_an_empty_line_in_the_settings_is_found_as_excel_stumbles_over_it():
    settings = f'"SHOW CONSOLE","True"\r\n\r\n"INTERPRETER_WIN","{PY}"\r\n'.encode()
    first, second = said(replace(WINDOWS, files={CONF: settings}), "buttons")
    assert first.state == ATTENTION and "empty line" in first.said
    assert second.state == ATTENTION and "does not say" in second.said


def test_a_conda_that_is_not_there_stops_the_buttons():
    settings = CONDA + f'"INTERPRETER_WIN","{PY}"\r\n'.encode()
    first, second = said(replace(WINDOWS, files={CONF: settings}), "buttons")
    program = r"C:\Users\pat\conda\condabin\conda.bat"
    assert first.state == ATTENTION and program in first.said
    assert second.state == OK
    (only,) = said(replace(WINDOWS, files={CONF: settings, program: b""}), "buttons")
    assert only.state == OK
    for line in CONDA.splitlines(keepends=True):  # one alone names no Conda
        alone = settings.replace(line, b"")
        assert [f.state for f in said(replace(WINDOWS, files={CONF: alone}), "buttons")] == [OK]


def test_the_mac_has_its_own_settings_file():
    place = f"{CONTAINER}/xlwings.conf"
    settings = b'"CONDA PATH","/none"\n"CONDA ENV","base"\n'  # which macros read on Windows only
    settings += b'"INTERPRETER_MAC","$HOME/python/bin/python3"\n'
    (found,) = said(replace(MAC, files={place: settings}), "buttons")
    assert found.state == OK


# -- what doctor says of the workbook ----------------------------------------------------------


@pytest.mark.parametrize(
    ("book", "state", "words"),
    [
        (PLAN, OK, "is a macro workbook"),
        (r"C:\Plans\missing.xlsm", ATTENTION, "There is no file"),
        (r"C:\Plans\action-plan.xlsx", ATTENTION, "has no buttons"),
        ("https://wexcombe.example/plan.xlsm", ATTENTION, "an address on the web"),
    ],
)
def test_workbook(book, state, words):
    there = {PLAN: b"", r"C:\Plans\action-plan.xlsx": b""}
    (found,) = said(replace(WINDOWS, files=there), "workbook", book)
    assert found.state == state
    assert words in found.said


def test_a_workbook_that_somebody_has_open(tmp_path):
    book = tmp_path / "plan.xlsm"
    book.write_bytes(b"")
    (tmp_path / "~$plan.xlsm").write_bytes(b"\x03Pat")
    (found,) = said(replace(LINUX, files={str(book): b""}), "workbook", str(book))
    assert found.state == ATTENTION
    assert "open in Excel (by Pat)" in found.said
    assert "--live" in found.remedy


def test_without_a_workbook_nothing_is_said_of_one():
    whats = {each.what for each in doctor(machine=WINDOWS)}
    assert not whats & {"workbook", "mark of the web", "workbook's folder", "place"}


def test_on_linux_only_the_workbook_itself_is_looked_at():
    book = "/home/pat/plan.xlsm"
    found = doctor(book, machine=replace(LINUX, files={book: b""}))
    assert found[-1] == Checked("workbook", OK, "plan.xlsm is a macro workbook and is not open.")


def test_a_workbook_that_is_not_there_is_not_looked_at_further():
    for book in (PLAN, "https://wexcombe.example/plan.xlsm"):
        found = doctor(book, machine=WINDOWS)
        assert [each.what for each in found][-1] == "workbook"


def test_a_workbook_whose_folder_is_refused():
    class Refusing(Laptop):
        def is_there(self, path: str) -> bool:
            raise NO

    (found,) = said(Refusing(), "workbook", PLAN)
    assert found.state == UNKNOWN


# -- doctor as a whole -------------------------------------------------------------------------

EVERY = [*REGISTRY, *((w, r, s, x) for w, _, r, _, s, x in WORKBOOKS), *MACS]


def test_every_answer_is_a_sentence_with_a_remedy():
    laptops = [
        (replace(WINDOWS, registry=registry), PLAN) for _, registry, _, _ in REGISTRY
    ] + [(replace(MAC, files=files), MAC_PLAN) for _, files, _, _ in MACS] + [(LINUX, None)]  # fmt: skip
    for machine, book in laptops:
        for found in doctor(book, machine=machine):
            assert found.said.endswith("."), found
            assert found.said.count("\n") == 0
            assert found.remedy.endswith(".") or (found.state is OK and not found.remedy), found
            assert not found.ask or found.state is not OK


def test_the_tables_hold_every_way_each_thing_can_stand():
    """Where a thing cannot stand in some way, the reason is beside it."""
    never = {
        ("allowed programs", ATTENTION),  # what forbids this Python would have stopped doctor
        ("permission", OK),  # macOS shows it to no program
        ("permission", ATTENTION),
    }
    cases = EVERY + [(w, None, s, x) for w, _, s, x in PYTHONS if w != "terminal"]
    for what in {case[0] for case in cases}:
        states = {case[2] for case in cases if case[0] == what}
        assert states | {s for w, s in never if w == what} == set(State), what


def test_a_fault_of_agsxl_itself_is_one_sentence(monkeypatch):
    def falls(here, book):
        raise KeyError("x")

    monkeypatch.setattr(checking, "_python", falls)
    (found,) = said(WINDOWS, "Python")
    assert found == Checked(
        "Python",
        UNKNOWN,
        "By a fault of agsxl itself this could not be looked at (KeyError).",
        "Tell whoever looks after agsxl.",
    )


def test_doctor_on_this_very_computer_answers():
    found = doctor()
    assert {each.what for each in found} >= {"Python", "packages", "terminal", "Excel"}
    assert not [each for each in found if "fault of agsxl" in each.said]


# -- the letter and the page -------------------------------------------------------------------

BLOCKED = replace(
    WINDOWS,
    registry={
        **group_policy("1"),
        POLICY + SECURITY: {"VBAWarnings": 4},
        CMD: {"DisableCMD": 1},
        GUARD: {"DeployConfigCIPolicy": 1},
    },
    packages={"agsxl": Package("0.4.0"), "xlwings": Package("0.37.8")},
    files={PLAN: b""},
)


def test_the_letter_names_the_rules_the_reasons_and_the_way_round():
    letter = letter_to_it(doctor(machine=BLOCKED), machine=BLOCKED)
    assert re.findall(r"^\d\. ", letter, re.MULTILINE) == ["1. ", "2. ", "3. ", "4. "]
    for words in (
        RULE,
        "do not ask you to switch the rule off",
        "per-rule exclusion",
        "Trusted Location",
        "DisableCMD 1",
        "A policy lets Excel run no macros (VBAWarnings 4).",
        "App Control",
        PY,
        "agsxl 0.4.0, xlwings 0.37.8",
        "no administrator",
        "--live",
    ):
        assert words in letter


def test_no_letter_where_IT_need_do_nothing():
    machine = replace(WINDOWS, registry={OWN + SECURITY: {"VBAWarnings": 4}})
    assert letter_to_it(doctor(machine=machine), machine=machine) == ""


def test_the_page_puts_first_what_needs_attention():
    lines = list(lines_of(doctor(PLAN, machine=BLOCKED), width=80))
    headings = [line for line in lines if line.isupper()]
    assert headings == [
        "NEEDS ATTENTION",
        "NOT KNOWN",
        "IN ORDER",
        "TO SEND TO IT, WORD FOR WORD",
    ]
    assert lines[-1] == headings[-1]
    assert max(map(len, lines)) <= 80
    assert "What to do:" in "\n".join(lines)
    assert lines[0] == "6 things need attention."


def test_the_page_to_the_letter():
    found = [
        Checked("Python", OK, "It is here."),
        Checked("macros", ATTENTION, "They do not run.", "Ask IT.", ask="Please."),
        Checked("place", OK, "It is known.", "Keep it."),
    ]
    assert "\n".join(lines_of(found)) == textwrap.dedent("""\
        1 thing needs attention.

        NEEDS ATTENTION
          macros: They do not run.
            What to do: Ask IT.

        IN ORDER
          Python: It is here.
          place: It is known.
            What to do: Keep it.

        TO SEND TO IT, WORD FOR WORD""")
    assert "I ask about 1 thing:\n\n1. Please.\n\n" in letter_to_it(found)
    assert list(lines_of(found[:1])) == [
        "Nothing needs attention.", "", "IN ORDER", "  Python: It is here.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "first"),
    [
        ([OK], "Nothing needs attention."),
        ([OK, UNKNOWN], "Nothing needs attention; 1 thing cannot be known."),
        ([ATTENTION, UNKNOWN], "1 thing needs attention."),
    ],
)
def test_the_first_line_says_how_it_stands(states, first):
    found = [Checked("x", state, "It stands.") for state in states]
    assert next(lines_of(found)) == first


# -- the settings file -------------------------------------------------------------------------


def vba_values(text: str) -> list[str]:
    """What Input # gives for a file of quoted values, one pair a line."""
    return [value for line in text.splitlines() for value in re.findall(r'"([^"]*)"', line)]


plain = st.text(
    st.characters(codec="ascii", exclude_characters='"\r\n%', exclude_categories=("C",))
)
pairs = st.lists(st.tuples(plain.filter(bool), plain), max_size=5)


@given(pairs, st.sampled_from(["\r\n", "\n"]))
def test_settings_are_read_in_pairs(settings, newline):
    text = "".join(f'"{name}","{value}"{newline}' for name, value in settings)
    assert conf.settings_of(text.encode()) == settings
    assert [v for pair in settings for v in pair] == vba_values(text)


@given(pairs)
def test_settings_are_read_as_xlwings_reads_them(settings):
    pairs = [(name, value) for name, value in settings if "$" not in value]  # a variable to xlwings
    text = "".join(f'"{name}","{value}"\n' for name, value in pairs)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        place = Path(folder, "xlwings.conf")
        place.write_text(text, "ascii", newline="")
        patch.setattr(xlwings, "USER_CONFIG_FILE", str(place))
        theirs = xlwings.utils.read_user_config()
    assert {name.lower(): value for name, value in conf.settings_of(text.encode())} == theirs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ('"A","1"', [("A", "1")]),
        ("A,1\r\nB,2\r\n", [("A", "1"), ("B", "2")]),
        ('"A, a","1"\r\n', [("A, a", "1")]),
        ('"A"\r\n"1"\r\n', [("A", "1")]),
        ('"A","1"\r\n\r\n"B","2"\r\n', [("A", "1"), ("", "B")]),
        ('"A","1"\r\n"B"', [("A", "1")]),
        ('"A","caf\xe9"\r\n', [("A", "caf\xe9")]),
    ],
)
def test_settings(text, expected):
    assert conf.settings_of(text.encode("cp1252")) == expected


anything = st.one_of(
    st.binary(max_size=60),
    pairs.map(lambda found: "".join(f'"{n}","{v}"\r\n' for n, v in found).encode()),
    st.just(b'"INTERPRETER_WIN","C:\\p.exe"\r\n'),  # the officer's own line, the same as agsxl's
)
paths = st.sampled_from([r"C:\p.exe", r"D:\q\python.exe", r"%USERPROFILE%\p.exe"])
names = st.sampled_from(["INTERPRETER_WIN", "INTERPRETER_MAC"])
scripts = st.sampled_from(["", "xlwings-0.37.8.applescript"])
newlines = st.sampled_from(["\r\n", "\n"])


@given(anything | st.none(), names, paths, newlines, scripts)
def test_what_is_written_is_found_and_what_is_taken_away_was_not_there_before(
    before, name, python, newline, script
):
    after = conf.with_python(before, name, python, newline=newline, script=script)
    assert conf.setting(after, name) == python
    assert conf.script_copied(after) == script
    assert after.endswith(before or b"")
    assert conf.without_python(after) == (before or b"")
    assert conf.was_made_by_agsxl(after) == (before is None)
    assert not conf.is_ours(conf.without_python(after))


@given(anything | st.none(), names, paths, paths, newlines)
def test_writing_again_replaces_what_agsxl_wrote_and_nothing_else(
    before, name, first, second, newline
):
    once = conf.with_python(before, name, first, newline=newline)
    twice = conf.with_python(once, name, second, newline=newline)
    assert twice == conf.with_python(before, name, second, newline=newline)
    assert conf.with_python(once, name, first, newline=newline) == once


def test_a_line_that_another_program_put_below_ours_is_not_taken_for_ours():
    ours = conf.with_python(None, "INTERPRETER_WIN", r"C:\p.exe", newline="\r\n")
    marker, _ = ours.splitlines(keepends=True)
    theirs = b'"INTERPRETER_WIN","C:\\other.exe"\r\n'
    assert conf.without_python(marker + theirs) == theirs


# -- install and remove ------------------------------------------------------------------------


@dataclass(frozen=True)
class Here(ThisMachine):
    """This computer, under another name, with another home, and xlwings as if just installed."""

    xlwings: Package = field(default_factory=lambda: Package(SCRIPT_VERSION))

    def package(self, name: str, module: str = "") -> Package:
        return self.xlwings if name == "xlwings" else super().package(name)


@pytest.fixture
def windows(tmp_path: Path) -> Here:
    python = tmp_path / "py" / "python.exe"
    python.parent.mkdir()
    python.write_bytes(b"")
    home = tmp_path / "pat"
    home.mkdir()
    return Here(system=System.WINDOWS, home=str(home), python=str(python), environ={})


@pytest.fixture
def a_mac(windows: Here, monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("HOME", windows.home)
    Path(windows.home, "Library/Containers/com.microsoft.Excel/Data").mkdir(parents=True)
    return replace(windows, system=System.MACOS)


def tree(folder: str | Path) -> dict[str, bytes]:
    """Every file below a folder, with what is in it; and the folders."""
    below = sorted(Path(folder).rglob("*"))
    return {str(p.relative_to(folder)): b"" if p.is_dir() else p.read_bytes() for p in below}


def settings_file(machine: Here) -> Path:
    return Path(conf_of(machine).as_posix())


OLD = b'"SHOW CONSOLE","True"\r\n\r\n"LICENSE_KEY","caf\xe9"\r\n'


def test_install_on_a_clean_computer_and_remove(windows):
    done = install(machine=windows)
    place = settings_file(windows)
    assert done.written == (place,)
    assert done.backup is None
    assert conf.setting(place.read_bytes(), "INTERPRETER_WIN") == windows.python
    assert place.read_bytes().count(b"\r\n") == place.read_bytes().count(b"\n") == 2
    removed = remove_it(machine=windows)
    assert removed.taken == (place,)
    assert "is taken away" in removed.said
    assert tree(windows.home) == {}
    assert "nothing" in remove_it(machine=windows).said


def test_install_keeps_every_other_line_and_remove_gives_the_file_back(windows):
    place = settings_file(windows)
    place.parent.mkdir()
    place.write_bytes(OLD)
    before = tree(windows.home)
    done = install(machine=windows)
    assert place.read_bytes().endswith(OLD)
    assert done.backup is not None and done.backup.read_bytes() == OLD
    remove_it(machine=windows)
    assert tree(windows.home) == before


def test_installing_again_changes_nothing(windows):
    install(machine=windows)
    before = tree(windows.home)
    again = install(machine=windows)
    assert again.written == ()
    assert "already" in again.said
    assert tree(windows.home) == before


def test_installing_another_python_takes_the_place_of_the_first(windows, tmp_path):
    place = settings_file(windows)
    place.parent.mkdir()
    place.write_bytes(OLD)
    install(machine=windows)
    newer = tmp_path / "newer" / "python.exe"
    newer.parent.mkdir()
    newer.write_bytes(b"")
    install(machine=replace(windows, python=str(newer)))
    assert conf.setting(place.read_bytes(), "INTERPRETER_WIN") == str(newer)
    remove_it(machine=windows)
    assert tree(windows.home) == {".xlwings": b"", ".xlwings/xlwings.conf": OLD}


def test_an_empty_settings_file_that_was_there_stays(windows):
    place = settings_file(windows)
    place.parent.mkdir()
    place.write_bytes(b"")
    install(machine=windows)
    remove_it(machine=windows)
    assert place.read_bytes() == b""


def test_what_others_add_after_install_stays_after_remove(windows):
    install(machine=windows)
    place = settings_file(windows)
    place.write_bytes(place.read_bytes() + OLD)
    remove_it(machine=windows)
    assert place.read_bytes() == OLD


def test_remove_without_install_touches_nothing(windows):
    place = settings_file(windows)
    place.parent.mkdir()
    place.write_bytes(f'"INTERPRETER_WIN","{windows.python}"\r\n'.encode())
    before = tree(windows.home)
    assert "nothing" in remove_it(machine=windows).said
    assert tree(windows.home) == before


def test_another_python_in_use_is_not_pushed_aside_unasked(windows, tmp_path):
    other = tmp_path / "other.exe"
    place = settings_file(windows)
    place.parent.mkdir()
    place.write_bytes(f'"INTERPRETER_WIN","{other}"\r\n'.encode())
    install(machine=windows)  # it is no longer there
    remove_it(machine=windows)
    other.write_bytes(b"")
    before = tree(windows.home)
    with pytest.raises(OutputError, match=r"other.exe, which other workbooks may need.*--replace"):
        install(machine=windows)
    assert tree(windows.home) == before
    install(machine=windows, replace=True)
    assert conf.setting(place.read_bytes(), "INTERPRETER_WIN") == windows.python
    remove_it(machine=windows)
    assert tree(windows.home) == before


def test_install_refuses_what_cannot_work(windows, a_mac):
    for machine, words in [
        (replace(windows, system=System.LINUX), "for Windows and macOS"),
        (
            replace(windows, xlwings=Package(fault="ModuleNotFoundError")),
            "needs? the package xlwings",
        ),
        (replace(a_mac, xlwings=Package("0.36.0")), rf"need xlwings {SCRIPT_VERSION}"),
        (replace(a_mac, home=str(Path(a_mac.home) / "new")), "not been opened"),
        (replace(windows, python="/opt/Питон/python.exe"), "cannot hold"),
        (replace(windows, python='/opt/a"b/python.exe'), "cannot hold"),
    ]:
        with pytest.raises(OutputError, match=words):
            install(machine=machine)
    assert not settings_file(windows).exists()


def test_what_need_not_be_refused(windows):
    place = settings_file(windows)
    place.parent.mkdir()
    place.write_bytes(f'"INTERPRETER_WIN","{windows.python}"\r\n'.encode())  # by somebody else
    install(
        machine=replace(windows, xlwings=Package("0.40.0"))
    )  # the version matters on a Mac only
    assert conf.is_ours(place.read_bytes())


def test_on_this_very_computer(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(OutputError, match="for Windows and macOS"):
        install()
    assert "nothing" in remove_it().said


def test_a_home_with_an_accent_is_written_by_its_variable():
    assert written_path(WINDOWS) == WINDOWS.python
    windows = replace(WINDOWS, home=r"C:\Users\Zoë", python=r"C:\Users\Zoë\Py\python.exe")
    assert written_path(windows) == r"%USERPROFILE%\Py\python.exe"
    assert filled_in(windows, written_path(windows)) == windows.python
    mac = replace(MAC, home="/Users/zoë", python="/Users/zoë/py/bin/python3")
    assert written_path(mac) == "$HOME/py/bin/python3"
    assert filled_in(mac, written_path(mac)) == mac.python


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"%UserProfile%\x", r"C:\Users\pat\x"),
        (r"%TOOLS%\x", r"D:\Tools\x"),
        (r"%NOBODY%\x", r"%NOBODY%\x"),
        (r"C:\100%\x", r"C:\100%\x"),
    ],
)
def test_variables_are_filled_in(text, expected):
    assert filled_in(replace(WINDOWS, environ={"Tools": r"D:\Tools"}), text) == expected


def test_a_settings_file_that_cannot_be_read_stops_the_job(windows):
    settings_file(windows).mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be read"):
        install(machine=windows)


def test_a_home_that_cannot_be_written_stops_the_job(windows):
    (Path(windows.home) / ".xlwings").write_bytes(b"a file in the folder's place")
    with pytest.raises(OutputError, match=r"xlwings.conf cannot be (read|written)"):
        install(machine=windows)


@pytest.mark.parametrize("before", [OLD, None])
def test_a_disk_that_loses_bytes_leaves_the_old_settings(windows, monkeypatch, before):
    place = settings_file(windows)
    place.parent.mkdir()
    if before is not None:
        place.write_bytes(before)
    there = tree(windows.home)
    whole = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: whole(self, data[:-1]))
    with pytest.raises(OutputError, match="may be failing"):
        install(machine=windows)
    assert tree(windows.home) == there


def test_doctor_is_content_after_install(windows):
    install(machine=windows)
    laptop = replace(
        WINDOWS,
        home=windows.home,
        python=windows.python,
        files={str(conf_of(windows)): settings_file(windows).read_bytes()},
    )
    (found,) = said(laptop, "buttons")
    assert found.state == OK


# -- the Mac's script --------------------------------------------------------------------------


def script_file(machine: Here) -> Path:
    return Path(
        machine.home,
        "Library/Application Scripts/com.microsoft.Excel",
        f"xlwings-{SCRIPT_VERSION}.applescript",
    )


def test_install_on_a_mac_copies_xlwings_own_script_and_remove_takes_it_away(a_mac):
    before = tree(a_mac.home)
    done = install(machine=a_mac)
    script = script_file(a_mac)
    assert done.written == (settings_file(a_mac), script)
    assert b"VbaHandler" in script.read_bytes()
    settings = settings_file(a_mac).read_bytes()
    assert conf.setting(settings, "INTERPRETER_MAC") == a_mac.python
    assert b"\r" not in settings
    again = install(machine=a_mac)
    assert again.written == ()
    assert set(remove_it(machine=a_mac).taken) == {settings_file(a_mac), script}
    after = tree(a_mac.home)
    assert set(before) <= set(after)  # Excel's own folder stays, also when empty
    left = set(after) - set(before)
    assert left <= {"Library/Application Scripts", str(script.parent.relative_to(a_mac.home))}


def test_a_script_that_was_there_is_neither_overwritten_nor_taken_away(a_mac):
    script = script_file(a_mac)
    script.parent.mkdir(parents=True)
    script.write_bytes(b"mine")
    install(machine=a_mac)
    assert script.read_bytes() == b"mine"
    remove_it(machine=a_mac)
    assert script.read_bytes() == b"mine"


def test_the_script_of_an_older_install_goes(a_mac):
    older = script_file(a_mac).with_name("xlwings-0.1.applescript")
    older.parent.mkdir(parents=True)
    older.write_bytes(b"old")
    settings_file(a_mac).write_bytes(
        conf.with_python(None, "INTERPRETER_MAC", a_mac.python, newline="\n", script=older.name)
    )
    install(machine=a_mac)
    assert not older.exists()
    assert script_file(a_mac).exists()


def test_the_script_is_taken_back_where_the_settings_cannot_be_written(a_mac, monkeypatch):
    from agsxl.addin import installing

    def full(*_):
        raise OutputError("There is no room.")

    monkeypatch.setattr(installing, "_write", full)
    with pytest.raises(OutputError, match="no room"):
        install(machine=a_mac)
    assert not script_file(a_mac).exists()


def test_the_script_is_the_one_that_the_workbooks_macros_ask_for():
    macros = (ROOT / "workbook" / "vba" / "xlwings.bas").read_text("utf-8")
    assert re.findall(r'XLWINGS_VERSION As String = "(.*)"', macros) == [SCRIPT_VERSION]


def test_the_macros_read_the_settings_that_install_writes():
    macros = (ROOT / "workbook" / "vba" / "xlwings.bas").read_text("utf-8")
    for name in ("INTERPRETER_WIN", "INTERPRETER_MAC", "INTERPRETER", "CONDA PATH", "CONDA ENV"):
        assert f'GetConfig("{name}"' in macros
    assert r'Environ("USERPROFILE") & "\." & PROJECT_NAME' in macros


# -- this machine ------------------------------------------------------------------------------


def test_this_machine_reads_files_and_finds_programs(tmp_path):
    program = tmp_path / "agsxl"
    program.write_bytes(b"#!")
    program.chmod(0o755)
    machine = ThisMachine(environ={"PATH": f"{tmp_path}:{tmp_path}::/nowhere"}, system=System.LINUX)
    assert machine.on_path("agsxl") == (str(program),)
    assert machine.on_path("nothing") == ()
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_bytes(b"no program")
    assert machine.on_path("folder") == machine.on_path("text") == ()
    assert machine.read(str(program)) == b"#!"
    assert machine.read(str(tmp_path / "none")) is None
    assert machine.read(str(program / "below a file")) is None
    assert machine.is_there(str(program))
    assert not machine.is_there(str(tmp_path / "none"))
    with pytest.raises(OSError):
        machine.read(str(tmp_path))


def test_windows_programs_are_found_by_their_endings(tmp_path):
    program = tmp_path / "agsxl.exe"
    program.write_bytes(b"MZ")
    program.chmod(0o755)
    machine = ThisMachine(environ={"PATH": str(tmp_path)}, system=System.WINDOWS)
    assert machine.on_path("agsxl") == (str(program),)


def test_the_python_of_a_virtual_environment_is_not_the_one_it_links_to(tmp_path):
    real, link = tmp_path / "real", tmp_path / "venv"
    real.mkdir()
    link.mkdir()
    (real / "python3").write_bytes(b"")
    (link / "python3").symlink_to(real / "python3")
    (tmp_path / "same").symlink_to(link)
    machine = ThisMachine()
    assert not machine.same_file(str(link / "python3"), str(real / "python3"))
    assert machine.same_file(str(link / "python3"), str(tmp_path / "same" / "python3"))


def test_packages_of_this_machine():
    assert ThisMachine().package("agsxl").version
    assert "ModuleNotFoundError" in ThisMachine().package("no_such_package").fault
    other = ThisMachine().package("PyYAML-no", "json")  # installed under no such name
    assert (other.fault, other.version) == ("", "2.0.9")
    assert (
        ThisMachine().package("sys-no", "sys") == Package()
    )  # built in: of no version and no place
    scripts = Path(ThisMachine().package("xlwings").place).glob("xlwings-*.applescript")
    assert [script.name for script in scripts] == [f"xlwings-{SCRIPT_VERSION}.applescript"]
    assert ThisMachine().bits in (32, 64)
    assert str(Path(sys.executable).parent) in ThisMachine().scripts


def test_the_registry_of_windows_is_read_as_a_64_bit_program_sees_it(monkeypatch):
    opened: list[tuple] = []

    class Key(dict):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    keys = {("user", r"Software\Excel"): Key(VBAWarnings=2, Path="C:\\", Blob=b"x")}

    def open_key(root, path, *, access):
        opened.append((root, path, access))
        if path == "Secret":
            raise PermissionError(13, "Access is denied")
        if (root, path) not in keys:
            raise FileNotFoundError(2, "no such key")
        return keys[root, path]

    fake = SimpleNamespace(
        HKEY_CURRENT_USER="user", HKEY_LOCAL_MACHINE="machine", KEY_READ=1, KEY_WOW64_64KEY=256,
        HKEYType=object, OpenKey=open_key,
        QueryInfoKey=lambda key: (2, len(key), 0),
        EnumValue=lambda key, number: (*list(key.items())[number], 4),
        EnumKey=lambda key, number: f"Location{number}",
    )  # fmt: skip
    from agsxl.addin import registry

    assert registry.values(r"HKCU\Software\Excel") is None  # not on this system
    assert registry.subkeys(r"HKCU\Software\Excel") == ()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "winreg", fake)
        patch.setattr(sys, "platform", "win32")
        windows = importlib.reload(registry)
        try:
            machine = ThisMachine(system=System.WINDOWS)
            assert machine.values(r"HKCU\Software\Excel") == {"vbawarnings": 2, "path": "C:\\"}
            assert machine.subkeys(r"HKCU\Software\Excel") == ("Location0", "Location1")
            assert machine.values(r"HKLM\Software\Excel") is None
            assert machine.subkeys(r"HKLM\Software\Excel") == ()
            with pytest.raises(PermissionError):
                machine.values(r"HKLM\Secret")
        finally:
            patch.undo()
            importlib.reload(windows)
    assert {access for _, _, access in opened} == {1 | 256}
    assert opened[2][0] == "machine"
