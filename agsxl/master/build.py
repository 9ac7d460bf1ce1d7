"""Makes the workbooks that officers open, from text: ``python -m agsxl.master.build [--check]``.

    workbook/vba/*.bas, *.cls   the macros           ┐
    workbook/ribbon/*.xml       the ribbon tab       ├─ workbook/action-plan.xlsm, action-plan.xlsx
    agsxl.master.sheets         the sheets           ┘

The same text gives the same bytes, so the workbooks are kept beside their text, and ``--check`` says
whether they are still what the text makes. For those who work on agsxl; it needs a clone.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from agsxl.errors import AgsxlError, SourceError
from agsxl.master import ribbon, sheets, vba
from agsxl.texts import listed

WITH_MACROS, WITHOUT = "action-plan.xlsm", "action-plan.xlsx"
_CLEAN, _DIFFERENT, _STOPPED = 0, 1, 2
_HERE = Path(__file__).resolve().parent.parent.parent / "workbook"


def built(folder: Path = _HERE) -> dict[str, bytes]:
    """The two workbooks by their names, made of the text in a folder.

    >>> sorted(built())  # doctest: +SKIP
    ['action-plan.xlsm', 'action-plan.xlsx']

    Raises SourceError where the text is not there or what was made is not sound, saying what is wrong.
    """
    if not (folder / "vba").is_dir():
        raise SourceError(
            f"{folder} has no text to make the workbooks of; make them in a clone of agsxl."
        )
    modules = vba.modules_in(folder / "vba")
    names = [vba.code_name(name) for name in sheets.sheet_names()]
    project = vba.vba_project(modules, names)
    tab = (folder / "ribbon" / "customUI14.xml").read_text("utf-8")
    made = {
        WITH_MACROS: ribbon.with_ribbon(sheets.workbook_bytes(None, macros=project), tab),
        WITHOUT: sheets.workbook_bytes(None),
    }
    wrong = vba.faults_of(project) + list(faults_between(made[WITH_MACROS], modules))
    if wrong:
        raise SourceError(f"{WITH_MACROS} cannot be made: {' '.join(wrong)}")
    return made


def faults_between(package: bytes, modules: Mapping[str, str]) -> Iterator[str]:
    """What does not fit together in a workbook with macros: sheets, buttons, ribbon and VBA.

    >>> list(faults_between(package, modules_in(folder)))  # doctest: +SKIP
    []
    """
    with ZipFile(io.BytesIO(package)) as file:
        parts = {name: file.read(name) for name in file.namelist()}

    def text(pattern: str) -> str:
        return "".join(parts[n].decode("utf-8") for n in sorted(parts) if re.fullmatch(pattern, n))

    types = text(r"\[Content_Types\]\.xml")
    for wanted in ("application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                   "application/vnd.ms-office.vbaProject"):  # fmt: skip
        if wanted not in types:
            yield f"No part is of the type {wanted}."
    named = re.findall(
        r'<(?:workbookPr|sheetPr)\b[^>]*codeName="([^"]+)"',
        text(r"xl/workbook\.xml|xl/worksheets/.*\.xml"),
    )
    documents = documents_of(parts[vba.PART])
    if sorted(named) != sorted(documents):
        apart = ", ".join(sorted(set(named) ^ set(documents)))
        yield f"The sheets' code names are not those of the macros: {apart}."

    macros = procedures_of(modules)
    pressed = re.findall(
        r"<x:FmlaMacro>\s*(?:\[0\]!)?([\w.]+)\s*</x:FmlaMacro>", text(r"xl/drawings/.*\.vml")
    )
    if not pressed:
        yield "No sheet has a button."
    if ribbon.PART not in parts:
        yield "There is no ribbon tab."
    called = [
        button.get("onAction", "")
        for button in ElementTree.fromstring(parts.get(ribbon.PART, b"<none/>")).iter(
            f"{{{ribbon.NAMESPACE}}}button"
        )
    ]
    for name in dict.fromkeys(pressed):
        if macros.get(name) != "":
            yield f"A button calls {name}, which is no macro."
    for name in called:
        if macros.get(name) != "control As IRibbonControl":
            yield f"The ribbon calls {name}, which is no macro for it."


def documents_of(project: bytes) -> list[str]:
    """The code names that a vbaProject.bin is made for: the workbook's and the sheets'."""
    import olefile

    with olefile.OleFileIO(project) as file, file.openstream("PROJECT") as stream:
        return re.findall(r"^Document=([^/\r\n]+)", stream.read().decode("cp1252"), re.M)


def procedures_of(modules: Mapping[str, str]) -> dict[str, str]:
    """The public Subs of some modules, each with its arguments as they are written.

    >>> procedures_of({"M": "Public Sub Hello()\\nEnd Sub"})
    {'Hello': ''}
    """
    return {
        name: arguments
        for text in modules.values()
        for name, arguments in re.findall(r"^(?:Public )?Sub (\w+)\((.*)\)", text, re.M)
    }


def main(arguments: Sequence[str] | None = None, folder: Path = _HERE) -> int:
    """Make the workbooks, or with ``--check`` only compare them; the exit code.

    0 made, or as they must be; 1 not as they must be, saying which part; 2 could not go on.
    """
    parser = argparse.ArgumentParser(prog="python -m agsxl.master.build", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--check", action="store_true", help="compare with what is there; write nothing"
    )
    options = parser.parse_args(arguments)
    try:
        made = built(folder)
    except AgsxlError as fault:
        print(fault, file=sys.stderr)
        return _STOPPED
    code = _CLEAN
    for name, content in made.items():
        path = folder / name
        if not options.check:
            path.write_bytes(content)
            print(f"Made {path}, {len(content):,} bytes.")
            continue
        if apart := differences(path.read_bytes() if path.exists() else b"", content):
            print(f"{path} is not what its text makes ({listed(apart)}); run this without --check.")
            code = _DIFFERENT
    return code


def differences(there: bytes, made: bytes) -> list[str]:
    """The parts by which two workbooks differ, or "their order"; nothing where they are the same.

    Compared unpacked: how well a part is packed depends on the computer.
    """
    before, after = _parts(there), _parts(made)
    parts = [n for n in sorted({**before, **after}) if before.get(n) != after.get(n)]
    return parts or (["their order"] if list(before) != list(after) else [])


def _parts(package: bytes) -> dict[str, tuple[bytes, tuple[int, ...]]]:
    if not package:
        return {}
    with ZipFile(io.BytesIO(package)) as file:
        return {i.filename: (file.read(i), i.date_time) for i in file.infolist()}


if __name__ == "__main__":
    sys.exit(main())
