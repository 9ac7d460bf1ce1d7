"""The macros: their text, the project made of it, and how they run in a real spreadsheet program.

Excel is not here to compile them. So the text is held to what both Excel and LibreOffice take, the project
to what the formats say, and a real LibreOffice compiles and runs every button up to the start of Python.
"""

from __future__ import annotations

import builtins
import inspect
import io
import re
import struct
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xlsxwriter
import xlwings
from pyopenvba.cfb import CFB
from pyopenvba.vba import compress, decompress

from agsxl import macros
from agsxl.addin.installing import SCRIPT_VERSION
from agsxl.errors import OutputError, SourceError
from agsxl.master import build, ribbon, vba
from tests.plans import ROOT

# oletools uses an old spelling of another package.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:oletools.*")

FOLDER = ROOT / "workbook" / "vba"
TEXTS = vba.modules_in(FOLDER)
BUTTONS = TEXTS["AgsxlButtons"]
STARTER = TEXTS["xlwings"]
RIBBON = (ROOT / "workbook" / "ribbon" / "customUI14.xml").read_text("utf-8")
SHEETS = ("Start", "Plan", "Change log", "Lists")

# Each button: its name in the macros, what it is called, the function of agsxl.macros that it runs.
PRESSED = re.findall(
    r'^Public Sub Agsxl_(\w+)\(\)\n(?:.*\n)*?    Press "(.+)", "(\w+)"\nEnd Sub', BUTTONS, re.M
)


@pytest.fixture(scope="module")
def project() -> bytes:
    return vba.vba_project(TEXTS, [vba.code_name(name) for name in SHEETS])


