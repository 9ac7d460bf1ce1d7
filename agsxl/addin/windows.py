r"""What Windows and Excel on Windows allow: macros, folders, and programs that Excel starts.

Each place in the registry is named beside the page that says what it means. Only read, and only what
an officer without any rights may read; where Windows refuses, the answer is unknown.

    list(dict(CHECKS)["macros"](ThisMachine(), ""))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PureWindowsPath

from agsxl.addin.checked import ATTENTION, INSTEAD, OK, UNKNOWN, Check, Checked
from agsxl.addin.installing import filled_in
from agsxl.addin.machine import Machine

# Policies come before the officer's own choice, those of the cloud before all others.
# learn.microsoft.com/microsoft-365-apps/admin-center/overview-cloud-policy
_POLICIES = (
    r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0",
    r"HKCU\Software\Policies\Microsoft\Office\16.0",
    r"HKLM\Software\Policies\Microsoft\Office\16.0",
)
_OWN = r"HKCU\Software\Microsoft\Office\16.0"
_TRUST = "Excel: File, Options, Trust Center, Trust Center Settings"


def _policy(here: Machine, key: str, name: str) -> int | None:
    """What a policy of Office says, or None. ``name`` in small letters."""
    for root in _POLICIES:
        value = (here.values(rf"{root}\{key}") or {}).get(name)
        if isinstance(value, int):
            return value
    return None


# -- Excel -------------------------------------------------------------------------------------


def _excel(here: Machine, book: str) -> Iterable[Checked]:
    """Whether Excel is installed.

    learn.microsoft.com/windows/win32/shell/app-registration ("App Paths"); Office installed by
    Click-to-Run says its version and kind in a key of its own.
    """
    paths = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
    path = (here.values(paths) or {}).get("")
    office = here.values(r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration") or {}
    bits = {"x64": ", 64-bit", "x86": ", 32-bit"}.get(str(office.get("platform")), "")
    version = f" {office['versiontoreport']}" if "versiontoreport" in office else ""
    if path:
        yield Checked(
            "Excel", OK, f"Excel{version}{bits} is at {path}; Python may be 32-bit or 64-bit."
        )
    elif office:
        yield Checked(
            "Excel",
            UNKNOWN,
            f"Microsoft Office{version} is installed, but Windows does not say where its Excel is.",
            "Open the workbook: if it opens in Excel, all is well.",
        )
    else:
        yield Checked(
            "Excel",
            ATTENTION,
            "No Excel is installed on this computer.",
            "Use agsxl in a terminal; LibreOffice opens the macro-free workbook.",
        )


# -- macros ------------------------------------------------------------------------------------

# "VBA Macro Notification Settings": 1 all run, 2 Excel asks, 3 only signed ones, 4 none; 2 if not set.
# admx.help, Office 2016, excel16, L_VBAWarningsPolicy; learn.microsoft.com/microsoft-365-apps/security/
# internet-macros-blocked, "VBA Macro Notification Settings"
_ASKS, _SIGNED, _NONE = 2, 3, 4


def _macros(here: Machine, book: str) -> Iterable[Checked]:
    """Whether Excel runs macros at all."""
    # learn.microsoft.com/troubleshoot/microsoft-365-apps, "Disable VBA for Office applications"
    off = (here.values(r"HKLM\Software\Policies\Microsoft\Office\16.0\Common") or {}).get("vbaoff")
    by_policy = _policy(here, r"Excel\Security", "vbawarnings")
    own = (here.values(rf"{_OWN}\Excel\Security") or {}).get("vbawarnings")
    level = by_policy if by_policy is not None else own if isinstance(own, int) else _ASKS
    if off:
        yield _macros_off(
            "IT has switched VBA off in all of Office.", "VBA is off in all of Office (VBAOFF)."
        )
    elif level == 1:
        yield Checked("macros", OK, "Excel runs every macro without asking.")
    elif level == _ASKS:
        yield Checked(
            "macros",
            OK,
            "Excel asks before it runs macros: press Enable Content when the workbook opens.",
        )
    elif level in (_SIGNED, _NONE):
        which = "only signed macros" if level == _SIGNED else "no macros"
        if _is_trusted(here, PureWindowsPath(book).parent):
            said = f"Excel runs {which}, but all of them in the workbook's trusted folder."
            yield Checked("macros", OK, said)
        elif by_policy is not None:
            yield _macros_off(
                f"IT lets Excel run {which}.",
                f"A policy lets Excel run {which} (VBAWarnings {level}).",
            )
        else:
            yield Checked(
                "macros",
                ATTENTION,
                f"Your own settings let Excel run {which}.",
                f"{_TRUST}, Macro Settings: choose 'with notification'.",
            )
    else:
        yield Checked(
            "macros",
            UNKNOWN,
            f"Excel's macro setting has a value that agsxl does not know (VBAWarnings {level}).",
            "Open the workbook and see whether it offers Enable Content.",
        )


def _macros_off(said: str, to_it: str) -> Checked:
    return Checked(
        "macros",
        ATTENTION,
        said,
        f"Ask IT, or {INSTEAD}.",
        ask=(
            f"{to_it} The workbook's buttons are macros, so they do not run. Please either let macros run "
            "in the one folder where the plan lies (a Trusted Location set by policy, on the local disk, "
            "writable by its officers alone), or sign the workbook's VBA project with the council's own "
            "certificate and trust that publisher. Nothing else need change; macros elsewhere stay off."
        ),
    )


# -- programs that Excel starts ----------------------------------------------------------------

# "Block all Office applications from creating child processes".
# learn.microsoft.com/defender-endpoint/attack-surface-reduction-rules-reference
_CHILD_RULE = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
_DEFENDER = r"SOFTWARE\Policies\Microsoft\Windows Defender"
_ASR = r"Windows Defender Exploit Guard\ASR"
_OFF, _BLOCK, _AUDIT, _WARN = 0, 1, 2, 6


def _child_rule(here: Machine) -> dict[str, int]:
    r"""What each of those who may set the rule has set.

    Group Policy: ...\Windows Defender Exploit Guard\ASR, ExploitGuard_ASR_Rules 1, and the rule's own
    number below Rules (admx.help, WindowsDefender::ExploitGuard_ASR_Rules). Intune: Policy Manager,
    ASRRules, "rule=state|rule=state". This computer (Set-MpPreference): the same keys without
    Policies. learn.microsoft.com/defender-endpoint/troubleshoot-settings, "Registry location".
    """
    states: dict[str, int | str | None] = {}
    if (here.values(rf"HKLM\{_DEFENDER}\{_ASR}") or {}).get("exploitguard_asr_rules") == 1:
        states["Group Policy"] = (here.values(rf"HKLM\{_DEFENDER}\{_ASR}\Rules") or {}).get(
            _CHILD_RULE
        )
    managed = str((here.values(rf"HKLM\{_DEFENDER}\Policy Manager") or {}).get("asrrules", ""))
    rules = dict(re.findall(r"([0-9a-f-]{36})=(\d+)", managed.lower()))
    states["Intune"] = rules.get(_CHILD_RULE)
    if not any(value is not None for value in states.values()):  # a policy stands above it
        local = rf"HKLM\SOFTWARE\Microsoft\Windows Defender\{_ASR}\Rules"
        states["a setting of this computer"] = (here.values(local) or {}).get(_CHILD_RULE)
    return {who: int(state) for who, state in states.items() if state is not None}


def _excludes_cmd(here: Machine) -> bool:
    """Whether an exclusion from these rules names the command interpreter."""
    managed = (here.values(rf"HKLM\{_DEFENDER}\Policy Manager") or {}).get("asronlyexclusions", "")
    names: Mapping[str, object] = here.values(rf"HKLM\{_DEFENDER}\{_ASR}\ASROnlyExclusions") or {}
    return any("cmd.exe" in name.lower() for name in (*names, *str(managed).split("|")))


_ASK_CHILD = (
    "Defender's attack surface reduction rule 'Block all Office applications from creating child processes' "
    "(D4F940AB-401B-4EFC-AADC-AD5F3C50688A) stops the workbook's buttons: a button starts cmd.exe, which starts the "
    "Python named below, in the officer's own session. We do not ask you to switch the rule off, nor to "
    "exclude cmd.exe for everybody, which would open the way to any macro. Please tell us which you prefer: "
    "(a) leave the rule as it is, and we use agsxl from a terminal and on the open workbook with --live, where "
    "nothing is started by Office; or (b) for the devices of the officers who keep the plan only, set this one "
    "rule to Warn, or give it a per-rule exclusion of C:\\Windows\\System32\\cmd.exe."
)


def _children(here: Machine, book: str) -> Iterable[Checked]:
    """Whether Defender lets Excel start Python."""
    what, states = "starting Python", _child_rule(here)
    kinds = set(states.values())
    by = " and ".join(states)
    if not kinds:
        yield Checked(
            what,
            UNKNOWN,
            "Windows does not show whether a security rule keeps Excel from starting programs.",
            f"Press Check in the workbook; if Windows says that it was blocked, {INSTEAD}.",
        )
    elif len(kinds) > 1:
        each = ", ".join(f"{who}: {_STATES.get(state, state)}" for who, state in states.items())
        yield Checked(
            what,
            UNKNOWN,
            f"The rule against programs started by Office is set in more than one way ({each}).",
            f"Press Check in the workbook; if Windows says that it was blocked, {INSTEAD}.",
            ask=f"The rule {_CHILD_RULE.upper()} is set in two ways on this computer ({each}): which holds?",
        )
    elif kinds == {_BLOCK} and _excludes_cmd(here):
        yield Checked(
            what,
            UNKNOWN,
            f"A security rule keeps Excel from starting programs ({by}), but cmd.exe is excluded from "
            "such rules.",
            f"Press Check in the workbook; if Windows says that it was blocked, {INSTEAD}.",
        )
    elif kinds == {_BLOCK}:
        yield Checked(
            what,
            ATTENTION,
            f"A security rule keeps Excel from starting Python, so the buttons do not work (set by {by}).",
            f"Ask IT, or {INSTEAD}.",
            ask=_ASK_CHILD,
        )
    elif kinds == {_WARN}:
        yield Checked(
            what,
            ATTENTION,
            f"Windows asks whenever Excel starts Python (set by {by}).",
            f"Choose Unblock in its message and press the button again, or {INSTEAD}.",
        )
    elif kinds <= {_OFF, _AUDIT}:
        noted = ", and only notes when it does" if kinds == {_AUDIT} else ""
        yield Checked(what, OK, f"The security rule lets Excel start Python{noted} (set by {by}).")
    else:
        yield Checked(
            what,
            UNKNOWN,
            f"The security rule has a state that agsxl does not know ({by}: {kinds.pop()}).",
            f"Press Check in the workbook; if Windows says that it was blocked, {INSTEAD}.",
        )


_STATES = {_OFF: "off", _BLOCK: "block", _AUDIT: "audit", _WARN: "warn"}


def _command_prompt(here: Machine, book: str) -> Iterable[Checked]:
    r"""Whether cmd.exe, by which the macros start Python, may run what it is given.

    "Prevent access to the command prompt", DisableCMD: 1 its scripts as well, 2 only the prompt.
    policypicker.app, windows, system, prevent-access-to-the-command-prompt
    """
    what = "command prompt"
    value = (here.values(r"HKCU\Software\Policies\Microsoft\Windows\System") or {}).get(
        "disablecmd"
    )
    if not value:
        yield Checked(what, OK, "The command prompt, by which the buttons start Python, may run.")
    elif value == 1:
        yield Checked(
            what,
            ATTENTION,
            "IT has switched off the command prompt and its scripts, by which the buttons start Python.",
            "Ask IT, or use agsxl in PowerShell, which this rule leaves alone.",
            ask=(
                "The policy 'Prevent access to the command prompt' also forbids scripts (DisableCMD 1). "
                "The workbook's buttons start Python with cmd.exe /C. Please set 'Disable the command "
                "prompt script processing also' to No for the officers who keep the plan, or tell us to "
                "use agsxl in PowerShell instead."
            ),
        )
    else:
        yield Checked(
            what,
            UNKNOWN,
            "IT has switched off the command prompt; whether a button may still use it shows only when "
            "one is pressed.",
            "Press Check in the workbook; if nothing happens, use agsxl in PowerShell.",
        )


def _allowed_programs(here: Machine, book: str) -> Iterable[Checked]:
    r"""Rules on which programs may run: AppLocker, and App Control for Business.

    AppLocker: HKLM\Software\Policies\Microsoft\Windows\SrpV2 (learn.microsoft.com, "AppLocker
    settings"), EnforcementMode 1 enforces. App Control: DeployConfigCIPolicy 1 (admx.help,
    DeviceGuard). Neither asks who starts a program, so what runs now runs from a button too.
    """
    what = "allowed programs"
    rules = here.values(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe") or {}
    control = here.values(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard") or {}
    if control.get("deployconfigcipolicy"):
        yield Checked(
            what,
            UNKNOWN,
            "IT decides which programs may run (App Control for Business); it lets this Python run, but "
            "a later package or update may be refused.",
            "Before an update, ask IT.",
            ask=(
                "App Control for Business is in force. Please allow the Python named below and the packages "
                "installed with it, by their publisher or by hash, and say whom to ask before an update."
            ),
        )
    elif rules.get("enforcementmode") == 1:
        yield Checked(
            what, OK, "IT decides which programs may run (AppLocker), and lets this Python run."
        )
    else:
        yield Checked(what, OK, "No rule on which programs may run was found.")


# -- the workbook ------------------------------------------------------------------------------


def _trusting(here: Machine, folder: PureWindowsPath) -> str | None:
    r"""The trusted location that a folder is in, "" for none, None where IT has switched them off.

    Excel\Security\Trusted Locations\LocationN: Path, AllowSubFolders; AllLocationsDisabled;
    AllowNetworkLocations; and for all of Office, Common\Security\Trusted Locations, "allow user
    locations" (admx.help, Office 2016; learn.microsoft.com/microsoft-365-apps/security/trusted-locations).
    """
    excel, common = r"Excel\Security\Trusted Locations", r"Common\Security\Trusted Locations"
    if _policy(here, excel, "alllocationsdisabled"):
        return None
    keys = [rf"{root}\{place}" for root in _POLICIES for place in (excel, common)]
    if _policy(here, common, "allow user locations") != 0:
        if (here.values(rf"{_OWN}\{excel}") or {}).get("alllocationsdisabled"):
            return None
        keys.append(rf"{_OWN}\{excel}")
    for key in keys:
        for name in here.subkeys(key):
            location = here.values(rf"{key}\{name}") or {}
            if _covers(here, location, folder):
                return str(location["path"])
    return ""


def _covers(here: Machine, location: Mapping[str, int | str], folder: PureWindowsPath) -> bool:
    trusted = PureWindowsPath(filled_in(here, str(location.get("path", ""))))
    if not folder.is_relative_to(trusted):  # Windows' paths know no capitals
        return False
    return folder == trusted or location.get("allowsubfolders") == 1


def _network(path: PureWindowsPath) -> bool:
    return path.drive.startswith("\\\\")


def _is_trusted(here: Machine, folder: PureWindowsPath) -> bool:
    """Whether Excel runs what lies in a folder: in a trusted location, on the network only if allowed."""
    key, name = r"Excel\Security\Trusted Locations", "allownetworklocations"
    allowed = _policy(here, key, name)
    if allowed is None:
        allowed = (here.values(rf"{_OWN}\{key}") or {}).get(name) == 1
    return bool(_trusting(here, folder)) and (not _network(folder) or bool(allowed))


def _trusted(here: Machine, book: str) -> Iterable[Checked]:
    """Whether the workbook's folder is a trusted location."""
    what, folder = "workbook's folder", PureWindowsPath(book).parent
    location = _trusting(here, folder)
    advice = (
        f"If IT agrees, {_TRUST}, Trusted Locations: add the plan's own folder, on this computer, and "
        "nothing above it."
    )
    if location is None:
        yield Checked(
            what,
            ATTENTION,
            "Trusted folders are switched off, so Excel asks each time the workbook is new to it.",
            "Press Enable Content when the workbook opens.",
        )
    elif not location:
        yield Checked(
            what,
            OK,
            f"{folder} is no trusted folder, so Excel asks once: press Enable Content.",
            advice,
        )
    elif not _is_trusted(here, folder):
        yield Checked(
            what,
            ATTENTION,
            f"{location} is a trusted folder on the network, and Excel trusts none there.",
            "Keep the plan in a folder on this computer, or press Enable Content when it opens.",
        )
    else:
        yield Checked(what, OK, f"{folder} is a trusted folder ({location}).")


def _mark(here: Machine, book: str) -> Iterable[Checked]:
    r"""The mark of the web: where the file came from.

    In the stream Zone.Identifier: ZoneId 0 to 2 are this computer, the intranet and trusted sites, 3
    the internet, 4 restricted sites. Excel blocks macros in 3 and 4 unless the folder is trusted or
    the policy BlockContentExecutionFromInternet is 0.
    learn.microsoft.com/microsoft-365-apps/security/internet-macros-blocked
    """
    what, name = "mark of the web", PureWindowsPath(book).name
    found = here.read(f"{book}:Zone.Identifier")
    zone = re.search(rb"(?im)^ZoneId\s*=\s*(\d+)", found or b"")
    if found is None or (zone and int(zone[1]) <= 2):
        yield Checked(what, OK, f"Windows does not take {name} for a file from the internet.")
    elif not zone:
        yield Checked(
            what,
            UNKNOWN,
            f"{name} has a mark of where it came from that agsxl cannot read.",
            "In the Explorer: right click on it, Properties; tick Unblock if it is offered.",
        )
    elif _is_trusted(here, PureWindowsPath(book).parent):
        yield Checked(what, OK, f"{name} came from the internet, but lies in a trusted folder.")
    elif _policy(here, r"Excel\Security", "blockcontentexecutionfrominternet") == 0:
        yield Checked(
            what,
            OK,
            f"{name} came from the internet; IT lets Excel ask: press Enable Editing, Enable Content.",
        )
    else:
        yield Checked(
            what,
            ATTENTION,
            f"{name} came from the internet or by email, so Excel blocks its macros.",
            "If you know that it is yours, close it; in the Explorer: right click on it, Properties, "
            "tick Unblock, OK.",
        )