def button_book(project: bytes, sheets: tuple[str, ...] = SHEETS, dropped: str = "") -> bytes:
    """A small workbook with the macros, a button for each, and the cell for the last result."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_vba_project(io.BytesIO(project), True)
    book.set_vba_name("ThisWorkbook")
    book.set_properties({"created": datetime(2026, 9, 30)})
    for name in sheets:
        book.add_worksheet(name).set_vba_name(vba.code_name(name))
    start = book.get_worksheet_by_name(sheets[0])
    book.define_name(macros.LAST_RESULT, f"='{sheets[0]}'!$B$3")
    for number, (macro, label, _) in enumerate(PRESSED):
        if macro != dropped:
            start.insert_button(5 + 2 * number, 1, {"macro": f"Agsxl_{macro}", "caption": label})
    book.close()
    return out.getvalue()


# -- the text ----------------------------------------------------------------------------------


def bodies(text: str) -> dict[str, str]:
    """Each Sub and Function by its name, without comments and strings."""
    bare = re.sub(r'"[^"\n]*"', '""', text)
    bare = re.sub(r"'.*", "", bare)
    found = re.findall(
        r"^(?:Public |Private )?(Sub|Function) (\w+)\b.*\n((?:.*\n)*?)End \1", bare, re.M
    )
    return {name: body for _, name, body in found}


def test_the_buttons_are_those_of_the_design():
    assert [(macro, label) for macro, label, _ in PRESSED] == [
        ("Check", "Check"),
        ("Slippage", "Slippage"),
        ("Chase", "Chase"),
        ("ReadReplies", "Read replies"),
        ("UpdatePlan", "Update plan"),
        ("Undo", "Undo last update"),
        ("Report", "Report"),
        ("NewYear", "New year"),
        ("Help", "Help"),
    ]


@pytest.mark.parametrize(("macro", "label", "job"), PRESSED)
def test_each_button_runs_a_function_that_can_be_called(macro, label, job):
    function = getattr(macros, job)
    assert inspect.signature(function).parameters == {}
    assert f'_press("{label}", ' in inspect.getsource(function)
    assert f"Ribbon_{macro}(control As IRibbonControl)\n    Agsxl_{macro}\nEnd Sub" in BUTTONS


def test_each_function_of_macros_has_its_button():
    public = {
        name
        for name, value in vars(macros).items()
        if inspect.isfunction(value)
        and value.__module__ == macros.__name__
        and not name.startswith("_")
        and not inspect.signature(value).parameters
    }
    assert public == {job for _, _, job in PRESSED}


def test_python_is_started_in_one_place_only():
    assert re.findall(r"RunPython (.*)", BUTTONS.split("Option Explicit")[1]) == [
        "of xlwings. Python says its own",
        '"import agsxl.macros; agsxl.macros." & job & "()"',
    ]
    assert f'"{macros.LAST_RESULT}"' in BUTTONS
    before = bodies(BUTTONS)["Press"].partition("RunPython")[0]
    assert re.search(r'= Agsxl_Misnamed.*If misnamed <> "" Then.*Exit Sub', before, re.S)


# What does not run in LibreOffice, what a security rule stops or looks for, and what would write a file.
FORBIDDEN = (
    r"\bDeclare\b", r"\bCreateObject\b", r"\bGetObject\b", r"\bListObjects\b", r"\bFullName\b",
    r"\[[#@]", r"\bShell\b", r"\bEnviron\b", r"\bKill\b", r"\bOpen\b", r"\bSave\w*\b", r"\bSendKeys\b",
    r"\bActiveWorkbook\b", r"\bActiveSheet\b", r"\bSelect\b(?! Case)", r"#If\b", r"\bMsgBox\b.*\bMsgBox\b",
    r"\bAuto_?Open\b", r"\bStatusBar\b", r"\bWorkbook_\w+", r"\bOnTime\b",
)  # fmt: skip


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_our_modules_keep_to_what_runs_everywhere(pattern):
    for name in ("AgsxlButtons", "ThisWorkbook"):
        code = re.sub(r"'.*", "", re.sub(r'"[^"\n]*"', '""', TEXTS[name]))
        assert not re.search(pattern, code, re.I), f"{name}: {pattern}"


def test_an_error_in_any_button_ends_in_a_sentence():
    """A Sub either says what happens on an error, or only calls such Subs."""
    found = bodies(BUTTONS)
    for name, body in found.items():
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        if name in (
            "Agsxl_Remedy",
            "Agsxl_Misnamed",
            "Says",
            "LastLine",
        ):  # texts only: nothing in them can fail
            assert not re.search(r"Application|ThisWorkbook|\bRange\b", body)
            continue
        guarded = any(line.startswith("On Error") for line in lines)
        called = {re.search(r"(?:\w+ = )?(\w+)", line)[1] for line in lines if "Dim " not in line}
        assert guarded or called <= {*found, "MsgBox"}, name
    assert "On Error GoTo Failed" in found["Press"]
    assert "Agsxl_Trouble" in found["Press"].split("Failed:")[1]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_editor_of_excel_takes_every_line(name):
    text = TEXTS[name]
    assert text.isascii()
    assert max(map(len, text.splitlines())) < 1023
    code = re.sub(r"'.*", "", re.sub(r'"[^"\n]*"', '""', text))
    for block in ("Sub", "Function", "#If"):
        opened = re.findall(rf"^\s*(?:Public |Private )?{block} ", code, re.M)
        closed = re.findall(
            rf"^\s*{block.replace('#', '#End ') if '#' in block else 'End ' + block}\b", code, re.M
        )
        assert len(opened) == len(closed), block
    if name == "AgsxlButtons":
        assert text.startswith(f'Attribute VB_Name = "{name}"\nOption Explicit\n')
        for body in bodies(
            text
        ).values():  # what is used is declared, or Excel stops at the first press
            used = set(re.findall(r"^\s*(?:For Each )?([a-z]\w*)(?: In | = )", body, re.M))
            assert used <= set(re.findall(r"Dim (\w+) As", body))


def test_the_module_of_xlwings_is_theirs_but_for_marked_lines():
    """Cut down, and each line of ours carries our name: to be read by whoever must trust it."""
    assert f'XLWINGS_VERSION As String = "{xlwings.__version__}"' in STARTER, (
        "xlwings is another version than its module in workbook/vba: cut the new one down in the same way"
    )
    assert xlwings.__version__ == SCRIPT_VERSION  # the script that it asks for on a Mac
    theirs = iter((Path(xlwings.__file__).parent / "xlwings.bas").read_text("ascii").splitlines())
    for line in STARTER.splitlines():
        if line.strip() and "'agsxl" not in line:
            wanted = line.rstrip()
            assert any(wanted == other.rstrip() for other in theirs), line
    assert len([line for line in STARTER.splitlines() if "'agsxl" in line]) < 20
    assert "BSD 3-clause" in STARTER
    assert "Copyright (C) 2014-present, Zoomer Analytics LLC." in STARTER


def test_the_module_of_xlwings_has_lost_what_alarms_and_what_it_needs_not():
    code = re.sub(r"'.*", "", STARTER)
    for word in (
        "Declare",
        "LoadLibrary",
        ".dll",
        "MsgBox",
        "pro.",
        "LICENSE",
        "Dictionary",
        "SheetExists",
    ):
        assert word.lower() not in code.lower(), word
    defined = bodies(STARTER)
    dropped = set(bodies((Path(xlwings.__file__).parent / "xlwings.bas").read_text("ascii")))
    dropped -= set(defined)
    assert len(dropped) > 15
    for name in dropped:  # nothing that is left calls what is gone
        assert not re.search(rf"\b{name}\b(?!\.)", code), name


# -- the project -------------------------------------------------------------------------------


def test_the_project_is_sound_and_the_same_each_time(project):
    assert vba.faults_of(project) == []
    assert project == vba.vba_project(TEXTS, [vba.code_name(name) for name in SHEETS])


def test_the_project_holds_the_text_to_the_letter(project):
    from oletools.olevba import VBA_Parser

    parser = VBA_Parser("vbaProject.bin", data=project)
    there = {name.removeprefix("VBA/"): code for _, name, _, code in parser.extract_macros()}
    parser.close()
    assert set(there) == {*TEXTS, *map(vba.code_name, SHEETS)}
    for name in ("AgsxlButtons", "xlwings"):
        assert there[name].splitlines() == TEXTS[name].splitlines()
    assert there["ThisWorkbook"].splitlines()[-1] == TEXTS["ThisWorkbook"].strip()
    assert build.documents_of(project) == ["ThisWorkbook", *map(vba.code_name, SHEETS)]


def entries(project: bytes) -> dict[str, int]:
    """Where each entry of the directory stands."""
    return {entry.name: entry.offset for entry in vba._directory(project) if entry.kind}


def with_bytes(project: bytes, name: str, at: int, new: bytes) -> bytes:
    """The project with something else in one entry of its directory."""
    place = entries(project)[name] + at
    return project[:place] + new + project[place + len(new) :]


def with_stream(project: bytes, name: str, new: bytes) -> bytes:
    """The project with something else in one stream."""
    file = CFB.from_bytes(project)
    if name.startswith("PROJECT"):
        file.write_stream(name, new)
    else:
        file.write_stream_in_storage("VBA", name, new)
    return vba._coloured(file.to_bytes())


def stream(project: bytes, name: str) -> bytes:
    file = CFB.from_bytes(project)
    if name.startswith("PROJECT"):
        return file.get_stream(name)
    return file.get_stream_in_storage("VBA", name)


def with_listing(project: bytes, old: bytes, new: bytes) -> bytes:
    """The project with something else in its ``dir``; every such place, else the end."""
    listing = decompress(stream(project, "dir"))
    changed = listing.replace(old, new) if old else listing + new
    assert changed != listing
    return with_stream(project, "dir", compress(changed))


def left_of(project: bytes, name: str) -> bytes:
    return struct.pack("<I", next(e for e in vba._directory(project) if e.name == name).left)


def number_of(project: bytes, name: str) -> bytes:
    return struct.pack("<I", [entry.name for entry in vba._directory(project)].index(name))


DAMAGED = {
    "This is no compound file.": lambda p: b"PK" + p,
    "The directory has the red entry dir after a red one.": lambda p: with_bytes(
        p, "shPlan", 67, b"\0"
    ),
    "not as many black entries on every way": lambda p: with_bytes(p, "shStart", 67, b"\0"),
    "in the wrong place": lambda p: with_bytes(p, "shStart", 0, "shAtart".encode("utf-16-le")),
    "in two places": lambda p: with_bytes(p, "xlwings", 72, left_of(p, "xlwings")),
    "The directory has xlwings in two places.": lambda p: with_bytes(
        p, "shStart", 68, number_of(p, "xlwings")
    ),
    "where nothing leads to it": lambda p: with_bytes(
        p, "VBA", 76, struct.pack("<I", vba._NOTHING)
    ),
    "The compound file is not as it must be": lambda p: p[:0x1C] + b"\xff\xfe" + p[0x1E:],
    "_VBA_PROJECT does not say that there is no compiled code.": lambda p: with_stream(
        p, "_VBA_PROJECT", b"\xcc\x61\x88\0\0\0\0"
    ),
    "dir goes on for 4 bytes after its end.": lambda p: with_listing(p, b"", bytes(4)),
    "The code page is not 1252.": lambda p: with_listing(
        p, b"\x03\0\x02\0\0\0\xe4\x04", b"\x03\0\x02\0\0\0\xe3\x04"
    ),
    "The Office library, where IRibbonControl is, is not referred to.": lambda p: with_listing(
        p, vba._OFFICE_LIBRARY, vba._OFFICE_LIBRARY[::-1]
    ),
    "PROJECT and dir do not name the same modules in the same order.": lambda p: with_stream(
        p, "PROJECT", stream(p, "PROJECT").replace(b"Module=xlwings\r\n", b"")
    ),
    "PROJECTwm does not name xlwings.": lambda p: with_stream(
        p, "PROJECTwm", stream(p, "PROJECTwm").replace("xlwings".encode("utf-16-le"), b"")
    ),
    "The text of AgsxlButtons does not begin with its name.": lambda p: with_stream(
        p, "AgsxlButtons", compress(b'Attribute VB_Name = "Other"\r\n')
    ),
    "A line of AgsxlButtons does not end with CR LF.": lambda p: with_stream(
        p, "AgsxlButtons", compress(b'Attribute VB_Name = "AgsxlButtons"\r\nOption Explicit\n')
    ),
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_the_judge_sees_what_is_wrong(project, fault):
    assert any(fault in said for said in vba.faults_of(DAMAGED[fault](project)))


def test_what_the_maker_of_projects_does_wrong_is_seen_and_repaired(monkeypatch, project):
    """If this fails because nothing is wrong, pyOpenVBA has learnt it, and the repairs can go."""
    monkeypatch.setattr(vba, "_repaired", lambda made: made)
    raw = vba.vba_project(TEXTS, [vba.code_name(name) for name in SHEETS])
    said = " ".join(vba.faults_of(raw))
    assert "after a red one" in said
    said = " ".join(vba.faults_of(vba._coloured(raw)))
    for fault in ("_VBA_PROJECT does not say", "dir goes on for 4 bytes"):
        assert fault in said


@pytest.mark.parametrize(
    ("package", "job"),
    [
        ("pyopenvba", lambda: vba.vba_project({}, [])),
        ("oletools.olevba", lambda: vba.faults_of(b"")),
    ],
)
def test_without_the_tools_of_building_one_sentence_says_what_to_install(monkeypatch, package, job):
    really = builtins.__import__

    def importing(name, *rest, **more):
        if name == package:
            raise ImportError(name)
        return really(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(
        OutputError, match=r"is not installed; type: python -m pip install 'agsxl\[build\]'"
    ):
        job()


def test_an_installation_without_its_workbook_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(vba, "resource", lambda folder, name: tmp_path / name)
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for damage in (None, b"", b"no package", empty.getvalue()):
        if damage is not None:
            (tmp_path / "action-plan.xlsm").write_bytes(damage)
        with pytest.raises(SourceError, match=r"action-plan\.xlsm.* install agsxl again\."):
            vba.shipped_vba()


# -- the ribbon --------------------------------------------------------------------------------

# Pictures of Office's own that are known to be there (names from galleries of them).
PICTURES = {
    "AcceptInvitation", "CalendarToolSelectDate", "DataValidation", "FileSaveAsWordDocx",
    "FileSendAsAttachment", "Help", "ProposeNewTime", "RecordsAddFromOutlook", "Undo",
}  # fmt: skip
# What the schema of customUI14 lets these elements say, as far as it is used here.
ALLOWED = {
    "customUI": set(),
    "ribbon": set(),
    "tabs": set(),
    "tab": {"id", "label", "keytip", "insertAfterMso"},
    "group": {"id", "label"},
    "button": {"id", "label", "size", "imageMso", "keytip", "onAction", "screentip", "supertip"},
}
INSIDE = {"ribbon": "customUI", "tabs": "ribbon", "tab": "tabs", "group": "tab", "button": "group"}


def elements() -> Iterator[tuple[str, str, ElementTree.Element]]:
    root = ElementTree.fromstring(RIBBON)
    yield "", "customUI", root
    for parent in root.iter():
        for child in parent:
            yield parent.tag.split("}")[1], child.tag.split("}")[1], child


def test_the_ribbon_keeps_to_its_schema():
    assert ElementTree.fromstring(RIBBON).tag == f"{{{ribbon.NAMESPACE}}}customUI"
    for parent, name, element in elements():
        assert INSIDE.get(name, "") == parent
        assert set(element.attrib) <= ALLOWED[name]
    ids = [e.get("id") for _, _, e in elements() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"agsxl\w+", each) for each in ids)


def test_each_button_of_the_ribbon_says_all_that_helps():
    buttons = [e for _, name, e in elements() if name == "button"]
    assert [(b.get("label"), b.get("onAction")) for b in buttons] == [
        (label, f"Ribbon_{macro}") for macro, label, _ in PRESSED
    ]
    for each in buttons:
        assert set(each.attrib) == ALLOWED["button"]
        assert each.get("size") == "large"
        assert each.get("imageMso") in PICTURES
        assert re.fullmatch(r"[A-Z]{1,3}", each.get("keytip", ""))
        assert len(each.get("screentip", "")) <= 60
        assert 40 < len(each.get("supertip", "")) <= 200
        assert each.get("supertip", "").endswith(".")
    keys = [each.get("keytip") for each in buttons]
    assert len(keys) == len(set(keys))


# -- in a real LibreOffice ---------------------------------------------------------------------

STUB = """Option VBASupport 1
Public Function RunPython(PythonCommand As String)
    {failing}
    ThisWorkbook.Worksheets("Plan").Range("A1").Value = PythonCommand