def _place(here: Machine, book: str) -> Iterable[Checked]:
    """OneDrive and shares: where Excel may know the workbook by another name than Windows does."""
    what, path = "place", PureWindowsPath(book)
    clouds = [
        value
        for name, value in here.environ.items()
        if name.lower() in ("onedrive", "onedrivecommercial", "onedriveconsumer")
    ]
    if any(path.is_relative_to(cloud) for cloud in clouds):
        yield Checked(
            what,
            ATTENTION,
            f"{path.name} lies in OneDrive, where Excel may know it by a web address in which agsxl finds "
            "no folder.",
            "Keep the plan in a folder of this computer, or switch AutoSave off in its title bar.",
        )
    elif _network(path) and re.fullmatch(r"[\d.]+|.*\..*", path.drive.split("\\")[2]):
        # A server by number or with dots in its name counts as the internet, unless IT says otherwise.
        yield Checked(
            what,
            UNKNOWN,
            f"{path.drive} may count as the internet, and then Excel blocks the workbook's macros.",
            "Open it by the server's short name, or keep the plan on this computer.",
        )
    else:
        yield Checked(what, OK, f"{path.parent} is a folder that Excel and agsxl know by one name.")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Excel", _excel),
    ("macros", _macros),
    ("starting Python", _children),
    ("command prompt", _command_prompt),
    ("allowed programs", _allowed_programs),
)
WORKBOOK_CHECKS: tuple[tuple[str, Check], ...] = (
    ("mark of the web", _mark),
    ("workbook's folder", _trusted),
    ("place", _place),
)