End Function
"""


RIBBON_CALL = """Option VBASupport 1
Public Sub Pressed(Callback As String)
    Application.Run "AgsxlButtons." & Callback, Nothing
End Sub
"""


class Open:
    """The workbook with its macros, open in LibreOffice."""

    def __init__(self, office, document) -> None:
        self.office = office
        self.document = document
        self.modules = document.BasicLibraries.getByName("VBAProject")
        self.modules.insertByName("RibbonCall", RIBBON_CALL)

    def starter(self, failing: str = "") -> None:
        """Instead of starting Python, its command is written down; or ``failing`` happens."""
        self.modules.replaceByName("xlwings", STUB.format(failing=failing))

    def call(self, macro: str, *arguments: object) -> object:
        script = self.document.getScriptProvider().getScript(
            f"vnd.sun.star.script:VBAProject.{macro}?language=Basic&location=document"
        )
        return script.invoke(arguments, (), ())[0]

    def cell(self, sheet: str, address: str) -> str:
        return self.document.Sheets.getByName(sheet).getCellRangeByName(address).String

    @property
    def last_result(self) -> str:
        return self.cell("Start", "B3")

    def press(self, caption: str) -> None:
        """A button on the sheet Start, as a person presses it."""
        form = self.document.Sheets.getByName("Start").DrawPage.Forms.getByIndex(0)
        models = {form.getByIndex(n).Label: form.getByIndex(n) for n in range(form.Count)}
        control = self.document.CurrentController.getControl(models[caption])
        control.AccessibleContext.doAccessibleAction(0)
        # The click is done later, by LibreOffice itself: nothing else may be asked of it meanwhile.
        self.document.CurrentController.Frame.ContainerWindow.Toolkit.processEventsToIdle()


@pytest.fixture
def opened(tmp_path, project) -> Iterator[Open]:
    from tests.live_office import running

    path = tmp_path / "plan.xlsm"
    path.write_bytes(button_book(project))
    office = running()
    document = office.load(path, macros=True)
    yield Open(office, document)
    document.setModified(False)
    document.close(True)


def python_of(job: str) -> str:
    return f"import agsxl.macros; agsxl.macros.{job}()"


@pytest.mark.office
def test_each_button_and_each_callback_runs_up_to_the_start_of_python(opened):
    opened.starter()
    for macro, label, job in PRESSED:
        for way in (
            lambda label=label: opened.press(label),
            lambda macro=macro: opened.call("RibbonCall.Pressed", f"Ribbon_{macro}"),
        ):
            opened.document.Sheets.getByName("Plan").getCellRangeByName("A1").String = ""
            way()
            until = time.monotonic() + 5
            while not opened.cell("Plan", "A1") and time.monotonic() < until:
                time.sleep(0.02)
            assert opened.cell("Plan", "A1") == python_of(job)
            assert re.match(
                rf"{label} began at \d\d:\d\d; if this line does not change", opened.last_result
            )


@pytest.mark.office
def test_help_shows_the_start_sheet_also_without_python(opened):
    opened.starter('Err.Raise 53, , "File not found"')
    opened.document.CurrentController.setActiveSheet(opened.document.Sheets.getByName("Plan"))
    opened.call("AgsxlButtons.Agsxl_Help")
    assert opened.document.CurrentController.ActiveSheet.Name == "Start"


TRACEBACK = 'Traceback (most recent call last):\r\n  File "<string>", line 1, in <module>\r\n'
NOT_INSTALLED = "agsxl is not installed in it"
NO_XLWINGS = "but xlwings, by which agsxl reaches this workbook, is not"
NOT_FOUND = "Python was not found where Excel looks for it"
FORBIDDEN_HERE = "does not let Excel start Python, by a rule of its administrator"
# What is said where something is missing or forbidden, and how it is put to the officer.
REMEDIES = [
    (f"{TRACEBACK}ModuleNotFoundError: No module named 'agsxl'\r\n", NOT_INSTALLED),
    (f"{TRACEBACK}ModuleNotFoundError: No module named 'agsxl.macros'\r\n", NOT_INSTALLED),
    (f"{TRACEBACK}ModuleNotFoundError: No module named 'xlwings'\r\n", NO_XLWINGS),
    (f"{TRACEBACK}ModuleNotFoundError: No module named 'win32api'\n", NO_XLWINGS),
    ("Could not find Interpreter: C:\\Python312\\python.exe", NOT_FOUND),
    ("'python' is not recognized as an internal or external command,\r\noperable program", NOT_FOUND),
    ("Python was not found; run without arguments to install from the Microsoft Store", NOT_FOUND),
    ("The system cannot find the path specified.\r\n", NOT_FOUND),
    ("sh: /usr/local/bin/python3: No such file or directory", NOT_FOUND),
    ("zsh:1: command not found: python", NOT_FOUND),
    ("Could not find Conda: C:\\conda\\condabin\\conda.bat", NOT_FOUND),
    ("Error 70: Permission denied", FORBIDDEN_HERE),
    ("Error -2147024891: Access is denied.", FORBIDDEN_HERE),
    ("ACCESS IS DENIED", FORBIDDEN_HERE),
    ("Error -1: Method 'Run' of object 'IWshShell3' failed", FORBIDDEN_HERE),
    ("Error 429: ActiveX component can't create object", FORBIDDEN_HERE),
    ("Error 53: File not found", FORBIDDEN_HERE),
    ("This program is blocked by group policy. For more information, contact your system administrator.", FORBIDDEN_HERE),
    ("AppleScriptTask", "not set up on this Mac yet"),
    (f"{TRACEBACK}SyntaxError: invalid syntax\r\n\r\n", "Python stopped (SyntaxError: invalid syntax): type  agsxl addin doctor"),
    ("", "Python stopped without saying why: type  agsxl addin doctor"),
]  # fmt: skip


@pytest.mark.office
def test_a_name_that_a_shell_would_read_as_a_command_starts_nothing(opened):
    for name in ("plan.xlsm", "plan=2.xlsm", "Zoë's plan (2) & more.xlsm", ""):
        assert opened.call("AgsxlButtons.Agsxl_Misnamed", name) == "", name
    for name, sign in (
        ("$(touch x).xlsm", "$"),
        ("a`b`.xlsm", "`"),
        ('a"b.xlsm', '"'),
        ("a\\b.xlsm", "\\"),
    ):
        said = opened.call("AgsxlButtons.Agsxl_Misnamed", name)
        assert f"the sign {sign} in its name" in said and said.endswith(".")


@pytest.mark.office
def test_what_is_missing_or_forbidden_is_one_sentence_with_what_to_do(opened):
    for detail, sentence in REMEDIES:
        said = opened.call("AgsxlButtons.Agsxl_Remedy", detail)
        assert sentence in said, detail
        assert said.endswith(".")
        assert said[:-1].count(". ") == 0
        assert "\n" not in said
        assert "Traceback" not in said
        assert "  agsxl" in said  # what to type


@pytest.mark.office
@pytest.mark.parametrize(
    ("failing", "sentence"),
    [
        ('Err.Raise 70, , "Permission denied"', FORBIDDEN_HERE),
        ("Agsxl_Trouble \"No module named 'agsxl'\": Exit Function", NOT_INSTALLED),
    ],
)
def test_a_start_that_fails_is_said_where_the_officer_looks(opened, failing, sentence):
    opened.starter(failing)
    opened.call("AgsxlButtons.Agsxl_Check")
    assert sentence in opened.last_result


@pytest.mark.office
def test_a_plan_without_its_start_sheet_still_runs(opened):
    opened.starter()
    opened.document.Sheets.removeByName("Start")
    for macro, _, job in PRESSED:
        opened.call(f"AgsxlButtons.Agsxl_{macro}")
        assert opened.cell("Plan", "A1") == python_of(job)


@pytest.mark.office
def test_the_last_result_is_found_on_a_sheet_that_was_renamed(opened):
    opened.starter()
    opened.document.Sheets.getByName("Start").setName("Where to start")
    opened.call("AgsxlButtons.Agsxl_Check")
    assert opened.cell("Where to start", "B3").startswith("Check began at ")


@pytest.mark.office
def test_the_module_of_xlwings_compiles_beside_ours_and_ends_in_a_sentence(opened):
    """Unchanged as it is shipped: here is no cmd.exe, and that is said, not shown as an error."""
    opened.call("AgsxlButtons.Agsxl_Check")
    assert opened.last_result.startswith(
        ("Python", "This computer does not let Excel start Python")
    )
